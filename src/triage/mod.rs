//! Between detection and remediation: candidates become findings, one a secret, sorted into new,
//! known and ignored. Nothing is dropped but what lies under the thresholds, and that is counted.

pub mod audit;
pub mod baseline;
mod dialect;
pub mod marker;
pub mod remembered;
pub mod suppression;

use crate::config::Folders;
use crate::finding::{
    Authority, Candidate, Excuse, Exposure, Finding, Fingerprint, Location, Secret, Triage,
    Verification,
};
use crate::rule::{Confidence, Rule, Severity};
use baseline::Known;
use jiff::civil::Date;
use rayon::prelude::*;
use remembered::Remembered;
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

/// What is reported, and what is excused but for markers in the texts.
#[derive(Debug)]
pub struct Policy {
    /// What is reported at all.
    pub thresholds: Thresholds,
    /// The baseline.
    pub known: Known,
    /// What configuration files say, that of the run and those of folders.
    pub folders: Option<Arc<Folders>>,
    /// Fingerprints that need not be made again.
    pub remembered: Option<Remembered>,
    /// Whether markers that are meant for other tools excuse.
    pub foreign_markers: bool,
    /// The day on which it is asked whether an excuse still holds.
    pub today: Date,
}

impl Policy {
    /// Reports everything, and excuses nothing.
    #[must_use]
    pub fn everything() -> Self {
        let thresholds = Thresholds { confidence: Confidence::Low, severity: Severity::Low };
        Self {
            thresholds,
            known: Known::default(),
            folders: None,
            remembered: None,
            foreign_markers: true,
            today: Date::ZERO,
        }
    }

    /// Whether an excuse counts at all, over or not.
    #[must_use]
    pub fn honours(&self, excuse: &Excuse) -> bool {
        self.foreign_markers || excuse.by != Authority::ForeignMarker
    }

    /// Whether a candidate is reported where it stands.
    #[must_use]
    pub fn admit(&self, candidate: &Candidate) -> bool {
        self.thresholds.admit(candidate)
            && self.folders.as_ref().is_none_or(|folders| folders.admit(candidate))
    }
}

/// What triage makes of the candidates of a scan.
#[derive(Debug, Default)]
pub struct Sorted {
    /// The findings, worst first, then by place.
    pub findings: Vec<Finding>,
    /// Findings under the thresholds.
    pub below: usize,
    /// How many places each excuse has excused, or would have if it were not over.
    pub uses: BTreeMap<Arc<Excuse>, usize>,
}

/// A candidate, and why it is none of today's business, if it is not.
#[derive(Debug)]
pub struct Judged {
    /// The candidate.
    pub candidate: Candidate,
    /// What excuses it.
    pub excuse: Option<Arc<Excuse>>,
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
    pub fn reaches(&self, policy: &Policy) -> bool {
        policy.admit(&self.candidate)
    }
}

