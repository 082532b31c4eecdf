//! The tokens of a program, as far as an edit needs them: words, marks, comments, and literals of text with
//! the expressions in them. It knows no grammar, takes every text, and finds its way back at the end of a
//! line where a quote was none.

use super::language::Language;
use std::ops::Range;

/// A token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// Its bytes.
    pub span: Range<usize>,
}

/// What a token is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A name, a key word or a number.
    Word,
    /// One character of punctuation.
    Mark,
    /// A text in quotes.
    Literal(Box<Literal>),
    /// A comment.
    Comment,
    /// The end of a line.
    LineEnd,
}

/// A text in quotes, or what stands for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Literal {
    /// What stands between the quotes.
    pub content: Range<usize>,
    /// How it is written.
    pub form: Form,
    /// The expressions in it, without what opens and closes them.
    pub holes: Vec<Range<usize>>,
}

/// How a literal is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// What it begins with, the letters before the quote included.
    pub open: String,
    /// What it ends with.
    pub close: String,
    /// How its end may stand in it.
    pub escape: Escape,
    /// Whether it may go over several lines.
    pub lines: bool,
    /// How expressions stand in it.
    pub hole: Option<Hole>,
    /// Whether the text begins on the next line and ends with a line that has only this.
    pub heredoc: Option<Heredoc>,
}

impl Form {
    /// A literal on one line, with backslashes.
    #[must_use]
    pub fn quoted(open: &str, close: &str) -> Self {
        Self {
            open: open.into(),
            close: close.into(),
            escape: Escape::Backslash,
            lines: false,
            hole: None,
            heredoc: None,
        }
    }

    /// The same over several lines.
    #[must_use]
    pub fn over_lines(self) -> Self {
        Self { lines: true, ..self }
    }

    /// The same with another way to write its end in it.
    #[must_use]
    pub fn escaped(self, escape: Escape) -> Self {
        Self { escape, ..self }
    }

    /// The same with expressions in it.
    #[must_use]
    pub fn with_hole(self, open: &'static str, doubled: bool) -> Self {
        Self { hole: Some(Hole { open, doubled }), ..self }
    }
}

/// How the end of a literal may stand in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Escape {
    /// It may not.
    None,
    /// Behind a backslash.
    Backslash,
    /// Twice.
    Doubled,
}

/// How an expression stands in a literal; it ends with `}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hole {
    /// What opens it.
    pub open: &'static str,
    /// Whether the opening twice means itself.
    pub doubled: bool,
}

/// The end of a text that begins on the next line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heredoc {
    /// The word of its last line.
    pub word: String,
    /// Whether that may be indented.
    pub indented: bool,
}

/// The tokens of a part of `text`.
#[must_use]
pub fn tokens(text: &[u8], part: Range<usize>, language: &dyn Language) -> Vec<Token> {
    let mut lexer = Lexer {
        text,
        end: part.end,
        at: part.start,
        language,
        tokens: Vec::new(),
        due: Vec::new(),
    };
    while lexer.step() {}
    lexer.tokens
}

struct Lexer<'t> {
    text: &'t [u8],
    end: usize,
    at: usize,
    language: &'t dyn Language,
    tokens: Vec<Token>,
    /// Texts that begin on the next line.
    due: Vec<Form>,
}

