//! Secrets in text that is written in another way: base64, hexadecimal, percent-encoding, escapes, HTML
//! entities, and one in the other.

#![allow(clippy::unwrap_used)] // a test may panic

mod common;

use blurt::blob::{Chunk, Origin, Via};
use blurt::detect::Detector;
use blurt::finding::Finding;
use blurt::rule::Confidence;
use blurt::rule::example::expand;
use common::encoding::{ENCODINGS, Encoding, Written};
use common::repo::Repo;
use common::{detector, scan};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::sync::OnceLock;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const TOKEN: &str = "<<ghp_[0-9A-Za-z]{30}|github>>";
const PASSWORD: &str = "<<[A-Z][0-9a-z]{5}[!%*][0-9A-Za-z]{4}[$&+][0-9a-z]{3}>>";

/// Made once, as rules are compiled when they are first used.
fn rules() -> &'static Detector {
    static DETECTOR: OnceLock<Detector> = OnceLock::new();
    DETECTOR.get_or_init(detector)
}

/// What a scan of a file finds.
fn found(name: &str, text: &str) -> Vec<Finding> {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join(name), text).unwrap();
    let outcome = scan(folder.path(), rules(), Confidence::Low, 1);
    outcome.findings.into_iter().map(|(finding, _)| finding).collect()
}

