//! The tables of a database, and what their columns are called.

use super::record::Value;
use bstr::ByteSlice;

/// A table.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) name: Vec<u8>,
    pub(super) root: u64,
    /// In the order in which rows hold them.
    pub(super) columns: Vec<String>,
}

impl Table {
    /// The table that describes all others.
    pub(super) fn schema() -> Self {
        let columns = ["type", "name", "tbl_name", "rootpage", "sql"];
        let columns = columns.map(str::to_owned).to_vec();
        Self { name: b"sqlite_schema".to_vec(), root: 1, columns }
    }

    /// The table that a row of the schema describes, its texts being in UTF-8. What describes an index
    /// is none: it holds what a table holds.
    pub(super) fn read(row: &[Value]) -> Option<Self> {
        let [
            Value::Text(b"table"),
            Value::Text(name),
            _,
            Value::Integer(root),
            Value::Text(sql),
            ..,
        ] = row
        else {
            return None;
        };
        let root = u64::try_from(*root).ok().filter(|root| *root > 0)?;
        Some(Self { name: name.to_vec(), root, columns: columns(&sql.to_str_lossy()) })
    }

    /// What a column is called.
    pub(super) fn column(&self, at: usize) -> String {
        self.columns.get(at).cloned().unwrap_or_else(|| format!("column {}", at + 1))
    }
}

/// The columns that `CREATE TABLE` names, in the order of rows.
fn columns(sql: &str) -> Vec<String> {
    let tokens = tokens(sql);
    let Some(open) = tokens.iter().position(|token| *token == "(") else { return Vec::new() };
    let (mut definitions, mut depth) = (vec![Vec::new()], 0);
    let mut end = tokens.len();
    for (n, token) in tokens.iter().enumerate().skip(open + 1) {
        match *token {
            "(" => depth += 1,
            ")" if depth == 0 => {
                end = n;
                break;
            }
            ")" => depth -= 1,
            "," if depth == 0 => {
                definitions.push(Vec::new());
                continue;
            }
            _ => {}
        }
        if let Some(last) = definitions.last_mut() {
            last.push(*token);
        }
    }
    let is_column = |definition: &&Vec<&str>| {
        let first = definition.first().map(|first| first.to_ascii_uppercase());
        let first = first.unwrap_or_default();
        !["", "CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"].contains(&&*first)
    };
    let all: Vec<&Vec<&str>> = definitions.iter().filter(is_column).collect();
    let mut names: Vec<String> = all.iter().map(|definition| unquoted(definition[0])).collect();
    let is_word = |token: &&str, word: &str| token.eq_ignore_ascii_case(word);
    let mut behind = tokens[end.min(tokens.len())..].iter();
    if behind.any(|token| is_word(token, "ROWID")) {
        let key = key(&definitions);
        // Without a number of its own, a row begins with its key.
        let place = |name: &String| key.iter().position(|of_key| of_key.eq_ignore_ascii_case(name));
        names.sort_by_key(|name| place(name).unwrap_or(usize::MAX));
    }
    names
}

/// The columns of the primary key.
fn key(definitions: &[Vec<&str>]) -> Vec<String> {
    let is_key = |pair: &[&str]| {
        pair[0].eq_ignore_ascii_case("PRIMARY") && pair[1].eq_ignore_ascii_case("KEY")
    };
    for definition in definitions {
        let Some(at) = definition.windows(2).position(is_key) else { continue };
        if definition.get(at + 2) != Some(&"(") {
            return definition.first().map(|name| unquoted(name)).into_iter().collect();
        }
        let listed = definition[at + 3..].iter().take_while(|token| **token != ")");
        let listed: Vec<&str> = listed.copied().collect();
        let parts = listed.split(|token| *token == ",");
        return parts.filter_map(|part| part.first()).map(|name| unquoted(name)).collect();
    }
    Vec::new()
}

/// Words, quoted names and signs, without comments.
fn tokens(sql: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = sql.trim_start();
    while let Some(first) = rest.chars().next() {
        let ends_at = |end: &str, from: usize| {
            rest.get(from..)
                .and_then(|tail| tail.find(end))
                .map_or(rest.len(), |at| from + at + end.len())
        };
        let length = match first {
            '"' | '`' | '\'' => quoted(rest, first),
            '[' => ends_at("]", 1),
            '-' if rest.starts_with("--") => ends_at("\n", 2),
            '/' if rest.starts_with("/*") => ends_at("*/", 2),
            first if is_word(first) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            first => first.len_utf8(),
        };
        let (token, behind) = rest.split_at(length);
        if !token.starts_with("--") && !token.starts_with("/*") {
            tokens.push(token);
        }
        rest = behind.trim_start();
    }
    tokens
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

/// The length of what stands in quotes; two of them are one in it.
fn quoted(text: &str, quote: char) -> usize {
    let mut at = 1;
    while let Some(found) = text[at..].find(quote) {
        at += found + 1;
        if !text[at..].starts_with(quote) {
            return at;
        }
        at += 1;
    }
    text.len()
}

fn unquoted(name: &str) -> String {
    let mut inner = name.chars();
    match (inner.next(), inner.next_back()) {
        (Some('['), Some(']')) => inner.as_str().to_owned(),
        (Some(quote @ ('"' | '`' | '\'')), Some(last)) if last == quote => {
            inner.as_str().replace(&format!("{quote}{quote}"), &quote.to_string())
        }
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_named_as_the_statement_names_them() {
        let cases: [(&str, &[&str]); 6] = [
            ("CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT)", &["id", "name"]),
            (
                "CREATE TABLE \"a(b\" (\"x,\"\"y\" TEXT, [z w] NUMERIC(10, 2), `q`)",
                &["x,\"y", "z w", "q"],
            ),
            (
                "CREATE TABLE t (a, -- first, (\n b DEFAULT ('x,)'), /* c, */ d, CHECK (a > b), UNIQUE(a))",
                &["a", "b", "d"],
            ),
            (
                "CREATE TABLE t (v TEXT, k TEXT, n, PRIMARY KEY (k DESC, \"n\")) WITHOUT ROWID",
                &["k", "n", "v"],
            ),
            ("CREATE TABLE t (v, k PRIMARY KEY) STRICT, WITHOUT ROWID", &["k", "v"]),
            ("CREATE TABLE t(", &[]),
        ];
        for (sql, expected) in cases {
            assert_eq!(columns(sql), expected, "{sql}");
            for end in (0..sql.len()).filter(|end| sql.is_char_boundary(*end)) {
                columns(&sql[..end]);
            }
        }
    }
}
