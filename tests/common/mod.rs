//! What the tests share: the fixtures, rendered into a temporary folder, and the `blurt` command.
//!
//! A fixture is a folder of `fixtures/`: `tree/` holds templates, `expected.toml` says what a scan
//! finds in them. In a template, `<<regex>>` and its like (`rules/README.md`) stand for a value that
//! depends on the path and the place alone, and `<<=name>>` for a value of `expected.toml`'s table
//! `values`: a pattern, perhaps encoded, or a text that is repeated to fill so many bytes.

#![allow(dead_code)] // each test uses a part of it
#![allow(clippy::unwrap_used)] // a test may panic

pub mod encoding;
pub mod expected;
pub mod repo;
pub mod report;
pub mod syntax;
pub mod token;

use assert_cmd::Command;
use blurt::config::{Config, Disk, Settings};
use blurt::detect::Detector;
use blurt::rule::example::expand;
use blurt::rule::{Action, Confidence, Severity};
use blurt::scan::{Outcome, Progress};
use blurt::source::{Excluded, Files, Options};
use blurt::triage::{Policy, Thresholds};
use serde::{Deserialize, Deserializer};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// `expected.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// What the fixture is there for.
    pub about: String,
    /// Under which confidence nothing is reported.
    #[serde(default = "default_confidence")]
    pub min_confidence: Confidence,
    /// `path:line` of each remark of the scan.
    #[serde(default)]
    pub notes: Vec<String>,
    #[serde(default)]
    values: BTreeMap<String, Value>,
    #[serde(default)]
    encode: Vec<Encode>,
    /// All that a scan finds.
    #[serde(default, rename = "finding")]
    pub findings: Vec<Expected>,
}

fn default_confidence() -> Confidence {
    Confidence::Medium
}

/// A value that templates call `<<=name>>`.
#[derive(Debug, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Value {
    /// The text, again and again, cut after so many bytes.
    Fill { fill: String, bytes: usize },
    /// What the pattern expands to, with `newline` for each line feed, written as `encode` says.
    Pattern { pattern: String, newline: Option<String>, encode: Option<encoding::Encoding> },
}

/// How a file is written, if not in UTF-8 with line feeds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Encode {
    path: String,
    #[serde(rename = "as")]
    steps: Vec<Encoding>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Encoding {
    Crlf,
    #[serde(rename = "utf-8-bom")]
    Utf8Bom,
    #[serde(rename = "utf-16le")]
    Utf16Le,
    #[serde(rename = "utf-16be")]
    Utf16Be,
    #[serde(rename = "utf-16le-bom")]
    Utf16LeBom,
    #[serde(rename = "utf-16be-bom")]
    Utf16BeBom,
    #[serde(rename = "latin-1")]
    Latin1,
}

/// One finding. What is `None` may be anything.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// Id of the rule.
    pub rule: String,
    /// The file, from the fixture's `tree`.
    pub path: String,
    /// Line of the first place.
    pub line: u64,
    /// Column of the first place.
    pub column: u64,
    /// The decodings on the way to it, the outermost first; none if absent.
    #[serde(default, deserialize_with = "one_or_more")]
    pub via: Vec<String>,
    /// How certain it is.
    pub confidence: Option<Confidence>,
    /// `new` if absent.
    #[serde(default = "new")]
    pub status: String,
    /// The verb.
    pub action: Option<Action>,
    /// What the secret says about itself.
    pub verification: Option<String>,
    /// The other places, as `path:line:column`; none if absent.
    #[serde(default)]
    pub also: Vec<String>,
}

fn one_or_more<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Names {
        One(String),
        More(Vec<String>),
    }
    Ok(match Names::deserialize(deserializer)? {
        Names::One(name) => vec![name],
        Names::More(names) => names,
    })
}

fn new() -> String {
    "new".to_owned()
}

/// A rendered fixture.
#[derive(Debug)]
pub struct Fixture {
    /// Its folder's name.
    pub name: String,
    /// Where it was rendered to.
    pub root: PathBuf,
    /// What a scan has to find.
    pub expected: Expectation,
    /// The text of each file, as somebody sees it who opens it.
    pub texts: BTreeMap<String, String>,
    /// The values of all marks.
    pub planted: BTreeSet<String>,
    /// What those mean that are encoded, and how they are.
    encoded: Vec<(encoding::Encoding, String)>,
}

/// All fixtures, rendered, one a folder.
pub struct Fixtures {
    /// The folder with the folders.
    pub folder: TempDir,
    /// In the order of their names.
    pub all: Vec<Fixture>,
}

impl Fixtures {
    /// Renders all fixtures.
    pub fn render() -> Self {
        Self::render_some(|_| true)
    }

