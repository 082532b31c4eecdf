//! GitHub Actions.
//!
//! The event's name is in a variable, its payload in a file:
//! <https://docs.github.com/en/actions/reference/workflows-and-actions/variables>,
//! <https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows>,
//! <https://docs.github.com/en/webhooks/webhook-events-and-payloads>. A workflow that another one
//! calls sees the event of its caller.

use super::environment::Environment;
use super::revision::{CHECKED_OUT, CommitId, Tip, short, tracking};
use super::{BY_HAND, Change, CiError, Event, SCHEDULED, Service};
use crate::report::sanitize;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::fs;
use std::path::PathBuf;

pub(super) struct GitHub;

impl Service for GitHub {
    fn name(&self) -> &'static str {
        "GitHub Actions"
    }

    fn is_running(&self, environment: &Environment) -> bool {
        environment.has("GITHUB_ACTIONS")
    }

    fn event(&self, environment: &Environment) -> Result<Event, CiError> {
        let name = environment.require(self, "GITHUB_EVENT_NAME")?;
        let payload = Payload::read(environment.require(self, "GITHUB_EVENT_PATH")?, name)?;
        let change = match payload.event.as_str() {
            // GITHUB_SHA is no head: at `pull_request` it is a merge, whose parents a shallow clone
            // lacks, at `pull_request_target` it is the branch that the request goes to.
            "pull_request"
            | "pull_request_target"
            | "pull_request_review"
            | "pull_request_review_comment" => {
                payload.parse::<PullRequestEvent>()?.pull_request.change()
            }
            "merge_group" => payload.parse::<MergeGroupEvent>()?.merge_group.change(),
            "push" => payload.parse::<Push>()?.change(environment),
            "create" => payload.parse::<Ref>()?.created(environment),
            "delete" => Change::Deleted { name: payload.parse::<Ref>()?.name },
            event => whole(event),
        };
        let default_branch = payload.parse::<About>()?.default_branch();
        Ok(Event { service: self.name(), change, default_branch })
    }
}

/// An event without a change. `GITHUB_SHA` is then often the default branch and not what the run
/// is about (a comment on a pull request, the end of another workflow); what the workflow checked
/// out is.
fn whole(event: &str) -> Change {
    let why = match event {
        "schedule" => SCHEDULED.to_owned(),
        "workflow_dispatch" => BY_HAND.to_owned(),
        _ => format!("the event `{}` names no commits", sanitize(event)),
    };
    Change::Whole { why, head: vec![CHECKED_OUT.to_owned()] }
}

/// The file of an event.
struct Payload {
    event: String,
    path: PathBuf,
    text: Vec<u8>,
}

impl Payload {
    fn read(path: String, event: String) -> Result<Self, CiError> {
        let path = PathBuf::from(path);
        match fs::read(&path) {
            Ok(text) => Ok(Self { event, path, text }),
            Err(source) => Err(CiError::Read { path, source }),
        }
    }

    /// The part of the payload that `T` is made of.
    fn parse<T: DeserializeOwned>(&self) -> Result<T, CiError> {
        // The message of serde is left out: it repeats values of the file.
        serde_json::from_slice(&self.text).map_err(|e| CiError::Parse {
            path: self.path.clone(),
            event: self.event.clone(),
            line: e.line(),
            column: e.column(),
        })
    }
}

/// What every payload may say.
#[derive(Deserialize)]
struct About {
    repository: Option<AboutRepository>,
}

#[derive(Deserialize)]
struct AboutRepository {
    default_branch: Option<String>,
}

impl About {
    fn default_branch(self) -> Option<String> {
        self.repository?.default_branch
    }
}

#[derive(Deserialize)]
struct PullRequestEvent {
    pull_request: PullRequest,
}

#[derive(Deserialize)]
struct PullRequest {
    number: Option<u64>,
    merged_at: Option<String>,
    base: Branch,
    head: Branch,
}

#[derive(Deserialize)]
struct Branch {
    #[serde(rename = "ref")]
    name: Option<String>,
    sha: CommitId,
    /// None if it was deleted.
    repo: Option<Repository>,
}

#[derive(Deserialize)]
struct Repository {
    id: Option<u64>,
    full_name: Option<String>,
}

impl Repository {
    fn is(&self, other: &Self) -> bool {
        match (self.id, other.id) {
            (Some(id), Some(other)) => id == other,
            _ => self.full_name.is_some() && self.full_name == other.full_name,
        }
    }
}

impl PullRequest {
    fn change(self) -> Change {
        let repositories = self.head.repo.as_ref().zip(self.base.repo.as_ref());
        // Where that is not said, it may be one.
        let from_fork = !repositories.is_some_and(|(head, base)| head.is(base));
        let mut base = vec![self.base.sha.into()];
        // After the merge the branch holds the change. And `origin` is the fork in a workflow that
        // checks out the repository of the head: its branch of that name may hold the change, too.
        if let Some(name) = self.base.name.filter(|_| self.merged_at.is_none() && !from_fork) {
            base.push(tracking("origin", &name));
        }
        let number = self.number.map(|number| format!("pull request {number}"));
        let name = number.unwrap_or_else(|| "a pull request".to_owned());
        Change::Request { name, base, head: vec![self.head.sha.into()], from_fork }
    }
}

