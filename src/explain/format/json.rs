//! JSON, for other programs.

use super::ExplanationFormat;
use crate::explain::Explanation;
use std::io::{self, Write};

/// One document.
pub struct Json;

impl ExplanationFormat for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn write(&self, explanation: &Explanation, out: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *out, explanation)?;
        out.write_all(b"\n")
    }
}
