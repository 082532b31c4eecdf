//! From the name of an assignment, and what stands before it, to the rules that a word in it calls.

use super::assignment::Assignment;
use super::filter::Words;
use crate::rule::Layer;
use aho_corasick::{AhoCorasick, AhoCorasickKind};
use bstr::ByteSlice as _;
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
    text: Vec<u8>,
    rule: usize,
    layer: Layer,
}

impl KeywordIndex {
    /// Takes `(rule, layer, keyword)`. A `_` in a keyword stands for any separator or none.
    pub(super) fn new<'a>(keywords: impl IntoIterator<Item = (usize, Layer, &'a str)>) -> Self {
        let mut words = Vec::new();
        for (rule, layer, keyword) in keywords {
            let mut text = keyword.as_bytes().to_vec();
            fold(&mut text);
            if text.contains(&b'_') {
                words.push(Word { text: text.replace("_", ""), rule, layer });
            }
            words.push(Word { text, rule, layer });
        }
        Self { words, automaton: OnceLock::new() }
    }

    fn automaton(&self) -> Option<&AhoCorasick> {
        let generic = GENERIC_WORDS.split(' ').map(str::as_bytes);
        let build = || {
            AhoCorasick::builder()
                .kind(Some(AhoCorasickKind::ContiguousNFA))
                .build(self.words.iter().map(|word| word.text.as_slice()).chain(generic))
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
                fold(lower);
                automaton.is_match(&*lower)
            }
            None => automaton.is_match(&folded(&bytes[name.clone()])),
        };
        if !is_called {
            return Vec::new();
        }
        let folded = folded(region);
        let mut rules = Vec::new();
        for hit in automaton.find_overlapping_iter(&folded) {
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

/// Makes one text of all ways to write a name: lower case, with `_` for every separator. An automaton for
/// these alone is built in a third of the time of one for all.
fn fold(text: &mut [u8]) {
    for byte in text {
        *byte = match *byte {
            b'-' | b'.' | b' ' => b'_',
            byte => byte.to_ascii_lowercase(),
        };
    }
}

fn folded(text: &[u8]) -> Vec<u8> {
    let mut text = text.to_vec();
    fold(&mut text);
    text
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
