//! Secrets of tests: expanded when a test runs, and written nowhere.

use blurt::rule::example::expand;

/// A classic token of GitHub. Its checksum makes it certain.
const TOKEN: &str = "<<ghp_[0-9A-Za-z]{30}|github>>";

/// A secret of a test.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Token {
    pub name: String,
    pub value: String,
}

impl Token {
    /// A token that depends on the name alone.
    pub fn new(name: &str) -> Self {
        let seed = name.bytes().fold(7, |seed: u64, b| seed.wrapping_mul(31) ^ u64::from(b));
        Self { name: name.to_owned(), value: expand(TOKEN, seed).unwrap() }
    }

    /// A line of code with it.
    pub fn line(&self) -> String {
        format!("t = \"{}\"\n", self.value)
    }

    /// A text with it in its second line.
    pub fn text(&self) -> String {
        format!("# {}\n{}", self.name, self.line())
    }

    /// How a report shows it.
    pub fn masked(&self) -> String {
        format!("ghp_{}{}", "*".repeat(12), &self.value[36..])
    }
}

/// Line and column of a secret in a text. A byte that is no UTF-8 is a column of its own.
pub fn position(text: &[u8], secret: &str) -> (u64, u64) {
    let mut found = text.windows(secret.len()).enumerate();
    let at = found.find(|(_, part)| *part == secret.as_bytes()).unwrap().0;
    let mut before = text[..at].split(|b| *b == b'\n');
    let line = before.clone().count();
    let columns = before.next_back().unwrap().utf8_chunks();
    let column: usize =
        columns.map(|chunk| chunk.valid().chars().count() + chunk.invalid().len()).sum();
    (line as u64, column as u64 + 1)
}
