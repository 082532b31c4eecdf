//! A plan as people read it: secrets that want the same steps stand together, and what holds for many is
//! said once, at the end.

use super::{Entry, Place, Plan, Stage};
use crate::remedy::{Instruction, Part, Phase, capital};
use crate::rule::RuleSet;
use std::collections::BTreeMap;

/// The chapters of a plan.
pub struct Outline<'p> {
    /// What to do, the most urgent first.
    pub chapters: Vec<Chapter<'p>>,
    /// What steps refer to, each once.
    pub guides: Vec<Guide>,
}

/// All secrets of one urgency.
pub struct Chapter<'p> {
    /// How urgent they are.
    pub stage: Stage,
    /// Its groups, the worst first.
    pub groups: Vec<Group<'p>>,
}

/// Secrets of one kind that want the same steps.
pub struct Group<'p> {
    /// What they are.
    pub title: &'p str,
    /// The secrets, in the order of the plan.
    pub entries: Vec<&'p Entry>,
    /// What decided, each sentence once.
    pub reasons: Vec<&'p str>,
    /// What to do with each of them.
    pub lines: Vec<Line<'p>>,
    /// The number of an earlier group that wants the same, from 1.
    pub same_as: Option<usize>,
}

impl Group<'_> {
    /// The places of an entry as a table shows them: a file that is there now stands for its own past.
    #[must_use]
    pub fn places(entry: &Entry) -> Vec<&Place> {
        let is_there = |past: &&Place| {
            let same = |place: &&Place| (&place.name, place.line) == (&past.name, past.line);
            past.commit.is_some()
                && entry.places.iter().filter(|p| p.commit.is_none()).any(|p| same(&p))
        };
        entry.places.iter().filter(|place| !is_there(place)).collect()
    }

    /// The secret that stands for all of them in what they have in common.
    #[must_use]
    pub fn first(&self) -> &Entry {
        self.entries[0]
    }
}

/// A line of what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line<'p> {
    /// A step of this group.
    Step(&'p Instruction),
    /// The old value is deleted from the places of the table.
    Delete,
    /// What the guide with that index says.
    See(usize),
}

/// What is done in the same way for many secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guide {
    /// The end of its address in a document: lower-case letters, digits and dashes.
    pub anchor: String,
    /// What it is about.
    pub title: String,
    /// What to do, in order, each once.
    pub steps: Vec<Instruction>,
}

impl<'p> Outline<'p> {
    /// The outline of a plan.
    #[must_use]
    pub fn of(plan: &'p Plan, rules: &RuleSet) -> Self {
        let mut guides = Guides { rules, guides: Vec::new() };
        let mut chapters: Vec<Chapter<'p>> = Vec::new();
        for entry in &plan.entries {
            if chapters.last().is_none_or(|chapter| chapter.stage != entry.stage) {
                chapters.push(Chapter { stage: entry.stage, groups: Vec::new() });
            }
            let lines = guides.lines(entry);
            let Some(chapter) = chapters.last_mut() else { continue };
            let alike = |group: &&mut Group| {
                group.title == entry.title && but_deletion(&group.lines).eq(but_deletion(&lines))
            };
            match chapter.groups.iter_mut().find(alike) {
                // The table says which of them files hold, and which the past alone.
                Some(group) if group.lines.len() < lines.len() => {
                    group.entries.push(entry);
                    group.lines = lines;
                }
                Some(group) => group.entries.push(entry),
                None => chapter.groups.push(Group {
                    title: &entry.title,
                    entries: vec![entry],
                    reasons: Vec::new(),
                    lines,
                    same_as: None,
                }),
            }
        }
        let groups: Vec<&mut Group> =
            chapters.iter_mut().flat_map(|chapter| &mut chapter.groups).collect();
        let mut seen: Vec<(&str, Vec<Line>)> = Vec::new();
        for group in groups {
            let own = (group.title, group.lines.clone());
            group.same_as = seen.iter().position(|known| *known == own).map(|at| at + 1);
            seen.push(own);
        }
        for group in chapters.iter_mut().flat_map(|chapter| &mut chapter.groups) {
            for reason in group.entries.iter().flat_map(|entry| &entry.remedy.reasons) {
                // The chapter says how exposed they are.
                if reason.evidence != "exposure"
                    && !group.reasons.contains(&reason.because.as_str())
                {
                    group.reasons.push(&reason.because);
                }
            }
        }
        Self { chapters, guides: guides.guides }
    }
}

