//! PHP.

use super::ruby::between;
use super::{
    Admission, Language, Need, Reading, Site, Source, Surround, block_comment, has, line_comment,
};
use crate::fix::edit::Edit;
use crate::fix::lexer::{Form, Heredoc, Kind, Token};
use crate::fix::lookup::{Lookup, Wanted};
use bstr::ByteSlice;
use std::ops::Range;

pub(super) struct Php;

impl Language for Php {
    fn comment(&self, text: &[u8], at: usize) -> Option<usize> {
        match text[at] {
            b'#' if !has(text, at, "#[") => Some(line_comment(text, at)),
            b'/' if has(text, at, "//") => Some(line_comment(text, at)),
            b'/' if has(text, at, "/*") => Some(block_comment(text, at, b"*/")),
            _ => None,
        }
    }

    fn opening(&self, text: &[u8], at: usize, _: Option<&Token>) -> Option<Form> {
        Some(match text[at] {
            b'\'' => Form::quoted("'", "'").over_lines(),
            b'"' => Form::quoted("\"", "\"").over_lines(),
            b'`' => Form::quoted("`", "`").over_lines(),
            b'<' if has(text, at, "<<<") => return heredoc(&text[at..]),
            _ => return None,
        })
    }

    fn parts(&self, text: &[u8]) -> Vec<Range<usize>> {
        between(text, &["<?php", "<?="], "?>")
    }

    fn admit(&self, site: &Site) -> Result<Admission, &'static str> {
        let literal = site.literal().ok_or("it is no literal")?;
        if literal.form.open == "`" {
            return Err("it stands in a command");
        }
        if literal.form.heredoc.is_some() {
            return Err("a heredoc of PHP takes variables only: set one before it");
        }
        let first = site.statement(|_| false);
        let mut words: Vec<_> = site.words(first).collect();
        while words.first() == Some(&"php") {
            words.remove(0);
        }
        if words.contains(&"const") {
            return constant(site, first);
        }
        if words.first() == Some(&"case") {
            return Err("`case` takes constants only");
        }
        if words.contains(&"function") || words.contains(&"fn") && site.previous() == "=" {
            return Err("the default of a parameter has to be a constant");
        }
        let property = ["public", "protected", "private", "var", "static", "readonly", "final"];
        if words.first().is_some_and(|word| property.contains(word)) {
            return Err(
                "the default of a property has to be a constant: set it in the constructor",
            );
        }
        Ok(Admission::any())
    }

    fn read(&self, wanted: &Wanted, site: &Site) -> Result<Reading, &'static str> {
        let stored = |text: &str| {
            Reading::plain(format!("\\stored_secret('{}')", wanted.stored()))
                .with(Need::Import("require_once __DIR__ . '/stored_secrets.php';"))
                .with(Need::File { name: "stored_secrets.php", text: text.to_owned() })
                .reviewed("run `composer require aws/aws-sdk-php`")
        };
        Ok(match wanted.lookup {
            Lookup::Environment if is_laravel(site) => {
                Reading::plain(format!("env('{}')", wanted.variable()))
            }
            Lookup::Environment => Reading::plain(format!("getenv('{}')", wanted.variable())),
            Lookup::SecretsManager => stored(SECRETS),
            Lookup::ParameterStore => stored(PARAMETERS),
        })
    }

    fn join(&self) -> &'static str {
        " . "
    }

    fn provide(&self, need: &Need, source: &Source) -> Vec<Edit> {
        let Need::Import(line) = need else { return Vec::new() };
        if source.text.contains_str(line) {
            return Vec::new();
        }
        // Behind `namespace` and `declare`, which have to be first.
        let first = |word: &[u8]| {
            let token =
                source.tokens.iter().position(|token| &source.text[token.span.clone()] == word)?;
            let end = source.tokens[token..]
                .iter()
                .find(|token| &source.text[token.span.clone()] == b";")?;
            Some(end.span.end)
        };
        let at = first(b"namespace").max(first(b"declare"));
        let open = source.text.find("<?php").map_or(0, |at| at + 5);
        vec![Edit::insert(at.unwrap_or(open), format!("\n{line}"))]
    }
}

