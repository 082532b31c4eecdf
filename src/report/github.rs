//! Annotations of GitHub Actions: commands in the log of a step, which GitHub shows beside the lines
//! of a pull request. Remarks that change nothing get none, as there is room for few.
//!
//! - The commands: <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>
//! - What is escaped in them, and how:
//!   <https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts>

use super::place::{Root, is_in_member, last_line, standing, stands};
use super::text::{came_and_went, verb};
use super::{Format, sanitize};
use crate::coverage::Skip;
use crate::finding::{Finding, Location, Triage};
use crate::remedy::Remedy;
use crate::rule::Severity;
use crate::scan::Outcome;
use std::fmt;
use std::io::{self, Write};

/// GitHub shows this many annotations of a kind for each step, and only logs the rest
/// (<https://docs.github.com/en/rest/checks/runs>).
const MOST_SHOWN: usize = 10;

pub(super) struct GitHub;

impl Format for GitHub {
    fn name(&self) -> &'static str {
        "github"
    }

    fn extension(&self) -> Option<&'static str> {
        None
    }

    fn write(&self, outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
        for annotation in annotations(outcome, &Root::find()) {
            writeln!(out, "{annotation}")?;
        }
        Ok(())
    }
}

/// The kinds of annotations, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Error,
    Warning,
    Notice,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Error, Self::Warning, Self::Notice];

    fn of(severity: Severity) -> Self {
        match severity {
            Severity::Critical | Severity::High => Self::Error,
            Severity::Medium => Self::Warning,
            Severity::Low => Self::Notice,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Notice => "notice",
        }
    }
}

/// One command.
struct Annotation {
    kind: Kind,
    title: String,
    place: Option<Place>,
    message: String,
}

/// A file, and where in it.
struct Place {
    file: String,
    region: Option<Region>,
}

/// Lines and columns; the last ones belong to it.
struct Region {
    lines: (u64, u64),
    columns: Option<(u64, u64)>,
}

/// The annotations of an outcome, the worst first.
fn annotations(outcome: &Outcome, root: &Root) -> Vec<Annotation> {
    let is_new = |entry: &&(Finding, Remedy)| entry.0.triage == Triage::New;
    let new = outcome.findings.iter().filter(is_new);
    let mut all: Vec<_> = new.map(|(finding, remedy)| found(finding, remedy, root)).collect();
    let secrets = all.len();
    all.extend(outcome.coverage.skipped.iter().map(skipped));
    let count = |kind: Kind| all.iter().filter(|annotation| annotation.kind == kind).count();
    // It is behind what is worse and before the other notices, so that it is among those shown.
    if Kind::ALL.into_iter().any(|kind| count(kind) > MOST_SHOWN) {
        all.insert(0, cut(secrets, outcome.coverage.skipped.len()));
    }
    all.sort_by_key(|annotation| annotation.kind);
    all
}

fn found(finding: &Finding, remedy: &Remedy, root: &Root) -> Annotation {
    let name = &finding.rule.spec().name;
    let verb = verb(remedy.action);
    let mut message = vec![
        format!("{} {}", sanitize(name), finding.secret),
        format!("{verb}: {}", sanitize(&remedy.summary)),
    ];
    if let Some(step) = remedy.steps.first() {
        message.push(format!("First: {}", sanitize(&step.what)));
        message.extend(step.command.iter().flat_map(|c| c.lines()).map(|c| format!("$ {c}")));
    }
    let place = standing(&finding.locations);
    message.extend(elsewhere(place, root));
    match finding.locations.len() - 1 {
        0 => {}
        1 => message.push("It stands in 1 more place.".to_owned()),
        more => message.push(format!("It stands in {more} more places.")),
    }
    Annotation {
        kind: Kind::of(finding.severity()),
        title: format!("{name}: {} it", verb.to_lowercase()),
        place: Place::of(place, root),
        message: message.join("\n"),
    }
}

/// Where a secret stands that has no line in a file of the repository as it is now.
fn elsewhere(place: &Location, root: &Root) -> Option<String> {
    let past = place.past.as_ref().filter(|_| !stands(place) || place.origin.path.is_none());
    let name = root.name(place);
    match (past, &place.origin.path) {
        (Some(past), Some(_)) => Some(format!(
            "It is not in {name} at HEAD, but in the history: {}.",
            came_and_went(past, place)
        )),
        (Some(past), None) => Some(format!("It is in {name}, {}.", came_and_went(past, place))),
        (None, _) if is_in_member(place) => {
            Some(format!("It is in {name}, line {}.", place.start.line))
        }
        (None, _) if root.relative(place).is_none() => Some(format!("It is in {name}.")),
        (None, _) => None,
    }
}

