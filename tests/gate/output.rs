//! What people and programs are told: the log, annotations, the summary, and report files.

use crate::common::repo::Repo;
use crate::project::{Depth, Project};
use crate::run::{Environment, Verdict};
use crate::{secret, token};
use serde_json::Value;
use std::fs;

/// A request with a secret in `api/a.py`, and the clone for it.
fn request() -> (Environment, Repo, Project) {
    let project = Project::new(&[("api/main.py", "x = 1\n")]);
    project.commit(&[("api/a.py", &format!("x = 1\n{}", secret(1)))]);
    let request = project.open();
    let clone = project.checkout_merge(Depth::All, &request);
    (Environment::of_request(&request), clone, project)
}

#[test]
fn github_gets_annotations_and_a_summary() {
    let (environment, clone, _project) = request();
    fs::write(clone.parent().join("summary.md"), "# Of another step\n").unwrap();
    let verdict = environment.judge(&clone);
    verdict.assert_found(&["api/a.py:2"]);
    let annotation = "::error file=api/a.py,line=2,endLine=2,col=6,";
    assert_eq!(verdict.said.out.matches(annotation).count(), 1, "{verdict:#?}");
    assert!(
        verdict.said.out.starts_with("api/a.py\n  2:6 "),
        "and a report for people: {verdict:#?}"
    );
    assert!(verdict.summary.starts_with("# Of another step\n"), "{verdict:#?}");
    assert_eq!(verdict.summary.matches("\n## blurt found 1 secret\n").count(), 1);
    assert!(verdict.summary.contains("api/a.py"), "{}", verdict.summary);
    let twice = environment.judge(&clone);
    assert!(twice.summary.starts_with(&verdict.summary), "{}", twice.summary);
    assert!(twice.summary.len() > verdict.summary.len());
    let quiet = environment.run(&clone, "", &["-q"]);
    assert!(quiet.said.out.starts_with(annotation), "{quiet:#?}");
    assert_eq!(quiet.said.out.lines().count(), 1, "{quiet:#?}");
    // A machine reads standard output: nothing comes behind its report.
    let json = environment.run(&clone, "", &["-f", "json"]);
    assert_eq!(serde_json::from_str::<Value>(&json.said.out).unwrap(), json.report);
}

#[test]
fn github_is_told_what_could_not_be_looked_at() {
    let (_, _, project) = request();
    let request = project.open();
    let clone = project.checkout_merge(Depth::One, &request);
    let verdict = Environment::of_request(&request).judge(&clone);
    let mend = verdict.assert_blind();
    let annotations = verdict.said.out.lines().filter(|line| line.starts_with("::error "));
    let annotations: Vec<&str> = annotations.collect();
    assert!(annotations.len() == 1 && annotations[0].contains(&mend), "{verdict:#?}");
    assert!(verdict.summary.contains(&request.base), "{}", verdict.summary);
}

#[test]
fn a_summary_that_cannot_be_written_is_2() {
    let (environment, clone, _project) = request();
    fs::create_dir(clone.parent().join("summary.md")).unwrap();
    let verdict = environment.judge(&clone);
    verdict.assert_refused("summary.md: cannot be written");
}

#[test]
fn programs_get_their_files() {
    let (environment, clone, _project) = request();
    for folder in ["", "api"] {
        let path = |name: &str| clone.parent().join(name).to_str().unwrap().to_owned();
        let (sarif, gitlab) = (path("out.sarif"), format!("gitlab:{}", path("gl.json")));
        let args = ["-o", &*sarif, "-o", &*gitlab];
        let verdict = environment.run(&clone, folder, &args);
        verdict.assert_found(&[if folder.is_empty() { "api/a.py:2" } else { "a.py:2" }]);
        let read = |name: &str| -> Value {
            let text = fs::read_to_string(clone.parent().join(name)).unwrap();
            assert!(!text.contains(&token(1)));
            serde_json::from_str(&text).unwrap()
        };
        let results = &read("out.sarif")["runs"][0]["results"];
        let place = &results[0]["locations"][0]["physicalLocation"];
        assert_eq!(results.as_array().unwrap().len(), 1, "{results}");
        assert_eq!(place["artifactLocation"]["uri"], "api/a.py", "from the root: {results}");
        assert_eq!(place["region"]["startLine"], 2, "{results}");
        let found = &read("gl.json")["vulnerabilities"];
        assert_eq!(found.as_array().unwrap().len(), 1, "{found}");
        assert_eq!(found[0]["location"]["file"], "api/a.py", "{found}");
    }
    let nowhere = environment.run(&clone, "", &["-o", "/nowhere/out.sarif"]);
    nowhere.assert_refused("/nowhere/out.sarif: cannot be written");
}

