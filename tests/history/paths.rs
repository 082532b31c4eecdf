//! What a path decides: whether a blob's text is an assignment there, and which rules look at it. One
//! blob may be known by several paths, by none, or by far too many.

use crate::repo::Repo;
use crate::report::{Report, items, scan};
use blurt::rule::example::expand;
use std::collections::BTreeSet;

/// A file that assigns a password without quotes: to a program it is an expression.
fn assignment(seed: u64) -> String {
    expand("db_password=<<[a-z]{4}[0-9]{4}[A-Z]{4}[0-9]{4}>>\n", seed).unwrap()
}

/// Each place as `rule path`, with `-` for what was taken out of it again.
fn found(report: &Report) -> BTreeSet<String> {
    let findings = items(&report.json["findings"]);
    let places = findings.flat_map(|finding| {
        let rule = finding["rule"].as_str().unwrap();
        items(&finding["locations"]).map(move |place| {
            let path = place["path"].as_str().unwrap_or("?");
            let via = items(&place["via"]).filter_map(|via| via["object"].as_str());
            let via = via.map(|via| format!(" ({})", &via[..4])).collect::<Vec<_>>().concat();
            let removed = if items(&place["removed"]).count() > 0 { "-" } else { "" };
            format!("{rule} {path}{via}{removed}")
        })
    });
    places.collect()
}

fn set(places: &[&str]) -> BTreeSet<String> {
    places.iter().map(|place| (*place).to_owned()).collect()
}

#[test]
fn a_rule_for_other_paths_hides_nothing() {
    let repo = Repo::new();
    let key = expand("PrivateKey = <<[0-9A-Za-z+/]{41}>>8Q=\n", 1).unwrap();
    repo.commit("app.env", &key);
    repo.commit("wg0.conf", &key);
    repo.git(&["rm", "-q", "app.env", "wg0.conf"]);
    repo.commit("b.txt", "nothing\n");
    let places = found(&scan(repo.path()));
    assert_eq!(places, set(&["generic-secret app.env-", "wireguard-private-key wg0.conf-"]));
}

#[test]
fn a_blob_is_in_each_path_what_it_is_there() {
    let repo = Repo::new();
    let text = assignment(2);
    repo.commit("a.py", &text);
    repo.commit("a.env", &text);
    // Now the program has it, too.
    let value = text.trim().trim_start_matches("db_password=");
    repo.commit("a.py", format!("db_password = \"{value}\"\n"));
    repo.git(&["rm", "-q", "a.py", "a.env"]);
    repo.commit("b.txt", "nothing\n");
    assert_eq!(found(&scan(repo.path())), set(&["password a.env-", "password a.py-"]));
}

#[test]
fn what_is_staged_under_another_name_is_found() {
    let repo = Repo::new();
    let text = assignment(3);
    repo.commit("a.py", &text);
    repo.write(".env", &text);
    repo.git(&["add", "-f", ".env"]);
    std::fs::remove_file(repo.path().join(".env")).unwrap();
    assert_eq!(found(&scan(repo.path())), set(&["password .env (inde)"]));
}

#[test]
fn a_tree_without_a_commit_holds_blobs() {
    let repo = Repo::new();
    repo.commit("b.txt", "nothing\n");
    repo.write("a.env", assignment(4));
    repo.git(&["add", "a.env"]);
    let tree = repo.ask(&["write-tree"]);
    repo.git(&["reset", "-q", "--hard"]);
    let report = scan(repo.path());
    assert_eq!(found(&report), set(&["password ? (blob)"]));
    assert_eq!(report.json["findings"][0]["exposure"]["unreachable"], true);
    repo.git(&["tag", "of-a-tree", tree.trim()]);
    let report = scan(repo.path());
    assert_eq!(report.json["findings"][0]["exposure"]["refs"][0], "refs/tags/of-a-tree");
}

/// The branch that lacks it has taken out an earlier copy; the merge takes out the new one.
#[test]
fn a_merge_takes_out_what_was_brought_back() {
    let repo = Repo::new();
    let text = assignment(5);
    let first = repo.commit("a.env", &text);
    let out = repo.commit("a.env", "nothing\n");
    repo.git(&["branch", "side"]);
    let second = repo.commit("a.env", &text);
    repo.git(&["checkout", "-q", "side"]);
    repo.commit("b.txt", "nothing\n");
    repo.git(&["merge", "-q", "-s", "ours", "-m", "without", "main"]);
    let merge = repo.id("HEAD");
    let report = scan(repo.path());
    let places = items(&report.json["findings"][0]["locations"]);
    let lives: Vec<(String, Vec<String>)> = places
        .map(|place| {
            let removed = items(&place["removed"]).map(|commit| commit["commit"].as_str());
            let removed = removed.map(|id| id.unwrap().to_owned()).collect();
            (place["commit"].as_str().unwrap().to_owned(), removed)
        })
        .collect();
    assert_eq!(lives, [(first, vec![out]), (second, vec![merge])]);
}

/// A few small trees can give one blob more paths than there are atoms.
#[test]
fn a_blob_under_too_many_paths_is_found_all_the_same() {
    let repo = Repo::new();
    let blob = repo.feed(&["hash-object", "-w", "--stdin"], assignment(6));
    let mut line = format!("100644 blob {}", blob.trim());
    for _ in 0..12 {
        let entries = (0..10).map(|n| format!("{line}\t{n}.env\n"));
        let entries = entries.collect::<Vec<_>>().concat();
        let tree = repo.feed(&["mktree"], entries);
        line = format!("040000 tree {}", tree.trim());
    }
    let tree = line.rsplit(' ').next().unwrap();
    let commit = repo.ask(&["commit-tree", "-m", "bomb", tree]);
    repo.git(&["update-ref", "refs/heads/bomb", commit.trim()]);
    let report = scan(repo.path());
    assert_eq!(report.status, Some(1));
    assert!(!found(&report).is_empty());
    assert_eq!(report.json["coverage"]["complete"], false);
}

#[test]
fn trees_that_are_not_here_are_missing() {
    let repo = Repo::new();
    repo.commit("a.env", assignment(7));
    repo.commit("a.env", "nothing\n");
    repo.git(&["config", "uploadpack.allowFilter", "true"]);
    let clone = repo.cloned("treeless", &["--filter=tree:0", "--no-checkout"]);
    let report = scan(clone.path());
    assert_eq!(report.status, Some(2));
    report.assert_incomplete("git fetch --refetch");
}

#[test]
fn submodules_that_cannot_be_listed_are_told() {
    let repo = Repo::new();
    repo.commit("b.txt", "nothing\n");
    repo.commit(".gitmodules", "[submodule \"x\n");
    let report = scan(repo.path());
    assert_eq!(report.status, Some(2));
    report.assert_incomplete(".gitmodules");
}

/// Git takes a folder for a bare repository by its name, whether its configuration says so or not.
#[test]
fn a_repository_without_a_configuration_is_bare() {
    let repo = Repo::new();
    repo.commit("a.env", assignment(8));
    let mirror = repo.cloned("mirror.git", &["--mirror"]);
    std::fs::remove_file(mirror.path().join("config")).unwrap();
    let report = scan(mirror.path());
    assert_eq!(found(&report), set(&["password a.env"]));
    assert_eq!(report.count("files"), 0);
}
