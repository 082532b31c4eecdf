//! One search through a text: finds the triggers, and takes each to the rules.

use super::assignment::{self, Assignment, MAX_BLANKS};
use super::decode::{self, Decoder, MAX_DEPTH, Piece, Spot, View};
use super::explain::{Examined, Log, Opened};
use super::filter::Subject;
use super::judgement::Judgement;
use super::trace::{Looked, Traces, Trigger};
use super::trigger::{Triggers, is_token, word_length};
use super::{Decoded, Detector, MARKERS, Match, Triggered, entropy, keyword};
use crate::kind::{FileKind, FileKinds};
use crate::rule::{Layer, Rule};
use bstr::{BStr, ByteSlice};
use regex_automata::util::captures::Captures;
use regex_automata::{Anchored, Input};
use std::ops::Range;

/// Bytes that are searched for triggers at once, so that they are still in cache when their
/// triggers are followed.
const PIECE: usize = 32 * 1024;

/// A run's beginning is looked for this far back, and its end this far on.
pub(super) const MAX_RUN_BACK: usize = 512;
pub(super) const MAX_RUN: usize = 4096;

/// How far before a run a value of base64 may begin.
const MAX_CUT: usize = 64;

/// Bytes behind a value that filters look at.
const BEHIND: usize = 16;

/// Which rules an assignment may call.
#[derive(Clone, Copy)]
enum Called<'a> {
    All,
    /// Those that want a provider's word.
    Named,
    /// Those that the trigger belongs to.
    Of(&'a [usize]),
}

/// How a value stands in the text.
struct Place {
    /// The name that it is assigned to; empty if it is not assigned.
    name: Range<usize>,
    /// All that the rule's pattern matched.
    matched: Range<usize>,
    quoted: bool,
    call: bool,
    /// The kinds of files in which it stands so.
    kinds: FileKinds,
}

/// The state of one search through a text.
pub(super) struct Search<'a> {
    detector: &'a Detector,
    bytes: &'a [u8],
    kinds: FileKinds,
    pub(super) traces: Traces,
    /// What following the present trigger has looked at.
    looked: Looked,
    /// Where the run of the last trigger began.
    last_run: usize,
    /// How many decoders led to the text.
    depth: usize,
    /// What it does, step by step, if somebody wants to know.
    pub(super) log: Option<Box<Log>>,
}

impl<'a> Search<'a> {
    pub(super) fn new(detector: &'a Detector, bytes: &'a [u8], kinds: FileKinds) -> Self {
        Self {
            detector,
            bytes,
            kinds,
            traces: Traces::default(),
            looked: Looked::at(0),
            last_run: usize::MAX,
            depth: 0,
            log: None,
        }
    }

    /// The same, keeping a log.
    pub(super) fn logging(self) -> Self {
        Self { log: Some(Box::default()), ..self }
    }

    /// Follows the triggers of a region.
    pub(super) fn run(&mut self, region: Range<usize>) {
        self.last_run = usize::MAX;
        let mut found = Triggers::default();
        let mut at = region.start;
        while at < region.end {
            let piece = at..(at + PIECE).min(region.end);
            at = piece.end;
            self.detector.triggers.scan(self.bytes, piece, &mut found);
            for run in found.runs.drain(..) {
                self.follow(run, Trigger::Run);
            }
            for (start, literal) in found.literals.drain(..) {
                self.follow(start, Trigger::Literal(literal as u32));
            }
        }
    }

    /// Follows a trigger by itself, wherever the last one was.
    pub(super) fn follow_again(&mut self, at: usize, trigger: Trigger) {
        self.last_run = usize::MAX;
        self.follow(at, trigger);
    }

    /// Follows a trigger, and notes where that led.
    #[inline]
    fn follow(&mut self, at: usize, trigger: Trigger) {
        self.looked = Looked::at(at);
        let first = self.traces.matches.len();
        if let Some(log) = &mut self.log {
            log.begin(self.detector, self.bytes, at, trigger);
        }
        match trigger {
            Trigger::Run => self.follow_run(at),
            Trigger::Literal(literal) => self.follow_literal(at, literal as usize),
        }
        self.traces.note(at, trigger, self.looked, first);
    }

