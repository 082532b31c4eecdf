//! `JUnit`'s XML, for the views of tests that CI services have. A secret is a test that failed, one that
//! is known or ignored was skipped, what could not be scanned is an error.
//!
//! - What Jenkins takes: `junit-10.xsd` of <https://github.com/jenkinsci/xunit-plugin>. It knows no
//!   `file` and `line`, so places stand in the names.
//! - What GitLab reads, and that names have to differ: <https://docs.gitlab.com/ci/testing/unit_test_reports/>
//! - What Azure reads:
//!   <https://learn.microsoft.com/azure/devops/pipelines/tasks/reference/publish-test-results-v2>

use super::place::{Root, standing, stands};
use super::text::{came_and_went, covered, exposed, name_of, verb, verified};
use super::{Escaped, EscapedLines, Format};
use crate::coverage::Skip;
use crate::finding::{Finding, Triage};
use crate::remedy::Remedy;
use crate::scan::Outcome;
use std::collections::BTreeMap;
use std::io::{self, Write};

pub(super) struct JUnit;

impl Format for JUnit {
    fn name(&self) -> &'static str {
        "junit"
    }

    fn extension(&self) -> Option<&'static str> {
        Some("xml")
    }

    fn write(&self, outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
        outcome.name_all();
        Suite::of(outcome, &Root::find()).write(outcome, out)
    }
}

/// The tests, by file and place.
struct Suite {
    tests: Vec<Test>,
}

/// One test.
struct Test {
    /// The file.
    class: String,
    name: String,
    end: End,
}

/// How a test has ended.
enum End {
    Passed,
    Failed { severity: &'static str, message: String, text: String },
    Skipped { reason: String },
    Broken { message: String, text: String },
}

impl Suite {
    fn of(outcome: &Outcome, root: &Root) -> Self {
        let mut placed: Vec<_> = outcome
            .findings
            .iter()
            .map(|(finding, remedy)| {
                let place = standing(&finding.locations);
                let name = root.name(place);
                ((place.origin.path.is_none(), name, place.start), finding, remedy)
            })
            .collect();
        placed.sort_by(|(a, ..), (b, ..)| a.cmp(b));
        let steps = if placed.len() > MOST_WITH_STEPS { 1 } else { usize::MAX };
        let test = |((_, file, _), f, r)| Test::of(file, (f, r), root, steps);
        let mut tests: Vec<Test> = placed.into_iter().map(test).collect();
        tests.extend(outcome.coverage.skipped.iter().map(Test::skipped));
        let is_clean = |test: &Test| matches!(test.end, End::Passed | End::Skipped { .. });
        if tests.iter().all(is_clean) {
            // A suite without a test that passed looks as if nothing had run.
            tests.push(Test::clean());
        }
        let mut suite = Self { tests };
        suite.tell_apart();
        suite
    }

    /// Gives tests of the same file and name a number: of such, GitLab reads the first alone.
    fn tell_apart(&mut self) {
        let mut seen: BTreeMap<(String, String), usize> = BTreeMap::new();
        for test in &mut self.tests {
            let count = seen.entry((test.class.clone(), test.name.clone())).or_default();
            *count += 1;
            if *count > 1 {
                test.name += &format!(" ({count})");
            }
        }
    }

    fn write(&self, outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
        let count = |is: fn(&End) -> bool| self.tests.iter().filter(|test| is(&test.end)).count();
        let (tests, failures) = (self.tests.len(), count(|end| matches!(end, End::Failed { .. })));
        let errors = count(|end| matches!(end, End::Broken { .. }));
        let skipped = count(|end| matches!(end, End::Skipped { .. }));
        let counts = format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\"");
        writeln!(
            out,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"blurt\" {counts} time=\"0\">\n\
             <testsuite name=\"blurt\" {counts} skipped=\"{skipped}\" time=\"0\">"
        )?;
        for test in &self.tests {
            test.write(out)?;
        }
        let mut lines = vec![format!("Scanned: {}.", covered(&outcome.coverage))];
        lines.extend(outcome.notes.iter().map(|note| format!("Note: {}", note.replace('\n', " "))));
        let lines = lines.join("\n");
        writeln!(out, "<system-out>{}</system-out>", EscapedLines(&lines))?;
        writeln!(out, "</testsuite>\n</testsuites>")
    }
}

