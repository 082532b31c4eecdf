//! `[[suppress]]` tables of `.blurt.toml`.
//!
//! ```toml
//! [[suppress]]
//! rules   = ["generic-password", "jwt"]
//! paths   = ["tests/**"]
//! reason  = "made up for tests"
//! expires = 2027-01-31
//! ```
//!
//! A suppression excuses a secret in the places that meet all keys that it has; a list is met by any one
//! of its elements. What shall hold without the other is written as two suppressions.

use crate::finding::{Authority, Candidate, Excuse, Fingerprint, Location};
use crate::source::{Excluded, Glob};
use bstr::ByteSlice;
use jiff::civil::Date;
use regex::bytes::{RegexSet, RegexSetBuilder};
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// A `[[suppress]]` table as written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SuppressionSpec {
    /// Ids or kinds of rules.
    #[serde(default)]
    pub rules: Vec<String>,
    /// Globs of files, from the folder of the configuration file.
    #[serde(default)]
    pub paths: Vec<Glob>,
    /// Regular expressions that are found in the path, with forward slashes.
    #[serde(default)]
    pub path_patterns: Vec<String>,
    /// Regular expressions that are found in the secret.
    #[serde(default)]
    pub values: Vec<String>,
    /// Regular expressions that are found in the secret's line: the secret, and up to 80 bytes on both
    /// sides of it, in which other secrets are starred.
    #[serde(default)]
    pub lines: Vec<String>,
    /// Fingerprints of secrets.
    #[serde(default)]
    pub fingerprints: Vec<String>,
    /// Why.
    pub reason: String,
    /// Who says so.
    #[serde(default)]
    pub author: Option<String>,
    /// The last day that it holds.
    #[serde(default)]
    pub expires: Option<Day>,
}

/// A day, as a date of TOML or as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Day(pub Date);

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyDay;
        impl<'de> Visitor<'de> for AnyDay {
            type Value = Day;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a day, such as 2027-01-31")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Day, E> {
                text.parse()
                    .map(Day)
                    .map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))
            }

            // How a date of TOML comes.
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Day, A::Error> {
                let of_map = de::value::MapAccessDeserializer::new(map);
                let date = toml::value::Datetime::deserialize(of_map)?;
                self.visit_str(&date.to_string())
            }
        }
        deserializer.deserialize_any(AnyDay)
    }
}

/// What is wrong with a `[[suppress]]` table.
#[derive(Debug, thiserror::Error)]
pub enum SuppressionError {
    /// It would excuse everything.
    #[error(
        "this suppression names nothing: give it `rules`, `paths`, `path_patterns`, `values`, `lines` or `fingerprints`"
    )]
    Empty,
    /// It has no reason.
    #[error("this suppression has no `reason`")]
    NoReason,
    /// A glob is flawed.
    #[error("in `paths`: {0}")]
    Glob(#[from] ignore::Error),
    /// A regular expression is flawed.
    #[error("in `{key}`: {cause}")]
    Pattern {
        /// The key.
        key: &'static str,
        /// Why.
        cause: Box<regex::Error>,
    },
    /// It is no fingerprint.
    #[error("in `fingerprints`: `{0}` is none: 32 hexadecimal digits, as reports have them")]
    Fingerprint(String),
}

/// A suppression that can be asked.
#[derive(Debug)]
pub struct Suppression {
    /// Who excuses.
    pub excuse: Arc<Excuse>,
    spec: SuppressionSpec,
    paths: Excluded,
    path_patterns: RegexSet,
    values: RegexSet,
    lines: RegexSet,
}

impl Suppression {
    /// The suppression that is written at `place` (`FILE:LINE`).
    ///
    /// # Errors
    ///
    /// When a glob, a pattern or a fingerprint is flawed, when it excuses everything or gives no reason.
    pub fn new(spec: SuppressionSpec, place: String) -> Result<Self, SuppressionError> {
        let is_empty = spec.rules.is_empty()
            && spec.paths.is_empty()
            && spec.path_patterns.is_empty()
            && spec.values.is_empty()
            && spec.lines.is_empty()
            && spec.fingerprints.is_empty();
        if is_empty {
            return Err(SuppressionError::Empty);
        }
        if spec.reason.trim().is_empty() {
            return Err(SuppressionError::NoReason);
        }
        let is_print = |text: &&String| text.len() != 32 || !text.bytes().all(is_hex);
        if let Some(text) = spec.fingerprints.iter().find(is_print) {
            return Err(SuppressionError::Fingerprint(text.clone()));
        }
        let excuse = Excuse {
            by: Authority::Configuration,
            place: Some(place),
            reason: spec.reason.trim().to_owned(),
            author: spec.author.clone(),
            expires: spec.expires.map(|day| day.0),
        };
        Ok(Self {
            excuse: excuse.into(),
            paths: Excluded::new(&spec.paths)?,
            path_patterns: patterns("path_patterns", &spec.path_patterns)?,
            values: patterns("values", &spec.values)?,
            lines: patterns("lines", &spec.lines)?,
            spec,
        })
    }

    /// The ids and kinds that it names.
    #[must_use]
    pub fn rules(&self) -> &[String] {
        &self.spec.rules
    }

    /// Whether it excuses a secret in its place. `fingerprint` is asked last, as it may be slow.
    pub fn has<'f>(&self, found: &Candidate, fingerprint: impl Fn() -> &'f Fingerprint) -> bool {
        let path = found.location.origin.full_path();
        let in_path = |holds: &dyn Fn(&bstr::BStr) -> bool| path.as_deref().is_some_and(holds);
        let rules = &self.spec.rules;
        let prints = &self.spec.fingerprints;
        (rules.is_empty() || rules.iter().any(|name| found.rule.is_called(name)))
            && (self.spec.paths.is_empty() || in_path(&|path| self.paths.has(path)))
            && (self.path_patterns.is_empty() || in_path(&|path| self.path_patterns.is_match(path)))
            && (self.values.is_empty()
                || found.secret.reveal().is_some_and(|v| self.values.is_match(v)))
            && (self.lines.is_empty() || self.lines.is_match(&line(found)))
            && (prints.is_empty() || prints.iter().any(|t| t == fingerprint().as_str()))
    }
}

impl fmt::Display for Suppression {
    /// What a secret has to meet.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let globs: Vec<String> = self.spec.paths.iter().map(ToString::to_string).collect();
        let lists = [
            ("rule", &self.spec.rules),
            ("path", &globs),
            ("path pattern", &self.spec.path_patterns),
            ("value", &self.spec.values),
            ("line", &self.spec.lines),
            ("fingerprint", &self.spec.fingerprints),
        ];
        let given = lists.into_iter().filter(|(_, list)| !list.is_empty());
        let parts: Vec<String> =
            given.map(|(name, list)| format!("{name} {}", list.join(" or "))).collect();
        f.write_str(&parts.join(" and "))
    }
}

fn is_hex(byte: u8) -> bool {
    byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)
}

fn patterns(key: &'static str, texts: &[String]) -> Result<RegexSet, SuppressionError> {
    let set = RegexSetBuilder::new(texts).unicode(false).build();
    set.map_err(|cause| SuppressionError::Pattern { key, cause: cause.into() })
}

/// The line of a secret, as far as [`SuppressionSpec::lines`] says.
fn line(found: &Candidate) -> Vec<u8> {
    let Location { excerpt, .. } = &found.location;
    let value = found.secret.reveal().unwrap_or_default();
    bstr::concat([excerpt.before.as_bytes(), value, excerpt.after.as_bytes()]).trim_end().to_owned()
}
