//! Which edges keep their target alive, by the rules of Chrome DevTools
//! (`computeIsEssentialEdge` and `markPageOwnedNodes` in `HeapSnapshot.ts`).

use std::collections::HashMap;

use super::bits::BitSet;
use super::columns::{EdgeType, NodeType};
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

/// V8's id of the table of a WeakMap, when `edge_name` stands for one of its entries.
pub(crate) fn weak_map_table(edge_name: &str) -> Option<u32> {
    parse_ephemeron(edge_name).map(|half| half.table)
}

/// Reads `12 / part of key (Foo @34) -> value (Bar @56) pair in WeakMap (table @78)`.
///
/// Like the pattern of DevTools, whose dots do not match an end of line
/// (`tryParseWeakMapEdgeName`): a name of V8's that is longer than 1,024 bytes is cut, and then
/// both edges stay.
fn parse_ephemeron(name: &str) -> Option<Ephemeron> {
    const ENDS_OF_LINE: [char; 4] = ['\n', '\r', '\u{2028}', '\u{2029}'];
    let rest = name.trim_start_matches(|character: char| character.is_ascii_digit());
    if rest.len() == name.len() || rest.contains(ENDS_OF_LINE) {
        return None;
    }
    let (pair, table) = rest
        .strip_prefix(" / part of key (")?
        .strip_suffix(')')?
        .rsplit_once(") pair in WeakMap (table @")?;
    if !is_number(table) || !ends_in_id(pair) {
        return None;
    }
    let two_sides = |(place, _)| ends_in_id(&pair[..place]);
    if !pair.match_indices(") -> value (").any(two_sides) {
        return None;
    }
    Some(Ephemeron {
        table: table.parse().ok()?,
        pair: fnv1a(rest.as_bytes()),
    })
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether `text` is a name and an id, such as `Foo @34`.
fn ends_in_id(text: &str) -> bool {
    text.rsplit_once(" @").is_some_and(|(_, id)| is_number(id))
}

/// A short hash of `parts` that is the same in every run and version.
pub(crate) fn fingerprint(parts: &[&str]) -> String {
    format!("{:016x}", fnv1a(parts.join("\0").as_bytes()))
}

/// FNV-1a, 64 bits (Fowler, Noll, Vo).
pub(crate) fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// The edges that count for dominators and retained sizes.
#[derive(Debug)]
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
        // Of the two edges to a WeakMap's value, the one from the key says more.
        EdgeType::Internal
            if ephemerons
                .get(&edge.name)
                .is_some_and(|half| half.table == graph.node_id(source)) =>
        {
            return false;
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

/// Whether a node that hangs on the root belongs to the program: a global object, or the
/// documents of a page (`isUserRoot`).
pub(super) fn is_user_root(graph: &Graph, node: NodeIndex) -> bool {
    graph.node_type(node) != NodeType::Synthetic || is_root_of_documents(graph, node)
}

/// Whether a node is the embedder's root of all documents (`isDocumentDOMTreesRoot`), and not a
/// program's own text that reads the same.
fn is_root_of_documents(graph: &Graph, node: NodeIndex) -> bool {
    graph.node_type(node) == NodeType::Synthetic && graph.node_name(node) == "(Document DOM trees)"
}

/// Everything that can be reached from the program's global objects.
fn page_owned_nodes(graph: &Graph) -> BitSet {
    let mut owned = BitSet::new(graph.node_count());
    let mut pending = Vec::new();
    for edge in graph.edges(NodeIndex::ROOT) {
        let entry = match edge.edge_type {
            EdgeType::Shortcut => true,
            EdgeType::Element => is_root_of_documents(graph, edge.target),
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
        let from_table = parse_ephemeron(&format!("3{tail}")).unwrap();
        let from_key = parse_ephemeron(&format!("12{tail}")).unwrap();
        assert_eq!(from_table, from_key);
        assert_eq!(from_table.table, 78);
    }

    #[test]
    fn a_name_may_look_like_a_part_of_the_pattern() {
        let odd = "1 / part of key (a) -> value (b @1) -> value (@) pair in WeakMap (table @2) @3) \
                   pair in WeakMap (table @9)";
        assert_eq!(parse_ephemeron(odd).unwrap().table, 9);
    }

    #[test]
    fn other_names_are_not_ephemerons() {
        for name in [
            "",
            "12",
            " / part of key (a @1) -> value (b @2) pair in WeakMap (table @3)",
            "1 / part of key (a) -> value (b @2) pair in WeakMap (table @3)",
            "1 / part of key (a @1) -> value (b) pair in WeakMap (table @3)",
            "1 / part of key (a @1) -> value (b @2) pair in WeakMap (table @)",
            "1 / part of key (a @1) -> value (b @2) pair in WeakMap (table @3",
            "1 / part of key (a @1) -> value (two\nlines @2) pair in WeakMap (table @3)",
            "x",
        ] {
            assert_eq!(parse_ephemeron(name), None, "{name}");
        }
    }
}

#[cfg(test)]
#[path = "essential_edges_tests.rs"]
mod essential_edges_tests;
