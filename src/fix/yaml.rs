//! Scalars of YAML, found line by line: as much of the format as an edit needs. Anchors, tags and comments
//! stay where they are.

use super::edit;
use std::ops::Range;

/// A value in a YAML text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scalar {
    /// Its bytes with its quotes; of a block, from its sign to the end of its last line.
    pub span: Range<usize>,
    /// What stands between the quotes; of a block, its lines.
    pub content: Range<usize>,
    /// How it is written.
    pub style: Style,
    /// What it is the value of, without quotes.
    pub key: Option<Range<usize>>,
    /// Whether it stands in `{…}` or `[…]`.
    pub flow: bool,
}

/// How a scalar is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Without quotes.
    Plain,
    /// In `'`.
    Single,
    /// In `"`.
    Double,
    /// On the lines behind `|` or `>`.
    Block,
}

/// The scalar that holds `span`; `None` if none does, as in a comment.
#[must_use]
pub fn scalar_at(text: &[u8], span: &Range<usize>) -> Option<Scalar> {
    let mut at = 0;
    while at < text.len() {
        let line = edit::line_at(text, at);
        let next = edit::whole_line_at(text, at).end;
        let body = entry(text, &line);
        if let Some(block) = block(text, &line, &body) {
            if block.content.start <= span.start
                && span.start < block.content.end.max(block.content.start + 1)
            {
                return (span.end <= block.span.end).then_some(block);
            }
            at = block.span.end.max(next);
            continue;
        }
        if line.start <= span.start && span.start < next {
            return on_line(text, &line, body, span);
        }
        // A quoted scalar may go on over lines.
        at = quoted_end(text, &body).filter(|end| *end > line.end).unwrap_or(next);
        if at > span.start {
            return on_line(text, &(line.start..at), body, span);
        }
    }
    None
}

/// A line's key and where its value begins.
struct Entry {
    key: Option<Range<usize>>,
    value: usize,
    /// How far the key is from the margin.
    indent: usize,
}

/// Reads `- key: value`.
fn entry(text: &[u8], line: &Range<usize>) -> Entry {
    let mut at = line.start;
    let blank = |at: usize| at < line.end && matches!(text[at], b' ' | b'\t');
    loop {
        while blank(at) {
            at += 1;
        }
        if at < line.end && text[at] == b'-' && (at + 1 == line.end || blank(at + 1)) {
            at += 1;
        } else {
            break;
        }
    }
    let indent = at - line.start;
    let Some((key, mut value)) = key(text, at, line.end) else {
        return Entry { key: None, value: at, indent };
    };
    while blank(value) {
        value += 1;
    }
    Entry { key: Some(key), value, indent }
}

/// The key that begins at `at`, and where the text behind its colon begins.
fn key(text: &[u8], at: usize, end: usize) -> Option<(Range<usize>, usize)> {
    let first = *text[..end].get(at)?;
    if first == b'#' {
        return None;
    }
    if matches!(first, b'"' | b'\'') {
        let close = at + 1 + memchr::memchr(first, &text[at + 1..end])?;
        let colon = close + 1;
        let ends = text[..end].get(colon) == Some(&b':');
        return ends.then_some((at + 1..close, colon + 1));
    }
    if matches!(first, b'{' | b'[') {
        return None;
    }
    let colon = (at..end).find(|colon| {
        text[*colon] == b':' && (colon + 1 == end || matches!(text[colon + 1], b' ' | b'\t'))
    })?;
    Some((at..colon, colon + 1))
}

/// The block that a line begins, if it does.
fn block(text: &[u8], line: &Range<usize>, entry: &Entry) -> Option<Scalar> {
    let value = &text[entry.value.min(line.end)..line.end];
    // A tag or an anchor may come first.
    let words = value.split(|b| *b == b' ').filter(|word| !word.is_empty());
    let sign = words.clone().find(|word| !matches!(word[0], b'!' | b'&'))?;
    if !matches!(sign[0], b'|' | b'>') || !sign[1..].iter().all(|b| b"+-123456789".contains(b)) {
        return None;
    }
    let sign_at = entry.value + value.windows(sign.len()).position(|part| part == sign)?;
    let from = edit::whole_line_at(text, line.start).end;
    let (mut at, mut end) = (from, from);
    while at < text.len() {
        let line = edit::line_at(text, at);
        let next = edit::whole_line_at(text, at).end;
        let blanks = text[line.clone()].iter().take_while(|b| **b == b' ').count();
        let is_blank = blanks == line.len();
        if !is_blank && blanks <= parent(entry) {
            break;
        }
        if !is_blank {
            end = line.end;
        }
        at = next;
    }
    let style = Style::Block;
    Some(Scalar {
        span: sign_at..end.max(sign_at),
        content: from..end.max(from),
        style,
        key: entry.key.clone(),
        flow: false,
    })
}

/// The margin that a block's lines must be behind.
fn parent(entry: &Entry) -> usize {
    match entry.key {
        Some(_) => entry.indent,
        None => entry.indent.saturating_sub(2),
    }
}

