//! The one pass over all bytes. It finds *triggers*: runs of at least ten token characters (letters,
//! digits, `_`, `-`) with a digit among them, and a small set of literals that no such run betrays.
//! Everything else happens only where a trigger is, so neither the number of rules nor the size of
//! a file shows in the speed.

mod portable;
mod vector;

use std::ops::Range;

/// Token characters in a row that make a run.
pub const RUN: usize = 10;

/// Literals are told by four of their bytes first; the first of them is open in those of three.
const FINGERPRINT: usize = 4;
/// The group of the literals of three bytes. Before the text, any byte may have stood for them.
const SHORT: u8 = 1;
/// Those of the others.
const GROUPS: [u8; 7] = [2, 4, 8, 16, 32, 64, 128];
/// Bytes of a fingerprint that all literals have.
const CORE: usize = 3;

/// What the pass has found, by position in the bytes.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Triggers {
    /// Where ten token characters with a digit among them begin, while ten do not begin one byte
    /// before: the beginning of a run, or the first digit's neighbourhood in a long one.
    pub runs: Vec<usize>,
    /// Where a literal begins, and which.
    pub literals: Vec<(usize, usize)>,
}

/// The state of the bytes in a block of 64: bit `i` speaks of byte `i`.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Masks {
    token: u64,
    digit: u64,
    /// Here the last byte of a fingerprint may stand.
    literal: u64,
}

/// Finds triggers. Made once for a set of literals.
#[derive(Debug, Clone)]
pub struct TriggerScanner {
    literals: Vec<Literal>,
    /// For each hash of a fingerprint, the literals that have it: bit `i` stands for the literals
    /// `i`, `i + 64` …
    by_hash: Vec<u64>,
    tables: Tables,
    portable: bool,
}

#[derive(Debug, Clone)]
struct Literal {
    lower: Vec<u8>,
    /// Where its fingerprint ends in it.
    end: usize,
}

/// For each of the bytes of a fingerprint, the groups of literals that its low and its high
/// four bits are possible in, in any case of letters. (The scheme is known as Teddy.)
#[derive(Debug, Clone, Default)]
struct Tables {
    low: [[u8; 16]; FINGERPRINT],
    high: [[u8; 16]; FINGERPRINT],
}

impl TriggerScanner {
    /// A scanner for runs and for `literals`, each of at least three ASCII bytes, in any case.
    #[must_use]
    pub fn new<'a>(literals: impl IntoIterator<Item = &'a str>) -> Self {
        let literals: Vec<Literal> = literals.into_iter().map(Literal::new).collect();
        let tables = Tables::new(&literals);
        let mut by_hash = vec![0; 256];
        for (index, literal) in literals.iter().enumerate() {
            by_hash[hash(&literal.lower[literal.end - CORE..])] |= 1 << (index % 64);
        }
        Self { literals, by_hash, tables, portable: false }
    }

    /// The literal of this index, in lower case.
    #[must_use]
    pub fn literal(&self, index: usize) -> &[u8] {
        &self.literals[index].lower
    }

    /// The same without vector instructions, to compare with.
    #[must_use]
    pub fn portable(mut self) -> Self {
        self.portable = true;
        self
    }

    /// Adds the triggers that begin in `range` of `bytes` to `found`. What lies outside the range is
    /// looked at, so that ranges that touch give the same as one.
    pub fn scan(&self, bytes: &[u8], range: Range<usize>, found: &mut Triggers) {
        if self.portable || !vector::scan(self, bytes, &range, found) {
            portable::scan(self, bytes, &range, found);
        }
    }

    /// Walks the blocks that `range` touches, of which `classify` gives the masks.
    #[inline(always)]
    fn walk(
        &self,
        bytes: &[u8],
        range: &Range<usize>,
        found: &mut Triggers,
        mut classify: impl FnMut(&[u8; BLOCK]) -> Masks,
    ) {
        // One block of run-up: a run or literal may begin before the range, and its state matters.
        let first = range.start.saturating_sub(BLOCK) / BLOCK * BLOCK;
        // What begins at the end of the range shows only some bytes further on.
        let last = (range.end + RUN + self.last_end()).min(bytes.len());
        let mut window = Window::default();
        let mut padded;
        let mut at = first;
        while at < last {
            // One call for both cases: with two, the compiler joins their masks bit by bit.
            let block = if let Some(block) = bytes[at..].first_chunk::<BLOCK>() {
                block
            } else {
                padded = [0; BLOCK];
                padded[..bytes.len() - at].copy_from_slice(&bytes[at..]);
                &padded
            };
            let masks = classify(block);
            let runs = window.push(masks);
            if (runs | masks.literal) != 0 {
                self.note((bytes, range), at, (runs, masks.literal), found);
            }
            at += BLOCK;
        }
        // The windows that begin in the last nine bytes of the last block reach behind the text, so
        // they are no runs; the block behind it would say so.
    }

    #[inline]
    fn note(
        &self,
        (bytes, range): (&[u8], &Range<usize>),
        at: usize,
        (mut runs, mut literals): (u64, u64),
        found: &mut Triggers,
    ) {
        while runs != 0 {
            // The windows that a block completes begin up to nine bytes before it.
            let start = at + runs.trailing_zeros() as usize;
            if let Some(start) = start.checked_sub(RUN - 1).filter(|start| range.contains(start)) {
                found.runs.push(start);
            }
            runs &= runs - 1;
        }
        while literals != 0 {
            let end = at + literals.trailing_zeros() as usize + 1;
            self.confirm(bytes, range, end, found);
            literals &= literals - 1;
        }
    }

    /// Notes the literals whose fingerprint ends before `end`.
    #[inline]
    fn confirm(&self, bytes: &[u8], range: &Range<usize>, end: usize, found: &mut Triggers) {
        let Some(core) = bytes.get(..end).and_then(<[u8]>::last_chunk::<CORE>) else { return };
        let mut possible = self.by_hash[hash(core)];
        while possible != 0 {
            let first = possible.trailing_zeros() as usize;
            possible &= possible - 1;
            for (index, literal) in self.literals.iter().enumerate().skip(first).step_by(64) {
                let Some(start) = end.checked_sub(literal.end) else { continue };
                let text = bytes.get(start..start + literal.lower.len());
                let same = text.is_some_and(|text| text.eq_ignore_ascii_case(&literal.lower));
                if same && range.contains(&start) {
                    found.literals.push((start, index));
                }
            }
        }
    }

    fn last_end(&self) -> usize {
        self.literals.iter().map(|literal| literal.end).max().unwrap_or(0)
    }
}

