//! `blurt fix`.

use super::selection::SelectionArgs;
use super::terminal::{self, When};
use super::{ExitStatus, job, plan};
use crate::clock;
use crate::config::{Config, Disk};
use crate::detect::Detector;
use crate::finding::Triage;
use crate::fix::lookup::{LOOKUPS, Lookup};
use crate::fix::{FileFix, Fixer, Fixes, diff, write};
use crate::plan::Planner;
use crate::remedy::{capital, surroundings};
use crate::report::{sanitize, sanitize_bytes, shell_word};
use crate::rule::RuleSet;
use crate::scan::Outcome;
use crate::source::{Files, Options};
use anyhow::{Context, Result, bail};
use bstr::ByteSlice;
use clap::ValueHint;
use git2::Repository;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Take secrets out of files: a literal becomes a look-up that fits the file. Without options it shows what
/// would change, with the secrets masked.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Files and folders to fix
    #[arg(value_name = "PATH", default_value = ".", value_hint = ValueHint::AnyPath)]
    paths: Vec<PathBuf>,

    /// Edit the files
    #[arg(long, conflicts_with = "patch")]
    write: bool,

    /// Write a patch for `git apply` instead. It holds the secrets that go: only you can read the file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    patch: Option<PathBuf>,

    /// Where values are read from: environment, aws-secrets-manager or aws-parameter-store
    #[arg(long, value_name = "STORE", default_value = "environment", value_parser = lookup_of)]
    via: Lookup,

    /// Leave out edits that someone should look at
    #[arg(long)]
    safe: bool,

    /// Fix what .gitignore excludes, too
    #[arg(long)]
    no_ignore: bool,

    /// Show progress: auto (on a terminal), always or never
    #[arg(long, value_name = "WHEN", default_value = "auto", hide_possible_values = true)]
    progress: When,

    #[command(flatten)]
    selection: SelectionArgs,
}

const EXAMPLES: &str = "\
Examples:
  blurt fix                                what would change, for reading
  blurt fix src --write                    edit the files below src
  blurt fix --patch fix.patch && git apply fix.patch
  blurt fix --write --via aws-secrets-manager";

fn lookup_of(name: &str) -> Result<Lookup, String> {
    let names = LOOKUPS.map(Lookup::name);
    Lookup::by_name(name)
        .ok_or_else(|| format!("there is no such store; there are: {}", names.join(", ")))
}

/// Makes the edits, writes or shows them, and says how it went.
pub(super) fn run(args: &Args) -> Result<ExitStatus> {
    let mut flags = args.selection.flags();
    flags.scan.no_ignore = args.no_ignore.then_some(true);
    let config = Config::new(args.selection.settings(flags, &Disk)?, &Disk)?;
    let options = Options { no_ignore: config.no_ignore, threads: 0 };
    let files = Files::new(args.paths.clone(), config.excluded.clone(), options);
    let outcome = job::scan(&files, config, args.progress.progress());
    for skip in &outcome.coverage.skipped {
        terminal::complain(&format!("not scanned: {skip}"));
    }
    let around = surroundings::Disk::default();
    let detector = Detector::new(outcome.rules.clone());
    let stored = stored(&outcome, &outcome.rules)?;
    let fixer =
        Fixer { detector: &detector, around: &around, lookup: args.via, stored, safe: args.safe };
    let fixes = fixer.fix(&outcome);
    let mut out = Vec::new();
    if let Some(path) = &args.patch {
        write::private(path, &patch(&fixes)?)
            .with_context(|| format!("{}: cannot be written", path.display()))?;
    } else if args.write {
        apply(&fixes)?;
    } else {
        show(&fixes, &mut out)?;
    }
    Summary { args, fixes: &fixes, outcome: &outcome }.write(&mut out)?;
    if terminal::is_log() {
        out = terminal::without_commands(&out);
    }
    std::io::stdout().lock().write_all(&out)?;
    let is_done = !has_new(&outcome) || args.write && fixes.left.is_empty();
    Ok(match (is_done, outcome.coverage.complete) {
        (false, _) => ExitStatus::Found,
        (true, false) => ExitStatus::Incomplete,
        (true, true) => ExitStatus::Clean,
    })
}

