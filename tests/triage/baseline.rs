use super::*;
use blurt::rule::example::expand;
use std::fs;

/// A repository with a secret in a file, and a baseline that knows it.
fn known() -> (Repo, Token) {
    let (repo, old) = (Repo::new(), Token::new("old"));
    repo.commit("src/a.py", old.text());
    create(&repo, &[]);
    repo.git(&["add", BASELINE]);
    repo.commit_staged("A baseline");
    (repo, old)
}

fn create(repo: &Repo, args: &[&str]) {
    told(repo, &[&["baseline", "create"], args].concat(), 0);
}

fn text(repo: &Repo) -> String {
    fs::read_to_string(repo.path().join(BASELINE)).unwrap()
}

#[test]
fn lines_may_shift_and_files_may_move() {
    let (repo, old) = known();
    repo.write("src/a.py", format!("# one\n# two\n{}", old.text()));
    assert_eq!(statuses(&repo, &[], &[&old]), expected([("old", "known")]));
    repo.git(&["mv", "src/a.py", "b.py"]);
    assert_eq!(statuses(&repo, &[], &[&old]), expected([("old", "known")]));
    repo.write("b.py", format!("if x:\n    {}", old.line().replace("t =", "other_name =")));
    assert_eq!(statuses(&repo, &[], &[&old]), expected([("old", "known")]));
}

#[test]
fn a_path_may_be_named_in_any_way() {
    let (repo, old) = known();
    let absolute = repo.path().canonicalize().unwrap();
    let absolute = absolute.to_str().unwrap();
    for path in [".", "src", "./src/a.py", absolute, &format!("{absolute}/src/../src/a.py")] {
        assert_eq!(statuses(&repo, &[path], &[&old]), expected([("old", "known")]), "{path}");
    }
    let below = repo.beside("repo/src");
    for path in [".", "a.py", "../src", absolute] {
        assert_eq!(statuses(&below, &[path], &[&old]), expected([("old", "known")]), "{path}");
    }
    // From elsewhere it has to be named.
    let outside = repo.beside(".");
    let args = ["repo", "--baseline", "repo/.blurt-baseline.json"];
    assert_eq!(statuses(&outside, &args, &[&old]), expected([("old", "known")]));
    assert_eq!(statuses(&outside, &["repo"], &[&old]), expected([("old", "new")]));
    assert_eq!(statuses(&repo, &["--no-baseline"], &[&old]), expected([("old", "new")]));
}

#[test]
fn a_history_may_be_rewritten() {
    let (repo, old) = (Repo::new(), Token::new("old"));
    repo.commit("first.py", "x = 1\n");
    repo.commit("a.py", old.text());
    repo.commit("a.py", "t = input()\n");
    assert_eq!(statuses(&repo, &["--history"], &[&old]), expected([("old", "new")]));
    create(&repo, &["--history"]);
    assert!(text(&repo).contains("\"history\": true"), "{}", text(&repo));
    assert_eq!(statuses(&repo, &["--history"], &[&old]), expected([("old", "known")]));
    // Other commits, with the same content.
    repo.git(&["branch", "before", "HEAD~2"]);
    repo.git(&["rebase", "-q", "--force-rebase", "before"]);
    repo.git(&["reflog", "expire", "--expire=now", "--all"]);
    repo.git(&["gc", "-q", "--prune=now"]);
    assert_eq!(statuses(&repo, &["--history"], &[&old]), expected([("old", "known")]));
    // What only the history holds is still needed.
    assert_eq!(told(&repo, &["baseline", "prune", "--check"], 0), "");
    repo.git(&["reset", "-q", "--hard", "before"]);
    repo.git(&["reflog", "expire", "--expire=now", "--all"]);
    repo.git(&["gc", "-q", "--prune=now"]);
    let gone = told(&repo, &["baseline", "prune", "--check"], 1);
    assert!(gone.contains(&format!("{BASELINE}:2: {RULE} in a.py: its secret is gone")), "{gone}");
}

