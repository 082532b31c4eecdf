//! Settings as they are written (in `.blurt.toml`, on the command line: everything may be absent)
//! and the configuration that comes of them (every question answered).

mod folders;

pub use folders::Folders;

use crate::clock::{self, ClockError};
use crate::rule::{Confidence, RuleError, RuleSet, Severity};
use crate::source::{Excluded, Glob, absolute, name_from_here};
use crate::triage::baseline::{Baseline, BaselineError, Known};
use crate::triage::remembered::Remembered;
use crate::triage::suppression::{Suppression, SuppressionError, SuppressionSpec};
use crate::triage::{Policy, Thresholds};
use folders::First;
use serde::Deserialize;
use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use toml::Spanned;

/// Where configuration and rule packs are read from.
pub trait Texts {
    /// The text of the file at `path`, as from the current directory.
    ///
    /// # Errors
    ///
    /// When it is not there, or cannot be read.
    fn read(&self, path: &Path) -> io::Result<String>;

    /// All files of that name, as from the current directory, with their texts; `None` if they have to be
    /// looked for folder by folder, on the disk.
    fn all(&self, name: &str) -> Option<Vec<(PathBuf, String)>>;
}

/// The files of the disk.
#[derive(Debug, Clone, Copy)]
pub struct Disk;

impl Texts for Disk {
    fn read(&self, path: &Path) -> io::Result<String> {
        fs::read_to_string(path)
    }

    fn all(&self, _: &str) -> Option<Vec<(PathBuf, String)>> {
        None
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
    /// What is excused.
    pub suppress: Vec<Written<SuppressionSpec>>,
    /// The folder of the configuration file, if one was found.
    #[serde(skip)]
    pub folder: Option<PathBuf>,
}

/// A table of a configuration file, and where it stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "Spanned<T>")]
pub struct Written<T> {
    /// The file, as it was named.
    pub file: PathBuf,
    /// Where the table begins: a byte, until the file that it was read from has said the 1-based line.
    pub line: usize,
    /// The table.
    pub table: T,
}

impl<T> From<Spanned<T>> for Written<T> {
    fn from(table: Spanned<T>) -> Self {
        Self { file: PathBuf::new(), line: table.span().start, table: table.into_inner() }
    }
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
    /// The baseline, from the configuration file's folder.
    pub baseline: Option<PathBuf>,
    /// Whether markers that are meant for other tools excuse.
    pub foreign_markers: Option<bool>,
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
    /// A `[[suppress]]` table is flawed.
    #[error("{}:{line}:1: {cause}", path.display())]
    Suppression {
        /// The configuration file.
        path: PathBuf,
        /// 1-based line of the table.
        line: usize,
        /// What is wrong.
        cause: Box<SuppressionError>,
    },
    /// A rule is named in a place that does not exist.
    #[error("{}:{line}:1: {cause}", path.display())]
    Suppressed {
        /// The configuration file.
        path: PathBuf,
        /// 1-based line.
        line: usize,
        /// What is wrong.
        cause: Box<ConfigError>,
    },
    /// The baseline is flawed.
    #[error("{}: {cause}", path.display())]
    Baseline {
        /// The baseline.
        path: PathBuf,
        /// What is wrong.
        cause: BaselineError,
    },
    /// Nobody knows what day it is.
    #[error(transparent)]
    Clock(#[from] ClockError),
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
        let mut settings = Self::parse(path, &text)?;
        if let Some(folder) = path.parent() {
            let from_folder = |path: &mut PathBuf| *path = folder.join(&path);
            settings.rules.packs.iter_mut().for_each(from_folder);
            settings.scan.baseline.iter_mut().for_each(from_folder);
        }
        Ok(settings)
    }

    /// Reads the text of the file at `path`. Packs and globs are left as they are written.
    ///
    /// # Errors
    ///
    /// As [`Settings::read`].
    pub fn parse(path: &Path, text: &str) -> Result<Self, ConfigError> {
        let line = |at: usize| text[..at].matches('\n').count() + 1;
        let mut settings: Self = toml::from_str(text).map_err(|e| {
            let at = e.span().map_or(0, |span| span.start);
            ConfigError::Parse {
                path: path.to_owned(),
                line: line(at),
                column: text[..at].rsplit('\n').next().unwrap_or_default().chars().count() + 1,
                message: with_suggestion(e.message().trim()),
            }
        })?;
        for written in &mut settings.suppress {
            *written = Written {
                file: path.to_owned(),
                line: line(written.line),
                table: std::mem::take(&mut written.table),
            };
        }
        Ok(settings)
    }

