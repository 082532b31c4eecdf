//! A shell script that takes the values from where they stand and puts them into their stores. It holds
//! places in bytes and no value; how it keeps values out of arguments, variables, logs and lasting files
//! stands in `import_script.sh`.

use super::locate::{Located, Value, Written};
use super::names::{self, Relocation};
use super::{EmitError, Emitter, OutputFile, Sources};
use crate::plan::{Entry, Plan, Stage};
use crate::report::sanitize;
use std::fmt::Write as _;
use std::ops::Range;

const TEMPLATE: &str = include_str!("import_script.sh");

pub(super) struct ImportScript;

impl Emitter for ImportScript {
    fn name(&self) -> &'static str {
        "import-script"
    }

    fn files(&self, plan: &Plan, sources: Option<&Sources>) -> Result<Vec<OutputFile>, EmitError> {
        let relocations = names::relocations(plan);
        if relocations.is_empty() {
            return Err(EmitError::Nothing(self.name()));
        }
        let sources = sources.ok_or(EmitError::NoSources(self.name()))?;
        let entries: Vec<&Entry> = relocations.iter().map(|relocation| relocation.entry).collect();
        let located = Located::new(&entries, sources);
        let flat = names::flat(&relocations);
        let targets = relocations.iter().zip(&flat);
        let targets: Vec<Target> =
            targets.map(|(relocation, flat)| Target::new(relocation, flat)).collect();
        let calls: Vec<String> =
            targets.iter().map(|target| target.call(located.value(target.entry))).collect();
        let text = TEMPLATE
            .replace("@EXPOSED@\n", &exposed_comment(&targets))
            .replace("@ROTATE@\n", &rotate(&targets))
            // Foreign text comes last: it may hold a mark.
            .replacen("@CALLS@\n", &calls.concat(), 1);
        Ok(vec![OutputFile { path: "import.sh", text, executable: true }])
    }
}

/// Where a secret goes.
struct Target<'p> {
    entry: &'p Entry,
    store: &'p str,
    /// What it is called there.
    name: String,
    /// Its tags, as the store's command takes them; `None` if the script cannot fill the store.
    tags: Option<String>,
}

impl<'p> Target<'p> {
    /// `flat` is its name without slashes.
    fn new(relocation: &Relocation<'p>, flat: &str) -> Self {
        let Relocation { entry, store, name } = relocation;
        let (name, tags) = match *store {
            "aws-secrets-manager" | "aws-parameter-store" => (name.clone(), Some(aws_tags(entry))),
            "vault" => (name.trim_start_matches('/').to_owned(), Some(String::new())),
            "gcp-secret-manager" => (flat.to_owned(), Some(google_labels(entry))),
            "azure-key-vault" => (flat.to_owned(), Some(azure_tags(entry))),
            _ => (name.clone(), None),
        };
        Self { entry, store, name, tags }
    }

    /// The lines of the script that put it there.
    fn call(&self, value: Result<Value, &str>) -> String {
        let title = sanitize(&self.entry.title);
        let (name, store) = (quoted(&self.name), quoted(self.store));
        let by_hand = |place: &str, reason: &str| {
            let (place, reason) = (quoted(&sanitize(place)), quoted(reason));
            format!("\n# {title}\nby_hand {name} {store} {place} {reason}\n")
        };
        let place = self.entry.places.first();
        let place =
            || place.map_or_else(String::new, |place| format!("{}:{}", place.name, place.line));
        let Some(tags) = &self.tags else {
            return by_hand(&place(), "this script does not fill that store");
        };
        let value = match value {
            Ok(value) => value,
            Err(reason) => return by_hand(&place(), reason),
        };
        let place = format!("{}:{}", value.file, value.line);
        let Some(file) = quoted_path(value.file) else {
            return by_hand(&place, "the name of its file ends with a line feed");
        };
        let (encoding, [start, length, skip, bytes]) = numbers(&value.written);
        let kept =
            value.kept.parts.iter().enumerate().fold(String::new(), |mut text, (n, part)| {
                let last = n + 1 == value.kept.parts.len();
                let length = if last { "-".to_owned() } else { part.len().to_string() };
                let _ = write!(text, " {} {length}", part.start);
                text
            });
        format!(
            "\n# {title}\nrelocate {name} {store} \\\n  {tags} \\\n  {place} {file} {sum} \\\n  {encoding} {start} {length} {skip} {bytes}{kept}\n",
            tags = quoted(tags),
            place = quoted(&sanitize(&place)),
            sum = quoted(&value.kept.sum),
        )
    }
}

