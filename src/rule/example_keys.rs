//! Private keys and tokens with the right structure, for examples and fixtures. The numbers of a
//! key fit each other as a check wants them to; those of RSA and DSA are no primes, so that such a
//! key is none.

use super::Dice;
use crate::detect::check::private_key::arithmetic;
use crate::detect::check::private_key::putty::Seal;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD, Engine as _};
use crypto_bigint::{BoxedUint, ConcatenatingMul, NonZero};
use std::fmt::Write as _;

/// The structured value called `name`, or `None` if there is none of that name. Before the name of
/// a value in PEM may stand how it is written: `base64-` wraps it as a whole, `bare-` takes its
/// lines without the header, `joined-` these in one, `escaped-` writes line feeds as `\n`.
pub(super) fn build(name: &str, dice: &mut Dice) -> Option<String> {
    if let Some(name) = name.strip_prefix("base64-") {
        return Some(BASE64_STANDARD.encode(build(name, dice)? + "\n"));
    }
    if let Some(name) = name.strip_prefix("escaped-") {
        return Some(build(name, dice)?.replace('\n', "\\n"));
    }
    if let Some(name) = name.strip_prefix("joined-") {
        return Some(bare(&build(name, dice)?).concat());
    }
    if let Some(name) = name.strip_prefix("bare-") {
        return Some(bare(&build(name, dice)?).join("\n"));
    }
    key(name, dice).or_else(|| store(name, dice)).or_else(|| token(name, dice))
}

/// The lines of a block without those around them.
fn bare(block: &str) -> Vec<&str> {
    block.lines().filter(|line| !line.starts_with("--")).collect()
}

fn key(name: &str, dice: &mut Dice) -> Option<String> {
    Some(match name {
        "rsa-private-key" => pem("RSA PRIVATE KEY", &Rsa::new(dice).pkcs1()),
        "ec-private-key" => pem("EC PRIVATE KEY", &ec(dice)),
        "dsa-private-key" => pem("DSA PRIVATE KEY", &dsa(dice)),
        "pkcs8-private-key" => pem("PRIVATE KEY", &pkcs8(dice)),
        "pkcs8-ec-private-key" => pem("PRIVATE KEY", &pkcs8_ec(dice)),
        "pkcs8-ed25519-private-key" => pem("PRIVATE KEY", &pkcs8_ed25519(dice)),
        "encrypted-pkcs8-private-key" => {
            pem("ENCRYPTED PRIVATE KEY", &encrypted_pkcs8(1_232, dice))
        }
        "encrypted-rsa-private-key" => encrypted_as_text("RSA PRIVATE KEY", 1_192, dice),
        "encrypted-ec-private-key" => encrypted_as_text("EC PRIVATE KEY", 128, dice),
        "openssh-private-key" => pem("OPENSSH PRIVATE KEY", &openssh(dice)),
        "encrypted-openssh-private-key" => pem("OPENSSH PRIVATE KEY", &encrypted_openssh(dice)),
        "ssh2-private-key" => ssh2("none", dice),
        "encrypted-ssh2-private-key" => ssh2("3des-cbc", dice),
        "putty-private-key" => putty(3, "none", dice),
        "encrypted-putty-private-key" => putty(3, "aes256-cbc", dice),
        "putty-2-private-key" => putty(2, "none", dice),
        "encrypted-putty-2-private-key" => putty(2, "aes256-cbc", dice),
        "pgp-private-key" => armour(&pgp_rsa(dice)),
        "encrypted-pgp-private-key" => armour(&encrypted_pgp(dice)),
        "age-secret-key" => age(dice),
        "wireguard-private-key" => BASE64_STANDARD.encode(dice.bytes(32)),
        "jwk-private-key" => jwk(true, dice),
        "jwk-public-key" => jwk(false, dice),
        "jwk-rsa-private-key" => Rsa::new(dice).jwk(),
        "public-key" => pem("PUBLIC KEY", &public_key(dice)),
        "certificate" => pem("CERTIFICATE", &tlv(0x30, &dice.bytes(700))),
        _ => return None,
    })
}

fn store(name: &str, dice: &mut Dice) -> Option<String> {
    Some(match name {
        "pkcs12" => BASE64_STANDARD.encode(pkcs12(true, dice)),
        "open-pkcs12" => BASE64_STANDARD.encode(pkcs12(false, dice)),
        "certificate-pkcs12" => BASE64_STANDARD.encode(certificates(dice)),
        "sigstore-private-key" => sigstore(dice),
        "openvpn-static-key" => openvpn(dice),
        _ => return None,
    })
}

