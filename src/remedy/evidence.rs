//! What decides about a secret: gathered from the finding, the file that it stands in and what stands
//! around that. Everything comes with the sentence that a reader gets as the reason.

use super::database::{self, Database};
use super::platform::{self, Platform};
use super::setting::{Role, Setting};
use super::surroundings::{self, Surroundings};
use crate::blob::Via;
use crate::finding::{Finding, Location, Status};
use crate::kind::FileKind;
use crate::report::sanitize;
use crate::rule::Credential;
use bstr::ByteSlice;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// A sentence that took part in a decision, and what it is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Reason {
    /// What it is about: `exposure`, `platform`, `verification` …
    pub evidence: String,
    /// The sentence.
    pub because: String,
}

impl Reason {
    /// The reason that something is so. It may name files and resources of the scanned tree, so what a
    /// terminal would obey is taken out.
    pub fn new(evidence: &str, because: impl Into<String>) -> Self {
        Self { evidence: evidence.to_owned(), because: sanitize(&because.into()).into_owned() }
    }
}

/// What a value says about its own worth.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Worth {
    /// It may be valid.
    #[default]
    Unknown,
    /// It has expired, at that time.
    Expired(String),
    /// Its checksum is wrong.
    NeverIssued,
    /// Everybody can read it at that address.
    Published(String),
    /// It is for the provider's test mode, or for everybody's eyes.
    TestMode,
}

impl Worth {
    /// Whether nothing takes it, so that there is nothing to revoke.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        matches!(self, Self::Expired(_) | Self::NeverIssued | Self::Published(_))
    }
}

/// Who can have read a secret.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Reach {
    /// The history was not looked at.
    #[default]
    Unknown,
    /// It stands in files that no repository holds.
    NoRepository,
    /// It is staged, and its place in no commit.
    Staged,
    /// It is in no commit.
    Uncommitted,
    /// It is in commits that no remote is known to have.
    Committed,
    /// A remote has it.
    Pushed,
}

/// What decides about a secret.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// What it is.
    pub credential: Credential,
    /// What it says about itself.
    pub worth: Worth,
    /// The kind of place that it stands in.
    pub setting: Setting,
    /// What the places are there for: tests or examples only if all of them are.
    pub role: Role,
    /// What runs the code there.
    pub platform: Platform,
    /// The managed database that it opens.
    pub database: Option<Database>,
    /// The other company that it was made for.
    pub third_party: Option<&'static str>,
    /// Whether all places are in comments.
    pub commented: bool,
    /// Who can have read it.
    pub reach: Reach,
    /// Whether a file of the working tree holds it.
    pub in_tree: bool,
    /// Whether it is a document or longer than a store of short values takes.
    pub is_document: bool,
    /// What it is assigned to, as far as the line tells.
    pub name: String,
    /// Why all that is thought.
    pub reasons: Vec<Reason>,
}

/// Bytes from which 004's criteria call a secret large.
const LARGE: usize = 4096;

impl Evidence {
    /// All that can be told of `finding`, whose rule's playbook says that it is a `credential`.
    #[must_use]
    pub fn gather(finding: &Finding, credential: Credential, around: &dyn Surroundings) -> Self {
        let place = telling(finding);
        let path = path_of(place);
        let name = assigned_name(place);
        // What is in an archive or in encoded text has other lines than the file.
        let is_plain = place.is_in_tree() && place.origin.via.is_empty();
        let text = is_plain.then(|| around.text(Path::new(&path))).flatten();
        let setting = match &place.origin.path {
            None => message_or_other(place),
            Some(_) => Setting::of(&path, text.as_deref()),
        };
        let before = text.as_deref().map_or("", |text| up_to(text, place.start.line));
        let mut evidence = Self {
            credential,
            worth: worth(finding),
            setting,
            role: role(finding),
            platform: Platform::Unknown,
            database: None,
            third_party: third_party(&name),
            commented: finding.locations.iter().all(is_commented),
            reach: reach(finding, around),
            in_tree: finding.exposure.in_tree,
            is_document: is_document(finding),
            name,
            reasons: Vec::new(),
        };
        if let Some((seen, because)) = platform::of(&path, setting, before, &evidence.name, around)
        {
            evidence.platform = seen;
            evidence.note("platform", because);
        }
        evidence.see_database(place, text.as_deref());
        let temporary =
            finding.verification.facts.get("type").is_some_and(|kind| kind == "temporary");
        if temporary && credential == Credential::AwsAccessKey {
            evidence.credential = Credential::Session;
        }
        if is_of_cluster(finding) {
            evidence.credential = Credential::ClusterToken;
        }
        evidence.tell(finding);
        evidence
    }

