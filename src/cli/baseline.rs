//! `blurt baseline`.

use super::selection::SelectionArgs;
use super::terminal::{self, When, complain};
use super::{ExitStatus, job};
use crate::clock;
use crate::config::{BASELINE_NAME, Config, Disk, baseline_file, git_folder};
use crate::finding::{Authority, Excuse, Finding, Triage};
use crate::fix::write::replace;
use crate::import::Accepted;
use crate::report::sanitize;
use crate::scan::Outcome;
use crate::source::{
    Files, History, Options, Source, absolute, git, history, name, name_from_here,
};
use crate::triage::Policy;
use crate::triage::baseline::{Baseline, Entry, Known};
use crate::triage::remembered::Remembered;
use crate::triage::suppression::Day;
use anyhow::{Context, Result, bail};
use bstr::{BString, ByteSlice};
use clap::{Subcommand, ValueHint};
use jiff::civil::Date;
use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Keep a file of the secrets that are known, so that only new ones are told.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
The baseline stands beside the code and is committed with it. It holds no secret: an entry is known by \
the fingerprint of rule and value, so that it holds wherever the value moves, and for no other value. \
`blurt scan`, `blurt ci` and the hooks find it by its name; `blurt ci` takes that of the base.

Examples:
  blurt baseline create --reason \"before we began\" --expires 2027-06-30
  blurt baseline create --history            with what only the history holds
  blurt baseline update --reason \"reviewed, test keys\"
  blurt baseline create --from .gitleaksignore --from .secrets.baseline
  blurt baseline prune                       drop what is gone or over
  blurt baseline prune --check               in CI: is there anything to drop, or a suppression for nothing?";

const CREATES: &str = "\
Examples:
  blurt baseline create --reason \"before we began\" --expires 2027-06-30
  blurt baseline create --history                         with what only the history holds
  blurt baseline create --from .gitleaksignore --from .secrets.baseline";

const UPDATES: &str = "\
Examples:
  blurt baseline update --reason \"reviewed, test keys\"    add all that is new
  blurt baseline update tests --author Ann                  add what is new below tests";

const PRUNES: &str = "\
Examples:
  blurt baseline prune            drop what is gone or over
  blurt baseline prune --check    in CI: status 1 if something could go, here or among suppressions";

#[derive(Debug, Subcommand)]
enum Command {
    /// Write a baseline of all that is found now
    #[command(after_help = CREATES)]
    Create(WriteArgs),
    /// Add what is new. Entries that are there stay as they are
    #[command(after_help = UPDATES)]
    Update(WriteArgs),
    /// Drop the entries that are over, or whose secrets are gone
    #[command(after_help = PRUNES)]
    Prune(PruneArgs),
}

#[derive(Debug, clap::Args)]
struct ScanArgs {
    /// The baseline [default: .blurt-baseline.json here or above, up to the repository's root]
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    output: Option<PathBuf>,

    /// Scan the history, too. A baseline that was made so is kept so
    #[arg(long)]
    history: bool,

    /// Scan what .gitignore excludes, too
    #[arg(long)]
    no_ignore: bool,

    /// Show progress
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    progress: When,

    #[command(flatten)]
    selection: SelectionArgs,
}

#[derive(Debug, clap::Args)]
struct WriteArgs {
    /// Files and folders to scan [default: the folder of the baseline]
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath)]
    paths: Vec<PathBuf>,

    /// Why these secrets may stay
    #[arg(long, value_name = "TEXT", default_value = REASON)]
    reason: String,

    /// Who says so [default: user.name of git]
    #[arg(long, value_name = "NAME")]
    author: Option<String>,

    /// The last day that they may, as 2027-01-31
    #[arg(long, value_name = "DAY")]
    expires: Option<Date>,

    /// Overwrite a baseline that is there
    #[arg(long)]
    force: bool,

    /// Only add what a file of another tool accepts: .gitleaksignore, a report of gitleaks,
    /// .secrets.baseline of detect-secrets, a baseline of Kingfisher (repeatable)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    from: Vec<PathBuf>,

    #[command(flatten)]
    scan: ScanArgs,
}

const REASON: &str = "known before the baseline was made, not judged yet";

