//! What all sources that read a repository need of git: its working tree, why it cannot be opened, and
//! commits as reports name them.

use super::files::name_of_root;
use super::index::Index;
use super::object::Objects;
use crate::coverage::Skip;
use crate::finding::Commit;
use crate::scan::Worker;
use bstr::{BStr, BString, ByteSlice};
use git2::{ObjectType, Oid, Repository};
use gix_hash::ObjectId;
use jiff::Timestamp;
use std::fs;
use std::path::{Path, PathBuf};

/// A repository, and the part of it that is asked for.
pub(super) struct Scope {
    pub(super) repository: Repository,
    site: Site,
}

/// Where a repository is, and what of it is asked for: enough to open it on any thread.
#[derive(Debug, Clone)]
pub(super) struct Site {
    folder: PathBuf,
    from_environment: bool,
    /// How its root is named from the current directory.
    place: BString,
    /// The current directory in it, with a `/` at the end; empty if that is the root, or outside.
    here: BString,
    /// The paths in it that are asked for: all that lies below one of them. The empty one is the root.
    parts: Vec<BString>,
}

impl Site {
    /// Opens the repository once more.
    ///
    /// # Errors
    ///
    /// When it is no longer there.
    pub(super) fn open(&self) -> Result<Scope, Skip> {
        let opened = if self.from_environment {
            Repository::open_from_env()
        } else {
            Repository::open(&self.folder)
        };
        let opened = opened.map(|repository| Scope { repository, site: self.clone() });
        opened.map_err(|e| not_opened(&self.folder, &e))
    }
}

impl Scope {
    /// Does some work in the repositories that `paths` lie in, each once, and notes what goes wrong.
    pub(super) fn each(
        paths: &[PathBuf],
        worker: &mut Worker,
        mut work: impl FnMut(&Self, &mut Worker) -> Result<(), Skip>,
    ) {
        let (scopes, skipped) = Self::of(paths);
        for skip in skipped {
            worker.skip(skip);
        }
        for scope in scopes {
            if let Err(skip) = work(&scope, worker) {
                worker.skip(skip);
            }
        }
    }

    /// The repositories that `paths` lie in, each once, and the paths that lie in none.
    pub(super) fn of(paths: &[PathBuf]) -> (Vec<Self>, Vec<Skip>) {
        let mut scopes: Vec<Self> = Vec::new();
        let mut skipped = Vec::new();
        for path in paths {
            match Self::at(path) {
                Ok(scope) => {
                    let same =
                        |known: &&mut Self| known.repository.path() == scope.repository.path();
                    match scopes.iter_mut().find(same) {
                        Some(known) => known.site.parts.extend(scope.site.parts),
                        None => scopes.push(scope),
                    }
                }
                Err(e) => skipped.push(not_opened(path, &e)),
            }
        }
        (scopes, skipped)
    }

    /// The repository that `path` lies in. For that of the current directory git's variables have a
    /// say, as git sets them for its hooks (`GIT_DIR`, `GIT_INDEX_FILE` and others). The current
    /// directory stands for all of it, as a commit is made of all of it.
    ///
    /// # Errors
    ///
    /// When there is none, or it cannot be opened.
    pub(super) fn at(path: &Path) -> Result<Self, git2::Error> {
        let mut scope = Self::folder(path)?;
        if path == Path::new(".") {
            scope.site.parts = vec![BString::default()];
        }
        Ok(scope)
    }

    /// The part of a repository that lies at or below `path`.
    ///
    /// # Errors
    ///
    /// When it lies in none, or that cannot be opened.
    pub(super) fn folder(path: &Path) -> Result<Self, git2::Error> {
        // Git itself relies on the checksums of its files, and does not hash each object that it reads.
        git2::opts::strict_hash_verification(false);
        // A file that was deleted lies in the repository all the same.
        let there = path.ancestors().find(|path| path.exists()).unwrap_or(Path::new("."));
        let (repository, from_environment) = open(there)?;
        let root = work_tree(&repository).map(Path::to_owned);
        let place = root.as_ref().map_or_else(BString::default, |root| name_of_root(root, path));
        let here = root.as_deref().map_or_else(BString::default, here_in);
        let root = root.and_then(|root| fs::canonicalize(root).ok());
        let below = |path: &Path| {
            let path = path.strip_prefix(root.as_ref()?).ok()?;
            (!path.as_os_str().is_empty()).then(|| super::files::name(path))
        };
        let rest = path.strip_prefix(there).unwrap_or(path);
        let part = fs::canonicalize(there).ok().and_then(|there| below(&there.join(rest)));
        let folder = repository.path().to_owned();
        let parts = vec![part.unwrap_or_default()];
        Ok(Self { repository, site: Site { folder, from_environment, place, here, parts } })
    }

