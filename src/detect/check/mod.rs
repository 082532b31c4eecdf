//! Offline verification: what the bytes of a secret say about themselves, without asking anyone.
//! One file a check; a rule names its check.

mod atlassian;
mod atlassian_data_center;
mod aws_key_id;
mod azure_key;
mod azure_sas;
mod base58check;
mod bech32;
mod bedrock;
mod cloudflare_tunnel;
mod confluent;
mod discord;
mod encoded;
mod fact;
mod github;
mod github_fine_grained;
mod github_installation;
mod gitlab;
mod google_api_key;
mod google_service_account;
mod grafana;
mod grafana_object;
mod jfrog;
mod jwt;
mod members;
mod one_password;
mod openai;
pub(crate) mod private_key;
mod published;
mod pypi;
mod sentry;
mod slack;
mod stripe;
mod telegram;
#[cfg(test)]
mod vectors;
mod zuplo;

use crate::clock;
use crate::finding::{Status, Verification};
use jiff::Timestamp;
use std::sync::LazyLock;

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

/// The time that expiry is compared with.
fn now() -> Timestamp {
    static NOW: LazyLock<Timestamp> =
        LazyLock::new(|| clock::now().unwrap_or_else(|_| Timestamp::now()));
    *NOW
}

/// All checks. A new one is added here.
static CHECKS: [&dyn Check; 30] = [
    &atlassian::Atlassian,
    &atlassian_data_center::DataCenter,
    &aws_key_id::AwsKeyId,
    &azure_key::AzureKey,
    &azure_sas::AzureSas,
    &base58check::Base58Check,
    &bech32::Bech32Key,
    &bedrock::Bedrock,
    &cloudflare_tunnel::CloudflareTunnel,
    &confluent::Confluent,
    &discord::Discord,
    &github::GitHub,
    &github_fine_grained::FineGrained,
    &github_installation::Installation,
    &gitlab::GitLab,
    &google_api_key::GoogleApiKey,
    &google_service_account::GoogleServiceAccount,
    &grafana::Grafana,
    &grafana_object::GrafanaObject,
    &jfrog::JFrog,
    &jwt::Jwt,
    &one_password::OnePassword,
    &openai::OpenAi,
    &private_key::PrivateKey,
    &pypi::PyPi,
    &sentry::Sentry,
    &slack::Slack,
    &stripe::Stripe,
    &telegram::Telegram,
    &zuplo::Zuplo,
];

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

/// What a checksum says of a secret that has the structure for one.
fn verdict(valid: bool) -> Verification {
    Verification::new(if valid { Status::ChecksumValid } else { Status::ChecksumInvalid })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blob::{Chunk, Origin};
    use crate::detect::Detector;
    use crate::rule::RuleSet;
    use crate::rule::example::expand;
    use proptest::prelude::*;

    /// Beginnings that lead into the checks.
    const STARTS: &str = "\
        ghp_ github_pat_ ghs_1_ glpat- glcbt-eyJ ATATT3 ATBB BBDC- AKIA ASIA nsec1 AGE-SECRET-KEY-1 5 K \
        ABSK bedrock-api-key- cflt eyJ eyJhbGciOi glsa_ glc_ cmVmdGtu AKCp ops_ sk- sk-proj- pypi- \
        pypi-AgEIcHlwaS5vcmcC sntrys_ xoxb- T0/B0/ sk_live_ 123456: zpka_ -----BEGIN PuTTY AIza";

    fn text() -> impl Strategy<Value = Vec<u8>> {
        let starts: Vec<&str> = STARTS.split_whitespace().chain([""]).collect();
        let bytes = prop_oneof![
            prop::collection::vec(any::<u8>(), 0..200),
            "[0-9A-Za-z_.=/+:-]{0,200}".prop_map(String::into_bytes),
        ];
        (prop::sample::select(starts), bytes)
            .prop_map(|(start, rest)| [start.as_bytes(), &rest].concat())
    }

    proptest! {
        /// No input makes a check panic, and no fact is more than a short line of printable ASCII.
        #[test]
        fn any_bytes_are_judged(secret in text(), around in text()) {
            let matched = [&around[..], &secret].concat();
            for check in CHECKS {
                let (alone, within) = (check.verify(&secret), check.verify_in(&secret, &matched));
                prop_assert_eq!(alone.status == Status::Unknown, within.status == Status::Unknown);
                for fact in alone.facts.values().chain(within.facts.values()) {
                    prop_assert!(!fact.is_empty() && fact.len() <= 80);
                    prop_assert!(fact.bytes().all(|b| b.is_ascii_graphic()), "{}", check.name());
                }
                if let Ok(body) = str::from_utf8(&secret) {
                    let _ = check.seal(body);
                }
            }
        }
    }

    #[test]
    fn nothing_is_unknown_to_all() {
        for check in CHECKS {
            for nothing in [&b""[..], b" ", b"\0", b"=", b"."] {
                assert_eq!(check.verify(nothing), Verification::default(), "{}", check.name());
            }
        }
    }

    /// The examples of the built-in rules that name a check: whoever seals or builds them gets what the
    /// check takes for right.
    #[test]
    fn sealed_and_built_examples_are_verified() {
        let detector = Detector::new(RuleSet::builtin().unwrap());
        let rules = detector.rules().rules();
        for (index, rule) in rules.iter().enumerate().filter(|(_, rule)| rule.check().is_some()) {
            let complete = |example: &&String| example.contains('|') || example.contains("<<@");
            for (example, seed) in rule.spec().examples.iter().filter(complete).zip(0..) {
                let text = expand(example, seed).unwrap() + "\n";
                let origin = Origin::file(rule.spec().example_path.as_deref().unwrap_or("a.txt"));
                let found = detector.detect(&Chunk::whole(&origin, text.as_bytes())).matches;
                let own = found.iter().find(|found| found.rule == index);
                let status = own.map(|own| own.verification.status).unwrap_or_default();
                let wrong = matches!(status, Status::Unknown | Status::ChecksumInvalid);
                assert!(!wrong, "{} is {status:?} in its example {example}", rule.id());
            }
        }
    }

    #[test]
    fn every_check_is_documented() {
        let text = include_str!("../../../rules/README.md");
        for name in names() {
            assert!(text.contains(&format!("\n| `{name}` | ")), "{name}");
        }
    }

    #[test]
    fn names_are_unique_and_found() {
        for name in names() {
            assert_eq!(by_name(name).map(Check::name), Some(name));
            assert_eq!(names().iter().filter(|other| **other == name).count(), 1);
        }
        assert!(by_name("nothing").is_none());
    }
}
