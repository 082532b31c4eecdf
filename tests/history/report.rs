//! Reports of `blurt scan --history`.

pub use crate::common::report::{Exposure, Finding, NOW, Place, Report, items, run};

use std::path::Path;

/// Scans the history of the repository in `folder`.
pub fn scan(folder: &Path) -> Report {
    scan_with(folder, &[])
}

/// Scans with more arguments.
pub fn scan_with(folder: &Path, args: &[&str]) -> Report {
    Report::of(folder, &[&["scan", "--history"], args].concat())
}
