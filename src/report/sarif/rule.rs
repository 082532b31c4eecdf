//! Rules as SARIF describes them, with everything that GitHub asks for and shows beside an alert.

use super::message::{block, code, markdown, plain, verb};
use super::{level, sentence};
use crate::finding::{Finding, Status};
use crate::remedy::{Instruction, Remedy};
use crate::rule::{Confidence, Rule, RuleSet, Severity};
use serde_json::json;
use serde_sarif::sarif::{
    MultiformatMessageString, PropertyBag, ReportingConfiguration, ReportingDescriptor,
};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// GitHub keeps no more characters of a description.
const LONGEST_DESCRIPTION: usize = 1024;

/// The rules that have results, by id.
pub(super) struct Rules<'a> {
    rules: BTreeMap<&'a str, &'a (Finding, Remedy)>,
    builtin: RuleSet,
}

impl<'a> Rules<'a> {
    pub(super) fn of(findings: &'a [(Finding, Remedy)]) -> Self {
        let mut rules = BTreeMap::new();
        for entry in findings {
            match rules.entry(entry.0.rule.spec.id.as_str()) {
                Entry::Vacant(vacant) => drop(vacant.insert(entry)),
                // That a secret has expired says nothing of the others.
                Entry::Occupied(mut known) if is_expired(*known.get()) => drop(known.insert(entry)),
                Entry::Occupied(_) => {}
            }
        }
        Self { rules, builtin: RuleSet::builtin().unwrap_or_default() }
    }

    /// The place of a rule among the descriptors.
    pub(super) fn index(&self, id: &str) -> Option<i64> {
        self.rules.keys().position(|known| *known == id).and_then(|index| index.try_into().ok())
    }

    pub(super) fn descriptors(&self) -> Vec<ReportingDescriptor> {
        self.rules.values().map(|entry| descriptor(&entry.0.rule, &self.remedy(entry))).collect()
    }

    /// The remedy of a rule. That of a finding speaks of its file, so it is taken from the playbook;
    /// only a playbook that a user brings is not at hand here.
    fn remedy(&self, entry: &(Finding, Remedy)) -> Remedy {
        let (finding, remedy) = entry;
        let same = |summary: &str| is_expired(entry) || remedy.summary == summary;
        match self.builtin.playbook(&finding.rule) {
            Some(playbook)
                if playbook.references == remedy.references && same(&playbook.summary) =>
            {
                Remedy {
                    action: playbook.action,
                    summary: playbook.summary.clone(),
                    why: playbook.why.clone(),
                    steps: playbook
                        .steps
                        .iter()
                        .map(|step| Instruction {
                            what: in_general(&step.what, &finding.rule),
                            command: step.command.clone(),
                        })
                        .collect(),
                    references: playbook.references.clone(),
                }
            }
            _ => remedy.clone(),
        }
    }
}

fn is_expired((finding, _): &(Finding, Remedy)) -> bool {
    finding.verification.status == Status::Expired
}

/// A step of a playbook for no place in particular.
fn in_general(step: &str, rule: &Rule) -> String {
    let step = step.replace("{path}", "the file").replace("{line}", "of the finding");
    step.replace("{title}", &rule.spec.name)
}

fn descriptor(rule: &Rule, remedy: &Remedy) -> ReportingDescriptor {
    let spec = &rule.spec;
    let full = sentence(&format!("{}. {}", plain(&spec.name), plain(&remedy.why)));
    let full: String = full.chars().take(LONGEST_DESCRIPTION).collect();
    let level = ReportingConfiguration::builder().level(json!(level(spec.severity))).build();
    let mut descriptor = ReportingDescriptor::builder()
        .id(&spec.id)
        .name(identifier(&spec.id))
        .short_description(MultiformatMessageString::from(&plain(&spec.name)))
        .full_description(MultiformatMessageString::from(&full))
        .help(
            MultiformatMessageString::builder()
                .text(help_text(rule, remedy))
                .markdown(help_markdown(rule, remedy))
                .build(),
        )
        .default_configuration(level)
        .properties(properties(rule, remedy))
        .build();
    let mut references = references(rule, remedy);
    descriptor.help_uri = references.find(|reference| reference.starts_with("http")).cloned();
    descriptor
}

/// `aws-access-key-id` in the style that SARIF recommends for names: `AwsAccessKeyId`.
fn identifier(id: &str) -> String {
    let words = id.split(|c: char| !c.is_ascii_alphanumeric());
    words
        .flat_map(|word| {
            let mut letters = word.chars();
            letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters)
        })
        .collect()
}

fn properties(rule: &Rule, remedy: &Remedy) -> PropertyBag {
    let spec = &rule.spec;
    let mut tags: Vec<String> = vec!["security".into(), "external/cwe/cwe-798".into()];
    for tag in [spec.kind.as_str(), verb(remedy.action)] {
        if !tags.iter().any(|known| known == tag) {
            tags.push(tag.to_owned());
        }
    }
    let precision = match rule.confidence() {
        Confidence::High if rule.check.is_some() => "very-high",
        Confidence::High => "high",
        Confidence::Medium => "medium",
        Confidence::Low => "low",
    };
    let severity = match spec.severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "3.0",
    };
    let more = [("precision", precision), ("security-severity", severity)];
    let more = more.map(|(name, value)| (name.to_owned(), json!(value)));
    PropertyBag::builder().tags(tags).additional_properties(BTreeMap::from(more)).build()
}

fn references<'a>(rule: &'a Rule, remedy: &'a Remedy) -> impl Iterator<Item = &'a String> {
    let more = remedy.references.iter().filter(|url| !rule.spec.references.contains(url));
    rule.spec.references.iter().chain(more)
}

fn help_text(rule: &Rule, remedy: &Remedy) -> String {
    let mut text = format!(
        "{} (credential type {}). {}\n\nWhat to do: {} it. {}\n",
        rule.spec.name,
        rule.spec.kind,
        remedy.why,
        verb(remedy.action),
        remedy.summary
    );
    for (n, step) in remedy.steps.iter().enumerate() {
        text += &format!("\n{}. {}", n + 1, step.what);
        if let Some(command) = &step.command {
            text += &format!("\n   $ {command}");
        }
    }
    for (n, reference) in references(rule, remedy).enumerate() {
        text += if n == 0 { "\n\nReferences:" } else { "" };
        text += &format!("\n- {reference}");
    }
    text
}

fn help_markdown(rule: &Rule, remedy: &Remedy) -> String {
    let mut text = format!(
        "**{}** (credential type {}). {}\n\n## What to do: {} it\n\n{}\n",
        markdown(&rule.spec.name),
        code(&rule.spec.kind),
        markdown(&remedy.why),
        verb(remedy.action),
        markdown(&remedy.summary)
    );
    for (n, step) in remedy.steps.iter().enumerate() {
        text += &format!("\n{}. {}\n", n + 1, markdown(&step.what));
        if let Some(command) = &step.command {
            text += &format!("\n{}\n", block(command, "   "));
        }
    }
    for (n, reference) in references(rule, remedy).enumerate() {
        text += if n == 0 { "\n## References\n" } else { "" };
        text += &format!("\n- <{reference}>");
    }
    text + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_identifiers() {
        assert_eq!(identifier("aws-access-key-id"), "AwsAccessKeyId");
        assert_eq!(identifier("jwt"), "Jwt");
    }
}
