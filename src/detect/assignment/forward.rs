//! What stands behind a name: operator, quotes, value.

use super::{
    Assignment, MAX_BLANKS, MAX_LINE, MAX_NAME, MAX_VALUE, is_blank, is_callee, is_quote, wraps,
};
use crate::kind::FileKind;
use std::ops::Range;

/// The signs of an assignment or a comparison, the longer ones first.
const SIGNS: [&[u8]; 15] = [
    b"===", b"!==", b"||=", b"??=", b"::=", b"=>", b":=", b"==", b"!=", b"+=", b"?=", b".=", b"->",
    b"=", b":",
];

/// What stands between a name and `=` in Go.
pub(super) const GO_TYPE: &[u8] = b"string";

/// How a name and its value are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    /// `=`, `:`, `=>`, `:=`, `==` …
    Assign,
    /// `<name>value`
    Element,
    /// `name("value")`, `"name", "value"`
    Argument,
    /// `--name value`, `name value` in a file of assignments
    Blank,
}

/// The assignment of what `scan` finds behind the name that it stands at.
pub(super) fn value_after(
    scan: &mut Forward,
    name: Range<usize>,
    kind: FileKind,
) -> Option<Assignment> {
    let bytes = scan.bytes;
    if is_part_of_address(bytes, &name) {
        return None;
    }
    let closers = scan.skip(6, |b| is_quote(b) || b == b'\\' || b == b']');
    // A quote behind the name closes one right before it, or the name is a part of a text.
    if closers > 0 && !name.start.checked_sub(1).is_some_and(|at| is_quote(bytes[at])) {
        return None;
    }
    let blanks = scan.skip(MAX_BLANKS, is_blank);
    let element = name.start > 0 && bytes[name.start - 1] == b'<';
    let operator = match scan.operator(kind, element, closers > 0) {
        Some(operator) => operator,
        None if blanks > 0 && closers == 0 && blank_assigns(bytes, &name, kind) => Operator::Blank,
        // SQL: `WITH PASSWORD '…'`.
        None if blanks > 0 && kind == FileKind::Code && scan.starts_with(b"'") => Operator::Blank,
        None => return None,
    };
    let assigned = operator == Operator::Assign && closers + blanks == 0;
    let inside = if assigned { Inside::of(bytes, &name) } else { None };
    scan.skip(MAX_BLANKS, is_blank);
    if closers == 0 && ends_string(bytes, &name, scan.at) {
        return None;
    }
    scan.skip_wrapping();
    let data = (operator == Operator::Element).then(|| scan.character_data()).flatten();
    if let Some(value) = data {
        return Some(Assignment { name, value, quoted: true, call: false });
    }
    if let Some(value) = scan.quoted() {
        // A shell runs what stands in backticks.
        if bytes[value.end] == b'`' && (kind.assigns_by_blank() || kind == FileKind::Yaml) {
            return None;
        }
        // `("name", "value", …)` are any three strings.
        let call = operator == Operator::Argument && closers == 0;
        let last = operator != Operator::Argument || call || closes_call(bytes, &value);
        return last.then_some(Assignment { name, value, quoted: true, call });
    }
    let bare = inside.is_some()
        || match operator {
            Operator::Assign => kind.has_bare_values(),
            Operator::Element | Operator::Blank => true,
            Operator::Argument => false,
        };
    let value = if bare { scan.bare(&name, kind, operator, inside)? } else { return None };
    if operator == Operator::Element {
        let behind = bytes[value.end..].iter().take(MAX_BLANKS);
        let blanks = behind.take_while(|b| b.is_ascii_whitespace()).count();
        if !bytes[value.end + blanks..].starts_with(b"</") {
            return None;
        }
    }
    if operator == Operator::Blank && b"-|><&+#=".contains(&bytes[value.start]) {
        return None;
    }
    if kind == FileKind::Text && scan.colon && inside.is_none() && is_prose(bytes, &value) {
        return None;
    }
    let quoted = inside.is_some() || operator == Operator::Element;
    Some(Assignment { name, value, quoted, call: false })
}

/// Whether a name is a part of `user:password@host:port`, `registry/image:tag` or `arn:aws:…:secret:name`,
/// which are no assignments.
fn is_part_of_address(bytes: &[u8], name: &Range<usize>) -> bool {
    let part = name.start.checked_sub(1).is_some_and(|at| b"/:".contains(&bytes[at]));
    let holds_host = bytes[name.clone()].iter().skip(1).any(|b| *b == b'@');
    holds_host || (part && bytes.get(name.end) == Some(&b':'))
}

