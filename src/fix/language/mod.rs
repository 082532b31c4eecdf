//! How programs of a language read a value from outside, and what has to be around that. One file a
//! language.

mod csharp;
mod go;
mod groovy;
mod hcl;
mod java;
mod javascript;
mod kotlin;
mod php;
mod python;
mod ruby;
mod rust;
mod site;

pub use site::Site;

use super::edit::Edit;
use super::lexer::{Form, Literal, Token};
use super::lookup::Wanted;
use std::ops::Range;

/// A language.
pub trait Language: Sync {
    /// Where the comment that begins at `at` ends, if one does.
    fn comment(&self, text: &[u8], at: usize) -> Option<usize>;

    /// How the literal that begins at `at` is written, if one does; `before` is the token before it.
    fn opening(&self, text: &[u8], at: usize, before: Option<&Token>) -> Option<Form>;

    /// The parts of a file that are program.
    fn parts(&self, text: &[u8]) -> Vec<Range<usize>> {
        whole(text)
    }

    /// What may stand in the place of the literal at `site`.
    ///
    /// # Errors
    ///
    /// Why no expression may stand there.
    fn admit(&self, site: &Site) -> Result<Admission, &'static str>;

    /// The expression for a value that stands for the whole of a literal, or for a part of it.
    ///
    /// # Errors
    ///
    /// Why there is none for this store.
    fn read(&self, wanted: &Wanted, site: &Site) -> Result<Reading, &'static str>;

    /// The expression, fit for the place of a whole literal.
    fn fit(&self, code: String, _: &Site) -> String {
        code
    }

    /// The expression as it stands in a literal; `None` if the literal has to be taken apart.
    fn embed(&self, _: &str, _: &Literal) -> Option<String> {
        None
    }

    /// Whether the language takes the literal together with one beside it.
    fn is_beside(&self, _: &Site) -> bool {
        false
    }

    /// What puts texts together.
    fn join(&self) -> &'static str {
        " + "
    }

    /// Another way to put expressions in the place of parts of a literal; `None` if it can be taken apart.
    ///
    /// # Errors
    ///
    /// Why there is no way.
    fn weave(&self, _: &Site, _: &[Piece]) -> Result<Option<Vec<Edit>>, &'static str> {
        Ok(None)
    }

    /// The edits that bring in what an expression needs, unless the file has it.
    fn provide(&self, _: &Need, _: &Source) -> Vec<Edit> {
        Vec::new()
    }
}

/// A part of a literal, and the expression that takes its place.
#[derive(Debug, Clone)]
pub struct Piece {
    /// The part.
    pub span: Range<usize>,
    /// The expression.
    pub code: String,
    /// The name of the variable.
    pub name: String,
}

/// A file of a program.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// Its text.
    pub text: &'a [u8],
    /// Its tokens.
    pub tokens: &'a [Token],
    /// Where the first expression is put in.
    pub first: usize,
}

/// What a place takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admission {
    /// An expression.
    Expression(Surround),
    /// A text that names the variable, between these two: something else reads it.
    Text(&'static str, &'static str),
    /// Nothing: the value comes from outside by itself.
    Removed {
        /// The lines that go.
        line: Range<usize>,
        /// What comes in their place.
        text: String,
    },
}

/// What is to be changed around an expression.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Surround {
    /// What stands around it there.
    pub brackets: Option<(&'static str, &'static str)>,
    /// Edits of what is before the literal.
    pub edits: Vec<Edit>,
    /// Where the expression goes instead. The edits take the literal out.
    pub moved: Option<Moved>,
    /// Why someone should look at it.
    pub review: Option<&'static str>,
}

/// Another place for an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// Where.
    pub at: usize,
    /// What stands before it there.
    pub before: String,
    /// What stands behind it.
    pub behind: &'static str,
}

impl Admission {
    /// Any expression.
    #[must_use]
    pub fn any() -> Self {
        Self::Expression(Surround::default())
    }

    /// An expression that someone should look at.
    #[must_use]
    pub fn review(why: &'static str) -> Self {
        Self::Expression(Surround { review: Some(why), ..Surround::default() })
    }
}

/// An expression that reads a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The expression.
    pub code: String,
    /// What it needs.
    pub needs: Vec<Need>,
    /// Why someone should look at it.
    pub review: Option<&'static str>,
}

impl Reading {
    /// An expression that needs nothing.
    #[must_use]
    pub fn plain(code: impl Into<String>) -> Self {
        Self { code: code.into(), needs: Vec::new(), review: None }
    }

