//! The moment of a commit: hooks, merges, and what is amended or picked.

use crate::common::expected::{assert_in_part, assert_staged, staged};
use crate::common::repo::Repo;
use crate::common::report::Report;
use crate::common::token::Token;
use crate::{CLEAN, assert_found, repository, scan};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

/// A hook before commits that scans what is staged, and leaves its report beside the repository.
struct Hook<'a>(&'a Repo);

impl<'a> Hook<'a> {
    fn install(repo: &'a Repo, args: &str) -> Self {
        let folder = repo.parent().display();
        let script = format!(
            "#!/bin/sh\n\
             '{}' scan --staged {args} -f json >'{folder}/out' 2>'{folder}/err'\n\
             status=$?\n\
             echo $status >'{folder}/status'\n\
             exit $status\n",
            env!("CARGO_BIN_EXE_blurt")
        );
        let path = repo.git_folder().join("hooks/pre-commit");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, script).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
        Self(repo)
    }

    /// Commits, and returns the report of the hook. The commit is made if and only if it ended with 0.
    fn commit(&self, args: &[&str]) -> Report {
        let repo = self.0;
        let before = repo.try_ask(&["rev-parse", "-q", "--verify", "HEAD"]).out;
        let said = repo.try_ask(&[&["commit", "-q", "-m", "Try"], args].concat());
        let after = repo.try_ask(&["rev-parse", "-q", "--verify", "HEAD"]).out;
        let read = |name: &str| fs::read_to_string(repo.parent().join(name)).unwrap();
        let status: i32 = read("status").trim().parse().unwrap();
        assert_eq!(said.status == Some(0), status == 0, "{said:?}");
        assert_eq!(before != after, status == 0, "{said:?}");
        Report::read(Some(status), read("out"), read("err"))
    }

    /// Commits, and returns the places of the findings that are new, as `path:line`.
    fn stopped_by(&self, args: &[&str]) -> Vec<String> {
        let report = self.commit(args);
        let findings = report.findings().into_values().filter(|finding| finding.status == "new");
        let places = findings.flat_map(|finding| finding.places);
        let mut places: Vec<String> = places
            .map(|place| format!("{}:{}", place.path.unwrap_or_default(), place.line))
            .collect();
        places.sort();
        places
    }
}

#[test]
fn a_hook_stops_a_commit() {
    let (repo, token) = (Repo::new(), Token::new("first"));
    let hook = Hook::install(&repo, "");
    repo.stage("a.py", token.text());
    assert_eq!(hook.stopped_by(&[]), ["a.py:2"]);
    repo.stage("a.py", CLEAN);
    repo.write("untracked.py", token.text());
    assert!(hook.stopped_by(&[]).is_empty());
}

/// Git makes an index of its own for them, and says where it is.
#[test]
fn a_hook_sees_what_is_committed_without_being_staged() {
    let (repo, _) = repository();
    repo.commit("sub/other.py", CLEAN);
    let hook = Hook::install(&repo, "");
    let [all, named] = ["commit -a", "commit PATH"].map(Token::new);
    repo.write("clean.py", all.text());
    assert_eq!(hook.stopped_by(&["-a"]), ["clean.py:2"]);
    repo.write("sub/other.py", format!("#\n{}", named.text()));
    assert_eq!(hook.stopped_by(&["sub/other.py"]), ["sub/other.py:3"]);
    assert_eq!(hook.stopped_by(&["-i", "sub/other.py"]), ["sub/other.py:3"]);
    // What is staged beside it is not in that commit.
    repo.stage("clean.py", all.text());
    repo.write("sub/other.py", "t = input() # 2\n");
    assert!(hook.stopped_by(&["sub/other.py"]).is_empty());
    assert_eq!(hook.stopped_by(&[]), ["clean.py:2"]);
}

/// A hook may name paths, and the index of the commit is the same.
#[test]
fn a_hook_for_a_folder_sees_what_is_committed() {
    let (repo, _) = repository();
    repo.commit("src/a.py", CLEAN);
    let token = Token::new("in the folder");
    repo.write("src/a.py", token.text());
    assert_eq!(Hook::install(&repo, "src").stopped_by(&["-a"]), ["src/a.py:2"]);
    let hook = Hook::install(&repo, "docs src");
    assert_eq!(hook.stopped_by(&["src/a.py"]), ["src/a.py:2"]);
    repo.stage("src/a.py", token.text());
    repo.write("clean.py", "t = input() # 2\n");
    assert!(hook.stopped_by(&["clean.py"]).is_empty(), "src/a.py is not in this commit");
}

#[test]
fn a_hook_of_a_linked_worktree_sees_its_index() {
    let (repo, _) = repository();
    Hook::install(&repo, "");
    repo.git(&["worktree", "add", "-q", "../linked"]);
    let linked = repo.beside("linked");
    let token = Token::new("linked");
    repo.stage("main.py", Token::new("main").text());
    linked.stage("sub/a.py", token.text());
    assert_eq!(Hook(&linked).stopped_by(&[]), ["sub/a.py:2"]);
    linked.write("clean.py", token.text());
    linked.git(&["rm", "-q", "-f", "sub/a.py"]);
    assert_eq!(Hook(&linked).stopped_by(&["-a"]), ["clean.py:2"]);
}

