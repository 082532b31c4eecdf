//! Every object of some repositories, looked at twice: for what rules match, and, once the values are
//! known that somebody looks for, for the bytes of these values, wherever they stand; and what leads to
//! the objects that hold them.

use super::attribution::{Attribution, annotated, of_notes};
use super::graph::{Graph, Sets, Walk};
use super::hits::{Known, Scope as Where, Site};
use super::holders::Holders;
use super::names;
use super::occurrences::{Occurrences, Search, Seen, Spot};
use super::pruned::{EMPTY, NodeId, Pruned};
use super::refs::{Hold, Root, Roots};
use super::store::{Kind, ObjectNumber, Store};
use super::{Job, Options, Passes, Scan};
use crate::blob::{Origin, Via};
use crate::detect::Detector;
use crate::finding::Secret;
use crate::kind::FileKind;
use crate::rule::{Confidence, Rule, Severity};
use crate::scan::Engine;
use crate::source::Source;
use crate::source::git;
use crate::source::index::Index;
use crate::triage::Thresholds;
use bstr::{BString, ByteSlice};
use git2::Repository;
use gix_hash::ObjectId;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// A source that looks at all objects of some repositories and keeps what their rules match, instead of
/// reporting it.
pub struct Survey {
    folders: Vec<PathBuf>,
    surveyed: Mutex<Vec<Surveyed>>,
}

impl Survey {
    /// Of the repositories at `folders`: what all their working trees share.
    #[must_use]
    pub fn new(folders: Vec<PathBuf>) -> Self {
        Self { folders, surveyed: Mutex::default() }
    }

    /// What was seen, in the order of the folders; those that cannot be opened are left out.
    #[must_use]
    pub fn into_surveyed(self) -> Vec<Surveyed> {
        self.surveyed.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Source for Survey {
    fn feed(&self, engine: &Engine) {
        let mut worker = engine.worker();
        for folder in &self.folders {
            // Without a working tree, where that is gone.
            let opened = Repository::open(folder);
            let opened = opened.or_else(|e| Repository::open_bare(folder).map_err(|_| e));
            let repository = match opened {
                Ok(repository) => repository,
                Err(e) => {
                    worker.skip(git::not_opened(folder, &e));
                    continue;
                }
            };
            let options = Options { full: false, now: Timestamp::UNIX_EPOCH };
            let scan = Scan { engine, options: &options };
            let common = fs::canonicalize(folder).unwrap_or_else(|_| folder.clone());
            let (store, mut roots) = (Store::open(&common), Roots::read(&repository));
            let passes = scan.passes(&store, &roots);
            let (done, here) = (&mut BTreeSet::new(), &BString::default());
            let mut job = Job { scan, worker: &mut worker, done, here };
            job.complain(&repository, &store, &roots, &passes);
            worker.cover(passes.coverage.clone());
            for folder in worktree_folders(&common) {
                let name = folder.strip_prefix(&common).unwrap_or(&folder).to_owned();
                roots.list.extend(passing_refs(&folder, &name));
            }
            roots.list.sort();
            let surveyed = self.surveyed.lock();
            let mut surveyed = surveyed.unwrap_or_else(std::sync::PoisonError::into_inner);
            surveyed.push(Surveyed { common, store, roots, passes });
        }
    }
}

/// The folder that all working trees share, which the main one has for its own, and those of the others.
fn worktree_folders(common: &Path) -> Vec<PathBuf> {
    let linked = fs::read_dir(common.join("worktrees")).into_iter().flatten().flatten();
    let mut linked: Vec<PathBuf> = linked.map(|entry| entry.path()).collect();
    linked.sort();
    [vec![common.to_owned()], linked].concat()
}

/// The paths of the files in an index, if it can be read.
#[must_use]
pub fn tracked(index: &Path) -> Option<Vec<BString>> {
    let index = Index::read(index).ok()?;
    Some(index.files().map(|(path, _)| path.to_owned()).collect())
}

/// Files that name objects while something goes on, and after it: git takes them for refs, but they
/// keep nothing alive (<https://git-scm.com/docs/gitrevisions>).
const PASSING: [&str; 14] = [
    "AUTO_MERGE",
    "BISECT_HEAD",
    "CHERRY_PICK_HEAD",
    "FETCH_HEAD",
    "MERGE_AUTOSTASH",
    "MERGE_HEAD",
    "ORIG_HEAD",
    "REBASE_HEAD",
    "REVERT_HEAD",
    "rebase-apply/autostash",
    "rebase-apply/orig-head",
    "rebase-merge/autostash",
    "rebase-merge/orig-head",
    "rebase-merge/stopped-sha",
];

/// What such files in the folder of a working tree lead to, and the refs that are its own.
fn passing_refs(folder: &Path, name: &Path) -> Vec<Root> {
    let mut files: Vec<PathBuf> = PASSING.iter().map(PathBuf::from).collect();
    if !name.as_os_str().is_empty() {
        files.extend(files_below(folder, Path::new("refs")));
    }
    let mut roots = Vec::new();
    for file in files {
        let text = fs::read(folder.join(&file)).unwrap_or_default();
        for line in text.split(|b| *b == b'\n') {
            let id = line.get(..40).and_then(|hex| ObjectId::from_hex(hex).ok());
            let name = crate::source::files::name(&name.join(&file)).to_string();
            roots.extend(id.map(|target| Root { hold: Hold::Other, name, target }));
        }
    }
    roots
}

fn files_below(root: &Path, folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(root.join(folder)).into_iter().flatten().flatten();
    let below = |entry: fs::DirEntry| {
        let path = folder.join(entry.file_name());
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => files_below(root, &path),
            Ok(kind) if kind.is_file() => vec![path],
            _ => Vec::new(),
        }
    };
    entries.flat_map(below).collect()
}

/// A repository whose objects were looked at.
pub struct Surveyed {
    /// Its git folder: what all its working trees share.
    pub common: PathBuf,
    store: Store,
    roots: Roots,
    passes: Passes,
}

/// Where a rule has found one of the secrets that are looked for.
pub struct Sighting {
    object: ObjectNumber,
    /// Its place in the text of the object, if it stands there as it is written in the object.
    seen: Seen,
}

impl Surveyed {
    /// The names of all refs.
    pub fn ref_names(&self) -> impl Iterator<Item = &str> {
        let refs = self.roots.list.iter().filter(|root| root.hold != Hold::Reflog);
        refs.map(|root| root.name.as_str())
    }

