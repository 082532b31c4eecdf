//! Objects of a repository by their ids.
//!
//! Loose ones are read here: libgit2 1.9 goes on for ever with a file that was cut off
//! (<https://github.com/libgit2/libgit2/issues/7342>).

use super::history::loose::parse_header;
use super::history::store::Kind;
use flate2::read::ZlibDecoder;
use git2::{ErrorCode, ObjectType, Odb, OdbObject, Oid, Repository};
use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

/// An object as it is stored, without its header.
pub(super) enum Object<'r> {
    Loose(Kind, Vec<u8>),
    Packed(OdbObject<'r>),
}

/// All objects of a repository.
pub(super) struct Objects<'r> {
    odb: Odb<'r>,
    /// Where its own loose objects are.
    folder: PathBuf,
}

impl<'r> Objects<'r> {
    pub(super) fn of(repository: &'r Repository) -> Result<Self, git2::Error> {
        Ok(Self { odb: repository.odb()?, folder: repository.commondir().join("objects") })
    }

    /// Reads an object.
    ///
    /// # Errors
    ///
    /// When it is not there, or damaged.
    pub(super) fn read(&self, id: Oid) -> Result<Object<'_>, git2::Error> {
        let hex = id.to_string();
        let file = match File::open(self.folder.join(&hex[..2]).join(&hex[2..])) {
            Ok(file) => file,
            // It is in a pack, or in a folder that this one borrows from.
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                return Ok(Object::Packed(self.odb.read(id)?));
            }
            Err(e) => return Err(damaged(&e.to_string())),
        };
        let mut bytes = Vec::new();
        ZlibDecoder::new(file).read_to_end(&mut bytes).map_err(|e| damaged(&e.to_string()))?;
        let (kind, size, header) = parse_header(&bytes).ok_or_else(|| damaged("its header"))?;
        let content = bytes.split_off(usize::from(header));
        if content.len() as u64 != size {
            return Err(damaged("it is cut off"));
        }
        Ok(Object::Loose(kind, content))
    }
}

impl Object<'_> {
    pub(super) fn kind(&self) -> ObjectType {
        match self {
            Self::Loose(Kind::Blob, _) => ObjectType::Blob,
            Self::Loose(Kind::Tree, _) => ObjectType::Tree,
            Self::Loose(Kind::Commit, _) => ObjectType::Commit,
            Self::Loose(Kind::Tag, _) => ObjectType::Tag,
            Self::Packed(object) => object.kind(),
        }
    }

    pub(super) fn into_data(self) -> Vec<u8> {
        match self {
            Self::Loose(_, content) => content,
            Self::Packed(object) => object.data().to_vec(),
        }
    }

    pub(super) fn data(&self) -> &[u8] {
        match self {
            Self::Loose(_, content) => content,
            Self::Packed(object) => object.data(),
        }
    }
}

fn damaged(why: &str) -> git2::Error {
    let text = format!("the object is damaged: {why}");
    git2::Error::new(ErrorCode::GenericError, git2::ErrorClass::Odb, text)
}
