//! From the name of an assignment, and what stands before it, to the rules that a word in it calls.

use super::Rules;
use super::assignment::Assignment;
use super::filter::is_any;
use crate::rule::Layer;
use aho_corasick::{AhoCorasick, AhoCorasickKind};
use bstr::ByteSlice as _;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::OnceLock;

/// Bytes before a value in which a provider's word counts.
pub(super) const CONTEXT: usize = 80;

/// Words up to this length count only where no letter of the same word follows: `key` is in `keyboard`,
/// `pass` in `passage`.
const SHORT: usize = 4;

/// Words that say "a secret follows", whoever's it is.
const GENERIC: &str = "key token secret pass passw passphrase pwd auth cred bearer webhook";

/// Words that say so in the name itself; before it they are modifiers, parts of addresses and the like.
const IN_NAMES: &str = "access license api private client";

/// Others, which are a part of too many words: they count only by themselves.
const ABBREVIATIONS: &str = "pat sid dsn";

/// What may be written together with a provider's word: `stripekey`.
const ENDINGS: [&str; 9] =
    ["key", "token", "secret", "apikey", "apitoken", "accesstoken", "api", "auth", "password"];

/// Names and what stands before them are not longer.
const MAX_TEXT: usize = 256;

/// Bits of the filter before the table of providers' words.
const BITS: usize = 1 << 16;

/// The keywords of all rules. The tables are built when they are first asked.
#[derive(Debug, Default)]
pub(super) struct KeywordIndex {
    providers: OnceLock<Providers>,
    names: OnceLock<Names>,
}

impl KeywordIndex {
    /// Of `rules`, the same at every call, those that the assignment calls, each once: by a word in its
    /// name; by a provider's word in its name with a word near it that says what follows; or the other way
    /// round. A `_` in a keyword stands for any separator or none.
    pub(super) fn look_up(
        &self,
        rules: &Rules,
        bytes: &[u8],
        found: &Assignment,
        name: &Range<usize>,
    ) -> Vec<usize> {
        let names = self.names.get_or_init(|| Names::new(rules));
        let providers = || self.providers.get_or_init(|| Providers::new(rules));
        let text = &bytes[name.clone()];
        let mut called = Vec::new();
        let says_secret = names.words_in(text, |_, rule| add(&mut called, rule)) > Says::Nothing;
        let (mut by_provider, mut is_named) = (Vec::new(), false);
        providers().words_in(text, |word, rule| {
            is_named |= !is_generic(word);
            add(&mut by_provider, rule);
        });
        // Nearly all names have no such word, so what stands before them is not looked at yet.
        let start = found.value.start.saturating_sub(CONTEXT).min(name.start);
        if says_secret {
            let region = &bytes[start..found.name.end.max(name.end)];
            providers().words_in(region, |_, rule| add(&mut by_provider, rule));
        } else if by_provider.is_empty()
            || names.words_in(&bytes[start..name.start], |_, _| ()) < Says::Secret
        {
            return called;
        }
        for rule in by_provider {
            add(&mut called, rule);
        }
        let of_password = |rule: &usize| rules[*rule].layer() == Layer::Password;
        if says_secret && is_named && !called.iter().any(of_password) {
            // `acme_key`: whatever shape the provider gives its keys.
            names.generic.iter().for_each(|rule| add(&mut called, *rule));
        }
        called
    }

    /// The longest word by which [`Self::look_up`] comes to `rule`: one in the name, or else one before it.
    /// None where any provider's word does.
    pub(super) fn word_of(
        &self,
        rules: &Rules,
        rule: usize,
        (name, context): (&[u8], &[u8]),
    ) -> Option<Word> {
        let (mut in_name, mut before) = (Vec::new(), Vec::new());
        let keep = |best: &mut Vec<u8>, word: &[u8], of: usize| {
            if of == rule && word.len() > best.len() {
                *best = word.to_vec();
            }
        };
        let names = self.names.get_or_init(|| Names::new(rules));
        let providers = self.providers.get_or_init(|| Providers::new(rules));
        names.words_in(name, |word, of| keep(&mut in_name, word, of));
        providers.words_in(name, |word, of| keep(&mut in_name, word, of));
        providers.words_in(context, |word, of| keep(&mut before, word, of));
        let text = |word: &[u8]| word.to_str_lossy().into_owned();
        match (in_name.is_empty(), before.is_empty()) {
            (false, _) => Some(Word::InName(text(&in_name))),
            (true, false) => Some(Word::Before(text(&before))),
            (true, true) => None,
        }
    }
}

/// A word that calls a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Word {
    /// It stands in the name that something is assigned to.
    InName(String),
    /// It stands before that name.
    Before(String),
}

/// The words that call a rule when they stand in a name, and those that only say that a secret follows.
#[derive(Debug)]
struct Names {
    /// Each with its rule.
    words: Vec<(Vec<u8>, usize)>,
    /// The rules that any provider's word in the name calls, too.
    generic: Vec<usize>,
    automaton: Option<AhoCorasick>,
}

