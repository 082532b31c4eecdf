//! Manifests of Kubernetes, and the values of Helm charts.

use super::code::named;
use super::settings::{self, Settings};
use super::{Change, File, Rewriter, Rewritten};
use crate::fix::edit::{self, Edit};
use crate::fix::lookup::Lookup;
use crate::fix::yaml::{self, Scalar, Style};
use bstr::ByteSlice;
use std::collections::BTreeMap;
use std::ops::Range;

/// Manifests.
pub struct Kubernetes;

/// One document of a file.
struct Manifest<'t> {
    text: &'t [u8],
    span: Range<usize>,
}

impl Rewriter for Kubernetes {
    fn rewrite(&self, file: &File) -> Vec<Rewritten> {
        let mut rewritten = Vec::new();
        let mut secrets: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        let manifests = manifests(file.text);
        for (secret, occurrence) in file.secrets.iter().enumerate() {
            let number =
                manifests.partition_point(|manifest| manifest.span.end <= occurrence.span.start);
            secrets.entry(number.min(manifests.len() - 1)).or_default().push(secret);
        }
        for (number, secrets) in secrets {
            rewritten.extend(manifests[number].rewrite(file, &secrets));
        }
        rewritten
    }
}

/// The documents of a text.
fn manifests(text: &[u8]) -> Vec<Manifest<'_>> {
    let (mut found, mut start, mut at) = (Vec::new(), 0, 0);
    while at < text.len() {
        let next = edit::whole_line_at(text, at).end;
        let line = text[at..next].trim_end();
        if line == b"---" || line.starts_with(b"--- ") {
            found.push(Manifest { text, span: start..at });
            start = next;
        }
        at = next;
    }
    found.push(Manifest { text, span: start..text.len() });
    found
}

