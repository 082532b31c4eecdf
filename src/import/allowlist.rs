//! Allowlists as tables of suppressions: each table is one way to be left out.

use super::dialect::Pattern;
use super::draft::Remarks;
use super::suppress::Suppression;
use super::tree::Node;
use super::{glob, within};

/// A regex or a word, and where it stands.
pub(super) struct Piece<'t> {
    pub(super) text: String,
    pub(super) at: usize,
    pub(super) node: Option<&'t Node>,
}

impl<'t> Piece<'t> {
    /// Those that a file has as texts.
    pub(super) fn all(nodes: &[&'t Node]) -> Vec<Self> {
        let piece = |node: &&'t Node| {
            let text = node.text().unwrap_or_default().to_owned();
            Self { text, at: node.span.start, node: Some(node) }
        };
        nodes.iter().map(piece).collect()
    }

    /// Where byte `at` of it stands in the file.
    fn place(&self, file: &str, at: usize) -> usize {
        self.node.map_or(self.at, |node| within(file, node, at))
    }
}

/// What regexes of an allowlist look at.
#[derive(Debug, Clone, Copy)]
pub(super) enum Target {
    Secret,
    /// All that the pattern has matched, which is more than the secret; as said at a byte of the file.
    Match(usize),
    Line,
}

impl Target {
    /// What `regexTarget` says, if it is there. `whole` says whether the secret is all of the match.
    pub(super) fn read(node: Option<&Node>, whole: bool, remarks: &mut Remarks) -> Self {
        let Some(node) = node else { return Self::Secret };
        match node.text().unwrap_or_default().to_ascii_lowercase().as_str() {
            "match" if whole => Self::Secret,
            "match" => Self::Match(node.span.start),
            "line" => Self::Line,
            "" | "secret" => Self::Secret,
            _ => {
                let message = "`regexTarget` is secret, match or line: taken as secret";
                remarks.lose(node.span.start, message);
                Self::Secret
            }
        }
    }
}

/// The regexes that blurt can read; the others are named.
fn readable(text: &str, pieces: &[Piece], remarks: &mut Remarks) -> Vec<String> {
    let mut readable = Vec::new();
    for piece in pieces {
        match Pattern::translate(&piece.text) {
            Ok(pattern) => readable.push(pattern.text),
            Err(flaw) => {
                let message =
                    format!("this regex of an allowlist is not taken over: {}", flaw.message);
                remarks.lose(piece.place(text, flaw.at), message);
            }
        }
    }
    readable
}

/// Tables for regexes on paths.
pub(super) fn of_paths(text: &str, paths: &[Piece], remarks: &mut Remarks) -> Vec<Suppression> {
    let is_glob = |piece: &&Piece| {
        let looks_so = piece.text.starts_with('*') || piece.text.contains("**");
        looks_so && Pattern::translate(&piece.text).is_err()
    };
    let mut globs = Vec::new();
    for piece in paths.iter().filter(is_glob) {
        let message = format!("`{}` is no regex: taken as the glob that is meant", piece.text);
        remarks.note(piece.at, message);
        globs.push(piece.text.clone());
    }
    let mut regexes = Vec::new();
    for piece in paths.iter().filter(|piece| !is_glob(piece)) {
        regexes.extend(readable(text, std::slice::from_ref(piece), remarks));
    }
    let same: Option<Vec<String>> = regexes.iter().map(|regex| glob::of_files(regex)).collect();
    let path_patterns = match same {
        Some(same) => {
            globs.extend(same);
            Vec::new()
        }
        None => regexes,
    };
    let by_globs = Suppression { paths: globs, ..Suppression::default() };
    let by_regexes = Suppression { path_patterns, ..Suppression::default() };
    let says = |table: &Suppression| !table.paths.is_empty() || !table.path_patterns.is_empty();
    [by_globs, by_regexes].into_iter().filter(says).collect()
}

/// Tables for regexes on what `target` says.
pub(super) fn of_regexes(
    text: &str,
    pieces: &[Piece],
    target: Target,
    remarks: &mut Remarks,
) -> Vec<Suppression> {
    let readable = readable(text, pieces, remarks);
    if readable.is_empty() {
        return Vec::new();
    }
    if let Target::Match(at) = target {
        let message = "these regexes look at the whole match there, and at the secret alone here, which leaves \
                       out less: move those that look at what stands around it from `values` to `lines`";
        remarks.lose(at, message);
    }
    let none = Suppression::default();
    vec![match target {
        Target::Line => Suppression { lines: readable, ..none },
        Target::Secret | Target::Match(_) => Suppression { values: readable, ..none },
    }]
}

/// Tables for texts that the secret holds, in any case of letters.
pub(super) fn of_stopwords(stopwords: &[&Node]) -> Vec<Suppression> {
    let texts = stopwords.iter().filter_map(|node| node.text()).filter(|text| !text.is_empty());
    let values = texts.map(|text| format!("(?i){}", regex_syntax::escape(text)));
    let table = Suppression { values: values.collect(), ..Suppression::default() };
    if table.values.is_empty() { Vec::new() } else { vec![table] }
}

/// Tables that each leave out what all of `parts` do; `None` if a table cannot say it.
pub(super) fn together(parts: &[Vec<Suppression>]) -> Option<Vec<Suppression>> {
    let mut tables = vec![Suppression::default()];
    for part in parts {
        if part.is_empty() {
            return Some(Vec::new());
        }
        let mut joined = Vec::new();
        for (table, other) in tables.iter().flat_map(|table| part.iter().map(move |it| (table, it)))
        {
            if !table.values.is_empty() && !other.values.is_empty() {
                return None;
            }
            joined.push(Suppression {
                paths: [&table.paths[..], &other.paths].concat(),
                path_patterns: [&table.path_patterns[..], &other.path_patterns].concat(),
                values: [&table.values[..], &other.values].concat(),
                lines: [&table.lines[..], &other.lines].concat(),
                ..Suppression::default()
            });
        }
        tables = joined;
    }
    Some(tables)
}