/// An amended commit is compared with itself: git does not tell a hook that it is amended.
#[test]
fn what_is_amended_adds_what_is_staged() {
    let (repo, old) = repository();
    let hook = Hook::install(&repo, "");
    let new = Token::new("amended");
    repo.stage("old.py", old.text() + &new.line());
    assert_eq!(hook.stopped_by(&["--amend"]), ["old.py:3"]);
    repo.stage("old.py", old.text() + "# more\n");
    let report = hook.commit(&["--amend"]);
    assert_staged(&repo, &report, &[staged(&old, "old.py").known("HEAD")]);
    assert_eq!(repo.ask(&["rev-list", "--count", "HEAD"]), "1");
}

/// Two branches that changed the same line, and one file more each.
fn diverged() -> (Repo, [Token; 3]) {
    let (repo, _) = repository();
    let tokens = ["ours", "theirs", "theirs alone"].map(Token::new);
    repo.branch("topic", "main");
    repo.stage("clean.py", tokens[1].line());
    repo.stage("theirs.py", tokens[2].text());
    repo.commit_staged("Theirs");
    repo.checkout("main");
    repo.commit("clean.py", tokens[0].line());
    (repo, tokens)
}

#[test]
fn a_conflict_is_not_staged() {
    let (repo, _) = diverged();
    repo.begin_merge(&["topic"]);
    assert!(repo.ask(&["ls-files", "-u"]).contains("clean.py"));
    let report = scan(&repo);
    assert_in_part(&repo, "HEAD", &report, "git add", &[]);
    assert_eq!(report.skipped().len(), 1, "{:?}", report.skipped());
    assert!(report.skipped()[0].starts_with("clean.py has conflicts"), "{:?}", report.skipped());
    // A finding beside it is told with it.
    let beside = Token::new("beside the conflict");
    repo.stage("beside.py", beside.text());
    assert_in_part(&repo, "HEAD", &scan(&repo), "git add", &[staged(&beside, "beside.py")]);
    repo.git(&["rm", "-q", "--cached", "beside.py"]);
    // What it says is done.
    repo.stage("clean.py", CLEAN);
    assert_found(&repo, &[]);
}

#[test]
fn a_merge_adds_what_it_resolves() {
    let (repo, [ours, theirs, _]) = diverged();
    repo.begin_merge(&["topic"]);
    let new = Token::new("resolved");
    repo.stage("clean.py", ours.line() + &theirs.line() + &new.line());
    // What both sides bring was there; `theirs.py` is as the other side has it.
    let known = |token| staged(token, "clean.py").known("");
    assert_found(&repo, &[staged(&new, "clean.py"), known(&ours), known(&theirs)]);
    repo.stage("clean.py", ours.line());
    assert_found(&repo, &[]);
    repo.stage("theirs.py", Token::new("theirs alone").text() + &new.line());
    let [alone, new] = [Token::new("theirs alone"), new];
    assert_found(&repo, &[staged(&new, "theirs.py"), staged(&alone, "theirs.py").known("")]);
}

/// A reason that names a commit names the one that holds the secret.
#[test]
fn the_reason_does_not_take_the_other_side_for_head() {
    let (repo, [_, theirs, _]) = diverged();
    repo.begin_merge(&["topic"]);
    repo.stage("clean.py", theirs.line() + CLEAN);
    let report = scan(&repo);
    assert_staged(&repo, &report, &[staged(&theirs, "clean.py").known("")]);
    let reason = report.findings()[&theirs.masked()].reason.clone().unwrap();
    assert!(!reason.contains("at HEAD"), "HEAD has no such secret: {reason}");
}

#[test]
fn a_merge_of_many_branches_adds_what_none_has() {
    let (repo, _) = repository();
    let sides = ["one", "two", "three"].map(Token::new);
    for side in &sides {
        repo.branch(&side.name, "main");
        repo.commit(&format!("{}.py", side.name), side.text());
    }
    repo.checkout("main");
    repo.begin_merge(&["one", "two", "three"]);
    assert_found(&repo, &[]);
    let new = Token::new("in the octopus");
    repo.stage("two.py", sides[1].text() + &new.line());
    let old = staged(&sides[1], "two.py").known("");
    assert_found(&repo, &[staged(&new, "two.py"), old]);
}

/// A squashed merge is a commit like any other: it has one parent.
#[test]
fn what_is_squashed_is_new() {
    let (repo, _) = repository();
    let token = Token::new("squashed");
    repo.branch("topic", "main");
    repo.commit("topic.py", token.text());
    repo.checkout("main");
    repo.git(&["merge", "-q", "--squash", "topic"]);
    assert_found(&repo, &[staged(&token, "topic.py")]);
}

#[test]
fn what_is_picked_or_reverted_is_compared_with_head() {
    let (repo, old) = repository();
    let token = Token::new("picked");
    repo.branch("topic", "main");
    let picked = repo.commit("topic.py", token.text());
    repo.checkout("main");
    repo.git(&["cherry-pick", "--no-commit", &picked]);
    assert_found(&repo, &[staged(&token, "topic.py")]);
    repo.git(&["reset", "-q", "--hard"]);
    let fixed = repo.commit("old.py", CLEAN);
    repo.git(&["revert", "--no-commit", &fixed]);
    assert_found(&repo, &[staged(&old, "old.py")]);
}
