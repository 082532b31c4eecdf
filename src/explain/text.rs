//! Reads the texts of a file, and keeps what detection does at the place that is asked about.

use super::facts::{Draft, MatchFacts, TriggerFacts, position_of};
use super::verdict::{self, Verdict};
use super::{Failure, Place, Reports};
use crate::blob::{Chunk, INTO, Origin, Position, Via, members};
use crate::detect::Detector;
use crate::detect::explain::{Cause, Followed, Log};
use crate::kind::FileKind;
use crate::rule::Rule;
use crate::scan::excerpt;
use crate::source::container::Texts;
use crate::source::text::{Part, Text};
use crate::triage::marker::Marker;
use bstr::{BString, ByteSlice};
use serde::Serialize;
use std::borrow::Cow;
use std::cell::Cell;
use std::cmp::Reverse;
use std::io;
use std::ops::Range;
use std::sync::Arc;

/// What detection did in one text.
#[derive(Debug, Serialize)]
pub struct TextFacts {
    /// The file, with the members that lead to the text.
    pub name: String,
    /// The way to it.
    pub via: Vec<Via>,
    /// How values are written in such a file.
    pub kind: &'static str,
    /// The line, with all masked that may be a secret.
    pub excerpt: Option<String>,
    /// The rules that each line triggers, because of the file's name.
    pub rules_by_path: Vec<String>,
    /// The triggers on the line, in the order in which they were followed; none if no line was asked for.
    pub triggers: Vec<TriggerFacts>,
    /// What patterns matched, by place.
    pub matches: Vec<MatchFacts>,
    /// How that ended, by place.
    pub verdicts: Vec<Verdict>,
}

/// Takes the texts of a file.
pub(super) struct Reader<'e> {
    detector: &'e Detector,
    place: &'e Place,
    texts: Vec<Read>,
    /// The members that were not asked for.
    others: Vec<String>,
}

/// A text that was read.
struct Read {
    origin: Origin,
    excerpt: Option<String>,
    by_path: Vec<usize>,
    triggers: Vec<TriggerFacts>,
    drafts: Vec<Draft>,
    markers: Vec<Marker>,
    /// How many lines it has, and how many columns the one has that was asked for.
    lines: u64,
    columns: u64,
}

impl Texts for Reader<'_> {
    fn take(&mut self, via: &[Via], text: Text) -> io::Result<()> {
        let member = members(via, INTO);
        if self.place.member.is_some() && member != self.place.member {
            self.others.extend(member);
            return Ok(());
        }
        let mut origin = Origin::file(self.place.name.clone());
        origin.via.extend(via.iter().cloned().chain(text.via()));
        let mut read = Read::new(origin);
        let taken = text.each(|part| read.take(part, self.detector, self.place));
        self.texts.push(read);
        taken
    }
}

impl<'e> Reader<'e> {
    pub(super) fn new(detector: &'e Detector, place: &'e Place) -> Self {
        Self { detector, place, texts: Vec::new(), others: Vec::new() }
    }

    /// What was done in the texts that are asked about, and how it ended.
    pub(super) fn finish(mut self, reports: &Reports) -> Result<Vec<TextFacts>, Failure> {
        let name = &self.place.name;
        if self.texts.is_empty() {
            let others = choice(&self.others);
            let member = self.place.member.as_deref().unwrap_or_default();
            return Err(Failure::NoText(match self.place.member {
                Some(_) => format!("{name}: holds no {member}; {others}"),
                None => format!("{name}: holds no text that can be read"),
            }));
        }
        if self.place.line.is_some() && self.texts.len() > 1 {
            let root = self.texts.iter().position(|text| members(&text.origin.via, INTO).is_none());
            let Some(root) = root else {
                let all = self.texts.iter().filter_map(|text| members(&text.origin.via, INTO));
                let all = choice(&all.collect::<Vec<_>>());
                return Err(Failure::NoText(format!(
                    "{name}: is a container: name the member, as in {name}{INTO}MEMBER:LINE; {all}"
                )));
            };
            self.texts = vec![self.texts.swap_remove(root)];
        }
        let texts = self.texts.into_iter();
        texts.map(|text| text.finish(self.detector, self.place, reports)).collect()
    }
}

/// The members that there are, or the first of them.
fn choice(members: &[String]) -> String {
    const MOST: usize = 8;
    let shown = members.iter().take(MOST).map(String::as_str).collect::<Vec<_>>().join(", ");
    match members.len() {
        0 => "it is no container, or an empty one".to_owned(),
        1..=MOST => format!("it holds {shown}"),
        more => format!("it holds {shown} and {} more", more - MOST),
    }
}

/// Where lines begin in a part of a text.
pub(super) struct Lines<'p> {
    bytes: &'p [u8],
    first: Position,
    starts: Vec<usize>,
    /// The place that was asked for last: lines may be long, and questions come in order.
    last: Cell<(usize, Position)>,
}

