//! What of the found is new, and what became of it within the range.

use super::lines::Lines;
use super::paths::Paths;
use super::span::Commits;
use super::{Markers, Message, Step, Version, places};
use crate::finding::{Candidate, Commit, Excuse, Exposure, Past};
use crate::scan::Searched;
use crate::source::change::{Before, Change, Search};
use crate::source::compare::Side;
use crate::source::git::Scope;
use crate::source::lives::{Item, Lives, Versions};
use crate::triage::marker::Allowed;
use crate::triage::{Judged, Key};
use bstr::{BStr, BString, ByteSlice};
use git2::Oid;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// Judges what was found in a range.
pub(super) struct Judge<'a, 'w> {
    scope: &'a Scope,
    commits: &'a Commits,
    steps: &'a [Step],
    markers: Markers,
    search: Search<'a, 'w>,
    /// The files in which something was found, as commits bring them.
    found: HashMap<(BString, Oid), Searched>,
    secrets: Numbers,
    /// What the commits are called in reports.
    described: HashMap<Oid, Commit>,
    paths: Paths,
    /// Those suppressions of the files that the base has, too.
    trusted: HashMap<(BString, Oid), Allowed>,
    /// The secrets that the range brings into paths, as far as they are judged.
    fresh: BTreeSet<(Key, BString)>,
}

/// The numbers of secrets.
#[derive(Default)]
struct Numbers {
    known: BTreeMap<Key, u32>,
    list: Vec<Key>,
}

impl Numbers {
    /// The number of a secret, which is a new one if need be.
    fn add(&mut self, key: Key) -> u32 {
        let next = self.list.len() as u32;
        let number = *self.known.entry(key.clone()).or_insert(next);
        if number == next {
            self.list.push(key);
        }
        number
    }

    /// The numbers of those secrets that have one, sorted.
    fn of(&self, keys: &BTreeSet<Key>) -> Vec<u32> {
        let mut numbers: Vec<u32> =
            keys.iter().filter_map(|key| self.known.get(key)).copied().collect();
        numbers.sort_unstable();
        numbers
    }
}

/// What a commit has otherwise than another. What cannot be read was told with the commits.
fn net(scope: &Scope, base: Oid, head: Oid) -> Vec<Change> {
    let side = |id| scope.commit(id).map(|(tree, _)| Side::Tree(tree));
    let both = side(base).and_then(|base| Ok((base, side(head)?)));
    let changes = both.and_then(|(base, head)| Change::all(&scope.repository, &[base], &head));
    changes.unwrap_or_default()
}

/// A secret that a commit brings into a path.
struct Brought {
    /// The place of the commit.
    place: usize,
    path: BString,
    secret: u32,
    /// The places of the commits that take it out again.
    removed: Vec<usize>,
}

impl<'a, 'w> Judge<'a, 'w> {
    pub(super) fn new(
        scope: &'a Scope,
        commits: &'a Commits,
        steps: &'a [Step],
        markers: Markers,
        search: Search<'a, 'w>,
    ) -> Self {
        Self {
            scope,
            commits,
            steps,
            markers,
            search,
            found: HashMap::new(),
            secrets: Numbers::default(),
            described: HashMap::new(),
            paths: Paths::default(),
            trusted: HashMap::new(),
            fresh: BTreeSet::new(),
        }
    }

    /// Judges the secrets in files.
    pub(super) fn versions(&mut self, versions: Vec<Version>) {
        for version in versions {
            for candidate in &version.found.candidates {
                if self.search.worker.policy().admit(candidate) {
                    self.secrets.add(candidate.key());
                } else {
                    self.search.worker.pass_over([candidate.key()]);
                }
            }
            self.found.insert((version.path, version.blob), version.found);
        }
        let paths: BTreeSet<BString> = self.found.keys().map(|(path, _)| path.clone()).collect();
        let brought = self.lives(&paths);
        for brought in &brought {
            self.judge_brought(brought);
        }
        let brought: BTreeSet<(&BString, u32)> =
            brought.iter().map(|brought| (&brought.path, brought.secret)).collect();
        for path in &paths {
            self.judge_unchanged(path, &brought);
        }
        self.judge_merged();
    }

