//! Random repositories beside a plain model of what a range adds.
//!
//! A secret is brought into a file by a commit that has it there while no parent has. That is new,
//! unless it was in the repository before the range: in the base's file of that name, or in a file of a
//! parent that is gone, in which it was not new itself.

use crate::common::repo::Repo;
use crate::common::report::Place;
use crate::common::token::Token;
use crate::scan;
use std::collections::{BTreeMap, BTreeSet};

const FILES: [&str; 4] = ["a.py", "b.py", "sub/c.py", "sub/d.py"];

/// A sequence of numbers that depends on the seed alone.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) as usize % sides
    }
}

/// The files of a commit, and the secrets in them.
type Tree = BTreeMap<&'static str, BTreeSet<usize>>;

/// A commit of the model.
struct Commit {
    parents: Vec<usize>,
    tree: Tree,
}

/// A place where a commit brings a secret in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Brought {
    secret: usize,
    path: &'static str,
    commit: usize,
}

/// A history.
struct Model {
    commits: Vec<Commit>,
    tokens: Vec<Token>,
}

impl Model {
    /// Commits that edit files, move them and delete them. Without `merges` they are in a line.
    fn random(seed: u64, merges: bool) -> Self {
        let mut dice = Dice(seed);
        let mut model = Self {
            commits: vec![Commit { parents: Vec::new(), tree: Tree::from([("a.py", [0].into())]) }],
            tokens: (0..6).map(|n| Token::new(&format!("{seed} {n}"))).collect(),
        };
        while model.commits.len() < 16 {
            let newest = model.commits.len() - 1;
            let mut parents = vec![newest];
            if merges {
                parents = vec![newest - dice.roll(4.min(newest + 1))];
                while dice.roll(3) == 0 && parents.len() < 3 {
                    let other = dice.roll(newest + 1);
                    if !parents.contains(&other) {
                        parents.push(other);
                    }
                }
            }
            let tree = model.edited(&parents, &mut dice);
            model.commits.push(Commit { parents, tree });
        }
        model
    }

    /// Files from the parents at random, some of them edited.
    fn edited(&self, parents: &[usize], dice: &mut Dice) -> Tree {
        let mut tree = Tree::new();
        for path in FILES {
            let side = &self.commits[parents[dice.roll(parents.len())]].tree;
            tree.extend(side.get(path).map(|secrets| (path, secrets.clone())));
        }
        let edits = if parents.len() > 1 { dice.roll(2) } else { 1 + dice.roll(2) };
        for _ in 0..edits {
            let path = FILES[dice.roll(FILES.len())];
            match dice.roll(7) {
                0 => drop(tree.remove(path)),
                1 | 2 => {
                    if let Some(secrets) = tree.remove(path) {
                        tree.insert(FILES[dice.roll(FILES.len())], secrets);
                    }
                }
                3 => drop(tree.entry(path).or_default().pop_last()),
                _ => drop(tree.entry(path).or_default().insert(dice.roll(self.tokens.len()))),
            }
        }
        tree
    }

    /// Whether a commit has a secret in a file.
    fn has(&self, commit: usize, path: &str, secret: usize) -> bool {
        self.commits[commit].tree.get(path).is_some_and(|secrets| secrets.contains(&secret))
    }

    /// A commit and all that it comes from.
    fn history(&self, commit: usize) -> BTreeSet<usize> {
        let mut found = BTreeSet::from([commit]);
        for n in (0..=commit).rev() {
            if found.contains(&n) {
                found.extend(&self.commits[n].parents);
            }
        }
        found
    }

    fn is_brought(&self, Brought { secret, path, commit }: Brought) -> bool {
        let mut parents = self.commits[commit].parents.iter();
        self.has(commit, path, secret) && !parents.any(|parent| self.has(*parent, path, secret))
    }

    /// Whether a commit takes a secret out of a file in which a parent has it.
    fn takes_out(&self, commit: usize, path: &str, secret: usize) -> bool {
        let mut parents = self.commits[commit].parents.iter();
        !self.has(commit, path, secret) && parents.any(|parent| self.has(*parent, path, secret))
    }

