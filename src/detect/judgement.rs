//! How sure a rule is of what its pattern has matched: check, filters and score, in this order.

use super::filter::{self, Subject, Verdict};
use super::score::Score;
use crate::finding::{Status, Verification};
use crate::rule::{Confidence, Rule};

/// What became of a value that a pattern has matched.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judgement {
    /// Whether its checksum is right, so that nothing else was asked.
    pub proven: bool,
    /// The filter that decided, and what it said.
    pub filter: Option<(&'static str, Verdict)>,
    /// What speaks for and against it, if it got that far and its value alone does not say what it is.
    pub score: Option<Score>,
    /// How sure it is; `None` if it is no secret.
    pub confidence: Option<Confidence>,
}

impl Judgement {
    /// Takes a value through filters and score. `verification` is what its check has said.
    pub(super) fn of(rule: &Rule, subject: &Subject, verification: &Verification) -> Self {
        let published = verification.published().is_some();
        // Nobody makes up a right checksum.
        if verification.status == Status::ChecksumValid && !published {
            let confidence = Some(Confidence::High);
            return Self { proven: true, filter: None, score: None, confidence };
        }
        let filter = filter::judge(subject);
        let confidence = match filter {
            Some((_, Verdict::Drop(_))) => {
                return Self { proven: false, filter, score: None, confidence: None };
            }
            Some((_, Verdict::Lower(_))) => Confidence::Low,
            None => rule.confidence(),
        };
        let score = Score::of(subject);
        let scored = match &score {
            Some(score) => score.confidence().map(|scored| confidence.min(scored)),
            None => Some(confidence),
        };
        let confidence = scored.map(|confidence| match verification.status {
            Status::ChecksumInvalid => confidence.min(Confidence::Medium),
            Status::Expired => Confidence::Low,
            _ if published => Confidence::Low,
            _ => confidence,
        });
        Self { proven: false, filter, score, confidence }
    }
}
