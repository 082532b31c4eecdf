//! The ways in which a value ends: each with the line, the column and what decided.

use super::common::encoding::Encoding;
use super::common::run;
use super::{Folder, position, token, value};
use serde_json::Value;

/// A text, a value in it, and how that ends.
struct Case {
    text: String,
    value: String,
    /// The rule that the verdict speaks of.
    rule: &'static str,
    status: &'static str,
    /// A part of the sentence.
    says: &'static str,
    args: &'static [&'static str],
}

impl Case {
    /// A line that holds `value` where `template` has `@`, in the second line of an `.env`.
    fn new(template: &str, value: String, rule: &'static str, status: &'static str) -> Self {
        let text = format!("# first\n{}\n", template.replace('@', &value));
        Self { text, value, rule, status, says: "", args: &[] }
    }

    fn says(self, says: &'static str) -> Self {
        Self { says, ..self }
    }

    fn args(self, args: &'static [&'static str]) -> Self {
        Self { args, ..self }
    }

    /// The match of the rule, and the verdict on it.
    fn check(&self) {
        let folder = Folder::new().with("a.env", &self.text);
        let (line, column) = position(&self.text, &self.value);
        let place = format!("a.env:{line}");
        let args = [&[place.as_str()], self.args].concat();
        let said = folder.json(&args);
        let text = &said["texts"][0];
        let is_it = |found: &&Value| {
            found["rule"] == self.rule
                && (&found["line"], &found["column"]) == (&line.into(), &column.into())
        };
        let found = text["matches"].as_array().unwrap().iter().find(is_it);
        let found =
            found.unwrap_or_else(|| panic!("{}: {} is not in {text:#}", self.text, self.rule));
        assert_eq!(found["status"], self.status, "{}: {found:#}", self.text);
        let verdicts = text["verdicts"].as_array().unwrap();
        let verdict = verdicts.iter().find(is_it).unwrap_or_else(|| panic!("{verdicts:#?}"));
        assert_eq!(verdict["reported"], self.status == "reported", "{verdict:#}");
        let sentence = verdict["sentence"].as_str().unwrap();
        assert!(sentence.contains(self.says), "{}: {sentence}", self.text);
        // People read the same, and neither they nor programs see the value.
        let shown = folder.explain(&args).out;
        assert!(shown.contains(&format!("\n{line}:{column} {sentence}")), "{shown}");
        for shown in [&shown, &said.to_string()] {
            assert!(self.value.len() < 6 || !shown.contains(&self.value), "{}: {shown}", self.text);
        }
    }
}

#[test]
fn filters_are_named_with_their_reasons() {
    let encoded = Encoding::Base64.write(&value("[0-9a-z]{18}", 1));
    for case in [
        Case::new("password = @", "changeme-now".into(), "password", "filtered")
            .says("the filter `placeholder` says: it calls itself an example or a placeholder"),
        Case::new("db_password = @", "${STORE_PIN}".into(), "password", "filtered")
            .says("the filter `reference` says: a template, filled in elsewhere"),
        Case::new("password = @", "mypassword".into(), "password", "filtered")
            .says("the filter `stand-in` says: words that stand for a secret"),
        Case::new("password_file = @", value("[a-z]{4}7[a-z]{4}X", 2), "password", "filtered")
            .says("the filter `name` says: its name speaks about a secret, it is none"),
        Case::new("password = @", "/etc/app/conf".into(), "password", "filtered")
            .says("the filter `shape` says: a path or an address"),
        Case::new("password = @", "x7q".into(), "password", "filtered")
            .says("the filter `strength` says: too short"),
        Case::new("key = @", value("AKIA(?:AB){8}", 1), "aws-access-key-id", "filtered")
            .says("the filter `strength` says: its entropy is under the rule's floor (it has "),
        Case::new("Authorization: Basic @", encoded, "basic-auth-header", "filtered")
            .says("the filter `encoded` says: it does not decode to user and password"),
    ] {
        case.check();
    }
}

