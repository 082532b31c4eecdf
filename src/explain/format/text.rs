//! Text for people: a line in a screen, a file in a list.

use super::ExplanationFormat;
use crate::detect::MARKERS;
use crate::explain::facts::{
    AssignmentFacts, Caller, CheckFacts, FilterFacts, MatchFacts, ScoreFacts, TriggerFacts,
    TryFacts,
};
use crate::explain::text::TextFacts;
use crate::explain::{Explanation, Limit, Standing, Verdict};
use crate::finding::Status;
use crate::report::{confident, sanitize};
use crate::rule::Confidence;
use std::io::{self, Write};

/// For people.
pub struct Text;

/// A list of rules or of places is cut behind so many.
const MOST_RULES: usize = 4;
const MOST_ROWS: usize = 60;
/// What is told of a line that is a whole program.
const MOST_TRIGGERS: usize = 24;
const MOST_MATCHES: usize = 12;
/// A pattern that is longer is cut.
const MOST_PATTERN: usize = 90;

impl ExplanationFormat for Text {
    fn name(&self) -> &'static str {
        "text"
    }

    fn write(&self, explanation: &Explanation, out: &mut dyn Write) -> io::Result<()> {
        let mut lines = Vec::new();
        access(explanation, &mut lines);
        for text in &explanation.texts {
            match explanation.line {
                Some(line) => of_line(text, line, explanation, &mut lines),
                None => of_text(text, &mut lines),
            }
        }
        for lacking in &explanation.not_read {
            lines.push(format!("not looked at: {lacking}"));
        }
        if explanation.line.is_none()
            && explanation.texts.iter().all(|text| text.verdicts.is_empty())
        {
            lines
                .push(format!("{}: no pattern of a rule matches anything in it", explanation.path));
            lines.push("  `blurt explain FILE:LINE` says why for a line".to_owned());
        }
        for line in lines {
            writeln!(out, "{}", sanitize(&line))?;
        }
        Ok(())
    }
}

/// How a scan comes to the file, where that is worth a word.
fn access(explanation: &Explanation, lines: &mut Vec<String>) {
    let (path, file) = (&explanation.path, &explanation.file);
    if let Some(reason) = &file.reason {
        lines.push(format!("{path}: `blurt scan` does not look at it: {reason}"));
        lines.extend(file.mend.iter().map(|mend| format!("  {mend}. If it did:")));
        lines.push(String::new());
    }
    lines.extend(file.notes.iter().map(|note| format!("{path}: {note}")));
}

/// What happens in a text, a row for each place.
fn of_text(text: &TextFacts, lines: &mut Vec<String>) {
    let verdicts = &text.verdicts;
    if verdicts.is_empty() {
        return;
    }
    let reported = verdicts.iter().filter(|verdict| verdict.reported).count();
    lines.push(format!("{}: {reported} reported, {} not", text.name, verdicts.len() - reported));
    lines.extend(decoded(text).map(|way| format!("  read as {way}")));
    // What is reported stands first, as the rest may be long.
    let order = |reported: bool| verdicts.iter().filter(move |v| v.reported == reported);
    for verdict in order(true).chain(order(false)).take(MOST_ROWS) {
        let place = format!("{}:{}", verdict.line, verdict.column.unwrap_or(1));
        lines.push(format!("  {place:<8} {}", verdict.sentence));
    }
    if let Some(more) = verdicts.len().checked_sub(MOST_ROWS).filter(|more| *more > 0) {
        lines.push(format!("  and {more} more (-f json has them)"));
    }
    lines.push(format!("  `blurt explain {}:LINE` says more", text.name));
}

