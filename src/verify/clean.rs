//! What cleans a repository: the files for `git filter-repo`, the commands in order, and what is left to
//! ask others.

use super::holder::{Holder, of_holding};
use super::quoted;
use super::replace::{Replacements, values};
use super::search::{Found, Repository, replacements_in};
use super::site::{Place, Standing, open, shown};
use crate::fix::write::private_in_folder;
use bstr::ByteVec;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Something to do, with the commands that do it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Step {
    /// What.
    #[serde(rename = "do")]
    pub what: String,
    /// Commands as they are typed.
    pub commands: Vec<String>,
}

/// Something that cannot be told from here.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Unchecked {
    /// What.
    pub what: String,
    /// A command that makes it visible, if there is one.
    pub command: Option<String>,
}

/// What has to be cleaned.
pub struct Cleaning<'f> {
    in_files: bool,
    git_files: Vec<String>,
    repositories: Vec<Dirt<'f>>,
}

/// What one repository has to be cleaned of.
struct Dirt<'f> {
    repository: &'f Repository,
    place: &'f Place,
    /// The place that was asked for: this one, or the one that this is a submodule in.
    outer: &'f Place,
    held: BTreeMap<Holder, BTreeSet<String>>,
    /// Blobs in which nothing can be replaced.
    opaque: BTreeSet<String>,
    /// Linked working trees that hold something of their own.
    linked: BTreeSet<PathBuf>,
}

impl<'f> Cleaning<'f> {
    /// What has to be cleaned of all that was found.
    pub fn of(found: &'f Found) -> Self {
        let in_tree = |path: &Path| {
            found.site.files.get(path).is_some_and(|standing| *standing != Standing::Ignored)
        };
        // Reflogs are emptied as such.
        let is_log = |path: &Path| path.components().any(|part| part.as_os_str() == "logs");
        let git_files = found.files.keys().filter(|path| found.site.git_files.contains(*path));
        let git_files = git_files.filter(|path| !is_log(path));
        let git_files = git_files.map(|path| found.masked(&shown(path).to_string())).collect();
        let repositories = found.repositories.iter().filter_map(|repository| {
            let common = &repository.surveyed.common;
            let place = found.site.places.iter().find(|place| place.common == *common)?;
            Some(Dirt::of(found, repository, place)).filter(|dirt| !dirt.held.is_empty())
        });
        Self {
            in_files: found.files.keys().any(|path| in_tree(path)),
            git_files,
            repositories: repositories.collect(),
        }
    }

    /// Writes the files for `git filter-repo` into the git folder of each repository whose history holds
    /// something. Returns all files with values in clear: these, and earlier ones.
    ///
    /// # Errors
    ///
    /// When a file cannot be written.
    pub fn write(&self, found: &Found) -> io::Result<Vec<PathBuf>> {
        for dirt in &self.repositories {
            let common = &dirt.repository.surveyed.common;
            let path = replacements_in(common);
            let text = dirt.replacements(found, &fs::read(&path).unwrap_or_default());
            let place = |e: io::Error| {
                io::Error::new(e.kind(), format!("{}: cannot be written: {e}", path.display()))
            };
            private_in_folder(&path, &text).map_err(place)?;
            if !dirt.opaque.is_empty() {
                let ids = dirt.opaque.iter().flat_map(|id| [id.as_str(), "\n"]).collect::<String>();
                private_in_folder(&blobs_in(common), ids.as_bytes()).map_err(place)?;
            }
        }
        let places = found.site.places.iter().map(|place| replacements_in(&place.common));
        Ok(places.filter(|path| path.is_file()).map(|path| to_path(&path)).collect())
    }

    /// What to do, in order.
    pub fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        if self.in_files || self.repositories.iter().any(|dirt| dirt.has(Holder::Index)) {
            steps.push(step(
                "Take the value out of the files first, and add and commit them, or a rewritten history \
                 gets it again: `blurt fix --write` does it where it can, and `blurt plan` says what to do.",
                &[],
            ));
        }
        if !self.git_files.is_empty() {
            let what = format!(
                "Take it out of these files of git, or delete those that nothing needs (in a URL: git \
                 remote set-url): {}.",
                self.git_files.join(", ")
            );
            steps.push(Step { what, commands: Vec::new() });
        }
        for dirt in &self.repositories {
            dirt.steps(&mut steps);
        }
        steps
    }
}

fn step(what: &str, commands: &[&str]) -> Step {
    let commands = commands.iter().map(|command| (*command).to_owned()).collect();
    Step { what: what.to_owned(), commands }
}

/// The file with the ids of blobs that are left out.
fn blobs_in(common: &Path) -> PathBuf {
    replacements_in(common).with_file_name("blobs.txt")
}

fn to_path(path: &Path) -> PathBuf {
    Vec::from(shown(path)).into_path_buf_lossy()
}

