//! `blurt scan`.

use super::ExitStatus;
use super::progress;
use super::terminal::{self, When};
use crate::clock;
use crate::config::{Config, Settings};
use crate::detect::Detector;
use crate::report::{self, Format, Style, Text};
use crate::rule::{Confidence, Severity};
use crate::scan::{Outcome, Progress, scan};
use crate::source::{Files, History, Options, Range, Source, Span, Staged, Stdin, git, history};
use anyhow::{Context, Result, bail};
use bstr::BString;
use clap::ValueHint;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// Find secrets in files and folders, or in standard input.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
#[allow(clippy::struct_excessive_bools)] // these are flags as typed
pub(super) struct Args {
    /// Files and folders to scan
    #[arg(value_name = "PATH", default_value = ".", value_hint = ValueHint::AnyPath, conflicts_with = "stdin")]
    paths: Vec<PathBuf>,

    /// Scan standard input instead of files
    #[arg(long)]
    stdin: bool,

    /// The name to report standard input under; it also decides what kind of file it is
    #[arg(long, value_name = "NAME", requires = "stdin")]
    path: Option<String>,

    /// Scan the history of the repositories that PATH lies in, too: all refs, the stash, reflogs,
    /// unreachable objects, messages of commits and tags, notes
    #[arg(long, conflicts_with = "stdin")]
    history: bool,

    /// Scan what the next commit would add: the index beside HEAD
    #[arg(long, conflicts_with_all = ["stdin", "history"])]
    staged: bool,

    /// Scan what these commits add, each of them, merges included: BASE..HEAD, or BASE...HEAD for what
    /// HEAD adds since it left BASE
    #[arg(long, value_name = "BASE..HEAD", conflicts_with_all = ["stdin", "history", "staged"])]
    range: Option<Span>,

    /// Search every blob of the history in full, to compare with the search along deltas
    #[arg(long, requires = "history", hide = true)]
    history_full: bool,

    /// Scan what .gitignore excludes, too
    #[arg(long)]
    no_ignore: bool,

    #[command(flatten)]
    output: OutputArgs,

    #[command(flatten)]
    selection: SelectionArgs,

    /// Exit with 0 when something was found (never when not everything could be looked at)
    #[arg(long)]
    exit_zero: bool,

    /// Threads to use [default: one a processor]
    #[arg(short = 'j', long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    threads: usize,
}

const EXAMPLES: &str = "\
Examples:
  blurt scan                            the current folder
  blurt scan src .env -v                some paths, with all steps of what to do
  blurt scan -f json > report.json      for another program
  blurt scan -o blurt.sarif             text on the terminal, SARIF into a file
  blurt scan --history                  and all that the repository ever held
  git show HEAD:config.py | blurt scan --stdin --path config.py";

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Output")]
struct OutputArgs {
    /// Format of standard output: text, json, jsonl, sarif, markdown, github (annotations of GitHub
    /// Actions) or gitlab (GitLab's secret detection report)
    #[arg(short, long, value_name = "FORMAT", default_value = "text", value_parser = format_name)]
    format: &'static str,

    /// Also write a report to FILE, in the format of its extension (.json .jsonl .sarif .md .txt) or
    /// as FORMAT:FILE
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    output: Vec<String>,

    /// Show secrets in clear (text on a terminal only)
    #[arg(long)]
    show_secrets: bool,

    /// Show progress
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    progress: When,

    /// Use colours
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    color: When,

    /// Print problems only
    #[arg(short, long, conflicts_with = "verbose")]
    quiet: bool,

    /// Show all places and steps, and what is excused
    #[arg(short, long)]
    verbose: bool,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "What to report")]
struct SelectionArgs {
    /// Report what is at least that certain: low, medium (default) or high
    #[arg(long, value_name = "LEVEL", value_parser = level::<Confidence>)]
    min_confidence: Option<Confidence>,

    /// Report what is at least that bad: low (default), medium, high or critical
    #[arg(long, value_name = "LEVEL", value_parser = level::<Severity>)]
    min_severity: Option<Severity>,

    /// Add the rules of a pack file
    #[arg(long, value_name = "PATH", value_hint = ValueHint::FilePath)]
    rules: Vec<PathBuf>,

    /// Use this rule only (an id or a kind; repeatable)
    #[arg(long, value_name = "ID")]
    rule: Vec<String>,

    /// Do not use this rule (an id or a kind; repeatable)
    #[arg(long, value_name = "ID")]
    no_rule: Vec<String>,

    /// Do not scan files that match this glob (repeatable)
    #[arg(long, value_name = "GLOB")]
    exclude: Vec<String>,

    /// Configuration file [default: .blurt.toml here or above, up to the repository's root]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    config: Option<PathBuf>,
}

fn format_name(name: &str) -> Result<&'static str, String> {
    let names: Vec<_> = report::FORMATS.iter().map(|format| format.name()).collect();
    let known = names.iter().find(|known| **known == name).copied();
    known.ok_or_else(|| format!("there is no such format; there are: {}", names.join(", ")))
}

fn level<T: serde::de::DeserializeOwned>(name: &str) -> Result<T, String> {
    serde_json::from_value(name.into()).map_err(|e| e.to_string())
}

