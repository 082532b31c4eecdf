//! `blurt verify`: what a sloppy clean-up leaves, and what a good one does not.

#![allow(clippy::unwrap_used)] // a test may panic

mod common;

use common::{repo, run, said, token};

#[path = "verify/asked.rs"]
mod asked;
#[path = "verify/places.rs"]
mod places;
#[path = "verify/walk.rs"]
mod walk;

use asked::{ask, ask_with, forget, leave_it, planted, report_of};

use repo::Repo;
use std::fs;
use token::Token;

#[test]
fn what_is_gone_everywhere_is_gone() {
    let (repo, token) = planted("gone");
    leave_it(&repo);
    forget(&repo);
    let asked = ask(&repo, &[&token.value]);
    assert_eq!(asked.status, Some(0), "{asked:?}");
    assert_eq!(asked.holders(), [""; 0]);
    assert_eq!(asked.json["summary"]["gone"], 1);
    assert_eq!(asked.json["secrets"][0]["sought"], "by-rule", "no place makes the value known");
    assert!(asked.text.contains("only what rules recognise was looked for"), "{}", asked.text);
    assert!(!repo.git_folder().join("blurt").exists(), "nothing to replace");
}

#[test]
fn a_clone_is_searched_for_the_values_that_another_one_knows() {
    let (repo, token) = planted("bare value");
    assert_eq!(ask(&repo, &[&token.value]).status, Some(1));
    let clone = repo.beside("clone");
    repo.git(&["init", "-q", "../clone"]);
    // Where no rule would look for it.
    clone.commit("notes.txt", format!("x{}x\n", token.value));
    assert_eq!(ask(&clone, &[&token.value]).status, Some(0), "no rule knows it there");
    let asked = ask_with(&clone, &[&token.value], |command| {
        command.args(["--values", "../repo/.git/blurt/replace.txt"]);
    });
    assert_eq!((asked.status, asked.names("tracked-file")), (Some(1), vec!["notes.txt".into()]));
}

#[test]
fn what_a_report_ignores_is_not_looked_for_and_counted() {
    let repo = Repo::new();
    let token = Token::new("ignored");
    let line = token.line();
    repo.commit("a.py", format!("# blurt:allow all -- an example\n{line}"));
    report_of(&repo);
    let report = repo.parent().join("report.json");
    let text = fs::read_to_string(&report).unwrap();
    let mut json: serde_json::Value = serde_json::from_str(&text).unwrap();
    json["findings"][0]["status"] = "ignored".into();
    fs::write(&report, json.to_string()).unwrap();
    let asked = ask(&repo, &[&token.value]);
    assert_eq!((asked.status, &asked.json["summary"]["ignored"]), (Some(0), &1.into()));
    json["findings"][0]["status"] = "known".into();
    fs::write(&report, json.to_string()).unwrap();
    assert_eq!(ask(&repo, &[&token.value]).status, Some(1), "a baseline cleans nothing");
}

#[test]
fn no_suppression_exclusion_or_disabled_rule_hides_a_secret() {
    let (repo, token) = planted("hidden");
    repo.commit("a.py", format!("{} # blurt:allow all -- fine\n", token.line().trim_end()));
    let rule = "github-personal-access-token";
    let settings = format!("[scan]\nexclude = [\"*.py\"]\n[rules]\ndisable = [\"{rule}\"]\n");
    repo.write(".blurt.toml", settings);
    let asked = ask(&repo, &[&token.value]);
    assert_eq!(asked.status, Some(1), "{asked:?}");
    assert_eq!(asked.names("tracked-file"), ["a.py"]);
}