fn token(name: &str, dice: &mut Dice) -> Option<String> {
    Some(match name {
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

/// A positive number in DER: without leading zeros, but with the one that keeps it positive.
fn integer(bytes: &[u8]) -> Vec<u8> {
    let bytes = arithmetic::trimmed(bytes);
    let signed = bytes.first().is_none_or(|first| *first >= 0x80);
    tlv(0x02, &[if signed { &[0][..] } else { b"" }, bytes].concat())
}

/// An odd number of so many bytes, with its two highest bits set.
fn odd(len: usize, dice: &mut Dice) -> Vec<u8> {
    let mut bytes = dice.bytes(len);
    bytes[0] |= 0xc0;
    bytes[len - 1] |= 1;
    bytes
}

/// The numbers of an RSA key of 2048 bits.
struct Rsa {
    n: Vec<u8>,
    d: Vec<u8>,
    p: Vec<u8>,
    q: Vec<u8>,
    dp: Vec<u8>,
    dq: Vec<u8>,
    qinv: Vec<u8>,
}

const EXPONENT: [u8; 3] = [1, 0, 1];

impl Rsa {
    /// Most random numbers have the inverses that a key needs; the others are thrown again.
    fn new(dice: &mut Dice) -> Self {
        loop {
            let (p, q) = (odd(128, dice), odd(128, dice));
            if let Some(key) = Self::of(p, q) {
                return key;
            }
        }
    }

    fn of(p: Vec<u8>, q: Vec<u8>) -> Option<Self> {
        let number = |bytes: &[u8]| BoxedUint::from_be_slice_vartime(bytes);
        let bytes = |number: &BoxedUint| number.to_be_bytes_trimmed_vartime().into_vec();
        let less_one = |bytes: &[u8]| number(bytes).wrapping_sub(BoxedUint::one());
        let (p1, q1) = (less_one(&p), less_one(&q));
        let n = bytes(&number(&p).concatenating_mul(&number(&q)));
        let d = inverse(&number(&EXPONENT), p1.concatenating_mul(&q1))?;
        let rest = |modulus: BoxedUint| {
            let modulus: Option<NonZero<BoxedUint>> = modulus.into_nz().into();
            Some(bytes(&d.rem_vartime(&modulus?)))
        };
        let (dp, dq) = (rest(p1)?, rest(q1)?);
        let qinv = bytes(&inverse(&number(&q), number(&p))?);
        Some(Self { n, d: bytes(&d), p, q, dp, dq, qinv })
    }

    fn pkcs1(&self) -> Vec<u8> {
        let mut parts = vec![integer(&[0])];
        let Self { n, d, p, q, dp, dq, qinv } = self;
        parts.extend([n, &EXPONENT.to_vec(), d, p, q, dp, dq, qinv].map(|number| integer(number)));
        sequence(&parts)
    }

    fn jwk(&self) -> String {
        let part = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        let Self { n, d, p, q, dp, dq, qinv } = self;
        let named = [("n", n), ("d", d), ("p", p), ("q", q), ("dp", dp), ("dq", dq), ("qi", qinv)];
        let parts = named.map(|(name, number)| format!(r#","{name}":"{}""#, part(number)));
        format!(r#"{{"kty":"RSA","e":"AQAB"{}}}"#, parts.concat())
    }
}

/// `number` inverted modulo `modulus`.
fn inverse(number: &BoxedUint, modulus: BoxedUint) -> Option<BoxedUint> {
    let modulus: Option<NonZero<BoxedUint>> = modulus.into_nz().into();
    let modulus = modulus?;
    number.rem_vartime(&modulus).invert_mod(&modulus).into()
}

fn dsa(dice: &mut Dice) -> Vec<u8> {
    let (p, q, g) = (odd(128, dice), odd(20, dice), dice.bytes(127));
    let mut x = dice.bytes(20);
    x[0] |= 1;
    let public = arithmetic::dsa_public(&p, &g, &x).unwrap_or_default();
    let numbers = [vec![0], p, q, g, public, x];
    sequence(&numbers.map(|number| integer(&number)))
}

const PRIME256V1: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];
const PBES2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0d];
const PBKDF2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0c];
const HMAC_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x09];
const AES_256_CBC: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2a];

/// A scalar of P-256 and its point.
fn p256(dice: &mut Dice) -> (Vec<u8>, Vec<u8>) {
    let mut scalar = dice.bytes(32);
    // Under the order of the curve, and no zero.
    scalar[0] = 0x40 | (scalar[0] & 0x3f);
    let point = arithmetic::point::<p256::NistP256>(&scalar).unwrap_or_default();
    (scalar, point)
}

fn ec(dice: &mut Dice) -> Vec<u8> {
    let (scalar, point) = p256(dice);
    let curve = tlv(0xa0, &tlv(0x06, PRIME256V1));
    let point = tlv(0xa1, &tlv(0x03, &[vec![0], point].concat()));
    sequence(&[integer(&[1]), tlv(0x04, &scalar), curve, point])
}

fn pkcs8(dice: &mut Dice) -> Vec<u8> {
    let algorithm = sequence(&[tlv(0x06, RSA_ENCRYPTION), tlv(0x05, &[])]);
    sequence(&[integer(&[0]), algorithm, tlv(0x04, &Rsa::new(dice).pkcs1())])
}

fn pkcs8_ec(dice: &mut Dice) -> Vec<u8> {
    let (scalar, point) = p256(dice);
    let point = tlv(0xa1, &tlv(0x03, &[vec![0], point].concat()));
    let key = sequence(&[integer(&[1]), tlv(0x04, &scalar), point]);
    let algorithm = sequence(&[tlv(0x06, EC_PUBLIC_KEY), tlv(0x06, PRIME256V1)]);
    sequence(&[integer(&[0]), algorithm, tlv(0x04, &key)])
}

fn pkcs8_ed25519(dice: &mut Dice) -> Vec<u8> {
    let key = tlv(0x04, &tlv(0x04, &dice.bytes(32)));
    sequence(&[integer(&[0]), sequence(&[tlv(0x06, ED25519)]), key])
}

/// PBES2 with what `openssl pkcs8 -topk8` takes.
fn pbes2(dice: &mut Dice) -> Vec<u8> {
    let function = sequence(&[tlv(0x06, HMAC_SHA256), tlv(0x05, &[])]);
    let work = sequence(&[tlv(0x04, &dice.bytes(8)), integer(&[8, 0]), function]);
    let derivation = sequence(&[tlv(0x06, PBKDF2), work]);
    let cipher = sequence(&[tlv(0x06, AES_256_CBC), tlv(0x04, &dice.bytes(16))]);
    sequence(&[tlv(0x06, PBES2), sequence(&[derivation, cipher])])
}

fn encrypted_pkcs8(len: usize, dice: &mut Dice) -> Vec<u8> {
    sequence(&[pbes2(dice), tlv(0x04, &dice.bytes(len))])
}

fn public_key(dice: &mut Dice) -> Vec<u8> {
    let algorithm = sequence(&[tlv(0x06, RSA_ENCRYPTION), tlv(0x05, &[])]);
    sequence(&[algorithm, tlv(0x03, &dice.bytes(271))])
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02X}");
        hex
    })
}

