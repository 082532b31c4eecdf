//! User and password in base64: what is behind the colon decides.

use super::{Filter, Subject, Verdict, judge};
use crate::detect::score::Score;
use crate::rule::{Confidence, Layer};
use base64::prelude::{BASE64_STANDARD_NO_PAD, Engine as _};
use bstr::ByteSlice;

pub(super) struct Encoded;

impl Filter for Encoded {
    fn name(&self) -> &'static str {
        "encoded"
    }

    fn judge(&self, subject: &Subject) -> Option<Verdict> {
        let scheme = subject.before.trim_ascii_end().rsplit(u8::is_ascii_whitespace).next()?;
        let basic = scheme.to_ascii_lowercase().ends_with(b"basic");
        if subject.layer != Layer::Named || !basic {
            return None;
        }
        let body = subject.value.trim_end_with(|c| c == '=');
        let Ok(decoded) = BASE64_STANDARD_NO_PAD.decode(body) else {
            return Some(Verdict::Drop("it does not decode"));
        };
        let Some((_, password)) = decoded.split_once_str(":") else {
            return Some(Verdict::Drop("it does not decode to user and password"));
        };
        if !decoded.iter().all(|b| (b' '..=b'~').contains(b)) {
            return Some(Verdict::Drop("what it decodes to is no text"));
        }
        let layer = Layer::Password;
        let inner = Subject { layer, value: password, body: password, before: b"", ..*subject };
        let poor =
            || Score::of(&inner).and_then(|score| score.confidence()) < Some(Confidence::Medium);
        let verdict = judge(&inner).map(|(_, verdict)| verdict);
        verdict.or_else(|| poor().then_some(Verdict::Lower("its password is made of words")))
    }
}
