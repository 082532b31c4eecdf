//! What other tools have on file as accepted: `.gitleaksignore`, gitleaks' reports used as baselines,
//! `.secrets.baseline` of detect-secrets, Kingfisher's baselines.
//!
//! An entry is a place or the hash of a value. A place fits a finding there and nowhere else: when its line
//! has moved since, nothing tells which secret was meant, and the entry is named as one that fits nothing.

use super::tree::{self, Node, Value};
use crate::blob::Position;
use crate::finding::{Finding, Location};
use crate::source::absolute;
use bstr::ByteSlice;
use serde::Deserialize;
use serde_json::value::RawValue;
use sha1::{Digest, Sha1};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What a file of another tool accepts.
#[derive(Debug, Clone)]
pub struct Accepted {
    /// The file, as it was named.
    file: String,
    /// Its last part.
    name: String,
    /// The folder that it stands in, from the root of all.
    folder: PathBuf,
    entries: Vec<Entry>,
}

/// Why a finding is accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acceptance {
    /// `FILE:LINE` of the entry.
    pub place: String,
    /// What the entry says.
    pub reason: String,
}

/// An entry that fits no finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmatched {
    /// `FILE:LINE` of the entry.
    pub place: String,
    /// What it is an entry for, and why it may fit nothing.
    pub message: String,
}

/// Why a file cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{}:{}: {message}", place.line, place.column)]
pub struct AcceptedError {
    /// The file, as it was named.
    pub file: String,
    /// Where.
    pub place: Position,
    /// What is wrong.
    pub message: String,
}

/// One entry.
#[derive(Debug, Clone)]
struct Entry {
    /// 1-based line in the file.
    line: u64,
    reason: &'static str,
    /// SHA-1 of the value, if the entry knows it.
    hash: Option<[u8; 20]>,
    spot: Option<Spot>,
}

/// The place that an entry names.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Spot {
    /// With forward slashes.
    path: String,
    line: u64,
    /// The commit that brought it in.
    commit: Option<String>,
}

const IN_REPORT: &str = "in a report of gitleaks";

impl Accepted {
    /// Reads `text`, the content of the file at `path`. What it is, its content tells.
    ///
    /// # Errors
    ///
    /// When it is none of the known files, or is not whole; with line and column.
    pub fn read(path: &Path, text: &str) -> Result<Self, AcceptedError> {
        let file = path.display().to_string();
        let error = |(at, message): (usize, String)| AcceptedError {
            file: file.clone(),
            place: tree::position(text, at),
            message,
        };
        let entries = match text.trim_start().chars().next() {
            Some('[') => gitleaks_report(text),
            Some('{') => detect_secrets(text),
            _ if text.lines().any(|line| line.starts_with("ExactFindings:")) => kingfisher(text),
            _ => gitleaksignore(text),
        };
        let folder = absolute(path.parent().unwrap_or(Path::new("")));
        let name =
            path.file_name().map_or_else(|| file.clone(), |name| name.to_string_lossy().into());
        Ok(Self { entries: entries.map_err(error)?, name, folder, file })
    }

    /// Why the finding is accepted: by the hash of its value, or in each of its places. `None` if it is
    /// not, or not everywhere.
    #[must_use]
    pub fn find(&self, finding: &Finding) -> Option<Acceptance> {
        let by_hash = self.entries.iter().find(|entry| entry.knows(finding));
        let entry = if let Some(entry) = by_hash {
            entry
        } else {
            let entries = finding.locations.iter().map(|location| self.entry_at(location));
            entries.collect::<Option<Vec<_>>>()?.into_iter().next()?
        };
        let reason = format!("{} {}", entry.reason, self.name);
        let reason = if entry.reason == IN_REPORT { entry.reason.to_owned() } else { reason };
        Some(Acceptance { place: self.place(entry), reason })
    }

