//! The place of a literal in a program: what stands before it, behind it and around it.

use crate::fix::lexer::{Kind, Literal, Token};
use bstr::ByteSlice;
use std::ops::Range;

/// A literal among the tokens of its file.
#[derive(Debug, Clone, Copy)]
pub struct Site<'a> {
    /// The path of the file, with forward slashes.
    pub path: &'a str,
    /// The text.
    pub text: &'a [u8],
    /// Its tokens.
    pub tokens: &'a [Token],
    /// The number of the literal among them.
    pub index: usize,
    /// Whether the literal is replaced as a whole.
    pub whole: bool,
    /// Whether brackets are put around what takes its place.
    pub enclosed: bool,
}

impl<'a> Site<'a> {
    /// The literal.
    #[must_use]
    pub fn literal(&self) -> Option<&'a Literal> {
        match &self.tokens.get(self.index)?.kind {
            Kind::Literal(literal) => Some(literal),
            _ => None,
        }
    }

    /// The bytes of the literal with its quotes.
    #[must_use]
    pub fn span(&self) -> Range<usize> {
        self.tokens[self.index].span.clone()
    }

    /// What a token says; nothing of literals.
    #[must_use]
    pub fn word(&self, token: usize) -> &'a str {
        match self.tokens.get(token) {
            Some(Token { kind: Kind::Word | Kind::Mark, span }) => {
                self.text[span.clone()].to_str().unwrap_or_default()
            }
            _ => "",
        }
    }

    /// The nearest token before `token` that says something.
    #[must_use]
    pub fn before(&self, token: usize) -> Option<usize> {
        (0..token).rev().find(|token| self.counts(*token))
    }

    /// The nearest token behind `token` that says something.
    #[must_use]
    pub fn behind(&self, token: usize) -> Option<usize> {
        (token + 1..self.tokens.len()).find(|token| self.counts(*token))
    }

    fn counts(&self, token: usize) -> bool {
        !matches!(self.tokens[token].kind, Kind::Comment | Kind::LineEnd)
    }

    /// The word before the literal.
    #[must_use]
    pub fn previous(&self) -> &'a str {
        self.before(self.index).map_or("", |token| self.word(token))
    }

    /// The word behind the literal.
    #[must_use]
    pub fn next(&self) -> &'a str {
        self.behind(self.index).map_or("", |token| self.word(token))
    }

    /// Whether the tokens beside the literal, before and behind, are literals, too; on other lines only if
    /// `over_lines`.
    #[must_use]
    pub fn is_beside_literal(&self, over_lines: bool) -> bool {
        let beside = [self.before(self.index), self.behind(self.index)];
        beside.into_iter().flatten().any(|token| {
            let between = token.min(self.index) + 1..token.max(self.index);
            let apart = self.tokens[between].iter().any(|t| t.kind == Kind::LineEnd);
            (over_lines || !apart) && matches!(self.tokens[token].kind, Kind::Literal(_))
        })
    }

    /// The nearest bracket that is open at `token`.
    #[must_use]
    pub fn opener(&self, token: usize) -> Option<usize> {
        let mut closed = 0_usize;
        (0..token).rev().find(|token| match self.word(*token) {
            ")" | "]" | "}" => {
                closed += 1;
                false
            }
            "(" | "[" | "{" => {
                let found = closed == 0;
                closed = closed.saturating_sub(1);
                found
            }
            _ => false,
        })
    }

    /// The bracket that closes what `open` opens.
    #[must_use]
    pub fn closer(&self, open: usize) -> Option<usize> {
        let mut opened = 0_usize;
        (open + 1..self.tokens.len()).find(|token| match self.word(*token) {
            "(" | "[" | "{" => {
                opened += 1;
                false
            }
            ")" | "]" | "}" => {
                let found = opened == 0;
                opened = opened.saturating_sub(1);
                found
            }
            _ => false,
        })
    }

    /// The first token of the statement that the literal is in: behind `;`, `{` or `}`, out of all round
    /// and square brackets, and out of braces that `is_value` says to hold a value.
    #[must_use]
    pub fn statement(&self, is_value: impl Fn(usize) -> bool) -> usize {
        let (mut closed, mut first) = (0_usize, self.index);
        for token in (0..self.index).rev() {
            match self.word(token) {
                ")" | "]" | "}" if closed > 0 => closed += 1,
                ")" | "]" => closed += 1,
                // What is closed here is over, unless a value goes on behind it.
                "}" if matches!(
                    self.behind(token).map(|next| self.word(next)),
                    Some("," | ")" | "]" | "." | ":")
                ) =>
                {
                    closed += 1;
                }
                "(" | "[" | "{" if closed > 0 => closed -= 1,
                "{" if is_value(token) => {}
                ";" | "{" | "}" if closed == 0 => return first,
                _ => {}
            }
            if self.counts(token) {
                first = token;
            }
        }
        first
    }

    /// The words from `token` to the literal, out of brackets that are closed again.
    pub fn words(&self, token: usize) -> impl Iterator<Item = &'a str> {
        (token..self.index).map(|token| self.word(token)).filter(|word| !word.is_empty())
    }

    /// The name of what is called with the literal as an argument, and the token before that.
    #[must_use]
    pub fn callee(&self) -> Option<(&'a str, Option<usize>)> {
        let mut token = self.index;
        // Arrays and maps among the arguments belong to them.
        loop {
            token = self.opener(token)?;
            if self.word(token) == "(" {
                break;
            }
        }
        let name = self.before(token)?;
        let mut first = name;
        while let Some(dot) = self.before(first).filter(|dot| matches!(self.word(*dot), "." | "\\"))
            && let Some(outer) = self.before(dot)
        {
            first = outer;
        }
        Some((self.word(name), self.before(first)))
    }
}
