//! Service account tokens of 1Password: `ops_` and base64url of a JSON object, which names the address
//! and the account beside the secrets
//! (<https://developer.1password.com/docs/service-accounts/security/>).

use super::fact::{Tell as _, host};
use super::{Check, encoded};
use crate::finding::{Status, Verification};

pub(super) struct OnePassword;

impl Check for OnePassword {
    fn name(&self) -> &'static str {
        "1password"
    }

    fn verify(&self, secret: &[u8]) -> Verification {
        let object = secret.strip_prefix(b"ops_").and_then(encoded::object).unwrap_or_default();
        let (address, email) = (object["signInAddress"].as_str(), object["email"].as_str());
        let (Some(address), Some(email)) = (address, email) else {
            return Verification::default();
        };
        if object["muk"].is_null() || object["secretKey"].is_null() {
            return Verification::default();
        }
        Verification::new(Status::WellFormed)
            .tell("address", Some(host(address)))
            .tell("account", Some(email))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::example::expand;

    #[test]
    fn the_address_is_told_and_no_secret() {
        let token = expand("<<@1password-token>>", 1).unwrap();
        let seen = OnePassword.verify(token.as_bytes());
        assert_eq!(seen.status, Status::WellFormed);
        assert_eq!(seen.facts["address"], "example.1password.com");
        assert_eq!(seen.facts.len(), 2);
        for end in 0..token.len() - 3 {
            assert_eq!(OnePassword.verify(&token.as_bytes()[..end]).status, Status::Unknown);
        }
        assert_eq!(OnePassword.verify(b"ops_e30").status, Status::Unknown);
    }
}
