//! Between detection and remediation: candidates become findings, one a secret, sorted into new,
//! known and ignored. Nothing is dropped but what lies under the thresholds, and that is counted.

pub mod allow;

use crate::finding::{Candidate, Finding, Fingerprint, Secret, Triage, Verification};
use crate::rule::{Confidence, Rule, Severity};
use allow::Allow;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What is reported at all.
#[derive(Debug, Clone, Copy)]
pub struct Thresholds {
    /// Findings under it are only counted.
    pub confidence: Confidence,
    /// Findings under it are only counted.
    pub severity: Severity,
}

/// What triage makes of the candidates of a scan.
#[derive(Debug, Default)]
pub struct Sorted {
    /// The findings, worst first, then by place.
    pub findings: Vec<Finding>,
    /// Findings under the thresholds.
    pub below: usize,
}

/// A candidate and the marker that excuses it, if one does.
#[derive(Debug)]
pub struct Judged {
    /// The candidate.
    pub candidate: Candidate,
    /// The reason that the marker gives.
    pub allowed: Option<Arc<Allow>>,
}

/// Groups the candidates by secret, and sorts the findings.
#[must_use]
pub fn sort(candidates: Vec<Judged>, thresholds: Thresholds) -> Sorted {
    let mut groups: BTreeMap<(String, Secret), Vec<Judged>> = BTreeMap::new();
    for judged in candidates {
        let key = (judged.candidate.rule.spec.id.clone(), judged.candidate.secret.clone());
        groups.entry(key).or_default().push(judged);
    }
    // Fingerprints of passwords are slow by intention.
    let groups: Vec<_> = groups.into_iter().collect();
    let (kept, below): (Vec<_>, Vec<_>) =
        groups.into_iter().partition(|(_, group)| reaches(group, thresholds));
    let mut findings: Vec<Finding> =
        kept.into_par_iter().filter_map(|((_, secret), group)| finding(secret, group)).collect();
    findings.sort_by(|a, b| order(a).cmp(&order(b)));
    Sorted { findings, below: below.len() }
}

fn reaches(group: &[Judged], thresholds: Thresholds) -> bool {
    group.iter().any(|judged| {
        judged.candidate.confidence >= thresholds.confidence
            && judged.candidate.rule.spec.severity >= thresholds.severity
    })
}

/// Open findings first, the worst of them first.
fn order(finding: &Finding) -> impl Ord {
    use std::cmp::Reverse;
    (
        finding.triage != Triage::New,
        Reverse(finding.severity()),
        Reverse(finding.confidence),
        finding.primary().clone(),
        finding.rule.spec.id.clone(),
        finding.secret.clone(),
    )
}

/// The finding of a group, which is not empty. It is excused only if it is excused everywhere.
fn finding(secret: Secret, mut group: Vec<Judged>) -> Option<Finding> {
    group.sort_by(|a, b| a.candidate.location.cmp(&b.candidate.location));
    let best = group.iter().max_by_key(|judged| judged.candidate.confidence)?;
    let rule: Arc<Rule> = best.candidate.rule.clone();
    let confidence = best.candidate.confidence;
    let verification: Verification = best.candidate.verification.clone();
    let entropy = best.candidate.entropy;
    let reasons: Option<Vec<_>> = group.iter().map(|judged| judged.allowed.clone()).collect();
    let triage = match reasons.as_deref() {
        Some([first, ..]) => Triage::Ignored(first.reason.clone()),
        _ => Triage::New,
    };
    // The places that are not excused are the ones to look at.
    if triage == Triage::New {
        group.retain(|judged| judged.allowed.is_none());
    }
    let mut locations: Vec<_> = group.into_iter().map(|j| j.candidate.location).collect();
    locations.dedup();
    Some(Finding {
        fingerprint: Fingerprint::new(&rule.spec.id, &secret),
        rule,
        secret,
        confidence,
        entropy,
        verification,
        locations,
        triage,
    })
}
