//! What a hook wants to be looked at.

use super::Update;
use crate::source::{Excluded, Markers, Range, Source, Span, Staged};
use git2::{Oid, Repository};
use std::path::PathBuf;

/// What is to be scanned, in the repository that git names to its hooks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// What the next commit would add.
    Staged,
    /// The same, or the whole index if the next commit would change nothing.
    StagedOrAll,
    /// What commits add.
    Commits(Span),
    /// The same on a server, where nobody who pushes may let himself pass: the configuration and the
    /// suppressions that count are those of its HEAD.
    Received(Span),
}

impl Target {
    /// What `remote` would get that it does not have: neither behind the refs that it has now, as far
    /// as their commits are here, nor behind its remote-tracking refs.
    #[must_use]
    pub fn pushed(repository: &Repository, remote: &str, updates: &[Update]) -> Self {
        let is_here = |id: &Oid| {
            let object = repository.find_object(*id, None);
            object.is_ok_and(|object| object.peel_to_commit().is_ok())
        };
        let old = updates.iter().filter_map(|update| update.old).filter(is_here);
        let old: Vec<String> = old.map(|id| id.to_string()).collect();
        let base = old.first().cloned();
        let without = old.into_iter().chain(tracking(remote)).collect();
        Self::Commits(Span { heads: heads(updates), without, base, since_parting: false })
    }

    /// What a repository would get that none of its refs reaches.
    #[must_use]
    pub fn received(repository: &Repository, updates: &[Update]) -> Self {
        let without = vec!["refs/*".to_owned()];
        // A new repository has no HEAD yet. If it has branches, its HEAD names one that is not there:
        // that is told, since whoever pushes must not be his own judge.
        let has_branch = || {
            let branches = repository.references_glob("refs/heads/*");
            branches.is_ok_and(|mut branches| branches.next().is_some())
        };
        let has_base = repository.head().is_ok() || has_branch();
        let base = has_base.then(|| "HEAD".to_owned());
        Self::Received(Span { heads: heads(updates), without, base, since_parting: false })
    }

    /// Where to take it from. `excluded` files are left out.
    #[must_use]
    pub fn source(self, excluded: Excluded) -> Box<dyn Source> {
        // For this folder, and no other, what git says in the environment counts.
        let here = vec![PathBuf::from(".")];
        match self {
            Self::Staged => Box::new(Staged::new(here, excluded)),
            Self::StagedOrAll => {
                let staged = Staged::new(here, excluded);
                Box::new(if staged.is_empty() { staged.whole_index() } else { staged })
            }
            Self::Commits(span) => Box::new(Range::new(here, excluded, span)),
            Self::Received(span) => {
                Box::new(Range::new(here, excluded, span).with_markers(Markers::OfBase))
            }
        }
    }
}

fn heads(updates: &[Update]) -> Vec<String> {
    updates.iter().filter_map(|update| update.new).map(|id| id.to_string()).collect()
}

/// The remote-tracking refs of `remote`, which is an address if it has no name. Then it has none of
/// them, and what no ref can be called must not be taken for a pattern.
fn tracking(remote: &str) -> Option<String> {
    let is_name = !remote.contains(['*', '?', '[', '\\']);
    is_name.then(|| format!("refs/remotes/{remote}/*"))
}

/// What the pre-commit framework says to the hooks that it runs, in the environment.
///
/// Documentation: <https://pre-commit.com/#supported-git-hooks>.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Framework {
    /// Look at the commits up to one that another does not reach: after `--from-ref` and `--to-ref`,
    /// and before a push.
    Commits {
        /// The last commit that is known, if there is one.
        from: Option<String>,
        /// The last commit.
        to: String,
        /// The remote that they are sent to, if they are.
        remote: Option<String>,
    },
    /// A commit is being made.
    Commit,
    /// The user asks for what is staged, or for all files.
    Asked,
}

