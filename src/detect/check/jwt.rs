//! JSON Web Tokens (RFC 7519) say who issued them and until when they are valid.

use super::Check;
use crate::finding::{Status, Verification};
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use jiff::Timestamp;
use serde_json::Value;

pub(super) struct Jwt;

impl Check for Jwt {
    fn name(&self) -> &'static str {
        "jwt"
    }

    fn verify(&self, secret: &[u8]) -> Verification {
        verify_at(secret, Timestamp::now())
    }
}

fn verify_at(secret: &[u8], now: Timestamp) -> Verification {
    let mut parts = secret.split(|b| *b == b'.');
    let (header, payload) = (parts.next().and_then(object), parts.next().and_then(object));
    let (Some(header), Some(payload)) = (header, payload) else {
        return Verification::default();
    };
    let Some(algorithm) = header["alg"].as_str() else {
        return Verification::default();
    };
    let mut seen = Verification::new(Status::WellFormed).with("algorithm", fact(algorithm));
    if let Some(issuer) = payload["iss"].as_str() {
        seen = seen.with("issuer", fact(issuer));
    }
    let expires = payload["exp"].as_f64().and_then(|s| Timestamp::from_second(s as i64).ok());
    if let Some(expires) = expires {
        seen = seen.with("expires", expires.to_string());
        if expires < now {
            seen.status = Status::Expired;
        }
    }
    seen
}

fn object(part: &[u8]) -> Option<Value> {
    let part = part.strip_suffix(b"==").or_else(|| part.strip_suffix(b"=")).unwrap_or(part);
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(part).ok()?;
    serde_json::from_slice::<Value>(&bytes).ok().filter(Value::is_object)
}

/// Claims are the token's author's text: short, and nothing but printable ASCII.
fn fact(claim: &str) -> String {
    claim.chars().filter(char::is_ascii_graphic).take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(header: &str, payload: &str) -> Vec<u8> {
        let part = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
        format!("{}.{}.c2ln", part(header), part(payload)).into_bytes()
    }

    #[test]
    fn expiry_is_compared_with_now() {
        let token = token(r#"{"alg":"HS256"}"#, r#"{"iss":"a\u0007b","exp":1000}"#);
        let at = |second| verify_at(&token, Timestamp::from_second(second).unwrap());
        assert_eq!(at(999).status, Status::WellFormed);
        assert_eq!(at(1001).status, Status::Expired);
        assert_eq!(at(0).facts["expires"], "1970-01-01T00:16:40Z");
        assert_eq!(at(0).facts["issuer"], "ab");
    }

    #[test]
    fn what_is_no_token_is_unknown() {
        for (header, payload) in [("{}", "{}"), ("[]", "{}"), (r#"{"alg":1}"#, "{}")] {
            assert_eq!(Jwt.verify(&token(header, payload)).status, Status::Unknown);
        }
        assert_eq!(Jwt.verify(b"eyJ.eyJ.x").status, Status::Unknown);
        assert_eq!(Jwt.verify(b"").status, Status::Unknown);
    }
}
