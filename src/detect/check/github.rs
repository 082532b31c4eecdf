//! The checksum of GitHub's classic tokens and npm's: the last six characters are the CRC-32 of the
//! thirty before them, in base 62 (GitHub, "Behind GitHub's new authentication token formats", 2021).

use super::Check;
use crate::finding::{Status, Verification};

pub(super) struct GitHub;

const BODY: usize = 30;
const CHECKSUM: usize = 6;
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

impl Check for GitHub {
    fn name(&self) -> &'static str {
        "github"
    }

    fn verify(&self, secret: &[u8]) -> Verification {
        let body = secret.iter().position(|b| *b == b'_').map(|at| &secret[at + 1..]);
        let Some(body) = body.filter(|body| body.len() == BODY + CHECKSUM) else {
            return Verification::default();
        };
        let (body, checksum) = body.split_at(BODY);
        let valid = base62(crc32fast::hash(body)) == checksum;
        Verification::new(if valid { Status::ChecksumValid } else { Status::ChecksumInvalid })
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
        let body = format!("ghp_{}", "a1B2c3D4e5".repeat(3));
        let token = GitHub.seal(&body).unwrap();
        assert_eq!(token.len(), 40);
        assert_eq!(GitHub.verify(token.as_bytes()).status, Status::ChecksumValid);
        for at in 4..40 {
            let mut wrong = token.clone().into_bytes();
            wrong[at] = if wrong[at] == b'x' { b'y' } else { b'x' };
            assert_eq!(GitHub.verify(&wrong).status, Status::ChecksumInvalid, "at {at}");
        }
        assert_eq!(GitHub.verify(&token.as_bytes()[..39]).status, Status::Unknown);
    }
}
