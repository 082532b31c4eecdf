//! `blurt ci`.

use super::output::OutputArgs;
use super::selection::SelectionArgs;
use super::terminal::complain;
use super::{ExitStatus, scan};
use crate::ci;
use crate::clock;
use crate::config::{BASELINE_NAME, Config, Disk, Settings, Texts};
use crate::coverage::Skip;
use crate::gate::{Gate, What};
use crate::report;
use crate::scan::{Engine, Outcome};
use crate::source::{
    Checkout, CommitFiles, Files, History, Markers, Options, Range, Source, Span, history,
};
use anyhow::{Context, Result, anyhow};
use std::collections::BTreeSet;
use std::env;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// Scan what a pull request, a push or a tag adds, as the CI service says it.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(super) struct Args {
    /// Scan what HEAD has and this commit has not, whatever the CI service says
    #[arg(long, value_name = "REVISION")]
    base: Option<String>,

    /// The end of what is scanned
    #[arg(long, value_name = "REVISION", requires = "base", default_value = "HEAD")]
    head: String,

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

const HELP: &str = "\
Knows GitHub Actions, GitLab CI, Azure Pipelines, Bitbucket Pipelines, Buildkite, CircleCI and \
Jenkins. Every commit of the change is scanned, merges included. The configuration, the rules in the \
repository and the inline suppressions are those of the base, so that a change cannot let itself \
pass. Without a change (a scheduled run, say) the whole repository is scanned. The whole history has \
to be there: fetch-depth: 0 at GitHub, GIT_DEPTH: 0 at GitLab.

On GitHub, findings also become annotations and a summary of the step.

Examples:
  blurt ci                                          what the CI service says
  blurt ci -o blurt.sarif                           and a report to upload
  blurt ci -o gitlab:gl-secret-detection-report.json
  blurt ci --base origin/main                       what this branch adds";

/// Finds out what to scan, scans it and tells.
pub(super) fn run(args: &Args) -> Result<ExitStatus> {
    let reports = args.output.check()?;
    let clone = Checkout::here().map_err(|skip| anyhow!("{skip}"))?;
    let gate = args.gate(&clone)?;
    if !args.output.quiet {
        complain(&gate.about);
    }
    let mut outcome = match &gate.what {
        What::Range(span) => args.range(&clone, span)?,
        What::Whole => args.whole(&clone)?,
        What::Unknown(skip) => {
            let shown = args.output.shows_progress();
            scan::scan(&Unseen(skip.clone()), args.config(&NoFiles)?, shown)
        }
        What::Nothing => {
            let nothing: Vec<Box<dyn Source>> = Vec::new();
            scan::scan(&nothing, args.config(&Disk)?, args.output.shows_progress())
        }
    };
    outcome.notes.extend(gate.notes);
    outcome.notes.sort();
    reports.write(&outcome)?;
    tell_github(&outcome, &args.output)?;
    Ok(ExitStatus::of(&outcome, args.exit_zero))
}

impl Args {
    fn gate(&self, clone: &Checkout) -> Result<Gate> {
        if let Some(base) = &self.base {
            return Ok(Gate::between(base, &self.head));
        }
        let variable = |name: &str| env::var(name).ok();
        let event = ci::event(&variable)?;
        let event = event.context(
            "no CI service that blurt knows is running: name the commit that the change goes to, as in \
             blurt ci --base origin/main",
        )?;
        Ok(Gate::new(&event, clone))
    }

    fn config(&self, texts: &dyn Texts) -> Result<Config> {
        Ok(Config::new(self.selection.settings(self.selection.flags(), texts)?, texts)?)
    }

