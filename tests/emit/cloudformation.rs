//! The CloudFormation template, read by `cfn-lint`.

use crate::planted::Planted;
use blurt::plan::emit::{self, EmitError};
use std::process::Command;
use tempfile::TempDir;

#[test]
fn the_template_has_each_secret_and_no_value() {
    let planted = Planted::everywhere();
    let template = planted.file("cloudformation", "secrets.yaml");
    for plant in &planted.plants {
        let name = format!("      Name: \"/shop/api/prod/{}\"\n", plant.name);
        assert_eq!(template.contains(&name), plant.store == "aws-secrets-manager", "{name}");
    }
    assert!(!template.contains("SecretString:") && !template.contains("GenerateSecretString:"));
    // Parameter Store's are made elsewhere, but read here.
    assert!(template.contains(":parameter/shop/api/prod/pepper\n"), "{template}");
    let mark = |word: &str| word.len() > 2 && word.chars().all(|c| c.is_ascii_uppercase());
    assert!(!template.split('@').any(mark), "{template}");
}

#[test]
fn cfn_lint_finds_nothing() {
    let mut planted = Planted::everywhere();
    planted.plan.entries[0].title =
        "a \"b\": ${AWS::Region} {{{resolve:ssm:x}} @TAGS@\n\u{202e}".into();
    let folder = TempDir::new().unwrap();
    let files = planted.emit("cloudformation");
    // A dynamic reference would be replaced by what it names.
    assert!(!files[0].text.contains("{{"), "{}", files[0].text);
    emit::write(&files, folder.path(), false).unwrap();
    let template = folder.path().join("secrets.yaml");
    let lint =
        Command::new("cfn-lint").args(["--include-checks", "I", "--"]).arg(&template).output();
    let Ok(lint) = lint else {
        eprintln!("skipped: cfn-lint is not installed");
        return;
    };
    let said = String::from_utf8_lossy(&lint.stdout);
    assert!(lint.status.success(), "{said}{}", String::from_utf8_lossy(&lint.stderr));
}

#[test]
fn more_than_a_template_takes_is_said() {
    let mut planted = Planted::everywhere();
    let entry = planted.plan.entries[0].clone();
    for n in 0..250 {
        let mut entry = entry.clone();
        entry.name = format!("/shop/api/prod/token-number-{n:04}");
        planted.plan.entries.push(entry);
    }
    let emitter = emit::by_name("cloudformation").unwrap();
    let error = emitter.files(&planted.plan, None).unwrap_err();
    assert!(matches!(error, EmitError::TooMany { most: 500, needed } if needed > 500), "{error}");
}
