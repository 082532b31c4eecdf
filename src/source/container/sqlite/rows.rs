//! A table as a text.

use super::record::{self, Value};
use super::schema::Table;
use super::tree::Tree;
use super::{Database, Encoding, recognise};
use crate::source::container::Flaw;
use std::io::{self, Cursor, Read};

/// A value that is a container, with its name.
type Nested = (Vec<u8>, Vec<u8>);

/// Reads a table: `column = value`, and an empty line behind each row.
pub(super) struct Rows<'r, 'd, 'c, E> {
    database: &'r mut Database<'d, 'c>,
    table: &'r Table,
    tree: Tree,
    /// What to do with each row.
    each: E,
    count: u64,
    ready: Cursor<Vec<u8>>,
    nested: Vec<Nested>,
    /// Bytes of containers that may still be kept.
    room: usize,
    flaw: Option<Flaw>,
}

impl<'r, 'd, 'c, E: FnMut(&[Value])> Rows<'r, 'd, 'c, E> {
    pub(super) fn of(database: &'r mut Database<'d, 'c>, table: &'r Table, each: E) -> Self {
        Self {
            tree: Tree::new(table.root),
            room: database.most,
            database,
            table,
            each,
            count: 0,
            ready: Cursor::default(),
            nested: Vec::new(),
            flaw: None,
        }
    }

    /// What was not given as text: containers among the values, and what is wrong with the table.
    pub(super) fn rest(self) -> (Vec<Nested>, Option<Flaw>) {
        (self.nested, self.flaw)
    }

    fn row(&mut self, record: &[u8]) {
        let values = record::values(record);
        let encoding = self.database.encoding;
        self.count += 1;
        let mut text = std::mem::take(self.ready.get_mut());
        text.clear();
        self.ready.set_position(0);
        for (n, value) in values.iter().enumerate() {
            if *value == Value::Null {
                continue;
            }
            let column = self.table.column(n);
            if let Value::Blob(bytes) = value
                && recognise(bytes).is_some()
            {
                self.keep(&column, bytes);
                continue;
            }
            text.extend_from_slice(column.as_bytes());
            text.extend_from_slice(b" = ");
            text.extend_from_slice(&value.text(encoding));
            text.push(b'\n');
        }
        text.push(b'\n');
        *self.ready.get_mut() = text;
        if encoding == Encoding::Utf8 {
            (self.each)(&values);
        } else {
            let texts: Vec<_> = values.iter().map(|value| value.text(encoding)).collect();
            let values = values.iter().zip(&texts).map(|(value, text)| match value {
                Value::Text(_) => Value::Text(text),
                other => *other,
            });
            (self.each)(&values.collect::<Vec<_>>());
        }
    }

    /// Keeps a container until the table is read.
    fn keep(&mut self, column: &str, bytes: &[u8]) {
        match self.room.checked_sub(bytes.len()) {
            None => self.flaw = Some(Flaw::Large),
            Some(room) => {
                self.room = room;
                let name = format!(".{column} of row {}", self.count);
                let name = [&self.table.name, name.as_bytes()].concat();
                self.nested.push((name, bytes.to_vec()));
            }
        }
    }
}

impl<E: FnMut(&[Value])> Read for Rows<'_, '_, '_, E> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.ready.read(buffer)?;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            match self.tree.next(self.database) {
                Ok(Some(record)) => self.row(&record),
                Ok(None) => return Ok(0),
                // What is behind it may be sound.
                Err(flaw) => self.flaw = Some(flaw),
            }
        }
    }
}