/// Scans, writes the reports and says how it went.
pub(super) fn run(args: &Args) -> Result<ExitStatus> {
    let output = &args.output;
    if output.show_secrets && !(output.format == "text" && terminal::stdout_is_terminal()) {
        bail!("--show-secrets is for text on a terminal only: reports and logs are read by others");
    }
    let files =
        output.output.iter().map(|file| OutputFile::parse(file)).collect::<Result<Vec<_>>>()?;
    let config = Config::new(args.settings()?)?;
    let source = args.source(&config)?;
    let thresholds = config.thresholds;
    let detector = Detector::new(config.rules);
    let progress = Progress::default();
    let shown = output.progress.progress() && !output.quiet;
    let outcome =
        progress::during(shown, &progress, || scan(&*source, &detector, thresholds, &progress));
    for file in files {
        file.write(&outcome)?;
    }
    output.print(&outcome)?;
    // The process ends: taking the rules apart would only take time.
    std::mem::forget(detector);
    Ok(ExitStatus::of(&outcome, args.exit_zero))
}

impl Args {
    fn settings(&self) -> Result<Settings> {
        let file = match &self.selection.config {
            Some(path) => Some(path.clone()),
            None => Settings::find(),
        };
        let base = file.map(|path| Settings::read(&path)).transpose()?.unwrap_or_default();
        let mut flags = Settings::default();
        flags.scan.min_confidence = self.selection.min_confidence;
        flags.scan.min_severity = self.selection.min_severity;
        flags.scan.no_ignore = self.no_ignore.then_some(true);
        flags.scan.exclude.clone_from(&self.selection.exclude);
        flags.rules.packs.clone_from(&self.selection.rules);
        flags.rules.only.clone_from(&self.selection.rule);
        flags.rules.disable.clone_from(&self.selection.no_rule);
        Ok(flags.over(base))
    }

    fn source(&self, config: &Config) -> Result<Box<dyn Source>> {
        if self.stdin {
            return Ok(Box::new(Stdin { path: self.path.clone().map(BString::from) }));
        }
        let excluded = config.excluded.clone();
        if self.staged {
            return Ok(Box::new(Staged::new(self.paths.clone(), excluded)));
        }
        if let Some(span) = &self.range {
            return Ok(Box::new(Range::new(self.paths.clone(), excluded, span.clone())));
        }
        let options = Options { no_ignore: config.no_ignore, threads: self.threads };
        let history = self.history.then(|| self.history()).transpose()?;
        let paths = self.paths.clone();
        let is_read = |path: &PathBuf| !self.history || !git::is_bare(path);
        let paths = paths.into_iter().filter(is_read).collect();
        let files = Files::new(paths, excluded, options);
        let mut sources: Vec<Box<dyn Source>> = vec![Box::new(files)];
        sources.extend(history.map(|history| Box::new(history) as Box<dyn Source>));
        Ok(Box::new(sources))
    }

    fn history(&self) -> Result<History> {
        let now = clock::now()?;
        let options = history::Options { threads: self.threads, full: self.history_full, now };
        Ok(History::new(self.paths.clone(), options))
    }
}

impl OutputArgs {
    /// Writes the report for standard output, and what a machine's report would hide.
    fn print(&self, outcome: &Outcome) -> Result<()> {
        let text = self.format == "text";
        if self.quiet || !text {
            for note in &outcome.notes {
                terminal::complain(&format!("note: {note}"));
            }
            for skip in &outcome.coverage.skipped {
                let mend = skip.mend.as_ref().map(|mend| format!("; {mend}")).unwrap_or_default();
                terminal::complain(&format!("not scanned: {} {}{mend}", skip.path, skip.reason));
            }
        }
        if self.quiet && text {
            return Ok(());
        }
        let style = Style {
            colour: text && self.color.colour(),
            show_secrets: self.show_secrets,
            verbose: self.verbose,
        };
        let styled = Text::new(style);
        let format: &dyn Format =
            if text { &styled } else { report::by_name(self.format).unwrap_or(&styled) };
        let mut out = BufWriter::new(std::io::stdout().lock());
        format.write(outcome, &mut out)?;
        out.flush()?;
        Ok(())
    }
}

/// A file that a report goes to.
struct OutputFile {
    path: PathBuf,
    format: &'static dyn Format,
}

impl OutputFile {
    /// `FILE` or `FORMAT:FILE`.
    fn parse(text: &str) -> Result<Self> {
        if let Some((name, path)) = text.split_once(':')
            && let Some(format) = report::by_name(name)
        {
            return Ok(Self { path: path.into(), format });
        }
        let extension = Path::new(text).extension().and_then(|extension| extension.to_str());
        let Some(format) = extension.and_then(report::by_extension) else {
            bail!("{text}: no format has this extension; write FORMAT:FILE, as in sarif:{text}");
        };
        Ok(Self { path: text.into(), format })
    }

    fn write(&self, outcome: &Outcome) -> Result<()> {
        let place = || format!("{}: cannot be written", self.path.display());
        let mut out = BufWriter::new(File::create(&self.path).with_context(place)?);
        self.format.write(outcome, &mut out).and_then(|()| out.flush()).with_context(place)
    }
}
