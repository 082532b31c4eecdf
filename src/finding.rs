//! What detection finds, in its states: a `Candidate` is one secret in one place, a `Finding` is one
//! secret with all its places.

use crate::blob::{Origin, Position, Via};
use crate::detect::score::Score;
use crate::rule::{Confidence, Layer, Rule, Severity};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use bstr::ByteSlice;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize, Serializer};
use std::borrow::Cow;
use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, OnceLock};

/// A secret. It masks itself wherever it is shown; only `reveal` does not.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Secret(Known);

/// What is known of a secret.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Known {
    /// Its value.
    Value(Value),
    /// What a report says of it: its mask, and its name.
    Report { mask: String, fingerprint: Fingerprint },
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Value {
    bytes: Box<[u8]>,
    /// Length of the documented prefix, which is no secret.
    prefix: usize,
    password: bool,
}

/// A value shorter than this shows nothing of its end.
const SHOWS_ITS_END: usize = 20;

impl Secret {
    /// The secret that `rule` has found.
    #[must_use]
    pub fn new(value: &[u8], rule: &Rule) -> Self {
        let spec = rule.spec();
        let documented = spec.prefixes.iter().map(std::string::String::as_bytes);
        let prefix = documented.filter(|prefix| value.starts_with(prefix)).map(<[u8]>::len).max();
        Self(Known::Value(Value {
            bytes: value.into(),
            prefix: prefix.unwrap_or(0),
            password: rule.layer() == Layer::Password,
        }))
    }

    /// The secret that a report names: `mask` is how the report shows it. Its value is not known.
    #[must_use]
    pub fn masked(mask: String, fingerprint: Fingerprint) -> Self {
        Self(Known::Report { mask, fingerprint })
    }

    /// The value in clear; `None` if a report is all that is known of it. Nothing that prints may call
    /// this, but for `--show-secrets`.
    #[must_use]
    pub fn reveal(&self) -> Option<&[u8]> {
        match &self.0 {
            Known::Value(value) => Some(&value.bytes),
            Known::Report { .. } => None,
        }
    }

    /// The secret masked, to stand in its place: at most its documented prefix and its last four
    /// characters, and nothing of a password.
    #[must_use]
    pub fn mask(&self) -> String {
        match &self.0 {
            Known::Value(value) => value.mask(),
            Known::Report { mask, .. } => {
                let stars = mask.strip_prefix(STARS).and_then(|rest| rest.strip_prefix(" ("));
                if stars.is_some() { STARS.to_owned() } else { mask.clone() }
            }
        }
    }
}

/// What stands for a password.
const STARS: &str = "********";

impl Value {
    /// The header of a private key, which says what it is and nothing more.
    fn header(&self) -> Option<&str> {
        let end = self.bytes.find(b"KEY-----").map(|at| at + 8);
        let end = end.or_else(|| self.bytes.find(b"KEY BLOCK-----").map(|at| at + 14))?;
        self.bytes.starts_with(b"-----BEGIN ").then_some(self.bytes[..end].to_str().ok()).flatten()
    }

    /// What a password says of its length.
    fn length_class(&self) -> &'static str {
        match self.bytes.len() {
            0..=7 => "under 8 characters",
            8..=11 => "8 to 11 characters",
            12..=15 => "12 to 15 characters",
            16..=31 => "16 to 31 characters",
            _ => "32 or more characters",
        }
    }

    fn mask(&self) -> String {
        if let Some(header) = self.header() {
            return format!("{header}…");
        }
        if self.password {
            return STARS.to_owned();
        }
        let length = self.bytes.len();
        let clear = |part: &[u8]| part.is_ascii() && part.iter().all(u8::is_ascii_graphic);
        let end = if length >= SHOWS_ITS_END { 4 } else { 0 };
        let (prefix, tail) = (&self.bytes[..self.prefix], &self.bytes[length - end..]);
        // A documented prefix may be most of a short value; then it alone is shown.
        let (prefix, tail) = match (clear(prefix), clear(tail)) {
            (true, true) if length >= self.prefix + 2 * end => (prefix, tail),
            (true, _) => (prefix, &b""[..]),
            (false, _) => (&b""[..], &b""[..]),
        };
        let stars = (length - prefix.len() - tail.len()).clamp(3, 12);
        format!("{}{}{}", prefix.as_bstr(), "*".repeat(stars), tail.as_bstr())
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Known::Report { mask, .. } => f.write_str(mask),
            Known::Value(value) => {
                f.write_str(&value.mask())?;
                if value.password { write!(f, " ({})", value.length_class()) } else { Ok(()) }
            }
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({self})")
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What an offline check says.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// No check, or it could not tell.
    #[default]
    Unknown,
    /// The structure is right; there is no checksum.
    WellFormed,
    /// The checksum is right: this was issued by the provider.
    ChecksumValid,
    /// The checksum is wrong: an example, or a masked token.
    ChecksumInvalid,
    /// It says of itself that it is no longer valid.
    Expired,
    /// A passphrase protects it.
    Encrypted,
}

