use super::*;

/// A file with a line for each token, `behind` which of them something stands.
fn lines(tokens: &[Token], behind: impl Fn(usize) -> String) -> String {
    let line = |(n, token): (usize, &Token)| format!("{}{}\n", token.line().trim_end(), behind(n));
    tokens.iter().enumerate().map(line).collect()
}

fn five() -> Vec<Token> {
    (0..5).map(|n| Token::new(&format!("five {n}"))).collect()
}

/// The numbers of the tokens that are new.
fn new_ones(repo: &Repo, tokens: &[Token]) -> Vec<usize> {
    let references: Vec<&Token> = tokens.iter().collect();
    let found = statuses(repo, &[], &references);
    let is_new = |n: &usize| found[&tokens[*n].name] == "new";
    (0..tokens.len()).filter(is_new).collect()
}

#[test]
fn one_excuse_of_five_lines_excuses_one() {
    let tokens = five();
    for marker in [
        "blurt:allow * -- one of five",
        "gitleaks:allow",
        "betterleaks:allow",
        "trufflehog:ignore",
        "kingfisher:ignore",
        "pragma: allowlist secret",
        "pragma:allowlist secret",
        "pragma: whitelist secret",
        "secretlint-disable-line",
        "ggignore",
    ] {
        let repo = Repo::new();
        let behind = |n| if n == 2 { format!("  # {marker}") } else { String::new() };
        repo.write("a.py", lines(&tokens, behind));
        assert_eq!(new_ones(&repo, &tokens), [0, 1, 3, 4], "{marker}");
        // With lines between them, too.
        repo.write("a.py", lines(&tokens, behind).replace('\n', "\n\n"));
        assert_eq!(new_ones(&repo, &tokens), [0, 1, 3, 4], "{marker}");
    }
}

#[test]
fn markers_of_other_tools_may_count_for_nothing() {
    let tokens = five();
    let repo = Repo::new();
    let markers =
        ["", "gitleaks:allow", "ggignore", "pragma: allowlist secret", "blurt:allow * -- x"];
    repo.write("a.py", lines(&tokens, |n| format!("  # {}", markers[n])));
    assert_eq!(new_ones(&repo, &tokens), [0]);
    repo.write(CONFIG, "[scan]\nforeign_markers = false\n");
    assert_eq!(new_ones(&repo, &tokens), [0, 1, 2, 3]);
    repo.git(&["add", "."]);
    let all: Vec<&Token> = tokens.iter().collect();
    assert_eq!(statuses(&repo, &["--staged"], &all)["five 1"], "new");
}

#[test]
fn a_marker_before_a_line_excuses_that_line() {
    let tokens = five();
    for marker in [
        format!("blurt:allow {RULE} -- a test"),
        "kingfisher:ignore".to_owned(),
        "pragma: allowlist nextline secret".to_owned(),
        "secretlint-disable-next-line".to_owned(),
        "secretlint-disable-next-line @secretlint/secretlint-rule-github -- a test".to_owned(),
    ] {
        let repo = Repo::new();
        let behind = |n| if n == 1 { format!("\n# {marker}") } else { String::new() };
        repo.write("a.py", lines(&tokens, behind));
        assert_eq!(new_ones(&repo, &tokens), [0, 1, 3, 4], "{marker}");
    }
    // These tools do not look at the next line.
    for marker in ["gitleaks:allow", "trufflehog:ignore", "pragma: allowlist secret", "ggignore"] {
        let repo = Repo::new();
        let behind = |n| if n == 1 { format!("\n# {marker}") } else { String::new() };
        repo.write("a.py", lines(&tokens, behind));
        assert_eq!(new_ones(&repo, &tokens), [0, 1, 2, 3, 4], "{marker}");
    }
}

#[test]
fn a_block_excuses_what_is_in_it() {
    let tokens = five();
    for (start, end) in [
        (format!("blurt:allow-start {RULE} -- a test"), "blurt:allow-end"),
        ("secretlint-disable".to_owned(), "secretlint-enable"),
        ("secretlint-disable @secretlint/secretlint-rule-github".to_owned(), "secretlint-enable"),
    ] {
        let repo = Repo::new();
        let behind = |n| match n {
            0 => format!("\n/* {start} */"),
            2 => format!("\n/* {end} */"),
            _ => String::new(),
        };
        repo.write("a.js", lines(&tokens, behind));
        assert_eq!(new_ones(&repo, &tokens), [0, 3, 4], "{start}");
    }
    let repo = Repo::new();
    let aws = "\n/* secretlint-disable @secretlint/secretlint-rule-aws */";
    repo.write("a.js", lines(&tokens, |n| if n == 0 { aws.to_owned() } else { String::new() }));
    assert_eq!(new_ones(&repo, &tokens), [0, 1, 2, 3, 4], "of another rule");
}

