//! One report a secret and place: where rules overlap, one with a right checksum wins, then the specific
//! one. What stands there as it is wins against what is decoded, unless a more specific rule finds that.

use super::{Match, Rules, layer};
use crate::finding::Status;
use crate::rule::MAX_REACH;
use std::cmp::Reverse;

/// Sorts the matches by place and removes each that another one on the same bytes beats.
pub(super) fn resolve(matches: &mut Vec<Match>, rules: &Rules) {
    sort(matches);
    let is_beaten = |n| better(matches, n, rules).next().is_some();
    let beaten: Vec<bool> = (0..matches.len()).map(is_beaten).collect();
    let mut beaten = beaten.into_iter();
    matches.retain(|_| !beaten.next().unwrap_or(false));
}

/// Sorts the matches by place. Of a rule that matched the same bytes twice, by the name and by the
/// value, the surer match stays.
pub(super) fn sort(matches: &mut Vec<Match>) {
    matches.sort_by(|a, b| {
        let (mine, theirs) = ((b.span.end, a.rule, a.depth()), (a.span.end, b.rule, b.depth()));
        (a.span.start, mine, b.confidence).cmp(&(b.span.start, theirs, a.confidence))
    });
    matches.dedup_by(|a, b| a.rule == b.rule && a.span == b.span);
}

/// Each two of the sorted matches that lie on each other, the winner first.
pub(super) fn pairs<'a>(
    matches: &'a [Match],
    rules: &'a Rules,
) -> impl Iterator<Item = (&'a Match, &'a Match)> {
    matches.iter().enumerate().flat_map(move |(n, mine)| {
        let others = matches[n + 1..].iter().take_while(|other| other.span.start < mine.span.end);
        let ordered =
            move |other| if beats(other, mine, rules) { (other, mine) } else { (mine, other) };
        others.map(ordered)
    })
}

/// Of the sorted matches, the best that beats match `n`.
pub(super) fn winner<'a>(matches: &'a [Match], n: usize, rules: &Rules) -> Option<&'a Match> {
    let best = |a, b| if beats(b, a, rules) { b } else { a };
    better(matches, n, rules).reduce(best)
}

/// The matches that beat match `n`. Those that are beaten themselves count too, so that the answer depends
/// on nothing further away.
fn better<'a>(matches: &'a [Match], n: usize, rules: &Rules) -> impl Iterator<Item = &'a Match> {
    let mine = &matches[n];
    let behind = matches[n + 1..].iter().take_while(|other| other.span.start < mine.span.end);
    // Before it, a long match may begin as far away as the longest reach.
    let nearby = |other: &&Match| other.span.start + MAX_REACH > mine.span.start;
    let before = matches[..n].iter().rev().take_while(nearby);
    let before = before.filter(|other| other.span.end > mine.span.start);
    behind.chain(before).filter(|other| beats(other, mine, rules))
}

fn beats(other: &Match, mine: &Match, rules: &Rules) -> bool {
    let rank = |found: &Match| {
        let proven = found.verification.status == Status::ChecksumValid;
        let length = found.span.len();
        let (depth, start) = (found.depth(), found.span.start);
        (proven, layer(rules, found), Reverse(depth), length, Reverse(start))
    };
    let (theirs, ours) = (rank(other), rank(mine));
    // Equal in everything else, the confident one wins, then the rule that stands first.
    let tie = (other.confidence, Reverse(other.rule));
    (theirs, tie) > (ours, (mine.confidence, Reverse(mine.rule)))
}
