//! Who owns a file: what the repository's file of code owners says, and who wrote a line of it last.
//!
//! The hosts read the same kind of file in different ways:
//! <https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners>,
//! <https://docs.gitlab.com/user/project/codeowners/reference/>,
//! <https://docs.gitlab.com/user/project/codeowners/advanced/> and
//! <https://support.atlassian.com/bitbucket-cloud/docs/set-up-and-use-code-owners/>.

pub use super::author::{Author, Authors};

use crate::report::sanitize;
use globset::{Glob, GlobBuilder, GlobSet, GlobSetBuilder};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

/// Where files of code owners stand, and whose they are there; `None` if several hosts look there.
const PLACES: [(&str, Option<Host>); 5] = [
    (".github/CODEOWNERS", Some(Host::GitHub)),
    (".gitlab/CODEOWNERS", Some(Host::GitLab)),
    ("CODEOWNERS", None),
    ("docs/CODEOWNERS", None),
    (".bitbucket/CODEOWNERS", Some(Host::Bitbucket)),
];

/// Bytes from which GitHub does not load the file.
const TOO_LARGE: u64 = 3 * 1024 * 1024;

/// Whose rules a file of code owners is read by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Host {
    GitHub,
    GitLab,
    Bitbucket,
}

/// The code owners of a repository.
#[derive(Debug, Default)]
pub struct Owners {
    rules: Vec<Rule>,
    globs: GlobSet,
    /// For each glob, the place of its rule.
    rule_of_glob: Vec<usize>,
}

/// A line of the file.
#[derive(Debug)]
struct Rule {
    /// 1-based line.
    line: usize,
    /// The number of its section. Files of hosts without sections are one section.
    section: usize,
    /// Whether what it matches has no owner in its section, whatever other rules say.
    excludes: bool,
    /// Empty if what it matches has no owner.
    owners: Vec<String>,
}

impl Owners {
    /// Reads the first file of code owners below the root of a repository. Without any, nothing has an
    /// owner.
    #[must_use]
    pub fn find(root: &Path) -> Self {
        let is_file = |path: &Path| fs::symlink_metadata(path).is_ok_and(|found| found.is_file());
        let found = PLACES.iter().find(|(place, _)| is_file(&root.join(place)));
        let Some((place, host)) = found else { return Self::default() };
        let text = text(&root.join(place)).unwrap_or_default();
        let host = host.unwrap_or_else(|| Host::guess(root, &text));
        Self::read(&text, host)
    }

    /// The owners of a file, joined by `, `, and the line that says so: `CODEOWNERS:7`. `path` is written
    /// from the root of the repository, with forward slashes.
    #[must_use]
    pub fn of(&self, path: &str) -> Option<(String, String)> {
        let path = path.trim_start_matches("./");
        let matching = self.globs.matches(path).into_iter().map(|glob| self.rule_of_glob[glob]);
        let mut sections: BTreeMap<usize, &Rule> = BTreeMap::new();
        // A rule has its globs one behind the other, so the rules come in their order.
        for rule in matching.map(|rule| &self.rules[rule]) {
            let last = sections.entry(rule.section).or_insert(rule);
            if !last.excludes {
                *last = rule;
            }
        }
        let mut owners: Vec<&str> = Vec::new();
        let mut lines: Vec<String> = Vec::new();
        for rule in sections.values().filter(|rule| !rule.owners.is_empty()) {
            for owner in &rule.owners {
                if !owners.contains(&owner.as_str()) {
                    owners.push(owner);
                }
            }
            lines.push(rule.line.to_string());
        }
        let owners = sanitize(&owners.join(", ")).into_owned();
        (!lines.is_empty()).then(|| (owners, format!("CODEOWNERS:{}", lines.join(", "))))
    }

    fn read(text: &str, host: Host) -> Self {
        let mut names: Vec<String> = vec![String::new()];
        let (mut section, mut default) = (0, Vec::new());
        let mut read = Self::default();
        let mut globs = GlobSetBuilder::new();
        for (n, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if let Some(header) = Header::read(line).filter(|_| host == Host::GitLab) {
                let known = names.iter().position(|name| *name == header.name);
                section = known.unwrap_or(names.len());
                if known.is_none() {
                    names.push(header.name);
                }
                default = header.owners;
                continue;
            }
            let Some(entry) = Entry::read(line, host) else { continue };
            for glob in entry.globs {
                globs.add(glob);
                read.rule_of_glob.push(read.rules.len());
            }
            let inherits = entry.owners.is_empty() && !entry.excludes;
            let owners = if inherits { default.clone() } else { entry.owners };
            read.rules.push(Rule { line: n + 1, section, excludes: entry.excludes, owners });
        }
        // Patterns that are too many for the matcher own nothing.
        globs.build().map(|globs| Self { globs, ..read }).unwrap_or_default()
    }
}

