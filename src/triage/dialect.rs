//! What markers say, each tool in its own words. Those of other tools are understood as they do it:
//! gitleaks (<https://github.com/gitleaks/gitleaks#gitleaksallow>), betterleaks, `TruffleHog`
//! (<https://github.com/trufflesecurity/trufflehog>, "`trufflehog:ignore`"), Kingfisher
//! (<https://github.com/mongodb/kingfisher>, "Inline ignores"), detect-secrets
//! (<https://github.com/Yelp/detect-secrets#inline-allowlisting>), secretlint
//! (<https://github.com/secretlint/secretlint/blob/master/docs/configuration.md>) and ggshield
//! (<https://docs.gitguardian.com/ggshield-docs/reference/secret/ignore>).

use super::marker::{Allow, Lines};
use crate::rule::Rule;
use jiff::civil::Date;
use std::fmt;

/// Our own markers' tool.
pub const BLURT: &str = "blurt";

/// What a marker says.
pub(super) enum Reading {
    /// Something on these lines is excused.
    Lines(Lines, Allow),
    /// Something from here on is excused.
    Start(Allow),
    /// The block of that tool ends.
    End(&'static str),
    /// It excuses nothing on these lines, and why.
    Flawed(Lines, String),
}

/// The rules that a marker speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Covers {
    /// All.
    Any,
    /// Those of these ids or kinds.
    Rules(Vec<String>),
    /// Those that have one of these words in their id or kind: another tool's names for what they find.
    Words(Vec<String>),
}

impl Covers {
    /// Whether it speaks of `rule`.
    #[must_use]
    pub fn has(&self, rule: &Rule) -> bool {
        match self {
            Self::Any => true,
            Self::Rules(names) => names.iter().any(|name| rule.is_called(name)),
            Self::Words(words) => {
                let plain = |name: &str| name.replace('-', "");
                let (id, kind) = (plain(rule.id()), plain(&rule.spec().kind));
                words.iter().any(|word| id.contains(word.as_str()) || kind.contains(word.as_str()))
            }
        }
    }
}

impl Covers {
    /// A name that none of the rules has.
    pub(super) fn unknown(&self, is_known: impl Fn(&str) -> bool) -> Option<&str> {
        let Self::Rules(names) = self else { return None };
        names.iter().map(String::as_str).find(|name| !is_known(name))
    }
}

impl fmt::Display for Covers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any rule"),
            Self::Rules(names) | Self::Words(names) => f.write_str(&names.join(", ")),
        }
    }
}

/// Reads what stands behind `sign`, one of [`crate::detect::MARKERS`], on its line. `alone` says whether
/// nothing but a comment's beginning stands before it.
pub(super) fn read(sign: &str, rest: &str, alone: bool) -> Option<Reading> {
    let own_or_next = if alone { Lines::Next } else { Lines::Own };
    match sign {
        "blurt:allow" => Some(blurt(rest, own_or_next)),
        "secretlint-disable" => secretlint(rest),
        "secretlint-enable" => is_word_end(rest).then_some(Reading::End(SECRETLINT)),
        _ if sign.starts_with("pragma") => {
            let lines = match before_secret(rest)? {
                "" => Lines::Own,
                "nextline" => Lines::Next,
                _ => return None,
            };
            Some(Reading::Lines(lines, foreign("detect-secrets", "allowlist secret")))
        }
        _ if !is_word_end(rest) => None,
        "kingfisher:ignore" => Some(Reading::Lines(own_or_next, foreign("kingfisher", sign))),
        "ggignore" => Some(Reading::Lines(Lines::Own, foreign("ggshield", sign))),
        _ => {
            let tool = ["gitleaks", "betterleaks", "trufflehog"];
            let tool = tool.into_iter().find(|tool| sign.starts_with(tool))?;
            Some(Reading::Lines(Lines::Own, foreign(tool, sign)))
        }
    }
}

const SECRETLINT: &str = "secretlint";

/// Whether a word that ends before `rest` does end there.
fn is_word_end(rest: &str) -> bool {
    !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '-')
}

