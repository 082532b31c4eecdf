//! Configuration, packs and baseline are those of the base: a change cannot switch off its own gate.

use crate::common::run;
use crate::project::{Depth, File, Project};
use crate::run::{Environment, Verdict};
use crate::secret;
use blurt::rule::example::expand;

const CONFIG: &str = ".blurt.toml";
const PACK: &str = "packs/own.toml";
const DOCS_EXCLUDED: &str = "[scan]\nexclude = [\"docs/\"]\n";
const PACK_NAMED: &str = "[rules]\npacks = [\"packs/own.toml\"]\n";
const RULE_OFF: &str = "disable = [\"github-personal-access-token\"]\n";

/// A change of files, by which the secret in `a.py` would pass if it counted.
struct Escape<'a> {
    base: &'a [File<'a>],
    change: &'a [File<'a>],
    /// The files that the remarks name.
    edited: &'a [&'a str],
}

fn edited(verdict: &Verdict, path: &str) -> bool {
    verdict.notes(&format!("{path}: this change edits it; `blurt ci` goes by the version at "))
}

fn assert_caught(escape: &Escape, text: &str) {
    let base = [escape.base, &[("docs/old.md", "old\n")]].concat();
    let project = Project::new(&base);
    project.commit(&[escape.change, &[("a.py", text)]].concat());
    let request = project.open();
    let clone = project.checkout_merge(Depth::All, &request);
    let by_its_own = run(clone.path(), &["scan"]);
    assert_eq!(by_its_own.status, Some(0), "it is no way past: {by_its_own:?}");
    let verdict = Environment::of_request(&request).judge(&clone);
    verdict.assert_found(&["a.py:1"]);
    for path in escape.edited {
        assert!(edited(&verdict, path), "{path}: {verdict:#?}");
    }
    assert_eq!(verdict.said.out.matches("this change edits it").count(), escape.edited.len());
}

#[test]
fn a_configuration_that_the_change_edits_is_not_its_own() {
    let a_excluded = "[scan]\nexclude = [\"docs/\", \"a.py\"]\n";
    let rule_off = format!("[rules]\n{RULE_OFF}");
    let one_rule = "[rules]\nonly = [\"aws-access-key-id\"]\n";
    let base = [(CONFIG, DOCS_EXCLUDED)];
    for settings in [a_excluded, &rule_off, one_rule] {
        let change = [(CONFIG, settings)];
        let edit = Escape { base: &base, change: &change, edited: &[CONFIG] };
        assert_caught(&edit, &secret(1));
    }
    let anew = Escape { base: &[], change: &[(CONFIG, a_excluded)], edited: &[CONFIG] };
    assert_caught(&anew, &secret(1));
}

#[test]
fn a_threshold_that_the_change_raises_is_not_its_own() {
    let value = expand("<<[0-9A-Za-z]{24}>>", 1).unwrap();
    for key in ["min_confidence = \"high\"", "min_severity = \"critical\""] {
        let change = [(CONFIG, &*format!("[scan]\n{key}\n"))];
        let edit = Escape { base: &[], change: &change, edited: &[CONFIG] };
        assert_caught(&edit, &format!("db_password = \"{value}\"\n"));
    }
}

#[test]
fn a_pack_that_the_change_edits_is_not_its_own() {
    let base = [(CONFIG, PACK_NAMED), (PACK, "disable = [\"aws-access-key-id\"]\n")];
    let edit = Escape { base: &base, change: &[(PACK, RULE_OFF)], edited: &[PACK] };
    assert_caught(&edit, &secret(1));
    let change = [(CONFIG, PACK_NAMED), (PACK, RULE_OFF)];
    let anew = Escape { base: &[], change: &change, edited: &[CONFIG, PACK] };
    assert_caught(&anew, &secret(1));
    let base = [(CONFIG, DOCS_EXCLUDED), (PACK, RULE_OFF)];
    let named = Escape { base: &base, change: &[(CONFIG, PACK_NAMED)], edited: &[CONFIG] };
    assert_caught(&named, &secret(1));
}

#[test]
fn a_baseline_that_the_change_brings_is_not_its_own() {
    let project = Project::new(&[]);
    project.commit(&[(".blurt-baseline.json", "{}\n"), ("a.py", &secret(1))]);
    let verdict = project.judge();
    verdict.assert_found(&["a.py:1"]);
    assert!(edited(&verdict, ".blurt-baseline.json"), "{verdict:#?}");
}

