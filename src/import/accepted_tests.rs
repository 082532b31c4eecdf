use super::*;
use crate::blob::{Origin, Via};
use crate::finding::{Commit, Excerpt, Exposure, Past, Secret, Triage, Verification};
use crate::rule::example::expand;
use crate::rule::{Confidence, RuleSet};
use std::sync::OnceLock;

fn token(seed: u64) -> String {
    expand("<<ghp_[0-9A-Za-z]{30}|github>>", seed).unwrap()
}

fn at(path: &str, line: u64) -> Location {
    let start = Position { line, column: 5 };
    let (origin, excerpt) = (Origin::file(path), Excerpt::default());
    Location { origin, start, end: Position { line, column: 45 }, excerpt, past: None }
}

fn of_commit(path: &str, line: u64, id: &str) -> Location {
    let (date, author) = (jiff::Timestamp::UNIX_EPOCH, "a".to_owned());
    let commit = Commit { date, id: id.to_owned(), author };
    let past = Past { commit, removed: vec![], in_head: false };
    Location { past: Some(Box::new(past)), ..at(path, line) }
}

fn finding(value: &str, locations: Vec<Location>) -> Finding {
    let rules = RuleSet::builtin().unwrap();
    let rule = rules.get("github-personal-access-token").unwrap().clone();
    Finding {
        fingerprint: OnceLock::new(),
        secret: Secret::new(value.as_bytes(), &rule),
        rule,
        confidence: Confidence::High,
        entropy: 4.0,
        score: None,
        verification: Verification::default(),
        locations,
        exposure: Exposure::default(),
        triage: Triage::New,
    }
}

fn read(name: &str, text: &str) -> Accepted {
    Accepted::read(Path::new(name), text).unwrap_or_else(|e| panic!("{e}"))
}

fn sha1(value: &str) -> String {
    data_encoding::HEXLOWER.encode(&Sha1::digest(value.as_bytes()))
}

#[test]
fn gitleaksignore_accepts_places() {
    let accepted = read(
        ".gitleaksignore",
        "# why\n\nsrc/a.py:generic-api-key:3\n./src\\b.py:jwt:7\n\
         4f2a9c1b2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f70:c.py:jwt:9\nvendor/**\n",
    );
    let place = |finding: &Finding| accepted.find(finding).map(|it| it.place);
    let token = token(1);
    let one = |location| finding(&token, vec![location]);
    assert_eq!(place(&one(at("src/a.py", 3))).as_deref(), Some(".gitleaksignore:3"));
    assert_eq!(place(&one(at("./src/a.py", 3))).as_deref(), Some(".gitleaksignore:3"));
    assert_eq!(place(&one(at("src/b.py", 7))).as_deref(), Some(".gitleaksignore:4"));
    assert_eq!(place(&one(at("src/a.py", 4))), None, "the line has moved");
    assert_eq!(place(&one(at("a.py", 3))), None);
    let commit = "4f2a9c1b2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f70";
    assert!(place(&one(of_commit("c.py", 9, commit))).is_some());
    assert_eq!(place(&one(of_commit("c.py", 9, &"0".repeat(40)))), None);
    assert!(place(&one(at("c.py", 9))).is_some(), "it stands there still");
    let acceptance = accepted.find(&one(at("src/a.py", 3))).unwrap();
    assert_eq!(acceptance.reason, "accepted in .gitleaksignore");
    let unmatched = accepted.unmatched(&[&one(at("src/a.py", 3))]);
    let places: Vec<_> = unmatched.iter().map(|it| it.place.as_str()).collect();
    assert_eq!(places, [".gitleaksignore:4", ".gitleaksignore:5", ".gitleaksignore:6"]);
    assert!(unmatched[0].message.contains("src/b.py:7"), "{unmatched:?}");
    assert!(unmatched[1].message.contains("--history"), "{unmatched:?}");
    assert!(unmatched[2].message.contains("PATH:RULE:LINE"), "{unmatched:?}");
}

#[test]
fn a_finding_is_accepted_in_all_its_places_or_not_at_all() {
    let accepted = read(".gitleaksignore", "a.py:x:1\nb.py:x:1\n");
    let (here, there) = (at("a.py", 1), at("c.py", 1));
    let all = finding(&token(1), vec![here.clone(), at("b.py", 1)]);
    assert!(accepted.find(&all).is_some());
    assert!(accepted.lacking(&all).is_empty());
    let some = finding(&token(1), vec![here, there.clone()]);
    assert_eq!(accepted.find(&some), None);
    assert_eq!(accepted.lacking(&some), [&there]);
    let none = finding(&token(1), vec![there]);
    assert!(accepted.lacking(&none).is_empty(), "nothing speaks of it");
}

#[test]
fn paths_are_those_of_the_file_or_of_here_or_of_another_machine() {
    let here = finding(&token(1), vec![at("sub/src/a.py", 3)]);
    for (file, path, fits) in [
        ("sub/.gitleaksignore", "src/a.py", true),
        ("sub/.gitleaksignore", "sub/src/a.py", true),
        ("sub/.gitleaksignore", "./src/../src/a.py", true),
        (".gitleaksignore", "sub\\src\\a.py", true),
        (".gitleaksignore", "/home/runner/work/x/sub/src/a.py", true),
        (".gitleaksignore", "C:/work/sub/src/a.py", true),
        (".gitleaksignore", "/home/runner/work/x/src/a.py", false),
        (".gitleaksignore", "src/a.py", false),
        (".gitleaksignore", "xsub/src/a.py", false),
    ] {
        let accepted = read(file, &format!("{path}:rule:3\n"));
        assert_eq!(accepted.find(&here).is_some(), fits, "{file}: {path}");
    }
}

