//! A measure for people at a terminal.

use super::{Measure, Measured, OfRule, Threshold};
use crate::detect::record::Work;
use serde::Serialize;
use std::fmt;
use std::io::{self, Write};

impl Measure {
    /// Writes the figures as tables.
    ///
    /// # Errors
    ///
    /// When `out` cannot be written to.
    pub fn write_text(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(
            out,
            "{} files, {:.1} MB, {} labels, {} of them secrets\n",
            self.coverage.files,
            self.coverage.bytes as f64 / 1e6,
            self.labels,
            self.thresholds.first().map_or(0, |threshold| threshold.measured.secrets),
        )?;
        write!(out, "{}", self.by_threshold())?;
        if self.labels_complete {
            writeln!(out, "The labels are complete: what has none is wrong.")?;
        }
        writeln!(out, "\nEach rule, at any confidence; times are those of all threads together:")?;
        let idle = self.rules.iter().filter(|rule| !is_at_work(rule)).count();
        write!(out, "{}", self.by_rule())?;
        if idle > 0 {
            let rules = if idle == 1 { "rule" } else { "rules" };
            writeln!(out, "{idle} {rules} had nothing to do.")?;
        }
        if self.overlaps.is_empty() {
            return writeln!(out, "\nNo two rules matched the same bytes.");
        }
        write!(out, "\nTwo rules on the same bytes:\n{}", self.by_pair())
    }

    fn by_threshold(&self) -> Table {
        let heads = ["confidence"].into_iter().chain(FINDINGS).chain(LABELS).chain(["F1"]);
        let mut table = Table::new(1, heads);
        for (n, Threshold { confidence, measured }) in self.thresholds.iter().enumerate() {
            let name = word(confidence);
            let name = if n == 0 { name } else { format!("{name} and up") };
            let figures = findings(measured).into_iter().chain(labels(measured));
            table.add([name].into_iter().chain(figures).chain([percent(measured.f1())]));
        }
        table
    }

    fn by_rule(&self) -> Table {
        // Most corpora do not say which rule should find a secret.
        let named = self.rules.iter().any(|rule| rule.measured.secrets > 0);
        let named = |count: usize| if named { count } else { 0 };
        let heads = ["rule", "layer"].into_iter().chain(FINDINGS);
        let heads = heads.chain(LABELS.into_iter().take(named(LABELS.len())));
        let mut table = Table::new(2, heads.chain(["runs", "ms", "µs a run"]));
        for rule in self.rules.iter().filter(|rule| is_at_work(rule)) {
            let names = [rule.id.clone(), word(&rule.layer)].into_iter();
            let figures = names.chain(findings(&rule.measured));
            let labels = labels(&rule.measured).into_iter().take(named(LABELS.len()));
            table.add(figures.chain(labels).chain(work(&rule.work)));
        }
        table
    }

    fn by_pair(&self) -> Table {
        let heads = ["winner", "loser", "times", "of them same bytes"];
        let mut table = Table::new(2, heads.into_iter());
        for pair in &self.overlaps {
            let counts = [pair.times, pair.same_bytes].map(|count| count.to_string());
            table.add([pair.winner.clone(), pair.loser.clone()].into_iter().chain(counts));
        }
        table
    }
}

/// Whether there is anything to say of a rule.
fn is_at_work(rule: &OfRule) -> bool {
    rule.work.runs + rule.measured.findings() + rule.measured.secrets > 0
}

const FINDINGS: [&str; 5] = ["findings", "right", "wrong", "unlabelled", "precision"];
const LABELS: [&str; 3] = ["secrets", "found", "recall"];

fn findings(measured: &Measured) -> [String; 5] {
    let Measured { right, wrong, unlabelled, .. } = *measured;
    let [all, right, wrong, unlabelled] =
        [measured.findings(), right, wrong, unlabelled].map(|count| count.to_string());
    [all, right, wrong, unlabelled, percent(measured.precision())]
}

fn labels(measured: &Measured) -> [String; 3] {
    [measured.secrets.to_string(), measured.found.to_string(), percent(measured.recall())]
}

fn work(work: &Work) -> [String; 3] {
    let Work { runs, time } = *work;
    let nanoseconds = time.as_nanos() as f64;
    let each = (runs > 0).then(|| format!("{:.2}", nanoseconds / runs as f64 / 1e3));
    [runs.to_string(), format!("{:.2}", nanoseconds / 1e6), each.unwrap_or_else(nothing)]
}

fn percent(share: Option<f64>) -> String {
    share.map_or_else(nothing, |share| format!("{:.1} %", share * 100.0))
}

/// What stands where there is no figure.
fn nothing() -> String {
    "-".to_owned()
}

/// The word for a level, as rules are written.
fn word(level: &impl Serialize) -> String {
    let value = serde_json::to_value(level).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}

/// Rows in columns: names to the left, figures to the right.
struct Table {
    names: usize,
    rows: Vec<Vec<String>>,
}

impl Table {
    fn new<'a>(names: usize, heads: impl Iterator<Item = &'a str>) -> Self {
        Self { names, rows: vec![heads.map(str::to_owned).collect()] }
    }

    fn add(&mut self, row: impl Iterator<Item = String>) {
        self.rows.push(row.collect());
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.rows[0].len();
        let width = |n: usize| self.rows.iter().map(|row| row[n].chars().count()).max();
        let widths: Vec<usize> = (0..columns).map(|n| width(n).unwrap_or(0)).collect();
        for row in &self.rows {
            for (n, (cell, width)) in row.iter().zip(&widths).enumerate() {
                match n {
                    0 => write!(f, "{cell:width$}")?,
                    _ if n < self.names => write!(f, "  {cell:width$}")?,
                    _ => write!(f, "  {cell:>width$}")?,
                }
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
