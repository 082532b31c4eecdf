//! GitLab's secret detection report, for `artifacts:reports:secret_detection`.
//!
//! - Its fields: <https://docs.gitlab.com/development/integrations/secure/#report-fields>
//! - Its schema: `dist/secret-detection-report-format.json` of
//!   <https://gitlab.com/gitlab-org/security-products/security-report-schemas>
//!
//! There is one vulnerability for each secret in each file, as GitLab itself counts them
//! (<https://docs.gitlab.com/user/application_security/secret_detection/pipeline/#duplicate-vulnerability-tracking>).
//! What is known or ignored is left out and counted in a message: GitLab would open a vulnerability
//! for it, and its only flag says "false positive", which an excused secret need not be.

use super::markup::{block, code, prose, prose_with_links};
use super::place::{Root, is_in_member, last_line, standing};
use super::text::{came_and_went, confident, exposed, verb, verified};
use super::{Format, sanitize};
use crate::blob::{INTO, members};
use crate::clock;
use crate::coverage::Skip;
use crate::finding::{Finding, Location, Triage};
use crate::remedy::Remedy;
use crate::rule::Severity;
use crate::scan::Outcome;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// The version of the schema. All of 15 have these fields; GitLab takes 15.0 since its own version 15.
const VERSION: &str = "15.0.7";

/// Where that version is published.
const SCHEMA: &str = "https://gitlab.com/gitlab-org/security-products/security-report-schemas/-/raw/v15.0.7/dist/secret-detection-report-format.json";

/// GitLab takes no more characters of a name, and of a solution.
const LONGEST_NAME: usize = 255;
const LONGEST_SOLUTION: usize = 7000;

/// More places in other files are only counted.
const MOST_PLACES: usize = 20;

/// A commit has to be named even where none is known.
const NO_COMMIT: &str = "0000000";

pub(super) struct GitLab;

impl Format for GitLab {
    fn name(&self) -> &'static str {
        "gitlab"
    }

    fn extension(&self) -> Option<&'static str> {
        None
    }

    fn write(&self, outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
        outcome.name_all();
        let now = clock::now().map_err(io::Error::other)?;
        let tree = Tree { root: Root::find(), head: head() };
        serde_json::to_writer_pretty(&mut *out, &Report::new(outcome, &tree, now))?;
        out.write_all(b"\n")
    }
}

/// The working tree of the repository.
struct Tree {
    root: Root,
    /// The commit that is checked out.
    head: Option<String>,
}

/// The commit that is checked out, if this is a repository that may be read.
fn head() -> Option<String> {
    let repository = git2::Repository::discover(".").ok()?;
    Some(repository.head().ok()?.target()?.to_string())
}

#[derive(Serialize)]
struct Report {
    version: &'static str,
    schema: &'static str,
    scan: Scan,
    vulnerabilities: Vec<Vulnerability>,
}

/// The scan. A report is written as soon as it is made, so one time stands for its beginning and end.
#[derive(Serialize)]
struct Scan {
    analyzer: Tool,
    scanner: Tool,
    #[serde(rename = "type")]
    kind: &'static str,
    start_time: String,
    end_time: String,
    status: &'static str,
    messages: Vec<Message>,
}

#[derive(Clone, Serialize)]
struct Tool {
    id: &'static str,
    name: &'static str,
    url: &'static str,
    version: String,
    vendor: Vendor,
}

#[derive(Clone, Copy, Serialize)]
struct Vendor {
    name: &'static str,
}

impl Tool {
    fn blurt(version: &str) -> Self {
        Self {
            id: env!("CARGO_PKG_NAME"),
            name: env!("CARGO_PKG_NAME"),
            url: env!("CARGO_PKG_REPOSITORY"),
            version: sanitize(version).into_owned(),
            vendor: Vendor { name: env!("CARGO_PKG_NAME") },
        }
    }
}

#[derive(Serialize)]
struct Message {
    level: &'static str,
    value: String,
}

/// One secret in one file.
#[derive(Serialize)]
struct Vulnerability {
    id: String,
    category: &'static str,
    name: String,
    description: String,
    severity: &'static str,
    solution: String,
    raw_source_code_extract: String,
    location: Place,
    identifiers: Vec<Identifier>,
    links: Vec<Link>,
    tracking: Value,
    details: Value,
}