    /// Of a finding that is accepted in some places, those where it is not.
    #[must_use]
    pub fn lacking<'f>(&self, finding: &'f Finding) -> Vec<&'f Location> {
        if self.find(finding).is_some() {
            return Vec::new();
        }
        let places = finding.locations.iter();
        let (accepted, lacking): (Vec<_>, Vec<_>) =
            places.partition(|location| self.entry_at(location).is_some());
        if accepted.is_empty() { Vec::new() } else { lacking }
    }

    /// The entries that fit none of the findings.
    #[must_use]
    pub fn unmatched(&self, findings: &[&Finding]) -> Vec<Unmatched> {
        let fits = |entry: &Entry| {
            findings.iter().any(|finding| {
                let mut places = finding.locations.iter();
                entry.knows(finding) || places.any(|place| self.is_at(entry, place))
            })
        };
        let unmatched = self.entries.iter().filter(|entry| !fits(entry));
        unmatched
            .map(|entry| Unmatched { place: self.place(entry), message: entry.told() })
            .collect()
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing is accepted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn place(&self, entry: &Entry) -> String {
        format!("{}:{}", self.file, entry.line)
    }

    fn entry_at(&self, location: &Location) -> Option<&Entry> {
        self.entries.iter().find(|entry| self.is_at(entry, location))
    }

    fn is_at(&self, entry: &Entry, location: &Location) -> bool {
        let Some(spot) = &entry.spot else { return false };
        let lines = location.start.line..=location.end.line;
        // In another commit, other lines may have that number.
        let commit = match (&spot.commit, &location.past) {
            (Some(theirs), Some(past)) => past.commit.id.starts_with(theirs.as_str()),
            _ => true,
        };
        let path = location.origin.path.as_ref();
        commit
            && lines.contains(&spot.line)
            && path.is_some_and(|path| self.is_file(&spot.path, &path.to_str_lossy()))
    }

    /// Whether an entry's path is that of a finding, which is named from the current folder. Entries are
    /// named from the folder of their file, or from where the tool ran: here, or on another machine.
    fn is_file(&self, theirs: &str, ours: &str) -> bool {
        let place = absolute(Path::new(ours));
        if absolute(Path::new(theirs)) == place || absolute(&self.folder.join(theirs)) == place {
            return true;
        }
        let is_rooted = theirs.starts_with('/') || theirs.as_bytes().get(1) == Some(&b':');
        let named =
            place.strip_prefix(&self.folder).map(|path| path.to_string_lossy().into_owned());
        is_rooted
            && named.is_ok_and(|named| {
                let rest = theirs.strip_suffix(named.replace('\\', "/").as_str());
                rest.is_some_and(|rest| rest.ends_with('/'))
            })
    }
}

impl Entry {
    fn knows(&self, finding: &Finding) -> bool {
        let digest = |value: &[u8]| <[u8; 20]>::from(Sha1::digest(value));
        self.hash.is_some_and(|hash| finding.secret.reveal().map(digest) == Some(hash))
    }

    /// What it is an entry for.
    fn told(&self) -> String {
        match &self.spot {
            Some(Spot { path, line, commit: None }) => {
                format!(
                    "nothing is found at {path}:{line}: the line has moved, or the secret is gone"
                )
            }
            Some(Spot { path, line, commit: Some(commit) }) => {
                let commit = commit.get(..10).unwrap_or(commit);
                format!(
                    "nothing is found at {path}:{line} of commit {commit}: only a scan with --history sees \
                     what later commits have changed"
                )
            }
            None if self.hash.is_some() => "no secret with this hash is found".to_owned(),
            None => {
                "this is no entry of the form PATH:RULE:LINE or COMMIT:PATH:RULE:LINE".to_owned()
            }
        }
    }
}

impl Spot {
    fn new(path: &str, line: u64, commit: Option<&str>) -> Self {
        // Kingfisher writes `a.py/`.
        let path = path.replace('\\', "/").trim_end_matches('/').to_owned();
        let commit = commit.filter(|commit| !commit.is_empty()).map(str::to_owned);
        Self { path, line, commit }
    }
}

type Entries = Result<Vec<Entry>, (usize, String)>;

/// `.gitleaksignore`, a fingerprint a line: <https://github.com/gitleaks/gitleaks#gitleaksignore>.
fn gitleaksignore(text: &str) -> Entries {
    let mut entries = Vec::new();
    for (line, n) in text.lines().zip(1..) {
        let line = line.trim().trim_start_matches('\u{feff}');
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let spot = fingerprint(line);
        entries.push(Entry { line: n, reason: "accepted in", hash: None, spot });
    }
    if !entries.is_empty() && entries.iter().all(|entry| entry.spot.is_none()) {
        let message = "neither .gitleaksignore (PATH:RULE:LINE on each line) nor a report of gitleaks in \
                       JSON, .secrets.baseline or a baseline of Kingfisher";
        return Err((0, message.to_owned()));
    }
    Ok(entries)
}

/// `PATH:RULE:LINE` or `COMMIT:PATH:RULE:LINE`.
fn fingerprint(text: &str) -> Option<Spot> {
    // What stands behind a blank is a comment that gitleaks would not take for one.
    let text = text.split(" #").next().unwrap_or(text).trim_end();
    let (rest, line) = text.rsplit_once(':')?;
    let (place, _rule) = rest.rsplit_once(':')?;
    let is_commit = |text: &str| text.len() >= 7 && text.bytes().all(|b| b.is_ascii_hexdigit());
    let (commit, path) = match place.split_once(':') {
        Some((commit, path)) if is_commit(commit) => (Some(commit), path),
        _ => (None, place),
    };
    Some(Spot::new(path, line.trim().parse().ok()?, commit)).filter(|spot| !spot.path.is_empty())
}

/// Line and column of `serde_json`, as a byte of the text.
fn json_error(text: &str, error: &serde_json::Error) -> (usize, String) {
    let before = text.split_inclusive('\n').take(error.line().saturating_sub(1));
    let start: usize = before.map(str::len).sum();
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or_default().to_owned();
    (start + error.column().saturating_sub(1), message)
}

