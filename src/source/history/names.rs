//! The names in trees, each once, with what they say about the blobs that bear them.

use crate::detect::Detector;
use crate::kind::{FileKind, FileKinds};
use bstr::{BStr, BString, ByteSlice};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, PoisonError};

/// A name in a tree, by its number.
pub(super) type NameId = u32;

/// The bit of [`Roles`] that says that rules may be triggered by the name alone.
const BY_PATH: u8 = 1 << 7;
/// The bit that says that the object is a tree.
const TREE: u8 = 1 << 6;

/// All names that trees use.
pub(super) struct Names<'a> {
    detector: &'a Detector,
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    ids: HashMap<BString, NameId>,
    /// What each name says, as the bits of [`Roles`].
    roles: Vec<u8>,
    names: Vec<BString>,
}

impl<'a> Names<'a> {
    pub(super) fn new(detector: &'a Detector) -> Self {
        Self { detector, table: Mutex::default() }
    }

    /// The number of a name, and what it says about a blob.
    pub(super) fn intern(&self, name: &[u8]) -> (NameId, u8) {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(id) = table.ids.get(name.as_bstr()) {
            return (*id, table.roles[*id as usize]);
        }
        let by_path = self.detector.may_be_triggered_by(name.as_bstr());
        let kind = FileKinds::from(FileKind::of(name.as_bstr()));
        let roles = kind.bits() | if by_path { BY_PATH } else { 0 };
        let id = table.names.len() as NameId;
        table.ids.insert(name.into(), id);
        table.names.push(name.into());
        table.roles.push(roles);
        (id, roles)
    }

    /// All names, by their numbers.
    pub(super) fn into_list(self) -> Vec<BString> {
        self.table.into_inner().unwrap_or_else(PoisonError::into_inner).names
    }
}

/// The path that names make.
pub(super) fn path(names: &[BString], parts: &[NameId]) -> BString {
    let parts: Vec<&BStr> = parts.iter().map(|part| names[*part as usize].as_bstr()).collect();
    bstr::join("/", parts).into()
}

/// What the names of each object say about it.
pub(super) struct Roles(Vec<AtomicU8>);

impl Roles {
    pub(super) fn new(objects: usize) -> Self {
        Self((0..objects).map(|_| AtomicU8::new(0)).collect())
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn add(&self, object: usize, roles: u8) {
        self.0[object].fetch_or(roles, Ordering::Relaxed);
    }

    /// The kinds of files that an object is known as; text, if it has no name.
    pub(super) fn kinds(&self, object: usize) -> FileKinds {
        let kinds =
            FileKinds::from_bits(self.0[object].load(Ordering::Relaxed) & !(BY_PATH | TREE));
        if kinds.is_empty() { FileKind::Text.into() } else { kinds }
    }

    /// Notes that an object is a tree.
    pub(super) fn add_tree(&self, object: usize) {
        self.add(object, TREE);
    }

    pub(super) fn is_tree(&self, object: usize) -> bool {
        self.0[object].load(Ordering::Relaxed) & TREE != 0
    }

    /// Whether a name of the object may trigger rules.
    pub(super) fn is_by_path(&self, object: usize) -> bool {
        self.0[object].load(Ordering::Relaxed) & BY_PATH != 0
    }
}