/// Groups the candidates by secret, and sorts the findings. `below` are secrets that are not
/// reported, if no candidate says otherwise.
#[must_use]
pub fn sort(
    candidates: Vec<Judged>,
    below: BTreeSet<Key>,
    exposures: &Exposures,
    policy: &Policy,
) -> Sorted {
    let mut groups: BTreeMap<Key, Vec<Judged>> =
        below.into_iter().map(|key| (key, Vec::new())).collect();
    for judged in candidates {
        groups.entry(judged.key()).or_default().push(judged);
    }
    let groups: Vec<_> = groups.into_iter().collect();
    let reaches = |(_, group): &(Key, Vec<Judged>)| group.iter().any(|one| one.reaches(policy));
    let (kept, below): (Vec<_>, Vec<_>) = groups.into_iter().partition(reaches);
    let group = |(key, group): (Key, Vec<Judged>)| {
        let in_tree = group.iter().any(|judged| judged.candidate.location.is_in_tree());
        let exposure = exposures.of(&key, in_tree);
        let known = policy.remembered.as_ref().and_then(|known| known.get(&key.0, &key.1));
        let fingerprint = known.map_or_else(OnceLock::new, OnceLock::from);
        Group { secret: key.1, judged: group, fingerprint, uses: Vec::new() }
            .finding(exposure, policy)
    };
    let found: Vec<(Finding, Vec<Arc<Excuse>>)> = kept.into_par_iter().filter_map(group).collect();
    let mut sorted = Sorted { below: below.len(), ..Sorted::default() };
    for (finding, uses) in found {
        sorted.findings.push(finding);
        for excuse in uses {
            *sorted.uses.entry(excuse).or_default() += 1;
        }
    }
    sorted.findings.sort_by(|a, b| order(a).cmp(&order(b)));
    sorted
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

/// All candidates of one secret.
struct Group {
    secret: Secret,
    judged: Vec<Judged>,
    fingerprint: OnceLock<Fingerprint>,
    /// The excuses that came into question, each as often as there are places.
    uses: Vec<Arc<Excuse>>,
}

impl Group {
    /// The finding of a group, which is not empty, with the excuses that came into question. It is excused
    /// only if it is excused everywhere.
    fn finding(
        mut self,
        exposure: Exposure,
        policy: &Policy,
    ) -> Option<(Finding, Vec<Arc<Excuse>>)> {
        self.judged.sort_by(|a, b| a.candidate.location.cmp(&b.candidate.location));
        excuse_the_past(&mut self.judged);
        self.excuse(policy);
        let best = self.judged.iter().max_by_key(|judged| judged.candidate.confidence)?;
        let Candidate { confidence, entropy, score, .. } = best.candidate;
        let rule: Arc<Rule> = best.candidate.rule.clone();
        let verification: Verification = best.candidate.verification.clone();
        let triage = triage(&self.judged);
        let mut finding = Finding {
            fingerprint: self.fingerprint,
            rule,
            secret: self.secret,
            confidence,
            entropy,
            score,
            verification,
            locations: Vec::new(),
            exposure,
            triage,
        };
        if finding.triage == Triage::New
            && let Some(known) = policy.known.find(&finding)
        {
            self.uses.push(known.clone());
            if !known.is_over(policy.today) {
                finding.triage = Triage::of(known.clone());
            }
        }
        // The places that are not excused are the ones to look at.
        if finding.triage == Triage::New {
            self.judged.retain(|judged| judged.excuse.is_none());
        }
        finding.locations = self.judged.into_iter().map(|j| j.candidate.location).collect();
        Location::sort(&mut finding.locations);
        Some((finding, self.uses))
    }

    /// Asks the configuration about places that no marker excuses, and takes excuses back that hold no more.
    fn excuse(&mut self, policy: &Policy) {
        let Self { judged, fingerprint, uses, .. } = self;
        for Judged { candidate, excuse } in judged {
            if excuse.as_ref().is_some_and(|excuse| !policy.honours(excuse)) {
                *excuse = None;
            }
            if let Some(over) = excuse.take_if(|excuse| excuse.is_over(policy.today)) {
                uses.push(over);
            }
            if let Some(held) = excuse {
                uses.push(held.clone());
                continue;
            }
            let print = || {
                let (rule, secret) = (candidate.rule.id(), &candidate.secret);
                fingerprint.get_or_init(|| Fingerprint::new(rule, secret))
            };
            let folders = policy.folders.as_ref();
            let suppressed = folders.and_then(|folders| folders.excuse(candidate, print));
            uses.extend(suppressed.clone());
            *excuse = suppressed.filter(|excuse| !excuse.is_over(policy.today));
        }
    }
}

/// What all places of a finding together make of it.
fn triage(group: &[Judged]) -> Triage {
    let excuses: Option<Vec<&Arc<Excuse>>> =
        group.iter().map(|judged| judged.excuse.as_ref()).collect();
    let Some(excuses) = excuses else { return Triage::New };
    let past = excuses.iter().find(|excuse| excuse.by == Authority::Past);
    past.or(excuses.first()).map_or(Triage::New, |excuse| Triage::of(Arc::clone(excuse)))
}

/// What is excused in a file of the working tree was excused with its past in mind: the versions of
/// that file before the marker was written cannot get one.
fn excuse_the_past(group: &mut [Judged]) {
    let of_tree = group.iter().filter(|judged| judged.candidate.location.is_in_tree());
    let excused: BTreeMap<_, _> = of_tree
        .filter(|judged| judged.excuse.as_ref().is_some_and(|excuse| excuse.is_marker()))
        .map(|judged| (judged.candidate.location.origin.path.clone(), judged.excuse.clone()))
        .collect();
    for judged in group {
        let location = &judged.candidate.location;
        if location.past.is_some() && judged.excuse.is_none() {
            judged.excuse = excused.get(&location.origin.path).cloned().flatten();
        }
    }
}
