//! PKCS#12 (RFC 7292): a store of keys and certificates in which every part may be encrypted by
//! itself. What is readable without a password is counted.

use super::Key;
use super::der;
use super::encryption;
use ::der::asn1::{AnyRef, ObjectIdentifier, OctetStringRef};
use ::der::{Decode, Encode, Reader, Result, SliceReader, Tag};
use pkcs8::spki::AlgorithmIdentifierRef;

const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
const ENCRYPTED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.6");
const KEY_BAG: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.1");
const SHROUDED_KEY_BAG: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.2");
const CERTIFICATE_BAG: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.3");
const SECRET_BAG: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.5");

/// What a store holds as far as it is readable.
#[derive(Default)]
struct Contents {
    /// A key in clear.
    open: Option<Key>,
    /// How keys and parts are encrypted.
    ciphers: Vec<String>,
    keys: usize,
    certificates: usize,
    secrets: usize,
    /// Parts that are encrypted as a whole.
    sealed: usize,
}

/// The store that `bytes` is: version 3, contents, and perhaps a MAC.
pub(super) fn key(bytes: &[u8]) -> Option<Key> {
    let mut reader = SliceReader::new(bytes).ok()?;
    let (safes, mac) = reader
        .sequence(|reader| {
            let version = u8::decode(reader)?;
            let (kind, safes) = content(reader)?;
            let mac = if reader.is_finished() { None } else { Some(AnyRef::decode(reader)?) };
            if version != 3 || kind != DATA {
                return Err(::der::Error::from(Tag::Sequence.value_error()));
            }
            Ok((safes, mac))
        })
        .ok()?;
    let mut contents = Contents::default();
    contents.read(safes.decode_as::<&OctetStringRef>().ok()?.as_bytes()).ok()?;
    Some(contents.key(mac.is_some()))
}

/// A type and what stands in `[0]` behind it.
fn content<'a>(reader: &mut SliceReader<'a>) -> Result<(ObjectIdentifier, AnyRef<'a>)> {
    reader.sequence(|reader| {
        let kind = ObjectIdentifier::decode(reader)?;
        let outer = AnyRef::decode(reader)?;
        // The attributes of a bag may follow.
        reader.drain(reader.remaining_len())?;
        Ok((kind, AnyRef::from_der(outer.value())?))
    })
}

impl Contents {
    /// Reads the sequence of parts.
    fn read(&mut self, safes: &[u8]) -> Result<()> {
        let mut reader = SliceReader::new(safes)?;
        reader.sequence(|reader| {
            while !reader.is_finished() {
                let (kind, value) = content(reader)?;
                match kind {
                    DATA => self.read_bags(value.decode_as::<&OctetStringRef>()?.as_bytes())?,
                    ENCRYPTED_DATA => {
                        self.sealed += 1;
                        self.ciphers.extend(encrypted_content(value)?);
                    }
                    _ => self.sealed += 1,
                }
            }
            Ok(())
        })
    }

    fn read_bags(&mut self, bags: &[u8]) -> Result<()> {
        let mut reader = SliceReader::new(bags)?;
        reader.sequence(|reader| {
            while !reader.is_finished() {
                let (kind, value) = content(reader)?;
                match kind {
                    KEY_BAG => {
                        self.keys += 1;
                        self.open = self.open.take().or(der::pkcs8(&value.to_der()?));
                    }
                    SHROUDED_KEY_BAG => {
                        self.keys += 1;
                        let shrouded = der::encrypted_pkcs8(&value.to_der()?);
                        self.ciphers.extend(shrouded.and_then(|key| key.encryption));
                    }
                    CERTIFICATE_BAG => self.certificates += 1,
                    SECRET_BAG => self.secrets += 1,
                    _ => {}
                }
            }
            Ok(())
        })
    }

    fn key(self, has_mac: bool) -> Key {
        let holds = self.holds();
        let Self { open, mut ciphers, keys, sealed, .. } = self;
        let is_locked = open.is_none() && !ciphers.is_empty();
        // Keys are what matters; their cipher comes before that of the certificates.
        ciphers.sort();
        ciphers.dedup();
        let integrity = if has_mac { "MAC" } else { "none" };
        let key = Key { format: "PKCS#12", ..open.unwrap_or_else(|| Key::new("PKCS#12")) };
        // What is sealed as a whole may hold a key.
        let present = keys > 0 || sealed > 0;
        let key = Key { present, ..key }.encrypted(is_locked.then(|| ciphers.join("; ")));
        key.with("holds", holds).with("integrity", integrity)
    }

    /// `1 private key, 2 certificates, 1 encrypted part`.
    fn holds(&self) -> String {
        let counts = [
            (self.keys, "private key"),
            (self.certificates, "certificate"),
            (self.secrets, "secret"),
            (self.sealed, "encrypted part"),
        ];
        let told = counts.into_iter().filter(|(count, _)| *count > 0);
        let told =
            told.map(|(count, what)| format!("{count} {what}{}", if count > 1 { "s" } else { "" }));
        told.collect::<Vec<_>>().join(", ")
    }
}

/// How encrypted data are encrypted (RFC 5652, 8): version, then type, scheme and bytes.
fn encrypted_content(value: AnyRef) -> Result<Option<String>> {
    value.sequence(|reader| {
        u8::decode(reader)?;
        let scheme = reader.sequence(|reader| {
            <ObjectIdentifier>::decode(reader)?;
            let scheme = AlgorithmIdentifierRef::decode(reader)?;
            reader.drain(reader.remaining_len())?;
            Ok::<_, ::der::Error>(encryption::describe(&scheme))
        })?;
        reader.drain(reader.remaining_len())?;
        Ok(scheme)
    })
}
