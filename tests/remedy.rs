//! What is to be done with a secret: the verb and the way, from what it is and where it stands.

#![allow(clippy::unwrap_used)] // a test may panic

mod common;

use blurt::finding::Finding;
use blurt::remedy::{Part, Phase, Remedy};
use blurt::rule::example::expand;
use blurt::rule::{Confidence, Credential, RuleSet};
use common::{detector, scan};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

#[derive(Deserialize)]
struct Cases {
    case: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    of: String,
    files: BTreeMap<String, String>,
    rule: String,
    action: String,
    strategy: String,
    first: String,
    store: Option<String>,
}

/// Writes files with their patterns expanded into a folder that looks like a repository.
fn plant(files: &BTreeMap<String, String>, seed: u64) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join(".git")).unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, expand(text, seed).unwrap()).unwrap();
    }
    folder
}

fn one(root: &Path, rule: &str, of: &str) -> (Finding, Remedy) {
    let found = scan(root, &detector(), Confidence::Low, 1).findings;
    let rules: Vec<String> = found.iter().map(|(f, _)| f.rule.id().to_owned()).collect();
    let wanted = found.into_iter().find(|(f, _)| rule == "*" || f.rule.id() == rule);
    wanted.unwrap_or_else(|| panic!("{of}: found only {rules:?}"))
}

