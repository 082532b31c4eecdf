//! A plan for people, in Markdown as code hosts and editors read it.

use super::{PlanFormat, age, describe, environment, secrets};
use crate::plan::outline::{Chapter, Counts, Group, Guide, Line, Outline};
use crate::plan::{Entry, Plan};
use crate::remedy::capital;
use crate::report::markup::{block, code, prose, prose_with_links};
use crate::report::name_of;
use crate::rule::RuleSet;
use std::io::{self, Write};

pub(super) struct Markdown;

impl PlanFormat for Markdown {
    fn name(&self) -> &'static str {
        "markdown"
    }

    fn extension(&self) -> &'static str {
        "md"
    }

    fn write(&self, plan: &Plan, rules: &RuleSet, out: &mut dyn Write) -> io::Result<()> {
        let outline = Outline::of(plan, rules);
        let mut blocks = summary(plan);
        let mut number = 0;
        for chapter in &outline.chapters {
            blocks.extend(head(chapter));
            for group in &chapter.groups {
                number += 1;
                blocks.extend(group_blocks(number, group, &outline.guides));
            }
        }
        if !outline.guides.is_empty() {
            blocks.push("## How to".to_owned());
            blocks.extend(outline.guides.iter().flat_map(guide_blocks));
        }
        for block in blocks {
            writeln!(out, "{block}\n")?;
        }
        Ok(())
    }
}

fn summary(plan: &Plan) -> Vec<String> {
    let counts = Counts::of(plan);
    let count = |word| counts.get(word);
    let mut blocks = vec![format!("# What to do about {}", secrets(plan.entries.len()))];
    blocks.push(format!("As of {}.", plan.day));
    if !plan.entries.is_empty() {
        blocks.push(
            [
                "| | |".to_owned(),
                "|---|---|".to_owned(),
                format!(
                    "| Urgency | {} pushed, {} in the history only here, {} in files alone |",
                    count("incident"),
                    count("history"),
                    count("files")
                ),
                format!(
                    "| What to do | remove {}, replace {}, rotate {} |",
                    count("remove"),
                    count("replace"),
                    count("rotate")
                ),
                format!(
                    "| Where they go | retire {}, retain {}, relocate {} |",
                    count("retire"),
                    count("retain"),
                    count("relocate")
                ),
                format!("| Older than 30 days | {} |", count("overdue")),
            ]
            .join("\n"),
        );
    }
    if plan.left_out > 0 {
        blocks.push(format!(
            "{} that the baseline or a suppression speaks for are left out.",
            secrets(plan.left_out)
        ));
    }
    if !plan.not_scanned.is_empty() {
        let list: Vec<String> =
            plan.not_scanned.iter().map(|skip| format!("- {}", prose(skip))).collect();
        blocks.push("**This plan may lack secrets.** The scan could not look at:".to_owned());
        blocks.push(list.join("\n"));
    }
    blocks
}

fn head(chapter: &Chapter) -> [String; 2] {
    let count: usize = chapter.groups.iter().map(|group| group.entries.len()).sum();
    let (title, text) = describe(chapter.stage);
    [format!("## {title}: {}", secrets(count)), text.to_owned()]
}

fn group_blocks(number: usize, group: &Group, guides: &[Guide]) -> Vec<String> {
    let first = group.first();
    let count =
        if group.entries.len() > 1 { format!(" ({})", group.entries.len()) } else { String::new() };
    let mut blocks = vec![
        format!("### {number}. {}{count}", prose(group.title)),
        format!(
            "**{}**, {} severity, {} effort. {}",
            capital(first.action().name()),
            name_of(first.severity),
            first.effort.name(),
            prose(&first.remedy.summary)
        ),
    ];
    if !group.reasons.is_empty() {
        blocks.push(group.reasons.iter().map(|reason| prose(reason)).collect::<Vec<_>>().join(" "));
    }
    blocks.push(table(group));
    if let Some(number) = group.same_as {
        blocks.push(format!("What to do is the same as under {number}."));
        return blocks;
    }
    for (at, line) in group.lines.iter().enumerate() {
        let at = at + 1;
        // What belongs to an item stands below its first letter.
        let indent = " ".repeat(format!("{at}. ").len());
        match line {
            Line::Step(step) => {
                blocks.push(format!("{at}. {}", prose_with_links(&step.what)));
                blocks.extend(step.command.as_ref().map(|command| block(command, &indent)));
            }
            Line::Delete => {
                let what = if group.entries.len() == 1 { "it" } else { "them" };
                blocks.push(format!("{at}. Delete {what} from the files above."));
            }
            Line::See(guide) => {
                let Guide { anchor, title, .. } = &guides[*guide];
                blocks.push(format!("{at}. Go on as under [{}](#{anchor}).", prose(title)));
            }
        }
    }
    blocks
}

/// Places of a secret that the table shows.
const MOST_PLACES: usize = 8;

fn table(group: &Group) -> String {
    let stored = group.entries.iter().any(|entry| entry.store().is_some());
    let name = if stored { " Name in the store |" } else { "" };
    let mut rows = vec![
        format!("| Secret | Where | Owner | Application | Age | Decision |{name}"),
        format!("|---|---|---|---|---|---|{}", if stored { "---|" } else { "" }),
    ];
    rows.extend(group.entries.iter().map(|entry| row(entry, stored)));
    rows.join("\n")
}

fn row(entry: &Entry, stored: bool) -> String {
    let inventory = &entry.inventory;
    let all = Group::places(entry);
    let mut places: Vec<String> = all
        .iter()
        .take(MOST_PLACES)
        .map(|place| {
            let commit = place
                .commit
                .as_ref()
                .map(|commit| format!(" in {}", code(commit.get(..10).unwrap_or(commit))));
            format!(
                "{}{}",
                code(&format!("{}:{}", place.name, place.line)),
                commit.unwrap_or_default()
            )
        })
        .collect();
    if all.len() > MOST_PLACES {
        places.push(format!("and {} more", all.len() - MOST_PLACES));
    }
    let owner = inventory.owner.as_deref().map_or_else(|| "not known".to_owned(), prose);
    let age = age(inventory);
    let age = if inventory.overdue { format!("**{age}**") } else { age };
    let application = format!("{}, {}", code(&inventory.application), environment(inventory));
    let name = match (stored, entry.store()) {
        (false, _) => String::new(),
        (true, None) => " |".to_owned(),
        (true, Some(_)) => format!(" {} |", code(&entry.name)),
    };
    format!(
        "| {} | {} | {owner} | {application} | {age} | {} |{name}",
        code(&entry.secret),
        places.join("<br>"),
        entry.decision.name()
    )
}

fn guide_blocks(guide: &Guide) -> Vec<String> {
    let mut blocks =
        vec![format!("<a id=\"{}\"></a>\n\n### {}", guide.anchor, prose(&guide.title))];
    for (at, step) in guide.steps.iter().enumerate() {
        blocks.push(format!("{}. {}", at + 1, prose_with_links(&step.what)));
        let indent = " ".repeat(format!("{}. ", at + 1).len());
        blocks.extend(step.command.as_ref().map(|command| block(command, &indent)));
    }
    blocks
}
