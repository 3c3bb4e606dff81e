//! Which edges keep their target alive, by the rules of Chrome DevTools
//! (`computeIsEssentialEdge` and `markPageOwnedNodes` in `HeapSnapshot.ts`).

use std::collections::HashMap;

use super::bits::BitSet;
use super::columns::EdgeType;
use super::graph::{Edge, Graph, NodeIndex, StringIndex};

/// One half of what V8 writes for an entry of a WeakMap: the value is kept by key and table
/// together, and the file has an edge from each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ephemeron {
    /// V8's id of the table.
    pub(super) table: u32,
    /// The same for both halves of one entry, and different for different entries: the string that
    /// both names share, by its place in the text `"12 / part of key …"` after the number.
    pub(super) pair: u64,
}

/// Every edge name that describes a WeakMap's entry.
pub(super) fn ephemerons(graph: &Graph) -> HashMap<u32, Ephemeron> {
    let strings = graph.strings();
    (0..strings.len() as u32)
        .filter_map(|index| Some((index, parse_ephemeron(strings.get(StringIndex(index)))?)))
        .collect()
}

/// Reads `12 / part of key (Foo @34) -> value (Bar @56) pair in WeakMap (table @78)`.
fn parse_ephemeron(name: &str) -> Option<Ephemeron> {
    let rest = name.trim_start_matches(|character: char| character.is_ascii_digit());
    if rest.len() == name.len() || !rest.starts_with(" / part of key (") {
        return None;
    }
    let (before, table) = rest
        .strip_suffix("))")?
        .rsplit_once(" pair in WeakMap (table @")?;
    if !before.contains(") -> value (") {
        return None;
    }
    Some(Ephemeron {
        table: table.parse().ok()?,
        pair: fnv1a(rest.as_bytes()),
    })
}

/// FNV-1a, 64 bits (Fowler, Noll, Vo): stable between runs and versions.
pub(crate) fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// The edges that count for dominators and retained sizes.
pub(crate) struct EssentialEdges {
    bits: BitSet,
}

impl EssentialEdges {
    pub(super) fn of(graph: &Graph, ephemerons: &HashMap<u32, Ephemeron>) -> Self {
        let page_owned = page_owned_nodes(graph);
        let mut bits = BitSet::new(graph.edge_count());
        for node in graph.nodes() {
            let owned = page_owned.contains(node.0);
            for edge in graph.edges(node) {
                if is_essential(graph, ephemerons, &page_owned, node, owned, edge) {
                    bits.insert(edge.index.0);
                }
            }
        }
        Self { bits }
    }

    pub(crate) fn contains(&self, edge: Edge) -> bool {
        self.bits.contains(edge.index.0)
    }
}

fn is_essential(
    graph: &Graph,
    ephemerons: &HashMap<u32, Ephemeron>,
    page_owned: &BitSet,
    source: NodeIndex,
    source_owned: bool,
    edge: Edge,
) -> bool {
    match edge.edge_type {
        EdgeType::Weak => return false,
        EdgeType::Internal => {
            // Of the two edges to a WeakMap's value, the one from the key says more.
            if ephemerons
                .get(&edge.name)
                .is_some_and(|half| half.table == graph.node_id(source))
            {
                return false;
            }
        }
        _ => {}
    }
    if edge.target == source {
        return false;
    }
    if source == NodeIndex::ROOT {
        return true;
    }
    // From the root, a shortcut marks the global objects; elsewhere it stands for a longer way.
    if edge.edge_type == EdgeType::Shortcut {
        return false;
    }
    // What the program can reach is not kept by the debugger or the embedder.
    source_owned || !page_owned.contains(edge.target.0)
}

/// Everything that can be reached from the program's global objects.
fn page_owned_nodes(graph: &Graph) -> BitSet {
    let mut owned = BitSet::new(graph.node_count());
    let mut pending = Vec::new();
    for edge in graph.edges(NodeIndex::ROOT) {
        let entry = match edge.edge_type {
            EdgeType::Shortcut => true,
            EdgeType::Element => graph.node_name(edge.target) == "(Document DOM trees)",
            _ => false,
        };
        if entry && owned.insert(edge.target.0) {
            pending.push(edge.target);
        }
    }
    while let Some(node) = pending.pop() {
        for edge in graph.edges(node) {
            if edge.edge_type != EdgeType::Weak && owned.insert(edge.target.0) {
                pending.push(edge.target);
            }
        }
    }
    owned
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_halves_of_an_entry_share_their_pair() {
        let tail = " / part of key (Foo @34) -> value (Bar @56) pair in WeakMap (table @78)";
        let from_table = parse_ephemeron(&format!("3{tail})")).unwrap();
        let from_key = parse_ephemeron(&format!("12{tail})")).unwrap();
        assert_eq!(from_table, from_key);
        assert_eq!(from_table.table, 78);
    }

    #[test]
    fn other_names_are_not_ephemerons() {
        for name in [
            "",
            "12",
            " / part of key (a) -> value (b) pair in WeakMap (table @1))",
            "x",
        ] {
            assert_eq!(parse_ephemeron(name), None, "{name}");
        }
    }
}
