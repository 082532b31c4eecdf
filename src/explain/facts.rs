//! What detection did, as it is told: places as lines and columns, rules by their ids, values masked.

use super::text::Gathering;
use super::verdict::Standing;
use crate::blob::Position;
use crate::detect::explain::{By, Cause, Fate, Followed, Judged, Word};
use crate::detect::filter::Verdict;
use crate::detect::score::Score;
use crate::finding::{Status, Verification};
use crate::rule::{Confidence, Rule};
use serde::Serialize;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// Line and column.
pub(super) fn position_of(position: Position) -> (u64, u64) {
    (position.line, position.column)
}

/// A trigger, and what it led to.
#[derive(Debug, Clone, Serialize)]
pub struct TriggerFacts {
    /// 1-based line.
    pub line: u64,
    /// 1-based column.
    pub column: u64,
    /// Characters.
    pub length: u64,
    /// `run`, `literal` or `line`.
    pub trigger: &'static str,
    /// The literal.
    pub literal: Option<String>,
    /// The decoders that led to it, the outermost first.
    pub decoded: Vec<&'static str>,
    /// The assignments that were recognised.
    pub assignments: Vec<AssignmentFacts>,
    /// The patterns that were tried.
    pub tried: Vec<TryFacts>,
}

/// An assignment that was recognised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AssignmentFacts {
    /// The name.
    pub name: String,
    /// 1-based line of the value.
    pub line: u64,
    /// 1-based column of the value.
    pub column: u64,
    /// Characters of the value.
    pub length: u64,
    /// How many rules the name calls.
    pub rules: usize,
}

/// A pattern that was tried.
#[derive(Debug, Clone, Serialize)]
pub struct TryFacts {
    /// What called the rule.
    pub called_by: Caller,
    /// Whether the pattern matched.
    pub matched: bool,
    /// The rule's id.
    pub rule: String,
    /// The pattern.
    pub pattern: String,
}

impl TriggerFacts {
    pub(super) fn new(followed: &Followed, with: &Gathering) -> Self {
        let (line, column) = with.place(followed.span.start);
        let (trigger, literal) = match &followed.cause {
            Cause::Run => ("run", None),
            Cause::Literal(text) => ("literal", Some(text.clone())),
            Cause::Line => ("line", None),
        };
        let mut assignments: Vec<AssignmentFacts> = Vec::new();
        for assigned in &followed.assigned {
            let (line, column) = with.place(assigned.value.start);
            let length = with.lines.length(&assigned.value);
            let (name, rules) = (assigned.name.clone(), assigned.rules);
            let facts = AssignmentFacts { name, line, column, length, rules };
            if !assignments.contains(&facts) {
                assignments.push(facts);
            }
        }
        let tried = followed.tries.iter().map(|tried| TryFacts {
            called_by: Caller::of(&tried.by),
            matched: !tried.judged.is_empty(),
            rule: with.rules[tried.rule].id().to_owned(),
            pattern: with.rules[tried.rule].spec().pattern.clone(),
        });
        Self {
            line,
            column,
            length: with.lines.length(&followed.span),
            trigger,
            literal,
            decoded: with.way.clone(),
            assignments,
            tried: tried.collect(),
        }
    }
}

/// What calls a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Caller {
    /// A token that begins with this prefix.
    Prefix(String),
    /// This literal.
    Literal(String),
    /// An assignment.
    Name {
        /// The name that is assigned to.
        name: String,
        /// The word in the name that calls the rule, or the one before it.
        word: Option<String>,
        /// Whether the word stands before the name.
        before: bool,
    },
    /// The name of the file.
    FileName,
}

impl Caller {
    fn of(by: &By) -> Self {
        match by {
            By::Prefix(prefix) => Self::Prefix(prefix.clone()),
            By::Literal(literal) => Self::Literal(literal.clone()),
            By::Name(name, word) => {
                let (word, before) = match word {
                    Some(Word::InName(word)) => (Some(word.clone()), false),
                    Some(Word::Before(word)) => (Some(word.clone()), true),
                    None => (None, false),
                };
                Self::Name { name: name.clone(), word, before }
            }
            By::Path => Self::FileName,
        }
    }
}

impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Prefix(prefix) => write!(f, "the prefix `{prefix}`"),
            Self::Literal(literal) => write!(f, "the literal `{literal}`"),
            Self::Name { name, word: Some(word), before: false } => {
                write!(f, "the name `{name}` (`{word}`)")
            }
            Self::Name { name, word: Some(word), before: true } => {
                write!(f, "the name `{name}` (`{word}` before it)")
            }
            Self::Name { name, word: None, .. } => write!(f, "the name `{name}`"),
            Self::FileName => f.write_str("the name of the file"),
        }
    }
}

/// A call of a rule, with the place of the trigger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Call {
    /// What called it.
    pub by: Caller,
    /// 1-based line of the trigger.
    pub line: u64,
    /// 1-based column of the trigger.
    pub column: u64,
}

/// A match, before it is known how it ended.
pub(super) struct Draft {
    pub(super) rule: usize,
    pub(super) judged: Judged,
    pub(super) start: Position,
    end: Position,
    pub(super) decoded: Vec<&'static str>,
    called_by: Vec<Call>,
    /// Where the match begins that won against it.
    pub(super) winner: Option<(usize, Position)>,
}

impl Draft {
    /// A match that the trigger at `from` led to.
    pub(super) fn new(
        (rule, by, from): (usize, &By, usize),
        judged: Judged,
        with: &Gathering,
    ) -> Self {
        let start = with.lines.position(judged.span.start);
        let (line, column) = with.place(from);
        let winner = match &judged.fate {
            Fate::Beaten { rule, span } => Some((*rule, with.lines.position(span.start))),
            _ => None,
        };
        Self {
            rule,
            start,
            end: with.lines.position(judged.span.end),
            decoded: with.way.clone(),
            called_by: vec![Call { by: Caller::of(by), line, column }],
            judged,
            winner,
        }
    }

    /// Whether both are the same rule's match on the same bytes.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let of = |draft: &Self| (draft.rule, draft.start, draft.end);
        of(self) == of(other) && self.decoded == other.decoded
    }

    /// Takes what led to the other one. The surer one counts.
    pub(super) fn join(&mut self, mut other: Self) {
        if other.judged.judgement.confidence > self.judged.judgement.confidence {
            std::mem::swap(self, &mut other);
        }
        for caller in other.called_by {
            if !self.called_by.contains(&caller) {
                self.called_by.push(caller);
            }
        }
    }

    pub(super) fn order(&self) -> impl Ord + use<> {
        (self.start, self.rule, self.end)
    }

    /// The match, with how it ended.
    pub(super) fn facts(self, rules: &[Arc<Rule>], standing: Standing) -> MatchFacts {
        let rule = &rules[self.rule];
        let Judged { secret, entropy, floor, verification, opinions, judgement, fate, .. } =
            self.judged;
        let was = judgement.confidence;
        let (near, confidence) = match fate {
            Fate::Stands { confidence, near } => {
                (near.filter(|_| was < Some(confidence)), Some(confidence))
            }
            _ => (None, judgement.confidence),
        };
        MatchFacts {
            line: self.start.line,
            column: self.start.column,
            end_line: self.end.line,
            end_column: self.end.column,
            rule: rule.id().to_owned(),
            title: rule.spec().name.clone(),
            secret: secret.to_string(),
            decoded: self.decoded,
            called_by: self.called_by,
            entropy: hundredths(entropy),
            least_entropy: floor.map(hundredths),
            check: rule.check().map(|check| CheckFacts::new(check.name(), verification)),
            filters: filters(&opinions, &judgement),
            score: judgement.score.as_ref().map(ScoreFacts::new),
            rule_confidence: rule.confidence(),
            confidence,
            made_sure_by: near.map(|other| rules[other].id().to_owned()),
            standing,
        }
    }
}

