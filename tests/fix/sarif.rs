//! The fixes of a SARIF report are the edits of `blurt fix`: a viewer that makes them gets the same files.

use crate::ground::Ground;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// An edit as SARIF has it: places in lines and columns from 1, and a text.
type Edit = ((u64, u64), (u64, u64), String);

/// All edits of a report, by file, each once.
fn edits(report: &Value) -> BTreeMap<String, BTreeSet<Edit>> {
    let mut edits: BTreeMap<String, BTreeSet<Edit>> = BTreeMap::new();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    for result in list(&report["runs"][0]["results"]) {
        for change in list(&result["fixes"][0]["artifactChanges"]) {
            let path = change["artifactLocation"]["uri"].as_str().unwrap().to_owned();
            for replacement in list(&change["replacements"]) {
                let region = &replacement["deletedRegion"];
                let number = |name: &str| region[name].as_u64().unwrap();
                let text = replacement["insertedContent"]["text"].as_str().unwrap().to_owned();
                let start = (number("startLine"), number("startColumn"));
                let end = (number("endLine"), number("endColumn"));
                edits.entry(path.clone()).or_default().insert((start, end, text));
            }
        }
    }
    edits
}

/// Makes the edits of one file, from its end on.
fn apply(text: &str, edits: &BTreeSet<Edit>) -> String {
    let mut lines = vec![0];
    lines.extend(text.match_indices('\n').map(|(at, _)| at + 1));
    let offset = |(line, column): (u64, u64)| {
        let start = lines[line as usize - 1];
        let column = column as usize - 1;
        start + text[start..].chars().take(column).map(char::len_utf8).sum::<usize>()
    };
    let mut edited = text.to_owned();
    for (start, end, inserted) in edits.iter().rev() {
        edited.replace_range(offset(*start)..offset(*end), inserted);
    }
    edited
}

#[test]
fn a_viewer_that_makes_the_fixes_gets_the_same_files() {
    let mut ground = Ground::new();
    ground.plant("a.py", "# \u{e4}\r\nimport sys\r\nA_KEY = \"\u{fc}-§\"\r\nB = [\"§\"]\r\n");
    ground.plant("b.go", "package b\n\nconst bKey = \"§\"\n");
    ground.plant("c.kt", "const val cKey = \"§\"\n");
    ground.plant("k8s/d.yaml", "apiVersion: v1\nkind: Pod\nmetadata:\n  name: d\nspec:\n  containers:\n    - name: d\n      env:\n        - name: D_KEY\n          value: §\n");
    ground.plant("web/e.tsx", "export const x = <E eKey=\"§\" />;\n");
    ground.commit();
    let said = ground.run(&["scan", "-f", "sarif"]);
    let report: Value = serde_json::from_str(&said.out).unwrap();
    let edits = edits(&report);
    assert_eq!(edits.len(), 4, "{:?}", edits.keys());
    let by_viewer: Vec<_> =
        edits.iter().map(|(path, edits)| (path, apply(&ground.read(path), edits))).collect();
    ground.run(&["fix", "--write"]);
    for (path, text) in by_viewer {
        assert_eq!(text, ground.read(path), "{path}");
    }
    // What no edit helps has none.
    let results = report["runs"][0]["results"].as_array().unwrap();
    let page = results.iter().find(|result| {
        let place = &result["locations"][0]["physicalLocation"]["artifactLocation"];
        place["uri"] == "web/e.tsx"
    });
    assert_eq!(page.unwrap().get("fixes"), None);
}
