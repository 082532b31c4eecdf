//! The import script, run by several shells with commands that keep what they are given.

use crate::planted::{Plant, Planted};
use blurt::plan::emit;
use bstr::ByteSlice;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

const TOOL: &str = include_str!("tool.sh");

/// The shells, with what they are told. What is traced or read aloud may not show a value either.
const SHELLS: [&[&str]; 6] = [
    &["dash"],
    &["dash", "-x"],
    &["dash", "-v"],
    &["bash", "--posix"],
    &["bash", "-xv"],
    &["busybox", "sh"],
];

/// An emitted script, and commands for it.
struct Script {
    planted: Planted,
    folder: TempDir,
}

/// What one command was given.
#[derive(Debug)]
struct Call {
    arguments: Vec<String>,
    /// The file that it was told of, where that was, and who may read it.
    file: Option<(Vec<u8>, PathBuf, String)>,
}

/// How a run ended.
struct Run {
    status: Option<i32>,
    out: String,
    err: String,
    calls: Vec<Call>,
}

impl Script {
    fn of(planted: Planted) -> Self {
        let folder = TempDir::new().unwrap();
        let script = Self { planted, folder };
        emit::write(&script.planted.emit("import-script"), script.folder.path(), false).unwrap();
        for name in ["bin", "record", "tmp", "home"] {
            fs::create_dir(script.path(name)).unwrap();
        }
        let record = format!("'{}'", script.path("record").display());
        for tool in ["aws", "vault", "gcloud", "az"] {
            let path = script.path("bin").join(tool);
            fs::write(&path, TOOL.replace("@RECORD@", &record)).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        script
    }

    fn everywhere() -> Self {
        Self::of(Planted::everywhere())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Tells the commands to answer so.
    fn answer(&self, what: &str, text: &str) {
        fs::write(self.path("record").join(what), text).unwrap();
    }

    /// Runs it in `folder`. `None` if there is no such shell.
    fn run(&self, shell: &[&str], options: &[&str], folder: &Path) -> Option<Run> {
        let mut command = Command::new(shell[0]);
        command.args(&shell[1..]).arg(self.path("import.sh")).args(options).current_dir(folder);
        let path = format!("{}:/usr/bin:/bin", self.path("bin").display());
        command.env_clear().env("PATH", path).env("HOME", self.path("home"));
        command.env("TMPDIR", self.path("tmp")).env("AZURE_KEY_VAULT", "shop-vault");
        if folder != self.planted.folder.path() {
            command.env("ROOT", self.planted.folder.path());
        }
        let Ok(Output { status, stdout, stderr }) = command.output() else {
            eprintln!("skipped: there is no {}", shell[0]);
            return None;
        };
        let calls = self.calls();
        for call in &calls {
            self.assert_tells_no_value(call);
        }
        for (what, text) in [("standard output", &stdout), ("standard error", &stderr)] {
            self.planted.assert_holds_no_value(what, text);
        }
        for folder in ["tmp", "home"] {
            let left: Vec<_> = fs::read_dir(self.path(folder)).unwrap().collect();
            assert!(left.is_empty(), "{left:?}");
        }
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Some(Run { status: status.code(), out: text(stdout), err: text(stderr), calls })
    }

    /// Runs it elsewhere than where the files are, with the shell that systems have.
    fn run_here(&self, options: &[&str]) -> Run {
        self.run(&["sh"], options, self.folder.path()).unwrap()
    }

    /// Takes the records of all calls.
    fn calls(&self) -> Vec<Call> {
        let mut calls = Vec::new();
        for n in 0.. {
            let folder = self.path("record").join(format!("call-{n}"));
            let Ok(arguments) = fs::read(folder.join("arguments")) else { break };
            self.planted.assert_holds_no_value("an argument", &arguments);
            let environment = fs::read(folder.join("environment")).unwrap();
            self.planted.assert_holds_no_value("the environment", &environment);
            assert_eq!(fs::read(folder.join("input")).unwrap(), b"");
            let arguments = String::from_utf8(arguments).unwrap();
            let file = fs::read(folder.join("file")).ok().map(|file| {
                let text = |name| fs::read_to_string(folder.join(name)).unwrap();
                (file, PathBuf::from(text("path")), text("mode"))
            });
            calls.push(Call { arguments: arguments.lines().map(str::to_owned).collect(), file });
            fs::remove_dir_all(folder).unwrap();
        }
        calls
    }

    fn assert_tells_no_value(&self, call: &Call) {
        let Some((_, path, mode)) = &call.file else { return };
        assert!(mode.starts_with("-rw-------"), "{mode}");
        assert!(!path.exists() && !path.parent().unwrap().exists(), "{}", path.display());
        self.planted.assert_holds_no_value("a path", path.to_str().unwrap().as_bytes());
    }
}

impl Run {
    /// The value that a store was given for a secret, as it would read it.
    fn value(&self, plant: &Plant) -> Option<Vec<u8>> {
        let name = match plant.store {
            "vault" => format!("shop/api/prod/{}", plant.name),
            "gcp-secret-manager" | "azure-key-vault" => format!("shop-api-prod-{}", plant.name),
            _ => format!("/shop/api/prod/{}", plant.name),
        };
        let puts = self.calls.iter().filter(|call| call.arguments.contains(&name));
        let mut puts = puts.filter_map(|call| Some((call, call.file.as_ref()?)));
        let (call, (file, ..)) = puts.next()?;
        assert!(puts.next().is_none(), "{name} was put twice");
        let member = match (plant.store, call.arguments.iter().any(|a| a == "--cli-input-json")) {
            ("vault", _) => "value",
            ("aws-parameter-store", true) => "Value",
            ("aws-secrets-manager", true) => "SecretString",
            ("gcp-secret-manager", _) => return Some(file.clone()),
            _ => {
                // The tools read it in the encoding of the locale, and change its line ends.
                let kept = |byte: &u8| matches!(byte, b' '..=b'~' | b'\n');
                assert!(file.iter().all(kept), "{:?}", file.as_bstr());
                return Some(file.clone());
            }
        };
        assert!(file.is_ascii(), "{:?}", file.as_bstr());
        let request: serde_json::Value = serde_json::from_slice(file).unwrap();
        assert_eq!(request.as_object().unwrap().len(), 1);
        Some(request[member].as_str().unwrap().as_bytes().to_vec())
    }

    /// The arguments of the one call that begins so.
    fn arguments(&self, beginning: &[&str]) -> Vec<&str> {
        let begins = |call: &&Call| {
            call.arguments.len() >= beginning.len()
                && call.arguments.iter().zip(beginning).all(|(a, b)| a == b)
        };
        let call = self.calls.iter().find(begins).unwrap_or_else(|| panic!("{:?}", self.calls));
        call.arguments.iter().map(String::as_str).collect()
    }
}

#[test]
fn every_value_arrives_as_it_is_by_every_shell() {
    let script = Script::everywhere();
    for shell in SHELLS {
        let Some(run) = script.run(shell, &[], script.folder.path()) else { continue };
        assert_eq!(run.status, Some(0), "{shell:?}: {}", run.err);
        for plant in &script.planted.plants {
            let value = run.value(plant);
            if plant.name == "escaped" {
                assert_eq!(value, None, "{shell:?}");
                continue;
            }
            let expected = Some(plant.value.as_bytes().to_vec());
            assert!(value == expected, "{shell:?}: {} is not what was planted", plant.name);
        }
        assert!(run.out.contains("10 put in.\n"), "{shell:?}: {}", run.out);
        let by_hand = "/shop/api/prod/escaped into aws-secrets-manager, from escaped.json:1";
        assert!(run.err.contains(by_hand), "{shell:?}: {}", run.err);
        // What is exposed is named, and what is not is not.
        let (_, rotate) = run.out.split_once("Rotate them now:\n").unwrap();
        assert_eq!(
            rotate,
            "  shop-api-prod-azure-token\n  shop-api-prod-google-token\n  /shop/api/prod/token\n  shop/api/prod/vault-token\n"
        );
    }
}

#[test]
fn any_value_of_that_length_arrives_though_it_was_not_there_at_first() {
    let script = Script::everywhere();
    let odd = "\\\"\t\u{1}\u{7f}\u{e9}\u{20ac}\u{1f600}\n'$(id)`\r\n%s\\n";
    for plant in ["token", "pepper"] {
        let plant = script.planted.plants.iter().find(|p| p.name == plant).unwrap();
        let file = script.planted.folder.path().join(plant.file);
        let text = fs::read_to_string(&file).unwrap();
        let pad = "x".repeat(plant.value.len() - odd.len());
        let new = Plant { value: format!("{odd}{pad}"), ..plant.clone() };
        fs::write(&file, text.replace(&plant.value, &new.value)).unwrap();
        for shell in SHELLS {
            let Some(run) = script.run(shell, &[], script.folder.path()) else { continue };
            assert_eq!(run.status, Some(0), "{shell:?}: {}", run.err);
            let value = run.value(&new).unwrap();
            assert_eq!(value.as_bstr(), new.value.as_bytes().as_bstr(), "{shell:?}");
        }
    }
}

#[test]
fn what_has_changed_is_left_alone_and_the_others_go_on() {
    let script = Script::everywhere();
    let file = |name: &str| script.planted.folder.path().join(name);
    fs::write(file("src/app.py"), [fs::read(file("src/app.py")).unwrap(), b"\n".to_vec()].concat())
        .unwrap();
    let google = fs::read_to_string(file("google.env")).unwrap();
    fs::write(file("google.env"), google.replace("T=", "U=")).unwrap();
    fs::remove_file(file("vault.env")).unwrap();
    let run = script.run_here(&[]);
    assert_eq!(run.status, Some(1), "{}", run.err);
    for plant in &script.planted.plants {
        let changed =
            ["src/app.py", "google.env", "vault.env", "escaped.json"].contains(&plant.file);
        assert_eq!(run.value(plant).is_none(), changed, "{}", plant.file);
    }
    let (_, failed) = run.err.split_once("Not put in:\n").unwrap();
    let failed: Vec<&str> = failed.lines().map(str::trim).collect();
    let changed = "the file has changed since the scan: make the plan again";
    assert_eq!(
        failed,
        [
            format!("shop-api-prod-google-token (google.env:1): {changed}"),
            format!("/shop/api/prod/token (src/app.py:2): {changed}"),
            "shop/api/prod/vault-token (vault.env:1): the file is not there, or may not be read"
                .into(),
        ]
    );
}

#[test]
fn a_dry_run_reads_no_file_and_runs_no_command() {
    let script = Script::everywhere();
    fs::remove_dir_all(script.planted.folder.path()).unwrap();
    fs::create_dir(script.planted.folder.path()).unwrap();
    let run = script.run_here(&["--dry-run"]);
    assert_eq!((run.status, run.calls.len()), (Some(0), 0), "{}", run.err);
    assert_eq!(run.out.matches("would put ").count(), 10, "{}", run.out);
    assert!(
        run.out.contains(
            "would put /shop/api/prod/token into aws-secrets-manager, from src/app.py:2\n"
        )
    );
    let run = script.run_here(&["--force"]);
    assert_eq!((run.status, run.calls.len()), (Some(2), 0), "{}", run.err);
}

#[test]
fn a_secret_is_made_with_its_tags_or_gets_a_new_version() {
    let script = Script::everywhere();
    // Where the files are, nobody has to say so.
    let run = script.run(&["sh"], &[], script.planted.folder.path()).unwrap();
    let made = run.arguments(&[
        "aws",
        "secretsmanager",
        "create-secret",
        "--name",
        "/shop/api/prod/token",
    ]);
    let tags = &made[made.iter().position(|a| *a == "--tags").unwrap() + 1];
    let tags: serde_json::Value = serde_json::from_str(tags).unwrap();
    assert!(
        tags.as_array().unwrap().contains(&serde_json::json!({"Key": "appfunc", "Value": "api"}))
    );
    assert!(made.windows(2).any(|pair| pair == ["--kms-key-id", "alias/application-secrets"]));
    assert!(
        made.windows(2).any(|pair| pair[0] == "--secret-string" && pair[1].starts_with("file:///"))
    );
    let made = run.arguments(&[
        "aws",
        "ssm",
        "put-parameter",
        "--name",
        "/shop/api/prod/pepper",
        "--type",
        "SecureString",
    ]);
    assert!(made.contains(&"--tags") && !made.contains(&"--overwrite"), "{made:?}");
    run.arguments(&["gcloud", "secrets", "create", "shop-api-prod-google-token"]);
    script.answer("existing", "None\n");
    let run = script.run_here(&[]);
    let put = run.arguments(&[
        "aws",
        "secretsmanager",
        "put-secret-value",
        "--secret-id",
        "/shop/api/prod/token",
    ]);
    assert!(!put.contains(&"--tags"), "{put:?}");
    let put = run.arguments(&[
        "aws",
        "ssm",
        "put-parameter",
        "--name",
        "/shop/api/prod/pepper",
        "--type",
        "SecureString",
    ]);
    assert!(put.contains(&"--overwrite") && !put.contains(&"--tags"), "{put:?}");
    assert!(put.windows(2).any(|pair| pair == ["--key-id", "alias/application-secrets"]));
    run.arguments(&["gcloud", "secrets", "versions", "add", "shop-api-prod-google-token"]);
}

#[test]
fn what_was_rotated_keeps_its_new_value() {
    let script = Script::everywhere();
    script.answer("existing", "2026-05-02T10:00:00+00:00\n");
    let run = script.run_here(&[]);
    assert_eq!(run.status, Some(1), "{}", run.err);
    let token = &script.planted.plants[0];
    assert_eq!((token.name, run.value(token)), ("token", None));
    assert!(
        run.err.contains("/shop/api/prod/token (src/app.py:2): it was rotated since"),
        "{}",
        run.err
    );
}

#[test]
fn an_error_is_told_without_the_words_that_may_quote_the_value() {
    let script = Script::everywhere();
    script.answer("refusing", "");
    let run = script.run_here(&[]);
    assert_eq!(run.status, Some(1));
    assert!(run.err.contains("(src/app.py:2): Put: ValidationException\n"), "{}", run.err);
    assert!(run.out.starts_with("0 put in.\n"), "{}", run.out);
}

#[test]
fn nothing_is_put_where_a_history_would_keep_it() {
    let script = Script::everywhere();
    script.answer("history", "enabled\n");
    let run = script.run_here(&[]);
    assert_eq!((run.status, run.calls.len()), (Some(2), 1), "{}", run.err);
}

#[test]
fn nothing_is_left_when_it_is_ended() {
    let script = Script::everywhere();
    script.answer("killing", "");
    for shell in [["dash"], ["bash"]] {
        // `run` sees that the folder of the value is gone.
        let Some(run) = script.run(&shell, &[], script.folder.path()) else { continue };
        assert_eq!(run.status, Some(143), "{shell:?}: {}", run.err);
        assert_eq!(run.calls.iter().filter(|call| call.file.is_some()).count(), 1, "{shell:?}");
    }
}

#[test]
fn shells_and_shellcheck_have_nothing_to_say() {
    let script = Script::everywhere();
    let checks: [&[&str]; 4] =
        [&["sh", "-n"], &["dash", "-n"], &["bash", "-n"], &["shellcheck", "--shell=sh"]];
    for check in checks {
        let run = Command::new(check[0]).args(&check[1..]).arg(script.path("import.sh")).output();
        let Ok(run) = run else {
            eprintln!("skipped: there is no {}", check[0]);
            continue;
        };
        let said = [run.stdout, run.stderr].concat();
        assert!(run.status.success() && said.is_empty(), "{check:?}: {}", said.as_bstr());
    }
}
