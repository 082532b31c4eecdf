//! For what was found: the commits and paths that brought it in and took it out, and what reaches it.

use super::bits::Bits;
use super::graph::{Graph, Item, Life, Sets, Walk};
use super::hits::{Hits, Known, Secrets, Site};
use super::holders::Holders;
use super::messages::{self, GraphCommit};
use super::names::{self, NameId, Roles};
use super::pruned::{EMPTY, NodeId, Pruned};
use super::refs::{Hold, Root, Roots};
use super::store::{Kind, ObjectNumber, Store};
use super::trees::TreeRecords;
use crate::blob::{Origin, Via};
use crate::detect::Detector;
use crate::finding::{Commit, Exposure, Past};
use crate::rule::Confidence;
use crate::triage::{Judged, Key, Thresholds};
use bstr::{BStr, BString, ByteSlice};
use gix_hash::ObjectId;
use jiff::Timestamp;
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
            first_seen: self.first,
            last_seen: self.last,
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
}

/// What was found, sorted by what it was found in.
struct Found {
    secrets: Secrets,
    /// Hits in blobs, by object, and in the messages of commits and tags.
    blobs: BTreeMap<u32, Hits>,
    texts: Vec<Hits>,
    /// The set of secrets of each blob.
    set_of: HashMap<u32, u32>,
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
        let mut pruned = Pruned::new(&holders, &found.set_of);
        let trees = graph.commits.iter().map(|commit| commit.tree);
        let roots: Vec<NodeId> =
            trees.map(|tree| tree.map_or(EMPTY, |tree| pruned.reduce(tree.0))).collect();
        let tips = self.tips(&places);
        let mut walk = Walk::new(&graph, &pruned, &roots, &found.sets.list);
        let reached = walk.run(&messages, &tips.iter().map(|(place, _)| *place).collect());
        let lives = std::mem::take(&mut walk.lives);
        let head = self.head(&places);
        let in_head = |item: &Item| {
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
        let held = graph.commits.iter().filter_map(|commit| commit.tree).map(|tree| tree.0);
        let held = holders.reached(held);
        for hits in found.blobs.values().filter(|hits| !held.contains(&hits.object.0)) {
            report.loose_blob(hits);
        }
        report.last_seen(&pruned.newest(&newest_roots(&graph, &roots)), &found.sets.list);
        report.reach(&tips, &reached);
        let (told, exposures) = report.finish();
        Told { found: told, exposures, below: found.below }
    }

