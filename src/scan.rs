//! The engine: a source feeds blobs to workers, one a thread; what they find goes through triage
//! and remediation into an [`Outcome`]. A command only calls it.

use crate::blob::{Chunk, Origin, Position};
use crate::coverage::{Coverage, Skip};
use crate::detect::{Detection, Detector, MARGIN, Match};
use crate::finding::{Candidate, Excerpt, Exposure, Finding, Location, Secret};
use crate::remedy::Remedy;
use crate::report::sanitize_bytes;
use crate::source::Source;
use crate::source::encoding::{Buffer, Utf8Reader};
use crate::triage::allow::{Allowed, Marker};
use crate::triage::{self, Excuse, Exposures, Judged, Key, Thresholds};
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::io::{self, Read};
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes of a file that are searched at once. Nearly all files are smaller.
const CHUNK: usize = 1024 * 1024;

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
    /// How many rules took part.
    pub rules: usize,
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
    thresholds: Thresholds,
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
    exposures: Exposures,
    below: BTreeSet<Key>,
}

/// Scans `source` with `detector`, and reports what reaches the thresholds.
pub fn scan(
    source: &dyn Source,
    detector: &Detector,
    thresholds: Thresholds,
    progress: &Progress,
) -> Outcome {
    let engine = Engine { detector, thresholds, gathered: Mutex::default(), progress };
    source.feed(&engine);
    let gathered = engine.gathered.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    let Gathered { candidates, mut coverage, mut notes, exposures, below } = gathered;
    let sorted = triage::sort(candidates, below, &exposures, thresholds);
    let rules = detector.rules();
    let remedied = |finding: Finding| {
        let remedy = Remedy::of(&finding, rules);
        (finding, remedy)
    };
    coverage.sort();
    notes.sort();
    notes.dedup();
    Outcome {
        findings: sorted.findings.into_iter().map(remedied).collect(),
        below: sorted.below,
        coverage,
        notes,
        rules: rules.rules().len(),
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
        self.thresholds
    }

    /// The secrets that will be reported for what was found up to now.
    #[must_use]
    pub fn reported(&self) -> BTreeSet<Key> {
        let all = self.gathered.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let reported = all.candidates.iter().filter(|judged| judged.reaches(self.thresholds));
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
        Worker { engine: self, buffer: Buffer::default(), gathered: Gathered::default() }
    }
}

/// Searches blobs on one thread. What it has gathered goes to the engine when it is dropped.
pub struct Worker<'a> {
    engine: &'a Engine<'a>,
    buffer: Buffer,
    gathered: Gathered,
}

impl Drop for Worker<'_> {
    fn drop(&mut self) {
        let mine = std::mem::take(&mut self.gathered);
        let all = self.engine.gathered.lock();
        let mut all = all.unwrap_or_else(std::sync::PoisonError::into_inner);
        all.candidates.extend(mine.candidates);
        all.notes.extend(mine.notes);
        if mine.exposures.looked {
            all.exposures.add(mine.exposures.known);
        }
        all.below.extend(mine.below);
        all.coverage.merge(mine.coverage);
    }
}

impl Worker<'_> {
    /// What is reported at all.
    #[must_use]
    pub fn thresholds(&self) -> Thresholds {
        self.engine.thresholds
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

    /// Searches all that `reader` gives, and takes what is found.
    ///
    /// # Errors
    ///
    /// When reading fails; what was read before is searched all the same.
    pub fn scan(&mut self, origin: Origin, reader: impl Read) -> io::Result<()> {
        let searched = self.search(origin, reader);
        self.gathered.coverage.files += 1;
        let allowed = Allowed::new(&searched.markers);
        self.gathered.notes.extend(searched.flawed_markers());
        self.gathered.candidates.extend(searched.candidates.into_iter().map(|candidate| {
            let marker = allowed.find(&candidate.rule, candidate.location.start.line);
            Judged { excuse: marker.map(Excuse::Allowed), candidate }
        }));
        searched.read
    }

    /// Searches all that `reader` gives, and leaves it to the caller to judge what is found.
    pub fn search(&mut self, mut origin: Origin, reader: impl Read) -> Searched {
        let mut blob = BlobScan {
            detector: self.engine.detector,
            position: Position::START,
            passed: 0,
            candidates: Vec::new(),
            markers: Vec::new(),
        };
        let mut reader = Utf8Reader::new(reader);
        let read = blob.run(&mut origin, &mut reader, &mut self.buffer);
        self.engine.progress.blobs.fetch_add(1, Ordering::Relaxed);
        self.engine.progress.bytes.fetch_add(reader.bytes_read(), Ordering::Relaxed);
        self.gathered.coverage.bytes += reader.bytes_read();
        Searched { origin, candidates: blob.candidates, markers: blob.markers, read }
    }

    /// Notes a remark on what was scanned.
    pub fn note(&mut self, note: String) {
        self.gathered.notes.push(note);
    }
}