fn encrypted_as_text(label: &str, len: usize, dice: &mut Dice) -> String {
    let body = lines(&BASE64_STANDARD.encode(dice.bytes(len)));
    let salt = hex(&dice.bytes(16));
    format!(
        "-----BEGIN {label}-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,{salt}\n\n\
         {body}-----END {label}-----"
    )
}

fn string(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u32).to_be_bytes(), bytes].concat()
}

/// An Ed25519 key: the seed, and the public key as SSH writes it.
fn ssh_ed25519(dice: &mut Dice) -> ([u8; 32], Vec<u8>) {
    let mut seed = [0; 32];
    seed.copy_from_slice(&dice.bytes(32));
    let public = arithmetic::ed25519(&seed);
    (seed, [string(b"ssh-ed25519"), string(&public)].concat())
}

/// The container of openssh's PROTOCOL.key.
fn openssh(dice: &mut Dice) -> Vec<u8> {
    let (seed, public) = ssh_ed25519(dice);
    let check = dice.bytes(4);
    let pair = [&seed[..], &public[public.len() - 32..]].concat();
    let comment = string(b"jo@build");
    let mut private = [&check[..], &check, &public, &string(&pair), &comment].concat();
    private.extend((1..).take(private.len().next_multiple_of(8) - private.len()));
    openssh_container(["none", "none"], &[], &public, &private)
}

