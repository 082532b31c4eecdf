//! How it ended, in one sentence, and what would change that.

use super::facts::{AssignmentFacts, Caller, Draft, MatchFacts, TriggerFacts, TryFacts};
use super::text::TextFacts;
use super::{Place, Reports};
use crate::blob::Origin;
use crate::detect::explain::Fate;
use crate::detect::filter;
use crate::finding::{Excuse, Finding};
use crate::report::confident;
use crate::rule::{Rule, Severity};
use crate::triage::marker::Marker;
use serde::Serialize;
use std::sync::Arc;

/// How a match ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "status", rename_all = "kebab-case")]
pub enum Standing {
    /// It is a finding.
    Reported,
    /// It is a finding that is no news.
    Known {
        /// Why.
        reason: String,
        /// Where that is written, `FILE:LINE`.
        place: Option<String>,
    },
    /// It is a finding that somebody has excused.
    Excused {
        /// The reason given.
        reason: String,
        /// Where that is written, `FILE:LINE`.
        place: Option<String>,
    },
    /// It is a finding: who has excused it does so no more.
    NoMore {
        /// Where the excuse is written, `FILE:LINE`.
        place: Option<String>,
        /// The last day on which it held.
        until: String,
    },
    /// It is under a threshold.
    Below {
        /// `confidence` or `severity`.
        threshold: &'static str,
        /// What it has.
        level: &'static str,
        /// What it needs.
        least: &'static str,
        /// Who says so.
        said_by: String,
    },
    /// Another rule has a better match on the same bytes.
    Beaten {
        /// The other rule.
        by: String,
        /// Where its match begins.
        line: u64,
        /// The same.
        column: u64,
    },
    /// The rule is not for files of this name.
    OtherFiles {
        /// The globs that it is for; all if there is none.
        only: Vec<String>,
        /// The globs that it is not for.
        except: Vec<String>,
    },
    /// It is a word in a decoded text, and not taken for a password there.
    Word,
    /// Its score is too poor.
    PoorScore,
    /// A filter takes it for no secret.
    Filtered {
        /// The filter.
        filter: &'static str,
        /// What it says.
        reason: &'static str,
    },
}

/// How a value, or the line, ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// 1-based line.
    pub line: u64,
    /// 1-based column, if it is about a value.
    pub column: Option<u64>,
    /// The rule, if one matched.
    pub rule: Option<String>,
    /// Whether a scan reports it.
    pub reported: bool,
    /// In one sentence.
    pub sentence: String,
    /// What would change that.
    pub advice: Vec<String>,
}

/// How a match ended. What triage decides is taken from the findings of a scan; only the place of a marker
/// is looked up here.
pub(super) fn standing(
    draft: &Draft,
    rules: &[Arc<Rule>],
    origin: &Origin,
    reports: &Reports,
) -> Standing {
    let rule = &rules[draft.rule];
    match &draft.judged.fate {
        Fate::Stands { confidence, .. } => {
            let mut via = origin.via.clone();
            via.extend(draft.decoded.iter().map(|name| crate::blob::Via::Decoded((*name).into())));
            let place = (draft.start.line, draft.start.column);
            let excuse = reports.excuse(rule.id(), &via, place);
            if let Some(found) = reports.at(rule.id(), &via, place) {
                return Standing::of(found, excuse);
            }
            // A secret that is reported elsewhere is not named where a marker excuses it.
            let (least, severity) = reports.limits;
            if *confidence < least.level {
                return Standing::Below {
                    threshold: "confidence",
                    level: confident(*confidence),
                    least: confident(least.level),
                    said_by: least.said_by.clone(),
                };
            }
            if rule.spec().severity < severity.level {
                let name = |severity: Severity| crate::report::name_of(severity);
                return Standing::Below {
                    threshold: "severity",
                    level: name(rule.spec().severity),
                    least: name(severity.level),
                    said_by: severity.said_by.clone(),
                };
            }
            excuse.map_or(Standing::Reported, |(excuse, _)| Standing::excused(excuse))
        }
        Fate::OutOfPath => {
            let paths = &rule.spec().paths;
            Standing::OtherFiles { only: paths.only.clone(), except: paths.except.clone() }
        }
        Fate::Word => Standing::Word,
        Fate::Beaten { .. } | Fate::Dropped => match (&draft.winner, draft.judged.judgement.filter)
        {
            (Some((winner, start)), _) => Standing::Beaten {
                by: rules[*winner].id().to_owned(),
                line: start.line,
                column: start.column,
            },
            (None, Some((filter, filter::Verdict::Drop(reason)))) => {
                Standing::Filtered { filter, reason }
            }
            (None, _) => Standing::PoorScore,
        },
    }
}

