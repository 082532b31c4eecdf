//! Repositories built by the real `git`, the same on every machine: no configuration but the one
//! here, and a clock that moves on by a day with every command.

use super::{Said, said};
use assert_cmd::Command;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::SystemTime;
use tempfile::TempDir;

/// Who writes a commit, and where he lives: dates are reported in UTC all the same.
pub struct Author {
    name: &'static str,
    email: &'static str,
    zone: &'static str,
}

pub const ANN: Author = Author { name: "Ann Author", email: "ann@example.org", zone: "+0000" };
pub const BEN: Author = Author { name: "Ben Autre", email: "ben@example.org", zone: "+0930" };

/// Who takes commits in: never the author, so that a report which mixes them up is seen.
const COMMITTER: Author =
    Author { name: "Cleo Committer", email: "cleo@example.org", zone: "-0800" };

/// The first day, 2024-01-01, and the length of one, in seconds.
const START: i64 = 1_704_067_200;
pub const DAY: i64 = 86_400;

const CONFIGURATION: [&str; 8] = [
    "init.defaultBranch=main",
    "gc.auto=0",
    "maintenance.auto=false",
    "protocol.file.allow=always",
    "advice.detachedHead=false",
    "merge.conflictStyle=merge",
    "core.autocrlf=false",
    "pack.threads=1",
];

/// A repository of a test.
pub struct Repo {
    /// The folder that goes with the last repository in it.
    temp: Arc<TempDir>,
    path: PathBuf,
    day: Arc<AtomicI64>,
}

impl Repo {
    /// An empty repository.
    pub fn new() -> Self {
        let repo = Self::folder();
        repo.git(&["init", "-q"]);
        repo
    }

    /// A folder that is no repository.
    pub fn folder() -> Self {
        let temp = TempDir::new().unwrap();
        let path = temp.path().join("repo");
        fs::create_dir(&path).unwrap();
        Self { temp: Arc::new(temp), path, day: Arc::default() }
    }

    /// A neighbour, which is to be made or exists. It lives by the same clock.
    pub fn beside(&self, name: &str) -> Self {
        let path = self.temp.path().join(name);
        Self { temp: self.temp.clone(), path, day: self.day.clone() }
    }

    /// A submodule at `sub`, which a commit brings in.
    pub fn add_submodule(&self) -> Self {
        let library = self.beside("library");
        self.git(&["init", "-q", "../library"]);
        library.commit("library.py", "t = input()\n");
        self.git(&["submodule", "--quiet", "add", &library.url(), "sub"]);
        self.commit_staged("Use the library");
        self.beside("repo/sub")
    }

