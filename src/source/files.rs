//! Files and folders. The parallelism is that of `ignore`'s walk: each thread reads and scans the
//! files that it finds. Files are read into one buffer a thread, not mapped (half the CPU).

use super::git::Scope;
use super::index::Index;
use super::{Excluded, Source, absolute};
use crate::blob::Origin;
use crate::coverage::Skip;
use crate::scan::{Engine, Worker};
use bstr::{BString, ByteSlice, ByteVec};
use ignore::{DirEntry, WalkBuilder, WalkState};
use std::collections::{BTreeSet, HashSet};
use std::env;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, ErrorKind};
use std::path::{Component, Path, PathBuf};
use std::sync::Mutex;

/// A path that leads further up than this is named from the root of all.
const MOST_UP: usize = 8;

/// Which files to read, and how many threads to use.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Read what .gitignore and its like exclude, too.
    pub no_ignore: bool,
    /// Threads; 0 for as many as there are processors.
    pub threads: usize,
}

/// Files and folders of the working tree.
#[derive(Debug)]
pub struct Files {
    roots: Vec<PathBuf>,
    excluded: Excluded,
    options: Options,
}

impl Files {
    /// The files in and below `roots`.
    #[must_use]
    pub fn new(roots: Vec<PathBuf>, excluded: Excluded, options: Options) -> Self {
        Self { roots, excluded, options }
    }

    fn walk(&self, roots: &[PathBuf]) -> Option<WalkBuilder> {
        let (first, rest) = roots.split_first()?;
        let mut walk = WalkBuilder::new(first);
        for root in rest {
            walk.add(root);
        }
        let honoured = !self.options.no_ignore;
        let excluded = self.excluded.clone();
        walk.hidden(false)
            .ignore(false)
            .parents(honoured)
            .git_ignore(honoured)
            .git_exclude(honoured)
            .git_global(honoured && may_exclude_everywhere())
            .require_git(true)
            .threads(self.options.threads)
            .filter_entry(move |entry| {
                let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
                entry.depth() == 0
                    || (entry.file_name() != ".git" && !excluded.has_entry(entry.path(), is_folder))
            });
        Some(walk)
    }
}

/// Whether the user has a file of exclusions for all repositories, as far as a glance tells: `ignore`
/// compiles a regular expression to read git's configuration, which takes longer than a small scan.
fn may_exclude_everywhere() -> bool {
    let home = env::var_os("HOME").map(PathBuf::from);
    let configured = env::var_os("XDG_CONFIG_HOME").filter(|folder| !folder.is_empty());
    let folder = configured.map(PathBuf::from).or_else(|| Some(home.as_ref()?.join(".config")));
    // Elsewhere than on Unix, `ignore` knows better where to look.
    let (Some(home), Some(folder)) = (home, folder) else { return true };
    let names_one = |path: PathBuf| match fs::read(path) {
        Ok(text) => text.to_ascii_lowercase().contains_str("excludesfile"),
        Err(e) => e.kind() != ErrorKind::NotFound,
    };
    folder.join("git/ignore").exists()
        || names_one(home.join(".gitconfig"))
        || names_one(folder.join("git/config"))
}

impl Source for Files {
    fn feed(&self, engine: &Engine) {
        let (roots, missing): (Vec<_>, Vec<_>) =
            self.roots.iter().cloned().partition(|root| fs::metadata(root).is_ok());
        let mut worker = engine.worker();
        for root in missing {
            let reason = fs::metadata(&root).map_or_else(|e| describe(&e), |_| String::new());
            let mend = Some("check the path, and that you may read it".to_owned());
            worker.skip(Skip { path: name(&root).to_string(), reason, mend });
        }
        drop(worker);
        roots.iter().filter(|root| root.is_dir()).for_each(|root| self.excluded.enter(root));
        let targets = Targets::new(&roots);
        let Some(walk) = self.walk(&roots) else { return };
        let tracked = if self.options.no_ignore { Vec::new() } else { tracked(engine, &roots) };
        let seen = Mutex::new(HashSet::new());
        walk.build_parallel().run(|| {
            let mut visitor = Visitor {
                worker: engine.worker(),
                targets: &targets,
                seen: (!tracked.is_empty()).then_some(&seen),
                names: Vec::new(),
            };
            Box::new(move |entry| {
                visitor.visit(entry);
                WalkState::Continue
            })
        });
        let seen = seen.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        for (scope, index) in &tracked {
            self.add_ignored(engine, scope, index, &seen);
        }
    }
}

