//! Tokens of Atlassian's cloud: the last eight characters are the CRC-32 of all before them, in
//! upper-case hexadecimal. The `=` before it may stand escaped. It is not documented; it was seen so on
//! published tokens.

use super::{Check, verdict};
use crate::finding::Verification;
use bstr::ByteSlice;

pub(super) struct Atlassian;

const CHECKSUM: usize = 8;
/// API tokens, access tokens, and app passwords of Bitbucket.
const PREFIXES: [&[u8]; 3] = [b"ATATT3", b"ATCTT3", b"ATBB"];
/// How `=` stands in shells and strings.
const ESCAPES: [&str; 5] = ["\\u003d", "\\u003D", "%3d", "%3D", "\\="];

impl Check for Atlassian {
    fn name(&self) -> &'static str {
        "atlassian"
    }

    fn verify(&self, secret: &[u8]) -> Verification {
        if !PREFIXES.iter().any(|prefix| secret.starts_with(prefix)) {
            return Verification::default();
        }
        let plain = ESCAPES.iter().fold(secret.to_vec(), |text, escape| text.replace(escape, "="));
        let Some((body, checksum)) = plain.split_last_chunk::<CHECKSUM>() else {
            return Verification::default();
        };
        if !checksum.iter().all(|b| b.is_ascii_digit() || (b'A'..=b'F').contains(b)) {
            return Verification::default();
        }
        verdict(checksum == expected(body).as_bytes())
    }

    fn seal(&self, body: &str) -> Option<String> {
        Some(format!("{body}{}", expected(body.as_bytes())))
    }
}

fn expected(body: &[u8]) -> String {
    format!("{:08X}", crc32fast::hash(body))
}

#[cfg(test)]
mod tests {
    use super::super::vectors::{assert_doubt, assert_proof, sealed};
    use super::*;
    use crate::finding::Status;

    #[test]
    fn tokens_with_their_checksum() {
        for pattern in ["ATATT3xFfGF0[0-9A-Za-z_-]{171}=", "ATCTT3[0-9A-Za-z_-]{60}="] {
            let token = sealed(&Atlassian, pattern);
            assert_proof(&Atlassian, &token, 0..token.len());
            assert_doubt(&Atlassian, &token, ['0', '1']);
            for escape in ESCAPES {
                let escaped = token.replace('=', escape);
                assert_eq!(Atlassian.verify(escaped.as_bytes()).status, Status::ChecksumValid);
            }
        }
    }

    #[test]
    fn what_zlib_says() {
        for fixed in [
            format!("ATATT3{}=A809885E", "x".repeat(60)),
            format!("ATBB{}3FC90AD2", "0".repeat(24)),
        ] {
            assert_proof(&Atlassian, &fixed, 0..fixed.len());
        }
        assert_eq!(Atlassian.verify(b"ATBB").status, Status::Unknown);
        assert_eq!(Atlassian.verify(b"ATXX000000000").status, Status::Unknown);
    }
}
