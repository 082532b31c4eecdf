//! Personal access tokens of Jira, Confluence and Bitbucket Data Center: base64 of a number, a colon
//! and random bytes, behind `BBDC-` for Bitbucket
//! (<https://confluence.atlassian.com/enterprise/using-personal-access-tokens-1026032365.html>).

use super::{Check, encoded};
use crate::finding::{Status, Verification};
use bstr::ByteSlice;

pub(super) struct DataCenter;

/// Numbers have at least as many digits; random bytes, as many bytes.
const DIGITS: usize = 4;
const RANDOM: usize = 16;

impl Check for DataCenter {
    fn name(&self) -> &'static str {
        "atlassian-data-center"
    }

    fn verify(&self, secret: &[u8]) -> Verification {
        let body = secret.strip_prefix(b"BBDC-").unwrap_or(secret);
        let bytes = encoded::base64(body).unwrap_or_default();
        match bytes.split_once_str(":") {
            Some((number, random))
                if number.len() >= DIGITS
                    && number.iter().all(u8::is_ascii_digit)
                    && random.len() >= RANDOM =>
            {
                Verification::new(Status::WellFormed)
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
    fn a_number_and_random_bytes() {
        let token = expand("<<@atlassian-data-center-token>>", 1).unwrap();
        for text in [token.clone(), format!("BBDC-{token}")] {
            assert_eq!(DataCenter.verify(text.as_bytes()).status, Status::WellFormed);
            assert_eq!(DataCenter.verify(&text.as_bytes()[..20]).status, Status::Unknown);
        }
        for wrong in ["", "BBDC-", "MTIzOg", "YWJjOmFiYw=="] {
            assert_eq!(DataCenter.verify(wrong.as_bytes()).status, Status::Unknown, "{wrong}");
        }
    }
}
