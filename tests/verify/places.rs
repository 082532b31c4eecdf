//! Each place that a sloppy clean-up leaves a secret in.

use super::asked::{Asked, ask, forget, leave_it, objects_with, planted};
use crate::repo::Repo;
use crate::token::Token;
use std::fs;

/// Cleans up after `before` has planted the token in one more place, and before `after` does.
fn left(name: &str, before: impl Fn(&Repo, &Token), after: impl Fn(&Repo, &Token)) -> Asked {
    let (repo, token) = planted(name);
    before(&repo, &token);
    leave_it(&repo);
    forget(&repo);
    after(&repo, &token);
    let asked = ask(&repo, &[&token.value]);
    assert_eq!(asked.status, Some(1), "{name}: {asked:?}");
    asked
}

fn nothing(_: &Repo, _: &Token) {}

#[test]
fn refs_of_all_kinds() {
    for (name, holder) in [
        ("refs/tags/v1", "tag"),
        ("refs/heads/old", "branch"),
        ("refs/remotes/origin/main", "remote-branch"),
        ("refs/remotes/origin/pull/7/head", "pull-request"),
        ("refs/pull/3/head", "pull-request"),
        ("refs/merge-requests/4/head", "pull-request"),
        ("refs/changes/01/1/1", "pull-request"),
        ("refs/original/refs/heads/main", "original"),
        ("refs/replace/0000000000000000000000000000000000000001", "other-ref"),
        ("refs/backup/main", "other-ref"),
    ] {
        let asked = left(
            name,
            |repo, _| {
                repo.git(&["update-ref", name, "HEAD"]);
            },
            nothing,
        );
        let mut holders = vec!["history-file", holder];
        holders.sort_unstable();
        assert_eq!(asked.holders(), holders, "{name}");
        assert_eq!(asked.names(holder), [name]);
        assert_eq!(asked.names("history-file"), ["a.py"]);
    }
}

#[test]
fn a_tag_of_a_blob_and_the_message_of_a_tag() {
    let asked = left(
        "blob",
        |repo, _| {
            repo.git(&["tag", "leak", &repo.id("HEAD:a.py")]);
        },
        nothing,
    );
    assert_eq!((asked.holders(), asked.names("tag")), (vec!["tag"], vec!["refs/tags/leak".into()]));
    let asked = left("tag message", nothing, |repo, token| {
        repo.git(&["tag", "-a", "-m", &format!("for {}", token.line()), "v2"]);
    });
    assert_eq!(asked.holders(), ["message", "tag"]);
    assert_eq!(asked.names("tag"), ["refs/tags/v2"]);
}

#[test]
fn the_message_of_a_commit_and_a_note() {
    let asked = left("message", nothing, |repo, token| {
        repo.commit_staged(&format!("Remove {}", token.line()));
        fs::remove_file(repo.git_folder().join("COMMIT_EDITMSG")).unwrap();
        fs::remove_dir_all(repo.git_folder().join("logs")).unwrap();
    });
    assert_eq!(asked.holders(), ["branch", "message"]);
    let asked = left("note", nothing, |repo, token| {
        repo.git(&["notes", "add", "-m", &token.line(), "HEAD"]);
        fs::remove_dir_all(repo.git_folder().join("logs")).unwrap();
        let _ = fs::remove_file(repo.git_folder().join("NOTES_EDITMSG"));
    });
    assert_eq!(asked.holders(), ["notes"], "{asked:?}");
    assert_eq!(asked.names("notes")[0], "refs/notes/commits");
}

#[test]
fn a_stash_and_an_older_one() {
    let asked = left(
        "stash",
        |repo, token| {
            repo.write("a.py", format!("# mine\n{}", token.line()));
            repo.git(&["stash", "-q"]);
        },
        nothing,
    );
    assert_eq!(asked.holders(), ["history-file", "stash"]);
    assert_eq!(asked.names("stash"), ["refs/stash"]);
}

