//! What every check with a checksum must hold.

use super::Check;
use crate::finding::Status;
use crate::rule::example::expand;
use std::ops::Range;

/// A token of that pattern, completed by the check.
pub(super) fn sealed(check: &dyn Check, pattern: &str) -> String {
    expand(&format!("<<{pattern}|{}>>", check.name()), 1).unwrap()
}

/// The token proves itself, and nothing that differs from it in one character does, as far as the
/// checksum `covers` it; nor does any beginning of it.
pub(super) fn assert_proof(check: &dyn Check, token: &str, covers: Range<usize>) {
    let status = |text: &str| check.verify(text.as_bytes()).status;
    assert_eq!(status(token), Status::ChecksumValid, "{}", check.name());
    for at in covers {
        for other in ('!'..='~').filter(|other| *other != char::from(token.as_bytes()[at])) {
            let wrong = format!("{}{other}{}", &token[..at], &token[at + 1..]);
            assert_ne!(status(&wrong), Status::ChecksumValid, "{} at {at}: {other}", check.name());
        }
    }
    for end in 0..token.len() {
        assert_ne!(status(&token[..end]), Status::ChecksumValid, "{} cut at {end}", check.name());
    }
}

/// A token with its last character exchanged for one of two `others` has the structure, and a wrong
/// checksum.
pub(super) fn assert_doubt(check: &dyn Check, token: &str, others: [char; 2]) {
    let last = others[usize::from(token.ends_with(others[0]))];
    let wrong = format!("{}{last}", &token[..token.len() - 1]);
    assert_eq!(check.verify(wrong.as_bytes()).status, Status::ChecksumInvalid, "{}", check.name());
}
