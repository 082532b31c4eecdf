//! API tokens of `PyPI` are macaroons in base64url: the host that issued them, an identifier, caveats in
//! JSON, and a signature (<https://docs.pypi.org/api/secrets/>; the binary form is version 2 of
//! <https://github.com/rescrv/libmacaroons/blob/master/doc/format.txt>; the caveats are those of
//! <https://github.com/pypi/warehouse/blob/main/warehouse/macaroons/caveats/__init__.py>).

use super::fact::Tell as _;
use super::{Check, encoded, now};
use crate::finding::{Status, Verification};
use bstr::ByteSlice;
use jiff::Timestamp;
use serde_json::Value;

pub(super) struct PyPi;

/// The types of fields.
const LOCATION: u8 = 1;
const IDENTIFIER: u8 = 2;
const SIGNATURE: u8 = 6;

impl Check for PyPi {
    fn name(&self) -> &'static str {
        "pypi"
    }

    fn verify(&self, secret: &[u8]) -> Verification {
        verify_at(secret, now())
    }
}

fn verify_at(secret: &[u8], now: Timestamp) -> Verification {
    let bytes = secret.strip_prefix(b"pypi-").and_then(encoded::base64).unwrap_or_default();
    let Some(macaroon) = Macaroon::parse(&bytes) else { return Verification::default() };
    let mut seen = Verification::new(Status::WellFormed).tell("host", macaroon.host.to_str().ok());
    for caveat in macaroon.caveats {
        seen = tell(seen, &serde_json::from_slice(caveat).unwrap_or_default(), now);
    }
    seen
}

/// What a caveat restricts the token to.
fn tell(seen: Verification, caveat: &Value, now: Timestamp) -> Verification {
    let names = |names: &Value| {
        let names = names.as_array().into_iter().flatten().filter_map(Value::as_str);
        Some(names.collect::<Vec<_>>().join(","))
    };
    match caveat[0].as_u64() {
        Some(0) => seen.until(encoded::seconds(&caveat[1]), now),
        Some(1) => seen.tell("projects", names(&caveat[1])),
        Some(2) => seen.tell("project_ids", names(&caveat[1])),
        Some(_) => seen,
        // The first version of caveats was an object.
        None => seen.tell("projects", names(&caveat["permissions"]["projects"])),
    }
}

struct Macaroon<'a> {
    host: &'a [u8],
    caveats: Vec<&'a [u8]>,
}

impl<'a> Macaroon<'a> {
    fn parse(bytes: &'a [u8]) -> Option<Self> {
        let rest = bytes.strip_prefix(&[2])?;
        let (host, rest) = field(rest, LOCATION)?;
        let (_identifier, rest) = field(rest, IDENTIFIER)?;
        let mut rest = rest.strip_prefix(&[0])?;
        let mut caveats = Vec::new();
        while *rest.first()? != 0 {
            let (caveat, tail) = field(rest, IDENTIFIER)?;
            rest = tail.strip_prefix(&[0])?;
            caveats.push(caveat);
        }
        let (signature, _) = field(&rest[1..], SIGNATURE)?;
        (signature.len() == 32).then_some(Self { host, caveats })
    }
}

/// The content of the field of this type at the beginning of `bytes`, and what follows it.
fn field(bytes: &[u8], kind: u8) -> Option<(&[u8], &[u8])> {
    let (mut length, mut rest) = (0_usize, bytes.strip_prefix(&[kind])?);
    // A length of more than two bytes is longer than any token.
    for shift in [0, 7] {
        let (byte, tail) = rest.split_first()?;
        rest = tail;
        length |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return rest.split_at_checked(length);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::example::expand;

    #[test]
    fn host_and_projects() {
        for (name, host, projects) in [
            ("@pypi-token", "pypi.org", None),
            ("@pypi-project-token", "pypi.org", Some("acme-app")),
            ("@testpypi-token", "test.pypi.org", None),
        ] {
            let token = expand(&format!("<<{name}>>"), 1).unwrap();
            let seen = PyPi.verify(token.as_bytes());
            assert_eq!(seen.status, Status::WellFormed, "{name}");
            assert_eq!(seen.facts["host"], host);
            assert_eq!(seen.facts.get("projects").map(String::as_str), projects);
            for end in 0..token.len() - 2 {
                assert_eq!(PyPi.verify(&token.as_bytes()[..end]).status, Status::Unknown, "{end}");
            }
        }
    }

    #[test]
    fn caveats_of_both_versions() {
        let at = |text: &str, second| {
            let now = Timestamp::from_second(second).unwrap();
            let seen = Verification::new(Status::WellFormed);
            tell(seen, &serde_json::from_str(text).unwrap(), now)
        };
        assert_eq!(at("[0, 1000, 10]", 999).status, Status::WellFormed);
        assert_eq!(at("[0, 1000, 10]", 1001).status, Status::Expired);
        assert_eq!(at(r#"[1, ["a", "b"]]"#, 0).facts["projects"], "a,b");
        let old = r#"{"version": 1, "permissions": {"projects": ["a"]}}"#;
        assert_eq!(at(old, 0).facts["projects"], "a");
        for nothing in [r#"{"version": 1, "permissions": "user"}"#, "[9]", "1", r#"[3, "x"]"#] {
            assert!(at(nothing, 0).facts.is_empty());
        }
    }
}
