//! Ways past the gate that were open once: what a change may be called, where it may put a secret first,
//! and what it may make of its commits.

use crate::common::{Said, run};
use crate::project::{Depth, Project};
use crate::run::{BASE, Environment, HEAD, MERGE};
use crate::{secret, token};
use blurt::rule::example::expand;
use serde_json::Value;
use std::os::unix::fs::symlink;
use std::path::Path;

const CONFIG: &str = ".blurt.toml";
const START: &str = "# blurt:allow-start * -- test vectors\nx = 1\n";
const END: &str = "# blurt:allow-end\ny = 2\n";

/// A line with token number `n` and a marker behind it.
fn excused(n: u64) -> String {
    secret(n).replace('\n', "  # blurt:allow * -- a test vector\n")
}

/// What stands between `main` and the end of the branch, for the developer.
fn range(project: &Project) -> Said {
    run(project.dev.path(), &["scan", "--range", "main..cart"])
}

fn staged(project: &Project) -> Said {
    run(project.dev.path(), &["scan", "--staged"])
}

#[track_caller]
fn assert_new(said: &Said) {
    assert_eq!(said.status, Some(1), "{said:?}");
}

/// Whoever opens a request at Bitbucket may guess its base, which is told by 12 digits, and call a
/// branch or a tag like it.
#[test]
fn a_branch_or_tag_called_like_the_short_id_of_the_base_is_not_the_base() {
    let project = Project::new(&[("old.py", &secret(0))]);
    project.commit(&[("a.py", &secret(1))]);
    let request = project.open();
    let commits = [(BASE, &*request.base), (HEAD, &*request.head)];
    let environment = Environment::recorded("bitbucket-pull-request", &commits);
    for kind in ["heads", "tags"] {
        let clone = project.checkout_merge(Depth::All, &request);
        let name = format!("refs/{kind}/{}", &request.base[..12]);
        clone.git(&["update-ref", &name, &request.head]);
        environment.judge(&clone).assert_found(&["a.py:1"]);
    }
}

#[test]
fn a_branch_or_tag_called_like_a_base_that_is_missing_is_not_the_base() {
    let project = Project::new(&[]);
    project.commit(&[("a.py", &secret(1))]);
    let request = project.open();
    let nowhere = "ab".repeat(20);
    let commits = [(BASE, &*nowhere), (HEAD, &request.head), (MERGE, &request.merge)];
    let environment = Environment::recorded("github-pull-request-fork", &commits);
    for kind in ["heads", "tags"] {
        let clone = project.checkout_merge(Depth::All, &request);
        clone.git(&["update-ref", "-d", "refs/remotes/origin/main"]);
        clone.git(&["update-ref", &format!("refs/{kind}/{nowhere}"), &request.head]);
        environment.judge(&clone).assert_blind();
    }
}

/// Git looks for a full name below `refs/tags/` as well.
#[test]
fn a_tag_called_like_the_branch_of_the_remote_is_not_that_branch() {
    let project = Project::new(&[]);
    project.commit(&[("a.py", &secret(1))]);
    let request = project.open();
    let commits = [(HEAD, &*request.head), (MERGE, &*request.merge)];
    let environment = Environment::recorded("azure-pull-request", &commits)
        .with("SYSTEM_PULLREQUEST_TARGETBRANCH", "refs/heads/main");
    let clone = project.checkout_merge(Depth::All, &request);
    clone.git(&["update-ref", "-d", "refs/remotes/origin/main"]);
    clone.git(&["tag", "refs/remotes/origin/main", &request.head]);
    clone.follow(&environment.judge(&clone).assert_blind());
    environment.judge(&clone).assert_found(&["a.py:1"]);
}