/// Whether there is something to fix.
fn has_new(outcome: &Outcome) -> bool {
    outcome.findings.iter().any(|(finding, _)| finding.triage == Triage::New)
}

/// What `blurt plan` calls the secrets in their store, by fingerprint.
fn stored(outcome: &Outcome, rules: &RuleSet) -> Result<BTreeMap<String, String>> {
    if !has_new(outcome) {
        return Ok(BTreeMap::new());
    }
    let around = surroundings::Disk::default();
    let planner =
        Planner { rules, around: &around, root: Path::new("."), now: clock::now()?, blames: false };
    let plan = planner.plan(&plan::saved(outcome)?);
    Ok(plan.entries.into_iter().map(|entry| (entry.fingerprint, entry.name)).collect())
}

/// Shows what would change.
fn show(fixes: &Fixes, out: &mut impl Write) -> Result<()> {
    for fix in fixes.files.iter().filter(|fix| fix.after.is_some()) {
        let text = diff::masked(fix)?;
        for line in text.lines_with_terminator() {
            writeln!(out, "{}", sanitize_bytes(line.trim_end_with(|c| c == '\n' || c == '\r')))?;
        }
    }
    Ok(())
}

/// The changes of all files, as `git apply` takes them: named from the root of the repository.
fn patch(fixes: &Fixes) -> Result<Vec<u8>> {
    let mut text = Vec::new();
    for fix in fixes.files.iter().filter(|fix| fix.after.is_some()) {
        text.extend(diff::patch(fix, &name_in_repository(&fix.path))?);
    }
    Ok(text)
}

/// A path from the root of its repository; from the current folder if it is in none.
fn name_in_repository(path: &str) -> String {
    let inside = || {
        let repository = Repository::discover(".").ok()?;
        let root = repository.workdir()?.canonicalize().ok()?;
        let folder = Path::new(path).parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new(".")).canonicalize().ok()?;
        let inside = folder.strip_prefix(root).ok()?.join(Path::new(path).file_name()?);
        Some(inside.to_str()?.replace('\\', "/"))
    };
    inside().unwrap_or_else(|| path.trim_start_matches("./").to_owned())
}

/// Writes the files, and takes out of the index what leaves the repository.
fn apply(fixes: &Fixes) -> Result<()> {
    for fix in &fixes.files {
        let path = Path::new(&fix.path);
        match &fix.after {
            Some(content) => {
                let now = std::fs::read(path).ok();
                if now != fix.before {
                    bail!(
                        "{}: has changed while it was fixed; nothing was written to it, run it again",
                        fix.path
                    );
                }
                write::replace(path, content)
                    .with_context(|| format!("{}: cannot be written", fix.path))?;
            }
            None => untrack(path)
                .with_context(|| format!("{}: cannot be taken out of the index", fix.path))?,
        }
    }
    Ok(())
}

/// Takes a file out of the index of its repository. It stays on the disk.
fn untrack(path: &Path) -> Result<()> {
    let path = path.canonicalize()?;
    let repository = Repository::discover(path.parent().unwrap_or(Path::new(".")))?;
    let root =
        repository.workdir().context("the repository has no working tree")?.canonicalize()?;
    let inside = path.strip_prefix(root)?;
    let mut index = repository.index()?;
    if index.get_path(inside, 0).is_some() {
        index.remove_path(inside)?;
        index.write()?;
    }
    Ok(())
}

/// What is told besides the changes.
struct Summary<'a> {
    args: &'a Args,
    fixes: &'a Fixes,
    outcome: &'a Outcome,
}

