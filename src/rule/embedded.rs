//! The packs and playbooks of `rules/`, as `build.rs` has embedded them.

use super::load::{Pack, RuleError};
use super::spec::Embedded;

static BLOB: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/rules.postcard"));

pub(super) fn packs() -> Result<Pack, RuleError> {
    let Embedded { rules, playbooks } = postcard::from_bytes(BLOB)
        .map_err(|e| RuleError::of_file("built-in rules", e.to_string()))?;
    Ok(Pack { text: String::new(), disable: Vec::new(), rules, playbooks })
}
