//! What a commit, or the index, changes: each file beside what stood there before, and whether that
//! held a secret already.

use super::compare::{Differences, Side, compare};
use super::git::Scope;
use crate::blob::Origin;
use crate::finding::Candidate;
use crate::scan::{Searched, Worker};
use crate::triage::Key;
use bstr::{BStr, BString, ByteSlice};
use git2::{Oid, Repository};
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

/// A file that held a secret before.
#[derive(Debug)]
pub(super) struct Holder {
    /// The place of the parent among all of them.
    pub(super) parent: usize,
    /// The path in the repository.
    pub(super) path: BString,
}

impl Change {
    /// All files that differ from what stood there in one of `parents`, by their paths. What has no
    /// parents differs from nothing.
    ///
    /// # Errors
    ///
    /// When a tree cannot be read.
    pub(super) fn all(
        repository: &Repository,
        parents: &[Side],
        after: &Side,
    ) -> Result<Vec<Self>, git2::Error> {
        let by_parent =
            parents.iter().map(|before| compare(repository, before.clone(), after.clone()));
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
    pub(super) fn holder(&mut self, change: &Change, secret: &Key) -> Option<Holder> {
        change.before.iter().enumerate().find_map(|(parent, before)| match before {
            Before::Blob(blob) => {
                let held = self.secrets(change.path.as_bstr(), *blob).contains(secret);
                held.then(|| Holder { parent, path: change.path.clone() })
            }
            Before::Nothing(gone) => {
                let mut gone = gone.iter();
                let held =
                    gone.find(|(path, blob)| self.secrets(path.as_bstr(), *blob).contains(secret));
                held.map(|(path, _)| Holder { parent, path: path.clone() })
            }
        })
    }
}
