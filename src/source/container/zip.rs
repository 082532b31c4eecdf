//! zip, and what is one by another name: jar, war, apk, docx, xlsx, pptx, whl, nupkg …
//! (<https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT>).
//!
//! The directory is read here, entry by entry: two members of one name are both looked at, and a
//! directory of millions takes no memory.

use super::{Broken, Content, Flaw, Format, Members, little};
use bstr::ByteSlice;
use flate2::bufread::DeflateDecoder;
use std::io::{BufReader, ErrorKind, Read, Seek, SeekFrom};

/// What local headers, directory entries and the end of the directory begin with.
const LOCAL: &[u8; 4] = b"PK\x03\x04";
const ENTRY: &[u8; 4] = b"PK\x01\x02";
const END: &[u8; 4] = b"PK\x05\x06";
/// The same for large archives, and what points to it.
const END_64: &[u8; 4] = b"PK\x06\x06";
const LOCATOR_64: &[u8; 4] = b"PK\x06\x07";

/// The size of the end of the directory, and the longest comment that may follow it.
const END_SIZE: usize = 22;
const MOST_COMMENT: usize = u16::MAX as usize;

pub(super) struct Zip;

impl Format for Zip {
    fn begins(&self, head: &[u8]) -> bool {
        let is_local = |head: &[u8]| {
            // The version that is needed to read it, the flags, the method, then the length of the name:
            // a text that begins with these letters has others there.
            head.len() >= 30
                && head[4] < 100
                && head[5] < 32
                && head[9] < 1
                && little(&head[26..28]) > 0
        };
        match head.first_chunk() {
            Some(LOCAL) => is_local(head),
            // Nothing is in it, or it begins like one of several parts.
            Some(END) => head.len() >= END_SIZE,
            Some(b"PK\x07\x08") => head[4..].starts_with(LOCAL) && is_local(&head[4..]),
            _ => false,
        }
    }

    fn seeks(&self) -> bool {
        true
    }

    fn walk(&self, content: &mut Content, members: &mut dyn Members) -> Result<(), Broken> {
        let directory = Directory::find(content)?;
        let mut at = directory.start;
        while at < directory.end {
            let (entry, next) = Entry::read(content, at)?;
            at = next;
            entry.hand_over(content, directory.before, members)?;
        }
        Ok(())
    }
}

