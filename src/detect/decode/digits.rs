//! Text whose bytes are written in digits of some bits each: base64 and hexadecimal. It may be wrapped
//! into lines.

use super::piece::is_selected;
use super::{Anchor, Decoder, Spot, View, is_printable};
use crate::kind::FileKind;
use std::ops::Range;

/// A value that is no digit.
pub(super) const NONE: u8 = u8::MAX;

/// Digits before a trigger by which it is told, without the beginning, that it is in such text.
const DEEP: usize = 32;

/// Token characters of a run that is worth a look.
pub(super) const SHORTEST: usize = 20;

/// How far before a run that a digit of another kind has cut off the digits may begin.
const MAX_CUT: usize = 40;

/// Lines at least this long go on in the next one, and are indented by so many blanks at most.
const LINE: usize = 56;
const MAX_INDENT: usize = 40;

/// Bytes by which digits are told to be text.
const PROBE: usize = 10;

/// A way of writing bytes in digits.
pub(super) struct Digits {
    pub(super) name: &'static str,
    /// What each byte is worth as a digit.
    pub(super) values: [u8; 256],
    /// Bits of a digit.
    pub(super) bits: u32,
    /// Digits that end with a byte's last bit.
    pub(super) group: usize,
    /// Digits that are worth a look.
    pub(super) least: usize,
}

impl Digits {
    /// Whether the first four digits from `at` on may begin a text. Asked for many runs, so in few steps.
    #[inline]
    pub(super) fn may_begin(&self, text: &[u8], at: usize) -> bool {
        let Some(digits) = text[at..].first_chunk::<4>() else { return false };
        let values = |n: usize| u32::from(self.values[usize::from(digits[n])]);
        let half = values(0) << self.bits | values(1);
        // Nearly all runs are sorted out here.
        if !is_printable((half >> (2 * self.bits - 8)) as u8) {
            return false;
        }
        let all = (half << self.bits | values(2)) << self.bits | values(3);
        let second = (all >> (4 * self.bits - 16)) as u8;
        digits.iter().all(|b| self.is_digit(*b)) && (is_printable(second) || second == 0)
    }

    fn is_digit(&self, byte: u8) -> bool {
        self.values[usize::from(byte)] != NONE
    }

    /// Whether a line of digits ends before `at`.
    fn ends_line(&self, text: &[u8], at: usize) -> bool {
        at >= LINE && text[at - LINE..at].iter().all(|b| self.is_digit(*b))
    }

    /// Where the next line of digits begins, if a line of them ends at `at`.
    fn next_line(&self, text: &[u8], at: usize) -> Option<usize> {
        let rest = text.get(at..)?;
        let rest = rest.strip_prefix(b"\r").unwrap_or(rest).strip_prefix(b"\n")?;
        let indent = rest.iter().take(MAX_INDENT).take_while(|b| b" \t".contains(b)).count();
        let next = text.len() - rest.len() + indent;
        let goes_on = text.get(next).is_some_and(|b| self.is_digit(*b));
        (goes_on && self.ends_line(text, at)).then_some(next)
    }

    /// Where the line of digits before ends, if a line of them begins at `at`.
    fn last_line(&self, text: &[u8], at: usize) -> Option<usize> {
        let before = text[..at].iter().rev().take(MAX_INDENT);
        let line = &text[..at - before.take_while(|b| b" \t".contains(b)).count()];
        let line = line.strip_suffix(b"\n")?;
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        self.ends_line(text, line.len()).then_some(line.len())
    }

    /// Where digits begin without whose beginning the run at `start` would be cut off.
    fn begin(&self, text: &[u8], start: usize) -> Option<usize> {
        let least = start.saturating_sub(MAX_CUT);
        let before = text[least..start].iter().rev();
        let begin = start - before.take_while(|b| self.is_digit(**b)).count();
        (begin > least || begin == 0).then_some(begin)
    }

    /// The bytes that digits from `at` on stand for, without the next line.
    fn first_bytes(&self, text: &[u8], at: usize) -> impl Iterator<Item = u8> {
        let digits = text[at..].iter().map(|b| self.values[usize::from(*b)]);
        let (mut value, mut bits) = (0, 0);
        digits.take_while(|digit| *digit != NONE).filter_map(move |digit| {
            value = value << self.bits | u32::from(digit);
            bits += self.bits;
            (bits >= 8).then(|| {
                bits -= 8;
                (value >> bits) as u8
            })
        })
    }