    /// Judges what the base would get at the end and no commit brings in: a merge may keep what the base
    /// has taken out (`git merge -s ours`).
    fn judge_merged(&mut self) {
        let has_merge = self.steps.iter().any(|step| step.parents.len() > 1);
        if !has_merge {
            return;
        }
        let bases = self.newest_bases();
        let commits = self.commits;
        for (head, base) in
            commits.heads.iter().flat_map(|head| bases.iter().map(move |base| (*head, *base)))
        {
            // What the head has otherwise than where both parted last is what a merge into the base takes.
            let parted = self.scope.repository.merge_bases(base, head);
            for parted in parted.iter().flat_map(|parted| parted.iter()) {
                for change in net(self.scope, *parted, head) {
                    if self.search.is_asked(change.path.as_bstr()) {
                        self.judge_kept(&change, head, &bases);
                    }
                }
            }
        }
    }

    /// The named bases, without those that another one comes from.
    fn newest_bases(&self) -> Vec<Oid> {
        let bases: BTreeSet<Oid> = self.commits.bases.iter().copied().collect();
        let repository = &self.scope.repository;
        let is_older = |base: Oid| {
            let mut others = bases.iter().filter(|other| **other != base);
            others.any(|other| repository.graph_descendant_of(*other, base).unwrap_or(false))
        };
        bases.iter().copied().filter(|base| !is_older(*base)).collect()
    }

    fn judge_kept(&mut self, change: &Change, head: Oid, bases: &[Oid]) {
        let Some(blob) = change.brought() else { return };
        let secrets = self.search.secrets(change.path.as_bstr(), blob);
        if secrets.reported.is_empty() {
            return;
        }
        let at = (change.path.clone(), blob);
        if !self.found.contains_key(&at) {
            let Some(found) = self.search.search(change.path.as_bstr(), blob) else { return };
            self.found.insert(at.clone(), found);
        }
        let merges = self.steps.iter().filter(|step| step.parents.len() > 1).map(|step| step.id);
        let merges: Vec<Oid> = merges.collect();
        let mut keeping = merges.into_iter();
        let keeping = keeping.find(|merge| self.at(*merge, change.path.as_bstr()) == Some(blob));
        let candidates = self.found[&at].candidates.clone();
        // A secret may stand in the file more than once.
        let is_told = |key: &Key| self.fresh.contains(&(key.clone(), change.path.clone()));
        let told: BTreeSet<Key> = candidates.iter().map(Candidate::key).filter(is_told).collect();
        for mut candidate in candidates {
            let key = candidate.key();
            let of_base = bases.iter().any(|base| {
                let blob = self.at(*base, change.path.as_bstr());
                blob.is_some_and(|blob| {
                    self.search.secrets(change.path.as_bstr(), blob).reported.contains(&key)
                })
            });
            if told.contains(&key) || of_base || self.search.holder(change, &candidate).is_some() {
                continue;
            }
            self.fresh.insert((key, change.path.clone()));
            let excuse = self.allowed(&change.path, blob, &candidate);
            let commit = self.described(keeping.unwrap_or(head));
            let past = Past { commit, removed: Vec::new(), in_head: true };
            candidate.location.past = Some(Box::new(past));
            self.report(candidate, excuse);
        }
    }

    /// Judges the secrets in messages.
    pub(super) fn messages(&mut self, messages: Vec<Message>) {
        for message in messages {
            let mut commit = self.described(message.id);
            commit.id = message.commit.to_string();
            let past = Past { commit, removed: Vec::new(), in_head: true };
            let allowed = message.found.allowed();
            for mut candidate in message.found.candidates {
                let marker = allowed.find(&candidate).filter(|_| self.are_own());
                let marker = self.search.worker.holding(marker);
                candidate.location.past = Some(Box::new(past.clone()));
                self.report(candidate, marker);
            }
        }
    }

    /// What became of the secrets in `paths`: each commit that brought one in, the oldest first.
    fn lives(&mut self, paths: &BTreeSet<BString>) -> Vec<Brought> {
        let places = places(self.steps);
        let mut lives = Lives::new(places.len());
        for step in self.steps {
            let parents: Vec<usize> = step.parents.iter().map(|parent| places[parent]).collect();
            let mut walked = lives.step(places[&step.id], &parents);
            for change in step.changes.iter().filter(|change| paths.contains(&change.path)) {
                let after = self.numbers(&change.path, change.blob);
                let before: Vec<Vec<u32>> = change
                    .before
                    .iter()
                    .map(|before| match before {
                        Before::Blob(blob) => self.numbers(&change.path, Some(*blob)),
                        Before::Nothing(_) => Vec::new(),
                    })
                    .collect();
                let before: Vec<&[u32]> = before.iter().map(Vec::as_slice).collect();
                let versions = Versions { before: &before, after: &after };
                lives.compare(&mut walked, &change.path, &versions);
            }
            lives.leave(walked);
        }
        let brought = lives.list.into_iter().flat_map(|(Item { secret, path }, life)| {
            let brought = life.brought.into_iter().filter_map(move |(place, removed)| {
                Some(Brought { place, path: path.clone()?, secret, removed })
            });
            brought.collect::<Vec<_>>()
        });
        let mut brought: Vec<Brought> = brought.collect();
        brought.sort_by(|a, b| (a.place, &a.path, a.secret).cmp(&(b.place, &b.path, b.secret)));
        brought
    }

