//! Providers whose credentials have no shape of their own: one line each in a table, a rule each in use.
//!
//! `build.rs` includes this file too, so it depends on nothing but serde.

use super::spec::{RuleSpec, Severity};
use serde::{Deserialize, Serialize};

/// One provider of the table: what its credentials are called, and what stands before them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderSpec {
    /// Stable name in kebab-case, the beginning of the rule's id.
    pub id: String,
    /// Title of a finding.
    pub name: String,
    /// Words in names near the value that mean the provider; its id, if there are none.
    #[serde(default)]
    pub words: Vec<String>,
    /// Regular expression that the whole value matches.
    pub value: String,
    /// Credential type of the inventory; the rule's id, if it is absent.
    #[serde(default)]
    pub kind: Option<String>,
    /// How bad a live secret of this kind is; high, if it is absent.
    #[serde(default)]
    pub severity: Option<Severity>,
    /// Id of the playbook; the one for any API key, if it is absent.
    #[serde(default)]
    pub playbook: Option<String>,
    /// Where the provider documents how its interface is used.
    pub reference: String,
}

const PLAYBOOK: &str = "third-party-api-key";

impl From<ProviderSpec> for RuleSpec {
    fn from(provider: ProviderSpec) -> Self {
        let id = format!("{}-credential", provider.id);
        let keywords = match provider.words {
            words if words.is_empty() => vec![provider.id.replace('-', "_")],
            words => words,
        };
        let word = keywords[0].clone();
        let upper = word.to_uppercase();
        let value = &provider.value;
        Self {
            aliases: Vec::new(),
            name: provider.name,
            provider: None,
            kind: provider.kind.unwrap_or_else(|| id.clone()),
            severity: provider.severity.unwrap_or(Severity::High),
            confidence: None,
            layer: None,
            prefixes: Vec::new(),
            literals: Vec::new(),
            reach: None,
            entropy: None,
            check: None,
            near: Vec::new(),
            paths: super::spec::PathsSpec::default(),
            playbook: provider.playbook.unwrap_or_else(|| PLAYBOOK.to_owned()),
            examples: vec![
                format!("{upper}_API_KEY = \"<<{value}>>\""),
                format!("{{\"{word}_token\": \"<<{value}>>\"}}"),
            ],
            example_path: None,
            counterexamples: vec![
                format!("{word}_api_key = os.environ[\"{upper}_API_KEY\"]"),
                format!("{upper}_TOKEN = \"your-{word}-token-goes-here\""),
            ],
            references: vec![provider.reference],
            pattern: provider.value,
            keywords,
            id,
        }
    }
}
