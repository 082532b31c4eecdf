//! Names that speak *about* a secret: where it is kept, what it is called, how it is checked.

use super::{Filter, Subject, Verdict, holds};
use crate::rule::Layer;

pub(super) struct NameRole;

/// At the end of a name: not the secret, but something about it.
const ENDS: [&str; 66] = [
    "_name",
    "name",
    "_id",
    "-id",
    ".id",
    "_path",
    "path",
    "_file",
    "file",
    "filename",
    "_dir",
    "_url",
    "url",
    "_uri",
    "uri",
    "endpoint",
    "_type",
    "type",
    "_field",
    "field",
    "_label",
    "label",
    "_hint",
    "hint",
    "placeholder",
    "_text",
    "message",
    "error",
    "_regex",
    "regex",
    "pattern",
    "_length",
    "length",
    "_len",
    "_size",
    "_count",
    "_prefix",
    "prefix",
    "suffix",
    "_header",
    "header",
    "_param",
    "parameter",
    "_column",
    "_env",
    "envvar",
    "_var",
    "variable",
    "_version",
    "version",
    "_date",
    "expiry",
    "expires",
    "expiration",
    "timeout",
    "_ttl",
    "policy",
    "_hash_algorithm",
    "algorithm",
    "_arn",
    "title",
    "description",
    "selector",
    "class",
    "format",
    "enabled",
];

/// Anywhere in a name: keys and tokens that are public or belong to another trade.
const PARTS: [&str; 46] = [
    "public",
    "pubkey",
    "primary_key",
    "primarykey",
    "foreign",
    "partition",
    "sort_key",
    "sortkey",
    "cache_key",
    "cachekey",
    "cache-key",
    "cache_token",
    "keyword",
    "keyboard",
    "keycode",
    "keydown",
    "keyup",
    "keypress",
    "monkey",
    "turkey",
    "hotkey",
    "idempotency",
    "dedup",
    "object_key",
    "objectkey",
    "s3_key",
    "row_key",
    "checksum",
    "integrity",
    "sha1",
    "sha256",
    "sha512",
    "md5",
    "digest",
    "fingerprint",
    "thumbprint",
    "commit",
    "revision",
    "etag",
    "nonce",
    "csrf",
    "xsrf",
    "token_type",
    "tokenizer",
    "translation",
    "i18n",
];

/// At the end of a name: what a provider calls something, next to the secret.
const IDENTIFIERS: [&str; 10] = [
    "client_id",
    "clientid",
    "client-id",
    "app_id",
    "appid",
    "app-id",
    "tenant_id",
    "project_id",
    "user_id",
    "account_id",
];

/// Just before a value: it is the hash of something, not a secret.
const HASHES: [&str; 12] = [
    "sha1",
    "sha256",
    "sha384",
    "sha512",
    "sha-256",
    "md5",
    "checksum",
    "integrity",
    "digest",
    "fingerprint",
    "thumbprint",
    "commit",
];

impl Filter for NameRole {
    fn name(&self) -> &'static str {
        "name"
    }

    fn judge(&self, subject: &Subject) -> Option<Verdict> {
        if subject.layer == Layer::Structured || subject.name.is_empty() {
            return None;
        }
        let name = subject.name;
        let ends = |end: &&str| {
            name.len() >= end.len()
                && name[name.len() - end.len()..].eq_ignore_ascii_case(end.as_bytes())
        };
        let speaks_of = ENDS.iter().any(|end| ends(&end));
        if subject.layer <= Layer::Generic && (speaks_of || holds(name, &PARTS)) {
            return Some(Verdict::Drop("its name speaks about a secret, it is none"));
        }
        let identifier = IDENTIFIERS.iter().any(|end| ends(&end));
        if subject.layer == Layer::Named && identifier {
            return Some(Verdict::Drop("an identifier, by its name"));
        }
        let hash = holds(name, &HASHES)
            || (subject.layer == Layer::Generic && holds(subject.before, &HASHES));
        hash.then_some(Verdict::Drop("a hash, by its name"))
    }
}
