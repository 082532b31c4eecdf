//! `blurt hook`, through git itself: what is refused, what passes, whose hooks run, and what is left
//! when it is taken out again.

// Hooks are scripts for a shell.
#![cfg(unix)]
#![allow(clippy::unwrap_used)] // a test may panic

mod common;

use blurt::rule::example::expand;
use common::repo::Repo;
use common::{Said, blurt, run, said};
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

/// A line with token number `n` in it.
fn secret(n: u64) -> String {
    format!("t = \"{}\"\n", token(n))
}

fn token(n: u64) -> String {
    expand("<<ghp_[0-9A-Za-z]{30}|github>>", n).unwrap()
}

impl Repo {
    /// Runs blurt in the repository.
    fn blurt(&self, args: &[&str]) -> Said {
        run(self.path(), args)
    }

    fn install(&self, hooks: &[&str]) -> Said {
        let said = self.blurt(&[&["hook", "install"], hooks].concat());
        assert_eq!(said.status, Some(0), "{said:?}");
        said
    }

    /// The file of a hook, where git looks for it.
    fn hook(&self, name: &str) -> PathBuf {
        self.path().join(self.ask(&["rev-parse", "--git-path", &format!("hooks/{name}")]))
    }

    /// Writes a hook of somebody else.
    fn script(&self, name: &str, text: &str) -> PathBuf {
        let path = self.hook(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    /// Tries to commit a file with this content.
    fn try_commit(&self, path: &str, content: &str) -> Said {
        self.write(path, content);
        self.git(&["add", path]);
        self.try_ask(&["commit", "-q", "-m", path])
    }

    /// The names in the hooks folder, in order, without git's samples.
    fn hooks(&self) -> Vec<String> {
        let folder = self.hook("");
        let files = fs::read_dir(folder).into_iter().flatten();
        let names = files.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.filter(|name| !name.ends_with(".sample")).collect();
        names.sort();
        names
    }

    fn assert_refused(&self, path: &str, n: u64) {
        let said = self.try_commit(path, &secret(n));
        assert_eq!(said.status, Some(1), "{said:?}");
        assert!(said.err.contains(path), "git shows what hooks say as errors: {said:?}");
        assert!(!said.err.contains(&token(n)));
    }

    fn assert_passes(&self, path: &str) {
        let said = self.try_commit(path, "x = 1\n");
        assert_eq!(said.status, Some(0), "{said:?}");
    }
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

fn is_executable(path: &Path) -> bool {
    path.metadata().unwrap().permissions().mode() & 0o111 != 0
}

#[test]
fn a_secret_is_not_committed_and_no_verify_is_the_way_past() {
    let repo = Repo::new();
    repo.commit("README", "");
    repo.install(&[]);
    assert!(is_executable(&repo.hook("pre-commit")));
    let head = repo.id("HEAD");
    repo.assert_refused("a.py", 1);
    assert_eq!(repo.id("HEAD"), head);
    let said = repo.try_commit("a.py", "x = 1\n");
    assert_eq!((said.status, &*said.out, &*said.err), (Some(0), "", ""), "nothing to say");
    repo.write("a.py", secret(2));
    let all = repo.try_ask(&["commit", "-q", "-a", "-m", "all"]);
    assert_eq!(all.status, Some(1), "what `-a` stages is looked at: {all:?}");
    let one = repo.try_ask(&["commit", "-q", "-m", "one", "--", "a.py"]);
    assert_eq!(one.status, Some(1), "what a named path stages is looked at: {one:?}");
    assert_eq!(repo.try_ask(&["commit", "-q", "-a", "-n", "-m", "all"]).status, Some(0));
    // It is the commit's, not the tree's: what is there already is no news.
    repo.assert_passes("b.py");
    repo.write("c.py", secret(3).replace('\n', "  # blurt:allow * -- a test vector\n"));
    repo.git(&["add", "c.py"]);
    repo.git(&["commit", "-q", "-m", "excused"]);
}

#[test]
fn the_first_commit_is_looked_at() {
    let repo = Repo::new();
    repo.install(&[]);
    repo.assert_refused("a.py", 1);
    repo.assert_passes("a.py");
}

#[test]
fn installing_twice_changes_nothing() {
    let repo = Repo::new();
    let first = repo.install(&["pre-commit", "pre-push", "pre-commit"]);
    assert_eq!(first.out.lines().count(), 2, "{first:?}");
    let path = repo.hook("pre-commit");
    let (text, written) = (read(&path), path.metadata().unwrap().modified().unwrap());
    let second = repo.install(&["pre-commit", "pre-push"]);
    assert_eq!(second.out.matches("is there already").count(), 2, "{second:?}");
    assert_eq!(path.metadata().unwrap().modified().unwrap(), written);
    // A script of another version is replaced, and one that cannot run is mended.
    fs::write(&path, text.replace("# blurt hook v1", "# blurt hook v0")).unwrap();
    assert!(repo.install(&[]).out.starts_with("renewed "));
    assert_eq!(read(&path), text);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(repo.install(&[]).out.starts_with("renewed "));
    assert!(is_executable(&path));
    assert_eq!(repo.hooks(), ["pre-commit", "pre-push"]);
    let gone = repo.blurt(&["hook", "uninstall"]);
    assert_eq!((gone.status, gone.out.matches("removed ").count()), (Some(0), 2), "{gone:?}");
    assert_eq!(repo.hooks(), [""; 0]);
    assert!(repo.blurt(&["hook", "uninstall"]).out.contains("no hook of blurt is in"));
}

#[test]
fn linked_worktrees_share_hooks() {
    let repo = Repo::new();
    repo.commit("README", "");
    repo.git(&["worktree", "add", "-q", "../linked"]);
    let linked = repo.beside("linked");
    linked.install(&[]);
    assert!(repo.hook("pre-commit").is_file());
    for place in [&repo, &linked] {
        place.assert_refused("a.py", 1);
        place.assert_passes("a.py");
    }
}

#[test]
fn submodules_and_separate_git_folders_have_hooks_of_their_own() {
    let inner = Repo::new();
    inner.commit("README", "");
    let outer = inner.beside("outer");
    fs::create_dir(outer.path()).unwrap();
    outer.git(&["init", "-q", "--separate-git-dir", "../elsewhere"]);
    outer.git(&["submodule", "add", "-q", &inner.url(), "sub"]);
    let sub = outer.beside("outer/sub");
    sub.install(&[]);
    assert!(outer.parent().join("elsewhere/modules/sub/hooks/pre-commit").is_file());
    assert_eq!(outer.hooks(), [""; 0]);
    sub.assert_refused("a.py", 1);
    outer.install(&[]);
    assert!(outer.parent().join("elsewhere/hooks/pre-commit").is_file());
    outer.assert_refused("a.py", 2);
}

/// Files of a home folder are often kept like this.
#[test]
fn a_working_tree_may_lie_apart_from_its_repository() {
    let repo = Repo::new();
    let (folder, tree) = (repo.parent().join("dotfiles"), repo.path().to_str().unwrap());
    fs::rename(repo.path().join(".git"), &folder).unwrap();
    let mut command = blurt(repo.path());
    command.env("GIT_DIR", &folder).env("GIT_WORK_TREE", tree).args(["hook", "install"]);
    assert_eq!(said(&mut command).status, Some(0));
    assert!(folder.join("hooks/pre-commit").is_file());
    let apart = ["--git-dir", folder.to_str().unwrap(), "--work-tree", tree];
    repo.write(".env", secret(1));
    repo.git(&[&apart[..], &["add", ".env"]].concat());
    let said = repo.try_ask(&[&apart[..], &["commit", "-q", "-m", "x"]].concat());
    assert!(said.status == Some(1) && said.err.contains(".env"), "{said:?}");
}

#[test]
fn paths_may_hold_anything() {
    let repo = Repo::new().beside("it's a \"földer\" of $HOME `x` \\n");
    fs::create_dir(repo.path()).unwrap();
    repo.git(&["init", "-q"]);
    repo.script("pre-commit", "echo earlier >&2");
    let program = repo.path().join("it's blurt");
    fs::copy(env!("CARGO_BIN_EXE_blurt"), &program).unwrap();
    let mut command = assert_cmd::Command::new(&program);
    let command = command.current_dir(repo.path()).env_clear().args(["hook", "install"]);
    assert_eq!(said(command).status, Some(0));
    let said = repo.try_commit("a.py", &secret(1));
    assert_eq!(said.status, Some(1), "{said:?}");
    assert!(said.err.starts_with("earlier\n") && said.err.contains("a.py"), "{said:?}");
    repo.assert_passes("a.py");
}

#[test]
fn the_hooks_folder_is_where_git_looks() {
    let repo = Repo::new();
    repo.commit("src/main.py", "");
    let absolute = repo.parent().join("absolute");
    for folder in ["githooks", "src/../deep/er", absolute.to_str().unwrap(), "~/mine"] {
        repo.git(&["config", "core.hooksPath", folder]);
        // `~` is the home that the command is given: the folder above for git, here for blurt.
        let mut command = blurt(&repo.path().join("src"));
        command.env("HOME", repo.parent()).args(["hook", "install"]);
        let said = said(&mut command);
        assert_eq!(said.status, Some(0), "{folder}: {said:?}");
        assert_eq!(repo.hooks(), ["pre-commit"], "{folder}");
        repo.assert_refused("a.py", 1);
        repo.git(&["rm", "-q", "-f", "a.py"]);
    }
    for nothing in ["/dev/null", ""] {
        repo.git(&["config", "core.hooksPath", nothing]);
        let said = repo.blurt(&["hook", "install"]);
        assert_eq!(said.status, Some(2));
        assert!(said.err.contains("no folder: git runs no hook"), "{said:?}");
    }
    assert!(!repo.path().join(".git/hooks/pre-commit").exists());
}

#[test]
fn hooks_of_all_repositories_are_asked_for() {
    let repo = Repo::new();
    let file = repo.parent().join("gitconfig");
    let run_with = |setting: &str, folder: &Path, args: &[&str]| {
        fs::write(&file, format!("[core]\n{setting}\n")).unwrap();
        let mut command = blurt(folder);
        said(command.env("HOME", repo.parent()).env("GIT_CONFIG_GLOBAL", &file).args(args))
    };
    let setting = "hooksPath = ~/all hooks";
    let refused = run_with(setting, repo.path(), &["hook", "install"]);
    assert_eq!(refused.status, Some(2));
    assert!(refused.err.contains("for all repositories"), "{refused:?}");
    assert!(refused.err.contains("--global"), "{refused:?}");
    let hook = repo.parent().join("all hooks/pre-commit");
    assert!(!hook.exists());
    // It needs no repository.
    let installed = run_with(setting, repo.parent(), &["hook", "install", "--global"]);
    assert_eq!(installed.status, Some(0), "{installed:?}");
    assert!(installed.out.contains("for all repositories"), "{installed:?}");
    assert!(is_executable(&hook));
    assert_eq!(run_with(setting, repo.path(), &["hook", "uninstall"]).status, Some(2));
    let gone = run_with(setting, repo.path(), &["hook", "uninstall", "--global"]);
    assert_eq!(gone.status, Some(0), "{gone:?}");
    assert!(!hook.exists());
    // A folder that each repository has for itself is its own.
    let relative = "hooksPath = .githooks";
    let refused = run_with(relative, repo.path(), &["hook", "install", "--global"]);
    assert!(refused.status == Some(2) && refused.err.contains("relative"), "{refused:?}");
    assert_eq!(run_with(relative, repo.path(), &["hook", "install"]).status, Some(0));
    assert!(repo.path().join(".githooks/pre-commit").is_file());
    let none = run_with("", repo.path(), &["hook", "install", "--global"]);
    assert!(none.status == Some(2) && none.err.contains("core.hooksPath"), "{none:?}");
    // What the repository says itself goes before what is said for all.
    repo.git(&["config", "core.hooksPath", "own"]);
    assert_eq!(run_with(setting, repo.path(), &["hook", "install"]).status, Some(0));
    assert!(repo.path().join("own/pre-commit").is_file());
}

#[test]
fn an_earlier_hook_runs_first_and_comes_back() {
    let repo = Repo::new();
    repo.commit("README", "");
    let hook = repo.script("pre-commit", "echo earlier >&2; test ! -e stop || exit 7");
    let text = read(&hook);
    let said = repo.install(&[]);
    assert!(said.out.contains("pre-commit.before-blurt"), "{said:?}");
    assert_eq!(repo.hooks(), ["pre-commit", "pre-commit.before-blurt"]);
    let said = repo.try_commit("a.py", &secret(1));
    assert!(said.err.starts_with("earlier\n") && said.err.contains("a.py"), "{said:?}");
    repo.write("stop", "");
    let said = repo.try_commit("a.py", "x = 1\n");
    assert_eq!((said.status, &*said.err), (Some(1), "earlier\n"));
    let status = std::process::Command::new(&hook).current_dir(repo.path()).status();
    assert_eq!(status.unwrap().code(), Some(7), "its own status");
    fs::remove_file(repo.path().join("stop")).unwrap();
    repo.assert_passes("a.py");
    assert!(repo.install(&[]).out.contains("is there already"));
    let said = repo.blurt(&["hook", "uninstall", "pre-commit"]);
    assert!(said.status == Some(0) && said.out.contains("is back"), "{said:?}");
    assert_eq!(repo.hooks(), ["pre-commit"]);
    assert!(read(&hook) == text && is_executable(&hook));
    let said = repo.blurt(&["hook", "uninstall"]);
    assert!(said.status == Some(0) && said.out.contains("is not blurt's"), "{said:?}");
    assert_eq!(read(&hook), text);
}

#[test]
fn a_hook_that_git_would_not_run_is_not_run_and_a_link_stays_one() {
    let repo = Repo::new();
    let hook = repo.script("pre-commit", "exit 7");
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o644)).unwrap();
    repo.install(&[]);
    repo.assert_passes("a.py");
    repo.blurt(&["hook", "uninstall"]);
    assert!(!is_executable(&hook));
    fs::remove_file(&hook).unwrap();
    repo.write("tools/hook", "#!/bin/sh\necho linked >&2\n");
    let target = repo.path().join("tools/hook");
    fs::set_permissions(&target, fs::Permissions::from_mode(0o755)).unwrap();
    symlink("../../tools/hook", &hook).unwrap();
    repo.install(&[]);
    assert_eq!(read(&target), "#!/bin/sh\necho linked >&2\n");
    assert!(repo.try_commit("b.py", "").err.starts_with("linked\n"));
    repo.blurt(&["hook", "uninstall"]);
    assert_eq!(fs::read_link(&hook).unwrap(), Path::new("../../tools/hook"));
    fs::remove_file(&hook).unwrap();
    fs::create_dir(repo.hook("pre-push")).unwrap();
    let said = repo.blurt(&["hook", "install", "pre-commit", "pre-push"]);
    assert!(said.status == Some(2) && said.err.contains("is a folder"), "{said:?}");
    assert_eq!(repo.hooks(), ["pre-push"], "all or none, and nothing is left over");
}

#[test]
fn two_earlier_hooks_are_one_too_many() {
    let repo = Repo::new();
    repo.script("pre-commit", "exit 0");
    repo.install(&[]);
    let newer = repo.script("pre-commit", "exit 1");
    let said = repo.blurt(&["hook", "install", "pre-commit", "pre-push"]);
    assert_eq!(said.status, Some(2));
    assert!(said.err.contains("join the two in one file"), "{said:?}");
    assert_eq!(read(&newer), "#!/bin/sh\nexit 1\n");
    assert_eq!(repo.hooks(), ["pre-commit", "pre-commit.before-blurt"], "all or none");
    // Somebody took ours away by hand: what we kept is run again, or put back.
    fs::remove_file(&newer).unwrap();
    assert!(repo.install(&[]).out.contains("before-blurt"));
    fs::remove_file(&newer).unwrap();
    assert!(repo.blurt(&["hook", "uninstall"]).out.contains("is back"));
    assert_eq!(read(&newer), "#!/bin/sh\nexit 0\n");
}

#[test]
fn hooks_that_a_manager_writes_are_left_to_it() {
    for (text, config) in [
        ("# File generated by pre-commit: https://pre-commit.com", ".pre-commit-config.yaml"),
        ("call_lefthook run \"pre-commit\" \"$@\"", "lefthook.yml"),
        (". \"$(dirname \"$0\")/_/husky.sh\"", ".husky/pre-commit"),
    ] {
        let repo = Repo::new();
        let hook = repo.script("pre-commit", text);
        let before = read(&hook);
        let said = repo.blurt(&["hook", "install", "pre-push", "pre-commit"]);
        assert_eq!(said.status, Some(2));
        assert!(said.err.contains(config) && said.err.contains("stays as it is"), "{said:?}");
        assert!(repo.hooks() == ["pre-commit"] && read(&hook) == before, "{text}");
        let said = repo.blurt(&["hook", "uninstall"]);
        assert!(said.out.contains("is not blurt's") && read(&hook) == before, "{said:?}");
    }
    let repo = Repo::new();
    repo.git(&["config", "core.hooksPath", ".husky/_"]);
    let said = repo.blurt(&["hook", "install"]);
    assert!(said.status == Some(2) && said.err.contains(".husky/pre-commit"), "{said:?}");
    assert_eq!(repo.hooks(), [""; 0]);
}

/// `pre-commit install` moves a hook that it finds, and runs it first.
#[test]
fn our_hook_is_found_where_pre_commit_put_it() {
    let repo = Repo::new();
    repo.script("pre-commit", "exit 0");
    repo.install(&[]);
    let (hook, legacy) = (repo.hook("pre-commit"), repo.hook("pre-commit.legacy"));
    fs::rename(&hook, &legacy).unwrap();
    repo.script("pre-commit", "# File generated by pre-commit: https://pre-commit.com");
    let said = repo.install(&[]);
    assert!(said.out.contains("pre-commit.legacy is there already"), "{said:?}");
    let said = repo.blurt(&["hook", "uninstall"]);
    assert_eq!(said.status, Some(0), "{said:?}");
    assert_eq!(repo.hooks(), ["pre-commit", "pre-commit.legacy"]);
    assert_eq!(read(&legacy), "#!/bin/sh\nexit 0\n");
}

#[test]
fn without_blurt_nothing_is_green() {
    let repo = Repo::new();
    repo.install(&["pre-commit", "pre-push", "pre-receive"]);
    for (name, past) in [
        ("pre-commit", "git commit --no-verify"),
        ("pre-push", "git push --no-verify"),
        ("pre-receive", "server"),
    ] {
        let hook = repo.hook(name);
        let text = read(&hook).replace(env!("CARGO_BIN_EXE_blurt"), "/nowhere/blurt");
        assert!(text.contains("/nowhere/blurt"));
        fs::write(&hook, text).unwrap();
        let run_with = |path: &Path| {
            let mut command = assert_cmd::Command::new("/bin/sh");
            command.arg(&hook).args(["origin", "url"]).current_dir(repo.path());
            said(command.env_clear().env("PATH", path).write_stdin(""))
        };
        // `cat` must be there for those who read; blurt is not.
        let path = repo.parent().join("bin");
        fs::create_dir_all(&path).unwrap();
        let cat = std::env::split_paths(&std::env::var_os("PATH").unwrap())
            .map(|folder| folder.join("cat"))
            .find(|file| file.is_file());
        let _ = symlink(cat.unwrap(), path.join("cat"));
        let gone = run_with(&path);
        assert_eq!(gone.status, Some(2), "{gone:?}");
        assert!(gone.err.contains(past) && gone.err.contains("blurt hook install"), "{gone:?}");
        symlink(env!("CARGO_BIN_EXE_blurt"), path.join("blurt")).unwrap();
        let found = run_with(&path);
        assert_eq!(found.status, Some(0), "{found:?}");
        fs::remove_dir_all(&path).unwrap();
    }
}

/// A repository with all its commits in the bare repository `remote`.
fn pushed() -> (Repo, Repo) {
    let repo = Repo::new();
    let remote = repo.beside("remote");
    repo.git(&["init", "-q", "--bare", "../remote"]);
    repo.git(&["remote", "add", "origin", &remote.url()]);
    repo.commit("old.py", secret(100));
    repo.git(&["push", "-q", "origin", "main"]);
    (repo, remote)
}

#[test]
fn an_earlier_hook_gets_what_ours_gets() {
    let (repo, remote) = pushed();
    let hook = repo.script("pre-push", "printf '%s|' \"$@\" > ../seen; cat >> ../seen");
    repo.install(&["pre-push"]);
    assert!(read(&hook).contains("# blurt hook v1"));
    let old = repo.id("HEAD");
    let new = repo.commit("a.py", "x = 1\n");
    repo.git(&["push", "-q", "origin", "main"]);
    let seen = read(&repo.parent().join("seen"));
    let url = remote.url();
    assert_eq!(seen, format!("origin|{url}|refs/heads/main {new} refs/heads/main {old}\n"));
    repo.commit("b.py", secret(1));
    let said = repo.try_ask(&["push", "-q", "origin", "main"]);
    assert!(said.status == Some(1) && said.err.contains("b.py"), "ours reads it, too: {said:?}");
    // One that reads nothing stops nobody, and one that fails stops both.
    repo.script("pre-push.before-blurt", "exit 0");
    let said = repo.try_ask(&["push", "-q", "origin", "main"]);
    assert!(said.status == Some(1) && said.err.contains("b.py"), "{said:?}");
    repo.script("pre-push.before-blurt", "cat >/dev/null; echo no >&2; exit 3");
    let said = repo.try_ask(&["push", "-q", "origin", "main"]);
    assert!(said.status == Some(1) && said.err.starts_with("no\n"), "{said:?}");
    assert!(!said.err.contains("b.py"), "{said:?}");
}

#[test]
fn a_push_is_looked_at_as_far_as_the_remote_does_not_have_it() {
    let (repo, remote) = pushed();
    repo.install(&["pre-push"]);
    repo.commit("clean.py", "x = 1\n");
    repo.git(&["push", "-q", "origin", "main"]);
    let push = |args: &[&str]| repo.try_ask(&[&["push", "-q"], args].concat());
    let refused = |args: &[&str], path: &str| {
        let said = push(args);
        assert!(said.status == Some(1) && said.err.contains(path), "{args:?}: {said:?}");
    };
    // A secret that a later commit takes out again is sent all the same.
    repo.commit("a.py", secret(1));
    repo.git(&["rm", "-q", "a.py"]);
    repo.git(&["commit", "-q", "-m", "Oh"]);
    refused(&["origin", "main"], "a.py");
    refused(&["origin", "main:refs/heads/new"], "a.py");
    refused(&["origin", "HEAD~1:refs/heads/new"], "a.py");
    refused(&[&remote.url(), "main:refs/heads/new"], "old.py");
    assert_eq!(push(&["origin", "HEAD~2:refs/heads/new"]).status, Some(0));
    assert_eq!(push(&["origin", ":new"]).status, Some(0), "a deletion sends nothing");
    assert_eq!(push(&["--no-verify", "origin", "main"]).status, Some(0));
    repo.commit("clean.py", "x = 2\n");
    assert_eq!(push(&["origin", "main", "main:refs/heads/other"]).status, Some(0));
    // Somebody else has pushed what is not here.
    let other = remote.cloned("other", &["--branch", "main"]);
    other.commit("theirs.py", "y = 1\n");
    other.git(&["push", "-q", "origin", "main"]);
    repo.commit("b.py", secret(2));
    refused(&["--force", "origin", "main"], "b.py");
    // An annotated tag leads to its commit.
    repo.git(&["tag", "-a", "-m", "One", "v1"]);
    refused(&["origin", "v1"], "b.py");
    repo.git(&["tag", "-a", "-m", &secret(3), "v2", "HEAD~1"]);
    refused(&["origin", "v2"], "tag");
}

#[test]
fn a_server_refuses_what_it_does_not_have_yet() {
    let (repo, remote) = pushed();
    let said = remote.blurt(&["hook", "install", "pre-receive"]);
    assert_eq!(said.status, Some(0), "{said:?}");
    assert!(remote.path().join("hooks/pre-receive").is_file());
    let push = |args: &[&str]| repo.try_ask(&[&["push", "-q", "origin"], args].concat());
    repo.commit("clean.py", "x = 1\n");
    assert_eq!(push(&["main"]).status, Some(0), "what is there already is no news");
    assert_eq!(push(&["main~1:refs/heads/old"]).status, Some(0));
    assert_eq!(push(&[":old"]).status, Some(0));
    repo.commit("a.py", secret(1));
    for args in [&["main"][..], &["main:refs/heads/new"], &["--no-verify", "main"]] {
        let said = push(args);
        assert!(said.status == Some(1) && said.err.contains("a.py"), "{args:?}: {said:?}");
        assert!(!said.err.contains(&token(1)));
    }
    assert_eq!(remote.ask(&["rev-parse", "main"]), repo.id("main~1"), "it did not come in");
}

/// Its configuration and its markers would be those of whoever pushes.
#[test]
fn a_server_whose_head_nobody_has_lets_nobody_judge_himself() {
    let (repo, remote) = pushed();
    remote.git(&["symbolic-ref", "HEAD", "refs/heads/nobody-has-it"]);
    assert_eq!(remote.blurt(&["hook", "install", "pre-receive"]).status, Some(0));
    let push = |refspec: &str| repo.try_ask(&["push", "-q", "origin", refspec]);
    repo.commit("a.py", secret(1).replace('\n', "  # blurt:allow * -- a test vector\n"));
    for refspec in ["main", "main:refs/heads/new", "main:refs/heads/nobody-has-it"] {
        let said = push(refspec);
        assert_eq!(said.status, Some(1), "{refspec}: {said:?}");
        assert!(!said.err.contains(&token(1)), "{said:?}");
    }
    assert_eq!(remote.id("refs/heads/main"), repo.id("main~1"), "it did not come in");
    // A new repository has no branch at all: there is nobody else to judge.
    let empty = repo.beside("empty");
    repo.git(&["init", "-q", "--bare", "../empty"]);
    assert_eq!(empty.blurt(&["hook", "install", "pre-receive"]).status, Some(0));
    let first = repo.try_ask(&["push", "-q", &empty.url(), "main~1:refs/heads/main"]);
    assert!(first.status == Some(1) && first.err.contains("old.py"), "{first:?}");
}

#[test]
fn the_pre_commit_framework_says_what_to_look_at() {
    let repo = Repo::new();
    let clean = repo.commit("clean.py", "x = 1\n");
    let bad = repo.commit("a.py", secret(1));
    let last = repo.commit("clean.py", "x = 2\n");
    let ask = |variables: &[(&str, &str)]| {
        let mut command = blurt(repo.path());
        command.env("PRE_COMMIT", "1").envs(variables.iter().copied());
        said(command.args(["hook", "run", "pre-commit"]))
    };
    let range = |from, to| ask(&[("PRE_COMMIT_FROM_REF", from), ("PRE_COMMIT_TO_REF", to)]);
    assert_eq!(range(&clean, &bad).status, Some(1));
    assert_eq!(range(&clean, "HEAD").status, Some(1));
    assert_eq!(range(&bad, &last).status, Some(0));
    let missing = range("nowhere", "HEAD");
    assert!(missing.status == Some(2) && missing.out.contains("nowhere"), "{missing:?}");
    let all = ask(&[]);
    assert!(all.status == Some(1) && all.out.contains("a.py"), "{all:?}");
    assert_eq!(ask(&[("GIT_INDEX_FILE", ".git/index")]).status, Some(0), "an empty commit");
    repo.write("b.py", "x = 1\n");
    repo.git(&["add", "b.py"]);
    assert_eq!(ask(&[]).status, Some(0), "only what is staged");
    let first = ask(&[("PRE_COMMIT_REMOTE_NAME", "o"), ("PRE_COMMIT_LOCAL_BRANCH", "HEAD")]);
    assert!(first.status == Some(1) && first.out.contains("a.py"), "{first:?}");
}

#[test]
fn whoever_stops_reading_lets_nothing_pass() {
    let repo = Repo::new();
    // More than a pipe holds, so that writing must fail.
    let tokens: Vec<String> = (0..400).map(secret).collect();
    repo.write("a.py", tokens.concat());
    repo.git(&["add", "."]);
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_blurt"))
        .args(["hook", "run", "pre-commit"])
        .current_dir(repo.path())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(1));
}

#[test]
fn what_cannot_be_answered_is_2_and_told() {
    let repo = Repo::new();
    let nowhere = run(repo.parent(), &["hook", "install"]);
    assert!(nowhere.status == Some(2) && nowhere.err.contains("no git repository"), "{nowhere:?}");
    let unknown = repo.blurt(&["hook", "install", "post-commit"]);
    assert!(unknown.status == Some(2) && unknown.err.contains("pre-receive"), "{unknown:?}");
    for (args, input, told) in [
        (&["pre-push", "origin", "url"][..], "x\n", "line 1 of standard input"),
        (&["pre-receive"], "0 1 refs/heads/main\n", "<old id> <new id> <ref>"),
        (&["pre-push"], "", "the name of a remote"),
    ] {
        let mut command = blurt(repo.path());
        let said = said(command.args(["hook", "run"]).args(args).write_stdin(input));
        assert!(said.status == Some(2) && said.err.contains(told), "{args:?}: {said:?}");
    }
}
