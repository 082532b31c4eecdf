//! What looks like a secret and is none: one file a filter, asked in the order of `FILTERS`.

mod encoded;
mod name_role;
mod placeholder;
mod reference;
mod shape;
mod stand_in;
mod strength;

use crate::rule::Layer;
use aho_corasick::AhoCorasick;
use std::sync::OnceLock;

/// A value that a pattern has matched, with what stands around it.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The layer of the rule.
    pub layer: Layer,
    /// The value.
    pub value: &'a [u8],
    /// The value without the prefix that its rule documents.
    pub body: &'a [u8],
    /// The name that it is assigned to; empty if it is not assigned.
    pub name: &'a [u8],
    /// Whether the name is a function's, and the value its argument.
    pub call: bool,
    /// Up to 80 bytes before the value.
    pub before: &'a [u8],
    /// Up to 16 bytes behind the value.
    pub after: &'a [u8],
    /// Whether it stands in quotes.
    pub quoted: bool,
    /// Whether the path says that the file holds such secrets.
    pub by_path: bool,
    /// Shannon entropy that the rule wants, in bits per character.
    pub floor: Option<f32>,
}

/// What a filter says of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is no secret, for this reason.
    Drop(&'static str),
    /// It may be one, for an audit to decide, for this reason.
    Lower(&'static str),
}

/// Tells what is no secret.
pub trait Filter: Sync {
    /// The name by which `blurt explain` refers to it.
    fn name(&self) -> &'static str;

    /// What the filter says, or `None` if it has nothing to say.
    fn judge(&self, subject: &Subject) -> Option<Verdict>;
}

/// All filters, the cheapest first. A new one is added here.
static FILTERS: [&dyn Filter; 7] = [
    &placeholder::Placeholder,
    &stand_in::StandIn,
    &strength::Strength,
    &reference::Reference,
    &name_role::NameRole,
    &shape::Shape,
    &encoded::Encoded,
];

/// Asks the filters. The first that drops the value decides; otherwise one that lowers it.
#[must_use]
pub fn judge(subject: &Subject) -> Option<(&'static str, Verdict)> {
    let mut lowered = None;
    for filter in FILTERS {
        match filter.judge(subject) {
            Some(verdict @ Verdict::Drop(_)) => return Some((filter.name(), verdict)),
            Some(verdict) => lowered = lowered.or(Some((filter.name(), verdict))),
            None => {}
        }
    }
    lowered
}

/// What each filter says by itself, in the order in which they are asked.
#[must_use]
pub fn opinions(subject: &Subject) -> Vec<(&'static str, Option<Verdict>)> {
    FILTERS.iter().map(|filter| (filter.name(), filter.judge(subject))).collect()
}

/// The entropy that a value has to reach, in bits per character: the rule's own floor, or that of its
/// length; `None` if it may have any.
#[must_use]
pub fn floor(subject: &Subject) -> Option<f32> {
    let of_length = || (subject.layer == Layer::Named).then(|| strength::floor(subject.value));
    subject.floor.or_else(of_length)
}

/// Words to look for in values and names: one text, in lower case, with blanks between them.
pub(super) struct Words {
    text: &'static str,
    /// Built when it is first asked.
    automaton: OnceLock<Option<AhoCorasick>>,
}

impl Words {
    pub(super) const fn new(text: &'static str) -> Self {
        Self { text, automaton: OnceLock::new() }
    }

    /// Whether `text` holds one of them, in any case of letters.
    pub(super) fn are_in(&self, text: &[u8]) -> bool {
        let words = || self.text.split_ascii_whitespace();
        let build = || AhoCorasick::builder().ascii_case_insensitive(true).build(words()).ok();
        let automaton = self.automaton.get_or_init(build);
        automaton.as_ref().is_some_and(|automaton| automaton.is_match(text))
    }
}

/// Whether `text` is one of `words`, in any case of letters.
pub(super) fn is_any(text: &[u8], words: &str) -> bool {
    words.split_ascii_whitespace().any(|word| text.eq_ignore_ascii_case(word.as_bytes()))
}

/// Whether `text` begins with one of `words`, in any case of letters.
fn starts_with_any(text: &[u8], words: &str) -> bool {
    words.split_ascii_whitespace().any(|word| {
        text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()))
    })
}

/// Whether `text` ends with one of `words`, in any case of letters.
fn ends_with_any(text: &[u8], words: &str) -> bool {
    words.split_ascii_whitespace().any(|word| {
        let start = text.len().checked_sub(word.len());
        start.is_some_and(|start| text[start..].eq_ignore_ascii_case(word.as_bytes()))
    })
}