impl Names {
    fn new(rules: &Rules) -> Self {
        let (mut words, mut generic) = (Vec::new(), Vec::new());
        for (index, rule) in
            rules.iter().enumerate().filter(|(_, rule)| rule.layer() != Layer::Named)
        {
            for keyword in rule.triggers().keywords.iter() {
                let mut text = keyword.as_bytes().to_vec();
                fold(&mut text);
                if text.contains(&b'_') {
                    words.push((text.replace("_", ""), index));
                }
                words.push((text, index));
                if rule.layer() == Layer::Generic {
                    add(&mut generic, index);
                }
            }
        }
        let others =
            [GENERIC, ABBREVIATIONS, IN_NAMES].into_iter().flat_map(|list| list.split(' '));
        let others = others.map(str::as_bytes);
        let automaton = AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(words.iter().map(|(text, _)| text.as_slice()).chain(others));
        Self { words, generic, automaton: automaton.ok() }
    }

    /// Calls `each` with each word in `text` that calls a rule by itself, and the rule. Returns what the words there
    /// say of what follows.
    fn words_in(&self, text: &[u8], mut each: impl FnMut(&[u8], usize)) -> Says {
        let Some(automaton) = &self.automaton else { return Says::Nothing };
        let mut buffer = [0; MAX_TEXT];
        let text = &text[text.len().saturating_sub(MAX_TEXT)..];
        let folded = &mut buffer[..text.len()];
        folded.copy_from_slice(text);
        fold(folded);
        let mut says = Says::Nothing;
        for hit in automaton.find_overlapping_iter(&*folded) {
            let range = hit.range();
            match self.words.get(hit.pattern().as_usize()) {
                Some((word, rule)) if word.len() > SHORT || is_whole(text, range.clone()) => {
                    each(word, *rule);
                }
                Some(_) => {}
                None => {
                    let word = &folded[range.clone()];
                    let counts = if is_any(word, ABBREVIATIONS) {
                        is_whole(text, range)
                    } else {
                        word.len() > SHORT || !goes_on(text, &range)
                    };
                    let weight = if is_any(word, IN_NAMES) { Says::InName } else { Says::Secret };
                    says = if counts { says.max(weight) } else { says };
                }
            }
        }
        says
    }
}

/// What words say of what follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Says {
    /// Nothing.
    Nothing,
    /// That it is a secret, if they stand in its name.
    InName,
    /// That it is a secret.
    Secret,
}

fn add(rules: &mut Vec<usize>, rule: usize) {
    if !rules.contains(&rule) {
        rules.push(rule);
    }
}

/// The providers' words, without separators. However many there are, looking for them costs the same.
#[derive(Debug, Default)]
struct Providers {
    /// Answers for nearly all words that they are none.
    bitmap: Vec<u64>,
    rules: HashMap<Vec<u8>, Vec<usize>>,
    longest: usize,
}

impl Providers {
    fn new(rules: &Rules) -> Self {
        let mut table = Self { bitmap: vec![0; BITS / 64], ..Self::default() };
        for (index, rule) in
            rules.iter().enumerate().filter(|(_, rule)| rule.layer() == Layer::Named)
        {
            for keyword in rule.triggers().keywords.iter() {
                let letters = keyword.bytes().filter(u8::is_ascii_alphanumeric);
                table.add(letters.map(|b| b.to_ascii_lowercase()).collect(), index);
            }
        }
        table
    }

    fn add(&mut self, word: Vec<u8>, rule: usize) {
        let hash = word.iter().fold(Hash::default(), |hash, byte| hash.with(*byte));
        let (cell, bit) = hash.slot();
        self.bitmap[cell] |= bit;
        self.longest = self.longest.max(word.len());
        self.rules.entry(word).or_default().push(rule);
    }

    /// Calls `each` with the word and each rule of every provider's word that stands in `text` by itself, or with
    /// nothing behind it but what it is for: `stripe` in `STRIPE_KEY`, `myStripeKey`, `stripekey`, but
    /// not in `pinstripe`.
    fn words_in(&self, text: &[u8], mut each: impl FnMut(&[u8], usize)) {
        let mut word = Vec::with_capacity(self.longest + text.len());
        let mut from = 0;
        while let Some(first) = next_piece(text, from) {
            from = first.end;
            word.clear();
            let (mut hash, mut piece) = (Hash::default(), first);
            loop {
                let start = word.len();
                word.extend(text[piece.clone()].iter().map(u8::to_ascii_lowercase));
                self.look_up_stems(&word, start, hash, &mut each);
                if word.len() > self.longest {
                    break;
                }
                hash = word[start..].iter().fold(hash, |hash, byte| hash.with(*byte));
                self.look_up(&word, hash, &mut each);
                match next_piece(text, piece.end) {
                    // One separator at most within a word.
                    Some(next) if next.start <= piece.end + 1 => piece = next,
                    _ => break,
                }
            }
        }
    }

