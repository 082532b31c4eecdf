//! `blurt completions`.

use super::ExitStatus;
use crate::fix::lookup::{LOOKUPS, Lookup};
use crate::hook::Hook;
use crate::plan::{emit, format as plan};
use crate::report;
use crate::verify::format as closure;
use anyhow::Result;
use clap::builder::PossibleValuesParser;
use clap::{Command, CommandFactory};
use clap_complete::Shell;
use std::io::Write;

/// Print a script by which a shell completes commands, options and their values.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The shell
    #[arg(value_name = "SHELL", value_enum)]
    shell: Shell,
}

const EXAMPLES: &str = "\
Examples:
  blurt completions bash > ~/.local/share/bash-completion/completions/blurt
  blurt completions zsh > ~/.zfunc/_blurt      with ~/.zfunc in fpath, before compinit
  blurt completions fish > ~/.config/fish/completions/blurt.fish
  blurt completions elvish >> ~/.config/elvish/rc.elv
  blurt completions powershell >> $PROFILE     in PowerShell";

/// The command with the values that its options take. To read an option they are not needed, as it says
/// itself which there are.
fn with_values(command: Command) -> Command {
    let formats = report::FORMATS.iter().map(|format| format.name()).collect();
    let plans = plan::FORMATS.iter().map(|format| format.name()).collect();
    let emitters = emit::EMITTERS.iter().map(|emitter| emitter.name()).collect();
    let reports = |command| take(levels(command), "format", &formats);
    let closures = closure::FORMATS.iter().map(|format| format.name()).collect();
    let hooks = Hook::ALL.map(Hook::name).to_vec();
    let lookups = LOOKUPS.map(Lookup::name).to_vec();
    command
        .mut_subcommand("scan", reports)
        .mut_subcommand("ci", reports)
        .mut_subcommand("plan", |plan| {
            take(take(levels(plan), "format", &plans), "emit", &emitters)
        })
        .mut_subcommand("fix", |fix| take(levels(fix), "via", &lookups))
        .mut_subcommand("verify", |verify| take(verify, "format", &closures))
        .mut_subcommand("hook", |hook| {
            hook.mut_subcommand("install", |install| take(install, "hooks", &hooks))
                .mut_subcommand("uninstall", |uninstall| take(uninstall, "hooks", &hooks))
        })
}

fn levels(command: Command) -> Command {
    let command = take(command, "min_confidence", &vec!["low", "medium", "high"]);
    take(command, "min_severity", &vec!["low", "medium", "high", "critical"])
}

/// The command whose option `id` takes one of `values`.
fn take(command: Command, id: &str, values: &Vec<&'static str>) -> Command {
    command.mut_arg(id, |arg| arg.value_parser(PossibleValuesParser::from(values)))
}

/// Prints the script.
pub(super) fn run(args: &Args) -> Result<ExitStatus> {
    let mut script = Vec::new();
    let mut command = with_values(super::Cli::command());
    clap_complete::generate(args.shell, &mut command, "blurt", &mut script);
    std::io::stdout().lock().write_all(&script)?;
    Ok(ExitStatus::Clean)
}
