//! When secrets came into files and went out of them again, and how many stood there over time.

use super::entry::Entry;
use super::grouped;
use crate::finding::Finding;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

/// More periods are not shown one by one: what was before counts in the first.
const MOST_PERIODS: usize = 120;

/// A secret in the files of a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stay {
    came: Date,
    /// When the last file lost it; `None` if one has it still.
    went: Option<Date>,
}

impl Stay {
    /// That of a secret, if a commit holds it.
    fn of(finding: &Finding) -> Option<Self> {
        let pasts = || finding.locations.iter().map(|place| place.past.as_ref());
        let came = pasts().flatten().map(|past| past.commit.date).min()?;
        let gone = pasts().map(|past| {
            let past = past.filter(|past| !past.in_head)?;
            past.removed.iter().map(|commit| commit.date).max()
        });
        let went =
            gone.collect::<Option<Vec<Timestamp>>>().and_then(|dates| dates.into_iter().max());
        let went = went.filter(|_| !finding.exposure.in_tree);
        // Clocks of authors are not always right: what went before it came went at once.
        Some(Self { came: day(came), went: went.map(|went| day(went.max(came))) })
    }
}

fn day(time: Timestamp) -> Date {
    time.to_zoned(TimeZone::UTC).date()
}

/// How long a period is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Week,
    Month,
    Quarter,
    Year,
}

impl Unit {
    /// The shortest that makes few enough periods.
    fn fitting(first: Date, last: Date) -> Self {
        let days = first.until(last).map_or(i32::MAX, |span| span.get_days());
        match days {
            ..400 => Self::Week,
            400..3_600 => Self::Month,
            3_600..10_900 => Self::Quarter,
            10_900.. => Self::Year,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
        }
    }

    /// The first day of the period that a day lies in.
    fn start(self, day: Date) -> Date {
        let start = match self {
            Self::Week => day.checked_sub(i64::from(day.weekday().to_monday_zero_offset()).days()),
            Self::Month => Ok(day.first_of_month()),
            Self::Quarter => Date::new(day.year(), (day.month() - 1) / 3 * 3 + 1, 1),
            Self::Year => Ok(day.first_of_year()),
        };
        start.unwrap_or(day)
    }

    /// The first day of the next period; `None` at the end of time.
    fn next(self, start: Date) -> Option<Date> {
        let span = match self {
            Self::Week => 1.week(),
            Self::Month => 1.month(),
            Self::Quarter => 3.months(),
            Self::Year => 1.year(),
        };
        start.checked_add(span).ok()
    }

    fn label(self, start: Date) -> String {
        match self {
            Self::Week => start.to_string(),
            Self::Month => format!("{}-{:02}", start.year(), start.month()),
            Self::Quarter => format!("{} Q{}", start.year(), (start.month() - 1) / 3 + 1),
            Self::Year => start.year().to_string(),
        }
    }
}

/// What happened in a period.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Period {
    label: String,
    came: usize,
    went: usize,
    /// How many stood in files at its end.
    open: usize,
}

/// What happened from the first commit with a secret to the last.
struct Timeline {
    unit: Unit,
    periods: Vec<Period>,
}

impl Timeline {
    /// `None` if no commit is known.
    fn of(stays: &[Stay]) -> Option<Self> {
        let days = || stays.iter().flat_map(|stay| [Some(stay.came), stay.went]).flatten();
        let (first, last) = (days().min()?, days().max()?);
        let unit = Unit::fitting(first, last);
        let mut starts = vec![unit.start(last)];
        let mut counts: BTreeMap<Date, (usize, usize)> = BTreeMap::new();
        for stay in stays {
            counts.entry(unit.start(stay.came)).or_default().0 += 1;
            if let Some(went) = stay.went {
                counts.entry(unit.start(went)).or_default().1 += 1;
            }
        }
        let mut start = unit.start(first);
        let end = starts[0];
        let mut all = Vec::new();
        while start < end {
            all.push(start);
            let Some(next) = unit.next(start) else { break };
            start = next;
        }
        all.append(&mut starts);
        let shown = all.split_off(all.len().saturating_sub(MOST_PERIODS));
        let (mut open, mut periods) = (0, Vec::with_capacity(shown.len()));
        let mut counts = counts.into_iter().peekable();
        for (at, start) in shown.iter().enumerate() {
            let until = shown.get(at + 1);
            let (mut came, mut went) = (0, 0);
            while let Some((_, (c, w))) =
                counts.next_if(|(day, _)| until.is_none_or(|end| day < end))
            {
                (came, went) = (came + c, went + w);
            }
            open = open + came - went;
            let before = if at == 0 && !all.is_empty() { " and before" } else { "" };
            periods.push(Period { label: unit.label(*start) + before, came, went, open });
        }
        Some(Self { unit, periods })
    }
}

