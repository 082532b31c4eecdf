//! Regexes as other engines write them, in the words of blurt's: Go's (<https://golang.org/s/re2syntax>)
//! and Vectorscan's (<https://intel.github.io/hyperscan/dev-reference/compilation.html#pattern-support>).
//! What has the same meaning in both stays as it is; what only looks otherwise is translated; what blurt's
//! engine (<https://docs.rs/regex/latest/regex/#syntax>) cannot say is named, with what to write instead.

use regex_automata::meta::Regex;
use regex_automata::util::syntax;
use regex_syntax::ast::{self, Ast};
use regex_syntax::hir::Hir;

/// Something in a pattern that cannot be taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Flaw {
    /// The byte of the pattern as written.
    pub(super) at: usize,
    /// What it is, and what to write instead.
    pub(super) message: String,
}

/// A pattern in the words of blurt's engine.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    pub(super) text: String,
    /// Its structure as written.
    pub(super) ast: Ast,
    /// Whether white space and comments in it mean nothing.
    pub(super) verbose: bool,
    /// Whether it begins with `^` or ends with `$`, which are the ends of a line to blurt, and of the whole
    /// text to others.
    pub(super) anchored: bool,
}

impl Pattern {
    /// Translates a pattern.
    pub(super) fn translate(text: &str) -> Result<Self, Flaw> {
        let anchored = is_anchored(text);
        let (text, origins) = Scanner::new(text).run()?;
        let verbose = is_verbose(&text);
        let ast = parse(&text)
            .map_err(|(at, message)| Flaw { at: origins.get(at).copied().unwrap_or(0), message })?;
        Ok(Self { text, ast, verbose, anchored })
    }
}

/// The structure of a pattern that is in blurt's words already, as blurt's engine reads it.
pub(super) fn hir(text: &str) -> Option<Hir> {
    let mut parser = regex_syntax::ParserBuilder::new();
    parser.unicode(false).utf8(false).multi_line(true).build().parse(text).ok()
}

/// The same, ready to be searched for.
pub(super) fn regex(text: &str) -> Option<Regex> {
    let syntax = syntax::Config::new().unicode(false).utf8(false).multi_line(true);
    Regex::builder().syntax(syntax).build(text).ok()
}

fn parse(text: &str) -> Result<Ast, (usize, String)> {
    let ast = ast::parse::ParserBuilder::new().build().parse(text);
    let ast = ast.map_err(|e| (e.span().start.offset, format!("not a regex: {}", e.kind())))?;
    let mut translator = regex_syntax::hir::translate::TranslatorBuilder::new();
    let translator = translator.unicode(false).utf8(false).multi_line(true);
    translator.build().translate(text, &ast).map_err(|e| {
        let message = match e.kind() {
            regex_syntax::hir::ErrorKind::UnicodeNotAllowed
            | regex_syntax::hir::ErrorKind::UnicodePropertyNotFound => {
                "classes of Unicode (`\\p{…}`, letters with accents in `[…]`) do not exist, as secrets \
                 are ASCII: write the ASCII characters that are meant, such as [A-Za-z]"
                    .to_owned()
            }
            kind => format!("not a regex: {kind}"),
        };
        (e.span().start.offset, message)
    })?;
    Ok(ast)
}

/// Whether a pattern begins with a flag by which white space means nothing.
fn is_verbose(text: &str) -> bool {
    let mut rest = text;
    while let Some((flags, after)) = rest.strip_prefix("(?").and_then(|rest| rest.split_once(')')) {
        if !flags.chars().all(|c| c.is_ascii_alphabetic() || c == '-') {
            return false;
        }
        if flags.split('-').next().is_some_and(|on| on.contains('x')) {
            return true;
        }
        rest = after.trim_start();
    }
    false
}

/// Whether a pattern is for the beginning or the end of a text, and not of a line.
fn is_anchored(text: &str) -> bool {
    let mut rest = text;
    while let Some((flags, after)) = rest.strip_prefix("(?").and_then(|rest| rest.split_once(')')) {
        if !flags.chars().all(|c| c.is_ascii_alphabetic() || c == '-') || flags.contains('m') {
            break;
        }
        rest = after;
    }
    let has_end = rest.ends_with('$') && !rest.ends_with(r"\$");
    !text.contains("(?m") && (rest.starts_with('^') || has_end)
}

/// Walks through a pattern and writes it anew.
struct Scanner<'a> {
    text: &'a str,
    at: usize,
    out: String,
    /// For each byte that was written, the byte that it comes from.
    origins: Vec<usize>,
    verbose: bool,
    /// Whether it stands between `[` and `]`.
    in_class: bool,
}

