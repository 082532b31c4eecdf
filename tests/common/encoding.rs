//! Texts written in other ways, and where a part of a text stands in them.

use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD, Engine as _};
use serde::Deserialize;
use std::ops::Range;

/// A way of writing a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    Base64,
    Base64Url,
    /// The base64 of UTF-16.
    Base64Utf16,
    Hex,
    /// All but letters, digits, `_` and `-` percent-encoded.
    Percent,
    /// The same as `\u0022`.
    Unicode,
    /// All as `\x22`.
    Bytes,
    /// All but letters and digits as HTML entities.
    Entities,
}

/// All of them.
pub const ENCODINGS: [Encoding; 8] = [
    Encoding::Base64,
    Encoding::Base64Url,
    Encoding::Base64Utf16,
    Encoding::Hex,
    Encoding::Percent,
    Encoding::Unicode,
    Encoding::Bytes,
    Encoding::Entities,
];

impl Encoding {
    /// What reports call it.
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Self::Base64 | Self::Base64Url => &["base64"],
            Self::Base64Utf16 => &["base64", "utf-16le"],
            Self::Hex => &["hex"],
            Self::Percent => &["percent"],
            Self::Unicode | Self::Bytes => &["escapes"],
            Self::Entities => &["html-entities"],
        }
    }

    /// `text`, written so.
    pub fn write(self, text: &str) -> String {
        match self {
            Self::Base64 => BASE64_STANDARD.encode(text),
            Self::Base64Url => BASE64_URL_SAFE_NO_PAD.encode(text),
            Self::Base64Utf16 => BASE64_STANDARD.encode(utf16(text)),
            Self::Hex => forms(text.bytes(), |b| format!("{b:02x}")),
            _ => text.chars().map(|c| self.character(c)).collect(),
        }
    }

    fn character(self, character: char) -> String {
        let plain = character.is_ascii_alphanumeric() || "_-".contains(character);
        let text = character.to_string();
        match self {
            Self::Bytes => forms(text.bytes(), |b| format!("\\x{b:02x}")),
            _ if plain => text,
            Self::Percent => forms(text.bytes(), |b| format!("%{b:02X}")),
            Self::Unicode => forms(text.encode_utf16(), |unit| format!("\\u{unit:04x}")),
            _ => match character {
                '"' => "&quot;".to_owned(),
                '&' => "&amp;".to_owned(),
                other => format!("&#{};", u32::from(other)),
            },
        }
    }

    /// Where `part` of a text stands in what [`Self::write`] makes of it.
    pub fn place(self, text: &str, part: Range<usize>) -> Range<usize> {
        let digits =
            |bits: usize, part: Range<usize>| part.start * 8 / bits..(part.end * 8).div_ceil(bits);
        match self {
            Self::Base64 | Self::Base64Url => digits(6, part),
            Self::Base64Utf16 => {
                let units = |end: usize| utf16(&text[..end]).len();
                digits(6, units(part.start)..units(part.end))
            }
            Self::Hex => digits(4, part),
            _ => self.write(&text[..part.start]).len()..self.write(&text[..part.end]).len(),
        }
    }
}

/// The forms of all units, one behind the other.
fn forms<T>(units: impl Iterator<Item = T>, form: impl Fn(T) -> String) -> String {
    units.map(form).collect::<Vec<_>>().concat()
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// A text with a part that matters, written in one way after the other.
#[derive(Debug, Clone)]
pub struct Written {
    pub text: String,
    pub part: Range<usize>,
    /// What reports say of the way, the outermost first.
    pub via: Vec<&'static str>,
}

impl Written {
    /// `text` as it is, in which `part` matters.
    pub fn plain(text: String, part: &str) -> Self {
        let start = text.find(part).unwrap();
        Self { part: start..start + part.len(), text, via: Vec::new() }
    }

    /// The same, written so. What leaves all as it is shows in no report.
    pub fn written(&self, encoding: Encoding) -> Self {
        let text = encoding.write(&self.text);
        let mut via = self.via.clone();
        if !text.contains(self.text.trim_end_matches('=')) {
            via.splice(0..0, encoding.names().iter().copied());
        }
        Self { part: encoding.place(&self.text, self.part.clone()), text, via }
    }

    /// The same between two other texts.
    pub fn between(&self, before: &str, behind: &str) -> Self {
        let part = before.len() + self.part.start..before.len() + self.part.end;
        Self { text: format!("{before}{}{behind}", self.text), part, via: self.via.clone() }
    }

    /// Line and column where the part begins, and the column behind it, of a part on one line.
    pub fn position(&self) -> (u64, u64, u64) {
        let before = &self.text[..self.part.start];
        let line = before.rfind('\n').map_or(0, |at| at + 1);
        let columns = |text: &str| text.chars().count() as u64 + 1;
        let lines = before.matches('\n').count() as u64 + 1;
        (
            lines,
            columns(&self.text[line..self.part.start]),
            columns(&self.text[line..self.part.end]),
        )
    }
}