/// A constant of a class becomes a function of that name, and what reads it calls it.
fn constant(site: &Site, first: usize) -> Result<Admission, &'static str> {
    const ONLY: &str = "`const` takes constants only: make it a function, or use define()";
    let word = (first..site.index).find(|token| site.word(*token) == "const").ok_or(ONLY)?;
    let name = site.before(site.index).and_then(|equals| site.before(equals)).ok_or(ONLY)?;
    let in_class = site.opener(site.index).is_some_and(|open| site.word(open) == "{");
    if !in_class || site.previous() != "=" || site.next() != ";" || !site.whole || name - word > 3 {
        return Err(ONLY);
    }
    let named = site.word(name);
    let mut edits = vec![
        Edit::replace(
            site.tokens[word].span.start..site.span().start,
            format!("static function {named}() {{ return "),
        ),
        Edit::insert(site.tokens[site.behind(site.index).ok_or(ONLY)?].span.end, " }"),
    ];
    for token in (2..site.tokens.len()).filter(|token| site.word(*token) == named) {
        let colons = site.word(token - 1) == ":" && site.word(token - 2) == ":";
        let called = site.behind(token).is_some_and(|next| site.word(next) == "(");
        if colons && !called {
            edits.push(Edit::insert(site.tokens[token].span.end, "()"));
        }
    }
    Ok(Admission::Expression(Surround {
        edits,
        review: Some("the constant is a function now: other files that read it have to call it"),
        ..Surround::default()
    }))
}

/// Whether a file is a part of Laravel's configuration, where `env` reads variables.
fn is_laravel(site: &Site) -> bool {
    let in_config = site.path.starts_with("config/") || site.path.contains("/config/");
    let returns = site.tokens.iter().find(|token| token.kind == Kind::Word);
    let calls = site.text.contains_str("env(");
    in_config && returns.is_some() && calls && !site.text.contains_str("getenv(")
}

/// `<<<WORD` and `<<<'WORD'`.
fn heredoc(rest: &[u8]) -> Option<Form> {
    let after = rest[3..].trim_ascii_start();
    let quote = after.first().filter(|b| matches!(b, b'\'' | b'"')).copied();
    let named = if quote.is_some() { &after[1..] } else { after };
    let length = named.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
    if length == 0 {
        return None;
    }
    let word = named[..length].to_str().ok()?.to_owned();
    let open = rest.len() - named.len() + length + usize::from(quote.is_some());
    let form = Form::quoted(rest.get(..open)?.to_str().ok()?, "").over_lines();
    Some(Form { heredoc: Some(Heredoc { word, indented: true }), ..form })
}

const SECRETS: &str = "<?php

use Aws\\SecretsManager\\SecretsManagerClient;

/**
 * Reads a secret from AWS Secrets Manager, once a request. The AWS SDK tries calls that are throttled again,
 * with back-off.
 */
function stored_secret(string $name): string
{
    static $values = [];
    static $client = null;
    $client ??= new SecretsManagerClient([
        'version' => 'latest',
        'retries' => ['mode' => 'standard', 'max_attempts' => 5],
    ]);
    return $values[$name] ??= $client->getSecretValue(['SecretId' => $name])['SecretString'];
}
";

const PARAMETERS: &str = "<?php

use Aws\\Ssm\\SsmClient;

/**
 * Reads a parameter from AWS Systems Manager Parameter Store, once a request. The AWS SDK tries calls that are
 * throttled again, with back-off.
 */
function stored_secret(string $name): string
{
    static $values = [];
    static $client = null;
    $client ??= new SsmClient([
        'version' => 'latest',
        'retries' => ['mode' => 'standard', 'max_attempts' => 5],
    ]);
    return $values[$name] ??= $client->getParameter(['Name' => $name, 'WithDecryption' => true])['Parameter']['Value'];
}
";
