//! The whole walk, with the real `git filter-repo`: found, cleaned, verified.

#![allow(clippy::print_stderr)] // a test that is skipped says so

use super::asked::{Asked, ask_with, objects_with};
use crate::common::{has_filter_repo, type_in};
use crate::repo::Repo;
use crate::said;
use crate::token::Token;
use assert_cmd::Command;
use base64::prelude::{BASE64_STANDARD, Engine as _};
use blurt::rule::example::expand;
use std::fs;
use std::io::{Cursor, Write as _};

/// A rule whose secrets have the arrow of replacements in them, and a space at the end.
const PACK: &str = r#"
[[rule]]
id        = "acme-token"
name      = "Acme token"
kind      = "acme-token"
severity  = "high"
prefixes  = ["acme_"]
pattern   = '(acme_[a-z0-9]{16}==>[a-z0-9]{4} )'
playbook  = "third-party-api-key"
examples  = ['<<acme_[a-z0-9]{16}==>[a-z0-9]{4} >>']
"#;

/// What is planted, and where.
struct Planted {
    repo: Repo,
    token: String,
    acme: String,
    key: String,
    word: String,
}

impl Planted {
    fn new() -> Self {
        Self {
            repo: Repo::new(),
            token: Token::new("walk").value,
            acme: expand("<<acme_[a-z0-9]{16}==>[a-z0-9]{4} >>", 3).unwrap(),
            key: expand("<<@rsa-private-key>>", 5).unwrap(),
            word: ["mon", "key"].concat(),
        }
    }

    fn values(&self) -> [&str; 3] {
        [&self.token, &self.acme, &self.key]
    }

    /// Several commits with all forms of the secrets, and one without any.
    fn plant(&self) {
        let Self { repo, token, acme, key, word } = self;
        fs::write(repo.parent().join("acme.toml"), PACK).unwrap();
        let readme = format!("The {word} of the logo. See {word}patch.\n");
        repo.commit("README", readme);
        let url = format!("DATABASE_URL=postgres://app:{word}@db.acme-corp.io/app\n");
        repo.commit("app.env", url);
        repo.commit("a.py", format!("t = \"{token}\"\nu = \"{acme}\"\n"));
        repo.commit("key.pem", format!("{key}\n"));
        repo.commit("crlf.pem", format!("{key}\n").replace('\n', "\r\n"));
        repo.commit("key.yaml", format!("key: |\n  {}\n", key.replace('\n', "\n  ")));
        repo.commit("key.json", serde_json::json!({ "key": key }).to_string());
        repo.commit("key.b64", BASE64_STANDARD.encode(format!("my key:\n{key}\n")));
        repo.commit("bare.txt", format!("{token}\n"));
        repo.commit(
            "base64.txt",
            format!("data: {}\n", BASE64_STANDARD.encode(format!("u:{token}"))),
        );
        let utf16: Vec<u8> = format!("\u{feff}t = \"{token}\"\r\n")
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        repo.commit("utf16.txt", utf16);
        repo.commit("a.zip", zipped(&format!("t = \"{token}\"\n")));
        repo.git(&["tag", "-a", "-m", &format!("with {token}"), "v1"]);
        repo.git(&["notes", "add", "-m", &format!("t = \"{token}\"")]);
        repo.write("a.py", format!("# mine\nt = \"{token}\"\n"));
        repo.git(&["stash", "-q"]);
        repo.git(&[
            "rm", "-q", "a.py", "key.pem", "crlf.pem", "key.yaml", "key.json", "bare.txt",
            "key.b64",
        ]);
        repo.git(&["rm", "-q", "base64.txt", "utf16.txt", "a.zip", "app.env"]);
        repo.commit_staged(&format!("Without {token}"));
    }

    fn report(&self) {
        let mut command = crate::common::blurt(self.repo.path());
        command.args(["scan", "--history", "-q", "--min-confidence", "low"]);
        said(command.args(["--rules", "../acme.toml", "-o", "../report.json"]));
    }

    fn ask(&self) -> Asked {
        ask_with(&self.repo, &self.values(), |command| {
            command.args(["--rules", "../acme.toml"]);
        })
    }
}