#[test]
fn what_decides_behind_the_filters_is_named() {
    let weak = value("tigerroot", 1);
    for case in [
        Case::new("token = @", token(1), "github-personal-access-token", "reported")
            .says("reported as `github-personal-access-token` with high confidence"),
        Case::new("password = @", weak.clone(), "password", "below")
            .says("and the threshold is medium (the default): its score is -"),
        Case::new("password = @", weak, "password", "reported")
            .args(&["--min-confidence", "low"])
            .says("reported as `password` with low confidence: its score is -"),
        Case::new("token = @", token(2), "github-personal-access-token", "reported"),
        Case::new("password = @", value("Kq7![a-z]{6}", 1), "password", "below")
            .args(&["--min-severity", "critical"])
            .says("and the threshold is critical (--min-severity)"),
        Case::new("secret = @", "horse_battery_staple".into(), "generic-secret", "poor-score")
            .says("the score of `generic-secret` says that it is hardly a secret ("),
    ] {
        case.check();
    }
}

#[test]
fn a_wrong_checksum_is_told() {
    let good = token(3);
    let last = if good.ends_with('a') { "b" } else { "a" };
    let wrong = format!("{}{last}", &good[..good.len() - 1]);
    let folder = Folder::new().with("a.env", format!("token = {wrong}\n"));
    let said = folder.json(&["a.env:1"]);
    let found = &said["texts"][0]["matches"][0];
    assert_eq!(found["check"]["status"], "checksum-invalid");
    assert_eq!(
        (&found["rule_confidence"], &found["confidence"]),
        (&"high".into(), &"medium".into())
    );
    let right = Folder::new().with("a.env", format!("token = {good}\n"));
    assert!(right.explain(&["a.env:1"]).out.contains("not asked, as the checksum is right"));
}

#[test]
fn the_loser_of_an_overlap_is_told_with_the_winner() {
    let folder = Folder::new().with("a.env", format!("password = {}\n", token(4)));
    let said = folder.json(&["a.env:1"]);
    let matches = said["texts"][0]["matches"].as_array().unwrap();
    let loser = matches.iter().find(|found| found["rule"] == "password").unwrap();
    assert_eq!(
        (&loser["status"], &loser["by"]),
        (&"beaten".into(), &"github-personal-access-token".into())
    );
    assert_eq!((&loser["line"], &loser["column"]), (&1.into(), &12.into()));
    let shown = folder.explain(&["a.env:1"]).out;
    assert!(
        shown.contains("beside it  `password` matches, and `github-personal-access-token` wins")
    );
}

#[test]
fn a_rule_of_other_files_is_told() {
    let pack = r#"
[[rule]]
id = "acme-token"
name = "Acme token"
kind = "acme-token"
severity = "high"
prefixes = ["acme_live_"]
pattern = '\b(acme_live_[0-9a-f]{24})\b'
paths = { except = ["**/*.lock"] }
playbook = "third-party-api-key"
examples = ['x = "<<acme_live_[0-9a-f]{24}>>"']
references = ["https://example.org/"]
"#;
    let secret = value("acme_live_[0-9a-f]{24}", 5);
    for (name, status) in [("a.lock", "other-files"), ("a.txt", "reported")] {
        let folder = Folder::new().with("acme.toml", pack).with(name, format!("see {secret}\n"));
        let said = folder.json(&[&format!("{name}:1"), "--rules", "acme.toml"]);
        let found = &said["texts"][0]["matches"][0];
        assert_eq!((&found["rule"], &found["status"]), (&"acme-token".into(), &status.into()));
        let sentence = said["texts"][0]["verdicts"][0]["sentence"].as_str().unwrap();
        assert_eq!(
            sentence.contains("leaves out files like this one: `**/*.lock`"),
            name == "a.lock"
        );
    }
}

#[test]
fn a_rule_that_is_switched_off_is_told() {
    let folder = Folder::new().with("a.env", format!("token = {}\n", token(6)));
    let said = folder.explain(&["a.env:1", "--no-rule", "github-personal-access-token"]);
    let off = "the rule `github-personal-access-token` finds it, and is switched off";
    assert!(said.out.contains(off), "{}", said.out);
}

/// The verdict on a line on which no pattern matched: its sentence.
fn unmatched(file: &str, text: &str, line: u64, column: Option<u64>) -> String {
    let folder = Folder::new().with(file, text);
    let said = folder.json(&[&format!("{file}:{line}")]);
    assert_eq!(said["texts"][0]["matches"], Value::Array(vec![]), "{said:#}");
    let verdict = &said["texts"][0]["verdicts"][0];
    assert_eq!(
        (&verdict["line"], &verdict["column"]),
        (&line.into(), &column.into()),
        "{verdict:#}"
    );
    verdict["sentence"].as_str().unwrap().to_owned()
}

