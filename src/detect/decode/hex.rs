//! Hexadecimal digits, two a byte.

use super::digits::{Digits, NONE};

/// Hexadecimal, in both cases of letters.
pub(super) static HEX: Digits =
    Digits { name: "hex", values: values(), bits: 4, group: 2, least: 32 };

const fn values() -> [u8; 256] {
    let mut values = [NONE; 256];
    let mut value = 0;
    while value < 16 {
        values[b"0123456789abcdef"[value] as usize] = value as u8;
        values[b"0123456789ABCDEF"[value] as usize] = value as u8;
        value += 1;
    }
    values
}
