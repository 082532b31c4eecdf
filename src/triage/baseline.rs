//! The baseline: secrets that are known, and not to be told again.
//!
//! ```json
//! {
//!   "0f31c2…": {"rule": "jwt", "path": "src/a.py", "added": "2026-11-23", "author": "Ann", "reason": "…"},
//!   "schema_version": 1
//! }
//! ```
//!
//! An entry's key is the secret's fingerprint, so that it survives shifted lines, edits, renames and
//! rebases, and another secret on the same line is new. Entries are sorted and have a line each, and all
//! of these end alike, so that git merges what two branches have added. The file is read by more people
//! than the secrets are meant for: a fingerprint of what could be guessed is slow to make
//! ([`Fingerprint`]), so that trying passwords costs milliseconds and memory each. A key for a faster
//! hash would have to stand in the same repository.

use super::suppression::Day;
use crate::finding::{Authority, Excuse, Finding, Fingerprint};
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};
use std::path::Path;
use std::sync::Arc;

/// The version of the file's layout.
pub const SCHEMA_VERSION: u32 = 1;

/// A known secret, as written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The id of the rule that found it.
    pub rule: String,
    /// Where it stood when it was added: a file, from the folder of the baseline, or what it is instead.
    pub path: String,
    /// When it was added.
    pub added: Day,
    /// Who added it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// Why it may stay.
    pub reason: String,
    /// The last day that it may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Day>,
}

/// The entries of a baseline by fingerprint, and how it was made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline {
    /// The entries.
    pub entries: BTreeMap<String, Entry>,
    /// Whether it was made from the history, too: what stands nowhere else is used by it.
    pub history: bool,
}

/// What is wrong with the text of a baseline.
#[derive(Debug, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct BaselineError {
    /// 1-based line.
    pub line: usize,
    /// 1-based column.
    pub column: usize,
    /// What is wrong.
    pub message: String,
}

impl Baseline {
    /// Reads the text of a baseline, sorted or not.
    ///
    /// # Errors
    ///
    /// When it is not what it should be, with the place.
    pub fn read(text: &str) -> Result<Self, BaselineError> {
        let conflict = text.lines().position(|line| line.starts_with("<<<<<<<"));
        if let Some(line) = conflict {
            let message =
                "a merge has left a conflict here: keep the lines of both sides".to_owned();
            return Err(BaselineError { line: line + 1, column: 1, message });
        }
        serde_json::from_str(text).map_err(|e| {
            let message = e.to_string();
            let message = message.split(" at line ").next().unwrap_or_default();
            let message = crate::config::with_suggestion(message);
            BaselineError { line: e.line(), column: e.column(), message }
        })
    }

    /// The text of the baseline: sorted, an entry a line.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::from("{\n");
        for (fingerprint, entry) in &self.entries {
            // An entry has no value that JSON cannot say.
            let entry = serde_json::to_string(entry).unwrap_or_default();
            let _ = writeln!(text, "  \"{fingerprint}\": {entry},");
        }
        if self.history {
            text += "  \"history\": true,\n";
        }
        let _ = writeln!(text, "  \"schema_version\": {SCHEMA_VERSION}\n}}");
        text
    }
}

impl<'de> Deserialize<'de> for Baseline {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Baseline;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a baseline, as `blurt baseline create` writes it")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Baseline, A::Error> {
                let mut baseline = Baseline::default();
                let mut version = None;
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "schema_version" => version = Some(map.next_value::<u32>()?),
                        "history" => baseline.history = map.next_value()?,
                        _ if is_fingerprint(&key) => {
                            baseline.entries.insert(key, map.next_value()?);
                        }
                        _ => {
                            const KEYS: &[&str] = &["history", "schema_version"];
                            return Err(de::Error::unknown_field(&key, KEYS));
                        }
                    }
                }
                match version {
                    Some(SCHEMA_VERSION) => Ok(baseline),
                    Some(other) => Err(de::Error::custom(format!(
                        "it has layout {other}, this blurt reads layout {SCHEMA_VERSION}"
                    ))),
                    None => Err(de::Error::missing_field("schema_version")),
                }
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

