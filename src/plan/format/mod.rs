//! A plan in the formats of its readers. One file a format.

mod csv;
mod html;
mod json;
mod markdown;

use super::Plan;
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
