//! The packs of `rules/` and what remedies are made of, as `build.rs` has embedded them.

use super::load::RuleError;
use super::spec::{
    Console, Embedded, EmbeddedRule, Knowledge, Playbook, RuleSpec, Sourced, Store, Strategy,
};
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

/// What remedies are made of, by id.
#[derive(Debug)]
pub(super) struct Known {
    pub playbooks: BTreeMap<String, Arc<Playbook>>,
    pub strategies: BTreeMap<String, Arc<Strategy>>,
    pub stores: BTreeMap<String, Arc<Store>>,
    /// By provider, the longest names first.
    pub consoles: Vec<Console>,
}

/// The built-in knowledge, decoded when the first remedy needs it.
pub(super) static KNOWN: LazyLock<Known> = LazyLock::new(|| {
    let knowledge: Knowledge = embedded()
        .and_then(|embedded| postcard::from_bytes(embedded.knowledge))
        .expect("build.rs has encoded it");
    let Knowledge { playbook, strategy, store, mut console } = knowledge;
    console
        .sort_by(|a, b| b.provider.len().cmp(&a.provider.len()).then(a.provider.cmp(&b.provider)));
    let playbooks = playbook.into_iter().map(|playbook| (playbook.id.clone(), Arc::new(playbook)));
    let strategies = strategy.into_iter().map(|one| (one.id.clone(), Arc::new(one)));
    let stores = store.into_iter().map(|store| (store.id.clone(), Arc::new(store)));
    Known {
        playbooks: playbooks.collect(),
        strategies: strategies.collect(),
        stores: stores.collect(),
        consoles: console,
    }
});
