//! Files as they are staged: added, edited, moved, of other kinds, in other encodings.

use crate::common::expected::{assert_staged, staged};
use crate::common::repo::Repo;
use crate::common::report::run;
use crate::common::token::Token;
use crate::{CLEAN, assert_found, repository, scan};
use std::fs;
use std::os::unix::fs::symlink;
use std::slice;

#[test]
fn the_first_commit_adds_all_of_it() {
    let (repo, token) = (Repo::new(), Token::new("first"));
    assert_found(&repo, &[]);
    repo.stage("src/a.py", token.text());
    repo.stage("clean.py", CLEAN);
    let report = scan(&repo);
    assert_staged(&repo, &report, &[staged(&token, "src/a.py")]);
    assert_eq!(report.count("files"), 2);
}

/// As `git add -p` leaves it: the index has a version that was never on the disk.
#[test]
fn places_are_those_of_the_index() {
    let (repo, _) = repository();
    let [new, later] = ["staged part", "part that is not staged"].map(Token::new);
    repo.stage("clean.py", format!("{CLEAN}  {}", new.line()));
    repo.write("clean.py", format!("{}# ü\n#\n{CLEAN}\n{}", later.line(), new.line()));
    assert_found(&repo, &[staged(&new, "clean.py")]);
}

#[test]
fn what_is_staged_counts_whatever_became_of_it_on_the_disk() {
    let (repo, _) = repository();
    let [gone, fixed] = ["gone", "fixed"].map(Token::new);
    repo.stage("gone.py", gone.text());
    repo.remove("gone.py");
    repo.stage("fixed.py", fixed.text());
    repo.write("fixed.py", CLEAN);
    assert_found(&repo, &[staged(&gone, "gone.py"), staged(&fixed, "fixed.py")]);
}

#[test]
fn what_is_not_staged_does_not_count() {
    let (repo, _) = repository();
    repo.write("clean.py", Token::new("edited").text());
    repo.write("untracked.py", Token::new("untracked").text());
    let taken_back = Token::new("taken back");
    repo.stage("back.py", taken_back.text());
    assert_found(&repo, &[staged(&taken_back, "back.py")]);
    repo.git(&["reset", "-q", "back.py"]);
    let report = scan(&repo);
    assert_staged(&repo, &report, &[]);
    assert_eq!(report.count("files"), 0);
}

#[test]
fn an_old_secret_in_a_changed_file_is_known() {
    let (repo, old) = repository();
    repo.stage("old.py", format!("import os\n{}# more\n", old.text()));
    assert_found(&repo, &[staged(&old, "old.py").known("the file at HEAD holds it already")]);
    let said = run(repo.path(), &["scan", "--staged", "-v"]);
    assert_eq!(said.status, Some(0));
    assert!(said.out.contains("known: the version of the file at HEAD holds it"), "{}", said.out);
    let said = run(repo.path(), &["scan", "--staged"]);
    assert!(!said.out.contains("old.py") && said.out.contains("1 known"), "{}", said.out);
    // A new one beside it is told, and the old one does not hide it.
    let new = Token::new("beside the old one");
    repo.stage("old.py", old.text() + &new.line());
    assert_found(&repo, &[staged(&new, "old.py"), staged(&old, "old.py").known("HEAD")]);
}

#[test]
fn a_secret_that_is_copied_is_new_in_the_copy() {
    let (repo, old) = repository();
    repo.stage("copy.py", old.text());
    assert_found(&repo, &[staged(&old, "copy.py")]);
    // The place that was there before is not to be looked at.
    repo.stage("old.py", old.text() + "# edited\n");
    assert_found(&repo, &[staged(&old, "copy.py")]);
}

#[test]
fn a_file_that_is_moved_brings_nothing_new() {
    let (repo, old) = repository();
    repo.write("src/a.py", "");
    repo.git(&["mv", "old.py", "src/moved.py"]);
    let moved = staged(&old, "src/moved.py").known("it was moved here from old.py");
    assert_found(&repo, slice::from_ref(&moved));
    repo.stage("src/moved.py", format!("import os\n{}", old.text()));
    assert_found(&repo, slice::from_ref(&moved));
    let new = Token::new("in the moved file");
    repo.stage("src/moved.py", new.line() + &old.text());
    assert_found(&repo, &[moved, staged(&new, "src/moved.py")]);
}

