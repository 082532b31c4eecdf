//! Stage 2: from the bytes of a blob to matches.
//!
//! ```text
//! triggers ─▶ rules (by prefix, literal, keyword or path) ─▶ pattern in a window ─▶ check, filters ─▶ overlap, near
//! ```
//!
//! A match depends only on the bytes within [`MAX_REACH`] of it and on the
//! path, so that a large file may be searched in overlapping chunks.

mod assignment;
pub mod check;
mod decode;
pub mod explain;
pub mod filter;
mod judgement;
mod keyword;
mod near;
mod overlap;
mod prefix;
pub mod record;
pub mod score;
mod search;
pub mod trace;
pub mod trigger;

use crate::blob::{Chunk, Via};
use crate::finding::Verification;
use crate::kind::{FileKind, FileKinds};
use crate::rule::{Confidence, Layer, MAX_REACH, Rule, RuleSet};
use bstr::{BStr, ByteSlice};
use decode::DECODERS;
use explain::{Log, Settled};
pub use judgement::Judgement;
use keyword::KeywordIndex;
use prefix::PrefixIndex;
use record::{Record, Run};
use score::Score;
use search::Search;
use std::ops::Range;
use std::sync::{Arc, OnceLock};
use trace::{Change, Traces};
use trigger::TriggerScanner;

/// What the bytes around a chunk's owned part must be at least, unless the blob begins or ends
/// there: overlapping matches are found within one reach of the owned part, and look one further.
pub const MARGIN: usize = 2 * MAX_REACH + 64;

/// What inline suppressions begin with, ours and those of other tools; detection only says where they
/// stand.
pub const MARKERS: [&str; 11] = [
    "blurt:allow",
    "gitleaks:allow",
    "betterleaks:allow",
    "trufflehog:ignore",
    "kingfisher:ignore",
    "pragma: allowlist",
    "pragma:allowlist",
    "pragma: whitelist",
    "secretlint-disable",
    "secretlint-enable",
    "ggignore",
];

/// Whether an inline suppression stands in `text`.
#[must_use]
pub fn has_marker(text: &[u8]) -> bool {
    MARKERS.iter().any(|marker| memchr::memmem::find(text, marker.as_bytes()).is_some())
}

/// Shannon entropy in bits per character.
#[must_use]
pub fn entropy(bytes: &[u8]) -> f32 {
    entropy::shannon_entropy(bytes)
}

/// A secret that a rule has matched, by its place in the chunk.
#[derive(Debug, Clone, PartialEq)]
pub struct Match {
    /// Index of the rule in the rule set.
    pub rule: usize,
    /// The secret.
    pub span: Range<usize>,
    /// How sure the rule is here.
    pub confidence: Confidence,
    /// Shannon entropy of the secret, in bits per character.
    pub entropy: f32,
    /// What the secret says about itself.
    pub verification: Verification,
    /// What speaks for and against it, if its value alone does not say what it is.
    pub score: Option<Score>,
    /// The kinds of files in which the rule matches so.
    pub kinds: FileKinds,
    /// What the bytes of the span mean, if they are encoded.
    pub decoded: Option<Arc<Decoded>>,
}

impl Match {
    /// The secret: the bytes of the span, or what they mean.
    #[must_use]
    pub fn value<'a>(&'a self, written: &'a [u8]) -> &'a [u8] {
        self.decoded.as_ref().map_or(written, |decoded| &decoded.value)
    }

    /// The decoders that led to it, the outermost first.
    pub fn via(&self) -> impl Iterator<Item = Via> {
        let way = self.decoded.iter().flat_map(|decoded| &decoded.way);
        way.map(|name| Via::Decoded((*name).to_owned()))
    }

    /// How many decoders led to it.
    fn depth(&self) -> usize {
        self.decoded.as_ref().map_or(0, |decoded| decoded.way.len())
    }
}

