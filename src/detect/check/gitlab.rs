//! Routable tokens of GitLab: a prefix, a payload in base64url, a dot, perhaps a version and a dot, two
//! base-36 characters of the payload's length, and seven of the CRC-32 of all before. The payload is
//! lines `o:1` of ids in base 36, random bytes, and their number in one byte
//! (<https://handbook.gitlab.com/handbook/engineering/architecture/design-documents/cells/routable_tokens/>).
//! The token of a CI job may be a JSON Web Token behind the prefix.

use super::fact::Tell as _;
use super::{Check, encoded, jwt, now, verdict};
use crate::finding::{Status, Verification};
use bstr::ByteSlice;

pub(super) struct GitLab;

const LENGTH: usize = 2;
const CHECKSUM: usize = 7;
const BASE36: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";

impl Check for GitLab {
    fn name(&self) -> &'static str {
        "gitlab"
    }

    fn verify(&self, secret: &[u8]) -> Verification {
        match secret.split_once_str("-") {
            Some((b"glcbt", token)) if token.starts_with(b"eyJ") => jwt::verify_at(token, now()),
            _ => routable(secret).unwrap_or_default(),
        }
    }

    /// `body` ends with the dot before the length.
    fn seal(&self, body: &str) -> Option<String> {
        let routed = body.split('.').next()?;
        let payload = &routed.as_bytes()[prefix(routed.as_bytes())?..];
        let body = format!("{body}{}", base36::<LENGTH>(payload.len() as u32));
        let checksum = base36::<CHECKSUM>(crc32fast::hash(body.as_bytes()));
        Some(format!("{body}{checksum}"))
    }
}

fn routable(secret: &[u8]) -> Option<Verification> {
    let (head, tail) = secret.rsplit_once_str(".")?;
    let (routed, version) = head.split_once_str(".").map_or((head, None), |(r, v)| (r, Some(v)));
    let is_version = version.is_none_or(|version| version.len() == 2 && is_base36(version));
    if tail.len() != LENGTH + CHECKSUM || !is_base36(tail) || !is_version {
        return None;
    }
    let payload = &routed[prefix(routed)?..];
    let (covered, checksum) = secret.split_at(secret.len() - CHECKSUM);
    let right = checksum == base36::<CHECKSUM>(crc32fast::hash(covered)).as_bytes()
        && number(&tail[..LENGTH]) == Some(payload.len() as u64);
    let seen = verdict(right);
    if seen.status != Status::ChecksumValid {
        return Some(seen);
    }
    let seen = seen.tell("version", version.and_then(|version| version.to_str().ok()));
    Some(routes(payload).into_iter().fold(seen, |seen, (name, id)| seen.with(name, id.to_string())))
}

/// The length of the prefix, with the kind of a runner in it: `glpat-`, `glrt-t1_`.
fn prefix(routed: &[u8]) -> Option<usize> {
    let dash = routed.find_byte(b'-')? + 1;
    match &routed[dash..] {
        [b't', b'0'..=b'9', b'_', ..] => Some(dash + 3),
        _ => Some(dash),
    }
}

/// What the payload routes to.
fn routes(payload: &[u8]) -> Vec<(&'static str, u64)> {
    let lines = encoded::base64(payload).and_then(|mut bytes| {
        let random = usize::from(bytes.pop()?);
        bytes.truncate(bytes.len().checked_sub(random)?);
        Some(bytes)
    });
    let lines = lines.unwrap_or_default();
    let route = |line: &[u8]| {
        let name = match line.first()? {
            b'c' => "cell_id",
            b'g' => "group_id",
            b'o' => "organization_id",
            b'p' => "project_id",
            b'u' => "user_id",
            _ => return None,
        };
        Some((name, number(line[1..].strip_prefix(b":")?)?))
    };
    lines.split(|b| *b == b'\n').filter_map(route).collect()
}

fn is_base36(text: &[u8]) -> bool {
    text.iter().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase())
}

fn number(text: &[u8]) -> Option<u64> {
    u64::from_str_radix(text.to_str().ok().filter(|_| is_base36(text))?, 36).ok()
}

fn base36<const WIDTH: usize>(mut number: u32) -> String {
    let mut out = [b'0'; WIDTH];
    for digit in out.iter_mut().rev() {
        *digit = BASE36[(number % 36) as usize];
        number /= 36;
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::super::vectors::{assert_doubt, assert_proof, sealed};
    use super::*;
    use crate::rule::example::expand;

    /// The payload of zero "random" bytes for cell 1, organisation 2, user zz.
    const PAYLOAD: &str = "YzoxCm86Mgp1Onp6AAAAAAAAAAAAAAAAAAAAABA";

    #[test]
    fn both_versions_are_verified() {
        // Computed apart, with zlib.
        for (head, tail) in
            [("glpat-", ".130p03fuh"), ("glpat-", ".01.131vpk5st"), ("glrt-t1_", ".01.130q8672b")]
        {
            let token = format!("{head}{PAYLOAD}{tail}");
            assert_proof(&GitLab, &token, 0..token.len());
            assert_doubt(&GitLab, &token, ['0', '1']);
            let facts = GitLab.verify(token.as_bytes()).facts;
            let told = ["cell_id", "organization_id", "user_id"].map(|name| &*facts[name]);
            assert_eq!(told, ["1", "2", "1295"]);
            assert_eq!(facts.contains_key("version"), tail.starts_with(".01."));
        }
    }

    #[test]
    fn a_payload_that_does_not_decode_tells_nothing() {
        let token = sealed(&GitLab, r"glptt-[0-9A-Za-z_]{45}\.01\.");
        let seen = GitLab.verify(token.as_bytes());
        assert_eq!(seen.status, Status::ChecksumValid);
        assert_eq!(seen.facts.keys().collect::<Vec<_>>(), [&"version"]);
    }

    #[test]
    fn other_tokens_of_gitlab() {
        let job = expand("glcbt-<<@jwt>>", 1).unwrap();
        assert_eq!(GitLab.verify(job.as_bytes()).status, Status::WellFormed);
        for pattern in ["<<glpat-[0-9A-Za-z]{20}>>", "<<glpat-[0-9a-z]{27}\\.[0-9A-Z]{9}>>"] {
            let token = expand(pattern, 1).unwrap();
            assert_eq!(GitLab.verify(token.as_bytes()).status, Status::Unknown);
        }
    }
}
