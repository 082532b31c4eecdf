//! Programs: a literal becomes an expression that reads the value.

use super::shell::default_of_parameter;
use super::{Change, File, Rewriter, Rewritten};
use crate::fix::edit::Edit;
use crate::fix::language::{
    Admission, Language, Moved, Need, Piece, Reading, Site, Source, Surround,
};
use crate::fix::lexer::{Kind, Literal, Token, tokens};
use std::collections::BTreeMap;
use std::ops::Range;

/// Programs of one language.
pub struct Code(pub &'static dyn Language);

/// Where a secret stands in a program.
enum Place {
    /// In a comment.
    Comment,
    /// In the literal with this number among some tokens.
    Literal(usize),
}

impl Rewriter for Code {
    fn rewrite(&self, file: &File) -> Vec<Rewritten> {
        let mut rewritten = Vec::new();
        let mut left: Vec<usize> = (0..file.secrets.len()).collect();
        for part in self.0.parts(file.text) {
            let inside = |secret: &usize| {
                let span = &file.secrets[*secret].span;
                part.start <= span.start && span.end <= part.end
            };
            let (here, others) = left.into_iter().partition(inside);
            left = others;
            let tokens = tokens(file.text, part, self.0);
            let mut made = self.part(file, &tokens, here);
            self.provide(file, &tokens, &mut made);
            rewritten.extend(made);
        }
        let outside = "it stands outside of the program, in text that nothing computes";
        rewritten.extend(left.into_iter().map(|secret| Rewritten::Left(secret, outside.into())));
        rewritten
    }
}

impl Code {
    /// What becomes of `secrets`, which stand among `tokens`.
    fn part(&self, file: &File, tokens: &[Token], secrets: Vec<usize>) -> Vec<Rewritten> {
        let mut rewritten = Vec::new();
        let mut literals: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        let mut holes: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
        for secret in secrets {
            let span = &file.secrets[secret].span;
            match place(tokens, span) {
                Some(Place::Comment) => {
                    rewritten.push(Rewritten::Changed(named(file, secret, ("<", ">"))));
                }
                Some(Place::Literal(token)) => match hole(tokens, token, span) {
                    Some(hole) => holes.entry((hole.start, hole.end)).or_default().push(secret),
                    None => literals.entry(token).or_default().push(secret),
                },
                None => rewritten.push(Rewritten::Left(secret, astray(tokens, span).into())),
            }
        }
        for ((start, end), secrets) in holes {
            let inner = crate::fix::lexer::tokens(file.text, start..end, self.0);
            rewritten.extend(self.part(file, &inner, secrets));
        }
        for (token, secrets) in literals {
            match self.literal(file, tokens, token, &secrets) {
                Ok(change) => rewritten.push(Rewritten::Changed(change)),
                Err(why) => {
                    rewritten.extend(
                        secrets.iter().map(|secret| Rewritten::Left(*secret, why.to_owned())),
                    );
                }
            }
        }
        rewritten
    }

    /// Brings in what the expressions of changes need, once for all of them.
    fn provide(&self, file: &File, tokens: &[Token], made: &mut [Rewritten]) {
        let mut changes: Vec<&mut Change> = made
            .iter_mut()
            .filter_map(|made| match made {
                Rewritten::Changed(change) if !change.needs.is_empty() => Some(change),
                _ => None,
            })
            .collect();
        let starts = changes.iter().flat_map(|change| change.edits.iter().map(|edit| edit.start));
        let first = starts.min().unwrap_or_default();
        let source = Source { text: file.text, tokens, first };
        let mut provided = Vec::new();
        for change in &mut changes {
            let (files, imports): (Vec<_>, Vec<_>) =
                std::mem::take(&mut change.needs).into_iter().partition(Need::is_beside);
            for need in imports {
                if !provided.contains(&need) {
                    change.edits.extend(self.0.provide(&need, &source));
                    provided.push(need);
                }
            }
            change.needs = files;
        }
    }

    /// The edits of one literal.
    fn literal(
        &self,
        file: &File,
        tokens: &[Token],
        token: usize,
        secrets: &[usize],
    ) -> Result<Change, &'static str> {
        let Kind::Literal(literal) = &tokens[token].kind else { return Err("it is no literal") };
        let spans: Vec<_> = secrets.iter().map(|secret| written(file, *secret, literal)).collect();
        if spans.len() > 1 && secrets.iter().any(|secret| file.secrets[*secret].encoded) {
            return Err("it is encoded together with others");
        }
        let whole = spans.len() == 1 && is_whole(file.text, literal, &spans[0]);
        let mut site =
            Site { path: file.path, text: file.text, tokens, index: token, whole, enclosed: false };
        let surround = match self.0.admit(&site)? {
            Admission::Expression(surround) => surround,
            Admission::Removed { line, text } => {
                let edits = vec![Edit::replace(line, text)];
                return Ok(Change { secrets: secrets.to_vec(), edits, ..Change::default() });
            }
            Admission::Text(open, close) => {
                let edits = secrets.iter().zip(spans);
                let edit = |(secret, span): (&usize, Range<usize>)| {
                    if let Some(default) = default_of_parameter(file.text, &span, &[b":"]) {
                        return Edit::delete(default);
                    }
                    Edit::replace(
                        span,
                        format!("{open}{}{close}", file.secrets[*secret].names.variable),
                    )
                };
                return Ok(Change {
                    secrets: secrets.to_vec(),
                    edits: edits.map(edit).collect(),
                    ..Change::default()
                });
            }
        };
        site.enclosed = surround.brackets.is_some();
        let readings: Result<Vec<Reading>, _> =
            secrets.iter().map(|secret| self.0.read(&file.wanted(*secret), &site)).collect();
        let readings = readings?;
        let pieces: Vec<Piece> = readings
            .iter()
            .zip(secrets.iter().zip(spans))
            .map(|(reading, (secret, span))| Piece {
                span,
                code: reading.code.clone(),
                name: file.secrets[*secret].names.variable.clone(),
            })
            .collect();
        let edits = self.edits(&site, literal, &pieces, &surround)?;
        let encoded = secrets.iter().any(|secret| file.secrets[*secret].encoded);
        let encoded =
            encoded.then_some("the variable holds what is written here, encoded as it is");
        let review =
            surround.review.or(encoded).or(readings.iter().find_map(|reading| reading.review));
        Ok(Change {
            secrets: secrets.to_vec(),
            edits,
            needs: readings.into_iter().flat_map(|reading| reading.needs).collect(),
            review: review.map(str::to_owned),
            variable: None,
        })
    }

    fn edits(
        &self,
        site: &Site,
        literal: &Literal,
        pieces: &[Piece],
        surround: &Surround,
    ) -> Result<Vec<Edit>, &'static str> {
        let mut edits = surround.edits.clone();
        if let Some(Moved { at, before, behind }) = &surround.moved {
            if !site.whole {
                return Err("it is a part of a value that has to stand elsewhere");
            }
            let code = self.0.fit(pieces[0].code.clone(), site);
            edits.push(Edit::insert(*at, format!("{before}{code}{behind}")));
            return Ok(edits);
        }
        if let Some((open, close)) = surround.brackets {
            edits.push(Edit::insert(site.span().start, open));
            edits.push(Edit::insert(site.span().end, close));
        }
        let made = if site.whole && !self.0.is_beside(site) {
            vec![Edit::replace(site.span(), self.0.fit(pieces[0].code.clone(), site))]
        } else if let Some(woven) = self.0.weave(site, pieces)? {
            woven
        } else if let Some(embedded) = self.embedded(literal, pieces) {
            embedded
        } else {
            self.joined(site, literal, pieces)
        };
        // What is put in at one place keeps this order: brackets stand outside.
        let closing =
            edits.iter().position(|edit| edit.start == site.span().end && edit.start == edit.end);
        match closing {
            Some(at) if surround.brackets.is_some() => {
                let close = edits.remove(at);
                edits.extend(made);
                edits.push(close);
            }
            _ => edits.extend(made),
        }
        Ok(edits)
    }

    fn embedded(&self, literal: &Literal, pieces: &[Piece]) -> Option<Vec<Edit>> {
        let edit = |piece: &Piece| {
            Some(Edit::replace(piece.span.clone(), self.0.embed(&piece.code, literal)?))
        };
        pieces.iter().map(edit).collect()
    }

    /// The literal in parts, with expressions between them.
    fn joined(&self, site: &Site, literal: &Literal, pieces: &[Piece]) -> Vec<Edit> {
        let (join, form, span) = (self.0.join(), &literal.form, site.span());
        let mut edits = Vec::new();
        for (number, piece) in pieces.iter().enumerate() {
            let left =
                if number == 0 { literal.content.start } else { pieces[number - 1].span.end };
            let right = pieces.get(number + 1).map_or(literal.content.end, |next| next.span.start);
            let last = number + 1 == pieces.len();
            let mut code = self.0.fit(piece.code.clone(), site);
            let mut range = piece.span.clone();
            if left < range.start {
                code = format!("{}{join}{code}", form.close);
            } else if number == 0 {
                range.start = span.start;
            } else {
                code = format!("{join}{code}");
            }
            if range.end < right {
                code = format!("{code}{join}{}", form.open);
            } else if last {
                range.end = span.end;
            }
            edits.push(Edit::replace(range, code));
        }
        if binds_tighter(site) {
            edits.insert(0, Edit::insert(span.start, "("));
            edits.push(Edit::insert(span.end, ")"));
        }
        edits
    }
}

