//! What a commit, or the index, changes: each file beside what stood there before, and whether that
//! held a secret already.

use super::git::Scope;
use super::index::Index;
use crate::blob::Origin;
use crate::finding::Candidate;
use crate::scan::{Searched, Worker};
use crate::triage::Key;
use bstr::{BStr, BString, ByteSlice};
use git2::{DiffOptions, Oid, Repository, Tree};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

/// A file that differs from what stood there before, in one parent at least.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    /// The path in the repository.
    pub(super) path: BString,
    /// The file's blob now; `None` if it is gone.
    pub(super) blob: Option<Oid>,
    /// What stood there in each parent.
    pub(super) before: Vec<Before>,
}

/// What stood at the path of a file in a parent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Before {
    /// This blob.
    Blob(Oid),
    /// Nothing; these files of the parent are gone, and one of them may have been moved here.
    Nothing(Arc<[(BString, Oid)]>),
}

/// What is compared with its parents.
pub(super) enum After<'a> {
    Tree(&'a Tree<'a>),
    Index(&'a Index),
}

/// What differs between one parent and what comes after it, by path: the blobs before and after.
pub(super) type Differences = BTreeMap<BString, (Option<Oid>, Option<Oid>)>;

impl Change {
    /// All files that differ from what stood there in one of `parents`, by their paths. A commit without
    /// parents differs from nothing, which is given as `None`.
    ///
    /// # Errors
    ///
    /// When a tree cannot be read.
    pub(super) fn all(
        repository: &Repository,
        parents: &[Option<Tree>],
        after: &After,
    ) -> Result<Vec<Self>, git2::Error> {
        let by_parent = parents.iter().map(|tree| match after {
            After::Tree(after) => between(repository, tree.as_ref(), after),
            After::Index(index) => index.differences(repository, tree.as_ref().map(Tree::id)),
        });
        let by_parent = by_parent.collect::<Result<Vec<Differences>, _>>()?;
        let gone = |differences: &Differences| -> Arc<[(BString, Oid)]> {
            let gone = differences.iter().filter(|(_, (_, after))| after.is_none());
            gone.filter_map(|(path, (before, _))| Some((path.clone(), (*before)?))).collect()
        };
        let gone: Vec<_> = by_parent.iter().map(gone).collect();
        let paths: BTreeSet<&BString> = by_parent.iter().flat_map(BTreeMap::keys).collect();
        let change = |path: &BString| {
            let blob = by_parent.iter().find_map(|found| found.get(path)).and_then(|d| d.1);
            let before = by_parent.iter().zip(&gone).map(|(found, gone)| {
                // Where a parent does not differ, it holds what stands there now.
                let before = found.get(path).map_or(blob, |difference| difference.0);
                before.map_or_else(|| Before::Nothing(gone.clone()), Before::Blob)
            });
            Self { path: path.clone(), blob, before: before.collect() }
        };
        Ok(paths.into_iter().map(change).collect())
    }

    /// The blob, if no parent has it there.
    pub(super) fn brought(&self) -> Option<Oid> {
        let blob = self.blob?;
        (!self.before.contains(&Before::Blob(blob))).then_some(blob)
    }
}

/// The blob of an empty file, which holds nothing and need not be stored: it also stands for files that
/// were added by name only (`git add -N`).
const EMPTY: &[u8; 20] = b"\xe6\x9d\xe2\x9b\xb2\xd1\xd6\x43\x4b\x8b\x29\xae\x77\x5a\xd8\xc2\xe4\x8c\x53\x91";

/// Whether a blob holds anything.
pub(super) fn is_something(blob: &Oid) -> bool {
    !blob.is_zero() && blob.as_bytes() != EMPTY
}

/// Files and symbolic links; the commits of submodules are in other repositories.
fn is_file(mode: git2::FileMode) -> bool {
    use git2::FileMode::{Blob, BlobExecutable, BlobGroupWritable, Link};
    matches!(mode, Blob | BlobExecutable | BlobGroupWritable | Link)
}

/// The files that differ between two trees; without the first, all of the second.
///
/// # Errors
///
/// When a tree cannot be read.
pub(super) fn between(
    repository: &Repository,
    before: Option<&Tree>,
    after: &Tree,
) -> Result<Differences, git2::Error> {
    let mut options = DiffOptions::new();
    options.include_typechange(true).skip_binary_check(true);
    let diff = repository.diff_tree_to_tree(before, Some(after), Some(&mut options))?;
    let blob = |file: &git2::DiffFile| {
        let id = file.id();
        (file.exists() && is_file(file.mode()) && is_something(&id)).then_some(id)
    };
    let files = diff.deltas().filter_map(|delta| {
        let path = delta.new_file().path_bytes().or(delta.old_file().path_bytes())?;
        let (before, after) = (blob(&delta.old_file()), blob(&delta.new_file()));
        (before != after).then(|| (BString::from(path), (before, after)))
    });
    Ok(files.collect())
}

/// Searches blobs of one repository, each once for each path.
pub(super) struct Search<'s, 'w> {
    scope: &'s Scope,
    pub(super) worker: &'s mut Worker<'w>,
    secrets: HashMap<(Oid, BString), Rc<BTreeSet<Key>>>,
}

impl<'s, 'w> Search<'s, 'w> {
    pub(super) fn new(scope: &'s Scope, worker: &'s mut Worker<'w>) -> Self {
        Self { scope, worker, secrets: HashMap::new() }
    }

    /// Searches a blob as the file at `path`. What cannot be read is noted, and holds nothing.
    pub(super) fn search(&mut self, path: &BStr, blob: Oid) -> Option<Searched> {
        let named = self.scope.named(path);
        match self.scope.repository.find_blob(blob) {
            Ok(blob) => Some(self.worker.search(Origin::file(named), blob.content())),
            Err(e) => {
                self.worker.skip(self.scope.unreadable(named.to_string(), &e));
                None
            }
        }
    }

    /// Notes what a search has found already.
    pub(super) fn remember(&mut self, path: &BString, blob: Oid, found: &Searched) {
        let secrets = found.candidates.iter().map(Candidate::key).collect();
        self.secrets.insert((blob, path.clone()), Rc::new(secrets));
    }

    /// The secrets in a blob as the file at `path`.
    pub(super) fn secrets(&mut self, path: &BStr, blob: Oid) -> Rc<BTreeSet<Key>> {
        let at = (blob, path.to_owned());
        if let Some(secrets) = self.secrets.get(&at) {
            return secrets.clone();
        }
        let found = self.search(path, blob).map(|found| found.candidates).unwrap_or_default();
        let secrets: Rc<BTreeSet<Key>> = Rc::new(found.iter().map(Candidate::key).collect());
        self.secrets.insert(at, secrets.clone());
        secrets
    }

    /// The file that held a secret in a parent: the one at that path, or one that is gone.
    pub(super) fn holder(&mut self, change: &Change, secret: &Key) -> Option<BString> {
        change.before.iter().find_map(|before| match before {
            Before::Blob(blob) => {
                let held = self.secrets(change.path.as_bstr(), *blob).contains(secret);
                held.then(|| change.path.clone())
            }
            Before::Nothing(gone) => {
                let mut gone = gone.iter();
                let held = gone.find(|(path, blob)| {
                    self.secrets(path.as_bstr(), *blob).contains(secret)
                });
                held.map(|(path, _)| path.clone())
            }
        })
    }
}