    /// Whether digits from `at` on stand for text.
    fn begins_text(&self, text: &[u8], at: usize) -> bool {
        let mut bytes = self.first_bytes(text, at).take(PROBE);
        let Some(first) = bytes.next().filter(|b| is_printable(*b)) else { return false };
        let Some(second) = bytes.next() else { return false };
        let wide = second == 0 && first != 0;
        let printable = |(n, byte): (usize, u8)| {
            if wide && n % 2 == 1 { byte == 0 } else { is_printable(byte) }
        };
        (wide || is_printable(second)) && (2..).zip(bytes).all(printable)
    }

    /// Where a group of digits begins, the bytes of which are text, near a trigger in the middle of
    /// digits.
    fn group_near(&self, text: &[u8], at: usize) -> Option<usize> {
        // UTF-16 may begin with the other half of a character.
        (at..at + 2 * self.group).find(|at| *at < text.len() && self.begins_text(text, *at))
    }

    /// The digit before `at`, perhaps in the line before.
    fn previous(&self, text: &[u8], at: usize) -> Option<usize> {
        let last = at.checked_sub(1)?;
        if self.is_digit(text[last]) {
            return Some(last);
        }
        self.last_line(text, at).map(|end| end - 1)
    }

    /// Where whole groups of digits begin that end before `at`, not before `least`.
    fn first_group(&self, text: &[u8], mut at: usize, least: usize) -> usize {
        loop {
            let mut begin = at;
            for _ in 0..self.group {
                match self.previous(text, begin).filter(|at| *at >= least) {
                    Some(previous) => begin = previous,
                    None => return at,
                }
            }
            at = begin;
        }
    }

    /// Whether digits that are worth a look, and are text, begin at `at`.
    fn begins(&self, text: &[u8], at: usize) -> bool {
        let long = text
            .get(at..at + self.least)
            .is_some_and(|digits| digits.iter().all(|b| self.is_digit(*b)));
        long && self.begins_text(text, at) && self.last_line(text, at).is_none()
    }
}

/// Whether the trigger at `at`, in a run that begins at `start`, may be one in the middle of digits that
/// opens a view.
#[inline]
pub(in crate::detect) fn is_deep(text: &[u8], start: usize, at: usize) -> bool {
    at - start >= DEEP && is_selected(text, at)
}

impl Decoder for Digits {
    fn name(&self) -> &'static str {
        self.name
    }

    fn anchor(&self, text: &[u8], spot: &Spot) -> Option<Anchor> {
        let Spot { at, ref word, of_run } = *spot;
        if !of_run || word.len() < SHORTEST {
            return None;
        }
        if is_deep(text, word.start, at) {
            return self.group_near(text, at).map(|at| Anchor { at, selected: true });
        }
        let begin = self.begin(text, word.start).filter(|begin| self.begins(text, *begin));
        begin.map(|at| Anchor { at, selected: false })
    }

    fn start(&self, text: &[u8], anchor: usize, least: usize) -> usize {
        self.first_group(text, anchor, least)
    }

    fn end(&self, text: &[u8], _: usize, anchor: usize, most: usize) -> usize {
        let mut at = anchor;
        loop {
            at += text[at..most].iter().take_while(|b| self.is_digit(**b)).count();
            match self.next_line(text, at).filter(|next| *next < most) {
                Some(next) => at = next,
                None => return at,
            }
        }
    }

    fn decode(&self, text: &[u8], range: Range<usize>, view: &mut View) {
        let (mut value, mut bits, mut begin) = (0, 0, range.start);
        for at in range {
            let digit = self.values[usize::from(text[at])];
            if digit == NONE {
                continue;
            }
            if bits == 0 {
                begin = at;
            }
            value = value << self.bits | u32::from(digit);
            bits += self.bits;
            if bits >= 8 {
                bits -= 8;
                view.push((value >> bits) as u8, begin..at + 1);
                begin = at;
            }
        }
    }

    fn kind(&self) -> FileKind {
        FileKind::Text
    }
}
