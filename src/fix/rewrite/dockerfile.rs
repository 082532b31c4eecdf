//! Dockerfiles: what an image needs comes in when it is built or started, and stays out of its layers.

use super::code::named;
use super::{Change, File, Rewriter, Rewritten, shell};
use crate::fix::edit::{self, Edit};
use bstr::ByteSlice;
use std::ops::Range;

/// Dockerfiles.
pub struct Dockerfile;

/// An instruction with the lines that it goes on over.
struct Instruction<'t> {
    word: &'t [u8],
    span: Range<usize>,
    /// Where what is behind the word begins.
    body: usize,
}

impl Rewriter for Dockerfile {
    fn rewrite(&self, file: &File) -> Vec<Rewritten> {
        let change = |secret| match changed(file, secret) {
            Ok(change) => Rewritten::Changed(change),
            Err(why) => Rewritten::Left(secret, why.to_owned()),
        };
        (0..file.secrets.len()).map(change).collect()
    }
}

fn changed(file: &File, secret: usize) -> Result<Change, &'static str> {
    let span = &file.secrets[secret].span;
    let line = edit::line_at(file.text, span.start);
    if file.text[line].trim_start().starts_with(b"#") {
        return Ok(named(file, secret, ("<", ">")));
    }
    let instruction = instruction_at(file.text, span.start).ok_or("it stands in no instruction")?;
    let made = |edits, review: &str| Change {
        secrets: vec![secret],
        edits,
        review: Some(review.to_owned()),
        ..Change::default()
    };
    match instruction.word.to_ascii_uppercase().as_slice() {
        b"ENV" => Ok(made(
            without_variable(file, &instruction, span)?,
            "set the variable when the container starts: docker run -e, `environment:` of Compose, the platform's secrets",
        )),
        b"ARG" => Ok(made(
            without_default(file, &instruction, span)?,
            "an ARG stays in the image's history: mount a secret instead (RUN --mount=type=secret)",
        )),
        b"RUN" => {
            let body = &file.text[instruction.body..instruction.span.end];
            if body.trim_start().starts_with(b"[") {
                return Err("an instruction in JSON fills in no variables");
            }
            if file.secrets[secret].encoded {
                return Err("it is encoded in a command");
            }
            let name = &file.secrets[secret].names.variable;
            let mount = format!("--mount=type=secret,id={name},env={name} ");
            let mut edits = shell::edits(file, instruction.body..instruction.span.end, secret)?;
            let given = body.contains_str(&mount);
            if !given {
                edits.insert(0, Edit::insert(instruction.body, mount));
            }
            Ok(made(edits, "build it with --secret id=…,env=… (Dockerfile syntax 1.10 or later)"))
        }
        _ => Err("this instruction writes it into the image: read it when the container starts"),
    }
}

/// The instruction that a place is in.
fn instruction_at(text: &[u8], place: usize) -> Option<Instruction<'_>> {
    let mut at = 0;
    while at < text.len() {
        let line = edit::line_at(text, at);
        let trimmed = text[line.clone()].trim_start();
        if trimmed.is_empty() || trimmed.starts_with(b"#") {
            at = edit::whole_line_at(text, at).end;
            continue;
        }
        let end = instruction_end(text, at);
        if place < end {
            let start = line.end - trimmed.len();
            let word = trimmed.iter().take_while(|b| b.is_ascii_alphabetic()).count();
            let behind = start + word;
            let blanks = text[behind..end].iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
            return Some(Instruction {
                word: &text[start..behind],
                span: start..end,
                body: behind + blanks,
            });
        }
        at = end;
    }
    None
}

/// Where an instruction ends: behind the first line that does not go on.
fn instruction_end(text: &[u8], from: usize) -> usize {
    let mut at = from;
    while at < text.len() {
        let line = edit::line_at(text, at);
        let next = edit::whole_line_at(text, at).end;
        let trimmed = text[line].trim();
        // Comments and blank lines do not end it.
        let inside = at > from && (trimmed.is_empty() || trimmed.starts_with(b"#"));
        if !trimmed.ends_with(b"\\") && !inside {
            return next;
        }
        at = next;
    }
    text.len()
}

/// Takes a variable out of an `ENV`; the whole instruction if it has no other.
fn without_variable(
    file: &File,
    instruction: &Instruction,
    span: &Range<usize>,
) -> Result<Vec<Edit>, &'static str> {
    let pairs = pairs(file.text, instruction.body..instruction.span.end);
    let Some(own) = pairs.iter().position(|pair| pair.start <= span.start && span.end <= pair.end)
    else {
        return Err("it is the name of a variable");
    };
    let name = |pair: &Range<usize>| {
        let text = &file.text[pair.clone()];
        let end = text.iter().position(|b| matches!(b, b'=' | b' ' | b'\t')).unwrap_or(text.len());
        text[..end].to_str_lossy().into_owned()
    };
    if pairs.len() == 1 {
        let text = format!("# {} is set when the container starts.\n", name(&pairs[own]));
        return Ok(vec![Edit::replace(instruction.span.clone(), text)]);
    }
    // With what stands between it and its neighbour, a backslash at the end of a line included.
    let range = match pairs.get(own + 1) {
        Some(next) => pairs[own].start..next.start,
        None => pairs[own - 1].end..pairs[own].end,
    };
    Ok(vec![Edit::delete(range)])
}

/// The pairs of an `ENV`, each `NAME=value`; all of it if it is `ENV NAME value`.
fn pairs(text: &[u8], body: Range<usize>) -> Vec<Range<usize>> {
    let trimmed = body.start + text[body.clone()].trim_end().len();
    let first = text[body.start..trimmed].iter().position(|b| matches!(b, b'=' | b' ' | b'\t'));
    if first.is_some_and(|at| text[body.start + at] != b'=') {
        return std::iter::once(body.start..trimmed).collect();
    }
    let (mut found, mut at) = (Vec::new(), body.start);
    while at < trimmed {
        let blank = text[at].is_ascii_whitespace()
            || text[at] == b'\\' && text[at + 1..].first().is_some_and(u8::is_ascii_whitespace);
        if blank {
            at += 1;
            continue;
        }
        let (start, mut quote) = (at, None);
        while at < trimmed {
            match (text[at], quote) {
                (b'\\', Some(b'"') | None)
                    if text.get(at + 1).is_some_and(|b| !b.is_ascii_whitespace()) =>
                {
                    at += 1;
                }
                (b'\\', None) => break,
                (mark @ (b'"' | b'\''), None) => quote = Some(mark),
                (mark, Some(open)) if mark == open => quote = None,
                (byte, None) if byte.is_ascii_whitespace() => break,
                _ => {}
            }
            at += 1;
        }
        found.push(start..at.min(trimmed));
    }
    found
}

/// Takes the default out of an `ARG`.
fn without_default(
    file: &File,
    instruction: &Instruction,
    span: &Range<usize>,
) -> Result<Vec<Edit>, &'static str> {
    let pairs = pairs(file.text, instruction.body..instruction.span.end);
    let own = pairs.iter().find(|pair| pair.start <= span.start && span.end <= pair.end);
    let own = own.ok_or("it is the name of an argument")?;
    let equals =
        memchr::memchr(b'=', &file.text[own.clone()]).ok_or("it is the name of an argument")?;
    Ok(vec![Edit::delete(own.start + equals..own.end)])
}
