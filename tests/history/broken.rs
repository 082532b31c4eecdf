//! What cannot be read is told, with the command that mends it; what can be read is scanned. A scan
//! that could not look everywhere never ends with 0.

use crate::expected::Hidden;
use crate::repo::Repo;
use crate::report::{Report, run, scan};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// Sees to it that a scan says what is missing, and finds these secrets and no others.
fn assert_incomplete(report: &Report, mend: &str, hidden: &[&Hidden]) {
    report.assert_incomplete(mend);
    let found: Vec<String> = report.findings().into_keys().collect();
    let mut expected: Vec<String> = hidden.iter().map(|hidden| hidden.masked()).collect();
    expected.sort();
    assert_eq!(found, expected, "{}", report.text);
    assert_eq!(report.status, Some(if hidden.is_empty() { 2 } else { 1 }), "{}", report.err);
}

/// A repository with a secret in its past. At its end there is another one, if it is wanted.
fn origin(recent: Option<&Hidden>) -> Repo {
    let repo = Repo::new();
    repo.commit("past.py", Hidden::new("past").text());
    repo.commit("past.py", "t = input()\n");
    repo.commit("filler.py", "print(1)\n");
    repo.commit("recent.py", recent.map_or("t = input()\n".to_owned(), Hidden::text));
    repo.git(&["config", "uploadpack.allowFilter", "true"]);
    repo
}

#[test]
fn a_shallow_clone_lacks_its_past() {
    let clean = origin(None).cloned("clone", &["--depth=2"]);
    assert_eq!(clean.ask(&["rev-list", "--count", "HEAD"]), "2");
    assert_incomplete(&scan(clean.path()), "git fetch --unshallow", &[]);
    let recent = Hidden::new("recent");
    let clone = origin(Some(&recent)).cloned("clone", &["--depth=2"]);
    let report = scan(clone.path());
    assert_incomplete(&report, "git fetch --unshallow", &[&recent]);
    let place = &report.findings()[&recent.masked()].places[0];
    assert_eq!(place.commit.as_ref(), Some(&clone.id("HEAD")));
}

#[test]
fn a_partial_clone_lacks_its_blobs() {
    let recent = Hidden::new("recent");
    for hidden in [None, Some(&recent)] {
        let origin = origin(hidden);
        let clone = origin.cloned("clone", &["--filter=blob:none"]);
        let missing = clone.ask(&["rev-list", "--objects", "--all", "--missing=print"]);
        assert!(missing.lines().any(|line| line.starts_with('?')), "{missing}");
        let before = clone.ask(&["count-objects", "-v"]);
        let report = scan(clone.path());
        assert_incomplete(&report, "git fetch --refetch", hidden.as_slice());
        assert_eq!(clone.ask(&["count-objects", "-v"]), before, "something was fetched");
    }
}

/// Texts that do not resemble each other, so that each is an entry of its own and no delta. No word
/// in them is long enough to be taken for a secret.
fn noise(seed: u32) -> String {
    let mut state = seed;
    let mut line = || {
        let letters = (0..60).map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            char::from(b'a' + (state >> 24) as u8 % 26)
        });
        letters.flat_map(|letter| [letter, ' ']).collect::<String>() + "\n"
    };
    (0..60).map(|_| line()).collect()
}

/// Three files full of noise in one commit, each with a secret at its end.
fn noisy() -> (Repo, [Hidden; 3]) {
    let repo = Repo::new();
    let hidden = ["noise 1", "noise 2", "noise 3"].map(Hidden::new);
    for (n, hidden) in (1..).zip(&hidden) {
        repo.write(&format!("{n}.txt"), noise(n) + &hidden.text());
    }
    repo.git(&["add", "."]);
    repo.git(&["commit", "-q", "-m", "Noise"]);
    let id = repo.id("HEAD");
    for n in 1..4 {
        repo.write(&format!("{n}.txt"), "quiet\n");
    }
    repo.git(&["commit", "-q", "-a", "-m", "Silence"]);
    assert_eq!(repo.id("HEAD~1"), id);
    (repo, hidden)
}

/// Turns some bits over, in a file that git has protected.
fn damage(file: &Path, at: usize) {
    let mut bytes = fs::read(file).unwrap();
    for byte in &mut bytes[at..at + 8] {
        *byte ^= 0xa5;
    }
    overwrite(file, &bytes);
}

fn overwrite(file: &Path, bytes: &[u8]) {
    fs::set_permissions(file, Permissions::from_mode(0o644)).unwrap();
    fs::write(file, bytes).unwrap();
}

/// The broken file may or may not give up its secret; the other two do.
fn assert_others_found(report: &Report, hidden: &[Hidden; 3], broken: &str) {
    assert_eq!(report.status, Some(1), "{}", report.err);
    report.assert_incomplete("");
    let told = report.skipped();
    assert!(told.iter().any(|skip| skip.contains(broken)), "{broken} is not in {told:?}");
    let found = report.findings();
    for hidden in [&hidden[0], &hidden[2]] {
        assert!(found.contains_key(&hidden.masked()), "{}: {}", hidden.name, report.text);
    }
}

