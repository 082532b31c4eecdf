//! Reads text of any encoding as UTF-8. UTF-16, with or without a byte order mark, is decoded; all
//! else is ASCII-compatible (UTF-8, Latin-1 and its like) and stays as it is, as detection works on
//! bytes.

use super::container::{self, Format};
use crate::blob::Via;
use encoding_rs::{CoderResult, Decoder, UTF_16BE, UTF_16LE};
use std::borrow::Cow;
use std::io::{self, Read};

/// The text of a whole file as UTF-8, as [`Utf8Reader`] reads it, and the decoding, if there is one.
/// A byte order mark is no part of the text.
#[must_use]
pub fn decode(bytes: &[u8]) -> (Cow<'_, [u8]>, Option<Via>) {
    if let Some(text) = bytes.strip_prefix(b"\xef\xbb\xbf") {
        return (Cow::Borrowed(text), None);
    }
    match utf16_encoding(&bytes[..bytes.len().min(PROBE)]) {
        None => (Cow::Borrowed(bytes), None),
        Some((encoding, name)) => {
            let (text, _) = encoding.decode_with_bom_removal(bytes);
            (text.into_owned().into_bytes().into(), Some(Via::Decoded(name.to_owned())))
        }
    }
}

/// A reused buffer: storage that is cleared once, and how much of it is filled.
#[derive(Debug, Default)]
pub struct Buffer {
    storage: Vec<u8>,
    filled: usize,
}

impl Buffer {
    /// Forgets what is in it, and makes room for `capacity` bytes.
    pub fn reset(&mut self, capacity: usize) {
        self.filled = 0;
        if self.storage.len() < capacity {
            self.storage.resize(capacity, 0);
        }
    }

    /// What is in it.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.storage[..self.filled]
    }

    /// Drops the first `count` bytes.
    pub fn advance(&mut self, count: usize) {
        self.storage.copy_within(count..self.filled, 0);
        self.filled -= count;
    }
}

/// Bytes by which the encoding is told.
const PROBE: usize = 1024;
/// Raw bytes that are decoded at once.
const RAW: usize = 64 * 1024;

/// Reads a text as UTF-8.
pub struct Utf8Reader<R> {
    inner: R,
    bytes_read: u64,
    state: State,
}

enum State {
    /// Nothing was read yet.
    Fresh,
    Plain,
    /// It is no text at all.
    Container(&'static dyn Format),
    Utf16(Box<Utf16>),
}

/// How far a buffer was filled.
enum Filled {
    /// There may be room and text left.
    Some,
    /// The next character does not fit.
    Full,
    /// The text has ended.
    Ended,
}

struct Utf16 {
    decoder: Decoder,
    name: &'static str,
    raw: Vec<u8>,
    /// The part of `raw` that is not decoded yet.
    pending: std::ops::Range<usize>,
    ended: bool,
}

impl<R: Read> Utf8Reader<R> {
    /// A reader of the text that `inner` gives.
    pub fn new(inner: R) -> Self {
        Self { inner, bytes_read: 0, state: State::Fresh }
    }

    /// Bytes read from the inner reader so far.
    pub fn bytes_read(&self) -> u64 {
        self.bytes_read
    }

    /// The decoding, if there is one.
    pub fn via(&self) -> Option<Via> {
        match &self.state {
            State::Utf16(utf16) => Some(Via::Decoded(utf16.name.to_owned())),
            State::Fresh | State::Plain | State::Container(_) => None,
        }
    }

    /// The container that it is, if its first bytes say so. It is not decoded.
    pub fn container(&self) -> Option<&'static dyn Format> {
        match &self.state {
            State::Container(format) => Some(*format),
            State::Fresh | State::Plain | State::Utf16(_) => None,
        }
    }

    /// Fills the buffer, which has room for at least 1 kB; `true` when it is full, `false` when the text has ended.
    ///
    /// # Errors
    ///
    /// When the inner reader fails. What was read before stays in the buffer.
    pub fn fill(&mut self, buffer: &mut Buffer) -> io::Result<bool> {
        while buffer.filled < buffer.storage.len() {
            if let State::Utf16(utf16) = &mut self.state {
                match utf16.fill(&mut self.inner, buffer, &mut self.bytes_read)? {
                    Filled::Some => continue,
                    Filled::Full => return Ok(true),
                    Filled::Ended => return Ok(false),
                }
            }
            let count = read(&mut self.inner, &mut buffer.storage[buffer.filled..])?;
            buffer.filled += count;
            self.bytes_read += count as u64;
            if count == 0 && !matches!(self.state, State::Fresh) {
                return Ok(false);
            }
            if count == 0 {
                self.choose(buffer);
                continue;
            }
            // A pipe may give the first bytes one by one.
            if matches!(self.state, State::Fresh) && buffer.filled >= PROBE {
                self.choose(buffer);
            }
        }
        Ok(true)
    }

