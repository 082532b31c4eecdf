//! A JSON report read again: for commands that go on where a scan has ended.

use super::{SCHEMA_VERSION, sanitize};
use crate::blob::{INTO, Origin, Position, Via, members};
use crate::coverage::{Coverage, Tool};
use crate::detect::score::Score;
use crate::finding::{
    self, Authority, Commit, Excerpt, Excuse, Exposure, Fingerprint, Past, Secret, Triage,
    Verification,
};
use crate::remedy::Remedy;
use crate::rule::spec::PathsSpec;
use crate::rule::{Confidence, Rule, RuleSet, RuleSpec, Severity, Sourced};
use crate::scan::Outcome;
use crate::triage::audit::Audited;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A report that was written by an earlier scan. It holds no secret in clear.
#[derive(Debug, Clone, Deserialize)]
pub struct Report {
    /// Who has scanned.
    #[serde(default = "some_blurt")]
    pub tool: Tool,
    /// What was looked at, and where the scan could not look.
    pub coverage: Coverage,
    /// What the findings do not say of the scan.
    #[serde(default)]
    pub summary: Summary,
    /// Remarks on what was scanned.
    #[serde(default)]
    pub notes: Vec<String>,
    /// The suppressions that the scan met.
    #[serde(default)]
    pub suppressions: Vec<Suppression>,
    /// The findings, worst first.
    pub findings: Vec<Finding>,
}

/// A suppression that the earlier scan met, and what it did.
#[derive(Debug, Clone, Deserialize)]
pub struct Suppression {
    /// Who excuses.
    #[serde(flatten)]
    pub excuse: ExcusedBy,
    /// The reason given.
    pub reason: String,
    /// What is excused.
    #[serde(default)]
    pub what: Option<String>,
    /// The places that it excuses.
    #[serde(default)]
    pub places: usize,
    /// Whether it was over.
    #[serde(default)]
    pub over: bool,
}

/// Who has said that a finding is not new, and where.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct ExcusedBy {
    /// What kind of text.
    #[serde(default)]
    pub by: Authority,
    /// Where it is written.
    #[serde(default)]
    pub place: Option<String>,
    /// Who has written it.
    #[serde(default)]
    pub author: Option<String>,
    /// The last day that it holds.
    #[serde(default)]
    pub expires: Option<Date>,
}

impl ExcusedBy {
    /// The excuse, with nothing in it that deceives a reader.
    fn restored(self, reason: &str) -> Arc<Excuse> {
        let clean = |text: String| sanitize(&text).into_owned();
        let Self { by, place, author, expires } = self;
        let (place, author) = (place.map(clean), author.map(clean));
        Arc::new(Excuse { by, place, reason: sanitize(reason).into_owned(), author, expires })
    }
}

/// Who writes such reports.
fn some_blurt() -> Tool {
    Tool::this(0)
}

/// What was only counted.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Summary {
    /// Findings under the thresholds.
    #[serde(default)]
    pub below: usize,
}

/// A finding of the earlier scan.
#[derive(Debug, Clone, Deserialize)]
pub struct Finding {
    /// Its name.
    pub fingerprint: String,
    /// The id of the rule.
    pub rule: String,
    /// The credential type.
    pub kind: String,
    /// The rule's name.
    pub title: String,
    /// How bad it is.
    pub severity: Severity,
    /// How sure it is.
    pub confidence: Confidence,
    /// The value, masked.
    pub secret: String,
    /// Shannon entropy of the value, in bits per character.
    #[serde(default)]
    pub entropy: f32,
    /// What speaks for and against it.
    #[serde(default)]
    pub evidence: Vec<Term>,
    /// What the value says about itself.
    pub verification: Verification,
    /// Where it stands, the oldest first.
    pub locations: Vec<Location>,
    /// Who could see it.
    pub exposure: Exposure,
    /// `new`, `known` or `ignored`.
    pub status: String,
    /// Why it is not new.
    #[serde(default)]
    pub reason: Option<String>,
    /// Who says so.
    #[serde(default)]
    pub excuse: Option<ExcusedBy>,
    /// What to do about it.
    pub remediation: Remedy,
}

/// A term of a score.
#[derive(Debug, Clone, Deserialize)]
pub struct Term {
    /// Its name.
    pub term: String,
    /// What it counts.
    pub points: f32,
}