/// Whether a text begins with `name=`.
fn is_pair(text: &[u8]) -> bool {
    let name = text.iter().take_while(|b| b.is_ascii_alphabetic()).count();
    name > 0 && text.get(name) == Some(&b'=')
}

/// Whether a word goes on to a sentence, as in `password: some words`.
fn is_prose(bytes: &[u8], value: &Range<usize>) -> bool {
    let next = bytes[value.end..].strip_prefix(b" ").and_then(<[u8]>::first);
    bytes[value.clone()].iter().all(u8::is_ascii_alphabetic)
        && next.is_some_and(u8::is_ascii_alphabetic)
}

/// Whether a blank behind this name assigns: behind a flag, and in files of assignments.
fn blank_assigns(bytes: &[u8], name: &Range<usize>, kind: FileKind) -> bool {
    let text = &bytes[name.clone()];
    if text.contains(&b'$') || text.starts_with(b"--ask") {
        return false;
    }
    let before = &bytes[name.start.saturating_sub(MAX_BLANKS)..name.start];
    if text.starts_with(b"-") {
        return before.last().is_none_or(u8::is_ascii_whitespace);
    }
    // `ENV NAME value`, or the first word of a line; `pass` alone is a verb, or a program.
    let at_start = before.len() < MAX_BLANKS || before.contains(&b'\n');
    let line = before.rsplit(|b| *b == b'\n').next().unwrap_or_default().trim_ascii();
    let first = line.is_empty() && at_start;
    let declared = [&b"ENV"[..], b"ARG", b"SET", b"set", b"export"].contains(&line);
    kind.assigns_by_blank() && (declared || (first && text != b"pass"))
}

/// Whether the quote at `at`, behind `name=`, ends the string that the name is in, as in
/// `"password=" + value`.
fn ends_string(bytes: &[u8], name: &Range<usize>, at: usize) -> bool {
    let Some(quote) = bytes.get(at).copied().filter(|b| is_quote(*b)) else { return false };
    // What follows the end of a string begins no value.
    if bytes.get(at + 1).is_some_and(|b| b")+,.;]}".contains(b)) {
        return true;
    }
    let line = line_before(bytes, name.start);
    // How many quotes a long line has is not known.
    if quote != b'"' || line.len() == MAX_LINE {
        return line.last() == Some(&quote);
    }
    memchr::memchr_iter(quote, line).count() % 2 == 1
}

/// Whether the call ends behind the quote of `value`.
fn closes_call(bytes: &[u8], value: &Range<usize>) -> bool {
    let behind = bytes.get(value.end + 1..).unwrap_or_default();
    behind.iter().take(MAX_BLANKS).find(|b| !is_blank(**b) && **b != b'"') == Some(&b')')
}

/// What stands on the same line before `at`, or the end of that.
fn line_before(bytes: &[u8], at: usize) -> &[u8] {
    let before = &bytes[at.saturating_sub(MAX_LINE)..at];
    memchr::memrchr(b'\n', before).map_or(before, |end| &before[end + 1..])
}

/// Where in a text the assignment stands that is a part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Inside {
    /// Of an address: `?user=…&token=…`
    Query,
    /// `Server=…;Password=…;`, blanks being part of the value.
    Pairs,
    /// `host=db user=app password=…`
    Words,
    /// At the beginning of a string: any of these may follow.
    Beginning,
    /// The text is this assignment alone: `"DB_PASSWORD=…"`.
    Alone,
}

impl Inside {
    /// Where the assignment to `name` stands, if it is a part of a text.
    fn of(bytes: &[u8], name: &Range<usize>) -> Option<Self> {
        let line = line_before(bytes, name.start);
        let open = memchr::memchr_iter(b'"', line).count() % 2 == 1;
        let adjacent = line.last().is_some_and(|b| *b == b';');
        match line.iter().rev().find(|b| !is_blank(**b))? {
            b'?' | b'&' => Some(Self::Query),
            b';' if open || adjacent => Some(Self::Pairs),
            b';' => Some(Self::Words),
            quote if is_quote(*quote) => {
                let of_variable =
                    |b: &u8| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_';
                let variable = bytes[name.clone()].iter().all(of_variable);
                Some(if variable { Self::Alone } else { Self::Beginning })
            }
            // `"host=db user=app password=…"` has blanks between its parts.
            _ => (open && line.contains(&b'=')).then_some(Self::Words),
        }
    }