/// Documents with a secret, and without.
fn documents(secret: &str, name: &str) -> [String; 3] {
    [
        format!(r#"{{"user": "app", "{name}": "{secret}", "port": 5432}}"#),
        format!("HOST=db.internal.net\nDB_{}={secret}\nPORT=5432\n", name.to_uppercase()),
        format!("user: app\ndb_{name}: {secret}\nport: 5432\n"),
    ]
}

/// The secret stands in line 2, behind characters of more than one byte.
fn in_file(written: &Written) -> Written {
    written.between("# größe\nx = '漢😀', \"", "\"\n")
}

/// What is wrong with a report on a text, if anything is.
fn flaw(written: &Written, rule: &str, secret: &str) -> Option<String> {
    let found = found("a.py", &written.text);
    let [finding] = found.as_slice() else {
        let found: Vec<_> = found.iter().map(|f| (f.rule.id(), &f.locations)).collect();
        return Some(format!("{:?}: {} findings {found:?}", written.via, found.len()));
    };
    let place = finding.primary();
    let via: Vec<Via> = written.via.iter().map(|name| Via::Decoded((*name).to_owned())).collect();
    let (line, start, end) = written.position();
    let is = ((place.start.line, place.start.column, place.end.column), &place.origin.via);
    let right = finding.rule.id() == rule
        && finding.secret.reveal() == Some(secret.as_bytes())
        && is == ((line, start, end), &via)
        && finding.locations.len() == 1
        && !format!("{:?}", place.excerpt).contains(&written.text[written.part.clone()]);
    let is = format!("{is:?} {} {:?}", finding.rule.id(), place.excerpt);
    (!right).then(|| format!("{via:?} {:?}: is {is}", (line, start, end)))
}

/// Whether there is a word in a text that is written so. Of what is written in nothing but escapes, only
/// two letters that all names have are seen, and digits have them not.
fn has_trigger(outer: Encoding, inner: Encoding) -> bool {
    use Encoding::{Base64, Base64Url, Base64Utf16, Bytes, Hex};
    match (outer, inner) {
        (Base64 | Base64Url | Base64Utf16 | Hex, _) => true,
        (_, Bytes) | (Bytes, Base64 | Base64Url | Base64Utf16 | Hex) => false,
        _ => true,
    }
}

/// All that is wrong with the reports on a document in all encodings, and in two of them.
fn flaws(document: &str, rule: &str, secret: &str, inner: &[Encoding]) -> Vec<String> {
    let plain = Written::plain(document.to_owned(), secret);
    let mut flaws = Vec::new();
    for inner in inner {
        let once = plain.written(*inner);
        flaws.extend(flaw(&in_file(&once), rule, secret));
        for outer in ENCODINGS.into_iter().filter(|outer| has_trigger(*outer, *inner)) {
            flaws.extend(flaw(&in_file(&once.written(outer)), rule, secret));
        }
    }
    flaws
}

#[test]
fn a_token_is_found_in_every_encoding_and_in_every_two() {
    let token = expand(TOKEN, 11).unwrap();
    // Entities hide nothing of a token.
    let hiding: Vec<_> = ENCODINGS.into_iter().filter(|e| *e != Encoding::Entities).collect();
    for document in documents(&token, "token") {
        let flaws = flaws(&document, "github-personal-access-token", &token, &hiding);
        assert!(flaws.is_empty(), "{document}\n{}", flaws.join("\n"));
    }
}

#[test]
fn a_password_is_found_in_every_encoding_and_in_every_two() {
    for seed in 0..3 {
        let password = expand(PASSWORD, seed).unwrap();
        let [json, lines, _] = documents(&password, "password");
        for document in [json, lines] {
            let flaws = flaws(&document, "password", &password, &ENCODINGS);
            assert!(flaws.is_empty(), "{document}\n{}", flaws.join("\n"));
        }
    }
}

#[test]
fn what_is_no_secret_is_none_when_it_is_encoded() {
    let short = expand("<<ghp_[0-9A-Za-z]{20}>>", 3).unwrap();
    let documents = [documents("changeme", "password"), documents(&short, "user")].concat();
    for document in documents {
        for inner in ENCODINGS {
            let once = Written::plain(document.clone(), "5432").written(inner);
            for text in ENCODINGS.map(|outer| once.written(outer)).iter().chain([&once]) {
                let found = found("a.py", &in_file(text).text);
                assert!(found.is_empty(), "{inner:?}: {found:#?}");
            }
        }
    }
}

#[test]
fn three_encodings_are_opened_and_no_fourth() {
    let token = expand(TOKEN, 4).unwrap();
    let plain = Written::plain(format!("token={token}\n"), &token);
    let thrice = plain.written(Encoding::Base64).written(Encoding::Bytes).written(Encoding::Hex);
    assert_eq!(thrice.via, ["hex", "escapes", "base64"]);
    assert_eq!(flaw(&in_file(&thrice), "github-personal-access-token", &token), None);
    assert!(found("a.py", &in_file(&thrice.written(Encoding::Base64)).text).is_empty());
}

#[test]
fn what_is_read_as_it_is_written_is_reported_so() {
    let password = expand("<<[A-Z][0-9a-z]{5}[!*][0-9A-Za-z]{4}[+][0-9a-z]{3}>>", 5).unwrap();
    for text in [
        format!(r#"s = "{{\"user\": \"a\", \"password\": \"{password}\"}}""#),
        format!(r#""password = \"{password}\"\n","#),
        format!("<a b=\"&quot;x&quot;\" password=\"{password}\">"),
    ] {
        let found = found("a.ipynb", &text);
        assert_eq!(found.len(), 1, "{text}: {found:#?}");
        assert_eq!(found[0].locations.len(), 1);
        assert_eq!(found[0].primary().origin.via, []);
    }
}

#[test]
fn lines_and_documents_in_strings_are_read() {
    let password = expand("<<[A-Z][0-9a-z]{5}[!*][0-9A-Za-z]{4}[+][0-9a-z]{3}>>", 6).unwrap();
    let key = expand("<<[0-9A-Za-z]{32}>>", 6).unwrap();
    for (text, count) in [
        (format!(r#"{{"env": "user: app\napi_key: {key}\npassword: {password}\nx: 1\n"}}"#), 2),
        (format!(r#" "export API_KEY={key}\n","#), 1),
        (format!(r#"{{"a": "{{\"b\": \"{{\\\"password\\\": \\\"{password}\\\"}}\"}}"}}"#), 1),
        (format!(r#"{{"dsn": "postgres:\/\/app:{password}@db.internal.net\/x"}}"#), 1),
        (format!("u = 'https%3A%2F%2Fapp%3A{password}%40db.internal.net%2Fx'"), 1),
        (format!("q=1&next=password%3D{}&a=b", password.replace('+', "%2B")), 1),
    ] {
        let found = found("a.ipynb", &text);
        assert_eq!(found.len(), count, "{text}: {found:#?}");
        let decoded = found.iter().all(|finding| finding.primary().origin.via.len() == 1);
        assert!(decoded, "{text}: {found:#?}");
        let secrets = [&password, &key].map(String::as_bytes);
        assert!(found.iter().all(|finding| secrets.contains(&finding.secret.reveal().unwrap())));
    }
}

#[test]
fn a_plain_and_an_encoded_copy_are_one_finding() {
    let token = expand(TOKEN, 8).unwrap();
    let encoded = Encoding::Base64.write(&format!("token: {token}\n"));
    let found = found("a.txt", &format!("{token}\n{encoded}\n"));
    assert_eq!(found.len(), 1);
    let via: Vec<usize> = found[0].locations.iter().map(|place| place.origin.via.len()).collect();
    assert_eq!(via, [0, 1]);
}

#[test]
fn a_marker_excuses_what_is_encoded_on_its_line() {
    let token = expand(TOKEN, 11).unwrap();
    let encoded = Encoding::Base64.write(&format!("token: {token}\n"));
    for (marker, status) in [
        ("blurt:allow github-personal-access-token -- a test", "ignored"),
        ("blurt:allow aws-access-key-id -- another rule", "new"),
        ("no marker", "new"),
    ] {
        let text = format!("first: 1\nblob: {encoded} # {marker}\n");
        let found = found("a.yml", &text);
        assert_eq!(found.len(), 1, "{text}");
        assert_eq!(found[0].triage.name(), status, "{text}");
        assert_eq!(found[0].primary().start.line, 2);
    }
}

#[test]
fn the_upper_layer_wins_and_on_the_same_layer_what_is_not_decoded() {
    let token = expand(TOKEN, 9).unwrap();
    let inside = Encoding::Base64.write(&format!("{token}\n"));
    let value = expand("<<[0-9A-Za-z]{40}>>", 9).unwrap();
    for (text, rule) in [
        (format!("client_secret = '{inside}'\n"), "github-personal-access-token"),
        (
            format!("client_secret = '{}'\n", Encoding::Base64.write(&format!("token={value}"))),
            "generic-secret",
        ),
        (expand("token = '<<@jwt>>'\n", 9).unwrap(), "json-web-token"),
    ] {
        let found = found("a.py", &text);
        let rules: Vec<&str> = found.iter().map(|finding| finding.rule.id()).collect();
        assert_eq!(rules, [rule], "{text}");
    }
}

/// Every place in a report: file, lines, columns, and the way.
fn places(repo: &Repo, args: &[&str]) -> BTreeSet<String> {
    let args = [&["scan", "-f", "json", "--min-confidence", "low"], args].concat();
    let said = common::run(repo.path(), &args);
    let report: Value =
        serde_json::from_str(&said.out).unwrap_or_else(|e| panic!("{e}: {}", said.err));
    let findings = report["findings"].as_array().unwrap().iter();
    let places = findings.flat_map(|finding| {
        let places = finding["locations"].as_array().unwrap().iter();
        places.map(move |place| {
            let keys = ["path", "start_line", "start_column", "end_line", "end_column", "via"];
            let place = keys.map(|key| place[key].to_string());
            format!("{} {}", finding["fingerprint"], place.join(" "))
        })
    });
    places.collect()
}

#[test]
fn the_index_a_range_and_the_history_hold_what_the_files_hold() {
    let repo = Repo::new();
    let base = repo.commit("README.md", "nothing\n");
    for (n, encoding) in (0..).zip(ENCODINGS) {
        let password = expand(PASSWORD, 20 + n).unwrap();
        let [document, ..] = documents(&password, "password");
        let written = in_file(&Written::plain(document, &password).written(encoding));
        let prose = "The quick brown fox jumps over the lazy dog, and so on.\n".repeat(40);
        repo.write(&format!("{n}.py"), format!("{prose}{}{prose}", written.text));
    }
    repo.git(&["add", "."]);
    let files = places(&repo, &["."]);
    assert_eq!(files.len(), ENCODINGS.len(), "{files:#?}");
    assert_eq!(places(&repo, &["--staged"]), files);
    repo.commit_staged("Add files");
    assert_eq!(places(&repo, &["--range", &format!("{base}..HEAD")]), files);
    repo.git(&["gc", "-q", "--aggressive"]);
    assert_eq!(places(&repo, &["--history"]), files);
}

/// A long text with a token every few kilobytes, and the tokens.
fn long_text() -> (String, BTreeSet<String>) {
    let mut text = String::new();
    let mut tokens = BTreeSet::new();
    for n in 0..24 {
        let token = expand(TOKEN, 100 + n).unwrap();
        text.push_str(&format!("line {n} holds {token}, and no more; "));
        let words = "<<[a-z]{4}>> <<[a-z]{7}>> of <<[0-9a-z]{5}>>, <<[A-Z][a-z]{5}>>; ".repeat(160);
        text.push_str(&expand(&words, n).unwrap());
        text.push('\n');
        tokens.insert(token);
    }
    (text, tokens)
}

#[test]
fn a_long_encoded_text_is_searched_to_its_end() {
    let (text, tokens) = long_text();
    let wrapped = |text: &str| {
        let lines =
            text.as_bytes().chunks(76).map(|line| String::from_utf8_lossy(line).into_owned());
        lines.collect::<Vec<_>>().join("\n  ")
    };
    // Entities hide nothing of a token, and hexadecimal has no trigger but its beginning.
    let is_long = |e: &&Encoding| !matches!(e, Encoding::Entities | Encoding::Hex);
    for written in ENCODINGS.iter().filter(is_long).map(|encoding| encoding.write(&text)) {
        check_long(&written, &tokens);
    }
    check_long(&wrapped(&Encoding::Base64.write(&text)), &tokens);
}

fn check_long(written: &str, tokens: &BTreeSet<String>) {
    let found = found("long.txt", &format!("data: {written}\n"));
    let mut secrets = BTreeSet::new();
    for finding in found.iter().filter(|finding| finding.rule.id().starts_with("github")) {
        assert_eq!(finding.locations.len(), 1, "{written:.60}");
        secrets.insert(String::from_utf8(finding.secret.reveal().unwrap().to_vec()).unwrap());
    }
    assert_eq!(&secrets, tokens, "{written:.60}");
}

#[test]
fn deep_and_dense_encoded_text_ends_soon() {
    let (text, _) = long_text();
    let mut nested = text.clone();
    for _ in 0..6 {
        nested = Encoding::Base64.write(&nested);
        nested.truncate(40_000);
    }
    let dense = [
        nested,
        "%25253Dpassword%25253Dab12cd34ef56".repeat(2_000),
        r"\\\\u0022password1\\\\u0022=\\\\u0022ab12cd34ef56".repeat(1_200),
        r"\x65".repeat(12_000),
        r"\u0065\x73\x65".repeat(4_000),
        "&amp;amp;quot;password12345&amp;amp;quot;".repeat(1_500),
        "cGFzc3dvcmQ9aHVudGVyMg/".repeat(2_500),
        "70617373776f72643d68756e74657232".repeat(2_000),
        "\\".repeat(600_000),
        "%".repeat(600_000),
        "&".repeat(600_000),
    ];
    let origin = Origin::file("a.txt");
    for text in dense {
        let start = Instant::now();
        let _ = rules().detect(&Chunk::whole(&origin, text.as_bytes()));
        let time = start.elapsed();
        assert!(time < Duration::from_secs(60), "{time:?}: {text:.60}");
    }
}
