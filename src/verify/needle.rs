//! The bytes to look for once a value is known: as it is, and as it is written in other encodings.

use super::lines::Lines;
use crate::source::history::occurrences::{Occurrence, Search};
use aho_corasick::{AhoCorasick, Input, MatchKind};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use data_encoding::{HEXLOWER, HEXUPPER};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

/// A value shorter than this stands in other words: it is looked for as a word of its own.
pub const SHORT: usize = 8;
/// A value shorter than this, all letters or all digits, may be any word or number.
const ORDINARY: usize = 16;
/// The least bytes of an encoding that are looked for.
const LEAST: usize = 12;

/// What percent-encoding leaves alone.
const PERCENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Whether a value is an ordinary word or number, by all that its bytes tell: it stands in many places
/// that have nothing to do with it.
#[must_use]
pub fn is_ordinary(value: &[u8]) -> bool {
    let letters = value.iter().all(u8::is_ascii_alphabetic);
    let rest = value.get(1..).unwrap_or_default();
    let is_even =
        rest.iter().all(u8::is_ascii_lowercase) || value.iter().all(u8::is_ascii_uppercase);
    let digits = value.iter().all(u8::is_ascii_digit);
    value.len() < ORDINARY && (letters && is_even || digits)
}

/// Whether a value is one character again and again: it stands in every longer row of these.
#[must_use]
pub fn is_filler(value: &[u8]) -> bool {
    value.iter().all(|b| Some(b) == value.first())
}

/// What counts of a match.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Shape {
    /// The bytes, wherever they stand.
    Bytes,
    /// The bytes, if they are a word of their own.
    Word,
    /// The bytes are a line of a longer value, this one.
    Line(usize),
}

/// All that is looked for.
pub struct Needles {
    automaton: Option<AhoCorasick>,
    /// For each pattern of the automaton the secrets that it speaks of, with the length of their own
    /// pattern, which may be its beginning.
    owners: Vec<BTreeSet<(u32, usize, Shape)>>,
    lines: BTreeMap<u32, Lines>,
    ordinary: BTreeSet<u32>,
}

impl Needles {
    /// Looks for `values`, by the numbers of their secrets.
    #[must_use]
    pub fn new(values: &BTreeMap<u32, Vec<u8>>) -> Self {
        let mut patterns: BTreeMap<Vec<u8>, BTreeSet<(u32, Shape)>> = BTreeMap::new();
        let mut lines = BTreeMap::new();
        for (secret, value) in values.iter().filter(|(_, value)| !is_filler(value)) {
            let mut add = |pattern: Vec<u8>, shape: Shape| {
                patterns.entry(pattern).or_default().insert((*secret, shape));
            };
            if let Some(parts) = Lines::of(value) {
                add(parts.anchor().to_vec(), Shape::Line(parts.place()));
                // As a whole they would be long, and encodings are wrapped in lines of their own. The first
                // lines of many keys are the same.
                let body =
                    parts.iter().skip(2).filter(|line| line.len() >= LEAST && line[0] != b'-');
                for line in body {
                    add_encodings(line, &mut add);
                }
                lines.insert(*secret, parts);
            } else if value.len() < SHORT || is_ordinary(value) {
                add(value.clone(), Shape::Word);
            } else {
                add(value.clone(), Shape::Bytes);
                add_encodings(value, &mut add);
            }
        }
        let ordinary = values.iter().filter(|(_, value)| is_ordinary(value));
        let ordinary = ordinary.map(|(secret, _)| *secret).collect();
        let owners = patterns.keys().map(|pattern| {
            let beginnings = patterns.iter().filter(|(other, _)| pattern.starts_with(other));
            let owners = beginnings.flat_map(|(other, owners)| {
                owners.iter().map(|(secret, shape)| (*secret, other.len(), shape.clone()))
            });
            owners.collect()
        });
        let owners = owners.collect();
        let mut builder = AhoCorasick::builder();
        let built = builder.match_kind(MatchKind::LeftmostLongest).build(patterns.keys());
        // There are far fewer patterns than an automaton can have.
        let automaton = built.ok().filter(|_| !patterns.is_empty());
        Self { automaton, owners, lines, ordinary }
    }

    /// What a match at `at` says of a secret.
    fn judge(&self, text: &[u8], at: usize, owner: &(u32, usize, Shape)) -> Option<Occurrence> {
        let (secret, length, shape) = owner;
        let span = at..at + length;
        let span = match shape {
            Shape::Bytes => span,
            Shape::Word => Some(span).filter(|span| is_word_of_its_own(text, span))?,
            Shape::Line(_) => self.lines.get(secret)?.around(text, span),
        };
        Some(Occurrence { secret: *secret, span })
    }
}

