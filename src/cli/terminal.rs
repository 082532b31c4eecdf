//! Standard output and standard error, and whether they are terminals.

use crate::report::sanitize;
use bstr::ByteSlice;
use clap::ValueEnum;
use std::io::{IsTerminal, Write};

/// When to use colours or to show progress.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum When {
    /// On a terminal.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl When {
    /// The answer for standard output, which `NO_COLOR` and its like may change.
    pub(super) fn colour(self) -> bool {
        match self {
            Self::Auto => {
                anstream::AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never
            }
            Self::Always => true,
            Self::Never => false,
        }
    }

    /// The answer for standard error.
    pub(super) fn progress(self) -> bool {
        match self {
            Self::Auto => std::io::stderr().is_terminal(),
            Self::Always => true,
            Self::Never => false,
        }
    }
}

/// Whether standard output is read by a person.
pub(super) fn stdout_is_terminal() -> bool {
    std::io::stdout().is_terminal()
}

/// Writes a problem to standard error.
pub(super) fn complain(message: &str) {
    let lines: Vec<_> = message.lines().map(sanitize).collect();
    let mut text = format!("blurt: {}\n", lines.join("\n")).into_bytes();
    if is_log() {
        text = without_commands(&text);
    }
    // Nobody is left to tell that standard error is closed.
    let _ = std::io::stderr().write_all(&text);
}

/// Whether a CI service reads what is written, and takes some lines of it for commands.
pub(super) fn is_log() -> bool {
    ["GITHUB_ACTIONS", "TF_BUILD", "TEAMCITY_VERSION"]
        .iter()
        .any(|variable| std::env::var_os(variable).is_some())
}

/// The text with all that a CI service would take for a command broken up by a space: a scanned file
/// may hold such lines. GitHub reads `::name::` behind spaces at the beginning of a line, and `##[name]`
/// anywhere in it (<https://github.com/actions/runner>, `ActionCommand.cs`), Azure `##vso[…]`,
/// `TeamCity` `##teamcity[…]`.
pub(super) fn without_commands(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for line in text.split_inclusive(|b| *b == b'\n') {
        let start = line.len() - line.trim_start_with(char::is_whitespace).len();
        let is_command = line[start..].starts_with(b"::");
        let line = if is_command {
            [&line[..start], b": :", &line[start + 2..]].concat()
        } else {
            line.to_vec()
        };
        // Of three in a row the first two are parted first.
        out.extend(line.replace("##", "# #").replace("##", "# #"));
    }
    out
}

/// The same for JSON, which stays what it is: there `#` stands in strings only.
pub(super) fn json_without_commands(json: &[u8]) -> Vec<u8> {
    json.replace("##", r"#\u0023")
}

/// The same for HTML and XML, which mean what they meant: their scripts and styles have no such line.
pub(super) fn markup_without_commands(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for line in text.split_inclusive(|b| *b == b'\n') {
        let start = line.len() - line.trim_start_with(char::is_whitespace).len();
        let is_command = line[start..].starts_with(b"::");
        let (blank, rest) = line.split_at(start);
        out.extend(blank);
        out.extend(if is_command { &b"&#58;"[..] } else { b"" });
        out.extend(rest[usize::from(is_command)..].replace("##", "#&#35;"));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_a_file_is_no_command() {
        let text = "a.py\n    ::stop-commands::x\n::error::y\n a::b ##[add-path]z ##vso[x]\n###[\n\u{a0}::x".as_bytes();
        let safe =
            "a.py\n    : :stop-commands::x\n: :error::y\n a::b # #[add-path]z # #vso[x]\n# # #[\n\u{a0}: :x".as_bytes();
        assert_eq!(without_commands(text).as_bstr(), safe.as_bstr());
    }

    #[test]
    fn markup_stays_what_it_is() {
        let text = "<a b=\"##[error]a###b\">\n  ::error::y\n::x</a>";
        let safe = markup_without_commands(text.as_bytes());
        let safe = std::str::from_utf8(&safe).unwrap();
        assert!(!safe.contains("##") && safe.lines().all(|line| !line.trim().starts_with("::")));
        let [meant, kept] = [text, safe].map(|text| {
            let document = roxmltree::Document::parse(text).unwrap();
            let element = document.root_element();
            [element.attribute("b").unwrap().to_owned(), element.text().unwrap().to_owned()]
        });
        assert_eq!(meant, kept);
    }

    #[test]
    fn json_stays_what_it_is() {
        let value = serde_json::json!({ "path": "##[error]a###b##vso[x]" });
        let text = json_without_commands(value.to_string().as_bytes());
        assert!(!text.contains_str("##"));
        assert_eq!(serde_json::from_slice::<serde_json::Value>(&text).ok(), Some(value));
    }
}
