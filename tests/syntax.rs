//! What tells whether an edited file still parses tells it of every language.

#![allow(clippy::unwrap_used)] // a test may panic

mod common;

use common::Fixtures;
use common::syntax::{check, own_checkers};
use std::fs;

/// The name of a file, a text that is one, and one that is none, with the place of the flaw.
const TEXTS: &[(&str, &str, &str, &str)] = &[
    (".env", "# all\nexport A='b c'\nB=\nC=\"d\ne\" # f\nD=g#h\n", "A=b\nC=\"d\n", "2:1"),
    (".npmrc", "; all\n//registry.internal.net/:_authToken=${T}\n", "a=b\n[c\n", "2:1"),
    (
        "Dockerfile",
        "FROM a\nENV B=\"c d\" \\\n    E=f\nRUN <<G\nh\nG\n",
        "FROM a\nENV B=\"c\n",
        "2",
    ),
    ("Gemfile", "source 'a'\ngem 'b', '~> 1'\n", "gem ('b',\ngem end\n", ""),
    ("a.cs", "namespace A;\nclass B { string c = $\"{d}\"; }\n", "class B { string c = ; }\n", "1"),
    ("a.go", "package a\n\nconst (\n\tb = `c`\n)\n", "package a\n\nconst b = \n", "3"),
    ("a.ini", "[a]\nb = c\n d\n", "[a]\n= c\n", "2:1"),
    ("a.js", "import a from 'b';\nexport const c = <d e={a} />;\n", "const a = { b: };\n", "1"),
    ("a.json", "{\"a\": [1, \"b\"]}", "{\"a\": [1, \"b\",]}", "1:15"),
    ("a.kt", "const val A = \"b\"\nclass C(val d: String = \"$A\")\n", "val a = \"b\nval c\n", ""),
    ("a.php", "<h1>a</h1>\n<?php\n$b = ['c' => \"d{$e}\"];\n", "<?php\n$b = ['c' => ];\n", "2:"),
    ("a.properties", "# all\na.b=c\\\n  d\ne : f\n", "a.b=c\nd\0=e\\", ""),
    ("a.py", "a = f'{b}' 'c'\ndef d(e='f'): ...\n", "def d(e='f': ...\n", "1"),
    ("a.rb", "A = \"b#{c}\"\nd = <<~E\n  f\nE\n", "a = { b: \n", ""),
    ("a.rs", "const A: &str = r#\"b\"#;\n", "const A: &str = ;\n", "1:"),
    ("a.sh", "#!/bin/sh\na=${B:-c}\ncat <<D\n$a\nD\n", "#!/bin/sh\nif true; then\n  a\n", ""),
    ("a.tf", "a \"b\" {\n  c = \"${d.e}\"\n}\n", "a \"b\" {\n  c = \n}\n", ""),
    ("a.toml", "[a]\nb = \"\"\"c\nd\"\"\"\n", "[a]\nb = c\n", ""),
    ("a.ts", "const a: string = b as string;\n", "const a: string = ;\n", "1:"),
    ("a.tsx", "const a = (b: C) => <D e=\"f\">{b}</D>;\n", "const a = <D e=\"f\">{b}</E;\n", "1:"),
    ("a.xml", "<!DOCTYPE a>\n<a b=\"c\">${d}</a>\n", "<a b=\"c\">\n</b>\n", ""),
    ("a.yml", "a: &b [c, 'd']\ne: *b\n---\n- f: |\n    g\n  h: i\n", "a: b\n c: d\n", "2:"),
    ("Main.java", "import a.B;\n@C(\"d\")\nclass E { int f; }\n", "class E { int f = ; }\n", "1:"),
    (
        "bin/serve",
        "#!/usr/bin/env python3\nprint('a')\n",
        "#!/usr/bin/env python3\nprint('a'\n",
        "",
    ),
];

