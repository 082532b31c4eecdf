//! `blurt scan`.

use super::ExitStatus;
use super::job::JobArgs;
use crate::clock;
use crate::config::{Config, Disk};
use crate::source::{Files, History, Options, Range, Source, Span, Staged, Stdin, git, history};
use anyhow::Result;
use bstr::BString;
use clap::ValueHint;
use std::path::PathBuf;

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
    job: JobArgs,
}

const EXAMPLES: &str = "\
Examples:
  blurt scan                            the current folder
  blurt scan src .env -v                some paths, with all steps of what to do
  blurt scan -f json > report.json      for another program
  blurt scan -o blurt.sarif             text on the terminal, SARIF into a file
  blurt scan --history                  and all that the repository ever held
  blurt scan --staged                   what the next commit would add
  blurt scan --range origin/main..HEAD  what this branch adds, commit by commit
  git show HEAD:config.py | blurt scan --stdin --path config.py";

/// Scans, writes the reports and says how it went.
pub(super) fn run(args: &Args) -> Result<ExitStatus> {
    let job = args.job.start()?;
    let mut flags = args.job.selection.flags();
    flags.scan.no_ignore = args.no_ignore.then_some(true);
    let config = job.config(flags, &Disk)?;
    let source = args.source(&config)?;
    job.end(&job.scan(&*source, config))
}

impl Args {
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
        let options = Options { no_ignore: config.no_ignore, threads: self.job.threads };
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
        let options = history::Options { full: self.history_full, now };
        Ok(History::new(self.paths.clone(), options))
    }
}
