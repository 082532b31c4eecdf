use super::*;
use crate::rule::example::expand;
use proptest::prelude::*;

fn example(name: &str) -> String {
    expand(&format!("<<@{name}>>"), 1).unwrap()
}

fn verify(text: &str) -> Verification {
    PrivateKey.verify(text.as_bytes())
}

/// Name of the example, format, and some of its facts.
type Row = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

const OPEN: [Row; 16] = [
    ("rsa-private-key", "PKCS#1", &[("key", "RSA"), ("bits", "2048")]),
    ("ec-private-key", "SEC 1", &[("key", "EC"), ("curve", "P-256")]),
    ("dsa-private-key", "DSA", &[("key", "DSA"), ("bits", "1024")]),
    ("pkcs8-private-key", "PKCS#8", &[("key", "RSA"), ("bits", "2048")]),
    ("pkcs8-ec-private-key", "PKCS#8", &[("key", "EC"), ("curve", "P-256")]),
    ("pkcs8-ed25519-private-key", "PKCS#8", &[("key", "Ed25519")]),
    ("openssh-private-key", "OpenSSH", &[("key", "Ed25519")]),
    ("ssh2-private-key", "SSH2", &[("key", "RSA")]),
    ("putty-private-key", "PuTTY 3", &[("key", "Ed25519")]),
    ("putty-2-private-key", "PuTTY 2", &[("key", "Ed25519")]),
    ("pgp-private-key", "OpenPGP", &[("key", "RSA"), ("created", "2020-08-18T19:20:48Z")]),
    ("age-secret-key", "age", &[("key", "X25519")]),
    ("wireguard-private-key", "WireGuard", &[("key", "X25519")]),
    ("jwk-private-key", "JWK", &[("key", "EC"), ("curve", "P-256")]),
    ("jwk-rsa-private-key", "JWK", &[("key", "RSA"), ("bits", "2048")]),
    ("open-pkcs12", "PKCS#12", &[("key", "RSA"), ("holds", "1 private key, 1 certificate")]),
];

const ENCRYPTED: [Row; 10] = [
    (
        "encrypted-rsa-private-key",
        "PKCS#1",
        &[("key", "RSA"), ("encryption", "AES-128-CBC, MD5 of the passphrase, 1 iteration")],
    ),
    ("encrypted-ec-private-key", "SEC 1", &[("key", "EC")]),
    (
        "encrypted-pkcs8-private-key",
        "PKCS#8",
        &[("encryption", "AES-256-CBC, PBKDF2 with HMAC-SHA256, 2048 iterations")],
    ),
    (
        "encrypted-openssh-private-key",
        "OpenSSH",
        &[("key", "Ed25519"), ("encryption", "aes256-ctr, bcrypt, 16 rounds")],
    ),
    ("encrypted-ssh2-private-key", "SSH2", &[("key", "RSA"), ("encryption", "3des-cbc")]),
    (
        "encrypted-putty-private-key",
        "PuTTY 3",
        &[("encryption", "aes256-cbc, Argon2id, 8192 KiB, 21 passes, 1 lanes")],
    ),
    (
        "encrypted-putty-2-private-key",
        "PuTTY 2",
        &[("encryption", "aes256-cbc, SHA-1 of the passphrase")],
    ),
    (
        "encrypted-pgp-private-key",
        "OpenPGP",
        &[
            ("key", "Ed25519"),
            ("encryption", "AES-256, salted and iterated SHA-256, 65011712 octets"),
        ],
    ),
    (
        "pkcs12",
        "PKCS#12",
        &[
            ("holds", "1 private key, 1 encrypted part"),
            ("encryption", "AES-256-CBC, PBKDF2 with HMAC-SHA256, 2048 iterations"),
        ],
    ),
    (
        "sigstore-private-key",
        "Sigstore",
        &[("encryption", "nacl/secretbox, scrypt with N=65536, r=8, p=1")],
    ),
];

