//! Which lines of a file stand unchanged since an earlier version.

use crate::source::git::Scope;
use git2::{DiffOptions, Oid, Patch};

/// The changed parts of a file, in their order.
#[derive(Debug, Default)]
pub(super) struct Lines(Vec<Hunk>);

/// Lines, 1-based, that stand in the place of earlier ones.
#[derive(Debug)]
struct Hunk {
    before: std::ops::Range<u64>,
    after: std::ops::Range<u64>,
}

impl Lines {
    /// Compares two blobs. `None` if that fails.
    pub(super) fn compare(scope: &Scope, before: Oid, after: Oid) -> Option<Self> {
        let before = scope.repository.find_blob(before).ok()?;
        let after = scope.repository.find_blob(after).ok()?;
        Self::of(before.content(), after.content())
    }

    fn of(before: &[u8], after: &[u8]) -> Option<Self> {
        let mut options = DiffOptions::new();
        options.context_lines(0).interhunk_lines(0).force_text(true);
        let patch = Patch::from_buffers(before, None, after, None, Some(&mut options)).ok()?;
        // A part without lines is named by the line before it.
        let range = |start: u32, lines: u32| {
            let start = u64::from(start) + u64::from(lines == 0);
            start..start + u64::from(lines)
        };
        let hunks = (0..patch.num_hunks()).map(|n| {
            let (hunk, _) = patch.hunk(n).ok()?;
            Some(Hunk {
                before: range(hunk.old_start(), hunk.old_lines()),
                after: range(hunk.new_start(), hunk.new_lines()),
            })
        });
        hunks.collect::<Option<_>>().map(Self)
    }

    /// The number that a line had before, if it stands unchanged.
    pub(super) fn before(&self, line: u64) -> Option<u64> {
        let Some(last) = self.0.iter().rev().find(|hunk| hunk.after.start <= line) else {
            return Some(line);
        };
        (!last.after.contains(&line)).then(|| line - last.after.end + last.before.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unchanged_line_has_the_number_that_it_had() {
        let before = b"a\nb\nc\nd\ne\nf\n";
        let after = b"new\na\nb\nC\nc2\nd\nf\nend\n";
        let lines = Lines::of(before, after).unwrap();
        let numbers: Vec<Option<u64>> = (1..=8).map(|line| lines.before(line)).collect();
        assert_eq!(numbers, [None, Some(1), Some(2), None, None, Some(4), Some(6), None]);
        let same = Lines::of(before, before).unwrap();
        assert_eq!(same.before(4), Some(4));
    }
}
