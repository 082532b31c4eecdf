//! What has to be found in an index or in commits. A test says where a secret stands and what became of
//! it; all else comes from git: lines and columns from the blobs, authors and dates from the commits.

use super::repo::Repo;
use super::report::{Place, Report};
use super::token::{Token, position};
use std::collections::BTreeMap;

/// A place at which a secret has to be found.
#[derive(Debug, Clone)]
pub struct Expected<'a> {
    token: &'a Token,
    place: Spot<'a>,
    removed: Vec<&'a str>,
    status: &'static str,
    /// A part of the reason.
    reason: &'a str,
    named: Option<&'a str>,
    via: Option<&'a str>,
}

#[derive(Debug, Clone, Copy)]
enum Spot<'a> {
    /// A file of the index.
    Staged(&'a str),
    /// A file that a commit brought it into.
    Brought { path: &'a str, commit: &'a str },
    /// A file of the revision at the end of a range, which had it before the range.
    Unchanged { path: &'a str, end: &'a str },
    /// The message of a commit.
    CommitMessage(&'a str),
    /// The message of a tag, by its name.
    TagMessage(&'a str),
}

/// In a file of the index, and new.
pub fn staged<'a>(token: &'a Token, path: &'a str) -> Expected<'a> {
    Expected::new(token, Spot::Staged(path))
}

/// In a file that a commit brought it into, and new.
pub fn brought<'a>(token: &'a Token, path: &'a str, commit: &'a str) -> Expected<'a> {
    Expected::new(token, Spot::Brought { path, commit })
}

/// In a file of `end` that changed, but had it before the range.
pub fn unchanged<'a>(token: &'a Token, path: &'a str, end: &'a str) -> Expected<'a> {
    Expected::new(token, Spot::Unchanged { path, end }).known("")
}

/// In the message of a commit, and new.
pub fn in_message<'a>(token: &'a Token, commit: &'a str) -> Expected<'a> {
    Expected::new(token, Spot::CommitMessage(commit))
}

/// In the message of a tag, and new.
pub fn in_tag<'a>(token: &'a Token, tag: &'a str) -> Expected<'a> {
    Expected::new(token, Spot::TagMessage(tag))
}

impl<'a> Expected<'a> {
    fn new(token: &'a Token, place: Spot<'a>) -> Self {
        let status = "new";
        Self { token, place, removed: Vec::new(), status, reason: "", named: None, via: None }
    }

    /// It is known, for a reason with these words.
    pub fn known(self, reason: &'a str) -> Self {
        Self { status: "known", reason, ..self }
    }

    /// It is ignored, for a reason with these words.
    pub fn ignored(self, reason: &'a str) -> Self {
        Self { status: "ignored", reason, ..self }
    }

