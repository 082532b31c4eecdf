//! The engine: a source feeds blobs to workers, one a thread; what they find goes through triage
//! and remediation into an [`Outcome`]. A command only calls it.

use crate::blob::{Chunk, Origin, Position, Via};
use crate::coverage::{Coverage, Skip, Tool};
use crate::detect::{Detection, Detector, Match};
use crate::finding::{Candidate, Excerpt, Excuse, Exposure, Finding, Location, Secret, Triage};
use crate::remedy::Remedy;
use crate::remedy::surroundings::Disk;
use crate::report::sanitize_bytes;
use crate::rule::RuleSet;
use crate::source::Source;
use crate::source::container::{Input, Texts, Walk};
use crate::source::encoding::Buffer;
use crate::source::text::{Part, Text};
use crate::triage::audit::{self, Audited};
use crate::triage::marker::{Allowed, Flaw, Marker};
use crate::triage::{self, Exposures, Judged, Key, Policy, Thresholds};
use bstr::ByteSlice;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// What a scan has found, and where it could not look.
#[derive(Debug)]
pub struct Outcome {
    /// The findings with their remedies, worst first.
    pub findings: Vec<(Finding, Remedy)>,
    /// Findings under the thresholds.
    pub below: usize,
    /// What was looked at, and what was not.
    pub coverage: Coverage,
    /// Remarks on what was scanned that change no status: flawed suppressions and the like.
    pub notes: Vec<String>,
    /// The suppressions that were met, and what they did.
    pub suppressions: Vec<Audited>,
    /// The rules that took part.
    pub rules: RuleSet,
    /// Who has scanned.
    pub tool: Tool,
}

impl Outcome {
    /// Makes the fingerprints of all findings, on all processors: those of passwords are slow by
    /// intention. A report that shows them calls this first.
    pub fn name_all(&self) {
        self.findings.par_iter().for_each(|(finding, _)| {
            finding.fingerprint();
        });
    }
}

/// Detection with a place to put what it finds. Sources take a worker a thread from it.
pub struct Engine<'a> {
    detector: &'a Detector,
    policy: &'a Policy,
    gathered: Mutex<Gathered>,
    progress: &'a Progress,
}

/// Counters that another thread may read while the scan runs.
#[derive(Debug, Default)]
pub struct Progress {
    /// Files and other blobs done.
    pub blobs: AtomicU64,
    /// Bytes done.
    pub bytes: AtomicU64,
}

#[derive(Default)]
struct Gathered {
    candidates: Vec<Judged>,
    coverage: Coverage,
    notes: Vec<String>,
    /// The inline suppressions of files, with what they excuse.
    markers: Vec<(Excuse, String)>,
    exposures: Exposures,
    below: BTreeSet<Key>,
}

/// Scans `source` with `detector`, and reports what reaches the thresholds, by what `policy` excuses.
pub fn scan(
    source: &dyn Source,
    detector: &Detector,
    policy: &Policy,
    progress: &Progress,
) -> Outcome {
    let engine = Engine { detector, policy, gathered: Mutex::default(), progress };
    source.feed(&engine);
    let gathered = engine.gathered.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    let Gathered { candidates, mut coverage, mut notes, markers, exposures, below } = gathered;
    let sorted = triage::sort(candidates, below, &exposures, policy);
    let suppressions = audit::audit(&sorted, markers, policy);
    notes.extend(audit::notes(&suppressions));
    coverage.skipped.extend(policy.folders.iter().flat_map(|folders| folders.flaws()));
    let (rules, around) = (detector.rules(), Disk::default());
    let remedied = |mut finding: Finding| {
        finding.exposure.staged = source.is_index() && finding.triage == Triage::New;
        let remedy = Remedy::of(&finding, rules, &around);
        (finding, remedy)
    };
    coverage.sort();
    notes.sort();
    notes.dedup();
    Outcome {
        findings: sorted.findings.into_par_iter().map(remedied).collect(),
        below: sorted.below,
        coverage,
        notes,
        suppressions,
        rules: rules.clone(),
        tool: Tool::this(rules.rules().len()),
    }
}