fn skipped(skip: &Skip) -> Annotation {
    let mut message = format!("Not scanned: {} {}", sanitize(&skip.path), sanitize(&skip.reason));
    if let Some(mend) = &skip.mend {
        message += &format!("\nWhat mends it: {}", sanitize(mend));
    }
    let title = "blurt could not look everywhere".to_owned();
    Annotation { kind: Kind::Error, title, place: None, message }
}

fn cut(secrets: usize, skipped: usize) -> Annotation {
    let secrets = match secrets {
        1 => "1 secret was found".to_owned(),
        n => format!("{n} secrets were found"),
    };
    let skipped = match skipped {
        0 => String::new(),
        1 => ", and 1 thing could not be looked at".to_owned(),
        n => format!(", and {n} things could not be looked at"),
    };
    let message = format!(
        "{secrets}{skipped}. GitHub shows {MOST_SHOWN} annotations of a kind, the worst first; the log of this step has all."
    );
    let title = "There is more than GitHub shows".to_owned();
    Annotation { kind: Kind::Notice, title, place: None, message }
}

impl Place {
    /// A place that GitHub can show, if the file is in the repository.
    fn of(place: &Location, root: &Root) -> Option<Self> {
        let file = root.relative(place)?;
        let has_line = stands(place) && !is_in_member(place);
        Some(Self { file, region: has_line.then(|| Region::of(place)) })
    }
}

impl Region {
    /// The last line and column of GitHub belong to a region: the example in
    /// <https://docs.github.com/en/rest/checks/runs#list-check-run-annotations> has six letters in
    /// the columns 5 to 10.
    fn of(place: &Location) -> Self {
        let (start, end) = (place.start, place.end);
        let last = last_line(place);
        // Columns are taken on one line only.
        let one = start.line == end.line;
        let columns = one.then(|| (start.column, end.column.saturating_sub(1).max(start.column)));
        Self { lines: (start.line, last), columns }
    }
}

impl fmt::Display for Annotation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "::{} ", self.kind.name())?;
        if let Some(place) = &self.place {
            write!(f, "file={},", property(&place.file))?;
            if let Some(region) = &place.region {
                write!(f, "line={},endLine={},", region.lines.0, region.lines.1)?;
            }
            if let Some((first, last)) = place.region.as_ref().and_then(|region| region.columns) {
                write!(f, "col={first},endColumn={last},")?;
            }
        }
        write!(f, "title={}::{}", property(&self.title), data(&self.message))
    }
}

/// Text as the message of a command, each line fit to be shown.
fn data(text: &str) -> String {
    let line = |line: &str| sanitize(line).replace('%', "%25").replace('\r', "%0D");
    text.split('\n').map(line).collect::<Vec<_>>().join("%0A")
}

