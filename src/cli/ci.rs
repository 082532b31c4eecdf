//! `blurt ci`.

use super::ExitStatus;
use super::job::{Job, JobArgs};
use super::output::OutputArgs;
use super::terminal::complain;
use crate::ci;
use crate::clock;
use crate::config::{Config, Disk, FILE_NAME, Settings, Texts, baseline_file};
use crate::coverage::Skip;
use crate::gate::{Gate, What};
use crate::report;
use crate::scan::{Engine, Outcome};
use crate::source::{
    Checkout, CommitFiles, Files, History, Markers, Options, Range, Source, Span, absolute, history,
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
    job: JobArgs,
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
    let job = args.job.start()?;
    let clone = Checkout::here().map_err(|skip| anyhow!("{skip}"))?;
    let gate = args.gate(&clone)?;
    if !args.job.output.quiet {
        complain(&gate.about);
    }
    let run = Run { args: &args.job, job, clone: &clone };
    let mut outcome = match &gate.what {
        What::Range(span) => run.range(span)?,
        What::Whole => run.whole()?,
        What::Unknown(skip) => run.unseen(skip.clone())?,
        What::Nothing => {
            let nothing: Vec<Box<dyn Source>> = Vec::new();
            run.job.scan(&nothing, run.config(&Disk)?)
        }
    };
    outcome.notes.extend(gate.notes);
    outcome.notes.sort();
    let status = run.job.end(&outcome)?;
    tell_github(&outcome, &args.job.output)?;
    Ok(status)
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
}

/// A run of the gate in a clone.
struct Run<'a> {
    args: &'a JobArgs,
    job: Job<'a>,
    clone: &'a Checkout,
}

impl Run<'_> {
    fn config(&self, texts: &dyn Texts) -> Result<Config> {
        self.job.config(self.args.selection.flags(), texts)
    }

    /// Notes what could not be looked at, and nothing else.
    fn unseen(&self, skip: Skip) -> Result<Outcome> {
        Ok(self.job.scan(&Unseen(skip), self.config(&NoFiles)?))
    }

    /// Scans the commits of `span` by the configuration of its base.
    fn range(&self, span: &Span) -> Result<Outcome> {
        let Some(base) = &span.base else {
            let config = self.config(&Disk)?;
            return Ok(self.job.scan(&range(&config, span), config));
        };
        let files = match self.clone.files_of(base) {
            Ok(files) => files,
            Err(skip) => return self.unseen(skip),
        };
        let at_base = || format!("at {base}, whose configuration counts");
        let config = self.config(&files).with_context(at_base)?;
        let range = range(&config, span).with_markers(Markers::OfBase);
        let mut outcome = self.job.scan(&range, config);
        outcome.notes.extend(self.edited(&files, span, base));
        Ok(outcome)
    }

    /// Scans all files and the whole history.
    fn whole(&self) -> Result<Outcome> {
        let config = self.config(&Disk)?;
        let here = vec![PathBuf::from(".")];
        let options = history::Options { full: false, now: clock::now()? };
        let mut sources: Vec<Box<dyn Source>> = Vec::new();
        if !self.clone.is_bare() {
            let options = Options { no_ignore: config.no_ignore, threads: self.args.threads };
            sources.push(Box::new(Files::new(here.clone(), config.excluded.clone(), options)));
        }
        sources.push(Box::new(History::new(here, options)));
        Ok(self.job.scan(&sources, config))
    }

    /// Remarks on the files by which blurt goes and which the change edits.
    fn edited(&self, before: &CommitFiles, span: &Span, base: &str) -> Vec<String> {
        let Some(after) = span.heads.first().and_then(|head| self.clone.files_of(head).ok()) else {
            return Vec::new();
        };
        let mut paths = BTreeSet::new();
        for files in [before, &after] {
            let of_folders = files.all(FILE_NAME).unwrap_or_default();
            paths.extend(of_folders.into_iter().map(|(path, _)| absolute(&path)));
            let file = self.args.selection.file(files);
            let read = |path: &PathBuf| Settings::read(path, files).ok();
            let settings = file.as_ref().and_then(read).unwrap_or_default();
            let named = self.args.selection.flags().over(settings);
            paths.extend(baseline_file(&named, files).map(|path| absolute(&path)));
            paths.extend(file.map(|path| absolute(&path)));
            paths.extend(named.rules.packs.iter().map(|path| absolute(path)));
        }
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

    fn all(&self, _: &str) -> Option<Vec<(PathBuf, String)>> {
        Some(Vec::new())
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
