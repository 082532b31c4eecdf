//! What has to be found. A test says where it has hidden a secret; all else comes from git: lines
//! from the texts, authors and dates from the commits, refs from `git for-each-ref --contains`. And
//! git has to agree that the secret came in there and nowhere else.

use crate::common::token::{Token, position};
use crate::repo::{DAY, Repo};
use crate::report::{Exposure, Finding, NOW, Place, Report};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

const RULE: &str = "github-personal-access-token";

/// A report names no more refs than that.
const REFS_NAMED: usize = 20;

/// A secret, and the places where it was hidden.
pub struct Hidden {
    pub name: &'static str,
    pub secret: String,
    spots: Vec<Spot>,
}

/// One such place.
enum Spot {
    /// A file that `commit` brought it into, and the commits that took it out again.
    File { path: String, commit: String, removed: Vec<String> },
    /// A file of the working tree.
    WorkingTree(String),
    /// A file that was added and not committed.
    Index(String),
    /// The message of a commit.
    CommitMessage(String),
    /// The message of an annotated tag, by its name.
    TagMessage(String),
    /// A note on a commit.
    Note(String),
    /// A blob that nothing leads to.
    Blob(String),
}

impl Hidden {
    /// A secret that depends on the name alone.
    pub fn new(name: &'static str) -> Self {
        Self { name, secret: Token::new(name).value, spots: Vec::new() }
    }

    /// A text with the secret in its second line.
    pub fn text(&self) -> String {
        Token::new(self.name).text()
    }

    pub fn in_file(mut self, path: &str, commit: &str, removed: &[&str]) -> Self {
        let removed = removed.iter().map(|&commit| commit.to_owned()).collect();
        self.spots.push(Spot::File { path: path.to_owned(), commit: commit.to_owned(), removed });
        self
    }

    pub fn in_working_tree(self, path: &str) -> Self {
        self.at(Spot::WorkingTree(path.to_owned()))
    }

    pub fn in_index(self, path: &str) -> Self {
        self.at(Spot::Index(path.to_owned()))
    }

    pub fn in_commit_message(self, commit: &str) -> Self {
        self.at(Spot::CommitMessage(commit.to_owned()))
    }

    pub fn in_tag_message(self, tag: &str) -> Self {
        self.at(Spot::TagMessage(tag.to_owned()))
    }

    pub fn in_note(self, commit: &str) -> Self {
        self.at(Spot::Note(commit.to_owned()))
    }

    pub fn in_blob(self, id: &str) -> Self {
        self.at(Spot::Blob(id.to_owned()))
    }

    fn at(mut self, spot: Spot) -> Self {
        self.spots.push(spot);
        self
    }

    /// The same without what is not in the history.
    pub fn without_working_tree(mut self) -> Self {
        self.spots.retain(|spot| !matches!(spot, Spot::WorkingTree(_)));
        self
    }

    /// How a report shows it.
    pub fn masked(&self) -> String {
        Token::new(self.name).masked()
    }
}

/// Sees to it that a report tells of these secrets, all that there is to tell, and of nothing else.
pub fn assert_found(repo: &Repo, hidden: &[Hidden], report: &Report) {
    let facts = Facts::of(repo);
    let mut found = report.findings();
    let mut wrong = Vec::new();
    for hidden in hidden {
        let expected = facts.finding(hidden);
        match found.remove(&hidden.masked()) {
            None => wrong.push(format!("{}: missing", hidden.name)),
            Some(found) if found == expected => {}
            Some(found) => wrong
                .push(format!("{}:\n  found    {found:?}\n  expected {expected:?}", hidden.name)),
        }
    }
    wrong.extend(found.iter().map(|(secret, found)| format!("{secret}: not hidden: {found:?}")));
    assert!(wrong.is_empty(), "\n{}\n{}", wrong.join("\n"), report.err);
}

/// What git says of a repository.
pub struct Facts<'a> {
    repo: &'a Repo,
    /// Every commit, reachable or not, with its parents.
    parents: BTreeMap<String, Vec<String>>,
}

impl<'a> Facts<'a> {
    pub fn of(repo: &'a Repo) -> Self {
        let commits = repo.objects("commit");
        let lines =
            repo.feed(&["rev-list", "--parents", "--no-walk", "--stdin"], commits.join("\n"));
        let ids = |line: &str| -> Vec<String> { line.split(' ').map(str::to_owned).collect() };
        let parents = lines.lines().map(ids).map(|mut ids| (ids.remove(0), ids)).collect();
        Self { repo, parents }
    }

