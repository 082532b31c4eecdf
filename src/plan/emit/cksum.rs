//! The checksum of the command `cksum`, by which a script can tell that a file is unchanged.

/// What `cksum` says of the bytes of `parts`, one after another: their CRC and their number.
/// <https://pubs.opengroup.org/onlinepubs/9699919799/utilities/cksum.html>
pub(super) fn cksum<'b>(parts: impl Iterator<Item = &'b [u8]>) -> String {
    // The same polynomial as that of CRC-32, with the bits of each byte and of the result in reverse, and
    // zero at the beginning.
    let mut crc = crc32fast::Hasher::new_with_initial(u32::MAX);
    let mut length = 0;
    for part in parts {
        length += part.len();
        for bytes in part.chunks(4096) {
            let reversed: Vec<u8> = bytes.iter().map(|byte| byte.reverse_bits()).collect();
            crc.update(&reversed);
        }
    }
    let digits = length.to_le_bytes();
    let used = digits.iter().rposition(|digit| *digit != 0).map_or(0, |last| last + 1);
    let digits: Vec<u8> = digits[..used].iter().map(|byte| byte.reverse_bits()).collect();
    crc.update(&digits);
    format!("{} {length}", crc.finalize().reverse_bits())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_what_the_command_says() {
        assert_eq!(cksum(std::iter::empty()), "4294967295 0");
        assert_eq!(cksum([&b"12345"[..], b"6789"].into_iter()), "930766865 9");
        let long = vec![b'x'; 70_000];
        assert_eq!(cksum([&long[..]].into_iter()), cksum(long.chunks(11)));
    }
}
