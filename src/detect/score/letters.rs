//! How little a text looks like words: a model of the letters in identifiers and prose.

/// For each two letters the surprise of each letter behind them; `benches/word_model.py` writes it, and
/// says how.
const TABLE: &[u8] = include_bytes!("letters.txt");

/// The beginning of a word, and the letters.
const SYMBOLS: usize = 27;
/// The letters, the end of a word, and the end of the row.
const ROW: usize = SYMBOLS + 1;
const END: usize = 26;

/// Mean surprise of the letters of a piece of a name, in bits a letter: about 3 in words, 4.7 and more in
/// random letters. `piece` consists of ASCII letters.
pub(super) fn surprise(piece: &[u8]) -> f32 {
    let (mut before, mut sum) = ((0, 0), 0);
    let letters = piece.iter().map(|b| usize::from(b.to_ascii_lowercase().saturating_sub(b'a')));
    for letter in letters.chain([END]) {
        let row = (before.0 * SYMBOLS + before.1) * ROW;
        sum += TABLE.get(row + letter).map_or(0, |step| u32::from(step - b'0'));
        before = (before.1, letter + 1);
    }
    sum as f32 / 4.0 / (piece.len() + 1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole() {
        assert_eq!(TABLE.len(), SYMBOLS * SYMBOLS * ROW);
        assert!(TABLE.chunks(ROW).all(|row| row[END + 1] == b'\n'));
        assert!(TABLE.iter().all(|b| *b == b'\n' || *b >= b'0'));
    }

    #[test]
    fn random_letters_surprise_more_than_words() {
        for word in ["password", "Configuration", "INTERNAL", "mattermost", "unterminated"] {
            assert!(surprise(word.as_bytes()) < 4.0, "{word}: {}", surprise(word.as_bytes()));
        }
        for random in ["qxvzkwpj", "Hgtrzqlw", "wkjbqv", "PXQZJV"] {
            assert!(surprise(random.as_bytes()) > 5.0, "{random}: {}", surprise(random.as_bytes()));
        }
    }
}
