//! The repository that a command runs in, as far as it has to know it before it scans.

use super::git::Scope;
use super::range::{find, shallow};
use crate::config::Texts;
use crate::coverage::Skip;
use bstr::ByteSlice;
use git2::{ObjectType, Oid, TreeWalkMode, TreeWalkResult};
use std::io;
use std::path::{Component, Path, PathBuf};
use std::{env, fs};

/// More links are not followed.
const MOST_LINKS: usize = 8;

/// The repository that the current directory lies in.
pub struct Checkout(Scope);

/// The files of a commit, to read a configuration from. What lies outside the repository is read from
/// the disk.
pub struct CommitFiles<'c> {
    checkout: &'c Checkout,
    commit: Oid,
}

impl Checkout {
    /// Opens it.
    ///
    /// # Errors
    ///
    /// When there is none, or it cannot be opened: what is wrong, and what mends it.
    pub fn here() -> Result<Self, Skip> {
        let here = Path::new(".");
        Scope::at(here).map(Self).map_err(|e| super::git::not_opened(here, &e))
    }

    /// Whether a revision leads to a commit that is here.
    #[must_use]
    pub fn has(&self, revision: &str) -> bool {
        find(&self.0, revision).is_ok()
    }

    /// Whether its history is cut off.
    #[must_use]
    pub fn is_shallow(&self) -> bool {
        !shallow(&self.0).is_empty()
    }

    /// Whether it has no working tree.
    #[must_use]
    pub fn is_bare(&self) -> bool {
        super::git::work_tree(&self.0.repository).is_none()
    }

    /// The branch that the remote `origin` works on, if the clone has noted it.
    #[must_use]
    pub fn default_branch(&self) -> Option<String> {
        let head = self.0.repository.find_reference("refs/remotes/origin/HEAD").ok()?;
        let target = head.symbolic_target().ok().flatten()?;
        target.strip_prefix("refs/remotes/origin/").map(str::to_owned)
    }

    /// The files of the commit that a revision leads to.
    ///
    /// # Errors
    ///
    /// When it is not here, with what fetches it.
    pub fn files_of(&self, revision: &str) -> Result<CommitFiles<'_>, Skip> {
        let (commit, _) = find(&self.0, revision)?;
        Ok(CommitFiles { checkout: self, commit })
    }
}

impl CommitFiles<'_> {
    /// Whether the file at `path` is another one there.
    #[must_use]
    pub fn differs(&self, there: &Self, path: &Path) -> bool {
        let Some(path) = self.inside(path) else { return false };
        self.entry(&path) != there.entry(&path)
    }

    /// A path as reports name it.
    #[must_use]
    pub fn named(&self, path: &Path) -> String {
        let inside = self.inside(path);
        let named = inside.map(|path| self.checkout.0.named(super::files::name(&path).as_bstr()));
        named.map_or_else(|| path.display().to_string(), |path| path.to_string())
    }

    /// The path from the root of the repository, if it lies inside.
    fn inside(&self, path: &Path) -> Option<PathBuf> {
        let here = fs::canonicalize(env::current_dir().ok()?).ok()?;
        let root = super::git::work_tree(&self.checkout.0.repository);
        let root =
            root.and_then(|root| fs::canonicalize(root).ok()).unwrap_or_else(|| here.clone());
        let mut names = PathBuf::new();
        for part in here.join(path).components() {
            match part {
                Component::CurDir => {}
                Component::ParentDir => drop(names.pop()),
                part => names.push(part),
            }
        }
        // The current directory may be named by a way over links.
        let below = names.strip_prefix(&root).or_else(|_| {
            let named = env::current_dir().ok();
            let up = named.as_deref().zip(here.strip_prefix(&root).ok());
            let named_root =
                up.and_then(|(named, down)| named.ancestors().nth(down.components().count()));
            names.strip_prefix(named_root.unwrap_or(&root))
        });
        below.ok().map(Path::to_owned)
    }

    /// The blob of a file, and whether it is a symbolic link.
    fn entry(&self, path: &Path) -> Option<(Oid, bool)> {
        let commit = self.checkout.0.repository.find_commit(self.commit).ok()?;
        let entry = commit.tree().ok()?.get_path(path).ok()?;
        let is_link = entry.filemode() & 0o170_000 == 0o120_000;
        (entry.kind() == Some(ObjectType::Blob)).then(|| (entry.id(), is_link))
    }
}

impl Texts for CommitFiles<'_> {
    fn read(&self, path: &Path) -> io::Result<String> {
        let mut path = path.to_owned();
        for _ in 0..MOST_LINKS {
            let Some(inside) = self.inside(&path) else { return fs::read_to_string(path) };
            let (blob, is_link) = self.entry(&inside).ok_or(io::ErrorKind::NotFound)?;
            let read = self.checkout.0.read(blob, &[ObjectType::Blob]);
            let text = String::from_utf8(read.map_err(io::Error::other)?.1)
                .map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e.utf8_error()))?;
            if !is_link {
                return Ok(text);
            }
            path = path.parent().unwrap_or(Path::new("")).join(text);
        }
        Err(io::Error::other("it is a link to itself"))
    }

    fn all(&self, name: &str) -> Option<Vec<(PathBuf, String)>> {
        let mut paths = Vec::new();
        let commit = self.checkout.0.repository.find_commit(self.commit);
        let tree = commit.and_then(|commit| commit.tree());
        let walked = tree.and_then(|tree| {
            tree.walk(TreeWalkMode::PreOrder, |folder, entry| {
                if entry.name_bytes() == name.as_bytes() {
                    paths.push(format!("{folder}{name}"));
                }
                TreeWalkResult::Ok
            })
        });
        // What cannot be read here cannot be read by the scan, which says so.
        walked.ok()?;
        let texts = paths.into_iter().filter_map(|path| {
            let named = self.checkout.0.named(path.as_bytes().as_bstr());
            let named = PathBuf::from(named.to_string());
            Some((named.clone(), self.read(&named).ok()?))
        });
        Some(texts.collect())
    }
}