    /// Whether objects of other repositories are read as its own.
    #[must_use]
    pub fn borrows(&self) -> bool {
        self.common.join("objects/info/alternates").is_file()
    }

    /// The places of the secrets that `which` knows, by their rules and values. It gives each its number.
    pub fn sightings(
        &self,
        detector: &Detector,
        which: &mut dyn FnMut(&Rule, &Secret) -> Option<u32>,
    ) -> Vec<Sighting> {
        let rules = detector.rules().rules();
        let mut sightings = Vec::new();
        for hits in &self.passes.hits {
            let is_blob = self.store.kind(hits.object) == Kind::Blob;
            let scope = if is_blob { Where::AnyPath } else { Where::NoFile };
            let secrets = hits.secrets(detector).into_keys();
            let known: HashMap<Known, u32> = secrets
                .filter_map(|known| {
                    let number = which(&rules[known.rule], &known.secret)?;
                    Some((known, number))
                })
                .collect();
            if known.is_empty() {
                continue;
            }
            let site = Site { origin: Origin::default(), scope, past: None };
            let mut placed = BTreeSet::new();
            for (found, judged) in hits.candidates(detector, &site) {
                let Some(secret) = known.get(&found) else { continue };
                let place = judged.candidate.location;
                // The lines of members and of decoded texts are not those of the object.
                let is_own = place.origin.via.iter().all(is_part);
                let span = is_own.then_some((place.start, place.end));
                placed.insert(*secret);
                let seen = Seen { secret: *secret, span };
                sightings.push(Sighting { object: hits.object, seen });
            }
            let others = known.values().filter(|secret| !placed.contains(secret));
            sightings.extend(others.map(|secret| Sighting {
                object: hits.object,
                seen: Seen { secret: *secret, span: None },
            }));
        }
        sightings
    }

