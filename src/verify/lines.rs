//! Values of several lines, such as private keys: the same lines stand in files with line feeds, with
//! carriage returns, indented, quoted line by line, and in one line with `\n` between them.

use std::ops::Range;

/// The least characters of a line that is looked for.
const LEAST: usize = 16;

/// The lines of a value.
#[derive(Clone, PartialEq, Eq)]
pub struct Lines {
    lines: Vec<Vec<u8>>,
    /// The line that is looked for.
    anchor: usize,
}

impl Lines {
    /// The lines of a value that has several.
    #[must_use]
    pub fn of(value: &[u8]) -> Option<Self> {
        let mut lines = Vec::new();
        let mut at = 0;
        while at < value.len() {
            let start = at + gap_at(&value[at..]);
            let length = line_at(&value[start..]);
            if length > 0 {
                lines.push(value[start..start + length].to_vec());
            }
            at = start + length.max(1);
        }
        // Headers of formats fill the first line of many keys, and paddings the last one.
        let inner = 1..lines.len().saturating_sub(1);
        let length = |n: &usize| lines[*n].len();
        let anchor = inner.filter(|n| lines[*n].len() >= LEAST).max_by_key(|n| (length(n), *n))?;
        Some(Self { lines, anchor })
    }

    /// The line to look for.
    #[must_use]
    pub fn anchor(&self) -> &[u8] {
        &self.lines[self.anchor]
    }

    /// Which line that is.
    #[must_use]
    pub fn place(&self) -> usize {
        self.anchor
    }

    /// As many of the lines as stand around the anchor at `span`.
    #[must_use]
    pub fn around(&self, text: &[u8], span: Range<usize>) -> Range<usize> {
        let Range { mut start, mut end } = span;
        for line in self.lines[..self.anchor].iter().rev() {
            let before = &text[..start];
            let before = &before[..before.len() - gap_before(before)];
            if !before.ends_with(line) {
                break;
            }
            start = before.len() - line.len();
        }
        for line in &self.lines[self.anchor + 1..] {
            let at = end + gap_at(&text[end..]);
            if !text[at..].starts_with(line) {
                break;
            }
            end = at + line.len();
        }
        start..end
    }
}

/// The length of what stands between two lines at the beginning of a text.
fn gap_at(text: &[u8]) -> usize {
    let mut at = 0;
    loop {
        at += match &text[at..] {
            [b'\\', b'n' | b'r' | b't', ..] => 2,
            [b'%', b'0', b'A' | b'a' | b'D' | b'd', ..] => 3,
            // A plus stands between quoted strings, and in lines of base64.
            [b' ' | b'\t' | b'\r' | b'\n' | b'"' | b'\'' | b'\\' | b',', ..]
            | [b'+', b' ' | b'\t' | b'\r' | b'\n', ..] => 1,
            _ => return at,
        }
    }
}

/// The length of what stands between two lines at the end of a text.
fn gap_before(text: &[u8]) -> usize {
    let mut rest = text;
    loop {
        rest = match rest {
            [rest @ .., b'\\', b'n' | b'r' | b't']
            | [rest @ .., b'%', b'0', b'A' | b'a' | b'D' | b'd']
            | [rest @ .., b' ' | b'\t' | b'\r' | b'\n' | b'"' | b'\'' | b'\\' | b','] => rest,
            [rest @ .., b'+'] if rest.len() + 1 < text.len() => rest,
            _ => return text.len() - rest.len(),
        }
    }
}

/// The length of the line at the beginning of a text.
fn line_at(text: &[u8]) -> usize {
    let ends = |at: usize| {
        let here = &text[at..];
        gap_at(here) > 0 && !matches!(here, [b' ' | b',' | b'"' | b'\'', ..])
    };
    (0..text.len()).find(|at| ends(*at)).unwrap_or(text.len())
}

/// What stands between two lines, as a regular expression of Python over bytes, which
/// `git filter-repo` reads.
pub const GAP: &str = r#"(?:\\[nrt]|%0[AaDd]|[\s"'\\,]|\+(?=\s))*"#;

impl Lines {
    /// The lines, in order.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.lines.iter().map(Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINES: [&str; 4] = [
        "-----BEGIN A KEY-----",
        "abcdefghijklmnopqrstuvwx/z+9",
        "ABCDEFGHIJKLMNOPQRSTUVWX1234",
        "-----END A KEY-----",
    ];

    #[test]
    fn the_same_lines_are_found_however_they_are_parted() {
        let value = LINES.join("\n");
        let lines = Lines::of(value.as_bytes()).unwrap();
        assert_eq!(
            lines.iter().map(|line| String::from_utf8_lossy(line)).collect::<Vec<_>>(),
            LINES
        );
        for gap in ["\n", "\r\n", "\n    ", r"\n", r"\r\n", "\\n\" +\n  \"", "\",\n\"", "%0A", " "]
        {
            let text = format!("x {} y", LINES.join(gap));
            let anchor = text.find(LINES[lines.place()]).unwrap();
            let span = lines.around(text.as_bytes(), anchor..anchor + lines.anchor().len());
            assert_eq!(span, 2..text.len() - 2, "{gap:?}");
            if gap != " " {
                assert!(Lines::of(text.as_bytes()).is_some(), "{gap:?}");
            }
        }
        assert!(Lines::of(b"one line with \"words\", and spaces in it").is_none());
    }

    #[test]
    fn a_part_of_the_lines_is_found() {
        let lines = Lines::of(LINES.join("\n").as_bytes()).unwrap();
        let text = LINES[1..3].join("\n");
        let anchor = text.find(LINES[lines.place()]).unwrap();
        let span = lines.around(text.as_bytes(), anchor..anchor + lines.anchor().len());
        assert_eq!(span, 0..text.len());
    }
}
