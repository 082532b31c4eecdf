//! Public keys: what they are called, and the fingerprints by which they are found again.

use super::arithmetic;
use der::asn1::{AnyRef, BitStringRef, UintRef};
use der::oid::ObjectIdentifier;
use der::{Encode, Tag};
use pkcs8::spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};
use sha2::{Digest, Sha256};
use ssh_key::HashAlg;
use ssh_key::public::{self as ssh, KeyData};

pub(super) const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
pub(super) const RSA_PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");
pub(super) const DSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10040.4.1");
pub(super) const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
pub(super) const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
pub(super) const X25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.110");
pub(super) const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
pub(super) const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
pub(super) const P521: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");
pub(super) const SECP256K1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.10");

/// The names of algorithms and curves (RFC 5480, 5639, 8410, 9802, 9881, 9935; SEC 2).
const NAMES: [(ObjectIdentifier, &str); 26] = [
    (RSA, "RSA"),
    (RSA_PSS, "RSA"),
    (DSA, "DSA"),
    (EC, "EC"),
    (ED25519, "Ed25519"),
    (X25519, "X25519"),
    (ObjectIdentifier::new_unwrap("1.3.101.111"), "X448"),
    (ObjectIdentifier::new_unwrap("1.3.101.113"), "Ed448"),
    (ObjectIdentifier::new_unwrap("1.2.840.113549.1.3.1"), "DH"),
    (ObjectIdentifier::new_unwrap("1.2.840.10046.2.1"), "DH"),
    (ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.3.17"), "ML-DSA-44"),
    (ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.3.18"), "ML-DSA-65"),
    (ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.3.19"), "ML-DSA-87"),
    (ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.4.1"), "ML-KEM-512"),
    (ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.4.2"), "ML-KEM-768"),
    (ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.4.3"), "ML-KEM-1024"),
    (P256, "P-256"),
    (P384, "P-384"),
    (P521, "P-521"),
    (SECP256K1, "secp256k1"),
    (ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.1"), "P-192"),
    (ObjectIdentifier::new_unwrap("1.3.132.0.33"), "P-224"),
    (ObjectIdentifier::new_unwrap("1.3.36.3.3.2.8.1.1.7"), "brainpoolP256r1"),
    (ObjectIdentifier::new_unwrap("1.3.36.3.3.2.8.1.1.11"), "brainpoolP384r1"),
    (ObjectIdentifier::new_unwrap("1.3.36.3.3.2.8.1.1.13"), "brainpoolP512r1"),
    (ObjectIdentifier::new_unwrap("1.2.156.10197.1.301"), "SM2"),
];

/// The name of an algorithm or curve, or its number if it is none of the usual ones.
pub(super) fn name(oid: ObjectIdentifier) -> String {
    let known = NAMES.iter().find(|(known, _)| *known == oid);
    known.map_or_else(|| oid.to_string(), |(_, name)| (*name).to_owned())
}

/// Whether the public point of a private key on this curve can be told.
pub(super) fn can_derive(curve: ObjectIdentifier) -> bool {
    [P256, P384, P521, SECP256K1].contains(&curve)
}

/// A public key. Numbers are big-endian without leading zeros, points uncompressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Public {
    Rsa {
        n: Vec<u8>,
        e: Vec<u8>,
    },
    Dsa {
        p: Vec<u8>,
        q: Vec<u8>,
        g: Vec<u8>,
        y: Vec<u8>,
    },
    Ec {
        curve: ObjectIdentifier,
        point: Vec<u8>,
    },
    /// Ed25519, X25519 and their larger sisters, whose keys are plain bytes.
    Raw {
        algorithm: ObjectIdentifier,
        key: Vec<u8>,
    },
    /// A kind that only its name says anything about.
    Other {
        name: String,
        fingerprint: Option<String>,
    },
}

impl Public {
    pub(super) fn rsa(n: &[u8], e: &[u8]) -> Self {
        let [n, e] = [n, e].map(|number| arithmetic::trimmed(number).to_vec());
        Self::Rsa { n, e }
    }

    pub(super) fn dsa([p, q, g, y]: [&[u8]; 4]) -> Self {
        let [p, q, g, y] = [p, q, g, y].map(|number| arithmetic::trimmed(number).to_vec());
        Self::Dsa { p, q, g, y }
    }

    /// A key of which nothing but its kind is known.
    pub(super) fn named(name: &str) -> Self {
        Self::Other { name: name.to_owned(), fingerprint: None }
    }

    pub(super) fn ed25519(key: &[u8; 32]) -> Self {
        Self::Raw { algorithm: ED25519, key: key.to_vec() }
    }

    pub(super) fn x25519(key: &[u8; 32]) -> Self {
        Self::Raw { algorithm: X25519, key: key.to_vec() }
    }

    /// The public key of `scalar` on a curve that we can count on; `None` on others.
    pub(super) fn on_curve(curve: ObjectIdentifier, scalar: &[u8]) -> Option<Self> {
        let point = match curve {
            P256 => arithmetic::point::<p256::NistP256>(scalar)?,
            P384 => arithmetic::point::<p384::NistP384>(scalar)?,
            P521 => arithmetic::point::<p521::NistP521>(scalar)?,
            SECP256K1 => arithmetic::point::<k256::Secp256k1>(scalar)?,
            _ => return None,
        };
        Some(Self::Ec { curve, point })
    }

    /// The public key of an SSH key.
    pub(super) fn of_ssh(data: &KeyData) -> Self {
        let known = match data {
            KeyData::Rsa(key) => {
                unsigned(&key.n).zip(unsigned(&key.e)).map(|(n, e)| Self::rsa(n, e))
            }
            KeyData::Dsa(key) => (|| {
                let [p, q, g, y] = [&key.p, &key.q, &key.g, &key.y].map(unsigned);
                Some(Self::dsa([p?, q?, g?, y?]))
            })(),
            KeyData::Ecdsa(key) => {
                let point = key.as_sec1_bytes().to_vec();
                let curve = match key {
                    ssh::EcdsaPublicKey::NistP256(_) => P256,
                    ssh::EcdsaPublicKey::NistP384(_) => P384,
                    ssh::EcdsaPublicKey::NistP521(_) => P521,
                };
                Some(Self::Ec { curve, point })
            }
            KeyData::Ed25519(key) => Some(Self::ed25519(&key.0)),
            _ => None,
        };
        known.unwrap_or_else(|| Self::Other {
            name: data.algorithm().as_str().to_owned(),
            fingerprint: Some(data.fingerprint(HashAlg::Sha256).to_string()),
        })
    }

    /// What it says of itself: `key`, `bits` or `curve`, and its fingerprints.
    pub(super) fn facts(&self) -> Vec<(&'static str, String)> {
        let mut facts = match self {
            Self::Rsa { n, .. } => vec![("key", "RSA".to_owned()), ("bits", bits(n))],
            Self::Dsa { p, .. } => vec![("key", "DSA".to_owned()), ("bits", bits(p))],
            Self::Ec { curve, .. } => vec![("key", "EC".to_owned()), ("curve", name(*curve))],
            Self::Raw { algorithm, .. } => vec![("key", name(*algorithm))],
            Self::Other { name, .. } => vec![("key", name.clone())],
        };
        facts.extend(self.ssh_fingerprint().map(|hash| ("fingerprint", hash)));
        facts.extend(self.spki_fingerprint().map(|hash| ("spki_sha256", hash)));
        facts
    }

    /// The fingerprint as `ssh-keygen -l` prints it, if SSH can use such a key.
    fn ssh_fingerprint(&self) -> Option<String> {
        if let Self::Other { fingerprint, .. } = self {
            return fingerprint.clone();
        }
        let number = |bytes: &[u8]| ssh_key::Mpint::from_positive_bytes(bytes).ok();
        let data = match self {
            Self::Rsa { n, e } => KeyData::Rsa(ssh::RsaPublicKey { e: number(e)?, n: number(n)? }),
            Self::Dsa { p, q, g, y } => KeyData::Dsa(ssh::DsaPublicKey {
                p: number(p)?,
                q: number(q)?,
                g: number(g)?,
                y: number(y)?,
            }),
            Self::Ec { curve: P256 | P384 | P521, point } => {
                KeyData::Ecdsa(ssh::EcdsaPublicKey::from_sec1_bytes(point).ok()?)
            }
            Self::Raw { algorithm: ED25519, key } => {
                KeyData::Ed25519(ssh::Ed25519PublicKey(key.as_slice().try_into().ok()?))
            }
            _ => return None,
        };
        Some(data.fingerprint(HashAlg::Sha256).to_string())
    }

    /// The SHA-256 of the `SubjectPublicKeyInfo` in hex, by which certificates are searched.
    fn spki_fingerprint(&self) -> Option<String> {
        Some(format!("{:x}", HexOf(&Sha256::digest(self.spki()?))))
    }

    /// The `SubjectPublicKeyInfo` (RFC 5280, 4.1.2.7; RFC 3279, 2.3).
    fn spki(&self) -> Option<Vec<u8>> {
        match self {
            Self::Rsa { n, e } => {
                let (modulus, public_exponent) = (UintRef::new(n).ok()?, UintRef::new(e).ok()?);
                let key = pkcs1::RsaPublicKey { modulus, public_exponent }.to_der().ok()?;
                info(RSA, Some(AnyRef::NULL), &key)
            }
            Self::Dsa { p, q, g, y } => {
                let numbers = [p, q, g].map(|number| UintRef::new(number).and_then(|n| n.to_der()));
                let numbers: Result<Vec<Vec<u8>>, _> = numbers.into_iter().collect();
                let numbers = numbers.ok()?.concat();
                let domain = AnyRef::new(Tag::Sequence, &numbers).ok()?;
                info(DSA, Some(domain), &UintRef::new(y).ok()?.to_der().ok()?)
            }
            Self::Ec { curve, point } => info(EC, Some(curve.into()), point),
            Self::Raw { algorithm, key } => info(*algorithm, None, key),
            Self::Other { .. } => None,
        }
    }
}

fn info(oid: ObjectIdentifier, parameters: Option<AnyRef>, key: &[u8]) -> Option<Vec<u8>> {
    let algorithm = AlgorithmIdentifierRef { oid, parameters };
    let subject_public_key = BitStringRef::from_bytes(key).ok()?;
    SubjectPublicKeyInfoRef { algorithm, subject_public_key }.to_der().ok()
}

/// The bytes of an SSH number without its sign.
pub(super) fn unsigned(number: &ssh_key::Mpint) -> Option<&[u8]> {
    number.as_positive_bytes()
}

/// The bits of a number without leading zeros.
fn bits(number: &[u8]) -> String {
    let unused = number.first().map_or(0, |byte| byte.leading_zeros() as usize);
    (number.len() * 8 - unused).to_string()
}

/// Bytes that are written in hex.
pub(super) struct HexOf<'a>(pub(super) &'a [u8]);

impl std::fmt::LowerHex for HexOf<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl std::fmt::UpperHex for HexOf<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02X}"))
    }
}