fn encrypted_openssh(dice: &mut Dice) -> Vec<u8> {
    let (_, public) = ssh_ed25519(dice);
    let options = [string(&dice.bytes(16)), 16_u32.to_be_bytes().to_vec()].concat();
    openssh_container(["aes256-ctr", "bcrypt"], &options, &public, &dice.bytes(144))
}

fn openssh_container(
    [cipher, kdf]: [&str; 2],
    options: &[u8],
    public: &[u8],
    private: &[u8],
) -> Vec<u8> {
    let mut out = b"openssh-key-v1\0".to_vec();
    for part in [cipher.as_bytes(), kdf.as_bytes(), options] {
        out.extend(string(part));
    }
    out.extend([0, 0, 0, 1]);
    out.extend(string(public));
    out.extend(string(private));
    out
}

fn ssh2(cipher: &str, dice: &mut Dice) -> String {
    let kind = b"if-modn{sign{rsa-pkcs1-sha1},encrypt{rsa-pkcs1v2-oaep}}";
    let rest = [string(kind), string(cipher.as_bytes()), string(&dice.bytes(600))].concat();
    let length = (rest.len() as u32 + 8).to_be_bytes();
    let file = [&[0x3f, 0x6f, 0xf9, 0xeb][..], &length, &rest].concat();
    let body = lines(&BASE64_STANDARD.encode(file));
    format!(
        "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\nComment: \"rsa-key\"\n\
         {body}---- END SSH2 ENCRYPTED PRIVATE KEY ----"
    )
}

fn putty(version: u8, cipher: &str, dice: &mut Dice) -> String {
    let (seed, public) = ssh_ed25519(dice);
    let private = if cipher == "none" { string(&seed) } else { dice.bytes(48) };
    let comment = "ed25519-key";
    let seal = Seal {
        version,
        algorithm: b"ssh-ed25519",
        encryption: cipher.as_bytes(),
        comment: comment.as_bytes(),
        public: &public,
        private: &private,
    };
    let mac = seal.code();
    let derivation = match (version, cipher) {
        (_, "none") | (2, _) => String::new(),
        _ => format!(
            "Key-Derivation: Argon2id\nArgon2-Memory: 8192\nArgon2-Passes: 21\n\
             Argon2-Parallelism: 1\nArgon2-Salt: {}\n",
            hex(&dice.bytes(16)).to_lowercase()
        ),
    };
    let [public, private] = [&public, &private].map(|part| lines(&BASE64_STANDARD.encode(part)));
    format!(
        "PuTTY-User-Key-File-{version}: ssh-ed25519\nEncryption: {cipher}\nComment: {comment}\n\
         Public-Lines: 2\n{public}{derivation}Private-Lines: 1\n{private}Private-MAC: {mac}"
    )
}

/// A packet of the old format with two bytes of length (RFC 9580, 4.2.2).
fn packet(tag: u8, body: &[u8]) -> Vec<u8> {
    [&[0x81 | tag << 2, (body.len() >> 8) as u8, body.len() as u8], body].concat()
}

fn armour(packet: &[u8]) -> String {
    format!(
        "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n{}-----END PGP PRIVATE KEY BLOCK-----",
        lines(&BASE64_STANDARD.encode(packet))
    )
}

/// A number of OpenPGP: its length in bits, then its bytes.
fn mpi(bytes: &[u8]) -> Vec<u8> {
    let bytes = arithmetic::trimmed(bytes);
    let unused = bytes.first().map_or(0, |first| first.leading_zeros() as usize);
    [&((bytes.len() * 8 - unused) as u16).to_be_bytes(), bytes].concat()
}

/// A version 4 secret-key packet without a passphrase (RFC 9580, 5.5.3).
fn pgp_rsa(dice: &mut Dice) -> Vec<u8> {
    let key = Rsa::new(dice);
    // The fourth number is `p` inverted; nobody needs it.
    let private = [&key.d, &key.p, &key.q, &key.qinv].map(|number| mpi(number)).concat();
    let checksum = private.iter().fold(0_u16, |sum, byte| sum.wrapping_add((*byte).into()));
    let public = [mpi(&key.n), mpi(&EXPONENT)].concat();
    let head = [&[4, 0x5f, 0x3c, 0x2a, 0x10, 1][..], &public, &[0]].concat();
    packet(5, &[&head[..], &private, &checksum.to_be_bytes()].concat())
}

