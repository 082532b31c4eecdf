//! Merges: what they add themselves, and what their sides bring.

use crate::common::expected::{brought, unchanged};
use crate::common::repo::Repo;
use crate::common::token::Token;
use crate::{CLEAN, ZEROS, assert_found, repository, scan};
use std::slice;

/// A repository in which `main` and `topic` have parted: each changed `clean.py` and has a file of its
/// own with a secret. With the secrets and the commits of both sides.
fn parted() -> (Repo, [Token; 2], [String; 2]) {
    let (repo, _) = repository();
    let tokens = ["main", "topic"].map(|name| Token::new(&format!("of {name}")));
    repo.branch("topic", "base");
    repo.stage("clean.py", "t = 'topic'\n");
    repo.stage("topic.py", tokens[1].text());
    let topic = repo.commit_staged("Topic");
    repo.checkout("main");
    repo.stage("clean.py", "t = 'main'\n");
    repo.stage("main.py", tokens[0].text());
    let main = repo.commit_staged("Main");
    (repo, tokens, [main, topic])
}

/// Resolves all conflicts in `clean.py` with a text, and commits the merge.
fn resolve(repo: &Repo, text: &str) -> String {
    repo.stage("clean.py", text);
    repo.commit_staged("Merge")
}

#[test]
fn what_a_merge_adds_itself_is_found() {
    let (repo, [main, topic], [at_main, at_topic]) = parted();
    repo.begin_merge(&["topic"]);
    let [resolved, evil] = ["resolved", "evil"].map(Token::new);
    repo.stage("evil.py", evil.text());
    let merge = resolve(&repo, &resolved.text());
    let added = [brought(&resolved, "clean.py", &merge), brought(&evil, "evil.py", &merge)];
    let of_topic = brought(&topic, "topic.py", &at_topic);
    let of_main = brought(&main, "main.py", &at_main);
    let all = [added[0].clone(), added[1].clone(), of_topic.clone(), of_main.clone()];
    assert_found(&repo, "base..main", &all);
    assert_found(&repo, &format!("{at_main}..main"), &all[..3]);
    assert_found(
        &repo,
        &format!("{at_topic}..main"),
        &[added[0].clone(), added[1].clone(), of_main],
    );
    // What it took in from both sides, it did not add.
    let next = repo.commit("evil.py", CLEAN);
    let gone = added[1].clone().removed(&[&next]);
    assert_found(&repo, &format!("{at_main}..main"), &[added[0].clone(), gone, of_topic]);
}

/// The first parents alone would not show it.
#[test]
fn a_side_branch_is_looked_into() {
    let (repo, _) = repository();
    let token = Token::new("aside");
    repo.branch("side", "base");
    let added = repo.commit("a.py", token.text());
    let removed = repo.commit("a.py", CLEAN);
    repo.checkout("main");
    repo.commit("clean.py", "t = 1\n");
    repo.git(&["merge", "-q", "--no-ff", "-m", "Merge", "side"]);
    let first_parents = repo.ask(&["log", "--first-parent", "-S", &token.value, "base..HEAD"]);
    assert_eq!(first_parents, "", "git itself is blind there");
    assert_found(&repo, "base..HEAD", &[brought(&token, "a.py", &added).removed(&[&removed])]);
}

#[test]
fn a_merge_that_takes_a_secret_out_is_named() {
    let (repo, [_, topic], [at_main, at_topic]) = parted();
    repo.begin_merge(&["topic"]);
    repo.stage("topic.py", CLEAN);
    let merge = resolve(&repo, CLEAN);
    let expected = brought(&topic, "topic.py", &at_topic).removed(&[&merge]);
    assert_found(&repo, &format!("{at_main}..main"), &[expected]);
}

/// A removal on one side stays one when it is merged: the merge takes out nothing itself.
#[test]
fn a_merge_that_takes_a_removal_over_is_not_named() {
    let (repo, _) = repository();
    let token = Token::new("taken out aside");
    let added = repo.commit("a.py", token.text());
    repo.branch("side", "main");
    let removed = repo.commit("a.py", CLEAN);
    repo.checkout("main");
    repo.commit("clean.py", "t = 1\n");
    repo.git(&["merge", "-q", "--no-ff", "-m", "Merge", "side"]);
    let expected = [brought(&token, "a.py", &added).removed(&[&removed])];
    assert_found(&repo, "base..main", &expected);
    // Brought back after the merge, and taken out for good.
    let back = repo.commit("a.py", token.text());
    repo.git(&["rm", "-q", "a.py"]);
    let gone = repo.commit_staged("Delete it");
    let again = brought(&token, "a.py", &back).removed(&[&gone]);
    assert_found(&repo, "base..main", &[expected[0].clone(), again]);
}

