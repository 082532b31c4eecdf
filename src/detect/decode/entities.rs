//! HTML's character references: <https://html.spec.whatwg.org/multipage/syntax.html#character-references>.

use super::{Anchor, Decoder, Spot, View, escaped, stretch_end, stretch_start};
use crate::kind::FileKind;
use bstr::ByteSlice;
use std::ops::Range;

/// `&quot;` for `"`, and `&#61;` or `&#x3d;` for `=`.
pub(super) struct Entities;

/// Longer ones are not looked for.
const LONGEST: usize = 9;

/// Names that matter between a name and a value; all others stay as they are written.
const NAMED: [(&[u8], char); 9] = [
    (b"quot", '"'),
    (b"apos", '\''),
    (b"amp", '&'),
    (b"lt", '<'),
    (b"gt", '>'),
    (b"nbsp", ' '),
    (b"equals", '='),
    (b"colon", ':'),
    (b"NewLine", '\n'),
];

impl Decoder for Entities {
    fn name(&self) -> &'static str {
        "html-entities"
    }

    fn anchor(&self, text: &[u8], spot: &Spot) -> Option<Anchor> {
        let (before, behind) = (&text[..spot.word.start], &text[spot.word.end..]);
        let begins = || {
            let near = &before[before.len().saturating_sub(LONGEST + 1)..];
            near.rfind_byte(b'&').and_then(|at| entity(&near[at..])).is_some()
        };
        let holds = entity(behind).is_some() || (before.ends_with(b";") && begins());
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
            if let Some((character, length)) = entity(&text[at..range.end]) {
                view.push_char(character, &(at..at + length));
                at += length;
            } else {
                view.push(text[at], at..at + 1);
                at += 1;
            }
        }
    }

    fn kind(&self) -> FileKind {
        FileKind::Code
    }
}

fn is_inside(byte: u8) -> bool {
    !b"\"<>\r\n\0".contains(&byte)
}

/// The character that a text begins with as a reference, and the length of that.
fn entity(text: &[u8]) -> Option<(char, usize)> {
    let rest = text.strip_prefix(b"&")?;
    let end = rest.iter().take(LONGEST).position(|b| *b == b';')?;
    let name = &rest[..end];
    let number = |digits: &[u8], radix: u32| {
        let number = u32::from_str_radix(digits.to_str().ok()?, radix).ok()?;
        char::from_u32(number).filter(|c| *c != '\0')
    };
    let character = match name {
        [b'#', b'x' | b'X', digits @ ..] => number(digits, 16)?,
        [b'#', digits @ ..] => number(digits, 10)?,
        _ => NAMED.iter().find(|(known, _)| *known == name)?.1,
    };
    Some((character, end + 2))
}