impl Standing {
    /// That of a finding, and of who excuses its place, if that still holds.
    fn of(found: &Finding, excuse: Option<(&Arc<Excuse>, bool)>) -> Self {
        match (found.triage.excuse(), excuse) {
            (None, Some((over, false))) => Self::NoMore {
                place: over.place.clone(),
                until: over.expires.map(|last| last.to_string()).unwrap_or_default(),
            },
            (None, _) => Self::Reported,
            (Some(known), None) if found.triage.name() == "known" => {
                let Excuse { reason, place, .. } = &**known;
                Self::Known { reason: reason.clone(), place: place.clone() }
            }
            (Some(known), excuse) => Self::excused(excuse.map_or(known, |(one, _)| one)),
        }
    }

    fn excused(excuse: &Excuse) -> Self {
        Self::Excused { reason: excuse.reason.clone(), place: excuse.place.clone() }
    }

    /// Whether a scan reports it as new.
    fn is_reported(&self) -> bool {
        matches!(self, Self::Reported | Self::NoMore { .. })
    }

    /// How far it got: the less, the better it tells what happens at its place.
    fn rank(&self) -> u8 {
        match self {
            Self::Reported | Self::NoMore { .. } => 0,
            Self::Known { .. } | Self::Excused { .. } => 1,
            Self::Below { .. } => 2,
            Self::OtherFiles { .. } => 3,
            Self::Word => 4,
            Self::PoorScore => 5,
            Self::Filtered { .. } => 6,
            Self::Beaten { .. } => 7,
        }
    }
}

/// The verdicts on a text: one for each place that anything matched. On a line where nothing did, one says
/// how far it got.
pub(super) fn all(
    text: &TextFacts,
    place: &Place,
    (markers, rules): (&[Marker], &[Arc<Rule>]),
    reports: &Reports,
) -> Vec<Verdict> {
    let mut verdicts: Vec<Verdict> = Vec::new();
    let mut matches = text.matches.iter().peekable();
    while let Some(first) = matches.next() {
        let mut end = (first.end_line, first.end_column);
        let mut best = first;
        while let Some(next) = matches.next_if(|next| (next.line, next.column) < end) {
            end = end.max((next.end_line, next.end_column));
            if next.standing.rank() < best.standing.rank() {
                best = next;
            }
        }
        verdicts.push(best.verdict(&text.name, markers, rules));
    }
    for finding in &reports.others {
        let places = finding.locations.iter().filter(|location| {
            let asked = place.line.is_none_or(|line| location.start.line == line);
            asked && location.origin.via.starts_with(&text.via)
        });
        for location in places {
            let rule = finding.rule.id();
            verdicts.retain(|verdict| {
                verdict.reported
                    || (verdict.line, verdict.column)
                        != (location.start.line, Some(location.start.column))
            });
            verdicts.push(Verdict {
                line: location.start.line,
                column: Some(location.start.column),
                rule: Some(rule.to_owned()),
                reported: false,
                sentence: format!(
                    "not reported: the rule `{rule}` finds it, and is switched off by the configuration \
                     or an option"
                ),
                advice: vec![
                    "the switches are `--rule`, `--no-rule`, and `only` and `disable` in .blurt.toml"
                        .to_owned(),
                ],
            });
        }
    }
    verdicts.sort_by_key(|verdict| (verdict.line, verdict.column));
    if let (true, Some(line)) = (verdicts.is_empty(), place.line) {
        verdicts.push(unmatched(text, line));
    }
    verdicts
}

