//! The masks of a block byte by byte, for processors without the vector instructions.

use super::{BLOCK, FINGERPRINT, Masks, SHORT, Tables, TriggerScanner, Triggers, is_token};
use std::ops::Range;

pub(super) fn scan(
    scanner: &TriggerScanner,
    bytes: &[u8],
    range: &Range<usize>,
    found: &mut Triggers,
) {
    // The groups of literals that the last bytes leave possible at the places after the first.
    let mut last = [SHORT, 0, 0];
    scanner.walk(bytes, range, found, |block| classify(&scanner.tables, block, &mut last));
}

fn classify(tables: &Tables, block: &[u8; BLOCK], last: &mut [u8; FINGERPRINT - 1]) -> Masks {
    let mut masks = Masks::default();
    for (at, byte) in block.iter().enumerate() {
        masks.token |= u64::from(is_token(*byte)) << at;
        masks.digit |= u64::from(byte.is_ascii_digit()) << at;
        let groups = |place: usize| {
            tables.low[place][usize::from(byte & 15)] & tables.high[place][usize::from(byte >> 4)]
        };
        let complete = last[2] & groups(3);
        *last = [groups(0), last[0] & groups(1), last[1] & groups(2)];
        masks.literal |= u64::from(complete != 0) << at;
    }
    masks
}
