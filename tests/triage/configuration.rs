use super::*;

/// Two tokens in two folders, and a configuration.
fn with(config: &str) -> (Repo, [Token; 2]) {
    let repo = Repo::new();
    let tokens = ["one", "two"].map(Token::new);
    repo.write("src/one.py", tokens[0].text());
    repo.write(
        "tests/two.py",
        format!("# a sample\n{}", tokens[1].line().replace("t =", "sample =")),
    );
    repo.write(CONFIG, config);
    (repo, tokens)
}

fn found(repo: &Repo, tokens: &[Token; 2], args: &[&str]) -> [String; 2] {
    let mut all = statuses(repo, args, &[&tokens[0], &tokens[1]]);
    ["one", "two"].map(|name| all.remove(name).unwrap_or_default())
}

/// A `[[suppress]]` table with these keys.
fn suppress(keys: &str) -> String {
    format!("[[suppress]]\n{keys}\nreason = \"why not\"\n")
}

#[test]
fn all_keys_have_to_hold_and_one_of_each_list() {
    let two = Token::new("two");
    let print = {
        let (repo, tokens) = with("");
        let report = Report::of(repo.path(), &["scan"]);
        let findings = report.json["findings"].as_array().unwrap();
        let finding = findings.iter().find(|finding| finding["secret"] == tokens[1].masked());
        finding.unwrap()["fingerprint"].as_str().unwrap().to_owned()
    };
    let tail = &two.value[36..];
    for (keys, excused) in [
        ("paths = [\"tests/\"]", true),
        ("paths = [\"nowhere/\", \"tests/**\"]", true),
        ("paths = [\"nowhere/\"]", false),
        ("path_patterns = ['^tests/.*\\.py$']", true),
        ("path_patterns = ['^ests/']", false),
        (&format!("rules = [\"{RULE}\"]\npaths = [\"tests/\"]"), true),
        ("rules = [\"aws-access-key-id\"]\npaths = [\"tests/\"]", false),
        (&format!("rules = [\"aws-access-key-id\", \"{RULE}\"]\npaths = [\"tests/\"]"), true),
        (&format!("values = ['{tail}$']"), true),
        (&format!("values = ['^{tail}']"), false),
        (&format!("values = ['x{{9}}', '^ghp_.*{tail}$']\nlines = ['^sample =']"), true),
        ("lines = ['^sample = .*\"$']", true),
        ("lines = ['^t = ']\npaths = [\"tests/\"]", false),
        (&format!("fingerprints = [\"{print}\"]"), true),
        (&format!("fingerprints = [\"{print}\"]\nrules = [\"aws-access-key-id\"]"), false),
        (&format!("fingerprints = [\"{}\"]", "0".repeat(32)), false),
        (&format!("paths = [\"tests/\"]\nexpires = {TODAY}"), true),
        (&format!("paths = [\"tests/\"]\nexpires = \"{TODAY}\""), true),
        (&format!("paths = [\"tests/\"]\nexpires = {YESTERDAY}"), false),
    ] {
        let (repo, tokens) = with(&suppress(keys));
        let expected = ["new", if excused { "ignored" } else { "new" }];
        assert_eq!(found(&repo, &tokens, &[]), expected, "{keys}");
        repo.git(&["add", "."]);
        assert_eq!(found(&repo, &tokens, &["--staged"]), expected, "staged: {keys}");
        repo.commit_staged("All");
        assert_eq!(found(&repo, &tokens, &["--history"]), expected, "history: {keys}");
    }
}

#[test]
fn what_excuses_is_named_with_its_line() {
    let tables =
        suppress("paths = [\"tests/\"]\nauthor = \"Ann\"") + "\n" + &suppress("values = ['^none']");
    let (repo, _) = with(&format!("# a comment\n\n{tables}"));
    let shown = told(&repo, &["scan", "--show-ignored"], 1);
    assert!(shown.contains(&format!("ignored: why not ({CONFIG}:3, by Ann)")), "{shown}");
    assert!(shown.contains(&format!("{CONFIG}:3  excuses 1 place, of path tests/")), "{shown}");
    assert!(
        shown.contains(&format!("{CONFIG}:8  excuses nothing of what was scanned, of value ^none")),
        "{shown}"
    );
    let checked = told(&repo, &["baseline", "prune", "--check"], 1);
    assert!(
        checked.contains(&format!("{CONFIG}:8: suppression of value ^none: it excuses nothing")),
        "{checked}"
    );
    assert!(!checked.contains(&format!("{CONFIG}:3")), "{checked}");
}

