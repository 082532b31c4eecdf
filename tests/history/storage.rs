//! The same history, stored in every way that git has: the report is the same each time.

use crate::expected::{Hidden, assert_found};
use crate::repo::Repo;
use crate::report::{Report, scan};
use std::fs;
use std::path::Path;

/// How many versions of a file there are, and which of them have the secret.
const VERSIONS: usize = 61;
const ADDED: usize = 20;
const REMOVED: usize = 40;

/// A long file that changes again and again.
fn version(n: usize, hidden: &Hidden) -> String {
    let mut lines: Vec<String> = (0..n).map(|line| format!("# change {line}")).collect();
    lines.extend((0..300).map(|line| {
        // The last change of this line: each changes three.
        let changed = (1..=n).rev().find(|change| line % 100 == change * 7 % 100).unwrap_or(0);
        let numbers = [7, 11, 13, 17, 19].map(|n| (line * 31 + changed * 17) * n % 9973);
        format!("row {line}: {numbers:?}")
    }));
    // The line is as long without the secret: git makes its chains in the order of lengths.
    let value = if (ADDED..REMOVED).contains(&n) { &hidden.secret } else { "" };
    lines.insert(150, format!("{:<46}#", format!("t = \"{value}\"")));
    lines.join("\n") + "\n"
}

/// A repository of loose objects with one secret, deep in the history of one file.
fn deep() -> (Repo, Hidden) {
    let repo = Repo::new();
    let hidden = Hidden::new("deep in the history");
    let commits: Vec<String> =
        (0..VERSIONS).map(|n| repo.commit("long.txt", version(n, &hidden))).collect();
    let hidden = hidden.in_file("long.txt", &commits[ADDED], &[&commits[REMOVED]]);
    (repo, hidden)
}

