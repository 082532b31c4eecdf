//! Sets of small numbers.

/// A set of numbers, as bits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Bits(Vec<u64>);

impl Bits {
    pub(super) fn has(&self, number: usize) -> bool {
        self.0.get(number / 64).is_some_and(|word| word & 1 << (number % 64) != 0)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    pub(super) fn insert(&mut self, number: usize) {
        if self.0.len() <= number / 64 {
            self.0.resize(number / 64 + 1, 0);
        }
        self.0[number / 64] |= 1 << (number % 64);
    }

    pub(super) fn remove(&mut self, number: usize) {
        if let Some(word) = self.0.get_mut(number / 64) {
            *word &= !(1 << (number % 64));
        }
    }

    /// Whether all of `others` are in it.
    pub(super) fn covers(&self, others: &Self) -> bool {
        let word = |n: usize| self.0.get(n).copied().unwrap_or(0);
        others.0.iter().enumerate().all(|(n, bits)| bits & !word(n) == 0)
    }

    pub(super) fn add(&mut self, others: &Self) {
        self.0.resize(self.0.len().max(others.0.len()), 0);
        for (word, bits) in self.0.iter_mut().zip(&others.0) {
            *word |= bits;
        }
    }

    /// The numbers that are in both, in their order.
    pub(super) fn common<'a>(&'a self, others: &'a Self) -> impl Iterator<Item = usize> + 'a {
        let words = self.0.iter().zip(&others.0).map(|(a, b)| a & b);
        words.enumerate().flat_map(|(n, word)| ones(word).map(move |bit| n * 64 + bit))
    }

    /// All numbers, in their order.
    pub(super) fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        let words = self.0.iter().enumerate();
        words.flat_map(|(n, word)| ones(*word).map(move |bit| n * 64 + bit))
    }
}

impl FromIterator<usize> for Bits {
    fn from_iter<I: IntoIterator<Item = usize>>(numbers: I) -> Self {
        let mut bits = Self::default();
        numbers.into_iter().for_each(|number| bits.insert(number));
        bits
    }
}

/// The places of the ones in a word.
fn ones(mut word: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = word.trailing_zeros();
        word &= word.wrapping_sub(1);
        (bit < 64).then_some(bit as usize)
    })
}
