//! Terraform for the AWS stores: the secrets without values, their key, and who may use them.
//!
//! What is the same for every plan stands in `terraform/*.tf`; what stands here is written as `terraform fmt`
//! would: <https://developer.hashicorp.com/terraform/language/style>.

use super::names::{self, Readable, Relocation};
use super::{EmitError, Emitter, OutputFile, Sources};
use crate::plan::Plan;
use std::collections::BTreeMap;
use std::fmt::Write as _;

const VERSIONS: &str = include_str!("terraform/versions.tf");
const VARIABLES: &str = include_str!("terraform/variables.tf");
const KEY: &str = include_str!("terraform/key.tf");
const ACCESS: &str = include_str!("terraform/access.tf");
const ALERTS: &str = include_str!("terraform/alerts.tf");

pub(super) struct Terraform;

impl Emitter for Terraform {
    fn name(&self) -> &'static str {
        "terraform"
    }

    fn files(&self, plan: &Plan, _: Option<&Sources>) -> Result<Vec<OutputFile>, EmitError> {
        let relocations: Vec<Relocation> =
            names::relocations(plan).into_iter().filter(names::Relocation::is_on_aws).collect();
        if relocations.is_empty() {
            return Err(EmitError::Nothing(self.name()));
        }
        let code = Code { names: names::terraform(&relocations), relocations: &relocations };
        Ok(vec![
            OutputFile::text("main.tf", code.main()),
            OutputFile::text("outputs.tf", code.outputs()),
            OutputFile::text("variables.tf", VARIABLES.to_owned()),
            OutputFile::text("versions.tf", VERSIONS.to_owned()),
        ])
    }
}

/// The resources of a plan.
struct Code<'p> {
    relocations: &'p [Relocation<'p>],
    /// What the resource of each is called.
    names: Vec<String>,
}

impl Code<'_> {
    fn main(&self) -> String {
        let mut parts = vec![KEY.to_owned(), ACCESS.to_owned()];
        for (relocation, name) in self.relocations.iter().zip(&self.names) {
            if relocation.is_parameter() {
                parts.push(parameter(relocation, name));
            } else {
                parts.push(secret(relocation, name));
            }
        }
        parts.extend(names::readable(self.relocations).iter().map(|group| self.readers(group)));
        parts.push(ALERTS.to_owned());
        parts.join("\n")
    }

    /// The address of a secret's resource.
    fn address(&self, place: usize) -> String {
        let parameter = self.relocations[place].is_parameter();
        let kind = if parameter { "aws_ssm_parameter" } else { "aws_secretsmanager_secret" };
        format!("{kind}.{}", self.names[place])
    }

    /// The policy of those who read what one application has in one environment.
    fn readers(&self, group: &Readable) -> String {
        let name = format!("read_{}", names::identifier(&group.title));
        let title = group.title.replace(' ', "-");
        let (parameters, secrets): (Vec<usize>, Vec<usize>) =
            group.members.iter().partition(|place| self.relocations[**place].is_parameter());
        let mut text = format!("data \"aws_iam_policy_document\" \"{name}\" {{\n");
        text += &self.readable(
            ("ReadSecrets", &["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"]),
            &secrets,
        );
        text += &self
            .readable(("ReadParameters", &["ssm:GetParameter", "ssm:GetParameters"]), &parameters);
        text += &format!(
            r#"  statement {{
    sid       = "DecryptThroughStores"
    actions   = ["kms:Decrypt"]
    resources = [aws_kms_key.secrets.arn]

    condition {{
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = local.stores
    }}
  }}
}}

resource "aws_iam_policy" "{name}" {{
  name        = {}
  description = {}
  policy      = data.aws_iam_policy_document.{name}.json
}}
"#,
            quoted(&format!("read-secrets-{title}")),
            quoted(&format!("Read the secrets of {}", group.title)),
        );
        text
    }

    /// A statement that allows `actions` on exactly these.
    fn readable(&self, (sid, actions): (&str, &[&str]), places: &[usize]) -> String {
        if places.is_empty() {
            return String::new();
        }
        let actions: Vec<String> = actions.iter().map(|action| quoted(action)).collect();
        let allowed = [("sid", quoted(sid)), ("actions", format!("[{}]", actions.join(", ")))];
        let resources = places.iter().fold(String::new(), |mut text, place| {
            let _ = writeln!(text, "      {}.arn,", self.address(*place));
            text
        });
        let allowed = attributes(4, &allowed);
        format!("  statement {{\n{allowed}\n    resources = [\n{resources}    ]\n  }}\n\n")
    }

    fn outputs(&self) -> String {
        let mut arns = BTreeMap::new();
        for (place, relocation) in self.relocations.iter().enumerate() {
            arns.insert(quoted(&relocation.name), format!("{}.arn", self.address(place)));
        }
        let policies = names::readable(self.relocations);
        let policies = policies.iter().map(|group| {
            let name = names::identifier(&group.title);
            (quoted(&group.title), format!("aws_iam_policy.read_{name}.arn"))
        });
        let (arns, policies): (Vec<_>, Vec<_>) = (arns.into_iter().collect(), policies.collect());
        format!(
            r#"output "key_arn" {{
  description = "The key of all secrets."
  value       = aws_kms_key.secrets.arn
}}

