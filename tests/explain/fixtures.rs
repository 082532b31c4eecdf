//! What is explained as reported is what a scan reports, in every fixture; and no planted value is shown.

use super::common::{Fixture, Fixtures, detector};
use aho_corasick::AhoCorasick;
use blurt::explain::format::FORMATS;
use blurt::explain::{Access, Bytes, Explainer, Explanation, Limit, Place, Standing};
use blurt::rule::{Confidence, Severity};
use blurt::scan::Outcome;
use blurt::triage::{Policy, Thresholds};
use bstr::ByteSlice;
use std::collections::BTreeSet;

/// Line, column, rule and status.
type Row = (u64, u64, String, &'static str);

#[test]
fn what_is_explained_as_reported_is_what_a_scan_reports() {
    let fixtures = Fixtures::render();
    let secrets = fixtures.secrets();
    let any = AhoCorasick::new(&secrets).unwrap();
    let mut explainer = explainer(Confidence::Medium);
    for fixture in &fixtures.all {
        explainer.confidence.level = fixture.expected.min_confidence;
        explainer.policy.thresholds.confidence = fixture.expected.min_confidence;
        let outcome = fixture.scan(&explainer.detector);
        for path in fixture.texts.keys() {
            let whole = explain(&explainer, fixture, path, None);
            assert_clean(&any, &whole, path);
            let (explained, reported) = (explained(&whole), reported(&outcome, fixture, path));
            // What is excused in one place and reported in another is excused here alone.
            let open: BTreeSet<_> = explained.iter().filter(|row| row.3 == "new").collect();
            let found: BTreeSet<_> = reported.iter().filter(|row| row.3 == "new").collect();
            assert_eq!(open, found, "{}/{path}", fixture.name);
            let mut excused = reported.iter().filter(|row| row.3 != "new");
            assert!(excused.all(|row| explained.contains(row)), "{}/{path}", fixture.name);
            assert_lines(&any, &explainer, (fixture, path), &explained);
        }
    }
}

/// Sees to it that lines are explained as their file is, and show nothing of the secrets.
fn assert_lines(
    any: &AhoCorasick,
    explainer: &Explainer,
    (fixture, path): (&Fixture, &str),
    whole: &BTreeSet<Row>,
) {
    // A large file takes long, and holds the same line again and again.
    let most = if fixture.texts[path].len() > 50_000 { 1 } else { 3 };
    let lines: BTreeSet<u64> = whole.iter().map(|row| row.0).chain([1]).collect();
    for line in lines.into_iter().take(most) {
        let of_line = explain(explainer, fixture, path, Some(line));
        assert_clean(any, &of_line, path);
        // A value of several lines is told on each of them.
        let there: BTreeSet<_> =
            explained(&of_line).into_iter().filter(|row| row.0 == line).collect();
        let here: BTreeSet<_> = whole.iter().filter(|row| row.0 == line).cloned().collect();
        assert_eq!(there, here, "{}/{path}:{line}", fixture.name);
    }
}

fn assert_clean(any: &AhoCorasick, explanation: &Explanation, path: &str) {
    for format in FORMATS {
        let mut shown = Vec::new();
        format.write(explanation, &mut shown).unwrap();
        let secret = any.find(&shown).map(|found| shown[found.range()].as_bstr());
        let text = shown.as_bstr();
        assert!(secret.is_none(), "{path} as {} shows {secret:?}:\n{text}", format.name());
    }
}

fn explainer(confidence: Confidence) -> Explainer {
    Explainer {
        detector: detector(),
        others: None,
        confidence: Limit { level: confidence, said_by: "the test".to_owned() },
        severity: Limit { level: Severity::Low, said_by: "the test".to_owned() },
        policy: Policy {
            thresholds: Thresholds { confidence, severity: Severity::Low },
            ..Policy::everything()
        },
    }
}

fn explain(explainer: &Explainer, fixture: &Fixture, path: &str, line: Option<u64>) -> Explanation {
    let file = fixture.root.join(path);
    let name = file.to_str().unwrap().into();
    let place = Place { name, bytes: Bytes::File(file), member: None, line, column: None };
    explainer.explain(&place, Access::of_input()).unwrap()
}

fn explained(explanation: &Explanation) -> BTreeSet<Row> {
    let matches = explanation.texts.iter().flat_map(|text| &text.matches);
    let rows = matches.filter_map(|found| {
        let status = match &found.standing {
            Standing::Reported => "new",
            Standing::Known { .. } => "known",
            Standing::Excused { .. } => "ignored",
            _ => return None,
        };
        Some((found.line, found.column, found.rule.clone(), status))
    });
    rows.collect()
}

fn reported(outcome: &Outcome, fixture: &Fixture, path: &str) -> BTreeSet<Row> {
    let file = fixture.root.join(path);
    let rows = outcome.findings.iter().flat_map(|(finding, _)| {
        let here = finding.locations.iter().filter(|location| {
            location.origin.path.as_ref().is_some_and(|path| path == file.to_str().unwrap())
        });
        here.map(|location| {
            let (line, column) = (location.start.line, location.start.column);
            (line, column, finding.rule.id().to_owned(), finding.triage.name())
        })
    });
    rows.collect()
}
