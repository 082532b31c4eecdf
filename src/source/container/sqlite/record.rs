//! The rows of a table, as they are stored: a header with the type of each value, then the values.

use super::super::big;
use super::Encoding;
use encoding_rs::{UTF_16BE, UTF_16LE};
use std::borrow::Cow;

/// A value of a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Value<'a> {
    Null,
    Integer(i64),
    Real(f64),
    Blob(&'a [u8]),
    /// In the encoding of the file.
    Text(&'a [u8]),
}

/// The values of a row, as far as they are there.
pub(super) fn values(record: &[u8]) -> Vec<Value<'_>> {
    let read = || {
        let (size, _) = varint(record)?;
        let (header, mut body) = record.split_at_checked(usize::try_from(size).ok()?)?;
        let (_, mut types) = varint(header)?;
        let mut values = Vec::new();
        while let Some((kind, rest)) = varint(types).filter(|_| values.len() < MOST_COLUMNS) {
            types = rest;
            let Some((value, rest)) = value(kind, body) else { break };
            values.push(value);
            body = rest;
        }
        Some(values)
    };
    read().unwrap_or_default()
}

/// Tables have no more columns.
const MOST_COLUMNS: usize = 32_767;

/// A value of a type, and what stands behind it.
fn value(kind: u64, body: &[u8]) -> Option<(Value<'_>, &[u8])> {
    let length = match kind {
        0 | 8 | 9 => 0,
        1..=4 => kind as usize,
        5 => 6,
        6 | 7 => 8,
        10 | 11 => return None,
        _ => usize::try_from((kind - 12) / 2).ok()?,
    };
    let (bytes, rest) = body.split_at_checked(length)?;
    let value = match kind {
        0 => Value::Null,
        1..=6 => {
            let unused = 64 - 8 * length as u32;
            Value::Integer((big(bytes) << unused) as i64 >> unused)
        }
        7 => Value::Real(f64::from_bits(big(bytes))),
        8 => Value::Integer(0),
        9 => Value::Integer(1),
        _ if kind.is_multiple_of(2) => Value::Blob(bytes),
        _ => Value::Text(bytes),
    };
    Some((value, rest))
}

impl<'a> Value<'a> {
    /// The value as text; blobs as they are.
    pub(super) fn text(self, encoding: Encoding) -> Cow<'a, [u8]> {
        let decoded = |encoding: &'static encoding_rs::Encoding, text: &'a [u8]| {
            let (text, _) = encoding.decode_without_bom_handling(text);
            text.into_owned().into_bytes().into()
        };
        match (self, encoding) {
            (Self::Null, _) => Cow::Borrowed(b""),
            (Self::Integer(number), _) => number.to_string().into_bytes().into(),
            (Self::Real(number), _) => number.to_string().into_bytes().into(),
            (Self::Text(text), Encoding::Utf16Le) => decoded(UTF_16LE, text),
            (Self::Text(text), Encoding::Utf16Be) => decoded(UTF_16BE, text),
            (Self::Blob(bytes) | Self::Text(bytes), _) => bytes.into(),
        }
    }
}

/// A number in one to nine bytes, seven bits each but in the ninth, the highest first.
pub(super) fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut number = 0;
    for (n, byte) in bytes.iter().enumerate().take(9) {
        if n == 8 {
            return Some((number << 8 | u64::from(*byte), &bytes[9..]));
        }
        number = number << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some((number, &bytes[n + 1..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_each_length() {
        assert_eq!(varint(&[0x7f, 1]), Some((0x7f, &[1][..])));
        assert_eq!(varint(&[0x81, 0]), Some((0x80, &[][..])));
        assert_eq!(varint(&[0xff; 9]), Some((u64::MAX, &[][..])));
        assert_eq!(varint(&[0xff; 8]), None);
    }

    #[test]
    fn values_of_each_type() {
        let record = [7, 0, 1, 2, 9, 14, 17, 0xff, 0x01, 0x00, b'x', b'a', b'b'];
        let expected = [
            Value::Null,
            Value::Integer(-1),
            Value::Integer(256),
            Value::Integer(1),
            Value::Blob(b"x"),
            Value::Text(b"ab"),
        ];
        assert_eq!(values(&record), expected);
        for end in 0..record.len() {
            assert!(values(&record[..end]).len() <= expected.len());
        }
    }
}
