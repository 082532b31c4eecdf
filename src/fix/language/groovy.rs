//! Groovy: build scripts of Gradle, and pipelines of Jenkins.

use super::java::annotated;
use super::{Admission, Language, Reading, Site, begins_pattern, c_comment, has, quoted};
use crate::fix::lexer::{Form, Literal, Token};
use crate::fix::lookup::{Lookup, Wanted};

/// Groovy.
pub(super) static GROOVY: Groovy = Groovy { jenkins: false };
/// The pipelines of Jenkins.
pub(super) static JENKINS: Groovy = Groovy { jenkins: true };

pub(super) struct Groovy {
    jenkins: bool,
}

impl Language for Groovy {
    fn comment(&self, text: &[u8], at: usize) -> Option<usize> {
        c_comment(text, at)
    }

    fn opening(&self, text: &[u8], at: usize, before: Option<&Token>) -> Option<Form> {
        Some(match text[at] {
            b'"' if has(text, at, "\"\"\"") => {
                Form::quoted("\"\"\"", "\"\"\"").over_lines().with_hole("${", false)
            }
            b'\'' if has(text, at, "'''") => Form::quoted("'''", "'''").over_lines(),
            b'"' => Form::quoted("\"", "\"").with_hole("${", false),
            b'\'' => Form::quoted("'", "'"),
            b'/' if begins_pattern(text, before) => Form::quoted("/", "/"),
            _ => return None,
        })
    }

    fn admit(&self, site: &Site) -> Result<Admission, &'static str> {
        if let Some(admission) = annotated(site, ("${", "}")) {
            return admission;
        }
        let callee = site.previous();
        if self.jenkins && matches!(callee, "sh" | "bat" | "powershell") {
            // The shell reads the variable: Groovy would put the value into a command that is logged.
            return Ok(Admission::Text("$", ""));
        }
        Ok(Admission::any())
    }

    fn read(&self, wanted: &Wanted, site: &Site) -> Result<Reading, &'static str> {
        if wanted.lookup != Lookup::Environment {
            return Err(
                "there is no client of the store for Groovy: let what starts it set a variable",
            );
        }
        let variable = wanted.variable();
        if !self.jenkins {
            return Ok(Reading::plain(format!("System.getenv({})", quoted(variable))));
        }
        let opener = site.opener(site.index).and_then(|open| site.before(open));
        if opener.is_some_and(|word| site.word(word) == "environment") && site.whole {
            let id = variable.to_ascii_lowercase().replace('_', "-");
            return Ok(Reading::plain(format!("credentials('{id}')"))
                .reviewed("create the credential in Jenkins"));
        }
        Ok(Reading::plain(format!("env.{variable}")).reviewed("bind the credential in Jenkins"))
    }

    fn embed(&self, code: &str, literal: &Literal) -> Option<String> {
        literal.form.hole.map(|_| format!("${{{code}}}"))
    }
}