/// Writes the timeline, if the history is known.
pub(super) fn write(entries: &[Entry], out: &mut dyn Write) -> io::Result<()> {
    let stays: Vec<Stay> = entries.iter().filter_map(|entry| Stay::of(entry.finding)).collect();
    let Some(timeline) = Timeline::of(&stays) else { return Ok(()) };
    let told = timeline.told(stays.len(), entries.len());
    writeln!(
        out,
        "<section class=\"timeline\">\n<h2>When they came and went</h2>\n<p>{told}</p>\n\
         <div class=\"wide\" role=\"region\" aria-label=\"Timeline\" tabindex=\"0\">{}</div>",
        timeline.picture(&told)
    )?;
    let unit = timeline.unit.name();
    writeln!(
        out,
        "<details><summary>As a table</summary>\n<table class=\"plain\"><thead><tr><th scope=\"col\">{unit}</th><th scope=\"col\">came in</th>\
         <th scope=\"col\">went out</th><th scope=\"col\">in files at its end</th></tr></thead>\n<tbody>"
    )?;
    for period in timeline.periods.iter().filter(|period| period.came + period.went > 0) {
        let [came, went, open] = [period.came, period.went, period.open].map(grouped);
        writeln!(out, "<tr><th scope=\"row\">{}<td>{came}<td>{went}<td>{open}", period.label)?;
    }
    writeln!(out, "</tbody></table></details>\n</section>")
}

/// The picture is drawn in these units, and as wide as there is room.
const WIDTH: f64 = 960.0;
const LEFT: f64 = 44.0;
/// The line of those in files has its foot here …
const OPEN_FOOT: f64 = 130.0;
const OPEN_HEIGHT: f64 = 112.0;
/// … and the bars of those that came and went theirs, up and down.
const BAR_FOOT: f64 = 190.0;
const BAR_HEIGHT: f64 = 40.0;
const HEIGHT: f64 = 258.0;

impl Timeline {
    /// The picture in words.
    fn told(&self, stays: usize, all: usize) -> String {
        let went: usize = self.periods.iter().map(|period| period.went).sum();
        let most = self.periods.iter().max_by_key(|period| period.open);
        let (first, last) = (self.periods.first(), self.periods.last());
        let label = |period: Option<&Period>| period.map_or("", |period| &period.label).to_owned();
        let rest = match all - stays {
            0 => String::new(),
            1 => " 1 more stands in no commit yet.".to_owned(),
            n => format!(" {} more stand in no commit yet.", grouped(n)),
        };
        format!(
            "From {} to {}, commits brought in {}, and took {} out of all files again, which does not take them out of the \
             history. Most stood in files in {}: {}.{rest}",
            label(first),
            label(last),
            if stays == 1 { "1 secret".to_owned() } else { format!("{} secrets", grouped(stays)) },
            grouped(went),
            label(most),
            grouped(most.map_or(0, |period| period.open)),
        )
    }

    fn picture(&self, told: &str) -> String {
        let step = (WIDTH - LEFT) / self.periods.len() as f64;
        let x = |at: usize| LEFT + at as f64 * step;
        let mut svg = format!(
            "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-labelledby=\"timeline-title timeline-desc\">\
             <title id=\"timeline-title\">Secrets in files over time</title><desc id=\"timeline-desc\">{told}</desc>"
        );
        self.draw_open(&mut svg, step, x);
        self.draw_bars(&mut svg, step, x);
        self.draw_labels(&mut svg, x);
        svg + "</svg>"
    }

    /// The line of those in files, with its scale.
    fn draw_open(&self, svg: &mut String, step: f64, x: impl Fn(usize) -> f64) {
        let most = self.periods.iter().map(|period| period.open).max().unwrap_or(0);
        let scale = Scale::of(most);
        let y = |count: usize| OPEN_FOOT - count as f64 / scale.top as f64 * OPEN_HEIGHT;
        for tick in scale.ticks() {
            let y = y(tick);
            let _ = write!(
                svg,
                "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{WIDTH}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
                 <text class=\"scale\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
                LEFT - 6.0,
                y + 4.0,
                grouped(tick)
            );
        }
        let mut line = String::new();
        for (at, period) in self.periods.iter().enumerate() {
            let (left, right, y) = (x(at), x(at) + step, y(period.open));
            let _ = write!(line, "L{left:.1} {y:.1}L{right:.1} {y:.1}");
        }
        let line = &line[1..];
        let _ = write!(
            svg,
            "<path class=\"area\" d=\"M{LEFT} {OPEN_FOOT}L{line}L{WIDTH} {OPEN_FOOT}Z\"/><path class=\"open\" d=\"M{line}\"/>"
        );
    }

