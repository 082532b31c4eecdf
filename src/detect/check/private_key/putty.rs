//! PuTTY's key files, versions 2 and 3
//! (<https://the.earth.li/~sgtatham/putty/0.81/htmldoc/AppendixC.html>). The public key stands in
//! clear.

use super::Key;
use super::pem;
use super::public::{HexOf, Public};
use bstr::ByteSlice;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use ssh_key::PublicKey;

/// The fields of a file.
struct File<'a> {
    version: u8,
    algorithm: &'a [u8],
    encryption: &'a [u8],
    comment: &'a [u8],
    public: Vec<u8>,
    private: Vec<u8>,
    derivation: Option<String>,
    mac: Option<&'a [u8]>,
}

pub(super) fn key(text: &[u8]) -> Option<Key> {
    let file = File::read(text)?;
    let public = PublicKey::from_bytes(&file.public).ok()?;
    let algorithm = file.algorithm.to_str().ok()?;
    let format = if file.version == 2 { "PuTTY 2" } else { "PuTTY 3" };
    let key = Key::new(format).with_public(Some(Public::of_ssh(public.key_data())));
    let halves = algorithm == public.algorithm().as_str();
    if file.encryption == b"none" {
        return Some(key.fitting(halves && file.has_its_mac().unwrap_or(true)));
    }
    let cipher = file.encryption.to_str().ok()?;
    // Version 2 takes the SHA-1 of the passphrase.
    let derivation = file.derivation.as_deref().unwrap_or("SHA-1 of the passphrase");
    Some(key.fitting(halves).encrypted(Some(format!("{cipher}, {derivation}"))))
}

impl<'a> File<'a> {
    fn read(text: &'a [u8]) -> Option<Self> {
        let mut lines = text.lines();
        let (version, algorithm) = lines.next()?.split_once_str(": ")?;
        let version = match version {
            b"PuTTY-User-Key-File-2" => 2,
            b"PuTTY-User-Key-File-3" => 3,
            _ => return None,
        };
        let empty = Vec::new();
        let mut file = Self {
            version,
            algorithm,
            encryption: b"",
            comment: b"",
            public: empty.clone(),
            private: empty,
            derivation: None,
            mac: None,
        };
        while let Some(line) = lines.next() {
            let Some((name, value)) = line.split_once_str(": ") else { break };
            match name {
                b"Encryption" => file.encryption = value,
                b"Comment" => file.comment = value,
                b"Public-Lines" => file.public = base64(&mut lines, value)?,
                b"Private-Lines" => file.private = base64(&mut lines, value)?,
                b"Private-MAC" => file.mac = Some(value),
                _ => file.add_derivation(name, value)?,
            }
        }
        Some(file)
    }

    /// `Argon2id, 8192 KiB, 21 passes, 1 lane`.
    fn add_derivation(&mut self, name: &[u8], value: &[u8]) -> Option<()> {
        let value = value.to_str().ok()?;
        let how = self.derivation.get_or_insert_default();
        match name {
            b"Key-Derivation" => how.push_str(value),
            b"Argon2-Memory" => how.push_str(&format!(", {value} KiB")),
            b"Argon2-Passes" => how.push_str(&format!(", {value} passes")),
            b"Argon2-Parallelism" => how.push_str(&format!(", {value} lanes")),
            _ => {}
        }
        Some(())
    }

    /// Whether the MAC is right. It can be told without a passphrase only if there is none.
    fn has_its_mac(&self) -> Option<bool> {
        let stored = self.mac?.trim_ascii();
        let &Self { version, algorithm, encryption, comment, .. } = self;
        let (public, private) = (&self.public, &self.private);
        let seal = Seal { version, algorithm, encryption, comment, public, private };
        Some(stored == seal.code().as_bytes())
    }
}

/// What the MAC of a file without a passphrase is made of.
pub(crate) struct Seal<'a> {
    pub(crate) version: u8,
    pub(crate) algorithm: &'a [u8],
    pub(crate) encryption: &'a [u8],
    pub(crate) comment: &'a [u8],
    pub(crate) public: &'a [u8],
    pub(crate) private: &'a [u8],
}

impl Seal<'_> {
    /// The MAC in hex.
    pub(crate) fn code(&self) -> String {
        let mut text = Vec::new();
        for part in [self.algorithm, self.encryption, self.comment, self.public, self.private] {
            text.extend((part.len() as u32).to_be_bytes());
            text.extend_from_slice(part);
        }
        if self.version == 2 {
            code::<Hmac<Sha1>>(&Sha1::digest(b"putty-private-key-file-mac-key"), &text)
        } else {
            code::<Hmac<Sha256>>(b"", &text)
        }
    }
}

fn code<M: Mac + KeyInit>(key: &[u8], text: &[u8]) -> String {
    // A key of this function may have any length.
    let mac = <M as KeyInit>::new_from_slice(key).map(|mac| mac.chain_update(text).finalize());
    mac.map_or_else(|_| String::new(), |mac| format!("{:x}", HexOf(&mac.into_bytes())))
}

/// The bytes in the next so many lines.
fn base64<'a>(lines: &mut impl Iterator<Item = &'a [u8]>, count: &[u8]) -> Option<Vec<u8>> {
    let count: usize = count.trim_ascii().to_str().ok()?.parse().ok()?;
    let text: Vec<&[u8]> = lines.take(count).collect();
    pem::decode(&text.join(&b'\n'))
}
