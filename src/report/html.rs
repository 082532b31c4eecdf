//! A report as one page that needs nothing else, for the people who follow secrets to their end: numbers,
//! charts, a table that sorts and filters, and a page for each secret. It asks no network, holds no
//! value, and reads well without its script.
//!
//! Each secret's own page stands in a `noscript` element. A browser that runs no script shows them all
//! below the table; one that does keeps them as text, and the script makes the one that is asked for:
//! thousands of secrets open as fast as one.

mod chart;
mod entry;
mod pool;
mod secret;
mod table;
mod timeline;

use super::json::Summary;
use super::markdown::verdict;
use super::text::covered;
use super::{Escaped, Format};
use crate::clock;
use crate::coverage::Skip;
use crate::finding::Excuse;
use crate::rule::Severity;
use crate::scan::Outcome;
use crate::triage::audit::Audited;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use entry::{Entry, Lookups};
use pool::Pool;
use secret::Page;
use sha2::{Digest, Sha256};
use std::io::{self, Write};

pub(super) struct Html;

const STYLE: &str = concat!(include_str!("page.css"), include_str!("html/report.css"));
const SCRIPT: &str = include_str!("html/report.js");

/// It runs before the browser has read the table, so that thousands of rows are not laid out while they
/// come. Should the other script fail, all is shown once it has come.
const EARLY: &str = "\"use strict\";document.documentElement.classList.add(\"scripted\");\
    window.addEventListener(\"load\",()=>document.documentElement.classList.add(\"ready\"));";

impl Format for Html {
    fn name(&self) -> &'static str {
        "html"
    }

    fn extension(&self) -> Option<&'static str> {
        Some("html")
    }

    fn write(&self, outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
        outcome.name_all();
        let day = clock::now().map_err(io::Error::other)?.strftime("%Y-%m-%d").to_string();
        let lookups = Lookups::here();
        let entries = Entry::all(outcome, &lookups);
        let summary = Summary::of(outcome);
        head(&verdict(outcome, &summary), out)?;
        writeln!(out, "<div id=\"overview\">")?;
        header(outcome, &summary, &day, out)?;
        not_scanned(&outcome.coverage.skipped, out)?;
        if !entries.is_empty() {
            numbers(&entries, &summary, out)?;
            chart::write_all(&entries, out)?;
            timeline::write(&entries, out)?;
        }
        table::write(&entries, out)?;
        suppressions(&outcome.suppressions, out)?;
        notes(outcome, out)?;
        writeln!(out, "</div>")?;
        pages(&entries, out)?;
        writeln!(out, "</main>\n<script>{SCRIPT}</script>\n</body>\n</html>")
    }
}

/// What the browser lets run: nothing but the style and the script of this page.
fn policy() -> String {
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text));
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}' 'sha256-{}'; base-uri 'none'; form-action 'none'",
        hash(STYLE),
        hash(EARLY),
        hash(SCRIPT)
    )
}

fn head(verdict: &str, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>blurt {verdict}</title>\n<style>{STYLE}</style>\n<script>{EARLY}</script>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#secrets\">Skip to the secrets</a>\n<main>",
        policy()
    )
}

/// The verdict, what was scanned, and with what.
fn header(outcome: &Outcome, summary: &Summary, day: &str, out: &mut dyn Write) -> io::Result<()> {
    let verdict = verdict(outcome, summary);
    let kind = match (summary.new, outcome.coverage.skipped.is_empty()) {
        (0, true) => "clean",
        (0, false) => "incomplete",
        (_, _) => "found",
    };
    let tool = &outcome.tool;
    writeln!(
        out,
        "<header class=\"verdict {kind}\">\n<h1>blurt {verdict}</h1>\n<p>Scanned {} with {} rules of blurt {}. Written on {day}. \
         Values are masked.</p>\n</header>",
        covered(&outcome.coverage),
        tool.rules,
        Escaped(&tool.version),
    )
}

/// More than these unfold.
const AT_ONCE: usize = 5;

