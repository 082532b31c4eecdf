//! Values made of nothing but words that stand for a secret: `mypassword`, `test_user1`, `secretToken`.

use super::{Filter, Subject, Verdict};
use crate::rule::Layer;
use std::collections::HashSet;
use std::sync::LazyLock;

pub(super) struct StandIn;

/// What people write where a secret would stand: what it is, whose it is, what it is for; `password` in
/// some languages; the names of programs that have users; what comes first on a keyboard.
static WORDS: LazyLock<HashSet<&[u8]>> = LazyLock::new(|| {
    "password passwords passwd passw passwrd pass pwd pw phrase passphrase passcode secret secrets \
     token tokens key keys apikey api auth credential credentials creds hash hashed salt bearer \
     admin administrator root user users username usr name login guest member client server owner \
     account email mail \
     my your our his her the a an some any other another one two three first second third new old \
     current last next real actual good bad correct incorrect right wrong valid invalid strong weak \
     super very long short random secure unsafe insecure same different not no none null nil empty \
     blank missing unknown bogus \
     test tests testing tester tested demo sample example dummy fake mock stub temp tmp default \
     dev develop development prod production staging stage local localhost sandbox public private \
     value string str text word words field data foo bar baz qux hello world here let me in it is to \
     of and or on with for this that change changed go set get use enter insert put type needs must \
     should can \
     db database sql mysql postgres postgresql pg mongo mongodb mongoose redis rabbit rabbitmq oracle \
     sa mssql maria mariadb elastic ldap smtp ftp ssh git github gitlab gitea docker kafka proxy app \
     grafana nextcloud wordpress drupal joomla keycloak jenkins nexus sonar minio vault cassandra \
     influx influxdb kibana elasticsearch tomcat airflow superset metabase odoo django \
     service web site host hostname port http https rest auth oauth basic scram sha md jwt \
     joe john jane doe alice bob foobar \
     heslo lozinka geslo cyfrinair wachtwoord passwort kennwort senha contrasena clave motdepasse \
     haslo salasana adgangskode losenord parola sifre jelszo katasandi geheimnis \
     abc abcd abcde abcdef asd asdf asdasd qwe qwert qwerty qwertz xyz zxc zxcv aaa"
        .split_ascii_whitespace()
        .map(str::as_bytes)
        .collect()
});

/// The longest word of the list, and the longest stretch of letters that is looked at.
const LONGEST: usize = 13;
const MAX_LETTERS: usize = 40;

/// More digits than a year has may be a secret in themselves.
const DIGITS: usize = 4;

impl Filter for StandIn {
    fn name(&self) -> &'static str {
        "stand-in"
    }

    fn judge(&self, subject: &Subject) -> Option<Verdict> {
        if !matches!(subject.layer, Layer::Password | Layer::Generic) {
            return None;
        }
        let value = subject.value;
        let digits = value.iter().filter(|b| b.is_ascii_digit()).count();
        let mut stretches = value.split(|b| !b.is_ascii_alphabetic());
        let letters = value.iter().any(u8::is_ascii_alphabetic);
        let stands = letters && digits <= DIGITS && stretches.all(is_made_of_words);
        let reason = "words that stand for a secret";
        // `Pass123!` is what a rule for passwords made of one: it may be in use.
        let obeys =
            digits > 0 && value.iter().any(|b| !b.is_ascii_alphanumeric() && !b"_-. ".contains(b));
        stands.then_some(if obeys { Verdict::Lower(reason) } else { Verdict::Drop(reason) })
    }
}

/// Whether letters can be cut into words of the list.
fn is_made_of_words(letters: &[u8]) -> bool {
    let mut lower = [0; MAX_LETTERS];
    let Some(lower) = lower.get_mut(..letters.len()) else { return false };
    lower.copy_from_slice(letters);
    lower.make_ascii_lowercase();
    // Whether the first letters, so many of them, can be.
    let mut can = [true; MAX_LETTERS + 1];
    for end in 1..=lower.len() {
        let starts = end.saturating_sub(LONGEST)..end;
        can[end] = starts.into_iter().any(|start| can[start] && WORDS.contains(&lower[start..end]));
    }
    can[lower.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stands_in(value: &str) -> bool {
        let value = value.as_bytes();
        let subject = Subject {
            layer: Layer::Password,
            value,
            body: value,
            name: b"password",
            call: false,
            before: b"",
            after: b"",
            quoted: true,
            by_path: false,
            floor: None,
        };
        matches!(StandIn.judge(&subject), Some(Verdict::Drop(_)))
    }

    #[test]
    fn words_for_secrets_stand_in_for_one() {
        for value in [
            "mypassword",
            "test_user1",
            "SuperSecretToken",
            "admin123",
            "let-me-in!",
            "Heslo",
            "root",
        ] {
            assert!(stands_in(value), "{value}");
        }
        for value in ["hunter2", "correcthorse", "pass-98417", "1234", "qXr", "tigerroot", "Pass1!"]
        {
            assert!(!stands_in(value), "{value}");
        }
        assert!(!stands_in(&"password".repeat(9)), "longer than what is looked at");
    }

    #[test]
    fn no_word_is_longer_than_what_is_looked_at() {
        assert_eq!(WORDS.iter().map(|word| word.len()).max(), Some(LONGEST));
    }
}