fn text(path: &Path) -> Option<String> {
    let mut text = Vec::new();
    File::open(path).ok()?.take(TOO_LARGE).read_to_end(&mut text).ok()?;
    let whole = (text.len() as u64) < TOO_LARGE;
    whole.then(|| String::from_utf8_lossy(&text).into_owned())
}

impl Host {
    /// The host of a file that stands where several of them look: sections are GitLab's alone.
    fn guess(root: &Path, text: &str) -> Self {
        let has = |name: &str| root.join(name).exists();
        let marked = (has(".gitlab-ci.yml") || has(".gitlab")) && !has(".github");
        let is_header = |line: &str| Header::read(line.trim()).is_some();
        if marked || text.lines().any(is_header) { Self::GitLab } else { Self::GitHub }
    }

    /// The owner that a word names: `@user`, `@org/team`, or an address.
    fn owner(self, word: &str) -> Option<String> {
        // Bitbucket's `@workspace/group:random(2)` asks two of the group.
        let word = match self {
            Self::Bitbucket => word.split(':').next().unwrap_or(word),
            Self::GitHub | Self::GitLab => word,
        };
        let (_, name) = word.rsplit_once('@')?;
        (!name.is_empty()).then(|| word.to_owned())
    }
}

/// The beginning of a section: `[Name]`, `^[Optional]`, `[Name][2] @default-owner`.
struct Header {
    /// In lower case, as the host takes names of sections.
    name: String,
    /// The owners of entries that name none.
    owners: Vec<String>,
}

impl Header {
    fn read(line: &str) -> Option<Self> {
        let line = line.strip_prefix('^').unwrap_or(line);
        let (name, rest) = line.strip_prefix('[')?.split_once(']')?;
        let approvals = rest.strip_prefix('[').and_then(|rest| rest.split_once(']'));
        let rest = approvals.map_or(rest, |(_, rest)| rest);
        let ends = rest.is_empty() || rest.starts_with(char::is_whitespace);
        let named = !name.trim().is_empty();
        (ends && named).then(|| Self {
            name: name.trim().to_lowercase(),
            owners: rest.split_whitespace().filter_map(|word| Host::GitLab.owner(word)).collect(),
        })
    }
}

/// A pattern with its owners.
struct Entry {
    globs: Vec<Glob>,
    excludes: bool,
    owners: Vec<String>,
}

impl Entry {
    /// Reads a line; `None` if its host skips it.
    fn read(line: &str, host: Host) -> Option<Self> {
        let (pattern, rest) = line.split_at(end_of_pattern(line));
        let words = rest.split_whitespace();
        if host == Host::GitLab {
            // There are no comments at the end of a line: owners in them count, other words do not.
            let owners = words.filter_map(|word| host.owner(word));
            let excluded = pattern.strip_prefix('!');
            let excludes = excluded.is_some();
            return Some(Self {
                globs: gitlab_globs(excluded.unwrap_or(pattern))?,
                excludes,
                owners: if excludes { Vec::new() } else { owners.collect() },
            });
        }
        // What gitignore has and these hosts do not; a line with it is invalid, and skipped.
        if pattern.starts_with('!') || pattern.starts_with("\\#") || pattern.contains(['[', ']']) {
            return None;
        }
        let words = words.take_while(|word| !word.starts_with('#'));
        let owners = words.map(|word| host.owner(word)).collect::<Option<Vec<_>>>()?;
        Some(Self { globs: globs(pattern)?, excludes: false, owners })
    }
}

/// Where the pattern at the beginning of a line ends: at the first blank without a backslash.
fn end_of_pattern(line: &str) -> usize {
    let mut escaped = false;
    let ends = |(_, c): &(usize, char)| {
        let ends = c.is_whitespace() && !escaped;
        escaped = *c == '\\' && !escaped;
        ends
    };
    line.char_indices().find(ends).map_or(line.len(), |(at, _)| at)
}

