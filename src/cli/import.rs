//! `blurt rules import`.

use super::{ExitStatus, terminal};
use crate::config::FILE_NAME;
use crate::import::{Import, Kind, Settings};
use crate::report::sanitize;
use anyhow::{Context, Result};
use clap::ValueHint;
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Which file, and where its rules go.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The other tool's file, such as .gitleaks.toml
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    file: PathBuf,

    /// Write the rules to PACK, and print what belongs into .blurt.toml; without it the rules are
    /// printed
    #[arg(short, long, value_name = "PACK", value_hint = ValueHint::FilePath)]
    output: Option<PathBuf>,

    /// The tool that the file is from: gitleaks, betterleaks, noseyparker or kingfisher [default: as
    /// its content tells]
    #[arg(long, value_name = "TOOL", value_parser = tool(), hide_possible_values = true)]
    from: Option<String>,

    /// Overwrite PACK if it is there already
    #[arg(long, requires = "output")]
    force: bool,
}

const EXAMPLES: &str = "\
Each rule is tested by an example that blurt makes for it. What cannot be taken over is named with \
its place and with what to do instead.

Exit status: 0 all was taken over; 1 something was not; 2 the file cannot be read.

Examples:
  blurt rules import .gitleaks.toml                              look at what becomes of it
  blurt rules import .gitleaks.toml -o acme.toml >> .blurt.toml  move over
  blurt rules import rules.yml --from kingfisher -o acme.toml    rules of Kingfisher
  blurt rules test --rules acme.toml                             test the pack after changes by hand";

fn tool() -> clap::builder::PossibleValuesParser {
    Kind::ALL.map(Kind::name).into()
}

/// Imports a file. What is not taken over is status 1.
pub(super) fn run(args: &Args, out: &mut impl Write) -> Result<ExitStatus> {
    let file = args.file.display();
    let text = fs::read(&args.file).with_context(|| format!("{file}: cannot be read"))?;
    let text = String::from_utf8(text).ok().with_context(|| format!("{file}: is not UTF-8"))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let kind = args.from.as_deref().and_then(Kind::by_name);
    let mut import = Import::read(&args.file, text, kind)?;
    let pack = (!import.rules.is_empty()).then(|| import.pack()).transpose()?;
    let head =
        format!("# Imported from {} ({}).\n", sanitize(&file.to_string()), import.kind.name());
    match (&args.output, pack) {
        (Some(path), Some(pack)) => {
            write_pack(path, &format!("{head}\n{pack}"), args.force)?;
            import.settings.rules.packs.push(path.to_string_lossy().replace('\\', "/"));
            out.write_all(settings(&import.settings, &head)?.as_bytes())?;
        }
        (Some(_), None) => out.write_all(settings(&import.settings, &head)?.as_bytes())?,
        (None, pack) => {
            let settings = settings(&import.settings, "# For .blurt.toml:\n")?;
            let lines = settings.lines().map(|line| match line {
                "" => "#\n".to_owned(),
                line => format!("# {}\n", line.trim_start_matches("# ")),
            });
            let comment: String = lines.collect();
            let pack = pack.map(|pack| format!("\n{pack}")).unwrap_or_default();
            write!(out, "{head}{comment}{pack}")?;
        }
    }
    out.flush()?;
    for remark in &import.remarks {
        terminal::complain(&remark.to_string());
    }
    terminal::complain(&import.summary.to_string());
    Ok(if import.is_complete() { ExitStatus::Clean } else { ExitStatus::Found })
}

fn write_pack(path: &Path, text: &str, force: bool) -> Result<()> {
    let file = if force { File::create(path) } else { File::create_new(path) };
    let mut file = file.with_context(|| match path.try_exists() {
        Ok(true) if !force => {
            format!("{}: is there already; --force overwrites it", path.display())
        }
        _ => format!("{}: cannot be written", path.display()),
    })?;
    file.write_all(text.as_bytes())
        .with_context(|| format!("{}: cannot be written", path.display()))
}

/// What belongs into `.blurt.toml`; nothing if there is nothing to say. If that file has a table `[rules]`
/// already, ours is a comment, as there may be one only.
fn settings(settings: &Settings, head: &str) -> Result<String> {
    let mut rest = settings.clone();
    let rules = Settings { rules: std::mem::take(&mut rest.rules), suppress: Vec::new() };
    let (rules, rest) = (toml::to_string(&rules)?, toml::to_string(&rest)?);
    if rules.is_empty() && rest.is_empty() {
        return Ok(String::new());
    }
    let mut text = format!("\n{head}");
    if !rules.is_empty() && has_rules()? {
        let message =
            format!("{FILE_NAME} has a table [rules] already: add the commented lines to it");
        terminal::complain(&message);
        let lines = rules.lines().skip(1).map(|line| format!("# {line}\n"));
        text.push_str("# To be added to [rules]:\n");
        text.extend(lines);
    } else {
        text.push_str(&rules);
    }
    if !rest.is_empty() {
        text.push('\n');
        text.push_str(&rest);
    }
    Ok(text)
}

fn has_rules() -> Result<bool> {
    let text = match fs::read_to_string(FILE_NAME) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(false),
        text => text.with_context(|| format!("{FILE_NAME}: cannot be read"))?,
    };
    // What is no TOML is for whoever scans with it to say.
    Ok(toml::from_str::<toml::Table>(&text).is_ok_and(|table| table.contains_key("rules")))
}
