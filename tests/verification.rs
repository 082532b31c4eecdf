//! What a secret says about itself decides how sure blurt is of it and what is to be done.

#![allow(clippy::unwrap_used)] // a test may panic

use assert_cmd::Command;
use blurt::rule::example::expand;
use serde_json::Value;

/// The findings of a scan of `text` that is asked for everything.
fn findings(text: &str) -> Vec<Value> {
    let out = Command::cargo_bin("blurt")
        .unwrap()
        .args(["scan", "--stdin", "-f", "json", "--min-confidence", "low"])
        .env_remove("SOURCE_DATE_EPOCH")
        .write_stdin(text)
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&out.stdout).unwrap();
    report["findings"].as_array().unwrap().clone()
}

/// The one finding: its confidence, what it says of itself, and what is to be done.
fn verdict(text: &str) -> [String; 3] {
    let found = findings(text);
    assert_eq!(found.len(), 1, "{found:#?}");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let finding = &found[0];
    [
        text(&finding["confidence"]),
        text(&finding["verification"]["status"]),
        text(&finding["remediation"]["action"]),
    ]
}

#[test]
fn a_right_checksum_is_proof_and_a_wrong_one_speaks_for_an_example() {
    let token = expand("<<ghp_[0-9A-Za-z]{30}|github>>", 3).unwrap();
    assert_eq!(verdict(&format!("x {token}\n")), ["high", "checksum-valid", "rotate"]);
    let (body, last) = token.split_at(token.len() - 1);
    let other = if last == "0" { "1" } else { "0" };
    assert_eq!(verdict(&format!("x {body}{other}\n")), ["medium", "checksum-invalid", "remove"]);
}

#[test]
fn no_filter_speaks_against_a_right_checksum() {
    // A run of equal characters makes a placeholder of any other token.
    let token = expand("<<ghp_aaaaaaaaaaaaaaaaaaaaaaaaaaaa[0-9]{2}|github>>", 1).unwrap();
    assert_eq!(verdict(&format!("x {token}\n")), ["high", "checksum-valid", "rotate"]);
    let (body, _) = token.split_at(token.len() - 1);
    assert!(findings(&format!("x {body}!\n")).is_empty());
}

#[test]
fn an_expired_token_is_for_audits_and_is_removed() {
    let token = expand("<<@expired-jwt>>", 5).unwrap();
    assert_eq!(verdict(&format!("x {token}\n")), ["low", "expired", "remove"]);
    let token = expand("<<@jwt>>", 5).unwrap();
    assert_eq!(verdict(&format!("x {token}\n")), ["high", "well-formed", "rotate"]);
}

#[test]
fn a_secret_with_a_right_checksum_is_reported_once() {
    let token = expand("<<ghp_[0-9A-Za-z]{30}|github>>", 9).unwrap();
    let found = findings(&format!("heroku_secret_token = \"{token}\"\n"));
    let rules: Vec<_> = found.iter().map(|finding| finding["rule"].as_str().unwrap()).collect();
    assert_eq!(rules, ["github-personal-access-token"]);
}
