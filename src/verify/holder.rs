//! What holds secrets, in the order in which it is told.

use crate::source::history::survey::{Holding, ObjectName};
use std::collections::BTreeMap;

/// A kind of place that holds secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Holder {
    /// A file of a working tree that git tracks.
    TrackedFile,
    /// A file of a working tree that nobody has added yet.
    UntrackedFile,
    /// A file in an index.
    Index,
    /// A branch, or a detached HEAD.
    Branch,
    /// What a remote had when it was last asked.
    RemoteBranch,
    /// A tag.
    Tag,
    /// A pull request, a merge request or a change of a code host.
    PullRequest,
    /// A stash.
    Stash,
    /// Notes.
    Notes,
    /// What an earlier clean-up has kept of before.
    Original,
    /// A ref of another kind.
    OtherRef,
    /// A file that names an object: `ORIG_HEAD` and its like.
    PassingRef,
    /// An entry of a reflog.
    Reflog,
    /// A file of commits.
    HistoryFile,
    /// The message or the headers of a commit or a tag.
    Message,
    /// The name of a file in a tree.
    FileName,
    /// The name of a ref.
    RefName,
    /// An object that nothing leads to.
    Unreachable,
    /// A file of the git folder.
    GitFile,
}

impl Holder {
    /// The kind of a ref.
    #[must_use]
    pub fn of_ref(name: &str) -> Self {
        let name =
            name.strip_prefix("worktrees/").and_then(|n| n.split_once('/')).map_or(name, |n| n.1);
        let parts: Vec<&str> = name.split('/').collect();
        match parts[..] {
            ["HEAD"] | ["refs", "heads", ..] => Self::Branch,
            ["refs", "pull" | "merge-requests" | "changes" | "pull-requests", ..]
            | ["refs", "remotes", _, "pull" | "pr" | "merge-requests", ..] => Self::PullRequest,
            ["refs", "remotes", ..] => Self::RemoteBranch,
            ["refs", "tags", ..] => Self::Tag,
            ["refs", "stash"] => Self::Stash,
            ["refs", "notes", ..] => Self::Notes,
            ["refs", "original", ..] => Self::Original,
            ["refs", ..] => Self::OtherRef,
            _ => Self::PassingRef,
        }
    }

    /// What people call it, of one and of many.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::TrackedFile => "files",
            Self::UntrackedFile => "files not added yet",
            Self::Index => "index",
            Self::Branch => "branches",
            Self::RemoteBranch => "remote branches",
            Self::Tag => "tags",
            Self::PullRequest => "pull requests",
            Self::Stash => "stash",
            Self::Notes => "notes",
            Self::Original => "backup refs",
            Self::OtherRef => "other refs",
            Self::PassingRef => "passing refs",
            Self::Reflog => "reflog",
            Self::HistoryFile => "files of commits",
            Self::Message => "messages",
            Self::FileName => "names of files",
            Self::RefName => "names of refs",
            Self::Unreachable => "unreachable",
            Self::GitFile => "git folder",
        }
    }

    /// Whether it is gone once git forgets what no branch has.
    #[must_use]
    pub fn wants_forgetting(self) -> bool {
        let leads_away = matches!(self, Self::PullRequest | Self::Original | Self::PassingRef);
        leads_away || matches!(self, Self::Reflog | Self::Unreachable)
    }

    /// Whether only a rewritten history is without it.
    #[must_use]
    pub fn wants_rewrite(self) -> bool {
        matches!(
            self,
            Self::Branch
                | Self::RemoteBranch
                | Self::Tag
                | Self::Stash
                | Self::Notes
                | Self::OtherRef
                | Self::FileName
        )
    }
}

/// What of one kind holds a secret.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Group {
    /// The repository, by its folder; empty if it is the one that was asked for.
    pub repository: String,
    /// The kind.
    pub holder: Holder,
    /// The names, in order.
    pub names: Vec<String>,
}

/// What a repository holds of a secret, by kind.
#[must_use]
pub fn of_holding(holding: &Holding) -> BTreeMap<Holder, Vec<String>> {
    let mut groups: BTreeMap<Holder, Vec<String>> = BTreeMap::new();
    let mut add = |holder: Holder, name: String| groups.entry(holder).or_default().push(name);
    for (worktree, path) in &holding.staged {
        let of =
            if worktree.is_empty() { String::new() } else { format!(" (worktree {worktree})") };
        add(Holder::Index, format!("{path}{of}"));
    }
    for name in &holding.refs {
        add(Holder::of_ref(name), name.clone());
    }
    for name in &holding.reflogs {
        let is_stash = name.starts_with("refs/stash@");
        add(if is_stash { Holder::Stash } else { Holder::Reflog }, name.clone());
    }
    for path in &holding.files {
        add(Holder::HistoryFile, path.to_string());
    }
    for object in &holding.messages {
        add(Holder::Message, name_of(object));
    }
    for object in &holding.notes {
        add(Holder::Notes, format!("the note on {}", short(object)));
    }
    for object in &holding.names {
        add(Holder::FileName, name_of(object));
    }
    for object in &holding.unreachable {
        add(Holder::Unreachable, name_of(object));
    }
    groups
}

fn name_of(object: &ObjectName) -> String {
    format!("{} {}", object.kind, short(&object.id))
}

fn short(id: &str) -> &str {
    id.get(..10).unwrap_or(id)
}
