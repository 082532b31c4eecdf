//! For what was found: the commits and paths that brought it in and took it out, and what reaches it.

use super::graph::{Graph, Path, Sets, Walk};
use super::hits::{Hits, Known, Scope, Secrets, Site};
use super::holders::Holders;
use super::messages::GraphCommit;
use super::names::{self, NameId, Roles};
use super::pruned::{EMPTY, NodeId, Pruned};
use super::refs::{Hold, Root, Roots};
use super::store::{Kind, ObjectNumber, Store};
use super::trees::TreeRecords;
use crate::blob::{Origin, Via};
use crate::detect::Detector;
use crate::finding::{Commit, Exposure, Past};
use crate::kind::FileKind;
use crate::rule::Confidence;
use crate::source::bits::Bits;
use crate::source::git;
use crate::source::lives::{Item, Life};
use crate::triage::{Judged, Key, Thresholds};
use bstr::{BStr, BString, ByteSlice};
use gix_hash::ObjectId;
use jiff::Timestamp;
use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

/// What attribution goes by.
pub(super) struct Attribution<'a> {
    pub(super) detector: &'a Detector,
    pub(super) store: &'a Store,
    pub(super) roots: &'a Roots,
    pub(super) names: &'a [BString],
    pub(super) trees: &'a TreeRecords,
    pub(super) roles: &'a Roles,
    /// What does not reach them is not attributed.
    pub(super) thresholds: Thresholds,
    /// What each tag object points at.
    pub(super) tags: &'a HashMap<ObjectNumber, ObjectId>,
    /// What paths are named below.
    pub(super) place: &'a BString,
    /// Where in the repository the current directory is.
    pub(super) here: &'a BString,
    /// The time from which ages are counted.
    pub(super) now: Timestamp,
}

/// What is gathered about a secret on the way.
#[derive(Debug, Default)]
struct Story {
    first: Option<Timestamp>,
    last: Option<Timestamp>,
    in_commit: bool,
    indexed: bool,
    /// The first roots that reach it.
    roots: BTreeSet<Root>,
    /// Those that reach it without a commit, or by their own message.
    direct: BTreeSet<Root>,
    /// How many refs reach it, and how many entries of reflogs.
    refs: u64,
    entries: u64,
    pushed: bool,
}

impl Story {
    /// Notes a root that reaches it.
    fn reach(&mut self, root: &Root) {
        self.count(root.hold, 1);
        self.roots.insert(root.clone());
    }

    fn count(&mut self, hold: Hold, roots: u64) {
        match hold {
            Hold::Reflog => self.entries += roots,
            _ => self.refs += roots,
        }
        self.pushed |= hold == Hold::Remote;
    }

    fn exposure(self, now: Timestamp, remotes: bool) -> Exposure {
        let of_refs = self.refs > 0;
        let shown = self.roots.iter().filter(|root| !of_refs || root.hold != Hold::Reflog);
        let mut refs: Vec<String> =
            shown.take(Exposure::MOST_REFS).map(|root| root.name.clone()).collect();
        refs.sort();
        let age = self.first.map(|first| now.as_second() - first.as_second());
        Exposure {
            staged: false,
            first_seen: self.first,
            // The author's clock and the committer's may differ.
            last_seen: self.last.max(self.first),
            age_days: age.map(|seconds| (seconds / 86_400).max(0)),
            in_tree: false,
            in_history: Some(self.in_commit),
            pushed: remotes.then_some(self.pushed),
            refs: Some(refs),
            ref_count: Some(if of_refs { self.refs } else { self.entries }),
            unreachable: Some(self.refs + self.entries == 0 && !self.indexed),
        }
    }
}

/// All that was found, and the state of telling where it comes from.
struct Report<'a> {
    about: &'a Attribution<'a>,
    graph: &'a Graph,
    blobs: &'a BTreeMap<u32, Hits>,
    /// Which commits are in the history of notes.
    of_notes: Vec<bool>,
    found: Vec<Judged>,
    secrets: Secrets,
    /// By the number of the secret.
    stories: BTreeMap<u32, Story>,
    commits: HashMap<usize, Commit>,
}

