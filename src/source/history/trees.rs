//! The pass over all trees: what each holds that its delta base does not, and what it lacks. That is
//! little, and enough to find the trees that hold an object, without keeping any tree.

use super::forest::{Based, Visitor, held_in_memory};
use super::names::{NameId, Names, Roles};
use super::store::{ObjectError, ObjectNumber, Store};
use gix_hash::ObjectId;
use std::io::{self, Read};
use std::ops::Range;

/// Stands for what is not in the store, or is no tree or blob.
const NOTHING: u32 = u32::MAX;

/// An entry of a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    /// Where it begins in the tree.
    start: u32,
    /// The object's number.
    child: u32,
    name: NameId,
}

/// A tree that was read, as the base of others.
pub(super) struct ReadTree {
    object: ObjectNumber,
    entries: Vec<Entry>,
}

/// An object under a name.
pub(super) type Named = (u32, NameId);

/// What a tree holds, as the difference from its delta base.
#[derive(Debug)]
pub(super) struct TreeRecord {
    pub(super) tree: ObjectNumber,
    pub(super) base: Option<ObjectNumber>,
    added: Range<usize>,
    removed: Range<usize>,
}

/// The records of some trees.
#[derive(Debug, Default)]
pub(super) struct TreeRecords {
    pub(super) records: Vec<TreeRecord>,
    named: Vec<Named>,
}

impl TreeRecords {
    /// All records in one list.
    pub(super) fn join(all: impl IntoIterator<Item = Self>) -> Self {
        let mut joined = Self::default();
        for other in all {
            let start = joined.named.len();
            let moved = |range: Range<usize>| start + range.start..start + range.end;
            joined.records.extend(other.records.into_iter().map(|record| TreeRecord {
                added: moved(record.added),
                removed: moved(record.removed),
                ..record
            }));
            joined.named.extend(other.named);
        }
        joined
    }

    pub(super) fn added(&self, record: &TreeRecord) -> &[Named] {
        &self.named[record.added.clone()]
    }

    pub(super) fn removed(&self, record: &TreeRecord) -> &[Named] {
        &self.named[record.removed.clone()]
    }
}

/// One worker's pass over trees.
pub(super) struct TreePass<'a> {
    store: &'a Store,
    names: &'a Names<'a>,
    roles: &'a Roles,
    pub(super) found: TreeRecords,
    /// Trees and blobs that are named, and are not there.
    pub(super) missing: Vec<ObjectId>,
    pub(super) unreadable: Vec<(ObjectNumber, String, usize)>,
    added: Vec<Named>,
}

impl<'a> TreePass<'a> {
    pub(super) fn new(store: &'a Store, names: &'a Names<'a>, roles: &'a Roles) -> Self {
        Self {
            store,
            names,
            roles,
            found: TreeRecords::default(),
            missing: Vec::new(),
            unreadable: Vec::new(),
            added: Vec::new(),
        }
    }

    /// Reads the entry at `start`; also says where the next one begins.
    fn entry(&mut self, tree: &[u8], start: usize) -> Option<(Entry, usize)> {
        const ID: usize = 20;
        let rest = &tree[start..];
        let space = memchr::memchr(b' ', rest)?;
        let end = space + 1 + memchr::memchr(0, &rest[space + 1..])?;
        let id = rest.get(end + 1..end + 1 + ID)?;
        // Old trees have modes with a leading zero.
        let mode = rest[..space].iter().try_fold(0_u32, |mode, b| {
            let digit = (*b as char).to_digit(8)?;
            mode.checked_mul(8)?.checked_add(digit)
        })?;
        let (name, roles) = self.names.intern(&rest[space + 1..end]);
        let submodule = mode & 0o170_000 == 0o160_000;
        let child = if submodule { None } else { self.child(ObjectId::from_bytes_or_panic(id)) };
        if let Some(child) = child {
            if mode & 0o170_000 != 0o040_000 {
                self.roles.add(child.0 as usize, roles);
            }
            self.added.push((child.0, name));
        }
        let child = child.map_or(NOTHING, |child| child.0);
        let entry = Entry { start: u32::try_from(start).ok()?, child, name };
        Some((entry, start + end + 1 + ID))
    }

