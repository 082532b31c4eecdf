//! API keys of Amazon Bedrock. A long-term one is `ABSK` and base64 of an IAM user's name, which ends in
//! the account, a colon and a secret; a short-term one is base64 of a presigned URL of Signature
//! Version 4 (<https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys-how.html>,
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html>).

use super::fact::Tell as _;
use super::{Check, aws_key_id, encoded, now};
use crate::finding::{Status, Verification};
use bstr::ByteSlice;
use jiff::{SignedDuration, Timestamp};
use percent_encoding::percent_decode_str;

pub(super) struct Bedrock;

impl Check for Bedrock {
    fn name(&self) -> &'static str {
        "bedrock"
    }

    fn verify(&self, secret: &[u8]) -> Verification {
        let decode = |prefix: &[u8]| secret.strip_prefix(prefix).and_then(encoded::base64);
        let long = || long_term(&decode(b"ABSK")?);
        let short = || short_term(decode(b"bedrock-api-key-")?.to_str().ok()?, now());
        long().or_else(short).unwrap_or_default()
    }
}

fn long_term(bytes: &[u8]) -> Option<Verification> {
    let (user, secret) = bytes.split_once_str(":")?;
    let user = user.to_str().ok().filter(|user| user.starts_with("BedrockAPIKey-"))?;
    if secret.is_empty() {
        return None;
    }
    let account = user.rsplit_once("-at-").map(|(_, account)| account);
    let account = account.filter(|id| id.len() == 12 && id.bytes().all(|b| b.is_ascii_digit()));
    let seen = Verification::new(Status::WellFormed);
    Some(seen.tell("user", Some(user)).tell("account_id", account))
}

fn short_term(url: &str, now: Timestamp) -> Option<Verification> {
    let (host, query) = url.split_once("/?")?;
    if !host.starts_with("bedrock") || !host.ends_with("amazonaws.com") {
        return None;
    }
    let value = |name: &str| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let (_, value) = pairs.find(|(key, _)| *key == name)?;
        Some(percent_decode_str(value).decode_utf8_lossy().into_owned())
    };
    value("X-Amz-Signature")?;
    let credential = value("X-Amz-Credential")?;
    // KEY/20260101/eu-west-1/bedrock/aws4_request
    let mut scope = credential.split('/');
    let (key, region) = (scope.next()?, scope.nth(1)?);
    let signed: Option<Timestamp> = value("X-Amz-Date").and_then(|date| date.parse().ok());
    let lives = value("X-Amz-Expires").and_then(|seconds| seconds.parse().ok());
    let expires = signed.and_then(|at| at.checked_add(SignedDuration::from_secs(lives?)).ok());
    let seen = Verification::new(Status::WellFormed)
        .tell("access_key_id", Some(key))
        .tell("account_id", aws_key_id::account(key.as_bytes()))
        .tell("region", Some(region))
        .tell("issued", signed.map(|at| at.to_string()));
    Some(seen.until(expires, now))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::example::expand;

    #[test]
    fn a_long_term_key_names_its_user_and_account() {
        let key = expand("<<@bedrock-long-term-key>>", 1).unwrap();
        let seen = Bedrock.verify(key.as_bytes());
        assert_eq!(seen.status, Status::WellFormed);
        assert_eq!(seen.facts["account_id"], "111122223333");
        assert!(seen.facts["user"].starts_with("BedrockAPIKey-"));
        assert_eq!(Bedrock.verify(&key.as_bytes()[..40]).status, Status::Unknown);
    }

    #[test]
    fn a_short_term_key_is_a_presigned_url() {
        let key = expand("<<@bedrock-short-term-key>>", 1).unwrap();
        assert_eq!(Bedrock.verify(key.as_bytes()).status, Status::WellFormed);
        let key = expand("<<@expired-bedrock-short-term-key>>", 1).unwrap();
        let seen = Bedrock.verify(key.as_bytes());
        assert_eq!(seen.status, Status::Expired);
        assert_eq!(seen.facts["expires"], "2025-01-02T15:00:00Z");
        assert_eq!(seen.facts["issued"], "2025-01-02T03:00:00Z");
        assert_eq!(seen.facts["region"], "eu-west-1");
        assert!(seen.facts["access_key_id"].starts_with("ASIA"));
        let url =
            encoded::base64(key.strip_prefix("bedrock-api-key-").unwrap().as_bytes()).unwrap();
        let then: Timestamp = "2025-01-02T14:59:59Z".parse().unwrap();
        let seen = short_term(url.to_str().unwrap(), then).unwrap();
        assert_eq!(seen.status, Status::WellFormed);
    }

    #[test]
    fn anything_else_is_unknown() {
        for key in ["", "ABSK", "ABSKeA==", "bedrock-api-key-", "bedrock-api-key-eHg", "ABSK%%"] {
            assert_eq!(Bedrock.verify(key.as_bytes()), Verification::default(), "{key}");
        }
        for url in ["bedrock.amazonaws.com/?Action=x", "example.com/?X-Amz-Signature=1"] {
            assert!(short_term(url, Timestamp::UNIX_EPOCH).is_none());
        }
    }
}
