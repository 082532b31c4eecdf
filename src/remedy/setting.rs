//! The kind of place that a secret stands in, as the name of the file and its first lines tell.

use serde::{Deserialize, Serialize};
use std::path::Path;

/// Where a secret stands, as far as it matters for what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Setting {
    /// A program.
    Code(Language),
    /// The workflow of a CI service.
    Ci(CiService),
    /// Terraform or `OpenTofu`.
    Terraform,
    /// CloudFormation or SAM.
    CloudFormation,
    /// A playbook, its variables or its inventory.
    Ansible,
    /// What an image is built from.
    Dockerfile,
    /// A Compose file.
    Compose,
    /// A manifest or chart of Kubernetes.
    Kubernetes,
    /// `.env` and its like.
    EnvFile,
    /// Configuration of a program.
    Settings,
    /// A notebook, with its outputs.
    Notebook,
    /// A file of one person's own, as `~/.aws/credentials`.
    Profile,
    /// A text for people.
    Document,
    /// A message of a commit or a tag, or a note.
    Message,
    /// Anything else.
    Other,
}

/// Languages for which a store has a library, or an edit is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    /// Python.
    Python,
    /// JavaScript and TypeScript.
    JavaScript,
    /// Java, Kotlin, Scala and Groovy.
    Java,
    /// Go.
    Go,
    /// Ruby.
    Ruby,
    /// PHP.
    Php,
    /// C# and its relatives.
    CSharp,
    /// Rust.
    Rust,
    /// Shells.
    Shell,
    /// Any other.
    Other,
}

impl Language {
    /// The name by which stores list their libraries.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Python => "python",
            Self::JavaScript => "javascript",
            Self::Java => "java",
            Self::Go => "go",
            Self::Ruby => "ruby",
            Self::Php => "php",
            Self::CSharp => "csharp",
            Self::Rust => "rust",
            Self::Shell => "shell",
            Self::Other => "other",
        }
    }

    fn of_extension(extension: &str) -> Option<Self> {
        Some(match extension {
            "py" | "pyi" | "pyw" => Self::Python,
            "js" | "mjs" | "cjs" | "ts" | "mts" | "cts" | "jsx" | "tsx" | "vue" | "svelte" => {
                Self::JavaScript
            }
            "java" | "kt" | "kts" | "scala" | "groovy" | "gradle" | "jsp" => Self::Java,
            "go" => Self::Go,
            "rb" | "erb" | "rake" => Self::Ruby,
            "php" | "phtml" | "inc" => Self::Php,
            "cs" | "vb" | "fs" | "cshtml" | "razor" => Self::CSharp,
            "rs" => Self::Rust,
            "sh" | "bash" | "zsh" | "fish" | "ksh" | "bat" | "cmd" | "ps1" | "psm1" => Self::Shell,
            "c" | "h" | "cc" | "cpp" | "hpp" | "swift" | "m" | "mm" | "dart" | "lua" | "pl"
            | "pm" | "r" | "jl" | "ex" | "exs" | "erl" | "clj" | "hs" | "ml" | "sql" | "sol"
            | "html" | "htm" | "coffee" => Self::Other,
            _ => return None,
        })
    }
}

/// A CI service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CiService {
    /// GitHub Actions.
    GitHub,
    /// GitLab CI/CD.
    GitLab,
    /// AWS `CodeBuild`, which has a role of its own.
    CodeBuild,
    /// Another one, by its name.
    Other(&'static str),
}