/// What encoded bytes mean, and how that was told.
#[derive(Clone, PartialEq, Eq)]
pub struct Decoded {
    value: Box<[u8]>,
    /// The names of the decoders, the outermost first.
    way: Vec<&'static str>,
}

impl Decoded {
    /// The same, if these decoders led to where it was found.
    fn behind(&self, way: &[&'static str]) -> Self {
        Self { value: self.value.clone(), way: [way, &self.way].concat() }
    }
}

impl std::fmt::Debug for Decoded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Decoded").field("way", &self.way).finish_non_exhaustive()
    }
}

/// What a chunk holds.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Detection {
    /// The secrets that begin in the owned part, in their order.
    pub matches: Vec<Match>,
    /// Where inline suppressions stand in the owned part.
    pub allows: Vec<usize>,
    /// All places that any rule took for a secret, here and around, to be masked when shown.
    pub seen: Vec<Range<usize>>,
}

/// The rules that a literal triggers.
#[derive(Debug, Default)]
struct Triggered {
    /// Those whose pattern is run around it.
    patterns: Vec<usize>,
    /// Those that want it in the name of an assignment.
    names: Vec<usize>,
}

/// Finds secrets. Made once for a set of rules, used by all threads.
#[derive(Debug)]
pub struct Detector {
    rules: RuleSet,
    triggers: TriggerScanner,
    /// For each literal, the rules that it triggers.
    literals: Vec<Triggered>,
    prefixes: PrefixIndex,
    keywords: KeywordIndex,
    /// The rules that each line of some files triggers.
    by_path: Vec<usize>,
    /// For each byte, the places in `by_path` of the rules for names that end with it.
    by_last_byte: Vec<OnceLock<Vec<usize>>>,
    /// What it does, if somebody wants to know.
    record: Option<Record>,
}

impl Detector {
    /// A detector for `rules`.
    #[must_use]
    pub fn new(rules: RuleSet) -> Self {
        let all = || rules.rules().iter().enumerate();
        let others = DECODERS.iter().flat_map(|decoder| decoder.literals());
        let others = MARKERS.into_iter().chain(others.copied());
        let mut literals: Vec<_> =
            others.map(|literal| (literal.to_owned(), Triggered::default())).collect();
        for (index, rule) in all() {
            for literal in rule.triggers().literals.iter() {
                let literal = literal.to_ascii_lowercase();
                let known = literals.iter().position(|(known, _)| *known == literal);
                let known = known.unwrap_or_else(|| {
                    literals.push((literal, Triggered::default()));
                    literals.len() - 1
                });
                let Triggered { patterns, names } = &mut literals[known].1;
                if rule.triggers().keywords.is_empty() { patterns } else { names }.push(index);
            }
        }
        let prefixes =
            all().flat_map(|(i, rule)| rule.triggers().prefixes.iter().map(move |p| (i, p)));
        let by_path = all().filter(|(_, rule)| rule.triggers().lines).map(|(i, _)| i);
        Self {
            triggers: TriggerScanner::new(literals.iter().map(|(literal, _)| literal.as_str())),
            prefixes: PrefixIndex::new(prefixes),
            keywords: KeywordIndex::default(),
            by_path: by_path.collect(),
            by_last_byte: (0..=u8::MAX).map(|_| OnceLock::new()).collect(),
            literals: literals.into_iter().map(|(_, rules)| rules).collect(),
            record: None,
            rules,
        }
    }

    /// A detector for `rules` that keeps a record of what it does.
    #[must_use]
    pub fn recording(rules: RuleSet) -> Self {
        let record = Some(Record::new(rules.rules().len()));
        Self { record, ..Self::new(rules) }
    }

    /// The record, if it keeps one.
    #[must_use]
    pub fn record(&self) -> Option<&Record> {
        self.record.as_ref()
    }

