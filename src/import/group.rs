//! Which part of a foreign pattern is the secret, written so that it is group 1 or named `secret`.

use super::dialect::Pattern;
use regex_syntax::ast::{Ast, GroupKind, RepetitionKind};
use std::ops::Range;

/// How a tool tells the secret from what its pattern matches beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Choice {
    /// The first group that matched anything, or all if there is no group.
    FirstFilled,
    /// The group of that number; 0 is all.
    Number(u32),
    /// The group of that name, or else the first one, or else all.
    Named(&'static str),
}

/// A pattern whose secret blurt finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Marked {
    pub(super) text: String,
    /// Whether the secret is all that the pattern matches.
    pub(super) whole: bool,
    /// What the first group holds, if that can be no secret.
    pub(super) skipped: Option<String>,
}

/// A group of a pattern.
struct Group<'a> {
    number: u32,
    name: Option<&'a str>,
    /// Where it is opened: `(`, `(?P<name>`.
    open: Range<usize>,
    /// The alternations that it lies in, each with the number of its branch.
    way: Vec<(usize, usize)>,
    /// What stands in it.
    inner: &'a Ast,
}

impl Group<'_> {
    /// Whether only one of the two can have matched.
    fn excludes(&self, other: &Self) -> bool {
        let parts = |(place, branch): &(usize, usize)| {
            other.way.iter().any(|(at, another)| at == place && another != branch)
        };
        self.way.iter().any(parts)
    }
}

/// Marks the secret in a pattern. `None` if there is no such group.
pub(super) fn mark(pattern: &Pattern, choice: Choice) -> Option<Marked> {
    let mut groups = Vec::new();
    collect(&pattern.ast, &mut Vec::new(), &mut groups);
    let chosen: Vec<u32> = match choice {
        Choice::Number(0) => Vec::new(),
        Choice::Number(number) => vec![groups.iter().find(|group| group.number == number)?.number],
        Choice::Named(name) => {
            let named = groups.iter().find(|group| group.name == Some(name));
            named.or(groups.first()).map(|group| group.number).into_iter().collect()
        }
        Choice::FirstFilled => {
            let valued: Vec<_> = groups.iter().filter(|group| !is_words(group.inner)).collect();
            first_filled(&valued)
        }
    };
    let first = groups.first().filter(|first| {
        choice == Choice::FirstFilled && !chosen.contains(&first.number) && is_words(first.inner)
    });
    let skipped = first.map(|group| group.inner.to_string());
    let mut text = pattern.text.clone();
    for group in groups.iter().rev() {
        let open = match chosen.iter().position(|number| *number == group.number) {
            None => "(?:".to_owned(),
            Some(_) if chosen.len() == 1 => "(".to_owned(),
            Some(0) => "(?P<secret>".to_owned(),
            Some(n) => format!("(?P<secret_{}>", n + 1),
        };
        text.replace_range(group.open.clone(), &open);
    }
    let whole = chosen.is_empty();
    if whole {
        // A comment at the end must not hide the parenthesis.
        text = format!("({text}{})", if pattern.verbose { "\n" } else { "" });
    }
    Some(Marked { text, whole, skipped })
}

/// The first group, and those that match where it does not.
fn first_filled(groups: &[&Group]) -> Vec<u32> {
    let mut chosen: Vec<&Group> = Vec::new();
    for group in groups {
        if chosen.iter().all(|other| group.excludes(other)) {
            chosen.push(group);
        }
    }
    chosen.iter().map(|group| group.number).collect()
}

/// Whether a group matches some fixed words and nothing else, as in `(password|secret)`.
fn is_words(ast: &Ast) -> bool {
    match ast {
        Ast::Empty(_) | Ast::Literal(_) | Ast::Assertion(_) | Ast::Flags(_) => true,
        Ast::Group(group) => is_words(&group.ast),
        Ast::Repetition(repetition) => {
            matches!(repetition.op.kind, RepetitionKind::ZeroOrOne) && is_small(&repetition.ast)
        }
        Ast::Concat(parts) => parts.asts.iter().all(|part| is_words(part) || is_small(part)),
        Ast::Alternation(parts) => parts.asts.iter().all(is_words),
        _ => false,
    }
}

/// Whether a part is a word, or one of a few characters, as in `api[_-]?key`.
fn is_small(ast: &Ast) -> bool {
    match ast {
        Ast::ClassBracketed(class) => class.span.end.offset - class.span.start.offset <= 6,
        Ast::Dot(_) => true,
        _ => is_words(ast),
    }
}

fn collect<'a>(ast: &'a Ast, way: &mut Vec<(usize, usize)>, groups: &mut Vec<Group<'a>>) {
    match ast {
        Ast::Group(group) => {
            let start = group.span.start.offset;
            let opened = match &group.kind {
                GroupKind::CaptureIndex(number) => Some((*number, None, start + 1)),
                GroupKind::CaptureName { name, .. } => {
                    // The name's span ends before `>`.
                    Some((name.index, Some(name.name.as_str()), name.span.end.offset + 1))
                }
                GroupKind::NonCapturing(_) => None,
            };
            if let Some((number, name, end)) = opened {
                groups.push(Group {
                    number,
                    name,
                    open: start..end,
                    way: way.clone(),
                    inner: &group.ast,
                });
            }
            collect(&group.ast, way, groups);
        }
        Ast::Repetition(repetition) => collect(&repetition.ast, way, groups),
        Ast::Concat(parts) => parts.asts.iter().for_each(|part| collect(part, way, groups)),
        Ast::Alternation(parts) => {
            for (branch, part) in parts.asts.iter().enumerate() {
                way.push((parts.span.start.offset, branch));
                collect(part, way, groups);
                way.pop();
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(text: &str, choice: Choice) -> Option<String> {
        mark(&Pattern::translate(text).unwrap(), choice).map(|marked| marked.text)
    }

    #[test]
    fn the_secret_is_the_first_group() {
        use Choice::{FirstFilled, Named, Number};
        for (text, choice, ours) in [
            ("a[0-9]+", FirstFilled, Some("(a[0-9]+)")),
            ("(pass|api[_-]?key)=([^,]+)", FirstFilled, Some("(?:pass|api[_-]?key)=([^,]+)")),
            ("(chat|user)_[0-9]+", FirstFilled, Some("((?:chat|user)_[0-9]+)")),
            ("a([0-9]+)(b)", FirstFilled, Some("a([0-9]+)(?:b)")),
            ("a([0-9]+)|b(?P<x>c+)", FirstFilled, Some("a(?P<secret>[0-9]+)|b(?P<secret_2>c+)")),
            ("(a)([0-9]+)", Number(2), Some("(?:a)([0-9]+)")),
            ("(a)([0-9]+)", Number(0), Some("((?:a)(?:[0-9]+))")),
            ("(a)", Number(2), None),
            ("(a)(?P<TOKEN>b)", Named("TOKEN"), Some("(?:a)(b)")),
            ("(?<x>a)(b)", Named("TOKEN"), Some("(a)(?:b)")),
            ("((a)b+)", FirstFilled, Some("((?:a)b+)")),
            ("(?x) a # b", FirstFilled, Some("((?x) a # b\n)")),
        ] {
            assert_eq!(marked(text, choice).as_deref(), ours, "{text}");
        }
    }
}
