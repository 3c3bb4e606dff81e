//! What kinds of memory a heap consists of: the figures of DevTools' "Statistics" view
//! (`calculateStatistics` in `HeapSnapshot.ts`).

use serde::Serialize;

use crate::heap::columns::{EdgeType, NodeType};
use crate::heap::graph::{Graph, NodeIndex};
use crate::heap::snapshot::Snapshot;

/// Bytes by kind. Each byte is in one kind, and the kinds add up to `total`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Statistics {
    /// Everything, with memory outside V8's heap.
    pub total: u64,
    /// Compiled code and what belongs to it.
    pub code: u64,
    /// Text.
    pub strings: u64,
    /// Arrays of JavaScript, with the elements that belong to one array only.
    pub js_arrays: u64,
    /// Contents of typed arrays, buffers and `ArrayBuffer`s.
    pub typed_arrays: u64,
    /// Other memory outside V8's heap that V8 was told of.
    pub native: u64,
    /// V8's own bookkeeping.
    pub system: u64,
    /// Other objects, closures, numbers, symbols and hidden classes.
    pub other: u64,
    /// The same bytes by V8's type of node, largest first. They lack only those bytes of `native`
    /// that belong to no node.
    pub node_types: Vec<NodeTypeRow>,
}

/// All nodes of one type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeTypeRow {
    /// V8's name of the type.
    #[serde(rename = "type")]
    pub node_type: &'static str,
    /// Number of nodes.
    pub count: u64,
    /// Bytes of the nodes alone.
    pub shallow_size: u64,
}

impl Snapshot {
    /// Bytes by kind.
    pub fn statistics(&self) -> Statistics {
        let graph = self.graph();
        let mut by_type: Vec<NodeTypeRow> = Vec::new();
        let mut place_of = [usize::MAX; 256];
        let mut typed_arrays = 0;
        let mut js_arrays = 0;
        let mut elements = Vec::new();
        for node in graph.nodes() {
            let size = self.shallow_size(node);
            let node_type = graph.node_type(node);
            let place = &mut place_of[node_type as usize];
            if *place == usize::MAX {
                *place = by_type.len();
                by_type.push(NodeTypeRow {
                    node_type: node_type.name(),
                    count: 0,
                    shallow_size: 0,
                });
            }
            by_type[*place].count += 1;
            by_type[*place].shallow_size += size;
            match node_type {
                NodeType::Native if graph.node_name(node) == "system / JSArrayBufferData" => {
                    typed_arrays += size;
                }
                _ if !has_kind(node_type) && graph.node_name(node) == "Array" => {
                    js_arrays += size;
                    elements.extend(elements_of(graph, node));
                }
                _ => {}
            }
        }
        js_arrays += self.size_of_unshared(elements);
        let of = |wanted: &[NodeType]| {
            let row = |node_type: &NodeType| {
                let place = place_of[*node_type as usize];
                by_type.get(place).map_or(0, |row| row.shallow_size)
            };
            wanted.iter().map(row).sum::<u64>()
        };
        let code = of(&[NodeType::Code]);
        let strings = of(&[
            NodeType::String,
            NodeType::ConcatenatedString,
            NodeType::SlicedString,
        ]);
        let system = of(&[NodeType::Hidden]);
        let native = of(&[NodeType::Native]) - typed_arrays + graph.extra_native_bytes;
        let total =
            by_type.iter().map(|row| row.shallow_size).sum::<u64>() + graph.extra_native_bytes;
        by_type.sort_by_key(|row| (std::cmp::Reverse(row.shallow_size), row.node_type));
        Statistics {
            total,
            code,
            strings,
            js_arrays,
            typed_arrays,
            native,
            system,
            // Elements may be of a type that has a kind of its own only in a file that V8 did not
            // write.
            other: total
                .saturating_sub(code + strings + js_arrays + typed_arrays + native + system),
            node_types: by_type,
        }
    }

    /// Bytes of those `nodes` to which exactly one edge leads, weak ones included.
    fn size_of_unshared(&self, mut nodes: Vec<NodeIndex>) -> u64 {
        nodes.sort_unstable();
        let mut counts = vec![0_u8; self.graph().node_count()];
        for link in &self.graph().links {
            let count = &mut counts[link.target() as usize];
            *count = count.saturating_add(1);
        }
        nodes
            .into_iter()
            .filter(|node| counts[node.get()] == 1)
            .map(|node| self.shallow_size(node))
            .sum()
    }
}

/// Whether DevTools counts all nodes of a type as one kind.
fn has_kind(node_type: NodeType) -> bool {
    matches!(
        node_type,
        NodeType::Hidden
            | NodeType::Native
            | NodeType::Code
            | NodeType::String
            | NodeType::ConcatenatedString
            | NodeType::SlicedString
    )
}

fn elements_of(graph: &Graph, array: NodeIndex) -> Option<NodeIndex> {
    graph
        .edges(array)
        .find(|&edge| {
            edge.edge_type == EdgeType::Internal && graph.edge_text(edge) == Some("elements")
        })
        .map(|edge| edge.target)
}

#[cfg(test)]
#[path = "statistics_tests.rs"]
mod tests;
