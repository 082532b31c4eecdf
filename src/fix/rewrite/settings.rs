//! Settings and other texts in which something that reads them fills in variables.

use super::code::named;
use super::{Change, File, Rewriter, Rewritten};
use crate::fix::edit::Edit;
use crate::fix::language::by_extension;
use crate::fix::lexer::{Kind, tokens};
use crate::fix::lookup::Lookup;
use crate::fix::yaml::{self, Scalar, Style};
use crate::remedy::setting::{CiService, Setting};
use std::ops::Range;

/// How a text names a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// What stands before its name.
    pub open: String,
    /// What stands behind it.
    pub close: String,
    /// Why someone should look at it.
    pub review: Option<&'static str>,
    /// Whether it is the name in the store that stands there.
    pub stored: bool,
}

impl Reference {
    fn new(open: &str, close: &str) -> Self {
        Self { open: open.into(), close: close.into(), review: None, stored: false }
    }

    fn reviewed(self, why: &'static str) -> Self {
        Self { review: Some(why), ..self }
    }

    fn of_store(self) -> Self {
        Self { stored: true, ..self }
    }
}

/// Texts that name variables.
pub struct Settings(pub Reference);

/// The reference for samples: nothing.
#[must_use]
pub fn blank() -> Reference {
    Reference::new("", "")
}

/// How the file names a variable.
#[must_use]
pub fn reference(file: &File) -> Reference {
    match file.setting {
        Setting::Compose => Reference::new("${", ":?}"),
        Setting::Ci(service) => of_ci(service),
        Setting::Ansible => match file.lookup {
            Lookup::Environment => Reference::new("{{ lookup('ansible.builtin.env', '", "') }}"),
            Lookup::SecretsManager => {
                Reference::new("{{ lookup('amazon.aws.secretsmanager_secret', '", "') }}")
                    .of_store()
            }
            Lookup::ParameterStore => {
                Reference::new("{{ lookup('amazon.aws.ssm_parameter', '", "') }}").of_store()
            }
        },
        Setting::CloudFormation => match file.lookup {
            Lookup::ParameterStore => Reference::new("{{resolve:ssm-secure:", "}}")
                .reviewed("CloudFormation takes ssm-secure in some properties only"),
            _ => Reference::new("{{resolve:secretsmanager:", ":SecretString}}"),
        }
        .of_store(),
        Setting::Document | Setting::Message => Reference::new("<", ">"),
        _ => by_name(file),
    }
}

fn of_ci(service: CiService) -> Reference {
    match service {
        CiService::GitHub => Reference::new("${{ secrets.", " }}"),
        CiService::GitLab => Reference::new("$", ""),
        CiService::CodeBuild => {
            Reference::new("$", "").reviewed("name it under env: secrets-manager of the buildspec")
        }
        CiService::Other("Azure Pipelines") => Reference::new("$(", ")"),
        CiService::Other("Drone" | "Woodpecker") => {
            Reference::new("$", "").reviewed("give it to the step with from_secret")
        }
        CiService::Other(_) => {
            Reference::new("$", "").reviewed("set it as a protected variable of the CI service")
        }
    }
}

/// What the readers of well-known files fill in.
fn by_name(file: &File) -> Reference {
    let name = file.name().to_ascii_lowercase();
    let path = format!("/{}", file.path.to_ascii_lowercase());
    let (stem, extension) = name.rsplit_once('.').unwrap_or((&name, ""));
    let yaml = matches!(extension, "yml" | "yaml");
    match name.as_str() {
        _ if is_spring(stem, extension) => Reference::new("${", "}"),
        _ if yaml && path.contains("/config/") && RAILS.contains(&stem) => {
            Reference::new("<%= ENV.fetch('", "') %>")
        }
        _ if yaml && path.contains("/config/packages/") => Reference::new("%env(", ")%"),
        ".npmrc" | ".yarnrc.yml" | ".mcp.json" => Reference::new("${", "}"),
        "settings.xml" | "pom.xml" => Reference::new("${env.", "}"),
        "nuget.config" => Reference::new("%", "%"),
        "supervisord.conf" => Reference::new("%(ENV_", ")s"),
        "serverless.yml" | "serverless.yaml" => Reference::new("${env:", "}"),
        _ if name.starts_with("log4j2.") => Reference::new("${env:", "}"),
        _ if path.contains("/.vscode/") || path.contains("/.cursor/") => Reference::new("${env:", "}"),
        _ if name.starts_with("requirements") && extension == "txt" => Reference::new("${", "}"),
        "package.json" => Reference::new("$", "").reviewed("a script reads it, other members do not"),
        _ if matches!(extension, "bat" | "cmd") => Reference::new("%", "%"),
        _ => Reference::new("${", "}").reviewed(
            "what reads this file has to fill in variables; if it does not, read the variable in the program",
        ),
    }
}

