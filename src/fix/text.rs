//! The text of a file, as it is edited: in UTF-8, and brought back into the file's own encoding.

use crate::blob::{Position, Via};
use crate::source::encoding;
use std::ops::Range;

/// A file's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// In UTF-8, or in an encoding that ASCII is part of. Without a byte order mark.
    pub bytes: Vec<u8>,
    encoding: Encoding,
}

/// How a file writes its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    /// Byte by byte.
    Plain,
    /// Behind a byte order mark of UTF-8.
    Marked,
    /// In UTF-16.
    Utf16 { big_endian: bool, marked: bool },
}

const MARK: &[u8] = b"\xef\xbb\xbf";

impl Text {
    /// The text of a file with this content.
    #[must_use]
    pub fn of(content: &[u8]) -> Self {
        if let Some(text) = content.strip_prefix(MARK) {
            return Self { bytes: text.to_vec(), encoding: Encoding::Marked };
        }
        let (text, via) = encoding::decode(content);
        let encoding = match via {
            None => Encoding::Plain,
            Some(via) => Encoding::Utf16 {
                big_endian: via == Via::Decoded("utf-16be".into()),
                marked: content.starts_with(b"\xff\xfe") || content.starts_with(b"\xfe\xff"),
            },
        };
        Self { bytes: text.into_owned(), encoding }
    }

    /// A file's content that has `bytes` as its text, in the encoding of this text.
    #[must_use]
    pub fn content(&self, bytes: &[u8]) -> Vec<u8> {
        match self.encoding {
            Encoding::Plain => bytes.to_vec(),
            Encoding::Marked => [MARK, bytes].concat(),
            Encoding::Utf16 { big_endian, marked } => {
                let text = String::from_utf8_lossy(bytes);
                let units = marked.then_some(0xfeff).into_iter().chain(text.encode_utf16());
                let unit =
                    |unit: u16| if big_endian { unit.to_be_bytes() } else { unit.to_le_bytes() };
                units.flat_map(unit).collect()
            }
        }
    }

    /// Whether the way of a place begins with this text's own encoding, and where it goes on.
    #[must_use]
    pub fn within<'v>(&self, via: &'v [Via]) -> &'v [Via] {
        match (self.encoding, via.split_first()) {
            (Encoding::Utf16 { .. }, Some((Via::Decoded(name), rest)))
                if name.starts_with("utf-16") =>
            {
                rest
            }
            _ => via,
        }
    }

    /// The bytes between two places; `None` if the text is too short for them.
    #[must_use]
    pub fn span(&self, start: Position, end: Position) -> Option<Range<usize>> {
        let (start, end) = (self.offset(start)?, self.offset(end)?);
        (start <= end).then_some(start..end)
    }

    /// The offset of a place: columns count code points, and bytes that are part of none.
    fn offset(&self, place: Position) -> Option<usize> {
        let mut line = 0;
        for _ in 1..place.line {
            line += memchr::memchr(b'\n', &self.bytes[line..])? + 1;
        }
        let mut at = line;
        let mut columns = place.column - 1;
        for chunk in self.bytes[line..].utf8_chunks() {
            for c in chunk.valid().chars() {
                if columns == 0 {
                    return Some(at);
                }
                columns -= 1;
                at += c.len_utf8();
            }
            let invalid = chunk.invalid().len();
            if columns < invalid as u64 {
                return Some(at + columns as usize);
            }
            columns -= invalid as u64;
            at += invalid;
        }
        (columns == 0).then_some(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_leads_back_to_its_offset() {
        let text = Text::of("eins\n\u{e4}\u{1f600}b\nz".as_bytes());
        for at in [0, 3, 5, 7, 11, 12, 13, 14] {
            let place = Position::START.after(&text.bytes[..at]);
            assert_eq!(text.span(place, place), Some(at..at), "{at}");
        }
        let beyond = Position { line: 9, column: 1 };
        assert_eq!(text.span(beyond, beyond), None);
        let broken = Text::of(b"a\xff\xfeb");
        let place = Position::START.after(&broken.bytes[..3]);
        assert_eq!(broken.span(place, place), Some(3..3));
    }

    #[test]
    fn a_file_keeps_its_encoding() {
        let utf16 = |text: &str, mark: &[u8], unit: fn(u16) -> [u8; 2]| -> Vec<u8> {
            mark.iter().copied().chain(text.encode_utf16().flat_map(unit)).collect()
        };
        let long = "password = something\n".repeat(4);
        for content in [
            b"plain \xff".to_vec(),
            [MARK, b"marked"].concat(),
            utf16(&long, b"\xff\xfe", u16::to_le_bytes),
            utf16(&long, b"\xfe\xff", u16::to_be_bytes),
            utf16(&long, b"", u16::to_le_bytes),
        ] {
            let text = Text::of(&content);
            assert_eq!(text.content(&text.bytes), content);
        }
    }
}
