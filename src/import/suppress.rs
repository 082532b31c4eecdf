//! What another tool leaves out, as `[[suppress]]` tables of `.blurt.toml`.

use serde::Serialize;

/// One `[[suppress]]` table: all keys that it has must hold, and a list holds if one of it does.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Suppression {
    /// Ids or kinds of rules; any if empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<String>,
    /// Globs of files, in the language of .gitignore.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<String>,
    /// Regexes found in the path.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub path_patterns: Vec<String>,
    /// Regexes found in the secret.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
    /// Regexes found in the line.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<String>,
    /// Fingerprints of secrets.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fingerprints: Vec<String>,
    /// Why.
    pub reason: String,
}

/// What `.blurt.toml` gets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Settings {
    /// The `[rules]` table.
    #[serde(skip_serializing_if = "RuleSettings::is_empty")]
    pub rules: RuleSettings,
    /// The `[[suppress]]` tables.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub suppress: Vec<Suppression>,
}

/// The `[rules]` table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RuleSettings {
    /// Pack files.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub packs: Vec<String>,
    /// Rules that shall not work.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub disable: Vec<String>,
}

impl RuleSettings {
    /// Whether it says nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.packs.is_empty() && self.disable.is_empty()
    }
}
