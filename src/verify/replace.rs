//! The file for `git filter-repo --replace-text`: one line a way to write a secret, `LEFT==>RIGHT`.
//! Literals are replaced before regular expressions, each in the order of the file. See
//! <https://htmlpreview.github.io/?https://github.com/newren/git-filter-repo/blob/docs/html/git-filter-repo.html>.

use super::lines::{GAP, Lines};
use super::needle::{SHORT, is_ordinary};
use crate::source::history::survey::Written;
use bstr::{BStr, BString, ByteSlice, ByteVec};
use std::collections::BTreeSet;

/// What stands where a secret stood.
pub const REMOVED: &str = "***REMOVED***";

const ARROW: &[u8] = b"==>";
const LITERAL: &[u8] = b"literal:";
const REGEX: &[u8] = b"regex:";
/// No part of a longer word.
const NOT_BEHIND: &[u8] = b"(?<![A-Za-z0-9_])";
const NOT_BEFORE: &[u8] = b"(?![A-Za-z0-9_])";
const LINE_START: &[u8] = b"(?m)^";

/// The lines of the file. It holds secrets in clear, and is shown nowhere.
#[derive(Default)]
pub struct Replacements(BTreeSet<BString>);

impl Replacements {
    /// Adds a value, wherever it stands in a text.
    pub fn add_value(&mut self, value: &[u8]) {
        if let Some(lines) = Lines::of(value) {
            self.add_lines(&lines);
        } else if !is_ordinary(value) {
            self.add_literal(value);
        }
        // A line that says the value to the byte, to know it by later.
        if value.contains(&b'\n') {
            self.add(&[REGEX, &escaped(value), ARROW, REMOVED.as_bytes()]);
        }
    }

    /// Adds a way in which a secret is written.
    pub fn add_written(&mut self, written: &Written) {
        let Written { value, before, after } = written;
        let removed = REMOVED.as_bytes();
        if let Some(lines) = Lines::of(value) {
            self.add_lines(&lines);
        } else if value.contains(&b'\n') {
            self.add(&[REGEX, &escaped(value), ARROW, removed]);
        } else if !before.trim().is_empty() {
            self.add(&[LITERAL, before, value, after, ARROW, before, removed, after]);
        } else if is_ordinary(value) {
            let line = [before.as_slice(), value].concat();
            let ahead = [b"(?=".as_slice(), &escaped(after), b")"].concat();
            let indent = before.as_slice();
            self.add(&[REGEX, LINE_START, &escaped(&line), &ahead, ARROW, indent, removed]);
        } else {
            self.add_literal(value);
        }
    }

    /// Adds the lines of an earlier file.
    pub fn add_earlier(&mut self, text: &[u8]) {
        self.0
            .extend(text.split(|b| *b == b'\n').filter(|line| !line.is_empty()).map(BString::from));
    }

    fn add_literal(&mut self, value: &[u8]) {
        let removed = REMOVED.as_bytes();
        if value.len() < SHORT {
            self.add(&[REGEX, NOT_BEHIND, &escaped(value), NOT_BEFORE, ARROW, removed]);
        } else {
            self.add(&[LITERAL, value, ARROW, removed]);
        }
    }

    fn add_lines(&mut self, lines: &Lines) {
        let parts: Vec<Vec<u8>> = lines.iter().map(escaped).collect();
        let all = bstr::join(GAP, parts);
        self.add(&[REGEX, &all, ARROW, REMOVED.as_bytes()]);
    }

    fn add(&mut self, parts: &[&[u8]]) {
        self.0.insert(parts.concat().into());
    }

    /// The text of the file: what has a context first, then the longest, as one value may be the beginning
    /// of another.
    #[must_use]
    pub fn text(&self) -> Vec<u8> {
        let mut lines: Vec<&BString> = self.0.iter().collect();
        let has_context = |line: &BStr| !line.ends_with(&[ARROW, REMOVED.as_bytes()].concat());
        lines.sort_by_key(|line| {
            (!has_context(line.as_bstr()), std::cmp::Reverse(line.len()), (*line).clone())
        });
        let mut text = Vec::new();
        for line in lines {
            text.push_str(line);
            text.push(b'\n');
        }
        text
    }
}