    /// The secrets in a blob, by their numbers.
    fn numbers(&mut self, path: &BString, blob: Option<Oid>) -> Vec<u32> {
        let keys = blob.map(|blob| self.search.secrets(path.as_bstr(), blob));
        keys.map(|keys| self.secrets.of(&keys.reported)).unwrap_or_default()
    }

    fn judge_brought(&mut self, brought: &Brought) {
        let step = &self.steps[brought.place];
        let changes = &step.changes;
        let at = changes.binary_search_by(|change| change.path.cmp(&brought.path));
        let Some(change) = at.ok().map(|at| &changes[at]) else { return };
        let Some(blob) = change.blob else { return };
        let key = self.secrets.list[brought.secret as usize].clone();
        let Some(found) = self.found.get(&(brought.path.clone(), blob)) else { return };
        let of_secret = found.candidates.iter().filter(|candidate| candidate.key() == key);
        let candidates: Vec<Candidate> = of_secret.cloned().collect();
        let mut removed: Vec<Commit> =
            brought.removed.iter().map(|place| self.described(self.steps[*place].id)).collect();
        removed.sort();
        let ends = self.ends_with(&brought.path, &key);
        let in_head = !ends.is_empty();
        let past = Past { commit: self.described(step.id), removed, in_head };
        let held = self.held(change, &key);
        if held.is_none() {
            self.fresh.insert((key.clone(), brought.path.clone()));
        }
        // What the end of the range excuses was excused with its past in mind, and what it does not
        // excuse, no version before it can.
        let at_ends: Vec<Option<Arc<Excuse>>> =
            ends.into_iter().flat_map(|end| self.excuses(&brought.path, end, &key)).collect();
        let is_at_end = !at_ends.is_empty();
        let at_ends: Option<Vec<Arc<Excuse>>> = at_ends.into_iter().collect();
        let at_end = at_ends.and_then(|markers| markers.first().cloned());
        for mut candidate in candidates {
            let marker = if is_at_end {
                at_end.clone()
            } else {
                self.allowed(&brought.path, blob, &candidate)
            };
            let excuse = marker.or_else(|| held.clone());
            if excuse.is_none() {
                self.note_marker(&brought.path, blob, &candidate);
            }
            candidate.location.past = Some(Box::new(past.clone()));
            self.report(candidate, excuse);
        }
    }

    /// What was in a file before the range and is in it still, while other lines of it changed.
    fn judge_unchanged(&mut self, path: &BString, brought: &BTreeSet<(&BString, u32)>) {
        let Some(blob) = self.head(path.as_bstr()) else { return };
        let Some(found) = self.found.get(&(path.clone(), blob)) else { return };
        let candidates = found.candidates.clone();
        self.search.worker.note_flawed(found);
        for candidate in candidates {
            let number = self.secrets.add(candidate.key());
            if !brought.contains(&(path, number)) {
                let excuse = self.allowed(path, blob, &candidate);
                let held = || Arc::new(Excuse::past(self.before()));
                let excuse = Some(excuse.unwrap_or_else(held));
                self.report(candidate, excuse);
            }
        }
    }

    fn report(&mut self, candidate: Candidate, excuse: Option<Arc<Excuse>>) {
        let exposure = Exposure { in_history: Some(true), ..Exposure::default() };
        self.search.worker.expose([(candidate.key(), exposure)]);
        self.search.worker.report([Judged { candidate, excuse }]);
    }

    /// Whether a secret that a commit brings into a path was in the repository before the range: in a
    /// file that was moved here, or in the base.
    fn held(&mut self, change: &Change, key: &Key) -> Option<Arc<Excuse>> {
        for before in &change.before {
            let Before::Nothing(gone) = before else { continue };
            let holders = self.search.holders(gone, key);
            let is_old = |path: &&BString| !self.fresh.contains(&(key.clone(), (*path).clone()));
            if let Some(path) = holders.iter().find(is_old) {
                return Some(Arc::new(Excuse::past(format!("it was moved here from {path}"))));
            }
        }
        let blob = self.at(self.commits.base?, change.path.as_bstr())?;
        let held = self.search.secrets(change.path.as_bstr(), blob).reported.contains(key);
        held.then(|| Arc::new(Excuse::past(self.before())))
    }

