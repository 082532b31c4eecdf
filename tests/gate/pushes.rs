//! Pushes of branches and tags, and runs for no change at all.

use crate::project::{Depth, Project};
use crate::run::{BASE, Environment, HEAD, TAG};
use crate::{secret, token};

#[test]
fn what_a_push_brings_is_found() {
    let project = Project::new(&[("old.py", &secret(0))]);
    let before = project.dev.id("main");
    project.move_main(&[("a.py", &secret(1))]);
    let after = project.move_main(&[("b.py", "x = 1\n")]);
    let environment = Environment::of_push("github-push", &before, &after);
    let clone = project.checkout_branch(Depth::All, "main");
    let verdict = environment.judge(&clone);
    verdict.assert_found(&["a.py:1"]);
    assert!(verdict.said.err.contains("a push to main"), "{verdict:#?}");
    assert_eq!(verdict.coverage("commits"), 2);
    let clone = project.checkout_branch(Depth::One, "main");
    clone.follow(&environment.judge(&clone).assert_blind());
    environment.judge(&clone).assert_found(&["a.py:1"]);
}

#[test]
fn a_push_of_nothing_is_clean() {
    let project = Project::new(&[("old.py", &secret(0))]);
    let tip = project.dev.id("main");
    let clone = project.checkout_branch(Depth::All, "main");
    let environment = Environment::recorded("github-push-empty", &[(HEAD, &tip)]);
    let verdict = environment.judge(&clone);
    verdict.assert_clean();
    assert_eq!(verdict.coverage("commits"), 0);
}

#[test]
fn the_configuration_before_a_push_counts() {
    let project = Project::new(&[]);
    let before = project.dev.id("main");
    let settings = "[scan]\nexclude = [\"a.py\"]\n";
    let after = project.move_main(&[(".blurt.toml", settings), ("a.py", &secret(1))]);
    let clone = project.checkout_branch(Depth::All, "main");
    let verdict = Environment::of_push("github-push", &before, &after).judge(&clone);
    verdict.assert_found(&["a.py:1"]);
    assert!(verdict.notes(".blurt.toml: this change edits it"), "{verdict:#?}");
}

/// A project with a secret on `main` and another one on `branch`, which was just pushed.
fn with_branch(branch: &str) -> (Project, String) {
    let project = Project::new(&[("old.py", &secret(0))]);
    project.commit(&[("a.py", &secret(1))]);
    let tip = project.commit(&[("b.py", "x = 1\n")]);
    project.push(&format!("cart:refs/heads/{branch}"));
    (project, tip)
}

#[test]
fn a_new_branch_is_what_the_default_branch_has_not() {
    let (project, tip) = with_branch("feature/cart");
    let environment = Environment::recorded("github-push-new-branch", &[(HEAD, &tip)]);
    let clone = project.checkout_branch(Depth::All, "feature/cart");
    environment.judge(&clone).assert_found(&["a.py:1"]);
    let shallow = project.checkout_branch(Depth::One, "feature/cart");
    let alone = project.empty_clone();
    let branch = "+refs/heads/feature/cart:refs/remotes/origin/feature/cart";
    alone.git(&["fetch", "-q", "origin", branch]);
    alone.git(&["checkout", "-q", "refs/remotes/origin/feature/cart"]);
    for clone in [shallow, alone] {
        let mend = environment.judge(&clone).assert_blind();
        assert!(mend.contains("+refs/heads/main:refs/remotes/origin/main"), "{mend}");
        clone.follow(&mend);
        environment.judge(&clone).assert_found(&["a.py:1"]);
    }
}

/// A tag or a local branch called `origin/main` is not the default branch.
#[test]
fn the_default_branch_is_the_remote_s() {
    let (project, tip) = with_branch("feature/cart");
    project.push(&format!("{tip}:refs/tags/origin/main"));
    let environment = Environment::recorded("github-push-new-branch", &[(HEAD, &tip)]);
    let clone = project.checkout_branch(Depth::All, "feature/cart");
    assert_eq!(clone.id("refs/tags/origin/main"), tip);
    clone.git(&["branch", "-q", "main", &tip]);
    environment.judge(&clone).assert_found(&["a.py:1"]);
}

#[test]
fn a_new_repository_is_all_that_it_holds() {
    let project = Project::new(&[("old.py", &secret(1))]);
    project.move_main(&[("old.py", "x = 1\n"), ("a.py", &secret(2))]);
    let tip = project.dev.id("main");
    let environment = Environment::recorded("github-push-new-repository", &[(HEAD, &tip)]);
    let clone = project.checkout_branch(Depth::All, "main");
    let verdict = environment.judge(&clone);
    assert_eq!(verdict.said.status, Some(1), "{verdict:#?}");
    let places = verdict.places("new");
    assert!(places.contains(&"old.py:1".to_owned()), "{verdict:#?}");
    assert!(places.contains(&"a.py:1".to_owned()), "{verdict:#?}");
    let clone = project.checkout_branch(Depth::One, "main");
    let verdict = environment.judge(&clone);
    assert_eq!(verdict.report["coverage"]["complete"], false, "{verdict:#?}");
    clone.follow(&verdict.mend());
    assert_eq!(environment.judge(&clone).report["coverage"]["complete"], true);
}

