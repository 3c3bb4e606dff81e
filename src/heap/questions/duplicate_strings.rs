//! Equal texts that are held more than once (`createDuplicatedStringsFilter` in DevTools'
//! `HeapSnapshot.ts`).

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde::Serialize;

use super::top::Top;
use crate::error::Result;
use crate::heap::Control;
use crate::heap::columns::{EdgeType, NodeType};
use crate::heap::graph::{Graph, NodeIndex, StringIndex};
use crate::heap::snapshot::Snapshot;

/// V8 writes this many UTF-16 units of a string, and no more
/// (`--heap-snapshot-string-limit`).
const STRING_LIMIT: usize = 1024;
/// Ids that a row names.
const EXAMPLES: usize = 5;
/// Parts of one concatenated string that are looked at.
const MAX_PARTS: usize = 4096;
/// The same of all of them: text that was built piece by piece has a node for each piece, and each
/// of those contains the ones before it.
const MAX_ALL_PARTS: usize = 1 << 24;

/// One text that is held several times.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DuplicateString {
    /// The text, as far as the file has it.
    pub text: String,
    /// Strings with that text.
    pub count: u64,
    /// Bytes of all of them.
    pub shallow_size: u64,
    /// Bytes that would be saved if there were one of them only.
    pub wasted: u64,
    /// Whether the file has only the first 1,024 characters, so that the strings may differ
    /// further on. They have the same size.
    pub cut: bool,
    /// V8's object ids of a few of them.
    pub ids: Vec<u32>,
}

/// What strings have to share to be equal: their text; where that is cut, their size; and where
/// something is lost in it, the very same entry in the table of strings.
type Key<'a> = (&'a str, Option<u64>, Option<u32>);

/// Stands in a text for half a character, which UTF-8 cannot hold.
const LOST: char = '\u{FFFD}';

#[derive(Default)]
struct Group {
    count: u64,
    shallow_size: u64,
    largest: u64,
    ids: Vec<u32>,
}

impl Snapshot {
    /// Texts that are held more than once, those that waste most first, `top` at most.
    ///
    /// As in DevTools, concatenated strings count by their text, save those that V8 has flattened
    /// and that only point at it; slices do not count. Left out are concatenated strings of
    /// thousands of parts and, unlike in DevTools, those with a slice in them, whose text the file
    /// lacks.
    ///
    /// # Errors
    /// [`Code::Aborted`](crate::error::Code::Aborted).
    pub fn duplicate_strings(&self, top: usize, control: &Control) -> Result<Vec<DuplicateString>> {
        let graph = self.graph();
        // V8 writes most texts once, so most are told apart by their number.
        let mut counts = vec![0_u8; graph.strings().len()];
        let mut built: Vec<(NodeIndex, String)> = Vec::new();
        let mut parts_left = MAX_ALL_PARTS;
        for (step, node) in graph.nodes().enumerate() {
            control.check_at(step)?;
            if self.shallow_size(node) == 0 {
                continue;
            }
            match graph.node_type(node) {
                NodeType::String => {
                    let count = &mut counts[graph.node_name_index(node).0 as usize];
                    *count = count.saturating_add(1);
                }
                NodeType::ConcatenatedString if !is_flattened(graph, node) => {
                    if let Some(text) = built_text(graph, node, &mut parts_left) {
                        built.push((node, text));
                    }
                }
                _ => {}
            }
        }
        control.check()?;
        mark_equal(graph, &mut counts, &built);
        let mut groups: HashMap<Key<'_>, Group> = HashMap::new();
        let mut add = |node: NodeIndex, text, entry: u32| {
            let size = self.shallow_size(node);
            let size_of_cut = is_cut(text).then_some(size);
            let entry = text.contains(LOST).then_some(entry);
            let group = groups.entry((text, size_of_cut, entry)).or_default();
            group.count += 1;
            group.shallow_size += size;
            group.largest = group.largest.max(size);
            if group.ids.len() < EXAMPLES {
                group.ids.push(graph.node_id(node));
            }
        };
        for (step, node) in graph.nodes().enumerate() {
            control.check_at(step)?;
            let index = graph.node_name_index(node).0;
            if graph.node_type(node) == NodeType::String
                && counts[index as usize] > 1
                && self.shallow_size(node) > 0
            {
                add(node, text_at(graph, index), index);
            }
        }
        for (node, text) in built.iter().filter(|(_, text)| !text.contains(LOST)) {
            add(*node, text.as_str(), 0);
        }
        Ok(largest(groups, top))
    }
}

