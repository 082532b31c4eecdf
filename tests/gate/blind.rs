//! What the gate has to see is not there: it is never green then.

use crate::common::repo::Repo;
use crate::common::said;
use crate::project::{Depth, Project};
use crate::run::{BASE, Environment, HEAD, MERGE};
use crate::secret;
use assert_cmd::Command;

#[test]
fn a_shallow_clone_lacks_the_base_and_the_command_told_brings_it() {
    for (text, found) in [(secret(1), &["a.py:1"][..]), ("x = 1\n".to_owned(), &[])] {
        let project = Project::new(&[("old.py", &secret(0))]);
        project.commit(&[("a.py", &text)]);
        project.commit(&[("b.py", "y = 1\n")]);
        let request = project.open();
        let environment = Environment::of_request(&request);
        let clone = project.checkout_merge(Depth::One, &request);
        let verdict = environment.judge(&clone);
        let mend = verdict.assert_blind();
        assert!(mend.contains("--unshallow") && mend.contains(&request.base), "{mend}");
        assert_eq!(environment.run(&clone, "", &["--exit-zero"]).said.status, Some(2));
        let quiet = environment.run(&clone, "", &["-q"]);
        assert!(quiet.said.status == Some(2) && quiet.said.err.contains(&mend), "{quiet:?}");
        clone.follow(&mend);
        let verdict = environment.judge(&clone);
        verdict.assert_new(found);
    }
}

/// As a step does that runs `git fetch --depth=1 origin BASE` to have something to compare with.
#[test]
fn a_base_alone_does_not_make_a_shallow_clone_whole() {
    let project = Project::new(&[]);
    project.commit(&[("gone.py", &secret(1))]);
    project.dev.git(&["rm", "-q", "gone.py"]);
    project.commit(&[]);
    let request = project.open();
    let environment = Environment::of_request(&request);
    let clone = project.checkout(Depth::One, &request.head, "refs/remotes/pull/12/head");
    clone.git(&["fetch", "-q", "--depth=1", "origin", &request.base]);
    let mend = environment.judge(&clone).assert_blind();
    clone.follow(&mend);
    environment.judge(&clone).assert_found(&["gone.py:1"]);
    // What is found is told beside what is not seen.
    let last = project.commit(&[("a.py", &secret(2))]);
    let request = project.open();
    let environment = Environment::of_request(&request);
    let clone = project.checkout(Depth::One, &last, "refs/remotes/pull/12/head");
    clone.git(&["fetch", "-q", "--depth=1", "origin", &request.base]);
    let verdict = environment.judge(&clone);
    assert_eq!((verdict.said.status, verdict.places("new")), (Some(1), vec!["a.py:1".to_owned()]));
    assert_eq!(verdict.report["coverage"]["complete"], false);
    verdict.mend();
    assert_eq!(environment.run(&clone, "", &["--exit-zero"]).said.status, Some(2));
}

/// With `pull_request_target` the clone has what the request goes to, and a fork's commits are nowhere
/// but at `refs/pull/12/head`:
/// <https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows#pull_request_target>.
#[test]
fn a_clone_of_the_base_lacks_the_head_and_the_command_told_brings_it() {
    for depth in [Depth::One, Depth::All] {
        let project = Project::new(&[]);
        project.commit(&[("a.py", &secret(1))]);
        let request = project.open_from_fork();
        let commits = [(BASE, &*request.base), (HEAD, &*request.head)];
        let environment = Environment::recorded("github-pull-request-target", &commits);
        let clone = project.checkout_branch(depth, "main");
        let mend = environment.judge(&clone).assert_blind();
        assert!(mend.contains(&request.head), "{mend}");
        clone.follow(&mend);
        environment.judge(&clone).assert_found(&["a.py:1"]);
    }
}

#[test]
fn what_is_no_repository_is_2() {
    let folder = Repo::folder();
    folder.write("a.py", secret(1));
    for environment in [
        Environment::recorded("github-push", &[]),
        Environment::recorded("github-schedule", &[]),
        Environment::recorded("github-push-deleted-branch", &[]),
    ] {
        environment.judge(&folder).assert_refused("is not a git repository");
    }
}