impl Framework {
    /// What it says, or nothing if it does not run. `variable` reads the environment.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Option<Self> {
        variable("PRE_COMMIT")?;
        let remote = variable("PRE_COMMIT_REMOTE_NAME");
        let range = variable("PRE_COMMIT_FROM_REF").zip(variable("PRE_COMMIT_TO_REF"));
        // Before a push of a first branch there is no range.
        let first = variable("PRE_COMMIT_LOCAL_BRANCH").filter(|_| remote.is_some());
        Some(match (range, first) {
            (Some((from, to)), _) => Self::Commits { from: Some(from), to, remote },
            (None, Some(to)) => Self::Commits { from: None, to, remote },
            // Git tells its own hooks which index it is about to commit, and nobody else.
            _ if variable("GIT_INDEX_FILE").is_some() => Self::Commit,
            _ => Self::Asked,
        })
    }

    /// What it wants to be looked at.
    #[must_use]
    pub fn target(self) -> Target {
        match self {
            Self::Commit => Target::Staged,
            Self::Asked => Target::StagedOrAll,
            Self::Commits { from, to, remote } => Target::Commits(Span {
                heads: vec![to],
                base: from.clone(),
                without: from.into_iter().chain(remote.as_deref().and_then(tracking)).collect(),
                since_parting: false,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use git2::Signature;
    use tempfile::TempDir;

    fn commits(heads: &[&str], without: &[&str]) -> Target {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let without: Vec<String> = owned(without);
        let base = without.first().filter(|name| !name.ends_with('*')).cloned();
        Target::Commits(Span { heads: owned(heads), without, base, since_parting: false })
    }

    fn update(old: Option<Oid>, new: Option<Oid>) -> Update {
        Update { reference: "refs/heads/main".into(), old, new }
    }

    #[test]
    fn a_push_leaves_out_what_the_remote_has() {
        let folder = TempDir::new().unwrap();
        let repository = Repository::init(folder.path()).unwrap();
        let tree = repository.index().unwrap().write_tree().unwrap();
        let root = repository.find_tree(tree).unwrap();
        let who = Signature::new("Ann", "ann@example.org", &git2::Time::new(0, 0)).unwrap();
        let here = repository.commit(None, &who, &who, "", &root, &[]).unwrap();
        let new = Oid::from_str(&"b".repeat(40)).unwrap();
        let pushed = |remote, old, new| Target::pushed(&repository, remote, &[update(old, new)]);
        let (is, name) = (new.to_string(), here.to_string());
        assert_eq!(pushed("origin", None, Some(new)), commits(&[&is], &["refs/remotes/origin/*"]));
        let known = commits(&[&is], &[&name, "refs/remotes/origin/*"]);
        assert_eq!(pushed("origin", Some(here), Some(new)), known);
        for unknown in [Oid::from_str(&"a".repeat(40)).unwrap(), tree] {
            let target = pushed("origin", Some(unknown), Some(new));
            assert_eq!(target, commits(&[&is], &["refs/remotes/origin/*"]));
        }
        assert_eq!(pushed("https://example.org/[a]*", None, Some(new)), commits(&[&is], &[]));
        assert_eq!(pushed("up", None, None), commits(&[], &["refs/remotes/up/*"]), "a deletion");
        let received =
            Target::received(&repository, &[update(None, Some(new)), update(Some(here), None)]);
        let Target::Received(span) = received else { panic!("{received:?}") };
        assert_eq!(Target::Commits(span), commits(&[&is], &["refs/*"]), "without a HEAD");
    }

    #[test]
    fn the_framework_asks_for_commits_or_for_the_index() {
        let read = |variables: &[(&str, &str)]| {
            let variables = variables.to_vec();
            Framework::read(move |name| {
                let found = variables.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned())
            })
        };
        let ask = |variables: &[(&str, &str)]| {
            read(&[&[("PRE_COMMIT", "1")], variables].concat()).unwrap().target()
        };
        let range = [("PRE_COMMIT_FROM_REF", "main"), ("PRE_COMMIT_TO_REF", "HEAD")];
        assert_eq!(ask(&range), commits(&["HEAD"], &["main"]));
        let push = [&range[..], &[("PRE_COMMIT_REMOTE_NAME", "up")]].concat();
        assert_eq!(ask(&push), commits(&["HEAD"], &["main", "refs/remotes/up/*"]));
        let first = [("PRE_COMMIT_REMOTE_NAME", "up"), ("PRE_COMMIT_LOCAL_BRANCH", "topic")];
        assert_eq!(ask(&first), commits(&["topic"], &["refs/remotes/up/*"]));
        assert_eq!(ask(&[]), Target::StagedOrAll);
        assert_eq!(ask(&[("GIT_INDEX_FILE", ".git/index")]), Target::Staged);
        assert_eq!(read(&range), None, "without PRE_COMMIT");
    }
}
