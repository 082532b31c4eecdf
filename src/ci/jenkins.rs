//! Jenkins. The variables are those of its core and of multibranch projects, which each controller
//! lists at `/env-vars.html`, as <https://ci.jenkins.io/env-vars.html> does, and those of the Git
//! plugin, <https://plugins.jenkins.io/git/>.

use super::environment::Environment;
use super::revision::tracking;
use super::{Change, CiError, Event, Service};

pub(super) struct Jenkins;

impl Service for Jenkins {
    fn name(&self) -> &'static str {
        "Jenkins"
    }

    fn is_running(&self, environment: &Environment) -> bool {
        // The URL is absent until an administrator has set it.
        environment.has("JENKINS_URL") || environment.has("JENKINS_HOME")
    }

    fn event(&self, environment: &Environment) -> Result<Event, CiError> {
        let primary = environment.is_true("BRANCH_IS_PRIMARY");
        let default_branch = environment.get("BRANCH_NAME").filter(|_| primary);
        Ok(Event { service: self.name(), change: change(environment), default_branch })
    }
}

fn change(environment: &Environment) -> Change {
    let head = environment.head(&["GIT_COMMIT"]);
    if environment.has("CHANGE_ID") {
        return Change::Request {
            name: environment.request("pull request", &["CHANGE_ID"]),
            base: base(environment),
            head,
            from_fork: environment.has("CHANGE_FORK"),
        };
    }
    if let Some(name) = environment.get("TAG_NAME") {
        return Change::Tag { name, head };
    }
    // GIT_PREVIOUS_COMMIT is no `before`: if its build failed, the commits that made it fail would
    // not be looked at again.
    let built = environment.has("GIT_PREVIOUS_COMMIT");
    Change::Push {
        branch: branch(environment),
        before: environment.commit("GIT_PREVIOUS_SUCCESSFUL_COMMIT"),
        head,
        is_new: built.then_some(false),
        forced: false,
    }
}

/// Where a request goes.
fn base(environment: &Environment) -> Vec<String> {
    let url = environment.get("CHANGE_URL").unwrap_or_default();
    let may_be_at_bitbucket = url.is_empty() || url.contains("://bitbucket.org/");
    if environment.has("CHANGE_FORK") && may_be_at_bitbucket {
        // Bitbucket Cloud has no refs for requests, so that `origin` is the fork, whose branch of
        // that name may be the change itself. The target has a remote of its own, and a longer name
        // if both branches are called the same.
        // https://github.com/jenkinsci/bitbucket-branch-source-plugin (BitbucketGitSCMBuilder)
        let target = environment.get("CHANGE_TARGET");
        let names = target.map(|target| [format!("upstream-{target}"), target]);
        return names.into_iter().flatten().map(|name| tracking("upstream", &name)).collect();
    }
    environment.base(&[], "CHANGE_TARGET")
}

/// The branch, by the name that says most.
fn branch(environment: &Environment) -> Option<String> {
    let branch = environment.get("BRANCH_NAME").or_else(|| environment.get("GIT_LOCAL_BRANCH"));
    branch.or_else(|| Some(environment.get("GIT_BRANCH")?.strip_prefix("origin/")?.to_owned()))
}
