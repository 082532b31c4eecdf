//! The texts of SARIF: what a result says, and how text goes into plain and formatted messages.

use super::place::Related;
use crate::blob::{INTO, members};
use crate::finding::Finding;
use crate::remedy::Remedy;
use crate::report::markup::{block, longest_run};
use crate::report::sanitize;
use serde_sarif::sarif::Message;

/// What a result says. Its first sentence is what GitHub shows as the title.
pub(super) fn message(
    finding: &Finding,
    remedy: &Remedy,
    related: &[Related],
    unlisted: usize,
) -> Message {
    let (name, secret) = (&finding.rule.spec().name, finding.secret.to_string());
    let verb = remedy.action.name();
    let mut text =
        vec![format!("{} {}: {verb} it.", plain(name), plain(&secret)), plain(&remedy.summary)];
    let mut formatted = vec![
        format!("**{}** {}: {verb} it.", markdown(name), code(&secret)),
        markdown(&remedy.summary),
    ];
    if let Some(step) = remedy.steps.first() {
        text.push(format!("First: {}", plain(&step.what)));
        formatted.push(format!("First: {}", markdown(&step.what)));
        formatted.extend(step.command.as_ref().map(|command| block(command, "")));
    }
    // The region that viewers show is the file's, and not that of its member.
    let primary = finding.primary();
    if let Some(member) = members(&primary.origin.via, INTO) {
        let told = format!("It stands in {member}, line {}, in this file.", primary.start.line);
        text.push(plain(&told));
        formatted.push(markdown(&told));
    }
    text.extend(places(related, unlisted, link_text));
    formatted.extend(places(related, unlisted, markdown));
    Message::builder().text(text.join(" ")).markdown(formatted.join("\n\n")).build()
}

fn places(related: &[Related], unlisted: usize, escape: impl Fn(&str) -> String) -> Option<String> {
    let link = |place: &Related| format!("[{}]({})", escape(&place.label), place.id);
    let mut places: Vec<String> = related.iter().map(link).collect();
    match unlisted {
        0 => {}
        1 => places.push("1 more place".to_owned()),
        n => places.push(format!("{n} more places")),
    }
    let last = places.pop()?;
    let places = if places.is_empty() { last } else { format!("{} and {last}", places.join(", ")) };
    Some(format!("It also stands in {places}."))
}

/// Text in a plain message, where nothing is markup but links. Braces stay single, as no consumer
/// looks for placeholders in a message without arguments.
pub(super) fn plain(text: &str) -> String {
    let text = sanitize(text);
    if text.contains("](") { link_text(&text) } else { text.into_owned() }
}

/// Text between the brackets of a link in a plain message.
fn link_text(text: &str) -> String {
    escape(text, |c| matches!(c, '\\' | '[' | ']'))
}

/// Text in a formatted message, which is GitHub Flavored Markdown.
pub(super) fn markdown(text: &str) -> String {
    let text = escape(&sanitize(text), |c| {
        matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '~' | '|' | '&' | '$')
    });
    // What makes a heading or a list only does so at the beginning of a line, and this is one line.
    if text.starts_with(['#', '+', '-', '=']) { format!("\\{text}") } else { text }
}

fn escape(text: &str, special: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if special(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// A code span.
pub(super) fn code(text: &str) -> String {
    let text = sanitize(text);
    if !text.contains('`') {
        return format!("`{text}`");
    }
    let fence = "`".repeat(longest_run(&text) + 1);
    format!("{fence} {text} {fence}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn related(id: usize, label: &str) -> Related {
        let location = serde_sarif::sarif::Location::builder().build();
        Related { location, id, label: label.into() }
    }

    #[test]
    fn paths_are_no_markup() {
        assert_eq!(plain("app/[id]/x"), "app/[id]/x");
        assert_eq!(plain("[a](http://b)"), "\\[a\\](http://b)");
        assert_eq!(markdown("__a__/[b](c)/<d>"), "\\_\\_a\\_\\_/\\[b\\](c)/\\<d\\>");
        assert_eq!(markdown("# x\u{202e}"), "\\# x\\\\u{202e}");
        assert_eq!(code("a`b"), "`` a`b ``");
    }

    #[test]
    fn further_places_are_linked_by_number() {
        let two = [related(1, "a:1"), related(2, "[b]:2")];
        let say = |related: &[Related], unlisted| places(related, unlisted, link_text);
        assert_eq!(say(&[], 0), None);
        assert_eq!(say(&two[..1], 0).unwrap(), "It also stands in [a:1](1).");
        assert_eq!(say(&two, 0).unwrap(), "It also stands in [a:1](1) and [\\[b\\]:2](2).");
        assert_eq!(
            say(&two, 3).unwrap(),
            "It also stands in [a:1](1), [\\[b\\]:2](2) and 3 more places."
        );
    }
}