impl<'a> Scanner<'a> {
    fn new(text: &'a str) -> Self {
        let verbose = is_verbose(text);
        Self { text, at: 0, out: String::new(), origins: Vec::new(), verbose, in_class: false }
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// Writes `new` for the next `length` bytes.
    fn put(&mut self, length: usize, new: &str) {
        self.out.push_str(new);
        self.origins.resize(self.out.len(), self.at);
        self.at += length;
    }

    fn copy(&mut self, length: usize) {
        let copied = &self.text[self.at..self.at + length];
        self.put(length, copied);
    }

    fn flaw<T>(&self, message: impl Into<String>) -> Result<T, Flaw> {
        Err(Flaw { at: self.at, message: message.into() })
    }

    fn run(mut self) -> Result<(String, Vec<usize>), Flaw> {
        while let Some(next) = self.rest().chars().next() {
            match next {
                '\\' => self.escape()?,
                _ if self.in_class => self.in_class(next),
                '[' => self.class_start(),
                '(' => self.group()?,
                '#' if self.verbose => {
                    let line = self.rest().find('\n').unwrap_or(self.rest().len());
                    self.copy(line);
                }
                '{' if repetition(self.rest()).is_none() => self.put(1, r"\{"),
                '*' | '+' | '?' | '{' => self.repetition()?,
                _ => self.copy(next.len_utf8()),
            }
        }
        self.origins.push(self.at);
        Ok((self.out, self.origins))
    }

    /// `[`, `[^`, and a `]` behind it, which is one of the class.
    fn class_start(&mut self) {
        self.in_class = true;
        let negated = usize::from(self.rest()[1..].starts_with('^'));
        self.copy(1 + negated);
        if self.rest().starts_with(']') {
            self.put(1, r"\]");
        }
    }

    /// In a class, `[`, `&&`, `--` and `~~` mean something to blurt's engine alone.
    fn in_class(&mut self, next: char) {
        let rest = self.rest();
        match next {
            ']' => {
                self.in_class = false;
                self.copy(1);
            }
            '[' => match rest.strip_prefix("[:").and_then(|rest| rest.find(":]")) {
                Some(length) => self.copy(length + 4),
                None => self.put(1, r"\["),
            },
            '&' | '~' => self.put(1, &format!("\\{next}")),
            '-' if self.out.ends_with('-') && !self.out.ends_with(r"\-") => self.put(1, r"\-"),
            '-' if behind_class(&self.out) && !rest.starts_with("-]") => self.put(1, r"\-"),
            _ => self.copy(next.len_utf8()),
        }
    }

    fn repetition(&mut self) -> Result<(), Flaw> {
        let length = repetition(self.rest()).unwrap_or(1);
        let lazy = usize::from(self.rest()[length..].starts_with('?'));
        if self.rest()[length..].starts_with('+') {
            return self.flaw(
                "a repetition that gives nothing back (`++`, `*+`) does not exist: write it without \
                 the second `+`",
            );
        }
        self.copy(length + lazy);
        Ok(())
    }

    fn group(&mut self) -> Result<(), Flaw> {
        let rest = self.rest();
        let Some(kind) = rest.strip_prefix("(?") else {
            self.copy(1);
            return Ok(());
        };
        if kind.starts_with('#') {
            let Some(length) = rest.find(')') else {
                return self.flaw("a comment without its end");
            };
            self.put(length + 1, "");
            return Ok(());
        }
        let around = ["=", "!", "<=", "<!"];
        if let Some(look) = around.iter().find(|look| kind.starts_with(**look)) {
            let instead = if look.starts_with('<') {
                "match what stands before, and put the secret in a group behind it"
            } else if look.ends_with('=') {
                "match what stands behind, and put the secret in a group before it"
            } else {
                "write the characters that may stand there as a class, as in (?:[^0-9A-Za-z]|$)"
            };
            return self.flaw(format!("looking around (`(?{look}`) does not exist: {instead}"));
        }
        if kind.starts_with('>') {
            return self
                .flaw("a group that gives nothing back (`(?>`) does not exist: write `(?:`");
        }
        if ["P=", "P>", "R", "&", "(", "|", "+"].iter().any(|it| kind.starts_with(it))
            || kind.starts_with(|c: char| c.is_ascii_digit())
        {
            return self.flaw(
                "a part that depends on another group does not exist: write it out, once for each case",
            );
        }
        self.copy(2);
        Ok(())
    }

    fn escape(&mut self) -> Result<(), Flaw> {
        let rest = self.rest();
        let Some(next) = rest[1..].chars().next() else { return self.flaw("a `\\` at the end") };
        match next {
            'Q' => {
                let end = rest.find(r"\E").unwrap_or(rest.len());
                let quoted = regex_syntax::escape(&rest[2..end]);
                self.put((end + 2).min(rest.len()), &quoted);
            }
            'E' => self.put(2, ""),
            'h' if self.in_class => self.put(2, r"\t "),
            'h' => self.put(2, r"[\t ]"),
            'H' if !self.in_class => self.put(2, r"[^\t ]"),
            'R' if !self.in_class => self.put(2, r"(?:\r\n|[\n\x0b\f\r])"),
            'N' if !self.in_class => self.put(2, r"[^\n]"),
            'e' => self.put(2, r"\x1b"),
            'C' if !self.in_class => self.put(2, r"[\x00-\xff]"),
            // A word's beginning and end to blurt's engine, plain characters to others.
            '<' | '>' => self.put(2, &rest[1..2]),
            'Z' => {
                return self.flaw(r"`\Z` does not exist: write `\z`, or `$` for the end of a line");
            }
            'G' | 'K' | 'X' => {
                return self
                    .flaw(format!("`\\{next}` does not exist: put what is the secret in a group"));
            }
            'p' | 'P' => {
                return self.flaw(
                    "classes of Unicode (`\\p{…}`) do not exist, as secrets are ASCII: write the ASCII \
                     characters that are meant, such as [A-Za-z]",
                );
            }
            '0'..='7' => return self.octal(),
            '8' | '9' | 'k' | 'g' => return self.flaw(BACK_REFERENCE),
            _ => self.copy(1 + next.len_utf8()),
        }
        Ok(())
    }

    /// `\012` is a character, `\1` a group to Vectorscan and nothing to Go.
    fn octal(&mut self) -> Result<(), Flaw> {
        let rest = self.rest();
        let digits = rest[1..].bytes().take(3).take_while(|b| (b'0'..=b'7').contains(b)).count();
        if digits < 2 && !rest.starts_with(r"\0") {
            return self.flaw(BACK_REFERENCE);
        }
        let code = u16::from_str_radix(&rest[1..=digits], 8).unwrap_or_default();
        self.put(1 + digits, &format!("\\x{:02x}", code.min(0xff)));
        Ok(())
    }
}

const BACK_REFERENCE: &str =
    "a reference to an earlier group does not exist: write out what may stand there";

/// Bytes of the repetition that `text` begins with: `*`, `{2}`, `{2,}`, `{2,5}`.
fn repetition(text: &str) -> Option<usize> {
    let Some(counts) = text.strip_prefix('{') else { return Some(1) };
    let (counts, _) = counts.split_once('}')?;
    let (least, most) = counts.split_once(',').unwrap_or((counts, "0"));
    let number = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    (!least.is_empty() && number(least) && number(most)).then_some(counts.len() + 2)
}

/// Whether a class as it was written so far ends with a class of its own, such as `\w`.
fn behind_class(out: &str) -> bool {
    [r"\w", r"\d", r"\s", r"\W", r"\D", r"\S", ":]"].iter().any(|class| out.ends_with(class))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn translated(text: &str) -> String {
        Pattern::translate(text).unwrap_or_else(|e| panic!("{text}: {e:?}")).text
    }

    #[test]
    fn what_means_the_same_is_translated() {
        for (theirs, ours) in [
            (r"\Qa.b\E[0-9]", r"a\.b[0-9]"),
            (r"a\z", r"a\z"),
            (r"(?<name>a)\h+[\h]", r"(?<name>a)[\t ]+[\t ]"),
            (r"\<a\>", "<a>"),
            (r"[[a&&b~~c]", r"[\[a\&\&b\~\~c]"),
            (r"[+--]", r"[+-\-]"),
            (r"[\w-.]", r"[\w\-.]"),
            (r"[]a]", r"[\]a]"),
            (r"[[:alpha:]_]", "[[:alpha:]_]"),
            (r"${A}", r"$\{A}"),
            (r"\{\{a{2,3}", r"\{\{a{2,3}"),
            (r"a{,3}", r"a\{,3}"),
            (r"\012\0", r"\x0a\x00"),
            (r"a(?#comment)b", "ab"),
            ("(?x) a # (?= no\n b", "(?x) a # (?= no\n b"),
        ] {
            assert_eq!(translated(theirs), ours, "{theirs}");
        }
    }

    #[test]
    fn what_cannot_be_said_is_named_with_its_place() {
        for (text, at, word) in [
            ("ab(?=c)", 2, "looking around"),
            ("ab(?<!c)d", 2, "looking around"),
            (r"(a)\1", 3, "earlier group"),
            ("a++", 1, "without the second"),
            ("ab(?>c)", 2, "(?:"),
            (r"x\p{L}", 1, "ASCII"),
            (r"x\Z", 1, r"\z"),
            ("ab(c", 2, "not a regex"),
            ("**/x", 0, "not a regex"),
        ] {
            let flaw = Pattern::translate(text).unwrap_err();
            assert_eq!(flaw.at, at, "{text}: {flaw:?}");
            assert!(flaw.message.contains(word), "{text}: {flaw:?}");
        }
    }

    #[test]
    fn the_ends_of_a_text_are_those_of_a_line() {
        let anchored = |text: &str| Pattern::translate(text).unwrap().anchored;
        assert!(anchored("^a") && anchored("(?i)^a") && anchored("a$"));
        assert!(!anchored("(?m)^a") && !anchored(r"a\$") && !anchored("a(b|$)"));
    }

    #[test]
    fn white_space_means_nothing_where_it_is_asked_for() {
        assert!(is_verbose("(?x) a") && is_verbose("(?i)(?xs)a") && is_verbose("(?ix-s)a"));
        assert!(!is_verbose("(?i)x") && !is_verbose("(?-x)a") && !is_verbose("(?:x)"));
    }
}
