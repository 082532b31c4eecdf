//! What all sources that read a repository need of git: its working tree, why it cannot be opened, and
//! commits as reports name them.

use crate::coverage::Skip;
use crate::finding::Commit;
use bstr::{BString, ByteSlice};
use git2::Repository;
use gix_hash::ObjectId;
use jiff::Timestamp;
use std::fs;
use std::path::Path;

/// The working tree of a repository, if it has one. A folder that is no `.git` and whose
/// configuration names no working tree is bare, as git sees it, whether it says so or not.
pub(super) fn work_tree(repository: &Repository) -> Option<&Path> {
    let named = repository.path().file_name().is_some_and(|name| name == ".git");
    let configured =
        || repository.config().is_ok_and(|config| config.get_entry("core.worktree").is_ok());
    let has_one = named || repository.is_worktree() || configured();
    repository.workdir().filter(|_| has_one)
}

/// Whether `path` is a bare repository: it holds objects, and no files to read.
#[must_use]
pub fn is_bare(path: &Path) -> bool {
    Repository::open(path).is_ok_and(|repository| work_tree(&repository).is_none())
}

pub(super) fn not_opened(path: &Path, error: &git2::Error) -> Skip {
    let (reason, mend) = match error.code() {
        git2::ErrorCode::NotFound => (
            "is not a git repository, nor in one".to_owned(),
            "name a repository, or scan the files alone".to_owned(),
        ),
        git2::ErrorCode::Owner => (
            "is in a repository that belongs to somebody else".to_owned(),
            format!("git config --global --add safe.directory {}", path.display()),
        ),
        _ if error.message().contains("object format") || error.message().contains("extension") => {
            (
                format!("is in a repository of a kind that is not read yet ({})", error.message()),
                "scan its files alone".to_owned(),
            )
        }
        _ => (
            format!("is in a repository that cannot be opened: {}", error.message()),
            "git fsck --full".to_owned(),
        ),
    };
    Skip { path: path.display().to_string(), reason, mend: Some(mend) }
}

/// A path below `place`, with forward slashes.
pub(super) fn join(place: &BString, path: &Path) -> BString {
    let mut joined = place.clone();
    if !joined.is_empty() {
        joined.push(b'/');
    }
    joined.extend_from_slice(&super::files::name(path));
    joined
}

/// Whether some remote promised to send what is missing when it is asked for.
pub(super) fn is_partial(repository: &Repository) -> bool {
    let promised = |config: git2::Config| {
        let promisors = config.entries(Some(r"remote\..*\.promisor"));
        let named = promisors.is_ok_and(|mut entries| entries.next().is_some());
        named || config.get_entry("extensions.partialclone").is_ok()
    };
    let packs = fs::read_dir(repository.commondir().join("objects/pack"));
    let marked = packs
        .into_iter()
        .flatten()
        .flatten()
        .any(|entry| entry.path().extension().is_some_and(|extension| extension == "promisor"));
    marked || repository.config().is_ok_and(promised)
}

/// A commit or tag as it is stored: header lines, an empty line, the message.
pub(super) struct Headers<'a>(pub(super) &'a [u8]);

impl<'a> Headers<'a> {
    /// The values of the header lines that begin with `name`.
    pub(super) fn all(&self, name: &'static [u8]) -> impl Iterator<Item = &'a [u8]> {
        let lines = self.0.split(|b| *b == b'\n').take_while(|line| !line.is_empty());
        lines.filter_map(move |line| line.strip_prefix(name))
    }

    pub(super) fn message(&self) -> &'a [u8] {
        self.0.find(b"\n\n").map_or(&[], |end| &self.0[end + 2..])
    }
}

/// An object id in hexadecimal.
pub(super) fn id(hex: &[u8]) -> Option<ObjectId> {
    ObjectId::from_hex(hex).ok()
}

/// The seconds in `Name <address> SECONDS +ZONE`.
pub(super) fn time(person: &[u8]) -> Option<i64> {
    let (_, end) = person.rsplit_once_str(b"> ")?;
    end.split(|b| *b == b' ').next()?.to_str().ok()?.parse().ok()
}

/// The commit or tag that `bytes` are, with its author or tagger, under the name `id`.
pub(super) fn describe(bytes: &[u8], id: &ObjectId) -> Commit {
    let headers = Headers(bytes);
    let person = headers.all(b"author ").chain(headers.all(b"tagger ")).next().unwrap_or_default();
    let name = person.rsplit_once_str(b"> ").map_or(person.to_vec(), |(name, _)| {
        let mut name = name.to_vec();
        name.push(b'>');
        name
    });
    let (first, last) = (Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
    let date = time(person).map(|seconds| Timestamp::from_second(seconds.clamp(first, last)));
    Commit {
        date: date.and_then(Result::ok).unwrap_or_default(),
        id: id.to_hex().to_string(),
        author: name.to_str_lossy().into_owned(),
    }
}
