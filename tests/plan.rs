//! `blurt plan`: an organisation with hundreds of secrets, and what it is told to do.

#![allow(clippy::unwrap_used)] // a test may panic

mod common;

#[path = "plan/organisation.rs"]
mod organisation;

use assert_cmd::Command;
use organisation::Organisation;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::LazyLock;

/// Planted and scanned once.
static PLANTED: LazyLock<(Organisation, Value)> = LazyLock::new(|| {
    let organisation = Organisation::plant();
    let report = organisation.blurt(&["scan", "--history", "-q", "-o", "../report.json"]);
    assert_eq!(report.status, Some(1), "{}", report.err);
    let plan = organisation.blurt(&["plan", "../report.json", "-f", "json"]);
    assert_eq!(plan.status, Some(1), "{}", plan.err);
    let plan = serde_json::from_str(&plan.out).unwrap();
    (organisation, plan)
});

fn entries() -> &'static [Value] {
    PLANTED.1["entries"].as_array().unwrap()
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value.pointer(key).and_then(Value::as_str).unwrap_or_else(|| panic!("{key} of {value}"))
}

#[test]
fn an_organisation_gets_one_entry_a_secret_the_incident_first() {
    let (organisation, _) = &*PLANTED;
    assert!(entries().len() >= 300, "{}", entries().len());
    let names: BTreeSet<&str> = entries().iter().map(|entry| text(entry, "/fingerprint")).collect();
    assert_eq!(names.len(), entries().len());
    let rank = |entry: &Value| {
        let place = |list: &[&str], key| list.iter().position(|w| *w == text(entry, key)).unwrap();
        (
            place(&["incident", "history", "files"], "/stage"),
            place(&["critical", "high", "medium", "low"], "/severity"),
        )
    };
    assert!(entries().is_sorted_by_key(rank));
    let stages: BTreeSet<&str> = entries().iter().map(|entry| text(entry, "/stage")).collect();
    assert_eq!(stages, BTreeSet::from(["incident", "history", "files"]));
    assert!(organisation.values.len() >= 300);
}

#[test]
fn every_entry_says_who_where_and_by_what_name() {
    let mut applications: BTreeMap<&str, usize> = BTreeMap::new();
    let mut named = BTreeSet::new();
    for entry in entries() {
        let application = text(entry, "/inventory/application");
        *applications.entry(application).or_default() += 1;
        let name = text(entry, "/name");
        assert!(named.insert(name), "{name} twice");
        let parts: Vec<&str> = name.split('/').collect();
        let inventory = [
            "",
            application,
            text(entry, "/inventory/function"),
            text(entry, "/inventory/environment"),
        ];
        assert_eq!(parts[..4], inventory, "{name}");
        let tags = &entry["tags"];
        for (tag, key) in [
            ("appname", "/inventory/application"),
            ("appfunc", "/inventory/function"),
            ("appenv", "/inventory/environment"),
            ("dataclassification", "/inventory/classification"),
        ] {
            assert_eq!(tags[tag], text(entry, key), "{name}");
        }
        let owned = entry["inventory"]["owner"].is_string();
        assert!(owned || text(entry, "/stage") == "files", "{entry}");
        let decision = text(entry, "/decision");
        match text(entry, "/action") {
            "remove" => assert!(["retire", "retain"].contains(&decision), "{entry}"),
            "rotate" => assert!(["relocate", "retain"].contains(&decision), "{entry}"),
            _ => {}
        }
    }
    for service in ["checkout", "billing", "search", "gateway", "mobileapp"] {
        assert!(applications.contains_key(service), "{applications:?}");
    }
    let environments: BTreeSet<&str> =
        entries().iter().map(|entry| text(entry, "/inventory/environment")).collect();
    assert!(environments.is_superset(&BTreeSet::from(["prod", "nonp", "dev"])), "{environments:?}");
    let owners: BTreeSet<&str> =
        entries().iter().filter_map(|entry| entry["inventory"]["owner"].as_str()).collect();
    assert!(owners.contains("@acme/payments"), "{owners:?}");
    assert!(owners.iter().any(|owner| owner.contains("@example.org")), "{owners:?}");
}