impl<'f> Dirt<'f> {
    fn of(found: &'f Found, repository: &'f Repository, place: &'f Place) -> Self {
        let outer = found.site.places.first().unwrap_or(place);
        let mut held: BTreeMap<Holder, BTreeSet<String>> = BTreeMap::new();
        let (mut opaque, mut linked) = (BTreeSet::new(), BTreeSet::new());
        for holding in repository.holdings.values() {
            for (holder, names) in of_holding(holding) {
                let names = names.iter().map(|name| found.masked(name));
                held.entry(holder).or_default().extend(names);
            }
            opaque.extend(holding.opaque.iter().map(|blob| blob.id.clone()));
            let of_linked = |name: &str| {
                let mut all = place.linked.iter();
                all.find(|(known, _)| known == name).map(|(_, root)| to_path(root))
            };
            linked.extend(holding.staged.iter().filter_map(|(name, _)| of_linked(name)));
            let heads = holding.refs.iter().chain(&holding.reflogs);
            let names = heads.filter_map(|name| name.strip_prefix("worktrees/")?.split('/').next());
            linked.extend(names.filter_map(of_linked));
        }
        Self { repository, place, outer, held, opaque, linked }
    }

    fn has(&self, holder: Holder) -> bool {
        self.held.contains_key(&holder)
    }

    fn rewrite(&self) -> bool {
        self.held.keys().any(|holder| holder.wants_rewrite())
    }

    /// The text of the file with the replacements: how the secrets are written here, and, so that they are
    /// known by their values the next time, all values that are known.
    fn replacements(&self, found: &Found, earlier: &[u8]) -> Vec<u8> {
        let mut all = Replacements::default();
        for value in found.wanted.values.values() {
            all.add_value(value);
        }
        for holding in self.repository.holdings.values() {
            for written in &holding.written {
                all.add_written(written);
            }
        }
        // Of what stood there once, the lines with a secret of this report are kept.
        for line in earlier.split(|b| *b == b'\n') {
            let known = found.wanted.values.values().any(|value| values(line).contains(value));
            if known {
                all.add_earlier(line);
            }
        }
        all.text()
    }

    /// Git, told where, if this is not the repository of the current directory.
    fn git(&self) -> String {
        let folder = self.place.root.as_ref().unwrap_or(&self.place.common);
        let folder = to_path(folder);
        if folder == Path::new(".") {
            "git".to_owned()
        } else {
            format!("git -C {}", quoted(&folder))
        }
    }

    fn steps(&self, steps: &mut Vec<Step>) {
        let common = &self.repository.surveyed.common;
        let is_module = common.components().any(|part| part.as_os_str() == "modules");
        if self.place.root.is_none() && is_module {
            let what = "Delete the repository of a submodule whose working tree is gone, if nobody needs it.";
            return steps.push(step(what, &[&format!("rm -r {}", quoted(&to_path(common)))]));
        }
        self.prepare(steps);
        let git = self.git();
        if self.rewrite() {
            self.filter(steps);
        } else if self.held.keys().any(|holder| holder.wants_forgetting()) {
            steps.push(Step {
                what: "Let git forget what no branch has any more. This empties the list of stashes but \
                       for the newest: see `git stash list` before."
                    .to_owned(),
                commands: vec![
                    format!("{git} reflog expire --expire=now --all"),
                    format!("{git} gc --prune=now"),
                ],
            });
        }
        if self.repository.surveyed.borrows() {
            steps.push(step(
                "Objects are borrowed from another repository (objects/info/alternates): clean and \
                 verify that one, too.",
                &[],
            ));
        }
    }

    /// What `git filter-repo` leaves, or is in its way.
    fn prepare(&self, steps: &mut Vec<Step>) {
        let git = self.git();
        if self.has(Holder::Original) {
            steps.push(Step {
                what: "Delete what an earlier clean-up has kept.".to_owned(),
                commands: vec![format!(
                    "{git} for-each-ref --format='delete %(refname)' refs/original | {git} update-ref --stdin"
                )],
            });
        }
        if let Some(names) = self.held.get(&Holder::PullRequest) {
            let name = |name: &String| quoted(Path::new(name));
            let delete =
                names.iter().map(|ref_name| format!("{git} update-ref -d {}", name(ref_name)));
            steps.push(Step {
                what: "Delete these copies of pull requests here. What the host keeps of them nobody but \
                       its support can delete: ask them to remove these and to collect garbage \
                       (https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/removing-sensitive-data-from-a-repository)."
                    .to_owned(),
                commands: delete.collect(),
            });
        }
        if let Some(names) = self.held.get(&Holder::PassingRef) {
            let files = names.iter().map(|name| to_path(&self.place.common.join(name)));
            steps.push(Step {
                what: "Delete these files, once what they belong to is done (git status tells)."
                    .to_owned(),
                commands: files.map(|file| format!("rm {}", quoted(&file))).collect(),
            });
        }
        if !self.linked.is_empty() {
            let remove =
                |root: &PathBuf| format!("{git} worktree remove {}", quoted(&to_absolute(root)));
            steps.push(Step {
                what: "Remove the other working trees, and make them anew at the end: their indexes and \
                       heads are not rewritten."
                    .to_owned(),
                commands: self.linked.iter().map(remove).collect(),
            });
        }
    }

