//! The environment that a secret belongs to: `dev`, `test`, `nonp` or `prod`, as "Migrating your secrets
//! to AWS Secrets Manager, part I" names them.

use crate::report::sanitize;
use std::borrow::Borrow;
use std::collections::BTreeMap;

/// An environment, from the one that matters least to the one that matters most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Environment {
    /// One person's own computer. Any other word beside it says more.
    Local,
    Dev,
    Test,
    Nonp,
    Prod,
}

/// What a word is a part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// What the secret is assigned to.
    Name,
    /// The name of a file or folder.
    Path,
    /// The same of a page of Phoenix, which calls some of them `live`.
    Page,
}

/// The environment of a secret, as the value of its tag, and what says so in a sentence. `path` is that of
/// its file with forward slashes, `assigned_name` what it is assigned to, `facts` what it says about
/// itself. What is nearer to the secret decides: its name, then the file's name, then the folders from the
/// nearest up, then the facts. Of two words of one name, that of the stricter environment decides.
#[must_use]
pub fn of<K: Borrow<str> + Ord>(
    path: &str,
    assigned_name: &str,
    facts: &BTreeMap<K, String>,
) -> Option<(&'static str, String)> {
    let said =
        |what: &str, name: &str| format!("{what}, {}, says so.", sanitize(name).into_owned());
    if let Some(named) = Environment::of_words(assigned_name, Part::Name) {
        return Some((named.tag(), said("Its name", assigned_name)));
    }
    let is_page = [".ex", ".heex"].iter().any(|end| path.ends_with(end));
    let part = if is_page { Part::Page } else { Part::Path };
    let (folders, file) = path.rsplit_once('/').unwrap_or(("", path));
    if let Some(named) = Environment::of_file(file, part) {
        return Some((named.tag(), said("The name of its file", file)));
    }
    if let Some((named, folder)) = Environment::of_folders(folders, part) {
        return Some((named.tag(), said("The name of its folder", folder)));
    }
    let mode = facts.get("mode")?;
    let named = match mode.as_str() {
        "live" => Environment::Prod,
        "test" => Environment::Test,
        _ => return None,
    };
    Some((named.tag(), format!("It is for the provider's {mode} mode.")))
}

impl Environment {
    fn tag(self) -> &'static str {
        match self {
            Self::Local | Self::Dev => "dev",
            Self::Test => "test",
            Self::Nonp => "nonp",
            Self::Prod => "prod",
        }
    }

    fn of_file(name: &str, part: Part) -> Option<Self> {
        // That of the service, whose jobs deploy everywhere.
        if [".gitlab-ci.", ".travis-ci."].iter().any(|service| name.starts_with(service)) {
            return None;
        }
        Self::of_words(name, part)
    }

    /// The environment that the nearest folder with such a name stands for.
    fn of_folders(folders: &str, part: Part) -> Option<(Self, &str)> {
        let names: Vec<&str> = folders.split('/').collect();
        names.iter().enumerate().rev().find_map(|(n, name)| {
            let before = n.checked_sub(1).map(|before| names[before]);
            // `/dev/stdin`, `/usr/local/bin`: every machine has them.
            let of_machine = match *name {
                "dev" => n == 1 && before == Some(""),
                "local" => before == Some("usr"),
                _ => false,
            };
            let named = Self::of_words(name, part).filter(|_| !of_machine);
            named.map(|named| (named, *name))
        })
    }

    /// The strictest environment that a word of `name` stands for.
    fn of_words(name: &str, part: Part) -> Option<Self> {
        let words = words(name);
        let of_word = |n: usize| {
            let before = n.checked_sub(1).map_or("", |before| words[before].as_str());
            let after = words.get(n + 1).map_or("", String::as_str);
            Self::of_word(before, &words[n], after, part)
        };
        (0..words.len()).filter_map(of_word).max()
    }

    fn of_word(before: &str, word: &str, after: &str, part: Part) -> Option<Self> {
        Some(match word {
            "prod" | "production" | "prd" if matches!(before, "pre" | "non" | "not") => Self::Nonp,
            "prod" | "production" | "prd" => Self::Prod,
            "live" if part == Part::Page => return None,
            "live" if !matches!(after, "reload" | "stream" | "chat" | "view") => Self::Prod,
            "staging" | "stage" | "stg" | "uat" | "preprod" | "preproduction" | "sandbox"
            | "demo" | "nonp" | "nonprod" | "nonproduction" => Self::Nonp,
            "test" | "tests" | "testing" | "qa" | "e2e" => Self::Test,
            // CI services name what they give to every job so: `CI_REGISTRY_PASSWORD`.
            "ci" if part != Part::Name => Self::Test,
            "dev" | "develop" | "development" => Self::Dev,
            "local" => Self::Local,
            _ => return None,
        })
    }
}