    /// A run of token characters: does it begin with a known prefix, or is it assigned to a name?
    fn follow_run(&mut self, at: usize) {
        let bytes = self.bytes;
        let back = bytes[at.saturating_sub(MAX_RUN_BACK)..at].iter().rev();
        let mut start = at - back.take_while(|b| is_token(**b)).count();
        let deep = decode::is_deep(bytes, start, at);
        if deep {
            self.open_views(decode::DIGITS, &Spot::of_run(bytes, at));
        }
        if start == self.last_run {
            return;
        }
        self.last_run = start;
        // `\nTOKEN` in a string: the letter belongs to the backslash.
        if start > 0 && bytes[start - 1] == b'\\' && b"nrt".contains(&bytes[start]) {
            start += 1;
        }
        let detector = self.detector;
        let mut begin = start;
        let end = loop {
            detector
                .prefixes
                .look_up(bytes, begin, |rule, anchor| self.search(rule, anchor, begin));
            // `token-PREFIX…`: a prefix may follow a dash, as a word begins there.
            let end = begin + word_length(&bytes[begin..(start + MAX_RUN).min(bytes.len())]);
            if bytes.get(end) != Some(&b'-') || end - start >= MAX_RUN {
                break end;
            }
            if end > begin
                && let Some(found) = assignment::joined(bytes, start, end, &mut self.looked)
            {
                for kind in self.kinds.iter() {
                    self.follow_assignment(&found, kind, Called::Named);
                }
            }
            begin = end + 1;
        };
        self.follow_base64(start);
        for kind in self.kinds.iter() {
            if self.is_assigned(start, kind)
                && let Some(found) = assignment::around_value(bytes, start, kind, &mut self.looked)
            {
                self.follow_assignment(&found, kind, Called::All);
            }
        }
        self.follow_operator(start);
        if let Some(found) = assignment::told(bytes, start, &mut self.looked) {
            for kind in self.kinds.iter() {
                self.follow_assignment(&found, kind, Called::Named);
            }
        }
        let opened = if deep { decode::DIGITS } else { 0 };
        let decoders = decode::of_run(bytes, self.last_run..end) & !opened;
        if decoders != 0 {
            self.open_views(decoders, &Spot::of_run(bytes, at));
        }
    }

    /// A run that a `+` or `/` of base64 has cut off: the prefix stands where the value begins.
    fn follow_base64(&mut self, start: usize) {
        let bytes = self.bytes;
        if !start.checked_sub(1).is_some_and(|at| b"+/".contains(&bytes[at])) {
            return;
        }
        let before = bytes[start.saturating_sub(MAX_CUT)..start].iter().rev();
        let begin = start - before.take_while(|b| is_token(**b) || b"+/".contains(b)).count();
        self.looked.back_to(begin.saturating_sub(1));
        let detector = self.detector;
        detector.prefixes.look_up(bytes, begin, |rule, anchor| self.search(rule, anchor, start));
    }

    /// A run in a value that holds an operator.
    fn follow_operator(&mut self, start: usize) {
        let before = start.checked_sub(1).map(|at| self.bytes[at]);
        if !before.is_some_and(|b| b"=:>,(|!".contains(&b)) || is_number(&self.bytes[start..]) {
            return;
        }
        for kind in self.kinds.iter() {
            let looked = &mut self.looked;
            if let Some(found) = assignment::around_operator(self.bytes, start, kind, looked) {
                self.follow_assignment(&found, kind, Called::All);
            }
        }
    }

    /// Whether something before a run may assign it to a name. Cheap, as it is asked for every run.
    #[inline]
    fn is_assigned(&self, start: usize, kind: FileKind) -> bool {
        let bytes = self.bytes;
        let Some(before) = start.checked_sub(1) else { return false };
        match bytes[before] {
            b'"' | b'\'' | b'`' => true,
            b'=' | b':' | b'>' => !is_number(&bytes[start..]),
            b' ' | b'\t' | b'\n' if !is_number(&bytes[start..]) => {
                let before = bytes[..start].iter().rev().take(MAX_BLANKS);
                let end = start - before.take_while(|b| b" \t".contains(b)).count();
                match end.checked_sub(1).map(|at| bytes[at]) {
                    Some(b'=' | b':' | b'>') => true,
                    // An element may hold its value on a line of its own.
                    Some(b'\n') => {
                        let before = &bytes[end.saturating_sub(MAX_BLANKS)..end];
                        before.trim_ascii_end().ends_with(b">")
                    }
                    // Only flags and some files assign by a blank.
                    Some(b) if is_token(b) => {
                        let before = bytes[..end].iter().rev().take(keyword::CONTEXT);
                        let word = before.take_while(|b| is_token(**b)).count();
                        bytes[end - word] == b'-' || kind.assigns_by_blank()
                    }
                    _ => false,
                }
            }
            // The run may be a part of a longer value.
            b => b"/+.~%!@#$^&*|".contains(&b),
        }
    }

