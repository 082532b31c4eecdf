//! What became of each trigger, so that a text which is mostly copied from another one need not be
//! searched again where it is the same.
//!
//! What a trigger leads to depends on the bytes that were looked at, and these are noted. Where a
//! text holds the same bytes as its base all around a trigger, the trace of the base is moved to its
//! new place; where they were cut, the trigger is followed again; and only what was inserted, and
//! the seams, are searched for triggers.

use super::Match;
use super::search::{MAX_RUN, MAX_RUN_BACK};
use super::trigger::is_token;
use crate::blob::Copied;
use std::ops::Range;

/// Bytes on both sides of a trigger that are looked at before its trace is noted: what stands
/// between a run and the name before it, and a prefix. A run that goes on further is added to it.
const NEAR: usize = 144;

/// A run of token characters is looked at no further than this.
const FAR: usize = MAX_RUN_BACK + MAX_RUN;

/// The bytes that following a trigger has looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Looked {
    from: usize,
    to: usize,
}

impl Looked {
    pub(crate) fn at(at: usize) -> Self {
        Self { from: at, to: at }
    }

    pub(crate) fn back_to(&mut self, at: usize) {
        self.from = self.from.min(at);
    }

    pub(crate) fn on_to(&mut self, at: usize) {
        self.to = self.to.max(at);
    }

    fn is_near(&self, at: usize) -> bool {
        self.from + NEAR >= at && self.to <= at + NEAR
    }
}

/// What calls for a closer look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Trigger {
    /// A run of token characters.
    Run,
    /// The literal of this index.
    Literal(u32),
}

/// A trigger that was followed.
#[derive(Debug, Clone)]
struct Trace {
    at: usize,
    trigger: Trigger,
    looked: Looked,
    /// Its matches, in the list of all.
    matches: Range<usize>,
}

/// The traces of all triggers that led further than their nearest surroundings.
#[derive(Debug, Default, Clone)]
pub struct Traces {
    followed: Vec<Trace>,
    /// All that rules have matched, before rules that overlap are resolved.
    pub(super) matches: Vec<Match>,
    /// Where inline suppressions stand.
    pub(super) allows: Vec<usize>,
}

impl Traces {
    /// All that rules have matched, for [`super::Detector::settle`].
    #[must_use]
    pub fn matches(&self) -> &[Match] {
        &self.matches
    }

    /// Where inline suppressions stand, in the order of the text.
    #[must_use]
    pub fn allows(&self) -> &[usize] {
        &self.allows
    }

    /// The same traces, and more matches.
    #[must_use]
    pub fn with(mut self, matches: Vec<Match>) -> Self {
        self.matches.extend(matches);
        self
    }

    /// Notes a trigger at `at` whose matches are those from `first` on.
    pub(super) fn note(&mut self, at: usize, trigger: Trigger, looked: Looked, first: usize) {
        let matches = first..self.matches.len();
        if matches.is_empty() && looked.is_near(at) {
            return;
        }
        self.followed.push(Trace { at, trigger, looked, matches });
    }

    /// Brings the traces into the order of the text.
    pub(super) fn sort(&mut self) {
        self.followed.sort_by_key(|trace| (trace.at, trace.trigger));
        self.allows.sort_unstable();
    }

    /// Moves what still holds in a text that is made of `copies` of this one's, and calls `again`
    /// for each trigger that has to be followed again. `changed` is what will be searched anyway.
    pub(super) fn carry(
        &self,
        change: &Change,
        changed: &[Range<usize>],
        moved: &mut Self,
        mut again: impl FnMut(usize, Trigger),
    ) {
        for copied in change.copies {
            let from = copied.base;
            let end = from + copied.len;
            let new = |at: usize| at - from + copied.at;
            let is_searched = |at: usize| {
                let before = changed.partition_point(|region| region.end <= at);
                changed.get(before).is_some_and(|region| region.contains(&at))
            };
            let allows =
                self.allows.iter().filter(|at| (from..end).contains(at)).map(|at| new(*at));
            moved.allows.extend(allows.filter(|at| !is_searched(*at)));
            let first = self.followed.partition_point(|trace| trace.at < from);
            for trace in self.followed[first..].iter().take_while(|trace| trace.at < end) {
                let at = new(trace.at);
                if is_searched(at) {
                    continue;
                }
                let Looked { from: back, to: ahead } = trace.looked;
                let begins = if back == 0 { from == 0 && copied.at == 0 } else { back >= from };
                let ends = if ahead >= change.base_length {
                    end == change.base_length && copied.at + copied.len == change.length
                } else {
                    ahead <= end
                };
                if !(begins && ends) {
                    again(at, trace.trigger);
                    continue;
                }
                let matches = &self.matches[trace.matches.clone()];
                let first = moved.matches.len();
                moved.matches.extend(matches.iter().map(|found| {
                    let span = new_span(&found.span, copied);
                    Match { span, ..found.clone() }
                }));
                let looked = Looked {
                    from: if back == 0 { 0 } else { new(back) },
                    to: ahead - from + copied.at,
                };
                moved.followed.push(Trace {
                    at,
                    trigger: trace.trigger,
                    looked,
                    matches: first..moved.matches.len(),
                });
            }
        }
    }
}

fn new_span(span: &Range<usize>, copied: &Copied) -> Range<usize> {
    span.start - copied.base + copied.at..span.end - copied.base + copied.at
}

/// How a text comes from its base.
#[derive(Debug, Clone, Copy)]
pub struct Change<'a> {
    /// What is copied, in the order of the text; all else was inserted.
    pub copies: &'a [Copied],
    /// Length of the base, in bytes.
    pub base_length: usize,
    /// Length of the text, in bytes.
    pub length: usize,
}

impl Change<'_> {
    /// What has to be searched for triggers: all that was inserted, and the seams, with what a
    /// trigger looks at before its trace is noted.
    pub(super) fn regions(&self, text: &[u8]) -> Vec<Range<usize>> {
        let mut regions: Vec<Range<usize>> = Vec::new();
        let mut add = |change: Range<usize>| {
            let region = widened(change, text);
            match regions.last_mut() {
                Some(last) if last.end >= region.start => last.end = last.end.max(region.end),
                _ => regions.push(region),
            }
        };
        // Where the last copy ended, here and in the base.
        let (mut at, mut base) = (0, 0);
        for copied in self.copies {
            if copied.at > at || copied.base != base {
                add(at..copied.at);
            }
            at = copied.at + copied.len;
            base = copied.base + copied.len;
        }
        if at < self.length || base != self.base_length {
            add(at..self.length);
        }
        regions
    }
}

/// A changed range with what is near it, and with the runs that reach into that.
fn widened(change: Range<usize>, text: &[u8]) -> Range<usize> {
    let start = change.start.saturating_sub(NEAR);
    let before = text[..start].iter().rev().take(FAR).take_while(|b| is_token(**b)).count();
    let end = (change.end + NEAR).min(text.len());
    let behind = text[end..].iter().take(FAR).take_while(|b| is_token(**b)).count();
    start - before..end + behind
}
