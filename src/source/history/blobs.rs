//! The pass over all blobs: each is searched once, while its bytes are in cache. A blob that is
//! stored as the difference from another one is searched only where it differs.

use super::forest::{Based, Visitor};
use super::hits::{Hits, HitsBuilder, Part};
use super::names::Roles;
use super::store::{ObjectError, ObjectNumber, Store};
use crate::blob::{Copied, Position};
use crate::detect::trace::{Change, Traces};
use crate::detect::{Detector, MARGIN};
use crate::kind::FileKinds;
use crate::scan::Progress;
use crate::source::encoding::decode;
use std::borrow::Cow;
use std::io::{self, Read};
use std::sync::atomic::Ordering;

/// Bytes of a large blob that are searched at once.
const CHUNK: usize = 1024 * 1024;

/// What the pass over the blobs needs to know.
#[derive(Clone, Copy)]
pub(super) struct BlobScan<'a> {
    pub(super) store: &'a Store,
    pub(super) detector: &'a Detector,
    pub(super) roles: &'a Roles,
    pub(super) progress: &'a Progress,
    /// Search every blob from end to end, to compare with.
    pub(super) full: bool,
}

/// One worker's pass over blobs.
pub(super) struct BlobPass<'a> {
    scan: BlobScan<'a>,
    builder: HitsBuilder<'a>,
    /// The blobs in which something was matched.
    pub(super) hits: Vec<Hits>,
    pub(super) unreadable: Vec<(ObjectNumber, String, usize)>,
    /// What was searched: blobs, each counted once, and bytes.
    pub(super) blobs: u64,
    pub(super) bytes: u64,
    copies: Vec<Copied>,
}

/// What is known of a blob when those that are stored as differences from it are searched.
pub(super) struct Searched {
    traces: Traces,
    kinds: FileKinds,
    /// Bytes before the text: a byte order mark.
    mark: usize,
    /// Whether the text is that of the blob, and not decoded.
    plain: bool,
}

impl<'a> BlobPass<'a> {
    pub(super) fn new(scan: BlobScan<'a>) -> Self {
        Self {
            scan,
            builder: HitsBuilder::new(scan.detector),
            hits: Vec::new(),
            unreadable: Vec::new(),
            blobs: 0,
            bytes: 0,
            copies: Vec::new(),
        }
    }

    fn search(
        &mut self,
        object: ObjectNumber,
        bytes: &[u8],
        base: Option<&Based<Searched>>,
    ) -> Searched {
        let detector = self.scan.detector;
        let number = object.0 as usize;
        let kinds = self.scan.roles.kinds(number);
        let (text, via) = decode(bytes);
        let plain = matches!(text, Cow::Borrowed(_));
        let mark = if plain { bytes.len() - text.len() } else { 0 };
        let base = base.filter(|base| {
            let known = base.state;
            let comparable = known.plain && plain && known.mark == mark;
            comparable && known.kinds.contains_all(kinds) && !self.scan.full
        });
        let traces = match base {
            Some(base) => {
                let copies = unmarked(base.copies, mark, &mut self.copies);
                let base_length = base.bytes.len() - mark;
                let change = Change { copies, base_length, length: text.len() };
                detector.trace_change(&text, kinds, &base.state.traces, &change)
            }
            None => detector.trace(&text, kinds),
        };
        let hits = HitsBuilder::empty(object, kinds, via);
        // What only a path triggers is no part of what is carried on.
        let lines = detector.match_lines(&text, kinds, self.scan.roles.path_rules(number));
        if !lines.is_empty() {
            self.hits.push(self.builder.of(hits, &text, &traces.with(lines)));
        } else if !traces.matches().is_empty() {
            self.hits.push(self.builder.of(hits, &text, &traces));
        }
        self.done(object, bytes.len() as u64);
        Searched { traces, kinds, mark, plain }
    }

    fn done(&mut self, object: ObjectNumber, bytes: u64) {
        self.blobs += u64::from(!self.scan.store.is_duplicate(object));
        self.bytes += bytes;
        self.scan.progress.blobs.fetch_add(1, Ordering::Relaxed);
        self.scan.progress.bytes.fetch_add(bytes, Ordering::Relaxed);
    }
}

/// The copies, in texts that begin behind a mark of `mark` bytes.
fn unmarked<'c>(copies: &'c [Copied], mark: usize, kept: &'c mut Vec<Copied>) -> &'c [Copied] {
    if mark == 0 {
        return copies;
    }
    kept.clear();
    kept.extend(copies.iter().filter_map(|copied| {
        let cut = mark.saturating_sub(copied.base.min(copied.at));
        let len = copied.len.checked_sub(cut)?;
        Some(Copied { base: copied.base + cut - mark, at: copied.at + cut - mark, len })
    }));
    kept
}

impl Visitor for BlobPass<'_> {
    type State = Searched;

    fn whole(&mut self, object: ObjectNumber, bytes: &[u8]) -> Searched {
        self.search(object, bytes, None)
    }

    fn delta(&mut self, object: ObjectNumber, bytes: &[u8], base: &Based<Searched>) -> Searched {
        self.search(object, bytes, Some(base))
    }

    fn stream(&mut self, object: ObjectNumber, size: u64, reader: &mut dyn Read) -> io::Result<()> {
        let kinds = self.scan.roles.kinds(object.0 as usize);
        let mut reader = crate::source::encoding::Utf8Reader::new(reader);
        let mut buffer = crate::source::encoding::Buffer::default();
        buffer.reset(CHUNK + 2 * MARGIN);
        let mut hits = HitsBuilder::empty(object, kinds, None);
        let (mut offset, mut position, mut passed) = (0, Position::START, 0);
        loop {
            let more = reader.fill(&mut buffer);
            let text = buffer.bytes();
            let done = !matches!(more, Ok(true));
            let end = if done { text.len() } else { text.len() - MARGIN };
            let traces = self.scan.detector.trace_part(text, passed..end, kinds);
            self.builder.add(&mut hits, &Part { text, offset, position }, &traces);
            if done {
                hits.finish(reader.via());
                if !hits.is_empty() {
                    self.hits.push(hits);
                }
                self.done(object, size);
                return more.map(|_| ());
            }
            let keep = end - MARGIN;
            position = position.after(&text[..keep]);
            offset += keep;
            buffer.advance(keep);
            passed = end - keep;
        }
    }

    fn unreadable(&mut self, object: ObjectNumber, why: &ObjectError, descendants: usize) {
        self.unreadable.push((object, why.to_string(), descendants));
    }
}