    /// The bars of those that came and went.
    fn draw_bars(&self, svg: &mut String, step: f64, x: impl Fn(usize) -> f64) {
        let most = self.periods.iter().map(|period| period.came.max(period.went)).max();
        let most = most.unwrap_or(0).max(1) as f64;
        let gap = (step * 0.15).min(3.0);
        for (at, period) in self.periods.iter().enumerate() {
            if period.came + period.went == 0 {
                continue;
            }
            let (left, width) = (x(at) + gap / 2.0, step - gap);
            let height = |count: usize| {
                // What happened once is seen beside what happened a thousand times.
                if count == 0 { 0.0 } else { (count as f64 / most * BAR_HEIGHT).max(1.5) }
            };
            let (up, down) = (height(period.came), height(period.went));
            let _ = write!(
                svg,
                "<g><title>{}: {} came in, {} went out, {} in files</title>\
                 <rect class=\"came\" x=\"{left:.1}\" width=\"{width:.1}\" y=\"{:.1}\" height=\"{up:.1}\"/>\
                 <rect class=\"went\" x=\"{left:.1}\" width=\"{width:.1}\" y=\"{BAR_FOOT}\" height=\"{down:.1}\"/></g>",
                period.label,
                period.came,
                period.went,
                period.open,
                BAR_FOOT - up
            );
        }
        let _ = write!(
            svg,
            "<line class=\"axis\" x1=\"{LEFT}\" x2=\"{WIDTH}\" y1=\"{BAR_FOOT}\" y2=\"{BAR_FOOT}\"/>\
             <text class=\"name\" x=\"{0}\" y=\"12\">in files</text>\
             <text class=\"name came\" x=\"{0}\" y=\"{1}\">came in ↑</text><text class=\"name went\" x=\"{0}\" y=\"{2}\">went out ↓</text>",
            LEFT + 4.0,
            BAR_FOOT - BAR_HEIGHT - 2.0,
            BAR_FOOT + BAR_HEIGHT + 4.0
        );
    }

    /// Some periods by name.
    fn draw_labels(&self, svg: &mut String, x: impl Fn(usize) -> f64) {
        let every = self.periods.len().div_ceil(10);
        for (at, period) in self.periods.iter().enumerate().step_by(every) {
            let label = period.label.trim_end_matches(" and before");
            let _ = write!(
                svg,
                "<text class=\"when\" x=\"{:.1}\" y=\"{:.1}\">{label}</text>",
                x(at),
                HEIGHT - 7.0
            );
        }
    }
}

/// The scale of an axis: round numbers from nought to the top.
struct Scale {
    top: usize,
    step: usize,
}

impl Scale {
    /// The scale on which so many fit.
    fn of(most: usize) -> Self {
        let most = most.max(1);
        let mut step = 1;
        // 1, 2, 5, 10, 20, 50 …
        for factor in [2, 5, 10].iter().cycle() {
            if most.div_ceil(step) <= 4 {
                break;
            }
            let base = 10usize.pow(step.ilog10());
            step = base * factor;
        }
        Self { top: most.div_ceil(step) * step, step }
    }

    fn ticks(&self) -> impl Iterator<Item = usize> + use<> {
        (0..=self.top).step_by(self.step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn stay(came: &str, went: Option<&str>) -> Stay {
        Stay { came: date(came), went: went.map(date) }
    }

    fn periods(stays: &[Stay]) -> Vec<(String, usize, usize, usize)> {
        let timeline = Timeline::of(stays).unwrap();
        timeline.periods.into_iter().map(|p| (p.label, p.came, p.went, p.open)).collect()
    }

    #[test]
    fn secrets_come_and_go() {
        let stays = [
            stay("2023-01-10", Some("2023-06-01")),
            stay("2023-01-31", None),
            stay("2024-09-15", Some("2024-09-16")),
        ];
        let periods = periods(&stays);
        assert_eq!(periods.len(), 21);
        assert_eq!(periods[0], ("2023-01".into(), 2, 0, 2));
        assert_eq!(periods[1], ("2023-02".into(), 0, 0, 2));
        assert_eq!(periods[5], ("2023-06".into(), 0, 1, 1));
        assert_eq!(periods[20], ("2024-09".into(), 1, 1, 1));
    }

    #[test]
    fn periods_are_as_long_as_they_have_to_be() {
        let labels = |last: &str| -> Vec<String> {
            let stays = [stay("2020-02-29", Some(last))];
            periods(&stays).into_iter().map(|(label, ..)| label).collect()
        };
        assert_eq!(labels("2020-02-29"), ["2020-02-24"]);
        assert_eq!(labels("2020-03-09"), ["2020-02-24", "2020-03-02", "2020-03-09"]);
        assert_eq!(labels("2022-01-01")[0], "2020-02");
        assert_eq!(labels("2031-01-01").last().unwrap(), "2031 Q1");
        assert_eq!(labels("2051-01-01").len(), 32);
    }

    #[test]
    fn what_is_too_long_ago_is_not_shown_one_by_one() {
        let stays = [stay("0001-01-01", None), stay("2020-01-01", None), stay("9999-12-31", None)];
        let periods = periods(&stays);
        assert_eq!(periods.len(), MOST_PERIODS);
        assert_eq!(periods[0], ("9880 and before".into(), 2, 0, 2));
        assert_eq!(periods.last().unwrap().3, 3);
    }

    #[test]
    fn scales_are_round() {
        let ticks = |most| Scale::of(most).ticks().collect::<Vec<_>>();
        assert_eq!(ticks(0), [0, 1]);
        assert_eq!(ticks(3), [0, 1, 2, 3]);
        assert_eq!(ticks(7), [0, 2, 4, 6, 8]);
        assert_eq!(ticks(318), [0, 100, 200, 300, 400]);
        assert_eq!(ticks(10_001), [0, 5_000, 10_000, 15_000]);
    }
}