/// Whether something beside the literal would take only a part of a sum.
fn binds_tighter(site: &Site) -> bool {
    matches!(site.next(), "." | "[" | "%" | "*" | "-" | "!" | "?")
        || matches!(site.previous(), "*" | "%" | "!" | "-")
}

/// The name of the variable in the place of a secret that nothing reads.
pub(super) fn named(file: &File, secret: usize, (open, close): (&str, &str)) -> Change {
    let occurrence = &file.secrets[secret];
    let text = format!("{open}{}{close}", occurrence.names.variable);
    Change {
        secrets: vec![secret],
        edits: vec![Edit::replace(occurrence.span.clone(), text)],
        ..Change::default()
    }
}

/// What holds a span.
fn place(tokens: &[Token], span: &Range<usize>) -> Option<Place> {
    let number = tokens.partition_point(|token| token.span.end <= span.start);
    let token = tokens
        .get(number)
        .filter(|token| token.span.start <= span.start && span.end <= token.span.end)?;
    match &token.kind {
        Kind::Comment => Some(Place::Comment),
        Kind::Literal(_) => Some(Place::Literal(number)),
        _ => None,
    }
}

/// The expression in a literal that holds a span.
fn hole(tokens: &[Token], token: usize, span: &Range<usize>) -> Option<Range<usize>> {
    let Kind::Literal(literal) = &tokens[token].kind else { return None };
    let holds = |hole: &&Range<usize>| hole.start <= span.start && span.end <= hole.end;
    literal.holes.iter().find(holds).cloned()
}