/// What there is to do beside deleting the value from files.
fn but_deletion<'l, 'p>(lines: &'l [Line<'p>]) -> impl Iterator<Item = &'l Line<'p>> {
    lines.iter().filter(|line| **line != Line::Delete)
}

/// The guides that steps have asked for.
struct Guides<'a> {
    rules: &'a RuleSet,
    guides: Vec<Guide>,
}

impl Guides<'_> {
    fn lines<'p>(&mut self, entry: &'p Entry) -> Vec<Line<'p>> {
        let mut lines: Vec<Line> = Vec::new();
        for step in &entry.remedy.steps {
            let line = match step.part {
                Part::Provider | Part::Code => Line::Step(step),
                Part::Place => Line::Delete,
                Part::Strategy | Part::Store | Part::History => Line::See(self.see(entry, step)),
            };
            // The steps of a guide follow each other; what one watches is said there too.
            if !(matches!(line, Line::See(_) | Line::Delete) && lines.contains(&line)) {
                lines.push(line);
            }
        }
        lines
    }

    /// The guide for a step, which is in it from now on.
    fn see(&mut self, entry: &Entry, step: &Instruction) -> usize {
        let (anchor, title) = self.name(entry, step);
        // A strategy may name the provider in its steps: then each has a guide of its own.
        let known = self.guides.iter().position(|guide| {
            guide.anchor == anchor || guide.anchor.starts_with(&format!("{anchor}-for-"))
        });
        let at = known.unwrap_or_else(|| {
            self.guides.push(Guide { anchor, title, steps: Vec::new() });
            self.guides.len() - 1
        });
        let steps = &mut self.guides[at].steps;
        // How far the history has gone varies the sentence, and not what is to be done.
        let same = |known: &Instruction| match step.part {
            Part::History => known.command == step.command,
            _ => known == step,
        };
        if !steps.iter().any(same) {
            steps.push(step.clone());
            steps.sort_by_key(|step| step.phase == Phase::Watch);
        }
        at
    }

    fn name(&self, entry: &Entry, step: &Instruction) -> (String, String) {
        let named = |id: &str, name: Option<&String>| {
            (id.to_owned(), capital(name.map_or(id, |name| name)))
        };
        match step.part {
            Part::Strategy => {
                let id = &entry.remedy.strategy;
                named(id, self.rules.strategy(id).map(|strategy| &strategy.name))
            }
            Part::Store => {
                let id = entry.store().unwrap_or("store");
                named(id, self.rules.store(id).map(|store| &store.name))
            }
            _ => ("history".to_owned(), "Cleaning the history".to_owned()),
        }
    }
}

/// How many secrets there are of each stage, decision and verb.
#[derive(Debug, Default)]
pub struct Counts(pub BTreeMap<&'static str, usize>);

impl Counts {
    /// The counts of a plan.
    #[must_use]
    pub fn of(plan: &Plan) -> Self {
        let mut counts = Self::default();
        for entry in &plan.entries {
            for word in [entry.stage.name(), entry.decision.name(), entry.action().name()] {
                *counts.0.entry(word).or_default() += 1;
            }
            if entry.inventory.overdue {
                *counts.0.entry("overdue").or_default() += 1;
            }
        }
        counts
    }

    /// The count of one word.
    #[must_use]
    pub fn get(&self, word: &str) -> usize {
        self.0.get(word).copied().unwrap_or_default()
    }
}
