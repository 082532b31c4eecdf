//! An example for an imported rule: a template that is expanded to something that its pattern matches, so
//! that no live-looking secret stands in the pack.

use super::trigger::bytes_of;
use crate::rule::example::expand;
use regex_automata::meta::Regex;
use regex_syntax::hir::{Hir, HirKind, Repetition};
use std::collections::BTreeSet;
use std::fmt::Write;

/// Characters of a value whose length the pattern leaves open.
const LENGTH: u32 = 32;

/// A class of fewer characters is no value.
const VALUE: usize = 6;

/// Structured values, which no pattern alone makes.
const STRUCTURED: [&str; 8] = [
    "<<@rsa-private-key>>",
    "<<@openssh-private-key>>",
    "<<@pkcs8-private-key>>",
    "<<@ec-private-key>>",
    "<<@pgp-private-key>>",
    "<<@encrypted-private-key>>",
    "token = <<@jwt>>",
    "<<@google-service-account>>",
];

/// Of what credentials with a structure look like, those that a pattern finds.
pub(super) fn structured(regex: &Regex) -> Vec<String> {
    let is_matched =
        |template: &&str| expand(template, 0).is_ok_and(|text| regex.is_match(text.as_bytes()));
    STRUCTURED.iter().copied().filter(is_matched).map(str::to_owned).collect()
}

/// Templates that `pattern` should match, the plainest first.
pub(super) fn templates(pattern: &Hir) -> Vec<String> {
    let mut templates: Vec<String> = Vec::new();
    for (first, full) in [(false, false), (true, false), (false, true), (true, true)] {
        let mut text = String::new();
        Writer { first, full, out: &mut text }.write(pattern);
        for template in
            [format!("<<{text}>>"), format!("value = \"<<{text}>>\""), format!(" <<{text}>> ;")]
        {
            if !templates.contains(&template) {
                templates.push(template);
            }
        }
    }
    templates
}

/// A file name that one of the globs matches.
pub(super) fn path(globs: &[String]) -> Option<String> {
    let plain = |glob: &String| {
        let name = glob.replace("**/", "").replace("**", "example").replace('*', "example");
        name.replace('?', "x").replace(['[', ']'], "")
    };
    globs.first().map(plain)
}

/// Writes a pattern that matches less, and only what is likely to stand in a file.
struct Writer<'a> {
    /// Whether only the first of several alternatives is taken.
    first: bool,
    /// Whether what may be left out is there.
    full: bool,
    out: &'a mut String,
}

impl Writer<'_> {
    fn write(&mut self, part: &Hir) {
        match part.kind() {
            HirKind::Empty | HirKind::Look(_) => {}
            HirKind::Literal(literal) => {
                literal.0.iter().for_each(|b| escape(*b, false, self.out));
            }
            HirKind::Class(_) => class(&likely(part), self.out),
            HirKind::Repetition(repetition) => self.repetition(repetition),
            HirKind::Capture(capture) => self.write(&capture.sub),
            HirKind::Concat(parts) => parts.iter().for_each(|part| self.write(part)),
            HirKind::Alternation(parts) if self.first => {
                // `(^|,)`: what is empty says nothing.
                let written = parts.iter().find(|part| part.properties().minimum_len() > Some(0));
                if let Some(part) = written.or(parts.first()) {
                    self.write(part);
                }
            }
            HirKind::Alternation(parts) => {
                self.out.push_str("(?:");
                for (n, part) in parts.iter().enumerate() {
                    if n > 0 {
                        self.out.push('|');
                    }
                    self.write(part);
                }
                self.out.push(')');
            }
        }
    }

    fn repetition(&mut self, repetition: &Repetition) {
        let (least, most) = (repetition.min, repetition.max.unwrap_or(u32::MAX));
        let single = matches!(repetition.sub.kind(), HirKind::Class(_));
        let is_value = single && likely(&repetition.sub).len() >= VALUE;
        let count = match (least, is_value) {
            (0, _) if !self.full => return,
            (_, true) if most > least => LENGTH.clamp(least.max(1), most),
            _ => least.max(1).min(most),
        };
        self.out.push_str(if single { "" } else { "(?:" });
        self.write(&repetition.sub);
        self.out.push_str(if single { "" } else { ")" });
        if count != 1 {
            // Writing to a `String` does not fail.
            let _ = write!(self.out, "{{{count}}}");
        }
    }
}

