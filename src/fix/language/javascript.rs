//! JavaScript and TypeScript, and the scripts of Vue and Svelte components.

use super::{
    Admission, Language, Need, Reading, Site, Source, Surround, begins_pattern, c_comment, whole,
};
use crate::fix::edit::Edit;
use crate::fix::lexer::{Form, Kind, Literal, Token};
use crate::fix::lookup::{Lookup, Wanted};
use bstr::ByteSlice;
use std::ops::Range;

/// JavaScript.
pub(super) static JAVASCRIPT: Script = Script { typed: false, markup: false };
/// TypeScript, in which a variable may be missing.
pub(super) static TYPESCRIPT: Script = Script { typed: true, markup: false };
/// Components with scripts in markup.
pub(super) static MARKUP: Script = Script { typed: false, markup: true };

pub(super) struct Script {
    typed: bool,
    markup: bool,
}

impl Language for Script {
    fn comment(&self, text: &[u8], at: usize) -> Option<usize> {
        c_comment(text, at)
    }

    fn opening(&self, text: &[u8], at: usize, before: Option<&Token>) -> Option<Form> {
        Some(match text[at] {
            b'\'' => Form::quoted("'", "'"),
            b'"' => Form::quoted("\"", "\""),
            b'`' => Form::quoted("`", "`").over_lines().with_hole("${", false),
            b'/' if begins_pattern(text, before) => Form::quoted("/", "/"),
            _ => return None,
        })
    }

    fn parts(&self, text: &[u8]) -> Vec<Range<usize>> {
        if self.markup { scripts(text) } else { whole(text) }
    }

    fn admit(&self, site: &Site) -> Result<Admission, &'static str> {
        let literal = site.literal().ok_or("it is no literal")?;
        if literal.form.open == "/" {
            return Err("it stands in a regular expression");
        }
        let (previous, next) = (site.previous(), site.next());
        if matches!(previous, "from" | "import") {
            return Err("it names a module");
        }
        let opener = site.opener(site.index);
        if next == ":"
            && matches!(previous, "{" | ",")
            && opener.is_some_and(|open| site.word(open) == "{")
        {
            return Err("it is the key of an object");
        }
        let header = opener.and_then(|open| site.before(site.before(open)?));
        if header.is_some_and(|word| site.word(word) == "enum") {
            return Err("a member of an `enum` takes constants only");
        }
        let first = site.statement(|_| false);
        if self.typed && matches!(site.word(first), "type" | "interface") {
            return Err("it is a type");
        }
        if is_attribute(site) {
            return Ok(Admission::Expression(Surround {
                brackets: Some(("{", "}")),
                ..Surround::default()
            }));
        }
        Ok(Admission::any())
    }

    fn read(&self, wanted: &Wanted, site: &Site) -> Result<Reading, &'static str> {
        let name = wanted.stored();
        if wanted.lookup == Lookup::Environment {
            return Ok(Reading::plain(format!("process.env.{}", wanted.variable())));
        }
        if !may_wait(site) {
            return Err(
                "a store answers later, and nothing here can `await` it: call it from an async function",
            );
        }
        let review = "add the packages of @aws-lambda-powertools/parameters to package.json";
        Ok(if wanted.lookup == Lookup::SecretsManager {
            let of_text = if self.typed { "<string>" } else { "" };
            Reading::plain(format!("(await getSecret{of_text}(\"{name}\", {{ maxAge: 300 }}))"))
                .with(Need::Import(
                    "import { getSecret } from \"@aws-lambda-powertools/parameters/secrets\";",
                ))
        } else {
            let code =
                format!("(await getParameter(\"{name}\", {{ decrypt: true, maxAge: 300 }}))");
            Reading::plain(code).with(Need::Import(
                "import { getParameter } from \"@aws-lambda-powertools/parameters/ssm\";",
            ))
        }
        .reviewed(review))
    }

    fn fit(&self, code: String, site: &Site) -> String {
        // A value may be missing to the mind of TypeScript.
        if self.typed && site.whole { format!("{code}!") } else { code }
    }

    fn embed(&self, code: &str, literal: &Literal) -> Option<String> {
        (literal.form.open == "`").then(|| format!("${{{code}}}"))
    }

    fn provide(&self, need: &Need, source: &Source) -> Vec<Edit> {
        let Need::Import(import) = need else { return Vec::new() };
        if source.text.contains_str(import) {
            return Vec::new();
        }
        // Imports may stand in any order; `require` is for files without `import`.
        let is_module = has_word_at_margin(source.text, source.tokens, &["import", "export"]);
        let line = if is_module { (*import).to_owned() } else { required(import) };
        let part = source.tokens.first().map_or(0, |token| token.span.start);
        vec![Edit::insert(behind_header(source, part), format!("{line}\n"))]
    }
}

