//! JSON, one document or one finding a line. The schema ships with the program (`report.schema.json`).

use super::Format;
use crate::coverage::{Coverage, Tool};
use crate::detect::score::Score;
use crate::finding::{
    Authority, Commit, Excuse, Exposure, Finding, Fingerprint, Location, Secret, Verification,
};
use crate::remedy::Remedy;
use crate::rule::{Action, Confidence, Severity};
use crate::scan::Outcome;
use crate::triage::audit::Audited;
use bstr::ByteSlice;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// The version of the report's layout.
pub const SCHEMA_VERSION: u32 = 1;

/// The JSON Schema of the report.
pub const SCHEMA: &str = include_str!("report.schema.json");

pub(super) struct Json;

impl Format for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn extension(&self) -> Option<&'static str> {
        Some("json")
    }

    fn write(&self, outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
        outcome.name_all();
        serde_json::to_writer_pretty(&mut *out, &Document::new(outcome))?;
        out.write_all(b"\n")
    }
}

/// The findings alone, each on its line. What the scan covered is in the other formats.
pub(super) struct JsonLines;

impl Format for JsonLines {
    fn name(&self) -> &'static str {
        "jsonl"
    }

    fn extension(&self) -> Option<&'static str> {
        Some("jsonl")
    }

    fn write(&self, outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
        outcome.name_all();
        for (finding, remedy) in &outcome.findings {
            serde_json::to_writer(&mut *out, &Row::new(finding, remedy))?;
            out.write_all(b"\n")?;
        }
        Ok(())
    }
}

#[derive(Serialize)]
struct Document<'a> {
    schema_version: u32,
    tool: &'a Tool,
    coverage: &'a Coverage,
    summary: Summary,
    notes: &'a [String],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suppressions: Vec<Suppression<'a>>,
    findings: Vec<Row<'a>>,
}

/// A suppression that the scan met, and what it did.
#[derive(Serialize)]
struct Suppression<'a> {
    #[serde(flatten)]
    excuse: ExcusedBy<'a>,
    reason: &'a str,
    what: Option<&'a str>,
    places: usize,
    over: bool,
}

impl<'a> Suppression<'a> {
    fn new(audited: &'a Audited) -> Self {
        let Audited { excuse, what, places, over } = audited;
        Self {
            excuse: ExcusedBy::new(excuse),
            reason: &excuse.reason,
            what: what.as_deref(),
            places: *places,
            over: *over,
        }
    }
}

/// Who says that a finding is not new, and where.
#[derive(Serialize)]
struct ExcusedBy<'a> {
    by: Authority,
    place: Option<&'a str>,
    author: Option<&'a str>,
    expires: Option<Date>,
}

impl<'a> ExcusedBy<'a> {
    fn new(excuse: &'a Excuse) -> Self {
        let Excuse { by, place, author, expires, .. } = excuse;
        Self { by: *by, place: place.as_deref(), author: author.as_deref(), expires: *expires }
    }
}

/// How many findings there are of each kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(super) struct Summary {
    pub(super) new: usize,
    pub(super) known: usize,
    pub(super) ignored: usize,
    pub(super) by_action: BTreeMap<Action, usize>,
    /// Findings under the thresholds, which are only counted.
    pub(super) below: usize,
}

impl Summary {
    pub(super) fn of(outcome: &Outcome) -> Self {
        let by_action = [Action::Remove, Action::Replace, Action::Rotate].map(|action| (action, 0));
        let mut summary =
            Self { by_action: by_action.into(), below: outcome.below, ..Self::default() };
        for (finding, remedy) in &outcome.findings {
            match finding.triage.name() {
                "known" => summary.known += 1,
                "ignored" => summary.ignored += 1,
                _ => {
                    summary.new += 1;
                    *summary.by_action.entry(remedy.action).or_default() += 1;
                }
            }
        }
        summary
    }
}

#[derive(Serialize)]
struct Row<'a> {
    fingerprint: &'a Fingerprint,
    rule: &'a str,
    kind: &'a str,
    title: &'a str,
    severity: Severity,
    confidence: Confidence,
    secret: &'a Secret,
    entropy: f64,
    evidence: Vec<Evidence>,
    verification: &'a Verification,
    locations: Vec<Place<'a>>,
    exposure: &'a Exposure,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    excuse: Option<ExcusedBy<'a>>,
    remediation: &'a Remedy,
}

/// A term of the score of a value that no shape tells.
#[derive(Serialize)]
struct Evidence {
    term: &'static str,
    points: f32,
}

fn evidence(finding: &Finding) -> Vec<Evidence> {
    let terms = finding.score.iter().flat_map(Score::terms);
    terms.map(|(term, points)| Evidence { term, points }).collect()
}

/// Where a secret stands. Commits are known to a scan of the history alone.
#[derive(Serialize)]
struct Place<'a> {
    path: Option<String>,
    start_line: u64,
    start_column: u64,
    end_line: u64,
    end_column: u64,
    commit: Option<&'a str>,
    author: Option<&'a str>,
    date: Option<Timestamp>,
    in_head: Option<bool>,
    removed: &'a [Commit],
    via: &'a [crate::blob::Via],
}

impl<'a> Document<'a> {
    fn new(outcome: &'a Outcome) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            tool: &outcome.tool,
            coverage: &outcome.coverage,
            summary: Summary::of(outcome),
            notes: &outcome.notes,
            suppressions: outcome.suppressions.iter().map(Suppression::new).collect(),
            findings: outcome.findings.iter().map(|(f, remedy)| Row::new(f, remedy)).collect(),
        }
    }
}

impl<'a> Row<'a> {
    fn new(finding: &'a Finding, remedy: &'a Remedy) -> Self {
        let spec = finding.rule.spec();
        Self {
            fingerprint: finding.fingerprint(),
            rule: &spec.id,
            kind: &spec.kind,
            title: &spec.name,
            severity: finding.severity(),
            confidence: finding.confidence,
            secret: &finding.secret,
            entropy: (f64::from(finding.entropy) * 100.0).round() / 100.0,
            evidence: evidence(finding),
            verification: &finding.verification,
            locations: finding.locations.iter().map(Place::new).collect(),
            exposure: &finding.exposure,
            status: finding.triage.name(),
            reason: finding.triage.reason(),
            excuse: finding.triage.excuse().map(|excuse| ExcusedBy::new(excuse)),
            remediation: remedy,
        }
    }
}

impl<'a> Place<'a> {
    fn new(location: &'a Location) -> Self {
        let past = location.past.as_ref();
        Self {
            path: location.origin.path.as_ref().map(|path| path.to_str_lossy().into_owned()),
            start_line: location.start.line,
            start_column: location.start.column,
            end_line: location.end.line,
            end_column: location.end.column,
            commit: past.map(|past| past.commit.id.as_str()),
            author: past.map(|past| past.commit.author.as_str()),
            date: past.map(|past| past.commit.date),
            in_head: past.map(|past| past.in_head),
            removed: past.map_or(&[], |past| &past.removed),
            via: &location.origin.via,
        }
    }
}
