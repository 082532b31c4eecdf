use super::*;
use crate::blob::{Chunk, Origin};
use crate::detect::Detector;
use crate::rule::RuleSet;
use crate::rule::example::expand;

fn import(text: &str) -> Import {
    Import::read(Path::new("theirs"), text, None).unwrap_or_else(|e| panic!("{text}: {e}"))
}

/// `LINE:COLUMN`, whether something is lost, and what is said, of each remark.
fn remarks(import: &Import) -> Vec<(String, bool, &str)> {
    let place = |remark: &Remark| format!("{}:{}", remark.place.line, remark.place.column);
    import.remarks.iter().map(|it| (place(it), it.lost, it.message.as_str())).collect()
}

fn ids(import: &Import) -> Vec<&str> {
    import.rules.iter().map(|rule| rule.id.as_str()).collect()
}

/// The rules that report something in `text`, when the imported ones work beside blurt's own.
fn reported(import: &Import, text: &str) -> Vec<String> {
    let mut rules = RuleSet::builtin().unwrap();
    rules.add_pack(Path::new("pack.toml"), import.pack().unwrap()).unwrap();
    let detector = Detector::new(rules);
    let origin = Origin::file("a.py");
    let found = detector.detect(&Chunk::whole(&origin, text.as_bytes())).matches;
    found.iter().map(|it| detector.rules().rules()[it.rule].id().to_owned()).collect()
}

#[test]
fn a_rule_finds_here_what_it_found_there() {
    let import = import(
        r#"
[[rules]]
id = "Acme_Token"
description = "Detected an Acme token, which may open doors."
regex = '''(?i)acme.{0,10}?([0-9a-f]{40})\b'''
secretGroup = 1
entropy = 2.5
keywords = ["acme"]
tags = ["x"]
"#,
    );
    assert_eq!(remarks(&import), []);
    assert_eq!(ids(&import), ["acme-token"]);
    let rule = &import.rules[0];
    assert_eq!(rule.name, "Acme token");
    assert_eq!((rule.entropy, &rule.literals[..]), (Some(2.5), &["acme".to_owned()][..]));
    let text = expand("acme: <<[0-9a-f]{40}>>\n", 5).unwrap();
    assert_eq!(reported(&import, &text), ["acme-token"]);
    assert!(!import.pack().unwrap().contains("Detected"));
}

#[test]
fn what_blurt_has_already_is_not_imported_twice() {
    let import = import(
        r#"
[[rules]]
id = "our-keys"
regex = '''-----BEGIN[ A-Z]* PRIVATE KEY-----'''
[rules.allowlist]
paths = ['''^fixtures/''']
"#,
    );
    assert_eq!(ids(&import), [""; 0]);
    assert_eq!(import.summary.covered, 1);
    assert!(import.is_complete(), "{:?}", import.remarks);
    let suppressed = &import.settings.suppress[0];
    assert_eq!(
        (&suppressed.paths[..], suppressed.rules.len()),
        (&["/fixtures/".to_owned()][..], 1)
    );
    assert!(RuleSet::builtin().unwrap().get(&suppressed.rules[0]).is_some());
}

#[test]
fn an_id_that_blurt_has_is_told_apart() {
    let import = import("[[rules]]\nid = \"generic-secret\"\nregex = 'acme-([0-9a-f]{40})'\n");
    assert_eq!(ids(&import), ["gitleaks-generic-secret"]);
    assert_eq!(import.settings.rules.disable, [""; 0]);
}

#[test]
fn a_rule_that_overrides_takes_the_place_of_ours() {
    let import = import(
        "[extend]\nuseDefault = true\ndisabledRules = ['github-pat', 'acme']\n\
         [[rules]]\nid = \"jwt\"\nregex = 'acme-([0-9a-f]{40})'\n",
    );
    assert_eq!(ids(&import), ["jwt"]);
    let disabled = &import.settings.rules.disable;
    assert_eq!(disabled[..], ["github-personal-access-token", "json-web-token"]);
    let remarks = remarks(&import);
    assert_eq!((&*remarks[0].0, remarks[0].1), ("3:32", true), "{remarks:?}");
}

