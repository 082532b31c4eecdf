//! What every command that scans takes and does: options, threads, the scan itself, and its reports.

use super::output::{OutputArgs, Reports};
use super::selection::SelectionArgs;
use super::{ExitStatus, progress};
use crate::config::{Config, Settings, Texts};
use crate::detect::Detector;
use crate::scan::{Outcome, Progress};
use crate::source::Source;
use anyhow::{Context, Result};
use rayon::ThreadPoolBuilder;

/// The options that all scans have.
#[derive(Debug, clap::Args)]
pub(super) struct JobArgs {
    /// Exit with 0 when something was found (never when not everything could be looked at)
    #[arg(long)]
    exit_zero: bool,

    /// Threads to use [default: one a processor]
    #[arg(short = 'j', long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub(super) threads: usize,

    #[command(flatten)]
    pub(super) output: OutputArgs,

    #[command(flatten)]
    pub(super) selection: SelectionArgs,
}

/// A scan that can begin.
pub(super) struct Job<'a> {
    args: &'a JobArgs,
    reports: Reports<'a>,
}

impl JobArgs {
    /// Checks what can be wrong before anything is read.
    ///
    /// # Errors
    ///
    /// When a report cannot be made as it is asked for, or threads cannot be started.
    pub(super) fn start(&self) -> Result<Job<'_>> {
        let reports = self.output.check()?;
        if self.threads > 0 {
            let pool = ThreadPoolBuilder::new().num_threads(self.threads);
            pool.build_global().context("the threads cannot be started")?;
        }
        Ok(Job { args: self, reports })
    }
}

impl Job<'_> {
    /// The configuration: `flags` over the file, which is read from `texts`.
    pub(super) fn config(&self, flags: Settings, texts: &dyn Texts) -> Result<Config> {
        Ok(Config::new(self.args.selection.settings(flags, texts)?, texts)?)
    }

    /// Scans a source.
    pub(super) fn scan(&self, source: &dyn Source, config: Config) -> Outcome {
        scan(source, config, self.args.output.shows_progress())
    }

    /// Writes the reports, and says how it went.
    pub(super) fn end(&self, outcome: &Outcome) -> Result<ExitStatus> {
        self.reports.write(outcome)?;
        Ok(ExitStatus::of(outcome, self.args.exit_zero))
    }
}

/// Scans a source, and shows how far it has come if `shown`.
pub(super) fn scan(source: &dyn Source, config: Config, shown: bool) -> Outcome {
    let policy = config.policy;
    let detector = Detector::new(config.rules);
    let progress = Progress::default();
    let outcome = progress::during(shown, &progress, || {
        crate::scan::scan(source, &detector, &policy, &progress)
    });
    // The process ends: taking the rules apart would only take time.
    std::mem::forget(detector);
    outcome
}