impl MatchFacts {
    fn verdict(&self, name: &str, markers: &[Marker], rules: &[Arc<Rule>]) -> Verdict {
        let mut advice = self.advice();
        if self.standing == Standing::Reported
            && let Some((line, flaw)) = flawed(markers, self.line, rules)
        {
            let form = format!("`blurt:allow {} -- reason`", self.rule);
            advice.insert(
                0,
                format!("the marker in line {line} excuses nothing: {flaw}; as in {form}"),
            );
        }
        Verdict {
            line: self.line,
            column: Some(self.column),
            rule: Some(self.rule.clone()),
            reported: self.standing.is_reported(),
            sentence: self.sentence(name),
            advice,
        }
    }

    fn sentence(&self, name: &str) -> String {
        let rule = &self.rule;
        match &self.standing {
            Standing::Reported => {
                let sure = self.confidence.map_or("no", confident);
                format!("reported as `{rule}` with {sure} confidence{}", self.why_no_more())
            }
            Standing::NoMore { place, until } => {
                let place = place.as_deref().unwrap_or("an excuse");
                format!("reported as `{rule}`: what excused it ({place}) ended on {until}")
            }
            Standing::Known { reason, place } => {
                format!("`{rule}` finds it, and it is known{}: {reason}", written(place.as_ref()))
            }
            Standing::Excused { reason, place } => {
                format!("excused by {}: {reason}", self.excuser(place.as_deref(), name))
            }
            Standing::Below { threshold: "severity", level, least, said_by } => {
                format!(
                    "not reported: the severity of `{rule}` is {level}, and the threshold is {least} \
                     ({said_by})"
                )
            }
            Standing::Below { level, least, said_by, .. } => format!(
                "not reported: `{rule}` matches with {level} confidence, and the threshold is {least} \
                 ({said_by}){}",
                self.why_no_more()
            ),
            Standing::Beaten { by, line, column } => {
                format!("not reported as `{rule}`: on these bytes `{by}` wins ({line}:{column})")
            }
            Standing::OtherFiles { only, except } => match (&only[..], &except[..]) {
                ([], except) => format!(
                    "not reported: the rule `{rule}` leaves out files like this one: {}",
                    globs(except)
                ),
                (only, _) => {
                    format!("not reported: the rule `{rule}` is for other files: {}", globs(only))
                }
            },
            Standing::Word => format!(
                "not reported: `{rule}` takes no mere word for a password where the text is encoded"
            ),
            Standing::PoorScore => format!(
                "not reported: the score of `{rule}` says that it is hardly a secret{}",
                self.why_no_more()
            ),
            Standing::Filtered { filter, reason } => {
                let floor =
                    if *filter == "strength" { self.against_floor() } else { String::new() };
                format!(
                    "not reported: `{rule}` matches, but the filter `{filter}` says: {reason}{floor}{}",
                    self.seconded()
                )
            }
        }
    }

    /// Who excuses it: a marker of the file called `name`, or what is written elsewhere.
    fn excuser(&self, place: Option<&str>, name: &str) -> String {
        let line = place.and_then(|place| place.strip_prefix(name)?.strip_prefix(':'));
        match line {
            Some(line) if line == self.line.to_string() => {
                format!("the marker of this line ({name}:{line})")
            }
            Some(line) => format!("the marker in line {line} ({name}:{line})"),
            None => place.unwrap_or("the configuration").to_owned(),
        }
    }

    /// What other filters would drop it, too.
    fn seconded(&self) -> String {
        let others = self.filters.iter().filter(|filter| filter.says == "drops" && !filter.decided);
        let others = others.filter_map(|filter| Some((filter.name, filter.reason?)));
        let others = others.map(|(name, reason)| format!("; so would `{name}`: {reason}"));
        others.collect::<Vec<_>>().concat()
    }

