//! The pass over all objects for the bytes of values that are known.

use super::forest::{Based, Visitor};
use super::store::{Kind, ObjectError, ObjectNumber, Store};
use super::survey::{Found, Written};
use crate::blob::{Position, Via};
use crate::source::container::{self, Input, Texts, Walk};
use crate::source::encoding::Buffer;
use crate::source::git::Headers;
use crate::source::text::Text;
use bstr::{BStr, ByteSlice};
use std::collections::{BTreeSet, HashMap};
use std::io::{self, Read};
use std::ops::Range;
use std::sync::Arc;

/// Finds values in texts.
pub trait Search: Sync {
    /// The values in a text.
    fn search(&self, text: &[u8]) -> Vec<Occurrence>;

    /// Whether the value of a secret is such an ordinary word that it may stand anywhere, so that only
    /// what a rule has found is the secret.
    fn is_word(&self, secret: u32) -> bool;
}

/// A value in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occurrence {
    /// The number of the secret.
    pub secret: u32,
    /// Its bytes.
    pub span: Range<usize>,
}

/// What a rule has found in an object.
pub(super) struct Seen {
    pub(super) secret: u32,
    /// Its first character and the one behind its last, if they stand in the object as they are.
    pub(super) span: Option<(Position, Position)>,
}

/// A secret in an object.
pub struct Spot {
    /// The number of the secret.
    pub secret: u32,
    /// How it stands there, if it stands in a text of the object itself.
    pub written: Option<Arc<Written>>,
    /// Whether it is but an ordinary word there.
    pub is_word: bool,
    /// Whether the object is no text to `git filter-repo`, so that nothing is replaced in it.
    pub is_opaque: bool,
}

/// The most bytes before a word that tell where it is meant.
const CONTEXT: usize = 48;
/// Where `git filter-repo` looks for the byte 0 that makes a blob binary.
const HEAD: usize = 8192;

/// One worker's pass.
pub(super) struct Occurrences<'a> {
    search: &'a dyn Search,
    seen: &'a HashMap<ObjectNumber, Vec<Seen>>,
    kind: Kind,
    found: Found,
    /// Each way to write a value is kept once.
    written: HashMap<u32, Vec<Arc<Written>>>,
    buffers: Vec<Buffer>,
}

impl<'a> Occurrences<'a> {
    /// What the objects of `store` hold: what was `seen` in them, and what `search` finds.
    pub(super) fn find(
        store: &'a Store,
        search: &'a dyn Search,
        seen: &'a HashMap<ObjectNumber, Vec<Seen>>,
    ) -> Found {
        let mut found = Found::new();
        for kind in [Kind::Blob, Kind::Tree, Kind::Commit, Kind::Tag] {
            let make = || Self {
                search,
                seen,
                kind,
                found: Found::new(),
                written: HashMap::new(),
                buffers: Vec::new(),
            };
            for pass in store.walk(kind, make) {
                found.extend(pass.found);
            }
        }
        // Under the name that all that leads to it knows it by.
        let first = |object: ObjectNumber| store.find(&store.id(object)).unwrap_or(object);
        found.into_iter().map(|(object, spots)| (first(object), spots)).collect()
    }

    fn look(&mut self, object: ObjectNumber, bytes: &[u8]) {
        let is_opaque = self.kind == Kind::Blob && bytes[..bytes.len().min(HEAD)].contains(&0);
        let mut spots = Vec::new();
        let mut spans = Vec::new();
        let mut words = BTreeSet::new();
        for seen in self.seen.get(&object).into_iter().flatten() {
            let span = seen.span.and_then(|(start, end)| self.bytes_between(bytes, start, end));
            spans.extend(span.clone());
            let written = span.map(|span| self.written(bytes, span, seen.secret));
            spots.push(Spot { secret: seen.secret, written, is_word: false, is_opaque });
        }
        for Occurrence { secret, span } in self.search.search(bytes) {
            let is_known = spans.contains(&span);
            let is_word = self.search.is_word(secret);
            if is_known || is_word && self.kind == Kind::Tree {
                continue;
            }
            // Words may be many, and nobody asks how they are written.
            if is_word && !words.insert(secret) {
                continue;
            }
            let written = (!is_word).then(|| self.written(bytes, span, secret));
            let last = spots.last().filter(|spot: &&Spot| spot.secret == secret);
            let repeated = last.and_then(|spot| spot.written.as_ref()).zip(written.as_ref());
            if repeated.is_some_and(|(last, written)| Arc::ptr_eq(last, written)) {
                continue;
            }
            spots.push(Spot { secret, written, is_word, is_opaque });
        }
        // What stands in a member stands in no text that can be replaced.
        if self.kind == Kind::Blob && container::recognise(bytes).is_some() {
            self.members(bytes.into(), &mut spots);
        }
        if !spots.is_empty() {
            self.found.entry(object).or_default().extend(spots);
        }
    }