impl CiService {
    /// What it is called.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::GitHub => "GitHub Actions",
            Self::GitLab => "GitLab CI/CD",
            Self::CodeBuild => "AWS CodeBuild",
            Self::Other(name) => name,
        }
    }

    fn of(path: &str, name: &str) -> Option<Self> {
        let in_folder =
            |folder: &str| path.starts_with(folder) || path.contains(&format!("/{folder}"));
        Some(match name {
            _ if in_folder(".github/workflows/") || in_folder(".github/actions/") => Self::GitHub,
            "action.yml" | "action.yaml" => Self::GitHub,
            ".gitlab-ci.yml" | ".gitlab-ci.yaml" => Self::GitLab,
            _ if name.ends_with(".gitlab-ci.yml") || in_folder(".gitlab/ci/") => Self::GitLab,
            "buildspec.yml" | "buildspec.yaml" => Self::CodeBuild,
            "jenkinsfile" => Self::Other("Jenkins"),
            _ if name.starts_with("jenkinsfile.") => Self::Other("Jenkins"),
            "bitbucket-pipelines.yml" => Self::Other("Bitbucket Pipelines"),
            "azure-pipelines.yml" | "azure-pipelines.yaml" => Self::Other("Azure Pipelines"),
            ".travis.yml" => Self::Other("Travis CI"),
            ".drone.yml" => Self::Other("Drone"),
            "appveyor.yml" | ".appveyor.yml" => Self::Other("AppVeyor"),
            "cloudbuild.yaml" | "cloudbuild.yml" => Self::Other("Cloud Build"),
            ".cirrus.yml" => Self::Other("Cirrus CI"),
            "bitrise.yml" => Self::Other("Bitrise"),
            "codemagic.yaml" => Self::Other("Codemagic"),
            _ if in_folder(".circleci/") => Self::Other("CircleCI"),
            _ if in_folder(".buildkite/") => Self::Other("Buildkite"),
            _ if in_folder(".woodpecker/") || name == ".woodpecker.yml" => {
                Self::Other("Woodpecker")
            }
            _ if in_folder(".semaphore/") => Self::Other("Semaphore"),
            _ if in_folder(".teamcity/") => Self::Other("TeamCity"),
            _ => return None,
        })
    }
}

/// What a file is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The product itself, or its delivery.
    Product,
    /// A test, or what a test reads.
    Test,
    /// An example, or a text for people.
    Example,
}

impl Role {
    /// The role of the file at `path`, with forward slashes.
    #[must_use]
    pub fn of(path: &str) -> Self {
        let lower = path.to_ascii_lowercase();
        let (folders, name) = lower.rsplit_once('/').unwrap_or(("", &lower));
        let is_in = |known: &[&str]| folders.split('/').any(|folder| known.contains(&folder));
        let stem = name.split('.').next().unwrap_or(name);
        if is_in(&TEST_FOLDERS) || is_test(name, stem) || is_test_class(path) {
            return Self::Test;
        }
        let sample = [".example", ".sample", ".dist", ".tmpl", ".template", "-example", "-sample"];
        let marked = sample.iter().any(|mark| {
            name.ends_with(mark) || name.contains(&format!("{mark}.")) || stem.ends_with(mark)
        });
        let text =
            [".md", ".rst", ".adoc", ".markdown", ".mdx"].iter().any(|end| name.ends_with(end));
        let named =
            stem == "example" || stem == "sample" || stem == "readme" || stem == "changelog";
        if is_in(&EXAMPLE_FOLDERS) || marked || text || named {
            return Self::Example;
        }
        Self::Product
    }
}

const TEST_FOLDERS: [&str; 17] = [
    "test",
    "tests",
    "testing",
    "__tests__",
    "__mocks__",
    "spec",
    "specs",
    "testdata",
    "test-data",
    "test_data",
    "fixtures",
    "fixture",
    "__fixtures__",
    "mocks",
    "mock",
    "e2e",
    "cypress",
];

const EXAMPLE_FOLDERS: [&str; 11] = [
    "examples",
    "example",
    "docs",
    "doc",
    "documentation",
    "samples",
    "sample",
    "demo",
    "demos",
    "tutorials",
    "tutorial",
];

fn is_test(name: &str, stem: &str) -> bool {
    let in_name = [".test.", ".spec.", "_test.", "_spec.", "-test.", ".tests."];
    in_name.iter().any(|mark| name.contains(mark))
        || stem.starts_with("test_")
        || matches!(stem, "conftest" | "test" | "tests")
}

