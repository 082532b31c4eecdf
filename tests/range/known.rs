//! Secrets that were there before the range: unchanged, moved, picked, reverted. Only what the range
//! brings into the repository is new.

use crate::common::expected::{brought, unchanged};
use crate::common::report::run;
use crate::common::token::Token;
use crate::common::{blurt, said};
use crate::{CLEAN, assert_found, repository};
use serde_json::Value;
use std::slice;
use std::time::Duration;

#[test]
fn an_old_secret_in_a_changed_file_is_known() {
    let (repo, old) = repository();
    repo.commit("old.py", old.text() + "# more\n");
    repo.commit("old.py", format!("import os\n{}# more\n", old.text()));
    let held = unchanged(&old, "old.py", "HEAD").known("the file at base holds it already");
    assert_found(&repo, "base..HEAD", &[held]);
    let said = run(repo.path(), &["scan", "--range", "base..HEAD", "-v"]);
    assert_eq!(said.status, Some(0));
    assert!(said.out.contains("known: the file at base holds it"), "{}", said.out);
    let said = run(repo.path(), &["scan", "--range", "base..HEAD"]);
    assert!(!said.out.contains("old.py") && said.out.contains("1 known"), "{}", said.out);
    // A commit is named shortly.
    let base = repo.id("base");
    let held = unchanged(&old, "old.py", "HEAD");
    let reason = format!("the file at commit {} holds it", &base[..10]);
    assert_found(&repo, &format!("{base}..HEAD"), &[held.known(&reason)]);
}

#[test]
fn a_new_secret_beside_an_old_one_is_new() {
    let (repo, old) = repository();
    let new = Token::new("beside");
    let commit = repo.commit("old.py", new.line() + &old.text());
    let expected = [brought(&new, "old.py", &commit), unchanged(&old, "old.py", "HEAD")];
    assert_found(&repo, "base..HEAD", &expected);
}

#[test]
fn an_old_secret_that_is_copied_is_new_in_the_copy() {
    let (repo, old) = repository();
    let copied = repo.commit("copy.py", old.text());
    assert_found(&repo, "base..HEAD", &[brought(&old, "copy.py", &copied)]);
    repo.commit("old.py", old.text() + "# more\n");
    assert_found(&repo, "base..HEAD", &[brought(&old, "copy.py", &copied)]);
}

#[test]
fn an_old_secret_that_is_taken_out_is_no_finding() {
    let (repo, _) = repository();
    repo.commit("old.py", CLEAN);
    repo.git(&["rm", "-q", "clean.py"]);
    repo.commit_staged("Delete");
    assert_found(&repo, "base..HEAD", &[]);
}

#[test]
fn a_file_that_is_moved_once_or_twice_is_known() {
    let (repo, old) = repository();
    repo.git(&["mv", "old.py", "moved.py"]);
    let once = repo.commit_staged("Move");
    let moved = brought(&old, "moved.py", &once).known("it was moved here from old.py");
    assert_found(&repo, "base..HEAD", slice::from_ref(&moved));
    repo.write("sub/a.py", CLEAN);
    repo.git(&["mv", "moved.py", "sub/again.py"]);
    repo.stage("sub/again.py", format!("import os\n{}", old.text()));
    let twice = repo.commit_staged("Move it again, and edit it");
    let again = brought(&old, "sub/again.py", &twice).known("moved here from");
    assert_found(&repo, "base..HEAD", &[moved.known("").removed(&[&twice]), again]);
    // A new one in the moved file is new all the same.
    let new = Token::new("in the moved file");
    repo.git(&["mv", "sub/again.py", "third.py"]);
    repo.stage("third.py", old.text() + &new.line());
    let third = repo.commit_staged("Move and add");
    let range = format!("{twice}..HEAD");
    let moved = brought(&old, "third.py", &third).known("moved here from sub/again.py");
    assert_found(&repo, &range, &[moved, brought(&new, "third.py", &third)]);
}

