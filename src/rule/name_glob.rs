//! What the last part of a glob says of a file's name. A matcher for whole paths takes longer to build than
//! a small file takes to be searched, and most names are none of those that rules name.

/// The last part of a glob.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NameGlob {
    /// Signs other than `*`: only the whole glob can tell.
    Open,
    /// No sign at all.
    Exact(Box<[u8]>),
    /// What stands before the first `*`, between two, and behind the last.
    Starred { start: Box<[u8]>, between: Vec<Box<[u8]>>, end: Box<[u8]> },
}

impl NameGlob {
    /// Of a whole glob, with `/` between its parts.
    pub(super) fn new(glob: &str) -> Self {
        let last = glob.rsplit('/').next().unwrap_or_default();
        if last.contains(['?', '[', '{', '\\']) {
            return Self::Open;
        }
        let bytes = |text: &str| text.as_bytes().into();
        let Some((start, rest)) = last.split_once('*') else { return Self::Exact(bytes(last)) };
        let (between, end) = rest.rsplit_once('*').unwrap_or(("", rest));
        let between = between.split('*').filter(|part| !part.is_empty()).map(bytes).collect();
        Self::Starred { start: bytes(start), between, end: bytes(end) }
    }

    /// Whether a name that ends with `byte`, a small letter or no letter, may match the glob.
    pub(super) fn may_end_with(&self, byte: u8) -> bool {
        let end = match self {
            Self::Open => None,
            Self::Exact(exact) => exact.last(),
            Self::Starred { end, .. } => end.last(),
        };
        end.is_none_or(|end| end.to_ascii_lowercase() == byte)
    }

    /// Whether a file called `name` may match the glob, in any case of letters.
    pub(super) fn may_match(&self, name: &[u8]) -> bool {
        match self {
            Self::Open => true,
            Self::Exact(exact) => name.eq_ignore_ascii_case(exact),
            Self::Starred { start, between, end } => {
                let Some(rest) = name.len().checked_sub(start.len() + end.len()) else {
                    return false;
                };
                let (head, tail) = name.split_at(start.len());
                let (mut middle, tail) = tail.split_at(rest);
                tail.eq_ignore_ascii_case(end)
                    && head.eq_ignore_ascii_case(start)
                    && between.iter().all(|part| {
                        let begins = |text: &&[u8]| text[0].eq_ignore_ascii_case(&part[0]);
                        let mut found = middle.windows(part.len());
                        let at =
                            found.position(|text| begins(&text) && text.eq_ignore_ascii_case(part));
                        at.inspect(|at| middle = &middle[at + part.len()..]).is_some()
                    })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::globs;

    #[test]
    fn a_name_that_no_glob_may_match_needs_no_matcher() {
        for (glob, yes, no) in [
            ("**/.netrc", ".netrc", "a.netrc"),
            ("**/*.netrc", "A.NetRC", "netrc.a"),
            ("**/wp-config*.php", "wp-config-x.php", "wp-config.ph"),
            ("**/*keypair*.json", "my-Keypair.json", "my-key.json"),
            ("**/*a*b*c", "xaybzc", "xbyazc"),
            ("**/a*a", "aa", "a"),
            ("**/a/**", "anything", ""),
            ("**/[ab]*", "b", ""),
        ] {
            let name = NameGlob::new(glob);
            assert!(name.may_match(yes.as_bytes()), "{glob} {yes}");
            assert!(no.is_empty() || !name.may_match(no.as_bytes()), "{glob} {no}");
            let whole = globs(&[glob.to_owned()]).unwrap();
            assert!(whole.is_match(format!("a/{}", yes.to_lowercase())), "{glob} {yes}");
            assert!(no.is_empty() || !whole.is_match(format!("a/{no}")), "{glob} {no}");
        }
    }
}
