//! Service account tokens of Grafana: `glsa_`, 32 characters, `_`, and the CRC-32 of the two first
//! parts, its bytes in little-endian order, in hexadecimal.

use super::{Check, verdict};
use crate::finding::Verification;

pub(super) struct Grafana;

/// `glsa_` and 32 characters.
const COVERED: usize = 37;
const LENGTH: usize = COVERED + 9;

impl Check for Grafana {
    fn name(&self) -> &'static str {
        "grafana"
    }

    fn verify(&self, secret: &[u8]) -> Verification {
        let formed =
            secret.len() == LENGTH && secret.starts_with(b"glsa_") && secret[COVERED] == b'_';
        if !formed {
            return Verification::default();
        }
        verdict(secret[COVERED + 1..] == *checksum(&secret[..COVERED]).as_bytes())
    }

    /// `body` ends before the second `_`.
    fn seal(&self, body: &str) -> Option<String> {
        Some(format!("{body}_{}", checksum(body.as_bytes())))
    }
}

fn checksum(body: &[u8]) -> String {
    format!("{:08x}", crc32fast::hash(body).swap_bytes())
}

#[cfg(test)]
mod tests {
    use super::super::vectors::{assert_doubt, assert_proof, sealed};
    use super::*;
    use crate::finding::Status;

    #[test]
    fn the_checksum_is_little_endian() {
        let token = sealed(&Grafana, "glsa_[0-9A-Za-z]{32}");
        assert_proof(&Grafana, &token, 0..LENGTH);
        assert_doubt(&Grafana, &token, ['0', '1']);
        // Computed apart, with zlib.
        let fixed = format!("glsa_{}_162149fe", "0".repeat(32));
        assert_eq!(Grafana.verify(fixed.as_bytes()).status, Status::ChecksumValid);
    }
}