    /// What is known of a rule's credentials in general, with no finding.
    #[must_use]
    pub fn of_kind(credential: Credential) -> Self {
        Self {
            credential,
            worth: Worth::Unknown,
            setting: Setting::Other,
            role: Role::Product,
            platform: Platform::Unknown,
            database: None,
            third_party: None,
            commented: false,
            reach: Reach::Unknown,
            in_tree: true,
            is_document: false,
            name: String::new(),
            reasons: Vec::new(),
        }
    }

    /// Adds a reason.
    pub fn note(&mut self, evidence: &str, because: impl Into<String>) {
        self.reasons.push(Reason::new(evidence, because));
    }

    fn see_database(&mut self, place: &Location, text: Option<&str>) {
        let passwords = [Credential::DatabasePassword, Credential::ApplicationPassword];
        if !passwords.contains(&self.credential) {
            return;
        }
        let found = database::of(self.setting, place, text, &self.name);
        let Some((database, because)) = found else { return };
        self.credential = Credential::DatabasePassword;
        self.database = Some(database);
        self.note("database", because);
    }

    /// The sentences for what was found out.
    fn tell(&mut self, finding: &Finding) {
        if let Some(party) = self.third_party {
            let name = sanitize(&self.name).into_owned();
            self.note(
                "third-party",
                format!("Its name, {name}, says that it was made for {party}."),
            );
        }
        let all = if finding.locations.len() > 1 { "All its places are" } else { "Its place is" };
        match self.role {
            Role::Product => {}
            Role::Test => self.note("place", format!("{all} in tests.")),
            Role::Example => self.note("place", format!("{all} in examples or texts for people.")),
        }
        if finding.verification.status == Status::Encrypted {
            self.note(
                "verification",
                "A passphrase protects this copy, as long as nobody guesses it.",
            );
        }
        if self.commented {
            self.note("place", "It stands in a comment, where no program reads it.");
        }
        match self.reach {
            Reach::Pushed => {
                self.note(
                    "exposure",
                    "A remote has it, so everybody who can read that has it too.",
                );
            }
            Reach::Committed => {
                self.note("exposure", "It is in the history, and every clone takes it along.");
            }
            Reach::Staged | Reach::Uncommitted => {
                self.note("exposure", "It is in no commit yet.");
            }
            Reach::Unknown | Reach::NoRepository => {}
        }
        if !self.in_tree && self.reach != Reach::Unknown {
            self.note("exposure", "No file of the working tree holds it any more.");
        }
    }
}

/// The place that says the most: one in the working tree before those of the past, one of the product
/// before tests and texts.
fn telling(finding: &Finding) -> &Location {
    let rank = |place: &&Location| {
        let role = Role::of(&path_of(place));
        (!place.is_in_tree(), is_commented(place), role != Role::Product)
    };
    finding.locations.iter().min_by_key(rank).unwrap_or_else(|| finding.primary())
}

fn path_of(place: &Location) -> String {
    let path = place.origin.path.as_ref().map(|path| path.to_str_lossy().into_owned());
    path.unwrap_or_default()
}

fn message_or_other(place: &Location) -> Setting {
    let message = place.origin.via.iter().any(|via| matches!(via, Via::Object(_)));
    if message { Setting::Message } else { Setting::Other }
}

/// The lines of `text` up to the 1-based `line`, which is among them.
fn up_to(text: &str, line: u64) -> &str {
    let lines = usize::try_from(line).unwrap_or(usize::MAX);
    let end: usize = text.split_inclusive('\n').take(lines).map(str::len).sum();
    &text[..end]
}

/// Whether it is more than stores for short values take.
fn is_document(finding: &Finding) -> bool {
    finding.secret.reveal().is_some_and(|value| value.contains(&b'\n') || value.len() > LARGE)
}