/// Stores the objects in a way, and sees to it that this was done.
type Storage = (&'static str, fn(&Repo));

const STORAGES: [Storage; 8] = [
    ("loose", |repo| assert_eq!((repo.packs().len(), repo.loose()), (0, VERSIONS * 3))),
    ("several packs and loose objects", in_several_packs),
    ("one pack with deep deltas", in_one_pack),
    ("deltas that name their bases", with_deltas_by_name),
    ("packed refs and a graph of commits", with_indexes),
    ("an index over several packs", with_index_over_packs),
    ("objects of another folder", |repo| borrow(repo, "")),
    ("objects of a folder beside", |repo| borrow(repo, "../../../")),
];

#[test]
fn a_report_does_not_depend_on_the_storage() {
    let (repo, hidden) = deep();
    let hidden = [hidden];
    let mut first: Option<Report> = None;
    for (storage, store) in STORAGES {
        store(&repo);
        repo.ask(&["fsck", "--strict", "--no-progress"]);
        let report = scan(repo.path());
        assert_eq!(report.status, Some(1), "{storage}: {}", report.err);
        assert_eq!(report.json["coverage"]["complete"], true, "{storage}");
        assert_eq!(report.count("blobs"), VERSIONS, "{storage}");
        assert_eq!(report.count("commits"), VERSIONS, "{storage}");
        assert_found(&repo, &hidden, &report);
        let first = first.get_or_insert_with(|| scan(repo.path()));
        assert_eq!(report.findings_text(), first.findings_text(), "{storage}");
    }
}

fn in_several_packs(repo: &Repo) {
    for kind in ["commit", "tree"] {
        let ids = repo.objects(kind).join("\n") + "\n";
        repo.feed(&["pack-objects", "-q", ".git/objects/pack/pack"], ids);
    }
    let blobs = repo.objects("blob");
    for part in [&blobs[..25], &blobs[20..50]] {
        repo.feed(&["pack-objects", "-q", ".git/objects/pack/pack"], part.join("\n") + "\n");
    }
    repo.git(&["prune-packed", "-q"]);
    assert_eq!((repo.packs().len(), repo.loose()), (4, VERSIONS - 50));
}

fn in_one_pack(repo: &Repo) {
    repo.git(&["repack", "-adfq", "--depth=60", "--window=60"]);
    assert_eq!((repo.packs().len(), repo.loose()), (1, 0));
    let pack = repo.packs().remove(0);
    let listing = repo.ask(&["verify-pack", "-v", pack.to_str().unwrap()]);
    let chains: Vec<_> = listing.lines().filter(|line| line.starts_with("chain")).collect();
    assert!(chains.iter().any(|line| line.starts_with("chain length = 50: ")), "{chains:?}");
    let [by_place, by_name] = deltas(repo, &pack);
    assert!(by_place >= 50 && by_name == 0, "{by_place} {by_name}");
}

fn with_deltas_by_name(repo: &Repo) {
    repo.git(&[
        "-c",
        "repack.useDeltaBaseOffset=false",
        "repack",
        "-adfq",
        "--depth=60",
        "--window=60",
    ]);
    let [by_place, by_name] = deltas(repo, &repo.packs()[0]);
    assert!(by_place == 0 && by_name >= 50, "{by_place} {by_name}");
}

/// How many entries of a pack name their base by its place, and how many by its name. Only the
/// kinds in the bytes themselves tell.
fn deltas(repo: &Repo, pack: &Path) -> [usize; 2] {
    let bytes = fs::read(pack).unwrap();
    let listing = repo.ask(&["verify-pack", "-v", pack.to_str().unwrap()]);
    let words = listing.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let entries = words.filter(|words| words.len() >= 5 && words[0].len() == 40);
    let kinds: Vec<u8> =
        entries.map(|words| bytes[words[4].parse::<usize>().unwrap()] >> 4 & 7).collect();
    [6, 7].map(|kind| kinds.iter().filter(|found| **found == kind).count())
}

fn with_indexes(repo: &Repo) {
    repo.git(&["pack-refs", "--all"]);
    repo.git(&["commit-graph", "write", "--reachable", "--changed-paths"]);
    assert!(repo.path().join(".git/packed-refs").exists());
    assert!(!repo.path().join(".git/refs/heads/main").exists());
}

fn with_index_over_packs(repo: &Repo) {
    let ids = repo.objects("blob")[..10].join("\n") + "\n";
    repo.feed(&["pack-objects", "-q", ".git/objects/pack/pack"], ids);
    repo.git(&["multi-pack-index", "write"]);
    assert_eq!(repo.packs().len(), 2);
    assert!(repo.path().join(".git/objects/pack/multi-pack-index").exists());
}

/// Moves all objects away and leaves a line that says where. A relative one counts from the folder
/// of the objects.
fn borrow(repo: &Repo, relative: &str) {
    let name = if relative.is_empty() { "far" } else { "near" };
    let away = repo.parent().join(name);
    fs::create_dir(&away).unwrap();
    let objects = repo.path().join(".git/objects");
    let before = repo.objects("blob");
    fs::rename(&objects, away.join("objects")).unwrap();
    let line = match relative {
        "" => away.join("objects").display().to_string(),
        up => format!("{up}{name}/objects"),
    };
    repo.write(".git/objects/info/alternates", format!("{line}\n"));
    assert_eq!(repo.objects("blob"), before);
}

/// A clone that shares what it came from, and has something of its own.
#[test]
fn borrowed_and_own_objects_are_scanned() {
    let origin = Repo::new();
    let [borrowed, own] = ["borrowed", "own"].map(Hidden::new);
    let added = origin.commit("old.py", borrowed.text());
    let removed = origin.commit("old.py", "t = input()\n");
    let origin_path = origin.path().to_str().unwrap();
    origin.git(&["clone", "-q", "--shared", origin_path, "../clone"]);
    let clone = origin.beside("clone");
    assert_eq!(clone.loose(), 0);
    let commit = clone.commit("new.py", own.text());
    let report = scan(clone.path());
    let hidden = [
        borrowed.in_file("old.py", &added, &[&removed]),
        own.in_file("new.py", &commit, &[]).in_working_tree("new.py"),
    ];
    assert_found(&clone, &hidden, &report);
    assert_eq!(report.json["coverage"]["complete"], true);
}

/// A source that is gone takes its objects with it.
#[test]
fn borrowed_objects_that_are_gone_are_told() {
    let (repo, hidden) = (Repo::new(), Hidden::new("gone"));
    repo.commit("old.py", hidden.text());
    repo.commit("old.py", "t = input()\n");
    borrow(&repo, "");
    fs::remove_dir_all(repo.parent().join("far")).unwrap();
    let report = scan(repo.path());
    assert_eq!(report.status, Some(2), "{}", report.text);
    assert!(!report.skipped().is_empty());
}
