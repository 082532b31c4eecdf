//! What rules have matched in an object, kept until its paths are known.

use super::store::ObjectNumber;
use crate::blob::{Origin, Position, Via, members};
use crate::detect::trace::Traces;
use crate::detect::{Detector, Match};
use crate::finding::{Candidate, Excerpt, Location, Past, Secret};
use crate::kind::{FileKind, FileKinds};
use crate::rule::{Confidence, Rule};
use crate::scan::excerpt;
use crate::triage::Judged;
use crate::triage::marker::{Allowed, Marker};
use bstr::{BStr, ByteSlice};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

/// A secret of a rule: what one finding is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Known {
    /// Index of the rule.
    pub(super) rule: usize,
    pub(super) secret: Secret,
}

/// All that rules have matched in one object.
pub(super) struct Hits {
    pub(super) object: ObjectNumber,
    /// The members that lead to the text, and the decoding that it needed.
    via: Vec<Via>,
    kinds: FileKinds,
    matches: Vec<Match>,
    /// Where they stand: one for each span, in the order of the text.
    places: Vec<Place>,
    markers: Vec<Marker>,
    /// The same for the members of the container that the object is.
    members: Vec<Hits>,
}

struct Place {
    span: Range<usize>,
    start: Position,
    end: Position,
    excerpt: Arc<Excerpt>,
    value: Arc<[u8]>,
}

/// Makes [`Hits`]. The versions of a file mostly hold the same values on the same lines: they are
/// kept once.
pub(super) struct HitsBuilder<'a> {
    detector: &'a Detector,
    values: HashSet<Arc<[u8]>>,
    excerpts: HashSet<Arc<Excerpt>>,
}

/// A part of a text: its bytes, and where they stand in the whole.
pub(super) struct Part<'a> {
    pub(super) text: &'a [u8],
    pub(super) offset: usize,
    pub(super) position: Position,
}

impl<'a> HitsBuilder<'a> {
    pub(super) fn new(detector: &'a Detector) -> Self {
        Self { detector, values: HashSet::new(), excerpts: HashSet::new() }
    }

    /// The hits of an object in which nothing was matched yet.
    pub(super) fn empty(object: ObjectNumber, kinds: FileKinds, via: Vec<Via>) -> Hits {
        let (matches, places, markers) = (Vec::new(), Vec::new(), Vec::new());
        Hits { object, via, kinds, matches, places, markers, members: Vec::new() }
    }

    /// Adds what the traces of a part hold.
    pub(super) fn add(&mut self, hits: &mut Hits, part: &Part, traces: &Traces) {
        if traces.matches().is_empty() && traces.allows().is_empty() {
            return;
        }
        let (mut at, mut here) = (0, part.position);
        for mark in traces.allows() {
            here = here.after(&part.text[at..*mark]);
            at = *mark;
            hits.markers.extend(Marker::read(part.text, *mark, here.line));
        }
        let order = |found: &Match| (found.span.start, found.span.end);
        let spans: BTreeSet<_> = traces.matches().iter().map(order).collect();
        let spans: Vec<Range<usize>> = spans.into_iter().map(|(start, end)| start..end).collect();
        (at, here) = (0, part.position);
        for span in &spans {
            here = here.after(&part.text[at..span.start]);
            at = span.start;
            let value = &part.text[span.clone()];
            hits.places.push(Place {
                span: part.offset + span.start..part.offset + span.end,
                start: here,
                end: here.after(value),
                excerpt: intern(&mut self.excerpts, excerpt(part.text, span, &spans)),
                value: intern(&mut self.values, Arc::<[u8]>::from(value)),
            });
        }
        hits.matches.extend(traces.matches().iter().map(|found| {
            let span = part.offset + found.span.start..part.offset + found.span.end;
            Match { span, ..found.clone() }
        }));
    }

    /// The same for a text in one piece.
    pub(super) fn of(&mut self, mut hits: Hits, text: &[u8], traces: &Traces) -> Hits {
        let part = Part { text, offset: 0, position: Position::START };
        self.add(&mut hits, &part, traces);
        hits.finish();
        hits
    }

    pub(super) fn detector(&self) -> &'a Detector {
        self.detector
    }
}

fn intern<T: ?Sized + Eq + std::hash::Hash, V: Into<Arc<T>>>(
    known: &mut HashSet<Arc<T>>,
    value: V,
) -> Arc<T> {
    let value = value.into();
    if let Some(known) = known.get(&value) {
        return known.clone();
    }
    known.insert(value.clone());
    value
}

/// What rules go by.
#[derive(Clone, Copy)]
pub(super) enum Scope<'a> {
    /// The path of a file.
    Path(&'a BStr),
    /// A file whose path is not known: whatever may be one of its kinds, and any rule.
    AnyPath,
    /// No file: a message.
    NoFile,
}

/// Where an object's hits are reported.
pub(super) struct Site<'a> {
    /// How the place is named in reports.
    pub(super) origin: Origin,
    pub(super) scope: Scope<'a>,
    pub(super) past: Option<Past>,
}

impl Hits {
    /// Brings what was added part by part into order.
    pub(super) fn finish(&mut self) {
        let order = |place: &Place| (place.span.start, place.span.end);
        self.places.sort_by_key(order);
        self.places.dedup_by_key(|place| (place.span.start, place.span.end));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.matches.is_empty() && self.members.is_empty()
    }

    /// Notes that the text is decoded.
    pub(super) fn decoded(&mut self, via: Option<Via>) {
        self.via.extend(via);
    }

    /// Adds those of a member.
    pub(super) fn add_member(&mut self, member: Hits) {
        if !member.is_empty() {
            self.members.push(member);
        }
    }

