//! The pass over all blobs: each is searched once, while its bytes are in cache. A blob that is
//! stored as the difference from another one is searched only where it differs.

use super::forest::{Based, Visitor};
use super::hits::{Hits, HitsBuilder, Part};
use super::names::Roles;
use super::store::{ObjectError, ObjectNumber, Store};
use crate::blob::{Copied, Via, member};
use crate::coverage::Skip;
use crate::detect::trace::{Change, Traces};
use crate::detect::{Detector, PathRules};
use crate::kind::{FileKind, FileKinds};
use crate::scan::Progress;
use crate::source::container::{self, Input, Texts, Walk};
use crate::source::encoding::{Buffer, decode};
use crate::source::text::Text;
use bstr::{BStr, ByteSlice};
use std::borrow::Cow;
use std::io::{self, Read};
use std::sync::atomic::Ordering;

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
    /// What of containers could not be looked at.
    pub(super) skipped: Vec<Skip>,
    copies: Vec<Copied>,
    buffers: Vec<Buffer>,
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
            skipped: Vec::new(),
            copies: Vec::new(),
            buffers: Vec::new(),
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
        if container::recognise(bytes).is_some() {
            // What cannot be looked at in it is noted; its bytes are all there.
            let _ = self.walk(object, bytes.into());
            self.done(object, bytes.len() as u64);
            return Searched { traces: Traces::default(), kinds, mark: 0, plain: false };
        }
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
        let hits = HitsBuilder::empty(object, kinds, via.into_iter().collect());
        // What only a path triggers is no part of what is carried on.
        let whole = (&*text, 0..text.len(), true);
        let lines = detector.match_lines(whole, kinds, self.scan.roles.path_rules(number));
        if !lines.is_empty() {
            self.hits.push(self.builder.of(hits, &text, &traces.clone().with(lines)));
        } else if !traces.matches().is_empty() {
            self.hits.push(self.builder.of(hits, &text, &traces));
        }
        self.done(object, bytes.len() as u64);
        Searched { traces, kinds, mark, plain }
    }

    /// Searches a blob that is a container, or too large to be held.
    fn walk(&mut self, object: ObjectNumber, input: Input) -> io::Result<()> {
        let number = object.0 as usize;
        let roles = self.scan.roles;
        let own = HitsBuilder::empty(object, roles.kinds(number), Vec::new());
        let rules = roles.path_rules(number);
        let mut texts = BlobTexts { builder: &mut self.builder, own, rules };
        let walked = Walk::through(BStr::new(""), input, &mut texts, &mut self.buffers);
        let BlobTexts { own, .. } = texts;
        if !own.is_empty() {
            self.hits.push(own);
        }
        let id = self.scan.store.id(object);
        self.skipped.extend(walked.skipped.into_iter().map(|skip| Skip {
            path: format!("object {id}"),
            reason: skip.reason,
            mend: Some(format!(
                "look which file it is (git log --all --find-object={id}), and scan what is in it"
            )),
        }));
        walked.read
    }

    fn done(&mut self, object: ObjectNumber, bytes: u64) {
        self.blobs += u64::from(!self.scan.store.is_duplicate(object));
        self.bytes += bytes;
        self.scan.progress.blobs.fetch_add(1, Ordering::Relaxed);
        self.scan.progress.bytes.fetch_add(bytes, Ordering::Relaxed);
    }
}

/// Takes the texts of one blob.
struct BlobTexts<'b, 'a> {
    builder: &'b mut HitsBuilder<'a>,
    /// What was found in the blob, and in its members.
    own: Hits,
    /// The rules that a name of the blob may trigger.
    rules: PathRules,
}

impl Texts for BlobTexts<'_, '_> {
    fn take(&mut self, via: &[Via], text: Text) -> io::Result<()> {
        let detector = self.builder.detector();
        let object = self.own.object;
        let decoded = text.via();
        let Some(name) = member(via) else {
            self.own.decoded(decoded);
            let read = search_text(self.builder, &mut self.own, text, self.rules);
            self.own.finish();
            return read;
        };
        let name = BStr::new(name);
        let rules = detector.triggered_by(file_name(name));
        let via = via.iter().cloned().chain(decoded).collect();
        let mut hits = HitsBuilder::empty(object, FileKind::of(name).into(), via);
        let read = search_text(self.builder, &mut hits, text, rules);
        hits.finish();
        self.own.add_member(hits);
        read
    }
}

fn file_name(path: &BStr) -> &BStr {
    path.rsplit_once_str("/").map_or(path, |(_, name)| name.as_bstr())
}

/// Searches a text part by part. Its name may trigger `rules`.
fn search_text(
    builder: &mut HitsBuilder,
    hits: &mut Hits,
    text: Text,
    rules: PathRules,
) -> io::Result<()> {
    let (detector, kinds) = (builder.detector(), hits.kinds());
    text.each(|part| {
        let traces = detector.trace_part(part.bytes, part.owned.clone(), kinds);
        let lines = (part.bytes, part.owned.clone(), part.first);
        let traces = traces.with(detector.match_lines(lines, kinds, rules));
        let part = Part { text: part.bytes, offset: part.offset, position: part.position };
        builder.add(hits, &part, &traces);
    })
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
        let read = self.walk(object, Input::Stream(reader));
        self.done(object, size);
        read
    }

    fn unreadable(&mut self, object: ObjectNumber, why: &ObjectError, descendants: usize) {
        self.unreadable.push((object, why.to_string(), descendants));
    }
}