/// All that happens on a line.
fn of_line(text: &TextFacts, line: u64, explanation: &Explanation, lines: &mut Vec<String>) {
    let column = explanation.column.map(|column| format!(":{column}")).unwrap_or_default();
    lines.push(format!("{}:{line}{column}", text.name));
    lines.extend(text.excerpt.iter().filter(|e| !e.is_empty()).map(|e| format!("    {e}")));
    let read_as = decoded(text).map(|way| format!(", read as {way}")).unwrap_or_default();
    lines.push(format!("  file: {}{read_as}", text.kind));
    if !text.rules_by_path.is_empty() {
        let rules: Vec<_> = text.rules_by_path.iter().map(String::as_str).collect();
        lines.push(format!("  each line of such a file calls {}", some(&rules)));
    }
    of_triggers(text, lines);
    let tells = |found: &&MatchFacts| {
        let place = (found.line, Some(found.column), Some(&found.rule));
        text.verdicts.iter().any(|v| (v.line, v.column, v.rule.as_ref()) == place)
    };
    let (told, others): (Vec<&MatchFacts>, Vec<_>) = text.matches.iter().partition(tells);
    for found in told.iter().take(MOST_MATCHES) {
        lines.push(String::new());
        of_match(found, &explanation.min_confidence, lines);
        let beside = others.iter().filter(|other| overlap(found, other));
        lines.extend(beside.map(|other| format!("  {:<11}{}", "beside it", of_loser(other))));
    }
    lines.push(String::new());
    text.verdicts.iter().take(MOST_ROWS).for_each(|verdict| of_verdict(verdict, lines));
    if let Some(more) = text.verdicts.len().checked_sub(MOST_ROWS).filter(|more| *more > 0) {
        lines.push(format!("and {more} more (-f json has them)"));
    }
}

/// Whether two matches lie on each other.
fn overlap(one: &MatchFacts, other: &MatchFacts) -> bool {
    let start = |found: &MatchFacts| (found.line, found.column);
    let end = |found: &MatchFacts| (found.end_line, found.end_column);
    start(one) < end(other) && start(other) < end(one)
}

/// A match that does not decide.
fn of_loser(found: &MatchFacts) -> String {
    let rule = &found.rule;
    match &found.standing {
        Standing::Beaten { by, .. } => format!("`{rule}` matches, and `{by}` wins"),
        Standing::Filtered { filter, reason } => {
            format!("`{rule}` matches, and the filter `{filter}` drops it: {reason}")
        }
        Standing::OtherFiles { .. } => format!("`{rule}` matches, but is not for this file"),
        Standing::PoorScore => format!("`{rule}` matches, but its score is too poor"),
        Standing::Word => format!("`{rule}` matches, but it is a mere word in encoded text"),
        _ => format!("`{rule}` matches"),
    }
}

/// The decoding of a whole text.
fn decoded(text: &TextFacts) -> Option<String> {
    text.via.iter().find_map(|via| match via {
        crate::blob::Via::Decoded(name) => Some(name.clone()),
        _ => None,
    })
}

/// The triggers, the assignments that were recognised around them, and the rules that all of these call.
fn of_triggers(text: &TextFacts, lines: &mut Vec<String>) {
    if text.triggers.is_empty() {
        return;
    }
    lines.push(String::new());
    let here = |a: &TriggerFacts, b: &TriggerFacts| (a.line, a.column) == (b.line, b.column);
    let mut places: Vec<&[TriggerFacts]> = text.triggers.chunk_by(here).collect();
    let all = places.len();
    if all > MOST_TRIGGERS {
        places.retain(|here| here.iter().any(|t| !t.tried.is_empty()));
        places.truncate(MOST_TRIGGERS);
    }
    let mut assignments: Vec<&AssignmentFacts> = Vec::new();
    let shown = || places.iter().copied().flatten();
    for assigned in shown().flat_map(|trigger| &trigger.assignments) {
        let same = |known: &AssignmentFacts| {
            (&known.name, known.line, known.column)
                == (&assigned.name, assigned.line, assigned.column)
        };
        if !assignments.iter().any(|known| same(known)) {
            assignments.push(assigned);
        }
    }
    for here in &places {
        let told = told_at(here, &assignments);
        lines.push(format!("  {:<11}{told}", place(here[0].line, here[0].column)));
    }
    if all > places.len() {
        let more = all - places.len();
        let narrow = "a column narrows it: FILE:LINE:COLUMN";
        lines.push(format!("  {:<11}and {more} more triggers; {narrow}", ""));
    }
    for AssignmentFacts { name, line, column, length, .. } in assignments {
        let place = place(*line, *column);
        lines.push(format!("  assigned   {length} characters at {place} to `{name}`"));
    }
    of_calls(&shown().flat_map(|trigger| &trigger.tried).collect::<Vec<_>>(), lines);
}

