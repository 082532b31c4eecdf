//! Which objects are stored as deltas of which, and a walk over all objects that makes each once.
//!
//! Objects that are stored in whole are roots; a delta is a child of its base. A tree of this
//! forest (a family) is visited depth first by one worker, so that each object is made from a base
//! that is at hand. Children are visited smallest subtree first, and a base is let go as soon as
//! its last child is made, before that child's own children are. So a base is kept only while a
//! child is visited whose subtree is at most half of its own: in a family of n objects there are
//! never more than log2(n) kept bases, besides the one or two objects that are worked on, however
//! long its chains are.

use super::delta::{DeltaError, LARGEST};
use super::store::{Decoder, Kind, Link, ObjectError, ObjectNumber, Store};
use crate::blob::Copied;
use rayon::prelude::*;
use std::io::{self, Read};
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What is done with each object of a kind.
pub trait Visitor: Send {
    /// What is remembered of an object while the objects stored as its deltas are visited.
    type State;

    /// An object that is stored in whole.
    fn whole(&mut self, object: ObjectNumber, bytes: &[u8]) -> Self::State;

    /// An object that is stored as the difference from `base`.
    fn delta(
        &mut self,
        object: ObjectNumber,
        bytes: &[u8],
        base: &Based<'_, Self::State>,
    ) -> Self::State;

    /// A large object that is stored in whole and that nothing is a delta of: read as a stream, so
    /// that memory stays bounded. Its `size` is in bytes.
    ///
    /// # Errors
    ///
    /// Those of `reader`, which has found the object damaged: it is then also
    /// [unreadable](Visitor::unreadable).
    fn stream(&mut self, object: ObjectNumber, size: u64, reader: &mut dyn Read) -> io::Result<()>;

    /// An object that cannot be read, and how many others are stored as differences from it
    /// (directly or not): they are not visited.
    fn unreadable(&mut self, object: ObjectNumber, why: &ObjectError, descendants: usize);
}

/// What an object is stored as the difference from.
#[derive(Debug)]
pub struct Based<'a, S> {
    /// The base.
    pub bytes: &'a [u8],
    /// What is remembered of it.
    pub state: &'a S,
    /// What the object has of it, in order; all else was inserted.
    pub copies: &'a [Copied],
}

/// The size in bytes from which an object without children is streamed.
const STREAMED: u64 = 32 << 20;
/// The estimated bytes that a worker takes at once.
const BATCH: u64 = 1 << 20;
/// The most bytes in buffers that a worker keeps for later.
const POOLED: usize = 32 << 20;
/// Stands for the base of an object that has none.
const NONE: u32 = u32::MAX;

/// All families.
#[derive(Default)]
pub(super) struct Forest {
    kinds: Vec<Kind>,
    /// By node: where its children start in `children`.
    starts: Vec<u32>,
    children: Vec<u32>,
    roots: Vec<Root>,
}

struct Root {
    node: u32,
    /// How many objects the family has.
    count: u32,
}

/// What is known of the kind of a node while the forest grows.
#[derive(Clone, Copy, PartialEq)]
enum Mark {
    Unknown,
    /// Its base is being looked for.
    Pending,
    Known(Kind),
}

impl Forest {
    /// The forest of the objects of `store`.
    pub(super) fn grow(store: &Store) -> Self {
        let link = |node| match store.link(node) {
            Ok(Link::Whole(kind, _)) => (NONE, Mark::Known(kind)),
            Ok(Link::Delta(base)) => (base, Mark::Unknown),
            Err(_) => (NONE, Mark::Known(Kind::Blob)),
        };
        let (mut bases, mut marks): (Vec<u32>, Vec<Mark>) =
            (0..store.len()).into_par_iter().map(link).unzip();
        let mut path = Vec::new();
        for node in 0..store.len() {
            spread(node, &mut bases, &mut marks, &mut path);
        }
        let kinds = marks.into_iter().map(|mark| match mark {
            Mark::Known(kind) => kind,
            Mark::Unknown | Mark::Pending => Kind::Blob,
        });
        let kinds = kinds.collect();
        let counts = counts(store, &bases);
        let (starts, children) = children(&bases, &counts);
        let roots = (0..store.len()).filter(|&node| bases[node as usize] == NONE);
        let roots = roots.map(|node| Root { node, count: counts[node as usize] });
        let roots = roots.filter(|root| root.count > 0).collect();
        Self { kinds, starts, children, roots }
    }

    /// The kind of a node.
    pub(super) fn kind(&self, node: u32) -> Kind {
        self.kinds[node as usize]
    }

    /// Where the children of a node are in `children`.
    fn children(&self, node: u32) -> Range<u32> {
        self.starts[node as usize]..self.starts[node as usize + 1]
    }

