//! Markdown, for the summary of a step in GitHub Actions and for comments on merge requests. It
//! speaks to somebody who has never heard of blurt.

use super::json::Summary;
use super::markup::{block, code, html_code, prose, prose_with_links};
use super::place::{Root, standing, stands};
use super::text::{came_and_went, confident, covered, exposed, name_of, verb, verified};
use super::{Format, sanitize};
use crate::coverage::Skip;
use crate::finding::{Finding, Location, Triage};
use crate::remedy::{Instruction, Remedy};
use crate::rule::Confidence;
use crate::scan::Outcome;
use std::io::{self, Write};

/// Bytes that rows and details of secrets take at most. GitHub refuses the summary of a step that
/// has more than 1 MiB in all:
/// <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#step-isolation-and-limits>
const MOST_BYTES: usize = 700_000;

/// Bytes that each of the other three lists takes at most.
const MOST_LISTED: usize = 100_000;

/// More places of a secret are only counted.
const MOST_PLACES: usize = 10;

pub(super) struct Markdown;

impl Format for Markdown {
    fn name(&self) -> &'static str {
        "markdown"
    }

    fn extension(&self) -> Option<&'static str> {
        Some("md")
    }

    fn write(&self, outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
        outcome.name_all();
        let page = Page { outcome, root: &Root::find(), most: MOST_BYTES };
        out.write_all(page.text().as_bytes())
    }
}

/// A report with what it needs to know.
struct Page<'a> {
    outcome: &'a Outcome,
    root: &'a Root,
    /// Bytes that rows and details take at most.
    most: usize,
}