impl Search for Needles {
    fn search(&self, text: &[u8]) -> Vec<Occurrence> {
        let mut found: Vec<Occurrence> = Vec::new();
        let Some(automaton) = &self.automaton else { return found };
        let (mut from, mut ends) = (0, HashMap::<u32, usize>::new());
        while let Some(hit) = automaton.find(Input::new(text).range(from..)) {
            let owners = &self.owners[hit.pattern().as_usize()];
            // The longest form of each secret first; a value that repeats itself is taken once.
            for owner in owners.iter().rev() {
                let end = ends.entry(owner.0).or_default();
                let judged = (hit.start() >= *end).then(|| self.judge(text, hit.start(), owner));
                if let Some(judged) = judged.flatten() {
                    *end = judged.span.end;
                    found.push(judged);
                }
            }
            from = hit.start() + 1;
        }
        found.sort_by_key(|found| (found.span.start, found.span.end, found.secret));
        found.dedup();
        found
    }

    fn is_word(&self, secret: u32) -> bool {
        self.ordinary.contains(&secret)
    }
}

fn is_word_of_its_own(text: &[u8], span: &Range<usize>) -> bool {
    let of_word = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
    let before = span.start.checked_sub(1).and_then(|at| text.get(at));
    !of_word(before) && !of_word(text.get(span.end))
}

/// The value in encodings that differ from it, each in all bytes that depend on the value alone.
fn add_encodings(value: &[u8], add: &mut impl FnMut(Vec<u8>, Shape)) {
    let mut encodings: Vec<Vec<u8>> = Vec::new();
    for shift in 0..3 {
        let shifted = [&[0; 2][..shift], value].concat();
        for alphabet in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
            let text = alphabet.encode(&shifted).into_bytes();
            // Characters at both ends have bits of the neighbours.
            let start = [0, 2, 3][shift];
            let end = text.len() - usize::from(shifted.len() % 3 != 0);
            encodings.extend(text.get(start..end).map(<[u8]>::to_vec));
        }
    }
    encodings.extend([HEXLOWER, HEXUPPER].map(|digits| digits.encode(value).into_bytes()));
    encodings.push(percent_encode(value, PERCENT).to_string().into_bytes());
    if let Ok(text) = std::str::from_utf8(value) {
        let units = || text.encode_utf16();
        encodings.push(units().flat_map(u16::to_le_bytes).collect());
        encodings.push(units().flat_map(u16::to_be_bytes).collect());
        let quoted = serde_json::to_string(text).unwrap_or_default();
        encodings.push(quoted.trim_matches('"').as_bytes().to_vec());
    }
    for encoding in encodings {
        if encoding.len() >= LEAST && encoding != value {
            add(encoding, Shape::Bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(values: &[&str], text: &[u8]) -> Vec<(u32, String)> {
        let values = (0..).zip(values.iter().map(|value| value.as_bytes().to_vec())).collect();
        let found = Needles::new(&values).search(text);
        let text = |found: &Occurrence| String::from_utf8_lossy(&text[found.span.clone()]).into();
        found.iter().map(|found| (found.secret, text(found))).collect()
    }

    #[test]
    fn a_value_and_the_beginning_of_it_are_both_found() {
        let all = found(&["abcd1234", "abcd1234efgh5678", "1234efgh"], b"x=abcd1234efgh5678;");
        let values: Vec<u32> = all.iter().map(|(secret, _)| *secret).collect();
        assert_eq!(values, [0, 1, 2]);
    }

    #[test]
    fn a_value_that_repeats_itself_is_found_once_a_time() {
        let run = "x1".repeat(50_000);
        assert_eq!(found(&["x1x1x1x1x1"], run.as_bytes()).len(), 10_000);
    }

    #[test]
    fn encodings_are_found_at_every_offset() {
        let value = "k8#Tz-pLm2/Qw9x+";
        for before in ["", "a", "ab", "abc"] {
            let text = STANDARD_NO_PAD.encode(format!("{before}{value}tail"));
            let all = found(&[value], text.as_bytes());
            assert_eq!(all.len(), 1, "{before}: {text}");
        }
        let utf16: Vec<u8> = value.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(found(&[value], &utf16).len(), 1);
        let percent = percent_encode(value.as_bytes(), PERCENT).to_string();
        assert_eq!(found(&[value], percent.as_bytes()).len(), 1, "{percent}");
    }

    #[test]
    fn a_short_value_is_a_word_of_its_own() {
        assert_eq!(found(&["monkey"], b"monkeypatch my_monkey").len(), 0);
        assert_eq!(found(&["monkey"], b"a monkey, \"monkey\"").len(), 2);
        assert!(is_ordinary(b"monkey") && is_ordinary(b"Monkey") && is_ordinary(b"123456"));
        assert_eq!(found(&["xxxxxxxxxxxx"], &[b'x'; 4096]).len(), 0, "a filler");
        assert!(!is_ordinary(b"m0nkey") && !is_ordinary(b"aBcDeFgH"));
    }
}