/// Nobody has judged what is in an excluded folder.
#[test]
fn what_leaves_an_excluded_folder_is_new() {
    let project = Project::new(&[(CONFIG, "[scan]\nexclude = [\"fixtures/\"]\n")]);
    project.commit(&[("fixtures/a.py", &secret(1))]);
    project.judge().assert_clean();
    project.dev.git(&["mv", "fixtures/a.py", "a.py"]);
    assert_new(&staged(&project));
    project.commit(&[]);
    project.judge().assert_found(&["a.py:1"]);
    assert_new(&range(&project));
    // It is the same with a folder that the base has filled.
    let project = Project::new(&[
        (CONFIG, "[scan]\nexclude = [\"fixtures/\"]\n"),
        ("fixtures/a.py", &secret(1)),
    ]);
    project.dev.git(&["mv", "fixtures/a.py", "a.py"]);
    assert_new(&staged(&project));
    project.commit(&[]);
    project.judge().assert_found(&["a.py:1"]);
    assert_new(&range(&project));
}

/// Git reads the parents of a commit before its author, and a line further down is nothing to it. The
/// commit that is named there has the secret already.
#[test]
fn a_parent_behind_the_committer_is_none() {
    let project = Project::new(&[]);
    let base = project.dev.id("main");
    let hidden = project.commit(&[("a.py", &secret(1))]);
    project.push("cart:refs/heads/hidden");
    let tree = project.dev.id("cart^{tree}");
    let who = "Ann <ann@example.org> 1704067200 +0000";
    let text = format!(
        "tree {tree}\nparent {base}\nauthor {who}\ncommitter {who}\nparent {hidden}\n\nEdit\n"
    );
    let store = ["hash-object", "-t", "commit", "-w", "--stdin", "--literally"];
    let forged = project.dev.feed(&store, text);
    project.dev.git(&["reset", "-q", "--hard", &forged]);
    assert_eq!(project.dev.ask(&["rev-list", "--count", "main..cart"]), "1", "as git sees it");
    let verdict = project.judge();
    verdict.assert_found(&["a.py:1"]);
    assert_eq!(verdict.report["findings"][0]["locations"][0]["commit"], forged);
    assert_new(&range(&project));
}

/// A value that may be a secret or not: its name says which.
struct Doubt(String);

impl Doubt {
    fn new() -> Self {
        Self(expand("<<[0-9A-Za-z]{20}>>", 7).unwrap())
    }

    /// Under a name that leaves much doubt.
    fn doubtful(&self) -> String {
        format!("password_file_x = \"{}\"\n", self.0)
    }

    /// Under one that leaves little.
    fn likely(&self) -> String {
        format!("password = \"{}\"\n", self.0)
    }
}

/// What is too doubtful for a report is not known by it.
#[test]
fn a_doubtful_secret_that_becomes_likely_is_new() {
    let value = Doubt::new();
    let project = Project::new(&[]);
    project.commit(&[("a.py", &value.doubtful())]);
    project.judge().assert_clean();
    project.dev.write("a.py", value.likely());
    project.dev.git(&["add", "a.py"]);
    assert_new(&staged(&project));
    project.commit(&[]);
    let verdict = project.judge();
    verdict.assert_found(&["a.py:1"]);
    assert!(!verdict.said.out.contains(&value.0), "{verdict:#?}");
    assert_new(&range(&project));
    // The first of two requests brought it in.
    let project = Project::new(&[("a.py", &value.doubtful())]);
    project.commit(&[("a.py", &value.likely())]);
    project.judge().assert_found(&["a.py:1"]);
    // Whoever asks for less certain ones knows it from there.
    let low = ["scan", "--range", "main..cart", "--min-confidence", "low"];
    let said = run(project.dev.path(), &low);
    assert_eq!(said.status, Some(0), "{said:?}");
}

/// The variables of a fork do not say where its request goes, nor need a clone know the default branch:
/// <https://circleci.com/docs/reference/variables/>. Judged by itself it would excuse itself.
#[test]
fn a_request_to_a_branch_that_nobody_names_is_not_its_own_judge() {
    let project = Project::new(&[("old.py", &secret(0))]);
    project.commit(&[
        ("a.py", &secret(1)),
        ("b.py", &excused(2)),
        (CONFIG, "[rules]\nonly = [\"aws-access-key-id\"]\n"),
    ]);
    let request = project.open_from_fork();
    let environment = Environment::recorded("circleci-pull-request-fork", &[(HEAD, &request.head)]);
    let clone = project.empty_clone();
    let both = ["+refs/pull/12/head:refs/remotes/origin/pull/12", "main:refs/remotes/origin/main"];
    clone.git(&[&["fetch", "-q", "--no-tags", "origin"], &both[..]].concat());
    clone.git(&["checkout", "-q", "--detach", &request.head]);
    let mend = environment.judge(&clone).assert_blind();
    assert!(mend.starts_with("blurt ci --base origin/main"), "{mend}");
    assert_eq!(environment.run(&clone, "", &["--exit-zero"]).said.status, Some(2));
    let told = environment.run(&clone, "", &["--base", "origin/main"]);
    told.assert_found(&["a.py:1", "b.py:1"]);
}