    /// These commits take it out again.
    pub fn removed(self, commits: &[&'a str]) -> Self {
        Self { removed: commits.to_vec(), ..self }
    }

    /// The report has another name for the file.
    pub fn named(self, path: &'a str) -> Self {
        Self { named: Some(path), ..self }
    }

    /// The file is decoded.
    pub fn via(self, decoded: &'a str) -> Self {
        Self { via: Some(decoded), ..self }
    }

    fn place(&self, repo: &Repo, head: &str) -> Place {
        let (path, text, teller) = match self.place {
            Spot::Staged(path) => (Some(path), repo.blob(&format!(":{path}")), None),
            Spot::Brought { path, commit } => {
                (Some(path), repo.blob(&format!("{commit}:{path}")), Some(commit))
            }
            Spot::Unchanged { path, end } => {
                (Some(path), repo.blob(&format!("{end}:{path}")), None)
            }
            Spot::CommitMessage(commit) => (None, repo.message(commit), Some(commit)),
            Spot::TagMessage(tag) => (None, repo.message(tag), Some(tag)),
        };
        let text = if self.via.is_some() { of_utf_16(&text) } else { text };
        let (line, column) = position(&text, &self.token.value);
        let in_head = match self.place {
            Spot::Brought { path, .. } => Some(holds(repo, &format!("{head}:{path}"), self.token)),
            _ => None,
        };
        let via = match self.place {
            Spot::CommitMessage(_) => Some("commit-message"),
            Spot::TagMessage(_) => Some("tag-message"),
            _ => self.via,
        };
        let told = teller.map(|teller| repo.teller(teller));
        Place {
            path: self.named.or(path).map(str::to_owned),
            line,
            column,
            commit: teller.map(|teller| repo.id(&format!("{teller}^{{commit}}"))),
            author: told.as_ref().map(|told| told[1].clone()),
            date: told.as_ref().map(|told| told[2].clone()),
            in_head,
            removed: self.removed.iter().map(|commit| repo.teller(commit)).collect(),
            via: via.into_iter().map(str::to_owned).collect(),
        }
    }
}

/// Whether a file holds a secret; if there is none, it does not.
pub fn holds(repo: &Repo, file: &str, token: &Token) -> bool {
    let said = repo.try_ask(&["cat-file", "blob", file]);
    said.status == Some(0) && said.out.contains(&token.value)
}

/// The text of a file in UTF-16 with a mark of its byte order.
fn of_utf_16(bytes: &[u8]) -> Vec<u8> {
    let pairs = bytes[2..].chunks(2);
    let units: Vec<u16> = match bytes[..2] {
        [0xff, 0xfe] => pairs.map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect(),
        _ => pairs.map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect(),
    };
    String::from_utf16(&units).unwrap().into_bytes()
}

/// Sees to it that a scan of the index looked at everything, found this and nothing else, and ended
/// with the status that this means.
pub fn assert_staged(repo: &Repo, report: &Report, expected: &[Expected]) {
    assert_range(repo, "HEAD", report, expected);
}

/// The same for a range that ends with `head`.
pub fn assert_range(repo: &Repo, head: &str, report: &Report, expected: &[Expected]) {
    assert_eq!(report.json["coverage"]["complete"], true, "{:?}", report.skipped());
    assert_found(repo, head, report, expected);
    let any_new = expected.iter().any(|expected| expected.status == "new");
    assert_eq!(report.status, Some(i32::from(any_new)), "{}", report.err);
}

/// The same for a scan that could not look everywhere, and says with what that is mended.
pub fn assert_in_part(repo: &Repo, head: &str, report: &Report, mend: &str, expected: &[Expected]) {
    report.assert_incomplete(mend);
    assert_found(repo, head, report, expected);
    let any_new = expected.iter().any(|expected| expected.status == "new");
    assert_eq!(report.status, Some(if any_new { 1 } else { 2 }), "{}", report.err);
}

fn assert_found(repo: &Repo, head: &str, report: &Report, expected: &[Expected]) {
    let mut places: BTreeMap<&Token, Vec<Place>> = BTreeMap::new();
    for expected in expected {
        places.entry(expected.token).or_default().push(expected.place(repo, head));
    }
    let mut found = report.findings();
    let mut wrong = Vec::new();
    for (token, mut places) in places {
        let Some(mut finding) = found.remove(&token.masked()) else {
            wrong.push(format!("{}: missing", token.name));
            continue;
        };
        places.sort();
        finding.places.sort();
        if finding.places != places {
            let found = &finding.places;
            wrong.push(format!("{}:\n  found    {found:?}\n  expected {places:?}", token.name));
        }
        for expected in expected.iter().filter(|expected| expected.token == token) {
            let (status, reason) = (&finding.status, finding.reason.as_deref());
            let agrees = status == expected.status
                && reason.unwrap_or_default().contains(expected.reason)
                && reason.is_some() == (expected.status != "new");
            if !agrees {
                wrong.push(format!(
                    "{}: is {status} ({reason:?}), and not {} ({})",
                    token.name, expected.status, expected.reason
                ));
            }
        }
    }
    wrong.extend(found.iter().map(|(secret, found)| format!("{secret}: not expected: {found:?}")));
    assert!(wrong.is_empty(), "\n{}\n{}", wrong.join("\n"), report.err);
}