#[test]
fn a_broken_object_of_a_pack_is_named() {
    let (repo, hidden) = noisy();
    repo.git(&["repack", "-adfq"]);
    let pack = repo.packs().remove(0);
    let broken = repo.id("HEAD~1:2.txt");
    let listing = repo.ask(&["verify-pack", "-v", pack.to_str().unwrap()]);
    let entry = listing.lines().find(|line| line.starts_with(&broken)).unwrap();
    let words: Vec<&str> = entry.split_whitespace().collect();
    assert_eq!(words.len(), 5, "not a delta: {entry}");
    let [length, start] = [3, 4].map(|n| words[n].parse::<usize>().unwrap());
    damage(&pack, start + length / 2);
    assert_ne!(repo.try_ask(&["cat-file", "blob", &broken]).status, Some(0));
    assert_others_found(&scan(repo.path()), &hidden, &broken);
}

#[test]
fn a_broken_loose_object_is_named() {
    let (repo, hidden) = noisy();
    let broken = repo.id("HEAD~1:2.txt");
    let file = repo.loose_file(&broken);
    damage(&file, fs::metadata(&file).unwrap().len() as usize / 2);
    assert_ne!(repo.try_ask(&["cat-file", "blob", &broken]).status, Some(0));
    assert_others_found(&scan(repo.path()), &hidden, &broken);
}

/// Half of a pack is left. What lies beside it is read.
#[test]
fn a_truncated_pack_is_told() {
    let after = Hidden::new("after the pack");
    for hidden in [None, Some(&after)] {
        let repo = Repo::new();
        repo.commit("noise.txt", noise(1));
        repo.commit("noise.txt", noise(2));
        repo.git(&["repack", "-adfq"]);
        repo.commit("after.py", hidden.map_or("t = input()\n".to_owned(), Hidden::text));
        repo.commit("after.py", "t = input()\nprint(t)\n");
        let pack = repo.packs().remove(0);
        let bytes = fs::read(&pack).unwrap();
        overwrite(&pack, &bytes[..bytes.len() / 2]);
        assert_ne!(repo.try_ask(&["fsck"]).status, Some(0));
        assert_incomplete(&scan(repo.path()), "", hidden.as_slice());
    }
}

#[test]
fn what_is_no_repository_is_told() {
    let planted = Hidden::new("no repository");
    for hidden in [None, Some(&planted)] {
        let folder = Repo::folder();
        folder.write("a.py", hidden.map_or("t = input()\n".to_owned(), Hidden::text));
        let report = scan(folder.path());
        assert_incomplete(&report, "alone", hidden.as_slice());
        let told = report.skipped().join("\n") + &report.err;
        assert!(told.contains("not a git repository"), "{told}");
    }
}

/// Objects with longer names are not understood, and that is said.
#[test]
fn a_repository_of_sha_256_is_refused() {
    let repo = Repo::folder();
    repo.git(&["init", "-q", "--object-format=sha256"]);
    repo.commit("past.py", Hidden::new("past").text());
    repo.commit("past.py", "t = input()\n");
    let said = run(repo.path(), &["scan", "--history"]);
    assert_eq!(said.status, Some(2), "{said:?}");
    let told = (said.out + &said.err).to_lowercase();
    assert!(told.contains("sha-256") || told.contains("sha256"), "{told}");
}

#[test]
fn a_submodule_that_is_not_there_is_told() {
    let planted = Hidden::new("around the submodule");
    for hidden in [None, Some(&planted)] {
        let repo = Repo::new();
        let library = repo.beside("library");
        repo.git(&["init", "-q", "../library"]);
        library.commit("library.py", Hidden::new("library").text());
        repo.commit("main.py", hidden.map_or("t = input()\n".to_owned(), Hidden::text));
        repo.git(&["submodule", "--quiet", "add", &library.url(), "sub"]);
        repo.git(&["commit", "-q", "-m", "Use the library"]);
        let clone = repo.cloned("clone", &[]);
        assert!(!clone.path().join("sub/library.py").exists());
        let report = scan(clone.path());
        assert_incomplete(&report, "git submodule update --init", hidden.as_slice());
    }
}

#[test]
fn a_repository_without_commits_is_0() {
    let report = scan(Repo::new().path());
    assert_eq!((report.status, report.count("commits")), (Some(0), 0), "{}", report.text);
    assert_eq!(report.json["coverage"]["complete"], true);
    let staged = Repo::new();
    let hidden = Hidden::new("before the first commit");
    staged.write("a.py", hidden.text());
    staged.git(&["add", "a.py"]);
    fs::remove_file(staged.path().join("a.py")).unwrap();
    let report = scan(staged.path());
    assert_eq!(report.status, Some(1));
    assert_eq!(report.findings().into_keys().collect::<Vec<_>>(), [hidden.masked()]);
}
