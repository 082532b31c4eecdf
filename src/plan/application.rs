//! The application that a file belongs to: the nearest manifest says its name, or else the repository.

use crate::remedy::surroundings::{Surroundings, folders};
use crate::report::sanitize;
use git2::Repository;
use percent_encoding::percent_decode_str;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The name of an application, and what says it.
type Named = (String, String);

/// The applications that files belong to.
pub struct Applications<'a> {
    around: &'a dyn Surroundings,
    /// By the folder.
    known: Mutex<BTreeMap<PathBuf, Option<Named>>>,
}

/// A file that names an application.
struct Manifest {
    /// Its name, or `*` and the end of that.
    file: &'static str,
    /// The application's name; it takes the file's name without the end, and its text.
    name: fn(&str, &str) -> Option<String>,
}

const fn manifest(file: &'static str, name: fn(&str, &str) -> Option<String>) -> Manifest {
    Manifest { file, name }
}

/// What is looked for in each folder, in this order.
static MANIFESTS: [Manifest; 23] = [
    // https://docs.npmjs.com/cli/v11/configuring-npm/package-json#name
    manifest("package.json", |_, text| json(text).map(|name| last(&name, '/').to_owned())),
    // https://packaging.python.org/en/latest/specifications/pyproject-toml/#name
    manifest("pyproject.toml", |_, text| {
        toml(text, &["project", "name"]).or_else(|| toml(text, &["tool", "poetry", "name"]))
    }),
    // https://setuptools.pypa.io/en/latest/userguide/declarative_config.html
    manifest("setup.cfg", |_, text| setup_cfg(text)),
    // https://doc.rust-lang.org/cargo/reference/manifest.html#the-name-field
    manifest("Cargo.toml", |_, text| toml(text, &["package", "name"])),
    // https://go.dev/ref/mod#go-mod-file-module
    manifest("go.mod", |_, text| go_mod(text)),
    // https://maven.apache.org/pom.html#Maven_Coordinates
    manifest("pom.xml", |_, text| element(text, &["project", "artifactId"])),
    // https://docs.gradle.org/current/userguide/multi_project_builds.html
    manifest("settings.gradle", |_, text| gradle(text)),
    manifest("settings.gradle.kts", |_, text| gradle(text)),
    // https://getcomposer.org/doc/04-schema.md#name
    manifest("composer.json", |_, text| json(text).map(|name| last(&name, '/').to_owned())),
    manifest("*.gemspec", |stem, _| Some(stem.to_owned())),
    manifest("*.csproj", |stem, _| Some(stem.to_owned())),
    manifest("*.sln", |stem, _| Some(stem.to_owned())),
    // https://hexdocs.pm/mix/Mix.Project.html
    manifest("mix.exs", |_, text| mix(text)),
    // https://dart.dev/tools/pub/pubspec#name
    manifest("pubspec.yaml", |_, text| yaml(text, "name")),
    // https://helm.sh/docs/topics/charts/#the-chartyaml-file
    manifest("Chart.yaml", |_, text| yaml(text, "name")),
    // https://www.serverless.com/framework/docs/providers/aws/guide/serverless.yml
    manifest("serverless.yml", |_, text| serverless(text)),
    manifest("serverless.yaml", |_, text| serverless(text)),
    // https://docs.swift.org/package-manager/PackageDescription/PackageDescription.html#package
    manifest("Package.swift", |_, text| swift(text)),
    // https://cmake.org/cmake/help/latest/command/project.html
    manifest("CMakeLists.txt", |_, text| cmake(text)),
    // https://docs.docker.com/reference/compose-file/version-and-name/#name-top-level-element
    manifest("compose.yaml", |_, text| yaml(text, "name")),
    manifest("compose.yml", |_, text| yaml(text, "name")),
    manifest("docker-compose.yaml", |_, text| yaml(text, "name")),
    manifest("docker-compose.yml", |_, text| yaml(text, "name")),
];

impl<'a> Applications<'a> {
    /// Names applications by the files that stand `around`, and by the repository on the disk.
    #[must_use]
    pub fn new(around: &'a dyn Surroundings) -> Self {
        Self { around, known: Mutex::default() }
    }

    /// The name of the application that a file belongs to, and what says so: the path of a manifest, or a
    /// few words. `path` is written from the current directory, with forward slashes.
    pub fn of(&self, path: &str) -> (String, String) {
        let folders = folders(Path::new(path), self.around);
        self.by_manifest(path)
            .or_else(|| of_repository(folders.first()?))
            .or_else(|| of_folder(folders.last()?))
            .or_else(|| of_folder(Path::new("")))
            .unwrap_or_else(|| ("app".to_owned(), "nothing".to_owned()))
    }