fn worth(finding: &Finding) -> Worth {
    let seen = &finding.verification;
    if let Some(place) = seen.published() {
        return Worth::Published(place.to_owned());
    }
    let fact = |name: &str| seen.facts.get(name).map_or("", String::as_str);
    match seen.status {
        Status::ChecksumInvalid => Worth::NeverIssued,
        Status::Expired => Worth::Expired(fact("expires").to_owned()),
        _ if fact("mode") == "test" => Worth::TestMode,
        _ => Worth::Unknown,
    }
}

/// Clusters sign tokens that never end in this name
/// (<https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/>).
fn is_of_cluster(finding: &Finding) -> bool {
    let issuer = finding.verification.facts.get("issuer");
    issuer.is_some_and(|issuer| issuer == "kubernetes/serviceaccount")
}

fn role(finding: &Finding) -> Role {
    let roles = finding.locations.iter().map(|place| match &place.origin.path {
        Some(_) => Role::of(&path_of(place)),
        None => Role::Product,
    });
    // In the order of the roles, what is of the product decides.
    roles.min().unwrap_or(Role::Product)
}

fn reach(finding: &Finding, around: &dyn Surroundings) -> Reach {
    let exposure = &finding.exposure;
    let committed = finding.locations.iter().any(|place| place.past.is_some());
    match (exposure.in_history, exposure.pushed) {
        (_, Some(true)) => Reach::Pushed,
        (Some(true), _) => Reach::Committed,
        _ if committed => Reach::Committed,
        _ if exposure.staged => Reach::Staged,
        (Some(false), _) => Reach::Uncommitted,
        (None, _) if is_outside(finding, around) => Reach::NoRepository,
        (None, _) => Reach::Unknown,
    }
}

/// Whether no place lies in a repository.
fn is_outside(finding: &Finding, around: &dyn Surroundings) -> bool {
    finding.locations.iter().all(|place| {
        let path = path_of(place);
        let path = Path::new(&path);
        // A name from the current directory says nothing of the folders above that.
        let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        surroundings::repository(&absolute, around).is_none()
    })
}

/// What a value is assigned to: the last word before the operator on its line.
fn assigned_name(place: &Location) -> String {
    name_before(place.excerpt.before.as_str())
}

fn name_before(before: &str) -> String {
    // Before a password in a URL stand the user and the scheme: its name is that of the URL.
    let before = match before.rfind("://") {
        Some(at) if !before[at..].contains(char::is_whitespace) => {
            before[..at].trim_end_matches(|c: char| c.is_ascii_alphanumeric() || "+-.".contains(c))
        }
        _ => before,
    };
    if let Some(name) = defaulted(before) {
        return name.to_owned();
    }
    let operator = |c: char| c.is_whitespace() || "\"'`=:>(,[{".contains(c);
    let before = without_type(without_prefix(before)).trim_end_matches(operator);
    let of_name = |c: char| c.is_alphanumeric() || "_-.".contains(c);
    let start = before
        .rfind(|c: char| !of_name(c))
        .map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
    let name = before[start..].trim_matches(['.', '-']);
    if name.chars().any(char::is_alphabetic) { name.to_owned() } else { String::new() }
}

/// The variable whose default the line ends before: `${NAME:-`, `${name.of.it:`.
fn defaulted(before: &str) -> Option<&str> {
    let inner = &before[before.rfind("${")? + 2..];
    let name =
        inner.trim_end_matches(['"', '\'']).trim_end_matches(['-', '=']).trim_end_matches(':');
    let of_name = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    (name.len() < inner.len() && !name.is_empty() && name.chars().all(of_name)).then_some(name)
}

/// A line up to a literal, without the type between the name and its value: `key: &str = "`.
fn without_type(before: &str) -> &str {
    const TYPES: [&str; 8] =
        ["&'static str", "&str", "str", "String", "string", "String?", "Optional[str]", "bytes"];
    let declared = before.trim_end_matches(['"', '\'', '`', ' ']);
    let Some(declared) = declared.strip_suffix('=').map(str::trim_end) else { return before };
    let named =
        TYPES.iter().find_map(|kind| declared.strip_suffix(kind)?.trim_end().strip_suffix(':'));
    named.unwrap_or(before)
}

