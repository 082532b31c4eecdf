//! Text for people: grouped by file, masked, with the verb and the first step.

use super::json::Summary;
use super::{Format, sanitize, sanitize_bytes};
use crate::coverage::Coverage;
use crate::finding::{Commit, Excuse, Exposure, Finding, Location, Past, Status, Triage};
use crate::remedy::Remedy;
use crate::rule::{Action, Confidence, Severity};
use crate::scan::Outcome;
use crate::triage::audit::Audited;
use anstyle::{AnsiColor, Style as Ansi};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// How much to show, and how.
#[derive(Debug, Clone, Copy, Default)]
pub struct Style {
    /// Colours, for a terminal.
    pub colour: bool,
    /// Secrets in clear.
    pub show_secrets: bool,
    /// How much.
    pub detail: Detail,
}

/// How much a report for people shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Detail {
    /// What is new, with the first step.
    #[default]
    New,
    /// What is excused, too, and what the suppressions did.
    Excused,
    /// All of that, with all places and steps.
    All,
}

/// The text report in some style.
#[derive(Debug, Clone, Copy)]
pub struct Text {
    style: Style,
}

/// Without colours, masked, brief.
pub(super) static PLAIN: Text =
    Text { style: Style { colour: false, show_secrets: false, detail: Detail::New } };

impl Text {
    /// The text report in that style.
    #[must_use]
    pub fn new(style: Style) -> Self {
        Self { style }
    }

    fn paint(&self, style: Ansi, text: &str) -> String {
        if self.style.colour { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    fn bold(&self, text: &str) -> String {
        self.paint(Ansi::new().bold(), text)
    }

    fn shows_excused(&self) -> bool {
        self.style.detail != Detail::New
    }

    fn is_verbose(&self) -> bool {
        self.style.detail == Detail::All
    }

    fn dim(&self, text: &str) -> String {
        self.paint(Ansi::new().dimmed(), text)
    }
}

impl Format for Text {
    fn name(&self) -> &'static str {
        "text"
    }

    fn extension(&self) -> Option<&'static str> {
        Some("txt")
    }

    fn write(&self, outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
        // By name, what is no file last.
        let mut files: BTreeMap<(bool, String), Vec<&(Finding, Remedy)>> = BTreeMap::new();
        let shown = |finding: &Finding| self.shows_excused() || finding.triage == Triage::New;
        for entry in outcome.findings.iter().filter(|(finding, _)| shown(finding)) {
            let primary = entry.0.primary();
            let is_no_file = primary.origin.path.is_none();
            files.entry((is_no_file, primary.name())).or_default().push(entry);
        }
        for ((_, name), mut entries) in files {
            writeln!(out, "{}", self.bold(&sanitize(&name)))?;
            entries.sort_by_key(|(finding, _)| finding.primary().start);
            for (finding, remedy) in entries {
                self.finding(finding, remedy, out)?;
            }
        }
        if self.shows_excused() {
            self.suppressions(&outcome.suppressions, out)?;
        }
        self.problems(outcome, out)?;
        self.summary(outcome, out)
    }
}

impl Text {
    fn finding(&self, finding: &Finding, remedy: &Remedy, out: &mut dyn Write) -> io::Result<()> {
        let primary = finding.primary();
        let spec = finding.rule.spec();
        let place = format!("{}:{}", primary.start.line, primary.start.column);
        let severity = self.paint(severity_style(finding.severity()), name_of(finding.severity()));
        let mut title = format!("  {}  {severity}  {}", self.dim(&place), self.bold(&spec.name));
        if let Some(what) = verified(finding) {
            title += &format!(" ({what})");
        }
        if finding.confidence < Confidence::High {
            title += &format!(
                ", {}",
                self.dim(&format!("{} confidence", confident(finding.confidence)))
            );
        }
        writeln!(out, "{title}  {}", self.dim(&spec.id))?;
        self.excerpt(finding, out)?;
        if let Some(excuse) = finding.triage.excuse() {
            let (name, excuse) = (finding.triage.name(), excuse.to_string());
            return writeln!(out, "      {name}: {}\n", sanitize(&excuse));
        }
        if let Some(past) = &primary.past {
            writeln!(out, "      {}", self.dim(&came_and_went(past, primary)))?;
        }
        let more = finding.locations.len() - 1;
        if more > 0 {
            self.further_places(&finding.locations[1..], out)?;
        }
        if let Some(exposed) = exposed(&finding.exposure) {
            writeln!(out, "      {exposed}")?;
        }
        let verb = self.paint(verb_style(remedy.action), verb(remedy.action));
        writeln!(out, "      {verb}: {}", remedy.summary)?;
        let steps = if self.is_verbose() { remedy.steps.len() } else { 1 };
        for (n, step) in remedy.steps.iter().take(steps).enumerate() {
            let label = if self.is_verbose() { format!("{}.", n + 1) } else { "first:".to_owned() };
            writeln!(out, "      {label} {}", sanitize(&step.what))?;
            if let Some(command) = &step.command {
                writeln!(out, "        {}", self.dim(&format!("$ {command}")))?;
            }
        }
        if self.is_verbose() {
            writeln!(out, "      why: {}", remedy.why)?;
            writeln!(out, "      fingerprint: {}", finding.fingerprint())?;
        }
        writeln!(out)
    }

