//! HCL, as Terraform uses it.

use super::{Admission, Language, Need, Piece, Reading, Site, block_comment, has, line_comment};
use crate::fix::edit::{self, Edit};
use crate::fix::lexer::{Form, Heredoc, Literal, Token};
use crate::fix::lookup::{Lookup, Wanted};
use bstr::ByteSlice;

pub(super) struct Hcl;

impl Language for Hcl {
    fn comment(&self, text: &[u8], at: usize) -> Option<usize> {
        match text[at] {
            b'#' => Some(line_comment(text, at)),
            b'/' if has(text, at, "//") => Some(line_comment(text, at)),
            b'/' if has(text, at, "/*") => Some(block_comment(text, at, b"*/")),
            _ => None,
        }
    }

    fn opening(&self, text: &[u8], at: usize, _: Option<&Token>) -> Option<Form> {
        match text[at] {
            b'"' => Some(Form::quoted("\"", "\"").with_hole("${", false)),
            b'<' if has(text, at, "<<") => heredoc(&text[at..]),
            _ => None,
        }
    }

    fn admit(&self, site: &Site) -> Result<Admission, &'static str> {
        let blocks = blocks(site);
        let inside = |name: &str| blocks.contains(&name);
        if inside("backend") || inside("cloud") {
            return Err(
                "a backend takes no variables: leave it out, and give it with -backend-config or the environment",
            );
        }
        if inside("terraform") {
            return Err("this block takes no variables");
        }
        let key = site.before(site.index).and_then(|equals| site.before(equals));
        let key = key.map_or("", |token| site.word(token));
        if inside("variable") {
            return default(site, key);
        }
        Ok(Admission::any())
    }

    fn read(&self, wanted: &Wanted, _: &Site) -> Result<Reading, &'static str> {
        let name = wanted.variable().to_ascii_lowercase();
        let (code, head, text) = match wanted.lookup {
            Lookup::Environment => (
                format!("var.{name}"),
                format!("variable \"{name}\""),
                format!(
                    "variable \"{name}\" {{\n  description = \"From the environment: TF_VAR_{name}\"\n  type        = string\n  sensitive   = true\n}}\n"
                ),
            ),
            Lookup::SecretsManager => (
                format!("data.aws_secretsmanager_secret_version.{name}.secret_string"),
                format!("data \"aws_secretsmanager_secret_version\" \"{name}\""),
                format!(
                    "data \"aws_secretsmanager_secret_version\" \"{name}\" {{\n  secret_id = \"{}\"\n}}\n",
                    wanted.stored()
                ),
            ),
            Lookup::ParameterStore => (
                format!("data.aws_ssm_parameter.{name}.value"),
                format!("data \"aws_ssm_parameter\" \"{name}\""),
                format!(
                    "data \"aws_ssm_parameter\" \"{name}\" {{\n  name = \"{}\"\n}}\n",
                    wanted.stored()
                ),
            ),
        };
        let reading = Reading::plain(code).with(Need::Block { name: "secrets.tf", head, text });
        Ok(match wanted.lookup {
            Lookup::Environment => reading,
            _ => reading.reviewed(
                "the value is in the state: keep that encrypted, or use a write-only argument",
            ),
        })
    }

    fn embed(&self, code: &str, _: &Literal) -> Option<String> {
        Some(format!("${{{code}}}"))
    }

    /// A heredoc stays one, whatever it holds.
    fn weave(&self, site: &Site, pieces: &[Piece]) -> Result<Option<Vec<Edit>>, &'static str> {
        let edit =
            |piece: &Piece| Edit::replace(piece.span.clone(), format!("${{{}}}", piece.code));
        let heredoc = site.literal().is_some_and(|literal| literal.form.heredoc.is_some());
        Ok(heredoc.then(|| pieces.iter().map(edit).collect()))
    }
}

/// The words that open the blocks around a literal, the innermost first.
fn blocks<'a>(site: &Site<'a>) -> Vec<&'a str> {
    let (mut names, mut token) = (Vec::new(), site.index);
    while let Some(open) = site.opener(token) {
        let line = edit::line_at(site.text, site.tokens[open].span.start);
        let first = (0..=open).find(|token| line.contains(&site.tokens[*token].span.start));
        names.extend(first.map(|first| site.word(first)));
        token = open;
    }
    names
}

/// The default of a variable goes, and the variable becomes a sensitive one.
fn default(site: &Site, key: &str) -> Result<Admission, &'static str> {
    let opener = site.opener(site.index).ok_or("it is in no block")?;
    let line = edit::whole_line_at(site.text, site.span().start);
    let alone = site.span().end <= line.end && site.word(opener) == "{";
    let header = edit::line_at(site.text, site.tokens[opener].span.start);
    let is_variable = site.text[header].starts_with(b"variable");
    if key != "default" || !alone || !is_variable {
        return Err(
            "it is a part of a variable's default: take the default out, and mark it sensitive",
        );
    }
    let close = site.closer(opener).ok_or("its block does not end")?;
    let body = &site.text[site.tokens[opener].span.end..site.tokens[close].span.start];
    let indent = edit::indent(&site.text[line.clone()]).to_owned();
    let one_line = !body.contains(&b'\n');
    if one_line {
        return Err("its block stands on one line");
    }
    let sensitive = body.contains_str("sensitive");
    // In line with the others, if they are in line.
    let equals = memchr::memchr(b'=', &site.text[line.clone()]).unwrap_or_default();
    let width = equals.saturating_sub(indent.len() + 1).max("sensitive".len());
    let text =
        if sensitive { String::new() } else { format!("{indent}{:width$} = true\n", "sensitive") };
    Ok(Admission::Removed { line, text })
}

/// `<<WORD` or `<<-WORD`.
fn heredoc(rest: &[u8]) -> Option<Form> {
    let after = &rest[2..];
    let indented = after.first() == Some(&b'-');
    let named = if indented { &after[1..] } else { after };
    let length = named.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
    let word = named[..length].to_str().ok().filter(|word| !word.is_empty())?.to_owned();
    let open = rest[..rest.len() - named.len() + length].to_str().ok()?;
    let form = Form::quoted(open, "").over_lines().with_hole("${", false);
    Some(Form { heredoc: Some(Heredoc { word, indented: true }), ..form })
}