#[test]
fn what_cannot_be_imported_is_named_with_its_place() {
    let import = import(
        r#"[[rules]]
id = "around"
regex = '''acme-(?=[0-9])([0-9a-f]{40})'''
[[rules]]
id = "nothing"
regex = '''\b[0-9a-f]{32}\b'''
[[rules]]
id = "file"
path = '''\.pem$'''
[[rules]]
id = "odd"
regex = 'acme-([0-9a-f]{40})'
colour = "red"
"#,
    );
    let remarks = remarks(&import);
    let told: Vec<_> = remarks.iter().map(|(place, lost, _)| (place.as_str(), *lost)).collect();
    assert_eq!(told, [("3:17", true), ("6:9", true), ("9:8", true), ("13:1", true)], "{remarks:?}");
    for ((_, _, message), word) in remarks.iter().zip(["(?=", "triggers", "files", "colour"]) {
        assert!(message.contains(word), "{message}");
    }
    assert_eq!(ids(&import), ["odd"]);
    assert_eq!(import.summary.to_string(), "1 rule imported, 3 not (named above)");
}

#[test]
fn a_pattern_that_matches_nothing_at_all_is_no_rule() {
    let import = import("[[rules]]\nid = \"all\"\nregex = '^.*$'\npath = '^cassettes/'\n");
    assert_eq!(ids(&import), [""; 0]);
    assert!(import.remarks.iter().any(|remark| remark.lost && remark.message.contains("nothing")));
}

#[test]
fn a_rule_without_a_text_of_its_own_works_by_its_words() {
    let import =
        import("[[rules]]\nid = \"acme\"\nregex = '[0-9a-f]{44}'\nkeywords = [\"acmecloud\"]\n");
    assert_eq!(import.rules[0].keywords, ["acmecloud"]);
    let value = expand("<<[0-9a-f]{44}>>", 3).unwrap();
    assert_eq!(reported(&import, &format!("acmecloud_key = \"{value}\"\n")), ["acme"]);
    assert!(!reported(&import, &format!("commit {value}\n")).contains(&"acme".to_owned()));
}

#[test]
fn a_rule_for_some_files_stays_so() {
    let import = import(
        "[[rules]]\nid = \"acme\"\nregex = 'acme-([0-9a-f]{40})'\npath = '(?i)\\.(?:tf|hcl)$'\n",
    );
    assert_eq!(import.rules[0].paths.only, ["**/*.hcl", "**/*.tf"]);
    let text = expand("acme-<<[0-9a-f]{40}>>\n", 1).unwrap();
    assert!(!reported(&import, &text).contains(&"acme".to_owned()), "a.py is none of them");
}

#[test]
fn an_allowlist_is_one_table_if_all_of_it_must_hold_and_several_otherwise() {
    let allowlist = |condition: &str| {
        let text = format!(
            "[[allowlists]]\ndescription = \"samples\"\ncondition = \"{condition}\"\npaths = ['^docs/', \
             '\\.md$']\nregexes = ['sample']\n[[allowlists]]\nregexTarget = \"line\"\nregexes = ['x']\n"
        );
        import(&text).settings.suppress
    };
    let (paths, values) =
        (vec!["^docs/".to_owned(), r"\.md$".to_owned()], vec!["sample".to_owned()]);
    let reason = "samples".to_owned();
    let none = Suppression { reason: reason.clone(), ..Suppression::default() };
    let line = Suppression {
        lines: vec!["x".to_owned()],
        reason: "allowlist of theirs:6".to_owned(),
        ..Suppression::default()
    };
    let by_path = Suppression { path_patterns: paths.clone(), ..none.clone() };
    let by_value = Suppression { values: values.clone(), ..none.clone() };
    assert_eq!(allowlist("OR"), [by_path, by_value, line.clone()]);
    let both = Suppression { path_patterns: paths, values, ..none };
    assert_eq!(allowlist("AND"), [both, line]);
}

