//! The command line: the only place that knows arguments, terminals and exit statuses. One file a
//! subcommand.

mod baseline;
mod ci;
mod completions;
mod exit;
mod explain;
mod fix;
mod hook;
mod import;
mod job;
mod man;
mod output;
mod plan;
mod progress;
mod report;
mod rules;
mod scan;
mod selection;
mod terminal;
mod verify;

pub use exit::ExitStatus;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Finds the secrets that a code base blurts out, and says for each one what to do: remove, replace
/// or rotate it.
#[derive(Debug, Parser)]
#[command(name = "blurt", version, max_term_width = 100, after_help = AFTER_HELP)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
Examples:
  blurt scan                 find the secrets in this folder, and what to do about each
  blurt scan --history       and in all that the repository ever held
  blurt hook install         ask before every commit
  blurt plan -o plan.html    what to do, in order
  blurt help scan            all about a command

Exit status: 0 looked everywhere and found nothing new; 1 found something new; 2 found nothing, \
but could not look everywhere.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Find secrets in files
    Scan(Box<scan::Args>),
    /// Scan what a pull request, a push or a tag adds, as the CI service says it
    Ci(Box<ci::Args>),
    /// Say why something in a file is reported, or is not
    Explain(Box<explain::Args>),
    /// Ask blurt before every commit or push
    Hook(hook::Args),
    /// Say what to do about all findings, in order
    Plan(Box<plan::Args>),
    /// Take secrets out of files: literals become look-ups
    Fix(Box<fix::Args>),
    /// Tell whether the secrets of an earlier report are gone
    Verify(verify::Args),
    /// Keep a file of the secrets that are known
    Baseline(Box<baseline::Args>),
    /// Write a saved JSON report in other formats
    Report(report::Args),
    /// List, show, check, test and import rules
    Rules(rules::Args),
    /// Print a script by which a shell completes what is typed
    Completions(completions::Args),
    /// Print the manual page, or write the pages of all commands
    Man(man::Args),
}

/// Runs the command that the process was called with.
#[must_use]
pub fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Scan(args) => scan::run(&args),
        Command::Ci(args) => ci::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Hook(args) => hook::run(&args),
        Command::Plan(args) => plan::run(&args),
        Command::Fix(args) => fix::run(&args),
        Command::Verify(args) => verify::run(&args),
        Command::Baseline(args) => baseline::run(&args),
        Command::Report(args) => report::run(&args),
        Command::Rules(args) => rules::run(&args),
        Command::Completions(args) => completions::run(&args),
        Command::Man(args) => man::run(&args),
    };
    match result {
        Ok(status) => status.into(),
        Err(e) if is_broken_pipe(&e) => ExitStatus::Clean.into(),
        Err(e) => {
            terminal::complain(&format!("{e:#}"));
            ExitStatus::Incomplete.into()
        }
    }
}

/// Whoever reads the output has seen enough: that is success, as for every filter in a pipe.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let io = cause.downcast_ref::<std::io::Error>();
        let json =
            cause.downcast_ref::<serde_json::Error>().and_then(serde_json::Error::io_error_kind);
        io.map(std::io::Error::kind).or(json) == Some(std::io::ErrorKind::BrokenPipe)
    })
}
