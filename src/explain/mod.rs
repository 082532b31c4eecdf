//! Why something in a file is reported, or is not: what detection did there, step by step, what decided, and
//! what would change it.
//!
//! ```text
//! question ─▶ access (is the file scanned at all?) ─▶ texts (what detection did) ─▶ verdicts ─▶ format/
//! ```

pub mod access;
mod facts;
pub mod format;
mod question;
mod text;
mod verdict;

pub use access::Access;
pub use facts::{MatchFacts, TriggerFacts};
pub use question::{Missing, Question, place_in};
pub use verdict::{Standing, Verdict};

use crate::blob::{Origin, Via};
use crate::detect::Detector;
use crate::finding::{Excuse, Finding, Fingerprint};
use crate::rule::{Confidence, RuleSet, Severity};
use crate::scan::{Engine, Progress, scan};
use crate::source::Source;
use crate::source::container::{Input, Walk};
use crate::triage::{Judged, Policy};
use bstr::{BString, ByteSlice};
use serde::Serialize;
use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use text::{Reader, TextFacts};
use thiserror::Error;

/// The version of the layout that `-f json` writes.
pub const SCHEMA_VERSION: u32 = 1;

/// Where the bytes are.
#[derive(Debug)]
pub enum Bytes {
    /// In this file.
    File(PathBuf),
    /// Here.
    Here(Vec<u8>),
}

impl Bytes {
    fn open(&self) -> io::Result<Input<'_>> {
        Ok(match self {
            Self::File(path) => File::open(path)?.into(),
            Self::Here(bytes) => bytes.as_slice().into(),
        })
    }
}

/// What is asked about.
#[derive(Debug)]
pub struct Place {
    /// The name by which rules go.
    pub name: BString,
    /// The bytes.
    pub bytes: Bytes,
    /// The member of a container, as reports name it.
    pub member: Option<String>,
    /// 1-based line; without one, the whole file is told in brief.
    pub line: Option<u64>,
    /// 1-based column in code points.
    pub column: Option<u64>,
}

/// A level under which nothing is reported, and who says so.
#[derive(Debug, Clone, Serialize)]
pub struct Limit<T> {
    /// The level.
    pub level: T,
    /// `default`, the flag, or the file with its line.
    pub said_by: String,
}

impl<T: PartialOrd> Limit<T> {
    /// Makes the limit a higher one, if somebody asks for more.
    pub fn raise(&mut self, level: T, said_by: &str) {
        if level > self.level {
            *self = Self { level, said_by: said_by.to_owned() };
        }
    }
}

/// What the explanation is made with: that of the scan that it explains.
#[derive(Debug)]
pub struct Explainer {
    /// The rules at work.
    pub detector: Detector,
    /// The rules that would be there too, had nobody switched them off.
    pub others: Option<RuleSet>,
    /// The least confidence that is reported.
    pub confidence: Limit<Confidence>,
    /// The least severity that is reported.
    pub severity: Limit<Severity>,
    /// What is reported, and what is excused.
    pub policy: Policy,
}

/// Why nothing can be explained.
#[derive(Debug, Error)]
pub enum Failure {
    /// The bytes cannot be read.
    #[error("{0}: cannot be read: {1}")]
    Unread(String, io::Error),
    /// The text that is asked about is not in the file.
    #[error("{0}")]
    NoText(String),
}

/// The answer.
#[derive(Debug, Serialize)]
pub struct Explanation {
    /// See [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The file.
    pub path: String,
    /// The line that was asked about.
    pub line: Option<u64>,
    /// The column that was asked about.
    pub column: Option<u64>,
    /// How a scan comes to the file.
    pub file: Access,
    /// What could not be looked at.
    pub not_read: Vec<String>,
    /// The least confidence that is reported.
    pub min_confidence: Limit<Confidence>,
    /// The least severity that is reported.
    pub min_severity: Limit<Severity>,
    /// What detection did, text by text: the file itself, or the members of a container.
    pub texts: Vec<TextFacts>,
}