/// Files of Rails' `config` that it reads through ERB.
const RAILS: [&str; 12] = [
    "cable",
    "cache",
    "database",
    "elasticsearch",
    "mongoid",
    "newrelic",
    "queue",
    "redis",
    "secrets",
    "shards",
    "sidekiq",
    "storage",
];

fn is_spring(stem: &str, extension: &str) -> bool {
    let named = ["application", "bootstrap"].iter().any(|name| {
        stem.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    });
    named && matches!(extension, "properties" | "yml" | "yaml")
}

impl Rewriter for Settings {
    fn rewrite(&self, file: &File) -> Vec<Rewritten> {
        let extension = file.name().rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
        (0..file.secrets.len())
            .map(|secret| {
                if let Some(edits) = self.without_default(file, secret) {
                    return Rewritten::Changed(self.change(file, secret, edits));
                }
                let made = match extension.as_str() {
                    "yml" | "yaml" => self.in_yaml(file, secret),
                    "json" | "json5" | "jsonc" | "template" => self.in_json(file, secret),
                    _ => self.in_text(file, secret),
                };
                match made {
                    Ok(edits) => Rewritten::Changed(self.change(file, secret, edits)),
                    Err(why) => Rewritten::Left(secret, why.to_owned()),
                }
            })
            .collect()
    }
}

impl Settings {
    /// The secret is the default of a variable that the file names already: without it that is enough.
    fn without_default(&self, file: &File, secret: usize) -> Option<Vec<Edit>> {
        let span = &file.secrets[secret].span;
        if file.setting == Setting::Compose {
            return super::shell::without_default(file.text, span).map(|edit| vec![edit]);
        }
        let plain = self.0.open == "${" && self.0.close == "}";
        let default = super::shell::default_of_parameter(file.text, span, &[b":-", b":"]);
        default.filter(|_| plain).map(|range| vec![Edit::delete(range)])
    }

    fn change(&self, file: &File, secret: usize, edits: Vec<Edit>) -> Change {
        let encoded = file.secrets[secret].encoded;
        let encoded =
            encoded.then_some("the variable holds what is written here, encoded as it is");
        let script = is_script(file, secret).then_some(
            "the value is put into the script before a shell reads it: set it under `env:` and write the variable",
        );
        let review = self.0.review.or(encoded).or(script).map(str::to_owned);
        Change { secrets: vec![secret], edits, needs: Vec::new(), review, variable: None }
    }

    /// The reference, with quotes that do not end the text around it.
    fn text(&self, file: &File, secret: usize, style: Style) -> String {
        let Reference { open, close, stored, .. } = &self.0;
        let names = file.secrets[secret].names;
        if open.is_empty() && close.is_empty() {
            return String::new();
        }
        let text =
            format!("{open}{}{close}", if *stored { &names.stored } else { &names.variable });
        if style == Style::Single { text.replace('\'', "\"") } else { text }
    }

    fn in_text(&self, file: &File, secret: usize) -> Result<Vec<Edit>, &'static str> {
        let occurrence = &file.secrets[secret];
        if occurrence.encoded {
            return Err("it is encoded together with what is around it");
        }
        Ok(vec![Edit::replace(occurrence.span.clone(), self.text(file, secret, Style::Plain))])
    }

    fn in_json(&self, file: &File, secret: usize) -> Result<Vec<Edit>, &'static str> {
        let language = by_extension("js").ok_or("JSON is not known")?;
        let span = &file.secrets[secret].span;
        let tokens = tokens(file.text, 0..file.text.len(), language);
        let holds = |at: &Range<usize>| at.start <= span.start && span.end <= at.end;
        let token = tokens
            .iter()
            .find(|token| holds(&token.span))
            .ok_or("it is spread over several texts")?;
        match &token.kind {
            Kind::Comment => Ok(named(file, secret, ("<", ">")).edits),
            Kind::Literal(literal) => {
                let range = if file.secrets[secret].encoded {
                    literal.content.clone()
                } else {
                    span.clone()
                };
                Ok(vec![Edit::replace(range, self.text(file, secret, Style::Double))])
            }
            _ => Err("it stands in no text of the file"),
        }
    }

    fn in_yaml(&self, file: &File, secret: usize) -> Result<Vec<Edit>, &'static str> {
        let occurrence = &file.secrets[secret];
        let Some(scalar) = yaml::scalar_at(file.text, &occurrence.span) else {
            // A comment, or something that reads no YAML.
            return if occurrence.encoded {
                Err("it is encoded, and stands in no value")
            } else {
                Ok(named(file, secret, ("<", ">")).edits)
            };
        };
        let text = self.text(file, secret, scalar.style);
        if is_own_variable(file, &scalar, secret) {
            return without_line(file, &scalar);
        }
        put(file, &scalar, (occurrence.span.clone(), occurrence.encoded), &text)
    }
}

