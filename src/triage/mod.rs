//! Between detection and remediation: candidates become findings, one a secret, sorted into new,
//! known and ignored. Nothing is dropped but what lies under the thresholds, and that is counted.

pub mod allow;

use crate::finding::{Candidate, Exposure, Finding, Location, Secret, Triage, Verification};
use crate::rule::{Confidence, Rule, Severity};
use allow::Allow;
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::collections::btree_map::{BTreeMap, Entry};
use std::sync::{Arc, OnceLock};

/// What is reported at all.
#[derive(Debug, Clone, Copy)]
pub struct Thresholds {
    /// Findings under it are only counted.
    pub confidence: Confidence,
    /// Findings under it are only counted.
    pub severity: Severity,
}

impl Thresholds {
    /// Whether a candidate is reported.
    #[must_use]
    pub fn admit(&self, candidate: &Candidate) -> bool {
        candidate.confidence >= self.confidence && candidate.rule.spec().severity >= self.severity
    }
}

/// What triage makes of the candidates of a scan.
#[derive(Debug, Default)]
pub struct Sorted {
    /// The findings, worst first, then by place.
    pub findings: Vec<Finding>,
    /// Findings under the thresholds.
    pub below: usize,
}

/// A candidate, and why it is none of today's business, if it is not.
#[derive(Debug)]
pub struct Judged {
    /// The candidate.
    pub candidate: Candidate,
    /// What excuses it.
    pub excuse: Option<Excuse>,
}

/// Why a secret in one place is not reported as new.
#[derive(Debug, Clone)]
pub enum Excuse {
    /// A marker in the text allows it.
    Allowed(Arc<Allow>),
    /// It stood there before what is scanned came: where it did.
    Held(Arc<str>),
}

/// What makes two candidates one finding: the rule's id and the value.
pub type Key = (String, Secret);

/// What a history says about secrets.
#[derive(Debug, Default)]
pub struct Exposures {
    /// The secrets that it holds.
    pub known: BTreeMap<Key, Exposure>,
    /// Whether a history was looked at.
    pub looked: bool,
}

impl Exposures {
    /// Adds what a history says.
    pub fn add(&mut self, exposures: impl IntoIterator<Item = (Key, Exposure)>) {
        self.looked = true;
        for (key, exposure) in exposures {
            match self.known.entry(key) {
                Entry::Occupied(mut known) => known.get_mut().merge(exposure),
                Entry::Vacant(known) => {
                    known.insert(exposure);
                }
            }
        }
    }

    fn of(&self, key: &Key, in_tree: bool) -> Exposure {
        let unknown = || Exposure {
            in_history: self.looked.then_some(false),
            refs: self.looked.then(Vec::new),
            ref_count: self.looked.then_some(0),
            unreachable: self.looked.then_some(false),
            ..Exposure::default()
        };
        let exposure = self.known.get(key).cloned().unwrap_or_else(unknown);
        let unreachable = exposure.unreachable.map(|unreachable| unreachable && !in_tree);
        Exposure { in_tree, unreachable, ..exposure }
    }
}

impl Judged {
    /// What makes it one finding with others.
    #[must_use]
    pub fn key(&self) -> Key {
        self.candidate.key()
    }

    /// Whether it is reported.
    #[must_use]
    pub fn reaches(&self, thresholds: Thresholds) -> bool {
        thresholds.admit(&self.candidate)
    }
}