impl Manifest<'_> {
    /// The value of a key at the left margin.
    fn top(&self, key: &str) -> Option<String> {
        let mut lines = self.text[self.span.clone()].lines();
        let value = lines.find_map(|line| line.strip_prefix(key.as_bytes()))?;
        let value = value.strip_prefix(b":")?.to_str_lossy();
        let value = value.split(" #").next().unwrap_or_default();
        Some(value.trim().trim_matches(['"', '\'']).to_owned())
    }

    /// The value of a key of the metadata.
    fn metadata(&self, key: &str) -> Option<String> {
        let text = self.text[self.span.clone()].to_str_lossy();
        let metadata = text.lines().skip_while(|line| !line.starts_with("metadata:")).skip(1);
        let mut inside =
            metadata.take_while(|line| line.starts_with([' ', '\t', '#']) || line.is_empty());
        let value =
            inside.find_map(|line| line.trim_start().strip_prefix(key)?.strip_prefix(':'))?;
        Some(value.trim().trim_matches(['"', '\'']).to_owned())
    }

    /// The name of the Secret that takes what is in this manifest.
    fn secret_name(&self) -> String {
        let own = self.metadata("name").filter(|name| is_name(name));
        own.map_or_else(|| "app-secrets".to_owned(), |name| format!("{name}-secrets"))
    }

    fn rewrite(&self, file: &File, secrets: &[usize]) -> Vec<Rewritten> {
        let kind = self.top("kind");
        if kind.as_deref() == Some("Secret") {
            return self.secret(file, secrets);
        }
        let is_manifest = kind.is_some() && self.top("apiVersion").is_some();
        let change = |secret: &usize| {
            let made = match yaml::scalar_at(file.text, &file.secrets[*secret].span) {
                None => Ok(named(file, *secret, ("<", ">"))),
                Some(scalar) if is_manifest => self.variable(file, *secret, &scalar),
                Some(scalar) => value_of_chart(file, *secret, &scalar),
            };
            match made {
                Ok(change) => Rewritten::Changed(change),
                Err(why) => Rewritten::Left(*secret, why.to_owned()),
            }
        };
        secrets.iter().map(change).collect()
    }

    /// A variable of a container takes its value from a Secret.
    fn variable(
        &self,
        file: &File,
        secret: usize,
        scalar: &Scalar,
    ) -> Result<Change, &'static str> {
        let key =
            scalar.key.clone().filter(|key| &file.text[key.clone()] == b"value" && !scalar.flow);
        let Some(key) = key else {
            return Err(
                "only variables of containers and Secrets are known: refer to a Secret from here",
            );
        };
        let line = edit::line_at(file.text, key.start);
        let margin = key.start - line.start;
        let indent = " ".repeat(margin);
        let names = file.secrets[secret].names;
        let item = item_line(file.text, line.start, margin);
        let own = item.and_then(|item| variable_name(&file.text[item..line.start.max(item)]));
        let entry =
            own.unwrap_or_else(|| names.variable.clone()).to_ascii_lowercase().replace('_', "-");
        // What a store fills belongs to one ExternalSecret each.
        let owner = match file.lookup {
            Lookup::Environment => self.secret_name(),
            _ => format!("{}-{entry}", self.secret_name()),
        };
        let from = |indent: &str| {
            format!(
                "valueFrom:\n{indent}  secretKeyRef:\n{indent}    name: {owner}\n{indent}    key: {entry}"
            )
        };
        let span = &file.secrets[secret].span;
        let content = file.text[scalar.content.clone()].trim();
        let whole =
            file.secrets[secret].encoded || content.len() == file.text[span.clone()].trim().len();
        let mut edits = if whole {
            vec![Edit::replace(key.start..scalar.span.end, from(&indent))]
        } else {
            // The value is put together from a variable before it.
            let item = item.ok_or("its item of the list is not found")?;
            let dash = " ".repeat(margin.saturating_sub(2));
            let before = format!("{dash}- name: {}\n{indent}{}\n", names.variable, from(&indent));
            vec![
                Edit::insert(item, before),
                Edit::replace(span.clone(), format!("$({})", names.variable)),
            ]
        };
        let review = if file.lookup == Lookup::Environment {
            format!(
                "create it outside of Git: kubectl create secret generic {owner} --from-file={entry}=FILE"
            )
        } else {
            edits.push(self.external(
                &[(entry, names.stored.clone())],
                &owner,
                "Owner",
                file.lookup,
            ));
            EXTERNAL.to_owned()
        };
        Ok(Change {
            secrets: vec![secret],
            edits,
            needs: Vec::new(),
            review: Some(review),
            variable: None,
        })
    }

    /// The values leave a Secret, and External Secrets brings them from the store.
    fn secret(&self, file: &File, secrets: &[usize]) -> Vec<Rewritten> {
        let (mut edits, mut done, mut entries) = (Vec::new(), Vec::new(), Vec::new());
        let mut rewritten = Vec::new();
        for secret in secrets {
            let occurrence = &file.secrets[*secret];
            let scalar = yaml::scalar_at(file.text, &occurrence.span);
            let Some((scalar, key)) =
                scalar.and_then(|s| s.key.clone().filter(|_| !s.flow).map(|key| (s, key)))
            else {
                rewritten.push(Rewritten::Changed(named(file, *secret, ("<", ">"))));
                continue;
            };
            let line = edit::whole_line_at(file.text, key.start);
            let end = edit::whole_line_at(file.text, scalar.span.end.max(1) - 1).end.max(line.end);
            let name = file.text[key].to_str_lossy().into_owned();
            if !entries.iter().any(|(known, _)| *known == name) {
                edits.push(Edit::delete(line.start..end));
                entries.push((name, occurrence.names.stored.clone()));
            }
            done.push(*secret);
        }
        if done.is_empty() {
            return rewritten;
        }
        edits.extend(self.without_headers(&edits));
        let owner =
            self.metadata("name").filter(|name| is_name(name)).unwrap_or_else(|| "NAME".into());
        edits.push(self.external(&entries, &owner, "Merge", file.lookup));
        let review = Some(EXTERNAL.to_owned());
        rewritten.push(Rewritten::Changed(Change {
            secrets: done,
            edits,
            needs: Vec::new(),
            review,
            variable: None,
        }));
        rewritten
    }

    /// Takes out `data:` and `stringData:` where nothing is left below them.
    fn without_headers(&self, edits: &[Edit]) -> Vec<Edit> {
        let (mut found, mut at) = (Vec::new(), self.span.start);
        while at < self.span.end {
            let line = edit::whole_line_at(self.text, at);
            let text = self.text[line.clone()].trim_end();
            if text == b"data:" || text == b"stringData:" {
                let mut below = line.end;
                let mut left = false;
                while below < self.span.end {
                    let next = edit::whole_line_at(self.text, below);
                    let inner = &self.text[next.clone()];
                    if !inner.starts_with(b" ") && !inner.trim().is_empty() {
                        break;
                    }
                    let taken =
                        edits.iter().any(|edit| edit.start <= next.start && next.end <= edit.end);
                    left |= !taken && !inner.trim().is_empty();
                    below = next.end;
                }
                if !left {
                    found.push(Edit::delete(line.clone()));
                }
            }
            at = line.end;
        }
        found
    }

    /// A manifest of External Secrets behind this one.
    fn external(
        &self,
        entries: &[(String, String)],
        owner: &str,
        policy: &str,
        lookup: Lookup,
    ) -> Edit {
        let store = match lookup {
            Lookup::ParameterStore => "aws-parameter-store",
            _ => "aws-secrets-manager",
        };
        let space = self.metadata("namespace").filter(|name| is_name(name));
        let space = space.map_or_else(String::new, |name| format!("  namespace: {name}\n"));
        let mut text = format!(
            "---\napiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata:\n  name: {owner}\n{space}spec:\n  refreshInterval: 1h\n  secretStoreRef:\n    kind: ClusterSecretStore\n    name: {store}\n  target:\n    name: {owner}\n    creationPolicy: {policy}\n  data:\n"
        );
        for (key, stored) in entries {
            text.push_str(&format!(
                "    - secretKey: {key}\n      remoteRef:\n        key: {stored}\n"
            ));
        }
        let body = self.text[self.span.clone()].trim_end().len();
        let end = self.span.start + body;
        let behind = edit::whole_line_at(self.text, end.saturating_sub(1).max(self.span.start)).end;
        let behind = behind.max(end);
        let feed = if self.text[..behind].ends_with(b"\n") { "" } else { "\n" };
        Edit::insert(behind, format!("{feed}{text}"))
    }
}