/// What a secret says about itself, without asking anyone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verification {
    /// The verdict.
    pub status: Status,
    /// What else it says: `account_id`, `expires`, `issuer`, `key` …
    #[serde(default)]
    pub facts: BTreeMap<Cow<'static, str>, String>,
}

impl Verification {
    /// A verdict without facts.
    #[must_use]
    pub fn new(status: Status) -> Self {
        Self { status, facts: BTreeMap::new() }
    }

    /// The same with one more fact.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.facts.insert(name.into(), value.into());
        self
    }
}

impl Verification {
    /// Where everybody can read the secret, if it is a sample of documentation or a known test key.
    #[must_use]
    pub fn published(&self) -> Option<&str> {
        self.facts.get(Self::PUBLISHED).map(String::as_str)
    }

    /// The name of the fact that says where a secret is published.
    pub const PUBLISHED: &'static str = "published";
}

/// The line around a secret, with every secret in it masked.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Excerpt {
    /// What stands before the secret on its line, or the end of that.
    pub before: String,
    /// What stands behind it, or the beginning of that.
    pub after: String,
}

/// A commit, as reports name it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Commit {
    /// When its author wrote it.
    pub date: Timestamp,
    /// Its id in hexadecimal.
    #[serde(rename = "commit")]
    pub id: String,
    /// Its author: `Name <address>`.
    pub author: String,
}

impl Commit {
    /// The beginning of its id, as people name it.
    #[must_use]
    pub fn short(&self) -> &str {
        self.id.get(..10).unwrap_or(&self.id)
    }
}

/// What a history says of a place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Past {
    /// The commit that brought the secret into this path; the place is that in its version.
    pub commit: Commit,
    /// The commits that took it out of this path again, the oldest first.
    pub removed: Vec<Commit>,
    /// Whether it stands in this path at HEAD.
    pub in_head: bool,
}

/// Who could see a secret, and for how long.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Exposure {
    /// The date of the first commit that brought it in.
    pub first_seen: Option<Timestamp>,
    /// The date of the newest commit that holds it.
    pub last_seen: Option<Timestamp>,
    /// Whole days from the first commit until the scan.
    pub age_days: Option<i64>,
    /// Whether a file of the working tree holds it.
    pub in_tree: bool,
    /// Whether the next commit would be the first to bring it to its place.
    pub staged: bool,
    /// Whether a commit holds it; `None` if no history was scanned.
    pub in_history: Option<bool>,
    /// Whether a branch of a remote reaches it; `None` if no such branch is known.
    pub pushed: Option<bool>,
    /// Names of refs whose history holds it, at most [`Exposure::MOST_REFS`]; of reflog entries, if
    /// there is no such ref.
    pub refs: Option<Vec<String>>,
    /// How many refs, or reflog entries, there are in all.
    pub ref_count: Option<u64>,
    /// Whether neither a ref nor a reflog nor an index reaches it.
    pub unreachable: Option<bool>,
}

impl Exposure {
    /// More refs than these are only counted.
    pub const MOST_REFS: usize = 20;