    /// The same, if the globs are read from `folder`.
    #[must_use]
    fn of_folder(mut self, folder: &Path) -> Self {
        let of = |globs: &mut Vec<Glob>| {
            *globs = std::mem::take(globs).into_iter().map(|glob| glob.of(folder)).collect();
        };
        of(&mut self.scan.exclude);
        self.suppress.iter_mut().for_each(|written| of(&mut written.table.paths));
        self
    }

    /// The first key that only a whole run can go by, and its 1-based line in the text.
    fn of_whole_run(&self, text: &str) -> Option<(&'static str, usize)> {
        let given = [
            ("no_ignore", self.scan.no_ignore.is_some()),
            ("baseline", self.scan.baseline.is_some()),
            ("foreign_markers", self.scan.foreign_markers.is_some()),
            ("packs", !self.rules.packs.is_empty()),
            ("only", !self.rules.only.is_empty()),
            ("store", self.remediation.store.is_some()),
        ];
        let (key, _) = given.into_iter().find(|(_, given)| *given)?;
        let line = text.lines().position(|line| line.trim_start().starts_with(key));
        Some((key, line.unwrap_or(0) + 1))
    }

    /// Reads the file that [`Settings::find`] has found. Its globs speak of the folder that it stands in;
    /// those of a file that is named on the command line speak of the current directory.
    ///
    /// # Errors
    ///
    /// As [`Settings::read`].
    pub fn read_found(path: &Path, texts: &dyn Texts) -> Result<Self, ConfigError> {
        let settings = Self::read(path, texts)?;
        Ok(match path.parent() {
            None => settings,
            Some(folder) => Self { folder: Some(folder.to_owned()), ..settings.of_folder(folder) },
        })
    }

    /// The configuration file that a run goes by: the one nearest to the root of the repository, of those
    /// in the current directory and above it; without a repository, the nearest.
    #[must_use]
    pub fn find(texts: &dyn Texts) -> Option<PathBuf> {
        find(FILE_NAME, texts)
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
                baseline: self.scan.baseline.or(base.scan.baseline),
                foreign_markers: self.scan.foreign_markers.or(base.scan.foreign_markers),
            },
            rules: RuleSettings {
                packs: [base.rules.packs, self.rules.packs].concat(),
                disable: [base.rules.disable, self.rules.disable].concat(),
                only: if self.rules.only.is_empty() { base.rules.only } else { self.rules.only },
            },
            remediation: RemediationSettings {
                store: self.remediation.store.or(base.remediation.store),
            },
            suppress: [base.suppress, self.suppress].concat(),
            folder: self.folder.or(base.folder),
        }
    }
}

/// The file of that name in the current directory or above it that is nearest to the root of the
/// repository; without a repository, the nearest.
fn find(name: &str, texts: &dyn Texts) -> Option<PathBuf> {
    let here = env::current_dir().ok()?;
    let is_there = |file: &PathBuf| {
        // A file that cannot be read is an error for whoever reads it then.
        let absent = |e: &io::Error| {
            matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::IsADirectory)
        };
        !texts.read(file).is_err_and(|e| absent(&e))
    };
    let files: Vec<PathBuf> = match repository(&here) {
        Some(root) => {
            let inside = here.ancestors().take_while(|folder| folder.starts_with(root));
            let mut files: Vec<_> = inside.map(|folder| folder.join(name)).collect();
            files.reverse();
            files
        }
        None => here.ancestors().map(|folder| folder.join(name)).collect(),
    };
    files.into_iter().find(is_there)
}

/// The root of the repository that a folder lies in.
fn repository(folder: &Path) -> Option<&Path> {
    folder.ancestors().find(|folder| folder.join(".git").exists())
}

/// A message of serde on an unknown key or value, with the known one that is most like it.
pub(crate) fn with_suggestion(message: &str) -> String {
    let names = |text: &str| -> Vec<String> {
        text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    };
    let Some((unknown, known)) = message.split_once(", expected") else {
        return message.to_owned();
    };
    let Some(unknown) = names(unknown).pop() else { return message.to_owned() };
    let likeness = |known: &String| strsim::jaro_winkler(known, &unknown);
    let similar = names(known).into_iter().filter(|known| likeness(known) > 0.7);
    match similar.max_by(|a, b| likeness(a).total_cmp(&likeness(b))) {
        Some(similar) => format!("{message} (did you mean `{similar}`?)"),
        None => message.to_owned(),
    }
}

