//! What is not there: a base that was never fetched, a shallow clone, a partial one, damage. The report
//! says which command mends it; that command is run, and then it works.

use crate::common::blurt;
use crate::common::expected::{assert_in_part, brought};
use crate::common::repo::{Repo, assert_unchanged, state};
use crate::common::report::Report;
use crate::common::token::Token;
use crate::{CLEAN, assert_found, repository, scan};
use blurt::rule::example::expand;
use std::fs;
use std::time::Duration;

/// A repository with a secret on `topic`, which parted from `main` three commits ago.
struct Origin {
    repo: Repo,
    token: Token,
    /// The commit that brought the secret in.
    added: String,
    /// The end of `main`.
    base: String,
}

impl Origin {
    fn new() -> Self {
        let (repo, _) = repository();
        repo.git(&["config", "uploadpack.allowFilter", "true"]);
        repo.commit("main.py", CLEAN);
        repo.branch("topic", "main");
        let token = Token::new("on topic");
        let added = repo.commit("topic.py", token.text());
        repo.commit("clean.py", "t = 1\n");
        repo.commit("clean.py", "t = 2\n");
        repo.checkout("main");
        let base = repo.commit("main.py", "t = 3\n");
        Self { repo, token, added, base }
    }

    /// What there is to be found from `main` to `topic`.
    fn assert_found(&self, clone: &Repo, range: &str) {
        assert_found(clone, range, &[brought(&self.token, "topic.py", &self.added)]);
    }
}

/// Sees to it that nothing is found and that this is said, with one command; and runs that.
fn mend(repo: &Repo, range: &str) -> String {
    let report = scan(repo, range);
    assert_in_part(repo, "HEAD", &report, "", &[]);
    let [mend] = &report.mends()[..] else { panic!("{:?}", report.skipped()) };
    repo.obey(mend);
    mend.clone()
}

#[test]
fn a_base_that_a_shallow_clone_lacks_is_fetched() {
    let origin = Origin::new();
    let topic =
        |name: &str| origin.repo.cloned(name, &["--depth=1", "--single-branch", "--branch=topic"]);
    for (n, base) in
        [&*origin.base, "origin/main", "refs/remotes/origin/main", "main"].into_iter().enumerate()
    {
        let clone = topic(&format!("clone-{n}"));
        assert_eq!(clone.ask(&["rev-list", "--count", "HEAD"]), "1");
        let range = format!("{base}..HEAD");
        let mend = mend(&clone, &range);
        assert!(mend.contains("--unshallow"), "{mend}");
        origin.assert_found(&clone, &range);
    }
}

/// `fetch-depth: 1` with the base named by its place.
#[test]
fn a_base_behind_the_end_of_a_shallow_clone_is_fetched() {
    let origin = Origin::new();
    let clone = origin.repo.cloned("clone", &["--depth=2", "--branch=topic"]);
    let range = "HEAD~3..HEAD";
    let report = scan(&clone, range);
    assert_in_part(&clone, "HEAD", &report, "git fetch --unshallow", &[]);
    clone.obey("git fetch --unshallow");
    origin.assert_found(&clone, range);
}

#[test]
fn a_base_that_a_full_clone_lacks_is_fetched() {
    let origin = Origin::new();
    for (n, base) in
        [&*origin.base, "origin/main", "refs/remotes/origin/main", "main"].into_iter().enumerate()
    {
        let name = format!("clone-{n}");
        let clone = origin.repo.cloned(&name, &["--single-branch", "--branch=topic"]);
        assert!(!clone.path().join(".git/shallow").exists());
        let range = format!("{base}..HEAD");
        mend(&clone, &range);
        origin.assert_found(&clone, &range);
    }
}

/// Without a remote there is nobody to ask.
#[test]
fn a_base_that_nobody_has_is_told() {
    let (repo, _) = repository();
    repo.commit("a.py", Token::new("not looked at").text());
    for range in ["nowhere..HEAD", "HEAD..nowhere", "nowhere...HEAD"] {
        let report = scan(&repo, range);
        assert_in_part(&repo, "HEAD", &report, "", &[]);
        assert!(report.skipped()[0].contains("nowhere"), "{:?}", report.skipped());
    }
    let unknown = format!("{}..HEAD", "1".repeat(40));
    assert_in_part(&repo, "HEAD", &scan(&repo, &unknown), "", &[]);
}

