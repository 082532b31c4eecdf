//! Inline suppressions count as far as the base has them: a change cannot excuse its own secrets.

use crate::common::run;
use crate::project::{Depth, File, Project};
use crate::run::{Environment, Verdict};
use crate::secret;

const ALONE: &str = "# blurt:allow * -- a test vector\n";
const START: &str = "# blurt:allow-start * -- test vectors\n";
const END: &str = "# blurt:allow-end\n";
const CODE: &str = "x = 1\ny = 2\nz = 3\nw = 4\nv = 5\n";

/// A line with token number `n` and a marker behind it.
fn excused(n: u64) -> String {
    secret(n).replace('\n', "  # blurt:allow * -- a test vector\n")
}

/// A file in the base and in the change, and the line of the secret that it is about.
struct Case {
    base: String,
    change: String,
    line: u64,
}

fn case(base: &[&str], change: &[&str], line: u64) -> Case {
    Case { base: base.concat(), change: change.concat(), line }
}

/// What the gate says about a request with all cases, and the places of them. By the change's own
/// markers all is well.
fn judge(cases: &[Case]) -> (Verdict, Vec<String>) {
    let paths: Vec<String> = (1..=cases.len()).map(|n| format!("case{n:02}.py")).collect();
    let files = |text: fn(&Case) -> &str| -> Vec<File> {
        paths.iter().zip(cases).map(|(path, case)| (path.as_str(), text(case))).collect()
    };
    let project = Project::new(&files(|case| &case.base));
    project.commit(&files(|case| &case.change));
    let request = project.open();
    let clone = project.checkout_merge(Depth::All, &request);
    let by_its_own = run(clone.path(), &["scan"]);
    assert_eq!(by_its_own.status, Some(0), "these are no ways past: {by_its_own:?}");
    let verdict = Environment::of_request(&request).judge(&clone);
    let places = paths.iter().zip(cases).map(|(path, case)| format!("{path}:{}", case.line));
    (verdict, places.collect())
}

#[track_caller]
fn assert_caught(cases: &[Case]) {
    let (verdict, places) = judge(cases);
    verdict.assert_found(&places.iter().map(String::as_str).collect::<Vec<_>>());
    for place in places {
        let note = format!("{place}: a `blurt:allow` excuses this line here, but not at commit ");
        assert!(verdict.notes(&note), "{place}: {verdict:#?}");
    }
}

#[track_caller]
fn assert_excused(cases: &[Case]) {
    let (verdict, places) = judge(cases);
    verdict.assert_clean();
    let ignored = verdict.places("ignored");
    for place in places {
        assert!(ignored.contains(&place), "{place}: {verdict:#?}");
    }
    assert!(!verdict.said.out.contains("but not at"), "{verdict:#?}");
}

#[test]
fn a_marker_of_the_change_excuses_nothing() {
    assert_caught(&[
        case(&[CODE], &[&excused(1), CODE], 1),
        case(&[CODE], &[ALONE, &secret(1), CODE], 2),
        case(&[CODE], &[START, &secret(1), END, CODE], 2),
        case(&[CODE], &[START, CODE, &secret(1)], 7),
        // The line was there before, and what is marked now is another secret.
        case(&[&secret(1), CODE], &[&excused(2), CODE], 1),
        case(&[&excused(1), CODE], &[&excused(2), CODE], 1),
    ]);
}

#[test]
fn a_marker_in_a_new_file_excuses_nothing() {
    let project = Project::new(&[]);
    project.commit(&[("a.py", &excused(1))]);
    let verdict = project.judge();
    verdict.assert_found(&["a.py:1"]);
    assert!(verdict.notes("a.py:1: a `blurt:allow` excuses this line here"), "{verdict:#?}");
}

#[test]
fn a_block_that_the_change_widens_excuses_nothing() {
    let one = secret(1);
    let block = [START, &one, END, CODE];
    let blocks = [START, &one, END, CODE, START, &secret(3), END];
    assert_caught(&[
        // Its end is moved, or removed, or another block's.
        case(&block, &[START, &one, CODE, &secret(2), END], 8),
        case(&block, &[START, &one, CODE, &secret(2)], 8),
        case(&blocks, &[START, &one, CODE, &secret(2), START, &secret(3), END], 8),
        // Its beginning is moved.
        case(&[CODE, START, &one, END], &[START, &secret(2), CODE, &one, END], 2),
    ]);
}

