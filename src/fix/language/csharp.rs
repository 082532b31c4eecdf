//! C#.

use super::java::replaced_later;
use super::{Admission, Language, Moved, Need, Piece, Reading, Site, Surround, c_comment, quoted};
use crate::fix::edit::{self, Edit};
use crate::fix::lexer::{Escape, Form, Token};
use crate::fix::lookup::{Lookup, Wanted};
use bstr::ByteSlice;

pub(super) struct CSharp;

impl Language for CSharp {
    fn comment(&self, text: &[u8], at: usize) -> Option<usize> {
        c_comment(text, at)
    }

    fn opening(&self, text: &[u8], at: usize, _: Option<&Token>) -> Option<Form> {
        if text[at] == b'\'' {
            return Some(Form::quoted("'", "'"));
        }
        let signs = text[at..].iter().take_while(|b| matches!(b, b'@' | b'$')).count();
        let quotes = text[at + signs..].iter().take_while(|b| **b == b'"').count();
        if quotes == 0 {
            return None;
        }
        let raw = quotes >= 3;
        let length = signs + if raw { quotes } else { 1 };
        let open = text[at..at + length].to_str().ok()?;
        let close = &open[signs..];
        let form = Form::quoted(open, close);
        let form = match (raw, open.contains('@')) {
            (true, _) => form.over_lines().escaped(Escape::None),
            (_, true) => form.over_lines().escaped(Escape::Doubled),
            _ => form,
        };
        Some(if open.contains('$') { form.with_hole("{", true) } else { form })
    }

    fn admit(&self, site: &Site) -> Result<Admission, &'static str> {
        if matches!(site.previous(), "case" | "is") || site.next() == "=>" && site.previous() != "="
        {
            return Err("a pattern takes constants only");
        }
        if is_attribute(site) {
            return Err("an attribute takes constants only");
        }
        if is_default(site) {
            return default(site);
        }
        let first = site.statement(|_| false);
        let Some(constant) = (first..site.index).find(|token| site.word(*token) == "const") else {
            return Ok(Admission::any());
        };
        let word = &site.tokens[constant].span;
        let local = !in_type(site);
        let edit = if local {
            let blanks = site.text[word.end..].iter().take_while(|b| **b == b' ').count();
            Edit::delete(word.start..word.end + blanks)
        } else {
            Edit::replace(word.clone(), "static readonly")
        };
        Ok(Admission::Expression(Surround {
            edits: vec![edit],
            review: Some(
                "it is no constant any more: attributes, patterns and defaults cannot use it",
            ),
            ..Surround::default()
        }))
    }

    fn read(&self, wanted: &Wanted, site: &Site) -> Result<Reading, &'static str> {
        let stored = |text: &str| {
            Reading::plain(format!("StoredSecrets.Get({})", quoted(wanted.stored())))
                .with(Need::File { name: "StoredSecrets.cs", text: text.to_owned() })
        };
        Ok(match wanted.lookup {
            Lookup::Environment => {
                let system = if has_line(site.text, "using System;") { "" } else { "System." };
                let name = quoted(wanted.variable());
                Reading::plain(format!("{system}Environment.GetEnvironmentVariable({name})"))
            }
            Lookup::SecretsManager => {
                stored(SECRETS).reviewed("run `dotnet add package AWSSDK.SecretsManager.Caching`")
            }
            Lookup::ParameterStore => stored(PARAMETERS)
                .reviewed("run `dotnet add package AWSSDK.SimpleSystemsManagement`"),
        })
    }

    /// A raw literal over several lines cannot be taken apart within a line.
    fn weave(&self, site: &Site, pieces: &[Piece]) -> Result<Option<Vec<Edit>>, &'static str> {
        let Some(literal) = site.literal() else { return Ok(None) };
        if is_default(site) {
            return filled_in(site, pieces).map(Some);
        }
        if literal.form.close.len() < 3 {
            return Ok(None);
        }
        if literal.form.hole.is_some() {
            return Err("it stands in a raw literal with expressions");
        }
        Ok(Some(replaced_later(site, pieces, "Replace")))
    }
}

fn has_line(text: &[u8], line: &str) -> bool {
    text.lines().any(|own| own.trim() == line.as_bytes())
}

/// Whether the literal is an argument of an attribute: `[Name("…")]` where no value is looked up.
fn is_attribute(site: &Site) -> bool {
    let Some((_, Some(before))) = site.callee() else { return false };
    let open = match site.word(before) {
        "[" => before,
        ":" | "," => match site.opener(before) {
            Some(open) if site.word(open) == "[" => open,
            _ => return false,
        },
        _ => return false,
    };
    match site.before(open).map_or("", |token| site.word(token)) {
        "" | "]" | "{" | "}" | ";" | "," | "(" => site
            .closer(open)
            .and_then(|close| site.behind(close))
            .is_some_and(|next| !matches!(site.word(next), ";" | "," | ")" | ".")),
        _ => false,
    }
}

