//! Keys in DER: PKCS#1 (RFC 8017), SEC 1 (RFC 5915), the DSA of OpenSSL, PKCS#8 plain and encrypted
//! (RFC 5958), and PKCS#12, which has a file of its own. The bytes tell which it is, whatever the
//! label says.

use super::Key;
use super::arithmetic::{self, Remainders};
use super::encryption;
use super::pkcs12;
use super::public::{self, Public};
use der::asn1::{AnyRef, ObjectIdentifier, OctetStringRef, UintRef};
use der::{Decode, Header, Reader, SliceReader, Tag};
use pkcs8::PrivateKeyInfoRef;
use pkcs8::spki::AlgorithmIdentifierRef;

/// The key at the beginning of `bytes`. What follows it is the text's, not the key's.
pub(super) fn key(bytes: &[u8]) -> Option<Key> {
    let bytes = SliceReader::new(bytes).ok()?.tlv_bytes().ok()?;
    pkcs8(bytes)
        .or_else(|| pkcs1(bytes))
        .or_else(|| sec1(bytes, None))
        .or_else(|| dsa(bytes))
        .or_else(|| encrypted_pkcs8(bytes))
        .or_else(|| pkcs12::key(bytes))
}

/// An RSA key without any wrapping.
pub(super) fn pkcs1(bytes: &[u8]) -> Option<Key> {
    let key = pkcs1::RsaPrivateKeyRef::from_der(bytes).ok()?;
    let public = Public::rsa(key.modulus.as_bytes(), key.public_exponent.as_bytes());
    let numbers = arithmetic::Rsa {
        n: key.modulus.as_bytes(),
        e: key.public_exponent.as_bytes(),
        d: key.private_exponent.as_bytes(),
        p: key.prime1.as_bytes(),
        q: key.prime2.as_bytes(),
    };
    let kept = Remainders {
        dp: key.exponent1.as_bytes(),
        dq: key.exponent2.as_bytes(),
        qinv: key.coefficient.as_bytes(),
    };
    // Of a key with more primes, the first two do not give the modulus.
    let fits = key.other_prime_infos.is_some() || (numbers.fits() && numbers.has(&kept));
    Some(Key::new("PKCS#1").with_public(Some(public)).fitting(fits))
}

/// An EC key; inside PKCS#8 the `curve` stands outside.
fn sec1(bytes: &[u8], curve: Option<ObjectIdentifier>) -> Option<Key> {
    let Ok(key) = sec1::EcPrivateKey::from_der(bytes) else { return own_curve(bytes) };
    let named = || key.parameters.and_then(sec1::EcParameters::named_curve);
    let Some(curve) = curve.or_else(named) else { return own_curve(bytes) };
    let derived = Public::on_curve(curve, key.private_key);
    let (public, fits) = match (derived, key.public_key) {
        (Some(derived), None) => (derived, true),
        (Some(derived), Some(stored)) => {
            let fits = matches!(&derived, Public::Ec { point, .. } if is_point(stored, point));
            (derived, fits)
        }
        (None, Some(stored)) => {
            (Public::Ec { curve, point: stored.to_vec() }, !public::can_derive(curve))
        }
        (None, None) => {
            let key = Key::new("SEC 1").with_public(Some(Public::named("EC")));
            return Some(key.with("curve", public::name(curve)));
        }
    };
    Some(Key::new("SEC 1").with_public(Some(public)).fitting(fits))
}

/// An EC key that does not name its curve but describes it, or leaves it out.
fn own_curve(bytes: &[u8]) -> Option<Key> {
    let mut reader = SliceReader::new(bytes).ok()?;
    let next = reader.sequence(|reader| {
        u8::decode(reader)?;
        <&OctetStringRef>::decode(reader)?;
        let next = if reader.is_finished() { None } else { Some(AnyRef::decode(reader)?) };
        reader.drain(reader.remaining_len())?;
        Ok::<_, der::Error>(next)
    });
    // A description is a sequence; where it is left out, the public point may follow, a bit string.
    let is_own = next.ok()?.is_none_or(|next| matches!(next.value().first(), Some(0x30 | 0x03)));
    is_own.then(|| Key::new("SEC 1").with_public(Some(Public::named("EC"))))
}