#[test]
fn what_is_in_an_archive_or_no_file_is_a_place_of_its_file() {
    let mut inside = at("a.zip", 3);
    inside.origin.via.push(Via::Member("b.py".to_owned()));
    let mut message = at("", 1);
    message.origin.path = None;
    let accepted = read(".gitleaksignore", "a.zip:rule:3\n");
    assert!(accepted.find(&finding(&token(1), vec![inside])).is_some());
    assert_eq!(accepted.find(&finding(&token(1), vec![message])), None);
}

#[test]
fn secrets_baseline_accepts_hashes_wherever_they_are() {
    let (audited, real, keyed) = (token(1), token(2), token(3));
    let text = format!(
        r#"{{
  "version": "1.5.0",
  "results": {{
    "src/a.py": [
      {{
        "type": "Secret Keyword", "filename": "src/a.py", "is_verified": false,
        "hashed_secret": "{}", "is_secret": false, "line_number": 3
      }},
      {{ "type": "X", "hashed_secret": "{}", "is_secret": true, "line_number": 9 }}
    ],
    "src/k.pem": [
      {{ "type": "Private Key", "hashed_secret": "{}", "line_number": 1 }}
    ]
  }}
}}"#,
        sha1(&audited),
        sha1(&real),
        sha1(&keyed)
    );
    let accepted = read("sub/.secrets.baseline", &text);
    assert_eq!(accepted.len(), 3);
    let found = accepted.find(&finding(&audited, vec![at("elsewhere.py", 80)])).unwrap();
    assert_eq!(found.place, "sub/.secrets.baseline:5");
    assert_eq!(found.reason, "audited as no secret in .secrets.baseline");
    let found = accepted.find(&finding(&real, vec![at("x", 1)])).unwrap();
    assert_eq!(found.reason, "audited as a secret, and accepted, in .secrets.baseline");
    // Of another value in the same place only the place is known.
    assert!(accepted.find(&finding(&token(9), vec![at("src/a.py", 3)])).is_some());
    assert_eq!(accepted.find(&finding(&keyed, vec![at("other.pem", 1)])), None, "a header's hash");
    assert!(accepted.find(&finding(&keyed, vec![at("sub/src/k.pem", 1)])).is_some());
    let fitting = finding(&audited, vec![at("x", 1)]);
    assert_eq!(accepted.unmatched(&[&fitting]).len(), 2);
}

#[test]
fn a_report_of_gitleaks_accepts_values_and_places() {
    let (whole, other) = (token(1), token(2));
    let text = format!(
        r#"[
 {{"RuleID": "a", "File": "src/a.py", "StartLine": 3, "Commit": "", "Secret": "{whole}"}},
 {{"RuleID": "b", "File": "src/b.py", "StartLine": 4, "Secret": "REDACTED", "Fingerprint": "x"}}
]"#
    );
    let accepted = read("baseline.json", &text);
    let found = accepted.find(&finding(&whole, vec![at("x.py", 1)])).unwrap();
    assert_eq!((&*found.place, &*found.reason), ("baseline.json:2", "in a report of gitleaks"));
    assert!(accepted.find(&finding(&other, vec![at("src/b.py", 4)])).is_some());
    assert_eq!(accepted.find(&finding(&other, vec![at("src/b.py", 5)])), None);
    assert!(!format!("{accepted:?}").contains(&whole), "values are kept as hashes");
    assert!(read("baseline.json", "[]").is_empty());
}

#[test]
fn a_baseline_of_kingfisher_accepts_places() {
    let text = "ExactFindings:\n  matches:\n    - filepath: /ci/src/a.py/\n      fingerprint: \
                '0000000000000001'\n      linenum: 3\n      lastupdated: today\n";
    let accepted = read("baseline.yml", text);
    let found = accepted.find(&finding(&token(1), vec![at("src/a.py", 3)])).unwrap();
    assert_eq!(found.place, "baseline.yml:3");
    assert_eq!(found.reason, "accepted in baseline.yml");
}

#[test]
fn a_broken_file_is_an_error_with_its_place() {
    for (text, place, word) in [
        ("[\n {\"File\": 1}\n]", "x:2:", "string"),
        ("{\n \"results\": {\"a\": [{}]}}", "x:2:", "hashed_secret"),
        ("{\n \"results\": {\"a\": [{\"hashed_secret\": \"zz\"}]}}", "x:2:", "SHA-1"),
        ("{\"results\"", "x:1:", "EOF"),
        ("ExactFindings:\n  matches: 1\n", "x:1:", "matches"),
        ("ExactFindings:\n  matches:\n    - a: 1\n", "x:3:", "linenum"),
        ("just words\n", "x:1:1", "neither"),
    ] {
        let error = Accepted::read(Path::new("x"), text).unwrap_err().to_string();
        assert!(error.starts_with(place) && error.contains(word), "{text}: {error}");
    }
    assert!(read("x", "").is_empty());
}
