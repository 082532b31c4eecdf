//! Private keys, parsed as far as they can be read without a passphrase: what kind of key, how
//! long, whether and how it is encrypted, and which public key belongs to it, so that a reader can
//! find where that is trusted. One file a format; nothing is ever decrypted.

pub(crate) mod arithmetic;
pub(crate) mod curve25519;
mod der;
mod encryption;
mod jwk;
mod openssh;
mod pem;
mod pgp;
mod pkcs12;
mod public;
mod published;
pub(crate) mod putty;

use super::Check;
use crate::finding::{Status, Verification};
use bstr::ByteSlice;
use public::Public;

pub(super) struct PrivateKey;

/// No key is longer than what a rule can match, and base64 shrinks it; the rest is not looked at.
const LONGEST: usize = 64 * 1024;

impl Check for PrivateKey {
    fn name(&self) -> &'static str {
        "private-key"
    }

    fn verify(&self, secret: &[u8]) -> Verification {
        let text = &secret[..secret.len().min(LONGEST)];
        key(text, Wrapping::Allowed).map_or_else(Verification::default, Key::verification)
    }
}

/// Whether base64 may hold a text that is looked into again. Once is enough: what is wrapped twice
/// would otherwise be unwrapped as often as someone likes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wrapping {
    Allowed,
    Done,
}

/// The key that `text` is, told by how it begins.
fn key(text: &[u8], wrapping: Wrapping) -> Option<Key> {
    let text = text.trim_ascii_start();
    if text.starts_with(b"PuTTY-User-Key-File-") {
        return putty::key(text);
    }
    if text.starts_with(b"AGE-SECRET-KEY-1") {
        return curve25519::age(text);
    }
    if text.starts_with(b"{") {
        return jwk::key(text);
    }
    if let Some(begin) = text.find("-----BEGIN ").or_else(|| text.find("---- BEGIN SSH2 ")) {
        return pem::blocks(&text[begin..]).find_map(|block| block.key());
    }
    let bytes = pem::decode(text)?;
    let is_wrapped = bytes.contains_str("-----BEGIN ") || bytes.starts_with(b"{");
    match wrapping {
        Wrapping::Allowed if is_wrapped => key(&bytes, Wrapping::Done).map(Key::in_base64),
        _ => binary(&bytes),
    }
}

/// The key that decoded base64 without a header is.
fn binary(bytes: &[u8]) -> Option<Key> {
    if bytes.starts_with(openssh::MAGIC) {
        return openssh::key(bytes);
    }
    match bytes.first()? {
        0x30 => der::key(bytes),
        _ if bytes.len() == curve25519::LENGTH => curve25519::wireguard(bytes),
        0x80.. => pgp::key(bytes),
        _ => None,
    }
}

/// What is known of a private key.
struct Key {
    /// The container: `PKCS#8`, `OpenSSH` …
    format: &'static str,
    /// Its public half, where that stands in clear or follows from the private one.
    public: Option<Public>,
    /// How it is encrypted; `None` if it is not.
    encryption: Option<String>,
    /// Whether the private half is that of the public one, as far as it was compared.
    fits: bool,
    /// Whether a checksum over all of it is right.
    proven: bool,
    /// Whether the container holds a private key at all.
    present: bool,
    /// What else there is to say.
    facts: Vec<(&'static str, String)>,
}

impl Key {
    /// A key in a container of this name, of which nothing else is known yet.
    fn new(format: &'static str) -> Self {
        let facts = Vec::new();
        let (public, encryption) = (None, None);
        Self { format, public, encryption, fits: true, proven: false, present: true, facts }
    }

    /// The same with its public half.
    fn with_public(mut self, public: Option<Public>) -> Self {
        self.public = public;
        self
    }

    /// The same with what the comparison of its halves has said.
    fn fitting(mut self, fits: bool) -> Self {
        self.fits = fits;
        self
    }

    /// The same with a right checksum.
    fn proven(mut self) -> Self {
        self.proven = true;
        self
    }

    /// The same, encrypted in this way.
    fn encrypted(mut self, how: Option<String>) -> Self {
        self.encryption = how;
        self
    }

    /// The same with one more fact.
    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.facts.push((name, value.into()));
        self
    }

    /// The same, wrapped in base64 as a whole.
    fn in_base64(self) -> Self {
        self.with("encoding", "base64")
    }

    fn verification(self) -> Verification {
        let status = match (self.present, self.fits, &self.encryption) {
            (false, ..) => Status::Unknown,
            (true, false, _) => Status::ChecksumInvalid,
            (true, true, Some(_)) => Status::Encrypted,
            (true, true, None) if self.proven => Status::ChecksumValid,
            (true, true, None) => Status::WellFormed,
        };
        let mut seen = Verification::new(status).with("format", self.format);
        if let Some(how) = self.encryption {
            seen = seen.with("encryption", printable(&how));
        }
        for (name, value) in self.public.iter().flat_map(Public::facts).chain(self.facts) {
            seen = seen.with(name, printable(&value));
        }
        let fingerprints = ["spki_sha256", "fingerprint"];
        let known = fingerprints.iter().find_map(|name| published::origin(seen.facts.get(*name)?));
        match known {
            Some(origin) if self.fits => seen.with("published", origin),
            _ => seen,
        }
    }
}

/// Names of ciphers and keys are the author's text: short, and nothing but printable ASCII.
fn printable(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').take(160).collect()
}

#[cfg(test)]
mod tests;