/// Whether the file is called like a class of tests: `LoginTest.java`.
fn is_test_class(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let ends = [".java", ".kt", ".cs", ".swift", ".php", ".scala"];
    let stem = ends.iter().find_map(|end| name.strip_suffix(end));
    stem.is_some_and(|stem| {
        ["Test", "Tests", "TestCase", "IT"].iter().any(|end| stem.ends_with(end))
    })
}

impl Setting {
    /// The setting that the file at `path` (with forward slashes) is; `text` is its beginning, if it can
    /// be read.
    #[must_use]
    pub fn of(path: &str, text: Option<&str>) -> Self {
        let lower = path.to_ascii_lowercase();
        let name = lower.rsplit('/').next().unwrap_or(&lower);
        let extension =
            Path::new(name).extension().and_then(|end| end.to_str()).unwrap_or_default();
        if let Some(service) = CiService::of(&lower, name) {
            return Self::Ci(service);
        }
        Self::of_name(&lower, name, extension)
            .or_else(|| text.and_then(|text| Self::of_text(extension, text)))
            .or_else(|| Language::of_extension(extension).map(Self::Code))
            .unwrap_or_else(|| Self::of_extension(extension))
    }

    fn of_name(path: &str, name: &str, extension: &str) -> Option<Self> {
        let folder =
            |folder: &str| path.starts_with(folder) || path.contains(&format!("/{folder}"));
        let env =
            name == ".env" || name.starts_with(".env.") || extension == "env" || name == ".envrc";
        Some(match name {
            _ if env => Self::EnvFile,
            "dockerfile" | "containerfile" => Self::Dockerfile,
            _ if name.starts_with("dockerfile.") || extension == "dockerfile" => Self::Dockerfile,
            _ if is_compose(name) => Self::Compose,
            "chart.yaml" | "kustomization.yaml" | "kustomization.yml" => Self::Kubernetes,
            _ if matches!(extension, "tf" | "tfvars" | "tfstate") => Self::Terraform,
            _ if name.ends_with(".tf.json") || name.ends_with(".tfvars.json") => Self::Terraform,
            _ if name.ends_with(".tfstate.backup") => Self::Terraform,
            _ if folder("group_vars/") || folder("host_vars/") => Self::Ansible,
            _ if is_profile(path, name) => Self::Profile,
            _ if extension == "ipynb" => Self::Notebook,
            _ if path.contains("k8s/")
                || path.contains("kubernetes/")
                || path.contains("helm/") =>
            {
                matches!(extension, "yaml" | "yml").then_some(Self::Kubernetes)?
            }
            _ => return None,
        })
    }

    /// What the text of a document of data says that it is.
    fn of_text(extension: &str, text: &str) -> Option<Self> {
        if !matches!(extension, "yaml" | "yml" | "json" | "template" | "") {
            return None;
        }
        let has = |what: &str| text.contains(what);
        if has("AWSTemplateFormatVersion") || has("AWS::Serverless::") || is_template(text) {
            return Some(Self::CloudFormation);
        }
        let is_key =
            |key: &str| text.lines().any(|line| line.trim_start_matches("- ").starts_with(key));
        if is_key("apiVersion:") && is_key("kind:") {
            return Some(Self::Kubernetes);
        }
        let is_inner = |key: &str| {
            text.lines().any(|line| line.trim_start().trim_start_matches("- ").starts_with(key))
        };
        let plays = is_inner("hosts:") && (has("tasks:") || has("roles:") || has("vars:"));
        (plays || is_inner("ansible.builtin.")).then_some(Self::Ansible)
    }

