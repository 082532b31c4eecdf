//! The inventory as a table: for spreadsheets, and for tools of IT asset management.

use super::PlanFormat;
use crate::plan::{Entry, Plan};
use crate::report::{confident, harmless, name_of};
use crate::rule::RuleSet;
use std::io::{self, Write};

pub(super) struct Csv;

const COLUMNS: [&str; 25] = [
    "number",
    "fingerprint",
    "title",
    "type",
    "secret",
    "severity",
    "confidence",
    "stage",
    "decision",
    "because",
    "action",
    "strategy",
    "effort",
    "owner",
    "application",
    "environment",
    "classification",
    "function",
    "age_days",
    "rotation_overdue",
    "store",
    "name",
    "tags",
    "places",
    "first_place",
];

impl PlanFormat for Csv {
    fn name(&self) -> &'static str {
        "csv"
    }

    fn extension(&self) -> &'static str {
        "csv"
    }

    fn write(&self, plan: &Plan, _: &RuleSet, out: &mut dyn Write) -> io::Result<()> {
        let mut table = csv::Writer::from_writer(out);
        table.write_record(COLUMNS)?;
        for (at, entry) in plan.entries.iter().enumerate() {
            table.write_record(row(at + 1, entry).map(|cell| harmless(&cell)))?;
        }
        table.flush()
    }
}

fn row(number: usize, entry: &Entry) -> [String; 25] {
    let inventory = &entry.inventory;
    let place = entry.places.first().map(|place| match &place.commit {
        Some(commit) => format!("{}:{} in commit {commit}", place.name, place.line),
        None => format!("{}:{}", place.name, place.line),
    });
    let tags: Vec<String> =
        entry.tags.iter().map(|(key, value)| format!("{key}={value}")).collect();
    [
        number.to_string(),
        entry.fingerprint.clone(),
        entry.title.clone(),
        entry.kind.clone(),
        entry.secret.clone(),
        name_of(entry.severity).to_owned(),
        confident(entry.confidence).to_owned(),
        entry.stage.name().to_owned(),
        entry.decision.name().to_owned(),
        entry.because.clone(),
        entry.action().name().to_owned(),
        entry.remedy.strategy.clone(),
        entry.effort.name().to_owned(),
        inventory.owner.clone().unwrap_or_default(),
        inventory.application.clone(),
        inventory.environment.clone(),
        inventory.classification.clone(),
        inventory.function.name().to_owned(),
        inventory.age_days.map(|days| days.to_string()).unwrap_or_default(),
        if inventory.overdue { "yes" } else { "no" }.to_owned(),
        entry.store().unwrap_or_default().to_owned(),
        if entry.store().is_some() { entry.name.clone() } else { String::new() },
        tags.join("; "),
        entry.places.len().to_string(),
        place.unwrap_or_default(),
    ]
}
