//! Walks compared with what git says, and over what git would never write.

use super::*;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use gix_hash::{Kind as HashKind, ObjectId};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::TempDir;

const KINDS: [Kind; 4] = [Kind::Blob, Kind::Tree, Kind::Commit, Kind::Tag];

/// The standard output of a git command that is given `input`.
fn git_with(dir: &Path, arguments: &[&str], input: &str) -> String {
    let mut git = Command::new("git");
    git.arg("-C").arg(dir).args(["-c", "gc.auto=0", "-c", "maintenance.auto=false"]);
    git.args(["-c", "init.defaultBranch=main"]).args(arguments);
    git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    for who in ["AUTHOR", "COMMITTER"] {
        git.env(format!("GIT_{who}_NAME"), "A").env(format!("GIT_{who}_EMAIL"), "a@example.com");
    }
    git.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = git.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "git {arguments:?}: {complaint}");
    String::from_utf8(output.stdout).unwrap()
}

fn git(dir: &Path, arguments: &[&str]) -> String {
    git_with(dir, arguments, "")
}

/// Adds commits that change lines of a long file each, so that there are chains of deltas.
fn commits(dir: &Path, versions: std::ops::Range<u32>) {
    for version in versions {
        let line = |n: u32| {
            let changed = if n % 40 == version % 40 { version } else { 0 };
            format!("line {n} of many, {}\n", (n + changed).wrapping_mul(2_654_435_761))
        };
        let text: String = (0..400).map(line).collect();
        fs::write(dir.join("long.txt"), text).unwrap();
        fs::write(dir.join(format!("file-{}", version % 7)), version.to_string()).unwrap();
        git(dir, &["add", "."]);
        git(dir, &["commit", "-qm", &format!("version {version}")]);
    }
}

/// A repository with a pack of long chains.
fn repository() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    git(dir.path(), &["init", "-q"]);
    commits(dir.path(), 0..60);
    fs::write(dir.path().join("empty"), "").unwrap();
    git(dir.path(), &["add", "."]);
    git(dir.path(), &["commit", "-qm", "empty"]);
    git(dir.path(), &["tag", "-am", "a tag", "v1"]);
    git(dir.path(), &["repack", "-qadf", "--depth=50", "--window=50"]);
    dir
}

/// What was seen of each object.
#[derive(Default)]
struct Seen {
    hashes: Vec<(ObjectNumber, (ObjectId, usize))>,
    deltas: usize,
    streams: usize,
    /// With the number of descendants.
    unreadable: Vec<(ObjectNumber, String, usize)>,
}

struct Collect(Kind, Seen);

fn hash(kind: Kind, bytes: &[u8]) -> ObjectId {
    let mut hasher = gix_hash::hasher(HashKind::Sha1);
    let kind = format!("{kind:?}").to_lowercase();
    hasher.update(format!("{kind} {}\0", bytes.len()).as_bytes());
    hasher.update(bytes);
    hasher.try_finalize().unwrap()
}

impl Visitor for Collect {
    type State = ObjectId;

    fn whole(&mut self, object: ObjectNumber, bytes: &[u8]) -> ObjectId {
        let id = hash(self.0, bytes);
        self.1.hashes.push((object, (id, bytes.len())));
        id
    }

    fn delta(
        &mut self,
        object: ObjectNumber,
        bytes: &[u8],
        base: &Based<'_, ObjectId>,
    ) -> ObjectId {
        assert_eq!(*base.state, hash(self.0, base.bytes), "the state is that of the base");
        for copy in base.copies {
            let kept = &base.bytes[copy.base..copy.base + copy.len];
            assert_eq!(&bytes[copy.at..copy.at + copy.len], kept);
        }
        self.1.deltas += 1;
        self.whole(object, bytes)
    }

    fn stream(&mut self, object: ObjectNumber, size: u64, reader: &mut dyn Read) -> io::Result<()> {
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes)?;
        assert_eq!(bytes.len() as u64, size);
        self.1.streams += 1;
        self.whole(object, &bytes);
        Ok(())
    }

    fn unreadable(&mut self, object: ObjectNumber, why: &ObjectError, descendants: usize) {
        self.1.unreadable.push((object, why.to_string(), descendants));
    }
}

