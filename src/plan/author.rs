//! Who wrote a line, as `git blame` tells.

use crate::report::sanitize_bytes;
use git2::{BlameOptions, DiffOptions, ErrorClass, ErrorCode, Oid, Patch, Repository, Signature};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Who wrote a line last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    /// `Name <address>`.
    pub name_and_address: String,
    /// When.
    pub date: Timestamp,
    /// The commit that the line is from, in hexadecimal.
    pub commit: String,
}

/// The longest that one line may take, and all of them together.
const PATIENCE: [Duration; 2] = [Duration::from_secs(10), Duration::from_secs(60)];

/// Bytes of a file whose lines are asked for.
const LARGEST: u64 = 16 * 1024 * 1024;

/// Who wrote the lines of a repository's files.
///
/// The history is read on a thread of its own: libgit2 1.9 goes on for ever with an object that was cut
/// off (<https://github.com/libgit2/libgit2/issues/7342>), and a long history takes its time.
#[derive(Debug)]
pub struct Authors {
    root: PathBuf,
    /// The longest that one line may take.
    patience: Duration,
    state: Mutex<State>,
}

/// A line of a file.
type Line = (String, u64);

#[derive(Debug)]
struct State {
    known: BTreeMap<Line, Option<Author>>,
    reader: Option<Reader>,
    /// The time that is left for all lines to come.
    left: Duration,
}

/// A thread that looks lines up.
#[derive(Debug)]
struct Reader {
    lines: Sender<Line>,
    authors: Receiver<Option<Author>>,
}

impl Authors {
    /// The authors in the repository with its root there. Nothing is read yet.
    #[must_use]
    pub fn new(root: &Path) -> Self {
        let state = State { known: BTreeMap::new(), reader: None, left: PATIENCE[1] };
        let here = root.as_os_str().is_empty();
        let root = if here { Path::new(".") } else { root };
        Self { root: root.to_owned(), patience: PATIENCE[0], state: Mutex::new(state) }
    }

    /// Who wrote a line of a file as it is now. `path` is written from the root of the repository, `line`
    /// counts from 1. `None` if nobody has committed it, if its commit is the last that a shallow clone
    /// has, or if the history cannot be read in time.
    pub fn of(&self, path: &str, line: u64) -> Option<Author> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let asked = (path.to_owned(), line);
        if let Some(known) = state.known.get(&asked) {
            return known.clone();
        }
        let author = state.ask(&self.root, asked.clone(), self.patience);
        state.known.insert(asked, author.clone());
        author
    }
}

impl State {
    fn ask(&mut self, root: &Path, line: Line, patience: Duration) -> Option<Author> {
        if self.left.is_zero() {
            return None;
        }
        if self.reader.is_none() {
            self.reader = Reader::start(root.to_owned());
        }
        let reader = self.reader.as_ref()?;
        let start = Instant::now();
        let answer = reader.lines.send(line).ok().and_then(|()| {
            let answer = reader.authors.recv_timeout(patience.min(self.left));
            answer.ok()
        });
        self.left = self.left.saturating_sub(start.elapsed());
        if answer.is_none() {
            // It is left behind: nothing can stop it, and the end of the program does.
            self.reader = None;
        }
        answer.flatten()
    }
}

impl Reader {
    fn start(root: PathBuf) -> Option<Self> {
        let (lines, asked) = channel::<Line>();
        let (answer, authors) = channel();
        let read = move || {
            let history = History::open(&root);
            for (path, line) in asked {
                let author = history.as_ref().and_then(|history| history.author(&path, line));
                if answer.send(author).is_err() {
                    return;
                }
            }
        };
        let thread = thread::Builder::new().name("blame".to_owned());
        thread.spawn(read).ok().map(|_| Self { lines, authors })
    }
}

/// A repository whose history is asked.
struct History {
    repository: Repository,
    root: PathBuf,
    /// The commits of a shallow clone whose parents are not there: they seem to bring in all that their
    /// files hold.
    cut: BTreeSet<String>,
}

