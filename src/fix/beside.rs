//! The files that edits need beside those that they edit.

use super::language::Need;
use super::{FileFix, plain, withdraw};
use crate::remedy::surroundings::Surroundings;
use bstr::ByteSlice;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Files that are made or added to, by path.
pub(super) struct Beside<'a> {
    around: &'a dyn Surroundings,
    files: BTreeMap<String, Vec<u8>>,
}

impl<'a> Beside<'a> {
    /// None yet.
    pub(super) fn new(around: &'a dyn Surroundings) -> Self {
        Self { around, files: BTreeMap::new() }
    }

    /// Meets a need of a file in `folder`, which ends with a `/` if it is not the current one.
    pub(super) fn meet(&mut self, folder: &str, need: Need) {
        match need {
            Need::File { name, text } => {
                let path = format!("{folder}{name}");
                if !Path::new(&path).exists() {
                    self.files.insert(path, text.into_bytes());
                }
            }
            Need::Block { name, head, text } => self.block(folder, name, (&head, &text)),
            Need::Member { name, way, value } => {
                let path = format!("{folder}{name}");
                let known = self.known(&path);
                // What cannot be read is left to whoever has written it.
                if let Some(text) = with_member(known.as_deref(), &way, &value) {
                    self.files.insert(path, text);
                }
            }
            Need::Sample { name, text, secrets } => {
                let path = format!("{folder}{name}");
                let known = fs::read(&path).ok();
                let sample = withdraw::sample(&text, &secrets, known.as_deref());
                if known.as_deref() != Some(&sample[..]) {
                    self.files.insert(path, sample);
                }
            }
            Need::Import(_) | Need::Definition(_) => {}
        }
    }

    /// All files.
    pub(super) fn files(self) -> impl Iterator<Item = FileFix> {
        self.files.into_iter().map(|(path, after)| plain(path, after))
    }

    /// What a file will hold, or holds.
    fn known(&self, path: &str) -> Option<Vec<u8>> {
        self.files.get(path).cloned().or_else(|| fs::read(path).ok())
    }

    /// Adds a block to a file, unless one of that kind in the folder has it.
    fn block(&mut self, folder: &str, name: &str, (head, text): (&str, &str)) {
        let here = Path::new(if folder.is_empty() { "." } else { folder });
        let end = format!(".{}", name.rsplit('.').next().unwrap_or_default());
        let names = self.around.names(here);
        let mut texts = names.iter().filter(|name| name.ends_with(&end));
        let has = |name: &String| {
            self.around.text(&here.join(name)).is_some_and(|text| text.contains(head))
        };
        if texts.any(has) {
            return;
        }
        let path = format!("{folder}{name}");
        let mut known = self.known(&path).unwrap_or_default();
        if !known.contains_str(head) {
            let between = if known.is_empty() { "" } else { "\n" };
            known.extend_from_slice(format!("{between}{text}").as_bytes());
            self.files.insert(path, known);
        }
    }
}

/// A JSON object with one more member, at the end of a way of keys; `None` if the text is no JSON object.
fn with_member(text: Option<&[u8]>, way: &[String], value: &str) -> Option<Vec<u8>> {
    let empty = || Some(Value::Object(Map::new()));
    let mut object = text.map_or_else(empty, |text| serde_json::from_slice(text).ok())?;
    let mut place = &mut object;
    for key in way {
        if place.is_null() {
            *place = Value::Object(Map::new());
        }
        place = place.as_object_mut()?.entry(key.clone()).or_insert(Value::Null);
    }
    *place = Value::String(value.to_owned());
    let mut text = serde_json::to_vec_pretty(&object).ok()?;
    text.push(b'\n');
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_is_added_where_its_way_leads() {
        let with = |text: Option<&str>, way: &[&str]| {
            let way: Vec<_> = way.iter().map(|key| (*key).to_owned()).collect();
            let text = with_member(text.map(str::as_bytes), &way, "NAME")?;
            Some(serde_json::from_slice::<Value>(&text).unwrap())
        };
        assert_eq!(with(None, &["a", "b"]), Some(serde_json::json!({"a": {"b": "NAME"}})));
        let known = Some(r#"{"a": {"c": "OTHER"}}"#);
        let both = serde_json::json!({"a": {"b": "NAME", "c": "OTHER"}});
        assert_eq!(with(known, &["a", "b"]), Some(both));
        assert_eq!(with(Some(r#"{"a": "text"}"#), &["a", "b"]), None);
        assert_eq!(with(Some("no JSON"), &["a"]), None);
    }
}
