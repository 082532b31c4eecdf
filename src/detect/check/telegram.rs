//! Tokens of Telegram's bots: the id of the bot, a colon, and 35 characters
//! (<https://core.telegram.org/bots/api#authorizing-your-bot>).

use super::Check;
use super::fact::Tell as _;
use crate::finding::{Status, Verification};
use bstr::ByteSlice;

pub(super) struct Telegram;

const RANDOM: usize = 35;

impl Check for Telegram {
    fn name(&self) -> &'static str {
        "telegram"
    }

    fn verify(&self, secret: &[u8]) -> Verification {
        let is_random = |b: &u8| b.is_ascii_alphanumeric() || b"_-".contains(b);
        match secret.split_once_str(":") {
            Some((id, random))
                if (5..=16).contains(&id.len())
                    && id.iter().all(u8::is_ascii_digit)
                    && random.len() == RANDOM
                    && random.iter().all(is_random) =>
            {
                Verification::new(Status::WellFormed).tell("bot_id", id.to_str().ok())
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
    fn the_bot_is_told() {
        let token = expand("1234567890:<<AA[0-9A-Za-z_-]{33}>>", 1).unwrap();
        let seen = Telegram.verify(token.as_bytes());
        assert_eq!((seen.status, &*seen.facts["bot_id"]), (Status::WellFormed, "1234567890"));
        for end in 0..token.len() {
            assert_eq!(Telegram.verify(&token.as_bytes()[..end]), Verification::default());
        }
        assert_eq!(Telegram.verify(token.replace('1', "x").as_bytes()).status, Status::Unknown);
    }
}