/// A place of a secret.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Location {
    /// The file; `None` for messages and notes.
    pub path: Option<String>,
    /// 1-based line.
    pub start_line: u64,
    /// 1-based column, in code points.
    pub start_column: u64,
    /// The line of the character behind its last.
    #[serde(default)]
    pub end_line: u64,
    /// The column of the character behind its last.
    #[serde(default)]
    pub end_column: u64,
    /// The commit that brought it there.
    #[serde(default)]
    pub commit: Option<String>,
    /// That commit's author.
    #[serde(default)]
    pub author: Option<String>,
    /// When it was written.
    #[serde(default)]
    pub date: Option<Timestamp>,
    /// Whether it stands there at HEAD.
    #[serde(default)]
    pub in_head: Option<bool>,
    /// The commits that took it out again.
    #[serde(default)]
    pub removed: Vec<Commit>,
    /// The way into the file.
    #[serde(default)]
    pub via: Vec<Via>,
}

impl Location {
    /// What it is a place in, for people: a path, with the members that lead into it, or what it is
    /// instead of a file.
    #[must_use]
    pub fn name(&self) -> String {
        if let Some(path) = &self.path {
            let members = members(&self.via, INTO).map(|members| format!("{INTO}{members}"));
            return format!("{path}{}", members.unwrap_or_default());
        }
        let object = self.via.iter().find_map(|via| match via {
            Via::Object(object) => Some(object.as_str()),
            _ => None,
        });
        let commit = self.commit.as_deref().map_or("?", |id| id.get(..10).unwrap_or(id));
        finding::name_of_object(object, commit)
    }

    /// Whether it is a place in a file of the working tree.
    #[must_use]
    pub fn is_in_tree(&self) -> bool {
        self.commit.is_none() && self.path.is_some()
    }

    /// The place as a scan gives it. A report holds nothing of the line around it.
    fn restored(self) -> finding::Location {
        let start = Position { line: self.start_line, column: self.start_column };
        let end = Position { line: self.end_line, column: self.end_column };
        let (in_head, removed) = (self.in_head.unwrap_or_default(), self.removed);
        let past = self.commit.map(|id| {
            let (date, author) = (self.date.unwrap_or_default(), self.author.unwrap_or_default());
            Box::new(Past { commit: Commit { date, id, author }, removed, in_head })
        });
        finding::Location {
            origin: Origin { path: self.path.map(Into::into), via: self.via },
            start,
            end: end.max(start),
            excerpt: Excerpt::default(),
            past,
        }
    }
}

/// Why a file is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// It is not JSON, or not of this layout.
    #[error(
        "line {line}, column {column}: {message}; a report is what `blurt scan -f json` writes"
    )]
    Parse {
        /// 1-based line.
        line: usize,
        /// 1-based column, in bytes.
        column: usize,
        /// What is wrong.
        message: String,
    },
    /// It has another layout.
    #[error(
        "it is a report of layout {found}, this blurt reads layout {SCHEMA_VERSION}; scan again"
    )]
    Version {
        /// The layout of the report.
        found: u32,
    },
    /// One of its findings is not what a scan writes.
    #[error("finding {number}: {message}; a report is what `blurt scan -f json` writes")]
    Finding {
        /// Its place among the findings, from 1.
        number: usize,
        /// What is wrong.
        message: &'static str,
    },
}

impl Report {
    /// Reads the text of a report.
    ///
    /// # Errors
    ///
    /// When it is no JSON report, or one of another layout.
    pub fn read(text: &str) -> Result<Self, ReportError> {
        #[derive(Deserialize)]
        struct Version {
            schema_version: u32,
        }
        // The message of a type error may quote the text, but a report holds no secret in clear.
        let parse = |e: serde_json::Error| {
            let message = e.to_string();
            let message = message.split(" at line ").next().unwrap_or_default().to_owned();
            ReportError::Parse { line: e.line(), column: e.column(), message }
        };
        let Version { schema_version } = serde_json::from_str(text).map_err(parse)?;
        if schema_version != SCHEMA_VERSION {
            return Err(ReportError::Version { found: schema_version });
        }
        serde_json::from_str(text).map_err(parse)
    }

    /// What the earlier scan has found, as far as a report holds it: no values, and nothing of the lines
    /// around them. `rules` say what they know of the rules that it names.
    ///
    /// # Errors
    ///
    /// When a finding is not what a scan writes.
    pub fn outcome(self, rules: RuleSet) -> Result<Outcome, ReportError> {
        let mut known = KnownRules { rules: &rules, made: BTreeMap::new() };
        let mut findings = Vec::with_capacity(self.findings.len());
        for (at, finding) in self.findings.into_iter().enumerate() {
            let flaw = |message| ReportError::Finding { number: at + 1, message };
            findings.push(finding.restored(&mut known).map_err(flaw)?);
        }
        let Summary { below } = self.summary;
        let Self { tool, mut coverage, notes, .. } = self;
        // Whatever it says: what was skipped makes a scan incomplete.
        coverage.complete &= coverage.skipped.is_empty();
        let suppressions = self.suppressions.into_iter().map(|one| Audited {
            excuse: one.excuse.restored(&one.reason),
            what: one.what.map(|what| sanitize(&what).into_owned()),
            places: one.places,
            over: one.over,
        });
        let suppressions = suppressions.collect();
        Ok(Outcome { findings, below, coverage, notes, suppressions, rules, tool })
    }
}

