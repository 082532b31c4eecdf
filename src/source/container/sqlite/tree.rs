//! The b-tree of a table: its cells, in the order of their keys.

use super::super::{Flaw, big};
use super::Database;
use super::record::varint;

/// `SQLite` itself goes no deeper.
const DEPTH: usize = 20;

/// Where a page of a tree is read.
struct Node {
    page: Vec<u8>,
    kind: Kind,
    /// Where its header begins: the first page of a file has that of the file before it.
    header: usize,
    cells: usize,
    next: usize,
    /// Whether the child of the next cell was read.
    descended: bool,
    /// Bytes of the cells that were read. Cells may claim the same bytes again and again.
    used: usize,
}

/// What a page is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    TableLeaf,
    TableInner,
    IndexLeaf,
    IndexInner,
}

/// A walk through a tree.
pub(super) struct Tree {
    path: Vec<Node>,
    /// The root, before it is read.
    root: Option<u64>,
}

impl Tree {
    pub(super) fn new(root: u64) -> Self {
        Self { path: Vec::new(), root: Some(root) }
    }

    /// The content of the next row. After a flaw the rest of the page that is flawed is left out.
    pub(super) fn next(&mut self, database: &mut Database) -> Result<Option<Vec<u8>>, Flaw> {
        if let Some(root) = self.root.take() {
            self.descend(database, root)?;
        }
        while let Some(node) = self.path.last_mut() {
            if node.next > node.cells {
                self.path.pop();
                continue;
            }
            if node.is_inner() && !node.descended {
                node.descended = true;
                let child = node.child();
                self.descend(database, child.ok_or(Flaw::Damaged)?)?;
                continue;
            }
            let cell = node.next;
            node.next += 1;
            node.descended = false;
            if cell == node.cells || node.kind == Kind::TableInner {
                continue;
            }
            return node.payload(database, cell).map(Some);
        }
        Ok(None)
    }

    fn descend(&mut self, database: &mut Database, page: u64) -> Result<(), Flaw> {
        if self.path.len() >= DEPTH {
            return Err(Flaw::Damaged);
        }
        self.path.push(Node::read(database, page)?);
        Ok(())
    }
}

impl Node {
    fn read(database: &mut Database, number: u64) -> Result<Self, Flaw> {
        let page = database.page(number)?;
        let header = if number == 1 { 100 } else { 0 };
        let kind = match page[header] {
            0x0d => Kind::TableLeaf,
            0x05 => Kind::TableInner,
            0x0a => Kind::IndexLeaf,
            0x02 => Kind::IndexInner,
            _ => return Err(Flaw::Damaged),
        };
        let cells = big(&page[header + 3..header + 5]) as usize;
        let size = if matches!(kind, Kind::TableInner | Kind::IndexInner) { 12 } else { 8 };
        if header + size + 2 * cells > page.len() {
            return Err(Flaw::Damaged);
        }
        Ok(Self { page, kind, header, cells, next: 0, descended: false, used: 0 })
    }

    fn is_inner(&self) -> bool {
        matches!(self.kind, Kind::TableInner | Kind::IndexInner)
    }

    /// The bytes from a cell on.
    fn cell(&self, cell: usize) -> Option<&[u8]> {
        let pointers = self.header + if self.is_inner() { 12 } else { 8 };
        let at = self.page.get(pointers + 2 * cell..pointers + 2 * cell + 2)?;
        self.page.get(big(at) as usize..)
    }

    /// The page below the next cell; behind the last cell, the one that the header names.
    fn child(&self) -> Option<u64> {
        let bytes = if self.next == self.cells {
            self.page.get(self.header + 8..self.header + 12)
        } else {
            self.cell(self.next)?.get(..4)
        };
        bytes.map(big)
    }

    /// The content of a cell, with what stands on other pages.
    fn payload(&mut self, database: &mut Database, cell: usize) -> Result<Vec<u8>, Flaw> {
        let mut rest = self.cell(cell).ok_or(Flaw::Damaged)?;
        if self.is_inner() {
            rest = rest.get(4..).ok_or(Flaw::Damaged)?;
        }
        let (size, mut rest) = varint(rest).ok_or(Flaw::Damaged)?;
        if self.kind == Kind::TableLeaf {
            (_, rest) = varint(rest).ok_or(Flaw::Damaged)?;
        }
        let size = usize::try_from(size).map_err(|_| Flaw::Damaged)?;
        let local = self.local(size, database.usable);
        let mut payload = rest.get(..local).ok_or(Flaw::Damaged)?.to_vec();
        let next = rest.get(local..local + 4).map(big);
        self.used += local;
        if self.used > self.page.len() {
            self.next = self.cells + 1;
            return Err(Flaw::Damaged);
        }
        if local == size {
            return Ok(payload);
        }
        if size > database.most {
            return Err(Flaw::Large);
        }
        let mut next = next.ok_or(Flaw::Damaged)?;
        while payload.len() < size {
            let page = database.page(next)?;
            next = big(&page[..4]);
            let left = size - payload.len();
            payload.extend(page[4..database.usable].iter().take(left));
        }
        Ok(payload)
    }

    /// How many bytes of a content of `size` stand on the page of its cell.
    fn local(&self, size: usize, usable: usize) -> usize {
        let is_table = matches!(self.kind, Kind::TableLeaf | Kind::TableInner);
        let most = if is_table { usable - 35 } else { (usable - 12) * 64 / 255 - 23 };
        if size <= most {
            return size;
        }
        let least = (usable - 12) * 32 / 255 - 23;
        let filled = least + (size - least) % (usable - 4);
        if filled <= most { filled } else { least }
    }
}