/// No line is a command but the annotations that blurt itself writes.
fn assert_no_command(verdict: &Verdict) {
    for line in verdict.said.out.lines().chain(verdict.said.err.lines()) {
        let line = line.trim_start();
        let own = ["::error ", "::warning ", "::notice "];
        let is_own = own.iter().any(|own| line.starts_with(own)) && line.contains("title=");
        assert!(is_own || !line.starts_with("::"), "{line:?} in {verdict:#?}");
        assert!(is_own || !line.contains("##"), "{line:?} in {verdict:#?}");
    }
}

/// What GitHub and Azure take for a command:
/// <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>,
/// <https://learn.microsoft.com/en-us/azure/devops/pipelines/scripts/logging-commands>.
#[test]
fn what_is_scanned_cannot_command_the_service() {
    let lines = [
        format!("::stop-commands::x {}", secret(1)),
        format!("##[add-path]/evil {}", secret(2)),
        format!("  ###[set-env name=A]b {}", secret(3)),
        format!("##vso[task.setvariable variable=A]b {}", secret(4)),
    ];
    let project = Project::new(&[("c.py", "x = 1\n")]);
    let paths = ["::error::a.py", "##[error]b.py", "##vso[a]c.py", "a\n::stop-commands::d.py"];
    let text = lines.concat();
    for path in ["a.py"].iter().chain(&paths) {
        project.dev.write(path, &text);
    }
    project.commit(&[]);
    let message = lines.concat();
    project.dev.git(&["commit", "-q", "--allow-empty", "-m", &message]);
    // Remarks and problems hold foreign text as well.
    let marked = secret(5).replace('\n', "  # blurt:allow * -- ::stop-commands::x ##[error]\n");
    project.commit(&[("::notice::e.py", &marked)]);
    let request = project.open();
    let clone = project.checkout_merge(Depth::All, &request);
    let github = Environment::of_request(&request);
    let base = ["--base", &*request.base, "--head", &*request.head];
    let azure = Environment::default().with("TF_BUILD", "True");
    for verdict in [
        github.judge(&clone),
        github.run(&clone, "", &["-v"]),
        github.run(&clone, "", &["-q"]),
        azure.run(&clone, "", &base),
        azure.run(&clone, "", &[&base[..], &["-v"]].concat()),
        github.run(&clone, "", &["--base", "::stop-commands::x"]),
        github.run(&clone, "", &["--base", "a\n::stop-commands::x ##[error]"]),
        github.run(&clone, "", &["--config", "a\n::stop-commands::x ##[error]"]),
    ] {
        assert!(matches!(verdict.said.status, Some(1 | 2)), "{verdict:#?}");
        assert_no_command(&verdict);
    }
}

/// Nobody but GitHub is told in GitHub's way.
#[test]
fn other_services_get_no_annotations() {
    let (_, clone, _project) = request();
    let none = Environment::default().with("CI", "true");
    let verdict = none.run(&clone, "", &["--base", "refs/remotes/origin/main"]);
    assert_eq!(verdict.places("new"), ["api/a.py:2"]);
    assert!(!verdict.said.out.contains("::error"), "{verdict:#?}");
    assert_eq!(verdict.summary, "");
}