/// Text as the value of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blob::{Position, Via};
    use crate::coverage::Coverage;
    use crate::report::sample::{into_a_message, into_the_past, one, outcome, token};
    use std::collections::BTreeMap;

    /// A command as the runner reads it: the second `::` ends the properties, commas part them.
    #[derive(Debug)]
    struct Read {
        kind: String,
        properties: BTreeMap<String, String>,
        message: String,
    }

    impl Read {
        fn new(line: &str) -> Self {
            let (command, message) = line.strip_prefix("::").unwrap().split_once("::").unwrap();
            let (kind, properties) = command.split_once(' ').unwrap();
            let pair = |pair: &str| {
                let (name, value) = pair.split_once('=').unwrap();
                (name.to_owned(), unescape(value))
            };
            Self {
                kind: kind.to_owned(),
                properties: properties.split(',').map(pair).collect(),
                message: unescape(message),
            }
        }

        fn names(&self) -> Vec<&str> {
            self.properties.keys().map(String::as_str).collect()
        }
    }

    fn unescape(text: &str) -> String {
        let escapes = [("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")];
        escapes.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
    }

    fn read(outcome: &Outcome) -> Vec<Read> {
        let mut out = Vec::new();
        GitHub.write(outcome, &mut out).unwrap();
        String::from_utf8(out).unwrap().lines().map(Read::new).collect()
    }

    #[test]
    fn an_annotation_says_where_what_and_what_to_do() {
        let read = read(&one("src/a.yml"));
        let [annotation] = &read[..] else { panic!("{read:?}") };
        assert_eq!(annotation.kind, "error");
        let properties = &annotation.properties;
        assert_eq!(properties["file"], "src/a.yml");
        assert_eq!((properties["line"].as_str(), properties["endLine"].as_str()), ("1", "1"));
        // `token: ` is seven characters long, the token forty.
        assert_eq!((properties["col"].as_str(), properties["endColumn"].as_str()), ("8", "47"));
        assert_eq!(properties["title"], "GitHub personal access token (classic): rotate it");
        let message: Vec<&str> = annotation.message.lines().collect();
        assert!(message[0].contains("ghp_****"), "{message:?}");
        assert!(message[1].starts_with("Rotate: "), "{message:?}");
        assert!(message[2].starts_with("First: "), "{message:?}");
    }

    #[test]
    fn a_name_is_no_command() {
        for name in [
            "a\n::warning::b",
            "a\r\n::add-mask::b",
            "a::stop-commands::b",
            "a,line=7,title=b::c",
            "100%0A::error::%25.yml",
            "\u{1b}[2J\u{202e}a",
        ] {
            let mut outcome = one(name);
            outcome.coverage.skip(Skip {
                path: name.to_owned(),
                reason: format!("is {name}"),
                mend: Some(name.to_owned()),
            });
            let read = read(&outcome);
            let [found, skipped] = &read[..] else { panic!("{read:?}") };
            assert_eq!(found.properties["file"], sanitize(name), "{name:?}");
            assert_eq!(found.properties["line"], "1");
            assert_eq!(found.names(), ["col", "endColumn", "endLine", "file", "line", "title"]);
            assert_eq!(skipped.kind, "error");
            assert_eq!(skipped.properties["title"], "blurt could not look everywhere");
            let shown = sanitize(name);
            let told = format!("Not scanned: {shown} is {shown}\nWhat mends it: {shown}");
            assert_eq!((skipped.names(), &skipped.message), (vec!["title"], &told));
        }
    }

    #[test]
    fn what_stands_no_more_has_no_line() {
        let mut outcome = one("a.yml");
        into_the_past(&mut outcome);
        let gone = &read(&outcome)[0];
        assert_eq!(gone.names(), ["file", "title"]);
        let told = "It is not in a.yml at HEAD, but in the history: since commit aaaaaaaaaa of 1970-01-02 by Ann @team <ann@example.org>, taken out by bbbbbbbbbb of 1970-01-03.";
        assert!(gone.message.ends_with(told), "{}", gone.message);
        outcome.findings[0].0.locations[0].past.as_mut().unwrap().in_head = true;
        assert_eq!(read(&outcome)[0].properties["line"], "1");
    }

    #[test]
    fn what_is_no_file_has_no_place() {
        let mut outcome = one("a.yml");
        into_a_message(&mut outcome);
        let annotation = &read(&outcome)[0];
        assert_eq!(annotation.names(), ["title"]);
        let told = "It is in the message of commit aaaaaaaaaa, written on 1970-01-02";
        assert!(annotation.message.contains(told), "{}", annotation.message);
        let elsewhere = &read(&one("/elsewhere/a.yml"))[0];
        assert_eq!(elsewhere.names(), ["title"]);
        assert!(elsewhere.message.ends_with("It is in /elsewhere/a.yml."));
    }

    #[test]
    fn a_file_in_an_archive_has_no_line() {
        let mut outcome = one("a.zip");
        outcome.findings[0].0.locations[0].origin.via = vec![Via::Member("b/c.env".into())];
        let annotation = &read(&outcome)[0];
        assert_eq!(annotation.names(), ["file", "title"]);
        assert!(annotation.message.ends_with("It is in a.zip!/b/c.env, line 1."));
    }

    #[test]
    fn several_lines_have_no_columns() {
        let mut outcome = one("a.pem");
        outcome.findings[0].0.locations[0].end = Position { line: 4, column: 1 };
        let annotation = &read(&outcome)[0];
        assert_eq!(annotation.names(), ["endLine", "file", "line", "title"]);
        assert_eq!(annotation.properties["endLine"], "3");
    }

    #[test]
    fn what_is_excused_has_no_annotation() {
        let excused = token(2).replace('\n', " # blurt:allow * -- a test\n");
        assert_eq!(read(&outcome(vec![("a".into(), excused)])).len(), 0);
    }

    #[test]
    fn the_worst_are_first_and_what_github_hides_is_counted() {
        let few = outcome((0..10).map(|n| (format!("{n:02}"), token(n))).collect());
        assert!(read(&few).iter().all(|annotation| annotation.kind == "error"));
        let mut many = outcome((0..11).map(|n| (format!("{n:02}"), token(n))).collect());
        many.coverage = Coverage::default();
        let skip = Skip { path: "a".into(), reason: "is gone".into(), mend: None };
        many.coverage.skip(skip);
        let read = read(&many);
        let kinds: Vec<&str> = read.iter().map(|annotation| annotation.kind.as_str()).collect();
        assert_eq!(kinds, [&["error"; 12][..], &["notice"]].concat());
        assert_eq!(read[11].message, "Not scanned: a is gone");
        let told = "11 secrets were found, and 1 thing could not be looked at.";
        assert!(read[12].message.starts_with(told), "{}", read[12].message);
    }
}
