//! Terraform's files, read by an HCL parser, and formatted as `terraform fmt` has them.

use crate::planted::Planted;
use blurt::plan::emit;
use hcl::{Body, Structure};
use std::process::Command;
use tempfile::TempDir;

fn parsed(text: &str) -> Body {
    hcl::parse(text).unwrap_or_else(|e| panic!("{e}\n{text}"))
}

/// The labels of all blocks of a kind, as `aws_ssm_parameter.name`.
fn labels(body: &Body, kind: &str) -> Vec<String> {
    let blocks = body.blocks().filter(|block| block.identifier() == kind);
    let labels = blocks.map(|block| {
        let labels: Vec<&str> = block.labels().iter().map(hcl::BlockLabel::as_str).collect();
        labels.join(".")
    });
    labels.collect()
}

#[test]
fn there_is_a_resource_for_each_secret_and_none_has_a_value() {
    let planted = Planted::everywhere();
    let files = planted.emit("terraform");
    let names: Vec<_> = files.iter().map(|file| file.path).collect();
    assert_eq!(names, ["main.tf", "outputs.tf", "variables.tf", "versions.tf"]);
    let main = parsed(&files[0].text);
    let resources = labels(&main, "resource");
    for plant in &planted.plants {
        let name = format!("shop_api_prod_{}", plant.name.replace('-', "_"));
        let secret = resources.contains(&format!("aws_secretsmanager_secret.{name}"));
        let policy = resources.contains(&format!("aws_secretsmanager_secret_policy.{name}"));
        let rotation = resources.contains(&format!("aws_secretsmanager_secret_rotation.{name}"));
        let parameter = resources.contains(&format!("aws_ssm_parameter.{name}"));
        let is_secret = plant.store == "aws-secrets-manager";
        assert_eq!((secret, policy), (is_secret, is_secret), "{name}");
        assert_eq!(rotation, is_secret && plant.name.ends_with("key"), "{name}");
        assert_eq!(parameter, plant.store == "aws-parameter-store", "{name}");
    }
    assert!(!files[0].text.contains("secret_string"));
    assert!(!resources.iter().any(|name| name.contains("secret_version")), "{resources:?}");
    let mut sorted = resources.clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!(sorted.len(), resources.len(), "{resources:?}");
}

#[test]
fn policies_are_those_of_the_guide() {
    let planted = Planted::everywhere();
    let main = planted.file("terraform", "main.tf");
    let documents = labels(&parsed(&main), "data");
    for document in ["key", "by_tags", "secret", "read_shop_dev", "read_shop_prod"] {
        let document = format!("aws_iam_policy_document.{document}");
        assert!(documents.contains(&document), "{document}: {documents:?}");
    }
    let block = |start: &str| {
        let at = main.find(start).unwrap();
        &main[at..at + main[at..].find("\n}\n").unwrap()]
    };
    let tags = block("data \"aws_iam_policy_document\" \"by_tags\"");
    for part in [
        "secretsmanager:ResourceTag/${condition.value}",
        "aws:RequestTag/${condition.value}",
        "&{aws:PrincipalTag/${condition.value}}",
        ":secret:/&{aws:PrincipalTag/appname}/&{aws:PrincipalTag/appfunc}/&{aws:PrincipalTag/appenv}/*",
    ] {
        assert!(tags.contains(part), "{part}: {tags}");
    }
    // What is read in one environment is not read in the other.
    let dev = block("data \"aws_iam_policy_document\" \"read_shop_dev\"");
    assert!(dev.contains("aws_ssm_parameter.shop_api_prod_pepper.arn"), "{dev}");
    assert_eq!(dev.matches(".arn,").count(), 1, "{dev}");
    assert!(dev.contains("kms:ViaService") && !dev.contains('*'), "{dev}");
    let prod = block("data \"aws_iam_policy_document\" \"read_shop_prod\"");
    assert!(!prod.contains("pepper") && !prod.contains('*'), "{prod}");
    let key = block("data \"aws_iam_policy_document\" \"key\"");
    assert!(key.contains("kms:CallerAccount") && key.contains("kms:ViaService"), "{key}");
    let secret = block("data \"aws_iam_policy_document\" \"secret\"");
    assert!(secret.contains("aws:PrincipalOrgID") && secret.contains("aws:SecureTransport"));
}

#[test]
fn tags_and_descriptions_are_text_alone() {
    let mut planted = Planted::everywhere();
    planted.plan.entries[0].title = "a \"b\" ${path.cwd} %{if true}\n\u{202e}".into();
    let body = parsed(&planted.file("terraform", "main.tf"));
    let of_token = |structure: &&Structure| {
        let labels = structure.as_block().map(hcl::Block::labels).unwrap_or_default();
        labels.iter().any(|label| label.as_str() == "shop_api_prod_token")
    };
    let secret = body.iter().find(of_token).and_then(Structure::as_block).unwrap();
    let attribute = |name: &str| {
        let found = secret.body().attributes().find(|attribute| attribute.key() == name);
        found.unwrap().expr().to_string()
    };
    assert_eq!(
        attribute("description"),
        r#""a \"b\" $${path.cwd} %%{if true}\\u{a}\\u{202e}, from src/app.py:2""#
    );
    let tags = attribute("tags");
    for tag in [
        "appname = \"shop\"",
        "appfunc = \"api\"",
        "appenv = \"prod\"",
        "dataclassification = \"confidential\"",
        "owner = \"Jane Doe jane@shop.example\"",
        "\"cost-center\" = \"4 711 x y\"",
    ] {
        assert!(tags.contains(tag), "{tag}: {tags}");
    }
}

#[test]
fn the_format_is_that_of_terraform_fmt() {
    let planted = Planted::everywhere();
    let folder = TempDir::new().unwrap();
    emit::write(&planted.emit("terraform"), folder.path(), false).unwrap();
    let fmt =
        Command::new("terraform").args(["fmt", "-check", "-diff"]).arg(folder.path()).output();
    let Ok(fmt) = fmt else {
        eprintln!("skipped: terraform is not installed");
        return;
    };
    let said = String::from_utf8_lossy(&fmt.stdout);
    assert!(fmt.status.success(), "{said}{}", String::from_utf8_lossy(&fmt.stderr));
}

#[test]
fn a_policy_is_never_longer_than_iam_takes() {
    let mut planted = Planted::everywhere();
    let entry = planted.plan.entries[0].clone();
    for n in 0..200 {
        let mut entry = entry.clone();
        entry.name = format!("/shop/api/prod/token-number-{n:04}");
        planted.plan.entries.push(entry);
    }
    let main = planted.file("terraform", "main.tf");
    let policies = main.split("data \"aws_iam_policy_document\" \"read_shop_prod").skip(1);
    let counts: Vec<usize> = policies
        .map(|policy| policy.split("\n}\n").next().unwrap().matches(".arn,").count())
        .collect();
    assert_eq!(counts.iter().sum::<usize>(), 200 + 7, "{counts:?}");
    // With a name of 31 characters in an ARN of 110, quoted and with a comma.
    assert!(counts.len() > 2 && counts.iter().all(|count| count * 113 < 6144), "{counts:?}");
}
