//! PDF: the streams that are compressed with deflate. Of a page's content the text is taken that it shows,
//! all other streams are taken as they are: objects, attached files, metadata. What stands outside of
//! streams, or in streams that are not compressed, is seen when the file is searched as a text
//! (<https://opensource.adobe.com/dc-acrobat-sdk-docs/pdfstandards/PDF32000_2008.pdf>, 7.3.8 and 9.4.3).
//!
//! Text that a font shows by the numbers of its glyphs is not read.

mod shown;

use super::{Broken, Content, Flaw, Format, Members};
use bstr::ByteSlice;
use flate2::bufread::ZlibDecoder;
use shown::Shown;
use std::io::Read;

/// The dictionary of a stream is looked for this far before it.
const MOST_DICTIONARY: usize = 16 * 1024;

/// Inflated bytes by which it is told whether a stream shows text.
const PROBE: u64 = 64 * 1024;

pub(super) struct Pdf;

impl Format for Pdf {
    fn begins(&self, head: &[u8]) -> bool {
        head.starts_with(b"%PDF-")
    }

    fn seeks(&self) -> bool {
        true
    }

    fn is_text(&self) -> bool {
        true
    }

    fn walk(&self, content: &mut Content, members: &mut dyn Members) -> Result<(), Broken> {
        let bytes = content.whole(members.most_held())?.ok_or(Flaw::Large)?;
        if is_encrypted(&bytes) {
            return Err(Flaw::Encrypted.into());
        }
        let mut at = 0;
        while let Some(stream) = Stream::next(&bytes, at) {
            at = stream.end;
            stream.hand_over(members)?;
        }
        Ok(())
    }
}

/// Whether the trailer, or the stream in its place, says by which dictionary all streams are encrypted.
fn is_encrypted(bytes: &[u8]) -> bool {
    bytes.find_iter("/Encrypt").any(|at| {
        let value = bytes[at + b"/Encrypt".len()..].trim_ascii_start();
        matches!(value.first(), Some(b'0'..=b'9' | b'<'))
    })
}

/// A stream of a file.
struct Stream<'a> {
    /// The number of its object.
    number: &'a [u8],
    dictionary: &'a [u8],
    data: &'a [u8],
    /// Where in the file it ends.
    end: usize,
}

impl<'a> Stream<'a> {
    /// The first stream behind `from`.
    fn next(bytes: &'a [u8], from: usize) -> Option<Self> {
        let mut at = from;
        loop {
            let keyword = at + bytes[at..].find("stream")?;
            at = keyword + b"stream".len();
            let rest = &bytes[at..];
            let line = if rest.starts_with(b"\r\n") { 2 } else { 1 };
            let is_line = matches!(rest.first(), Some(b'\r' | b'\n'));
            let before = bytes[from..keyword].trim_ascii_end();
            if !is_line || !before.ends_with(b">>") {
                continue;
            }
            let before = &before[before.len().saturating_sub(MOST_DICTIONARY)..];
            let object = before.rfind("obj").unwrap_or(0);
            let number = before[..object].trim_ascii_end();
            let number = number.rsplit(u8::is_ascii_whitespace).nth(1);
            let start = at + line;
            let data = &bytes[start.min(bytes.len())..];
            let length = data.find("endstream").unwrap_or(data.len());
            return Some(Self {
                number: number.unwrap_or_default(),
                dictionary: &before[object..],
                data: &data[..length],
                end: start + length,
            });
        }
    }

    /// The filters that packed it, the last one first.
    fn filters(&self) -> Vec<&'a [u8]> {
        let Some(at) = self.dictionary.find("/Filter") else { return Vec::new() };
        let rest = self.dictionary[at + b"/Filter".len()..].trim_ascii_start();
        let list = if let Some(list) = rest.strip_prefix(b"[") {
            &list[..list.find_byte(b']').unwrap_or(list.len())]
        } else {
            let name = rest.iter().skip(1).take_while(|byte| is_regular(**byte)).count();
            &rest[..rest.len().min(1 + name)]
        };
        list.split_str("/").map(<[u8]>::trim_ascii).filter(|name| !name.is_empty()).collect()
    }

    fn hand_over(&self, members: &mut dyn Members) -> Result<(), Broken> {
        let name = [b"object ", self.number].concat();
        let is_table = has_name(self.dictionary, b"/XRef");
        let is_picture =
            has_name(self.dictionary, b"/Image") || self.data.starts_with(b"\xff\xd8\xff");
        if is_table || is_picture {
            return Ok(());
        }
        let mut filters = self.filters();
        // What another object names shows in the data: a header of zlib (RFC 1950).
        if let [[b'0'..=b'9', ..]] = filters[..]
            && matches!(self.data, [0x78, flags, ..] if (0x7800 + u32::from(*flags)) % 31 == 0)
        {
            filters = vec![b"FlateDecode"];
        }
        match &filters[..] {
            [] => Ok(()),
            [b"FlateDecode" | b"Fl"] if !self.is_predicted() => self.inflate(&name, members),
            others => {
                let others = others.iter().map(|name| name.to_str_lossy());
                members.lack(&name, Flaw::Method(others.collect::<Vec<_>>().join(", ")));
                Ok(())
            }
        }
    }

    /// Whether its bytes are stored as differences from others.
    fn is_predicted(&self) -> bool {
        self.dictionary.find_iter("/Predictor").any(|at| {
            let value = self.dictionary[at + b"/Predictor".len()..].trim_ascii_start();
            !value.starts_with(b"1") || value.get(1).is_some_and(u8::is_ascii_digit)
        })
    }

    fn inflate(&self, name: &[u8], members: &mut dyn Members) -> Result<(), Broken> {
        let mut inflated = ZlibDecoder::new(self.data);
        if self.shows_text() {
            members.take(name, &mut Shown::new(inflated))
        } else {
            members.take(name, &mut inflated)
        }
    }

    /// Whether it is the content of a page, or of a part of one.
    fn shows_text(&self) -> bool {
        let others: [&[u8]; 3] = [b"/EmbeddedFile", b"/ObjStm", b"/Metadata"];
        if others.iter().any(|name| has_name(self.dictionary, name)) {
            return false;
        }
        let mut shown = Vec::new();
        let beginning = ZlibDecoder::new(self.data).take(PROBE);
        // What is damaged is met again by who reads it.
        let _ = Shown::new(beginning).read_to_end(&mut shown);
        !shown.trim_ascii().is_empty()
    }
}

/// Whether a dictionary holds a name.
fn has_name(dictionary: &[u8], name: &[u8]) -> bool {
    let mut found = dictionary.find_iter(name);
    found.any(|at| !dictionary.get(at + name.len()).is_some_and(|byte| is_regular(*byte)))
}

/// Whether a byte may stand in a name.
fn is_regular(byte: u8) -> bool {
    !byte.is_ascii_whitespace() && byte != 0 && !b"()<>[]{}/%".contains(&byte)
}
