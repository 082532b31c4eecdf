//! All objects of a repository: those in packs and those in files of their own, its own and those
//! that it borrows.

use super::alternates;
use super::delta::{self, DeltaError, LARGEST};
use super::forest::Forest;
use super::loose::{Loose, LooseFile, parse_header};
use super::pack::Pack;
use crate::blob::Copied;
use crate::coverage::Skip;
use flate2::bufread::ZlibDecoder;
use gix_hash::{ObjectId, oid};
use gix_pack::data::entry::Header;
use libdeflater::{DecompressionError, Decompressor};
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// An object of a [`Store`]: those of the packs come first, one pack after another, in the order of
/// their ids each, then the loose ones in the order of their ids. An object that is stored twice
/// has two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectNumber(pub u32);

/// What an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The content of a file.
    Blob,
    /// A folder.
    Tree,
    /// A commit.
    Commit,
    /// An annotated tag.
    Tag,
}

/// Why an object cannot be read.
#[derive(Debug, Error)]
pub enum ObjectError {
    /// The pack has no entry where the index says, or none that is known.
    #[error("its entry in the pack is damaged")]
    Header,
    /// It is stored as a delta of an object that the repository does not have.
    #[error("it is stored as a difference from {0}, which is missing")]
    Missing(ObjectId),
    /// It is stored as a delta of something that is no entry of the pack.
    #[error("it is stored as a difference from what is no object")]
    Base,
    /// It is stored as a delta of itself, by way of others.
    #[error("it is stored as a difference from itself")]
    Cycle,
    /// Its compressed data are flawed.
    #[error("its compressed data are damaged")]
    Inflate,
    /// It is longer or shorter than its header says.
    #[error("it has another size than its header says")]
    Size,
    /// Its delta is flawed.
    #[error(transparent)]
    Delta(#[from] DeltaError),
    /// Its file cannot be read, or it is read as a stream and that broke off.
    #[error("it cannot be read: {0}")]
    Io(#[from] io::Error),
}

/// All objects of a repository.
pub struct Store {
    /// What could not be opened: packs, loose objects, and object directories.
    pub skipped: Vec<Skip>,
    packs: Vec<Pack>,
    /// The number of the first object of each pack, and of the first loose object.
    firsts: Vec<u32>,
    loose: Loose,
    pub(super) forest: Forest,
}

/// An object by its place: a position in a pack, or the index of a loose object.
#[derive(Clone, Copy)]
enum Place<'a> {
    Packed(&'a Pack, u32),
    Loose(u32),
}

/// How an object is stored.
pub(super) enum Link {
    /// In whole, with this kind and size in bytes.
    Whole(Kind, u64),
    /// As a delta of the object at this node.
    Delta(u32),
}

impl Store {
    /// Opens what is below `objects` in the folder that all work trees of a repository share
    /// (mostly `.git`), and what that borrows. Nothing of it is fatal: see [`Store::skipped`].
    #[must_use]
    pub fn open(common_dir: &Path) -> Self {
        let mut skipped = Vec::new();
        let directories = alternates::directories(common_dir.join("objects"), &mut skipped);
        let mut packs = Vec::new();
        let mut firsts = vec![0_u32];
        for path in pack_paths(&directories, &mut skipped) {
            let first = firsts[packs.len()];
            match Pack::open(&path) {
                // The last numbers are kept free, see `forest`.
                Ok(pack) if pack.len() < (u32::MAX >> 1) - first => {
                    firsts.push(first + pack.len());
                    packs.push(pack);
                }
                Ok(_) => skipped.push(Skip {
                    path: path.display().to_string(),
                    reason: "is one object too many for blurt".to_owned(),
                    mend: None,
                }),
                Err(why) => skipped.push(damaged(&path, format!("cannot be read: {why}"))),
            }
        }
        let loose = Loose::open(directories, &mut skipped);
        let mut store = Self { skipped, packs, firsts, loose, forest: Forest::default() };
        store.forest = Forest::grow(&store);
        store
    }

    /// How many objects there are, those that are stored twice counted twice.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.firsts[self.packs.len()] + self.loose.len()
    }

    /// Whether there are no objects.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The size of all packs together in bytes.
    #[must_use]
    pub fn packed_bytes(&self) -> u64 {
        self.packs.iter().map(Pack::bytes).sum()
    }

    /// The first object with this id.
    #[must_use]
    pub fn find(&self, id: &oid) -> Option<ObjectNumber> {
        for (pack, first) in self.packs.iter().zip(&self.firsts) {
            if let Some(index) = pack.find(id) {
                return Some(ObjectNumber(first + index));
            }
        }
        self.loose.find(id).map(|index| ObjectNumber(self.firsts[self.packs.len()] + index))
    }

    /// The id of an object.
    ///
    /// # Panics
    ///
    /// Like all methods that take a number: when it is not one of this store.
    #[must_use]
    pub fn id(&self, object: ObjectNumber) -> ObjectId {
        match self.place(object.0) {
            Place::Packed(pack, index) => pack.id(index).to_owned(),
            Place::Loose(index) => self.loose.get(index).id,
        }
    }

    /// What an object is. One where that cannot be told counts as a blob, so that a walk over
    /// the blobs names it.
    #[must_use]
    pub fn kind(&self, object: ObjectNumber) -> Kind {
        self.forest.kind(self.node(object))
    }

    /// Whether there is the same object with a smaller number.
    #[must_use]
    pub fn is_duplicate(&self, object: ObjectNumber) -> bool {
        self.may_repeat() && self.find(&self.id(object)).is_some_and(|first| first < object)
    }

    /// Whether an object may be stored twice.
    pub(super) fn may_repeat(&self) -> bool {
        self.packs.len() > 1 || self.loose.len() > 0
    }

    /// Reads an object, with all that it is stored as a delta of.
    ///
    /// # Errors
    ///
    /// When it, or what it is stored as a delta of, is damaged or missing, or takes more than
    /// [`LARGEST`] bytes.
    pub fn read(&self, object: ObjectNumber) -> Result<(Kind, Vec<u8>), ObjectError> {
        let mut node = self.node(object);
        let mut deltas = Vec::new();
        let kind = loop {
            match self.link(node)? {
                Link::Whole(kind, _) => break kind,
                Link::Delta(_) if deltas.len() == self.len() as usize => {
                    return Err(ObjectError::Cycle);
                }
                Link::Delta(base) => {
                    deltas.push(node);
                    node = base;
                }
            }
        };
        let mut decoder = Decoder::new();
        let (mut bytes, mut next) = (Vec::new(), Vec::new());
        decoder.whole(self, node, &mut bytes)?;
        for node in deltas.into_iter().rev() {
            decoder.delta(self, node, &bytes, &mut next)?;
            std::mem::swap(&mut bytes, &mut next);
        }
        Ok((kind, bytes))
    }

    /// The pack that a number or a node is of, as both are in the order of the packs, and which of
    /// the pack's it is.
    fn place(&self, number: u32) -> Place<'_> {
        let pack = self.firsts.partition_point(|&first| first <= number) - 1;
        let within = number - self.firsts[pack];
        self.packs.get(pack).map_or(Place::Loose(within), |pack| Place::Packed(pack, within))
    }