#[derive(Deserialize)]
struct MergeGroupEvent {
    merge_group: MergeGroup,
}

#[derive(Deserialize)]
struct MergeGroup {
    base_ref: String,
    /// The entry before in the queue, or what the branch has.
    base_sha: Option<CommitId>,
    head_sha: CommitId,
}

impl MergeGroup {
    fn change(self) -> Change {
        let target = tracking("origin", &self.base_ref);
        let base = self.base_sha.map(String::from).into_iter().chain([target]).collect();
        let name = format!("merge queue entry for {}", sanitize(short(&self.base_ref)));
        Change::Request { name, base, head: vec![self.head_sha.into()], from_fork: false }
    }
}

#[derive(Deserialize)]
struct Push {
    #[serde(rename = "ref")]
    name: String,
    before: Tip,
    /// Of an annotated tag it is the tag itself.
    after: Tip,
    #[serde(default)]
    forced: bool,
}

impl Push {
    fn change(self, environment: &Environment) -> Change {
        let tag = self.name.strip_prefix("refs/tags/");
        let Some(after) = self.after.0 else {
            return Change::Deleted { name: tag.unwrap_or(short(&self.name)).to_owned() };
        };
        if let Some(tag) = tag {
            let commit = environment.commit("GITHUB_SHA").filter(|commit| *commit != after);
            let head = [after].into_iter().chain(commit).collect();
            return Change::Tag { name: tag.to_owned(), head };
        }
        Change::Push {
            branch: Some(short(&self.name).to_owned()),
            is_new: Some(self.before.0.is_none()),
            before: self.before.0,
            head: vec![after],
            forced: self.forced,
        }
    }
}

/// A branch or a tag that was created or deleted.
#[derive(Deserialize)]
struct Ref {
    #[serde(rename = "ref")]
    name: String,
    ref_type: RefType,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum RefType {
    Branch,
    Tag,
}

impl Ref {
    fn created(self, environment: &Environment) -> Change {
        let head = environment.head(&["GITHUB_SHA"]);
        match self.ref_type {
            RefType::Tag => Change::Tag { name: self.name, head },
            RefType::Branch => Change::Push {
                branch: Some(self.name),
                before: None,
                head,
                is_new: Some(true),
                forced: false,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::ci::{CiError, Event, event};
    use crate::rule::example::expand;
    use std::fs;
    use std::path::Path;

    fn run(name: &str, path: Option<&Path>) -> Result<Option<Event>, CiError> {
        event(&|variable| match variable {
            "GITHUB_ACTIONS" => Some("true".into()),
            "GITHUB_EVENT_NAME" => Some(name.into()),
            "GITHUB_EVENT_PATH" => path.map(|path| path.display().to_string()),
            _ => None,
        })
    }

    fn complaint(name: &str, text: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("event.json");
        fs::write(&path, text).unwrap();
        let error = run(name, Some(&path)).unwrap_err().to_string();
        error.replace(&path.display().to_string(), "FILE")
    }

    #[test]
    fn an_absent_event_is_an_error_that_says_what_to_do() {
        let error = run("push", None).unwrap_err().to_string();
        assert!(error.contains("GITHUB_EVENT_PATH") && error.contains("hand it on"), "{error}");
        let error = run("push", Some(Path::new("/nowhere/event.json"))).unwrap_err().to_string();
        assert!(error.starts_with("/nowhere/event.json: cannot be read"), "{error}");
    }

    #[test]
    fn a_flawed_event_is_an_error_with_its_place() {
        for flawed in ["", "no JSON", "[]", "{}", r#"{"pull_request":{}}"#, "\u{0}", "{\"a\":"] {
            let error = complaint("pull_request", flawed);
            assert!(error.starts_with("FILE:1:") || error.starts_with("FILE:0:"), "{error}");
            assert!(error.contains("`pull_request`") && error.contains("--range"), "{error}");
        }
        let request = r#"{"pull_request": {"number": 1, "merged_at": null,
            "base": {"ref": "main", "sha": "HEAD", "repo": null},
            "head": {"ref": "a", "sha": "HEAD", "repo": null}}}"#;
        assert!(complaint("pull_request", request).starts_with("FILE:2:"));
        let deep = "[".repeat(100_000);
        assert!(complaint("schedule", &deep).contains("`schedule`"));
    }

    #[test]
    fn an_error_repeats_nothing_of_the_event() {
        let secret = expand("<<ghp_[0-9A-Za-z]{30}|github>>", 1).unwrap();
        let error = complaint("push", &format!(r#"{{"ref": "a", "before": "{secret}"}}"#));
        assert!(!error.contains(&secret), "{error}");
        let error = complaint("push\u{1b}[2J", "no JSON");
        assert!(error.contains("push\\u{1b}[2J"), "{error}");
    }
}
