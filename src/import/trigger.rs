//! What brings an imported rule to work: blurt runs no pattern over a whole file, so every match has to
//! hold one of a few texts that are looked for first.

use crate::rule::{DEFAULT_REACH, MAX_REACH};
use regex_syntax::hir::{Class, Hir, HirKind, Repetition};
use std::collections::BTreeSet;

/// Texts that are alternatives to each other, at most.
const MAX_TEXTS: usize = 64;

/// A text that is put together from parts is not longer.
const MAX_LENGTH: usize = 40;

/// The shortest trigger.
const MIN_LENGTH: usize = 3;

/// Characters of the shortest run that is looked at for its prefix.
const MIN_RUN: usize = 10;

/// Bytes that a pattern without an end may look at: on a line, and over lines.
const LONG_LINE: usize = 1024;
const MANY_LINES: usize = 8192;

/// Words that stand in all files. A trigger of them works, but all files pay for it.
const COMMON: &str = "key api token secret password passwd passw pass pwd auth http https www com name \
    user username value bearer basic access client private public credential credentials";

/// What to look for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Triggers {
    pub(super) prefixes: Vec<String>,
    pub(super) literals: Vec<String>,
}

impl Triggers {
    /// Whether one of them is a word of all files.
    pub(super) fn is_common(&self) -> bool {
        self.literals.iter().any(|text| is_common(text))
    }
}

/// Whether a text stands in nearly all files.
pub(super) fn is_common(text: &str) -> bool {
    COMMON.split_ascii_whitespace().any(|word| word == text)
}

/// What every match of a pattern betrays itself by; `None` if there is no such text.
pub(super) fn derive(pattern: &Hir) -> Option<Triggers> {
    if let Some(prefixes) = prefixes(pattern) {
        return Some(Triggers { prefixes, ..Triggers::default() });
    }
    let literals = Texts::of(pattern).required()?;
    Some(Triggers { literals, ..Triggers::default() })
}

/// Whether a rule may be triggered by `word`.
pub(super) fn is_word(word: &str) -> bool {
    word.len() >= MIN_LENGTH && word.bytes().all(|b| b.is_ascii_graphic())
}

/// Bytes around a trigger that the pattern has to see, if they are more than a rule has anyway.
pub(super) fn reach(pattern: &Hir) -> Option<u32> {
    let length = match pattern.properties().maximum_len() {
        Some(length) => length,
        None if crosses_lines(pattern) => MANY_LINES,
        None => LONG_LINE,
    };
    (length > DEFAULT_REACH).then(|| length.min(MAX_REACH) as u32)
}

