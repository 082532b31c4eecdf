//! Files that are special: by their name, their mode, their encoding, or where they stand.

use crate::common::run;
use crate::ground::Ground;
use bstr::ByteSlice;
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};

const LINE: &str = "import os\nA_KEY = \"§\"\n";

#[test]
fn without_options_nothing_changes() {
    let mut ground = Ground::new();
    ground.plant("a.py", LINE);
    ground.commit();
    let said = ground.run(&["fix"]);
    assert_eq!(said.status, Some(1));
    assert!(
        said.out.contains("\n-A_KEY = \"********\"\n+A_KEY = os.environ[\"A_KEY\"]\n"),
        "{}",
        said.out
    );
    assert_eq!(ground.repo.ask(&["status", "--porcelain"]), "");
    // Nothing to fix is told, and is no failure.
    ground.repo.write("a.py", "import os\n");
    let said = ground.run(&["fix", "--write"]);
    assert_eq!(
        (said.status, said.out.as_str()),
        (Some(0), "No secrets found: there is nothing to fix.\n")
    );
}

#[test]
fn a_patch_is_private_and_git_applies_it() {
    let mut ground = Ground::new();
    ground.plant("app/a.py", "A_KEY = \"§\"\r\n");
    ground.plant("app/ü b.sh", "#!/bin/sh\nB_KEY='§'");
    ground.plant("infra/main.tf", "provider \"x\" {\n  key = \"§\"\n}\n");
    let script = ground.repo.path().join("app/ü b.sh");
    fs::set_permissions(&script, Permissions::from_mode(0o755)).unwrap();
    ground.commit();
    // From a folder of the repository, as git takes patches from anywhere in it.
    let folder = ground.repo.path().join("app");
    let said = run(&folder, &["fix", "..", "--patch", "../fix.patch"]);
    assert_eq!(said.status, Some(1), "{}", said.err);
    let patch = ground.repo.path().join("fix.patch");
    assert_eq!(fs::metadata(&patch).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(ground.repo.ask(&["status", "--porcelain"]), "?? fix.patch");
    ground.repo.git(&["apply", "fix.patch"]);
    fs::remove_file(patch).unwrap();
    assert_eq!(ground.read("app/a.py"), "import os\r\n\r\nA_KEY = os.environ[\"A_KEY\"]\r\n");
    assert_eq!(ground.read("app/ü b.sh"), "#!/bin/sh\nB_KEY=\"${B_KEY:?}\"");
    assert!(ground.read("infra/secrets.tf").starts_with("variable \"stripe_live_secret_key\" {\n"));
    assert_eq!(fs::metadata(script).unwrap().permissions().mode() & 0o777, 0o755);
    assert_eq!(ground.run(&["scan"]).status, Some(0));
}

#[test]
fn a_file_keeps_its_mode_and_encoding() {
    let mut ground = Ground::new();
    ground.plant("run.sh", "#!/bin/sh\nA_KEY='§'\n");
    let path = ground.repo.path().join("run.sh");
    fs::set_permissions(&path, Permissions::from_mode(0o750)).unwrap();
    ground.plant("wide.txt", "");
    let text = format!("# kept: \u{e4}\r\nB_KEY = {}\r\n", ground.secret("wide.txt"));
    let wide = |text: &str| -> Vec<u8> {
        let units = std::iter::once(0xfeff).chain(text.encode_utf16());
        units.flat_map(u16::to_le_bytes).collect()
    };
    ground.repo.write("wide.txt", wide(&text));
    ground.plant("latin.sh", "");
    let latin = [b"# \xe4\nC_KEY='", ground.secret("latin.sh").as_bytes(), b"'\n"].concat();
    ground.repo.write("latin.sh", &latin);
    ground.commit();
    let said = ground.run(&["fix", "--write"]);
    assert_eq!(said.status, Some(0), "{}", said.out);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o750);
    let now = |name: &str| fs::read(ground.repo.path().join(name)).unwrap();
    assert_eq!(now("wide.txt"), wide("# kept: \u{e4}\r\nB_KEY = <B_KEY>\r\n"));
    assert_eq!(now("latin.sh").as_bstr(), b"# \xe4\nC_KEY=\"${C_KEY:?}\"\n".as_bstr());
}

