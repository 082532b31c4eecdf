//! The gate: what a run of a CI service has to look at, and whose configuration counts.

use crate::ci::{Change, Event};
use crate::coverage::Skip;
use crate::source::{Checkout, Span};

/// What a run has to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gate {
    /// What it is.
    pub what: What,
    /// What the run is about, for people.
    pub about: String,
    /// What else they should know.
    pub notes: Vec<String>,
}

/// What there is to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// What these commits add.
    Range(Span),
    /// The whole repository, with its history.
    Whole,
    /// Nothing.
    Nothing,
    /// It cannot be told.
    Unknown(Skip),
}

/// What to say when a push is not compared with anything.
const UNKNOWN_BASE: &str = "it is not known where this push began, so all of the repository is scanned, by \
                            the configuration and the suppressions that it has now: name the commit with \
                            blurt ci --base";

impl Gate {
    /// Finds out what `event` asks for, in the clone that it runs in. What it asks for may be missing
    /// there: whoever looks at it notices.
    #[must_use]
    pub fn new(event: &Event, clone: &Checkout) -> Self {
        let default = event.default_branch.clone().or_else(|| clone.default_branch());
        let default = default.as_deref();
        let choice = Choice { clone, default };
        let (about, what, notes) = match &event.change {
            Change::Request { name, base, head, .. } => {
                (name.clone(), choice.request(base, head), Vec::new())
            }
            Change::Push { branch, before, head, .. } => {
                let about = match branch {
                    Some(branch) => format!("a push to {branch}"),
                    None => "a push".to_owned(),
                };
                let (what, note) = choice.push(branch.as_deref(), before.as_deref(), head);
                (about, what, note.into_iter().collect())
            }
            Change::Tag { name, head } => {
                let what = choice.since_default(None, head);
                (format!("the tag {name}"), what, Vec::new())
            }
            Change::Deleted { name } => (format!("{name} was deleted"), What::Nothing, Vec::new()),
            Change::Whole { why, .. } => (why.clone(), What::Whole, Vec::new()),
        };
        let mut notes = notes;
        if what == What::Whole && !matches!(event.change, Change::Whole { .. }) {
            notes.push(UNKNOWN_BASE.to_owned());
        }
        Self { what, about: format!("{}: {about}", event.service), notes }
    }

    /// What `head` adds to `base`, as somebody says who knows.
    #[must_use]
    pub fn between(base: &str, head: &str) -> Self {
        let what = What::Range(span(Some(base.to_owned()), &[base.to_owned()], head));
        Self { what, about: format!("{base}..{head}"), notes: Vec::new() }
    }
}

/// The choice of revisions, of those that are offered.
struct Choice<'c> {
    clone: &'c Checkout,
    default: Option<&'c str>,
}

impl Choice<'_> {
    fn request(&self, base: &[String], head: &[String]) -> What {
        let head = self.first(head);
        let here: Vec<String> = base.iter().filter(|base| self.clone.has(base)).cloned().collect();
        match here.first().or(base.first()).cloned() {
            // Whoever looks at the range says what fetches it.
            Some(base) if here.is_empty() => What::Range(span(Some(base.clone()), &[base], &head)),
            Some(base) => What::Range(span(Some(base), &here, &head)),
            None => match self.since_default(None, &[head]) {
                // A request that is not compared with anything would be judged by its own configuration.
                What::Whole => What::Unknown(Skip {
                    path: "the change".to_owned(),
                    reason: "goes to a branch that neither the CI service nor the clone names"
                        .to_owned(),
                    mend: Some("blurt ci --base origin/main, or whatever the branch is".to_owned()),
                }),
                what => what,
            },
        }
    }

    fn push(
        &self,
        branch: Option<&str>,
        before: Option<&str>,
        head: &[String],
    ) -> (What, Option<String>) {
        let Some(before) = before else { return (self.since_default(branch, head), None) };
        // A shallow clone may only not reach back so far. In a full one the commit was thrown away, and
        // what the default branch does not have is at least what was pushed.
        if self.clone.has(before) || self.clone.is_shallow() {
            let base = before.to_owned();
            let head = self.first(head);
            return (What::Range(span(Some(base.clone()), &[base], &head)), None);
        }
        let note = format!(
            "commit {before}, where the push began, is no longer there (was it forced?): all that the \
             default branch does not have is looked at"
        );
        (self.since_default(branch, head), Some(note))
    }

    /// What the default branch does not have; all, if that is not known or is the branch itself.
    fn since_default(&self, branch: Option<&str>, head: &[String]) -> What {
        match self.default.filter(|default| Some(*default) != branch) {
            Some(default) => {
                let base = format!("refs/remotes/origin/{default}");
                let head = self.first(head);
                What::Range(span(Some(base.clone()), &[base], &head))
            }
            None => What::Whole,
        }
    }

    /// The first revision that is here, or the one that should be.
    fn first(&self, revisions: &[String]) -> String {
        let here = revisions.iter().find(|revision| self.clone.has(revision));
        here.or(revisions.first()).cloned().unwrap_or_else(|| "HEAD".to_owned())
    }
}

fn span(base: Option<String>, without: &[String], head: &str) -> Span {
    Span { heads: vec![head.to_owned()], without: without.to_vec(), base, since_parting: false }
}