impl Test {
    fn of(file: String, (finding, remedy): (&Finding, &Remedy), root: &Root, steps: usize) -> Self {
        let place = standing(&finding.locations);
        let (line, column) = (place.start.line, place.start.column);
        let title = &finding.rule.spec().name;
        let commit = place.past.as_ref().filter(|_| !stands(place) && place.origin.path.is_some());
        let commit = commit.map(|past| format!(" in commit {}", past.commit.short()));
        let name =
            format!("{title} {} at {line}:{column}{}", finding.secret, commit.unwrap_or_default());
        let end = match &finding.triage {
            Triage::New => End::Failed {
                severity: name_of(finding.severity()),
                message: format!(
                    "{} severity. {}: {}",
                    name_of(finding.severity()),
                    verb(remedy.action),
                    remedy.summary
                ),
                text: told(finding, remedy, root, steps),
            },
            excused => End::Skipped {
                reason: match excused.reason() {
                    Some(reason) => format!("{}: {reason}", excused.name()),
                    None => excused.name().to_owned(),
                },
            },
        };
        Self { class: file, name, end }
    }

    fn skipped(skip: &Skip) -> Self {
        let mend = skip.mend.as_ref().map(|mend| format!("What mends it: {mend}"));
        Self {
            class: skip.path.clone(),
            name: "could not be scanned".to_owned(),
            end: End::Broken {
                message: format!("{} {}", skip.path, skip.reason),
                text: mend.unwrap_or_default().replace('\n', " "),
            },
        }
    }

    fn clean() -> Self {
        let (class, name) = ("blurt".to_owned(), "no new secrets".to_owned());
        Self { class, name, end: End::Passed }
    }

    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let (class, name) = (Escaped(&self.class), Escaped(&self.name));
        write!(out, "<testcase classname=\"{class}\" name=\"{name}\" time=\"0\"")?;
        match &self.end {
            End::Passed => return writeln!(out, "/>"),
            End::Failed { severity, message, text } => write!(
                out,
                ">\n<failure type=\"{severity}\" message=\"{}\">{}</failure>",
                Escaped(message),
                EscapedLines(text)
            )?,
            End::Skipped { reason } => {
                write!(out, ">\n<skipped message=\"{}\"/>", Escaped(reason))?;
            }
            End::Broken { message, text } => write!(
                out,
                ">\n<error type=\"not-scanned\" message=\"{}\">{}</error>",
                Escaped(message),
                EscapedLines(text)
            )?,
        }
        writeln!(out, "\n</testcase>")
    }
}

/// More places are only counted.
const MOST_PLACES: usize = 20;

/// GitLab reads no file of 30 MB: where there are more secrets, each has its first step alone.
const MOST_WITH_STEPS: usize = 2_000;

