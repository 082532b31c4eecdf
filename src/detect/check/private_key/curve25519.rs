//! Keys that are 32 bytes on Curve25519: WireGuard's, in base64, and the identities of age, in
//! Bech32.

use super::Key;
use super::arithmetic;
use super::public::Public;
use base64::prelude::{BASE64_STANDARD, Engine as _};

/// Bytes of a private key, and of a public one.
pub(super) const LENGTH: usize = 32;

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
    let text = text[..end.unwrap_or(text.len())].to_ascii_lowercase();
    let (checked, private) = bech32::decode(&text)?;
    let key = Key::new("age").fitting(checked);
    if !checked {
        return Some(key);
    }
    let public = arithmetic::x25519(private.as_slice().try_into().ok()?);
    let recipient = bech32::encode("age", &public);
    Some(key.with_public(Some(Public::x25519(&public))).with("public_key", recipient))
}

/// Bech32 (BIP 173) without its limit of 90 characters.
pub(crate) mod bech32 {
    const ALPHABET: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    const GENERATOR: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    const CHECKSUM: usize = 6;

    /// Whether the checksum of `text`, which is in lower case, is right, and the bytes it carries.
    pub(super) fn decode(text: &[u8]) -> Option<(bool, Vec<u8>)> {
        let separator = text.iter().rposition(|b| *b == b'1')?;
        let (prefix, data) = (&text[..separator], &text[separator + 1..]);
        let digit = |byte: &u8| ALPHABET.iter().position(|known| known == byte).map(|at| at as u8);
        let digits: Vec<u8> = data.iter().map(digit).collect::<Option<_>>()?;
        let body = &digits[..digits.len().checked_sub(CHECKSUM)?];
        Some((residue(prefix, &digits) == 1, regroup(body, 5, 8, false)))
    }

    /// The bytes under this prefix, with their checksum.
    pub(crate) fn encode(prefix: &str, bytes: &[u8]) -> String {
        let mut digits = regroup(bytes, 8, 5, true);
        let body = digits.len();
        digits.extend([0; CHECKSUM]);
        let checksum = residue(prefix.as_bytes(), &digits) ^ 1;
        for (place, digit) in digits[body..].iter_mut().rev().enumerate() {
            *digit = (checksum >> (5 * place) & 31) as u8;
        }
        let text = digits.iter().map(|digit| char::from(ALPHABET[usize::from(*digit)]));
        format!("{prefix}1{}", text.collect::<String>())
    }

    fn residue(prefix: &[u8], digits: &[u8]) -> u32 {
        let high = prefix.iter().map(|byte| byte >> 5);
        let low = prefix.iter().map(|byte| byte & 31);
        let all = high.chain([0]).chain(low).chain(digits.iter().copied());
        all.fold(1, |sum: u32, digit| {
            let top = sum >> 25;
            let next = (sum & 0x01ff_ffff) << 5 ^ u32::from(digit);
            let chosen = GENERATOR.iter().enumerate().filter(|(bit, _)| top >> bit & 1 == 1);
            chosen.fold(next, |sum, (_, term)| sum ^ term)
        })
    }

    /// Numbers of `from` bits as numbers of `to` bits.
    fn regroup(digits: &[u8], from: u32, to: u32, pad: bool) -> Vec<u8> {
        let (mut kept, mut bits, mut out) = (0_u32, 0, Vec::new());
        for digit in digits {
            kept = (kept << from | u32::from(*digit)) & 0xffff;
            bits += from;
            while bits >= to {
                bits -= to;
                out.push((kept >> bits & ((1 << to) - 1)) as u8);
            }
        }
        if pad && bits > 0 {
            out.push((kept << (to - bits) & ((1 << to) - 1)) as u8);
        }
        out
    }
}
