//! What was looked at, and what was not: a scan that could not look everywhere is never green.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;

/// The program that has looked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    /// What it is called.
    pub name: Cow<'static, str>,
    /// Its version.
    pub version: Cow<'static, str>,
    /// How many rules took part.
    pub rules: usize,
}

impl Tool {
    /// This program, with so many rules.
    #[must_use]
    pub fn this(rules: usize) -> Self {
        Self {
            name: env!("CARGO_PKG_NAME").into(),
            version: env!("CARGO_PKG_VERSION").into(),
            rules,
        }
    }
}

/// Something that could not be looked at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Skip {
    /// What it is, as named from the current directory.
    pub path: String,
    /// Why it could not be looked at.
    pub reason: String,
    /// The command or act that mends it.
    #[serde(default)]
    pub mend: Option<String>,
}

impl fmt::Display for Skip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.path, self.reason)?;
        self.mend.as_ref().map_or(Ok(()), |mend| write!(f, "; {mend}"))
    }
}

/// What a scan has looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Coverage {
    /// Whether nothing was skipped.
    pub complete: bool,
    /// Files read.
    pub files: u64,
    /// Bytes read.
    pub bytes: u64,
    /// Commits looked at.
    pub commits: u64,
    /// Blobs of a repository looked at.
    pub blobs: u64,
    /// What was not looked at, sorted.
    pub skipped: Vec<Skip>,
}

impl Coverage {
    /// Notes something that could not be looked at.
    pub fn skip(&mut self, skip: Skip) {
        self.skipped.push(skip);
    }

    /// Adds what another thread has looked at.
    pub fn merge(&mut self, other: Self) {
        self.files += other.files;
        self.bytes += other.bytes;
        self.commits += other.commits;
        self.blobs += other.blobs;
        self.skipped.extend(other.skipped);
    }

    /// Brings it into an order that does not depend on threads.
    pub fn sort(&mut self) {
        self.skipped.sort();
        self.skipped.dedup();
        self.complete = self.skipped.is_empty();
    }
}
