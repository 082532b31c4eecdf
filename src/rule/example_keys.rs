//! Private keys and tokens with the right structure and random content, for examples and fixtures.

use super::Dice;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD, Engine as _};
use std::fmt::Write as _;

/// The structured value called `name`, or `None` if there is none of that name.
pub(super) fn build(name: &str, dice: &mut Dice) -> Option<String> {
    Some(match name {
        "rsa-private-key" => pem("RSA PRIVATE KEY", &rsa(dice)),
        "ec-private-key" => pem("EC PRIVATE KEY", &ec(dice)),
        "dsa-private-key" => pem("DSA PRIVATE KEY", &dsa(dice)),
        "pkcs8-private-key" => pem("PRIVATE KEY", &pkcs8(dice)),
        "encrypted-pkcs8-private-key" => pem("ENCRYPTED PRIVATE KEY", &encrypted_pkcs8(dice)),
        "encrypted-rsa-private-key" => encrypted_rsa(dice),
        "openssh-private-key" => pem("OPENSSH PRIVATE KEY", &openssh("none", dice)),
        "encrypted-openssh-private-key" => pem("OPENSSH PRIVATE KEY", &openssh("aes256-ctr", dice)),
        "putty-private-key" => putty("none", dice),
        "encrypted-putty-private-key" => putty("aes256-cbc", dice),
        "pgp-private-key" => pgp(dice),
        "public-key" => pem("PUBLIC KEY", &public_key(dice)),
        "certificate" => pem("CERTIFICATE", &tlv(0x30, &dice.bytes(700))),
        "basic-auth" => {
            BASE64_STANDARD.encode(format!("deploy:{:x}{:X}", dice.next(), dice.next()))
        }
        "jwt" => jwt(4_102_444_800, dice),
        "expired-jwt" => jwt(1_500_000_000, dice),
        _ => return None,
    })
}

fn pem(label: &str, der: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}-----END {label}-----", lines(&BASE64_STANDARD.encode(der)))
}

fn lines(text: &str) -> String {
    text.as_bytes().chunks(64).map(|row| String::from_utf8_lossy(row).into_owned() + "\n").collect()
}

/// One DER element: tag, length, content (X.690).
fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    let len = content.len();
    match len {
        0..=0x7f => out.push(len as u8),
        0x80..=0xff => out.extend([0x81, len as u8]),
        _ => out.extend([0x82, (len >> 8) as u8, len as u8]),
    }
    out.extend_from_slice(content);
    out
}

fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    tlv(0x30, &parts.concat())
}

fn integer(len: usize, dice: &mut Dice) -> Vec<u8> {
    let mut bytes = dice.bytes(len);
    bytes[0] = 0x40 | (bytes[0] & 0x3f);
    tlv(0x02, &bytes)
}

fn rsa(dice: &mut Dice) -> Vec<u8> {
    let mut parts = vec![tlv(0x02, &[0]), integer(256, dice), tlv(0x02, &[1, 0, 1])];
    parts.push(integer(256, dice));
    parts.extend((0..5).map(|_| integer(128, dice)));
    sequence(&parts)
}

fn dsa(dice: &mut Dice) -> Vec<u8> {
    let mut parts = vec![tlv(0x02, &[0])];
    parts.extend([128, 20, 128, 128, 20].map(|len| integer(len, dice)));
    sequence(&parts)
}

const PRIME256V1: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const PBES2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0d];

fn ec(dice: &mut Dice) -> Vec<u8> {
    let mut point = vec![0, 4];
    point.extend(dice.bytes(64));
    let curve = tlv(0xa0, &tlv(0x06, PRIME256V1));
    sequence(&[tlv(0x02, &[1]), tlv(0x04, &dice.bytes(32)), curve, tlv(0xa1, &tlv(0x03, &point))])
}

fn pkcs8(dice: &mut Dice) -> Vec<u8> {
    let algorithm = sequence(&[tlv(0x06, RSA_ENCRYPTION), tlv(0x05, &[])]);
    sequence(&[tlv(0x02, &[0]), algorithm, tlv(0x04, &rsa(dice))])
}

