//! What a commit, or the index, changes: each file beside what stood there before, and whether that
//! held a secret already.

use super::Excluded;
use super::compare::{Differences, Side, compare};
use super::git::{Scope, Site};
use crate::blob::Origin;
use crate::finding::Candidate;
use crate::scan::{Engine, Searched, Worker};
use crate::triage::Key;
use bstr::{BStr, BString, ByteSlice};
use git2::{ObjectType, Oid, Repository};
use rayon::prelude::*;
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
    Nothing(Gone),
}

/// The files that held each secret.
type Holders = BTreeMap<Key, Rc<[BString]>>;

/// Files that are gone, with their blobs.
pub(super) type Gone = Arc<[(BString, Oid)]>;

/// Changes, commits or blobs that one thread takes at a time; for fewer, no further thread is started.
const BATCH: usize = 64;

/// Does some work on all items, in their order; on several threads if there are many. A repository can
/// be moved to another thread, but not be used by two.
pub(super) fn in_batches<T: Sync, R: Send>(
    scope: &Scope,
    engine: &Engine,
    items: &[T],
    work: impl Fn(&Scope, &[T]) -> Vec<R> + Sync,
) -> Vec<R> {
    if items.len() <= BATCH {
        return work(scope, items);
    }
    let site: &Site = scope.site();
    let batches = items.par_chunks(BATCH).map(|items| match site.open() {
        Ok(scope) => work(&scope, items),
        Err(skip) => {
            engine.worker().skip(skip);
            Vec::new()
        }
    });
    batches.flatten_iter().collect()
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
        let gone = |differences: &Differences| -> Gone {
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

/// The secrets in a version of a file.
#[derive(Debug, Default)]
pub(super) struct Secrets {
    /// Those that are reported.
    pub(super) reported: BTreeSet<Key>,
    /// With those that are under the thresholds.
    all: BTreeSet<Key>,
}

/// Searches blobs of one repository, each once for each path.
pub(super) struct Search<'s, 'w> {
    scope: &'s Scope,
    excluded: &'s Excluded,
    pub(super) worker: &'s mut Worker<'w>,
    secrets: HashMap<(Oid, BString), Rc<Secrets>>,
    /// Which of the files that are gone held what, by the place of their list in memory, which is held on
    /// to.
    gone: HashMap<usize, (Gone, Holders)>,
}

impl<'s, 'w> Search<'s, 'w> {
    pub(super) fn new(
        scope: &'s Scope,
        excluded: &'s Excluded,
        worker: &'s mut Worker<'w>,
    ) -> Self {
        Self { scope, excluded, worker, secrets: HashMap::new(), gone: HashMap::new() }
    }

    /// Whether a file is to be looked at.
    pub(super) fn is_asked(&self, path: &BStr) -> bool {
        self.scope.has(path) && !self.excluded.has(self.scope.named(path).as_bstr())
    }

    /// Searches a blob as the file at `path`. What cannot be read is noted, and holds nothing.
    pub(super) fn search(&mut self, path: &BStr, blob: Oid) -> Option<Searched> {
        let named = self.scope.named(path);
        match self.scope.read(blob, &[ObjectType::Blob]) {
            Ok((_, bytes)) => Some(self.worker.search(Origin::file(named), bytes.as_slice())),
            Err(e) => {
                self.worker.skip(self.scope.unreadable(named.to_string(), &e));
                None
            }
        }
    }

    /// Notes what a search has found already.
    pub(super) fn remember(&mut self, path: &BString, blob: Oid, found: &[Candidate]) {
        let policy = self.worker.policy();
        let reported = |found: &&Candidate| policy.admit(found);
        let secrets = Secrets {
            reported: found.iter().filter(reported).map(Candidate::key).collect(),
            all: found.iter().map(Candidate::key).collect(),
        };
        self.secrets.insert((blob, path.clone()), Rc::new(secrets));
    }

    /// The secrets in a blob as the file at `path`.
    pub(super) fn secrets(&mut self, path: &BStr, blob: Oid) -> Rc<Secrets> {
        let at = (blob, path.to_owned());
        if !self.secrets.contains_key(&at) {
            let found = self.search(path, blob).map(|found| found.candidates).unwrap_or_default();
            self.remember(&at.1, blob, &found);
        }
        self.secrets[&at].clone()
    }

    /// The file that held a secret in a parent: the one at that path, or one that is gone.
    pub(super) fn holder(&mut self, change: &Change, found: &Candidate) -> Option<Holder> {
        let secret = found.key();
        let is_reported = self.worker.policy().admit(found);
        change.before.iter().enumerate().find_map(|(parent, before)| match before {
            Before::Blob(blob) => {
                let secrets = self.secrets(change.path.as_bstr(), *blob);
                // What was not worth a report there may be worth one now.
                let set = if is_reported { &secrets.reported } else { &secrets.all };
                set.contains(&secret).then(|| Holder { parent, path: change.path.clone() })
            }
            Before::Nothing(gone) => {
                let path = self.holders(gone, &secret).first()?.clone();
                Some(Holder { parent, path })
            }
        })
    }

    /// The files of those that are gone that held a secret. All of them are searched the first time, as
    /// many files may have been moved at once. What was left out was never judged: nothing in it is known.
    pub(super) fn holders(&mut self, gone: &Gone, secret: &Key) -> Rc<[BString]> {
        let number = gone.as_ptr() as usize;
        if !self.gone.contains_key(&number) {
            let mut holders: BTreeMap<Key, Vec<BString>> = BTreeMap::new();
            let (scope, excluded) = (self.scope, self.excluded);
            let was_judged =
                |(path, _): &&(BString, Oid)| !excluded.has(scope.named(path.as_bstr()).as_bstr());
            for (path, blob) in gone.iter().filter(was_judged) {
                for key in &self.secrets(path.as_bstr(), *blob).reported {
                    holders.entry(key.clone()).or_default().push(path.clone());
                }
            }
            let holders: Holders =
                holders.into_iter().map(|(key, paths)| (key, paths.into())).collect();
            self.gone.insert(number, (gone.clone(), holders));
        }
        let (_, holders) = &self.gone[&number];
        holders.get(secret).cloned().unwrap_or_default()
    }
}
