//! JSON Web Tokens (RFC 7519) say who issued them, for whom, and from when until when they are valid.

use super::fact::{Tell as _, host};
use super::{Check, encoded, now, published};
use crate::finding::{Status, Verification};
use jiff::Timestamp;
use serde_json::Value;

pub(super) struct Jwt;

impl Check for Jwt {
    fn name(&self) -> &'static str {
        "jwt"
    }

    fn verify(&self, secret: &[u8]) -> Verification {
        verify_at(secret, now())
    }
}

/// What the token `secret` says of itself at the time `now`.
pub(super) fn verify_at(secret: &[u8], now: Timestamp) -> Verification {
    let mut parts = secret.splitn(3, |b| *b == b'.');
    let mut object = || parts.next().and_then(encoded::object);
    let (Some(header), Some(payload)) = (object(), object()) else {
        return Verification::default();
    };
    let Some(algorithm) = header["alg"].as_str() else {
        return Verification::default();
    };
    let unsigned =
        algorithm.eq_ignore_ascii_case("none") || parts.next().is_none_or(<[u8]>::is_empty);
    let starts = encoded::seconds(&payload["nbf"]).filter(|starts| *starts > now);
    let issuer = payload["iss"].as_str();
    let provider = issuer.and_then(provider);
    // In tokens of others, `ref` is a branch.
    let project = payload["ref"].as_str().filter(|_| provider == Some("Supabase"));
    Verification::new(Status::WellFormed)
        .tell("algorithm", Some(algorithm))
        .tell("signature", unsigned.then_some("none"))
        .tell("issuer", issuer)
        .tell("provider", provider)
        .tell("audience", audience(&payload["aud"]))
        .tell("role", payload["role"].as_str())
        .tell("project_id", project)
        .tell("not_before", starts.map(|starts| starts.to_string()))
        .tell("published", sample(&payload).or_else(|| published::place(secret)))
        .until(encoded::seconds(&payload["exp"]), now)
}

/// The first of those that the token is meant for.
fn audience(claim: &Value) -> Option<&str> {
    claim.as_str().or_else(|| claim[0].as_str())
}

/// Where the claims are published as an example.
fn sample(payload: &Value) -> Option<&'static str> {
    let claim = |name: &str| payload[name].as_str().unwrap_or_default();
    match (claim("sub"), claim("name"), claim("iss")) {
        ("1234567890", "John Doe", _) => Some("jwt.io"),
        (_, _, "supabase-demo") => Some("supabase.com/docs/guides/self-hosting/docker"),
        (_, _, "joe") if payload["exp"] == 1_300_819_380 => Some("rfc-editor.org/rfc/rfc7519"),
        _ => None,
    }
}