fn zipped(text: &str) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("inner/a.py", zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(text.as_bytes()).unwrap();
    zip.finish().unwrap().into_inner()
}

#[test]
fn found_cleaned_verified() {
    let planted = Planted::new();
    planted.plant();
    planted.report();
    let repo = &planted.repo;
    let asked = planted.ask();
    assert_eq!(asked.status, Some(1), "{asked:?}");
    let files = asked.names("history-file");
    for file in
        ["a.py", "key.pem", "crlf.pem", "key.yaml", "key.json", "bare.txt", "base64.txt", "key.b64"]
    {
        assert!(files.iter().any(|name| name == file), "{file}: {files:?}");
    }
    for file in ["utf16.txt", "a.zip", "app.env"] {
        assert!(files.iter().any(|name| name == file), "{file}: {files:?}");
    }
    assert!(!files.iter().any(|name| name == "README"), "{files:?}");
    for holder in ["branch", "tag", "stash", "notes", "message", "reflog"] {
        assert!(asked.holders().contains(&holder), "{holder}: {:?}", asked.holders());
    }
    assert!(asked.text.contains("ordinary word"), "{}", asked.text);
    let filter = asked.commands().into_iter().find(|c| c.contains("filter-repo")).unwrap();
    assert!(filter.contains("--strip-blobs-with-ids"), "{filter}");
    if !has_filter_repo() {
        eprintln!("skipped from here on: git-filter-repo is not installed");
        return;
    }
    fs::remove_file(repo.path().join(".git/COMMIT_EDITMSG")).unwrap();
    let _ = fs::remove_file(repo.path().join(".git/NOTES_EDITMSG"));
    for command in asked.commands() {
        type_in(repo.path(), &command);
    }
    for value in planted.values().iter().flat_map(|value| value.lines()) {
        let is_secret = !value.contains("-----");
        assert!(!is_secret || objects_with(repo, value).is_empty(), "a value is left");
    }
    let asked = planted.ask();
    assert_eq!((asked.status, asked.holders()), (Some(0), vec![]), "{asked:?}");
    let readme = repo.ask(&["show", "main:README"]);
    assert!(readme.contains(&planted.word) && readme.contains("patch"), "{readme}");
    assert!(repo.ask(&["log", "-1", "--format=%s", "main"]).contains("***REMOVED***"));
    let removed = repo.ask(&["show", "main^{/Edit app.env}:app.env"]);
    assert_eq!(removed, "DATABASE_URL=postgres://app:***REMOVED***@db.acme-corp.io/app");
    assert_eq!(repo.ask(&["show", "main^{/Edit key.yaml}:key.yaml"]), "key: |\n  ***REMOVED***");
    assert!(repo.ask(&["show", "main^{/Edit base64.txt}:base64.txt"]).contains("***REMOVED***"));
    assert!(repo.ask(&["stash", "list"]).contains("stash@{0}"));
}

#[cfg(unix)]
#[test]
fn nobody_else_may_read_the_replacements() {
    use std::os::unix::fs::PermissionsExt;
    let planted = Planted::new();
    planted.plant();
    planted.report();
    let blurt = env!("CARGO_BIN_EXE_blurt");
    let mut shell = Command::new("sh");
    let command = "umask 000; \"$0\" verify ../report.json --rules ../acme.toml";
    shell.args(["-c", command, blurt]).current_dir(planted.repo.path());
    assert_eq!(said(&mut shell).status, Some(1));
    let folder = planted.repo.path().join(".git/blurt");
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    let files: Vec<_> = fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()).collect();
    assert_eq!(files.len(), 2, "{files:?}");
    for file in &files {
        assert_eq!(mode(file), 0o600, "{file:?}");
    }
    let text = fs::read_to_string(folder.join("replace.txt")).unwrap();
    let longest_first: Vec<&str> = text.lines().collect();
    assert!(longest_first.iter().any(|line| line.contains(&planted.acme)), "the arrow is kept");
    let again = planted.ask();
    assert_eq!(again.status, Some(1));
    assert_eq!(fs::read_to_string(folder.join("replace.txt")).unwrap(), text, "the same again");
}
