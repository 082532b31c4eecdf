//! What a viewer may do at a click: the edits that take a secret out. They hold nothing of what they delete.

use crate::blob::Position;
use crate::detect::Detector;
use crate::finding::{Location, Triage};
use crate::fix::edit::Edit;
use crate::fix::lookup::Lookup;
use crate::fix::{FileFix, Fixer, Taken};
use crate::remedy::surroundings::Disk;
use crate::report::place::Root;
use crate::scan::Outcome;
use serde_sarif::sarif::{self, ArtifactChange, ArtifactContent, Fix, Region, Replacement};
use std::collections::BTreeMap;

/// Whether there can be edits. An outcome read from a report holds no value, and no edit is made without
/// knowing what it takes out.
pub(super) fn are_possible(outcome: &Outcome) -> bool {
    outcome.findings.iter().any(|(finding, _)| {
        finding.triage == Triage::New
            && finding.secret.reveal().is_some()
            && finding.locations.iter().any(Location::is_in_tree)
    })
}

/// Adds their edits to the results, which are those of the outcome's first findings.
pub(super) fn add(results: &mut [sarif::Result], outcome: &Outcome, root: &Root) {
    if !are_possible(outcome) {
        return;
    }
    let detector = Detector::new(outcome.rules.clone());
    let around = Disk::default();
    let fixer = Fixer {
        detector: &detector,
        around: &around,
        lookup: Lookup::Environment,
        stored: BTreeMap::new(),
        safe: false,
    };
    let fixes = fixer.fix(outcome);
    for (number, result) in results.iter_mut().enumerate() {
        let changes: Vec<_> =
            fixes.files.iter().filter_map(|file| change(file, number, root)).collect();
        let named = fixes.variables.iter().find(|variable| variable.finding == number);
        if let (false, Some(variable)) = (changes.is_empty(), named) {
            let text =
                format!("Read it from the environment variable {}.", variable.names.variable);
            let fix = Fix::builder().description(text.as_str()).artifact_changes(changes).build();
            result.fixes = Some(vec![fix]);
        }
    }
}

/// What changes in a file for one finding.
fn change(file: &FileFix, finding: usize, root: &Root) -> Option<ArtifactChange> {
    let own = file.taken.iter().filter(|taken| taken.finding == finding);
    let mut edits: Vec<&Edit> = own.flat_map(|Taken { edits, .. }| edits).collect();
    if edits.is_empty() {
        return None;
    }
    edits.sort_by_key(|edit| (edit.start, edit.end));
    edits.dedup();
    let replacements: Vec<_> = edits.into_iter().map(|edit| replacement(file, edit)).collect();
    let artifact = root.artifact(file.path.as_str().into());
    Some(ArtifactChange::builder().artifact_location(artifact).replacements(replacements).build())
}

fn replacement(file: &FileFix, edit: &Edit) -> Replacement {
    let text = file.text();
    let start = Position::START.after(&text[..edit.start]);
    let end = start.after(&text[edit.start..edit.end]);
    let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let region = Region::builder()
        .start_line(number(start.line))
        .start_column(number(start.column))
        .end_line(number(end.line))
        .end_column(number(end.column))
        .build();
    let content = edit.text.replace('\n', crate::fix::edit::line_end(text));
    let inserted = ArtifactContent::builder().text(content).build();
    Replacement::builder().deleted_region(region).inserted_content(inserted).build()
}
