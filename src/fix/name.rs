//! The names of environment variables that secrets are read from.

use crate::finding::Finding;
use crate::plan::name::says_nothing;
use crate::remedy::Remedy;
use crate::rule::{Credential, Layer};
use std::collections::{BTreeMap, BTreeSet};

/// Characters of a name.
const LONGEST: usize = 64;

/// Names that were given already: each is given once.
#[derive(Debug, Default)]
pub struct Variables {
    given: BTreeSet<String>,
    /// Up to which number names were given, by what stands before it.
    numbers: BTreeMap<String, usize>,
}

impl Variables {
    /// A name for the secret of a finding: what it is assigned to, where that says what it is, or else what
    /// the rule calls it. The application and the environment tell apart what else has one name.
    pub fn give(&mut self, finding: &Finding, remedy: &Remedy, context: &Context) -> String {
        let wish = wish(finding, remedy);
        let of_application = capitals(&format!("{}_{}", context.application, wish.name));
        let mut wishes = Vec::new();
        if !wish.general {
            wishes.push(wish.name.clone());
        }
        wishes.push(of_application.clone());
        if let Some(environment) = context.environment {
            wishes.push(capitals(&format!("{of_application}_{environment}")));
        }
        let free = wishes.into_iter().find(|name| !self.given.contains(name));
        let name = free.unwrap_or_else(|| self.numbered(&of_application));
        self.given.insert(name.clone());
        name
    }

    /// The name with the first number that is free.
    fn numbered(&mut self, name: &str) -> String {
        let last = self.numbers.entry(name.to_owned()).or_insert(1);
        loop {
            *last += 1;
            let numbered = format!("{name}_{last}");
            if !self.given.contains(&numbered) {
                return numbered;
            }
        }
    }
}

/// What surrounds a secret.
#[derive(Debug, Clone)]
pub struct Context {
    /// The application that it belongs to.
    pub application: String,
    /// The environment that it is for, if something says so.
    pub environment: Option<&'static str>,
}

/// A name, and whether many secrets could have it.
struct Wish {
    name: String,
    general: bool,
}

fn wish(finding: &Finding, remedy: &Remedy) -> Wish {
    let wish = |name: &str, general| Wish { name: name.to_owned(), general };
    let facts = remedy.facts.as_ref();
    let before = finding.primary().excerpt.before.as_str();
    let assigned = facts.and_then(|facts| facts.assigned_to.as_deref()).unwrap_or_default();
    let called = before.trim_end_matches(['"', '\'', '`', '@', '$', ' ']).ends_with('(');
    let own = if called || says_nothing(assigned) { String::new() } else { capitals(assigned) };
    let scheme = scheme(before);
    let own = if scheme.is_some() { of_url(&own) } else { own };
    if speaks_of_secret(&own) && !is_general(&own) {
        return wish(&own, false);
    }
    let database = facts.is_some_and(|facts| facts.credential == Credential::DatabasePassword);
    if let Some(service) = scheme
        && (finding.rule.layer() == Layer::Password || database)
    {
        return wish(&format!("{service}_PASSWORD"), service == "URL");
    }
    if database {
        return wish("DATABASE_PASSWORD", false);
    }
    match (finding.rule.layer(), finding.rule.provider()) {
        (Layer::Structured | Layer::Named, _) => wish(&of_rule(finding), false),
        (_, Some(provider)) if is_general(&own) => {
            wish(&capitals(&format!("{provider}_{own}")), false)
        }
        _ if is_general(&own) => wish(&own, true),
        (Layer::Password, _) => wish("PASSWORD", true),
        _ => wish("SECRET", true),
    }
}

/// What a rule calls what it finds: the shorter of its id and its name.
fn of_rule(finding: &Finding) -> String {
    let (id, name) = (capitals(finding.rule.id()), capitals(&finding.rule.spec().name));
    if name.len() < id.len() { name } else { id }
}

