//! What is excused stays excused, and nothing else: the baseline, suppressions in files and in
//! configurations, and what is told of them. Each complaint of users of other scanners is a test.
//!
//! - `triage/baseline.rs`: known secrets,
//! - `triage/markers.rs`: comments beside secrets, ours and those of other tools,
//! - `triage/configuration.rs`: `[[suppress]]`, and the configuration of folders.

#![allow(clippy::unwrap_used)] // a test may panic

#[path = "triage/baseline.rs"]
mod baseline;
mod common;
#[path = "triage/configuration.rs"]
mod configuration;
#[path = "triage/markers.rs"]
mod markers;

use common::repo::Repo;
use common::report::{Report, run};
use common::token::Token;
use std::collections::BTreeMap;

const BASELINE: &str = ".blurt-baseline.json";
const CONFIG: &str = ".blurt.toml";
const RULE: &str = "github-personal-access-token";

/// The day that `run` has for today, the one before, and the one after.
const TODAY: &str = "2030-01-01";
const YESTERDAY: &str = "2029-12-31";

/// The status of each secret that a scan of the folder reports, by its token's name.
fn statuses(repo: &Repo, args: &[&str], tokens: &[&Token]) -> BTreeMap<String, String> {
    let report = Report::of(repo.path(), &[&["scan"], args].concat());
    let is_new = report.findings().values().any(|finding| finding.status == "new");
    assert_eq!(report.status, Some(i32::from(is_new)), "{}", report.text);
    let name = |mask: &String| {
        let token = tokens.iter().find(|token| token.masked() == *mask);
        token.unwrap_or_else(|| panic!("{mask} is nobody's")).name.clone()
    };
    report.findings().iter().map(|(mask, finding)| (name(mask), finding.status.clone())).collect()
}

fn expected<const N: usize>(all: [(&str, &str); N]) -> BTreeMap<String, String> {
    all.into_iter().map(|(name, status)| (name.to_owned(), status.to_owned())).collect()
}

/// Runs a command that has to end with this status, and returns what it says.
fn told(repo: &Repo, args: &[&str], status: i32) -> String {
    let said = run(repo.path(), args);
    assert_eq!(said.status, Some(status), "{args:?}: {said:?}");
    said.out + &said.err
}