    /// How many nodes are below this one.
    fn descendants(&self, node: u32) -> usize {
        let mut count = 0;
        let mut pending = vec![self.children(node)];
        while let Some(children) = pending.pop() {
            count += children.len();
            pending.extend(children.map(|n| self.children(self.children[n as usize])));
        }
        count
    }

    /// The families of a kind, in batches: the large ones first, the largest of them at the start
    /// and each alone, then the others as they lie in the packs.
    fn plan(&self, store: &Store, kind: Kind) -> Plan {
        let mut weighed: Vec<(u64, u32)> = Vec::new();
        for root in self.roots.iter().filter(|root| self.kind(root.node) == kind) {
            let size = match store.link(root.node) {
                Ok(Link::Whole(_, size)) => size,
                _ => 0,
            };
            // The objects of a family are mostly about as large as its root.
            weighed.push(((size + 64).saturating_mul(root.count.into()), root.node));
        }
        weighed
            .sort_by_key(|&(weight, _)| std::cmp::Reverse(if weight < BATCH { 0 } else { weight }));
        let mut batches = Vec::new();
        let (mut start, mut sum) = (0, 0_u64);
        for (n, &(weight, _)) in weighed.iter().enumerate() {
            sum = sum.saturating_add(weight);
            if sum >= BATCH || n + 1 == weighed.len() {
                batches.push(start..n + 1);
                (start, sum) = (n + 1, 0);
            }
        }
        Plan { roots: weighed.into_iter().map(|(_, node)| node).collect(), batches }
    }
}

/// Finds the kind of a node, which is that of its base, and gives it to all nodes on the way.
/// Deltas in a circle lose their bases: each is a family whose root cannot be read.
fn spread(node: u32, bases: &mut [u32], marks: &mut [Mark], path: &mut Vec<u32>) {
    let mut at = node;
    while marks[at as usize] == Mark::Unknown {
        marks[at as usize] = Mark::Pending;
        path.push(at);
        at = bases[at as usize];
    }
    if marks[at as usize] == Mark::Pending {
        let circle = path.iter().position(|&node| node == at).unwrap_or_default();
        for &node in &path[circle..] {
            bases[node as usize] = NONE;
        }
        marks[at as usize] = Mark::Known(Kind::Blob);
    }
    let kind = marks[at as usize];
    for node in path.drain(..) {
        marks[node as usize] = kind;
    }
}

/// By node: how many objects must be visited in its subtree. Those that are visited elsewhere do
/// not count, so that a subtree of nothing but them is left out.
fn counts(store: &Store, bases: &[u32]) -> Vec<u32> {
    let repeats = store.may_repeat();
    let own = |node| u32::from(!(repeats && store.is_duplicate(store.object(node))));
    let mut counts: Vec<u32> = (0..store.len()).into_par_iter().map(own).collect();
    let mut pending = vec![0_u32; bases.len()];
    for &base in bases.iter().filter(|&&base| base != NONE) {
        pending[base as usize] += 1;
    }
    // From each leaf up to where another child is not counted yet.
    let leaves: Vec<usize> = (0..bases.len()).filter(|&node| pending[node] == 0).collect();
    for mut node in leaves {
        while bases[node] != NONE {
            let base = bases[node] as usize;
            counts[base] += counts[node];
            pending[base] -= 1;
            if pending[base] > 0 {
                break;
            }
            node = base;
        }
    }
    counts
}

/// The children of all nodes, smallest subtree first, and by node where they start.
fn children(bases: &[u32], counts: &[u32]) -> (Vec<u32>, Vec<u32>) {
    let nodes = || (0..bases.len()).filter(|&node| bases[node] != NONE && counts[node] > 0);
    let mut starts = vec![0_u32; bases.len() + 1];
    for node in nodes() {
        starts[bases[node] as usize] += 1;
    }
    let mut sum = 0;
    for start in &mut starts {
        sum += *start;
        *start = sum;
    }
    // Each start is the end of its children now; filling them in from the end moves it.
    let mut children = vec![0; sum as usize];
    for node in nodes().rev() {
        let start = &mut starts[bases[node] as usize];
        *start -= 1;
        children[*start as usize] = node as u32;
    }
    for (&start, &end) in starts.iter().zip(&starts[1..]) {
        if end - start > 1 {
            children[start as usize..end as usize].sort_by_key(|&node| counts[node as usize]);
        }
    }
    (starts, children)
}

/// For visitors that read a stream at once.
///
/// # Errors
///
/// When the object has more than [`LARGEST`] bytes.
pub fn held_in_memory(size: u64) -> io::Result<()> {
    if size > LARGEST {
        return Err(io::Error::other(DeltaError::TooLarge(size)));
    }
    Ok(())
}