#[test]
fn a_token_that_is_one_short_is_told_with_the_pattern() {
    let whole = token(7);
    let text = format!("a\nb = {}\n", &whole[..whole.len() - 1]);
    let says = unmatched("a.env", &text, 2, Some(5));
    assert!(
        says.contains("the prefix `ghp_` calls the rule `github-personal-access-token`"),
        "{says}"
    );
    assert!(says.contains("its pattern does not match the run of 39 characters"), "{says}");
    let folder = Folder::new().with("a.env", text);
    let shown = folder.explain(&["a.env:2"]).out;
    assert!(
        shown.contains(r"github-personal-access-token wants \b(ghp_[0-9A-Za-z]{36})\b"),
        "{shown}"
    );
}

#[test]
fn how_far_it_got_is_told_where_no_pattern_matches() {
    let run = value("[a-z]{6}7[a-z]{6}", 8);
    let says = unmatched("a.env", &format!("\ncolour = {run}\n"), 2, Some(10));
    assert!(says.contains("`colour`, the name that it is assigned to, calls no rule"), "{says}");
    let says = unmatched("a.txt", &format!("x\n\nsee {run} there\n"), 3, Some(5));
    assert!(says.contains("the 13 characters begin with no prefix that a rule knows"), "{says}");
    let says = unmatched("a.txt", "no more passwords\n", 1, Some(9));
    assert!(says.contains("stands there, but no value that is assigned"), "{says}");
    let says = unmatched("a.txt", "nothing at all\n", 1, None);
    assert!(says.contains("nothing here triggers a closer look"), "{says}");
    // A rule wants sixteen characters under such a name.
    let says = unmatched("a.env", "STRIPE_KEY=123456789012\n", 1, Some(12));
    assert!(says.contains("and the pattern of none matches the value of 12 characters"), "{says}");
}

#[test]
fn an_encoded_value_is_told_with_its_way() {
    let inner = format!("token = \"{}\"", token(9));
    let text = format!("data: {}\n", Encoding::Base64.write(&inner));
    let folder = Folder::new().with("a.yaml", text);
    let said = folder.json(&["a.yaml:1"]);
    let found = &said["texts"][0]["matches"][0];
    assert_eq!(found["decoded"], serde_json::json!(["base64"]), "{said:#}");
    assert_eq!(found["status"], "reported");
    // A mere word is no password in such a text.
    let text = Encoding::Percent.write("password = \"tigerroot\"");
    let folder = Folder::new().with("a.txt", format!("q={text}\n"));
    let said = folder.json(&["a.txt:1"]);
    let matches = said["texts"][0]["matches"].as_array().unwrap();
    assert!(matches.iter().any(|found| found["status"] == "word"), "{said:#}");
}

#[test]
fn a_marker_is_told_with_its_line() {
    let secret = token(10);
    let rule = "github-personal-access-token";
    for (text, line, marker) in [
        (format!("t = {secret} # blurt:allow {rule} -- a test\n"), 1, 1),
        (format!("a\n# blurt:allow {rule} -- a test\nt = {secret}\n"), 3, 2),
        (format!("# blurt:allow-start * -- a test\n\nt = {secret}\n# blurt:allow-end\n"), 3, 1),
    ] {
        let folder = Folder::new().with("a.env", &text);
        let said = folder.json(&[&format!("a.env:{line}")]);
        let found = &said["texts"][0]["matches"][0];
        let place = format!("a.env:{marker}");
        assert_eq!(
            (&found["status"], &found["place"]),
            (&"excused".into(), &place.into()),
            "{text}"
        );
        let sentence = said["texts"][0]["verdicts"][0]["sentence"].as_str().unwrap();
        assert!(sentence.contains(&format!("(a.env:{marker}): a test")), "{sentence}");
    }
}

#[test]
fn a_flawed_marker_is_told_with_what_it_lacks() {
    let rule = "github-personal-access-token";
    let text = format!("a\n# blurt:allow {rule}\nt = {}\n", token(11));
    let said = Folder::new().with("a.env", text).json(&["a.env:3"]);
    assert_eq!(said["texts"][0]["matches"][0]["status"], "reported");
    let advice = said["texts"][0]["verdicts"][0]["advice"][0].as_str().unwrap();
    assert!(advice.contains("the marker in line 2 excuses nothing"), "{advice}");
    assert!(advice.contains(&format!("`blurt:allow {rule} -- reason`")), "{advice}");
}

