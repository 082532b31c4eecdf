//! Runs `blurt ci` in the environment of a service, and reads what it says.

use crate::common::repo::Repo;
use crate::common::{Said, blurt, said};
use crate::project::{Depth, Project, Request};
use crate::token;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The commits that stand in the recorded environments: the tip of the change,
pub const HEAD: &str = "4e076048c54ea5edfeb91a737e35dd2f5832c18b";
/// where a request goes,
pub const BASE: &str = "73533c58fa7402383ab13dd6c73e54434c1032b2";
/// the merge of the two,
pub const MERGE: &str = "6a8e1d0980c1894a6556cbdc29de65690cc78eb8";
/// what a branch had before,
pub const BEFORE: &str = "14efa94147b8881a61630c5d62af6ff76524c8e8";
/// and an annotated tag.
pub const TAG: &str = "9e205e25653eaf7dcccbe6ef2f7758367ebdf750";

/// No test has more tokens.
pub const TOKENS: u64 = 10;

/// An environment of a service, as one of `tests/ci/` records it from the page named there.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Environment {
    /// The text of the file that `GITHUB_EVENT_PATH` names.
    pub event: Option<String>,
    pub variables: BTreeMap<String, String>,
}

impl Environment {
    /// The environment of that name, with commits of a test in the place of those recorded.
    pub fn recorded(name: &str, commits: &[(&str, &str)]) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ci");
        let mut text = fs::read_to_string(folder.join(format!("{name}.toml"))).unwrap();
        for (recorded, commit) in commits {
            assert!(text.contains(&recorded[..12]), "{name} has no {recorded}");
            // Some services abbreviate to 12 digits.
            text = text.replace(recorded, commit).replace(&recorded[..12], &commit[..12]);
        }
        toml::from_str(&text).unwrap()
    }

    /// That of a pull request at GitHub.
    pub fn of_request(request: &Request) -> Self {
        let Request { base, head, merge } = request;
        Self::recorded("github-pull-request", &[(BASE, base), (HEAD, head), (MERGE, merge)])
    }

    /// That of a push to a branch at GitHub, as `name` has it.
    pub fn of_push(name: &str, before: &str, head: &str) -> Self {
        Self::recorded(name, &[(BEFORE, before), (HEAD, head)])
    }

    /// The same with another variable.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Runs the gate in `folder`, with more arguments.
    pub fn run(&self, clone: &Repo, folder: &str, args: &[&str]) -> Verdict {
        let files = clone.parent();
        let (event, report) = (files.join("event.json"), files.join("report.json"));
        let summary = files.join("summary.md");
        let _ = fs::remove_file(&report);
        let mut command = blurt(&clone.path().join(folder));
        command.envs(&self.variables);
        if let Some(text) = &self.event {
            fs::write(&event, text).unwrap();
            command.env("GITHUB_EVENT_PATH", &event).env("GITHUB_STEP_SUMMARY", &summary);
        }
        let said = said(command.arg("ci").arg("-o").arg(&report).args(args));
        let report = fs::read_to_string(&report).unwrap_or_default();
        let summary = fs::read_to_string(&summary).unwrap_or_default();
        for text in [&said.out, &said.err, &report, &summary] {
            let shown = (0..TOKENS).find(|n| text.contains(&token(*n)));
            assert_eq!(shown, None, "a secret is shown:\n{text}");
        }
        let report = serde_json::from_str(&report).unwrap_or_default();
        Verdict { said, report, summary }
    }

    /// Runs the gate at the root of a clone.
    pub fn judge(&self, clone: &Repo) -> Verdict {
        self.run(clone, "", &[])
    }
}

impl Project {
    /// Opens the request, and runs the gate as GitHub does.
    pub fn judge(&self) -> Verdict {
        let request = self.open();
        Environment::of_request(&request).judge(&self.checkout_merge(Depth::All, &request))
    }
}

/// What the gate says.
#[derive(Debug)]
pub struct Verdict {
    pub said: Said,
    /// The JSON report; null if there is none.
    pub report: Value,
    /// The summary of GitHub's step.
    pub summary: String,
}

impl Verdict {
    /// The places of the findings of a status, `path:line`, or what they are in instead of a file.
    pub fn places(&self, status: &str) -> Vec<String> {
        let findings = self.report["findings"].as_array().into_iter().flatten();
        let findings = findings.filter(|finding| finding["status"] == status);
        let places = findings.flat_map(|finding| finding["locations"].as_array().unwrap());
        let mut places: Vec<String> = places.map(place).collect();
        places.sort();
        places
    }

    /// What the report has on coverage.
    pub fn coverage(&self, key: &str) -> u64 {
        self.report["coverage"][key].as_u64().unwrap()
    }

    /// Whether there is such a remark.
    pub fn notes(&self, beginning: &str) -> bool {
        let beginning = format!("note: {beginning}");
        self.said.out.lines().any(|line| line.starts_with(&beginning))
    }

    /// It found new secrets in these places, and looked everywhere.
    pub fn assert_found(&self, places: &[&str]) {
        assert_eq!(self.said.status, Some(1), "{self:#?}");
        assert_eq!(self.places("new"), places, "{self:#?}");
        assert_eq!(self.report["coverage"]["complete"], true, "{self:#?}");
    }

    /// It looked everywhere and found nothing new.
    pub fn assert_clean(&self) {
        assert_eq!(self.said.status, Some(0), "{self:#?}");
        assert_eq!(self.places("new"), [""; 0], "{self:#?}");
        assert_eq!(self.report["coverage"]["complete"], true, "{self:#?}");
    }

    /// It found new secrets in these places, if any, and looked everywhere.
    pub fn assert_new(&self, places: &[&str]) {
        if places.is_empty() {
            self.assert_clean();
        } else {
            self.assert_found(places);
        }
    }

    /// It could not look at something, tells it, and gives the command that mends it.
    pub fn assert_blind(&self) -> String {
        assert_eq!(self.said.status, Some(2), "{self:#?}");
        self.mend()
    }

    /// The command that mends what could not be looked at.
    pub fn mend(&self) -> String {
        let skipped = self.report["coverage"]["skipped"].as_array().unwrap();
        let mend = skipped.iter().find_map(|skip| skip["mend"].as_str());
        let mend = mend.unwrap_or_else(|| panic!("nothing mends it: {self:#?}"));
        assert!(self.said.out.contains(mend), "people are told, too: {self:#?}");
        mend.to_owned()
    }

    /// The gate could not begin, and says why.
    pub fn assert_refused(&self, why: &str) {
        assert_eq!(self.said.status, Some(2), "{self:#?}");
        assert!(self.said.err.contains(why), "{self:#?}");
    }
}

fn place(location: &Value) -> String {
    match location["path"].as_str() {
        Some(path) => format!("{path}:{}", location["start_line"]),
        None => location["via"][0]["object"].as_str().unwrap().to_owned(),
    }
}
