//! What is asked for and what is left out: paths, excluded files, and what markers excuse.

use crate::common::detector;
use crate::common::expected::{assert_range, brought};
use crate::common::report::Report;
use crate::common::token::Token;
use crate::{CLEAN, assert_found, repository, scan};
use blurt::rule::{Confidence, Severity};
use blurt::scan::Progress;
use blurt::source::{Excluded, Range, Span};
use blurt::triage::{Policy, Thresholds};
use std::collections::BTreeMap;
use std::fs;
use std::slice;

const ALLOW: &str = "blurt:allow github-personal-access-token -- a test";

#[test]
fn a_path_restricts() {
    let (repo, old) = repository();
    let tokens = ["src/a.py", "src/deep/b.py", "srcs/c.py", "d.py"].map(Token::new);
    for token in &tokens {
        repo.stage(&token.name, token.text());
    }
    let commit = repo.commit_staged("Four files");
    let assert = |paths: &[&str], n: &[usize]| {
        let report = Report::of(repo.path(), &[&["scan", "--range", "base..HEAD"], paths].concat());
        let expected: Vec<_> =
            n.iter().map(|n| brought(&tokens[*n], &tokens[*n].name, &commit)).collect();
        assert_range(&repo, "HEAD", &report, &expected);
    };
    assert(&["src"], &[0, 1]);
    assert(&["src/deep/"], &[1]);
    assert(&["d.py", "srcs"], &[2, 3]);
    assert(&["clean.py"], &[]);
    assert(&["."], &[0, 1, 2, 3]);
    // What is no longer there was there.
    repo.git(&["rm", "-q", "-r", "src"]);
    let gone = repo.commit_staged("Delete");
    let report = Report::of(repo.path(), &["scan", "--range", "base..HEAD", "src/deep"]);
    let expected = brought(&tokens[1], "src/deep/b.py", &commit).removed(&[&gone]);
    assert_range(&repo, "HEAD", &report, &[expected]);
    // A file came from outside of the part that is asked for.
    repo.write("src/x.py", CLEAN);
    repo.git(&["mv", "old.py", "src/old.py"]);
    let moved = repo.commit_staged("Move");
    let report = Report::of(repo.path(), &["scan", "--range", "HEAD~1..HEAD", "src"]);
    let expected = brought(&old, "src/old.py", &moved).known("moved here from old.py");
    assert_range(&repo, "HEAD", &report, &[expected]);
}

#[test]
fn a_path_is_named_from_the_current_folder() {
    let (repo, _) = repository();
    let [above, below] = ["above", "below"].map(Token::new);
    repo.stage("above.py", above.text());
    let commit = repo.commit("src/below.py", below.text());
    let scan = |folder: &str, path: &str| {
        let folder = fs::canonicalize(repo.path().join(folder)).unwrap();
        Report::of(&folder, &["scan", "--range", "base..HEAD", path])
    };
    let found = |above_name, below_name| {
        [
            brought(&below, "src/below.py", &commit).named(below_name),
            brought(&above, "above.py", &commit).named(above_name),
        ]
    };
    let expected = found("repo/above.py", "repo/src/below.py");
    assert_range(&repo, "HEAD", &scan("..", "repo"), &expected);
    assert_range(&repo, "HEAD", &scan("..", "repo/src"), &expected[..1]);
    let expected = found("../above.py", "below.py");
    assert_range(&repo, "HEAD", &scan("src", "."), &expected);
    assert_range(&repo, "HEAD", &scan("src", "below.py"), &expected[..1]);
}

#[test]
fn what_is_excluded_is_left_out() {
    let (repo, _) = repository();
    let token = Token::new("kept");
    repo.write(".blurt.toml", "[scan]\nexclude = [\"vendor/**\", \"**/*.min.js\"]\n");
    repo.stage("vendor/deep/a.py", Token::new("vendor").text());
    repo.stage("src/a.min.js", Token::new("minified").text());
    let commit = repo.commit("src/a.py", token.text());
    assert_found(&repo, "base..HEAD", &[brought(&token, "src/a.py", &commit)]);
    let report = Report::of(repo.path(), &["scan", "--range", "base..HEAD", "--exclude", "src"]);
    assert_range(&repo, "HEAD", &report, &[]);
}

