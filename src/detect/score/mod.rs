//! How sure it is that a value without a shape of its own is a secret: a sum of terms, each of which can
//! be told.
//!
//! A value under `password` or `token` may be anything. What speaks for a secret is that nobody would say
//! it: its letters are unlike words, it mixes kinds of characters. What speaks against one are words,
//! shortness and a poor name. The weights were fitted to labelled lines by logistic regression
//! (docs/accuracy.md), so a score is about the logarithm of the odds that the value is a secret.

mod anatomy;
mod letters;
mod words;

use super::filter::Subject;
use crate::rule::{Confidence, Layer};
use anatomy::Anatomy;

/// One thing that speaks for or against a secret.
struct Term {
    name: &'static str,
    measure: fn(&Anatomy, &Subject) -> f32,
    /// What one of its measure weighs under the name of a password …
    password: f32,
    /// … and under that of another secret.
    generic: f32,
}

const fn term(
    name: &'static str,
    measure: fn(&Anatomy, &Subject) -> f32,
    (password, generic): (f32, f32),
) -> Term {
    Term { name, measure, password, generic }
}

/// All terms. What is added here is asked of every value, and told in reports.
#[rustfmt::skip]
static TERMS: [Term; 17] = [
    term("base", |_, _| 1.0, (-0.1, -1.4)),
    // How surprising the letters are, in bits a letter, against what parts words from others.
    term("letters-unlike-words", |a, _| a.surprise - 4.5, (1.9, 2.2)),
    // The share that dictionary words make up, and that of letters that they do not.
    term("words", |a, _| a.covered, (-0.6, -1.1)),
    term("letters-of-no-word", |a, _| a.uncovered, (1.3, 0.5)),
    // The share of letters that stand in ones and twos.
    term("fragments", |a, _| a.fragments, (0.0, 0.5)),
    term("length", |a, _| a.length.clamp(2.0, 16.0).log2() - 3.0, (0.0, 1.1)),
    term("long", |a, _| a.length.clamp(16.0, 64.0).log2() - 4.0, (0.0, 0.8)),
    term("short", |a, _| flag(a.length < 8.0), (0.0, -0.5)),
    term("very-short", |a, _| flag(a.length < 5.0), (-0.6, 0.0)),
    term("changes", |a, _| a.changes, (-0.3, 0.2)),
    term("number", |a, _| flag(a.is_number), (-0.6, 0.0)),
    term("word-and-number", |a, _| flag(a.is_word_and_number), (0.0, -0.3)),
    term("mixed", |a, _| flag(a.is_mixed), (2.2, 0.0)),
    term("separators", |a, _| a.separators.min(6.0) / 6.0, (-0.3, -0.5)),
    term("blanks", |a, _| flag(a.blanks > 0), (-0.3, 0.0)),
    term("name", |_, s| flag(says_secret(s.name)), (0.5, 0.6)),
    // Files that are there to hold passwords.
    term("file", |_, s| flag(s.by_path), (1.5, 1.5)),
];

/// The least scores that are reported at all, and with medium confidence, in tenths of a point. What is
/// called a password is one, however poor.
const PASSWORD: Thresholds = Thresholds { low: i32::MIN, medium: 2 };
const GENERIC: Thresholds = Thresholds { low: -10, medium: 0 };

struct Thresholds {
    low: i32,
    medium: i32,
}

fn flag(holds: bool) -> f32 {
    f32::from(u8::from(holds))
}

/// The terms of a value, each in tenths of a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Score {
    layer: Layer,
    /// Under a mere `token` so few characters are as likely a name.
    too_short: bool,
    points: [i8; TERMS.len()],
}

/// A secret that is no password has at least so many characters, or is for an audit to decide.
const GENERIC_LENGTH: usize = 14;

impl Score {
    /// The score of what a rule for passwords or for generic secrets has matched; `None` for the other
    /// layers, whose values speak for themselves.
    #[must_use]
    pub fn of(subject: &Subject) -> Option<Self> {
        let layer = subject.layer;
        let weight: fn(&Term) -> f32 = match layer {
            Layer::Password => |term| term.password,
            Layer::Generic => |term| term.generic,
            Layer::Named | Layer::Structured => return None,
        };
        let anatomy = Anatomy::of(subject.value);
        let points = TERMS
            .each_ref()
            .map(|term| ((term.measure)(&anatomy, subject) * weight(term) * 10.0).round() as i8);
        let too_short = layer == Layer::Generic && subject.value.len() < GENERIC_LENGTH;
        Some(Self { layer, too_short, points })
    }

    /// How sure it is that the value is a secret; `None` if it hardly can be one.
    #[must_use]
    pub fn confidence(&self) -> Option<Confidence> {
        let Thresholds { low, medium } = self.own_thresholds();
        let total = self.tenths();
        match total {
            _ if total >= medium && !self.too_short => Some(Confidence::Medium),
            _ => (total >= low).then_some(Confidence::Low),
        }
    }

    /// The sum of the points.
    #[must_use]
    pub fn total(&self) -> f32 {
        self.tenths() as f32 / 10.0
    }

    /// The least sum that is reported at all, if there is one, and the least that is medium confidence.
    #[must_use]
    pub fn thresholds(&self) -> (Option<f32>, f32) {
        let Thresholds { low, medium } = self.own_thresholds();
        ((low > i32::MIN).then(|| low as f32 / 10.0), medium as f32 / 10.0)
    }

    /// Whether it has too few characters for more than low confidence: how many it would need.
    #[must_use]
    pub fn wanted_length(&self) -> Option<usize> {
        self.too_short.then_some(GENERIC_LENGTH)
    }

    fn own_thresholds(&self) -> Thresholds {
        if self.layer == Layer::Password { PASSWORD } else { GENERIC }
    }

    fn tenths(&self) -> i32 {
        self.points.iter().map(|points| i32::from(*points)).sum()
    }

    /// The score of a report, from its layer and its terms with their points. Terms that are not known
    /// here are left out.
    #[must_use]
    pub fn of_terms<'t>(layer: Layer, terms: impl Iterator<Item = (&'t str, f32)>) -> Self {
        let mut score = Self { layer, too_short: false, points: [0; TERMS.len()] };
        for (name, points) in terms {
            if let Some(at) = TERMS.iter().position(|term| term.name == name) {
                score.points[at] = (points * 10.0).round() as i8;
            }
        }
        score
    }

    /// The terms that count, with their points.
    pub fn terms(&self) -> impl Iterator<Item = (&'static str, f32)> + use<> {
        let terms = TERMS.iter().zip(self.points).filter(|(_, points)| *points != 0);
        terms.map(|(term, points)| (term.name, f32::from(points) / 10.0))
    }
}

/// Whether a name ends with a word for a secret. Where there is no name, a pattern has told it.
fn says_secret(name: &[u8]) -> bool {
    const WORDS: [&[u8]; 12] = [
        b"password",
        b"passwd",
        b"pwd",
        b"passphrase",
        b"pass",
        b"secret",
        b"token",
        b"apikey",
        b"secretkey",
        b"accesskey",
        b"authkey",
        b"privatekey",
    ];
    let mut letters = [0; 16];
    let mut at = letters.len();
    for byte in name.iter().rev().filter(|b| b.is_ascii_alphanumeric()) {
        let Some(next) = at.checked_sub(1) else { break };
        at = next;
        letters[at] = byte.to_ascii_lowercase();
    }
    name.is_empty() || WORDS.iter().any(|word| letters[at..].ends_with(word))
}