/// Walks over all kinds.
fn walk(store: &Store, threads: usize) -> Seen {
    let mut all = Seen::default();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    for kind in KINDS {
        let workers = pool.install(|| store.walk(kind, || Collect(kind, Seen::default())));
        assert_eq!(workers.len(), threads);
        for Collect(_, mut seen) in workers {
            assert!(seen.hashes.iter().all(|&(object, _)| store.kind(object) == kind));
            all.hashes.append(&mut seen.hashes);
            all.unreadable.append(&mut seen.unreadable);
            all.deltas += seen.deltas;
            all.streams += seen.streams;
        }
    }
    all
}

fn open(dir: &Path) -> Store {
    let git_dir = dir.join(".git");
    Store::open(if git_dir.exists() { &git_dir } else { dir })
}

/// Compares a walk and random access with git; gives what the walk has seen.
fn compare(dir: &Path) -> Seen {
    let store = open(dir);
    assert_eq!(store.skipped, []);
    let listed = git(dir, &["cat-file", "--batch-all-objects", "--batch-check"]);
    let mut expected = BTreeMap::new();
    for line in listed.lines() {
        let [id, kind, size] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let id = ObjectId::from_hex(id.as_bytes()).unwrap();
        let object = store.find(&id).unwrap();
        assert_eq!(store.id(object), id);
        assert!(!store.is_duplicate(object));
        assert_eq!(format!("{:?}", store.kind(object)).to_lowercase(), kind);
        let (kind, bytes) = store.read(object).unwrap();
        assert_eq!(hash(kind, &bytes), id);
        expected.insert(id, size.parse().unwrap());
    }
    let unknown = ObjectId::from_hex(&[b'1'; 40]).unwrap();
    assert_eq!(store.find(&unknown), None);
    let mut seen = Seen::default();
    for threads in [1, 4] {
        seen = walk(&store, threads);
        assert_eq!(seen.unreadable, []);
        for (object, hash) in &seen.hashes {
            assert_eq!(hash.0, store.id(*object));
        }
        let found: BTreeMap<_, _> = seen.hashes.iter().map(|(_, hash)| *hash).collect();
        assert_eq!(found, expected);
        let numbers: BTreeSet<_> = seen.hashes.iter().map(|(object, _)| object).collect();
        assert_eq!(numbers.len(), seen.hashes.len(), "no number is visited twice");
    }
    seen
}

#[test]
fn long_chains() {
    let dir = repository();
    let seen = compare(dir.path());
    assert!(seen.deltas >= 50, "{}", seen.deltas);
    let objects = git(dir.path(), &["count-objects", "-v"]);
    assert!(objects.contains(&format!("in-pack: {}\n", seen.hashes.len())), "each is seen once");
}

#[test]
fn several_packs_loose_objects_and_alternates() {
    let dir = repository();
    commits(dir.path(), 60..80);
    git(dir.path(), &["repack", "-qd"]);
    commits(dir.path(), 80..85);
    compare(dir.path());
    let borrower = tempfile::tempdir().unwrap();
    let from = dir.path().to_str().unwrap();
    git(borrower.path(), &["clone", "-qs", from, "b"]);
    let borrower = borrower.path().join("b");
    commits(&borrower, 90..95);
    let borrowed = compare(&borrower).hashes.len();
    // A pack that repeats what is borrowed, with other deltas: little is seen twice.
    git(&borrower, &["repack", "-qadf"]);
    let repeated = compare(&borrower).hashes.len();
    assert!(repeated >= borrowed && repeated < borrowed + borrowed / 3, "{borrowed} {repeated}");
}

#[test]
fn deltas_by_id() {
    let dir = repository();
    let bare = tempfile::tempdir().unwrap();
    git(bare.path(), &["init", "-q", "--bare"]);
    let objects = git(dir.path(), &["rev-list", "--objects", "--all"]);
    let target = bare.path().join("objects/pack/pack");
    let arguments = ["pack-objects", "-q", target.to_str().unwrap()];
    git_with(dir.path(), &arguments, &objects);
    assert!(compare(bare.path()).deltas >= 50);
}