/// Whose issuer that is. The issuers are those that their providers document.
fn provider(issuer: &str) -> Option<&'static str> {
    const HOSTS: [(&str, &str); 22] = [
        ("accounts.google.com", "Google"),
        ("securetoken.google.com", "Firebase"),
        ("session.firebase.google.com", "Firebase"),
        ("login.microsoftonline.com", "Microsoft-Entra-ID"),
        ("sts.windows.net", "Microsoft-Entra-ID"),
        ("b2clogin.com", "Azure-AD-B2C"),
        ("amazonaws.com", "AWS"),
        ("auth0.com", "Auth0"),
        ("okta.com", "Okta"),
        ("oktapreview.com", "Okta"),
        ("onelogin.com", "OneLogin"),
        ("appleid.apple.com", "Apple"),
        ("actions.githubusercontent.com", "GitHub-Actions"),
        ("gitlab.com", "GitLab"),
        ("oidc.circleci.com", "CircleCI"),
        ("agent.buildkite.com", "Buildkite"),
        ("kubernetes.default.svc", "Kubernetes"),
        ("kubernetes.default.svc.cluster.local", "Kubernetes"),
        ("supabase.co", "Supabase"),
        ("clerk.accounts.dev", "Clerk"),
        ("app.terraform.io", "HCP-Terraform"),
        ("zoom.us", "Zoom"),
    ];
    match issuer {
        "kubernetes/serviceaccount" => return Some("Kubernetes"),
        "supabase" | "supabase-demo" => return Some("Supabase"),
        _ => {}
    }
    let host = host(issuer);
    let is_of = |domain: &str| {
        let rest = host.strip_suffix(domain);
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    HOSTS.iter().find(|(domain, _)| is_of(domain)).map(|(_, provider)| *provider)
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};

    fn token(header: &str, payload: &str) -> Vec<u8> {
        let part = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
        format!("{}.{}.c2ln", part(header), part(payload)).into_bytes()
    }

    fn facts(
        header: &str,
        payload: &str,
    ) -> std::collections::BTreeMap<std::borrow::Cow<'static, str>, String> {
        verify_at(&token(header, payload), Timestamp::UNIX_EPOCH).facts
    }

    #[test]
    fn expiry_is_compared_with_now() {
        let token = token(r#"{"alg":"HS256"}"#, r#"{"iss":"a\u0007b","exp":1000,"nbf":500}"#);
        let at = |second| verify_at(&token, Timestamp::from_second(second).unwrap());
        assert_eq!(at(999).status, Status::WellFormed);
        assert_eq!(at(1001).status, Status::Expired);
        assert_eq!(at(0).facts["expires"], "1970-01-01T00:16:40Z");
        assert_eq!(at(0).facts["issuer"], "ab");
        assert_eq!(at(0).facts["not_before"], "1970-01-01T00:08:20Z");
        assert!(!at(501).facts.contains_key("not_before"));
    }

    #[test]
    fn an_unsigned_token_says_so() {
        let signed = token(r#"{"alg":"HS256"}"#, "{}");
        let unsigned = token(r#"{"alg":"None"}"#, "{}");
        let empty = &signed[..signed.len() - 4];
        let cut = &signed[..signed.len() - 5];
        for (token, told) in [
            (&*signed, None),
            (&*unsigned, Some("none")),
            (empty, Some("none")),
            (cut, Some("none")),
        ] {
            let facts = Jwt.verify(token).facts;
            assert_eq!(facts.get("signature").map(String::as_str), told);
        }
    }

    #[test]
    fn issuers_tell_the_provider() {
        for (issuer, provider) in [
            ("https://accounts.google.com", Some("Google")),
            ("https://acme.eu.auth0.com/", Some("Auth0")),
            ("https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Example", Some("AWS")),
            ("kubernetes/serviceaccount", Some("Kubernetes")),
            ("https://notauth0.com/", None),
            ("https://auth0.com.example.org/", None),
            ("", None),
        ] {
            let told = facts(r#"{"alg":"RS256"}"#, &format!(r#"{{"iss":"{issuer}","aud":["a"]}}"#));
            assert_eq!(told.get("provider").map(String::as_str), provider, "{issuer}");
            assert_eq!(told["audience"], "a");
        }
    }

    #[test]
    fn published_examples_are_known() {
        let payload = r#"{"sub":"1234567890","name":"John Doe","iat":1516239022}"#;
        let told = facts(r#"{"alg":"HS256","typ":"JWT"}"#, payload);
        assert_eq!(told["published"], "jwt.io");
        let told = facts(r#"{"alg":"HS256"}"#, r#"{"iss":"supabase-demo","role":"anon"}"#);
        assert!(told["published"].starts_with("supabase.com"));
        assert_eq!((&*told["role"], &*told["provider"]), ("anon", "Supabase"));
    }

    #[test]
    fn what_is_no_token_is_unknown() {
        for (header, payload) in [("{}", "{}"), ("[]", "{}"), (r#"{"alg":1}"#, "{}")] {
            assert_eq!(Jwt.verify(&token(header, payload)).status, Status::Unknown);
        }
        assert_eq!(Jwt.verify(b"eyJ.eyJ.x").status, Status::Unknown);
        assert_eq!(Jwt.verify(b"").status, Status::Unknown);
        let token = token(r#"{"alg":"HS256"}"#, r#"{"iss":"a"}"#);
        for end in 0..token.len() - 6 {
            assert_eq!(Jwt.verify(&token[..end]).status, Status::Unknown, "{end}");
        }
    }
}
