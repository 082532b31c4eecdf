//! What `blurt scan` reports of a repository, read back. Every report that goes through here is valid
//! by the schema and shows no secret.

use super::{Said, blurt, said};
use assert_cmd::Command;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// Now, for age: 2030-01-01.
pub const NOW: i64 = 1_893_456_000;

/// One finding.
#[derive(Debug, PartialEq, Eq)]
pub struct Finding {
    pub rule: String,
    pub confidence: String,
    pub status: String,
    /// Why it is not new.
    pub reason: Option<String>,
    pub places: Vec<Place>,
    pub exposure: Exposure,
}

/// One place of a finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub path: Option<String>,
    pub line: u64,
    pub column: u64,
    pub commit: Option<String>,
    pub author: Option<String>,
    pub date: Option<String>,
    /// `None` where HEAD has no say: outside commits, and for what is no file.
    pub in_head: Option<bool>,
    /// Commit, author and date of each removal.
    pub removed: Vec<[String; 3]>,
    /// The objects and decodings on the way.
    pub via: Vec<String>,
}

/// Since when and where it can be read.
#[derive(Debug, PartialEq, Eq)]
pub struct Exposure {
    pub first_seen: Option<String>,
    pub last_seen: Option<String>,
    pub age_days: Option<i64>,
    pub in_tree: bool,
    pub in_history: Option<bool>,
    pub pushed: Option<bool>,
    pub refs: Vec<String>,
    pub ref_count: u64,
    pub unreachable: bool,
}

/// A JSON report.
pub struct Report {
    pub status: Option<i32>,
    /// As it was written.
    pub text: String,
    pub json: Value,
    /// What stood on standard error.
    pub err: String,
}

/// Runs `blurt` on a fixed day, and sees to it that no secret is shown.
pub fn run(folder: &Path, args: &[&str]) -> Said {
    run_command(blurt(folder).args(args))
}

/// The same with a command that is ready but for the day.
pub fn run_command(command: &mut Command) -> Said {
    let said = said(command.env("SOURCE_DATE_EPOCH", NOW.to_string()));
    for text in [&said.out, &said.err] {
        assert!(!shows_a_token(text), "a secret stands in what {command:?} says:\n{text}");
    }
    said
}

/// A masked token goes on with stars.
fn shows_a_token(text: &str) -> bool {
    text.split("ghp_")
        .skip(1)
        .any(|rest| rest.chars().take_while(char::is_ascii_alphanumeric).count() >= 8)
}

fn assert_valid(report: &Value) {
    let schema: Value = serde_json::from_str(blurt::report::SCHEMA).unwrap();
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    let flaws: Vec<_> =
        validator.iter_errors(report).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(flaws.is_empty(), "{}", flaws.join("\n"));
}

impl Report {
    /// The report of a scan in `folder`.
    pub fn of(folder: &Path, args: &[&str]) -> Self {
        Self::of_command(blurt(folder).args(args))
    }

    /// The report of a scan that lacks nothing but the format.
    pub fn of_command(command: &mut Command) -> Self {
        let Said { status, out, err } = run_command(command.args(["-f", "json"]));
        Self::read(status, out, err)
    }

    /// A report that was written, with the exit status of the scan and what it said beside it.
    pub fn read(status: Option<i32>, out: String, err: String) -> Self {
        let json = serde_json::from_str(&out).unwrap_or_else(|e| panic!("{e}: {out}{err}"));
        assert_valid(&json);
        Self { status, text: out, json, err }
    }

    /// The findings by their masked values. No two tokens of a test end in the same characters.
    pub fn findings(&self) -> BTreeMap<String, Finding> {
        let all = items(&self.json["findings"]);
        let found: Vec<_> =
            all.map(|finding| (text(&finding["secret"]), Finding::read(finding))).collect();
        let count = found.len();
        let found = BTreeMap::from_iter(found);
        assert_eq!(found.len(), count, "a secret is reported twice: {:?}", found.keys());
        found
    }

    /// The findings without what a scan was, so that those of different scans can be compared.
    pub fn findings_text(&self) -> String {
        serde_json::to_string_pretty(&self.json["findings"]).unwrap()
    }

    pub fn count(&self, what: &str) -> usize {
        self.json["coverage"][what].as_u64().unwrap() as usize
    }

    /// Sees to it that something was not looked at, and that a mend says `mend`.
    pub fn assert_incomplete(&self, mend: &str) {
        let coverage = &self.json["coverage"];
        assert_eq!(coverage["complete"], false, "{coverage}");
        let mends = self.mends();
        assert!(mends.iter().any(|text| text.contains(mend)), "{mend:?} is not in {mends:?}");
    }

    /// What mends it, each once.
    pub fn mends(&self) -> Vec<String> {
        let skipped = items(&self.json["coverage"]["skipped"]);
        let mut mends: Vec<String> = skipped.filter_map(|skip| maybe_text(&skip["mend"])).collect();
        mends.sort();
        mends.dedup();
        mends
    }

    /// What was not looked at, in words.
    pub fn skipped(&self) -> Vec<String> {
        let skipped = items(&self.json["coverage"]["skipped"]);
        skipped.map(|skip| format!("{} {}", text(&skip["path"]), text(&skip["reason"]))).collect()
    }
}

impl Finding {
    fn read(finding: &Value) -> Self {
        Self {
            rule: text(&finding["rule"]),
            confidence: text(&finding["confidence"]),
            status: text(&finding["status"]),
            reason: maybe_text(&finding["reason"]),
            places: items(&finding["locations"]).map(Place::read).collect(),
            exposure: Exposure::read(&finding["exposure"]),
        }
    }
}

impl Place {
    fn read(place: &Value) -> Self {
        let number = |name: &str| place[name].as_u64().unwrap();
        // All secrets are tokens of the same length.
        assert_eq!(number("end_line"), number("start_line"), "{place}");
        assert_eq!(number("end_column"), number("start_column") + 40, "{place}");
        let removal = |removal: &Value| {
            let part = |name: &str| text(&removal[name]);
            [part("commit"), part("author"), part("date")]
        };
        let is_file = place["path"].is_string() && place["commit"].is_string();
        Self {
            path: maybe_text(&place["path"]),
            line: number("start_line"),
            column: number("start_column"),
            commit: maybe_text(&place["commit"]),
            author: maybe_text(&place["author"]),
            date: maybe_text(&place["date"]),
            in_head: is_file.then(|| place["in_head"].as_bool().unwrap()),
            removed: items(&place["removed"]).map(removal).collect(),
            via: items(&place["via"]).map(step).collect(),
        }
    }
}

impl Exposure {
    fn read(exposure: &Value) -> Self {
        Self {
            first_seen: maybe_text(&exposure["first_seen"]),
            last_seen: maybe_text(&exposure["last_seen"]),
            age_days: exposure["age_days"].as_i64(),
            in_tree: exposure["in_tree"].as_bool().unwrap(),
            in_history: exposure["in_history"].as_bool(),
            pushed: exposure["pushed"].as_bool(),
            refs: items(&exposure["refs"]).map(text).collect(),
            // Null where no history could be looked at.
            ref_count: exposure["ref_count"].as_u64().unwrap_or_default(),
            unreachable: exposure["unreachable"].as_bool().unwrap_or_default(),
        }
    }
}

/// What a step of the way into a file is called.
fn step(via: &Value) -> String {
    ["object", "decoded"].iter().find_map(|kind| maybe_text(&via[kind])).unwrap()
}

pub fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> String {
    maybe_text(value).unwrap_or_else(|| panic!("no text: {value}"))
}

fn maybe_text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}
