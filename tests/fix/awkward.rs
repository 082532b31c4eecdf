//! Awkward places, one file each: the text before, with `§` for a secret, and the text afterwards.

use crate::ground::{Ground, MARK};

/// Fixes all files at once, and compares each with what it should be. What stands for a secret afterwards
/// has stayed.
fn assert_fixed(cases: &[(&str, &str, &str)]) {
    let mut ground = Ground::new();
    for (path, before, _) in cases {
        ground.plant(path, before);
        ground.check(path);
    }
    ground.commit();
    let said = ground.run(&["fix", "--write"]);
    let mut wrong = Vec::new();
    for (path, _, after) in cases {
        let (now, after) = (ground.read(path), after.replace(MARK, ground.secret(path)));
        if now != after {
            wrong.push(format!("{path}: expected\n{after}\nbut it is\n{now}"));
        }
        ground.check(path);
    }
    assert!(wrong.is_empty(), "{}\n{}", wrong.join("\n"), said.out);
    let stays = cases.iter().filter(|(_, _, after)| after.contains(MARK)).count();
    let scan = ground.run(&["scan"]);
    assert_eq!(scan.status, Some(i32::from(stays > 0)), "{}", scan.out);
    assert_eq!(said.status, Some(i32::from(stays > 0)), "{}", said.out);
}

#[test]
fn lines_keep_their_ends_and_margins() {
    assert_fixed(&[
        (
            "crlf.py",
            "import sys\r\nA_KEY = \"§\"\r\n",
            "import os\r\nimport sys\r\nA_KEY = os.environ[\"A_KEY\"]\r\n",
        ),
        (
            "tabs.js",
            "function f() {\n\tconst bKey = '§'\n}\n",
            "function f() {\n\tconst bKey = process.env.B_KEY\n}\n",
        ),
        ("no-end.rb", "C_KEY = \"§\"", "C_KEY = ENV.fetch(\"C_KEY\")"),
        ("mark.ts", "\u{feff}const dKey = \"§\";\n", "\u{feff}const dKey = process.env.D_KEY!;\n"),
        ("umlaut.sh", "# Größe\nE_KEY='§' # ü\n", "# Größe\nE_KEY=\"${E_KEY:?}\" # ü\n"),
    ]);
}

#[test]
fn python() {
    assert_fixed(&[
        (
            "header.py",
            "#!/usr/bin/env python3\n# -*- coding: utf-8 -*-\n\"\"\"What it does.\"\"\"\nfrom __future__ import annotations\n\nA_KEY = \"§\"\n",
            "#!/usr/bin/env python3\n# -*- coding: utf-8 -*-\n\"\"\"What it does.\"\"\"\nfrom __future__ import annotations\nimport os\n\nA_KEY = os.environ[\"A_KEY\"]\n",
        ),
        (
            "twice.py",
            "import os\nPAIR = {\"b_key\": \"§\", \"other\": \"§\"}\n",
            "import os\nPAIR = {\"b_key\": os.environ[\"B_KEY\"], \"other\": os.environ[\"B_KEY\"]}\n",
        ),
        (
            "beside.py",
            "import os\nC_KEY = (\"Bearer \"\n         \"§ {0}\")\n",
            "import os\nC_KEY = (\"Bearer \"\n         f\"{os.environ['STRIPE_LIVE_SECRET_KEY']} {{0}}\")\n",
        ),
        (
            "default.py",
            "import os\ndef f(d_key=\"§\", *, n=1):\n    \"\"\"Old key: §\"\"\"\n    return d_key\n",
            "import os\ndef f(d_key=os.environ[\"D_KEY\"], *, n=1):\n    \"\"\"Old key: <D_KEY>\"\"\"\n    return d_key\n",
        ),
        (
            "lines.py",
            "import os\nTEXT = \"\"\"\n[api]\ne_key = §\n\"\"\"\n",
            "import os\nTEXT = \"\"\"\n[api]\ne_key = \"\"\" + os.environ[\"E_KEY\"] + \"\"\"\n\"\"\"\n",
        ),
        (
            "interpolated.py",
            "import os\nURL = f\"f_key=§&n={n}&x={m['y']}\"\n",
            "import os\nURL = f\"f_key={os.environ['F_KEY']}&n={n}&x={m['y']}\"\n",
        ),
        (
            "nested.py",
            "#!/usr/bin/env python3\n\"\"\"Signs.\"\"\"\nimport sys\nH_KEY = '§'\nURL = f\"{sign('§', h_key='§')}\"\n",
            "#!/usr/bin/env python3\n\"\"\"Signs.\"\"\"\nimport os\nimport sys\nH_KEY = os.environ['H_KEY']\nURL = f\"{sign(os.environ['H_KEY'], h_key=os.environ['H_KEY'])}\"\n",
        ),
        (
            "bytes.py",
            "import os\nG_KEY = b'§'\nH = \"x-§\".upper()\n",
            "import os\nG_KEY = os.environ['G_KEY'].encode()\nH = (\"x-\" + os.environ[\"G_KEY\"]).upper()\n",
        ),
        (
            "match.py",
            "import os\nmatch x:\n    case \"§\":\n        pass\n",
            "import os\nmatch x:\n    case \"§\":\n        pass\n",
        ),
    ]);
}

