//! Rules as SARIF describes them, with everything that GitHub asks for and shows beside an alert.

use super::message::{code, markdown, plain};
use super::{level, sentence};
use crate::finding::Finding;
use crate::remedy::Remedy;
use crate::report::markup::block;
use crate::rule::{Confidence, Rule, RuleSet, Severity};
use serde_json::json;
use serde_sarif::sarif::{
    MultiformatMessageString, PropertyBag, ReportingConfiguration, ReportingDescriptor,
};
use std::collections::BTreeMap;

/// GitHub keeps no more characters of a description.
const LONGEST_DESCRIPTION: usize = 1024;

/// The rules that have results, by id.
pub(super) struct Rules<'a> {
    rules: BTreeMap<&'a str, &'a Rule>,
    known: &'a RuleSet,
}

impl<'a> Rules<'a> {
    /// Those of `findings`, which are known among all rules.
    pub(super) fn of(findings: &'a [(Finding, Remedy)], known: &'a RuleSet) -> Self {
        let rules = findings.iter().map(|(finding, _)| (finding.rule.id(), &*finding.rule));
        Self { rules: rules.collect(), known }
    }

    /// The place of a rule among the descriptors.
    pub(super) fn index(&self, id: &str) -> Option<i64> {
        self.rules.keys().position(|known| *known == id).and_then(|index| index.try_into().ok())
    }

    pub(super) fn descriptors(&self) -> Vec<ReportingDescriptor> {
        self.rules.values().map(|rule| descriptor(rule, &self.remedy(rule))).collect()
    }

    /// The remedy of a rule. That of a finding speaks of its place.
    fn remedy(&self, rule: &Rule) -> Remedy {
        Remedy::in_general(rule, self.known)
    }
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
    for tag in [spec.kind.as_str(), remedy.action.name()] {
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
        format!("What to do: {} it. {}", remedy.action.name(), remedy.summary),
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
        format!("## What to do: {} it", remedy.action.name()),
        markdown(&remedy.summary),
    ];
    for (n, step) in remedy.steps.iter().enumerate() {
        blocks.push(format!("{}. {}", n + 1, markdown(&step.what)));
        let indent = " ".repeat(format!("{}. ", n + 1).len());
        blocks.extend(step.command.as_ref().map(|command| block(command, &indent)));
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