/// The byte of `text` at which a part of it begins.
fn offset(text: &str, part: &str) -> usize {
    (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize)
}

/// Each part of a JSON text, read, with the byte at which it begins.
fn parsed<'t, T: Deserialize<'t>>(
    text: &'t str,
    parts: Vec<&'t RawValue>,
) -> Result<Vec<(usize, T)>, (usize, String)> {
    let parse = |part: &'t RawValue| {
        let at = offset(text, part.get());
        let value = serde_json::from_str(part.get()).map_err(|e| {
            let (inner, message) = json_error(part.get(), &e);
            (at + inner, message)
        })?;
        Ok((at, value))
    };
    parts.into_iter().map(parse).collect()
}

fn line_of(text: &str, at: usize) -> u64 {
    tree::position(text, at).line
}

/// A finding in a report of gitleaks: <https://github.com/gitleaks/gitleaks#creating-a-baseline>.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Reported {
    file: String,
    start_line: u64,
    #[serde(default)]
    commit: String,
    #[serde(default)]
    secret: String,
}

fn gitleaks_report(text: &str) -> Entries {
    let parts: Vec<&RawValue> = serde_json::from_str(text).map_err(|e| json_error(text, &e))?;
    let entry = |(at, found): (usize, Reported)| {
        let Reported { file, start_line, commit, secret } = found;
        // `--redact` leaves nothing or a beginning of it.
        let is_whole = !secret.is_empty() && secret != "REDACTED" && !secret.ends_with("...");
        Entry {
            line: line_of(text, at),
            reason: IN_REPORT,
            hash: is_whole.then(|| Sha1::digest(secret.as_bytes()).into()),
            spot: Some(Spot::new(&file, start_line, Some(&commit))),
        }
    };
    Ok(parsed(text, parts)?.into_iter().map(entry).collect())
}

/// `.secrets.baseline`: <https://github.com/Yelp/detect-secrets#quickstart>.
#[derive(Deserialize)]
struct Baseline<'t> {
    #[serde(borrow)]
    results: BTreeMap<String, Vec<&'t RawValue>>,
}

/// A result in it.
#[derive(Deserialize)]
struct Audited {
    hashed_secret: String,
    #[serde(default)]
    is_secret: Option<bool>,
    #[serde(default)]
    line_number: Option<u64>,
    #[serde(default, rename = "type")]
    kind: String,
}

fn detect_secrets(text: &str) -> Entries {
    let baseline: Baseline = serde_json::from_str(text).map_err(|e| json_error(text, &e))?;
    let mut entries = Vec::new();
    for (path, parts) in baseline.results {
        for (at, result) in parsed::<Audited>(text, parts)? {
            let digest = data_encoding::HEXLOWER_PERMISSIVE.decode(result.hashed_secret.as_bytes());
            let digest = digest.ok().and_then(|digest| <[u8; 20]>::try_from(digest).ok());
            if digest.is_none() {
                return Err((at, "`hashed_secret` is not a SHA-1 in hexadecimal".to_owned()));
            }
            entries.push(Entry {
                line: line_of(text, at),
                reason: match result.is_secret {
                    Some(false) => "audited as no secret in",
                    Some(true) => "audited as a secret, and accepted, in",
                    None => "accepted, without an audit, in",
                },
                // Of a private key only the header was hashed, which all such keys share.
                hash: digest.filter(|_| result.kind != "Private Key"),
                spot: result.line_number.map(|line| Spot::new(&path, line, None)),
            });
        }
    }
    entries.sort_by_key(|entry| entry.line);
    Ok(entries)
}

/// A baseline of Kingfisher, which names places:
/// <https://github.com/mongodb/kingfisher/blob/main/docs/BASELINE.md>.
fn kingfisher(text: &str) -> Entries {
    let tree = Node::of_yaml(text).map_err(|flaw| (flaw.at, flaw.message))?;
    let matches = tree.get("ExactFindings").and_then(|findings| findings.get("matches"));
    let Some(Value::List(matches)) = matches.map(|node| &node.value) else {
        return Err((tree.span.start, "`ExactFindings` has no `matches`".to_owned()));
    };
    let entry = |node: &Node| {
        let path = node.get("filepath").and_then(Node::text);
        let line = node.get("linenum").map(|node| &node.value);
        let (Some(path), Some(Value::Number(line))) = (path, line) else {
            return Err((node.span.start, "an entry needs `filepath` and `linenum`".to_owned()));
        };
        let spot = Some(Spot::new(path, *line as u64, None));
        let at = node.span.start;
        Ok(Entry { line: line_of(text, at), reason: "accepted in", hash: None, spot })
    };
    matches.iter().map(entry).collect()
}

#[cfg(test)]
#[path = "accepted_tests.rs"]
mod tests;