    /// Looks up `word` without what it is for, if its last piece, which begins at `start`, ends so. `hash`
    /// is that of what stands before.
    fn look_up_stems(
        &self,
        word: &[u8],
        start: usize,
        hash: Hash,
        each: &mut impl FnMut(&[u8], usize),
    ) {
        let last = word.last().copied().unwrap_or_default();
        if !b"yntihd".contains(&last) {
            return;
        }
        for ending in ENDINGS {
            let stem = word.strip_suffix(ending.as_bytes()).unwrap_or_default();
            if stem.len() > start {
                let hash = stem[start..].iter().fold(hash, |hash, byte| hash.with(*byte));
                self.look_up(stem, hash, each);
            }
        }
    }

    fn look_up(&self, word: &[u8], hash: Hash, each: &mut impl FnMut(&[u8], usize)) {
        let (cell, bit) = hash.slot();
        if self.bitmap[cell] & bit != 0 {
            self.rules.get(word).into_iter().flatten().for_each(|rule| each(word, *rule));
        }
    }
}

/// FNV-1a, as it is cheap to go on with.
#[derive(Debug, Clone, Copy)]
struct Hash(u64);

impl Default for Hash {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hash {
    fn with(self, byte: u8) -> Self {
        Self((self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
    }

    fn slot(self) -> (usize, u64) {
        let hash = (self.0 ^ self.0 >> 32) as usize % BITS;
        (hash / 64, 1 << (hash % 64))
    }
}

/// Whether a rule's word is made of generic ones alone, as `secret_key` is: it names no provider.
fn is_generic(word: &[u8]) -> bool {
    let mut rest = word;
    let generic = || GENERIC.split(' ').chain(IN_NAMES.split(' '));
    while let Some(stem) = generic().find_map(|end| rest.strip_suffix(end.as_bytes())) {
        rest = stem;
    }
    rest.is_empty()
}

/// The first piece of a word at or behind `from`: letters up to a capital behind a small one, or digits.
fn next_piece(text: &[u8], from: usize) -> Option<Range<usize>> {
    let start = from + text[from..].iter().position(u8::is_ascii_alphanumeric)?;
    let digits = text[start].is_ascii_digit();
    let ends = |at: usize| {
        let (before, byte) = (text[at - 1], text[at]);
        let of_kind = if digits { byte.is_ascii_digit() } else { byte.is_ascii_alphabetic() };
        !of_kind || (before.is_ascii_lowercase() && byte.is_ascii_uppercase())
    };
    let end = (start + 1..text.len()).find(|at| ends(*at)).unwrap_or(text.len());
    Some(start..end)
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

/// Whether a word stands by itself: no letter of the same word before or behind it.
fn is_whole(text: &[u8], word: Range<usize>) -> bool {
    let first = text[word.start];
    let before = word.start.checked_sub(1).map(|at| text[at]);
    let joined_before = before.is_some_and(|b| {
        b.is_ascii_alphabetic() && !(b.is_ascii_lowercase() && first.is_ascii_uppercase())
    });
    !joined_before && !goes_on(text, &word)
}

/// Whether a letter of the same word follows.
fn goes_on(text: &[u8], word: &Range<usize>) -> bool {
    let last = text[word.end - 1];
    text.get(word.end).is_some_and(|b| {
        b.is_ascii_lowercase() || (b.is_ascii_uppercase() && last.is_ascii_uppercase())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_providers_stand_by_themselves() {
        let mut providers = Providers { bitmap: vec![0; BITS / 64], ..Providers::default() };
        for (rule, word) in [(1, "stripe"), (2, "newrelic"), (3, "ai21")] {
            providers.add(word.into(), rule);
        }
        let called = |text: &str| {
            let mut rules = Vec::new();
            providers.words_in(text.as_bytes(), |_, rule| rules.push(rule));
            rules
        };
        for text in
            ["STRIPE_KEY", "myStripeKey", "stripe.key", "stripeKey", "stripekey", "STRIPEKEY"]
        {
            assert_eq!(called(text), [1], "{text}");
        }
        for text in ["NEW_RELIC_KEY", "newRelicKey", "new-relic", "myNewrelicKey", "NEWRELIC"] {
            assert_eq!(called(text), [2], "{text}");
        }
        for text in ["AI21_KEY", "ai21Key", "ai-21"] {
            assert_eq!(called(text), [3], "{text}");
        }
        for text in
            ["stripes", "pinstripe", "STRIPES", "news_relic", "new  relic", "ai212", "", "key"]
        {
            assert!(called(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn generic_words_name_no_provider() {
        for (word, generic) in [("key", true), ("secretaccesskey", true), ("stripekey", false)] {
            assert_eq!(is_generic(word.as_bytes()), generic, "{word}");
        }
    }

    #[test]
    fn words_that_say_that_a_secret_follows() {
        let names = Names::new(&[]);
        let says = |text: &str| names.words_in(text.as_bytes(), |_, _| ());
        assert_eq!(says("clientId"), Says::InName);
        for text in ["apikey", "API_KEY", "authToken", "GITHUB_PAT", "account.sid", "myKey2"] {
            assert_eq!(says(text), Says::Secret, "{text}");
        }
        for text in ["keyboard", "path", "inside", "compat", "passage", "name"] {
            assert_eq!(says(text), Says::Nothing, "{text}");
        }
    }
}
