//! What a secret is called in its store, and its tags there: the scheme of "Migrating your secrets to AWS
//! Secrets Manager, part I".

use crate::rule::Function;
use std::collections::BTreeSet;

/// Characters of a name's last part.
const LONGEST: usize = 48;

/// Names that were given already: each is given once.
#[derive(Debug, Default)]
pub struct Names(BTreeSet<String>);

impl Names {
    /// The name `/application/function/environment/name`. What the secret is assigned to becomes its
    /// last part, or else its kind; a number tells those of one name apart.
    pub fn give(
        &mut self,
        application: &str,
        function: Function,
        environment: &str,
        name: &str,
    ) -> String {
        let own = part(name);
        let first = format!("/{application}/{}/{environment}/{own}", function.name());
        let numbered = (2..).map(|n| format!("{first}-{n}"));
        let name =
            std::iter::once(first.clone()).chain(numbered).find(|name| !self.0.contains(name));
        let name = name.unwrap_or(first);
        self.0.insert(name.clone());
        name
    }
}

/// The last part of a name: lower-case letters and digits with dashes between.
#[must_use]
pub fn part(name: &str) -> String {
    let mut words = String::new();
    let mut before = '-';
    for c in name.chars() {
        // `dbPassword` is two words, `APIKey` is not told apart.
        if c.is_ascii_uppercase() && before.is_ascii_lowercase() {
            words.push('-');
        }
        match c {
            _ if c.is_ascii_alphanumeric() => words.push(c.to_ascii_lowercase()),
            _ if !words.ends_with('-') && !words.is_empty() => words.push('-'),
            _ => {}
        }
        before = c;
    }
    words.truncate(LONGEST);
    let words = words.trim_matches('-');
    if words.is_empty() { "secret".to_owned() } else { words.to_owned() }
}

/// Whether a key says only that something stands behind it: `default` of a Terraform variable, `value` of
/// an environment in a manifest.
#[must_use]
pub fn says_nothing(name: &str) -> bool {
    ["content", "data", "default", "example", "stringdata", "val", "value"]
        .iter()
        .any(|known| known.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_scheme_and_are_given_once() {
        let mut names = Names::default();
        let mut give = |name| names.give("ordersapp", Function::Api, "prod", name);
        assert_eq!(give("logisticsApiKey"), "/ordersapp/api/prod/logistics-api-key");
        assert_eq!(give("LOGISTICS_API_KEY"), "/ordersapp/api/prod/logistics-api-key-2");
        assert_eq!(
            give("spring.datasource.password"),
            "/ordersapp/api/prod/spring-datasource-password"
        );
        assert_eq!(give("$%"), "/ordersapp/api/prod/secret");
    }
}