impl History {
    /// `None` if there is no repository, or it belongs to somebody else and is no `safe.directory`.
    fn open(root: &Path) -> Option<Self> {
        let repository = Repository::discover(root).ok()?;
        let shallow = fs::read_to_string(repository.commondir().join("shallow"));
        let cut = shallow.unwrap_or_default().lines().map(|line| line.trim().to_owned()).collect();
        Some(Self { repository, root: fs::canonicalize(root).ok()?, cut })
    }

    fn author(&self, path: &str, line: u64) -> Option<Author> {
        let file = self.root.join(path);
        let text = text(&file)?;
        let folder = fs::canonicalize(file.parent()?).ok()?;
        let work_tree = fs::canonicalize(self.repository.workdir()?).ok()?;
        let path = folder.strip_prefix(work_tree).ok()?.join(file.file_name()?);
        let line = self.line_at_head(&path, &text, usize::try_from(line).ok()?)?;
        let mut options = BlameOptions::new();
        options.min_line(line).max_line(line).use_mailmap(true);
        let blame = self.repository.blame_file(&path, Some(&mut options)).ok()?;
        let hunk = blame.get_line(line)?;
        let id = hunk.final_commit_id();
        let commit = id.to_string();
        let signature = hunk.final_signature()?;
        let is_sure = !self.cut.contains(&commit) && self.can_read_parents(id, hunk.path()?);
        is_sure.then(|| Author {
            name_and_address: name_and_address(&signature),
            date: date(&signature),
            commit,
        })
    }

    /// Whether a file can be read in the parents of a commit that have it. To libgit2 a commit whose
    /// parents it cannot read brings in all that the file holds.
    fn can_read_parents(&self, commit: Oid, path: &Path) -> bool {
        let Ok(commit) = self.repository.find_commit(commit) else { return false };
        (0..commit.parent_count()).all(|n| {
            let entry = commit.parent(n).and_then(|parent| parent.tree()?.get_path(path));
            match entry {
                Ok(entry) => self.repository.find_blob(entry.id()).is_ok(),
                Err(e) => e.code() == ErrorCode::NotFound && e.class() == ErrorClass::Tree,
            }
        })
    }

    /// The number that a line of a file has at HEAD; `None` if it is not there.
    fn line_at_head(&self, path: &Path, text: &[u8], line: usize) -> Option<usize> {
        (1..=lines(text)).contains(&line).then_some(())?;
        let head = self.repository.head().ok()?.peel_to_tree().ok()?;
        let object = head.get_path(path).ok()?.to_object(&self.repository).ok()?;
        let blob = object.as_blob()?;
        // The lines of a file may end otherwise than those of its blob (`core.autocrlf`).
        let mut options = DiffOptions::new();
        options.context_lines(0).force_text(true).ignore_whitespace_eol(true);
        let patch = Patch::from_blob_and_buffer(blob, None, text, None, Some(&mut options)).ok()?;
        let (mut added, mut removed) = (0, 0);
        for n in 0..patch.num_hunks() {
            let (hunk, _) = patch.hunk(n).ok()?;
            let (start, lines) = (hunk.new_start() as usize, hunk.new_lines() as usize);
            // A hunk without new lines is numbered by the line before it.
            if line < start + usize::from(lines == 0) {
                break;
            }
            if line < start + lines {
                return None;
            }
            added += lines;
            removed += hunk.old_lines() as usize;
        }
        let line = (line + removed).checked_sub(added)?;
        (1..=lines(blob.content())).contains(&line).then_some(line)
    }
}

fn name_and_address(signature: &Signature) -> String {
    let parts = [signature.name_bytes(), b" <", signature.email_bytes(), b">"];
    sanitize_bytes(&parts.concat()).into_owned()
}