    /// The node of an object: packs one after another in the order of their places, then the loose
    /// objects.
    pub(super) fn node(&self, object: ObjectNumber) -> u32 {
        match self.place(object.0) {
            Place::Packed(pack, index) => object.0 - index + pack.position(index),
            Place::Loose(_) => object.0,
        }
    }

    /// The object of a node.
    pub(super) fn object(&self, node: u32) -> ObjectNumber {
        match self.place(node) {
            Place::Packed(pack, position) => {
                ObjectNumber(node - position + pack.index_at(position))
            }
            Place::Loose(_) => ObjectNumber(node),
        }
    }

    /// How the object of a node is stored.
    pub(super) fn link(&self, node: u32) -> Result<Link, ObjectError> {
        let (pack, position) = match self.place(node) {
            Place::Packed(pack, position) => (pack, position),
            Place::Loose(index) => {
                let file = self.loose.get(index);
                return Ok(Link::Whole(file.kind, file.size));
            }
        };
        let (entry, _) = pack.entry(position)?;
        let size = entry.decompressed_size;
        let first = node - position;
        Ok(match entry.header {
            Header::Blob => Link::Whole(Kind::Blob, size),
            Header::Tree => Link::Whole(Kind::Tree, size),
            Header::Commit => Link::Whole(Kind::Commit, size),
            Header::Tag => Link::Whole(Kind::Tag, size),
            Header::OfsDelta { base_distance } => {
                let base = pack.before(position, base_distance);
                Link::Delta(first + base.ok_or(ObjectError::Base)?)
            }
            Header::RefDelta { base_id } => Link::Delta(match pack.find(&base_id) {
                Some(index) => first + pack.position(index),
                None => self.node(self.find(&base_id).ok_or(ObjectError::Missing(base_id))?),
            }),
        })
    }

