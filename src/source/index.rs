//! The index of a repository beside a tree: which files differ.
//!
//! Git notes in the index which of its folders are as some tree has them, and commits these trees
//! without another look. So such a folder need not be looked at if HEAD has the same tree, which makes
//! the comparison as fast as the changes are few.

use super::change::{Differences, is_something};
use super::git::{object_id, oid};
use bstr::{BStr, BString, ByteSlice};
use git2::{ObjectType, Oid, Repository};
use gix_index::entry::{Flags, Mode, Stage};
use gix_index::extension::Tree as Cached;
use gix_index::{Entry, File, State};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;

/// What is staged.
pub(super) struct Index(File);

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

    /// The files that differ from those of `tree`, which may be none at all.
    ///
    /// # Errors
    ///
    /// When a tree cannot be read.
    pub(super) fn differences(
        &self,
        repository: &Repository,
        tree: Option<Oid>,
    ) -> Result<Differences, git2::Error> {
        let mut comparison = Comparison { repository, state: &self.0, found: Differences::new() };
        let entries = 0..self.0.entries().len();
        let root = Folder { prefix: BString::default(), tree, entries, cached: self.0.tree() };
        let mut open = vec![root];
        while let Some(folder) = open.pop() {
            open.extend(comparison.compare(folder)?);
        }
        Ok(comparison.found)
    }
}

/// A folder in both.
struct Folder<'i> {
    /// Its path with a `/` at the end; empty for the root.
    prefix: BString,
    /// What the tree has there.
    tree: Option<Oid>,
    /// What the index has there.
    entries: Range<usize>,
    /// What the index notes about it.
    cached: Option<&'i Cached>,
}

struct Comparison<'i> {
    repository: &'i Repository,
    state: &'i State,
    found: Differences,
}

/// What stands under a name in a tree.
enum Named {
    File(Oid),
    Folder(Oid),
    /// The commit of a submodule.
    Other,
}

impl<'i> Comparison<'i> {
    /// Compares the files of a folder, and returns the folders in it that are still to be compared.
    fn compare(&mut self, folder: Folder<'i>) -> Result<Vec<Folder<'i>>, git2::Error> {
        let noted = folder.cached.filter(|cached| cached.num_entries.is_some());
        if folder.tree.is_some_and(|tree| noted.is_some_and(|noted| noted.id == object_id(tree))) {
            return Ok(Vec::new());
        }
        let mut named = self.names(folder.tree)?;
        let mut folders = Vec::new();
        let mut at = folder.entries.start;
        while at < folder.entries.end {
            let (entry, path) = self.entry(at);
            let rest = &path[folder.prefix.len()..];
            let Some(end) = rest.find_byte(b'/') else {
                self.file(entry, path, named.remove(rest.as_bstr()), &mut folders);
                at += 1;
                continue;
            };
            let prefix = BString::from(&path[..=folder.prefix.len() + end]);
            let name = rest[..end].as_bstr();
            let tree = match named.remove(name) {
                Some(Named::Folder(tree)) => Some(tree),
                Some(Named::File(blob)) => {
                    self.note(prefix.trim_end_with(|c| c == '/').as_bstr(), Some(blob), None);
                    None
                }
                Some(Named::Other) | None => None,
            };
            let cached = folder.cached.iter().flat_map(|cached| &cached.children);
            let cached = cached.into_iter().find(|child| *child.name == **name);
            let stop = self.end_of(&prefix, at..folder.entries.end);
            if entry.mode == Mode::DIR {
                self.sparse(entry, prefix.as_bstr(), tree)?;
            } else {
                folders.push(Folder { prefix, tree, entries: at..stop, cached });
            }
            at = stop;
        }
        for (name, gone) in named {
            let path = BString::from([folder.prefix.as_slice(), &name].concat());
            self.gone(path, &gone, at, &mut folders);
        }
        Ok(folders)
    }

    fn entry(&self, at: usize) -> (&'i Entry, &'i BStr) {
        let entry = &self.state.entries()[at];
        (entry, entry.path(self.state))
    }

    /// Where the entries below `prefix` end, which begin with `range`.
    fn end_of(&self, prefix: &BString, range: Range<usize>) -> usize {
        let entries = &self.state.entries()[range.clone()];
        range.start + entries.partition_point(|entry| entry.path(self.state).starts_with(prefix))
    }

    fn names(&self, tree: Option<Oid>) -> Result<BTreeMap<BString, Named>, git2::Error> {
        let Some(tree) = tree else { return Ok(BTreeMap::new()) };
        let tree = self.repository.find_tree(tree)?;
        let named = tree.iter().map(|entry| {
            let what = match entry.kind() {
                Some(ObjectType::Tree) => Named::Folder(entry.id()),
                Some(ObjectType::Blob) => Named::File(entry.id()),
                _ => Named::Other,
            };
            (BString::from(entry.name_bytes()), what)
        });
        Ok(named.collect())
    }

    /// A file of the index, beside what has its name in the tree.
    fn file(
        &mut self,
        entry: &Entry,
        path: &BStr,
        named: Option<Named>,
        folders: &mut Vec<Folder<'i>>,
    ) {
        // The next commit has nothing of a file that is in conflict, or was added by name only.
        if entry.stage() != Stage::Unconflicted {
            return;
        }
        let is_file = matches!(entry.mode, Mode::FILE | Mode::FILE_EXECUTABLE | Mode::SYMLINK);
        let staged = is_file && !entry.flags.contains(Flags::INTENT_TO_ADD);
        let after = staged.then(|| oid(&entry.id));
        let before = match named {
            Some(Named::File(blob)) => Some(blob),
            Some(folder @ Named::Folder(_)) => {
                self.gone(path.to_owned(), &folder, 0, folders);
                None
            }
            Some(Named::Other) | None => None,
        };
        self.note(path, before, after);
    }

    /// What the tree has and the index has not.
    fn gone(&mut self, path: BString, gone: &Named, at: usize, folders: &mut Vec<Folder<'i>>) {
        match gone {
            Named::File(blob) => self.note(path.as_bstr(), Some(*blob), None),
            Named::Folder(tree) => {
                let prefix = BString::from([path.as_slice(), b"/"].concat());
                folders.push(Folder { prefix, tree: Some(*tree), entries: at..at, cached: None });
            }
            Named::Other => {}
        }
    }

    /// A folder of a sparse index, which names its tree and not its files.
    fn sparse(&mut self, entry: &Entry, prefix: &BStr, tree: Option<Oid>) -> Result<(), git2::Error> {
        let after = oid(&entry.id);
        if tree == Some(after) {
            return Ok(());
        }
        let before = tree.map(|tree| self.repository.find_tree(tree)).transpose()?;
        let after = self.repository.find_tree(after)?;
        let below = super::change::between(self.repository, before.as_ref(), &after)?;
        let below = below.into_iter().map(|(path, blobs)| {
            (BString::from([prefix.as_bytes(), path.as_slice()].concat()), blobs)
        });
        self.found.extend(below);
        Ok(())
    }

    fn note(&mut self, path: &BStr, before: Option<Oid>, after: Option<Oid>) {
        let (before, after) = (before.filter(is_something), after.filter(is_something));
        if before != after {
            self.found.insert(path.to_owned(), (before, after));
        }
    }
}