/// As a branch is brought up to date: what comes from the base's side was there.
#[test]
fn what_a_merge_brings_from_the_base_is_not_told() {
    let (repo, [main, topic], [at_main, at_topic]) = parted();
    repo.checkout("topic");
    repo.begin_merge(&["main"]);
    let merge = resolve(&repo, CLEAN);
    let own = brought(&topic, "topic.py", &at_topic);
    for range in ["main..topic", "main...topic"] {
        assert_found(&repo, range, slice::from_ref(&own));
    }
    assert_eq!(repo.ask(&["merge-base", "main", "topic"]), at_main);
    // What topic then does to the base's file is known.
    repo.commit("main.py", main.text() + "# edited\n");
    let held = unchanged(&main, "main.py", "topic");
    assert_found(&repo, "main..topic", &[own.clone(), held.clone()]);
    let range = format!("{merge}..topic");
    assert_found(&repo, &range, &[held]);
    // The base moves on, and does not hold it any more.
    repo.checkout("main");
    repo.commit("main.py", CLEAN);
    let held = unchanged(&main, "main.py", "topic").known("");
    assert_found(&repo, "main..topic", &[own.clone(), held.clone()]);
    assert_found(&repo, "main...topic", &[own, held]);
}

/// `..` compares with the base as it is, `...` with what both had in common.
#[test]
fn a_base_that_moved_on() {
    let (repo, _) = repository();
    let [shared, own] = ["shared", "own"].map(Token::new);
    repo.branch("topic", "base");
    repo.commit("topic.py", CLEAN);
    let added = repo.commit("topic.py", own.text());
    let also = repo.commit("shared.py", shared.text());
    repo.checkout("main");
    repo.commit("shared.py", shared.text() + "# on main\n");
    repo.commit("main.py", Token::new("on main").text());
    let own = brought(&own, "topic.py", &added);
    let at_main = brought(&shared, "shared.py", &also);
    let known = at_main.clone().known("the file at main holds it already");
    assert_found(&repo, "main..topic", &[own.clone(), known]);
    assert_found(&repo, "main...topic", &[own, at_main]);
}

#[test]
fn an_octopus_adds_what_none_of_its_parents_has() {
    let (repo, _) = repository();
    let sides = ["one", "two", "three"].map(Token::new);
    let mut commits = Vec::new();
    let paths = sides.clone().map(|side| format!("{}.py", side.name));
    for (side, path) in sides.iter().zip(&paths) {
        repo.branch(&side.name, "base");
        commits.push(repo.commit(path, side.text()));
    }
    repo.checkout("main");
    repo.begin_merge(&["one", "two", "three"]);
    let new = Token::new("of the octopus");
    repo.stage("two.py", sides[1].text() + &new.line());
    let merge = repo.commit_staged("Merge them all");
    let parents = repo.ask(&["log", "-1", "--format=%P"]);
    assert!(parents.split(' ').count() >= 3, "{parents}");
    let of_merge = brought(&new, "two.py", &merge);
    let of_side = |n: usize| brought(&sides[n], &paths[n], &commits[n]);
    let all = [of_merge.clone(), of_side(0), of_side(1), of_side(2)];
    assert_found(&repo, "base..main", &all);
    let held = unchanged(&sides[1], "two.py", "main");
    assert_found(&repo, "two..main", &[of_merge, of_side(0), held, of_side(2)]);
}

#[test]
fn histories_with_nothing_in_common() {
    let (repo, old) = repository();
    let token = Token::new("elsewhere");
    repo.git(&["checkout", "-q", "--orphan", "other"]);
    repo.git(&["rm", "-rfq", "."]);
    repo.stage("old.py", old.text());
    let first = repo.commit("a.py", token.text());
    repo.commit("b.py", CLEAN);
    // The base has that one in the same file.
    let held = brought(&old, "old.py", &first).known("the file at main holds it already");
    assert_found(&repo, "main..other", &[brought(&token, "a.py", &first), held]);
    let report = scan(&repo, "main...other");
    assert_eq!(report.status, Some(2));
    report.assert_incomplete("name a base");
    assert!(report.skipped()[0].contains("in common"), "{:?}", report.skipped());
    // Merged, it is a part of this one.
    repo.checkout("main");
    repo.git(&["merge", "-q", "--no-ff", "--allow-unrelated-histories", "-m", "Both", "other"]);
    assert_eq!(repo.ask(&["rev-list", "--count", "base..main"]), "3");
    let held = brought(&old, "old.py", &first).known("the file at base holds it already");
    assert_found(&repo, "base..main", &[brought(&token, "a.py", &first), held]);
    let base = repo.id("base");
    let all = [
        brought(&token, "a.py", &first),
        brought(&old, "old.py", &first),
        brought(&old, "old.py", &base),
    ];
    assert_found(&repo, &format!("{ZEROS}..main"), &all);
}