/// The globs of a pattern as gitignore reads it, but for a `*` at its end, which matches files of that
/// folder only. `None` if it matches nothing.
fn globs(pattern: &str) -> Option<Vec<Glob>> {
    let path = pattern.trim_end_matches('/');
    let folder = path.len() < pattern.len();
    let anchored = path.contains('/');
    let path = path.trim_start_matches('/');
    let base = match path {
        "" => return None,
        _ if anchored || path == "**" => path.to_owned(),
        _ => format!("**/{path}"),
    };
    let last = path.rsplit('/').next().unwrap_or(path);
    match last {
        _ if folder => Some(vec![glob(&format!("{base}/**"))?]),
        "*" | "**" => Some(vec![glob(&base)?]),
        _ => Some(vec![glob(&base)?, glob(&format!("{base}/**"))?]),
    }
}

/// The globs of a pattern as GitLab reads it: without a slash at its beginning it matches anywhere, and
/// without one at its end it matches no folder.
fn gitlab_globs(pattern: &str) -> Option<Vec<Glob>> {
    let mut path = match pattern.strip_prefix('/') {
        Some(path) => path.to_owned(),
        None => format!("**/{pattern}"),
    };
    if path.ends_with('/') || path.is_empty() {
        path.push_str("**");
    } else if path.ends_with("/**") || path == "**" {
        // `fnmatch` goes into folders for `**/` only.
        path.pop();
    }
    Some(vec![glob(&path)?])
}

