//! Rules of Nosey Parker (<https://github.com/praetorian-inc/noseyparker/blob/main/docs/RULES.md>) and
//! Kingfisher (<https://mongodb.github.io/kingfisher/rules/overview>), which are written in the same way.

use super::draft::{Allowed, Draft, Fields, Foreign, Remarks};
use super::group::Choice;
use super::suppress::Suppression;
use super::tree::Node;
use crate::rule::Confidence;

/// Lines between the parts of a credential.
const NEAR: u32 = 20;

/// Keys that are about other things than finding.
const SILENT: [&str; 3] = ["categories", "description", "negative_examples"];

/// Keys of which blurt has no counterpart, and why.
const FOREIGN: [(&str, &str); 3] = [
    ("validation", "blurt asks no provider whether a secret is live"),
    ("revocation", "blurt revokes nothing: the playbook says how it is done"),
    ("tls_mode", "blurt asks no provider whether a secret is live"),
];

/// Reads a file of rules.
pub(super) fn read(tree: &Node) -> Draft<'_> {
    let mut draft = Draft::default();
    if let Some(mut fields) = Fields::of(tree, &mut draft.remarks) {
        let rules = fields.tables("rules");
        draft.rule_count = rules.len();
        for node in rules {
            rule(node, &mut draft);
        }
        fields.rest("at the top", &mut draft.remarks);
    }
    draft
}

fn rule<'t>(node: &'t Node, draft: &mut Draft<'t>) {
    let remarks = &mut draft.remarks;
    let Some(mut fields) = Fields::of(node, remarks) else { return };
    let name = fields.text("name", remarks);
    let id = fields.text("id", remarks).or(name).unwrap_or("rule").to_owned();
    let of = format!("of `{id}`");
    let Some(pattern) = fields.text_node("pattern", remarks) else {
        remarks.lose(node.span.start, format!("`{id}` is not imported: it has no `pattern`"));
        return;
    };
    let mut rule = Foreign::new(node.span.start, id, pattern, Choice::Named("TOKEN"));
    rule.name = name.map(str::to_owned);
    rule.entropy = fields.number("min_entropy", remarks).filter(|least| *least > 0.0);
    rule.confidence = super::confidence(&mut fields, remarks);
    rule.references = texts(&mut fields, "references", remarks);
    rule.examples = texts(&mut fields, "examples", remarks);
    if fields.flag("visible", remarks) == Some(false) {
        rule.confidence = Some(Confidence::Low);
    }
    for name in SILENT {
        fields.take(name);
    }
    for (name, why) in FOREIGN {
        if let Some(node) = fields.take(name) {
            remarks.note(node.span.start, format!("`{name}` {of} is left out: {why}"));
        }
    }
    for node in fields.tables("depends_on_rule") {
        let Some(mut fields) = Fields::of(node, remarks) else { continue };
        rule.near.extend(fields.text("rule_id", remarks).map(|id| (id.to_owned(), NEAR)));
        fields.take("variable");
        fields.rest(&format!("in `depends_on_rule` {of}"), remarks);
    }
    let ignored = requirements(&mut fields, &of, remarks);
    fields.rest(&of, remarks);
    if let Some(table) = ignored {
        let rules = vec![rule.id.clone()];
        draft.allowed.push(Allowed { at: rule.at, rules, tables: vec![table] });
    }
    draft.rules.push(rule);
}

fn texts(fields: &mut Fields, name: &str, remarks: &mut Remarks) -> Vec<String> {
    let nodes = fields.texts(name, remarks);
    nodes.iter().filter_map(|node| node.text()).map(str::to_owned).collect()
}

/// `pattern_requirements`: what the secret has to have, and words that it must not hold.
fn requirements(fields: &mut Fields, of: &str, remarks: &mut Remarks) -> Option<Suppression> {
    let node = fields.take("pattern_requirements")?;
    let mut fields = Fields::of(node, remarks)?;
    let words = texts(&mut fields, "ignore_if_contains", remarks);
    fields.take("special_chars");
    let counts = ["min_digits", "min_uppercase", "min_lowercase", "min_special_chars"];
    let wanted: Vec<_> = counts.into_iter().filter(|name| fields.take(name).is_some()).collect();
    if !wanted.is_empty() {
        let message = format!(
            "{} {of} is left out, so that more is found: a higher `entropy` keeps out values of few \
             different characters",
            wanted.join(", ")
        );
        remarks.note(node.span.start, message);
    }
    if let Some(node) = fields.take("checksum") {
        let message = format!(
            "`checksum` {of} is left out, so that values with a wrong one are reported, too: blurt's \
             checks are a part of the program"
        );
        remarks.lose(node.span.start, message);
    }
    fields.rest(&format!("in `pattern_requirements` {of}"), remarks);
    let values: Vec<_> =
        words.iter().map(|word| format!("(?i){}", regex_syntax::escape(word))).collect();
    let reason = "a word that the rule's pattern_requirements leave out".to_owned();
    (!values.is_empty()).then(|| Suppression { values, reason, ..Suppression::default() })
}
