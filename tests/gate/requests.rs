//! Requests: what they bring, and what was there before.

use crate::project::{Depth, Project};
use crate::run::{BASE, Environment, HEAD, MERGE};
use crate::{secret, token};

#[test]
fn what_a_request_brings_is_found_and_what_was_there_is_not() {
    let project = Project::new(&[("old.py", &secret(0)), ("config.py", &secret(1))]);
    project.commit(&[("a.py", &secret(2)), ("config.py", &[secret(1), "x = 1\n".into()].concat())]);
    let verdict = project.judge();
    verdict.assert_found(&["a.py:1"]);
    assert_eq!(verdict.coverage("commits"), 1, "{verdict:#?}");
    assert!(verdict.said.err.contains("GitHub Actions: pull request 12"), "{verdict:#?}");
    let clean = Project::new(&[("old.py", &secret(0))]);
    clean.commit(&[("a.py", "x = 1\n")]);
    clean.judge().assert_clean();
}

#[test]
fn a_secret_that_came_and_went_is_found() {
    let project = Project::new(&[]);
    project.commit(&[("a.py", &secret(1))]);
    project.commit(&[("a.py", "x = 1\n"), ("gone.py", &secret(2))]);
    project.dev.git(&["rm", "-q", "gone.py"]);
    project.commit(&[]);
    let verdict = project.judge();
    verdict.assert_found(&["a.py:1", "gone.py:1"]);
    assert_eq!(verdict.report["findings"][0]["locations"][0]["in_head"], false);
}

#[test]
fn a_secret_in_a_message_is_found_and_excuses_itself_in_vain() {
    let project = Project::new(&[]);
    for n in [1, 2] {
        let marked = secret(n).replace('\n', if n == 1 { "\n" } else { " blurt:allow * -- no" });
        project.dev.git(&["commit", "-q", "--allow-empty", "-m", "Edit", "-m", &marked]);
        project.judge().assert_found(&vec!["commit-message"; usize::try_from(n).unwrap()]);
    }
}

/// Two lines of one file meet, and what is written then stands in neither.
#[test]
fn a_secret_in_the_resolution_of_a_merge_is_found() {
    let project = Project::new(&[("a.py", "x = 1\n")]);
    project.commit(&[("a.py", "x = 2\n")]);
    project.move_main(&[("a.py", "x = 3\n")]);
    assert_eq!(project.dev.try_ask(&["merge", "-q", "main"]).status, Some(1), "a conflict");
    let merge = project.commit(&[("a.py", &secret(1))]);
    assert_eq!(project.dev.ask(&["rev-list", "--count", "--merges", "main..cart"]), "1");
    let verdict = project.judge();
    verdict.assert_found(&["a.py:1"]);
    assert_eq!(verdict.report["findings"][0]["locations"][0]["commit"], merge);
}

#[test]
fn what_is_merged_from_the_base_is_not_the_request_s() {
    let project = Project::new(&[]);
    project.commit(&[("a.py", "x = 1\n")]);
    project.move_main(&[("theirs.py", &secret(1))]);
    project.dev.git(&["merge", "-q", "-m", "Take main", "main"]);
    project.judge().assert_clean();
    project.commit(&[("a.py", &secret(2))]);
    project.judge().assert_found(&["a.py:1"]);
}

/// An event names the tip of `main` as it was then; a clone may have a later one.
#[test]
fn a_base_that_has_moved_on_is_not_the_request_s() {
    let project = Project::new(&[("a.py", "x = 1\n")]);
    project.commit(&[("a.py", &secret(1))]);
    let request = project.open();
    let main = project.move_main(&[("theirs.py", &secret(2))]);
    project.move_main(&[("theirs.py", "x = 1\n"), (".blurt.toml", "[scan]\nexclude = [\"*\"]\n")]);
    let clone = project.checkout_merge(Depth::All, &request);
    assert!(clone.is_ancestor(&main, "refs/remotes/origin/main"));
    let environment = Environment::of_request(&request);
    environment.judge(&clone).assert_found(&["a.py:1"]);
    // The branch takes in what the event does not know of yet.
    let project = Project::new(&[]);
    project.commit(&[("b.py", "x = 1\n")]);
    let before = project.open();
    project.move_main(&[("theirs.py", &secret(2))]);
    project.dev.git(&["merge", "-q", "-m", "Take main", "main"]);
    let request = project.open();
    let commits = [(BASE, &*before.base), (HEAD, &request.head), (MERGE, &request.merge)];
    let environment = Environment::recorded("github-pull-request", &commits);
    let clone = project.checkout_merge(Depth::All, &request);
    environment.judge(&clone).assert_clean();
}