/// A line up to a literal, without the letters that some languages write before its quote: `b"`, `@"`, `r#"`.
fn without_prefix(before: &str) -> &str {
    let quotes = before.trim_end_matches(['"', '\'', '`']);
    if quotes.len() == before.len() {
        return before;
    }
    let letters = quotes.trim_end_matches(|c: char| c.is_ascii_alphabetic() || "@$#".contains(c));
    let short = quotes.len() - letters.len() <= 3;
    if short && letters.ends_with(|c: char| c.is_whitespace() || "=:(,[".contains(c)) {
        letters
    } else {
        before
    }
}

/// Whether the line is a comment in a file of its kind.
fn is_commented(place: &Location) -> bool {
    let before = place.excerpt.before.trim_start();
    let marks: &[&str] = match place.origin.kind() {
        FileKind::Code => &["//", "#", "--", "/*", "*", ";;", "%"],
        FileKind::Assignments | FileKind::Yaml => &["#"],
        FileKind::Settings => &["#", ";"],
        FileKind::Quoted => &["//", "#"],
        FileKind::Markup => &["<!--"],
        FileKind::Text => &[],
    };
    let shows_its_beginning = !before.starts_with('…');
    // `#define` and `#[…]` say something to the compiler, and `*p = …` is a statement.
    let directives = ["#define", "#include", "#!", "#[", "#if", "#el", "#en", "#pragma", "#region"];
    let directive = directives.iter().any(|known| before.starts_with(known));
    let pointer = before.starts_with('*') && !before.starts_with("* ") && !before.starts_with("**");
    shows_its_beginning
        && !directive
        && !pointer
        && marks.iter().any(|mark| before.starts_with(mark))
}

/// Companies that are given access to accounts of AWS, and what names call them.
const THIRD_PARTIES: [(&str, &str); 24] = [
    ("airbyte", "Airbyte"),
    ("cloudability", "Cloudability"),
    ("cloudflare", "Cloudflare"),
    ("cloudhealth", "CloudHealth"),
    ("confluent", "Confluent"),
    ("databricks", "Databricks"),
    ("datadog", "Datadog"),
    ("dynatrace", "Dynatrace"),
    ("elastic_cloud", "Elastic Cloud"),
    ("fivetran", "Fivetran"),
    ("hightouch", "Hightouch"),
    ("looker", "Looker"),
    ("mixpanel", "Mixpanel"),
    ("mongodb_atlas", "MongoDB Atlas"),
    ("new_relic", "New Relic"),
    ("newrelic", "New Relic"),
    ("partner", "a partner"),
    ("rudderstack", "RudderStack"),
    ("segment", "Segment"),
    ("snowflake", "Snowflake"),
    ("spotinst", "Spot by NetApp"),
    ("stitch", "Stitch"),
    ("sumologic", "Sumo Logic"),
    ("vendor", "a vendor"),
];

fn third_party(name: &str) -> Option<&'static str> {
    let name = name.to_ascii_lowercase().replace(['-', '.'], "_");
    let of_word = |word: &str| {
        name.match_indices(word).any(|(at, _)| {
            let ends = |c: Option<char>| c.is_none_or(|c| !c.is_ascii_alphanumeric());
            ends(name[..at].chars().next_back()) && ends(name[at + word.len()..].chars().next())
        })
    };
    THIRD_PARTIES.iter().find(|(word, _)| of_word(word)).map(|(_, party)| *party)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_named_by_what_stands_before_it() {
        for (before, name) in [
            ("  db_password = \"", "db_password"),
            ("export DB_PASSWORD='", "DB_PASSWORD"),
            ("apiKey: b\"", "apiKey"),
            ("KEY = r#\"", "KEY"),
            ("const KEY: &str = \"", "KEY"),
            ("private val apiToken: String = \"", "apiToken"),
            ("def connect(user, password: str = \"", "password"),
            ("export TOKEN=\"${TOKEN:-", "TOKEN"),
            ("A=${B}${C-", "C"),
            ("@Value(\"${shop.key:", "shop.key"),
            ("url: \"${HOST}/", ""),
            ("DATABASE_URL=postgres://shop:", "DATABASE_URL"),
            ("  - name: DB_PASSWORD=", "DB_PASSWORD"),
        ] {
            assert_eq!(name_before(before), name, "{before}");
        }
    }
}
