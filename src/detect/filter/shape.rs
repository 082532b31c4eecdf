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
            Layer::Generic => generic(value).map(Verdict::Drop),
            Layer::Password => password(value, subject).map(Verdict::Drop),
        }
    }
}

fn generic(value: &[u8]) -> Option<&'static str> {
    if is_address(value) {
        return Some("a path or an address");
    }
    if is_identifier(value) {
        return Some("an identifier");
    }
    let upper = value.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    if upper && matches!(value.len(), 20 | 21) && value.starts_with(b"A") {
        return Some("an AWS identifier");
    }
    let head = value.trim_end_with(|c| c == '.');
    if (head.starts_with(b"eyJ") || head.starts_with(b"yJhbGci"))
        && !head.contains(&b'.')
        && head.len() < 80
    {
        return Some("the head of a token");
    }
    if is_uuid(value) {
        return Some("a UUID without a provider's name");
    }
    let digits = value.iter().filter(|b| b.is_ascii_digit()).count();
    if digits == value.len() || value.starts_with(b"0x") {
        return Some("a number");
    }
    // A name with a version or a size in it: words, and digits only at their ends.
    let words = value.split(|b| b"-_./".contains(b));
    let wordy = words.filter(|word| is_word(word)).count() * 2;
    let parts = || value.split(|b| b"-_./".contains(b));
    // `acme-prod-9fK2mQ7xLp0VbTz3RwYc8NdE`: the words say whose the rest is.
    let random = parts().any(|part| part.len() >= LONG_PART && !is_word(part));
    let count = parts().count();
    if count > 2 && wordy > count && !random {
        return Some("words");
    }
    is_file(value).then_some("the name of a file")
}

/// Letters and digits of this length between dashes are no abbreviation and no number.
const LONG_PART: usize = 12;

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
    let prompt = value.last().is_some_and(|b| b":?>".contains(b));
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

/// `camelCaseName`, `snake_case_name`, `kebab-case`, `dotted.name`, perhaps with a digit or two.
fn is_identifier(value: &[u8]) -> bool {
    let allowed = |b: &u8| b.is_ascii_alphanumeric() || b"_-.:/".contains(b);
    if !value.iter().all(allowed) {
        return false;
    }
    let (mut letters, mut readable) = (0, 0);
    for part in value.split(|b| b"_-.:/".contains(b)) {
        for piece in humps(part) {
            let vowels = piece.iter().filter(|b| b"aeiouyAEIOUY".contains(b)).count();
            let spoken = piece.len() == 3 || vowels * 6 >= piece.len();
            letters += piece.len();
            readable += if piece.len() >= 3 && is_word(piece) && spoken { piece.len() } else { 0 };
        }
    }
    readable * 3 >= letters * 2
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
    fn names_are_identifiers_and_random_values_are_not() {
        for name in
            ["my_secret_name", "camelCaseIdentifierName", "user.password.label", "x-api-key-v2"]
        {
            assert!(is_identifier(name.as_bytes()), "{name}");
        }
        for random in ["aB3dE5gH7jK9mN1pQ3", "d41d8cd98f00b204e9800998ecf8427e", "ZkR0-pq_9xTw2Lm4"]
        {
            assert!(!is_identifier(random.as_bytes()), "{random}");
            assert_eq!(generic(random.as_bytes()), None, "{random}");
        }
        for kept in ["acme-prod-9fK2mQ7xLp0VbTz3RwYc8NdE", "zz_live_8qm2vx7lk0pz3rw9tt4hb6"] {
            assert_eq!(generic(kept.as_bytes()), None, "{kept}");
        }
        for words in ["acme-prod-eu-2", "docker-image-12-r2", "e2e-001-decrypt.asc"] {
            assert!(generic(words.as_bytes()).is_some(), "{words}");
        }
    }

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
