//! Private keys, parsed as far as it takes to tell what they are and whether a passphrase protects
//! them: PEM (RFC 7468) with PKCS#1, PKCS#8 (RFC 5958) and SEC 1 inside, OpenSSH (PROTOCOL.key),
//! PuTTY, and OpenPGP (RFC 4880) in ASCII armour.

use super::Check;
use crate::finding::{Status, Verification};
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, Engine as _, GeneralPurpose, GeneralPurposeConfig};
use bstr::ByteSlice;

pub(super) struct PrivateKey;

impl Check for PrivateKey {
    fn name(&self) -> &'static str {
        "private-key"
    }

    fn verify(&self, secret: &[u8]) -> Verification {
        let key = if secret.starts_with(b"PuTTY") { putty(secret) } else { pem(secret) };
        match key {
            None => Verification::default(),
            Some(Key { kind, encrypted }) => {
                let status = if encrypted { Status::Encrypted } else { Status::WellFormed };
                Verification::new(status).with("key", kind)
            }
        }
    }
}

fn word(text: &[u8]) -> Option<&[u8]> {
    text.trim_ascii_start().split(u8::is_ascii_whitespace).next()
}

struct Key {
    kind: String,
    encrypted: bool,
}

impl Key {
    fn new(kind: &str, encrypted: bool) -> Self {
        Self { kind: kind.to_owned(), encrypted }
    }
}

fn putty(text: &[u8]) -> Option<Key> {
    let rest = text.split_once_str(": ")?.1;
    let kind = word(rest)?.to_str().ok()?.to_owned();
    let cipher = word(text.split_once_str("Encryption:")?.1)?;
    Some(Key { kind, encrypted: cipher != b"none" })
}

fn pem(text: &[u8]) -> Option<Key> {
    let (label, rest) = text.strip_prefix(b"-----BEGIN ")?.split_once_str("-----")?;
    let body = rest.split_once_str("-----END").map_or(rest, |(body, _)| body);
    if body.contains_str("Proc-Type: 4,ENCRYPTED") {
        return Some(Key::new(label.split_str(" ").next()?.to_str().ok()?, true));
    }
    let bytes = decode(body)?;
    match label {
        b"OPENSSH PRIVATE KEY" => openssh(&bytes),
        b"PGP PRIVATE KEY BLOCK" => pgp(&bytes),
        b"ENCRYPTED PRIVATE KEY" => der::sequence(&bytes).map(|_| Key::new("PKCS#8", true)),
        b"RSA PRIVATE KEY" => der::integers(&bytes, 9).then(|| Key::new("RSA", false)),
        b"DSA PRIVATE KEY" => der::integers(&bytes, 6).then(|| Key::new("DSA", false)),
        b"EC PRIVATE KEY" => der::sequence(&bytes).map(|_| Key::new("EC", false)),
        _ => pkcs8(&bytes),
    }
}

/// The bytes of a base64 body as it stands in files: in lines, indented, quoted, with `\n` written
/// out, or joined by `+`.
fn decode(body: &[u8]) -> Option<Vec<u8>> {
    let mut clean = Vec::with_capacity(body.len());
    for line in body.replace("\\r", "").replace("\\n", "\n").lines() {
        // Around the base64 there may be indentation, quotes, a comment's or a string's signs.
        let line = line.trim_with(|c| c.is_ascii_whitespace() || "\"'`,;\\#*|".contains(c));
        let header = line.contains(&b':') || (line.len() == 5 && line[0] == b'=');
        if !header {
            clean.extend(line.iter().filter(|b| !b.is_ascii_whitespace() && **b != b'"'));
        }
    }
    let lenient = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    GeneralPurpose::new(&STANDARD, lenient).decode(clean).ok()
}

fn openssh(bytes: &[u8]) -> Option<Key> {
    let rest = bytes.strip_prefix(b"openssh-key-v1\0")?;
    let (cipher, rest) = string(rest)?;
    let (_kdf, rest) = string(rest)?;
    let (_options, rest) = string(rest)?;
    let (public, _) = string(rest.get(4..)?)?;
    let (kind, _) = string(public)?;
    Some(Key::new(kind.to_str().ok()?, cipher != b"none"))
}

/// An SSH string: four bytes of length, then the bytes.
fn string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(u32::from_be_bytes(*length) as usize)
}