/// Nothing is told of what was there before:
/// <https://learn.microsoft.com/en-us/azure/devops/pipelines/build/variables>.
#[test]
fn a_push_that_began_nobody_knows_where_is_the_whole_repository() {
    let project = Project::new(&[("old.py", &secret(0))]);
    project.commit(&[("old.py", "x = 1\n")]);
    let head = project.commit(&[("a.py", &secret(1))]);
    let environment = Environment::recorded("azure-push", &[(HEAD, &head)]);
    project.push("cart");
    let clone = project.checkout_branch(Depth::All, "cart");
    let verdict = environment.judge(&clone);
    assert_eq!(verdict.said.status, Some(1), "{verdict:#?}");
    for place in ["a.py:1", "old.py:1"] {
        assert!(verdict.places("new").contains(&place.to_owned()), "{place}: {verdict:#?}");
    }
    assert!(verdict.notes("it is not known where this push began"), "{verdict:#?}");
    assert!(verdict.said.out.contains("blurt ci --base"), "{verdict:#?}");
}

/// While it stands in a block of the base, the base excuses it; what leaves the block is on its own.
#[test]
fn a_block_of_the_base_is_no_way_in() {
    let project = Project::new(&[("a.py", &[START, END].concat())]);
    project.commit(&[("a.py", &[START, &secret(1), END].concat())]);
    project.judge().assert_clean();
    project.commit(&[("a.py", &[START, END, &secret(1)].concat())]);
    let verdict = project.judge();
    assert_eq!(verdict.said.status, Some(1), "{verdict:#?}");
    assert!(!verdict.places("new").is_empty(), "{verdict:#?}");
    assert_new(&range(&project));
}

/// A range goes by its own markers: by those at its end.
#[test]
fn a_marker_counts_until_it_is_gone_and_for_its_place_alone() {
    let project = Project::new(&[]);
    project.commit(&[("a.py", &excused(1))]);
    assert_eq!(range(&project).status, Some(0));
    project.commit(&[("a.py", &secret(1))]);
    assert_new(&range(&project));
    project.commit(&[("a.py", &excused(1))]);
    assert_eq!(range(&project).status, Some(0));
    let project = Project::new(&[]);
    for two in [[excused(1), secret(1)], [secret(1), excused(1)]] {
        project.commit(&[("a.py", &two.concat())]);
        assert_new(&range(&project));
        assert_new(&run(project.dev.path(), &["scan"]));
    }
}

/// A project whose `main` has taken out a secret after `cart` began.
fn taken_out() -> Project {
    let project = Project::new(&[("k.py", &secret(1))]);
    project.commit(&[("a.py", "x = 1\n")]);
    project.dev.git(&["checkout", "-q", "main"]);
    project.dev.git(&["rm", "-q", "k.py"]);
    project.commit(&[]);
    project.push("main");
    project.dev.git(&["checkout", "-q", "cart"]);
    project
}

#[test]
fn a_merge_that_keeps_what_the_base_took_out_brings_it_back() {
    let project = taken_out();
    project.dev.git(&["merge", "-q", "-m", "Take main", "-s", "ours", "main"]);
    let merge = project.dev.id("cart");
    let verdict = project.judge();
    verdict.assert_found(&["k.py:1"]);
    let place = &verdict.report["findings"][0]["locations"][0];
    assert_eq!((&place["commit"], &place["in_head"]), (&merge.into(), &true.into()));
    assert_new(&range(&project));
    // A marker of the request's own does not excuse it.
    project.commit(&[("k.py", &excused(1))]);
    assert!(!project.judge().places("new").is_empty());
}

