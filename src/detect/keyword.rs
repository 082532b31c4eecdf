//! From the name of an assignment, and what stands before it, to the rules that a word in it calls.

use super::assignment::Assignment;
use super::filter::Words;
use crate::rule::Layer;
use aho_corasick::{AhoCorasick, AhoCorasickKind};
use std::ops::Range;
use std::sync::OnceLock;

/// Bytes before a value in which a provider's word counts.
pub(super) const CONTEXT: usize = 80;

/// Words up to this length count only where they stand by themselves: `pass` is in `compass`.
const SHORT: usize = 4;

/// Names up to this length need no memory of their own.
const SHORT_NAME: usize = 64;

/// Words that say "a secret follows", whoever's it is.
const GENERIC_WORDS: &str = "key token secret pass pwd auth cred bearer webhook signature pat sid access \
                       license dsn api private client";
static GENERIC: Words = Words::new(GENERIC_WORDS);

/// The keywords of all rules. The automaton is built when it is first asked.
#[derive(Debug, Default)]
pub(super) struct KeywordIndex {
    words: Vec<Word>,
    automaton: OnceLock<Option<AhoCorasick>>,
}

#[derive(Debug)]
struct Word {
    text: String,
    rule: usize,
    layer: Layer,
}

impl KeywordIndex {
    /// Takes `(rule, layer, keyword)`. A `_` in a keyword stands for any separator or none.
    pub(super) fn new<'a>(keywords: impl IntoIterator<Item = (usize, Layer, &'a str)>) -> Self {
        let mut words = Vec::new();
        for (rule, layer, keyword) in keywords {
            let separators: &[&str] =
                if keyword.contains('_') { &["", "_", "-", ".", " "] } else { &[""] };
            for separator in separators {
                let text = keyword.replace('_', separator).to_ascii_lowercase();
                words.push(Word { text, rule, layer });
            }
        }
        Self { words, automaton: OnceLock::new() }
    }

    fn automaton(&self) -> Option<&AhoCorasick> {
        // For the text in lower case: that builds in half the time of one for both cases.
        let build = || {
            AhoCorasick::builder()
                .kind(Some(AhoCorasickKind::ContiguousNFA))
                .build(self.words.iter().map(|word| &*word.text).chain(GENERIC_WORDS.split(' ')))
                .ok()
        };
        self.automaton.get_or_init(build).as_ref()
    }

    /// The rules that the assignment calls, each once.
    pub(super) fn look_up(
        &self,
        bytes: &[u8],
        found: &Assignment,
        name: &Range<usize>,
    ) -> Vec<usize> {
        let Some(automaton) = self.automaton() else { return Vec::new() };
        let start = found.value.start.saturating_sub(CONTEXT).min(name.start);
        let region = &bytes[start..found.name.end.max(name.end)];
        // Every rule wants a word in the name itself: its own, or one that says what follows. Nearly all
        // names have none, so the rest is not looked at yet.
        let mut short = [0; SHORT_NAME];
        let is_called = match short.get_mut(..name.len()) {
            Some(lower) => {
                lower.copy_from_slice(&bytes[name.clone()]);
                lower.make_ascii_lowercase();
                automaton.is_match(&*lower)
            }
            None => automaton.is_match(&bytes[name.clone()].to_ascii_lowercase()),
        };
        if !is_called {
            return Vec::new();
        }
        let lower = region.to_ascii_lowercase();
        let mut rules = Vec::new();
        for hit in automaton.find_overlapping_iter(&lower) {
            let Some(word) = self.words.get(hit.pattern().as_usize()) else { continue };
            let in_name = start + hit.start() >= name.start && start + hit.end() <= name.end;
            let called = match word.layer {
                Layer::Generic | Layer::Password | Layer::Structured => {
                    in_name && (word.text.len() > SHORT || is_whole(region, hit.range()))
                }
                Layer::Named => {
                    let generic = if in_name { region } else { &bytes[name.clone()] };
                    is_whole(region, hit.range()) && GENERIC.are_in(generic)
                }
            };
            if called && !rules.contains(&word.rule) {
                rules.push(word.rule);
            }
        }
        rules
    }
}

/// Whether a word stands by itself: no letter of the same word before or behind it. `myStripeKey`
/// and `STRIPE_KEY` hold *stripe*, `stripes` and `pinstripe` do not.
fn is_whole(text: &[u8], word: Range<usize>) -> bool {
    let first = text[word.start];
    let last = text[word.end - 1];
    let before = word.start.checked_sub(1).map(|at| text[at]);
    let after = text.get(word.end);
    let joined_before = before.is_some_and(|b| {
        b.is_ascii_alphabetic() && !(b.is_ascii_lowercase() && first.is_ascii_uppercase())
    });
    let joined_after = after.is_some_and(|b| {
        b.is_ascii_lowercase() || (b.is_ascii_uppercase() && last.is_ascii_uppercase())
    });
    !joined_before && !joined_after
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_providers_stand_by_themselves() {
        let whole = |text: &str| {
            let lower = text.to_lowercase();
            let at = lower.find("stripe").unwrap();
            is_whole(text.as_bytes(), at..at + 6)
        };
        for text in ["STRIPE_KEY", "myStripeKey", "stripe.key", "stripeKey"] {
            assert!(whole(text), "{text}");
        }
        for text in ["stripes", "pinstripe", "STRIPES"] {
            assert!(!whole(text), "{text}");
        }
    }
}