    fn child(&mut self, id: ObjectId) -> Option<ObjectNumber> {
        let child = self.store.find(&id);
        // The empty tree need not be stored.
        if child.is_none() && id != ObjectId::empty_tree(gix_hash::Kind::Sha1) {
            self.missing.push(id);
        }
        child
    }

    /// Reads a tree, as far as it can be read, taking over what `base` knows.
    fn read(
        &mut self,
        tree: ObjectNumber,
        bytes: &[u8],
        base: Option<&Based<ReadTree>>,
    ) -> ReadTree {
        let mut entries = Vec::with_capacity(base.map_or(16, |base| base.state.entries.len() + 4));
        let mut kept: Vec<Range<usize>> = Vec::new();
        let mut at = 0;
        self.roles.add_tree(tree.0 as usize);
        self.added.clear();
        let mut copies = base.map_or(&[][..], |base| base.copies).iter().peekable();
        while at < bytes.len() {
            while copies.next_if(|copied| copied.at + copied.len <= at).is_some() {}
            if let (Some(base), Some(copied)) =
                (base, copies.peek().filter(|copied| copied.at <= at))
                && let Some(range) =
                    copied_entries(base, at - copied.at + copied.base, copied.base + copied.len)
            {
                let known = &base.state.entries[range.clone()];
                let from = known[0].start;
                entries.extend(
                    known
                        .iter()
                        .map(|entry| Entry { start: entry.start - from + at as u32, ..*entry }),
                );
                let end = base
                    .state
                    .entries
                    .get(range.end)
                    .map_or(base.bytes.len(), |next| next.start as usize);
                at += end - from as usize;
                kept.push(range);
                continue;
            }
            let Some((entry, next)) = self.entry(bytes, at) else {
                self.unreadable.push((tree, "it is no well-formed tree".to_owned(), 0));
                break;
            };
            entries.push(entry);
            at = next;
        }
        self.note(tree, base, kept);
        ReadTree { object: tree, entries }
    }

    fn note(
        &mut self,
        tree: ObjectNumber,
        base: Option<&Based<ReadTree>>,
        mut kept: Vec<Range<usize>>,
    ) {
        let named = &mut self.found.named;
        let start = named.len();
        named.append(&mut self.added);
        let middle = named.len();
        kept.sort_by_key(|range| range.start);
        let mut next = 0;
        for entries in kept
            .iter()
            .map(|range| (range.start, range.end))
            .chain(base.map(|base| (base.state.entries.len(), 0)))
        {
            let lost = base.map_or(&[][..], |base| {
                base.state.entries.get(next..entries.0).unwrap_or_default()
            });
            named.extend(
                lost.iter()
                    .filter(|entry| entry.child != NOTHING)
                    .map(|entry| (entry.child, entry.name)),
            );
            next = next.max(entries.1);
        }
        self.found.records.push(TreeRecord {
            tree,
            base: base.map(|base| base.state.object),
            added: start..middle,
            removed: middle..named.len(),
        });
    }
}

/// The entries of the base that begin with the one at `start` and end before `end`.
fn copied_entries(base: &Based<ReadTree>, start: usize, end: usize) -> Option<Range<usize>> {
    let entries = &base.state.entries;
    let first = entries.binary_search_by_key(&start, |entry| entry.start as usize).ok()?;
    // An entry ends where the next one begins.
    let rest = &entries[first + 1..];
    let mut last = first + rest.partition_point(|entry| entry.start as usize <= end);
    if last + 1 == entries.len() && base.bytes.len() <= end {
        last += 1;
    }
    (last > first).then_some(first..last)
}

impl Visitor for TreePass<'_> {
    type State = ReadTree;

    fn whole(&mut self, object: ObjectNumber, bytes: &[u8]) -> ReadTree {
        self.read(object, bytes, None)
    }

    fn delta(&mut self, object: ObjectNumber, bytes: &[u8], base: &Based<ReadTree>) -> ReadTree {
        self.read(object, bytes, Some(base))
    }

    fn stream(&mut self, object: ObjectNumber, size: u64, reader: &mut dyn Read) -> io::Result<()> {
        held_in_memory(size)?;
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes)?;
        self.read(object, &bytes, None);
        Ok(())
    }

    fn unreadable(&mut self, object: ObjectNumber, why: &ObjectError, descendants: usize) {
        self.unreadable.push((object, why.to_string(), descendants));
    }
}
