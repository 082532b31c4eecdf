//! `blurt hook`.

use super::terminal::{When, complain};
use super::{ExitStatus, job};
use crate::config::{Config, Disk, Settings, Texts};
use crate::hook::{Folder, Framework, Hook, Installed, Target, Uninstalled, Update};
use crate::report::{Format, Style, Text, sanitize};
use crate::source::{Checkout, Span};
use anyhow::{Context, Result, anyhow, bail};
use clap::Subcommand;
use git2::Repository;
use std::ffi::OsString;
use std::io::{Read, Write};
use std::path::Path;

/// Ask blurt before every commit or push.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  blurt hook install                    look at each commit before it is made
  blurt hook install pre-push           look at what is pushed
  blurt hook install pre-receive        on a server: look at what is pushed to it
  blurt hook uninstall                  as it was before";

const INSTALL: &str = "\
Examples:
  blurt hook install                      look at each commit before it is made
  blurt hook install pre-commit pre-push  and at what is pushed
  blurt hook install --global             for all repositories that share one folder of hooks";

const UNINSTALL: &str = "\
Examples:
  blurt hook uninstall                    all hooks of blurt
  blurt hook uninstall pre-push           this one";

#[derive(Debug, Subcommand)]
enum Command {
    /// Install hooks in this repository. A hook that is there already is kept, and runs first
    #[command(after_help = INSTALL)]
    Install {
        /// pre-commit, pre-push or pre-receive [default: pre-commit]
        #[arg(value_name = "HOOK", value_parser = hook_name)]
        hooks: Vec<Hook>,
        #[command(flatten)]
        place: PlaceArgs,
    },
    /// Take the hooks out again, and put back those that were there before
    #[command(after_help = UNINSTALL)]
    Uninstall {
        /// pre-commit, pre-push or pre-receive [default: all]
        #[arg(value_name = "HOOK", value_parser = hook_name)]
        hooks: Vec<Hook>,
        #[command(flatten)]
        place: PlaceArgs,
    },
    /// Answer a hook: what the installed scripts call
    #[command(hide = true)]
    Run {
        /// Name of the hook
        #[arg(value_parser = hook_name)]
        hook: Hook,
        /// What git gives to it
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
}

#[derive(Debug, clap::Args)]
struct PlaceArgs {
    /// In the folder that core.hooksPath names for all your repositories
    #[arg(long)]
    global: bool,
}

fn hook_name(name: &str) -> Result<Hook, String> {
    let names = Hook::ALL.map(Hook::name).join(", ");
    Hook::by_name(name).ok_or_else(|| format!("there is no such hook; there are: {names}"))
}

/// Installs or takes out hooks, or answers one.
pub(super) fn run(args: &Args) -> Result<ExitStatus> {
    match &args.command {
        Command::Install { hooks, place } => install(hooks, &place.folder()?),
        Command::Uninstall { hooks, place } => uninstall(hooks, &place.folder()?),
        Command::Run { hook, args } => answer(*hook, args),
    }
}

impl PlaceArgs {
    fn folder(&self) -> Result<Folder> {
        if self.global {
            return Ok(Folder::global()?);
        }
        let repository = open()?;
        let folder = Folder::of(&repository)?;
        if folder.shared {
            bail!(
                "core.hooksPath is set for all repositories, and so would be a hook in {}; add \
                 --global if you mean that, or give this repository a folder of its own: \
                 git config --local core.hooksPath '{}'",
                folder.path.display(),
                repository.commondir().join("hooks").display()
            );
        }
        Ok(folder)
    }
}

/// The repository that the environment names, as git does for hooks, or the one that this folder lies in.
fn open() -> Result<Repository> {
    Repository::open_from_env().map_err(|e| match e.code() {
        git2::ErrorCode::NotFound => anyhow!("this folder is in no git repository"),
        _ => anyhow!("the repository cannot be opened: {}", e.message()),
    })
}

fn install(hooks: &[Hook], folder: &Folder) -> Result<ExitStatus> {
    let named = |hook: &Hook| hooks.contains(hook);
    let hooks: Vec<Hook> = match hooks {
        [] => vec![Hook::PreCommit],
        _ => Hook::ALL.into_iter().filter(named).collect(),
    };
    let blurt = std::env::current_exe().context("cannot tell where blurt itself is")?;
    for installed in folder.install(&hooks, &blurt)? {
        match installed {
            Installed::New { path, earlier: None } => say("installed", &path, "")?,
            Installed::New { path, earlier: Some(earlier) } => {
                say("installed", &path, "; the hook that was there runs first:")?;
                say("          ", &earlier, "")?;
            }
            Installed::Renewed(path) => say("renewed", &path, "")?,
            Installed::Unchanged(path) => say("nothing to do:", &path, " is there already")?,
        }
    }
    if folder.shared {
        say("it works for all repositories that look for hooks in", &folder.path, "")?;
    }
    Ok(ExitStatus::Clean)
}

fn uninstall(hooks: &[Hook], folder: &Folder) -> Result<ExitStatus> {
    let all = hooks.is_empty();
    let hooks = if all { &Hook::ALL[..] } else { hooks };
    let mut told = false;
    for hook in hooks {
        match folder.uninstall(*hook)? {
            Uninstalled::Absent(_) if all => continue,
            Uninstalled::Absent(path) => say("nothing to do:", &path, " is not there")?,
            Uninstalled::Removed(path) => say("removed", &path, "")?,
            Uninstalled::Restored(path) => say("removed; the earlier hook is back:", &path, "")?,
            Uninstalled::Foreign(path) => say("left alone:", &path, " is not blurt's")?,
        }
        told = true;
    }
    if !told {
        say("nothing to do: no hook of blurt is in", &folder.path, "")?;
    }
    Ok(ExitStatus::Clean)
}

fn say(before: &str, path: &Path, after: &str) -> Result<()> {
    let path = path.display().to_string();
    writeln!(std::io::stdout(), "{before} {}{after}", sanitize(&path))?;
    Ok(())
}

/// Looks at what `hook` asks about, with what git gives to it as arguments and on standard input.
fn answer(hook: Hook, args: &[OsString]) -> Result<ExitStatus> {
    let repository = open()?;
    let variable = |name: &str| std::env::var_os(name).map(|text| text.to_string_lossy().into());
    let target = match (hook, Framework::read(variable)) {
        (Hook::PreCommit, None) => Target::Staged,
        (Hook::PreCommit, Some(framework)) => framework.target(),
        (Hook::PrePush, _) => {
            let remote = args.first().context("pre-push gets the name of a remote from git")?;
            let updates = Update::read(hook, &input()?)?;
            Target::pushed(&repository, &remote.to_string_lossy(), &updates)
        }
        (Hook::PreReceive, _) => Target::received(&repository, &Update::read(hook, &input()?)?),
    };
    let status = look(target, colour(&repository))?;
    // On a server neither is in the hands of who pushes.
    if status == ExitStatus::Found && hook != Hook::PreReceive {
        let bypass = hook.bypass();
        complain(&format!(
            "stopped. What is no secret is excused by a comment on its line: blurt:allow RULE -- reason. \
             The way past: {bypass}"
        ));
    }
    Ok(status)
}

/// Scans, and reports what keeps git from going on. If nothing does, nothing is said, as git has it.
fn look(target: Target, colour: When) -> Result<ExitStatus> {
    let config = match &target {
        Target::Received(Span { base: Some(base), .. }) => {
            let clone = Checkout::here().map_err(|skip| anyhow!("{skip}"))?;
            config(&clone.files_of(base).map_err(|skip| anyhow!("{skip}"))?)?
        }
        _ => config(&Disk)?,
    };
    let source = target.source(config.excluded.clone());
    let outcome = job::scan(&*source, config, When::Auto.progress());
    let status = ExitStatus::of(&outcome, false);
    if status != ExitStatus::Clean || !outcome.notes.is_empty() {
        let style = Style { colour: colour.colour(), ..Style::default() };
        // If nobody listens any more, the status must still stop git.
        let _ = Text::new(style).write(&outcome, &mut std::io::stdout().lock());
    }
    Ok(status)
}

fn config(texts: &dyn Texts) -> Result<Config> {
    let settings =
        Settings::find(texts).map(|file| Settings::read_found(&file, texts)).transpose()?;
    Ok(Config::new(settings.unwrap_or_default(), texts)?)
}

fn input() -> Result<Vec<u8>> {
    let mut input = Vec::new();
    std::io::stdin().lock().read_to_end(&mut input).context("standard input cannot be read")?;
    Ok(input)
}

/// When to use colours, as git has it: <https://git-scm.com/docs/git-config#Documentation/git-config.txt-colorui>.
fn colour(repository: &Repository) -> When {
    let setting = repository.config().and_then(|config| config.get_string("color.ui"));
    match setting.as_deref() {
        Ok("always") => When::Always,
        Ok("never" | "false" | "off" | "no" | "0") => When::Never,
        _ => When::Auto,
    }
}
