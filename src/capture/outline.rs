//! What a passing snapshot tells without being understood: its header's counts, and that its JSON
//! has an end.

use serde::Deserialize;

/// A header is about 1.5 KB.
const HEADER_BYTES: usize = 64 * 1024;

/// Watches the bytes of a snapshot go by.
#[derive(Debug, Default)]
pub(super) struct Outline {
    head: Vec<u8>,
    /// The last bytes that are not white space.
    tail: [u8; 2],
}

#[derive(Debug, Deserialize)]
pub(super) struct Counts {
    pub(super) node_count: u64,
    pub(super) edge_count: u64,
}

impl Outline {
    pub(super) fn watch(&mut self, bytes: &[u8]) {
        let room = HEADER_BYTES.saturating_sub(self.head.len());
        self.head.extend_from_slice(&bytes[..room.min(bytes.len())]);
        let solid = bytes
            .iter()
            .rev()
            .filter(|byte| !byte.is_ascii_whitespace());
        for (place, &byte) in solid.take(2).enumerate() {
            if place == 0 {
                self.tail = [self.tail[1], byte];
            } else {
                self.tail[0] = byte;
            }
        }
    }

    /// Whether the text ends as V8 ends it: the strings' array, then the object.
    pub(super) fn is_whole(&self) -> bool {
        self.tail == *b"]}"
    }

    pub(super) fn counts(&self) -> Option<Counts> {
        let start = self.head.iter().skip(1).position(|&byte| byte == b'{')? + 1;
        serde_json::Deserializer::from_slice(&self.head[start..])
            .into_iter()
            .next()?
            .ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outline(pieces: &[&str]) -> Outline {
        let mut outline = Outline::default();
        for piece in pieces {
            outline.watch(piece.as_bytes());
        }
        outline
    }

    #[test]
    fn the_end_is_seen_however_the_bytes_are_cut() {
        assert!(outline(&["{\"strings\":[]}"]).is_whole());
        assert!(outline(&["{\"strings\":[", "]", "}", "\n"]).is_whole());
        assert!(!outline(&["{\"strings\":[", "]"]).is_whole());
        assert!(!outline(&[]).is_whole());
    }

    #[test]
    fn the_header_is_read_from_the_first_bytes() {
        let text = r#"{"snapshot":{"meta":{},"node_count":7,"edge_count":9},"nodes":["#;
        let counts = outline(&[text]).counts().unwrap();
        assert_eq!((counts.node_count, counts.edge_count), (7, 9));
        assert!(outline(&["{\"snapshot\":{\"meta"]).counts().is_none());
    }
}