#[test]
fn no_entry_has_a_step_that_does_not_apply() {
    for entry in entries() {
        let steps = entry["steps"].as_array().unwrap();
        let part = |part: &str| steps.iter().filter(|step| step["part"] == part).count();
        let texts: Vec<&str> = steps.iter().map(|step| text(step, "/do")).collect();
        let distinct: BTreeSet<&&str> = texts.iter().collect();
        assert_eq!(distinct.len(), texts.len(), "something is said twice: {texts:#?}");
        let summary = text(entry, "/remedy/summary");
        assert!(!summary.contains('{'), "{summary}");
        let stored = !entry["store"].is_null();
        assert_eq!(part("store") > 0, stored, "{texts:#?}");
        let in_tree = entry["places"].as_array().unwrap().iter().any(|p| p["commit"].is_null());
        assert_eq!(part("place") > 0, in_tree, "{texts:#?}");
        let stage = text(entry, "/stage");
        assert_eq!(part("history") > 0, stage != "files", "{stage}: {texts:#?}");
        for command in steps.iter().filter_map(|step| step["command"].as_str()) {
            assert!(!command.contains("/APP/FUNCTION"), "{command}");
        }
    }
}

#[test]
fn no_format_shows_a_secret() {
    let (organisation, _) = &*PLANTED;
    let mut shown = Vec::new();
    for format in ["markdown", "json", "csv", "html"] {
        let plan = organisation.blurt(&["plan", "../report.json", "-f", format]);
        assert_eq!(plan.status, Some(1), "{}", plan.err);
        shown.push((format, plan.out));
    }
    shown.push(("report", fs::read_to_string(organisation.report()).unwrap()));
    for (format, text) in &shown {
        for value in &organisation.values {
            let lines = value.lines().filter(|line| !line.contains("-----") && line.len() > 5);
            for line in lines {
                assert!(!text.contains(line), "{format} shows a planted value");
            }
        }
    }
    let csv = &shown[2].1;
    assert_eq!(csv.lines().count(), entries().len() + 1, "one row a secret, and the head");
}

#[test]
fn a_plan_is_the_same_from_a_report_and_from_a_scan() {
    let (organisation, _) = &*PLANTED;
    let saved = organisation.blurt(&["plan", "../report.json", "-f", "json"]).out;
    let fresh = organisation.blurt(&["plan", "-f", "json"]);
    assert_eq!(saved, fresh.out);
}

#[test]
fn options_choose_among_the_findings_of_a_report() {
    let (organisation, _) = &*PLANTED;
    let count = |args: &[&str]| {
        let all = [&["plan", "../report.json", "-f", "json"], args].concat();
        let plan: Value = serde_json::from_str(&organisation.blurt(&all).out).unwrap();
        plan["entries"].as_array().unwrap().len()
    };
    let of = |wanted: &dyn Fn(&Value) -> bool| entries().iter().filter(|e| wanted(e)).count();
    let severe = of(&|entry| entry["severity"] == "critical");
    assert!(severe > 0 && severe < entries().len());
    assert_eq!(count(&["--min-severity", "critical"]), severe);
    let rule = "slack-bot-token";
    let slack = of(&|entry| entry["rule"] == rule);
    assert!(slack > 0);
    assert_eq!(count(&["--rule", rule]), slack);
    assert_eq!(count(&["--no-rule", rule]), entries().len() - slack);
    let elsewhere = of(&|entry| {
        let places = entry["places"].as_array().unwrap();
        places.iter().any(|place| !text(place, "/name").starts_with("infra/"))
    });
    assert_eq!(count(&["--exclude", "infra/**"]), elsewhere);
}

#[test]
fn what_is_no_report_is_an_error_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let plan = |report: &str| {
        fs::write(folder.path().join("r.json"), report).unwrap();
        let mut command = Command::cargo_bin("blurt").unwrap();
        let out = command.current_dir(folder.path()).args(["plan", "r.json"]).output().unwrap();
        (out.status.code(), String::from_utf8(out.stderr).unwrap())
    };
    let (status, err) = plan("{\n \"schema_version\": 1,\n");
    assert_eq!(status, Some(2), "{err}");
    assert!(err.contains("r.json: is no report: line 3"), "{err}");
    let (status, err) = plan("{\"schema_version\": 9}");
    assert_eq!(status, Some(2), "{err}");
    assert!(err.contains("layout 9") && err.contains("scan again"), "{err}");
    let empty = "{\"schema_version\": 1, \"coverage\": {\"complete\": true}, \"findings\": []}";
    assert_eq!(plan(empty).0, Some(0));
    let partial = "{\"schema_version\": 1, \"coverage\": {\"complete\": false, \"skipped\": [{\"path\": \"a\", \"reason\": \"b\"}]}, \"findings\": []}";
    let (status, err) = plan(partial);
    assert_eq!(status, Some(2));
    assert!(err.contains("not scanned: a b"), "{err}");
}
