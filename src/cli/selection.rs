//! The options that say what is reported, and the configuration file that they go before.

use crate::config::{Settings, Texts};
use crate::rule::{Confidence, Severity};
use anyhow::Result;
use clap::ValueHint;
use std::path::PathBuf;

/// What to report.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "What to report")]
pub(super) struct SelectionArgs {
    /// Report what is at least that certain: low, medium (default) or high
    #[arg(long, value_name = "LEVEL", value_parser = level::<Confidence>)]
    min_confidence: Option<Confidence>,

    /// Report what is at least that bad: low (default), medium, high or critical
    #[arg(long, value_name = "LEVEL", value_parser = level::<Severity>)]
    min_severity: Option<Severity>,

    /// Add the rules of a pack file
    #[arg(long, value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub(super) rules: Vec<PathBuf>,

    /// Use this rule only (an id or a kind; repeatable)
    #[arg(long, value_name = "ID")]
    rule: Vec<String>,

    /// Do not use this rule (an id or a kind; repeatable)
    #[arg(long, value_name = "ID")]
    no_rule: Vec<String>,

    /// Do not scan files that match this glob (repeatable)
    #[arg(long, value_name = "GLOB")]
    exclude: Vec<String>,

    /// Secrets that are known and not to be told again [default: .blurt-baseline.json here or above, up to
    /// the repository's root]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    baseline: Option<PathBuf>,

    /// Tell what the baseline knows, too
    #[arg(long, conflicts_with = "baseline")]
    no_baseline: bool,

    /// Configuration file [default: .blurt.toml here or above, up to the repository's root]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    config: Option<PathBuf>,
}

fn level<T: serde::de::DeserializeOwned>(name: &str) -> Result<T, String> {
    serde_json::from_value(name.into()).map_err(|e| e.to_string())
}

impl SelectionArgs {
    /// What the options say.
    pub(super) fn flags(&self) -> Settings {
        let mut flags = Settings::default();
        flags.scan.min_confidence = self.min_confidence;
        flags.scan.min_severity = self.min_severity;
        flags.scan.exclude = self.exclude.iter().cloned().map(Into::into).collect();
        flags.scan.baseline = self.baseline();
        flags.rules.packs.clone_from(&self.rules);
        flags.rules.only.clone_from(&self.rule);
        flags.rules.disable.clone_from(&self.no_rule);
        flags
    }

    /// The baseline that is asked for; an empty name for none at all.
    fn baseline(&self) -> Option<PathBuf> {
        self.no_baseline.then(PathBuf::new).or_else(|| self.baseline.clone())
    }

    /// `flags` over the configuration file, which is read from `texts`.
    pub(super) fn settings(&self, flags: Settings, texts: &dyn Texts) -> Result<Settings> {
        let base = match (&self.config, Settings::find(texts)) {
            (Some(named), _) => Settings::read(named, texts)?,
            (None, Some(found)) => Settings::read_found(&found, texts)?,
            (None, None) => Settings::default(),
        };
        Ok(flags.over(base))
    }

    /// The configuration file, if there is one in `texts`.
    pub(super) fn file(&self, texts: &dyn Texts) -> Option<PathBuf> {
        self.config.clone().or_else(|| Settings::find(texts))
    }
}
