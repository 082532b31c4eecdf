//! Names and content of scanned files are somebody else's text: what moves a terminal's cursor,
//! changes the order of characters or is invisible is escaped before it is shown.

use bstr::ByteSlice;
use std::borrow::Cow;

/// The text with control, bidirectional and zero-width characters escaped.
#[must_use]
pub fn sanitize(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let escape =
        |c: char| -> String { if c == '\t' { " ".into() } else { c.escape_unicode().to_string() } };
    let shown = |c: char| if is_unsafe(c) { escape(c) } else { c.to_string() };
    Cow::Owned(text.chars().map(shown).collect())
}

/// A text as a word of a shell, in quotes where it needs them.
pub(crate) fn shell_word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@%,=".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// The same for bytes; what is not UTF-8 is shown as U+FFFD.
#[must_use]
pub fn sanitize_bytes(bytes: &[u8]) -> Cow<'_, str> {
    match bytes.to_str() {
        Ok(text) => sanitize(text),
        Err(_) => Cow::Owned(sanitize(&bytes.to_str_lossy()).into_owned()),
    }
}

fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{00ad}'
                | '\u{061c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_deceives_a_terminal_is_escaped() {
        assert_eq!(sanitize("plain ünïcode 漢字"), "plain ünïcode 漢字");
        assert_eq!(sanitize("a\x1b[2Jb\tc"), "a\\u{1b}[2Jb c");
        assert_eq!(sanitize("a\u{202e}b\u{200b}"), "a\\u{202e}b\\u{200b}");
        assert_eq!(sanitize_bytes(b"a\xffb"), "a\u{fffd}b");
    }
}
