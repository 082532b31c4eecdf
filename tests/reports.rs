//! The reports of a planted tree: valid by their schemas, right about every place (the oracle reads
//! the files again), and without a single secret in them.

#![allow(clippy::unwrap_used)] // a test may panic

use assert_cmd::Command;
use blurt::report::Format;
use blurt::rule::RuleSet;
use blurt::rule::example::expand;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const GITHUB: &str = "<<ghp_[0-9A-Za-z]{30}|github>>";
const AWS: &str = "<<AKIA[A-Z2-7]{16}>>";

/// What GitLab asks of its report.
const GITLAB: &str = include_str!("schemas/gitlab-secret-detection.json");

/// A folder with secrets in it, and what they are.
struct Planted {
    folder: TempDir,
    secrets: Vec<String>,
    places: usize,
}

impl Planted {
    fn new() -> Self {
        Self { folder: TempDir::new().unwrap(), secrets: Vec::new(), places: 0 }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A new secret.
    fn secret(&mut self, template: &str) -> String {
        let secret = expand(template, 20_000 + self.secrets.len() as u64).unwrap();
        self.secrets.push(secret.trim_end().to_owned());
        secret
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// Everything that makes places hard to get right.
    fn tree() -> Self {
        let mut tree = Self::new();
        fs::create_dir(tree.path().join(".git")).unwrap();
        let token = tree.secret(GITHUB);
        tree.write("données/clé secrète.env", format!("A=1\n# é 漢字 😀: GITHUB_TOKEN={token}\n"));
        let token = tree.secret(GITHUB);
        tree.write("src/crlf.py", format!("import os\r\n\r\ntoken = \"{token}\"\r\nprint(1)\r\n"));
        let (a, b, c) = (tree.secret(AWS), tree.secret(AWS), tree.secret(GITHUB));
        tree.write("src/several.js", format!("const all = [\"{a}\", \"ü\", \"{b}\", \"{c}\"];\n"));
        let key = tree.secret("<<@rsa-private-key>>");
        tree.write("keys/server.pem", format!("Ünlock:\n{key}"));
        let token = tree.secret(GITHUB);
        for name in ["a/one.yml", "b/[two] (x)/{y}.yml", "c/100% #3 *_`.yml"] {
            tree.write(name, format!("\n\n  token: {token}\n"));
        }
        let token = tree.secret(GITHUB);
        let text = format!("é token = \"{token}\"\r\n");
        let utf16 = [0xfeff].into_iter().chain(text.encode_utf16());
        tree.write("windows/settings.ini", utf16.flat_map(u16::to_le_bytes).collect::<Vec<_>>());
        let token = tree.secret(GITHUB);
        let spare = tree.secret(GITHUB);
        let excuse = "# blurt:allow github-token, * -- issued for [this](http://test) only";
        tree.write(
            "excused.py",
            format!(
                "token = \"{token}\"  {excuse}\nspare = \"{spare}\"  # blurt:allow without reason\n"
            ),
        );
        tree.places = tree.secrets.len() + 2;
        tree
    }

    fn scan(&self, folder: &str, args: &[&str]) -> Scanned {
        let mut blurt = Command::new(env!("CARGO_BIN_EXE_blurt"));
        let output =
            blurt.arg("scan").args(args).current_dir(self.path().join(folder)).output().unwrap();
        let scanned = Scanned {
            out: String::from_utf8(output.stdout).unwrap(),
            status: output.status.code(),
        };
        self.assert_masked(&scanned.out);
        self.assert_masked(&String::from_utf8(output.stderr).unwrap());
        scanned
    }

    /// No secret, and no line of one, stands in what blurt has written.
    fn assert_masked(&self, text: &str) {
        for secret in &self.secrets {
            for line in secret.lines().filter(|line| !line.starts_with("-----")) {
                assert!(!text.contains(line), "a secret stands in the output:\n{text}");
            }
        }
    }
}

/// The text between the places, by reading the file again. Lines end with a line feed, columns
/// are code points.
fn text_at(path: &Path, region: [u64; 4]) -> String {
    let bytes = fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let text = match bytes.strip_prefix(b"\xff\xfe") {
        Some(utf16) => {
            let units: Vec<u16> =
                utf16.chunks(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
            String::from_utf16(&units).unwrap()
        }
        None => String::from_utf8(bytes).unwrap(),
    };
    let [start_line, start_column, end_line, end_column] = region.map(|n| n as usize);
    let mut found = String::new();
    for (n, line) in text.split_inclusive('\n').enumerate() {
        let line: Vec<char> = line.chars().collect();
        let from = if n + 1 == start_line { start_column - 1 } else { 0 };
        let to = if n + 1 == end_line { end_column - 1 } else { line.len() };
        if (start_line..=end_line).contains(&(n + 1)) {
            found.extend(&line[from..to]);
        }
    }
    found
}

/// Keeps a report for the script that runs the real validator.
fn keep(name: &str, sarif: &str) {
    if let Some(folder) = std::env::var_os("BLURT_SARIF_OUT") {
        fs::write(PathBuf::from(folder).join(name), sarif).unwrap();
    }
}

struct Scanned {
    out: String,
    status: Option<i32>,
}

impl Scanned {
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {}", self.out))
    }

    /// The only run of a SARIF report, which is valid.
    fn run(&self) -> Value {
        let mut log = self.json();
        let schema = include_str!("schemas/sarif-2.1.0.json");
        assert_valid(schema, &log);
        let runs = log["runs"].as_array_mut().unwrap();
        assert_eq!(runs.len(), 1);
        runs.remove(0)
    }
}

fn assert_valid(schema: &str, document: &Value) {
    let schema: Value = serde_json::from_str(schema).unwrap();
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    let flaws: Vec<_> =
        validator.iter_errors(document).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(flaws.is_empty(), "{}", flaws.join("\n"));
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

/// Decodes a URI, which holds nothing but what RFC 3986 allows in a path.
fn decode(uri: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = uri.bytes();
    while let Some(byte) = rest.next() {
        let allowed = byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=@/%".contains(&byte);
        assert!(allowed, "{uri}");
        let decoded = if byte == b'%' {
            let digits = [rest.next().unwrap(), rest.next().unwrap()];
            u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
        } else {
            byte
        };
        bytes.push(decoded);
    }
    String::from_utf8(bytes).unwrap()
}

/// The file of a location, and its region.
fn place(location: &Value) -> (String, [u64; 4]) {
    let physical = &location["physicalLocation"];
    let artifact = &physical["artifactLocation"];
    assert_eq!(artifact["uriBaseId"], "%SRCROOT%");
    let path = decode(text(&artifact["uri"]));
    assert!(!path.starts_with('/') && !path.split('/').any(|name| name == ".."), "{path}");
    let numbers = ["startLine", "startColumn", "endLine", "endColumn"];
    (path, numbers.map(|name| physical["region"][name].as_u64().unwrap()))
}

#[test]
fn sarif_is_right_about_every_place() {
    let tree = Planted::tree();
    let scanned = tree.scan(".", &["-f", "sarif", ".", "missing/nichts da.txt"]);
    assert_eq!(scanned.status, Some(1));
    keep("tree.sarif", &scanned.out);
    let run = scanned.run();
    let mut found = BTreeSet::new();
    let mut places = 0;
    for result in items(&run["results"]) {
        let texts: BTreeSet<String> = items(&result["locations"])
            .chain(items(&result["relatedLocations"]))
            .map(|location| {
                let (path, region) = place(location);
                places += 1;
                text_at(&tree.path().join(path), region)
            })
            .collect();
        assert_eq!(texts.len(), 1, "{result}");
        assert_eq!(items(&result["locations"]).count(), 1);
        assert!(found.append_new(texts), "reported twice: {result}");
    }
    assert_eq!(found, tree.secrets.iter().cloned().collect());
    assert_eq!(places, tree.places);
}

/// A set that says whether all of what is added is new.
trait AppendNew {
    fn append_new(&mut self, more: Self) -> bool;
}

impl AppendNew for BTreeSet<String> {
    fn append_new(&mut self, mut more: Self) -> bool {
        let new = self.is_disjoint(&more);
        self.append(&mut more);
        new
    }
}

#[test]
fn json_is_right_about_every_place() {
    let tree = Planted::tree();
    let scanned = tree.scan(".", &["-f", "json", ".", "missing/nichts da.txt"]);
    let report = scanned.json();
    assert_valid(blurt::report::SCHEMA, &report);
    let mut found = BTreeSet::new();
    let mut places = 0;
    for finding in items(&report["findings"]) {
        for location in items(&finding["locations"]) {
            let numbers = ["start_line", "start_column", "end_line", "end_column"];
            let region = numbers.map(|name| location[name].as_u64().unwrap());
            found.insert(text_at(&tree.path().join(text(&location["path"])), region));
            places += 1;
        }
    }
    assert_eq!(found, tree.secrets.iter().cloned().collect());
    assert_eq!((items(&report["findings"]).count(), places), (tree.secrets.len(), tree.places));
    assert_eq!(report["coverage"]["complete"], false);
    assert_eq!(report["coverage"]["skipped"][0]["path"], "missing/nichts da.txt");
    assert_eq!(report["summary"]["ignored"], 1);
}

#[test]
fn json_lines_are_findings() {
    let tree = Planted::tree();
    let scanned = tree.scan(".", &["-f", "jsonl"]);
    let mut schema: Value = serde_json::from_str(blurt::report::SCHEMA).unwrap();
    schema["$ref"] = "#/$defs/finding".into();
    for key in ["properties", "required", "additionalProperties", "$id"] {
        schema.as_object_mut().unwrap().remove(key);
    }
    let schema = schema.to_string();
    assert_eq!(scanned.out.lines().count(), tree.secrets.len());
    for line in scanned.out.lines() {
        assert_valid(&schema, &serde_json::from_str(line).unwrap());
    }
}

#[test]
fn the_schema_is_strict() {
    let tree = Planted::tree();
    let mut report = tree.scan(".", &["-f", "json"]).json();
    let schema: Value = serde_json::from_str(blurt::report::SCHEMA).unwrap();
    assert!(jsonschema::is_valid(&schema, &report));
    report["findings"][0]["locations"][0]["line"] = 1.into();
    assert!(!jsonschema::is_valid(&schema, &report));
}

#[test]
fn no_format_shows_a_secret() {
    let tree = Planted::tree();
    for format in blurt::report::FORMATS.map(Format::name) {
        // `scan` looks at what is written.
        tree.scan(".", &["-f", format, "-v", ".", "missing"]);
        tree.scan(".", &["-f", format, "-q", ".", "missing"]);
    }
}

#[test]
fn sarif_says_what_to_do() {
    let tree = Planted::tree();
    let run = tree.scan(".", &["-f", "sarif"]).run();
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    assert_eq!(run["automationDetails"]["id"], "blurt/");
    assert_eq!(run["redactionTokens"][0], "*");
    assert!(run["originalUriBaseIds"]["%SRCROOT%"]["uri"].is_null());
    assert!(!run.to_string().contains(text(&tree.path().to_str().into())));
    assert_github_rules(&run);
    for result in items(&run["results"]) {
        let message = text(&result["message"]["text"]);
        let title = message.split(". ").next().unwrap();
        assert!(
            ["remove it", "replace it", "rotate it"].iter().any(|verb| title.ends_with(verb)),
            "{title}"
        );
        assert!(title.contains("***") || title.contains("-----BEGIN"), "{title}");
        let ids: Vec<u64> =
            items(&result["relatedLocations"]).map(|place| place["id"].as_u64().unwrap()).collect();
        assert_eq!(ids, (1..=ids.len() as u64).collect::<Vec<_>>());
        let formatted = text(&result["message"]["markdown"]);
        for id in &ids {
            let link = format!("]({id})");
            assert_eq!((message.matches(&link).count(), formatted.matches(&link).count()), (1, 1));
        }
        let rule = &run["tool"]["driver"]["rules"][result["ruleIndex"].as_u64().unwrap() as usize];
        assert_eq!(rule["id"], result["ruleId"]);
        assert_eq!(rule["defaultConfiguration"]["level"], result["level"]);
        assert!(result.get("kind").is_none());
        let fingerprints = result["partialFingerprints"].as_object().unwrap();
        assert_eq!(fingerprints.keys().collect::<Vec<_>>(), ["blurtSecret/v1"]);
    }
    let shared = items(&run["results"]).find(|result| result.get("relatedLocations").is_some());
    let message = text(&shared.unwrap()["message"]["text"]);
    let links = "It also stands in [b/\\[two\\] (x)/{y}.yml:3](1) and [c/100% #3 *_`.yml:3](2).";
    assert!(message.ends_with(links), "{message}");
}

#[test]
fn sarif_keeps_what_is_excused() {
    let tree = Planted::tree();
    let run = tree.scan(".", &["-f", "sarif"]).run();
    let suppressions: Vec<&Value> =
        items(&run["results"]).map(|result| &result["suppressions"]).collect();
    let (last, rest) = suppressions.split_last().unwrap();
    assert!(rest.iter().all(|none| none.as_array().is_some_and(Vec::is_empty)));
    assert_eq!(last[0]["kind"], "inSource");
    assert_eq!(last[0]["status"], "accepted");
    let why = "issued for [this](http://test) only (excused.py:1)";
    assert_eq!(last[0]["justification"], why);
}

#[test]
fn sarif_says_where_it_could_not_look() {
    let tree = Planted::tree();
    let complete = &tree.scan(".", &["-f", "sarif", "src"]).run()["invocations"][0];
    assert_eq!(complete["executionSuccessful"], true);
    assert_eq!(items(&complete["toolExecutionNotifications"]).count(), 0);
    let args = ["-f", "sarif", ".", "missing/nichts da.txt", "/missing"];
    let run = tree.scan(".", &args).run();
    let invocation = &run["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    let notifications: Vec<_> = items(&invocation["toolExecutionNotifications"]).collect();
    let levels: Vec<_> = notifications.iter().map(|n| text(&n["level"])).collect();
    assert_eq!(levels, ["error", "error", "note"]);
    let told = |n: usize| text(&notifications[n]["message"]["text"]);
    assert!(told(0).starts_with("Not scanned: /missing does not exist"), "{}", told(0));
    assert!(notifications[0].get("locations").is_none());
    assert!(told(1).contains("missing/nichts da.txt"), "{}", told(1));
    let uri = &notifications[1]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    assert_eq!(uri, "missing/nichts%20da.txt");
    assert!(told(2).starts_with("excused.py:2: "), "{}", told(2));
    for notification in notifications {
        let descriptor = &notification["descriptor"];
        let index = descriptor["index"].as_u64().unwrap() as usize;
        assert_eq!(run["tool"]["driver"]["notifications"][index]["id"], descriptor["id"]);
    }
}

#[test]
fn sarif_speaks_of_paths_from_the_root_of_the_repository() {
    let mut tree = Planted::tree();
    let run = tree.scan("src", &["-f", "sarif", ".", "../keys"]).run();
    let paths: BTreeSet<String> =
        items(&run["results"]).map(|result| place(&result["locations"][0]).0).collect();
    assert!(paths.iter().eq(["keys/server.pem", "src/crlf.py", "src/several.js"]), "{paths:?}");
    // Elsewhere there is no path from the root.
    let elsewhere = Planted::new();
    let token = tree.secret(GITHUB);
    elsewhere.write("aus wärts.txt", format!("token={token}\n"));
    let file = elsewhere.path().join("aus wärts.txt");
    let scanned = tree.scan("src", &["-f", "sarif", file.to_str().unwrap()]);
    keep("elsewhere.sarif", &scanned.out);
    let run = scanned.run();
    let artifact = &run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"];
    assert!(artifact.get("uriBaseId").is_none());
    let path = text(&artifact["uri"]).strip_prefix("file://").unwrap();
    assert_eq!(Path::new(&decode(path)), file);
}

#[test]
fn sarif_of_a_clean_tree_is_a_run_without_results() {
    let tree = Planted::new();
    tree.write("main.rs", "fn main() {}\n");
    let scanned = tree.scan(".", &["-f", "sarif"]);
    keep("clean.sarif", &scanned.out);
    assert_eq!(scanned.status, Some(0));
    let run = scanned.run();
    assert_eq!(run["results"], Value::Array(Vec::new()));
    assert_eq!(run["tool"]["driver"]["rules"], Value::Array(Vec::new()));
}

/// The secrets of a tree that are not excused: all but the last but one.
fn new_secrets(tree: &Planted) -> BTreeSet<String> {
    let excused = tree.secrets.len() - 2;
    tree.secrets.iter().enumerate().filter(|(n, _)| *n != excused).map(|(_, s)| s.clone()).collect()
}

/// The secret of a tree that begins at a place, by reading the file again.
fn secret_at(tree: &Planted, path: &str, line: u64, column: u64) -> String {
    let rest = text_at(&tree.path().join(path), [line, column, u64::MAX >> 1, 1]);
    let begins = |secret: &&String| rest.starts_with(secret.as_str());
    let found = tree.secrets.iter().find(begins);
    found.unwrap_or_else(|| panic!("{path}:{line}:{column} is no secret")).clone()
}

/// A command for GitHub's runner: its name, its properties and its message.
fn command(line: &str) -> (&str, BTreeMap<&str, String>, String) {
    let unescape = |text: &str| {
        let escapes = [("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")];
        escapes.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
    };
    let (command, message) = line.strip_prefix("::").unwrap().split_once("::").unwrap();
    let (name, properties) = command.split_once(' ').unwrap();
    let pairs = properties.split(',').map(|pair| pair.split_once('=').unwrap());
    (name, pairs.map(|(name, value)| (name, unescape(value))).collect(), unescape(message))
}

#[test]
fn github_is_right_about_every_annotation() {
    let tree = Planted::tree();
    let scanned = tree.scan("src", &["-f", "github", "..", "../missing"]);
    assert_eq!(scanned.status, Some(1));
    let mut found = BTreeSet::new();
    let mut skipped = 0;
    for line in scanned.out.lines() {
        let (name, place, message) = command(line);
        assert_eq!(name, "error", "{line}");
        let Some(file) = place.get("file") else {
            assert_eq!(place["title"], "blurt could not look everywhere");
            assert!(message.starts_with("Not scanned: ../missing does not exist\nWhat mends it: "));
            skipped += 1;
            continue;
        };
        let number = |name: &str| place.get(name).map(|value| value.parse::<u64>().unwrap());
        let (first, last) = (number("line").unwrap(), number("endLine").unwrap());
        let secret = match (number("col"), number("endColumn")) {
            // The last column belongs to it.
            (Some(from), Some(to)) => text_at(&tree.path().join(file), [first, from, last, to + 1]),
            _ => secret_at(&tree, file, first, 1),
        };
        assert_eq!(secret.lines().count() as u64, last - first + 1, "{line}");
        assert!(found.insert(secret), "two annotations: {line}");
    }
    assert_eq!((found, skipped), (new_secrets(&tree), 1));
}

#[cfg(unix)]
#[test]
fn no_name_of_a_file_is_a_command_or_markup() {
    let mut tree = Planted::new();
    let names =
        ["a\n::add-mask::b.yml", "c,line=7::d|`e`.yml", "f%0A::error::<img src=x> @team.yml"];
    for name in names {
        let token = tree.secret(GITHUB);
        tree.write(name, format!("token: {token}\n"));
    }
    let scanned = tree.scan(".", &["-f", "github"]);
    let files: BTreeSet<String> =
        scanned.out.lines().map(|line| command(line).1["file"].clone()).collect();
    let shown = names.map(|name| name.replace('\n', "\\u{a}"));
    assert_eq!(files, shown.into_iter().collect());
    let page = tree.scan(".", &["-f", "markdown"]).out;
    let rows = page.lines().filter(|line| line.starts_with("| critical")).count();
    assert_eq!((rows, page.matches("</details>").count()), (3, 3));
    assert!(!page.contains("<img") && !page.contains("d|"), "{page}");
}

/// What stands in code at the beginning of a text, in either way to write it.
fn code(text: &str) -> String {
    if let Some(rest) = text.strip_prefix('`') {
        return rest.split_once('`').unwrap().0.to_owned();
    }
    let inner = text.strip_prefix("<code>").unwrap().split_once("</code>").unwrap().0;
    let mut parts = inner.split("&#");
    let mut shown = parts.next().unwrap().to_owned();
    for part in parts {
        let (number, rest) = part.split_once(';').unwrap();
        shown.push(char::from_u32(number.parse().unwrap()).unwrap());
        shown += rest;
    }
    shown
}

#[test]
fn markdown_is_right_about_every_place() {
    let tree = Planted::tree();
    let page = tree.scan(".", &["-f", "markdown", ".", "missing"]).out;
    let heading = format!(
        "## blurt found {} secrets, and could not look everywhere\n",
        tree.secrets.len() - 1
    );
    assert!(page.starts_with(&heading), "{page}");
    let mut found = BTreeSet::new();
    let mut places = 0;
    for detail in page.split("<details>").skip(1) {
        let Some((_, listed)) = detail.split_once("**Where it stands**:\n\n") else { continue };
        let items = listed.lines().map_while(|line| line.strip_prefix("- "));
        let secrets: BTreeSet<String> = items
            .map(|item| {
                places += 1;
                let place = code(item);
                let parts: Vec<&str> = place.rsplitn(3, ':').collect();
                let [column, line, path] = parts[..] else { panic!("{place}") };
                secret_at(&tree, path, line.parse().unwrap(), column.parse().unwrap())
            })
            .collect();
        assert_eq!(secrets.len(), 1, "{detail}");
        assert!(found.append_new(secrets), "{detail}");
    }
    assert_eq!((found, places), (new_secrets(&tree), tree.places - 1));
    assert!(
        page.contains(": ignored, `issued for [this](http://test) only (excused.py:1)`\n"),
        "{page}"
    );
    assert!(page.contains("### Not scanned\n\n- `missing` does not exist; "), "{page}");
    assert!(page.contains("### Remarks\n\n- excused.py:2: this "), "{page}");
}

#[test]
fn gitlab_is_right_about_every_place() {
    let tree = Planted::tree();
    let scanned = tree.scan("src", &["-f", "gitlab", "..", "../missing"]);
    let report = scanned.json();
    assert_valid(GITLAB, &report);
    assert_eq!(report["scan"]["status"], "failure");
    let mut found = BTreeSet::new();
    let mut ids = BTreeSet::new();
    for vulnerability in items(&report["vulnerabilities"]) {
        let location = &vulnerability["location"];
        let (file, first) = (text(&location["file"]), location["start_line"].as_u64().unwrap());
        let place = text(&vulnerability["details"]["places"]["items"][0]["value"]);
        let numbers = place.strip_prefix("line ").and_then(|rest| rest.split_once(", column "));
        let (line, column) = numbers.unwrap();
        assert_eq!(line.parse(), Ok(first));
        let secret = secret_at(&tree, file, first, column.parse().unwrap());
        let lines = secret.lines().count() as u64;
        assert_eq!(location["end_line"], first + lines - 1, "{location}");
        found.insert((secret, file.to_owned()));
        ids.insert(text(&vulnerability["id"]).to_owned());
    }
    // One of the secrets stands in three files.
    assert_eq!((found.len(), ids.len()), (tree.places - 1, tree.places - 1));
    let secrets: BTreeSet<String> = found.into_iter().map(|(secret, _)| secret).collect();
    assert_eq!(secrets, new_secrets(&tree));
}

#[test]
fn gitlab_hears_which_commit_was_scanned() {
    let mut tree = Planted::new();
    let token = tree.secret(GITHUB);
    tree.write("a.yml", format!("token: {token}\n"));
    let commit_of = |tree: &Planted| {
        let report = tree.scan(".", &["-f", "gitlab"]).json();
        text(&report["vulnerabilities"][0]["location"]["commit"]["sha"]).to_owned()
    };
    assert_eq!(commit_of(&tree), "0000000");
    let repository = git2::Repository::init(tree.path()).unwrap();
    let author = git2::Signature::now("Ann", "ann@example.org").unwrap();
    let empty = repository.treebuilder(None).unwrap().write().unwrap();
    let empty = repository.find_tree(empty).unwrap();
    let id = repository.commit(Some("HEAD"), &author, &author, "One", &empty, &[]).unwrap();
    assert_eq!(commit_of(&tree), id.to_string());
}

#[test]
fn gitlab_reports_are_the_same_to_the_byte() {
    let tree = Planted::tree();
    let scan = |time: &str, threads: &str| {
        let mut blurt = Command::new(env!("CARGO_BIN_EXE_blurt"));
        let args = ["scan", "-f", "gitlab", "-j", threads];
        blurt.args(args).env("SOURCE_DATE_EPOCH", time).current_dir(tree.path()).output().unwrap()
    };
    let report = scan("1893456000", "1");
    assert_eq!(report.stdout, scan("1893456000", "4").stdout);
    let json: Value = serde_json::from_slice(&report.stdout).unwrap();
    assert_eq!(json["scan"]["end_time"], "2030-01-01T00:00:00");
    let unknown = scan("tomorrow", "1");
    assert_eq!((unknown.status.code(), unknown.stdout.len()), (Some(2), 0));
    let told = String::from_utf8(unknown.stderr).unwrap();
    assert!(told.contains("SOURCE_DATE_EPOCH is no number of seconds since 1970"), "{told}");
}

#[test]
fn a_format_without_an_extension_is_named() {
    let tree = Planted::tree();
    let (report, annotations) = ("gl-secret-detection-report.json", "annotations.txt");
    let gitlab = format!("gitlab:{report}");
    let github = format!("github:{annotations}");
    tree.scan(".", &["-o", &gitlab, "-o", &github, "-o", "x.json", "-o", "x.md", "src"]);
    let read = |name: &str| fs::read_to_string(tree.path().join(name)).unwrap();
    assert!(read(annotations).starts_with("::error file=src/"));
    assert!(read("x.md").starts_with("## blurt found 4 secrets\n"));
    let json = |name: &str| serde_json::from_str::<Value>(&read(name)).unwrap();
    assert_valid(GITLAB, &json(report));
    assert_valid(blurt::report::SCHEMA, &json("x.json"));
}

/// The examples of all rules, so that all descriptors are looked at.
#[test]
fn every_rule_is_described_as_github_wants_it() {
    let tree = Planted::new();
    for (n, rule) in RuleSet::builtin().unwrap().rules().iter().enumerate() {
        let spec = rule.spec();
        let name = spec.example_path.as_deref().unwrap_or("example.txt").trim_start_matches('/');
        let example = expand(&spec.examples[0], n as u64).unwrap();
        tree.write(&format!("{}/{name}", spec.id), example);
    }
    let scanned = tree.scan(".", &["-f", "sarif", "--min-confidence", "low"]);
    keep("rules.sarif", &scanned.out);
    let run = scanned.run();
    let rules = items(&run["tool"]["driver"]["rules"]).count();
    assert!(rules > 100, "{rules} rules have results");
    assert_github_rules(&run);
    let report = tree.scan(".", &["-f", "json", "--min-confidence", "low"]).json();
    assert_valid(blurt::report::SCHEMA, &report);
    let report = tree.scan(".", &["-f", "gitlab", "--min-confidence", "low"]).json();
    assert_valid(GITLAB, &report);
}

/// What GitHub's code scanning asks of rules:
/// <https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning>
fn assert_github_rules(run: &Value) {
    let rules: Vec<&Value> = items(&run["tool"]["driver"]["rules"]).collect();
    let ids: Vec<&str> = rules.iter().map(|rule| text(&rule["id"])).collect();
    assert!(ids.is_sorted_by(|a, b| a < b), "{ids:?}");
    let used: BTreeSet<&str> =
        items(&run["results"]).map(|result| text(&result["ruleId"])).collect();
    assert!(used.into_iter().eq(ids), "a rule without a result, or the other way round");
    for rule in rules {
        for name in ["shortDescription", "fullDescription"] {
            let length = text(&rule[name]["text"]).chars().count();
            assert!((1..=1024).contains(&length), "{rule}");
        }
        assert!((1..=255).contains(&text(&rule["name"]).len()));
        let help = [text(&rule["help"]["text"]), text(&rule["help"]["markdown"])];
        assert!(help.iter().all(|help| help.contains("What to do")), "{rule}");
        let blanks = ["{path}", "{line}", "{title}"];
        assert!(!help.iter().any(|help| blanks.iter().any(|blank| help.contains(blank))), "{rule}");
        assert!(text(&rule["helpUri"]).starts_with("https://"), "{rule}");
        let properties = &rule["properties"];
        let tags: Vec<&str> = items(&properties["tags"]).map(text).collect();
        assert!(
            tags.len() <= 10 && tags.starts_with(&["security", "external/cwe/cwe-798"]),
            "{tags:?}"
        );
        assert!(["very-high", "high", "medium", "low"].contains(&text(&properties["precision"])));
        let severity: f64 = text(&properties["security-severity"]).parse().unwrap();
        assert!(severity > 0.0 && severity <= 10.0);
    }
}