impl Summary<'_> {
    fn write(&self, out: &mut impl Write) -> Result<()> {
        let Self { args, fixes, outcome } = self;
        if !has_new(outcome) {
            writeln!(out, "No secrets found: there is nothing to fix.")?;
            return Ok(());
        }
        let edited: Vec<_> =
            fixes.files.iter().filter(|fix| fix.after.is_some() && !fix.taken.is_empty()).collect();
        let withdrawn: Vec<_> = fixes.files.iter().filter(|fix| fix.after.is_none()).collect();
        let done = if args.write { "Edited" } else { "To edit" };
        let taken: usize = edited.iter().map(|fix| fix.taken.len()).sum();
        if !edited.is_empty() {
            let others = fixes.files.len() - edited.len() - withdrawn.len();
            writeln!(
                out,
                "\n{done}: {} in {}{}",
                count(taken, "place"),
                count(edited.len(), "file"),
                match others {
                    0 => String::new(),
                    others => format!(", and {} beside them", count(others, "file")),
                }
            )?;
        }
        self.withdrawn(out, &withdrawn)?;
        self.reviews(out)?;
        self.left(out)?;
        self.variables(out)?;
        self.next(out)
    }

    fn withdrawn(&self, out: &mut impl Write, files: &[&FileFix]) -> Result<()> {
        if files.is_empty() {
            return Ok(());
        }
        let title = if self.args.write {
            "Out of the repository from the next commit on. They stay on this disk, and .gitignore has them; CI and servers that took them from the repository need them another way:"
        } else {
            "To leave the repository, and to stay on this disk; CI and servers need them another way:"
        };
        writeln!(out, "\n{title}")?;
        for fix in files {
            if self.args.write {
                writeln!(out, "  {}", sanitize(&fix.path))?;
            } else {
                writeln!(out, "  git rm --cached -- {}", shell_word(&sanitize(&fix.path)))?;
            }
        }
        Ok(())
    }

    fn reviews(&self, out: &mut impl Write) -> Result<()> {
        let mut by_reason: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for fix in &self.fixes.files {
            for (line, why) in &fix.reviews {
                let place = format!("{}:{line}", sanitize(&fix.path));
                by_reason.entry(why).or_default().push(place);
            }
        }
        let reviews = by_reason.into_iter().map(|(why, places)| match &places[..] {
            [place] => format!("{place}: {why}"),
            places => format!("{}:\n    {}", capital(why), places.join("\n    ")),
        });
        list(out, "Look at these, and do what they say:", reviews)
    }

    fn left(&self, out: &mut impl Write) -> Result<()> {
        let left = self.fixes.left.iter().map(|left| {
            let title = &self.outcome.findings[left.finding].0.rule.spec().name;
            format!("{}:{}: {title}: {}", left.name, left.line, left.why)
        });
        list(out, "Left as they are:", left)
    }

    fn variables(&self, out: &mut impl Write) -> Result<()> {
        let variables = self.fixes.variables.iter().map(|variable| {
            let (finding, remedy) = &self.outcome.findings[variable.finding];
            let name = match self.args.via {
                Lookup::Environment => &variable.names.variable,
                _ => &variable.names.stored,
            };
            format!(
                "{name}: {}, {}; {}",
                finding.rule.spec().name,
                finding.secret,
                remedy.action.name()
            )
        });
        let title = match self.args.via {
            Lookup::Environment => {
                "Read from now on; give them new values where the programs run, or do away with them as `blurt plan` says:"
            }
            _ => {
                "Read from the store from now on; put new values there (`blurt plan --emit terraform` declares them), or do away with them as `blurt plan` says:"
            }
        };
        list(out, title, variables)
    }

    fn next(&self, out: &mut impl Write) -> Result<()> {
        let args = self.args;
        if let Some(patch) = &args.patch {
            let patch = patch.to_string_lossy();
            writeln!(
                out,
                "\nNext: git apply {0}, and delete {0}: it holds the secrets.",
                shell_word(&sanitize(&patch))
            )?;
        } else if args.write {
            writeln!(
                out,
                "\nNext: look at `git diff`, run the tests, and commit. What was committed before is still in the history:\n  blurt scan --history -f json > report.json; blurt plan report.json; blurt verify report.json"
            )?;
        } else if !self.fixes.files.is_empty() {
            writeln!(out, "\nNothing was changed. To change it: blurt fix --write")?;
        }
        Ok(())
    }
}

fn list(out: &mut impl Write, title: &str, lines: impl Iterator<Item = String>) -> Result<()> {
    let mut lines: Vec<String> = lines.collect();
    lines.dedup();
    if !lines.is_empty() {
        writeln!(out, "\n{title}")?;
    }
    for line in lines {
        writeln!(out, "  {line}")?;
    }
    Ok(())
}

fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}
