//! Which commits are asked for, and which these are in a repository.

use crate::coverage::Skip;
use crate::source::git::Scope;
use git2::{ErrorCode, Object, ObjectType, Oid, Reference, Repository, Sort};
use std::collections::BTreeSet;
use std::fs;
use std::str::FromStr;

/// All commits that `heads` reach and `without` do not, as git revisions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Span {
    /// Where it ends.
    pub heads: Vec<String>,
    /// Where it begins: revisions, and names of refs that end with `*`. Empty for all history.
    pub without: Vec<String>,
    /// The commit whose files were there before, if it is one. It is one of `without`.
    pub base: Option<String>,
    /// Whether these files are rather those of the commit in which the base and the heads part.
    pub since_parting: bool,
}

impl FromStr for Span {
    type Err = String;

    /// `BASE..HEAD`, or `BASE...HEAD` for what HEAD adds since it left BASE; what is left out is HEAD.
    /// An id of zeros, by which git says that there is nothing, stands for no commit.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // A pattern is for refs that a program knows.
        if text.ends_with('*') || text.contains("*..") {
            return Err(format!("{text} is no range of commits: a pattern is no revision"));
        }
        let parts = text.split_once("...").map(|(base, head)| (base, head, true));
        let parts = parts.or_else(|| text.split_once("..").map(|(base, head)| (base, head, false)));
        let (base, head, since_parting) =
            parts.ok_or_else(|| format!("{text} is no range of commits: write BASE..HEAD"))?;
        let named = |revision: &str| match revision {
            "" => Some("HEAD".to_owned()),
            zeros if zeros.len() >= 40 && zeros.bytes().all(|b| b == b'0') => None,
            revision => Some(revision.to_owned()),
        };
        Ok(Self {
            heads: named(head).into_iter().collect(),
            without: named(base).into_iter().collect(),
            base: named(base),
            since_parting,
        })
    }
}

/// The commits of a span.
pub(super) struct Commits {
    /// What the span is called.
    pub(super) name: String,
    /// The commits, parents before children.
    pub(super) ids: Vec<Oid>,
    /// Where they end.
    pub(super) heads: Vec<Oid>,
    /// The commit whose files were there before, if it is one.
    pub(super) base: Option<Oid>,
    /// The commits at which it begins, as far as they were named.
    pub(super) bases: Vec<Oid>,
    /// What the base is called.
    pub(super) base_name: Option<String>,
    /// The tags that were named, with the commits that they are of.
    pub(super) tags: Vec<(Oid, Oid)>,
}

impl Commits {
    /// Finds the commits in the repository of `scope`.
    ///
    /// # Errors
    ///
    /// When a revision is not here, with the command that fetches it, or a commit cannot be read.
    pub(super) fn resolve(scope: &Scope, span: &Span) -> Result<Self, Skip> {
        let name = format!("{}..{}", span.without.join(" "), span.heads.join(" "));
        let mut commits = Self {
            name,
            ids: Vec::new(),
            heads: Vec::new(),
            base: None,
            bases: Vec::new(),
            base_name: span.base.clone(),
            tags: Vec::new(),
        };
        for head in &span.heads {
            let (commit, tags) = find(scope, head)?;
            commits.heads.push(commit);
            commits.tags.extend(tags.into_iter().map(|tag| (tag, commit)));
        }
        let mut hidden = Vec::new();
        for revision in &span.without {
            if revision.ends_with('*') {
                hidden.extend(matching(scope, revision));
            } else {
                let commit = find(scope, revision)?.0;
                hidden.push(commit);
                commits.bases.push(commit);
            }
        }
        if let Some(name) = &span.base {
            let base = find(scope, name)?.0;
            commits.base = Some(match commits.heads.first() {
                Some(head) if span.since_parting => parting(scope, span, base, *head)?,
                _ => base,
            });
        }
        commits.ids = walk(scope, &commits.heads, &hidden)
            .map_err(|e| scope.unreadable(commits.name.clone(), &e))?;
        Ok(commits)
    }