/// What the URL that the text ends in leads to, if it ends in one: the name of the service.
fn scheme(before: &str) -> Option<&'static str> {
    let at = before.rfind("://").filter(|at| !before[*at..].contains(char::is_whitespace))?;
    let of_scheme = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    let scheme = before[..at]
        .rsplit(|c: char| !of_scheme(c))
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    let known = [
        ("redis", "REDIS"),
        ("amqp", "AMQP"),
        ("mongodb", "MONGODB"),
        ("postgres", "DATABASE"),
        ("mysql", "DATABASE"),
        ("mariadb", "DATABASE"),
        ("mssql", "DATABASE"),
        ("sqlserver", "DATABASE"),
        ("smtp", "SMTP"),
        ("ldap", "LDAP"),
        ("nats", "NATS"),
    ];
    let known = known.iter().find(|(start, _)| scheme.starts_with(start));
    Some(known.map_or("URL", |(_, service)| *service))
}

/// The name of the password in a URL that has this name.
fn of_url(name: &str) -> String {
    let stem = ["_URL", "_URI", "_DSN", "_CONNECTION", "_CONNECTION_STRING"]
        .into_iter()
        .find_map(|end| name.strip_suffix(end));
    match stem {
        Some(stem) => format!("{stem}_PASSWORD"),
        None => String::new(),
    }
}

/// Upper-case letters and digits with `_` between, beginning with a letter.
fn capitals(name: &str) -> String {
    let words = crate::plan::name::part(name).to_ascii_uppercase().replace('-', "_");
    let words: String = words.chars().take(LONGEST).collect();
    let words = words.trim_end_matches('_');
    if words.starts_with(|c: char| c.is_ascii_digit()) {
        format!("SECRET_{words}")
    } else {
        words.to_owned()
    }
}

/// Whether a name says that it is one of a secret, and is not just a word before one.
fn speaks_of_secret(name: &str) -> bool {
    const WORDS: [&str; 17] = [
        "KEY",
        "TOKEN",
        "SECRET",
        "PASS",
        "PASSWORD",
        "PASSWD",
        "PWD",
        "PASSPHRASE",
        "AUTH",
        "CREDENTIAL",
        "CREDENTIALS",
        "DSN",
        "WEBHOOK",
        "APIKEY",
        "PAT",
        "SALT",
        "SIGNATURE",
    ];
    let mut parts = name.split('_');
    parts.any(|part| {
        WORDS.iter().any(|word| part == *word || part.ends_with(word) && word.len() > 3)
    })
}

/// Whether a name would suit every secret.
fn is_general(name: &str) -> bool {
    const GENERAL: [&str; 24] = [
        "ACCESS_KEY",
        "ACCESS_TOKEN",
        "API_KEY",
        "API_TOKEN",
        "APIKEY",
        "AUTH",
        "AUTH_TOKEN",
        "AUTHORIZATION",
        "CLIENT_SECRET",
        "CREDENTIAL",
        "CREDENTIALS",
        "KEY",
        "PASS",
        "PASSPHRASE",
        "PASSWD",
        "PASSWORD",
        "PRIVATE_KEY",
        "PWD",
        "SECRET",
        "SECRET_KEY",
        "SIGNATURE",
        "TOKEN",
        "USER_PASSWORD",
        "WEBHOOK",
    ];
    GENERAL.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_variables() {
        assert_eq!(capitals("spring.datasource.password"), "SPRING_DATASOURCE_PASSWORD");
        assert_eq!(capitals("dbPassword"), "DB_PASSWORD");
        assert_eq!(capitals("2fa-key"), "SECRET_2FA_KEY");
        assert_eq!(of_url("DATABASE_URL"), "DATABASE_PASSWORD");
        assert!(speaks_of_secret("DB_PASSWORD") && speaks_of_secret("GITHUB_TOKEN"));
        assert!(!speaks_of_secret("BEARER") && !speaks_of_secret("CLONE"));
        assert!(is_general("API_KEY") && !is_general("STRIPE_API_KEY"));
    }
}
