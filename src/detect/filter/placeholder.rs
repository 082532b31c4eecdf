//! Placeholders, examples and known samples of documentation.

use super::{Filter, Subject, Verdict, Words, is_any};
use crate::rule::Layer;

pub(super) struct Placeholder;

/// In a value of any layer: nobody's random token holds them by chance, as they are at least six
/// letters long (52^-6 × 40 places is under one in 100 million).
static WORDS: Words = Words::new(
    "\
    example sample placeholder changeme change_me change-me replaceme replace_me replace-me \
    redacted your- your_ yourtoken yourkey yoursecret yourpassword youraccess insert_ insert- \
    dummy notreal not-real <redacted xxxxxx",
);

/// Whole values that protect nothing or stand for something else.
const WHOLE: &str = "\
    password passwd passphrase secret token apikey api_key api-key key none null nil true false \
    undefined empty default string text str value foo bar baz foobar todo fixme tbd test testing \
    hidden masked username user login required optional yes no on off type xxx xxxx xxxxx abc \
    any bool boolean int integer char object field input submit plain unknown invalid missing \
    prompt current-password new-password off; foobared r00tme testing123 changeit oobesystem";

/// Words that make a password or a generic value somebody's stand-in.
static STAND_INS: Words = Words::new(
    "\
    fake mock stub my-secret my_secret mysecret my-token my_token mytoken my-password \
    my_password mypassword some- some_ the- the_ enter todo foobar n/a",
);

/// Parts of values that documentation has made famous. Whoever uses one has a problem of another kind.
static FAMOUS: Words = Words::new(
    "\
    wJalrXUtnFEMI je7MtGbClwBF eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9l \
    SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c TJVA95OrM7E2cBab30RMHrHDcEfxjoYZgeFONFh7HgQ \
    33f!!lloppa hal+9ooo_da!sY",
);

impl Filter for Placeholder {
    fn name(&self) -> &'static str {
        "placeholder"
    }

    fn judge(&self, subject: &Subject) -> Option<Verdict> {
        let Subject { value, body, layer, .. } = *subject;
        let key = value.starts_with(b"-----BEGIN") || value.starts_with(b"PuTTY");
        if key {
            let body = value.split(|b| *b == b'\n').filter(|line| !line.contains(&b':'));
            return body
                .into_iter()
                .any(has_ellipsis)
                .then_some(Verdict::Drop("the key is cut short"));
        }
        if FAMOUS.are_in(value) {
            return Some(Verdict::Drop("a sample value of the documentation"));
        }
        if WORDS.are_in(body) {
            return Some(Verdict::Drop("it calls itself an example or a placeholder"));
        }
        let monotonous = if layer == Layer::Structured { 7 } else { 5 };
        let monotony = monotony(body, monotonous);
        if monotony > 0 {
            let share = monotony as f32 / body.len() as f32;
            let reason = "a run of equal or consecutive characters";
            // Some tokens have a padding of their own.
            match layer {
                Layer::Structured if share < 0.25 => {}
                Layer::Structured if share < 0.5 => return Some(Verdict::Lower(reason)),
                // So few may stand in a random value by chance.
                Layer::Named | Layer::Generic if share < 0.2 => {}
                Layer::Named | Layer::Generic if share < 0.25 => {
                    return Some(Verdict::Lower(reason));
                }
                _ => return Some(Verdict::Drop(reason)),
            }
        }
        if has_ellipsis(value) || body.iter().all(|b| b"*x.-_#?X0 ".contains(b)) {
            return Some(Verdict::Drop("a mask, not a value"));
        }
        if layer <= Layer::Named && is_any(value, WHOLE) {
            return Some(Verdict::Drop("a word that stands for a value"));
        }
        if layer <= Layer::Generic && STAND_INS.are_in(value) {
            return Some(Verdict::Lower("it calls itself a stand-in"));
        }
        None
    }
}

static ELLIPSES: Words = Words::new("\u{2026} [...]");

fn has_ellipsis(value: &[u8]) -> bool {
    value.windows(3).any(|w| w == b"..." || w == b"***") || ELLIPSES.are_in(value)
}

/// How many characters stand in stretches of at least `least` that are all equal, ascend by one or descend
/// by one.
fn monotony(value: &[u8], least: usize) -> usize {
    let (mut all, mut run, mut last) = (0, 1, None);
    let mut close = |run: usize| all += if run >= least { run } else { 0 };
    for pair in value.windows(2) {
        let step = i16::from(pair[1]) - i16::from(pair[0]);
        let goes_on = step.abs() <= 1 && pair[1].is_ascii_alphanumeric();
        match (goes_on, last) {
            (true, Some(known)) if known == step => run += 1,
            (true, _) => {
                close(run);
                (run, last) = (2, Some(step));
            }
            (false, _) => {
                close(run);
                (run, last) = (1, None);
            }
        }
    }
    close(run);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_of_equal_or_consecutive_characters() {
        for (text, count) in [
            ("abcdefX", 6),
            ("aaaa", 4),
            ("9876", 4),
            ("a1b2", 0),
            ("", 0),
            ("1234-8888-xy-4321", 12),
            ("abcdcba", 8),
        ] {
            assert_eq!(monotony(text.as_bytes(), 4), count, "{text}");
        }
    }
}