#[test]
fn every_format_says_what_it_is() {
    for (rows, status) in [(&OPEN[..], Status::WellFormed), (&ENCRYPTED, Status::Encrypted)] {
        for (name, format, facts) in rows {
            let seen = verify(&example(name));
            // Only an age identity has a checksum over all of it.
            let status = if *format == "age" { Status::ChecksumValid } else { status };
            assert_eq!(seen.status, status, "{name}: {seen:?}");
            for (fact, value) in facts.iter().chain(&[("format", *format)]) {
                assert_eq!(
                    seen.facts.get(*fact).map(String::as_str),
                    Some(*value),
                    "{name} {fact}"
                );
            }
        }
    }
}

#[test]
fn a_key_says_the_same_however_it_is_written() {
    for (name, ..) in OPEN.iter().chain(&ENCRYPTED) {
        let key = example(name);
        let plain = verify(&key);
        let quoted = key.replace('\n', "\\n\" +\n    \"") + "\\n\"";
        let mut forms = vec![
            key.replace('\n', "\r\n"),
            key.replace('\n', "\\n"),
            key.replace('\n', "\\r\\n"),
            key.replace('\n', "\\\\n"),
            key.replace('\n', "\n    "),
            key.replace('\n', "\n# "),
            key.replace('\n', "&#10;"),
            key.replace('\n', "&#xA;"),
            key.replace('/', "\\/").replace('+', "\\u002b").replace('\n', "\\n"),
            quoted,
        ];
        match *name {
            name if name.contains("putty") => forms.truncate(1),
            name if name.starts_with("jwk") => forms = vec![key.replace('"', "\\\"")],
            "age-secret-key" => forms.clear(),
            _ => {}
        }
        for form in forms {
            assert_eq!(verify(&form), plain, "{name}: {form:.120}");
        }
        let encoded = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, &key);
        let mut wrapped = verify(&encoded);
        if key.contains("--BEGIN") || key.starts_with('{') {
            assert_eq!(wrapped.facts.remove("encoding").as_deref(), Some("base64"), "{name}");
            assert_eq!(wrapped, plain, "{name}");
        }
    }
}

#[test]
fn what_is_wrapped_twice_is_not_looked_into() {
    let encode = |text: &str| base64::Engine::encode(&base64::prelude::BASE64_STANDARD, text);
    assert_eq!(verify(&encode(&encode(&example("rsa-private-key")))).status, Status::Unknown);
}

#[test]
fn a_key_without_its_header_is_the_same_key() {
    for name in ["rsa", "ec", "dsa", "pkcs8", "openssh", "pgp", "pkcs8-ed25519"] {
        let plain = verify(&example(&format!("{name}-private-key")));
        for form in ["bare", "joined"] {
            let bare = example(&format!("{form}-{name}-private-key"));
            assert_eq!(verify(&bare), plain, "{form} {name}");
            // What the text goes on with is no part of the key.
            if name != "pgp" && name != "openssh" && !bare.ends_with('=') {
                assert_eq!(verify(&format!("{bare}\nnext")), plain, "{form} {name}");
            }
        }
    }
}

#[test]
fn one_changed_digit_is_seen() {
    // Where the numbers of the key stand in its text, and what may come of a change there.
    for (name, from, allowed) in [
        ("rsa-private-key", 50, Status::WellFormed),
        ("pkcs8-private-key", 80, Status::WellFormed),
        ("ec-private-key", 42, Status::WellFormed),
        ("dsa-private-key", 45, Status::WellFormed),
        ("openssh-private-key", 60, Status::WellFormed),
        ("putty-private-key", 100, Status::WellFormed),
        ("pgp-private-key", 60, Status::WellFormed),
        ("age-secret-key", 17, Status::ChecksumInvalid),
    ] {
        let key = example(name);
        let (mut seen_through, mut tried) = (0, 0);
        for at in (from..key.len().min(1_500) - 30).step_by(7) {
            let mut changed = key.clone().into_bytes();
            if !changed[at].is_ascii_alphanumeric() {
                continue;
            }
            changed[at] = match changed[at] {
                b'Q' => b'Z',
                _ => b'Q',
            };
            let status = PrivateKey.verify(&changed).status;
            tried += 1;
            seen_through +=
                usize::from(matches!(status, Status::ChecksumInvalid | Status::Unknown));
            assert!(
                status == allowed || matches!(status, Status::ChecksumInvalid | Status::Unknown),
                "{name} at {at}: {status:?}"
            );
        }
        // A comment, the name of a curve, `q` of DSA and what else nothing is compared with may
        // change.
        assert!(tried > 3 && seen_through * 10 >= tried * 7, "{name}: {seen_through} of {tried}");
    }
}

