//! Shell scripts: `"${NAME:?}"` in the quotes that are there.

use super::code::named;
use super::{Change, File, Rewriter, Rewritten};
use crate::fix::edit::Edit;
use crate::fix::lookup::{Lookup, Wanted};
use bstr::ByteSlice;
use std::ops::Range;

/// Scripts of POSIX shells.
pub struct Shell;

/// What a place of a script is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Context {
    /// In a command.
    Command,
    /// In `'…'`, whose first quote is there.
    Single(usize),
    /// In `$'…'`.
    Escaped,
    /// In `"…"`.
    Double,
    /// In `${…}`.
    Parameter,
    /// In a text of several lines in which variables are filled in.
    Heredoc,
    /// In one that stays as it is.
    Literal,
    /// In a comment.
    Comment,
}

impl Rewriter for Shell {
    fn rewrite(&self, file: &File) -> Vec<Rewritten> {
        let change = |secret| match edits(file, 0..file.text.len(), secret) {
            Ok(edits) => Rewritten::Changed(Change {
                secrets: vec![secret],
                edits,
                review: encoded(file, secret),
                ..Change::default()
            }),
            Err(why) => Rewritten::Left(secret, why.to_owned()),
        };
        (0..file.secrets.len()).map(change).collect()
    }
}

fn encoded(file: &File, secret: usize) -> Option<String> {
    let encoded = file.secrets[secret].encoded;
    encoded.then(|| "the variable holds what is written here, encoded as it is".to_owned())
}

/// What takes the place of a secret in `part` of a text, which is a script.
pub(super) fn edits(
    file: &File,
    part: Range<usize>,
    secret: usize,
) -> Result<Vec<Edit>, &'static str> {
    let span = file.secrets[secret].span.clone();
    let value = value(&file.wanted(secret));
    let ends = |mark: &[u8]| file.text[span.end..].starts_with(mark);
    let text = match context(file.text, part, span.start) {
        Context::Command => format!("\"{value}\""),
        Context::Double | Context::Heredoc => value,
        // The whole text in quotes needs others only.
        Context::Single(open) if open + 1 == span.start && ends(b"'") => {
            return Ok(vec![Edit::replace(open..span.end + 1, format!("\"{value}\""))]);
        }
        Context::Single(_) => format!("'\"{value}\"'"),
        Context::Escaped => format!("'\"{value}\"$'"),
        Context::Parameter => return Ok(parameter(file, &span, &value)),
        Context::Literal => {
            return Err("its heredoc fills in no variables: its first word is quoted");
        }
        Context::Comment => return Ok(named(file, secret, ("<", ">")).edits),
    };
    Ok(vec![Edit::replace(span, text)])
}

/// What gives the value.
fn value(wanted: &Wanted) -> String {
    match wanted.lookup {
        Lookup::Environment => format!("${{{}:?}}", wanted.variable()),
        Lookup::SecretsManager => format!(
            "$(aws secretsmanager get-secret-value --secret-id '{}' --query SecretString --output text)",
            wanted.stored()
        ),
        Lookup::ParameterStore => format!(
            "$(aws ssm get-parameter --name '{}' --with-decryption --query Parameter.Value --output text)",
            wanted.stored()
        ),
    }
}

/// What takes the place of a value in `${…}`, which is a default or a part of one.
fn parameter(file: &File, span: &Range<usize>, value: &str) -> Vec<Edit> {
    let set = without_default(file.text, span);
    vec![set.unwrap_or_else(|| Edit::replace(span.clone(), value))]
}

/// Of `${NAME:-secret}`, whose default is at `span`, what makes it fail where the variable is not set.
pub(super) fn without_default(text: &[u8], span: &Range<usize>) -> Option<Edit> {
    let default = default_of_parameter(text, span, &[b":-", b":=", b"-", b"="])?;
    Some(Edit::replace(default, ":?"))
}

/// Where the default of `${NAME…}` stands whose value is at `span`, from one of these signs to the brace.
pub(in crate::fix) fn default_of_parameter(
    text: &[u8],
    span: &Range<usize>,
    signs: &[&[u8]],
) -> Option<Range<usize>> {
    let quoted = |b: &u8| matches!(b, b'"' | b'\'');
    let quotes = text[..span.start].iter().rev().take_while(|b| quoted(b)).count();
    let before = &text[..span.start - quotes];
    let operator = signs.iter().find(|sign| before.ends_with(sign))?;
    let name = &before[..before.len() - operator.len()];
    let of_name = |b: &&u8| b.is_ascii_alphanumeric() || b"_.-".contains(b);
    let length = name.iter().rev().take_while(of_name).count();
    let opened = length > 0 && name[..name.len() - length].ends_with(b"${");
    let end = span.end + text[span.end..].iter().take_while(|b| quoted(b)).count();
    (opened && text.get(end) == Some(&b'}')).then_some(name.len()..end)
}

/// What is open while a script is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    /// `(` or `$(`.
    Command,
    /// `"`.
    Double,
    /// `${`.
    Parameter,
}

/// A text of several lines that begins on the next one.
struct Heredoc {
    word: Vec<u8>,
    tabs: bool,
    literal: bool,
}

