//! `blurt man`.

use super::ExitStatus;
use anyhow::{Context, Result};
use clap::{Command, CommandFactory, ValueHint};
use clap_mangen::Man;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Print the manual page, or write the pages of all commands.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Write the pages of blurt and of each command into DIR, which is made if it is not there
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    output: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  blurt man | man -l -                        read it
  blurt man -o ~/.local/share/man/man1        install all pages: man blurt-scan";

/// Prints or writes pages.
pub(super) fn run(args: &Args) -> Result<ExitStatus> {
    let mut command = super::Cli::command().disable_help_subcommand(true);
    command.build();
    match &args.output {
        None => std::io::stdout().lock().write_all(&page(&command)?)?,
        Some(folder) => {
            fs::create_dir_all(folder)
                .with_context(|| format!("{}: cannot be made", folder.display()))?;
            write(&command, folder)?;
        }
    }
    Ok(ExitStatus::Clean)
}

/// The pages of a command and of those below it that are shown.
fn write(command: &Command, folder: &Path) -> Result<()> {
    let path = folder.join(format!("{}.1", title(command)));
    fs::write(&path, page(command)?)
        .with_context(|| format!("{}: cannot be written", path.display()))?;
    let shown = command.get_subcommands().filter(|command| !command.is_hide_set());
    shown.into_iter().try_for_each(|command| write(command, folder))
}

/// `blurt-rules-list`.
fn title(command: &Command) -> String {
    command.get_display_name().unwrap_or(command.get_name()).to_owned()
}

fn page(command: &Command) -> Result<Vec<u8>> {
    let title = title(command).to_uppercase();
    // The page has no date, as the same program writes the same page.
    let head =
        format!(".TH {title} 1 \"\" \"blurt {}\" \"User Commands\"\n", env!("CARGO_PKG_VERSION"));
    let mut page = head.into_bytes();
    let man = Man::new(command.clone());
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.get_subcommands().any(|command| !command.is_hide_set()) {
        man.render_subcommands_section(&mut page)?;
    }
    let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    for part in after.split("\n\n") {
        section(part, &mut page);
    }
    Ok(page)
}

/// A part of what stands below the options in the help. Examples keep their lines.
fn section(part: &str, page: &mut Vec<u8>) {
    let (heading, text, is_verbatim) = if let Some(lines) = part.strip_prefix("Examples:\n") {
        ("EXAMPLES", lines, true)
    } else if let Some(text) = part.strip_prefix("Exit status: ") {
        ("EXIT STATUS", text, false)
    } else {
        ("NOTES", part, false)
    };
    if text.is_empty() {
        return;
    }
    let mut out = format!(".SH \"{heading}\"\n");
    out.push_str(if is_verbatim { ".nf\n" } else { "" });
    for line in text.lines() {
        let line = line.trim().replace('\\', "\\e").replace('-', "\\-");
        // At the beginning of a line these would be a request.
        out.push_str(if line.starts_with(['.', '\'']) { "\\&" } else { "" });
        out.push_str(&line);
        out.push('\n');
    }
    out.push_str(if is_verbatim { ".fi\n" } else { "" });
    page.extend(out.into_bytes());
}