#[test]
fn large_objects_are_streamed() {
    let dir = tempfile::tempdir().unwrap();
    git(dir.path(), &["init", "-q"]);
    fs::write(dir.path().join("large"), vec![b'x'; STREAMED as usize + 1]).unwrap();
    git(dir.path(), &["add", "."]);
    assert_eq!(compare(dir.path()).streams, 1, "from a loose file");
    git(dir.path(), &["commit", "-qm", "large"]);
    git(dir.path(), &["repack", "-qad"]);
    git(dir.path(), &["prune-packed"]);
    assert_eq!(compare(dir.path()).streams, 1, "from a pack");
}

/// The only pack of a repository.
fn only_pack(dir: &Path) -> std::path::PathBuf {
    let files = fs::read_dir(dir.join(".git/objects/pack")).unwrap();
    let mut packs = files.map(|file| file.unwrap().path());
    packs.find(|path| path.extension().is_some_and(|kind| kind == "pack")).unwrap()
}

/// Changes bytes of a file that may be read only.
fn change(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    fs::remove_file(path).unwrap();
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_damaged_entry_costs_only_what_is_made_from_it() {
    let dir = repository();
    let pack = only_pack(dir.path());
    let listed = git(dir.path(), &["verify-pack", "-v", pack.to_str().unwrap()]);
    // Fields: id, kind, size, size in the pack, offset; then depth and base of deltas.
    let entries: Vec<Vec<&str>> =
        listed.lines().map(|line| line.split_whitespace().collect()).collect();
    let deep = entries.iter().find(|entry| entry.get(5) == Some(&"20")).unwrap();
    let mut lost = BTreeSet::from([deep[0]]);
    for _ in 0..60 {
        let more = entries.iter().filter(|entry| entry.len() == 7 && lost.contains(entry[6]));
        lost.extend(more.map(|entry| entry[0]).collect::<Vec<_>>());
    }
    let (length, offset): (usize, usize) = (deep[3].parse().unwrap(), deep[4].parse().unwrap());
    change(&pack, |bytes| bytes[offset + length / 2] ^= 0x55);
    let store = open(dir.path());
    for threads in [1, 4] {
        let seen = walk(&store, threads);
        let [(object, why, descendants)] = &seen.unreadable[..] else {
            panic!("{:?}", seen.unreadable)
        };
        assert_eq!(store.id(*object).to_string(), deep[0], "{why}");
        assert_eq!(descendants + 1, lost.len());
        assert_eq!(seen.hashes.len() + lost.len(), store.len() as usize);
        assert!(store.read(*object).is_err());
    }
}

#[test]
fn what_cannot_be_opened_is_told() {
    let dir = repository();
    let pack = only_pack(dir.path());
    let folder = pack.parent().unwrap();
    let index = pack.with_extension("idx");
    fs::copy(&pack, folder.join("pack-1.pack")).unwrap();
    fs::copy(&index, folder.join("pack-2.idx")).unwrap();
    fs::copy(&pack, folder.join("pack-3.pack")).unwrap();
    fs::write(folder.join("pack-3.idx"), "rubbish").unwrap();
    fs::copy(&index, folder.join("pack-4.idx")).unwrap();
    fs::copy(&pack, folder.join("pack-4.pack")).unwrap();
    change(&folder.join("pack-4.pack"), |bytes| bytes.truncate(1000));
    fs::write(folder.join("tmp_pack_x"), "").unwrap();
    let loose = dir.path().join(".git/objects/ab");
    fs::create_dir_all(&loose).unwrap();
    fs::write(loose.join("c".repeat(38)), "rubbish").unwrap();
    fs::write(loose.join("tmp_obj_x"), "").unwrap();
    let store = open(dir.path());
    let mut skipped = store.skipped.clone();
    skipped.sort();
    let ends = ["cccc", "pack-1.pack", "pack-2.idx", "pack-3.pack", "pack-4.pack"];
    assert_eq!(skipped.len(), ends.len(), "{skipped:#?}");
    for (skip, end) in skipped.iter().zip(ends) {
        assert!(skip.path.ends_with(end), "{skip:?}");
        let command = if end == "pack-1.pack" { "git index-pack" } else { "git fsck --full" };
        assert!(skip.mend.as_ref().unwrap().contains(command), "{skip:?}");
    }
    assert_eq!(walk(&store, 1).unreadable, []);
    assert_eq!(Store::open(&dir.path().join("none")).skipped.len(), 1);
}

/// An entry of a pack: its kind as in its header, the base of a delta, and the data.
struct Entry<'a> {
    kind: u8,
    base: &'a [u8],
    data: &'a [u8],
}

