//! Turns the rule packs and what remedies are made of, all of `rules/`, into one compact blob, so that nothing has to be
//! installed and no TOML is parsed when blurt starts.

use std::path::{Path, PathBuf};
use std::{env, error::Error, fs};
use toml::Spanned;

#[path = "src/rule/provider.rs"]
mod provider;
#[allow(dead_code)]
#[path = "src/rule/spec.rs"]
mod spec;

use provider::ProviderSpec;
use spec::{Embedded, EmbeddedRule, Knowledge, PackSpec, Playbook, RuleSpec, Sourced};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=rules/packs");
    for knowledge in KNOWLEDGE {
        println!("cargo::rerun-if-changed={knowledge}");
    }
    println!("cargo::rerun-if-changed=src/rule/provider.rs");
    println!("cargo::rerun-if-changed=src/rule/spec.rs");
    let (mut rules, mut knowledge) = (Vec::new(), Knowledge::default());
    for path in toml_files(Path::new("rules/packs"))? {
        rules.extend(read(&path).map_err(|e| format!("{}: {e}", path.display()))?);
    }
    for file_or_folder in KNOWLEDGE {
        for path in toml_files(Path::new(file_or_folder))? {
            let text = fs::read_to_string(&path)?;
            let more = toml::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))?;
            knowledge.add(more);
        }
    }
    let out = PathBuf::from(env::var("OUT_DIR")?).join("rules.postcard");
    fs::write(out, encode(&rules, &knowledge)?)?;
    Ok(())
}

/// What remedies are made of.
const KNOWLEDGE: [&str; 4] =
    ["rules/playbooks", "rules/strategies.toml", "rules/stores.toml", "rules/consoles.toml"];

/// What a scan begins with stands first; the rest of a rule is decoded when it is needed.
fn encode(rules: &[Sourced<RuleSpec>], knowledge: &Knowledge) -> postcard::Result<Vec<u8>> {
    let written: Vec<Vec<u8>> = rules.iter().map(postcard::to_stdvec).collect::<Result<_, _>>()?;
    let rules = rules.iter().zip(&written).map(|(Sourced { value: rule, .. }, written)| {
        let (layer, triggers) = (rule.layer(), rule.triggers());
        EmbeddedRule { id: &rule.id, layer, triggers, length: written.len() }
    });
    let knowledge = postcard::to_stdvec(knowledge)?;
    let (rules, written) = (rules.collect(), written.concat());
    postcard::to_stdvec(&Embedded { rules, written: &written, knowledge: &knowledge })
}

/// The file itself, or those of a folder, in the order of their names.
fn toml_files(path: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let entries = fs::read_dir(path)?.collect::<Result<Vec<_>, _>>()?;
    let mut files: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|ext| ext == "toml"));
    files.sort();
    Ok(files)
}

fn read(path: &Path) -> Result<Vec<Sourced<RuleSpec>>, Box<dyn Error>> {
    let text = fs::read_to_string(path)?;
    let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let pack: PackSpec<Spanned<RuleSpec>, Spanned<ProviderSpec>, Playbook> = toml::from_str(&text)?;
    let sourced = |start: usize, value| {
        let line = text[..start].matches('\n').count() as u32 + 1;
        Sourced { file: file.clone(), line, value }
    };
    let rules = pack.rule.into_iter().map(|rule| sourced(rule.span().start, rule.into_inner()));
    let providers = pack.provider.into_iter();
    let providers = providers.map(|row| sourced(row.span().start, row.into_inner().into()));
    Ok(rules.chain(providers).collect())
}
