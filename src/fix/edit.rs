//! Edits of a text: what is taken out where, and what comes in. No edit repeats what stood there, so that
//! an edit can be shown whatever stood there.

use bstr::ByteSlice;
use std::ops::Range;

/// One replacement.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edit {
    /// Bytes that go, in the text; empty where something is only put in.
    pub start: usize,
    /// Where they end.
    pub end: usize,
    /// What comes in their place, with `\n` between lines whatever the file uses.
    pub text: String,
}

impl Edit {
    /// Puts `text` in the place of `range`.
    #[must_use]
    pub fn replace(range: Range<usize>, text: impl Into<String>) -> Self {
        Self { start: range.start, end: range.end, text: text.into() }
    }

    /// Puts `text` in at a place.
    #[must_use]
    pub fn insert(at: usize, text: impl Into<String>) -> Self {
        Self::replace(at..at, text)
    }

    /// Takes `range` out.
    #[must_use]
    pub fn delete(range: Range<usize>) -> Self {
        Self::replace(range, "")
    }

    /// The bytes that go.
    #[must_use]
    pub fn range(&self) -> Range<usize> {
        self.start..self.end
    }

    /// Whether both touch the same bytes.
    fn collides(&self, other: &Self) -> bool {
        self.start < other.end && other.start < self.end
            || self.start == other.start && (self.start < self.end && other.start < other.end)
    }
}

/// Whether any of `edits` touches bytes that one of `others` touches.
#[must_use]
pub fn collide(edits: &[Edit], others: &[Edit]) -> bool {
    edits.iter().any(|edit| others.iter().any(|other| edit.collides(other)))
}

/// Brings edits into the order of the text, each once. Several that put something in at one place keep
/// their order.
pub fn sort(edits: &mut Vec<Edit>) {
    let mut seen = std::collections::BTreeSet::new();
    edits.retain(|edit| edit.start == edit.end || seen.insert(edit.clone()));
    edits.sort_by_key(|edit| (edit.start, edit.end));
}

/// The text after its edits, which must be sorted. Line ends are those that the text has.
#[must_use]
pub fn apply(text: &[u8], edits: &[Edit]) -> Vec<u8> {
    let ends = line_end(text);
    let (mut after, mut at) = (Vec::with_capacity(text.len()), 0);
    for edit in edits {
        after.extend_from_slice(&text[at..edit.start.max(at)]);
        match ends {
            "\n" => after.extend_from_slice(edit.text.as_bytes()),
            _ => after.extend_from_slice(edit.text.replace('\n', ends).as_bytes()),
        }
        at = at.max(edit.end);
    }
    after.extend_from_slice(&text[at..]);
    after
}

/// Where the texts that come in stand in the text after its edits, whose lines end so.
#[must_use]
pub fn inserted(edits: &[Edit], ends: &str) -> Vec<Range<usize>> {
    let (mut spans, mut at, mut shift) = (Vec::new(), 0, 0_usize);
    for edit in edits {
        let start = shift + edit.start.max(at) - at;
        let length = edit.text.len() + edit.text.matches('\n').count() * (ends.len() - 1);
        spans.push(start..start + length);
        shift = start + length;
        at = at.max(edit.end);
    }
    spans
}

/// How lines of a text end.
#[must_use]
pub fn line_end(text: &[u8]) -> &'static str {
    match memchr::memchr(b'\n', text) {
        Some(at) if at > 0 && text[at - 1] == b'\r' => "\r\n",
        _ => "\n",
    }
}

/// The line that a place of a text is on, without its end.
#[must_use]
pub fn line_at(text: &[u8], at: usize) -> Range<usize> {
    let start = memchr::memrchr(b'\n', &text[..at]).map_or(0, |before| before + 1);
    let end = memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |behind| at + behind);
    let end = if end > start && text[end - 1] == b'\r' && end < text.len() { end - 1 } else { end };
    start..end.max(at)
}

/// The line that a place is on, with its end.
#[must_use]
pub fn whole_line_at(text: &[u8], at: usize) -> Range<usize> {
    let line = line_at(text, at);
    let end =
        memchr::memchr(b'\n', &text[line.end..]).map_or(text.len(), |feed| line.end + feed + 1);
    line.start..end
}

/// The white space that a line begins with.
#[must_use]
pub fn indent(line: &[u8]) -> &str {
    let length = line.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    line[..length].to_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_keep_the_rest_and_its_line_ends() {
        let text = b"a = 'x'\r\nb = 'y'\r\n";
        let mut edits = vec![
            Edit::replace(13..16, "Y"),
            Edit::insert(0, "import os\n"),
            Edit::replace(4..7, "X"),
            Edit::replace(4..7, "X"),
        ];
        sort(&mut edits);
        assert_eq!(edits.len(), 3);
        let after = apply(text, &edits);
        assert_eq!(after.as_bstr(), "import os\r\na = X\r\nb = Y\r\n");
        let inserted: Vec<_> =
            inserted(&edits, "\r\n").into_iter().map(|span| after[span].as_bstr()).collect();
        assert_eq!(inserted, ["import os\r\n", "X", "Y"]);
    }

    #[test]
    fn edits_of_the_same_bytes_collide() {
        let edit = |start, end| Edit::replace(start..end, "x");
        assert!(collide(&[edit(1, 4)], &[edit(3, 5)]));
        assert!(collide(&[edit(1, 4)], &[edit(1, 4)]));
        assert!(!collide(&[edit(1, 4)], &[edit(4, 5), edit(4, 4), edit(1, 1)]));
    }

    #[test]
    fn a_line_ends_before_its_end() {
        let text = b"one\r\n  two\nthree";
        assert_eq!(line_at(text, 1), 0..3);
        assert_eq!(whole_line_at(text, 1), 0..5);
        assert_eq!(line_at(text, 7), 5..10);
        assert_eq!(whole_line_at(text, 12), 11..16);
        assert_eq!(indent(&text[5..10]), "  ");
        assert_eq!(line_end(text), "\r\n");
    }
}
