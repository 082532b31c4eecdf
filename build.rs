//! Turns the rule packs and playbooks of `rules/` into one compact blob, so that nothing has to be
//! installed and no TOML is parsed when blurt starts.

use std::path::{Path, PathBuf};
use std::{env, error::Error, fs};
use toml::Spanned;

#[allow(dead_code)]
#[path = "src/rule/spec.rs"]
mod spec;

use spec::{Embedded, PackSpec, Playbook, RuleSpec, Sourced};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=rules/packs");
    println!("cargo::rerun-if-changed=rules/playbooks");
    println!("cargo::rerun-if-changed=src/rule/spec.rs");
    let mut embedded = Embedded { rules: Vec::new(), playbooks: Vec::new() };
    for folder in ["rules/packs", "rules/playbooks"] {
        for path in toml_files(Path::new(folder))? {
            embed(&path, &mut embedded).map_err(|e| format!("{}: {e}", path.display()))?;
        }
    }
    let out = PathBuf::from(env::var("OUT_DIR")?).join("rules.postcard");
    fs::write(out, postcard::to_stdvec(&embedded)?)?;
    Ok(())
}

fn toml_files(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let entries = fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    let mut files: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|ext| ext == "toml"));
    files.sort();
    Ok(files)
}

fn embed(path: &Path, embedded: &mut Embedded) -> Result<(), Box<dyn Error>> {
    let text = fs::read_to_string(path)?;
    let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let pack: PackSpec<Spanned<RuleSpec>, Spanned<Playbook>> = toml::from_str(&text)?;
    let line = |start: usize| text[..start].matches('\n').count() as u32 + 1;
    for rule in pack.rule {
        let line = line(rule.span().start);
        embedded.rules.push(Sourced { file: file.clone(), line, value: rule.into_inner() });
    }
    for playbook in pack.playbook {
        let line = line(playbook.span().start);
        embedded.playbooks.push(Sourced { file: file.clone(), line, value: playbook.into_inner() });
    }
    Ok(())
}
