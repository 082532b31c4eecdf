//! Compares what rules have found with what the labels say.

use super::{Label, Labels, SearchedFile};
use crate::coverage::Coverage;
use crate::detect::Detector;
use crate::detect::record::{Record, Work};
use crate::finding::Candidate;
use crate::report::last_line;
use crate::rule::{Confidence, Layer, Rule};
use bstr::ByteSlice;
use serde::{Serialize, Serializer};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How well rules do on a corpus.
#[derive(Debug, Serialize)]
pub struct Measure {
    /// What was looked at, and what was not.
    pub coverage: Coverage,
    /// Labels of what was looked at.
    pub labels: u64,
    /// Whether every secret has a label.
    pub labels_complete: bool,
    /// All rules together, at each confidence: high, medium, low.
    pub thresholds: Vec<Threshold>,
    /// Each rule, the one with the most wrong findings first.
    pub rules: Vec<OfRule>,
    /// Which rules matched the same bytes, the most frequent pairs first.
    pub overlaps: Vec<Overlap>,
    /// What labels name that no rule is called, sorted.
    pub unknown_kinds: Vec<String>,
}

/// What is reported at a confidence.
#[derive(Debug, Serialize)]
pub struct Threshold {
    /// Findings that are at least so certain.
    pub confidence: Confidence,
    /// The figures.
    #[serde(flatten)]
    pub measured: Measured,
}

/// What one rule does.
#[derive(Debug, Serialize)]
pub struct OfRule {
    /// Its id.
    pub id: String,
    /// Its layer.
    pub layer: Layer,
    /// All its findings, and the labels that name it or its kind.
    #[serde(flatten)]
    pub measured: Measured,
    /// How often its pattern was run, and for how long.
    #[serde(flatten, serialize_with = "flat")]
    pub work: Work,
}

fn flat<S: Serializer>(work: &Work, serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Flat {
        runs: u64,
        nanoseconds: u64,
    }
    Flat { runs: work.runs, nanoseconds: work.time.as_nanos() as u64 }.serialize(serializer)
}

/// How often a rule won against another one on the same bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Overlap {
    /// Id of the rule that stays.
    pub winner: String,
    /// Id of the rule that gives way.
    pub loser: String,
    /// How often.
    pub times: u64,
    /// How often both matched exactly the same bytes.
    pub same_bytes: u64,
}

/// Findings and labels, compared by lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Measured {
    /// Findings on the lines of a secret.
    pub right: u64,
    /// Findings where no secret stands.
    pub wrong: u64,
    /// Findings that no label speaks about.
    pub unlabelled: u64,
    /// Labels of secrets.
    pub secrets: u64,
    /// Those of them that were found.
    pub found: u64,
}

impl Measured {
    /// Findings in all.
    #[must_use]
    pub fn findings(&self) -> u64 {
        self.right + self.wrong + self.unlabelled
    }

    /// How much of what is found and labelled is right.
    #[must_use]
    pub fn precision(&self) -> Option<f64> {
        share(self.right, self.right + self.wrong)
    }

    /// How much of what is labelled as a secret is found.
    #[must_use]
    pub fn recall(&self) -> Option<f64> {
        share(self.found, self.secrets)
    }

    /// The harmonic mean of the two.
    #[must_use]
    pub fn f1(&self) -> Option<f64> {
        let (precision, recall) = (self.precision()?, self.recall()?);
        let sum = precision + recall;
        Some(if sum > 0.0 { 2.0 * precision * recall / sum } else { 0.0 })
    }

    fn count(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Right => self.right += 1,
            Verdict::Wrong => self.wrong += 1,
            Verdict::Unlabelled => self.unlabelled += 1,
        }
    }

    fn expect(&mut self, found: bool) {
        self.secrets += 1;
        self.found += u64::from(found);
    }
}

impl Serialize for Measured {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Row {
            findings: u64,
            right: u64,
            wrong: u64,
            unlabelled: u64,
            precision: Option<f64>,
            secrets: u64,
            found: u64,
            recall: Option<f64>,
            f1: Option<f64>,
        }
        let rounded = |share: Option<f64>| share.map(|share| (share * 1e4).round() / 1e4);
        let Self { right, wrong, unlabelled, secrets, found } = *self;
        Row {
            findings: self.findings(),
            right,
            wrong,
            unlabelled,
            precision: rounded(self.precision()),
            secrets,
            found,
            recall: rounded(self.recall()),
            f1: rounded(self.f1()),
        }
        .serialize(serializer)
    }
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// What the labels say of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Right,
    Wrong,
    Unlabelled,
}

impl Measure {
    /// Compares what was found in the files that were searched with their labels.
    pub(super) fn new(
        labels: &Labels,
        searched: &[SearchedFile],
        detector: &Detector,
        coverage: Coverage,
    ) -> Self {
        let mut tally = Tally::new(labels.complete, detector.rules().rules());
        let mut by_file: BTreeMap<&[u8], Vec<&Label>> = BTreeMap::new();
        for label in &labels.labels {
            by_file.entry(label.path.as_bytes()).or_default().push(label);
        }
        for file in searched {
            let labels = by_file.get(file.path.as_bytes()).map_or(&[][..], Vec::as_slice);
            tally.add(&file.found, labels);
        }
        let record = detector.record();
        Self {
            coverage,
            labels: tally.labels,
            labels_complete: labels.complete,
            rules: tally.rules(record),
            overlaps: record.map_or_else(Vec::new, |record| overlaps(record, tally.rules)),
            thresholds: tally.thresholds,
            unknown_kinds: tally.unknown_kinds.into_iter().map(str::to_owned).collect(),
        }
    }