/// Bytes whose masks fit into a machine word.
const BLOCK: usize = 64;

/// The masks of the last two blocks, to find runs across their border.
#[derive(Default)]
struct Window {
    token: u64,
    digit: u64,
    /// Whether the last window of the block before was a run.
    carry: u64,
}

impl Window {
    /// Takes the next block. In the result, bit `i` stands for the ten bytes that end with byte `i`
    /// of the block: they are token characters with a digit among them, and the ten bytes one
    /// earlier are not.
    #[inline(always)]
    fn push(&mut self, masks: Masks) -> u64 {
        let mut all = u128::from(masks.token) << 64 | u128::from(self.token);
        let mut any = u128::from(masks.digit) << 64 | u128::from(self.digit);
        (self.token, self.digit) = (masks.token, masks.digit);
        // Shift-and ladder: after each rung, a bit stands for 2, 4, 8, 10 bytes that begin there.
        for shift in [1, 2, 4, 2] {
            all &= all >> shift;
            any |= any >> shift;
        }
        let runs = ((all & any) >> (BLOCK - (RUN - 1))) as u64;
        let edges = runs & !(runs << 1 | self.carry);
        self.carry = runs >> 63;
        edges
    }
}

impl Literal {
    fn new(text: &str) -> Self {
        let lower = text.to_ascii_lowercase().into_bytes();
        let length = lower.len().min(FINGERPRINT);
        let ends = length..=lower.len();
        let end = ends.min_by_key(|end| commonness(&lower[end - length..*end]));
        Self { end: end.unwrap_or(length), lower }
    }

    /// The byte at a place of the fingerprint, unless any byte may stand there.
    fn byte(&self, place: usize) -> Option<u8> {
        let at = (self.end + place).checked_sub(FINGERPRINT)?;
        self.lower.get(at).copied()
    }
}

/// A hash of a fingerprint's core that is the same for both cases of letters.
#[inline]
fn hash(core: &[u8]) -> usize {
    let byte = |at: usize| u32::from(core[at] | 0x20);
    let number = byte(0) | byte(1) << 8 | byte(2) << 16;
    (number.wrapping_mul(0x9e37_79b1) >> 24) as usize
}

/// How often these bytes stand in source text, roughly: the sum over the letters' ranks in English.
fn commonness(text: &[u8]) -> usize {
    const BY_FREQUENCY: &[u8] = b"zqjxkvbw:/ypgfmhucdl-srnioate ";
    let rank = |byte: &u8| BY_FREQUENCY.iter().position(|b| b == byte).unwrap_or(0);
    text.iter().map(rank).sum()
}

