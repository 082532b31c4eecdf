//! Go.

use super::{Admission, Language, Moved, Need, Reading, Site, Source, Surround, c_comment, quoted};
use crate::fix::edit::{self, Edit};
use crate::fix::lexer::{Escape, Form, Kind, Token};
use crate::fix::lookup::{Lookup, Wanted};
use bstr::ByteSlice;

pub(super) struct Go;

impl Language for Go {
    fn comment(&self, text: &[u8], at: usize) -> Option<usize> {
        c_comment(text, at)
    }

    fn opening(&self, text: &[u8], at: usize, _: Option<&Token>) -> Option<Form> {
        Some(match text[at] {
            b'"' => Form::quoted("\"", "\""),
            b'`' => Form::quoted("`", "`").over_lines().escaped(Escape::None),
            b'\'' => Form::quoted("'", "'"),
            _ => return None,
        })
    }

    fn admit(&self, site: &Site) -> Result<Admission, &'static str> {
        let opener = site.opener(site.index);
        let header = opener.and_then(|open| site.before(open)).map_or("", |word| site.word(word));
        if header == "import" || site.previous() == "import" {
            return Err("it names a package");
        }
        let is_tag = header == "struct" && site.literal().is_some_and(|text| text.form.open == "`");
        if is_tag {
            return Err("a tag of a field takes constants only");
        }
        if header == "const" {
            return constant_of_block(site, opener.unwrap_or_default());
        }
        let line = edit::line_at(site.text, site.span().start);
        let word = site.tokens.iter().position(|token| {
            line.contains(&token.span.start) && &site.text[token.span.clone()] == b"const"
        });
        let Some(word) = word else { return Ok(Admission::any()) };
        Ok(Admission::Expression(Surround {
            edits: vec![Edit::replace(site.tokens[word].span.clone(), "var")],
            review: Some("it is a variable now"),
            ..Surround::default()
        }))
    }

    fn read(&self, wanted: &Wanted, site: &Site) -> Result<Reading, &'static str> {
        let stored = |text: &str| {
            Reading::plain(format!("storedSecret({})", quoted(wanted.stored()))).with(Need::File {
                name: "stored_secrets.go",
                text: format!("package {}\n\n{text}", package(site.text)),
            })
        };
        Ok(match wanted.lookup {
            Lookup::Environment => Reading::plain(format!("os.Getenv({})", quoted(wanted.variable())))
                .with(Need::Import("os")),
            Lookup::SecretsManager => stored(SECRETS)
                .reviewed("run `go get github.com/aws/aws-secretsmanager-caching-go/v2`"),
            Lookup::ParameterStore => stored(PARAMETERS).reviewed(
                "run `go get github.com/aws/aws-sdk-go-v2/config github.com/aws/aws-sdk-go-v2/service/ssm`",
            ),
        })
    }

    fn provide(&self, need: &Need, source: &Source) -> Vec<Edit> {
        let Need::Import(package) = need else { return Vec::new() };
        let path = quoted(package);
        let is_margin =
            |token: &Token| token.span.start == 0 || source.text[token.span.start - 1] == b'\n';
        let word = |token: &Token, word: &str| {
            is_margin(token) && &source.text[token.span.clone()] == word.as_bytes()
        };
        let imports: Vec<usize> =
            (0..source.tokens.len()).filter(|n| word(&source.tokens[*n], "import")).collect();
        let names = |number: usize| -> Vec<&Token> { imported(source, number) };
        if imports
            .iter()
            .flat_map(|n| names(*n))
            .any(|token| source.text[token.span.clone()] == *path.as_bytes())
        {
            return Vec::new();
        }
        let Some(first) = imports.first() else {
            let clause = source.tokens.iter().find(|token| word(token, "package"));
            let line = clause.map_or(0..0, |token| edit::line_at(source.text, token.span.start));
            return vec![Edit::insert(line.end, format!("\n\nimport {path}"))];
        };
        let is_block =
            source.tokens.get(first + 1).is_some_and(|t| source.text[t.span.start] == b'(');
        if !is_block {
            return vec![Edit::insert(
                source.tokens[*first].span.start,
                format!("import {path}\n"),
            )];
        }
        in_order(source, &names(*first), &path)
    }
}

/// The literals that an import names.
fn imported<'a>(source: &'a Source, number: usize) -> Vec<&'a Token> {
    let rest = &source.tokens[number + 1..];
    let is_block = rest.first().is_some_and(|token| source.text[token.span.start] == b'(');
    let end = |token: &&Token| {
        if is_block { source.text[token.span.start] != b')' } else { token.kind != Kind::LineEnd }
    };
    let tokens = rest.iter().take_while(end);
    tokens.filter(|token| matches!(token.kind, Kind::Literal(_))).collect()
}