#[test]
fn the_configuration_of_the_base_works() {
    let base = [(CONFIG, PACK_NAMED), (PACK, RULE_OFF)];
    let project = Project::new(&base);
    project.commit(&[("a.py", &secret(1))]);
    let verdict = project.judge();
    verdict.assert_clean();
    assert!(!verdict.said.out.contains("note: "), "{verdict:#?}");
    let project = Project::new(&[(CONFIG, DOCS_EXCLUDED)]);
    project.commit(&[("docs/a.md", &secret(1))]);
    project.judge().assert_clean();
}

#[test]
fn a_configuration_that_the_change_deletes_works_on() {
    let project = Project::new(&[(CONFIG, DOCS_EXCLUDED)]);
    project.dev.git(&["rm", "-q", CONFIG]);
    project.commit(&[("docs/a.md", &secret(1)), ("a.py", &secret(2))]);
    let verdict = project.judge();
    verdict.assert_found(&["a.py:1"]);
    assert!(edited(&verdict, CONFIG), "{verdict:#?}");
    // A pack that is gone from the disk is read all the same.
    let project = Project::new(&[(CONFIG, PACK_NAMED), (PACK, RULE_OFF)]);
    project.dev.git(&["rm", "-q", "-r", "packs", CONFIG]);
    project.commit(&[("a.py", &secret(1))]);
    let verdict = project.judge();
    verdict.assert_clean();
    assert!(edited(&verdict, CONFIG) && edited(&verdict, PACK), "{verdict:#?}");
}

/// A flawed file of the change is no concern of the gate's; one of the base is, and says where.
#[test]
fn a_flawed_configuration_stops_the_gate_only_in_the_base() {
    let project = Project::new(&[]);
    project.commit(&[(CONFIG, "[scan\n"), ("a.py", &secret(1))]);
    let verdict = project.judge();
    verdict.assert_found(&["a.py:1"]);
    assert!(edited(&verdict, CONFIG), "{verdict:#?}");
    let project = Project::new(&[(CONFIG, "[scan\n")]);
    project.commit(&[(CONFIG, ""), ("a.py", "x = 1\n")]);
    project.judge().assert_refused("whose configuration counts");
}

#[test]
fn a_configuration_file_that_is_named_is_read_at_the_base() {
    let project = Project::new(&[("ci/gate.toml", DOCS_EXCLUDED)]);
    let all = "[scan]\nexclude = [\"docs/\", \"*.py\"]\n";
    project.commit(&[("ci/gate.toml", all), ("docs/a.md", &secret(1)), ("a.py", &secret(2))]);
    project.commit(&[("ci/new.toml", all)]);
    let request = project.open();
    let clone = project.checkout_merge(Depth::All, &request);
    let environment = Environment::of_request(&request);
    let verdict = environment.run(&clone, "", &["--config", "ci/gate.toml"]);
    verdict.assert_found(&["a.py:1"]);
    assert!(edited(&verdict, "ci/gate.toml"), "{verdict:#?}");
    let below = environment.run(&clone, "ci", &["--config", "../ci/gate.toml"]);
    below.assert_found(&["../a.py:1"]);
    let absolute = clone.path().join("ci/gate.toml");
    let absolute = environment.run(&clone, "", &["--config", absolute.to_str().unwrap()]);
    absolute.assert_found(&["a.py:1"]);
    let new = environment.run(&clone, "", &["--config", "ci/new.toml"]);
    new.assert_refused("whose configuration counts");
    // What lies outside is not the change's to edit.
    let outside = clone.beside("outside.toml");
    std::fs::write(outside.path(), all).unwrap();
    environment.run(&clone, "", &["--config", "../outside.toml"]).assert_clean();
}

#[test]
fn a_pack_that_is_named_is_read_at_the_base() {
    let project = Project::new(&[(PACK, "disable = [\"aws-access-key-id\"]\n")]);
    project.commit(&[(PACK, RULE_OFF), ("a.py", &secret(1))]);
    let request = project.open();
    let clone = project.checkout_merge(Depth::All, &request);
    let verdict = Environment::of_request(&request).run(&clone, "", &["--rules", PACK]);
    verdict.assert_found(&["a.py:1"]);
    assert!(edited(&verdict, PACK), "{verdict:#?}");
}