impl Explainer {
    /// Explains a place. `file` says how a scan comes to its file.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or has no such member or line.
    pub fn explain(&self, place: &Place, file: Access) -> Result<Explanation, Failure> {
        let name = place.name.to_string();
        let unread = |e| Failure::Unread(name.clone(), e);
        let mut reader = Reader::new(&self.detector, place);
        let input = place.bytes.open().map_err(unread)?;
        let walked = Walk::through(place.name.as_bstr(), input, &mut reader, &mut Vec::new());
        walked.read.map_err(unread)?;
        let (found, excused) = self.findings(place, &self.detector);
        let reports = Reports {
            found,
            excused,
            others: self.switched_off(place),
            policy: &self.policy,
            limits: (&self.confidence, &self.severity),
        };
        let texts = reader.finish(&reports)?;
        let folders = self.policy.folders.as_ref();
        let excluding = folders.and_then(|folders| folders.excluding(place.name.as_bstr()));
        let file = match excluding.filter(|_| file.scanned && matches!(place.bytes, Bytes::File(_)))
        {
            Some(by) => Access::excluded(&format!("`exclude` in {by} leaves it out")),
            None => file,
        };
        Ok(Explanation {
            schema_version: SCHEMA_VERSION,
            path: name,
            line: place.line,
            column: place.column,
            file,
            not_read: walked.skipped.iter().map(ToString::to_string).collect(),
            min_confidence: self.confidence.clone(),
            min_severity: self.severity.clone(),
            texts,
        })
    }

    /// What rules would report that somebody has switched off.
    fn switched_off(&self, place: &Place) -> Vec<Finding> {
        let Some(others) = &self.others else { return Vec::new() };
        let (found, _) = self.findings(place, &Detector::new(others.clone()));
        let rules = self.detector.rules();
        found.into_iter().filter(|finding| rules.get(finding.rule.id()).is_none()).collect()
    }
}

impl Explainer {
    /// What a scan reports, and who excuses what: from here alone an explanation knows how something ended.
    fn findings(&self, place: &Place, detector: &Detector) -> (Vec<Finding>, Vec<Excused>) {
        let looked = Looked { place, policy: &self.policy, excused: Mutex::default() };
        let outcome = scan(&looked, detector, &self.policy, &Progress::default());
        let excused = looked.excused.into_inner().unwrap_or_else(PoisonError::into_inner);
        (outcome.findings.into_iter().map(|(finding, _)| finding).collect(), excused)
    }
}

/// What somebody excuses, by its place, whether the excuse still holds or not.
struct Excused {
    rule: String,
    via: Vec<Via>,
    /// Line and column.
    at: (u64, u64),
    excuse: Arc<Excuse>,
}

/// A scan of a place that takes down who excuses what.
struct Looked<'a> {
    place: &'a Place,
    policy: &'a Policy,
    excused: Mutex<Vec<Excused>>,
}

impl Source for Looked<'_> {
    fn feed(&self, engine: &Engine) {
        // Whoever explains has read the file already: an error was told then.
        let Ok(input) = self.place.bytes.open() else { return };
        let mut worker = engine.worker();
        let searched = worker.search(Origin::file(self.place.name.clone()), input);
        let allowed = searched.allowed();
        let mut excused = self.excused.lock().unwrap_or_else(PoisonError::into_inner);
        for candidate in searched.candidates {
            let marker = allowed.find(&candidate).filter(|marker| self.policy.honours(marker));
            let print = std::cell::OnceCell::new();
            let print =
                || print.get_or_init(|| Fingerprint::new(candidate.rule.id(), &candidate.secret));
            let folders = self.policy.folders.as_ref();
            let written = || folders.and_then(|folders| folders.excuse(&candidate, print));
            if let Some(excuse) = marker.clone().or_else(written) {
                let start = candidate.location.start;
                excused.push(Excused {
                    rule: candidate.rule.id().to_owned(),
                    via: candidate.location.origin.via.clone(),
                    at: (start.line, start.column),
                    excuse,
                });
            }
            worker.report([Judged { candidate, excuse: marker }]);
        }
    }
}

/// What scans of the file report.
struct Reports<'a> {
    found: Vec<Finding>,
    excused: Vec<Excused>,
    policy: &'a Policy,
    /// What rules that are switched off would report.
    others: Vec<Finding>,
    limits: (&'a Limit<Confidence>, &'a Limit<Severity>),
}

impl Reports<'_> {
    /// The finding of `rule` that has a place at that line and column of the text that `via` leads to.
    fn at(&self, rule: &str, via: &[Via], (line, column): (u64, u64)) -> Option<&Finding> {
        self.found.iter().find(|finding| {
            let here = |origin: &Origin| origin.via == via;
            finding.rule.id() == rule
                && finding.locations.iter().any(|location| {
                    (location.start.line, location.start.column) == (line, column)
                        && here(&location.origin)
                })
        })
    }

    /// Who excuses what `rule` finds there, and whether that still holds.
    fn excuse(&self, rule: &str, via: &[Via], at: (u64, u64)) -> Option<(&Arc<Excuse>, bool)> {
        let here = |one: &&Excused| one.rule == rule && one.via == via && one.at == at;
        let excused = self.excused.iter().find(here)?;
        Some((&excused.excuse, !excused.excuse.is_over(self.policy.today)))
    }
}
