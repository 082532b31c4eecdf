//! One CloudFormation template for Secrets Manager: the secrets without values, their key, and who may use
//! them. What is the same for every plan stands in `cloudformation/*.yaml`, with marks to fill in.

use super::names::{self, Readable, Relocation};
use super::{EmitError, Emitter, OutputFile, Sources};
use crate::plan::Plan;
use std::fmt::Write as _;

const TEMPLATE: &str = include_str!("cloudformation/template.yaml");
const SECRET: &str = include_str!("cloudformation/secret.yaml");
const ROTATION: &str = include_str!("cloudformation/rotation.yaml");
const READERS: &str = include_str!("cloudformation/readers.yaml");

/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>
const MOST_RESOURCES: usize = 500;

pub(super) struct CloudFormation;

impl Emitter for CloudFormation {
    fn name(&self) -> &'static str {
        "cloudformation"
    }

    fn files(&self, plan: &Plan, _: Option<&Sources>) -> Result<Vec<OutputFile>, EmitError> {
        let relocations: Vec<Relocation> =
            names::relocations(plan).into_iter().filter(names::Relocation::is_on_aws).collect();
        if relocations.is_empty() {
            return Err(EmitError::Nothing(self.name()));
        }
        let template = Template { names: names::logical(&relocations), relocations: &relocations };
        let text = template.text();
        let needed = text.lines().filter(|line| line.starts_with("    Type: AWS::")).count();
        if needed > MOST_RESOURCES {
            return Err(EmitError::TooMany { needed, most: MOST_RESOURCES });
        }
        Ok(vec![OutputFile::text("secrets.yaml", text)])
    }
}

/// The template of a plan. What belongs to a secret begins with what it is, so that no two have one name:
/// the secret, its guard (a resource policy), its rotation, and its rotator (a parameter).
struct Template<'p> {
    relocations: &'p [Relocation<'p>],
    /// What the resource of each is called.
    names: Vec<String>,
}

impl Template<'_> {
    fn text(&self) -> String {
        let (mut parameters, mut conditions) = (String::new(), String::new());
        let (mut resources, mut outputs) = (String::new(), String::new());
        for (relocation, name) in self.secrets() {
            resources += &secret(relocation, name);
            if relocation.rotates() {
                let function = format!("Rotator{name}");
                let about = format!(
                    "The Lambda function that rotates {}, and lets secretsmanager.amazonaws.com invoke it. The first rotation follows at once: give it after the import, when the code reads from the store.",
                    relocation.name
                );
                parameters += &format!(
                    "  {function}:\n    Type: String\n    Default: \"\"\n    Description: {}\n",
                    quoted(&about)
                );
                conditions += &format!("  Rotates{name}: !Not [!Equals [!Ref {function}, \"\"]]\n");
                resources += &ROTATION.replace("@NAME@", name);
            }
            outputs += &format!(
                "  Secret{name}Arn:\n    Description: {}\n    Value: !Ref Secret{name}\n",
                quoted(&relocation.name)
            );
        }
        for group in names::readable(self.relocations) {
            let name = format!("Read{}", names::camel(&group.title));
            let about = quoted(&format!("Read the secrets of {}", group.title));
            outputs += &format!("  {name}Arn:\n    Description: {about}\n    Value: !Ref {name}\n");
            resources += &READERS
                .replace("@NAME@", &name)
                .replace("@STATEMENTS@\n", &self.statements(&group))
                .replace("@TITLE@", &about);
        }
        TEMPLATE
            .replace("@PARAMETERS@\n", &section(&parameters))
            .replace("@CONDITIONS@\n", &section(&conditions))
            .replace("@RESOURCES@\n", &section(&resources))
            .replace("@OUTPUTS@\n", &outputs)
    }

    /// What CloudFormation can make, and what its resources are called.
    fn secrets(&self) -> impl Iterator<Item = (&Relocation<'_>, &String)> {
        let all = self.relocations.iter().zip(&self.names);
        all.filter(|(relocation, _)| !relocation.is_parameter())
    }

    /// What allows to read exactly these.
    fn statements(&self, group: &Readable) -> String {
        let (parameters, secrets): (Vec<usize>, Vec<usize>) =
            group.members.iter().partition(|place| self.relocations[**place].is_parameter());
        let secret = |place: &usize| format!("!Ref Secret{}", self.names[*place]);
        let parameter = |place: &usize| {
            let name = &self.relocations[*place].name;
            format!(
                "!Sub arn:${{AWS::Partition}}:ssm:${{AWS::Region}}:${{AWS::AccountId}}:parameter{name}"
            )
        };
        let secrets: Vec<String> = secrets.iter().map(secret).collect();
        let parameters: Vec<String> = parameters.iter().map(parameter).collect();
        let of_secrets = ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"];
        let of_parameters = ["ssm:GetParameter", "ssm:GetParameters"];
        statement("ReadSecrets", of_secrets, &secrets)
            + &statement("ReadParameters", of_parameters, &parameters)
    }
}

/// Parts of a section, with an empty line behind it.
fn section(parts: &str) -> String {
    format!("{parts}\n")
}

/// A statement that allows `actions` on `resources`, if there are any.
fn statement(sid: &str, actions: [&str; 2], resources: &[String]) -> String {
    if resources.is_empty() {
        return String::new();
    }
    let list = |items: &mut dyn Iterator<Item = &str>| {
        items.fold(String::new(), |mut text, item| {
            let _ = writeln!(text, "              - {item}");
            text
        })
    };
    let actions = list(&mut actions.into_iter());
    let resources = list(&mut resources.iter().map(String::as_str));
    format!(
        "          - Sid: {sid}\n            Effect: Allow\n            Action:\n{actions}            Resource:\n{resources}"
    )
}

fn secret(relocation: &Relocation, name: &str) -> String {
    let tags = names::tags(relocation.entry);
    let tags = tags.iter().fold(String::new(), |mut text, (key, value)| {
        let (key, value) = (quoted(key), quoted(value));
        let _ = write!(text, "        - Key: {key}\n          Value: {value}\n");
        text
    });
    // Foreign text comes last: it may hold a mark.
    SECRET
        .replace("@NAME@", name)
        .replace("@PATH@", &quoted(&relocation.name))
        .replacen("@TAGS@\n", &tags, 1)
        .replacen("@DESCRIPTION@", &quoted(&inert(&names::description(relocation.entry))), 1)
}

/// A text in which CloudFormation fills in nothing: a name of a file could ask for the value of a secret.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html>
fn inert(text: &str) -> String {
    text.replace('{', "(").replace('}', ")")
}

/// A text as YAML reads it back: JSON's strings are strings of YAML 1.2,
/// <https://yaml.org/spec/1.2.2/#12-overview-of-yaml>.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