#[derive(Serialize)]
struct Place {
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    start_line: u64,
    end_line: u64,
    commit: Commit,
}

#[derive(Serialize)]
struct Commit {
    sha: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    author: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    date: Option<String>,
}

#[derive(Serialize)]
struct Identifier {
    #[serde(rename = "type")]
    kind: &'static str,
    name: String,
    value: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

#[derive(Serialize)]
struct Link {
    url: String,
}

impl Report {
    fn new(outcome: &Outcome, tree: &Tree, now: Timestamp) -> Self {
        let is_new = |entry: &&(Finding, Remedy)| entry.0.triage == Triage::New;
        let new = outcome.findings.iter().filter(is_new);
        Self {
            version: VERSION,
            schema: SCHEMA,
            scan: Scan::new(outcome, now),
            vulnerabilities: new.flat_map(|(f, remedy)| vulnerabilities(f, remedy, tree)).collect(),
        }
    }
}

impl Scan {
    fn new(outcome: &Outcome, now: Timestamp) -> Self {
        let time = now.strftime("%Y-%m-%dT%H:%M:%S").to_string();
        let skipped = &outcome.coverage.skipped;
        let mut messages: Vec<Message> = skipped.iter().map(Message::skipped).collect();
        let notes = outcome
            .notes
            .iter()
            .map(|note| Message { level: "info", value: sanitize(note).into_owned() });
        messages.extend(notes);
        messages.extend(Message::excused(outcome));
        let blurt = Tool::blurt(&outcome.tool.version);
        Self {
            analyzer: blurt.clone(),
            scanner: blurt,
            kind: "secret_detection",
            start_time: time.clone(),
            end_time: time,
            status: if skipped.is_empty() { "success" } else { "failure" },
            messages,
        }
    }
}

impl Message {
    fn skipped(skip: &Skip) -> Self {
        Self { level: "warn", value: format!("Not scanned: {}", sanitize(&skip.to_string())) }
    }

    fn excused(outcome: &Outcome) -> Option<Self> {
        let summary = super::json::Summary::of(outcome);
        let value = format!("Left out: {} known, {} ignored", summary.known, summary.ignored);
        (summary.known + summary.ignored > 0).then_some(Self { level: "info", value })
    }
}

/// The vulnerabilities of a secret: one for each file, and for each message of a commit.
fn vulnerabilities(finding: &Finding, remedy: &Remedy, tree: &Tree) -> Vec<Vulnerability> {
    let mut files: BTreeMap<String, Vec<Location>> = BTreeMap::new();
    for place in &finding.locations {
        files.entry(tree.root.file_name(place)).or_default().push(place.clone());
    }
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    let one = |(file, places): (&String, &Vec<Location>)| {
        Occurrence { finding, remedy, file, places, files: &names }.vulnerability(tree)
    };
    files.iter().map(one).collect()
}

/// A secret in one file.
struct Occurrence<'a> {
    finding: &'a Finding,
    remedy: &'a Remedy,
    /// What it is a place in.
    file: &'a str,
    /// Where in it; not empty.
    places: &'a [Location],
    /// All that it stands in.
    files: &'a [&'a str],
}

