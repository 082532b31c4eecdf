//! What is encoded in tokens: base64 of either alphabet, and JSON in it.

use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, Engine as _, GeneralPurpose, GeneralPurposeConfig};
use jiff::Timestamp;
use serde_json::Value;

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The bytes of a text in base64 or base64url, padded or not.
pub(super) fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let standard = text.iter().map(|byte| match byte {
        b'-' => b'+',
        b'_' => b'/',
        other => *other,
    });
    LENIENT.decode(standard.collect::<Vec<u8>>()).ok()
}

/// The JSON object in a text of base64.
pub(super) fn object(text: &[u8]) -> Option<Value> {
    serde_json::from_slice::<Value>(&base64(text)?).ok().filter(Value::is_object)
}

/// The time that a number of seconds since 1970 stands for.
pub(super) fn seconds(value: &Value) -> Option<Timestamp> {
    value.as_f64().and_then(|seconds| Timestamp::from_second(seconds as i64).ok())
}

/// A string, or a number written out.
pub(super) fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_alphabets_padded_or_not() {
        for text in ["-_-_", "+/+/", "+/-_"] {
            assert_eq!(base64(text.as_bytes()).unwrap(), [0xfb, 0xff, 0xbf]);
        }
        for text in ["e30=", "e30"] {
            assert!(object(text.as_bytes()).is_some());
        }
        assert!(object(b"W10=").is_none(), "an array");
        assert!(base64(b"a b").is_none());
    }
}