#[test]
fn a_truncated_key_is_unknown() {
    for (name, ..) in OPEN.iter().chain(&ENCRYPTED) {
        let key = example(name);
        for end in (0..key.len() / 2).step_by(3) {
            let status = PrivateKey.verify(&key.as_bytes()[..end]).status;
            // The encryption of PEM stands before the body; the checksum of age at its end.
            let allowed = (name.contains("encrypted") && status == Status::Encrypted)
                || (*name == "age-secret-key" && status == Status::ChecksumInvalid);
            assert!(allowed || status == Status::Unknown, "{name} to {end}: {status:?}");
        }
    }
}

#[test]
fn what_is_no_private_key_is_unknown() {
    for name in ["public-key", "certificate", "certificate-pkcs12", "jwk-public-key", "jwt"] {
        assert_eq!(verify(&example(name)).status, Status::Unknown, "{name}");
    }
    for text in [
        "",
        "-----BEGIN PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
        "-----BEGIN -----",
        "---- BEGIN SSH2 ",
        "PuTTY-User-Key-File-3: ",
        "AGE-SECRET-KEY-1",
        "{}",
    ] {
        assert_eq!(verify(text).status, Status::Unknown, "{text}");
    }
}

fn hex(text: &str) -> [u8; 32] {
    let digits = (0..64).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap());
    digits.collect::<Vec<u8>>().try_into().unwrap()
}

/// Vectors from standards: what they print of the public half is what is derived from the private
/// one.
#[test]
fn public_halves_are_those_of_the_standards() {
    // The zero seed, with which every implementation of Ed25519 is tried (RFC 8032 has no shorter
    // one).
    let public = "3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29";
    assert_eq!(arithmetic::ed25519(&[0; 32]), hex(public));
    // RFC 7748, 5.2: the base point times nine.
    let mut nine = [0; 32];
    nine[0] = 9;
    let public = "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079";
    assert_eq!(arithmetic::x25519(&nine), hex(public));
    // SEC 2, 2.4.2: the base point of P-256 is the point of the scalar one.
    let base = "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296";
    let point = arithmetic::point::<p256::NistP256>(&[1]).unwrap();
    assert_eq!(point[1..33], hex(base));
}

/// `openssl pkey -pubout` and `ssh-keygen -l` have computed these, of the seed of zeros.
#[test]
fn fingerprints_are_those_that_others_print() {
    let zeros = format!("MC4CAQAwBQYDK2VwBCIEI{}", "A".repeat(43));
    let seen = verify(&zeros);
    assert_eq!(seen.status, Status::WellFormed);
    assert_eq!(seen.facts["fingerprint"], "SHA256:tAXFyTXI8xtDaujAEcwJslAYc9/6FKcUkd2Lw0xDhPo");
    assert_eq!(
        seen.facts["spki_sha256"],
        "339e2ff917630507b6a423b5ce084e285d1fa65d93b3e27a6195d3bbebc9ae23"
    );
}

#[test]
fn empty_numbers_fit_nothing_and_do_no_harm() {
    let none = &b""[..];
    let rsa = arithmetic::Rsa { n: none, e: none, d: none, p: none, q: none };
    assert!(!rsa.fits());
    assert!(!rsa.has(&arithmetic::Remainders { dp: none, dq: none, qinv: none }));
    assert_eq!(arithmetic::dsa_public(none, none, none), None);
    assert_eq!(arithmetic::point::<p256::NistP256>(none), None);
    for key in [Public::rsa(none, none), Public::dsa([none; 4])] {
        assert!(!key.facts().is_empty());
    }
}

