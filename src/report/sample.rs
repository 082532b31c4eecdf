//! What the tests of formats report on.

use crate::blob::{Origin, Via};
use crate::detect::Detector;
use crate::finding::{Commit, Past};
use crate::rule::{RuleSet, example::expand};
use crate::scan::{Engine, Outcome, Progress, scan};
use crate::source::Source;
use crate::triage::Policy;
use jiff::Timestamp;

/// Texts under the names of files.
struct Texts(Vec<(String, String)>);

impl Source for Texts {
    fn feed(&self, engine: &Engine) {
        let mut worker = engine.worker();
        for (name, text) in &self.0 {
            worker.scan(Origin::file(name.as_str()), text.as_bytes()).unwrap();
        }
    }
}

/// What a scan of these files finds.
pub(crate) fn outcome(texts: Vec<(String, String)>) -> Outcome {
    let detector = Detector::new(RuleSet::builtin().unwrap());
    let policy = Policy::everything();
    scan(&Texts(texts), &detector, &policy, &Progress::default())
}

/// What a scan of one file finds, which holds a token.
pub(crate) fn one(name: &str) -> Outcome {
    outcome(vec![(name.to_owned(), token(1))])
}

/// A line with a token.
pub(crate) fn token(seed: u64) -> String {
    expand("token: <<ghp_[0-9A-Za-z]{30}|github>>\n", seed).unwrap()
}

/// Moves the only place of the first finding into a commit that another one took back.
pub(crate) fn into_the_past(outcome: &mut Outcome) {
    let commit = |digit: &str, day: i64| Commit {
        date: Timestamp::from_second(day * 86_400).unwrap(),
        id: digit.repeat(40),
        author: "Ann @team <ann@example.org>".to_owned(),
    };
    let past = Past { commit: commit("a", 1), removed: vec![commit("b", 2)], in_head: false };
    outcome.findings[0].0.locations[0].past = Some(Box::new(past));
}

/// Makes the only place of the first finding one in the message of that commit.
pub(crate) fn into_a_message(outcome: &mut Outcome) {
    into_the_past(outcome);
    let via = vec![Via::Object("commit-message".into())];
    outcome.findings[0].0.locations[0].origin = Origin { path: None, via };
}
