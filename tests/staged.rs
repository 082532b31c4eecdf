//! `blurt scan --staged`, from end to end: what the next commit would add is found, and nothing else.
//! The index is made by the real `git`.
//!
//! - `staged/changes.rs` stages files of all kinds,
//! - `staged/commits.rs` runs in hooks, and while something is merged, amended or picked,
//! - `staged/indexes.rs` stores the index in all ways, and breaks it,
//! - `staged/places.rs` has working trees, paths and environments of all kinds.

// The tests speak of symbolic links and the rights of files as Unix has them.
#![cfg(unix)]
#![allow(clippy::unwrap_used)] // a test may panic

#[path = "staged/changes.rs"]
mod changes;
#[path = "staged/commits.rs"]
mod commits;
mod common;
#[path = "staged/indexes.rs"]
mod indexes;
#[path = "staged/places.rs"]
mod places;

use common::expected::{Expected, assert_staged, staged};
use common::repo::{Repo, assert_unchanged, state};
use common::report::{Report, run};
use common::token::Token;

/// A file without a secret.
const CLEAN: &str = "t = input()\n";

/// Scans what is staged.
fn scan(repo: &Repo) -> Report {
    Report::of(repo.path(), &["scan", "--staged"])
}

/// Sees to it that a scan of what is staged finds this and nothing else.
fn assert_found(repo: &Repo, expected: &[Expected]) {
    assert_staged(repo, &scan(repo), expected);
}

/// A repository with one commit: a file with a secret, and one without.
fn repository() -> (Repo, Token) {
    let (repo, old) = (Repo::new(), Token::new("old"));
    repo.stage("clean.py", CLEAN);
    repo.stage("old.py", old.text());
    repo.commit_staged("Begin");
    (repo, old)
}

/// More files than one thread takes: some bring a secret, some had it, some were moved.
#[test]
fn many_files_are_reported_the_same_on_any_number_of_threads() {
    let repo = Repo::new();
    let tokens: Vec<Token> = (0..300).map(|n| Token::new(&format!("many {n}"))).collect();
    let path = |n: usize| format!("{}/{n}.py", n % 7);
    let paths: Vec<String> = (0..300).map(path).collect();
    for n in (0..300).filter(|n| n % 3 == 0) {
        repo.write(&paths[n], tokens[n].text());
    }
    repo.git(&["add", "."]);
    repo.commit_staged("A third of them");
    for (path, token) in paths.iter().zip(&tokens) {
        repo.write(path, format!("import os\n{}", token.text()));
    }
    repo.git(&["add", "."]);
    let report = scan(&repo);
    let expected = |n: usize| {
        let expected = staged(&tokens[n], &paths[n]);
        if n.is_multiple_of(3) { expected.known("at HEAD") } else { expected }
    };
    assert_eq!(report.count("files"), 300);
    assert_staged(&repo, &report, &(0..300).map(expected).collect::<Vec<_>>());
    for threads in ["1", "2", "5"] {
        let other = Report::of(repo.path(), &["scan", "--staged", "-j", threads]);
        assert!(other.text == report.text, "-j {threads}:\n{}\n{}", other.text, report.text);
    }
}

/// Neither files nor objects nor the index are touched, whatever stands in it.
#[test]
fn nothing_is_written() {
    let (repo, old) = repository();
    let new = Token::new("new");
    repo.stage("old.py", old.text() + "# edited\n");
    repo.stage("sub/new.py", new.text());
    repo.write("named.py", CLEAN);
    repo.git(&["add", "-N", "named.py"]);
    repo.write("clean.py", "changed = 1\n");
    let before = state(repo.parent());
    assert_eq!(scan(&repo).status, Some(1));
    for format in ["text", "json", "jsonl", "sarif", "markdown", "github", "gitlab"] {
        let said = run(repo.path(), &["scan", "--staged", "-f", format]);
        assert_eq!(said.status, Some(1), "{format}: {}", said.err);
    }
    assert_unchanged(repo.parent(), &before);
}