#[test]
fn a_forced_push_is_no_smaller_than_it_is() {
    let (project, before) = with_branch("cart");
    project.dev.git(&["reset", "-q", "--hard", "HEAD~1"]);
    let after = project.commit(&[("c.py", &secret(2))]);
    project.push("+cart");
    let environment = Environment::of_push("github-push-forced", &before, &after);
    let full = project.checkout_branch(Depth::All, "cart");
    let verdict = environment.judge(&full);
    verdict.assert_found(&["a.py:1", "c.py:1"]);
    assert!(verdict.notes(&format!("commit {before}, where the push began")), "{verdict:#?}");
    // While the service keeps the commit, it can be fetched.
    let shallow = project.checkout_branch(Depth::One, "cart");
    let mend = environment.judge(&shallow).assert_blind();
    shallow.follow(&mend);
    environment.judge(&shallow).assert_found(&["c.py:1"]);
    // Nothing that the clone does not know is taken to be there.
    project.origin.git(&["gc", "-q", "--prune=now"]);
    let shallow = project.checkout_branch(Depth::One, "cart");
    let verdict = environment.judge(&shallow);
    verdict.assert_blind();
    assert_eq!(environment.run(&shallow, "", &["--exit-zero"]).said.status, Some(2));
    shallow.git(&["fetch", "-q", "--unshallow", "origin", "+refs/heads/*:refs/remotes/origin/*"]);
    environment.judge(&shallow).assert_found(&["a.py:1", "c.py:1"]);
}

#[test]
fn a_forced_push_to_the_default_branch_is_the_whole_history() {
    let project = Project::new(&[("old.py", &secret(0))]);
    let before = project.move_main(&[("a.py", "x = 1\n")]);
    project.dev.git(&["checkout", "-q", "main"]);
    project.dev.git(&["reset", "-q", "--hard", "HEAD~1"]);
    project.dev.git(&["rm", "-q", "old.py"]);
    let after = project.commit(&[("b.py", "x = 1\n")]);
    project.push("+main");
    let clone = project.checkout_branch(Depth::All, "main");
    let verdict = Environment::of_push("github-push", &before, &after).judge(&clone);
    verdict.assert_found(&["old.py:1"]);
    assert!(verdict.notes(&format!("commit {before}, where the push began")), "{verdict:#?}");
}

#[test]
fn of_a_deleted_branch_nothing_is_left_to_look_at() {
    let project = Project::new(&[("old.py", &secret(0))]);
    let before = project.dev.id("main");
    let clone = project.checkout_branch(Depth::All, "main");
    let environment = Environment::recorded(
        "github-push-deleted-branch",
        &[(crate::run::BEFORE, &before), (BASE, &before)],
    );
    let verdict = environment.judge(&clone);
    verdict.assert_clean();
    assert!(verdict.said.err.contains("cart was deleted"), "it says why: {verdict:#?}");
    assert_eq!((verdict.coverage("files"), verdict.coverage("commits")), (0, 0));
}

#[test]
fn a_tag_is_what_the_default_branch_has_not_and_its_message() {
    let project = Project::new(&[("old.py", &secret(0))]);
    let tip = project.commit(&[("a.py", &secret(1))]);
    for (target, message, found) in [
        ("main", "One", &[][..]),
        ("cart", "One", &["a.py:1"]),
        ("main", &token(2), &["tag-message"]),
    ] {
        project.dev.git(&["tag", "-f", "-a", "-m", message, "v1.2.0", target]);
        project.push("+refs/tags/v1.2.0");
        let tag = project.dev.id("refs/tags/v1.2.0");
        let commit = project.dev.id(target);
        let commits = [(TAG, &*tag), (HEAD, &*commit)];
        let environment = Environment::recorded("github-push-tag", &commits);
        let clone = project.checkout(Depth::All, &tag, "refs/tags/v1.2.0");
        let verdict = environment.judge(&clone);
        verdict.assert_new(found);
        assert!(verdict.said.err.contains("the tag v1.2.0"), "{verdict:#?}");
    }
    let commits = [(HEAD, &*tip)];
    let environment = Environment::recorded("github-push-tag-lightweight", &commits);
    project.push(&format!("+{tip}:refs/tags/v1.2.0"));
    let clone = project.checkout(Depth::One, &tip, "refs/tags/v1.2.0");
    clone.follow(&environment.judge(&clone).assert_blind());
    environment.judge(&clone).assert_found(&["a.py:1"]);
}

#[test]
fn a_scheduled_run_looks_at_the_whole_history() {
    let project = Project::new(&[("old.py", &secret(1))]);
    project.move_main(&[("old.py", "x = 1\n")]);
    project.commit(&[("a.py", &secret(2))]);
    project.push("cart");
    let environment = Environment::recorded("github-schedule", &[]);
    let clone = project.checkout_branch(Depth::All, "main");
    let verdict = environment.judge(&clone);
    verdict.assert_found(&["a.py:1", "old.py:1"]);
    assert!(verdict.said.err.contains("a scheduled run"), "{verdict:#?}");
    // What is not in a shallow clone may hold anything.
    let clone = project.checkout_branch(Depth::One, "main");
    environment.judge(&clone).assert_blind();
}
