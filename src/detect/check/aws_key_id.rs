//! AWS access key ids say whether they are temporary, and carry their account number when they are of
//! the newer generation.
//!
//! The 16 characters after the prefix are base32; of the first six bytes, the bits under the mask
//! `0x7fff_ffff_ff80` are the account (Aidan Steele, "AWS Access Key ID formats", 2020). The prefixes
//! are those of <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>.

use super::fact::Tell as _;
use super::{Check, published};
use crate::finding::{Status, Verification};

pub(super) struct AwsKeyId;

impl Check for AwsKeyId {
    fn name(&self) -> &'static str {
        "aws-key-id"
    }

    fn verify(&self, secret: &[u8]) -> Verification {
        if secret.get(4..14).and_then(base32).is_none() {
            return Verification::default();
        }
        let type_of_key = match &secret[..4] {
            b"AKIA" => Some("long-term"),
            b"ASIA" => Some("temporary"),
            b"ABIA" => Some("bearer-token"),
            b"ACCA" => Some("context-specific"),
            _ => None,
        };
        Verification::new(Status::WellFormed)
            .tell("account_id", account(secret))
            .tell("type", type_of_key)
            .tell("published", published::place(secret))
    }
}

/// The account of an id, if it is of the newer generation. Ids of the older one have the first bit
/// clear and say nothing.
pub(super) fn account(id: &[u8]) -> Option<String> {
    let bits = id.get(4..14).and_then(base32)?;
    let newer = id[4] >= b'Q' || id[4].is_ascii_digit();
    newer.then(|| format!("{:012}", (bits & 0x7fff_ffff_ff80) >> 7))
}

/// The first 48 of the 50 bits in ten base32 characters.
fn base32(text: &[u8]) -> Option<u64> {
    let mut bits: u64 = 0;
    for byte in text {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'2'..=b'7' => byte - b'2' + 26,
            _ => return None,
        };
        bits = bits << 5 | u64::from(value);
    }
    Some(bits >> 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The inverse of the decoding, written independently: account → first ten characters.
    fn encode(account: u64) -> String {
        let bits = (1_u64 << 47 | account << 7) << 2;
        let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        let body = (0..10).rev().map(|n| alphabet[(bits >> (5 * n) & 31) as usize] as char);
        format!("AKIA{}AAAAAA", body.collect::<String>())
    }

    #[test]
    fn the_account_of_a_newer_id() {
        for account in [123_456_789_012, 1, 999_999_999_999] {
            let verification = AwsKeyId.verify(encode(account).as_bytes());
            assert_eq!(verification.facts["account_id"], format!("{account:012}"));
        }
    }

    #[test]
    fn an_older_id_says_nothing_of_its_account() {
        let verification = AwsKeyId.verify(b"ASIAIAAAAAAAAAAAAAAA");
        assert_eq!(verification.status, Status::WellFormed);
        assert_eq!(verification.facts["type"], "temporary");
        assert_eq!(verification.facts.len(), 1);
        assert_eq!(AwsKeyId.verify(b"AKIA1000").status, Status::Unknown);
    }

    #[test]
    fn the_id_of_the_documentation_is_known() {
        let seen = AwsKeyId.verify(b"AKIAIOSFODNN7EXAMPLE");
        assert_eq!(seen.facts["published"], "docs.aws.amazon.com/IAM");
    }
}
