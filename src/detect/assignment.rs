//! Finds the parts of an assignment around a value or a name, in whatever language: `name = "value"`,
//! `"name": "value"`, `--name value`, `<name>value</name>`, `put("name", "value")`, `f("value")`,
//! `…;name=value;…` inside a string.

use super::keyword::CONTEXT;
use super::trace::Looked;
use crate::kind::FileKind;
use memchr::memmem::Finder;
use std::ops::Range;
use std::sync::LazyLock;

/// A value and the name that it is assigned to, as positions in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Assignment {
    pub(crate) name: Range<usize>,
    /// Without its quotes.
    pub(crate) value: Range<usize>,
    pub(crate) quoted: bool,
    /// Whether the name is a function's, and the value its argument.
    pub(crate) call: bool,
}

/// A name is at most this long, and so is what may stand between the beginning of a value and the
/// run in it.
const MAX_NAME: usize = 100;
const MAX_VALUE: usize = 1024;
pub(super) const MAX_BLANKS: usize = 40;
/// A line before a name, and the inside of an element's tag, are looked at so far.
const MAX_LINE: usize = 200;
/// Bytes beyond a cursor that are looked at before it moves on.
const PEEK: usize = 64;

/// The assignment whose value contains the byte at `at`.
pub(crate) fn around_value(
    bytes: &[u8],
    at: usize,
    kind: FileKind,
    looked: &mut Looked,
) -> Option<Assignment> {
    let mut back = Back { bytes, at, seen: at };
    let name = back.name(kind);
    looked.back_to(back.seen.min(back.at).saturating_sub(PEEK));
    let found = after_name(bytes, name?, kind, looked)?;
    found.value.contains(&at).then_some(found)
}

/// The assignment of a value that holds an operator itself, before the byte at `at`: `"7pk=ugrf_-6w"`,
/// `TOKEN=1234:AAF…`.
pub(crate) fn around_operator(
    bytes: &[u8],
    at: usize,
    kind: FileKind,
    looked: &mut Looked,
) -> Option<Assignment> {
    let from = at.saturating_sub(MAX_NAME);
    looked.back_to(from.saturating_sub(1));
    let before = bytes[from..at].iter().rev();
    let start = at - before.take_while(|b| !is_quote(**b) && !b.is_ascii_whitespace()).count();
    let quoted = start > 0 && is_quote(bytes[start - 1]);
    let value = if quoted {
        start
    } else {
        // The first operator assigns, the others are in the value. A blank may stand before the value.
        let operator = bytes[start..at - 1].iter().position(|b| b"=:".contains(b));
        operator.map_or(start, |operator| start + operator + 1)
    };
    let found = if value < at { around_value(bytes, value, kind, looked)? } else { return None };
    (found.value.start == value && found.value.contains(&at)).then_some(found)
}

/// The assignment to the name of which `part` is a part.
pub(crate) fn around_name(
    bytes: &[u8],
    part: usize,
    kind: FileKind,
    looked: &mut Looked,
) -> Option<Assignment> {
    let left = bytes[part.saturating_sub(MAX_NAME)..part].iter().rev();
    let start = part - left.take_while(|b| is_name(**b)).count();
    let right = bytes[part..].iter().take(MAX_NAME);
    let end = part + right.take_while(|b| is_name(**b)).count();
    // `https://user:pass@…` is no assignment, and neither is the `-` before a flag's name a part.
    let end = end - bytes[start..end].iter().rev().take_while(|b| b"-.[".contains(b)).count();
    after_name(bytes, start..end, kind, looked)
}

