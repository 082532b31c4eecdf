//! Ids of other tools' own rules, as users' configurations name them, and the rules of blurt that find the
//! same. What has the same id in both needs no row.

use crate::rule::RuleSet;

/// Ids, and ids or kinds of blurt's.
const EQUIVALENTS: &[(&str, &[&str])] = &[
    ("age-secret-key", &["encryption-key"]),
    ("airtable-api-key", &["airtable-personal-access-token"]),
    ("airtable-personnal-access-token", &["airtable-personal-access-token"]),
    ("alibaba-access-key-id", &["alibaba-access-key"]),
    ("aws-access-token", &["aws-access-key-id"]),
    ("cloudflare-api-key", &["cloudflare-token"]),
    ("curl-auth-header", &["bearer-token", "basic-auth-header"]),
    ("curl-auth-user", &["curl-password"]),
    ("databricks-api-token", &["databricks-token"]),
    ("digitalocean-pat", &["digitalocean-token"]),
    ("discord-api-token", &["discord-bot-token"]),
    ("doppler-api-token", &["doppler-token"]),
    ("facebook-page-access-token", &["facebook-access-token"]),
    ("gcp-api-key", &["google-api-key"]),
    ("gcp-service-account", &["google-service-account-key"]),
    ("generic-api-key", &["generic-secret"]),
    ("github-app-token", &["github-app-user-token", "github-app-installation-token"]),
    ("github-fine-grained-pat", &["github-fine-grained-token"]),
    ("github-oauth", &["github-oauth-token"]),
    ("github-pat", &["github-personal-access-token"]),
    ("gitlab-pat", &["gitlab-personal-access-token"]),
    ("gitlab-rrt", &["gitlab-runner-registration-token"]),
    ("grafana-cloud-api-token", &["grafana-cloud-access-policy-token"]),
    ("hashicorp-tf-api-token", &["terraform-cloud-token"]),
    ("huggingface-access-token", &["huggingface-user-access-token"]),
    ("jwt", &["json-web-token"]),
    ("jwt-base64", &["json-web-token-base64"]),
    ("kubernetes-secret-yaml", &["kubernetes-secret"]),
    ("linear-api-token", &["linear-api-key"]),
    ("mailgun-private-api-token", &["mailgun-api-key"]),
    ("planetscale-api-token", &["planetscale-token"]),
    ("postman-api-token", &["postman-api-key"]),
    ("private-key", &["private-key", "ssh-private-key", "pgp-private-key"]),
    ("pulumi-api-token", &["pulumi-access-token"]),
    ("pypi-upload-token", &["pypi-api-token"]),
    ("rubygems-api-token", &["rubygems-api-key"]),
    ("sendgrid-api-token", &["sendgrid-api-key"]),
    ("sentry-org-token", &["sentry-organization-token"]),
    ("sidekiq-secret", &["sidekiq-enterprise-credential"]),
    ("sidekiq-sensitive-url", &["sidekiq-enterprise-url"]),
    ("slack-app-token", &["slack-app-level-token"]),
    ("stripe-access-token", &["stripe-live-secret-key", "stripe-test-secret-key"]),
    ("telegram-bot-api-token", &["telegram-bot-token"]),
    ("twilio-api-key", &["twilio-api-key-sid"]),
    ("vault-service-token", &["vault-token"]),
];

/// What blurt has for a rule that other tools bring themselves.
pub(super) fn row(id: &str) -> Option<&'static [&'static str]> {
    let row = EQUIVALENTS.binary_search_by_key(&id, |(theirs, _)| theirs).ok()?;
    Some(EQUIVALENTS[row].1)
}

/// What blurt calls the rules that find what the rule `id` of another tool finds; empty if none does.
pub(super) fn of(id: &str, rules: &RuleSet) -> Vec<String> {
    let known = |name: &str| rules.rules().iter().any(|rule| rule.is_called(name));
    if let Some(ours) = row(id) {
        return ours.iter().map(|name| (*name).to_owned()).collect();
    }
    if known(id) { vec![id.to_owned()] } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_names_rules_that_there_are() {
        let rules = RuleSet::builtin().unwrap();
        for (theirs, ours) in EQUIVALENTS {
            assert_eq!(of(theirs, &rules), *ours, "the rows are in order: {theirs}");
            for name in *ours {
                assert!(rules.rules().iter().any(|rule| rule.is_called(name)), "{name}");
            }
        }
        assert_eq!(of("npm-access-token", &rules), ["npm-access-token"]);
        assert!(of("acme-token", &rules).is_empty());
    }
}
