//! Places as code hosts name them: files from the root of the repository, whatever folder blurt was
//! started in.

use super::{sanitize, sanitize_bytes};
use crate::blob::{INTO, member, members};
use crate::finding::Location;
use bstr::ByteVec;
use std::env;
use std::path::{Component, Path};

/// The root of the repository, and where in it blurt was started. Both are lists of names, as are
/// all paths in here: `/` stands between them on every system.
pub(super) struct Root {
    root: Vec<Vec<u8>>,
    cwd: Vec<Vec<u8>>,
}

impl Root {
    /// The nearest folder with a `.git` (which is a file in worktrees and submodules), from the
    /// current one upwards; without any, the current one.
    pub(super) fn find() -> Self {
        let cwd = env::current_dir().unwrap_or_default();
        let root = cwd.ancestors().find(|folder| folder.join(".git").exists());
        Self { root: names_of(root.unwrap_or(&cwd)), cwd: names_of(&cwd) }
    }

    /// A root at a place of its own.
    #[cfg(test)]
    pub(super) fn at(root: &str, cwd: &str) -> Self {
        let names = |path: &str| path.split('/').map(|name| name.as_bytes().to_vec()).collect();
        Self { root: names(root), cwd: names(cwd) }
    }

    /// The names that lead to `path`, which is written as from the current folder.
    pub(super) fn absolute<'a>(&'a self, path: &'a [u8]) -> Vec<&'a [u8]> {
        let rooted = path.starts_with(b"/") || (cfg!(windows) && path.get(1) == Some(&b':'));
        let base = if rooted { &[][..] } else { &self.cwd };
        let mut names: Vec<&[u8]> = base.iter().map(Vec::as_slice).collect();
        for name in path.split(|byte| *byte == b'/') {
            match name {
                b"" | b"." => {}
                b".." => drop(names.pop()),
                name => names.push(name),
            }
        }
        names
    }

    /// The names that lead from the root to `path`, if it lies in the repository.
    pub(super) fn inside<'a>(&'a self, path: &'a [u8]) -> Option<Vec<&'a [u8]>> {
        let names = self.absolute(path);
        let below =
            names.strip_prefix(&self.root.iter().map(Vec::as_slice).collect::<Vec<_>>()[..]);
        below.map(<[_]>::to_vec)
    }

    /// The file of a place, from the root and fit to be shown, if it lies in the repository.
    pub(super) fn relative(&self, place: &Location) -> Option<String> {
        let names = self.inside(place.origin.path.as_ref()?)?;
        Some(sanitize_bytes(&names.join(&b'/')).into_owned())
    }

    /// The file of a place, for people: from the root, or as it was named if it lies elsewhere; of what is
    /// no file, what it is.
    pub(super) fn file_name(&self, place: &Location) -> String {
        let elsewhere = || match &place.origin.path {
            Some(path) => sanitize_bytes(path).into_owned(),
            None => sanitize(&place.name()).into_owned(),
        };
        self.relative(place).unwrap_or_else(elsewhere)
    }

    /// What it is a place in, for people: a file from the root, one elsewhere as it was named, either
    /// with the members that lead to the place, or `the message of commit 1234567` and the like.
    pub(super) fn name(&self, place: &Location) -> String {
        let file = self.file_name(place);
        match members(&place.origin.via, INTO) {
            Some(members) if place.origin.path.is_some() => {
                format!("{file}{INTO}{}", sanitize(&members))
            }
            _ => file,
        }
    }
}

/// The place of a finding to point at: the first in the working tree, else the first at HEAD, else
/// the first of all. A finding has one.
pub(super) fn standing(places: &[Location]) -> &Location {
    let in_tree = places.iter().find(|place| place.is_in_tree());
    in_tree.or_else(|| places.iter().find(|place| stands(place))).unwrap_or(&places[0])
}

/// Whether its line is that of a file as it is now, and not of an earlier version.
pub(super) fn stands(place: &Location) -> bool {
    place.is_in_tree() || place.past.as_ref().is_some_and(|past| past.in_head)
}

/// The line of its last character. The end is the place behind that, perhaps on the next line.
pub(crate) fn last_line(place: &Location) -> u64 {
    let line = if place.end.column > 1 { place.end.line } else { place.end.line.saturating_sub(1) };
    line.max(place.start.line)
}

/// Whether it is a place in a member of a container: its line is not one of the file then.
pub(super) fn is_in_member(place: &Location) -> bool {
    member(&place.origin.via).is_some()
}

fn names_of(path: &Path) -> Vec<Vec<u8>> {
    let names = path.components().filter_map(|part| match part {
        Component::Normal(name) => Some(Vec::from_os_str_lossy(name).into_owned()),
        Component::Prefix(drive) => Some(Vec::from_os_str_lossy(drive.as_os_str()).into_owned()),
        _ => None,
    });
    names.collect()
}
