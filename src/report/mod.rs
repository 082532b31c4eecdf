//! Stage 4: what a scan has found, in the formats of its readers. One file a format.

mod csv;
mod escaped;
mod github;
mod gitlab;
mod html;
mod json;
mod junit;
mod markdown;
pub(crate) mod markup;
mod place;
#[cfg(test)]
pub(crate) mod sample;
mod sanitize;
mod sarif;
pub mod saved;
mod text;

pub(crate) use csv::harmless;
pub(crate) use escaped::{Escaped, EscapedLines, Linked};
pub use json::{SCHEMA, SCHEMA_VERSION};
pub(crate) use place::last_line;
pub(crate) use sanitize::shell_word;
pub use sanitize::{sanitize, sanitize_bytes};
pub use text::{Detail, Style, Text};
pub(crate) use text::{confident, name_of};

use crate::scan::Outcome;
use std::io::{self, Write};

/// Writes a whole report in one format.
pub trait Format: Sync {
    /// The name by which `--format` knows it.
    fn name(&self) -> &'static str;

    /// The file extension by which `--output` knows it, without the dot; `None` if files of this
    /// format have no extension of their own.
    fn extension(&self) -> Option<&'static str>;

    /// Writes the report.
    ///
    /// # Errors
    ///
    /// When `out` cannot be written to.
    fn write(&self, outcome: &Outcome, out: &mut dyn Write) -> io::Result<()>;
}

/// All formats. A new one is added here.
pub static FORMATS: [&dyn Format; 10] = [
    &text::PLAIN,
    &json::Json,
    &json::JsonLines,
    &sarif::Sarif,
    &csv::Csv,
    &junit::JUnit,
    &html::Html,
    &markdown::Markdown,
    &github::GitHub,
    &gitlab::GitLab,
];

/// The format of that name.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static dyn Format> {
    FORMATS.into_iter().find(|format| format.name() == name)
}

/// The format of files with that extension.
#[must_use]
pub fn by_extension(extension: &str) -> Option<&'static dyn Format> {
    FORMATS.into_iter().find(|format| format.extension() == Some(extension))
}
