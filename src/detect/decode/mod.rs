//! Views of parts of a text that are written in another way: base64, hexadecimal, percent-encoding,
//! escapes of strings, HTML entities. One file an encoding, registered in `DECODERS`.
//!
//! A view is opened from a trigger that exists anyway: a run of digits that decode to text, or a word
//! beside which something is escaped. What a view holds is searched like any text, one level deeper,
//! and what is found there stands where its encoded bytes stand.

mod base64;
mod digits;
mod entities;
mod escapes;
mod hex;
mod percent;
mod piece;
#[cfg(test)]
mod tests;
mod view;

pub(super) use digits::is_deep;
pub(super) use piece::Piece;
pub(super) use view::View;

use super::search::MAX_RUN_BACK;
use super::trigger::is_token;
use crate::kind::FileKind;
use std::ops::Range;

/// Views in views are opened down to this depth.
pub(super) const MAX_DEPTH: usize = 3;

/// A word of a literal is looked at so far on both sides.
const MAX_WORD: usize = 40;

/// The end of a run is looked for this far behind a trigger in it.
const MAX_END: usize = 160;

/// Reads one way of writing text.
pub(super) trait Decoder: Sync {
    /// What reports call it.
    fn name(&self) -> &'static str;

    /// Literals that betray text that is written so where no other trigger does: in lower case, each of
    /// at least three bytes.
    fn literals(&self) -> &'static [&'static str] {
        &[]
    }

    /// Where the trigger at `spot` stands in text that is written so, if the nearest bytes say that it
    /// does.
    fn anchor(&self, text: &[u8], spot: &Spot) -> Option<Anchor>;

    /// Where the text that is written so begins around `anchor`, not before `least`.
    fn start(&self, text: &[u8], anchor: usize, least: usize) -> usize;

    /// Where that text ends, if it begins at `start`, not behind `most`.
    fn end(&self, text: &[u8], start: usize, anchor: usize, most: usize) -> usize;

    /// Adds what `text[range]` means to the view.
    fn decode(&self, text: &[u8], range: Range<usize>, view: &mut View);

    /// The kind of file that such text mostly is.
    fn kind(&self) -> FileKind;
}

/// A trigger in encoded text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Anchor {
    pub(super) at: usize,
    /// Whether it opens a view even if it is not the first.
    pub(super) selected: bool,
}

/// Of the decoders, those that read digits: a bit for each, by its place among all.
pub(super) const DIGITS: u8 = 0b11;
/// The others, which read what is escaped.
pub(super) const ESCAPES: u8 = 0b1_1100;

/// All decoders. A new one is added here.
pub(super) static DECODERS: [&dyn Decoder; 5] =
    [&base64::BASE64, &hex::HEX, &percent::Percent, &escapes::Escapes, &entities::Entities];

/// Where a trigger stands.
#[derive(Debug, Clone)]
pub(super) struct Spot {
    /// The trigger.
    pub(super) at: usize,
    /// The word that it stands in.
    pub(super) word: Range<usize>,
    pub(super) of_run: bool,
}

impl Spot {
    /// That of a run with a trigger at `at`.
    pub(super) fn of_run(text: &[u8], at: usize) -> Self {
        let before = text[at.saturating_sub(MAX_RUN_BACK)..at].iter().rev();
        let behind = text[at..].iter().take(MAX_END);
        let start = at - before.take_while(|b| is_token(**b)).count();
        let end = at + behind.take_while(|b| is_token(**b)).count();
        Self { at, word: start..end, of_run: true }
    }

    /// That of the literal at `at`.
    pub(super) fn of_literal(text: &[u8], at: usize) -> Self {
        let of_word = |b: &&u8| is_token(**b) || **b == b'.';
        let before = text[at.saturating_sub(MAX_WORD)..at].iter().rev().take_while(of_word);
        let behind = text[at..].iter().take(MAX_WORD).take_while(of_word);
        Self { at, word: at - before.count()..at + behind.count(), of_run: false }
    }
}

/// The decoders that may read the run, which is nearly always none. Asked for every run, so in few steps.
#[inline]
pub(super) fn of_run(text: &[u8], run: Range<usize>) -> u8 {
    let digits = run.len() >= digits::SHORTEST
        && (matches!(text[..run.start], [.., b'+' | b'/'])
            || base64::BASE64.may_begin(text, run.start)
            || hex::HEX.may_begin(text, run.start));
    let escapes = is_escaped_beside(text, run);
    (if digits { DIGITS } else { 0 }) | (if escapes { ESCAPES } else { 0 })
}

/// The decoders that may read the word of a literal, which is mostly none.
pub(super) fn of_literal(text: &[u8], spot: &Spot) -> u8 {
    let itself = matches!(text[spot.at..], [b'%' | b'\\', ..] | [b':', b'\\', ..]);
    if itself || is_escaped_beside(text, spot.word.clone()) { ESCAPES } else { 0 }
}

/// Whether the bytes right beside a word may be escaped.
#[inline]
fn is_escaped_beside(text: &[u8], word: Range<usize>) -> bool {
    let before = match text[..word.start] {
        [.., b'\\'] => matches!(text[word.start..], [b'u' | b'x' | b'n' | b'r' | b't', ..]),
        [.., b'%' | b';'] | [.., b'\\', b'"' | b'\''] => true,
        _ => false,
    };
    before || matches!(text[word.end..], [b'%' | b'\\' | b'&', ..])
}

/// The decoders of a set, a bit for each.
pub(super) fn of_set(set: u8) -> impl Iterator<Item = &'static dyn Decoder> {
    let chosen = move |(bit, _): &(usize, _)| set & 1 << bit != 0;
    DECODERS.iter().copied().enumerate().filter(chosen).map(|(_, decoder)| decoder)
}

/// The word around a trigger in text that is escaped here and there.
fn escaped(text: &[u8], spot: &Spot) -> Anchor {
    let at = spot.word.start;
    Anchor { at, selected: piece::is_selected(text, at) }
}

/// Where the bytes that are `inside` begin which end where `range` does.
fn stretch_start(text: &[u8], range: Range<usize>, inside: impl Fn(u8) -> bool) -> usize {
    range.end - text[range].iter().rev().take_while(|b| inside(**b)).count()
}

/// Where the bytes that are `inside` end which begin where `range` does.
fn stretch_end(text: &[u8], range: Range<usize>, inside: impl Fn(u8) -> bool) -> usize {
    range.start + text[range].iter().take_while(|b| inside(**b)).count()
}

/// The byte that two hexadecimal digits stand for.
fn hex_byte(text: &[u8]) -> Option<u8> {
    let digit = |at: usize| char::from(*text.get(at)?).to_digit(16);
    u8::try_from(digit(0)? << 4 | digit(1)?).ok()
}

/// Whether a byte is printable ASCII, a tab or an end of a line.
fn is_printable(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r')
}
