//! Examples are patterns, so that no live-looking secret stands in the repository: `<<regex>>` is
//! expanded with a seed, `<<regex|check>>` gets what the check wants appended, `<<@name>>` builds a
//! structured value.

#[path = "example_keys.rs"]
mod keys;
#[path = "example_tokens.rs"]
mod tokens;

use crate::detect::check;
use regex_syntax::hir::{Class, Hir, HirKind};

/// Expands every `<<…>>` in `template`. The same seed gives the same text; several marks in one
/// template get different values.
///
/// # Errors
///
/// What is wrong with the template: an unclosed mark, a bad pattern, an unknown check or name.
pub fn expand(template: &str, seed: u64) -> Result<String, String> {
    let mut out = String::with_capacity(template.len() * 2);
    let mut rest = template;
    let mut dice = Dice::new(seed);
    while let Some(open) = rest.find("<<") {
        let after = &rest[open + 2..];
        let close = after.find(">>").ok_or_else(|| format!("`<<` without `>>`: {after:.40}"))?;
        out.push_str(&rest[..open]);
        out.push_str(&value(&after[..close], &mut dice)?);
        rest = &after[close + 2..];
    }
    out.push_str(rest);
    Ok(out)
}

fn value(mark: &str, dice: &mut Dice) -> Result<String, String> {
    if let Some(name) = mark.strip_prefix('@') {
        let built = keys::build(name, dice).or_else(|| tokens::build(name, dice));
        return built.ok_or_else(|| format!("there is no `<<@{name}>>`"));
    }
    let sealed = mark.rsplit_once('|').and_then(|(pattern, name)| {
        let check = check::by_name(name)?;
        Some((pattern, check))
    });
    match sealed {
        None => typical(mark, dice),
        Some((pattern, check)) => {
            let body = typical(pattern, dice)?;
            check.seal(&body).ok_or_else(|| format!("the check of `<<{mark}>>` appends nothing"))
        }
    }
}

/// Nearly every real value has a digit; one that has none only by chance is no example.
fn typical(pattern: &str, dice: &mut Dice) -> Result<String, String> {
    const TRIES: usize = 20;
    let mut text = generate(pattern, dice)?;
    for _ in 1..TRIES {
        if text.contains(|c: char| c.is_ascii_digit()) {
            break;
        }
        text = generate(pattern, dice)?;
    }
    Ok(text)
}

fn generate(pattern: &str, dice: &mut Dice) -> Result<String, String> {
    let mut parser = regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build();
    let hir = parser.parse(pattern).map_err(|e| format!("`<<{pattern}>>`: {e}"))?;
    let mut bytes = Vec::new();
    emit(&hir, dice, &mut bytes);
    String::from_utf8(bytes).map_err(|_| format!("`<<{pattern}>>` does not make UTF-8"))
}

fn emit(hir: &Hir, dice: &mut Dice, out: &mut Vec<u8>) {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => out.extend_from_slice(&literal.0),
        HirKind::Class(Class::Bytes(class)) => {
            let all: Vec<u8> = class.ranges().iter().flat_map(|r| r.start()..=r.end()).collect();
            out.push(all[dice.below(all.len())]);
        }
        HirKind::Class(Class::Unicode(class)) => {
            let all: Vec<char> = class.ranges().iter().flat_map(|r| r.start()..=r.end()).collect();
            let mut buffer = [0; 4];
            out.extend_from_slice(all[dice.below(all.len())].encode_utf8(&mut buffer).as_bytes());
        }
        HirKind::Repetition(repetition) => {
            let min = repetition.min as usize;
            let max = repetition.max.map_or(min + 8, |max| max as usize);
            for _ in 0..min + dice.below(max - min + 1) {
                emit(&repetition.sub, dice, out);
            }
        }
        HirKind::Capture(capture) => emit(&capture.sub, dice, out),
        HirKind::Concat(parts) => parts.iter().for_each(|part| emit(part, dice, out)),
        HirKind::Alternation(parts) => emit(&parts[dice.below(parts.len())], dice, out),
    }
}

/// A small reproducible source of random numbers (`SplitMix64`, Steele and others 2014).
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed ^ 0x5851_f42d_4c95_7f2d)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number under `n`, which is at least 1.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    pub(crate) fn bytes(&mut self, n: usize) -> Vec<u8> {
        (0..n).map(|_| self.next() as u8).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_text() {
        let template = "a <<[0-9a-f]{8}>> b <<[0-9a-f]{8}>>";
        let once = expand(template, 7).unwrap();
        assert_eq!(once, expand(template, 7).unwrap());
        assert_ne!(once, expand(template, 8).unwrap());
        assert_ne!(once[2..10], once[13..21]);
        assert_eq!(once.len(), 21);
    }

    #[test]
    fn marks_may_end_in_an_angle_bracket() {
        assert_eq!(expand("<<a>>>", 0).unwrap(), "a>");
        assert!(expand("<<a", 0).is_err());
        assert!(expand("<<[>>", 0).is_err());
        assert!(expand("<<@nothing>>", 0).is_err());
    }
}
