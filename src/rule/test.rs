//! Tests rules by their own examples: each is reported by its rule, no counterexample by any.

use super::{Confidence, Rule, example};
use crate::blob::{Chunk, Origin};
use crate::detect::{Detector, Match};
use crate::finding::Status;

/// Every example is expanded this many times.
const SEEDS: u64 = 3;

/// A rule that does not do what its examples say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Id of the rule.
    pub rule: String,
    /// `file:line` of the rule.
    pub place: String,
    /// What happened instead.
    pub message: String,
}

/// Tests one rule against all rules of `detector`.
#[must_use]
pub fn test(detector: &Detector, rule: &Rule) -> Vec<Failure> {
    let mut failures = Vec::new();
    let mut fail = |message: String| {
        let place = format!("{}:{}", rule.file(), rule.line());
        failures.push(Failure { rule: rule.id().to_owned(), place, message });
    };
    for seed in 0..SEEDS {
        for (n, template) in rule.spec().examples.iter().enumerate() {
            match report(detector, rule, template, seed) {
                Err(e) => fail(format!("example {}: {e}", n + 1)),
                Ok(found) => {
                    if let Some(e) = wrong(detector, rule, &found) {
                        fail(format!("example {}: {e}", n + 1));
                    }
                }
            }
        }
        for (n, template) in rule.spec().counterexamples.iter().enumerate() {
            match report(detector, rule, template, seed) {
                Err(e) => fail(format!("counterexample {}: {e}", n + 1)),
                Ok(found) => {
                    if let Some(hit) = found.first() {
                        let id = &detector.rules().rules()[hit.rule].id();
                        fail(format!("counterexample {} is reported by `{id}`", n + 1));
                    }
                }
            }
        }
    }
    failures.dedup();
    failures
}

fn report(
    detector: &Detector,
    rule: &Rule,
    template: &str,
    seed: u64,
) -> Result<Vec<Match>, String> {
    let text = example::expand(template, seed)? + "\n";
    let path = rule.spec().example_path.as_deref().unwrap_or("example.txt");
    let origin = Origin::file(path);
    Ok(detector.detect(&Chunk::whole(&origin, text.as_bytes())).matches)
}

/// Whether a match is less certain than its rule, though the check has nothing against it.
fn is_doubted(own: &Match, rule: &Rule) -> bool {
    let said = matches!(own.verification.status, Status::Expired | Status::ChecksumInvalid);
    own.confidence < Confidence::Medium.min(rule.confidence()) && !said
}

fn wrong(detector: &Detector, rule: &Rule, found: &[Match]) -> Option<String> {
    let id = |hit: &Match| detector.rules().rules()[hit.rule].id().to_owned();
    let own = found.iter().find(|hit| id(hit) == rule.id());
    match (own, found.first()) {
        (None, None) => Some("it is not reported".to_owned()),
        (None, Some(other)) => Some(format!("it is reported by `{}` instead", id(other))),
        (Some(own), _) if is_doubted(own, rule) => {
            Some("it is reported with low confidence only".to_owned())
        }
        (Some(_), _) => None,
    }
}
