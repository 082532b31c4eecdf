//! What a value is made of.

use super::{letters, words};

/// The measures of a value. Shares are of all its bytes.
#[derive(Debug, Default)]
pub(super) struct Anatomy {
    /// Bytes.
    pub(super) length: f32,
    /// Mean surprise of its letters, in bits a letter; between words and random letters if there are none.
    pub(super) surprise: f32,
    /// The share that dictionary words make up.
    pub(super) covered: f32,
    /// The share of letters that they do not.
    pub(super) uncovered: f32,
    /// The share of letters in pieces too short to tell.
    pub(super) fragments: f32,
    /// Digits alone.
    pub(super) is_number: bool,
    /// How often one kind of character follows another, a byte. A capital at the beginning of a word is none.
    pub(super) changes: f32,
    /// Dashes, dots and the like.
    pub(super) separators: f32,
    /// Blanks.
    pub(super) blanks: usize,
    /// Letters, and up to four digits behind them.
    pub(super) is_word_and_number: bool,
    /// Three of small letters, capitals, digits and punctuation, and more than a word with a number.
    pub(super) is_mixed: bool,
}

/// Letters in a piece that is long enough to tell words from others.
const TELLING: usize = 3;
/// The range of a surprise that counts, and what is taken for it where no letters tell.
const SURPRISE: (f32, f32) = (2.5, 7.0);
const UNKNOWN: f32 = 5.0;

/// A shorter value is not mixed enough to be hard to guess.
const MIXED: usize = 8;
/// A shorter value of these letters may be a word.
const HEXADECIMAL: usize = 8;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Small,
    Capital,
    Digit,
    Separator,
    Other,
}

impl Kind {
    fn of(byte: u8) -> Self {
        match byte {
            b'a'..=b'z' => Self::Small,
            b'A'..=b'Z' => Self::Capital,
            b'0'..=b'9' => Self::Digit,
            b'-' | b'_' | b'.' | b' ' | b'/' | b':' => Self::Separator,
            _ => Self::Other,
        }
    }
}

impl Anatomy {
    /// The anatomy of a value that is not empty.
    pub(super) fn of(value: &[u8]) -> Self {
        let length = value.len() as f32;
        let count = |kind: Kind| value.iter().filter(|b| Kind::of(**b) == kind).count() as f32;
        let (mut surprise, mut covered, mut telling, mut short) = (0.0, 0, 0, 0);
        let hexadecimal = is_hexadecimal(value);
        for piece in pieces(value) {
            if piece.len() < TELLING || hexadecimal {
                short += piece.len();
                continue;
            }
            let (low, high) = SURPRISE;
            surprise += letters::surprise(piece).clamp(low, high) * piece.len() as f32;
            covered += words::covered(piece);
            telling += piece.len();
        }
        let follows = |pair: &[u8]| match (Kind::of(pair[0]), Kind::of(pair[1])) {
            (Kind::Capital, Kind::Small) => false,
            (first, second) => first != second,
        };
        let changes = value.windows(2).filter(|pair| follows(pair)).count() as f32;
        let letters = value.iter().take_while(|b| b.is_ascii_alphabetic()).count();
        let number = value[letters..].iter().all(u8::is_ascii_digit);
        let is_word_and_number =
            (1..=4).contains(&(value.len() - letters)) && number && pieces(value).count() == 1;
        Self {
            length,
            surprise: if telling > 0 { surprise / telling as f32 } else { UNKNOWN },
            covered: covered as f32 / length,
            uncovered: telling.saturating_sub(covered) as f32 / length,
            fragments: short as f32 / length,
            is_number: value.iter().all(u8::is_ascii_digit),
            changes: changes / (length - 1.0).max(1.0),
            separators: count(Kind::Separator),
            blanks: value.iter().filter(|b| **b == b' ').count(),
            is_word_and_number,
            is_mixed: is_mixed(value, is_word_and_number),
        }
    }
}

/// Whether three kinds of characters stand in it, and enough of them.
fn is_mixed(value: &[u8], is_word_and_number: bool) -> bool {
    let kinds = [Kind::Small, Kind::Capital, Kind::Digit, Kind::Other];
    let count = kinds.iter().filter(|kind| value.iter().any(|b| Kind::of(*b) == **kind)).count();
    value.len() >= MIXED && count >= 3 && !is_word_and_number
}

/// Hexadecimal digits in one case: their letters are no words.
fn is_hexadecimal(value: &[u8]) -> bool {
    let digit = |b: &u8| b.is_ascii_digit() || *b == b'-';
    let small = value.iter().all(|b| digit(b) || (b'a'..=b'f').contains(b));
    let capital = value.iter().all(|b| digit(b) || (b'A'..=b'F').contains(b));
    (small || capital) && value.iter().any(u8::is_ascii_digit) && value.len() >= HEXADECIMAL
}

/// The pieces of letters: `camelCase` has two, `HTTPServer` has two.
fn pieces(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = value;
    std::iter::from_fn(move || {
        let start = rest.iter().position(u8::is_ascii_alphabetic)?;
        let text = &rest[start..];
        let capitals = text.iter().take_while(|b| b.is_ascii_uppercase()).count();
        let small = text[capitals..].iter().take_while(|b| b.is_ascii_lowercase()).count();
        // The last of several capitals belongs to the small letters behind it.
        let end = if capitals > 1 && small > 0 { capitals - 1 } else { capitals + small };
        rest = &text[end..];
        Some(&text[..end])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_the_words_of_a_name() {
        let of = |text: &'static str| -> Vec<&str> {
            pieces(text.as_bytes()).map(|piece| std::str::from_utf8(piece).unwrap()).collect()
        };
        assert_eq!(
            of("camelCase_and-HTTPServer2x"),
            ["camel", "Case", "and", "HTTP", "Server", "x"]
        );
        assert_eq!(of("12-34"), [""; 0]);
    }

    #[test]
    fn shares_add_up() {
        let anatomy = Anatomy::of(b"password-Qx12!");
        let letters = anatomy.covered + anatomy.uncovered + anatomy.fragments;
        assert!((letters * 14.0 - 10.0).abs() < 0.01, "{anatomy:?}");
        assert!(!anatomy.is_number && Anatomy::of(b"12").is_number);
        assert!(anatomy.is_mixed && !anatomy.is_word_and_number && anatomy.blanks == 0);
        assert!(Anatomy::of(b"admin123").is_word_and_number);
        assert!(!Anatomy::of(b"12345").is_word_and_number);
    }
}