#[test]
fn every_row_of_the_tables_has_its_verb_and_its_strategy() {
    let cases: Cases = toml::from_str(include_str!("remedy/cases.toml")).unwrap();
    let mut wrong = Vec::new();
    for (seed, case) in cases.case.iter().enumerate() {
        let folder = plant(&case.files, seed as u64);
        let (_, remedy) = one(folder.path(), &case.rule, &case.of);
        let action = serde_json::to_value(remedy.action).unwrap();
        let store = remedy.facts.as_ref().and_then(|facts| facts.store.clone());
        let first = &remedy.steps[0].what;
        let right = action == case.action.as_str()
            && remedy.strategy == case.strategy
            && first.contains(&case.first)
            && case.store.as_ref().is_none_or(|wanted| Some(wanted) == store.as_ref());
        if !right {
            wrong.push(format!(
                "{}: {action} by {} into {store:?}, first: {first}\n    {:?}",
                case.of, remedy.strategy, remedy.reasons
            ));
        }
        assert!(!remedy.summary.contains('{'), "{}: {}", case.of, remedy.summary);
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// What nobody issues is called by what it is.
const UNISSUED: [Credential; 6] = [
    Credential::SshKey,
    Credential::DatabasePassword,
    Credential::ApplicationPassword,
    Credential::ApplicationSecret,
    Credential::CertificateKey,
    Credential::CryptographicKey,
];

#[test]
fn every_rule_has_steps_that_name_its_own_provider() {
    let rules = RuleSet::builtin().unwrap();
    let mut silent = Vec::new();
    for rule in rules.rules() {
        let remedy = Remedy::in_general(rule, &rules);
        let steps: Vec<&str> = remedy.steps.iter().map(|step| step.what.as_str()).collect();
        let text = format!("{} {}", remedy.summary, steps.join(" "));
        // The deletion names every secret by its title; here the provider's own steps have to.
        let own = remedy.steps.iter().filter(|step| step.part != Part::Place);
        let own: Vec<String> = own.map(|step| step.what.to_lowercase()).collect();
        let own = own.join(" ");
        let issued = !UNISSUED.contains(&rules.playbook(rule).unwrap().credential);
        // One word of it, as `GitHub` of `GitHub fine-grained`.
        let names = |provider: &str| {
            let words = provider.split([' ', '.', '(', ')']).filter(|word| !word.is_empty());
            words.map(str::to_lowercase).any(|word| own.contains(&word))
        };
        if issued && !rule.provider().is_none_or(names) {
            silent.push(format!("{}: {:?}", rule.id(), rule.provider()));
        }
        let left =
            ["{title}", "{provider}", "{console}", "{subject}", "{store}", "{path}", "{line}"];
        assert!(
            left.iter().all(|placeholder| !text.contains(placeholder)),
            "{}: {text}",
            rule.id()
        );
        assert!(remedy.steps.len() > 1, "{}", rule.id());
    }
    assert!(silent.is_empty(), "{} rules:\n{}", silent.len(), silent.join("\n"));
}

#[test]
fn no_command_takes_or_shows_a_secret() {
    let rules = RuleSet::builtin().unwrap();
    let commands = rules.playbooks().flat_map(|playbook| {
        [&playbook.check, &playbook.contain, &playbook.replace, &playbook.watch]
            .map(|steps| steps.iter().filter_map(|step| step.command.clone()).collect::<Vec<_>>())
    });
    let more = rules.strategies().flat_map(|one| [&one.steps, &one.watch]);
    let more = more.chain(rules.stores().flat_map(|store| [&store.put, &store.watch]));
    let more = more.flatten().filter_map(|step| step.command.clone());
    let fetch = rules.stores().flat_map(|store| store.fetch.values().chain(&store.rotate));
    let fetch = fetch.filter_map(|step| step.command.clone());
    let mut seen = 0;
    for command in commands.flatten().chain(more).chain(fetch) {
        seen += 1;
        for argument in ["--secret-string ", "--value ", "--password ", "--token ", "Bearer "] {
            let rest = command.split_once(argument).map(|(_, rest)| rest);
            let of_file = |rest: &str| {
                let rest = rest.trim_start_matches(['\'', '"']);
                ["file://", "<", "-", "fileb://", "@", "\"$(cat", "$(cat", "\"$("]
                    .iter()
                    .any(|by| rest.starts_with(by))
            };
            let harmless = rest.is_none_or(of_file);
            assert!(harmless, "{command}");
        }
    }
    assert!(seen > 200, "{seen}");
}

#[test]
fn what_is_not_committed_is_replaced_before_it_is_revoked() {
    let phases = |remedy: &Remedy| {
        let mut phases: Vec<Phase> = remedy.steps.iter().map(|step| step.phase).collect();
        phases.dedup();
        phases
    };
    let files = BTreeMap::from([(
        "a.py".to_owned(),
        "KEY = \"<<SG\\.[0-9A-Za-z_-]{22}\\.[0-9A-Za-z_-]{43}>>\"\n".to_owned(),
    )]);
    let folder = plant(&files, 1);
    let (mut finding, remedy) = one(folder.path(), "sendgrid-api-key", "a key");
    let in_order = [Phase::Contain, Phase::Replace, Phase::Clean, Phase::Watch];
    assert_eq!(phases(&remedy), in_order);
    let rules = RuleSet::builtin().unwrap();
    let around = blurt::remedy::surroundings::Nothing;
    finding.exposure.in_history = Some(false);
    let remedy = Remedy::of(&finding, &rules, &around);
    let later = [Phase::Replace, Phase::Clean, Phase::Contain, Phase::Watch];
    assert_eq!(phases(&remedy), later);
    assert!(remedy.steps.iter().all(|step| step.part != Part::History), "{:?}", remedy.steps);
    finding.exposure.in_history = None;
    finding.exposure.staged = true;
    let remedy = Remedy::of(&finding, &rules, &around);
    assert_eq!(phases(&remedy)[1..], later, "{:?}", remedy.steps);
    assert_eq!(remedy.steps[0].command.as_deref(), Some("git restore --staged FILE"));
    assert!(remedy.steps.iter().all(|step| step.part != Part::History), "{:?}", remedy.steps);
    finding.exposure.in_history = Some(true);
    finding.exposure.pushed = Some(true);
    finding.exposure.in_tree = false;
    let remedy = Remedy::of(&finding, &rules, &around);
    assert_eq!(phases(&remedy), in_order);
    assert!(remedy.steps.iter().all(|step| step.part != Part::Place), "{:?}", remedy.steps);
    let history = remedy.steps.iter().filter(|step| step.part == Part::History);
    let history: Vec<_> = history.collect();
    assert_eq!(history.len(), 1);
    assert!(history[0].what.contains("Force-push"), "{}", history[0].what);
}

#[cfg(unix)]
#[test]
fn a_reason_obeys_no_name_of_the_tree() {
    let folder = "a\u{1b}[31m\u{202e}b";
    let files = BTreeMap::from([
        (format!("{folder}/serverless.yml"), "provider:\n  name: aws\n".to_owned()),
        (format!("{folder}/a.py"), "aws_access_key_id = \"<<AKIA[A-Z2-7]{16}>>\"\n".to_owned()),
    ]);
    let folder = plant(&files, 1);
    let (_, remedy) = one(folder.path(), "aws-access-key-id", "a folder with control characters");
    assert_eq!(remedy.strategy, "lambda-execution-role");
    assert!(remedy.why.contains("serverless.yml says that AWS Lambda runs it"), "{}", remedy.why);
    let shown =
        format!("{}{:?}", remedy.why, remedy.steps.iter().map(|s| &s.what).collect::<Vec<_>>());
    assert!(!shown.contains(['\u{1b}', '\u{202e}']), "{shown:?}");
}

#[test]
fn a_preferred_store_is_used() {
    let mut rules = RuleSet::builtin().unwrap();
    assert!(!rules.prefer_store("shoebox"));
    assert!(rules.prefer_store("vault"));
    let rule = rules.get("sendgrid-api-key").unwrap().clone();
    let remedy = Remedy::in_general(&rule, &rules);
    assert_eq!(remedy.facts.unwrap().store.as_deref(), Some("vault"));
    assert!(remedy.summary.contains("Vault"), "{}", remedy.summary);
}
