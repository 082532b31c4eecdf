//! SARIF 2.1.0, for code hosts and viewers. What GitHub's code scanning wants beyond the standard is
//! here too: four numbers a region, help for every rule, the worst results first and no more of them
//! than it keeps.

mod fix;
mod message;
mod place;
mod rule;

use super::place::Root;
use super::{Format, sanitize};
use crate::coverage::{Coverage, Skip};
use crate::finding::{Finding, Triage};
use crate::remedy::Remedy;
use crate::rule::Severity;
use crate::scan::Outcome;
use flate2::Compression;
use flate2::write::GzEncoder;
use rule::Rules;
use serde_json::{Value, json};
use serde_sarif::sarif::{
    self, ArtifactLocation, Invocation, Message, MultiformatMessageString, Notification,
    PropertyBag, ReportingConfiguration, ReportingDescriptor, ReportingDescriptorReference,
    ResultLevel, Run, RunAutomationDetails, Suppression, Tool, ToolComponent,
};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// Where the schema of the format is published.
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// GitHub stores no more results of a run, and not always the worst; it refuses a run with 25,000
/// (<https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support-for-code-scanning>,
/// <https://github.com/github/docs/issues/38085>).
const MOST_RESULTS: usize = 5_000;

/// GitHub refuses what is larger than 10 MB once gzip has been at it.
const MOST_BYTES: u64 = 10_000_000;

/// The base of all relative URIs. It is declared without its own URI, which is nobody's business.
const BASE: &str = "%SRCROOT%";

pub(super) struct Sarif;

impl Format for Sarif {
    fn name(&self) -> &'static str {
        "sarif"
    }

    fn extension(&self) -> Option<&'static str> {
        Some("sarif")
    }

    fn write(&self, outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
        outcome.name_all();
        let report = Report { outcome, root: &Root::find() };
        out.write_all(&report.fitted(MOST_RESULTS, MOST_BYTES)?)
    }
}

/// How much of an outcome a report has.
#[derive(Debug, Clone, Copy)]
struct Extent {
    /// Results, counted from the worst.
    results: usize,
    /// Whether it has the edits that take secrets out.
    fixes: bool,
}

/// A report with what it needs to know.
struct Report<'a> {
    outcome: &'a Outcome,
    root: &'a Root,
}

impl Report<'_> {
    /// As much of a report as fits into `most_bytes` behind gzip: edits are left out first, then results,
    /// the least bad first.
    fn fitted(&self, most_results: usize, most_bytes: u64) -> io::Result<Vec<u8>> {
        let results = self.outcome.findings.len().min(most_results);
        let mut extent = Extent { results, fixes: true };
        loop {
            let text = self.text(extent)?;
            let size = compressed(&text)?;
            if size <= most_bytes || (extent.results == 0 && !extent.fixes) {
                return Ok(text);
            }
            if extent.fixes {
                extent.fixes = false;
                continue;
            }
            let share = extent.results as f64 * most_bytes as f64 / size as f64;
            extent.results = (share * 0.95) as usize;
        }
    }

    fn text(&self, extent: Extent) -> io::Result<Vec<u8>> {
        let mut run = self.run(extent);
        if let Some(results) = run.results.as_mut().filter(|_| extent.fixes) {
            fix::add(results, self.outcome, self.root);
        }
        let log = sarif::Sarif::builder().schema(SCHEMA).version("2.1.0").runs(vec![run]).build();
        let mut text = serde_json::to_vec_pretty(&log)?;
        text.push(b'\n');
        Ok(text)
    }

    fn run(&self, extent: Extent) -> Run {
        let Self { outcome, root } = self;
        let shown = &outcome.findings[..extent.results];
        let rules = Rules::of(shown, &outcome.rules);
        // The standard wants suppressions on all results of a run or on none.
        let excused = shown.iter().any(|(finding, _)| finding.triage != Triage::New);
        let results = shown.iter().map(|(finding, remedy)| {
            let mut result = result(finding, remedy, root);
            result.rule_index = rules.index(finding.rule.id());
            result.suppressions = excused.then(|| suppressions(&finding.triage));
            result
        });
        let base = ArtifactLocation::builder().description("The root of the repository.").build();
        Run::builder()
            .tool(Tool::from(driver(&rules, &outcome.tool.version)))
            .automation_details(RunAutomationDetails::builder().id("blurt/").build())
            .column_kind("unicodeCodePoints")
            .redaction_tokens(["*".to_owned()])
            .original_uri_base_ids(BTreeMap::from([(BASE.to_owned(), base)]))
            .invocations(vec![invocation(outcome, root, extent)])
            .results(results.collect::<Vec<_>>())
            .build()
    }
}

/// The bytes of a text behind gzip.
fn compressed(text: &[u8]) -> io::Result<u64> {
    let mut encoder = GzEncoder::new(Length::default(), Compression::default());
    encoder.write_all(text)?;
    Ok(encoder.finish()?.0)
}

/// Counts what is written.
#[derive(Default)]
struct Length(u64);

