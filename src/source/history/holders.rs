//! Which trees hold the objects that something was found in. The search goes backwards, from the
//! objects over the trees that hold them up to the roots, so it costs what they concern, not what
//! the repository holds.

use super::names::NameId;
use super::store::{Kind, ObjectNumber, Store};
use super::trees::{Named, TreeRecords};
use std::collections::{HashMap, HashSet};

/// The trees that hold some objects, each with no more than leads to these.
#[derive(Debug, Default)]
pub(super) struct Holders {
    /// For each tree its entries that lead there.
    trees: HashMap<u32, Vec<Named>>,
}

impl Holders {
    /// The trees that hold `objects`, at any depth.
    pub(super) fn find(
        all: &[TreeRecords],
        store: &Store,
        objects: impl IntoIterator<Item = u32>,
    ) -> Self {

        let mut found = Self::default();
        let mut queue: Vec<u32> = objects.into_iter().collect();
        let mut queued: HashSet<u32> = queue.iter().copied().collect();
        let is_tree = |child: u32| store.kind(ObjectNumber(child)) == Kind::Tree;
        let index = Index::new(all, |child| is_tree(child) || queued.contains(&child));
        while let Some(object) = queue.pop() {
            index.holders(object, |tree, named| {
                found.trees.entry(tree).or_default().push(named);
                if queued.insert(tree) {
                    queue.push(tree);
                }
            });
        }
        found
    }

    /// The entries of `tree` that lead to the objects.
    pub(super) fn entries(&self, tree: u32) -> &[Named] {
        self.trees.get(&tree).map_or(&[], Vec::as_slice)
    }

    /// The objects that the trees lead to, with those that they are reached by.
    pub(super) fn reached(&self, trees: impl IntoIterator<Item = u32>) -> HashSet<u32> {
        let mut queue: Vec<u32> = trees.into_iter().collect();
        let mut reached: HashSet<u32> = queue.iter().copied().collect();
        while let Some(tree) = queue.pop() {
            for (child, _) in self.entries(tree) {
                if reached.insert(*child) {
                    queue.push(*child);
                }
            }
        }
        reached
    }

    /// The object at the path of `names` below `tree`.
    pub(super) fn at(&self, tree: u32, names: &[NameId]) -> Option<u32> {
        names.iter().try_fold(tree, |tree, name| {
            self.entries(tree).iter().find(|(_, known)| known == name).map(|(child, _)| *child)
        })
    }
}

/// Which records add an object, and which records are of trees that are stored as differences from
/// a tree.
struct Index<'a> {
    all: &'a [TreeRecords],
    /// `(child, place of the record)`, sorted.
    added: Vec<(u32, Place)>,
    /// `(base, place of the record)`, sorted.
    derived: Vec<(u32, Place)>,
}

/// A record: which list, and where in it.
type Place = (u16, u32);

impl<'a> Index<'a> {
    fn new(all: &'a [TreeRecords], matters: impl Fn(u32) -> bool) -> Self {
        let (mut added, mut derived) = (Vec::new(), Vec::new());
        for (list, records) in (0..).zip(all) {
            for (n, record) in (0..).zip(&records.records) {
                let children = records.added(record).iter().map(|(child, _)| *child);
                let children = children.filter(|child| matters(*child));
                added.extend(children.map(|child| (child, (list, n))));
                derived.extend(record.base.map(|base| (base.0, (list, n))));
            }
        }
        added.sort_unstable();
        added.dedup();
        derived.sort_unstable();
        Self { all, added, derived }
    }

    /// Calls `each` with every tree that holds `object`, and the entry.
    fn holders(&self, object: u32, mut each: impl FnMut(u32, Named)) {
        let mut open: Vec<(Place, NameId)> = Vec::new();
        for place in values(&self.added, object) {
            let records = &self.all[usize::from(place.0)];
            let record = &records.records[place.1 as usize];
            let names = records.added(record).iter().filter(|(child, _)| *child == object);
            open.extend(names.map(|(_, name)| (place, *name)));
        }
        while let Some((place, name)) = open.pop() {
            let records = &self.all[usize::from(place.0)];
            let tree = records.records[place.1 as usize].tree.0;
            each(tree, (object, name));
            // What is stored as the difference from it holds the object as well, unless it lacks it.
            for derived in values(&self.derived, tree) {
                let records = &self.all[usize::from(derived.0)];
                let record = &records.records[derived.1 as usize];
                if !records.removed(record).contains(&(object, name)) {
                    open.push((derived, name));
                }
            }
        }
    }
}

fn values(sorted: &[(u32, Place)], key: u32) -> impl Iterator<Item = Place> {
    let first = sorted.partition_point(|(known, _)| *known < key);
    sorted[first..].iter().take_while(move |(known, _)| *known == key).map(|(_, place)| *place)
}
