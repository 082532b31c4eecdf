//! Files that the configuration or the command line leaves out.

use bstr::{BStr, ByteSlice};
use ignore::overrides::{Override, OverrideBuilder};
use std::path::Path;

/// Globs of files that are not scanned, as from the current directory.
#[derive(Debug, Clone)]
pub struct Excluded(Override);

impl Excluded {
    /// Reads `globs`, in the language of .gitignore.
    ///
    /// # Errors
    ///
    /// When a glob is flawed.
    pub fn new(globs: &[String]) -> Result<Self, ignore::Error> {
        let mut excluded = OverrideBuilder::new(".");
        for glob in globs {
            excluded.add(&format!("!{glob}"))?;
        }
        Ok(Self(excluded.build()?))
    }

    /// The same for the walk over folders.
    pub(super) fn of_walk(&self) -> Override {
        self.0.clone()
    }

    /// Whether the file at `path`, named from the current directory, is left out: it, or a folder that
    /// it lies in.
    pub(super) fn has(&self, path: &BStr) -> bool {
        if self.0.is_empty() {
            return false;
        }
        let path = path.to_path_lossy();
        let mut above = path.ancestors();
        let is_left_out = |path: &Path, is_folder| self.0.matched(path, is_folder).is_ignore();
        above.next().is_some_and(|file| is_left_out(file, false))
            || above.any(|folder| is_left_out(folder, true))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_left_out_with_its_folder() {
        let globs = ["vendor/".to_owned(), "*.min.js".to_owned(), "docs/*.md".to_owned()];
        let excluded = Excluded::new(&globs).unwrap();
        for path in ["vendor/a/b.py", "x/vendor/a", "a.min.js", "x/a.min.js", "docs/a.md"] {
            assert!(excluded.has(path.into()), "{path}");
        }
        for path in ["vendor", "vendors/a", "a.js", "x/docs/a.md", "docs/x/a.md"] {
            assert!(!excluded.has(path.into()), "{path}");
        }
        assert!(!Excluded::new(&[]).unwrap().has("a".into()));
    }
}
