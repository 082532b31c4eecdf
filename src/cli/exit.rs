//! The exit status: the same for every command and format, as scripts rely on it.

use crate::scan::Outcome;
use std::process::ExitCode;

/// What the process tells its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitStatus {
    /// Looked everywhere it was asked to, and found nothing new.
    Clean = 0,
    /// Found something new.
    Found = 1,
    /// Found nothing, but could not look everywhere.
    Incomplete = 2,
}

impl ExitStatus {
    /// The status of a scan. `exit_zero` makes findings a success, but never a scan that could not
    /// look everywhere.
    #[must_use]
    pub fn of(outcome: &Outcome, exit_zero: bool) -> Self {
        let found = outcome.findings.iter().any(|(finding, _)| finding.triage.name() == "new");
        match (found, outcome.coverage.complete) {
            (true, _) if !exit_zero => Self::Found,
            (_, false) => Self::Incomplete,
            (_, true) => Self::Clean,
        }
    }
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(status as u8)
    }
}
