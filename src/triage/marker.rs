//! Inline suppressions: `blurt:allow RULE -- reason`, and those of other tools.
//!
//! A marker behind code excuses its own line. A marker on a line of its own excuses the next line.
//! `blurt:allow-start RULE -- reason` excuses all lines up to `blurt:allow-end`, `blurt:allow-file` the
//! whole file. RULE is an id, an earlier id or a kind, or `*` for any; `until 2027-01-31` behind it says
//! on which day the excuse ends. Without a rule and a reason a marker excuses nothing.

use super::dialect::{self, Covers, Reading};
use crate::detect::MARKERS;
use crate::finding::{Authority, Excuse, Location};
use crate::rule::Rule;
use bstr::ByteSlice;
use jiff::civil::Date;
use std::borrow::Cow;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// A marker as it stands in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Marker {
    /// Excuses one line, or the whole file.
    Lines {
        /// 1-based line of the marker.
        line: u64,
        /// What it is about.
        lines: Lines,
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
    /// Ends the last `Start` of the same tool.
    End {
        /// 1-based line of the marker.
        line: u64,
        /// Whose it is.
        tool: &'static str,
    },
    /// It excuses nothing.
    Flawed {
        /// 1-based line of the marker.
        line: u64,
        /// The lines that it would excuse.
        meant: RangeInclusive<u64>,
        /// What is wrong.
        flaw: String,
    },
}

/// The lines that a marker is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lines {
    /// That on which it stands.
    Own,
    /// The one behind it.
    Next,
    /// All of the file.
    All,
}

impl Lines {
    /// The lines that are meant by a marker on `line`.
    fn from(self, line: u64) -> RangeInclusive<u64> {
        match self {
            Self::Own => line..=line,
            Self::Next => line + 1..=line + 1,
            Self::All => 1..=u64::MAX,
        }
    }
}

/// What a marker excuses, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allow {
    /// Whose marker it is.
    pub tool: &'static str,
    /// The rules that it speaks of.
    pub covers: Covers,
    /// The reason given; of tools that ask for none, the name of the marker.
    pub reason: String,
    /// The last day that it holds.
    pub until: Option<Date>,
}

impl Marker {
    /// Reads the marker that begins at byte `at` of `text`, a line of which is `line`. `text` needs
    /// to hold the line as far as it matters. What only begins like a marker is none.
    #[must_use]
    pub fn read(text: &[u8], at: usize, line: u64) -> Option<Self> {
        let sign = MARKERS.iter().find(|sign| {
            text[at..].get(..sign.len()).is_some_and(|t| t.eq_ignore_ascii_case(sign.as_bytes()))
        })?;
        let rest = &text[at + sign.len()..];
        let rest = &rest[..rest.find_byteset(b"\n\r\0").unwrap_or(rest.len())];
        let before = &text[text[..at].rfind_byte(b'\n').map_or(0, |n| n + 1)..at];
        // Text of a program or a setting stands before it, and not only a comment's beginning.
        let alone = !before.iter().any(|b| b.is_ascii_alphanumeric() || b"\"'`=:".contains(b));
        let joined = before.last().is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
        if joined {
            return None;
        }
        Some(match dialect::read(sign, &rest.to_str_lossy(), alone)? {
            Reading::Lines(lines, allow) => Self::Lines { line, lines, allow },
            Reading::Start(allow) => Self::Start { line, allow },
            Reading::End(tool) => Self::End { line, tool },
            Reading::Flawed(lines, flaw) => Self::Flawed { line, meant: lines.from(line), flaw },
        })
    }
}

impl Marker {
    /// Why it excuses nothing, if it does not, with its line and those that it would excuse. `is_known`
    /// says whether a rule has that id or kind.
    pub fn flaw(&self, is_known: impl Fn(&str) -> bool) -> Option<Flaw<'_>> {
        let (line, meant, allow) = match self {
            Self::Flawed { line, meant, flaw } => {
                return Some(Flaw { line: *line, meant: meant.clone(), what: flaw.into() });
            }
            Self::Lines { line, lines, allow } => (*line, lines.from(*line), allow),
            Self::Start { line, allow } => (*line, *line..=u64::MAX, allow),
            Self::End { .. } => return None,
        };
        let name = allow.covers.unknown(is_known)?;
        Some(Flaw { line, meant, what: format!("there is no rule `{name}`").into() })
    }
}