/// Why a span that no token holds cannot be replaced.
fn astray(tokens: &[Token], span: &Range<usize>) -> &'static str {
    let touched = tokens.iter().filter(|t| t.span.start < span.end && span.start < t.span.end);
    let literals =
        touched.filter(|token| matches!(token.kind, Kind::Literal(_) | Kind::Comment)).count();
    if literals > 0 {
        "it is spread over several literals"
    } else {
        "it is no literal of the program"
    }
}

/// What of a literal a secret is: all of it if it has to be decoded, as what is left would mean nothing.
fn written(file: &File, secret: usize, literal: &Literal) -> Range<usize> {
    let occurrence = &file.secrets[secret];
    if occurrence.encoded { literal.content.clone() } else { occurrence.span.clone() }
}

/// Whether a span is all that a literal says, but for white space around it.
fn is_whole(text: &[u8], literal: &Literal, span: &Range<usize>) -> bool {
    let before = &text[literal.content.start..span.start.max(literal.content.start)];
    let mut behind = &text[span.end.min(literal.content.end)..literal.content.end];
    while let Some(rest) = behind.strip_suffix(b"\\n").or(behind.strip_suffix(b"\\r")) {
        behind = rest;
    }
    before.trim_ascii().is_empty() && behind.trim_ascii().is_empty()
}
