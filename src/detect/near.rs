//! Credentials of several parts: a part is more certain with the other one close by.

use super::{Match, Rules};
use crate::rule::{Confidence, MAX_REACH};

/// Raises the confidence of every match whose rule names another that matched close by.
pub(super) fn complete(matches: &mut [Match], rules: &Rules, bytes: &[u8]) {
    let raised: Vec<usize> =
        (0..matches.len()).filter(|n| is_complete(&matches[*n], matches, rules, bytes)).collect();
    for n in raised {
        matches[n].confidence = Confidence::High;
    }
}

fn is_complete(found: &Match, matches: &[Match], rules: &Rules, bytes: &[u8]) -> bool {
    let wanted = &rules[found.rule].spec.near;
    wanted.iter().any(|near| {
        matches.iter().any(|other| {
            let (first, last) = (found.span.start, other.span.start);
            let between = first.min(last)..first.max(last);
            rules[other.rule].is_called(&near.rule)
                && between.len() <= MAX_REACH
                && memchr::memchr_iter(b'\n', &bytes[between]).count() <= near.lines as usize
        })
    })
}