/// Whether something that is repeated without an end may be a line feed among others.
fn crosses_lines(pattern: &Hir) -> bool {
    match pattern.kind() {
        HirKind::Repetition(Repetition { max: None, sub, .. }) => {
            let class =
                bytes_of(sub).is_some_and(|class| class.len() > 32 && class.contains(&b'\n'));
            class || crosses_lines(sub)
        }
        HirKind::Repetition(repetition) => crosses_lines(&repetition.sub),
        HirKind::Capture(capture) => crosses_lines(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().any(crosses_lines),
        _ => false,
    }
}

/// The bytes of a class.
pub(super) fn bytes_of(class: &Hir) -> Option<BTreeSet<u8>> {
    match class.kind() {
        HirKind::Class(Class::Bytes(class)) => {
            Some(class.ranges().iter().flat_map(|range| range.start()..=range.end()).collect())
        }
        HirKind::Class(Class::Unicode(class)) => {
            let ranges = class.ranges().iter();
            let ascii = |c: char| u8::try_from(c).unwrap_or(0x7f).min(0x7f);
            Some(ranges.flat_map(|range| ascii(range.start())..=ascii(range.end())).collect())
        }
        HirKind::Literal(literal) if literal.0.len() == 1 => Some([literal.0[0]].into()),
        _ => None,
    }
}

/// The texts that a part of a pattern matches, in small letters, as triggers ignore case.
struct Texts {
    /// All of them, if they are few.
    exact: Option<BTreeSet<String>>,
    /// Some of which one is in every match.
    within: Option<Vec<String>>,
}

impl Texts {
    fn exact(texts: BTreeSet<String>) -> Self {
        Self { exact: Some(texts), within: None }
    }

    fn unknown() -> Self {
        Self { exact: None, within: None }
    }

    fn of(pattern: &Hir) -> Self {
        match pattern.kind() {
            HirKind::Empty | HirKind::Look(_) => Self::exact([String::new()].into()),
            HirKind::Literal(literal) => match std::str::from_utf8(&literal.0) {
                Ok(text) => Self::exact([text.to_ascii_lowercase()].into()),
                Err(_) => Self::unknown(),
            },
            HirKind::Class(_) => {
                let bytes = bytes_of(pattern).unwrap_or_default();
                let texts: BTreeSet<String> =
                    bytes.iter().map(|b| char::from(b.to_ascii_lowercase()).to_string()).collect();
                let few = texts.len() <= 4 && bytes.iter().all(u8::is_ascii);
                if few { Self::exact(texts) } else { Self::unknown() }
            }
            HirKind::Repetition(repetition) => Self::of_repetition(repetition),
            HirKind::Capture(capture) => Self::of(&capture.sub),
            HirKind::Concat(parts) => Self::of_concat(parts),
            HirKind::Alternation(parts) => Self::of_alternation(parts),
        }
    }

    fn of_repetition(repetition: &Repetition) -> Self {
        let inner = Self::of(&repetition.sub);
        match (repetition.min, repetition.max, inner.exact) {
            (0, Some(1), Some(mut texts)) if texts.len() < MAX_TEXTS => {
                texts.insert(String::new());
                Self::exact(texts)
            }
            (0, ..) => Self::unknown(),
            (n, Some(most), Some(texts)) if n == most && texts.len() == 1 => {
                let length = texts.first().map_or(0, String::len) * n as usize;
                if length > MAX_LENGTH {
                    return Self::unknown();
                }
                Self::exact(texts.iter().map(|text| text.repeat(n as usize)).collect())
            }
            (_, _, Some(texts)) => Self { exact: None, within: usable(&texts) },
            (_, _, None) => Self { exact: None, within: inner.within },
        }
    }

    fn of_concat(parts: &[Hir]) -> Self {
        let (mut best, mut whole) = (None, true);
        let mut run: BTreeSet<String> = [String::new()].into();
        for part in parts.iter().map(Self::of) {
            best = better(best, part.within);
            let joined = part.exact.as_ref().and_then(|texts| joined(&run, texts));
            whole &= joined.is_some();
            run = if let Some(joined) = joined {
                joined
            } else {
                best = better(best, usable(&run));
                part.exact.unwrap_or_else(|| [String::new()].into())
            };
        }
        if whole {
            return Self { exact: Some(run), within: best };
        }
        Self { exact: None, within: better(best, usable(&run)) }
    }

    fn of_alternation(parts: &[Hir]) -> Self {
        let parts: Vec<Self> = parts.iter().map(Self::of).collect();
        let exact: Option<BTreeSet<String>> =
            parts.iter().map(|part| part.exact.clone()).collect::<Option<Vec<_>>>().map(|all| {
                let all = all.into_iter().flatten();
                all.collect()
            });
        if let Some(exact) = exact.filter(|exact| exact.len() <= MAX_TEXTS) {
            return Self::exact(exact);
        }
        let within: Option<Vec<_>> = parts.into_iter().map(Self::required).collect();
        let within: BTreeSet<String> = within.into_iter().flatten().flatten().collect();
        Self { exact: None, within: usable(&within) }
    }

    /// Texts of which one is in every match.
    fn required(self) -> Option<Vec<String>> {
        better(self.within, self.exact.as_ref().and_then(usable))
    }
}

/// Each of `left` with each of `right` behind it, if these are few and not long.
fn joined(left: &BTreeSet<String>, right: &BTreeSet<String>) -> Option<BTreeSet<String>> {
    let longest = |texts: &BTreeSet<String>| texts.iter().map(String::len).max().unwrap_or(0);
    let few = left.len() * right.len() <= MAX_TEXTS;
    let short = longest(left) + longest(right) <= MAX_LENGTH;
    let pairs = left.iter().flat_map(|text| right.iter().map(move |end| (text, end)));
    (few && short).then(|| pairs.map(|(text, end)| format!("{text}{end}")).collect())
}

/// The texts as triggers, if each can be one. What holds another one is not needed.
fn usable(texts: &BTreeSet<String>) -> Option<Vec<String>> {
    let can = |text: &String| {
        let text = text.trim();
        text.len() >= MIN_LENGTH && text.is_ascii() && text.bytes().any(|b| b.is_ascii_graphic())
    };
    if texts.is_empty() || texts.len() > MAX_TEXTS || !texts.iter().all(can) {
        return None;
    }
    let holds_other =
        |text: &String| texts.iter().any(|it| it != text && text.contains(it.as_str()));
    Some(texts.iter().filter(|text| !holds_other(text)).cloned().collect())
}

/// The rarer of two lists of triggers.
fn better(a: Option<Vec<String>>, b: Option<Vec<String>>) -> Option<Vec<String>> {
    let rarity = |texts: &Vec<String>| {
        let shortest = texts.iter().map(String::len).min().unwrap_or(0);
        (!texts.iter().any(|text| is_common(text)), shortest.min(8), std::cmp::Reverse(texts.len()))
    };
    match (a, b) {
        (Some(a), Some(b)) => Some(if rarity(&b) > rarity(&a) { b } else { a }),
        (a, b) => a.or(b),
    }
}

/// What a token begins with, if everything that the pattern matches is a token behind one of a few
/// prefixes, and nearly every such token has a digit, without which no run is looked at.
fn prefixes(pattern: &Hir) -> Option<Vec<String>> {
    let mut parts = Vec::new();
    flatten(pattern, &mut parts);
    let mut parts = parts.into_iter().skip_while(|part| is_border(part)).peekable();
    let mut prefixes = vec![String::new()];
    while let Some(texts) = parts.peek().and_then(|part| written(part)) {
        if prefixes.len() * texts.len() > MAX_TEXTS {
            return None;
        }
        let behind =
            |text: &String| texts.iter().map(|end| format!("{text}{end}")).collect::<Vec<_>>();
        prefixes = prefixes.iter().flat_map(behind).collect();
        parts.next();
    }
    let (mut length, mut without_digit) = (0, 1.0_f64);
    for part in parts {
        let Some((class, least, most)) = token_part(part) else { break };
        let digits = class.iter().filter(|b| b.is_ascii_digit()).count();
        let other = 1.0 - digits as f64 / class.len() as f64;
        length += least;
        without_digit *= other.powf(least as f64);
        if most != Some(least) {
            break;
        }
    }
    let is_token = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    let fits = |prefix: &String| {
        let run = prefix.bytes().rev().take_while(|b| is_token(*b));
        let digit = run.clone().any(|b| b.is_ascii_digit());
        let first = prefix.bytes().next().is_some_and(is_token);
        prefix.len() >= MIN_LENGTH
            && prefix.bytes().all(|b| b.is_ascii_graphic())
            && first
            && run.count() + length >= MIN_RUN
            && (digit || without_digit < 0.01)
    };
    prefixes.iter().all(fits).then_some(prefixes)
}

/// The parts of a pattern, one behind the other, whatever groups they are in.
fn flatten<'a>(pattern: &'a Hir, parts: &mut Vec<&'a Hir>) {
    match pattern.kind() {
        HirKind::Capture(capture) => flatten(&capture.sub, parts),
        HirKind::Concat(all) => all.iter().for_each(|part| flatten(part, parts)),
        _ => parts.push(pattern),
    }
}