    /// Tells the encoding by the first bytes, and decodes them if they need it.
    fn choose(&mut self, buffer: &mut Buffer) {
        self.state = container::recognise(buffer.bytes()).map_or(State::Plain, State::Container);
        if self.container().is_some() {
            return;
        }
        if buffer.bytes().starts_with(b"\xef\xbb\xbf") {
            // The byte order mark is no part of the text, and no column of its first line.
            buffer.advance(3);
            return;
        }
        let Some((encoding, name)) = utf16_encoding(&buffer.bytes()[..buffer.filled.min(PROBE)])
        else {
            return;
        };
        let raw = buffer.bytes().to_vec();
        let pending = 0..raw.len();
        buffer.filled = 0;
        let decoder = encoding.new_decoder_with_bom_removal();
        let utf16 = Utf16 { decoder, name, raw, pending, ended: false };
        self.state = State::Utf16(Box::new(utf16));
    }
}

impl Utf16 {
    /// Decodes into the buffer.
    fn fill(
        &mut self,
        inner: &mut impl Read,
        buffer: &mut Buffer,
        bytes_read: &mut u64,
    ) -> io::Result<Filled> {
        if self.pending.is_empty() && !self.ended {
            self.raw.resize(RAW, 0);
            let count = read(inner, &mut self.raw)?;
            *bytes_read += count as u64;
            self.pending = 0..count;
            self.ended = count == 0;
        }
        let room = &mut buffer.storage[buffer.filled..];
        let raw = &self.raw[self.pending.clone()];
        let (result, consumed, written, _) = self.decoder.decode_to_utf8(raw, room, self.ended);
        self.pending.start += consumed;
        buffer.filled += written;
        Ok(match result {
            CoderResult::OutputFull => Filled::Full,
            CoderResult::InputEmpty if self.ended => Filled::Ended,
            CoderResult::InputEmpty => Filled::Some,
        })
    }
}

fn read(inner: &mut impl Read, into: &mut [u8]) -> io::Result<usize> {
    loop {
        match inner.read(into) {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

/// UTF-16 by its byte order mark, or by printable ASCII in at least 7 of 10 of its units.
fn utf16_encoding(start: &[u8]) -> Option<(&'static encoding_rs::Encoding, &'static str)> {
    const LE: (&encoding_rs::Encoding, &str) = (UTF_16LE, "utf-16le");
    const BE: (&encoding_rs::Encoding, &str) = (UTF_16BE, "utf-16be");
    match start {
        [0xff, 0xfe, 0, 0, ..] => return None,
        [0xff, 0xfe, ..] => return Some(LE),
        [0xfe, 0xff, ..] => return Some(BE),
        _ => {}
    }
    memchr::memchr(0, start)?;
    let (pairs, _) = start.as_chunks::<2>();
    let printable = |b: u8| b.is_ascii_graphic() || b" \t\r\n".contains(&b);
    let count = |high: usize| {
        pairs.iter().filter(|pair| pair[high] == 0 && printable(pair[1 - high])).count()
    };
    let enough = |count: usize| pairs.len() >= 4 && count * 10 >= pairs.len() * 7;
    match (enough(count(1)), enough(count(0))) {
        (true, _) => Some(LE),
        (_, true) => Some(BE),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    }

    /// Reads with a small buffer, so that text is cut anywhere.
    fn read_all(raw: &[u8], capacity: usize) -> (Vec<u8>, Option<Via>) {
        let mut reader = Utf8Reader::new(raw);
        let mut buffer = Buffer::default();
        buffer.reset(capacity);
        let mut out = Vec::new();
        while reader.fill(&mut buffer).unwrap() {
            out.extend_from_slice(buffer.bytes());
            buffer.advance(buffer.filled);
        }
        out.extend_from_slice(buffer.bytes());
        assert_eq!(reader.bytes_read(), raw.len() as u64);
        (out, reader.via())
    }

    #[test]
    fn utf16_in_both_orders_with_and_without_a_mark() {
        let text = "key = 'ünïcode and a longer line of ASCII'\n";
        for mark in ["\u{feff}", ""] {
            let marked = format!("{mark}{text}");
            for (raw, name) in [
                (utf16(&marked, u16::to_le_bytes), "utf-16le"),
                (utf16(&marked, u16::to_be_bytes), "utf-16be"),
            ] {
                let (read, via) = read_all(&raw, 4096);
                assert_eq!(decode(&raw), (read.clone().into(), via.clone()));
                assert_eq!(String::from_utf8(read).unwrap(), text);
                assert_eq!(via, Some(Via::Decoded(name.into())));
            }
        }
    }

    #[test]
    fn other_text_stays_as_it_is() {
        for raw in
            [&b"plain"[..], b"", b"caf\xe9 = 1", b"\x00\x01\x02\x03binary\x00\x00", b"\xff\xfe\0\0"]
        {
            assert_eq!(read_all(raw, PROBE), (raw.to_vec(), None));
        }
    }

    #[test]
    fn long_utf16_is_read_in_pieces() {
        let text = "0123456789 é line\n".repeat(20_000);
        let (read, _) = read_all(&utf16(&text, u16::to_le_bytes), 1 << 20);
        assert_eq!(read, text.as_bytes());
    }
}
