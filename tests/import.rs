//! `blurt rules import`, from a file of another tool to a scan with what became of it.

#![allow(clippy::unwrap_used)] // a test may panic

mod common;

use blurt::rule::example::expand;
use common::run;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

const THEIRS: &str = r#"
title = "ours"
[extend]
useDefault = true
disabledRules = ["generic-api-key"]

[[rules]]
id = "widget-token"
description = "Widget token"
regex = '''\bwdg_[0-9a-z]{32}\b'''
keywords = ["wdg_"]

[[rules]]
id = "widget-file"
path = '''\.wdg$'''

[[allowlists]]
description = "samples of the documentation"
paths = ['''^docs/''']
stopwords = ["sample"]
"#;

const RULES: &str = "
rules:
  - name: Widget token
    id: widget.1
    pattern: '\\b(wdg_[0-9a-z]{32})\\b'
";

fn folder(name: &str, text: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join(name), text).unwrap();
    folder
}

fn read(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap()
}

#[test]
fn a_pack_is_checked_and_tested_and_finds() {
    for (name, text, id) in
        [(".gitleaks.toml", THEIRS, "widget-token"), ("rules.yml", RULES, "widget-1")]
    {
        let folder = folder(name, text);
        let here = folder.path();
        let said = run(here, &["rules", "import", name, "-o", "acme.toml"]);
        assert!(said.err.contains("1 rule imported"), "{said:?}");
        assert_eq!(
            run(here, &["rules", "check", "--rules", "acme.toml"]).status,
            Some(0),
            "{name}"
        );
        let tested = run(here, &["rules", "test", "--rules", "acme.toml", "--rule", id]);
        assert_eq!(
            (tested.status, &*tested.out),
            (Some(0), "1 rule tested, 0 failed\n"),
            "{tested:?}"
        );
        let secret = expand("wdg_<<[0-9a-z]{32}>>", 4).unwrap();
        fs::write(here.join("a.py"), format!("t = \"{secret}\"\n")).unwrap();
        let scan = ["scan", "a.py", "-f", "json"];
        assert_eq!(run(here, &scan).status, Some(0), "nobody else knows it");
        let found = run(here, &[&scan[..], &["--rules", "acme.toml"]].concat());
        assert_eq!(found.status, Some(1));
        assert!(found.out.contains(&format!("\"rule\": \"{id}\"")), "{}", found.out);
        assert!(!found.out.contains(&secret));
    }
}

#[test]
fn settings_are_printed_for_the_configuration_file() {
    let folder = folder(".gitleaks.toml", THEIRS);
    let said = run(folder.path(), &["rules", "import", ".gitleaks.toml", "-o", "acme.toml"]);
    assert_eq!(said.status, Some(1), "a rule is lost");
    assert!(
        said.err.contains("blurt: .gitleaks.toml:15:8: `widget-file` is not imported"),
        "{said:?}"
    );
    let settings: toml::Table = toml::from_str(&said.out).unwrap();
    assert_eq!(settings["rules"]["packs"][0].as_str(), Some("acme.toml"));
    assert_eq!(settings["rules"]["disable"][0].as_str(), Some("generic-secret"));
    let suppress = settings["suppress"].as_array().unwrap();
    assert_eq!(suppress[0]["paths"][0].as_str(), Some("/docs/"));
    assert_eq!(suppress[1]["values"][0].as_str(), Some("(?i)sample"));
    for table in suppress {
        assert_eq!(table["reason"].as_str(), Some("samples of the documentation"));
    }
}

#[test]
fn without_a_pack_all_is_one_text_that_is_a_pack() {
    let folder = folder(".gitleaks.toml", THEIRS);
    let here = folder.path();
    let said = run(here, &["rules", "import", ".gitleaks.toml"]);
    fs::write(here.join("pack.toml"), &said.out).unwrap();
    assert_eq!(
        run(here, &["rules", "check", "--rules", "pack.toml"]).status,
        Some(0),
        "{}",
        said.out
    );
    assert!(said.out.contains("# [[suppress]]\n"), "{}", said.out);
}

#[test]
fn a_table_that_is_there_is_not_written_twice() {
    let folder = folder(".gitleaks.toml", THEIRS);
    let here = folder.path();
    fs::write(here.join(".blurt.toml"), "[rules]\ndisable = []\n").unwrap();
    let said = run(here, &["rules", "import", ".gitleaks.toml", "-o", "acme.toml"]);
    let both = format!("{}{}", read(here, ".blurt.toml"), said.out);
    assert!(toml::from_str::<toml::Table>(&both).is_ok(), "{both}");
    assert!(said.err.contains("has a table [rules] already"), "{said:?}");
    assert!(said.out.contains("# packs = [\"acme.toml\"]\n"), "{}", said.out);
}

#[test]
fn a_pack_that_is_there_is_overwritten_only_by_force() {
    let folder = folder(".gitleaks.toml", THEIRS);
    let here = folder.path();
    fs::write(here.join("acme.toml"), "mine").unwrap();
    let args = ["rules", "import", ".gitleaks.toml", "-o", "acme.toml"];
    let said = run(here, &args);
    assert_eq!((said.status, &*said.out), (Some(2), ""));
    assert!(said.err.contains("--force"), "{said:?}");
    assert_eq!(read(here, "acme.toml"), "mine");
    assert_eq!(run(here, &[&args[..], &["--force"]].concat()).status, Some(1));
    assert!(read(here, "acme.toml").contains("widget-token"));
}

#[test]
fn what_cannot_be_read_is_2_with_its_place() {
    let folder = folder("a.toml", "[[rules]\n");
    let here = folder.path();
    let import = |args: &[&str]| run(here, &[&["rules", "import"], args].concat());
    let said = import(&["a.toml"]);
    assert_eq!(said.status, Some(2));
    assert!(said.err.starts_with("blurt: a.toml:1:"), "{said:?}");
    assert_eq!(import(&["missing.toml"]).status, Some(2));
    assert_eq!(import(&["a.toml", "--from", "pen-and-paper"]).status, Some(2));
    fs::write(here.join("b.toml"), b"\xff\xfe").unwrap();
    let said = import(&["b.toml"]);
    assert!(said.status == Some(2) && said.err.contains("UTF-8"), "{said:?}");
}

#[test]
fn all_taken_over_is_0() {
    let folder = folder("a.toml", "[allowlist]\npaths = ['^docs/']\n");
    let said = run(folder.path(), &["rules", "import", "a.toml"]);
    assert_eq!(said.status, Some(0));
    assert_eq!(said.err, "blurt: 1 allowlist became a suppression\n");
    let hostile =
        "[allowlist]\ndescription = \"a\\u001b[2Jb\"\npaths = ['^docs/']\n\"\\u001b[2J\" = 1\n";
    fs::write(folder.path().join("a.toml"), hostile).unwrap();
    let said = run(folder.path(), &["rules", "import", "a.toml"]);
    assert!(!said.err.contains('\x1b') && !said.out.contains('\x1b'), "{said:?}");
}
