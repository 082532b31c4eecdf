//! The repository that a command runs in, as far as it has to know it before it scans.

use super::git::Scope;
use super::range::{find, shallow};
use crate::config::Texts;
use crate::coverage::Skip;
use git2::{ObjectType, Oid};
use std::io;
use std::path::{Component, Path, PathBuf};
use std::{env, fs};

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
        self.blob(&path) != there.blob(&path)
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

    fn blob(&self, path: &Path) -> Option<Oid> {
        let commit = self.checkout.0.repository.find_commit(self.commit).ok()?;
        let entry = commit.tree().ok()?.get_path(path).ok()?;
        (entry.kind() == Some(ObjectType::Blob)).then(|| entry.id())
    }
}

impl Texts for CommitFiles<'_> {
    fn read(&self, path: &Path) -> io::Result<String> {
        let Some(inside) = self.inside(path) else { return fs::read_to_string(path) };
        let blob = self.blob(&inside).ok_or(io::ErrorKind::NotFound)?;
        let blob = self.checkout.0.repository.find_blob(blob).map_err(io::Error::other)?;
        String::from_utf8(blob.content().to_vec())
            .map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e.utf8_error()))
    }
}
