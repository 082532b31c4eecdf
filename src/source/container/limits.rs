//! How far a container is followed: everything that comes out of it is bounded by what went in, so that
//! no file takes more than some seconds, or more memory than is free.

use std::cell::Cell;
use std::io::{self, Read};

/// Containers in one another. Real ones are 3 or 4 deep (a jar in a war in a tar in a gzip).
pub(super) const DEPTH: usize = 8;

/// Members of a container and of all in it. The source of Linux has 90,000 files.
pub(super) const MEMBERS: u32 = 100_000;

/// Bytes that may come out of a container, whatever went in: a second or two of searching.
pub(super) const FREE: u64 = 256 << 20;

/// How many times the bytes that went in may come out besides. Source text is compressed to a quarter or
/// a tenth, logs to a twentieth; deflate could go to a thousandth. What stands in several containers
/// counts as often.
pub(super) const RATIO: u64 = 32;

/// Bytes of containers that are in memory at the same time on one thread: those that have to be read
/// from here and there, and stand in another one.
pub(super) const HELD: usize = 64 << 20;

/// What a container has taken of what it may.
#[derive(Debug)]
pub(super) struct Limits {
    /// Bytes that went in.
    pub(super) taken: Cell<u64>,
    /// Bytes that came out.
    given: Cell<u64>,
    members: Cell<u32>,
    /// Bytes that may still be held.
    pub(super) free: Cell<usize>,
    /// Whether no more bytes may come out.
    spent: Cell<bool>,
}

impl Limits {
    pub(super) fn new() -> Self {
        Self {
            taken: Cell::new(0),
            given: Cell::new(0),
            members: Cell::new(0),
            free: Cell::new(HELD),
            spent: Cell::new(false),
        }
    }

    /// Counts a member. Whether there may be one more.
    pub(super) fn count_member(&self) -> bool {
        self.members.set(self.members.get() + 1);
        self.members.get() <= MEMBERS
    }

    /// How many members there were.
    pub(super) fn members(&self) -> u32 {
        self.members.get()
    }

    pub(super) fn is_spent(&self) -> bool {
        self.spent.get()
    }

    fn give(&self, count: usize) -> io::Result<()> {
        let given = self.given.get() + count as u64;
        self.given.set(given);
        if given <= FREE.saturating_add(self.taken.get().saturating_mul(RATIO)) {
            return Ok(());
        }
        self.spent.set(true);
        Err(io::Error::other("too much comes out"))
    }
}

/// Counts what goes in.
pub(super) struct Taken<'l, R> {
    pub(super) inner: R,
    pub(super) limits: &'l Limits,
}

impl<R: Read> Read for Taken<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.limits.taken.set(self.limits.taken.get() + count as u64);
        Ok(count)
    }
}

/// Counts what comes out, and ends when it is too much.
pub(super) struct Given<'l, R> {
    pub(super) inner: R,
    pub(super) limits: &'l Limits,
}

impl<R: Read> Read for Given<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.limits.give(count)?;
        Ok(count)
    }
}
