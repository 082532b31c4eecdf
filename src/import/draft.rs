//! What a file of another tool says, before it is made blurt's own; and what has to be said about it.

use super::group::Choice;
use super::suppress::Suppression;
use super::tree::{Key, Node, Value};
use crate::rule::Confidence;

/// A remark, at a byte of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) at: usize,
    pub(super) message: String,
    /// Whether something of the file was not taken over.
    pub(super) lost: bool,
}

/// The remarks on a file.
#[derive(Debug, Default)]
pub(super) struct Remarks(pub(super) Vec<Said>);

impl Remarks {
    /// Something is not taken over.
    pub(super) fn lose(&mut self, at: usize, message: impl Into<String>) {
        self.0.push(Said { at, message: message.into(), lost: true });
    }

    /// Something is taken over, but works in another way.
    pub(super) fn note(&mut self, at: usize, message: impl Into<String>) {
        self.0.push(Said { at, message: message.into(), lost: false });
    }
}

/// A rule of another tool.
#[derive(Debug, Clone)]
pub(super) struct Foreign<'t> {
    /// Where it begins.
    pub(super) at: usize,
    /// As its tool calls it.
    pub(super) id: String,
    pub(super) name: Option<String>,
    /// The text of its pattern.
    pub(super) pattern: &'t Node,
    pub(super) choice: Choice,
    pub(super) entropy: Option<f64>,
    pub(super) confidence: Option<Confidence>,
    /// Words without which its tool does not look for it.
    pub(super) words: Vec<String>,
    /// A regex that paths have to match.
    pub(super) path: Option<&'t Node>,
    pub(super) references: Vec<String>,
    pub(super) examples: Vec<String>,
    /// Other rules that complete it, and the lines between at most.
    pub(super) near: Vec<(String, u32)>,
}

impl<'t> Foreign<'t> {
    pub(super) fn new(at: usize, id: String, pattern: &'t Node, choice: Choice) -> Self {
        Self {
            at,
            id,
            name: None,
            pattern,
            choice,
            entropy: None,
            confidence: None,
            words: Vec::new(),
            path: None,
            references: Vec::new(),
            examples: Vec::new(),
            near: Vec::new(),
        }
    }
}

/// What is left out of the findings of some rules.
#[derive(Debug, Clone)]
pub(super) struct Allowed {
    pub(super) at: usize,
    /// Rules as their tool calls them; all if empty.
    pub(super) rules: Vec<String>,
    /// Tables, each of which leaves it out.
    pub(super) tables: Vec<Suppression>,
}

/// What a file says.
#[derive(Debug, Default)]
pub(super) struct Draft<'t> {
    pub(super) rules: Vec<Foreign<'t>>,
    /// How many rules the file has in all.
    pub(super) rule_count: usize,
    pub(super) allowed: Vec<Allowed>,
    /// Rules that shall not work, as their tool calls them.
    pub(super) disabled: Vec<(usize, String)>,
    /// Whether rules of the file replace those of the same id that the tool brings.
    pub(super) overrides: bool,
    pub(super) remarks: Remarks,
}

/// The entries of a table that were not read yet.
pub(super) struct Fields<'t> {
    left: Vec<&'t (Key, Node)>,
}

impl<'t> Fields<'t> {
    /// The entries of `node`, which has to be a table.
    pub(super) fn of(node: &'t Node, remarks: &mut Remarks) -> Option<Self> {
        let Value::Table(entries) = &node.value else {
            remarks.lose(node.span.start, format!("a table is wanted here, not {}", node.what()));
            return None;
        };
        Some(Self { left: entries.iter().collect() })
    }

    /// The value under `name`, in any case of letters; it is read then.
    pub(super) fn take(&mut self, name: &str) -> Option<&'t Node> {
        let at = self.left.iter().position(|(key, _)| key.name.eq_ignore_ascii_case(name))?;
        let (_, node) = self.left.remove(at);
        (node.value != Value::Nothing).then_some(node)
    }

    /// The text under `name`, as it stands.
    pub(super) fn text_node(&mut self, name: &str, remarks: &mut Remarks) -> Option<&'t Node> {
        let node = self.take(name)?;
        if node.text().is_none() {
            let what = node.what();
            remarks.lose(node.span.start, format!("`{name}` is {what} and not a text"));
            return None;
        }
        Some(node)
    }

    /// The text under `name`.
    pub(super) fn text(&mut self, name: &str, remarks: &mut Remarks) -> Option<&'t str> {
        self.text_node(name, remarks).and_then(Node::text)
    }

    /// The number under `name`.
    pub(super) fn number(&mut self, name: &str, remarks: &mut Remarks) -> Option<f64> {
        let node = self.take(name)?;
        let Value::Number(number) = node.value else {
            let what = node.what();
            remarks.lose(node.span.start, format!("`{name}` is {what} and not a number"));
            return None;
        };
        Some(number)
    }

    /// Whether `name` is set to true.
    pub(super) fn flag(&mut self, name: &str, remarks: &mut Remarks) -> Option<bool> {
        let node = self.take(name)?;
        let Value::Flag(flag) = node.value else {
            let what = node.what();
            remarks.lose(node.span.start, format!("`{name}` is {what}, not true or false"));
            return None;
        };
        Some(flag)
    }

    /// The texts under `name`: a list of them, or one.
    pub(super) fn texts(&mut self, name: &str, remarks: &mut Remarks) -> Vec<&'t Node> {
        let Some(node) = self.take(name) else { return Vec::new() };
        let nodes = match &node.value {
            Value::List(list) => list.iter().collect(),
            _ => vec![node],
        };
        let (texts, others): (Vec<&Node>, Vec<&Node>) =
            nodes.into_iter().partition(|node| node.text().is_some());
        for node in others {
            let what = node.what();
            remarks.lose(node.span.start, format!("`{name}` holds {what}, and texts are wanted"));
        }
        texts
    }

    /// The tables under `name`: a list of them, or one.
    pub(super) fn tables(&mut self, name: &str) -> Vec<&'t Node> {
        let Some(node) = self.take(name) else { return Vec::new() };
        match &node.value {
            Value::List(list) => list.iter().collect(),
            _ => vec![node],
        }
    }

    /// Names what was not read. `place` says where it stands.
    pub(super) fn rest(self, place: &str, remarks: &mut Remarks) {
        for (key, _) in self.left {
            let message = format!("`{}` {place} is not known, and is left out", key.name);
            remarks.lose(key.span.start, message);
        }
    }
}