    fn place(&self, span: &Range<usize>) -> &Place {
        let order = |place: &Place| (place.span.start, place.span.end);
        let at = self.places.binary_search_by_key(&(span.start, span.end), order);
        &self.places[at.unwrap_or_else(|at| at.min(self.places.len() - 1))]
    }

    /// What is reported of the object as a file of `kind`.
    fn settled(
        &self,
        detector: &Detector,
        kind: FileKind,
        covers: impl Fn(&Rule) -> bool,
    ) -> Vec<Match> {
        let line = |at: usize| {
            let before = self.places.partition_point(|place| place.span.start < at);
            self.places.get(before).map_or(0, |place| place.start.line)
        };
        let line_feeds = |between: Range<usize>| line(between.end) - line(between.start);
        detector.settle(self.matches.clone(), kind, covers, line_feeds).0
    }

    /// The kinds of files that it is known as.
    pub(super) fn kinds(&self) -> FileKinds {
        self.kinds
    }

    /// The secrets that the object may hold under any path.
    pub(super) fn secrets(&self, detector: &Detector) -> BTreeMap<Known, Confidence> {
        self.kinds.iter().flat_map(|kind| self.secrets_as(detector, kind)).collect()
    }

    /// The secrets that the object may hold as a file of a kind, with the confidence that they may
    /// have at most.
    pub(super) fn secrets_as(
        &self,
        detector: &Detector,
        kind: FileKind,
    ) -> BTreeMap<Known, Confidence> {
        let mut secrets = BTreeMap::new();
        let mut add = |covers: &dyn Fn(&Rule) -> bool| {
            for found in self.settled(detector, kind, covers) {
                let known = secrets.entry(self.known(detector, &found)).or_insert(found.confidence);
                *known = found.confidence.max(*known);
            }
        };
        // A rule that is for some paths beats others there, and only there.
        let is_free =
            |rule: &Rule| rule.spec().paths.only.is_empty() && rule.spec().paths.except.is_empty();
        let rules = detector.rules().rules();
        let limited: BTreeSet<usize> = self
            .matches
            .iter()
            .map(|found| found.rule)
            .filter(|rule| !is_free(&rules[*rule]))
            .collect();
        add(&|_| true);
        if !limited.is_empty() {
            add(&is_free);
        }
        for rule in &limited {
            add(&|other| is_free(other) || other.id() == rules[*rule].id());
        }
        for (known, confidence) in self.members.iter().flat_map(|member| member.secrets(detector)) {
            let most = secrets.entry(known).or_insert(confidence);
            *most = confidence.max(*most);
        }
        secrets
    }

    fn known(&self, detector: &Detector, found: &Match) -> Known {
        let rule = &detector.rules().rules()[found.rule];
        let secret = Secret::new(found.value(&self.place(&found.span).value), rule);
        Known { rule: found.rule, secret }
    }

    /// What is reported of the object at a site.
    pub(super) fn candidates(&self, detector: &Detector, site: &Site) -> Vec<(Known, Judged)> {
        let members = self.members.iter().flat_map(|member| member.candidates(detector, site));
        let found = self.own_candidates(detector, site).into_iter();
        found.chain(members).collect()
    }

    /// What is reported of the text of the object itself, or of the member that this is about.
    fn own_candidates(&self, detector: &Detector, site: &Site) -> Vec<(Known, Judged)> {
        let allowed = Allowed::new(&self.markers);
        let mut found = match (site.scope, members(&self.via, "/")) {
            (Scope::Path(path), None) => {
                self.settled(detector, FileKind::of(path), |rule| rule.covers(Some(path)))
            }
            (Scope::NoFile, _) => self.settled(detector, FileKind::Text, |rule| rule.covers(None)),
            (Scope::AnyPath, None) => {
                let kinds = self.kinds.iter();
                kinds.flat_map(|kind| self.settled(detector, kind, |_| true)).collect()
            }
            (scope, Some(member)) => {
                let kind = FileKind::of(member.as_str().into());
                let path = match scope {
                    Scope::Path(path) => bstr::concat([path, "/".into(), member.as_str().into()]),
                    _ => member.into_bytes(),
                };
                self.settled(detector, kind, |rule| rule.covers(Some(path.as_bstr())))
            }
        };
        found.sort_by_key(|found| (found.span.start, found.span.end, found.rule));
        found.dedup_by(|a, b| a.rule == b.rule && a.span == b.span);
        let judged = found.into_iter().map(|found| {
            let known = self.known(detector, &found);
            let place = self.place(&found.span);
            let rule = detector.rules().rules()[found.rule].clone();
            let mut origin = site.origin.clone();
            origin.via.extend(self.via.clone().into_iter().chain(found.via()));
            let location = Location {
                origin,
                start: place.start,
                end: place.end,
                excerpt: (*place.excerpt).clone(),
                past: site.past.clone().map(Box::new),
            };
            let excuse = allowed.find(&rule, &location);
            let candidate = Candidate {
                secret: known.secret.clone(),
                rule,
                location,
                confidence: found.confidence,
                entropy: found.entropy,
                score: found.score,
                verification: found.verification,
            };
            (known, Judged { candidate, excuse })
        });
        judged.collect()
    }
}

/// The secrets of a history, by number.
#[derive(Default)]
pub(super) struct Secrets {
    numbers: HashMap<Known, u32>,
    list: Vec<Known>,
}

impl Secrets {
    pub(super) fn number(&mut self, known: Known) -> u32 {
        if let Some(number) = self.numbers.get(&known) {
            return *number;
        }
        let number = self.list.len() as u32;
        self.list.push(known.clone());
        self.numbers.insert(known, number);
        number
    }

    pub(super) fn find(&self, known: &Known) -> Option<u32> {
        self.numbers.get(known).copied()
    }

    pub(super) fn list(&self) -> &[Known] {
        &self.list
    }
}