/// The merge into `main` leaves it out.
#[test]
fn an_old_branch_that_has_what_the_base_took_out_brings_nothing() {
    let project = taken_out();
    project.judge().assert_clean();
    project.dev.git(&["merge", "-q", "-m", "Take main", "main"]);
    project.judge().assert_clean();
    let project = taken_out();
    project.commit(&[("b.py", "x = 1\n")]);
    project.dev.git(&["mv", "k.py", "moved.py"]);
    project.commit(&[]);
    let request = project.dev.id("cart");
    let args = ["--base", "main", "--head", &*request];
    Environment::default().run(&project.dev, "", &args).assert_clean();
}

/// Which of two commits of `main` an event names is a matter of time.
#[test]
fn a_base_that_is_older_than_the_branch_changes_nothing() {
    let project = Project::new(&[("old.py", "x = 1\n")]);
    project.commit(&[("a.py", "x = 1\n")]);
    let before = project.open();
    project.move_main(&[("old.py", &secret(1))]);
    project.dev.git(&["merge", "-q", "-m", "Take main", "main"]);
    let stale = |project: &Project| {
        let request = project.open();
        let commits = [(BASE, &*before.base), (HEAD, &request.head), (MERGE, &request.merge)];
        let environment = Environment::recorded("github-pull-request", &commits);
        environment.judge(&project.checkout_merge(Depth::All, &request))
    };
    stale(&project).assert_clean();
    project.commit(&[("a.py", &secret(2))]);
    stale(&project).assert_found(&["a.py:1"]);
    // The secret is gone from `main`, and the branch keeps it.
    project.move_main(&[("old.py", "x = 1\n")]);
    project.commit(&[("a.py", "x = 1\n")]);
    project.dev.git(&["merge", "-q", "-m", "Take main", "-s", "ours", "main"]);
    let verdict = stale(&project);
    assert!(verdict.places("new").contains(&"old.py:1".to_owned()), "{verdict:#?}");
}

/// Git stores a link as the path that it leads to.
#[test]
fn a_configuration_that_is_a_link_in_the_base_counts() {
    let excluded = "[scan]\nexclude = [\"docs/\"]\n";
    let project = Project::new(&[("ci/gate.toml", excluded)]);
    project.dev.git(&["checkout", "-q", "main"]);
    symlink("ci/gate.toml", project.dev.path().join(CONFIG)).unwrap();
    project.commit(&[]);
    project.push("main");
    project.dev.git(&["checkout", "-q", "-B", "cart"]);
    project.commit(&[("docs/a.md", &secret(1))]);
    project.judge().assert_clean();
    // What it leads to is not the change's to edit.
    let all = "[scan]\nexclude = [\"docs/\", \"*.py\"]\n";
    project.commit(&[("ci/gate.toml", all), ("a.py", &secret(2))]);
    project.judge().assert_found(&["a.py:1"]);
    std::fs::remove_file(project.dev.path().join(CONFIG)).unwrap();
    project.commit(&[(CONFIG, all)]);
    project.judge().assert_found(&["a.py:1"]);
}

/// The files in which a scan finds something new, as it names them.
fn files(folder: &Path, args: &[&str]) -> Vec<String> {
    let said = run(folder, &[&["scan", "-f", "json"], args].concat());
    let report: Value = serde_json::from_str(&said.out).unwrap();
    let findings = report["findings"].as_array().unwrap().iter();
    let places = findings
        .filter(|finding| finding["status"] == "new")
        .flat_map(|finding| finding["locations"].as_array().unwrap());
    let mut files: Vec<String> =
        places.map(|place| place["path"].as_str().unwrap().to_owned()).collect();
    files.sort();
    files.dedup();
    files
}

