//! Closure: whether the secrets of an earlier report are gone, and what still holds them.
//!
//! ```text
//! report ─▶ wanted ──┐
//! site ─▶ scan ──────┴▶ values ─▶ needles ─▶ what holds them ─▶ verdicts ─▶ cleaning, format
//! ```
//!
//! A secret is first looked for by the rules, and known by its fingerprint: the report does not hold its
//! value. Once it is known from any place, its bytes are looked for everywhere.

mod clean;
pub mod format;
mod holder;
mod lines;
mod needle;
mod replace;
mod search;
mod site;
mod wanted;

pub use clean::{Step, Unchecked};
pub use holder::{Group, Holder};
pub use replace::values as values_of;

use crate::coverage::Coverage;
use crate::detect::Detector;
use crate::report::saved::{Finding, Report};
use crate::report::shell_word;
use crate::rule::{RuleSet, Severity};
use crate::scan::Progress;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What is asked: are the secrets of a report gone?
pub struct Verifier<'r> {
    /// The report.
    pub report: &'r Report,
    /// All rules that the report may have gone by. What a configuration excuses, excludes or disables is
    /// looked at all the same: the report has decided what counts.
    pub rules: RuleSet,
    /// Where to look: all of the repository that this lies in.
    pub path: PathBuf,
    /// Values that may be those of its secrets.
    pub values: BTreeSet<Vec<u8>>,
}

/// The answer.
pub struct Closure {
    /// One verdict a secret: what is held first, then by severity.
    pub verdicts: Vec<Verdict>,
    /// How many findings the report ignores: they are not looked for.
    pub ignored: usize,
    /// What was looked at.
    pub coverage: Coverage,
    /// What cleans it, in order.
    pub steps: Vec<Step>,
    /// What nobody can tell from here.
    pub unchecked: Vec<Unchecked>,
    /// Files with values in clear that blurt has written, now or earlier.
    pub private_files: Vec<PathBuf>,
}

/// What is said of one secret.
pub struct Verdict {
    /// Its name.
    pub fingerprint: String,
    /// The rule that had found it.
    pub rule: String,
    /// The rule's name.
    pub title: String,
    /// How bad it is.
    pub severity: Severity,
    /// The value, masked.
    pub secret: String,
    /// What the verdict is.
    pub state: State,
    /// How it was looked for.
    pub sought: Sought,
    /// Files that git ignores and that hold it: there values may live.
    pub ignored_files: Vec<String>,
    /// How many texts have the value as an ordinary word, which no rule takes for the secret.
    pub words: usize,
}

/// Whether a secret is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Nothing holds it.
    Gone,
    /// It is held by these, the tree first.
    Held(Vec<Group>),
}

/// How a secret was looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sought {
    /// By what rules recognise, and by the bytes of its value.
    ByValue,
    /// The same, but its value is so short that it was taken only where it is a word of its own.
    ByWord,
    /// By what rules recognise alone, as its value stands nowhere that they know it by, or is one character
    /// again and again.
    ByRule,
}

impl Verdict {
    /// Whether nothing holds it.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.state == State::Gone
    }

    /// What holds it.
    #[must_use]
    pub fn groups(&self) -> &[Group] {
        match &self.state {
            State::Gone => &[],
            State::Held(groups) => groups,
        }
    }
}

impl Closure {
    /// How many secrets are held.
    #[must_use]
    pub fn held(&self) -> usize {
        self.verdicts.iter().filter(|verdict| !verdict.is_gone()).count()
    }

    /// Whether all are gone, and everything could be looked at.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.held() == 0 && self.coverage.complete
    }
}

impl Verifier<'_> {
    /// Looks for the secrets, and writes the files that clean a history which holds any of them.
    ///
    /// # Errors
    ///
    /// When these files cannot be written.
    pub fn verify(self, progress: &Progress) -> std::io::Result<Closure> {
        let detector = Detector::new(self.rules);
        let asked = search::Asked { report: self.report, path: &self.path, values: &self.values };
        let mut found = search::run(&asked, &detector, progress);
        let cleaning = clean::Cleaning::of(&found);
        let private_files = cleaning.write(&found)?;
        let steps = cleaning.steps();
        let unchecked = clean::unchecked(&found);
        // The process ends: taking the rules apart would only take time.
        std::mem::forget(detector);
        let mut verdicts = found.verdicts();
        verdicts.sort_by_key(|verdict| {
            (verdict.is_gone(), std::cmp::Reverse(verdict.severity), verdict.fingerprint.clone())
        });
        found.coverage.sort();
        Ok(Closure {
            verdicts,
            ignored: found.wanted.ignored,
            coverage: found.coverage,
            steps,
            unchecked,
            private_files,
        })
    }
}

/// What a finding of the report is to its verdict.
fn verdict_of(finding: &Finding) -> Verdict {
    Verdict {
        fingerprint: finding.fingerprint.clone(),
        rule: finding.rule.clone(),
        title: finding.title.clone(),
        severity: finding.severity,
        secret: finding.secret.clone(),
        state: State::Gone,
        sought: Sought::ByRule,
        ignored_files: Vec::new(),
        words: 0,
    }
}

/// The text as a word of a shell.
fn quoted(path: &Path) -> String {
    shell_word(&path.to_string_lossy())
}
