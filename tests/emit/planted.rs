//! Files with secrets in them, and a plan that sends each to a store. The plan is made by hand, of what a scan
//! finds.

use crate::common::{detector, scan};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use blurt::detect::Detector;
use blurt::finding::Finding;
use blurt::plan::emit::{self, OutputFile, Sources};
use blurt::plan::{Effort, Entry, Inventory, Move, Place, Plan, Stage};
use blurt::remedy::Remedy;
use blurt::rule::example::expand;
use blurt::rule::{Confidence, Function};
use bstr::ByteSlice;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::OnceLock;
use tempfile::TempDir;

const TOKEN: &str = "<<ghp_[0-9A-Za-z]{30}|github>>";

/// Made once, as rules are compiled when they are first used.
pub fn rules() -> &'static Detector {
    static DETECTOR: OnceLock<Detector> = OnceLock::new();
    DETECTOR.get_or_init(detector)
}

/// A secret in a file.
#[derive(Debug, Clone)]
pub struct Plant {
    /// The end of its name in the store.
    pub name: &'static str,
    /// The store.
    pub store: &'static str,
    /// The file.
    pub file: &'static str,
    pub value: String,
}

/// A folder with secrets, and the plan for them.
pub struct Planted {
    pub folder: TempDir,
    pub plants: Vec<Plant>,
    pub plan: Plan,
}

/// What may be asked of a file, but for its secret.
type Written = fn(&str) -> Vec<u8>;

