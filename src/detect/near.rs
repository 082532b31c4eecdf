//! Credentials of several parts: a part is more certain with the other one close by.

use super::{Match, Rules};
use crate::rule::{Confidence, MAX_REACH};
use std::ops::Range;

/// Raises the confidence of every match whose rule names another that matched close by.
pub(super) fn complete(
    matches: &mut [Match],
    rules: &Rules,
    line_feeds: impl Fn(Range<usize>) -> u64,
) {
    let raised: Vec<usize> = (0..matches.len())
        .filter(|n| completed(&matches[*n], matches, rules, &line_feeds).is_some())
        .collect();
    for n in raised {
        matches[n].confidence = Confidence::High;
    }
}

/// The match that makes `found` more certain, if there is one.
pub(super) fn completed<'a>(
    found: &Match,
    matches: &'a [Match],
    rules: &Rules,
    line_feeds: &impl Fn(Range<usize>) -> u64,
) -> Option<&'a Match> {
    let wanted = &rules[found.rule].spec().near;
    wanted.iter().find_map(|near| {
        matches.iter().find(|other| {
            let (first, last) = (found.span.start, other.span.start);
            let between = first.min(last)..first.max(last);
            rules[other.rule].is_called(&near.rule)
                && between.len() <= MAX_REACH
                && line_feeds(between) <= u64::from(near.lines)
        })
    })
}