/// Reads `count` bytes at a place.
fn read_at(content: &mut Content, at: u64, count: usize) -> Result<Vec<u8>, Broken> {
    content.seek(SeekFrom::Start(at))?;
    let mut bytes = vec![0; count];
    content.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// Where the directory is.
struct Directory {
    start: u64,
    end: u64,
    /// Bytes before the archive, which its offsets do not count: a program that unpacks it.
    before: u64,
}

impl Directory {
    /// Finds the directory by its end, which is at the end of the file.
    fn find(content: &mut Content) -> Result<Self, Broken> {
        let length = content.seek(SeekFrom::End(0))?;
        let tail = length.saturating_sub((END_SIZE + MOST_COMMENT) as u64);
        let bytes = read_at(content, tail, (length - tail) as usize)?;
        let found = bytes.rfind_iter(END).find(|at| bytes.len() - at >= END_SIZE);
        // What is cut off lacks its end.
        let found = found.ok_or(Flaw::Cut)?;
        let end = &bytes[found..];
        let (mut size, mut start) = (little(&end[12..16]), little(&end[16..20]));
        let mut behind = tail + found as u64;
        if let Some(at) = found.checked_sub(20)
            && bytes[at..].starts_with(LOCATOR_64)
        {
            let claimed = little(&bytes[at + 8..at + 16]);
            // As a file may stand before the archive, the end is looked for where it has to be, too.
            let places = [claimed, (tail + at as u64).saturating_sub(56)];
            let end_64 = places.into_iter().find_map(|place| {
                let end = read_at(content, place, 56).ok()?;
                end.starts_with(END_64).then_some((place, end))
            });
            let (place, end) = end_64.ok_or(Flaw::Damaged)?;
            (size, start, behind) = (little(&end[40..48]), little(&end[48..56]), place);
        }
        let actual = behind.checked_sub(size).ok_or(Flaw::Damaged)?;
        let before = actual.checked_sub(start).ok_or(Flaw::Damaged)?;
        Ok(Self { start: actual, end: behind, before })
    }
}

/// An entry of the directory.
struct Entry {
    name: Vec<u8>,
    flags: u64,
    method: u64,
    compressed: u64,
    size: u64,
    /// Where the local header is.
    at: u64,
}

impl Entry {
    /// Reads the entry at a place, and says where the next one is.
    fn read(content: &mut Content, at: u64) -> Result<(Self, u64), Broken> {
        let fixed = read_at(content, at, 46)?;
        if !fixed.starts_with(ENTRY) {
            return Err(Flaw::Damaged.into());
        }
        let number = |from: usize, len: usize| little(&fixed[from..from + len]);
        let (name, extra, comment) = (number(28, 2), number(30, 2), number(32, 2));
        let names = read_at(content, at + 46, (name + extra) as usize)?;
        let (name, fields) = names.split_at(name as usize);
        let mut entry = Self {
            name: name.to_vec(),
            flags: number(8, 2),
            method: number(10, 2),
            compressed: number(20, 4),
            size: number(24, 4),
            at: number(42, 4),
        };
        entry.widen(fields);
        Ok((entry, at + 46 + names.len() as u64 + comment))
    }

    /// Takes the numbers that do not fit into four bytes from the extra field for them.
    fn widen(&mut self, mut fields: &[u8]) {
        while let Some((head, rest)) = fields.split_at_checked(4) {
            let length = (little(&head[2..]) as usize).min(rest.len());
            let (mut field, behind) = rest.split_at(length);
            fields = behind;
            if little(&head[..2]) != 1 {
                continue;
            }
            for number in [&mut self.size, &mut self.compressed, &mut self.at] {
                if *number == u64::from(u32::MAX)
                    && let Some((wide, rest)) = field.split_at_checked(8)
                {
                    (*number, field) = (little(wide), rest);
                }
            }
        }
    }

    fn hand_over(
        &self,
        content: &mut Content,
        before: u64,
        members: &mut dyn Members,
    ) -> Result<(), Broken> {
        if self.name.ends_with(b"/") && self.size == 0 {
            return Ok(());
        }
        // The first flag is for encryption, the sixth for a stronger one; 99 is the method of AES.
        if self.flags & 0x41 != 0 || self.method == 99 {
            members.lack(&self.name, Flaw::Encrypted);
            return Ok(());
        }
        let start = match self.start(content, before) {
            Ok(start) => start,
            Err(Broken::Flaw(flaw)) => {
                members.lack(&self.name, flaw);
                return Ok(());
            }
            Err(stop) => return Err(stop),
        };
        content.seek(SeekFrom::Start(start))?;
        let stored = content.by_ref().take(self.compressed);
        match self.method {
            0 => members.take(&self.name, &mut Sized { inner: stored, left: self.size }),
            8 => {
                let inner = DeflateDecoder::new(BufReader::new(stored));
                members.take(&self.name, &mut Sized { inner, left: self.size })
            }
            method => {
                members.lack(&self.name, Flaw::Method(format!("zip method {method}")));
                Ok(())
            }
        }
    }

    /// Where the content is: behind the local header.
    fn start(&self, content: &mut Content, before: u64) -> Result<u64, Broken> {
        let at = self.at.checked_add(before).ok_or(Flaw::Damaged)?;
        let local = read_at(content, at, 30)?;
        if !local.starts_with(LOCAL) {
            return Err(Flaw::Damaged.into());
        }
        Ok(at + 30 + little(&local[26..28]) + little(&local[28..30]))
    }
}

/// Fails at the end of what is shorter than it should be.
struct Sized<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Sized<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(buffer)?;
        if count == 0 && !buffer.is_empty() && self.left > 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        self.left = self.left.saturating_sub(count as u64);
        Ok(count)
    }
}