fn encrypted_pkcs8(dice: &mut Dice) -> Vec<u8> {
    let algorithm = sequence(&[tlv(0x06, PBES2), tlv(0x30, &dice.bytes(70))]);
    sequence(&[algorithm, tlv(0x04, &dice.bytes(1_232))])
}

fn public_key(dice: &mut Dice) -> Vec<u8> {
    let algorithm = sequence(&[tlv(0x06, RSA_ENCRYPTION), tlv(0x05, &[])]);
    sequence(&[algorithm, tlv(0x03, &dice.bytes(271))])
}

fn encrypted_rsa(dice: &mut Dice) -> String {
    let body = lines(&BASE64_STANDARD.encode(dice.bytes(1_192)));
    let salt = dice.bytes(16).iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02X}");
        hex
    });
    format!(
        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,{salt}\n\n\
         {body}-----END RSA PRIVATE KEY-----"
    )
}

/// The container of openssh's PROTOCOL.key.
fn openssh(cipher: &str, dice: &mut Dice) -> Vec<u8> {
    let mut public = string(b"ssh-ed25519");
    public.extend(string(&dice.bytes(32)));
    let mut out = b"openssh-key-v1\0".to_vec();
    out.extend(string(cipher.as_bytes()));
    let kdf: &[u8] = if cipher == "none" { b"none" } else { b"bcrypt" };
    out.extend(string(kdf));
    let options = if cipher == "none" { Vec::new() } else { dice.bytes(24) };
    out.extend(string(&options));
    out.extend([0, 0, 0, 1]);
    out.extend(string(&public));
    out.extend(string(&dice.bytes(144)));
    out
}

fn string(bytes: &[u8]) -> Vec<u8> {
    let mut out = (bytes.len() as u32).to_be_bytes().to_vec();
    out.extend_from_slice(bytes);
    out
}

fn putty(cipher: &str, dice: &mut Dice) -> String {
    let public = lines(&BASE64_STANDARD.encode(dice.bytes(51)));
    let private = lines(&BASE64_STANDARD.encode(dice.bytes(48)));
    format!(
        "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: {cipher}\nComment: ed25519-key\n\
         Public-Lines: 2\n{public}Private-Lines: 1\n{private}Private-MAC: "
    ) + &format!("{:016x}{:016x}", dice.next(), dice.next())
}

/// A version 4 secret-key packet without a passphrase (RFC 4880, 5.5.3) in ASCII armour.
fn pgp(dice: &mut Dice) -> String {
    let mpi = |bits: u16, dice: &mut Dice| {
        let mut out = bits.to_be_bytes().to_vec();
        out.extend(dice.bytes(usize::from(bits) / 8));
        out
    };
    let mut packet = vec![4, 0x5f, 0x3c, 0x2a, 0x10, 1];
    packet.extend(mpi(2048, dice));
    packet.extend([0, 17, 1, 0, 1]);
    packet.push(0);
    packet.extend(mpi(2048, dice));
    (0..3).for_each(|_| packet.extend(mpi(1024, dice)));
    packet.extend(dice.bytes(2));
    let mut out = vec![0x95, (packet.len() >> 8) as u8, packet.len() as u8];
    out.extend(packet);
    format!(
        "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n{}-----END PGP PRIVATE KEY BLOCK-----",
        lines(&BASE64_STANDARD.encode(out))
    )
}

fn jwt(expires: u64, dice: &mut Dice) -> String {
    let part = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
    let subject = dice.next();
    let issued = expires - 3_600;
    let payload = format!(
        r#"{{"iss":"https://login.blurt.test","sub":"{subject:x}","iat":{issued},"exp":{expires}}}"#
    );
    let signature = BASE64_URL_SAFE_NO_PAD.encode(dice.bytes(32));
    format!("{}.{}.{signature}", part(r#"{"alg":"HS256","typ":"JWT"}"#), part(&payload))
}