#[test]
fn what_excuses_is_told_with_its_file_and_line() {
    let (secret, rule) = (token(12), "github-personal-access-token");
    let table = |keys: &str| format!("# ours\n\n[[suppress]]\n{keys}\nreason = \"a sample\"\n");
    let line = format!("t = {secret}");
    for (files, says) in [
        (
            vec![("a.env", line.clone()), (".blurt.toml", table("paths = [\"*.env\"]"))],
            "excused by .blurt.toml:3: a sample",
        ),
        (
            vec![
                ("a.env", line.clone()),
                (".blurt.toml", table("paths = [\"*.env\"]\nexpires = 2020-01-31")),
            ],
            "what excused it (.blurt.toml:3) ended on 2020-01-31",
        ),
        (
            vec![("a.env", format!("{line} # blurt:allow {rule} until 2020-01-31 -- soon"))],
            "what excused it (a.env:1) ended on 2020-01-31",
        ),
        (
            vec![("a.env", format!("{line} # gitleaks:allow"))],
            "excused by the marker of this line (a.env:1): marked `gitleaks:allow`",
        ),
        (
            vec![("a.env", format!("{line} # blurt:allow github-tokn -- soon"))],
            "reported as `github-personal-access-token`",
        ),
    ] {
        let folder = files.iter().fold(Folder::repository(), |f, (name, text)| f.with(name, text));
        let said = folder.json(&["a.env:1"]);
        let verdict = &said["texts"][0]["verdicts"][0];
        let sentence = verdict["sentence"].as_str().unwrap();
        assert!(sentence.contains(says), "{says}: {sentence}");
    }
    let folder = Folder::repository().with("sub/a.env", &line);
    for (config, says) in [
        (format!("[rules]\ndisable = [\"{rule}\"]\n"), "excused by sub/.blurt.toml"),
        ("[scan]\nexclude = [\"*.env\"]\n".to_owned(), "reported as"),
    ] {
        let folder = Folder::repository().with("sub/a.env", &line).with("sub/.blurt.toml", &config);
        let said = folder.json(&["sub/a.env:1"]);
        let sentence = said["texts"][0]["verdicts"][0]["sentence"].as_str().unwrap();
        assert!(sentence.contains(says), "{config}: {sentence}");
        assert_eq!(said["file"]["scanned"], !config.contains("exclude"), "{said:#}");
    }
    let made = run(folder.path(), &["baseline", "create"]);
    assert_eq!(made.status, Some(0), "{made:?}");
    let said = folder.json(&["sub/a.env:1"]);
    let sentence = said["texts"][0]["verdicts"][0]["sentence"].as_str().unwrap();
    assert!(sentence.contains("it is known (.blurt-baseline.json:2)"), "{sentence}");
}

#[test]
fn a_threshold_is_told_with_who_set_it() {
    let text = "password = tigerroot\n";
    let folder = Folder::repository()
        .with("a.env", text)
        .with(".blurt.toml", "[scan]\n# comment\nmin_confidence = \"high\"\n");
    let sentence = |args: &[&str]| {
        let said = folder.json(&[&["a.env:1"], args].concat());
        said["texts"][0]["verdicts"][0]["sentence"].as_str().unwrap().to_owned()
    };
    assert!(
        sentence(&[]).contains("and the threshold is high (.blurt.toml:3)"),
        "{}",
        sentence(&[])
    );
    let shown = folder.explain(&["a.env:1"]).out;
    assert!(shown.contains("; reported from high (.blurt.toml:3)\n"), "{shown}");
    let flag = sentence(&["--min-confidence", "medium"]);
    assert!(flag.contains("and the threshold is medium (--min-confidence)"), "{flag}");
}

#[test]
fn the_other_half_makes_a_credential_sure() {
    let id = value("AKIA[A-Z2-7]{16}", 12);
    let secret = value("[0-9A-Za-z]{40}", 13);
    let text = format!("AWS={id}\nsee {secret} here\n");
    let folder = Folder::new().with("a.env", text);
    let said = folder.json(&["a.env:2"]);
    let matches = said["texts"][0]["matches"].as_array().unwrap();
    let half = matches.iter().find(|found| found["made_sure_by"] == "aws-access-key-id");
    let half = half.unwrap_or_else(|| panic!("{said:#}"));
    assert_eq!(half["confidence"], "high");
    assert_eq!(half["called_by"][0]["line"], 1, "{half:#}");
}