    /// The commits of the range whose parents a shallow clone does not have.
    pub(super) fn cut_off(&self, scope: &Scope) -> BTreeSet<Oid> {
        let all: BTreeSet<Oid> = shallow(scope).into_iter().collect();
        self.ids.iter().filter(|id| all.contains(id)).copied().collect()
    }

    /// The problem that some commits are cut off from their parents.
    pub(super) fn incomplete(&self, cut_off: &BTreeSet<Oid>) -> Option<Skip> {
        let first = cut_off.first()?;
        Some(Skip {
            path: self.name.clone(),
            reason: format!(
                "reaches the end of this shallow clone: what commit {first} adds cannot be told \
                 without its parents"
            ),
            mend: Some("git fetch --unshallow".to_owned()),
        })
    }
}

/// The commit that a revision leads to, and the tags on the way.
pub(in crate::source) fn find(scope: &Scope, revision: &str) -> Result<(Oid, Vec<Oid>), Skip> {
    let repository = &scope.repository;
    if let Some(id) = target(repository, revision) {
        // libgit2 goes on for ever with a loose object that was cut off.
        scope.check(id).map_err(|e| scope.unreadable(revision.to_owned(), &e))?;
    }
    let mut object = named(repository, revision).map_err(|e| missing(scope, revision, &e))?;
    let mut tags = Vec::new();
    while object.kind() == Some(ObjectType::Tag) {
        tags.push(object.id());
        let target = object.as_tag().map(git2::Tag::target);
        object = target
            .unwrap_or_else(|| Err(git2::Error::from_str("it is no tag")))
            .map_err(|e| missing(scope, revision, &e))?;
    }
    let commit = object.peel_to_commit().map_err(|e| missing(scope, revision, &e))?;
    Ok((commit.id(), tags))
}

/// The object that a revision names. An id is nothing else, and a full ref is that ref: libgit2 goes on
/// to `refs/tags/refs/…` and takes a branch called like a short id first, so that whoever names a branch
/// could choose his own base.
fn named<'r>(repository: &'r Repository, revision: &str) -> Result<Object<'r>, git2::Error> {
    let is_id =
        (7..=64).contains(&revision.len()) && revision.bytes().all(|b| b.is_ascii_hexdigit());
    if is_id {
        return repository.find_object_by_prefix(revision, None);
    }
    if revision.starts_with("refs/") && Reference::is_valid_name(revision) {
        let target = repository.find_reference(revision)?.resolve()?.target();
        let target = target.ok_or_else(|| git2::Error::from_str("it leads nowhere"))?;
        return repository.find_object(target, None);
    }
    repository.revparse_single(revision)
}

/// The id that a revision is, or that a ref of that name has.
fn target(repository: &Repository, revision: &str) -> Option<Oid> {
    if revision.len() == 40
        && let Ok(id) = Oid::from_str(revision)
    {
        return Some(id);
    }
    repository.resolve_reference_from_short_name(revision).ok()?.resolve().ok()?.target()
}

/// The refs that a pattern names. What is no commit is of no use here.
fn matching(scope: &Scope, pattern: &str) -> Vec<Oid> {
    let references = scope.repository.references_glob(pattern).into_iter().flatten().flatten();
    references
        .filter_map(|reference| reference.peel_to_commit().ok())
        .map(|commit| commit.id())
        .collect()
}

/// The commit in which two lines parted.
fn parting(scope: &Scope, span: &Span, base: Oid, head: Oid) -> Result<Oid, Skip> {
    scope.repository.merge_base(base, head).map_err(|e| {
        let name = span.without.join(" ");
        match e.code() {
            ErrorCode::NotFound => Skip {
                path: name,
                reason: format!("has no commit in common with {}", span.heads.join(" ")),
                mend: Some(if shallow(scope).is_empty() {
                    "name a base that it comes from".to_owned()
                } else {
                    "git fetch --unshallow".to_owned()
                }),
            },
            _ => scope.unreadable(name, &e),
        }
    })
}

/// The commits that `heads` reach and `hidden` do not, parents before children.
fn walk(scope: &Scope, heads: &[Oid], hidden: &[Oid]) -> Result<Vec<Oid>, git2::Error> {
    let mut walk = scope.repository.revwalk()?;
    walk.set_sorting(Sort::TOPOLOGICAL | Sort::REVERSE)?;
    for head in heads {
        walk.push(*head)?;
    }
    for hidden in hidden {
        walk.hide(*hidden)?;
    }
    walk.collect()
}

