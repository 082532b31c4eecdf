//! Where secrets may stand on this disk: the repository and those in it, their working trees, and the files
//! that git keeps beside its objects.

use crate::coverage::Skip;
use crate::source::git::{not_opened, work_tree};
use crate::source::history::survey::tracked;
use crate::source::{describe, skipped};
use bstr::{BString, ByteVec};
use git2::Repository;
use ignore::WalkBuilder;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

/// What git says of a file of a working tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// It is in an index.
    Tracked,
    /// Nobody has added it, and nothing keeps anyone from it.
    Untracked,
    /// It is to stay out of the repository.
    Ignored,
}

/// A repository that is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Its git folder: what all its working trees share.
    pub common: PathBuf,
    /// Its working tree, if it has one.
    pub root: Option<PathBuf>,
    /// The working trees that are linked to it, with their names.
    pub linked: Vec<(String, PathBuf)>,
}

/// All places of a repository and of those in it.
#[derive(Debug, Default)]
pub struct Site {
    /// The repositories, the one that was asked for first.
    pub places: Vec<Place>,
    /// The files of working trees.
    pub files: BTreeMap<PathBuf, Standing>,
    /// The files of git folders that hold no objects.
    pub git_files: BTreeSet<PathBuf>,
    /// What could not be looked at.
    pub skipped: Vec<Skip>,
}

/// The files for `git filter-repo`, in the git folder.
pub const OWN_FOLDER: &str = "blurt";

impl Site {
    /// What lies around `path`: the repository that it is in, or its files alone.
    #[must_use]
    pub fn around(path: &Path) -> Self {
        git2::opts::strict_hash_verification(false);
        let mut site = Self::default();
        match Repository::discover(path) {
            Ok(repository) => site.add(&repository),
            Err(e) => {
                site.skipped.push(not_opened(path, &e));
                site.add_tree(path);
            }
        }
        let places = site.places.clone();
        for place in &places {
            let roots = place.root.iter().chain(place.linked.iter().map(|(_, root)| root));
            for root in roots {
                site.add_tree(root);
            }
            site.add_tracked(place);
            site.add_git_files(&place.common);
            site.add_remains(&place.common.join("objects"));
        }
        site.skipped.sort();
        site.skipped.dedup();
        site
    }

    fn add(&mut self, repository: &Repository) {
        let common = absolute(repository.commondir());
        if self.places.iter().any(|place| place.common == common) {
            return;
        }
        let main = open(&common);
        let main = main.as_ref().unwrap_or(repository);
        let root = work_tree(main).filter(|root| root.is_dir()).map(absolute);
        let linked = linked(&common);
        self.places.push(Place { common: common.clone(), root, linked });
        self.add_modules(&common.join("modules"));
    }

    /// Submodules keep their repositories in the git folder, even when they are no longer in the tree.
    fn add_modules(&mut self, folder: &Path) {
        for entry in entries(folder, &mut self.skipped) {
            if !entry.is_dir() {
                continue;
            }
            if entry.join("HEAD").is_file() && entry.join("objects").is_dir() {
                match open(&entry) {
                    Ok(repository) => self.add(&repository),
                    Err(e) => self.skipped.push(not_opened(&entry, &e)),
                }
            } else {
                self.add_modules(&entry);
            }
        }
    }

    /// The files of a working tree: what git ignores is looked at where it stands beside other files, not
    /// in folders that are ignored as a whole.
    fn add_tree(&mut self, root: &Path) {
        let mut walk = WalkBuilder::new(root);
        walk.hidden(false).ignore(false).filter_entry(|entry| entry.file_name() != ".git");
        let mut folders = Vec::new();
        for entry in walk.build() {
            match entry {
                Ok(entry) if entry.file_type().is_some_and(|kind| kind.is_dir()) => {
                    folders.push(entry.into_path());
                }
                Ok(entry) if entry.file_type().is_some_and(|kind| kind.is_file()) => {
                    self.files.entry(absolute(entry.path())).or_insert(Standing::Untracked);
                }
                Ok(_) => {}
                Err(e) => self.skipped.push(skipped(&e)),
            }
        }
        for folder in folders {
            for path in entries(&folder, &mut Vec::new()) {
                let kind = fs::symlink_metadata(&path).map(|data| data.file_type());
                let is_git = path.file_name() == Some(OsStr::new(".git"));
                if is_git && kind.as_ref().is_ok_and(fs::FileType::is_dir) {
                    // A repository of its own, in the middle of the tree.
                    if let Ok(repository) = Repository::open(&path) {
                        let known = self.places.len();
                        self.add(&repository);
                        let added = self.places[known..].to_vec();
                        for place in added {
                            self.add_tracked(&place);
                            self.add_git_files(&place.common);
                            self.add_remains(&place.common.join("objects"));
                        }
                    }
                } else if !is_git && kind.is_ok_and(|kind| kind.is_file()) {
                    self.files.entry(absolute(&path)).or_insert(Standing::Ignored);
                }
            }
        }
    }

