//! OpenPGP secret keys (RFC 9580, formerly 4880): versions 4 and 6, their algorithm, date and
//! fingerprint, and how they are encrypted. The packets are read here, as the crates for OpenPGP
//! bring every cipher and over a hundred further crates with them. User ids are not looked at.

use super::Key;
use super::arithmetic;
use super::public::{self, HexOf, Public};
use der::asn1::ObjectIdentifier;
use jiff::Timestamp;
use sha1::Sha1;
use sha2::{Digest, Sha256};

const SECRET_KEY: u8 = 5;
const SECRET_SUBKEY: u8 = 7;

/// The numbers that OpenPGP gave to two curves before they had others (RFC 9580, 9.2).
const ED25519_LEGACY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.11591.15.1");
const CURVE25519_LEGACY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.3029.1.5.1");

/// How the secret part is kept.
enum Protection {
    /// In clear; whether it has its checksum and is that of the public part.
    None {
        fits: bool,
    },
    Encrypted(String),
    /// Not here: on a card, or left at home.
    Elsewhere,
}

/// What the primary key says, with the protection of the first key whose secret part is here.
pub(super) fn key(bytes: &[u8]) -> Option<Key> {
    let mut secrets = Packets(bytes).filter(|(tag, _)| matches!(*tag, SECRET_KEY | SECRET_SUBKEY));
    let primary = Secret::read(secrets.next()?.1)?;
    let mut protection = primary.protection()?;
    for (_, body) in secrets {
        if !matches!(protection, Protection::Elsewhere) {
            break;
        }
        protection = Secret::read(body).and_then(|sub| sub.protection()).unwrap_or(protection);
    }
    let created = Timestamp::from_second(primary.created.into()).ok()?;
    let key = Key::new("OpenPGP")
        .with("fingerprint", primary.fingerprint())
        .with("created", created.to_string())
        .with_public(Some(primary.public));
    Some(match protection {
        Protection::None { fits } => key.fitting(fits),
        Protection::Encrypted(how) => key.encrypted(Some(how)),
        Protection::Elsewhere => Key { present: false, ..key }.with("holds", "no secret part"),
    })
}

/// The packets of a message: tag and body.
struct Packets<'a>(&'a [u8]);

impl<'a> Iterator for Packets<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (&first, rest) = self.0.split_first()?;
        let (tag, length, rest) = match first >> 6 {
            // The old format: the last two bits say how long the length is.
            0b10 => {
                let digits = 1 << (first & 3);
                let (length, rest) =
                    if digits == 8 { (rest.len(), rest) } else { big(rest, digits)? };
                (first >> 2 & 15, length, rest)
            }
            0b11 => {
                let (length, rest) = new_length(rest)?;
                (first & 63, length, rest)
            }
            _ => return None,
        };
        let (body, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, body))
    }
}

/// The length of a packet in the new format. Keys are not written in parts.
fn new_length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (&first, rest) = bytes.split_first()?;
    match first {
        0..192 => Some((usize::from(first), rest)),
        192..224 => {
            let (&second, rest) = rest.split_first()?;
            Some(((usize::from(first) - 192) * 256 + usize::from(second) + 192, rest))
        }
        255 => big(rest, 4),
        _ => None,
    }
}

/// A number of so many bytes.
fn big(bytes: &[u8], digits: usize) -> Option<(usize, &[u8])> {
    let (digits, rest) = bytes.split_at_checked(digits)?;
    Some((digits.iter().fold(0, |sum, digit| sum << 8 | usize::from(*digit)), rest))
}

/// A number with its length in bits before it.
fn mpi(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (bits, rest) = big(bytes, 2)?;
    rest.split_at_checked(bits.div_ceil(8))
}

/// So many of them.
fn mpis<const COUNT: usize>(mut bytes: &[u8]) -> Option<([&[u8]; COUNT], &[u8])> {
    let mut numbers = [&b""[..]; COUNT];
    for number in &mut numbers {
        (*number, bytes) = mpi(bytes)?;
    }
    Some((numbers, bytes))
}