/// The assignment of a value that stands apart from its name: `<add key="Password" value="…">`,
/// `variable "password" { default = "…" }`, `name: PASSWORD, value: "…"`.
pub(crate) fn apart(
    bytes: &[u8],
    part: usize,
    kind: FileKind,
    looked: &mut Looked,
) -> Option<Assignment> {
    let right = bytes[part..].iter().take(MAX_NAME).take_while(|b| is_name(**b)).count();
    let left = bytes[part.saturating_sub(MAX_NAME)..part].iter().rev();
    let name = part - left.take_while(|b| is_name(**b)).count()..part + right;
    let region = &bytes[name.end..(name.end + MAX_NAME).min(bytes.len())];
    looked.on_to(name.end + MAX_NAME);
    LABELS.iter().find_map(|label| {
        let at = name.end + label.find(region)?;
        let label = at..at + label.needle().len();
        let found = after_name(bytes, label, kind, looked)?;
        found.quoted.then_some(Assignment { name: name.clone(), ..found })
    })
}

/// A value that the words before it on its line tell: `acme api key 1a2b…`. The run of token characters
/// in it begins at `start`.
pub(crate) fn told(bytes: &[u8], start: usize, looked: &mut Looked) -> Option<Assignment> {
    let from = start.saturating_sub(MAX_TOLD);
    let before = &bytes[from..start];
    let quote = before.last().filter(|b| is_quote(**b));
    let before = &before[..before.len() - usize::from(quote.is_some())];
    // Asked for every run, so byte by byte: is there a blank, and a letter before it?
    let blanks = before.iter().rev().take_while(|b| is_blank(**b)).count();
    let words = &before[..before.len() - blanks];
    if blanks == 0 || !words.last().is_some_and(u8::is_ascii_alphabetic) {
        return None;
    }
    looked.back_to(from.saturating_sub(1));
    let last = words.iter().rev().take_while(|b| b.is_ascii_alphabetic()).count();
    if !tells(&words[words.len() - last..]) {
        return None;
    }
    let in_words = |b: &&u8| b.is_ascii_alphanumeric() || b" \t_-.:".contains(b);
    let name = words.iter().rev().take_while(in_words).count();
    let behind = bytes[start..].iter().take(MAX_VALUE);
    let ends = |b: &u8| b.is_ascii_whitespace() || is_quote(*b) || b",;<>()[]{}\\".contains(b);
    let length = behind.take_while(|b| !ends(b)).count();
    let value = &bytes[start..start + length];
    let value = length - value.iter().rev().take_while(|b| b".:!?".contains(b)).count();
    looked.on_to(start + length + PEEK);
    Some(Assignment {
        name: from + words.len() - name..from + words.len(),
        value: start..start + value,
        quoted: quote.is_some(),
        call: false,
    })
}

/// Whether a word says that what follows is a secret. Asked for every run that follows a word.
fn tells(word: &[u8]) -> bool {
    let mut lower = [0; 10];
    let Some(lower) = lower.get_mut(..word.len()) else { return false };
    lower.copy_from_slice(word);
    lower.make_ascii_lowercase();
    matches!(
        &*lower,
        b"key"
            | b"token"
            | b"secret"
            | b"access"
            | b"private"
            | b"password"
            | b"credential"
            | b"auth"
            | b"pat"
            | b"apikey"
            | b"secretkey"
            | b"accesskey"
            | b"privatekey"
            | b"authkey"
            | b"apitoken"
            | b"authtoken"
    )
}

/// Bytes before a value that may tell it.
const MAX_TOLD: usize = 48;

/// What stands before a value that is apart from its name.
static LABELS: LazyLock<[Finder; 2]> = LazyLock::new(|| ["value", "default"].map(Finder::new));

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-.$@[]".contains(&byte)
}

fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

fn is_quote(byte: u8) -> bool {
    byte == b'"' || byte == b'\'' || byte == b'`'
}

/// The signs of an assignment or a comparison, the longer ones first.
const SIGNS: [&[u8]; 15] = [
    b"===", b"!==", b"||=", b"??=", b"::=", b"=>", b":=", b"==", b"!=", b"+=", b"?=", b".=", b"->",
    b"=", b":",
];

/// What stands between a name and `=` in Go.
const GO_TYPE: &[u8] = b"string";

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