impl Page<'_> {
    fn text(&self) -> String {
        let summary = Summary::of(self.outcome);
        let mut blocks = vec![self.heading(&summary), self.introduction(&summary).to_owned()];
        let shown = self.secrets(&mut blocks);
        blocks.extend(self.excused(&summary));
        blocks.extend(self.not_scanned());
        blocks.extend(self.notes());
        blocks.push(self.covered());
        if shown < summary.new {
            blocks.push(format!(
                "**Only {shown} of {} secrets are shown here, the worst first. {} more are missing; the JSON report has all.**",
                summary.new,
                summary.new - shown
            ));
        }
        blocks.join("\n\n") + "\n"
    }

    fn heading(&self, summary: &Summary) -> String {
        format!("## blurt {}", verdict(self.outcome, summary))
    }

    fn introduction(&self, summary: &Summary) -> &'static str {
        if summary.new > 0 {
            "Passwords, keys or tokens are written into this code, where whoever reads it can use them. Deleting the line is not enough: git keeps what it was. The table says what to do about each one, and the steps are below it. Values are masked here."
        } else if self.outcome.coverage.skipped.is_empty() {
            "No new password, key or token stands in what was scanned."
        } else {
            "Nothing was found in what was scanned, but a part could not be looked at. A password, key or token may stand there."
        }
    }

    /// Adds the table of the new secrets and the details of each, as many as there is room for, and
    /// says how many that are.
    fn secrets(&self, blocks: &mut Vec<String>) -> usize {
        let mut rows = Vec::new();
        let mut details = Vec::new();
        let mut bytes = 0;
        for (finding, remedy) in &self.outcome.findings {
            if finding.triage != Triage::New {
                continue;
            }
            let (row, detail) = (self.row(finding, remedy), self.detail(finding, remedy));
            bytes += row.len() + detail.len();
            if bytes > self.most {
                break;
            }
            rows.push(row);
            details.push(detail);
        }
        if !rows.is_empty() {
            let head =
                "| severity | what | where | what to do | first step |\n|---|---|---|---|---|";
            blocks.push(format!("{head}\n{}", rows.join("\n")));
            blocks.append(&mut details);
        }
        rows.len()
    }

    fn row(&self, finding: &Finding, remedy: &Remedy) -> String {
        let cells = [
            name_of(finding.severity()).to_owned(),
            format!("{} {}", prose(&finding.rule.spec().name), code(&finding.secret.to_string())),
            code(&self.first(finding)),
            format!("**{}**: {}", verb(remedy.action), prose(&remedy.summary)),
            remedy.steps.first().map(|step| prose_with_links(&step.what)).unwrap_or_default(),
        ];
        format!("| {} |", cells.join(" | "))
    }

    /// Everything about one secret.
    fn detail(&self, finding: &Finding, remedy: &Remedy) -> String {
        let spec = finding.rule.spec();
        let title = format!(
            "{}: {} {} in {}",
            name_of(finding.severity()),
            prose(&spec.name),
            html_code(&finding.secret.to_string()),
            html_code(&self.first(finding))
        );
        let mut blocks = vec![format!("<details>\n<summary>{title}</summary>")];
        blocks.push(format!("**{}**: {}", verb(remedy.action), prose(&remedy.summary)));
        blocks.extend(remedy.steps.iter().enumerate().map(|(n, step)| numbered(n + 1, step)));
        blocks.push(format!("**Why**: {}", prose(&remedy.why)));
        blocks.extend(known_of(finding));
        blocks.push(self.places(&finding.locations));
        if !remedy.references.is_empty() {
            let references: Vec<_> = remedy.references.iter().map(|url| link(url)).collect();
            blocks.push(format!("**Read more**:\n\n{}", references.join("\n")));
        }
        let (id, fingerprint) = (code(&spec.id), code(finding.fingerprint().as_str()));
        blocks.push(format!("Rule {id}, fingerprint {fingerprint}\n\n</details>"));
        blocks.join("\n\n")
    }

    fn places(&self, places: &[Location]) -> String {
        let mut lines: Vec<String> = places
            .iter()
            .take(MOST_PLACES)
            .map(|place| {
                let past = place.past.as_ref().map(|past| came_and_went(past, place));
                let past = past.map(|past| format!(", {}", prose(&past))).unwrap_or_default();
                format!("- {}{past}", code(&self.place(place)))
            })
            .collect();
        lines.extend(more(places.len() - lines.len()));
        format!("**Where it stands**:\n\n{}", lines.join("\n"))
    }

    /// The place to look at, and the commit if it stands there no more.
    fn first(&self, finding: &Finding) -> String {
        let place = standing(&finding.locations);
        match &place.past {
            Some(past) if !stands(place) && place.origin.path.is_some() => {
                format!("{} in commit {}", self.place(place), past.commit.short())
            }
            _ => self.place(place),
        }
    }

    fn place(&self, place: &Location) -> String {
        format!("{}:{}:{}", self.root.name(place), place.start.line, place.start.column)
    }

    fn excused(&self, summary: &Summary) -> Option<String> {
        let counts = [(summary.known, "known"), (summary.ignored, "ignored")];
        let counts: Vec<_> = counts
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        if counts.is_empty() {
            return None;
        }
        let findings = self.outcome.findings.iter();
        let excused: Vec<_> =
            findings.filter(|(finding, _)| finding.triage != Triage::New).collect();
        let line = |(finding, _): &(Finding, Remedy)| {
            let name = prose(&finding.rule.spec().name);
            let secret = code(&finding.secret.to_string());
            let place = code(&self.first(finding));
            let reason =
                finding.triage.excuse().map(|excuse| format!(", {}", code(&excuse.to_string())));
            let reason = reason.unwrap_or_default();
            format!("- {name} {secret} in {place}: {}{reason}", finding.triage.name())
        };
        Some(format!(
            "<details>\n<summary>Besides, {}: these do not count</summary>\n\n{}\n\n</details>",
            counts.join(" and "),
            listed(excused.into_iter().map(line))
        ))
    }

    fn not_scanned(&self) -> Option<String> {
        let skipped = &self.outcome.coverage.skipped;
        let line = |skip: &Skip| {
            let mend = skip.mend.as_ref().map(|mend| format!("; what mends it: {}", code(mend)));
            format!("- {} {}{}", code(&skip.path), prose(&skip.reason), mend.unwrap_or_default())
        };
        (!skipped.is_empty())
            .then(|| format!("### Not scanned\n\n{}", listed(skipped.iter().map(line))))
    }

    fn notes(&self) -> Option<String> {
        let notes = &self.outcome.notes;
        let line = |note: &String| format!("- {}", prose(note));
        (!notes.is_empty()).then(|| format!("### Remarks\n\n{}", listed(notes.iter().map(line))))
    }

    fn covered(&self) -> String {
        let Outcome { coverage, below, tool, .. } = self.outcome;
        let left = match coverage.skipped.len() {
            0 => "nothing was left out".to_owned(),
            1 => "1 thing could not be looked at".to_owned(),
            n => format!("{n} things could not be looked at"),
        };
        let below = match below {
            0 => String::new(),
            1 => " 1 finding is below the threshold; `--min-confidence low` shows it.".to_owned(),
            n => {
                format!(" {n} findings are below the threshold; `--min-confidence low` shows them.")
            }
        };
        format!(
            "Scanned: {} with {} rules of [blurt]({}) {}; {left}.{below}",
            covered(coverage),
            tool.rules,
            env!("CARGO_PKG_REPOSITORY"),
            sanitize(&tool.version),
        )
    }
}

