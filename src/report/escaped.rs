//! Text in HTML and XML. What comes from a scanned tree must not become markup.

use super::sanitize;
use std::fmt::{self, Display};

/// Text in which nothing is markup, between tags or in an attribute with quotes. It is one line.
pub(crate) struct Escaped<'a>(pub(crate) &'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = sanitize(self.0);
        let mut plain = 0;
        for (at, c) in text.char_indices() {
            let entity = match c {
                '<' => "&lt;",
                '>' => "&gt;",
                '&' => "&amp;",
                '"' => "&quot;",
                '\'' => "&#39;",
                // What XML 1.0 has no way to write: <https://www.w3.org/TR/xml/#charsets>.
                '\u{fffe}' | '\u{ffff}' => "\u{fffd}",
                _ => continue,
            };
            f.write_str(&text[plain..at])?;
            f.write_str(entity)?;
            plain = at + c.len_utf8();
        }
        f.write_str(&text[plain..])
    }
}

/// The same of several lines.
pub(crate) struct EscapedLines<'a>(pub(crate) &'a str);

impl Display for EscapedLines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, line) in self.0.split('\n').enumerate() {
            let end = if n == 0 { "" } else { "\n" };
            write!(f, "{end}{}", Escaped(line))?;
        }
        Ok(())
    }
}

/// A sentence of our own in HTML: the pages that it names are links, and what stands between backticks
/// is code.
pub(crate) struct Linked<'a>(pub(crate) &'a str);

impl Display for Linked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<&str> = self.0.split('`').collect();
        if parts.len() > 1 && parts.len() % 2 == 1 {
            for (n, part) in parts.iter().enumerate() {
                match n % 2 {
                    0 => write!(f, "{}", Linked(part))?,
                    _ => write!(f, "<code>{}</code>", Escaped(part))?,
                }
            }
            return Ok(());
        }
        let mut rest = self.0;
        while let Some(at) = rest.find("https://") {
            let of_address = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#=&%+@".contains(c);
            let end = rest[at..].find(|c| !of_address(c)).map_or(rest.len(), |end| at + end);
            let address = rest[at..end].trim_end_matches(['.', ':', '?']);
            write!(
                f,
                "{}<a href=\"{1}\" rel=\"noreferrer\">{1}</a>",
                Escaped(&rest[..at]),
                Escaped(address)
            )?;
            rest = &rest[at + address.len()..];
        }
        write!(f, "{}", Escaped(rest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_no_markup() {
        let hostile = "</b><a href=\"x\" on='y'>&amp;\u{202e}\u{0}\n\u{ffff}";
        let shown = "&lt;/b&gt;&lt;a href=&quot;x&quot; on=&#39;y&#39;&gt;&amp;amp;\\u{202e}\\u{0}\\u{a}\u{fffd}";
        assert_eq!(Escaped(hostile).to_string(), shown);
        assert_eq!(Escaped("données 漢字").to_string(), "données 漢字");
        assert_eq!(EscapedLines("a<\n\u{7}").to_string(), "a&lt;\n\\u{7}");
    }

    #[test]
    fn pages_are_links_and_backticks_are_code() {
        let step = "Run `a <b>` (https://x.example/?a=1&b=2).";
        let shown = "Run <code>a &lt;b&gt;</code> (<a href=\"https://x.example/?a=1&amp;b=2\" rel=\"noreferrer\">https://x.example/?a=1&amp;b=2</a>).";
        assert_eq!(Linked(step).to_string(), shown);
    }
}