    fn follow_literal(&mut self, at: usize, literal: usize) {
        if literal < MARKERS.len() {
            self.traces.allows.push(at);
        }
        let detector = self.detector;
        let Triggered { patterns, names } = &detector.literals[literal];
        for rule in patterns {
            self.search(*rule, at, at);
        }
        let spot = Spot::of_literal(self.bytes, at);
        let decoders = decode::of_literal(self.bytes, &spot);
        if decoders != 0 {
            self.open_views(decoders, &spot);
        }
        if names.is_empty() {
            return;
        }
        for kind in self.kinds.iter() {
            let looked = &mut self.looked;
            let found = assignment::around_name(self.bytes, at, kind, looked)
                .or_else(|| assignment::apart(self.bytes, at, kind, looked));
            if let Some(found) = found {
                self.follow_assignment(&found, kind, Called::Of(names));
            }
        }
    }

    /// Opens the views that the trigger at `spot` is in, as far as it is the one that opens them.
    #[cold]
    fn open_views(&mut self, decoders: u8, spot: &Spot) {
        if self.depth == MAX_DEPTH {
            return;
        }
        for decoder in decode::of_set(decoders) {
            let triggers = &self.detector.triggers;
            let piece = Piece::opened(decoder, self.bytes, spot, triggers, &mut self.looked);
            if let Some(piece) = piece {
                self.open_view(decoder, &piece);
            }
        }
    }

    fn open_view(&mut self, decoder: &'static dyn Decoder, piece: &Piece) {
        let mut view = View::new(piece.range.start);
        decoder.decode(self.bytes, piece.range.clone(), &mut view);
        let mut way = vec![decoder.name()];
        if let Some(narrowed) = view.narrowed() {
            view = narrowed;
            way.push("utf-16le");
        }
        if !view.is_text() {
            return;
        }
        let kind = view.kind().unwrap_or(decoder.kind());
        let mut search = Search::new(self.detector, view.bytes(), kind.into());
        search.depth = self.depth + 1;
        search.log = self.log.is_some().then(Box::default);
        search.run(view.region(&piece.owned));
        let kinds = self.kinds;
        let rules = self.detector.rules.rules();
        let is_word =
            |rule: &Rule, value: &[u8]| rule.layer() == Layer::Password && !is_no_word(value);
        if let (Some(log), Some(mut inner)) = (&mut self.log, search.log) {
            inner.mark_words(rules, is_word);
            inner.name_all(view.bytes());
            let log_of_view = inner.placed(&|span| view.place(span));
            log.open(Opened { way: way.clone(), span: piece.range.clone(), log: log_of_view });
        }
        let clear = search.traces.matches.into_iter().filter(|found| {
            !is_word(&rules[found.rule], found.value(&view.bytes()[found.span.clone()]))
        });
        self.traces.matches.extend(clear.map(|found| {
            let span = view.place(&found.span);
            let decoded = match &found.decoded {
                Some(inner) => inner.behind(&way),
                None => {
                    Decoded { value: view.bytes()[found.span.clone()].into(), way: way.clone() }
                }
            };
            Match { span, kinds, decoded: Some(decoded.into()), ..found }
        }));
    }

    /// Lets each line of the region trigger the rules that are for the file at `path` only. `first`
    /// says whether the text begins with the first line.
    pub(super) fn follow_path(&mut self, region: &Range<usize>, path: Option<&BStr>, first: bool) {
        let detector = self.detector;
        for (_, rule) in path.into_iter().flat_map(|path| detector.rules_for(path)) {
            if detector.rules.rules()[rule].covers(path) {
                if let Some(log) = &mut self.log {
                    log.by_path.push(rule);
                }
                self.follow_lines(rule, region, first);
            }
        }
    }

