//! What a search did, step by step, for those who ask why something was found or was not. A scan keeps
//! nothing of it.
//!
//! ```text
//! trigger ─▶ assignment, rules called ─▶ pattern tried ─▶ judged ─▶ fate (paths, overlap, near)
//!         └▶ view of an encoded part ─▶ the same inside it
//! ```

use super::assignment::Assignment;
use super::filter::{self, Subject, Verdict};
use super::judgement::Judgement;
pub use super::keyword::Word;
use super::trace::Trigger;
use super::trigger::is_token;
use super::{Detector, Match, Rules, entropy, near, overlap};
use crate::finding::{Secret, Verification};
use crate::rule::{Confidence, Rule};
use crate::scan::excerpt;
use bstr::{BStr, ByteSlice};
use std::ops::Range;

/// A run is shown no longer than this.
const MAX_RUN: usize = 4096;

/// All that a search did. Places are offsets in the searched text.
#[derive(Debug, Default)]
pub struct Log {
    /// The triggers, in the order in which they were followed.
    pub followed: Vec<Followed>,
    /// The rules that each line triggers, because of the file's name.
    pub by_path: Vec<usize>,
}

/// A trigger, and all that it led to.
#[derive(Debug)]
pub struct Followed {
    /// What it is.
    pub cause: Cause,
    /// The run, the literal or the line.
    pub span: Range<usize>,
    /// The assignments that were recognised around it.
    pub assigned: Vec<Assigned>,
    /// The patterns that were tried.
    pub tries: Vec<Try>,
    /// The parts of the text that were decoded because of it.
    pub views: Vec<Opened>,
}

/// What makes a closer look worth while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// Ten token characters or more with a digit among them.
    Run,
    /// A literal of a rule or a decoder, in lower case.
    Literal(String),
    /// The line itself, as a rule goes by the name of the file.
    Line,
}

/// An assignment that was recognised.
#[derive(Debug)]
pub struct Assigned {
    /// The name as it may be shown.
    pub name: String,
    /// Where the name stands.
    pub named: Range<usize>,
    /// Where the value stands.
    pub value: Range<usize>,
    /// How many rules it calls.
    pub rules: usize,
}

/// A pattern that was tried.
#[derive(Debug)]
pub struct Try {
    /// Index of the rule.
    pub rule: usize,
    /// What called it.
    pub by: By,
    /// What its pattern matched; nothing if it did not.
    pub judged: Vec<Judged>,
}

/// What calls a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum By {
    /// A token that begins with this prefix.
    Prefix(String),
    /// This literal.
    Literal(String),
    /// An assignment, with this name and this word.
    Name(String, Option<Word>),
    /// The name of the file.
    Path,
}

/// A value that a pattern matched, and what became of it.
#[derive(Debug)]
pub struct Judged {
    /// The value, by its place.
    pub span: Range<usize>,
    /// The value.
    pub secret: Secret,
    /// Shannon entropy, in bits per character.
    pub entropy: f32,
    /// The entropy that is wanted, in bits per character.
    pub floor: Option<f32>,
    /// What the value says about itself.
    pub verification: Verification,
    /// What each filter says, asked or not.
    pub opinions: Vec<(&'static str, Option<Verdict>)>,
    /// How that was decided.
    pub judgement: Judgement,
    /// What became of it then.
    pub fate: Fate,
}

/// What became of a value behind check, filters and score.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It did not get that far.
    Dropped,
    /// It is a password in a decoded text, and a mere word.
    Word,
    /// The rule is not for files of this name.
    OutOfPath,
    /// Another rule has a better match on the same bytes.
    Beaten {
        /// Index of the other rule.
        rule: usize,
        /// What it matched.
        span: Range<usize>,
    },
    /// It is handed on.
    Stands {
        /// How sure it is in the end.
        confidence: Confidence,
        /// The rule of the other half of the credential, where that made it sure.
        near: Option<usize>,
    },
}

/// A part of a text that was decoded.
#[derive(Debug)]
pub struct Opened {
    /// The decoders, the outermost first.
    pub way: Vec<&'static str>,
    /// Where the encoded part stands.
    pub span: Range<usize>,
    /// What was done with what it means. Its places are those of the encoded text.
    pub log: Log,
}

/// A value as it goes through check and filters.
pub(super) struct Examined<'s> {
    pub(super) rule: &'s Rule,
    pub(super) span: Range<usize>,
    pub(super) subject: Subject<'s>,
    pub(super) verification: &'s Verification,
    pub(super) judgement: Judgement,
}

