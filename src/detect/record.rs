//! What detection does beside finding: how long each rule works, and which rules meet on the same
//! bytes. Kept for those who measure rules; a scan has no record.

use super::{Match, Rules, overlap};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A record that all threads write.
#[derive(Debug)]
pub struct Record {
    /// For each rule of the set.
    work: Vec<Counter>,
    /// By the winner and the loser.
    overlaps: Mutex<BTreeMap<(usize, usize), Overlaps>>,
}

#[derive(Debug, Default)]
struct Counter {
    runs: AtomicU64,
    nanoseconds: AtomicU64,
}

/// What a rule has done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Work {
    /// How often its pattern was run.
    pub runs: u64,
    /// How long its pattern, its check and the filters worked, on all threads together.
    pub time: Duration,
}

/// How often a rule won against another one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Overlaps {
    /// How often matches of the two lay on each other.
    pub times: u64,
    /// How often on exactly the same bytes.
    pub same_bytes: u64,
}

/// One run of a rule, which ends when this is dropped.
pub(super) struct Run<'a> {
    counter: &'a Counter,
    begin: Instant,
}

impl Drop for Run<'_> {
    fn drop(&mut self) {
        let nanoseconds = self.begin.elapsed().as_nanos() as u64;
        self.counter.runs.fetch_add(1, Ordering::Relaxed);
        self.counter.nanoseconds.fetch_add(nanoseconds, Ordering::Relaxed);
    }
}

impl Record {
    /// An empty record for so many rules.
    pub(super) fn new(rules: usize) -> Self {
        let work = (0..rules).map(|_| Counter::default()).collect();
        Self { work, overlaps: Mutex::default() }
    }

    /// Notes that a rule works from now on until the answer is dropped.
    pub(super) fn run(&self, rule: usize) -> Run<'_> {
        Run { counter: &self.work[rule], begin: Instant::now() }
    }

    /// Notes which of the `matches` lie on each other, as far as the loser begins in `owned`.
    pub(super) fn note(&self, mut matches: Vec<Match>, rules: &Rules, owned: &Range<usize>) {
        overlap::sort(&mut matches);
        let all = self.overlaps.lock();
        let mut all = all.unwrap_or_else(std::sync::PoisonError::into_inner);
        for (winner, loser) in overlap::pairs(&matches, rules) {
            if winner.rule != loser.rule && owned.contains(&loser.span.start) {
                let overlaps = all.entry((winner.rule, loser.rule)).or_default();
                overlaps.times += 1;
                overlaps.same_bytes += u64::from(winner.span == loser.span);
            }
        }
    }

    /// What the rule with this index has done.
    #[must_use]
    pub fn work(&self, rule: usize) -> Work {
        let Counter { runs, nanoseconds } = &self.work[rule];
        let time = Duration::from_nanos(nanoseconds.load(Ordering::Relaxed));
        Work { runs: runs.load(Ordering::Relaxed), time }
    }

    /// Which rules met, before the better match won: the indexes of the winner and of the loser, and
    /// how often.
    #[must_use]
    pub fn overlaps(&self) -> BTreeMap<(usize, usize), Overlaps> {
        self.overlaps.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }
}
