//! The page of one secret: what it is, what to do, where it stands, and when it came and went.

use super::entry::Entry;
use super::pool::{Element, Fragment, Number, Pool};
use super::{AT_ONCE, grouped};
use crate::blob::Via;
use crate::detect::score::Score;
use crate::finding::{Commit, Location, Triage};
use crate::remedy::{Instruction, Part};
use crate::report::text::{confident, exposed, name_of, verb, verified};
use crate::report::{Escaped, EscapedLines, Linked};
use std::fmt::Write as _;
use std::io::{self, Write};

/// The page of a secret, with its texts in a pool.
pub(super) struct Page<'a> {
    entry: &'a Entry<'a>,
    why: Number,
    steps: Vec<Number>,
    references: Option<Number>,
}

impl<'a> Page<'a> {
    /// The page of `entry`; texts that others may have, too, go into the pool.
    pub(super) fn new(entry: &'a Entry, pool: &mut Pool) -> Self {
        let remedy = entry.remedy;
        let why = pool.take(Fragment {
            element: Element::Prose,
            label: beginning(&remedy.why),
            html: format!("<p class=\"why\">{}</p>", Linked(&remedy.why)),
        });
        // Those that speak of no place are often the same.
        let is_own = |step: &Instruction| step.part == Part::Place;
        let runs = remedy.steps.chunk_by(|a, b| is_own(a) == is_own(b));
        let steps = runs.map(|run| pool.take(steps(run))).collect();
        let references = (!remedy.references.is_empty()).then(|| pool.take(references(entry)));
        Self { entry, why, steps, references }
    }

    /// Writes the page. The script adds links to the secrets before and behind it in the table.
    pub(super) fn write(&self, pool: &Pool, out: &mut dyn Write) -> io::Result<()> {
        let Entry { finding, remedy, .. } = self.entry;
        let (severity, name) = (name_of(finding.severity()), &finding.rule.spec().name);
        write!(
            out,
            "<article id=\"{}\"><noscript><nav aria-label=\"Secrets\"><a rel=\"up\" href=\"#secrets\">All secrets</a></nav>\n<h2 tabindex=\"-1\"><b class=\"badge {severity}\">{severity}</b> {} \
             <code>{}</code></h2>\n<p class=\"{}\"><b>{}.</b> {}</p>\n",
            self.entry.anchor(),
            Escaped(name),
            Escaped(&finding.secret.to_string()),
            remedy.action.name(),
            verb(remedy.action),
            Linked(&remedy.summary),
        )?;
        pool.put(self.why, out)?;
        write!(out, "\n<h3>Steps</h3>\n<ol>")?;
        for number in &self.steps {
            pool.put(*number, out)?;
        }
        write!(out, "</ol>\n<h3>Where it stands</h3>\n")?;
        places(self.entry, out)?;
        write!(out, "<h3>What is known of it</h3>\n{}", facts(self.entry))?;
        if let Some(references) = self.references {
            write!(out, "<h3>Read more</h3>\n<ul>")?;
            pool.put(references, out)?;
            writeln!(out, "</ul>")?;
        }
        writeln!(out, "</noscript></article>")
    }
}

/// The beginning of a text, to be linked by.
fn beginning(text: &str) -> String {
    const LONGEST: usize = 70;
    let sentence = text.split_inclusive(". ").next().unwrap_or(text).trim_end();
    if sentence.chars().count() <= LONGEST {
        return sentence.to_owned();
    }
    let cut: String = sentence.chars().take(LONGEST).collect();
    format!("{} …", cut.rsplit_once(' ').map_or(cut.as_str(), |(whole, _)| whole))
}

fn steps(run: &[Instruction]) -> Fragment {
    let mut html = String::new();
    for step in run {
        let _ = write!(html, "<li>{}", Linked(&step.what));
        if let Some(command) = &step.command {
            let _ = write!(html, "<pre><code>{}</code></pre>", EscapedLines(command));
        }
        html.push('\n');
    }
    let first = run.first().map(|step| beginning(&step.what)).unwrap_or_default();
    let label = match run.len() {
        1 => first,
        2 => format!("{first} And 1 more step."),
        n => format!("{first} And {} more steps.", n - 1),
    };
    Fragment { element: Element::Steps, label, html }
}

fn references(entry: &Entry) -> Fragment {
    let urls = &entry.remedy.references;
    let html = urls.iter().fold(String::new(), |mut html, url| {
        let _ = writeln!(html, "<li>{}", Linked(url));
        html
    });
    let label = match urls.len() {
        1 => "1 page".to_owned(),
        n => format!("{n} pages"),
    };
    Fragment { element: Element::Items, label, html }
}

