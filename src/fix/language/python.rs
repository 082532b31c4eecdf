//! Python.

use super::{
    Admission, Language, Need, Piece, Reading, Site, Source, is_suppression, line_comment,
};
use crate::fix::edit::Edit;
use crate::fix::lexer::{Form, Kind, Literal, Token};
use crate::fix::lookup::{Lookup, Wanted};
use bstr::ByteSlice;

pub(super) struct Python;

/// Values are kept for an hour, which is what the library does unless told otherwise
/// (<https://github.com/aws/aws-secretsmanager-caching-python>); calls that are throttled are tried again
/// with back-off (botocore's retry mode `standard`).
const CACHE: &str = "\
# Values are kept in memory for an hour. Calls that are throttled are tried again with back-off.
_secrets = SecretCache(
    client=boto3.client(
        \"secretsmanager\",
        config=botocore.config.Config(retries={\"mode\": \"standard\", \"max_attempts\": 5}),
    )
)
";

impl Language for Python {
    fn comment(&self, text: &[u8], at: usize) -> Option<usize> {
        (text[at] == b'#').then(|| line_comment(text, at))
    }

    fn opening(&self, text: &[u8], at: usize, _: Option<&Token>) -> Option<Form> {
        let letters = text[at..].iter().take_while(|b| b.is_ascii_alphabetic()).take(3).count();
        let prefix = text[at..at + letters].to_str().ok()?.to_ascii_lowercase();
        if !["", "r", "b", "f", "u", "rb", "br", "rf", "fr", "t"].contains(&prefix.as_str()) {
            return None;
        }
        let quotes = &text[at + letters..];
        let close =
            ["\"\"\"", "'''", "\"", "'"].into_iter().find(|q| quotes.starts_with(q.as_bytes()))?;
        let open = text[at..at + letters + close.len()].to_str().ok()?;
        let form = Form::quoted(open, close);
        let form = if close.len() == 3 { form.over_lines() } else { form };
        Some(if prefix.contains(['f', 't']) { form.with_hole("{", true) } else { form })
    }

    fn admit(&self, site: &Site) -> Result<Admission, &'static str> {
        if is_docstring(site) {
            return Ok(Admission::Text("<", ">"));
        }
        if site.previous() == "case" {
            return Err("`case` takes constants only");
        }
        Ok(Admission::any())
    }

    fn read(&self, wanted: &Wanted, site: &Site) -> Result<Reading, &'static str> {
        // The quotes of the literal fit wherever it stands, as in an f-string.
        let single = site.literal().is_some_and(|literal| literal.form.close.starts_with('\''));
        let quoted = |name: &str| if single { format!("'{name}'") } else { format!("\"{name}\"") };
        let name = quoted(wanted.stored());
        Ok(match wanted.lookup {
            Lookup::Environment => {
                Reading::plain(format!("os.environ[{}]", quoted(wanted.variable())))
                    .with(Need::Import("import os"))
            }
            Lookup::SecretsManager => Reading::plain(format!("_secrets.get_secret_string({name})"))
                .with(Need::Import("import boto3"))
                .with(Need::Import("import botocore.config"))
                .with(Need::Import("from aws_secretsmanager_caching import SecretCache"))
                .with(Need::Definition(CACHE))
                .reviewed("add aws-secretsmanager-caching to the dependencies"),
            Lookup::ParameterStore => Reading::plain(format!(
                "parameters.get_parameter({name}, decrypt=True, max_age=300)"
            ))
            .with(Need::Import("from aws_lambda_powertools.utilities import parameters"))
            .reviewed("add aws-lambda-powertools[aws-sdk] to the dependencies"),
        })
    }

    fn embed(&self, code: &str, literal: &Literal) -> Option<String> {
        literal.form.hole.map(|_| in_braces(code, literal))
    }

    fn is_beside(&self, site: &Site) -> bool {
        site.is_beside_literal(site.opener(site.index).is_some())
    }

    fn fit(&self, code: String, site: &Site) -> String {
        if site.literal().is_some_and(is_bytes) { format!("{code}.encode()") } else { code }
    }

    /// Literals side by side are one text, so that none of them may become an expression: it becomes an
    /// f-string.
    fn weave(&self, site: &Site, pieces: &[Piece]) -> Result<Option<Vec<Edit>>, &'static str> {
        let Some(literal) = site.literal().filter(|_| self.is_beside(site)) else {
            return Ok(None);
        };
        let prefix = literal.form.open.trim_end_matches(['"', '\'']).to_ascii_lowercase();
        if prefix.contains('b') {
            return Err("it is one of several literals of bytes side by side");
        }
        let mut edits = Vec::new();
        if !prefix.contains('f') {
            let at = site.span().start;
            // `u` goes with nothing.
            let old = if prefix == "u" { at..at + 1 } else { at..at };
            edits.push(Edit::replace(old, "f"));
            let braces = literal.content.clone().filter(|at| matches!(site.text[*at], b'{' | b'}'));
            let outside = |at: &usize| !pieces.iter().any(|piece| piece.span.contains(at));
            edits.extend(
                braces
                    .filter(outside)
                    .map(|at| Edit::insert(at, (site.text[at] as char).to_string())),
            );
        }
        for piece in pieces {
            edits.push(Edit::replace(piece.span.clone(), in_braces(&piece.code, literal)));
        }
        Ok(Some(edits))
    }

    fn provide(&self, need: &Need, source: &Source) -> Vec<Edit> {
        let lines: Vec<&[u8]> = source.text.lines().collect();
        match need {
            Need::Import(import) => {
                if lines.iter().any(|line| imports(line, import)) {
                    return Vec::new();
                }
                let (at, between) = before_imports(source);
                let between = if source.text[at..].starts_with(b"\n") { "" } else { between };
                vec![Edit::insert(at, format!("{import}\n{between}"))]
            }
            Need::Definition(code) => {
                if source.text.contains_str(code.lines().nth(1).unwrap_or(code)) {
                    return Vec::new();
                }
                let at = behind_imports(source);
                vec![Edit::insert(at, format!("\n{code}\n"))]
            }
            _ => Vec::new(),
        }
    }
}

