//! `SQLite` databases: each table as a text, a line for each value, so that names meet values
//! (`password = …`), with an empty line behind each row; and the pages that are free, as they stand: what
//! was deleted may be there still (<https://www.sqlite.org/fileformat2.html>).
//!
//! Each page is read once, so that pages which lead in circles end.

mod record;
mod rows;
mod schema;
mod tree;

use super::{Broken, Content, Flaw, Format, Members, big, recognise};
use rows::Rows;
use schema::Table;
use std::collections::VecDeque;
use std::io::{self, Read, Seek, SeekFrom};

pub(super) struct Sqlite;

impl Format for Sqlite {
    fn begins(&self, head: &[u8]) -> bool {
        head.starts_with(b"SQLite format 3\0") && head.len() >= 100 && page_size(head).is_some()
    }

    fn seeks(&self) -> bool {
        true
    }

    fn walk(&self, content: &mut Content, members: &mut dyn Members) -> Result<(), Broken> {
        let mut database = Database::open(content, members.most_held())?;
        let mut tables = Vec::new();
        let mut flaw = None;
        let schema = Table::schema();
        flaw = flaw.or(table(&mut database, &schema, members, |row| {
            if tables.len() < MOST_TABLES {
                tables.extend(Table::read(row));
            }
        })?);
        for described in &tables {
            flaw = flaw.or(table(&mut database, described, members, |_| {})?);
        }
        let mut free = Free::of(&mut database)?;
        if !free.pages.is_empty() || free.trunk != 0 {
            members.take(b"free pages", &mut free)?;
        }
        flaw.map_or(Ok(()), |flaw| Err(flaw.into()))
    }
}

/// Tables that are looked at. Databases have some hundreds.
const MOST_TABLES: usize = 100_000;

/// The size of all pages, if it is one that there is.
fn page_size(head: &[u8]) -> Option<usize> {
    let size = match big(&head[16..18]) {
        1 => 0x1_0000,
        size => size as usize,
    };
    (size.is_power_of_two() && size >= 512).then_some(size)
}

/// How texts are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Utf8,
    Utf16Le,
    Utf16Be,
}

/// The pages of a file.
struct Database<'d, 'c> {
    content: &'d mut Content<'c>,
    page_size: usize,
    /// Bytes of a page that are used.
    usable: usize,
    encoding: Encoding,
    /// Which pages were read.
    seen: Vec<bool>,
    /// The most bytes of one row.
    most: usize,
}

impl<'d, 'c> Database<'d, 'c> {
    fn open(content: &'d mut Content<'c>, most: usize) -> Result<Self, Broken> {
        let length = content.seek(SeekFrom::End(0))?;
        content.rewind()?;
        let mut head = [0; 100];
        content.read_exact(&mut head)?;
        let page_size = page_size(&head).ok_or(Flaw::Damaged)?;
        let usable = page_size - usize::from(head[20]);
        // The format wants as many at least.
        if usable < 480 {
            return Err(Flaw::Damaged.into());
        }
        let encoding = match head[59] {
            2 => Encoding::Utf16Le,
            3 => Encoding::Utf16Be,
            _ => Encoding::Utf8,
        };
        let pages = length.div_ceil(page_size as u64) as usize;
        Ok(Self { content, page_size, usable, encoding, seen: vec![false; pages], most })
    }

    /// Reads a page for the first time. Pages are numbered from 1.
    fn page(&mut self, number: u64) -> Result<Vec<u8>, Flaw> {
        let index = number.checked_sub(1).ok_or(Flaw::Damaged)? as usize;
        let seen = self.seen.get_mut(index).ok_or(Flaw::Cut)?;
        if std::mem::replace(seen, true) {
            return Err(Flaw::Damaged);
        }
        self.content.seek(SeekFrom::Start(index as u64 * self.page_size as u64))?;
        let mut page = vec![0; self.page_size];
        self.content.read_exact(&mut page)?;
        Ok(page)
    }

    fn header(&mut self) -> Result<[u8; 100], Flaw> {
        self.content.rewind()?;
        let mut head = [0; 100];
        self.content.read_exact(&mut head)?;
        Ok(head)
    }
}

/// Hands over a table, then the containers among its values. Says what is wrong with it.
fn table(
    database: &mut Database,
    table: &Table,
    members: &mut dyn Members,
    each: impl FnMut(&[record::Value]),
) -> Result<Option<Flaw>, Broken> {
    let mut rows = Rows::of(database, table, each);
    members.take(&table.name, &mut rows)?;
    let (nested, flaw) = rows.rest();
    for (name, bytes) in nested {
        members.take(&name, &mut &bytes[..])?;
    }
    Ok(flaw)
}

/// The pages that are free.
struct Free<'f, 'd, 'c> {
    database: &'f mut Database<'d, 'c>,
    /// The next page with numbers of free pages; 0 behind the last.
    trunk: u64,
    pages: VecDeque<u64>,
    ready: io::Cursor<Vec<u8>>,
}

impl<'f, 'd, 'c> Free<'f, 'd, 'c> {
    fn of(database: &'f mut Database<'d, 'c>) -> Result<Self, Flaw> {
        let trunk = big(&database.header()?[32..36]);
        Ok(Self { database, trunk, pages: VecDeque::new(), ready: io::Cursor::default() })
    }
}

impl Read for Free<'_, '_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.ready.read(buffer)?;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            if let Some(page) = self.pages.pop_front() {
                self.ready = io::Cursor::new(self.database.page(page).map_err(error)?);
            } else if self.trunk == 0 {
                return Ok(0);
            } else {
                let page = self.database.page(self.trunk).map_err(error)?;
                self.trunk = big(&page[..4]);
                let count = (big(&page[4..8]) as usize).min(self.database.usable / 4 - 2);
                self.pages.extend(page[8..].chunks_exact(4).take(count).map(big));
                // Behind the numbers there is what the page held before.
                self.ready = io::Cursor::new(page[8 + 4 * count..].to_vec());
            }
        }
    }
}

/// A flaw as readers tell it.
fn error(flaw: Flaw) -> io::Error {
    match flaw {
        Flaw::Cut => io::ErrorKind::UnexpectedEof.into(),
        Flaw::Damaged => io::ErrorKind::InvalidData.into(),
        other => io::Error::other(other.to_string()),
    }
}