impl Tables {
    fn new(literals: &[Literal]) -> Self {
        let mut tables = Self::default();
        for literal in literals {
            // The short ones, with an open place, have a group of their own. The others go where they
            // let the fewest other bytes in: literals that are alike share a group.
            let widest =
                |group: &u8| tables.with(literal, *group).width(*group) - tables.width(*group);
            let short = literal.byte(0).is_none();
            let group =
                if short { SHORT } else { GROUPS.into_iter().min_by_key(widest).unwrap_or(2) };
            tables = tables.with(literal, group);
        }
        tables
    }

    /// The same with one more literal in `group`.
    fn with(&self, literal: &Literal, group: u8) -> Self {
        let mut tables = self.clone();
        for place in 0..FINGERPRINT {
            let Some(byte) = literal.byte(place) else {
                tables.low[place].iter_mut().for_each(|groups| *groups |= group);
                tables.high[place].iter_mut().for_each(|groups| *groups |= group);
                continue;
            };
            for byte in [byte, byte.to_ascii_uppercase()] {
                tables.low[place][usize::from(byte & 15)] |= group;
                tables.high[place][usize::from(byte >> 4)] |= group;
            }
        }
        tables
    }

    /// How many texts of four bytes `group` takes for one of its literals.
    fn width(&self, group: u8) -> u64 {
        let count = |table: &[u8; 16]| table.iter().filter(|groups| **groups & group != 0).count();
        let places = self.low.iter().zip(&self.high);
        places.map(|(low, high)| (count(low) * count(high)) as u64).product()
    }
}

/// Whether a byte is a token character.
#[must_use]
#[inline]
pub fn is_token(byte: u8) -> bool {
    TOKEN[usize::from(byte)] != OTHER
}

/// The bytes from the beginning of `text` up to a dash or the end of the run.
#[inline]
pub(crate) fn word_length(text: &[u8]) -> usize {
    text.iter().take_while(|byte| TOKEN[usize::from(**byte)] == WORD).count()
}

const OTHER: u8 = 0;
const WORD: u8 = 1;
const DASH: u8 = 2;

static TOKEN: [u8; 256] = {
    let mut table = [OTHER; 256];
    let mut byte = 0;
    while byte < 256 {
        let b = byte as u8;
        table[byte] = if b.is_ascii_alphanumeric() || b == b'_' { WORD } else { OTHER };
        byte += 1;
    }
    table[b'-' as usize] = DASH;
    table
};

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LITERALS: [&str; 6] = ["-----BEGIN", "://", "pass", "Bearer ", "secret", "pwd"];

    /// The definition, byte by byte.
    fn oracle(bytes: &[u8], range: &Range<usize>) -> Triggers {
        let run = |at: usize| {
            bytes
                .get(at..at + RUN)
                .is_some_and(|w| w.iter().all(|b| is_token(*b)) && w.iter().any(u8::is_ascii_digit))
        };
        let mut found = Triggers::default();
        for at in range.clone() {
            if run(at) && !(at > 0 && run(at - 1)) {
                found.runs.push(at);
            }
            for (index, literal) in LITERALS.iter().enumerate() {
                let text = bytes.get(at..at + literal.len());
                if text.is_some_and(|text| text.eq_ignore_ascii_case(literal.as_bytes())) {
                    found.literals.push((at, index));
                }
            }
        }
        found
    }

    fn sorted(mut found: Triggers) -> Triggers {
        found.literals.sort_unstable();
        found
    }

    fn text() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            "[a-z0-9_-]{0,30}".prop_map(String::into_bytes),
            "[ =:/\"\n]{0,4}".prop_map(String::into_bytes),
            prop::sample::select(&LITERALS[..]).prop_map(|l| l.as_bytes().to_vec()),
            prop::sample::select(&LITERALS[..]).prop_map(|l| l.to_uppercase().into_bytes()),
            prop::collection::vec(any::<u8>(), 0..20),
            "[a-zA-Z]{60,80}".prop_map(String::into_bytes),
        ];
        prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn vector_portable_and_definition_agree(bytes in text(), a: usize, b: usize) {
            let (a, b) = (a % (bytes.len() + 1), b % (bytes.len() + 1));
            let range = a.min(b)..a.max(b);
            let expected = oracle(&bytes, &range);
            let scanner = TriggerScanner::new(LITERALS);
            for scanner in [scanner.clone(), scanner.portable()] {
                let mut found = Triggers::default();
                scanner.scan(&bytes, range.clone(), &mut found);
                prop_assert_eq!(sorted(found), expected.clone());
            }
        }
    }
}
