//! Azure Pipelines: <https://learn.microsoft.com/en-us/azure/devops/pipelines/build/variables>.

use super::environment::Environment;
use super::revision::short;
use super::{BY_HAND, Change, CiError, Event, SCHEDULED, Service};
use crate::report::sanitize;

pub(super) struct Azure;

impl Service for Azure {
    fn name(&self) -> &'static str {
        "Azure Pipelines"
    }

    fn is_running(&self, environment: &Environment) -> bool {
        environment.has("TF_BUILD")
    }

    fn event(&self, environment: &Environment) -> Result<Event, CiError> {
        let change = match environment.get("BUILD_REASON").as_deref() {
            Some("PullRequest") => pull_request(environment),
            Some("IndividualCI" | "BatchedCI") => push(environment),
            reason => whole(environment, reason),
        };
        Ok(Event { service: self.name(), change, default_branch: None })
    }
}

fn pull_request(environment: &Environment) -> Change {
    // On GitHub the id is another number than the one that people know.
    let numbers = ["SYSTEM_PULLREQUEST_PULLREQUESTNUMBER", "SYSTEM_PULLREQUEST_PULLREQUESTID"];
    Change::Request {
        name: environment.request("pull request", &numbers),
        base: environment.base(&[], "SYSTEM_PULLREQUEST_TARGETBRANCH"),
        // The first is in every environment, though not on the page; the second is the merge on
        // trial, which has all that the first has.
        head: environment.head(&["SYSTEM_PULLREQUEST_SOURCECOMMITID", "BUILD_SOURCEVERSION"]),
        from_fork: environment.is_true("SYSTEM_PULLREQUEST_ISFORK"),
    }
}

/// The service does not say what a branch had before, nor whether it is new.
fn push(environment: &Environment) -> Change {
    let name = environment.get("BUILD_SOURCEBRANCH");
    let head = environment.head(&["BUILD_SOURCEVERSION"]);
    if let Some(tag) = name.as_deref().and_then(|name| name.strip_prefix("refs/tags/")) {
        return Change::Tag { name: tag.to_owned(), head };
    }
    let branch = name.map(|name| short(&name).to_owned());
    Change::Push { branch, before: None, head, is_new: None, forced: false }
}

fn whole(environment: &Environment, reason: Option<&str>) -> Change {
    let why = match reason {
        Some("Schedule") => SCHEDULED.to_owned(),
        Some("Manual") => BY_HAND.to_owned(),
        None => "a run that is no build".to_owned(),
        Some(reason) => format!("a build for the reason `{}` names no commits", sanitize(reason)),
    };
    Change::Whole { why, head: environment.head(&["BUILD_SOURCEVERSION"]) }
}
