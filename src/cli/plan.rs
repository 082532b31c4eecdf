//! `blurt plan`.

use super::ExitStatus;
use super::job;
use super::selection::SelectionArgs;
use super::terminal::{self, When};
use crate::clock;
use crate::config::{Config, Disk};
use crate::detect::Detector;
use crate::plan::emit::{self, Sources};
use crate::plan::format::{self, PlanFormat};
use crate::plan::{Plan, Planner};
use crate::remedy::surroundings;
use crate::report;
use crate::report::saved::{Location, Report};
use crate::rule::RuleSet;
use crate::scan::Outcome;
use crate::source::{Files, History, Options, Source, history};
use anyhow::{Context, Result, bail};
use clap::ValueHint;
use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};

/// Say what to do about all findings, in order: one entry a secret, with owner, application, name in a
/// secrets store and steps. Without a report it scans first.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// A report of `blurt scan -f json`, made in the current folder (`-` for standard input); without
    /// one, the current folder is scanned with its history
    #[arg(value_name = "REPORT", value_hint = ValueHint::FilePath)]
    report: Option<PathBuf>,

    /// Format of standard output: markdown, json, csv or html
    #[arg(short, long, value_name = "FORMAT", default_value = "markdown", value_parser = format_of)]
    format: &'static str,

    /// Write the plan to FILE, in the format of its extension (.md .json .csv .html) or as
    /// FORMAT:FILE (repeatable); with --emit, the folder to write to
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::AnyPath)]
    output: Vec<String>,

    /// Write what the secrets need in their store instead: terraform, cloudformation or import-script.
    /// No file holds a secret
    #[arg(long, value_name = "WHAT", requires = "output", conflicts_with = "format", value_parser = emitter_of)]
    emit: Vec<&'static str>,

    /// Overwrite files of --emit that were changed
    #[arg(long, requires = "emit")]
    force: bool,

    /// When it scans: do not scan the history
    #[arg(long, conflicts_with = "report")]
    no_history: bool,

    /// Exit with 0 when there is something to do (never when not everything could be looked at)
    #[arg(long)]
    exit_zero: bool,

    /// Show progress: auto (on a terminal), always or never
    #[arg(long, value_name = "WHEN", default_value = "auto", hide_possible_values = true)]
    progress: When,

    #[command(flatten)]
    selection: SelectionArgs,
}

const EXAMPLES: &str = "\
Examples:
  blurt plan                                     scan this repository, and say what to do
  blurt scan --history -f json > r.json && blurt plan r.json -o plan.html
  blurt plan r.json -f csv > inventory.csv       the inventory, for a spreadsheet
  blurt plan r.json --emit terraform -o infra    secrets, policies and a key for Terraform
  blurt plan r.json --emit import-script -o .    a script that puts the values into the store";

fn format_of(name: &str) -> Result<&'static str, String> {
    let names: Vec<_> = format::FORMATS.iter().map(|format| format.name()).collect();
    let known = names.iter().find(|known| **known == name).copied();
    known.ok_or_else(|| format!("there is no such format; there are: {}", names.join(", ")))
}

fn emitter_of(name: &str) -> Result<&'static str, String> {
    let names: Vec<_> = emit::EMITTERS.iter().map(|emitter| emitter.name()).collect();
    let known = names.iter().find(|known| **known == name).copied();
    known.ok_or_else(|| format!("there is nothing of that name; there are: {}", names.join(", ")))
}

/// Makes the plan, writes it and says how it went.
pub(super) fn run(args: &Args) -> Result<ExitStatus> {
    let outputs = args.outputs()?;
    let config = Config::new(args.selection.settings(args.selection.flags(), &Disk)?, &Disk)?;
    let rules = config.rules.clone();
    let report = match &args.report {
        Some(path) => args.select(read(path)?, &config),
        None => args.scan(config)?,
    };
    let around = surroundings::Disk::default();
    let planner = Planner {
        rules: &rules,
        around: &around,
        root: Path::new("."),
        now: clock::now()?,
        blames: true,
    };
    let plan = planner.plan(&report);
    if args.emit.is_empty() {
        args.write(&plan, &rules, &outputs)?;
    } else {
        args.emit(&plan, &Detector::new(rules))?;
    }
    for skip in &plan.not_scanned {
        terminal::complain(&format!("not scanned: {skip}"));
    }
    Ok(match (plan.entries.is_empty(), report.coverage.complete) {
        (false, _) if !args.exit_zero => ExitStatus::Found,
        (_, false) => ExitStatus::Incomplete,
        (_, true) => ExitStatus::Clean,
    })
}

