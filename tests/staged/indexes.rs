//! The index in every form that git gives it, and broken.

use crate::common::blurt;
use crate::common::expected::{Expected, assert_in_part, assert_staged, staged};
use crate::common::repo::Repo;
use crate::common::report::Report;
use crate::common::token::Token;
use crate::{CLEAN, assert_found, scan};
use blurt::rule::example::expand;
use std::fs;
use std::time::Duration;

/// The secrets of [`folders`].
struct Secrets {
    new: Token,
    old: Token,
    moved: Token,
}

impl Secrets {
    fn new() -> Self {
        let [new, old, moved] = ["new", "old", "moved"].map(Token::new);
        Self { new, old, moved }
    }

    /// What is to be found once [`stage`] has staged it.
    fn expected(&self) -> [Expected<'_>; 3] {
        [
            staged(&self.new, "in/deep/new.py"),
            staged(&self.old, "in/old.py").known("HEAD"),
            staged(&self.moved, "in/there.py").known("moved here from in/here.py"),
        ]
    }
}

/// A repository with files in some folders, `out` being one that nothing is staged in.
fn folders(secrets: &Secrets) -> Repo {
    let repo = Repo::new();
    repo.write("in/old.py", secrets.old.text());
    repo.write("in/here.py", secrets.moved.text());
    for n in 0..4 {
        repo.write(&format!("in/deep/{n}.py"), format!("n = {n}\n"));
        repo.write(&format!("out/{n}/a.py"), Token::new(&format!("out {n}")).text());
    }
    repo.git(&["add", "."]);
    repo.commit_staged("Folders");
    repo
}

fn stage(repo: &Repo, secrets: &Secrets) {
    repo.stage("in/old.py", secrets.old.text() + "# edited\n");
    repo.stage("in/deep/new.py", secrets.new.text());
    repo.git(&["mv", "in/here.py", "in/there.py"]);
    repo.git(&["rm", "-q", "in/deep/2.py"]);
}

fn index(repo: &Repo) -> Vec<u8> {
    fs::read(repo.git_dir().join("index")).unwrap()
}

fn has(bytes: &[u8], name: &[u8]) -> bool {
    bytes.windows(name.len()).any(|part| part == name)
}

/// Prepares the index, then stages, and sees to it that the form does not show.
fn assert_form(prepare: impl Fn(&Repo), is_so: impl Fn(&Repo) -> bool) {
    let secrets = Secrets::new();
    let repo = folders(&secrets);
    prepare(&repo);
    assert!(is_so(&repo), "the index has another form");
    assert_found(&repo, &[]);
    stage(&repo, &secrets);
    assert!(is_so(&repo), "the index has another form now");
    let report = scan(&repo);
    assert_staged(&repo, &report, &secrets.expected());
    assert_eq!(report.count("files"), 3);
    repo.commit_staged("Done");
    assert_found(&repo, &[]);
}

#[test]
fn a_plain_index() {
    // Git notes there which folders are as HEAD has them.
    assert_form(|_| (), |repo| has(&index(repo), b"TREE"));
}

#[test]
fn every_version() {
    for version in ["2", "3", "4"] {
        let prepare = |repo: &Repo| {
            repo.git(&["config", "index.version", version]);
            repo.git(&["update-index", "--index-version", version]);
        };
        // Git takes the third where it is needed, which is for flags.
        let number = if version == "4" { 4 } else { 2 };
        assert_form(prepare, |repo| index(repo)[7] == number);
    }
}

#[test]
fn a_third_version_with_flags() {
    let secrets = Secrets::new();
    let repo = folders(&secrets);
    stage(&repo, &secrets);
    repo.git(&["update-index", "--skip-worktree", "out/1/a.py"]);
    repo.write("in/later.py", CLEAN);
    repo.git(&["add", "-N", "in/later.py"]);
    assert_eq!(index(&repo)[7], 3);
    assert_found(&repo, &secrets.expected());
}

