//! The index of a repository: what the next commit will hold.

use super::compare::{Entry, Named, Side, first_name};
use super::git::oid;
use bstr::{BStr, BString};
use git2::Oid;
use gix_hash::ObjectId;
use gix_index::entry::{Flags, Mode, Stage};
use gix_index::extension::Tree as Noted;
use gix_index::{File, State};
use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;

/// What is staged.
pub(super) struct Index(File);

/// A folder of the index.
#[derive(Debug, Clone)]
pub(super) struct Folder<'i> {
    state: &'i State,
    /// The length of its path, with a `/` at the end.
    prefix: usize,
    /// What stands in it and below it.
    entries: Range<usize>,
    /// What the index notes about it.
    noted: Option<&'i Noted>,
}

impl Index {
    /// Reads the index at `path`. Without a file nothing is staged.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or is damaged: why, in a few words.
    pub(super) fn read(path: &Path) -> Result<Self, String> {
        let options = gix_index::decode::Options::default();
        // Like git, which checks the checksum only when it is asked to: `git fsck`.
        let file = File::at_or_default(path, gix_hash::Kind::Sha1, true, options);
        file.map(Self).map_err(|e| e.to_string())
    }

    /// The paths of files that are in conflict: no version of them is staged.
    pub(super) fn conflicts(&self) -> BTreeSet<BString> {
        let entries = self.0.entries().iter();
        let entries = entries.filter(|entry| entry.stage() != Stage::Unconflicted);
        entries.map(|entry| entry.path(&self.0).to_owned()).collect()
    }

    /// The files, with their paths; of those in conflict, each version. Folders that a sparse index names
    /// by their trees are left out.
    pub(super) fn files(&self) -> impl Iterator<Item = (&BStr, ObjectId)> {
        let is_file = |entry: &&gix_index::Entry| {
            let named_only = entry.flags.contains(Flags::INTENT_TO_ADD);
            !named_only && entry.mode != Mode::COMMIT && entry.mode != Mode::DIR
        };
        let files = self.0.entries().iter().filter(is_file);
        files.map(|entry| (entry.path(&self.0), entry.id))
    }

    /// All that is staged, to be compared.
    pub(super) fn side(&self) -> Side<'_> {
        let entries = 0..self.0.entries().len();
        Side::Index(Folder { state: &self.0, prefix: 0, entries, noted: self.0.tree() })
    }
}

impl<'i> Folder<'i> {
    /// The tree that the next commit will have here, if the index notes it.
    pub(super) fn tree(&self) -> Option<Oid> {
        let noted = self.noted.filter(|noted| noted.num_entries.is_some())?;
        Some(oid(&noted.id))
    }

    /// What stands in the folder, in the order in which trees have it.
    pub(super) fn entries(&self) -> Vec<Entry<'i, 'i>> {
        let mut found = Vec::new();
        let mut at = self.entries.start;
        while at < self.entries.end {
            let entry = &self.state.entries()[at];
            let path = entry.path(self.state);
            let (name, is_folder) = first_name(path, self.prefix);
            if !is_folder {
                // A file in conflict has several entries.
                if entry.stage() == Stage::Unconflicted
                    || found.last().is_none_or(|(n, _)| *n != name)
                {
                    found.push((name, named(entry)));
                }
                at += 1;
                continue;
            }
            // The entry of a sparse index names a folder's tree, and not its files.
            if entry.mode == Mode::DIR {
                found.push((name, Named::Folder(Side::Tree(oid(&entry.id)))));
                at += 1;
                continue;
            }
            let prefix = self.prefix + name.len() + 1;
            let below = &path[..prefix];
            let rest = &self.state.entries()[at..self.entries.end];
            let end = at + rest.partition_point(|entry| entry.path(self.state).starts_with(below));
            let noted = self.noted.iter().flat_map(|noted| &noted.children);
            let noted = noted.into_iter().find(|child| *child.name == *name);
            let folder = Self { state: self.state, prefix, entries: at..end, noted };
            found.push((name, Named::Folder(Side::Index(folder))));
            at = end;
        }
        found
    }
}

/// A file of the index. The next commit has nothing of one that is in conflict, or was added by name
/// only (`git add -N`).
fn named<'i>(entry: &gix_index::Entry) -> Named<'i> {
    if entry.stage() != Stage::Unconflicted || entry.flags.contains(Flags::INTENT_TO_ADD) {
        return Named::Unstaged;
    }
    match entry.mode {
        Mode::COMMIT => Named::Submodule,
        _ => Named::File(oid(&entry.id)),
    }
}