fn glob(path: &str) -> Option<Glob> {
    // Braces are letters like others.
    let path = path.replace('{', "\\{").replace('}', "\\}");
    GlobBuilder::new(&path).literal_separator(true).backslash_escape(true).build().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    fn owner(text: &str, host: Host, path: &str) -> Option<String> {
        Owners::read(text, host).of(path).map(|(owners, _)| owners)
    }

    fn github(text: &str, path: &str) -> String {
        owner(text, Host::GitHub, path).unwrap_or_default()
    }

    fn gitlab(text: &str, path: &str) -> String {
        owner(text, Host::GitLab, path).unwrap_or_default()
    }

    fn folder(files: &[(&str, &str)]) -> TempDir {
        let root = TempDir::new().unwrap();
        for (name, text) in files {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        root
    }

    #[test]
    fn the_first_file_counts() {
        let all = PLACES.map(|(place, _)| place);
        let texts: Vec<String> = (0..all.len()).map(|n| format!("\n* @team-{n}\n")).collect();
        for first in 0..all.len() {
            let files: Vec<(&str, &str)> =
                (first..all.len()).map(|n| (all[n], texts[n].as_str())).collect();
            let root = folder(&files);
            let found = Owners::find(root.path()).of("a.py").unwrap();
            assert_eq!(found, (format!("@team-{first}"), "CODEOWNERS:2".to_owned()));
        }
        assert_eq!(Owners::find(folder(&[]).path()).of("a.py"), None);
    }

    #[test]
    fn a_file_of_3_mb_is_not_loaded() {
        let size = usize::try_from(TOO_LARGE).unwrap();
        let text = |size: usize| format!("* @all\n{}", "#".repeat(size - 7));
        let owner = |text: &str| {
            Owners::find(folder(&[("CODEOWNERS", text)]).path()).of("a").map(|(owner, _)| owner)
        };
        assert_eq!(owner(&text(size - 1)).as_deref(), Some("@all"));
        assert_eq!(owner(&text(size)), None);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_no_file_of_owners() {
        let root = folder(&[("elsewhere", "* @all\n")]);
        let link = root.path().join("CODEOWNERS");
        std::os::unix::fs::symlink(root.path().join("elsewhere"), link).unwrap();
        assert_eq!(Owners::find(root.path()).of("a"), None);
    }

    /// The example of GitHub's documentation, sentence by sentence.
    #[test]
    fn patterns_are_read_as_github_documents_them() {
        let file = "\
# This is a comment.
*       @global-owner1 @global-owner2
*.js    @js-owner #This is an inline comment.
*.go docs@example.com
*.txt @octo-org/octocats
/build/logs/ @doctocat
docs/*  docs@example.com
apps/ @octocat
/docs/ @doctocat
/scripts/ @doctocat @octocat
**/logs @logs
/apps/ @octocat
/apps/github
";
        for (path, owners) in [
            ("a/deep/file.rb", "@global-owner1, @global-owner2"),
            (".env", "@global-owner1, @global-owner2"),
            ("src/a.js", "@js-owner"),
            ("main.go", "docs@example.com"),
            ("notes/a.txt", "@octo-org/octocats"),
            ("build/logs/2024/a.log", "@logs"),
            ("docs/a.md", "@doctocat"),
            ("lib/apps/a/b.rb", "@octocat"),
            ("scripts/a/b.sh", "@doctocat, @octocat"),
            ("deeply/nested/logs/a", "@logs"),
            ("logs/a", "@logs"),
            ("apps/a.rb", "@octocat"),
            ("apps/github/a.rb", ""),
            ("apps/github-actions/a.rb", "@octocat"),
        ] {
            assert_eq!(github(file, path), owners, "{path}");
        }
    }

    #[test]
    fn the_last_match_wins_even_if_it_names_nobody() {
        assert_eq!(github("*.py @a\n/src/ @b\n", "src/x.py"), "@b");
        assert_eq!(github("/src/ @b\n*.py @a\n", "src/x.py"), "@a");
        assert_eq!(github("*.py @a\n/src/x.py\n", "src/x.py"), "");
        assert_eq!(github("*.py @a\n/src/x.py # nobody\n", "src/x.py"), "");
    }

    #[test]
    fn patterns_are_anchored_as_in_gitignore() {
        for (pattern, path, matches) in [
            ("docs/*", "docs/a.md", true),
            ("docs/*", "docs/deep/a.md", false),
            ("docs/*", "lib/docs/a.md", false),
            ("docs/**", "docs/deep/a.md", true),
            ("docs", "lib/docs/deep/a.md", true),
            ("/docs", "lib/docs/a.md", false),
            ("/docs", "docs/deep/a.md", true),
            ("docs/", "docs", false),
            ("docs/", "lib/docs/a.md", true),
            ("/*", "a.md", true),
            ("/*", "docs/a.md", false),
            ("/*.js", "a.js", true),
            ("/*.js", "src/a.js", false),
            ("src/*.js", "src/a.js", true),
            ("src/*.js", "src/deep/a.js", false),
            ("src/**/a.js", "src/a.js", true),
            ("src/**/a.js", "src/deep/er/a.js", true),
            ("**/a.js", "a.js", true),
            ("**", "deep/a.js", true),
            ("a?.js", "ab.js", true),
            ("src?a.js", "src/a.js", false),
            ("*.{js,ts}", "a.js", false),
            ("*.{js,ts}", "a.{js,ts}", true),
            ("/", "a.js", false),
            ("SRC/", "src/a.js", false),
            ("*.JS", "a.js", false),
            ("my\\ docs/", "my docs/a.md", true),
            ("my\\ docs/", "my/a.md", false),
            ("docs\\", "docs", false),
        ] {
            let owners = github(&format!("{pattern} @a\n"), path);
            assert_eq!(!owners.is_empty(), matches, "{pattern} {path}");
        }
        assert_eq!(github("/src/ @a\n", "./src/a.js"), "@a");
    }

    #[test]
    fn github_skips_lines_that_it_calls_invalid() {
        for (line, path) in [
            ("\\#a.md @b", "#a.md"),
            ("!*.md @b", "a.js"),
            ("[ab].md @b", "a.md"),
            ("*.md team", "a.md"),
            ("*.md @b team", "a.md"),
            ("*.md @", "a.md"),
            ("[Section] @b", "a.md"),
        ] {
            assert_eq!(github(&format!("* @a\n{line}\n"), path), "@a", "{line}");
        }
    }

    #[test]
    fn bitbucket_asks_some_of_a_group() {
        let text = "*.scala @workspace/reviewers:random(2) ann@example.org # both\n";
        let found = owner(text, Host::Bitbucket, "a.scala").unwrap();
        assert_eq!(found, "@workspace/reviewers, ann@example.org");
    }

    /// The example of GitLab's documentation.
    #[test]
    fn owners_of_all_sections_join() {
        let file = "\
* @admin

[README Owners]
README.md @user1 @user2
internal/README.md @user4

[README other owners]
README.md @user3
";
        let owners = Owners::read(file, Host::GitLab);
        let of = |path: &str| owners.of(path).unwrap();
        let lines = |lines: &str| format!("CODEOWNERS:{lines}");
        assert_eq!(of("README.md"), ("@admin, @user1, @user2, @user3".into(), lines("1, 4, 8")));
        assert_eq!(of("internal/README.md"), ("@admin, @user4, @user3".into(), lines("1, 5, 8")));
        assert_eq!(of("a.rb"), ("@admin".into(), lines("1")));
    }

    #[test]
    fn entries_without_owners_have_those_of_their_section() {
        let file = "\
[Documentation][2] @docs-team
docs/
README.md

^[Database] @database-team @agarcia
model/db/
config/db/database-setup.md @docs-team
[Other]
docs/secret.md
";
        assert_eq!(gitlab(file, "docs/a/b.md"), "@docs-team");
        assert_eq!(gitlab(file, "lib/README.md"), "@docs-team");
        assert_eq!(gitlab(file, "model/db/a.sql"), "@database-team, @agarcia");
        assert_eq!(gitlab(file, "config/db/database-setup.md"), "@docs-team");
        assert_eq!(gitlab(file, "docs/secret.md"), "@docs-team");
    }

    #[test]
    fn sections_of_the_same_name_are_one() {
        let file = "[Documentation]\ndocs/ @a\n[Database]\ndb/ @b\n[DOCUMENTATION]\ndocs/x @c\n";
        assert_eq!(gitlab(file, "docs/x"), "@c");
        assert_eq!(gitlab(file, "docs/y"), "@a");
    }

    #[test]
    fn what_is_excluded_stays_so_within_its_section() {
        let file = "\
* @default-owner
!*.rb
/special/*.rb @ruby-owner
[Ruby]
*.rb @ruby-team
!/config/**/*.rb
/config/routes.rb @ops
";
        assert_eq!(gitlab(file, "a.py"), "@default-owner");
        assert_eq!(gitlab(file, "special/a.rb"), "@ruby-team");
        assert_eq!(gitlab(file, "config/routes.rb"), "");
        assert_eq!(gitlab("* @a\n!*.rb @b\n", "a.rb"), "");
    }

    #[test]
    fn patterns_are_read_as_gitlab_documents_them() {
        for (pattern, path, matches) in [
            ("/README.md", "README.md", true),
            ("/README.md", "docs/README.md", false),
            ("README.md", "app/lib/README.md", true),
            ("internal/README.md", "docs/api/internal/README.md", true),
            ("/docs/", "docs/a/b.md", true),
            ("/docs/", "lib/docs/a.md", false),
            ("lib/", "a/lib/b.rb", true),
            ("lib", "a/lib/b.rb", false),
            ("/docs/*.md", "docs/a.md", true),
            ("/docs/*.md", "docs/a/b.md", false),
            ("/docs/*", "docs/a/b.md", false),
            ("/docs/*spec*", "docs/qa_specs.rb", true),
            ("/docs/*/README.md", "docs/api/README.md", true),
            ("/docs/*/README.md", "docs/README.md", false),
            ("/docs/**/index.md", "docs/index.md", true),
            ("/docs/**/index.md", "docs/api/graphql/index.md", true),
            ("/docs/**", "docs/a/b.md", false),
            ("*", "docs/.gitignore", true),
            ("\\#file_with_pound.rb", "#file_with_pound.rb", true),
            ("path\\ with\\ spaces/", "path with spaces/a", true),
            ("file.[ch]", "src/file.c", true),
            ("[ab]*.md", "b.md", true),
            ("*.MD", "a.md", false),
        ] {
            let owners = gitlab(&format!("{pattern} @a\n"), path);
            assert_eq!(!owners.is_empty(), matches, "{pattern} {path}");
        }
    }

    #[test]
    fn gitlab_ignores_malformed_owners_and_knows_no_comments_behind_them() {
        let file =
            "/path/* @group user_without_at_symbol @user_with_at_symbol # and @@maintainer\n";
        assert_eq!(gitlab(file, "path/a"), "@group, @user_with_at_symbol, @@maintainer");
        assert_eq!(gitlab("* @group\n[Section name\ndocs/ @docs\n", "docs/a"), "@docs");
    }

    #[test]
    fn a_file_at_the_root_is_read_by_the_rules_of_its_host() {
        let pattern = "[ab].md @team\n";
        let of = |files: &[(&str, &str)]| Owners::find(folder(files).path()).of("a.md");
        assert_eq!(of(&[("CODEOWNERS", pattern)]), None);
        assert!(of(&[("CODEOWNERS", pattern), (".gitlab-ci.yml", "")]).is_some());
        let both = [("CODEOWNERS", pattern), (".gitlab-ci.yml", ""), (".github/x.yml", "")];
        assert_eq!(of(&both), None);
        assert!(of(&[("docs/CODEOWNERS", "[Docs]\n[ab].md @team\n")]).is_some());
    }

    #[test]
    fn names_of_owners_deceive_no_terminal() {
        assert_eq!(github("* @a\u{202e}b\r\n", "x"), "@a\\u{202e}b");
    }
}
