//! Rules as SARIF describes them, with everything that GitHub asks for and shows beside an alert.

use super::message::{code, markdown, plain, verb};
use super::{level, sentence};
use crate::finding::{Finding, Status};
use crate::remedy::{Instruction, Remedy};
use crate::report::markup::block;
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
            match rules.entry(entry.0.rule.id()) {
                Entry::Vacant(vacant) => drop(vacant.insert(entry)),
                // That a secret has expired, say, says nothing of the others.
                Entry::Occupied(mut known) if is_special(known.get()) => drop(known.insert(entry)),
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
        let same = |summary: &str| is_special(entry) || remedy.summary == summary;
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

/// Whether the remedy is for this secret alone, by what it says about itself.
fn is_special((finding, _): &(Finding, Remedy)) -> bool {
    let seen = &finding.verification;
    seen.published().is_some() || matches!(seen.status, Status::Expired | Status::ChecksumInvalid)
}

/// A step of a playbook for no place in particular.
fn in_general(step: &str, rule: &Rule) -> String {
    let step = step.replace("{path}", "the file").replace("{line}", "of the finding");
    step.replace("{title}", &rule.spec().name)
}

fn descriptor(rule: &Rule, remedy: &Remedy) -> ReportingDescriptor {
    let spec = rule.spec();
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

/// `aws-access-key-id` in the style that SARIF recommends for names, `HardcodedAwsAccessKeyId`. The
/// word before it keeps a name from being its id or from beginning with a digit.
fn identifier(id: &str) -> String {
    let mut name = "Hardcoded".to_owned();
    for word in id.split(|c: char| !c.is_ascii_alphanumeric()) {
        let mut letters = word.chars();
        name.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        name.push_str(letters.as_str());
    }
    name
}

fn properties(rule: &Rule, remedy: &Remedy) -> PropertyBag {
    let spec = rule.spec();
    let mut tags: Vec<String> = vec!["security".into(), "external/cwe/cwe-798".into()];
    for tag in [spec.kind.as_str(), verb(remedy.action)] {
        if !tags.iter().any(|known| known == tag) {
            tags.push(tag.to_owned());
        }
    }
    let precision = match rule.confidence() {
        Confidence::High if rule.check().is_some() => "very-high",
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
    let more = remedy.references.iter().filter(|url| !rule.spec().references.contains(url));
    rule.spec().references.iter().chain(more)
}

fn help_text(rule: &Rule, remedy: &Remedy) -> String {
    let spec = rule.spec();
    let mut lines = vec![
        format!("{} (credential type {}). {}", spec.name, spec.kind, remedy.why),
        String::new(),
        format!("What to do: {} it. {}", verb(remedy.action), remedy.summary),
        String::new(),
    ];
    for (n, step) in remedy.steps.iter().enumerate() {
        lines.push(format!("{}. {}", n + 1, step.what));
        lines.extend(step.command.as_ref().map(|command| format!("   $ {command}")));
    }
    for (n, reference) in references(rule, remedy).enumerate() {
        if n == 0 {
            lines.extend([String::new(), "References:".to_owned()]);
        }
        lines.push(format!("- {reference}"));
    }
    lines.join("\n")
}

fn help_markdown(rule: &Rule, remedy: &Remedy) -> String {
    let (name, kind) = (markdown(&rule.spec().name), code(&rule.spec().kind));
    let mut blocks = vec![
        format!("**{name}** (credential type {kind}). {}", markdown(&remedy.why)),
        format!("## What to do: {} it", verb(remedy.action)),
        markdown(&remedy.summary),
    ];
    for (n, step) in remedy.steps.iter().enumerate() {
        blocks.push(format!("{}. {}", n + 1, markdown(&step.what)));
        blocks.extend(step.command.as_ref().map(|command| block(command, "   ")));
    }
    let references: Vec<String> =
        references(rule, remedy).map(|reference| format!("- <{reference}>")).collect();
    if !references.is_empty() {
        blocks.extend(["## References".to_owned(), references.join("\n")]);
    }
    blocks.join("\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_identifiers() {
        assert_eq!(identifier("aws-access-key-id"), "HardcodedAwsAccessKeyId");
        assert_eq!(identifier("jwt"), "HardcodedJwt");
    }
}
