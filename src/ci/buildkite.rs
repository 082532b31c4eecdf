//! Buildkite: <https://buildkite.com/docs/pipelines/configure/environment-variables>,
//! <https://buildkite.com/docs/tutorials/github-merge-queue>.

use super::environment::Environment;
use super::{BY_HAND, Change, CiError, Event, SCHEDULED, Service};
use crate::report::sanitize;

pub(super) struct Buildkite;

impl Service for Buildkite {
    fn name(&self) -> &'static str {
        "Buildkite"
    }

    fn is_running(&self, environment: &Environment) -> bool {
        environment.has("BUILDKITE")
    }

    fn event(&self, environment: &Environment) -> Result<Event, CiError> {
        let default_branch = environment.get("BUILDKITE_PIPELINE_DEFAULT_BRANCH");
        Ok(Event { service: self.name(), change: change(environment), default_branch })
    }
}

fn change(environment: &Environment) -> Change {
    // The commit may be `HEAD`, where a build was started by hand or on schedule.
    let head = environment.head(&["BUILDKITE_COMMIT"]);
    if let Some(target) = environment.get("BUILDKITE_MERGE_QUEUE_BASE_BRANCH") {
        let commits = ["BUILDKITE_MERGE_QUEUE_BASE_COMMIT"];
        let base = environment.base(&commits, "BUILDKITE_MERGE_QUEUE_BASE_BRANCH");
        let name = format!("merge queue entry for {}", sanitize(&target));
        return Change::Request { name, base, head, from_fork: false };
    }
    if environment.get("BUILDKITE_PULL_REQUEST").is_some_and(|number| number != "false") {
        return Change::Request {
            name: environment.request("pull request", &["BUILDKITE_PULL_REQUEST"]),
            base: environment.base(&[], "BUILDKITE_PULL_REQUEST_BASE_BRANCH"),
            head,
            from_fork: is_fork(environment),
        };
    }
    let source = environment.get("BUILDKITE_SOURCE").unwrap_or_else(|| "webhook".into());
    if source != "webhook" {
        return Change::Whole { why: why(&source), head };
    }
    if let Some(name) = environment.get("BUILDKITE_TAG") {
        return Change::Tag { name, head };
    }
    let branch = environment.get("BUILDKITE_BRANCH");
    Change::Push { branch, before: None, head, is_new: None, forced: false }
}

/// Whether the request's repository is another one than the pipeline's.
fn is_fork(environment: &Environment) -> bool {
    let [theirs, ours] = ["BUILDKITE_PULL_REQUEST_REPO", "BUILDKITE_REPO"]
        .map(|name| environment.get(name).map(|url| owner_and_name(&url)));
    theirs.is_some() && theirs != ours
}

/// What is the same in `git@example.org:acme/shop.git` and `https://example.org/acme/shop`.
fn owner_and_name(url: &str) -> String {
    let url = url.trim_end_matches('/').trim_end_matches(".git").to_ascii_lowercase();
    let name = url.rmatch_indices(['/', ':']).nth(1);
    name.map_or(url.clone(), |(at, _)| url[at + 1..].replace(':', "/"))
}

fn why(source: &str) -> String {
    match source {
        "schedule" => SCHEDULED.to_owned(),
        "ui" => BY_HAND.to_owned(),
        "trigger_job" => "a run started by another pipeline".to_owned(),
        _ => format!("a build of the source `{}` names no commits", sanitize(source)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_is_the_same_by_any_url() {
        for url in [
            "git@example.org:acme/shop.git",
            "git://example.org/Acme/shop.git",
            "https://example.org/acme/shop/",
            "ssh://git@example.org:22/acme/shop.git",
        ] {
            assert_eq!(owner_and_name(url), "acme/shop", "{url}");
        }
        assert_ne!(owner_and_name("git://example.org/jane/shop.git"), "acme/shop");
        for odd in ["", "/", ":", "shop", "a/b", "é:é", "//"] {
            owner_and_name(odd);
        }
    }
}
