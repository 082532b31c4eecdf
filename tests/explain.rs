//! `blurt explain`: for each way in which something is reported or is not, the answer names what decided, and
//! where; and it agrees with what a scan reports.

#![allow(clippy::unwrap_used)] // a test may panic

#[path = "explain/access.rs"]
mod access;
mod common;
#[path = "explain/ends.rs"]
mod ends;
#[path = "explain/fixtures.rs"]
mod fixtures;
#[path = "explain/places.rs"]
mod places;

use blurt::rule::example::expand;
use common::{Said, blurt, run, said};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// A folder with files.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    /// One that is a repository.
    fn repository() -> Self {
        let folder = Self::new();
        folder.git(&["init", "-q"]);
        folder
    }

    fn git(&self, args: &[&str]) {
        let mut git = Command::new("git");
        git.args(args).current_dir(self.path()).env("GIT_CONFIG_GLOBAL", "/dev/null");
        assert!(git.status().unwrap().success());
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn with(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    fn explain(&self, args: &[&str]) -> Said {
        run(self.path(), &[&["explain"], args].concat())
    }

    /// What it says as JSON.
    fn json(&self, args: &[&str]) -> Value {
        let said = self.explain(&[&["-f", "json"], args].concat());
        assert_eq!(said.status, Some(0), "{}", said.err);
        serde_json::from_str(&said.out).unwrap()
    }
}

/// What a pattern expands to.
fn value(pattern: &str, seed: u64) -> String {
    expand(&format!("<<{pattern}>>"), seed).unwrap()
}

/// A token of GitHub, which its checksum makes certain.
fn token(seed: u64) -> String {
    value("ghp_[0-9A-Za-z]{30}|github", seed)
}

/// Line and column of a part of a text.
fn position(text: &str, part: &str) -> (u64, u64) {
    let before = &text[..text.find(part).unwrap()];
    let line = before.rfind('\n').map_or(0, |end| end + 1);
    (before.matches('\n').count() as u64 + 1, before[line..].chars().count() as u64 + 1)
}
