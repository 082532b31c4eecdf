//! `CircleCI`: <https://circleci.com/docs/reference/variables/>. What a branch had before and where
//! a request goes are pipeline values, which no variable holds.

use super::environment::Environment;
use super::{Change, CiError, Event, Service};

pub(super) struct CircleCi;

impl Service for CircleCi {
    fn name(&self) -> &'static str {
        "CircleCI"
    }

    fn is_running(&self, environment: &Environment) -> bool {
        environment.has("CIRCLECI")
    }

    fn event(&self, environment: &Environment) -> Result<Event, CiError> {
        Ok(Event { service: self.name(), change: change(environment), default_branch: None })
    }
}

fn change(environment: &Environment) -> Change {
    let head = environment.head(&["CIRCLE_SHA1"]);
    if let Some(name) = environment.get("CIRCLE_TAG") {
        return Change::Tag { name, head };
    }
    // Only a request from a fork has this one. Others are builds of a branch, and a request from the
    // default branch (to a branch of releases) must not be compared with the default branch.
    if environment.has("CIRCLE_PR_NUMBER") {
        let name = environment.request("pull request", &["CIRCLE_PR_NUMBER"]);
        return Change::Request { name, base: Vec::new(), head, from_fork: true };
    }
    let branch = environment.get("CIRCLE_BRANCH");
    Change::Push { branch, before: None, head, is_new: None, forced: false }
}
