//! What a user of another tool has, made blurt's own: its rules become a pack, its allowlists
//! `[[suppress]]` tables, and what its files say is accepted can be asked about. Whatever cannot be taken
//! over is named, with its place and what to do instead.

mod accepted;
mod allowlist;
mod convert;
mod dialect;
mod draft;
mod equivalent;
mod example;
mod expression;
mod gitleaks;
mod glob;
mod group;
mod kingfisher;
mod pack;
mod suppress;
mod tree;
mod trigger;

pub use accepted::{Acceptance, Accepted, AcceptedError};
pub use suppress::{RuleSettings, Settings, Suppression};

use crate::blob::Position;
use crate::rule::{Confidence, RuleError, RuleSpec};
use convert::Conversion;
use draft::{Fields, Remarks};
use std::fmt;
use std::path::Path;
use tree::Node;

/// The tools whose rules can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A TOML configuration of gitleaks.
    Gitleaks,
    /// A TOML configuration of betterleaks.
    Betterleaks,
    /// YAML rules of Nosey Parker.
    NoseyParker,
    /// YAML rules of Kingfisher.
    Kingfisher,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 4] =
        [Self::Gitleaks, Self::Betterleaks, Self::NoseyParker, Self::Kingfisher];

    /// The tool's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Gitleaks => "gitleaks",
            Self::Betterleaks => "betterleaks",
            Self::NoseyParker => "noseyparker",
            Self::Kingfisher => "kingfisher",
        }
    }

    /// The tool of that name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The tool that a file is written for, by what is in it.
    fn of(text: &str) -> Self {
        let line = |wanted: &dyn Fn(&str) -> bool| text.lines().any(|line| wanted(line.trim()));
        if line(&|line| line == "rules:" || line.starts_with("rules: "))
            && Node::of_toml(text).is_err()
        {
            let newer = ["validation:", "pattern_requirements:", "depends_on_rule:", "revocation:"];
            let newer = line(&|line| newer.iter().any(|key| line.starts_with(key)));
            return if newer { Self::Kingfisher } else { Self::NoseyParker };
        }
        let newer = ["betterleaksMinVersion", "prefilter", "filter", "validate"];
        let is_newer = |line: &str| {
            newer.iter().any(|key| {
                let rest = line.strip_prefix(key).map(str::trim_start);
                rest.is_some_and(|rest| rest.starts_with('='))
            })
        };
        if line(&is_newer) { Self::Betterleaks } else { Self::Gitleaks }
    }

    fn is_yaml(self) -> bool {
        matches!(self, Self::NoseyParker | Self::Kingfisher)
    }
}

/// Something that has to be said about a file, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// The file, as it was named.
    pub file: String,
    /// The place in it.
    pub place: Position,
    /// What it is, and what to do.
    pub message: String,
    /// Whether something was not taken over.
    pub lost: bool,
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let note = if self.lost { "" } else { "note: " };
        let Position { line, column } = self.place;
        write!(f, "{}:{line}:{column}: {note}{}", self.file, self.message)
    }
}

/// How much was taken over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Rules in the pack.
    pub imported: usize,
    /// Rules that are not needed, as blurt's own find the same.
    pub covered: usize,
    /// Rules that are neither.
    pub left: usize,
    /// Allowlists that became suppressions.
    pub allowed: usize,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rules = |n: usize| if n == 1 { "1 rule".to_owned() } else { format!("{n} rules") };
        let mut parts = Vec::new();
        if self.imported + self.covered + self.left > 0 || self.allowed == 0 {
            parts.push(format!("{} imported", rules(self.imported)));
        }
        if self.covered > 0 {
            parts.push(format!("{} not needed", self.covered));
        }
        if self.left > 0 {
            parts.push(format!("{} not (named above)", self.left));
        }
        match self.allowed {
            0 => {}
            1 => parts.push("1 allowlist became a suppression".to_owned()),
            n => parts.push(format!("{n} allowlists became suppressions")),
        }
        f.write_str(&parts.join(", "))
    }
}

