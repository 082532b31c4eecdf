//! Which edits fit a file, and whether it is still read after them.

use super::language::{self, Language};
use super::rewrite::code::Code;
use super::rewrite::dockerfile::Dockerfile;
use super::rewrite::json::Overridden;
use super::rewrite::kubernetes::Kubernetes;
use super::rewrite::powershell::PowerShell;
use super::rewrite::settings::{self, Settings};
use super::rewrite::shell::Shell;
use super::rewrite::variables::Variables;
use super::rewrite::{File, Rewriter};
use crate::remedy::setting::{CiService, Language as Kind, Setting};
use crate::remedy::surroundings::Surroundings;
use bstr::ByteSlice;
use std::path::Path;

/// The way to take secrets out of a file.
///
/// # Errors
///
/// Why there is none.
pub fn rewriter(file: &File, around: &dyn Surroundings) -> Result<Box<dyn Rewriter>, &'static str> {
    let extension = file.name().rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    if RUBY.contains(&extension.as_str()) {
        return Ok(Box::new(Code(language::by_extension("rb").ok_or("Ruby is not known")?)));
    }
    if matches!(extension.as_str(), "yaml" | "yml") && file.name().starts_with("values") {
        return Ok(Box::new(Kubernetes));
    }
    let code =
        |language: Option<&'static dyn Language>| -> Result<Box<dyn Rewriter>, &'static str> {
            let language = language.ok_or("no edit is known for this language")?;
            Ok(Box::new(Code(language)))
        };
    // What runs a script knows better than its name.
    match (file.setting, interpreter(file.text)) {
        (Setting::Code(_) | Setting::Other, Some(Interpreter::Shell)) => {
            return Ok(Box::new(Shell));
        }
        (Setting::Code(_) | Setting::Other, Some(Interpreter::Language(extension))) => {
            return code(language::by_extension(extension));
        }
        _ => {}
    }
    match file.setting {
        Setting::Code(Kind::Shell) => match extension.as_str() {
            "ps1" | "psm1" => Ok(Box::new(PowerShell)),
            "bat" | "cmd" => Ok(settings(file)),
            "fish" => Err("no edit is known for this language"),
            _ => Ok(Box::new(Shell)),
        },
        Setting::Code(_) => code(language::by_extension(&extension)),
        Setting::Ci(CiService::Other("Jenkins")) => code(Some(language::of_jenkins())),
        Setting::Terraform => match extension.as_str() {
            "tf" => code(language::by_extension("tf")),
            "tfvars" => Ok(Box::new(Variables)),
            _ => Err("no edit is known for Terraform in JSON: read it from a variable"),
        },
        Setting::Kubernetes if matches!(extension.as_str(), "yml" | "yaml") => {
            Ok(Box::new(Kubernetes))
        }
        Setting::Dockerfile => Ok(Box::new(Dockerfile)),
        Setting::EnvFile => Ok(Box::new(Settings(settings::blank()))),
        Setting::Notebook => {
            Err("clear its outputs, and read the value from the environment in Jupyter")
        }
        _ if file.name().starts_with("appsettings") && extension == "json" => {
            Ok(Box::new(Overridden::ByName))
        }
        _ if extension == "json" && is_of_node(file, around) => Ok(Box::new(Overridden::ByFile)),
        _ => Ok(settings(file)),
    }
}

/// Whether the package `config` of Node reads a file: one in `config/` beside a package that depends on it.
fn is_of_node(file: &File, around: &dyn Surroundings) -> bool {
    let Some((folder, _)) = file.path.rsplit_once('/') else { return false };
    let Some(above) =
        folder.strip_suffix("config").filter(|above| above.is_empty() || above.ends_with('/'))
    else {
        return false;
    };
    let package = around.text(Path::new(&format!("{above}package.json")));
    package.is_some_and(|text| text.contains("\"config\":"))
}

/// Names and extensions of files of Ruby that are not called `.rb`.
const RUBY: [&str; 9] = [
    "gemfile",
    "rakefile",
    "podfile",
    "fastfile",
    "vagrantfile",
    "brewfile",
    "gemspec",
    "podspec",
    "ru",
];

fn settings(file: &File) -> Box<dyn Rewriter> {
    Box::new(Settings(settings::reference(file)))
}

/// What runs a script.
enum Interpreter {
    Shell,
    /// The extension of files in its language.
    Language(&'static str),
}

/// What the first line of a script says that runs it.
fn interpreter(text: &[u8]) -> Option<Interpreter> {
    let line = text.strip_prefix(b"#!")?.lines().next()?;
    let has = |word: &str| line.contains_str(word);
    Some(match () {
        () if has("python") => Interpreter::Language("py"),
        () if has("node") || has("deno") || has("bun") => Interpreter::Language("js"),
        () if has("ruby") => Interpreter::Language("rb"),
        () if has("php") => Interpreter::Language("php"),
        () if has("sh") => Interpreter::Shell,
        () => return None,
    })
}

/// Whether a file of data can be read; `None` where that is not known here.
#[must_use]
pub fn parses(path: &str, text: &[u8]) -> Option<bool> {
    let extension = path.rsplit('.').next()?;
    match extension {
        "json" => Some(serde_json::from_slice::<serde::de::IgnoredAny>(text).is_ok()),
        "toml" => Some(text.to_str().is_ok_and(|text| toml::from_str::<toml::Table>(text).is_ok())),
        _ => None,
    }
}