/// What was found, with its places and what is known of it.
#[derive(Default)]
pub(super) struct Told {
    pub(super) found: Vec<Judged>,
    pub(super) exposures: Vec<(Key, Exposure)>,
    /// What does not reach the thresholds.
    pub(super) below: BTreeSet<Key>,
    /// Whether not all paths and commits are named.
    pub(super) cut_short: bool,
}

/// What was found, sorted by what it was found in.
struct Found {
    secrets: Secrets,
    /// Hits in blobs, by object, and in the messages of commits and tags.
    blobs: BTreeMap<u32, Hits>,
    texts: Vec<Hits>,
    /// The sets of secrets of each blob, by the kind of file that it is.
    set_of: HashMap<u32, Vec<(FileKind, u32)>>,
    sets: Sets,
    below: BTreeSet<Key>,
}

impl Attribution<'_> {
    /// Attributes all hits whose secrets reach the thresholds, or are in `reported` for other places.
    /// `commits` are sorted by object.
    pub(super) fn attribute(
        &self,
        hits: Vec<Hits>,
        commits: &[GraphCommit],
        reported: &BTreeSet<Key>,
    ) -> Told {
        let mut found = self.sort(hits, reported);
        if found.blobs.is_empty() && found.texts.is_empty() {
            return Told { below: found.below, ..Told::default() };
        }
        let graph = self.graph(commits);
        let places: HashMap<ObjectNumber, usize> =
            graph.commits.iter().enumerate().map(|(place, c)| (c.object, place)).collect();
        let messages = self.in_messages(&mut found, &places);
        let objects: Vec<u32> = found.blobs.keys().copied().collect();
        let holders = Holders::find(self.trees, self.roles, &objects);
        let kinds: Vec<FileKind> =
            self.names.iter().map(|name| FileKind::of(name.as_bstr())).collect();
        let mut pruned = Pruned::new(&holders, &found.set_of, &kinds);
        let trees = graph.commits.iter().map(|commit| commit.tree);
        let roots: Vec<NodeId> =
            trees.map(|tree| tree.map_or(EMPTY, |tree| pruned.reduce(tree.0))).collect();
        let tips = self.tips(&places);
        let mut walk = Walk::new(&graph, &pruned, &roots, &found.sets.list);
        let reached = walk.run(&messages, &tips.iter().map(|(place, _)| *place).collect());
        let lives = std::mem::take(&mut walk.lives.list);
        let head = self.head(&places);
        let in_head = |item: &Item<Path>| {
            let root = head.map(|place| roots[place]);
            let set = root.zip(item.path.as_ref()).and_then(|(root, path)| pruned.at(root, path));
            set.is_some_and(|set| found.sets.list[set as usize].binary_search(&item.secret).is_ok())
        };
        let mut report = Report {
            about: self,
            graph: &graph,
            blobs: &found.blobs,
            of_notes: of_notes(&tips, &graph),
            found: Vec::new(),
            secrets: found.secrets,
            stories: BTreeMap::new(),
            commits: HashMap::new(),
        };
        for (item, life) in &lives {
            let Some(path) = &item.path else { continue };
            let what = Occurrence { secret: item.secret, path, life, in_head: in_head(item) };
            report.file(&what, &holders);
        }
        let head_history = head.map(|place| graph.history([place]));
        for hits in &found.texts {
            report.message(hits, &places, head_history.as_deref());
        }
        report.uncommitted(&holders, &tips);
        let cut_short = pruned.is_cut_short() || graph.circular;
        if cut_short {
            report.unplaced();
        }
        report.last_seen(&pruned.newest(&newest_roots(&graph, &roots)), &found.sets.list);
        report.reach(&tips, &reached);
        let (told, exposures) = report.finish();
        Told { found: told, exposures, below: found.below, cut_short }
    }

    /// Sorts the hits, and leaves out those that are not reported anyway.
    fn sort(&self, hits: Vec<Hits>, reported: &BTreeSet<Key>) -> Found {
        let rules = self.detector.rules().rules();
        let by_kind = |hits: &Hits| -> Vec<_> {
            let kinds = hits.kinds().iter();
            kinds.map(|kind| (kind, hits.secrets_as(self.detector, kind))).collect()
        };
        let held: Vec<_> = hits.iter().map(by_kind).collect();
        let mut most: BTreeMap<&Known, Confidence> = BTreeMap::new();
        for (known, confidence) in held.iter().flatten().flat_map(|(_, secrets)| secrets) {
            let best = most.entry(known).or_insert(*confidence);
            *best = (*best).max(*confidence);
        }
        let key = |known: &Known| (rules[known.rule].id().to_owned(), known.secret.clone());
        let reaches = |known: &Known, confidence: Confidence| {
            let severity = rules[known.rule].spec().severity;
            let enough = self.thresholds;
            confidence >= enough.confidence && severity >= enough.severity
        };
        let (kept, below): (Vec<_>, Vec<_>) = most.iter().partition(|(known, confidence)| {
            reaches(known, **confidence) || reported.contains(&key(known))
        });
        let below = below.into_iter().map(|(known, _)| key(known)).collect();
        let mut secrets = Secrets::default();
        for (known, _) in kept {
            secrets.number((*known).clone());
        }
        let (mut blobs, mut texts) = (BTreeMap::new(), Vec::new());
        let (mut set_of, mut sets) = (HashMap::new(), Sets::default());
        for (hits, held) in hits.into_iter().zip(&held) {
            let sets_by_kind: Vec<_> = held
                .iter()
                .map(|(kind, held)| {
                    let mut set: Vec<u32> =
                        held.keys().filter_map(|known| secrets.find(known)).collect();
                    set.sort_unstable();
                    (*kind, set)
                })
                .collect();
            if sets_by_kind.iter().all(|(_, set)| set.is_empty()) {
                continue;
            }
            if self.store.kind(hits.object) != Kind::Blob {
                texts.push(hits);
                continue;
            }
            let numbered = sets_by_kind.into_iter().map(|(kind, set)| (kind, sets.number(set)));
            set_of.insert(hits.object.0, numbered.collect());
            blobs.insert(hits.object.0, hits);
        }
        Found { secrets, blobs, texts, set_of, sets, below }
    }

    /// The secrets in the message of each commit.
    fn in_messages(
        &self,
        found: &mut Found,
        places: &HashMap<ObjectNumber, usize>,
    ) -> HashMap<usize, BTreeSet<u32>> {
        let mut messages = HashMap::new();
        for hits in &found.texts {
            if let Some(place) = places.get(&hits.object) {
                let known = hits.secrets(self.detector).into_keys();
                let known = known.filter_map(|known| found.secrets.find(&known));
                messages.insert(*place, known.collect());
            }
        }
        messages
    }

    pub(super) fn graph(&self, commits: &[GraphCommit]) -> Graph {
        let place_of = |id: &ObjectId| {
            let object = self.store.find(id)?;
            commits.binary_search_by_key(&object, |commit| commit.object).ok()
        };
        Graph::new(commits, place_of)
    }

    /// What an object is, or its tags lead to.
    fn end(&self, id: &ObjectId) -> Option<ObjectNumber> {
        let mut object = self.store.find(id)?;
        // A forged tag may lead to itself.
        for _ in 0..=self.tags.len() {
            let Some(target) = self.tags.get(&object) else { return Some(object) };
            object = self.store.find(target)?;
        }
        None
    }

    /// The commit that an object is, or that its tags lead to.
    pub(super) fn commit(&self, id: &ObjectId) -> Option<ObjectNumber> {
        self.end(id).filter(|object| self.store.kind(*object) == Kind::Commit)
    }

    fn head(&self, places: &HashMap<ObjectNumber, usize>) -> Option<usize> {
        places.get(&self.commit(&self.roots.head?)?).copied()
    }

    /// The blobs that roots lead to without a commit: by a tag of a blob or of a tree.
    pub(super) fn directly(&self, holders: &Holders) -> HashMap<u32, Vec<&Root>> {
        let mut directly: HashMap<u32, Vec<&Root>> = HashMap::new();
        for root in &self.roots.list {
            let Some(end) = self.end(&root.target) else { continue };
            match self.store.kind(end) {
                Kind::Blob => directly.entry(end.0).or_default().push(root),
                Kind::Tree => {
                    for object in holders.reached([end.0]) {
                        directly.entry(object).or_default().push(root);
                    }
                }
                Kind::Commit | Kind::Tag => {}
            }
        }
        directly
    }

    /// The site of a blob that is named by nothing but its id.
    fn unnamed(&self, hits: &Hits) -> Site<'static> {
        let via = vec![Via::Object(format!("blob {}", self.store.id(hits.object)))];
        Site { origin: Origin { path: None, via }, scope: Scope::AnyPath, past: None }
    }

    /// The commits that roots lead to, by their places.
    pub(super) fn tips(&self, places: &HashMap<ObjectNumber, usize>) -> Vec<(usize, &Root)> {
        let roots = self.roots.list.iter();
        roots.filter_map(|root| Some((*places.get(&self.commit(&root.target)?)?, root))).collect()
    }
}