#[test]
fn a_split_index() {
    let prepare = |repo: &Repo| {
        repo.git(&["config", "core.splitIndex", "true"]);
        repo.git(&["config", "splitIndex.maxPercentChange", "100"]);
        repo.git(&["update-index", "--split-index"]);
    };
    let is_split = |repo: &Repo| {
        let entries = fs::read_dir(repo.git_dir()).unwrap();
        let mut names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.any(|name| name.starts_with("sharedindex.")) && has(&index(repo), b"link")
    };
    assert_form(prepare, is_split);
}

#[test]
fn a_sparse_index() {
    let prepare = |repo: &Repo| {
        repo.git(&["sparse-checkout", "set", "--cone", "--sparse-index", "in"]);
    };
    let is_sparse = |repo: &Repo| repo.ask(&["ls-files", "--sparse"]).lines().any(|p| p == "out/");
    assert_form(prepare, is_sparse);
}

/// A folder that is only named in the index may be another one than HEAD's.
#[test]
fn a_folder_of_a_sparse_index_is_looked_into() {
    let secrets = Secrets::new();
    let repo = folders(&secrets);
    let token = Token::new("far away");
    repo.branch("topic", "main");
    let topic = repo.commit("out/1/b.py", token.text());
    repo.checkout("main");
    repo.git(&["sparse-checkout", "set", "--cone", "--sparse-index", "in"]);
    repo.git(&["read-tree", "--reset", &topic]);
    assert!(repo.ask(&["ls-files", "--sparse"]).lines().any(|path| path == "out/"));
    assert_staged(&repo, &scan(&repo), &[staged(&token, "out/1/b.py")]);
}

/// Nothing is noted about folders, as other programs write it.
#[test]
fn an_index_without_trees() {
    let secrets = Secrets::new();
    let repo = folders(&secrets);
    let strip = || {
        let entries = repo.ask(&["ls-files", "-s"]);
        fs::remove_file(repo.git_dir().join("index")).unwrap();
        repo.feed(&["update-index", "--index-info"], entries + "\n");
        assert!(!has(&index(&repo), b"TREE"));
    };
    strip();
    assert_found(&repo, &[]);
    stage(&repo, &secrets);
    strip();
    assert_found(&repo, &secrets.expected());
}

#[test]
fn a_file_that_is_no_index_is_told_with_what_mends_it() {
    let secrets = Secrets::new();
    let repo = folders(&secrets);
    stage(&repo, &secrets);
    let path = repo.git_dir().join("index");
    for bytes in [&b"garbage"[..], &[0; 4096], b""] {
        fs::write(&path, bytes).unwrap();
        let report = scan(&repo);
        assert_in_part(&repo, "HEAD", &report, "git reset", &[]);
        assert!(report.skipped()[0].contains("index"), "{:?}", report.skipped());
    }
    fs::remove_file(&path).unwrap();
    repo.git(&["reset", "-q"]);
    repo.git(&["add", "-A", "."]);
    assert_found(&repo, &secrets.expected());
}

/// A file that was cut, or in which bytes are others, may mean anything; but no panic.
#[test]
fn a_damaged_index_never_ends_in_a_panic() {
    let secrets = Secrets::new();
    for prepare in
        [&[][..], &["update-index", "--index-version", "4"], &["update-index", "--split-index"]]
    {
        let repo = folders(&secrets);
        stage(&repo, &secrets);
        if !prepare.is_empty() {
            repo.git(prepare);
        }
        let whole = index(&repo);
        let path = repo.git_dir().join("index");
        for n in 1..8 {
            let cut = whole.len() * n / 8;
            let mut other = whole.clone();
            for byte in other.iter_mut().skip(cut).take(1 + n % 4) {
                *byte ^= 0xff;
            }
            for bytes in [&whole[..cut], &other] {
                fs::write(&path, bytes).unwrap();
                let report = scan(&repo);
                assert!(
                    matches!(report.status, Some(0..=2)),
                    "{:?}: {}",
                    report.status,
                    report.err
                );
                assert!(!report.err.contains("panicked"), "{}", report.err);
            }
            fs::write(&path, &whole[..cut]).unwrap();
            let cut_off = scan(&repo);
            assert_ne!(cut_off.status, Some(0), "{cut} of {} bytes look whole", whole.len());
        }
    }
}

