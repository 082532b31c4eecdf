//! What a range of commits adds: each of them beside its parents, and its message.
//!
//! ```text
//! span ─▶ commits ─▶ changes of each ─▶ search of what they bring ─▶ lives ─▶ judgement
//! ```

mod judge;
mod lines;
mod paths;
mod span;

pub use span::Span;
pub(super) use span::{find, shallow};

use super::change::{Change, Search, in_batches};
use super::compare::Side;
use super::git::{Headers, Scope};
use super::{Excluded, Source};
use crate::blob::{Origin, Via};
use crate::coverage::{Coverage, Skip};
use crate::scan::{Engine, Searched, Worker};
use bstr::{BString, ByteSlice};
use git2::{ObjectType, Oid};
use judge::Judge;
use span::Commits;
use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;

/// The commits of a range.
#[derive(Debug)]
pub struct Range {
    paths: Vec<PathBuf>,
    excluded: Excluded,
    span: Span,
    markers: Markers,
}

/// Whose inline suppressions count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Markers {
    /// Those of each version itself, and of the file at the end of the range.
    Own,
    /// Those that stand in the file at the base, as far as the lines that they stand on are unchanged.
    /// Without a base there is nothing to go by, and they are [`Markers::Own`].
    OfBase,
}

/// What a commit of the range has otherwise than its parents.
struct Step {
    id: Oid,
    parents: Vec<Oid>,
    changes: Vec<Change>,
}

/// A file as a commit brings it, with what was found in it.
struct Version {
    path: BString,
    blob: Oid,
    found: Searched,
}

/// The message of a commit or tag in which something was found.
struct Message {
    /// The commit, or the tag.
    id: Oid,
    /// The commit, or the one that the tag is of.
    commit: Oid,
    found: Searched,
}

impl Range {
    /// What the commits of `span` add at or below `paths`, in the repositories that they lie in.
    #[must_use]
    pub fn new(paths: Vec<PathBuf>, excluded: Excluded, span: Span) -> Self {
        Self { paths, excluded, span, markers: Markers::Own }
    }

    /// The same with other inline suppressions.
    #[must_use]
    pub fn with_markers(self, markers: Markers) -> Self {
        Self { markers, ..self }
    }

    fn feed_scope(&self, scope: &Scope, engine: &Engine, worker: &mut Worker) -> Result<(), Skip> {
        let commits = Commits::resolve(scope, &self.span)?;
        let cut_off = commits.cut_off(scope);
        if let Some(skip) = commits.incomplete(&cut_off) {
            worker.skip(skip);
        }
        let read = |scope: &Scope, ids: &[Oid]| {
            ids.iter().map(|id| step(scope, *id, &commits, &cut_off)).collect::<Vec<_>>()
        };
        let mut steps = Vec::new();
        for step in in_batches(scope, engine, &commits.ids, read) {
            match step {
                Ok(step) => steps.push(step),
                Err(skip) => worker.skip(skip),
            }
        }
        let mut versions = self.versions(scope, &steps, engine);
        let searched = versions.len() as u64;
        let count = steps.len() as u64;
        worker.cover(Coverage { commits: count, blobs: searched, ..Coverage::default() });
        let mut search = Search::new(scope, &self.excluded, worker);
        for version in &versions {
            search.remember(&version.path, version.blob, &version.found.candidates);
        }
        versions.retain(|version| !version.found.candidates.is_empty());
        let messages = messages(scope, &commits, engine);
        let mut judge = Judge::new(scope, &commits, &steps, self.markers, search);
        judge.versions(versions);
        judge.messages(messages);
        Ok(())
    }