/// Reads a script up to a place, and tells what that is in.
fn context(text: &[u8], part: Range<usize>, place: usize) -> Context {
    let (mut at, mut open, mut due) = (part.start, Vec::new(), Vec::new());
    while at < place {
        let double = open.last() == Some(&Open::Double);
        match text[at] {
            b'\\' => at += 1,
            b'\n' if !due.is_empty() && !double => {
                for heredoc in std::mem::take(&mut due) {
                    let end = heredoc_end(text, at + 1, part.end, &heredoc);
                    if place < end {
                        return if heredoc.literal { Context::Literal } else { Context::Heredoc };
                    }
                    at = end - 1;
                }
            }
            b'"' if double => drop(open.pop()),
            b'"' => open.push(Open::Double),
            b'\'' if !double => {
                let escaped = at > part.start && text[at - 1] == b'$';
                let close = single_end(text, at, part.end, escaped);
                if place <= close {
                    return if escaped { Context::Escaped } else { Context::Single(at) };
                }
                at = close;
            }
            b'$' if text.get(at + 1) == Some(&b'(') => {
                open.push(Open::Command);
                at += 1;
            }
            b'$' if text.get(at + 1) == Some(&b'{') => {
                open.push(Open::Parameter);
                at += 1;
            }
            b'}' if open.last() == Some(&Open::Parameter) => drop(open.pop()),
            b'(' if !double => open.push(Open::Command),
            b')' if open.last() == Some(&Open::Command) => drop(open.pop()),
            b'#' if !double && begins_word(text, at, part.start) && !in_parameter(&open) => {
                let end =
                    memchr::memchr(b'\n', &text[at..part.end]).map_or(part.end, |end| at + end);
                if place < end {
                    return Context::Comment;
                }
                at = end - 1;
            }
            b'<' if !double && text[at..].starts_with(b"<<") && !text[at..].starts_with(b"<<<") => {
                if let Some(heredoc) = heredoc(&text[at + 2..part.end]) {
                    due.push(heredoc);
                }
                at += 1;
            }
            _ => {}
        }
        at += 1;
    }
    match open.last() {
        Some(Open::Double) => Context::Double,
        Some(Open::Parameter) => Context::Parameter,
        Some(Open::Command) | None => Context::Command,
    }
}

fn in_parameter(open: &[Open]) -> bool {
    open.last() == Some(&Open::Parameter)
}

fn begins_word(text: &[u8], at: usize, start: usize) -> bool {
    at == start || matches!(text[at - 1], b' ' | b'\t' | b'\n' | b';' | b'(' | b'&' | b'|')
}

/// The quote that closes the one at `at`.
fn single_end(text: &[u8], at: usize, end: usize, escaped: bool) -> usize {
    let mut here = at + 1;
    while here < end && text[here] != b'\'' {
        here += if escaped && text[here] == b'\\' { 2 } else { 1 };
    }
    here.min(end)
}

/// The heredoc that `rest` names, behind its sign.
fn heredoc(rest: &[u8]) -> Option<Heredoc> {
    let tabs = rest.first() == Some(&b'-');
    let rest = if tabs { &rest[1..] } else { rest };
    let rest = rest.trim_start_with(|c| c == ' ' || c == '\t');
    let quote = rest.first().filter(|b| matches!(b, b'\'' | b'"' | b'\\'));
    let named = if quote.is_some() { &rest[1..] } else { rest };
    let of_word = |b: &&u8| b.is_ascii_alphanumeric() || b"_-.".contains(b);
    let length = named.iter().take_while(of_word).count();
    let begins = named.first().is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_');
    begins.then(|| Heredoc { word: named[..length].to_vec(), tabs, literal: quote.is_some() })
}

/// Where the text of a heredoc ends: at the line that is its word.
fn heredoc_end(text: &[u8], from: usize, end: usize, heredoc: &Heredoc) -> usize {
    let mut at = from;
    while at < end {
        let length = memchr::memchr(b'\n', &text[at..end]);
        let line = &text[at..length.map_or(end, |length| at + length)];
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let line = if heredoc.tabs { line.trim_start_with(|c| c == '\t') } else { line };
        if line == heredoc.word {
            return at;
        }
        match length {
            Some(length) => at += length + 1,
            None => return end,
        }
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_context_of_a_place_is_told() {
        for (text, context) in [
            ("a=@", Context::Command),
            ("a=\"x @\"", Context::Double),
            ("a='x @'", Context::Single(2)),
            ("a='x' b=@", Context::Command),
            ("a=$'x\\' @'", Context::Escaped),
            ("a=\"$(f \"b\" @)\"", Context::Command),
            ("a=\"it's @\"", Context::Double),
            ("a=${B:-@}", Context::Parameter),
            ("# don't @", Context::Comment),
            ("a=x#y @", Context::Command),
            ("cat <<E | f 'g'\n it's @\nE", Context::Heredoc),
            ("cat <<-'E'\n @\n\tE", Context::Literal),
            ("cat <<E\n it's\nE\na=\"@\"", Context::Double),
            ("f <<< 'x' @", Context::Command),
            ("case $a in b) c=@;; esac", Context::Command),
        ] {
            let place = text.find('@').unwrap();
            assert_eq!(super::context(text.as_bytes(), 0..text.len(), place), context, "{text}");
        }
    }
}