    /// A reader of the content of an object that is stored in whole and has `size` bytes.
    pub(super) fn stream(&self, node: u32, size: u64) -> Result<impl Read, ObjectError> {
        let (source, header): (Box<dyn io::BufRead + '_>, u8) = match self.place(node) {
            Place::Packed(pack, position) => (Box::new(pack.entry(position)?.1), 0),
            Place::Loose(index) => {
                let file = File::open(self.loose.path(index))?;
                (Box::new(BufReader::new(file)), self.loose.get(index).header)
            }
        };
        let mut inflated = ZlibDecoder::new(source);
        io::copy(&mut inflated.by_ref().take(header.into()), &mut io::sink())?;
        Ok(Exact { inner: inflated, left: size })
    }
}

/// Fails when there are more or fewer bytes than there should be.
struct Exact<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Exact<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let ended = count == 0 && !buffer.is_empty();
        if count as u64 > self.left || ended && self.left > 0 {
            return Err(io::Error::new(io::ErrorKind::InvalidData, ObjectError::Size));
        }
        self.left -= count as u64;
        Ok(count)
    }
}

/// Reads objects into buffers that are used again and again.
pub(super) struct Decoder {
    zlib: Decompressor,
    /// What an object is inflated from or made by: a loose file, or a delta.
    scratch: Vec<u8>,
    /// What the last delta copies.
    pub(super) copies: Vec<Copied>,
}

impl Decoder {
    pub(super) fn new() -> Self {
        Self { zlib: Decompressor::new(), scratch: Vec::new(), copies: Vec::new() }
    }

    /// Reads the object of a node that is stored in whole.
    pub(super) fn whole(
        &mut self,
        store: &Store,
        node: u32,
        out: &mut Vec<u8>,
    ) -> Result<(), ObjectError> {
        match store.place(node) {
            Place::Packed(pack, position) => {
                let (entry, data) = pack.entry(position)?;
                inflate(&mut self.zlib, data, entry.decompressed_size, out)
            }
            Place::Loose(index) => {
                let file = store.loose.get(index);
                self.loose(&store.loose.path(index), file, out)
            }
        }
    }

    fn loose(
        &mut self,
        path: &Path,
        file: &LooseFile,
        out: &mut Vec<u8>,
    ) -> Result<(), ObjectError> {
        self.scratch.clear();
        File::open(path)?.read_to_end(&mut self.scratch)?;
        let size = file.size.saturating_add(file.header.into());
        inflate(&mut self.zlib, &self.scratch, size, out)?;
        if parse_header(out) != Some((file.kind, file.size, file.header)) {
            return Err(ObjectError::Header);
        }
        out.drain(..usize::from(file.header));
        Ok(())
    }