    /// Adds what stands in the members of a container. Its flaws are told by the scan.
    fn members(&mut self, input: Input, spots: &mut Vec<Spot>) -> Option<io::Error> {
        let mut texts = MemberTexts { search: self.search, found: Vec::new() };
        let walked = Walk::through(BStr::new(""), input, &mut texts, &mut self.buffers);
        for secret in texts.found {
            let known = |spot: &Spot| spot.secret == secret && spot.written.is_none();
            if !spots.iter().any(known) {
                let is_word = self.search.is_word(secret);
                spots.push(Spot { secret, written: None, is_word, is_opaque: true });
            }
        }
        walked.read.err()
    }

    /// The bytes between two places of the text of an object.
    fn bytes_between(&self, bytes: &[u8], start: Position, end: Position) -> Option<Range<usize>> {
        let text = match self.kind {
            Kind::Blob => bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes),
            _ => Headers(bytes).message(),
        };
        let begin = bytes.len() - text.len();
        let (start, end) = (offset(text, start)?, offset(text, end)?);
        (start < end).then(|| begin + start..begin + end)
    }

    /// How a value is written, with what is before it on its line if it is but a word.
    fn written(&mut self, bytes: &[u8], span: Range<usize>, secret: u32) -> Arc<Written> {
        let is_word = self.search.is_word(secret);
        let before = if is_word { context_before(&bytes[..span.start]) } else { b"" };
        let after = if is_word { context_after(&bytes[span.end..]) } else { b"" };
        let value = &bytes[span];
        let known = self.written.entry(secret).or_default();
        let same = |known: &&Arc<Written>| {
            known.value == value && known.before == before && known.after == after
        };
        if let Some(same) = known.iter().find(same) {
            return same.clone();
        }
        let written =
            Arc::new(Written { value: value.into(), before: before.into(), after: after.into() });
        known.push(written.clone());
        written
    }
}

/// The end of the line before a word.
fn context_before(text: &[u8]) -> &[u8] {
    let line = text.rfind_byteset(b"\r\n").map_or(0, |at| at + 1);
    &text[line.max(text.len().saturating_sub(CONTEXT))..]
}

/// The byte behind a word, if it is on its line.
fn context_after(text: &[u8]) -> &[u8] {
    &text[..text.first().is_some_and(|b| !b"\r\n".contains(b)).into()]
}

/// Where a place is in a text.
fn offset(text: &[u8], place: Position) -> Option<usize> {
    let line = match place.line {
        0 => return None,
        1 => 0,
        line => memchr::memchr_iter(b'\n', text).nth(line as usize - 2)? + 1,
    };
    let mut column = 1;
    for chunk in text[line..].utf8_chunks() {
        let valid = chunk.valid();
        let base = chunk.valid().as_ptr() as usize - text.as_ptr() as usize;
        for (at, _) in valid.char_indices() {
            if column == place.column {
                return Some(base + at);
            }
            column += 1;
        }
        let behind = base + valid.len();
        for at in 0..chunk.invalid().len() {
            if column == place.column {
                return Some(behind + at);
            }
            column += 1;
        }
    }
    (column == place.column).then_some(text.len())
}

/// The texts of the members of a container.
struct MemberTexts<'a> {
    search: &'a dyn Search,
    found: Vec<u32>,
}

impl Texts for MemberTexts<'_> {
    fn take(&mut self, _: &[Via], text: Text) -> io::Result<()> {
        text.each(|part| {
            self.found.extend(self.search.search(part.bytes).into_iter().map(|found| found.secret));
        })
    }
}

impl Visitor for Occurrences<'_> {
    type State = ();

    fn whole(&mut self, object: ObjectNumber, bytes: &[u8]) {
        self.look(object, bytes);
    }

    fn delta(&mut self, object: ObjectNumber, bytes: &[u8], _: &Based<()>) {
        self.look(object, bytes);
    }

    fn stream(&mut self, object: ObjectNumber, _: u64, reader: &mut dyn Read) -> io::Result<()> {
        let mut spots = Vec::new();
        let seen = self.seen.get(&object).into_iter().flatten();
        spots.extend(seen.map(|seen| Spot {
            secret: seen.secret,
            written: None,
            is_word: false,
            is_opaque: true,
        }));
        let error = self.members(Input::Stream(reader), &mut spots);
        if !spots.is_empty() {
            self.found.entry(object).or_default().extend(spots);
        }
        error.map_or(Ok(()), Err)
    }

    /// The scan that came before has told it.
    fn unreadable(&mut self, _: ObjectNumber, _: &ObjectError, _: usize) {}
}
