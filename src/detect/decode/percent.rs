//! Percent-encoding: <https://www.rfc-editor.org/rfc/rfc3986#section-2.1>.

use super::{Anchor, Decoder, Spot, View, escaped, hex_byte, stretch_end, stretch_start};
use crate::kind::FileKind;
use std::ops::Range;

/// `%3D` for `=`.
pub(super) struct Percent;

/// `://`
const SCHEME: &str = "%3a%2f%2f";

impl Decoder for Percent {
    fn name(&self) -> &'static str {
        "percent"
    }

    fn literals(&self) -> &'static [&'static str] {
        &[SCHEME]
    }

    fn anchor(&self, text: &[u8], spot: &Spot) -> Option<Anchor> {
        let Range { start, end } = spot.word;
        let before = text[..start].ends_with(b"%") && hex_byte(&text[start..]).is_some();
        let behind = text[end..].strip_prefix(b"%").and_then(hex_byte);
        let literal = text[spot.at..].get(..SCHEME.len());
        let scheme = literal.is_some_and(|text| text.eq_ignore_ascii_case(SCHEME.as_bytes()));
        // A format like `%d` stands behind a word more often.
        let holds = before || scheme || behind.is_some_and(|b| b" =:\"'&".contains(&b));
        holds.then(|| escaped(text, spot))
    }

    fn start(&self, text: &[u8], anchor: usize, least: usize) -> usize {
        stretch_start(text, least..anchor, is_inside)
    }

    fn end(&self, text: &[u8], _: usize, anchor: usize, most: usize) -> usize {
        stretch_end(text, anchor..most, is_inside)
    }

    fn decode(&self, text: &[u8], range: Range<usize>, view: &mut View) {
        let mut at = range.start;
        while at < range.end {
            let escaped = text[at..range.end].strip_prefix(b"%").and_then(hex_byte);
            let length = if escaped.is_some() { 3 } else { 1 };
            // Forms write a blank as `+`, and base64 has it as a digit: it stays.
            view.push(escaped.unwrap_or(text[at]), at..at + length);
            at += length;
        }
    }

    fn kind(&self) -> FileKind {
        FileKind::Text
    }
}

fn is_inside(byte: u8) -> bool {
    byte.is_ascii_graphic() && !b"\"'`<>&\\".contains(&byte)
}
