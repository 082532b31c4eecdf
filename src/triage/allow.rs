//! Inline suppressions: `blurt:allow RULE -- reason`.
//!
//! A marker behind code excuses its own line. A marker on a line of its own excuses the next line.
//! `blurt:allow-start RULE -- reason` excuses all lines up to `blurt:allow-end`. RULE is an id, an
//! earlier id or a kind, or `*` for any. Without a rule and a reason a marker excuses nothing.

use crate::detect::ALLOW;
use crate::rule::Rule;
use bstr::ByteSlice;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// A marker as it stands in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Marker {
    /// Excuses its own line, or the next one if it stands alone.
    Line {
        /// 1-based line of the marker.
        line: u64,
        /// Whether nothing but a comment's beginning stands before it.
        alone: bool,
        /// What it excuses, and why.
        allow: Allow,
    },
    /// Excuses from here to the next `End`.
    Start {
        /// 1-based line of the marker.
        line: u64,
        /// What it excuses, and why.
        allow: Allow,
    },
    /// Ends the last `Start`.
    End {
        /// 1-based line of the marker.
        line: u64,
    },
    /// It names no rule or gives no reason.
    Flawed {
        /// 1-based line of the marker.
        line: u64,
        /// The line that it would excuse.
        meant: u64,
    },
}

/// What a marker excuses, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allow {
    /// Rule ids, kinds or `*`.
    pub rules: Vec<String>,
    /// The reason given.
    pub reason: String,
}

impl Allow {
    fn covers(&self, rule: &Rule) -> bool {
        self.rules.iter().any(|name| name == "*" || rule.is_called(name))
    }
}

impl Marker {
    /// Reads the marker that begins at byte `at` of `text`, a line of which is `line`. `text` needs
    /// to hold the line as far as it matters.
    #[must_use]
    pub fn read(text: &[u8], at: usize, line: u64) -> Self {
        let rest = &text[at + ALLOW.len()..];
        let rest = &rest[..rest.find_byteset(b"\n\r\0").unwrap_or(rest.len())];
        let before = &text[text[..at].rfind_byte(b'\n').map_or(0, |n| n + 1)..at];
        if rest.starts_with(b"-end") {
            return Self::End { line };
        }
        let (body, block) = match rest.strip_prefix(b"-start") {
            Some(body) => (body, true),
            None => (rest, false),
        };
        let alone = !before.iter().any(|b| b.is_ascii_alphanumeric() || b"\"'`=:".contains(b));
        let Some(allow) = allow(body) else {
            return Self::Flawed { line, meant: line + u64::from(alone) };
        };
        if block {
            return Self::Start { line, allow };
        }
        Self::Line { line, alone, allow }
    }
}

fn allow(body: &[u8]) -> Option<Allow> {
    let body = body.to_str_lossy();
    let (rules, reason) = body.strip_prefix([' ', '\t'])?.split_once("--")?;
    let rules: Vec<String> =
        rules.split([',', ' ']).filter(|id| !id.is_empty()).map(str::to_owned).collect();
    let reason = reason.trim_start_matches('-').trim();
    let reason = reason.trim_end_matches("-->").trim_end_matches("*/").trim();
    let named = rules.iter().all(|id| {
        id == "*" || id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    });
    let complete = !rules.is_empty() && named && !reason.is_empty();
    complete.then(|| Allow { rules, reason: reason.to_owned() })
}

/// The markers of one file, as lines that they excuse.
#[derive(Debug, Default)]
pub struct Allowed {
    spans: Vec<Span>,
}

/// Lines that a marker excuses.
#[derive(Debug, Clone)]
struct Span {
    lines: RangeInclusive<u64>,
    /// The line of the marker.
    marker: u64,
    /// The line of the marker that ends the block, if there is one.
    end: Option<u64>,
    allow: Arc<Allow>,
}

impl Allowed {
    /// Takes the markers of a file, in their order. A block without an end goes to the end of the
    /// file.
    #[must_use]
    pub fn new(markers: &[Marker]) -> Self {
        let span = |n: usize, marker: &Marker| match marker {
            Marker::Line { line, alone, allow } => {
                let excused = if *alone { line + 1 } else { *line };
                let allow = Arc::new(allow.clone());
                Some(Span { lines: excused..=excused, marker: *line, end: None, allow })
            }
            Marker::Start { line, allow } => {
                let end = markers[n..].iter().find_map(|marker| match marker {
                    Marker::End { line } => Some(*line),
                    _ => None,
                });
                let lines = *line..=end.unwrap_or(u64::MAX);
                Some(Span { lines, marker: *line, end, allow: Arc::new(allow.clone()) })
            }
            Marker::End { .. } | Marker::Flawed { .. } => None,
        };
        let spans = markers.iter().enumerate().filter_map(|(n, marker)| span(n, marker));
        Self { spans: spans.collect() }
    }

    /// The marker that excuses a secret of `rule` that begins on `line`.
    #[must_use]
    pub fn find(&self, rule: &Rule, line: u64) -> Option<Arc<Allow>> {
        let covering = |span: &&Span| span.lines.contains(&line) && span.allow.covers(rule);
        self.spans.iter().find(covering).map(|span| span.allow.clone())
    }

    /// The markers that stand in an earlier version of the file, too: there on the same line, and as
    /// the beginning and the end of the same block. `line_before` gives the number that a line had
    /// then, if it is unchanged. A marker that stands by the line that it excused is that marker, and
    /// one like it elsewhere is not.
    #[must_use]
    pub fn unchanged_since(&self, before: &Self, line_before: impl Fn(u64) -> Option<u64>) -> Self {
        let is_unchanged = |span: &&Span| {
            let marker = line_before(span.marker);
            let end = span.end.map(&line_before);
            let is_elsewhere = |old: &Span| {
                let by_its_line = |other: &Span| {
                    let lines = (other.lines.start(), old.lines.start());
                    other.allow == old.allow && line_before(*lines.0) == Some(*lines.1)
                };
                !by_its_line(span) && self.spans.iter().any(by_its_line)
            };
            before.spans.iter().any(|old| {
                Some(old.marker) == marker
                    && old.end.map(Some) == end
                    && old.allow == span.allow
                    && !is_elsewhere(old)
            })
        };
        Self { spans: self.spans.iter().filter(is_unchanged).cloned().collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Marker {
        Marker::read(text.as_bytes(), text.find(ALLOW).unwrap(), 7)
    }

    #[test]
    fn a_marker_needs_a_rule_and_a_reason() {
        let allow = Allow { rules: vec!["jwt".into()], reason: "a test vector".into() };
        let line = |alone| Marker::Line { line: 7, alone, allow: allow.clone() };
        assert_eq!(read("x = 1  # blurt:allow jwt -- a test vector"), line(false));
        assert_eq!(read("  // blurt:allow jwt -- a test vector\nx"), line(true));
        assert_eq!(read("<!-- blurt:allow jwt -- a test vector -->"), line(true));
        for flawed in ["blurt:allow", "blurt:allow jwt", "blurt:allow -- why", "blurt:allow jwt --"]
        {
            assert_eq!(read(flawed), Marker::Flawed { line: 7, meant: 8 }, "{flawed}");
        }
        assert_eq!(read("# blurt:allow-end"), Marker::End { line: 7 });
        assert_eq!(
            read("/* blurt:allow-start jwt -- a test vector */"),
            Marker::Start { line: 7, allow }
        );
    }
}
