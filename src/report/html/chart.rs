//! Bars: how many secrets there are of each kind, by what a reader asks. Each chart is a table, so that who
//! does not see its bars reads its numbers.

use super::entry::Entry;
use super::grouped;
use crate::plan::OLDEST;
use crate::report::Escaped;
use crate::report::text::name_of;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// The bars of a chart that are shown; the others become one.
const MOST_BARS: usize = 8;

/// How many secrets are counted in a bar.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Count {
    new: usize,
    /// Known or ignored.
    excused: usize,
}

impl Count {
    fn all(self) -> usize {
        self.new + self.excused
    }
}

/// A chart.
struct Chart {
    title: &'static str,
    /// What the table filters by, to show what a bar counts.
    filter: &'static str,
    bars: Vec<Bar>,
}

struct Bar {
    name: String,
    /// Whether the name is one to filter by.
    is_one: bool,
    count: Count,
}

/// Writes all charts.
pub(super) fn write_all(entries: &[Entry], out: &mut dyn Write) -> io::Result<()> {
    let severity = |entry: &Entry| name_of(entry.finding.severity()).to_owned();
    let action = |entry: &Entry| entry.remedy.action.name().to_owned();
    let charts = [
        Chart::fixed(
            "By severity",
            "severity",
            &["critical", "high", "medium", "low"],
            entries,
            severity,
        ),
        Chart::fixed("By what to do", "action", &["rotate", "replace", "remove"], entries, action),
        Chart::fixed("By age", "age", &AGES, entries, |entry| age(entry).to_owned()),
        Chart::ranked("By kind", "kind", entries, |entry| entry.finding.rule.spec().kind.clone()),
        Chart::ranked("By owner", "owner", entries, |entry| entry.owner_name().to_owned()),
    ];
    writeln!(out, "<section class=\"charts\" aria-label=\"Charts\">")?;
    for chart in charts {
        chart.write(out)?;
    }
    writeln!(out, "</section>")
}

/// Ages as the chart tells them apart: the first is how old a secret may be.
const AGES: [&str; 6] = [
    "under 30 days",
    "30 to 89 days",
    "90 days to a year",
    "1 to 2 years",
    "over 2 years",
    "not known",
];

/// The age of a secret.
pub(super) fn age(entry: &Entry) -> &'static str {
    match entry.finding.exposure.age_days {
        None => AGES[5],
        Some(..OLDEST) => AGES[0],
        Some(..90) => AGES[1],
        Some(..365) => AGES[2],
        Some(..730) => AGES[3],
        Some(_) => AGES[4],
    }
}

impl Chart {
    /// A chart with the same bars in the same order, whatever there is.
    fn fixed(
        title: &'static str,
        filter: &'static str,
        names: &[&str],
        entries: &[Entry],
        name: impl Fn(&Entry) -> String,
    ) -> Self {
        let mut counts = counts(entries, name);
        let bar = |name: &&str| {
            let count = counts.remove(*name).unwrap_or_default();
            Bar { name: (*name).to_owned(), is_one: count.all() > 0, count }
        };
        Self { title, filter, bars: names.iter().map(bar).collect() }
    }

    /// A chart with the longest bars first.
    fn ranked(
        title: &'static str,
        filter: &'static str,
        entries: &[Entry],
        name: impl Fn(&Entry) -> String,
    ) -> Self {
        let counts = counts(entries, name).into_iter();
        let mut bars: Vec<Bar> =
            counts.map(|(name, count)| Bar { name, is_one: true, count }).collect();
        bars.sort_by_key(|bar| std::cmp::Reverse((bar.count.new, bar.count.excused)));
        if bars.len() > MOST_BARS {
            let rest = bars.split_off(MOST_BARS - 1);
            let count = rest.iter().fold(Count::default(), |sum, bar| Count {
                new: sum.new + bar.count.new,
                excused: sum.excused + bar.count.excused,
            });
            bars.push(Bar {
                name: format!("{} others", grouped(rest.len())),
                is_one: false,
                count,
            });
        }
        Self { title, filter, bars }
    }

    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let longest = self.bars.iter().map(|bar| bar.count.all()).max().unwrap_or(0).max(1);
        let excused = self.bars.iter().any(|bar| bar.count.excused > 0);
        let more =
            if excused { "<th scope=\"col\" title=\"known or ignored\">excused</th>" } else { "" };
        writeln!(
            out,
            "<table class=\"chart\"><caption>{}</caption>\n\
             <thead><tr><th scope=\"col\">{}</th><td></td><th scope=\"col\">new</th>{more}</tr></thead>\n<tbody>",
            self.title, self.filter
        )?;
        for bar in &self.bars {
            let Bar { name, is_one, count } = bar;
            let filter =
                if *is_one { format!(" data-filter=\"{}\"", self.filter) } else { String::new() };
            let width = |count: usize| count as f64 * 100.0 / longest as f64;
            let (new, rest) = (width(count.new), width(count.excused));
            writeln!(
                out,
                "<tr><th scope=\"row\"{filter} title=\"{name}\">{name}<td><svg viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">\
                 <title>{name}: {} new, {} known or ignored</title>\
                 <rect class=\"new\" width=\"{new:.2}\" height=\"10\"/>\
                 <rect class=\"excused\" x=\"{new:.2}\" width=\"{rest:.2}\" height=\"10\"/></svg><td>{}",
                count.new,
                count.excused,
                grouped(count.new),
                name = Escaped(name),
            )?;
            if excused {
                writeln!(out, "<td>{}", grouped(count.excused))?;
            }
        }
        writeln!(out, "</tbody></table>")
    }
}

fn counts(entries: &[Entry], name: impl Fn(&Entry) -> String) -> BTreeMap<String, Count> {
    let mut counts: BTreeMap<String, Count> = BTreeMap::new();
    for entry in entries {
        let count = counts.entry(name(entry)).or_default();
        *(if entry.is_new() { &mut count.new } else { &mut count.excused }) += 1;
    }
    counts
}
