//! What a source hands to detection: bytes, where they come from, and how to speak about a place in them.

use crate::kind::FileKind;
use bstr::{BStr, BString, ByteSlice as _};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::ops::Range;

/// Where a blob comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// The file as named from the current directory, with forward slashes; `None` for what is no file.
    pub path: Option<BString>,
    /// The way into the file: archive members, decoded views.
    pub via: Vec<Via>,
}

impl Origin {
    /// A file of the working tree.
    #[must_use]
    pub fn file(path: impl Into<BString>) -> Self {
        Self { path: Some(path.into()), via: Vec::new() }
    }

    /// The kind of file that the name promises: that of the innermost member.
    #[must_use]
    pub fn kind(&self) -> FileKind {
        match member(&self.via) {
            Some(name) => FileKind::of(name.into()),
            None => self.path.as_ref().map_or(FileKind::Text, |path| FileKind::of(path.as_bstr())),
        }
    }

    /// The path that rules go by: members stand below the file as if it were a folder.
    #[must_use]
    pub fn full_path(&self) -> Option<Cow<'_, BStr>> {
        let path = self.path.as_ref()?.as_bstr();
        Some(match members(&self.via, "/") {
            None => Cow::Borrowed(path),
            Some(members) => {
                Cow::Owned(bstr::concat([path, "/".into(), members.as_str().into()]).into())
            }
        })
    }

    /// The file with the members that lead to the bytes, for people: `backup.zip!/inner/creds.txt`.
    #[must_use]
    pub fn name(&self) -> Option<Cow<'_, BStr>> {
        let path = self.path.as_ref()?.as_bstr();
        Some(match members(&self.via, INTO) {
            None => Cow::Borrowed(path),
            Some(members) => {
                Cow::Owned(bstr::concat([path, INTO.into(), members.as_str().into()]).into())
            }
        })
    }
}

/// What stands between a container and its member when they are shown, as in the URLs of Java.
pub const INTO: &str = "!/";

/// The innermost member on a way.
#[must_use]
pub fn member(via: &[Via]) -> Option<&str> {
    via.iter().rev().find_map(|via| match via {
        Via::Member(name) => Some(name.as_str()),
        Via::Decoded(_) | Via::Object(_) => None,
    })
}

/// The members on a way, from the outermost to the innermost, with `between` between them.
#[must_use]
pub fn members(via: &[Via], between: &str) -> Option<String> {
    let names = via.iter().filter_map(|via| match via {
        Via::Member(name) => Some(name.as_str()),
        Via::Decoded(_) | Via::Object(_) => None,
    });
    let names: Vec<&str> = names.collect();
    (!names.is_empty()).then(|| names.join(between))
}

/// One step of the way into a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Via {
    /// A file inside an archive.
    Member(String),
    /// A decoded view of a part of the file: `base64`, `utf-16le` …
    Decoded(String),
    /// Something of a repository that is no file: `commit-message`, `note` …
    Object(String),
}

/// A place in a text: 1-based line, 1-based column in Unicode code points. A byte that is not part
/// of valid UTF-8 counts as one code point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Line, from 1.
    pub line: u64,
    /// Column, from 1.
    pub column: u64,
}

impl Position {
    /// The first place of a text.
    pub const START: Self = Self { line: 1, column: 1 };

    /// The place behind `text`, if `text` begins here.
    #[must_use]
    pub fn after(self, text: &[u8]) -> Self {
        match memchr::memrchr(b'\n', text) {
            None => Self { line: self.line, column: self.column + code_points(text) },
            Some(last) => Self {
                line: self.line + memchr::memchr_iter(b'\n', &text[..=last]).count() as u64,
                column: 1 + code_points(&text[last + 1..]),
            },
        }
    }
}

fn code_points(text: &[u8]) -> u64 {
    if text.is_ascii() {
        return text.len() as u64;
    }
    let count = |chunk: std::str::Utf8Chunk| chunk.valid().chars().count() + chunk.invalid().len();
    text.utf8_chunks().map(count).sum::<usize>() as u64
}

/// A piece of a blob that is searched at once. Only what begins in `owned` is reported; the bytes
/// around it belong to the neighbouring chunks and are there to be looked at.
#[derive(Debug, Clone)]
pub struct Chunk<'a> {
    /// Where the blob comes from.
    pub origin: &'a Origin,
    /// The owned bytes with those around them.
    pub bytes: &'a [u8],
    /// The part of `bytes` that this chunk answers for.
    pub owned: Range<usize>,
    /// Whether `bytes` begins with the first byte of the blob.
    pub first: bool,
}

impl<'a> Chunk<'a> {
    /// A blob in one piece.
    #[must_use]
    pub fn whole(origin: &'a Origin, bytes: &'a [u8]) -> Self {
        Self { origin, bytes, owned: 0..bytes.len(), first: true }
    }
}

/// Bytes of a base that stand unchanged in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copied {
    /// Where they begin in the base.
    pub base: usize,
    /// Where they begin in the text.
    pub at: usize,
    /// How many they are.
    pub len: usize,
}