    /// Where it is.
    pub(super) fn site(&self) -> &Site {
        &self.site
    }

    /// Whether a path of the repository is asked for.
    pub(super) fn has(&self, path: &BStr) -> bool {
        self.site.parts.iter().any(|part| {
            let below = path.strip_prefix(part.as_slice());
            part.is_empty() || below.is_some_and(|rest| rest.is_empty() || rest[0] == b'/')
        })
    }

    /// A path of the repository, as it is named from the current directory.
    pub(super) fn named(&self, path: &BStr) -> BString {
        named(&self.site.place, &self.site.here, path)
    }

    /// How the repository itself is named.
    pub(super) fn name(&self) -> String {
        let root = work_tree(&self.repository).unwrap_or(self.repository.path());
        let place = &self.site.place;
        if place.is_empty() { root.display().to_string() } else { place.to_string() }
    }

    /// The index, if it can be read.
    ///
    /// # Errors
    ///
    /// When it is damaged.
    pub(super) fn index(&self) -> Result<Index, Skip> {
        let named = std::env::var_os("GIT_INDEX_FILE").filter(|_| self.site.from_environment);
        let path = named.map_or_else(|| self.repository.path().join("index"), PathBuf::from);
        Index::read(&path).map_err(|e| Skip {
            path: path.display().to_string(),
            reason: format!("cannot be read: {e}"),
            mend: Some("remove it and run git reset, which makes it anew from HEAD".to_owned()),
        })
    }

    /// A problem with an object that has to be there.
    pub(super) fn unreadable(&self, what: String, error: &git2::Error) -> Skip {
        let (reason, mend) = if error.code() != git2::ErrorCode::NotFound {
            (format!("cannot be read: {}", error.message()), "git fsck --full")
        } else if is_partial(&self.repository) {
            ("is not in this partial clone".to_owned(), "git fetch --refetch --no-filter")
        } else {
            (
                "is missing from the repository".to_owned(),
                "git fsck --full, then git fetch --refetch",
            )
        };
        Skip { path: what, reason, mend: Some(mend.to_owned()) }
    }

    /// Reads an object of some kinds: its kind, and its bytes.
    ///
    /// # Errors
    ///
    /// When it is not there, damaged, or of another kind.
    pub(super) fn read(
        &self,
        id: Oid,
        kinds: &[ObjectType],
    ) -> Result<(ObjectType, Vec<u8>), git2::Error> {
        let objects = Objects::of(&self.repository)?;
        let object = objects.read(id)?;
        let kind = object.kind();
        if !kinds.contains(&kind) {
            return Err(git2::Error::from_str(&format!("it is a {kind}")));
        }
        Ok((kind, object.into_data()))
    }

    /// Whether a loose object can be read to its end. One that is not here at all is not looked for.
    ///
    /// # Errors
    ///
    /// When it is damaged.
    pub(super) fn check(&self, id: Oid) -> Result<(), git2::Error> {
        match Objects::of(&self.repository)?.read(id) {
            Err(e) if e.code() != git2::ErrorCode::NotFound => Err(e),
            _ => Ok(()),
        }
    }