/// What a pattern matched, and what became of it.
#[derive(Debug, Serialize)]
pub struct MatchFacts {
    /// 1-based line.
    pub line: u64,
    /// 1-based column.
    pub column: u64,
    /// The line of its end.
    pub end_line: u64,
    /// The column behind its end.
    pub end_column: u64,
    /// The rule's id.
    pub rule: String,
    /// What the rule finds.
    pub title: String,
    /// The value, masked.
    pub secret: String,
    /// The decoders that led to it, the outermost first.
    pub decoded: Vec<&'static str>,
    /// What called the rule.
    pub called_by: Vec<Call>,
    /// Shannon entropy in bits a character.
    pub entropy: f64,
    /// The least entropy that it needs.
    pub least_entropy: Option<f64>,
    /// What its check says.
    pub check: Option<CheckFacts>,
    /// What the filters say; empty if none was asked, as its checksum is right.
    pub filters: Vec<FilterFacts>,
    /// Its score, if it got that far and has one.
    pub score: Option<ScoreFacts>,
    /// What the rule alone earns.
    pub rule_confidence: Confidence,
    /// How sure it is in the end.
    pub confidence: Option<Confidence>,
    /// The rule of the other half of the credential, which stands near and makes it sure.
    pub made_sure_by: Option<String>,
    /// How it ended.
    #[serde(flatten)]
    pub standing: Standing,
}

/// What a check says.
#[derive(Debug, Serialize)]
pub struct CheckFacts {
    /// Its name.
    pub name: &'static str,
    /// Its verdict.
    pub status: Status,
    /// What else the value says.
    pub facts: BTreeMap<Cow<'static, str>, String>,
}

impl CheckFacts {
    fn new(name: &'static str, verification: Verification) -> Self {
        Self { name, status: verification.status, facts: verification.facts }
    }
}

/// What a filter says.
#[derive(Debug, Serialize)]
pub struct FilterFacts {
    /// Its name.
    pub name: &'static str,
    /// `passes`, `drops` or `lowers`.
    pub says: &'static str,
    /// Why.
    pub reason: Option<&'static str>,
    /// Whether that was what decided.
    pub decided: bool,
}

/// What the filters say, if any was asked.
fn filters(
    opinions: &[(&'static str, Option<Verdict>)],
    judgement: &crate::detect::Judgement,
) -> Vec<FilterFacts> {
    if judgement.proven {
        return Vec::new();
    }
    let facts = |(name, verdict): &(&'static str, Option<Verdict>)| {
        let (says, reason) = match verdict {
            None => ("passes", None),
            Some(Verdict::Drop(reason)) => ("drops", Some(*reason)),
            Some(Verdict::Lower(reason)) => ("lowers", Some(*reason)),
        };
        let decided = judgement.filter.is_some_and(|(decider, _)| decider == *name);
        FilterFacts { name, says, reason, decided }
    };
    opinions.iter().map(facts).collect()
}

/// A score against what it is measured by.
#[derive(Debug, Serialize)]
pub struct ScoreFacts {
    /// The sum.
    pub total: f64,
    /// Under it nothing is reported, if there is such a bound.
    pub least: Option<f64>,
    /// From here on the confidence is medium.
    pub medium: f64,
    /// The characters that it lacks for medium confidence: how many there would have to be.
    pub wanted_length: Option<usize>,
    /// What counted, with its points.
    pub terms: Vec<(&'static str, f64)>,
}

impl ScoreFacts {
    fn new(score: &Score) -> Self {
        let (least, medium) = score.thresholds();
        Self {
            total: hundredths(score.total()),
            least: least.map(hundredths),
            medium: hundredths(medium),
            wanted_length: score.wanted_length(),
            terms: score.terms().map(|(name, points)| (name, hundredths(points))).collect(),
        }
    }
}

/// A number as people read it.
fn hundredths(number: f32) -> f64 {
    (f64::from(number) * 100.0).round() / 100.0
}