/// The commits at which a shallow clone ends.
pub(in crate::source) fn shallow(scope: &Scope) -> Vec<Oid> {
    let listed = fs::read_to_string(scope.repository.commondir().join("shallow"));
    listed.unwrap_or_default().lines().filter_map(|line| Oid::from_str(line).ok()).collect()
}

/// The problem that a revision is not here, with what fetches it.
fn missing(scope: &Scope, revision: &str, error: &git2::Error) -> Skip {
    let head = scope.repository.head();
    if revision == "HEAD" && head.is_err_and(|e| e.code() == ErrorCode::UnbornBranch) {
        return Skip {
            path: revision.to_owned(),
            reason: "names a branch that is not there".to_owned(),
            mend: Some("git symbolic-ref HEAD refs/heads/BRANCH names one that is".to_owned()),
        };
    }
    let is_id = revision.len() >= 40 && revision.bytes().all(|b| b.is_ascii_hexdigit());
    let is_shallow = !shallow(scope).is_empty();
    let reason = match error.code() {
        ErrorCode::NotFound if is_shallow => "is not in this shallow clone".to_owned(),
        ErrorCode::NotFound => "is not in this repository".to_owned(),
        ErrorCode::InvalidSpec => "is no revision".to_owned(),
        _ => format!("leads to no commit: {}", error.message()),
    };
    let remotes = scope.repository.remotes().ok();
    let remote = remotes.iter().flat_map(|names| names.iter()).find_map(|name| name.ok().flatten());
    let mend = match remote {
        Some(remote) => fetch(revision, remote, is_id, is_shallow),
        None => Some("name a revision that exists".to_owned()),
    };
    Skip { path: revision.to_owned(), reason, mend }
}

/// The command that fetches a revision, if there is one.
fn fetch(revision: &str, remote: &str, is_id: bool, is_shallow: bool) -> Option<String> {
    let deepen = if is_shallow { " --unshallow" } else { "" };
    let plain = revision.bytes().all(|b| b.is_ascii_alphanumeric() || b"/._-".contains(&b));
    if !plain || revision == "HEAD" || revision.starts_with('-') {
        // It may be a way through the history: `HEAD~3`.
        return is_shallow.then(|| format!("git fetch{deepen} {remote}"));
    }
    let of_remote = revision.strip_prefix("refs/remotes/").unwrap_or(revision);
    let of_remote = of_remote.strip_prefix(remote).and_then(|rest| rest.strip_prefix('/'));
    let what = match of_remote {
        Some(branch) => format!("+refs/heads/{branch}:refs/remotes/{remote}/{branch}"),
        None if is_id => revision.to_owned(),
        None => format!("{revision}:{revision}"),
    };
    Some(format!("git fetch{deepen} {remote} {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_written_as_git_writes_it() {
        let span = |heads: &[&str], without: &[&str], since_parting| Span {
            heads: heads.iter().map(|head| (*head).to_owned()).collect(),
            without: without.iter().map(|base| (*base).to_owned()).collect(),
            base: without.first().map(|base| (*base).to_owned()),
            since_parting,
        };
        let zeros = "0".repeat(40);
        let cases = [
            ("main..topic".to_owned(), span(&["topic"], &["main"], false)),
            ("main...topic".to_owned(), span(&["topic"], &["main"], true)),
            ("main..".to_owned(), span(&["HEAD"], &["main"], false)),
            ("..topic".to_owned(), span(&["topic"], &["HEAD"], false)),
            (format!("{zeros}..topic"), span(&["topic"], &[], false)),
            (format!("main..{zeros}"), span(&[], &["main"], false)),
        ];
        for (text, expected) in cases {
            assert_eq!(text.parse(), Ok(expected), "{text}");
        }
        for text in ["main", "*..HEAD", "refs/heads/*..HEAD", "HEAD..*"] {
            assert!(text.parse::<Span>().is_err(), "{text}");
        }
    }
}
