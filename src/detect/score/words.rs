//! Words that stand in public source text: how much of a piece they make up.

use std::ops::Range;
use std::sync::LazyLock;

/// Words by length, then by alphabet, each with a line feed; `benches/word_model.py` writes them.
const WORDS: &[u8] = include_bytes!("words.txt");

const SHORTEST: usize = 3;
const LONGEST: usize = 16;
/// No more of a piece is looked at.
const MAX_PIECE: usize = 64;

/// Where the words of each length stand, the shortest first.
static LENGTHS: LazyLock<Vec<Range<usize>>> = LazyLock::new(|| {
    let mut start = 0;
    let lengths = SHORTEST..=LONGEST;
    lengths
        .map(|length| {
            let lines = WORDS[start..].chunks(length + 1);
            let count =
                lines.take_while(|line| line.iter().position(|b| *b == b'\n') == Some(length));
            let range = start..start + count.count() * (length + 1);
            start = range.end;
            range
        })
        .collect()
});

/// Whether `word`, in small letters, is one.
fn is_word(word: &[u8]) -> bool {
    let Some(range) = word.len().checked_sub(SHORTEST).and_then(|at| LENGTHS.get(at)) else {
        return false;
    };
    let line = word.len() + 1;
    let words = &WORDS[range.clone()];
    let (mut low, mut high) = (0, words.len() / line);
    while low < high {
        let middle = low.midpoint(high);
        match words[middle * line..][..word.len()].cmp(word) {
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Greater => high = middle,
            std::cmp::Ordering::Equal => return true,
        }
    }
    false
}

/// How many letters of a piece of a name words make up, at most. `piece` consists of ASCII letters.
pub(super) fn covered(piece: &[u8]) -> usize {
    let mut lower = [0; MAX_PIECE];
    let piece = &piece[..piece.len().min(MAX_PIECE)];
    let lower = &mut lower[..piece.len()];
    lower.copy_from_slice(piece);
    lower.make_ascii_lowercase();
    // The most that words make up of the first letters, for each number of them.
    let mut most = [0; MAX_PIECE + 1];
    for end in 1..=lower.len() {
        let words =
            (SHORTEST..=LONGEST.min(end)).filter(|length| is_word(&lower[end - length..end]));
        let with = words.map(|length| most[end - length] + length).max();
        most[end] = with.unwrap_or(0).max(most[end - 1]);
    }
    most[lower.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_found() {
        let words = WORDS.split(|b| *b == b'\n').filter(|word| !word.is_empty());
        assert!(words.clone().count() > 10_000);
        assert!(words.clone().all(is_word));
        let end = LENGTHS.last().map(|range| range.end);
        assert_eq!(end, Some(WORDS.len()), "the words stand by length");
    }

    #[test]
    fn words_make_up_what_is_made_of_them() {
        for (piece, count) in
            [("password", 8), ("Supersecretpassword", 19), ("qxzv", 0), ("", 0), ("xqpassword", 8)]
        {
            assert_eq!(covered(piece.as_bytes()), count, "{piece}");
        }
        covered("x".repeat(1000).as_bytes());
    }
}
