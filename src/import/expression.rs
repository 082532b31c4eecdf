//! Expressions by which betterleaks leaves findings out (<https://github.com/betterleaks/betterleaks>), as
//! far as they are lists of regexes and words, joined by `||` and `&&`, or a least entropy. Whatever else
//! is in them is named.

use std::collections::BTreeMap;

/// Parentheses in each other, at most.
const MAX_DEPTH: usize = 32;

/// What an expression says.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expression {
    /// One of these.
    Any(Vec<Self>),
    /// All of these.
    All(Vec<Self>),
    /// One of the regexes is found in the subject.
    Matches(Subject, Vec<Quoted>),
    /// The subject holds one of the words.
    Contains(Subject, Vec<Quoted>),
    /// The secret has at most that entropy.
    Entropy(f64),
    /// Something else, at a byte of the text.
    Unknown(usize),
}

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    Path,
    Secret,
    Match,
    Line,
}

/// A string of an expression, at a byte of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Quoted {
    pub(super) at: usize,
    pub(super) text: String,
}

/// Reads an expression.
pub(super) fn parse(text: &str) -> Expression {
    let tokens = tokens(text);
    let mut parser = Parser { tokens, at: 0, end: text.len(), depth: 0, names: BTreeMap::new() };
    while parser.next_is_word("let") {
        parser.at += 1;
        let name = parser.word();
        if !parser.eat("=") {
            return Expression::Unknown(parser.place());
        }
        let value = parser.any();
        if !parser.eat(";") {
            return Expression::Unknown(parser.place());
        }
        parser.names.insert(name, value);
    }
    let said = parser.any();
    if parser.at < parser.tokens.len() { Expression::Unknown(parser.place()) } else { said }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    /// A name, with its dots, or a number.
    Word(String),
    Text(String),
    Sign(String),
}

fn tokens(text: &str) -> Vec<(usize, Token)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(next) = text[at..].chars().next() {
        let rest = &text[at..];
        let quoted = quoted(rest);
        let is_word = |c: char| c.is_ascii_alphanumeric() || "_.".contains(c);
        let (length, token) = match next {
            _ if next.is_whitespace() => (next.len_utf8(), None),
            _ if rest.starts_with("//") => (rest.find('\n').unwrap_or(rest.len()), None),
            _ if quoted.is_some() => {
                let (length, inner) = quoted.unwrap_or_default();
                (length, Some(Token::Text(inner)))
            }
            _ if is_word(next) => {
                let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
                (length, Some(Token::Word(rest[..length].to_owned())))
            }
            _ => {
                let double = ["||", "&&", "<=", ">=", "==", "!="];
                let length =
                    double.iter().find(|it| rest.starts_with(**it)).map_or(next.len_utf8(), |_| 2);
                (length, Some(Token::Sign(rest[..length].to_owned())))
            }
        };
        found.extend(token.map(|token| (at, token)));
        at += length;
    }
    found
}

/// The string that `text` begins with: its length, and what it says.
fn quoted(text: &str) -> Option<(usize, String)> {
    let raw = text.starts_with(['r', 'R']);
    let start = usize::from(raw);
    let marks = ["\"\"\"", "'''", "\"", "'", "`"];
    let mark = marks.iter().find(|mark| text[start..].starts_with(**mark))?;
    let open = start + mark.len();
    if raw || *mark == "`" {
        let length = text[open..].find(mark)?;
        return Some((open + length + mark.len(), text[open..open + length].to_owned()));
    }
    let mut inner = String::new();
    let mut chars = text[open..].char_indices();
    while let Some((at, c)) = chars.next() {
        if text[open + at..].starts_with(mark) {
            return Some((open + at + mark.len(), inner));
        }
        match c {
            '\\' => inner.push(match chars.next()?.1 {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                other => other,
            }),
            _ => inner.push(c),
        }
    }
    None
}