    /// What holds the secrets: the objects in which rules have found them, and those in which `search`
    /// finds their values. By the numbers of the secrets.
    pub fn holdings(
        &self,
        detector: &Detector,
        sightings: Vec<Sighting>,
        search: &dyn Search,
    ) -> BTreeMap<u32, Holding> {
        let mut seen: HashMap<ObjectNumber, Vec<Seen>> = HashMap::new();
        for sighting in sightings {
            seen.entry(sighting.object).or_default().push(sighting.seen);
        }
        let found = Occurrences::find(&self.store, search, &seen);
        let mut holdings: BTreeMap<u32, Holding> = BTreeMap::new();
        for (object, spots) in &found {
            for spot in spots {
                holdings
                    .entry(spot.secret)
                    .or_default()
                    .add(spot, ObjectName::of(&self.store, *object));
            }
        }
        self.stage(&found, &mut holdings);
        self.attribute(detector, &found, &mut holdings);
        for holding in holdings.values_mut() {
            holding.settle();
        }
        holdings
    }

    /// Notes which files are in the indexes of which working trees.
    fn stage(&self, found: &Found, holdings: &mut BTreeMap<u32, Holding>) {
        for folder in worktree_folders(&self.common) {
            // What cannot be read was told when the roots were.
            let Ok(index) = Index::read(&folder.join("index")) else { continue };
            let linked = folder.strip_prefix(self.common.join("worktrees")).ok();
            let name = linked.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            for (path, id) in index.files() {
                let object = self.store.find(&id);
                for spot in object.and_then(|object| found.get(&object)).into_iter().flatten() {
                    let holding = holdings.entry(spot.secret).or_default();
                    if !spot.is_word {
                        holding.staged.insert((name.clone(), path.to_owned()));
                    }
                }
            }
        }
    }

    /// Notes the refs, entries of reflogs, files and messages by which the objects are reached, and the
    /// objects that nothing reaches.
    fn attribute(&self, detector: &Detector, found: &Found, all: &mut BTreeMap<u32, Holding>) {
        let held = Held::new(&self.store, found);
        if held.objects.is_empty() {
            return;
        }
        let passes = &self.passes;
        let thresholds = Thresholds { confidence: Confidence::Low, severity: Severity::Low };
        let tags = passes.tags.iter().map(|tag| (tag.object, tag.target)).collect();
        let nowhere = BString::default();
        let about = Attribution {
            detector,
            store: &self.store,
            roots: &self.roots,
            names: &passes.names,
            trees: &passes.trees,
            roles: &passes.roles,
            thresholds,
            tags: &tags,
            place: &nowhere,
            here: &nowhere,
            now: Timestamp::UNIX_EPOCH,
        };
        let graph = about.graph(&passes.commits);
        let places = graph.commits.iter().enumerate().map(|(place, c)| (c.object, place)).collect();
        let tips = about.tips(&places);
        let blobs: Vec<u32> = held.sets.keys().copied().collect();
        let holders = Holders::find(&passes.trees, &passes.roles, &blobs);
        let reach = Reach { about: &about, graph: &graph, tips: &tips, holders: &holders };
        reach.walk(&held, &places, all);
        reach.messages(&held, &places, all);
        reach.rest(&held, &places, all);
    }
}

/// Whether a way leads to a part of a text that is written in another way, and not to another text.
fn is_part(via: &Via) -> bool {
    matches!(via, Via::Decoded(name) if !name.starts_with("utf-"))
}

/// What was found in each object.
pub(super) type Found = BTreeMap<ObjectNumber, Vec<Spot>>;

/// An object, as it is named to git.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectName {
    /// `blob`, `tree`, `commit` or `tag`.
    pub kind: &'static str,
    /// Its id in hexadecimal.
    pub id: String,
}

impl ObjectName {
    fn of(store: &Store, object: ObjectNumber) -> Self {
        let kind = match store.kind(object) {
            Kind::Blob => "blob",
            Kind::Tree => "tree",
            Kind::Commit => "commit",
            Kind::Tag => "tag",
        };
        Self { kind, id: store.id(object).to_hex().to_string() }
    }
}

