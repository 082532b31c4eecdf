//! Bitbucket Pipelines: <https://support.atlassian.com/bitbucket-cloud/docs/variables-and-secrets/>.

use super::environment::Environment;
use super::{Change, CiError, Event, Service};

pub(super) struct Bitbucket;

impl Service for Bitbucket {
    fn name(&self) -> &'static str {
        "Bitbucket Pipelines"
    }

    fn is_running(&self, environment: &Environment) -> bool {
        environment.has("BITBUCKET_BUILD_NUMBER")
    }

    fn event(&self, environment: &Environment) -> Result<Event, CiError> {
        Ok(Event { service: self.name(), change: change(environment), default_branch: None })
    }
}

/// The service does not say what a branch had before, nor whether somebody pushed: a custom or a
/// scheduled pipeline of a branch looks like a push to it.
fn change(environment: &Environment) -> Change {
    let head = environment.head(&["BITBUCKET_COMMIT"]);
    if environment.has("BITBUCKET_PR_ID") {
        let commits = ["BITBUCKET_PR_DESTINATION_COMMIT"];
        let base = environment.base(&commits, "BITBUCKET_PR_DESTINATION_BRANCH");
        let name = environment.request("pull request", &["BITBUCKET_PR_ID"]);
        // Requests from forks have no pipelines.
        return Change::Request { name, base, head, from_fork: false };
    }
    if let Some(name) = environment.get("BITBUCKET_TAG") {
        return Change::Tag { name, head };
    }
    match environment.get("BITBUCKET_BRANCH") {
        None => Change::Whole { why: "a custom pipeline of a commit".to_owned(), head },
        branch => Change::Push { branch, before: None, head, is_new: None, forced: false },
    }
}
