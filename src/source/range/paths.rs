//! The files of a commit by their paths. Folders that were read are kept: many files are asked for.

use crate::source::compare::{Named, Side, entries_of_tree};
use crate::source::git::Scope;
use bstr::{BStr, BString, ByteSlice};
use git2::{ObjectType, Oid};
use std::collections::HashMap;

/// What stands in the folders that were read, by the ids of their trees.
#[derive(Default)]
pub(super) struct Paths {
    trees: HashMap<Oid, HashMap<BString, Entry>>,
    /// The trees of commits.
    roots: HashMap<Oid, Option<Oid>>,
}

#[derive(Clone, Copy)]
enum Entry {
    File(Oid),
    Folder(Oid),
}

impl Paths {
    /// The blob of a file in a commit. What cannot be read holds none.
    pub(super) fn at(&mut self, scope: &Scope, commit: Oid, path: &BStr) -> Option<Oid> {
        let root = || scope.commit(commit).ok().map(|(tree, _)| tree);
        let mut tree = (*self.roots.entry(commit).or_insert_with(root))?;
        let mut names = path.split_str("/").peekable();
        while let Some(name) = names.next() {
            let entries = self.trees.entry(tree).or_insert_with(|| read(scope, tree));
            match entries.get(name.as_bstr())? {
                Entry::File(blob) => return names.peek().is_none().then_some(*blob),
                Entry::Folder(folder) => tree = *folder,
            }
        }
        None
    }
}

fn read(scope: &Scope, tree: Oid) -> HashMap<BString, Entry> {
    let bytes = scope.read(tree, &[ObjectType::Tree]).map(|(_, bytes)| bytes).unwrap_or_default();
    let entries = entries_of_tree(&bytes).unwrap_or_default().into_iter();
    let entry = |(name, what): (&[u8], Named)| {
        let entry = match what {
            Named::File(blob) => Entry::File(blob),
            Named::Folder(Side::Tree(tree)) => Entry::Folder(tree),
            _ => return None,
        };
        Some((BString::from(name), entry))
    };
    entries.filter_map(entry).collect()
}