    /// Reads the object of a node that is stored as a delta of `base`.
    pub(super) fn delta(
        &mut self,
        store: &Store,
        node: u32,
        base: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), ObjectError> {
        let Place::Packed(pack, position) = store.place(node) else {
            return Err(ObjectError::Header);
        };
        let (entry, data) = pack.entry(position)?;
        inflate(&mut self.zlib, data, entry.decompressed_size, &mut self.scratch)?;
        Ok(delta::apply(base, &self.scratch, out, &mut self.copies)?)
    }
}

/// Inflates `data`, which must give `size` bytes.
fn inflate(
    zlib: &mut Decompressor,
    data: &[u8],
    size: u64,
    out: &mut Vec<u8>,
) -> Result<(), ObjectError> {
    // Deflate needs two bits for 258 bytes at least. A greater claim must not cost memory.
    if size / 1032 > data.len() as u64 {
        return Err(ObjectError::Size);
    }
    if size > LARGEST {
        return Err(DeltaError::TooLarge(size).into());
    }
    let size = size as usize;
    if out.capacity() < size {
        *out = vec![0; size];
    } else {
        out.resize(size, 0);
    }
    match zlib.zlib_decompress(data, out) {
        Ok(length) if length == size => Ok(()),
        Ok(_) | Err(DecompressionError::InsufficientSpace) => Err(ObjectError::Size),
        Err(DecompressionError::BadData) => Err(ObjectError::Inflate),
    }
}

/// The packs that have an index, sorted by their names.
fn pack_paths(directories: &[PathBuf], skipped: &mut Vec<Skip>) -> Vec<PathBuf> {
    let mut complete = Vec::new();
    for directory in directories {
        let folder = directory.join("pack");
        let listed = fs::read_dir(&folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let files: BTreeSet<PathBuf> = match listed {
            Ok(entries) => entries.iter().map(fs::DirEntry::path).collect(),
            Err(e) if e.kind() == io::ErrorKind::NotFound => continue,
            Err(e) => {
                skipped.push(unreadable(&folder, &e));
                continue;
            }
        };
        for path in &files {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            match path.extension().and_then(OsStr::to_str) {
                // Git writes packs to such files before it gives them a name.
                _ if name.starts_with("tmp_") => {}
                Some("pack") if files.contains(&path.with_extension("idx")) => {
                    complete.push(path.clone());
                }
                Some("pack") => skipped.push(Skip {
                    path: path.display().to_string(),
                    reason: "is a pack without an index".to_owned(),
                    mend: Some(format!("run `git index-pack {}`", path.display())),
                }),
                Some("idx") if !files.contains(&path.with_extension("pack")) => {
                    skipped.push(damaged(path, "is the index of a pack that is missing".into()));
                }
                _ => {}
            }
        }
    }
    complete.sort_by(|a, b| a.file_name().cmp(&b.file_name()));
    complete
}

/// A file or folder that the system does not let us read.
pub(super) fn unreadable(path: &Path, error: &io::Error) -> Skip {
    let name = path.display().to_string();
    let (reason, mend) = match error.kind() {
        io::ErrorKind::NotFound => ("does not exist".to_owned(), None),
        io::ErrorKind::PermissionDenied => (
            "may not be read (permission denied)".to_owned(),
            Some(format!("run blurt as a user who may read {name}")),
        ),
        _ => (format!("cannot be read: {error}"), None),
    };
    Skip { path: name, reason, mend }
}

/// A file of the object store that does not hold what it should.
pub(super) fn damaged(path: &Path, reason: String) -> Skip {
    let mend = "run `git fsck --full`, and fetch what it misses from another clone";
    Skip { path: path.display().to_string(), reason, mend: Some(mend.to_owned()) }
}
