//! A whole application, from the scan to the second scan.

use crate::common::{Fixtures, blurt, said, syntax};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

fn git(folder: &Path, args: &[&str]) {
    let mut git = Command::new("git");
    git.current_dir(folder).args(["-c", "user.name=Ann", "-c", "user.email=ann@example.org"]);
    assert!(git.args(args).status().unwrap().success(), "git {args:?}");
}

/// The files of a folder that are not git's, by their paths from there.
fn files(folder: &Path) -> BTreeSet<String> {
    let mut git = Command::new("git");
    git.current_dir(folder).args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    let out = git.output().unwrap().stdout;
    let names = out.split(|b| *b == 0).filter(|name| !name.is_empty());
    names.map(|name| String::from_utf8(name.to_vec()).unwrap()).collect()
}

#[test]
fn an_application_is_fixed_still_parses_and_is_clean() {
    let fixtures = Fixtures::render_some(|name| name == "marketplace");
    let fixture = &fixtures.all[0];
    let root = &fixture.root;
    // What a browser needs is no secret: whoever has such a site allows its key.
    let page = root.join("web/src/Stores.tsx");
    let text = fs::read_to_string(&page).unwrap();
    let allow = "language=\"en\"> {/* blurt:allow google-api-key -- only our pages may use it */}";
    let allowed = text.replace("language=\"en\">", allow);
    assert_ne!(text, allowed);
    fs::write(&page, allowed).unwrap();
    git(root, &["init", "-q"]);
    git(root, &["add", "-A", "-f"]);
    git(root, &["commit", "-qm", "All"]);
    let secrets = fixtures.secrets();
    let run = |args: &[&str]| {
        let said = said(blurt(root).args(args));
        for secret in &secrets {
            assert!(
                !said.out.contains(secret) && !said.err.contains(secret),
                "{args:?} shows {secret}"
            );
        }
        said
    };
    let preview = run(&["fix"]);
    assert_eq!(preview.status, Some(1));
    let fixed = run(&["fix", "--write"]);
    assert_eq!((fixed.status, fixed.err.as_str()), (Some(0), ""), "{}", fixed.out);
    for path in files(root) {
        if let Ok(content) = fs::read(root.join(&path)) {
            assert_eq!(syntax::check(&path, &content), Ok(()), "{path}");
        }
    }
    let scan = run(&["scan"]);
    assert_eq!((scan.status, scan.err.as_str()), (Some(0), ""), "{}", scan.out);
    let again = run(&["fix", "--write"]);
    assert_eq!(again.out, "No secrets found: there is nothing to fix.\n");
}