/// What blurt has done, in a few words: `found 2 secrets` …
pub(super) fn verdict(outcome: &Outcome, summary: &Summary) -> String {
    let complete = outcome.coverage.skipped.is_empty();
    let excused = summary.known + summary.ignored > 0;
    match (summary.new, complete) {
        (0, false) => "could not look everywhere".to_owned(),
        (0, true) if excused => "found no new secrets".to_owned(),
        (0, true) => "found no secrets".to_owned(),
        (1, true) => "found 1 secret".to_owned(),
        (n, true) => format!("found {n} secrets"),
        (1, false) => "found 1 secret, and could not look everywhere".to_owned(),
        (n, false) => format!("found {n} secrets, and could not look everywhere"),
    }
}

/// A step, with its command in the same item of the list.
fn numbered(number: usize, step: &Instruction) -> String {
    let label = format!("{number}. ");
    let command = step.command.as_ref().map(|command| block(command, &" ".repeat(label.len())));
    let command = command.map(|command| format!("\n\n{command}")).unwrap_or_default();
    format!("{label}{}{command}", prose_with_links(&step.what))
}

/// What is known of a secret beyond its place: what it says about itself, who could see it, and that
/// it is not certain.
fn known_of(finding: &Finding) -> Option<String> {
    let doubt = (finding.confidence < Confidence::High)
        .then(|| format!("{} confidence", confident(finding.confidence)));
    let facts = [verified(finding), exposed(&finding.exposure), doubt];
    let facts: Vec<String> = facts.into_iter().flatten().map(|fact| prose(&fact)).collect();
    (!facts.is_empty()).then(|| format!("**Known of it**: {}", facts.join("; ")))
}

/// A reference of a playbook as an item of a list.
fn link(reference: &str) -> String {
    let is_url = reference.starts_with("https://")
        && reference.chars().all(|c| c.is_ascii_graphic() && c != '<' && c != '>');
    if is_url { format!("- <{reference}>") } else { format!("- {}", prose(reference)) }
}

/// As many lines as there is room for, and how many there are besides.
fn listed(lines: impl ExactSizeIterator<Item = String>) -> String {
    let all = lines.len();
    let mut bytes = 0;
    let has_room = |line: &String| {
        bytes += line.len() + 1;
        bytes <= MOST_LISTED
    };
    let mut lines: Vec<String> = lines.take_while(has_room).collect();
    lines.extend(more(all - lines.len()));
    lines.join("\n")
}

