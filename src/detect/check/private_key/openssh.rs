//! The container of OpenSSH (PROTOCOL.key). The public key stands in clear even where the private
//! one is encrypted.

use super::Key;
use super::arithmetic;
use super::public::{self, Public, unsigned};
use ssh_key::private::{EcdsaKeypair, KeypairData};
use ssh_key::{Error, Kdf, PrivateKey};

/// How the container begins.
pub(super) const MAGIC: &[u8] = b"openssh-key-v1\0";

pub(super) fn key(bytes: &[u8]) -> Option<Key> {
    let key = match PrivateKey::from_bytes(bytes) {
        Ok(key) => key,
        // The check numbers differ, or the two halves do.
        Err(Error::Crypto | Error::PublicKey) => return Some(Key::new("OpenSSH").fitting(false)),
        Err(_) => return None,
    };
    let found = Key::new("OpenSSH").with_public(Some(Public::of_ssh(key.public_key().key_data())));
    let found = found.fitting(fits(key.key_data()).unwrap_or(true));
    if !key.is_encrypted() {
        return Some(found);
    }
    let kdf = match key.kdf() {
        Kdf::Bcrypt { rounds, .. } => format!("bcrypt, {rounds} rounds"),
        other => other.algorithm().as_str().to_owned(),
    };
    Some(found.encrypted(Some(format!("{}, {kdf}", key.cipher().as_str()))))
}

/// Whether the private half is that of the public one. `None` if that cannot be told.
fn fits(pair: &KeypairData) -> Option<bool> {
    match pair {
        KeypairData::Rsa(pair) => {
            let numbers = arithmetic::Rsa {
                n: unsigned(&pair.public.n)?,
                e: unsigned(&pair.public.e)?,
                d: unsigned(&pair.private.d)?,
                p: unsigned(&pair.private.p)?,
                q: unsigned(&pair.private.q)?,
            };
            Some(numbers.fits())
        }
        KeypairData::Dsa(pair) => arithmetic::dsa_fits(
            unsigned(&pair.public.p)?,
            unsigned(&pair.public.g)?,
            unsigned(&pair.public.y)?,
            unsigned(pair.private.as_mpint())?,
        ),
        KeypairData::Ed25519(pair) => {
            Some(arithmetic::ed25519(&pair.private.to_bytes()) == pair.public.0)
        }
        KeypairData::Ecdsa(pair) => {
            let curve = match pair {
                EcdsaKeypair::NistP256 { .. } => public::P256,
                EcdsaKeypair::NistP384 { .. } => public::P384,
                EcdsaKeypair::NistP521 { .. } => public::P521,
            };
            let derived = Public::on_curve(curve, pair.private_key_bytes());
            let stored = pair.public_key_bytes();
            let is_same = |key: &Public| matches!(key, Public::Ec { point, .. } if point == stored);
            Some(derived.as_ref().is_some_and(is_same))
        }
        _ => None,
    }
}
