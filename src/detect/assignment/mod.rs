//! Finds the parts of an assignment around a value or a name, in whatever language: `name = "value"`,
//! `"name": "value"`, `--name value`, `<name>value</name>`, `put("name", "value")`, `f("value")`,
//! `…;name=value;…` inside a string.

mod back;
mod forward;
mod told;

pub(super) use told::{joined, told};

use super::keyword::CONTEXT;
use super::trace::Looked;
use crate::kind::FileKind;
use back::Back;
use forward::{Forward, value_after};
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
    // The value of another statement is none of this name's.
    let region = &region[..region.iter().position(|b| b";}".contains(b)).unwrap_or(region.len())];
    LABELS.iter().find_map(|label| {
        let at = name.end + label.find(region)?;
        let label = at..at + label.needle().len();
        let found = after_name(bytes, label, kind, looked)?;
        found.quoted.then_some(Assignment { name: name.clone(), ..found })
    })
}

/// What stands before a value that is apart from its name.
static LABELS: LazyLock<[Finder; 2]> = LazyLock::new(|| ["value", "default"].map(Finder::new));

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-.$@[]".contains(&byte)
}

/// A byte of what may stand before the bracket of a call.
fn is_callee(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_.:[]".contains(&byte)
}

/// Functions that give back the text that they are given, in another form.
const WRAPPERS: [&[u8]; 23] = [
    b"some",
    b"string",
    b"str",
    b"secretstring",
    b"secretstr",
    b"stringvalue",
    b"stringptr",
    b"ptr",
    b"byte",
    b"bytes",
    b"bytearray",
    b"buffer",
    b"from",
    b"fromhex",
    b"unhexlify",
    b"decode",
    b"decodestring",
    b"b64decode",
    b"base64decode",
    b"standard_b64decode",
    b"tobytes",
    b"hextobytes",
    b"frombase64string",
];

/// Whether a call of `callee` only wraps its argument: `Some("…")`, `[]byte("…")`, `Base64.decode("…")`.
/// Asked for every call.
fn wraps(callee: &[u8]) -> bool {
    let name = callee.rsplit(|b| b".:]".contains(b)).next().unwrap_or_default();
    WRAPPERS.iter().any(|known| name.eq_ignore_ascii_case(known))
}

fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

fn is_quote(byte: u8) -> bool {
    byte == b'"' || byte == b'\'' || byte == b'`'
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
    let found = scan.parameter(&name).or_else(|| value_after(&mut scan, name, kind));
    looked.on_to(scan.at.max(scan.seen) + PEEK);
    found
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
        use FileKind::{Assignments, Code, Markup, Quoted, Settings, Text, Yaml};
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
            (Code, r#"pass = Some("VAL")"#, "pass", "VAL"),
            (Code, r#"pass := []byte("VAL")"#, "pass", "VAL"),
            (Code, r#"pass = Base64.decode("VAL")"#, "pass", "VAL"),
            (Code, r#"pass = ["VAL", "x"]"#, "pass", "VAL"),
            (Settings, "pass = VAL x&y ; no\n", "pass", "VAL x&y"),
            (Settings, "export pass=VAL\n", "pass", "VAL"),
            (Yaml, "  - pass=VAL x\n", "pass", "VAL x"),
            (Yaml, "  - \"pass=VAL;x\"\n", "pass", "VAL"),
            (Code, r#"c = "Server=x;pass=VAL y;z=1""#, "pass", "VAL y"),
            (Code, r#"u = "http://x/?pass=VAL&z=1""#, "pass", "VAL"),
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
    fn what_only_a_name_tells() {
        for (kind, text, value) in [
            (FileKind::Code, r#"public string pass { get; set; } = "VAL";"#, "VAL"),
            (FileKind::Markup, "<pass><![CDATA[VAL&;]]></pass>", "VAL&;"),
            (FileKind::Markup, "<pass>VAL;</pass>", "VAL;"),
            (FileKind::Yaml, "- \"DB_pass_=VAL\"", "VAL"),
            (FileKind::Assignments, "A=${pass:-VAL}", "VAL"),
            (FileKind::Assignments, "export A=\"${pass:='VAL x'}\"", "VAL x"),
            (FileKind::Yaml, "  A: ${pass:-VAL}", "VAL"),
            (FileKind::Settings, "a.b=${x.pass:VAL}", "VAL"),
            (FileKind::Yaml, "  A: \"h:1,pass=VAL,ssl=true\"", "VAL"),
            (FileKind::Settings, "A=h:1,pass=VAL,x", "VAL,x"),
        ] {
            assert_eq!(by_name(text, kind).map(|x| x.1), Some(value), "{text}");
        }
        for (kind, text) in [
            (FileKind::Settings, "pass=`VAL`"),
            (FileKind::Text, "reg.example/x/pass:VAL"),
            (FileKind::Text, "`pass`: VAL words"),
            (FileKind::Text, "pass: VAL words"),
        ] {
            assert_eq!(by_name(text, kind), None, "{text}");
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
