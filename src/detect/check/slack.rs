//! Tokens of Slack: a prefix for the kind, numbers for the workspace and the user or the app, and a
//! random part (<https://api.slack.com/authentication/token-types>). In the address of a webhook, the
//! workspace and the app or the workflow stand before the random part.

use super::Check;
use super::fact::Tell as _;
use crate::finding::{Status, Verification};
use bstr::ByteSlice;

pub(super) struct Slack;

/// The shortest random part.
const RANDOM: usize = 18;

impl Check for Slack {
    fn name(&self) -> &'static str {
        "slack"
    }

    fn verify(&self, secret: &[u8]) -> Verification {
        let seen = match secret {
            // Base64 may hold what separates the parts of others.
            [b'x', b'o', b'x', b'd', b'-', cookie @ ..] => session(cookie),
            _ if secret.contains(&b'/') => webhook(secret),
            _ => token(secret),
        };
        seen.unwrap_or_default()
    }
}

fn token(secret: &[u8]) -> Option<Verification> {
    let mut parts: Vec<&[u8]> = secret.split(|b| *b == b'-').collect();
    let random = parts.pop()?;
    let (prefix, ids) = parts.split_first()?;
    let kind = match *prefix {
        b"xoxb" => "bot",
        b"xoxp" => "user",
        b"xapp" => "app-level",
        b"xoxe.xoxp" | b"xoxe.xoxb" => "rotating",
        b"xoxe" => "refresh",
        b"xoxa" | b"xoxr" => "legacy-workspace",
        b"xoxo" | b"xoxs" => "legacy",
        b"xoxc" => "session",
        _ => return None,
    };
    if random.len() < RANDOM {
        return None;
    }
    let seen = Verification::new(Status::WellFormed).tell("kind", Some(kind));
    let number = |id: Option<&&[u8]>| {
        let digits = id.filter(|id| id.len() >= 9 && id.iter().all(u8::is_ascii_digit));
        digits.and_then(|id| id.to_str().ok()).map(str::to_owned)
    };
    Some(match kind {
        // The one number of the older form is the bot's.
        "bot" if ids.len() < 2 => seen.tell("bot_id", number(ids.first())),
        "bot" => seen.tell("team_id", number(ids.first())).tell("bot_id", number(ids.get(1))),
        "user" | "session" => {
            seen.tell("team_id", number(ids.first())).tell("user_id", number(ids.get(1)))
        }
        "app-level" => seen.tell("app_id", ids.get(1).and_then(|id| id.to_str().ok())),
        _ => seen,
    })
}

/// The cookie that belongs to a token of a session.
fn session(cookie: &[u8]) -> Option<Verification> {
    let formed = cookie.len() >= RANDOM && cookie.is_ascii();
    formed.then(|| Verification::new(Status::WellFormed).tell("kind", Some("cookie")))
}

/// `T…/B…/random`, or `T…/A…/number/random` of a workflow.
fn webhook(secret: &[u8]) -> Option<Verification> {
    let parts: Vec<&str> = secret.to_str().ok()?.split('/').collect();
    let (team, rest) = parts.split_first().filter(|(team, _)| team.starts_with(['T', 'E']))?;
    let (random, ids) = rest.split_last().filter(|(random, _)| random.len() >= RANDOM)?;
    let id = |kind: char| ids.iter().find(|id| id.starts_with(kind)).copied();
    let seen = Verification::new(Status::WellFormed).tell("kind", Some("webhook"));
    let is_known = !ids.is_empty() && random.bytes().all(|b| b.is_ascii_alphanumeric());
    let told = seen.tell("team_id", Some(team)).tell("webhook_id", id('B')).tell("app_id", id('A'));
    is_known.then_some(told)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::example::expand;

    #[test]
    fn kinds_and_ids() {
        for (pattern, kind, ids) in [
            (
                "xoxb-111111111111-2222222222222-<<[0-9A-Za-z]{24}>>",
                "bot",
                &["team_id", "bot_id"][..],
            ),
            ("xoxb-111111111111-<<[0-9A-Za-z]{24}>>", "bot", &["bot_id"]),
            (
                "xoxp-111111111111-222222222222-<<[0-9]{13}-[0-9a-f]{32}>>",
                "user",
                &["team_id", "user_id"],
            ),
            ("xapp-1-A0AAAAAAAAA-1111111111111-<<[0-9a-f]{64}>>", "app-level", &["app_id"]),
            ("xoxd-<<[0-9A-Za-z%+/_-]{120}>>", "cookie", &[]),
            ("xoxe.xoxp-1-<<[0-9A-Za-z]{166}>>", "rotating", &[]),
            ("T0AAAAAAA/B0AAAAAAAAA/<<[0-9A-Za-z]{24}>>", "webhook", &["team_id", "webhook_id"]),
        ] {
            let token = expand(pattern, 1).unwrap();
            let seen = Slack.verify(token.as_bytes());
            assert_eq!(
                (seen.status, &*seen.facts["kind"]),
                (Status::WellFormed, kind),
                "{pattern}"
            );
            assert_eq!(seen.facts.len(), ids.len() + 1);
            let random = &token[token.len() - 18..];
            for id in ids {
                assert!(!seen.facts[*id].contains(random));
            }
        }
    }

    #[test]
    fn anything_else_is_unknown() {
        for text in
            ["", "-", "/", "xoxb-your-token", "xoxz-1-<<[0-9a-z]{24}>>", "A/B/<<[0-9a-z]{24}>>"]
        {
            let token = expand(text, 1).unwrap();
            assert_eq!(Slack.verify(token.as_bytes()), Verification::default(), "{text}");
        }
    }
}
