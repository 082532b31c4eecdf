//! Base64, with both alphabets of RFC 4648: <https://www.rfc-editor.org/rfc/rfc4648#section-4>.

use super::digits::{Digits, NONE};

/// Base64, and base64url.
pub(super) static BASE64: Digits =
    Digits { name: "base64", values: values(), bits: 6, group: 4, least: 20 };

const fn values() -> [u8; 256] {
    let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut values = [NONE; 256];
    let mut value = 0;
    while value < digits.len() {
        values[digits[value] as usize] = value as u8;
        value += 1;
    }
    values[b'-' as usize] = 62;
    values[b'_' as usize] = 63;
    values
}
