//! `blurt scan --history`, from end to end: repositories made by the real `git`, with a secret in
//! every place where git can keep one, and with every flaw that keeps a scan from looking at all.
//!
//! - `common/repo.rs` runs git,
//! - `history/places.rs` hides secrets,
//! - `history/expected.rs` says what has to be found, and asks git whether that is true,
//! - `history/report.rs` scans, and `common/report.rs` reads what was found,
//! - `history/paths.rs` has blobs with several paths, or none,
//! - `history/storage.rs` stores one history in many ways,
//! - `history/broken.rs` breaks repositories.

// The tests speak of `file://` addresses and the rights of files as Unix has them.
#![cfg(unix)]
#![allow(clippy::unwrap_used)] // a test may panic

#[path = "history/broken.rs"]
mod broken;
mod common;
#[path = "history/expected.rs"]
mod expected;
#[path = "history/paths.rs"]
mod paths;
#[path = "history/places.rs"]
mod places;
#[path = "history/report.rs"]
mod report;
#[path = "history/storage.rs"]
mod storage;

use common::repo::{self, DAY, Repo, assert_unchanged, state};
use expected::{Facts, Hidden, assert_found};
use places::planted;
use report::{Place, run, scan, scan_with};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;

#[test]
fn every_hiding_place_is_found_and_nothing_else() {
    let (repo, hidden) = planted();
    let report = scan(repo.path());
    assert_eq!(report.status, Some(1), "{}", report.err);
    assert_eq!(report.json["coverage"]["complete"], true);
    assert_found(&repo, &hidden, &report);
    assert_eq!(report.count("commits"), repo.objects("commit").len());
    assert_eq!(report.count("blobs"), repo.objects("blob").len());
}

#[test]
fn a_report_does_not_depend_on_how_it_is_made_and_nothing_is_changed() {
    let (repo, _) = planted();
    let before = state(repo.parent());
    let report = scan(repo.path());
    for args in [&["--threads", "1"][..], &["--threads", "4"], &["--history-full"], &["."]] {
        let other = scan_with(repo.path(), args);
        assert!(other.text == report.text, "{args:?}:\n{}\n{}", other.text, report.text);
    }
    for format in ["text", "json", "jsonl", "sarif"] {
        // `run` sees to it that no secret is shown.
        for more in ["-v", "-q"] {
            let said = run(repo.path(), &["scan", "--history", "-f", format, more]);
            assert_eq!(said.status, Some(1), "{format} {more}");
        }
    }
    assert_unchanged(repo.parent(), &before);
}

/// A clone gets what refs reach, and no working tree.
#[test]
fn a_bare_mirror_has_what_refs_reach() {
    let (repo, hidden) = planted();
    let mirror = repo.cloned("mirror.git", &["--mirror"]);
    let left_behind = [
        "dangling commit",
        "amended commit",
        "older stash",
        "linked worktree",
        "unreachable blob",
        "staged",
    ];
    let cloned = hidden.into_iter().filter(|hidden| !left_behind.contains(&hidden.name));
    let cloned: Vec<Hidden> = cloned.map(Hidden::without_working_tree).collect();
    let report = scan(mirror.path());
    assert_found(&mirror, &cloned, &report);
    assert_eq!(report.count("blobs"), mirror.objects("blob").len());
}

/// There, `.git` is a file, and another HEAD counts.
#[test]
fn a_linked_worktree_sees_the_whole_repository() {
    let (repo, hidden) = planted();
    let linked = repo.beside("linked");
    assert!(linked.path().join(".git").is_file());
    let (main, linked) = (scan(repo.path()), scan(linked.path()));
    assert_eq!(linked.json["coverage"]["complete"], true);
    let (main, mut linked) = (main.findings(), linked.findings());
    for hidden in hidden {
        let name = hidden.name;
        let found = linked.remove(&hidden.masked()).unwrap_or_else(|| panic!("{name}: missing"));
        assert_eq!(historic(&found.places), historic(&main[&hidden.masked()].places), "{name}");
        assert_eq!(found.exposure.in_tree, found.places.iter().any(stands_in_tree), "{name}");
    }
    assert!(linked.is_empty(), "not hidden: {linked:?}");
}

/// The places in commits, but for what HEAD has to say.
fn historic(places: &[Place]) -> Vec<Place> {
    let historic = places.iter().filter(|place| place.commit.is_some()).cloned();
    historic.map(|place| Place { in_head: None, ..place }).collect()
}

fn stands_in_tree(place: &Place) -> bool {
    place.commit.is_none() && place.path.is_some() && place.via.is_empty()
}

#[test]
fn the_history_of_a_submodule_lies_below_its_folder() {
    let repo = Repo::new();
    repo.git(&["init", "-q", "../library"]);
    let library = repo.beside("library");
    let [past, present] = ["past of the library", "present of the library"].map(Hidden::new);
    let added = library.commit("src/past.py", past.text());
    let removed = library.commit("src/past.py", "t = input()\n");
    let stands = library.commit("present.py", present.text());
    repo.commit("main.py", "t = input()\n");
    repo.git(&["submodule", "--quiet", "add", &library.url(), "sub"]);
    repo.git(&["commit", "-q", "-m", "Use the library"]);
    assert!(repo.path().join(".git/modules/sub/HEAD").is_file());
    let report = scan(repo.path());
    assert_eq!(report.json["coverage"]["complete"], true);
    let mut found = report.findings();
    let facts = Facts::of(&library);
    for hidden in [
        past.in_file("src/past.py", &added, &[&removed]),
        present.in_file("present.py", &stands, &[]).in_working_tree("present.py"),
    ] {
        let found = found.remove(&hidden.masked()).unwrap();
        let expected = facts.finding(&hidden);
        let below = |path: String| format!("sub/{path}");
        let places = expected.places.into_iter();
        let places: Vec<Place> =
            places.map(|place| Place { path: place.path.map(below), ..place }).collect();
        assert_eq!(found.places, places, "{}", hidden.name);
        assert_eq!(found.exposure.first_seen, expected.exposure.first_seen);
        assert_eq!(found.exposure.in_tree, expected.exposure.in_tree);
        assert_eq!(found.exposure.pushed, Some(true), "it was cloned");
    }
    assert!(found.is_empty(), "not hidden: {found:?}");
}

