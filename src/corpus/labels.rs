//! The labels of a corpus: JSON Lines that say where secrets stand and where none does.
//! `rules/README.md` explains the file.

use crate::source::encoding;
use bstr::ByteSlice;
use serde_json::{Map, Value};
use std::path::{Component, Path};

/// What is labelled, and whether that is all there is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Labels {
    /// In the order of the file.
    pub labels: Vec<Label>,
    /// Whether every secret of the corpus has a label.
    pub complete: bool,
}

/// What somebody says about some lines of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The file, from the folder of the corpus, with forward slashes.
    pub path: String,
    /// Its first line, from 1.
    pub start_line: u64,
    /// Its last line.
    pub end_line: u64,
    /// Whether a secret stands there.
    pub secret: bool,
    /// Id or kind of the rule that should find it.
    pub kind: Option<String>,
}

/// Something wrong in a file of labels.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {message}")]
pub struct LabelError {
    /// The file, as named by the user.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
    /// What is wrong, and what would be right.
    pub message: String,
}

/// What is wrong with a line, and where.
struct Flaw {
    column: usize,
    message: String,
}

/// The keys of a label.
const KEYS: [&str; 5] = ["path", "start_line", "end_line", "secret", "kind"];

impl Labels {
    /// Reads the content of `file`.
    ///
    /// # Errors
    ///
    /// All lines that are no labels.
    pub fn read(file: &str, content: &[u8]) -> Result<Self, Vec<LabelError>> {
        let (text, _) = encoding::decode(content);
        let mut labels = Self::default();
        let mut errors = Vec::new();
        for (n, line) in text.lines().enumerate() {
            if line.trim().is_empty() {
                continue;
            }
            if let Err(Flaw { column, message }) = labels.add(n, line) {
                errors.push(LabelError { file: file.to_owned(), line: n + 1, column, message });
            }
        }
        if errors.is_empty() { Ok(labels) } else { Err(errors) }
    }

    fn add(&mut self, n: usize, line: &[u8]) -> Result<(), Flaw> {
        let object = object(line)?;
        let row = Row { line, object: &object };
        if object.contains_key("complete") {
            if n > 0 {
                return Err(row.flaw("complete", "`complete` may stand on the first line only"));
            }
            self.complete = row.complete()?;
        } else {
            self.labels.push(row.label()?);
        }
        Ok(())
    }
}

/// Messages of the JSON parser are told only where they cannot hold a value: it may be a secret.
fn object(line: &[u8]) -> Result<Map<String, Value>, Flaw> {
    let text = line.to_str().map_err(|e| Flaw {
        column: line[..e.valid_up_to()].chars().count() + 1,
        message: "this is no UTF-8; write the file in UTF-8".to_owned(),
    })?;
    match serde_json::from_str(text) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(Flaw {
            column: 1,
            message: format!("this is no JSON object; write a label, as {EXAMPLE}"),
        }),
        Err(e) => Err(Flaw {
            column: text
                .get(..e.column().max(1) - 1)
                .map_or(1, |before| before.chars().count() + 1),
            message: format!("this is no JSON; write a label on one line, as {EXAMPLE}"),
        }),
    }
}

const EXAMPLE: &str = r#"{"path": "data/x.py", "start_line": 3, "end_line": 3, "secret": true}"#;

/// One line of the file.
struct Row<'a> {
    line: &'a [u8],
    object: &'a Map<String, Value>,
}