#[test]
fn a_rule_that_is_not_known_is_a_lack() {
    let (repo, token) = planted("foreign");
    leave_it(&repo);
    forget(&repo);
    let report = repo.parent().join("report.json");
    let text = fs::read_to_string(&report).unwrap();
    fs::write(&report, text.replace("\"github-personal-access-token\"", "\"acme-token\"")).unwrap();
    let asked = ask(&repo, &[&token.value]);
    assert_eq!(asked.status, Some(2), "{asked:?}");
    assert!(asked.err.contains("the rule acme-token is not known here"), "{}", asked.err);
    // A value that stands somewhere is known by the fingerprint that another rule gives it.
    repo.write(".git/blurt/replace.txt", format!("literal:{}==>x***REMOVED***\n", token.value));
    repo.write("b.txt", "nothing\n");
    assert_eq!(ask(&repo, &[&token.value]).status, Some(2));
}

#[test]
fn what_cannot_be_looked_at_is_never_green() {
    let (repo, token) = planted("shallow");
    leave_it(&repo);
    forget(&repo);
    repo.commit("b.py", "y = 1\n");
    let shallow = repo.cloned("shallow", &["--depth=1"]);
    let asked = ask(&shallow, &[&token.value]);
    assert_eq!(asked.status, Some(2), "{asked:?}");
    assert!(asked.err.contains("git fetch --unshallow"), "{}", asked.err);
    let folder = repo.beside("folder");
    fs::create_dir(folder.path()).unwrap();
    folder.write("a.py", "x = 1\n");
    let asked = ask(&folder, &[&token.value]);
    assert_eq!(asked.status, Some(2));
    assert!(asked.err.contains("is not a git repository"), "{}", asked.err);
    folder.write("a.py", token.line());
    assert_eq!(ask(&folder, &[&token.value]).status, Some(1));
}

#[test]
fn the_remains_of_an_interrupted_command_are_a_lack() {
    let (repo, token) = planted("remains");
    leave_it(&repo);
    forget(&repo);
    repo.write(".git/objects/pack/tmp_pack_x7", "PACK");
    let asked = ask(&repo, &[&token.value]);
    assert_eq!(asked.status, Some(2), "{asked:?}");
    let skipped = &asked.json["coverage"]["skipped"][0];
    assert_eq!(skipped["path"], ".git/objects/pack/tmp_pack_x7");
    repo.obey(skipped["mend"].as_str().unwrap());
    assert_eq!(ask(&repo, &[&token.value]).status, Some(0));
}

#[test]
fn a_file_that_git_ignores_may_hold_it() {
    let (repo, token) = planted("environment");
    leave_it(&repo);
    repo.commit(".gitignore", ".env\n/build/\n");
    forget(&repo);
    repo.write(".env", token.line());
    let asked = ask(&repo, &[&token.value]);
    assert_eq!(asked.status, Some(0), "{asked:?}");
    assert_eq!(asked.json["secrets"][0]["ignored_files"][0], ".env");
    assert_eq!(asked.json["secrets"][0]["sought"], "by-value");
    assert!(asked.text.contains("still in .env, which git ignores"), "{}", asked.text);
    repo.git(&["add", "-f", ".env"]);
    let asked = ask(&repo, &[&token.value]);
    assert_eq!((asked.status, asked.names("tracked-file")), (Some(1), vec![".env".to_owned()]));
}

#[test]
fn what_is_no_report_or_no_place_is_an_error() {
    let repo = Repo::new();
    repo.write("report.json", "{}");
    for args in [&["verify"][..], &["verify", "none.json"], &["verify", "report.json"]] {
        let said = run(repo.path(), args);
        assert_eq!(said.status, Some(2), "{args:?}");
        assert!(!said.err.is_empty());
    }
}

#[test]
fn the_same_bytes_every_time() {
    let (repo, token) = planted("stable");
    repo.git(&["tag", "v1"]);
    repo.git(&["branch", "other"]);
    let first = ask(&repo, &[&token.value]);
    let second = ask_with(&repo, &[&token.value], |command| {
        command.env("RAYON_NUM_THREADS", "1");
    });
    assert_eq!((first.text, first.json), (second.text, second.json));
}