/// What of a repository holds a secret.
#[derive(Debug, Default)]
pub struct Holding {
    /// Refs whose history holds it.
    pub refs: BTreeSet<String>,
    /// Entries of reflogs whose history holds it.
    pub reflogs: BTreeSet<String>,
    /// Files of commits.
    pub files: BTreeSet<BString>,
    /// Commits with it in their messages or headers, and tags.
    pub messages: BTreeSet<ObjectName>,
    /// What the notes with it are about.
    pub notes: BTreeSet<String>,
    /// Trees in which it is the name of a file, or a part of it.
    pub names: BTreeSet<ObjectName>,
    /// Files in the index of a working tree, which has no name if it is the main one.
    pub staged: BTreeSet<(String, BString)>,
    /// Objects that no ref, reflog or index reaches.
    pub unreachable: BTreeSet<ObjectName>,
    /// How it is written in texts.
    pub written: BTreeSet<Written>,
    /// Blobs that are no texts, or in which it stands in a way that cannot be replaced.
    pub opaque: BTreeSet<ObjectName>,
    /// Objects in which its value stands as an ordinary word, by all appearances.
    pub words: BTreeSet<ObjectName>,
    /// All objects that hold it.
    objects: BTreeSet<ObjectName>,
}

/// How a value stands in a text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Written {
    /// The value, as it is written there.
    pub value: BString,
    /// What stands before it on its line, if the value alone says too little.
    pub before: BString,
    /// What stands behind it.
    pub after: BString,
}

impl std::fmt::Debug for Written {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Written(…)")
    }
}

impl Holding {
    /// Whether anything holds it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty() && self.refs.is_empty()
    }

    fn add(&mut self, spot: &Spot, name: ObjectName) {
        if spot.is_word {
            self.words.insert(name);
            return;
        }
        match &spot.written {
            Some(written) if !spot.is_opaque => {
                self.written.insert((**written).clone());
            }
            _ if name.kind == "blob" => {
                self.opaque.insert(name.clone());
            }
            _ => {}
        }
        match name.kind {
            "tree" => self.names.insert(name.clone()),
            "commit" | "tag" => self.messages.insert(name.clone()),
            _ => false,
        };
        self.objects.insert(name);
    }

    /// An object with the secret and the word is one with the secret.
    fn settle(&mut self) {
        let objects = &self.objects;
        self.words.retain(|name| !objects.contains(name));
    }
}

/// The objects that hold secrets.
struct Held {
    /// All, with what they hold.
    objects: BTreeMap<ObjectNumber, BTreeSet<u32>>,
    /// The number of the set of each blob, by the kinds of file that it may be, and the sets.
    sets: HashMap<u32, Vec<(FileKind, u32)>>,
    list: Sets,
}

impl Held {
    fn new(store: &Store, found: &Found) -> Self {
        let mut held =
            Self { objects: BTreeMap::new(), sets: HashMap::new(), list: Sets::default() };
        for (object, spots) in found {
            let certain = spots.iter().filter(|spot| !spot.is_word);
            let secrets: BTreeSet<u32> = certain.map(|spot| spot.secret).collect();
            if secrets.is_empty() {
                continue;
            }
            if store.kind(*object) == Kind::Blob {
                let number = held.list.number(secrets.iter().copied().collect());
                // A value stands in a blob, whatever kind of file that is.
                held.sets.insert(object.0, vec![(FileKind::Text, number)]);
            }
            held.objects.insert(*object, secrets);
        }
        held
    }

    fn of_kind<'h>(
        &'h self,
        store: &'h Store,
        kind: Kind,
    ) -> impl Iterator<Item = (ObjectNumber, &'h BTreeSet<u32>)> {
        let objects = self.objects.iter().map(|(object, secrets)| (*object, secrets));
        objects.filter(move |(object, _)| store.kind(*object) == kind)
    }
}

/// Where each commit is in the graph.
type Places = HashMap<ObjectNumber, usize>;

/// What leads to objects.
struct Reach<'a> {
    about: &'a Attribution<'a>,
    graph: &'a Graph,
    tips: &'a [(usize, &'a Root)],
    holders: &'a Holders,
}

