//! `blurt rules`.

use super::{ExitStatus, terminal};
use crate::detect::Detector;
use crate::rule::{RuleError, RuleSet, test};
use anyhow::{Context, Result, bail};
use clap::{Subcommand, ValueHint};
use rayon::prelude::*;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

/// List, show, check and test rules.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the rules: id, severity, what they find, and the pack they stand in
    List(PackArgs),
    /// Show a rule and what to do about what it finds
    Show {
        /// Id of the rule
        id: String,
        #[command(flatten)]
        packs: PackArgs,
    },
    /// Check that rules are well formed
    Check(PackArgs),
    /// Test rules by their own examples
    Test {
        /// Only this rule (an id or a kind)
        #[arg(long, value_name = "ID")]
        rule: Vec<String>,
        #[command(flatten)]
        packs: PackArgs,
    },
}

#[derive(Debug, clap::Args)]
struct PackArgs {
    /// Add the rules of a pack file
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
        Command::List(packs) => list(&packs.load()?, &mut out),
        Command::Show { id, packs } => show(&packs.load()?, id, &mut out),
        Command::Check(packs) => check(packs.load(), &mut out),
        Command::Test { rule, packs } => run_examples(packs.load()?, rule, &mut out),
    }?;
    out.flush()?;
    Ok(status)
}

fn list(rules: &RuleSet, out: &mut impl Write) -> Result<ExitStatus> {
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

fn run_examples(rules: RuleSet, only: &[String], out: &mut impl Write) -> Result<ExitStatus> {
    if let Some(id) = only.iter().find(|id| !rules.rules().iter().any(|rule| rule.is_called(id))) {
        bail!("there is no rule `{id}`; `blurt rules list` lists them");
    }
    let detector = Detector::new(rules);
    let chosen: Vec<_> = detector
        .rules()
        .rules()
        .iter()
        .filter(|rule| only.is_empty() || only.iter().any(|id| rule.is_called(id)))
        .collect();
    let failures: Vec<_> =
        chosen.par_iter().flat_map_iter(|rule| test::test(&detector, rule)).collect();
    for failure in &failures {
        terminal::complain(&format!("{}: {}: {}", failure.place, failure.rule, failure.message));
    }
    let failed = chosen.iter().filter(|rule| failures.iter().any(|f| f.rule == rule.id()));
    let failed = failed.count();
    writeln!(out, "{} rules tested, {failed} failed", chosen.len())?;
    Ok(if failures.is_empty() { ExitStatus::Clean } else { ExitStatus::Found })
}