#[test]
fn a_table_never_leaves_out_more_than_the_allowlist() {
    for (text, word) in [
        ("condition = 'AND'\ncommits = ['abc']\nregexes = ['x']", "commits"),
        ("condition = 'AND'\nstopwords = ['abc']\nregexes = ['x']", "both hold"),
        ("condition = 'AND'\npaths = ['a(?=b)']\nregexes = ['x']", "looking around"),
        ("regexes = ['(a)\\1']", "earlier group"),
        ("targetRules = ['unheard-of']\nregexes = ['x']", "no such rule"),
    ] {
        let import = import(&format!("[[allowlists]]\n{text}\n"));
        assert_eq!(import.settings.suppress, [], "{text}");
        assert!(!import.is_complete());
        let remarks = remarks(&import);
        assert!(remarks[0].2.contains(word), "{text}: {remarks:?}");
    }
}

#[test]
fn stopwords_are_found_in_any_case_and_as_they_stand() {
    let import = import("[allowlist]\nstopwords = ['a.b', 'Sample']\n");
    assert_eq!(import.settings.suppress[0].values, [r"(?i)a\.b", "(?i)Sample"]);
}

#[test]
fn no_secret_is_written_out() {
    let token = expand("<<ghp_[0-9A-Za-z]{30}|github>>", 7).unwrap();
    let import = import(&format!(
        "[[rules]]\nid = \"one\"\nregex = '{token}'\n[allowlist]\nregexes = ['{token}', 'x']\n\
         stopwords = ['{token}']\n"
    ));
    let settings = toml::to_string(&import.settings).unwrap();
    let all = format!("{}{settings}{:?}", import.pack().unwrap(), import.remarks);
    assert!(!all.contains(&token), "{all}");
    let named: Vec<_> = import.settings.suppress.iter().flat_map(|it| &it.fingerprints).collect();
    assert_eq!(named.len(), 2, "{settings}");
    assert_eq!(named[0], named[1]);
    assert!(!import.is_complete(), "the rule is lost");
}

#[test]
fn the_match_is_more_than_the_secret_unless_it_is_all() {
    let rule = |regex: &str| {
        import(&format!(
            "[[rules]]\nid = \"acme\"\nregex = '{regex}'\n[[rules.allowlists]]\nregexTarget = \
             \"match\"\nregexes = ['00']\n"
        ))
    };
    let whole = rule("acme-[0-9a-f]{40}");
    assert!(whole.is_complete(), "{:?}", whole.remarks);
    assert_eq!(whole.settings.suppress[0].values, ["00"]);
    let part = rule("acme-([0-9a-f]{40})");
    assert!(!part.is_complete());
    assert_eq!(part.settings.suppress[0].rules, ["acme"]);
}

#[test]
fn expressions_become_suppressions_as_far_as_they_are_lists() {
    let import = import(
        r#"betterleaksMinVersion = "1.6.0"
prefilter = '''matchesAny(attributes["path"], [`(^|/)cache/`])'''
filter = '''
(matchesAny(attributes["path"], [`\.md$`]) && containsAny(finding["secret"], ["a.b"]))
  || filter.tokenRatio(finding["secret"]) > 2.5
'''
[[rules]]
id = "acme"
regex = 'acme-([0-9a-f]{40})'
filter = '''entropy(finding["secret"]) <= 2.5 || matchesAny(finding["line"], [`x`])'''
"#,
    );
    assert_eq!(import.kind, Kind::Betterleaks);
    let suppress = &import.settings.suppress;
    assert_eq!(suppress[0].paths, ["cache/"]);
    assert_eq!((&*suppress[1].path_patterns[0], &*suppress[1].values[0]), (r"\.md$", r"a\.b"));
    assert_eq!((&*suppress[2].rules[0], &*suppress[2].lines[0]), ("acme", "x"));
    assert_eq!(import.rules[0].entropy, Some(2.5));
    let remarks = remarks(&import);
    assert_eq!(remarks.len(), 1, "{remarks:?}");
    assert_eq!((&*remarks[0].0, remarks[0].1), ("5:6", true), "{remarks:?}");
}

