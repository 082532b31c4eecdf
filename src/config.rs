//! Settings as they are written (in `.blurt.toml`, on the command line: everything may be absent)
//! and the configuration that comes of them (every question answered).

use crate::rule::{Confidence, RuleError, RuleSet, Severity};
use crate::source::{Excluded, Glob};
use crate::triage::Thresholds;
use serde::Deserialize;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Where configuration and rule packs are read from.
pub trait Texts {
    /// The text of the file at `path`, as from the current directory.
    ///
    /// # Errors
    ///
    /// When it is not there, or cannot be read.
    fn read(&self, path: &Path) -> io::Result<String>;
}

/// The files of the disk.
#[derive(Debug, Clone, Copy)]
pub struct Disk;

impl Texts for Disk {
    fn read(&self, path: &Path) -> io::Result<String> {
        fs::read_to_string(path)
    }
}

/// The file that is looked for.
pub const FILE_NAME: &str = ".blurt.toml";

/// The file of the baseline.
pub const BASELINE_NAME: &str = ".blurt-baseline.json";

/// What a configuration file or the command line says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// What to scan and to report.
    pub scan: ScanSettings,
    /// Which rules to use.
    pub rules: RuleSettings,
    /// What to do about findings.
    pub remediation: RemediationSettings,
}

/// The `[scan]` table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ScanSettings {
    /// Report what is at least that certain.
    pub min_confidence: Option<Confidence>,
    /// Report what is at least that bad.
    pub min_severity: Option<Severity>,
    /// Read what .gitignore excludes, too.
    pub no_ignore: Option<bool>,
    /// Globs of files that are not scanned.
    pub exclude: Vec<Glob>,
}

/// The `[remediation]` table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RemediationSettings {
    /// The id of the store that secrets shall be kept in.
    pub store: Option<String>,
}

/// The `[rules]` table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RuleSettings {
    /// Pack files, from the configuration file's folder.
    pub packs: Vec<PathBuf>,
    /// Ids of rules that shall not work.
    pub disable: Vec<String>,
    /// If not empty, ids of the only rules that shall work.
    pub only: Vec<String>,
}

/// Something wrong in the settings.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{}: cannot be read: {cause}", path.display())]
    Read {
        /// The configuration file.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// The file is not what it should be.
    #[error("{}:{line}:{column}: {message}", path.display())]
    Parse {
        /// The configuration file.
        path: PathBuf,
        /// 1-based line.
        line: usize,
        /// 1-based column.
        column: usize,
        /// What is wrong.
        message: String,
    },
    /// A pack is flawed.
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// A glob is flawed.
    #[error("in `exclude`: {0}")]
    Exclude(#[from] ignore::Error),
    /// A store is named that is not known.
    #[error("in `[remediation]`: there is no store `{id}`; there are: {known}")]
    UnknownStore {
        /// The id given.
        id: String,
        /// All ids.
        known: String,
    },
    /// A rule is named that does not exist.
    #[error("there is no rule `{id}`{}; `blurt rules list` lists them", similar.as_ref().map(|s| format!(" (did you mean `{s}`?)")).unwrap_or_default())]
    UnknownRule {
        /// The id given.
        id: String,
        /// The id that comes closest.
        similar: Option<String>,
    },
}

impl Settings {
    /// Reads the file at `path`. Pack files in it are named from its folder.
    ///
    /// # Errors
    ///
    /// When it cannot be read, is no TOML, or has keys that are not known; with line and column.
    pub fn read(path: &Path, texts: &dyn Texts) -> Result<Self, ConfigError> {
        let text =
            texts.read(path).map_err(|cause| ConfigError::Read { path: path.to_owned(), cause })?;
        let mut settings: Self = toml::from_str(&text).map_err(|e| {
            let before = &text[..e.span().map_or(0, |span| span.start)];
            ConfigError::Parse {
                path: path.to_owned(),
                line: before.matches('\n').count() + 1,
                column: before.rsplit('\n').next().unwrap_or_default().chars().count() + 1,
                message: e.message().trim().to_owned(),
            }
        })?;
        if let Some(folder) = path.parent() {
            for pack in &mut settings.rules.packs {
                *pack = folder.join(&pack);
            }
        }
        Ok(settings)
    }

    /// Reads the file that [`Settings::find`] has found. Its globs speak of the folder that it stands in;
    /// those of a file that is named on the command line speak of the current directory.
    ///
    /// # Errors
    ///
    /// As [`Settings::read`].
    pub fn read_found(path: &Path, texts: &dyn Texts) -> Result<Self, ConfigError> {
        let mut settings = Self::read(path, texts)?;
        if let Some(folder) = path.parent() {
            let globs = settings.scan.exclude.into_iter();
            settings.scan.exclude = globs.map(|glob| glob.of(folder)).collect();
        }
        Ok(settings)
    }

    /// The configuration file of the current directory: there, or in the nearest folder above it
    /// up to the repository's root.
    #[must_use]
    pub fn find(texts: &dyn Texts) -> Option<PathBuf> {
        let here = std::env::current_dir().ok()?;
        for folder in here.ancestors() {
            let file = folder.join(FILE_NAME);
            // A file that cannot be read is an error for whoever reads it then.
            let absent = |e: &io::Error| {
                matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::IsADirectory)
            };
            if !texts.read(&file).is_err_and(|e| absent(&e)) {
                return Some(file);
            }
            if folder.join(".git").exists() {
                return None;
            }
        }
        None
    }

    /// These settings, where they say something, over `base`.
    #[must_use]
    pub fn over(self, base: Self) -> Self {
        Self {
            scan: ScanSettings {
                min_confidence: self.scan.min_confidence.or(base.scan.min_confidence),
                min_severity: self.scan.min_severity.or(base.scan.min_severity),
                no_ignore: self.scan.no_ignore.or(base.scan.no_ignore),
                exclude: [base.scan.exclude, self.scan.exclude].concat(),
            },
            rules: RuleSettings {
                packs: [base.rules.packs, self.rules.packs].concat(),
                disable: [base.rules.disable, self.rules.disable].concat(),
                only: if self.rules.only.is_empty() { base.rules.only } else { self.rules.only },
            },
            remediation: RemediationSettings {
                store: self.remediation.store.or(base.remediation.store),
            },
        }
    }
}