    /// Adds what another repository says.
    pub fn merge(&mut self, other: Self) {
        let least = |a: Option<Timestamp>, b: Option<Timestamp>| a.into_iter().chain(b).min();
        let any = |a: Option<bool>, b: Option<bool>| a.into_iter().chain(b).max();
        self.first_seen = least(self.first_seen, other.first_seen);
        self.last_seen = self.last_seen.max(other.last_seen);
        self.age_days = self.age_days.max(other.age_days);
        self.in_tree |= other.in_tree;
        self.staged |= other.staged;
        self.in_history = any(self.in_history, other.in_history);
        self.pushed = any(self.pushed, other.pushed);
        let refs: BTreeSet<String> =
            self.refs.take().into_iter().chain(other.refs).flatten().collect();
        self.refs = Some(refs.into_iter().take(Self::MOST_REFS).collect());
        let count = self.ref_count.unwrap_or_default() + other.ref_count.unwrap_or_default();
        self.ref_count = Some(count);
        self.unreachable = self.unreachable.into_iter().chain(other.unreachable).min();
    }
}

/// One place of a secret.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location {
    /// The blob.
    pub origin: Origin,
    /// Its first character.
    pub start: Position,
    /// The character behind its last.
    pub end: Position,
    /// The line around it.
    pub excerpt: Excerpt,
    /// What the history says of it, if it is a place in a commit.
    pub past: Option<Box<Past>>,
}

impl Location {
    /// The order of report: the oldest first, and what is not in any commit last.
    fn by_age(&self, other: &Self) -> Ordering {
        let of_commit = |place: &Self| place.past.is_none();
        let commits = self.past.cmp(&other.past);
        of_commit(self).cmp(&of_commit(other)).then(commits).then_with(|| self.cmp(other))
    }

    /// Brings places into the order of report, each once.
    pub(crate) fn sort(places: &mut Vec<Self>) {
        places.sort_by(Self::by_age);
        places.dedup();
    }

    /// What it is a place in, for people: a path, `the message of commit 1234567` …
    #[must_use]
    pub fn name(&self) -> String {
        if let Some(name) = self.origin.name() {
            return name.to_string();
        }
        let object = self.origin.via.iter().find_map(|via| match via {
            Via::Object(object) => Some(object.as_str()),
            _ => None,
        });
        let commit = self.past.as_ref().map_or("?", |past| past.commit.short());
        name_of_object(object, commit)
    }

    /// Whether it is a place in a file of the working tree.
    #[must_use]
    pub fn is_in_tree(&self) -> bool {
        let of_object = |via: &Via| matches!(via, Via::Object(_));
        self.past.is_none() && !self.origin.via.iter().any(of_object)
    }
}

/// What something is called that is no file: an object of a repository at a commit, or standard input.
pub(crate) fn name_of_object(object: Option<&str>, commit: &str) -> String {
    match object {
        None => "standard input".to_owned(),
        Some("commit-message") => format!("the message of commit {commit}"),
        Some("tag-message") => format!("the message of a tag of commit {commit}"),
        Some("note") => format!("a note on {commit}"),
        Some(object) => format!("{object}, which nothing names"),
    }
}

/// One secret in one place.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// The rule that reports it.
    pub rule: Arc<Rule>,
    /// The value.
    pub secret: Secret,
    /// Where it stands.
    pub location: Location,
    /// How sure the rule is here.
    pub confidence: Confidence,
    /// Shannon entropy of the value, in bits per character.
    pub entropy: f32,
    /// What speaks for and against it, if its value alone does not say what it is.
    pub score: Option<Score>,
    /// What the value says about itself.
    pub verification: Verification,
}

impl Candidate {
    /// What makes it one finding with others.
    #[must_use]
    pub fn key(&self) -> (String, Secret) {
        (self.rule.id().to_owned(), self.secret.clone())
    }
}