/// An import as a file that is no module writes it.
fn required(import: &str) -> String {
    let parts = import.strip_prefix("import ").and_then(|rest| rest.strip_suffix(';'));
    match parts.and_then(|rest| rest.split_once(" from ")) {
        Some((names, module)) => format!("const {names} = require({module});"),
        None => import.to_owned(),
    }
}

/// Behind the first line's `#!`, and directives.
fn behind_header(source: &Source, part: usize) -> usize {
    let mut at = part;
    if source.text[at..].starts_with(b"#!") {
        at += memchr::memchr(b'\n', &source.text[at..]).map_or(0, |end| end + 1);
    }
    for quote in ["\"use strict\"", "'use strict'"] {
        if source.text[at..].starts_with(quote.as_bytes()) {
            at += memchr::memchr(b'\n', &source.text[at..]).map_or(0, |end| end + 1);
        }
    }
    at
}

/// The scripts of a component.
fn scripts(text: &[u8]) -> Vec<Range<usize>> {
    let (mut parts, mut at) = (Vec::new(), 0);
    while let Some(open) = text[at..].find("<script") {
        let Some(from) = memchr::memchr(b'>', &text[at + open..]) else { break };
        let from = at + open + from + 1;
        let end = text[from..].find("</script").map_or(text.len(), |end| from + end);
        parts.push(from..end);
        at = end;
    }
    parts
}

/// Whether a literal is the value of an attribute of markup: `<Map apiKey="…" />`.
fn is_attribute(site: &Site) -> bool {
    let extension = site.path.rsplit('.').next().unwrap_or_default();
    if !matches!(extension, "jsx" | "tsx" | "js") {
        return false;
    }
    let Some(equals) = site.before(site.index).filter(|token| site.word(*token) == "=") else {
        return false;
    };
    if site.tokens[equals].span.end != site.span().start {
        return false;
    }
    let mut closed = 0_usize;
    for token in (0..equals).rev() {
        match site.word(token) {
            "}" | ")" => closed += 1,
            "{" | "(" if closed > 0 => closed -= 1,
            "{" | "(" | ";" => return false,
            ">" if closed == 0 => return false,
            "<" if closed == 0 => {
                let named = site.tokens.get(token + 1);
                return named.is_some_and(|name| name.kind == Kind::Word);
            }
            _ => {}
        }
    }
    false
}

/// Whether a word begins a line.
fn has_word_at_margin(text: &[u8], tokens: &[Token], words: &[&str]) -> bool {
    tokens.iter().any(|token| {
        let first = token.span.start == 0 || text[token.span.start - 1] == b'\n';
        first && words.iter().any(|word| &text[token.span.clone()] == word.as_bytes())
    })
}

/// Whether `await` may stand there: in an async function, or at the top of a module.
fn may_wait(site: &Site) -> bool {
    let mut token = site.index;
    while let Some(open) = site.opener(token) {
        token = open;
        if site.word(open) != "{" {
            continue;
        }
        match header(site, open) {
            Some(true) => return true,
            Some(false) => return false,
            None => {}
        }
    }
    let extension = site.path.rsplit('.').next().unwrap_or_default();
    matches!(extension, "mjs" | "mts")
        || has_word_at_margin(site.text, site.tokens, &["import", "export"])
}

/// Whether the brace opens the body of an async function; `None` if of none.
fn header(site: &Site, open: usize) -> Option<bool> {
    let before = site.before(open)?;
    let mut close = before;
    if site.word(before) == ">" {
        // `(x) => {`
        close = site.before(site.before(before)?)?;
    }
    if site.word(close) != ")" {
        let arrow = close != before;
        let is_async = site.before(close).is_some_and(|word| site.word(word) == "async");
        return arrow.then_some(is_async);
    }
    let parameters = site.opener(close)?;
    let mut word = site.before(parameters);
    let control = ["if", "for", "while", "switch", "catch", "with"];
    if word.is_some_and(|word| control.contains(&site.word(word))) {
        return None;
    }
    for _ in 0..3 {
        match word.map_or("", |word| site.word(word)) {
            "async" => return Some(true),
            "function" | "*" => word = word.and_then(|word| site.before(word)),
            name if name.chars().all(|c| c.is_alphanumeric() || c == '_') && !name.is_empty() => {
                word = word.and_then(|word| site.before(word));
            }
            _ => return Some(false),
        }
    }
    Some(false)
}