#[derive(Debug, clap::Args)]
struct PruneArgs {
    /// Write nothing: say what would be dropped, and which suppressions in files and in .blurt.toml
    /// excuse nothing or are over. Status 1 if there is something
    #[arg(long)]
    check: bool,

    #[command(flatten)]
    scan: ScanArgs,
}

/// Runs one of the subcommands.
pub(super) fn run(args: &Args) -> Result<ExitStatus> {
    match &args.command {
        Command::Create(args) => args.create(),
        Command::Update(args) => args.update(),
        Command::Prune(args) => args.run(),
    }
}

impl ScanArgs {
    /// The file of the baseline.
    fn path(&self) -> Result<PathBuf> {
        let settings = self.selection.settings(self.selection.flags(), &Disk)?;
        let found = || baseline_file(&settings, &Disk);
        let path = self.output.clone().or_else(found).unwrap_or_else(|| BASELINE_NAME.into());
        Ok(name_from_here(&path).to_string().into())
    }

    /// Scans what is `asked` for.
    fn scan(&self, asked: &Asked) -> Result<Outcome> {
        let mut flags = self.selection.flags();
        flags.scan.no_ignore = self.no_ignore.then_some(true);
        flags.scan.baseline = Some(asked.known.map(Path::to_owned).unwrap_or_default());
        let mut config = Config::new(self.selection.settings(flags, &Disk)?, &Disk)?;
        if asked.all {
            config.policy = Policy { thresholds: Policy::everything().thresholds, ..config.policy };
        }
        let git = git_folder();
        config.policy.remembered = git.as_deref().map(Remembered::open);
        let paths = &asked.paths;
        let options = Options { no_ignore: config.no_ignore, threads: 0 };
        let files = paths.iter().filter(|path| !git::is_bare(path)).cloned().collect();
        let files = Files::new(files, config.excluded.clone(), options);
        let mut sources: Vec<Box<dyn Source>> = vec![Box::new(files)];
        if self.history || asked.history {
            let options = history::Options { full: false, now: clock::now()? };
            sources.push(Box::new(History::new(paths.clone(), options)));
        }
        let outcome = job::scan(&sources, config, self.progress.progress());
        outcome.name_all();
        if let Some(git) = git {
            // Without it, the next time takes longer.
            let _ = Remembered::open(&git).keep(outcome.findings.iter().map(|(one, _)| one));
        }
        for note in &outcome.notes {
            complain(&format!("note: {note}"));
        }
        for skip in &outcome.coverage.skipped {
            complain(&format!("not scanned: {skip}"));
        }
        Ok(outcome)
    }
}

/// What a command wants scanned.
#[derive(Default)]
struct Asked<'a> {
    paths: Vec<PathBuf>,
    /// The baseline that counts.
    known: Option<&'a Path>,
    history: bool,
    /// Whether what lies under the thresholds counts, too.
    all: bool,
}

/// The folder that a file stands in, as from the current directory.
fn folder_of(path: &Path) -> PathBuf {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.map_or_else(|| PathBuf::from("."), Path::to_owned);
    PathBuf::from(name_from_here(&folder).to_string())
}

/// The baseline in the file `path`.
fn read(path: &Path) -> Result<Baseline> {
    let place = || format!("{}: cannot be read", path.display());
    let text = fs::read_to_string(path).with_context(place)?;
    Baseline::read(&text).with_context(|| path.display().to_string())
}

impl WriteArgs {
    fn create(&self) -> Result<ExitStatus> {
        let path = self.scan.path()?;
        if path.exists() && !self.force {
            bail!(
                "{}: is there already: `blurt baseline update` adds to it, --force begins anew",
                path.display()
            );
        }
        let outcome = self.scan.scan(&Asked { paths: self.paths(&path), ..Asked::default() })?;
        let baseline = Baseline { history: self.scan.history, ..Baseline::default() };
        self.write(baseline, &path, &outcome)
    }

    fn update(&self) -> Result<ExitStatus> {
        let path = self.scan.path()?;
        let mut baseline = read(&path)?;
        let (paths, history) = (self.paths(&path), baseline.history);
        let asked = Asked { paths, known: Some(&path), history, all: false };
        let outcome = self.scan.scan(&asked)?;
        baseline.history |= self.scan.history;
        self.write(baseline, &path, &outcome)
    }

