//! `blurt rules`.

use super::{ExitStatus, import, terminal};
use crate::corpus::Corpus;
use crate::detect::Detector;
use crate::rule::{Confidence, Layer, Rule, RuleError, RuleSet, RuleSpec, Severity, test};
use anyhow::{Context, Result, bail};
use clap::{Subcommand, ValueEnum, ValueHint};
use rayon::prelude::*;
use serde::Serialize;
use std::collections::BTreeSet;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

/// List, show, check, test and import rules.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  blurt rules list                          all rules
  blurt rules show stripe-live-secret-key   one of them, and what to do about what it finds
  blurt rules check --rules acme.toml       whether a pack is well formed
  blurt rules test --rules acme.toml        and whether its rules find their examples
  blurt rules import .gitleaks.toml -o acme.toml >> .blurt.toml";

const LIST: &str = "\
Examples:
  blurt rules list | grep -i slack
  blurt rules list -f json | jq -r '.[] | select(.severity == \"critical\") | .id'
  blurt rules list --rules acme.toml";

const SHOW: &str = "\
Examples:
  blurt rules show stripe-live-secret-key
  blurt rules show acme-token --rules acme.toml";

const CHECK: &str = "\
Exit status: 0 all rules are well formed; 1 one is not, which is told with file, line and column.

Examples:
  blurt rules check                         the rules of blurt itself
  blurt rules check --rules acme.toml       and a pack beside them";

const TEST: &str = "\
Exit status: 0 every rule finds its examples, and nothing finds their counterexamples; 1 otherwise. \
With --corpus: 0, as figures are no verdict; 2 not every file could be read.

Examples:
  blurt rules test --rules acme.toml                        all rules, with a pack
  blurt rules test --rules acme.toml --rule acme-token      one of them
  blurt rules test --corpus labelled -f json > figures.json
                                                            how good the rules are on labelled files";

#[derive(Debug, Subcommand)]
enum Command {
    /// List the rules: id, severity, what they find, and the pack they stand in
    #[command(after_help = LIST)]
    List {
        #[command(flatten)]
        format: FormatArgs,
        #[command(flatten)]
        packs: PackArgs,
    },
    /// Show a rule and what to do about what it finds
    #[command(after_help = SHOW)]
    Show {
        /// Id of the rule; `blurt rules list` lists them
        id: String,
        #[command(flatten)]
        packs: PackArgs,
    },
    /// Check that rules are well formed
    #[command(after_help = CHECK)]
    Check(PackArgs),
    /// Test rules by their own examples, or measure them on labelled files
    Test(TestArgs),
    /// Turn the rules and allowlists of another tool into blurt's own
    Import(import::Args),
}

#[derive(Debug, clap::Args)]
#[command(after_help = TEST)]
struct TestArgs {
    /// Only this rule (an id or a kind; repeatable). With --corpus all rules work, and only this one
    /// is shown
    #[arg(long, value_name = "ID")]
    rule: Vec<String>,

    /// Measure the rules on the files in DIR, which has a labels.jsonl, instead of testing their
    /// examples: precision, recall and time of each rule, and which rules match the same bytes
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    corpus: Option<PathBuf>,

    #[command(flatten)]
    format: FormatArgs,

    #[command(flatten)]
    packs: PackArgs,
}

#[derive(Debug, Clone, Copy, clap::Args)]
struct FormatArgs {
    /// Format of standard output: text, or json for other programs
    #[arg(
        short,
        long,
        value_enum,
        value_name = "FORMAT",
        default_value_t,
        hide_possible_values = true
    )]
    format: Format,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    #[default]
    Text,
    /// For other programs
    Json,
}

#[derive(Debug, clap::Args)]
struct PackArgs {
    /// Add the rules of a pack file (repeatable)
    #[arg(long, value_name = "PATH", value_hint = ValueHint::FilePath)]
    rules: Vec<PathBuf>,
}

impl PackArgs {
    fn load(&self) -> Result<RuleSet, RuleError> {
        let mut set = RuleSet::builtin()?;
        for pack in &self.rules {
            set.add_file(pack)?;
        }
        Ok(set)
    }
}

/// Runs one of the subcommands. Flawed rules are status 1, as findings are.
pub(super) fn run(args: &Args) -> Result<ExitStatus> {
    let mut out = BufWriter::new(std::io::stdout().lock());
    let status = match &args.command {
        Command::List { format, packs } => list(&packs.load()?, format.format, &mut out),
        Command::Show { id, packs } => show(&packs.load()?, id, &mut out),
        Command::Check(packs) => check(packs.load(), &mut out),
        Command::Test(args) => args.run(&mut out),
        Command::Import(args) => import::run(args, &mut out),
    }?;
    out.flush()?;
    Ok(status)
}

/// A rule, as programs read it.
#[derive(Serialize)]
struct Listed<'a> {
    id: &'a str,
    name: &'a str,
    kind: &'a str,
    layer: Layer,
    severity: Severity,
    confidence: Confidence,
    file: &'a str,
}

impl<'a> Listed<'a> {
    fn new(rule: &'a Rule) -> Self {
        let RuleSpec { id, name, kind, severity, .. } = rule.spec();
        let (layer, confidence) = (rule.layer(), rule.confidence());
        Self { id, name, kind, layer, severity: *severity, confidence, file: rule.file() }
    }
}

