//! JSON Web Keys (RFC 7517) with a private part: RSA and EC (RFC 7518, 6), Ed25519 and X25519 (RFC
//! 8037).

use super::Key;
use super::arithmetic::{self, Remainders};
use super::public::{self, Public};
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use bstr::ByteSlice;
use serde_json::Value;

pub(super) fn key(text: &[u8]) -> Option<Key> {
    // In a string of a program, its quotes are escaped.
    let plain = text.replace("\\\"", "\"");
    let object = serde_json::Deserializer::from_slice(&plain).into_iter::<Value>().next()?.ok()?;
    let part = |name: &str| {
        let digits = object[name].as_str()?.trim_end_matches('=');
        BASE64_URL_SAFE_NO_PAD.decode(digits).ok()
    };
    let key = match object["kty"].as_str()? {
        "RSA" => rsa(part)?,
        "EC" => ec(object["crv"].as_str()?, part)?,
        "OKP" => okp(object["crv"].as_str()?, part)?,
        _ => return None,
    };
    Some(key)
}

fn rsa(part: impl Fn(&str) -> Option<Vec<u8>>) -> Option<Key> {
    let (modulus, exponent, private) = (part("n")?, part("e")?, part("d")?);
    let key = Key::new("JWK").with_public(Some(Public::rsa(&modulus, &exponent)));
    let (Some(p), Some(q)) = (part("p"), part("q")) else { return Some(key) };
    let numbers = arithmetic::Rsa { n: &modulus, e: &exponent, d: &private, p: &p, q: &q };
    let kept = match (part("dp"), part("dq"), part("qi")) {
        (Some(dp), Some(dq), Some(qinv)) => {
            numbers.has(&Remainders { dp: &dp, dq: &dq, qinv: &qinv })
        }
        _ => true,
    };
    Some(key.fitting(kept && numbers.fits()))
}

fn ec(curve: &str, part: impl Fn(&str) -> Option<Vec<u8>>) -> Option<Key> {
    let curve = match curve {
        "P-256" => public::P256,
        "P-384" => public::P384,
        "P-521" => public::P521,
        "secp256k1" => public::SECP256K1,
        _ => return None,
    };
    let mut point = vec![4];
    let (x, y) = (part("x")?, part("y")?);
    point.extend(x);
    point.extend(y);
    let stored = Public::Ec { curve, point };
    let fits = Public::on_curve(curve, &part("d")?).is_some_and(|derived| derived == stored);
    Some(Key::new("JWK").with_public(Some(stored)).fitting(fits))
}

fn okp(curve: &str, part: impl Fn(&str) -> Option<Vec<u8>>) -> Option<Key> {
    let private: [u8; 32] = part("d")?.try_into().ok()?;
    let public = match curve {
        "Ed25519" => Public::ed25519(&arithmetic::ed25519(&private)),
        "X25519" => Public::x25519(&arithmetic::x25519(&private)),
        _ => return None,
    };
    let stored = part("x");
    let fits = matches!(&public, Public::Raw { key, .. } if stored.is_none_or(|x| x == *key));
    Some(Key::new("JWK").with_public(Some(public)).fitting(fits))
}