    /// `(2.25 bits a character of 3)`, where a floor decides.
    fn against_floor(&self) -> String {
        let under = self.least_entropy.filter(|least| self.entropy < *least);
        under.map_or(String::new(), |least| {
            format!(" (it has {} bits a character, of {least})", self.entropy)
        })
    }

    /// What keeps the confidence down.
    fn why_no_more(&self) -> String {
        let lowered = self.filters.iter().find(|filter| filter.decided);
        if let Some((filter, reason)) = lowered.and_then(|f| Some((f.name, f.reason?))) {
            return format!(": the filter `{filter}` says: {reason}");
        }
        let Some(score) = &self.score else { return String::new() };
        match (score.least, score.wanted_length) {
            (Some(least), _) if score.total < least => {
                format!(" ({} points, of {least})", score.total)
            }
            _ if score.total < score.medium => {
                format!(": its score is {}, and medium begins at {}", score.total, score.medium)
            }
            (_, Some(length)) => format!(": it has fewer than {length} characters"),
            _ => String::new(),
        }
    }

    /// What would change it.
    fn advice(&self) -> Vec<String> {
        let rule = &self.rule;
        let own = |what: &str| {
            vec![format!("no option overrules that; {what}, in a file of yours: `--rules FILE`")]
        };
        match &self.standing {
            Standing::Reported => vec![
                format!(
                    "to excuse it, write `blurt:allow {rule} -- reason` in a comment behind it, or alone \
                     on the line above"
                ),
                format!("to do without the rule: `--no-rule {rule}`, or `disable` in .blurt.toml"),
            ],
            Standing::NoMore { .. } => {
                vec!["give the excuse another last day, or take the secret out".to_owned()]
            }
            Standing::Excused { .. } => vec!["without that it would be reported".to_owned()],
            Standing::Known { place: Some(_), .. } => {
                vec!["`--no-baseline` shows it as new".to_owned()]
            }
            Standing::Below { threshold, level, .. } => {
                vec![format!(
                    "`--min-{threshold} {level}` shows it, and so does `min_{threshold} = \"{level}\"` in \
                     .blurt.toml"
                )]
            }
            Standing::OtherFiles { .. } => own("a rule with the same id and other `paths` does"),
            Standing::Filtered { filter: "strength", .. } => {
                own("a rule with the same id and a lower `entropy` may")
            }
            Standing::Known { place: None, .. }
            | Standing::Beaten { .. }
            | Standing::Filtered { filter: "placeholder", .. } => Vec::new(),
            Standing::Filtered { .. } | Standing::PoorScore | Standing::Word => {
                own("a rule with `layer = \"structured\"` and a pattern for such values does")
            }
        }
    }
}

/// Where something is written, for a sentence.
fn written(place: Option<&String>) -> String {
    place.map_or(String::new(), |place| format!(" ({place})"))
}

/// Globs for a sentence.
fn globs(globs: &[String]) -> String {
    const MOST: usize = 6;
    let shown: Vec<_> = globs.iter().take(MOST).map(|glob| format!("`{glob}`")).collect();
    let more = if globs.len() > MOST { " …" } else { "" };
    format!("{}{more}", shown.join(", "))
}

/// The line of a flawed marker that is meant for `line`, and what is wrong with it.
fn flawed(markers: &[Marker], line: u64, rules: &[Arc<Rule>]) -> Option<(u64, String)> {
    let is_known = |name: &str| rules.iter().any(|rule| rule.is_called(name));
    let flaws = markers.iter().filter_map(|marker| marker.flaw(is_known));
    let mut meant = flaws.filter(|flaw| flaw.meant.contains(&line) || flaw.line == line);
    meant.next().map(|flaw| (flaw.line, flaw.what.into_owned()))
}