    /// What the suppressions did, by their places.
    fn suppressions(&self, all: &[Audited], out: &mut dyn Write) -> io::Result<()> {
        if all.is_empty() {
            return Ok(());
        }
        writeln!(out, "{}", self.bold("Suppressions"))?;
        for one in all {
            let Audited { excuse, what, places, over } = one;
            let place = sanitize(excuse.place.as_deref().unwrap_or("?")).into_owned();
            let did = one.effect();
            let did = if *over || *places == 0 {
                self.paint(AnsiColor::Yellow.on_default(), &did)
            } else {
                did
            };
            let what = what.as_ref().map(|what| format!(", of {}", sanitize(what)));
            let more = Excuse { place: None, ..(**excuse).clone() }.to_string();
            let what = what.unwrap_or_default();
            writeln!(out, "  {place}  {did}{what}\n      {}", sanitize(&more))?;
        }
        writeln!(out)
    }

    /// The line around the secret, with a caret under it.
    fn excerpt(&self, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
        let excerpt = &finding.primary().excerpt;
        let before = excerpt.before.trim_start();
        let value = finding.secret.reveal();
        let secret = match value.filter(|_| self.style.show_secrets) {
            Some(value) => sanitize_bytes(value).into_owned(),
            None => finding.secret.mask(),
        };
        let painted = self.paint(AnsiColor::Red.on_default(), &secret);
        writeln!(out, "      {before}{painted}{}", excerpt.after.trim_end())?;
        if value.is_none() {
            // A report does not say what stands around it.
            return Ok(());
        }
        let (indent, width) = (before.chars().count(), secret.chars().count());
        let carets = self.paint(AnsiColor::Red.on_default(), &"^".repeat(width.min(80)));
        writeln!(out, "      {}{carets}", " ".repeat(indent))
    }

    fn further_places(&self, places: &[Location], out: &mut dyn Write) -> io::Result<()> {
        let most = if self.is_verbose() { usize::MAX } else { 3 };
        for place in places.iter().take(most) {
            let name = place.name();
            let (line, column) = (place.start.line, place.start.column);
            let past = place.past.as_ref().map(|past| format!(", {}", came_and_went(past, place)));
            let past = past.unwrap_or_default();
            writeln!(out, "      also at {}:{line}:{column}{past}", sanitize(&name))?;
        }
        match places.len().saturating_sub(most) {
            0 => {}
            1 => writeln!(out, "      and in one more place (-v shows it)")?,
            more => writeln!(out, "      and in {more} more places (-v shows them)")?,
        }
        Ok(())
    }

    fn problems(&self, outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
        let heading = AnsiColor::Yellow.on_default().bold();
        for note in &outcome.notes {
            writeln!(out, "{}: {}", self.paint(heading, "note"), sanitize(note))?;
        }
        for skip in &outcome.coverage.skipped {
            let label = self.paint(heading, "not scanned");
            writeln!(out, "{label}: {}", sanitize(&skip.to_string()))?;
        }
        Ok(())
    }

    fn summary(&self, outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
        let summary = Summary::of(outcome);
        let coverage = &outcome.coverage;
        let scanned = format!("{} scanned", covered(coverage));
        let found = match summary.new {
            0 => self.paint(AnsiColor::Green.on_default(), "no secrets found"),
            1 => self.bold("1 secret"),
            n => self.bold(&format!("{n} secrets")),
        };
        let actions: Vec<String> = summary
            .by_action
            .iter()
            .filter(|(_, count)| **count > 0)
            .map(|(action, count)| format!("{} {count}", verb(*action).to_lowercase()))
            .collect();
        let mut line = found;
        if !actions.is_empty() {
            line += &format!(": {}", actions.join(", "));
        }
        for (count, what) in [(summary.known, "known"), (summary.ignored, "ignored")] {
            if count > 0 {
                line += &format!("; {count} {what}");
            }
        }
        if outcome.below > 0 {
            line += &format!("; {} below the threshold (--min-confidence low)", outcome.below);
        }
        if !coverage.skipped.is_empty() {
            line += &format!("; {} not scanned", coverage.skipped.len());
        }
        writeln!(out, "{line}  {}", self.dim(&format!("({scanned})")))
    }
}