impl Occurrence<'_> {
    fn vulnerability(&self, tree: &Tree) -> Vulnerability {
        let finding = self.finding;
        let excerpt = &standing(self.places).excerpt;
        Vulnerability {
            id: self.id(),
            category: "secret_detection",
            name: sanitize(&finding.rule.spec().name).chars().take(LONGEST_NAME).collect(),
            description: self.description(),
            severity: severity(finding.severity()),
            solution: self.solution(),
            raw_source_code_extract: format!(
                "{}{}{}",
                excerpt.before,
                finding.secret.mask(),
                excerpt.after
            ),
            location: self.location(tree),
            identifiers: self.identifiers(),
            links: self.links(),
            tracking: self.tracking(),
            details: self.details(),
        }
    }

    /// A UUID (version 8 of RFC 9562) that depends on the secret and the file alone, so that it
    /// stays when lines move.
    fn id(&self) -> String {
        let mut hasher = blake3::Hasher::new_derive_key("blurt vulnerability of gitlab v1");
        let name = self.file.as_bytes();
        hasher.update(self.finding.fingerprint().as_str().as_bytes()).update(&[0]).update(name);
        let mut bytes = [0; 16];
        hasher.finalize_xof().fill(&mut bytes);
        bytes[6] = bytes[6] & 0x0f | 0x80;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let hex = format!("{:032x}", u128::from_be_bytes(bytes));
        [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
    }

    fn description(&self) -> String {
        let finding = self.finding;
        let facts: Vec<_> =
            [verified(finding), exposed(&finding.exposure)].into_iter().flatten().collect();
        let facts = match facts.as_slice() {
            [] => String::new(),
            facts => format!("\n\nKnown of it: {}.", prose(&facts.join("; "))),
        };
        format!(
            "{} {}. {}{facts}",
            prose(&finding.rule.spec().name),
            code(&finding.secret.to_string()),
            prose(&self.remedy.why)
        )
    }

    /// The verb and the steps, as many as GitLab takes.
    fn solution(&self) -> String {
        let remedy = self.remedy;
        let mut text = format!("**{}**: {}", verb(remedy.action), prose(&remedy.summary));
        for (n, step) in remedy.steps.iter().enumerate() {
            let label = format!("{}. ", n + 1);
            let indent = " ".repeat(label.len());
            let command = step.command.as_ref().map(|c| format!("\n\n{}", block(c, &indent)));
            let step = format!(
                "\n\n{label}{}{}",
                prose_with_links(&step.what),
                command.unwrap_or_default()
            );
            if text.chars().count() + step.chars().count() > LONGEST_SOLUTION {
                break;
            }
            text += &step;
        }
        text.chars().take(LONGEST_SOLUTION).collect()
    }

    fn location(&self, tree: &Tree) -> Place {
        let place = standing(self.places);
        let (start_line, end_line) = lines(place);
        let past = place.past.as_ref();
        // A file of the working tree came in with the commit that the history names.
        let past = past.or_else(|| self.places.iter().find_map(|place| place.past.as_ref()));
        let file = place.origin.path.as_ref().map(|_| self.file.to_owned());
        let head = || tree.root.relative(place).and(tree.head.clone());
        let commit = match past.map(|past| &past.commit) {
            Some(commit) => Commit {
                sha: commit.id.clone(),
                author: Some(sanitize(&commit.author).into_owned()),
                date: Some(commit.date.to_string()),
            },
            None => Commit {
                sha: head().unwrap_or_else(|| NO_COMMIT.to_owned()),
                author: None,
                date: None,
            },
        };
        Place { file, start_line, end_line, commit }
    }

    /// The rule, and what kind of weakness this is.
    fn identifiers(&self) -> Vec<Identifier> {
        let spec = self.finding.rule.spec();
        let id = sanitize(&spec.id).into_owned();
        let url = self.links().into_iter().next().map(|link| link.url);
        let rule =
            Identifier { kind: "blurt_rule_id", name: format!("blurt rule {id}"), value: id, url };
        let weakness = Identifier {
            kind: "cwe",
            name: "CWE-798".to_owned(),
            value: "798".to_owned(),
            url: Some("https://cwe.mitre.org/data/definitions/798.html".to_owned()),
        };
        vec![rule, weakness]
    }

    /// What the rule and the playbook refer to, each once.
    fn links(&self) -> Vec<Link> {
        let (rule, playbook) = (&self.finding.rule.spec().references, &self.remedy.references);
        let more = playbook.iter().filter(|url| !rule.contains(url));
        let is_url = |url: &&String| url.starts_with("https://") || url.starts_with("http://");
        let urls = rule.iter().chain(more).filter(is_url);
        urls.map(|url| Link { url: sanitize(url).into_owned() }).collect()
    }

    /// By which GitLab knows it again when lines move. `hash` is the oldest algorithm:
    /// <https://docs.gitlab.com/development/sec/vulnerability_tracking/>.
    fn tracking(&self) -> Value {
        let (start_line, end_line) = lines(standing(self.places));
        let value = format!("{}|{}", self.file, self.finding.fingerprint());
        json!({
            "type": "source",
            "items": [{
                "file": self.file,
                "start_line": start_line,
                "end_line": end_line,
                "signatures": [{ "algorithm": "hash", "value": value }],
            }],
        })
    }

    fn details(&self) -> Value {
        let text =
            |name: &str, value: &str| json!({ "name": name, "type": "text", "value": value });
        let mut details = BTreeMap::from([
            ("action", text("What to do", verb(self.remedy.action))),
            ("confidence", text("Confidence", confident(self.finding.confidence))),
            ("fingerprint", text("Fingerprint of the secret", self.finding.fingerprint().as_str())),
        ]);
        let line = |value: String| json!({ "type": "text", "value": value });
        let list =
            |name: &str, items: Vec<Value>| json!({ "name": name, "type": "list", "items": items });
        let places: Vec<_> = limited(self.places.iter().map(in_file)).map(line).collect();
        details.insert("places", list("Where it stands in it", places));
        let others = self.files.iter().filter(|file| **file != self.file);
        let others: Vec<_> = limited(others.map(|file| (*file).to_owned())).map(line).collect();
        if !others.is_empty() {
            details.insert("others", list("What else it stands in", others));
        }
        json!(details)
    }
}

