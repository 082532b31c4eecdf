//! What the suppressions of a scan did: which excuses what, which excuses nothing, which are over.

use super::{Policy, Sorted};
use crate::finding::{Authority, Excuse};
use jiff::civil::Date;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A suppression, and what it did.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Audited {
    /// Who excuses.
    pub excuse: Arc<Excuse>,
    /// What is excused, as far as that is written beside it.
    pub what: Option<String>,
    /// The places of secrets that it excuses, or would excuse if it were not over.
    pub places: usize,
    /// Whether it is over.
    pub over: bool,
}

impl Audited {
    /// What it did, in words.
    #[must_use]
    pub fn effect(&self) -> String {
        let places = match self.places {
            1 => "1 place".to_owned(),
            n => format!("{n} places"),
        };
        match (self.excuse.expires.filter(|_| self.over), self.places) {
            (Some(last), 0) => format!("over since {last}, and not needed"),
            (Some(last), _) => format!("over since {last}; it excused {places}"),
            (None, 0) => "excuses nothing of what was scanned".to_owned(),
            (None, _) => format!("excuses {places}"),
        }
    }
}

/// The suppressions that a scan met, in the order of their places: `markers` are those of the texts, with
/// what they excuse. Of the baseline only what excuses something, as most scans see a part of it.
#[must_use]
pub fn audit(sorted: &Sorted, markers: Vec<(Excuse, String)>, policy: &Policy) -> Vec<Audited> {
    let markers = markers.into_iter().map(|(excuse, what)| (Arc::new(excuse), what));
    let configured = policy.folders.iter().flat_map(|folders| folders.suppressions());
    let written: BTreeMap<Arc<Excuse>, String> = markers.chain(configured).collect();
    let audited = |excuse: &Arc<Excuse>, what: Option<&String>| Audited {
        excuse: excuse.clone(),
        what: what.cloned(),
        places: sorted.uses.get(excuse).copied().unwrap_or(0),
        over: excuse.is_over(policy.today),
    };
    let unwritten = sorted
        .uses
        .keys()
        .filter(|excuse| excuse.by != Authority::Past && !written.contains_key(*excuse));
    let mut all: Vec<Audited> = written.iter().map(|(e, what)| audited(e, Some(what))).collect();
    all.extend(unwritten.map(|excuse| audited(excuse, None)));
    all.sort_by(|a, b| (order(&a.excuse), a).cmp(&(order(&b.excuse), b)));
    all
}

/// By file and line.
fn order(excuse: &Excuse) -> (Option<(&str, usize)>, Option<Date>) {
    let place = excuse.place.as_deref().map(|place| {
        let (file, line) = place.rsplit_once(':').unwrap_or((place, "0"));
        line.parse().map_or((place, 0), |line| (file, line))
    });
    (place, excuse.expires)
}

/// A remark on each suppression that is over, and that would excuse something.
#[must_use]
pub fn notes(audited: &[Audited]) -> Vec<String> {
    let over = audited.iter().filter(|one| one.over && one.places > 0);
    over.map(|one| note(&one.excuse)).collect()
}

/// The remark that an excuse is over.
#[must_use]
pub fn note(excuse: &Excuse) -> String {
    let place = excuse.place.as_deref().unwrap_or("a suppression");
    let last = excuse.expires.unwrap_or(Date::MAX);
    let reason = &excuse.reason;
    format!("{place}: this ended on {last}, and what it excused is told again: {reason}")
}
