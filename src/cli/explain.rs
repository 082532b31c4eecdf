//! `blurt explain`.

use super::ExitStatus;
use super::selection::SelectionArgs;
use super::terminal;
use crate::config::{Config, Disk, Settings};
use crate::detect::Detector;
use crate::explain::access::{Exclusion, Hindrances, from_here, line_of};
use crate::explain::format::{self, ExplanationFormat};
use crate::explain::{Access, Bytes, Explainer, Limit, Place, Question, place_in};
use anyhow::{Result, bail};
use bstr::{BString, ByteSlice, ByteVec};
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// Why something in a file is reported, or is not: the triggers there, the rules that they call, what
/// checks, filters and scores say, and what decides in the end.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The file, perhaps with a line and a column; in a container `FILE!/MEMBER:LINE`
    #[arg(
        value_name = "FILE[:LINE[:COLUMN]]",
        required_unless_present = "stdin",
        conflicts_with = "stdin"
    )]
    place: Option<String>,

    /// Explain standard input instead of a file
    #[arg(long, requires = "path")]
    stdin: bool,

    /// The name of standard input, perhaps with a line and a column
    #[arg(long, value_name = "NAME[:LINE[:COLUMN]]", requires = "stdin")]
    path: Option<String>,

    /// Format: text or json
    #[arg(short, long, value_name = "FORMAT", default_value = "text", value_parser = format_of)]
    format: &'static str,

    #[command(flatten)]
    selection: SelectionArgs,
}

const EXAMPLES: &str = "\
Secrets are masked. The exit status is 0 if the place could be explained, and 2 if not, whatever is found \
there.

Examples:
  blurt explain config/app.env:12            all that happens on the line
  blurt explain src/main.py                  what is reported in the file, and what is nearly
  blurt explain backup.zip!/etc/app.ini:3    in a member of an archive
  git show HEAD:.env | blurt explain --stdin --path .env:2";

fn format_of(name: &str) -> Result<&'static str, String> {
    let names: Vec<_> = format::FORMATS.iter().map(|format| format.name()).collect();
    let known = names.iter().find(|known| **known == name).copied();
    known.ok_or_else(|| format!("there is no such format; there are: {}", names.join(", ")))
}

/// Explains a place. What is found there does not matter for the status.
pub(super) fn run(args: &Args) -> Result<ExitStatus> {
    let settings = Origins::read(&args.selection)?;
    let (place, access) = args.place(&settings)?;
    let explanation = settings.explainer(&place)?.explain(&place, access)?;
    let mut out = Vec::new();
    let format: &dyn ExplanationFormat = format::by_name(args.format).unwrap_or(&format::Text);
    format.write(&explanation, &mut out)?;
    if terminal::is_log() {
        out = match args.format {
            "json" => terminal::json_without_commands(&out),
            _ => terminal::without_commands(&out),
        };
    }
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(&out)?;
    stdout.flush()?;
    Ok(ExitStatus::Clean)
}

impl Args {
    /// The place, and how a scan comes to its file.
    fn place(&self, settings: &Origins) -> Result<(Place, Access)> {
        let Some(text) = &self.place else { return self.input() };
        let Question { file, member, line, column } = Question::read(text)?;
        let name = file.display();
        let Ok(metadata) = fs::metadata(&file) else {
            bail!("{name}: is a link to nothing, which a scan passes over");
        };
        if metadata.is_dir() {
            bail!("{name}: is a folder; name a file in it, as in {name}/FILE:LINE");
        }
        if !metadata.is_file() {
            bail!("{name}: is no regular file, and a scan does not read it");
        }
        let access = settings.hindrances().of(&file);
        let file = target_of(&file);
        let place = Place { name: named(&file), bytes: Bytes::File(file), member, line, column };
        Ok((place, access))
    }

    fn input(&self) -> Result<(Place, Access)> {
        let name = self.path.as_deref().unwrap_or("stdin");
        let (name, line, column) = match place_in(name) {
            None => (name, None, None),
            Some((name, last)) => match place_in(name) {
                None => (name, Some(last), None),
                Some((name, line)) => (name, Some(line), Some(last)),
            },
        };
        let mut bytes = Vec::new();
        std::io::stdin().lock().read_to_end(&mut bytes)?;
        let bytes = Bytes::Here(bytes);
        let place = Place { name: BString::from(name), bytes, member: None, line, column };
        Ok((place, Access::of_input()))
    }
}