/// What was looked at.
pub(super) fn covered(coverage: &Coverage) -> String {
    let count = |count: u64, noun: &str| match count {
        1 => format!("1 {noun}"),
        n => format!("{n} {noun}s"),
    };
    let of_git = coverage.commits + coverage.blobs > 0;
    let mut parts = Vec::new();
    if coverage.files > 0 || !of_git {
        parts.push(count(coverage.files, "file"));
    }
    if of_git {
        parts.push(count(coverage.commits, "commit"));
        parts.push(count(coverage.blobs, "blob"));
    }
    let bytes = coverage.bytes;
    parts.push(match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.2} GB", bytes as f64 / 1e9),
    });
    parts.join(", ")
}

/// The commit that brought a secret into a place, and those that took it out.
pub(super) fn came_and_went(past: &Past, place: &Location) -> String {
    let day = |commit: &Commit| commit.date.strftime("%Y-%m-%d").to_string();
    let commit = &past.commit;
    let author = sanitize(&commit.author).into_owned();
    if place.origin.path.is_none() {
        return format!("written on {} by {author}", day(commit));
    }
    let mut text = format!("since commit {} of {} by {author}", commit.short(), day(commit));
    for (n, removed) in past.removed.iter().enumerate() {
        let joint = if n == 0 { ", taken out by" } else { " and" };
        text += &format!("{joint} {} of {}", removed.short(), day(removed));
    }
    if past.in_head {
        text += ", there at HEAD";
    }
    text
}

/// Who could see a secret, as far as a history says.
pub(super) fn exposed(exposure: &Exposure) -> Option<String> {
    let refs = exposure.refs.as_ref()?;
    exposure.in_history.filter(|in_history| *in_history)?;
    let days = match exposure.age_days {
        Some(0) => "since today, ".to_owned(),
        Some(1) => "for 1 day, ".to_owned(),
        Some(days) => format!("for {days} days, "),
        None => String::new(),
    };
    let more = exposure.ref_count.unwrap_or_default().saturating_sub(1);
    let reached = match (refs.first(), more) {
        (None, _) if exposure.unreachable == Some(true) => {
            "held by unreachable objects only".into()
        }
        (None, _) => return None,
        (Some(name), 0) => format!("reached by {}", sanitize(name)),
        (Some(name), 1) => format!("reached by {} and 1 more", sanitize(name)),
        (Some(name), more) => format!("reached by {} and {more} more", sanitize(name)),
    };
    let pushed = match exposure.pushed {
        Some(true) => "; a remote has it",
        Some(false) => "; no remote is known to have it",
        None => "",
    };
    Some(format!("exposed {days}{reached}{pushed}"))
}

pub(super) fn verb(action: Action) -> &'static str {
    match action {
        Action::Remove => "Remove",
        Action::Replace => "Replace",
        Action::Rotate => "Rotate",
    }
}

fn verb_style(action: Action) -> Ansi {
    match action {
        Action::Remove => AnsiColor::Green.on_default().bold(),
        Action::Replace => AnsiColor::Cyan.on_default().bold(),
        Action::Rotate => AnsiColor::Yellow.on_default().bold(),
    }
}

pub(crate) fn name_of(severity: Severity) -> &'static str {
    match severity {
        Severity::Low => "low",
        Severity::Medium => "medium",
        Severity::High => "high",
        Severity::Critical => "critical",
    }
}

pub(crate) fn confident(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Low => "low",
        Confidence::Medium => "medium",
        Confidence::High => "high",
    }
}

fn severity_style(severity: Severity) -> Ansi {
    match severity {
        Severity::Low => AnsiColor::Blue.on_default(),
        Severity::Medium => AnsiColor::Yellow.on_default(),
        Severity::High => AnsiColor::Red.on_default(),
        Severity::Critical => AnsiColor::Red.on_default().bold(),
    }
}

/// What the secret says about itself, in a few words.
pub(super) fn verified(finding: &Finding) -> Option<String> {
    let facts = &finding.verification.facts;
    let fact = |name: &str| facts.get(name).map(|value| sanitize(value));
    match finding.verification.status {
        Status::ChecksumValid => Some("checksum valid".into()),
        Status::ChecksumInvalid => Some("checksum wrong: an example or masked".into()),
        Status::Expired => Some(format!("expired {}", fact("expires").unwrap_or_default())),
        Status::Encrypted => Some("encrypted with a passphrase".into()),
        Status::WellFormed => match (fact("account_id"), fact("key"), fact("issuer")) {
            (Some(account), ..) => Some(format!("account {account}")),
            (_, Some(key), _) => Some(format!("{key}, not encrypted")),
            (.., Some(issuer)) => Some(format!("issued by {issuer}")),
            _ => None,
        },
        Status::Unknown => None,
    }
}