#[test]
fn a_marker_of_the_base_is_good_for_one_place() {
    let one = secret(1);
    let block = [START, &one, END].concat();
    assert_caught(&[
        case(&[ALONE, &one, CODE], &[ALONE, &one, CODE, ALONE, &secret(2)], 9),
        case(&[CODE, ALONE, &one], &[ALONE, &secret(2), CODE, ALONE, &one], 2),
        case(&[ALONE, &one, CODE], &[ALONE, &one, ALONE, &secret(2), CODE], 4),
        case(&[&excused(1), CODE], &[&excused(1), &excused(2), CODE], 2),
        case(&[&excused(1), CODE], &[&excused(2), &excused(1), CODE], 1),
        case(&[&block, CODE], &[&block, CODE, START, &secret(2), END], 10),
        case(&[&block, CODE], &[START, &secret(2), END, &block, CODE], 2),
        case(&[&block, CODE], &[&block, START, &secret(2), END, CODE], 5),
    ]);
}

/// Git may take the first of two equal lines for the one that was there.
#[test]
fn a_marker_that_is_doubled_above_is_the_change_s() {
    let one = secret(1);
    assert_caught(&[
        case(&[ALONE, &one, CODE], &[ALONE, &secret(2), ALONE, &one, CODE], 2),
        case(&[CODE, ALONE, &one], &[CODE, ALONE, &secret(2), ALONE, &one], 7),
    ]);
}

#[test]
fn a_marker_that_the_change_moves_or_rewrites_excuses_nothing() {
    let narrow = |marker: &str| marker.replace('*', "aws-access-key-id");
    assert_caught(&[
        case(&[ALONE, CODE], &[CODE, ALONE, &secret(1)], 7),
        case(&[CODE, ALONE, "k = 0\n"], &[ALONE, &secret(1), CODE, "k = 0\n"], 2),
        case(&[&narrow(ALONE), "k = 0\n", CODE], &[ALONE, &secret(1), CODE], 2),
        case(&[&narrow(START), "k = 0\n", END], &[START, &secret(1), END], 2),
    ]);
    // In one file it was good, in another it is not.
    let project = Project::new(&[("old.py", &[ALONE, "k = 0\n", CODE].concat())]);
    project.dev.git(&["mv", "old.py", "new.py"]);
    project.commit(&[("new.py", &[ALONE, &secret(1), CODE].concat())]);
    project.judge().assert_found(&["new.py:2"]);
}

#[test]
fn a_marker_that_was_reviewed_excuses() {
    let block = [CODE, START, &secret(9), END, CODE];
    assert_excused(&[
        case(&[ALONE, "k = 0\n", CODE], &[ALONE, &secret(1), CODE], 2),
        case(&["k = 0\n", ALONE, "k = 0\n"], &[CODE, "k = 0\n", ALONE, &secret(1)], 8),
        case(&block, &[CODE, START, &secret(9), &secret(2), END, CODE], 8),
        case(&block, &[CODE, CODE, START, &secret(9), &secret(2), END, CODE], 13),
        case(&block, &[CODE, START, &secret(2), END, "more = 1\n", CODE], 7),
        // A block without an end goes to the end of the file, and may do so.
        case(&[CODE, START, "k = 0\n"], &[CODE, START, "k = 0\n", &secret(1)], 8),
    ]);
    // For another rule it is none.
    let other = START.replace('*', "aws-access-key-id");
    let project = Project::new(&[("a.py", &[&*other, "k = 0\n", END].concat())]);
    project.commit(&[("a.py", &[&*other, &secret(1), END].concat())]);
    project.judge().assert_found(&["a.py:2"]);
}

/// A version within the change is judged as its end is: by what the base says.
#[test]
fn a_secret_on_the_way_is_excused_by_the_base_alone() {
    let project = Project::new(&[("a.py", &[START, "k = 0\n", END, CODE].concat())]);
    project.commit(&[("a.py", &[START, &secret(1), END, CODE].concat())]);
    project.commit(&[("a.py", &[START, "k = 0\n", END, CODE].concat())]);
    project.judge().assert_clean();
    project.commit(&[("a.py", &[START, "k = 0\n", END, CODE, &excused(2)].concat())]);
    project.commit(&[("a.py", &[START, "k = 0\n", END, CODE].concat())]);
    project.judge().assert_found(&["a.py:9"]);
}