#[test]
fn a_reflog_then_an_unreachable_object() {
    let (repo, token) = planted("reflog");
    leave_it(&repo);
    fs::remove_file(repo.git_folder().join("ORIG_HEAD")).unwrap_or_default();
    let asked = ask(&repo, &[&token.value]);
    assert_eq!(asked.status, Some(1));
    assert_eq!(asked.holders(), ["history-file", "reflog"]);
    assert!(!asked.commands().iter().any(|command| command.contains("filter-repo")));
    repo.git(&["reflog", "expire", "--expire=now", "--all"]);
    let asked = ask(&repo, &[&token.value]);
    assert_eq!(asked.holders(), ["history-file", "unreachable"]);
    let objects: Vec<String> = objects_with(&repo, &token.value).into_iter().collect();
    assert_eq!(asked.names("unreachable"), objects);
    repo.git(&["repack", "-q", "-a", "-d", "--keep-unreachable"]);
    assert!(!repo.packs().is_empty());
    assert_eq!(ask(&repo, &[&token.value]).names("unreachable"), objects, "in a pack, too");
    for command in asked.commands() {
        repo.obey(&command);
    }
    assert_eq!(objects_with(&repo, &token.value).len(), 0);
    let asked = ask(&repo, &[&token.value]);
    assert_eq!(asked.status, Some(0), "{asked:?}");
    assert_eq!(asked.json["secrets"][0]["sought"], "by-value", "replace.txt knows it");
    assert_eq!(asked.json["private_files"][0], ".git/blurt/replace.txt");
}

#[test]
fn a_file_that_names_an_object() {
    let (repo, token) = planted("passing");
    let old = repo.id("HEAD");
    leave_it(&repo);
    repo.git(&["reflog", "expire", "--expire=now", "--all"]);
    repo.write(".git/ORIG_HEAD", format!("{old}\n"));
    repo.write(".git/FETCH_HEAD", format!("{old}\t\tbranch 'main' of elsewhere\n"));
    let asked = ask(&repo, &[&token.value]);
    assert_eq!(asked.names("passing-ref"), ["FETCH_HEAD", "ORIG_HEAD"]);
    assert_eq!(asked.holders(), ["history-file", "passing-ref", "unreachable"]);
}

#[test]
fn the_index_of_this_and_of_another_worktree() {
    let (repo, token) = planted("index");
    leave_it(&repo);
    forget(&repo);
    repo.git(&["worktree", "add", "-q", "--detach", "../other tree"]);
    let other = repo.beside("other tree");
    other.stage("b.py", token.text());
    other.write("b.py", "clean\n");
    let asked = ask(&repo, &[&token.value]);
    assert_eq!((asked.status, asked.holders()), (Some(1), vec!["index"]), "{asked:?}");
    assert_eq!(asked.names("index"), ["b.py (worktree other-tree)"]);
    let remove = asked.commands().into_iter().find(|c| c.contains("worktree remove")).unwrap();
    assert!(remove.ends_with("/other tree'"), "{remove}");
    other.git(&["rm", "-q", "-f", "--cached", "b.py"]);
    other.write("b.py", token.text());
    let asked = ask(&repo, &[&token.value]);
    assert_eq!(asked.holders(), ["unreachable", "untracked-file"]);
    other.remove("b.py");
    forget(&repo);
    repo.stage("c.py", token.text());
    repo.remove("c.py");
    assert_eq!(ask(&repo, &[&token.value]).names("index"), ["c.py"]);
}

#[test]
fn a_detached_head_of_another_worktree() {
    let asked = left(
        "detached",
        |repo, _| {
            repo.git(&["worktree", "add", "-q", "--detach", "../other"]);
            repo.beside("other").write("a.py", "clean\n");
        },
        nothing,
    );
    assert!(asked.names("branch").contains(&"worktrees/other/HEAD".to_owned()), "{asked:?}");
    assert_eq!(asked.names("index"), ["a.py (worktree other)"]);
}

