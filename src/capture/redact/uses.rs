//! What each entry of the string table is used for.

use crate::error::{Code, Error, Result};

/// A use of a string. One string may have several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Use {
    /// The name of an edge or a class.
    Label = 1,
    /// A name that stands in the source, of a script or a function, or one of V8's own.
    Code = 2,
    /// The text of a string, or the source of a regular expression.
    Content = 4,
    /// The name of a primitive value, which V8 keeps to itself so far.
    Primitive = 8,
    /// The name of an edge to content, which may quote it.
    Quote = 16,
}

/// Indices that are believed however short the file is.
const UNCHECKED: u64 = 1 << 24;

/// The uses of every string: a byte each; and which nodes are content: a bit each.
#[derive(Debug, Default)]
pub(super) struct Uses {
    bits: Vec<u8>,
    contents: Vec<u64>,
    nodes: usize,
}

impl Uses {
    /// Each string of the original becomes as many: one for labels, one for content, one for the
    /// names of primitive values.
    pub(super) const PLACES: u64 = 3;

    /// Notes a use, and gives the index that stands for it in what is written. `position` is how
    /// far the file has been read: V8 numbers its strings as it refers to them, so that an index
    /// far beyond is not V8's, and is not worth the memory.
    pub(super) fn note(&mut self, index: u64, used: Use, position: u64) -> Result<u64> {
        let place = match used {
            Use::Label | Use::Code | Use::Quote => 0,
            Use::Content => 1,
            Use::Primitive => 2,
        };
        // Inlined, this is the common case.
        if let Some(bits) = self.bits.get_mut(index as usize) {
            *bits |= used as u8;
        } else {
            self.grow(index, used, position)?;
        }
        Ok(index * Self::PLACES + place)
    }

    #[cold]
    fn grow(&mut self, index: u64, used: Use, position: u64) -> Result<()> {
        let most = (UNCHECKED + position).min(u64::from(u32::MAX) / Self::PLACES);
        if index >= most {
            return Err(Error::new(
                Code::Corrupt,
                format!(
                    "The snapshot refers to string {index}, and {most} is the most that it can \
                     have. Capture it again, or without redaction."
                ),
            ));
        }
        self.bits.resize(index as usize + 1, 0);
        self.bits[index as usize] |= used as u8;
        Ok(())
    }

    /// Notes what the name of the next node is.
    #[inline]
    pub(super) fn note_node(&mut self, used: Use) {
        if self.nodes.is_multiple_of(64) {
            self.contents.push(0);
        }
        if matches!(used, Use::Content | Use::Primitive)
            && let Some(last) = self.contents.last_mut()
        {
            *last |= 1 << (self.nodes % 64);
        }
        self.nodes += 1;
    }

    /// Whether a node is content; one that does not exist might be anything.
    #[inline]
    pub(super) fn is_content(&self, node: u64) -> bool {
        usize::try_from(node)
            .ok()
            .and_then(|node| Some(self.contents.get(node / 64)? >> (node % 64) & 1 != 0))
            .unwrap_or(true)
    }

    /// Number of strings up to the last one that is used.
    pub(super) fn len(&self) -> usize {
        self.bits.len()
    }

    pub(super) fn has(&self, index: usize, used: Use) -> bool {
        self.bits
            .get(index)
            .is_some_and(|bits| bits & used as u8 != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uses_of_one_string_have_their_own_places() {
        let mut uses = Uses::default();
        let note = |uses: &mut Uses, used| uses.note(5, used, 0).unwrap();
        assert_eq!(note(&mut uses, Use::Label), 15);
        assert_eq!(note(&mut uses, Use::Content), 16);
        assert_eq!(note(&mut uses, Use::Primitive), 17);
        assert!(uses.has(5, Use::Label) && uses.has(5, Use::Content));
        assert!(!uses.has(5, Use::Code) && !uses.has(4, Use::Label) && !uses.has(6, Use::Label));
        assert_eq!(note(&mut uses, Use::Code), 15);
        assert!(uses.has(5, Use::Code));
        assert_eq!(uses.len(), 6);
    }

    #[test]
    fn nodes_are_content_or_not() {
        let mut uses = Uses::default();
        for node in 0..200 {
            uses.note_node(if node % 3 == 0 {
                Use::Content
            } else {
                Use::Label
            });
        }
        uses.note_node(Use::Primitive);
        for node in 0..200 {
            assert_eq!(uses.is_content(node), node % 3 == 0, "{node}");
        }
        assert!(uses.is_content(200) && uses.is_content(100_000) && uses.is_content(u64::MAX));
    }

    #[test]
    fn an_index_that_no_file_has_costs_no_memory() {
        let mut uses = Uses::default();
        for index in [UNCHECKED, u64::from(u32::MAX), u64::MAX] {
            let error = uses.note(index, Use::Label, 0).unwrap_err();
            assert_eq!(error.code, Code::Corrupt, "{error}");
        }
        assert_eq!(uses.len(), 0);
        uses.note(UNCHECKED, Use::Label, 1).unwrap();
    }
}