/// Sees to it that a scan cannot tell what HEAD has.
fn assert_no_head(repo: &Repo) -> Report {
    let report = scan(repo);
    assert_eq!(report.status, Some(2), "{}", report.text);
    report.assert_incomplete("git");
    assert!(report.findings().is_empty());
    report
}

#[test]
fn a_head_that_cannot_be_read_is_told() {
    let token = Token::new("new");
    let repo = Repo::new();
    let head = repo.commit("sub/a.py", CLEAN);
    repo.stage("sub/new.py", token.text());
    let name = repo.path().join(".git/HEAD");
    let branch = fs::read(&name).unwrap();
    for text in ["garbage\n", "", "1234\n", &format!("{}\n", "1".repeat(40))] {
        fs::write(&name, text).unwrap();
        assert_no_head(&repo);
    }
    fs::write(&name, branch).unwrap();
    let tree = repo.id("HEAD^{tree}");
    for object in [head, tree] {
        let file = repo.loose_file(&object);
        let bytes = fs::read(&file).unwrap();
        fs::remove_file(&file).unwrap();
        let report = assert_no_head(&repo);
        assert!(report.skipped()[0].contains("HEAD"), "{:?}", report.skipped());
        fs::write(&file, b"damaged").unwrap();
        assert_no_head(&repo);
        fs::remove_file(&file).unwrap();
        fs::write(&file, bytes).unwrap();
    }
    assert_found(&repo, &[staged(&token, "sub/new.py")]);
}

/// What is staged may be missing or damaged itself; then it is named, and the rest is scanned.
#[test]
fn a_staged_blob_that_cannot_be_read_is_named() {
    for damage in [&b""[..], b"damaged"] {
        let repo = Repo::new();
        let token = Token::new("whole");
        repo.commit("clean.py", CLEAN);
        repo.stage("sub/broken.py", Token::new("broken").text());
        let file = repo.loose_file(&repo.id(":sub/broken.py"));
        fs::remove_file(&file).unwrap();
        if !damage.is_empty() {
            fs::write(&file, damage).unwrap();
        }
        assert_in_part(&repo, "HEAD", &scan(&repo), "git fsck", &[]);
        repo.stage("whole.py", token.text());
        let report = scan(&repo);
        assert_in_part(&repo, "HEAD", &report, "git fsck", &[staged(&token, "whole.py")]);
        assert!(report.skipped()[0].starts_with("sub/broken.py"), "{:?}", report.skipped());
    }
}

/// An object that ends too soon may have whoever reads it wait for the rest.
#[test]
fn a_file_or_folder_that_was_cut_off_is_told_soon() {
    let noise = |n: u64| expand("<<[0-9A-Za-z]{4000}>>", n).unwrap();
    let repo = Repo::new();
    repo.commit("sub/old.py", format!("# {}\n", noise(1)));
    for n in 0..40 {
        repo.stage(&format!("sub/{}.py", &noise(n)[..60]), CLEAN);
    }
    repo.commit_staged("A long folder");
    repo.stage("sub/old.py", format!("# {}\nx = 1\n", noise(2)));
    for name in [":sub/old.py", "HEAD:sub"] {
        let file = repo.loose_file(&repo.id(name));
        let whole = fs::read(&file).unwrap();
        for cut in [whole.len() - 9, whole.len() / 2, 20] {
            fs::remove_file(&file).unwrap();
            fs::write(&file, &whole[..cut]).unwrap();
            let mut command = blurt(repo.path());
            command.timeout(Duration::from_secs(10)).args(["scan", "--staged"]);
            let report = Report::of_command(&mut command);
            assert_eq!(report.status, Some(2), "{name}, {cut} bytes: {}", report.text);
            report.assert_incomplete("git");
        }
        fs::remove_file(&file).unwrap();
        fs::write(&file, whole).unwrap();
    }
    assert_found(&repo, &[]);
}
