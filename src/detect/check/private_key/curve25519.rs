//! Keys that are 32 bytes on Curve25519: WireGuard's, in base64, and the identities of age, in
//! Bech32.

use super::Key;
use super::arithmetic;
use super::public::Public;
use base64::prelude::{BASE64_STANDARD, Engine as _};
use bech32::primitives::decode::{CheckedHrpstring, UncheckedHrpstring};
use bech32::{Bech32, Hrp};

/// Bytes of a private key, and of a public one.
pub(super) const LENGTH: usize = 32;

/// Characters of an age identity.
const IDENTITY: usize = 74;

/// A WireGuard key, with the public key by which its peers name it (wg(8), `wg pubkey`).
pub(super) fn wireguard(private: &[u8]) -> Option<Key> {
    let public = arithmetic::x25519(private.try_into().ok()?);
    let key = Key::new("WireGuard").with_public(Some(Public::x25519(&public)));
    Some(key.with("public_key", BASE64_STANDARD.encode(public)))
}

/// An age identity, with the recipient that files are encrypted to (C2SP, age.md, "The X25519
/// recipient type").
pub(super) fn age(text: &[u8]) -> Option<Key> {
    let end = text.iter().position(|b| !b.is_ascii_alphanumeric() && *b != b'-');
    let text = str::from_utf8(&text[..end.unwrap_or(text.len())]).ok()?;
    UncheckedHrpstring::new(text).ok().filter(|_| text.len() == IDENTITY)?;
    let Ok(checked) = CheckedHrpstring::new::<Bech32>(text) else {
        return Some(Key::new("age").fitting(false));
    };
    let private: Vec<u8> = checked.byte_iter().collect();
    let public = arithmetic::x25519(private.as_slice().try_into().ok()?);
    let recipient = bech32::encode::<Bech32>(Hrp::parse("age").ok()?, &public).ok()?;
    let key = Key::new("age").with_public(Some(Public::x25519(&public))).proven();
    Some(key.with("public_key", recipient))
}
