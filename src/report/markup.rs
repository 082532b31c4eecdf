//! Text in Markdown, as GitHub and GitLab read it. What comes from a scanned tree must not become
//! markup, and must not call on people, issues or web sites.
//!
//! - Tables, code and what is linked by itself: <https://github.github.com/gfm/>
//! - What names people, issues and commits:
//!   <https://docs.github.com/en/get-started/writing-on-github/getting-started-with-writing-and-formatting-on-github/basic-writing-and-formatting-syntax>
//!   and <https://docs.gitlab.com/user/markdown/#gitlab-specific-references>

use super::sanitize;

/// Text as code, in a paragraph, in a list or in a cell of a table: one line in which nothing is
/// markup or a reference.
pub(crate) fn code(text: &str) -> String {
    let shown = sanitize(text);
    // A cell ends at a bar even in code, and whether a backslash prevents that depends on who reads.
    let is_plain =
        !shown.is_empty() && shown.trim() == shown && !shown.contains(['`', '|', '\\', '<']);
    if is_plain { format!("`{shown}`") } else { html_code(text) }
}

/// The same where HTML stands around it, so that a backtick is but a backtick.
pub(crate) fn html_code(text: &str) -> String {
    let mut out = "<code>".to_owned();
    for c in sanitize(text).chars() {
        if c.is_ascii_punctuation() { out += &entity(c) } else { out.push(c) }
    }
    out + "</code>"
}

/// Text as a part of a sentence, in Markdown or HTML: one line that reads as it was written.
pub(crate) fn prose(text: &str) -> String {
    let text = sanitize(text.trim());
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        let (before, after) = (&text[..at], &text[at + c.len_utf8()..]);
        if refers(before, c, after) {
            // References are looked for in what an entity stands for, too, but not in code.
            out += &format!("<code>{}</code>", entity(c));
        } else if is_markup(before, c, after) {
            out += &entity(c);
        } else {
            out.push(c);
        }
    }
    out
}

/// The same for a step, a text of our own: addresses of pages become links, and what stands between
/// backticks becomes code.
pub(crate) fn prose_with_links(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return linked(text);
    }
    let shown = parts.iter().enumerate().map(|(n, part)| match n % 2 {
        0 => spaced(part, linked),
        _ => code(part),
    });
    shown.collect()
}

/// A part of a sentence with the blanks around it.
fn spaced(part: &str, show: impl Fn(&str) -> String) -> String {
    let blank = |is: bool| if is { " " } else { "" };
    let (before, after) = (part.starts_with(' '), part.len() > 1 && part.ends_with(' '));
    format!("{}{}{}", blank(before), show(part), blank(after))
}

fn linked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("https://") {
        let of_address = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#=&%+@".contains(c);
        let address = &rest[at..];
        let end = address.find(|c| !of_address(c)).unwrap_or(address.len());
        let address = address[..end].trim_end_matches(['.', ':', '?']);
        let before = &rest[..at];
        let blank = if before.ends_with(' ') { " " } else { "" };
        out += &format!("{}{blank}<{address}>", prose(before));
        rest = &rest[at + address.len()..];
    }
    if out.is_empty() {
        return prose(rest);
    }
    let blank = if rest.starts_with(' ') { " " } else { "" };
    // What follows is in the middle of a sentence, so that nothing in it begins a list.
    out + blank + prose(&format!("x{rest}"))[1..].trim_start()
}

/// A command in a code block, every line behind `indent`.
pub(crate) fn block(command: &str, indent: &str) -> String {
    let fence = "`".repeat(longest_run(command).max(2) + 1);
    let lines = [format!("{fence}sh"), command.to_owned(), fence].join("\n");
    lines.lines().map(|line| format!("{indent}{line}")).collect::<Vec<_>>().join("\n")
}

/// The length of the longest run of backticks.
pub(crate) fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

fn entity(c: char) -> String {
    format!("&#{};", u32::from(c))
}

/// Whether `c` begins or joins a reference: `@user`, `#1`, `!1`, `~label`, `GH-1`, `https://…`.
fn refers(before: &str, c: char, after: &str) -> bool {
    match c {
        '@' | '#' | '!' | '~' | '%' | '&' | '$' | '^' | '*' => {
            after.starts_with(|next: char| next.is_alphanumeric() || next == '"' || next == '_')
        }
        ':' => after.starts_with('/'),
        '-' => ends_with(before, "gh") && after.starts_with(|next: char| next.is_ascii_digit()),
        _ => false,
    }
}

/// Whether a digit at the beginning, with what comes behind it, is that of an ordered list.
fn is_number_of_a_list(after: &str) -> bool {
    after.trim_start_matches(|c: char| c.is_ascii_digit()).starts_with(['.', ')'])
}

/// An underscore there is none of emphasis: `APP_KEY`.
fn is_inside_a_word(before: &str, after: &str) -> bool {
    before.ends_with(char::is_alphanumeric) && after.starts_with(char::is_alphanumeric)
}

