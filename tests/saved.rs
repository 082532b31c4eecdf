//! `blurt report`: a saved report says in every format what the scan has said. And its page, in a real
//! browser.
//!
//! - `saved/planted.rs` is what is scanned,
//! - `saved/browser.rs` opens the page, `saved/chromium.rs` runs the browser.

#![cfg(unix)]
#![allow(clippy::unwrap_used)] // a test may panic
#![allow(clippy::print_stderr)] // a test that is skipped says so

#[path = "saved/browser.rs"]
mod browser;
#[path = "saved/chromium.rs"]
mod chromium;
mod common;
#[path = "saved/planted.rs"]
mod planted;

use blurt::report::Format;
use common::{Said, blurt, said};
use planted::Planted;
use serde_json::{Value, json};
use std::path::Path;
use tempfile::TempDir;

/// Runs `blurt` on a day of its own.
fn run(folder: &Path, args: &[&str], input: &str) -> Said {
    said(blurt(folder).env("SOURCE_DATE_EPOCH", "1767225600").args(args).write_stdin(input))
}

/// Takes away what a report does not hold: the lines around secrets, and edits.
fn without_lines(format: &str, text: &str) -> String {
    match format {
        "text" => {
            let is_excerpt = |line: &str| line.contains("***") || line.contains("KEY-----…");
            let is_caret = |line: &str| line.trim().chars().all(|c| c == '^');
            let lines = text.lines().filter(|line| !is_excerpt(line));
            lines.filter(|line| line.is_empty() || !is_caret(line)).collect::<Vec<_>>().join("\n")
        }
        "sarif" | "gitlab" => {
            let mut json: Value = serde_json::from_str(text).unwrap();
            let results = if format == "sarif" { "/runs/0/results" } else { "/vulnerabilities" };
            for result in json.pointer_mut(results).unwrap().as_array_mut().unwrap() {
                let result = result.as_object_mut().unwrap();
                result.remove("fixes");
                result.remove("raw_source_code_extract");
            }
            serde_json::to_string_pretty(&json).unwrap()
        }
        _ => text.to_owned(),
    }
}

#[test]
fn a_saved_report_says_what_the_scan_has_said() {
    let planted = Planted::new();
    let folder = planted.repo.path();
    let scan = |format: &str| {
        let args = ["scan", "--history", "-f", format, ".", "missing"];
        let said = run(folder, &args, "");
        assert_eq!(said.status, Some(1), "{}", said.err);
        said.out
    };
    let saved = scan("json");
    let read: Value = serde_json::from_str(&saved).unwrap();
    assert!(read["summary"]["below"].as_u64() > Some(0), "{}", read["summary"]);
    assert_eq!(read["notes"].as_array().map(Vec::len), Some(1));
    let again = run(folder, &["report", "-", "-f", "json"], &saved);
    assert_eq!(again.status, Some(0), "{}", again.err);
    assert!(again.out == saved, "{}", again.out);
    for format in blurt::report::FORMATS.map(Format::name) {
        let report = run(folder, &["report", "-", "-f", format], &saved);
        assert_eq!(report.status, Some(0), "{format}: {}", report.err);
        let [fresh, report] = [scan(format), report.out].map(|text| without_lines(format, &text));
        assert!(!fresh.is_empty());
        let differ = fresh.lines().zip(report.lines()).find(|(a, b)| a != b);
        assert!(fresh == report, "{format}: {differ:?}");
    }
    let verbose = run(folder, &["report", "-", "-v"], &saved).out;
    let fresh = run(folder, &["scan", "--history", "-v", ".", "missing"], "").out;
    assert!(without_lines("text", &verbose) == without_lines("text", &fresh), "{verbose}");
}

#[test]
fn no_report_of_a_saved_one_shows_a_value() {
    let planted = Planted::new();
    let folder = planted.repo.path();
    let saved =
        run(folder, &["scan", "--history", "-f", "json", "--min-confidence", "low"], "").out;
    for format in blurt::report::FORMATS.map(Format::name) {
        let report = run(folder, &["report", "-", "-v", "-f", format], &saved);
        planted.assert_masked(format, &report.out);
        planted.assert_masked(format, &report.err);
    }
}

#[test]
fn reports_go_to_files_and_to_standard_output() {
    let planted = Planted::new();
    let saved = run(planted.repo.path(), &["scan", "-f", "json"], "").out;
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("r.json"), &saved).unwrap();
    let args =
        ["report", "r.json", "-o", "r.html", "-o", "r.xml", "-o", "r.csv", "-o", "gitlab:g.json"];
    let written = run(folder.path(), &args, "");
    assert_eq!((written.status, written.out.as_str()), (Some(0), ""), "{}", written.err);
    let begins = |name: &str, with: &str| {
        let text = std::fs::read_to_string(folder.path().join(name)).unwrap();
        assert!(text.starts_with(with), "{name}: {text}");
    };
    begins("r.html", "<!DOCTYPE html>");
    begins("r.xml", "<?xml version=\"1.0\"");
    begins("r.csv", "fingerprint,status,");
    begins("g.json", "{\n  \"version\": \"15.");
    let both = run(folder.path(), &["report", "r.json", "-o", "s.sarif", "-f", "json"], "");
    assert!(both.out == saved, "{}", both.out);
    let text = run(folder.path(), &["report", "r.json"], "").out;
    assert!(text.contains("GitHub personal access token"), "{text}");
}

