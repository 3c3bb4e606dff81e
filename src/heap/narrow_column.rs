//! Whole numbers in as few bytes as they need.

use std::collections::HashMap;

/// Whole numbers, most of them small: two, three or four bytes each, and a side table for the rest.
/// A column that turns out to hold too many large numbers for that is made wider as it stands.
#[derive(Debug)]
#[cfg_attr(test, derive(PartialEq))]
pub struct NarrowColumn {
    /// Rows end to end, and a few bytes more, so that each can be read as one word.
    bytes: Vec<u8>,
    len: usize,
    /// Bytes a row.
    width: usize,
    /// Stands in a row for: look into the side table. Also the bits that a row has.
    wide: u32,
    side: HashMap<u32, u64>,
}

/// A row is read as one word of this many bytes.
const WORD: usize = 4;

/// Bytes that are made ready for rows to come.
const ROOM: usize = 16 * 1024;

/// Rows in the side table, besides one in [`SIDE_SHARE`], before the column is made wider.
const SIDE_FREE: usize = 256;

/// A row in the side table takes about as much as this many rows outside are saved bytes.
const SIDE_SHARE: usize = 64;

impl NarrowColumn {
    /// An empty column of `width` bytes a row, 2 to 4, with room for `capacity` rows.
    pub(crate) fn with_capacity(width: usize, capacity: usize) -> Self {
        debug_assert!((2..=WORD).contains(&width), "{width}");
        let mut bytes = Vec::with_capacity(width * capacity + WORD);
        bytes.resize(WORD, 0);
        Self {
            bytes,
            len: 0,
            width,
            wide: u32::MAX >> (8 * (WORD - width)),
            side: HashMap::new(),
        }
    }

    /// A column of `len` zeros.
    pub(crate) fn zeros(width: usize, len: usize) -> Self {
        Self {
            bytes: vec![0; width * len + WORD],
            len,
            ..Self::with_capacity(width, 0)
        }
    }

    #[inline]
    pub(crate) fn push(&mut self, value: u64) {
        if value < u64::from(self.wide) {
            self.push_row(value as u32);
        } else {
            self.push_wide(value);
        }
    }

    #[inline]
    fn push_row(&mut self, row: u32) {
        let place = self.len * self.width;
        if place + WORD > self.bytes.len() {
            self.make_room(place + WORD);
        }
        self.len += 1;
        // Whole words: what is written too much is zero, and the next row overwrites it.
        self.bytes[place..place + WORD].copy_from_slice(&row.to_le_bytes());
    }

    /// Zeros behind the last row, many at a time, but no more than was reserved.
    #[cold]
    fn make_room(&mut self, least: usize) {
        let room = (self.bytes.len() + ROOM).min(self.bytes.capacity());
        self.bytes.resize(room.max(least), 0);
    }

    #[cold]
    fn push_wide(&mut self, value: u64) {
        self.push_row(0);
        self.set(self.len - 1, value);
    }

    /// The number at `index`.
    #[inline]
    pub fn get(&self, index: usize) -> u64 {
        assert!(index < self.len, "row {index} of {}", self.len);
        match self.row(index) {
            row if row == self.wide => self.get_wide(index),
            row => u64::from(row),
        }
    }

    #[cold]
    fn get_wide(&self, index: usize) -> u64 {
        self.side[&(index as u32)]
    }

    /// The same, of a column to which only numbers of four bytes were pushed.
    #[inline]
    pub(crate) fn get_u32(&self, index: usize) -> u32 {
        self.get(index) as u32
    }

    #[inline]
    fn row(&self, index: usize) -> u32 {
        let place = index * self.width;
        let mut word = [0; WORD];
        word.copy_from_slice(&self.bytes[place..place + WORD]);
        u32::from_le_bytes(word) & self.wide
    }

    #[inline]
    fn set_row(&mut self, index: usize, row: u32) {
        let place = index * self.width;
        self.bytes[place..place + self.width].copy_from_slice(&row.to_le_bytes()[..self.width]);
    }

    pub(crate) fn set(&mut self, index: usize, value: u64) {
        if value < u64::from(self.wide) {
            self.set_row(index, value as u32);
            return;
        }
        self.set_row(index, self.wide);
        self.side.insert(index as u32, value);
        if self.width < WORD && self.side.len() > SIDE_FREE + self.len / SIDE_SHARE {
            self.widen();
        }
    }

    /// Gives every row a byte more, from the last row to the first, in place.
    fn widen(&mut self) {
        let (narrow, width) = (self.width, self.width + 1);
        // What was reserved for rows to come is reserved for them again.
        let rows = (self.bytes.capacity() - WORD) / narrow;
        self.bytes
            .reserve_exact((rows * width + WORD).saturating_sub(self.bytes.len()));
        self.bytes.truncate(self.len * narrow);
        self.bytes.resize(self.len * width + WORD, 0);
        let wide = u32::MAX >> (8 * (WORD - width));
        for index in (0..self.len).rev() {
            let row = self.row(index);
            let row = match row == self.wide {
                false => row,
                true => match self.side.get(&(index as u32)) {
                    Some(&value) if value < u64::from(wide) => {
                        self.side.remove(&(index as u32));
                        value as u32
                    }
                    _ => wide,
                },
            };
            let place = index * width;
            self.bytes[place..place + width].copy_from_slice(&row.to_le_bytes()[..width]);
        }
        self.width = width;
        self.wide = wide;
        self.side.shrink_to_fit();
    }

    pub(crate) fn bytes_held(&self) -> usize {
        self.bytes.capacity() + self.side.capacity() * 24
    }
}

impl Default for NarrowColumn {
    fn default() -> Self {
        Self::with_capacity(2, 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_value_whatever_the_width() {
        for width in 2..=4 {
            let mut column = NarrowColumn::with_capacity(width, 4);
            let values = [
                0, 1, 0xfffe, 0xffff, 0x1_0000, 0xff_fffe, 0xff_ffff, 0x100_0000,
            ];
            let large = [u64::from(u32::MAX) - 1, u64::from(u32::MAX), 1 << 40];
            for value in values.into_iter().chain(large) {
                column.push(value);
            }
            column.set(0, 1 << 33);
            assert_eq!(column.get(0), 1 << 33);
            column.set(0, 7);
            assert_eq!(column.get(0), 7);
            for (index, value) in values.into_iter().chain(large).enumerate().skip(1) {
                assert_eq!(column.get(index), value, "{width} bytes");
            }
        }
    }

    #[test]
    fn a_column_of_large_numbers_is_made_wider() {
        for scale in [1, 100, 10_000, 1 << 33] {
            let mut column = NarrowColumn::with_capacity(2, 100_000);
            for value in 0..100_000 {
                column.push(value * scale);
            }
            let mut zeros = NarrowColumn::zeros(2, 100_000);
            for value in 0..100_000 {
                zeros.set(value, value as u64 * scale);
            }
            for index in 0..100_000 {
                assert_eq!(column.get(index), index as u64 * scale, "{scale}");
                assert_eq!(zeros.get(index), index as u64 * scale, "{scale}");
            }
            if scale <= 10_000 {
                assert!(column.bytes_held() <= 4 * 100_000 + 64 * 1024, "{scale}");
            }
        }
    }
}