#[test]
fn a_repository_without_commits_is_2() {
    let repo = Repo::new();
    let verdict = Environment::recorded("github-pull-request", &[]).judge(&repo);
    assert_eq!(verdict.said.status, Some(2), "{verdict:#?}");
}

#[test]
fn without_a_service_it_wants_to_be_told_the_base() {
    let project = Project::new(&[]);
    let base = project.dev.id("HEAD");
    project.commit(&[("a.py", &secret(1))]);
    let none = Environment::recorded("none", &[]);
    none.judge(&project.dev).assert_refused("blurt ci --base");
    Environment::default().judge(&project.dev).assert_refused("blurt ci --base");
    for args in [
        &["--base", "main"][..],
        &["--base", "origin/main"],
        &["--base", &base, "--head", "HEAD"],
        &["--base", "main", "--head", "cart"],
    ] {
        none.run(&project.dev, "", args).assert_found(&["a.py:1"]);
    }
    none.run(&project.dev, "", &["--base", "cart"]).assert_clean();
    none.run(&project.dev, "", &["--base", "main", "--head", "main"]).assert_clean();
    let clean = none.run(&project.dev, "", &["--base", "main", "--exit-zero"]);
    assert_eq!((clean.said.status, clean.places("new").len()), (Some(0), 1), "{clean:#?}");
    for args in [&["--base", "nowhere"][..], &["--base", "main", "--head", "nowhere"]] {
        let verdict = none.run(&project.dev, "", &[args, &["--exit-zero"]].concat());
        assert_eq!(verdict.said.status, Some(2), "{verdict:#?}");
        assert!(verdict.said.out.contains("nowhere"), "{verdict:#?}");
    }
    let head_alone = none.run(&project.dev, "", &["--head", "cart"]);
    assert_eq!(head_alone.said.status, Some(2), "{head_alone:#?}");
}

/// What somebody says goes before what the service says.
#[test]
fn a_base_that_is_told_is_the_base() {
    let project = Project::new(&[]);
    project.commit(&[("a.py", &secret(1))]);
    let second = project.commit(&[("b.py", &secret(2))]);
    let request = project.open();
    let clone = project.checkout_merge(Depth::All, &request);
    let before = format!("{second}~1");
    let args = ["--base", &*before, "--head", &*second];
    Environment::of_request(&request).run(&clone, "", &args).assert_found(&["b.py:1"]);
}

#[test]
fn an_event_that_cannot_be_understood_is_2() {
    let project = Project::new(&[]);
    project.commit(&[("a.py", "x = 1\n")]);
    let request = project.open();
    let clone = project.checkout_merge(Depth::All, &request);
    let good = Environment::of_request(&request);
    good.judge(&clone).assert_clean();
    let text = good.event.clone().unwrap();
    for flawed in ["", "{}", "no JSON", &text[..text.len() / 2], &text.replace(&request.base, "x")]
    {
        let environment = Environment { event: Some(flawed.to_owned()), ..good.clone() };
        environment.run(&clone, "", &["--exit-zero"]).assert_refused("event.json");
    }
    let absent = Environment { event: None, ..good }.with("GITHUB_EVENT_PATH", "/nowhere/event");
    absent.judge(&clone).assert_refused("/nowhere/event: cannot be read");
}

#[test]
fn a_damaged_object_is_2() {
    let project = Project::new(&[]);
    project.commit(&[("a.py", "x = 1\n")]);
    let request = project.open();
    let (base, head) = (&*request.base, &*request.head);
    let environment = Environment::recorded(
        "github-pull-request",
        &[(BASE, base), (HEAD, head), (MERGE, &request.merge)],
    );
    // The developer's clone has its objects loose, so that one of them can be lost.
    let clone = project.dev.beside("damaged");
    let mut copy = Command::new("cp");
    assert_eq!(said(copy.arg("-r").arg(project.dev.path()).arg(clone.path())).status, Some(0));
    environment.judge(&clone).assert_clean();
    std::fs::remove_file(clone.loose_file(&clone.id("cart:a.py"))).unwrap();
    environment.judge(&clone).assert_blind();
}
