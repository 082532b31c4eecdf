//! Edits that take secrets out of files: a literal becomes a look-up that fits the file, a file that is there
//! for secrets leaves the repository.
//!
//! ```text
//! Outcome ─▶ name (variables) ─▶ rewrite (one file a kind of file) ─▶ Fixes ─▶ diff, write, SARIF
//!                                  ▲              ▲
//!                         lexer, language/      yaml
//! ```

mod beside;
pub mod diff;
pub mod edit;
mod file;
pub mod kind;
pub mod language;
pub mod lexer;
pub mod lookup;
pub mod name;
pub mod rewrite;
pub mod text;
pub mod withdraw;
pub mod write;
pub mod yaml;

use crate::detect::Detector;
use crate::finding::{Finding, Location, Triage};
use crate::plan::application::Applications;
use crate::plan::environment;
use crate::remedy::Remedy;
use crate::remedy::surroundings::{self, Surroundings};
use crate::report::sanitize;
use crate::scan::Outcome;
use beside::Beside;
use bstr::ByteSlice;
use edit::Edit;
use file::{FileJob, Made};
use lookup::{Lookup, Names};
use name::{Context, Variables};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// What is needed to make edits.
pub struct Fixer<'a> {
    /// What found the secrets: edited files are searched again.
    pub detector: &'a Detector,
    /// The files around the places.
    pub around: &'a dyn Surroundings,
    /// Where values are read from.
    pub lookup: Lookup,
    /// The names of secrets in a store, by fingerprint.
    pub stored: BTreeMap<String, String>,
    /// Whether edits that someone should look at are left out.
    pub safe: bool,
}

/// The edits for the findings of a scan.
#[derive(Debug, Default)]
pub struct Fixes {
    /// The files that change, by path.
    pub files: Vec<FileFix>,
    /// The places that stay as they are, in the order of the findings.
    pub left: Vec<Left>,
    /// What reads the secrets from now on, in the order of the findings.
    pub variables: Vec<Variable>,
}

/// The change of one file.
#[derive(Debug)]
pub struct FileFix {
    /// Its path from the current folder, with forward slashes.
    pub path: String,
    /// Its content; `None` if it is new.
    pub before: Option<Vec<u8>>,
    /// Its content afterwards; `None` if it only leaves the repository.
    pub after: Option<Vec<u8>>,
    /// Whether it is a program that can be run.
    pub executable: bool,
    /// What someone should look at, each with its line in the old text.
    pub reviews: Vec<(u64, String)>,
    /// The secrets that leave it.
    pub taken: Vec<Taken>,
    /// What is shown of it.
    pub shown: Shown,
}

impl FileFix {
    /// The text that the edits are of.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        &self.shown.before
    }
}

/// A secret that leaves a file.
#[derive(Debug, Clone)]
pub struct Taken {
    /// The number of the finding.
    pub finding: usize,
    /// The line that it stood on.
    pub line: u64,
    /// The edits that take it out.
    pub edits: Vec<Edit>,
    /// The variable that is read instead of the one that was meant.
    pub variable: Option<String>,
}

/// The texts of a file, and where secrets stand in them.
#[derive(Debug, Default)]
pub struct Shown {
    pub(crate) before: Vec<u8>,
    pub(crate) after: Vec<u8>,
    pub(crate) before_secrets: Vec<Range<usize>>,
    pub(crate) after_secrets: Vec<Range<usize>>,
}

/// A place that stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Left {
    /// The number of the finding.
    pub finding: usize,
    /// The file, and the way into it.
    pub name: String,
    /// The line.
    pub line: u64,
    /// Why.
    pub why: String,
}

/// What a secret is read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// The number of the finding.
    pub finding: usize,
    /// Its names.
    pub names: Names,
}

/// The places of the findings in one file.
type Places<'o> = Vec<(usize, &'o Location)>;

impl Fixer<'_> {
    /// The edits for all new findings with places in files.
    #[must_use]
    pub fn fix(&self, outcome: &Outcome) -> Fixes {
        let names = self.names(outcome);
        let mut fixes = Fixes::default();
        let places = fixes.places(outcome);
        let (mut beside, mut withdrawn) = (Beside::new(self.around), Vec::new());
        for (path, places) in places {
            let job = FileJob { fixer: self, outcome, names: &names, path: &path };
            match job.fix(&places) {
                Ok(Made { fix, needs, left }) => {
                    fixes.left.extend(left);
                    for need in needs {
                        beside.meet(&folder(&path), need);
                    }
                    let leaves = fix.as_ref().is_some_and(|fix| fix.after.is_none());
                    withdrawn.extend(leaves.then(|| path.clone()));
                    fixes.files.extend(fix);
                }
                Err(why) => {
                    fixes.left.extend(
                        places.into_iter().map(|(number, place)| left(number, place, &why)),
                    );
                }
            }
        }
        fixes.files.extend(beside.files());
        fixes.files.extend(self.ignored(&withdrawn));
        fixes.files.sort_by(|a, b| a.path.cmp(&b.path));
        fixes.left.sort();
        fixes.left.dedup();
        fixes.variables = variables(&fixes.files, &names);
        fixes
    }

    /// What the secrets are called, by the numbers of their findings.
    fn names(&self, outcome: &Outcome) -> BTreeMap<usize, Names> {
        let mut variables = Variables::default();
        let applications = Applications::new(self.around);
        let new = outcome.findings.iter().enumerate().filter(|(_, (finding, _))| {
            finding.triage == Triage::New && finding.locations.iter().any(Location::is_in_tree)
        });
        new.map(|(number, (finding, remedy))| {
            let context = context(finding, remedy, &applications);
            let variable = variables.give(finding, remedy, &context);
            let stored = self.stored.get(finding.fingerprint().as_str()).cloned();
            let stored = stored.unwrap_or_else(|| "/APP/FUNCTION/ENVIRONMENT/NAME".to_owned());
            (number, Names { variable, stored })
        })
        .collect()
    }

    /// The `.gitignore` of each repository that files leave.
    fn ignored(&self, withdrawn: &[String]) -> Vec<FileFix> {
        let mut patterns: BTreeMap<PathBuf, Vec<String>> = BTreeMap::new();
        for path in withdrawn {
            if let Some((root, inside)) = self.in_repository(path) {
                patterns.entry(root).or_default().push(withdraw::pattern(&inside));
            }
        }
        let here = std::env::current_dir().unwrap_or_default();
        let file = |(root, patterns): (PathBuf, Vec<String>)| {
            let path = root.join(".gitignore");
            let shown = relative(&path, &here);
            let known = fs::read(&path).unwrap_or_default();
            let after = withdraw::ignoring(&known, &patterns);
            (after != known).then(|| plain(shown, after))
        };
        patterns.into_iter().filter_map(file).collect()
    }

    /// The root of the repository that a file lies in, and the way from there.
    fn in_repository(&self, path: &str) -> Option<(PathBuf, String)> {
        let absolute = std::path::absolute(path).ok()?;
        let absolute: PathBuf = normal(&absolute);
        let root = surroundings::repository(absolute.parent()?, self.around)?;
        let inside = absolute.strip_prefix(&root).ok()?.to_str()?.replace('\\', "/");
        Some((root, inside))
    }
}