fn more(count: usize) -> Option<String> {
    (count > 0).then(|| format!("- and {count} more"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Authority, Excuse};
    use crate::report::sample::{into_a_message, into_the_past, one, outcome, token};

    fn text(outcome: &Outcome) -> String {
        let mut out = Vec::new();
        Markdown.write(outcome, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn skip(path: &str, reason: &str, mend: Option<&str>) -> Skip {
        Skip { path: path.into(), reason: reason.into(), mend: mend.map(str::to_owned) }
    }

    #[test]
    fn the_heading_is_the_verdict() {
        let heading = |outcome: &Outcome| text(outcome).lines().next().unwrap().to_owned();
        let mut nothing = outcome(vec![("a".into(), "nothing".into())]);
        assert_eq!(heading(&nothing), "## blurt found no secrets");
        nothing.coverage.skip(skip("b", "is gone", None));
        assert_eq!(heading(&nothing), "## blurt could not look everywhere");
        let mut found = one("a");
        assert_eq!(heading(&found), "## blurt found 1 secret");
        found.coverage.skip(skip("b", "is gone", None));
        assert_eq!(heading(&found), "## blurt found 1 secret, and could not look everywhere");
        found.coverage.skipped.clear();
        found.findings[0].0.triage =
            Triage::of(Excuse { by: Authority::Marker, ..Excuse::past("a test") }.into());
        assert_eq!(heading(&found), "## blurt found no new secrets");
    }

    #[test]
    fn everything_about_a_secret_is_there() {
        let outcome = one("src/a.yml");
        let (finding, remedy) = &outcome.findings[0];
        let text = text(&outcome);
        assert_eq!(text.matches("`src/a.yml:1:8`").count(), 2, "{text}");
        for step in &remedy.steps {
            assert!(text.contains(&prose_with_links(&step.what)), "{}", step.what);
            let shown = |command: &String| {
                let is_in =
                    |indent| text.contains(&format!("```sh\n{indent}{command}\n{indent}```"));
                is_in("   ") || is_in("    ")
            };
            assert!(step.command.as_ref().is_none_or(shown), "{:?}", step.command);
        }
        assert!(remedy.references.iter().all(|url| text.contains(&format!("- <{url}>"))));
        let fingerprint = format!("fingerprint `{}`\n\n</details>", finding.fingerprint());
        assert!(text.contains(&fingerprint), "{text}");
        let last = text.lines().last().unwrap();
        assert!(last.starts_with("Scanned: 1 file, 48 bytes with "), "{last}");
        assert!(last.ends_with("; nothing was left out."), "{last}");
    }

    #[test]
    fn a_secret_of_the_past_names_its_commits() {
        let mut outcome = one("a.yml");
        into_the_past(&mut outcome);
        let gone = text(&outcome);
        assert!(gone.contains("| `a.yml:1:8 in commit aaaaaaaaaa` |"), "{gone}");
        let told = "- `a.yml:1:8`, since commit aaaaaaaaaa of 1970-01-02 by Ann <code>&#64;</code>team &#60;ann<code>&#64;</code>example.org&#62;, taken out by bbbbbbbbbb of 1970-01-03\n";
        assert!(gone.contains(told), "{gone}");
        into_a_message(&mut outcome);
        let message = text(&outcome);
        assert!(message.contains("| `the message of commit aaaaaaaaaa:1:8` |"), "{message}");
    }

    #[test]
    fn many_places_are_counted() {
        let places = (0..13).map(|n| (format!("{n:02}.yml"), token(1))).collect();
        let text = text(&outcome(places));
        assert!(text.contains("- `09.yml:1:8`\n- and 3 more\n"), "{text}");
        assert!(!text.contains("10.yml"));
    }

    /// The report with what stands in code taken out.
    fn without_code(text: &str) -> String {
        let mut out = String::new();
        let outside = text.split("```").step_by(2);
        for line in outside.flat_map(str::lines) {
            for (n, part) in line.split('`').enumerate() {
                if n % 2 == 0 {
                    out += part;
                }
            }
            out.push('\n');
        }
        let mut rest = out.as_str();
        let mut shown = String::new();
        while let Some((before, (_, after))) = rest
            .split_once("<code>")
            .and_then(|(before, after)| Some((before, after.split_once("</code>")?)))
        {
            shown += before;
            rest = after;
        }
        shown + rest
    }

    #[test]
    fn foreign_text_stays_text() {
        let hostile = [
            "a`b` | **c** | <img src=x> @team #12 !3 [d](http://e) www.f.g\n\n# h",
            "</code></summary></details><h1>|",
            "`</details>\\|",
            "<!--",
            "- [x] ~~a~~ $b$ &lt; ^c ~bug %1 GH-1",
        ];
        for name in hostile {
            let mut outcome = one(name);
            into_the_past(&mut outcome);
            outcome.findings[0].0.locations[0].past.as_mut().unwrap().commit.author = name.into();
            outcome.notes.push(format!("{name}: a note"));
            outcome.coverage.skip(skip(name, name, Some(name)));
            let excused = token(2).replace('\n', &format!(" # blurt:allow * -- {}\n", hostile[0]));
            let excused = super::super::sample::outcome(vec![(name.to_owned(), excused)]);
            outcome.findings.extend(excused.findings);
            let plain = text(&one("plain"));
            let text = text(&outcome);
            // It has the lines, the cells and the tags of a report that it has nothing to do with.
            let rows: Vec<_> = text.lines().filter(|line| line.starts_with('|')).collect();
            assert!(rows.iter().all(|row| row.matches('|').count() == 6), "{rows:?}");
            assert_eq!(rows.len(), 3);
            assert_eq!(text.matches("<details>").count(), 2);
            assert_eq!(text.matches("</details>").count(), 2);
            let headings = |text: &str| text.lines().filter(|line| line.starts_with('#')).count();
            assert_eq!(headings(&text), headings(&plain) + 2);
            let shown = without_code(&text);
            for markup in
                ["<img", "<h1", "<!--", "@", " #12 ", " !3 ", "~~", "](http://", "www.f", "GH-1"]
            {
                assert!(!shown.contains(markup), "{markup} of {name:?}:\n{shown}");
            }
        }
    }

    #[test]
    fn what_is_excused_is_counted_and_listed() {
        let excused = token(2).replace('\n', " # blurt:allow * -- only a test\n");
        let text = text(&outcome(vec![("a".into(), token(1)), ("b".into(), excused)]));
        assert!(
            text.contains("<summary>Besides, 1 ignored: these do not count</summary>"),
            "{text}"
        );
        assert!(text.contains(" in `b:1:8`: ignored, `only a test (b:1)`\n"), "{text}");
    }

    #[test]
    fn what_was_not_scanned_is_listed_with_what_mends_it() {
        let mut outcome = one("a");
        outcome.coverage.skip(skip("repo", "is shallow", Some("git fetch --unshallow")));
        let text = text(&outcome);
        let told =
            "### Not scanned\n\n- `repo` is shallow; what mends it: `git fetch --unshallow`\n";
        assert!(text.contains(told), "{text}");
    }

    #[test]
    fn what_is_cut_is_told_at_the_end() {
        let outcome = outcome((0..3).map(|n| (format!("{n}.yml"), token(n))).collect());
        let root = &Root::find();
        let cut = Page { outcome: &outcome, root, most: 6_000 }.text();
        assert!(cut.contains("0.yml") && !cut.contains("2.yml"), "{cut}");
        let shown = cut.matches("<details>").count();
        let told = format!("**Only {shown} of 3 secrets are shown here, the worst first.");
        assert!(cut.lines().last().unwrap().starts_with(&told), "{cut}");
        let whole = Page { outcome: &outcome, root, most: MOST_BYTES }.text();
        assert!(!whole.contains("are shown here"));
    }

    #[test]
    fn a_summary_is_never_too_long_for_github() {
        let excuse = format!(" # blurt:allow * -- {}\n", "a test ".repeat(20));
        let texts = (0..2_000).map(|n| {
            let text = if n % 2 == 0 { token(n) } else { token(n).replace('\n', &excuse) };
            (format!("{n:04}|.yml"), text)
        });
        let mut outcome = outcome(texts.collect());
        for n in 0..2_000 {
            outcome.notes.push(format!("{n}: {}", "note ".repeat(20)));
            outcome.coverage.skip(skip(&format!("{n}"), &"reason ".repeat(20), None));
        }
        let text = text(&outcome);
        assert!((900_000..1_048_576).contains(&text.len()), "{}", text.len());
        assert_eq!(text.lines().filter(|line| line.starts_with("- and ")).count(), 3);
        assert!(text.lines().last().unwrap().ends_with("are missing; the JSON report has all.**"));
    }
}