fn places(entry: &Entry, out: &mut dyn Write) -> io::Result<()> {
    let all = &entry.finding.locations;
    let of_commits = all.iter().any(|place| place.past.is_some());
    let (shown, folded) = all.split_at(all.len().min(4 * AT_ONCE));
    table(entry, shown, of_commits, out)?;
    if !folded.is_empty() {
        writeln!(out, "<details><summary>{} more</summary>", grouped(folded.len()))?;
        table(entry, folded, of_commits, out)?;
        writeln!(out, "</details>")?;
    }
    Ok(())
}

fn table(
    entry: &Entry,
    places: &[Location],
    of_commits: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let more = if of_commits {
        "<th scope=\"col\">Came in</th><th scope=\"col\">Went out</th><th scope=\"col\">Now</th>"
    } else {
        ""
    };
    write!(
        out,
        "<div class=\"wide\"><table class=\"plain\"><thead><tr><th scope=\"col\">Place</th>{more}</tr></thead>\n<tbody>"
    )?;
    for place in places {
        let name = format!("{}:{}:{}", entry.name_of(place), place.start.line, place.start.column);
        write!(out, "<tr><td><code>{}</code>", Escaped(&name))?;
        for via in &place.origin.via {
            if let Via::Decoded(decoded) = via {
                write!(out, " <i>in {}</i>", Escaped(decoded))?;
            }
        }
        if of_commits {
            let past = place.past.as_deref();
            write!(out, "<td>{}<td>", past.map(|past| commit(&past.commit)).unwrap_or_default())?;
            let removed = past.map(|past| past.removed.as_slice()).unwrap_or_default();
            write!(out, "{}", removed.iter().map(commit).collect::<Vec<_>>().join("<br>"))?;
            write!(out, "<td>{}", now(entry, place))?;
        }
        writeln!(out)?;
    }
    writeln!(out, "</tbody></table></div>")
}

fn commit(commit: &Commit) -> String {
    let day = commit.date.strftime("%Y-%m-%d");
    format!("{day} <code>{}</code> {}", Escaped(commit.short()), Escaped(&commit.author))
}

/// Whether a place holds it still.
fn now(entry: &Entry, place: &Location) -> &'static str {
    let is_unreachable = entry.finding.exposure.unreachable == Some(true);
    match &place.past {
        None => "in the working tree",
        Some(_) if is_unreachable => "in an object that nothing reaches",
        Some(_) if place.origin.path.is_none() => "in the history",
        Some(past) if past.in_head => "in a file at HEAD",
        Some(past) if past.removed.is_empty() => "in a file on another branch",
        Some(_) => "in the history",
    }
}

/// What else is known, each fact with its name.
fn facts(entry: &Entry) -> String {
    let finding = entry.finding;
    let spec = finding.rule.spec();
    let mut html = String::from("<dl class=\"facts\">");
    let mut fact = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            let _ = writeln!(html, "<dt>{name}<dd>{}", Escaped(&value));
        }
    };
    let owner = entry.owner.as_ref().map(|owner| format!("{} ({})", owner.name, owner.source));
    fact("Owner", owner.or(Some("unknown".into())));
    let reason = finding.triage.excuse().map(|excuse| format!(": {excuse}")).unwrap_or_default();
    fact(
        "Status",
        (finding.triage != Triage::New).then(|| format!("{}{reason}", finding.triage.name())),
    );
    fact("Says of itself", verified(finding));
    let facts = finding.verification.facts.iter();
    let facts: Vec<String> =
        facts.map(|(name, value)| format!("{} {value}", name.replace('_', " "))).collect();
    fact("In detail", (!facts.is_empty()).then(|| facts.join("; ")));
    let exposed = exposed(&finding.exposure);
    fact("Exposed", exposed.map(|text| text.trim_start_matches("exposed ").to_owned()));
    fact("Confidence", Some(confident(finding.confidence).to_owned()));
    let terms = finding.score.iter().flat_map(Score::terms);
    let terms: Vec<String> = terms.map(|(term, points)| format!("{term} {points:+}")).collect();
    fact("Because of", (!terms.is_empty()).then(|| terms.join(", ")));
    fact("Entropy", Some(format!("{:.2} bits a character", finding.entropy)));
    fact("Rule", Some(format!("{} (kind {})", spec.id, spec.kind)));
    fact("Fingerprint", Some(finding.fingerprint().to_string()));
    html + "</dl>\n"
}