impl Log {
    /// Begins with what a trigger at `at` leads to.
    #[cold]
    pub(super) fn begin(&mut self, detector: &Detector, bytes: &[u8], at: usize, cause: Trigger) {
        let (cause, span) = match cause {
            Trigger::Run => {
                let before = bytes[at.saturating_sub(MAX_RUN)..at].iter().rev();
                let start = at - before.take_while(|b| is_token(**b)).count();
                let behind = bytes[at..].iter().take(MAX_RUN);
                (Cause::Run, start..at + behind.take_while(|b| is_token(**b)).count())
            }
            Trigger::Literal(index) => {
                let text = detector.triggers.literal(index as usize);
                (Cause::Literal(text.to_str_lossy().into_owned()), at..at + text.len())
            }
        };
        // A long run shows itself several times.
        let again = |last: &Followed| last.cause == Cause::Run && last.span == span;
        if cause != Cause::Run || !self.followed.last().is_some_and(again) {
            self.follow(cause, span);
        }
    }

    /// Begins with what a line leads to.
    pub(super) fn begin_line(&mut self, line: Range<usize>) {
        self.follow(Cause::Line, line);
    }

    fn follow(&mut self, cause: Cause, span: Range<usize>) {
        let (assigned, tries, views) = (Vec::new(), Vec::new(), Vec::new());
        self.followed.push(Followed { cause, span, assigned, tries, views });
    }

    /// Notes an assignment to `name`, which calls so many rules.
    #[cold]
    pub(super) fn assign(&mut self, name: &Range<usize>, found: &Assignment, rules: usize) {
        let assigned = Assigned {
            name: String::new(),
            named: name.clone(),
            value: found.value.clone(),
            rules,
        };
        if let Some(last) = self.followed.last_mut() {
            last.assigned.push(assigned);
        }
    }

    /// Notes that the pattern of a rule is tried, by its prefix at `anchor` or by the literal.
    #[cold]
    pub(super) fn try_at(&mut self, index: usize, rule: &Rule, text: &[u8]) {
        let Some(last) = self.followed.last_mut() else { return };
        let by = match &last.cause {
            Cause::Literal(literal) => By::Literal(literal.clone()),
            Cause::Line => By::Path,
            Cause::Run => {
                let prefixes = rule.triggers().prefixes.iter();
                let here = prefixes.filter(|prefix| text.starts_with(prefix.as_bytes()));
                By::Prefix(here.max_by_key(|prefix| prefix.len()).unwrap_or_default().to_owned())
            }
        };
        last.tries.push(Try { rule: index, by, judged: Vec::new() });
    }

    /// Notes that an assignment tries the pattern of a rule, which a word calls.
    #[cold]
    pub(super) fn try_value(&mut self, index: usize, word: Option<Word>) {
        if let Some(last) = self.followed.last_mut() {
            // The name is filled in when it is known what must not be shown.
            last.tries.push(Try {
                rule: index,
                by: By::Name(String::new(), word),
                judged: Vec::new(),
            });
        }
    }

    /// Notes what became of what the last pattern matched.
    #[cold]
    pub(super) fn judge(&mut self, examined: Examined) {
        let Examined { rule, span, subject, verification, judgement } = examined;
        let judged = Judged {
            span,
            secret: Secret::new(subject.value, rule),
            entropy: entropy(subject.value),
            floor: filter::floor(&subject),
            verification: verification.clone(),
            opinions: filter::opinions(&subject),
            judgement,
            fate: Fate::Dropped,
        };
        let last = self.followed.last_mut().and_then(|last| last.tries.last_mut());
        if let Some(last) = last {
            last.judged.push(judged);
        }
    }

    /// Notes what a decoded part of the text led to.
    #[cold]
    pub(super) fn open(&mut self, opened: Opened) {
        if let Some(last) = self.followed.last_mut().filter(|_| !opened.log.followed.is_empty()) {
            last.views.push(opened);
        }
    }

    /// All values that patterns have matched, here and in views.
    pub fn judged(&self) -> impl Iterator<Item = &Judged> {
        let mut all = Vec::new();
        self.visit(&mut |judged| all.push(judged));
        all.into_iter()
    }

    fn visit<'l>(&'l self, each: &mut impl FnMut(&'l Judged)) {
        for followed in &self.followed {
            followed.tries.iter().flat_map(|tried| &tried.judged).for_each(&mut *each);
            followed.views.iter().for_each(|view| view.log.visit_boxed(each));
        }
    }

    // Behind a reference of one type, as the views' views would else make a type without end.
    fn visit_boxed<'l>(&'l self, each: &mut dyn FnMut(&'l Judged)) {
        self.visit(&mut |judged| each(judged));
    }

