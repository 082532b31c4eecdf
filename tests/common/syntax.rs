//! Whether a text parses as what its name says: what an edit must not break.
//!
//! Each language has a parser of its own in this process. Where the language's own tool is installed, it
//! is asked too: a grammar of tree-sitter accepts a little more than the language.

use saphyr_parser::{Event, Parser as YamlEvents, Span};
use std::collections::BTreeSet;
use std::fmt::Display;
use std::io::Write as _;
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;
use tempfile::TempDir;
use tree_sitter::{Node, Parser};

/// Whether `text` parses as what `path` says that it is. The error is the first place at which it does
/// not, as `line:column: what`. A name that promises no language promises nothing.
pub fn check(path: &str, text: &[u8]) -> Result<(), String> {
    let text = decoded(text);
    let Some(language) = Language::of(path, &text) else { return Ok(()) };
    language.parse(path, &text)?;
    CHECKERS
        .iter()
        .filter(|checker| checker.is_here() && checker.reads(language, &text))
        .try_for_each(|checker| checker.check(&text))
}

/// The tools of the languages themselves that are installed here.
pub fn own_checkers() -> Vec<&'static str> {
    CHECKERS.iter().filter(|checker| checker.is_here()).map(|checker| checker.tool).collect()
}

/// The text without its byte order mark, from UTF-8, from UTF-16 that has one, or else from Latin-1.
fn decoded(bytes: &[u8]) -> String {
    match encoding_rs::UTF_8.decode(bytes) {
        (text, _, false) => text.into_owned(),
        _ => encoding_rs::WINDOWS_1252.decode(bytes).0.into_owned(),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Language {
    CSharp,
    Dockerfile,
    Dotenv,
    Go,
    Hcl,
    Ini,
    Java,
    JavaScript,
    Json,
    Kotlin,
    Php,
    Properties,
    Python,
    Ruby,
    Rust,
    Shell,
    Toml,
    Tsx,
    TypeScript,
    Xml,
    Yaml,
}

impl Language {
    /// By the name of a file; for a name without ending, by the interpreter in the first line.
    fn of(path: &str, text: &str) -> Option<Self> {
        let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
        Some(match name {
            "Gemfile" | "Rakefile" => Self::Ruby,
            ".npmrc" | ".pypirc" | ".gitconfig" | "credentials" => Self::Ini,
            ".bashrc" | ".bash_profile" | ".profile" => Self::Shell,
            _ if ["Dockerfile", "Containerfile"].iter().any(|stem| name.starts_with(stem)) => {
                Self::Dockerfile
            }
            _ if name == ".env" || name.starts_with(".env.") => Self::Dotenv,
            _ => match name.rsplit_once('.') {
                Some((_, ending)) => Self::of_ending(ending)?,
                None => Self::of_interpreter(text)?,
            },
        })
    }

    fn of_ending(ending: &str) -> Option<Self> {
        Some(match ending {
            "bash" | "sh" => Self::Shell,
            "cjs" | "js" | "jsx" | "mjs" => Self::JavaScript,
            "config" | "csproj" | "xml" => Self::Xml,
            "cs" => Self::CSharp,
            "cts" | "mts" | "ts" => Self::TypeScript,
            "dockerfile" => Self::Dockerfile,
            "env" => Self::Dotenv,
            "gemspec" | "rake" | "rb" => Self::Ruby,
            "go" => Self::Go,
            "hcl" | "tf" | "tfvars" => Self::Hcl,
            "ini" => Self::Ini,
            "ipynb" | "json" => Self::Json,
            "java" => Self::Java,
            "kt" | "kts" => Self::Kotlin,
            "php" => Self::Php,
            "properties" => Self::Properties,
            "py" | "pyi" => Self::Python,
            "rs" => Self::Rust,
            "toml" => Self::Toml,
            "tsx" => Self::Tsx,
            "yaml" | "yml" => Self::Yaml,
            _ => return None,
        })
    }

    fn of_interpreter(text: &str) -> Option<Self> {
        let interpreter = interpreter(text)?;
        Some(match interpreter {
            "bash" | "dash" | "sh" => Self::Shell,
            "node" => Self::JavaScript,
            "php" => Self::Php,
            "ruby" => Self::Ruby,
            _ if interpreter.starts_with("python") => Self::Python,
            _ => return None,
        })
    }

    fn parse(self, path: &str, text: &str) -> Result<(), String> {
        let grammar = match self {
            Self::Dotenv => return dotenv(text),
            Self::Hcl => return hcl::parse(text).map(drop).map_err(message),
            Self::Ini => return ini(text),
            Self::Json => return json(text),
            Self::Toml => return text.parse::<toml::Table>().map(drop).map_err(message),
            Self::Xml => return xml(text),
            Self::Yaml => return yaml(path, text),
            Self::CSharp => tree_sitter_c_sharp::LANGUAGE,
            Self::Dockerfile => tree_sitter_containerfile::LANGUAGE,
            Self::Go => tree_sitter_go::LANGUAGE,
            Self::Java => tree_sitter_java::LANGUAGE,
            Self::JavaScript => tree_sitter_javascript::LANGUAGE,
            Self::Kotlin => tree_sitter_kotlin_ng::LANGUAGE,
            Self::Php => tree_sitter_php::LANGUAGE_PHP,
            Self::Properties => tree_sitter_properties::LANGUAGE,
            Self::Python => tree_sitter_python::LANGUAGE,
            Self::Ruby => tree_sitter_ruby::LANGUAGE,
            Self::Rust => tree_sitter_rust::LANGUAGE,
            Self::Shell => tree_sitter_bash::LANGUAGE,
            Self::Tsx => tree_sitter_typescript::LANGUAGE_TSX,
            Self::TypeScript => tree_sitter_typescript::LANGUAGE_TYPESCRIPT,
        };
        tree(&grammar.into(), text)
    }
}

/// What `#!` names, without its folder.
fn interpreter(text: &str) -> Option<&str> {
    let mut words = text.lines().next()?.strip_prefix("#!")?.split_whitespace();
    let program = words.next()?.rsplit('/').next()?;
    if program == "env" { words.next() } else { Some(program) }
}

fn message(error: impl Display) -> String {
    error.to_string()
}

/// `line:column: what` for a place in a text.
fn flaw(text: &str, at: usize, what: impl Display) -> String {
    let before = &text[..at];
    let line = before.rfind('\n').map_or(0, |end| end + 1);
    let (lines, columns) = (before.matches('\n').count(), before[line..].chars().count());
    format!("{}:{}: {what}", lines + 1, columns + 1)
}

fn tree(grammar: &tree_sitter::Language, text: &str) -> Result<(), String> {
    let mut parser = Parser::new();
    parser.set_language(grammar).map_err(message)?;
    let tree = parser.parse(text, None).ok_or("the parser gave up")?;
    let Some(node) = first_flaw(tree.root_node()) else { return Ok(()) };
    let what = if node.is_missing() {
        format!("{} is missing", node.kind())
    } else {
        let shown = text[node.byte_range()].chars().take(40).collect::<String>();
        format!("unexpected {shown:?}")
    };
    Err(flaw(text, node.start_byte(), what))
}

/// The deepest node, first in the text, that the grammar has no place for.
fn first_flaw(node: Node) -> Option<Node> {
    if node.is_missing() {
        return Some(node);
    }
    if !node.has_error() {
        return None;
    }
    let mut cursor = node.walk();
    let within = node.children(&mut cursor).find_map(first_flaw);
    within.or_else(|| node.is_error().then_some(node))
}

fn json(text: &str) -> Result<(), String> {
    let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(text) else { return Ok(()) };
    // Its columns are bytes.
    let line = text.lines().nth(error.line() - 1).unwrap_or_default();
    let column = line.char_indices().take_while(|(at, _)| at + 1 < error.column()).count() + 1;
    Err(format!("{}:{column}: {error}", error.line()))
}

fn xml(text: &str) -> Result<(), String> {
    let options = roxmltree::ParsingOptions { allow_dtd: true, ..Default::default() };
    roxmltree::Document::parse_with_options(text, options).map(drop).map_err(message)
}

/// All documents of a stream. A key that stands twice in a mapping is a flaw.
fn yaml(path: &str, text: &str) -> Result<(), String> {
    let charted = path.split('/').rev().skip(1).any(|folder| folder == "templates");
    let text = if charted { without_actions(text) } else { text.to_owned() };
    let mut open: Vec<Collection> = Vec::new();
    for event in YamlEvents::new_from_str(&text) {
        let (event, span) = event.map_err(|e| place(e.marker(), e.info()))?;
        let key = match &event {
            Event::Scalar(text, ..) => Some(text.to_string()),
            Event::SequenceEnd | Event::MappingEnd => {
                open.pop();
                continue;
            }
            Event::Alias(_) | Event::SequenceStart(..) | Event::MappingStart(..) => None,
            _ => continue,
        };
        if let Some(collection) = open.last_mut() {
            collection.take(key, span)?;
        }
        match event {
            Event::SequenceStart(..) => open.push(Collection::Sequence),
            Event::MappingStart(..) => open.push(Collection::Mapping(BTreeSet::new(), true)),
            _ => {}
        }
    }
    Ok(())
}

fn place(marker: &saphyr_parser::Marker, what: impl Display) -> String {
    format!("{}:{}: {what}", marker.line(), marker.col() + 1)
}

/// A collection of YAML that is being read.
enum Collection {
    Sequence,
    /// The keys so far, and whether the next node is one.
    Mapping(BTreeSet<String>, bool),
}

impl Collection {
    /// The next node in it, with its text if it is a scalar.
    fn take(&mut self, node: Option<String>, span: Span) -> Result<(), String> {
        let Self::Mapping(keys, awaits_key) = self else { return Ok(()) };
        let is_key = std::mem::replace(awaits_key, !*awaits_key);
        match node {
            // A merge may stand there twice.
            Some(key) if is_key && key != "<<" && !keys.insert(key.clone()) => {
                Err(place(&span.start, format_args!("the key {key:?} stands here twice")))
            }
            _ => Ok(()),
        }
    }
}

/// A template of a Helm chart with a comment for what is nothing but actions, and a word for all others.
fn without_actions(text: &str) -> String {
    let alone = regex::Regex::new(r"(?m)^[ \t]*(?:\{\{[^}]*\}\}[ \t]*)+(\r?)$").unwrap();
    let action = regex::Regex::new(r"\{\{[^}]*\}\}").unwrap();
    action.replace_all(&alone.replace_all(text, "#$1"), "action").into_owned()
}

/// Lines of `NAME=value`; a value in double quotes may have several lines.
fn dotenv(text: &str) -> Result<(), String> {
    let entry = concat!(
        r#"^[ \t]*(?:(?:export[ \t]+)?[A-Za-z_][0-9A-Za-z_.]*[ \t]*="#,
        r#"[ \t]*(?:"(?:[^"\\]|\\(?s:.))*"|'[^']*'|[^"'\s#][^\r\n]*)?)?[ \t]*(?:#[^\r\n]*)?(?:\r?\n|$)"#
    );
    entries(text, entry)
}

/// Lines of `name = value` or `name: value`, sections and comments; what is indented goes on.
fn ini(text: &str) -> Result<(), String> {
    entries(
        text,
        concat!(
            r"^(?:\[[^\]\r\n]+\][ \t]*(?:[;#][^\r\n]*)?|[;#][^\r\n]*|[^\s=\[;#][^=:\r\n]*[=:][^\r\n]*",
            r"|[^\s=\[;#][^\s=:]*|[ \t]+[^\r\n]*|)(?:\r?\n|$)"
        ),
    )
}

/// Whether a text is a row of what the pattern matches.
fn entries(text: &str, pattern: &str) -> Result<(), String> {
    let entry = regex::Regex::new(pattern).unwrap();
    let mut at = 0;
    while at < text.len() {
        match entry.find(&text[at..]) {
            Some(found) if !found.is_empty() => at += found.end(),
            _ => return Err(flaw(text, at, "no entry")),
        }
    }
    Ok(())
}

/// A tool of a language that says whether a text is one of it.
struct Checker {
    language: Language,
    tool: &'static str,
    /// Ways to call it; a text is good if one of them says so.
    calls: &'static [&'static [&'static str]],
    /// The name of the file that it wants; standard input if there is none.
    file: Option<&'static str>,
}

/// <https://docs.python.org/3/library/functions.html#compile>
const PYTHON: &str = "import sys; compile(sys.stdin.buffer.read(), 'text', 'exec')";

const CHECKERS: &[Checker] = &[
    // <https://nodejs.org/api/cli.html#-c---check>: a script or a module.
    Checker {
        language: Language::JavaScript,
        tool: "node",
        calls: &[&["--check", "-"], &["--check", "--input-type=module", "-"]],
        file: None,
    },
    Checker::new(Language::Go, "gofmt", &[&["-e"]]),
    // Nothing that javac finds behind the parser counts: it does not have the libraries.
    Checker {
        language: Language::Java,
        tool: "javac",
        calls: &[&[
            "-proc:none",
            "-XDshould-stop.ifError=PARSE",
            "-XDshould-stop.ifNoError=PARSE",
            "Text.java",
        ]],
        file: Some("Text.java"),
    },
    Checker::new(Language::Php, "php", &[&["-l"]]),
    Checker::new(Language::Python, "python3", &[&["-c", PYTHON]]),
    Checker::new(Language::Ruby, "ruby", &[&["-c"]]),
    Checker::new(Language::Shell, "bash", &[&["-n"]]),
    Checker::new(Language::Shell, "dash", &[&["-n"]]),
    // <https://developer.hashicorp.com/terraform/cli/commands/fmt>
    Checker::new(Language::Hcl, "terraform", &[&["fmt", "-no-color", "-"]]),
];

/// The tools of [`CHECKERS`] that are installed.
static HERE: LazyLock<BTreeSet<&str>> = LazyLock::new(|| {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<_> = std::env::split_paths(&path).collect();
    let tools = CHECKERS.iter().map(|checker| checker.tool);
    tools.filter(|tool| folders.iter().any(|folder| folder.join(tool).is_file())).collect()
});

impl Checker {
    const fn new(
        language: Language,
        tool: &'static str,
        calls: &'static [&'static [&'static str]],
    ) -> Self {
        Self { language, tool, calls, file: None }
    }

    fn is_here(&self) -> bool {
        HERE.contains(self.tool)
    }

    /// Whether a text is for it: dash reads none for bash, node knows no elements of JSX.
    fn reads(&self, language: Language, text: &str) -> bool {
        self.language == language
            && match self.tool {
                "dash" => matches!(interpreter(text), Some("dash" | "sh")),
                "node" => !has_elements(text),
                _ => true,
            }
    }

    fn check(&self, text: &str) -> Result<(), String> {
        let mut said = self.calls.iter().map(|call| self.call(call, text));
        let first = said.next().unwrap();
        if first.status.success() || said.any(|said| said.status.success()) {
            return Ok(());
        }
        Err(format!("{}: {}", self.tool, complaint(&first)))
    }

    fn call(&self, args: &[&str], text: &str) -> Output {
        let folder = TempDir::new().unwrap();
        if let Some(file) = self.file {
            std::fs::write(folder.path().join(file), text).unwrap();
        }
        let mut command = Command::new(self.tool);
        command.args(args).current_dir(folder.path()).env("CHECKPOINT_DISABLE", "1");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // What a tool prints meanwhile must not stop it from reading.
        let mut input = child.stdin.take().unwrap();
        let text = if self.file.is_some() { String::new() } else { text.to_owned() };
        // A tool that stops at a flaw hangs up.
        let writer = std::thread::spawn(move || drop(input.write_all(text.as_bytes())));
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        output
    }
}

/// The first line in which a tool says what is wrong.
fn complaint(said: &Output) -> String {
    let text = [said.stderr.as_slice(), &said.stdout].concat();
    let text = String::from_utf8_lossy(&text);
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let error = lines.clone().find(|line| line.to_lowercase().contains("error"));
    error.or_else(|| lines.next()).unwrap_or("it does not say why").to_owned()
}

/// Whether a script has elements of JSX.
fn has_elements(text: &str) -> bool {
    let mut parser = Parser::new();
    parser.set_language(&tree_sitter_javascript::LANGUAGE.into()).unwrap();
    let tree = parser.parse(text, None).unwrap();
    let mut cursor = tree.walk();
    loop {
        if cursor.node().kind().starts_with("jsx_") {
            return true;
        }
        if cursor.goto_first_child() || cursor.goto_next_sibling() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return false;
            }
        }
    }
}
