//! Repositories with a secret, sloppy clean-ups, and the question whether it is gone.

use crate::repo::Repo;
use crate::said;
use crate::token::Token;
use assert_cmd::Command;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;

/// What `blurt verify` answers.
#[derive(Debug)]
pub struct Asked {
    pub status: Option<i32>,
    pub text: String,
    pub err: String,
    pub json: Value,
}

impl Asked {
    fn groups(&self) -> impl Iterator<Item = &Value> {
        let secrets = self.json["secrets"].as_array().unwrap().iter();
        secrets.flat_map(|secret| secret["held_by"].as_array().unwrap())
    }

    /// The kinds of what holds the secrets, each once.
    pub fn holders(&self) -> Vec<&str> {
        let holders: BTreeSet<&str> =
            self.groups().map(|group| group["holder"].as_str().unwrap()).collect();
        holders.into_iter().collect()
    }

    /// What of one kind holds them.
    pub fn names(&self, holder: &str) -> Vec<String> {
        let groups = self.groups().filter(|group| group["holder"] == holder);
        let names = groups.flat_map(|group| group["names"].as_array().unwrap());
        names.map(|name| name.as_str().unwrap().to_owned()).collect()
    }

    /// The commands that clean, in order.
    pub fn commands(&self) -> Vec<String> {
        let steps = self.json["cleaning"].as_array().unwrap().iter();
        let commands = steps.flat_map(|step| step["commands"].as_array().unwrap());
        commands.map(|command| command.as_str().unwrap().to_owned()).collect()
    }
}

/// A repository with a token in its first commit, and the report of it beside it.
pub fn planted(name: &str) -> (Repo, Token) {
    let repo = Repo::new();
    let token = Token::new(name);
    repo.commit("a.py", token.text());
    report_of(&repo);
    (repo, token)
}

/// Writes the report of a repository beside it.
pub fn report_of(repo: &Repo) {
    let mut command = crate::common::blurt(repo.path());
    let report = repo.parent().join("report.json");
    let said = said(command.args(["scan", "--history", "-q", "-o"]).arg(&report));
    assert!(report.is_file(), "{said:?}");
}

/// Takes the secret out by a new root for main, as someone does who has heard of orphans.
pub fn leave_it(repo: &Repo) {
    repo.git(&["checkout", "-q", "--orphan", "clean"]);
    repo.git(&["rm", "-q", "-r", "-f", "--ignore-unmatch", "."]);
    repo.commit("a.py", "t = input()\n");
    repo.git(&["branch", "-q", "-M", "clean", "main"]);
}

/// Lets git forget what no ref has.
pub fn forget(repo: &Repo) {
    let _ = fs::remove_file(repo.git_folder().join("ORIG_HEAD"));
    repo.git(&["reflog", "expire", "--expire=now", "--all"]);
    repo.git(&["gc", "-q", "--prune=now"]);
}

/// Asks whether the secrets of the report are gone. None of the values may be told.
pub fn ask(repo: &Repo, values: &[&str]) -> Asked {
    ask_with(repo, values, |_| {})
}

/// The same with something more about the command.
pub fn ask_with(repo: &Repo, values: &[&str], more: impl Fn(&mut Command)) -> Asked {
    let report = repo.parent().join("report.json");
    let ask = |format: &str| {
        let mut command = crate::common::blurt(repo.path());
        command.arg("verify").arg(&report).args(["-f", format]);
        command.env("PATH", std::env::var_os("PATH").unwrap());
        more(&mut command);
        let said = said(&mut command);
        for value in values {
            for line in value.lines().filter(|line| !line.contains("-----")) {
                assert!(!said.out.contains(line), "told on standard output");
                assert!(!said.err.contains(line), "told on standard error");
            }
        }
        said
    };
    let (text, json) = (ask("text"), ask("json"));
    assert_eq!(text.status, json.status);
    let document = serde_json::from_str(&json.out).unwrap_or_else(|e| panic!("{e}: {json:?}"));
    Asked { status: json.status, text: text.out, err: json.err, json: document }
}

/// The objects of a repository that hold a value, as git has them: `blob 1234567890`.
pub fn objects_with(repo: &Repo, value: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for kind in ["blob", "commit", "tag"] {
        for id in repo.objects(kind) {
            if repo
                .ask_bytes(&["cat-file", kind, &id])
                .windows(value.len())
                .any(|w| w == value.as_bytes())
            {
                found.insert(format!("{kind} {}", &id[..10]));
            }
        }
    }
    found
}
