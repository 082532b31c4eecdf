//! Unified diffs of what edits change: for reading, or for `git apply`.

use super::FileFix;
use git2::{DiffOptions, Patch};
use std::ops::Range;

/// What stands in a diff in the place of a secret.
const MASK: &[u8] = b"********";

/// The change of a file as a diff that `git apply` takes. Its lines hold the secrets that go.
///
/// # Errors
///
/// When git cannot make it.
pub fn patch(fix: &FileFix, name: &str) -> Result<Vec<u8>, git2::Error> {
    diff(fix.before.as_deref(), fix.after.as_deref().unwrap_or_default(), name, fix.executable)
}

/// The change of a file for reading: no secret stands in it.
///
/// # Errors
///
/// When git cannot make it.
pub fn masked(fix: &FileFix) -> Result<Vec<u8>, git2::Error> {
    let shown = &fix.shown;
    let before = fix.before.is_some().then(|| mask(&shown.before, &shown.before_secrets));
    let after = mask(&shown.after, &shown.after_secrets);
    diff(before.as_deref(), &after, &fix.path, fix.executable)
}

fn diff(
    before: Option<&[u8]>,
    after: &[u8],
    name: &str,
    executable: bool,
) -> Result<Vec<u8>, git2::Error> {
    let path = std::path::Path::new(name);
    let mut options = DiffOptions::new();
    options.force_text(true).context_lines(3);
    let mut patch = Patch::from_buffers(
        before.unwrap_or_default(),
        Some(path),
        after,
        Some(path),
        Some(&mut options),
    )?;
    let text = patch.to_buf()?.to_vec();
    Ok(match before {
        Some(_) if executable => with_mode(&text),
        Some(_) => text,
        None => of_new_file(&text),
    })
}

/// libgit2 takes both sides for files that are not executable.
fn with_mode(text: &[u8]) -> Vec<u8> {
    replace_first(text, b" 100644\n", b" 100755\n")
}

/// A file that was not there before has another header.
fn of_new_file(text: &[u8]) -> Vec<u8> {
    let text = replace_first(text, b"\nindex ", b"\nnew file mode 100644\nindex ");
    let text = replace_first(&text, b" 100644\n---", b"\n---");
    // The id of an empty blob, where git writes that there is none.
    let text = replace_first(&text, b"\nindex e69de29", b"\nindex 0000000");
    let Some(start) = memchr::memmem::find(&text, b"\n--- ") else { return text };
    let end = memchr::memchr(b'\n', &text[start + 1..]).map_or(text.len(), |end| start + 1 + end);
    [&text[..start], b"\n--- /dev/null", &text[end..]].concat()
}

fn replace_first(text: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    match memchr::memmem::find(text, old) {
        Some(at) => [&text[..at], new, &text[at + old.len()..]].concat(),
        None => text.to_vec(),
    }
}

/// A text with `secrets` masked; they may overlap.
fn mask(text: &[u8], secrets: &[Range<usize>]) -> Vec<u8> {
    let mut spans = secrets.to_vec();
    spans.sort_by_key(|span| (span.start, std::cmp::Reverse(span.end)));
    let (mut masked, mut at) = (Vec::with_capacity(text.len()), 0);
    for span in spans {
        if span.start >= at {
            masked.extend_from_slice(&text[at..span.start]);
            masked.extend_from_slice(MASK);
        }
        at = at.max(span.end);
    }
    masked.extend_from_slice(&text[at..]);
    masked
}

#[cfg(test)]
mod tests {
    use super::*;
    use bstr::ByteSlice;

    #[test]
    fn secrets_are_masked_be_they_one_in_another() {
        let masked = mask(b"a = 0123456789, b", &[4..8, 6..14, 5..6]);
        assert_eq!(masked.as_bstr(), "a = ********, b");
    }

    #[test]
    fn a_new_file_has_the_header_of_one() {
        let text = diff(None, b"A=\n", "x/.env.example", false).unwrap();
        let text = text.as_bstr().to_string();
        assert!(text.starts_with("diff --git a/x/.env.example b/x/.env.example\nnew file mode 100644\nindex 0000000..") , "{text}");
        assert!(
            text.contains("\n--- /dev/null\n+++ b/x/.env.example\n@@ -0,0 +1 @@\n+A=\n"),
            "{text}"
        );
    }

    #[test]
    fn an_executable_stays_one() {
        let text = diff(Some(b"a\n"), b"b\n", "run.sh", true).unwrap();
        assert!(text.contains_str(" 100755\n--- a/run.sh"), "{}", text.as_bstr());
    }
}
