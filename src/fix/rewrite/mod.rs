//! How the secrets of a file leave it. One file a kind of file.

pub mod code;
pub mod dockerfile;
pub mod json;
pub mod kubernetes;
pub mod powershell;
pub mod settings;
pub mod shell;
pub mod variables;

use super::edit::Edit;
use super::language::Need;
use super::lookup::{Lookup, Names, Wanted};
use crate::remedy::setting::Setting;
use std::ops::Range;

/// A file with secrets in it.
#[derive(Debug, Clone, Copy)]
pub struct File<'a> {
    /// Its path from the current folder, with forward slashes.
    pub path: &'a str,
    /// Its text.
    pub text: &'a [u8],
    /// What it is.
    pub setting: Setting,
    /// Where values are read from.
    pub lookup: Lookup,
    /// The secrets, in the order of the text; none overlaps another.
    pub secrets: &'a [Occurrence<'a>],
}

/// A secret in a text.
#[derive(Debug, Clone)]
pub struct Occurrence<'a> {
    /// Its bytes, as they are written.
    pub span: Range<usize>,
    /// What it is called from now on.
    pub names: &'a Names,
    /// Whether what is written is something that has to be decoded first.
    pub encoded: bool,
}

impl File<'_> {
    /// The value of a secret, as it is to be read.
    #[must_use]
    pub fn wanted(&self, secret: usize) -> Wanted<'_> {
        Wanted { lookup: self.lookup, names: self.secrets[secret].names }
    }

    /// The last part of the path.
    #[must_use]
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(self.path)
    }
}

/// Edits that belong together: all of them are made, or none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// The secrets that they take out, by their numbers.
    pub secrets: Vec<usize>,
    /// The edits.
    pub edits: Vec<Edit>,
    /// Files that have to be beside this one.
    pub needs: Vec<Need>,
    /// Why someone should look at them.
    pub review: Option<String>,
    /// The variable that is read instead of the one that was meant.
    pub variable: Option<String>,
}

/// What becomes of some secrets of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rewritten {
    /// They are taken out.
    Changed(Change),
    /// One stays, and why.
    Left(usize, String),
}

/// A way to take secrets out of files of one kind.
pub trait Rewriter {
    /// What becomes of each secret.
    fn rewrite(&self, file: &File) -> Vec<Rewritten>;
}