    /// Fills in the names of assignments in `bytes`, with all in them masked that may be a secret.
    pub(super) fn name_all(&mut self, bytes: &[u8]) {
        let spans: Vec<_> = self.judged().map(|judged| judged.span.clone()).collect();
        for followed in &mut self.followed {
            for assigned in &mut followed.assigned {
                let Range { start, end } = assigned.named;
                let within = spans.iter().filter(|span| span.start < end && span.end > start);
                let within: Vec<_> = within
                    .map(|span| span.start.max(start) - start..span.end.min(end) - start)
                    .collect();
                assigned.name = excerpt(&bytes[start..end], &(0..0), &within).after;
            }
            // Each try belongs to the last assignment that called as many rules.
            let mut calls = followed.assigned.iter().flat_map(|a| std::iter::repeat_n(a, a.rules));
            for tried in &mut followed.tries {
                if let By::Name(name, _) = &mut tried.by
                    && let Some(assigned) = calls.next()
                {
                    name.clone_from(&assigned.name);
                }
            }
        }
    }

    /// The same, with all places as `place` says.
    pub(super) fn placed(mut self, place: &impl Fn(&Range<usize>) -> Range<usize>) -> Self {
        self.place_all(&|range| place(range));
        self
    }

    fn place_all(&mut self, place: &dyn Fn(&Range<usize>) -> Range<usize>) {
        let here = |range: &mut Range<usize>| *range = place(range);
        for followed in &mut self.followed {
            here(&mut followed.span);
            for assigned in &mut followed.assigned {
                here(&mut assigned.named);
                here(&mut assigned.value);
            }
            for judged in followed.tries.iter_mut().flat_map(|tried| &mut tried.judged) {
                here(&mut judged.span);
            }
            for view in &mut followed.views {
                here(&mut view.span);
                view.log.place_all(place);
            }
        }
    }

    /// Notes of the values that became a match which of them are left out as mere words.
    pub(super) fn mark_words(&mut self, rules: &Rules, is_word: impl Fn(&Rule, &[u8]) -> bool) {
        for tried in self.followed.iter_mut().flat_map(|followed| &mut followed.tries) {
            for judged in &mut tried.judged {
                let passed = judged.judgement.confidence.is_some();
                let value = judged.secret.reveal().unwrap_or_default();
                if passed && is_word(&rules[tried.rule], value) {
                    judged.fate = Fate::Word;
                }
            }
        }
    }
}

/// All that rules matched in a text, to tell what became of each.
pub(super) struct Settled<'a> {
    rules: &'a Rules,
    path: Option<&'a BStr>,
    /// As rules matched it, in the order of overlap.
    matches: Vec<Match>,
    /// What is left of it.
    standing: &'a [Match],
    line_feeds: &'a dyn Fn(Range<usize>) -> u64,
}

impl<'a> Settled<'a> {
    pub(super) fn new(
        (rules, path): (&'a Rules, Option<&'a BStr>),
        mut matches: Vec<Match>,
        standing: &'a [Match],
        line_feeds: &'a dyn Fn(Range<usize>) -> u64,
    ) -> Self {
        matches.retain(|found| rules[found.rule].covers(path));
        overlap::sort(&mut matches);
        Self { rules, path, matches, standing, line_feeds }
    }

    /// Writes into the log what became of each value.
    pub(super) fn tell(&self, log: &mut Log) {
        for followed in &mut log.followed {
            for tried in &mut followed.tries {
                for judged in &mut tried.judged {
                    if judged.judgement.confidence.is_some() && judged.fate == Fate::Dropped {
                        judged.fate = self.fate(tried.rule, &judged.span);
                    }
                }
            }
            followed.views.iter_mut().for_each(|view| self.tell(&mut view.log));
        }
    }

    fn fate(&self, rule: usize, span: &Range<usize>) -> Fate {
        if !self.rules[rule].covers(self.path) {
            return Fate::OutOfPath;
        }
        let is_it = |found: &&Match| found.rule == rule && found.span == *span;
        if let Some(found) = self.standing.iter().find(is_it) {
            let near = near::completed(found, self.standing, self.rules, &self.line_feeds);
            let near = near.map(|other| other.rule);
            return Fate::Stands { confidence: found.confidence, near };
        }
        let number = self.matches.iter().position(|found| is_it(&found));
        let winner = number.and_then(|n| overlap::winner(&self.matches, n, self.rules));
        match winner {
            Some(winner) => Fate::Beaten { rule: winner.rule, span: winner.span.clone() },
            None => Fate::Dropped,
        }
    }
}
