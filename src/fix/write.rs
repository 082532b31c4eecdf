//! Writes what edits have made, file by file: each is its old self or its new one, whatever happens.

use std::fs::{self, File, Metadata};
use std::io::{self, Write};
use std::path::Path;

/// Writes a file anew, with the permissions and the owner that it has. The new content takes the place of
/// the old at once.
///
/// # Errors
///
/// When the folder or the file cannot be written to. Then the file is as it was.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let known = fs::metadata(path).ok();
    let mut new = tempfile::Builder::new().prefix(".blurt-").tempfile_in(folder)?;
    new.write_all(content)?;
    like(new.as_file(), known.as_ref())?;
    new.as_file().sync_all()?;
    new.persist(path).map_err(|e| e.error)?;
    Ok(())
}

/// Gives a new file the permissions and the owner of the old one, or those that new files have.
#[cfg(unix)]
fn like(new: &File, known: Option<&Metadata>) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
    let Some(known) = known else {
        let mask = mask();
        return new.set_permissions(fs::Permissions::from_mode(0o666 & !mask));
    };
    let own = new.metadata()?;
    if (own.uid(), own.gid()) != (known.uid(), known.gid()) {
        fchown(new, Some(known.uid()), Some(known.gid()))?;
    }
    new.set_permissions(known.permissions())
}

#[cfg(not(unix))]
fn like(new: &File, known: Option<&Metadata>) -> io::Result<()> {
    known.map_or(Ok(()), |known| new.set_permissions(known.permissions()))
}

/// What new files are not allowed, told by one.
#[cfg(unix)]
fn mask() -> u32 {
    use std::os::unix::fs::PermissionsExt;
    let made = tempfile::tempdir().and_then(|folder| {
        let path = folder.path().join("probe");
        File::create(&path)?.metadata()
    });
    made.map_or(0o022, |metadata| 0o666 & !(metadata.permissions().mode() & 0o777))
}

/// Writes a file that only its owner can read.
///
/// # Errors
///
/// When it cannot be written.
pub fn private(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    // Temporary files are made with the mode 0600.
    let mut new =
        tempfile::Builder::new().prefix(".blurt-").tempfile_in(folder.unwrap_or(Path::new(".")))?;
    new.write_all(content)?;
    new.as_file().sync_all()?;
    new.persist(path).map_err(|e| e.error)?;
    Ok(())
}

/// Writes a file that nobody but its owner may read, not for an instant, and puts it at `path`. Its folder
/// becomes private too, and is made if it is not there.
///
/// # Errors
///
/// When that fails.
pub fn private_in_folder(path: &Path, content: &[u8]) -> io::Result<()> {
    make_private_folder(path.parent().unwrap_or(Path::new(".")))?;
    private(path, content)
}

#[cfg(unix)]
fn make_private_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
    match fs::DirBuilder::new().mode(0o700).create(folder) {
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
            fs::set_permissions(folder, fs::Permissions::from_mode(0o700))
        }
        made => made,
    }
}

#[cfg(not(unix))]
fn make_private_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}
