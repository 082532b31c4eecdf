//! Tokens with something inside that no pattern can make, as JSON in base64, for examples and fixtures.

use super::{Dice, check, generate};
use base64::prelude::{
    BASE64_STANDARD, BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD, Engine as _,
};
use serde_json::json;

/// The structured value called `name`, or `None` if there is none of that name.
pub(super) fn build(name: &str, dice: &mut Dice) -> Option<String> {
    Some(match name {
        "1password-token" => one_password(dice),
        "atlassian-data-center-token" => {
            let number = 100_000_000_000 + dice.next() % 900_000_000_000;
            BASE64_STANDARD.encode([format!("{number}:").into_bytes(), dice.bytes(20)].concat())
        }
        "bedrock-long-term-key" => bedrock_long_term(dice),
        "bedrock-short-term-key" => bedrock_short_term(2099, dice),
        "bitcoin-extended-key" => extended_key(dice),
        "bitcoin-private-key" => base58check(&[&[0x80], &*dice.bytes(32), &[1]].concat()),
        "cloudflare-tunnel-token" => cloudflare_tunnel(dice),
        "expired-bedrock-short-term-key" => bedrock_short_term(2025, dice),
        "gitlab-token" => gitlab(dice)?,
        "google-service-account" => google_service_account(dice)?,
        "grafana-api-key" => {
            BASE64_STANDARD.encode(format!(r#"{{"k":"{}","n":"deploy","id":1}}"#, word(32, dice)))
        }
        "grafana-cloud-token" => {
            let secret = BASE64_STANDARD.encode(dice.bytes(24));
            let object =
                format!(r#"{{"o":"654321","n":"deploy","k":"{secret}","m":{{"r":"eu"}}}}"#);
            format!("glc_{}", BASE64_STANDARD.encode(object))
        }
        "jfrog-reference-token" => {
            BASE64_STANDARD_NO_PAD.encode(format!("reftkn:01:0000000000:{}", word(27, dice)))
        }
        "pypi-project-token" => pypi("pypi.org", &[r#"[1, ["acme-app"]]"#], dice),
        "pypi-token" => pypi("pypi.org", &[r#"{"version": 1, "permissions": "user"}"#], dice),
        "sentry-token" => sentry(dice),
        "testpypi-token" => pypi("test.pypi.org", &[r#"[3, "00000000"]"#], dice),
        _ => return None,
    })
}

/// Letters and digits.
fn word(length: usize, dice: &mut Dice) -> String {
    generate(&format!("[0-9A-Za-z]{{{length}}}"), dice).unwrap_or_default()
}

fn hex(length: usize, dice: &mut Dice) -> String {
    generate(&format!("[0-9a-f]{{{length}}}"), dice).unwrap_or_default()
}

fn uuid(dice: &mut Dice) -> String {
    [8, 4, 4, 4, 12].map(|length| hex(length, dice)).join("-")
}

fn one_password(dice: &mut Dice) -> String {
    let url = |bytes: Vec<u8>| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let object = json!({
        "signInAddress": "example.1password.com",
        "userAuth": { "method": "SRPg-4096", "alg": "PBES2g-HS256", "iterations": 650_000 },
        "email": format!("{}@1passwordserviceaccounts.com", hex(13, dice)),
        "srpX": hex(64, dice),
        "muk": { "alg": "A256GCM", "ext": true, "k": url(dice.bytes(32)), "kty": "oct" },
        "secretKey": generate("A3-[0-9A-Z]{6}-[0-9A-Z]{6}(?:-[0-9A-Z]{5}){4}", dice).ok(),
        "throttleSecret": { "seed": hex(64, dice), "uuid": hex(26, dice) },
        "deviceUuid": hex(26, dice),
    });
    format!("ops_{}", BASE64_URL_SAFE_NO_PAD.encode(object.to_string()))
}

fn bedrock_long_term(dice: &mut Dice) -> String {
    let user = format!("BedrockAPIKey-{}-at-111122223333", hex(4, dice));
    let secret = BASE64_STANDARD.encode(dice.bytes(44));
    format!("ABSK{}", BASE64_STANDARD.encode(format!("{user}:{secret}")))
}

fn bedrock_short_term(year: u16, dice: &mut Dice) -> String {
    let key = generate("ASIA[A-P][A-Z2-7]{15}", dice).unwrap_or_default();
    let scope = format!("{key}%2F{year}0102%2Feu-west-1%2Fbedrock%2Faws4_request");
    let signature = hex(64, dice);
    let url = format!(
        "bedrock.amazonaws.com/?Action=CallWithBearerToken&X-Amz-Algorithm=AWS4-HMAC-SHA256\
         &X-Amz-Credential={scope}&X-Amz-Date={year}0102T030000Z&X-Amz-Expires=43200\
         &X-Amz-SignedHeaders=host&X-Amz-Signature={signature}&Version=1"
    );
    format!("bedrock-api-key-{}", BASE64_STANDARD.encode(url))
}

/// Base58 with a checksum, which `bs58` appends.
fn base58check(payload: &[u8]) -> String {
    bs58::encode(payload).with_check().into_string()
}

/// A master key: version, depth, fingerprint and number of the parent, chain code, key (BIP 32).
fn extended_key(dice: &mut Dice) -> String {
    base58check(
        &[&[4, 0x88, 0xad, 0xe4], &[0; 9][..], &dice.bytes(32), &[0], &dice.bytes(32)].concat(),
    )
}

fn cloudflare_tunnel(dice: &mut Dice) -> String {
    let secret = BASE64_STANDARD.encode(dice.bytes(32));
    let (account, tunnel) = (hex(32, dice), uuid(dice));
    BASE64_STANDARD.encode(format!(r#"{{"a":"{account}","t":"{tunnel}","s":"{secret}"}}"#))
}

fn gitlab(dice: &mut Dice) -> Option<String> {
    let payload = [&b"o:1\nu:2n9c"[..], &dice.bytes(16), &[16]].concat();
    let payload = BASE64_URL_SAFE_NO_PAD.encode(payload);
    check::by_name("gitlab")?.seal(&format!("glpat-{payload}.01."))
}

/// The members in the order in which Google writes them.
fn google_service_account(dice: &mut Dice) -> Option<String> {
    let id = hex(40, dice);
    let key = super::keys::build("pkcs8-private-key", dice)?.replace('\n', "\\n");
    let number = generate("1[0-9]{20}", dice).ok()?;
    Some(format!(
        r#"{{
  "type": "service_account",
  "project_id": "acme-prod",
  "private_key_id": "{id}",
  "private_key": "{key}\n",
  "client_email": "deploy@acme-prod.iam.gserviceaccount.com",
  "client_id": "{number}",
  "token_uri": "https://oauth2.googleapis.com/token"
}}"#
    ))
}

/// A macaroon of version 2: host, identifier, caveats, signature.
fn pypi(host: &str, caveats: &[&str], dice: &mut Dice) -> String {
    let field = |kind: u8, content: &[u8]| [&[kind, content.len() as u8], content].concat();
    let mut bytes = vec![2];
    bytes.extend(field(1, host.as_bytes()));
    bytes.extend(field(2, uuid(dice).as_bytes()));
    bytes.push(0);
    for caveat in caveats {
        bytes.extend(field(2, caveat.as_bytes()));
        bytes.push(0);
    }
    bytes.push(0);
    bytes.extend(field(6, &dice.bytes(32)));
    format!("pypi-{}", BASE64_URL_SAFE_NO_PAD.encode(bytes))
}

fn sentry(dice: &mut Dice) -> String {
    let object = r#"{"iat": 1700000000.123456, "url": "https://sentry.io", "region_url": "https://de.sentry.io", "org": "acme"}"#;
    let secret = BASE64_STANDARD_NO_PAD.encode(dice.bytes(32));
    format!("sntrys_{}_{secret}", BASE64_STANDARD.encode(object))
}