    /// Notes which files git tracks.
    fn add_tracked(&mut self, place: &Place) {
        let main = place.root.iter().map(|root| (root, place.common.clone()));
        let linked = place.linked.iter();
        let linked = linked.map(|(name, root)| (root, place.common.join("worktrees").join(name)));
        for (root, folder) in main.chain(linked) {
            // What of an index cannot be read is told by the scan of the history.
            for path in tracked(&folder.join("index")).unwrap_or_default() {
                let file = root.join(Vec::from(path).into_path_buf_lossy());
                if fs::symlink_metadata(&file).is_ok_and(|data| data.is_file()) {
                    self.files.insert(file, Standing::Tracked);
                }
            }
        }
    }

    /// The files of a git folder: configuration, hooks, messages, reflogs, patches. Objects and refs are
    /// looked at as what they are, and what blurt itself has written is no leak of the repository's.
    fn add_git_files(&mut self, common: &Path) {
        let mut open = vec![common.to_owned()];
        while let Some(folder) = open.pop() {
            for path in entries(&folder, &mut self.skipped) {
                let Ok(kind) = fs::symlink_metadata(&path).map(|data| data.file_type()) else {
                    continue;
                };
                let name = path.strip_prefix(common).unwrap_or(&path);
                let is_known = ["objects", "refs", "modules", OWN_FOLDER].map(Path::new);
                if kind.is_file() {
                    self.git_files.insert(path);
                } else if kind.is_dir() && !is_known.contains(&name) {
                    open.push(path);
                }
            }
        }
    }
}

impl Site {
    /// Notes what interrupted commands have left of objects: nothing reads it, and it may be anything.
    fn add_remains(&mut self, objects: &Path) {
        let folders = entries(objects, &mut self.skipped).into_iter().filter(|path| path.is_dir());
        for folder in [vec![objects.to_owned()], folders.collect()].concat() {
            for path in entries(&folder, &mut self.skipped) {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                if name.starts_with("tmp_") && path.is_file() {
                    self.skipped.push(Skip {
                        path: shown(&path).to_string(),
                        reason: "is what an interrupted command has left of objects".to_owned(),
                        mend: Some("git prune --expire=now".to_owned()),
                    });
                }
            }
        }
    }
}

/// Opens the repository whose git folder this is. That of a submodule stays when its working tree is gone.
pub(super) fn open(folder: &Path) -> Result<Repository, git2::Error> {
    Repository::open(folder).or_else(|e| Repository::open_bare(folder).map_err(|_| e))
}

/// The linked working trees: each has a folder in the git folder, with the way to its `.git`.
fn linked(common: &Path) -> Vec<(String, PathBuf)> {
    let found =
        entries(&common.join("worktrees"), &mut Vec::new()).into_iter().filter_map(|folder| {
            let way = fs::read_to_string(folder.join("gitdir")).ok()?;
            let root = folder.join(way.trim_end()).parent().map(absolute)?;
            let name = folder.file_name()?.to_string_lossy().into_owned();
            root.is_dir().then_some((name, root))
        });
    found.collect()
}

/// What is in a folder, which need not exist, in order.
fn entries(folder: &Path, skipped: &mut Vec<Skip>) -> Vec<PathBuf> {
    match fs::read_dir(folder) {
        Ok(entries) => {
            let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
            paths.sort();
            paths
        }
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(e) => {
            let path = shown(folder).to_string();
            skipped.push(Skip { path, reason: describe(&e), mend: None });
            Vec::new()
        }
    }
}

/// A path from the root of the file system.
pub(super) fn absolute(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

/// A path as it is named from the current directory, if it lies there.
pub(super) fn shown(path: &Path) -> BString {
    let here = absolute(Path::new("."));
    let path = path.strip_prefix(&here).unwrap_or(path);
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    let name = Vec::from_path_lossy(path).into_owned();
    if cfg!(windows) { bstr::ByteSlice::replace(&name[..], "\\", "/").into() } else { name.into() }
}