fn date(signature: &Signature) -> Timestamp {
    let (first, last) = (Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
    let seconds = signature.when().seconds().clamp(first, last);
    Timestamp::from_second(seconds).unwrap_or_default()
}

/// The content of a file that is no link and not too large.
fn text(path: &Path) -> Option<Vec<u8>> {
    let is_small = |found: &fs::Metadata| found.is_file() && found.len() <= LARGEST;
    fs::symlink_metadata(path).ok().filter(is_small)?;
    let mut text = Vec::new();
    File::open(path).ok()?.take(LARGEST).read_to_end(&mut text).ok()?;
    Some(text)
}

/// How many lines a text has, with or without an end of the last one.
fn lines(text: &[u8]) -> usize {
    let ends = text.iter().filter(|b| **b == b'\n').count();
    ends + usize::from(text.last().is_some_and(|last| *last != b'\n'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use git2::Time;
    use tempfile::TempDir;

    const ANN: &str = "Ann Author <ann@example.org>";
    const BEN: &str = "Ben Autre <ben@example.org>";

    struct Repo {
        folder: TempDir,
        repository: Repository,
    }

    impl Repo {
        fn new() -> Self {
            let folder = TempDir::new().unwrap();
            let repository = Repository::init(folder.path()).unwrap();
            Self { folder, repository }
        }

        fn write(&self, name: &str, text: &str) {
            let path = self.folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }

        /// Commits a file in somebody's name, taken in by Cleo, and returns the commit.
        fn commit(&self, who: &str, seconds: i64, name: &str, text: &str) -> String {
            self.write(name, text);
            let mut index = self.repository.index().unwrap();
            index.add_path(Path::new(name)).unwrap();
            index.write().unwrap();
            let tree = self.repository.find_tree(index.write_tree().unwrap()).unwrap();
            let (person, address) = who.trim_end_matches('>').split_once(" <").unwrap();
            let author = Signature::new(person, address, &Time::new(seconds, 570)).unwrap();
            let time = Time::new(seconds + 3600, 0);
            let committer = Signature::new("Cleo", "cleo@example.org", &time).unwrap();
            let head = self.repository.head().and_then(|head| head.peel_to_commit()).ok();
            let parents: Vec<_> = head.iter().collect();
            let made =
                self.repository.commit(Some("HEAD"), &author, &committer, "Edit", &tree, &parents);
            made.unwrap().to_string()
        }

        fn authors(&self) -> Authors {
            Authors::new(self.folder.path())
        }

        /// The names of the authors of the first lines of a file; empty where there is none.
        fn names(&self, name: &str, lines: u64) -> Vec<String> {
            let authors = self.authors();
            let name = |line| authors.of(name, line).map(|author| author.name_and_address);
            (1..=lines).map(|line| name(line).unwrap_or_default()).collect()
        }
    }

    #[test]
    fn a_line_has_the_author_of_its_last_change() {
        let repo = Repo::new();
        let first = repo.commit(ANN, 1_700_000_000, "src/a.py", "one\ntwo\nthree\n");
        let second = repo.commit(BEN, 1_700_100_000, "src/a.py", "zero\none\n2\nthree\n");
        let authors = repo.authors();
        let date = |seconds| Timestamp::from_second(seconds).unwrap();
        let ann = Author { name_and_address: ANN.into(), date: date(1_700_000_000), commit: first };
        let ben =
            Author { name_and_address: BEN.into(), date: date(1_700_100_000), commit: second };
        for (line, author) in
            [(1, Some(&ben)), (2, Some(&ann)), (3, Some(&ben)), (4, Some(&ann)), (5, None)]
        {
            assert_eq!(authors.of("src/a.py", line).as_ref(), author, "{line}");
        }
        assert_eq!(authors.of("src/a.py", 0), None);
        assert_eq!(authors.of("src/a.py", u64::MAX), None);
    }

    #[test]
    fn lines_of_files_that_were_edited_since_are_found_at_head() {
        let repo = Repo::new();
        repo.commit(ANN, 0, "a", "one\ntwo\nthree\nfour\n");
        repo.commit(BEN, 1, "a", "one\ntwo\nthree\n4\n");
        repo.write("a", "new\none\nTWO\nthree\n4");
        assert_eq!(repo.names("a", 6), ["", ANN, "", ANN, BEN, ""]);
        repo.write("a", "three\n4\nnew\n");
        assert_eq!(repo.authors().of("a", u64::MAX), None);
        assert_eq!(repo.names("a", 4), [ANN, BEN, "", ""]);
        repo.write("a", "one\r\ntwo\r\nthree\r\n4\r\n");
        assert_eq!(repo.names("a", 4), [ANN, ANN, ANN, BEN]);
    }

    #[test]
    fn what_is_not_committed_has_no_author() {
        let repo = Repo::new();
        repo.write("before", "one\n");
        assert_eq!(repo.names("before", 1), [""]);
        repo.commit(ANN, 0, "a", "one\n");
        repo.write("b", "one\n");
        repo.write(".gitignore", "c\n");
        repo.write("c", "one\n");
        for name in ["b", "c", "missing", "", ".", "..", "../a", ".git/config", "a/b", "/", "a\0"] {
            assert_eq!(repo.names(name, 1), [""], "{name:?}");
        }
        let file = repo.folder.path().join("a");
        assert_eq!(repo.names(file.to_str().unwrap(), 1), [ANN]);
        fs::remove_file(file).unwrap();
        assert_eq!(repo.names("a", 1), [""]);
        let folder = TempDir::new().unwrap();
        assert_eq!(Authors::new(folder.path()).of("a", 1), None);
        assert_eq!(Authors::new(&folder.path().join("missing")).of("a", 1), None);
    }

    #[test]
    fn lines_are_followed_through_renames_and_people_through_the_mailmap() {
        let repo = Repo::new();
        let text = "one\ntwo\nthree\nfour\nfive\n";
        repo.commit("A. <old@example.org>", 0, "a", text);
        repo.repository.index().unwrap().remove_path(Path::new("a")).unwrap();
        fs::remove_file(repo.folder.path().join("a")).unwrap();
        repo.commit(BEN, 1, "b", text);
        let _ = repo.commit(BEN, 2, ".mailmap", &format!("{ANN} <old@example.org>\n"));
        let names = repo.names("b", 1);
        assert_eq!(names, [ANN]);
    }

    #[test]
    fn an_answer_is_given_again_without_another_look() {
        let repo = Repo::new();
        repo.commit(ANN, 0, "a", "one\n");
        let authors = repo.authors();
        let author = authors.of("a", 1);
        assert!(author.is_some());
        fs::remove_dir_all(repo.folder.path().join(".git")).unwrap();
        assert_eq!(authors.of("a", 1), author);
        assert_eq!(authors.of("a", 2), None);
    }

    #[test]
    fn the_last_commit_of_a_shallow_clone_says_nothing() {
        let repo = Repo::new();
        let first = repo.commit(ANN, 0, "a", "one\ntwo\n");
        repo.commit(BEN, 1, "a", "one\n2\n");
        fs::write(repo.repository.path().join("shallow"), format!("{first}\n")).unwrap();
        assert_eq!(repo.names("a", 2), ["", BEN]);
    }

    #[test]
    fn objects_that_are_cut_off_hold_nobody_up() {
        let repo = Repo::new();
        let text = (0..2000).map(|n| (n * n).to_string()).collect::<Vec<_>>().join("\n");
        repo.commit(ANN, 0, "a", &text);
        repo.commit(BEN, 1, "a", &format!("new\n{text}"));
        let object = |revision: &str| {
            let id = repo.repository.revparse_single(revision).unwrap().id().to_string();
            repo.repository.path().join("objects").join(&id[..2]).join(&id[2..])
        };
        for (revision, line) in [("HEAD~1:a", 9), ("HEAD:a", 9), ("HEAD~1", 9), ("HEAD", 9)] {
            let path = object(revision);
            let whole = fs::read(&path).unwrap();
            fs::remove_file(&path).unwrap();
            for length in [0, 1, 2, whole.len() / 2, whole.len() - 5, whole.len() - 1] {
                fs::write(&path, &whole[..length]).unwrap();
                let authors = Authors { patience: Duration::from_millis(300), ..repo.authors() };
                let start = Instant::now();
                // What can be read is all right, too.
                let author = authors.of("a", line);
                assert!(author.is_none_or(|author| author.name_and_address == ANN), "{revision}");
                assert!(start.elapsed() < Duration::from_secs(5), "{revision} {length}");
            }
            fs::write(&path, &whole).unwrap();
        }
        assert_eq!(repo.names("a", 2), [BEN, ANN]);
    }

    #[test]
    fn patience_ends() {
        let repo = Repo::new();
        repo.commit(ANN, 0, "a", "one\n");
        let authors = repo.authors();
        authors.state.lock().unwrap().left = Duration::ZERO;
        assert_eq!(authors.of("a", 1), None);
    }
}
