//! Every fixture holds exactly what its `expected.toml` says: nothing is missed, nothing else is
//! found, and each place is the place of a planted value.

#![allow(clippy::unwrap_used)] // a test may panic

mod common;

use aho_corasick::AhoCorasick;
use blurt::blob::Via;
use blurt::finding::{Finding, Location};
use blurt::remedy::Remedy;
use blurt::rule::Confidence;
use blurt::scan::Outcome;
use bstr::ByteSlice;
use common::{Expected, Fixture, Fixtures, detector, run};
use std::collections::{BTreeMap, BTreeSet};

#[test]
fn every_fixture_holds_what_it_says() {
    let fixtures = Fixtures::render();
    let detector = detector();
    let mut wrong = Vec::new();
    for fixture in &fixtures.all {
        let flaws = compare(fixture, &fixture.scan(&detector));
        if !flaws.is_empty() {
            wrong.push(format!("fixtures/{}: {}", fixture.name, flaws.len()));
            wrong.extend(flaws);
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// What differs between a scan and what it should have found.
fn compare(fixture: &Fixture, outcome: &Outcome) -> Vec<String> {
    let mut flaws = Vec::new();
    let mut found: BTreeMap<Place, &(Finding, Remedy)> = BTreeMap::new();
    for entry in &outcome.findings {
        let finding = &entry.0;
        flaws.extend(
            finding.locations.iter().filter_map(|place| misplaced(fixture, finding, place)),
        );
        found.insert(Place::of(fixture, finding), entry);
    }
    for expected in &fixture.expected.findings {
        match found.remove(&Place::expected(expected)) {
            Some(entry) => flaws.extend(differing(fixture, expected, entry)),
            None => flaws.push(Place::expected(expected).message("missing", fixture)),
        }
    }
    let also = found.iter().map(|(place, (finding, _))| {
        place.message(&format!("not expected ({:?})", finding.confidence), fixture)
    });
    flaws.extend(also);
    flaws.extend(notes(fixture, outcome));
    if !outcome.coverage.complete || outcome.coverage.files != fixture.texts.len() as u64 {
        flaws.push(format!("  not all files were scanned: {:?}", outcome.coverage));
    }
    flaws
}

/// The first place of a finding, and its rule.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    path: String,
    line: u64,
    column: u64,
    rule: String,
}

impl Place {
    fn of(fixture: &Fixture, finding: &Finding) -> Self {
        let primary = finding.primary();
        let (line, column) = (primary.start.line, primary.start.column);
        Self { path: path(fixture, primary), line, column, rule: finding.rule.id().to_owned() }
    }

    fn expected(expected: &Expected) -> Self {
        let Expected { path, line, column, rule, .. } = expected;
        Self { path: path.clone(), line: *line, column: *column, rule: rule.clone() }
    }

    fn message(&self, what: &str, fixture: &Fixture) -> String {
        let Self { path, line, column, rule } = self;
        let text = fixture.line(path, *line);
        format!("  {what}: {path}:{line}:{column} {rule}\n      {text}")
    }
}

/// The file of a location, from the fixture's root.
fn path(fixture: &Fixture, location: &Location) -> String {
    let path = location.origin.path.as_ref().unwrap().to_string();
    let root = format!("{}/", fixture.root.display());
    path.strip_prefix(&root).unwrap_or(&path).to_owned()
}

/// A place that is not that of a planted value.
fn misplaced(fixture: &Fixture, finding: &Finding, location: &Location) -> Option<String> {
    let (start, end) = (location.start, location.end);
    let path = path(fixture, location);
    let text = fixture.text_at(&path, (start.line, start.column), (end.line, end.column));
    let secret = finding.secret.reveal().unwrap().to_str_lossy();
    let place = format!("{path}:{}:{} {}", start.line, start.column, finding.rule.id());
    if !location.origin.via.is_empty() && fixture.is_encoded(&text, &secret) {
        return None;
    }
    if text != secret {
        return Some(format!(
            "  wrong place: {place}\n      at it: {text:.100}\n      is: {secret:.100}"
        ));
    }
    let planted = fixture.is_planted(&text);
    (!planted).then(|| format!("  no planted value: {place}\n      {text:.200}"))
}

/// Where a finding in the right place is not what it should be.
fn differing(
    fixture: &Fixture,
    expected: &Expected,
    (finding, remedy): &(Finding, Remedy),
) -> Option<String> {
    let via: Vec<Via> = expected.via.iter().cloned().map(Via::Decoded).collect();
    let verification = serde_json::to_value(finding.verification.status).unwrap();
    let others = finding.locations[1..].iter().map(|place| {
        format!("{}:{}:{}", path(fixture, place), place.start.line, place.start.column)
    });
    let others: Vec<String> = others.collect();
    let mut flaws = Vec::new();
    let mut check = |what: &str, same: bool, is: &dyn std::fmt::Debug| {
        if !same {
            flaws.push(format!("{what} is {is:?}"));
        }
    };
    let origin = &finding.primary().origin;
    check("via", origin.via == via, &origin.via);
    check("status", finding.triage.name() == expected.status, &finding.triage);
    let same = expected.confidence.is_none_or(|confidence| confidence == finding.confidence);
    check("confidence", same, &finding.confidence);
    let same = expected.action.is_none_or(|action| action == remedy.action);
    check("action", same, &remedy.action);
    let same = expected.verification.as_ref().is_none_or(|status| verification == status.as_str());
    check("verification", same, &verification);
    check("also", others == expected.also, &others);
    let what = format!("differs, {}", flaws.join(", "));
    (!flaws.is_empty()).then(|| Place::expected(expected).message(&what, fixture))
}

/// Remarks that are missing or too many.
fn notes(fixture: &Fixture, outcome: &Outcome) -> Option<String> {
    let root = format!("{}/", fixture.root.display());
    let place = |note: &String| {
        let place = note.split(": ").next().unwrap_or_default();
        place.strip_prefix(&root).unwrap_or(place).to_owned()
    };
    let found: Vec<String> = outcome.notes.iter().map(place).collect();
    (found != fixture.expected.notes).then(|| format!("  notes: {found:?}"))
}

/// The same through the command.
#[test]
fn the_exit_status_of_a_fixture_says_what_is_in_it() {
    for fixture in &Fixtures::render().all {
        let said = run(&fixture.root, &["scan", "-q"]);
        let is_open = |expected: &&Expected| {
            expected.status == "new" && expected.confidence != Some(Confidence::Low)
        };
        let found = fixture.expected.findings.iter().any(|expected| is_open(&expected));
        assert_eq!(said.status, Some(i32::from(found)), "{}: {}", fixture.name, said.err);
    }
}

#[test]
fn no_format_shows_a_planted_value() {
    let fixtures = Fixtures::render();
    let secrets = fixtures.secrets();
    assert!(secrets.len() > 300, "{}", secrets.len());
    // One scan writes all formats.
    let outputs = tempfile::TempDir::new().unwrap();
    let file = |name: &str| outputs.path().join(name);
    let mut args = ["scan", "-v", "--min-confidence", "low"].map(str::to_owned).to_vec();
    for format in blurt::report::FORMATS {
        let name = format.name();
        args.extend(["-o".to_owned(), format!("{name}:{}", file(name).display())]);
    }
    let args: Vec<_> = args.iter().map(String::as_str).collect();
    let said = run(fixtures.folder.path(), &args);
    assert_eq!(said.status, Some(1));
    let any = AhoCorasick::new(&secrets).unwrap();
    let assert_clean = |name: &str, text: &[u8]| {
        let shown: BTreeSet<_> = any.find_iter(text).map(|found| &text[found.range()]).collect();
        let shown: Vec<_> = shown.into_iter().map(ByteSlice::as_bstr).collect();
        assert!(shown.is_empty(), "{name} shows {shown:#?}");
    };
    assert_clean("the terminal", said.out.as_bytes());
    assert_clean("standard error", said.err.as_bytes());
    for format in blurt::report::FORMATS {
        let text = std::fs::read(file(format.name())).unwrap();
        assert!(!text.is_empty(), "{}", format.name());
        assert_clean(format.name(), &text);
    }
}
