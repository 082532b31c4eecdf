//! Reads a pack file, and says what is wrong with it, with file, line and column.

use super::provider::ProviderSpec;
use super::spec::{PackSpec, Playbook, RuleSpec, Sourced};
use super::{MAX_REACH, compile, globs};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use toml::Spanned;

/// Something wrong in a pack.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{place}: {message}")]
pub struct RuleError {
    /// `file`, `file:line` or `file:line:column`.
    pub place: String,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl RuleError {
    pub(super) fn of_file(file: &str, message: String) -> Self {
        Self { place: file.to_owned(), message }
    }

    fn at(text: &str, file: &str, offset: usize, message: String) -> Self {
        let before = &text[..offset.min(text.len())];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Self { place: format!("{file}:{line}:{column}"), message }
    }

    /// The error at the key that `flaw` names, in the table that begins at `line` of `text`. Without
    /// the text (built-in packs) the table's line is all that is known.
    pub(super) fn in_table(text: &str, file: &str, line: u32, flaw: Flaw) -> Self {
        let skip = line as usize - 1;
        let start: usize = text.split_inclusive('\n').take(skip).map(str::len).sum();
        let table = &text[start.min(text.len())..];
        if let Some(column) = column_in_row(table, flaw.key) {
            return Self::at(text, file, start + column, flaw.message);
        }
        let mut offset = start;
        for (n, row) in table.split_inclusive('\n').enumerate() {
            if n > 0 && row.trim_start().starts_with('[') {
                break;
            }
            let key = row.trim_start();
            let rest = key.strip_prefix(flaw.key).map(str::trim_start);
            if rest.is_some_and(|rest| rest.starts_with(['=', '.'])) {
                let indent = row.len() - key.len();
                return Self::at(text, file, offset + indent, flaw.message);
            }
            offset += row.len();
        }
        Self { place: format!("{file}:{line}"), message: flaw.message }
    }
}

/// Where `key` stands in a row of the table of providers, which is one line.
fn column_in_row(table: &str, key: &str) -> Option<usize> {
    let row = table.lines().next().filter(|row| row.trim_start().starts_with('{'))?;
    // What a rule calls its pattern, a row calls its value.
    let key = if key == "pattern" { "value" } else { key };
    let is_key = |at: &usize| {
        row[..*at].ends_with([' ', '{', ',']) && row[at + key.len()..].trim_start().starts_with('=')
    };
    row.match_indices(key).map(|(at, _)| at).find(is_key)
}

/// What is wrong with a table, and under which key.
#[derive(Debug)]
pub(super) struct Flaw {
    key: &'static str,
    message: String,
}

impl Flaw {
    pub(super) fn new(key: &'static str, message: impl Into<String>) -> Self {
        Self { key, message: message.into() }
    }
}

/// A pack as read.
pub(super) struct Pack {
    /// The file's text, to find lines and columns in; empty for the built-in packs.
    pub text: String,
    pub disable: Vec<Sourced<String>>,
    pub rules: Vec<Sourced<RuleSpec>>,
    pub playbooks: Vec<Sourced<Playbook>>,
}

/// Reads and checks the pack at `path`.
pub(super) fn pack(path: &Path) -> Result<Pack, RuleError> {
    let text = fs::read_to_string(path).map_err(|e| {
        RuleError::of_file(&path.display().to_string(), format!("cannot be read: {e}"))
    })?;
    pack_of(path, text)
}

/// Checks the text of the pack at `path`.
pub(super) fn pack_of(path: &Path, text: String) -> Result<Pack, RuleError> {
    let file = path.display().to_string();
    let spec: PackSpec<Spanned<RuleSpec>, Spanned<ProviderSpec>, Spanned<Playbook>> =
        toml::from_str(&text).map_err(|e| {
            let offset = e.span().map_or(0, |span| span.start);
            RuleError::at(&text, &file, offset, e.message().trim().to_owned())
        })?;
    let disable = spec.disable.into_iter();
    let providers = sourced(spec.provider, &file, &text).into_iter();
    let providers = providers.map(|row: Sourced<ProviderSpec>| row.map(RuleSpec::from));
    let pack = Pack {
        disable: disable.map(|value| Sourced { file: file.clone(), line: 1, value }).collect(),
        rules: sourced(spec.rule, &file, &text).into_iter().chain(providers).collect(),
        playbooks: sourced(spec.playbook, &file, &text),
        text,
    };
    let mut ids = BTreeSet::new();
    for rule in &pack.rules {
        let repeated = || (!ids.insert(&rule.value.id)).then(|| duplicate(&rule.value.id));
        if let Some(flaw) = flaw(&rule.value).or_else(repeated) {
            return Err(RuleError::in_table(&pack.text, &file, rule.line, flaw));
        }
    }
    Ok(pack)
}

fn duplicate(id: &str) -> Flaw {
    Flaw::new("id", format!("there is a rule `{id}` already in this pack"))
}

fn sourced<T>(tables: Vec<Spanned<T>>, file: &str, text: &str) -> Vec<Sourced<T>> {
    let line = |start: usize| text[..start].matches('\n').count() as u32 + 1;
    let table = |table: Spanned<T>| Sourced {
        file: file.to_owned(),
        line: line(table.span().start),
        value: table.into_inner(),
    };
    tables.into_iter().map(table).collect()
}

/// What is wrong with a rule by itself, if anything.
pub(super) fn flaw(spec: &RuleSpec) -> Option<Flaw> {
    let kebab = |text: &str| {
        !text.is_empty()
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    if !kebab(&spec.id) {
        let text = format!("`{}` is not an id: lower-case letters, digits and `-`", spec.id);
        return Some(Flaw::new("id", text));
    }
    if !kebab(&spec.kind) {
        let text = format!("`{}` is not a kind: lower-case letters, digits and `-`", spec.kind);
        return Some(Flaw::new("kind", text));
    }
    trigger_flaw(spec).or_else(|| pattern_flaw(spec)).or_else(|| example_flaw(spec))
}

fn trigger_flaw(spec: &RuleSpec) -> Option<Flaw> {
    let triggers = [&spec.prefixes, &spec.keywords, &spec.literals, &spec.paths.only];
    if triggers.iter().all(|list| list.is_empty()) {
        let text = "nothing triggers this rule: give it `prefixes`, `keywords` or `literals`";
        return Some(Flaw::new("id", text));
    }
    for (key, list) in [("prefixes", &spec.prefixes), ("literals", &spec.literals)] {
        if let Some(short) = list.iter().find(|text| text.len() < 3 || !text.is_ascii()) {
            let text =
                format!("`{short}` is too short for a trigger: three ASCII characters or more");
            return Some(Flaw::new(key, text));
        }
    }
    if spec.reach.is_some_and(|reach| reach as usize > MAX_REACH) {
        return Some(Flaw::new("reach", format!("`reach` is at most {MAX_REACH} bytes")));
    }
    let globs = globs(&spec.paths.only).and(globs(&spec.paths.except));
    globs.err().map(|e| Flaw::new("paths", e.to_string()))
}

fn pattern_flaw(spec: &RuleSpec) -> Option<Flaw> {
    let regex = match compile(spec) {
        Ok(regex) => regex,
        Err(message) => return Some(Flaw::new("pattern", message)),
    };
    if spec.keywords.is_empty() && regex.captures_len() < 2 {
        let text = "the pattern has no group: group 1, or the one named `secret`, is the secret";
        return Some(Flaw::new("pattern", text));
    }
    None
}

fn example_flaw(spec: &RuleSpec) -> Option<Flaw> {
    if spec.examples.is_empty() {
        return Some(Flaw::new("examples", "a rule needs an example that it reports"));
    }
    for (key, list) in [("examples", &spec.examples), ("counterexamples", &spec.counterexamples)] {
        if let Some(e) = list.iter().find_map(|text| super::example::expand(text, 0).err()) {
            return Some(Flaw::new(key, e));
        }
    }
    None
}