/// Every question answered.
#[derive(Debug)]
pub struct Config {
    /// What is reported, and what is excused.
    pub policy: Policy,
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
    /// When a pack, a glob, a suppression or the baseline is flawed, or a rule is named that does not
    /// exist.
    pub fn new(settings: Settings, texts: &dyn Texts) -> Result<Self, ConfigError> {
        let known = known(baseline_file(&settings, texts), texts)?;
        let Settings { scan, rules: names, remediation, suppress, folder } = settings;
        let mut rules = RuleSet::builtin()?;
        for pack in &names.packs {
            let text = texts.read(pack);
            let text = text.map_err(|cause| ConfigError::Read { path: pack.clone(), cause })?;
            rules.add_pack(pack, text)?;
        }
        for id in names.disable.iter().chain(&names.only) {
            known_rule(id, &rules)?;
        }
        let suppressions = suppressions(suppress, &rules)?;
        let all = rules.clone();
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
        let thresholds = Thresholds {
            confidence: scan.min_confidence.unwrap_or(Confidence::Medium),
            severity: scan.min_severity.unwrap_or(Severity::Low),
        };
        let here = || env::current_dir().unwrap_or_default();
        let top = folder.or_else(|| repository(&here()).map(Path::to_owned));
        let top = absolute(&top.unwrap_or_else(here));
        let first = First { top, suppressions, thresholds };
        let folders = Arc::new(Folders::new(first, all, texts));
        // A gate, which goes by a commit, trusts nobody who could have written there.
        let asks = !known.is_empty() && folders.are_on_disk();
        let remembered = asks.then(git_folder).flatten().map(|git| Remembered::open(&git));
        Ok(Self {
            excluded: Excluded::new(&scan.exclude)?.and(folders.clone()),
            policy: Policy {
                thresholds,
                known,
                folders: Some(folders),
                remembered,
                foreign_markers: scan.foreign_markers.unwrap_or(true),
                today: clock::today()?,
            },
            no_ignore: scan.no_ignore.unwrap_or(false),
            rules,
        })
    }
}

/// The file of the baseline that `settings` name, or that is found. An empty name is none at all.
#[must_use]
pub fn baseline_file(settings: &Settings, texts: &dyn Texts) -> Option<PathBuf> {
    let named = settings.scan.baseline.clone().or_else(|| find(BASELINE_NAME, texts));
    named.filter(|path| !path.as_os_str().is_empty())
}

/// What the baseline excuses, if there is one.
fn known(baseline: Option<PathBuf>, texts: &dyn Texts) -> Result<Known, ConfigError> {
    let Some(path) = baseline else { return Ok(Known::default()) };
    let path = PathBuf::from(name_from_here(&path).to_string());
    let text = texts.read(&path);
    let text = text.map_err(|cause| ConfigError::Read { path: path.clone(), cause })?;
    let baseline = Baseline::read(&text);
    let baseline = baseline.map_err(|cause| ConfigError::Baseline { path: path.clone(), cause })?;
    Ok(Known::new(&baseline, &path, &text))
}

/// The git folder of the repository that the current directory lies in, which its working trees share.
#[must_use]
pub fn git_folder() -> Option<PathBuf> {
    let here = env::current_dir().ok()?;
    let git = repository(&here)?.join(".git");
    // A file leads elsewhere.
    if git.is_dir() {
        return Some(git);
    }
    Some(git2::Repository::discover(".").ok()?.commondir().to_owned())
}

/// The suppressions of a configuration file, which name no rule that does not exist.
fn suppressions(
    written: Vec<Written<SuppressionSpec>>,
    rules: &RuleSet,
) -> Result<Vec<Suppression>, ConfigError> {
    let suppression = |Written { file: path, line, table }: Written<SuppressionSpec>| {
        let place = format!("{}:{line}", name_from_here(&path));
        let one = Suppression::new(table, place).map_err(|cause| ConfigError::Suppression {
            path: path.clone(),
            line,
            cause: cause.into(),
        })?;
        for id in one.rules() {
            known_rule(id, rules).map_err(|cause| ConfigError::Suppressed {
                path: path.clone(),
                line,
                cause: cause.into(),
            })?;
        }
        Ok(one)
    };
    written.into_iter().map(suppression).collect()
}

/// That a rule of that id or kind exists.
fn known_rule(id: &str, rules: &RuleSet) -> Result<(), ConfigError> {
    if rules.rules().iter().any(|rule| rule.is_called(id)) {
        return Ok(());
    }
    Err(unknown(id, rules))
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
