//! Names that speak *about* a secret: where it is kept, what it is called, how it is checked.

use super::shape::{humps, is_uuid};
use super::{Filter, Subject, Verdict, Words, ends_with_any, is_any};
use crate::rule::Layer;
use bstr::ByteSlice;

pub(super) struct NameRole;

/// At the end of a name: not the secret, but something about it.
const ENDS: &str = "\
    _name name _id -id .id _path path _file file filename _dir _url url _uri uri endpoint _type \
    type _field field _label label _hint hint placeholder _text message error _regex regex \
    pattern _length length _len _size _count _prefix prefix suffix _header header _param \
    parameter _column _env envvar _var variable _version version _date expiry expires expiration \
    timeout _ttl policy _hash_algorithm algorithm _arn title description selector class format \
    enabled hash hashed required";

/// Anywhere in a name: keys and tokens that are public or belong to another trade.
static PARTS: Words = Words::new(
    "\
    nexttoken next_token next-token continuationtoken continuation_token continuation-token \
    pagetoken page_token page-token paginationtoken pagination_token clienttoken client_token \
    authenticity_token cached_token synctoken sync_token amz-credential \
    public pubkey primary_key primarykey foreign partition sort_key sortkey cache_key cachekey \
    cache-key cache_token keyword keyboard keycode keydown keyup keypress monkey turkey hotkey \
    idempotency dedup object_key objectkey s3_key row_key checksum integrity sha1 sha256 sha512 \
    sha3 hash_of hashed_secret md5 digest fingerprint thumbprint commit revision etag nonce csrf xsrf token_type tokenizer \
    translation i18n",
);

/// Just before a value: it is the hash of something, not a secret.
static HASHES: Words = Words::new(
    "\
    sha1 sha256 sha384 sha512 sha-256 md5 checksum integrity digest fingerprint thumbprint \
    commit",
);

/// In the name of a password: a text of a form, or a rule for passwords.
const TEXTS: &str = "\
    hint label placeholder prompt tooltip forgot reset strength policy rule rules pattern last next \
    min max hashed change";

/// Right before a value of a list: what stands beside the secret.
const BESIDE: &str = "\
    username user host hostname port database dbname tls.crt ca.crt region bucket email endpoint url";

/// At the end of a name: what a provider calls something, next to the secret.
const IDENTIFIERS: &str = "\
    client_id clientid client-id app_id appid app-id tenant_id project_id user_id account_id";

/// A public key is none of our business.
static PUBLIC: Words = Words::new("public pubkey");

impl Filter for NameRole {
    fn name(&self) -> &'static str {
        "name"
    }

    fn judge(&self, subject: &Subject) -> Option<Verdict> {
        let name = subject.name;
        let reason = match subject.layer {
            Layer::Structured => return None,
            Layer::Generic | Layer::Password if name.is_empty() => return None,
            Layer::Named if name.is_empty() => {
                let beside = is_any(last_name(subject.before), BESIDE);
                return beside.then_some(Verdict::Drop("the name of what stands beside a secret"));
            }
            Layer::Named if PUBLIC.are_in(name) => "public, by its name",
            Layer::Named if ends_with_any(name, IDENTIFIERS) => "an identifier, by its name",
            Layer::Named if is_uuid(subject.value) && is_identifier(name) => {
                "a UUID under the name of an identifier"
            }
            Layer::Generic | Layer::Password if ends_with_any(name, ENDS) || PARTS.are_in(name) => {
                "its name speaks about a secret, it is none"
            }
            Layer::Password if words(name).any(|word| is_any(word, TEXTS)) => {
                "its name speaks about passwords, it is none"
            }
            Layer::Password if is_verb(name, subject.call) => "a verb, not a password",
            Layer::Password if goes_on(name) => {
                return Some(Verdict::Lower("its name goes on behind the password"));
            }
            Layer::Generic if tells_public_key(subject.before) => {
                "public, by what stands before it"
            }
            Layer::Generic if HASHES.are_in(subject.before) => "a hash, by what stands before it",
            _ if HASHES.are_in(name) => "a hash, by its name",
            _ => return None,
        };
        Some(Verdict::Drop(reason))
    }
}

/// Whether the words before a value say that it is a public key.
fn tells_public_key(before: &[u8]) -> bool {
    let line = before.rsplit(|b| *b == b'\n').next().unwrap_or_default();
    line.to_ascii_lowercase().contains_str("public key")
}

/// The name that `before` ends with, as in `name: "`.
fn last_name(before: &[u8]) -> &[u8] {
    let is_name = |b: &u8| b.is_ascii_alphanumeric() || b"_.-".contains(b);
    let end = before.iter().rposition(is_name).map_or(0, |at| at + 1);
    let assigned = before[end..].iter().any(|b| b":=".contains(b));
    let length = before[..end].iter().rev().take_while(|b| is_name(b)).count();
    if assigned { &before[end - length..end] } else { &[] }
}

/// `formId`, `project_uuid`; but not `secret_id`.
fn is_identifier(name: &[u8]) -> bool {
    let last = words(name).last();
    last.is_some_and(|last| is_any(last, "id uuid guid ids"))
        && !words(name).any(|word| is_any(word, "secret token key"))
}

/// The words of a name: at `_`, `-`, `.` and camel humps.
fn words(name: &[u8]) -> impl Iterator<Item = &[u8]> {
    let parts = name.split(|b| !b.is_ascii_alphanumeric());
    parts.flat_map(humps).filter(|word| !word.is_empty())
}

/// What may follow the password in its name.
const FOLLOWERS: &str = "\
    old new confirm confirmation again repeat prod production dev develop development test testing \
    staging stage local default admin root value str string plain raw text b s master slave main \
    primary backup env secret key db";

/// Whether other words follow the password in a name, as in `password_scheme`.
fn goes_on(name: &[u8]) -> bool {
    static PASSWORDS: Words = Words::new("passw passphrase pwd passcode senha contrasena");
    let is_password = |word: &[u8]| PASSWORDS.are_in(word);
    let is_password = |word: &[u8]| is_password(word) || is_any(word, "pass");
    let Some(last) = words(name).enumerate().filter(|(_, word)| is_password(word)).last() else {
        return false;
    };
    let known = |word: &[u8]| is_any(word, FOLLOWERS) || word.iter().all(u8::is_ascii_digit);
    !words(name).skip(last.0 + 1).all(known)
}

/// Whether `pass` is what something does: `suite.pass("…")`, `one_pass`; or a function asks for it.
fn is_verb(name: &[u8], call: bool) -> bool {
    const ASKS: &str =
        "get read ask prompt load check verify validate test hash register parse is has";
    let mut last_two: [&[u8]; 2] = [b"", b""];
    for word in words(name) {
        last_two = [last_two[1], word];
    }
    let asks = words(name).next().is_some_and(|first| is_any(first, ASKS));
    let alone = is_any(last_two[1], "pass");
    let counted = is_any(last_two[0], "one this plugin first second single by multi two final");
    (alone && (counted || call)) || (asks && call)
}