fn is_fingerprint(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// A baseline as a scan asks it: what it excuses, by fingerprint.
#[derive(Debug, Default)]
pub struct Known {
    by_fingerprint: BTreeMap<String, Arc<Excuse>>,
    rules: BTreeSet<String>,
}

impl Known {
    /// What the baseline in the file `path`, which has this text, excuses.
    #[must_use]
    pub fn new(baseline: &Baseline, path: &Path, text: &str) -> Self {
        let mut lines = BTreeMap::new();
        for (number, line) in text.lines().enumerate() {
            if let Some(key) = line.trim_start().strip_prefix('"').and_then(|rest| rest.get(..32)) {
                lines.insert(key, number + 1);
            }
        }
        let excuse = |(key, entry): (&String, &Entry)| {
            let line = lines.get(key.as_str()).copied().unwrap_or(1);
            let excuse = Excuse {
                by: Authority::Baseline,
                place: Some(format!("{}:{line}", path.display())),
                reason: entry.reason.clone(),
                author: entry.author.clone(),
                expires: entry.expires.map(|day| day.0),
            };
            (key.clone(), Arc::new(excuse))
        };
        let rules = baseline.entries.values().map(|entry| entry.rule.clone()).collect();
        Self { by_fingerprint: baseline.entries.iter().map(excuse).collect(), rules }
    }

    /// Whether it knows nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_fingerprint.is_empty()
    }

    /// Who says that a secret is known. An entry of an earlier id of its rule is one of it, too.
    #[must_use]
    pub fn find(&self, finding: &Finding) -> Option<&Arc<Excuse>> {
        let rule = &finding.rule;
        if self.rules.contains(rule.id())
            && let Some(known) = self.by_fingerprint.get(finding.fingerprint().as_str())
        {
            return Some(known);
        }
        let earlier = rule.spec().aliases.iter().filter(|id| self.rules.contains(*id));
        let mut earlier = earlier.map(|id| Fingerprint::new(id, &finding.secret));
        earlier.find_map(|earlier| self.by_fingerprint.get(earlier.as_str()))
    }

    /// Who excuses the secret with this fingerprint.
    #[must_use]
    pub fn get(&self, fingerprint: &str) -> Option<&Arc<Excuse>> {
        self.by_fingerprint.get(fingerprint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(rule: &str) -> Entry {
        Entry {
            rule: rule.into(),
            path: "src/a \"b\".py".into(),
            added: Day("2026-11-23".parse().unwrap()),
            author: None,
            reason: "known".into(),
            expires: Some(Day("2027-01-31".parse().unwrap())),
        }
    }

    fn baseline() -> Baseline {
        let entries = [(7, "jwt"), (1, "generic-secret")];
        let entries = entries.map(|(n, rule)| (format!("{n:032x}"), entry(rule)));
        Baseline { entries: entries.into(), history: true }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let text = baseline().text();
        assert_eq!(Baseline::read(&text).unwrap(), baseline());
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[1..lines.len() - 2].iter().all(|line| line.ends_with(',')), "{text}");
        assert_eq!(lines.len(), 6);
        assert!(Baseline::read(&Baseline::default().text()).unwrap().entries.is_empty());
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let text = baseline().text();
        for (right, wrong, place, told) in [
            ("\"reason\"", "\"reson\"", "line 2, column", "did you mean `reason`"),
            ("\"schema_version\": 1", "\"schema_version\": 9", "line ", "layout 9"),
            ("2027-01-31", "2027-31-01", "line 2, column", "a day"),
            ("  \"0", "<<<<<<< HEAD\n  \"0", "line 2, column 1", "conflict"),
            ("\"history\"", "\"histroy\"", "line 4, column", "did you mean `history`"),
        ] {
            let error = Baseline::read(&text.replacen(right, wrong, 1)).unwrap_err().to_string();
            assert!(error.starts_with(place) && error.contains(told), "{wrong}: {error}");
        }
    }
}
