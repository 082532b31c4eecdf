//! The options that say where reports go, and in which format.

use super::terminal::{self, When};
use crate::report::{self, Detail, Format, Style, Text};
use crate::scan::Outcome;
use anyhow::{Context, Result, bail};
use clap::ValueHint;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// Where reports go.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Output")]
#[allow(clippy::struct_excessive_bools)] // these are flags as typed
pub(super) struct OutputArgs {
    /// Format of standard output: text, json, jsonl, sarif, csv, junit, html, markdown, github
    /// (annotations of GitHub Actions) or gitlab (GitLab's secret detection report)
    #[arg(short, long, value_name = "FORMAT", default_value = "text", value_parser = format_name)]
    pub(super) format: &'static str,

    /// Also write a report to FILE, in the format of its extension (.json .jsonl .sarif .csv .xml .html
    /// .md .txt) or as FORMAT:FILE
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    output: Vec<String>,

    /// Show secrets in clear (text on a terminal only)
    #[arg(long)]
    show_secrets: bool,

    /// Show progress: auto (on a terminal), always or never
    #[arg(long, value_name = "WHEN", default_value = "auto", hide_possible_values = true)]
    progress: When,

    /// Use colours: auto (on a terminal), always or never
    #[arg(long, value_name = "WHEN", default_value = "auto", hide_possible_values = true)]
    color: When,

    /// Print problems only
    #[arg(short, long, conflicts_with = "verbose")]
    pub(super) quiet: bool,

    /// Show all places and steps, and what is excused
    #[arg(short, long)]
    verbose: bool,

    /// Show what is excused, by whom and why, and which suppressions excuse nothing or are over
    #[arg(long)]
    show_ignored: bool,
}

/// The name of a format, as it was typed.
pub(super) fn format_name(name: &str) -> Result<&'static str, String> {
    let names: Vec<_> = report::FORMATS.iter().map(|format| format.name()).collect();
    let known = names.iter().find(|known| **known == name).copied();
    known.ok_or_else(|| format!("there is no such format; there are: {}", names.join(", ")))
}

/// The reports that were asked for, all of them possible.
pub(super) struct Reports<'a> {
    args: &'a OutputArgs,
    files: Vec<OutputFile>,
}

impl Reports<'_> {
    /// Writes them.
    pub(super) fn write(&self, outcome: &Outcome) -> Result<()> {
        for file in &self.files {
            file.write(outcome)?;
        }
        self.args.print(outcome)
    }
}

impl OutputArgs {
    /// The reports that are asked for.
    ///
    /// # Errors
    ///
    /// When a format is not known, or secrets would be shown to others.
    pub(super) fn check(&self) -> Result<Reports<'_>> {
        if self.show_secrets && !(self.format == "text" && terminal::stdout_is_terminal()) {
            bail!(
                "--show-secrets is for text on a terminal only: reports and logs are read by others"
            );
        }
        let files = self.output.iter().map(|file| OutputFile::parse(file));
        Ok(Reports { args: self, files: files.collect::<Result<_>>()? })
    }

    fn detail(&self) -> Detail {
        match (self.verbose, self.show_ignored) {
            (true, _) => Detail::All,
            (false, true) => Detail::Excused,
            (false, false) => Detail::New,
        }
    }

    /// Whether to show how far a scan has come.
    pub(super) fn shows_progress(&self) -> bool {
        self.progress.progress() && !self.quiet
    }

    /// Writes the report for standard output, and what a machine's report would hide.
    fn print(&self, outcome: &Outcome) -> Result<()> {
        let text = self.format == "text";
        if self.quiet || !text {
            for note in &outcome.notes {
                terminal::complain(&format!("note: {note}"));
            }
            for skip in &outcome.coverage.skipped {
                terminal::complain(&format!("not scanned: {skip}"));
            }
        }
        if self.quiet && text {
            return Ok(());
        }
        let style = Style {
            colour: text && self.color.colour(),
            show_secrets: self.show_secrets,
            detail: self.detail(),
        };
        print(self.format, style, outcome)
    }
}

/// Writes a report to standard output. `style` is that of text.
pub(super) fn print(format: &str, style: Style, outcome: &Outcome) -> Result<()> {
    let styled = Text::new(style);
    let text: &dyn Format = &styled;
    let writer = if format == "text" { text } else { report::by_name(format).unwrap_or(text) };
    let mut out = BufWriter::new(std::io::stdout().lock());
    if terminal::is_log() && format != "github" {
        let mut report = Vec::new();
        writer.write(outcome, &mut report)?;
        out.write_all(&match format {
            "text" | "csv" => terminal::without_commands(&report),
            "html" | "junit" => terminal::markup_without_commands(&report),
            "markdown" => report,
            _ => terminal::json_without_commands(&report),
        })?;
    } else {
        writer.write(outcome, &mut out)?;
    }
    out.flush()?;
    Ok(())
}

/// A file that a report goes to.
pub(super) struct OutputFile {
    path: PathBuf,
    format: &'static dyn Format,
}

impl OutputFile {
    /// `FILE` or `FORMAT:FILE`.
    pub(super) fn parse(text: &str) -> Result<Self> {
        if let Some((name, path)) = text.split_once(':')
            && let Some(format) = report::by_name(name)
        {
            return Ok(Self { path: path.into(), format });
        }
        let extension = Path::new(text).extension().and_then(|extension| extension.to_str());
        let Some(format) = extension.and_then(report::by_extension) else {
            bail!("{text}: no format has this extension; write FORMAT:FILE, as in sarif:{text}");
        };
        Ok(Self { path: text.into(), format })
    }

    /// Writes the report.
    pub(super) fn write(&self, outcome: &Outcome) -> Result<()> {
        let place = || format!("{}: cannot be written", self.path.display());
        let mut out = BufWriter::new(File::create(&self.path).with_context(place)?);
        self.format.write(outcome, &mut out).and_then(|()| out.flush()).with_context(place)
    }
}