impl<'p> Lines<'p> {
    fn new(bytes: &'p [u8], first: Position) -> Self {
        let starts = memchr::memchr_iter(b'\n', bytes).map(|at| at + 1).collect();
        Self { bytes, first, starts, last: Cell::new((0, first)) }
    }

    /// The place of an offset.
    pub(super) fn position(&self, at: usize) -> Position {
        let number = self.starts.partition_point(|start| *start <= at);
        let line = self.first.line + number as u64;
        let begin = match number.checked_sub(1) {
            None => (0, self.first),
            Some(last) => (self.starts[last], Position { line, column: 1 }),
        };
        let last = self.last.get();
        let (from, position) = if (begin.0..=at).contains(&last.0) { last } else { begin };
        let position = position.after(&self.bytes[from..at]);
        // What follows a cut character is no character: only whole ones are gone on from.
        if self.bytes.get(at).is_none_or(u8::is_ascii) {
            self.last.set((at, position));
        }
        position
    }

    /// The characters of a range.
    pub(super) fn length(&self, range: &Range<usize>) -> u64 {
        Position::START.after(&self.bytes[range.clone()].replace("\n", " ")).column - 1
    }

    /// Where a line stands, as far as it is in this part.
    fn line(&self, line: u64) -> Option<Range<usize>> {
        let number = line.checked_sub(self.first.line)? as usize;
        let start = if number == 0 { 0 } else { *self.starts.get(number - 1)? };
        let end = self.starts.get(number).map_or(self.bytes.len(), |next| next - 1);
        Some(start..end)
    }
}

impl Read {
    fn new(origin: Origin) -> Self {
        Self {
            origin,
            excerpt: None,
            by_path: Vec::new(),
            triggers: Vec::new(),
            drafts: Vec::new(),
            markers: Vec::new(),
            lines: 1,
            columns: 0,
        }
    }

    /// Searches a part of the text, and keeps what is asked for.
    fn take(&mut self, part: &Part, detector: &Detector, place: &Place) {
        let Part { bytes, owned, first, position, .. } = part;
        let lines = Lines::new(bytes, *position);
        let origin = self.origin.clone();
        let chunk = Chunk { origin: &origin, bytes, owned: owned.clone(), first: *first };
        let line = place.line.map(|line| lines.line(line));
        let (detection, log) = match line {
            Some(None) => (detector.detect(&chunk), Log::default()),
            _ => detector.explain(&chunk),
        };
        for mark in detection.allows {
            self.markers.extend(Marker::read(bytes, mark, lines.position(mark).line));
        }
        let end = lines.position(bytes.len());
        // What ends with a line feed has no line behind it.
        self.lines = if end.column == 1 { end.line.max(2) - 1 } else { end.line };
        let mut asked = None;
        if let Some(range) = line.flatten() {
            let columns = lines.position(range.end).column - 1;
            self.columns = self.columns.max(columns);
            asked = Some(match place.column {
                Some(column) => lines.character(&range, column),
                None => range,
            });
        }
        self.by_path.clone_from(&log.by_path);
        if let Some(asked) = &asked
            && self.excerpt.is_none()
            && (owned.contains(&asked.start) || part.last)
        {
            self.excerpt = Some(line_of(bytes, asked, &log, detection.seen));
        }
        let rules = detector.rules().rules();
        let mut with = Gathering { lines, rules, owned, asked, way: Vec::new() };
        self.gather(log.followed, &mut with);
    }

    /// Keeps what was done at the place that is asked about; without one, what patterns matched.
    fn gather(&mut self, followed: Vec<Followed>, with: &mut Gathering) {
        for followed in followed {
            let concerns = |span: &Range<usize>| with.concerns(span);
            let values = followed.assigned.iter().flat_map(|a| [&a.named, &a.value]);
            let near = values.chain([&followed.span]).any(concerns);
            if with.asked.is_some() && near && with.owned.contains(&followed.span.start) {
                self.triggers.push(TriggerFacts::new(&followed, with));
            }
            for tried in followed.tries {
                for judged in tried.judged {
                    let here = with.asked.is_none() || with.concerns(&judged.span);
                    if here && with.owned.contains(&judged.span.start) {
                        let by = (tried.rule, &tried.by, followed.span.start);
                        self.draft(Draft::new(by, judged, with));
                    }
                }
            }
            for view in followed.views {
                let length = with.way.len();
                with.way.extend(view.way);
                self.gather(view.log.followed, with);
                with.way.truncate(length);
            }
        }
    }

    /// Keeps a match once, however often it was come to.
    fn draft(&mut self, draft: Draft) {
        match self.drafts.iter_mut().find(|known| known.is_same(&draft)) {
            Some(known) => known.join(draft),
            None => self.drafts.push(draft),
        }
    }