#[test]
fn yaml_rules_are_read_with_their_places() {
    let import = import(
        r"rules:
  - name: Acme token
    id: acme.token.1
    pattern: |
      (?x)
      \b
      (?P<TOKEN> acme_ [0-9a-z]{32} )  # the token
      \b
    min_entropy: 3.0
    confidence: medium
    examples: ['nothing']
    references: [https://acme.example/tokens]
    pattern_requirements:
      min_digits: 2
      ignore_if_contains: [sample]
    depends_on_rule:
      - rule_id: acme.id.1
        variable: ID
  - name: Acme id
    id: acme.id.1
    pattern: 'acmeid-([0-9a-f]{24})'
    visible: false
  - name: Odd
    id: acme.odd
    pattern: |
      acme
      (?<!x)y
",
    );
    assert_eq!(import.kind, Kind::Kingfisher);
    assert_eq!(ids(&import), ["acme-token-1", "acme-id-1"]);
    let rule = &import.rules[0];
    assert_eq!(
        (rule.near[0].rule.as_str(), rule.confidence),
        ("acme-id-1", Some(Confidence::Medium))
    );
    assert_eq!(rule.references, ["https://acme.example/tokens"]);
    assert_eq!(import.rules[1].confidence, Some(Confidence::Low));
    assert_eq!(import.settings.suppress[0].values, ["(?i)sample"]);
    let remarks = remarks(&import);
    assert_eq!((&*remarks[0].0, remarks[0].1), ("14:7", false), "{remarks:?}");
    assert_eq!((&*remarks[1].0, remarks[1].1), ("27:7", true), "{remarks:?}");
    let text = expand("t = acme_<<[0-9a-z]{32}>>\n", 2).unwrap();
    assert_eq!(reported(&import, &text), ["acme-token-1"]);
}

#[test]
fn what_is_no_file_of_rules_is_an_error_with_its_place() {
    let error = |text: &str| {
        let error = Import::read(Path::new("theirs"), text, None).unwrap_err();
        error.to_string()
    };
    assert!(error("[[rules]\n").starts_with("theirs:1:"), "{}", error("[[rules]\n"));
    assert!(error("rules:\n  - a: [\n").starts_with("theirs:"));
    assert!(error("title = 'x'\n").contains("neither"));
    let wrong = Import::read(Path::new("theirs"), "a: b", Some(Kind::Gitleaks));
    assert!(wrong.is_err());
    for text in
        ["rules = 1", "[[rules]]", "rules = [1]", "[allowlist]\npaths = 1\n", "rules:\n  - 1\n"]
    {
        assert!(!import(text).is_complete() || text == "rules = 1", "{text}");
    }
}

#[test]
fn every_rule_of_a_pack_passes_its_test() {
    let import = import(
        r#"
[[rules]]
id = "a"
regex = '''(?i)(?:widget)(?:[0-9a-z\-_\t .]{0,20})(?:[\s|']|[\s|"]){0,3}(?:=|>|:{1,3}=|\|\||<=|=>|:|\?=)(?:'|\"|\s|=|\x60){0,5}([a-z0-9]{32})(?:['|\"|\n|\r|\s|\x60|;]|$)'''
keywords = ["widget"]
[[rules]]
id = "b"
regex = '''wdg_[A-Za-z0-9]{36}'''
[[rules]]
id = "c"
regex = '''https://hooks\.widget\.example/services/([A-Za-z0-9/]{30,50})'''
[[rules]]
id = "d"
regex = '''(?:gadget_key|GADGET_KEY)\s*=\s*"([^"]{12,})"|gadget:([0-9a-z]{24})'''
"#,
    );
    assert_eq!(remarks(&import), []);
    assert_eq!(ids(&import), ["a", "b", "c", "d"]);
    let mut rules = RuleSet::builtin().unwrap();
    rules.add_pack(Path::new("pack.toml"), import.pack().unwrap()).unwrap();
    rules.check().unwrap();
    let detector = Detector::new(rules);
    for id in ids(&import) {
        let rule = detector.rules().get(id).unwrap();
        assert_eq!(crate::rule::test::test(&detector, rule), [], "{id}");
    }
}
