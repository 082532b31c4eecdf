//! tar: blocks of 512 bytes, a header before each member. The forms are those of POSIX (ustar, pax), GNU
//! and version 7: <https://www.gnu.org/software/tar/manual/html_node/Standard.html>,
//! <https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html>.
//!
//! Read here, as what a header claims must not take memory: a name may be written as a file of any size.

use super::{Broken, Content, Flaw, Format, Members, big};
use bstr::ByteSlice;
use std::io::{self, Read};

/// A header, and what all content is filled up to.
const BLOCK: usize = 512;

/// Bytes of a long name or of pax records that are read: names have 4096 at most.
const MOST_RECORDS: u64 = 1 << 20;

pub(super) struct Tar;

impl Format for Tar {
    fn begins(&self, head: &[u8]) -> bool {
        head.first_chunk().and_then(Header::read).is_some_and(|header| !header.name.is_empty())
    }

    fn walk(&self, content: &mut Content, members: &mut dyn Members) -> Result<(), Broken> {
        let mut long = Long::default();
        let mut ended = false;
        let mut block = [0; BLOCK];
        while read_block(content, &mut block)? {
            // Two blocks of zeros are the end, but archives may be written one behind another.
            if block.iter().all(|byte| *byte == 0) {
                ended = true;
                continue;
            }
            let header = Header::read(&block);
            let header = header.ok_or(if ended { Flaw::Behind } else { Flaw::Damaged })?;
            let mut size = header.size;
            if !matches!(header.kind, b'L' | b'K' | b'x' | b'g') {
                size = long.size.take().unwrap_or(size);
            }
            let mut left = size;
            let mut data = content.by_ref().take(size);
            match header.kind {
                b'L' => long.name = Some(name_of(&records(&mut data)?)),
                b'x' => long.read(&records(&mut data)?),
                b'K' | b'g' => {}
                // Links, devices and folders have no content, whatever size they claim.
                b'1'..=b'6' => (left, long) = (0, Long::default()),
                kind => {
                    if kind == b'S' {
                        skip_map(data.get_mut(), &block)?;
                    }
                    let name = long.name.take().unwrap_or(header.name);
                    long = Long::default();
                    let is_folder = name.ends_with(b"/") && size == 0;
                    if !is_folder {
                        members.take(&name, &mut data)?;
                    }
                }
            }
            if left > 0 {
                left = data.limit();
                let padding = size.next_multiple_of(BLOCK as u64) - size;
                // The last member may lack what fills up its block.
                if pass(content, left)? < left || pass(content, padding)? < padding && left > 0 {
                    return Err(Flaw::Cut.into());
                }
            }
        }
        Ok(())
    }
}

/// What the header of a member says.
struct Header {
    name: Vec<u8>,
    size: u64,
    kind: u8,
}

impl Header {
    /// Reads a header whose checksum is right.
    fn read(block: &[u8; BLOCK]) -> Option<Self> {
        let checksum = octal(&block[148..156])?;
        let others = block[..148].iter().chain(&block[156..]);
        let sum = others.map(|byte| u64::from(*byte)).sum::<u64>() + 8 * u64::from(b' ');
        if sum != checksum {
            return None;
        }
        let text = |range: std::ops::Range<usize>| block[range].split_str("\0").next();
        let mut name = text(0..100).unwrap_or_default().to_vec();
        let prefix = text(345..500).unwrap_or_default();
        // GNU has other things where POSIX has the beginning of a long name.
        if &block[257..263] == b"ustar\0" && !prefix.is_empty() {
            name = [prefix, b"/", &name].concat();
        }
        let size = match block[124] {
            first if first & 0x80 != 0 => big(&block[128..136]),
            _ => octal(&block[124..136])?,
        };
        // What leads to an overflow is longer than any file.
        (size < 1 << 60).then_some(Self { name, size, kind: block[156] })
    }
}

/// What stands before a header for it.
#[derive(Default)]
struct Long {
    name: Option<Vec<u8>>,
    size: Option<u64>,
}

impl Long {
    /// Reads pax records: `LENGTH KEY=VALUE\n`.
    fn read(&mut self, mut records: &[u8]) {
        while let Some((length, _)) = records.split_once_str(" ") {
            let length = length.to_str().ok().and_then(|length| length.parse().ok());
            let Some((record, rest)) = length.and_then(|length| records.split_at_checked(length))
            else {
                return;
            };
            let Some((key, value)) = record
                .split_once_str(" ")
                .and_then(|(_, record)| record.strip_suffix(b"\n"))
                .and_then(|record| record.split_once_str("="))
            else {
                return;
            };
            match key {
                b"path" => self.name = Some(value.to_vec()),
                b"size" => self.size = value.to_str().ok().and_then(|size| size.parse().ok()),
                _ => {}
            }
            records = rest;
        }
    }
}

fn name_of(bytes: &[u8]) -> Vec<u8> {
    bytes.split_str("\0").next().unwrap_or_default().to_vec()
}

/// Reads a long name or records, up to a limit: the rest is passed over.
fn records(data: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut records = Vec::new();
    data.take(MOST_RECORDS).read_to_end(&mut records)?;
    Ok(records)
}

/// A number in octal digits, with blanks or zero bytes around it.
fn octal(field: &[u8]) -> Option<u64> {
    let digits = field.trim_with(|c| c == ' ' || c == '\0');
    let digits = digits.split(|byte| b" \0".contains(byte)).next().unwrap_or_default();
    digits.iter().try_fold(0_u64, |number, digit| {
        matches!(digit, b'0'..=b'7')
            .then(|| number.checked_mul(8))?
            .map(|n| n + u64::from(digit - b'0'))
    })
}

/// Passes over the blocks that say where the parts of a GNU sparse file stand. Its content is read as it
/// is stored, without the holes.
fn skip_map(content: &mut Content, header: &[u8; BLOCK]) -> Result<(), Broken> {
    let mut more = header[482] != 0;
    let mut block = [0; BLOCK];
    while more {
        if !read_block(content, &mut block)? {
            return Err(Flaw::Cut.into());
        }
        more = block[504] != 0;
    }
    Ok(())
}

/// Reads a block; `false` at the end.
fn read_block(content: &mut Content, block: &mut [u8; BLOCK]) -> Result<bool, Broken> {
    let mut filled = 0;
    while filled < BLOCK {
        match content.read(&mut block[filled..]) {
            Ok(0) if filled == 0 => return Ok(false),
            Ok(0) => return Err(Flaw::Cut.into()),
            Ok(count) => filled += count,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e.into()),
        }
    }
    Ok(true)
}

/// Passes over bytes, as far as there are any.
fn pass(content: &mut Content, count: u64) -> io::Result<u64> {
    io::copy(&mut content.by_ref().take(count), &mut io::sink())
}