/// Of the bytes of a class, those that one expects: letters and digits, or else one sign.
fn likely(part: &Hir) -> BTreeSet<u8> {
    let all = bytes_of(part).unwrap_or_default();
    let word: BTreeSet<u8> = all.iter().copied().filter(u8::is_ascii_alphanumeric).collect();
    let small: BTreeSet<u8> = word.iter().map(u8::to_ascii_lowercase).collect();
    if small.len() == 1 {
        // A letter of a word in any case.
        return small;
    }
    if !word.is_empty() {
        return word;
    }
    let sign = b"=:\"' ,;/_-.\n".iter().find(|b| all.contains(b));
    let sign = sign.or_else(|| all.iter().find(|b| b.is_ascii_graphic())).or(all.first());
    sign.into_iter().copied().collect()
}

fn class(bytes: &BTreeSet<u8>, out: &mut String) {
    if let (Some(only), 1) = (bytes.first(), bytes.len()) {
        return escape(*only, false, out);
    }
    out.push('[');
    let mut rest = bytes.iter().copied().peekable();
    while let Some(start) = rest.next() {
        let mut end = start;
        while rest.next_if(|b| *b == end + 1).is_some() {
            end += 1;
        }
        escape(start, true, out);
        if end > start {
            out.push_str(if end > start + 1 { "-" } else { "" });
            escape(end, true, out);
        }
    }
    out.push(']');
}

/// A byte as a pattern writes it; `<` and `>` would end the mark.
fn escape(byte: u8, in_class: bool, out: &mut String) {
    match byte {
        b'<' | b'>' | 0..0x20 | 0x7f.. => {
            let _ = write!(out, "\\x{byte:02x}");
        }
        b'-' | b'#' | b'&' | b'~' if !in_class => out.push(char::from(byte)),
        _ => out.push_str(&regex_syntax::escape(&char::from(byte).to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::super::dialect::{hir, regex};
    use super::*;

    #[test]
    fn what_a_template_expands_to_is_matched() {
        for (pattern, plainest) in [
            (r"\b(acme_(?:live|test)_[0-9A-Za-z]{8})\b", "<<acme_(?:live|test)_[0-9A-Za-z]{8}>>"),
            (r#"(?i)acme\s*[:=]\s*["']?([^\s"']{8,})"#, "<<acme=[0-9A-Za-z]{32}>>"),
            (r"<acme>([a-f]{9,12})</acme>", r"<<\x3cacme\x3e[a-f]{12}\x3c/acme\x3e>>"),
            (r"(?:^|,)k=([0-9]{3}(?:-[0-9]{3}){2})", "<<(?:|,)k=[0-9]{3}(?:-[0-9]{3}){2}>>"),
        ] {
            let regex = regex(pattern).unwrap();
            let templates = templates(&hir(pattern).unwrap());
            assert_eq!(templates[0], plainest, "{pattern}");
            for seed in 0..5 {
                let text = expand(&templates[0], seed).unwrap();
                assert!(regex.is_match(text.as_bytes()), "{pattern}: {text}");
            }
        }
    }

    #[test]
    fn a_key_is_a_whole_key() {
        let pattern = "-----BEGIN[ A-Z]{0,20}PRIVATE KEY-----";
        let structured = structured(&regex(pattern).unwrap());
        assert_eq!(structured[0], "<<@rsa-private-key>>");
        assert!(structured.iter().all(|template| !template.contains("@jwt")));
    }

    #[test]
    fn a_path_fits_its_glob() {
        let path = |glob: &str| path(&[glob.to_owned()]).unwrap();
        assert_eq!(path("**/*.tf"), "example.tf");
        assert_eq!(path("config/**"), "config/example");
        assert_eq!(path("a/?[*]"), "a/xexample");
    }
}