/// Marks the texts that a concatenated string repeats, or that stand twice in the table of strings,
/// as some do that V8 wrote from different encodings, by a count of 2.
fn mark_equal(graph: &Graph, counts: &mut [u8], built: &[(NodeIndex, String)]) {
    let hash_of = |text: &str| {
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        hasher.finish()
    };
    let mut hashes: Vec<(u64, u32)> = (0..counts.len() as u32)
        .filter(|&index| counts[index as usize] == 1)
        .map(|index| (hash_of(text_at(graph, index)), index))
        .chain(built.iter().map(|(_, text)| (hash_of(text), u32::MAX)))
        .collect();
    hashes.sort_unstable();
    // Two texts of one hash are put side by side, which is all that is needed.
    for same in hashes.chunk_by(|one, other| one.0 == other.0) {
        for &(_, index) in same.iter().filter(|_| same.len() > 1) {
            if let Some(count) = counts.get_mut(index as usize) {
                *count = 2;
            }
        }
    }
}

fn largest(groups: HashMap<Key<'_>, Group>, top: usize) -> Vec<DuplicateString> {
    let mut best = Top::new(top);
    for (key, group) in groups.iter().filter(|(_, group)| group.count > 1) {
        best.offer(group.shallow_size - group.largest, *key);
    }
    let keys = best.into_sorted();
    keys.into_iter()
        .map(|key| {
            let group = &groups[&key];
            DuplicateString {
                text: key.0.to_owned(),
                count: group.count,
                shallow_size: group.shallow_size,
                wasted: group.shallow_size - group.largest,
                cut: key.1.is_some(),
                ids: group.ids.clone(),
            }
        })
        .collect()
}

fn text_at(graph: &Graph, index: u32) -> &str {
    graph.strings().get(StringIndex(index))
}

/// A text that is as long as V8 writes at most is a beginning, most likely.
fn is_cut(text: &str) -> bool {
    text.len() >= STRING_LIMIT && text.encode_utf16().take(STRING_LIMIT).count() == STRING_LIMIT
}

/// Whether V8 has made one flat string of a concatenated one, which then has an empty half
/// (`isFlatConsString`).
fn is_flattened(graph: &Graph, node: NodeIndex) -> bool {
    halves(graph, node).any(|(_, half)| graph.node_name(half).is_empty())
}

/// The `first` and the `second` half of a concatenated string.
fn halves(graph: &Graph, node: NodeIndex) -> impl Iterator<Item = (bool, NodeIndex)> + '_ {
    graph.edges(node).filter_map(|edge| {
        if edge.edge_type != EdgeType::Internal {
            return None;
        }
        match graph.edge_text(edge)? {
            "first" => Some((true, edge.target)),
            "second" => Some((false, edge.target)),
            _ => None,
        }
    })
}

/// The text of a concatenated string, up to the end of the part with which it is as long as V8
/// writes at most (`consStringName`). `None` where it has too many parts, or one without text.
fn built_text(graph: &Graph, node: NodeIndex, parts_left: &mut usize) -> Option<String> {
    let mut text = String::new();
    let mut length = 0;
    let mut pending = vec![node];
    for _ in 0..MAX_PARTS.min(*parts_left) {
        let Some(part) = pending.pop().filter(|_| length < STRING_LIMIT) else {
            return Some(text);
        };
        *parts_left -= 1;
        match graph.node_type(part) {
            NodeType::SlicedString => return None,
            NodeType::ConcatenatedString => {
                let mut sides: Vec<(bool, NodeIndex)> = halves(graph, part).collect();
                sides.sort_by_key(|&(first, _)| first);
                pending.extend(sides.into_iter().map(|(_, half)| half));
            }
            _ => {
                let name = graph.node_name(part);
                length += name.encode_utf16().count();
                text.push_str(name);
            }
        }
    }
    None
}

#[cfg(test)]
#[path = "duplicate_strings_tests.rs"]
mod tests;
