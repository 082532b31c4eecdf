//! `FILE[!/MEMBER][:LINE[:COLUMN]]`, as it is typed.

use crate::blob::INTO;
use std::fs;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// A place as somebody has named it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The file, which is there.
    pub file: PathBuf,
    /// The member of a container.
    pub member: Option<String>,
    /// 1-based line.
    pub line: Option<u64>,
    /// 1-based column.
    pub column: Option<u64>,
}

/// There is no such file.
#[derive(Debug, Error)]
#[error("{0}: there is no such file")]
pub struct Missing(String);

impl Question {
    /// Reads what was typed. The name may hold colons and digits itself: the longest that is there counts.
    ///
    /// # Errors
    ///
    /// When no part of it names something that is there.
    pub fn read(text: &str) -> Result<Self, Missing> {
        let mut forms = vec![(text, None, None)];
        if let Some((name, line)) = place_in(text) {
            forms.push((name, Some(line), None));
            if let Some((name, first)) = place_in(name) {
                forms.push((name, Some(first), Some(line)));
            }
        }
        let there = |name: &str| fs::symlink_metadata(name).is_ok();
        let of = |(file, member, line, column): (&str, Option<&str>, _, _)| {
            let member = member.map(str::to_owned);
            Self { file: Path::new(file).to_owned(), member, line, column }
        };
        let files = forms.iter().filter(|(name, ..)| there(name));
        let mut files = files.map(|(name, line, column)| of((name, None, *line, *column)));
        let members = || {
            // What is in a container is not known yet: numbers behind it are a place.
            forms.iter().rev().find_map(|(name, line, column)| {
                let mut parts = name.match_indices(INTO);
                let (at, _) = parts.find(|(at, _)| there(&name[..*at]))?;
                let member = Some(&name[at + INTO.len()..]);
                Some(of((&name[..at], member, *line, *column)))
            })
        };
        let shortest = || forms.last().map_or(text, |(name, ..)| name).to_owned();
        files.next().or_else(members).ok_or_else(|| Missing(shortest()))
    }
}

/// Cuts a number off that stands behind the last colon: the name before it, and the number.
#[must_use]
pub fn place_in(text: &str) -> Option<(&str, u64)> {
    let (name, number) = text.rsplit_once(':')?;
    let number = number.parse().ok().filter(|number| *number > 0)?;
    (!name.is_empty()).then_some((name, number))
}
