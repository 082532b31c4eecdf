//! Fingerprints of passwords, remembered: they are slow to make by intention, and a baseline of thousands
//! asks for all of them with every scan. They are kept in the git folder, which holds the passwords
//! anyhow, in a file that its owner alone can read. What is looked up there is not the value but its
//! BLAKE3 hash with a random key of the file.

use crate::finding::{Finding, Fingerprint, Secret};
use crate::fix::write::private_in_folder;
use std::collections::BTreeMap;
use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::path::{Path, PathBuf};

/// Where the file stands in a git folder.
const FILE: &str = "blurt/fingerprints";

/// What the file begins with: its layout, and that of fingerprints.
const MAGIC: &[u8; 16] = b"blurt prints 1.1";

const KEY: usize = 32;
const HALF: usize = 16;

/// The fingerprints that are known.
#[derive(Debug)]
pub struct Remembered {
    path: PathBuf,
    key: [u8; KEY],
    by_hash: BTreeMap<[u8; HALF], [u8; HALF]>,
}

impl Remembered {
    /// Those of a git folder. What cannot be read is forgotten.
    #[must_use]
    pub fn open(git: &Path) -> Self {
        let path = git.join(FILE);
        let known = fs::read(&path).ok().and_then(|bytes| Self::read(&path, &bytes));
        known.unwrap_or_else(|| Self { path, key: new_key(), by_hash: BTreeMap::new() })
    }

    fn read(path: &Path, bytes: &[u8]) -> Option<Self> {
        let rest = bytes.strip_prefix(MAGIC)?;
        let (key, rest) = rest.split_first_chunk::<KEY>()?;
        let (pairs, []) = rest.as_chunks::<{ 2 * HALF }>() else { return None };
        let pair = |pair: &[u8; 2 * HALF]| {
            let (hash, print) = pair.split_at(HALF);
            Some((hash.try_into().ok()?, print.try_into().ok()?))
        };
        let by_hash = pairs.iter().map(pair).collect::<Option<_>>()?;
        Some(Self { path: path.to_owned(), key: *key, by_hash })
    }

    /// The fingerprint of a secret, if it is remembered.
    #[must_use]
    pub fn get(&self, rule: &str, secret: &Secret) -> Option<Fingerprint> {
        let print = self.by_hash.get(&self.hash(rule, secret)?)?;
        Some(Fingerprint::from_bytes(*print))
    }

    fn hash(&self, rule: &str, secret: &Secret) -> Option<[u8; HALF]> {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(rule.as_bytes()).update(&[0]).update(secret.reveal()?);
        let mut hash = [0; HALF];
        hasher.finalize_xof().fill(&mut hash);
        Some(hash)
    }

    /// Remembers the fingerprints that were made for these findings, as far as they were slow to make, and
    /// no others.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn keep<'f>(&self, findings: impl Iterator<Item = &'f Finding>) -> io::Result<()> {
        let slow = findings.filter(|finding| Fingerprint::is_slow(&finding.secret));
        let pairs: BTreeMap<[u8; HALF], [u8; HALF]> = slow
            .filter_map(|finding| {
                let print = finding.fingerprint.get()?.to_bytes()?;
                Some((self.hash(finding.rule.id(), &finding.secret)?, print))
            })
            .collect();
        if pairs == self.by_hash {
            return Ok(());
        }
        let mut bytes = [MAGIC.as_slice(), &self.key].concat();
        for (hash, print) in &pairs {
            bytes.extend_from_slice(hash);
            bytes.extend_from_slice(print);
        }
        private_in_folder(&self.path, &bytes)
    }
}

/// A key that nobody else has: what the system's random numbers make of four counts.
fn new_key() -> [u8; KEY] {
    let random = RandomState::new();
    let mut key = [0; KEY];
    for (n, part) in key.chunks_exact_mut(8).enumerate() {
        part.copy_from_slice(&random.hash_one(n).to_le_bytes());
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn what_is_slow_to_make_is_remembered_and_nothing_else() {
        let git = tempfile::tempdir().unwrap();
        let password = crate::rule::example::expand("<<[a-z]{5}[0-9]{4}>>!", 3).unwrap();
        let text = format!("db_password = \"{password}\"\n{}", sample::token(1));
        let outcome = sample::outcome(vec![("a.py".into(), text)]);
        outcome.name_all();
        let findings = || outcome.findings.iter().map(|(finding, _)| finding);
        Remembered::open(git.path()).keep(findings()).unwrap();
        let again = Remembered::open(git.path());
        let slow = |finding: &&Finding| Fingerprint::is_slow(&finding.secret);
        assert_eq!((findings().count(), findings().filter(slow).count()), (2, 1));
        for finding in findings() {
            let known = again.get(finding.rule.id(), &finding.secret);
            assert_eq!(known.as_ref(), slow(&finding).then(|| finding.fingerprint()));
            assert_eq!(again.get("another-rule", &finding.secret), None);
        }
        let bytes = fs::read(git.path().join(FILE)).unwrap();
        assert!(!bytes.windows(password.len()).any(|part| part == password.as_bytes()));
        // What was cut off is forgotten.
        fs::write(git.path().join(FILE), &bytes[..bytes.len() - 1]).unwrap();
        let forgotten = Remembered::open(git.path());
        assert!(findings().all(|one| forgotten.get(one.rule.id(), &one.secret).is_none()));
    }
}
