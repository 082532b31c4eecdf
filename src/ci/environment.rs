//! The variables of the environment, by what stands in them.

use super::revision::{CHECKED_OUT, CommitId, tracking};
use super::{CiError, Service, Variables};
use crate::report::sanitize;

/// The environment of a run.
pub(super) struct Environment<'a>(pub(super) Variables<'a>);

impl Environment<'_> {
    /// The value of a variable, unless it is empty.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        (self.0)(name).filter(|value| !value.is_empty())
    }

    /// The value of a variable that `service` always sets.
    pub(super) fn require(
        &self,
        service: &dyn Service,
        variable: &'static str,
    ) -> Result<String, CiError> {
        self.get(variable).ok_or(CiError::Variable { service: service.name(), variable })
    }

    /// Whether a variable has a value.
    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Whether a variable is `true`. Azure writes `True`.
    pub(super) fn is_true(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// The commit that a variable names.
    pub(super) fn commit(&self, name: &str) -> Option<String> {
        CommitId::try_from(self.get(name)?).ok().map(String::from)
    }

    /// The commits that variables name, in that order.
    pub(super) fn commits(&self, names: &[&str]) -> Vec<String> {
        let mut commits: Vec<String> = names.iter().filter_map(|name| self.commit(name)).collect();
        commits.dedup();
        commits
    }

    /// The commits that variables name, or what is checked out if none of them does.
    pub(super) fn head(&self, names: &[&str]) -> Vec<String> {
        let mut head = self.commits(names);
        if head.is_empty() {
            head.push(CHECKED_OUT.to_owned());
        }
        head
    }

    /// The commits that variables name, then the branch of `origin` that the variable `target`
    /// names.
    pub(super) fn base(&self, commits: &[&str], target: &str) -> Vec<String> {
        let mut base = self.commits(commits);
        base.extend(self.get(target).map(|branch| tracking("origin", &branch)));
        base
    }

    /// What people call a request: what it is, and the number that stands in the first of the
    /// variables that has one.
    pub(super) fn request(&self, what: &str, numbers: &[&str]) -> String {
        match numbers.iter().find_map(|name| self.get(name)) {
            Some(number) => format!("{what} {}", sanitize(&number)),
            None => what.to_owned(),
        }
    }
}