/// The file that a link leads to, as a scan names it.
fn target_of(file: &Path) -> PathBuf {
    let is_link = fs::symlink_metadata(file).is_ok_and(|metadata| metadata.is_symlink());
    let target = fs::canonicalize(file).ok().filter(|_| is_link);
    target.map_or_else(|| file.to_owned(), |target| from_here(&target))
}

/// A path with forward slashes, without `.` parts.
fn named(file: &Path) -> BString {
    let clean: PathBuf = file.components().filter(|part| part.as_os_str() != ".").collect();
    let name = Vec::from_path_lossy(&clean).into_owned();
    BString::from(if cfg!(windows) { name.replace(b"\\", b"/") } else { name })
}

/// The settings, and who says what.
struct Origins<'a> {
    selection: &'a SelectionArgs,
    /// What the command line says.
    flags: Settings,
    /// What the configuration file says.
    written: Settings,
    /// The configuration file.
    file: Option<PathBuf>,
}

impl<'a> Origins<'a> {
    fn read(selection: &'a SelectionArgs) -> Result<Self> {
        let written = selection.settings(Settings::default(), &Disk)?;
        Ok(Self { selection, flags: selection.flags(), written, file: selection.file(&Disk) })
    }

    /// The configuration file with the line that holds `text`, if it has one.
    fn place_of(&self, text: &str) -> String {
        let Some(file) = &self.file else { return "the configuration".to_owned() };
        let line = line_of(file, |line| line.contains(text) && !line.trim_start().starts_with('#'));
        format!("{}{line}", from_here(file).display())
    }

    /// Who says a level: the command line, the file, or nobody.
    fn who(&self, flag: bool, file: bool, key: &str) -> String {
        match (flag, file) {
            (true, _) => format!("--{}", key.replace('_', "-")),
            (_, true) => self.place_of(key),
            _ => "the default".to_owned(),
        }
    }

    /// What keeps a scan from files.
    fn hindrances(&self) -> Hindrances {
        let written = self.written.scan.exclude.iter().map(|glob| Exclusion {
            said_by: format!("`exclude` in {}", self.place_of(&format!("\"{}\"", glob.text()))),
            glob: glob.clone(),
        });
        let flags = self.flags.scan.exclude.iter();
        let flags =
            flags.map(|glob| Exclusion { glob: glob.clone(), said_by: "--exclude".to_owned() });
        Hindrances {
            exclusions: written.chain(flags).collect(),
            no_ignore: self.written.scan.no_ignore.unwrap_or(false),
        }
    }

    fn explainer(&self, place: &Place) -> Result<Explainer> {
        let settings = self.selection.settings(self.flags.clone(), &Disk)?;
        let chosen = !settings.rules.only.is_empty() || !settings.rules.disable.is_empty();
        let mut all = settings.clone();
        all.rules.only.clear();
        all.rules.disable.clear();
        let others = chosen.then(|| Config::new(all, &Disk)).transpose()?;
        let config = Config::new(settings, &Disk)?;
        let (flags, written) = (&self.flags.scan, &self.written.scan);
        let (by_flag, by_file) = (flags.min_confidence.is_some(), written.min_confidence.is_some());
        let mut confidence = Limit {
            level: config.policy.thresholds.confidence,
            said_by: self.who(by_flag, by_file, "min_confidence"),
        };
        let (by_flag, by_file) = (flags.min_severity.is_some(), written.min_severity.is_some());
        let mut severity = Limit {
            level: config.policy.thresholds.severity,
            said_by: self.who(by_flag, by_file, "min_severity"),
        };
        let folders = config.policy.folders.iter();
        for (limits, said_by) in
            folders.flat_map(|folders| folders.thresholds(place.name.as_bstr()))
        {
            confidence.raise(limits.confidence, &said_by);
            severity.raise(limits.severity, &said_by);
        }
        let (detector, policy) = (Detector::new(config.rules), config.policy);
        let others = others.map(|config| config.rules);
        Ok(Explainer { detector, others, confidence, severity, policy })
    }
}