#[test]
fn what_cannot_be_edited_stays_and_says_why() {
    let mut ground = Ground::new();
    ground.plant("read-only.py", LINE);
    ground.plant("linked.py", LINE);
    ground.plant("lib/app.min.rb", "key = \"§\"\n");
    ground.plant("bundle.js", &format!("var a={{key:\"§\",b:\"{}\"}}\n", "x ".repeat(3000)));
    ground.plant("Old.hs", "key = \"§\"\n");
    ground.plant("notes.ipynb", "{\"cells\": [{\"source\": [\"key = '§'\"]}]}\n");
    let path = |name: &str| ground.repo.path().join(name);
    fs::set_permissions(path("read-only.py"), Permissions::from_mode(0o444)).unwrap();
    fs::hard_link(path("linked.py"), path("other.txt")).unwrap();
    ground.commit();
    let before = ground.repo.ask(&["diff"]);
    let said = ground.run(&["fix", "--write"]);
    assert_eq!(said.status, Some(1));
    for line in [
        "read-only.py:2: Stripe live secret or restricted key: it is read-only",
        "linked.py:2: Stripe live secret or restricted key: it has several names (hard links), which would part",
        "lib/app.min.rb:1: Stripe live secret or restricted key: it is minified, or made by a program: change what it is made from, and make it anew",
        "bundle.js:1: Stripe live secret or restricted key: it is minified, or made by a program: change what it is made from, and make it anew",
        "Old.hs:1: Stripe live secret or restricted key: no edit is known for this language",
        "notes.ipynb:1: Stripe live secret or restricted key: clear its outputs, and read the value from the environment in Jupyter",
    ] {
        assert!(said.out.contains(line), "{line}\n{}", said.out);
    }
    assert_eq!(ground.repo.ask(&["diff"]), before);
}

#[test]
fn what_a_link_leads_to_is_edited_and_the_link_stays() {
    let mut ground = Ground::new();
    ground.plant("real/a.py", LINE);
    let link = ground.repo.path().join("link.py");
    symlink("real/a.py", &link).unwrap();
    ground.commit();
    let said = ground.run(&["fix", "--write", "link.py"]);
    assert_eq!(said.status, Some(0), "{}", said.out);
    assert!(link.is_symlink());
    assert_eq!(ground.repo.ask(&["status", "--porcelain"]), " M real/a.py");
    assert_eq!(ground.read("real/a.py"), "import os\nA_KEY = os.environ[\"A_KEY\"]\n");
}

#[test]
fn files_for_secrets_leave_the_repository_and_stay_on_the_disk() {
    let mut ground = Ground::new();
    ground.plant("app/.env", "# shop\nA_KEY=§\nPORT=80\n");
    ground.plant("state/terraform.tfstate", "{\"outputs\": {\"key\": {\"value\": \"§\"}}}\n");
    ground.plant(".gitignore", "*.log\n# §\n");
    ground.repo.write(".gitignore", "*.log");
    ground.commit();
    let said = ground.run(&["fix", "--write"]);
    assert_eq!(said.status, Some(0), "{}", said.out);
    assert_eq!(ground.read(".gitignore"), "*.log\n/app/.env\n/state/terraform.tfstate\n");
    assert_eq!(ground.read("app/.env.example"), "# shop\nA_KEY=\nPORT=\n");
    assert!(ground.read("app/.env").contains(ground.secret("app/.env")));
    assert_eq!(
        ground.repo.ask(&["status", "--porcelain", "-uall"]),
        " M .gitignore\nD  app/.env\nD  state/terraform.tfstate\n?? app/.env.example"
    );
    assert_eq!(ground.run(&["scan"]).status, Some(0));
}

#[test]
fn what_is_under_no_git_is_edited_too() {
    let mut ground = Ground::folder();
    ground.plant("a.py", LINE);
    ground.plant(".env", "B_KEY=§\n");
    let said = ground.run(&["fix", "--write"]);
    assert_eq!(said.status, Some(1));
    assert_eq!(ground.read("a.py"), "import os\nA_KEY = os.environ[\"A_KEY\"]\n");
    assert!(
        said.out
            .contains(".env:1: Stripe live secret or restricted key: it is there to keep secrets"),
        "{}",
        said.out
    );
    assert!(!ground.repo.path().join(".gitignore").exists());
}

#[test]
fn an_excused_place_is_not_edited() {
    let mut ground = Ground::new();
    let text = "import os\nA_KEY = \"§\"  # blurt:allow stripe-live-secret-key -- a sandbox\n";
    ground.plant("a.py", text);
    ground.commit();
    let said = ground.run(&["fix", "--write"]);
    assert_eq!(said.status, Some(0), "{}", said.out);
    assert_eq!(ground.repo.ask(&["status", "--porcelain"]), "");
}

#[test]
fn edits_for_review_can_be_left_out() {
    let mut ground = Ground::new();
    ground.plant("a.py", LINE);
    ground.plant("settings.ini", "b_key = §\n");
    ground.commit();
    let said = ground.run(&["fix", "--write", "--safe"]);
    assert_eq!(said.status, Some(1));
    assert!(said.out.contains(
        "settings.ini:1: Stripe live secret or restricted key: someone should look at its edit"
    ));
    assert_eq!(ground.repo.ask(&["status", "--porcelain"]), " M a.py");
}

#[test]
fn a_log_of_a_workflow_obeys_nothing_of_a_diff() {
    let mut ground = Ground::new();
    ground.plant("a.py", "A_KEY = \"§\"\nTEXT = \"\"\"\n::set-output name=x::y\n\"\"\"\n");
    ground.commit();
    let mut command = crate::common::blurt(ground.repo.path());
    command.env("GITHUB_ACTIONS", "true").arg("fix");
    let said = crate::common::said(&mut command);
    assert_eq!(said.status, Some(1));
    assert!(said.out.contains("set-output name=x"), "{}", said.out);
    assert!(!said.out.lines().any(|line| line.trim_start().starts_with("::")), "{}", said.out);
}