fn list(rules: &RuleSet, format: Format, out: &mut impl Write) -> Result<ExitStatus> {
    if format == Format::Json {
        let rules: Vec<_> = rules.rules().iter().map(|rule| Listed::new(rule)).collect();
        serde_json::to_writer_pretty(&mut *out, &rules)?;
        writeln!(out)?;
        return Ok(ExitStatus::Clean);
    }
    let width = rules.rules().iter().map(|rule| rule.id().len()).max().unwrap_or(0);
    for rule in rules.rules() {
        let severity = serde_json::to_value(rule.spec().severity)?;
        let severity = severity.as_str().unwrap_or_default();
        writeln!(
            out,
            "{:width$}  {severity:8}  {}  ({})",
            rule.id(),
            rule.spec().name,
            rule.file()
        )?;
    }
    Ok(ExitStatus::Clean)
}

fn show(rules: &RuleSet, id: &str, out: &mut impl Write) -> Result<ExitStatus> {
    let rule = rules
        .get(id)
        .with_context(|| format!("there is no rule `{id}`; `blurt rules list` lists them"))?;
    writeln!(out, "# {}:{}", rule.file(), rule.line())?;
    writeln!(out, "[[rule]]\n{}", toml::to_string(rule.spec())?)?;
    if let Some(playbook) = rules.playbook(rule) {
        writeln!(out, "[[playbook]]\n{}", toml::to_string(&**playbook)?)?;
    }
    Ok(ExitStatus::Clean)
}

fn check(rules: Result<RuleSet, RuleError>, out: &mut impl Write) -> Result<ExitStatus> {
    let flaws = match rules {
        Err(flaw) => vec![flaw],
        Ok(rules) => {
            if let Err(flaws) = rules.check() {
                flaws
            } else {
                let (rules, playbooks) = (rules.rules().len(), rules.playbooks().count());
                writeln!(out, "{rules} rules and {playbooks} playbooks are well formed")?;
                return Ok(ExitStatus::Clean);
            }
        }
    };
    for flaw in flaws {
        terminal::complain(&flaw.to_string());
    }
    Ok(ExitStatus::Found)
}

impl TestArgs {
    fn run(&self, out: &mut impl Write) -> Result<ExitStatus> {
        let rules = self.packs.load()?;
        let unknown = |id: &&String| !rules.rules().iter().any(|rule| rule.is_called(id));
        if let Some(id) = self.rule.iter().find(unknown) {
            bail!("there is no rule `{id}`; `blurt rules list` lists them");
        }
        match &self.corpus {
            Some(folder) => measure(&Corpus::open(folder)?, rules, self, out),
            None if self.format.format == Format::Json => {
                bail!("-f json is for figures: it wants --corpus DIR")
            }
            None => run_examples(rules, self, out),
        }
    }

    /// Whether a rule is one to speak about.
    fn chooses(&self, rule: &Rule) -> bool {
        self.rule.is_empty() || self.rule.iter().any(|id| rule.is_called(id))
    }
}

/// Prints how the rules do on a corpus. Figures are no verdict: the status says only whether all of
/// it could be looked at.
fn measure(
    corpus: &Corpus,
    rules: RuleSet,
    args: &TestArgs,
    out: &mut impl Write,
) -> Result<ExitStatus> {
    let chosen = rules.rules().iter().filter(|rule| args.chooses(rule));
    let chosen: BTreeSet<String> = chosen.map(|rule| rule.id().to_owned()).collect();
    let mut measure = corpus.measure(rules);
    measure.retain(|id| chosen.contains(id));
    match args.format.format {
        Format::Text => measure.write_text(out)?,
        Format::Json => {
            serde_json::to_writer_pretty(&mut *out, &measure)?;
            writeln!(out)?;
        }
    }
    out.flush()?;
    for kind in &measure.unknown_kinds {
        terminal::complain(&format!("note: labels name `{kind}`, and no rule is called so"));
    }
    for skip in &measure.coverage.skipped {
        terminal::complain(&format!("not measured: {skip}"));
    }
    Ok(if measure.coverage.complete { ExitStatus::Clean } else { ExitStatus::Incomplete })
}

fn run_examples(rules: RuleSet, args: &TestArgs, out: &mut impl Write) -> Result<ExitStatus> {
    let detector = Detector::new(rules);
    let chosen: Vec<_> =
        detector.rules().rules().iter().filter(|rule| args.chooses(rule)).collect();
    let failures: Vec<_> =
        chosen.par_iter().flat_map_iter(|rule| test::test(&detector, rule)).collect();
    for failure in &failures {
        terminal::complain(&format!("{}: {}: {}", failure.place, failure.rule, failure.message));
    }
    let failed = chosen.iter().filter(|rule| failures.iter().any(|f| f.rule == rule.id()));
    let failed = failed.count();
    let tested = match chosen.len() {
        1 => "1 rule".to_owned(),
        n => format!("{n} rules"),
    };
    writeln!(out, "{tested} tested, {failed} failed")?;
    Ok(if failures.is_empty() { ExitStatus::Clean } else { ExitStatus::Found })
}
