//! API keys of Google: `AIza` and 35 characters. In the configuration of a Firebase app, the project
//! stands beside the key (<https://firebase.google.com/docs/projects/learn-more#config-files-objects>):
//! such a key is meant to be shipped to browsers.

use super::fact::Tell as _;
use super::{Check, members};
use crate::finding::{Status, Verification};

pub(super) struct GoogleApiKey;

const LENGTH: usize = 39;

impl Check for GoogleApiKey {
    fn name(&self) -> &'static str {
        "google-api-key"
    }

    fn verify(&self, secret: &[u8]) -> Verification {
        let is_body = |b: &u8| b.is_ascii_alphanumeric() || b"_-".contains(b);
        let formed = secret.len() == LENGTH && secret.starts_with(b"AIza");
        if formed && secret.iter().all(is_body) {
            Verification::new(Status::WellFormed)
        } else {
            Verification::default()
        }
    }

    fn verify_in(&self, secret: &[u8], matched: &[u8]) -> Verification {
        let seen = self.verify(secret);
        let member = |name| members::value(matched, name);
        let domain = member("authDomain");
        let is_firebase = domain.is_some() || member("messagingSenderId").is_some();
        if seen.status == Status::Unknown || !is_firebase {
            return seen;
        }
        seen.tell("use", Some("Firebase-app"))
            .tell("project_id", member("projectId"))
            .tell("app_id", member("appId"))
            .tell("domain", domain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::example::expand;

    #[test]
    fn the_project_of_a_firebase_app() {
        let key = expand("<<AIzaSy[0-9A-Za-z_-]{33}>>", 1).unwrap();
        let config = format!(
            "{key}\",\n authDomain: \"acme.firebaseapp.com\",\n projectId: 'acme',\n appId: \"1:2:web:3\""
        );
        let seen = GoogleApiKey.verify_in(key.as_bytes(), config.as_bytes());
        let told = ["use", "project_id", "app_id"].map(|name| &*seen.facts[name]);
        assert_eq!(told, ["Firebase-app", "acme", "1:2:web:3"]);
        assert!(GoogleApiKey.verify_in(key.as_bytes(), key.as_bytes()).facts.is_empty());
        for end in 0..key.len() {
            let cut = GoogleApiKey.verify_in(&key.as_bytes()[..end], config.as_bytes());
            assert_eq!(cut, Verification::default());
        }
    }
}
