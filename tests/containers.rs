//! Containers: secrets in archives, compressed files, PDFs and databases are found where they stand, and
//! what cannot be looked at is said.

#![allow(clippy::unwrap_used)] // a test may panic

#[path = "containers/bombs.rs"]
mod bombs;
mod common;
#[path = "containers/history.rs"]
mod history;
#[path = "containers/pack.rs"]
mod pack;

use blurt::rule::example::expand;
use common::{Said, blurt, run, said};
use pack::{deflated, gzip, pdf, sqlite, tar, zip};
use proptest::prelude::*;
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;
use zip::CompressionMethod;

/// A value that its prefix and its checksum betray.
fn token(n: u64) -> String {
    expand("<<ghp_[0-9A-Za-z]{30}|github>>", n).unwrap()
}

/// Two lines, a token in the second.
fn text(n: u64) -> Vec<u8> {
    format!("first\nt = {}\n", token(n)).into_bytes()
}

fn folder(files: &[(&str, Vec<u8>)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, content) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    folder
}

fn json(said: &Said) -> Value {
    serde_json::from_str(&said.out).unwrap_or_else(|e| panic!("{e}: {said:?}"))
}

/// Where findings stand: `path [via…] line:column`, sorted.
fn places(report: &Value) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap().iter();
    let places = findings.flat_map(|finding| finding["locations"].as_array().unwrap());
    let place = |place: &Value| {
        let via: Vec<String> = place["via"].as_array().unwrap().iter().map(step).collect();
        let path = place["path"].as_str().unwrap_or("-");
        let (line, column) = (&place["start_line"], &place["start_column"]);
        format!("{path} [{}] {line}:{column}", via.join(" > "))
    };
    let mut places: Vec<String> = places.map(place).collect();
    places.sort();
    places
}

fn step(via: &Value) -> String {
    let (kind, name) = via.as_object().unwrap().iter().next().unwrap();
    match kind.as_str() {
        "member" => name.as_str().unwrap().to_owned(),
        _ => format!("{kind} {}", name.as_str().unwrap()),
    }
}

fn scan(folder: &Path) -> Value {
    json(&run(folder, &["scan", "-f", "json"]))
}

/// What was not looked at: `path reason`.
fn skipped(report: &Value) -> Vec<String> {
    let skipped = report["coverage"]["skipped"].as_array().unwrap().iter();
    let line = |skip: &Value| {
        assert!(skip["mend"].is_string(), "{skip}");
        format!("{} {}", skip["path"].as_str().unwrap(), skip["reason"].as_str().unwrap())
    };
    skipped.map(line).collect()
}

#[test]
fn secrets_in_each_format_are_found_where_they_stand() {
    let page = format!("BT /F1 12 Tf 9 700 Td (user = bob) Tj 0 -14 Td [(t = {})] TJ ET", token(9));
    let tokens = [token(10), token(11), token(12)];
    let tokens = [&*tokens[0], &*tokens[1], &*tokens[2]];
    let longer = "folder/".repeat(40) + "c.txt";
    let folder = folder(&[
        ("a.zip", deflated("in/a.txt", &text(1))),
        ("b.bin", zip(&[("b.txt", &text(2))], CompressionMethod::Stored)),
        ("c.tar", tar(&[("./c.txt", &text(3)), (&longer, &text(4))])),
        ("d.txt.gz", [gzip(b"first\n"), gzip(&text(5)[6..])].concat()),
        ("e.TGZ", gzip(&tar(&[("e.txt", &text(6))]))),
        ("f.pdf", pdf(&[("", page.as_bytes()), ("/Type /EmbeddedFile", &text(7))])),
        ("g.sqlite", sqlite(false, tokens)),
        ("h.sqlite", sqlite(true, tokens)),
    ]);
    let report = scan(folder.path());
    let expected = [
        "a.zip [in/a.txt] 2:5".to_owned(),
        "b.bin [b.txt] 2:5".to_owned(),
        "c.tar [c.txt] 2:5".to_owned(),
        format!("c.tar [{longer}] 2:5"),
        "d.txt.gz [d.txt] 2:5".to_owned(),
        "e.TGZ [e.tar > e.txt] 2:5".to_owned(),
        "f.pdf [object 1] 3:5".to_owned(),
        "f.pdf [object 2] 2:5".to_owned(),
        "g.sqlite [kv] 3:1807".to_owned(),
        "g.sqlite [user s] 101:9".to_owned(),
        "h.sqlite [kv] 3:1807".to_owned(),
        "h.sqlite [user s] 101:9".to_owned(),
    ];
    let mut found = places(&report);
    let free: Vec<String> = found.extract_if(.., |place| place.contains("free pages")).collect();
    assert_eq!(found, expected);
    assert_eq!(free.len(), 2, "{free:?}");
    assert_eq!(report["coverage"]["files"], 8);
    assert_eq!(skipped(&report), [""; 0]);
}

