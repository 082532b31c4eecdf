//! A JSON report read again: for commands that go on where a scan has ended.

use super::SCHEMA_VERSION;
use crate::blob::INTO;
use crate::coverage::Skip;
use crate::finding::Commit;
use crate::remedy::Remedy;
use crate::rule::{Confidence, Severity};
use jiff::Timestamp;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A report that was written by an earlier scan. It holds no secret in clear.
#[derive(Debug, Clone, Deserialize)]
pub struct Report {
    /// What was looked at.
    pub coverage: Coverage,
    /// The findings, worst first.
    pub findings: Vec<Finding>,
}

/// What the earlier scan has looked at.
#[derive(Debug, Clone, Deserialize)]
pub struct Coverage {
    /// Whether it could look everywhere.
    pub complete: bool,
    /// Where it could not.
    #[serde(default)]
    pub skipped: Vec<Skip>,
}

/// A finding of the earlier scan.
#[derive(Debug, Clone, Deserialize)]
pub struct Finding {
    /// Its name.
    pub fingerprint: String,
    /// The id of the rule.
    pub rule: String,
    /// The credential type.
    pub kind: String,
    /// The rule's name.
    pub title: String,
    /// How bad it is.
    pub severity: Severity,
    /// How sure it is.
    pub confidence: Confidence,
    /// The value, masked.
    pub secret: String,
    /// What the value says about itself.
    pub verification: Verification,
    /// Where it stands, the oldest first.
    pub locations: Vec<Location>,
    /// Who could see it.
    pub exposure: Exposure,
    /// `new`, `known` or `ignored`.
    pub status: String,
    /// What to do about it.
    pub remediation: Remedy,
}

/// What a value says about itself.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Verification {
    /// The verdict.
    pub status: String,
    /// What else it says.
    #[serde(default)]
    pub facts: BTreeMap<String, String>,
}

/// A place of a secret.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Location {
    /// The file; `None` for messages and notes.
    pub path: Option<String>,
    /// 1-based line.
    pub start_line: u64,
    /// 1-based column, in code points.
    pub start_column: u64,
    /// The commit that brought it there.
    #[serde(default)]
    pub commit: Option<String>,
    /// That commit's author.
    #[serde(default)]
    pub author: Option<String>,
    /// When it was written.
    #[serde(default)]
    pub date: Option<Timestamp>,
    /// Whether it stands there at HEAD.
    #[serde(default)]
    pub in_head: Option<bool>,
    /// The commits that took it out again.
    #[serde(default)]
    pub removed: Vec<Commit>,
    /// The way into the file, each step with what it is.
    #[serde(default)]
    pub via: Vec<BTreeMap<String, String>>,
}

impl Location {
    /// What it is a place in, for people: a path, with the members that lead into it, or what it is
    /// instead of a file.
    #[must_use]
    pub fn name(&self) -> String {
        let members = self.via.iter().filter_map(|via| via.get("member"));
        if let Some(path) = &self.path {
            return members.fold(path.clone(), |name, member| format!("{name}{INTO}{member}"));
        }
        let object = self.via.iter().find_map(|via| via.get("object"));
        let commit = self.commit.as_deref().map_or("?", |id| id.get(..10).unwrap_or(id));
        crate::finding::name_of_object(object.map(String::as_str), commit)
    }

    /// Whether it is a place in a file of the working tree.
    #[must_use]
    pub fn is_in_tree(&self) -> bool {
        self.commit.is_none() && self.path.is_some()
    }
}

/// Who could see a secret.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Exposure {
    /// Whole days from the first commit until the scan.
    #[serde(default)]
    pub age_days: Option<i64>,
    /// The date of the first commit that brought it in.
    #[serde(default)]
    pub first_seen: Option<Timestamp>,
    /// Whether a file of the working tree holds it.
    #[serde(default)]
    pub in_tree: bool,
    /// Whether the next commit would be the first to bring it to its place.
    #[serde(default)]
    pub staged: bool,
    /// Whether a commit holds it.
    #[serde(default)]
    pub in_history: Option<bool>,
    /// Whether a remote has it.
    #[serde(default)]
    pub pushed: Option<bool>,
}

/// Why a file is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// It is not JSON, or not of this layout.
    #[error(
        "line {line}, column {column}: {message}; a report is what `blurt scan -f json` writes"
    )]
    Parse {
        /// 1-based line.
        line: usize,
        /// 1-based column, in bytes.
        column: usize,
        /// What is wrong.
        message: String,
    },
    /// It has another layout.
    #[error(
        "it is a report of layout {found}, this blurt reads layout {SCHEMA_VERSION}; scan again"
    )]
    Version {
        /// The layout of the report.
        found: u32,
    },
}

impl Report {
    /// Reads the text of a report.
    ///
    /// # Errors
    ///
    /// When it is no JSON report, or one of another layout.
    pub fn read(text: &str) -> Result<Self, ReportError> {
        #[derive(Deserialize)]
        struct Version {
            schema_version: u32,
        }
        // The message of a type error may quote the text, but a report holds no secret in clear.
        let parse = |e: serde_json::Error| {
            let message = e.to_string();
            let message = message.split(" at line ").next().unwrap_or_default().to_owned();
            ReportError::Parse { line: e.line(), column: e.column(), message }
        };
        let Version { schema_version } = serde_json::from_str(text).map_err(parse)?;
        if schema_version != SCHEMA_VERSION {
            return Err(ReportError::Version { found: schema_version });
        }
        serde_json::from_str(text).map_err(parse)
    }
}
