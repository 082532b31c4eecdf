//! Tokens of the `JFrog` platform. A reference token is base64 of `reftkn:`, a version, a number and
//! random characters, with colons between them; an API key begins with `AKCp` and is base58 of 54 bytes
//! (<https://jfrog.com/help/r/jfrog-platform-administration-documentation/access-tokens>; the inner
//! forms were seen on published tokens).

use super::{Check, encoded};
use crate::finding::{Status, Verification};

pub(super) struct JFrog;

/// Bytes of an API key.
const KEY: usize = 54;

impl Check for JFrog {
    fn name(&self) -> &'static str {
        "jfrog"
    }

    fn verify(&self, secret: &[u8]) -> Verification {
        let formed = if secret.starts_with(b"AKCp") {
            bs58::decode(secret).into_vec().is_ok_and(|bytes| bytes.len() == KEY)
        } else {
            encoded::base64(secret).is_some_and(|bytes| is_reference(&bytes))
        };
        if formed { Verification::new(Status::WellFormed) } else { Verification::default() }
    }
}

fn is_reference(bytes: &[u8]) -> bool {
    let parts: Vec<&[u8]> = bytes.split(|b| *b == b':').collect();
    let [b"reftkn", version, number, random] = parts[..] else { return false };
    let digits = |part: &[u8], length| part.len() == length && part.iter().all(u8::is_ascii_digit);
    digits(version, 2) && digits(number, 10) && random.len() >= 16 && random.is_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::example::expand;

    #[test]
    fn both_forms_are_decoded() {
        for mark in ["@jfrog-reference-token", "AKCp[1-9A-HJ-NP-Za-km-z]{69}"] {
            let token = expand(&format!("<<{mark}>>"), 1).unwrap();
            assert_eq!(JFrog.verify(token.as_bytes()).status, Status::WellFormed, "{mark}");
            for end in 0..24 {
                assert_eq!(JFrog.verify(&token.as_bytes()[..end]).status, Status::Unknown);
            }
        }
        assert_eq!(JFrog.verify(b"AKCp0OIl").status, Status::Unknown);
    }
}
