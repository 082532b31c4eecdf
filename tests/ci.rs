//! What is understood of the environments of CI services. Each file in `tests/ci/` is one: the
//! variables and the event as the service documents them, and what they mean.

#![allow(clippy::unwrap_used)] // a test may panic

use blurt::ci::{self, CiError, Event};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// An environment, and what it means.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// The page that documents it.
    source: String,
    /// The file that `GITHUB_EVENT_PATH` shall name.
    event: Option<String>,
    variables: BTreeMap<String, String>,
    /// None if no service is known by it.
    expected: Option<Expected>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    service: String,
    default_branch: Option<String>,
    change: Change,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
enum Change {
    Request {
        name: String,
        base: Vec<String>,
        head: Vec<String>,
        from_fork: bool,
    },
    Push {
        branch: Option<String>,
        before: Option<String>,
        head: Vec<String>,
        is_new: Option<bool>,
        forced: bool,
    },
    Tag {
        name: String,
        head: Vec<String>,
    },
    Deleted {
        name: String,
    },
    Whole {
        why: String,
        head: Vec<String>,
    },
}

impl From<ci::Change> for Change {
    fn from(change: ci::Change) -> Self {
        use ci::Change as Is;
        match change {
            Is::Request { name, base, head, from_fork } => {
                Self::Request { name, base, head, from_fork }
            }
            Is::Push { branch, before, head, is_new, forced } => {
                Self::Push { branch, before, head, is_new, forced }
            }
            Is::Tag { name, head } => Self::Tag { name, head },
            Is::Deleted { name } => Self::Deleted { name },
            Is::Whole { why, head } => Self::Whole { why, head },
        }
    }
}

impl Case {
    /// What is understood without the variables in `absent`.
    fn event(&self, absent: &[&str]) -> Result<Option<Event>, CiError> {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("event.json");
        let mut variables = self.variables.clone();
        if let Some(event) = &self.event {
            fs::write(&path, event).unwrap();
            variables.insert("GITHUB_EVENT_PATH".into(), path.to_str().unwrap().into());
        }
        for name in absent {
            variables.insert((*name).into(), String::new());
        }
        ci::event(&|name| variables.get(name).cloned())
    }
}

/// All cases, by the names of their files.
fn cases() -> BTreeMap<String, Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ci");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let read = |path: std::path::PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(&path).unwrap();
        let case = toml::from_str(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
        (name, case)
    };
    files.map(read).collect()
}

#[test]
fn every_environment_means_what_its_case_says() {
    let mut services = BTreeSet::new();
    for (name, case) in cases() {
        assert!(case.source.starts_with("https://"), "{name}: where is it documented?");
        let event = case.event(&[]).unwrap_or_else(|e| panic!("{name}: {e}"));
        match (event, case.expected) {
            (None, None) => {}
            (Some(event), Some(expected)) => {
                assert_eq!(event.service, expected.service, "{name}");
                assert_eq!(Change::from(event.change), expected.change, "{name}");
                assert_eq!(event.default_branch, expected.default_branch, "{name}");
                services.insert(event.service);
            }
            (event, _) => panic!("{name}: {event:?}"),
        }
    }
    assert_eq!(services.len(), 7, "{services:?}");
}

#[test]
fn an_environment_of_empty_variables_is_none() {
    for (name, mut case) in cases() {
        case.event = None;
        let absent: Vec<&str> = case.variables.keys().map(String::as_str).collect();
        assert_eq!(case.event(&absent).unwrap(), None, "{name}");
    }
}

#[test]
fn without_any_variable_a_change_still_has_a_head_which_is_no_base() {
    for (name, case) in cases() {
        for absent in case.variables.keys() {
            // A service that withholds its event is an error, and no smaller change.
            let Ok(Some(event)) = case.event(&[absent]) else { continue };
            match event.change {
                ci::Change::Request { base, head, .. } => {
                    assert!(!head.is_empty(), "{name} without {absent}");
                    let both = base.iter().find(|base| head.contains(base) || *base == "HEAD");
                    assert_eq!(both, None, "{name} without {absent}");
                }
                ci::Change::Push { head, .. }
                | ci::Change::Tag { head, .. }
                | ci::Change::Whole { head, .. } => {
                    assert!(!head.is_empty(), "{name} without {absent}");
                }
                ci::Change::Deleted { .. } => {}
            }
        }
    }
}
