//! Facts are the words of whoever made the secret: they are cleaned before they are told.

use crate::finding::{Status, Verification};
use jiff::Timestamp;

/// Characters of a fact; the rest is cut off.
const MOST: usize = 80;

/// What a check adds to its verdict.
pub(super) trait Tell {
    /// The same with one more fact, if there is anything to tell.
    fn tell(self, name: &'static str, text: Option<impl AsRef<str>>) -> Self;

    /// The same with the time at which the secret `expires`, if it says so: it is `Expired` if that
    /// is before `now`.
    fn until(self, expires: Option<Timestamp>, now: Timestamp) -> Self;
}

impl Tell for Verification {
    fn tell(self, name: &'static str, text: Option<impl AsRef<str>>) -> Self {
        match text.map(|text| clean(text.as_ref())) {
            Some(text) if !text.is_empty() => self.with(name, text),
            _ => self,
        }
    }

    fn until(mut self, expires: Option<Timestamp>, now: Timestamp) -> Self {
        let Some(expires) = expires else { return self };
        if expires < now {
            self.status = Status::Expired;
        }
        self.with("expires", expires.to_string())
    }
}

/// Short, and nothing but printable ASCII. Of an address, who logs in is left out.
fn clean(text: &str) -> String {
    let (scheme, rest) = text.split_once("://").map_or(("", text), |(scheme, rest)| (scheme, rest));
    let authority = rest.find('/').unwrap_or(rest.len());
    let login = rest[..authority].rfind('@').filter(|_| !scheme.is_empty());
    let rest = &rest[login.map_or(0, |at| at + 1)..];
    let mark = if scheme.is_empty() { "" } else { "://" };
    let all = scheme.chars().chain(mark.chars()).chain(rest.chars());
    all.filter(char::is_ascii_graphic).take(MOST).collect()
}

/// The host of an address: `https://example.com/a` → `example.com`.
pub(super) fn host(address: &str) -> &str {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    authority.rsplit('@').next().unwrap_or(authority)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_short_and_printable() {
        for (text, told) in [
            ("a\u{7}b c\u{202e}", "abc"),
            ("https://user:pass@example.com/a", "https://example.com/a"),
            ("name@example.com", "name@example.com"),
            ("https://example.com/@a", "https://example.com/@a"),
        ] {
            assert_eq!(clean(text), told);
        }
        assert_eq!(clean(&"x".repeat(200)).len(), MOST);
        let seen =
            Verification::default().tell("nothing", Some("\u{7}")).tell("none", None::<&str>);
        assert!(seen.facts.is_empty());
    }

    #[test]
    fn the_host_of_an_address() {
        for address in ["https://u:p@example.com/a", "example.com", "https://example.com?a"] {
            assert_eq!(host(address), "example.com");
        }
    }
}
