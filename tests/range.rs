//! `blurt scan --range`, from end to end: what each commit of a range adds is found, whatever became of
//! it later, and nothing else. The commits are made by the real `git`.
//!
//! - `range/known.rs` has secrets that were there before, or were moved,
//! - `range/merges.rs` merges,
//! - `range/missing.rs` lacks commits and files, and does what reports tell to do about it,
//! - `range/asked.rs` asks for parts, leaves files out and excuses findings,
//! - `range/model.rs` compares random repositories with a plain model.

// The tests speak of `file://` addresses.
#![cfg(unix)]
#![allow(clippy::unwrap_used)] // a test may panic

#[path = "range/asked.rs"]
mod asked;
mod common;
#[path = "range/known.rs"]
mod known;
#[path = "range/merges.rs"]
mod merges;
#[path = "range/missing.rs"]
mod missing;
#[path = "range/model.rs"]
mod model;

use common::expected::{Expected, assert_range, brought, in_message, in_tag, unchanged};
use common::repo::{BEN, Repo, assert_unchanged, state};
use common::report::{Report, run};
use common::token::Token;
use std::slice;

/// A file without a secret.
const CLEAN: &str = "t = input()\n";

/// An id by which git says that there is nothing.
const ZEROS: &str = "0000000000000000000000000000000000000000";

/// Scans a range.
fn scan(repo: &Repo, range: &str) -> Report {
    Report::of(repo.path(), &["scan", "--range", range])
}

/// Sees to it that a scan of a range finds this and nothing else.
fn assert_found(repo: &Repo, range: &str, expected: &[Expected]) {
    let (_, head) = range.rsplit_once("..").unwrap();
    let head = if head.is_empty() { "HEAD" } else { head };
    assert_range(repo, head, &scan(repo, range), expected);
}

/// A repository with one commit, tagged `base`: a file with a secret, and one without.
fn repository() -> (Repo, Token) {
    let (repo, old) = (Repo::new(), Token::new("old"));
    repo.stage("clean.py", CLEAN);
    repo.stage("old.py", old.text());
    repo.commit_staged("Begin");
    repo.git(&["tag", "base"]);
    (repo, old)
}

#[test]
fn a_secret_of_one_commit() {
    let (repo, _) = repository();
    let token = Token::new("one");
    repo.commit("clean.py", format!("{CLEAN}# 1\n"));
    repo.write("src/a.py", format!("# ü\n  {}", token.text()));
    repo.git(&["add", "."]);
    repo.git_as(&BEN, &["commit", "-q", "-m", "Ben's"]);
    let commit = repo.id("HEAD");
    repo.commit("clean.py", format!("{CLEAN}# 2\n"));
    let report = scan(&repo, "base..HEAD");
    assert_range(&repo, "HEAD", &report, &[brought(&token, "src/a.py", &commit)]);
    assert_eq!((report.count("commits"), report.count("blobs")), (3, 3));
    let place = &report.findings()[&token.masked()].places[0];
    assert_eq!(place.author.as_deref(), Some("Ben Autre <ben@example.org>"));
    for range in ["base..", "base...HEAD", "base..main", "HEAD~3..HEAD"] {
        assert_found(&repo, range, &[brought(&token, "src/a.py", &commit)]);
    }
    assert_found(&repo, &format!("{commit}..HEAD"), &[]);
}

#[test]
fn a_secret_that_was_taken_out_again_is_found() {
    let (repo, _) = repository();
    let token = Token::new("in and out");
    let added = repo.commit("a.py", token.text());
    repo.commit("a.py", format!("# more\n{}", token.text()));
    let removed = repo.commit("a.py", CLEAN);
    repo.commit("clean.py", "t = 1\n");
    assert_found(&repo, "base..HEAD", &[brought(&token, "a.py", &added).removed(&[&removed])]);
    // It stands at the end of this one.
    assert_found(&repo, &format!("base..{removed}~1"), &[brought(&token, "a.py", &added)]);
    // It was there before this one, and is gone after it.
    assert_found(&repo, &format!("{added}..HEAD"), &[]);
}

#[test]
fn a_secret_that_comes_and_goes_is_told_each_time() {
    let (repo, _) = repository();
    let token = Token::new("again");
    let first = repo.commit("a.py", token.text());
    let out = repo.commit("a.py", CLEAN);
    let again = repo.commit("a.py", format!("#\n{}", token.text()));
    let expected =
        [brought(&token, "a.py", &first).removed(&[&out]), brought(&token, "a.py", &again)];
    assert_found(&repo, "base..HEAD", &expected);
    repo.git(&["rm", "-q", "a.py"]);
    let gone = repo.commit_staged("Delete it");
    let expected = [
        brought(&token, "a.py", &first).removed(&[&out]),
        brought(&token, "a.py", &again).removed(&[&gone]),
    ];
    let report = scan(&repo, "base..HEAD");
    assert_range(&repo, "HEAD", &report, &expected);
    let dates: Vec<_> =
        report.findings()[&token.masked()].places.iter().map(|place| place.date.clone()).collect();
    assert!(dates.is_sorted(), "the oldest comes first: {dates:?}");
}