#[test]
fn a_subfolder_goes_by_the_configuration_of_the_root() {
    let settings = "[scan]\nexclude = [\"docs/\"]\n[rules]\npacks = [\"packs/own.toml\"]\n";
    let project = Project::new(&[(CONFIG, settings), (PACK, ""), ("api/main.py", "x = 1\n")]);
    project.commit(&[
        ("api/.blurt.toml", "[scan]\nexclude = [\"*.py\"]\n"),
        (PACK, RULE_OFF),
        ("api/a.py", &secret(1)),
        ("b.py", &secret(2)),
        ("docs/a.md", &secret(3)),
    ]);
    let request = project.open();
    let clone = project.checkout_merge(Depth::All, &request);
    let verdict = Environment::of_request(&request).run(&clone, "api", &[]);
    verdict.assert_found(&["../b.py:1", "a.py:1"]);
    assert!(edited(&verdict, CONFIG), "{verdict:#?}");
    let pack = verdict.said.out.lines().any(|line| line.contains("own.toml: this change edits it"));
    assert!(pack, "{verdict:#?}");
    for file in ["file=b.py,line=1,", "file=api/a.py,line=1,"] {
        assert!(verdict.said.out.contains(file), "GitHub wants paths from the root: {verdict:#?}");
    }
}

/// The globs of a file are written by somebody who sees its folder.
#[test]
fn a_glob_means_the_same_in_a_subfolder() {
    let settings = "[scan]\nexclude = [\"api/vectors.py\", \"/vectors.py\"]\n";
    let project = Project::new(&[(CONFIG, settings), ("api/main.py", "x = 1\n")]);
    project.commit(&[("api/vectors.py", &secret(1)), ("api/api/vectors.py", &secret(2))]);
    let request = project.open();
    let clone = project.checkout_merge(Depth::All, &request);
    let environment = Environment::of_request(&request);
    environment.judge(&clone).assert_found(&["api/api/vectors.py:1"]);
    environment.run(&clone, "api", &[]).assert_found(&["api/vectors.py:1"]);
}

/// A baseline that knows what stands in `a.py`.
fn baseline_of(text: &str) -> String {
    let project = Project::new(&[("a.py", text)]);
    let clone = project.checkout_merge(Depth::All, &project.open());
    let said = run(clone.path(), &["baseline", "create"]);
    assert_eq!(said.status, Some(0), "{said:?}");
    std::fs::read_to_string(clone.path().join(".blurt-baseline.json")).unwrap()
}

#[test]
fn a_baseline_that_the_change_edits_is_not_its_own() {
    let baseline = baseline_of(&secret(1));
    let change = [(".blurt-baseline.json", &*baseline)];
    let anew = Escape { base: &[], change: &change, edited: &[".blurt-baseline.json"] };
    assert_caught(&anew, &secret(1));
}

#[test]
fn what_the_baseline_of_the_base_knows_passes() {
    let baseline = baseline_of(&secret(1));
    let project = Project::new(&[(".blurt-baseline.json", &baseline)]);
    project.commit(&[("a.py", &secret(1))]);
    let request = project.open();
    let clone = project.checkout_merge(Depth::All, &request);
    let verdict = Environment::of_request(&request).judge(&clone);
    assert_eq!(verdict.said.status, Some(0), "{verdict:#?}");
    assert!(verdict.said.out.contains("1 known"), "{verdict:#?}");
}

#[test]
fn the_configuration_of_a_folder_that_the_change_edits_is_not_its_own() {
    let off = format!("[rules]\n{RULE_OFF}");
    for settings in [&*off, "[scan]\nexclude = [\"*.py\"]\n"] {
        let project = Project::new(&[("docs/old.md", "old\n")]);
        project.commit(&[("sub/.blurt.toml", settings), ("sub/a.py", &secret(1))]);
        let request = project.open();
        let clone = project.checkout_merge(Depth::All, &request);
        assert_eq!(run(clone.path(), &["scan"]).status, Some(0), "it is no way past");
        let verdict = Environment::of_request(&request).judge(&clone);
        verdict.assert_found(&["sub/a.py:1"]);
        assert!(edited(&verdict, "sub/.blurt.toml"), "{verdict:#?}");
    }
    let project = Project::new(&[("sub/.blurt.toml", &off)]);
    project.commit(&[("sub/a.py", &secret(1))]);
    let request = project.open();
    let clone = project.checkout_merge(Depth::All, &request);
    let verdict = Environment::of_request(&request).judge(&clone);
    assert_eq!(verdict.said.status, Some(0), "{verdict:#?}");
    assert!(verdict.said.out.contains("1 ignored"), "{verdict:#?}");
}
