//! Every object of a repository: all refs, the stash, reflogs, what nothing reaches any more, and the
//! messages of commits and tags.
//!
//! ```text
//! store ─▶ forest ─▶ trees     names, and which tree holds what
//!                 ├▶ blobs     what rules match (hits), each blob once, along the deltas
//!                 └▶ messages  the graph of commits; hits in messages
//! refs, holders, pruned, graph ─▶ attribution   for what was found: commits, paths, refs
//! ```

mod alternates;
mod attribution;
mod blobs;
pub mod delta;
pub mod forest;
mod graph;
mod hits;
mod holders;
pub(super) mod loose;
mod messages;
mod names;
pub mod occurrences;
mod pack;
mod pruned;
mod refs;
pub mod store;
pub mod survey;
mod trees;

use super::Source;
use super::git::{self, is_partial, join, work_tree};
use crate::coverage::{Coverage, Skip};
use crate::scan::{Engine, Worker};
use attribution::Attribution;
use blobs::{BlobPass, BlobScan};
use bstr::{BString, ByteSlice};
use git2::Repository;
use gix_hash::ObjectId;
use hits::Hits;
use jiff::Timestamp;
use messages::{GraphCommit, MessagePass, Tag};
use names::{Names, Roles};
use refs::Roots;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use store::{Kind, ObjectNumber, Store};
use trees::{TreePass, TreeRecords};

/// How a history is scanned.
#[derive(Debug, Clone)]
pub struct Options {
    /// Search every blob from end to end, instead of along the deltas: to compare with.
    pub full: bool,
    /// The time from which ages are counted.
    pub now: Timestamp,
}

/// The history of the repositories that some paths lie in.
#[derive(Debug)]
pub struct History {
    paths: Vec<PathBuf>,
    options: Options,
}

impl History {
    /// The history of the repositories that `paths` lie in.
    #[must_use]
    pub fn new(paths: Vec<PathBuf>, options: Options) -> Self {
        Self { paths, options }
    }
}

impl Source for History {
    fn feed(&self, engine: &Engine) {
        let mut worker = engine.worker();
        let mut done = BTreeSet::new();
        for path in &self.paths {
            let repository = match Repository::discover(path) {
                Ok(repository) => repository,
                Err(e) => {
                    worker.skip(git::not_opened(path, &e));
                    continue;
                }
            };
            let root = work_tree(&repository);
            let named = |root| super::files::name_of_root(root, path);
            let place = root.map_or_else(BString::default, named);
            let here = root.map_or_else(BString::default, git::here_in);
            let scan = Scan { engine, options: &self.options };
            let job = Job { scan, worker: &mut worker, done: &mut done, here: &here };
            job.run(&repository, &place);
        }
    }
}

/// What the passes over a repository have read.
struct Passes {
    hits: Vec<Hits>,
    trees: TreeRecords,
    names: Vec<BString>,
    roles: Roles,
    commits: Vec<GraphCommit>,
    tags: Vec<Tag>,
    missing: Vec<ObjectId>,
    unreadable: Vec<(ObjectNumber, String, usize)>,
    coverage: Coverage,
}

/// How objects are scanned.
#[derive(Clone, Copy)]
struct Scan<'j> {
    engine: &'j Engine<'j>,
    options: &'j Options,
}