/// A name for a secret that depends on its rule and value alone, so that it survives edits, renames
/// and rebases: 128 bits in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// The fingerprint of a secret.
    ///
    /// A token too random to be guessed is hashed with BLAKE3. What could be guessed (a password)
    /// goes through Argon2id, as a report is read by more people than the code is: each guess costs
    /// milliseconds and 4 MiB instead of nanoseconds.
    #[must_use]
    pub fn new(rule: &str, secret: &Secret) -> Self {
        let value = match &secret.0 {
            Known::Report { fingerprint, .. } => return fingerprint.clone(),
            Known::Value(value) => &value.bytes,
        };
        let mut digest = [0; 16];
        let salt = format!("blurt fingerprint v1 {rule}");
        if is_guessable(value) {
            slow_hash(value, &salt, &mut digest);
        } else {
            let mut hasher = blake3::Hasher::new_derive_key("blurt fingerprint v1");
            hasher.update(salt.as_bytes()).update(&[0]).update(value);
            hasher.finalize_xof().fill(&mut digest);
        }
        Self::from_bytes(digest)
    }

    /// Whether the fingerprint of a secret is slow to make: whether the secret could be guessed.
    #[must_use]
    pub fn is_slow(secret: &Secret) -> bool {
        secret.reveal().is_some_and(is_guessable)
    }

    /// The fingerprint with these bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(format!("{:032x}", u128::from_be_bytes(bytes)))
    }

    /// Its bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Option<[u8; 16]> {
        u128::from_str_radix(&self.0, 16).ok().map(u128::to_be_bytes)
    }

    /// The fingerprint that a report gives; `None` if `text` is none.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        (text.len() == 32 && text.bytes().all(is_digit)).then(|| Self(text.to_owned()))
    }

    /// The fingerprint in hexadecimal.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Argon2id with 4 MiB, one pass.
fn slow_hash(value: &[u8], salt: &str, digest: &mut [u8]) {
    const KIB: u32 = 4 * 1024;
    thread_local! {
        // Kept, as memory of this size would be taken and given back for each secret.
        static MEMORY: RefCell<Vec<Block>> = RefCell::new(vec![Block::default(); KIB as usize]);
    }
    let params = Params::new(KIB, 1, 1, Some(digest.len())).unwrap_or_default();
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    // The only errors are lengths of salt and output, which are constants.
    let _ = MEMORY.with_borrow_mut(|memory| {
        argon2.hash_password_into_with_memory(value, salt.as_bytes(), digest, memory)
    });
}

/// Whether a value has so little randomness that trying values is worth someone's while: fewer than
/// 80 bits, by its length and Shannon entropy.
fn is_guessable(value: &[u8]) -> bool {
    crate::detect::entropy(value) * value.len() as f32 <= 80.0
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a secret in one place is not reported as new, and who says so.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Excuse {
    /// What kind of text says so.
    pub by: Authority,
    /// Where that is written, `FILE:LINE`; `None` if it is written nowhere.
    pub place: Option<String>,
    /// The reason given.
    pub reason: String,
    /// Who has written it.
    pub author: Option<String>,
    /// The last day that it holds.
    pub expires: Option<Date>,
}

/// What can excuse a secret.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Authority {
    /// It stood there before what is scanned came.
    #[default]
    Past,
    /// The baseline.
    Baseline,
    /// A `[[suppress]]` table, or a rule disabled for a folder.
    Configuration,
    /// A comment beside it.
    Marker,
    /// A comment beside it, meant for another tool.
    ForeignMarker,
}

impl Excuse {
    /// That a secret stood there before what is scanned came: where it did.
    #[must_use]
    pub fn past(before: impl Into<String>) -> Self {
        let reason = before.into();
        Self { by: Authority::Past, place: None, reason, author: None, expires: None }
    }

    /// Whether it stands in the text itself.
    #[must_use]
    pub fn is_marker(&self) -> bool {
        matches!(self.by, Authority::Marker | Authority::ForeignMarker)
    }

    /// Whether it holds no more on `today`.
    #[must_use]
    pub fn is_over(&self, today: Date) -> bool {
        self.expires.is_some_and(|last| last < today)
    }
}