/// All that there is to say of a secret, in lines.
fn told(finding: &Finding, remedy: &Remedy, root: &Root, steps: usize) -> String {
    let mut lines = Vec::new();
    for place in finding.locations.iter().take(MOST_PLACES) {
        let past = place.past.as_ref().map(|past| format!(", {}", came_and_went(past, place)));
        let (line, column) = (place.start.line, place.start.column);
        lines.push(format!("{}:{line}:{column}{}", root.name(place), past.unwrap_or_default()));
    }
    match finding.locations.len().saturating_sub(MOST_PLACES) {
        0 => {}
        more => lines.push(format!("and {more} more places")),
    }
    let known = [verified(finding), exposed(&finding.exposure)];
    lines.extend(known.into_iter().flatten().map(|fact| format!("Known of it: {fact}")));
    lines.push(format!("{}: {}", verb(remedy.action), remedy.summary));
    for (n, step) in remedy.steps.iter().take(steps).enumerate() {
        lines.push(format!("{}. {}", n + 1, step.what));
        lines.extend(step.command.iter().flat_map(|c| c.lines()).map(|c| format!("   $ {c}")));
    }
    lines.push(format!("Why: {}", remedy.why));
    lines.push(format!("Rule {}, fingerprint {}", finding.rule.id(), finding.fingerprint()));
    // Each is one line, whatever is in it.
    for line in &mut lines {
        *line = line.replace('\n', " ");
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{one, outcome, token};
    use roxmltree::{Document, Node};

    fn write(outcome: &Outcome) -> String {
        let mut out = Vec::new();
        JUnit.write(outcome, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    /// Elements with their attributes, as the XSD of Jenkins has them.
    const KNOWN: [(&str, &[&str]); 7] = [
        ("testsuites", &["name", "tests", "failures", "errors", "time"]),
        ("testsuite", &["name", "tests", "failures", "errors", "skipped", "time"]),
        ("testcase", &["name", "classname", "time"]),
        ("failure", &["type", "message"]),
        ("error", &["type", "message"]),
        ("skipped", &["type", "message"]),
        ("system-out", &[]),
    ];

    /// The tests as `class`, `name`, and how they ended. All else is as the XSD wants it.
    fn read(xml: &str) -> Vec<[String; 3]> {
        let document = Document::parse(xml).unwrap();
        for node in document.descendants().filter(Node::is_element) {
            let name = node.tag_name().name();
            let (_, known) = KNOWN.iter().find(|(known, _)| *known == name).unwrap();
            assert!(node.attributes().all(|attribute| known.contains(&attribute.name())), "{xml}");
        }
        let suite = document.root_element().first_element_child().unwrap();
        let tests: Vec<Node> =
            suite.children().filter(|node| node.has_tag_name("testcase")).collect();
        let ended = |end: &str| {
            tests.iter().filter(|t| t.children().any(|child| child.has_tag_name(end))).count()
        };
        let count = |name: &str| suite.attribute(name).unwrap().parse::<usize>().unwrap();
        assert_eq!(count("tests"), tests.len());
        for (attribute, end) in
            [("failures", "failure"), ("errors", "error"), ("skipped", "skipped")]
        {
            assert_eq!(count(attribute), ended(end), "{end}: {xml}");
        }
        let test = |node: &Node| {
            let end = node.children().find(Node::is_element);
            let end = end.map_or("", |end| end.tag_name().name());
            let attribute = |name| node.attribute(name).unwrap().to_owned();
            [attribute("classname"), attribute("name"), end.to_owned()]
        };
        tests.iter().map(test).collect()
    }

    #[test]
    fn a_secret_is_a_failure_of_its_file() {
        let excused = token(2).replace('\n', " # blurt:allow * -- a \"test\"\n");
        let files = [("b.yml", token(1) + &token(3)), ("a.yml", excused)];
        let mut outcome = outcome(files.map(|(name, text)| (name.to_owned(), text)).to_vec());
        outcome.coverage.skip(Skip { path: "c".into(), reason: "is gone".into(), mend: None });
        let xml = write(&outcome);
        let tests = read(&xml);
        let ends: Vec<_> =
            tests.iter().map(|[class, _, end]| (class.as_str(), end.as_str())).collect();
        let expected =
            [("a.yml", "skipped"), ("b.yml", "failure"), ("b.yml", "failure"), ("c", "error")];
        assert_eq!(ends, expected);
        assert!(tests[1][1].starts_with("GitHub personal access token (classic) ghp_****"));
        assert!(tests[1][1].ends_with(" at 1:8"), "{tests:?}");
        assert!(xml.contains("message=\"ignored: a &quot;test&quot;\""), "{xml}");
        let (_, remedy) = &outcome.findings[0];
        let document = Document::parse(&xml).unwrap();
        let failure = document.descendants().find(|node| node.has_tag_name("failure")).unwrap();
        let text = failure.text().unwrap();
        assert!(remedy.steps.iter().all(|step| text.contains(&step.what)), "{text}");
    }

    #[test]
    fn a_clean_scan_has_a_test_that_passed() {
        let nothing = outcome(vec![("a".into(), "nothing".into())]);
        let clean = ["blurt", "no new secrets", ""].map(str::to_owned);
        assert_eq!(read(&write(&nothing)), std::slice::from_ref(&clean));
        let excused = token(2).replace('\n', " # blurt:allow * -- a test\n");
        let excused = read(&write(&outcome(vec![("a".into(), excused)])));
        assert_eq!((excused.len(), &excused[1]), (2, &clean));
        let mut incomplete = nothing;
        incomplete.coverage.skip(Skip { path: "c".into(), reason: "is gone".into(), mend: None });
        let ends: Vec<_> = read(&write(&incomplete)).into_iter().map(|[.., end]| end).collect();
        assert_eq!(ends, ["error"]);
    }

    #[test]
    fn names_stay_text_and_differ() {
        let hostile = "a]]>&<b x=\"'\u{1}\u{b}\u{202e}\u{fffe}\n.yml";
        let tests = read(&write(&one(hostile)));
        assert_eq!(tests[0][0], "a]]>&<b x=\"'\\u{1}\\u{b}\\u{202e}\u{fffd}\\u{a}.yml");
        let mut outcome = one("a.yml");
        let skip = |reason: &str| Skip { path: "c".into(), reason: reason.into(), mend: None };
        outcome.coverage.skip(skip("is gone"));
        outcome.coverage.skip(skip("is odd"));
        outcome.notes.push("a\u{0}\nb".to_owned());
        let names: Vec<_> = read(&write(&outcome)).into_iter().map(|[_, name, _]| name).collect();
        assert_eq!(names[1..], ["could not be scanned", "could not be scanned (2)"]);
    }
}