#[test]
fn the_root_commit_adds_all_of_it() {
    let repo = Repo::new();
    let [root, next] = ["root", "next"].map(Token::new);
    let first = repo.commit("a.py", root.text());
    let second = repo.commit("b.py", next.text());
    let expected = [brought(&root, "a.py", &first), brought(&next, "b.py", &second)];
    assert_found(&repo, &format!("{ZEROS}..HEAD"), &expected);
    assert_found(&repo, &format!("{ZEROS}..{first}"), &expected[..1]);
    assert_found(&repo, &format!("HEAD..{ZEROS}"), &[]);
}

#[test]
fn messages_of_commits_and_of_the_tag_that_is_named() {
    let (repo, _) = repository();
    let [commit, tag, other] = ["message", "tag", "other tag"].map(Token::new);
    let id = repo.commit_staged(&format!("Rotate it\n\nIt was {}\n", commit.value));
    repo.git(&["tag", "-a", "-m", &format!("See\n\n{}", other.text()), "other"]);
    repo.git(&["tag", "-a", "-m", &format!("Release\n\n{}", tag.text()), "v1"]);
    let message = in_message(&commit, &id);
    assert_found(&repo, "base..main", slice::from_ref(&message));
    assert_found(&repo, "base..v1", &[message.clone(), in_tag(&tag, "v1")]);
    assert_found(&repo, "base..refs/tags/v1", &[message, in_tag(&tag, "v1")]);
    // The messages of the base were there before.
    assert_found(&repo, "v1..main", &[]);
}

#[test]
fn nothing_lies_between_a_commit_and_itself() {
    let (repo, _) = repository();
    repo.commit("a.py", Token::new("ahead").text());
    for range in ["HEAD..HEAD", "HEAD..base", "base..base", "HEAD...HEAD", "HEAD...base"] {
        let report = scan(&repo, range);
        assert_range(&repo, "base", &report, &[]);
        assert_eq!((report.count("commits"), report.count("blobs")), (0, 0), "{range}");
    }
    let said = run(repo.path(), &["scan", "--range", "HEAD..HEAD"]);
    assert!(said.out.contains("no secrets found"), "{}", said.out);
}

#[test]
fn what_is_no_range_is_2() {
    let (repo, _) = repository();
    for range in ["main", "", "base", "base HEAD"] {
        let said = run(repo.path(), &["scan", "--range", range]);
        assert_eq!(said.status, Some(2), "{range}");
        assert!(said.err.contains("BASE..HEAD"), "{}", said.err);
    }
    let hostile = ["\x1b[31mred..HEAD", "\u{202e}a..HEAD", "base..HEAD:old.py", "@{9}..HEAD"];
    let odd = ["base..a b", "base..HEAD^{tree}", "base..--all", "base..:/x", "base..HEAD..HEAD"];
    for range in hostile.iter().chain(&odd) {
        for format in ["text", "json", "sarif", "markdown", "github"] {
            let said = run(repo.path(), &["scan", "-f", format, "--range", range]);
            assert_eq!(said.status, Some(2), "{range:?}: {said:?}");
            // A program that reads JSON wants the name as it is, but nobody an escape sequence.
            let is_data = matches!(format, "json" | "sarif");
            let steers = |c| c == '\x1b' || c == '\u{202e}' && !is_data;
            assert!(!said.out.contains(steers), "{range:?} {format}: {:?}", said.out);
            assert!(!said.err.contains(['\x1b', '\u{202e}']), "{range:?}: {:?}", said.err);
        }
    }
    for also in ["--staged", "--history", "--stdin"] {
        assert_eq!(run(repo.path(), &["scan", "--range", "a..b", also]).status, Some(2), "{also}");
    }
}

#[test]
fn what_is_no_repository_is_told() {
    let folder = Repo::folder();
    folder.write("a.py", Token::new("no repository").text());
    let report = scan(&folder, "main..HEAD");
    assert_eq!(report.status, Some(2));
    report.assert_incomplete("name a repository");
    assert!(report.findings().is_empty());
}