/// Reads on from the end of a name.
fn after_name(
    bytes: &[u8],
    name: Range<usize>,
    kind: FileKind,
    looked: &mut Looked,
) -> Option<Assignment> {
    let mut scan = Forward { bytes, at: name.end, seen: name.end, colon: false };
    let before = &bytes[name.start.saturating_sub(MAX_LINE)..name.start];
    let line = memchr::memrchr(b'\n', before).map_or(MAX_LINE, |at| before.len() - at);
    looked.back_to(name.start.saturating_sub(line.max(CONTEXT) + 1));
    let found = value_after(&mut scan, name, kind);
    looked.on_to(scan.at.max(scan.seen) + PEEK);
    found
}

/// The assignment of what `scan` finds behind the name that it stands at.
fn value_after(scan: &mut Forward, name: Range<usize>, kind: FileKind) -> Option<Assignment> {
    let bytes = scan.bytes;
    // `user:password@host:port` is no assignment.
    if bytes[name.clone()].iter().skip(1).any(|b| *b == b'@') {
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
    let inside = operator == Operator::Assign && closers + blanks == 0 && in_string(bytes, &name);
    scan.skip(MAX_BLANKS, is_blank);
    if closers == 0 && ends_string(bytes, &name, scan.at) {
        return None;
    }
    scan.skip_wrapping();
    if let Some(value) = scan.quoted() {
        // `("name", "value", …)` are any three strings.
        let call = operator == Operator::Argument && closers == 0;
        let last = operator != Operator::Argument || call || closes_call(bytes, &value);
        return last.then_some(Assignment { name, value, quoted: true, call });
    }
    let bare = inside
        || match operator {
            Operator::Assign => kind.has_bare_values(),
            Operator::Element | Operator::Blank => true,
            Operator::Argument => false,
        };
    let value = if bare { scan.bare(kind, operator, inside)? } else { return None };
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
    let quoted = inside || operator == Operator::Element;
    Some(Assignment { name, value, quoted, call: false })
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
    kind == FileKind::Assignments && (declared || (first && text != b"pass"))
}

/// Whether the quote at `at`, behind `name=`, ends the string that the name is in, as in
/// `"password=" + value`.
fn ends_string(bytes: &[u8], name: &Range<usize>, at: usize) -> bool {
    let Some(quote) = bytes.get(at).copied().filter(|b| is_quote(*b)) else { return false };
    // What follows the end of a string begins no value.
    if bytes.get(at + 1).is_some_and(|b| b")+,.;]}".contains(b)) {
        return true;
    }
    if quote != b'"' {
        return bytes[..name.start].last() == Some(&quote);
    }
    memchr::memchr_iter(quote, line_before(bytes, name.start)).count() % 2 == 1
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

/// Whether a name stands where a part of a connection string begins: `;Password=…`, `?token=…`.
fn in_string(bytes: &[u8], name: &Range<usize>) -> bool {
    let line = line_before(bytes, name.start);
    let before = line.iter().rev().find(|b| !is_blank(**b));
    // `"host=db user=app password=…"` has blanks between its parts.
    let open = || memchr::memchr_iter(b'"', line).count() % 2 == 1 && line.contains(&b'=');
    before.is_some_and(|b| b";?&".contains(b) || is_quote(*b)) || open()
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

struct Forward<'a> {
    bytes: &'a [u8],
    at: usize,
    /// The furthest byte that was looked at, if it is further than `at`.
    seen: usize,
    /// Whether the operator was a colon.
    colon: bool,
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
        if let Some(sign) = SIGNS.into_iter().find(|sign| self.starts_with(sign)) {
            self.at += sign.len();
            self.colon = sign == b":";
            if sign == b":" && kind == FileKind::Code {
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
        let assigned = rest.get(length) == Some(&b'=') && rest.get(length + 1) != Some(&b'=');
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

    /// What may stand between operator and quote: `b"…"`, `r#"…"#`, `@"…"`, `Some("…")`.
    fn skip_wrapping(&mut self) {
        const PREFIXES: [&[u8]; 14] = [
            b"String::from(",
            b"new String(",
            b"Some(",
            b"String(",
            b"b",
            b"r#",
            b"r",
            b"f",
            b"u",
            b"L",
            b"@",
            b"$",
            b"N",
            b"E",
        ];
        for prefix in PREFIXES {
            let quote = self.bytes.get(self.at + prefix.len());
            if self.starts_with(prefix) && quote.is_some_and(|b| is_quote(*b)) {
                self.at += prefix.len();
                return;
            }
        }
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

    /// The unquoted word that begins here.
    fn bare(&mut self, kind: FileKind, operator: Operator, inside: bool) -> Option<Range<usize>> {
        let text = &self.bytes[self.at..(self.at + MAX_VALUE).min(self.bytes.len())];
        let yaml = kind == FileKind::Yaml && self.colon;
        let before = &self.bytes[self.at.saturating_sub(MAX_NAME)..self.at];
        let line = before.rsplit(|b| *b == b'\n').next().unwrap_or_default();
        let in_flow = line.contains(&b'{');
        let mut open = false;
        let mut ends = |b: u8| match operator {
            _ if b == b'\n' || b == 0 || b == b'\r' => true,
            Operator::Element => b == b'<',
            _ if inside => {
                let closed = b == b')' && !open;
                open |= b == b'(';
                closed || b";&\"'`".contains(&b) || b.is_ascii_whitespace()
            }
            _ if yaml => in_flow && (b == b',' || b == b'}'),
            _ if kind == FileKind::Markup && b == b'<' => true,
            _ => is_blank(b) || b == b'"' || b == b'`',
        };
        let mut word = &text[..text.iter().position(|b| ends(*b)).unwrap_or(text.len())];
        self.seen = self.seen.max(self.at + word.len());
        if yaml && !inside {
            let comment = word.windows(2).position(|w| is_blank(w[0]) && w[1] == b'#');
            word = &word[..comment.unwrap_or(word.len())];
        }
        // `{"env": "TOKEN=value\nNEXT=…"}`
        if inside
            && let Some(end) = word.windows(2).position(|w| w[0] == b'\\' && b"nrt".contains(&w[1]))
        {
            word = &word[..end];
        }
        // A cut value stays one: its ellipsis tells.
        let kept =
            if word.ends_with(b"...") { word.len() } else { without_punctuation(word, kind) };
        let lead = word[..kept].iter().take_while(|b| is_blank(**b)).count();
        (lead < kept).then_some(self.at + lead..self.at + kept)
    }
}

/// Reads backwards from inside a value.
struct Back<'a> {
    bytes: &'a [u8],
    at: usize,
    /// The furthest byte that was looked at, if it is further back than `at`.
    seen: usize,
}

impl Back<'_> {
    fn last(&self) -> Option<u8> {
        self.at.checked_sub(1).map(|at| self.bytes[at])
    }

    fn skip(&mut self, most: usize, what: impl Fn(u8) -> bool) -> usize {
        let before = self.bytes[..self.at].iter().rev().take(most);
        let count = before.take_while(|b| what(**b)).count();
        self.at -= count;
        count
    }

    fn name(&mut self, kind: FileKind) -> Option<Range<usize>> {
        let quoted = self.leave_value()?;
        let line = self.skip(MAX_BLANKS, is_blank);
        if self.last().is_some_and(|b| b == b'\n') {
            // `<name>`, and the value on the next line.
            self.skip(MAX_BLANKS, |b| b.is_ascii_whitespace());
            return if self.last()? == b'>' { self.arrow_or_element() } else { None };
        }
        match self.last()? {
            b'=' | b':' => self.assign(),
            b'>' => return self.arrow_or_element(),
            b'(' if quoted => self.at -= 1,
            b',' if quoted => {
                self.at -= 1;
                self.skip(MAX_BLANKS, is_blank);
                is_quote(self.last()?).then_some(())?;
            }
            b if line > 0 && is_name(b) && (kind == FileKind::Assignments || !quoted) => {}
            _ => return None,
        }
        self.identifier()
    }

    /// Goes to the beginning of the value, over its quote; says whether there was one.
    fn leave_value(&mut self) -> Option<bool> {
        let of_value = |b: u8| !(is_quote(b) || b.is_ascii_whitespace() || b"=:>(,\0".contains(&b));
        // A run that begins right here is the common case.
        if self.skip(MAX_NAME, of_value) == MAX_NAME {
            return None;
        }
        let quoted = is_quote(self.last()?);
        if quoted {
            self.at -= 1;
            self.skip(1, |b| b == b'\\');
            let hash = self.skip(1, |b| b == b'#');
            let prefix = self.skip(1, |b| b"brfuLNE@$".contains(&b));
            // `r#"`, `b"`: but not the end of a word before the quote.
            if prefix == 1 && hash == 0 && self.last().is_some_and(|b| b.is_ascii_alphanumeric()) {
                self.at += 1;
            }
            for wrapping in [&b"Some("[..], b"String(", b"String::from("] {
                if self.bytes[..self.at].ends_with(wrapping) {
                    self.at -= wrapping.len();
                }
            }
        }
        Some(quoted)
    }

    /// Goes before `=`, `:`, `:=`, `==`, `+=`, `: Type =` …
    fn assign(&mut self) {
        self.skip(4, |b| b"=!:+?|.".contains(&b));
        let (here, blanks) = (self.at, self.skip(MAX_BLANKS, is_blank));
        // A type annotation: what stands before it is the name.
        let of_type = |b: u8| b.is_ascii_alphanumeric() || b" _<>[]&'?.|".contains(&b);
        let length = self.skip(MAX_BLANKS, of_type);
        self.seen = self.seen.min(self.at);
        let annotated = self.last() == Some(b':') && self.bytes.get(self.at) == Some(&b' ');
        if length > 0 && annotated && !self.bytes[..self.at].ends_with(b"::") {
            self.at -= 1;
        } else {
            self.at = here - blanks;
            let before = self.bytes[..self.at].strip_suffix(GO_TYPE);
            if before.is_some_and(|before| before.last().is_some_and(|b| is_blank(*b))) {
                self.at -= GO_TYPE.len();
            }
        }
    }

    fn arrow_or_element(&mut self) -> Option<Range<usize>> {
        self.at -= 1;
        if self.last().is_some_and(|b| b == b'=' || b == b'-') {
            self.at -= 1;
            return self.identifier();
        }
        let start = self.at.saturating_sub(MAX_LINE);
        self.seen = start;
        let open = start + self.bytes[start..self.at].iter().rposition(|b| *b == b'<')? + 1;
        let end = self.bytes[open..self.at].iter().take_while(|b| is_name(**b)).count();
        (end > 0).then_some(open..open + end)
    }

    fn identifier(&mut self) -> Option<Range<usize>> {
        self.skip(MAX_BLANKS, is_blank);
        self.skip(6, |b| is_quote(b) || b == b'\\' || b == b']');
        let end = self.at;
        let length = self.skip(MAX_NAME, is_name);
        (length > 0).then_some(self.at..end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bstr::ByteSlice;

    fn parts(text: &str, kind: FileKind, found: Option<Assignment>) -> Option<(&str, &str)> {
        let _ = kind;
        found.map(|found| (&text[found.name], &text[found.value]))
    }

    fn by_value(text: &str, kind: FileKind) -> Option<(&str, &str)> {
        let at = text.as_bytes().find(b"VAL").unwrap();
        parts(text, kind, around_value(text.as_bytes(), at, kind, &mut Looked::at(at)))
    }

    fn by_name(text: &str, kind: FileKind) -> Option<(&str, &str)> {
        let at = text.as_bytes().find(b"pass").unwrap();
        parts(text, kind, around_name(text.as_bytes(), at, kind, &mut Looked::at(at)))
    }

    #[test]
    fn both_directions_see_the_same() {
        use FileKind::{Assignments, Code, Markup, Quoted, Text, Yaml};
        for (kind, text, name, value) in [
            (Code, r#"my_pass = "VAL12";"#, "my_pass", "VAL12"),
            (Code, r#"{"pass": "VAL x"}"#, "pass", "VAL x"),
            (Code, r#"const pass: &'static str = "VAL";"#, "pass", "VAL"),
            (Code, r"self.pass: str = 'VAL'", "self.pass", "VAL"),
            (Code, r#"cfg["pass"] = b"VAL""#, "cfg[\"pass", "VAL"),
            (Code, r#"x.put("pass", "VAL")"#, "pass", "VAL"),
            (Code, r#"setpass("VAL")"#, "setpass", "VAL"),
            (Code, r":pass => 'VAL'", "pass", "VAL"),
            (Code, r"pass := `VAL`", "pass", "VAL"),
            (Code, r#"var pass string = "VAL""#, "pass", "VAL"),
            (Code, r#"const string pass = "VAL";"#, "pass", "VAL"),
            (Code, r#"$pass .= "VAL";"#, "$pass", "VAL"),
            (Code, r#"pass ::= "VAL""#, "pass", "VAL"),
            (Code, r#"pass :::= "VAL""#, "pass", "VAL"),
            (Code, r#"if pass == "VAL" {"#, "pass", "VAL"),
            (Code, r#"c = "Server=x;pass=VAL;y=1""#, "pass", "VAL"),
            (Code, r#"s = "{\"pass\": \"VAL\"}""#, "pass", "VAL"),
            (Quoted, r#"pass = "VAL""#, "pass", "VAL"),
            (Assignments, "export pass=VAL\n", "pass", "VAL"),
            (Assignments, "ENV pass VAL\n", "pass", "VAL"),
            (Yaml, "  pass: VAL x # no\n", "pass", "VAL x"),
            (Yaml, "  pass: 'VAL'\n", "pass", "VAL"),
            (Markup, "<pass>VAL</pass>", "pass", "VAL"),
            (Markup, "<pass>\n  VAL\n</pass>", "pass", "VAL"),
            (Markup, r#"<a pass="VAL"/>"#, "pass", "VAL"),
            (Text, "run --pass VAL \n", "--pass", "VAL"),
            (Text, "run --pass=VAL \n", "--pass", "VAL"),
        ] {
            let name = name.trim_start_matches("cfg[\"");
            assert_eq!(by_name(text, kind).map(|x| x.1), Some(value), "by name: {text}");
            assert_eq!(by_value(text, kind), Some((name, value)), "by value: {text}");
        }
    }

    #[test]
    fn words_before_a_value_tell_it() {
        let told = |text: &str| {
            let at = text.find("VAL").unwrap();
            let found = told(text.as_bytes(), at, &mut Looked::at(at));
            found.map(|found| (text[found.name].to_owned(), text[found.value].to_owned()))
        };
        let is = |name: &str, value: &str| Some((name.to_owned(), value.to_owned()));
        assert_eq!(told("acme api key VAL-1x.\n"), is("acme api key", "VAL-1x"));
        assert_eq!(told("(the acme ACCESS `VAL1`)"), is("the acme ACCESS", "VAL1"));
        for text in ["acme VAL1", "key VAL1".trim_start_matches("key "), "monkey VAL1", "key\nVAL1"]
        {
            assert_eq!(told(text), None, "{text}");
        }
    }

    #[test]
    fn names_and_expressions_are_no_values_in_code() {
        for text in ["pass = VAL\n", "pass: VAL,\n", "a::pass::VAL", "pass VAL", "pass, \"VAL\""] {
            assert_eq!(by_name(text, FileKind::Code), None, "{text}");
            assert_eq!(by_value(text, FileKind::Code), None, "{text}");
        }
        assert_eq!(by_name("pass = \"VAL\n\"", FileKind::Code), None);
        assert_eq!(by_name("pass = \"\"", FileKind::Code), None);
    }
}
