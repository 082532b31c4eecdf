//! Text for people: what is held and by what, how to clean it, what is left to ask others.

use super::ClosureFormat;
use crate::report::{name_of, sanitize};
use crate::verify::{Closure, Group, Sought, Verdict};
use std::io::{self, Write};

/// Brief text.
pub struct Text;

/// More names than these are only counted.
const SHOWN: usize = 4;

impl ClosureFormat for Text {
    fn name(&self) -> &'static str {
        "text"
    }

    fn write(&self, closure: &Closure, out: &mut dyn Write) -> io::Result<()> {
        for verdict in closure.verdicts.iter().filter(|verdict| !verdict.is_gone()) {
            held(verdict, out)?;
        }
        for verdict in closure.verdicts.iter().filter(|verdict| verdict.is_gone()) {
            gone(verdict, out)?;
        }
        if !closure.steps.is_empty() {
            writeln!(out, "\nTo clean it:")?;
        }
        for (n, step) in closure.steps.iter().enumerate() {
            writeln!(out, "  {}. {}", n + 1, sanitize(&step.what))?;
            for command in &step.commands {
                writeln!(out, "       $ {}", sanitize(command))?;
            }
        }
        writeln!(out, "\nWhat cannot be told from here:")?;
        for unchecked in &closure.unchecked {
            writeln!(out, "  - {}", sanitize(&unchecked.what))?;
            if let Some(command) = &unchecked.command {
                writeln!(out, "       $ {}", sanitize(command))?;
            }
        }
        if !closure.private_files.is_empty() {
            writeln!(out, "\nThese hold the values in clear. Delete them when all is done:")?;
        }
        for path in &closure.private_files {
            writeln!(out, "  {}", sanitize(&path.to_string_lossy()))?;
        }
        summary(closure, out)
    }
}

/// A secret in one line: its severity, its rule's name, its mask.
fn title(verdict: &Verdict) -> String {
    let severity = name_of(verdict.severity);
    let (name, secret) = (sanitize(&verdict.title), sanitize(&verdict.secret));
    format!("{severity}  {name}  {secret}  {}", sanitize(&verdict.fingerprint))
}

fn held(verdict: &Verdict, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "HELD  {}", title(verdict))?;
    for group in verdict.groups() {
        writeln!(out, "      {}", line(group))?;
    }
    remarks(verdict, out)
}

fn gone(verdict: &Verdict, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "gone  {}", title(verdict))?;
    remarks(verdict, out)
}

/// What does not change the verdict.
fn remarks(verdict: &Verdict, out: &mut dyn Write) -> io::Result<()> {
    if !verdict.ignored_files.is_empty() {
        let files = few(&verdict.ignored_files);
        writeln!(out, "      still in {files}, which git ignores: there values may live")?;
    }
    match verdict.sought {
        Sought::ByValue => Ok(()),
        Sought::ByRule => writeln!(
            out,
            "      its value is not known here, or is one character again and again: only what rules recognise was looked for"
        ),
        Sought::ByWord if verdict.words > 0 => writeln!(
            out,
            "      its value is an ordinary word, which {} as such; they do not count, look at them if \
             they may mean it",
            if verdict.words == 1 {
                "1 text has".into()
            } else {
                format!("{} texts have", verdict.words)
            }
        ),
        Sought::ByWord => {
            writeln!(
                out,
                "      its value is short, or a plain word: it was looked for as a word of its own"
            )
        }
    }
}

fn line(group: &Group) -> String {
    let names = few(&group.names);
    if group.repository.is_empty() {
        format!("{:<20}{names}", group.holder.title())
    } else {
        format!("{:<20}{names}  (repository {})", group.holder.title(), sanitize(&group.repository))
    }
}

fn few(names: &[String]) -> String {
    let shown: Vec<_> = names.iter().take(SHOWN).map(|name| sanitize(name)).collect();
    match names.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

fn summary(closure: &Closure, out: &mut dyn Write) -> io::Result<()> {
    if !closure.coverage.complete {
        writeln!(out, "\nNot looked at:")?;
    }
    for skip in &closure.coverage.skipped {
        writeln!(out, "  {}", sanitize(&skip.to_string()))?;
    }
    let (all, held) = (closure.verdicts.len(), closure.held());
    let secrets = if all == 1 { "1 secret".to_owned() } else { format!("{all} secrets") };
    let ignored = match closure.ignored {
        0 => String::new(),
        n => format!("; {n} that the report ignores not looked for"),
    };
    writeln!(out, "\n{secrets}: {held} held, {} gone{ignored}", all - held)
}