impl Fixes {
    /// The places of the new findings, by file. What is in no file that can be named stays.
    fn places<'o>(&mut self, outcome: &'o Outcome) -> BTreeMap<String, Places<'o>> {
        let mut places: BTreeMap<String, Places> = BTreeMap::new();
        for (number, (finding, _)) in outcome.findings.iter().enumerate() {
            if finding.triage != Triage::New {
                continue;
            }
            for place in finding.locations.iter().filter(|place| place.is_in_tree()) {
                match place.origin.path.as_ref().map(|path| path.to_str()) {
                    Some(Ok(path)) => {
                        places.entry(path.to_owned()).or_default().push((number, place));
                    }
                    Some(Err(_)) => self.left.push(left(number, place, "its name is no UTF-8")),
                    None => self.left.push(left(number, place, "it is in no file")),
                }
            }
        }
        places
    }
}

/// What the secrets that edits take out are read from.
fn variables(files: &[FileFix], names: &BTreeMap<usize, Names>) -> Vec<Variable> {
    let read = |taken: &&Taken| !taken.edits.is_empty();
    let taken = files.iter().flat_map(|file| file.taken.iter().filter(read));
    let variables: BTreeSet<(usize, String)> = taken
        .map(|taken| {
            let variable = taken.variable.as_ref().unwrap_or(&names[&taken.finding].variable);
            (taken.finding, variable.clone())
        })
        .collect();
    variables
        .into_iter()
        .map(|(finding, variable)| Variable {
            finding,
            names: Names { variable, stored: names[&finding].stored.clone() },
        })
        .collect()
}

fn left(finding: usize, location: &Location, why: &str) -> Left {
    let name = sanitize(&location.name()).into_owned();
    Left { finding, name, line: location.start.line, why: why.to_owned() }
}

/// A path without `.` and `..`, as far as they can be taken out.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::ParentDir => drop(normal.pop()),
            std::path::Component::CurDir => {}
            part => normal.push(part),
        }
    }
    normal
}

/// A path as named from a folder, if it lies in it or above it.
fn relative(path: &Path, here: &Path) -> String {
    let mut up = String::new();
    for folder in here.ancestors() {
        if let Ok(inside) = path.strip_prefix(folder) {
            return format!("{up}{}", inside.to_string_lossy().replace('\\', "/"));
        }
        up.push_str("../");
    }
    path.to_string_lossy().into_owned()
}

/// The folder of a path, with a `/` at its end.
fn folder(path: &str) -> String {
    path.rsplit_once('/').map_or_else(String::new, |(folder, _)| format!("{folder}/"))
}

/// A file without secrets that is made or added to.
fn plain(path: String, after: Vec<u8>) -> FileFix {
    let before = fs::read(&path).ok();
    let shown = Shown {
        before: before.clone().unwrap_or_default(),
        after: after.clone(),
        ..Shown::default()
    };
    FileFix {
        path,
        before,
        after: Some(after),
        executable: false,
        reviews: Vec::new(),
        taken: Vec::new(),
        shown,
    }
}

/// The application that a secret belongs to, and the environment that it is for.
fn context(finding: &Finding, remedy: &Remedy, applications: &Applications) -> Context {
    let place = finding.locations.iter().find(|location| location.is_in_tree());
    let path = place.and_then(|place| place.origin.path.as_ref()).map(|path| path.to_str_lossy());
    let path = path.unwrap_or_default();
    let assigned = remedy.facts.as_ref().and_then(|facts| facts.assigned_to.as_deref());
    let found = environment::of(&path, assigned.unwrap_or_default(), &finding.verification.facts);
    // A repository often holds several; without a manifest they are told apart by their folders.
    let folder = path.trim_start_matches("./").split_once('/').map(|(folder, _)| folder.to_owned());
    let application = applications.by_manifest(&path).map(|(name, _)| name).or(folder);
    let application = application.unwrap_or_else(|| applications.of(&path).0);
    Context { application, environment: found.map(|(name, _)| name) }
}
