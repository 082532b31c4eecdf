//! Keys in bech32 (BIP 173): a part for people, `1`, data, and a checksum of six characters. Secret keys
//! of age (<https://github.com/C2SP/C2SP/blob/main/age.md>) and of Nostr
//! (<https://github.com/nostr-protocol/nips/blob/master/19.md>; NIP 49 for those with a password).

use super::fact::Tell as _;
use super::{Check, published, verdict};
use crate::finding::{Status, Verification};
use bech32::primitives::decode::{CheckedHrpstring, UncheckedHrpstring};
use bech32::primitives::iter::Fe32IterExt as _;
use bech32::{Bech32, Fe32, Hrp};

pub(super) struct Bech32Key;

/// The part for people, and what it stands for.
const KINDS: [(&str, &str); 4] = [
    ("age-secret-key-", "age"),
    ("age-secret-key-pq-", "age-post-quantum"),
    ("nsec", "Nostr"),
    ("ncryptsec", "Nostr"),
];

impl Check for Bech32Key {
    fn name(&self) -> &'static str {
        "bech32"
    }

    fn verify(&self, secret: &[u8]) -> Verification {
        let Ok(text) = str::from_utf8(secret) else { return Verification::default() };
        let Ok(parsed) = UncheckedHrpstring::new(text) else { return Verification::default() };
        let human = parsed.hrp().to_lowercase();
        let Some((_, kind)) = KINDS.iter().find(|(known, _)| *known == human) else {
            return Verification::default();
        };
        let valid = CheckedHrpstring::new::<Bech32>(text).is_ok();
        let mut seen = verdict(valid);
        if valid && human == "ncryptsec" {
            seen.status = Status::Encrypted;
        }
        seen.tell("key", Some(kind)).tell("published", published::place(secret))
    }

    fn seal(&self, body: &str) -> Option<String> {
        let (human, data) = body.rsplit_once('1')?;
        let human = Hrp::parse(human).ok()?;
        let data: Option<Vec<Fe32>> = data.chars().map(|c| Fe32::from_char(c).ok()).collect();
        let text: String = data?.into_iter().with_checksum::<Bech32>(&human).chars().collect();
        let is_upper = body.starts_with(|c: char| c.is_ascii_uppercase());
        Some(if is_upper { text.to_ascii_uppercase() } else { text })
    }
}

#[cfg(test)]
mod tests {
    use super::super::vectors::{assert_doubt, assert_proof, sealed};
    use super::*;

    #[test]
    fn keys_of_age_and_nostr() {
        for (pattern, others) in [
            ("AGE-SECRET-KEY-1[AC-HJ-NP-Z02-9]{52}", ['Q', 'P']),
            ("nsec1[ac-hj-np-z02-9]{51}[qs]", ['q', 'p']),
        ] {
            let key = sealed(&Bech32Key, pattern);
            assert_proof(&Bech32Key, &key, 0..key.len());
            assert_doubt(&Bech32Key, &key, others);
        }
    }

    #[test]
    fn a_key_with_a_password_is_encrypted() {
        let key = sealed(&Bech32Key, "ncryptsec1[ac-hj-np-z02-9]{146}");
        assert_eq!(Bech32Key.verify(key.as_bytes()).status, Status::Encrypted);
    }

    #[test]
    fn an_address_of_the_same_form_is_no_key() {
        // The checksum for a public key's part for people is right, too, but it is none of ours.
        let public = sealed(&Bech32Key, "npub1[ac-hj-np-z02-9]{52}");
        assert_eq!(Bech32Key.verify(public.as_bytes()).status, Status::Unknown);
        for text in ["", "1", "nsec1", "nsec", "AGE-secret-KEY-1qq", "\u{e9}1qqqqqq"] {
            let status = Bech32Key.verify(text.as_bytes()).status;
            assert!(matches!(status, Status::Unknown | Status::ChecksumInvalid), "{text}");
        }
    }

    #[test]
    fn a_vector_of_the_specification() {
        // The first valid test vector of BIP 173 with data holds the checksum of our own sealing.
        let sealed = Bech32Key.seal("abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7l").unwrap();
        assert_eq!(sealed, "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw");
    }
}