fn pkcs8(bytes: &[u8]) -> Option<Key> {
    let inner = der::sequence(bytes)?;
    let (_version, rest) = der::element(inner, 0x02)?;
    let (algorithm, _) = der::element(rest, 0x30)?;
    let (oid, _) = der::element(algorithm, 0x06)?;
    let kind = match oid {
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, ..] => "RSA",
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01] => "EC",
        [0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x01] => "DSA",
        [0x2b, 0x65, 0x6e] => "X25519",
        [0x2b, 0x65, 0x70] => "Ed25519",
        _ => "PKCS#8",
    };
    Some(Key::new(kind, false))
}

/// The first packet of a secret key, and its string-to-key octet (RFC 4880, 4.2 and 5.5.3).
fn pgp(bytes: &[u8]) -> Option<Key> {
    let tag = *bytes.first()?;
    let (kind, body) = match (tag >> 6, tag & 0x3f) {
        (0b10, old) => (old >> 2, bytes.get(1 + (1 << (old & 3))..)?),
        (0b11, new) => (new, bytes.get(if *bytes.get(1)? < 192 { 2 } else { 3 }..)?),
        _ => return None,
    };
    let is_key = (kind == 5 || kind == 7) && *body.first()? == 4;
    if !is_key {
        return None;
    }
    let algorithm = *body.get(5)?;
    let mut rest = body.get(6..)?;
    // RSA has two public integers, Elgamal three, DSA four; curves are told by their protection alone.
    let integers = match algorithm {
        1..=3 => 2,
        16 => 3,
        17 => 4,
        _ => return Some(Key::new("OpenPGP", false)),
    };
    for _ in 0..integers {
        let (bits, tail) = rest.split_first_chunk::<2>()?;
        rest = tail.get(usize::from(u16::from_be_bytes(*bits)).div_ceil(8)..)?;
    }
    Some(Key::new("OpenPGP", *rest.first()? != 0))
}

/// As much of DER (X.690) as the shape of a key needs.
mod der {
    /// The content of the element with this tag at the beginning of `bytes`, and what follows it.
    pub(super) fn element(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
        let (&first, rest) = bytes.split_first()?;
        let (&length, rest) = rest.split_first()?;
        let (length, rest) = if length < 0x80 {
            (usize::from(length), rest)
        } else {
            let count = usize::from(length & 0x7f);
            let (digits, rest) =
                rest.split_at_checked(count).filter(|_| (1..=4).contains(&count))?;
            (digits.iter().fold(0, |sum, digit| sum << 8 | usize::from(*digit)), rest)
        };
        if first == tag { rest.split_at_checked(length) } else { None }
    }

    /// The content of the sequence that `bytes` is.
    pub(super) fn sequence(bytes: &[u8]) -> Option<&[u8]> {
        element(bytes, 0x30).map(|(content, _)| content)
    }

    /// Whether `bytes` is a sequence of at least so many integers.
    pub(super) fn integers(bytes: &[u8], count: usize) -> bool {
        let Some(mut rest) = sequence(bytes) else { return false };
        (0..count).all(|_| element(rest, 0x02).map(|(_, tail)| rest = tail).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::example::expand;

    #[test]
    fn encrypted_or_not_is_told_by_parsing() {
        for (name, kind, encrypted) in [
            ("rsa-private-key", "RSA", false),
            ("encrypted-rsa-private-key", "RSA", true),
            ("ec-private-key", "EC", false),
            ("dsa-private-key", "DSA", false),
            ("pkcs8-private-key", "RSA", false),
            ("encrypted-pkcs8-private-key", "PKCS#8", true),
            ("openssh-private-key", "ssh-ed25519", false),
            ("encrypted-openssh-private-key", "ssh-ed25519", true),
            ("putty-private-key", "ssh-ed25519", false),
            ("encrypted-putty-private-key", "ssh-ed25519", true),
            ("pgp-private-key", "OpenPGP", false),
        ] {
            let key = expand(&format!("<<@{name}>>"), 1).unwrap();
            let status = if encrypted { Status::Encrypted } else { Status::WellFormed };
            for text in [key.clone(), key.replace('\n', "\\n"), key.replace('\n', "\n    ")] {
                let seen = PrivateKey.verify(text.as_bytes());
                if !name.contains("putty") || text == key {
                    assert_eq!((seen.status, &*seen.facts["key"]), (status, kind), "{name}");
                }
            }
        }
    }

    #[test]
    fn a_truncated_key_is_unknown_and_does_not_panic() {
        let key = expand("<<@rsa-private-key>>", 2).unwrap();
        for end in 0..key.len() / 2 {
            assert_eq!(PrivateKey.verify(&key.as_bytes()[..end]).status, Status::Unknown);
        }
    }
}