/// Why a marker excuses nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw<'m> {
    /// 1-based line of the marker.
    pub line: u64,
    /// The lines that it would excuse.
    pub meant: RangeInclusive<u64>,
    /// What is wrong.
    pub what: Cow<'m, str>,
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

impl Span {
    /// Whether it excuses a secret on these lines: that begins on a line that is meant, or that the marker
    /// stands behind.
    fn has(&self, secret: &RangeInclusive<u64>) -> bool {
        let is_own = *self.lines.start() == self.marker && *self.lines.end() == self.marker;
        self.lines.contains(secret.start()) || is_own && secret.contains(&self.marker)
    }

    /// Who excuses what stands in the file of that name.
    fn excuse(&self, name: &str) -> Excuse {
        let own = self.allow.tool == dialect::BLURT;
        Excuse {
            by: if own { Authority::Marker } else { Authority::ForeignMarker },
            place: Some(format!("{name}:{}", self.marker)),
            reason: self.allow.reason.clone(),
            author: None,
            expires: self.allow.until,
        }
    }
}

impl Allowed {
    /// Takes the markers of a file, in their order. A block without an end goes to the end of the
    /// file.
    #[must_use]
    pub fn new(markers: &[Marker]) -> Self {
        let span = |n: usize, marker: &Marker| match marker {
            Marker::Lines { line, lines, allow } => {
                let allow = Arc::new(allow.clone());
                Some(Span { lines: lines.from(*line), marker: *line, end: None, allow })
            }
            Marker::Start { line, allow } => {
                let end = markers[n..].iter().find_map(|marker| match marker {
                    Marker::End { line, tool } if *tool == allow.tool => Some(*line),
                    _ => None,
                });
                let lines = *line..=end.unwrap_or(u64::MAX);
                Some(Span { lines, marker: *line, end, allow: Arc::new(allow.clone()) })
            }
            Marker::End { .. } | Marker::Flawed { .. } => None,
        };
        let spans = markers.iter().enumerate().filter_map(|(n, marker)| span(n, marker));
        let mut spans: Vec<Span> = spans.collect();
        // Of two that excuse the same, the one that holds longer does.
        spans.sort_by_key(|span| std::cmp::Reverse(span.allow.until.unwrap_or(Date::MAX)));
        Self { spans }
    }

    /// Who excuses a secret of `rule` at `location`.
    #[must_use]
    pub fn find(&self, rule: &Rule, location: &Location) -> Option<Arc<Excuse>> {
        let lines = location.start.line..=crate::report::last_line(location);
        let covering = |span: &&Span| span.has(&lines) && span.allow.covers.has(rule);
        let span = self.spans.iter().find(covering)?;
        Some(Arc::new(span.excuse(&location.name())))
    }

