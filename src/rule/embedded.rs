//! The packs and playbooks of `rules/`, as `build.rs` has embedded them.

use super::load::RuleError;
use super::spec::{Embedded, EmbeddedRule, Playbook, RuleSpec, Sourced};
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

static BLOB: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/rules.postcard"));

fn embedded() -> postcard::Result<Embedded<'static>> {
    postcard::from_bytes(BLOB)
}

/// The built-in rules.
pub(super) fn rules() -> Result<Vec<EmbeddedRule<'static>>, RuleError> {
    let flaw = |e: postcard::Error| RuleError::of_file("built-in rules", e.to_string());
    Ok(embedded().map_err(flaw)?.rules)
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
