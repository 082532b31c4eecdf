//! API keys of Zuplo: `zpka_`, 32 characters, `_`, and their CRC-32 in hexadecimal
//! (<https://zuplo.com/docs/articles/api-key-best-practices>; the algorithm was seen on published keys).

use super::{Check, verdict};
use crate::finding::Verification;
use bstr::ByteSlice;

pub(super) struct Zuplo;

const PREFIX: &str = "zpka_";
const BODY: usize = 32;

impl Check for Zuplo {
    fn name(&self) -> &'static str {
        "zuplo"
    }

    fn verify(&self, secret: &[u8]) -> Verification {
        let parts =
            secret.strip_prefix(PREFIX.as_bytes()).and_then(|rest| rest.split_once_str("_"));
        match parts {
            Some((body, checksum)) if body.len() == BODY && checksum.len() == 8 => {
                verdict(checksum == expected(body).as_bytes())
            }
            _ => Verification::default(),
        }
    }

    /// `body` ends before the second `_`.
    fn seal(&self, body: &str) -> Option<String> {
        Some(format!("{body}_{}", expected(body.strip_prefix(PREFIX)?.as_bytes())))
    }
}

fn expected(body: &[u8]) -> String {
    format!("{:08x}", crc32fast::hash(body))
}

#[cfg(test)]
mod tests {
    use super::super::vectors::{assert_doubt, assert_proof, sealed};
    use super::*;
    use crate::finding::Status;

    #[test]
    fn the_checksum_covers_the_body() {
        let token = sealed(&Zuplo, "zpka_[0-9a-f]{32}");
        assert_proof(&Zuplo, &token, 0..token.len());
        assert_doubt(&Zuplo, &token, ['0', '1']);
        // Computed apart, with zlib.
        let fixed = format!("zpka_{}_a0f292d0", "0".repeat(32));
        assert_eq!(Zuplo.verify(fixed.as_bytes()).status, Status::ChecksumValid);
    }
}
