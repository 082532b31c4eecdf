//! Tokens of Cloudflare's tunnels: base64 of a JSON object with the account, the tunnel and a secret
//! (<https://developers.cloudflare.com/cloudflare-one/connections/connect-networks/configure-tunnels/remote-tunnel-permissions/>).

use super::fact::Tell as _;
use super::{Check, encoded};
use crate::finding::{Status, Verification};

pub(super) struct CloudflareTunnel;

impl Check for CloudflareTunnel {
    fn name(&self) -> &'static str {
        "cloudflare-tunnel"
    }

    fn verify(&self, secret: &[u8]) -> Verification {
        let object = encoded::object(secret).unwrap_or_default();
        match (object["a"].as_str(), object["t"].as_str(), object["s"].as_str()) {
            (Some(account), Some(tunnel), Some(_)) => Verification::new(Status::WellFormed)
                .tell("account_id", Some(account))
                .tell("tunnel_id", Some(tunnel)),
            _ => Verification::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::example::expand;

    #[test]
    fn account_and_tunnel() {
        let token = expand("<<@cloudflare-tunnel-token>>", 1).unwrap();
        let seen = CloudflareTunnel.verify(token.as_bytes());
        assert_eq!(seen.status, Status::WellFormed);
        assert_eq!(seen.facts.keys().collect::<Vec<_>>(), [&"account_id", &"tunnel_id"]);
        assert_eq!((seen.facts["account_id"].len(), seen.facts["tunnel_id"].len()), (32, 36));
        for end in 0..token.len() - 4 {
            let cut = CloudflareTunnel.verify(&token.as_bytes()[..end]);
            assert_eq!(cut, Verification::default());
        }
    }
}
