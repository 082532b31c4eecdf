//! A plan as one page that needs nothing else: no network, no script. It follows the reader's light or
//! dark theme, and prints.

use super::{PlanFormat, age, describe, environment, secrets};
use crate::plan::outline::{Chapter, Counts, Group, Guide, Line, Outline};
use crate::plan::{Entry, Place, Plan};
use crate::remedy::Instruction;
use crate::report::{Escaped, EscapedLines, Linked, name_of};
use crate::rule::RuleSet;
use std::io::{self, Write};

pub(super) struct Html;

const STYLE: &str = concat!(include_str!("../../report/page.css"), include_str!("plan.css"));

impl PlanFormat for Html {
    fn name(&self) -> &'static str {
        "html"
    }

    fn extension(&self) -> &'static str {
        "html"
    }

    fn write(&self, plan: &Plan, rules: &RuleSet, out: &mut dyn Write) -> io::Result<()> {
        let outline = Outline::of(plan, rules);
        let title = format!("What to do about {}", secrets(plan.entries.len()));
        writeln!(
            out,
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
             <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>"
        )?;
        summary(plan, out)?;
        contents(&outline, out)?;
        let mut number = 0;
        for chapter in &outline.chapters {
            head(chapter, out)?;
            for group in &chapter.groups {
                number += 1;
                self::group(number, group, &outline.guides, out)?;
            }
            writeln!(out, "</section>")?;
        }
        if !outline.guides.is_empty() {
            writeln!(out, "<section>\n<h2>How to</h2>")?;
            for guide in &outline.guides {
                writeln!(
                    out,
                    "<article id=\"{}\">\n<h3>{}</h3>",
                    guide.anchor,
                    Escaped(&guide.title)
                )?;
                writeln!(out, "<ol>")?;
                for step in &guide.steps {
                    self::step(step, out)?;
                }
                writeln!(out, "</ol>\n</article>")?;
            }
            writeln!(out, "</section>")?;
        }
        writeln!(out, "</main>\n</body>\n</html>")
    }
}

fn summary(plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    let counts = Counts::of(plan);
    writeln!(out, "<p>As of {}.</p>", plan.day)?;
    if !plan.entries.is_empty() {
        writeln!(out, "<dl class=\"numbers\">")?;
        for (name, words) in [
            (
                "Urgency",
                &[("incident", "pushed"), ("history", "in the history"), ("files", "in files")][..],
            ),
            ("What to do", &[("remove", "remove"), ("replace", "replace"), ("rotate", "rotate")]),
            (
                "Where they go",
                &[("retire", "retire"), ("retain", "retain"), ("relocate", "relocate")],
            ),
            ("Age", &[("overdue", "older than 30 days")]),
        ] {
            let counted =
                words.iter().map(|(word, shown)| format!("<b>{}</b> {shown}", counts.get(word)));
            let counted: Vec<String> = counted.collect();
            writeln!(out, "<div><dt>{name}</dt><dd>{}</dd></div>", counted.join(", "))?;
        }
        writeln!(out, "</dl>")?;
    }
    if plan.left_out > 0 {
        writeln!(
            out,
            "<p>{} that the baseline or a suppression speaks for are left out.</p>",
            secrets(plan.left_out)
        )?;
    }
    if !plan.not_scanned.is_empty() {
        writeln!(
            out,
            "<div class=\"warning\"><p><b>This plan may lack secrets.</b> The scan could not look at:</p>\n<ul>"
        )?;
        for skip in &plan.not_scanned {
            writeln!(out, "<li>{}</li>", Escaped(skip))?;
        }
        writeln!(out, "</ul></div>")?;
    }
    Ok(())
}

fn contents(outline: &Outline, out: &mut dyn Write) -> io::Result<()> {
    if outline.chapters.is_empty() {
        return Ok(());
    }
    writeln!(out, "<nav aria-label=\"Contents\">\n<ol>")?;
    let mut number = 0;
    for chapter in &outline.chapters {
        for group in &chapter.groups {
            number += 1;
            let first = group.first();
            writeln!(
                out,
                "<li class=\"{severity}\"><a href=\"#group-{number}\">{}</a> <span>{}, {}, {}</span></li>",
                Escaped(group.title),
                secrets(group.entries.len()),
                first.action().name(),
                describe(chapter.stage).0.to_lowercase(),
                severity = name_of(first.severity)
            )?;
        }
    }
    writeln!(out, "</ol>\n</nav>")
}

fn head(chapter: &Chapter, out: &mut dyn Write) -> io::Result<()> {
    let count: usize = chapter.groups.iter().map(|group| group.entries.len()).sum();
    let (title, text) = describe(chapter.stage);
    writeln!(
        out,
        "<section class=\"{}\">\n<h2>{title}: {}</h2>\n<p>{text}</p>",
        chapter.stage.name(),
        secrets(count)
    )
}