    /// Renders the fixtures of the names that `chosen` wants.
    pub fn render_some(chosen: impl Fn(&str) -> bool) -> Self {
        let folder = TempDir::new().unwrap();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
        let mut names: Vec<String> = fs::read_dir(&source)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| source.join(name).is_dir() && chosen(name))
            .collect();
        names.sort();
        let all = names
            .into_iter()
            .map(|name| Fixture::render(&source.join(&name), folder.path().join(&name), name))
            .collect();
        Self { folder, all }
    }

    /// Every text that no report may hold.
    pub fn secrets(&self) -> BTreeSet<&str> {
        self.all.iter().flat_map(Fixture::secrets).collect()
    }
}

impl Fixture {
    fn render(source: &Path, root: PathBuf, name: String) -> Self {
        let text = fs::read_to_string(source.join("expected.toml")).unwrap();
        let expected: Expectation =
            toml::from_str(&text).unwrap_or_else(|e| panic!("{name}/expected.toml: {e}"));
        let (texts, planted, encoded) = (BTreeMap::new(), BTreeSet::new(), Vec::new());
        let mut fixture = Self { name, root, expected, texts, planted, encoded };
        for path in files(&source.join("tree")) {
            fixture.render_file(&source.join("tree").join(&path), path);
        }
        fixture
    }

    fn render_file(&mut self, template: &Path, path: String) {
        let template = fs::read_to_string(template).unwrap();
        let mut text = self.fill(&template, &path);
        let encode = self.expected.encode.iter().find(|encode| encode.path == path);
        let steps = encode.map(|encode| encode.steps.clone()).unwrap_or_default();
        let mut bytes = text.clone().into_bytes();
        for step in steps {
            if matches!(step, Encoding::Crlf) {
                text = text.replace('\n', "\r\n");
                self.planted = self
                    .planted
                    .iter()
                    .map(|v| v.replace('\n', "\r\n"))
                    .chain(self.planted.clone())
                    .collect();
            }
            bytes = step.write(&text);
        }
        let file = self.root.join(&path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, bytes).unwrap();
        self.texts.insert(path, text);
    }

    /// The template with all its marks expanded.
    fn fill(&mut self, template: &str, path: &str) -> String {
        let mut text = String::new();
        let mut rest = template;
        let mut count = 0;
        while let Some((before, (mark, after))) = rest
            .split_once("<<")
            .and_then(|(before, after)| Some((before, after.split_once(">>")?)))
        {
            text.push_str(before);
            text.push_str(&self.value(mark, &format!("{path} {count}")));
            rest = after;
            count += 1;
        }
        text + rest
    }

    fn value(&mut self, mark: &str, place: &str) -> String {
        let value = match mark.strip_prefix('=') {
            None => expand_at(&format!("<<{mark}>>"), &format!("{} {place}", self.name)),
            Some(name) => match &self.expected.values[name] {
                Value::Fill { fill, bytes } => {
                    return cut(fill.repeat(bytes / fill.len() + 1), *bytes);
                }
                Value::Pattern { pattern, newline, encode } => {
                    let value = expand_at(pattern, &format!("{} {name}", self.name));
                    let value = newline.as_ref().map_or(value.clone(), |n| value.replace('\n', n));
                    match encode {
                        None => value,
                        Some(encoding) => {
                            let written = encoding.write(&value);
                            self.encoded.push((*encoding, value));
                            written
                        }
                    }
                }
            },
        };
        self.planted.insert(value.clone());
        value
    }

    /// The text between the places, by reading the file again.
    pub fn text_at(&self, path: &str, start: (u64, u64), end: (u64, u64)) -> String {
        let mut found = String::new();
        let lines = self.texts[path].split_inclusive('\n').zip(1..);
        for (line, n) in lines.skip_while(|(_, n)| *n < start.0).take_while(|(_, n)| *n <= end.0) {
            let from = if n == start.0 { start.1 - 1 } else { 0 };
            let to = if n == end.0 { end.1 - 1 } else { u64::MAX };
            let length = to.saturating_sub(from);
            found.extend(line.chars().skip(from as usize).take(length as usize));
        }
        found
    }

    /// The line at a place, as far as a message can show it.
    pub fn line(&self, path: &str, line: u64) -> String {
        let text = self.texts.get(path).map(String::as_str).unwrap_or_default();
        text.split('\n').nth(line as usize - 1).unwrap_or_default().chars().take(160).collect()
    }

    /// Whether a value was planted. What follows the last line of a PuTTY key is no part of it.
    pub fn is_planted(&self, value: &str) -> bool {
        let begins = |whole: &&String| whole.starts_with(value);
        self.planted.contains(value)
            || (value.starts_with("PuTTY") && self.planted.iter().any(|whole| begins(&whole)))
    }

