//! The names in trees, each once, with what they say about the blobs that bear them.

use crate::detect::{Detector, PathRules};
use crate::kind::{FileKind, FileKinds};
use bstr::{BStr, BString, ByteSlice};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

/// A name in a tree, by its number.
pub(super) type NameId = u32;

/// The lowest bits of [`Roles`] are the kinds of files; this one says that the object is a tree.
const TREE: u32 = 1 << u8::BITS;
/// The bits from here on are the rules that the name alone may trigger.
const PATH_RULES: u32 = u8::BITS + 1;
const _: () = assert!(PATH_RULES + PathRules::BITS <= u32::BITS);

/// All names that trees use.
pub(super) struct Names<'a> {
    detector: &'a Detector,
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    ids: HashMap<BString, NameId>,
    /// What each name says, as the bits of [`Roles`].
    roles: Vec<u32>,
    names: Vec<BString>,
}

impl<'a> Names<'a> {
    pub(super) fn new(detector: &'a Detector) -> Self {
        Self { detector, table: Mutex::default() }
    }

    /// The number of a name, and what it says about a blob.
    pub(super) fn intern(&self, name: &[u8]) -> (NameId, u32) {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(id) = table.ids.get(name.as_bstr()) {
            return (*id, table.roles[*id as usize]);
        }
        let rules = self.detector.triggered_by(name.as_bstr());
        let kind = FileKinds::from(FileKind::of(name.as_bstr()));
        let roles = u32::from(kind.bits()) | rules.bits() << PATH_RULES;
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
pub(super) struct Roles(Vec<AtomicU32>);

impl Roles {
    pub(super) fn new(objects: usize) -> Self {
        Self((0..objects).map(|_| AtomicU32::new(0)).collect())
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn add(&self, object: usize, roles: u32) {
        self.0[object].fetch_or(roles, Ordering::Relaxed);
    }

    /// The kinds of files that an object is known as; text, if it has no name.
    pub(super) fn kinds(&self, object: usize) -> FileKinds {
        let kinds = FileKinds::from_bits(self.0[object].load(Ordering::Relaxed) as u8);
        if kinds.is_empty() { FileKind::Text.into() } else { kinds }
    }

    /// Notes that an object is a tree.
    pub(super) fn add_tree(&self, object: usize) {
        self.add(object, TREE);
    }

    pub(super) fn is_tree(&self, object: usize) -> bool {
        self.0[object].load(Ordering::Relaxed) & TREE != 0
    }

    /// The rules that a name of the object may trigger.
    pub(super) fn path_rules(&self, object: usize) -> PathRules {
        PathRules::from_bits(self.0[object].load(Ordering::Relaxed) >> PATH_RULES)
    }
}
