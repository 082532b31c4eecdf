//! Containers in a history.

use super::{deflated, folder, git, gzip, json, places, skipped, tar, text, zip};
use crate::common::run;
use std::fs;
use zip::CompressionMethod;

#[test]
fn containers_of_a_history_are_searched() {
    let folder = folder(&[("d/a.tgz", gzip(&tar(&[("x.txt", &text(1))])))]);
    let path = folder.path();
    git(path, &["init", "-q"]);
    git(path, &["add", "."]);
    git(path, &["commit", "-qm", "one"]);
    fs::write(path.join("d/a.tgz"), gzip(&tar(&[("x.txt", b"gone")]))).unwrap();
    git(path, &["commit", "-qam", "two"]);
    for pack in [false, true] {
        if pack {
            git(path, &["gc", "-q"]);
        }
        let report = json(&run(path, &["scan", "--history", "-f", "json"]));
        assert_eq!(places(&report), ["d/a.tgz [content > x.txt] 2:5"], "{pack}");
        let place = &report["findings"][0]["locations"][0];
        assert_eq!((&place["in_head"], place["commit"].is_string()), (&false.into(), true));
    }
}

#[test]
fn versions_of_an_archive_stored_as_deltas_are_each_searched() {
    let folder = folder(&[]);
    let path = folder.path();
    git(path, &["init", "-q"]);
    let filler: Vec<u8> =
        (0..9000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    for n in 1..=4 {
        let members: [(&str, &[u8]); 2] = [("filler", &filler), ("x/.env", &text(n))];
        fs::write(path.join("a.zip"), zip(&members, CompressionMethod::Stored)).unwrap();
        git(path, &["add", "."]);
        git(path, &["commit", "-qm", "next"]);
    }
    git(path, &["gc", "-q"]);
    fs::remove_file(path.join("a.zip")).unwrap();
    let along = run(path, &["scan", "--history", "-f", "json"]);
    assert_eq!(places(&json(&along)), ["a.zip [x/.env] 2:5"; 4]);
    let full = run(path, &["scan", "--history", "--history-full", "-f", "json"]);
    assert_eq!(along.out, full.out);
}

#[test]
fn a_flawed_archive_of_a_history_is_named() {
    let folder = folder(&[("a.zip", deflated("x.txt", &text(1))[..70].to_vec())]);
    let path = folder.path();
    git(path, &["init", "-q"]);
    git(path, &["add", "."]);
    git(path, &["commit", "-qm", "one"]);
    fs::remove_file(path.join("a.zip")).unwrap();
    let said = run(path, &["scan", "--history", "-f", "json"]);
    assert_eq!(said.status, Some(2));
    let skipped = skipped(&json(&said));
    assert!(
        skipped[0].starts_with("object ") && skipped[0].ends_with(" is cut off"),
        "{skipped:?}"
    );
}