    /// Whether the value ends at `byte`.
    fn ends(self, byte: u8) -> bool {
        match self {
            Self::Query | Self::Beginning => b";&".contains(&byte) || byte.is_ascii_whitespace(),
            Self::Words => byte == b';' || byte.is_ascii_whitespace(),
            Self::Pairs => byte == b';',
            Self::Alone => false,
        }
    }
}

/// The length of a word without what belongs to the sentence or the statement around it.
fn without_punctuation(word: &[u8], kind: FileKind) -> usize {
    let mut end = word.len();
    // The end of a line, written out in a string.
    while word[..end].ends_with(b"\\n") || word[..end].ends_with(b"\\r") {
        end -= 2;
    }
    while let Some(last) = word[..end].last() {
        let opening = match last {
            b')' => b'(',
            b']' => b'[',
            b'}' => b'{',
            b'>' => b'<',
            b' ' | b'\t' | b',' | b';' | b'\\' => 0,
            b'.' | b':' | b'\'' if kind == FileKind::Text => 0,
            _ => break,
        };
        let bracket = opening != 0;
        if bracket && (kind != FileKind::Text || word[..end].contains(&opening)) {
            break;
        }
        end -= 1;
    }
    end
}

pub(super) struct Forward<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
    /// The furthest byte that was looked at, if it is further than `at`.
    pub(super) seen: usize,
    /// Whether the operator was a colon.
    pub(super) colon: bool,
}