    /// Scans the commits of `span` by the configuration of its base.
    fn range(&self, clone: &Checkout, span: &Span) -> Result<Outcome> {
        let Some(base) = &span.base else {
            let config = self.config(&Disk)?;
            let range = range(&config, span);
            return Ok(scan::scan(&range, config, self.output.shows_progress()));
        };
        let files = match clone.files_of(base) {
            Ok(files) => files,
            Err(skip) => {
                return Ok(scan::scan(
                    &Unseen(skip),
                    self.config(&NoFiles)?,
                    self.output.shows_progress(),
                ));
            }
        };
        let at_base = || format!("at {base}, whose configuration counts");
        let config = self.config(&files).with_context(at_base)?;
        let range = range(&config, span).with_markers(Markers::OfBase);
        let mut outcome = scan::scan(&range, config, self.output.shows_progress());
        outcome.notes.extend(self.edited(clone, &files, span, base));
        Ok(outcome)
    }

    /// Scans all files and the whole history.
    fn whole(&self, clone: &Checkout) -> Result<Outcome> {
        let config = self.config(&Disk)?;
        let here = vec![PathBuf::from(".")];
        let options = history::Options { threads: self.threads, full: false, now: clock::now()? };
        let mut sources: Vec<Box<dyn Source>> = Vec::new();
        if !clone.is_bare() {
            let options = Options { no_ignore: config.no_ignore, threads: self.threads };
            sources.push(Box::new(Files::new(here.clone(), config.excluded.clone(), options)));
        }
        sources.push(Box::new(History::new(here, options)));
        Ok(scan::scan(&sources, config, self.output.shows_progress()))
    }

    /// Remarks on the files by which blurt goes and which the change edits.
    fn edited(
        &self,
        clone: &Checkout,
        before: &CommitFiles,
        span: &Span,
        base: &str,
    ) -> Vec<String> {
        let Some(after) = span.heads.first().and_then(|head| clone.files_of(head).ok()) else {
            return Vec::new();
        };
        let mut paths = BTreeSet::from([PathBuf::from(BASELINE_NAME)]);
        for files in [before, &after] {
            let Some(path) = self.selection.file(files) else { continue };
            let settings = Settings::read(&path, files).unwrap_or_default();
            paths.insert(path);
            paths.extend(settings.rules.packs);
        }
        paths.extend(self.selection.rules.iter().cloned());
        let edited = paths.into_iter().filter(|path| before.differs(&after, path));
        edited
            .map(|path| {
                let path = before.named(&path);
                format!("{path}: this change edits it; `blurt ci` goes by the version at {base}")
            })
            .collect()
    }
}

/// The range in the repository that the current directory lies in.
fn range(config: &Config, span: &Span) -> Range {
    Range::new(vec![PathBuf::from(".")], config.excluded.clone(), span.clone())
}

/// There is nothing to read a configuration from.
struct NoFiles;

impl Texts for NoFiles {
    fn read(&self, _: &Path) -> std::io::Result<String> {
        Err(std::io::ErrorKind::NotFound.into())
    }
}

/// Something that could not be looked at, and nothing else.
struct Unseen(Skip);

impl Source for Unseen {
    fn feed(&self, engine: &Engine) {
        engine.worker().skip(self.0.clone());
    }
}

/// Gives GitHub the annotations, behind a report for people, and the summary of the step.
fn tell_github(outcome: &Outcome, output: &OutputArgs) -> Result<()> {
    if env::var_os("GITHUB_ACTIONS").is_none() {
        return Ok(());
    }
    if output.format == "text" {
        let mut out = BufWriter::new(std::io::stdout().lock());
        write_as("github", outcome, &mut out)?;
    }
    if let Some(summary) = env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()) {
        let place = || format!("{}: cannot be written", Path::new(&summary).display());
        let file = File::options().append(true).create(true).open(&summary).with_context(place)?;
        let mut out = BufWriter::new(file);
        write_as("markdown", outcome, &mut out).with_context(place)?;
    }
    Ok(())
}

fn write_as(format: &str, outcome: &Outcome, out: &mut dyn Write) -> std::io::Result<()> {
    report::by_name(format).map_or(Ok(()), |format| format.write(outcome, out))?;
    out.flush()
}
