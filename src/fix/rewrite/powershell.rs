//! Scripts of PowerShell.

use super::code::named;
use super::{Change, File, Rewriter, Rewritten};
use crate::fix::edit::{self, Edit};

/// Scripts of PowerShell.
pub struct PowerShell;

impl Rewriter for PowerShell {
    fn rewrite(&self, file: &File) -> Vec<Rewritten> {
        let change = |secret| match replaced(file, secret) {
            Some(edits) => {
                Rewritten::Changed(Change { secrets: vec![secret], edits, ..Change::default() })
            }
            None => Rewritten::Left(secret, "it stands in no text in quotes on one line".into()),
        };
        (0..file.secrets.len()).map(change).collect()
    }
}

fn replaced(file: &File, secret: usize) -> Option<Vec<Edit>> {
    let occurrence = &file.secrets[secret];
    let (span, variable) = (&occurrence.span, &occurrence.names.variable);
    let line = edit::line_at(file.text, span.start);
    let (mut at, mut open) = (line.start, None);
    while at < span.start {
        match (file.text[at], open) {
            (b'`', Some((b'"', _)) | None) => at += 1,
            (b'#', None) => return Some(named(file, secret, ("<", ">")).edits),
            (quote @ (b'"' | b'\''), None) => open = Some((quote, at)),
            (byte, Some((quote, _))) if byte == quote => open = None,
            _ => {}
        }
        at += 1;
    }
    let (quote, start) = open?;
    let whole = start + 1 == span.start && file.text.get(span.end) == Some(&quote);
    if whole {
        return Some(vec![Edit::replace(start..span.end + 1, format!("$env:{variable}"))]);
    }
    let text = if quote == b'"' {
        format!("$($env:{variable})")
    } else {
        format!("' + $env:{variable} + '")
    };
    Some(vec![Edit::replace(span.clone(), text)])
}