    /// The name in the nearest manifest of a package, and that.
    #[must_use]
    pub fn by_manifest(&self, path: &str) -> Option<(String, String)> {
        folders(Path::new(path), self.around).iter().find_map(|folder| self.in_folder(folder))
    }

    fn in_folder(&self, folder: &Path) -> Option<Named> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry(folder.to_owned()).or_insert_with(|| self.read(folder)).clone()
    }

    fn read(&self, folder: &Path) -> Option<Named> {
        let names = self.around.names(folder);
        MANIFESTS.iter().find_map(|manifest| {
            names.iter().find_map(|file| {
                let stem = match manifest.file.strip_prefix('*') {
                    Some(end) => file.strip_suffix(end).filter(|stem| !stem.is_empty())?,
                    None => (file == manifest.file).then_some(file)?,
                };
                let path = folder.join(file);
                let text = self.around.text(&path)?;
                let name = (manifest.name)(stem, text.trim_start_matches('\u{feff}'))?;
                let path = path.to_string_lossy().replace('\\', "/");
                shown(&name).map(|name| (name, sanitize(&path).into_owned()))
            })
        })
    }
}

impl std::fmt::Debug for Applications<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Applications").field("known", &self.known).finish_non_exhaustive()
    }
}

/// The value of the tag `appname` for an application: lower case letters and digits, at most 32 of them.
/// The scheme is that of "Migrating your secrets to AWS Secrets Manager, part I".
#[must_use]
pub fn tag(name: &str) -> String {
    let letters = name.chars().flat_map(char::to_lowercase).filter(char::is_ascii_alphanumeric);
    let tag: String = letters.take(LONGEST_TAG).collect();
    if tag.is_empty() { "app".to_owned() } else { tag }
}

/// Characters of the value of a tag.
const LONGEST_TAG: usize = 32;

/// Characters of a name that is shown.
const LONGEST_NAME: usize = 128;

/// A name fit to be shown; `None` if it is none: empty, or a template that nobody has filled in.
fn shown(name: &str) -> Option<String> {
    let name = name.trim();
    let template = ["${", "{{", "$(", "<%", "@"].iter().any(|mark| name.contains(mark));
    let named = name.chars().any(char::is_alphanumeric) && !template;
    named.then(|| sanitize(&name.chars().take(LONGEST_NAME).collect::<String>()).into_owned())
}

/// What a repository is called: by its remote, or else by its folder.
fn of_repository(folder: &Path) -> Option<Named> {
    let there = folder.ancestors().find(|folder| folder.exists());
    let there = there.filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let repository = Repository::discover(there).ok()?;
    let remote = repository.find_remote("origin").ok();
    let url = remote.as_ref().and_then(|remote| remote.url().ok());
    if let Some(name) = url.and_then(name_in_url) {
        return Some((name, "the remote origin".to_owned()));
    }
    // All working trees of a repository are one application.
    let shared = fs::canonicalize(repository.commondir()).ok()?;
    let root = match shared.file_name()?.to_str()? {
        ".git" => shared.parent()?,
        _ => repository.workdir().unwrap_or(&shared),
    };
    of_folder(root)
}

fn of_folder(folder: &Path) -> Option<Named> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let folder = fs::canonicalize(folder).ok()?;
    let name = folder.file_name()?.to_string_lossy();
    let name = shown(name.strip_suffix(".git").unwrap_or(&name))?;
    let from = format!("the folder {name}");
    Some((name, from))
}

/// The last name in the path of a URL, or of a file. What stands before the path is never looked at, as
/// credentials may.
fn name_in_url(url: &str) -> Option<String> {
    // https://git-scm.com/docs/git-clone#_git_urls
    let path = match url.split_once("://") {
        Some((_, rest)) => rest.split_once('/')?.1.split(['?', '#']).next()?,
        None => match url.split_once(':') {
            Some((host, path)) if !host.contains('/') => path,
            _ => url,
        },
    };
    let path = path.trim_end_matches(['/', '\\']);
    let name = path.rsplit(['/', '\\']).next()?;
    let name = percent_decode_str(name.strip_suffix(".git").unwrap_or(name)).decode_utf8().ok()?;
    // `user:password@host`, in a URL that is none.
    if name.contains(['@', ':', '/']) { None } else { shown(&name) }
}

