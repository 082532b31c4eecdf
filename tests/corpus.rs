//! `blurt rules test --corpus`: what is counted, what is told, and what is refused.

#![allow(clippy::unwrap_used)] // a test may panic

mod common;

use blurt::rule::example::expand;
use common::{Said, run};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// A corpus in the folder `corpus` of a temporary folder.
struct Corpus {
    folder: TempDir,
    labels: Vec<String>,
}

impl Corpus {
    fn new() -> Self {
        Self { folder: TempDir::new().unwrap(), labels: Vec::new() }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn label(&mut self, label: &Value) {
        self.labels.push(label.to_string());
    }

    /// Labels the lines of a file.
    fn says(&mut self, path: &str, (start, end): (u64, u64), secret: bool) {
        let label = json!({ "path": path, "start_line": start, "end_line": end, "secret": secret });
        self.label(&label);
    }

    fn run(&self, args: &[&str]) -> Said {
        self.write("corpus/labels.jsonl", self.labels.join("\n"));
        let all = [&["rules", "test", "--corpus", "corpus"], args].concat();
        run(self.path(), &all)
    }

    fn measure(&self, args: &[&str]) -> Value {
        let said = self.run(&[&["-f", "json"], args].concat());
        assert_eq!((said.status, &*said.err), (Some(0), ""));
        serde_json::from_str(&said.out).unwrap()
    }
}

/// A token of GitHub's that is `high`.
fn token(n: u64) -> String {
    expand("<<ghp_[0-9A-Za-z]{30}|github>>", n).unwrap()
}

/// An access key id of Amazon's.
fn key_id(n: u64) -> String {
    expand("<<AKIA[A-Z2-7]{16}>>", n).unwrap()
}

/// A rule that finds tokens of a kind with its own prefix, with low confidence.
const ACME: &str = "[[rule]]\nid = \"acme-token\"\nname = \"Acme token\"\nkind = \"acme\"\n\
    severity = \"high\"\nconfidence = \"low\"\nprefixes = [\"acme_\"]\n\
    pattern = '''\\b(acme_[0-9a-z]{20})\\b'''\nplaybook = \"third-party-api-key\"\n\
    examples = ['<<acme_[0-9a-z]{20}>>']\n";

fn acme(n: u64) -> String {
    expand("<<acme_[0-9a-z]{20}>>", n).unwrap()
}

/// Three files: of GitHub's tokens two are right and one is wrong, one is not labelled; of Acme's
/// one is right; a secret in the last file is found by no rule.
fn known() -> Corpus {
    let mut corpus = Corpus::new();
    corpus.write("acme.toml", ACME);
    let lines = [token(1), token(2), "nothing".to_owned(), token(3), token(4)];
    corpus.write("corpus/a/tokens.txt", lines.join("\n"));
    corpus.says("a/tokens.txt", (1, 1), true);
    corpus.label(&json!({ "path": "a/tokens.txt", "start_line": 2, "end_line": 3, "secret": true,
        "kind": "github-personal-access-token" }));
    corpus.says("a/tokens.txt", (4, 4), false);
    // What is labelled as a secret counts, whatever else is labelled there.
    corpus.says("a/tokens.txt", (1, 3), false);
    corpus.write("corpus/b.txt", format!("\n\n{}\n", acme(1)));
    corpus.label(&json!({ "path": "b.txt", "start_line": 3, "secret": true, "kind": "acme" }));
    corpus.write("corpus/c.txt", "a secret that nobody knows\n");
    corpus.label(&json!({ "path": "c.txt", "start_line": 1, "secret": true, "kind": "acme" }));
    corpus
}

fn of_rule<'a>(measure: &'a Value, id: &str) -> &'a Value {
    let mut rules = measure["rules"].as_array().unwrap().iter();
    rules.find(|rule| rule["id"] == id).unwrap_or_else(|| panic!("{id}"))
}

/// `findings right wrong unlabelled precision secrets found recall`
fn figures(row: &Value) -> String {
    let keys =
        ["findings", "right", "wrong", "unlabelled", "precision", "secrets", "found", "recall"];
    keys.map(|key| row[key].to_string()).join(" ")
}

#[test]
fn findings_and_labels_are_counted() {
    let measure = known().measure(&["--rules", "acme.toml"]);
    let thresholds = measure["thresholds"].as_array().unwrap();
    let all: Vec<String> = thresholds.iter().map(figures).collect();
    assert_eq!(all[0], "4 2 1 1 0.6667 4 2 0.5", "{measure:#}");
    assert_eq!(all[1], all[0]);
    assert_eq!(all[2], "5 3 1 1 0.75 4 3 0.75");
    assert_eq!(thresholds[2]["f1"], 0.75);
    assert_eq!(thresholds[0]["f1"], 0.5714);
    assert_eq!(measure["labels"], 6);
    assert_eq!(measure["coverage"]["files"], 3);

    let github = of_rule(&measure, "github-personal-access-token");
    assert_eq!(figures(github), "4 2 1 1 0.6667 1 1 1.0");
    assert_eq!((&github["layer"], &github["runs"]), (&json!("structured"), &json!(4)));
    assert!(github["nanoseconds"].as_u64() > Some(0));
    assert_eq!(figures(of_rule(&measure, "acme-token")), "1 1 0 0 1.0 2 1 0.5");
    let idle = of_rule(&measure, "aws-access-key-id");
    assert_eq!(figures(idle), "0 0 0 0 null 0 0 null");
    assert_eq!((&idle["runs"], &idle["nanoseconds"]), (&json!(0), &json!(0)));
    assert_eq!(measure["rules"][0]["id"], "github-personal-access-token", "the worst first");
}

