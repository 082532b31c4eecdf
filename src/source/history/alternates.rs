//! The object directories of a repository: its own, and those that it borrows objects from by
//! `objects/info/alternates`.

use super::store::unreadable;
use crate::coverage::Skip;
use bstr::{ByteSlice, ByteVec};
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// How many repositories may borrow from one another in a row; git stops there, too.
const DEEPEST: usize = 5;

/// The object directories that begin at `own`, it first and each once.
pub(super) fn directories(own: PathBuf, skipped: &mut Vec<Skip>) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    let mut pending = vec![(own, 0)];
    while let Some((path, depth)) = pending.pop() {
        match fs::canonicalize(&path) {
            Ok(real) => {
                if !seen.insert(real) {
                    continue;
                }
            }
            Err(e) => {
                skipped.push(missing(&path, &e, depth));
                continue;
            }
        }
        let borrowed = borrowed(&path, skipped);
        if depth == DEEPEST && !borrowed.is_empty() {
            skipped.push(Skip {
                path: path.join("info/alternates").display().to_string(),
                reason: format!("borrows objects over more than {DEEPEST} repositories"),
                mend: Some("run `git repack -adf` in the repository that borrows".to_owned()),
            });
        } else {
            // The last one pushed is looked at next.
            pending.extend(borrowed.into_iter().rev().map(|path| (path, depth + 1)));
        }
        found.push(path);
    }
    found
}

fn missing(path: &Path, error: &io::Error, depth: usize) -> Skip {
    let mend = if depth == 0 {
        "check that this is a git repository"
    } else {
        "bring it back, or correct its path in objects/info/alternates"
    };
    Skip { mend: Some(mend.to_owned()), ..unreadable(path, error) }
}

/// The object directories that `objects` borrows from.
fn borrowed(objects: &Path, skipped: &mut Vec<Skip>) -> Vec<PathBuf> {
    let list = objects.join("info/alternates");
    let text = match fs::read(&list) {
        Ok(text) => text,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Vec::new(),
        Err(e) => {
            skipped.push(unreadable(&list, &e));
            return Vec::new();
        }
    };
    text.lines()
        .filter(|line| !line.is_empty() && !line.starts_with(b"#"))
        .map(|line| objects.join(unquoted(line).unwrap_or(line.into()).into_path_buf_lossy()))
        .collect()
}

/// What a line in quotes means, with escapes as in C. None if it is not well quoted: git then takes
/// it as it stands.
fn unquoted(line: &[u8]) -> Option<Vec<u8>> {
    let mut rest = line.strip_prefix(b"\"")?;
    let mut path = Vec::new();
    loop {
        let (&byte, behind) = rest.split_first()?;
        rest = behind;
        match byte {
            b'"' => return rest.is_empty().then_some(path),
            b'\\' => {
                let (&escaped, behind) = rest.split_first()?;
                rest = behind;
                path.push(match escaped {
                    b'a' => 7,
                    b'b' => 8,
                    b't' => b'\t',
                    b'n' => b'\n',
                    b'v' => 11,
                    b'f' => 12,
                    b'r' => b'\r',
                    b'"' | b'\\' => escaped,
                    b'0'..=b'3' => {
                        let (low, behind) = rest.split_at_checked(2)?;
                        rest = behind;
                        let octal =
                            |digit: u8| (b'0'..=b'7').contains(&digit).then(|| digit - b'0');
                        (escaped - b'0') << 6 | octal(low[0])? << 3 | octal(low[1])?
                    }
                    _ => return None,
                });
            }
            byte => path.push(byte),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_escapes() {
        assert_eq!(unquoted(br#""/a \"b\"\\\303\244\t""#).unwrap(), b"/a \"b\"\\\xc3\xa4\t");
        for line in [r"/a", r#""/a"#, r#""/a"b"#, r#""/\x""#, r#""\38"""#, r#""\"#] {
            assert_eq!(unquoted(line.as_bytes()), None, "{line}");
        }
    }

    #[test]
    fn borrows_in_a_circle_and_from_what_is_missing() {
        let dir = tempfile::tempdir().unwrap();
        let objects = |name: &str, alternates: &str| {
            let objects = dir.path().join(name).join("objects");
            fs::create_dir_all(objects.join("info")).unwrap();
            fs::write(objects.join("info/alternates"), alternates).unwrap();
            objects
        };
        let a = objects("a", "# comment\n../../b/objects\n\n\"../../c\\057objects\"\n");
        let b = objects("b", &format!("{}\n../../gone\n", a.display()));
        let c = objects("c", "../../b/objects");
        let mut skipped = Vec::new();
        let found = directories(a.clone(), &mut skipped);
        let real = |path: &PathBuf| fs::canonicalize(path).unwrap();
        assert_eq!(found.iter().map(real).collect::<Vec<_>>(), [&a, &b, &c].map(real));
        let [skip] = &skipped[..] else { panic!("{skipped:?}") };
        assert!(skip.path.ends_with("gone"), "{skip:?}");
        assert_eq!(skip.reason, "does not exist");
    }

    #[test]
    fn too_long_a_row_is_told() {
        let dir = tempfile::tempdir().unwrap();
        for n in 0..8 {
            let info = dir.path().join(n.to_string()).join("info");
            fs::create_dir_all(&info).unwrap();
            fs::write(info.join("alternates"), format!("../{}", n + 1)).unwrap();
        }
        let mut skipped = Vec::new();
        assert_eq!(directories(dir.path().join("0"), &mut skipped).len(), 6);
        assert_eq!(skipped.len(), 1);
    }
}
