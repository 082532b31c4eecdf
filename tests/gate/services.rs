//! The same change at each service, in a clone as that service makes it.

use crate::common::repo::Repo;
use crate::project::{Depth, Project, Request};
use crate::run::{BASE, Environment, HEAD, MERGE};
use crate::secret;

/// A project with a secret on `main`, and a request with another one that came and went.
fn project() -> (Project, Request) {
    let project = Project::new(&[("old.py", &secret(0))]);
    project.commit(&[("a.py", &secret(1))]);
    project.commit(&[("a.py", "x = 1\n")]);
    let request = project.open();
    (project, request)
}

/// A clone with what some refspecs fetch, and a commit of it checked out.
fn fetched(project: &Project, refspecs: &[&str], commit: &str) -> Repo {
    let clone = project.empty_clone();
    clone.git(&[&["fetch", "-q", "--no-tags", "origin"], refspecs].concat());
    clone.git(&["checkout", "-q", "--detach", commit]);
    clone
}

fn assert_judged(environment: &Environment, clone: &Repo, about: &str) {
    let verdict = environment.judge(clone);
    verdict.assert_found(&["a.py:1"]);
    assert!(verdict.said.err.contains(about), "{verdict:#?}");
    assert!(!verdict.said.out.contains("::error"), "these are GitHub's: {verdict:#?}");
}

/// Twenty commits, no branch, a detached HEAD:
/// <https://docs.gitlab.com/ci/runners/configure_runners/#shallow-cloning>,
/// <https://docs.gitlab.com/ci/pipelines/merge_request_pipelines/>.
#[test]
fn gitlab() {
    let (project, request) = project();
    project.push("cart:refs/pipelines/1001");
    let environment = |request: &Request| {
        let commits = [(BASE, &*request.base), (HEAD, &*request.head)];
        Environment::recorded("gitlab-merge-request", &commits)
    };
    let refspecs = ["--depth=20", "+refs/pipelines/1001:refs/pipelines/1001"];
    let clone = fetched(&project, &refspecs, &request.head);
    assert_judged(&environment(&request), &clone, "GitLab CI: merge request 12");
    // A longer request does not fit in.
    for _ in 0..20 {
        project.dev.git(&["commit", "-q", "--allow-empty", "-m", "Edit"]);
    }
    let request = project.open();
    project.push("cart:refs/pipelines/1001");
    let clone = fetched(&project, &refspecs, &request.head);
    let mend = environment(&request).judge(&clone).assert_blind();
    clone.follow(&mend);
    assert_judged(&environment(&request), &clone, "GitLab CI: merge request 12");
}

/// A merge result, one commit deep or with all branches:
/// <https://learn.microsoft.com/en-us/azure/devops/pipelines/repos/azure-repos-git#shallow-fetch>.
#[test]
fn azure() {
    let (project, request) = project();
    let Request { head, merge, .. } = &request;
    let commits = [(HEAD, &**head), (MERGE, &**merge)];
    let environment = Environment::recorded("azure-pull-request", &commits)
        .with("SYSTEM_PULLREQUEST_TARGETBRANCH", "refs/heads/main");
    let heads = "+refs/heads/*:refs/remotes/origin/*";
    let merged = "+refs/pull/12/merge:refs/remotes/pull/12/merge";
    let clone = fetched(&project, &[heads, merged], merge);
    assert_judged(&environment, &clone, "Azure Pipelines: pull request 17");
    let alone = format!("+{merge}:refs/remotes/origin/{merge}");
    let clone = fetched(&project, &["--depth=1", &alone], merge);
    clone.follow(&environment.judge(&clone).assert_blind());
    assert_judged(&environment, &clone, "Azure Pipelines: pull request 17");
}

/// The branch alone, into which the destination is merged:
/// <https://support.atlassian.com/bitbucket-cloud/kb/clone-depth-not-applying-for-pull-request-pipelines/>.
#[test]
fn bitbucket() {
    let (project, request) = project();
    project.move_main(&[("later.py", "x = 1\n")]);
    let base = project.dev.id("main");
    let commits = [(BASE, &*base), (HEAD, &*request.head)];
    let environment = Environment::recorded("bitbucket-pull-request", &commits);
    let branch = "+refs/heads/cart:refs/remotes/origin/cart";
    let clone = fetched(&project, &[branch], &request.head);
    clone.git(&["fetch", "-q", "--no-tags", "origin", "main"]);
    clone.git(&["merge", "-q", "--no-edit", &base]);
    assert_judged(&environment, &clone, "Bitbucket Pipelines: pull request 12");
}

/// The request's own ref, and the branch that it goes to:
/// <https://plugins.jenkins.io/github-branch-source/>.
#[test]
fn jenkins() {
    let (project, request) = project();
    let commits = [(HEAD, &*request.head)];
    let environment = Environment::recorded("jenkins-pull-request", &commits);
    let request_ref = "+refs/pull/12/head:refs/remotes/origin/PR-12";
    let target = "+refs/heads/main:refs/remotes/origin/main";
    let clone = fetched(&project, &[request_ref, target], &request.head);
    assert_judged(&environment, &clone, "Jenkins: pull request 12");
    let clone = fetched(&project, &[request_ref], &request.head);
    clone.follow(&environment.judge(&clone).assert_blind());
    assert_judged(&environment, &clone, "Jenkins: pull request 12");
}

/// A whole clone, on the branch: <https://circleci.com/docs/reference/configuration-reference/#checkout>.
#[test]
fn circleci() {
    let (project, request) = project();
    let head = &*request.head;
    let environment = Environment::recorded("circleci-branch", &[(HEAD, head)]);
    let branch = environment.clone().with("CIRCLE_BRANCH", "cart");
    let clone = project.origin.cloned("circleci", &[]);
    clone.git(&["checkout", "-q", "-B", "cart", head]);
    assert_judged(&branch, &clone, "CircleCI: a push to cart");
    // What is pushed to the default branch may begin anywhere.
    clone.git(&["checkout", "-q", "-B", "main", head]);
    let verdict = environment.judge(&clone);
    assert_eq!(verdict.said.status, Some(1), "{verdict:#?}");
    assert!(verdict.places("new").contains(&"old.py:1".to_owned()), "{verdict:#?}");
}

/// A whole clone, and the request's ref: <https://buildkite.com/docs/pipelines/configure/git-checkout>.
#[test]
fn buildkite() {
    let (project, request) = project();
    let environment = Environment::recorded("buildkite-pull-request", &[(HEAD, &request.head)]);
    let clone = project.origin.cloned("buildkite", &[]);
    clone.git(&["fetch", "-q", "--", "origin", "refs/pull/12/head"]);
    clone.git(&["checkout", "-q", "--force", &request.head]);
    assert_judged(&environment, &clone, "Buildkite: pull request 12");
}

/// A push, for which the service names the commit before.
#[test]
fn gitlab_and_jenkins_say_what_was_there_before() {
    let project = Project::new(&[("old.py", &secret(0))]);
    let before = project.dev.id("main");
    let after = project.move_main(&[("a.py", &secret(1))]);
    let clone = project.checkout_branch(Depth::All, "main");
    for (name, about) in [
        ("gitlab-push", "GitLab CI: a push to main"),
        ("jenkins-branch", "Jenkins: a push to main"),
    ] {
        let environment = Environment::of_push(name, &before, &after)
            .with("CI_COMMIT_BRANCH", "main")
            .with("BRANCH_NAME", "main");
        assert_judged(&environment, &clone, about);
    }
}
