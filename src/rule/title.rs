//! What the title of a rule says: `Acme API key` is a key that Acme has issued.

/// Words for credentials, and what stands before them, in the order of the alphabet.
const WORDS: &[&str] = &[
    "access",
    "account",
    "admin",
    "agent",
    "api",
    "app",
    "appkey",
    "application",
    "assigned",
    "auth",
    "authentication",
    "authorization",
    "bearer",
    "bot",
    "certificate",
    "ci",
    "cli",
    "client",
    "connection",
    "consumer",
    "cookie",
    "credential",
    "credentials",
    "customer",
    "deploy",
    "developer",
    "device",
    "embed",
    "encrypted",
    "endpoint",
    "feed",
    "group",
    "hash",
    "hmac",
    "http",
    "id",
    "ingest",
    "ingestion",
    "integration",
    "jwt",
    "key",
    "keys",
    "license",
    "live",
    "login",
    "long-term",
    "machine",
    "management",
    "master",
    "merchant",
    "mobile",
    "oauth",
    "oauth2",
    "or",
    "organization",
    "partner",
    "passcode",
    "password",
    "personal",
    "pin",
    "portal",
    "primary",
    "private",
    "production",
    "project",
    "public",
    "publishable",
    "read",
    "read-write",
    "refresh",
    "rest",
    "restricted",
    "root",
    "sandbox",
    "scoped",
    "sdk",
    "secret",
    "secrets",
    "security",
    "server",
    "service",
    "session",
    "shared",
    "short-term",
    "sign",
    "signature",
    "signed",
    "signing",
    "site",
    "storage",
    "string",
    "subscription",
    "sync",
    "system",
    "team",
    "tenant",
    "test",
    "token",
    "tokens",
    "trigger",
    "url",
    "user",
    "value",
    "webhook",
    "webhooks",
    "workspace",
    "write",
];

/// What ends the name in a title: what follows tells of the place or the form.
const ENDS: [&str; 14] = [
    " (",
    ",",
    " behind ",
    " by ",
    " for ",
    " from ",
    " in ",
    " made ",
    " of ",
    " on ",
    " to ",
    " with ",
    " without ",
    " as ",
];

/// The issuer that a title begins with: what remains without the words for the credential.
pub(super) fn provider(title: &str) -> Option<&str> {
    let end = ENDS.iter().filter_map(|end| title.find(end)).min().unwrap_or(title.len());
    let mut name = &title[..end];
    while let Some((before, word)) = name.rsplit_once(' ')
        && is_of_credentials(word)
    {
        name = before;
    }
    (!is_of_credentials(name)).then_some(name)
}

fn is_of_credentials(word: &str) -> bool {
    WORDS.iter().any(|known| known.eq_ignore_ascii_case(word))
}

/// Whether a title begins with the name of a provider, and not with a longer word.
pub(super) fn begins_with(title: &str, provider: &str) -> bool {
    let rest = title.strip_prefix(provider);
    rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_names_the_issuer() {
        for (title, issuer) in [
            ("Stripe secret key", Some("Stripe")),
            ("Gitea or Forgejo access token", Some("Gitea or Forgejo")),
            ("Amazon MWS auth token", Some("Amazon MWS")),
            ("Azure (Entra ID) client secret", Some("Azure")),
            ("Private key (PKCS #8)", None),
            ("Password on a curl command line", None),
            ("Secret assigned in the source", None),
        ] {
            assert_eq!(provider(title), issuer, "{title}");
        }
        assert!(begins_with("Google Maps API key", "Google"));
        assert!(!begins_with("Googler API key", "Google"));
    }

    #[test]
    fn the_words_are_sorted() {
        assert!(WORDS.is_sorted());
    }
}
