//! Text encodings of keys: PEM (RFC 7468) with the encryption of RFC 1421, ASCII armour (RFC 9580,
//! 6), the format of SSH.com, and bare base64; all of them as they stand in files: in lines,
//! indented, quoted, escaped, joined by the operators of programming languages.

use super::public::Public;
use super::{Key, binary, openssh, pgp};
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, Engine as _, GeneralPurpose, GeneralPurposeConfig};
use bstr::ByteSlice;
use serde_json::Value;

/// What stands between two lines of dashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Block {
    label: Vec<u8>,
    body: Vec<u8>,
}

/// The blocks in a text.
pub(super) fn blocks(text: &[u8]) -> impl Iterator<Item = Block> {
    let text = unescape(text);
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = dashed(&text, at, "BEGIN ")? + "BEGIN ".len();
        let length = text[start..].find("--")?;
        let label = text[start..start + length].trim_ascii().to_vec();
        let dashes = text[start + length..].iter().take_while(|b| **b == b'-').count();
        let body = start + length + dashes;
        at = dashed(&text, body, "END").unwrap_or(text.len());
        let body = text[body..at].trim_end_with(|c| c == '-' || c == ' ').to_vec();
        Some(Block { label, body })
    })
}

/// Where `word` stands behind dashes, and perhaps a blank, at `from` or later.
fn dashed(text: &[u8], from: usize, word: &str) -> Option<usize> {
    let places = text[from..].find_iter(word).map(|at| from + at);
    places.into_iter().find(|at| {
        let before = &text[from..*at];
        before.ends_with(b"--") || before.ends_with(b"-- ")
    })
}

impl Block {
    /// What stands between its lines of dashes.
    #[cfg(test)]
    pub(super) fn text(&self) -> &[u8] {
        &self.body
    }

    /// The private key that it holds.
    pub(super) fn key(&self) -> Option<Key> {
        let body = self.body.as_slice();
        if self.label == b"OpenVPN Static key V1" {
            return openvpn(body);
        }
        if body.contains_str("Proc-Type: 4,ENCRYPTED") {
            return self.encrypted_as_text();
        }
        let bytes = decode_lines(body)?;
        match self.label.as_slice() {
            b"OPENSSH PRIVATE KEY" => openssh::key(&bytes),
            b"PGP PRIVATE KEY BLOCK" | b"PGP SECRET KEY BLOCK" => pgp::key(&bytes),
            b"SSH2 ENCRYPTED PRIVATE KEY" => ssh_com(&bytes),
            b"ENCRYPTED COSIGN PRIVATE KEY" | b"ENCRYPTED SIGSTORE PRIVATE KEY" => sigstore(&bytes),
            label if label.ends_with(b"PRIVATE KEY") => binary(&bytes),
            _ => None,
        }
    }

    /// A key encrypted as OpenSSL did before PKCS#8: the passphrase and a salt go through MD5 once
    /// (openssl, `PEM_read(3)`, "PEM encryption format").
    fn encrypted_as_text(&self) -> Option<Key> {
        let after = self.body.split_once_str("DEK-Info:")?.1;
        let end = after.find_byteset(",\r\n")?;
        let cipher = after[..end].trim_ascii().to_str().ok()?;
        let (kind, format) = match self.label.as_slice() {
            b"RSA PRIVATE KEY" => ("RSA", "PKCS#1"),
            b"EC PRIVATE KEY" => ("EC", "SEC 1"),
            b"DSA PRIVATE KEY" => ("DSA", "DSA"),
            _ => return None,
        };
        let how = format!("{cipher}, MD5 of the passphrase, 1 iteration");
        Some(Key::new(format).with_public(Some(Public::named(kind))).encrypted(Some(how)))
    }
}

/// A static key of VPN: 2048 bits in hex (openvpn(8), `--secret`).
fn openvpn(body: &[u8]) -> Option<Key> {
    let digits = |line: &&[u8]| line.len() == 32 && line.iter().all(u8::is_ascii_hexdigit);
    let lines = body.split(|b| !b.is_ascii_hexdigit()).filter(digits).count();
    (lines == 16).then(|| Key::new("OpenVPN static key").with("bits", "2048"))
}