/// What the workers of a walk share.
struct Plan {
    roots: Vec<u32>,
    batches: Vec<Range<usize>>,
}

impl Store {
    /// Visits each object of a kind, on all threads of the current rayon pool, with a visitor each
    /// that `make` gives; returns them. An object that is stored more than once is visited once, or
    /// more often if others are stored as its deltas. The order depends on the threads.
    pub fn walk<V: Visitor>(&self, kind: Kind, make: impl Fn() -> V + Sync) -> Vec<V> {
        let plan = self.forest.plan(self, kind);
        let next = AtomicUsize::new(0);
        rayon::broadcast(|_| {
            let mut walker = Walker::new(self, make());
            while let Some(batch) = plan.batches.get(next.fetch_add(1, Ordering::Relaxed)) {
                for &root in &plan.roots[batch.clone()] {
                    walker.family(root);
                }
            }
            walker.visitor
        })
    }
}

/// One worker of a walk.
struct Walker<'a, V: Visitor> {
    store: &'a Store,
    visitor: V,
    decoder: Decoder,
    pool: Pool,
    /// The bases that are kept, each with the children that are left.
    kept: Vec<Base<V::State>>,
}

struct Base<S> {
    bytes: Vec<u8>,
    state: S,
    children: Range<u32>,
}

impl<'a, V: Visitor> Walker<'a, V> {
    fn new(store: &'a Store, visitor: V) -> Self {
        let pool = Pool::default();
        Self { store, visitor, decoder: Decoder::new(), pool, kept: Vec::new() }
    }

    /// Visits all objects of the family of `root`.
    fn family(&mut self, root: u32) {
        if let Err(why) = self.root(root) {
            self.unreadable(root, &why);
        }
        while let Some(mut base) = self.kept.pop() {
            let Some(n) = base.children.next() else {
                self.pool.put(base.bytes);
                continue;
            };
            let node = self.store.forest.children[n as usize];
            match self.child(node, &base) {
                Ok(child) if base.children.is_empty() => {
                    self.pool.put(base.bytes);
                    self.kept.push(child);
                }
                Ok(child) => {
                    self.kept.push(base);
                    self.kept.push(child);
                }
                Err(why) => {
                    self.kept.push(base);
                    self.unreadable(node, &why);
                }
            }
        }
    }

    fn root(&mut self, node: u32) -> Result<(), ObjectError> {
        let Link::Whole(_, size) = self.store.link(node)? else {
            return Err(ObjectError::Cycle);
        };
        let object = self.store.object(node);
        let children = self.store.forest.children(node);
        if size > STREAMED && children.is_empty() {
            let mut reader = self.store.stream(node, size)?;
            return Ok(self.visitor.stream(object, size, &mut reader)?);
        }
        let mut bytes = self.pool.take();
        if let Err(why) = self.decoder.whole(self.store, node, &mut bytes) {
            self.pool.put(bytes);
            return Err(why);
        }
        let state = self.visitor.whole(object, &bytes);
        self.kept.push(Base { bytes, state, children });
        Ok(())
    }

    fn child(&mut self, node: u32, base: &Base<V::State>) -> Result<Base<V::State>, ObjectError> {
        let mut bytes = self.pool.take();
        if let Err(why) = self.decoder.delta(self.store, node, &base.bytes, &mut bytes) {
            self.pool.put(bytes);
            return Err(why);
        }
        let object = self.store.object(node);
        let based = Based { bytes: &base.bytes, state: &base.state, copies: &self.decoder.copies };
        let state = self.visitor.delta(object, &bytes, &based);
        Ok(Base { bytes, state, children: self.store.forest.children(node) })
    }

    fn unreadable(&mut self, node: u32, why: &ObjectError) {
        let descendants = self.store.forest.descendants(node);
        self.visitor.unreadable(self.store.object(node), why, descendants);
    }
}

/// Buffers to use again: memory from the system costs more than filling it.
#[derive(Default)]
struct Pool {
    buffers: Vec<Vec<u8>>,
    /// The capacity of all of them in bytes.
    bytes: usize,
}

impl Pool {
    fn take(&mut self) -> Vec<u8> {
        let buffer = self.buffers.pop().unwrap_or_default();
        self.bytes -= buffer.capacity();
        buffer
    }

    fn put(&mut self, buffer: Vec<u8>) {
        if self.bytes + buffer.capacity() <= POOLED {
            self.bytes += buffer.capacity();
            self.buffers.push(buffer);
        }
    }
}

#[cfg(test)]
mod tests;
