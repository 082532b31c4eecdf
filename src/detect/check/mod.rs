//! Offline verification: what the bytes of a secret say about themselves, without asking anyone.
//! One file a check; a rule names its check.

mod aws_key_id;
mod github;
mod jwt;
mod private_key;

use crate::finding::Verification;

/// An offline verification of one kind of secret.
pub trait Check: Sync {
    /// The name by which rules refer to it.
    fn name(&self) -> &'static str;

    /// What the secret says about itself.
    fn verify(&self, secret: &[u8]) -> Verification;

    /// The same with all that the rule's pattern has `matched`, the secret within it: what is no
    /// secret there, as the other fields of an object, may tell more.
    fn verify_in(&self, secret: &[u8], _matched: &[u8]) -> Verification {
        self.verify(secret)
    }

    /// `body` completed by what the check wants to see, for examples; `None` if it appends nothing.
    fn seal(&self, _body: &str) -> Option<String> {
        None
    }
}

/// All checks. A new one is added here.
static CHECKS: [&dyn Check; 4] =
    [&aws_key_id::AwsKeyId, &github::GitHub, &jwt::Jwt, &private_key::PrivateKey];

/// The check of that name.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static dyn Check> {
    CHECKS.into_iter().find(|check| check.name() == name)
}

/// The names of all checks.
#[must_use]
pub fn names() -> Vec<&'static str> {
    CHECKS.iter().map(|check| check.name()).collect()
}