/// The words of a name in lower case, without numbers at their ends: `stagingKey2` is `staging`, `key`.
fn words(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let letters: Vec<char> = name.chars().collect();
    for (n, c) in letters.iter().enumerate() {
        let last = n.checked_sub(1).map(|last| letters[last]);
        let next = letters.get(n + 1);
        // `stagingKey`, `DBProd`
        let begins = c.is_uppercase()
            && (last.is_some_and(char::is_lowercase)
                || next.is_some_and(|next| next.is_lowercase()));
        if begins || !c.is_alphanumeric() {
            words.push(std::mem::take(&mut word));
        }
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
    }
    words.push(word);
    let trimmed = words.iter().map(|word| word.trim_end_matches(|c: char| c.is_ascii_digit()));
    trimmed.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(mode: &str) -> BTreeMap<&'static str, String> {
        BTreeMap::from([("mode", mode.to_owned())])
    }

    fn environment(path: &str, name: &str) -> Option<&'static str> {
        of(path, name, &BTreeMap::<String, String>::new()).map(|(environment, _)| environment)
    }

    #[test]
    fn names_of_files_tell() {
        for (path, expected) in [
            (".env.production", "prod"),
            ("values-prod.yaml", "prod"),
            ("src/main/resources/application-prod.yml", "prod"),
            ("infra/prod.tfvars", "prod"),
            ("PRD.env", "prod"),
            ("config/live.json", "prod"),
            ("appsettings.Production.json", "prod"),
            ("appsettings.PreProd.json", "nonp"),
            ("values-pre-production.yaml", "nonp"),
            ("values-nonprod.yaml", "nonp"),
            ("values-non-prod.yaml", "nonp"),
            ("staging.env", "nonp"),
            ("stg2.tfvars", "nonp"),
            ("uat.properties", "nonp"),
            ("sandbox.yml", "nonp"),
            ("demo_settings.py", "nonp"),
            ("pkg/auth_test.go", "test"),
            ("LoginTest.java", "test"),
            ("qa01.yaml", "test"),
            ("e2e.spec.ts", "test"),
            ("values-ci.yaml", "test"),
            ("application-dev.yml", "dev"),
            (".env.development.local", "dev"),
            (".env.local", "dev"),
            (".env.test.local", "test"),
            (".env.production.local", "prod"),
        ] {
            assert_eq!(environment(path, ""), Some(expected), "{path}");
        }
    }

    #[test]
    fn names_of_folders_tell_the_nearest_first() {
        for (path, expected) in [
            ("environments/production/main.tf", "prod"),
            ("prod/staging/main.tf", "nonp"),
            ("staging/prod/main.tf", "prod"),
            ("live/eu-west-1/db/terragrunt.hcl", "prod"),
            ("tests/data/a.json", "test"),
            ("src/test/java/a/B.java", "test"),
            ("ci/run.sh", "test"),
            ("overlays/dev/secret.yaml", "dev"),
            ("src/dev/a.py", "dev"),
        ] {
            assert_eq!(environment(path, ""), Some(expected), "{path}");
        }
    }

    #[test]
    fn names_of_secrets_tell() {
        for (name, expected) in [
            ("PROD_DB_PASSWORD", "prod"),
            ("dbPasswordProd", "prod"),
            ("DBProdPassword", "prod"),
            ("stripe.live.key", "prod"),
            ("stagingKey", "nonp"),
            ("PRE_PROD_TOKEN", "nonp"),
            ("preprodToken", "nonp"),
            ("TEST_API_KEY", "test"),
            ("E2E_PASSWORD", "test"),
            ("qa1Password", "test"),
            ("dev-token", "dev"),
            ("LOCAL_DB_PASSWORD", "dev"),
        ] {
            assert_eq!(environment("a.py", name), Some(expected), "{name}");
        }
    }

    #[test]
    fn parts_of_words_tell_nothing() {
        for path in [
            "product/a.py",
            "producer.py",
            "reproduction/a.py",
            "devices/a.py",
            "developer.md",
            "latest/a.py",
            "Contest.cs",
            "attestation.py",
            "delivery.py",
            "olive.py",
            "alive/a.py",
            "backstage/a.py",
            "locale/a.py",
            "localhost.conf",
            "demographics.csv",
            "circle/a.py",
            "squat.py",
            ".gitlab-ci.yml",
            "/dev/stdin",
            "/dev/fd/63",
            "usr/local/bin/run.sh",
            "lib/shop_web/live/user_live.ex",
            "live-reload.js",
            "message of commit 1234567",
            "",
            "/",
            "🦀/é.py",
        ] {
            assert_eq!(environment(path, ""), None, "{path}");
        }
        for name in ["PRODUCT_KEY", "latestToken", "deviceKey", "CI_REGISTRY_PASSWORD", "", "_"] {
            assert_eq!(environment("a.py", name), None, "{name}");
        }
    }

    #[test]
    fn what_is_nearer_decides_and_says_so() {
        let told = |path: &str, name: &str, mode: &str| of(path, name, &facts(mode)).unwrap();
        let because = |what: &str| format!("{what}, says so.");
        assert_eq!(
            told("staging/test.env", "PROD_KEY", "test"),
            ("prod", because("Its name, PROD_KEY"))
        );
        assert_eq!(
            told("staging/test.env", "KEY", "live"),
            ("test", because("The name of its file, test.env"))
        );
        assert_eq!(
            told("prod/staging/app.env", "KEY", "live"),
            ("nonp", because("The name of its folder, staging"))
        );
        assert_eq!(
            told("app.env", "KEY", "live"),
            ("prod", "It is for the provider's live mode.".to_owned())
        );
        assert_eq!(told("app.env", "KEY", "test").0, "test");
        assert_eq!(of("app.env", "KEY", &facts("other")), None);
    }

    #[test]
    fn of_two_words_the_stricter_decides() {
        assert_eq!(environment("a", "TEST_PROD_KEY"), Some("prod"));
        assert_eq!(environment("dev-staging.env", ""), Some("nonp"));
    }

    #[test]
    fn foreign_names_deceive_no_terminal() {
        let (_, because) = of("prod\u{202e}.env", "", &facts("")).unwrap();
        assert!(because.contains("\\u{202e}"), "{because}");
    }
}