#[test]
fn the_text_says_the_same() {
    let said = known().run(&["--rules", "acme.toml"]);
    assert_eq!((said.status, &*said.err), (Some(0), ""));
    let words = |start: &str| {
        let line = said.out.lines().find(|line| line.starts_with(start));
        line.unwrap_or_else(|| panic!("{start}: {}", said.out))
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(words("3 files"), "3 files, 0.0 MB, 6 labels, 4 of them secrets");
    assert_eq!(words("high"), "high 4 2 1 1 66.7 % 4 2 50.0 % 57.1 %");
    assert_eq!(words("low and up"), "low and up 5 3 1 1 75.0 % 4 3 75.0 % 75.0 %");
    assert!(words("acme-token").starts_with("acme-token structured 1 1 0 0 100.0 % 2 1 50.0 % 1 "));
    assert!(words("No two rules").ends_with("matched the same bytes."));
}

#[test]
fn in_a_complete_corpus_what_has_no_label_is_wrong() {
    let mut corpus = known();
    corpus.labels.insert(0, r#"{"complete": true}"#.to_owned());
    let measure = corpus.measure(&["--rules", "acme.toml"]);
    assert_eq!(figures(&measure["thresholds"][0]), "4 2 2 0 0.5 4 2 0.5");

    let mut clean = Corpus::new();
    clean.labels.push(r#"{"complete": true}"#.to_owned());
    clean.write("corpus/x.txt", format!("{}\n", token(1)));
    let measure = clean.measure(&[]);
    assert_eq!(figures(&measure["thresholds"][1]), "1 0 1 0 0.0 0 0 null");
}

#[test]
fn a_marker_excuses_nothing_and_git_ignores_nothing() {
    let mut corpus = Corpus::new();
    corpus.write("corpus/.git/config", "[core]\n");
    corpus.write("corpus/.gitignore", "*.txt\n");
    corpus.write("corpus/x.txt", format!("{} # blurt:allow * -- a test\n", token(1)));
    corpus.says("x.txt", (1, 1), true);
    let measure = corpus.measure(&[]);
    assert_eq!(figures(&measure["thresholds"][0]), "1 1 0 0 1.0 1 1 1.0");
    assert_eq!(measure["coverage"]["files"], 2, "the file and .gitignore");
}

#[test]
fn rules_on_the_same_bytes_are_paired() {
    let other = ACME
        .replace("acme-token", "acme-any")
        .replace("'''\\b(acme_[0-9a-z]{20})\\b'''", "'(acme_[0-9a-z]+)'");
    let longer = ACME
        .replace("acme-token", "acme-line")
        .replace("'''\\b(acme_[0-9a-z]{20})\\b'''", "'(.. acme_[0-9a-z]+)'");
    let mut corpus = Corpus::new();
    corpus.write("acme.toml", format!("{ACME}{other}{longer}"));
    corpus.write("corpus/x.txt", format!("{}\nid {}\n{}\n", acme(1), acme(2), key_id(1)));
    corpus.says("x.txt", (1, 2), true);
    let measure = corpus.measure(&["--rules", "acme.toml"]);
    let pair = |winner: &str, loser: &str, times: u64, same_bytes: u64| json!({ "winner": winner, "loser": loser, "times": times, "same_bytes": same_bytes });
    let pairs = json!([
        pair("acme-token", "acme-any", 2, 2),
        pair("acme-line", "acme-any", 1, 0),
        pair("acme-line", "acme-token", 1, 0),
    ]);
    assert_eq!(measure["overlaps"], pairs);
    let chosen = corpus.measure(&["--rules", "acme.toml", "--rule", "acme-line"]);
    assert_eq!(chosen["overlaps"], json!([pairs[1], pairs[2]]));
    assert_eq!(chosen["rules"].as_array().unwrap().len(), 1);
    assert_eq!(chosen["thresholds"], measure["thresholds"], "the other rules still work");
}

#[test]
fn large_and_foreign_files_are_read_as_a_scan_reads_them() {
    let mut corpus = Corpus::new();
    // Over the bytes that are searched at once, with pairs at both sides of the seam.
    let filler = "a line of nothing at all\n".repeat(1000);
    let texts: Vec<String> = (0..100).map(|n| format!("{}\n{filler}", acme(n))).collect();
    corpus.write("corpus/large.txt", texts.concat());
    let utf16: Vec<u8> = format!("\u{feff}x\nt = {}\n", token(1))
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    corpus.write("corpus/utf16.txt", utf16);
    let other = ACME.replace("acme-token", "acme-two");
    corpus.write("acme.toml", format!("{ACME}{other}"));
    for n in 0..100 {
        corpus.says("large.txt", (n * 1001 + 1, n * 1001 + 1), true);
    }
    corpus.says("utf16.txt", (2, 2), true);
    let measure = corpus.measure(&["--rules", "acme.toml"]);
    assert_eq!(figures(&measure["thresholds"][2]), "101 101 0 0 1.0 101 101 1.0");
    assert_eq!(measure["overlaps"][0]["times"], 100, "{}", measure["overlaps"]);
}

#[test]
fn the_same_corpus_gives_the_same_bytes_but_for_times() {
    let mut corpus = known();
    for n in 0..40 {
        let path = format!("many/{n}.txt");
        corpus.write(&format!("corpus/{path}"), format!("{}\n{}\n", key_id(n), acme(n)));
        corpus.says(&path, (1, 1), n % 2 == 0);
    }
    let measures: Vec<Value> = (0..3)
        .map(|_| {
            let mut measure = corpus.measure(&["--rules", "acme.toml"]);
            for rule in measure["rules"].as_array_mut().unwrap() {
                rule.as_object_mut().unwrap().remove("nanoseconds").unwrap();
            }
            measure
        })
        .collect();
    assert_eq!(measures[0], measures[1]);
    assert_eq!(measures[0], measures[2]);
    assert_eq!(figures(of_rule(&measures[0], "aws-access-key-id")), "40 20 20 0 0.5 0 0 null");
}

#[test]
fn what_cannot_be_read_is_named_and_is_2() {
    let mut corpus = known();
    corpus.says("gone/away.txt", (1, 1), true);
    corpus.says("gone/away.txt", (2, 2), true);
    corpus.says("a", (1, 1), true);
    let said = corpus.run(&["--rules", "acme.toml"]);
    assert_eq!(said.status, Some(2));
    assert!(said.out.contains("3 files, 0.0 MB, 6 labels, 4 of them secrets"), "{}", said.out);
    let lines: Vec<&str> = said.err.lines().collect();
    let [folder, gone] = &lines[..] else { panic!("{}", said.err) };
    assert!(folder.starts_with("blurt: not measured: corpus/a cannot be read: "), "{folder}");
    assert!(gone.starts_with("blurt: not measured: corpus/gone/away.txt does not exist; 2 labels"));
    assert!(gone.contains("correct `path` in labels.jsonl"), "{gone}");
}

#[test]
fn what_is_no_corpus_is_2() {
    let folder = TempDir::new().unwrap();
    let missing = run(folder.path(), &["rules", "test", "--corpus", "nowhere"]);
    assert_eq!((missing.status, &*missing.out), (Some(2), ""));
    assert!(
        missing.err.contains("nowhere/labels.jsonl: does not exist; a corpus is"),
        "{missing:?}"
    );

    let mut empty = Corpus::new();
    let said = empty.run(&[]);
    assert_eq!((said.status, &*said.out), (Some(2), ""));
    assert!(said.err.contains("corpus/labels.jsonl: there is no label in it"), "{said:?}");

    empty.labels = vec![
        r#"{"path": "x", "start_line": 1, "end_line": 1, "secret": "hunter2"}"#
            .to_owned();
        30
    ];
    let said = empty.run(&[]);
    assert_eq!((said.status, &*said.out), (Some(2), ""));
    assert!(said.err.starts_with("blurt: corpus/labels.jsonl:1:47: `secret` is true or false"));
    assert!(said.err.ends_with("and 10 more\n") && !said.err.contains("hunter2"), "{}", said.err);

    let format = run(folder.path(), &["rules", "test", "-f", "json"]);
    assert_eq!((format.status, &*format.out), (Some(2), ""));
    let known = known();
    assert_eq!(known.run(&["--rule", "no-such-rule"]).status, Some(2));
}

#[test]
fn a_kind_that_no_rule_has_is_told() {
    let said = known().run(&[]);
    assert_eq!(said.status, Some(0));
    assert_eq!(said.err, "blurt: note: labels name `acme`, and no rule is called so\n");
}

#[test]
fn no_secret_is_shown() {
    let corpus = known();
    for args in [&["--rules", "acme.toml"][..], &["--rules", "acme.toml", "-f", "json"]] {
        let said = corpus.run(args);
        for secret in [token(1), token(2), token(3), token(4), acme(1)] {
            assert!(!said.out.contains(&secret) && !said.err.contains(&secret));
        }
    }
}

#[test]
fn rules_are_listed_for_programs() {
    let folder = TempDir::new().unwrap();
    let said = run(folder.path(), &["rules", "list", "-f", "json"]);
    let rules: Vec<Value> = serde_json::from_str(&said.out).unwrap();
    let text = run(folder.path(), &["rules", "list"]);
    assert_eq!(rules.len(), text.out.lines().count());
    let rule = rules.iter().find(|rule| rule["id"] == "aws-access-key-id").unwrap();
    assert_eq!(rule["layer"], "structured");
    assert_eq!(rule["confidence"], "high");
    for key in ["name", "kind", "severity", "file"] {
        assert!(rule[key].as_str().is_some_and(|text| text.len() > 2), "{key}: {rule}");
    }
}
