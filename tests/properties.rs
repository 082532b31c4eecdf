//! What holds for every input: the same bytes out whatever the threads, chunks that find what the
//! whole finds, places that are right in files of any size, and rules that do what they say.

#![allow(clippy::unwrap_used)] // a test may panic

mod common;

use blurt::blob::{Chunk, Copied, Origin};
use blurt::detect::trace::{Change, Traces};
use blurt::detect::{Detector, MARGIN, Match};
use blurt::kind::{FileKind, FileKinds};
use blurt::report;
use blurt::rule::example::expand;
use blurt::rule::{Confidence, RuleSet, test};
use common::encoding::ENCODINGS;
use common::{Fixtures, detector, scan};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::FileFailurePersistence;
use std::collections::BTreeSet;
use std::fs;
use std::ops::Range;
use std::sync::OnceLock;

/// Made once, as rules are compiled when they are first used.
fn rules() -> &'static Detector {
    static DETECTOR: OnceLock<Detector> = OnceLock::new();
    DETECTOR.get_or_init(detector)
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    // Large files and the fingerprints of passwords take their time.
    let is_slow = |name: &str| name == "large" || name == "passwords";
    let fast = Fixtures::render_some(|name| !is_slow(name));
    let slow = Fixtures::render_some(is_slow);
    for (root, runs) in [(fast.folder.path(), 8), (slow.folder.path(), 3)] {
        let reports = |threads: usize| {
            let outcome = scan(root, rules(), Confidence::Low, threads);
            report::FORMATS.map(|format| {
                let mut bytes = Vec::new();
                format.write(&outcome, &mut bytes).unwrap();
                let text = String::from_utf8(bytes).unwrap();
                // GitLab asks when the scan was made. `SOURCE_DATE_EPOCH` settles that: reports.rs.
                let is_time = |line: &&str| line.contains("_time\": \"");
                text.split_inclusive('\n').filter(|line| !is_time(line)).collect::<String>()
            })
        };
        let first = reports(1);
        for run in 0..runs {
            assert!(reports(1 + run % 4) == first, "run {run} differs");
        }
    }
}

/// A part of a text.
#[derive(Debug, Clone)]
enum Piece {
    /// An example of a rule.
    Example { rule: Index, example: Index, seed: u64 },
    /// A private key.
    Key { kind: Index, seed: u64 },
    /// Prose, without a trigger.
    Prose(usize),
    /// Random letters and digits, all of them triggers.
    Tokens { length: usize, seed: u64 },
    /// One of the texts that tie lines together or end them.
    Joint(Index),
    /// Examples of rules with prose between them, encoded once or twice.
    Encoded { rules: Vec<(Index, Index, u64)>, prose: usize, how: (Index, Option<Index>) },
}

const KEYS: [&str; 8] = [
    "rsa-private-key",
    "ec-private-key",
    "openssh-private-key",
    "encrypted-pkcs8-private-key",
    "putty-private-key",
    "pgp-private-key",
    "jwt",
    "certificate",
];

const JOINTS: [&str; 18] = [
    "\n",
    "\n\n",
    " ",
    "\r\n",
    "\"",
    "password = \"",
    "aws_secret_access_key = ",
    "é漢😀",
    "\0\0\0",
    "-----BEGIN RSA PRIVATE KEY-----\n",
    "# blurt:allow * -- why\n",
    "kind: Secret\ndata:\n  a: ",
    "%22password%22%3A%22",
    "%3D",
    "\\u0022",
    r#"\\\"token\\\": \\\""#,
    "\\n",
    "&quot;secret&#61;&quot;",
];

