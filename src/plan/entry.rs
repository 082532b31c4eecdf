//! One secret of a plan.

use crate::remedy::Remedy;
use crate::rule::{Action, Confidence, Function, Severity};
use serde::Serialize;
use std::collections::BTreeMap;

/// What to do about one secret, and what the inventory says of it. It holds no secret in clear.
#[derive(Debug, Clone, Serialize)]
pub struct Entry {
    /// Its name in all reports.
    pub fingerprint: String,
    /// The id of the rule.
    pub rule: String,
    /// The rule's name.
    pub title: String,
    /// The credential type.
    pub kind: String,
    /// How bad it is.
    pub severity: Severity,
    /// How sure it is.
    pub confidence: Confidence,
    /// The value, masked.
    pub secret: String,
    /// How urgent it is.
    pub stage: Stage,
    /// Whether it is retired, retained or relocated.
    pub decision: Move,
    /// Why.
    pub because: String,
    /// How much work it is.
    pub effort: Effort,
    /// What the inventory says.
    pub inventory: Inventory,
    /// What it is called in its store: `/app/function/environment/name`.
    pub name: String,
    /// Its tags there.
    pub tags: BTreeMap<String, String>,
    /// Where it stands, those in the working tree first.
    pub places: Vec<Place>,
    /// The verb, the strategy and the steps.
    pub remedy: Remedy,
}

/// How urgent a secret is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// A remote has it: others can have read it.
    Incident,
    /// It is in the history, or may be.
    History,
    /// Only files hold it.
    Files,
}

/// The three answers of "Migrating your secrets to AWS Secrets Manager, part I".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Move {
    /// There is no secret afterwards.
    Retire,
    /// It stays where it is needed, in a store there.
    Retain,
    /// It goes to a secrets store.
    Relocate,
}

/// How much work a secret is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Effort {
    /// An edit.
    Small,
    /// A new value, a store and an edit.
    Medium,
    /// Another way to authenticate.
    Large,
}

/// What an inventory of secrets wants to know, by the metadata table of the same article.
#[derive(Debug, Clone, Serialize)]
pub struct Inventory {
    /// Who has to act: a team or a person.
    pub owner: Option<String>,
    /// What says so: a file of code owners, or the last author.
    pub owner_from: Option<String>,
    /// The application, in lower case letters and digits.
    pub application: String,
    /// The manifest that says so, or the folder.
    pub application_from: String,
    /// `dev`, `test`, `nonp` or `prod`.
    pub environment: String,
    /// What says so; `None` if the strictest was assumed.
    pub environment_from: Option<String>,
    /// `confidential` or `protected`.
    pub classification: String,
    /// What it is used for.
    pub function: Function,
    /// Whole days since it was written.
    pub age_days: Option<i64>,
    /// Whether it is older than secrets should get.
    pub overdue: bool,
}

/// Where a secret stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The file, or what it is instead of a file.
    pub name: String,
    /// 1-based line.
    pub line: u64,
    /// 1-based column, in code points.
    pub column: u64,
    /// The commit that brought it there, if it is a place of the past.
    pub commit: Option<String>,
    /// Whether it is a file of the working tree, itself and no member or decoded part of it.
    pub editable: bool,
}

impl Entry {
    /// The verb.
    #[must_use]
    pub fn action(&self) -> Action {
        self.remedy.action
    }

    /// The id of the store that it goes to.
    #[must_use]
    pub fn store(&self) -> Option<&str> {
        self.remedy.facts.as_ref()?.store.as_deref()
    }
}

impl Stage {
    /// The word of the inventory.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Incident => "incident",
            Self::History => "history",
            Self::Files => "files",
        }
    }
}

impl Move {
    /// The word of the inventory.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Retire => "retire",
            Self::Retain => "retain",
            Self::Relocate => "relocate",
        }
    }
}

impl Effort {
    /// The word of the inventory.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Small => "small",
            Self::Medium => "medium",
            Self::Large => "large",
        }
    }
}
