//! What the next commit would add: the index beside HEAD. Blobs of the index are searched, never the
//! files on the disk, and nothing is written.

use super::change::{Change, Holder, Search, in_batches};
use super::compare::Side;
use super::git::Scope;
use super::index::Index;
use super::{Excluded, Source};
use crate::coverage::{Coverage, Skip};
use crate::finding::Excuse;
use crate::scan::{Engine, Searched, Worker};
use crate::triage::Judged;
use bstr::{BStr, ByteSlice};
use git2::{ErrorCode, Oid};
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

/// What is staged.
#[derive(Debug)]
pub struct Staged {
    paths: Vec<PathBuf>,
    excluded: Excluded,
    whole: bool,
}

impl Staged {
    /// What is staged at or below `paths`, in the repositories that they lie in.
    #[must_use]
    pub fn new(paths: Vec<PathBuf>, excluded: Excluded) -> Self {
        Self { paths, excluded, whole: false }
    }

    /// The same for all files of the index, whatever HEAD holds.
    #[must_use]
    pub fn whole_index(self) -> Self {
        Self { whole: true, ..self }
    }

    /// Whether the next commit would change no file. What cannot be read may change something.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let (scopes, skipped) = Scope::of(&self.paths);
        let changes = |scope: &Scope| self.changes(scope, &scope.index()?);
        let nothing = |scope: &Scope| changes(scope).is_ok_and(|changes| changes.is_empty());
        skipped.is_empty() && scopes.iter().all(nothing)
    }

    /// The files of a repository that differ from HEAD.
    fn changes(&self, scope: &Scope, index: &Index) -> Result<Vec<Change>, Skip> {
        let repository = &scope.repository;
        let parents = if self.whole { Vec::new() } else { parents(scope)? };
        let side = |commit| Ok(Side::Tree(scope.commit(commit)?.0));
        let mut before = parents
            .into_iter()
            .map(side)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|e| head(scope, &e))?;
        if before.is_empty() {
            before.push(Side::Nothing);
        }
        Change::all(repository, &before, &index.side()).map_err(|e| head(scope, &e))
    }

    fn feed_scope(&self, scope: &Scope, engine: &Engine, worker: &mut Worker) -> Result<(), Skip> {
        let index = scope.index()?;
        let changes = self.changes(scope, &index)?;
        let asked =
            |path: &BStr| scope.has(path) && !self.excluded.has(scope.named(path).as_bstr());
        for path in index.conflicts().iter().filter(|path| asked(path.as_bstr())) {
            worker.skip(Skip {
                path: scope.named(path.as_bstr()).to_string(),
                reason: "has conflicts, so it is not staged".to_owned(),
                mend: Some("resolve them, then git add it".to_owned()),
            });
        }
        let asked = |change: &Change| change.brought().is_some() && asked(change.path.as_bstr());
        let changes: Vec<Change> = changes.into_iter().filter(asked).collect();
        let search = |scope: &Scope, changes: &[Change]| {
            let mut worker = engine.worker();
            let mut search = Search::new(scope, &self.excluded, &mut worker);
            let found = changes.iter().filter_map(|change| {
                let found = search.search(change.path.as_bstr(), change.brought()?)?;
                search.worker.cover(Coverage { files: 1, ..Coverage::default() });
                (!found.candidates.is_empty()).then(|| (change.clone(), found))
            });
            found.collect::<Vec<_>>()
        };
        let found = in_batches(scope, engine, &changes, search);
        judge(Search::new(scope, &self.excluded, worker), found);
        Ok(())
    }
}

impl Source for Staged {
    fn feed(&self, engine: &Engine) {
        Scope::each(&self.paths, &mut engine.worker(), |scope, worker| {
            self.feed_scope(scope, engine, worker)
        });
    }

    fn is_index(&self) -> bool {
        // The whole index has what HEAD has, too.
        !self.whole
    }
}

/// The commits that the next one will have as parents: HEAD, unless there is no commit yet, and while a
/// merge is going on, what is merged.
fn parents(scope: &Scope) -> Result<Vec<Oid>, Skip> {
    let repository = &scope.repository;
    // The commit itself is read elsewhere: libgit2 goes on for ever with one that was cut off.
    let commit = match repository.head() {
        Ok(reference) => reference.target(),
        Err(e) if e.code() == ErrorCode::UnbornBranch => None,
        Err(e) => return Err(head(scope, &e)),
    };
    let merged = fs::read_to_string(repository.path().join("MERGE_HEAD")).unwrap_or_default();
    let merged = merged.lines().filter_map(|line| Oid::from_str(line.trim()).ok());
    Ok(commit.into_iter().chain(merged).collect())
}

/// The problem that HEAD cannot be read.
fn head(scope: &Scope, error: &git2::Error) -> Skip {
    scope.unreadable(format!("HEAD of {}", scope.name()), error)
}

/// Tells what is new from what was there.
fn judge(mut search: Search, found: Vec<(Change, Searched)>) {
    for (change, found) in found {
        search.worker.note_flawed(&found);
        let allowed = found.allowed();
        let judged = found.candidates.into_iter().map(|candidate| {
            let marker = allowed.find(&candidate);
            let excuse = search.worker.holding(marker);
            let excuse = excuse.or_else(|| {
                let holder = search.holder(&change, &candidate)?;
                Some(Arc::new(Excuse::past(held_by(holder, &change))))
            });
            Judged { candidate, excuse }
        });
        let judged: Vec<Judged> = judged.collect();
        search.worker.report(judged);
    }
}

fn held_by(holder: Holder, change: &Change) -> String {
    match holder {
        Holder { path, .. } if path != change.path => format!("it was moved here from {path}"),
        Holder { parent: 0, .. } => "the version of the file at HEAD holds it already".to_owned(),
        _ => "a version of the file that is merged holds it already".to_owned(),
    }
}
