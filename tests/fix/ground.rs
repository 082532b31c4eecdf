//! A repository with secrets in it, and what `blurt fix` makes of that.

use crate::common::repo::Repo;
use crate::common::{Said, run, syntax};
use blurt::rule::example::expand;
use bstr::ByteSlice;
use std::collections::BTreeMap;
use std::fs;

/// What stands for a secret in a text.
pub const MARK: &str = "§";

/// A repository with files in which secrets stand.
pub struct Ground {
    pub repo: Repo,
    /// The secrets, by the path of their file.
    secrets: BTreeMap<String, String>,
}

impl Ground {
    /// A repository with nothing in it.
    pub fn new() -> Self {
        Self { repo: Repo::new(), secrets: BTreeMap::new() }
    }

    /// A folder that is no repository.
    pub fn folder() -> Self {
        Self { repo: Repo::folder(), secrets: BTreeMap::new() }
    }

    /// Writes a file with a secret of its own in the place of each mark.
    pub fn plant(&mut self, path: &str, text: &str) {
        let seed = self.secrets.len() as u64;
        let secret = expand("<<sk_live_[0-9A-Za-z]{23}7>>", seed).unwrap();
        self.repo.write(path, text.replace(MARK, &secret));
        self.secrets.insert(path.to_owned(), secret);
    }

    /// The secret of a file.
    pub fn secret(&self, path: &str) -> &str {
        &self.secrets[path]
    }

    /// Puts everything into a commit.
    pub fn commit(&self) {
        self.repo.git(&["add", "-A", "-f"]);
        self.repo.git(&["commit", "-qm", "All"]);
    }

    /// Runs blurt. What it says holds no secret.
    pub fn run(&self, args: &[&str]) -> Said {
        let said = run(self.repo.path(), args);
        for secret in self.secrets.values() {
            assert!(!said.out.contains(secret), "{args:?} shows a secret:\n{}", said.out);
            assert!(!said.err.contains(secret), "{args:?} shows a secret:\n{}", said.err);
        }
        said
    }

    /// A file as it is.
    pub fn read(&self, path: &str) -> String {
        fs::read(self.repo.path().join(path)).unwrap().to_str_lossy().into_owned()
    }

    /// Whether a file still parses.
    pub fn check(&self, path: &str) {
        let content = fs::read(self.repo.path().join(path)).unwrap();
        if let Err(flaw) = syntax::check(path, &content) {
            panic!("{path}: {flaw}\n{}", content.as_bstr());
        }
    }
}