/// What the search of one blob has found, before anyone has judged it.
#[derive(Debug)]
pub struct Searched {
    /// Where the blob comes from, with the decoding that it needed.
    pub origin: Origin,
    /// What rules have matched, in the order of the text.
    pub candidates: Vec<Candidate>,
    /// The inline suppressions, in the order of the text.
    pub markers: Vec<Marker>,
    /// Whether the blob was read to its end.
    pub read: io::Result<()>,
}

impl Searched {
    /// Remarks on suppressions that excuse nothing. Their words may stand in a text about blurt; they
    /// matter where something is found.
    pub fn flawed_markers(&self) -> impl Iterator<Item = String> {
        self.markers.iter().filter_map(|marker| {
            let Marker::Flawed { line, meant } = marker else { return None };
            let is_meant = |found: &Candidate| found.location.start.line == *meant;
            let path = self.origin.path.as_ref();
            let path = path.map_or_else(|| "stdin".to_owned(), ToString::to_string);
            self.candidates.iter().any(is_meant).then(|| {
                format!(
                    "{path}:{line}: this `blurt:allow` excuses nothing: write `blurt:allow RULE -- reason`"
                )
            })
        })
    }
}

/// The search through one blob, chunk by chunk.
struct BlobScan<'a> {
    detector: &'a Detector,
    /// The place of the buffer's first byte.
    position: Position,
    /// How much of the buffer the chunks before this one answered for.
    passed: usize,
    candidates: Vec<Candidate>,
    markers: Vec<Marker>,
}

impl BlobScan<'_> {
    fn run(
        &mut self,
        origin: &mut Origin,
        reader: &mut Utf8Reader<impl Read>,
        buffer: &mut Buffer,
    ) -> io::Result<()> {
        buffer.reset(CHUNK + 2 * MARGIN);
        let mut first = true;
        loop {
            let more = reader.fill(buffer);
            if let Some(via) = reader.via().filter(|_| first) {
                origin.via.push(via);
            }
            let bytes = buffer.bytes();
            let done = !matches!(more, Ok(true));
            let end = if done { bytes.len() } else { bytes.len() - MARGIN };
            let chunk = Chunk { origin, bytes, owned: self.passed..end, first };
            let detection = self.detector.detect(&chunk);
            self.note(&chunk, detection);
            if done {
                return more.map(|_| ());
            }
            let keep = end - MARGIN;
            self.position = self.position.after(&bytes[..keep]);
            buffer.advance(keep);
            self.passed = end - keep;
            first = false;
        }
    }

    /// Turns offsets into places.
    fn note(&mut self, chunk: &Chunk, detection: Detection) {
        let bytes = chunk.bytes;
        let mut at = 0;
        let mut here = self.position;
        for mark in detection.allows {
            here = here.after(&bytes[at..mark]);
            at = mark;
            self.markers.push(Marker::read(bytes, mark, here.line));
        }
        let spans = detection.seen;
        (at, here) = (0, self.position);
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
        let value = &chunk.bytes[found.span.clone()];
        let rule = self.detector.rules().rules()[found.rule].clone();
        let end = start.after(value);
        Candidate {
            secret: Secret::new(value, &rule),
            rule,
            location: Location { origin: chunk.origin.clone(), start, end, excerpt, past: None },
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
