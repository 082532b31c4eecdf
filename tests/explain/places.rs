//! How places are named, and what is said of those that are not there.

use super::{Folder, blurt, position, said, token, value};
use std::io::Write as _;
use std::process::Stdio;
use zip::write::SimpleFileOptions;

#[test]
fn a_name_may_hold_colons_and_digits() {
    let text = format!("a\nt = \"{}\"\n", token(1));
    let folder = Folder::new().with("a:1", &text).with("a:1:2", "nothing\n").with("b.txt", &text);
    for (place, line, column) in [
        ("a:1", None, None),
        ("a:1:2", None, None),
        ("a:1:2:1", Some(1), None),
        ("b.txt:2", Some(2), None),
        ("b.txt:2:6", Some(2), Some(6)),
    ] {
        let said = folder.json(&[place]);
        assert_eq!((said["line"].as_u64(), said["column"].as_u64()), (line, column), "{place}");
    }
}

#[test]
fn what_is_not_there_is_2() {
    let folder = Folder::new().with("a.txt", "one\ntwo\n");
    for (place, says) in [
        ("b.txt:3", "b.txt: there is no such file"),
        ("a.txt:3", "a.txt: has 2 lines, and no line 3"),
        ("a.txt:2:9", "a.txt: line 2 has 3 columns, and no column 9"),
        ("a.txt!/b:1", "a.txt: holds no b; it is no container"),
    ] {
        let said = folder.explain(&[place]);
        assert_eq!((said.status, said.out.as_str()), (Some(2), ""), "{place}");
        assert!(said.err.contains(says), "{}", said.err);
    }
}

#[test]
fn a_column_chooses_among_values() {
    let (one, two) = (token(2), value("AKIA[A-Z2-7]{16}", 2));
    let text = format!("ä = [\"{one}\", \"{two}\"]\n");
    let folder = Folder::new().with("a.py", &text);
    let rules = |place: &str| -> Vec<String> {
        let said = folder.json(&[place]);
        let verdicts = said["texts"][0]["verdicts"].as_array().unwrap();
        verdicts.iter().map(|v| v["rule"].as_str().unwrap().to_owned()).collect()
    };
    let all = ["github-personal-access-token", "aws-access-key-id"];
    assert_eq!(rules("a.py:1"), all);
    for (value, rule) in [(&one, all[0]), (&two, all[1])] {
        let (line, column) = position(&text, value);
        for column in [column, column + value.len() as u64 - 1] {
            assert_eq!(rules(&format!("a.py:{line}:{column}")), [rule]);
        }
    }
}

#[test]
fn a_member_of_an_archive_is_named_as_in_reports() {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in [("etc/a.env", format!("\nt = {}\n", token(3))), ("b.txt", "x\n".into())] {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    let folder = Folder::new().with("a.zip", zip.finish().unwrap().into_inner());
    let said = folder.explain(&["a.zip!/etc/a.env:2"]);
    assert!(said.out.contains("a.zip!/etc/a.env:2\n"), "{}", said.out);
    assert!(said.out.contains("\n2:5 reported as `github-personal-access-token`"), "{}", said.out);
    let said = folder.explain(&["a.zip"]);
    assert!(said.out.contains("a.zip!/etc/a.env: 1 reported, 0 not"), "{}", said.out);
    for (place, says) in [
        (
            "a.zip:2",
            "is a container: name the member, as in a.zip!/MEMBER:LINE; it holds etc/a.env, b.txt",
        ),
        ("a.zip!/c:1", "holds no c; it holds etc/a.env, b.txt"),
    ] {
        let said = folder.explain(&[place]);
        assert_eq!(said.status, Some(2));
        assert!(said.err.contains(says), "{}", said.err);
    }
}

#[test]
fn an_encoding_is_told() {
    let text = format!("\u{feff}a = 1\nt = \"{}\"\n", token(4));
    let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let said = Folder::new().with("a.txt", bytes).explain(&["a.txt:2"]);
    assert!(said.out.contains("read as utf-16le"), "{}", said.out);
    assert!(said.out.contains("\n2:6 reported as"), "{}", said.out);
}

#[test]
fn a_line_far_down_a_large_file_is_explained() {
    let filler = "some words that are of no interest\n".repeat(90_000);
    let text = format!("{filler}t = \"{}\"\n{filler}", token(5));
    let folder = Folder::new().with("large.txt", &text);
    let (line, column) = position(&text, &token(5));
    let said = folder.json(&[&format!("large.txt:{line}")]);
    let found = &said["texts"][0]["matches"][0];
    assert_eq!((found["line"].as_u64(), found["column"].as_u64()), (Some(line), Some(column)));
    assert_eq!(found["status"], "reported");
}

#[test]
fn a_line_that_is_a_whole_program_fits_a_screen() {
    let items: Vec<String> = (0..3_000).map(|n| format!("\"item{n:08}\"")).collect();
    let text = format!("var a=[{}];apiKey=\"{}\"\n", items.join(","), value("[0-9a-f]{32}", 9));
    let folder = Folder::new().with("a.js", &text);
    let said = folder.explain(&["a.js:1"]);
    assert!(said.out.lines().count() < 70, "{}", said.out);
    let (line, column) = position(&text, &value("[0-9a-f]{32}", 9));
    let says = format!("\n{line}:{column} reported as `generic-secret`");
    assert!(said.out.contains(&says) && said.out.contains("more triggers"), "{}", said.out);
    let said = folder.explain(&[&format!("a.js:1:{column}")]);
    assert!(said.out.contains(&says) && !said.out.contains("more triggers"), "{}", said.out);
}

#[test]
fn standard_input_has_a_name_and_a_line() {
    let folder = Folder::new();
    let mut command = std::process::Command::new(blurt(folder.path()).get_program());
    command.args(["explain", "--stdin", "--path", "x/.env:2"]).current_dir(folder.path());
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    write!(child.stdin.take().unwrap(), "a=1\nt={}\n", token(6)).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("x/.env:2\n"), "{text}");
    assert!(text.contains("\n2:3 reported as `github-personal-access-token`"), "{text}");
    assert_eq!(output.status.code(), Some(0));
    let without = said(blurt(folder.path()).args(["explain", "--stdin"]));
    assert_eq!(without.status, Some(2));
}

#[test]
fn what_stands_in_a_file_moves_no_cursor() {
    let text = format!("\u{1b}[2J t\u{202e} = \"{}\" \u{7}\n", token(7));
    let said = Folder::new().with("a.txt", text).explain(&["a.txt:1"]);
    assert!(!said.out.contains(['\u{1b}', '\u{202e}', '\u{7}']), "{:?}", said.out);
}

#[test]
fn a_secret_that_is_a_name_is_masked() {
    let secret = token(8);
    let folder = Folder::new().with("a.yaml", format!("{secret}: password-of-1-user-x\n"));
    for args in [&["a.yaml:1"][..], &["a.yaml:1", "-f", "json"]] {
        let said = folder.explain(args);
        assert!(!said.out.contains(&secret) && !said.out.contains(&secret[4..]), "{}", said.out);
    }
}
