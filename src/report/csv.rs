//! A table for spreadsheets: a row for each secret.

use super::place::{Root, standing};
use super::text::{confident, name_of};
use super::{Format, sanitize};
use crate::finding::Finding;
use crate::remedy::{Instruction, Remedy};
use crate::scan::Outcome;
use std::io::{self, Write};

pub(super) struct Csv;

const COLUMNS: [&str; 23] = [
    "fingerprint",
    "status",
    "reason",
    "severity",
    "confidence",
    "rule",
    "kind",
    "title",
    "secret",
    "path",
    "line",
    "column",
    "places",
    "commit",
    "author",
    "first_seen",
    "age_days",
    "in_tree",
    "in_history",
    "pushed",
    "action",
    "summary",
    "steps",
];

impl Format for Csv {
    fn name(&self) -> &'static str {
        "csv"
    }

    fn extension(&self) -> Option<&'static str> {
        Some("csv")
    }

    fn write(&self, outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
        outcome.name_all();
        let root = Root::find();
        let mut table = csv::Writer::from_writer(out);
        table.write_record(COLUMNS)?;
        for (finding, remedy) in &outcome.findings {
            table.write_record(row(finding, remedy, &root).map(|cell| harmless(&cell)))?;
        }
        table.flush()
    }
}

/// The cells of a secret. Its place is the one to look at, its commit the one that brought it there.
fn row(finding: &Finding, remedy: &Remedy, root: &Root) -> [String; 23] {
    let spec = finding.rule.spec();
    let place = standing(&finding.locations);
    let past = place.past.as_ref().map(|past| &past.commit);
    let exposure = &finding.exposure;
    let yes_or_no = |is: Option<bool>| match is {
        Some(true) => "yes".to_owned(),
        Some(false) => "no".to_owned(),
        None => String::new(),
    };
    [
        finding.fingerprint().to_string(),
        finding.triage.name().to_owned(),
        finding.triage.reason().unwrap_or_default().to_owned(),
        name_of(finding.severity()).to_owned(),
        confident(finding.confidence).to_owned(),
        spec.id.clone(),
        spec.kind.clone(),
        spec.name.clone(),
        finding.secret.to_string(),
        root.name(place),
        place.start.line.to_string(),
        place.start.column.to_string(),
        finding.locations.len().to_string(),
        past.map(|commit| commit.id.clone()).unwrap_or_default(),
        past.map(|commit| commit.author.clone()).unwrap_or_default(),
        exposure.first_seen.map(|date| date.to_string()).unwrap_or_default(),
        exposure.age_days.map(|days| days.to_string()).unwrap_or_default(),
        yes_or_no(Some(exposure.in_tree)),
        yes_or_no(exposure.in_history),
        yes_or_no(exposure.pushed),
        remedy.action.name().to_owned(),
        remedy.summary.clone(),
        steps(remedy),
    ]
}

/// The steps in one line.
fn steps(remedy: &Remedy) -> String {
    let step = |(n, step): (usize, &Instruction)| {
        let command = step.command.as_ref().map(|command| {
            let lines: Vec<&str> = command.lines().map(str::trim).collect();
            format!(" $ {}", lines.join("; "))
        });
        format!("{}. {}{}", n + 1, step.what, command.unwrap_or_default())
    };
    remedy.steps.iter().enumerate().map(step).collect::<Vec<_>>().join(" ")
}

/// A cell that no spreadsheet takes for a formula
/// (<https://owasp.org/www-community/attacks/CSV_Injection>), without control characters.
pub(crate) fn harmless(cell: &str) -> String {
    let cell = sanitize(cell);
    // The last four are what a keyboard for Chinese or Japanese writes.
    if cell.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']) {
        format!("'{cell}")
    } else {
        cell.into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Triage;
    use crate::finding::{Authority, Excuse};
    use crate::report::sample::{into_the_past, one};
    use std::collections::BTreeMap;

    fn read(outcome: &Outcome) -> Vec<BTreeMap<String, String>> {
        let mut out = Vec::new();
        Csv.write(outcome, &mut out).unwrap();
        csv::Reader::from_reader(&out[..]).deserialize().map(Result::unwrap).collect()
    }

    #[test]
    fn a_secret_is_a_row() {
        let mut outcome = one("a,b \"c\".yml");
        into_the_past(&mut outcome);
        let rows = read(&outcome);
        let [row] = &rows[..] else { panic!("{rows:?}") };
        assert_eq!(row.len(), COLUMNS.len());
        let (finding, remedy) = &outcome.findings[0];
        for (column, value) in [
            ("fingerprint", finding.fingerprint().as_str()),
            ("status", "new"),
            ("path", "a,b \"c\".yml"),
            ("line", "1"),
            ("column", "8"),
            ("places", "1"),
            ("commit", &"a".repeat(40)),
            ("author", "Ann @team <ann@example.org>"),
            ("in_tree", "yes"),
            ("pushed", ""),
            ("action", "rotate"),
        ] {
            assert_eq!(row[column], value, "{column}");
        }
        assert!(row["secret"].starts_with("ghp_***"));
        let told = |text: &str| row["steps"].contains(&*sanitize(text));
        assert!(remedy.steps.iter().all(|step| told(&step.what)), "{}", row["steps"]);
    }

    #[test]
    fn no_cell_is_a_formula() {
        for name in ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "＝1", "=HYPERLINK(\"x\")\n=2"]
        {
            let mut outcome = one(name);
            outcome.findings[0].0.triage =
                Triage::of(Excuse { by: Authority::Marker, ..Excuse::past(name) }.into());
            for row in read(&outcome) {
                for (column, cell) in row {
                    assert!(
                        !cell.starts_with(['=', '+', '-', '@', '\t', '\r', '＝']),
                        "{column}: {cell}"
                    );
                    assert!(!cell.contains(char::is_control), "{column}: {cell}");
                }
            }
        }
    }
}
