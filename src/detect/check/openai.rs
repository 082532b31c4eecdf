//! Keys of `OpenAI` hold the base64 of `OpenAI` in their middle, and say in their prefix for whom they
//! are (<https://platform.openai.com/docs/api-reference/authentication>).

use super::Check;
use super::fact::Tell as _;
use crate::finding::{Status, Verification};
use bstr::ByteSlice;

pub(super) struct OpenAi;

const MARK: &str = "T3BlbkFJ";
/// The shortest half.
const HALF: usize = 20;
const KINDS: [(&str, &str); 5] = [
    ("proj-", "project"),
    ("svcacct-", "service-account"),
    ("admin-", "admin"),
    ("None-", "user"),
    ("", "user"),
];

impl Check for OpenAi {
    fn name(&self) -> &'static str {
        "openai"
    }

    fn verify(&self, secret: &[u8]) -> Verification {
        let rest = secret.strip_prefix(b"sk-").unwrap_or_default();
        let found = KINDS.iter().find_map(|(prefix, kind)| {
            let halves = rest.strip_prefix(prefix.as_bytes())?.split_once_str(MARK)?;
            Some((halves, kind))
        });
        match found {
            Some(((before, after), kind))
                if before.len() >= HALF && before.len() == after.len() =>
            {
                Verification::new(Status::WellFormed).tell("kind", Some(kind))
            }
            _ => Verification::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::example::expand;

    #[test]
    fn the_mark_stands_in_the_middle() {
        for (pattern, kind) in [
            ("<<sk-[0-9A-Za-z]{20}T3BlbkFJ[0-9A-Za-z]{20}>>", "user"),
            ("<<sk-proj-[0-9A-Za-z_-]{74}T3BlbkFJ[0-9A-Za-z_-]{74}>>", "project"),
            ("<<sk-svcacct-[0-9A-Za-z_-]{58}T3BlbkFJ[0-9A-Za-z_-]{58}>>", "service-account"),
            ("<<sk-admin-[0-9A-Za-z_-]{58}T3BlbkFJ[0-9A-Za-z_-]{58}>>", "admin"),
        ] {
            let key = expand(pattern, 1).unwrap();
            let seen = OpenAi.verify(key.as_bytes());
            assert_eq!((seen.status, &*seen.facts["kind"]), (Status::WellFormed, kind));
            for end in 0..key.len() {
                assert_eq!(OpenAi.verify(&key.as_bytes()[..end]), Verification::default());
            }
            let moved = key.replace("T3BlbkFJ", "T3BlbkFJ0");
            assert_eq!(OpenAi.verify(moved.as_bytes()).status, Status::Unknown);
        }
    }
}
