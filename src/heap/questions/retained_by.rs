//! What only closures, or only detached nodes, keep alive: filters of DevTools' "Summary" view
//! (`createNamedFilter` in `HeapSnapshot.ts`).

use serde::Deserialize;

use super::names::is_context;
use crate::error::Result;
use crate::heap::bits::BitSet;
use crate::heap::columns::EdgeType;
use crate::heap::graph::NodeIndex;
use crate::heap::snapshot::Snapshot;
use crate::heap::{ClassRow, Control, NO_DISTANCE};

/// Which objects a class table is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RetainedBy {
    /// Those that nothing but variables that functions close over keeps alive.
    Closures,
    /// Those that nothing but what the embedder says is detached keeps alive.
    Detached,
}

impl Snapshot {
    /// The class table of only those objects that would go without closures, or without detached
    /// nodes.
    ///
    /// # Errors
    /// [`Code::Aborted`](crate::error::Code::Aborted).
    pub fn classes_retained_by(&self, by: RetainedBy, control: &Control) -> Result<Vec<ClassRow>> {
        let graph = self.graph();
        let is_removed = |node: NodeIndex| match by {
            RetainedBy::Closures => is_context(graph, node),
            RetainedBy::Detached => graph.is_detached(node),
        };
        let mut kept = BitSet::new(graph.node_count());
        kept.insert(NodeIndex::ROOT.0);
        let mut pending = vec![NodeIndex::ROOT];
        let mut steps = 0;
        while let Some(node) = pending.pop() {
            steps += 1;
            control.check_at(steps)?;
            for edge in graph.edges(node) {
                if edge.edge_type != EdgeType::Weak
                    && !kept.contains(edge.target.0)
                    && !is_removed(edge.target)
                {
                    kept.insert(edge.target.0);
                    pending.push(edge.target);
                }
            }
        }
        let is_meant =
            |node: NodeIndex| !kept.contains(node.0) && self.distance(node) != NO_DISTANCE;
        self.class_table(is_meant, control)
    }
}

#[cfg(test)]
#[path = "retained_by_tests.rs"]
mod tests;