    fn finish(
        mut self,
        detector: &Detector,
        place: &Place,
        reports: &Reports,
    ) -> Result<TextFacts, Failure> {
        let name = self.origin.name().map_or_else(BString::default, Cow::into_owned);
        let lacks = |what: String| Failure::NoText(format!("{name}: {what}"));
        match (place.line, place.column) {
            (Some(line), _) if line > self.lines => {
                return Err(lacks(format!("has {} lines, and no line {line}", self.lines)));
            }
            (Some(line), Some(column)) if column > self.columns.max(1) => {
                let columns = self.columns;
                return Err(lacks(format!(
                    "line {line} has {columns} columns, and no column {column}"
                )));
            }
            _ => {}
        }
        let rules = detector.rules().rules();
        self.drafts.sort_by_key(Draft::order);
        let facts = |draft: Draft| {
            let standing = verdict::standing(&draft, rules, &self.origin, reports);
            draft.facts(rules, standing)
        };
        let matches: Vec<MatchFacts> = self.drafts.into_iter().map(facts).collect();
        let id = |rule: &usize| rules[*rule].id().to_owned();
        let mut text = TextFacts {
            name: name.to_string(),
            via: self.origin.via.clone(),
            kind: kind_name(self.origin.kind()),
            excerpt: self.excerpt,
            rules_by_path: self.by_path.iter().map(id).collect(),
            triggers: self.triggers,
            matches,
            verdicts: Vec::new(),
        };
        text.verdicts = verdict::all(&text, place, (&self.markers, rules), reports);
        Ok(text)
    }
}

/// What is kept of a part of a text.
pub(super) struct Gathering<'p> {
    pub(super) lines: Lines<'p>,
    pub(super) rules: &'p [Arc<Rule>],
    /// The part that answers for what begins in it.
    owned: &'p Range<usize>,
    /// The place that is asked about, if not all.
    asked: Option<Range<usize>>,
    /// The decoders that led to where it is.
    pub(super) way: Vec<&'static str>,
}

impl Gathering<'_> {
    /// Whether something at `span` has to do with the place that is asked about.
    fn concerns(&self, span: &Range<usize>) -> bool {
        self.asked.as_ref().is_some_and(|asked| {
            span.start < asked.end.max(asked.start + 1) && span.end > asked.start
        })
    }

    pub(super) fn place(&self, at: usize) -> (u64, u64) {
        position_of(self.lines.position(at))
    }
}

impl Lines<'_> {
    /// The character at a column of the line that stands at `line`; nothing behind its end.
    fn character(&self, line: &Range<usize>, column: u64) -> Range<usize> {
        let reaches = |at: &usize| self.position(*at).column > column;
        let first = |from: usize| (from..line.end).find(|at| self.position(*at).column >= column);
        let start = first(line.start).unwrap_or(line.end);
        start..(start + 1..line.end).find(reaches).unwrap_or(line.end)
    }
}

/// The line that is asked about, around the first value there that a pattern matched or else the first thing
/// that may be a secret, with all of these masked.
fn line_of(bytes: &[u8], asked: &Range<usize>, log: &Log, mut masked: Vec<Range<usize>>) -> String {
    masked.extend(log.judged().map(|judged| judged.span.clone()));
    let assigned = || log.followed.iter().flat_map(|followed| &followed.assigned);
    masked.extend(assigned().map(|assigned| assigned.value.clone()));
    // A run is masked, too, unless it is the name of something.
    let mut names: Vec<_> = assigned().map(|assigned| assigned.named.clone()).collect();
    names.sort_by_key(|name| name.start);
    names.dedup_by(|next, name| {
        let joined = next.start <= name.end;
        name.end = if joined { name.end.max(next.end) } else { name.end };
        joined
    });
    let is_name = |run: &Range<usize>| {
        let next = names.partition_point(|name| name.end <= run.start);
        names.get(next).is_some_and(|name| name.start < run.end)
    };
    let runs = log.followed.iter().filter(|followed| followed.cause == Cause::Run);
    let runs = runs.map(|followed| followed.span.clone());
    masked.extend(runs.filter(|run| !is_name(run)));
    let inside = |span: &Range<usize>| asked.contains(&span.start);
    let judged = log.judged().filter(|judged| inside(&judged.span));
    let first = judged.min_by_key(|judged| (judged.span.start, Reverse(judged.span.end)));
    let (span, mask) = first.map_or_else(
        || {
            let here = masked.iter().filter(|span| inside(span)).map(|span| span.start).min();
            let at = here.unwrap_or(asked.start);
            (at..at, String::new())
        },
        |judged| (judged.span.clone(), judged.secret.mask()),
    );
    let around = excerpt(bytes, &span, &masked);
    let after = around.after.trim_end();
    // The end of a line in Windows.
    let after = after.strip_suffix("\\u{d}").unwrap_or(after);
    format!("{}{mask}{after}", around.before.trim_start())
}

/// How values are written in a file.
fn kind_name(kind: FileKind) -> &'static str {
    match kind {
        FileKind::Code => "a program, in which values are quoted",
        FileKind::Assignments => "a script of assignments",
        FileKind::Settings => "settings, a value to a line",
        FileKind::Yaml => "YAML",
        FileKind::Quoted => "data, in which values are quoted",
        FileKind::Markup => "markup",
        FileKind::Text => "text",
    }
}
