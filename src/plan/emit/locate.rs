//! Where the values of a plan's secrets stand in their files, byte by byte. A plan tells lines and columns;
//! the files are searched again, and secrets known by their fingerprints.

use super::cksum::cksum;
use crate::blob::{Chunk, Origin, Position, Via};
use crate::detect::{Detector, Match};
use crate::finding::{Fingerprint, Secret};
use crate::plan::Entry;
use crate::source::encoding;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bstr::ByteSlice;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::Range;
use std::path::Path;

/// The files that a plan speaks of, and what finds secrets in them.
#[derive(Debug)]
pub struct Sources<'a> {
    /// The folder that the names of places start from.
    pub root: &'a Path,
    /// What found the secrets: their fingerprints depend on its rules.
    pub detector: &'a Detector,
}

/// Where a value stands, so that a script can take it.
#[derive(Debug, Clone)]
pub(super) struct Value<'p> {
    /// The file, as the plan names it.
    pub(super) file: &'p str,
    /// The line in it.
    pub(super) line: u64,
    /// How it is written there.
    pub(super) written: Written,
    /// What of the file belongs to no secret.
    pub(super) kept: Kept,
}

/// How a value is written in a file, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Written {
    /// As it is.
    Plain(Range<usize>),
    /// In base64, together with what is around it.
    Base64 {
        /// The base64.
        encoded: Range<usize>,
        /// The value in what it means.
        value: Range<usize>,
    },
}

impl Written {
    /// Whether a script takes it in fewer steps.
    fn is_simpler_than(&self, other: &Self) -> bool {
        matches!((self, other), (Self::Plain(_), Self::Base64 { .. }))
    }

    fn start(&self) -> usize {
        match self {
            Self::Plain(span) | Self::Base64 { encoded: span, .. } => span.start,
        }
    }
}

/// The bytes of a file that belong to no secret.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    /// Their places; the last one goes to the end of the file, and may be empty.
    pub(super) parts: Vec<Range<usize>>,
    /// What `cksum` says of them: nothing about any secret.
    pub(super) sum: String,
}

/// The files that were searched.
#[derive(Debug)]
pub(super) struct Located<'p> {
    files: BTreeMap<&'p str, Result<Searched, &'static str>>,
}

impl<'p> Located<'p> {
    /// Searches the files that `entries` stand in.
    pub(super) fn new(entries: &[&'p Entry], sources: &Sources) -> Self {
        let wanted = Wanted {
            rules: entries.iter().map(|entry| entry.rule.as_str()).collect(),
            fingerprints: entries.iter().map(|entry| entry.fingerprint.as_str()).collect(),
        };
        let names: BTreeSet<&str> = entries.iter().flat_map(|entry| files(entry)).collect();
        let files = names.into_iter().map(|name| (name, Searched::new(name, sources, &wanted)));
        Self { files: files.collect() }
    }

    /// The best place to take a secret's value from: one where it stands as it is. Else why there is none.
    pub(super) fn value(&self, entry: &'p Entry) -> Result<Value<'p>, &'static str> {
        let mut reason = "no file of the working tree holds it";
        let mut best: Option<Value> = None;
        for file in files(entry) {
            let found = match self.files.get(file) {
                Some(Ok(searched)) => searched.value(file, entry),
                Some(Err(why)) => Err(*why),
                None => continue,
            };
            match found {
                Ok(value) => {
                    let best_yet = best.as_ref().map(|best| &best.written);
                    if best_yet.is_none_or(|best| value.written.is_simpler_than(best)) {
                        best = Some(value);
                    }
                }
                Err(why) => reason = why,
            }
        }
        best.ok_or(reason)
    }
}

/// The files that hold a secret now.
fn files(entry: &Entry) -> impl Iterator<Item = &str> {
    entry.places.iter().filter(|place| place.commit.is_none()).map(|place| place.name.as_str())
}

/// What to look for.
struct Wanted<'p> {
    rules: BTreeSet<&'p str>,
    fingerprints: BTreeSet<&'p str>,
}

/// A file that was searched.
#[derive(Debug)]
struct Searched {
    /// By fingerprint, the values that a script can take, and their lines.
    values: BTreeMap<String, (Written, u64)>,
    /// By fingerprint, why a value cannot be taken.
    others: BTreeMap<String, &'static str>,
    kept: Kept,
}