impl Finding {
    fn restored(self, known: &mut KnownRules) -> Result<(finding::Finding, Remedy), &'static str> {
        let rule = known.rule(&self);
        let name = Fingerprint::read(&self.fingerprint).ok_or("`fingerprint` is none")?;
        if self.locations.is_empty() {
            return Err("`locations` is empty");
        }
        let excuse = self.excuse.unwrap_or_default();
        let excuse = excuse.restored(&self.reason.unwrap_or_default());
        let triage = match self.status.as_str() {
            "new" => Triage::New,
            "known" => Triage::Known(excuse),
            "ignored" => Triage::Ignored(excuse),
            _ => return Err("`status` is not new, known or ignored"),
        };
        let terms = self.evidence.iter().map(|term| (term.term.as_str(), term.points));
        let score = (!self.evidence.is_empty()).then(|| Score::of_terms(rule.layer(), terms));
        let finding = finding::Finding {
            fingerprint: name.clone().into(),
            secret: Secret::masked(sanitize(&self.secret).into_owned(), name),
            rule,
            confidence: self.confidence,
            entropy: self.entropy,
            score,
            verification: self.verification,
            locations: self.locations.into_iter().map(Location::restored).collect(),
            exposure: self.exposure,
            triage,
        };
        Ok((finding, clean(self.remediation)))
    }
}

/// The remedy with nothing in it that deceives a reader: a scan writes none of that, but who knows who
/// has written the report.
fn clean(mut remedy: Remedy) -> Remedy {
    let clean = |text: &mut String| {
        let lines: Vec<_> = text.split('\n').map(sanitize).collect();
        *text = lines.join("\n");
    };
    let Remedy { strategy, summary, why, reasons, steps, references, .. } = &mut remedy;
    let said = reasons.iter_mut().map(|reason| &mut reason.because);
    let done = steps.iter_mut().flat_map(|step| step.command.iter_mut().chain([&mut step.what]));
    let own = [strategy, summary, why].into_iter();
    own.chain(said).chain(done).chain(references).for_each(clean);
    remedy
}

/// The rules that a report names.
struct KnownRules<'a> {
    rules: &'a RuleSet,
    /// Those that are not known, or by other words, by what the report says of them.
    made: BTreeMap<Named, Arc<Rule>>,
}

/// What a report says of a rule.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Named {
    id: String,
    name: String,
    kind: String,
    severity: Severity,
}

impl Named {
    fn by(finding: &Finding) -> Self {
        let [id, name, kind] =
            [&finding.rule, &finding.title, &finding.kind].map(|text| sanitize(text).into_owned());
        Self { id, name, kind, severity: finding.severity }
    }

    fn fits(&self, spec: &RuleSpec) -> bool {
        spec.id == self.id
            && spec.name == self.name
            && spec.kind == self.kind
            && spec.severity == self.severity
    }
}

impl KnownRules<'_> {
    /// The rule of a finding as the report describes it.
    fn rule(&mut self, finding: &Finding) -> Arc<Rule> {
        let named = Named::by(finding);
        let known = self.rules.get(&named.id);
        if let Some(rule) = known.filter(|rule| named.fits(rule.spec())) {
            return rule.clone();
        }
        let make = || {
            let Named { id, name, kind, severity } = named.clone();
            let spec = known.map_or_else(unknown, |rule| rule.spec().clone());
            let value = RuleSpec { id, name, kind, severity, ..spec };
            Arc::new(Rule::from(Sourced { file: String::new(), line: 0, value }))
        };
        self.made.entry(named.clone()).or_insert_with(make).clone()
    }
}

/// A rule of which nothing is known: it finds nothing, and has no playbook.
fn unknown() -> RuleSpec {
    RuleSpec {
        id: String::new(),
        aliases: Vec::new(),
        name: String::new(),
        provider: None,
        kind: String::new(),
        severity: Severity::Low,
        confidence: None,
        layer: None,
        prefixes: Vec::new(),
        keywords: Vec::new(),
        literals: Vec::new(),
        reach: None,
        pattern: String::new(),
        entropy: None,
        check: None,
        near: Vec::new(),
        paths: PathsSpec::default(),
        playbook: String::new(),
        examples: Vec::new(),
        example_path: None,
        counterexamples: Vec::new(),
        references: Vec::new(),
    }
}