/// What the range brought in itself does not become known by being moved.
#[test]
fn what_is_brought_in_and_moved_is_new() {
    let (repo, _) = repository();
    let token = Token::new("brought and moved");
    let first = repo.commit("first.py", token.text());
    repo.git(&["mv", "first.py", "second.py"]);
    let second = repo.commit_staged("Move");
    repo.git(&["mv", "second.py", "third.py"]);
    let third = repo.commit_staged("Move again");
    let expected = [
        brought(&token, "first.py", &first).removed(&[&second]),
        brought(&token, "second.py", &second).removed(&[&third]),
        brought(&token, "third.py", &third),
    ];
    assert_found(&repo, "base..HEAD", &expected);
    // Seen from in between, it was there.
    let moved = brought(&token, "third.py", &third).known("moved here from second.py");
    assert_found(&repo, &format!("{second}..HEAD"), &[moved]);
}

/// A secret that came into a file at the base by this range was new there, too.
#[test]
fn what_is_copied_into_an_old_file_and_moved_with_it_is_new() {
    let (repo, old) = repository();
    let token = Token::new("into an old file");
    let added = repo.commit("old.py", old.text() + &token.line());
    repo.git(&["mv", "old.py", "moved.py"]);
    let moved = repo.commit_staged("Move");
    let expected = [
        brought(&token, "old.py", &added).removed(&[&moved]),
        brought(&token, "moved.py", &moved),
        brought(&old, "moved.py", &moved).known("moved here from old.py"),
    ];
    assert_found(&repo, "base..HEAD", &expected);
}

#[test]
fn what_the_base_has_is_not_brought_in_by_picking_or_reverting() {
    let (repo, old) = repository();
    let token = Token::new("picked");
    repo.branch("topic", "base");
    repo.commit("topic.py", CLEAN);
    let on_topic = repo.commit("picked.py", token.text());
    repo.checkout("main");
    repo.git(&["cherry-pick", &on_topic]);
    let picked = repo.id("HEAD");
    assert_ne!(picked, on_topic);
    // On both sides it was brought into the same file.
    let held = brought(&token, "picked.py", &on_topic).known("the file at main holds it already");
    assert_found(&repo, "main..topic", &[held]);
    assert_found(&repo, "main...topic", &[brought(&token, "picked.py", &on_topic)]);
    assert_found(&repo, "base..main", &[brought(&token, "picked.py", &picked)]);
    // Taken out and brought back: the base had it all the time.
    let out = repo.commit("old.py", CLEAN);
    repo.git(&["revert", "--no-edit", &out]);
    let back = repo.id("HEAD");
    let held = brought(&old, "old.py", &back).known("holds it already");
    assert_found(&repo, &format!("{picked}..HEAD"), &[held]);
    // Seen from where it was out, it is new.
    assert_found(&repo, &format!("{out}..HEAD"), &[brought(&old, "old.py", &back)]);
}

/// The base's file of the same name holds it, whatever a branch made of it meanwhile.
#[test]
fn a_secret_goes_to_another_file_and_comes_back() {
    let (repo, old) = repository();
    repo.stage("old.py", CLEAN);
    repo.stage("other.py", old.text());
    let away = repo.commit_staged("To another file that stays");
    let back = repo.commit("old.py", old.text());
    // The copy is new: old.py was not moved, it is there still.
    assert_found(&repo, "base..HEAD", &[brought(&old, "other.py", &away)]);
    assert_eq!(repo.id(&format!("{back}:old.py")), repo.id("base:old.py"));
}

/// Each of them may have come from each of those that are gone: in the index, and in a commit.
#[test]
fn many_files_that_are_moved_at_once_are_known_soon() {
    let (repo, _) = repository();
    for n in 0..6000 {
        let token = Token::new(&format!("moved {n}"));
        repo.write(&format!("from/{n}.py"), format!("n = {n}\n{}", token.line()));
    }
    repo.git(&["add", "."]);
    repo.commit_staged("Many");
    repo.git(&["mv", "from", "to"]);
    let assert_known = |what: &[&str]| {
        let mut command = blurt(repo.path());
        command.timeout(Duration::from_secs(15)).args(["scan", "-f", "json"]).args(what);
        let said = said(&mut command);
        assert_eq!(said.status, Some(0), "{what:?}: {}", said.err);
        let report: Value = serde_json::from_str(&said.out).unwrap();
        let findings = report["findings"].as_array().unwrap();
        assert_eq!(findings.len(), 6000, "{what:?}");
        assert!(findings.iter().all(|finding| finding["status"] == "known"), "{what:?}");
    };
    assert_known(&["--staged"]);
    repo.commit_staged("Move them");
    assert_known(&["--range", "HEAD~1..HEAD"]);
}
