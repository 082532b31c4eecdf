//! A pack with the rules that were imported, as it is written.

use crate::rule::{Confidence, RuleSpec, Severity};
use serde::Serialize;

/// A pack file.
#[derive(Serialize)]
struct Pack<'a> {
    rule: Vec<Written<'a>>,
}

/// A rule with the keys that say something, in the order in which people read them.
#[derive(Serialize)]
struct Written<'a> {
    id: &'a str,
    name: &'a str,
    kind: &'a str,
    severity: Severity,
    #[serde(skip_serializing_if = "Option::is_none")]
    confidence: Option<Confidence>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    prefixes: &'a [String],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    keywords: &'a [String],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    literals: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    reach: Option<u32>,
    pattern: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    entropy: Option<f64>,
    playbook: &'a str,
    examples: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    example_path: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    references: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    paths: Option<Paths<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    near: Vec<Near<'a>>,
}

#[derive(Serialize)]
struct Paths<'a> {
    only: &'a [String],
}

#[derive(Serialize)]
struct Near<'a> {
    rule: &'a str,
    lines: u32,
}

impl<'a> Written<'a> {
    fn new(rule: &'a RuleSpec) -> Self {
        let near = rule.near.iter().map(|near| Near { rule: &near.rule, lines: near.lines });
        let only = rule.paths.only.as_slice();
        Self {
            id: &rule.id,
            name: &rule.name,
            kind: &rule.kind,
            severity: rule.severity,
            confidence: rule.confidence,
            prefixes: &rule.prefixes,
            keywords: &rule.keywords,
            literals: &rule.literals,
            reach: rule.reach,
            pattern: &rule.pattern,
            // By way of its text, as 3.3 would become 3.299999952316284.
            entropy: rule.entropy.and_then(|entropy| entropy.to_string().parse().ok()),
            playbook: &rule.playbook,
            examples: &rule.examples,
            example_path: rule.example_path.as_deref(),
            references: &rule.references,
            paths: (!only.is_empty()).then_some(Paths { only }),
            near: near.collect(),
        }
    }
}

/// The text of a pack with these rules.
pub(super) fn write(rules: &[RuleSpec]) -> Result<String, toml::ser::Error> {
    toml::to_string(&Pack { rule: rules.iter().map(Written::new).collect() })
}