/// What a line needs so that anything looks closer.
const TRIGGERS: &str = "a trigger is a run of ten or more letters, digits, `_` or `-` with a digit among \
                        them, or a word of a rule such as `passw`, `secret`, `://`, `-----BEGIN`";

/// How far it got on a line on which no pattern matched.
fn unmatched(text: &TextFacts, line: u64) -> Verdict {
    let verdict = |column: Option<u64>, sentence: String, advice: &[&str]| Verdict {
        line,
        column,
        rule: None,
        reported: false,
        sentence: format!("not reported: {sentence}"),
        advice: advice.iter().map(|text| (*text).to_owned()).collect(),
    };
    let triggers = &text.triggers;
    if let Some(trigger) = triggers.iter().find(|trigger| trigger.asked().next().is_some()) {
        return verdict(
            Some(trigger.refused_at()),
            trigger.refusal(),
            &["`blurt rules show ID` has the pattern of a rule; `--rules FILE` adds one of yours"],
        );
    }
    let assigned = triggers.iter().find_map(|trigger| trigger.assignments.first());
    if let Some(assigned) = assigned {
        return verdict(
            Some(assigned.column),
            format!(
                "`{}`, the name that it is assigned to, calls no rule: it has none of their words \
                 (`api_key`, `token`, `secret`, `password` …, or a provider's with `key`)",
                assigned.name
            ),
            &[
                "a rule with a word of the name under `keywords` would, in a file of yours: `--rules FILE`",
            ],
        );
    }
    if let Some(run) = triggers.iter().find(|trigger| trigger.trigger == "run") {
        let advice = if text.kind.contains("quoted") {
            "a value that is assigned stands in quotes in such a file"
        } else {
            "what tells a value is `name = value`, `name: value`, `--name value` and the like"
        };
        let sentence = format!(
            "the {} characters begin with no prefix that a rule knows, and no assignment to a name leads \
             to them",
            run.length
        );
        return verdict(Some(run.column), sentence, &[advice]);
    }
    if let Some(TriggerFacts { column, literal: Some(literal), .. }) = triggers.first() {
        let sentence = format!(
            "`{literal}` stands there, but no value that is assigned, and no rule's pattern"
        );
        return verdict(Some(*column), sentence, &[TRIGGERS]);
    }
    verdict(None, "nothing here triggers a closer look".to_owned(), &[TRIGGERS])
}

impl TriggerFacts {
    /// The patterns that were tried on a value; where a mere literal calls, nothing says that there is one.
    fn asked(&self) -> impl Iterator<Item = &TryFacts> {
        self.tried.iter().filter(|tried| !matches!(tried.called_by, Caller::Literal(_)))
    }

    /// The column of the value that no rule takes.
    fn refused_at(&self) -> u64 {
        let by_prefix = |tried: &TryFacts| matches!(tried.called_by, Caller::Prefix(_));
        let called = |assigned: &&AssignmentFacts| assigned.rules > 0 && assigned.line == self.line;
        let assigned = self.assignments.iter().find(called);
        match assigned.filter(|_| !self.asked().next().is_some_and(by_prefix)) {
            Some(assigned) => assigned.column,
            None => self.column,
        }
    }

    /// Why no rule that was called takes the value.
    fn refusal(&self) -> String {
        let mut rules: Vec<&str> = self.asked().map(|tried| tried.rule.as_str()).collect();
        rules.sort_unstable();
        rules.dedup();
        let rules = match &rules[..] {
            [only] => format!("the rule `{only}`, and its pattern does not match"),
            several => format!("{} rules, and the pattern of none matches", several.len()),
        };
        let length = match self.assignments.iter().find(|assigned| assigned.rules > 0) {
            Some(assigned) => format!(" the value of {} characters", assigned.length),
            None if self.trigger == "run" => format!(" the run of {} characters", self.length),
            None => " there".to_owned(),
        };
        let caller = self.asked().next().map(|tried| tried.called_by.to_string());
        format!("{} calls {rules}{length}", caller.unwrap_or_default())
    }
}
