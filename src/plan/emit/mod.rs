//! A plan as files for the tools that carry it out: one file an emitter, registered in `EMITTERS`. No file
//! holds a value: the infrastructure is made without any, and a script takes them from where they stand.

mod cksum;
mod cloudformation;
mod import_script;
mod locate;
mod names;
mod terraform;

pub use locate::Sources;

use super::Plan;
use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// What makes files of a plan.
pub trait Emitter: Sync {
    /// What the command line calls it.
    fn name(&self) -> &'static str;

    /// The files for `plan`. `sources` are the files that its secrets stand in; who needs none of them takes
    /// `None`.
    ///
    /// # Errors
    ///
    /// When there is nothing to make, or it cannot be made.
    fn files(&self, plan: &Plan, sources: Option<&Sources>) -> Result<Vec<OutputFile>, EmitError>;
}

/// All emitters. A new one is added here.
pub static EMITTERS: &[&dyn Emitter] =
    &[&terraform::Terraform, &cloudformation::CloudFormation, &import_script::ImportScript];

/// The emitter of that name.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static dyn Emitter> {
    EMITTERS.iter().copied().find(|emitter| emitter.name() == name)
}

/// A file to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputFile {
    /// Its name in the folder.
    pub path: &'static str,
    /// Its content, which holds no value of a secret.
    pub text: String,
    /// Whether it is a script.
    pub executable: bool,
}

impl OutputFile {
    fn text(path: &'static str, text: String) -> Self {
        Self { path, text, executable: false }
    }
}

/// Why there are no files.
#[derive(Debug, Error)]
pub enum EmitError {
    /// The plan moves nothing to a store that the emitter knows.
    #[error("the plan moves no secret to a store that {0} could fill")]
    Nothing(&'static str),
    /// The emitter looks for the values in files, and was given none.
    #[error("{0} needs the files that the secrets stand in")]
    NoSources(&'static str),
    /// The tool takes no more than so many.
    #[error(
        "a CloudFormation template takes {most} resources, and these secrets need {needed}: \
         take terraform, or plan one folder after another"
    )]
    TooMany {
        /// How many resources there would be.
        needed: usize,
        /// How many there may be.
        most: usize,
    },
    /// A file of that name has another content.
    #[error("{} is there already, with other content; --force replaces it", .0.display())]
    Exists(PathBuf),
    /// A file cannot be read or written.
    #[error("{}: {cause}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What went wrong.
        cause: io::Error,
    },
}

/// Writes `files` into the folder `dir`, which is made if it is not there: scripts with mode 0700, others
/// with 0644. A file that is there with other content is only replaced with `force`.
///
/// # Errors
///
/// When a file is there that may not be replaced; then none is written. When one cannot be written.
pub fn write(files: &[OutputFile], dir: &Path, force: bool) -> Result<(), EmitError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |cause| EmitError::Io { path, cause }
    };
    fs::create_dir_all(dir).map_err(failed(dir))?;
    for file in files.iter().filter(|_| !force) {
        let path = dir.join(file.path);
        match fs::read(&path) {
            Ok(there) if there != file.text.as_bytes() => return Err(EmitError::Exists(path)),
            Err(e) if e.kind() != ErrorKind::NotFound => return Err(failed(&path)(e)),
            Ok(_) | Err(_) => {}
        }
    }
    for file in files {
        let path = dir.join(file.path);
        replace(&path, file).map_err(failed(&path))?;
    }
    Ok(())
}

/// Writes a file anew: one that is there may have another mode, or be a link to somewhere else.
fn replace(path: &Path, file: &OutputFile) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != ErrorKind::NotFound => return Err(e),
        Ok(()) | Err(_) => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    let mode = if file.executable { 0o700 } else { 0o644 };
    with_mode(&mut options, mode).open(path)?.write_all(file.text.as_bytes())
}

#[cfg(unix)]
fn with_mode(options: &mut OpenOptions, mode: u32) -> &mut OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    options.mode(mode)
}

#[cfg(not(unix))]
fn with_mode(options: &mut OpenOptions, _: u32) -> &mut OpenOptions {
    options
}
