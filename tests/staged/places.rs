//! Working trees of all kinds, what of them is asked for, and what the environment says.

use crate::common::blurt;
use crate::common::expected::{assert_in_part, assert_staged, staged};
use crate::common::repo::{Repo, assert_unchanged, state};
use crate::common::report::Report;
use crate::common::token::Token;
use crate::{CLEAN, assert_found, repository, scan};
use std::fs;
use std::path::Path;

/// Scans what is staged at some paths.
fn scan_paths(folder: &Path, paths: &[&str]) -> Report {
    Report::of(folder, &[&["scan", "--staged"], paths].concat())
}

#[test]
fn a_linked_worktree_has_its_own_index() {
    let (repo, old) = repository();
    repo.git(&["worktree", "add", "-q", "../linked"]);
    let linked = repo.beside("linked");
    let [here, there] = ["main", "linked"].map(Token::new);
    repo.stage("main.py", here.text());
    linked.stage("linked.py", there.text());
    linked.stage("old.py", old.text() + "# edited\n");
    assert_found(&repo, &[staged(&here, "main.py")]);
    let known = staged(&old, "old.py").known("HEAD");
    assert_found(&linked, &[staged(&there, "linked.py"), known]);
}

/// A submodule has an index of its own; in that around it, it is a commit.
#[test]
fn a_submodule_is_another_repository() {
    let (repo, _) = repository();
    let sub = repo.add_submodule();
    let token = Token::new("in the submodule");
    sub.stage("src/a.py", token.text());
    assert_found(&sub, &[staged(&token, "src/a.py")]);
    assert_found(&repo, &[]);
    // Named from around it, it is asked for.
    let report = scan_paths(repo.path(), &["sub"]);
    assert_staged(&sub, &report, &[staged(&token, "src/a.py").named("sub/src/a.py")]);
    sub.commit_staged("A secret");
    repo.git(&["add", "sub"]);
    assert_eq!(repo.ask(&["diff", "--cached", "--name-only"]), "sub");
    assert_found(&repo, &[]);
}

#[test]
fn what_is_no_repository_is_told() {
    let folder = Repo::folder();
    folder.write("a.py", Token::new("no repository").text());
    let report = scan(&folder);
    assert_eq!(report.status, Some(2));
    report.assert_incomplete("name a repository");
    assert!(report.skipped()[0].contains("not a git repository"), "{:?}", report.skipped());
    // Beside a repository, the other is scanned.
    let (repo, token) = (folder.beside("real"), Token::new("beside"));
    folder.git(&["init", "-q", "../real"]);
    repo.stage("a.py", token.text());
    let report = scan_paths(folder.parent(), &["repo", "real"]);
    let expected = [staged(&token, "a.py").named("real/a.py")];
    assert_in_part(&repo, "HEAD", &report, "name a repository", &expected);
}

/// Nothing can be staged there, and git, too, calls that no difference.
#[test]
fn a_bare_repository_has_nothing_staged() {
    let (repo, _) = repository();
    let bare = repo.cloned("bare.git", &["--bare"]);
    assert_found(&bare, &[]);
}

/// As some keep their settings: the repository is bare, and the environment names a working tree.
#[test]
fn a_bare_repository_with_a_working_tree() {
    let (repo, old) = repository();
    let bare = repo.cloned("bare.git", &["--bare"]);
    let home = repo.beside("home");
    fs::create_dir(home.path()).unwrap();
    let token = Token::new("at home");
    home.write("settings/a.py", token.text());
    home.write("old.py", old.text() + "# edited\n");
    let git = ["--git-dir", "../bare.git", "--work-tree", "."];
    home.ask(&[&git[..], &["reset", "-q"]].concat());
    home.ask(&[&git[..], &["add", "settings", "old.py"]].concat());
    let mut command = blurt(home.path());
    command.args(["scan", "--staged"]).env("GIT_DIR", bare.path()).env("GIT_WORK_TREE", ".");
    let report = Report::of_command(&mut command);
    let known = staged(&old, "old.py").known("HEAD");
    assert_staged(&bare, &report, &[staged(&token, "settings/a.py"), known]);
}