/// A secret-key packet (RFC 9580, 5.5.3).
struct Secret<'a> {
    version: u8,
    created: u32,
    algorithm: u8,
    public: Public,
    /// All that the fingerprint is made of.
    hashed: &'a [u8],
    /// From the octet on that says how the secret part is kept.
    rest: &'a [u8],
}

impl<'a> Secret<'a> {
    fn read(body: &'a [u8]) -> Option<Self> {
        let (&[version, a, b, c, d, algorithm], rest) = body.split_first_chunk::<6>()?;
        let rest = match version {
            4 => rest,
            6 => rest.get(4..)?,
            _ => return None,
        };
        let (public, rest) = public_part(algorithm, rest)?;
        let created = u32::from_be_bytes([a, b, c, d]);
        let hashed = &body[..body.len() - rest.len()];
        Some(Self { version, created, algorithm, public, hashed, rest })
    }

    /// As `gpg --list-keys` prints it.
    fn fingerprint(&self) -> String {
        let length = self.hashed.len() as u32;
        if self.version == 6 {
            let hash = Sha256::new().chain_update([0x9b]).chain_update(length.to_be_bytes());
            return format!("{:X}", HexOf(&hash.chain_update(self.hashed).finalize()));
        }
        let hash = Sha1::new().chain_update([0x99]).chain_update((length as u16).to_be_bytes());
        format!("{:X}", HexOf(&hash.chain_update(self.hashed).finalize()))
    }

    fn protection(&self) -> Option<Protection> {
        let (&usage, rest) = self.rest.split_first()?;
        match usage {
            0 => Some(Protection::None { fits: self.fits(rest)? }),
            // A count of the following octets stands before them in version 6.
            253..=255 => {
                let rest = if self.version == 6 { rest.get(1..)? } else { rest };
                let (&cipher, rest) = rest.split_first()?;
                let rest = if usage == 253 { rest.get(1..)? } else { rest };
                let rest = if self.version == 6 { rest.get(1..)? } else { rest };
                protection(cipher_name(cipher), rest)
            }
            cipher => Some(Protection::Encrypted(format!(
                "{}, MD5 of the passphrase",
                cipher_name(cipher)
            ))),
        }
    }

    /// Whether the secret part in clear has its checksum and is that of the public part.
    fn fits(&self, rest: &[u8]) -> Option<bool> {
        let (private, checksum) = if self.version == 6 {
            (rest, None)
        } else {
            rest.split_last_chunk::<2>().map(|(p, c)| (p, Some(c)))?
        };
        let sum = private.iter().fold(0_u16, |sum, byte| sum.wrapping_add((*byte).into()));
        if checksum.is_some_and(|stored| u16::from_be_bytes(*stored) != sum) {
            return Some(false);
        }
        Some(match (&self.public, self.algorithm) {
            (Public::Rsa { n, e }, _) => {
                let ([d, p, q, _], _) = mpis(private)?;
                arithmetic::Rsa { n, e, d, p, q }.fits()
            }
            (Public::Dsa { p, g, y, .. }, _) => {
                arithmetic::dsa_fits(p, g, y, mpi(private)?.0).unwrap_or(true)
            }
            (Public::Ec { curve, .. }, _) => {
                let derived = Public::on_curve(*curve, mpi(private)?.0);
                derived.is_none_or(|derived| derived == self.public)
            }
            (Public::Raw { algorithm, key }, 18 | 22 | 25 | 27) => {
                let native = matches!(self.algorithm, 25 | 27);
                let private = if native { private } else { mpi(private)?.0 };
                let mut padded = [0; 32];
                let start = padded.len().checked_sub(private.len())?;
                padded[start..].copy_from_slice(private);
                if self.algorithm == 18 {
                    // A number, that is with the last byte first.
                    padded.reverse();
                }
                let is_signing = *algorithm == public::ED25519;
                let derived = if is_signing {
                    arithmetic::ed25519(&padded)
                } else {
                    arithmetic::x25519(&padded)
                };
                *key == derived
            }
            _ => true,
        })
    }
}