#[test]
fn containers_stand_in_containers() {
    let inner = gzip(&tar(&[("d/l3.zip", &deflated("deep.txt", &text(1)))]));
    let folder = folder(&[("outer.jar", deflated("l1.war", &deflated("l2.tar.gz", &inner)))]);
    let report = scan(folder.path());
    let way = "outer.jar [l1.war > l2.tar.gz > l2.tar > d/l3.zip > deep.txt] 2:5";
    assert_eq!(places(&report), [way]);
}

#[test]
fn a_member_is_what_its_name_says() {
    // An unquoted word after a key is a value in an env file, and a name in code; a rule for `.npmrc`
    // looks at that file alone.
    let password = expand("<<[a-km-z]{5}[2-9]{4}[A-HJ-N]{6}>>", 1).unwrap();
    let line = format!("password={password}\n");
    let npm = expand("//registry.npmjs.org/:_authToken=<<[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}>>\n", 3).unwrap();
    let members: [(&str, &[u8]); 3] =
        [("x/.env", line.as_bytes()), ("x/a.rs", line.as_bytes()), (".npmrc", npm.as_bytes())];
    let folder = folder(&[("a.zip", zip(&members, CompressionMethod::Deflated))]);
    let found = places(&scan(folder.path()));
    assert_eq!(found, ["a.zip [.npmrc] 1:34", "a.zip [x/.env] 1:10"]);
}

#[test]
fn what_begins_like_a_container_and_is_none_is_a_text() {
    let of = |head: &[u8]| [head, b"\n", &text(1)[..]].concat();
    let folder = folder(&[
        ("a.zip", of(b"PK\x03\x04 is how a zip begins")),
        ("b.pdf", of(b"%PDF-1.4 is how a PDF begins")),
        ("c.db", of(b"SQLite format 3\0 is how a database begins")),
        ("d.gz", of(b"\x1f\x8b is how a gzip begins")),
        ("e.tar", of(&[&[b'x'; 257][..], b"ustar", &[b'x'; 300]].concat())),
    ]);
    let report = scan(folder.path());
    let names = ["a.zip", "b.pdf", "c.db", "d.gz", "e.tar"];
    assert_eq!(places(&report), names.map(|name| format!("{name} [] 3:5")));
    assert_eq!(skipped(&report), [""; 0]);
}