    /// Whether a part of a planted value is how `secret` is encoded there.
    pub fn is_encoded(&self, part: &str, secret: &str) -> bool {
        self.encoded.iter().any(|(encoding, plain)| {
            let place = plain.find(secret).map(|at| at..at + secret.len());
            let place = place.map(|place| encoding.place(plain, place));
            place.is_some_and(|place| &encoding.write(plain)[place] == part)
        })
    }

    /// The lines of the secrets that a scan has to find.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        let places = self.expected.findings.iter();
        places.flat_map(|finding| {
            let text = &self.texts[&finding.path];
            let line = text.split_inclusive('\n').nth(finding.line as usize - 1).unwrap();
            let column = line.char_indices().nth(finding.column as usize - 1).unwrap().0;
            let start = line.as_ptr() as usize - text.as_ptr() as usize + column;
            let rest = &text[start..];
            let longest = self.planted.iter().filter(|value| rest.starts_with(value.as_str()));
            let length = longest.map(String::len).max().unwrap_or(0);
            let plain = self.encoded.iter().map(|(_, plain)| plain.as_str());
            let lines = plain.chain([&rest[..length]]).flat_map(|text| text.split("\\n"));
            let lines = lines.flat_map(str::lines).map(str::trim);
            // The header of a key is no secret.
            lines.filter(|line| line.len() > 5 && !line.contains("-----") && !line.contains(": "))
        })
    }

    /// Scans the fixture in this process.
    pub fn scan(&self, detector: &Detector) -> Outcome {
        scan(&self.root, detector, self.expected.min_confidence, 2)
    }
}

/// Scans a folder in this process.
pub fn scan(root: &Path, detector: &Detector, confidence: Confidence, threads: usize) -> Outcome {
    let options = Options { threads, ..Options::default() };
    let files = Files::new(vec![root.to_owned()], Excluded::new(&[]).unwrap(), options);
    let thresholds = Thresholds { confidence, severity: Severity::Low };
    let policy = Policy { thresholds, ..Policy::everything() };
    blurt::scan::scan(&files, detector, &policy, &Progress::default())
}

/// The built-in rules, ready for use.
pub fn detector() -> Detector {
    Detector::new(Config::new(Settings::default(), &Disk).unwrap().rules)
}

impl Encoding {
    fn write(self, text: &str) -> Vec<u8> {
        let units = || text.encode_utf16();
        match self {
            Self::Crlf => text.as_bytes().to_vec(),
            Self::Utf8Bom => [b"\xef\xbb\xbf", text.as_bytes()].concat(),
            Self::Utf16Le => units().flat_map(u16::to_le_bytes).collect(),
            Self::Utf16Be => units().flat_map(u16::to_be_bytes).collect(),
            Self::Utf16LeBom => [&b"\xff\xfe"[..], &Self::Utf16Le.write(text)].concat(),
            Self::Utf16BeBom => [&b"\xfe\xff"[..], &Self::Utf16Be.write(text)].concat(),
            Self::Latin1 => text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect(),
        }
    }
}

/// Expands a template with a seed that depends on `place` alone.
fn expand_at(template: &str, place: &str) -> String {
    let hash = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    let seed = place.bytes().fold(0xcbf2_9ce4_8422_2325, hash);
    expand(template, seed).unwrap_or_else(|e| panic!("{place}: {e}"))
}

fn cut(mut text: String, bytes: usize) -> String {
    text.truncate(bytes);
    text
}

/// All files below a folder, named from it, in order.
fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap()).collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name().into_string().unwrap();
        if entry.file_type().unwrap().is_dir() {
            found.extend(files(&entry.path()).iter().map(|path| format!("{name}/{path}")));
        } else {
            found.push(name);
        }
    }
    found
}

/// The command, in `folder`, with nothing of the tester's environment or home.
pub fn blurt(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_blurt"));
    command.current_dir(folder).env_clear().env("HOME", folder).env("XDG_CONFIG_HOME", folder);
    command
}

/// What the command said and how it ended.
#[derive(Debug)]
pub struct Said {
    pub status: Option<i32>,
    pub out: String,
    pub err: String,
}

/// Runs `blurt` in `folder`.
pub fn run(folder: &Path, args: &[&str]) -> Said {
    said(blurt(folder).args(args))
}

/// Runs a command.
pub fn said(command: &mut Command) -> Said {
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Said { status: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// Whether the tool that cleans histories is installed.
pub fn has_filter_repo() -> bool {
    let found = Command::new("git-filter-repo").arg("--version").output();
    found.is_ok_and(|output| output.status.success())
}

/// Types a command into a shell.
pub fn type_in(folder: &Path, command: &str) {
    let mut shell = Command::new("sh");
    shell.args(["-c", command]).current_dir(folder);
    shell.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    let said = said(&mut shell);
    assert_eq!(said.status, Some(0), "{command}: {}", said.err);
}