    /// Makes it with git: each commit has a tag `c` with its number.
    fn make(&self) -> Repo {
        let repo = Repo::new();
        let mut stream = String::new();
        for (n, commit) in self.commits.iter().enumerate() {
            stream += &format!(
                "commit refs/tags/c{n}\nmark :{}\nauthor A <a@example.org> {} +0000\n\
                 committer C <c@example.org> {} +0000\ndata 1\n{}\n",
                n + 1,
                1_800_000_000 + n,
                1_800_000_000 + n,
                n % 10,
            );
            for (at, parent) in commit.parents.iter().enumerate() {
                let word = if at == 0 { "from" } else { "merge" };
                stream += &format!("{word} :{}\n", parent + 1);
            }
            stream += "deleteall\n";
            for (path, secrets) in &commit.tree {
                let lines = secrets.iter().map(|secret| self.tokens[*secret].line());
                // It has a line that is not a secret: for a scan, an empty file is as good as none.
                let text = format!("# {path}\n{}", lines.collect::<String>());
                stream += &format!("M 644 inline {path}\ndata {}\n{text}\n", text.len());
            }
        }
        repo.feed(&["fast-import", "--quiet"], stream);
        repo
    }
}

/// A range of a history that git has.
struct Range<'m> {
    model: &'m Model,
    /// The ids of all commits.
    ids: &'m [String],
    base: usize,
    head: usize,
    commits: BTreeSet<usize>,
}

impl<'m> Range<'m> {
    fn new(model: &'m Model, ids: &'m [String], base: usize, head: usize) -> Self {
        let commits = model.history(head).difference(&model.history(base)).copied().collect();
        Self { model, ids, base, head, commits }
    }

    /// What its commits bring in.
    fn brought(&self) -> BTreeSet<Brought> {
        let places = self.commits.iter().flat_map(|commit| {
            let files = self.model.commits[*commit].tree.iter();
            files.flat_map(|(path, secrets)| {
                secrets.iter().map(|secret| Brought { secret: *secret, path, commit: *commit })
            })
        });
        places.filter(|place| self.model.is_brought(*place)).collect()
    }

    /// Whether a secret that stands in a file of a commit was in the repository before the range.
    fn is_old(&self, at: Brought) -> bool {
        let (model, Brought { secret, path, commit }) = (self.model, at);
        if !self.commits.contains(&commit) || model.has(self.base, path, secret) {
            return true;
        }
        let parents = &model.commits[commit].parents;
        if !model.is_brought(at) {
            let mut holders = parents.iter().filter(|parent| model.has(**parent, path, secret));
            return holders.any(|parent| self.is_old(Brought { commit: *parent, ..at }));
        }
        let without = parents.iter().filter(|n| !model.commits[**n].tree.contains_key(path));
        let gone = without.flat_map(|parent| {
            let paths = model.commits[*parent].tree.keys();
            let gone = paths.filter(|path| !model.commits[commit].tree.contains_key(*path));
            gone.map(|path| Brought { secret, path, commit: *parent })
        });
        gone.filter(|at| model.has(at.commit, at.path, secret)).any(|at| self.is_old(at))
    }

    /// The commits in which the base and the head parted last.
    fn parted(&self) -> BTreeSet<usize> {
        let (base, head) = (self.model.history(self.base), self.model.history(self.head));
        let common: BTreeSet<usize> = base.intersection(&head).copied().collect();
        let is_best = |commit: &usize| {
            let later = common.iter().filter(|later| *later != commit);
            !later.into_iter().any(|later| self.model.history(*later).contains(commit))
        };
        common.iter().copied().filter(is_best).collect()
    }

    /// What a merge into the base would bring although no commit of the range does, at the commits that
    /// are named for it.
    fn kept(&self, brought: &BTreeSet<Brought>) -> BTreeSet<Brought> {
        let model = self.model;
        let merges: Vec<usize> =
            self.commits.iter().copied().filter(|n| model.commits[*n].parents.len() > 1).collect();
        let head = &model.commits[self.head].tree;
        let mut kept = BTreeSet::new();
        for parted in self.parted().into_iter().filter(|_| !merges.is_empty()) {
            let before = &model.commits[parted].tree;
            let places =
                head.iter().flat_map(|(path, secrets)| secrets.iter().map(move |s| (*path, *s)));
            for (path, secret) in places {
                let is_told =
                    |at: &Brought| (at.secret, at.path) == (secret, path) && !self.is_old(*at);
                let mut gone = before.keys().filter(|gone| !head.contains_key(*gone));
                let is_moved =
                    !before.contains_key(path) && gone.any(|gone| model.has(parted, gone, secret));
                let is_held = model.has(self.base, path, secret) || model.has(parted, path, secret);
                if is_held || is_moved || brought.iter().any(is_told) {
                    continue;
                }
                let same = |n: &&usize| model.commits[**n].tree.get(path) == head.get(path);
                let commit = merges.iter().find(same).copied().unwrap_or(self.head);
                kept.insert(Brought { secret, path, commit });
            }
        }
        kept
    }