    /// Lets each line of the region trigger the rule.
    pub(super) fn follow_lines(&mut self, rule: usize, region: &Range<usize>, first: bool) {
        let Some(regex) = self.detector.rules.rules()[rule].regex() else { return };
        let _run = self.detector.run(rule);
        let bytes = self.bytes;
        let mut from = region.start;
        // Most texts have no such line: one search through all of them tells. A pattern that matches nothing
        // at all would go on matching at the end.
        while from < region.end
            && let Some(found) = regex.find(Input::new(bytes).range(from..region.end))
        {
            let line = memchr::memrchr(b'\n', &bytes[..found.start()]).map_or(0, |at| at + 1);
            let rest = &bytes[found.start()..region.end];
            from = memchr::memchr(b'\n', rest).map_or(region.end, |at| found.start() + at + 1);
            if line >= region.start && (line > 0 || first) {
                if let Some(log) = &mut self.log {
                    log.begin_line(line..from);
                    log.try_at(rule, &self.detector.rules.rules()[rule], &[]);
                }
                self.search_in(rule, line..from, None);
            }
        }
    }

    /// The keyword rules that an assignment calls.
    fn follow_assignment(&mut self, found: &Assignment, kind: FileKind, called: Called) {
        let name = effective_name(self.bytes, found);
        let first = found.name.start.min(found.value.start).min(name.start);
        self.looked.back_to(first.saturating_sub(keyword::CONTEXT));
        let kinds = kind.into();
        let detector = self.detector;
        let rules = detector.rules.rules();
        let mut wanted = detector.keywords.look_up(rules, self.bytes, found, &name);
        wanted.retain(|rule| match called {
            Called::All => true,
            Called::Named => rules[*rule].layer() == Layer::Named,
            Called::Of(names) => names.contains(rule),
        });
        if let Some(log) = &mut self.log {
            log.assign(&name, found, wanted.len());
        }
        for rule in wanted {
            if let Some(log) = &mut self.log {
                let start = found.value.start.saturating_sub(keyword::CONTEXT).min(name.start);
                let end = found.name.end.max(name.end);
                let texts = (&self.bytes[name.clone()], &self.bytes[start..end]);
                log.try_value(rule, detector.keywords.word_of(rules, rule, texts));
            }
            let _run = detector.run(rule);
            let whole = Input::new(&self.bytes[found.value.clone()]).anchored(Anchored::Yes);
            let regex = rules[rule].regex();
            if regex.is_some_and(|regex| regex.is_match(whole)) {
                let place = Place {
                    name: name.clone(),
                    matched: found.value.clone(),
                    quoted: found.quoted,
                    call: found.call,
                    kinds,
                };
                self.consider(rule, found.value.clone(), &place);
            }
        }
    }

    /// Runs a rule's pattern around a trigger at `at`, the token of which begins at `anchor`.
    fn search(&mut self, rule: usize, anchor: usize, at: usize) {
        let reach = self.detector.rules.rules()[rule].reach();
        let window = anchor.saturating_sub(reach)..(anchor + reach).min(self.bytes.len());
        self.looked.back_to(window.start.saturating_sub(keyword::CONTEXT));
        self.looked.on_to(anchor + reach + BEHIND);
        let Some(regex) = self.detector.rules.rules()[rule].regex() else { return };
        let _run = self.detector.run(rule);
        if let Some(log) = &mut self.log {
            log.try_at(rule, &self.detector.rules.rules()[rule], &self.bytes[anchor..]);
        }
        // Most patterns begin with their prefix, and match nowhere else.
        let here = Input::new(self.bytes).range(anchor..window.end).anchored(Anchored::Yes);
        if regex.is_match(here.clone()) {
            self.search_in(rule, anchor..window.end, Some(at));
        } else if !self.detector.rules.rules()[rule].begins_with_prefix() {
            self.search_in(rule, window, Some(at));
        }
    }

    /// Considers the first match in `window`, or the one that covers the byte at `covering`.
    fn search_in(&mut self, rule: usize, window: Range<usize>, covering: Option<usize>) {
        let Some(regex) = self.detector.rules.rules()[rule].regex() else { return };
        let mut captures = regex.create_captures();
        let mut from = window.start;
        loop {
            regex.captures(Input::new(self.bytes).range(from..window.end), &mut captures);
            let Some(found) = captures.get_match() else { return };
            let covers = covering.is_none_or(|at| found.start() <= at && at < found.end());
            if covers {
                return self.consider_groups(rule, &captures);
            }
            if covering.is_some_and(|at| found.start() > at) || found.end() >= window.end {
                return;
            }
            from = found.end().max(from + 1);
        }
    }