#[test]
fn the_environment_names_the_repository() {
    let (repo, _) = repository();
    let token = Token::new("named");
    repo.stage("src/a.py", token.text());
    let elsewhere = repo.beside("elsewhere");
    repo.git(&["init", "-q", "../elsewhere"]);
    elsewhere.stage("other.py", Token::new("other").text());
    let mut command = blurt(elsewhere.path());
    command.args(["scan", "--staged"]);
    command.env("GIT_DIR", repo.path().join(".git")).env("GIT_WORK_TREE", repo.path());
    let report = Report::of_command(&mut command);
    let path = report.findings()[&token.masked()].places[0].path.clone().unwrap();
    assert!(path.ends_with("src/a.py"), "{path}");
    assert_staged(&repo, &report, &[staged(&token, "src/a.py").named(&path)]);
}

#[test]
fn the_environment_names_the_index() {
    let (repo, _) = repository();
    let [real, other] = ["real index", "other index"].map(Token::new);
    repo.stage("other.py", other.text());
    fs::rename(repo.path().join(".git/index"), repo.parent().join("index")).unwrap();
    repo.git(&["reset", "-q"]);
    repo.stage("real.py", real.text());
    let scan = |index: &Path| {
        let mut command = blurt(repo.path());
        Report::of_command(command.args(["scan", "--staged"]).env("GIT_INDEX_FILE", index))
    };
    assert_found(&repo, &[staged(&real, "real.py")]);
    fs::copy(repo.path().join(".git/index"), repo.parent().join("kept")).unwrap();
    let (named, relative) = (scan(&repo.parent().join("index")), scan(Path::new("../index")));
    fs::copy(repo.parent().join("index"), repo.path().join(".git/index")).unwrap();
    assert_staged(&repo, &named, &[staged(&other, "other.py")]);
    assert_staged(&repo, &relative, &[staged(&other, "other.py")]);
}

/// The version at HEAD is fetched by git when it is needed. It is needed where something is found.
#[test]
fn a_partial_clone_lacks_the_version_at_head() {
    let origin = Repo::new();
    let (old, new) = (Token::new("old"), Token::new("new"));
    origin.commit("a.py", old.text());
    origin.git(&["config", "uploadpack.allowFilter", "true"]);
    let clone = origin.cloned("clone", &["--filter=blob:none", "--no-checkout"]);
    clone.git(&["read-tree", "HEAD"]);
    clone.stage("a.py", CLEAN);
    assert_found(&clone, &[]);
    clone.stage("a.py", old.text() + &new.line());
    let before = state(&clone.path().join(".git"));
    let report = scan(&clone);
    assert_unchanged(&clone.path().join(".git"), &before);
    // What cannot be compared is not excused.
    let expected = [staged(&new, "a.py"), staged(&old, "a.py")];
    assert_in_part(&clone, "HEAD", &report, "git fetch --refetch", &expected);
    let [mend] = &report.mends()[..] else { panic!("{:?}", report.mends()) };
    clone.obey(mend);
    let expected = [staged(&new, "a.py"), staged(&old, "a.py").known("HEAD")];
    assert_found(&clone, &expected);
}

#[test]
fn a_path_restricts() {
    let (repo, _) = repository();
    let tokens = ["src/a.py", "src/deep/b.py", "srcs/c.py", "d.py"].map(Token::new);
    for token in &tokens {
        repo.stage(&token.name, token.text());
    }
    let scan = |paths: &[&str]| scan_paths(repo.path(), paths);
    let found = |n: &[usize]| n.iter().map(|n| staged(&tokens[*n], &tokens[*n].name)).collect();
    let assert = |paths: &[&str], n: &[usize]| {
        let expected: Vec<_> = found(n);
        assert_staged(&repo, &scan(paths), &expected);
    };
    assert(&["src"], &[0, 1]);
    assert(&["src/"], &[0, 1]);
    assert(&["./src/deep"], &[1]);
    assert(&["d.py", "srcs"], &[2, 3]);
    assert(&["src", "src/a.py"], &[0, 1]);
    assert(&["."], &[0, 1, 2, 3]);
    assert(&[".", "src"], &[0, 1, 2, 3]);
    assert(&[repo.path().join("src").to_str().unwrap()], &[0, 1]);
    // It was deleted on the disk, but it is staged.
    repo.remove("src/deep/b.py");
    fs::remove_dir(repo.path().join("src/deep")).unwrap();
    assert(&["src/deep/b.py"], &[1]);
    assert(&["src/deep"], &[1]);
    repo.remove("src/a.py");
    fs::remove_dir(repo.path().join("src")).unwrap();
    assert(&["src/deep"], &[1]);
    assert(&["src"], &[0, 1]);
    assert(&["clean.py"], &[]);
}