    /// The tree and the parents of a commit. It is read as it is stored: libgit2 wants more of a commit to
    /// be well-formed.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    pub(super) fn commit(&self, id: Oid) -> Result<(Oid, Vec<Oid>), git2::Error> {
        let (_, bytes) = self.read(id, &[ObjectType::Commit])?;
        let headers = Headers(&bytes);
        let named = |hex: &[u8]| self::id(hex).map(|id| oid(&id));
        let tree = headers.all(b"tree ").next().and_then(named);
        let parents: Option<Vec<Oid>> = headers.parents().map(named).collect();
        tree.zip(parents).ok_or_else(|| git2::Error::from_str("it is no well-formed commit"))
    }

    /// A commit as reports name it, as far as it can be read.
    pub(super) fn describe(&self, id: Oid) -> Commit {
        let object = self.read(id, &[ObjectType::Commit, ObjectType::Tag]);
        describe(&object.unwrap_or((ObjectType::Any, Vec::new())).1, &object_id(id))
    }
}

/// Opens the repository that a path which exists lies in, and tells whether it is the one that git's
/// variables or the current directory name.
fn open(path: &Path) -> Result<(Repository, bool), git2::Error> {
    if path == Path::new(".") {
        return Ok((Repository::open_from_env()?, true));
    }
    if ["GIT_DIR", "GIT_INDEX_FILE"].iter().all(|name| std::env::var_os(name).is_none()) {
        return Ok((Repository::discover(path)?, false));
    }
    let named = Repository::open_from_env();
    let holds = |named: &Repository| {
        let root = work_tree(named).and_then(|root| fs::canonicalize(root).ok());
        root.is_some_and(|root| fs::canonicalize(path).is_ok_and(|path| path.starts_with(root)))
    };
    match (Repository::discover(path), named) {
        (Ok(found), Ok(named)) if found.path() == named.path() => Ok((named, true)),
        (Err(_), Ok(named)) if holds(&named) => Ok((named, true)),
        (found, _) => Ok((found?, false)),
    }
}

/// The current directory as it is named from `root`, with a `/` at the end; empty if it is the root, or
/// lies elsewhere.
pub(super) fn here_in(root: &Path) -> BString {
    let both = fs::canonicalize(".").ok().zip(fs::canonicalize(root).ok());
    let below = both.and_then(|(here, root)| here.strip_prefix(root).ok().map(Path::to_owned));
    match below.filter(|below| !below.as_os_str().is_empty()) {
        Some(below) => [super::files::name(&below).as_slice(), b"/"].concat().into(),
        None => BString::default(),
    }
}

/// A path of a repository as it is named from the current directory: that is `here` in it, or it is
/// called `place` from there.
pub(super) fn named(place: &BString, here: &BString, path: &BStr) -> BString {
    if here.is_empty() {
        let place: &[u8] = place;
        return if place.is_empty() { path.into() } else { bstr::join("/", [place, path]).into() };
    }
    // Up to the folder that has both, and down from there.
    let same = here.iter().zip(path.iter()).take_while(|(a, b)| a == b).count();
    let common = here[..same].rfind_byte(b'/').map_or(0, |end| end + 1);
    let up = here[common..].find_iter("/").count();
    [b"../".repeat(up).as_slice(), &path[common..]].concat().into()
}

/// An id of gitoxide in the words of libgit2.
pub(super) fn oid(id: &ObjectId) -> Oid {
    Oid::from_bytes(id.as_bytes()).unwrap_or(Oid::ZERO_SHA1)
}

/// An id of libgit2 in the words of gitoxide.
pub(super) fn object_id(id: Oid) -> ObjectId {
    ObjectId::try_from(id.as_bytes()).unwrap_or(ObjectId::null(gix_hash::Kind::Sha1))
}

/// The working tree of a repository, if it has one. A folder that is no `.git` and whose
/// configuration names no working tree is bare, as git sees it, whether it says so or not.
pub(crate) fn work_tree(repository: &Repository) -> Option<&Path> {
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

pub(crate) fn not_opened(path: &Path, error: &git2::Error) -> Skip {
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

    /// The parents of a commit. Git takes those lines only that follow the tree; further down they are
    /// headers that it does not know.
    pub(super) fn parents(&self) -> impl Iterator<Item = &'a [u8]> {
        let lines = self.0.split(|b| *b == b'\n').skip(1);
        lines.map_while(|line| line.strip_prefix(b"parent "))
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