fn is_markup(before: &str, c: char, after: &str) -> bool {
    match c {
        // `1.` and `-` make lists at the beginning, and only there.
        '0'..='9' => before.is_empty() && is_number_of_a_list(after),
        '-' | '+' | '=' => before.is_empty(),
        '_' => !is_inside_a_word(before, after),
        '.' => ends_with(before, "www"),
        ',' | ';' | ':' | '?' | '!' | '\'' | '(' | ')' | '/' | '%' | '@' => false,
        _ => c.is_ascii_punctuation(),
    }
}

fn ends_with(text: &str, end: &str) -> bool {
    text.len() >= end.len()
        && text.as_bytes()[text.len() - end.len()..].eq_ignore_ascii_case(end.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_names_stay_readable() {
        assert_eq!(code("deploy/staging.env:3"), "`deploy/staging.env:3`");
        assert_eq!(code("@a/#1 [b] *_x"), "`@a/#1 [b] *_x`");
        assert_eq!(html_code("a.b"), "<code>a&#46;b</code>");
        assert_eq!(
            prose("Delete it from src/a.py; it's 3-fold (50% or so)."),
            "Delete it from src/a.py; it's 3-fold (50% or so)."
        );
        assert_eq!(prose("ünïcode 漢字"), "ünïcode 漢字");
    }

    #[test]
    fn code_does_not_end_before_its_end() {
        for hostile in ["a`b", "a|b", "a\\|b", "`", "\\", "", " a", "a\nb", "a\u{202e}b", "</code>"]
        {
            let shown = code(hostile);
            let inner = shown.strip_prefix("<code>").and_then(|rest| rest.strip_suffix("</code>"));
            let inner = inner.or_else(|| shown.strip_prefix('`')?.strip_suffix('`')).unwrap();
            assert!(
                !inner.contains(['`', '|', '\\', '<', '\n', '\u{202e}']),
                "{hostile:?}: {shown}"
            );
        }
        assert_eq!(code("a|b"), "<code>a&#124;b</code>");
        assert_eq!(html_code("<b>&"), "<code>&#60;b&#62;&#38;</code>");
    }

    #[test]
    fn prose_is_no_markup() {
        let hostile = "# [a](http://b) <b> *c* `d` | _e_ \\ \"f\" {g}\n---";
        let shown = prose(hostile);
        for markup in ["[", "]", "<b", "*", "`", "|", " _", "_ ", "\\", "\n", "\"", "://"] {
            assert!(!shown.contains(markup), "{markup}: {shown}");
        }
        assert_eq!(prose("1. a"), "&#49;. a");
        assert_eq!(prose("1Password, 3 times"), "1Password, 3 times");
        assert_eq!(prose("- a"), "&#45; a");
        assert_eq!(prose("a_b & _c"), "a_b &#38; &#95;c");
    }

    #[test]
    fn prose_calls_on_nobody() {
        assert_eq!(prose("by <a@b.c>"), "by &#60;a<code>&#64;</code>b.c&#62;");
        assert_eq!(prose("x#12 y!3"), "x<code>&#35;</code>12 y<code>&#33;</code>3");
        assert_eq!(
            prose("~bug %\"v 1\""),
            "<code>&#126;</code>bug <code>&#37;</code>&#34;v 1&#34;"
        );
        assert_eq!(
            prose("$1 &2 ^a"),
            "<code>&#36;</code>1 <code>&#38;</code>2 <code>&#94;</code>a"
        );
        assert_eq!(prose("https://b.c"), "https<code>&#58;</code>//b.c");
        assert_eq!(prose("WWW.b.c"), "WWW&#46;b.c");
        assert_eq!(prose("gh-1, GH-2"), "gh<code>&#45;</code>1, GH<code>&#45;</code>2");
    }

    #[test]
    fn pages_that_a_step_names_are_links() {
        let step = "Revoke it in the Acme console, Settings > Keys (https://acme.example/a?b=1).";
        let shown =
            "Revoke it in the Acme console, Settings &#62; Keys (<https://acme.example/a?b=1>).";
        assert_eq!(prose_with_links(step), shown);
        assert_eq!(
            prose_with_links("See https://a.b/c and http://d"),
            "See <https://a.b/c> and http<code>&#58;</code>//d"
        );
        assert_eq!(prose_with_links("1. a"), "&#49;. a");
        assert_eq!(
            prose_with_links("Run `a | b` on `<x>`, as root."),
            "Run <code>a &#124; b</code> on <code>&#60;x&#62;</code>, as root."
        );
        assert_eq!(prose_with_links("Say `a`."), "Say `a`.");
        assert_eq!(prose_with_links("It's a ` only"), "It's a &#96; only");
    }

    #[test]
    fn a_block_holds_its_command() {
        assert_eq!(block("a\nb", "  "), "  ```sh\n  a\n  b\n  ```");
        assert_eq!(block("```", ""), "````sh\n```\n````");
    }
}