impl<'a> Engine<'a> {
    /// What finds secrets.
    #[must_use]
    pub fn detector(&self) -> &'a Detector {
        self.detector
    }

    /// What is reported at all.
    #[must_use]
    pub fn thresholds(&self) -> Thresholds {
        self.policy.thresholds
    }

    /// The secrets that will be reported for what was found up to now.
    #[must_use]
    pub fn reported(&self) -> BTreeSet<Key> {
        let all = self.gathered.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let reported = all.candidates.iter().filter(|judged| judged.reaches(self.policy));
        reported.map(Judged::key).collect()
    }

    /// Counters to move on as blobs are done.
    #[must_use]
    pub fn progress(&self) -> &'a Progress {
        self.progress
    }

    /// A worker for one thread.
    #[must_use]
    pub fn worker(&self) -> Worker<'_> {
        Worker { engine: self, buffers: Vec::new(), gathered: Gathered::default() }
    }
}

/// Searches blobs on one thread. What it has gathered goes to the engine when it is dropped.
pub struct Worker<'a> {
    engine: &'a Engine<'a>,
    /// What blobs are read into, one for each container that stands in another.
    buffers: Vec<Buffer>,
    gathered: Gathered,
}

impl Drop for Worker<'_> {
    fn drop(&mut self) {
        let mine = std::mem::take(&mut self.gathered);
        let all = self.engine.gathered.lock();
        let mut all = all.unwrap_or_else(std::sync::PoisonError::into_inner);
        all.candidates.extend(mine.candidates);
        all.notes.extend(mine.notes);
        all.markers.extend(mine.markers);
        if mine.exposures.looked {
            all.exposures.add(mine.exposures.known);
        }
        all.below.extend(mine.below);
        all.coverage.merge(mine.coverage);
    }
}

impl Worker<'_> {
    /// What is reported, and what is excused.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        self.engine.policy
    }

    /// Notes something that could not be looked at.
    pub fn skip(&mut self, skip: Skip) {
        self.gathered.coverage.skip(skip);
    }

    /// Adds what was looked at without this worker.
    pub fn cover(&mut self, coverage: Coverage) {
        self.gathered.coverage.merge(coverage);
    }

    /// Takes what was found without this worker.
    pub fn report(&mut self, found: impl IntoIterator<Item = Judged>) {
        self.gathered.candidates.extend(found);
    }

    /// Takes secrets that do not reach the thresholds, and whose places were not looked for.
    pub fn pass_over(&mut self, secrets: impl IntoIterator<Item = Key>) {
        self.gathered.below.extend(secrets);
    }

    /// Takes what a history says about the secrets that it holds.
    pub fn expose(&mut self, secrets: impl IntoIterator<Item = (Key, Exposure)>) {
        self.gathered.exposures.add(secrets);
    }

    /// Searches all that `input` gives, and takes what is found.
    ///
    /// # Errors
    ///
    /// When reading fails; what was read before is searched all the same.
    pub fn scan<'i>(&mut self, origin: Origin, input: impl Into<Input<'i>>) -> io::Result<()> {
        let searched = self.search(origin, input);
        self.gathered.coverage.files += 1;
        let allowed = searched.allowed();
        self.note_flawed(&searched);
        self.gathered.markers.extend(searched.excuses(&allowed));
        self.gathered.candidates.extend(
            searched
                .candidates
                .into_iter()
                .map(|candidate| Judged { excuse: allowed.find(&candidate), candidate }),
        );
        searched.read
    }

    /// Searches all that `input` gives, with what is in it if it is a container, and leaves it to the
    /// caller to judge what is found. What of a container cannot be looked at is noted.
    pub fn search<'i>(&mut self, origin: Origin, input: impl Into<Input<'i>>) -> Searched {
        let name = origin.path.clone().unwrap_or_default();
        let mut blob = BlobScan {
            detector: self.engine.detector,
            origin,
            candidates: Vec::new(),
            markers: BTreeMap::new(),
        };
        let input = input.into();
        let walked = Walk::through(name.as_bstr(), input, &mut blob, &mut self.buffers);
        self.engine.progress.blobs.fetch_add(1, Ordering::Relaxed);
        self.engine.progress.bytes.fetch_add(walked.bytes, Ordering::Relaxed);
        self.gathered.coverage.bytes += walked.bytes;
        self.gathered.coverage.skipped.extend(walked.skipped);
        let BlobScan { origin, candidates, markers, .. } = blob;
        Searched { origin, candidates, markers, read: walked.read }
    }

    /// An excuse, unless it does not count, or holds no more, which is noted then.
    pub fn holding(&mut self, excuse: Option<Arc<Excuse>>) -> Option<Arc<Excuse>> {
        let excuse = excuse.filter(|excuse| self.policy().honours(excuse));
        let over = excuse.as_ref().filter(|excuse| excuse.is_over(self.policy().today));
        let Some(over) = over else { return excuse };
        let note = audit::note(over);
        self.note(note);
        None
    }

    /// Notes the suppressions of a text that excuse nothing.
    pub fn note_flawed(&mut self, searched: &Searched) {
        let notes = searched.flawed_markers(self.engine.detector.rules());
        self.gathered.notes.extend(notes);
    }

    /// Notes a remark on what was scanned.
    pub fn note(&mut self, note: String) {
        self.gathered.notes.push(note);
    }
}

