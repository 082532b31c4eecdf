//! GitLab CI/CD: <https://docs.gitlab.com/ci/variables/predefined_variables/>, the sources of a
//! pipeline at <https://docs.gitlab.com/ci/jobs/job_rules/#ci_pipeline_source-predefined-variable>.

use super::environment::Environment;
use super::{BY_HAND, Change, CiError, Event, SCHEDULED, Service};
use crate::report::sanitize;

pub(super) struct GitLab;

impl Service for GitLab {
    fn name(&self) -> &'static str {
        "GitLab CI"
    }

    fn is_running(&self, environment: &Environment) -> bool {
        environment.has("GITLAB_CI")
    }

    fn event(&self, environment: &Environment) -> Result<Event, CiError> {
        let source = environment.require(self, "CI_PIPELINE_SOURCE")?;
        let change = match source.as_str() {
            // A child pipeline has the variables of its parent, and hides the source of it:
            // https://docs.gitlab.com/ci/pipelines/downstream_pipelines/
            "merge_request_event" | "parent_pipeline"
                if environment.has("CI_MERGE_REQUEST_IID") =>
            {
                merge_request(environment)
            }
            "external_pull_request_event" => external(environment),
            "push" | "parent_pipeline" => push(environment, &source),
            _ => whole(environment, &source),
        };
        let default_branch = environment.get("CI_DEFAULT_BRANCH");
        Ok(Event { service: self.name(), change, default_branch })
    }
}

/// A merge request, as it is (`detached`), merged on trial (`merged_result`), or in a train. The
/// commits of both branches are there only in the last two, and the target of a train may be the
/// entry before.
fn merge_request(environment: &Environment) -> Change {
    let project = environment.get("CI_MERGE_REQUEST_PROJECT_ID");
    // In a pipeline of the fork `origin` is the fork: its branch of that name may be the change.
    // https://docs.gitlab.com/ci/pipelines/merge_request_pipelines/#use-with-forked-projects
    let in_target = project.is_some() && project == environment.get("CI_PROJECT_ID");
    let commits = ["CI_MERGE_REQUEST_TARGET_BRANCH_SHA", "CI_MERGE_REQUEST_DIFF_BASE_SHA"];
    let base = if in_target {
        environment.base(&commits, "CI_MERGE_REQUEST_TARGET_BRANCH_NAME")
    } else {
        environment.commits(&commits)
    };
    Change::Request {
        name: environment.request("merge request", &["CI_MERGE_REQUEST_IID"]),
        base,
        head: environment.head(&["CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", "CI_COMMIT_SHA"]),
        from_fork: project != environment.get("CI_MERGE_REQUEST_SOURCE_PROJECT_ID"),
    }
}

/// A pull request on GitHub: <https://docs.gitlab.com/ci/ci_cd_for_external_repos/>.
fn external(environment: &Environment) -> Change {
    let source = environment.get("CI_EXTERNAL_PULL_REQUEST_SOURCE_REPOSITORY");
    Change::Request {
        name: environment.request("pull request", &["CI_EXTERNAL_PULL_REQUEST_IID"]),
        base: environment.base(
            &["CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_SHA"],
            "CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_NAME",
        ),
        head: environment.head(&["CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_SHA", "CI_COMMIT_SHA"]),
        from_fork: source != environment.get("CI_EXTERNAL_PULL_REQUEST_TARGET_REPOSITORY"),
    }
}

fn push(environment: &Environment, source: &str) -> Change {
    let head = environment.head(&["CI_COMMIT_SHA"]);
    if let Some(name) = environment.get("CI_COMMIT_TAG") {
        return Change::Tag { name, head };
    }
    let before = environment.commit("CI_COMMIT_BEFORE_SHA");
    // Zeros are documented for the first pipeline of a branch, but for one that was started by hand
    // as well, and a child pipeline does not know how its parent was started.
    let is_new = (before.is_some() || source == "push").then_some(before.is_none());
    let branch = environment.get("CI_COMMIT_BRANCH");
    Change::Push { branch, before, head, is_new, forced: false }
}

fn whole(environment: &Environment, source: &str) -> Change {
    let why = match source {
        "schedule" => SCHEDULED.to_owned(),
        "web" => BY_HAND.to_owned(),
        _ => format!("a pipeline of the source `{}` names no commits", sanitize(source)),
    };
    Change::Whole { why, head: environment.head(&["CI_COMMIT_SHA"]) }
}