impl Lexer<'_> {
    /// Takes the next token; `false` at the end.
    fn step(&mut self) -> bool {
        let Some(&byte) = self.text[..self.end].get(self.at) else { return false };
        let at = self.at;
        if byte == b'\n' {
            self.push(Kind::LineEnd, at + 1);
            for form in std::mem::take(&mut self.due) {
                self.heredoc(form);
            }
            return true;
        }
        if byte.is_ascii_whitespace() {
            self.at += 1;
            return true;
        }
        if let Some(end) = self.language.comment(&self.text[..self.end], at) {
            self.push(Kind::Comment, end.min(self.end));
            return true;
        }
        let before = self.tokens.iter().rev().find(|token| token.kind != Kind::Comment);
        if let Some(form) = self.language.opening(&self.text[..self.end], at, before) {
            self.literal(form);
            return true;
        }
        let of_word = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'$') || *b >= 0x80;
        let length = self.text[at..self.end].iter().take_while(|b| of_word(b)).count();
        match length {
            0 => self.push(Kind::Mark, at + 1),
            _ => self.push(Kind::Word, at + length),
        }
        true
    }

    fn push(&mut self, kind: Kind, end: usize) {
        self.tokens.push(Token { kind, span: self.at..end });
        self.at = end;
    }

    /// Takes a literal that begins here; only its first byte if it never ends.
    fn literal(&mut self, form: Form) {
        let from = self.at + form.open.len();
        if form.heredoc.is_some() {
            self.push(Kind::Word, from);
            self.due.push(form);
            return;
        }
        match self.close(&form, from) {
            Some((content, holes)) => {
                let end = content.end + form.close.len();
                self.push(Kind::Literal(Box::new(Literal { content, form, holes })), end);
            }
            None => self.push(Kind::Mark, self.at + 1),
        }
    }

    /// Where the literal whose content begins at `from` ends, and the expressions in it.
    fn close(&self, form: &Form, from: usize) -> Option<(Range<usize>, Vec<Range<usize>>)> {
        let text = &self.text[..self.end];
        let (mut at, mut holes) = (from, Vec::new());
        while at < self.end {
            let rest = &text[at..];
            if let Some(hole) = form.hole.filter(|hole| rest.starts_with(hole.open.as_bytes())) {
                let open = hole.open.len();
                if hole.doubled && rest[open..].starts_with(hole.open.as_bytes()) {
                    at += 2 * open;
                    continue;
                }
                let end = self.hole_end(at + open)?;
                holes.push(at + open..end);
                at = end + 1;
                continue;
            }
            if form.escape == Escape::Backslash && rest[0] == b'\\' {
                at += 2;
                continue;
            }
            if rest.starts_with(form.close.as_bytes()) {
                let doubled = &rest[form.close.len()..];
                if form.escape == Escape::Doubled && doubled.starts_with(form.close.as_bytes()) {
                    at += 2 * form.close.len();
                    continue;
                }
                return Some((from..at, holes));
            }
            if rest[0] == b'\n' && !form.lines {
                return None;
            }
            at += 1;
        }
        None
    }

    /// Where the expression that begins at `from` ends: at its closing brace.
    fn hole_end(&self, from: usize) -> Option<usize> {
        let mut inner = Lexer {
            text: self.text,
            end: self.end,
            at: from,
            language: self.language,
            tokens: Vec::new(),
            due: Vec::new(),
        };
        let mut open = 0_usize;
        while inner.step() {
            let last = inner.tokens.last()?;
            if last.kind == Kind::Mark {
                match self.text[last.span.start] {
                    b'{' => open += 1,
                    b'}' if open == 0 => return Some(last.span.start),
                    b'}' => open -= 1,
                    _ => {}
                }
            }
            // The tokens behind the last one are of no interest.
            if inner.tokens.len() > 64 {
                inner.tokens.drain(..32);
            }
        }
        None
    }

    /// Takes a text that begins on this line.
    fn heredoc(&mut self, form: Form) {
        let Some(heredoc) = form.heredoc.clone() else { return };
        let (from, mut line) = (self.at, self.at);
        loop {
            let rest = &self.text[line..self.end];
            if let Some(length) = heredoc.ends(rest) {
                let literal = Literal { content: from..line, form, holes: Vec::new() };
                self.push(Kind::Literal(Box::new(literal)), line);
                self.at = line + length;
                return;
            }
            match memchr::memchr(b'\n', rest) {
                Some(length) => line += length + 1,
                None => return,
            }
        }
    }
}

impl Heredoc {
    /// The bytes of the line that ends the text, if `rest` begins with that. A mark may follow, as in
    /// `EOT;`.
    fn ends(&self, rest: &[u8]) -> Option<usize> {
        let blank = |b: &&u8| self.indented && matches!(b, b' ' | b'\t');
        let indent = rest.iter().take_while(blank).count();
        let behind = rest[indent..].strip_prefix(self.word.as_bytes())?;
        let of_word = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
        (!behind.first().is_some_and(of_word)).then_some(indent + self.word.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fix::language::by_extension;

    fn literals(extension: &str, text: &str) -> Vec<String> {
        let language = by_extension(extension).unwrap();
        let parts = language.parts(text.as_bytes());
        let mut found = Vec::new();
        for part in parts {
            let mut at = part.start;
            for token in tokens(text.as_bytes(), part.clone(), language) {
                assert!(token.span.start >= at && token.span.end <= part.end, "{text}");
                at = token.span.end;
                if let Kind::Literal(literal) = &token.kind {
                    found.push(text[literal.content.clone()].to_owned());
                }
            }
        }
        found
    }

    #[test]
    fn literals_of_each_language_are_told() {
        for (extension, text, expected) in [
            ("py", "a = r'x' + b\"y\" # 'no'\n'''d\n'e'''", vec!["x", "y", "d\n'e"]),
            ("py", "f'{d[\"k\"]} {{x' 'z'", vec!["{d[\"k\"]} {{x", "z"]),
            (
                "js",
                "a = `x${b ? `y` : {c: '}'}}z`; r = /['\"]/; s = 'q'",
                vec!["x${b ? `y` : {c: '}'}}z", "['\"]", "q"],
            ),
            ("js", "<p>Don't</p>\nx = 'y'", vec!["y"]),
            ("js", "a = b / c; d = 'e' / f", vec!["e"]),
            ("java", "char c = '\"'; String s = \"\"\"\n a\"b\n\"\"\";", vec!["\"", "\n a\"b\n"]),
            ("kt", "val a = \"x${f(\"y\")}z\"", vec!["x${f(\"y\")}z"]),
            ("go", "a := `x\\` + \"y\" // \"no\"", vec!["x\\", "y"]),
            (
                "rb",
                "a = <<~SQL + 'x'\n  one 'two'\n  SQL\nb = \"#{c[\"d\"]}\"",
                vec!["x", "  one 'two'\n", "#{c[\"d\"]}"],
            ),
            (
                "php",
                "it's <?php $a = 'x'; # it's\n$b = <<<EOT\n it's\nEOT;\n$c = \"y\";",
                vec!["x", " it's\n", "y"],
            ),
            (
                "cs",
                "a = @\"x\"\"y\\\"; b = $\"{c(\"d\")}\"; e = \"\"\"f\"g\"\"\";",
                vec!["x\"\"y\\", "{c(\"d\")}", "f\"g"],
            ),
            (
                "rs",
                "fn f<'a>(x: &'a str) { let c = '\"'; r#\"x\"y\"#; /* /* */ \" */ b\"z\" }",
                vec!["\"", "x\"y", "z"],
            ),
        ] {
            assert_eq!(literals(extension, text), expected, "{extension}: {text}");
        }
    }
}
