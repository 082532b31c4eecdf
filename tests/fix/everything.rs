//! All fixtures at once.

use crate::common::{Fixtures, blurt, said, syntax};
use aho_corasick::AhoCorasick;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

fn git(folder: &Path, args: &[&str]) {
    let mut git = Command::new("git");
    git.current_dir(folder).args(["-c", "user.name=Ann", "-c", "user.email=ann@example.org"]);
    assert!(git.args(args).status().unwrap().success(), "git {args:?}");
}

/// The files of a folder that are not git's, by their paths from there.
fn files(folder: &Path) -> BTreeSet<String> {
    let mut git = Command::new("git");
    git.current_dir(folder).args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    let out = git.output().unwrap().stdout;
    let names = out.split(|b| *b == 0).filter(|name| !name.is_empty());
    names.map(|name| String::from_utf8(name.to_vec()).unwrap()).collect()
}

#[test]
fn no_edit_shows_a_planted_value_or_breaks_a_file() {
    let fixtures = Fixtures::render();
    let root = fixtures.folder.path();
    git(root, &["init", "-q"]);
    git(root, &["add", "-A", "-f"]);
    git(root, &["commit", "-qm", "All"]);
    let read = |path: &String| fs::read(root.join(path)).unwrap_or_default();
    let parses = |path: &String| syntax::check(path, &read(path)).is_ok();
    let before: BTreeSet<String> = files(root).into_iter().filter(parses).collect();
    let secrets = AhoCorasick::new(fixtures.secrets()).unwrap();
    let preview = said(blurt(root).args(["fix"]));
    assert_eq!((preview.status, preview.err.as_str()), (Some(1), ""));
    let shown: Vec<_> = preview.out.lines().filter(|line| secrets.find(line).is_some()).collect();
    assert!(shown.is_empty(), "{shown:#?}");
    let fixed = said(blurt(root).args(["fix", "--write"]));
    assert!(secrets.find(&fixed.out).is_none());
    let broken: Vec<_> =
        before.iter().filter(|path| root.join(path).exists() && !parses(path)).collect();
    assert!(broken.is_empty(), "{broken:#?}");
    // What a second scan finds is what was left, and said to be.
    let scan = said(blurt(root).args(["scan", "-f", "json"]));
    let report: serde_json::Value = serde_json::from_str(&scan.out).unwrap();
    let left = fixed.out.lines().skip_while(|line| *line != "Left as they are:").skip(1);
    let left: Vec<_> = left.take_while(|line| !line.is_empty()).collect();
    let mut untold = Vec::new();
    for finding in report["findings"].as_array().unwrap().iter().filter(|f| f["status"] == "new") {
        for place in finding["locations"].as_array().unwrap() {
            let path = place["path"].as_str().unwrap();
            if !left.iter().any(|line| line.trim_start().starts_with(path)) {
                untold.push(format!("{path}:{} {}", place["start_line"], finding["rule"]));
            }
        }
    }
    assert!(untold.is_empty(), "{untold:#?}\n{}", fixed.out);
}
