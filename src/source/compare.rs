//! Two states of a repository side by side, tree or index: which files differ.
//!
//! Folders with the same tree are not looked into, which makes a comparison as fast as the differences
//! are few. Git notes in the index which of its folders are as some tree has them, and commits these
//! trees without another look; so that also holds for the index.

use super::git::object_id;
use super::index::Folder;
use super::object::{Object, Objects};
use bstr::{BStr, BString, ByteSlice};
use git2::{ObjectType, Oid, Repository};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// What differs, by path: the blobs of the file before and after.
pub(super) type Differences = BTreeMap<BString, (Option<Oid>, Option<Oid>)>;

/// A folder in one of the two states.
#[derive(Debug, Clone)]
pub(super) enum Side<'i> {
    /// It is not there.
    Nothing,
    Tree(Oid),
    Index(Folder<'i>),
}

/// What stands under a name in a folder.
#[derive(Debug, Clone)]
pub(super) enum Named<'i> {
    /// A file or a symbolic link.
    File(Oid),
    Folder(Side<'i>),
    /// The commit of a submodule, which is in another repository.
    Submodule,
    /// A file that has no content to commit.
    Unstaged,
}

/// A name in a folder, and what stands under it.
pub(super) type Entry<'a, 'i> = (&'a [u8], Named<'i>);

/// The blob of an empty file, which holds nothing and need not be stored.
const EMPTY: &[u8; 20] =
    b"\xe6\x9d\xe2\x9b\xb2\xd1\xd6\x43\x4b\x8b\x29\xae\x77\x5a\xd8\xc2\xe4\x8c\x53\x91";

/// Compares two states.
///
/// # Errors
///
/// When a tree cannot be read.
pub(super) fn compare<'i>(
    repository: &Repository,
    before: Side<'i>,
    after: Side<'i>,
) -> Result<Differences, git2::Error> {
    let objects = Objects::of(repository)?;
    let mut comparison =
        Comparison { objects: &objects, open: Vec::new(), found: Differences::new() };
    comparison.folder(BString::default(), before, after);
    while let Some((path, before, after)) = comparison.open.pop() {
        comparison.look_into(&path, &before, &after)?;
    }
    Ok(comparison.found)
}

struct Comparison<'r, 'i> {
    objects: &'r Objects<'r>,
    /// The folders that are still to be looked into, by their paths with a `/` at the end.
    open: Vec<(BString, Side<'i>, Side<'i>)>,
    found: Differences,
}

impl<'i> Side<'i> {
    /// The tree that the folder is, if that is known.
    fn tree(&self) -> Option<Oid> {
        match self {
            Self::Nothing => None,
            Self::Tree(tree) => Some(*tree),
            Self::Index(folder) => folder.tree(),
        }
    }

    fn entries<'a>(&self, tree: Option<&'a Object>) -> Option<Vec<Entry<'a, 'i>>>
    where
        'i: 'a,
    {
        match self {
            Self::Nothing => Some(Vec::new()),
            Self::Tree(_) => entries_of_tree(tree.map_or(&[], Object::data)),
            Self::Index(folder) => Some(folder.entries()),
        }
    }
}

impl<'r, 'i> Comparison<'r, 'i> {
    fn folder(&mut self, path: BString, before: Side<'i>, after: Side<'i>) {
        let same = before.tree().is_some_and(|tree| Some(tree) == after.tree());
        if !same {
            self.open.push((path, before, after));
        }
    }