/// Whether a part only says what may stand before a token: nothing, or what belongs to no token.
fn is_border(part: &Hir) -> bool {
    match part.kind() {
        HirKind::Empty | HirKind::Look(_) => true,
        HirKind::Literal(literal) => literal.0.iter().all(|b| b"\"'` =:".contains(b)),
        HirKind::Class(_) => bytes_of(part).is_some_and(|class| {
            !class.iter().any(|b| b.is_ascii_alphanumeric() || b"_-".contains(b))
        }),
        HirKind::Repetition(repetition) => is_border(&repetition.sub),
        HirKind::Capture(capture) => is_border(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().all(is_border),
    }
}

/// The texts that a part matches, if they are few, in their case.
fn written(part: &Hir) -> Option<Vec<String>> {
    match part.kind() {
        HirKind::Empty | HirKind::Look(_) => Some(vec![String::new()]),
        HirKind::Literal(literal) => Some(vec![String::from_utf8(literal.0.to_vec()).ok()?]),
        HirKind::Class(_) => {
            let class = bytes_of(part)?;
            let both = |b: &u8| b.is_ascii_uppercase() && class.contains(&b.to_ascii_lowercase());
            if class.iter().any(both) {
                // The case of a prefix counts.
                return None;
            }
            (class.len() <= 4).then(|| class.iter().map(|b| char::from(*b).to_string()).collect())
        }
        HirKind::Capture(capture) => written(&capture.sub),
        HirKind::Concat(parts) => parts.iter().try_fold(vec![String::new()], |texts, part| {
            let ends = written(part)?;
            let behind =
                |text: &String| ends.iter().map(|end| format!("{text}{end}")).collect::<Vec<_>>();
            (texts.len() * ends.len() <= MAX_TEXTS)
                .then(|| texts.iter().flat_map(behind).collect::<Vec<_>>())
        }),
        HirKind::Alternation(parts) => {
            let texts: Option<Vec<_>> = parts.iter().map(written).collect();
            texts.map(|texts| texts.into_iter().flatten().collect())
        }
        HirKind::Repetition(_) => None,
    }
}

/// A class of a token's characters, and how often it stands there.
fn token_part(part: &Hir) -> Option<(BTreeSet<u8>, usize, Option<usize>)> {
    let (class, least, most) = match part.kind() {
        HirKind::Repetition(repetition) => {
            let most = repetition.max.map(|most| most as usize);
            (bytes_of(&repetition.sub)?, repetition.min as usize, most)
        }
        HirKind::Capture(capture) => return token_part(&capture.sub),
        _ => (bytes_of(part)?, 1, Some(1)),
    };
    let token = class.iter().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(b));
    (token && !class.is_empty()).then_some((class, least, most))
}

