//! Older API keys of Grafana and access policy tokens of Grafana Cloud are JSON in base64: a secret `k`,
//! the name `n`, and the organisation as `id` or `o`
//! (<https://grafana.com/docs/grafana-cloud/account-management/authentication-and-permissions/access-policies/>).

use super::fact::Tell as _;
use super::{Check, encoded};
use crate::finding::{Status, Verification};

pub(super) struct GrafanaObject;

impl Check for GrafanaObject {
    fn name(&self) -> &'static str {
        "grafana-object"
    }

    fn verify(&self, secret: &[u8]) -> Verification {
        let body = secret.strip_prefix(b"glc_").unwrap_or(secret);
        let Some(object) = encoded::object(body) else { return Verification::default() };
        let organization = encoded::word(&object["o"]).or_else(|| encoded::word(&object["id"]));
        if !object["k"].is_string() || !object["n"].is_string() || organization.is_none() {
            return Verification::default();
        }
        Verification::new(Status::WellFormed)
            .tell("organization_id", organization)
            .tell("name", object["n"].as_str())
            .tell("region", object["m"]["r"].as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::example::expand;

    #[test]
    fn whose_it_is_and_what_it_is_called() {
        for (name, id) in [("@grafana-cloud-token", "654321"), ("@grafana-api-key", "1")] {
            let token = expand(&format!("<<{name}>>"), 1).unwrap();
            let seen = GrafanaObject.verify(token.as_bytes());
            assert_eq!(seen.status, Status::WellFormed);
            assert_eq!(seen.facts["organization_id"], id);
            let cloud = seen.facts.get("region").map(String::as_str);
            assert_eq!(cloud, id.starts_with('6').then_some("eu"));
            for end in 0..token.len() / 2 {
                let cut = GrafanaObject.verify(&token.as_bytes()[..end]);
                assert_eq!(cut.status, Status::Unknown);
            }
        }
    }
}