/// A line in a block of imports, before the first that comes behind it in the alphabet.
fn in_order(source: &Source, imported: &[&Token], path: &str) -> Vec<Edit> {
    let behind = imported.iter().find(|token| &source.text[token.span.clone()] > path.as_bytes());
    let Some(token) = behind.or(imported.last()) else { return Vec::new() };
    let line = edit::whole_line_at(source.text, token.span.start);
    let at = if behind.is_some() { line.start } else { line.end };
    vec![Edit::insert(at, format!("\t{path}\n"))]
}

/// The name of a file's package.
fn package(text: &[u8]) -> String {
    let mut lines = text.lines();
    let name = lines.find_map(|line| line.strip_prefix(b"package "));
    let name = name.and_then(|name| name.fields().next()).unwrap_or(b"main");
    name.to_str_lossy().into_owned()
}

/// A line of `const ( … )` leaves the block.
fn constant_of_block(site: &Site, open: usize) -> Result<Admission, &'static str> {
    let line = edit::line_at(site.text, site.span().start);
    let on_line: Vec<usize> = (0..site.tokens.len())
        .filter(|token| {
            let token = &site.tokens[*token];
            line.contains(&token.span.start) && !matches!(token.kind, Kind::Comment | Kind::LineEnd)
        })
        .collect();
    let name = on_line.first().map_or("", |token| site.word(*token));
    let is_alone = on_line.last() == Some(&site.index)
        && site.previous() == "="
        && site.whole
        && on_line.len() <= 4
        && site.tokens[site.index].span.end <= line.end;
    let Some(close) = site.closer(open).filter(|_| is_alone) else {
        return Err("it is one of several constants, and would have to leave them");
    };
    // A comment behind it stays.
    let whole = edit::whole_line_at(site.text, site.span().start);
    let item = if site.text[site.span().end..line.end].trim().is_empty() {
        whole
    } else {
        site.tokens[on_line[0]].span.start..site.span().end
    };
    let typed = on_line[1..].iter().map(|token| site.word(*token)).find(|word| *word == "string");
    let kind = typed.map_or_else(String::new, |kind| format!(" {kind}"));
    Ok(Admission::Expression(Surround {
        edits: vec![Edit::delete(item)],
        moved: Some(Moved {
            at: site.tokens[close].span.end,
            before: format!("\n\nvar {name}{kind} = "),
            behind: "",
        }),
        review: Some("it is a variable now, and out of its block"),
        brackets: None,
    }))
}

const SECRETS: &str = "\
import (
\t\"fmt\"
\t\"sync\"

\t\"github.com/aws/aws-secretsmanager-caching-go/v2/secretcache\"
)

var secretCache = sync.OnceValues(func() (*secretcache.Cache, error) { return secretcache.New() })

// storedSecret reads a secret from AWS Secrets Manager. Values are kept in memory for an hour; the AWS SDK
// tries calls that are throttled again, with back-off.
func storedSecret(name string) string {
\tcache, err := secretCache()
\tif err != nil {
\t\tpanic(fmt.Errorf(\"no cache of secrets: %w\", err))
\t}
\tvalue, err := cache.GetSecretString(name)
\tif err != nil {
\t\tpanic(fmt.Errorf(\"secret %s: %w\", name, err))
\t}
\treturn value
}
";

const PARAMETERS: &str = "\
import (
\t\"context\"
\t\"fmt\"
\t\"sync\"
\t\"time\"

\t\"github.com/aws/aws-sdk-go-v2/aws\"
\t\"github.com/aws/aws-sdk-go-v2/config\"
\t\"github.com/aws/aws-sdk-go-v2/service/ssm\"
)

type storedValue struct {
\tvalue string
\tuntil time.Time
}

var (
\tstoredMutex  sync.Mutex
\tstoredValues = map[string]storedValue{}
)

// storedSecret reads a parameter from AWS Systems Manager Parameter Store. Values are kept in memory for five
// minutes; the AWS SDK tries calls that are throttled again, with back-off.
func storedSecret(name string) string {
\tstoredMutex.Lock()
\tdefer storedMutex.Unlock()
\tif stored, ok := storedValues[name]; ok && time.Now().Before(stored.until) {
\t\treturn stored.value
\t}
\tctx := context.Background()
\tsettings, err := config.LoadDefaultConfig(ctx)
\tif err != nil {
\t\tpanic(fmt.Errorf(\"parameter %s: %w\", name, err))
\t}
\tinput := &ssm.GetParameterInput{Name: aws.String(name), WithDecryption: aws.Bool(true)}
\toutput, err := ssm.NewFromConfig(settings).GetParameter(ctx, input)
\tif err != nil {
\t\tpanic(fmt.Errorf(\"parameter %s: %w\", name, err))
\t}
\tvalue := aws.ToString(output.Parameter.Value)
\tstoredValues[name] = storedValue{value, time.Now().Add(5 * time.Minute)}
\treturn value
}
";