impl Scan<'_> {
    /// The passes over trees (for the names of blobs), blobs, and messages.
    fn passes(&self, store: &Store, roots: &Roots) -> Passes {
        let detector = self.engine.detector();
        let names = Names::new(detector);
        let roles = Roles::new(store.len() as usize);
        for (id, path) in
            roots.index.iter().flat_map(|(id, paths)| paths.iter().map(move |p| (id, p)))
        {
            let name = path.rsplit_once_str("/").map_or(path.as_bytes(), |(_, name)| name);
            if let Some(object) = store.find(id) {
                roles.add(object.0 as usize, names.intern(name).1);
            }
        }
        let mut unreadable = Vec::new();
        let (mut trees, mut missing) = (Vec::new(), Vec::new());
        for pass in store.walk(Kind::Tree, || TreePass::new(store, &names, &roles)) {
            trees.push(pass.found);
            missing.extend(pass.missing);
            unreadable.extend(pass.unreadable);
        }
        let scan = BlobScan {
            store,
            detector,
            roles: &roles,
            progress: self.engine.progress(),
            full: self.options.full,
        };
        let mut coverage = Coverage::default();
        let mut hits = Vec::new();
        for pass in store.walk(Kind::Blob, || BlobPass::new(scan)) {
            coverage.bytes += pass.bytes;
            coverage.blobs += pass.blobs;
            coverage.skipped.extend(pass.skipped);
            hits.extend(pass.hits);
            unreadable.extend(pass.unreadable);
        }
        let (mut commits, mut tags) = (Vec::new(), Vec::new());
        for kind in [Kind::Commit, Kind::Tag] {
            for pass in store.walk(kind, || MessagePass::new(store, detector, kind)) {
                commits.extend(pass.commits);
                tags.extend(pass.tags);
                hits.extend(pass.hits);
                missing.extend(pass.missing);
                unreadable.extend(pass.unreadable);
            }
        }
        // One object may stand in several packs.
        let repeated = |object: ObjectNumber| store.is_duplicate(object);
        hits.retain(|hits: &Hits| !repeated(hits.object));
        commits.retain(|commit: &GraphCommit| !repeated(commit.object));
        tags.retain(|tag: &Tag| !repeated(tag.object));
        hits.sort_by_key(|hits| hits.object);
        commits.sort_by_key(|commit| commit.object);
        unreadable.sort();
        coverage.commits = commits.len() as u64;
        let names = names.into_list();
        let trees = TreeRecords::join(trees);
        Passes { hits, trees, names, roles, commits, tags, missing, unreadable, coverage }
    }
}

/// The scan of one repository, and of its submodules.
struct Job<'j, 'e> {
    scan: Scan<'j>,
    worker: &'j mut Worker<'e>,
    /// The repositories that were scanned.
    done: &'j mut BTreeSet<PathBuf>,
    /// Where in the repository the current directory is.
    here: &'j BString,
}

impl Job<'_, '_> {
    /// Scans a repository whose paths are named below `place`.
    fn run(mut self, repository: &Repository, place: &BString) {
        let common = repository.commondir().to_owned();
        if !self.done.insert(fs::canonicalize(&common).unwrap_or_else(|_| common.clone())) {
            return;
        }
        let store = Store::open(&common);
        let roots = Roots::read(repository);
        let scan = self.scan;
        let passes = scan.passes(&store, &roots);
        self.complain(repository, &store, &roots, &passes);
        self.worker.cover(passes.coverage.clone());
        let tags = passes.tags.iter().map(|tag| (tag.object, tag.target)).collect();
        let attribution = Attribution {
            detector: scan.engine.detector(),
            store: &store,
            roots: &roots,
            names: &passes.names,
            trees: &passes.trees,
            roles: &passes.roles,
            thresholds: scan.engine.thresholds(),
            tags: &tags,
            place,
            here: self.here,
            now: scan.options.now,
        };
        let reported = scan.engine.reported();
        let told = attribution.attribute(passes.hits, &passes.commits, &reported);
        if told.cut_short {
            self.worker.skip(Skip {
                path: repository.path().display().to_string(),
                reason:
                    "holds its secrets in so many paths, or in such a tangle of commits, that not \
                         all places are named"
                        .to_owned(),
                mend: Some("git fsck --full, and look who made this repository".to_owned()),
            });
        }
        self.worker.report(told.found);
        self.worker.expose(told.exposures);
        self.worker.pass_over(told.below);
        self.submodules(repository, place);
    }