    /// Compares a scan with the model.
    fn assert_found(&self, repo: &Repo, what: &str) {
        let Self { base, head, .. } = self;
        let (brought, report) = (self.brought(), scan(repo, &format!("c{base}..c{head}")));
        assert_eq!(report.json["coverage"]["complete"], true, "{what}");
        assert_eq!(report.count("commits"), self.commits.len(), "{what}");
        let found = report.findings();
        let kept = self.kept(&brought);
        for (secret, token) in self.model.tokens.iter().enumerate() {
            let of_secret = brought.iter().filter(|brought| brought.secret == secret);
            let (old, mut new): (BTreeSet<Brought>, BTreeSet<Brought>) =
                of_secret.partition(|brought| self.is_old(**brought));
            new.extend(kept.iter().filter(|kept| kept.secret == secret));
            let finding = found.get(&token.masked());
            let status = finding.map(|finding| &*finding.status);
            if !new.is_empty() {
                assert_eq!(status, Some("new"), "{what}: {new:?}");
            } else if finding.is_some() || !old.is_empty() {
                assert_eq!(status, Some("known"), "{what}: secret {secret}, {old:?}");
            }
            let places = finding.iter().flat_map(|finding| &finding.places);
            let places: Vec<&Place> = places.filter(|place| place.commit.is_some()).collect();
            let told: Vec<Brought> = places.iter().map(|place| self.told(secret, place)).collect();
            // The places that were there before are not to be looked at.
            let expected = if new.is_empty() { old } else { new };
            assert_eq!(told.iter().copied().collect::<BTreeSet<_>>(), expected, "{what}");
            assert_eq!(told.len(), expected.len(), "{what}: told twice");
            for (brought, place) in told.into_iter().zip(places) {
                self.assert_fate(brought, place, &format!("{what}: {brought:?}"));
            }
        }
    }

    /// A place of a finding in the words of the model.
    fn told(&self, secret: usize, place: &Place) -> Brought {
        let path = FILES.into_iter().find(|path| Some(*path) == place.path.as_deref()).unwrap();
        Brought { secret, path, commit: self.number(place.commit.as_ref().unwrap()) }
    }

    fn number(&self, id: &String) -> usize {
        self.ids.iter().position(|known| known == id).unwrap()
    }

    /// Compares what became of a secret after a commit brought it in.
    fn assert_fate(&self, brought: Brought, place: &Place, what: &str) {
        let (model, Brought { secret, path, commit }) = (self.model, brought);
        assert_eq!(place.in_head, Some(model.has(self.head, path, secret)), "{what}");
        let removed: BTreeSet<usize> =
            place.removed.iter().map(|removal| self.number(&removal[0])).collect();
        assert_eq!(removed.len(), place.removed.len(), "{what}");
        for remover in &removed {
            assert!(self.commits.contains(remover) && *remover != commit, "{what}: {remover}");
            assert!(model.takes_out(*remover, path, secret), "{what}: {remover}");
            assert!(model.history(*remover).contains(&commit), "{what}: {remover}");
        }
        if place.in_head == Some(false) {
            assert!(!removed.is_empty(), "{what}: nobody took it out");
        }
        let is_line = |(n, commit): (usize, &Commit)| n == 0 || commit.parents == [n - 1];
        if model.commits.iter().enumerate().all(is_line) {
            let first = (commit + 1..=self.head).find(|n| model.takes_out(*n, path, secret));
            assert_eq!(removed, first.into_iter().collect(), "{what}");
        }
    }
}

fn assert_model(seed: u64, merges: bool) {
    let model = Model::random(seed, merges);
    let repo = model.make();
    let ids: Vec<String> = (0..model.commits.len()).map(|n| repo.id(&format!("c{n}"))).collect();
    let last = model.commits.len() - 1;
    let mut dice = Dice(seed ^ 0xff);
    for _ in 0..5 {
        let head = last - dice.roll(3);
        let base = dice.roll(last + 1);
        let range = Range::new(&model, &ids, base, head);
        range.assert_found(&repo, &format!("seed {seed}, c{base}..c{head}"));
    }
}

#[test]
fn lines_of_commits_are_as_the_model_says() {
    for seed in 1..=4 {
        assert_model(seed, false);
    }
}

#[test]
fn graphs_of_commits_are_as_the_model_says() {
    for seed in 1..=10 {
        assert_model(seed, true);
    }
}
