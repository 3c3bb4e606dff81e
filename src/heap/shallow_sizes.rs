//! Shallow sizes as DevTools shows them: what belongs to one object only and cannot be seen from
//! JavaScript, such as the backing store of an array, counts as part of that object
//! (`calculateShallowSizes` in `HeapSnapshot.ts`).

use super::bits::BitSet;
use super::columns::{EdgeType, NodeType};
use super::control::Control;
use super::edge_rules::is_user_root;
use super::graph::{Graph, NodeIndex};
use super::narrow_column::NarrowColumn;
use crate::error::Result;

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

/// Whom each node belongs to, if to one only. Empty when sizes stay where they are.
pub(super) struct Owners(Vec<u32>);

impl Owners {
    /// # Errors
    /// [`Code::Aborted`](crate::error::Code::Aborted).
    pub(super) fn of(graph: &Graph, control: &Control) -> Result<Self> {
        // Without global objects the snapshot was taken with V8's internals exposed, and shows
        // memory as it is.
        let has_user_roots = graph
            .edges(NodeIndex::ROOT)
            .any(|edge| is_user_root(graph, edge.target));
        if !has_user_roots {
            return Ok(Self(Vec::new()));
        }
        let mut ownable = BitSet::new(graph.node_count());
        for node in graph.nodes().filter(|&node| can_be_owned(graph, node)) {
            ownable.insert(node.0);
        }
        let mut owners = vec![UNVISITED; graph.node_count()];
        // In the order of the file, which is the order of memory: only what lies behind and has
        // changed is done again, at most twice.
        let mut behind = Vec::new();
        for place in graph.nodes() {
            control.check_at(place.get())?;
            behind.push(place);
            while let Some(node) = behind.pop() {
                let owner = match ownable.contains(node.0) {
                    true => owners[node.get()],
                    false => node.0,
                };
                if owner == UNVISITED {
                    continue;
                }
                for link in graph.links(node).1 {
                    let target = link.target();
                    if !ownable.contains(target) || link.edge_type() == EdgeType::Weak {
                        continue;
                    }
                    let found = &mut owners[target as usize];
                    if *found == UNVISITED {
                        *found = owner;
                    } else if *found == owner || *found == MULTIPLE_OWNERS {
                        continue;
                    } else {
                        *found = MULTIPLE_OWNERS;
                    }
                    if target <= place.0 {
                        behind.push(NodeIndex(target));
                    }
                }
            }
        }
        Ok(Self(owners))
    }
}

/// Moves the sizes of owned nodes, in `sizes`, to their owners.
pub(super) fn move_to_owners(
    graph: &Graph,
    sizes: &mut NarrowColumn,
    owners: &Owners,
) -> StoreSizes {
    let mut stores = StoreSizes::default();
    for (index, &owner) in owners.0.iter().enumerate() {
        if owner == UNVISITED || owner == MULTIPLE_OWNERS {
            continue;
        }
        let owner = NodeIndex(owner);
        if owner == NodeIndex::ROOT || graph.node_type(owner) == NodeType::Synthetic {
            continue;
        }
        let moved = sizes.get(index);
        if moved > 0 {
            if graph.node_types[index] == NodeType::Array {
                let narrow = u32::try_from(moved).unwrap_or(u32::MAX);
                stores.moved.push((index as u32, narrow));
            }
            sizes.set(index, 0);
            let sum = sizes.get(owner.get()).saturating_add(moved);
            sizes.set(owner.get(), sum);
        }
    }
    stores.moved.shrink_to_fit();
    stores
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