/// Puts a text in the place of a part of a scalar, quoted where it would mean something else.
pub(super) fn put(
    file: &File,
    scalar: &Scalar,
    (span, encoded): (Range<usize>, bool),
    text: &str,
) -> Result<Vec<Edit>, &'static str> {
    let content = &file.text[scalar.content.clone()];
    let all = encoded || content.trim_ascii().len() == file.text[span.clone()].trim_ascii().len();
    if scalar.style == Style::Block {
        // One line is enough for a reference.
        let range = if all { scalar.span.clone() } else { span };
        let text = if all { quoted(text, scalar.flow) } else { text.to_owned() };
        return Ok(vec![Edit::replace(range, text)]);
    }
    if scalar.style != Style::Plain {
        let range = if encoded { scalar.content.clone() } else { span };
        return Ok(vec![Edit::replace(range, text)]);
    }
    if all {
        return Ok(vec![Edit::replace(scalar.span.clone(), quoted(text, scalar.flow))]);
    }
    let first = span.start == scalar.content.start;
    if quoted(text, scalar.flow) == text || !first && !scalar.flow && !text.contains(": ") {
        return Ok(vec![Edit::replace(span, text)]);
    }
    if content.iter().any(|b| matches!(b, b'"' | b'\\')) || text.contains('"') {
        return Err("its value would need quotes, and has some");
    }
    Ok(vec![
        Edit::insert(scalar.span.start, "\""),
        Edit::replace(span, text),
        Edit::insert(scalar.span.end, "\""),
    ])
}

/// A text as a scalar of its own.
fn quoted(text: &str, flow: bool) -> String {
    let begins =
        text.starts_with(['{', '[', '*', '&', '!', '%', '@', '`', '>', '|', '"', '\'', '#']);
    let means = text.contains(": ") || text.contains(" #") || text.ends_with(':');
    if begins || means || flow && text.contains(['{', '}', '[', ']', ',']) {
        format!("\"{text}\"")
    } else {
        text.to_owned()
    }
}

/// Whether a secret stands in a script of GitHub Actions.
fn is_script(file: &File, secret: usize) -> bool {
    let github = file.setting == Setting::Ci(CiService::GitHub);
    let scalar = github.then(|| yaml::scalar_at(file.text, &file.secrets[secret].span)).flatten();
    scalar.and_then(|scalar| scalar.key).is_some_and(|key| &file.text[key] == b"run")
}

/// Whether a variable of the pipeline would only be set to itself.
fn is_own_variable(file: &File, scalar: &Scalar, secret: usize) -> bool {
    let key = scalar.key.clone().map(|key| &file.text[key]);
    let gitlab = file.setting == Setting::Ci(CiService::GitLab);
    gitlab && key == Some(file.secrets[secret].names.variable.as_bytes())
}

/// Takes out the line of a key, or leaves it empty where it is the only one.
fn without_line(file: &File, scalar: &Scalar) -> Result<Vec<Edit>, &'static str> {
    let key = scalar.key.clone().ok_or("it has no name")?;
    let line = crate::fix::edit::whole_line_at(file.text, key.start);
    let end = crate::fix::edit::whole_line_at(file.text, scalar.span.end.max(1) - 1).end;
    let range = line.start..end.max(line.end);
    let margin = |at: usize| {
        let line = crate::fix::edit::line_at(file.text, at);
        crate::fix::edit::indent(&file.text[line]).len()
    };
    let own = margin(key.start);
    let before = line.start > 0 && margin(line.start - 1) >= own;
    let behind = range.end < file.text.len() && margin(range.end) == own && own > 0;
    if scalar.flow {
        return Err("it is one of several values on a line");
    }
    if before || behind {
        return Ok(vec![Edit::delete(range)]);
    }
    // The name of the map alone would be no map.
    let parent = crate::fix::edit::line_at(file.text, line.start.saturating_sub(1));
    Ok(vec![Edit::insert(parent.end, " {}"), Edit::delete(range)])
}