#[test]
fn another_secret_on_a_known_line_is_new() {
    let (repo, old) = known();
    let other = Token::new("other");
    repo.write("src/a.py", old.text().replace(&old.value, &other.value));
    assert_eq!(statuses(&repo, &[], &[&other]), expected([("other", "new")]));
    repo.git(&["add", "src/a.py"]);
    assert_eq!(statuses(&repo, &["--staged"], &[&other]), expected([("other", "new")]));
}

#[test]
fn all_ways_of_scanning_know_it() {
    let (repo, old) = known();
    let next = Token::new("next");
    repo.stage("copy.py", format!("# a copy\n\n\n{}{}", old.line(), next.line()));
    let both = expected([("old", "known"), ("next", "new")]);
    assert_eq!(statuses(&repo, &["--staged"], &[&old, &next]), both);
    repo.commit_staged("A copy");
    assert_eq!(statuses(&repo, &["--range", "HEAD~1..HEAD"], &[&old, &next]), both);
    assert_eq!(statuses(&repo, &["--history"], &[&old, &next]), both);
}

#[test]
fn it_says_who_why_and_until_when() {
    let (repo, old) = (Repo::new(), Token::new("old"));
    repo.commit("a.py", old.text());
    create(&repo, &["--reason", "rotated in March", "--author", "Ann", "--expires", TODAY]);
    let entry = text(&repo).lines().nth(1).unwrap().to_owned();
    for part in [
        &format!("\"rule\":\"{RULE}\""),
        "\"path\":\"a.py\"",
        &format!("\"added\":\"{TODAY}\""),
        "\"author\":\"Ann\"",
        "\"reason\":\"rotated in March\"",
        &format!("\"expires\":\"{TODAY}\""),
    ] {
        assert!(entry.contains(part), "{part}: {entry}");
    }
    let shown = told(&repo, &["scan", "--show-ignored"], 0);
    let why = format!("known: rotated in March ({BASELINE}:2, by Ann, until {TODAY})");
    assert!(shown.contains(&why), "{shown}");
    // The day after, it is over.
    let over = text(&repo).replace(TODAY, YESTERDAY);
    repo.write(BASELINE, over);
    let shown = told(&repo, &["scan"], 1);
    let why = format!("{BASELINE}:2: this ended on {YESTERDAY}");
    assert!(shown.contains(&why) && shown.contains("1 secret"), "{shown}");
    let checked = told(&repo, &["baseline", "prune", "--check"], 1);
    assert!(checked.contains(&format!(":2: {RULE} in a.py: over since {YESTERDAY}")), "{checked}");
    told(&repo, &["baseline", "prune"], 0);
    assert!(!text(&repo).contains(RULE), "{}", text(&repo));
}

#[test]
fn an_update_adds_and_changes_nothing_else() {
    let (repo, _) = known();
    let before = text(&repo);
    told(&repo, &["baseline", "update"], 0);
    assert_eq!(text(&repo), before);
    let tokens: Vec<Token> = (0..5).map(|n| Token::new(&format!("more {n}"))).collect();
    let lines: String = tokens.iter().map(Token::line).collect();
    repo.write("b.py", lines);
    let said = told(&repo, &["baseline", "update", "--reason", "more"], 0);
    assert!(said.contains("5 added, 6 in all"), "{said}");
    let after = text(&repo);
    assert!(before.lines().all(|line| after.lines().any(|other| other == line)), "{after}");
    let entries: Vec<&str> = after.lines().filter(|line| line.contains("\"rule\"")).collect();
    assert!(entries.is_sorted() && entries.len() == 6, "{after}");
    let said = told(&repo, &["baseline", "create"], 2);
    assert!(said.contains("is there already") && said.contains("update"), "{said}");
    told(&repo, &["baseline", "create", "--force"], 0);
}