/// The same of an Ed25519 key with one.
fn encrypted_pgp(dice: &mut Dice) -> Vec<u8> {
    let curve = [9, 0x2b, 0x06, 0x01, 0x04, 0x01, 0xda, 0x47, 0x0f, 0x01];
    let mut point = vec![0x40];
    point.extend(dice.bytes(32));
    // AES-256, salted and iterated SHA-256.
    let protection = [&[254, 9, 3, 8][..], &dice.bytes(8), &[0xff], &dice.bytes(16 + 54)].concat();
    let head = [&[4, 0x65, 0x3c, 0x2a, 0x10, 22][..], &curve, &mpi(&point)].concat();
    packet(5, &[head, protection].concat())
}

fn age(dice: &mut Dice) -> String {
    let prefix = bech32::Hrp::parse_unchecked("age-secret-key-");
    let key = bech32::encode_upper::<bech32::Bech32>(prefix, &dice.bytes(32));
    key.unwrap_or_default()
}

fn jwk(private: bool, dice: &mut Dice) -> String {
    let part = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let (scalar, point) = p256(dice);
    let (x, y) = point[1..].split_at(32);
    let d = if private { format!(r#","d":"{}""#, part(&scalar)) } else { String::new() };
    format!(r#"{{"kty":"EC","crv":"P-256","x":"{}","y":"{}"{d}}}"#, part(x), part(y))
}

const DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01];
const ENCRYPTED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x06];
/// Without its last number, which says what is in the bag.
const BAG: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x0a, 0x01];

/// Content of a kind, in `[0]` behind it.
fn content(kind: &[u8], value: &[u8]) -> Vec<u8> {
    sequence(&[tlv(0x06, kind), tlv(0xa0, value)])
}

/// A part of a store in clear.
fn bags(kind: u8, value: &[u8]) -> Vec<u8> {
    let bag = content(&[BAG, &[kind]].concat(), value);
    content(DATA, &tlv(0x04, &sequence(&[bag])))
}

/// Certificates, encrypted.
fn sealed(dice: &mut Dice) -> Vec<u8> {
    let inner = sequence(&[tlv(0x06, DATA), pbes2(dice), tlv(0x80, &dice.bytes(900))]);
    content(ENCRYPTED_DATA, &sequence(&[integer(&[0]), inner]))
}

/// A store (RFC 7292) with a key and a certificate, encrypted or not.
fn pkcs12(encrypted: bool, dice: &mut Dice) -> Vec<u8> {
    let parts = if encrypted {
        vec![sealed(dice), bags(2, &encrypted_pkcs8(1_232, dice))]
    } else {
        vec![bags(3, &tlv(0x30, &dice.bytes(700))), bags(1, &pkcs8(dice))]
    };
    let safes = content(DATA, &tlv(0x04, &sequence(&parts)));
    sequence(&[integer(&[3]), safes, sequence(&[tlv(0x30, &dice.bytes(48))])])
}

/// A store with nothing but a certificate, in clear.
fn certificates(dice: &mut Dice) -> Vec<u8> {
    let part = bags(3, &tlv(0x30, &dice.bytes(700)));
    let safes = content(DATA, &tlv(0x04, &sequence(&[part])));
    sequence(&[integer(&[3]), safes])
}

fn sigstore(dice: &mut Dice) -> String {
    let part = |len: usize, dice: &mut Dice| BASE64_STANDARD.encode(dice.bytes(len));
    let (salt, nonce, text) = (part(32, dice), part(24, dice), part(138, dice));
    let object = format!(
        r#"{{"kdf":{{"name":"scrypt","params":{{"N":65536,"r":8,"p":1}},"salt":"{salt}"}},"cipher":{{"name":"nacl/secretbox","nonce":"{nonce}"}},"ciphertext":"{text}"}}"#
    );
    pem("ENCRYPTED SIGSTORE PRIVATE KEY", object.as_bytes())
}

fn openvpn(dice: &mut Dice) -> String {
    let rows: String = (0..16).map(|_| hex(&dice.bytes(16)).to_lowercase() + "\n").collect();
    format!("-----BEGIN OpenVPN Static key V1-----\n{rows}-----END OpenVPN Static key V1-----")
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