impl fmt::Display for Excuse {
    /// The reason, and behind it who says so, where, and until when.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)?;
        let author = self.author.as_ref().map(|author| format!("by {author}"));
        let until = self.expires.map(|last| format!("until {last}"));
        let more: Vec<_> = self.place.iter().cloned().chain(author).chain(until).collect();
        if more.is_empty() { Ok(()) } else { write!(f, " ({})", more.join(", ")) }
    }
}

/// What triage says of a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Triage {
    /// Nobody has spoken about it.
    New,
    /// It was there before: where, or who says so.
    Known(Arc<Excuse>),
    /// It is excused in every place.
    Ignored(Arc<Excuse>),
}

impl Triage {
    /// The word of the report.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Known(_) => "known",
            Self::Ignored(_) => "ignored",
        }
    }

    /// What an excuse makes of a finding.
    #[must_use]
    pub fn of(excuse: Arc<Excuse>) -> Self {
        match excuse.by {
            Authority::Past | Authority::Baseline => Self::Known(excuse),
            Authority::Configuration | Authority::Marker | Authority::ForeignMarker => {
                Self::Ignored(excuse)
            }
        }
    }

    /// Who says that it is not new, if it is not.
    #[must_use]
    pub fn excuse(&self) -> Option<&Arc<Excuse>> {
        match self {
            Self::Known(excuse) | Self::Ignored(excuse) => Some(excuse),
            Self::New => None,
        }
    }

    /// Why it is not new, if it is not.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        self.excuse().map(|excuse| excuse.reason.as_str())
    }
}

/// One secret with all its places.
#[derive(Debug, Clone)]
pub struct Finding {
    /// Its name, once it was asked for.
    pub(crate) fingerprint: OnceLock<Fingerprint>,
    /// The rule that reports it.
    pub rule: Arc<Rule>,
    /// The value.
    pub secret: Secret,
    /// The best of its places' confidences.
    pub confidence: Confidence,
    /// Shannon entropy of the value, in bits per character.
    pub entropy: f32,
    /// What speaks for and against it, if its value alone does not say what it is.
    pub score: Option<Score>,
    /// What the value says about itself.
    pub verification: Verification,
    /// Where it stands; never empty, the oldest place first, each once.
    pub locations: Vec<Location>,
    /// Who could see it.
    pub exposure: Exposure,
    /// What triage says of it.
    pub triage: Triage,
}

impl Finding {
    /// Its name. Of a secret that could be guessed it takes a millisecond to make.
    pub fn fingerprint(&self) -> &Fingerprint {
        self.fingerprint.get_or_init(|| Fingerprint::new(self.rule.id(), &self.secret))
    }

    /// How bad it is.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.rule.spec().severity
    }

    /// The place to name when only one is named.
    #[must_use]
    pub fn primary(&self) -> &Location {
        &self.locations[0]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::RuleSet;
    use crate::rule::example::expand;

    #[test]
    fn a_secret_of_a_report_shows_its_mask_and_has_no_value() {
        let rules = RuleSet::builtin().unwrap();
        for (rule, template) in [
            ("password", "<<[a-z]{9}>>"),
            ("github-personal-access-token", "<<ghp_[0-9A-Za-z]{30}|github>>"),
            ("rsa-private-key", "<<@rsa-private-key>>"),
        ] {
            let (rule, value) = (rules.get(rule).unwrap(), expand(template, 1).unwrap());
            let value = value.as_bytes();
            let known = Secret::new(value, rule);
            let name = Fingerprint::new(rule.id(), &known);
            let read = Fingerprint::read(name.as_str()).unwrap();
            let masked = Secret::masked(known.to_string(), read);
            assert_eq!((masked.to_string(), masked.mask()), (known.to_string(), known.mask()));
            assert_eq!((masked.reveal(), known.reveal()), (None, Some(value)));
            assert_eq!(Fingerprint::new(rule.id(), &masked), name);
            assert_ne!(masked, known);
        }
        for text in ["", "abc", &"g".repeat(32), &"A".repeat(32), &"0".repeat(33)] {
            assert!(Fingerprint::read(text).is_none(), "{text}");
        }
    }
}