/// Where a value that begins with a quote ends.
fn quoted_end(text: &[u8], entry: &Entry) -> Option<usize> {
    let quote = *text.get(entry.value).filter(|b| matches!(b, b'"' | b'\''))?;
    close(text, entry.value, quote).map(|close| close + 1)
}

/// The quote that closes the one at `at`.
fn close(text: &[u8], at: usize, quote: u8) -> Option<usize> {
    let mut here = at + 1;
    while here < text.len() {
        match text[here] {
            b'\\' if quote == b'"' => here += 1,
            byte if byte == quote => {
                if quote == b'\'' && text.get(here + 1) == Some(&quote) {
                    here += 1;
                } else {
                    return Some(here);
                }
            }
            _ => {}
        }
        here += 1;
    }
    None
}

/// The scalar of a line, or of the flow on it, that holds `span`.
fn on_line(text: &[u8], line: &Range<usize>, entry: Entry, span: &Range<usize>) -> Option<Scalar> {
    let (mut at, mut key_now, mut flow) = (entry.value, entry.key, 0_usize);
    while at < line.end {
        match text[at] {
            b'"' | b'\'' => {
                let end = close(text, at, text[at])?;
                let style = if text[at] == b'"' { Style::Double } else { Style::Single };
                if flow > 0 && text.get(end + 1) == Some(&b':') {
                    key_now = Some(at + 1..end);
                    at = end + 2;
                    continue;
                }
                if at < span.start && span.end <= end {
                    return Some(Scalar {
                        span: at..end + 1,
                        content: at + 1..end,
                        style,
                        key: key_now,
                        flow: flow > 0,
                    });
                }
                at = end + 1;
            }
            b'{' | b'[' => {
                flow += 1;
                at += 1;
            }
            b'}' | b']' if flow > 0 => {
                flow -= 1;
                at += 1;
            }
            b' ' | b'\t' | b'\r' | b'\n' | b',' => at += 1,
            b'#' => return None,
            b'&' | b'!' if flow == 0 => {
                at += text[at..line.end].iter().take_while(|b| !b.is_ascii_whitespace()).count();
            }
            _ => {
                let end = plain_end(text, at, line.end, flow > 0);
                if flow > 0 && text.get(end) == Some(&b':') {
                    key_now = Some(at..end);
                    at = end + 1;
                    continue;
                }
                if at <= span.start && span.end <= end {
                    let content = at..end;
                    return Some(Scalar {
                        span: content.clone(),
                        content,
                        style: Style::Plain,
                        key: key_now,
                        flow: flow > 0,
                    });
                }
                at = end.max(at + 1);
            }
        }
    }
    None
}

/// Where a scalar without quotes ends.
fn plain_end(text: &[u8], at: usize, line_end: usize, flow: bool) -> usize {
    let mut end = at;
    while end < line_end && text[end] != b'\n' {
        let comment = text[end] == b'#' && end > at && matches!(text[end - 1], b' ' | b'\t');
        let colon = text[end] == b':' && matches!(text.get(end + 1), Some(b' ' | b'\t'));
        if comment || flow && (matches!(text[end], b',' | b'}' | b']') || colon) {
            break;
        }
        end += 1;
    }
    while end > at && text[end - 1].is_ascii_whitespace() {
        end -= 1;
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scalar_around_a_place_is_told() {
        let text = "\
a: one
b: 'two''s'  # 'no'
\"c\": \"th\\\"ree\"
list:
  - four
  - name: five
    value: >-
      six
      seven
    other: {x: eight, \"y\": 'nine'}
url: http://ten:11@h/#x
last: |
  twelve
# thirteen
z: !!str fourteen";
        for (word, style, content, key, flow) in [
            ("one", Style::Plain, "one", Some("a"), false),
            ("two", Style::Single, "two''s", Some("b"), false),
            ("ree", Style::Double, "th\\\"ree", Some("c"), false),
            ("four", Style::Plain, "four", None, false),
            ("five", Style::Plain, "five", Some("name"), false),
            ("seven", Style::Block, "      six\n      seven", Some("value"), false),
            ("eight", Style::Plain, "eight", Some("x"), true),
            ("nine", Style::Single, "nine", Some("y"), true),
            ("11", Style::Plain, "http://ten:11@h/#x", Some("url"), false),
            ("twelve", Style::Block, "  twelve", Some("last"), false),
            ("fourteen", Style::Plain, "fourteen", Some("z"), false),
        ] {
            let at = text.find(word).unwrap();
            let scalar = scalar_at(text.as_bytes(), &(at..at + word.len())).expect(word);
            assert_eq!(scalar.style, style, "{word}");
            assert_eq!(&text[scalar.content.clone()], content, "{word}");
            assert_eq!(scalar.key.map(|key| &text[key]), key, "{word}");
            assert_eq!(scalar.flow, flow, "{word}");
        }
        let at = text.find("thirteen").unwrap();
        assert_eq!(scalar_at(text.as_bytes(), &(at..at + 8)), None);
    }
}