/// The rules that were called: first those that match, by what called them, then all others together.
/// Where none matches, the callers of all are told.
fn of_calls(all: &[&TryFacts], lines: &mut Vec<String>) {
    let is_open = !all.iter().any(|tried| tried.matched);
    let mut callers: Vec<&Caller> = Vec::new();
    for tried in all.iter().filter(|tried| tried.matched || is_open) {
        if !callers.contains(&&tried.called_by) {
            callers.push(&tried.called_by);
        }
    }
    for caller in callers {
        let tried = all.iter().filter(|t| t.called_by == *caller && (t.matched || is_open));
        let ids = ids(tried.copied());
        let what = if is_open { "does not match" } else { "matches" };
        lines.push(format!("  called     by {caller}: {} {what}", some(&ids)));
        if is_open {
            of_patterns(&ids, all, lines);
        }
    }
    let matching = ids(all.iter().copied().filter(|tried| tried.matched));
    let mut others = ids(all.iter().copied());
    others.retain(|id| !matching.contains(id));
    if !is_open && !others.is_empty() {
        lines.push(format!("  no match   {}", some(&others)));
    }
}

/// The patterns of few rules that do not match.
fn of_patterns(ids: &[&str], all: &[&TryFacts], lines: &mut Vec<String>) {
    const FEW: usize = 3;
    for id in ids.iter().filter(|_| ids.len() <= FEW) {
        let unmatched = |tried: &&&TryFacts| tried.rule == **id && !tried.matched;
        let pattern = all.iter().find(unmatched).map(|tried| cut(&tried.pattern));
        lines.extend(pattern.map(|pattern| format!("{:13}{id} wants {pattern}", "")));
    }
}

/// The rules, each once.
fn ids<'t>(tried: impl Iterator<Item = &'t TryFacts>) -> Vec<&'t str> {
    let mut ids: Vec<&str> = Vec::new();
    for tried in tried {
        if !ids.contains(&&*tried.rule) {
            ids.push(&tried.rule);
        }
    }
    ids
}

fn place(line: u64, column: u64) -> String {
    format!("{line}:{column}")
}

/// The triggers at one place, and whether anything comes of them.
fn told_at(triggers: &[TriggerFacts], assignments: &[&AssignmentFacts]) -> String {
    let mut literals: Vec<String> = Vec::new();
    let mut whats: Vec<String> = Vec::new();
    for trigger in triggers {
        match (&trigger.literal, trigger.trigger) {
            (Some(literal), _) if MARKERS.contains(&literal.as_str()) => {
                whats.push("the marker of a suppression".to_owned());
            }
            (Some(literal), _) => literals.push(format!("`{literal}`")),
            (None, "run") => whats.push(format!("a run of {} characters", trigger.length)),
            (None, _) => whats.push("the line, by the name of the file".to_owned()),
        }
    }
    literals.dedup();
    match &literals[..] {
        [] => {}
        [only] => whats.push(format!("the literal {only}")),
        several => whats.push(format!("the literals {}", several.join(", "))),
    }
    whats.dedup();
    let TriggerFacts { line, column, decoded, .. } = &triggers[0];
    let inside = |assigned: &AssignmentFacts| {
        let AssignmentFacts { line: of, column: start, length, .. } = assigned;
        line == of && (*start..start + length).contains(column)
    };
    let leads = |trigger: &TriggerFacts| {
        let mut tried = trigger.tried.iter();
        !trigger.assignments.is_empty()
            || tried.any(|tried| tried.matched || matches!(tried.called_by, Caller::Prefix(_)))
    };
    let is_run = triggers.iter().any(|trigger| trigger.trigger == "run");
    let none = match () {
        () if triggers.iter().any(leads) => "",
        () if assignments.iter().any(|assigned| inside(assigned)) => " in a value",
        () if is_run => ": no rule's prefix, and no assignment to a name",
        () if literals.is_empty() => "",
        () => ": nothing comes of it",
    };
    let way = decoded.join(", then ");
    let way = if way.is_empty() { way } else { format!(", decoded from {way}") };
    format!("{}{way}{none}", whats.join(", "))
}

/// The first of a list, and how many there are.
fn some(names: &[&str]) -> String {
    let shown = names[..names.len().min(MOST_RULES)].join(", ");
    match names.len().saturating_sub(MOST_RULES) {
        0 => shown,
        more => format!("{shown} and {more} more (of {})", names.len()),
    }
}

