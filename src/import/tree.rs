//! A TOML or YAML file as a tree of values that know where they stand.

use crate::blob::Position;
use saphyr_parser::{Event, Parser, ScalarStyle};
use std::ops::Range;
use toml::de::{DeTable, DeValue};

/// Tables and lists in each other, at most.
const MAX_DEPTH: usize = 64;

/// A value, and the bytes of the file that it is written in.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) span: Range<usize>,
    pub(super) value: Value,
}

/// What a file can say.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Nothing,
    Flag(bool),
    Number(f64),
    Text(String),
    List(Vec<Node>),
    Table(Vec<(Key, Node)>),
}

/// The name of a value in a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) span: Range<usize>,
    pub(super) name: String,
}

/// Why a file cannot be read, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Flaw {
    pub(super) at: usize,
    pub(super) message: String,
}

impl Flaw {
    fn new(at: usize, message: impl Into<String>) -> Self {
        Self { at, message: message.into() }
    }
}

/// The line and column of a byte of `text`.
pub(super) fn position(text: &str, at: usize) -> Position {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    Position::START.after(&text.as_bytes()[..at])
}

impl Node {
    /// Reads TOML.
    pub(super) fn of_toml(text: &str) -> Result<Self, Flaw> {
        let table = DeTable::parse(text).map_err(|e| {
            Flaw::new(e.span().map_or(0, |span| span.start), e.message().trim().to_owned())
        })?;
        let span = table.span();
        Ok(Self { span, value: Value::of_toml(DeValue::Table(table.into_inner())) })
    }

    /// Reads YAML: its first document.
    pub(super) fn of_yaml(text: &str) -> Result<Self, Flaw> {
        Yaml { text, starts: line_starts(text), events: Parser::new_from_str(text) }.document()
    }

    /// The text, if it is one.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// What it is, in a word.
    pub(super) fn what(&self) -> &'static str {
        match self.value {
            Value::Nothing => "nothing",
            Value::Flag(_) => "true or false",
            Value::Number(_) => "a number",
            Value::Text(_) => "a text",
            Value::List(_) => "a list",
            Value::Table(_) => "a table",
        }
    }

    /// The value under `name`, if it is a table that has it.
    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        let Value::Table(entries) = &self.value else { return None };
        let found = entries.iter().find(|(key, _)| key.name.eq_ignore_ascii_case(name));
        found.map(|(_, node)| node)
    }
}

impl Value {
    fn of_toml(value: DeValue) -> Self {
        let node = |value: toml::Spanned<DeValue>| {
            let span = value.span();
            Node { span, value: Self::of_toml(value.into_inner()) }
        };
        match value {
            DeValue::String(text) => Self::Text(text.into_owned()),
            DeValue::Boolean(flag) => Self::Flag(flag),
            DeValue::Integer(n) => {
                let number = i64::from_str_radix(n.as_str(), n.radix());
                number.map_or(Self::Nothing, |n| Self::Number(n as f64))
            }
            DeValue::Float(n) => n.as_str().parse().map_or(Self::Nothing, Self::Number),
            DeValue::Datetime(date) => Self::Text(date.to_string()),
            DeValue::Array(list) => Self::List(list.into_iter().map(node).collect()),
            DeValue::Table(table) => {
                let entries = table.into_iter().map(|(key, value)| {
                    let span = key.span();
                    (Key { span, name: key.into_inner().into_owned() }, node(value))
                });
                let mut entries: Vec<_> = entries.collect();
                entries.sort_by_key(|(key, _)| key.span.start);
                Self::Table(entries)
            }
        }
    }

    /// What a plain scalar of YAML means: <https://yaml.org/spec/1.2.2/#103-core-schema>.
    fn of_scalar(text: &str) -> Self {
        match text {
            "" | "~" | "null" | "Null" | "NULL" => Self::Nothing,
            "true" | "True" | "TRUE" => Self::Flag(true),
            "false" | "False" | "FALSE" => Self::Flag(false),
            _ if text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) => {
                text.parse().map_or_else(|_| Self::Text(text.to_owned()), Self::Number)
            }
            _ => Self::Text(text.to_owned()),
        }
    }
}

fn line_starts(text: &str) -> Vec<usize> {
    let ends = text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(at, _)| at + 1);
    [0].into_iter().chain(ends).collect()
}

/// The events of a YAML file, on the way to a tree.
struct Yaml<'a> {
    text: &'a str,
    starts: Vec<usize>,
    events: Parser<'a, saphyr_parser::StrInput<'a>>,
}

impl<'a> Yaml<'a> {
    fn document(&mut self) -> Result<Node, Flaw> {
        loop {
            match self.next()? {
                (Event::StreamStart | Event::DocumentStart(_), _) => {}
                (Event::StreamEnd, span) => return Ok(Node { span, value: Value::Nothing }),
                (event, span) => return self.node(event, span, 0),
            }
        }
    }

