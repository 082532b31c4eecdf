//! Revisions, as services write them and as git takes them.

use serde::Deserialize;

/// What is checked out.
pub(super) const CHECKED_OUT: &str = "HEAD";

/// The id of a commit, in full or abbreviated. All zeros are none.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct CommitId(String);

impl TryFrom<String> for CommitId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match Tip::try_from(text)?.0 {
            Some(id) => Ok(Self(id)),
            None => Err("no commit"),
        }
    }
}

impl From<CommitId> for String {
    fn from(CommitId(id): CommitId) -> Self {
        id
    }
}

/// The id of what a ref names. All zeros stand for nothing, when the ref is not there.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Tip(pub(super) Option<String>);

impl TryFrom<String> for Tip {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        // Bitbucket abbreviates to 12 digits, git by itself to no fewer than 7; SHA-256 has 64.
        let is_id = (7..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit());
        if !is_id {
            return Err("no id");
        }
        Ok(Self(text.bytes().any(|b| b != b'0').then_some(text)))
    }
}

/// The remote-tracking ref of a branch, which is given with or without `refs/heads/`.
pub(super) fn tracking(remote: &str, branch: &str) -> String {
    format!("refs/remotes/{remote}/{}", short(branch))
}

/// A branch without `refs/heads/`.
pub(super) fn short(branch: &str) -> &str {
    branch.strip_prefix("refs/heads/").unwrap_or(branch)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commit(text: &str) -> Option<String> {
        CommitId::try_from(text.to_owned()).ok().map(String::from)
    }

    #[test]
    fn what_is_no_id_is_no_commit() {
        for flawed in ["", "HEAD", "123456", "main", "0123456~1", "--all", &"a".repeat(65)] {
            assert_eq!(commit(flawed), None, "{flawed}");
            assert!(Tip::try_from(flawed.to_owned()).is_err(), "{flawed}");
        }
        for id in ["0123456", "abcdef012345", &"a1".repeat(20), &"a1".repeat(32)] {
            assert_eq!(commit(id).as_deref(), Some(id));
        }
    }

    #[test]
    fn zeros_are_an_id_of_nothing() {
        for zeros in ["0".repeat(40), "0".repeat(64)] {
            assert_eq!(commit(&zeros), None);
            assert!(Tip::try_from(zeros).is_ok_and(|tip| tip.0.is_none()));
        }
    }

    #[test]
    fn a_branch_is_tracked_whether_it_is_written_in_full_or_not() {
        assert_eq!(tracking("origin", "main"), "refs/remotes/origin/main");
        assert_eq!(tracking("origin", "refs/heads/a/b"), "refs/remotes/origin/a/b");
    }
}