/// Which commits are in the history of notes.
pub(super) fn of_notes(tips: &[(usize, &Root)], graph: &Graph) -> Vec<bool> {
    let notes = tips.iter().filter(|(_, root)| root.name.starts_with("refs/notes/"));
    graph.history(notes.map(|(place, _)| *place))
}

/// The newest commit of each reduced root tree.
fn newest_roots(graph: &Graph, roots: &[NodeId]) -> HashMap<NodeId, (i64, usize)> {
    let mut newest = HashMap::new();
    for (place, root) in roots.iter().enumerate() {
        let commit = (graph.commits[place].time, place);
        let known = newest.entry(*root).or_insert(commit);
        *known = commit.max(*known);
    }
    newest
}

/// A secret at a path, with what became of it.
struct Occurrence<'a> {
    /// The number of the secret.
    secret: u32,
    path: &'a [NameId],
    life: &'a Life,
    in_head: bool,
}

impl Report<'_> {
    /// The commit at a place in the graph, as reports name it.
    fn commit(&mut self, place: usize) -> Commit {
        let store = self.about.store;
        let object = self.graph.commits[place].object;
        let describe = || {
            let bytes = store.read(object).map(|(_, bytes)| bytes).unwrap_or_default();
            git::describe(&bytes, &store.id(object))
        };
        self.commits.entry(place).or_insert_with(describe).clone()
    }

    /// The story of a secret, if it is one that is reported.
    fn story(&mut self, known: &Known) -> Option<&mut Story> {
        Some(self.stories.entry(self.secrets.find(known)?).or_default())
    }

    /// A secret in a file of commits.
    fn file(&mut self, what: &Occurrence, holders: &Holders) {
        let path = names::path(self.about.names, what.path);
        for (place, removed) in &what.life.brought {
            let tree = self.graph.commits[*place].tree;
            let blob = tree.and_then(|tree| holders.at(tree.0, what.path));
            let Some(hits) = blob.and_then(|blob| self.blobs.get(&blob)) else { continue };
            let mut commit = self.commit(*place);
            let mut removed: Vec<Commit> =
                removed.iter().map(|place| self.commit(*place)).collect();
            removed.sort();
            let mut origin = Origin::file(self.named(path.as_bstr()));
            if let Some(annotated) =
                self.of_notes[*place].then(|| annotated(path.as_bstr())).flatten()
            {
                origin = Origin { path: None, via: vec![Via::Object("note".to_owned())] };
                commit.id = annotated;
            }
            let date = commit.date;
            let past = Some(Past { commit, removed, in_head: what.in_head });
            let site = Site { origin, scope: Scope::Path(path.as_bstr()), past };
            let found = hits.candidates(self.about.detector, &site);
            let number = |known: &Known| self.secrets.find(known);
            let found = found.into_iter().filter(|(known, _)| number(known) == Some(what.secret));
            let found: Vec<Judged> = found.map(|(_, judged)| judged).collect();
            if !found.is_empty() {
                self.found.extend(found);
                let story = self.stories.entry(what.secret).or_default();
                story.first = Some(story.first.map_or(date, |first| first.min(date)));
                story.in_commit = true;
            }
        }
    }

    /// A path in the repository, as it is named in reports.
    fn named(&self, path: &BStr) -> BString {
        git::named(self.about.place, self.about.here, path)
    }

    /// The secrets in the message of a commit or a tag.
    fn message(
        &mut self,
        hits: &Hits,
        places: &HashMap<ObjectNumber, usize>,
        head: Option<&[bool]>,
    ) {
        let store = self.about.store;
        let bytes = store.read(hits.object).map(|(_, bytes)| bytes).unwrap_or_default();
        let id = store.id(hits.object);
        let mut commit = git::describe(&bytes, &id);
        let place = places.get(&hits.object).copied();
        let what = if place.is_some() { "commit-message" } else { "tag-message" };
        let target = place.is_none().then(|| self.about.commit(&id)).flatten();
        if let Some(target) = target {
            commit.id = store.id(target).to_hex().to_string();
        }
        let place = place.or_else(|| places.get(&target?).copied());
        let in_head = head.zip(place).is_some_and(|(head, place)| head[place]);
        let date = commit.date;
        let past = Some(Past { commit, removed: Vec::new(), in_head });
        let origin = Origin { path: None, via: vec![Via::Object(what.to_owned())] };
        let roots = &self.about.roots.list;
        // The commit's own refs are those whose history holds it.
        let tags = roots.iter().filter(|root| what == "tag-message" && root.target == id);
        let tags: Vec<&Root> = tags.collect();
        for (known, judged) in
            hits.candidates(self.about.detector, &Site { origin, scope: Scope::NoFile, past })
        {
            let Some(story) = self.story(&known) else { continue };
            story.direct.extend(tags.iter().map(|root| (*root).clone()));
            story.first = Some(story.first.map_or(date, |first| first.min(date)));
            story.last = story.last.max(Some(date));
            story.in_commit = true;
            self.found.push(judged);
        }
    }

    /// What no commit holds: it is staged, or nothing leads to it.
    fn uncommitted(&mut self, holders: &Holders, tips: &[(usize, &Root)]) {
        let commits = &self.graph.commits;
        let trees = commits.iter().filter_map(|commit| commit.tree).map(|tree| tree.0);
        let held = holders.reached(trees);
        let branches = tips.iter().filter(|(_, root)| root.hold == Hold::Branch);
        let heads: BTreeSet<u32> =
            branches.filter_map(|(place, _)| commits[*place].tree).map(|tree| tree.0).collect();
        let directly = self.about.directly(holders);
        // Asked for only where something was found in an index.
        let names = self.about.names;
        let numbers: LazyCell<HashMap<&BStr, NameId>, _> =
            LazyCell::new(|| names.iter().map(|name| name.as_bstr()).zip(0..).collect());
        let in_heads = |path: &BStr, blob: u32| {
            let names = path.split_str("/").map(|name| numbers.get(name.as_bstr()).copied());
            let names: Option<Vec<NameId>> = names.collect();
            names.is_some_and(|names| {
                heads.iter().any(|tree| holders.at(*tree, &names) == Some(blob))
            })
        };
        for hits in self.blobs.values() {
            self.staged_blob(hits, &in_heads);
            let indexed = self.about.roots.index.contains_key(&self.about.store.id(hits.object));
            if !indexed && !held.contains(&hits.object.0) {
                let roots = directly.get(&hits.object.0).map_or(&[][..], Vec::as_slice);
                self.loose_blob(hits, roots);
            }
        }
    }

    /// A blob in an index: in paths where no branch has it, as `in_heads` says.
    fn staged_blob(&mut self, hits: &Hits, in_heads: &impl Fn(&BStr, u32) -> bool) {
        let about = self.about;
        let id = about.store.id(hits.object);
        for path in about.roots.index.get(&id).into_iter().flatten() {
            if in_heads(path.as_bstr(), hits.object.0) {
                continue;
            }
            let via = vec![Via::Object("index".to_owned())];
            let origin = Origin { path: Some(self.named(path.as_bstr())), via };
            let scope = Scope::Path(path.as_bstr());
            for (known, judged) in
                hits.candidates(about.detector, &Site { origin, scope, past: None })
            {
                let Some(story) = self.story(&known) else { continue };
                story.indexed = true;
                self.found.push(judged);
            }
        }
    }

    /// A blob that no commit holds, and no index. `roots` lead to it.
    fn loose_blob(&mut self, hits: &Hits, roots: &[&Root]) {
        let about = self.about;
        for (known, judged) in hits.candidates(about.detector, &about.unnamed(hits)) {
            let Some(story) = self.story(&known) else { continue };
            story.direct.extend(roots.iter().map(|root| (*root).clone()));
            self.found.push(judged);
        }
    }

    /// The secrets for which no place was found, as not all were looked at: they are reported by their
    /// blobs.
    fn unplaced(&mut self) {
        let placed: BTreeSet<Key> = self.found.iter().map(Judged::key).collect();
        let rules = self.about.detector.rules().rules();
        let mut unplaced = Vec::new();
        for hits in self.blobs.values() {
            let secrets = hits.secrets(self.about.detector).into_keys();
            let kept = secrets.filter(|known| self.secrets.find(known).is_some());
            let key = |known: Known| (rules[known.rule].id().to_owned(), known.secret);
            if kept.map(key).any(|key| !placed.contains(&key)) {
                unplaced.push(hits);
            }
        }
        for hits in unplaced {
            let site = self.about.unnamed(hits);
            for (known, judged) in hits.candidates(self.about.detector, &site) {
                if !placed.contains(&judged.key()) && self.story(&known).is_some() {
                    self.found.push(judged);
                }
            }
        }
    }

    /// Notes which secrets the histories of roots hold.
    fn reach(&mut self, tips: &[(usize, &Root)], reached: &HashMap<usize, Rc<Bits>>) {
        // Many refs have the same secrets behind them.
        let mut alike: BTreeMap<(*const Bits, Hold), (&Bits, u64)> = BTreeMap::new();
        let mut by_root: BTreeMap<&Root, &Bits> = BTreeMap::new();
        // More names than are shown need not be looked for.
        let mut wanting: Bits = self.stories.keys().map(|secret| *secret as usize).collect();
        for (place, root) in tips {
            let Some(secrets) = reached.get(place) else { continue };
            alike.entry((Rc::as_ptr(secrets), root.hold)).or_insert((secrets, 0)).1 += 1;
            by_root.insert(*root, &**secrets);
            for secret in wanting.common(secrets).collect::<Vec<_>>() {
                let Some(story) = self.stories.get_mut(&(secret as u32)) else { continue };
                story.roots.insert((*root).clone());
                if story.roots.len() >= 2 * Exposure::MOST_REFS {
                    wanting.remove(secret);
                }
            }
        }
        for ((_, hold), (secrets, count)) in alike {
            for secret in secrets.iter() {
                if let Some(story) = self.stories.get_mut(&(secret as u32)) {
                    story.count(hold, count);
                }
            }
        }
        self.reach_directly(&by_root);
    }

    /// Counts the roots that lead to a secret in another way than by the history of a commit.
    fn reach_directly(&mut self, by_root: &BTreeMap<&Root, &Bits>) {
        for (secret, story) in &mut self.stories {
            for root in std::mem::take(&mut story.direct) {
                let counted = by_root.get(&root).is_some_and(|all| all.has(*secret as usize));
                if !counted {
                    story.reach(&root);
                }
            }
        }
    }

    fn last_seen(&mut self, newest: &HashMap<u32, (i64, usize)>, sets: &[Vec<u32>]) {
        let mut of_secret: BTreeMap<u32, (i64, usize)> = BTreeMap::new();
        for (number, set) in (0..).zip(sets) {
            let Some(commit) = newest.get(&number) else { continue };
            for secret in set {
                let known = of_secret.entry(*secret).or_insert(*commit);
                *known = (*commit).max(*known);
            }
        }
        for (secret, (_, place)) in of_secret {
            let date = self.commit(place).date;
            if let Some(story) = self.stories.get_mut(&secret) {
                story.last = story.last.max(Some(date));
            }
        }
    }

    fn finish(self) -> (Vec<Judged>, Vec<(Key, Exposure)>) {
        let about = self.about;
        let remotes = about.roots.list.iter().any(|root| root.hold == Hold::Remote);
        let rules = about.detector.rules().rules();
        let exposures = self.stories.into_iter().map(|(secret, story)| {
            let known = &self.secrets.list()[secret as usize];
            let key = (rules[known.rule].id().to_owned(), known.secret.clone());
            (key, story.exposure(about.now, remotes))
        });
        (self.found, exposures.collect())
    }
}

/// The object that a note is about: notes stand under its id, which folders may divide.
pub(super) fn annotated(path: &BStr) -> Option<String> {
    let id: String = path.to_str().ok()?.split('/').collect();
    ObjectId::from_hex(id.as_bytes()).ok().map(|id| id.to_hex().to_string())
}
