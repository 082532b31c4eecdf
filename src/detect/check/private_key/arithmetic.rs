//! Whether the numbers of a private key fit each other. Keys are read to be reported, not to be
//! used, so nothing here takes care to run in constant time.

use crypto_bigint::modular::{BoxedMontyForm, BoxedMontyParams};
use crypto_bigint::{BoxedUint, ConcatenatingMul, NonZero, Odd};
use curve25519_dalek::{EdwardsPoint, MontgomeryPoint};
use elliptic_curve::sec1::{FromSec1Point, ModulusSize, ToSec1Point};
use elliptic_curve::{AffinePoint, CurveArithmetic, FieldBytes, FieldBytesSize, SecretKey};
use sha2::{Digest, Sha512};

/// Longer numbers are not compared, as nobody has such keys and the time grows with the square.
const MOST_BYTES: usize = 2048;
/// The exponent of DSA is as long as its small prime.
const MOST_EXPONENT_BYTES: usize = 64;

/// The numbers of an RSA key with two primes, big-endian.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rsa<'a> {
    pub(super) n: &'a [u8],
    pub(super) e: &'a [u8],
    pub(super) d: &'a [u8],
    pub(super) p: &'a [u8],
    pub(super) q: &'a [u8],
}

/// What PKCS#1 keeps beside them: `d` for either prime, and `q` inverted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Remainders<'a> {
    pub(super) dp: &'a [u8],
    pub(super) dq: &'a [u8],
    pub(super) qinv: &'a [u8],
}

impl Rsa<'_> {
    /// Whether `p·q = n`, and `d` undoes `e` (RFC 8017, 3.2).
    pub(super) fn fits(&self) -> bool {
        if [self.n, self.e, self.d, self.p, self.q].iter().any(|part| part.len() > MOST_BYTES) {
            return true;
        }
        let [p, q] = [self.p, self.q].map(number);
        let product = p.concatenating_mul(&q);
        *product.to_be_bytes_trimmed_vartime() == *trimmed(self.n)
            && inverts(self.e, self.d, &less_one(&p))
            && inverts(self.e, self.d, &less_one(&q))
    }

    /// Whether the numbers kept beside them follow from them.
    pub(super) fn has(&self, kept: &Remainders) -> bool {
        if [self.d, self.p, self.q, kept.dp, kept.dq, kept.qinv]
            .iter()
            .any(|part| part.len() > MOST_BYTES)
        {
            return true;
        }
        let [p, q] = [self.p, self.q].map(number);
        let same = |kept: &[u8], modulus: &BoxedUint| {
            remainder(&number(self.d), modulus)
                .is_some_and(|rest| *rest.to_be_bytes_trimmed_vartime() == *trimmed(kept))
        };
        same(kept.dp, &less_one(&p))
            && same(kept.dq, &less_one(&q))
            && inverts(self.q, kept.qinv, &p)
    }
}

/// Whether `a·b` is 1 modulo `modulus`.
fn inverts(a: &[u8], b: &[u8], modulus: &BoxedUint) -> bool {
    remainder(&number(a).concatenating_mul(number(b)), modulus)
        .is_some_and(|rest| rest.is_one().into())
}

fn remainder(number: &BoxedUint, modulus: &BoxedUint) -> Option<BoxedUint> {
    let modulus: Option<NonZero<BoxedUint>> = modulus.to_nz().into();
    Some(number.rem_vartime(&modulus?))
}

fn less_one(number: &BoxedUint) -> BoxedUint {
    number.wrapping_sub(BoxedUint::one())
}

fn number(bytes: &[u8]) -> BoxedUint {
    BoxedUint::from_be_slice_vartime(bytes)
}

/// Without leading zeros.
pub(crate) fn trimmed(bytes: &[u8]) -> &[u8] {
    &bytes[bytes.iter().take_while(|byte| **byte == 0).count()..]
}

/// Whether `y = g^x mod p` (DSA, FIPS 186-4). `None` if the numbers are too long to compare.
pub(super) fn dsa_fits(p: &[u8], g: &[u8], y: &[u8], x: &[u8]) -> Option<bool> {
    dsa_public(p, g, x).map(|derived| derived == trimmed(y))
}

/// `g^x mod p`. `None` if the numbers are too long, or none of a key.
pub(crate) fn dsa_public(p: &[u8], g: &[u8], x: &[u8]) -> Option<Vec<u8>> {
    let [p, g, x] = [p, g, x].map(trimmed);
    if p.len().max(g.len()) > MOST_BYTES / 4 || x.len() > MOST_EXPONENT_BYTES {
        return None;
    }
    let modulus: Option<Odd<BoxedUint>> = number(p).to_odd().into();
    let modulus = modulus?;
    let base = number(g).rem_vartime(modulus.as_nz_ref());
    let params = BoxedMontyParams::new_vartime(modulus);
    let power = BoxedMontyForm::new(base, &params).pow(&number(x)).retrieve();
    Some(power.to_be_bytes_trimmed_vartime().into_vec())
}

/// The public point of `scalar` on the curve `C`, uncompressed. `None` if it is no scalar there.
pub(crate) fn point<C>(scalar: &[u8]) -> Option<Vec<u8>>
where
    C: CurveArithmetic,
    FieldBytesSize<C>: ModulusSize,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
{
    let scalar = trimmed(scalar);
    let mut padded = FieldBytes::<C>::default();
    let start = padded.len().checked_sub(scalar.len())?;
    padded[start..].copy_from_slice(scalar);
    let public = SecretKey::<C>::from_bytes(&padded).ok()?.public_key();
    Some(public.to_sec1_point(false).as_bytes().to_vec())
}

/// The public key of an Ed25519 seed (RFC 8032, 5.1.5).
pub(crate) fn ed25519(seed: &[u8; 32]) -> [u8; 32] {
    let hash = Sha512::digest(seed);
    let mut scalar = [0; 32];
    scalar.copy_from_slice(&hash[..32]);
    EdwardsPoint::mul_base_clamped(scalar).compress().to_bytes()
}

/// The public key of an X25519 scalar (RFC 7748, 6.1).
pub(crate) fn x25519(scalar: &[u8; 32]) -> [u8; 32] {
    MontgomeryPoint::mul_base_clamped(*scalar).to_bytes()
}