    /// Keeps only the rules for which `keep` holds, and the pairs that one of them is in.
    pub fn retain(&mut self, keep: impl Fn(&str) -> bool) {
        self.rules.retain(|rule| keep(&rule.id));
        self.overlaps.retain(|pair| keep(&pair.winner) || keep(&pair.loser));
    }
}

/// The figures while they are counted.
struct Tally<'a> {
    complete: bool,
    rules: &'a [Arc<Rule>],
    labels: u64,
    thresholds: Vec<Threshold>,
    by_rule: BTreeMap<&'a str, Measured>,
    unknown_kinds: BTreeSet<&'a str>,
}

impl<'a> Tally<'a> {
    fn new(complete: bool, rules: &'a [Arc<Rule>]) -> Self {
        let thresholds = [Confidence::High, Confidence::Medium, Confidence::Low];
        let empty = |confidence| Threshold { confidence, measured: Measured::default() };
        let by_rule = rules.iter().map(|rule| (rule.id(), Measured::default()));
        Self {
            complete,
            rules,
            labels: 0,
            thresholds: thresholds.map(empty).into(),
            by_rule: by_rule.collect(),
            unknown_kinds: BTreeSet::new(),
        }
    }

    /// Counts one file.
    fn add(&mut self, found: &[Candidate], labels: &[&'a Label]) {
        for candidate in found {
            let verdict = self.verdict(candidate, labels);
            for threshold in &mut self.thresholds {
                if candidate.confidence >= threshold.confidence {
                    threshold.measured.count(verdict);
                }
            }
            if let Some(measured) = self.by_rule.get_mut(candidate.rule.id()) {
                measured.count(verdict);
            }
        }
        self.labels += labels.len() as u64;
        for label in labels.iter().filter(|label| label.secret) {
            let touching: Vec<_> = found.iter().filter(|found| touches(found, label)).collect();
            let best = touching.iter().map(|found| found.confidence).max();
            for threshold in &mut self.thresholds {
                threshold.measured.expect(best >= Some(threshold.confidence));
            }
            if let Some(kind) = &label.kind {
                let found = touching.iter().any(|found| found.rule.is_called(kind));
                self.expect(kind, found);
            }
        }
    }

    /// A label names a rule by its id, or all rules of a kind, of which one is enough.
    fn expect(&mut self, kind: &'a str, found: bool) {
        let mut known = false;
        for rule in self.rules.iter().filter(|rule| rule.is_called(kind)) {
            known = true;
            self.by_rule.entry(rule.id()).or_default().expect(found);
        }
        if !known {
            self.unknown_kinds.insert(kind);
        }
    }

    fn verdict(&self, found: &Candidate, labels: &[&Label]) -> Verdict {
        let touched = || labels.iter().filter(|label| touches(found, label));
        if touched().any(|label| label.secret) {
            Verdict::Right
        } else if self.complete || touched().next().is_some() {
            Verdict::Wrong
        } else {
            Verdict::Unlabelled
        }
    }

    fn rules(&self, record: Option<&Record>) -> Vec<OfRule> {
        let of_rule = |(n, rule): (usize, &Arc<Rule>)| OfRule {
            id: rule.id().to_owned(),
            layer: rule.layer(),
            measured: self.by_rule.get(rule.id()).copied().unwrap_or_default(),
            work: record.map(|record| record.work(n)).unwrap_or_default(),
        };
        let mut rules: Vec<_> = self.rules.iter().enumerate().map(of_rule).collect();
        let worst_first = |rule: &OfRule| {
            let Measured { wrong, .. } = rule.measured;
            (std::cmp::Reverse((wrong, rule.measured.findings())), rule.id.clone())
        };
        rules.sort_by_cached_key(worst_first);
        rules
    }
}

/// Whether a finding and a label have a line in common.
fn touches(found: &Candidate, label: &Label) -> bool {
    found.location.start.line <= label.end_line && label.start_line <= last_line(&found.location)
}

fn overlaps(record: &Record, rules: &[Arc<Rule>]) -> Vec<Overlap> {
    let id = |rule: usize| rules[rule].id().to_owned();
    let overlap = |((winner, loser), overlaps): (_, crate::detect::record::Overlaps)| Overlap {
        winner: id(winner),
        loser: id(loser),
        times: overlaps.times,
        same_bytes: overlaps.same_bytes,
    };
    let mut pairs: Vec<_> = record.overlaps().into_iter().map(overlap).collect();
    pairs.sort_by(|a, b| (b.times, &a.winner, &a.loser).cmp(&(a.times, &b.winner, &b.loser)));
    pairs
}
