//! From the beginning of a token to the rules that know it: a small bitmap answers for nearly all
//! runs that no prefix begins there.

use super::trigger::is_token;

/// Bytes of a prefix that find it.
const KEY: usize = 3;
const BITS: usize = 1 << 16;

/// The prefixes of all rules.
#[derive(Debug, Default)]
pub(super) struct PrefixIndex {
    /// Prefixes whose last token characters, at least three, begin a run: `ghp_`, `xoxe.xoxp-`.
    heads: Table,
    /// The others, by how many bytes of their key stand before the run, less one: `SG.`, `1//0`,
    /// `:AA`.
    tails: [Table; KEY],
    /// Whether a prefix of `tails` has this byte before the run.
    tail_ends: Vec<bool>,
}

#[derive(Debug, Default)]
struct Table {
    bitmap: Vec<u64>,
    /// By their keys.
    entries: Vec<([u8; KEY], Entry)>,
}

#[derive(Debug)]
struct Entry {
    /// What stands before the run, and what the run begins with.
    prefix: Box<[u8]>,
    /// Bytes of what stands before.
    left: usize,
    rule: usize,
}

impl PrefixIndex {
    pub(super) fn new<'a>(prefixes: impl IntoIterator<Item = (usize, &'a str)>) -> Self {
        let mut index = Self { tail_ends: vec![false; 256], ..Self::default() };
        for (rule, prefix) in prefixes {
            let bytes = prefix.as_bytes();
            let split = bytes.iter().rposition(|b| !is_token(*b)).map_or(0, |at| at + 1);
            let (left, right) = bytes.split_at(split);
            let entry = Entry { prefix: bytes.into(), left: left.len(), rule };
            if let Some(key) = right.first_chunk() {
                index.heads.add(*key, entry);
                continue;
            }
            let back = left.len().min(KEY);
            if let (Some(key), Some(last)) = (bytes[split - back..].first_chunk(), left.last()) {
                index.tail_ends[usize::from(*last)] = true;
                index.tails[back - 1].add(*key, entry);
            }
        }
        let tables = index.tails.iter_mut().chain([&mut index.heads]);
        tables.for_each(|table| {
            table.entries.sort_unstable_by_key(|(key, entry)| (*key, entry.rule));
        });
        index
    }

    /// Calls `each` with the rule and the beginning of every prefix that fits the run at `run`.
    #[inline]
    pub(super) fn look_up(&self, bytes: &[u8], run: usize, mut each: impl FnMut(usize, usize)) {
        if let Some(key) = bytes[run..].first_chunk() {
            self.heads.look_up(key, bytes, run, &mut each);
        }
        let ended = run.checked_sub(1).is_some_and(|at| self.tail_ends[usize::from(bytes[at])]);
        if ended {
            for (back, table) in (1..).zip(&self.tails) {
                let start = run.checked_sub(back);
                if let Some(key) = start.and_then(|start| bytes[start..].first_chunk()) {
                    table.look_up(key, bytes, run, &mut each);
                }
            }
        }
    }
}

impl Table {
    fn add(&mut self, key: [u8; KEY], entry: Entry) {
        self.bitmap.resize(BITS / 64, 0);
        let (word, bit) = slot(key);
        self.bitmap[word] |= bit;
        self.entries.push((key, entry));
    }

    #[inline]
    fn look_up(
        &self,
        key: &[u8; KEY],
        bytes: &[u8],
        run: usize,
        each: &mut impl FnMut(usize, usize),
    ) {
        let (word, bit) = slot(*key);
        if self.bitmap.get(word).is_some_and(|word| word & bit != 0) {
            self.compare(key, bytes, run, each);
        }
    }

    #[cold]
    fn compare(
        &self,
        key: &[u8; KEY],
        bytes: &[u8],
        run: usize,
        each: &mut impl FnMut(usize, usize),
    ) {
        let first = self.entries.partition_point(|(known, _)| known < key);
        for (_, entry) in self.entries[first..].iter().take_while(|(known, _)| known == key) {
            let (left, right) = entry.prefix.split_at(entry.left);
            if bytes[run..].starts_with(right) && bytes[..run].ends_with(left) {
                each(entry.rule, run - entry.left);
            }
        }
    }
}

#[inline]
fn slot(key: [u8; KEY]) -> (usize, u64) {
    let number = u32::from_le_bytes([key[0], key[1], key[2], 0]);
    let hash = (number.wrapping_mul(0x9e37_79b1) >> 16) as usize;
    (hash / 64, 1 << (hash % 64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_before_in_and_across_the_run() {
        let index =
            PrefixIndex::new([(0, "ghp_"), (1, "SG."), (2, "xoxe.xoxp-"), (3, "1//0"), (4, ":AA")]);
        let at = |text: &str, run: usize| {
            let mut found = Vec::new();
            index.look_up(text.as_bytes(), run, |rule, start| found.push((rule, start)));
            found
        };
        assert_eq!(at(" ghp_abc", 1), [(0, 1)]);
        assert_eq!(at("=SG.abc", 4), [(1, 1)]);
        assert_eq!(at("xoxe.xoxp-1", 5), [(2, 0)]);
        assert_eq!(at("yoxe.xoxp-1", 5), []);
        assert_eq!(at("1//0abc", 3), [(3, 0)]);
        assert_eq!(at("12:AAb", 3), [(4, 2)]);
        assert_eq!(at("GHP_abc", 0), []);
        assert_eq!(at("g", 0), []);
    }
}