    fn look_into(
        &mut self,
        path: &BString,
        before: &Side<'i>,
        after: &Side<'i>,
    ) -> Result<(), git2::Error> {
        let (old_tree, new_tree) = (self.read(before)?, self.read(after)?);
        let flawed = || git2::Error::from_str("it is no well-formed tree");
        let old = before.entries(old_tree.as_ref()).and_then(in_order).ok_or_else(flawed)?;
        let new = after.entries(new_tree.as_ref()).and_then(in_order).ok_or_else(flawed)?;
        let (mut old, mut new) = (old.into_iter().peekable(), new.into_iter().peekable());
        loop {
            let order = match (old.peek(), new.peek()) {
                (None, None) => return Ok(()),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(old), Some(new)) => order(old, new),
            };
            let old = old.next_if(|_| order != Ordering::Greater);
            let new = new.next_if(|_| order != Ordering::Less);
            let Some(name) = old.as_ref().or(new.as_ref()).map(|(name, _)| *name) else { continue };
            let path = BString::from([path.as_slice(), name].concat());
            self.entry(
                path,
                old.as_ref().map(|(_, what)| what),
                new.as_ref().map(|(_, what)| what),
            );
        }
    }

    fn read(&self, side: &Side) -> Result<Option<Object<'r>>, git2::Error> {
        let Side::Tree(tree) = side else { return Ok(None) };
        // The empty tree need not be stored.
        if object_id(*tree).is_empty_tree() {
            return Ok(None);
        }
        let object = self.objects.read(*tree)?;
        if object.kind() != ObjectType::Tree {
            return Err(git2::Error::from_str("it is no tree"));
        }
        Ok(Some(object))
    }

    /// Notes what differs under one name. A file and a folder of the same name never meet here.
    fn entry(&mut self, path: BString, before: Option<&Named<'i>>, after: Option<&Named<'i>>) {
        if matches!(after, Some(Named::Unstaged)) {
            return;
        }
        let side = |named: Option<&Named<'i>>| match named {
            Some(Named::Folder(side)) => Some(side.clone()),
            _ => None,
        };
        let blob = |named: Option<&Named>| match named {
            Some(Named::File(blob)) if is_something(blob) => Some(*blob),
            _ => None,
        };
        if let (before, after @ Some(_)) | (before @ Some(_), after) = (side(before), side(after)) {
            let path = BString::from([path.as_slice(), b"/"].concat());
            let nothing = || Side::Nothing;
            self.folder(path, before.unwrap_or_else(nothing), after.unwrap_or_else(nothing));
            return;
        }
        let (before, after) = (blob(before), blob(after));
        if before != after {
            self.found.insert(path, (before, after));
        }
    }
}

fn is_something(blob: &Oid) -> bool {
    !blob.is_zero() && blob.as_bytes() != EMPTY
}

/// Names stand in a tree as if those of folders ended with `/`.
fn order(a: &Entry, b: &Entry) -> Ordering {
    let end = |entry: &Entry| if matches!(entry.1, Named::Folder(_)) { b'/' } else { 0 };
    let common = a.0.len().min(b.0.len());
    let rest = |entry: &Entry| entry.0.get(common).copied().unwrap_or_else(|| end(entry));
    a.0[..common].cmp(&b.0[..common]).then_with(|| rest(a).cmp(&rest(b))).then_with(|| {
        let ends = |entry: &Entry| entry.0.len() > common;
        ends(a).cmp(&ends(b))
    })
}

/// The entries in the order of trees, which not all that ever wrote trees kept to. `None` if two have the
/// same name: the second would hide the first.
fn in_order<'a, 'i>(mut entries: Vec<Entry<'a, 'i>>) -> Option<Vec<Entry<'a, 'i>>> {
    let is_ordered = |entries: &[Entry]| entries.is_sorted_by(|a, b| order(a, b) == Ordering::Less);
    if is_ordered(&entries) {
        return Some(entries);
    }
    entries.sort_by(order);
    is_ordered(&entries).then_some(entries)
}

/// The entries of a tree as it is stored: `MODE NAME\0ID`, one behind the other, the mode in octal.
pub(super) fn entries_of_tree<'i>(mut tree: &[u8]) -> Option<Vec<Entry<'_, 'i>>> {
    let mut entries = Vec::new();
    while !tree.is_empty() {
        let space = tree.find_byte(b' ')?;
        let mode = u32::from_str_radix(tree[..space].to_str().ok()?, 8).ok()?;
        let rest = &tree[space + 1..];
        let end = rest.find_byte(0)?;
        // Such a name would hide a file in a folder.
        if rest[..end].contains(&b'/') {
            return None;
        }
        let id = Oid::from_bytes(rest.get(end + 1..end + 21)?).ok()?;
        let what = match mode & 0o170_000 {
            0o040_000 => Named::Folder(Side::Tree(id)),
            0o160_000 => Named::Submodule,
            _ => Named::File(id),
        };
        entries.push((&rest[..end], what));
        tree = &rest[end + 21..];
    }
    Some(entries)
}

/// The part of `path` below `prefix` up to the next `/`, and whether there is one.
pub(super) fn first_name(path: &BStr, prefix: usize) -> (&[u8], bool) {
    let rest = &path[prefix.min(path.len())..];
    match rest.find_byte(b'/') {
        Some(end) => (&rest[..end], true),
        None => (rest, false),
    }
}
