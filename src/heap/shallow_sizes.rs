//! Shallow sizes as DevTools shows them: what belongs to one object only and cannot be seen from
//! JavaScript, such as the backing store of an array, counts as part of that object
//! (`calculateShallowSizes` in `HeapSnapshot.ts`).

use super::columns::{EdgeType, NodeType};
use super::edge_rules::is_user_root;
use super::graph::{Graph, NodeIndex};

const UNVISITED: u32 = u32::MAX;
const MULTIPLE_OWNERS: u32 = u32::MAX - 1;

/// Sizes of backing stores as they stand in the file, before they were moved to their owners. They
/// tell how much a collection has room for.
#[derive(Debug, Default)]
pub(super) struct StoreSizes {
    /// Sorted by node.
    moved: Vec<(u32, u32)>,
}

impl StoreSizes {
    /// Bytes of the backing store `node` alone. A store of 4 GiB and more counts as one of 4 GiB.
    pub(super) fn of(&self, graph: &Graph, node: NodeIndex) -> u64 {
        match self.moved.binary_search_by_key(&node.0, |&(node, _)| node) {
            Ok(place) => u64::from(self.moved[place].1),
            Err(_) => graph.self_size(node),
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = u64> + '_ {
        self.moved.iter().map(|&(_, size)| u64::from(size))
    }
}

/// Moves the sizes of owned nodes to their owners.
pub(super) fn move_to_owners(graph: &mut Graph) -> StoreSizes {
    let mut stores = StoreSizes::default();
    // Without global objects the snapshot was taken with V8's internals exposed, and shows memory
    // as it is.
    let has_user_roots = graph
        .edges(NodeIndex::ROOT)
        .any(|edge| is_user_root(graph, edge.target));
    if !has_user_roots {
        return stores;
    }
    let owners = owners(graph);
    for (index, &owner) in owners.iter().enumerate() {
        if owner == UNVISITED || owner == MULTIPLE_OWNERS || owner as usize == index {
            continue;
        }
        let owner = NodeIndex(owner);
        if owner == NodeIndex::ROOT || graph.node_type(owner) == NodeType::Synthetic {
            continue;
        }
        let moved = graph.self_sizes.get(index);
        if moved > 0 {
            if graph.node_types[index] == NodeType::Array {
                let narrow = u32::try_from(moved).unwrap_or(u32::MAX);
                stores.moved.push((index as u32, narrow));
            }
            graph.self_sizes.set(index, 0);
            let sum = graph.self_sizes.get(owner.get()).saturating_add(moved);
            graph.self_sizes.set(owner.get(), sum);
        }
    }
    stores.moved.shrink_to_fit();
    stores
}

fn owners(graph: &Graph) -> Vec<u32> {
    let mut pending = Vec::new();
    let mut owners: Vec<u32> = graph
        .nodes()
        .map(|node| {
            if can_be_owned(graph, node) {
                UNVISITED
            } else {
                pending.push(node);
                node.0
            }
        })
        .collect();
    while let Some(node) = pending.pop() {
        let owner = owners[node.get()];
        for edge in graph.edges(node) {
            if edge.edge_type == EdgeType::Weak {
                continue;
            }
            let found = &mut owners[edge.target.get()];
            if *found == UNVISITED {
                *found = owner;
            } else if *found == edge.target.0 || *found == owner || *found == MULTIPLE_OWNERS {
                continue;
            } else {
                *found = MULTIPLE_OWNERS;
            }
            pending.push(edge.target);
        }
    }
    owners
}

fn can_be_owned(graph: &Graph, node: NodeIndex) -> bool {
    match graph.node_type(node) {
        NodeType::Hidden | NodeType::Array => true,
        NodeType::Native => graph.node_name(node) == "system / ExternalStringData",
        _ => false,
    }
}

#[cfg(test)]
#[path = "shallow_sizes_tests.rs"]
mod tests;