    /// All that there is to tell of a secret.
    pub fn finding(&self, hidden: &Hidden) -> Finding {
        let held = self.held(&hidden.secret);
        self.assert_true(hidden, &held);
        let (mut old, mut rest) = (Vec::new(), Vec::new());
        for spot in &hidden.spots {
            let place = self.place(spot, &hidden.secret);
            if place.date.is_some() { old.push(place) } else { rest.push(place) }
        }
        old.sort_by(|a, b| a.date.cmp(&b.date));
        let exposure = self.exposure(hidden, &old, &held);
        let places = old.into_iter().chain(rest).collect();
        let [rule, confidence, status] = [RULE, "high", "new"].map(str::to_owned);
        Finding { rule, confidence, status, reason: None, places, exposure }
    }

    /// Every commit and path in it where the secret stands.
    fn held(&self, secret: &str) -> BTreeSet<(String, String)> {
        let mut args = vec!["grep", "-lzaF", "-e", secret];
        args.extend(self.parents.keys().map(String::as_str));
        if self.parents.is_empty() {
            return BTreeSet::new();
        }
        let said = self.repo.try_ask(&args);
        let place = |place: &str| {
            let (commit, path) = place.split_once(':').unwrap();
            (commit.to_owned(), path.to_owned())
        };
        said.out.split_terminator('\0').map(place).collect()
    }

    /// Sees to it that the secret came into files as the test says.
    fn assert_true(&self, hidden: &Hidden, held: &BTreeSet<(String, String)>) {
        let is_held =
            |commit: &String, path: &String| held.contains(&(commit.clone(), path.clone()));
        let by_parent =
            |commit: &String, path: &String| self.parents[commit].iter().any(|p| is_held(p, path));
        let brought: BTreeSet<_> =
            held.iter().filter(|(commit, path)| !by_parent(commit, path)).cloned().collect();
        let mut said = BTreeSet::new();
        for spot in &hidden.spots {
            match spot {
                Spot::File { path, commit, removed } => {
                    said.insert((commit.clone(), path.clone()));
                    let taken = |c: &String| !is_held(c, path) && by_parent(c, path);
                    assert!(removed.iter().all(taken), "{}: not taken out there", hidden.name);
                }
                // It lies in a file of its own ref, which is reported as a note.
                Spot::Note(_) => return,
                _ => {}
            }
        }
        assert_eq!(said, brought, "{}: git sees it come in elsewhere", hidden.name);
    }

    fn place(&self, spot: &Spot, secret: &str) -> Place {
        let repo = self.repo;
        let (text, path, teller) = match spot {
            Spot::File { path, commit, .. } => {
                (repo.blob(&format!("{commit}:{path}")), Some(path), Some(self.commit(commit)))
            }
            Spot::WorkingTree(path) => {
                (fs::read(repo.path().join(path)).unwrap(), Some(path), None)
            }
            Spot::Index(path) => (repo.blob(&format!(":{path}")), Some(path), None),
            Spot::CommitMessage(commit) => (repo.message(commit), None, Some(self.commit(commit))),
            Spot::TagMessage(tag) => (repo.message(tag), None, Some(repo.teller(tag))),
            Spot::Note(commit) => {
                let text = repo.ask(&["notes", "show", commit]).into_bytes();
                (text, None, Some(self.commit("refs/notes/commits")))
            }
            Spot::Blob(id) => (repo.blob(id), None, None),
        };
        let (line, column) = position(&text, secret);
        let [_, author, date] = teller.map_or([None, None, None], |teller| teller.map(Some));
        Place {
            path: path.cloned(),
            line,
            column,
            commit: self.commit_of(spot),
            author,
            date,
            in_head: self.in_head(spot, secret),
            removed: match spot {
                Spot::File { removed, .. } => removed.iter().map(|id| self.commit(id)).collect(),
                _ => Vec::new(),
            },
            via: match spot {
                Spot::File { .. } | Spot::WorkingTree(_) => Vec::new(),
                Spot::Index(_) => vec!["index".to_owned()],
                Spot::CommitMessage(_) => vec!["commit-message".to_owned()],
                Spot::TagMessage(_) => vec!["tag-message".to_owned()],
                Spot::Note(_) => vec!["note".to_owned()],
                Spot::Blob(id) => vec![format!("blob {id}")],
            },
        }
    }

    /// The commit that a place names.
    fn commit_of(&self, spot: &Spot) -> Option<String> {
        match spot {
            Spot::File { commit, .. } | Spot::CommitMessage(commit) | Spot::Note(commit) => {
                Some(commit.clone())
            }
            Spot::TagMessage(tag) => Some(self.repo.id(&format!("{tag}^{{commit}}"))),
            Spot::WorkingTree(_) | Spot::Index(_) | Spot::Blob(_) => None,
        }
    }