/// Writes a pack whose objects have the ids 00.., 01.. and so on.
fn write_pack(dir: &Path, entries: &[Entry<'_>]) {
    let count = entries.len() as u32;
    let mut pack = [b"PACK\0\0\0\x02".as_slice(), &count.to_be_bytes()].concat();
    let mut offsets = Vec::new();
    for entry in entries {
        assert!(entry.data.len() < 16);
        offsets.push(pack.len() as u32);
        pack.push(entry.kind << 4 | entry.data.len() as u8);
        pack.extend(entry.base);
        let mut zlib = ZlibEncoder::new(&mut pack, Compression::fast());
        zlib.write_all(entry.data).unwrap();
        zlib.finish().unwrap();
    }
    pack.extend([0; 20]);
    let mut index = b"\xfftOc\0\0\0\x02".to_vec();
    index.extend((0..256).flat_map(|byte| count.min(byte + 1).to_be_bytes()));
    index.extend((0..count).flat_map(|n| [n as u8; 20]));
    index.extend(vec![0; entries.len() * 4]);
    index.extend(offsets.iter().flat_map(|offset| offset.to_be_bytes()));
    index.extend([0; 40]);
    let folder = dir.join("objects/pack");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("pack-0.pack"), pack).unwrap();
    fs::write(folder.join("pack-0.idx"), index).unwrap();
}

#[test]
fn circles_and_missing_later_and_foreign_bases() {
    const BY_ID: u8 = 7;
    let id = |n: u8| [n; 20];
    let keep = b"\x04\x05\x90\x04\x01!";
    let dir = tempfile::tempdir().unwrap();
    let foreign = hash(Kind::Blob, b"base");
    let hex = foreign.to_string();
    let loose = dir.path().join("objects").join(&hex[..2]);
    fs::create_dir_all(&loose).unwrap();
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
    zlib.write_all(b"blob 4\0base").unwrap();
    fs::write(loose.join(&hex[2..]), zlib.finish().unwrap()).unwrap();
    write_pack(
        dir.path(),
        &[
            // 0 is made from 1, which comes later; 2 and 3 from each other; 4 from 3; 5 from
            // itself; 6 from nothing; 7 from 6; 8 from nothing either, by place; 9 has no kind; 10
            // is made from a loose object.
            Entry { kind: BY_ID, base: &id(1), data: keep },
            Entry { kind: 3, base: &[], data: b"base" },
            Entry { kind: BY_ID, base: &id(3), data: keep },
            Entry { kind: BY_ID, base: &id(2), data: keep },
            Entry { kind: BY_ID, base: &id(3), data: keep },
            Entry { kind: BY_ID, base: &id(5), data: keep },
            Entry { kind: BY_ID, base: &id(99), data: keep },
            Entry { kind: BY_ID, base: &id(6), data: keep },
            Entry { kind: 6, base: &[3], data: keep },
            Entry { kind: 5, base: &[], data: b"what" },
            Entry { kind: BY_ID, base: foreign.as_slice(), data: keep },
        ],
    );
    let store = open(dir.path());
    assert_eq!(store.skipped, []);
    for threads in [1, 4] {
        let mut seen = walk(&store, threads);
        seen.hashes.sort();
        let base = (hash(Kind::Blob, b"base"), 4);
        let made = (hash(Kind::Blob, b"base!"), 5);
        let expected = [(0, made), (1, base), (10, made), (11, base)];
        let expected = expected.map(|(number, hash)| (ObjectNumber(number), hash));
        assert_eq!(seen.hashes, expected);
        let mut told: Vec<_> = seen.unreadable;
        told.sort();
        let told: Vec<_> = told.iter().map(|(object, _, below)| (object.0, *below)).collect();
        assert_eq!(told, [(2, 0), (3, 1), (5, 0), (6, 1), (8, 0), (9, 0)]);
    }
    for n in 2..10 {
        assert!(store.read(ObjectNumber(n)).is_err(), "{n}");
        assert_eq!(store.kind(ObjectNumber(n)), Kind::Blob);
    }
}
