//! Settings in JSON whose values the environment overrides: those of .NET by their names, those of the
//! package `config` of Node by a file that names the variables.

use super::{Change, File, Rewriter, Rewritten};
use crate::fix::edit::Edit;
use crate::fix::language::{Need, Site, by_extension};
use crate::fix::lexer::{Kind, Literal, Token, tokens};
use std::collections::BTreeMap;

/// What overrides a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overridden {
    /// A variable named after the way to it, `Section__Key`
    /// (<https://learn.microsoft.com/aspnet/core/fundamentals/configuration/>).
    ByName,
    /// A variable that `custom-environment-variables.json` names
    /// (<https://github.com/node-config/node-config/wiki/Environment-Variables>).
    ByFile,
}

impl Rewriter for Overridden {
    fn rewrite(&self, file: &File) -> Vec<Rewritten> {
        let Some(language) = by_extension("js") else { return Vec::new() };
        let tokens = tokens(file.text, 0..file.text.len(), language);
        let mut literals: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        let mut rewritten = Vec::new();
        for (secret, occurrence) in file.secrets.iter().enumerate() {
            let span = &occurrence.span;
            let holds = |token: &Token| {
                let inside = token.span.start <= span.start && span.end <= token.span.end;
                inside && matches!(token.kind, Kind::Literal(_))
            };
            match tokens.iter().position(holds) {
                Some(token) => literals.entry(token).or_default().push(secret),
                None => rewritten
                    .push(Rewritten::Left(secret, "it stands in no text of the file".into())),
            }
        }
        for (token, secrets) in literals {
            match self.change(file, &tokens, token, &secrets) {
                Ok(change) => rewritten.push(Rewritten::Changed(change)),
                Err(why) => rewritten
                    .extend(secrets.iter().map(|secret| Rewritten::Left(*secret, why.into()))),
            }
        }
        rewritten
    }
}

impl Overridden {
    fn change(
        self,
        file: &File,
        tokens: &[Token],
        token: usize,
        secrets: &[usize],
    ) -> Result<Change, &'static str> {
        let Kind::Literal(literal) = &tokens[token].kind else { return Err("it is no text") };
        let whole = secrets.len() == 1 && is_whole(file, secrets[0], literal);
        let site =
            Site { path: file.path, text: file.text, tokens, index: token, whole, enclosed: false };
        let way = way(&site).ok_or("it is in a list: let a variable give the whole list")?;
        let (variable, needs) = match self {
            Self::ByName => (way.join("__"), Vec::new()),
            Self::ByFile if !whole => {
                return Err("it is a part of a value: let a variable give the whole value");
            }
            Self::ByFile => {
                let variable = file.secrets[secrets[0]].names.variable.clone();
                let name = "custom-environment-variables.json";
                (variable.clone(), vec![Need::Member { name, way, value: variable }])
            }
        };
        let review =
            (!whole).then(|| format!("{variable} holds all of the value, not only the secret"));
        Ok(Change {
            secrets: secrets.to_vec(),
            edits: vec![Edit::delete(literal.content.clone())],
            needs,
            review,
            variable: Some(variable),
        })
    }
}

fn is_whole(file: &File, secret: usize, literal: &Literal) -> bool {
    file.secrets[secret].encoded || file.secrets[secret].span == literal.content
}

/// The keys that lead to a value, the outermost first; `None` if a list is on the way.
fn way(site: &Site) -> Option<Vec<String>> {
    let (mut way, mut token) = (Vec::new(), site.index);
    loop {
        let colon = site.before(token).filter(|colon| site.word(*colon) == ":")?;
        let key = site.before(colon)?;
        let Kind::Literal(literal) = &site.tokens[key].kind else { return None };
        way.push(String::from_utf8_lossy(&site.text[literal.content.clone()]).into_owned());
        let open = site.opener(key).filter(|open| site.word(*open) == "{")?;
        if site.before(open).is_none() {
            way.reverse();
            return Some(way);
        }
        token = open;
    }
}