#[test]
fn what_is_misspelt_is_an_error_with_its_place_and_a_suggestion() {
    for (config, place, says) in [
        ("[scan]\nexlude = [\"a\"]\n", "2:1", "did you mean `exclude`?"),
        ("[scna]\nexclude = [\"a\"]\n", "1:2", "did you mean `scan`?"),
        ("[[suppress]]\npath = [\"a\"]\nreason = \"x\"\n", "2:1", "did you mean `paths`?"),
        ("[[suppress]]\npaths = [\"a\"]\n", "1:1", "missing field `reason`"),
        ("\n[[suppress]]\npaths = [\"a\"]\nreason = \" \"\n", "2:1", "has no `reason`"),
        ("[[suppress]]\nreason = \"x\"\n", "1:1", "names nothing"),
        (
            "[[suppress]]\nrules = [\"aws-acess-key-id\"]\nreason = \"x\"\n",
            "1:1",
            "did you mean `aws-access-key-id`",
        ),
        ("[[suppress]]\nvalues = ['(']\nreason = \"x\"\n", "1:1", "in `values`"),
        ("[[suppress]]\nvalues = ['(?<!a)b']\nreason = \"x\"\n", "1:1", "look-around"),
        ("[[suppress]]\nfingerprints = [\"abc\"]\nreason = \"x\"\n", "1:1", "`abc` is none"),
        (
            "[[suppress]]\npaths = [\"a\"]\nreason = \"x\"\nexpires = \"soon\"\n",
            "4:11",
            "2027-01-31",
        ),
    ] {
        let (repo, _) = with(config);
        let said = told(&repo, &["scan"], 2);
        let place = format!("{CONFIG}:{place}: ");
        assert!(said.contains(&place) && said.contains(says), "{config}: {said}");
    }
}

#[test]
fn a_folder_has_a_configuration_of_its_own() {
    let nested = "tests/.blurt.toml";
    for (config, expected) in [
        (suppress("paths = [\"*.py\"]"), ["new", "ignored"]),
        (suppress("paths = [\"/two.py\"]"), ["new", "ignored"]),
        (suppress("paths = [\"tests/two.py\"]"), ["new", "new"]),
        (suppress(&format!("rules = [\"{RULE}\"]")), ["new", "ignored"]),
        (format!("[rules]\ndisable = [\"{RULE}\"]\n"), ["new", "ignored"]),
        ("[scan]\nexclude = [\"*.py\"]\n".to_owned(), ["new", ""]),
        ("[scan]\nexclude = [\"/two.py\"]\n".to_owned(), ["new", ""]),
    ] {
        let (repo, tokens) = with("");
        repo.commit("a.txt", "a\n");
        repo.write(nested, &config);
        assert_eq!(found(&repo, &tokens, &[]), expected, "{config}");
        assert_eq!(
            found(&repo, &tokens, &["src", "tests/two.py"]),
            expected_named(&config, &expected),
            "{config}"
        );
        // From whichever folder.
        let inside = repo.beside("repo/tests");
        let [_, two] = found(&inside, &tokens, &["."]);
        assert_eq!(two, expected[1], "{config}");
        repo.git(&["add", "."]);
        assert_eq!(found(&repo, &tokens, &["--staged"]), expected, "staged: {config}");
        repo.commit_staged("All");
        assert_eq!(
            found(&repo, &tokens, &["--range", "HEAD~1..HEAD"]),
            expected,
            "range: {config}"
        );
    }
}

/// A file that is named is scanned, whatever is left out.
fn expected_named<'e>(config: &str, expected: &[&'e str; 2]) -> [&'e str; 2] {
    if config.contains("exclude") { [expected[0], "new"] } else { *expected }
}

#[test]
fn a_folder_may_raise_a_threshold_and_not_lower_it() {
    let password = blurt::rule::example::expand("<<[0-9A-Za-z]{24}>>", 1).unwrap();
    let line = format!("db_password = \"{password}\"\n");
    for (root, nested, found) in [
        ("", "min_severity = \"critical\"", 0),
        ("", "min_confidence = \"high\"", 0),
        ("min_severity = \"critical\"", "min_severity = \"low\"", 0),
        ("", "min_severity = \"low\"", 1),
    ] {
        let repo = Repo::new();
        repo.write(CONFIG, format!("[scan]\n{root}\n"));
        repo.write("sub/.blurt.toml", format!("[scan]\n{nested}\n"));
        repo.write("sub/a.py", &line);
        told(&repo, &["scan"], found);
    }
}

#[test]
fn the_outer_configuration_holds_in_its_folders() {
    let (repo, tokens) = with(&suppress("paths = [\"/tests/two.py\"]"));
    repo.write("tests/.blurt.toml", "[rules]\ndisable = [\"aws-access-key-id\"]\n");
    assert_eq!(found(&repo, &tokens, &[]), ["new", "ignored"]);
    let inside = repo.beside("repo/tests");
    assert_eq!(found(&inside, &tokens, &["two.py"])[1], "ignored");
}

#[test]
fn a_flawed_configuration_of_a_folder_is_no_silence() {
    for (config, place, says) in [
        ("[scan]\nexlude = []\n", "2:1", "did you mean `exclude`?"),
        ("[rules]\npacks = [\"a.toml\"]\n", "2:1", "put it into .blurt.toml"),
        ("[rules]\ndisable = [\"aws-acess-key-id\"]\n", "2:1", "did you mean `aws-access-key-id`"),
    ] {
        let (repo, _) = with("");
        repo.remove("src/one.py");
        repo.write("tests/two.py", "x = 1\n");
        repo.write("tests/.blurt.toml", config);
        let said = told(&repo, &["scan"], 2);
        assert!(
            said.contains(&format!("tests/.blurt.toml:{place}")) && said.contains(says),
            "{said}"
        );
    }
}