/// What lies at the end of the clone cannot be told from what was there; the rest is found.
#[test]
fn a_range_beyond_a_shallow_clone_is_told_beside_what_is_found() {
    let (repo, _) = repository();
    let recent = Token::new("recent");
    repo.branch("topic", "main");
    for n in 0..3 {
        repo.commit("clean.py", format!("t = {n}\n"));
    }
    let clean = repo.cloned("clean", &["--depth=2", "--no-single-branch", "--branch=topic"]);
    let range = "origin/main..HEAD";
    assert_eq!(clean.ask(&["rev-list", "--count", range]), "2");
    let report = scan(&clean, range);
    assert_in_part(&clean, "HEAD", &report, "git fetch --unshallow", &[]);
    clean.obey("git fetch --unshallow");
    assert_found(&clean, range, &[]);
    let added = repo.commit("recent.py", recent.text());
    repo.commit("clean.py", "t = 4\n");
    let clone = repo.cloned("clone", &["--depth=3", "--no-single-branch", "--branch=topic"]);
    let found = [brought(&recent, "recent.py", &added)];
    let report = scan(&clone, range);
    assert_in_part(&clone, "HEAD", &report, "git fetch --unshallow", &found);
    assert!(report.skipped()[0].contains("shallow"), "{:?}", report.skipped());
    // What the oldest commit that is here holds and the base does not may be older; it is told.
    let last = repo.cloned("last", &["--depth=2", "--no-single-branch", "--branch=topic"]);
    let report = scan(&last, range);
    assert_in_part(&last, "HEAD", &report, "git fetch --unshallow", &found);
}

#[test]
fn a_partial_clone_lacks_files_or_folders() {
    let origin = Origin::new();
    for filter in ["--filter=blob:none", "--filter=tree:0"] {
        let name = filter.replace([':', '='], "-");
        let clone = origin.repo.cloned(&name, &[filter, "--branch=topic"]);
        // The newest version is checked out, and the one before it is not here.
        let range = "origin/main..HEAD~1";
        let before = state(&clone.path().join(".git"));
        let report = scan(&clone, range);
        assert_unchanged(&clone.path().join(".git"), &before);
        report.assert_incomplete("git fetch --refetch");
        assert!(matches!(report.status, Some(1 | 2)), "{filter}: {:?}", report.status);
        assert!(report.skipped()[0].contains("partial clone"), "{:?}", report.skipped());
        let [mend] = &report.mends()[..] else { panic!("{:?}", report.mends()) };
        clone.obey(mend);
        origin.assert_found(&clone, range);
    }
}

#[test]
fn a_partial_clone_in_which_nothing_is_found_is_2() {
    let origin = Origin::new();
    let clone = origin.repo.cloned("clone", &["--filter=blob:none", "--no-checkout"]);
    let report = scan(&clone, "origin/main..origin/topic");
    assert_in_part(&clone, "origin/topic", &report, "git fetch --refetch", &[]);
    assert!(report.skipped().iter().any(|skip| skip.starts_with("topic.py")));
}

/// What cannot be read is named, and the rest is scanned.
#[test]
fn a_damaged_object_is_named() {
    for (what, name) in [("HEAD~1:a.py", "a.py"), ("HEAD~1^{tree}", "commit "), ("HEAD~1", "")] {
        let (repo, _) = repository();
        let found = Token::new("whole");
        repo.commit("a.py", Token::new("damaged").text());
        repo.commit("a.py", "t = 2\n");
        let added = repo.commit("b.py", found.text());
        let object = repo.id(&what.replace("~1", "~2"));
        let file = repo.loose_file(&object);
        fs::remove_file(&file).unwrap();
        for bytes in [None, Some(&b"damaged"[..])] {
            if let Some(bytes) = bytes {
                fs::write(&file, bytes).unwrap();
            }
            let report = Report::of(repo.path(), &["scan", "--range", "base..HEAD"]);
            report.assert_incomplete("git fsck");
            let skipped = report.skipped();
            assert!(skipped.iter().any(|skip| skip.starts_with(name)), "{name}: {skipped:?}");
            // Without a commit, there is no way to those before it.
            if what == "HEAD~1" {
                assert_eq!(report.status, Some(2), "{}", report.text);
                continue;
            }
            assert_eq!(report.status, Some(1), "{}", report.text);
            let findings = report.findings();
            let place = &findings[&found.masked()].places[0];
            assert_eq!(place.commit.as_ref(), Some(&added));
        }
    }
}

/// An object that ends too soon may have whoever reads it wait for the rest.
#[test]
fn a_file_or_folder_that_was_cut_off_is_told_soon() {
    let noise = |n: u64| expand("<<[0-9A-Za-z]{4000}>>", n).unwrap();
    let (repo, _) = repository();
    for n in 0..40 {
        repo.stage(&format!("sub/{}.py", &noise(n)[..60]), CLEAN);
    }
    repo.stage("sub/long.py", format!("# {}\n", noise(1)));
    repo.commit_staged("A long file in a long folder");
    for name in ["HEAD:sub/long.py", "HEAD:sub"] {
        let file = repo.loose_file(&repo.id(name));
        let whole = fs::read(&file).unwrap();
        for cut in [whole.len() - 9, whole.len() / 2, 20] {
            fs::remove_file(&file).unwrap();
            fs::write(&file, &whole[..cut]).unwrap();
            let mut command = blurt(repo.path());
            command.timeout(Duration::from_secs(10)).args(["scan", "--range", "base..HEAD"]);
            let report = Report::of_command(&mut command);
            assert_eq!(report.status, Some(2), "{name}, {cut} bytes: {}", report.text);
            report.assert_incomplete("git");
        }
        fs::remove_file(&file).unwrap();
        fs::write(&file, whole).unwrap();
    }
    assert_found(&repo, "base..HEAD", &[]);
}