impl Searched {
    fn new(name: &str, sources: &Sources, wanted: &Wanted) -> Result<Self, &'static str> {
        let path = sources.root.join(name);
        // A device has no end.
        if !path.is_file() {
            return Err("it stands in what is no file, such as a member of an archive");
        }
        let bytes = fs::read(path).map_err(|_| "its file cannot be read")?;
        let (text, via) = encoding::decode(&bytes);
        if via.is_some() {
            return Err("its file is in UTF-16");
        }
        // A byte order mark is no part of the text.
        let file = File { bytes: &bytes, mark: bytes.len() - text.len() };
        let origin = Origin::file(name);
        let detection = sources.detector.detect(&Chunk::whole(&origin, &text));
        let mut secrets: Vec<Range<usize>> =
            detection.seen.iter().map(|span| file.span(span)).collect();
        let (mut values, mut others) = (BTreeMap::<_, (Written, u64)>::new(), BTreeMap::new());
        for found in &detection.matches {
            let rule = &sources.detector.rules().rules()[found.rule];
            let span = file.span(&found.span);
            let value = found.value(&bytes[span.clone()]);
            let secret = Secret::new(value, rule);
            secrets.extend(file.occurrences(value));
            if !wanted.rules.contains(rule.id()) {
                continue;
            }
            let fingerprint = Fingerprint::new(rule.id(), &secret).to_string();
            if !wanted.fingerprints.contains(fingerprint.as_str()) {
                continue;
            }
            match file.written(found, value) {
                Ok(written) => {
                    if let Written::Base64 { encoded, .. } = &written {
                        secrets.push(encoded.clone());
                    }
                    let known = values.get(&fingerprint);
                    if known.is_none_or(|(known, _)| written.is_simpler_than(known)) {
                        let line = Position::START.after(&bytes[..written.start()]).line;
                        values.insert(fingerprint, (written, line));
                    }
                }
                Err(why) => {
                    others.insert(fingerprint, why);
                }
            }
        }
        let kept = file.without(secrets);
        Ok(Self { values, others, kept })
    }

    fn value<'p>(&self, file: &'p str, entry: &Entry) -> Result<Value<'p>, &'static str> {
        let fingerprint = &entry.fingerprint;
        let Some((written, line)) = self.values.get(fingerprint) else {
            let gone = "its file holds it no more";
            return Err(self.others.get(fingerprint).copied().unwrap_or(gone));
        };
        Ok(Value { file, line: *line, written: written.clone(), kept: self.kept.clone() })
    }
}

/// The bytes of a file, and how many of them are its byte order mark.
struct File<'b> {
    bytes: &'b [u8],
    mark: usize,
}

impl File<'_> {
    /// The place in the file of a place in its text.
    fn span(&self, of_text: &Range<usize>) -> Range<usize> {
        of_text.start + self.mark..of_text.end + self.mark
    }

    /// Where a value stands, whoever has seen it there.
    fn occurrences(&self, value: &[u8]) -> Vec<Range<usize>> {
        let found = memchr::memmem::find_iter(self.bytes, value);
        found.map(|at| at..at + value.len()).collect()
    }

    /// How a secret is written where it was found, or why a script cannot take it.
    fn written(&self, found: &Match, value: &[u8]) -> Result<Written, &'static str> {
        // Stores take text, and what ends at a zero byte would be another secret.
        if value.contains(&0) || !value.is_utf8() {
            return Err("it is no UTF-8 text");
        }
        let span = self.span(&found.span);
        if may_be_escaped(value) {
            return Err("it may be written with escapes there");
        }
        let way: Vec<Via> = found.via().collect();
        match way.as_slice() {
            [] => Ok(Written::Plain(span)),
            [Via::Decoded(name)] if name == "base64" => {
                self.base64(span, value).ok_or("it is encoded in several lines or parts")
            }
            _ => Err("it is written with escapes or encoded there"),
        }
    }

    /// The whole base64 that a value at `span` is a part of, if it is one run that is padded as it should be,
    /// and holds the value once: then every decoder reads the same.
    fn base64(&self, span: Range<usize>, value: &[u8]) -> Option<Written> {
        let of_base64 = |b: &&u8| b.is_ascii_alphanumeric() || b"+/".contains(b);
        let before = self.bytes[..span.start].iter().rev().take_while(of_base64).count();
        let start = span.start - before;
        let digits = self.bytes[start..].iter().take_while(of_base64).count();
        let padding = self.bytes[start + digits..].iter().take(2).take_while(|b| **b == b'=');
        let encoded = start..start + digits + padding.count();
        let decoded = STANDARD.decode(&self.bytes[encoded.clone()]).ok()?;
        let mut places = memchr::memmem::find_iter(&decoded, value);
        let (at, None) = (places.next()?, places.next()) else { return None };
        Some(Written::Base64 { encoded, value: at..at + value.len() })
    }

    /// What is left of the file without `secrets`.
    fn without(&self, mut secrets: Vec<Range<usize>>) -> Kept {
        secrets.sort_by_key(|span| (span.start, span.end));
        let (mut parts, mut at) = (Vec::new(), 0);
        for Range { start, end } in secrets {
            if start > at {
                parts.push(at..start);
            }
            at = at.max(end);
        }
        parts.push(at..self.bytes.len());
        let sum = cksum(parts.iter().map(|part| &self.bytes[part.clone()]));
        Kept { parts, sum }
    }
}