impl Forward<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn starts_with(&self, text: &[u8]) -> bool {
        self.bytes[self.at..].starts_with(text)
    }

    /// Skips at most `most` bytes for which `what` holds; how many there were.
    fn skip(&mut self, most: usize, what: impl Fn(u8) -> bool) -> usize {
        let rest = self.bytes[self.at..].iter().take(most);
        let count = rest.take_while(|b| what(**b)).count();
        self.at += count;
        count
    }

    /// Goes behind the operator.
    fn operator(&mut self, kind: FileKind, element: bool, closed: bool) -> Option<Operator> {
        if element {
            self.seen = self.seen.max(self.at + MAX_LINE);
            let tag = self.bytes[self.at..].iter().take(MAX_LINE);
            let end = tag.into_iter().position(|b| *b == b'>' || *b == b'\n')?;
            if self.bytes[self.at + end] == b'>' {
                self.at += end + 1;
                self.skip(MAX_BLANKS, |b| b.is_ascii_whitespace());
                return Some(Operator::Element);
            }
        }
        // `:::=` of some grammars and templates.
        self.skip(usize::from(self.starts_with(b":::=")), |b| b == b':');
        if self.starts_with(b"::") && !self.starts_with(b"::=") {
            return None;
        }
        self.skip_go_type();
        if kind == FileKind::Code {
            self.skip_accessors();
        }
        if let Some(sign) = SIGNS.into_iter().find(|sign| self.starts_with(sign)) {
            self.at += sign.len();
            self.colon = sign == b":";
            if sign == b":" && matches!(kind, FileKind::Code | FileKind::Text) {
                self.skip_type();
            }
            return Some(Operator::Assign);
        }
        match self.peek()? {
            b'(' => {}
            b',' if closed => {}
            _ => return None,
        }
        self.at += 1;
        Some(Operator::Argument)
    }

    /// `: str = "…"`, `: &'static str = "…"`: goes behind the `=`, if there is one.
    fn skip_type(&mut self) {
        let rest = &self.bytes[self.at..];
        let of_type = |b: u8| b.is_ascii_alphanumeric() || b" _<>[]&'?.:|".contains(&b);
        let length = rest.iter().take(MAX_BLANKS).take_while(|b| of_type(**b)).count();
        let quote_first = rest.iter().find(|b| !is_blank(**b)).is_some_and(|b| is_quote(*b));
        let value = rest.get(length + 1..).unwrap_or_default().iter().find(|b| !is_blank(**b));
        let assigned = rest.get(length) == Some(&b'=') && value.is_some_and(|b| *b != b'=');
        if assigned && !quote_first {
            self.at += length + 1;
        }
    }

    /// `name string = "…"`, as Go has it: goes to the `=`.
    fn skip_go_type(&mut self) {
        let rest = &self.bytes[self.at..];
        if self.bytes[..self.at].last().is_some_and(|b| is_blank(*b)) && rest.starts_with(GO_TYPE) {
            let blanks = rest[GO_TYPE.len()..].iter().take_while(|b| is_blank(**b)).count();
            if blanks > 0 && rest.get(GO_TYPE.len() + blanks) == Some(&b'=') {
                self.at += GO_TYPE.len() + blanks;
            }
        }
    }

    /// `Name { get; set; } = "…"`, as C# has it: goes to the `=`.
    fn skip_accessors(&mut self) {
        let rest = &self.bytes[self.at..(self.at + MAX_BLANKS).min(self.bytes.len())];
        let Some(end) =
            rest.strip_prefix(b"{").and_then(|body| body.iter().position(|b| *b == b'}'))
        else {
            return;
        };
        let (body, behind) = (&rest[1..=end], &rest[end + 2..]);
        let blanks = behind.iter().take_while(|b| is_blank(**b)).count();
        if memchr::memmem::find(body, b"get").is_some() && behind.get(blanks) == Some(&b'=') {
            self.at += end + 2 + blanks;
        }
    }

    /// The assignment of a default: `${NAME:-value}`.
    pub(super) fn parameter(&mut self, name: &Range<usize>) -> Option<Assignment> {
        if !self.bytes[..name.start].ends_with(b"${") {
            return None;
        }
        let value = self.default()?;
        Some(Assignment { name: name.clone(), value, quoted: true, call: false })
    }

    /// The value of `${NAME:-value}`, `${NAME:=value}` or, as Spring has it, `${NAME:value}`, up to its brace
    /// or the quote within that.
    fn default(&mut self) -> Option<Range<usize>> {
        let rest = &self.bytes[self.at..(self.at + MAX_VALUE).min(self.bytes.len())];
        let sign = [&b":-"[..], b":=", b":"].into_iter().find(|sign| rest.starts_with(sign))?;
        let text = &rest[sign.len()..];
        let end = text.iter().position(|b| b"}\n\0".contains(b))?;
        self.seen = self.seen.max(self.at + sign.len() + end);
        let quotes = text[..end].iter().take_while(|b| is_quote(**b)).count();
        let value = text[quotes..end].iter().take_while(|b| !is_quote(**b)).count();
        let start = self.at + sign.len() + quotes;
        // `${NAME:?message}`, `${NAME:+other}`, `${NAME:${OTHER}}`
        let other = text.first().is_some_and(|b| b"?+$".contains(b));
        (text[end] == b'}' && value > 0 && !other).then_some(start..start + value)
    }

    /// What may stand between operator and quote: `[`, `b"…"`, `r#"…"#`, `@"…"`, `Some("…")`.
    fn skip_wrapping(&mut self) {
        const PREFIXES: [&[u8]; 10] = [b"b", b"r#", b"r", b"f", b"u", b"L", b"@", b"$", b"N", b"E"];
        let rest = &self.bytes[self.at..];
        let rest = rest.strip_prefix(b"new ").unwrap_or(rest);
        let callee = rest.iter().take(MAX_NAME).take_while(|b| is_callee(**b)).count();
        let mut inner = &rest[callee..];
        if let Some(argument) = inner.strip_prefix(b"(").filter(|_| wraps(&rest[..callee])) {
            inner = argument;
        } else {
            inner = rest.strip_prefix(b"[").unwrap_or(&self.bytes[self.at..]);
        }
        inner = &inner[inner.iter().take(MAX_BLANKS).take_while(|b| is_blank(**b)).count()..];
        let prefix = PREFIXES.into_iter().find(|prefix| {
            inner.starts_with(prefix) && inner.get(prefix.len()).is_some_and(|b| is_quote(*b))
        });
        inner = &inner[prefix.map_or(0, <[u8]>::len)..];
        let begin = self.bytes.len() - inner.len();
        self.seen = self.seen.max(begin);
        let escaped = inner.first() == Some(&b'\\');
        if inner.get(usize::from(escaped)).is_some_and(|b| is_quote(*b)) {
            self.at = begin;
        }
    }

    /// The text of `<![CDATA[…]]>`, if it begins here and ends on the same line.
    fn character_data(&mut self) -> Option<Range<usize>> {
        const OPEN: &[u8] = b"<![CDATA[";
        let text = self.bytes[self.at..].strip_prefix(OPEN)?;
        let text = &text[..text.len().min(MAX_VALUE)];
        let end = memchr::memmem::find(text, b"]]>")?;
        let start = self.at + OPEN.len();
        self.seen = self.seen.max(start + end);
        (end > 0 && !text[..end].contains(&b'\n')).then_some(start..start + end)
    }

    /// The text between quotes that begin here, on one line.
    fn quoted(&mut self) -> Option<Range<usize>> {
        let escaped = self.starts_with(br#"\""#) || self.starts_with(br"\'");
        let open = self.at + usize::from(escaped);
        let quote = *self.bytes.get(open).filter(|b| is_quote(**b))?;
        let start = open + 1;
        let text = &self.bytes[start..(start + MAX_VALUE).min(self.bytes.len())];
        let mut at = 0;
        while at < text.len() {
            self.seen = self.seen.max(start + at + 1);
            match text[at] {
                b'\n' | 0 => return None,
                b'\\' if escaped && text.get(at + 1) == Some(&quote) => break,
                b'\\' => at += 1,
                b if b == quote => break,
                _ => {}
            }
            at += 1;
        }
        (0 < at && at < text.len()).then_some(start..start + at)
    }

    /// The unquoted value that begins here.
    fn bare(
        &mut self,
        name: &Range<usize>,
        kind: FileKind,
        operator: Operator,
        inside: Option<Inside>,
    ) -> Option<Range<usize>> {
        let text = &self.bytes[self.at..(self.at + MAX_VALUE).min(self.bytes.len())];
        let line = line_before(self.bytes, name.start);
        let in_double_quotes = memchr::memchr_iter(b'"', line).count() % 2 == 1;
        let closing = |b: u8| if in_double_quotes { b == b'"' } else { is_quote(b) };
        let whole = operator == Operator::Assign && self.has_line(line, kind);
        let in_flow = line.contains(&b'{');
        let mut open = false;
        let mut ends = |b: u8| match (operator, inside) {
            _ if b == b'\n' || b == 0 || b == b'\r' => true,
            (Operator::Element, _) => b == b'<',
            (_, Some(inside)) => {
                let closed = b == b')' && !open && inside != Inside::Alone;
                open |= b == b'(';
                closed || closing(b) || inside.ends(b)
            }
            _ if whole => in_flow && kind == FileKind::Yaml && b",}".contains(&b),
            _ if kind == FileKind::Markup && b == b'<' => true,
            _ => is_blank(b) || b == b'"' || b == b'`',
        };
        let mut word = &text[..text.iter().position(|b| ends(*b)).unwrap_or(text.len())];
        self.seen = self.seen.max(self.at + word.len());
        if whole && inside.is_none() {
            let marks: &[u8] = if kind == FileKind::Yaml { b"#" } else { b"#;" };
            let comment = word.windows(2).position(|w| is_blank(w[0]) && marks.contains(&w[1]));
            word = &word[..comment.unwrap_or(word.len())];
        }
        // `{"env": "TOKEN=value\nNEXT=…"}`
        if inside.is_some()
            && let Some(end) = word.windows(2).position(|w| w[0] == b'\\' && b"nrt".contains(&w[1]))
        {
            word = &word[..end];
        }
        // `host:6379,password=value,ssl=true`
        if line.last() == Some(&b',')
            && let Some(end) = memchr::memchr_iter(b',', word).find(|end| is_pair(&word[end + 1..]))
        {
            word = &word[..end];
        }
        // A cut value stays one: its ellipsis tells. Nothing but blanks surrounds that of an element.
        let kept = if operator == Operator::Element {
            word.trim_ascii_end().len()
        } else if word.ends_with(b"...") {
            word.len()
        } else {
            without_punctuation(word, kind)
        };
        let lead = word[..kept].iter().take_while(|b| b.is_ascii_whitespace()).count();
        (lead < kept).then_some(self.at + lead..self.at + kept)
    }

    /// Whether a value has the rest of its line for itself, `line` standing before its name.
    fn has_line(&self, line: &[u8], kind: FileKind) -> bool {
        let line = line.trim_ascii();
        match kind {
            FileKind::Yaml => self.colon || line == b"-",
            FileKind::Settings => matches!(line, b"" | b"export" | b"#" | b";"),
            _ => false,
        }
    }
}
