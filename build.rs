//! Turns the rule packs and playbooks of `rules/` into one compact blob, so that nothing has to be
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
use spec::{Embedded, EmbeddedRule, PackSpec, Playbook, RuleSpec, Sourced};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=rules/packs");
    println!("cargo::rerun-if-changed=rules/playbooks");
    println!("cargo::rerun-if-changed=src/rule/provider.rs");
    println!("cargo::rerun-if-changed=src/rule/spec.rs");
    let (mut rules, mut playbooks) = (Vec::new(), Vec::new());
    for folder in ["rules/packs", "rules/playbooks"] {
        for path in toml_files(Path::new(folder))? {
            let pack = read(&path).map_err(|e| format!("{}: {e}", path.display()))?;
            rules.extend(pack.rules);
            playbooks.extend(pack.playbooks);
        }
    }
    let out = PathBuf::from(env::var("OUT_DIR")?).join("rules.postcard");
    fs::write(out, encode(&rules, &playbooks)?)?;
    Ok(())
}

/// What a scan begins with stands first; the rest of a rule is decoded when it is needed.
fn encode(rules: &[Sourced<RuleSpec>], playbooks: &[Playbook]) -> postcard::Result<Vec<u8>> {
    let written: Vec<Vec<u8>> = rules.iter().map(postcard::to_stdvec).collect::<Result<_, _>>()?;
    let rules = rules.iter().zip(&written).map(|(Sourced { value: rule, .. }, written)| {
        let (layer, triggers) = (rule.layer(), rule.triggers());
        EmbeddedRule { id: &rule.id, layer, triggers, length: written.len() }
    });
    let playbooks = postcard::to_stdvec(playbooks)?;
    let (rules, written) = (rules.collect(), written.concat());
    postcard::to_stdvec(&Embedded { rules, written: &written, playbooks: &playbooks })
}

fn toml_files(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let entries = fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    let mut files: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|ext| ext == "toml"));
    files.sort();
    Ok(files)
}

/// What a file brings.
struct Pack {
    rules: Vec<Sourced<RuleSpec>>,
    playbooks: Vec<Playbook>,
}

fn read(path: &Path) -> Result<Pack, Box<dyn Error>> {
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
    Ok(Pack { rules: rules.chain(providers).collect(), playbooks: pack.playbook })
}