    /// Notes in the record, if there is one, that a rule works until the answer is dropped.
    fn run(&self, rule: usize) -> Option<Run<'_>> {
        self.record.as_ref().map(|record| record.run(rule))
    }

    /// The rules that it works with.
    #[must_use]
    pub fn rules(&self) -> &RuleSet {
        &self.rules
    }

    /// Finds what begins in the owned part of `chunk`.
    #[must_use]
    pub fn detect(&self, chunk: &Chunk) -> Detection {
        let search = Search::new(self, chunk.bytes, chunk.origin.kind().into());
        self.complete(search, chunk).0
    }

    /// The same, with all that was done on the way. Of that, what begins outside the owned part may lack
    /// what lies further out.
    #[must_use]
    pub fn explain(&self, chunk: &Chunk) -> (Detection, Log) {
        let search = Search::new(self, chunk.bytes, chunk.origin.kind().into()).logging();
        let (detection, log) = self.complete(search, chunk);
        (detection, log.map(|log| *log).unwrap_or_default())
    }

    /// Finds what begins in the owned part of `chunk` with a search that has not begun.
    fn complete(&self, mut search: Search, chunk: &Chunk) -> (Detection, Option<Box<Log>>) {
        let path = chunk.origin.full_path();
        let path = path.as_deref();
        let kind = chunk.origin.kind();
        // What stands within one reach of the owned part may win against or complete what is owned.
        let Range { start, end } = chunk.owned;
        let region = start.saturating_sub(MAX_REACH)..(end + MAX_REACH).min(chunk.bytes.len());
        search.run(region.clone());
        search.follow_path(&region, path, chunk.first);
        let mut log = search.log;
        let Traces { matches, mut allows, .. } = search.traces;
        let all = if log.is_some() { matches.clone() } else { Vec::new() };
        if let Some(record) = &self.record {
            let rules = self.rules.rules();
            let covered = matches.iter().filter(|found| rules[found.rule].covers(path));
            record.note(covered.cloned().collect(), rules, &chunk.owned);
        }
        let line_feeds = |between: Range<usize>| {
            memchr::memchr_iter(b'\n', &chunk.bytes[between]).count() as u64
        };
        let (mut matches, seen) = self.settle(matches, kind, |rule| rule.covers(path), line_feeds);
        if let Some(log) = &mut log {
            log.name_all(chunk.bytes);
            Settled::new((self.rules.rules(), path), all, &matches, &line_feeds).tell(log);
        }
        matches.retain(|found| chunk.owned.contains(&found.span.start));
        allows.retain(|at| chunk.owned.contains(at));
        allows.sort_unstable();
        (Detection { matches, allows, seen }, log)
    }

    /// Follows all triggers of a whole `text`, whatever its path, as far as its kind of file is one
    /// of `kinds`. Rules that only a path triggers take no part.
    #[must_use]
    pub fn trace(&self, text: &[u8], kinds: FileKinds) -> Traces {
        self.trace_part(text, 0..text.len(), kinds)
    }

    /// The same for the triggers in `part` alone. What they lead to lies within [`MARGIN`] of it.
    #[must_use]
    pub fn trace_part(&self, text: &[u8], part: Range<usize>, kinds: FileKinds) -> Traces {
        let mut search = Search::new(self, text, kinds);
        search.run(part);
        search.traces.sort();
        search.traces
    }

    /// What `rules` that a path triggers match in `part` of a text, line by line. `first` says whether the
    /// text begins with a line. Whether the rules cover the path is seen when the matches are settled.
    #[must_use]
    pub fn match_lines(
        &self,
        (text, part, first): (&[u8], Range<usize>, bool),
        kinds: FileKinds,
        rules: PathRules,
    ) -> Vec<Match> {
        let mut search = Search::new(self, text, kinds);
        let region = part.start.saturating_sub(MAX_REACH)..(part.end + MAX_REACH).min(text.len());
        for (number, rule) in self.by_path.iter().enumerate() {
            if rules.may_contain(number) {
                search.follow_lines(*rule, &region, first);
            }
        }
        let mut matches = search.traces.matches;
        matches.retain(|found| part.contains(&found.span.start));
        matches
    }

    /// The same as [`Self::trace`], for a text that is mostly a copy of one with the traces `base`,
    /// which must have been made for `kinds`, too.
    #[must_use]
    pub fn trace_change(
        &self,
        text: &[u8],
        kinds: FileKinds,
        base: &Traces,
        change: &Change,
    ) -> Traces {
        let regions = change.regions(text);
        let mut search = Search::new(self, text, kinds);
        let mut again = Vec::new();
        base.carry(change, &regions, &mut search.traces, |at, trigger| again.push((at, trigger)));
        for (at, trigger) in again {
            search.follow_again(at, trigger);
        }
        for region in regions {
            search.run(region);
        }
        search.traces.sort();
        search.traces
    }

    /// Of all that rules have matched in a file, what is reported: what the rules are for in the
    /// file, which is of this `kind`, where rules overlap the best one, and parts of one credential
    /// made sure by each other. `covers` says whether a rule is for the file, `line_feeds` counts the
    /// ends of lines in a range. Also returns all places that a rule took for a secret.
    pub fn settle(
        &self,
        mut matches: Vec<Match>,
        kind: FileKind,
        covers: impl Fn(&Rule) -> bool,
        line_feeds: impl Fn(Range<usize>) -> u64,
    ) -> (Vec<Match>, Vec<Range<usize>>) {
        let rules = self.rules.rules();
        matches.retain(|found| found.kinds.contains(kind) && covers(&rules[found.rule]));
        let seen = matches.iter().map(|found| found.span.clone()).collect();
        overlap::resolve(&mut matches, rules);
        near::complete(&mut matches, rules, line_feeds);
        (matches, seen)
    }

    /// The rules that the path alone of a file with this name may trigger, whatever its folder.
    #[must_use]
    pub fn triggered_by(&self, name: &BStr) -> PathRules {
        let triggered = self.rules_for(name);
        PathRules(triggered.fold(0, |all, (number, _)| all | PathRules::bit(number)))
    }

    /// The rules that the path alone of a file with this name may trigger: places in the list of such, and
    /// in the rule set. Asked for every file.
    fn rules_for(&self, name: &BStr) -> impl Iterator<Item = (usize, usize)> {
        let name = name.rsplit_once_str("/").map_or(name, |(_, name)| name.as_bstr());
        let last = name.last().map_or(0, u8::to_ascii_lowercase);
        let candidates = self.by_last_byte[usize::from(last)].get_or_init(|| {
            let rule = |number: &usize| &self.rules.rules()[self.by_path[*number]];
            let numbers = 0..self.by_path.len();
            numbers.filter(|number| rule(number).may_cover_names_with(last)).collect()
        });
        let numbered = candidates.iter().map(|number| (*number, self.by_path[*number]));
        numbered.filter(|(_, rule)| self.rules.rules()[*rule].may_cover(name))
    }
}

/// Some of the rules that a path triggers, and perhaps others: several may share a bit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PathRules(u32);

impl PathRules {
    /// Bits that are in use, from the lowest on.
    pub const BITS: u32 = 23;

    fn bit(number: usize) -> u32 {
        1 << (number as u32 % Self::BITS)
    }

    fn may_contain(self, number: usize) -> bool {
        self.0 & Self::bit(number) != 0
    }

    /// The set as bits, to be kept where space matters.
    #[must_use]
    pub fn bits(self) -> u32 {
        self.0
    }

    /// The set that has these bits.
    #[must_use]
    pub fn from_bits(bits: u32) -> Self {
        Self(bits)
    }
}

/// The rules of a set, as the modules here pass them around.
type Rules = [Arc<Rule>];

/// The layer of the rule of a match.
fn layer(rules: &Rules, found: &Match) -> Layer {
    rules[found.rule].layer()
}