/// The format of SSH.com: a number by which it is known, its length, the kind of key, the cipher
/// (PuTTY reads it too, in `import.c`).
fn ssh_com(bytes: &[u8]) -> Option<Key> {
    let rest = bytes.strip_prefix(&[0x3f, 0x6f, 0xf9, 0xeb])?.get(4..)?;
    let (kind, rest) = string(rest)?;
    let (cipher, rest) = string(rest)?;
    string(rest)?;
    let name = match kind {
        _ if kind.contains_str("rsa") => "RSA",
        _ if kind.contains_str("dsa") => "DSA",
        _ => return None,
    };
    let how = (cipher != b"none").then(|| cipher.to_str_lossy().into_owned());
    Some(Key::new("SSH2").with_public(Some(Public::named(name))).encrypted(how))
}

/// An SSH string: four bytes of length, then the bytes (RFC 4251, 5).
pub(super) fn string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(u32::from_be_bytes(*length) as usize)
}

/// What `cosign generate-key-pair` writes: an object that names cipher and derivation
/// (sigstore/cosign, `specs/SIGNATURE_SPEC.md`; go-securesystemslib, `encrypted`).
fn sigstore(bytes: &[u8]) -> Option<Key> {
    let object: Value = serde_json::from_slice(bytes).ok()?;
    let (cipher, kdf) = (object["cipher"]["name"].as_str()?, object["kdf"]["name"].as_str()?);
    let cost = &object["kdf"]["params"];
    let work = match (cost["N"].as_u64(), cost["r"].as_u64(), cost["p"].as_u64()) {
        (Some(n), Some(r), Some(p)) => format!(" with N={n}, r={r}, p={p}"),
        _ => String::new(),
    };
    Some(Key::new("Sigstore").encrypted(Some(format!("{cipher}, {kdf}{work}"))))
}

/// The bytes of base64 without a header.
pub(super) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    decode_lines(&unescape(text))
}

/// The bytes of lines of base64, without what stands around them: headers, checksums, the quotes
/// and operators of source code, signs of comments.
fn decode_lines(text: &[u8]) -> Option<Vec<u8>> {
    // The text begins inside of the quotes that it stands in, if it stands in any.
    let quote = quote(text);
    let inside = text.split(|b| Some(*b) == quote).step_by(2);
    let mut clean = Vec::with_capacity(text.len());
    let mut continued = false;
    for line in inside.flat_map(ByteSlice::lines) {
        let line = line.trim_ascii();
        let is_header = line.contains(&b':') || continued;
        continued = is_header && line.ends_with(b"\\");
        let is_checksum = line.len() == 5 && line[0] == b'=';
        if !is_header && !is_checksum {
            line.split(u8::is_ascii_whitespace).for_each(|word| clean.extend(digits(word)));
        }
    }
    let lenient = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let bytes = GeneralPurpose::new(&STANDARD, lenient).decode(&clean).ok()?;
    (!bytes.is_empty()).then_some(bytes)
}

/// The first sign in which something is quoted. `Bob's` has none.
fn quote(text: &[u8]) -> Option<u8> {
    let is_letter =
        |at: Option<usize>| at.and_then(|at| text.get(at)).is_some_and(u8::is_ascii_alphanumeric);
    let mut signs = text.iter().enumerate().filter(|(_, byte)| b"\"'`".contains(byte));
    let first = signs.find(|(at, _)| !(is_letter(at.checked_sub(1)) && is_letter(Some(at + 1))));
    first.map(|(_, byte)| *byte)
}

/// A word without signs around it; nothing if it is an operator or the sign of a comment.
fn digits(word: &[u8]) -> &[u8] {
    let word = word.trim_with(|c| c.is_ascii_punctuation() && !"+/=".contains(c));
    let is_sign = word.len() <= 3 && word.iter().all(|b| b"+/".contains(b));
    if is_sign { b"" } else { word }
}

/// The text behind the escapes of strings (`\n`, `\\n`, `\/`, `\u002b`), XML (`&#10;`), HTML
/// (`<br>`) and URLs (`%2B`). None of their signs is a digit of base64.
fn unescape(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, tail)) = rest.split_first() {
        let read = match first {
            b'\\' => Some(escaped(tail.trim_start_with(|c| c == '\\'))),
            b'&' => reference(tail),
            b'%' => number(tail, 2, 16).map(|byte| (byte, &tail[2..])),
            b'<' => tag(tail),
            _ => None,
        };
        let (byte, next) = read.unwrap_or((*first, tail));
        out.push(byte);
        rest = next;
    }
    out
}

