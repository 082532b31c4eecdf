//! Randomness: the rule's own floor, or one by length for values that only their name betrays.

use super::{Filter, Subject, Verdict};
use crate::detect::entropy;
use crate::rule::Layer;

pub(super) struct Strength;

/// Longer values under a mere name are documents, not keys.
const LONGEST: usize = 256;
/// A password of fewer characters protects nothing.
const SHORTEST: usize = 4;

impl Filter for Strength {
    fn name(&self) -> &'static str {
        "strength"
    }

    fn judge(&self, subject: &Subject) -> Option<Verdict> {
        let entropy = entropy(subject.value);
        if subject.floor.is_some_and(|floor| entropy < floor) {
            return Some(Verdict::Drop("its entropy is under the rule's floor"));
        }
        match subject.layer {
            Layer::Named if subject.floor.is_none() && entropy < floor(subject.value) => {
                Some(Verdict::Drop("its entropy is under what random values of its length have"))
            }
            Layer::Password | Layer::Generic if subject.value.len() > LONGEST => {
                Some(Verdict::Drop("too long for a password or a key"))
            }
            Layer::Password if subject.value.len() < SHORTEST => Some(Verdict::Drop("too short")),
            Layer::Password | Layer::Generic if is_hash(subject.value) => {
                Some(Verdict::Lower("the hash of a password"))
            }
            _ => None,
        }
    }
}

/// Bits per character that 99 of 100 random values of this length and alphabet reach: hexadecimal digits
/// have four at most, and a short value repeats few of them by chance.
pub(super) fn floor(value: &[u8]) -> f32 {
    let hex = value.iter().all(|b| b.is_ascii_hexdigit() || *b == b'-');
    match (value.len(), hex) {
        (0..=11, _) => 2.2,
        (12..=19, true) => 2.5,
        (12..=19, false) | (20..=27, true) => 2.9,
        (28..=40, true) => 3.1,
        (20..=40, false) => 3.2,
        (41..=64, _) => 3.4,
        (_, true) => 3.5,
        (_, false) => 3.6,
    }
}

/// `$2a$…`, `$6$…`, `$argon2id$…`, `{SSHA}…`
fn is_hash(value: &[u8]) -> bool {
    let dollars = value.iter().filter(|b| **b == b'$').count();
    (value.starts_with(b"$") && dollars >= 3) || value.starts_with(b"{S")
}
