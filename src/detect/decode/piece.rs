//! Which part of an encoded text a trigger opens.
//!
//! A long text is searched in pieces: the first trigger in it owns what follows, and so does each one
//! that the bytes at it select, up to the next such trigger. So what a trigger opens depends on the
//! bytes near it alone, and all is searched about once.

use super::{Anchor, Decoder, Spot};
use crate::detect::search::MAX_RUN_BACK;
use crate::detect::trace::Looked;
use crate::detect::trigger::{TriggerScanner, Triggers};
use std::ops::{Range, RangeInclusive};

/// Bytes before a trigger in which it must be the first, and which are decoded, too.
const FIRST: usize = 1024;

/// The most that one trigger owns.
const OWNED: usize = 20 * 1024;

/// Bytes behind what is owned that are decoded, too.
const AHEAD: usize = 4 * 1024;

/// Bytes that are searched for the next owner at once.
const STEP: usize = 1024;

/// Bytes beyond a trigger by which is told that it holds.
const NEAR: usize = 160;

/// Selected triggers own nothing this close behind another one: in text that repeats itself all of them
/// may be selected.
const SPACING: usize = 512;

/// Bytes before a trigger that are searched for others first.
const CLOSE: usize = 128;

/// One in so many triggers is selected.
const SELECTED: u64 = 32;

/// A part of an encoded text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::detect) struct Piece {
    /// What is to be decoded.
    pub(in crate::detect) range: Range<usize>,
    /// What of it is to be searched for triggers.
    pub(in crate::detect) owned: Range<usize>,
}

/// Whether the bytes at `at` select a trigger there.
pub(super) fn is_selected(text: &[u8], at: usize) -> bool {
    let Some(bytes) = text[at..].first_chunk() else { return false };
    let hash = u64::from_le_bytes(*bytes).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    // Only the highest bits depend on all bytes.
    hash < u64::MAX / SELECTED
}

impl Piece {
    /// What the trigger at `spot` opens, if the decoder reads the text there.
    pub(in crate::detect) fn opened(
        decoder: &dyn Decoder,
        text: &[u8],
        spot: &Spot,
        triggers: &TriggerScanner,
        looked: &mut Looked,
    ) -> Option<Self> {
        let anchor = decoder.anchor(text, spot)?;
        let Anchor { at, selected } = anchor;
        let others = Others { decoder, text, triggers };
        let least = at.saturating_sub(FIRST);
        let start = decoder.start(text, at, least);
        looked.back_to(least.saturating_sub(NEAR + MAX_RUN_BACK));
        looked.on_to(spot.at + NEAR);
        let first = !others.any_before(spot.at, start..=at, |_| true);
        let near = start.max(at.saturating_sub(SPACING));
        if !first && (!selected || others.any_before(spot.at, near..=at, |other| other.selected)) {
            return None;
        }
        let most = (at + OWNED + AHEAD).min(text.len());
        let end = decoder.end(text, start, at, most);
        looked.on_to(end + NEAR);
        let next = others.next_owner(anchor, end.min(at + OWNED));
        Some(Self {
            range: start..end.min(next + AHEAD),
            owned: if first { start } else { at }..next,
        })
    }
}

/// The other triggers of an encoded text.
struct Others<'a> {
    decoder: &'a dyn Decoder,
    text: &'a [u8],
    triggers: &'a TriggerScanner,
}

impl Others<'_> {
    /// The triggers in a range that the decoder reads, in their order.
    fn anchors(&self, range: Range<usize>) -> Vec<Anchor> {
        let mut found = Triggers::default();
        self.triggers.scan(self.text, range, &mut found);
        let runs = found.runs.into_iter().map(|at| Spot::of_run(self.text, at));
        let literals = found.literals.into_iter().map(|(at, _)| Spot::of_literal(self.text, at));
        let spots = runs.chain(literals);
        let mut anchors: Vec<Anchor> =
            spots.filter_map(|spot| self.decoder.anchor(self.text, &spot)).collect();
        anchors.sort_unstable_by_key(|anchor| anchor.at);
        anchors
    }

    /// Whether a trigger before `at` stands in the `part` already, and is one that counts.
    fn any_before(
        &self,
        at: usize,
        part: RangeInclusive<usize>,
        counts: impl Fn(&Anchor) -> bool,
    ) -> bool {
        let is_other = |anchor: &Anchor| part.contains(&anchor.at) && counts(anchor);
        let any =
            |range: Range<usize>| !range.is_empty() && self.anchors(range).iter().any(is_other);
        // In dense text there is one close by.
        let near = at.saturating_sub(CLOSE).max(*part.start());
        any(near..at) || any(*part.start()..near)
    }

    /// The first trigger behind `owner` that owns what follows it, or `end`.
    fn next_owner(&self, owner: Anchor, end: usize) -> usize {
        let (mut last, mut last_selected) = (owner.at, owner.selected.then_some(owner.at));
        let mut from = owner.at;
        while from < end {
            let to = (from + STEP).min(end);
            for next in self.anchors(from..to).iter().filter(|next| next.at > owner.at) {
                let apart = last_selected.is_none_or(|last| next.at > last + SPACING);
                if next.selected && apart || next.at > last + FIRST {
                    return next.at.min(end);
                }
                last = next.at;
                last_selected = if next.selected { Some(next.at) } else { last_selected };
            }
            from = to;
        }
        end
    }
}