#[test]
fn a_file_that_is_gone_brings_nothing() {
    let (repo, _) = repository();
    repo.git(&["rm", "-q", "old.py"]);
    assert_found(&repo, &[]);
    repo.git(&["rm", "-q", "clean.py"]);
    assert_found(&repo, &[]);
}

#[test]
fn what_was_added_by_name_only_has_nothing_to_commit() {
    let (repo, _) = repository();
    let token = Token::new("by name");
    repo.write("named.py", token.text());
    repo.git(&["add", "-N", "named.py"]);
    assert_found(&repo, &[]);
    // In a repository without a commit, too.
    let young = Repo::new();
    young.write("sub/named.py", token.text());
    young.git(&["add", "-N", "sub/named.py"]);
    assert_found(&young, &[]);
    young.git(&["add", "sub/named.py"]);
    assert_found(&young, &[staged(&token, "sub/named.py")]);
}

#[test]
fn the_mode_of_a_file_is_no_secret() {
    let (repo, _) = repository();
    repo.git(&["update-index", "--chmod=+x", "old.py"]);
    assert_eq!(repo.ask(&["diff", "--cached", "--name-only"]), "old.py");
    let report = scan(&repo);
    assert_staged(&repo, &report, &[]);
    assert_eq!(report.json["summary"]["known"], 0);
}

/// A link is the text that it leads to; what lies there is not committed.
#[test]
fn a_link_is_not_followed() {
    let (repo, _) = repository();
    let outside = repo.beside("outside");
    fs::create_dir(outside.path()).unwrap();
    outside.write("secret.py", Token::new("outside").text());
    symlink("../outside/secret.py", repo.path().join("link.py")).unwrap();
    symlink("nowhere", repo.path().join("dangling.py")).unwrap();
    let token = Token::new("in a link");
    symlink(format!("t=\"{}\"", token.value), repo.path().join("named.py")).unwrap();
    repo.git(&["add", "."]);
    assert_eq!(repo.ask(&["ls-files", "-s", "link.py"]).split(' ').next(), Some("120000"));
    assert_found(&repo, &[staged(&token, "named.py")]);
}

/// What stood in a file of the same name, or one that had to make room, was there before.
#[test]
fn a_file_becomes_a_folder_and_back() {
    let (repo, old) = repository();
    let new = Token::new("in the folder");
    repo.git(&["rm", "-q", "old.py"]);
    repo.stage("old.py/inner.py", old.text());
    repo.stage("old.py/new.py", new.text());
    let moved = staged(&old, "old.py/inner.py").known("moved here from old.py");
    assert_found(&repo, &[moved, staged(&new, "old.py/new.py")]);
    repo.commit_staged("A folder");
    let again = Token::new("in the file again");
    repo.git(&["rm", "-q", "-r", "old.py"]);
    repo.stage("old.py", old.text() + &again.line());
    let moved = staged(&old, "old.py").known("moved here from old.py/inner.py");
    assert_found(&repo, &[moved, staged(&again, "old.py")]);
}

#[test]
fn a_file_becomes_a_link_and_back() {
    let (repo, _) = repository();
    let [target, back] = ["target", "back"].map(Token::new);
    repo.remove("clean.py");
    symlink(format!("t=\"{}\"", target.value), repo.path().join("clean.py")).unwrap();
    repo.git(&["add", "clean.py"]);
    assert_found(&repo, &[staged(&target, "clean.py")]);
    repo.commit_staged("A link");
    repo.remove("clean.py");
    repo.stage("clean.py", back.text() + &target.line());
    let held = staged(&target, "clean.py").known("HEAD");
    assert_found(&repo, &[staged(&back, "clean.py"), held]);
}

#[test]
fn a_file_becomes_a_submodule_and_back() {
    let (repo, old) = repository();
    let library = repo.beside("library");
    repo.git(&["init", "-q", "../library"]);
    library.commit("library.py", Token::new("library").text());
    repo.git(&["rm", "-q", "old.py"]);
    repo.git(&["submodule", "--quiet", "add", &library.url(), "old.py"]);
    assert_found(&repo, &[]);
    repo.commit_staged("A submodule");
    repo.git(&["rm", "-q", "--cached", "old.py"]);
    fs::remove_dir_all(repo.path().join("old.py")).unwrap();
    repo.stage("old.py", old.text());
    // The submodule had no secret of this repository.
    assert_found(&repo, &[staged(&old, "old.py")]);
}

