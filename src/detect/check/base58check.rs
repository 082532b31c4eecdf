//! Keys of Bitcoin in base58 with a checksum of four bytes: private keys in the wallet import format
//! (<https://en.bitcoin.it/wiki/Wallet_import_format>), those with a password (BIP 38), and extended
//! private keys (BIP 32).

use super::fact::Tell as _;
use super::{Check, published, verdict};
use crate::finding::{Status, Verification};

pub(super) struct Base58Check;

const CHECKSUM: usize = 4;

impl Check for Base58Check {
    fn name(&self) -> &'static str {
        "base58check"
    }

    fn verify(&self, secret: &[u8]) -> Verification {
        // Decoding takes quadratic time, and no key is longer.
        let bytes = if secret.len() > 120 { None } else { bs58::decode(secret).into_vec().ok() };
        let Some(key) = bytes.as_deref().and_then(Key::parse) else {
            return Verification::default();
        };
        let valid = bs58::decode(secret).with_check(None).into_vec().is_ok();
        let mut seen = verdict(valid);
        if valid && key.encrypted {
            seen.status = Status::Encrypted;
        }
        seen.tell("key", Some(key.kind))
            .tell("network", key.network)
            .tell("compressed", key.compressed.map(|yes| if yes { "yes" } else { "no" }))
            .tell("published", published::place(secret))
    }
}

struct Key {
    kind: &'static str,
    network: Option<&'static str>,
    compressed: Option<bool>,
    encrypted: bool,
}

impl Key {
    /// What `bytes` are by their version and length, the checksum left aside.
    fn parse(bytes: &[u8]) -> Option<Self> {
        let (payload, _) = bytes.split_last_chunk::<CHECKSUM>()?;
        let network = |is_main| Some(if is_main { "main" } else { "test" });
        let plain = Self { kind: "Bitcoin", network: None, compressed: None, encrypted: false };
        match (payload, payload.len()) {
            ([version @ (0x80 | 0xef), ..], 33) => {
                Some(Self { network: network(*version == 0x80), compressed: Some(false), ..plain })
            }
            ([version @ (0x80 | 0xef), .., 1], 34) => {
                Some(Self { network: network(*version == 0x80), compressed: Some(true), ..plain })
            }
            ([1, 0x42, 0xc0 | 0xe0, ..] | [1, 0x43, 0x00 | 0x04 | 0x20 | 0x24, ..], 39) => {
                Some(Self { encrypted: true, ..plain })
            }
            ([4, 0x88, 0xad, 0xe4, ..] | [4, 0x35, 0x83, 0x94, ..], 78) => {
                let network = network(payload[1] == 0x88);
                Some(Self { kind: "Bitcoin-extended", network, ..plain })
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::vectors::{assert_doubt, assert_proof};
    use super::*;
    use crate::rule::example::expand;
    use sha2::{Digest as _, Sha256};

    /// Base58 with a checksum, written apart: twice SHA-256.
    fn encode(payload: &[u8]) -> String {
        let checksum = Sha256::digest(Sha256::digest(payload));
        bs58::encode([payload, &checksum[..CHECKSUM]].concat()).into_string()
    }

    #[test]
    fn network_and_compression() {
        for (version, network) in [(0x80, "main"), (0xef, "test")] {
            for (tail, compressed) in [(&[][..], "no"), (&[1][..], "yes")] {
                let key = encode(&[&[version], &[7; 32][..], tail].concat());
                assert_proof(&Base58Check, &key, 0..key.len());
                let facts = Base58Check.verify(key.as_bytes()).facts;
                let told = (&*facts["network"], &*facts["compressed"]);
                assert_eq!(told, (network, compressed));
            }
        }
    }

    #[test]
    fn extended_keys_and_those_with_a_password() {
        let extended = expand("<<@bitcoin-extended-key>>", 1).unwrap();
        assert_proof(&Base58Check, &extended, 100..extended.len());
        let wif = expand("<<@bitcoin-private-key>>", 1).unwrap();
        assert_doubt(&Base58Check, &wif, ['1', '2']);
        let key = encode(&[&[1, 0x42, 0xc0][..], &[7; 36]].concat());
        assert!(key.starts_with("6P"));
        assert_eq!(Base58Check.verify(key.as_bytes()).status, Status::Encrypted);
    }

    #[test]
    fn an_address_is_no_key() {
        let address = encode(&[&[0][..], &[7; 20]].concat());
        for text in [address.as_str(), "", "1", "0OIl", &"1".repeat(300)] {
            assert_eq!(Base58Check.verify(text.as_bytes()).status, Status::Unknown, "{text}");
        }
    }
}