/// Reads a saved report; `-` is standard input.
pub(super) fn read(path: &Path) -> Result<Report> {
    let mut text = String::new();
    if path == Path::new("-") {
        std::io::stdin().read_to_string(&mut text).context("standard input cannot be read")?;
        return Report::read(&text).context("standard input is no report");
    }
    let place = || format!("{}: cannot be read", path.display());
    File::open(path).and_then(|mut file| file.read_to_string(&mut text)).with_context(place)?;
    Report::read(&text).with_context(|| format!("{}: is no report", path.display()))
}

impl Args {
    /// The findings of a saved report that the options ask for. What they leave open, the earlier scan has
    /// decided.
    fn select(&self, mut report: Report, config: &Config) -> Report {
        let asked = self.selection.flags();
        let chooses_rules = !(asked.rules.only.is_empty() && asked.rules.disable.is_empty());
        report.findings.retain(|finding| {
            let excluded = |place: &Location| {
                place.path.as_ref().is_some_and(|path| config.excluded.has(path.as_bytes().into()))
            };
            asked.scan.min_severity.is_none_or(|least| finding.severity >= least)
                && asked.scan.min_confidence.is_none_or(|least| finding.confidence >= least)
                && (!chooses_rules || config.rules.get(&finding.rule).is_some())
                && !finding.locations.iter().all(excluded)
        });
        report
    }

    /// The report of a scan of the current folder. It goes through JSON, so that a plan is the same as
    /// that of a saved report.
    fn scan(&self, config: Config) -> Result<Report> {
        let here = vec![PathBuf::from(".")];
        let options = Options { no_ignore: config.no_ignore, threads: 0 };
        let files = Files::new(here.clone(), config.excluded.clone(), options);
        let mut sources: Vec<Box<dyn Source>> = vec![Box::new(files)];
        if !self.no_history && is_in_repository() {
            let options = history::Options { full: false, now: clock::now()? };
            sources.push(Box::new(History::new(here, options)));
        }
        saved(&job::scan(&sources, config, self.progress.progress()))
    }

    fn outputs(&self) -> Result<Vec<(PathBuf, &'static dyn PlanFormat)>> {
        if !self.emit.is_empty() {
            if self.output.len() != 1 {
                bail!("--emit writes to one folder: give one -o");
            }
            return Ok(Vec::new());
        }
        self.output.iter().map(|file| output(file)).collect()
    }

    fn write(
        &self,
        plan: &Plan,
        rules: &RuleSet,
        outputs: &[(PathBuf, &'static dyn PlanFormat)],
    ) -> Result<()> {
        for (path, format) in outputs {
            let place = || format!("{}: cannot be written", path.display());
            let mut out = BufWriter::new(File::create(path).with_context(place)?);
            format.write(plan, rules, &mut out).and_then(|()| out.flush()).with_context(place)?;
        }
        let mut out = BufWriter::new(std::io::stdout().lock());
        if outputs.is_empty() || self.format != "markdown" {
            let format = format::by_name(self.format).context("there is no such format")?;
            format.write(plan, rules, &mut out)?;
        }
        Ok(out.flush()?)
    }

    fn emit(&self, plan: &Plan, detector: &Detector) -> Result<()> {
        let folder = Path::new(&self.output[0]);
        let sources = Sources { root: Path::new("."), detector };
        for name in &self.emit {
            let emitter = emit::by_name(name).context("there is nothing of that name")?;
            let files = emitter.files(plan, Some(&sources))?;
            emit::write(&files, folder, self.force)?;
        }
        Ok(())
    }
}

/// What a report of the outcome says, once it is read again.
pub(super) fn saved(outcome: &Outcome) -> Result<Report> {
    let mut json = Vec::new();
    report::by_name("json").context("there is no JSON")?.write(outcome, &mut json)?;
    Ok(Report::read(std::str::from_utf8(&json)?)?)
}

/// Whether the current folder lies in a repository.
fn is_in_repository() -> bool {
    let around = surroundings::Disk::default();
    std::env::current_dir().is_ok_and(|here| surroundings::repository(&here, &around).is_some())
}

/// `FILE` or `FORMAT:FILE`.
fn output(text: &str) -> Result<(PathBuf, &'static dyn PlanFormat)> {
    if let Some((name, path)) = text.split_once(':')
        && let Some(format) = format::by_name(name)
    {
        return Ok((path.into(), format));
    }
    let extension = Path::new(text).extension().and_then(|extension| extension.to_str());
    let Some(format) = extension.and_then(format::by_extension) else {
        bail!("{text}: no format has this extension; write FORMAT:FILE, as in html:{text}");
    };
    Ok((text.into(), format))
}
