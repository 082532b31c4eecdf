//! How PKCS#8 and PKCS#12 encrypt with a password: PBES1 and PBES2 (RFC 8018), scrypt (RFC 7914)
//! and the schemes of PKCS#12 (RFC 7292, appendix C). Only names and work factors are read. The
//! crate `pkcs5` knows fewer ciphers than stand in files, and longer salts or more rounds than it
//! allows.

use der::asn1::{AnyRef, ObjectIdentifier, OctetStringRef};
use der::{Decode, Reader, Tag};
use pkcs8::spki::AlgorithmIdentifierRef;

const PBES2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.5.13");
const PBKDF2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.5.12");
const SCRYPT: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.11591.4.11");

/// The names of ciphers and hashes (RFC 8018, appendices B and C; RFC 5794; NIST's registry of algorithms).
const NAMES: [(&str, &str); 33] = [
    ("2.16.840.1.101.3.4.1.2", "AES-128-CBC"),
    ("2.16.840.1.101.3.4.1.6", "AES-128-GCM"),
    ("2.16.840.1.101.3.4.1.22", "AES-192-CBC"),
    ("2.16.840.1.101.3.4.1.26", "AES-192-GCM"),
    ("2.16.840.1.101.3.4.1.42", "AES-256-CBC"),
    ("2.16.840.1.101.3.4.1.46", "AES-256-GCM"),
    ("1.2.840.113549.3.7", "3DES-CBC"),
    ("1.3.14.3.2.7", "DES-CBC"),
    ("1.2.840.113549.3.2", "RC2-CBC"),
    ("1.2.392.200011.61.1.1.1.2", "Camellia-128-CBC"),
    ("1.2.392.200011.61.1.1.1.4", "Camellia-256-CBC"),
    ("1.2.410.200046.1.1.2", "ARIA-128-CBC"),
    ("1.2.410.200046.1.1.12", "ARIA-256-CBC"),
    ("1.2.156.10197.1.104.2", "SM4-CBC"),
    ("1.2.840.113549.2.7", "HMAC-SHA1"),
    ("1.2.840.113549.2.8", "HMAC-SHA224"),
    ("1.2.840.113549.2.9", "HMAC-SHA256"),
    ("1.2.840.113549.2.10", "HMAC-SHA384"),
    ("1.2.840.113549.2.11", "HMAC-SHA512"),
    ("1.2.156.10197.1.401.2", "HMAC-SM3"),
    ("1.2.840.113549.1.5.1", "PBES1 with MD2 and DES-CBC"),
    ("1.2.840.113549.1.5.3", "PBES1 with MD5 and DES-CBC"),
    ("1.2.840.113549.1.5.4", "PBES1 with MD2 and RC2-CBC"),
    ("1.2.840.113549.1.5.6", "PBES1 with MD5 and RC2-CBC"),
    ("1.2.840.113549.1.5.10", "PBES1 with SHA1 and DES-CBC"),
    ("1.2.840.113549.1.5.11", "PBES1 with SHA1 and RC2-CBC"),
    ("1.2.840.113549.1.12.1.1", "PKCS#12 with SHA1 and RC4-128"),
    ("1.2.840.113549.1.12.1.2", "PKCS#12 with SHA1 and RC4-40"),
    ("1.2.840.113549.1.12.1.3", "PKCS#12 with SHA1 and 3DES-CBC"),
    ("1.2.840.113549.1.12.1.4", "PKCS#12 with SHA1 and 2-key 3DES-CBC"),
    ("1.2.840.113549.1.12.1.5", "PKCS#12 with SHA1 and RC2-128-CBC"),
    ("1.2.840.113549.1.12.1.6", "PKCS#12 with SHA1 and RC2-40-CBC"),
    ("1.3.6.1.4.1.42.2.17.1.1", "the cipher of Java key stores"),
];

fn name(oid: ObjectIdentifier) -> String {
    let number = oid.to_string();
    let known = NAMES.iter().find(|(known, _)| *known == number);
    known.map_or(number, |(_, name)| (*name).to_owned())
}

/// `AES-256-CBC, PBKDF2 with HMAC-SHA256, 2048 iterations`. `None` if it is no such scheme.
pub(super) fn describe(scheme: &AlgorithmIdentifierRef) -> Option<String> {
    if scheme.oid != PBES2 {
        let known = name(scheme.oid);
        if known == scheme.oid.to_string() {
            return None;
        }
        let rounds = scheme.parameters.and_then(|parameters| iterations(parameters).ok());
        return Some(
            rounds.map_or(known.clone(), |rounds| format!("{known}, {rounds} iterations")),
        );
    }
    let (kdf, cipher) = scheme
        .parameters?
        .sequence(|reader| {
            let kdf = AlgorithmIdentifierRef::decode(reader)?;
            let cipher = AlgorithmIdentifierRef::decode(reader)?;
            reader.drain(reader.remaining_len())?;
            Ok::<_, der::Error>((kdf, cipher))
        })
        .ok()?;
    let how = match kdf.oid {
        PBKDF2 => pbkdf2(kdf.parameters?).ok()?,
        SCRYPT => scrypt(kdf.parameters?).ok()?,
        other => name(other),
    };
    Some(format!("{}, {how}", name(cipher.oid)))
}

/// Salt and iterations, as all schemes before PBES2 have them.
fn iterations(parameters: AnyRef) -> der::Result<u64> {
    parameters.sequence(|reader| {
        <&OctetStringRef>::decode(reader)?;
        let rounds = u64::decode(reader)?;
        reader.drain(reader.remaining_len())?;
        Ok(rounds)
    })
}

/// Salt, iterations, perhaps the length of the key, and the function unless it is HMAC-SHA1.
fn pbkdf2(parameters: AnyRef) -> der::Result<String> {
    parameters.sequence(|reader| {
        AnyRef::decode(reader)?;
        let rounds = u64::decode(reader)?;
        if !reader.is_finished() && Tag::peek(reader)? == Tag::Integer {
            u64::decode(reader)?;
        }
        let function = if reader.is_finished() {
            "HMAC-SHA1".to_owned()
        } else {
            name(AlgorithmIdentifierRef::decode(reader)?.oid)
        };
        Ok(format!("PBKDF2 with {function}, {rounds} iterations"))
    })
}

/// Salt, cost, block size, parallelisation.
fn scrypt(parameters: AnyRef) -> der::Result<String> {
    parameters.sequence(|reader| {
        <&OctetStringRef>::decode(reader)?;
        let [n, r, p] = [u64::decode(reader)?, u64::decode(reader)?, u64::decode(reader)?];
        reader.drain(reader.remaining_len())?;
        Ok(format!("scrypt with N={n}, r={r}, p={p}"))
    })
}