    /// Sorts the hits, and leaves out those that are not reported anyway.
    fn sort(&self, hits: Vec<Hits>, reported: &BTreeSet<Key>) -> Found {
        let rules = self.detector.rules().rules();
        let held: Vec<_> = hits.iter().map(|hits| hits.secrets(self.detector)).collect();
        let mut most: BTreeMap<&Known, Confidence> = BTreeMap::new();
        for (known, confidence) in held.iter().flatten() {
            let best = most.entry(known).or_insert(*confidence);
            *best = (*best).max(*confidence);
        }
        let key = |known: &Known| (rules[known.rule].spec.id.clone(), known.secret.clone());
        let reaches = |known: &Known, confidence: Confidence| {
            let severity = rules[known.rule].spec.severity;
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
            let mut set: Vec<u32> = held.keys().filter_map(|known| secrets.find(known)).collect();
            set.sort_unstable();
            if set.is_empty() {
                continue;
            }
            if self.store.kind(hits.object) == Kind::Blob {
                set_of.insert(hits.object.0, sets.number(set));
                blobs.insert(hits.object.0, hits);
            } else {
                texts.push(hits);
            }
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

    fn graph(&self, commits: &[GraphCommit]) -> Graph {
        let place_of = |id: &ObjectId| {
            let object = self.store.find(id)?;
            commits.binary_search_by_key(&object, |commit| commit.object).ok()
        };
        Graph::new(commits, place_of)
    }

    /// The commit that an object is, or that its tags lead to.
    fn commit(&self, id: &ObjectId) -> Option<ObjectNumber> {
        let mut object = self.store.find(id)?;
        while let Some(target) = self.tags.get(&object) {
            object = self.store.find(target)?;
        }
        (self.store.kind(object) == Kind::Commit).then_some(object)
    }

    fn head(&self, places: &HashMap<ObjectNumber, usize>) -> Option<usize> {
        places.get(&self.commit(&self.roots.head?)?).copied()
    }

    /// The commits that roots lead to, by their places.
    fn tips(&self, places: &HashMap<ObjectNumber, usize>) -> Vec<(usize, &Root)> {
        let roots = self.roots.list.iter();
        roots.filter_map(|root| Some((*places.get(&self.commit(&root.target)?)?, root))).collect()
    }
}

/// Which commits are in the history of notes.
fn of_notes(tips: &[(usize, &Root)], graph: &Graph) -> Vec<bool> {
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
            messages::describe(&bytes, &store.id(object))
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
            let site = Site { origin, path: Some(path.as_bstr()), past };
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
        if self.about.place.is_empty() {
            return path.into();
        }
        let mut named = self.about.place.clone();
        named.push(b'/');
        named.extend_from_slice(path);
        named
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
        let mut commit = messages::describe(&bytes, &id);
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
        let tags: Vec<&Root> = roots.iter().filter(|root| root.target == id).collect();
        for (known, judged) in
            hits.candidates(self.about.detector, &Site { origin, path: None, past })
        {
            let Some(story) = self.story(&known) else { continue };
            for root in tags.iter().filter(|_| what == "tag-message") {
                story.reach(root);
            }
            story.first = Some(story.first.map_or(date, |first| first.min(date)));
            story.last = story.last.max(Some(date));
            story.in_commit = true;
            self.found.push(judged);
        }
    }

    /// A blob that no commit holds: it stands in an index, or nothing leads to it.
    fn loose_blob(&mut self, hits: &Hits) {
        let about = self.about;
        let id = about.store.id(hits.object);
        let paths = about.roots.index.get(&id);
        let mut sites: Vec<Site> = Vec::new();
        for path in paths.into_iter().flatten() {
            let via = vec![Via::Object("index".to_owned())];
            let origin = Origin { path: Some(self.named(path.as_bstr())), via };
            sites.push(Site { origin, path: Some(path.as_bstr()), past: None });
        }
        let indexed = !sites.is_empty();
        if !indexed {
            let via = vec![Via::Object(format!("blob {id}"))];
            let origin = Origin { path: None, via };
            sites.push(Site { origin, path: None, past: None });
        }
        let roots: Vec<&Root> = about.roots.list.iter().filter(|root| root.target == id).collect();
        for site in sites {
            for (known, judged) in hits.candidates(about.detector, &site) {
                let Some(story) = self.story(&known) else { continue };
                story.indexed |= indexed;
                for root in &roots {
                    story.reach(root);
                }
                self.found.push(judged);
            }
        }
    }

    /// Notes which secrets the histories of roots hold.
    fn reach(&mut self, tips: &[(usize, &Root)], reached: &HashMap<usize, Rc<Bits>>) {
        // Many refs have the same secrets behind them.
        let mut alike: BTreeMap<(*const Bits, Hold), (&Bits, u64)> = BTreeMap::new();
        // More names than are shown need not be looked for.
        let mut wanting: Bits = self.stories.keys().map(|secret| *secret as usize).collect();
        for (place, root) in tips {
            let Some(secrets) = reached.get(place) else { continue };
            alike.entry((Rc::as_ptr(secrets), root.hold)).or_insert((secrets, 0)).1 += 1;
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
            let key = (rules[known.rule].spec.id.clone(), known.secret.clone());
            (key, story.exposure(about.now, remotes))
        });
        (self.found, exposures.collect())
    }
}

/// The object that a note is about: notes stand under its id, which folders may divide.
fn annotated(path: &BStr) -> Option<String> {
    let id: String = path.to_str().ok()?.split('/').collect();
    ObjectId::from_hex(id.as_bytes()).ok().map(|id| id.to_hex().to_string())
}
