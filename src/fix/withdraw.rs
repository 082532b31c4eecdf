//! Files that are there for secrets: they stay on the disk and leave the repository, and a sample without
//! values takes the place of those that programs read.

use super::edit::line_end;
use crate::remedy::setting::{Role, Setting};
use bstr::ByteSlice;
use std::ops::Range;

/// Whether the file at `path` is one that keeps secrets and belongs in no repository. `whole` says whether it
/// holds nothing but a secret.
#[must_use]
pub fn is_for_secrets(path: &str, setting: Setting, whole: bool) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let extension = name.rsplit('.').next().unwrap_or_default();
    let keys =
        ["pem", "key", "p12", "pfx", "p8", "pk8", "jks", "keystore", "ppk", "asc", "gpg", "der"];
    let state = name.ends_with(".tfstate") || name.ends_with(".tfstate.backup");
    match setting {
        Setting::EnvFile => Role::of(path) != Role::Example,
        Setting::Profile => true,
        _ => state || whole || keys.contains(&extension),
    }
}

/// The name of a sample beside the file at `path`, if programs look for such a file.
#[must_use]
pub fn sample_name(path: &str, setting: Setting) -> Option<String> {
    (setting == Setting::EnvFile).then(|| format!("{path}.example"))
}

/// The sample of a file of variables: its names and comments, without values and without lines that hold one
/// of `secrets`; `known` is the sample that is there, which gets the names that it has not.
#[must_use]
pub fn sample(text: &[u8], secrets: &[Range<usize>], known: Option<&[u8]>) -> Vec<u8> {
    let end = line_end(text);
    let mut sample = known.map(<[u8]>::to_vec).unwrap_or_default();
    let has: Vec<&[u8]> =
        known.map(|known| known.lines().filter_map(name_of).collect()).unwrap_or_default();
    if !sample.is_empty() && !sample.ends_with(b"\n") {
        sample.extend_from_slice(end.as_bytes());
    }
    let mut quote = None;
    for line in text.lines() {
        // The further lines of a value in quotes.
        if let Some(open) = quote {
            if line.contains(&open) {
                quote = None;
            }
            continue;
        }
        let start = line.as_ptr().addr() - text.as_ptr().addr();
        let tells = secrets.iter().any(|span| span.start < start + line.len() && start < span.end);
        let comment = line.trim().is_empty() || line.trim_start().starts_with(b"#");
        let line = if let Some(name) = name_of(line) {
            let end = name.as_ptr().addr() - line.as_ptr().addr() + name.len() + 1;
            quote = open_quote(&line[end..]);
            if has.contains(&name) {
                continue;
            }
            &line[..end]
        } else if known.is_some() || tells || !comment {
            continue;
        } else {
            line
        };
        sample.extend_from_slice(line);
        sample.extend_from_slice(end.as_bytes());
    }
    sample
}

/// The quote that a value opens and does not close.
fn open_quote(value: &[u8]) -> Option<u8> {
    let first = *value.trim_start().first().filter(|b| matches!(b, b'"' | b'\''))?;
    let closes = value.trim_start()[1..].contains(&first);
    (!closes).then_some(first)
}

/// The name that a line gives a value to, be it in a comment.
fn name_of(line: &[u8]) -> Option<&[u8]> {
    let mut rest = line.trim_start();
    while let Some(after) = rest.strip_prefix(b"#") {
        rest = after.trim_start();
    }
    let rest = rest.strip_prefix(b"export ").unwrap_or(rest).trim_start();
    let length = rest
        .iter()
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'))
        .count();
    let named = length > 0 && rest.get(length) == Some(&b'=');
    named.then_some(&rest[..length])
}

/// The line of a `.gitignore` at the repository's root that excludes the file at `path` alone, which is named
/// from there (<https://git-scm.com/docs/gitignore>).
#[must_use]
pub fn pattern(path: &str) -> String {
    let mut pattern = String::from("/");
    for c in path.chars() {
        if matches!(c, '*' | '?' | '[' | '\\' | '!' | '#') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    if pattern.ends_with(' ') {
        pattern.insert(pattern.len() - 1, '\\');
    }
    pattern
}

/// A `.gitignore` with these patterns.
#[must_use]
pub fn ignoring(known: &[u8], patterns: &[String]) -> Vec<u8> {
    let end = line_end(known);
    let mut text = known.to_vec();
    for pattern in patterns {
        if known.lines().any(|line| line == pattern.as_bytes()) {
            continue;
        }
        if !text.is_empty() && !text.ends_with(b"\n") {
            text.extend_from_slice(end.as_bytes());
        }
        text.extend_from_slice(pattern.as_bytes());
        text.extend_from_slice(end.as_bytes());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_has_names_and_no_values() {
        let text =
            b"# the shop\nA=one\nexport B='two\nthree=x'\n#C=four\n\n# was: six\nseven\nD=\"five\"\n";
        let six = text.find("six").map(|at| at..at + 3).unwrap();
        assert_eq!(
            sample(text, std::slice::from_ref(&six), None).as_bstr(),
            "# the shop\nA=\nexport B=\n#C=\n\nD=\n"
        );
        assert_eq!(sample(text, &[], Some(b"A=sample\nB=")).as_bstr(), "A=sample\nB=\n#C=\nD=\n");
    }

    #[test]
    fn a_pattern_excludes_one_file() {
        assert_eq!(pattern("app/.env"), "/app/.env");
        assert_eq!(pattern("a*[b] "), "/a\\*\\[b]\\ ");
        assert_eq!(
            ignoring(b"/x\r\ny", &["/x".into(), "/z".into()]).as_bstr(),
            "/x\r\ny\r\n/z\r\n"
        );
    }

    #[test]
    fn files_that_are_there_for_secrets() {
        let of = |path: &str, whole| is_for_secrets(path, Setting::of(path, None), whole);
        assert!(
            of(".env", false) && of("app/.env.production", false) && of("certs/server.key", false)
        );
        assert!(of("infra/terraform.tfstate", false) && of("deploy/id_ed25519", true));
        assert!(!of(".env.example", false) && !of("src/main.py", false));
    }
}
