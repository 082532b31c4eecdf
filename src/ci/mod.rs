//! What a CI service says about the change that it runs for. One file a service.
//!
//! The answer names revisions and looks at no repository: whoever takes it up finds out which of
//! them the clone has.

mod azure;
mod bitbucket;
mod buildkite;
mod circleci;
mod environment;
mod github;
mod gitlab;
mod jenkins;
mod revision;

use crate::report::sanitize;
use environment::Environment;
use std::path::PathBuf;

/// The variables of the environment. A variable that is empty counts as absent.
pub type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What a run of a CI service is for.
///
/// Lists of revisions are in the order of preference: the first one that the clone has is the one
/// to take. Commits stand before refs. Refs are written in full (`refs/remotes/origin/main`), since
/// a tag called `origin/main` would go before the branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The name of the service.
    pub service: &'static str,
    /// What changed.
    pub change: Change,
    /// The repository's default branch, without `refs/heads/`, if the service says it.
    pub default_branch: Option<String>,
}

/// What changed. No revision that is named here makes the change look smaller than it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A pull or merge request, or an entry of a merge queue: what `head` has and `base` has not.
    Request {
        /// What people call it, as in `pull request 12`. Fit to be shown.
        name: String,
        /// Where it goes. Empty if the service does not say where.
        base: Vec<String>,
        /// What it would bring. Never empty.
        head: Vec<String>,
        /// Whether it comes from another repository, or may do so.
        from_fork: bool,
    },
    /// Commits were pushed to a branch.
    Push {
        /// The branch, without `refs/heads/`, if the service says it.
        branch: Option<String>,
        /// The commit that the branch had before, or the last one that was found good. None if the
        /// branch is new or the service does not say.
        before: Option<String>,
        /// What the branch has now. Never empty.
        head: Vec<String>,
        /// Whether the branch is new, if the service says it.
        is_new: Option<bool>,
        /// Whether the service says that `before` was thrown away.
        forced: bool,
    },
    /// A tag was pushed.
    Tag {
        /// The tag, without `refs/tags/`.
        name: String,
        /// What it names. Never empty.
        head: Vec<String>,
    },
    /// A branch or a tag was deleted: there is nothing to look at.
    Deleted {
        /// The branch or the tag, without `refs/heads/` or `refs/tags/`.
        name: String,
    },
    /// Nothing changed, or the service does not say what: all of the repository is to be looked at.
    Whole {
        /// What the run is instead, as in `a scheduled run`. Fit to be shown.
        why: String,
        /// What the run is about. Never empty.
        head: Vec<String>,
    },
}

/// A service runs, and what it says cannot be understood.
#[derive(Debug, thiserror::Error)]
pub enum CiError {
    /// A variable that the service always sets is absent.
    #[error("{service} sets {variable}, but it is absent here; hand it on to blurt")]
    Variable {
        /// The name of the service.
        service: &'static str,
        /// The variable.
        variable: &'static str,
    },
    /// The file of the event cannot be read.
    #[error("{}: cannot be read: {source}; let blurt read the file that GITHUB_EVENT_PATH names", sanitize(&path.to_string_lossy()))]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file of the event is not what it should be.
    #[error("{}:{line}:{column}: is not what GitHub writes for the event `{}`; name the commits yourself with `blurt scan --range BASE..HEAD`", sanitize(&path.to_string_lossy()), sanitize(event))]
    Parse {
        /// The file.
        path: PathBuf,
        /// The name of the event.
        event: String,
        /// 1-based line.
        line: usize,
        /// Column. 0 is before the first one.
        column: usize,
    },
}

/// Why a run is for no change, where that has a name.
const SCHEDULED: &str = "a scheduled run";
const BY_HAND: &str = "a run started by hand";

/// A CI service.
trait Service: Sync {
    /// What its makers call it.
    fn name(&self) -> &'static str;

    /// Whether this is one of its runs.
    fn is_running(&self, environment: &Environment) -> bool;

    /// What the run is for.
    fn event(&self, environment: &Environment) -> Result<Event, CiError>;
}

/// All services. A new one is added here.
static SERVICES: [&dyn Service; 7] = [
    &github::GitHub,
    &gitlab::GitLab,
    &azure::Azure,
    &bitbucket::Bitbucket,
    &buildkite::Buildkite,
    &circleci::CircleCi,
    &jenkins::Jenkins,
];

/// What the service says that runs here. None if none of those known does.
///
/// # Errors
///
/// When a service runs, but withholds what it is documented to say.
pub fn event(variables: Variables) -> Result<Option<Event>, CiError> {
    let environment = Environment(variables);
    let service = SERVICES.into_iter().find(|service| service.is_running(&environment));
    service.map(|service| service.event(&environment)).transpose()
}
