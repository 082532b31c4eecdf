//! Objects that are files of their own: a zlib stream of kind, size, a zero byte and the content.

use super::pack::{Fan, id_of_hex};
use super::store::{Kind, damaged, unreadable};
use crate::coverage::Skip;
use flate2::{Decompress, FlushDecompress};
use gix_hash::{ObjectId, oid};
use rayon::prelude::*;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// All loose objects, sorted by id, each once.
#[derive(Default)]
pub(super) struct Loose {
    directories: Vec<PathBuf>,
    files: Vec<LooseFile>,
    fan: Fan,
}

/// A loose object.
#[derive(Clone, Copy)]
pub(super) struct LooseFile {
    pub(super) id: ObjectId,
    pub(super) kind: Kind,
    /// The size of the content in bytes.
    pub(super) size: u64,
    /// The size of what comes before the content.
    pub(super) header: u8,
    /// The number of the object directory that it is in.
    directory: u16,
}

impl Loose {
    /// Looks for loose objects in the object directories.
    pub(super) fn open(directories: Vec<PathBuf>, skipped: &mut Vec<Skip>) -> Self {
        let mut files = Vec::new();
        for (number, directory) in directories.iter().enumerate() {
            let found = (0..=u8::MAX).into_par_iter().map(|prefix| {
                let mut found = Found::default();
                found.look(directory, prefix, number as u16);
                found
            });
            for mut found in found.collect::<Vec<_>>() {
                files.append(&mut found.files);
                skipped.append(&mut found.skipped);
            }
        }
        files.sort_by_key(|file| file.id);
        files.dedup_by_key(|file| file.id);
        let fan = Fan::new(files.len() as u32, |n| &files[n as usize].id);
        Self { directories, files, fan }
    }

    /// How many there are.
    pub(super) fn len(&self) -> u32 {
        self.files.len() as u32
    }

    /// The one at `index`.
    pub(super) fn get(&self, index: u32) -> &LooseFile {
        &self.files[index as usize]
    }

    /// The index of the object `id`.
    pub(super) fn find(&self, id: &oid) -> Option<u32> {
        self.fan.find(id, |n| &self.files[n as usize].id)
    }

    /// The file of the object at `index`.
    pub(super) fn path(&self, index: u32) -> PathBuf {
        let file = self.get(index);
        let hex = file.id.to_string();
        self.directories[usize::from(file.directory)].join(&hex[..2]).join(&hex[2..])
    }
}

/// What one of the 256 folders of an object directory holds.
#[derive(Default)]
struct Found {
    files: Vec<LooseFile>,
    skipped: Vec<Skip>,
}

impl Found {
    fn look(&mut self, directory: &Path, prefix: u8, number: u16) {
        let folder = directory.join(format!("{prefix:02x}"));
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return,
            Err(e) => return self.skipped.push(unreadable(&folder, &e)),
        };
        let mut zlib = Decompress::new(true);
        for entry in entries {
            let entry = match entry {
                Ok(entry) => entry,
                Err(e) => return self.skipped.push(unreadable(&folder, &e)),
            };
            // Others are temporary files.
            let name = entry.file_name();
            let id = name.to_str().and_then(|name| id_of_hex(prefix, name));
            let Some(id) = id else { continue };
            match read_header(&entry.path(), &mut zlib) {
                Ok(Some((kind, size, header))) => {
                    self.files.push(LooseFile { id, kind, size, header, directory: number });
                }
                Ok(None) => {
                    self.skipped.push(damaged(&entry.path(), "is no valid object".to_owned()));
                }
                Err(e) => self.skipped.push(unreadable(&entry.path(), &e)),
            }
        }
    }
}

/// Kind and size of an object, and the size of its header.
fn read_header(path: &Path, zlib: &mut Decompress) -> io::Result<Option<(Kind, u64, u8)>> {
    // The tables before the first inflated byte take a few hundred bytes.
    let mut start = Vec::with_capacity(1024);
    File::open(path)?.take(1024).read_to_end(&mut start)?;
    let mut inflated = [0; 32];
    zlib.reset(true);
    if zlib.decompress(&start, &mut inflated, FlushDecompress::None).is_err() {
        return Ok(None);
    }
    Ok(parse_header(&inflated[..zlib.total_out() as usize]))
}

/// Parses a header such as `blob 12\0`.
pub(in crate::source) fn parse_header(start: &[u8]) -> Option<(Kind, u64, u8)> {
    let end = start.iter().take(32).position(|&byte| byte == 0)?;
    let (kind, size) = std::str::from_utf8(&start[..end]).ok()?.split_once(' ')?;
    let kind = match kind {
        "blob" => Kind::Blob,
        "tree" => Kind::Tree,
        "commit" => Kind::Commit,
        "tag" => Kind::Tag,
        _ => return None,
    };
    Some((kind, size.parse().ok()?, end as u8 + 1))
}