impl Row<'_> {
    /// What is wrong with a key, at its place in the line.
    fn flaw(&self, key: &str, message: impl Into<String>) -> Flaw {
        let quoted = serde_json::to_string(key).unwrap_or_default();
        let before = self.line.find(&quoted).map_or(0, |at| self.line[..at].chars().count());
        Flaw { column: before + 1, message: message.into() }
    }

    fn only(&self, keys: &[&str]) -> Result<(), Flaw> {
        match self.object.keys().find(|key| !keys.contains(&key.as_str())) {
            None => Ok(()),
            Some(key) => {
                let known = keys.join("`, `");
                Err(self.flaw(key, format!("there is no key `{key}` here; there are: `{known}`")))
            }
        }
    }

    fn complete(&self) -> Result<bool, Flaw> {
        self.only(&["complete"])?;
        self.flag("complete")
    }

    fn label(&self) -> Result<Label, Flaw> {
        self.only(&KEYS)?;
        let start_line = self.number("start_line")?;
        let end_line = match self.object.get("end_line") {
            None => start_line,
            Some(_) => self.number("end_line")?,
        };
        if end_line < start_line {
            let message =
                "`end_line` stands before `start_line`; it is the same line or a later one";
            return Err(self.flaw("end_line", message));
        }
        let kind = self.object.get("kind").filter(|kind| !kind.is_null());
        Ok(Label {
            path: self.path()?,
            start_line,
            end_line,
            secret: self.flag("secret")?,
            kind: kind.map(|_| self.text("kind")).transpose()?,
        })
    }

    /// A path that stays in the corpus.
    fn path(&self) -> Result<String, Flaw> {
        let path = self.text("path")?;
        let mut parts = Path::new(&path).components();
        if path.split('/').any(|name| matches!(name, "" | "."))
            || !parts.all(|part| matches!(part, Component::Normal(_)))
        {
            let message = "`path` leads from the folder of the labels down to a file: names with `/` \
                           between them, without `.` and `..`";
            return Err(self.flaw("path", message));
        }
        Ok(path)
    }

    fn get(&self, key: &str) -> Result<&Value, Flaw> {
        self.object.get(key).ok_or_else(|| Flaw {
            column: 1,
            message: format!("there is no `{key}`; write a label, as {EXAMPLE}"),
        })
    }

    fn text(&self, key: &str) -> Result<String, Flaw> {
        let text = self.get(key)?.as_str();
        text.map(str::to_owned)
            .ok_or_else(|| self.flaw(key, format!("`{key}` is a text in quotes")))
    }

    fn number(&self, key: &str) -> Result<u64, Flaw> {
        let number = self.get(key)?.as_u64().filter(|number| *number > 0);
        number.ok_or_else(|| self.flaw(key, format!("`{key}` is the number of a line, from 1")))
    }

    fn flag(&self, key: &str) -> Result<bool, Flaw> {
        let flag = self.get(key)?.as_bool();
        flag.ok_or_else(|| self.flaw(key, format!("`{key}` is true or false, without quotes")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(path: &str, (start_line, end_line): (u64, u64), secret: bool) -> Label {
        Label { path: path.to_owned(), start_line, end_line, secret, kind: None }
    }

    #[test]
    fn labels_are_read() {
        let text = "\u{feff}{\"complete\": true}\r\n\
             {\"path\": \"a/b.py\", \"start_line\": 3, \"end_line\": 5, \"secret\": true}\r\n\n\
             {\"path\": \"c\", \"start_line\": 1, \"secret\": false, \"kind\": \"acme-token\"}";
        let read = Labels::read("labels.jsonl", text.as_bytes()).unwrap();
        let kind = Some("acme-token".to_owned());
        let labels =
            vec![label("a/b.py", (3, 5), true), Label { kind, ..label("c", (1, 1), false) }];
        assert_eq!(read, Labels { labels, complete: true });
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place_and_never_with_its_value() {
        let good = r#"{"path": "ü", "start_line": 2, "end_line": 3, "secret": true, "kind": "x"}"#;
        let cases = [
            (good.replace("true", "tru"), ":60: this is no JSON"),
            ("[1]".to_owned(), ":1: this is no JSON object"),
            (good.replace("true", "\"hunter2\""), ":47: `secret` is true or false"),
            (good.replace("true", "true, \"hunter\": 1"), ":63: there is no key `hunter`"),
            (good.replace(": 2", ": 0"), ":15: `start_line` is the number of a line, from 1"),
            (good.replace(": 3", ": 1"), ":32: `end_line` stands before `start_line`"),
            (good.replace("\"x\"", "7"), ":63: `kind` is a text"),
            (good.replace("\"start_line\": 2, ", ""), ":1: there is no `start_line`"),
            (good.replace('ü', "/etc/passwd"), ":2: `path` leads"),
            (good.replace('ü', "a/../../b"), ":2: `path` leads"),
            (good.replace('ü', ""), ":2: `path` leads"),
            (r#"{"complete": true}"#.to_owned(), ":2: `complete` may stand on the first line"),
        ];
        let good = good.to_owned();
        for (line, told) in cases {
            let text = format!("{good}\n{line}\n");
            let errors = Labels::read("labels.jsonl", text.as_bytes()).unwrap_err();
            let [error] = &errors[..] else { panic!("{errors:?}") };
            let said = error.to_string();
            assert!(said.starts_with(&format!("labels.jsonl:2{told}")), "{line}: {said}");
            assert!(!said.contains("hunter2"), "{said}");
        }
        let errors = Labels::read("l", b"{\"path\": \"\xff\"}\n{\"complete\": 1}\n[").unwrap_err();
        let places: Vec<_> = errors.iter().map(|error| (error.line, error.column)).collect();
        assert_eq!(places, [(1, 11), (2, 2), (3, 1)]);
    }
}
