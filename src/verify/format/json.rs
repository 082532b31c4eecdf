//! JSON, for whoever keeps evidence.

use super::ClosureFormat;
use crate::coverage::Skip;
use crate::rule::Severity;
use crate::verify::{Closure, Group, Holder, Sought, Step, Unchecked, Verdict};
use serde::Serialize;
use std::io::{self, Write};

/// The version of the layout.
const SCHEMA_VERSION: u32 = 1;

/// One document.
pub struct Json;

#[derive(Serialize)]
struct Document<'c> {
    schema_version: u32,
    tool: Tool,
    complete: bool,
    summary: Summary,
    coverage: Looked<'c>,
    secrets: Vec<Row<'c>>,
    cleaning: &'c [Step],
    unchecked: &'c [Unchecked],
    private_files: Vec<String>,
}

#[derive(Serialize)]
struct Tool {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct Summary {
    gone: usize,
    held: usize,
    ignored: usize,
}

#[derive(Serialize)]
struct Looked<'c> {
    complete: bool,
    skipped: &'c [Skip],
}

#[derive(Serialize)]
struct Row<'c> {
    fingerprint: &'c str,
    rule: &'c str,
    title: &'c str,
    severity: Severity,
    secret: &'c str,
    state: &'static str,
    sought: &'static str,
    held_by: Vec<HeldBy<'c>>,
    ignored_files: &'c [String],
    words: usize,
}

#[derive(Serialize)]
struct HeldBy<'c> {
    repository: &'c str,
    holder: Holder,
    count: usize,
    names: &'c [String],
}

impl<'c> From<&'c Group> for HeldBy<'c> {
    fn from(group: &'c Group) -> Self {
        let Group { repository, holder, names } = group;
        Self { repository, holder: *holder, count: names.len(), names }
    }
}

impl<'c> From<&'c Verdict> for Row<'c> {
    fn from(verdict: &'c Verdict) -> Self {
        Self {
            fingerprint: &verdict.fingerprint,
            rule: &verdict.rule,
            title: &verdict.title,
            severity: verdict.severity,
            secret: &verdict.secret,
            state: if verdict.is_gone() { "gone" } else { "held" },
            sought: match verdict.sought {
                Sought::ByValue => "by-value",
                Sought::ByWord => "by-word",
                Sought::ByRule => "by-rule",
            },
            held_by: verdict.groups().iter().map(HeldBy::from).collect(),
            ignored_files: &verdict.ignored_files,
            words: verdict.words,
        }
    }
}

impl ClosureFormat for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn write(&self, closure: &Closure, out: &mut dyn Write) -> io::Result<()> {
        let held = closure.held();
        let private = closure.private_files.iter().map(|path| path.to_string_lossy().into_owned());
        let document = Document {
            schema_version: SCHEMA_VERSION,
            tool: Tool { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") },
            complete: closure.is_complete(),
            summary: Summary {
                gone: closure.verdicts.len() - held,
                held,
                ignored: closure.ignored,
            },
            coverage: Looked {
                complete: closure.coverage.complete,
                skipped: &closure.coverage.skipped,
            },
            secrets: closure.verdicts.iter().map(Row::from).collect(),
            cleaning: &closure.steps,
            unchecked: &closure.unchecked,
            private_files: private.collect(),
        };
        serde_json::to_writer_pretty(&mut *out, &document)?;
        out.write_all(b"\n")
    }
}
