//! Look-ups in a store.

use crate::ground::Ground;

/// What `--via` makes of files; `NAME` in what is expected stands for the name that the plan gives.
fn assert_read(via: &str, cases: &[(&str, &str, &str)]) -> Ground {
    let mut ground = Ground::new();
    for (path, before, _) in cases {
        ground.plant(path, before);
    }
    ground.commit();
    let plan = ground.run(&["plan", "-f", "json"]).out;
    let plan: serde_json::Value = serde_json::from_str(&plan).unwrap();
    let said = ground.run(&["fix", "--write", "--via", via]);
    for (path, _, after) in cases {
        ground.check(path);
        let entry = plan["entries"].as_array().unwrap().iter().find(|entry| {
            let places = entry["places"].as_array().unwrap();
            places.iter().any(|place| place["name"] == *path)
        });
        let name = entry.unwrap()["name"].as_str().unwrap();
        assert_eq!(ground.read(path), after.replace("NAME", name), "{path}\n{}", said.out);
        assert!(said.out.contains(&format!("  {name}: ")), "{name}\n{}", said.out);
    }
    assert_eq!(ground.run(&["scan"]).status, Some(0));
    ground
}

#[test]
fn secrets_manager() {
    let ground = assert_read(
        "aws-secrets-manager",
        &[
            (
                "py/a.py",
                "import sys\n\nA_KEY = \"§\"\n",
                "import boto3\nimport botocore.config\nfrom aws_secretsmanager_caching import SecretCache\nimport sys\n\n# Values are kept in memory for an hour. Calls that are throttled are tried again with back-off.\n_secrets = SecretCache(\n    client=boto3.client(\n        \"secretsmanager\",\n        config=botocore.config.Config(retries={\"mode\": \"standard\", \"max_attempts\": 5}),\n    )\n)\n\n\nA_KEY = _secrets.get_secret_string(\"NAME\")\n",
            ),
            (
                "java/B.java",
                "package net.acme;\n\nclass B {\n  String bKey = \"§\";\n}\n",
                "package net.acme;\n\nclass B {\n  String bKey = StoredSecrets.get(\"NAME\");\n}\n",
            ),
            (
                "kt/c.kt",
                "package net.acme\n\nval cKey = \"x-§\"\n",
                "package net.acme\n\nval cKey = \"x-${StoredSecrets.get(\"NAME\")}\"\n",
            ),
            (
                "go/d.go",
                "package d\n\nvar dKey = \"§\"\n",
                "package d\n\nvar dKey = storedSecret(\"NAME\")\n",
            ),
            (
                "rb/e.rb",
                "# frozen_string_literal: true\n\nE_KEY = '§'\n",
                "# frozen_string_literal: true\n\nrequire_relative \"stored_secrets\"\nE_KEY = StoredSecrets.get(\"NAME\")\n",
            ),
        ],
    );
    for path in [
        "java/StoredSecrets.java",
        "kt/StoredSecrets.kt",
        "go/stored_secrets.go",
        "rb/stored_secrets.rb",
    ] {
        ground.check(path);
    }
    assert!(ground.read("java/StoredSecrets.java").starts_with("package net.acme;\n"));
    assert!(ground.read("go/stored_secrets.go").starts_with("package d\n"));
}

#[test]
fn secrets_manager_from_scripts() {
    let ground = assert_read(
        "aws-secrets-manager",
        &[
            (
                "php/f.php",
                "<?php\n$fKey = '§';\n",
                "<?php\nrequire_once __DIR__ . '/stored_secrets.php';\n$fKey = \\stored_secret('NAME');\n",
            ),
            (
                "cs/G.cs",
                "class G\n{\n    string gKey = \"§\";\n}\n",
                "class G\n{\n    string gKey = StoredSecrets.Get(\"NAME\");\n}\n",
            ),
            (
                "js/h.mjs",
                "import x from \"x\";\nconst hKey = \"§\";\n",
                "import { getSecret } from \"@aws-lambda-powertools/parameters/secrets\";\nimport x from \"x\";\nconst hKey = (await getSecret(\"NAME\", { maxAge: 300 }));\n",
            ),
            (
                "ts/k.mts",
                "export const kKey: string = \"§\";\n",
                "import { getSecret } from \"@aws-lambda-powertools/parameters/secrets\";\nexport const kKey: string = (await getSecret<string>(\"NAME\", { maxAge: 300 }))!;\n",
            ),
            (
                "sh/i.sh",
                "I_KEY='§'\n",
                "I_KEY=\"$(aws secretsmanager get-secret-value --secret-id 'NAME' --query SecretString --output text)\"\n",
            ),
            (
                "tf/j.tf",
                "locals {\n  j_key = \"§\"\n}\n",
                "locals {\n  j_key = data.aws_secretsmanager_secret_version.j_key.secret_string\n}\n",
            ),
        ],
    );
    for path in ["php/stored_secrets.php", "cs/StoredSecrets.cs", "tf/secrets.tf"] {
        ground.check(path);
    }
}

#[test]
fn parameter_store() {
    let ground = assert_read(
        "aws-parameter-store",
        &[
            (
                "py/a.py",
                "A_KEY = \"§\"\n",
                "from aws_lambda_powertools.utilities import parameters\n\nA_KEY = parameters.get_parameter(\"NAME\", decrypt=True, max_age=300)\n",
            ),
            (
                "go/b.go",
                "package b\n\nvar bKey = \"§\"\n",
                "package b\n\nvar bKey = storedSecret(\"NAME\")\n",
            ),
            (
                "rb/c.rb",
                "C_KEY = '§'\n",
                "require_relative \"stored_secrets\"\nC_KEY = StoredSecrets.get(\"NAME\")\n",
            ),
            (
                "cs/D.cs",
                "class D\n{\n    string dKey = \"§\";\n}\n",
                "class D\n{\n    string dKey = StoredSecrets.Get(\"NAME\");\n}\n",
            ),
            (
                "vars/group_vars/all.yml",
                "e_key: §\n",
                "e_key: \"{{ lookup('amazon.aws.ssm_parameter', 'NAME') }}\"\n",
            ),
        ],
    );
    for path in ["go/stored_secrets.go", "rb/stored_secrets.rb", "cs/StoredSecrets.cs"] {
        ground.check(path);
    }
}

#[test]
fn what_cannot_wait_for_a_store_stays() {
    let mut ground = Ground::new();
    ground.plant("a.js", "const aKey = \"§\";\n");
    ground.plant("b.js", "async function f() {\n  if (x) {\n    return { bKey: \"§\" };\n  }\n}\n");
    ground.commit();
    let said = ground.run(&["fix", "--write", "--via", "aws-secrets-manager"]);
    assert_eq!(said.status, Some(1));
    assert!(
        said.out.contains("a.js:1: Stripe live secret or restricted key: a store answers later"),
        "{}",
        said.out
    );
    assert!(ground.read("b.js").starts_with(
        "const { getSecret } = require(\"@aws-lambda-powertools/parameters/secrets\");\n"
    ));
    ground.check("b.js");
}