#[test]
fn scripts_of_the_web() {
    assert_fixed(&[
        (
            "template.js",
            "const url = `a_key=§&b=${m(`c`)}`;\n",
            "const url = `a_key=${process.env.A_KEY}&b=${m(`c`)}`;\n",
        ),
        (
            "inner.ts",
            "const s = `${sign({ bKey: \"§\" })}`;\n",
            "const s = `${sign({ bKey: process.env.B_KEY! })}`;\n",
        ),
        ("key.js", "const m = { \"§\": 1 };\n", "const m = { \"§\": 1 };\n"),
        (
            "module.js",
            "// the old one: §\nimport x from \"y\";\n",
            "// the old one: <REPO_STRIPE_LIVE_SECRET_KEY>\nimport x from \"y\";\n",
        ),
        (
            "part.mjs",
            "export const partKey = 'Bearer §'.trim();\n",
            "export const partKey = ('Bearer ' + process.env.REPO_STRIPE_LIVE_SECRET_KEY_PROD).trim();\n",
        ),
    ]);
}

#[test]
fn languages_with_constants() {
    assert_fixed(&[
        (
            "A.java",
            "import org.springframework.beans.factory.annotation.Value;\nclass A {\n  @Value(\"${a.key:§}\") String aKey;\n  @Deprecated(since = \"§\") int n;\n}\n",
            "import org.springframework.beans.factory.annotation.Value;\nclass A {\n  @Value(\"${a.key}\") String aKey;\n  @Deprecated(since = \"§\") int n;\n}\n",
        ),
        (
            "B.java",
            "class B {\n  static final String TEXT = \"\"\"\n      b_key = §\n      \"\"\";\n}\n",
            "class B {\n  static final String TEXT = \"\"\"\n      b_key = {B_KEY}\n      \"\"\".replace(\"{B_KEY}\", System.getenv(\"B_KEY\"));\n}\n",
        ),
        (
            "c.kt",
            "private const val C_KEY = \"§\"\nval x = \"${f(\"a\")}\"\n",
            "private val C_KEY = System.getenv(\"C_KEY\")\nval x = \"${f(\"a\")}\"\n",
        ),
        (
            "d.go",
            "package d\n\nconst dKey = \"§\"\n",
            "package d\n\nimport \"os\"\n\nvar dKey = os.Getenv(\"D_KEY\")\n",
        ),
        (
            "e.go",
            "package d\n\nimport (\n\t\"fmt\"\n\t\"strings\"\n)\n\nconst (\n\tn = 1\n\teKey = \"§\" // old\n)\n\nfunc f() { fmt.Println(strings.ToLower(\"x\")) }\n",
            "package d\n\nimport (\n\t\"fmt\"\n\t\"os\"\n\t\"strings\"\n)\n\nconst (\n\tn = 1\n\t // old\n)\n\nvar eKey = os.Getenv(\"E_KEY\")\n\nfunc f() { fmt.Println(strings.ToLower(\"x\")) }\n",
        ),
        (
            "F.cs",
            "class F\n{\n    const string FileKey = \"§\";\n    void G() { const string h = \"Bearer §\"; }\n}\n",
            "class F\n{\n    static readonly string FileKey = System.Environment.GetEnvironmentVariable(\"FILE_KEY\");\n    void G() { string h = \"Bearer \" + System.Environment.GetEnvironmentVariable(\"FILE_KEY\"); }\n}\n",
        ),
        (
            "g.rs",
            "const G_KEY: &str = \"§\";\nfn f() { println!(\"§ {}\", 1); let h = format!(\"{}{}\", \"§\", 1); }\n",
            "static G_KEY: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| std::env::var(\"G_KEY\").expect(\"G_KEY is set\"));\nfn f() { println!(\"§ {}\", 1); let h = format!(\"{}{}\", &std::env::var(\"G_KEY\").expect(\"G_KEY is set\"), 1); }\n",
        ),
        (
            "h.php",
            "<?php\nclass H {\n  private const H_KEY = '§';\n  function f() { return self::H_KEY . \"x-§-{$this->y}\"; }\n}\n",
            "<?php\nclass H {\n  private static function H_KEY() { return getenv('H_KEY'); }\n  function f() { return self::H_KEY() . \"x-\" . getenv('H_KEY') . \"-{$this->y}\"; }\n}\n",
        ),
        (
            "i.php",
            "<?php\nclass I {\n  public $iKey = '§';\n}\n",
            "<?php\nclass I {\n  public $iKey = '§';\n}\n",
        ),
    ]);
}

