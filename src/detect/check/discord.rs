//! Tokens of Discord's bots: the first of three parts is base64 of the bot's id, a snowflake, which
//! holds the time when it was made (<https://discord.com/developers/docs/reference#snowflakes>).

use super::fact::Tell as _;
use super::{Check, encoded};
use crate::finding::{Status, Verification};
use jiff::Timestamp;

pub(super) struct Discord;

/// The first second of 2015 in milliseconds.
const EPOCH: i64 = 1_420_070_400_000;

impl Check for Discord {
    fn name(&self) -> &'static str {
        "discord"
    }

    fn verify(&self, secret: &[u8]) -> Verification {
        let parts: Vec<&[u8]> = secret.split(|b| *b == b'.').collect();
        let [id, _, _] = parts[..] else { return Verification::default() };
        let Some(id) = encoded::base64(id).and_then(|id| snowflake(&id)) else {
            return Verification::default();
        };
        let created = Timestamp::from_millisecond((id >> 22) as i64 + EPOCH).ok();
        Verification::new(Status::WellFormed)
            .tell("bot_id", Some(id.to_string()))
            .tell("created", created.map(|at| at.strftime("%F").to_string()))
    }
}

/// A number of 64 bits in decimal digits; they are 17 at least since the first weeks.
fn snowflake(digits: &[u8]) -> Option<u64> {
    let digits = str::from_utf8(digits).ok()?;
    let formed = digits.len() >= 17 && digits.bytes().all(|b| b.is_ascii_digit());
    digits.parse().ok().filter(|_| formed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};

    #[test]
    fn the_snowflake_is_told() {
        // The example of Discord's reference.
        let id = BASE64_URL_SAFE_NO_PAD.encode("175928847299117063");
        let seen = Discord.verify(format!("{id}.{}.{}", "a".repeat(6), "b".repeat(27)).as_bytes());
        assert_eq!(seen.status, Status::WellFormed);
        assert_eq!(seen.facts["bot_id"], "175928847299117063");
        assert_eq!(seen.facts["created"], "2016-04-30");
    }

    #[test]
    fn anything_else_is_unknown() {
        for (id, rest) in [("1", ".a.b"), ("99999999999999999999", ".a.b"), ("x", ".a.b")] {
            let id = BASE64_URL_SAFE_NO_PAD.encode(id);
            assert_eq!(Discord.verify(format!("{id}{rest}").as_bytes()).status, Status::Unknown);
        }
        assert_eq!(Discord.verify(b"").status, Status::Unknown);
    }
}