/// The public key of an algorithm at the beginning of `bytes`, and what follows it (RFC 9580,
/// 5.5.5).
fn public_part(algorithm: u8, bytes: &[u8]) -> Option<(Public, &[u8])> {
    let raw = |length: usize, name: &str| {
        let (key, rest) = bytes.split_at_checked(length)?;
        let algorithm = ObjectIdentifier::new(name).ok()?;
        Some((Public::Raw { algorithm, key: key.to_vec() }, rest))
    };
    match algorithm {
        1..=3 => mpis(bytes).map(|([n, e], rest)| (Public::rsa(n, e), rest)),
        16 => {
            let ([_, _, _], rest) = mpis(bytes)?;
            Some((Public::named("Elgamal"), rest))
        }
        17 => mpis(bytes).map(|(numbers, rest)| (Public::dsa(numbers), rest)),
        18 | 19 | 22 => {
            let (public, rest) = curve_part(bytes)?;
            // The hash and cipher of ECDH stand behind the point.
            let (length, after) = if algorithm == 18 { big(rest, 1)? } else { (0, rest) };
            Some((public, after.get(length..)?))
        }
        25 => raw(32, "1.3.101.110"),
        26 => raw(56, "1.3.101.111"),
        27 => raw(32, "1.3.101.112"),
        28 => raw(57, "1.3.101.113"),
        _ => None,
    }
}

/// A curve and a point on it.
fn curve_part(bytes: &[u8]) -> Option<(Public, &[u8])> {
    let (length, rest) = big(bytes, 1)?;
    let (curve, rest) = rest.split_at_checked(length)?;
    let curve = ObjectIdentifier::from_bytes(curve).ok()?;
    let (point, rest) = mpi(rest)?;
    let algorithm = match curve {
        ED25519_LEGACY => public::ED25519,
        CURVE25519_LEGACY => public::X25519,
        _ => return Some((Public::Ec { curve, point: point.to_vec() }, rest)),
    };
    // The point is marked as one in its curve's own form.
    let key = point.strip_prefix(&[0x40])?.to_vec();
    Some((Public::Raw { algorithm, key }, rest))
}

/// How a passphrase becomes a key (RFC 9580, 3.7.1), if the secret part is here at all (gnupg,
/// doc/DETAILS, "GNU extensions to the S2K algorithm").
fn protection(cipher: &str, bytes: &[u8]) -> Option<Protection> {
    let how = match bytes {
        [0, hash, ..] => format!("{} of the passphrase", hash_name(*hash)),
        [1, hash, ..] => format!("salted {} of the passphrase", hash_name(*hash)),
        [3, hash, salted @ ..] => {
            let count = u64::from(*salted.get(8)?);
            let octets = (16 + (count & 15)) << ((count >> 4) + 6);
            format!("salted and iterated {}, {octets} octets", hash_name(*hash))
        }
        [4, salted @ ..] => {
            let [t, p, m] = *salted.get(16..19)?.first_chunk::<3>()?;
            format!("Argon2id with t={t}, p={p}, m=2^{m} KiB")
        }
        [101, _, b'G', b'N', b'U', ..] => return Some(Protection::Elsewhere),
        _ => return None,
    };
    Some(Protection::Encrypted(format!("{cipher}, {how}")))
}

/// RFC 9580, 9.3.
fn cipher_name(id: u8) -> &'static str {
    match id {
        1 => "IDEA",
        2 => "3DES",
        3 => "CAST5",
        4 => "Blowfish",
        7 => "AES-128",
        8 => "AES-192",
        9 => "AES-256",
        10 => "Twofish",
        11 => "Camellia-128",
        12 => "Camellia-192",
        13 => "Camellia-256",
        _ => "an unknown cipher",
    }
}

/// RFC 9580, 9.5.
fn hash_name(id: u8) -> &'static str {
    match id {
        1 => "MD5",
        2 => "SHA-1",
        3 => "RIPEMD-160",
        8 => "SHA-256",
        9 => "SHA-384",
        10 => "SHA-512",
        11 => "SHA-224",
        _ => "an unknown hash",
    }
}