impl Piece {
    fn write(&self, text: &mut String) {
        match self {
            Self::Example { rule, example, seed } => {
                let examples = &rule.get(rules().rules().rules()).spec().examples;
                text.push_str(&expand(&examples[example.index(examples.len())], *seed).unwrap());
            }
            Self::Key { kind, seed } => {
                text.push_str(
                    &expand(&format!("<<@{}>>", KEYS[kind.index(KEYS.len())]), *seed).unwrap(),
                );
            }
            Self::Prose(length) => {
                let words = "The quick brown fox jumps over the lazy dog, and so on. ";
                text.extend(words.chars().cycle().take(*length));
            }
            Self::Tokens { length, seed } => {
                text.push_str(
                    &expand(&format!("<<[0-9A-Za-z_=+/ -]{{{length}}}>>"), *seed).unwrap(),
                );
            }
            Self::Joint(joint) => text.push_str(JOINTS[joint.index(JOINTS.len())]),
            Self::Encoded { rules, prose, how: (inner, outer) } => {
                let mut plain = String::new();
                for (rule, example, seed) in rules {
                    let (rule, example, seed) = (*rule, *example, *seed);
                    Self::Example { rule, example, seed }.write(&mut plain);
                    Self::Prose(*prose).write(&mut plain);
                }
                let plain = inner.get(&ENCODINGS).write(&plain);
                let encoded = outer.map(|outer| outer.get(&ENCODINGS).write(&plain));
                text.push_str(&encoded.unwrap_or(plain));
            }
        }
    }
}

fn piece() -> impl Strategy<Value = Piece> {
    let indices = || (any::<Index>(), any::<Index>(), 0..1000_u64);
    prop_oneof![
        4 => indices().prop_map(|(rule, example, seed)| Piece::Example { rule, example, seed }),
        1 => (any::<Index>(), 0..1000_u64).prop_map(|(kind, seed)| Piece::Key { kind, seed }),
        2 => (0..12_000_usize).prop_map(Piece::Prose),
        1 => (1..8_000_usize, 0..1000_u64).prop_map(|(length, seed)| Piece::Tokens { length, seed }),
        6 => any::<Index>().prop_map(Piece::Joint),
        2 => encoded(),
    ]
}

fn encoded() -> impl Strategy<Value = Piece> {
    let rule = (any::<Index>(), any::<Index>(), 0..1000_u64);
    let how = (any::<Index>(), prop::option::weighted(0.3, any::<Index>()));
    let parts = (prop::collection::vec(rule, 1..4), 0..600_usize, how);
    parts.prop_map(|(rules, prose, how)| Piece::Encoded { rules, prose, how })
}

/// The parts of a text of some 100 to 400 KB.
fn pieces() -> impl Strategy<Value = Vec<Piece>> {
    prop::collection::vec(piece(), 120..240)
}

/// A match as it must be in whatever pieces the text is searched.
type Found = (String, Range<usize>, Confidence, String);

/// What a match says of its secret.
fn said(found: &Match) -> String {
    format!("{:?} {:?} {:?}", found.verification, found.value(b""), found.via().collect::<Vec<_>>())
}

/// What begins in `owned`, and where `blurt:allow` stands in it, by looking at no more than the
/// margins around it.
fn detect(origin: &Origin, text: &[u8], owned: &Range<usize>) -> (Vec<Found>, Vec<usize>) {
    let start = owned.start.saturating_sub(MARGIN);
    let end = (owned.end + MARGIN).min(text.len());
    let owned = owned.start - start..owned.end - start;
    let chunk = Chunk { origin, bytes: &text[start..end], owned, first: start == 0 };
    let detection = rules().detect(&chunk);
    let found = detection.matches.into_iter().map(|found| {
        let id = rules().rules().rules()[found.rule].id().to_owned();
        let span = start + found.span.start..start + found.span.end;
        (id, span, found.confidence, said(&found))
    });
    (found.collect(), detection.allows.into_iter().map(|at| start + at).collect())
}

const PATHS: [&str; 7] = ["a.txt", "a.py", "a.yaml", "a.env", ".npmrc", ".netrc", ".pgpass"];

