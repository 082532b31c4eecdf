//! Whether a scan of this folder comes to a file, and what keeps it from that: a pattern of `.gitignore` and
//! its like, an excluded glob, what the file is.

use crate::source::{Excluded, Glob, absolute};
use bstr::ByteVec;
use git2::Repository;
use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use serde::Serialize;
use std::fs;
use std::path::{Path, PathBuf};

/// How a scan comes to a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Access {
    /// Whether a scan of this folder reads it.
    pub scanned: bool,
    /// What keeps the scan from it, if something does.
    pub reason: Option<String>,
    /// What changes that.
    pub mend: Option<String>,
    /// What else is to be known.
    pub notes: Vec<String>,
}

/// A glob of files that are left out, and who says so.
#[derive(Debug, Clone)]
pub struct Exclusion {
    /// The glob.
    pub glob: Glob,
    /// The flag, or the file with its line.
    pub said_by: String,
}

/// What keeps scans from files.
#[derive(Debug, Default)]
pub struct Hindrances {
    /// The globs of the configuration and of the command line.
    pub exclusions: Vec<Exclusion>,
    /// Whether what git ignores is read all the same.
    pub no_ignore: bool,
}

impl Access {
    fn open() -> Self {
        Self { scanned: true, ..Self::default() }
    }

    fn closed(reason: String, mend: &str) -> Self {
        Self {
            scanned: false,
            reason: Some(reason),
            mend: Some(mend.to_owned()),
            notes: Vec::new(),
        }
    }

    /// That of a file that a configuration or an option leaves out.
    pub(super) fn excluded(reason: &str) -> Self {
        let mend = "take the glob out, or name the file: `blurt scan FILE`";
        Self::closed(reason.to_owned(), mend)
    }

    /// That of standard input.
    #[must_use]
    pub fn of_input() -> Self {
        Self::open()
    }
}

impl Hindrances {
    /// How a scan comes to the file at `path`, named from the current folder.
    #[must_use]
    pub fn of(&self, path: &Path) -> Access {
        let absolute = absolute(path);
        if absolute.components().any(|part| part.as_os_str() == ".git") {
            let mend = "`blurt scan --history` looks at the objects of the repository";
            return Access::closed("it lies in `.git`".to_owned(), mend);
        }
        let excluded = self.exclusions.iter().find(|one| one.leaves_out(path));
        if let Some(Exclusion { glob, said_by }) = excluded {
            return Access::excluded(&format!("`{}` of {said_by} leaves it out", glob.text()));
        }
        let ignored = (!self.no_ignore).then(|| ignored(&absolute)).flatten();
        let mut access = match ignored {
            Some(Ignored { by, tracked: false }) => {
                let mend = "`blurt scan --no-ignore` reads it, and so does `blurt scan FILE`";
                Access::closed(format!("{by} ignores it"), mend)
            }
            Some(Ignored { by, tracked: true }) => {
                let mut access = Access::open();
                access.notes.push(format!("{by} ignores it, but git tracks it: it is scanned"));
                access
            }
            None => Access::open(),
        };
        if let Ok(target) = fs::read_link(path) {
            let target = target.display();
            access.notes.push(format!("a link to {target}, under whose name it is reported"));
        }
        access
    }
}

impl Exclusion {
    fn leaves_out(&self, path: &Path) -> bool {
        let name = <Vec<u8>>::from_path_lossy(path);
        let one = Excluded::new(std::slice::from_ref(&self.glob));
        one.is_ok_and(|one| one.has(name.as_ref().into()))
    }
}

/// What ignores a file.
struct Ignored {
    /// The file with the line and the pattern.
    by: String,
    /// Whether git has the file all the same.
    tracked: bool,
}

/// What of git ignores the file, as far as it lies in a work tree.
fn ignored(path: &Path) -> Option<Ignored> {
    let folder = fs::canonicalize(path.parent()?).ok()?;
    let path = folder.join(path.file_name()?);
    let root = folder.ancestors().find(|folder| folder.join(".git").exists())?.to_owned();
    let repository = Repository::open(&root).ok();
    let here = std::env::current_dir().and_then(fs::canonicalize).ok();
    // A walk asks for what lies below the folder that it starts from.
    let start = here.filter(|here| path.starts_with(here) && here.starts_with(&root));
    let start = start.unwrap_or_else(|| root.clone());
    let everywhere = everywhere(repository.as_ref(), &root);
    let lists = Lists { root, everywhere };
    let mut entry = start.clone();
    for part in path.strip_prefix(&start).ok()?.components() {
        entry.push(part);
        if let Some(by) = lists.ignoring(&entry, entry != path) {
            let below = path.strip_prefix(&lists.root).ok()?;
            let index = repository.and_then(|repository| repository.index().ok());
            let tracked = index.is_some_and(|index| index.get_path(below, 0).is_some());
            return Some(Ignored { by, tracked });
        }
    }
    None
}

/// The lists that hold for all folders of a repository, the stronger first.
fn everywhere(repository: Option<&Repository>, root: &Path) -> Vec<Gitignore> {
    let git = repository.map_or_else(|| root.join(".git"), |git| git.commondir().to_owned());
    let mut exclude = GitignoreBuilder::new(root);
    // A list that is not there, or is flawed, excludes less.
    exclude.add(git.join("info/exclude"));
    let own = exclude.build().unwrap_or_else(|_| Gitignore::empty());
    vec![own, GitignoreBuilder::new(root).build_global().0]
}

/// The lists of what git ignores in a work tree.
struct Lists {
    root: PathBuf,
    everywhere: Vec<Gitignore>,
}

impl Lists {
    /// The pattern that ignores a file or a folder. The nearest list that speaks of it decides.
    fn ignoring(&self, entry: &Path, is_folder: bool) -> Option<String> {
        let folders = entry.ancestors().skip(1).take_while(|folder| folder.starts_with(&self.root));
        let own = folders.map(|folder| {
            let mut list = GitignoreBuilder::new(folder);
            list.add(folder.join(".gitignore"));
            list.build().unwrap_or_else(|_| Gitignore::empty())
        });
        for list in own.chain(self.everywhere.iter().cloned()) {
            match list.matched(entry, is_folder) {
                Match::None => {}
                Match::Whitelist(_) => return None,
                Match::Ignore(glob) => {
                    let file = glob.from().map(Path::to_owned).unwrap_or_default();
                    return Some(Self::named(&file, glob.original()));
                }
            }
        }
        None
    }

    /// The pattern of a list, with its file and line.
    fn named(file: &Path, pattern: &str) -> String {
        let line = line_of(file, |line| line.trim_end() == pattern.trim_end());
        format!("{}{line} `{pattern}`", from_here(file).display())
    }
}

/// `:3` for the last line of a file that is meant.
pub fn line_of(file: &Path, is_meant: impl Fn(&str) -> bool) -> String {
    let text = fs::read_to_string(file).unwrap_or_default();
    let lines = text.lines().zip(1..).filter(|(line, _)| is_meant(line));
    lines.last().map(|(_, number)| format!(":{number}")).unwrap_or_default()
}

/// A file named from the current folder, if it lies in it.
#[must_use]
pub fn from_here(file: &Path) -> PathBuf {
    let here = std::env::current_dir().unwrap_or_default();
    let real = fs::canonicalize(&here).unwrap_or_default();
    let below = file.strip_prefix(&here).or_else(|_| file.strip_prefix(&real));
    below.unwrap_or(file).to_owned()
}
