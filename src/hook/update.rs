//! The lines that git gives to a hook on standard input: a ref and what becomes of it.

use super::{Hook, HookError};
use bstr::{BString, ByteSlice};
use git2::Oid;

/// Digits of an object id.
const DIGITS: usize = 40;

/// A ref of the receiving repository, and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    /// The full name of the ref.
    pub reference: BString,
    /// What it names before; nothing if it is new.
    pub old: Option<Oid>,
    /// What it names afterwards; nothing if it is deleted.
    pub new: Option<Oid>,
}

impl Update {
    /// Reads all lines that git gives to `hook`. `pre-commit` gets none.
    ///
    /// # Errors
    ///
    /// When a line is not of the form that the documentation promises, with its number.
    pub fn read(hook: Hook, input: &[u8]) -> Result<Vec<Self>, HookError> {
        let form = match hook {
            Hook::PreCommit => return Ok(Vec::new()),
            Hook::PrePush => "<local ref> <local id> <remote ref> <remote id>",
            Hook::PreReceive => "<old id> <new id> <ref>",
        };
        let read = if hook == Hook::PrePush { Self::pushed } else { Self::received };
        let lines = input.lines().zip(1..);
        lines.map(|(text, line)| read(text).ok_or(HookError::Input { line, form })).collect()
    }

    /// A line of `pre-push`, see <https://git-scm.com/docs/githooks#_pre_push>. The local ref is what
    /// the user typed: it may hold spaces, as in `HEAD@{1 day ago}`.
    fn pushed(line: &[u8]) -> Option<Self> {
        let mut words = line.rsplitn(4, |byte| *byte == b' ');
        let old = id(words.next()?)?;
        let reference = words.next()?;
        let new = id(words.next()?)?;
        words.next()?;
        Some(Self::new(reference, old, new))
    }

    /// A line of `pre-receive`, see <https://git-scm.com/docs/githooks#pre-receive>.
    fn received(line: &[u8]) -> Option<Self> {
        let mut words = line.splitn(3, |byte| *byte == b' ');
        let old = id(words.next()?)?;
        let new = id(words.next()?)?;
        Some(Self::new(words.next()?, old, new))
    }

    /// Zeros stand for nothing.
    fn new(reference: &[u8], old: Oid, new: Oid) -> Self {
        let named = |id: Oid| Some(id).filter(|id| !id.is_zero());
        Self { reference: reference.into(), old: named(old), new: named(new) }
    }
}

/// An object id, written out.
fn id(word: &[u8]) -> Option<Oid> {
    let word = word.to_str().ok().filter(|word| word.len() == DIGITS)?;
    Oid::from_str(word).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn oid(digit: char) -> Oid {
        Oid::from_str(&digit.to_string().repeat(DIGITS)).unwrap()
    }

    #[test]
    fn lines_of_a_push_say_what_the_remote_has_and_gets() {
        let [a, b, zero] = ['a', 'b', '0'].map(oid);
        let input = format!(
            "refs/heads/main {a} refs/heads/main {b}\n(delete) {zero} refs/heads/old {b}\n\
             HEAD@{{1 day ago}} {a} refs/heads/new {zero}\n"
        );
        let main = Update { reference: "refs/heads/main".into(), old: Some(b), new: Some(a) };
        let old = Update { reference: "refs/heads/old".into(), old: Some(b), new: None };
        let new = Update { reference: "refs/heads/new".into(), old: None, new: Some(a) };
        assert_eq!(Update::read(Hook::PrePush, input.as_bytes()).unwrap(), [main, old, new]);
        assert_eq!(Update::read(Hook::PrePush, b"").unwrap(), []);
    }

    #[test]
    fn lines_of_a_receipt_begin_with_what_was() {
        let [a, b, zero] = ['a', 'b', '0'].map(oid);
        let input = format!("{a} {b} refs/heads/main\n{zero} {b} refs/heads/new\n");
        let main = Update { reference: "refs/heads/main".into(), old: Some(a), new: Some(b) };
        let new = Update { reference: "refs/heads/new".into(), old: None, new: Some(b) };
        assert_eq!(Update::read(Hook::PreReceive, input.as_bytes()).unwrap(), [main, new]);
    }

    #[test]
    fn a_flawed_line_is_named() {
        let a = oid('a');
        let good = format!("{a} {a} refs/heads/main");
        for flawed in
            ["", "x", &format!("{a} {a}"), &format!("{a} abc ref"), &format!("{a}0 {a} r")]
        {
            let input = format!("{good}\n{flawed}\n");
            let error = Update::read(Hook::PreReceive, input.as_bytes()).unwrap_err();
            assert!(matches!(error, HookError::Input { line: 2, .. }), "{flawed}: {error}");
        }
        assert!(Update::read(Hook::PrePush, good.as_bytes()).is_err());
    }

    proptest! {
        #[test]
        fn no_input_is_too_strange(input in proptest::collection::vec(any::<u8>(), 0..200)) {
            for hook in Hook::ALL {
                let _ = Update::read(hook, &input);
            }
        }
    }
}