#[test]
fn what_is_no_report_is_told() {
    let planted = Planted::new();
    let folder = planted.repo.path();
    let saved = run(folder, &["scan", "-f", "json"], "").out;
    let changed = |pointer: &str, value: Value| {
        let mut json: Value = serde_json::from_str(&saved).unwrap();
        *json.pointer_mut(pointer).unwrap() = value;
        json.to_string()
    };
    for (input, told) in [
        (String::new(), "a report is what `blurt scan -f json` writes"),
        ("{}".into(), "missing field `schema_version`"),
        (changed("/schema_version", json!(7)), "layout 7"),
        (changed("/findings/0/fingerprint", json!("../<b>")), "finding 1: `fingerprint`"),
        (changed("/findings/0/locations", json!([])), "finding 1: `locations` is empty"),
        (changed("/findings/0/status", json!("odd")), "finding 1: `status`"),
        (changed("/findings/0/severity", json!("odd")), "unknown variant `odd`"),
        (changed("/findings/0/locations/0/start_line", json!(-1)), "invalid value"),
    ] {
        let said = run(folder, &["report", "-", "-f", "html"], &input);
        assert_eq!((said.status, said.out.as_str()), (Some(2), ""), "{input}");
        assert!(said.err.contains(told), "{told}: {}", said.err);
    }
    let missing = run(folder, &["report", "missing.json"], "");
    assert_eq!(missing.status, Some(2));
    assert!(missing.err.contains("missing.json: cannot be read"), "{}", missing.err);
    let odd = run(folder, &["report", "-", "-o", "x.odd"], &saved);
    assert!(odd.err.contains("no format has this extension"), "{}", odd.err);
}

/// Whoever has written a report may have meant harm.
#[test]
fn a_hostile_report_stays_text() {
    let planted = Planted::new();
    let folder = planted.repo.path();
    let saved = run(folder, &["scan", "--history", "-f", "json"], "").out;
    let mut report: Value = serde_json::from_str(&saved).unwrap();
    poison(&mut report);
    for format in blurt::report::FORMATS.map(Format::name) {
        let said = run(folder, &["report", "-", "-v", "-f", format], &report.to_string());
        assert_eq!(said.status, Some(0), "{format}: {}", said.err);
        let harmless = |c: char| c == '\n' || !(c.is_control() || c == '\u{202e}');
        let is_json = ["json", "jsonl"].contains(&format);
        // JSON escapes control characters itself, and keeps what it was given.
        assert!(is_json || said.out.chars().all(harmless), "{format}: {}", said.out);
        let markup = said.out.contains("<img src=x>");
        // Markdown has it between fences.
        assert!(!markup || !["html", "junit"].contains(&format), "{format}");
        if format == "junit" {
            roxmltree::Document::parse(&said.out).unwrap();
        }
    }
}

/// Adds hostile text to all that is free text in a report.
fn poison(value: &mut Value) {
    const FIXED: [&str; 24] = [
        "by",
        "expires",
        "fingerprint",
        "severity",
        "confidence",
        "status",
        "date",
        "first_seen",
        "last_seen",
        "name",
        "version",
        "phase",
        "part",
        "action",
        "evidence",
        "credential",
        "function",
        "role",
        "commit",
        "secret",
        "term",
        "facts",
        "verification",
        "rule",
    ];
    match value {
        Value::String(text) => {
            text.push_str("</noscript></script><img src=x>]]>\u{1b}[2J\u{202e}`|\"'");
        }
        Value::Array(items) => items.iter_mut().for_each(poison),
        Value::Object(fields) => {
            let free = fields.iter_mut().filter(|(name, _)| !FIXED.contains(&name.as_str()));
            free.for_each(|(_, value)| poison(value));
        }
        _ => {}
    }
}

#[test]
fn a_rule_that_is_not_known_is_the_report_s() {
    let planted = Planted::new();
    let folder = planted.repo.path();
    let saved = run(folder, &["scan", "-f", "json"], "").out;
    let mut report: Value = serde_json::from_str(&saved).unwrap();
    let finding = &mut report["findings"][0];
    for (name, value) in [("rule", "acme-token"), ("kind", "acme"), ("title", "Acme token")] {
        finding[name] = json!(value);
    }
    finding["severity"] = json!("low");
    let saved = report.to_string();
    let again = run(folder, &["report", "-", "-f", "json"], &saved).out;
    assert!(serde_json::from_str::<Value>(&again).unwrap() == report, "{again}");
    let sarif: Value =
        serde_json::from_str(&run(folder, &["report", "-", "-f", "sarif"], &saved).out).unwrap();
    assert_eq!(sarif["runs"][0]["results"][0]["ruleId"], "acme-token");
    assert_eq!(sarif["runs"][0]["results"][0]["level"], "note");
    let rules = sarif["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    assert!(rules.iter().any(|rule| rule["shortDescription"]["text"] == "Acme token"));
}