    fn next(&mut self) -> Result<(Event<'a>, Range<usize>), Flaw> {
        match self.events.next_event() {
            None => Ok((Event::StreamEnd, self.text.len()..self.text.len())),
            Some(Err(e)) => Err(Flaw::new(self.offset(e.marker()), e.info())),
            Some(Ok((event, span))) => {
                Ok((event, self.offset(&span.start)..self.offset(&span.end)))
            }
        }
    }

    fn offset(&self, marker: &saphyr_parser::Marker) -> usize {
        let start = marker.line().checked_sub(1).and_then(|line| self.starts.get(line));
        let Some(start) = start else { return self.text.len() };
        let column = self.text[*start..].char_indices().nth(marker.col());
        column.map_or(self.text.len(), |(at, _)| start + at)
    }

    fn node(&mut self, event: Event, span: Range<usize>, depth: usize) -> Result<Node, Flaw> {
        if depth == MAX_DEPTH {
            return Err(Flaw::new(span.start, "tables and lists lie too deep in each other"));
        }
        let start = span.start;
        match event {
            Event::Scalar(text, ScalarStyle::Plain, ..) => {
                Ok(Node { span, value: Value::of_scalar(&text) })
            }
            Event::Scalar(text, ..) => Ok(Node { span, value: Value::Text(text.into_owned()) }),
            Event::SequenceStart(..) => {
                let mut list = Vec::new();
                loop {
                    match self.next()? {
                        (Event::SequenceEnd, end) => {
                            return Ok(Node { span: start..end.end, value: Value::List(list) });
                        }
                        (event, span) => list.push(self.node(event, span, depth + 1)?),
                    }
                }
            }
            Event::MappingStart(..) => self.table(start, depth),
            Event::Alias(_) => {
                Err(Flaw::new(start, "an alias (`*name`) is not followed: write its value out"))
            }
            _ => Err(Flaw::new(start, "the file ends in the middle of a value")),
        }
    }

    fn table(&mut self, start: usize, depth: usize) -> Result<Node, Flaw> {
        let mut entries = Vec::new();
        loop {
            let (event, span) = self.next()?;
            let name = match event {
                Event::MappingEnd => {
                    return Ok(Node { span: start..span.end, value: Value::Table(entries) });
                }
                Event::Scalar(name, ..) => name.into_owned(),
                _ => return Err(Flaw::new(span.start, "the name of a value has to be a text")),
            };
            let (event, value) = self.next()?;
            entries.push((Key { span, name }, self.node(event, value, depth + 1)?));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_know_where_they_stand() {
        let toml = "title = 'ä'\n[[rules]]\nid = \"x\"\nentropy = 3.5\nkeywords = ['a', 'b']\n";
        let yaml = "title: ä\nrules:\n  - id: x\n    entropy: 3.5\n    keywords: [a, b]\n";
        for (text, tree) in [(toml, Node::of_toml(toml)), (yaml, Node::of_yaml(yaml))] {
            let tree = tree.unwrap();
            let Value::List(rules) = &tree.get("rules").unwrap().value else { panic!("{tree:?}") };
            let rule = &rules[0];
            assert_eq!(rule.get("id").and_then(Node::text), Some("x"));
            assert_eq!(rule.get("Entropy").unwrap().value, Value::Number(3.5));
            let Value::List(words) = &rule.get("keywords").unwrap().value else {
                panic!("{rule:?}")
            };
            assert_eq!(words[1].text(), Some("b"));
            let line = text.lines().position(|line| line.contains("keywords")).unwrap();
            let place = position(text, words[1].span.start);
            assert_eq!(place.line, line as u64 + 1, "{text}");
            assert!(text[words[1].span.clone()].contains('b'), "{text}");
        }
    }

    #[test]
    fn a_flaw_has_its_place() {
        let flaw = Node::of_toml("a = 1\nb = [\n").unwrap_err();
        assert!(position("a = 1\nb = [\n", flaw.at).line >= 2, "{flaw:?}");
        let text = "a: 1\nb: *c\n";
        let flaw = Node::of_yaml(text).unwrap_err();
        assert_eq!(position(text, flaw.at).line, 2, "{flaw:?}");
        assert!(Node::of_yaml(&"[".repeat(100)).is_err());
    }

    #[test]
    fn scalars_are_what_they_mean() {
        let tree = Node::of_yaml("a: yes\nb: 1\nc: \"1\"\nd: true\ne:\nf: |\n  x\n  y\n").unwrap();
        let value = |name| &tree.get(name).unwrap().value;
        assert_eq!(*value("a"), Value::Text("yes".into()));
        assert_eq!(*value("b"), Value::Number(1.0));
        assert_eq!(*value("c"), Value::Text("1".into()));
        assert_eq!(*value("d"), Value::Flag(true));
        assert_eq!(*value("e"), Value::Nothing);
        assert_eq!(*value("f"), Value::Text("x\ny\n".into()));
    }
}
