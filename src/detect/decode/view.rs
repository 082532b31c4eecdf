//! What a part of a text means, and where each byte of it comes from.

use super::is_printable;
use crate::kind::FileKind;
use std::ops::Range;
use std::str::Utf8Chunk;

/// A decoded part of a text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::detect) struct View {
    bytes: Vec<u8>,
    /// For each byte, where it is written: from `base` on.
    places: Vec<(u32, u32)>,
    base: usize,
}

/// Lines by which the kind of a text is told.
const FEW_LINES: usize = 12;

impl View {
    /// An empty view of what begins at `base`.
    pub(in crate::detect) fn new(base: usize) -> Self {
        Self { base, ..Self::default() }
    }

    /// Adds a byte that is written at `place`.
    pub(super) fn push(&mut self, byte: u8, place: Range<usize>) {
        self.bytes.push(byte);
        self.places.push(((place.start - self.base) as u32, (place.end - self.base) as u32));
    }

    /// Adds a character that is written at `place`.
    pub(super) fn push_char(&mut self, character: char, place: &Range<usize>) {
        let mut buffer = [0; 4];
        for byte in character.encode_utf8(&mut buffer).bytes() {
            self.push(byte, place.clone());
        }
    }

    /// What it means.
    pub(in crate::detect) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Where the bytes of `span` are written, in the text that was decoded.
    pub(in crate::detect) fn place(&self, span: &Range<usize>) -> Range<usize> {
        let (first, last) = (self.places.get(span.start), self.places.get(span.end.max(1) - 1));
        let (start, end) = (first.map_or(0, |p| p.0), last.map_or(0, |p| p.1));
        self.base + start as usize..self.base + end.max(start) as usize
    }

    /// Those bytes that are written in a part of the text.
    pub(in crate::detect) fn region(&self, part: &Range<usize>) -> Range<usize> {
        let first = |at: usize| {
            self.places.partition_point(|(start, _)| self.base + (*start as usize) < at)
        };
        first(part.start)..first(part.end)
    }

    /// Whether nearly all of it is text.
    pub(in crate::detect) fn is_text(&self) -> bool {
        let strange = |chunk: Utf8Chunk| {
            let control = |b: &u8| b.is_ascii() && !is_printable(*b);
            chunk.valid().bytes().filter(control).count() + chunk.invalid().len()
        };
        let strange: usize = self.bytes.utf8_chunks().map(strange).sum();
        !self.bytes.is_empty() && strange * 20 <= self.bytes.len()
    }

    /// The same as UTF-8, if it is UTF-16 with the low byte first.
    pub(in crate::detect) fn narrowed(&self) -> Option<Self> {
        let is_narrow = |start: usize| {
            let (pairs, _) = self.bytes.get(start..).unwrap_or_default().as_chunks::<2>();
            let narrow = pairs.iter().filter(|pair| pair[1] == 0 && is_printable(pair[0])).count();
            pairs.len() >= 4 && narrow * 10 >= pairs.len() * 7
        };
        // A piece of a longer text may begin in the middle of a character.
        let mut at = (0..2).find(|start| is_narrow(*start))?;
        let mut view = Self::new(self.base);
        let (pairs, _) = self.bytes[at..].as_chunks::<2>();
        for character in char::decode_utf16(pairs.iter().map(|pair| u16::from_le_bytes(*pair))) {
            let length = character.as_ref().map_or(2, |c| 2 * c.len_utf16());
            let place = self.place(&(at..at + length));
            view.push_char(character.unwrap_or(char::REPLACEMENT_CHARACTER), &place);
            at += length;
        }
        Some(view)
    }

    /// The kind of file that it looks like.
    pub(in crate::detect) fn kind(&self) -> Option<FileKind> {
        let text = self.bytes.trim_ascii_start();
        match text.first()? {
            b'{' | b'[' => return Some(FileKind::Quoted),
            b'<' => return Some(FileKind::Markup),
            _ => {}
        }
        let (mut lines, mut colons, mut signs, mut settings) = (0, 0, 0, 0);
        let is_name = |b: &u8| b.is_ascii_alphanumeric() || b"_-.".contains(b);
        for line in text.split(|b| *b == b'\n').take(FEW_LINES) {
            let line = line.trim_ascii();
            if line.is_empty() || line.starts_with(b"#") {
                continue;
            }
            let line = line.strip_prefix(b"export ").unwrap_or(line);
            let line = line.strip_prefix(b"- ").unwrap_or(line);
            let name = line.iter().take_while(|b| is_name(b)).count();
            lines += 1;
            colons += usize::from(name > 0 && matches!(line[name..], [b':'] | [b':', b' ', ..]));
            let assigned = name > 0 && line.get(name) == Some(&b'=');
            signs += usize::from(assigned);
            settings += usize::from(assigned && !line[..name].iter().any(u8::is_ascii_lowercase));
        }
        match () {
            () if lines > 1 && colons * 3 >= lines * 2 => Some(FileKind::Yaml),
            // `NAME=value` tells by itself.
            () if lines + settings > 1 && signs * 3 >= lines * 2 => Some(FileKind::Assignments),
            () => None,
        }
    }
}
