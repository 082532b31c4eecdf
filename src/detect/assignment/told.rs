//! Values that words of a text tell: `the acme api key is 1a2b…`, without any operator.

use super::{Assignment, MAX_VALUE, PEEK, is_blank, is_quote};
use crate::detect::trace::Looked;

/// Bytes before a value that may tell it.
const MAX_TOLD: usize = 48;

/// A value that the words before it on its line tell: `acme api key 1a2b…`. The run of token characters
/// in it begins at `start`.
pub(in crate::detect) fn told(
    bytes: &[u8],
    start: usize,
    looked: &mut Looked,
) -> Option<Assignment> {
    let from = start.saturating_sub(MAX_TOLD);
    let before = &bytes[from..start];
    let quote = before.last().filter(|b| is_quote(**b));
    let before = &before[..before.len() - usize::from(quote.is_some())];
    // Asked for every run, so byte by byte: is there a blank, and a letter before it?
    let blanks = before.iter().rev().take_while(|b| is_blank(**b)).count();
    let words = &before[..before.len() - blanks];
    if blanks == 0 || !words.last().is_some_and(u8::is_ascii_alphabetic) {
        return None;
    }
    looked.back_to(from.saturating_sub(1));
    let last = words.iter().rev().take_while(|b| b.is_ascii_alphabetic()).count();
    if !tells_at_end(&words[words.len() - last..]) {
        return None;
    }
    let in_words = |b: &&u8| b.is_ascii_alphanumeric() || b" \t_-.:".contains(b);
    let name = words.iter().rev().take_while(in_words).count();
    let behind = bytes[start..].iter().take(MAX_VALUE);
    let ends = |b: &u8| b.is_ascii_whitespace() || is_quote(*b) || b",;<>()[]{}\\".contains(b);
    let length = behind.take_while(|b| !ends(b)).count();
    let value = &bytes[start..start + length];
    let value = length - value.iter().rev().take_while(|b| b".:!?".contains(b)).count();
    looked.on_to(start + length + PEEK);
    Some(Assignment {
        name: from + words.len() - name..from + words.len(),
        value: start..start + value,
        quoted: quote.is_some(),
        call: false,
    })
}

/// The value behind the first dash of a run: `acme-secret-1a2b…`, `acmeTOKEN-1a2b…`. The word before the
/// dash ends at `dash`; the run begins at `start`.
pub(in crate::detect) fn joined(
    bytes: &[u8],
    start: usize,
    dash: usize,
    looked: &mut Looked,
) -> Option<Assignment> {
    let word = bytes[start..dash].iter().rev().take_while(|b| b.is_ascii_alphabetic()).count();
    // The next word may tell, too: `acme-secret-key-1a2b…`.
    let next = bytes[dash + 1..].iter().take(MAX_TOLD).take_while(|b| b.is_ascii_alphanumeric());
    let next = next.count();
    if !tells_at_end(&bytes[dash - word..dash]) || tells(&bytes[dash + 1..dash + 1 + next]) {
        return None;
    }
    let of_value = |b: &&u8| b.is_ascii_alphanumeric() || b"_-=".contains(b);
    let length = bytes[dash + 1..].iter().take(MAX_VALUE).take_while(of_value).count();
    looked.on_to(dash + 1 + length + PEEK);
    let value = dash + 1..dash + 1 + length;
    (length > 0).then_some(Assignment { name: start..dash, value, quoted: false, call: false })
}

/// Whether a word, or its end, say that what follows is a secret: `key`, `acmeKEY`, `acmekey`.
fn tells_at_end(word: &[u8]) -> bool {
    if [&b"key"[..], b"token", b"secret"].iter().any(|end| word.ends_with(end)) {
        return true;
    }
    let capitals = word.iter().rev().take_while(|b| b.is_ascii_uppercase()).count();
    tells(word) || (capitals < word.len() && tells(&word[word.len() - capitals..]))
}

/// Whether a word says that what follows is a secret. Asked for every run that follows a word.
fn tells(word: &[u8]) -> bool {
    let mut lower = [0; 10];
    let Some(lower) = lower.get_mut(..word.len()) else { return false };
    lower.copy_from_slice(word);
    lower.make_ascii_lowercase();
    matches!(
        &*lower,
        b"key"
            | b"token"
            | b"secret"
            | b"access"
            | b"private"
            | b"password"
            | b"credential"
            | b"auth"
            | b"pat"
            | b"apikey"
            | b"secretkey"
            | b"accesskey"
            | b"privatekey"
            | b"authkey"
            | b"apitoken"
            | b"authtoken"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_before_a_value_tell_it() {
        let told = |text: &str| {
            let at = text.find("VAL").unwrap();
            let found = told(text.as_bytes(), at, &mut Looked::at(at));
            found.map(|found| (text[found.name].to_owned(), text[found.value].to_owned()))
        };
        let is = |name: &str, value: &str| Some((name.to_owned(), value.to_owned()));
        assert_eq!(told("acmeSECRET VAL1"), is("acmeSECRET", "VAL1"));
        assert_eq!(told("acme api key VAL-1x.\n"), is("acme api key", "VAL-1x"));
        assert_eq!(told("(the acme ACCESS `VAL1`)"), is("the acme ACCESS", "VAL1"));
        for text in ["acme VAL1", "key VAL1".trim_start_matches("key "), "key\nVAL1"] {
            assert_eq!(told(text), None, "{text}");
        }
    }
    #[test]
    fn a_value_may_be_joined_to_its_name() {
        let joined = |text: &str| {
            let dash = text.find("-VAL").unwrap();
            let found = joined(text.as_bytes(), 0, dash, &mut Looked::at(dash));
            found.map(|found| (text[found.name].to_owned(), text[found.value].to_owned()))
        };
        let is = |name: &str| Some((name.to_owned(), "VAL-1x".to_owned()));
        for name in ["acme-secret", "acmeTOKEN", "acme-secret-key"] {
            assert_eq!(joined(&format!("{name}-VAL-1x.")), is(name), "{name}");
        }
        assert_eq!(joined("acme-VAL-1x"), None);
    }
}
