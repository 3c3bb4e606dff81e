//! Hashing of small numbers, such as those of nodes, at a fraction of the standard library's price.
//!
//! A multiplication whose two halves are folded together, as in wyhash and foldhash. It is no defence
//! against keys chosen to collide; a snapshot made for that makes a comparison slow, no more.

use std::hash::{BuildHasherDefault, Hasher};

pub(super) type BuildFastHasher = BuildHasherDefault<FastHasher>;

#[derive(Clone, Copy, Default)]
pub(super) struct FastHasher(u64);

/// The fraction of the golden ratio.
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

impl Hasher for FastHasher {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(u64::from(byte));
        }
    }

    #[inline]
    fn write_u32(&mut self, number: u32) {
        self.write_u64(u64::from(number));
    }

    #[inline]
    fn write_u64(&mut self, number: u64) {
        let product = u128::from(self.0 ^ number ^ FACTOR) * u128::from(FACTOR);
        self.0 = product as u64 ^ (product >> 64) as u64;
    }

    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::hash::BuildHasher;

    use super::*;

    #[test]
    fn numbers_in_a_row_are_spread_over_high_and_low_bits() {
        let hash = |number: u32| BuildFastHasher::default().hash_one(number);
        let high: HashSet<u64> = (0..128).map(|number| hash(number) >> 57).collect();
        let low: HashSet<u64> = (0..128).map(|number| hash(number * 4096) & 127).collect();
        assert!(high.len() > 48 && low.len() > 48, "{high:?} {low:?}");
        let whole: HashSet<u64> = (0..100_000).map(hash).collect();
        assert_eq!(whole.len(), 100_000);
    }
}