/// What has to be there for a manifest of External Secrets.
const EXTERNAL: &str = "it needs External Secrets Operator in the cluster, and a ClusterSecretStore of the name that it refers to";

/// Names that may stand in a manifest without quotes (RFC 1123 labels and subdomains).
fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b))
}

/// Where the line with the dash of an item begins.
fn item_line(text: &[u8], from: usize, margin: usize) -> Option<usize> {
    let mut at = from;
    loop {
        let line = edit::line_at(text, at);
        let own = &text[line.clone()];
        let blanks = edit::indent(own).len();
        if own[blanks..].starts_with(b"- ") && blanks + 2 == margin {
            return Some(line.start);
        }
        if blanks < margin && !own.trim().is_empty() || line.start == 0 {
            return None;
        }
        at = line.start - 1;
    }
}

/// The name of the variable that an item of a list begins with.
fn variable_name(item: &[u8]) -> Option<String> {
    let name = item.trim_start().strip_prefix(b"- name:")?.lines().next()?.trim();
    let name = name.to_str().ok()?.trim_matches(['"', '\'']);
    let plain =
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b));
    plain.then(|| name.to_owned())
}

/// A value of a chart is given when it is installed.
fn value_of_chart(file: &File, secret: usize, scalar: &Scalar) -> Result<Change, &'static str> {
    let span = &file.secrets[secret].span;
    let content = file.text[scalar.content.clone()].trim();
    let whole =
        file.secrets[secret].encoded || content.len() == file.text[span.clone()].trim().len();
    let is_template = file.text.contains_str("{{") && file.path.contains("templates/");
    if is_template {
        return Err(
            "a template of a chart takes it from a Secret or from values that are given when it is installed",
        );
    }
    let values = file.name().starts_with("values");
    if !values {
        let mut rewritten = Settings(settings::reference(file))
            .rewrite(&File { secrets: std::slice::from_ref(&file.secrets[secret]), ..*file });
        return match rewritten.pop() {
            Some(Rewritten::Changed(change)) => Ok(Change { secrets: vec![secret], ..change }),
            _ => Err("its value would need quotes, and has some"),
        };
    }
    if !whole {
        return Err("it is a part of a value: give the whole value when the chart is installed");
    }
    let range = if matches!(scalar.style, Style::Single | Style::Double) {
        scalar.content.clone()
    } else {
        scalar.span.clone()
    };
    let text = if matches!(scalar.style, Style::Single | Style::Double) { "" } else { "\"\"" };
    Ok(Change {
        secrets: vec![secret],
        edits: vec![Edit::replace(range, text)],
        needs: Vec::new(),
        review: Some("give it when the chart is installed (helm --set-file), or let the chart use an existing Secret".into()),
        variable: None,
    })
}