/// Authors stand as the commit has them, as in a scan of the history.
#[test]
fn authors_and_dates_are_those_of_the_commit() {
    let (repo, _) = repository();
    repo.commit(".mailmap", "Somebody Else <else@example.org> <ben@example.org>\n");
    let token = Token::new("dated");
    repo.write("a.py", token.text());
    repo.git(&["add", "."]);
    repo.git_as(&BEN, &["commit", "-q", "-m", "Ben's"]);
    let first = repo.id("HEAD");
    // Another author date than that of the commit, by whoever amends it; and Ben stays the author.
    repo.git(&["commit", "-q", "--amend", "--no-edit"]);
    let amended = repo.id("HEAD");
    assert_ne!(first, amended);
    assert_eq!(repo.ask(&["log", "-1", "--format=%aN"]), "Somebody Else");
    assert_found(&repo, "base..HEAD", &[brought(&token, "a.py", &amended)]);
}

#[test]
fn a_submodule_is_another_repository() {
    let (repo, _) = repository();
    let sub = repo.add_submodule();
    sub.commit("library.py", Token::new("in the submodule").text());
    repo.git(&["add", "sub"]);
    repo.commit_staged("Use the newer library");
    let token = Token::new("after");
    repo.git(&["rm", "-q", "-f", "sub"]);
    let commit = repo.commit("sub", token.text());
    assert_found(&repo, "base..HEAD", &[brought(&token, "sub", &commit)]);
    assert_found(&repo, "base..HEAD~1", &[]);
}

/// More commits than one thread takes; half of the secrets are taken out again.
#[test]
fn many_commits_are_reported_the_same_on_any_number_of_threads() {
    let (repo, _) = repository();
    let tokens: Vec<Token> = (0..110).map(|n| Token::new(&format!("many {n}"))).collect();
    let mut stream = String::from("reset refs/heads/many\nfrom refs/tags/base^0\n\n");
    for n in 0..220 {
        let token = &tokens[n / 2];
        let text = if n % 4 == 3 { CLEAN.to_owned() } else { format!("# {n}\n{}", token.text()) };
        let message = format!("Number {n}");
        stream += &format!(
            "commit refs/heads/many\ncommitter C <c@example.org> {} +0000\ndata {}\n{message}\n",
            1_800_000_000 + n,
            message.len(),
        );
        stream += &format!("M 644 inline {}/a.py\ndata {}\n{text}\n", n / 2, text.len());
    }
    repo.feed(&["fast-import", "--quiet"], stream);
    let ids = repo.ask(&["rev-list", "--reverse", "base..many"]);
    let ids: Vec<&str> = ids.lines().collect();
    assert_eq!(ids.len(), 220);
    let paths: Vec<String> = (0..110).map(|n| format!("{n}/a.py")).collect();
    let report = scan(&repo, "base..many");
    let sample = [0, 1, 31, 32, 33, 63, 64, 65, 108, 109];
    let mut found = report.findings();
    assert_eq!((report.status, found.len(), report.count("commits")), (Some(1), 110, 220));
    for n in sample {
        let finding = found.remove(&tokens[n].masked()).unwrap();
        let place = &finding.places[0];
        assert_eq!(place.path.as_ref(), Some(&paths[n]));
        assert_eq!(place.commit.as_deref(), Some(ids[2 * n]));
        let removed: Vec<&str> = place.removed.iter().map(|removal| &*removal[0]).collect();
        let gone = n % 2 == 1;
        assert_eq!(removed, if gone { vec![ids[2 * n + 1]] } else { vec![] });
        assert_eq!(place.in_head, Some(!gone));
    }
    for more in [&["-j", "1"][..], &["-j", "2"], &["-j", "7"], &[]] {
        let other = Report::of(repo.path(), &[&["scan", "--range", "base..many"], more].concat());
        assert!(other.text == report.text, "{more:?}:\n{}\n{}", other.text, report.text);
    }
}

/// Neither files nor objects are touched, and no object is fetched.
#[test]
fn nothing_is_written() {
    let (repo, old) = repository();
    let token = Token::new("new");
    let commit = repo.commit("a.py", token.text());
    let edited = repo.commit("old.py", old.text() + "# edited\n");
    repo.stage("clean.py", "staged = 1\n");
    repo.write("clean.py", "changed = 1\n");
    let before = state(repo.parent());
    for format in ["text", "json", "jsonl", "sarif", "markdown", "github", "gitlab"] {
        let said = run(repo.path(), &["scan", "--range", "base..HEAD", "-f", format]);
        assert_eq!(said.status, Some(1), "{format}: {}", said.err);
    }
    let report = scan(&repo, "base..HEAD");
    assert_unchanged(repo.parent(), &before);
    let expected = [brought(&token, "a.py", &commit), unchanged(&old, "old.py", &edited)];
    assert_range(&repo, "HEAD", &report, &expected);
}
