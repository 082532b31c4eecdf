//! Git's delta format: an object as pieces copied from a base and pieces that are inserted.
//!
//! A delta starts with the sizes of base and result, then come instructions: a first byte with the
//! high bit set copies (its other bits say which bytes of offset and size follow), any other byte
//! inserts as many bytes as it says.

use crate::blob::Copied;
use thiserror::Error;

/// What is wrong with a delta.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum DeltaError {
    /// It ends within a size or an instruction.
    #[error("its delta is cut short")]
    Short,
    /// It was made from a base of another size.
    #[error("its delta was made from another base")]
    Base,
    /// It copies what the base does not have.
    #[error("its delta copies from behind the end of the base")]
    Range,
    /// It has the instruction that git keeps for later.
    #[error("its delta has an unknown instruction")]
    Instruction,
    /// Its instructions give a result of another size than it claims.
    #[error("its delta gives another size than it claims")]
    Size,
    /// The result would take more memory than an object may.
    #[error("its {0} bytes are more than are held in memory")]
    TooLarge(u64),
}

/// The most bytes that an object may have in memory. Git stores files over 512 MiB without deltas.
pub const LARGEST: u64 = 1 << 29;

/// Writes the object that `delta` makes of `base` to `out`, and to `copies` what it has of `base`,
/// in order and with neighbours joined; the rest of `out` was inserted. What was in the two before
/// is lost.
///
/// # Errors
///
/// When the delta is flawed or belongs to another base. `out` and `copies` then hold rubbish. Not
/// more is allocated than the delta claims as the size of its result.
pub fn apply(
    base: &[u8],
    delta: &[u8],
    out: &mut Vec<u8>,
    copies: &mut Vec<Copied>,
) -> Result<(), DeltaError> {
    out.clear();
    copies.clear();
    let (base_size, rest) = size(delta)?;
    let (claimed, instructions) = size(rest)?;
    if base_size != base.len() as u64 {
        return Err(DeltaError::Base);
    }
    if claimed > LARGEST {
        return Err(DeltaError::TooLarge(claimed));
    }
    // A claim that the instructions are sure to disappoint must not cost memory.
    if claimed > (base.len() + delta.len()) as u64 && claimed != length(instructions)? {
        return Err(DeltaError::Size);
    }
    let claimed = claimed as usize;
    if out.capacity() < claimed {
        *out = Vec::with_capacity(claimed);
    }
    let mut rest = instructions;
    while let Some((piece, behind)) = next(rest)? {
        rest = behind;
        match piece {
            Piece::Copy { from, len } => {
                let bytes = base.get(from..).and_then(|bytes| bytes.get(..len));
                let bytes = bytes.ok_or(DeltaError::Range)?;
                if len > claimed - out.len() {
                    return Err(DeltaError::Size);
                }
                copied(copies, Copied { base: from, at: out.len(), len });
                out.extend_from_slice(bytes);
            }
            Piece::Insert(bytes) => {
                if bytes.len() > claimed - out.len() {
                    return Err(DeltaError::Size);
                }
                out.extend_from_slice(bytes);
            }
        }
    }
    if out.len() == claimed { Ok(()) } else { Err(DeltaError::Size) }
}

/// Notes a copy. Git cuts long ones every 64 KiB; that is no border in the object.
#[inline]
fn copied(copies: &mut Vec<Copied>, copy: Copied) {
    match copies.last_mut() {
        Some(last) if last.at + last.len == copy.at && last.base + last.len == copy.base => {
            last.len += copy.len;
        }
        _ => copies.push(copy),
    }
}

enum Piece<'a> {
    Copy { from: usize, len: usize },
    Insert(&'a [u8]),
}

/// The first instruction, and the ones behind it.
#[inline]
fn next(delta: &[u8]) -> Result<Option<(Piece<'_>, &[u8])>, DeltaError> {
    let Some((&first, mut rest)) = delta.split_first() else { return Ok(None) };
    if first == 0 {
        return Err(DeltaError::Instruction);
    }
    if first & 0x80 == 0 {
        let (bytes, behind) = rest.split_at_checked(first.into()).ok_or(DeltaError::Short)?;
        return Ok(Some((Piece::Insert(bytes), behind)));
    }
    let mut field = |bits: std::ops::Range<u32>| {
        let mut value = 0;
        for (shift, bit) in bits.enumerate() {
            if first >> bit & 1 == 1 {
                let (&byte, behind) = rest.split_first().ok_or(DeltaError::Short)?;
                rest = behind;
                value |= usize::from(byte) << (8 * shift);
            }
        }
        Ok(value)
    };
    let from = field(0..4)?;
    let len = match field(4..7)? {
        0 => 0x1_0000,
        len => len,
    };
    Ok(Some((Piece::Copy { from, len }, rest)))
}

/// How many bytes the instructions give.
fn length(mut instructions: &[u8]) -> Result<u64, DeltaError> {
    let mut length = 0;
    while let Some((piece, behind)) = next(instructions)? {
        instructions = behind;
        length += match piece {
            Piece::Copy { len, .. } => len as u64,
            Piece::Insert(bytes) => bytes.len() as u64,
        };
    }
    Ok(length)
}

