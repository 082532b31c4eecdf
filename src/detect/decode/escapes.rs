//! Escapes of strings: `\"`, `\n`, `\u0041` and `\x41`, as JSON has them
//! (<https://www.rfc-editor.org/rfc/rfc8259#section-7>) and programming languages.

use super::piece::is_selected;
use super::{Anchor, Decoder, MAX_WORD, Spot, View, escaped, hex_byte, is_printable};
use crate::kind::FileKind;
use std::ops::Range;

/// What stands behind a backslash.
pub(super) struct Escapes;

/// `://`
const SCHEME: &[u8] = br":\/\/";

/// Escapes in a row that make a text written in nothing else.
const IN_A_ROW: usize = 8;

impl Decoder for Escapes {
    fn name(&self) -> &'static str {
        "escapes"
    }

    fn literals(&self) -> &'static [&'static str] {
        &[r":\/\/", r"\x65\x", r"\x73\x"]
    }

    fn anchor(&self, text: &[u8], spot: &Spot) -> Option<Anchor> {
        let (word, behind) = (&text[spot.word.start..], &text[spot.word.end..]);
        let holds = match &text[..spot.word.start] {
            [.., b'\\', b'\\', b'"' | b'\''] => true,
            [.., b'\\'] if code(word).is_some() => true,
            [.., b'\\'] if !spot.of_run => {
                matches!(word, [b'n' | b'r' | b't', ..])
                    && matches!(behind, [b':' | b'=' | b' ', ..])
            }
            [.., b' ' | b'='] if spot.of_run && behind.starts_with(b"\\") => {
                matches!(behind, [_, b'n' | b'r', ..])
            }
            _ => {
                let scheme = text[spot.at..].starts_with(SCHEME);
                let escaped = behind.strip_prefix(b"\\").is_some_and(|b| code(b).is_some());
                scheme || escaped || in_row(text, spot.at)
            }
        };
        holds.then(|| escaped(text, spot))
    }

    fn start(&self, text: &[u8], anchor: usize, least: usize) -> usize {
        let is_start = |at: &usize| {
            let (before, last) = text[least..*at].split_at(at - 1 - least);
            last == b"\n" || (is_quote(last[0]) && backslashes(before).is_multiple_of(2))
        };
        if let Some(start) = (least + 1..=anchor).rev().find(is_start) {
            return start;
        }
        // What is cut must not begin within an escape.
        let cut = backslashes(&text[least.saturating_sub(MAX_WORD)..least]) % 2;
        (least + cut).min(anchor)
    }

    fn end(&self, text: &[u8], start: usize, anchor: usize, most: usize) -> usize {
        let quote = start.checked_sub(1).map(|at| text[at]).filter(|b| is_quote(*b));
        let closes = |byte: u8| quote.map_or(is_quote(byte), |quote| byte == quote);
        let mut at = start;
        while at < most && !(at >= anchor && (text[at] == b'\n' || closes(text[at]))) {
            at += if text[at] == b'\\' { 2 } else { 1 };
        }
        at.min(most)
    }

    fn decode(&self, text: &[u8], range: Range<usize>, view: &mut View) {
        let mut at = range.start;
        while at < range.end {
            let rest = &text[at..range.end];
            let (character, length) = match rest {
                [b'\\', escaped, ..] => match escape(&rest[1..]) {
                    Some((character, length)) => (Some(character), 1 + length),
                    None if escaped.is_ascii_graphic() => (Some(char::from(*escaped)), 2),
                    None => (None, 1),
                },
                _ => (None, 1),
            };
            match character {
                Some(character) => view.push_char(character, &(at..at + length)),
                None => view.push(text[at], at..at + length),
            }
            at += length;
        }
    }

    fn kind(&self) -> FileKind {
        FileKind::Code
    }
}

fn is_quote(byte: u8) -> bool {
    byte == b'"' || byte == b'\'' || byte == b'`'
}

/// Backslashes at the end of a text.
fn backslashes(text: &[u8]) -> usize {
    text.iter().rev().take_while(|b| **b == b'\\').count()
}

/// What a text behind a backslash begins with, if it is not the character itself, and how long that is.
fn escape(text: &[u8]) -> Option<(char, usize)> {
    let plain = match text.first()? {
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        _ => return code(text),
    };
    Some((plain, 1))
}

/// The character of `u0041` or `x41`, and its length.
fn code(text: &[u8]) -> Option<(char, usize)> {
    match text {
        [b'x', rest @ ..] => Some((char::from(hex_byte(rest)?), 3)),
        [b'u', rest @ ..] => {
            let unit = |text: &[u8]| {
                Some(u16::from_be_bytes([hex_byte(text)?, hex_byte(text.get(2..)?)?]))
            };
            let first = unit(rest)?;
            let second = rest.get(4..).and_then(|rest| rest.strip_prefix(b"\\u")).and_then(unit);
            let pair = [Some(first), second].into_iter().flatten();
            let character = char::decode_utf16(pair).next()?.ok()?;
            Some((character, if character.len_utf16() == 2 { 11 } else { 5 }))
        }
        _ => None,
    }
}

/// Whether text that is written in nothing but escapes is worth a look at `at`, where a literal stands.
/// The literals are two letters that hardly a name does without.
fn in_row(text: &[u8], at: usize) -> bool {
    const LENGTH: usize = 4;
    if !text[at..].starts_with(br"\x") {
        return false;
    }
    let one = |at: usize| {
        let escape = text.get(at..at + LENGTH)?.strip_prefix(br"\x")?;
        hex_byte(escape).filter(|byte| is_printable(*byte))
    };
    let mut before = (1..=IN_A_ROW).map_while(|n| one(at.checked_sub(n * LENGTH)?));
    let is_first = !before.any(|byte| byte == b'e' || byte == b's');
    (is_first || is_selected(text, at)) && (0..IN_A_ROW).all(|n| one(at + n * LENGTH).is_some())
}
