//! Stage 3: from a finding to what to do about it. The [`evidence`] decides for a strategy
//! ([`decision`]); its steps, those of the rule's playbook and those of the store are put in order for
//! this place.

pub mod database;
pub mod decision;
pub mod evidence;
pub mod platform;
pub mod setting;
mod steps;
pub mod surroundings;

pub(crate) use steps::capital;

use crate::finding::Finding;
use crate::rule::{Action, Credential, Function, Playbook, Rule, RuleSet};
use decision::Decision;
use evidence::{Evidence, Reason};
use serde::{Deserialize, Serialize};
use setting::Role;
use std::cell::OnceCell;
use steps::{Composer, Words};
use surroundings::Surroundings;

/// What to do about one finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remedy {
    /// The verb.
    pub action: Action,
    /// The id of the strategy.
    #[serde(default)]
    pub strategy: String,
    /// What to do, in one sentence.
    pub summary: String,
    /// Why it matters, and why this and not something else.
    pub why: String,
    /// What decided, each with its sentence.
    #[serde(default)]
    pub reasons: Vec<Reason>,
    /// What the inventory says of it; `None` if its playbook is not known.
    #[serde(default)]
    pub facts: Option<Facts>,
    /// What to do, in order.
    pub steps: Vec<Instruction>,
    /// Where it is explained.
    pub references: Vec<String>,
}

/// One step, for this place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instruction {
    /// What it is for.
    pub phase: Phase,
    /// Whose knowledge it is: what is the same for many secrets can be said once.
    pub part: Part,
    /// What to do.
    #[serde(rename = "do")]
    pub what: String,
    /// The command that does it, if there is one.
    pub command: Option<String>,
}

/// What a step is for, in the order in which steps are taken once a secret is exposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// The old value shall open nothing any more.
    Contain,
    /// Something better takes its place.
    Replace,
    /// The old value goes from files and history.
    Clean,
    /// Nobody uses it any more, and the new one is well kept.
    Watch,
}

/// What a step depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// The credential and its provider.
    Provider,
    /// The strategy.
    Strategy,
    /// The store.
    Store,
    /// The kind of file that it stands in, and what runs there.
    Code,
    /// The files that hold it, by name.
    Place,
    /// The history that holds it.
    History,
}

/// What the inventory takes from the evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// What the secret is.
    pub credential: Credential,
    /// What it is used for.
    pub function: Function,
    /// What runs there: `lambda`, `github-actions` …, or `unknown`.
    pub platform: String,
    /// Whether its places are of the product, of tests or of examples.
    pub role: Role,
    /// The id of the store that keeps it from now on, if it stays a secret.
    pub store: Option<String>,
    /// Whether something can renew it unattended.
    pub rotates: bool,
    /// What it is assigned to, as far as its line tells.
    pub assigned_to: Option<String>,
}

impl Remedy {
    /// The remedy for `finding`, from the knowledge of `rules` and what stands around its places.
    #[must_use]
    pub fn of(finding: &Finding, rules: &RuleSet, around: &dyn Surroundings) -> Self {
        let Some(playbook) = rules.playbook(&finding.rule) else { return Self::unknown() };
        let evidence = Evidence::gather(finding, playbook.credential, around);
        let playbook = match evidence.credential {
            seen if seen == playbook.credential => playbook,
            // The place or the value says more than the rule.
            Credential::DatabasePassword => {
                rules.playbook_called("database-password").unwrap_or(playbook)
            }
            Credential::Session => rules.playbook_called("aws-session-token").unwrap_or(playbook),
            _ => playbook,
        };
        Self::by(&evidence, &finding.rule, playbook, Words::of(finding, &evidence), rules)
    }

    /// The remedy for what a rule finds, whatever the place.
    #[must_use]
    pub fn in_general(rule: &Rule, rules: &RuleSet) -> Self {
        let Some(playbook) = rules.playbook(rule) else { return Self::unknown() };
        let evidence = Evidence::of_kind(playbook.credential);
        Self::by(&evidence, rule, playbook, Words::in_general(), rules)
    }

    fn by(
        evidence: &Evidence,
        rule: &Rule,
        playbook: &Playbook,
        words: Words,
        rules: &RuleSet,
    ) -> Self {
        let Some(decision) = Decision::on(evidence, playbook, rule.provider(), rules) else {
            return Self::unknown();
        };
        Composer {
            evidence,
            rule,
            playbook,
            decision: &decision,
            words,
            rules,
            console: OnceCell::new(),
        }
        .remedy()
    }

    /// Adds a reason to what was decided.
    pub fn note(&mut self, evidence: &str, because: String) {
        self.why = format!("{} {because}", self.why);
        self.reasons.push(Reason { evidence: evidence.to_owned(), because });
    }

    /// What is true of all secrets.
    fn unknown() -> Self {
        let step = |phase, part, what: &str| Instruction {
            phase,
            part,
            what: what.to_owned(),
            command: None,
        };
        Self {
            action: Action::Rotate,
            strategy: "store".into(),
            summary: "Revoke it, and keep its successor in a secrets store.".into(),
            why: "Whoever can read it can use it.".into(),
            reasons: Vec::new(),
            facts: None,
            steps: vec![
                step(Phase::Contain, Part::Provider, "Revoke it where it was issued."),
                step(Phase::Clean, Part::Place, "Take it out of the code."),
            ],
            references: Vec::new(),
        }
    }
}