/// What stands behind the last `separator`.
fn last(text: &str, separator: char) -> &str {
    text.rsplit(separator).next().unwrap_or(text)
}

/// What stands between the quotes that `text` begins with.
fn quoted(text: &str) -> Option<&str> {
    let text = text.trim_start();
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    text[1..].split_once(quote).map(|(inside, _)| inside)
}

/// `name` of an object in JSON.
fn json(text: &str) -> Option<String> {
    let document: serde_json::Value = serde_json::from_str(text).ok()?;
    document.get("name")?.as_str().map(str::to_owned)
}

/// The string at a path of keys in TOML.
fn toml(text: &str, keys: &[&str]) -> Option<String> {
    let (name, tables) = keys.split_last()?;
    let document: toml::Table = text.parse().ok()?;
    let table = tables.iter().try_fold(&document, |table, key| table.get(*key)?.as_table())?;
    table.get(*name)?.as_str().map(str::to_owned)
}

/// `name` in the section `[metadata]`.
fn setup_cfg(text: &str) -> Option<String> {
    let lines = text.lines().skip_while(|line| line.trim() != "[metadata]").skip(1);
    let mut lines = lines.take_while(|line| !line.starts_with('['));
    lines.find_map(|line| {
        let (key, value) = line.split_once('=')?;
        (key.trim() == "name").then(|| value.trim().to_owned())
    })
}

/// The last name in the path of a module that is no version.
fn go_mod(text: &str) -> Option<String> {
    let path = text.lines().find_map(|line| {
        let path = line.trim().strip_prefix("module")?.strip_prefix([' ', '\t'])?;
        path.split("//").next()
    })?;
    let is_version = |name: &&str| {
        let number = name.strip_prefix('v').unwrap_or_default();
        !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())
    };
    let path = path.trim().trim_matches(['"', '`']);
    path.rsplit('/').find(|name| !is_version(name)).map(str::to_owned)
}

/// The text of an element of a document in XML, by the names that lead to it. A document that declares
/// entities is not read.
fn element(text: &str, names: &[&str]) -> Option<String> {
    let mut open: Vec<&str> = Vec::new();
    let mut found = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        if open == names {
            found.push_str(&rest[..at]);
        }
        rest = &rest[at + 1..];
        if let Some(comment) = rest.strip_prefix("!--") {
            rest = comment.split_once("-->")?.1;
            continue;
        }
        if let Some(data) = rest.strip_prefix("![CDATA[") {
            let (data, behind) = data.split_once("]]>")?;
            if open == names {
                found.push_str(data);
            }
            rest = behind;
            continue;
        }
        let (tag, behind) = rest.split_at(end_of_tag(rest)?);
        rest = &behind[1..];
        if tag.starts_with('!') && tag.contains('[') {
            return None;
        }
        if tag.starts_with('/') {
            if open == names {
                return Some(found.trim().to_owned());
            }
            open.pop();
        } else if !tag.starts_with(['!', '?']) && !tag.ends_with('/') {
            let name = tag.split(char::is_whitespace).next()?;
            open.push(last(name, ':'));
        }
    }
    None
}

/// Where the `>` of a tag stands, which is not one in an attribute.
fn end_of_tag(tag: &str) -> Option<usize> {
    let mut quote = None;
    tag.bytes().position(|b| {
        match quote {
            Some(open) if open == b => quote = None,
            None if matches!(b, b'"' | b'\'') => quote = Some(b),
            _ => {}
        }
        quote.is_none() && b == b'>'
    })
}

/// `rootProject.name = "…"`.
fn gradle(text: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let value = line.trim().strip_prefix("rootProject.name")?.trim_start().strip_prefix('=')?;
        quoted(value).map(str::to_owned)
    })
}

/// `app: :name`.
fn mix(text: &str) -> Option<String> {
    text.lines().map(|line| line.split('#').next().unwrap_or(line)).find_map(|line| {
        let (before, value) = line.split_once("app:")?;
        let whole = !before.ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let value = value.trim_start().strip_prefix(':').filter(|_| whole)?;
        let end = value.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(value.len());
        Some(value[..end].to_owned())
    })
}

/// `Package(name: "…"`, which is always the first argument.
fn swift(text: &str) -> Option<String> {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let text = lines.collect::<Vec<_>>().join("\n");
    let arguments = text.split("Package(").skip(1).find_map(|behind| {
        behind.trim_start().strip_prefix("name")?.trim_start().strip_prefix(':')
    })?;
    quoted(arguments).map(str::to_owned)
}

