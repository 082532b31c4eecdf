//! One pack with its index: where each object is, by id and by place.

use super::store::ObjectError;
use gix_hash::{Kind, ObjectId, oid};
use gix_pack::data::Entry;
use gix_pack::{data, index};
use std::ops::Range;
use std::path::Path;

/// A pack. Its objects have an index (in the order of their ids) and a position (in the order of
/// their places in the pack).
pub(super) struct Pack {
    index: index::File,
    data: data::File,
    fan: Fan,
    /// Where the entries start, by position.
    offsets: Vec<u64>,
    /// The indexes of the objects, by position.
    indexes: Vec<u32>,
}

impl Pack {
    /// Opens the pack `path` and the index beside it. The error is for people.
    pub(super) fn open(path: &Path) -> Result<Self, String> {
        let index = index::File::at(path.with_extension("idx"), Kind::Sha1);
        let index = index.map_err(|e| e.to_string())?;
        let data = data::File::at(path, Kind::Sha1).map_err(|e| e.to_string())?;
        if index.pack_checksum() != data.checksum() || index.num_objects() != data.num_objects() {
            return Err("its index belongs to another pack".to_owned());
        }
        let fan = Fan::new(index.num_objects(), |n| index.oid_at_index(n));
        let mut entries: Vec<_> =
            (0..index.num_objects()).map(|n| (index.pack_offset_at_index(n), n)).collect();
        entries.sort_unstable();
        let (offsets, indexes) = entries.into_iter().unzip();
        Ok(Self { index, data, fan, offsets, indexes })
    }

    /// How many objects it has.
    pub(super) fn len(&self) -> u32 {
        self.index.num_objects()
    }

    /// The size of the pack in bytes.
    pub(super) fn bytes(&self) -> u64 {
        self.data.data_len() as u64
    }

    /// The id of the object at `index`.
    pub(super) fn id(&self, index: u32) -> &oid {
        self.index.oid_at_index(index)
    }

    /// The index of the object `id`.
    pub(super) fn find(&self, id: &oid) -> Option<u32> {
        self.fan.find(id, |n| self.index.oid_at_index(n))
    }

    /// The position of the object at `index`.
    pub(super) fn position(&self, index: u32) -> u32 {
        // Where a flawed index gives several objects one place, they have different positions.
        let entry = (self.index.pack_offset_at_index(index), index);
        let at = |position: u32| (self.offsets[position as usize], self.index_at(position));
        lower_bound(0..self.len(), |position| at(position) < entry)
    }

    /// The index of the object at `position`.
    pub(super) fn index_at(&self, position: u32) -> u32 {
        self.indexes[position as usize]
    }

    /// The header of the entry at `position`, and its deflated data.
    pub(super) fn entry(&self, position: u32) -> Result<(Entry, &[u8]), ObjectError> {
        let start = self.offsets[position as usize];
        let end = self.data.pack_end() as u64;
        let end = self.offsets.get(position as usize + 1).map_or(end, |&next| next.min(end));
        let bytes = if start < end { self.data.entry_slice(start..end) } else { None };
        let bytes = bytes.ok_or(ObjectError::Header)?;
        let entry = Entry::from_bytes(bytes, start, Kind::Sha1).map_err(|_| ObjectError::Header)?;
        let data = &bytes[(entry.data_offset - start) as usize..];
        Ok((entry, data))
    }

    /// The position of the entry that starts `distance` bytes before the one at `position`.
    pub(super) fn before(&self, position: u32, distance: u64) -> Option<u32> {
        let offset = self.offsets[position as usize].checked_sub(distance)?;
        let offsets = &self.offsets[..position as usize];
        // A base is mostly near: steps of growing width find a small part to search.
        let mut step = 16;
        let mut start = offsets.len();
        while start > 0 && offsets[start - 1] >= offset {
            start = start.saturating_sub(step);
            step *= 4;
        }
        let found = offsets[start..].partition_point(|&at| at < offset) + start;
        (offsets.get(found) == Some(&offset)).then_some(found as u32)
    }
}

/// Finds ids in a sorted list by their first bits. Ids are random, so that with some bits fewer
/// than the list is long, few ids have the same.
#[derive(Default)]
pub(super) struct Fan {
    /// How many bits of the start of an id are left out.
    shift: u32,
    /// By first bits: where ids with them start.
    starts: Vec<u32>,
}

impl Fan {
    /// For `len` ids, of which `id` gives each.
    pub(super) fn new<'a>(len: u32, id: impl Fn(u32) -> &'a oid) -> Self {
        let shift = 32 - len.max(8).ilog2().saturating_sub(2);
        // Counted, not looked at in order: a flawed index may not be sorted.
        let mut starts = vec![0; (1 << (32 - shift)) + 1];
        for n in 0..len {
            starts[first_bits(id(n), shift) + 1] += 1;
        }
        for n in 1..starts.len() {
            starts[n] += starts[n - 1];
        }
        Self { shift, starts }
    }

    /// The first place that `wanted` has in the list of which `id` gives each.
    pub(super) fn find<'a>(&self, wanted: &oid, id: impl Fn(u32) -> &'a oid) -> Option<u32> {
        let bits = first_bits(wanted, self.shift);
        let range = *self.starts.get(bits)?..*self.starts.get(bits + 1)?;
        let found = lower_bound(range.clone(), |n| id(n) < wanted);
        (found < range.end && id(found) == wanted).then_some(found)
    }
}

fn first_bits(id: &oid, shift: u32) -> usize {
    let start = id.as_bytes().first_chunk().map_or(0, |start| u32::from_be_bytes(*start));
    (start >> shift) as usize
}

/// The first number in `range` that is not below what is looked for.
fn lower_bound(mut range: Range<u32>, below: impl Fn(u32) -> bool) -> u32 {
    while range.start < range.end {
        let middle = range.start.midpoint(range.end);
        if below(middle) {
            range.start = middle + 1;
        } else {
            range.end = middle;
        }
    }
    range.start
}

/// The id that is written as the two digits of `dir` and the digits of `file`.
pub(super) fn id_of_hex(dir: u8, file: &str) -> Option<ObjectId> {
    if file.len() == 38 {
        ObjectId::from_hex(format!("{dir:02x}{file}").as_bytes()).ok()
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_found_in_lists_of_any_length() {
        for len in [0, 1, 2, 7, 8, 9, 100, 5000_u32] {
            let id = |n: u32| {
                let mut bytes = [n as u8; 20];
                bytes[..4].copy_from_slice(&n.wrapping_mul(2_654_435_761).to_be_bytes());
                ObjectId::from_bytes_or_panic(&bytes)
            };
            let mut ids: Vec<_> = (0..len).map(id).collect();
            ids.extend(ids.first().copied());
            ids.sort();
            let fan = Fan::new(ids.len() as u32, |n| &ids[n as usize]);
            for id in &ids {
                let first = ids.iter().position(|other| other == id).unwrap();
                assert_eq!(fan.find(id, |n| &ids[n as usize]), Some(first as u32));
            }
            assert_eq!(fan.find(&id(len), |n| &ids[n as usize]), None);
        }
    }
}