/// What the search of one blob has found, before anyone has judged it.
#[derive(Debug)]
pub struct Searched {
    /// Where the blob comes from.
    pub origin: Origin,
    /// What rules have matched, in the order of the text; members in the order of their container.
    pub candidates: Vec<Candidate>,
    /// The inline suppressions of each text, in its order: of the blob, or of its members.
    pub markers: BTreeMap<Vec<Via>, Vec<Marker>>,
    /// Whether the blob was read to its end.
    pub read: io::Result<()>,
}

impl Searched {
    /// The inline suppressions of the blob itself, if what was found stands in it and not in a member or in
    /// a text that had to be decoded: its lines are those of the file.
    #[must_use]
    pub fn own_markers(&self, found: &Candidate) -> Option<&[Marker]> {
        let text = text_of(&self.markers, &found.location.origin.via);
        text.is_empty().then(|| self.markers.get(text).map(Vec::as_slice)).flatten()
    }

    /// The inline suppressions of all texts.
    #[must_use]
    pub fn allowed(&self) -> AllowedTexts {
        let texts = self.markers.iter().map(|(via, markers)| (via.clone(), Allowed::new(markers)));
        AllowedTexts(texts.collect())
    }

    /// Our own inline suppressions, by file and line, with what they excuse.
    fn excuses(&self, allowed: &AllowedTexts) -> Vec<(Excuse, String)> {
        let texts = allowed.0.iter().flat_map(|(via, allowed)| {
            let mut origin = self.origin.clone();
            origin.via.extend(via.iter().cloned());
            let name = origin
                .name()
                .map_or_else(|| crate::finding::name_of_object(None, ""), |name| name.to_string());
            allowed.excuses(&name).collect::<Vec<_>>()
        });
        texts.collect()
    }

    /// Remarks on suppressions that excuse nothing. Their words may stand in a text about blurt; they
    /// matter where something is found.
    #[must_use]
    pub fn flawed_markers(&self, rules: &RuleSet) -> Vec<String> {
        let is_known = |name: &str| rules.rules().iter().any(|rule| rule.is_called(name));
        let markers = self.markers.iter();
        let markers = markers.flat_map(|(via, markers)| markers.iter().map(move |m| (via, m)));
        let note = |(via, marker): (&Vec<Via>, &Marker)| {
            let Flaw { line, meant, what } = marker.flaw(is_known)?;
            let is_meant = |found: &&Candidate| {
                let text = text_of(&self.markers, &found.location.origin.via);
                meant.contains(&found.location.start.line) && text == *via
            };
            let path = self.candidates.iter().find(is_meant)?.location.origin.name();
            let path = path.map_or_else(|| "stdin".to_owned(), |path| path.to_string());
            Some(format!("{path}:{line}: this `blurt:allow` excuses nothing: {what}"))
        };
        markers.filter_map(note).collect()
    }
}

/// Of the ways to `texts`, the one to the text that a place stands in: the views of its parts, which its
/// own way goes on to, have the same lines.
fn text_of<'v, T>(texts: &BTreeMap<Vec<Via>, T>, mut via: &'v [Via]) -> &'v [Via] {
    while !texts.contains_key(via)
        && let Some((Via::Decoded(_), text)) = via.split_last()
    {
        via = text;
    }
    via
}

/// The inline suppressions of a blob and its members, by the way to each.
#[derive(Debug)]
pub struct AllowedTexts(BTreeMap<Vec<Via>, Allowed>);

impl AllowedTexts {
    /// Who excuses what was found in one of them.
    #[must_use]
    pub fn find(&self, found: &Candidate) -> Option<Arc<Excuse>> {
        let place = &found.location;
        self.0.get(text_of(&self.0, &place.origin.via))?.find(&found.rule, place)
    }
}

