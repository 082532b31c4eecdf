//! Whether a scan comes to a file: what keeps it from that is named with file and line.

use super::{Folder, token};
use serde_json::Value;
use std::fs;
use std::process::Command;

fn text(seed: u64) -> String {
    format!("t = \"{}\"\n", token(seed))
}

/// How a scan comes to a file, and whether it does. Both have to agree.
fn access(folder: &Folder, file: &str, args: &[&str]) -> Value {
    let said = folder.json(&[&[file], args].concat());
    let scan = super::run(folder.path(), &[&["scan", "-f", "json"], args].concat());
    let report: Value = serde_json::from_str(&scan.out).unwrap();
    let findings = report["findings"].as_array().unwrap().iter();
    let mut places = findings.flat_map(|finding| finding["locations"].as_array().unwrap());
    let found = places.any(|place| place["path"] == file);
    assert_eq!(said["file"]["scanned"], found, "{file}: {:#}", said["file"]);
    // What would be found is told all the same.
    assert_eq!(said["texts"][0]["matches"][0]["rule"], "github-personal-access-token");
    said["file"].clone()
}

#[test]
fn the_pattern_of_git_that_ignores_a_file_is_named() {
    let folder = Folder::repository()
        .with(".gitignore", "# what git leaves out\n*.log\nbuild/\n*.env\n!keep.env\n")
        .with("sub/.gitignore", "\n/own.txt\n!b.log\n")
        .with("a.env", text(1))
        .with("keep.env", text(2))
        .with("build/x/a.txt", text(3))
        .with("sub/own.txt", text(4))
        .with("sub/b.log", text(5))
        .with("c.log", text(6))
        .with("d.txt", text(7));
    fs::write(folder.path().join(".git/info/exclude"), "d.*\n").unwrap();
    for (file, reason) in [
        ("a.env", Some(".gitignore:4 `*.env` ignores it")),
        ("keep.env", None),
        ("build/x/a.txt", Some(".gitignore:3 `build/` ignores it")),
        ("sub/own.txt", Some("sub/.gitignore:2 `/own.txt` ignores it")),
        ("sub/b.log", None),
        ("c.log", Some(".gitignore:2 `*.log` ignores it")),
        ("d.txt", Some(".git/info/exclude:1 `d.*` ignores it")),
    ] {
        let said = access(&folder, file, &[]);
        assert_eq!(said["reason"].as_str(), reason, "{file}");
    }
    folder.git(&["add", "-f", "a.env"]);
    let said = access(&folder, "a.env", &[]);
    let note = said["notes"][0].as_str().unwrap();
    assert!(note.contains(".gitignore:4 `*.env` ignores it, but git tracks it"), "{note}");
    let shown = folder.explain(&["c.log:1"]).out;
    let says = "c.log: `blurt scan` does not look at it: .gitignore:2 `*.log` ignores it\n";
    assert!(shown.starts_with(says) && shown.contains("If it did:"), "{shown}");
}

#[test]
fn the_glob_that_excludes_a_file_is_named() {
    let folder = Folder::repository()
        .with(".blurt.toml", "[scan]\nexclude = [\n  \"vendor/**\",\n  \"*.min.js\",\n]\n")
        .with("vendor/a.py", text(1))
        .with("a.min.js", text(2))
        .with("b.py", text(3));
    for (file, args, reason) in [
        ("vendor/a.py", &[][..], Some("`vendor/**` of `exclude` in .blurt.toml:3 leaves it out")),
        ("a.min.js", &[], Some("`*.min.js` of `exclude` in .blurt.toml:4 leaves it out")),
        ("b.py", &[], None),
        ("b.py", &["--exclude", "b.*"], Some("`b.*` of --exclude leaves it out")),
    ] {
        assert_eq!(access(&folder, file, args)["reason"].as_str(), reason, "{file}");
    }
}

#[test]
fn configuration_that_reads_all_is_honoured() {
    let folder = Folder::repository()
        .with(".blurt.toml", "[scan]\nno_ignore = true\n")
        .with(".gitignore", "*.env\n")
        .with("a.env", text(1));
    assert_eq!(access(&folder, "a.env", &[])["reason"], Value::Null);
}

#[test]
fn what_lies_in_the_folder_of_git_is_told() {
    let folder = Folder::repository().with(".git/kept.txt", text(1));
    let said = folder.json(&[".git/kept.txt"]);
    assert_eq!(said["file"]["scanned"], false);
    assert_eq!(said["file"]["reason"], "it lies in `.git`");
}

#[cfg(unix)]
#[test]
fn a_link_is_told_and_a_pipe_is_not_opened() {
    let folder = Folder::new().with("a.txt", text(1));
    std::os::unix::fs::symlink("a.txt", folder.path().join("b")).unwrap();
    std::os::unix::fs::symlink("gone", folder.path().join("c")).unwrap();
    let pipe = Command::new("mkfifo").arg(folder.path().join("d")).status();
    assert!(pipe.unwrap().success());
    let said = folder.explain(&["b:1"]);
    assert!(said.out.contains("a link to a.txt"), "{}", said.out);
    assert!(said.out.contains("reported as `github-personal-access-token`"));
    for (file, says) in [("c", "a link to nothing"), ("d", "no regular file"), (".", "a folder")] {
        let said = folder.explain(&[file]);
        assert_eq!(said.status, Some(2), "{file}");
        assert!(said.err.contains(says), "{}", said.err);
    }
}