    /// Considers the groups whose names begin with `secret`, or else group 1.
    fn consider_groups(&mut self, rule: usize, captures: &Captures) {
        let Some(pattern) = captures.pattern() else { return };
        let names = captures.group_info().pattern_names(pattern).enumerate();
        let is_secret = |name: Option<&str>| name.is_some_and(|name| name.starts_with("secret"));
        let mut groups: Vec<usize> = names.filter(|(_, n)| is_secret(*n)).map(|(i, _)| i).collect();
        if groups.is_empty() {
            groups.push(1);
        }
        for secret in groups.into_iter().filter_map(|group| captures.get_group(group)) {
            let matched = captures.get_match().map_or(secret.range(), |all| all.range());
            let place = Place { name: 0..0, matched, quoted: true, call: false, kinds: self.kinds };
            self.consider(rule, secret.range(), &place);
        }
    }

    /// Takes a value that a pattern has matched through check and filters.
    fn consider(&mut self, index: usize, span: Range<usize>, place: &Place) {
        let detector = self.detector;
        let rule = &detector.rules.rules()[index];
        let value = &self.bytes[span.clone()];
        if value.is_empty() {
            return;
        }
        let matched = &self.bytes[place.matched.clone()];
        let verification =
            rule.check().map(|check| check.verify_in(value, matched)).unwrap_or_default();
        let subject = self.subject(rule, &span, place);
        let judgement = Judgement::of(rule, &subject, &verification);
        if let Some(log) = &mut self.log {
            let span = span.clone();
            log.judge(Examined { rule, span, subject, verification: &verification, judgement });
        }
        let Some(confidence) = judgement.confidence else { return };
        let entropy = entropy(value);
        let kinds = place.kinds;
        let found = Match {
            rule: index,
            span,
            confidence,
            entropy,
            verification,
            score: judgement.score,
            kinds,
            decoded: None,
        };
        self.traces.matches.push(found);
    }

    fn subject(&self, rule: &Rule, span: &Range<usize>, place: &Place) -> Subject<'a> {
        let bytes = self.bytes;
        let value = &bytes[span.clone()];
        let prefixes = rule.triggers().prefixes.iter().map(str::as_bytes);
        let prefix = prefixes.filter(|prefix| value.starts_with(prefix)).map(<[u8]>::len).max();
        Subject {
            layer: rule.layer(),
            value,
            body: &value[prefix.unwrap_or(0)..],
            name: &bytes[place.name.clone()],
            call: place.call,
            before: &bytes[span.start.saturating_sub(keyword::CONTEXT)..span.start],
            after: &bytes[span.end..(span.end + BEHIND).min(bytes.len())],
            quoted: place.quoted,
            by_path: rule.triggers().lines,
            floor: rule.spec().entropy,
        }
    }
}

/// Whether a password is more than a word. What programs have encoded is full of words.
fn is_no_word(value: &[u8]) -> bool {
    value.iter().any(|b| b.is_ascii_digit() || b"!#$%^&*?+~".contains(b))
}

/// `0x0000…`: the hex tables of drivers have millions of them.
fn is_number(text: &[u8]) -> bool {
    matches!(text, [b'0', b'x' | b'X', ..])
}

/// The name that says what the value is. `<add key="Token" value="…">` and `name: TOKEN, value: …`
/// say it before the word *value*.
fn effective_name(bytes: &[u8], found: &Assignment) -> Range<usize> {
    const STAND_INS: [&str; 7] = ["value", "val", "default", "content", "text", "data", "string"];
    let name = &found.name;
    let text = &bytes[name.clone()];
    if !STAND_INS.iter().any(|word| text.eq_ignore_ascii_case(word.as_bytes())) {
        return name.clone();
    }
    let start = name.start.saturating_sub(keyword::CONTEXT);
    let before = &bytes[start..name.start];
    for label in ["name", "key", "id"] {
        let Some(at) = before.to_ascii_lowercase().rfind(label) else { continue };
        let after = &before[at + label.len()..];
        let skipped = after.iter().take_while(|b| b"=: \"'>".contains(b)).count();
        let length = after[skipped..].iter().take_while(|b| is_token(**b) || **b == b'.').count();
        if skipped > 0 && length > 0 {
            let start = start + at + label.len() + skipped;
            return start..start + length;
        }
    }
    name.clone()
}