/// The globs of a file are read from its folder, whoever scans from where.
#[test]
fn a_glob_of_the_root_means_the_same_below_it() {
    let settings = "[scan]\nexclude = [\"api/vectors.py\", \"/vectors.py\", \"docs/\"]\n";
    let project = Project::new(&[(CONFIG, settings), ("api/main.py", "x = 1\n")]);
    for (path, n) in [
        ("vectors.py", 1),
        ("api/vectors.py", 2),
        ("api/api/vectors.py", 3),
        ("docs/a.md", 4),
        ("api/docs/a.md", 5),
        ("a.py", 6),
    ] {
        project.dev.write(path, secret(n));
    }
    project.dev.git(&["add", "--all"]);
    let (root, api) = (project.dev.path(), &project.dev.path().join("api"));
    let assert_same = |args: &[&str]| {
        assert_eq!(files(root, args), ["a.py", "api/api/vectors.py"], "{args:?}");
        assert_eq!(files(api, args), ["../a.py", "api/vectors.py"], "{args:?}");
    };
    assert_same(&["--staged"]);
    assert_eq!(files(root, &[]), ["a.py", "api/api/vectors.py"]);
    assert_eq!(files(api, &[]), ["api/vectors.py"]);
    project.commit(&[]);
    assert_same(&["--range", "main..cart"]);
    let request = project.open();
    let clone = project.checkout_merge(Depth::All, &request);
    let environment = Environment::of_request(&request);
    environment.judge(&clone).assert_found(&["a.py:1", "api/api/vectors.py:1"]);
    environment.run(&clone, "api", &[]).assert_found(&["../a.py:1", "api/vectors.py:1"]);
}

/// The log of GitHub is read for commands, and JSON has other ways to write a bracket:
/// <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>.
#[test]
fn json_in_the_log_of_a_service_holds_no_command() {
    let project = Project::new(&[("c.py", "x = 1\n")]);
    project.commit(&[("##[error]a.py", &secret(1)), ("##vso[a]b.py", &secret(2))]);
    let request = project.open();
    let clone = project.checkout_merge(Depth::All, &request);
    for format in ["json", "jsonl", "sarif"] {
        let verdict = Environment::of_request(&request).run(&clone, "", &["-q", "-f", format]);
        verdict.assert_found(&["##[error]a.py:1", "##vso[a]b.py:1"]);
        let out = &verdict.said.out;
        assert!(!out.contains("##[") && !out.contains("##vso["), "{format}: {out}");
        if format == "json" {
            assert_eq!(serde_json::from_str::<Value>(out).unwrap(), verdict.report);
        }
    }
}

/// The past of a file is told with its present: by one name, and with one excuse.
#[test]
fn a_history_from_a_folder_below_names_and_excuses_as_the_file_scan_does() {
    let project = Project::new(&[("api/main.py", "x = 1\n")]);
    let (root, api) = (project.dev.path(), &project.dev.path().join("api"));
    project.commit(&[("api/a.py", &secret(1)), ("b.py", &secret(2))]);
    assert_eq!(files(api, &[]), ["a.py"]);
    assert_eq!(files(api, &["--history"]), ["../b.py", "a.py"]);
    assert_eq!(files(root, &["--history"]), ["api/a.py", "b.py"]);
    project.commit(&[("api/a.py", &excused(1))]);
    for folder in [root, api] {
        let excused = files(folder, &["--history"]);
        assert!(!excused.iter().any(|file| file.ends_with("a.py")), "{excused:?}");
        assert_eq!(excused.len(), 1, "{excused:?}");
    }
    let said = run(api, &["scan", "--history"]);
    assert!(!said.out.contains(&token(1)) && !said.out.contains(&token(2)), "{said:?}");
}

#[test]
fn what_a_newer_base_has_taken_out_does_not_come_back() {
    let project = Project::new(&[("k.py", &secret(1))]);
    project.commit(&[("a.py", "x = 1\n")]);
    let before = project.open();
    project.dev.git(&["checkout", "-q", "main"]);
    project.dev.git(&["rm", "-q", "k.py"]);
    project.commit(&[]);
    project.push("main");
    project.dev.git(&["checkout", "-q", "cart"]);
    project.dev.git(&["merge", "-q", "-m", "Take main", "-s", "ours", "main"]);
    let request = project.open();
    let commits = [(BASE, &*before.base), (HEAD, &request.head), (MERGE, &request.merge)];
    let environment = Environment::recorded("github-pull-request", &commits);
    let verdict = environment.judge(&project.checkout_merge(Depth::All, &request));
    assert_eq!(verdict.said.status, Some(1), "{verdict:#?}");
}