fn not_scanned(skipped: &[Skip], out: &mut dyn Write) -> io::Result<()> {
    if skipped.is_empty() {
        return Ok(());
    }
    let things = match skipped.len() {
        1 => "1 thing".to_owned(),
        n => format!("{} things", grouped(n)),
    };
    writeln!(
        out,
        "<section class=\"warning\" aria-labelledby=\"not-scanned\">\n<h2 id=\"not-scanned\">{things} could not be scanned</h2>\n\
         <p>Secrets may stand there that this report does not know of.</p>"
    )?;
    let list = |skipped: &[Skip], out: &mut dyn Write| {
        writeln!(out, "<ul>")?;
        for skip in skipped {
            let mend =
                skip.mend.as_ref().map(|mend| format!(" <i>What mends it: {}</i>", Escaped(mend)));
            let mend = mend.unwrap_or_default();
            writeln!(
                out,
                "<li><code>{}</code> {}.{mend}",
                Escaped(&skip.path),
                Escaped(&skip.reason)
            )?;
        }
        writeln!(out, "</ul>")
    };
    let (shown, folded) = skipped.split_at(skipped.len().min(AT_ONCE));
    list(shown, out)?;
    if !folded.is_empty() {
        writeln!(out, "<details><summary>{} more</summary>", grouped(folded.len()))?;
        list(folded, out)?;
        writeln!(out, "</details>")?;
    }
    writeln!(out, "</section>")
}

/// What a manager asks first.
fn numbers(entries: &[Entry], summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
    let new: Vec<&Entry> = entries.iter().filter(|entry| entry.is_new()).collect();
    let count = |is: &dyn Fn(&Entry) -> bool| new.iter().filter(|entry| is(entry)).count();
    let severe = count(&|entry| entry.finding.severity() == Severity::Critical);
    let oldest = new.iter().filter_map(|entry| entry.finding.exposure.age_days).max();
    let exposure = |entry: &Entry| entry.finding.exposure.clone();
    let in_history = new.iter().any(|entry| exposure(entry).in_history.is_some());
    let has_remote = new.iter().any(|entry| exposure(entry).pushed.is_some());
    let gone = count(&|entry| {
        let exposure = exposure(entry);
        exposure.in_history == Some(true) && !exposure.in_tree
    });
    let pushed = count(&|entry| exposure(entry).pushed == Some(true));
    let if_any = |count: usize| (count > 0).then(|| grouped(count));
    let tiles = [
        ("New secrets", Some(grouped(summary.new))),
        ("Critical", Some(grouped(severe))),
        ("In the working tree", Some(grouped(count(&|entry| exposure(entry).in_tree)))),
        ("In the history only", in_history.then(|| grouped(gone))),
        ("A remote has them", has_remote.then(|| grouped(pushed))),
        ("The oldest", oldest.map(days_in_words)),
        ("Known before", if_any(summary.known)),
        ("Ignored", if_any(summary.ignored)),
        ("Below the threshold", if_any(summary.below)),
    ];
    writeln!(out, "<dl class=\"numbers\">")?;
    for (name, value) in tiles {
        if let Some(value) = value {
            writeln!(out, "<div><dt>{name}</dt><dd>{value}</dd></div>")?;
        }
    }
    writeln!(out, "</dl>")
}

fn notes(outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
    if outcome.notes.is_empty() {
        return Ok(());
    }
    writeln!(out, "<section>\n<h2>Remarks</h2>\n<ul>")?;
    for note in &outcome.notes {
        writeln!(out, "<li>{}", Escaped(note))?;
    }
    writeln!(out, "</ul>\n</section>")
}

/// What is excused by whom, and what of that nobody needs.
fn suppressions(all: &[Audited], out: &mut dyn Write) -> io::Result<()> {
    if all.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "<section>\n<details>\n<summary>{} excuse secrets, or would</summary>\n<ul>",
        match all.len() {
            1 => "1 suppression".to_owned(),
            n => format!("{} suppressions", grouped(n)),
        }
    )?;
    for one in all {
        let Audited { excuse, what, .. } = one;
        let place = excuse.place.as_deref().unwrap_or_default();
        let what = what.as_ref().map(|what| format!(", of {}", Escaped(what))).unwrap_or_default();
        let more = Excuse { place: None, ..(**excuse).clone() }.to_string();
        let did = one.effect();
        writeln!(out, "<li><code>{}</code>: {did}{what}. {}", Escaped(place), Escaped(&more))?;
    }
    writeln!(out, "</ul>\n</details>\n</section>")
}