    fn of_extension(extension: &str) -> Self {
        match extension {
            "yaml" | "yml" | "json" | "json5" | "toml" | "ini" | "cfg" | "conf" | "config"
            | "cnf" | "properties" | "props" | "xml" | "plist" | "service" | "reg" | "hcl"
            | "bicep" => Self::Settings,
            "md" | "rst" | "adoc" | "txt" | "markdown" | "mdx" | "org" | "tex" | "docx" | "pdf" => {
                Self::Document
            }
            _ => Self::Other,
        }
    }
}

fn is_compose(name: &str) -> bool {
    let compose = name.starts_with("docker-compose") || name.starts_with("compose.");
    compose && [".yml", ".yaml"].iter().any(|end| name.ends_with(end))
}

fn is_template(text: &str) -> bool {
    text.contains("Resources") && text.contains("\"AWS::") | text.contains("Type: AWS::")
}

/// The files in which one person's programs keep their credentials.
fn is_profile(path: &str, name: &str) -> bool {
    let in_folder = [".aws/", ".ssh/", ".docker/", ".kube/", ".azure/", ".config/gcloud/"];
    let in_folder = in_folder.iter().any(|folder| path.contains(folder));
    let named = [
        ".netrc",
        "_netrc",
        ".pgpass",
        ".my.cnf",
        ".bash_history",
        ".zsh_history",
        ".pypirc",
        ".s3cfg",
        ".boto",
        ".git-credentials",
        ".psql_history",
        ".mysql_history",
    ];
    in_folder || named.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_tells_the_setting() {
        for (path, setting) in [
            ("app/main.py", Setting::Code(Language::Python)),
            ("a/.github/workflows/ci.yml", Setting::Ci(CiService::GitHub)),
            (".gitlab-ci.yml", Setting::Ci(CiService::GitLab)),
            ("Jenkinsfile", Setting::Ci(CiService::Other("Jenkins"))),
            ("infra/main.tf", Setting::Terraform),
            ("infra/prod.tfvars", Setting::Terraform),
            ("Dockerfile.prod", Setting::Dockerfile),
            ("docker-compose.override.yml", Setting::Compose),
            ("k8s/secret.yaml", Setting::Kubernetes),
            (".env.production", Setting::EnvFile),
            ("home/.aws/credentials", Setting::Profile),
            ("notebooks/a.ipynb", Setting::Notebook),
            ("config/app.yml", Setting::Settings),
            ("README.md", Setting::Document),
            ("bin/tool", Setting::Other),
        ] {
            assert_eq!(Setting::of(path, None), setting, "{path}");
        }
    }

    #[test]
    fn a_text_tells_what_its_name_does_not() {
        let of = |path: &str, text: &str| Setting::of(path, Some(text));
        let manifest = "apiVersion: v1\nkind: Secret\n";
        assert_eq!(of("deploy/x.yml", manifest), Setting::Kubernetes);
        let sam = "Transform: AWS::Serverless-2016-10-31\nResources:\n  F:\n    Type: AWS::Lambda::Function\n";
        assert_eq!(of("template.yaml", sam), Setting::CloudFormation);
        assert_eq!(of("site.yml", "- hosts: all\n  tasks:\n"), Setting::Ansible);
        assert_eq!(of("site.yml", "- name: x\n  hosts: all\n  tasks:\n"), Setting::Ansible);
        assert_eq!(of("site.yml", "name: x\n"), Setting::Settings);
    }

    #[test]
    fn tests_and_examples_are_told_by_their_folders_and_names() {
        for (path, role) in [
            ("src/app.py", Role::Product),
            ("src/latest/app.py", Role::Product),
            ("tests/app.py", Role::Test),
            ("pkg/auth_test.go", Role::Test),
            ("src/login.spec.ts", Role::Test),
            ("src/main/LoginTest.java", Role::Test),
            ("src/Contest.cs", Role::Product),
            ("docs/setup.md", Role::Example),
            (".env.example", Role::Example),
            ("config.sample.php", Role::Example),
            ("README.md", Role::Example),
        ] {
            assert_eq!(Role::of(path), role, "{path}");
        }
    }
}