#[test]
fn a_file_that_is_renamed_brings_nothing() {
    let marked = secret(1).replace('\n', "  # blurt:allow * -- a test vector\n");
    let project = Project::new(&[("old.py", &marked), ("plain.py", &secret(2))]);
    project.dev.git(&["mv", "old.py", "new.py"]);
    project.dev.git(&["mv", "plain.py", "renamed.py"]);
    project.commit(&[]);
    let verdict = project.judge();
    verdict.assert_clean();
    assert_eq!(verdict.places("known"), ["new.py:1", "renamed.py:1"], "{verdict:#?}");
    assert!(!verdict.said.out.contains("note: "), "nobody needs to do anything: {verdict:#?}");
    project.commit(&[("renamed.py", &[secret(2), secret(3)].concat())]);
    project.judge().assert_found(&["renamed.py:2"]);
}

/// The fork's branch is nowhere in the project: the merge leads to it.
#[test]
fn a_request_from_a_fork_is_judged() {
    for (text, found) in [(secret(1), &["a.py:1"][..]), ("x = 1\n".to_owned(), &[])] {
        let project = Project::new(&[("old.py", &secret(0))]);
        project.commit(&[("a.py", &text)]);
        let request = project.open_from_fork();
        let commits = [(BASE, &*request.base), (HEAD, &request.head), (MERGE, &request.merge)];
        let environment = Environment::recorded("github-pull-request-fork", &commits);
        let clone = project.checkout_merge(Depth::All, &request);
        assert!(clone.try_ask(&["rev-parse", "refs/remotes/origin/cart"]).status != Some(0));
        let verdict = environment.judge(&clone);
        verdict.assert_new(found);
        let clone = project.checkout_merge(Depth::One, &request);
        clone.follow(&environment.judge(&clone).assert_blind());
        environment.judge(&clone).assert_new(found);
    }
}

/// HEAD is the base there: what is checked out must not be taken for the change.
#[test]
fn the_target_of_a_request_is_not_its_head() {
    let project = Project::new(&[("old.py", &secret(0))]);
    project.commit(&[("a.py", &secret(1))]);
    let request = project.open();
    let commits = [(BASE, &*request.base), (HEAD, &*request.head)];
    let environment = Environment::recorded("github-pull-request-target", &commits);
    let clone = project.checkout_branch(Depth::All, "main");
    assert_eq!(clone.id("HEAD"), request.base);
    environment.judge(&clone).assert_found(&["a.py:1"]);
}

#[test]
fn an_entry_of_a_merge_queue_is_judged() {
    let project = Project::new(&[("old.py", &secret(0))]);
    project.commit(&[("a.py", &secret(1))]);
    let request = project.open_from_fork();
    let branch = format!("gh-readonly-queue/main/pr-12-{}", request.base);
    project.push(&format!("{}:refs/heads/{branch}", request.merge));
    let commits = [(BASE, &*request.base), (MERGE, &*request.merge)];
    let environment = Environment::recorded("github-merge-group", &commits);
    let clone = project.checkout_branch(Depth::All, &branch);
    let verdict = environment.judge(&clone);
    verdict.assert_found(&["a.py:1"]);
    assert!(verdict.said.err.contains("merge queue entry for main"), "{verdict:#?}");
    let clone = project.checkout_branch(Depth::One, &branch);
    clone.follow(&environment.judge(&clone).assert_blind());
    environment.judge(&clone).assert_found(&["a.py:1"]);
}

#[test]
fn a_secret_that_the_base_has_elsewhere_is_new_where_it_comes() {
    let project = Project::new(&[("old.py", &secret(1))]);
    project.commit(&[("copy.py", &secret(1))]);
    project.judge().assert_found(&["copy.py:1"]);
    let masked = &token(1)[token(1).len() - 4..];
    assert!(project.judge().said.out.contains(masked), "it is masked, and not hidden");
}