#[test]
fn a_marker_in_the_version_itself_excuses() {
    let (repo, _) = repository();
    let token = Token::new("excused");
    let excused = format!("# one\nt = \"{}\"  # {ALLOW}\n", token.value);
    let commit = repo.commit("a.py", &excused);
    let ignored = brought(&token, "a.py", &commit).ignored("a test");
    assert_found(&repo, "base..HEAD", slice::from_ref(&ignored));
    // With the file, the marker went; the version that had it is excused still.
    repo.git(&["rm", "-q", "a.py"]);
    let gone = repo.commit_staged("Delete");
    assert_found(&repo, "base..HEAD", &[ignored.removed(&[&gone])]);
}

/// A commit cannot be given a marker later on; the end of the range speaks for it.
#[test]
fn a_marker_that_a_later_commit_adds_excuses() {
    let (repo, _) = repository();
    let token = Token::new("excused later");
    let commit = repo.commit("a.py", token.text());
    assert_found(&repo, "base..HEAD", &[brought(&token, "a.py", &commit)]);
    let line = format!("t = \"{}\"", token.value);
    repo.commit("a.py", format!("# one\n#\n{line}  # {ALLOW}\n"));
    assert_found(&repo, "base..HEAD", &[brought(&token, "a.py", &commit).ignored("a test")]);
    repo.commit("a.py", format!("# one\n{line}\n"));
    assert_found(&repo, "base..HEAD", &[brought(&token, "a.py", &commit)]);
}

/// Each place has to be excused.
#[test]
fn a_marker_excuses_its_own_file_only() {
    let (repo, _) = repository();
    let token = Token::new("in two files");
    repo.stage("a.py", format!("t = \"{}\"  # {ALLOW}\n", token.value));
    let commit = repo.commit("b.py", token.text());
    assert_found(&repo, "base..HEAD", &[brought(&token, "b.py", &commit)]);
    let flawed = format!("#\nt = \"{}\"  # blurt:allow *\n", token.value);
    let flawed = repo.commit("c.py", flawed);
    let report = scan(&repo, "base..HEAD");
    let expected = [brought(&token, "b.py", &commit), brought(&token, "c.py", &flawed)];
    assert_range(&repo, "HEAD", &report, &expected);
    assert!(report.err.contains("c.py:2"), "{}", report.err);
}

/// Several branches that are pushed at once, as `blurt` itself asks for them. What stands at the end of
/// one of them is not gone.
#[test]
fn a_range_may_have_several_ends() {
    let (repo, _) = repository();
    let [one, two, both] = ["one", "two", "both"].map(Token::new);
    repo.commit("both.py", both.text());
    for (name, token, text) in [("one", &one, CLEAN.to_owned()), ("two", &two, both.text())] {
        repo.branch(name, "main");
        repo.stage("both.py", text);
        repo.commit(&format!("{name}.py"), token.text());
    }
    let span = Span {
        heads: vec!["one".to_owned(), "two".to_owned()],
        without: vec!["base".to_owned()],
        base: None,
        since_parting: false,
    };
    let range = Range::new(vec![repo.path().to_owned()], Excluded::new(&[]).unwrap(), span);
    let thresholds = Thresholds { confidence: Confidence::Medium, severity: Severity::Low };
    let policy = Policy { thresholds, ..Policy::everything() };
    let outcome = blurt::scan::scan(&range, &detector(), &policy, &Progress::default());
    assert!(outcome.coverage.skipped.is_empty(), "{:?}", outcome.coverage.skipped);
    assert_eq!(outcome.coverage.commits, 3);
    let found: BTreeMap<String, (usize, bool)> = outcome
        .findings
        .iter()
        .map(|(finding, _)| {
            let [location] = &finding.locations[..] else { panic!("{:?}", finding.locations) };
            let past = location.past.as_ref().unwrap();
            (finding.secret.to_string(), (past.removed.len(), past.in_head))
        })
        .collect();
    let expected = [(&one, (0, true)), (&two, (0, true)), (&both, (1, true))];
    assert_eq!(found, expected.map(|(token, fate)| (token.masked(), fate)).into());
}