#[test]
fn git_merges_what_two_branches_add() {
    let (repo, old) = known();
    // Enough entries that two more rarely meet.
    let many: String = (0..60).map(|n| Token::new(&format!("many {n}")).line()).collect();
    repo.write("many.py", many);
    told(&repo, &["baseline", "update"], 0);
    repo.git(&["add", "."]);
    repo.commit_staged("Many");
    let [left, right] = ["left", "right"].map(Token::new);
    for (token, start) in [(&left, "main"), (&right, "main")] {
        repo.branch(&token.name, start);
        repo.write(&format!("{}.py", token.name), token.text());
        told(&repo, &["baseline", "update", "--reason", &token.name], 0);
        repo.git(&["add", "."]);
        repo.commit_staged(&token.name);
    }
    repo.git(&["merge", "-q", "-m", "Both", "left"]);
    let all = [&old, &left, &right];
    let report = Report::of(repo.path(), &["scan"]);
    assert_eq!(report.status, Some(0), "{}", report.text);
    for token in all {
        assert_eq!(report.findings()[&token.masked()].status, "known");
    }
}

/// The fingerprint that a value has if it cannot be guessed.
fn fast(rule: &str, value: &str) -> String {
    let mut hasher = blake3::Hasher::new_derive_key("blurt fingerprint v1");
    hasher.update(format!("blurt fingerprint v1 {rule}\0{value}").as_bytes());
    hasher.finalize().to_hex()[..32].to_owned()
}

#[test]
fn it_holds_no_value_and_no_fast_hash_of_a_password() {
    let (repo, token) = (Repo::new(), Token::new("t"));
    let password = expand("<<[a-z]{4}[0-9]{4}>>!", 3).unwrap();
    repo.commit("a.py", format!("db_password = \"{password}\"\n{}", token.line()));
    create(&repo, &["--min-confidence", "low"]);
    let text = text(&repo);
    let entries: serde_json::Value = serde_json::from_str(&text).unwrap();
    let entries = entries.as_object().unwrap();
    let print = |rule: &str| {
        let mut of_rule = entries.iter().filter(|(_, entry)| entry["rule"] == rule);
        of_rule.next().unwrap_or_else(|| panic!("no {rule}: {text}")).0.clone()
    };
    assert_eq!(print(RULE), fast(RULE, &token.value), "a token needs no slow one");
    assert_ne!(print("password"), fast("password", &password));
    assert!(!text.contains(&password) && !text.contains(&token.value), "{text}");
}

#[test]
fn what_is_wrong_with_it_is_told_with_its_place() {
    let (repo, _) = known();
    let good = text(&repo);
    for (bad, place, told_too) in [
        (
            good.replace("\"reason\"", "\"reasn\""),
            format!("{BASELINE}: line 2,"),
            "did you mean `reason`",
        ),
        (format!("<<<<<<< HEAD\n{good}"), format!("{BASELINE}: line 1,"), "keep the lines of both"),
        (
            good.replace("\"schema_version\": 1", "\"schema_version\": 2"),
            BASELINE.to_owned(),
            "layout 2",
        ),
        (String::new(), format!("{BASELINE}: line 1,"), "EOF"),
    ] {
        repo.write(BASELINE, bad);
        let said = told(&repo, &["scan"], 2);
        assert!(said.contains(&place) && said.contains(told_too), "{said}");
    }
    let said = told(&repo, &["scan", "--baseline", "elsewhere.json"], 2);
    assert!(said.contains("elsewhere.json: cannot be read"), "{said}");
}

#[test]
fn what_could_not_be_looked_at_is_not_gone() {
    let (repo, old) = known();
    repo.write("src/a.py", "t = input()\n");
    repo.write("broken.gz", [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0, 1, 2]);
    let before = text(&repo);
    told(&repo, &["baseline", "prune"], 2);
    assert_eq!(text(&repo), before);
    repo.remove("broken.gz");
    let said = told(&repo, &["baseline", "prune", "--rule", "aws-access-key-id"], 0);
    assert!(said.contains("0 dropped"), "its rule did not work: {said}");
    told(&repo, &["baseline", "prune"], 0);
    assert!(!text(&repo).contains(RULE));
    repo.write("src/a.py", old.text());
    assert_eq!(statuses(&repo, &[], &[&old]), expected([("old", "new")]));
}