/// The values that a file with replacements speaks of.
#[must_use]
pub fn values(text: &[u8]) -> BTreeSet<Vec<u8>> {
    text.split(|b| *b == b'\n').filter_map(value_of).collect()
}

fn value_of(line: &[u8]) -> Option<Vec<u8>> {
    let (left, right) = line.rsplit_once_str(ARROW)?;
    let (before, after) = right.split_once_str(REMOVED)?;
    let Some(regex) = left.strip_prefix(REGEX) else {
        let left = left.strip_prefix(LITERAL).unwrap_or(left);
        let value = left.strip_prefix(before)?.strip_suffix(after)?;
        return Some(value.to_vec());
    };
    let is_line = regex.starts_with(LINE_START);
    let regex = regex.strip_prefix(LINE_START).or(regex.strip_prefix(NOT_BEHIND)).unwrap_or(regex);
    let regex = regex.strip_suffix(NOT_BEFORE).unwrap_or(regex);
    let regex = if is_line { regex.rsplit_once_str(b"(?=")?.0 } else { regex };
    let lines: Option<Vec<Vec<u8>>> = regex.split_str(GAP).map(unescaped).collect();
    let value = lines?.join(&b'\n');
    Some(value.strip_prefix(before).unwrap_or(&value).to_vec())
}

/// Bytes as a regular expression that says them: all but letters and digits by their numbers.
fn escaped(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    let escape = |b: &u8| {
        if b.is_ascii_alphanumeric() { vec![*b] } else { format!(r"\x{b:02x}").into_bytes() }
    };
    bytes.as_ref().iter().flat_map(escape).collect()
}

fn unescaped(regex: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut rest = regex;
    while let Some((first, behind)) = rest.split_first() {
        rest = behind;
        if first.is_ascii_alphanumeric() {
            bytes.push(*first);
            continue;
        }
        let digits = behind.strip_prefix(b"x").filter(|_| *first == b'\\')?.get(..2)?;
        bytes.push(u8::from_str_radix(digits.to_str().ok()?, 16).ok()?);
        rest = &behind[3..];
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(before: &str, value: &str, after: &str) -> Written {
        Written { value: value.into(), before: before.into(), after: after.into() }
    }

    #[test]
    fn what_is_written_is_known_again() {
        let key =
            ["-----BEGIN KEY-----", "abcdefghijklmnopqrstuv+/", "-----END KEY-----"].join("\n");
        let values_in = ["x7==>y8-long", " spaces around ", "pa5$w0", "caf\u{e9}-token-9", &key];
        let mut all = Replacements::default();
        for value in values_in {
            all.add_value(value.as_bytes());
        }
        all.add_written(&written("password = \"", "monkey", "\""));
        all.add_written(&written("  ", "dragon", ":"));
        let found = values(&all.text());
        for value in values_in.iter().chain(&["monkey", "dragon"]) {
            assert!(found.contains(value.as_bytes()), "{value}: {}", all.text().as_bstr());
        }
        let mut again = Replacements::default();
        again.add_earlier(&all.text());
        assert_eq!(again.text(), all.text());
    }

    #[test]
    fn the_longest_comes_first_and_what_has_a_context_before_all() {
        let mut all = Replacements::default();
        all.add_value(b"abcd5fgh");
        all.add_value(b"abcd5fgh12345678");
        all.add_written(&written("p=", "monkey", ""));
        let text = all.text();
        let lines: Vec<&str> = text.to_str().unwrap().lines().collect();
        assert_eq!(
            lines,
            [
                "literal:p=monkey==>p=***REMOVED***",
                "literal:abcd5fgh12345678==>***REMOVED***",
                "literal:abcd5fgh==>***REMOVED***",
            ]
        );
    }
}