    /// `git clone` of this repository, over the protocol and not by copying its files.
    pub fn cloned(&self, name: &str, options: &[&str]) -> Self {
        self.git(&[&["clone", "-q"], options, &[&self.url(), &format!("../{name}")]].concat());
        self.beside(name)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder with this repository and its neighbours.
    pub fn parent(&self) -> &Path {
        self.temp.path()
    }

    pub fn url(&self) -> String {
        format!("file://{}", self.path.display())
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// Runs git a day later, in Ann's name.
    pub fn git(&self, args: &[&str]) -> String {
        self.git_as(&ANN, args)
    }

    /// Runs git a day later.
    pub fn git_as(&self, author: &Author, args: &[&str]) -> String {
        let day = self.day.fetch_add(1, Ordering::Relaxed) + 1;
        self.run(&mut self.command(author, START + day * DAY, args))
    }

    /// Asks git something. No time passes.
    pub fn ask(&self, args: &[&str]) -> String {
        self.run(&mut self.command(&ANN, START, args))
    }

    /// Runs git with something on its standard input.
    pub fn feed(&self, args: &[&str], input: impl Into<Vec<u8>>) -> String {
        self.run(self.command(&ANN, START, args).write_stdin(input))
    }

    /// What git says when it may fail.
    pub fn try_ask(&self, args: &[&str]) -> Said {
        said(&mut self.command(&ANN, START, args))
    }

    /// The bytes of a blob.
    pub fn blob(&self, name: &str) -> Vec<u8> {
        let output = self.command(&ANN, START, &["cat-file", "blob", name]).output().unwrap();
        assert!(output.status.success(), "no blob {name}");
        output.stdout
    }

    /// The bytes that git answers with.
    pub fn ask_bytes(&self, args: &[&str]) -> Vec<u8> {
        self.command(&ANN, START, args).output().unwrap().stdout
    }

    fn run(&self, command: &mut Command) -> String {
        let said = said(command);
        assert_eq!(said.status, Some(0), "{}: {command:?}: {}", self.path.display(), said.err);
        said.out.trim_end_matches('\n').to_owned()
    }

    fn command(&self, author: &Author, seconds: i64, args: &[&str]) -> Command {
        let mut command = Command::new("git");
        let path = std::env::var_os("PATH").unwrap_or_default();
        command.env_clear().env("PATH", path).env("HOME", self.parent()).env("LC_ALL", "C");
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        // Taken in an hour after it was written.
        for (role, who, seconds) in
            [("AUTHOR", author, seconds), ("COMMITTER", &COMMITTER, seconds + 3600)]
        {
            command.env(format!("GIT_{role}_NAME"), who.name);
            command.env(format!("GIT_{role}_EMAIL"), who.email);
            command.env(format!("GIT_{role}_DATE"), format!("@{seconds} {}", who.zone));
        }
        for setting in CONFIGURATION {
            command.args(["-c", setting]);
        }
        command.args(args).current_dir(&self.path);
        command
    }

    /// Commits a file with this content, and returns the commit.
    pub fn commit(&self, path: &str, content: impl AsRef<[u8]>) -> String {
        self.commit_as(&ANN, path, content)
    }

    pub fn commit_as(&self, author: &Author, path: &str, content: impl AsRef<[u8]>) -> String {
        self.write(path, content);
        self.git(&["add", path]);
        self.git_as(author, &["commit", "-q", "-m", &format!("Edit {path}")]);
        self.id("HEAD")
    }

    /// The object that a revision names.
    pub fn id(&self, revision: &str) -> String {
        self.ask(&["rev-parse", "--verify", revision])
    }

    /// All objects of a type, reachable or not, each once.
    pub fn objects(&self, kind: &str) -> Vec<String> {
        let format = "--batch-check=%(objecttype) %(objectname)";
        let all = self.ask(&["cat-file", "--batch-all-objects", format]);
        let of_kind = |line: &str| line.strip_prefix(&format!("{kind} ")).map(str::to_owned);
        all.lines().filter_map(of_kind).collect()
    }

    /// Whether one commit stands in the history of another, or is it.
    pub fn is_ancestor(&self, old: &str, new: &str) -> bool {
        self.try_ask(&["merge-base", "--is-ancestor", old, new]).status == Some(0)
    }

    /// The folder with what all working trees share.
    pub fn git_folder(&self) -> PathBuf {
        self.path.join(self.ask(&["rev-parse", "--git-common-dir"]))
    }

    /// The packs, in order.
    pub fn packs(&self) -> Vec<PathBuf> {
        let folder = self.git_folder().join("objects/pack");
        let files = fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
        let is_pack = |path: &PathBuf| path.extension().is_some_and(|end| end == "pack");
        let mut packs: Vec<PathBuf> = files.filter(is_pack).collect();
        packs.sort();
        packs
    }

    /// How many objects lie on their own.
    pub fn loose(&self) -> usize {
        let count = self.ask(&["count-objects"]);
        count.split(' ').next().unwrap().parse().unwrap()
    }

    /// The file of a loose object.
    pub fn loose_file(&self, id: &str) -> PathBuf {
        self.git_folder().join("objects").join(&id[..2]).join(&id[2..])
    }

    /// What stands behind the head of a commit or tag.
    pub fn message(&self, name: &str) -> Vec<u8> {
        let kind = self.ask(&["cat-file", "-t", name]);
        let object = self.ask(&["cat-file", &kind, name]);
        object.split_once("\n\n").unwrap().1.as_bytes().to_vec()
    }

    /// The id of a commit, or of the object of a tag, with who made it, and when.
    pub fn teller(&self, name: &str) -> [String; 3] {
        let line = match &*self.ask(&["cat-file", "-t", name]) {
            "tag" => {
                let format =
                    "--format=%(objectname)%00%(taggername) %(taggeremail)%00%(taggerdate:unix)";
                self.ask(&["for-each-ref", format, &format!("refs/tags/{name}")])
            }
            _ => self.ask(&["log", "-1", "--format=%H%x00%an <%ae>%x00%at", name]),
        };
        let mut parts: Vec<String> = line.split('\0').map(str::to_owned).collect();
        let date = jiff::Timestamp::from_second(parts[2].parse().unwrap()).unwrap();
        parts[2] = date.to_string();
        parts.try_into().unwrap()
    }

    /// Writes a file and adds it.
    pub fn stage(&self, path: &str, content: impl AsRef<[u8]>) {
        self.write(path, content);
        self.git(&["add", "-f", path]);
    }

    /// Commits what is staged, and returns the commit.
    pub fn commit_staged(&self, message: &str) -> String {
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
        self.id("HEAD")
    }

    /// Merges what may conflict, and does not commit it.
    pub fn begin_merge(&self, branches: &[&str]) {
        let options = ["merge", "-q", "--no-commit", "--no-ff"];
        self.try_ask(&[&options[..], branches].concat());
        assert!(self.git_dir().join("MERGE_HEAD").is_file(), "no merge is going on");
    }

    /// Leaves the branch for one that begins at a revision.
    pub fn branch(&self, name: &str, start: &str) {
        self.git(&["checkout", "-q", "-b", name, start]);
    }

    pub fn checkout(&self, revision: &str) {
        self.git(&["checkout", "-q", revision]);
    }

    pub fn remove(&self, path: &str) {
        fs::remove_file(self.path.join(path)).unwrap();
    }

    /// The folder with what is this working tree's own.
    pub fn git_dir(&self) -> PathBuf {
        self.path.join(self.ask(&["rev-parse", "--git-dir"]))
    }

    /// Does what a report tells to do: a command of git.
    pub fn obey(&self, command: &str) {
        let words: Vec<&str> = command.split(' ').collect();
        assert_eq!(words[0], "git", "{command:?} is no command of git");
        self.ask(&words[1..]);
    }
}

/// The content and the time of change of all that lies in a folder.
pub fn state(folder: &Path) -> BTreeMap<PathBuf, (Vec<u8>, SystemTime)> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let facts = fs::symlink_metadata(&path).unwrap();
        if facts.is_dir() {
            found.extend(state(&path));
        }
        let bytes = if facts.is_file() { fs::read(&path).unwrap() } else { Vec::new() };
        found.insert(path, (bytes, facts.modified().unwrap()));
    }
    found
}

/// Sees to it that nothing in a folder is other than it was.
pub fn assert_unchanged(folder: &Path, before: &BTreeMap<PathBuf, (Vec<u8>, SystemTime)>) {
    let after = state(folder);
    let paths = before.keys().chain(after.keys());
    let changed: BTreeSet<_> = paths.filter(|path| before.get(*path) != after.get(*path)).collect();
    assert!(changed.is_empty(), "changed: {changed:#?}");
}
