//! The packs and playbooks of `rules/`, as `build.rs` has embedded them.

use super::load::RuleError;
use super::spec::{Embedded, EmbeddedRule, Playbook, RuleSpec, Sourced};
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

static BLOB: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/rules.postcard"));

fn embedded() -> postcard::Result<Embedded<'static>> {
    postcard::from_bytes(BLOB)
}

/// The built-in rules, each with what [`decode`] makes the written rule of.
pub(super) fn rules() -> Result<Vec<(EmbeddedRule<'static>, &'static [u8])>, RuleError> {
    let flaw = |message: String| RuleError::of_file("built-in rules", message);
    let Embedded { rules, mut written, .. } = embedded().map_err(|e| flaw(e.to_string()))?;
    let with_written = |rule: EmbeddedRule<'static>| {
        let (own, rest) = written.split_at_checked(rule.length)?;
        written = rest;
        Some((rule, own))
    };
    let rules: Option<_> = rules.into_iter().map(with_written).collect();
    rules.ok_or_else(|| flaw("they are cut off".to_owned()))
}

/// A built-in rule as it was written.
pub(super) fn decode(written: &[u8]) -> Sourced<RuleSpec> {
    postcard::from_bytes(written).expect("build.rs has encoded it")
}

/// The built-in playbooks, by id.
pub(super) static PLAYBOOKS: LazyLock<BTreeMap<String, Arc<Playbook>>> = LazyLock::new(|| {
    let playbooks: Vec<Playbook> = embedded()
        .and_then(|embedded| postcard::from_bytes(embedded.playbooks))
        .expect("build.rs has encoded them");
    playbooks.into_iter().map(|playbook| (playbook.id.clone(), Arc::new(playbook))).collect()
});