struct Parser {
    tokens: Vec<(usize, Token)>,
    at: usize,
    end: usize,
    depth: usize,
    /// What `let` has given names to.
    names: BTreeMap<String, Expression>,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|(_, token)| token)
    }

    fn place(&self) -> usize {
        self.tokens.get(self.at).map_or(self.end, |(at, _)| *at)
    }

    fn eat(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Sign(it)) if it == sign);
        self.at += usize::from(found);
        found
    }

    fn next_is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Some(Token::Word(it)) if it == word)
    }

    fn word(&mut self) -> String {
        let Some(Token::Word(word)) = self.peek() else { return String::new() };
        let word = word.clone();
        self.at += 1;
        word
    }

    fn any(&mut self) -> Expression {
        self.depth += 1;
        let mut parts = vec![self.all()];
        while self.eat("||") {
            parts.push(self.all());
        }
        self.depth -= 1;
        if parts.len() == 1 { parts.remove(0) } else { Expression::Any(parts) }
    }

    fn all(&mut self) -> Expression {
        let mut parts = vec![self.one()];
        while self.eat("&&") {
            parts.push(self.one());
        }
        if parts.len() == 1 { parts.remove(0) } else { Expression::All(parts) }
    }

    fn one(&mut self) -> Expression {
        let place = self.place();
        if self.depth < MAX_DEPTH && self.eat("(") {
            let inner = self.any();
            return if self.eat(")") { inner } else { self.unknown(place) };
        }
        let name = self.word();
        if let Some(value) = self.names.get(&name) {
            return value.clone();
        }
        let known = match name.trim_start_matches("filter.") {
            "matchesAny" => self.list().map(|(subject, texts)| Expression::Matches(subject, texts)),
            "containsAny" => {
                self.list().map(|(subject, texts)| Expression::Contains(subject, texts))
            }
            "entropy" => self.entropy(),
            _ => None,
        };
        known.unwrap_or_else(|| self.unknown(place))
    }

    /// Goes on behind what is not known.
    fn unknown(&mut self, place: usize) -> Expression {
        let mut depth = 0_usize;
        while let Some((_, token)) = self.tokens.get(self.at) {
            if let Token::Sign(sign) = token {
                match sign.as_str() {
                    "(" | "[" | "{" => depth += 1,
                    ")" | "]" | "}" if depth > 0 => depth -= 1,
                    ")" | "||" | "&&" | ";" if depth == 0 => break,
                    _ => {}
                }
            }
            self.at += 1;
        }
        Expression::Unknown(place)
    }

    /// `(SUBJECT, ["…", "…"])`.
    fn list(&mut self) -> Option<(Subject, Vec<Quoted>)> {
        let subject = self.subject(",")?;
        let mut texts = Vec::new();
        if !self.eat("[") {
            return None;
        }
        while !self.eat("]") {
            let (at, Token::Text(text)) = self.tokens.get(self.at)? else { return None };
            texts.push(Quoted { at: *at, text: text.clone() });
            self.at += 1;
            self.eat(",");
        }
        self.eat(",");
        self.eat(")").then_some((subject, texts))
    }

    /// `(finding["secret"]) <= 3.5`.
    fn entropy(&mut self) -> Option<Expression> {
        let subject = self.subject(")")?;
        let below = self.eat("<=") || self.eat("<");
        let least = self.word().parse().ok()?;
        (below && subject == Subject::Secret).then_some(Expression::Entropy(least))
    }

    /// What a call looks at: `(finding["secret"]`, `(get(attributes, "path", "")` and the like, up to the
    /// sign that ends it.
    fn subject(&mut self, end: &str) -> Option<Subject> {
        if !self.eat("(") {
            return None;
        }
        let mut depth = 0_usize;
        let (mut of, mut field) = (String::new(), String::new());
        loop {
            if depth == 0 && self.eat(end) {
                break;
            }
            match self.peek()?.clone() {
                Token::Word(word)
                    if of.is_empty() && (word == "finding" || word == "attributes") =>
                {
                    of = word;
                }
                Token::Text(text) if field.is_empty() => field = text,
                Token::Sign(sign) if "([".contains(&sign) => depth += 1,
                Token::Sign(sign) if ")]".contains(&sign) => depth = depth.checked_sub(1)?,
                _ => {}
            }
            self.at += 1;
        }
        match (of.as_str(), field.as_str()) {
            ("attributes", "path") => Some(Subject::Path),
            ("finding", "secret") => Some(Subject::Secret),
            ("finding", "match") => Some(Subject::Match),
            ("finding", "line") => Some(Subject::Line),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(expression: &Expression) -> Vec<&str> {
        match expression {
            Expression::Matches(_, texts) | Expression::Contains(_, texts) => {
                texts.iter().map(|quoted| quoted.text.as_str()).collect()
            }
            _ => panic!("{expression:?}"),
        }
    }

    #[test]
    fn lists_are_read_however_they_are_written() {
        for text in [
            r#"matchesAny(attributes["path"], [`a\.b`, `c`])"#,
            "filter.matchesAny(get(attributes, \"path\", \"\"), [\n r\"\"\"a\\.b\"\"\",\n 'c', // d\n ])",
            r#"filter.matchesAny(attributes[?"path"].orValue(""), ["a\\.b", "c"],)"#,
        ] {
            let said = parse(text);
            assert_eq!(texts(&said), [r"a\.b", "c"], "{text}");
            assert!(matches!(said, Expression::Matches(Subject::Path, _)), "{text}");
        }
    }

    #[test]
    fn parts_are_joined_as_they_say() {
        use Expression::{All, Any, Contains, Entropy, Unknown};
        let said = parse(
            "let a = containsAny(finding[\"secret\"], ['x']);\n\
             (a && filter.entropy(finding[\"secret\"]) <= 3.5) || filter.tokenRatio(finding['secret']) > 2 || a",
        );
        let Any(parts) = said else { panic!("{said:?}") };
        assert!(
            matches!(&parts[0], All(all) if matches!(all[..], [Contains(Subject::Secret, _), Entropy(_)]))
        );
        assert!(matches!(parts[1..], [Unknown(_), Contains(..)]), "{parts:?}");
    }

    #[test]
    fn what_is_not_known_has_its_place() {
        assert_eq!(parse("a b"), Expression::Unknown(0));
        assert_eq!(parse("!matchesAny(finding[\"secret\"], ['a'])"), Expression::Unknown(0));
        for text in
            ["", "(", "let", "let a", "matchesAny(", "'", "r\"", "((((", "a || ", "[\u{e9}]"]
        {
            assert!(matches!(parse(text), Expression::Unknown(_) | Expression::Any(_)), "{text}");
        }
        parse(&"(".repeat(10_000));
    }
}
