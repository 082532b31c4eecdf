//! Installation tokens of GitHub in their stateless form: `ghs_`, the number of the app, `_`, and a
//! JSON Web Token
//! (<https://github.blog/changelog/2026-05-15-github-app-installation-tokens-per-request-override-header/>).

use super::fact::Tell as _;
use super::{Check, jwt, now};
use crate::finding::{Status, Verification};
use bstr::ByteSlice;

pub(super) struct Installation;

impl Check for Installation {
    fn name(&self) -> &'static str {
        "github-installation"
    }

    fn verify(&self, secret: &[u8]) -> Verification {
        let parts = secret.strip_prefix(b"ghs_").and_then(|rest| rest.split_once_str("_"));
        let Some((app, token)) = parts else { return Verification::default() };
        if app.is_empty() || !app.iter().all(u8::is_ascii_digit) {
            return Verification::default();
        }
        let seen = jwt::verify_at(token, now());
        if seen.status == Status::Unknown { seen } else { seen.tell("app_id", app.to_str().ok()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::example::expand;

    #[test]
    fn the_app_and_the_token_are_told() {
        let token = expand("ghs_1234_<<@jwt>>", 1).unwrap();
        let seen = Installation.verify(token.as_bytes());
        assert_eq!(seen.status, Status::WellFormed);
        assert_eq!((&*seen.facts["app_id"], &*seen.facts["algorithm"]), ("1234", "HS256"));
        let expired = expand("ghs_1234_<<@expired-jwt>>", 1).unwrap();
        assert_eq!(Installation.verify(expired.as_bytes()).status, Status::Expired);
    }

    #[test]
    fn anything_else_is_unknown() {
        for text in ["ghs_1234", "ghs_12x4_<<@jwt>>", "ghs__<<@jwt>>", "ghs_1234_eyJ.eyJ.x", ""] {
            let token = expand(text, 1).unwrap();
            assert_eq!(Installation.verify(token.as_bytes()), Verification::default(), "{text}");
        }
    }
}