/// The page of each secret, and the texts that many of them share.
fn pages(entries: &[Entry], out: &mut dyn Write) -> io::Result<()> {
    let mut pool = Pool::default();
    let pages: Vec<Page> = entries.iter().map(|entry| Page::new(entry, &mut pool)).collect();
    writeln!(out, "<div id=\"pages\">")?;
    for page in &pages {
        page.write(&pool, out)?;
    }
    writeln!(out, "</div>")?;
    pool.write(out)
}

/// A number with its thousands apart.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn days_in_words(days: i64) -> String {
    match days {
        1 => "1 day".to_owned(),
        days => format!("{} days", grouped(usize::try_from(days).unwrap_or_default())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{into_the_past, one, outcome, token};

    fn page(outcome: &Outcome) -> String {
        let mut out = Vec::new();
        Html.write(outcome, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    /// What stands between two texts, each time.
    fn between<'t>(text: &'t str, from: &str, to: &str) -> Vec<&'t str> {
        text.split(from).skip(1).map(|rest| rest.split(to).next().unwrap()).collect()
    }

    #[test]
    fn the_policy_allows_what_stands_there_and_nothing_else() {
        let page = page(&one("a.yml"));
        let policy = between(&page, "Content-Security-Policy\" content=\"", "\"")[0];
        assert!(policy.starts_with("default-src 'none'; "), "{policy}");
        let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)));
        let scripts = between(&page, "<script>", "</script>");
        let styles = between(&page, "<style>", "</style>");
        assert_eq!((scripts.len(), styles.len()), (2, 1));
        let blocks = scripts.iter().chain(&styles);
        assert!(blocks.clone().all(|block| policy.contains(&hash(block))), "{policy}");
        // A log of a CI service has none of its commands in them, so they stay as they are there.
        assert!(blocks.clone().all(|block| !block.contains("##") && !block.contains("\n::")));
        for network in ["@import", "url(", "fetch(", "XMLHttpRequest", "import("] {
            assert!(blocks.clone().all(|block| !block.contains(network)), "{network}");
        }
        for markup in [" src=", "<link", "<iframe", "<object", "<form", " style=", " onclick="] {
            assert!(!page.contains(markup), "{markup}");
        }
    }

    #[test]
    fn a_scan_that_could_not_look_is_never_green() {
        let verdict = |outcome: &Outcome| {
            between(&page(outcome), "<header class=\"verdict ", "\"")[0].to_owned()
        };
        let mut nothing = outcome(vec![("a".into(), "nothing".into())]);
        assert_eq!(verdict(&nothing), "clean");
        nothing.coverage.skip(Skip { path: "b".into(), reason: "is gone".into(), mend: None });
        assert_eq!(verdict(&nothing), "incomplete");
        assert!(page(&nothing).contains("1 thing could not be scanned"));
        assert_eq!(verdict(&one("a.yml")), "found");
    }

    #[test]
    fn each_secret_has_a_row_and_a_page() {
        let outcome = outcome((0..30).map(|n| (format!("{n:02}.yml"), token(n))).collect());
        let page = page(&outcome);
        for (finding, remedy) in &outcome.findings {
            let name = finding.fingerprint();
            assert_eq!(page.matches(&format!("<a href=\"#{name}\">")).count(), 1);
            let article = between(&page, &format!("<article id=\"{name}\">"), "</article>")[0];
            let own = remedy.steps.iter().filter(|step| step.part == crate::remedy::Part::Place);
            for step in own {
                assert!(article.contains(&Escaped(&step.what).to_string()), "{article}");
            }
            for link in between(article, "href=\"#text-", "\"") {
                assert!(page.contains(&format!("<section id=\"text-{link}\">")), "{link}");
            }
        }
    }

    #[test]
    fn what_came_and_went_is_drawn() {
        let mut outcome = one("a.yml");
        assert!(!page(&outcome).contains("class=\"timeline\""));
        into_the_past(&mut outcome);
        outcome.findings[0].0.exposure.in_tree = false;
        let page = page(&outcome);
        let section = between(&page, "<section class=\"timeline\">", "</section>")[0];
        assert!(section.contains("commits brought in 1 secret, and took 1 out"), "{section}");
        assert!(section.contains("<title id=\"timeline-title\">") && section.contains("<desc "));
        assert!(page.contains("Ann @team &lt;ann@example.org&gt; (author of commit aaaaaaaaaa)"));
    }

    #[test]
    fn numbers_have_their_thousands_apart() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!((days_in_words(1), days_in_words(2_153)), ("1 day".into(), "2,153 days".into()));
    }
}