#[test]
fn a_remote_tracking_branch_tells_what_was_pushed() {
    let repo = Repo::new();
    repo.git(&["init", "-q", "--bare", "../origin.git"]);
    repo.git(&["remote", "add", "origin", &repo.beside("origin.git").url()]);
    let [pushed, local, staged] = ["pushed", "local", "staged only"].map(Hidden::new);
    let at_origin = repo.commit("pushed.py", pushed.text());
    let removed = repo.commit("pushed.py", "t = input()\n");
    repo.git(&["push", "-q", "origin", "main"]);
    let here = repo.commit("local.py", local.text());
    repo.write("staged.py", staged.text());
    repo.git(&["add", "staged.py"]);
    fs::remove_file(repo.path().join("staged.py")).unwrap();
    let hidden = [
        pushed.in_file("pushed.py", &at_origin, &[&removed]),
        local.in_file("local.py", &here, &[]).in_working_tree("local.py"),
        staged.in_index("staged.py"),
    ];
    let report = scan(repo.path());
    assert_found(&repo, &hidden, &report);
    let pushed = hidden.map(|hidden| report.findings()[&hidden.masked()].exposure.pushed);
    assert_eq!(pushed, [Some(true), Some(false), Some(false)]);
}

#[test]
fn many_refs_are_counted_and_twenty_are_named() {
    let repo = Repo::new();
    let hidden = Hidden::new("many refs");
    let commit = repo.commit("a.py", hidden.text());
    for n in 0..25 {
        repo.git(&["branch", &format!("b{n:02}")]);
    }
    let hidden = [hidden.in_file("a.py", &commit, &[]).in_working_tree("a.py")];
    let report = scan(repo.path());
    assert_found(&repo, &hidden, &report);
    let exposure = &report.findings()[&hidden[0].masked()].exposure;
    assert_eq!((exposure.refs.len(), exposure.ref_count), (20, 26));
    assert_eq!(exposure.refs[19], "refs/heads/b19");
}

#[test]
fn a_detached_head_is_a_ref() {
    let repo = Repo::new();
    let hidden = Hidden::new("detached");
    repo.commit("a.py", "t = input()\n");
    repo.git(&["checkout", "-q", "--detach"]);
    let commit = repo.commit("a.py", hidden.text());
    let hidden = [hidden.in_file("a.py", &commit, &[]).in_working_tree("a.py")];
    let report = scan(repo.path());
    assert_found(&repo, &hidden, &report);
    assert_eq!(report.findings()[&hidden[0].masked()].exposure.refs, ["HEAD"]);
}

#[test]
fn a_path_is_named_from_the_current_folder() {
    let repo = Repo::new();
    let hidden = Hidden::new("elsewhere");
    let commit = repo.commit("src/a.py", hidden.text());
    let report = scan_with(repo.parent(), &["repo"]);
    let places = &report.findings()[&hidden.masked()].places;
    let places: Vec<_> = places.iter().map(|p| (p.path.as_deref(), p.commit.as_ref())).collect();
    assert_eq!(places, [(Some("repo/src/a.py"), Some(&commit)), (Some("repo/src/a.py"), None)]);
}

/// Without a fixed day, age counts until today.
#[test]
fn age_counts_until_today() {
    let repo = Repo::new();
    let hidden = Hidden::new("old");
    repo.commit("a.py", hidden.text());
    let committed: i64 = repo.ask(&["log", "-1", "--format=%at"]).parse().unwrap();
    let age = || (jiff::Timestamp::now().as_second() - committed) / DAY;
    let before = age();
    let said = common::run(repo.path(), &["scan", "--history", "-f", "json"]);
    let report: Value = serde_json::from_str(&said.out).unwrap();
    let told = report["findings"][0]["exposure"]["age_days"].as_i64().unwrap();
    assert!((before..=age()).contains(&told), "{told} days");
}

/// Each place has a secret that a report shows in its own way, and the scan of files finds it too:
/// else a test could look for something that is none.
#[test]
fn what_is_hidden_is_a_secret() {
    let (_, hidden) = planted();
    let folder = Repo::folder();
    for (n, hidden) in hidden.iter().enumerate() {
        folder.write(&format!("{n}.py"), hidden.text());
    }
    let said = run(folder.path(), &["scan", "-f", "json"]);
    let report: Value = serde_json::from_str(&said.out).unwrap();
    let found =
        report::items(&report["findings"]).map(|f| f["secret"].as_str().unwrap().to_owned());
    let expected: BTreeSet<String> = hidden.iter().map(Hidden::masked).collect();
    assert_eq!(found.collect::<BTreeSet<_>>(), expected);
    assert_eq!(expected.len(), hidden.len());
}
