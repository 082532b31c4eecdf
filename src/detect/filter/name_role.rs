//! Names that speak *about* a secret: where it is kept, what it is called, how it is checked.

use super::{Filter, Subject, Verdict, ends_with_any, holds, is_any};
use crate::rule::Layer;

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
const PARTS: &str = "\
    public pubkey primary_key primarykey foreign partition sort_key sortkey cache_key cachekey \
    cache-key cache_token keyword keyboard keycode keydown keyup keypress monkey turkey hotkey \
    idempotency dedup object_key objectkey s3_key row_key checksum integrity sha1 sha256 sha512 \
    md5 digest fingerprint thumbprint commit revision etag nonce csrf xsrf token_type tokenizer \
    translation i18n";

/// Just before a value: it is the hash of something, not a secret.
const HASHES: &str = "\
    sha1 sha256 sha384 sha512 sha-256 md5 checksum integrity digest fingerprint thumbprint \
    commit";

/// In the name of a password: a text of a form, or a rule for passwords.
const TEXTS: &str = "\
    hint label placeholder prompt tooltip forgot reset strength policy rule pattern last_ next_ \
    min_ max_ hashed lastset change";

/// Right before a value of a list: what stands beside the secret.
const BESIDE: &str = "\
    username user host hostname port database dbname tls.crt ca.crt region bucket email endpoint url";

/// At the end of a name: what a provider calls something, next to the secret.
const IDENTIFIERS: &str = "\
    client_id clientid client-id app_id appid app-id tenant_id project_id user_id account_id";

impl Filter for NameRole {
    fn name(&self) -> &'static str {
        "name"
    }

    fn judge(&self, subject: &Subject) -> Option<Verdict> {
        let name = subject.name;
        let reason = match subject.layer {
            Layer::Structured => return None,
            _ if name.is_empty() => {
                let beside = is_any(last_name(subject.before), BESIDE);
                return beside.then_some(Verdict::Drop("the name of what stands beside a secret"));
            }
            Layer::Named if ends_with_any(name, IDENTIFIERS) => "an identifier, by its name",
            Layer::Generic | Layer::Password if ends_with_any(name, ENDS) || holds(name, PARTS) => {
                "its name speaks about a secret, it is none"
            }
            Layer::Password if holds(name, TEXTS) => "its name speaks about passwords, it is none",
            Layer::Generic if holds(subject.before, HASHES) => "a hash, by what stands before it",
            _ if holds(name, HASHES) => "a hash, by its name",
            _ => return None,
        };
        Some(Verdict::Drop(reason))
    }
}

/// The name that `before` ends with, as in `name: "`.
fn last_name(before: &[u8]) -> &[u8] {
    let is_name = |b: &u8| b.is_ascii_alphanumeric() || b"_.-".contains(b);
    let end = before.iter().rposition(is_name).map_or(0, |at| at + 1);
    let assigned = before[end..].iter().any(|b| b":=".contains(b));
    let length = before[..end].iter().rev().take_while(|b| is_name(b)).count();
    if assigned { &before[end - length..end] } else { &[] }
}
