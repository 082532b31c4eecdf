//! gzip (RFC 1952): one compressed text. Texts one behind another are one, as gzip has it.

use super::{Broken, Content, Flaw, Format, Members};
use bstr::{BString, ByteSlice};
use flate2::bufread::GzDecoder;
use std::io::{self, BufRead, BufReader, Read};

pub(super) struct Gzip;

impl Format for Gzip {
    fn begins(&self, head: &[u8]) -> bool {
        // Deflate is the only method, and three flags are kept for later.
        matches!(head, [0x1f, 0x8b, 8, flags, ..] if flags & 0xe0 == 0)
    }

    fn walk(&self, content: &mut Content, members: &mut dyn Members) -> Result<(), Broken> {
        let without = unpacked(content.name());
        let first = GzDecoder::new(BufReader::new(content));
        let name = first.header().and_then(|header| header.filename());
        let name = name.map(|name| name.rsplit_once_str("/").map_or(name, |(_, name)| name));
        let name = name.filter(|name| !name.is_empty()).map_or(without, BString::from);
        let mut texts = Joined::One(Box::new(first));
        members.take(&name, &mut texts)?;
        if matches!(texts, Joined::Behind) {
            members.lack(&name, Flaw::Behind);
        }
        Ok(())
    }
}

/// What the file is called when it is unpacked.
fn unpacked(name: &bstr::BStr) -> BString {
    let lower = name.to_ascii_lowercase();
    let cut = |by: usize| &name[..name.len() - by];
    match &lower[..] {
        [.., b'.', b't', b'g', b'z'] => bstr::concat([cut(4), ".tar".into()]).into(),
        [_, .., b'.', b'g', b'z'] => cut(3).into(),
        b"" => "content".into(),
        _ => name.to_owned(),
    }
}

/// All texts of a file.
enum Joined<R> {
    /// In one of them.
    One(Box<GzDecoder<R>>),
    /// Behind the last.
    End,
    /// Behind the last, and something else follows.
    Behind,
}

impl<R: BufRead> Joined<R> {
    /// Goes on behind a text: to the next one, or to the end. Zeros fill up the blocks of a tape.
    fn behind(mut rest: R) -> io::Result<Self> {
        loop {
            let next = rest.fill_buf()?;
            let Some(first) = next.first() else { return Ok(Self::End) };
            match first {
                0 => {
                    let zeros = next.iter().take_while(|byte| **byte == 0).count();
                    rest.consume(zeros);
                }
                0x1f => return Ok(Self::One(Box::new(GzDecoder::new(rest)))),
                _ => return Ok(Self::Behind),
            }
        }
    }
}

impl<R: BufRead> Read for Joined<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Self::One(text) = self {
            let count = text.read(buffer)?;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            let Self::One(text) = std::mem::replace(self, Self::End) else { break };
            *self = Self::behind(text.into_inner())?;
        }
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_without_the_ending() {
        let cases = [("a.sql.gz", "a.sql"), ("a.TGZ", "a.tar"), (".gz", ".gz"), ("", "content")];
        for (name, expected) in cases {
            assert_eq!(unpacked(name.into()), expected, "{name}");
        }
    }
}