    /// The rewriting of the history, and what has to be pushed then.
    fn filter(&self, steps: &mut Vec<Step>) {
        let git = self.git();
        let common = &self.repository.surveyed.common;
        let file = quoted(&replacements_in(common));
        let root = self.place.root.as_ref().unwrap_or(common);
        let name = root.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let name = name.trim_end_matches(".git");
        let beside = self.outer.root.as_ref().unwrap_or(&self.outer.common);
        let backup = beside.with_file_name(format!("{name}-before.git"));
        steps.push(Step {
            what: "Commit what you have changed, then keep a copy that nobody else can read: it holds the \
                   secrets. Delete it when all is done."
                .to_owned(),
            commands: vec![format!("git clone --mirror {} {}", quoted(common), quoted(&backup))],
        });
        let mut filter =
            format!("{git} filter-repo --force --replace-text {file} --replace-message {file}");
        if !self.opaque.is_empty() {
            filter += &format!(" --strip-blobs-with-ids {}", quoted(&blobs_in(common)));
        }
        let mut what = "Rewrite all branches, tags, notes and stashes (pip install git-filter-repo). It ends \
                        with a git reset --hard, empties the reflogs, deletes what is unreachable, and \
                        forgets the remote `origin`."
            .to_owned();
        if !self.opaque.is_empty() {
            what += " In binary files and archives nothing can be replaced: these versions of them are \
                     left out.";
        }
        if self.place != self.outer {
            what +=
                " The repository that it is in names its old commits: commit the new one there.";
        }
        if self.has(Holder::FileName) {
            what += " Names of files are not replaced: add --path-rename OLD:NEW for each.";
        }
        steps.push(Step { what, commands: vec![filter] });
        if let Some(url) = self.origin() {
            steps.push(Step {
                what: "Push it, after everybody has pushed their work; they clone anew afterwards, as a \
                       merge of an old clone brings the secret back."
                    .to_owned(),
                commands: vec![
                    format!("{git} remote add origin {}", quoted(Path::new(&url))),
                    format!("{git} push --force --all origin"),
                    format!("{git} push --force --tags origin"),
                ],
            });
        }
    }

    /// Where `origin` is, without any password in its URL.
    fn origin(&self) -> Option<String> {
        let repository = open(&self.repository.surveyed.common).ok()?;
        let url = repository.find_remote("origin").ok()?.url().ok()?.to_owned();
        Some(without_password(&url))
    }
}

fn to_absolute(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

fn without_password(url: &str) -> String {
    match url.split_once("://").and_then(|(scheme, rest)| {
        let end = rest.find('/').unwrap_or(rest.len());
        let at = rest[..end].rfind('@')?;
        Some(format!("{scheme}://{}", &rest[at + 1..]))
    }) {
        Some(clean) if url.starts_with("http") => clean,
        _ => url.to_owned(),
    }
}

/// What cannot be told from here, whatever was found.
pub fn unchecked(found: &Found) -> Vec<Unchecked> {
    let mut unchecked = Vec::new();
    let mut add = |what: &str, command: Option<String>| {
        unchecked.push(Unchecked { what: what.to_owned(), command });
    };
    add(
        "Whether the secrets were rotated or revoked at their providers: the remediation of the report says \
         how. Until then all else is no help, as whoever has seen one can use it.",
        None,
    );
    for repository in &found.repositories {
        let common = &repository.surveyed.common;
        let Ok(opened) = open(common) else { continue };
        let Some(url) =
            opened.find_remote("origin").ok().and_then(|r| r.url().ok().map(str::to_owned))
        else {
            continue;
        };
        let has_requests =
            repository.surveyed.ref_names().any(|name| Holder::of_ref(name) == Holder::PullRequest);
        let refs = if url.contains("gitlab") { "merge-requests" } else { "pull" };
        let known = url.contains("github") || url.contains("gitlab");
        // Below refs/remotes/origin `git filter-repo` would make branches of them, which are pushed then.
        if known && !has_requests {
            let name = found.name_of(repository);
            let git = if name.is_empty() {
                "git".to_owned()
            } else {
                format!("git -C {}", quoted(Path::new(&name)))
            };
            add(
                "The pull requests of the host, which are refs of their own and were not fetched. Fetch \
                 them, and verify again.",
                Some(format!("{git} fetch origin '+refs/{refs}/*/head:refs/{refs}/*/head'")),
            );
        }
    }
    add("Forks, and clones on other machines: of colleagues, of CI runners, in backups.", None);
    add(
        "What the host keeps: cached views of commits, deleted branches, releases and their archives, wikis, \
         issues and comments.",
        None,
    );
    add(
        "What was made of it: logs and caches of CI, images, packages, deployments, search engines.",
        None,
    );
    unchecked
}
