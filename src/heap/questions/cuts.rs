//! What would be freed if one reference were removed.

use serde::Serialize;

use crate::heap::columns::{EdgeType, NodeType};
use crate::heap::graph::{Edge, NodeIndex};
use crate::heap::queries::{Step, steps};
use crate::heap::snapshot::Snapshot;

/// One step of a path, and what the reference that leaves it keeps alive alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CutStep {
    /// The step.
    #[serde(flatten)]
    pub step: Step,
    /// Bytes that would be freed if the reference to the next step were removed; 0 where another
    /// way keeps the next step alive. `None` on the last step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub freed: Option<u64>,
}

impl Snapshot {
    /// Up to `count` paths from the GC root to a node, the shortest first. No two of them share a
    /// node, save those that every path leads through.
    pub fn paths(&self, node: NodeIndex, count: usize) -> Vec<Vec<CutStep>> {
        let graph = self.graph();
        self.independent_paths(node, count)
            .into_iter()
            .map(|path| {
                let freed = path
                    .iter()
                    .map(|&(source, edge)| Some(self.freed_without(source, edge.target)))
                    .chain([None]);
                steps(graph, &path, node, |_, edge| graph.edge_label(edge))
                    .into_iter()
                    .zip(freed)
                    .map(|(step, freed)| CutStep { step, freed })
                    .collect()
            })
            .collect()
    }

    /// Bytes that would be freed if `source` no longer referred to `target`; 0 where another way
    /// keeps `target` alive, or where `source` refers to it twice.
    ///
    /// What stands in an object's backing store has an edge from the object and one from the store,
    /// which are one reference.
    pub fn freed_without(&self, source: NodeIndex, target: NodeIndex) -> u64 {
        let graph = self.graph();
        let owner = self.owner_of_store(source).unwrap_or(source);
        let (mut direct, mut stored) = (0, 0);
        for (holder, edge) in self.retainers().edges(graph, target) {
            if !self.keeps_alive(holder, edge) || !self.is_reached(holder) {
                continue;
            }
            if holder == owner {
                direct += 1;
            } else if self.is_store_of(owner, holder) {
                stored += 1;
            } else if !self.ancestry().is_above(target, holder) {
                return 0;
            }
        }
        // One of each is one reference, written twice.
        if direct.max(stored) == 1 {
            self.retained_size(target)
        } else {
            0
        }
    }

    /// Whether `store` is a backing store that belongs to `owner` only.
    pub(super) fn is_store_of(&self, owner: NodeIndex, store: NodeIndex) -> bool {
        // Most nodes are told without looking at their edges.
        self.ancestry().is_above(owner, store) && self.owner_of_store(store) == Some(owner)
    }

    /// The object that a backing store belongs to, when it belongs to one only. A global variable
    /// stands in a cell of its own in the store of the global object.
    fn owner_of_store(&self, store: NodeIndex) -> Option<NodeIndex> {
        let graph = self.graph();
        let mut store = store;
        if graph.node_name(store) == "system / PropertyCell" {
            store = self.dominators().dominator(store);
        }
        let is_store = graph.node_type(store) == NodeType::Array
            || graph.node_name(store) == "system / PropertyArray";
        if !is_store {
            return None;
        }
        let owner = self.dominators().dominator(store);
        let belongs = |edge: Edge| {
            edge.target == store
                && edge.edge_type == EdgeType::Internal
                && matches!(
                    graph.edge_text(edge),
                    Some("elements" | "properties" | "table")
                )
        };
        graph.edges(owner).any(belongs).then_some(owner)
    }
}

#[cfg(test)]
#[path = "cuts_tests.rs"]
mod tests;