/// The search through one blob, text by text.
struct BlobScan<'a> {
    detector: &'a Detector,
    /// Where the blob comes from.
    origin: Origin,
    candidates: Vec<Candidate>,
    markers: BTreeMap<Vec<Via>, Vec<Marker>>,
}

impl Texts for BlobScan<'_> {
    fn take(&mut self, via: &[Via], text: Text) -> io::Result<()> {
        let mut origin = self.origin.clone();
        origin.via.extend(via.iter().cloned().chain(text.via()));
        text.each(|part| {
            let Part { bytes, owned, first, .. } = part;
            let owned = owned.clone();
            let chunk = Chunk { origin: &origin, bytes, owned, first: *first };
            let detection = self.detector.detect(&chunk);
            self.note(&chunk, part.position, detection);
        })
    }
}

impl BlobScan<'_> {
    /// Turns offsets into places. The chunk begins at `start`.
    fn note(&mut self, chunk: &Chunk, start: Position, detection: Detection) {
        let bytes = chunk.bytes;
        if !detection.allows.is_empty() {
            let markers = self.markers.entry(chunk.origin.via.clone()).or_default();
            let (mut at, mut here) = (0, start);
            for mark in detection.allows {
                here = here.after(&bytes[at..mark]);
                at = mark;
                markers.extend(Marker::read(bytes, mark, here.line));
            }
        }
        let spans = detection.seen;
        let (mut at, mut here) = (0, start);
        for found in detection.matches {
            here = here.after(&bytes[at..found.span.start]);
            at = found.span.start;
            let excerpt = excerpt(bytes, &found.span, &spans);
            self.candidates.push(self.candidate(chunk, found, here, excerpt));
        }
    }

    fn candidate(
        &self,
        chunk: &Chunk,
        found: Match,
        start: Position,
        excerpt: Excerpt,
    ) -> Candidate {
        let written = &chunk.bytes[found.span.clone()];
        let rule = self.detector.rules().rules()[found.rule].clone();
        let end = start.after(written);
        let mut origin = chunk.origin.clone();
        origin.via.extend(found.via());
        Candidate {
            secret: Secret::new(found.value(written), &rule),
            rule,
            location: Location { origin, start, end, excerpt, past: None },
            confidence: found.confidence,
            entropy: found.entropy,
            score: found.score,
            verification: found.verification,
        }
    }
}

/// Bytes of the line on each side of a secret that are shown.
const EXCERPT: usize = 80;

/// The line around a match at `span`, with all other matches (`spans`) in it masked.
pub(crate) fn excerpt(bytes: &[u8], span: &Range<usize>, spans: &[Range<usize>]) -> Excerpt {
    let Range { start, end } = *span;
    let from = start.saturating_sub(EXCERPT);
    let before = &bytes[from..start];
    let line = memchr::memrchr(b'\n', before).map_or(from, |at| from + at + 1);
    let to = (end + EXCERPT).min(bytes.len());
    let stop = memchr::memchr(b'\n', &bytes[end..to]).map_or(to, |at| end + at);
    Excerpt {
        before: masked(bytes, line..start, spans, line > 0 && bytes[line - 1] != b'\n'),
        after: masked(bytes, end..stop, spans, false),
    }
}

/// Stars long random words: what no rule has found may be a secret all the same.
fn mask_tokens(text: &mut [u8]) {
    let of_token = |b: &u8| b.is_ascii_alphanumeric() || b"+/=_-".contains(b);
    for word in text.split_mut(|b| !of_token(b)) {
        let mixed = word.iter().any(u8::is_ascii_digit) && word.iter().any(u8::is_ascii_alphabetic);
        if word.len() >= 20 && mixed {
            word.fill(b'*');
        }
    }
}

/// The text of `range` with every other secret in it starred. When it is cut at its beginning, the
/// first word may be the end of something else and is left out.
fn masked(bytes: &[u8], range: Range<usize>, spans: &[Range<usize>], cut: bool) -> String {
    let mut text = bytes[range.clone()].to_vec();
    for span in spans {
        let start = span.start.max(range.start);
        let end = span.end.min(range.end);
        if start < end {
            text[start - range.start..end - range.start].fill(b'*');
        }
    }
    mask_tokens(&mut text);
    let mut text = sanitize_bytes(&text).into_owned();
    if cut {
        let word = text.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(text.len());
        text.replace_range(..word, "…");
    }
    text
}
