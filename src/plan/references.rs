//! Whether anything in a tree speaks of the names that secrets are assigned to: a key that nothing refers
//! to is removed, not rotated.

use crate::remedy::setting::{Role, Setting};
use crate::report::saved::{self, Finding};
use crate::rule::Credential;
use aho_corasick::{AhoCorasick, MatchKind};
use ignore::WalkBuilder;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Bytes above which a file is no source that somebody has written.
const LARGEST: u64 = 4 * 1024 * 1024;

/// Names under which secrets stand, with those that something else speaks of.
#[derive(Debug, Default)]
pub struct References {
    names: BTreeSet<String>,
    met: BTreeSet<String>,
}

/// The lines of each file on which a name is given its secret.
type Own = BTreeMap<String, BTreeSet<(String, u64)>>;

impl References {
    /// Searches the files at and below `root` for the names of `findings`. What git ignores is not
    /// looked at.
    #[must_use]
    pub fn search(root: &Path, findings: &[&Finding]) -> Self {
        let mut own = Own::new();
        for finding in findings {
            let Some(name) = searched_name(finding) else { continue };
            let places = finding.locations.iter().filter(|place| place.is_in_tree());
            let lines = places.filter_map(|place| Some((place.path.clone()?, place.start_line)));
            own.entry(name.to_owned()).or_default().extend(lines);
        }
        let names: Vec<&String> = own.keys().collect();
        let searcher = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&names);
        let (Ok(searcher), false) = (searcher, names.is_empty()) else { return Self::default() };
        let mut met = BTreeSet::new();
        for entry in WalkBuilder::new(root).hidden(false).build().flatten() {
            let small = entry.metadata().is_ok_and(|data| data.is_file() && data.len() <= LARGEST);
            let Some(text) = small.then(|| fs::read(entry.path()).ok()).flatten() else { continue };
            let path = entry.path().to_string_lossy().replace('\\', "/");
            let path = path.strip_prefix("./").unwrap_or(&path);
            for found in searcher.find_iter(&text) {
                let name = names[found.pattern().as_usize()];
                if !met.contains(name) && is_word(&text, found.range()) {
                    let line =
                        text[..found.start()].iter().filter(|b| **b == b'\n').count() as u64 + 1;
                    if !own[name].contains(&(path.to_owned(), line)) {
                        met.insert(name.clone());
                    }
                }
            }
            if met.len() == names.len() {
                break;
            }
        }
        Self { met, names: own.into_keys().collect() }
    }

    /// The name of a finding's secret, if it was looked for and nothing speaks of it.
    #[must_use]
    pub fn missing<'f>(&self, finding: &'f Finding) -> Option<&'f str> {
        let name = searched_name(finding)?;
        (self.names.contains(name) && !self.met.contains(name)).then_some(name)
    }
}

/// The name that a program would have to use to get at the secret. Where frameworks read what nothing in
/// the tree names (settings, environments), there is none.
fn searched_name(finding: &Finding) -> Option<&str> {
    let facts = finding.remediation.facts.as_ref()?;
    let name = facts.assigned_to.as_deref()?;
    let issued = !matches!(
        facts.credential,
        Credential::ApplicationSecret | Credential::CryptographicKey | Credential::CertificateKey
    );
    let of_code = finding.locations.iter().all(|place| {
        place.path.as_ref().is_some_and(|path| {
            matches!(Setting::of(path, None), Setting::Code(_)) && !is_read_by_frameworks(path)
        })
    });
    // What was taken out left nothing behind that could speak of it.
    let in_tree = finding.locations.iter().any(saved::Location::is_in_tree);
    let identifier =
        name.len() >= 5 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    (issued && of_code && in_tree && identifier && facts.role == Role::Product).then_some(name)
}

fn is_read_by_frameworks(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    ["settings", "config", "conf", "environment", "local", "secret", "credential", "env"]
        .iter()
        .any(|word| name.contains(word))
}

fn is_word(text: &[u8], found: std::ops::Range<usize>) -> bool {
    let of_word = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
    let before = found.start.checked_sub(1).and_then(|at| text.get(at));
    !before.is_some_and(of_word) && !text.get(found.end).is_some_and(of_word)
}
