//! The hooks folder of a repository: puts our scripts into it and takes them out again. A hook of
//! somebody else is kept beside ours, which runs it first.

use super::script::{is_ours, script};
use super::{Hook, HookError, Manager};
use git2::{Config, ConfigLevel, Repository};
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// Bytes of a foreign hook in which a manager is looked for.
const LOOKED_AT: u64 = 64 * 1024;

/// A folder in which git looks for hooks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// Where it is.
    pub path: PathBuf,
    /// Whether the hooks in it work for all repositories of the user.
    pub shared: bool,
}

/// What became of a hook that was to be installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Installed {
    /// It is there now, and runs the earlier hook first if there is one.
    New {
        /// The hook's file.
        path: PathBuf,
        /// The file under which the earlier hook is kept.
        earlier: Option<PathBuf>,
    },
    /// It replaces one of another version of blurt or of another place.
    Renewed(PathBuf),
    /// It was there already.
    Unchanged(PathBuf),
}

/// What became of a hook that was to be taken out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Uninstalled {
    /// It is gone.
    Removed(PathBuf),
    /// It is gone, and the earlier hook is back in its place.
    Restored(PathBuf),
    /// A hook of somebody else is there, and stays.
    Foreign(PathBuf),
    /// There is none.
    Absent(PathBuf),
}

/// What stands under the name of a hook.
enum Occupant {
    Nobody,
    Blurt { script: Vec<u8>, executable: bool },
    Manager(Manager),
    Somebody,
}

impl Folder {
    /// The folder in which git looks for the hooks of `repository`: `core.hooksPath`, or `hooks` in
    /// the folder that all working trees share.
    ///
    /// # Errors
    ///
    /// When `core.hooksPath` cannot be read or names no folder.
    pub fn of(repository: &Repository) -> Result<Self, HookError> {
        let config = repository.config()?.snapshot()?;
        let Some((path, level)) = hooks_path(&config)? else {
            return Ok(Self { path: repository.commondir().join("hooks"), shared: false });
        };
        let own = matches!(level, ConfigLevel::Local | ConfigLevel::Worktree);
        // https://git-scm.com/docs/git-config#Documentation/git-config.txt-corehooksPath: relative to
        // where hooks run, which is the root of the working tree, or the git folder of a bare one.
        let root = repository.workdir().unwrap_or_else(|| repository.path());
        Self { shared: !own && path.is_absolute(), path: root.join(path) }.checked()
    }

    /// The folder in which git looks for the hooks of all repositories.
    ///
    /// # Errors
    ///
    /// When the user's configuration names none.
    pub fn global() -> Result<Self, HookError> {
        // https://git-scm.com/docs/git-config#Documentation/git-config.txt-GITCONFIGGLOBAL
        let config = match std::env::var_os("GIT_CONFIG_GLOBAL") {
            Some(file) => Config::open(Path::new(&file))?,
            None => Config::open_default()?,
        };
        let (path, _) = hooks_path(&config)?.ok_or(HookError::NoGlobalFolder)?;
        if path.is_relative() {
            return Err(HookError::RelativeGlobalFolder(path));
        }
        Self { path, shared: true }.checked()
    }

    fn checked(self) -> Result<Self, HookError> {
        if self.path.as_os_str().is_empty() || (self.path.exists() && !self.path.is_dir()) {
            return Err(HookError::NoFolder(self.path));
        }
        Ok(self)
    }

    /// Installs `hooks`, which call the program at `blurt`. All or none: nothing changes before all
    /// scripts are written.
    ///
    /// # Errors
    ///
    /// When another program keeps a hook, when there is no place to keep an earlier one in, or when a
    /// file cannot be written. What was there is still there then.
    pub fn install(&self, hooks: &[Hook], blurt: &Path) -> Result<Vec<Installed>, HookError> {
        let steps = hooks.iter().map(|hook| self.prepare(*hook, blurt));
        let steps = steps.collect::<Result<Vec<_>, _>>()?;
        steps.into_iter().map(Step::take).collect()
    }

    /// Takes `hook` out, if it is ours, and puts the earlier hook back.
    ///
    /// # Errors
    ///
    /// When a file cannot be read, renamed or removed.
    pub fn uninstall(&self, hook: Hook) -> Result<Uninstalled, HookError> {
        let (path, occupant) = self.slot(hook)?;
        let earlier = self.earlier(hook);
        let kept = earlier.symlink_metadata().is_ok();
        match occupant {
            Occupant::Manager(_) | Occupant::Somebody => Ok(Uninstalled::Foreign(path)),
            Occupant::Blurt { .. } | Occupant::Nobody if kept => {
                fs::rename(&earlier, &path).map_err(HookError::file(&earlier))?;
                Ok(Uninstalled::Restored(path))
            }
            Occupant::Blurt { .. } => {
                fs::remove_file(&path).map_err(HookError::file(&path))?;
                Ok(Uninstalled::Removed(path))
            }
            Occupant::Nobody => Ok(Uninstalled::Absent(path)),
        }
    }

