//! Standard output and standard error, and whether they are terminals.

use crate::report::sanitize;
use clap::ValueEnum;
use std::io::{IsTerminal, Write};

/// When to use colours or to show progress.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum When {
    /// On a terminal.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl When {
    /// The answer for standard output, which `NO_COLOR` and its like may change.
    pub(super) fn colour(self) -> bool {
        match self {
            Self::Auto => {
                anstream::AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never
            }
            Self::Always => true,
            Self::Never => false,
        }
    }

    /// The answer for standard error.
    pub(super) fn progress(self) -> bool {
        match self {
            Self::Auto => std::io::stderr().is_terminal(),
            Self::Always => true,
            Self::Never => false,
        }
    }
}

/// Whether standard output is read by a person.
pub(super) fn stdout_is_terminal() -> bool {
    std::io::stdout().is_terminal()
}

/// Writes a problem to standard error.
pub(super) fn complain(message: &str) {
    let lines: Vec<_> = message.lines().map(sanitize).collect();
    // Nobody is left to tell that standard error is closed.
    let _ = writeln!(std::io::stderr(), "blurt: {}", lines.join("\n"));
}