    /// Who excuses something in the file of that name, whether there is something or not, with what is
    /// excused. Only our own: other tools excuse what others find.
    pub fn excuses(&self, name: &str) -> impl Iterator<Item = (Excuse, String)> {
        let own = self.spans.iter().filter(|span| span.allow.tool == dialect::BLURT);
        own.map(move |span| (span.excuse(name), span.allow.covers.to_string()))
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

    fn read(text: &str) -> Option<Marker> {
        let lower = text.to_ascii_lowercase();
        let at = MARKERS.iter().filter_map(|sign| lower.find(sign)).min().unwrap();
        Marker::read(text.as_bytes(), at, 7)
    }

    fn allow(until: Option<Date>) -> Allow {
        Allow {
            tool: dialect::BLURT,
            covers: Covers::Rules(vec!["jwt".into()]),
            reason: "a test vector".into(),
            until,
        }
    }

    #[test]
    fn a_marker_needs_a_rule_and_a_reason() {
        let lines = |lines| Some(Marker::Lines { line: 7, lines, allow: allow(None) });
        assert_eq!(read("x = 1  # blurt:allow jwt -- a test vector"), lines(Lines::Own));
        assert_eq!(read("  // blurt:allow jwt -- a test vector\nx"), lines(Lines::Next));
        assert_eq!(read("<!-- blurt:allow jwt -- a test vector -->"), lines(Lines::Next));
        assert_eq!(read("<!-- blurt:allow-file jwt -- a test vector -->"), lines(Lines::All));
        for flawed in ["blurt:allow", "blurt:allow jwt", "blurt:allow -- why", "blurt:allow jwt --"]
        {
            let found = read(flawed);
            let is_flawed =
                matches!(&found, Some(Marker::Flawed { line: 7, meant, .. }) if *meant == (8..=8));
            assert!(is_flawed, "{flawed}: {found:?}");
        }
        assert_eq!(read("# blurt:allow-end"), Some(Marker::End { line: 7, tool: dialect::BLURT }));
        assert_eq!(
            read("/* blurt:allow-start jwt -- a test vector */"),
            Some(Marker::Start { line: 7, allow: allow(None) })
        );
    }

    #[test]
    fn a_marker_may_end() {
        let until = |text: &str| match read(text) {
            Some(Marker::Lines { allow, .. }) => Ok(allow.until.map(|day| day.to_string())),
            Some(Marker::Flawed { flaw, .. }) => Err(flaw),
            other => panic!("{text}: {other:?}"),
        };
        assert_eq!(
            until("x # blurt:allow jwt until 2027-01-31 -- a test vector"),
            Ok(Some("2027-01-31".into()))
        );
        assert_eq!(until("x # blurt:allow jwt -- good until 2027-01-31"), Ok(None));
        assert!(until("x # blurt:allow jwt until 2027-02-31 -- w").unwrap_err().contains("day"));
    }

    #[test]
    fn markers_of_other_tools_are_read_as_they_are_meant() {
        let lines = |text: &str| match read(text) {
            Some(Marker::Lines { lines, allow, .. }) => Some((lines, allow.tool)),
            _ => None,
        };
        for (text, expected) in [
            ("k = 1 # gitleaks:allow", Some((Lines::Own, "gitleaks"))),
            ("# gitleaks:allow", Some((Lines::Own, "gitleaks"))),
            ("k = 1 //betterleaks:allow", Some((Lines::Own, "betterleaks"))),
            ("k = 1 # trufflehog:ignore", Some((Lines::Own, "trufflehog"))),
            ("k = 1 # kingfisher:ignore", Some((Lines::Own, "kingfisher"))),
            ("  # kingfisher:ignore", Some((Lines::Next, "kingfisher"))),
            ("k = 1 # pragma: allowlist secret", Some((Lines::Own, "detect-secrets"))),
            ("k = 1 # pragma:allowlist secret", Some((Lines::Own, "detect-secrets"))),
            ("k = 1 # pragma: whitelist secret", Some((Lines::Own, "detect-secrets"))),
            ("# pragma: allowlist nextline secret", Some((Lines::Next, "detect-secrets"))),
            ("# pragma: allowlist of hosts", None),
            ("k = 1 // secretlint-disable-line", Some((Lines::Own, "secretlint"))),
            ("// secretlint-disable-next-line", Some((Lines::Next, "secretlint"))),
            ("k = 1 # ggignore", Some((Lines::Own, "ggshield"))),
            ("k = 1 # ggignored", None),
            ("xgitleaks:allow", None),
        ] {
            assert_eq!(lines(text), expected, "{text}");
        }
        assert!(matches!(read("/* secretlint-disable */"), Some(Marker::Start { .. })));
        assert!(matches!(read("/* secretlint-enable */"), Some(Marker::End { .. })));
    }
}
