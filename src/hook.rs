//! Git hooks: the scripts that ask blurt before a commit, a push or its acceptance, and what they
//! ask it to look at.
//!
//! - `script` writes the script,
//! - `folder` puts it into the hooks folder of a repository and takes it out again,
//! - `manager` knows the programs that write hooks themselves,
//! - `update` reads the lines that git gives to a hook,
//! - `target` makes of them what is to be scanned.
//!
//! Documentation: <https://git-scm.com/docs/githooks>.

mod folder;
mod manager;
mod script;
mod target;
mod update;

pub use folder::{Folder, Installed, Uninstalled};
pub use manager::Manager;
pub use target::{Framework, Target};
pub use update::Update;

use std::io;
use std::path::{Path, PathBuf};

/// A moment at which git asks whether it may go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hook {
    /// Before a commit is made.
    PreCommit,
    /// Before commits are sent to a remote.
    PrePush,
    /// Before a server takes in what was sent to it.
    PreReceive,
}

impl Hook {
    /// All hooks that blurt can be asked by.
    pub const ALL: [Self; 3] = [Self::PreCommit, Self::PrePush, Self::PreReceive];

    /// The hook of that name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|hook| hook.name() == name)
    }

    /// Its name, which is that of its file.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::PreCommit => "pre-commit",
            Self::PrePush => "pre-push",
            Self::PreReceive => "pre-receive",
        }
    }

    /// Whether git tells it on standard input what is to happen.
    fn reads_input(self) -> bool {
        self != Self::PreCommit
    }

    /// What it lets happen or stops.
    fn subject(self) -> &'static str {
        match self {
            Self::PreCommit => "commit",
            Self::PrePush | Self::PreReceive => "push",
        }
    }

    /// How somebody who knows better goes past it.
    #[must_use]
    pub fn bypass(self) -> &'static str {
        match self {
            Self::PreCommit => "git commit --no-verify",
            Self::PrePush => "git push --no-verify",
            Self::PreReceive => "there is none; ask who keeps this server",
        }
    }
}

/// Why a hook cannot be installed, taken out or answered.
#[derive(Debug, thiserror::Error)]
pub enum HookError {
    /// Git cannot tell what is asked for.
    #[error("{}", .0.message())]
    Git(#[from] git2::Error),
    /// There is no global hooks folder.
    #[error(
        "git has no hooks folder for all repositories; set one: \
         git config --global core.hooksPath '~/.config/git/hooks'"
    )]
    NoGlobalFolder,
    /// The global hooks folder is another one in each repository.
    #[error(
        "{}: this core.hooksPath is relative, so it names another folder in each repository; \
         run this in a repository, without --global", .0.display()
    )]
    RelativeGlobalFolder(PathBuf),
    /// Git looks for hooks in something that cannot hold any.
    #[error("core.hooksPath is `{}`, which is no folder: git runs no hook", .0.display())]
    NoFolder(PathBuf),
    /// Something is in the way that is no file.
    #[error("{}: is a folder; take it away first", .0.display())]
    InTheWay(PathBuf),
    /// A program that writes hooks wrote this one, and would overwrite or miss ours.
    #[error("{}: belongs to {manager}, and stays as it is; {}", path.display(), manager.advice(*hook))]
    Managed {
        /// The hook's file.
        path: PathBuf,
        /// Who wrote it.
        manager: Manager,
        /// Which hook it is.
        hook: Hook,
    },
    /// Two earlier hooks: one that was put aside, and one that came after it.
    #[error(
        "{}: is not blurt's, and an earlier hook is kept as {} already; \
         join the two in one file, take the other away, and install again",
        path.display(), earlier.display()
    )]
    Occupied {
        /// The hook's file.
        path: PathBuf,
        /// The file under which an earlier hook is kept.
        earlier: PathBuf,
    },
    /// A file cannot be read, written or renamed.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Standard input is not what git gives to this hook.
    #[error("line {line} of standard input is not `{form}`, as git gives it to this hook")]
    Input {
        /// 1-based line.
        line: usize,
        /// What it should be.
        form: &'static str,
    },
}

impl HookError {
    /// What goes wrong with the file at `path`.
    fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::File { path: path.to_owned(), source }
    }
}