/// What backslashes and `rest` stand for, and what follows. Always something: each backslash is
/// looked at once, however many there are.
fn escaped(rest: &[u8]) -> (u8, &[u8]) {
    let Some((first, tail)) = rest.split_first() else { return (b' ', rest) };
    let coded = match first {
        b'n' | b'r' | b't' | b'\n' | b'\r' => return (b'\n', tail),
        b'u' => number(tail, 4, 16).map(|byte| (byte, &tail[4..])),
        b'x' => number(tail, 2, 16).map(|byte| (byte, &tail[2..])),
        _ => None,
    };
    coded.unwrap_or((*first, tail))
}

/// `#10;`, `#xA;`, and named characters, none of which is a digit.
fn reference(rest: &[u8]) -> Option<(u8, &[u8])> {
    let end = rest.iter().take(8).position(|b| *b == b';')?;
    let (name, tail) = (&rest[..end], &rest[end + 1..]);
    let byte = match name.strip_prefix(b"#") {
        None if name.iter().all(u8::is_ascii_alphabetic) => b' ',
        None => return None,
        Some(digits) => match digits.strip_prefix(b"x").or_else(|| digits.strip_prefix(b"X")) {
            Some(hex) => number(hex, hex.len(), 16)?,
            None => number(digits, digits.len(), 10)?,
        },
    };
    Some((byte, tail))
}

/// A tag ends a line.
fn tag(rest: &[u8]) -> Option<(u8, &[u8])> {
    let end = rest.iter().take(16).position(|b| *b == b'>')?;
    Some((b'\n', &rest[end + 1..]))
}

/// The byte that the first `length` digits are.
fn number(text: &[u8], length: usize, radix: u32) -> Option<u8> {
    let digits = text.get(..length)?.to_str().ok()?;
    let plain = digits.bytes().all(|b| b.is_ascii_hexdigit());
    u32::from_str_radix(digits, radix).ok().filter(|_| plain).and_then(|n| n.try_into().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_found_in_whatever_it_stands() {
        for text in [
            "QUJD\nREVG",
            "QUJD\r\nREVG\r\n",
            "QUJD\\nREVG\\n",
            "QUJD\\\\nREVG",
            "\n    QUJD\n    REVG",
            "\\n\" +\n  \"QUJD\\n\" +\n  \"REVG\\n\" +\n \"",
            "\\n'\n  . 'QUJD'\n  . 'REVG'\n . '",
            "\n# QUJD\n# REVG",
            "\n// QUJD\n// REVG",
            "QUJD&#10;REVG&#xA;",
            "QUJD<br>REVG<br/>",
            "QUJD%0AREVG%0d%0a",
            "QUJD REVG",
            "QUJDREVG\n=abcd",
            "Comment: Bob's key\n\nQUJD\nREVG",
            "Version: 1\nComment: \"x\\\ny\"\n\nQUJD\nREVG",
        ] {
            assert_eq!(decode(text.as_bytes()).as_deref(), Some(&b"ABCDEF"[..]), "{text}");
        }
        let signs = [0xfb, 0xff, 0xbf];
        for text in ["+/+/", "+\\/+\\/", "\\u002b/\\u002B/", "%2B%2f+/", "&#43;/&#x2b;/"] {
            assert_eq!(decode(text.as_bytes()).as_deref(), Some(&signs[..]), "{text}");
        }
        for text in ["", "ABC!DEF", "QUJ…", "\u{0}"] {
            assert_eq!(decode(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn every_block_is_found_once() {
        let text = b"-----BEGIN A-----\nx\n-----END A-----\\n\
            ---- BEGIN SSH2 B ----\ny\n---- END SSH2 B ----";
        let block = |label: &str, body: &str| Block { label: label.into(), body: body.into() };
        let found: Vec<Block> = blocks(text).collect();
        assert_eq!(found, [block("A", "\nx\n"), block("SSH2 B", "\ny\n")]);
    }
}