    /// Searches what the commits bring, each version of a file once.
    fn versions(&self, scope: &Scope, steps: &[Step], engine: &Engine) -> Vec<Version> {
        let mut seen = BTreeSet::new();
        let mut brought = Vec::new();
        for change in steps.iter().flat_map(|step| &step.changes) {
            let Some(blob) = change.brought() else { continue };
            let path = change.path.as_bstr();
            let asked = scope.has(path) && !self.excluded.has(scope.named(path).as_bstr());
            if asked && seen.insert((path, blob)) {
                brought.push((path, blob));
            }
        }
        let search = |scope: &Scope, brought: &[(&bstr::BStr, Oid)]| {
            let mut worker = engine.worker();
            let mut search = Search::new(scope, &self.excluded, &mut worker);
            let versions = brought.iter().filter_map(|(path, blob)| {
                let found = search.search(path, *blob)?;
                Some(Version { path: (*path).to_owned(), blob: *blob, found })
            });
            versions.collect::<Vec<_>>()
        };
        in_batches(scope, engine, &brought, search)
    }
}

impl Source for Range {
    fn feed(&self, engine: &Engine) {
        Scope::each(&self.paths, &mut engine.worker(), |scope, worker| {
            self.feed_scope(scope, engine, worker)
        });
    }
}

/// Searches the messages of the commits, and of the tags that name them.
fn messages(scope: &Scope, commits: &Commits, engine: &Engine) -> Vec<Message> {
    let of_commits = commits.ids.iter().map(|id| (*id, *id));
    let all: Vec<(Oid, Oid)> = of_commits.chain(commits.tags.iter().copied()).collect();
    let search = |scope: &Scope, all: &[(Oid, Oid)]| {
        let mut worker = engine.worker();
        let found = all.iter().filter_map(|(id, commit)| {
            let (what, text) = message(scope, *id)?;
            let origin = Origin { path: None, via: vec![Via::Object(what.to_owned())] };
            let found = worker.search(origin, text.as_slice());
            let something = !found.candidates.is_empty();
            something.then_some(Message { id: *id, commit: *commit, found })
        });
        found.collect::<Vec<_>>()
    };
    in_batches(scope, engine, &all, search)
}

/// What a commit has otherwise than its parents. A commit that is `cut_off` from its parents is compared
/// with the base.
fn step(scope: &Scope, id: Oid, commits: &Commits, cut_off: &BTreeSet<Oid>) -> Result<Step, Skip> {
    let unreadable = |e: git2::Error| scope.unreadable(format!("commit {id}"), &e);
    let (tree, parents) = scope.commit(id).map_err(unreadable)?;
    let parents: Vec<Oid> =
        if cut_off.contains(&id) { commits.base.into_iter().collect() } else { parents };
    let changes = changes(scope, tree, &parents).map_err(unreadable)?;
    Ok(Step { id, parents, changes })
}

fn changes(scope: &Scope, tree: Oid, parents: &[Oid]) -> Result<Vec<Change>, git2::Error> {
    let side = |id: &Oid| Ok(Side::Tree(scope.commit(*id)?.0));
    let mut before = parents.iter().map(side).collect::<Result<Vec<_>, git2::Error>>()?;
    if before.is_empty() {
        before.push(Side::Nothing);
    }
    Change::all(&scope.repository, &before, &Side::Tree(tree))
}

/// What the message of a commit or tag is called, and its text. It is read as it is stored: libgit2 has
/// its end at the first zero byte.
fn message(scope: &Scope, id: Oid) -> Option<(&'static str, Vec<u8>)> {
    // What cannot be read is told with the changes of the commit.
    let (kind, bytes) = scope.read(id, &[ObjectType::Commit, ObjectType::Tag]).ok()?;
    let name = if kind == ObjectType::Tag { "tag-message" } else { "commit-message" };
    Some((name, Headers(&bytes).message().to_vec()))
}

/// The places of commits in the range; those of other commits come behind them.
fn places(steps: &[Step]) -> HashMap<Oid, usize> {
    let outside = steps.iter().flat_map(|step| step.parents.iter().copied());
    let mut places = HashMap::new();
    for id in steps.iter().map(|step| step.id).chain(outside) {
        let next = places.len();
        places.entry(id).or_insert(next);
    }
    places
}