/// The encoding, and the numbers that the script wants for it: where it begins in the file, how long it is
/// there, and of what it means how many bytes stand before the value, and how many are the value.
fn numbers(written: &Written) -> (&'static str, [usize; 4]) {
    let of = |span: &Range<usize>, value: &Range<usize>| {
        [span.start, span.len(), value.start, value.len()]
    };
    match written {
        Written::Plain(span) => ("plain", of(span, &(0..span.len()))),
        Written::Base64 { encoded, value } => ("base64", of(encoded, value)),
    }
}

/// <https://docs.aws.amazon.com/cli/latest/reference/secretsmanager/create-secret.html>
fn aws_tags(entry: &Entry) -> String {
    let tags = names::tags(entry);
    let tags = tags.iter().map(|(key, value)| serde_json::json!({"Key": key, "Value": value}));
    serde_json::Value::Array(tags.collect()).to_string()
}

/// Labels have lower case letters, digits, `_` and `-`, at most 63 of them:
/// <https://cloud.google.com/resource-manager/docs/creating-managing-labels#requirements>.
fn google_labels(entry: &Entry) -> String {
    let label = |text: &str| {
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        let text: String = text.chars().map(|c| if allowed(c) { c } else { '_' }).collect();
        text.chars().take(63).collect::<String>().to_ascii_lowercase()
    };
    pairs(entry, ",", label)
}

/// One word each: <https://learn.microsoft.com/en-us/cli/azure/keyvault/secret#az-keyvault-secret-set>.
fn azure_tags(entry: &Entry) -> String {
    pairs(entry, " ", |text| text.replace([' ', '='], "_"))
}

fn pairs(entry: &Entry, between: &str, part: impl Fn(&str) -> String) -> String {
    let tags = names::tags(entry);
    let tags = tags.iter().map(|(key, value)| format!("{}={}", part(key), part(value)));
    tags.collect::<Vec<String>>().join(between)
}

/// The names of those that others may have read.
fn exposed<'t>(targets: &'t [Target]) -> impl Iterator<Item = &'t str> {
    let exposed = |target: &&Target| target.entry.stage != Stage::Files;
    targets.iter().filter(exposed).map(|target| target.name.as_str())
}

fn exposed_comment(targets: &[Target]) -> String {
    if exposed(targets).next().is_none() {
        return "# No repository holds them, as far as the scan has seen.\n".to_owned();
    }
    let head = "# Others may have read some of them. Rotate these right afterwards:\n";
    exposed(targets).fold(head.to_owned(), |text, name| text + "#   " + name + "\n")
}

fn rotate(targets: &[Target]) -> String {
    if exposed(targets).next().is_none() {
        return String::new();
    }
    let head = "printf '%s\\n' 'Others may have read these. Rotate them now:'";
    let lines = exposed(targets).map(|name| format!(" \\\n  {}", quoted(&format!("  {name}"))));
    format!("{head}{}\n", lines.collect::<String>())
}

/// A text as a shell reads it back.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// The name of a file as a shell reads it back, without any character that a terminal obeys. A name that ends
/// with a line feed cannot be written so.
fn quoted_path(path: &str) -> Option<String> {
    if sanitize(path) == path {
        return Some(quoted(path));
    }
    let of_byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'_' => {
            char::from(byte).to_string()
        }
        _ => format!("\\{byte:03o}"),
    };
    let octal: String = path.bytes().map(of_byte).collect();
    (!path.ends_with('\n')).then(|| format!("\"$(printf '{octal}')\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_are_quoted() {
        assert_eq!(quoted_path("-a b/it's $x").unwrap(), r"'-a b/it'\''s $x'");
        assert_eq!(
            quoted_path("a\nb\u{202e}.py").unwrap(),
            r#""$(printf 'a\012b\342\200\256.py')""#
        );
        assert_eq!(quoted_path("a\n"), None);
    }
}
