//! Values without a shape of their own: how sure blurt is of them, and why.

#![allow(clippy::unwrap_used)] // a test may panic

use assert_cmd::Command;
use blurt::rule::example::expand;
use serde_json::Value;

fn report(command: &mut Command) -> Value {
    let out = command.args(["-q", "-f", "json", "--min-confidence", "low"]).output().unwrap();
    serde_json::from_slice(&out.stdout).unwrap()
}

fn scan() -> Command {
    let mut command = Command::cargo_bin("blurt").unwrap();
    command.arg("scan");
    command
}

/// The findings in a text that stands in a file called `name`.
fn findings(name: &str, text: &str) -> Vec<Value> {
    let report = report(scan().args(["--stdin", "--path", name]).write_stdin(text));
    report["findings"].as_array().unwrap().clone()
}

/// The confidence of the one finding in a text, or nothing.
fn confidence(name: &str, text: &str) -> Option<String> {
    let found = findings(name, text);
    assert!(found.len() <= 1, "{text}: {found:#?}");
    Some(found.first()?["confidence"].as_str()?.to_owned())
}

#[test]
fn random_passwords_are_reported_words_are_for_audits_and_stand_ins_are_nothing() {
    for (pattern, expected) in [
        ("<<[bcdfghjklmnpqrstvwxz]{9}>>", Some("medium")),
        ("<<[A-Z][a-z]{3}[0-9]{2}[!#%][0-9][A-Za-z]{4}>>", Some("medium")),
        ("<<[0-9a-f]{16}>>", Some("medium")),
        ("sunshine", Some("low")),
        ("swordfish7", Some("low")),
        ("mypassword", None),
        ("test_user1", None),
        ("changeme", None),
    ] {
        let value = expand(pattern, 4).unwrap();
        for (name, text) in [
            ("app.py", format!("db_password = \"{value}\"\n")),
            ("app.ini", format!("password = {value}\n")),
            ("app.yml", format!("db:\n  password: {value}\n")),
            ("test/app_test.js", format!("login({{ password: '{value}' }});\n")),
        ] {
            assert_eq!(confidence(name, &text).as_deref(), expected, "{name}: {text}");
        }
    }
}

#[test]
fn a_file_that_is_there_to_hold_passwords_speaks_for_them() {
    let line = "machine api.internal.net login deploy password orangeboat7\n";
    assert_eq!(confidence("home/.netrc", line).as_deref(), Some("medium"));
    assert_eq!(confidence("notes.txt", "password: orangeboat7\n").as_deref(), Some("low"));
}

#[test]
fn generic_secrets_are_scored_by_their_letters() {
    for (pattern, expected) in [
        ("<<[0-9A-Za-z]{32}>>", Some("medium")),
        ("<<[a-z]{3}[bcdfghjklmnpqrstvwxz]{21}>>", Some("medium")),
        // Under a mere `token` so few characters may be a name.
        ("<<[bcdfghjklmnpqrstvwxz]{6}[0-9]{3}[A-Z]{3}>>", Some("low")),
        ("navigation.header.title.label", None),
        ("some_descriptive_identifier_name", None),
    ] {
        let value = expand(pattern, 8).unwrap();
        let text = format!("client_secret = \"{value}\"\n");
        assert_eq!(confidence("app.py", &text).as_deref(), expected, "{text}");
    }
}

#[test]
fn the_terms_of_a_score_are_told_and_hold_no_part_of_the_value() {
    let value = expand("<<[a-z]{4}[0-9]{2}[A-Z]{3}[!%][a-z]{4}>>", 2).unwrap();
    let found = findings("app.py", &format!("password = \"{value}\"\n"));
    let evidence = found[0]["evidence"].as_array().unwrap();
    let points = |name: &str| {
        let term = evidence.iter().find(|term| term["term"] == name);
        term.map(|term| term["points"].as_f64().unwrap())
    };
    assert!(points("mixed").unwrap() > 0.0, "{evidence:?}");
    assert!(points("name").unwrap() > 0.0, "{evidence:?}");
    let sum: f64 = evidence.iter().map(|term| term["points"].as_f64().unwrap()).sum();
    assert_eq!(found[0]["confidence"], "medium");
    assert!(sum >= 0.2, "{sum}: {evidence:?}");
    let words = findings("app.py", "password = \"sunshine\"\n");
    let terms = words[0]["evidence"].as_array().unwrap();
    assert!(terms.iter().any(|term| term["term"] == "words"), "{terms:?}");
    assert!(terms.iter().map(|term| term["points"].as_f64().unwrap()).sum::<f64>() < 0.2);
    // A token speaks for itself.
    let token = expand("<<ghp_[0-9A-Za-z]{30}|github>>", 3).unwrap();
    assert_eq!(findings("app.py", &token)[0]["evidence"], Value::Array(Vec::new()));
}

#[test]
fn copies_of_a_secret_are_one_finding() {
    let folder = tempfile::tempdir().unwrap();
    let value = expand("<<[0-9A-Za-z]{32}>>", 6).unwrap();
    let languages = ["de", "en", "fr", "ja", "tr"];
    for language in languages {
        let path = folder.path().join(format!("docs/{language}/guide.md"));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, format!("# {language}\n\n    SECRET_KEY = \"{value}\"\n")).unwrap();
    }
    let report = report(scan().arg(".").current_dir(folder.path()));
    assert_eq!(report["summary"]["new"], 1);
    let found = report["findings"].as_array().unwrap();
    assert_eq!(found.len(), 1);
    let places = found[0]["locations"].as_array().unwrap();
    let paths: Vec<&str> = places.iter().map(|place| place["path"].as_str().unwrap()).collect();
    assert_eq!(paths, languages.map(|language| format!("docs/{language}/guide.md")));
    assert!(places.iter().all(|place| place["start_line"] == 3));
}
