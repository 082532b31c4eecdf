//! `blurt verify`.

use super::plan::read;
use super::terminal::{self, When};
use super::{ExitStatus, progress};
use crate::config::{Config, Disk, Settings};
use crate::scan::Progress;
use crate::verify::format::{self, ClosureFormat};
use crate::verify::{Verifier, values_of};
use anyhow::{Context, Result};
use clap::ValueHint;
use std::collections::BTreeSet;
use std::fs;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

/// Is each secret of a report gone: from the files, from every ref and from every object? While one is
/// not, the text for `git filter-repo` is written into the git folder, and the commands are printed.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// A report of `blurt scan -f json` (`-` for standard input)
    #[arg(value_name = "REPORT", value_hint = ValueHint::FilePath)]
    report: PathBuf,

    /// Where to look: all of the repository that this lies in
    #[arg(value_name = "PATH", default_value = ".", value_hint = ValueHint::AnyPath)]
    path: PathBuf,

    /// Format: text or json
    #[arg(short, long, value_name = "FORMAT", default_value = "text", value_parser = format_of)]
    format: &'static str,

    /// Take the values of an earlier run's replace.txt, from another clone, to look for their bytes
    /// (repeatable); that of this repository is taken anyway
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    values: Vec<PathBuf>,

    /// Add the rules of a pack file: those that the report was made with
    #[arg(long, value_name = "PATH", value_hint = ValueHint::FilePath)]
    rules: Vec<PathBuf>,

    /// Configuration file, for its rule packs [default: .blurt.toml here or above, up to the repository's
    /// root]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    config: Option<PathBuf>,

    /// Show progress: auto (on a terminal), always or never
    #[arg(long, value_name = "WHEN", default_value = "auto", hide_possible_values = true)]
    progress: When,
}

const EXAMPLES: &str = "\
Secrets that the report ignores are not looked for; all others are, whatever a configuration, a baseline \
or a comment excludes. The report is made with `blurt scan --history -f json` before the clean-up.

Exit status: 0 all are gone, and everything was looked at; 1 something is held; 2 nothing is, but not \
everything could be looked at.

Examples:
  blurt scan --history -f json > r.json     before
  blurt verify r.json                       what holds them still, and how to clean it
  blurt verify r.json -f json > closure.json";

fn format_of(name: &str) -> Result<&'static str, String> {
    let names: Vec<_> = format::FORMATS.iter().map(|format| format.name()).collect();
    let known = names.iter().find(|known| **known == name).copied();
    known.ok_or_else(|| format!("there is no such format; there are: {}", names.join(", ")))
}

/// Looks for the secrets, and says how it went.
pub(super) fn run(args: &Args) -> Result<ExitStatus> {
    let report = read(&args.report)?;
    let rules = args.config()?.rules;
    let verifier =
        Verifier { report: &report, rules, path: args.path.clone(), values: args.values()? };
    let counters = Progress::default();
    let closure =
        progress::during(args.progress.progress(), &counters, || verifier.verify(&counters))?;
    let mut out = Vec::new();
    let format: &dyn ClosureFormat = format::by_name(args.format).unwrap_or(&format::Text);
    format.write(&closure, &mut out)?;
    if terminal::is_log() {
        out = match args.format {
            "json" => terminal::json_without_commands(&out),
            _ => terminal::without_commands(&out),
        };
    }
    let mut stdout = BufWriter::new(std::io::stdout().lock());
    stdout.write_all(&out)?;
    stdout.flush()?;
    for skip in &closure.coverage.skipped {
        terminal::complain(&format!("not looked at: {skip}"));
    }
    Ok(match (closure.held(), closure.coverage.complete) {
        (0, true) => ExitStatus::Clean,
        (0, false) => ExitStatus::Incomplete,
        _ => ExitStatus::Found,
    })
}

impl Args {
    fn values(&self) -> Result<BTreeSet<Vec<u8>>> {
        let mut values = BTreeSet::new();
        for path in &self.values {
            let text = fs::read(path);
            let text = text.with_context(|| format!("{}: cannot be read", path.display()))?;
            values.extend(values_of(&text));
        }
        Ok(values)
    }

    /// The packs of the configuration file and of the command line. What the file disables or excludes is
    /// looked at all the same: the report has decided what counts.
    fn config(&self) -> Result<Config> {
        let file = match (&self.config, Settings::find(&Disk)) {
            (Some(named), _) => Settings::read(named, &Disk)?,
            (None, Some(found)) => Settings::read_found(&found, &Disk)?,
            (None, None) => Settings::default(),
        };
        let mut settings = Settings::default();
        settings.rules.packs = [file.rules.packs, self.rules.clone()].concat();
        Ok(Config::new(settings, &Disk)?)
    }
}