#[test]
fn texts_of_several_lines_in_ruby_and_shells() {
    assert_fixed(&[
        (
            "a.rb",
            "x = <<~TEXT\n  a_key = §\n  #{f(\"n\")}\nTEXT\n",
            "x = <<~TEXT\n  a_key = #{ENV.fetch(\"A_KEY\")}\n  #{f(\"n\")}\nTEXT\n",
        ),
        (
            "b.rb",
            "b_key = 'Bearer §'\n",
            "b_key = 'Bearer ' + ENV.fetch(\"STRIPE_LIVE_SECRET_KEY\")\n",
        ),
        (
            "c.sh",
            "cat <<EOF > x\nc_key=§\nit's\nEOF\ncat <<'EOF' > y\nc_key=§\nEOF\n",
            "cat <<EOF > x\nc_key=${C_KEY:?}\nit's\nEOF\ncat <<'EOF' > y\nc_key=§\nEOF\n",
        ),
        (
            "d.sh",
            "export D_KEY=${D_KEY:-§}\ncurl -H \"X-Key: §\" -u 'ann:§' $'§\\n' \"$(echo '§')\"\n",
            "export D_KEY=${D_KEY:?}\ncurl -H \"X-Key: ${D_KEY:?}\" -u 'ann:'\"${D_KEY:?}\"'' $''\"${D_KEY:?}\"$'\\n' \"$(echo \"${D_KEY:?}\")\"\n",
        ),
    ]);
}

#[test]
fn texts_of_data() {
    assert_fixed(&[
        (
            "application.yml",
            "api:\n  a_key: §\n  b: {x: 1, y: §}\n  c: ${A_KEY:§}\n",
            "api:\n  a_key: ${A_KEY}\n  b: {x: 1, y: \"${A_KEY}\"}\n  c: ${A_KEY}\n",
        ),
        (
            "ansible/group_vars/all.yml",
            "b_key: '§'\nurl: https://x/?k=§\nlong: |\n  first\n  key §\n",
            "b_key: '{{ lookup(\"ansible.builtin.env\", \"B_KEY\") }}'\nurl: https://x/?k={{ lookup('ansible.builtin.env', 'B_KEY') }}\nlong: |\n  first\n  key {{ lookup('ansible.builtin.env', 'B_KEY') }}\n",
        ),
        (
            ".gitlab-ci.yml",
            "job:\n  variables:\n    C_KEY: §\n  script:\n    - \"curl -H 'X: §'\"\n",
            "job:\n  variables: {}\n  script:\n    - \"curl -H 'X: $C_KEY'\"\n",
        ),
        (
            "docker-compose.yml",
            "services:\n  a:\n    environment:\n      - A=${C2_KEY:-§}\n      - \"B=https://ann:§@h:1/x\"\n",
            "services:\n  a:\n    environment:\n      - A=${C2_KEY:?}\n      - \"B=https://ann:${C2_KEY:?}@h:1/x\"\n",
        ),
        ("README.md", "Use `§`.\n", "Use `<STRIPE_LIVE_SECRET_KEY>`.\n"),
        ("d.toml", "d_key = '§' # §\n", "d_key = '${D_KEY}' # ${D_KEY}\n"),
        (
            "infra/e.tf",
            "resource \"x\" \"y\" {\n  e_key = \"§\"\n  text  = <<-EOT\n    e_key=§\n  EOT\n}\n",
            "resource \"x\" \"y\" {\n  e_key = var.e_key\n  text  = <<-EOT\n    e_key=${var.e_key}\n  EOT\n}\n",
        ),
    ]);
}