/// Whether `stored` is this uncompressed `point`, in whatever form (SEC 1, 2.3.3).
fn is_point(stored: &[u8], point: &[u8]) -> bool {
    let half = point.len() / 2;
    match stored.first() {
        Some(form @ (2 | 3)) => {
            stored[1..] == point[1..=half] && point.last().is_some_and(|y| y & 1 == form & 1)
        }
        _ => stored == point,
    }
}

/// What OpenSSL writes under the label `DSA PRIVATE KEY`: version, p, q, g, y, x.
fn dsa(bytes: &[u8]) -> Option<Key> {
    let [version, public @ .., x] = numbers::<6>(bytes)?;
    let [p, _, g, y] = public;
    if version != [0] {
        return None;
    }
    let fits = arithmetic::dsa_fits(p, g, y, x).unwrap_or(true);
    Some(Key::new("DSA").with_public(Some(Public::dsa(public))).fitting(fits))
}

/// The numbers of which a sequence consists.
fn numbers<const COUNT: usize>(bytes: &[u8]) -> Option<[&[u8]; COUNT]> {
    let mut numbers = [&b""[..]; COUNT];
    let mut reader = SliceReader::new(bytes).ok()?;
    reader
        .sequence(|reader| {
            for number in &mut numbers {
                *number = UintRef::decode(reader)?.as_bytes();
            }
            Ok::<(), der::Error>(())
        })
        .ok()?;
    Some(numbers)
}

/// A key of any algorithm in the usual wrapping.
pub(super) fn pkcs8(bytes: &[u8]) -> Option<Key> {
    let info = PrivateKeyInfoRef::from_der(bytes).ok()?;
    let AlgorithmIdentifierRef { oid, parameters } = info.algorithm;
    let private = info.private_key.as_bytes();
    let stored = info.public_key.and_then(|key| key.as_bytes());
    let key = match oid {
        public::RSA | public::RSA_PSS => pkcs1(private)?,
        public::EC => sec1(private, parameters.and_then(|curve| curve.decode_as().ok()))?,
        public::DSA => pkcs8_dsa(parameters?, private)?,
        public::ED25519 | public::X25519 => {
            let private = <&OctetStringRef>::from_der(private).ok()?.as_bytes().try_into().ok()?;
            let public = if oid == public::ED25519 {
                Public::ed25519(&arithmetic::ed25519(private))
            } else {
                Public::x25519(&arithmetic::x25519(private))
            };
            let fits = match (&public, stored) {
                (Public::Raw { key, .. }, Some(stored)) => key == stored,
                _ => true,
            };
            Key::new("PKCS#8").with_public(Some(public)).fitting(fits)
        }
        _ => {
            let name = public::name(oid);
            Key::new("PKCS#8").with_public(Some(Public::named(&name)))
        }
    };
    Some(Key { format: "PKCS#8", ..key })
}

/// A DSA key whose domain stands outside (RFC 3279, 2.3.2).
fn pkcs8_dsa(domain: AnyRef, private: &[u8]) -> Option<Key> {
    let domain = der::Encode::to_der(&domain).ok()?;
    let [p, q, g] = numbers(&domain)?;
    let private = UintRef::from_der(private).ok()?;
    let public = arithmetic::dsa_public(p, g, private.as_bytes())?;
    Some(Key::new("PKCS#8").with_public(Some(Public::dsa([p, q, g, &public]))))
}

/// A key of which only the encryption stands in clear.
pub(super) fn encrypted_pkcs8(bytes: &[u8]) -> Option<Key> {
    let mut reader = SliceReader::new(bytes).ok()?;
    let algorithm = reader
        .sequence(|reader| {
            let algorithm = AlgorithmIdentifierRef::decode(reader)?;
            let data = Header::decode(reader)?;
            data.tag().assert_eq(Tag::OctetString)?;
            reader.drain(data.length())?;
            Ok::<_, der::Error>(algorithm)
        })
        .ok()?;
    Some(Key::new("PKCS#8").encrypted(Some(encryption::describe(&algorithm)?)))
}
