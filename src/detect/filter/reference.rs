//! References to a secret that stands elsewhere: variables, templates, look-ups, files.

use super::{Filter, Subject, Verdict, Words, starts_with_any};
use crate::rule::Layer;

pub(super) struct Reference;

/// Beginnings of values that are fetched when they are needed.
const FETCHED: &str = "\
    $ %( {{ {% <% #{ @{ env: env( env. env[ process.env os.environ os.getenv getenv \
    system.getenv arn: vault: ssm: secret: secrets. op:// file: ref+ enc[ enc( !vault projects/";

/// Marks of a template or an expression anywhere in the value.
static MARKS: Words = Words::new(
    "\
    ${ {{ }} #{ <% %> $( %{ @@ __{ {} {0} {1} %s %d %v `+",
);

/// What stands before a value that is no secret without its key.
static ENCRYPTED: Words = Words::new("encrypteddata !vault");

/// What stands in statements, and in hardly any password.
static STATEMENTS: Words = Words::new("=> ){ }( (){ ); !0, !1, }); (function return(");

static OPERATORS: Words = Words::new("|| && += != ==");

impl Filter for Reference {
    fn name(&self) -> &'static str {
        "reference"
    }

    fn judge(&self, subject: &Subject) -> Option<Verdict> {
        if subject.layer == Layer::Structured {
            return None;
        }
        let value = subject.value.trim_ascii();
        if MARKS.are_in(value) || is_enclosed(value) {
            return Some(Verdict::Drop("a template, filled in elsewhere"));
        }
        if ENCRYPTED.are_in(subject.before) {
            return Some(Verdict::Drop("encrypted, by what stands before it"));
        }
        if value.starts_with(b"?") && is_parameter(subject.before) {
            return Some(Verdict::Drop("what a shell says where a variable is not set"));
        }
        let fetched = starts_with_any(value, FETCHED);
        let hash = value.starts_with(b"$") && value[1..].iter().take(9).any(|b| *b == b'$');
        if fetched && !(hash || (subject.quoted && is_random_behind_dollar(value))) {
            return Some(Verdict::Drop("a reference to a value elsewhere"));
        }
        let named = |b: &u8| b.is_ascii_alphanumeric() || b"<>_- .".contains(b);
        if value.starts_with(b"<") && (!subject.quoted || value.iter().all(named)) {
            return Some(Verdict::Drop("a placeholder in angle brackets"));
        }
        if interpolates(value)
            && subject.quoted
            && value.iter().all(|b| b.is_ascii_alphabetic() || *b == b'$')
        {
            return Some(Verdict::Lower("it may hold the name of a variable"));
        }
        if interpolates(value) || (!subject.quoted && names_another(value)) {
            return Some(Verdict::Drop("a reference to a value elsewhere"));
        }
        if subject.layer <= Layer::Generic && STATEMENTS.are_in(value) {
            return Some(Verdict::Drop("a part of a statement"));
        }
        (!subject.quoted && is_expression(value)).then_some(Verdict::Drop("an expression"))
    }
}

/// `${NAME:` and what may stand between it and the value: nothing.
fn is_parameter(before: &[u8]) -> bool {
    let Some(before) = before.strip_suffix(b":") else { return false };
    let of_name = |b: &&u8| b.is_ascii_alphanumeric() || **b == b'_';
    let name = before.iter().rev().take_while(of_name).count();
    name > 0 && before[..before.len() - name].ends_with(b"${")
}

/// `/$path_of_it`, `cn=user,$base`: a variable of four letters or more behind something else.
fn interpolates(value: &[u8]) -> bool {
    let letters = |b: &&u8| b.is_ascii_lowercase() || **b == b'_';
    let names = value.split(|b| *b == b'$').skip(1).map(|v| v.iter().take_while(letters).count());
    value.contains(&b'$') && names.max().unwrap_or(0) >= 4 && !value.iter().any(u8::is_ascii_digit)
}

/// `@NAME`, `:name`: what SQL, templates and reStructuredText call a parameter.
fn names_another(value: &[u8]) -> bool {
    let name = value.strip_prefix(b"@").or_else(|| value.strip_prefix(b":"));
    name.is_some_and(|name| {
        name.first().is_some_and(u8::is_ascii_alphabetic)
            && (name.iter().all(|b| b.is_ascii_alphabetic() || b"_-:`".contains(b))
                || name.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_'))
    })
}

/// `<your token>`, `[token]`, `{token}`, `%TOKEN%`, `@TOKEN@`, `__TOKEN__`.
fn is_enclosed(value: &[u8]) -> bool {
    let (Some(first), Some(last)) = (value.first(), value.last()) else { return true };
    let pair = matches!(
        (first, last),
        (b'<', b'>') | (b'[', b']') | (b'{', b'}') | (b'(', b')') | (b'%', b'%') | (b'@', b'@')
    );
    let double = value.len() > 4 && value.starts_with(b"__") && value.ends_with(b"__");
    pair || double || value.starts_with(b"<") && value.contains(&b'>')
}

/// A password may begin with `$`: then it is no name.
fn is_random_behind_dollar(value: &[u8]) -> bool {
    value.first() == Some(&b'$')
        && value.get(1).is_none_or(|b| !(b.is_ascii_alphabetic() || b"_{(".contains(b)))
}

/// `foo()`, `a.b.c`, `obj->field`, `a[b]`, `A::B`.
fn is_expression(value: &[u8]) -> bool {
    let name = value.iter().take_while(|b| b.is_ascii_alphanumeric() || b"_.:".contains(b)).count();
    let calls = name > 0 && value.get(name) == Some(&b'(');
    let word = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_' || *b == b'.';
    let dotted = value.contains(&b'.')
        && value.iter().all(word)
        && value.first().is_some_and(u8::is_ascii_alphabetic)
        && !value.iter().any(u8::is_ascii_digit);
    // Not at the end, where base64 has its padding.
    let inner = &value[..value.len().saturating_sub(2)];
    let operated = OPERATORS.are_in(inner);
    let open = value.last().is_some_and(|b| b"([{".contains(b));
    let grouped = value.starts_with(b"(");
    calls
        || grouped
        || operated
        || open
        || (name > 0 && value.get(name) == Some(&b'[') && value.ends_with(b"]"))
        || dotted
        || value
            .windows(2)
            .any(|w| w == b"->" || w == b"::" || w == b"()" || w == b"[\"" || w == b"['")
}