fn group(number: usize, group: &Group, guides: &[Guide], out: &mut dyn Write) -> io::Result<()> {
    let first = group.first();
    let severity = name_of(first.severity);
    writeln!(
        out,
        "<article id=\"group-{number}\">\n<h3>{number}. {}</h3>\n<p><span class=\"badge {severity}\">{severity}</span> \
         <span class=\"badge\">{}</span> <span class=\"badge\">{} effort</span> {}</p>",
        Escaped(group.title),
        first.action().name(),
        first.effort.name(),
        Escaped(&first.remedy.summary)
    )?;
    if !group.reasons.is_empty() {
        writeln!(out, "<p class=\"why\">{}</p>", Escaped(&group.reasons.join(" ")))?;
    }
    table(group, out)?;
    if let Some(number) = group.same_as {
        let link = format!("<a href=\"#group-{number}\">{number}</a>");
        return writeln!(out, "<p>What to do is the same as under {link}.</p>\n</article>");
    }
    writeln!(out, "<ol>")?;
    for line in &group.lines {
        match line {
            Line::Step(step) => self::step(step, out)?,
            Line::Delete => writeln!(
                out,
                "<li>Delete {} from the files above.</li>",
                if group.entries.len() == 1 { "it" } else { "them" }
            )?,
            Line::See(guide) => {
                let Guide { anchor, title, .. } = &guides[*guide];
                writeln!(
                    out,
                    "<li>Go on as under <a href=\"#{anchor}\">{}</a>.</li>",
                    Escaped(title)
                )?;
            }
        }
    }
    writeln!(out, "</ol>\n</article>")
}

fn table(group: &Group, out: &mut dyn Write) -> io::Result<()> {
    let stored = group.entries.iter().any(|entry| entry.store().is_some());
    let name = if stored { "<th scope=\"col\">Name in the store</th>" } else { "" };
    writeln!(out, "<div class=\"wide\"><table>\n<thead><tr>")?;
    for heading in ["Secret", "Where", "Owner", "Application", "Age", "Decision"] {
        write!(out, "<th scope=\"col\">{heading}</th>")?;
    }
    writeln!(out, "{name}</tr></thead>\n<tbody>")?;
    for entry in &group.entries {
        row(entry, stored, out)?;
    }
    writeln!(out, "</tbody></table></div>")
}

/// Places that are shown at once; the others unfold.
const AT_ONCE: usize = 5;

fn row(entry: &Entry, stored: bool, out: &mut dyn Write) -> io::Result<()> {
    let inventory = &entry.inventory;
    write!(out, "<tr><td><code>{}</code></td><td>", Escaped(&entry.secret))?;
    let all = Group::places(entry);
    let (shown, folded) = all.split_at(all.len().min(AT_ONCE));
    places(shown, out)?;
    if !folded.is_empty() {
        write!(out, "<details><summary>{} more</summary>", folded.len())?;
        places(folded, out)?;
        write!(out, "</details>")?;
    }
    let age = age(inventory);
    let age = if inventory.overdue { format!("<b>{age}</b>") } else { age };
    let owner = inventory.owner.as_deref().unwrap_or("not known");
    write!(
        out,
        "</td><td>{}</td><td><code>{}</code>, {}</td><td>{age}</td><td>{}</td>",
        Escaped(owner),
        Escaped(&inventory.application),
        environment(inventory),
        entry.decision.name()
    )?;
    match (stored, entry.store()) {
        (false, _) => {}
        (true, None) => write!(out, "<td></td>")?,
        (true, Some(_)) => write!(out, "<td><code>{}</code></td>", Escaped(&entry.name))?,
    }
    writeln!(out, "</tr>")
}

fn places(places: &[&Place], out: &mut dyn Write) -> io::Result<()> {
    write!(out, "<ul class=\"places\">")?;
    for place in places {
        let commit = place.commit.as_ref().map(|commit| commit.get(..10).unwrap_or(commit));
        let commit = commit.map(|commit| format!(" in <code>{}</code>", Escaped(commit)));
        write!(
            out,
            "<li><code>{}:{}</code>{}</li>",
            Escaped(&place.name),
            place.line,
            commit.unwrap_or_default()
        )?;
    }
    write!(out, "</ul>")
}

fn step(step: &Instruction, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "<li>{}", Linked(&step.what))?;
    if let Some(command) = &step.command {
        write!(out, "<pre><code>{}</code></pre>", EscapedLines(command))?;
    }
    writeln!(out, "</li>")
}