#[cfg(test)]
mod tests {
    use super::super::dialect::hir;
    use super::*;

    fn triggers(pattern: &str) -> Option<(Vec<String>, Vec<String>)> {
        derive(&hir(pattern).unwrap()).map(|found| (found.prefixes, found.literals))
    }

    fn list(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn a_token_has_its_prefix() {
        for (pattern, prefixes) in [
            (r"\b(acme_[0-9a-f]{32})\b", &["acme_"][..]),
            (r"(acme_(?:live|test)_[0-9A-Za-z]{32})", &["acme_live_", "acme_test_"]),
            (r#"['"](ac[ms]e-[a-z0-9]{20,})"#, &["acme-", "acse-"]),
        ] {
            assert_eq!(triggers(pattern), Some((list(prefixes), vec![])), "{pattern}");
        }
    }

    #[test]
    fn what_may_have_no_digit_or_any_case_is_found_by_its_text() {
        for (pattern, literals) in [
            (r"(acme_[a-z]{32})", &["acme_"][..]),
            (r"(acme_[0-9A-Za-z]{8})", &["acme_"]),
            (r"(?i)(acme_[0-9a-f]{32})", &["acme_"]),
            (
                r"(?i)[\w.-]{0,50}?(?:acme)(?:[ \t\w.-]{0,20})[\s'\x22]{0,3}(?:=|:)\s?([a-z0-9]{32})",
                &["acme"],
            ),
            (r"(?i)(password|passphrase)\s*=\s*'([^']{8,})'", &["passphrase", "password"]),
            (r"(-----BEGIN[ A-Z]{0,20}PRIVATE KEY-----)", &["-----begin"]),
            (r"key=([a-z0-9]+)\.acme\.example", &[".acme.example"]),
            (r"(?:https?|ftp)://([^@]+)@", &["ftp://", "http://", "https://"]),
        ] {
            assert_eq!(triggers(pattern), Some((vec![], list(literals))), "{pattern}");
        }
    }

    #[test]
    fn a_value_without_a_text_of_its_own_betrays_nothing() {
        for pattern in [r"\b([0-9a-f]{32})\b", "(ab|[0-9]{20})", "((?:acme)?[0-9]{9})"] {
            assert_eq!(triggers(pattern), None, "{pattern}");
        }
    }

    #[test]
    fn the_reach_is_what_a_match_may_take() {
        let reach = |pattern: &str| reach(&hir(pattern).unwrap());
        assert_eq!(reach("(acme[0-9]{40})"), None);
        assert_eq!(reach("(acme[0-9]{400})"), Some(404));
        assert_eq!(reach("(acme[0-9]{40,})"), Some(LONG_LINE as u32));
        assert_eq!(reach(r"(BEGIN[\s\S]*?END)"), Some(MANY_LINES as u32));
        assert_eq!(reach("(acme[0-9]{900}){90}"), Some(MAX_REACH as u32));
    }
}