/// A few cases; `PROPTEST_CASES` asks for more.
fn config() -> ProptestConfig {
    let more = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    let failed = FileFailurePersistence::Direct("proptest-regressions/properties.txt");
    ProptestConfig {
        cases: more.unwrap_or(12),
        max_shrink_iters: 400,
        failure_persistence: Some(Box::new(failed)),
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn chunks_find_what_the_whole_finds(
        pieces in pieces(),
        cuts in prop::collection::vec(any::<Index>(), 1..4),
        inside in prop::collection::vec((any::<Index>(), any::<Index>()), 0..4),
        path in prop::sample::select(PATHS.as_slice()),
    ) {
        let origin = Origin::file(path);
        let mut text = String::new();
        for piece in &pieces {
            piece.write(&mut text);
        }
        let bytes = text.as_bytes();
        let whole = detect_whole(&origin, bytes);
        let mut ends: BTreeSet<usize> = cuts.iter().map(|cut| cut.index(bytes.len())).collect();
        // Just before, within and just behind a match.
        ends.extend(inside.iter().filter(|_| !whole.0.is_empty()).map(|(which, at)| {
            let span = &which.get(&whole.0).1;
            span.start + at.index(span.len() + 1)
        }));
        ends.insert(bytes.len());
        let mut parts = (Vec::new(), Vec::new());
        let mut start = 0;
        for end in ends {
            let (found, allows) = detect(&origin, bytes, &(start..end));
            parts.0.extend(found);
            parts.1.extend(allows);
            start = end;
        }
        prop_assert_eq!(parts, whole);
    }
}

/// What stands between two places of a text, or new text.
#[derive(Debug, Clone)]
enum Edit {
    /// Copies from one place to the other, whichever comes first.
    Copy(Cut, Cut),
    Insert(Piece),
}

/// A place in a text.
#[derive(Debug, Clone)]
enum Cut {
    /// Anywhere.
    At(Index),
    /// So many bytes from the middle of a match, where the seams matter.
    Near(Index, i16),
    Start,
    End,
}

impl Cut {
    fn place(&self, text: &[u8], traces: &Traces) -> usize {
        match self {
            Self::At(at) => at.index(text.len() + 1),
            Self::Near(_, distance) if traces.matches().is_empty() => {
                usize::from(distance.unsigned_abs()).min(text.len())
            }
            Self::Near(which, distance) => {
                let span = &which.get(traces.matches()).span;
                let middle = usize::midpoint(span.start, span.end);
                middle.saturating_add_signed((*distance).into()).min(text.len())
            }
            Self::Start => 0,
            Self::End => text.len(),
        }
    }
}

fn cut() -> impl Strategy<Value = Cut> {
    prop_oneof![
        2 => any::<Index>().prop_map(Cut::At),
        4 => (any::<Index>(), -400..400_i16).prop_map(|(which, by)| Cut::Near(which, by)),
        1 => Just(Cut::Start),
        1 => Just(Cut::End),
    ]
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        3 => (cut(), cut()).prop_map(|(a, b)| Edit::Copy(a, b)),
        1 => piece().prop_map(Edit::Insert),
        1 => (1..40_usize, 0..1000_u64).prop_map(|(length, seed)| {
            Edit::Insert(Piece::Tokens { length, seed })
        }),
    ]
}

/// The text that `edits` make of `base`, and what they copy.
fn edited(base: &[u8], traces: &Traces, edits: &[Edit]) -> (Vec<u8>, Vec<Copied>) {
    let mut text = Vec::new();
    let mut copies: Vec<Copied> = Vec::new();
    for edit in edits {
        match edit {
            Edit::Insert(piece) => {
                let mut inserted = String::new();
                piece.write(&mut inserted);
                text.extend_from_slice(inserted.as_bytes());
            }
            Edit::Copy(from, to) => {
                let (a, b) = (from.place(base, traces), to.place(base, traces));
                let (from, to) = (a.min(b), a.max(b));
                if from < to && text.len() < 400_000 {
                    copies.push(Copied { base: from, at: text.len(), len: to - from });
                    text.extend_from_slice(&base[from..to]);
                }
            }
        }
    }
    (text, copies)
}

