//! The table of all secrets, with what filters it.

use super::chart::age;
use super::entry::Entry;
use super::grouped;
use crate::report::Escaped;
use crate::report::text::name_of;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// The columns: what each is called, and by what it sorts.
const COLUMNS: [(&str, &str); 7] = [
    ("Severity", "severity"),
    ("Secret", "title"),
    ("Where", "place"),
    ("Owner", "owner"),
    ("Days", "days"),
    ("What to do", "action"),
    ("Status", "status"),
];

/// Writes the table of all secrets.
pub(super) fn write(entries: &[Entry], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<section id=\"secrets\" tabindex=\"-1\">\n<h2>All secrets</h2>")?;
    if entries.is_empty() {
        return writeln!(out, "<p>There are none.</p>\n</section>");
    }
    filters(entries, out)?;
    writeln!(out, "<table id=\"table\">\n<thead><tr>")?;
    for (name, key) in COLUMNS {
        write!(out, "<th scope=\"col\" data-sort=\"{key}\">{name}</th>")?;
    }
    writeln!(out, "</tr></thead>\n<tbody>")?;
    for entry in entries {
        row(entry, out)?;
    }
    writeln!(
        out,
        "</tbody></table>\n<p id=\"more\" hidden><button type=\"button\">Show all</button></p>\n</section>"
    )
}

fn row(entry: &Entry, out: &mut dyn Write) -> io::Result<()> {
    let spec = entry.finding.rule.spec();
    let severity = name_of(entry.finding.severity());
    let excused = if entry.is_new() { "" } else { " class=\"excused\"" };
    write!(
        out,
        "<tr{excused} data-kind=\"{}\" data-age=\"{}\"><td><b class=\"badge {severity}\">{severity}</b>\
         <td><a href=\"#{}\">{}</a> <code>{}</code><td><code>{}</code>",
        Escaped(&spec.kind),
        age(entry),
        entry.anchor(),
        Escaped(&spec.name),
        Escaped(&entry.finding.secret.to_string()),
        Escaped(&format!("{}:{}", entry.name, entry.place.start.line)),
    )?;
    if let Some(commit) = entry.commit() {
        write!(out, " <i>in {}</i>", Escaped(commit))?;
    }
    let more = entry.finding.locations.len() - 1;
    if more > 0 {
        write!(out, " <i>and {} more</i>", grouped(more))?;
    }
    let days = entry.finding.exposure.age_days.map(|days| days.to_string());
    let (name, address) = match entry.owner_name().split_once(" <") {
        Some((name, rest)) => (name, format!(" <i>{}</i>", Escaped(&format!("<{rest}")))),
        None => (entry.owner_name(), String::new()),
    };
    writeln!(
        out,
        "<td>{}{address}<td>{}<td>{}<td>{}",
        Escaped(name),
        days.unwrap_or_default(),
        entry.remedy.action.name(),
        entry.finding.triage.name()
    )
}

/// What a secret has that the table is filtered by.
type Value = fn(&Entry) -> String;

/// What filters the table. A page without a script has no use for it.
fn filters(entries: &[Entry], out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "<div id=\"filter\" role=\"search\" aria-label=\"Filter the secrets\" hidden>\n\
         <label>Text <input id=\"filter-text\" type=\"search\" autocomplete=\"off\" spellcheck=\"false\"></label>"
    )?;
    let values: [(&str, &str, Value); 6] = [
        ("severity", "Severity", |entry| name_of(entry.finding.severity()).to_owned()),
        ("action", "What to do", |entry| entry.remedy.action.name().to_owned()),
        ("status", "Status", |entry| entry.finding.triage.name().to_owned()),
        ("age", "Age", |entry| age(entry).to_owned()),
        ("kind", "Kind", |entry| entry.finding.rule.spec().kind.clone()),
        ("owner", "Owner", |entry| entry.owner_name().to_owned()),
    ];
    for (id, name, value) in values {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for entry in entries {
            *counts.entry(value(entry)).or_default() += 1;
        }
        writeln!(out, "<label>{name} <select id=\"filter-{id}\"><option value=\"\">all</option>")?;
        for (value, count) in counts {
            let value = Escaped(&value);
            writeln!(out, "<option value=\"{value}\">{value} ({})</option>", grouped(count))?;
        }
        writeln!(out, "</select></label>")?;
    }
    writeln!(out, "<button id=\"clear\" type=\"button\">Clear</button>\n</div>")?;
    let count = grouped(entries.len());
    writeln!(out, "<p id=\"shown\" role=\"status\">{count} of {count} shown</p>")
}