/// What a file of another tool is to blurt.
#[derive(Debug, Clone)]
pub struct Import {
    /// The tool.
    pub kind: Kind,
    /// The rules, each tested by its example.
    pub rules: Vec<RuleSpec>,
    /// What belongs into `.blurt.toml`, but for the pack itself.
    pub settings: Settings,
    /// What has to be said, in the order of the file.
    pub remarks: Vec<Remark>,
    /// How much was taken over.
    pub summary: Summary,
}

/// Why a file cannot be imported at all.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// It is not what it should be.
    #[error("{file}:{}:{}: {message}", place.line, place.column)]
    Parse {
        /// The file, as it was named.
        file: String,
        /// Where.
        place: Position,
        /// What is wrong.
        message: String,
    },
    /// It has neither rules nor anything about rules.
    #[error(
        "{file}: neither a configuration of gitleaks or betterleaks nor rules of Nosey Parker or Kingfisher"
    )]
    Unknown {
        /// The file, as it was named.
        file: String,
    },
    /// blurt's own rules are flawed.
    #[error(transparent)]
    Rules(#[from] RuleError),
    /// The pack cannot be written.
    #[error("the pack cannot be written: {0}")]
    Write(#[from] toml::ser::Error),
}

impl Import {
    /// Reads `text`, the content of the file at `path`, as a file of `kind`, or of the tool that it looks
    /// like.
    ///
    /// # Errors
    ///
    /// When it is no TOML or YAML, or nothing in it is known; with line and column.
    pub fn read(path: &Path, text: &str, kind: Option<Kind>) -> Result<Self, ImportError> {
        let file = path.display().to_string();
        let known = ["rules", "extend", "allowlist", "allowlists", "prefilter", "filter"];
        let kind = kind.unwrap_or_else(|| Kind::of(text));
        let tree = if kind.is_yaml() { Node::of_yaml(text) } else { Node::of_toml(text) };
        let tree = tree.map_err(|flaw| ImportError::Parse {
            file: file.clone(),
            place: tree::position(text, flaw.at),
            message: flaw.message,
        })?;
        if known.iter().all(|name| tree.get(name).is_none()) {
            return Err(ImportError::Unknown { file });
        }
        let draft =
            if kind.is_yaml() { kingfisher::read(&tree) } else { gitleaks::read(text, &tree) };
        Conversion::new(kind, &file, text)?.run(draft)
    }

    /// The text of the pack.
    ///
    /// # Errors
    ///
    /// When a rule has something that TOML cannot say.
    pub fn pack(&self) -> Result<String, ImportError> {
        Ok(pack::write(&self.rules)?)
    }

    /// Whether all of the file was taken over.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        !self.remarks.iter().any(|remark| remark.lost)
    }
}

/// How sure a tool is of what its rule finds.
fn confidence(fields: &mut Fields, remarks: &mut Remarks) -> Option<Confidence> {
    let node = fields.text_node("confidence", remarks)?;
    match node.text()?.to_ascii_lowercase().as_str() {
        "low" => Some(Confidence::Low),
        "medium" => Some(Confidence::Medium),
        "high" => Some(Confidence::High),
        _ => {
            remarks.lose(node.span.start, "`confidence` is low, medium or high");
            None
        }
    }
}

/// Where byte `at` of the text that `node` stands for is written in the file: escapes and indents move it.
fn within(file: &str, node: &Node, at: usize) -> usize {
    const WORDS: usize = 12;
    let (Some(text), Some(raw)) = (node.text(), file.get(node.span.clone())) else {
        return node.span.start;
    };
    let Some(rest) = text.get(at..) else { return node.span.start };
    let line = rest.lines().next().unwrap_or_default();
    let part = line.char_indices().nth(WORDS).map_or(line, |(end, _)| &line[..end]);
    if part.is_empty() {
        return node.span.start;
    }
    let before = text[..at].matches(part).count();
    let found = raw.match_indices(part).nth(before).or_else(|| raw.match_indices(part).next());
    node.span.start + found.map_or(0, |(at, _)| at)
}

#[cfg(test)]
mod tests;
