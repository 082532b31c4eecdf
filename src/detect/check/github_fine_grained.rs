//! Fine-grained tokens of GitHub: `github_pat_`, 22 characters, `_`, 43 characters, eight of a
//! checksum, and eight more. The checksum is the beginning of the base32 of the SHA-256 of all that
//! stands before it. GitHub says that there is one, not where: it was seen so on published tokens.

use super::{Check, verdict};
use crate::finding::Verification;
use data_encoding::BASE32;
use sha2::{Digest as _, Sha256};

pub(super) struct FineGrained;

const PREFIX: &[u8] = b"github_pat_";
/// Where the second `_` stands.
const DASH: usize = 33;
/// Where the checksum stands.
const CHECKSUM: usize = 77;
const LENGTH: usize = 93;

impl Check for FineGrained {
    fn name(&self) -> &'static str {
        "github-fine-grained"
    }

    fn verify(&self, secret: &[u8]) -> Verification {
        let formed = secret.len() == LENGTH && secret.starts_with(PREFIX) && secret[DASH] == b'_';
        if !formed {
            return Verification::default();
        }
        let (body, rest) = secret.split_at(CHECKSUM);
        verdict(rest.starts_with(checksum(body).as_bytes()))
    }

    /// The last eight characters of `body` are those behind the checksum.
    fn seal(&self, body: &str) -> Option<String> {
        let (covered, tail) = body.split_at_checked(CHECKSUM)?;
        Some(format!("{covered}{}{tail}", checksum(covered.as_bytes())))
    }
}

/// Five bytes are eight characters of base32.
fn checksum(body: &[u8]) -> String {
    BASE32.encode(&Sha256::digest(body)[..5])
}

#[cfg(test)]
mod tests {
    use super::super::vectors::{assert_proof, sealed};
    use super::*;
    use crate::finding::Status;

    #[test]
    fn the_checksum_covers_all_before_it() {
        let token = sealed(&FineGrained, "github_pat_11[0-9A-Z]{20}_[0-9A-Za-z]{51}");
        assert_proof(&FineGrained, &token, 0..CHECKSUM + 8);
        let wrong = token.replace("github_pat_11", "github_pat_10");
        assert_eq!(FineGrained.verify(wrong.as_bytes()).status, Status::ChecksumInvalid);
        // Computed apart, with Python's hashlib.
        let fixed =
            format!("github_pat_{}_{}66MCWHBW{}", "1".repeat(22), "0".repeat(43), "0".repeat(8));
        assert_eq!(FineGrained.verify(fixed.as_bytes()).status, Status::ChecksumValid);
    }
}