/// Whether the literal is the default of a parameter: `(string key = "…")`.
fn is_default(site: &Site) -> bool {
    if site.previous() != "=" {
        return false;
    }
    let Some(open) = site.opener(site.index).filter(|open| site.word(*open) == "(") else {
        return false;
    };
    let Some(close) = site.closer(open) else { return false };
    let declares = matches!(
        site.behind(close).map_or("", |token| site.word(token)),
        "{" | "=" | ":" | "where" | ";"
    );
    // `Type name =` where an argument has `name =` only.
    let equals = site.before(site.index);
    let name = equals.and_then(|token| site.before(token));
    let kind = name.and_then(|token| site.before(token)).map_or("", |token| site.word(token));
    declares && !matches!(kind, "" | "(" | ",")
}

/// The default of a parameter becomes nothing, which the body's first statement fills in.
fn default(site: &Site) -> Result<Admission, &'static str> {
    const CONSTANT: &str = "the default of a parameter has to be a constant";
    let (name, at, indent) = body(site).ok_or(CONSTANT)?;
    if !site.whole {
        return Ok(Admission::review("the default names what the body puts in its place"));
    }
    Ok(Admission::Expression(Surround {
        edits: vec![Edit::replace(site.span(), "null")],
        moved: Some(Moved { at, before: format!("\n{indent}{name} ??= "), behind: ";" }),
        review: Some("the parameter may be null now"),
        brackets: None,
    }))
}

/// The name of the parameter whose default the literal is, where the body of its function begins, and the
/// margin there.
fn body<'a>(site: &Site<'a>) -> Option<(&'a str, usize, &'a str)> {
    let name = site.before(site.index).and_then(|equals| site.before(equals))?;
    let close = site.closer(site.opener(site.index)?)?;
    let body = site.behind(close).filter(|token| site.word(*token) == "{")?;
    let line = edit::line_at(site.text, site.tokens[site.behind(body)?].span.start);
    Some((site.word(name), site.tokens[body].span.end, edit::indent(&site.text[line])))
}

/// Names in a default, which the body's first statement puts values in the place of.
fn filled_in(site: &Site, pieces: &[Piece]) -> Result<Vec<Edit>, &'static str> {
    let (name, at, indent) = body(site).ok_or("the default of a parameter has to be a constant")?;
    let mut edits = Vec::new();
    for piece in pieces {
        let mark = format!("{{{}}}", piece.name);
        let statement = format!("\n{indent}{name} = {name}.Replace(\"{mark}\", {});", piece.code);
        edits.push(Edit::replace(piece.span.clone(), mark));
        edits.push(Edit::insert(at, statement));
    }
    Ok(edits)
}

/// Whether the literal stands directly in a class or its like, and not in a method.
fn in_type(site: &Site) -> bool {
    let mut open = site.opener(site.index);
    while let Some(bracket) = open.filter(|open| site.word(*open) != "{") {
        open = site.opener(bracket);
    }
    let Some(open) = open else { return false };
    let mut token = open;
    while let Some(before) = site.before(token) {
        match site.word(before) {
            "class" | "struct" | "record" | "interface" => return true,
            ";" | "{" | "}" | "=>" => return false,
            ")" => {
                let Some(opening) = site.opener(before) else { return false };
                token = opening;
                continue;
            }
            _ => {}
        }
        token = before;
    }
    false
}

const SECRETS: &str = "\
using Amazon.SecretsManager.Extensions.Caching;

/// <summary>
/// Reads secrets from AWS Secrets Manager. Values are kept in memory for an hour; the AWS SDK tries calls that
/// are throttled again, with back-off.
/// </summary>
internal static class StoredSecrets
{
    private static readonly SecretsManagerCache Cache = new SecretsManagerCache();

    internal static string Get(string name) => Cache.GetSecretString(name).GetAwaiter().GetResult();
}
";

const PARAMETERS: &str = "\
using System;
using System.Collections.Concurrent;
using Amazon.SimpleSystemsManagement;
using Amazon.SimpleSystemsManagement.Model;

/// <summary>
/// Reads parameters from AWS Systems Manager Parameter Store. Values are kept in memory for five minutes; the
/// AWS SDK tries calls that are throttled again, with back-off.
/// </summary>
internal static class StoredSecrets
{
    private static readonly AmazonSimpleSystemsManagementClient Client = new AmazonSimpleSystemsManagementClient();

    private static readonly ConcurrentDictionary<string, (string Value, DateTime Until)> Values =
        new ConcurrentDictionary<string, (string Value, DateTime Until)>();

    internal static string Get(string name)
    {
        if (Values.TryGetValue(name, out var kept) && DateTime.UtcNow < kept.Until)
        {
            return kept.Value;
        }
        var request = new GetParameterRequest { Name = name, WithDecryption = true };
        var value = Client.GetParameterAsync(request).GetAwaiter().GetResult().Parameter.Value;
        Values[name] = (value, DateTime.UtcNow.AddMinutes(5));
        return value;
    }
}
";
