//! The passes over commits and tags: the graph of commits, and the messages of both.

use super::forest::{Based, Visitor, held_in_memory};
use super::hits::{Hits, HitsBuilder};
use super::store::{Kind, ObjectError, ObjectNumber, Store};
use crate::detect::Detector;
use crate::kind::FileKind;
use crate::source::git::{self, Headers};
use gix_hash::ObjectId;
use std::io::{self, Read};

/// A commit, as far as the graph needs it.
#[derive(Debug, Clone)]
pub(super) struct GraphCommit {
    pub(super) object: ObjectNumber,
    /// The number of its tree, if that is there.
    pub(super) tree: Option<ObjectNumber>,
    pub(super) parents: Vec<ObjectId>,
    /// When it was committed, in seconds since 1970.
    pub(super) time: i64,
}

/// A tag, as far as it leads to a commit.
#[derive(Debug, Clone)]
pub(super) struct Tag {
    pub(super) object: ObjectNumber,
    pub(super) target: ObjectId,
}

/// One worker's pass over commits or tags.
pub(super) struct MessagePass<'a> {
    store: &'a Store,
    kind: Kind,
    builder: HitsBuilder<'a>,
    pub(super) commits: Vec<GraphCommit>,
    pub(super) tags: Vec<Tag>,
    pub(super) hits: Vec<Hits>,
    /// The trees of commits that are not there.
    pub(super) missing: Vec<ObjectId>,
    pub(super) unreadable: Vec<(ObjectNumber, String, usize)>,
}

impl<'a> MessagePass<'a> {
    pub(super) fn new(store: &'a Store, detector: &'a Detector, kind: Kind) -> Self {
        Self {
            store,
            kind,
            builder: HitsBuilder::new(detector),
            commits: Vec::new(),
            tags: Vec::new(),
            hits: Vec::new(),
            missing: Vec::new(),
            unreadable: Vec::new(),
        }
    }

    fn read(&mut self, object: ObjectNumber, bytes: &[u8]) {
        let headers = Headers(bytes);
        let read = match self.kind {
            Kind::Commit => self.read_commit(object, &headers),
            _ => self.read_tag(object, &headers),
        };
        if read.is_none() {
            self.unreadable.push((object, "it is not well-formed".to_owned(), 0));
        }
        let text = headers.message();
        let traces = self.builder.detector().trace(text, FileKind::Text.into());
        if !traces.matches().is_empty() {
            let hits = HitsBuilder::empty(object, FileKind::Text.into(), Vec::new());
            let hits = self.builder.of(hits, text, &traces);
            self.hits.push(hits);
        }
    }

    fn read_commit(&mut self, object: ObjectNumber, headers: &Headers) -> Option<()> {
        let tree = git::id(headers.all(b"tree ").next()?)?;
        let parents = headers.parents().map(git::id).collect::<Option<_>>()?;
        let time = headers.all(b"committer ").next().and_then(git::time).unwrap_or_default();
        let id = tree;
        let tree = self.store.find(&id);
        // The empty tree need not be stored.
        if tree.is_none() && id != ObjectId::empty_tree(gix_hash::Kind::Sha1) {
            self.missing.push(id);
        }
        self.commits.push(GraphCommit { object, tree, parents, time });
        Some(())
    }

    fn read_tag(&mut self, object: ObjectNumber, headers: &Headers) -> Option<()> {
        let target = git::id(headers.all(b"object ").next()?)?;
        self.tags.push(Tag { object, target });
        Some(())
    }
}

impl Visitor for MessagePass<'_> {
    type State = ();

    fn whole(&mut self, object: ObjectNumber, bytes: &[u8]) {
        self.read(object, bytes);
    }

    fn delta(&mut self, object: ObjectNumber, bytes: &[u8], _: &Based<()>) {
        self.read(object, bytes);
    }

    fn stream(&mut self, object: ObjectNumber, size: u64, reader: &mut dyn Read) -> io::Result<()> {
        held_in_memory(size)?;
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes)?;
        self.read(object, &bytes);
        Ok(())
    }

    fn unreadable(&mut self, object: ObjectNumber, why: &ObjectError, descendants: usize) {
        self.unreadable.push((object, why.to_string(), descendants));
    }
}