/// What was moved into the part that is asked for came from outside of it.
#[test]
fn a_path_does_not_hide_where_a_file_came_from() {
    let (repo, old) = repository();
    fs::create_dir(repo.path().join("src")).unwrap();
    repo.git(&["mv", "old.py", "src/new.py"]);
    let moved = staged(&old, "src/new.py").known("moved here from old.py");
    assert_staged(&repo, &scan_paths(repo.path(), &["src"]), &[moved]);
}

/// What is asked for was looked at, whatever is in conflict elsewhere.
#[test]
fn a_conflict_elsewhere_is_none_of_a_path() {
    let (repo, _) = repository();
    repo.branch("topic", "main");
    repo.commit("clean.py", "t = 1\n");
    repo.checkout("main");
    repo.commit("clean.py", "t = 2\n");
    repo.begin_merge(&["topic"]);
    let token = Token::new("in the folder");
    repo.stage("src/a.py", token.text());
    let report = scan_paths(repo.path(), &["src"]);
    assert_staged(&repo, &report, &[staged(&token, "src/a.py")]);
    let report = scan_paths(repo.path(), &["--exclude", "clean.py"]);
    assert_staged(&repo, &report, &[staged(&token, "src/a.py")]);
}

/// A commit is made of the whole repository, wherever it is made.
#[test]
fn from_a_folder_below_all_is_scanned_and_named_from_there() {
    let (repo, _) = repository();
    let [above, below, deep] = ["above", "below", "deep"].map(Token::new);
    repo.stage("above.py", above.text());
    repo.stage("src/below.py", below.text());
    repo.stage("src/deep/deep.py", deep.text());
    let src = repo.path().join("src");
    let expected = |all: bool| {
        let mut expected = vec![staged(&deep, "src/deep/deep.py").named("deep/deep.py")];
        if all {
            expected.push(staged(&below, "src/below.py").named("below.py"));
            expected.push(staged(&above, "above.py").named("../above.py"));
        }
        expected
    };
    assert_staged(&repo, &scan_paths(&src, &[]), &expected(true));
    assert_staged(&repo, &scan_paths(&src, &["deep"]), &expected(false));
    // What is excluded is named from there, too.
    let report = scan_paths(&src, &["--exclude", "deep/*.py"]);
    assert_staged(&repo, &report, &expected(true)[1..]);
}

#[test]
fn what_is_excluded_is_left_out() {
    let (repo, _) = repository();
    let token = Token::new("kept");
    repo.write(".blurt.toml", "[scan]\nexclude = [\"vendor/**\", \"**/*.min.js\"]\n");
    repo.stage("vendor/deep/a.py", Token::new("vendor").text());
    repo.stage("src/a.min.js", Token::new("minified").text());
    repo.stage("src/a.py", token.text());
    let report = scan(&repo);
    assert_staged(&repo, &report, &[staged(&token, "src/a.py")]);
    assert_eq!(report.count("files"), 1);
    let report = scan_paths(repo.path(), &["--exclude", "src"]);
    assert_staged(&repo, &report, &[]);
    // Nobody has judged what is in an excluded file.
    repo.commit_staged("All of it");
    repo.git(&["mv", "vendor/deep/a.py", "src/b.py"]);
    let vendor = Token::new("vendor");
    assert_found(&repo, &[staged(&vendor, "src/b.py")]);
}
