//! The snapshot's string table: every text once, end to end in one block.

use super::graph::StringIndex;

/// Strings of a snapshot, in UTF-8. A lone surrogate, which UTF-8 cannot hold, reads as U+FFFD.
#[derive(Debug, Default)]
#[cfg_attr(test, derive(PartialEq))]
pub struct StringTable {
    text: Vec<u8>,
    ends: Vec<u32>,
}

impl StringTable {
    /// Number of strings.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The string at `index`; empty when the table has none there.
    pub fn get(&self, index: StringIndex) -> &str {
        let index = index.0 as usize;
        let Some(&end) = self.ends.get(index) else {
            return "";
        };
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        // The parser appends whole characters only, so this never fails.
        std::str::from_utf8(&self.text[start as usize..end as usize]).unwrap_or("")
    }

    /// Every string as bytes, in their order.
    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        let mut start = 0;
        self.ends.iter().map(move |&end| {
            let text = &self.text[start..end as usize];
            start = end as usize;
            text
        })
    }

    /// Whether the string at `index` is `text`. Cheaper than to get it.
    pub(super) fn is(&self, index: StringIndex, text: &str) -> bool {
        let index = index.0 as usize;
        let Some(&end) = self.ends.get(index) else {
            return text.is_empty();
        };
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        (end - start) as usize == text.len()
            && &self.text[start as usize..end as usize] == text.as_bytes()
    }

    /// The index of the first string equal to `text`, found by looking at all of them.
    pub fn find(&self, text: &str) -> Option<StringIndex> {
        (0..self.len() as u32)
            .map(StringIndex)
            .find(|&index| self.is(index, text))
    }

    /// The strings that contain `text`, which is not empty, in their order. One pass over the
    /// block, however many strings there are.
    pub(super) fn containing(&self, text: &str) -> Vec<StringIndex> {
        let mut found: Vec<StringIndex> = Vec::new();
        for place in memchr::memmem::find_iter(&self.text, text) {
            let index = self.ends.partition_point(|&end| end as usize <= place);
            // What is found may reach over the end of a string into the next.
            let whole = self
                .ends
                .get(index)
                .is_some_and(|&end| place + text.len() <= end as usize);
            let index = StringIndex(index as u32);
            if whole && found.last() != Some(&index) {
                found.push(index);
            }
        }
        found
    }

    pub(super) fn text_mut(&mut self) -> &mut Vec<u8> {
        &mut self.text
    }

    /// Ends the string that was being appended to the text. `None` when the block is full.
    pub(super) fn finish_string(&mut self) -> Option<()> {
        self.ends.push(u32::try_from(self.text.len()).ok()?);
        Some(())
    }

    pub(super) fn shrink(&mut self) {
        self.text.shrink_to_fit();
        self.ends.shrink_to_fit();
    }

    pub(crate) fn bytes_held(&self) -> usize {
        self.text.capacity() + self.ends.capacity() * 4
    }
}
