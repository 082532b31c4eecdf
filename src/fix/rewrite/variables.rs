//! Values of Terraform's variables: what is secret comes from the environment, or is asked for.

use super::{Change, File, Rewriter, Rewritten};
use crate::fix::edit::{self, Edit};
use bstr::ByteSlice;

/// Files of values for variables.
pub struct Variables;

impl Rewriter for Variables {
    fn rewrite(&self, file: &File) -> Vec<Rewritten> {
        let change = |secret: usize| {
            let line = edit::line_at(file.text, file.secrets[secret].span.start);
            let text = file.text[line.clone()].to_str_lossy();
            let Some(name) = assigned(&text) else {
                let why =
                    "it is a part of a larger value: give that by TF_VAR_… of the environment";
                return Rewritten::Left(secret, why.into());
            };
            let comment = format!("# {name} comes from the environment: TF_VAR_{name}");
            Rewritten::Changed(Change {
                secrets: vec![secret],
                edits: vec![Edit::replace(line, comment)],
                needs: Vec::new(),
                review: None,
                variable: Some(format!("TF_VAR_{name}")),
            })
        };
        (0..file.secrets.len()).map(change).collect()
    }
}

/// The variable that a line gives a value to, all of it.
fn assigned(line: &str) -> Option<&str> {
    let (name, value) = line.split_once('=')?;
    let name = name.trim();
    let named =
        !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
    let value = value.trim();
    let ends = value.len() > 1 && value.starts_with('"') && value[1..].trim_end().ends_with('"');
    (named && !line.starts_with(char::is_whitespace) && ends).then_some(name)
}