#[test]
fn a_sample_key_of_a_standard_is_called_one() {
    // Public keys: RFC 8032, 7.1, test 1, and RFC 7748, 6.1, Alice.
    for (public, origin) in [
        (
            Public::ed25519(&hex(
                "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            )),
            "RFC 8032, 7.1",
        ),
        (
            Public::x25519(&hex(
                "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
            )),
            "RFC 7748, 6.1",
        ),
    ] {
        let key = || Key::new("PKCS#8").with_public(Some(public.clone()));
        assert_eq!(key().verification().facts["published"], origin);
        assert_eq!(key().fitting(false).verification().facts.get("published"), None);
    }
}

#[test]
fn recipients_of_age_are_those_of_its_specification() {
    let seen = verify(&example("age-secret-key"));
    assert!(seen.facts["public_key"].starts_with("age1"), "{seen:?}");
    assert_eq!(seen.facts["public_key"].len(), 62);
}

proptest! {
    #[test]
    fn arbitrary_bytes_do_no_harm(
        bytes in prop::collection::vec(any::<u8>(), 0..400),
        kind in 0..9_usize,
    ) {
        let heads = [
            "",
            "-----BEGIN PRIVATE KEY-----",
            "PuTTY-User-Key-File-3: ssh-rsa\n",
            "{\"kty\":",
            "AGE-SECRET-KEY-1",
            "LS0tLS1CRUdJTi",
            "-----BEGIN PGP PRIVATE KEY BLOCK-----",
            "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----",
            "b3BlbnNzaC1rZXktdjE",
        ];
        let text = [heads[kind].as_bytes(), &bytes].concat();
        PrivateKey.verify(&text);
        binary(&bytes);
        pgp::key(&bytes);
    }

    #[test]
    fn damaged_keys_do_no_harm(
        which in 0..OPEN.len(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut key = example(OPEN[which].0).into_bytes();
        for (at, byte) in &damage {
            let at = at.index(key.len());
            key[at] = *byte;
        }
        PrivateKey.verify(&key);
    }

    #[test]
    fn damaged_bytes_do_no_harm(
        which in 0..OPEN.len(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let key = example(OPEN[which].0);
        let Some(block) = pem::blocks(key.as_bytes()).next() else { return Ok(()) };
        let mut bytes = pem::decode(block.text()).unwrap_or_default();
        if bytes.is_empty() {
            return Ok(());
        }
        for (at, byte) in &damage {
            let at = at.index(bytes.len());
            bytes[at] = *byte;
        }
        binary(&bytes);
        pgp::key(&bytes);
    }
}

#[test]
fn long_texts_take_no_longer_than_they_are() {
    let pieces = [
        "-----BEGIN ",
        "\\\\\\\\",
        "\\\\u",
        "&#",
        "%4",
        "<",
        "---- BEGIN SSH2 x ----",
        "AAAA\n",
        "\"'",
        "-----BEGIN A-----END",
    ];
    for piece in pieces {
        let started = std::time::Instant::now();
        verify(&format!("-----BEGIN PRIVATE KEY-----{}", piece.repeat(60_000 / piece.len())));
        assert!(started.elapsed().as_millis() < 2_000, "{piece}: {:?}", started.elapsed());
    }
    // Numbers as long as any that are compared, and longer ones.
    for length in [2_048, 5_000] {
        let started = std::time::Instant::now();
        let head = [&[0x02, 0x82][..], &(length as u16).to_be_bytes()].concat();
        let number = [head, vec![0x7f; length]].concat();
        let body = [&[0x02, 1, 0][..], &number.repeat(8)].concat();
        let size = (body.len() as u16).to_be_bytes();
        assert!(binary(&[&[0x30, 0x82][..], &size, &body].concat()).is_some());
        assert!(started.elapsed().as_millis() < 2_000, "{length}: {:?}", started.elapsed());
    }
}