#[test]
fn a_password_is_told_apart_from_one_like_it() {
    let repo = Repo::new();
    let [one, two] = [1, 2].map(|seed| expand("<<[A-Za-z0-9]{10}>>#7q", seed).unwrap());
    let line = |value: &str| format!("db_password = \"{value}\"\n");
    repo.commit("a.py", line(&one));
    create(&repo, &[]);
    told(&repo, &["scan"], 0);
    repo.write("a.py", line(&two));
    told(&repo, &["scan"], 1);
}

/// SHA-1 of a value, as detect-secrets writes it.
fn sha1_of(value: &str) -> String {
    use sha1::{Digest, Sha1};
    let hex: Vec<_> =
        Sha1::digest(value.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    hex.concat()
}

#[test]
fn what_other_tools_accept_is_known_and_nothing_else() {
    let [one, two] = ["one", "two"].map(Token::new);
    let place = "# by hand\n\nsrc/a.py:github-pat:2\nsrc/gone.py:github-pat:7\n".to_owned();
    let commit = format!("{}:src/a.py:github-pat:2\n", "a".repeat(40));
    let hash = serde_json::json!({
        "version": "1.5.0",
        "results": { "elsewhere.py": [{
            "type": "GitHub Token", "filename": "elsewhere.py", "line_number": 70,
            "hashed_secret": sha1_of(&one.value), "is_verified": false, "is_secret": false
        }] }
    });
    let report = serde_json::json!([{
        "RuleID": "github-pat", "File": "src/a.py", "StartLine": 99, "Commit": "",
        "Secret": one.value, "Fingerprint": "src/a.py:github-pat:99"
    }]);
    for (file, text, unmatched) in [
        (".gitleaksignore", place, Some(":4")),
        (".gitleaksignore", commit, None),
        (".secrets.baseline", hash.to_string(), None),
        ("gitleaks-report.json", report.to_string(), None),
    ] {
        let repo = Repo::new();
        repo.write("src/a.py", one.text());
        repo.write("src/b.py", two.text());
        repo.write(&format!(".ci/../{file}"), &text);
        let said = told(&repo, &["baseline", "create", "--from", file], 0);
        assert!(said.contains("1 added, 1 in all; 1 that is not accepted is still new"), "{said}");
        if let Some(line) = unmatched {
            assert!(said.contains(&format!("{file}{line}")), "{said}");
        }
        assert!(!self::text(&repo).contains(&one.value), "{file}");
        repo.remove(file);
        let both = [&one, &two];
        assert_eq!(statuses(&repo, &[], &both), expected([("one", "known"), ("two", "new")]));
        let shown = told(&repo, &["scan", "--show-ignored"], 1);
        let why = if file.contains("report") { "in a report of gitleaks" } else { file };
        assert!(shown.contains("known: ") && shown.contains(why), "{shown}");
    }
    let repo = Repo::new();
    repo.write(".secrets.baseline", "{\"results\": {\"a.py\": [{\"type\": 3}]}}");
    let said = told(&repo, &["baseline", "create", "--from", ".secrets.baseline"], 2);
    assert!(said.contains(".secrets.baseline:1:"), "{said}");
}

#[test]
fn allowlists_of_other_tools_excuse_as_they_did() {
    let [docs, sample, other] = ["docs", "sample", "other"].map(Token::new);
    let repo = Repo::new();
    repo.write("docs/a.md", docs.text());
    repo.write("src/sample.py", sample.text());
    repo.write("src/other.py", other.text());
    let tail = &sample.value[30..];
    repo.write(
        ".gitleaks.toml",
        format!(
            "[extend]\nuseDefault = true\n\n[[allowlists]]\ndescription = \"ours\"\n\
             paths = ['''^docs/''']\nregexes = ['''{tail}$''']\n\n\
             [[allowlists]]\ncondition = \"AND\"\npaths = ['''^src/''']\nregexes = ['''^nothing''']\n"
        ),
    );
    let said = run(repo.path(), &["rules", "import", ".gitleaks.toml", "-o", "acme.toml"]);
    assert_eq!(said.status, Some(0), "{said:?}");
    repo.write(CONFIG, &said.out);
    let all = [&docs, &sample, &other];
    let found = statuses(&repo, &[], &all);
    assert_eq!(found, expected([("docs", "ignored"), ("sample", "ignored"), ("other", "new")]));
}