#[test]
fn each_language_is_told_from_what_is_none_of_it() {
    let mut wrong = Vec::new();
    for (path, good, bad, at) in TEXTS {
        if let Err(e) = check(path, good.as_bytes()) {
            wrong.push(format!("{path}: {e}"));
        }
        match check(path, bad.as_bytes()) {
            Ok(()) => wrong.push(format!("{path} may be broken")),
            Err(e) if !e.contains(at) => wrong.push(format!("{path} is broken at {at}, not: {e}")),
            Err(_) => {}
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn lines_may_end_as_on_windows() {
    for (path, good, ..) in TEXTS.iter().filter(|(_, good, ..)| !good.starts_with("#!")) {
        // Tools for Unix take a carriage return for a character of the text.
        if ["a.sh", "Dockerfile"].contains(path) {
            continue;
        }
        check(path, good.replace('\n', "\r\n").as_bytes())
            .unwrap_or_else(|e| panic!("{path}: {e}"));
    }
}

#[test]
fn a_text_with_a_byte_order_mark_is_decoded() {
    let units = |text: &str| format!("\u{feff}{text}").encode_utf16().collect::<Vec<u16>>();
    for (path, good, bad, _) in TEXTS {
        for (text, is_good) in [(good, true), (bad, false)] {
            let little: Vec<u8> = units(text).into_iter().flat_map(u16::to_le_bytes).collect();
            let big: Vec<u8> = units(text).into_iter().flat_map(u16::to_be_bytes).collect();
            for bytes in [little, big, format!("\u{feff}{text}").into_bytes()] {
                assert_eq!(check(path, &bytes).is_ok(), is_good, "{path}: {text}");
            }
        }
    }
}

#[test]
fn a_place_counts_characters() {
    assert_eq!(
        check("a.json", "{\n \"é\": x}".as_bytes()).unwrap_err().split(' ').next(),
        Some("2:7:")
    );
    assert_eq!(
        check("a.rs", "const É: u8 = ;".as_bytes()).unwrap_err().split(' ').next(),
        Some("1:13:")
    );
}

#[test]
fn a_key_stands_once_in_a_mapping() {
    let twice = "jobs:\n  a:\n    env:\n      B: c\n    env:\n      D: e\n";
    assert_eq!(
        check("ci.yml", twice.as_bytes()).unwrap_err(),
        "5:5: the key \"env\" stands here twice"
    );
    let apart = "a: [env, env]\nb: {env: env}\nc:\n  env: env\n---\na: d\n";
    assert_eq!(check("ci.yml", apart.as_bytes()), Ok(()));
}

#[test]
fn templates_of_a_chart_are_more_than_yaml() {
    let chart = "{{- if .Values.on }}\na: {{ .Values.b | quote }}\n{{- end }}\n";
    assert_eq!(check("chart/templates/a.yaml", chart.as_bytes()), Ok(()));
    check("chart/values.yaml", chart.as_bytes()).unwrap_err();
    check("chart/templates/a.yaml", b"a: b\n c: {{ d }}\n").unwrap_err();
}

#[test]
fn what_a_grammar_lets_pass_the_tool_of_the_language_does_not() {
    let texts = [
        ("python3", "a.py", "def a(b, b): ...\n"),
        ("node", "a.js", "let a; let a;\n"),
        ("bash", "a.sh", "a() { }\n"),
        ("dash", "a.sh", "#!/bin/sh\na=(b c)\n"),
        ("php", "a.php", "<?php\nbreak 0;\n"),
        ("ruby", "a.rb", "def a(b, b); end\n"),
        ("terraform", "a.tf", "a = 1\na = 2 2\n"),
    ];
    let here = own_checkers();
    for (tool, path, text) in texts.iter().filter(|(tool, ..)| here.contains(tool)) {
        assert!(check(path, text.as_bytes()).is_err(), "{tool} says nothing");
    }
}

#[test]
fn a_name_that_promises_no_language_promises_nothing() {
    for path in ["README.md", "server.key", "LICENSE"] {
        assert_eq!(check(path, b"{ <<< ["), Ok(()));
    }
}

#[test]
fn every_file_of_the_marketplace_parses() {
    let fixtures = Fixtures::render_some(|name| name == "marketplace");
    let marketplace = &fixtures.all[0];
    let flaws = marketplace.texts.keys().filter_map(|path| {
        let bytes = fs::read(marketplace.root.join(path)).unwrap();
        check(path, &bytes).err().map(|e| format!("{path}:{e}"))
    });
    let flaws: Vec<String> = flaws.collect();
    assert!(flaws.is_empty(), "\n{}", flaws.join("\n"));
}