    fn in_head(&self, spot: &Spot, secret: &str) -> Option<bool> {
        let Spot::File { path, .. } = spot else { return None };
        let paths = self.repo.try_ask(&["grep", "-lzaF", "-e", secret, "HEAD"]).out;
        Some(paths.split_terminator('\0').any(|held| held == format!("HEAD:{path}")))
    }

    /// A commit with its author and date.
    fn commit(&self, id: &str) -> [String; 3] {
        self.repo.teller(id)
    }

    fn exposure(
        &self,
        hidden: &Hidden,
        old: &[Place],
        held: &BTreeSet<(String, String)>,
    ) -> Exposure {
        let first_seen = old.first().and_then(|place| place.date.clone());
        let of_holder = held.iter().map(|(commit, _)| self.commit(commit)[2].clone());
        // A message is held by what it belongs to.
        let last_seen = of_holder.chain(old.iter().filter_map(|place| place.date.clone())).max();
        let age = first_seen.as_ref().map(|date| {
            let date: jiff::Timestamp = date.parse().unwrap();
            (NOW - date.as_second()) / DAY
        });
        let refs = self.refs(hidden);
        let indexed = hidden.spots.iter().any(|spot| matches!(spot, Spot::Index(_)));
        Exposure {
            first_seen,
            last_seen,
            age_days: age,
            in_tree: hidden.spots.iter().any(|spot| matches!(spot, Spot::WorkingTree(_))),
            in_history: Some(!old.is_empty()),
            pushed: self.pushed(hidden),
            ref_count: refs.len() as u64,
            unreachable: refs.is_empty() && !indexed,
            refs: refs.into_iter().take(REFS_NAMED).collect(),
        }
    }

    /// The refs whose history holds it or, if there are none, the entries of reflogs.
    fn refs(&self, hidden: &Hidden) -> BTreeSet<String> {
        let refs: BTreeSet<String> =
            hidden.spots.iter().flat_map(|spot| self.refs_of(spot)).collect();
        if !refs.is_empty() {
            return refs;
        }
        let commits = hidden.spots.iter().filter_map(|spot| self.commit_of(spot));
        commits.flat_map(|commit| self.reflog_entries(&commit)).collect()
    }

    fn refs_of(&self, spot: &Spot) -> Vec<String> {
        match spot {
            Spot::File { commit, .. } | Spot::CommitMessage(commit) => {
                let contains = format!("--contains={commit}");
                let refs = self.repo.ask(&["for-each-ref", &contains, "--format=%(refname)"]);
                let heads = self.detached_heads().into_iter();
                let heads = heads.filter(|(_, head)| self.repo.is_ancestor(commit, head));
                refs.lines().map(str::to_owned).chain(heads.map(|(name, _)| name)).collect()
            }
            Spot::TagMessage(tag) => vec![format!("refs/tags/{tag}")],
            Spot::Note(_) => vec!["refs/notes/commits".to_owned()],
            Spot::WorkingTree(_) | Spot::Index(_) | Spot::Blob(_) => Vec::new(),
        }
    }

    /// Heads that are on no branch, with their commits.
    fn detached_heads(&self) -> Vec<(String, String)> {
        let folder = self.repo.git_folder();
        let linked = fs::read_dir(folder.join("worktrees")).into_iter().flatten();
        let linked = linked.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let names = linked.map(|name| format!("worktrees/{name}/HEAD")).chain(["HEAD".to_owned()]);
        let heads = names.map(|name| {
            let head = fs::read_to_string(folder.join(&name)).unwrap().trim().to_owned();
            (name, head)
        });
        heads.filter(|(_, head)| !head.starts_with("ref:")).collect()
    }

    fn reflog_entries(&self, commit: &str) -> Vec<String> {
        let refs = self.repo.ask(&["for-each-ref", "--format=%(refname)"]);
        let has_log =
            |name: &&str| self.repo.try_ask(&["reflog", "exists", name]).status == Some(0);
        let entries = ["HEAD"].into_iter().chain(refs.lines()).filter(has_log).flat_map(|name| {
            let entries = self.repo.ask(&["log", "-g", "--format=%gD %H", name, "--"]);
            entries.lines().map(str::to_owned).collect::<Vec<_>>()
        });
        let holds = |entry: String| {
            let (name, head) = entry.split_once(' ').unwrap();
            self.repo.is_ancestor(commit, head).then(|| name.to_owned())
        };
        entries.filter_map(holds).collect()
    }

    /// Whether a remote-tracking branch has it; `None` if there is none at all.
    fn pushed(&self, hidden: &Hidden) -> Option<bool> {
        let remotes = self.repo.ask(&["for-each-ref", "refs/remotes"]);
        let mut refs = hidden.spots.iter().flat_map(|spot| self.refs_of(spot));
        (!remotes.is_empty()).then(|| refs.any(|name| name.starts_with("refs/remotes/")))
    }
}
