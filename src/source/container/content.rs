//! The bytes of a blob, in whatever way they are at hand.

use bstr::{BStr, BString, ByteSlice};
use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Cursor, ErrorKind, Read, Seek, SeekFrom};

/// The bytes of a blob, as a source has them.
pub enum Input<'a> {
    /// In memory.
    Bytes(Cursor<&'a [u8]>),
    /// In a file, of which so many bytes were read.
    File(File, u64),
    /// They come once, one after another.
    Stream(&'a mut dyn Read),
}

impl<'a> From<&'a [u8]> for Input<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Bytes(Cursor::new(bytes))
    }
}

impl From<File> for Input<'_> {
    fn from(file: File) -> Self {
        Self::File(file, 0)
    }
}

impl Read for Input<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Bytes(bytes) => bytes.read(buffer),
            Self::File(file, read) => {
                let count = file.read(buffer)?;
                *read += count as u64;
                Ok(count)
            }
            Self::Stream(stream) => stream.read(buffer),
        }
    }
}

/// The bytes of a container from the first one on.
pub struct Content<'a> {
    name: BString,
    bytes: Bytes<'a>,
}

enum Bytes<'a> {
    Held(Cursor<Cow<'a, [u8]>>),
    File(&'a File),
    Once(Box<dyn Read + 'a>),
}

impl<'a> Content<'a> {
    /// The content of `input`, of which `head` was read already. It is called `name`.
    pub(super) fn again(name: BString, head: &'a [u8], input: &'a mut Input<'_>) -> Self {
        let bytes = match input {
            Input::Bytes(bytes) => Bytes::Held(Cursor::new(Cow::Borrowed(*bytes.get_ref()))),
            Input::File(file, _) => match file.rewind() {
                Ok(()) => Bytes::File(file),
                Err(_) => Bytes::Once(Box::new(head.chain(file))),
            },
            Input::Stream(stream) => Bytes::Once(Box::new(head.chain(stream))),
        };
        Self { name, bytes }
    }

    /// What the container is called: the last part of its name, which may be empty.
    #[must_use]
    pub fn name(&self) -> &BStr {
        self.name.rsplit_once_str("/").map_or(self.name.as_bytes(), |(_, name)| name).as_bstr()
    }

    /// Whether it can be read from any place.
    pub(super) fn is_sought(&self) -> bool {
        !matches!(self.bytes, Bytes::Once(_))
    }

    /// Takes it into memory if it could be read only once, and takes no more than `most` bytes. Says how
    /// many it took, or nothing if it is larger.
    pub(super) fn hold(&mut self, most: usize) -> io::Result<Option<usize>> {
        let Bytes::Once(once) = &mut self.bytes else { return Ok(Some(0)) };
        let mut held = Vec::new();
        once.take(most as u64 + 1).read_to_end(&mut held)?;
        let count = held.len();
        if count <= most {
            self.bytes = Bytes::Held(Cursor::new(Cow::Owned(held)));
            return Ok(Some(count));
        }
        let whole = std::mem::replace(&mut self.bytes, Bytes::Held(Cursor::default()));
        let Bytes::Once(rest) = whole else { return Ok(None) };
        self.bytes = Bytes::Once(Box::new(Cursor::new(held).chain(rest)));
        Ok(None)
    }

    /// All bytes, if they are no more than `most`.
    pub(super) fn whole(&mut self, most: usize) -> io::Result<Option<Cow<'_, [u8]>>> {
        match &mut self.bytes {
            Bytes::Held(held) => Ok(Some(Cow::Borrowed(&**held.get_ref()))),
            Bytes::File(file) => {
                file.rewind()?;
                let mut bytes = Vec::new();
                file.take(most as u64 + 1).read_to_end(&mut bytes)?;
                Ok((bytes.len() <= most).then_some(Cow::Owned(bytes)))
            }
            Bytes::Once(_) => Err(ErrorKind::NotSeekable.into()),
        }
    }
}

impl Read for Content<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.bytes {
            Bytes::Held(held) => held.read(buffer),
            Bytes::File(file) => file.read(buffer),
            Bytes::Once(once) => once.read(buffer),
        }
    }
}

impl Seek for Content<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match &mut self.bytes {
            Bytes::Held(held) => held.seek(to),
            Bytes::File(file) => file.seek(to),
            Bytes::Once(_) => Err(ErrorKind::NotSeekable.into()),
        }
    }
}
