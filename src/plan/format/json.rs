//! A plan for programs: each entry whole, with its steps.

use super::PlanFormat;
use crate::plan::{Entry, Plan};
use crate::remedy::Instruction;
use crate::rule::{Action, RuleSet};
use serde::Serialize;
use std::io::{self, Write};

/// The version of the layout.
const SCHEMA_VERSION: u32 = 1;

pub(super) struct Json;

impl PlanFormat for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn extension(&self) -> &'static str {
        "json"
    }

    fn write(&self, plan: &Plan, _: &RuleSet, out: &mut dyn Write) -> io::Result<()> {
        let document = Document {
            schema_version: SCHEMA_VERSION,
            date: &plan.day,
            complete: plan.not_scanned.is_empty(),
            not_scanned: &plan.not_scanned,
            left_out: plan.left_out,
            entries: plan.entries.iter().enumerate().map(Row::new).collect(),
        };
        serde_json::to_writer_pretty(&mut *out, &document)?;
        out.write_all(b"\n")
    }
}

#[derive(Serialize)]
struct Document<'p> {
    schema_version: u32,
    date: &'p str,
    complete: bool,
    not_scanned: &'p [String],
    left_out: usize,
    entries: Vec<Row<'p>>,
}

/// An entry with its place in the order, and the steps with its name in them.
#[derive(Serialize)]
struct Row<'p> {
    number: usize,
    action: Action,
    strategy: &'p str,
    store: Option<&'p str>,
    #[serde(flatten)]
    entry: &'p Entry,
    steps: Vec<Instruction>,
}

impl<'p> Row<'p> {
    fn new((at, entry): (usize, &'p Entry)) -> Self {
        Self {
            number: at + 1,
            action: entry.action(),
            strategy: &entry.remedy.strategy,
            store: entry.store(),
            entry,
            steps: entry.named_steps(),
        }
    }
}