impl Files {
    /// Scans the files that git tracks although it ignores them (`git add -f .env`): a commit holds them.
    fn add_ignored(&self, engine: &Engine, scope: &Scope, index: &Index, seen: &HashSet<u64>) {
        let mut worker = engine.worker();
        for (path, _) in index.files().filter(|(path, _)| scope.has(path)) {
            let named = scope.named(path);
            let is_ignored = || {
                path.to_path().is_ok_and(|path| {
                    // What is tracked is not ignored to git's mind; the rules say what the walk leaves out.
                    scope.repository.is_path_ignored(path).unwrap_or(false)
                })
            };
            let missed = !seen.contains(&number(&named)) && !self.excluded.has(named.as_bstr());
            let file = Path::new(&*named.to_path_lossy()).to_owned();
            if missed && is_ignored() && fs::symlink_metadata(&file).is_ok_and(|m| m.is_file()) {
                scan_file(&mut worker, &file);
            }
        }
    }
}

/// The repositories that folders among `roots` lie in, and what they track.
fn tracked(engine: &Engine, roots: &[PathBuf]) -> Vec<(Scope, Index)> {
    let folders = roots.iter().filter(|root| root.is_dir());
    // What lies in no repository has no files that git tracks.
    let scopes = folders.filter_map(|folder| Scope::folder(folder).ok());
    let read = scopes.filter_map(|scope| match scope.index() {
        Ok(index) => Some((scope, index)),
        Err(skip) => {
            engine.worker().skip(skip);
            None
        }
    });
    read.collect()
}

/// A short name for a path, to be compared.
fn number(name: &BString) -> u64 {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    hasher.finish()
}

/// The walk on one thread.
struct Visitor<'a> {
    worker: Worker<'a>,
    targets: &'a Targets,
    /// Where to note which files were read, if somebody wants to know.
    seen: Option<&'a Mutex<HashSet<u64>>>,
    names: Vec<u64>,
}

impl Drop for Visitor<'_> {
    fn drop(&mut self) {
        if let Some(seen) = self.seen {
            let seen = seen.lock();
            seen.unwrap_or_else(std::sync::PoisonError::into_inner).extend(self.names.drain(..));
        }
    }
}

impl Visitor<'_> {
    fn visit(&mut self, entry: Result<DirEntry, ignore::Error>) {
        let entry = match entry {
            Ok(entry) => entry,
            Err(e) => return self.worker.skip(skipped(&e)),
        };
        // A flawed line in a .gitignore (`entry.error()`) excludes nothing: what it means is scanned.
        let Some(kind) = entry.file_type() else { return };
        // The walk follows the links that are named, and does not say so.
        let link =
            entry.depth() == 0 && fs::symlink_metadata(entry.path()).is_ok_and(|m| m.is_symlink());
        if entry.depth() == 0 && (kind.is_file() || kind.is_symlink()) {
            if let Some(target) = self.targets.of(entry.path(), true) {
                self.scan(if link { &target } else { entry.path() });
            }
        } else if kind.is_file() {
            self.scan(entry.path());
        } else if kind.is_symlink()
            && let Some(target) = self.targets.of(entry.path(), false)
        {
            self.scan(&target);
        }
    }

    fn scan(&mut self, path: &Path) {
        if self.seen.is_some() {
            self.names.push(number(&name(path)));
        }
        scan_file(&mut self.worker, path);
    }
}

fn scan_file(worker: &mut Worker, path: &Path) {
    let name = name(path);
    let read = File::open(path).and_then(|file| worker.scan(Origin::file(name.clone()), file));
    if let Err(e) = read {
        worker.skip(Skip { path: name.to_string(), reason: describe(&e), mend: mend(&e, &name) });
    }
}