impl Reach<'_> {
    /// The files of commits that hold secrets, and the refs whose histories do.
    fn walk(&self, held: &Held, places: &Places, all: &mut BTreeMap<u32, Holding>) {
        let kinds = vec![FileKind::Text; self.about.names.len()];
        let mut pruned = Pruned::new(self.holders, &held.sets, &kinds);
        let trees = self.graph.commits.iter().map(|commit| commit.tree);
        let roots: Vec<NodeId> =
            trees.map(|tree| tree.map_or(EMPTY, |tree| pruned.reduce(tree.0))).collect();
        let messages: HashMap<usize, BTreeSet<u32>> = held
            .of_kind(self.about.store, Kind::Commit)
            .filter_map(|(object, secrets)| Some((*places.get(&object)?, secrets.clone())))
            .collect();
        let mut walk = Walk::new(self.graph, &pruned, &roots, &held.list.list);
        let reached = walk.run(&messages, &self.tips.iter().map(|(place, _)| *place).collect());
        for (place, root) in self.tips {
            for secret in reached.get(place).into_iter().flat_map(|secrets| secrets.iter()) {
                note(all.entry(secret as u32).or_default(), root);
            }
        }
        let of_notes = of_notes(self.tips, self.graph);
        for (item, life) in &walk.lives.list {
            let Some(path) = &item.path else { continue };
            let path = names::path(self.about.names, path);
            let holding = all.entry(item.secret).or_default();
            let noted = life.brought.iter().all(|(place, _)| of_notes[*place]);
            match noted.then(|| annotated(path.as_bstr())).flatten() {
                Some(object) => holding.notes.insert(object),
                None => holding.files.insert(path),
            };
        }
    }

    /// The tags with secrets in their messages, and what leads to a blob or a tree without a commit.
    fn messages(&self, held: &Held, places: &Places, all: &mut BTreeMap<u32, Holding>) {
        let store = self.about.store;
        let directly = self.about.directly(self.holders);
        for (object, secrets) in &held.objects {
            let id = store.id(*object);
            let direct = directly.get(&object.0).into_iter().flatten().copied();
            let named = self.about.roots.list.iter().filter(|root| root.target == id);
            let named = named.filter(|_| !places.contains_key(object));
            for root in direct.chain(named) {
                for secret in secrets {
                    note(all.entry(*secret).or_default(), root);
                }
            }
        }
    }

    /// The objects that nothing reaches.
    fn rest(&self, held: &Held, places: &Places, all: &mut BTreeMap<u32, Holding>) {
        let (store, roots) = (self.about.store, self.about.roots);
        let lasting = |root: &Root| !is_passing(&root.name);
        let tips = self.tips.iter().filter(|(_, root)| lasting(root)).map(|(place, _)| *place);
        let reached = self.graph.history(tips);
        let commits = self.graph.commits.iter().zip(&reached).filter(|(_, reached)| **reached);
        let held_by_commits =
            self.holders.reached(commits.filter_map(|(commit, _)| commit.tree).map(|tree| tree.0));
        let directly = self.about.directly(self.holders);
        let named: BTreeSet<ObjectId> =
            roots.list.iter().filter(|root| lasting(root)).map(|root| root.target).collect();
        let tags: BTreeSet<ObjectId> = self.about.tags.values().copied().collect();
        for (object, secrets) in &held.objects {
            let id = store.id(*object);
            let kind = store.kind(*object);
            let is_reached = match kind {
                Kind::Commit => places.get(object).is_some_and(|place| reached[*place]),
                // A tree with a secret in the name of a file is told as such.
                Kind::Tree => true,
                Kind::Tag => tags.contains(&id),
                Kind::Blob => {
                    let direct = directly.get(&object.0).into_iter().flatten();
                    held_by_commits.contains(&object.0)
                        || roots.index.contains_key(&id)
                        || direct.into_iter().any(|root| lasting(root))
                }
            };
            if is_reached || named.contains(&id) {
                continue;
            }
            for secret in secrets {
                let name = ObjectName::of(store, *object);
                all.entry(*secret).or_default().unreachable.insert(name);
            }
        }
    }
}

/// Whether a name is one of those that keep nothing alive.
fn is_passing(name: &str) -> bool {
    let own = name.strip_prefix("worktrees/").and_then(|rest| rest.split_once('/'));
    let own = own.map_or(name, |(_, own)| own);
    PASSING.contains(&own)
}

fn note(holding: &mut Holding, root: &Root) {
    match root.hold {
        Hold::Reflog => holding.reflogs.insert(root.name.clone()),
        _ => holding.refs.insert(root.name.clone()),
    };
}