    /// Who excuses a secret in a version of a file, by a marker that holds today.
    fn allowed(&mut self, path: &BString, blob: Oid, candidate: &Candidate) -> Option<Arc<Excuse>> {
        let found = self.found.get(&(path.clone(), blob))?;
        let marker = found.allowed().find(candidate)?;
        let marker = self.search.worker.holding(Some(marker))?;
        if self.are_own() {
            return Some(marker);
        }
        // The lines of a decoded text, or of a member, are not those that git compares.
        let allowed = Allowed::new(found.own_markers(candidate)?);
        let at = (path.clone(), blob);
        if !self.trusted.contains_key(&at) {
            let trusted = self.of_base(path, blob, &allowed).unwrap_or_default();
            self.trusted.insert(at.clone(), trusted);
        }
        self.trusted[&at].find(&candidate.rule, &candidate.location)
    }

    /// Remarks on a marker that excuses nothing since it is the change's own.
    fn note_marker(&mut self, path: &BString, blob: Oid, candidate: &Candidate) {
        let line = candidate.location.start.line;
        let found = self.found.get(&(path.clone(), blob));
        if found.is_some_and(|found| found.allowed().find(candidate).is_some()) {
            let base = self.base_name();
            let path = candidate.location.name();
            self.search.worker.note(format!(
                "{path}:{line}: a `blurt:allow` excuses this line here, but not at {base}: only what \
                 is merged there counts"
            ));
        }
    }

    /// For each place of a secret in a version of a file, who excuses it.
    fn excuses(&mut self, path: &BString, blob: Oid, key: &Key) -> Vec<Option<Arc<Excuse>>> {
        let found = self.found.get(&(path.clone(), blob));
        let candidates = found.into_iter().flat_map(|found| &found.candidates);
        let of_secret: Vec<Candidate> =
            candidates.filter(|candidate| candidate.key() == *key).cloned().collect();
        of_secret.iter().map(|candidate| self.allowed(path, blob, candidate)).collect()
    }

    /// Those suppressions of a version of a file that the base has in the same place.
    fn of_base(&mut self, path: &BString, blob: Oid, allowed: &Allowed) -> Option<Allowed> {
        let before = self.at(self.commits.base?, path.as_bstr())?;
        let found = self.search.search(path.as_bstr(), before)?;
        let lines = Lines::compare(self.scope, before, blob)?;
        let base = Allowed::new(found.markers.get(&[][..])?);
        Some(allowed.unchanged_since(&base, |line| lines.before(line)))
    }

    fn base_name(&self) -> String {
        let base = self.commits.base_name.as_deref().unwrap_or("the base");
        base.get(..40)
            .filter(|id| id.bytes().all(|b| b.is_ascii_hexdigit()))
            .map_or_else(|| base.to_owned(), |id| format!("commit {}", &id[..10]))
    }

    fn before(&self) -> String {
        match &self.commits.base_name {
            Some(_) => format!("the file at {} holds it already", self.base_name()),
            None => "it was there before these commits".to_owned(),
        }
    }

    fn are_own(&self) -> bool {
        self.markers == Markers::Own || self.commits.base.is_none()
    }

    /// The blob of a file in a commit.
    fn at(&mut self, commit: Oid, path: &BStr) -> Option<Oid> {
        self.paths.at(self.scope, commit, path)
    }

    /// The blob of a file at the end of the range.
    fn head(&mut self, path: &BStr) -> Option<Oid> {
        let commits = self.commits;
        commits.heads.iter().find_map(|head| self.at(*head, path))
    }

    /// The versions of a file at the ends of the range that hold a secret.
    fn ends_with(&mut self, path: &BString, key: &Key) -> BTreeSet<Oid> {
        let commits = self.commits;
        let heads = commits.heads.iter();
        let ends: BTreeSet<Oid> = heads.filter_map(|head| self.at(*head, path.as_bstr())).collect();
        let holds = |blob: &Oid| self.search.secrets(path.as_bstr(), *blob).reported.contains(key);
        ends.into_iter().filter(holds).collect()
    }

    fn described(&mut self, id: Oid) -> Commit {
        let scope = self.scope;
        self.described.entry(id).or_insert_with(|| scope.describe(id)).clone()
    }
}