impl Write for Length {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn driver(rules: &Rules, version: &str) -> ToolComponent {
    ToolComponent::builder()
        .name(env!("CARGO_PKG_NAME"))
        .version(sanitize(version))
        .semantic_version(sanitize(version))
        .information_uri(env!("CARGO_PKG_REPOSITORY"))
        .rules(rules.descriptors())
        .notifications(REMARKS.map(Remark::descriptor))
        .build()
}

fn result(finding: &Finding, remedy: &Remedy, root: &Root) -> sarif::Result {
    let (related, unlisted) = place::related(finding, root);
    let message = message::message(finding, remedy, &related, unlisted);
    let fingerprint = ("blurtSecret/v1".to_owned(), finding.fingerprint().to_string());
    let mut result = sarif::Result::builder()
        .rule_id(finding.rule.id())
        .level(level(finding.severity()))
        .message(message)
        .locations(vec![root.location(finding.primary())])
        .partial_fingerprints(BTreeMap::from([fingerprint]))
        .properties(bag([
            ("kind", json!(finding.rule.spec().kind)),
            ("action", json!(remedy.action)),
            ("confidence", json!(finding.confidence)),
            ("verification", json!(finding.verification.status)),
        ]))
        .build();
    let related: Vec<_> = related.into_iter().map(|related| related.location).collect();
    result.related_locations = (!related.is_empty()).then_some(related);
    result
}

fn level(severity: Severity) -> ResultLevel {
    match severity {
        Severity::Critical | Severity::High => ResultLevel::Error,
        Severity::Medium => ResultLevel::Warning,
        Severity::Low => ResultLevel::Note,
    }
}

fn suppressions(triage: &Triage) -> Vec<Suppression> {
    let Some(excuse) = triage.excuse() else { return Vec::new() };
    let kind = if excuse.is_marker() { "inSource" } else { "external" };
    let why = sanitize(&excuse.to_string()).into_owned();
    let suppression = Suppression::builder().kind(kind).status("accepted").justification(why);
    vec![suppression.build()]
}

fn bag<const N: usize>(properties: [(&str, Value); N]) -> PropertyBag {
    let properties = properties.map(|(name, value)| (name.to_owned(), value));
    PropertyBag::builder().additional_properties(BTreeMap::from(properties)).build()
}

/// A kind of notification: the ids stand in the driver's descriptors, in this order.
#[derive(Clone, Copy)]
struct Remark {
    index: i64,
    id: &'static str,
    name: &'static str,
    level: &'static str,
    about: &'static str,
    help: &'static str,
}

const NOT_SCANNED: Remark = Remark {
    index: 0,
    id: "not-scanned",
    name: "NotScanned",
    level: "error",
    about: "Something could not be looked at, so the scan cannot say that it holds no secret.",
    help: "Do what the message says, and scan again.",
};

const CUT: Remark = Remark {
    index: 1,
    id: "results-cut",
    name: "ResultsCut",
    level: "warning",
    about: "There is more than code hosts accept; the worst results are listed, perhaps without their edits.",
    help: "Mend these and scan again, scan one part after the other, or use the JSON report.",
};

const NOTE: Remark = Remark {
    index: 2,
    id: "scan-note",
    name: "ScanNote",
    level: "note",
    about: "A remark on what was scanned, such as a suppression that excuses nothing.",
    help: "Mend it at the place that the message names; it changes no result.",
};

const REMARKS: [Remark; 3] = [NOT_SCANNED, CUT, NOTE];

impl Remark {
    fn descriptor(self) -> ReportingDescriptor {
        let text = |text: &str| MultiformatMessageString::builder().text(text).build();
        ReportingDescriptor::builder()
            .id(self.id)
            .name(self.name)
            .short_description(text(self.about))
            .full_description(text(self.about))
            .help(text(self.help))
            .default_configuration(ReportingConfiguration::builder().level(self.level).build())
            .build()
    }

    fn notification(self, text: &str) -> Notification {
        let descriptor = ReportingDescriptorReference::builder().id(self.id).index(self.index);
        Notification::builder()
            .descriptor(descriptor.build())
            .level(self.level)
            .message(Message::from(text))
            .build()
    }
}

fn invocation(outcome: &Outcome, root: &Root, extent: Extent) -> Invocation {
    let coverage = &outcome.coverage;
    let mut notifications: Vec<_> =
        coverage.skipped.iter().map(|skip| skipped(skip, root)).collect();
    let (shown, all) = (extent.results, outcome.findings.len());
    if shown < all {
        notifications.push(CUT.notification(&format!(
            "Only the first {shown} of {all} results are listed, the worst first; the JSON report has all."
        )));
    }
    if !extent.fixes && fix::are_possible(outcome) {
        notifications.push(CUT.notification(
            "The edits that take secrets out are left out, as the report would be too large; `blurt fix` has them.",
        ));
    }
    let notes = outcome.notes.iter().map(|note| NOTE.notification(&sentence(&sanitize(note))));
    notifications.extend(notes);
    Invocation::builder()
        .execution_successful(coverage.skipped.is_empty())
        .tool_execution_notifications(notifications)
        .properties(covered(coverage))
        .build()
}

fn covered(coverage: &Coverage) -> PropertyBag {
    bag([
        ("files", json!(coverage.files)),
        ("bytes", json!(coverage.bytes)),
        ("commits", json!(coverage.commits)),
        ("blobs", json!(coverage.blobs)),
    ])
}

fn skipped(skip: &Skip, root: &Root) -> Notification {
    let text = format!("Not scanned: {}", sanitize(&skip.to_string()));
    let mut notification = NOT_SCANNED.notification(&sentence(&text));
    notification.locations = root.file(&skip.path).map(|location| vec![location]);
    notification
}

fn sentence(text: &str) -> String {
    if text.ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}.") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blob::Origin;
    use crate::finding::Excuse;
    use crate::report::sample::{outcome, token};

