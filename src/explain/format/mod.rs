//! The answer, in the formats of its readers. One file a format.

mod json;
mod text;

pub use json::Json;
pub use text::Text;

use super::Explanation;
use std::io::{self, Write};

/// Writes an answer in one format.
pub trait ExplanationFormat: Sync {
    /// The name by which `--format` knows it.
    fn name(&self) -> &'static str;

    /// Writes it.
    ///
    /// # Errors
    ///
    /// When `out` cannot be written to.
    fn write(&self, explanation: &Explanation, out: &mut dyn Write) -> io::Result<()>;
}

/// All formats. A new one is added here.
pub static FORMATS: [&dyn ExplanationFormat; 2] = [&Text, &Json];

/// The format of that name.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static dyn ExplanationFormat> {
    FORMATS.into_iter().find(|format| format.name() == name)
}
