//! The checksum of GitHub's classic tokens and npm's: the last six characters are the CRC-32 of the
//! thirty before them, in base 62 (GitHub, "Behind GitHub's new authentication token formats", 2021).

use super::{Check, verdict};
use crate::finding::{Status, Verification};

pub(super) struct GitHub;

const BODY: usize = 30;
/// That of a refresh token of an app. Its checksum is not documented: a right one is proof, a wrong one
/// says nothing.
const LONG_BODY: usize = 70;
const CHECKSUM: usize = 6;
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

impl Check for GitHub {
    fn name(&self) -> &'static str {
        "github"
    }

    fn verify(&self, secret: &[u8]) -> Verification {
        let body = secret.iter().position(|b| *b == b'_').map(|at| &secret[at + 1..]);
        let parts = body.and_then(|body| body.split_at_checked(body.len().checked_sub(CHECKSUM)?));
        let Some((body, checksum)) = parts else { return Verification::default() };
        let valid = base62(crc32fast::hash(body)) == checksum;
        match body.len() {
            BODY => verdict(valid),
            LONG_BODY if valid => Verification::new(Status::ChecksumValid),
            _ => Verification::default(),
        }
    }

    fn seal(&self, body: &str) -> Option<String> {
        let random = &body[body.rfind('_')? + 1..];
        let checksum = base62(crc32fast::hash(random.as_bytes()));
        Some(format!("{body}{}", String::from_utf8_lossy(&checksum)))
    }
}

fn base62(mut number: u32) -> [u8; CHECKSUM] {
    let mut out = [b'0'; CHECKSUM];
    for digit in out.iter_mut().rev() {
        *digit = BASE62[(number % 62) as usize];
        number /= 62;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::vectors::{assert_doubt, assert_proof, sealed};
    use super::*;

    #[test]
    fn base62_is_positional() {
        assert_eq!(&base62(0), b"000000");
        assert_eq!(&base62(61), b"00000z");
        assert_eq!(&base62(62), b"000010");
        assert_eq!(&base62(62 * 62 + 10), b"00010A");
    }

    #[test]
    fn sealed_is_valid_and_one_changed_character_is_not() {
        for prefix in ["ghp_", "npm_"] {
            let token = sealed(&GitHub, &format!("{prefix}[0-9A-Za-z]{{30}}"));
            assert_eq!(token.len(), 40);
            assert_proof(&GitHub, &token, 4..40);
            assert_doubt(&GitHub, &token, ['0', '1']);
        }
        // Computed apart, with zlib.
        let fixed = format!("ghp_{}2C8GjS", "0".repeat(30));
        assert_eq!(GitHub.verify(fixed.as_bytes()).status, Status::ChecksumValid);
    }

    #[test]
    fn a_wrong_checksum_of_a_refresh_token_says_nothing() {
        let token = sealed(&GitHub, "ghr_[0-9A-Za-z]{70}");
        assert_proof(&GitHub, &token, 4..80);
        assert_eq!(GitHub.verify(token.replace('_', "_0").as_bytes()).status, Status::Unknown);
    }
}
