//! The name before a value, read backwards from inside the value.

use super::forward::GO_TYPE;
use super::{MAX_BLANKS, MAX_LINE, MAX_NAME, is_blank, is_callee, is_name, is_quote, wraps};
use crate::kind::FileKind;
use std::ops::Range;

/// Reads backwards from inside a value.
pub(super) struct Back<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
    /// The furthest byte that was looked at, if it is further back than `at`.
    pub(super) seen: usize,
}

impl Back<'_> {
    fn last(&self) -> Option<u8> {
        self.at.checked_sub(1).map(|at| self.bytes[at])
    }

    fn skip(&mut self, most: usize, what: impl Fn(u8) -> bool) -> usize {
        let before = self.bytes[..self.at].iter().rev().take(most);
        let count = before.take_while(|b| what(**b)).count();
        self.at -= count;
        count
    }

    pub(super) fn name(&mut self, kind: FileKind) -> Option<Range<usize>> {
        let quoted = self.leave_value()?;
        let line = self.skip(MAX_BLANKS, is_blank);
        if self.last().is_some_and(|b| b == b'\n') {
            // `<name>`, and the value on the next line.
            self.skip(MAX_BLANKS, |b| b.is_ascii_whitespace());
            return if self.last()? == b'>' { self.arrow_or_element() } else { None };
        }
        match self.last()? {
            b'=' | b':' => self.assign(),
            b'>' => return self.arrow_or_element(),
            b'(' if quoted => self.at -= 1,
            b',' if quoted => {
                self.at -= 1;
                self.skip(MAX_BLANKS, is_blank);
                is_quote(self.last()?).then_some(())?;
            }
            b if line > 0 && is_name(b) && (kind.assigns_by_blank() || !quoted) => {}
            _ => return None,
        }
        self.identifier()
    }

    /// Goes to the beginning of the value, over its quote; says whether there was one.
    fn leave_value(&mut self) -> Option<bool> {
        let of_value = |b: u8| !(is_quote(b) || b.is_ascii_whitespace() || b"=:>(,\0".contains(&b));
        // A run that begins right here is the common case.
        if self.skip(MAX_NAME, of_value) == MAX_NAME {
            return None;
        }
        let quoted = is_quote(self.last()?);
        if quoted {
            self.at -= 1;
            self.skip(1, |b| b == b'\\');
            let hash = self.skip(1, |b| b == b'#');
            let prefix = self.skip(1, |b| b"brfuLNE@$".contains(&b));
            // `r#"`, `b"`: but not the end of a word before the quote.
            if prefix == 1 && hash == 0 && self.last().is_some_and(|b| b.is_ascii_alphanumeric()) {
                self.at += 1;
            }
            self.leave_wrapping();
        }
        Some(quoted)
    }

    /// Goes before `[` of a list, or a function that only wraps the value.
    fn leave_wrapping(&mut self) {
        let open =
            self.at - self.bytes[..self.at].iter().rev().take_while(|b| is_blank(**b)).count();
        let before = &self.bytes[..open];
        // Not `table["name"]`.
        let indexed = |b: &u8| b.is_ascii_alphanumeric() || b"_)]".contains(b);
        if before.ends_with(b"[") && !before[..open - 1].last().is_some_and(indexed) {
            self.at = open - 1;
        } else if let Some(before) = before.strip_suffix(b"(") {
            let callee = before.iter().rev().take(MAX_NAME).take_while(|b| is_callee(**b)).count();
            if wraps(&before[before.len() - callee..]) {
                self.at = before.len() - callee;
                let new = self.bytes[..self.at].ends_with(b"new ");
                self.at -= if new { b"new ".len() } else { 0 };
            }
        }
    }

    /// Goes before `=`, `:`, `:=`, `==`, `+=`, `: Type =` …
    fn assign(&mut self) {
        self.skip(4, |b| b"=!:+?|.".contains(&b));
        let (here, blanks) = (self.at, self.skip(MAX_BLANKS, is_blank));
        // A type annotation: what stands before it is the name.
        let of_type = |b: u8| b.is_ascii_alphanumeric() || b" _<>[]&'?.|".contains(&b);
        let length = self.skip(MAX_BLANKS, of_type);
        self.seen = self.seen.min(self.at);
        let annotated = self.last() == Some(b':') && self.bytes.get(self.at) == Some(&b' ');
        if length > 0 && annotated && !self.bytes[..self.at].ends_with(b"::") {
            self.at -= 1;
        } else {
            self.at = here - blanks;
            let before = self.bytes[..self.at].strip_suffix(GO_TYPE);
            if before.is_some_and(|before| before.last().is_some_and(|b| is_blank(*b))) {
                self.at -= GO_TYPE.len();
            }
        }
    }

    fn arrow_or_element(&mut self) -> Option<Range<usize>> {
        self.at -= 1;
        if self.last().is_some_and(|b| b == b'=' || b == b'-') {
            self.at -= 1;
            return self.identifier();
        }
        let start = self.at.saturating_sub(MAX_LINE);
        self.seen = start;
        let open = start + self.bytes[start..self.at].iter().rposition(|b| *b == b'<')? + 1;
        let end = self.bytes[open..self.at].iter().take_while(|b| is_name(**b)).count();
        (end > 0).then_some(open..open + end)
    }

    fn identifier(&mut self) -> Option<Range<usize>> {
        self.skip(MAX_BLANKS, is_blank);
        self.skip(6, |b| is_quote(b) || b == b'\\' || b == b']');
        let end = self.at;
        let length = self.skip(MAX_NAME, is_name);
        (length > 0).then_some(self.at..end)
    }
}
