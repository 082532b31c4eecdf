//! Which trees hold the objects that something was found in. The search goes backwards, from the
//! objects over the trees that hold them up to the roots, so it costs what they concern, not what
//! the repository holds.

use super::names::{NameId, Roles};
use super::trees::{Named, TreeRecords};
use std::collections::BTreeSet;

/// The trees that hold some objects, each with no more than leads to these.
#[derive(Debug)]
pub(super) struct Holders {
    /// For each object, which of `entries` are its; 0 for none.
    slots: Vec<u32>,
    /// For each tree its entries that lead to the objects.
    entries: Vec<Vec<Named>>,
}

impl Holders {
    /// The trees that hold `objects`, at any depth.
    pub(super) fn find(trees: &TreeRecords, roles: &Roles, objects: &[u32]) -> Self {
        let mut queued = vec![false; roles.len()];
        for object in objects {
            queued[*object as usize] = true;
        }
        let matters = |child: u32| queued[child as usize] || roles.is_tree(child as usize);
        let index = Index::new(trees, queued.len(), matters);
        let mut found = Self { slots: vec![0; queued.len()], entries: vec![Vec::new()] };
        let mut queue = objects.to_vec();
        while let Some(object) = queue.pop() {
            index.holders(object, |tree, named| {
                found.add(tree, named);
                if !std::mem::replace(&mut queued[tree as usize], true) {
                    queue.push(tree);
                }
            });
        }
        found
    }

    fn add(&mut self, tree: u32, named: Named) {
        let slot = &mut self.slots[tree as usize];
        if *slot == 0 {
            *slot = self.entries.len() as u32;
            self.entries.push(Vec::new());
        }
        self.entries[*slot as usize].push(named);
    }

    /// The entries of `tree` that lead to the objects.
    pub(super) fn entries(&self, tree: u32) -> &[Named] {
        &self.entries[self.slots[tree as usize] as usize]
    }

    /// The objects that the trees lead to, and the trees on the way.
    pub(super) fn reached(&self, trees: impl IntoIterator<Item = u32>) -> BTreeSet<u32> {
        let mut queue: Vec<u32> = trees.into_iter().collect();
        let mut seen = vec![false; self.slots.len()];
        let mut reached = BTreeSet::new();
        while let Some(tree) = queue.pop() {
            for (child, _) in self.entries(tree) {
                if !std::mem::replace(&mut seen[*child as usize], true) {
                    queue.push(*child);
                    reached.insert(*child);
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
    trees: &'a TreeRecords,
    added: Table,
    derived: Table,
}

impl<'a> Index<'a> {
    /// `matters` says whether a child may lead to the objects that are looked for.
    fn new(trees: &'a TreeRecords, objects: usize, matters: impl Fn(u32) -> bool) -> Self {
        let records = || (0..).zip(&trees.records);
        let added = records().flat_map(|(n, record)| {
            let children = trees.added(record).iter().map(|(child, _)| *child);
            children.map(move |child| (child, n))
        });
        let derived = records().filter_map(|(n, record)| Some((record.base?.0, n)));
        let added = added.filter(|(child, _)| matters(*child));
        Self { trees, added: Table::new(objects, added), derived: Table::new(objects, derived) }
    }

    /// Calls `each` with every tree that holds `object`, and the entry.
    fn holders(&self, object: u32, mut each: impl FnMut(u32, Named)) {
        let mut open: Vec<(u32, NameId)> = Vec::new();
        let mut last = None;
        for record in self.added.values(object) {
            // One record may add it under several names.
            if last.replace(record) == Some(record) {
                continue;
            }
            let named = self.trees.added(&self.trees.records[record as usize]).iter();
            let names = named.filter(|(child, _)| *child == object).map(|(_, name)| *name);
            open.extend(names.map(|name| (record, name)));
        }
        while let Some((record, name)) = open.pop() {
            let tree = self.trees.records[record as usize].tree.0;
            each(tree, (object, name));
            // What is stored as the difference from it holds the object as well, unless it lacks it.
            for derived in self.derived.values(tree) {
                let removed = self.trees.removed(&self.trees.records[derived as usize]);
                if !removed.contains(&(object, name)) {
                    open.push((derived, name));
                }
            }
        }
    }
}

/// For each object the records that concern it, as chains through a list.
struct Table {
    /// For each object the last of its links, counted from 1; 0 for none.
    last: Vec<u32>,
    /// A record, and the link before it.
    links: Vec<(u32, u32)>,
}

impl Table {
    /// Of pairs of an object and a record.
    fn new(objects: usize, pairs: impl Iterator<Item = (u32, u32)>) -> Self {
        let mut table = Self { last: vec![0; objects], links: Vec::new() };
        for (object, record) in pairs {
            let last = &mut table.last[object as usize];
            table.links.push((record, *last));
            *last = table.links.len() as u32;
        }
        table
    }

    /// The records of an object, the last one first.
    fn values(&self, object: u32) -> impl Iterator<Item = u32> + '_ {
        let mut link = self.last[object as usize];
        std::iter::from_fn(move || {
            let (record, before) = *self.links.get((link as usize).checked_sub(1)?)?;
            link = before;
            Some(record)
        })
    }
}
