//! From the first scan of a planted application to the proof that its secrets are gone, with the real tools:
//! scan, plan, fix, the checkers of the languages, a second scan, `git filter-repo`, verify.

#![cfg(unix)]
#![allow(clippy::unwrap_used)] // a test may panic
#![allow(clippy::print_stderr)] // a test that is skipped says so

mod common;

use aho_corasick::AhoCorasick;
use assert_cmd::Command;
use common::{Fixtures, Said, blurt, has_filter_repo, said, syntax, type_in};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// An application with its history, and what no output may hold.
struct Application {
    fixtures: Fixtures,
    secrets: AhoCorasick,
    report: PathBuf,
}

impl Application {
    /// The application as its team has it: two commits, a tag, a note, a stash.
    fn new() -> Self {
        let fixtures = Fixtures::render_some(|name| name == "marketplace");
        let secrets = AhoCorasick::new(fixtures.secrets()).unwrap();
        let report = fixtures.folder.path().join("report.json");
        let application = Self { fixtures, secrets, report };
        // A key that a page needs is no secret, and its site allows it.
        let page = application.root().join("web/src/Stores.tsx");
        let text = fs::read_to_string(&page).unwrap();
        let allow =
            "language=\"en\"> {/* blurt:allow google-api-key -- only our pages may use it */}";
        let allowed = text.replace("language=\"en\">", allow);
        assert_ne!(text, allowed);
        fs::write(&page, allowed).unwrap();
        application.git(&["init", "-q", "-b", "main"]);
        application.git(&["add", "-A", "-f"]);
        application.git(&["commit", "-qm", "The shop"]);
        let planted = application.fixtures.secrets();
        let token = planted.iter().find(|secret| secret.starts_with("ghp_")).unwrap().to_string();
        application.git(&["tag", "-a", "v1", "-m", &format!("Deployed with {token}")]);
        application.git(&["notes", "add", "-m", &format!("deploy token: {token}")]);
        fs::write(application.root().join("scripts/deploy.sh"), format!("TOKEN={token}\n"))
            .unwrap();
        application.git(&["stash", "-q"]);
        application
    }

    fn root(&self) -> &Path {
        &self.fixtures.all[0].root
    }

    fn git(&self, args: &[&str]) -> String {
        let mut git = Command::new("git");
        git.current_dir(self.root()).env("GIT_CONFIG_GLOBAL", "/dev/null");
        git.env("GIT_CONFIG_NOSYSTEM", "1").args(["-c", "user.name=Ann"]);
        let said = said(git.args(["-c", "user.email=ann@example.org"]).args(args));
        assert_eq!(said.status, Some(0), "git {args:?}: {}", said.err);
        said.out
    }

    /// Runs blurt; what it says holds no secret.
    fn run(&self, args: &[&str]) -> Said {
        let said = said(blurt(self.root()).args(args));
        for text in [&said.out, &said.err] {
            assert!(self.secrets.find(text).is_none(), "{args:?} shows a secret");
        }
        said
    }

    fn verify(&self) -> (Option<i32>, serde_json::Value) {
        let said = self.run(&["verify", self.report.to_str().unwrap(), "-f", "json"]);
        (said.status, serde_json::from_str(&said.out).unwrap())
    }
}

/// The commands that clean a history, in order.
fn commands(closure: &serde_json::Value) -> Vec<String> {
    let steps = closure["cleaning"].as_array().unwrap().iter();
    let commands = steps.flat_map(|step| step["commands"].as_array().unwrap());
    commands.map(|command| command.as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_finding_is_closed_from_end_to_end() {
    let application = Application::new();
    let report = application.report.to_str().unwrap();

    let scan = application.run(&["scan", "--history", "-f", "json"]);
    assert_eq!((scan.status, scan.err.as_str()), (Some(1), ""));
    fs::write(report, &scan.out).unwrap();
    let plan = application.run(&["plan", report]);
    assert_eq!(plan.status, Some(1), "{}", plan.err);
    assert!(plan.out.starts_with("# "), "{}", plan.out);

    let preview = application.run(&["fix"]);
    assert_eq!(preview.status, Some(1), "{}", preview.err);
    assert_eq!(application.git(&["status", "--porcelain"]), "", "a preview changes nothing");
    let fix = application.run(&["fix", "--write"]);
    assert_eq!((fix.status, fix.err.as_str()), (Some(0), ""), "{}", fix.out);
    let listed = application.git(&["ls-files", "--cached", "--others", "--exclude-standard"]);
    let files: BTreeSet<&str> = listed.lines().collect();
    assert!(files.len() > 40 && files.contains(".env.example") && !files.contains(".env"));
    for path in files {
        let content = fs::read(application.root().join(path)).unwrap();
        assert_eq!(syntax::check(path, &content), Ok(()), "{path}");
    }
    let scan = application.run(&["scan"]);
    assert_eq!((scan.status, scan.err.as_str()), (Some(0), ""), "{}", scan.out);

    let again = application.run(&["fix", "--write"]);
    assert_eq!(again.out, "No secrets found: there is nothing to fix.\n");

    application.git(&["add", "-A"]);
    application.git(&["commit", "-qm", "Read secrets from outside"]);
    let (status, closure) = application.verify();
    assert_eq!(status, Some(1), "what was committed is still in the history");
    assert!(commands(&closure).iter().any(|command| command.contains("filter-repo")));
    if !has_filter_repo() {
        eprintln!("skipped from here on: git-filter-repo is not installed");
        return;
    }
    for command in commands(&closure) {
        type_in(application.root(), &command);
    }
    let (status, closure) = application.verify();
    assert_eq!(status, Some(0), "{closure:#}");
    let secrets = closure["secrets"].as_array().unwrap();
    assert!(secrets.len() > 100, "{}", secrets.len());
    // What git itself has, object by object.
    let mut git = Command::new("git");
    git.current_dir(application.root()).args(["cat-file", "--batch", "--batch-all-objects"]);
    let objects = git.output().unwrap().stdout;
    let left = application.secrets.find_iter(&objects).map(|found| &objects[found.range()]);
    let left: BTreeSet<_> = left.filter(|secret| !secret.starts_with(b"AIza")).collect();
    assert!(objects.len() > 10_000 && left.is_empty(), "{} are left", left.len());
    // What the application reads on this disk is where it was.
    assert!(
        application
            .secrets
            .find(&fs::read_to_string(application.root().join(".env")).unwrap())
            .is_some()
    );
}