#[test]
fn a_submodule_even_when_it_is_no_longer_in_the_tree() {
    let repo = Repo::new();
    let token = Token::new("submodule");
    repo.commit("a.py", "x = 1\n");
    let sub = repo.add_submodule();
    sub.commit("b.py", token.text());
    super::report_of(&repo);
    let asked = ask(&repo, &[&token.value]);
    assert_eq!(asked.status, Some(1));
    assert_eq!(asked.names("tracked-file"), ["sub/b.py"]);
    let of_sub = |asked: &Asked| {
        let groups = asked.json["secrets"][0]["held_by"].as_array().unwrap();
        groups.iter().any(|group| group["repository"] == "sub" && group["holder"] == "branch")
    };
    assert!(of_sub(&asked), "{asked:?}");
    assert!(asked.commands().iter().any(|command| command.starts_with("git -C sub filter-repo")));
    repo.git(&["rm", "-q", "-f", "sub"]);
    repo.commit_staged("Do without");
    let asked = ask(&repo, &[&token.value]);
    assert_eq!(asked.status, Some(1), "{asked:?}");
    assert!(asked.names("branch").contains(&"refs/heads/main".to_owned()));
    assert!(asked.commands().contains(&"rm -r .git/modules/sub".to_owned()), "{asked:?}");
    fs::remove_dir_all(repo.path().join(".git/modules/sub")).unwrap();
    assert_eq!(ask(&repo, &[&token.value]).status, Some(0));
}

#[test]
fn files_of_the_git_folder() {
    for (name, content) in [
        ("config", "[remote \"origin\"]\n\turl = https://x:TOKEN@git.example.com/a.git\n"),
        ("COMMIT_EDITMSG", "Remove TOKEN\n"),
        ("hooks/pre-push", "#!/bin/sh\ncurl -H 'Authorization: token TOKEN' https://x\n"),
        ("lfs/objects/ab/cd/abcd", "t = TOKEN\n"),
        ("rebase-apply/0001", "From: x\n+t = TOKEN\n"),
        ("rr-cache/ab/preimage", "<<<<<<<\nTOKEN\n"),
        (
            "logs/HEAD",
            "0000000000000000000000000000000000000000 0000000000000000000000000000000000000000 A <a@e> 1 +0000\tcommit: TOKEN\n",
        ),
    ] {
        let asked = left(name, nothing, |repo, token| {
            let file = format!(".git/{name}");
            let old = fs::read_to_string(repo.path().join(&file)).unwrap_or_default();
            let old = if name == "config" { old } else { String::new() };
            repo.write(&file, old + &content.replace("TOKEN", &token.value));
        });
        assert_eq!(asked.holders(), ["git-file"], "{name}: {asked:?}");
        assert_eq!(asked.names("git-file"), [format!(".git/{name}")]);
    }
}

#[test]
fn an_object_of_another_repository() {
    let (repo, token) = planted("borrowed");
    let lender = repo.cloned("lender", &[]);
    leave_it(&repo);
    forget(&repo);
    repo.write(
        ".git/objects/info/alternates",
        format!("{}\n", lender.path().join(".git/objects").display()),
    );
    let asked = ask(&repo, &[&token.value]);
    assert_eq!((asked.status, asked.holders()), (Some(1), vec!["history-file", "unreachable"]));
    assert!(asked.text.contains("borrowed from another repository"), "{}", asked.text);
}

#[test]
fn a_file_and_a_ref_whose_names_are_the_secret() {
    let asked = left("name", nothing, |repo, token| {
        repo.commit(&format!("tokens/{}.txt", token.value), "x\n");
        forget(repo);
        repo.git(&["tag", &token.value]);
        fs::remove_file(repo.git_folder().join("COMMIT_EDITMSG")).unwrap();
        fs::remove_dir_all(repo.git_folder().join("logs")).unwrap_or_default();
    });
    assert!(asked.holders().contains(&"file-name"), "{asked:?}");
    assert_eq!(asked.names("ref-name"), ["refs/tags/********"]);
}

#[test]
fn a_bare_mirror() {
    let (repo, token) = planted("mirror");
    repo.git(&["update-ref", "refs/pull/9/head", "HEAD"]);
    leave_it(&repo);
    repo.git(&["clone", "-q", "--mirror", &repo.url(), "../mirror.git"]);
    let mirror = repo.beside("mirror.git");
    let asked = ask(&mirror, &[&token.value]);
    assert_eq!(
        (asked.status, asked.names("pull-request")),
        (Some(1), vec!["refs/pull/9/head".into()])
    );
    assert!(mirror.path().join("blurt/replace.txt").is_file());
}
