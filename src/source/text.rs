//! A text as it is read, part by part: what is too large for memory is searched in pieces.

use super::container::Format;
use super::encoding::{Buffer, Utf8Reader};
use crate::blob::{Position, Via};
use crate::detect::MARGIN;
use std::io::{self, Read};
use std::ops::Range;

/// Bytes that are searched at once. Nearly all files are smaller.
const CHUNK: usize = 1024 * 1024;

/// A blob of which the first bytes are read.
pub struct Text<'t> {
    reader: Utf8Reader<&'t mut dyn Read>,
    buffer: &'t mut Buffer,
    more: io::Result<bool>,
}

/// A piece of a text, with bytes of its neighbours on both sides.
#[derive(Debug)]
pub struct Part<'a> {
    /// The piece and what is around it.
    pub bytes: &'a [u8],
    /// The piece.
    pub owned: Range<usize>,
    /// Where `bytes` begin in the text.
    pub offset: usize,
    /// The place of the first of `bytes`.
    pub position: Position,
    /// Whether `bytes` begin with the text.
    pub first: bool,
    /// Whether `bytes` end with the text.
    pub last: bool,
}

impl<'t> Text<'t> {
    /// Reads the first bytes of what `inner` gives.
    pub fn open(inner: &'t mut dyn Read, buffer: &'t mut Buffer) -> Self {
        buffer.reset(CHUNK + 2 * MARGIN);
        let mut reader = Utf8Reader::new(inner);
        let more = reader.fill(buffer);
        Self { reader, buffer, more }
    }

    /// The container that it is, if it could be read that far. Its bytes are not decoded then.
    #[must_use]
    pub fn container(&self) -> Option<&'static dyn Format> {
        self.more.as_ref().ok()?;
        self.reader.container()
    }

    /// The decoding, if there is one.
    #[must_use]
    pub fn via(&self) -> Option<Via> {
        self.reader.via()
    }

    /// Calls `search` with each part.
    ///
    /// # Errors
    ///
    /// When reading fails; what was read before is searched all the same.
    pub fn each(mut self, mut search: impl FnMut(&Part)) -> io::Result<()> {
        let (mut offset, mut position, mut passed) = (0, Position::START, 0);
        loop {
            let bytes = self.buffer.bytes();
            let last = !matches!(self.more, Ok(true));
            let end = if last { bytes.len() } else { bytes.len() - MARGIN };
            search(&Part { bytes, owned: passed..end, offset, position, first: offset == 0, last });
            if last {
                return self.more.map(|_| ());
            }
            let keep = end - MARGIN;
            position = position.after(&bytes[..keep]);
            offset += keep;
            self.buffer.advance(keep);
            passed = end - keep;
            self.more = self.reader.fill(self.buffer);
        }
    }
}