/// What is committed counts: other line ends than on the disk, and what a filter makes of the file.
#[test]
fn places_are_those_of_the_blob() {
    let repo = Repo::new();
    let [windows, kept, cleaned] = ["line ends", "kept", "cleaned"].map(Token::new);
    repo.git(&["config", "filter.trim.clean", "sed -e 1d -e 's/^ *//'"]);
    repo.write(".gitattributes", "trim.py filter=trim\nkept.py -text\n");
    repo.write("windows.py", format!("# a\r\n\r\n{}", windows.text().replace('\n', "\r\n")));
    repo.write("kept.py", format!("# ä\r\n\r\n{}", kept.text().replace('\n', "\r\n")));
    repo.write("trim.py", format!("# one\n        {}", cleaned.line()));
    repo.git(&["-c", "core.autocrlf=true", "add", "."]);
    let found = |path: &str| repo.blob(path).windows(2).any(|pair| pair == b"\r\n");
    assert_eq!([found(":windows.py"), found(":kept.py")], [false, true]);
    assert!(repo.blob(":trim.py").starts_with(b"t ="));
    assert_found(
        &repo,
        &[staged(&windows, "windows.py"), staged(&kept, "kept.py"), staged(&cleaned, "trim.py")],
    );
}

#[test]
fn utf_16_is_read() {
    let (repo, _) = repository();
    let [little, big] = ["little", "big"].map(Token::new);
    let text = |token: &Token| format!("# größe\n  {}", token.text());
    let units = text(&little).encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    repo.stage("little.py", [&b"\xff\xfe"[..], &units].concat());
    let units = text(&big).encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<_>>();
    repo.stage("big.py", [&b"\xfe\xff"[..], &units].concat());
    let expected =
        [staged(&little, "little.py").via("utf-16le"), staged(&big, "big.py").via("utf-16be")];
    assert_found(&repo, &expected);
    // It is known there, too.
    repo.commit_staged("In UTF-16");
    let units = format!("#\n{}", text(&little));
    let units = units.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    repo.stage("little.py", [&b"\xff\xfe"[..], &units].concat());
    assert_found(&repo, &[staged(&little, "little.py").via("utf-16le").known("HEAD")]);
}

#[test]
fn a_marker_in_the_staged_version_excuses() {
    let (repo, _) = repository();
    let token = Token::new("excused");
    let line = format!("t = \"{}\"", token.value);
    let allow = "blurt:allow github-personal-access-token -- a test";
    repo.stage("a.py", format!("# one\n{line}  # {allow}\n"));
    assert_found(&repo, &[staged(&token, "a.py").ignored("a test")]);
    // On the disk it is too late.
    repo.stage("a.py", format!("# one\n{line}\n"));
    repo.write("a.py", format!("# one\n{line}  # {allow}\n"));
    assert_found(&repo, &[staged(&token, "a.py")]);
    // Without a reason it excuses nothing, and that is said.
    repo.stage("a.py", format!("# one\n{line}  # blurt:allow *\n"));
    let report = scan(&repo);
    assert_staged(&repo, &report, &[staged(&token, "a.py")]);
    assert!(report.err.contains("a.py:2"), "{}", report.err);
}

/// `git add -f` says that it is meant.
#[test]
fn an_ignored_file_that_is_staged_is_found() {
    let (repo, _) = repository();
    let [forced, tracked] = ["forced", "tracked"].map(Token::new);
    repo.stage("tracked.env", CLEAN);
    repo.commit_staged("It is tracked");
    repo.stage(".gitignore", "*.env\n");
    repo.stage("forced.env", forced.text());
    repo.stage("tracked.env", tracked.text());
    repo.write("ignored.env", Token::new("ignored").text());
    assert_eq!(repo.try_ask(&["check-ignore", "-q", "--no-index", "forced.env"]).status, Some(0));
    assert_found(&repo, &[staged(&forced, "forced.env"), staged(&tracked, "tracked.env")]);
}
