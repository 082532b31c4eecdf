//! `plan --emit`: files are planted, scanned and planned, and what is emitted is read by the tools that it is
//! for: an HCL parser and `terraform fmt`, `cfn-lint`, and the shells that run the script.

// The files have names as Unix has them.
#![cfg(unix)]
#![allow(clippy::unwrap_used)] // a test may panic
#![allow(clippy::print_stderr)] // a test that is skipped says so

#[path = "emit/cloudformation.rs"]
mod cloudformation;
mod common;
#[path = "emit/planted.rs"]
mod planted;
#[path = "emit/script.rs"]
mod script;
#[path = "emit/terraform.rs"]
mod terraform;

use blurt::plan::emit::{self, EmitError, OutputFile};
use planted::Planted;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use tempfile::TempDir;

fn file(path: &'static str, text: &str, executable: bool) -> OutputFile {
    OutputFile { path, text: text.into(), executable }
}

#[test]
fn files_are_written_and_others_kept() {
    let folder = TempDir::new().unwrap();
    let dir = folder.path().join("a/b");
    let files = [file("main.tf", "one\n", false), file("import.sh", "two\n", true)];
    emit::write(&files, &dir, false).unwrap();
    // The same again changes nothing.
    emit::write(&files, &dir, false).unwrap();
    fs::write(dir.join("import.sh"), "mine\n").unwrap();
    let other = [file("main.tf", "new\n", false), file("import.sh", "two\n", true)];
    let error = emit::write(&other[1..], &dir, false).unwrap_err();
    assert!(matches!(&error, EmitError::Exists(path) if *path == dir.join("import.sh")), "{error}");
    // Nothing is written where one file may not be.
    assert!(emit::write(&other, &dir, false).is_err());
    assert_eq!(fs::read_to_string(dir.join("main.tf")).unwrap(), "one\n");
    emit::write(&other, &dir, true).unwrap();
    assert_eq!(fs::read_to_string(dir.join("main.tf")).unwrap(), "new\n");
    assert_eq!(fs::read_to_string(dir.join("import.sh")).unwrap(), "two\n");
}

#[test]
fn only_scripts_are_run_and_links_are_not_followed() {
    let folder = TempDir::new().unwrap();
    let elsewhere = folder.path().join("elsewhere");
    fs::write(&elsewhere, "two\n").unwrap();
    symlink(&elsewhere, folder.path().join("import.sh")).unwrap();
    let files = [file("main.tf", "one\n", false), file("import.sh", "two\n", true)];
    emit::write(&files, folder.path(), false).unwrap();
    let mode = |name: &str| {
        let meta = fs::symlink_metadata(folder.path().join(name)).unwrap();
        (meta.is_file(), meta.permissions().mode() & 0o7777)
    };
    assert_eq!(mode("import.sh"), (true, 0o700));
    assert_eq!(mode("main.tf").1 & !0o644, 0);
    let files = [file("main.tf", "one\n", true)];
    emit::write(&files, folder.path(), false).unwrap();
    assert_eq!(mode("main.tf").1, 0o700);
}

#[test]
fn no_emitted_file_holds_a_value() {
    let planted = Planted::everywhere();
    for emitter in emit::EMITTERS {
        for file in planted.emit(emitter.name()) {
            planted.assert_holds_no_value(file.path, file.text.as_bytes());
        }
    }
}

#[test]
fn an_emitter_is_known_by_its_name_and_says_when_it_has_nothing_to_do() {
    let mut planted = Planted::everywhere();
    assert!(emit::by_name("pulumi").is_none());
    let script = emit::by_name("import-script").unwrap();
    let error = script.files(&planted.plan, None).unwrap_err();
    assert!(matches!(error, EmitError::NoSources("import-script")), "{error}");
    planted.plan.entries.retain(|entry| entry.store() == Some("vault"));
    for name in ["terraform", "cloudformation"] {
        let error = emit::by_name(name).unwrap().files(&planted.plan, None).unwrap_err();
        assert!(matches!(error, EmitError::Nothing(of) if of == name), "{error}");
    }
}

#[test]
fn two_secrets_of_one_name_stay_two() {
    let mut planted = Planted::everywhere();
    for entry in &mut planted.plan.entries {
        entry.name = "/shop/api/prod/key".into();
    }
    let main = planted.file("terraform", "main.tf");
    let names: Vec<&str> =
        main.lines().filter_map(|line| line.trim().strip_prefix("name ")).collect();
    let secrets: Vec<&&str> = names.iter().filter(|name| name.contains("/shop/api")).collect();
    let aws = planted.plan.entries.iter().filter(|e| e.store().unwrap().starts_with("aws-"));
    assert_eq!(secrets.len(), aws.count(), "{names:?}");
    let mut distinct = secrets.clone();
    distinct.sort();
    distinct.dedup();
    assert_eq!(distinct.len(), secrets.len(), "{secrets:?}");
}
