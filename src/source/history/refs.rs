//! What a repository holds on to: refs, the heads of its worktrees, reflogs and indexes.

use crate::source::git::object_id;
use crate::source::index::Index;
use bstr::BString;
use git2::Repository;
use gix_hash::ObjectId;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, DirEntry};
use std::io;
use std::path::Path;

/// Why an object is kept, the better known reason first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Hold {
    /// A branch, a detached HEAD.
    Branch,
    /// What a remote had when it was last asked.
    Remote,
    Tag,
    /// The stash, notes, and what hosts and tools keep under other names.
    Other,
    /// It was the value of a ref once.
    Reflog,
}

/// A name that leads to an object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Root {
    pub(super) hold: Hold,
    pub(super) name: String,
    pub(super) target: ObjectId,
}

/// All that keeps objects.
#[derive(Debug, Default)]
pub(super) struct Roots {
    /// Sorted.
    pub(super) list: Vec<Root>,
    /// What HEAD is, if it is there.
    pub(super) head: Option<ObjectId>,
    /// The paths of the blobs in the indexes of all worktrees.
    pub(super) index: BTreeMap<ObjectId, BTreeSet<BString>>,
    /// What could not be read.
    pub(super) problems: Vec<Problem>,
}

/// Something that could not be read, and what mends it.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) reason: String,
    pub(super) mend: String,
}

impl Problem {
    fn git(what: &str, error: &git2::Error) -> Self {
        Self {
            reason: format!("{what} cannot be read: {}", error.message()),
            mend: "git fsck --full".to_owned(),
        }
    }

    fn io(path: &Path, error: &io::Error) -> Self {
        Self {
            reason: format!("{} cannot be read: {error}", path.display()),
            mend: format!("run blurt as a user who may read {}", path.display()),
        }
    }
}

impl Roots {
    /// Reads all that `repository` and its linked worktrees hold on to.
    pub(super) fn read(repository: &Repository) -> Self {
        let head = repository.head().ok().and_then(|head| head.target()).map(object_id);
        let mut roots = Self { head, ..Self::default() };
        roots.read_refs(repository);
        let common = repository.commondir().to_owned();
        roots.read_worktree(&common, "HEAD", "");
        roots.check_folders(&common.join("refs"));
        for worktree in roots.folder(&common.join("worktrees")) {
            let folder = worktree.path();
            let name = worktree.file_name().to_string_lossy().into_owned();
            roots.read_worktree(
                &folder,
                &format!("worktrees/{name}/HEAD"),
                &format!("worktrees/{name}/"),
            );
        }
        roots.read_reflogs(&common.join("logs/refs"), "refs");
        roots.list.sort();
        roots.list.dedup();
        roots
    }

    fn read_refs(&mut self, repository: &Repository) {
        let references = match repository.references() {
            Ok(references) => references,
            Err(e) => {
                return self.problems.push(Problem::git("a list of its refs", &e));
            }
        };
        for reference in references {
            let reference = match reference {
                Ok(reference) => reference,
                Err(e) => {
                    self.problems.push(Problem::git("one of its refs", &e));
                    continue;
                }
            };
            // A symbolic ref may lead to a branch that is not born yet.
            let Some(target) = reference.resolve().ok().and_then(|direct| direct.target()) else {
                continue;
            };
            let name = String::from_utf8_lossy(reference.name_bytes()).into_owned();
            let hold = match name.as_str() {
                name if name.starts_with("refs/heads/") => Hold::Branch,
                name if name.starts_with("refs/remotes/") => Hold::Remote,
                name if name.starts_with("refs/tags/") => Hold::Tag,
                _ => Hold::Other,
            };
            self.list.push(Root { hold, name, target: object_id(target) });
        }
    }

    /// The HEAD of a worktree, if it is detached, its reflog, and its index.
    fn read_worktree(&mut self, folder: &Path, name: &str, prefix: &str) {
        let head = folder.join("HEAD");
        let head = fs::read(&head).unwrap_or_else(|e| {
            self.problems.push(Problem::io(&head, &e));
            Vec::new()
        });
        if let Some(target) = head.get(..40).and_then(|hex| ObjectId::from_hex(hex).ok()) {
            self.list.push(Root { hold: Hold::Branch, name: name.to_owned(), target });
        }
        self.read_reflog(&folder.join("logs/HEAD"), &format!("{prefix}HEAD"));
        let index = folder.join("index");
        if !index.is_file() {
            return;
        }
        match Index::read(&index) {
            Ok(index) => {
                for (path, id) in index.files() {
                    self.index.entry(id).or_default().insert(path.to_owned());
                }
            }
            Err(e) => self.problems.push(Problem {
                reason: format!("its index cannot be read: {e}"),
                mend: "remove it and run git reset, which makes it anew from HEAD".to_owned(),
            }),
        }
    }

    fn read_reflogs(&mut self, folder: &Path, name: &str) {
        for entry in self.folder(folder) {
            let path = entry.path();
            let name = format!("{name}/{}", entry.file_name().to_string_lossy());
            // A link may lead anywhere, and back here.
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => self.read_reflogs(&path, &name),
                Ok(kind) if kind.is_file() => self.read_reflog(&path, &name),
                _ => {}
            }
        }
    }

    /// What is in a folder, which need not exist.
    fn folder(&mut self, folder: &Path) -> Vec<DirEntry> {
        match fs::read_dir(folder) {
            Ok(entries) => entries.flatten().collect(),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(e) => {
                self.problems.push(Problem::io(folder, &e));
                Vec::new()
            }
        }
    }

    /// Notes folders of refs that may not be read: libgit2 passes over them.
    fn check_folders(&mut self, folder: &Path) {
        for entry in self.folder(folder) {
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                self.check_folders(&entry.path());
            }
        }
    }

    /// A reflog's lines are `OLD NEW NAME <ADDRESS> TIME ZONE\tMESSAGE`, the newest last; the newest
    /// is called `NAME@{0}`.
    fn read_reflog(&mut self, file: &Path, name: &str) {
        if !fs::metadata(file).is_ok_and(|data| data.is_file()) {
            return;
        }
        let text = match fs::read(file) {
            Ok(text) => text,
            Err(e) => return self.problems.push(Problem::io(file, &e)),
        };
        let lines: Vec<&[u8]> =
            text.split(|b| *b == b'\n').filter(|line| !line.is_empty()).collect();
        for (n, line) in lines.iter().rev().enumerate() {
            let mut ids = line.splitn(3, |b| *b == b' ').take(2).map(ObjectId::from_hex);
            let (old, new) = (ids.next(), ids.next());
            // The oldest line's old value has no line of its own.
            let first = (n + 1 == lines.len()).then_some((n + 1, old));
            for (n, id) in [Some((n, new)), first].into_iter().flatten() {
                if let Some(target) = id.and_then(Result::ok).filter(|id| !id.is_null()) {
                    self.list.push(Root {
                        hold: Hold::Reflog,
                        name: format!("{name}@{{{n}}}"),
                        target,
                    });
                }
            }
        }
    }
}