/// Groups the candidates by secret, and sorts the findings. `below` are secrets that are not
/// reported, if no candidate says otherwise.
#[must_use]
pub fn sort(
    candidates: Vec<Judged>,
    below: BTreeSet<Key>,
    exposures: &Exposures,
    thresholds: Thresholds,
) -> Sorted {
    let mut groups: BTreeMap<Key, Vec<Judged>> =
        below.into_iter().map(|key| (key, Vec::new())).collect();
    for judged in candidates {
        groups.entry(judged.key()).or_default().push(judged);
    }
    let groups: Vec<_> = groups.into_iter().collect();
    let (kept, below): (Vec<_>, Vec<_>) =
        groups.into_iter().partition(|(_, group)| reaches(group, thresholds));
    let finding = |(key, group): (Key, Vec<Judged>)| {
        let in_tree = group.iter().any(|judged| judged.candidate.location.is_in_tree());
        let exposure = exposures.of(&key, in_tree);
        finding(key.1, group, exposure)
    };
    let mut findings: Vec<Finding> = kept.into_par_iter().filter_map(finding).collect();
    findings.sort_by(|a, b| order(a).cmp(&order(b)));
    Sorted { findings, below: below.len() }
}

fn reaches(group: &[Judged], thresholds: Thresholds) -> bool {
    group.iter().any(|judged| judged.reaches(thresholds))
}

/// Open findings first, the worst of them first.
fn order(finding: &Finding) -> impl Ord {
    use std::cmp::Reverse;
    (
        finding.triage != Triage::New,
        Reverse(finding.severity()),
        Reverse(finding.confidence),
        finding.primary().clone(),
        finding.rule.id().to_owned(),
        finding.secret.clone(),
    )
}

/// The finding of a group, which is not empty. It is excused only if it is excused everywhere.
fn finding(secret: Secret, mut group: Vec<Judged>, exposure: Exposure) -> Option<Finding> {
    excuse_the_past(&mut group);
    group.sort_by(|a, b| a.candidate.location.cmp(&b.candidate.location));
    let best = group.iter().max_by_key(|judged| judged.candidate.confidence)?;
    let rule: Arc<Rule> = best.candidate.rule.clone();
    let confidence = best.candidate.confidence;
    let verification: Verification = best.candidate.verification.clone();
    let (entropy, score) = (best.candidate.entropy, best.candidate.score);
    let triage = triage(&group);
    // The places that are not excused are the ones to look at.
    if triage == Triage::New {
        group.retain(|judged| judged.excuse.is_none());
    }
    let mut locations: Vec<_> = group.into_iter().map(|j| j.candidate.location).collect();
    Location::sort(&mut locations);
    Some(Finding {
        fingerprint: OnceLock::new(),
        rule,
        secret,
        confidence,
        entropy,
        score,
        verification,
        locations,
        exposure,
        triage,
    })
}

/// What all places of a finding together make of it.
fn triage(group: &[Judged]) -> Triage {
    let excuses: Option<Vec<&Excuse>> = group.iter().map(|judged| judged.excuse.as_ref()).collect();
    let Some(excuses) = excuses else { return Triage::New };
    let held = excuses.iter().find_map(|excuse| match excuse {
        Excuse::Held(before) => Some(Triage::Known(before.to_string())),
        Excuse::Allowed(_) => None,
    });
    let allowed = excuses.iter().find_map(|excuse| match excuse {
        Excuse::Allowed(allow) => Some(Triage::Ignored(allow.reason.clone())),
        Excuse::Held(_) => None,
    });
    held.or(allowed).unwrap_or(Triage::New)
}

/// What is excused in a file of the working tree was excused with its past in mind: the versions of
/// that file before the marker was written cannot get one.
fn excuse_the_past(group: &mut [Judged]) {
    let of_tree = group.iter().filter(|judged| judged.candidate.location.is_in_tree());
    let allowed = |judged: &&Judged| matches!(judged.excuse, Some(Excuse::Allowed(_)));
    let excused: BTreeMap<_, _> = of_tree
        .filter(allowed)
        .map(|judged| (judged.candidate.location.origin.path.clone(), judged.excuse.clone()))
        .collect();
    for judged in group {
        let location = &judged.candidate.location;
        if location.past.is_some() && judged.excuse.is_none() {
            judged.excuse = excused.get(&location.origin.path).cloned().flatten();
        }
    }
}