#[test]
fn what_cannot_be_looked_at_is_said_and_the_rest_is_found() {
    let mut encrypted = deflated("a/key.txt", &text(1));
    set_flag(&mut encrypted, 1);
    let mut unknown = deflated("b.txt", &text(1));
    set_method(&mut unknown, 14);
    let plain = tar(&[("c.txt", &text(2)), ("d.txt", &[b'x'; 5000])]);
    let long: Vec<u8> =
        (0..40_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    let packed = gzip(&[text(3), long].concat());
    let locked = pdf(&[("", b"BT (x) Tj ET")]);
    let at = locked.windows(7).position(|word| word == b"trailer").unwrap();
    let locked = [&locked[..at], b"trailer <</Encrypt 5 0 R>>\n"].concat();
    let folder = folder(&[
        ("a.zip", encrypted),
        ("b.zip", unknown),
        ("c.tar", plain[..2000].to_vec()),
        ("d.gz", packed[..packed.len() - 1000].to_vec()),
        ("e.zip", deflated("x", &text(4))[..60].to_vec()),
        ("f.pdf", locked),
        ("g.gz", [gzip(&text(5)), b"more".to_vec()].concat()),
    ]);
    let said = run(folder.path(), &["scan", "-f", "json"]);
    let report = json(&said);
    let expected = [
        "a.zip holds a/key.txt, which is encrypted",
        "b.zip holds b.txt, which is compressed in a way that blurt does not read (zip method 14)",
        "c.tar holds d.txt, which is cut off",
        "d.gz holds d, which is cut off",
        "e.zip is cut off",
        "f.pdf is encrypted",
        "g.gz holds g, which has bytes behind its end that are no part of it",
    ];
    assert_eq!(skipped(&report)[..2], expected[..2]);
    assert!(skipped(&report)[2].starts_with("c.tar "));
    assert!(skipped(&report)[2].contains("is cut off"), "{:?}", skipped(&report)[2]);
    assert_eq!(skipped(&report)[3..], expected[3..]);
    assert_eq!(places(&report), ["c.tar [c.txt] 2:5", "d.gz [d] 2:5", "g.gz [g] 2:5"]);
    assert_eq!(said.status, Some(1));
    let only = run(folder.path(), &["scan", "a.zip"]);
    assert_eq!(only.status, Some(2), "{only:?}");
    let left_out = run(folder.path(), &["scan", "--exclude", "[a-g].*"]);
    assert_eq!(left_out.status, Some(0), "{left_out:?}");
}

/// Sets bits of the flags of a zip's only member, in the directory.
fn set_flag(archive: &mut [u8], flag: u8) {
    let at = archive.windows(4).rposition(|word| word == b"PK\x01\x02").unwrap();
    archive[at + 8] |= flag;
}

fn set_method(archive: &mut [u8], method: u8) {
    let at = archive.windows(4).rposition(|word| word == b"PK\x01\x02").unwrap();
    archive[at + 10] = method;
}

#[test]
fn two_members_of_one_name_are_both_looked_at() {
    let mut archive = zip(&[("a1", &text(1)), ("a2", &text(2))], CompressionMethod::Stored);
    let named: Vec<usize> =
        (0..archive.len() - 1).filter(|at| archive[*at..].starts_with(b"a2")).collect();
    for at in named {
        archive[at + 1] = b'1';
    }
    let folder = folder(&[("a.zip", archive)]);
    assert_eq!(places(&scan(folder.path())), ["a.zip [a1] 2:5", "a.zip [a1] 2:5"]);
}

#[test]
fn a_zip_behind_a_program_is_read_if_its_beginning_says_so() {
    // The offsets of an archive do not count what stands before it; here that is another archive.
    let first = deflated("one.txt", &text(1));
    let folder = folder(&[("a.zip", [first, deflated("two.txt", &text(2))].concat())]);
    assert_eq!(places(&scan(folder.path())), ["a.zip [two.txt] 2:5"]);
}

#[test]
fn names_of_members_do_no_harm() {
    let mut archive = deflated("../../\x1b[2J\u{202e}x\n", &text(1));
    for at in 0..archive.len() - 6 {
        if archive[at..].starts_with(b"../../") {
            archive[at] = 0xff;
        }
    }
    let folder = folder(&[("a.zip", archive)]);
    for format in ["text", "sarif", "markdown", "github", "gitlab"] {
        let said = run(folder.path(), &["scan", "-f", format]);
        assert_eq!(said.status, Some(1), "{said:?}");
        assert!(!said.out.contains(['\x1b', '\u{202e}']), "{format}: {}", said.out);
    }
    let text = run(folder.path(), &["scan"]).out;
    assert!(text.starts_with("a.zip!/\u{fffd}./../\\u{1b}[2J\\u{202e}x\\u{a}\n  2:5  "), "{text}");
}

#[test]
fn reports_name_the_member() {
    let folder = folder(&[("a.zip", deflated("in/b.txt", &text(1)))]);
    for (format, expected) in [
        ("text", "a.zip!/in/b.txt\n  2:5"),
        ("markdown", "a.zip!/in/b.txt:2:5"),
        ("github", "It is in a.zip!/in/b.txt, line 2."),
        ("sarif", "It stands in in/b.txt, line 2, in this file."),
        ("gitlab", "line 2, column 5 of in/b.txt"),
    ] {
        let said = run(folder.path(), &["scan", "-f", format]);
        assert!(said.out.contains(expected), "{format}: {}", said.out);
    }
    let gitlab = json(&run(folder.path(), &["scan", "-f", "gitlab"]));
    assert_eq!(gitlab["vulnerabilities"][0]["location"]["file"], "a.zip");
}

#[test]
fn a_marker_excuses_what_stands_in_its_member() {
    let marked = format!("t = {}  # blurt:allow * -- a test\n", token(1));
    let plain = format!("t = {}\n", token(2));
    let members: [(&str, &[u8]); 2] = [("a.txt", marked.as_bytes()), ("b.txt", plain.as_bytes())];
    let folder = folder(&[("a.zip", zip(&members, CompressionMethod::Deflated))]);
    let report = scan(folder.path());
    assert_eq!((&report["summary"]["new"], &report["summary"]["ignored"]), (&1.into(), &1.into()));
}

#[test]
fn standard_input_may_be_a_container() {
    let folder = TempDir::new().unwrap();
    for (name, bytes) in [
        ("a.zip", deflated("x.txt", &text(1))),
        ("a.tgz", gzip(&tar(&[("x.txt", &text(1))]))),
        ("a.db", sqlite(false, [&token(1), &token(2), &token(3)])),
    ] {
        let mut command = blurt(folder.path());
        command.args(["scan", "--stdin", "--path", name, "-f", "json"]);
        let output = command.write_stdin(bytes).output().unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(places(&report)[0].starts_with(&format!("{name} [")), "{:?}", places(&report));
        assert_eq!(output.status.code(), Some(1));
    }
}

fn git(folder: &Path, args: &[&str]) {
    let identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"];
    let status = Command::new("git").args(identity).args(args).current_dir(folder).status();
    assert!(status.unwrap().success(), "{args:?}");
}

#[test]
fn what_is_staged_or_committed_may_be_a_container() {
    let folder = folder(&[("a.zip", deflated("old.txt", &text(1)))]);
    let path = folder.path();
    git(path, &["init", "-q"]);
    git(path, &["add", "."]);
    git(path, &["commit", "-qm", "one"]);
    let both: [(&str, &[u8]); 2] = [("old.txt", &text(1)), ("new.txt", &text(2))];
    fs::write(path.join("a.zip"), zip(&both, CompressionMethod::Deflated)).unwrap();
    git(path, &["add", "."]);
    let staged = json(&run(path, &["scan", "--staged", "-f", "json"]));
    assert_eq!((&staged["summary"]["new"], &staged["summary"]["known"]), (&1.into(), &1.into()));
    let new = &staged["findings"][0]["locations"][0];
    assert_eq!(new["via"][0]["member"], "new.txt");
    git(path, &["commit", "-qm", "two"]);
    let range = json(&run(path, &["scan", "--range", "HEAD~1..HEAD", "-f", "json"]));
    assert_eq!(range["summary"]["new"], 1);
    assert_eq!(range["findings"][0]["locations"][0]["via"][0]["member"], "new.txt");
}

/// Scans each beginning of `whole`, in steps.
fn cut_everywhere(name: &str, whole: &[u8], step: usize) {
    let folder = TempDir::new().unwrap();
    for end in (0..whole.len()).step_by(step) {
        fs::write(folder.path().join(format!("{end:06}-{name}")), &whole[..end]).unwrap();
    }
    let said = said(blurt(folder.path()).args(["scan", "-f", "json"]));
    assert!(matches!(said.status, Some(1 | 2)), "{name}: {}", said.err);
    assert!(!said.err.contains("panicked"), "{name}: {}", said.err);
}

#[test]
fn no_cut_does_harm() {
    let members: [(&str, &[u8]); 2] = [("a.txt", &text(1)), ("b.txt", &text(2))];
    cut_everywhere("a.zip", &zip(&members, CompressionMethod::Deflated), 1);
    cut_everywhere("a.tar", &tar(&members), 3);
    cut_everywhere("a.gz", &gzip(&text(1)), 1);
    cut_everywhere("a.pdf", &pdf(&[("", b"BT (t = x) Tj ET"), ("", &text(1))]), 1);
    cut_everywhere("a.db", &sqlite(false, [&token(1), &token(2), &token(3)]), 7);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..<_>::default() })]

    #[test]
    fn damaged_bytes_do_no_harm(
        seed in any::<u64>(),
        places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..40),
    ) {
        let members: [(&str, &[u8]); 2] = [("a.txt", &text(seed)), ("b.txt", &text(2))];
        let tokens = [token(1), token(2), token(3)];
        let tokens = [&*tokens[0], &*tokens[1], &*tokens[2]];
        let mut files = [
            ("a.zip", zip(&members, CompressionMethod::Deflated)),
            ("a.tar", tar(&members)),
            ("a.gz", gzip(&text(seed))),
            ("a.pdf", pdf(&[("", b"BT (t = x) Tj ET"), ("", &text(seed))])),
            ("a.db", sqlite(false, tokens)),
            ("b.db", sqlite(true, tokens)),
        ];
        for (_, bytes) in &mut files {
            for (at, byte) in &places {
                let at = at.index(bytes.len());
                // The first bytes say what it is.
                if at > 16 {
                    bytes[at] = *byte;
                }
            }
        }
        let folder = folder(&files);
        let said = run(folder.path(), &["scan", "-f", "json"]);
        prop_assert!(matches!(said.status, Some(0..=2)), "{}", said.err);
        prop_assert!(!said.err.contains("panicked"), "{}", said.err);
    }

    #[test]
    fn arbitrary_bytes_behind_a_beginning_do_no_harm(
        bytes in prop::collection::vec(any::<u8>(), 0..3000),
    ) {
        let local = [&b"PK\x03\x04\x14\0\0\0\x08\0"[..], &[0; 16], b"\x01\0\0\0"].concat();
        let end = b"PK\x05\x06\0\0\0\0\x01\0\x01\0\x2e\0\0\0\x1e\0\0\0\0\0";
        let header = &tar(&[("a", b"")])[..512];
        let database = &sqlite(false, [&token(1), &token(2), &token(3)])[..104];
        let files = [
            ("a.zip", [&local, &bytes[..], end].concat()),
            ("a.tar", [header, &bytes].concat()),
            ("a.gz", [b"\x1f\x8b\x08\0\0\0\0\0\0\x03", &bytes[..]].concat()),
            ("a.pdf", [b"%PDF-1.4 1 0 obj <</Filter/FlateDecode>> stream\n", &bytes[..]].concat()),
            ("a.db", [database, &bytes].concat()),
        ];
        let folder = folder(&files);
        let said = run(folder.path(), &["scan", "-f", "json"]);
        prop_assert!(matches!(said.status, Some(0..=2)), "{}", said.err);
        prop_assert!(!said.err.contains("panicked"), "{}", said.err);
    }
}