/// Every question answered.
#[derive(Debug)]
pub struct Config {
    /// What is reported.
    pub thresholds: Thresholds,
    /// Read what .gitignore excludes, too.
    pub no_ignore: bool,
    /// The files that are not scanned.
    pub excluded: Excluded,
    /// The rules that work.
    pub rules: RuleSet,
}

impl Config {
    /// Answers every question that `settings` leave open.
    ///
    /// # Errors
    ///
    /// When a pack or a glob is flawed, or a rule is named that does not exist.
    pub fn new(settings: Settings, texts: &dyn Texts) -> Result<Self, ConfigError> {
        let Settings { scan, rules: names, remediation } = settings;
        let mut rules = RuleSet::builtin()?;
        for pack in &names.packs {
            let text = texts.read(pack);
            let text = text.map_err(|cause| ConfigError::Read { path: pack.clone(), cause })?;
            rules.add_pack(pack, text)?;
        }
        for id in names.disable.iter().chain(&names.only) {
            if !rules.rules().iter().any(|rule| rule.is_called(id)) {
                return Err(unknown(id, &rules));
            }
        }
        rules.retain(|rule| {
            let named = |list: &[String]| list.iter().any(|id| rule.is_called(id));
            !named(&names.disable) && (names.only.is_empty() || named(&names.only))
        });
        if let Some(id) = remediation.store
            && !rules.prefer_store(&id)
        {
            let known = rules.stores().map(|store| store.id.as_str()).collect::<Vec<_>>();
            return Err(ConfigError::UnknownStore { known: known.join(", "), id });
        }
        Ok(Self {
            thresholds: Thresholds {
                confidence: scan.min_confidence.unwrap_or(Confidence::Medium),
                severity: scan.min_severity.unwrap_or(Severity::Low),
            },
            no_ignore: scan.no_ignore.unwrap_or(false),
            excluded: Excluded::new(&scan.exclude)?,
            rules,
        })
    }
}

/// The error for an id that is not there, with the one that is most like it.
fn unknown(id: &str, rules: &RuleSet) -> ConfigError {
    let ids = rules.rules().iter().map(|rule| rule.id());
    let likeness = |known: &str| strsim::jaro_winkler(known, id);
    let similar = ids.filter(|known| likeness(known) > 0.7);
    let similar = similar.max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    ConfigError::UnknownRule { id: id.to_owned(), similar: similar.map(str::to_owned) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Settings, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("blurt.toml");
        fs::write(&path, text).unwrap();
        Settings::read(&path, &Disk)
            .map_err(|e| e.to_string().replace(&path.display().to_string(), "FILE"))
    }

    #[test]
    fn a_misspelt_key_is_an_error_with_its_place() {
        let error = read("[scan]\nmin_confidense = \"low\"\n").unwrap_err();
        assert!(error.starts_with("FILE:2:1: unknown field `min_confidense`"), "{error}");
        let error = read("[scan]\nmin_confidence = \"lowish\"\n").unwrap_err();
        assert!(error.starts_with("FILE:2:18: "), "{error}");
    }

    #[test]
    fn the_command_line_wins_over_the_file() {
        let file = read("[scan]\nmin_confidence = \"low\"\nexclude = [\"a\"]").unwrap();
        let mut flags = Settings::default();
        flags.scan.min_confidence = Some(Confidence::High);
        flags.scan.exclude = vec!["b".to_owned().into()];
        let merged = flags.over(file);
        assert_eq!(merged.scan.min_confidence, Some(Confidence::High));
        assert_eq!(merged.scan.exclude.len(), 2);
        assert_eq!(Settings::default().over(merged.clone()), merged);
    }

    #[test]
    fn an_unknown_store_is_an_error_that_names_the_known_ones() {
        let settings = read("[remediation]\nstore = \"shoebox\"\n").unwrap();
        let error = Config::new(settings, &Disk).unwrap_err().to_string();
        assert!(error.contains("`shoebox`") && error.contains("aws-secrets-manager, "), "{error}");
        let settings = read("[remediation]\nstore = \"vault\"\n").unwrap();
        let config = Config::new(settings, &Disk).unwrap();
        assert_eq!(config.rules.preferred_store().unwrap().id, "vault");
    }

    #[test]
    fn an_unknown_rule_is_an_error_with_a_suggestion() {
        let mut settings = Settings::default();
        settings.rules.only = vec!["aws-access-key".into(), "aws-acess-key-id".into()];
        let error = Config::new(settings, &Disk).unwrap_err().to_string();
        assert!(error.contains("did you mean `aws-access-key-id`"), "{error}");
    }
}
