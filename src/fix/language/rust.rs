//! Rust.

use super::{Admission, Language, Piece, Reading, Site, Surround, has, line_comment};
use crate::fix::edit::{self, Edit};
use crate::fix::lexer::{Escape, Form, Token};
use crate::fix::lookup::{Lookup, Wanted};
use bstr::ByteSlice;

pub(super) struct Rust;

impl Language for Rust {
    fn comment(&self, text: &[u8], at: usize) -> Option<usize> {
        if has(text, at, "//") {
            return Some(line_comment(text, at));
        }
        has(text, at, "/*").then(|| nested_comment(text, at))
    }

    fn opening(&self, text: &[u8], at: usize, _: Option<&Token>) -> Option<Form> {
        if text[at] == b'\'' {
            let is_character = has(text, at + 1, "\\")
                || text[at + 1..].to_str_lossy().chars().nth(1) == Some('\'');
            return is_character.then(|| Form::quoted("'", "'"));
        }
        let letters =
            text[at..].iter().take_while(|b| matches!(b, b'b' | b'r' | b'c')).take(2).count();
        let raw = text[at..at + letters].contains(&b'r');
        let rest = &text[at + letters..];
        let hashes = if raw { rest.iter().take_while(|b| **b == b'#').count() } else { 0 };
        if rest.get(hashes) != Some(&b'"') {
            return None;
        }
        let open = text[at..=at + letters + hashes].to_str().ok()?;
        let close = format!("\"{}", "#".repeat(hashes));
        let form = Form::quoted(open, &close).over_lines();
        Some(if raw { form.escaped(Escape::None) } else { form })
    }

    fn admit(&self, site: &Site) -> Result<Admission, &'static str> {
        let literal = site.literal().ok_or("it is no literal")?;
        if literal.form.open.starts_with(['b', 'c', '\'']) {
            return Err("it is no literal of text");
        }
        if site.next() == "=" || site.next() == "|" {
            return Err("a pattern takes constants only");
        }
        if let Some(open) = site.opener(site.index) {
            let before = site.before(open).map_or("", |token| site.word(token));
            if site.word(open) == "[" && matches!(before, "#" | "!") {
                return Err("an attribute takes constants only");
            }
            if before == "!" && site.word(open) == "(" && takes_literals(site, open) {
                return Err("the macro around it takes a literal there");
            }
        }
        let attribute =
            site.callee().and_then(|(_, before)| before).map_or("", |token| site.word(token));
        if attribute == "[" {
            return Err("an attribute takes constants only");
        }
        let line = edit::line_at(site.text, site.span().start);
        let first = (0..site.index).find(|token| line.contains(&site.tokens[*token].span.start));
        let words: Vec<_> = first.into_iter().flat_map(|first| site.words(first)).collect();
        let constant = words.iter().find(|word| matches!(**word, "const" | "static"));
        if constant.is_some_and(|_| !words.contains(&"fn")) {
            return constant_item(site, &words);
        }
        Ok(Admission::any())
    }

    fn read(&self, wanted: &Wanted, _: &Site) -> Result<Reading, &'static str> {
        let name = wanted.variable();
        match wanted.lookup {
            Lookup::Environment => {
                Ok(Reading::plain(format!("std::env::var(\"{name}\").expect(\"{name} is set\")")))
            }
            _ => Err(
                "the client of the store is asynchronous: read the value where the runtime starts",
            ),
        }
    }

    fn fit(&self, code: String, site: &Site) -> String {
        if borrows(site) { format!("&{code}") } else { code }
    }

    /// A text is put together by `format!`.
    fn weave(&self, site: &Site, pieces: &[Piece]) -> Result<Option<Vec<Edit>>, &'static str> {
        let Some(literal) = site.literal() else { return Ok(None) };
        let braces = literal.content.clone().filter(|at| matches!(site.text[*at], b'{' | b'}'));
        let outside = |at: &usize| !pieces.iter().any(|piece| piece.span.contains(at));
        let mut edits: Vec<_> = braces
            .filter(outside)
            .map(|at| Edit::insert(at, (site.text[at] as char).to_string()))
            .collect();
        let borrow = if borrows(site) { "&" } else { "" };
        edits.push(Edit::insert(site.span().start, format!("{borrow}format!(")));
        edits.extend(pieces.iter().map(|piece| Edit::replace(piece.span.clone(), "{}")));
        let codes: Vec<_> = pieces.iter().map(|piece| piece.code.as_str()).collect();
        edits.push(Edit::insert(site.span().end, format!(", {})", codes.join(", "))));
        Ok(Some(edits))
    }
}

/// Whether a text stands there that nothing makes a `String` of.
fn borrows(site: &Site) -> bool {
    site.next() != "." && !site.enclosed
}

/// Where a comment that may hold others ends.
fn nested_comment(text: &[u8], at: usize) -> usize {
    let (mut depth, mut here) = (0_usize, at);
    while here < text.len() {
        if has(text, here, "/*") {
            depth += 1;
            here += 2;
        } else if has(text, here, "*/") {
            depth -= 1;
            here += 2;
            if depth == 0 {
                return here;
            }
        } else {
            here += 1;
        }
    }
    here
}

/// Whether the macro whose arguments `open` begins takes a literal there: all but some, and those that format
/// take their first.
fn takes_literals(site: &Site, open: usize) -> bool {
    let bang = site.before(open).unwrap_or_default();
    let name = site.before(bang).map_or("", |token| site.word(token));
    let first = site.before(site.index) == Some(open);
    match name {
        "vec" | "json" | "dbg" | "matches" | "assert_eq" | "assert_ne" | "hashmap" => false,
        "format" | "println" | "print" | "eprintln" | "eprint" | "panic" | "info" | "debug"
        | "warn" | "error" | "trace" => first,
        "write" | "writeln" => {
            site.previous() == ","
                && site.before(site.index).is_some_and(|comma| {
                    site.before(comma).and_then(|token| site.before(token)) == Some(open)
                })
        }
        _ => true,
    }
}

/// A constant of text is read when it is first used.
fn constant_item(site: &Site, words: &[&str]) -> Result<Admission, &'static str> {
    let colon = (0..site.index).rev().find(|token| site.word(*token) == ":");
    let equals = site.before(site.index).filter(|token| site.word(*token) == "=");
    let (Some(colon), Some(equals)) = (colon, equals) else {
        return Err("it is a part of a constant, which takes constants only");
    };
    let named = &site.text[site.tokens[colon].span.end..site.tokens[equals].span.start];
    let is_text = matches!(named.trim(), b"&str" | b"&'static str");
    if !is_text || site.next() != ";" || words.contains(&"let") {
        return Err("it is a part of a constant, which takes constants only");
    }
    let word = (0..colon).rev().find(|token| matches!(site.word(*token), "const" | "static"));
    let word = word.map_or(0..0, |token| site.tokens[token].span.clone());
    Ok(Admission::Expression(Surround {
        edits: vec![
            Edit::replace(word, "static"),
            Edit::replace(
                site.tokens[colon].span.end..site.tokens[equals].span.start,
                " std::sync::LazyLock<String> ",
            ),
        ],
        brackets: Some(("std::sync::LazyLock::new(|| ", ")")),
        review: Some("it is a `LazyLock<String>` now: what uses it may have to borrow it"),
        ..Surround::default()
    }))
}