/// What stands before the word *secret* of `pragma: allowlist … secret`.
fn before_secret(rest: &str) -> Option<&str> {
    let (before, rest) = rest.split_once("secret")?;
    is_word_end(rest).then_some(before.trim_matches([' ', '-']))
}

/// An excuse of a tool that asks for no reason.
fn foreign(tool: &'static str, sign: &str) -> Allow {
    let reason = format!("marked `{sign}` for {tool}");
    Allow { tool, covers: Covers::Any, reason, until: None }
}

fn secretlint(rest: &str) -> Option<Reading> {
    let (lines, names) = if let Some(names) = rest.strip_prefix("-next-line") {
        (Some(Lines::Next), names)
    } else if let Some(names) = rest.strip_prefix("-line") {
        (Some(Lines::Own), names)
    } else {
        (None, rest)
    };
    if !is_word_end(names) {
        return None;
    }
    let (names, reason) = names.split_once("--").unwrap_or((names, ""));
    let names = names.trim_end_matches("*/").split([',', ' ']).map(str::trim);
    let names: Vec<&str> = names.filter(|name| !name.is_empty() && *name != "*/").collect();
    let mut allow = foreign(SECRETLINT, "secretlint-disable");
    if let Some(reason) = reason_of(reason) {
        allow.reason = reason;
    }
    let of_preset = |name: &&str| name.contains("preset");
    if !names.is_empty() && !names.iter().any(of_preset) {
        allow.covers = Covers::Words(names.into_iter().map(word_of_rule).collect());
    }
    Some(match lines {
        Some(lines) => Reading::Lines(lines, allow),
        None => Reading::Start(allow),
    })
}

/// What a rule of secretlint is about: `@secretlint/secretlint-rule-github/X` speaks of *github*.
fn word_of_rule(name: &str) -> String {
    let name = name.rsplit_once("secretlint-rule-").map_or(name, |(_, name)| name);
    let name = name.split('/').next().unwrap_or(name).replace('-', "").to_ascii_lowercase();
    match name.as_str() {
        "basicauth" | "databaseconnectionstring" => "url".to_owned(),
        _ => name,
    }
}

/// A reason without the end of its comment.
fn reason_of(text: &str) -> Option<String> {
    let text = text.trim_start_matches('-').trim();
    let text = text.trim_end_matches("-->").trim_end_matches("*/").trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// `RULE[, RULE …] [until DAY] -- reason`.
fn blurt(rest: &str, own_or_next: Lines) -> Reading {
    if rest.starts_with("-end") {
        return Reading::End(BLURT);
    }
    let (body, lines) = if let Some(body) = rest.strip_prefix("-start") {
        (body, None)
    } else if let Some(body) = rest.strip_prefix("-file") {
        (body, Some(Lines::All))
    } else {
        (rest, Some(own_or_next))
    };
    match (allow(body), lines) {
        (Err(flaw), lines) => Reading::Flawed(lines.unwrap_or(own_or_next), flaw),
        (Ok(allow), Some(lines)) => Reading::Lines(lines, allow),
        (Ok(allow), None) => Reading::Start(allow),
    }
}

const FORM: &str = "write `blurt:allow RULE -- reason`";

fn allow(body: &str) -> Result<Allow, String> {
    let form = || FORM.to_owned();
    let body = body.strip_prefix([' ', '\t']).ok_or_else(form)?;
    let (rules, reason) = body.split_once("--").ok_or_else(form)?;
    let reason = reason_of(reason).ok_or_else(form)?;
    let mut words: Vec<&str> = rules.split([',', ' ', '\t']).filter(|w| !w.is_empty()).collect();
    let until = match words[..] {
        [.., "until", day] => {
            words.truncate(words.len() - 2);
            Some(
                day.parse::<Date>()
                    .map_err(|_| format!("`{day}` is no day: write it as 2027-01-31"))?,
            )
        }
        _ => None,
    };
    let is_name = |name: &&str| {
        name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    if words.is_empty() || !words.iter().all(|name| *name == "*" || is_name(name)) {
        return Err(form());
    }
    let covers = if words.contains(&"*") {
        Covers::Any
    } else {
        Covers::Rules(words.into_iter().map(str::to_owned).collect())
    };
    Ok(Allow { tool: BLURT, covers, reason, until })
}