/// What is reported of a text for each kind of file, and its `blurt:allow`s.
fn settled(text: &[u8], traces: &Traces, kinds: FileKinds) -> (Vec<String>, Vec<usize>) {
    let line_feeds = |between: Range<usize>| text[between].iter().filter(|b| **b == b'\n').count();
    let found = kinds.iter().flat_map(|kind| {
        let matches = traces.matches().to_vec();
        let (found, seen) =
            rules().settle(matches, kind, |_| true, |between| line_feeds(between) as u64);
        let seen: BTreeSet<_> = seen.iter().map(|span| (span.start, span.end)).collect();
        let found = found.into_iter().map(move |found| {
            let id = &rules().rules().rules()[found.rule].id();
            format!("{kind:?} {id} {:?} {:?} {}", found.span, found.confidence, said(&found))
        });
        found.chain([format!("{seen:?}")])
    });
    (found.collect(), traces.allows().to_vec())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_changed_text_need_not_be_searched_again(
        pieces in prop::collection::vec(piece(), 5..40),
        versions in prop::collection::vec(prop::collection::vec(edit(), 1..8), 1..5),
        kinds in 1..64_u8,
        one in any::<bool>(),
    ) {
        let kinds = if one { FileKind::Code.into() } else { FileKinds::from_bits(kinds) };
        let mut text = String::new();
        for piece in &pieces {
            piece.write(&mut text);
        }
        let mut base = text.into_bytes();
        let mut traces = rules().trace(&base, kinds);
        for edits in &versions {
            let (text, copies) = edited(&base, &traces, edits);
            let change =
                Change { copies: &copies, base_length: base.len(), length: text.len() };
            let carried = rules().trace_change(&text, kinds, &traces, &change);
            let searched = rules().trace(&text, kinds);
            prop_assert_eq!(settled(&text, &carried, kinds), settled(&text, &searched, kinds));
            (base, traces) = (text, carried);
        }
    }
}

fn detect_whole(origin: &Origin, text: &[u8]) -> (Vec<Found>, Vec<usize>) {
    let detection = rules().detect(&Chunk::whole(origin, text));
    let found = detection.matches.into_iter().map(|found| {
        let id = rules().rules().rules()[found.rule].id().to_owned();
        (id, found.span.clone(), found.confidence, said(&found))
    });
    (found.collect(), detection.allows)
}

/// A text of over three megabytes with a token every few kilobytes, and where the tokens stand.
fn long_text() -> (String, BTreeSet<(u64, u64)>) {
    let mut text = String::new();
    let mut places = BTreeSet::new();
    let (mut line, mut column) = (1, 1);
    let mut push = |part: &str| {
        text.push_str(part);
        let place = (line, column);
        for c in part.chars() {
            (line, column) = if c == '\n' { (line + 1, 1) } else { (line, column + 1) };
        }
        (place, text.len())
    };
    for n in 0.. {
        let token = expand("<<ghp_[0-9A-Za-z]{30}|github>>", n).unwrap();
        places.insert(push(&token).0);
        push(" ");
        // Lines of all lengths, one of them of hundreds of kilobytes.
        let words = ["größe ", "the quick brown fox ", "漢字 ", "😀 ", "so on. "];
        let length = if n == 300 { 400_000 } else { 1_000 + n * 7919 % 3_001 };
        let mut written = 0;
        for m in n.. {
            let word = words[(m % 5) as usize];
            push(word);
            written += word.len() as u64;
            if m % 17 == 0 && n != 300 {
                push("\n");
            }
            if written >= length {
                break;
            }
        }
        if push(" ").1 > 3_300_000 {
            break;
        }
    }
    (text, places)
}

#[test]
fn a_long_file_has_its_secrets_where_they_stand() {
    let (text, places) = long_text();
    let folder = tempfile::TempDir::new().unwrap();
    fs::write(folder.path().join("long.txt"), &text).unwrap();
    let outcome = scan(folder.path(), rules(), Confidence::Low, 1);
    let found = outcome.findings.iter().map(|(finding, _)| {
        assert_eq!(finding.locations.len(), 1);
        let (start, end) = (finding.primary().start, finding.primary().end);
        assert_eq!((end.line, end.column), (start.line, start.column + 40));
        (start.line, start.column)
    });
    assert_eq!(found.collect::<BTreeSet<_>>(), places);
    assert_eq!(outcome.findings.len(), places.len());
}

#[test]
fn every_rule_passes_its_examples_among_all_rules() {
    let rules = rules();
    let failures: Vec<String> = rules
        .rules()
        .rules()
        .iter()
        .flat_map(|rule| test::test(rules, rule))
        .map(|failure| format!("{}: {}: {}", failure.place, failure.rule, failure.message))
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn the_built_in_rules_are_well_formed() {
    let set = RuleSet::builtin().unwrap();
    let flaws = set.check().err().unwrap_or_default();
    let flaws: Vec<String> = flaws.iter().map(ToString::to_string).collect();
    assert!(flaws.is_empty(), "{}", flaws.join("\n"));
    assert!(set.rules().len() > 300, "{} rules", set.rules().len());
}