    /// The same with something that it needs.
    #[must_use]
    pub fn with(mut self, need: Need) -> Self {
        self.needs.push(need);
        self
    }

    /// The same, for someone to look at.
    #[must_use]
    pub fn reviewed(self, why: &'static str) -> Self {
        Self { review: Some(why), ..self }
    }
}

/// What an expression needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Need {
    /// Something that is imported.
    Import(&'static str),
    /// A definition behind the imports.
    Definition(&'static str),
    /// A file beside this one.
    File {
        /// Its name.
        name: &'static str,
        /// Its text.
        text: String,
    },
    /// A block in a file beside this one, unless a file of that kind there has it.
    Block {
        /// The name of the file.
        name: &'static str,
        /// What the block begins with.
        head: String,
        /// The block.
        text: String,
    },
    /// A member of a JSON object in a file beside this one.
    Member {
        /// The name of the file.
        name: &'static str,
        /// The keys that lead to it.
        way: Vec<String>,
        /// What it is.
        value: String,
    },
    /// A sample of a file of variables, beside it.
    Sample {
        /// The name of the sample.
        name: String,
        /// The text of the file.
        text: Vec<u8>,
        /// Where secrets stand in it.
        secrets: Vec<Range<usize>>,
    },
}

impl Need {
    /// Whether it is met beside the file, and not in it.
    #[must_use]
    pub fn is_beside(&self) -> bool {
        !matches!(self, Self::Import(_) | Self::Definition(_))
    }
}

/// The language of files with that extension, in lower case, for which edits are known.
#[must_use]
pub fn by_extension(extension: &str) -> Option<&'static dyn Language> {
    Some(match extension {
        "py" | "pyi" | "pyw" => &python::Python,
        "js" | "mjs" | "cjs" | "jsx" => &javascript::JAVASCRIPT,
        "ts" | "mts" | "cts" | "tsx" => &javascript::TYPESCRIPT,
        "vue" | "svelte" => &javascript::MARKUP,
        "java" => &java::Java,
        "kt" | "kts" => &kotlin::Kotlin,
        "groovy" | "gradle" => &groovy::GROOVY,
        "go" => &go::Go,
        "rb" | "rake" => &ruby::RUBY,
        "erb" => &ruby::TEMPLATE,
        "php" | "phtml" | "inc" => &php::Php,
        "cs" => &csharp::CSharp,
        "rs" => &rust::Rust,
        "tf" | "hcl" => &hcl::Hcl,
        _ => return None,
    })
}

/// The language of pipelines of Jenkins.
#[must_use]
pub fn of_jenkins() -> &'static dyn Language {
    &groovy::JENKINS
}

/// All of a text as its only part.
fn whole(text: &[u8]) -> Vec<Range<usize>> {
    std::iter::once(0..text.len()).collect()
}

/// Where a comment of one line ends.
fn line_comment(text: &[u8], at: usize) -> usize {
    memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |length| at + length)
}

/// Where a comment that begins at `at` and goes up to `close` ends.
fn block_comment(text: &[u8], at: usize, close: &[u8]) -> usize {
    let from = (at + 2).min(text.len());
    let length = memchr::memmem::find(&text[from..], close);
    length.map_or(text.len(), |length| from + length + close.len())
}

/// The end of `// …` or `/* … */`.
fn c_comment(text: &[u8], at: usize) -> Option<usize> {
    match text.get(at..at + 2)? {
        b"//" => Some(line_comment(text, at)),
        b"/*" => Some(block_comment(text, at, b"*/")),
        _ => None,
    }
}

/// Whether a comment says that something is allowed.
fn is_suppression(text: &[u8], token: &Token) -> bool {
    crate::detect::has_marker(&text[token.span.clone()])
}

/// Whether `text` has `what` at `at`.
fn has(text: &[u8], at: usize, what: &str) -> bool {
    text[at..].starts_with(what.as_bytes())
}

/// Whether a slash behind this token begins a regular expression, and does not divide.
fn begins_pattern(text: &[u8], before: Option<&Token>) -> bool {
    use super::lexer::Kind;
    let Some(before) = before else { return true };
    match before.kind {
        Kind::Mark => !matches!(text[before.span.start], b')' | b']' | b'}'),
        Kind::LineEnd => true,
        Kind::Word => {
            let words: [&[u8]; 10] = [
                b"return", b"case", b"typeof", b"in", b"of", b"and", b"or", b"not", b"when", b"if",
            ];
            words.contains(&&text[before.span.clone()])
        }
        Kind::Literal(_) | Kind::Comment => false,
    }
}

/// The text of a Java, C# … string that holds `name`, which has nothing to be escaped.
fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}
