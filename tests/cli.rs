//! The command line: exit statuses, what is read and what is not, and what happens when something is
//! wrong.

#![allow(clippy::unwrap_used)] // a test may panic

mod common;

use blurt::rule::example::expand;
use common::{Said, blurt, run, said};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;
use tempfile::TempDir;

/// A folder of a test.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    /// A folder in which git believes to be in a repository.
    fn repository() -> Self {
        let folder = Self::new();
        let git = Command::new("git").args(["init", "-q"]).current_dir(folder.path()).status();
        assert!(git.unwrap().success());
        folder
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> &Self {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    /// Writes a file with token number `n` in it, which nothing but its prefix betrays.
    fn plant(&self, name: &str, n: u64) -> &Self {
        self.write(name, format!("t = \"{}\"\n", token(n)))
    }

    fn run(&self, args: &[&str]) -> Said {
        run(self.path(), args)
    }

    /// Where findings stand, as `path:line:column`, in order.
    fn places(&self, args: &[&str]) -> Vec<String> {
        let args = [&["scan", "-f", "json"], args].concat();
        places(&self.run(&args))
    }
}

fn token(n: u64) -> String {
    expand("<<ghp_[0-9A-Za-z]{30}|github>>", n).unwrap()
}

fn places(said: &Said) -> Vec<String> {
    let report = json(said);
    let mut places = Vec::new();
    for finding in report["findings"].as_array().unwrap() {
        for location in finding["locations"].as_array().unwrap() {
            let path = location["path"].as_str().unwrap();
            let (line, column) = (&location["start_line"], &location["start_column"]);
            places.push(format!("{path}:{line}:{column}"));
        }
    }
    places.sort();
    places
}

fn json(said: &Said) -> Value {
    serde_json::from_str(&said.out).unwrap_or_else(|e| panic!("{e}: {said:?}"))
}

#[test]
fn a_clean_folder_is_0() {
    let folder = Folder::new();
    folder.write("main.rs", "fn main() {}\n");
    for format in ["text", "json", "jsonl", "sarif"] {
        let said = folder.run(&["scan", "-f", format]);
        assert_eq!((said.status, &*said.err), (Some(0), ""), "{format}");
    }
    assert_eq!(Folder::new().run(&["scan"]).status, Some(0), "an empty folder");
}

#[test]
fn a_finding_is_1_in_every_format() {
    let folder = Folder::new();
    folder.plant("a.py", 1);
    for format in ["text", "json", "jsonl", "sarif"] {
        assert_eq!(folder.run(&["scan", "-f", format]).status, Some(1), "{format}");
        let zero = folder.run(&["scan", "-f", format, "--exit-zero"]);
        assert_eq!(zero.status, Some(0), "{format}");
        assert!(zero.out.contains("a.py"), "{format}");
    }
    let quiet = folder.run(&["scan", "-q"]);
    assert_eq!((quiet.status, &*quiet.out, &*quiet.err), (Some(1), "", ""));
}

#[test]
fn an_excused_secret_and_one_below_the_threshold_are_0() {
    let folder = Folder::new();
    folder.write("a.py", format!("t = \"{}\"  # blurt:allow * -- a test vector\n", token(1)));
    assert_eq!(folder.run(&["scan"]).status, Some(0));
    folder.plant("b.py", 2);
    assert_eq!(folder.run(&["scan", "--no-rule", "github-token"]).status, Some(0));
    assert_eq!(folder.run(&["scan", "--rule", "aws-access-key-id"]).status, Some(0));
    assert_eq!(folder.run(&["scan", "--exclude", "b.*"]).status, Some(0));
    assert_eq!(folder.run(&["scan", "--rule", "github-token"]).status, Some(1));
    folder.write("b.py", format!("token = \"{}\"\n", expand("<<@expired-jwt>>", 1).unwrap()));
    assert_eq!(folder.run(&["scan"]).status, Some(0));
    assert_eq!(folder.run(&["scan", "--min-confidence", "low"]).status, Some(1));
    assert_eq!(
        folder.run(&["scan", "--min-confidence", "low", "--min-severity", "critical"]).status,
        Some(0)
    );
}

#[test]
fn a_missing_path_is_2_and_never_hidden() {
    let folder = Folder::new();
    folder.write("main.rs", "fn main() {}\n");
    for args in [
        &["scan", "missing"][..],
        &["scan", "missing", "--exit-zero"],
        &["scan", "missing", "-q"],
        &["scan", ".", "missing", "-f", "json"],
        &["scan", ".", "missing", "-f", "sarif"],
        &["scan", ".", "missing", "-f", "jsonl"],
    ] {
        let said = folder.run(args);
        assert_eq!(said.status, Some(2), "{args:?}");
        let told = format!("{}{}", said.out, said.err);
        assert!(told.contains("missing does not exist"), "{args:?}: {told}");
    }
}

#[test]
fn a_missing_path_beside_a_finding_is_1_and_told() {
    let folder = Folder::new();
    folder.plant("a.py", 1);
    for args in [&[][..], &["-q"], &["-f", "json"], &["-f", "jsonl"], &["-f", "sarif"]] {
        let said = folder.run(&[&["scan", "a.py", "missing"], args].concat());
        assert_eq!(said.status, Some(1), "{args:?}");
        let told = format!("{}{}", said.out, said.err);
        assert!(told.contains("missing does not exist"), "{args:?}: {told}");
    }
    let said = folder.run(&["scan", "a.py", "missing", "--exit-zero"]);
    assert_eq!(said.status, Some(2), "--exit-zero never hides what was not looked at");
    let report = json(&folder.run(&["scan", "a.py", "missing", "-f", "json"]));
    assert_eq!(report["coverage"]["complete"], false);
    assert_eq!(report["coverage"]["skipped"][0]["path"], "missing");
}

/// Runs as a user who has no rights of his own, if that can be done: root may read everything.
#[cfg(unix)]
fn run_as_nobody(folder: &Path, args: &[&str]) -> Option<Said> {
    use std::os::unix::fs::PermissionsExt as _;
    let probe = folder.join("probe");
    fs::write(&probe, "").unwrap();
    fs::set_permissions(&probe, fs::Permissions::from_mode(0o000)).unwrap();
    let is_root = fs::read(&probe).is_ok();
    fs::remove_file(&probe).unwrap();
    if !is_root {
        return Some(run(folder, args));
    }
    // The binary may stand where only root can go.
    let blurt = folder.join("blurt-of-nobody");
    fs::copy(env!("CARGO_BIN_EXE_blurt"), &blurt).unwrap();
    fs::set_permissions(&blurt, fs::Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--"]).arg(&blurt);
    command.args(args).args(["--exclude", "blurt-of-nobody"]).current_dir(folder).env_clear();
    command.env("HOME", folder).env("PATH", "/usr/bin:/bin");
    let output = command.output().ok()?;
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let said =
        Said { status: output.status.code(), out: text(output.stdout), err: text(output.stderr) };
    // No setpriv that could do it.
    (said.status != Some(127) && !said.err.starts_with("setpriv")).then_some(said)
}

#[cfg(unix)]
#[test]
fn what_may_not_be_read_is_2_and_told() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new();
    folder.plant("folder/inside.py", 1).plant("file.py", 2).write("open.py", "");
    let close = |name: &str| {
        fs::set_permissions(folder.path().join(name), fs::Permissions::from_mode(0o000)).unwrap();
    };
    close("folder");
    close("file.py");
    let Some(said) = run_as_nobody(folder.path(), &["scan"]) else { return };
    fs::set_permissions(folder.path().join("folder"), fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(said.status, Some(2), "{said:?}");
    for path in ["folder", "file.py"] {
        let told = format!("not scanned: {path} may not be read (permission denied)");
        assert!(said.out.contains(&told), "{said:?}");
    }
    assert!(said.out.contains("run blurt as a user who may read"), "{said:?}");
}

#[test]
fn whoever_closes_the_pipe_has_seen_enough() {
    let folder = Folder::new();
    // More than a pipe holds, so that writing must fail.
    let tokens: Vec<String> = (0..400).map(token).collect();
    folder.write("a.py", tokens.join("\n"));
    for format in ["text", "json", "jsonl", "sarif"] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_blurt"))
            .args(["scan", "-f", format])
            .current_dir(folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{format}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{format}");
    }
}

#[test]
fn standard_input_has_the_name_it_is_given() {
    let folder = Folder::new();
    let secret = token(1);
    let text = format!("\nDB_PASSWORD=aB3!{}\ntoken={secret}\n", &token(2)[4..14]);
    let mut command = blurt(folder.path());
    command.args(["scan", "--stdin", "--path", "conf/app.env", "-f", "json"]);
    let said = said(command.write_stdin(text.clone()));
    assert_eq!(said.status, Some(1));
    assert_eq!(places(&said), ["conf/app.env:2:13", "conf/app.env:3:7"]);
    let mut command = blurt(folder.path());
    let said = common::said(command.args(["scan", "--stdin", "-f", "json"]).write_stdin(text));
    assert!(places(&said).contains(&"stdin:3:7".to_owned()), "{said:?}");
    let mut command = blurt(folder.path());
    assert_eq!(common::said(command.args(["scan", "--stdin"]).write_stdin("")).status, Some(0));
    assert_eq!(folder.run(&["scan", "--stdin", "a.py"]).status, Some(2));
    assert_eq!(folder.run(&["scan", "--path", "a.py"]).status, Some(2));
}

/// A pipe gives what its writer has written so far.
#[test]
fn the_encoding_of_standard_input_does_not_depend_on_how_it_arrives() {
    let folder = Folder::new();
    let text = format!("# a settings file\ntoken = \"{}\"\n", token(1));
    let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (raw, first) in [
        ([b"\xff\xfe", &*utf16].concat(), 1),
        (utf16, 2),
        ([b"\xef\xbb\xbf", format!("t=\"{}\"", token(2)).as_bytes()].concat(), 1),
    ] {
        let whole = said(blurt(folder.path()).args(SCAN_STDIN).write_stdin(raw.clone()));
        let mut child = Command::new(env!("CARGO_BIN_EXE_blurt"))
            .args(SCAN_STDIN)
            .current_dir(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(&raw[..first]).unwrap();
        thread::sleep(Duration::from_millis(300));
        stdin.write_all(&raw[first..]).unwrap();
        drop(stdin);
        let parts = child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8(parts.stdout).unwrap(), whole.out, "{first} of {raw:?}");
        assert_eq!(places(&whole).len(), 1);
    }
}

const SCAN_STDIN: [&str; 4] = ["scan", "--stdin", "-f", "json"];

#[cfg(unix)]
#[test]
fn links_lead_to_their_targets_once() {
    use std::os::unix::fs::symlink;
    let elsewhere = Folder::new();
    elsewhere.plant("outside.py", 1).plant("folder/outside.py", 2);
    let outside = fs::canonicalize(elsewhere.path()).unwrap();
    let folder = Folder::new();
    folder.plant("src/inside.py", 3);
    let link = |target: &Path, name: &str| symlink(target, folder.path().join(name)).unwrap();
    link(Path::new("src/inside.py"), "inside-1");
    link(Path::new("inside.py"), "src/inside-2");
    link(Path::new("src"), "folder");
    link(Path::new("."), "src/here");
    link(Path::new("loop-2"), "loop-1");
    link(Path::new("loop-1"), "loop-2");
    link(Path::new("nowhere"), "dangling");
    assert_eq!(folder.places(&[]), ["src/inside.py:1:6"]);
    // A file outside is scanned as itself, once; a folder outside is somebody else's.
    link(&outside.join("outside.py"), "outside-1");
    link(&outside.join("outside.py"), "outside-2");
    link(&outside.join("folder"), "outside-folder");
    let target = format!("{}:1:6", outside.join("outside.py").display());
    assert_eq!(folder.places(&[]), [target.clone(), "src/inside.py:1:6".to_owned()]);
    // What is named is scanned, and no file twice.
    assert_eq!(folder.places(&["outside-1"]).len(), 1);
    assert_eq!(folder.places(&["src/inside-2"]).len(), 1);
    assert_eq!(folder.places(&["src/inside-2", "inside-1", "src/inside.py"]).len(), 1);
    assert_eq!(folder.places(&["inside-1", "src"]).len(), 1);
    let named = folder.places(&["outside-folder"]);
    assert_eq!(named, ["outside-folder/outside.py:1:6"], "a folder named on the command line");
    assert_eq!(folder.run(&["scan", "loop-1"]).status, Some(2));
    assert_eq!(folder.run(&["scan", "dangling"]).status, Some(2));
}

#[test]
fn the_same_file_named_twice_is_one_place() {
    let folder = Folder::new();
    folder.plant("src/a.py", 1);
    assert_eq!(folder.places(&["src", "src/a.py", "./src", "."]), ["src/a.py:1:6"]);
}

#[test]
fn gitignore_is_honoured_in_a_repository_only() {
    let folder = Folder::repository();
    folder.plant("ignored.py", 1).plant("build/out.py", 2).plant("seen.py", 3);
    folder.write(".gitignore", "ignored.py\nbuild/\n");
    assert_eq!(folder.places(&[]), ["seen.py:1:6"]);
    let all = ["build/out.py:1:6", "ignored.py:1:6", "seen.py:1:6"];
    assert_eq!(folder.places(&["--no-ignore"]), all);
    assert_eq!(folder.places(&["ignored.py"]), ["ignored.py:1:6"], "what is named is scanned");
    fs::remove_dir_all(folder.path().join(".git")).unwrap();
    assert_eq!(folder.places(&[]), all);
}

#[test]
fn hidden_files_are_read_and_git_is_not() {
    let folder = Folder::repository();
    folder.plant(".env", 1).plant(".config/app.toml", 2).plant(".git/hooks/pre-commit", 3);
    folder.plant("sub/.git/config", 4).plant(".github/workflows/ci.yml", 5);
    let seen = [".config/app.toml:1:6", ".env:1:6", ".github/workflows/ci.yml:1:6"];
    assert_eq!(folder.places(&[]), seen);
    assert_eq!(folder.places(&["--no-ignore"]), seen);
}

#[test]
fn several_reports_come_of_one_scan() {
    let folder = Folder::new();
    folder.plant("a.py", 1);
    let out = TempDir::new().unwrap();
    let file = |name: &str| out.path().join(name).to_str().unwrap().to_owned();
    let (json, sarif, text, lines) =
        (file("r.json"), file("r.sarif"), file("r.txt"), format!("jsonl:{}", file("lines")));
    let said = folder.run(&["scan", "-o", &json, "-o", &sarif, "-o", &text, "-o", &lines]);
    assert_eq!(said.status, Some(1));
    assert!(said.out.contains("a.py"));
    let read = |path: &str| fs::read_to_string(path).unwrap();
    let report: Value = serde_json::from_str(&read(&json)).unwrap();
    assert_eq!(report["findings"][0]["rule"], "github-personal-access-token");
    let log: Value = serde_json::from_str(&read(&sarif)).unwrap();
    assert_eq!(log["version"], "2.1.0");
    assert_eq!(read(&text), said.out);
    assert_eq!(read(&file("lines")).lines().count(), 1);
    let unwritable = folder.run(&["scan", "-o", "/nowhere/r.json"]);
    assert_eq!(unwritable.status, Some(2));
    assert!(unwritable.err.contains("/nowhere/r.json: cannot be written"), "{unwritable:?}");
    let unknown = folder.run(&["scan", "-o", "report.docx"]);
    assert_eq!(unknown.status, Some(2));
    assert!(unknown.err.contains("FORMAT:FILE"), "{unknown:?}");
}

#[test]
fn bad_arguments_are_2() {
    let folder = Folder::new();
    for args in [
        &[][..],
        &["scna"],
        &["scan", "--nonsense"],
        &["scan", "-f", "docx"],
        &["scan", "--min-confidence", "sure"],
        &["scan", "-j", "many"],
        &["scan", "--config", "missing.toml"],
        &["scan", "--rules", "missing.toml"],
        &["scan", "--exclude", "a{b"],
        &["rules", "show", "no-such-rule"],
    ] {
        let said = folder.run(args);
        assert_eq!((said.status, &*said.out), (Some(2), ""), "{args:?}");
        assert!(!said.err.is_empty(), "{args:?}");
    }
    for args in [&["--help"][..], &["--version"], &["scan", "--help"]] {
        assert_eq!(folder.run(args).status, Some(0), "{args:?}");
    }
}

#[test]
fn an_unknown_rule_is_told_with_what_was_meant() {
    let folder = Folder::new();
    for flag in ["--rule", "--no-rule"] {
        let said = folder.run(&["scan", flag, "aws-access-key"]);
        assert_eq!(said.status, Some(0), "a kind is a name: {said:?}");
        let said = folder.run(&["scan", flag, "aws-acess-key-id"]);
        assert_eq!(said.status, Some(2));
        assert!(said.err.contains("did you mean `aws-access-key-id`?"), "{}", said.err);
        let said = folder.run(&["scan", flag, "zzz"]);
        assert!(said.err.contains("there is no rule `zzz`; `blurt rules list`"), "{}", said.err);
    }
}

/// A pack with a rule, and what is put before and behind it.
fn pack(id: &str, more: &str) -> String {
    format!(
        "[[rule]]\nid = \"{id}\"\nname = \"Acme token\"\nkind = \"acme-token\"\nseverity = \"low\"\n\
         prefixes = [\"acme_\"]\npattern = '\\b(acme_[0-9a-z]{{20}})\\b'\n\
         playbook = \"third-party-api-key\"\nexamples = ['<<acme_[0-9a-z]{{20}}>>']\n{more}"
    )
}

#[test]
fn what_the_user_excludes_everywhere_is_left_out() {
    for (config, text) in [
        ("git/ignore", "*.skip\n".to_owned()),
        (".gitconfig", "[core]\n\texcludesFile = ~/mine\n".to_owned()),
        ("git/config", "[core]\n\texcludesfile = ~/mine\n".to_owned()),
    ] {
        let folder = Folder::repository();
        folder.plant("tree/a.skip", 1).plant("tree/b.py", 2).write("mine", "*.skip\n");
        let places = |folder: &Folder| {
            let report = json(&folder.run(&["scan", "-f", "json", "tree"]));
            let findings = report["findings"].as_array().unwrap().clone();
            let path =
                |finding: &Value| finding["locations"][0]["path"].as_str().unwrap().to_owned();
            findings.iter().map(path).collect::<BTreeSet<_>>()
        };
        assert_eq!(places(&folder).len(), 2, "{config}");
        folder.write(config, text);
        assert_eq!(places(&folder), BTreeSet::from(["tree/b.py".to_owned()]), "{config}");
    }
}

/// A table of providers with one row.
fn row(row: &str) -> String {
    format!("provider = [\n  {{ name = \"Acme API key\", {row} }},\n]\n")
}

#[test]
fn a_flawed_row_of_a_provider_is_told_with_its_place() {
    let folder = Folder::new();
    let reference = "reference = \"https://docs.acme.example/\"";
    for (row, message) in [
        (
            format!("id = \"acme\", valu = \"x\", {reference}"),
            "acme.toml:2:41: unknown field `valu`",
        ),
        (format!("id = \"acme\", value = \"x{{3\", {reference}"), "acme.toml:2:41: "),
        (format!("id = \"Acme\", value = \"x{{30}}\", {reference}"), "acme.toml:2:28: `Acme-cred"),
        (
            format!("id = \"acme\", playbook=\"none\", value = \"x{{30}}\", {reference}"),
            "acme.toml:2:41: ",
        ),
        ("id = \"acme\", value = \"x{30}\"".to_owned(), "missing field `reference`"),
    ] {
        folder.write("acme.toml", self::row(&row));
        let said = folder.run(&["rules", "check", "--rules", "acme.toml"]);
        assert_eq!(said.status, Some(1), "{said:?}");
        assert!(said.err.contains(message), "{} does not hold {message}", said.err);
    }
}

#[test]
fn a_provider_in_one_line_is_a_rule() {
    let folder = Folder::new();
    let acme = "id = \"acme-cloud\", words = [\"acmecloud\"], value = \"[0-9a-f]{31}\", \
                reference = \"https://docs.acme.example/\"";
    folder.write("acme.toml", row(acme));
    folder.write("a.py", expand("acmeCloudKey = '<<[0-9a-f]{31}>>'\n", 1).unwrap());
    folder.write("b.txt", expand("the acme cloud token <<[0-9a-f]{31}>>\n", 2).unwrap());
    folder.write("c.py", expand("acme_clouds_name = '<<[0-9a-f]{31}>>'\n", 3).unwrap());
    let report = json(&folder.run(&["scan", "-f", "json", "--rules", "acme.toml", "."]));
    let findings = report["findings"].as_array().unwrap();
    let rules: BTreeSet<_> = findings.iter().map(|f| f["rule"].as_str().unwrap()).collect();
    assert_eq!(rules, BTreeSet::from(["acme-cloud-credential"]), "{findings:#?}");
    assert_eq!(findings.iter().map(|f| f["locations"].as_array().unwrap().len()).sum::<usize>(), 2);
}

#[test]
fn a_flawed_pack_is_told_with_its_place() {
    let folder = Folder::new();
    for (text, told) in [
        (pack("acme-token", "colour = \"red\"\n"), "acme.toml:10:1: unknown field `colour`"),
        (pack("acme-token", "entropy = \"high\"\n"), "acme.toml:10:11: "),
        (pack("Acme", ""), "acme.toml:2:1: `Acme` is not an id"),
        (pack("acme-token", "").replace("20}", "20"), "acme.toml:7:1: "),
        (pack("acme-token", "").replace("third-party-api-key", "nothing"), "acme.toml:8:1: "),
        (pack("acme-token", "").replace("prefixes", "near"), "acme.toml:6:"),
        (pack("acme-token", &pack("acme-token", "")), "acme.toml:11:1: "),
        ("[[rule]\n".to_owned(), "acme.toml:1:"),
    ] {
        folder.write("acme.toml", text);
        let said = folder.run(&["scan", "--rules", "acme.toml", "."]);
        assert_eq!((said.status, &*said.out), (Some(2), ""), "{told}");
        assert!(said.err.starts_with(&format!("blurt: {told}")), "{told}: {}", said.err);
    }
}

#[test]
fn a_pack_adds_overrides_and_disables() {
    let folder = Folder::new();
    let acme = expand("<<acme_[0-9a-z]{20}>>", 1).unwrap();
    folder.write("tree/a.txt", format!("{acme}\n")).plant("tree/b.py", 1);
    let rules_of = |pack: &str| {
        folder.write("acme.toml", pack);
        let said = folder.run(&["scan", "-f", "json", "--rules", "acme.toml", "tree"]);
        let report = json(&said);
        let findings = report["findings"].as_array().unwrap().iter();
        let mut found: Vec<String> = findings
            .map(|f| format!("{} {}", f["rule"].as_str().unwrap(), f["severity"].as_str().unwrap()))
            .collect();
        found.sort();
        found
    };
    assert_eq!(
        rules_of(&pack("acme-token", "")),
        ["acme-token low", "github-personal-access-token critical"]
    );
    let other = format!("disable = [\"github-personal-access-token\"]\n{}", pack("acme-token", ""));
    assert_eq!(rules_of(&other), ["acme-token low"]);
    let mine = pack("github-personal-access-token", "")
        .replace("acme_[0-9a-z]{20}", "ghp_[0-9A-Za-z]{36}")
        .replace("\"acme_\"", "\"ghp_\"");
    assert_eq!(rules_of(&mine), ["github-personal-access-token low"]);
}

#[test]
fn secrets_are_shown_on_a_terminal_only() {
    let folder = Folder::new();
    folder.plant("a.py", 1);
    for args in [&["scan", "--show-secrets"][..], &["scan", "--show-secrets", "-f", "json"]] {
        let said = folder.run(args);
        assert_eq!((said.status, &*said.out), (Some(2), ""), "{args:?}");
        assert!(said.err.contains("terminal"), "{}", said.err);
        assert!(!said.err.contains(&token(1)));
    }
}

#[test]
fn names_and_content_cannot_steer_a_terminal() {
    let folder = Folder::new();
    let evil = "\x1b[2J\x1b]0;owned\x07\u{202e}\u{200b}\r\u{9b}31m";
    let line = format!("{evil} token = \"{}\" {evil} # blurt:allow {evil}\n", token(1));
    folder.write("content.py", line);
    let reason = format!("t = \"{}\" # blurt:allow * -- because {evil}\n", token(2));
    folder.write("reason.py", reason);
    if cfg!(unix) {
        folder.plant(&format!("name{evil}.py"), 3);
    }
    let missing = format!("missing{evil}");
    for format in ["text", "json", "jsonl", "sarif"] {
        for more in [&["-v"][..], &["-q"], &["--color", "never"]] {
            let args = [&["scan", ".", &missing, "-f", format], more].concat();
            let said = folder.run(&args);
            assert_eq!(said.status, Some(1));
            let steers =
                |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{202e}' | '\u{200b}');
            assert!(!said.err.contains(steers), "{args:?}: {said:?}");
            // A program that reads JSON wants the name as it is, but nobody an escape sequence.
            let steers = |c: char| if format == "text" { steers(c) } else { c < ' ' && c != '\n' };
            assert!(!said.out.contains(steers), "{args:?}: {said:?}");
        }
    }
    // The colours are our own.
    let said = folder.run(&["scan", "--color", "always", "content.py"]);
    assert!(said.out.contains("\x1b[1m") && !said.out.contains("\x1b[2J"), "{}", said.out);
}

#[test]
fn nothing_of_the_environment_changes_what_is_found() {
    let folder = Folder::new();
    folder.plant("a.py", 1);
    let plain = folder.run(&["scan"]);
    let mut command = blurt(folder.path());
    command.env("NO_COLOR", "1").env("BLURT_EXIT_ZERO", "1").env("RUST_LOG", "trace");
    command.env("LANG", "de_DE.UTF-8").env("TERM", "dumb").env("CI", "true");
    let dressed = said(command.arg("scan"));
    assert_eq!((plain.status, &plain.out), (Some(1), &dressed.out));
    assert_eq!((dressed.status, &*dressed.err), (Some(1), ""));
}

#[test]
fn the_configuration_is_found_up_to_the_repository() {
    let folder = Folder::repository();
    folder.plant("src/a.py", 1);
    folder.write(".blurt.toml", "[rules]\ndisable = [\"github-token\"]\n");
    assert_eq!(run(&folder.path().join("src"), &["scan"]).status, Some(0));
    assert_eq!(folder.run(&["scan"]).status, Some(0));
    folder.write("other.toml", "[scan]\nexclude = [\"nothing\"]\n");
    assert_eq!(folder.run(&["scan", "--config", "other.toml"]).status, Some(1));
    folder.write(".blurt.toml", "[rules]\ndisabled = [\"github-token\"]\n");
    let said = folder.run(&["scan"]);
    assert_eq!(said.status, Some(2));
    assert!(said.err.contains(".blurt.toml:2:1: unknown field `disabled`"), "{}", said.err);
}

#[test]
fn the_rules_can_be_listed_shown_checked_and_tested() {
    let folder = Folder::new();
    let list = folder.run(&["rules", "list"]);
    assert!(list.status == Some(0) && list.out.lines().count() > 300);
    let show = folder.run(&["rules", "show", "aws-access-key-id"]);
    assert!(show.status == Some(0) && show.out.contains("[[playbook]]"), "{}", show.out);
    assert_eq!(folder.run(&["rules", "check"]).status, Some(0));
    assert_eq!(folder.run(&["rules", "test", "--rule", "aws-access-key-id"]).status, Some(0));
    folder.write("acme.toml", pack("acme-token", "counterexamples = ['<<acme_[0-9a-z]{20}>>']\n"));
    let test = folder.run(&["rules", "test", "--rules", "acme.toml", "--rule", "acme-token"]);
    assert_eq!(test.status, Some(1));
    assert!(test.err.contains("acme.toml:1: acme-token: counterexample 1"), "{}", test.err);
}

#[test]
fn what_git_tracks_is_scanned_although_it_is_ignored() {
    let folder = Folder::new();
    let repository = git2::Repository::init(folder.path()).unwrap();
    folder.write(".gitignore", "*.env\nbuild/\n");
    for path in ["a.env", "sub/b.env", "sub/untracked.env", "build/c.py", "gone.env"] {
        folder.plant(path, 1);
    }
    let mut index = repository.index().unwrap();
    for path in ["a.env", "sub/b.env", "build/c.py", "gone.env"] {
        index.add_path(Path::new(path)).unwrap();
    }
    index.write().unwrap();
    fs::remove_file(folder.path().join("gone.env")).unwrap();
    let paths = |folder: &Path, args: &[&str]| -> BTreeSet<String> {
        let said = run(folder, &[&["scan", "-f", "json"], args].concat());
        let report: Value = serde_json::from_str(&said.out).unwrap();
        let places = report["findings"].as_array().unwrap().iter();
        let places = places.flat_map(|finding| finding["locations"].as_array().unwrap());
        places.map(|place| place["path"].as_str().unwrap().to_owned()).collect()
    };
    let sub = folder.path().join("sub");
    let set = |paths: &[&str]| paths.iter().map(|path| (*path).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(paths(folder.path(), &[]), set(&["a.env", "build/c.py", "sub/b.env"]));
    assert_eq!(paths(folder.path(), &["sub"]), set(&["sub/b.env"]));
    assert_eq!(paths(&sub, &[]), set(&["b.env"]));
    assert_eq!(paths(&sub, &[".."]), set(&["../a.env", "../build/c.py", "b.env"]));
    assert_eq!(paths(folder.path(), &["--exclude", "*.env"]), set(&["build/c.py"]));
}

#[test]
fn every_shell_completes_commands_and_values() {
    let folder = Folder::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let said = folder.run(&["completions", shell]);
        assert_eq!((said.status, &*said.err), (Some(0), ""), "{shell}");
        for word in ["scan", "rules", "min-severity", "noseyparker"] {
            assert!(said.out.contains(word), "{shell}: {word}");
        }
    }
    assert_eq!(folder.run(&["completions", "tcsh"]).status, Some(2));
}

#[test]
fn bash_completes_what_is_typed() {
    let folder = Folder::new();
    let script = folder.run(&["completions", "bash"]).out;
    folder.write("blurt.bash", script);
    let complete = |words: &[&str]| {
        let typed = words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" ");
        let (last, before) = (words.len() - 1, words[words.len() - 2]);
        let ask = format!(
            ". ./blurt.bash; COMP_WORDS=({typed}); COMP_CWORD={last}; \
             _blurt blurt '{}' '{before}'; echo ${{COMPREPLY[@]}}",
            words[last]
        );
        let output = Command::new("bash").args(["-c", &ask]).current_dir(folder.path()).output();
        String::from_utf8(output.unwrap().stdout).unwrap().trim().to_owned()
    };
    assert_eq!(complete(&["blurt", "sc"]), "scan");
    assert_eq!(complete(&["blurt", "scan", "-f", "sar"]), "sarif");
    assert_eq!(complete(&["blurt", "scan", "--min-severity", "c"]), "critical");
    assert_eq!(complete(&["blurt", "rules", "im"]), "import");
    assert_eq!(complete(&["blurt", "hook", "install", "pre-c"]), "pre-commit");
}

#[test]
fn every_command_has_a_manual_page_and_examples() {
    let folder = Folder::new();
    let said = folder.run(&["man", "-o", "man/man1"]);
    assert_eq!((said.status, &*said.out, &*said.err), (Some(0), "", ""));
    let names = fs::read_dir(folder.path().join("man/man1")).unwrap();
    let mut names: Vec<String> =
        names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    for name in ["blurt.1", "blurt-scan.1", "blurt-rules-import.1", "blurt-hook-install.1"] {
        assert!(names.iter().any(|it| it == name), "{names:?}");
    }
    assert!(
        !names.iter().any(|name| name.contains("help") || name.contains("hook-run")),
        "{names:?}"
    );
    for name in &names {
        let page = fs::read_to_string(folder.path().join("man/man1").join(name)).unwrap();
        let title = name.trim_end_matches(".1").to_uppercase();
        assert!(page.starts_with(&format!(".TH {title} 1 ")), "{page:.80}");
        assert!(page.contains(".SH \"EXAMPLES\"\n.nf\n"), "{name}");
        let command = name.trim_end_matches(".1").split('-').skip(1);
        let args: Vec<&str> = command.chain(["--help"]).collect();
        let help = folder.run(&args);
        assert_eq!(help.status, Some(0), "{args:?}");
        assert!(help.out.contains("Examples:\n"), "{args:?}");
        let long = help.out.lines().find(|line| line.chars().count() > 100);
        assert_eq!(long, None, "{args:?}");
    }
    let said = folder.run(&["man"]);
    assert_eq!(said.out, fs::read_to_string(folder.path().join("man/man1/blurt.1")).unwrap());
}