#[test]
fn a_whole_file_may_be_excused() {
    let tokens = five();
    let repo = Repo::new();
    let last = format!("\n# blurt:allow-file {RULE} -- samples of the documentation");
    repo.write("a.py", lines(&tokens, |n| if n == 4 { last.clone() } else { String::new() }));
    assert_eq!(new_ones(&repo, &tokens), [0usize; 0]);
    repo.write("b.py", Token::new("b").text());
    let said = told(&repo, &["scan"], 1);
    assert!(said.contains("b.py") && said.contains("1 secret"), "{said}");
}

#[test]
fn a_secret_of_several_lines_is_excused_at_its_end() {
    let key = blurt::rule::example::expand("<<@rsa-private-key>>", 1).unwrap();
    for marker in
        ["gitleaks:allow", "blurt:allow private-key -- of a test", "pragma: allowlist secret"]
    {
        let repo = Repo::new();
        repo.write("a.pem", format!("{key} # {marker}\n"));
        told(&repo, &["scan"], 0);
        repo.write("a.pem", format!("{key}\n\n# {marker}\n"));
        told(&repo, &["scan"], 1);
    }
}

#[test]
fn an_excuse_may_end() {
    let repo = Repo::new();
    let [holds, over] = ["holds", "over"].map(Token::new);
    let marker = |day| format!("  # blurt:allow {RULE} until {day} -- until the release");
    let text = [(&holds, TODAY), (&over, YESTERDAY)]
        .map(|(token, day)| format!("{}{}\n", token.line().trim_end(), marker(day)));
    repo.commit("b.txt", "b\n");
    repo.write("a.py", text.concat());
    let both = [&holds, &over];
    assert_eq!(statuses(&repo, &[], &both), expected([("holds", "ignored"), ("over", "new")]));
    let said = told(&repo, &["scan"], 1);
    assert!(said.contains(&format!("a.py:2: this ended on {YESTERDAY}")), "{said}");
    repo.git(&["add", "."]);
    assert_eq!(statuses(&repo, &["--staged"], &both)["over"], "new");
    repo.commit_staged("Both");
    assert_eq!(statuses(&repo, &["--range", "HEAD~1..HEAD"], &both)["over"], "new");
    assert_eq!(statuses(&repo, &["--history"], &both)["over"], "new");
    let checked = told(&repo, &["baseline", "prune", "--check"], 1);
    assert!(
        checked.contains(&format!("a.py:2: suppression of {RULE}: over since {YESTERDAY}")),
        "{checked}"
    );
    assert!(!checked.contains("a.py:1"), "{checked}");
}

#[test]
fn an_excuse_of_nothing_is_told() {
    let repo = Repo::new();
    let token = Token::new("t");
    let used = format!("{}  # blurt:allow {RULE} -- needed\n", token.line().trim_end());
    repo.write("a.py", format!("{used}x = 1  # blurt:allow {RULE} -- not needed\n"));
    let shown = told(&repo, &["scan", "--show-ignored"], 0);
    assert!(shown.contains("a.py:1  excuses 1 place"), "{shown}");
    assert!(shown.contains("a.py:2  excuses nothing"), "{shown}");
    let checked = told(&repo, &["baseline", "prune", "--check"], 1);
    assert!(checked.contains("a.py:2: suppression of") && !checked.contains("a.py:1"), "{checked}");
    repo.write("a.py", used);
    assert_eq!(told(&repo, &["baseline", "prune", "--check"], 0), "");
}

#[test]
fn a_rule_that_does_not_exist_is_told() {
    let repo = Repo::new();
    let token = Token::new("t");
    repo.write(
        "a.py",
        format!("{}  # blurt:allow github-tokn -- a test\n", token.line().trim_end()),
    );
    let said = told(&repo, &["scan"], 1);
    assert!(
        said.contains("a.py:1: this `blurt:allow` excuses nothing: there is no rule `github-tokn`"),
        "{said}"
    );
}
