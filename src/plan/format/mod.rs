//! A plan in the formats of its readers. One file a format.

mod csv;
mod html;
mod json;
mod markdown;

use super::{Inventory, Plan, Stage};
use crate::rule::RuleSet;
use std::io::{self, Write};

/// Writes a whole plan in one format.
pub trait PlanFormat: Sync {
    /// The name by which `--format` knows it.
    fn name(&self) -> &'static str;

    /// The file extension by which `--output` knows it, without the dot.
    fn extension(&self) -> &'static str;

    /// Writes the plan; `rules` know what strategies and stores are called.
    ///
    /// # Errors
    ///
    /// When `out` cannot be written to.
    fn write(&self, plan: &Plan, rules: &RuleSet, out: &mut dyn Write) -> io::Result<()>;
}

/// All formats. A new one is added here.
pub static FORMATS: [&dyn PlanFormat; 4] =
    [&markdown::Markdown, &json::Json, &csv::Csv, &html::Html];

/// The format of that name.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static dyn PlanFormat> {
    FORMATS.into_iter().find(|format| format.name() == name)
}

/// The format of files with that extension.
#[must_use]
pub fn by_extension(extension: &str) -> Option<&'static dyn PlanFormat> {
    FORMATS.into_iter().find(|format| format.extension() == extension)
}

fn secrets(count: usize) -> String {
    if count == 1 { "1 secret".to_owned() } else { format!("{count} secrets") }
}

/// How old a secret is, in words.
fn age(inventory: &Inventory) -> String {
    match inventory.age_days {
        Some(1) => "1 day".to_owned(),
        Some(days) => format!("{days} days"),
        None => "not known".to_owned(),
    }
}

/// The environment, and whether that was assumed.
fn environment(inventory: &Inventory) -> String {
    let assumed = if inventory.environment_from.is_none() { " (assumed)" } else { "" };
    format!("{}{assumed}", inventory.environment)
}

/// The heading of a chapter, and what it is about.
fn describe(stage: Stage) -> (&'static str, &'static str) {
    match stage {
        Stage::Incident => (
            "The incident",
            "A remote has these, so take them for read by others. Contain each of them before anything else, \
             the first group first; write down when, and who did it.",
        ),
        Stage::History => (
            "In the history",
            "Commits hold these, and no remote is known to have them. Whoever clones the repository has them.",
        ),
        Stage::Files => (
            "In files",
            "Files hold these. No commit is known to hold them, unless the history was not scanned.",
        ),
    }
}
