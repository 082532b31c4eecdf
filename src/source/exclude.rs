//! Files that the configuration or the command line leaves out.

use crate::config::Folders;
use bstr::{BStr, ByteSlice};
use ignore::overrides::{Override, OverrideBuilder};
use serde::Deserialize;
use std::fmt;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// A glob in the language of .gitignore.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub struct Glob {
    text: String,
    /// The folder that it is read from; the current one, if none is named.
    folder: Option<PathBuf>,
}

impl From<String> for Glob {
    fn from(text: String) -> Self {
        Self { text, folder: None }
    }
}

impl Glob {
    /// The glob as written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The same, read from `folder`.
    #[must_use]
    pub fn of(self, folder: &Path) -> Self {
        Self { folder: Some(absolute(folder)), ..self }
    }
}

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Files that are not scanned.
#[derive(Debug, Clone, Default)]
pub struct Excluded {
    globs: Vec<Globs>,
    folders: Option<Arc<Folders>>,
}

/// Globs that are read from one folder.
#[derive(Debug, Clone)]
struct Globs {
    folder: Option<PathBuf>,
    matcher: Override,
}

impl Excluded {
    /// What `globs` leave out.
    ///
    /// # Errors
    ///
    /// When a glob is flawed.
    pub fn new(globs: &[Glob]) -> Result<Self, ignore::Error> {
        let mut folders: Vec<&Option<PathBuf>> = globs.iter().map(|glob| &glob.folder).collect();
        folders.dedup();
        let all = folders.into_iter().map(|folder| {
            let mut matcher = OverrideBuilder::new(".");
            for glob in globs.iter().filter(|glob| glob.folder == *folder) {
                matcher.add(&format!("!{}", glob.text))?;
            }
            Ok::<_, ignore::Error>(Globs { folder: folder.clone(), matcher: matcher.build()? })
        });
        Ok(Self { globs: all.collect::<Result<_, _>>()?, folders: None })
    }

    /// The same, and what the configuration of folders leaves out.
    #[must_use]
    pub fn and(self, folders: Arc<Folders>) -> Self {
        Self { folders: Some(folders), ..self }
    }

    /// Whether the file at `path`, named from the current directory, is left out: it, or a folder that
    /// it lies in.
    pub(crate) fn has(&self, path: &BStr) -> bool {
        let here = self.globs.iter().any(|globs| {
            let path = path.to_path_lossy();
            let path = globs.named(&path);
            path.is_some_and(|path| {
                let mut above = path.ancestors();
                above.next().is_some_and(|file| globs.name(file, false))
                    || above.any(|folder| globs.name(folder, true))
            })
        });
        here || self.folders.as_ref().is_some_and(|folders| folders.excluding(path).is_some())
    }

    /// Looks for the configuration of a folder that a walk begins with.
    pub(super) fn enter(&self, folder: &Path) {
        if let Some(folders) = &self.folders {
            folders.look_into(&absolute(folder));
        }
    }

    /// Whether a walk leaves out a file, or a folder with all that is in it.
    pub(crate) fn has_entry(&self, path: &Path, is_folder: bool) -> bool {
        let mut all = self.globs.iter();
        all.any(|globs| globs.named(path).is_some_and(|path| globs.name(&path, is_folder)))
            || self.folders.as_ref().is_some_and(|folders| folders.exclude_entry(path, is_folder))
    }
}

impl Globs {
    /// A path from the current directory, as it is named from the folder of the globs, if it lies in it.
    fn named(&self, path: &Path) -> Option<PathBuf> {
        match &self.folder {
            // What is named on the command line may lie anywhere.
            None => Some(path.strip_prefix(".").unwrap_or(path).to_owned()),
            Some(folder) => absolute(path).strip_prefix(folder).ok().map(Path::to_owned),
        }
    }

    fn name(&self, path: &Path, is_folder: bool) -> bool {
        !path.as_os_str().is_empty() && self.matcher.matched(path, is_folder).is_ignore()
    }
}

/// A path from the root of all, without `..`.
pub(crate) fn absolute(path: &Path) -> PathBuf {
    let named = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    let path = std::path::absolute(named).unwrap_or_else(|_| path.to_owned());
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(clean.pop()),
            part => clean.push(part),
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    fn globs(texts: &[&str]) -> Vec<Glob> {
        texts.iter().map(|text| (*text).to_owned().into()).collect()
    }

    #[test]
    fn a_file_is_left_out_with_its_folder() {
        let excluded = Excluded::new(&globs(&["vendor/", "*.min.js", "docs/*.md"])).unwrap();
        for path in ["vendor/a/b.py", "x/vendor/a", "a.min.js", "../a.min.js", "docs/a.md"] {
            assert!(excluded.has(path.into()), "{path}");
        }
        for path in ["vendor", "vendors/a", "a.js", "x/docs/a.md", "docs/x/a.md"] {
            assert!(!excluded.has(path.into()), "{path}");
        }
        assert!(excluded.has_entry(Path::new("./x/vendor"), true));
        assert!(!excluded.has_entry(Path::new("./x/vendor"), false));
        assert!(!Excluded::new(&[]).unwrap().has("a".into()));
    }

    #[test]
    fn a_glob_is_read_from_the_folder_of_its_file() {
        let above =
            globs(&["/src/gen/*.py", "*.lock"]).into_iter().map(|glob| glob.of("..".as_ref()));
        let excluded = Excluded::new(&above.collect::<Vec<_>>()).unwrap();
        let here = std::env::current_dir().unwrap();
        let here = here.file_name().unwrap().to_str().unwrap().to_owned();
        assert!(excluded.has("../src/gen/a.py".into()));
        assert!(!excluded.has("src/gen/a.py".into()), "below {here}");
        assert!(excluded.has("src/a.lock".into()));
        assert!(!excluded.has("../../a.lock".into()), "outside");
    }
}
