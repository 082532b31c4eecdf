//! Credentials that documentation shows to everybody: they protect nothing. Each is known by the
//! first 64 bits of its SHA-256, so that none of them stands here.

use sha2::{Digest as _, Sha256};

/// The hash of the value, and where it is published.
static SAMPLES: [(u64, &str); 9] = [
    (0x0011_cc25_eb43_2071, "learn.microsoft.com/azure/storage/common/storage-use-azurite"),
    (0xaa65_4743_9583_c3a2, "learn.microsoft.com/azure/cosmos-db/emulator"),
    (0xfa1c_cdee_c817_5c63, "github.com/nostr-protocol/nips/blob/master/19.md"),
    (0x9d6a_2b9d_1f01_d457, "en.bitcoin.it/wiki/Wallet_import_format"),
    (0x2caf_c097_0149_a84f, "docs.stripe.com/keys"),
    (0x789e_b04a_e4c0_0984, "github.com/C2SP/C2SP/blob/main/age.md"),
    (0x1a5d_44a2_dca1_9669, "docs.aws.amazon.com/IAM"),
    (0xc6ea_27c5_34f9_93d3, "docs.aws.amazon.com/IAM"),
    (0xcb20_d34a_7add_a2f5, "docs.aws.amazon.com/IAM"),
];

/// Where `secret` is published, if it is a known sample.
pub(super) fn place(secret: &[u8]) -> Option<&'static str> {
    let hash = Sha256::digest(secret);
    let (start, _) = hash.split_first_chunk::<8>()?;
    let start = u64::from_be_bytes(*start);
    SAMPLES.iter().find(|(known, _)| *known == start).map(|(_, place)| *place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_of_documentation_are_known() {
        assert_eq!(place(b"AKIAIOSFODNN7EXAMPLE"), Some("docs.aws.amazon.com/IAM"));
        assert_eq!(place(b"AKIAIOSFODNN7EXAMPL"), None);
        assert_eq!(place(b""), None);
    }
}