/// Whether a text may stand for another one: in a string, a URL, a markup, or a file that fills in variables.
fn may_be_escaped(text: &[u8]) -> bool {
    let of_url =
        |at: usize| text[at + 1..].iter().take(2).filter(|b| b.is_ascii_hexdigit()).count();
    let of_markup = |at: usize| {
        let name = text[at + 1..].iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'#');
        matches!(text.get(at + 1 + name.count()), Some(b';'))
    };
    text.contains(&b'\\')
        || ["''", "\"\"", "$$", "${", "{{"].iter().any(|pair| text.contains_str(pair))
        || memchr::memchr_iter(b'%', text).any(|at| of_url(at) == 2)
        || memchr::memchr_iter(b'&', text).any(of_markup)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_touches_no_secret() {
        let file = File { bytes: b"0123456789", mark: 0 };
        let kept = |secrets: &[(usize, usize)]| {
            let kept = file.without(secrets.iter().map(|(start, end)| *start..*end).collect());
            let parts: Vec<_> = kept.parts.iter().map(|part| (part.start, part.end)).collect();
            (parts, kept.sum)
        };
        let (parts, sum) = kept(&[(4, 6), (1, 3), (2, 5)]);
        assert_eq!(parts, [(0, 1), (6, 10)]);
        assert_eq!(sum, cksum([&b"06789"[..]].into_iter()));
        // The end of the file is looked at even behind a secret that it ends with.
        assert_eq!(kept(&[(8, 10)]).0, [(0, 8), (10, 10)]);
        assert_eq!(kept(&[]).0, [(0, 10)]);
    }

    #[test]
    fn what_may_mean_something_else_is_not_taken() {
        for text in [r"a\nb", "it''s", "p%40ss", "a&amp;b", "a&#38;b", "pa$$word", "${NAME}"] {
            assert!(may_be_escaped(text.as_bytes()), "{text}");
        }
        for text in ["a\"b'c", "100%", "%4x", "a&b", "a&b c;", "pa$word", "line\nline"] {
            assert!(!may_be_escaped(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn base64_is_taken_whole_or_not_at_all() {
        let encoded = STANDARD.encode("user:correct horse");
        let text = format!("auth = {encoded}\n");
        let file = File { bytes: text.as_bytes(), mark: 0 };
        let span = 15..text.len() - 2;
        let Some(Written::Base64 { encoded: whole, value }) = file.base64(span.clone(), b"correct")
        else {
            panic!("{text}");
        };
        assert_eq!((&text[whole], value), (encoded.as_str(), 5..12));
        assert_eq!(file.base64(span.clone(), b"battery"), None);
        assert_eq!(file.base64(span, b"r"), None);
        let unpadded = format!("auth = {}\n", STANDARD.encode("pass").trim_end_matches('='));
        let file = File { bytes: unpadded.as_bytes(), mark: 0 };
        assert_eq!(file.base64(7..12, b"pass"), None);
    }
}
