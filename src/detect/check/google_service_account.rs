//! Key files of Google's service accounts are JSON objects: beside the private key stand the account,
//! its project and the key's id
//! (<https://cloud.google.com/iam/docs/keys-create-delete#creating>).

use super::fact::Tell as _;
use super::{Check, members, private_key};
use crate::finding::{Status, Verification};

pub(super) struct GoogleServiceAccount;

impl Check for GoogleServiceAccount {
    fn name(&self) -> &'static str {
        "google-service-account"
    }

    fn verify(&self, secret: &[u8]) -> Verification {
        private_key::PrivateKey.verify(secret)
    }

    fn verify_in(&self, secret: &[u8], matched: &[u8]) -> Verification {
        let seen = self.verify(secret);
        if seen.status == Status::Unknown {
            return seen;
        }
        ["client_email", "project_id", "private_key_id"]
            .into_iter()
            .fold(seen, |seen, name| seen.tell(name, members::value(matched, name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::example::expand;
    use bstr::ByteSlice;

    #[test]
    fn the_account_and_its_project() {
        let file = expand("<<@google-service-account>>", 1).unwrap();
        let key = file.find("-----BEGIN").unwrap()..file.rfind("-----").unwrap() + 5;
        for file in [file.clone(), file.replace('"', "\\\"")] {
            let key = file.find("-----BEGIN").unwrap()..file.rfind("-----").unwrap() + 5;
            let seen = GoogleServiceAccount.verify_in(file[key].as_bytes(), file.as_bytes());
            assert_eq!(seen.status, Status::WellFormed);
            assert_eq!(seen.facts["project_id"], "acme-prod");
            assert!(seen.facts["client_email"].ends_with("@acme-prod.iam.gserviceaccount.com"));
            assert_eq!(seen.facts["private_key_id"].len(), 40);
        }
        let key = &file.as_bytes()[key];
        assert!(!GoogleServiceAccount.verify(key).facts.contains_key("project_id"));
        let cut = key.find("PRIVATE KEY-----").unwrap() + 40;
        assert_eq!(GoogleServiceAccount.verify(&key[..cut]).status, Status::Unknown);
    }
}
