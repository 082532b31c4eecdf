//! Java.

use super::{Admission, Language, Need, Piece, Reading, Site, c_comment, has, quoted};
use crate::fix::edit::Edit;
use crate::fix::lexer::{Form, Token};
use crate::fix::lookup::{Lookup, Wanted};
use bstr::ByteSlice;

pub(super) struct Java;

impl Language for Java {
    fn comment(&self, text: &[u8], at: usize) -> Option<usize> {
        c_comment(text, at)
    }

    fn opening(&self, text: &[u8], at: usize, _: Option<&Token>) -> Option<Form> {
        Some(match text[at] {
            b'"' if has(text, at, "\"\"\"") => Form::quoted("\"\"\"", "\"\"\"").over_lines(),
            b'"' => Form::quoted("\"", "\""),
            b'\'' => Form::quoted("'", "'"),
            _ => return None,
        })
    }

    fn admit(&self, site: &Site) -> Result<Admission, &'static str> {
        if let Some(admission) = annotated(site, ("${", "}")) {
            return admission;
        }
        if site.previous() == "case" {
            return Err("`case` takes constants only");
        }
        let first = site.statement(|_| false);
        let words: Vec<_> = site.words(first).collect();
        if words.contains(&"static") && words.contains(&"final") {
            return Ok(Admission::review(NO_CONSTANT));
        }
        Ok(Admission::any())
    }

    fn read(&self, wanted: &Wanted, site: &Site) -> Result<Reading, &'static str> {
        let name = wanted.stored();
        Ok(match wanted.lookup {
            Lookup::Environment => {
                Reading::plain(format!("System.getenv({})", quoted(wanted.variable())))
            }
            Lookup::SecretsManager => {
                let text = format!("{}{SECRETS}", package(site.text, ";"));
                Reading::plain(format!("StoredSecrets.get({})", quoted(name)))
                    .with(Need::File { name: "StoredSecrets.java", text })
                    .reviewed(
                        "add com.amazonaws.secretsmanager:aws-secretsmanager-caching-java to the build",
                    )
            }
            Lookup::ParameterStore => {
                let text = format!("{}{PARAMETERS}", package(site.text, ";"));
                Reading::plain(format!("StoredSecrets.get({})", quoted(name)))
                    .with(Need::File { name: "StoredSecrets.java", text })
                    .reviewed("add software.amazon.lambda:powertools-parameters-ssm to the build")
            }
        })
    }

    /// A text block cannot be taken apart within a line.
    fn weave(&self, site: &Site, pieces: &[Piece]) -> Result<Option<Vec<Edit>>, &'static str> {
        let block = site.literal().is_some_and(|literal| literal.form.close.len() == 3);
        Ok(block.then(|| replaced_later(site, pieces, "replace")))
    }
}

/// What a constant loses.
pub(super) const NO_CONSTANT: &str =
    "it is known at run time only now: annotations and `case` labels cannot use it any more";

const SECRETS: &str = "\
import com.amazonaws.secretsmanager.caching.SecretCache;

/**
 * Reads secrets from AWS Secrets Manager. Values are kept in memory for an hour; the AWS SDK tries calls that
 * are throttled again, with back-off.
 */
final class StoredSecrets {
    private static final SecretCache CACHE = new SecretCache();

    private StoredSecrets() {}

    static String get(String name) {
        return CACHE.getSecretString(name);
    }
}
";

const PARAMETERS: &str = "\
import java.time.temporal.ChronoUnit;
import software.amazon.lambda.powertools.parameters.ssm.SSMProvider;

/**
 * Reads secrets from AWS Systems Manager Parameter Store. Values are kept in memory for five minutes; the AWS
 * SDK tries calls that are throttled again, with back-off.
 */
final class StoredSecrets {
    private static final SSMProvider PROVIDER = SSMProvider.builder().build();

    private StoredSecrets() {}

    static String get(String name) {
        return PROVIDER.withDecryption().withMaxAge(5, ChronoUnit.MINUTES).get(name);
    }
}
";

/// The line that puts another file into the same package.
pub(super) fn package(text: &[u8], end: &str) -> String {
    let mut lines = text.lines().map(<[u8]>::trim_ascii);
    let named = lines.find_map(|line| line.strip_prefix(b"package "));
    let named = named.map(|name| name.to_str_lossy().trim_end_matches(';').trim().to_owned());
    named.map_or_else(String::new, |name| format!("package {name}{end}\n\n"))
}

/// What an annotation takes, if the literal is in one: Spring's `@Value` reads a variable by its name.
pub(super) fn annotated(
    site: &Site,
    (open, close): (&'static str, &'static str),
) -> Option<Result<Admission, &'static str>> {
    let (name, before) = site.callee()?;
    let before = before.filter(|before| site.word(*before) == "@")?;
    let adjacent = site.tokens[before].span.end == site.tokens.get(before + 1)?.span.start;
    let taken = match name {
        "Value" => Ok(Admission::Text(open, close)),
        _ => Err("an annotation takes constants only"),
    };
    adjacent.then_some(taken)
}

/// Names in the literal, and calls behind it that put the values in their places.
pub(super) fn replaced_later(site: &Site, pieces: &[Piece], method: &str) -> Vec<Edit> {
    let mut edits = Vec::new();
    let mut calls = String::new();
    for piece in pieces {
        let mark = format!("{{{}}}", piece.name);
        let call = format!(".{method}(\"{mark}\", {})", piece.code);
        edits.push(Edit::replace(piece.span.clone(), mark));
        if !calls.contains(&call) {
            calls.push_str(&call);
        }
    }
    edits.push(Edit::insert(site.span().end, calls));
    edits
}