    /// Writes the script that `hook` needs, beside the place where it belongs.
    fn prepare(&self, hook: Hook, blurt: &Path) -> Result<Step, HookError> {
        if let Some(manager) = Manager::of_folder(&self.path) {
            return Err(HookError::Managed { path: self.path.join(hook.name()), manager, hook });
        }
        let (path, occupant) = self.slot(hook)?;
        let earlier = self.earlier(hook);
        let kept = earlier.symlink_metadata().is_ok();
        let script = script(hook, blurt);
        let change = match occupant {
            Occupant::Manager(manager) => {
                return Err(HookError::Managed { path, manager, hook });
            }
            Occupant::Somebody if kept => return Err(HookError::Occupied { path, earlier }),
            Occupant::Somebody => Change::Chain(earlier),
            Occupant::Blurt { script: old, executable: true } if old == script => {
                return Ok(Step::Nothing(path));
            }
            Occupant::Blurt { .. } => Change::Renew,
            Occupant::Nobody => Change::Fill(kept.then_some(earlier)),
        };
        fs::create_dir_all(&self.path).map_err(HookError::file(&self.path))?;
        let draft = Draft::write(&path, &script).map_err(HookError::file(&path))?;
        Ok(Step::Write { draft, path, change })
    }

    /// The file in which our script stands or would stand, and what is there.
    fn slot(&self, hook: Hook) -> Result<(PathBuf, Occupant), HookError> {
        let path = self.path.join(hook.name());
        let occupant = Occupant::of(&path)?;
        if let Occupant::Manager(Manager::PreCommit) = occupant {
            // `pre-commit install` moves the hook that it finds here, and runs it first:
            // https://pre-commit.com/#running-in-migration-mode
            let legacy = self.path.join(format!("{}.legacy", hook.name()));
            let moved = Occupant::of(&legacy)?;
            if let Occupant::Blurt { .. } = moved {
                return Ok((legacy, moved));
            }
        }
        Ok((path, occupant))
    }

    /// The file under which the hook of somebody else is kept.
    fn earlier(&self, hook: Hook) -> PathBuf {
        self.path.join(format!("{}.before-blurt", hook.name()))
    }
}

/// `core.hooksPath`, with `~` expanded, and which configuration says so.
fn hooks_path(config: &Config) -> Result<Option<(PathBuf, ConfigLevel)>, HookError> {
    let level = match config.get_entry("core.hooksPath") {
        Ok(entry) => entry.level(),
        Err(e) if e.code() == git2::ErrorCode::NotFound => return Ok(None),
        Err(e) => return Err(e.into()),
    };
    let path = config.get_path("core.hooksPath")?;
    if path.as_os_str().is_empty() {
        return Err(HookError::NoFolder(path));
    }
    Ok(Some((path, level)))
}

impl Occupant {
    fn of(path: &Path) -> Result<Self, HookError> {
        match path.symlink_metadata() {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Self::Nobody),
            Err(e) => return Err(HookError::file(path)(e)),
            Ok(metadata) if metadata.is_dir() => return Err(HookError::InTheWay(path.to_owned())),
            Ok(_) => {}
        }
        // A link may lead nowhere; it is somebody's all the same.
        let Some(metadata) = path.metadata().ok().filter(fs::Metadata::is_file) else {
            return Ok(Self::Somebody);
        };
        let mut content = Vec::new();
        let file = File::open(path).map_err(HookError::file(path))?;
        file.take(LOOKED_AT).read_to_end(&mut content).map_err(HookError::file(path))?;
        Ok(if is_ours(&content) {
            Self::Blurt { script: content, executable: is_executable(&metadata) }
        } else {
            Manager::of_hook(&content).map_or(Self::Somebody, Self::Manager)
        })
    }
}

#[cfg(unix)]
fn is_executable(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o100 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &fs::Metadata) -> bool {
    true
}

/// What is to be done for one hook.
enum Step {
    Nothing(PathBuf),
    Write { draft: Draft, path: PathBuf, change: Change },
}

/// What a new script does to what was there.
enum Change {
    /// Takes an empty place, and runs the hook that was kept earlier.
    Fill(Option<PathBuf>),
    /// Replaces one of ours.
    Renew,
    /// Puts the hook of somebody else aside, under this name.
    Chain(PathBuf),
}

impl Step {
    fn take(self) -> Result<Installed, HookError> {
        let (draft, path, change) = match self {
            Self::Nothing(path) => return Ok(Installed::Unchanged(path)),
            Self::Write { draft, path, change } => (draft, path, change),
        };
        if let Change::Chain(earlier) = &change {
            fs::rename(&path, earlier).map_err(HookError::file(&path))?;
        }
        if let Err(e) = draft.rename(&path) {
            if let Change::Chain(earlier) = &change {
                fs::rename(earlier, &path).map_err(HookError::file(earlier))?;
            }
            return Err(HookError::file(&path)(e));
        }
        Ok(match change {
            Change::Renew => Installed::Renewed(path),
            Change::Fill(earlier) => Installed::New { path, earlier },
            Change::Chain(earlier) => Installed::New { path, earlier: Some(earlier) },
        })
    }
}

/// A file that is written, and not yet under its name. It goes away if it does not get it.
struct Draft(PathBuf);

impl Draft {
    /// Writes a program that is to be renamed to `target`.
    fn write(target: &Path, content: &[u8]) -> io::Result<Self> {
        let mut name = OsString::from(".");
        name.push(target.file_name().unwrap_or_default());
        name.push(format!(".{}", std::process::id()));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o755);
        let path = target.with_file_name(name);
        let mut file = options.open(&path)?;
        let draft = Self(path);
        file.write_all(content)?;
        file.sync_all()?;
        Ok(draft)
    }

    fn rename(self, target: &Path) -> io::Result<()> {
        fs::rename(&self.0, target)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // It is not there any more if it was renamed.
        let _ = fs::remove_file(&self.0);
    }
}