/// The size that a delta starts with (seven bits a byte, low ones first), and what follows it.
fn size(delta: &[u8]) -> Result<(u64, &[u8]), DeltaError> {
    let mut size = 0;
    for (n, &byte) in delta.iter().enumerate() {
        let bits = u64::from(byte & 0x7f);
        if n > 9 || bits << (7 * n) >> (7 * n) != bits {
            return Err(DeltaError::TooLarge(u64::MAX));
        }
        size |= bits << (7 * n);
        if byte & 0x80 == 0 {
            return Ok((size, &delta[n + 1..]));
        }
    }
    Err(DeltaError::Short)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What a delta is written from.
    #[derive(Debug, Clone)]
    enum Edit {
        Keep { from: usize, len: usize },
        Insert(Vec<u8>),
    }

    fn edits() -> impl Strategy<Value = Vec<Edit>> {
        let keep = (0..300_000_usize, 1..200_000_usize);
        let keep = keep.prop_map(|(from, len)| Edit::Keep { from, len });
        let insert = prop::collection::vec(any::<u8>(), 1..300).prop_map(Edit::Insert);
        prop::collection::vec(prop_oneof![keep, insert], 0..20)
    }

    fn push_size(delta: &mut Vec<u8>, mut size: usize) {
        while size > 0x7f {
            delta.push(size as u8 | 0x80);
            size >>= 7;
        }
        delta.push(size as u8);
    }

    fn push_copy(delta: &mut Vec<u8>, from: usize, len: usize) {
        let at = delta.len();
        delta.push(0x80);
        let fields = [(from, 0..4), (if len == 0x1_0000 { 0 } else { len }, 4..7)];
        for (value, bits) in fields {
            for (n, bit) in bits.enumerate() {
                let byte = (value >> (8 * n)) as u8;
                if byte != 0 {
                    delta[at] |= 1 << bit;
                    delta.push(byte);
                }
            }
        }
    }

    /// The result of the edits, and the delta as git would write it.
    fn written(base: &[u8], edits: &[Edit]) -> (Vec<u8>, Vec<u8>) {
        let (mut result, mut body) = (Vec::new(), Vec::new());
        for edit in edits {
            match edit {
                Edit::Keep { from, len } => {
                    let from = from % base.len();
                    let kept = &base[from..base.len().min(from + len)];
                    result.extend_from_slice(kept);
                    for (n, piece) in kept.chunks(0x1_0000).enumerate() {
                        push_copy(&mut body, from + n * 0x1_0000, piece.len());
                    }
                }
                Edit::Insert(bytes) => {
                    result.extend_from_slice(bytes);
                    for piece in bytes.chunks(0x7f) {
                        body.push(piece.len() as u8);
                        body.extend_from_slice(piece);
                    }
                }
            }
        }
        let mut delta = Vec::new();
        push_size(&mut delta, base.len());
        push_size(&mut delta, result.len());
        delta.extend(body);
        (result, delta)
    }

    fn base() -> Vec<u8> {
        (0..300_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..<_>::default() })]

        #[test]
        fn a_delta_gives_what_it_was_made_from(edits in edits()) {
            let base = base();
            let (result, delta) = written(&base, &edits);
            let (mut out, mut copies) = (b"old".to_vec(), Vec::new());
            prop_assert_eq!(apply(&base, &delta, &mut out, &mut copies), Ok(()));
            prop_assert!(out == result);
            let mut end = 0;
            for copy in &copies {
                prop_assert!(copy.at >= end);
                end = copy.at + copy.len;
                prop_assert!(out[copy.at..end] == base[copy.base..copy.base + copy.len]);
            }
            let kept: usize = copies.iter().map(|copy| copy.len).sum();
            let inserted = edits.iter().map(|edit| match edit {
                Edit::Insert(bytes) => bytes.len(),
                Edit::Keep { .. } => 0,
            });
            prop_assert_eq!(kept + inserted.sum::<usize>(), result.len());
        }

        #[test]
        fn arbitrary_bytes_do_no_harm(
            start in prop::collection::vec(any::<u8>(), 0..4),
            delta in prop::collection::vec(any::<u8>(), 0..200),
        ) {
            let base = vec![b'x'; 100];
            let (mut out, mut copies) = (Vec::new(), Vec::new());
            for header in [&start[..], &[100], &[100, 50], &[100, 0xff, 1]] {
                let delta = [header, &delta].concat();
                let _ = apply(&base, &delta, &mut out, &mut copies);
                prop_assert!(out.capacity() <= 1 << 24);
            }
        }
    }

    fn fails(base: &[u8], delta: &[u8]) -> DeltaError {
        let mut out = Vec::new();
        let error = apply(base, delta, &mut out, &mut Vec::new()).unwrap_err();
        assert!(out.capacity() < 100, "{error}");
        error
    }

    #[test]
    fn flaws_are_told_apart() {
        assert_eq!(fails(b"base", b""), DeltaError::Short);
        assert_eq!(fails(b"base", b"\x05\x01\x01x"), DeltaError::Base);
        assert_eq!(fails(b"base", b"\x04\x03\x91\x02\x03"), DeltaError::Range);
        assert_eq!(fails(b"base", b"\x04\x01\x00"), DeltaError::Instruction);
        assert_eq!(fails(b"base", b"\x04\x02\x01x"), DeltaError::Size);
        assert_eq!(fails(b"base", b"\x04\x01\x02xy"), DeltaError::Size);
        assert_eq!(fails(b"base", b"\x04\x05\x02x"), DeltaError::Short);
        let claim = [b"\x04".as_slice(), &[0xff; 3], b"\x01\x01x"].concat();
        assert_eq!(fails(b"base", &claim), DeltaError::Size);
        let claim = [b"\x04".as_slice(), &[0xff; 8], b"\x01\x01x"].concat();
        assert!(matches!(fails(b"base", &claim), DeltaError::TooLarge(_)));
    }

    #[test]
    fn neighbouring_copies_are_one() {
        let base = vec![7; 0x2_0001];
        let edit = Edit::Keep { from: 0, len: base.len() };
        let (_, delta) = written(&base, &[edit]);
        let mut copies = Vec::new();
        apply(&base, &delta, &mut Vec::new(), &mut copies).unwrap();
        assert_eq!(copies, [Copied { base: 0, at: 0, len: base.len() }]);
    }
}