impl Planted {
    /// Secrets of all kinds in files of all kinds, for all stores.
    pub fn everywhere() -> Self {
        let value = |pattern: &str, n| expand(pattern, n).unwrap();
        let key = value("<<@rsa-private-key>>", 5);
        let quoted = value(r#"<<[A-Z][a-z]{3}>>"x'<<[0-9]{3}[!%*][0-9A-Za-z]{5}>>"#, 6);
        // As it is written in JSON: what it means is shorter.
        let escaped = value(r#"<<[A-Z][0-9a-z]{5}>>\"\\<<[0-9A-Za-z]{4}[$&+][0-9a-z]{3}>>"#, 11);
        let umlaut = value("<<[0-9A-Za-z]{6}[!#%*][0-9A-Za-z]{4}>>ü漢😀", 7);
        let plants: [(&str, &str, &str, String, Written); 11] = [
            ("token", "aws-secrets-manager", "src/app.py", value(TOKEN, 1), |v| {
                format!("größe = 1\nTOKEN = \"{v}\"\nmore = 2\n").into()
            }),
            ("key", "aws-secrets-manager", "-deploy it's/$(id) \"key\".pem", key, |v| {
                format!("{v}\n").into()
            }),
            (
                "windows-key",
                "aws-secrets-manager",
                "windows.pem",
                value("<<@ec-private-key>>", 8).replace('\n', "\r\n"),
                |v| format!("\u{feff}{v}\r\n").into(),
            ),
            ("pepper", "aws-parameter-store", "a\nb\u{1b}[2J.env", value(TOKEN, 2), |v| {
                format!("PEPPER={v}").into()
            }),
            ("quoted", "aws-parameter-store", "conf/app.properties", quoted, |v| {
                format!("port=1\ndb.password={v}\nx=1\n").into()
            }),
            ("umlaut", "aws-parameter-store", "conf/umlaut.yml", umlaut, |v| {
                format!("user: app\npassword: '{v}'\n").into()
            }),
            ("kube", "aws-secrets-manager", "k8s/secret.yaml", value(TOKEN, 3), |v| {
                let encoded = BASE64_STANDARD.encode(format!("user:{v}"));
                format!("kind: Secret\ndata:\n  auth: {encoded}\n").into()
            }),
            ("vault-token", "vault", "vault.env", value(TOKEN, 4), |v| format!("T={v}\n").into()),
            ("google-token", "gcp-secret-manager", "google.env", value(TOKEN, 9), |v| {
                format!("T={v}\n").into()
            }),
            ("azure-token", "azure-key-vault", "azure.env", value(TOKEN, 10), |v| {
                format!("T={v}\n").into()
            }),
            ("escaped", "aws-secrets-manager", "escaped.json", escaped, |v| {
                format!("{{\"db_password\": \"{v}\"}}\n").into()
            }),
        ];
        let folder = TempDir::new().unwrap();
        let plants = plants.map(|(name, store, file, value, written)| {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, written(&value)).unwrap();
            Plant { name, store, file, value }
        });
        Self::plan(folder, plants.into())
    }

    fn plan(folder: TempDir, plants: Vec<Plant>) -> Self {
        let outcome = scan(folder.path(), rules(), Confidence::Low, 1);
        let entries = plants.iter().map(|plant| {
            let of_plant = |(finding, _): &&(Finding, Remedy)| {
                finding.secret.reveal() == Some(plant.value.as_bytes())
            };
            let found = outcome.findings.iter().find(of_plant);
            let (finding, remedy) = found.unwrap_or_else(|| {
                let found: Vec<_> = outcome
                    .findings
                    .iter()
                    .map(|(f, _)| (f.rule.id(), f.primary().name()))
                    .collect();
                panic!("{plant:?} is not among {found:?}")
            });
            entry(plant, finding, remedy, folder.path())
        });
        let entries = entries.collect();
        let day = "2026-05-01".into();
        let plan = Plan { entries, left_out: 0, not_scanned: Vec::new(), day };
        Self { folder, plants, plan }
    }

    /// The files that an emitter makes.
    pub fn emit(&self, name: &str) -> Vec<OutputFile> {
        let sources = Sources { root: self.folder.path(), detector: rules() };
        emit::by_name(name).unwrap().files(&self.plan, Some(&sources)).unwrap()
    }

    /// The text of one of them.
    pub fn file(&self, emitter: &str, path: &str) -> String {
        let files = self.emit(emitter);
        files.into_iter().find(|file| file.path == path).unwrap().text
    }

    /// Sees to it that no line of a value stands in a text, in any form that this test knows.
    pub fn assert_holds_no_value(&self, what: &str, text: &[u8]) {
        for plant in &self.plants {
            let forms = [
                plant.value.clone(),
                BASE64_STANDARD.encode(&plant.value),
                serde_json::to_string(&plant.value).unwrap(),
            ];
            let lines = forms.iter().flat_map(|form| form.lines());
            for line in lines.filter(|line| line.len() > 5 && !line.contains("-----")) {
                assert!(!text.contains_str(line), "{what} holds the value of {}", plant.name);
            }
        }
    }
}

fn entry(plant: &Plant, finding: &Finding, remedy: &Remedy, root: &Path) -> Entry {
    let places = finding.locations.iter().map(|place| {
        let path = root.join("");
        let name = place.name();
        let name = name.strip_prefix(path.to_str().unwrap()).unwrap_or(&name);
        let editable = place.origin.via.is_empty();
        let (line, column) = (place.start.line, place.start.column);
        Place { name: name.to_owned(), line, column, commit: None, editable }
    });
    let mut remedy = remedy.clone();
    let facts = remedy.facts.as_mut().unwrap();
    facts.store = Some(plant.store.to_owned());
    facts.rotates = plant.name.ends_with("key");
    Entry {
        fingerprint: finding.fingerprint().to_string(),
        rule: finding.rule.id().to_owned(),
        title: finding.rule.spec().name.clone(),
        kind: finding.rule.spec().kind.clone(),
        severity: finding.severity(),
        confidence: finding.confidence,
        secret: finding.secret.to_string(),
        stage: if plant.name.ends_with("token") { Stage::Incident } else { Stage::Files },
        decision: Move::Relocate,
        because: "something needs it".to_owned(),
        effort: Effort::Medium,
        inventory: inventory(plant),
        name: format!("/shop/api/prod/{}", plant.name),
        tags: tags(&inventory(plant)),
        places: places.collect(),
        remedy,
    }
}

fn inventory(plant: &Plant) -> Inventory {
    let environment = if plant.name == "pepper" { "dev" } else { "prod" };
    Inventory {
        owner: Some("Jane Doe <jane@shop.example>".to_owned()),
        owner_from: None,
        application: "shop".to_owned(),
        application_from: "package.json".to_owned(),
        environment: environment.to_owned(),
        environment_from: None,
        classification: "confidential".to_owned(),
        function: Function::Api,
        age_days: None,
        overdue: false,
    }
}

/// The tags of the scheme, and one that needs quoting.
fn tags(inventory: &Inventory) -> BTreeMap<String, String> {
    let tags = [
        ("appname", inventory.application.as_str()),
        ("appfunc", inventory.function.name()),
        ("appenv", &inventory.environment),
        ("dataclassification", &inventory.classification),
        ("owner", inventory.owner.as_deref().unwrap_or_default()),
        ("cost-center", "4 \"711\" ${x} %{y}"),
    ];
    tags.map(|(key, value)| (key.to_owned(), value.to_owned())).into()
}