/// A place in its file, for people.
fn in_file(place: &Location) -> String {
    let past = place.past.as_ref().map(|past| format!(", {}", came_and_went(past, place)));
    let member =
        members(&place.origin.via, INTO).map(|member| format!(" of {}", sanitize(&member)));
    format!(
        "line {}, column {}{}{}",
        place.start.line,
        place.start.column,
        member.unwrap_or_default(),
        past.unwrap_or_default()
    )
}

/// As many as are listed, and how many there are besides.
fn limited(items: impl Iterator<Item = String>) -> impl Iterator<Item = String> {
    let mut items: Vec<String> = items.collect();
    let unlisted = items.len().saturating_sub(MOST_PLACES);
    items.truncate(MOST_PLACES);
    let more = (unlisted > 0).then(|| format!("and {unlisted} more"));
    items.into_iter().chain(more)
}

/// The first and the last line. Lines of an archive's member are not those of the archive.
fn lines(place: &Location) -> (u64, u64) {
    if is_in_member(place) { (1, 1) } else { (place.start.line, last_line(place)) }
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Low => "Low",
        Severity::Medium => "Medium",
        Severity::High => "High",
        Severity::Critical => "Critical",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{into_a_message, into_the_past, one, outcome, token};

    const NOW: i64 = 1_893_456_000;

    fn report(outcome: &Outcome) -> Value {
        let tree = Tree { root: Root::at("repo", "repo/a"), head: Some("c".repeat(40)) };
        json!(Report::new(outcome, &tree, Timestamp::from_second(NOW).unwrap()))
    }

    fn vulnerabilities_of(outcome: &Outcome) -> Vec<Value> {
        report(outcome)["vulnerabilities"].as_array().unwrap().clone()
    }

    #[test]
    fn a_place_in_the_tree_is_one_in_the_commit_checked_out() {
        let vulnerability = &vulnerabilities_of(&one("b/c.yml"))[0];
        let location = json!({
            "file": "a/b/c.yml", "start_line": 1, "end_line": 1,
            "commit": { "sha": "c".repeat(40) },
        });
        assert_eq!(vulnerability["location"], location);
        assert_eq!(vulnerability["severity"], "Critical");
        let extract = vulnerability["raw_source_code_extract"].as_str().unwrap();
        assert!(extract.starts_with("token: ghp_***"), "{extract}");
        let elsewhere = &vulnerabilities_of(&one("../../b.yml"))[0]["location"];
        assert_eq!(elsewhere["file"], "../../b.yml");
        assert_eq!(elsewhere["commit"]["sha"], NO_COMMIT);
    }

    #[test]
    fn a_place_of_the_past_is_one_in_its_commit() {
        let mut outcome = one("b.yml");
        into_the_past(&mut outcome);
        let location = &vulnerabilities_of(&outcome)[0]["location"];
        assert_eq!(location["file"], "a/b.yml");
        let commit = json!({
            "sha": "a".repeat(40),
            "author": "Ann @team <ann@example.org>",
            "date": "1970-01-02T00:00:00Z",
        });
        assert_eq!(location["commit"], commit);
        into_a_message(&mut outcome);
        let location = &vulnerabilities_of(&outcome)[0]["location"];
        assert_eq!((&location["file"], &location["commit"]), (&Value::Null, &commit));
    }

    #[test]
    fn a_file_has_one_vulnerability_for_each_secret() {
        let twice = format!("{}\n{}", token(1), token(1));
        let (first, second) = (("b".to_owned(), twice), ("c".to_owned(), token(1)));
        let vulnerabilities = vulnerabilities_of(&outcome(vec![first, second]));
        let files: Vec<_> = vulnerabilities.iter().map(|v| &v["location"]["file"]).collect();
        assert_eq!(files, ["a/b", "a/c"]);
        let details = &vulnerabilities[0]["details"];
        let values = |list: &Value| -> Vec<Value> {
            list["items"].as_array().unwrap().iter().map(|item| item["value"].clone()).collect()
        };
        assert_eq!(values(&details["places"]), ["line 1, column 8", "line 3, column 8"]);
        assert_eq!(values(&details["others"]), ["a/c"]);
        let [one, two] = [0, 1].map(|n| &vulnerabilities[n]);
        assert_ne!(one["id"], two["id"]);
        assert_ne!(
            one["tracking"]["items"][0]["signatures"],
            two["tracking"]["items"][0]["signatures"]
        );
        assert_eq!(one["identifiers"], two["identifiers"]);
    }

    #[test]
    fn an_id_is_a_uuid_that_survives_edits() {
        let id = |lines: &str| {
            let outcome = outcome(vec![("b".into(), format!("{lines}{}", token(1)))]);
            vulnerabilities_of(&outcome)[0]["id"].as_str().unwrap().to_owned()
        };
        let uuid = id("");
        assert_eq!(uuid, id("# more\n# lines\n"));
        let lengths: Vec<_> = uuid.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
        assert_eq!(uuid.as_bytes()[14], b'8');
        assert!(b"89ab".contains(&uuid.as_bytes()[19]), "{uuid}");
    }

    #[test]
    fn the_scan_says_what_it_could_not_look_at() {
        let excused = token(2).replace('\n', " # blurt:allow * -- a test\n");
        let mut outcome = outcome(vec![("b".into(), token(1)), ("c".into(), excused)]);
        outcome.notes.push("c:1: a note\u{202e}".to_owned());
        let scan = report(&outcome)["scan"].clone();
        assert_eq!(
            (&scan["status"], &scan["type"]),
            (&json!("success"), &json!("secret_detection"))
        );
        assert_eq!(
            (&scan["start_time"], &scan["end_time"]),
            (&json!("2030-01-01T00:00:00"), &json!("2030-01-01T00:00:00"))
        );
        let note = json!({ "level": "info", "value": "c:1: a note\\u{202e}" });
        let left_out = json!({ "level": "info", "value": "Left out: 0 known, 1 ignored" });
        assert_eq!(scan["messages"], json!([note, left_out]));
        assert_eq!(vulnerabilities_of(&outcome).len(), 1);
        let skip = Skip { path: "d".into(), reason: "is gone".into(), mend: Some("look".into()) };
        outcome.coverage.skip(skip);
        let scan = report(&outcome)["scan"].clone();
        assert_eq!(scan["status"], "failure");
        let not_scanned = json!({ "level": "warn", "value": "Not scanned: d is gone; look" });
        assert_eq!(scan["messages"][0], not_scanned);
    }

    #[test]
    fn names_stay_text_and_solutions_short() {
        let mut outcome = one("<img src=x>@team`|\n#1");
        let vulnerability = &vulnerabilities_of(&outcome)[0];
        let solution = vulnerability["solution"].as_str().unwrap();
        assert!(!solution.contains("<img") && !solution.contains("@team"), "{solution}");
        assert!(solution.starts_with("**Rotate**: "), "{solution}");
        assert_eq!(vulnerability["location"]["file"], "a/<img src=x>@team`|\\u{a}#1");
        let steps = &mut outcome.findings[0].1.steps;
        for step in steps.iter_mut() {
            step.what = "Wait. ".repeat(300);
        }
        let solution = vulnerabilities_of(&outcome)[0]["solution"].clone();
        let length = solution.as_str().unwrap().chars().count();
        assert!((5_000..=LONGEST_SOLUTION).contains(&length), "{length}");
    }
}