    /// Notes all that could not be looked at.
    fn complain(&mut self, repository: &Repository, store: &Store, roots: &Roots, passes: &Passes) {
        let common = repository.commondir();
        let path = work_tree(repository).unwrap_or(common).display().to_string();
        for skip in &store.skipped {
            self.worker.skip(skip.clone());
        }
        for problem in &roots.problems {
            let (reason, mend) = (problem.reason.clone(), Some(problem.mend.clone()));
            self.worker.skip(Skip { path: path.clone(), reason, mend });
        }
        for (object, why, descendants) in &passes.unreadable {
            let more = match descendants {
                0 => String::new(),
                1 => ", nor can one object that is stored as a difference from it".to_owned(),
                n => format!(", nor can {n} objects that are stored as differences from it"),
            };
            let reason = format!("cannot be read: {why}{more}");
            let mend = "git fsck --full, then restore it from another clone";
            let path = format!("object {}", store.id(*object));
            self.worker.skip(Skip { path, reason, mend: Some(mend.to_owned()) });
        }
        let shallow = fs::read_to_string(common.join("shallow")).unwrap_or_default();
        let shallow: BTreeSet<ObjectId> =
            shallow.lines().filter_map(|line| ObjectId::from_hex(line.as_bytes()).ok()).collect();
        if !shallow.is_empty() {
            self.worker.skip(Skip {
                path: path.clone(),
                reason: "is a shallow clone: its history is cut off".to_owned(),
                mend: Some("git fetch --unshallow".to_owned()),
            });
        }
        let cut = |commit: &&GraphCommit| !shallow.contains(&store.id(commit.object));
        let parents = passes.commits.iter().filter(cut).flat_map(|commit| &commit.parents);
        let tips = roots.list.iter().filter(|root| root.hold != refs::Hold::Reflog);
        let targets =
            tips.map(|root| &root.target).chain(passes.tags.iter().map(|tag| &tag.target));
        let indexed = roots.index.keys().filter(|id| !id.is_null());
        let named = parents.chain(targets).chain(indexed).filter(|id| store.find(id).is_none());
        let missing: BTreeSet<&ObjectId> = passes.missing.iter().chain(named).collect();
        let Some(first) = missing.first() else { return };
        let count = match missing.len() {
            1 => format!("one object is missing ({first})"),
            n => format!("{n} objects are missing (the first is {first})"),
        };
        let (reason, mend) = if is_partial(repository) {
            (format!("is a partial clone: {count}"), "git fetch --refetch --no-filter")
        } else {
            (format!("is damaged: {count}"), "git fsck --full, then git fetch --refetch")
        };
        self.worker.skip(Skip { path, reason, mend: Some(mend.to_owned()) });
    }

    /// Scans the submodules of HEAD that are here, and names the others.
    fn submodules(&mut self, repository: &Repository, place: &BString) {
        if work_tree(repository).is_none() {
            return self.submodules_of_bare(repository, place);
        }
        let submodules = match repository.submodules() {
            Ok(submodules) => submodules,
            Err(e) => {
                return self.worker.skip(Skip {
                    path: if place.is_empty() { ".".to_owned() } else { place.to_string() },
                    reason: format!("has submodules that cannot be listed: {}", e.message()),
                    mend: Some(unlisted(&e).to_owned()),
                });
            }
        };
        for submodule in submodules {
            // What is no longer at HEAD has no place to be named by.
            if submodule.head_id().is_none() && submodule.index_id().is_none() {
                continue;
            }
            let path = join(place, submodule.path());
            match submodule.open() {
                Ok(inner) => {
                    let here = &BString::default();
                    Job { scan: self.scan, worker: self.worker, done: self.done, here }
                        .run(&inner, &path);
                }
                Err(_) => self.worker.skip(Skip {
                    path: path.to_string(),
                    reason: "is a submodule whose repository is not here".to_owned(),
                    mend: Some("git submodule update --init --recursive".to_owned()),
                }),
            }
        }
    }

    /// A bare repository has no submodules, but its HEAD may name some.
    fn submodules_of_bare(&mut self, repository: &Repository, place: &BString) {
        let tree = repository.head().and_then(|head| head.peel_to_tree());
        if tree.is_ok_and(|tree| tree.get_name(".gitmodules").is_some()) {
            self.worker.skip(Skip {
                path: join(place, Path::new(".gitmodules")).to_string(),
                reason: "names submodules, which a bare repository does not hold".to_owned(),
                mend: Some("scan a clone made with git clone --recurse-submodules".to_owned()),
            });
        }
    }
}

/// What mends a repository whose submodules cannot be listed. libgit2 lists them by the index, and does
/// not know all kinds of it.
fn unlisted(error: &git2::Error) -> &'static str {
    match error.message() {
        message if message.contains("'link'") => "git update-index --no-split-index",
        message if message.contains("'sdir'") => "git sparse-checkout reapply --no-sparse-index",
        _ => "mend .gitmodules: git submodule status says what is wrong",
    }
}