pub(crate) fn skipped(error: &ignore::Error) -> Skip {
    let (path, cause) = place(error);
    let path = path.map_or_else(|| BString::from("."), |path| name(&path));
    let (reason, mend) = match cause.io_error() {
        Some(e) => (describe(e), mend(e, &path)),
        None => (cause.to_string(), None),
    };
    Skip { path: path.to_string(), reason, mend }
}

fn place(error: &ignore::Error) -> (Option<PathBuf>, &ignore::Error) {
    match error {
        ignore::Error::WithPath { path, err } => (Some(path.clone()), err),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => {
            place(err)
        }
        other => (None, other),
    }
}

pub(crate) fn describe(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "does not exist".to_owned(),
        io::ErrorKind::PermissionDenied => "may not be read (permission denied)".to_owned(),
        _ => format!("cannot be read: {error}"),
    }
}

fn mend(error: &io::Error, path: &BString) -> Option<String> {
    (error.kind() == io::ErrorKind::PermissionDenied)
        .then(|| format!("run blurt as a user who may read {path}"))
}

/// The path as it is reported: from the current directory, without `.` parts, with forward slashes.
pub(crate) fn name(path: &Path) -> BString {
    let clean: PathBuf = path.components().filter(|part| *part != Component::CurDir).collect();
    let mut name = Vec::from_path_lossy(&clean).into_owned();
    if cfg!(windows) {
        name = name.replace("\\", "/");
    }
    if name.is_empty() { BString::from(".") } else { name.into() }
}

/// The same for a path from the root of all: from the current directory, if it lies below it or not far
/// above.
pub(crate) fn name_from_here(path: &Path) -> BString {
    let here = absolute(Path::new("."));
    let path = absolute(path);
    let shared = here.ancestors().take(MOST_UP).enumerate();
    let below = shared.filter_map(|(up, folder)| Some((up, path.strip_prefix(folder).ok()?)));
    match below.min_by_key(|(up, _)| *up) {
        Some((up, below)) => {
            let up = std::iter::repeat_n(Component::ParentDir, up);
            name(&up.chain(below.components()).collect::<PathBuf>())
        }
        None => name(&path),
    }
}

/// How the working tree at `root` is named, which `path` lies in: nothing, if it is the current
/// directory.
pub(super) fn name_of_root(root: &Path, path: &Path) -> BString {
    let absolute = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let here = absolute(Path::new("."));
    let root = absolute(root);
    if root == here {
        return BString::default();
    }
    if absolute(path) == root {
        return name(path);
    }
    match (root.strip_prefix(&here), here.strip_prefix(&root)) {
        (Ok(below), _) => name(below),
        (_, Ok(down)) => {
            name(&down.components().map(|_| Component::ParentDir).collect::<PathBuf>())
        }
        _ => name(&root),
    }
}

/// The targets of symbolic links: each is scanned once, as itself.
struct Targets {
    roots: Vec<PathBuf>,
    cwd: Option<PathBuf>,
    seen: Mutex<BTreeSet<PathBuf>>,
}

impl Targets {
    fn new(roots: &[PathBuf]) -> Self {
        let roots = roots.iter().filter_map(|root| fs::canonicalize(root).ok()).collect();
        let cwd = std::env::current_dir().and_then(fs::canonicalize).ok();
        Self { roots, cwd, seen: Mutex::default() }
    }

    /// The file that the link at `path` leads to, if it is not reached by another way: the walk
    /// comes to what lies below its roots, and folders elsewhere belong to somebody else. A link
    /// that was named on the command line is always followed.
    fn of(&self, path: &Path, named: bool) -> Option<PathBuf> {
        let target = fs::canonicalize(path).ok()?;
        let reached = !named && self.roots.iter().any(|root| target.starts_with(root));
        if reached || !target.is_file() {
            return None;
        }
        let seen = self.seen.lock();
        let mut seen = seen.unwrap_or_else(std::sync::PoisonError::into_inner);
        if !seen.insert(target.clone()) {
            return None;
        }
        let below = self.cwd.as_ref().and_then(|cwd| target.strip_prefix(cwd).ok());
        Some(below.map_or(target.clone(), Path::to_owned))
    }
}
