//! API secrets of Confluent Cloud: `cflt`, 54 characters, and six of the base64 of their CRC-32, its
//! bytes in little-endian order. The prefix is documented
//! (<https://docs.confluent.io/cloud/current/security/authenticate/workload-identities/service-accounts/api-keys/overview.html>),
//! the checksum was seen on a published secret.

use super::{Check, verdict};
use crate::finding::Verification;
use base64::prelude::{BASE64_STANDARD_NO_PAD, Engine as _};

pub(super) struct Confluent;

const PREFIX: &str = "cflt";
const BODY: usize = 54;
const CHECKSUM: usize = 6;

impl Check for Confluent {
    fn name(&self) -> &'static str {
        "confluent"
    }

    fn verify(&self, secret: &[u8]) -> Verification {
        let rest = secret.strip_prefix(PREFIX.as_bytes());
        match rest.filter(|rest| rest.len() == BODY + CHECKSUM) {
            Some(rest) => verdict(rest[BODY..] == *checksum(&rest[..BODY]).as_bytes()),
            None => Verification::default(),
        }
    }

    fn seal(&self, body: &str) -> Option<String> {
        Some(format!("{body}{}", checksum(body.strip_prefix(PREFIX)?.as_bytes())))
    }
}

/// Four bytes are six characters.
fn checksum(body: &[u8]) -> String {
    BASE64_STANDARD_NO_PAD.encode(crc32fast::hash(body).to_le_bytes())
}

#[cfg(test)]
mod tests {
    use super::super::vectors::{assert_doubt, assert_proof, sealed};
    use super::*;
    use crate::finding::Status;

    #[test]
    fn the_checksum_covers_the_body() {
        let token = sealed(&Confluent, "cflt[0-9A-Za-z+/]{54}");
        assert_proof(&Confluent, &token, 0..token.len());
        assert_doubt(&Confluent, &token, ['0', '1']);
        // Computed apart, with zlib.
        let fixed = format!("cflt{}X+KS/Q", "0".repeat(54));
        assert_eq!(Confluent.verify(fixed.as_bytes()).status, Status::ChecksumValid);
    }
}