/// An expression in an f-string, with other quotes than those around it: before 3.12 it could not have the
/// same.
fn in_braces(code: &str, literal: &Literal) -> String {
    let (own, other) = if literal.form.close.starts_with('"') { ("\"", "'") } else { ("'", "\"") };
    format!("{{{}}}", code.replace(own, other))
}

fn is_bytes(literal: &Literal) -> bool {
    let open = literal.form.open.trim_end_matches(['"', '\'']);
    open.contains(['b', 'B'])
}

/// Whether a literal stands alone as a statement.
fn is_docstring(site: &Site) -> bool {
    let alone = |kind: Option<&Kind>| matches!(kind, None | Some(Kind::LineEnd | Kind::Comment));
    let before = site.index.checked_sub(1).map(|token| &site.tokens[token].kind);
    let behind = site.tokens.get(site.index + 1).map(|token| &token.kind);
    alone(before)
        && alone(behind)
        && site.opener(site.index).is_none()
        && !matches!(site.previous(), "=" | "+" | "\\" | ",")
}

/// Whether a line brings in what `import` says.
fn imports(line: &[u8], import: &str) -> bool {
    let line = line.trim_end().to_str_lossy();
    match import.strip_prefix("import ") {
        Some(module) => line.strip_prefix("import ").is_some_and(|modules| {
            let modules = modules.split('#').next().unwrap_or_default();
            modules.split(',').any(|named| named.trim() == module)
        }),
        None => line == import,
    }
}

/// Whether a token begins a line.
fn is_first(source: &Source, token: &Token) -> bool {
    token.span.start == 0 || source.text[token.span.start - 1] == b'\n'
}

/// Statements of import at the left margin, by the numbers of their first tokens.
fn import_statements<'a>(source: &'a Source) -> impl Iterator<Item = usize> + 'a {
    let word = |token: &Token| source.text[token.span.clone()].as_bstr();
    (0..source.tokens.len()).filter(move |number| {
        let token = &source.tokens[*number];
        token.kind == Kind::Word
            && is_first(source, token)
            && (word(token) == "import" || word(token) == "from")
    })
}

/// Whether a statement imports from `__future__`, which comes first in every file.
fn is_future(source: &Source, number: usize) -> bool {
    let next = source.tokens.get(number + 1);
    next.is_some_and(|token| &source.text[token.span.clone()] == b"__future__")
}

/// Where a statement that begins with a token ends: behind the end of its last line.
fn statement_end(source: &Source, number: usize) -> usize {
    let mut open = 0_i32;
    for token in &source.tokens[number..] {
        match (&token.kind, source.text[token.span.start]) {
            (Kind::Mark, b'(' | b'[' | b'{') => open += 1,
            (Kind::Mark, b')' | b']' | b'}') => open -= 1,
            (Kind::LineEnd, _) if open <= 0 => {
                let continued =
                    source.text[..token.span.start].trim_end_with(|c| c == '\r').ends_with(b"\\");
                if !continued {
                    return token.span.end;
                }
            }
            _ => {}
        }
    }
    source.text.len()
}

/// Where an import goes, and what comes between it and the rest.
fn before_imports(source: &Source) -> (usize, &'static str) {
    let first = import_statements(source).find(|number| !is_future(source, *number));
    let first =
        first.map(|number| source.tokens[number].span.start).filter(|at| *at < source.first);
    if let Some(at) = first {
        return (at, "");
    }
    let future = import_statements(source).filter(|number| is_future(source, *number)).last();
    if let Some(number) = future {
        return (statement_end(source, number), "");
    }
    (behind_header(source), "\n")
}

/// Behind the first comments and the docstring of a file.
fn behind_header(source: &Source) -> usize {
    let mut at = 0;
    for (number, token) in source.tokens.iter().enumerate() {
        match &token.kind {
            // A suppression is about the line below it.
            Kind::Comment if is_suppression(source.text, token) => break,
            Kind::Comment if is_first(source, token) => {}
            Kind::Literal(_) if is_first(source, token) => {
                let alone =
                    source.tokens.get(number + 1).is_none_or(|next| next.kind == Kind::LineEnd);
                return if alone { statement_end(source, number).min(source.first) } else { at };
            }
            // Comments that stand together belong to the file, what follows them to the code below.
            Kind::LineEnd => {
                let blank =
                    token.span.start == 0 || source.text[..token.span.start].ends_with(b"\n");
                if blank && at > 0 {
                    return at;
                }
                at = token.span.end;
            }
            _ => break,
        }
    }
    at
}

/// Behind the imports that stand before the first expression.
fn behind_imports(source: &Source) -> usize {
    let before = |number: &usize| source.tokens[*number].span.start < source.first;
    let last = import_statements(source).filter(before).last();
    last.map_or_else(|| behind_header(source), |number| statement_end(source, number))
}