/// `project(name …)`, in any case.
fn cmake(text: &str) -> Option<String> {
    let lines = text.lines().map(|line| line.split('#').next().unwrap_or(line));
    let text = lines.collect::<Vec<_>>().join("\n");
    let lower = text.to_ascii_lowercase();
    lower.match_indices("project").find_map(|(at, word)| {
        let whole = !lower[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let behind = text[at + word.len()..].trim_start().strip_prefix('(').filter(|_| whole)?;
        let name = behind.split([')']).next()?.split_whitespace().next()?;
        Some(name.trim_matches('"').to_owned())
    })
}

/// The value of a key at the top of a document in YAML.
fn yaml(text: &str, key: &str) -> Option<String> {
    text.lines().find_map(|line| value_of(line, key)).filter(|value| !value.is_empty())
}

/// `service: name`, or `name` below `service`.
fn serverless(text: &str) -> Option<String> {
    let below = || {
        let lines = text.lines().skip_while(|line| value_of(line, "service").is_none()).skip(1);
        let mut lines = lines.take_while(|line| line.starts_with([' ', '\t', '#']));
        lines.find_map(|line| value_of(line.trim_start(), "name"))
    };
    yaml(text, "service").or_else(below)
}

/// The value on a line of YAML, without its quotes and the comment behind it.
fn value_of(line: &str, key: &str) -> Option<String> {
    let value = line.strip_prefix(key)?.trim_start().strip_prefix(':')?;
    let value =
        value.strip_prefix([' ', '\t']).or_else(|| value.trim().is_empty().then_some(""))?;
    let plain = || value.split(" #").next().unwrap_or(value).trim();
    let value = quoted(value).unwrap_or_else(plain);
    (!value.starts_with('#')).then(|| value.to_owned()).or_else(|| Some(String::new()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remedy::surroundings::Disk;
    use std::sync::Arc;
    use tempfile::TempDir;

    /// Files in memory, by their paths.
    struct Memory(BTreeMap<&'static str, &'static str>);

    impl Surroundings for Memory {
        fn names(&self, folder: &Path) -> Arc<[String]> {
            let below = |path: &&str| {
                let name = Path::new(*path).strip_prefix(folder).ok()?.components().next()?;
                Some(name.as_os_str().to_str()?.to_owned())
            };
            let names: std::collections::BTreeSet<String> =
                self.0.keys().filter_map(below).collect();
            names.into_iter().collect()
        }

        fn text(&self, path: &Path) -> Option<String> {
            self.0.get(path.to_str()?).map(|text| (*text).to_owned())
        }
    }

    fn of(files: &[(&'static str, &'static str)], path: &str) -> Named {
        let around = Memory(files.iter().copied().collect());
        Applications::new(&around).of(path)
    }

    fn named(name: &str, from: &str) -> Named {
        (name.to_owned(), from.to_owned())
    }

    #[test]
    fn each_manifest_names_its_application() {
        for (file, text, name) in [
            ("package.json", r#"{"name": "@acme/shop", "version": "1.0.0"}"#, "shop"),
            ("package.json", "\u{feff}{\"name\": \"shop\"}", "shop"),
            ("pyproject.toml", "[project]\nname = \"shop\"\n", "shop"),
            ("pyproject.toml", "[tool.poetry]\nname = 'my-shop'\n", "my-shop"),
            ("setup.cfg", "[egg_info]\nname = x\n[metadata]\nversion = 1\nname = shop\n", "shop"),
            ("Cargo.toml", "[package]\nname = \"shop\"\nversion.workspace = true\n", "shop"),
            ("go.mod", "// about\nmodule github.com/acme/shop/v2 // why\n\ngo 1.22\n", "shop"),
            ("go.mod", "module shop\r\n", "shop"),
            ("go.mod", "module \"example.org/v\"\n", "v"),
            ("settings.gradle", "// rootProject.name = 'no'\nrootProject.name = 'shop'\n", "shop"),
            ("settings.gradle.kts", "rootProject.name=\"shop\"\n", "shop"),
            ("composer.json", r#"{"name": "acme/shop"}"#, "shop"),
            ("shop.gemspec", "Gem::Specification.new do |s|\nend\n", "shop"),
            ("Acme.Shop.csproj", "<Project/>", "Acme.Shop"),
            ("Shop.sln", "", "Shop"),
            (
                "mix.exs",
                "# app: :no\n  otp_app: :no,\n  [app: :my_shop, version: \"1\"]\n",
                "my_shop",
            ),
            ("pubspec.yaml", "# name: no\nname: shop\n", "shop"),
            (
                "Chart.yaml",
                "dependencies:\n  - name: no\n    x:\n      name: no\nname: \"shop\" # yes\n",
                "shop",
            ),
            ("serverless.yml", "service: shop\nprovider:\n  name: aws\n", "shop"),
            (
                "serverless.yaml",
                "service:\n  # the name\n  name: shop\nprovider:\n  name: aws\n",
                "shop",
            ),
            (
                "Package.swift",
                "// Package(name: \"no\")\nlet package = Package(\n  name: \"Shop\",\n",
                "Shop",
            ),
            (
                "CMakeLists.txt",
                "# project(no)\nmy_project(no)\nPROJECT( \"shop\" VERSION 1)\n",
                "shop",
            ),
            ("CMakeLists.txt", "project(\n  shop\n)\n", "shop"),
            ("docker-compose.yml", "name: 'shop'\nservices:\n", "shop"),
            ("compose.yaml", "name: shop#1 # one\n", "shop#1"),
        ] {
            assert_eq!(of(&[(file, text)], "src/a.py"), named(name, file), "{file} {text}");
        }
    }

    #[test]
    fn a_pom_is_read_as_xml() {
        let name = |text| element(text, &["project", "artifactId"]);
        let pom = r#"<?xml version="1.0"?>
<!-- <project><artifactId>no</artifactId></project> -->
<project xmlns="http://maven.apache.org/POM/4.0.0" a=">">
  <parent><artifactId>parent</artifactId></parent>
  <dependencies><dependency><artifactId>no</artifactId></dependency></dependencies>
  <empty/>
  <artifactId>
    shop<!-- no --><![CDATA[-api]]>
  </artifactId>
</project>"#;
        assert_eq!(name(pom).as_deref(), Some("shop-api"));
        assert_eq!(of(&[("pom.xml", Box::leak(pom.into()))], "a.java").0, "shop-api");
        assert_eq!(name("<m:project><m:artifactId>a</m:artifactId>").as_deref(), Some("a"));
        for broken in [
            "",
            "<",
            "<project",
            "<project><artifactId>a",
            "<project></x></y><artifactId>a</artifactId>",
            "<artifactId>a</artifactId>",
            "<!-- <project>",
            "<![CDATA[",
            "<!DOCTYPE a [<!ENTITY b 'c'>]><project><artifactId>&b;</artifactId></project>",
            "<project a='><artifactId>a</artifactId>",
            "<project><parent><artifactId>a</artifactId></parent></project>",
        ] {
            assert_eq!(name(broken), None, "{broken}");
        }
    }

    #[test]
    fn the_nearest_manifest_counts() {
        let files = [
            ("package.json", r#"{"name": "root", "workspaces": ["apps/*"]}"#),
            ("apps/shop/package.json", r#"{"name": "@acme/shop"}"#),
            ("apps/shop/deep/package.json", r#"{"type": "module"}"#),
            ("tools/Cargo.toml", "[workspace]\nmembers = [\"x\"]\n"),
            ("tools/x/Cargo.toml", "[package]\nname = \"x\"\n"),
            ("infra/.git/config", ""),
            ("infra/a/go.mod", "module a\n"),
        ];
        let shop = named("shop", "apps/shop/package.json");
        let root = named("root", "package.json");
        assert_eq!(of(&files, "apps/shop/src/a.js"), shop);
        assert_eq!(of(&files, "apps/shop/deep/a.js"), shop);
        assert_eq!(of(&files, "apps/other/a.js"), root);
        assert_eq!(of(&files, "tools/a.rs"), root);
        assert_eq!(of(&files, "tools/x/src/a.rs").0, "x");
        assert_eq!(of(&files, "infra/a/b.go").0, "a");
        // Another repository has nothing to do with it.
        assert_ne!(of(&files, "infra/b.go"), root);
    }

    #[test]
    fn manifests_without_a_name_are_passed_over() {
        let chart = ("Chart.yaml", "name: last\n");
        for (file, text) in [
            ("package.json", "{"),
            ("package.json", r#"{"name": 7}"#),
            ("package.json", r#"["name"]"#),
            ("package.json", r#"{"name": "@acme/"}"#),
            ("package.json", r#"{"name": "{{ cookiecutter.name }}"}"#),
            ("pyproject.toml", "[project"),
            ("pyproject.toml", "project = 1\n"),
            ("setup.cfg", "[metadata]\n[options]\nname = x\n"),
            ("Cargo.toml", "[package]\nname = 1\n"),
            ("go.mod", "module\nmodules x\n"),
            ("pom.xml", "<project><artifactId>${name}</artifactId></project>"),
            ("settings.gradle", "rootProject.name = name\n"),
            (".gemspec", ""),
            ("mix.exs", "app: @app\n"),
            ("compose.yaml", "name: ${PROJECT}\n"),
            ("Package.swift", "Package(\"x\")"),
            ("CMakeLists.txt", "project(${NAME})"),
            ("CMakeLists.txt", "project("),
            ("serverless.yml", "service:\nprovider:\n  name: aws\n"),
            ("pubspec.yaml", "name:\n"),
            ("pubspec.yaml", "name:x\n"),
            ("pubspec.yaml", "name: # none\n"),
        ] {
            assert_eq!(of(&[(file, text), chart], "a").0, "last", "{file} {text}");
        }
    }

    #[test]
    fn foreign_names_deceive_no_terminal() {
        let (name, from) =
            of(&[("a\u{202e}/package.json", r#"{"name": "x\u001by"}"#)], "a\u{202e}/b");
        assert_eq!((&*name, &*from), ("x\\u{1b}y", "a\\u{202e}/package.json"));
    }

    #[test]
    fn a_remote_names_its_repository_and_never_shows_who_opens_it() {
        for (url, name) in [
            ("https://github.com/acme/shop.git", Some("shop")),
            ("https://user:word@example.org/acme/shop.git/", Some("shop")),
            ("https://word@example.org/acme/shop?token=word#word", Some("shop")),
            ("https://dev.azure.com/acme/My%20Project/_git/My%20Shop", Some("My Shop")),
            ("ssh://git@example.org:22/shop.git", Some("shop")),
            ("git@github.com:acme/shop.git", Some("shop")),
            ("git@github.com:shop", Some("shop")),
            ("host.example.org:shop.git", Some("shop")),
            ("/srv/git/shop.git", Some("shop")),
            ("../shop", Some("shop")),
            ("C:\\git\\shop", Some("shop")),
            ("file:///srv/git/shop", Some("shop")),
            ("https://user:word@example.org", None),
            ("https://user:word@example.org/", None),
            ("https:user:word@example.org", None),
            ("https:/user:word@example.org", None),
            ("https://example.org/a/user%3Aword%40b", None),
            ("https://example.org?word", None),
            ("", None),
            (".git", None),
            ("://", None),
        ] {
            assert_eq!(name_in_url(url).as_deref(), name, "{url}");
        }
    }

    #[test]
    fn without_a_manifest_the_repository_names_it_and_then_the_folder() {
        let folder = TempDir::new().unwrap();
        let root = folder.path().join("Shop Front");
        let plain = folder.path().join("plain");
        fs::create_dir_all(root.join("src")).unwrap();
        fs::create_dir(&plain).unwrap();
        let repository = Repository::init(&root).unwrap();
        let of = |path: PathBuf| Applications::new(&Disk::default()).of(path.to_str().unwrap());
        let (gone, file) = (root.join("gone/deeper/a.py"), root.join("src/a.py"));
        assert_eq!(of(file.clone()), named("Shop Front", "the folder Shop Front"));
        repository.remote("origin", "https://user:word@example.org/acme/web.git").unwrap();
        assert_eq!(of(file.clone()), named("web", "the remote origin"));
        assert_eq!(of(gone), named("web", "the remote origin"));
        fs::write(root.join("go.mod"), "module example.org/front\n").unwrap();
        assert_eq!(of(file).0, "front");
        // A bare repository, and no repository at all.
        Repository::init_bare(folder.path().join("store.git")).unwrap();
        assert_eq!(of_repository(&folder.path().join("store.git/refs")).unwrap().0, "store");
        assert!(of_repository(&plain).is_none());
        assert_eq!(of_folder(&plain).unwrap(), named("plain", "the folder plain"));
        assert!(!of(plain.join("a.py")).0.is_empty());
    }

    #[test]
    fn tags_are_short_and_of_letters_and_digits() {
        assert_eq!(tag("@acme/Shop-Front_2"), "acmeshopfront2");
        assert_eq!(tag("Größe"), "gre");
        assert_eq!(tag("漢字 -"), "app");
        assert_eq!(tag(""), "app");
        assert_eq!(tag(&"ab".repeat(40)), "ab".repeat(16));
    }
}
