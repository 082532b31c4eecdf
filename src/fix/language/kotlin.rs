//! Kotlin.

use super::java::{NO_CONSTANT, annotated, package};
use super::{Admission, Language, Need, Reading, Site, Surround, c_comment, has, quoted};
use crate::fix::edit::Edit;
use crate::fix::lexer::{Escape, Form, Literal, Token};
use crate::fix::lookup::{Lookup, Wanted};

pub(super) struct Kotlin;

impl Language for Kotlin {
    fn comment(&self, text: &[u8], at: usize) -> Option<usize> {
        c_comment(text, at)
    }

    fn opening(&self, text: &[u8], at: usize, _: Option<&Token>) -> Option<Form> {
        Some(match text[at] {
            b'"' if has(text, at, "\"\"\"") => {
                let raw = Form::quoted("\"\"\"", "\"\"\"").over_lines().escaped(Escape::None);
                raw.with_hole("${", false)
            }
            b'"' => Form::quoted("\"", "\"").with_hole("${", false),
            b'\'' => Form::quoted("'", "'"),
            _ => return None,
        })
    }

    fn admit(&self, site: &Site) -> Result<Admission, &'static str> {
        if let Some(admission) = annotated(site, ("\\${", "}")) {
            return admission;
        }
        let first = site.statement(|_| false);
        let constant = (first..site.index).find(|token| site.word(*token) == "const");
        // The lines before it belong to the same statement, as nothing ends them.
        let constant = constant.filter(|token| {
            let names = (*token..site.index).filter(|token| site.word(*token) == "val");
            names.count() == 1
        });
        let Some(constant) = constant else { return Ok(Admission::any()) };
        let word = &site.tokens[constant].span;
        let blanks = site.text[word.end..].iter().take_while(|b| **b == b' ').count();
        Ok(Admission::Expression(Surround {
            edits: vec![Edit::delete(word.start..word.end + blanks)],
            review: Some(NO_CONSTANT),
            ..Surround::default()
        }))
    }

    fn read(&self, wanted: &Wanted, site: &Site) -> Result<Reading, &'static str> {
        let stored = |text: &str| {
            Reading::plain(format!("StoredSecrets.get({})", quoted(wanted.stored()))).with(
                Need::File {
                    name: "StoredSecrets.kt",
                    text: format!("{}{text}", package(site.text, "")),
                },
            )
        };
        Ok(match wanted.lookup {
            Lookup::Environment => {
                Reading::plain(format!("System.getenv({})", quoted(wanted.variable())))
            }
            Lookup::SecretsManager => stored(SECRETS).reviewed(
                "add com.amazonaws.secretsmanager:aws-secretsmanager-caching-java to the build",
            ),
            Lookup::ParameterStore => stored(PARAMETERS)
                .reviewed("add software.amazon.lambda:powertools-parameters-ssm to the build"),
        })
    }

    fn embed(&self, code: &str, literal: &Literal) -> Option<String> {
        literal.form.hole.map(|_| format!("${{{code}}}"))
    }
}

const SECRETS: &str = "\
import com.amazonaws.secretsmanager.caching.SecretCache

/**
 * Reads secrets from AWS Secrets Manager. Values are kept in memory for an hour; the AWS SDK tries calls that
 * are throttled again, with back-off.
 */
internal object StoredSecrets {
    private val cache = SecretCache()

    fun get(name: String): String = cache.getSecretString(name)
}
";

const PARAMETERS: &str = "\
import java.time.temporal.ChronoUnit
import software.amazon.lambda.powertools.parameters.ssm.SSMProvider

/**
 * Reads secrets from AWS Systems Manager Parameter Store. Values are kept in memory for five minutes; the AWS
 * SDK tries calls that are throttled again, with back-off.
 */
internal object StoredSecrets {
    private val provider = SSMProvider.builder().build()

    fun get(name: String): String =
        provider.withDecryption().withMaxAge(5, ChronoUnit.MINUTES).get(name)
}
";