fn cut(pattern: &str) -> String {
    let pattern: String = pattern.split_whitespace().collect::<Vec<_>>().join(" ");
    match pattern.char_indices().nth(MOST_PATTERN) {
        Some((end, _)) => format!("{}…", &pattern[..end]),
        None => pattern,
    }
}

fn of_match(found: &MatchFacts, threshold: &Limit<Confidence>, lines: &mut Vec<String>) {
    let here = place(found.line, found.column);
    lines.push(format!("  {here:<11}{}  {}", found.rule, found.secret));
    let mut say = |what: &str, text: String| lines.push(format!("  {what:<11}{text}"));
    let callers = found.called_by.iter().map(|call| {
        let elsewhere = call.line != found.line;
        let place = elsewhere.then(|| format!(" at {}", place(call.line, call.column)));
        format!("{}{}", call.by, place.unwrap_or_default())
    });
    let mut callers: Vec<String> = callers.collect();
    callers.dedup();
    say("called by", callers.join(", and by "));
    if !found.decoded.is_empty() {
        say("decoded", found.decoded.join(", then "));
    }
    let least = found
        .least_entropy
        .map_or("none is asked for".to_owned(), |least| format!("at least {least} is asked for"));
    say("entropy", format!("{} bits a character; {least}", found.entropy));
    if let Some(check) = &found.check {
        say("check", checked(check));
    }
    say("filters", filtered(&found.filters));
    if let Some(score) = &found.score {
        say("score", scored(score));
    }
    if let Some(confidence) = found.confidence {
        let near = found.made_sure_by.as_ref();
        let near = near.map_or(String::new(), |rule| format!(", as `{rule}` stands near"));
        let rule = match found.rule_confidence {
            rule if rule == confidence => String::new(),
            rule => format!("; the rule by itself has {}", confident(rule)),
        };
        let threshold = format!("{} ({})", confident(threshold.level), threshold.said_by);
        let confidence = confident(confidence);
        say("confidence", format!("{confidence}{near}{rule}; reported from {threshold}"));
    }
}

fn checked(check: &CheckFacts) -> String {
    let verdict = match check.status {
        Status::Unknown => "cannot tell",
        Status::WellFormed => "well formed",
        Status::ChecksumValid => "the checksum is right",
        Status::ChecksumInvalid => "the checksum is wrong",
        Status::Expired => "expired",
        Status::Encrypted => "encrypted with a passphrase",
    };
    let facts = check.facts.iter().map(|(name, fact)| format!(", {name} {fact}"));
    format!("{}: {verdict}{}", check.name, facts.collect::<String>())
}

/// The filters: those that say something first.
fn filtered(filters: &[FilterFacts]) -> String {
    if filters.is_empty() {
        return "not asked, as the checksum is right".to_owned();
    }
    let said = filters.iter().filter_map(|filter| {
        let decided = if filter.decided { "" } else { " (another decided)" };
        Some(format!("{} {}: {}{decided}", filter.name, filter.says, filter.reason?))
    });
    let said: Vec<String> = said.collect();
    let passed = filters.iter().filter(|filter| filter.reason.is_none()).map(|filter| filter.name);
    let passed: Vec<&str> = passed.collect();
    match (said.is_empty(), passed.is_empty()) {
        (true, _) => format!("all pass ({})", passed.join(", ")),
        (false, true) => said.join("; "),
        (false, false) => format!("{}; the others pass", said.join("; ")),
    }
}

fn scored(score: &ScoreFacts) -> String {
    let terms = score.terms.iter().map(|(name, points)| format!("{name} {points:+}"));
    let least = score.least.map(|least| format!("reported from {least}, ")).unwrap_or_default();
    let length = score
        .wanted_length
        .map_or(String::new(), |length| format!(", which {length} characters are needed for"));
    let terms = terms.collect::<Vec<_>>().join(", ");
    format!("{} = {terms}; {least}medium from {}{length}", score.total, score.medium)
}

fn of_verdict(verdict: &Verdict, lines: &mut Vec<String>) {
    let place =
        verdict.column.map_or(String::new(), |column| format!("{}:{column} ", verdict.line));
    lines.push(format!("{place}{}", verdict.sentence));
    lines.extend(verdict.advice.iter().map(|advice| format!("  {advice}")));
}