    /// The paths to scan: the folder of the baseline, if none are named.
    fn paths(&self, baseline: &Path) -> Vec<PathBuf> {
        if self.paths.is_empty() { vec![folder_of(baseline)] } else { self.paths.clone() }
    }

    /// Adds what the scan has found to the baseline, and writes it.
    fn write(&self, mut baseline: Baseline, path: &Path, outcome: &Outcome) -> Result<ExitStatus> {
        let template = self.template(path)?;
        let accepted = self.accepted()?;
        let mut added = Added::default();
        let all: Vec<&Finding> = outcome.findings.iter().map(|(finding, _)| finding).collect();
        for finding in all.iter().filter(|finding| finding.triage == Triage::New) {
            let mut entry = template.entry(finding);
            if !accepted.is_empty() {
                let Some(one) = accepted.iter().find_map(|file| file.find(finding)) else {
                    added.left += 1;
                    continue;
                };
                if self.reason == REASON {
                    entry.reason = one.reason;
                }
            }
            match baseline.entries.insert(finding.fingerprint().to_string(), entry) {
                None => added.new += 1,
                Some(_) => added.renewed += 1,
            }
        }
        for one in accepted.iter().flat_map(|file| file.unmatched(&all)) {
            complain(&format!("{}: {}", one.place, one.message));
        }
        replace(path, baseline.text().as_bytes())
            .with_context(|| format!("{}: cannot be written", path.display()))?;
        say(&[added.told(path, baseline.entries.len())])?;
        Ok(status(outcome))
    }

    /// What files of other tools accept.
    fn accepted(&self) -> Result<Vec<Accepted>> {
        let read = |path: &PathBuf| {
            let place = || format!("{}: cannot be read", path.display());
            let text = fs::read_to_string(path).with_context(place)?;
            Ok(Accepted::read(path, &text)?)
        };
        self.from.iter().map(read).collect()
    }

    fn template(&self, path: &Path) -> Result<Template> {
        let of_git = || git2::Config::open_default().and_then(|mut config| config.snapshot());
        let of_repository = || git2::Repository::discover(".").and_then(|r| r.config());
        let author = || {
            let config = of_repository().or_else(|_| of_git()).ok()?;
            config.get_string("user.name").ok().filter(|name| !name.trim().is_empty())
        };
        Ok(Template {
            folder: absolute(&folder_of(path)),
            added: clock::today()?,
            author: self.author.clone().or_else(author),
            reason: self.reason.clone(),
            expires: self.expires,
        })
    }
}

/// What became of the new secrets.
#[derive(Default)]
struct Added {
    new: usize,
    /// They had an entry that is over.
    renewed: usize,
    /// No file of another tool accepts them.
    left: usize,
}

impl Added {
    /// What to say of a baseline that has so many entries now.
    fn told(&self, path: &Path, entries: usize) -> String {
        let renewed = match self.renewed {
            0 => String::new(),
            n => format!(", {n} that were over renewed"),
        };
        let left = match self.left {
            0 => String::new(),
            1 => "; 1 that is not accepted is still new".to_owned(),
            n => format!("; {n} that are not accepted are still new"),
        };
        format!("{}: {} added{renewed}, {entries} in all{left}", path.display(), self.new)
    }
}

/// What entries that are made together have in common.
struct Template {
    folder: PathBuf,
    added: Date,
    author: Option<String>,
    reason: String,
    expires: Option<Date>,
}

impl Template {
    fn entry(&self, finding: &Finding) -> Entry {
        let primary = finding.primary();
        let from_folder = |path: &BString| {
            let path = absolute(&path.to_path_lossy());
            Some(name(path.strip_prefix(&self.folder).ok()?).to_string())
        };
        let path = primary.origin.path.as_ref().and_then(from_folder);
        Entry {
            rule: finding.rule.id().to_owned(),
            path: sanitize(&path.unwrap_or_else(|| primary.name())).into_owned(),
            added: Day(self.added),
            author: self.author.clone(),
            reason: self.reason.clone(),
            expires: self.expires.map(Day),
        }
    }
}

