//! Keys of Stripe say in their prefix what they may do, and whether they move money
//! (<https://docs.stripe.com/keys>).

use super::fact::Tell as _;
use super::{Check, published};
use crate::finding::{Status, Verification};
use bstr::ByteSlice;

pub(super) struct Stripe;

/// The shortest body.
const BODY: usize = 24;

impl Check for Stripe {
    fn name(&self) -> &'static str {
        "stripe"
    }

    fn verify(&self, secret: &[u8]) -> Verification {
        let parts: Vec<&[u8]> = secret.split(|b| *b == b'_').collect();
        let (kind, mode, body) = match parts[..] {
            [b"sk", mode, body] => ("secret", mode, body),
            [b"rk", mode, body] => ("restricted", mode, body),
            [b"sk", b"org", mode, body] => ("organization", mode, body),
            _ => return Verification::default(),
        };
        let formed = body.len() >= BODY && body.iter().all(u8::is_ascii_alphanumeric);
        if !formed || !matches!(mode, b"live" | b"test") {
            return Verification::default();
        }
        Verification::new(Status::WellFormed)
            .tell("kind", Some(kind))
            .tell("mode", mode.to_str().ok())
            .tell("published", published::place(secret))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::example::expand;

    #[test]
    fn kind_and_mode() {
        for (prefix, kind, mode) in [
            ("sk_live", "secret", "live"),
            ("rk_test", "restricted", "test"),
            ("sk_org_live", "organization", "live"),
        ] {
            let key = expand(&format!("<<{prefix}_[0-9A-Za-z]{{24}}>>"), 1).unwrap();
            let seen = Stripe.verify(key.as_bytes());
            assert_eq!(seen.status, Status::WellFormed);
            assert_eq!((&*seen.facts["kind"], &*seen.facts["mode"]), (kind, mode));
            for end in 0..key.len() {
                assert_eq!(Stripe.verify(&key.as_bytes()[..end]), Verification::default());
            }
        }
    }
}
