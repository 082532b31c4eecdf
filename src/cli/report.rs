//! `blurt report`.

use super::ExitStatus;
use super::output::{OutputFile, format_name, print};
use super::plan::read;
use super::terminal::When;
use crate::config::{Config, Disk, Settings};
use crate::report::{Detail, Style};
use crate::rule::RuleSet;
use anyhow::{Context, Result};
use clap::ValueHint;
use std::path::PathBuf;

/// Write a saved JSON report in other formats. It says what the scan has said, but for what a report does
/// not hold: the lines around the secrets, and SARIF's edits.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// A report of `blurt scan -f json` (`-` for standard input)
    #[arg(value_name = "REPORT", value_hint = ValueHint::FilePath)]
    report: PathBuf,

    /// Format of standard output: text (default, if there is no -o), json, jsonl, sarif, csv, junit, html,
    /// markdown, github or gitlab
    #[arg(short, long, value_name = "FORMAT", value_parser = format_name)]
    format: Option<&'static str>,

    /// Write a report to FILE, in the format of its extension (.json .jsonl .sarif .csv .xml .html .md .txt)
    /// or as FORMAT:FILE (repeatable)
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    output: Vec<String>,

    /// Text with all places and steps, and what is excused
    #[arg(short, long)]
    verbose: bool,

    /// Use colours
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    color: When,

    /// Add the rules of a pack file: those that the report was made with
    #[arg(long, value_name = "PATH", value_hint = ValueHint::FilePath)]
    rules: Vec<PathBuf>,

    /// Configuration file, for its rule packs and its store [default: .blurt.toml here or above, up to the
    /// repository's root]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    config: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Paths are named from the current folder, so stand where the scan was made.

Exit status: 0 the reports are written, whatever they say; 2 they could not be.

Examples:
  blurt scan --history -f json > r.json
  blurt report r.json -o r.html -o r.csv    for a browser and for a spreadsheet
  blurt report r.json -v                    for a terminal, with all steps
  blurt scan -f json | blurt report - -f junit > blurt.xml";

/// Reads the report and writes it anew.
pub(super) fn run(args: &Args) -> Result<ExitStatus> {
    let files: Vec<OutputFile> =
        args.output.iter().map(|file| OutputFile::parse(file)).collect::<Result<_>>()?;
    let rules = args.rules()?;
    let outcome = read(&args.report)?.outcome(rules);
    let outcome = outcome.with_context(|| format!("{}: is no report", args.report.display()))?;
    for file in &files {
        file.write(&outcome)?;
    }
    let format = args.format.or_else(|| files.is_empty().then_some("text"));
    if let Some(format) = format {
        let colour = format == "text" && args.color.colour();
        print(format, Style { colour, show_secrets: false, detail: args.detail() }, &outcome)?;
    }
    Ok(ExitStatus::Clean)
}

impl Args {
    fn detail(&self) -> Detail {
        if self.verbose { Detail::All } else { Detail::New }
    }

    /// The rules of the configuration file and of the command line. What the file disables, the report may
    /// name all the same.
    fn rules(&self) -> Result<RuleSet> {
        let file = match (&self.config, Settings::find(&Disk)) {
            (Some(named), _) => Settings::read(named, &Disk)?,
            (None, Some(found)) => Settings::read_found(&found, &Disk)?,
            (None, None) => Settings::default(),
        };
        let mut settings = Settings { remediation: file.remediation, ..Settings::default() };
        settings.rules.packs = [file.rules.packs, self.rules.clone()].concat();
        Ok(Config::new(settings, &Disk)?.rules)
    }
}
