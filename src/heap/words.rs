//! Numbers in as few bytes as a graph's size allows.

use std::fmt::Debug;

/// A whole number in a column of a fixed width.
pub(super) trait Word: Copy + Debug + PartialEq + Sync {
    const ZERO: Self;

    /// The greatest number that there is.
    const MAX: u32;

    /// `number` is not over [`Word::MAX`].
    fn new(number: u32) -> Self;

    fn get(self) -> u32;
}

impl Word for u32 {
    const ZERO: Self = 0;
    const MAX: u32 = u32::MAX;

    #[inline]
    fn new(number: u32) -> Self {
        number
    }

    #[inline]
    fn get(self) -> u32 {
        self
    }
}

/// Three bytes, for graphs of less than 16 million nodes and edges.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct ThreeBytes([u8; 3]);

impl Word for ThreeBytes {
    const ZERO: Self = Self([0; 3]);
    const MAX: u32 = 0xff_ffff;

    #[inline]
    fn new(number: u32) -> Self {
        debug_assert!(number <= Self::MAX, "{number}");
        let [first, second, third, _] = number.to_le_bytes();
        Self([first, second, third])
    }

    #[inline]
    fn get(self) -> u32 {
        let [first, second, third] = self.0;
        u32::from_le_bytes([first, second, third, 0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_value() {
        for number in [0, 1, 255, 256, 65_535, 65_536, ThreeBytes::MAX] {
            assert_eq!(ThreeBytes::new(number).get(), number);
            assert_eq!(<u32 as Word>::new(number).get(), number);
        }
    }
}