output "arns" {{
  description = "The secrets and parameters, by their names."
  value = {{
{}  }}
}}

output "read_policy_arns" {{
  description = "Who reads what: a policy for each application and environment."
  value = {{
{}  }}
}}

output "tag_policy_arn" {{
  description = "One policy for all roles that have the tags appname, appfunc and appenv."
  value       = aws_iam_policy.by_tags.arn
}}
"#,
            attributes(4, &arns),
            attributes(4, &policies),
        )
    }
}

/// A secret of Secrets Manager. It has no value: the import gives it one.
fn secret(relocation: &Relocation, name: &str) -> String {
    let secret = format!("aws_secretsmanager_secret.{name}");
    let head = attributes(
        2,
        &[
            ("name", quoted(&relocation.name)),
            ("description", quoted(&names::description(relocation.entry))),
            ("kms_key_id", "aws_kms_key.secrets.arn".into()),
            ("recovery_window_in_days", "var.recovery_window_in_days".into()),
        ],
    );
    let policy = attributes(
        2,
        &[
            ("secret_arn", format!("{secret}.arn")),
            ("policy", "data.aws_iam_policy_document.secret.json".into()),
            ("block_public_policy", "true".into()),
        ],
    );
    let mut text = format!(
        r#"resource "aws_secretsmanager_secret" "{name}" {{
{head}
{}}}

resource "aws_secretsmanager_secret_policy" "{name}" {{
{policy}}}
"#,
        tags(relocation),
    );
    if relocation.rotates() {
        text += &format!(
            r#"
resource "aws_secretsmanager_secret_rotation" "{name}" {{
  count = contains(keys(var.rotation_function_arns), {quoted}) ? 1 : 0

  secret_id           = {secret}.id
  rotation_lambda_arn = var.rotation_function_arns[{quoted}]

  rotation_rules {{
    automatically_after_days = 30
  }}
}}
"#,
            quoted = quoted(&relocation.name)
        );
    }
    text
}

/// A `SecureString` of Parameter Store. One cannot be made without a value; `value` would bring the imported
/// one into the state when it is refreshed, `value_wo` does not.
fn parameter(relocation: &Relocation, name: &str) -> String {
    let head = attributes(
        2,
        &[
            ("name", quoted(&relocation.name)),
            ("description", quoted(&names::description(relocation.entry))),
            ("type", quoted("SecureString")),
            ("key_id", "aws_kms_alias.secrets.name".into()),
            ("value_wo", quoted("not imported yet")),
            ("value_wo_version", "1".into()),
        ],
    );
    format!(
        r#"resource "aws_ssm_parameter" "{name}" {{
{head}
{}
  lifecycle {{
    # A change of these would write the value anew, too.
    ignore_changes = [description, key_id, tier]
  }}
}}
"#,
        tags(relocation)
    )
}

fn tags(relocation: &Relocation) -> String {
    let tags = names::tags(relocation.entry).into_iter().map(|(key, value)| {
        let plain = key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            && !key.starts_with(|c: char| c.is_ascii_digit());
        (if plain { key } else { quoted(&key) }, quoted(&value))
    });
    let tags: Vec<(String, String)> = tags.collect();
    format!("  tags = {{\n{}  }}\n", attributes(4, &tags))
}

/// Attributes of one line each, their values in a column.
fn attributes(indent: usize, pairs: &[(impl AsRef<str>, String)]) -> String {
    let width = pairs.iter().map(|(key, _)| key.as_ref().chars().count()).max().unwrap_or(0);
    pairs.iter().fold(String::new(), |mut text, (key, value)| {
        let _ = writeln!(text, "{:indent$}{:width$} = {value}", "", key.as_ref());
        text
    })
}

/// A text as Terraform reads it back, and nothing in it as code:
/// <https://developer.hashicorp.com/terraform/language/expressions/strings>.
fn quoted(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('"', "\\\"");
    let text = text.replace('\n', "\\n").replace('\r', "\\r").replace('\t', "\\t");
    format!("\"{}\"", text.replace("${", "$${").replace("%{", "%%{"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_stays_text() {
        assert_eq!(quoted(r#"a "b" \ ${c} %{d}"#), r#""a \"b\" \\ $${c} %%{d}""#);
        assert_eq!(quoted("a\nb"), "\"a\\nb\"");
    }
}
