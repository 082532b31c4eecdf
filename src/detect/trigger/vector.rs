//! The masks of a block with vector instructions, chosen at run time.
//!
//! This is the one module of blurt with `unsafe` code: two kinds of it, each with its reason.

#![allow(unsafe_code)]

use super::{TriggerScanner, Triggers};
use std::ops::Range;

/// Scans with vector instructions, if this processor has them; says whether it has.
pub(super) fn scan(
    scanner: &TriggerScanner,
    bytes: &[u8],
    range: &Range<usize>,
    found: &mut Triggers,
) -> bool {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the function needs AVX2, and this processor has it.
        unsafe { avx2::scan(scanner, bytes, range, found) };
        return true;
    }
    let _ = (scanner, bytes, range, found);
    false
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use super::super::{BLOCK, FINGERPRINT, Masks, SHORT, Tables, TriggerScanner, Triggers};
    use std::arch::x86_64::{
        __m256i, _mm256_alignr_epi8, _mm256_and_si256, _mm256_cmpeq_epi8, _mm256_loadu_si256,
        _mm256_movemask_epi8, _mm256_permute2x128_si256, _mm256_set1_epi8, _mm256_setzero_si256,
        _mm256_shuffle_epi8, _mm256_srli_epi16,
    };
    use std::ops::Range;

    /// Bit 0: digits; 1: letters of the columns 4 and 6; 2: of 5 and 7; 3: `_`; 4: `-`. A byte is a
    /// token character if its low and its high four bits share a bit.
    const LOW: [u8; 16] = {
        let mut table = [0; 16];
        let mut low = 0;
        while low < 16 {
            table[low] = (low <= 9) as u8
                | ((low >= 1) as u8) << 1
                | ((low <= 10) as u8) << 2
                | ((low == 15) as u8) << 3
                | ((low == 13) as u8) << 4;
            low += 1;
        }
        table
    };
    const HIGH: [u8; 16] = [0, 0, 16, 1, 2, 4 | 8, 2, 4, 0, 0, 0, 0, 0, 0, 0, 0];

    #[target_feature(enable = "avx2")]
    pub(super) fn scan(
        scanner: &TriggerScanner,
        bytes: &[u8],
        range: &Range<usize>,
        found: &mut Triggers,
    ) {
        let mut classifier = Classifier::new(&scanner.tables);
        scanner.walk(bytes, range, found, |block| classifier.classify(block));
    }

    struct Classifier {
        low: __m256i,
        high: __m256i,
        literal_low: [__m256i; FINGERPRINT],
        literal_high: [__m256i; FINGERPRINT],
        /// The groups possible at all places but the last, in the 32 bytes before.
        last: [__m256i; FINGERPRINT - 1],
    }

    #[target_feature(enable = "avx2")]
    fn twice(table: &[u8; 16]) -> __m256i {
        let mut both = [0; 32];
        both[..16].copy_from_slice(table);
        both[16..].copy_from_slice(table);
        load(&both)
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    fn load(bytes: &[u8; 32]) -> __m256i {
        // SAFETY: the reference is to 32 readable bytes, and the load needs no alignment.
        unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
    }

    impl Classifier {
        #[target_feature(enable = "avx2")]
        fn new(tables: &Tables) -> Self {
            let zero = _mm256_setzero_si256();
            let mut new = Self {
                low: twice(&LOW),
                high: twice(&HIGH),
                literal_low: [zero; FINGERPRINT],
                literal_high: [zero; FINGERPRINT],
                last: [_mm256_set1_epi8(SHORT.cast_signed()), zero, zero],
            };
            for place in 0..FINGERPRINT {
                new.literal_low[place] = twice(&tables.low[place]);
                new.literal_high[place] = twice(&tables.high[place]);
            }
            new
        }

        #[target_feature(enable = "avx2")]
        #[inline]
        fn classify(&mut self, block: &[u8; BLOCK]) -> Masks {
            let (halves, _) = block.as_chunks::<32>();
            let a = self.half(&halves[0]);
            let b = self.half(&halves[1]);
            let join = |a: u32, b: u32| u64::from(b) << 32 | u64::from(a);
            Masks { token: join(a.0, b.0), digit: join(a.1, b.1), literal: join(a.2, b.2) }
        }

        /// The masks of 32 bytes: token characters, digits, ends of fingerprints.
        #[target_feature(enable = "avx2")]
        #[inline]
        fn half(&mut self, bytes: &[u8; 32]) -> (u32, u32, u32) {
            let zero = _mm256_setzero_si256();
            let nibble = _mm256_set1_epi8(15);
            let text = load(bytes);
            let low = _mm256_and_si256(text, nibble);
            let high = _mm256_and_si256(_mm256_srli_epi16::<4>(text), nibble);
            let look = |l: __m256i, h: __m256i| {
                _mm256_and_si256(_mm256_shuffle_epi8(l, low), _mm256_shuffle_epi8(h, high))
            };
            let class = look(self.low, self.high);
            let token = !mask(_mm256_cmpeq_epi8(class, zero));
            let one = _mm256_set1_epi8(1);
            let digit = mask(_mm256_cmpeq_epi8(_mm256_and_si256(class, one), one));
            let [a, b, c, d] =
                [0, 1, 2, 3].map(|n| look(self.literal_low[n], self.literal_high[n]));
            let first = behind::<13>(a, self.last[0]);
            let second = behind::<14>(b, self.last[1]);
            let third = behind::<15>(c, self.last[2]);
            self.last = [a, b, c];
            let all = _mm256_and_si256(_mm256_and_si256(first, second), _mm256_and_si256(third, d));
            (token, digit, !mask(_mm256_cmpeq_epi8(all, zero)))
        }
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    fn mask(bytes: __m256i) -> u32 {
        _mm256_movemask_epi8(bytes).cast_unsigned()
    }

    /// The bytes of `now` moved up by `16 - SHIFT`, filled from the end of `before`.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn behind<const SHIFT: i32>(now: __m256i, before: __m256i) -> __m256i {
        let middle = _mm256_permute2x128_si256::<0x21>(before, now);
        _mm256_alignr_epi8::<SHIFT>(now, middle)
    }
}
