//! What stands around a file: remedies look there for what runs the code. Nothing of it is executed.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Files and folders that may be looked at.
pub trait Surroundings: Sync {
    /// The names in `folder`, sorted; none if it cannot be read.
    fn names(&self, folder: &Path) -> Arc<[String]>;

    /// Whether something of that name is in `folder`.
    fn has(&self, folder: &Path, name: &str) -> bool {
        named(&self.names(folder), name).is_some()
    }

    /// The beginning of the file at `path`; `None` if it is no regular file, or cannot be read.
    fn text(&self, path: &Path) -> Option<String>;
}

/// The disk, as from the current directory.
#[derive(Debug, Default)]
pub struct Disk {
    folders: Mutex<BTreeMap<PathBuf, Arc<[String]>>>,
}

/// Bytes of a file that are looked at.
const LONGEST_TEXT: u64 = 512 * 1024;

/// Names of a folder that are looked at.
const MOST_NAMES: usize = 10_000;

impl Surroundings for Disk {
    fn names(&self, folder: &Path) -> Arc<[String]> {
        let mut folders = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        let read = || {
            let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
            let entries = fs::read_dir(folder).into_iter().flatten().flatten().take(MOST_NAMES);
            let mut names: Vec<_> =
                entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
            names.sort_unstable();
            names.into()
        };
        folders.entry(folder.to_owned()).or_insert_with(read).clone()
    }

    fn has(&self, folder: &Path, name: &str) -> bool {
        folder.join(name).exists()
    }

    fn text(&self, path: &Path) -> Option<String> {
        // A pipe would never end, and what a link leads to may lie anywhere.
        fs::symlink_metadata(path).ok().filter(fs::Metadata::is_file)?;
        let mut text = Vec::new();
        fs::File::open(path).ok()?.take(LONGEST_TEXT).read_to_end(&mut text).ok()?;
        Some(String::from_utf8_lossy(&text).into_owned())
    }
}

/// Nothing at all: for what is no file.
#[derive(Debug, Clone, Copy)]
pub struct Nothing;

impl Surroundings for Nothing {
    fn names(&self, _: &Path) -> Arc<[String]> {
        Arc::default()
    }

    fn text(&self, _: &Path) -> Option<String> {
        None
    }
}

/// Whether `folder` is the root of a repository.
#[must_use]
pub fn is_root(folder: &Path, around: &dyn Surroundings) -> bool {
    around.has(folder, ".git")
}

/// The root of the repository that the absolute `path` is or lies in.
#[must_use]
pub fn repository(path: &Path, around: &dyn Surroundings) -> Option<PathBuf> {
    path.ancestors().find(|folder| is_root(folder, around)).map(Path::to_owned)
}

/// The first of the sorted `names` that is `known`, or begins with it if that ends in `*`.
#[must_use]
pub fn named<'n>(names: &'n [String], known: &str) -> Option<&'n String> {
    let start = known.strip_suffix('*').unwrap_or(known);
    let name = names.get(names.partition_point(|name| name.as_str() < start))?;
    let found = if start.len() < known.len() { name.starts_with(start) } else { name == start };
    found.then_some(name)
}

/// How many folders above a file are looked at outside of repositories: those further up are about other
/// things.
const NEAREST: usize = 4;

/// The folders that `path` lies in, the nearest first, up to the root of its repository; outside of
/// repositories, only some of them.
pub fn folders<'p>(path: &'p Path, around: &dyn Surroundings) -> Vec<&'p Path> {
    let mut folders = Vec::new();
    for folder in path.ancestors().skip(1) {
        folders.push(folder);
        if is_root(folder, around) {
            return folders;
        }
    }
    folders.truncate(NEAREST);
    folders
}
