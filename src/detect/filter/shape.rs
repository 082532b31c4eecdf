//! Values of a shape that secrets under a generic name do not have: identifiers, paths, addresses,
//! UUIDs, colours, dates, sentences.

use super::{Filter, Subject, Verdict, is_any};
use crate::rule::Layer;
use bstr::ByteSlice;

pub(super) struct Shape;

impl Filter for Shape {
    fn name(&self) -> &'static str {
        "shape"
    }

    fn judge(&self, subject: &Subject) -> Option<Verdict> {
        let value = subject.value;
        match subject.layer {
            Layer::Structured | Layer::Named => None,
            Layer::Generic => generic(value),
            Layer::Password => password(value, subject).map(Verdict::Drop),
        }
    }
}

fn generic(value: &[u8]) -> Option<Verdict> {
    let upper = value.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    let reason = if is_address(value) {
        "a path or an address"
    } else if is_file(value) {
        "the name of a file"
    } else if value.starts_with(b"0x") {
        "a number"
    } else if upper && matches!(value.len(), 20 | 21) && value.starts_with(b"A") {
        "an AWS identifier"
    } else if is_head_of_token(value) {
        "the head of a token"
    } else {
        let uuid = is_uuid(value);
        return uuid.then_some(Verdict::Lower("a UUID without a provider's name"));
    };
    Some(Verdict::Drop(reason))
}

/// The header of a JSON web token, which says how the rest is signed.
fn is_head_of_token(value: &[u8]) -> bool {
    let head = value.trim_end_with(|c| c == '.');
    // `{"alg`, `{"typ`, and the first without its beginning.
    let heads = [&b"eyJhbGci"[..], b"eyJ0eXAi", b"yJhbGci"];
    heads.iter().any(|start| head.starts_with(start)) && !head.contains(&b'.') && head.len() < 80
}

/// `signing-key-2.pem`
fn is_file(value: &[u8]) -> bool {
    const ENDINGS: &str =
        "asc pem key crt cer der json yaml yml toml txt xml html js ts py md png svg";
    let end = value.rfind_byte(b'.').map(|at| &value[at + 1..]);
    end.is_some_and(|end| is_any(end, ENDINGS))
}

fn password(value: &[u8], subject: &Subject) -> Option<&'static str> {
    if is_address(value) {
        return Some("a path or an address");
    }
    let value = value.trim_ascii();
    let words = value.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).count();
    let words_only = |b: &u8| b.is_ascii_alphabetic() || b" '<".contains(b);
    let prompt = value
        .split_last()
        .is_some_and(|(last, rest)| b":?>".contains(last) && rest.iter().all(words_only));
    if words > 3 || prompt || (words > 1 && value.ends_with(b".")) {
        return Some("a sentence");
    }
    let named = value.iter().all(|b| b.is_ascii_alphanumeric() || b"_.-/: '*?!".contains(b));
    // `password = "password_field"`, `password: "user.password"`, `PASSWORD = "DB_PASSWORD"`.
    let telling = ["passw", "passph", "pwd", "secret", "token", "credential", "_pass"];
    if named && telling.iter().any(|word| value.to_ascii_lowercase().contains_str(word)) {
        let digits = value.iter().filter(|b| b.is_ascii_digit()).count();
        let joined = value.iter().any(|b| b"_.-/: ".contains(b));
        return (digits < 2 && joined).then_some("the name of something");
    }
    if is_date(value) {
        return Some("a date");
    }
    if is_version(value) {
        return Some("a version");
    }
    let constant = |b: &u8| b.is_ascii_uppercase() || *b == b'_';
    if value.contains(&b'_') && value.iter().all(constant) {
        return Some("the name of a constant");
    }
    let tag = subject.after.first() == Some(&b'(') && !subject.quoted;
    tag.then_some("a call")
}

fn is_address(value: &[u8]) -> bool {
    let slashes = value.iter().filter(|b| **b == b'/').count();
    let starts = [&b"/"[..], b"./", b"../", b"~/", b"http:", b"https:", b"C:\\", b"\\\\"];
    let path = starts.iter().any(|start| value.starts_with(start)) && !value.ends_with(b"=");
    let mail = value.find_byte(b'@').is_some_and(|at| {
        value[at + 1..].contains(&b'.')
            && value[..at].iter().all(|b| b.is_ascii_alphanumeric() || b"._-+".contains(b))
    });
    let segments = value.split(|b| *b == b'/');
    let wordy = slashes > 1 && segments.clone().filter(|s| is_word(s)).count() * 2 > slashes;
    (path && value.len() < 200 && is_readable_path(value)) || mail || wordy
}

/// Whether the parts of a path are names, not the random characters of base64.
fn is_readable_path(value: &[u8]) -> bool {
    let parts: Vec<&[u8]> =
        value.split(|b| b"/\\:".contains(b)).filter(|p| !p.is_empty()).collect();
    let named = parts.iter().filter(|part| is_word(part) || part.contains(&b'.')).count();
    named * 2 >= parts.len()
}

/// A word: letters in one case (or capitalised), perhaps with up to three digits at its end.
fn is_word(text: &[u8]) -> bool {
    let end = text.iter().rposition(|b| !b.is_ascii_digit()).map_or(0, |at| at + 1);
    let letters = &text[..end];
    let lower = letters.iter().skip(1).all(u8::is_ascii_lowercase);
    let upper = letters.iter().all(u8::is_ascii_uppercase);
    !letters.is_empty()
        && text.len() - end <= 3
        && letters[0].is_ascii_alphabetic()
        && (lower || upper)
}

/// The words of a camel-case name.
pub(super) fn humps(part: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = part;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let hump = |w: &[u8]| {
            (w[0].is_ascii_lowercase() || w[0].is_ascii_digit()) && w[1].is_ascii_uppercase()
        };
        let end = rest.windows(2).position(hump).map_or(rest.len(), |at| at + 1);
        let (piece, tail) = rest.split_at(end);
        rest = tail;
        Some(piece)
    })
}

/// `2025-01-31`, with or without a time.
fn is_date(value: &[u8]) -> bool {
    let date = value.iter().take(10).enumerate().all(|(at, b)| match at {
        4 | 7 => *b == b'-',
        _ => b.is_ascii_digit(),
    });
    value.len() >= 10 && date
}

/// `1.2.1`, `^2.0`, `2.16.840.1.113730`: numbers with dots between them.
fn is_version(value: &[u8]) -> bool {
    let value = value.strip_prefix(b"^").or_else(|| value.strip_prefix(b"~")).unwrap_or(value);
    let mut parts = value.split(|b| *b == b'.');
    value.contains(&b'.')
        && parts.all(|part| !part.is_empty() && part.iter().all(u8::is_ascii_digit))
}

pub(super) fn is_uuid(value: &[u8]) -> bool {
    value.len() == 36
        && value.iter().enumerate().all(|(at, b)| match at {
            8 | 13 | 18 | 23 => *b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_not_base64_with_slashes() {
        for path in [
            "/etc/ssl/private/key",
            "./config/secrets.yml",
            "https://example.org/a",
            "me@example.org",
        ] {
            assert!(is_address(path.as_bytes()), "{path}");
        }
        for random in ["/9j/4AAQSkZJRgABAQ12ab/Xw", "aG9/bGE+d29ybGQ/2Zk1"] {
            assert!(!is_address(random.as_bytes()), "{random}");
        }
    }
}