impl PruneArgs {
    fn run(&self) -> Result<ExitStatus> {
        let path = self.scan.path()?;
        let is_there = path.exists();
        if !is_there && !self.check {
            bail!("{}: there is no baseline; `blurt baseline create` makes one", path.display());
        }
        let text = if is_there { fs::read_to_string(&path)? } else { String::new() };
        let mut baseline = if is_there { read(&path)? } else { Baseline::default() };
        let known = Known::new(&baseline, &path, &text);
        let asked = Asked {
            paths: vec![folder_of(&path)],
            known: is_there.then_some(&path),
            history: baseline.history,
            all: true,
        };
        let outcome = self.scan.scan(&asked)?;
        let needless = Needless::of(&baseline, &known, &outcome)?;
        let mut lines = needless.entries.iter().map(|entry| entry.line.clone()).collect::<Vec<_>>();
        if self.check {
            lines.extend(idle(&outcome));
            say(&lines)?;
            let found = !lines.is_empty();
            return Ok(if found { ExitStatus::Found } else { status(&outcome) });
        }
        baseline.entries.retain(|key, _| !needless.has(key));
        if !needless.entries.is_empty() {
            replace(&path, baseline.text().as_bytes())
                .with_context(|| format!("{}: cannot be written", path.display()))?;
        }
        let (gone, all) = (needless.entries.len(), baseline.entries.len());
        lines.push(format!("{}: {gone} dropped, {all} in all", path.display()));
        say(&lines)?;
        Ok(status(&outcome))
    }
}

/// The entries of a baseline that nobody needs, by fingerprint.
struct Needless {
    entries: Vec<NeedlessEntry>,
}

struct NeedlessEntry {
    fingerprint: String,
    /// What to say of it.
    line: String,
}

impl Needless {
    /// Those that are over, and those whose secrets are gone, as far as their rules have worked and
    /// everything was looked at.
    fn of(baseline: &Baseline, known: &Known, outcome: &Outcome) -> Result<Self> {
        let today = clock::today()?;
        let used = outcome.suppressions.iter().filter(|one| one.places > 0);
        let used: BTreeSet<&Excuse> = used.map(|one| &*one.excuse).collect();
        let rules = outcome.rules.rules();
        let has_worked = |id: &str| rules.iter().any(|rule| rule.is_called(id));
        let needless = |(fingerprint, entry): (&String, &Entry)| {
            let excuse: &Arc<Excuse> = known.get(fingerprint)?;
            let gone = !used.contains(&**excuse) && has_worked(&entry.rule);
            let why = match (excuse.is_over(today), gone && outcome.coverage.complete) {
                (true, _) => format!("over since {}", excuse.expires.unwrap_or(today)),
                (false, true) => "its secret is gone".to_owned(),
                (false, false) => return None,
            };
            let place = excuse.place.as_deref().unwrap_or_default();
            let line = format!("{place}: {} in {}: {why}", entry.rule, entry.path);
            Some(NeedlessEntry { fingerprint: fingerprint.clone(), line })
        };
        Ok(Self { entries: baseline.entries.iter().filter_map(needless).collect() })
    }

    fn has(&self, fingerprint: &str) -> bool {
        self.entries.binary_search_by(|entry| entry.fingerprint.as_str().cmp(fingerprint)).is_ok()
    }
}

/// What to say of suppressions in files and configurations that excuse nothing or are over.
fn idle(outcome: &Outcome) -> Vec<String> {
    let all = outcome.suppressions.iter().filter(|one| one.excuse.by != Authority::Baseline);
    let idle = all.filter(|one| one.over || one.places == 0);
    idle.map(|one| {
        let place = one.excuse.place.as_deref().unwrap_or_default();
        let what = one.what.as_deref().unwrap_or("something");
        let why = match one.excuse.expires.filter(|_| one.over) {
            Some(last) => format!("over since {last}"),
            None => "it excuses nothing".to_owned(),
        };
        format!("{place}: suppression of {what}: {why}: {}", one.excuse.reason)
    })
    .collect()
}

/// Prints lines, which may hold foreign text.
fn say(lines: &[String]) -> Result<()> {
    let mut text = Vec::new();
    for line in lines {
        writeln!(text, "{}", sanitize(line))?;
    }
    if terminal::is_log() {
        text = terminal::without_commands(&text);
    }
    Ok(std::io::stdout().lock().write_all(&text)?)
}

/// Whether everything could be looked at.
fn status(outcome: &Outcome) -> ExitStatus {
    if outcome.coverage.complete { ExitStatus::Clean } else { ExitStatus::Incomplete }
}