    fn run(outcome: &Outcome, results: usize) -> Run {
        Report { outcome, root: &Root::find() }.run(Extent { results, fixes: true })
    }

    /// What a run tells of what it lacks.
    fn told(run: &Run) -> Vec<String> {
        let invocation = &run.invocations.as_ref().unwrap()[0];
        assert!(invocation.execution_successful);
        let notifications = invocation.tool_execution_notifications.iter().flatten();
        notifications
            .inspect(|notification| assert_eq!(notification.level, Some("warning".into())))
            .map(|notification| notification.message.text.clone().unwrap())
            .collect()
    }

    #[test]
    fn what_is_cut_is_told() {
        let mut outcome = outcome(vec![("a".into(), token(1)), ("b".into(), token(2))]);
        outcome.findings[1].0.triage = Triage::of(Excuse::past("It was there before.").into());
        let all = run(&outcome, 2);
        assert_eq!(all.results.as_ref().map(Vec::len), Some(2));
        let suppressed = |run: &Run| -> Vec<Option<usize>> {
            let results = run.results.iter().flatten();
            results.map(|result| result.suppressions.as_ref().map(Vec::len)).collect()
        };
        assert_eq!((suppressed(&all), told(&all).len()), (vec![Some(0), Some(1)], 0));
        let cut = run(&outcome, 1);
        assert_eq!(suppressed(&cut), [None]);
        let text = &told(&cut)[0];
        assert!(text.starts_with("Only the first 1 of 2 results are listed"), "{text}");
    }

    #[test]
    fn a_report_fits_code_hosts() {
        let outcome = outcome((0..60).map(|n| (format!("{n:02}.yml"), token(n))).collect());
        let report = Report { outcome: &outcome, root: &Root::find() };
        let run = |most_results, most_bytes| {
            let text = report.fitted(most_results, most_bytes).unwrap();
            let log: sarif::Sarif = serde_json::from_slice(&text).unwrap();
            (log.runs.into_iter().next().unwrap(), compressed(&text).unwrap())
        };
        let shown = |run: &Run| -> Vec<String> {
            let prints = run.results.iter().flatten().map(|result| &result.partial_fingerprints);
            prints.map(|prints| prints.as_ref().unwrap()["blurtSecret/v1"].clone()).collect()
        };
        let (whole, size) = run(MOST_RESULTS, MOST_BYTES);
        assert_eq!((shown(&whole).len(), told(&whole).len()), (60, 0));
        let (cut, _) = run(40, MOST_BYTES);
        assert_eq!(shown(&cut), shown(&whole)[..40]);
        let (small, its_size) = run(40, size * 2 / 3);
        assert!(its_size <= size * 2 / 3, "{its_size} of {size}");
        let kept = shown(&small);
        assert!((1..40).contains(&kept.len()), "{}", kept.len());
        assert_eq!(kept, shown(&whole)[..kept.len()]);
        assert!(small.results.iter().flatten().all(|result| result.fixes.is_none()));
        let told = told(&small);
        assert!(told[0].starts_with(&format!("Only the first {} of 60", kept.len())), "{told:?}");
        assert!(told[1].starts_with("The edits"), "{told:?}");
        let (none, _) = run(40, 0);
        assert_eq!(shown(&none).len(), 0);
    }

    #[test]
    fn no_more_places_are_listed_than_github_keeps() {
        let outcome = outcome((0..104).map(|n| (format!("{n:03}.yml"), token(1))).collect());
        let run = run(&outcome, outcome.findings.len());
        let result = &run.results.unwrap()[0];
        assert_eq!(result.related_locations.as_ref().map(Vec::len), Some(100));
        let text = result.message.text.as_deref().unwrap();
        assert!(text.ends_with("[100.yml:1](100) and 3 more places."), "{text}");
    }

    #[test]
    fn what_is_no_file_has_no_physical_location() {
        let mut outcome = outcome(vec![("a".into(), token(1))]);
        let origin = &mut outcome.findings[0].0.locations[0].origin;
        *origin =
            Origin { path: None, via: vec![crate::blob::Via::Object("commit-message".into())] };
        let run = run(&outcome, outcome.findings.len());
        let location = &run.results.unwrap()[0].locations.clone().unwrap()[0];
        assert!(location.physical_location.is_none());
        let logical = &location.logical_locations.as_ref().unwrap()[0];
        assert_eq!(logical.name.as_deref(), Some("commit-message"));
    }
}
