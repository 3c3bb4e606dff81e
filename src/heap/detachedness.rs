//! What the embedder says of its own nodes, DOM nodes above all: in use or detached
//! (`propagateDOMState` in DevTools' `HeapSnapshot.ts`).

use super::bits::BitSet;
use super::columns::{EdgeType, NodeType};
use super::graph::{Graph, NodeIndex};

/// Hands the states that the file has on to the native nodes below: what something attached
/// reaches is attached, and what only something detached reaches is detached.
pub(super) fn hand_on(graph: &mut Graph) {
    if graph.detached.is_empty() {
        return;
    }
    let mut seen = BitSet::new(graph.node_count());
    for &node in graph.attached.iter().chain(&graph.detached) {
        seen.insert(node);
    }
    let attached = std::mem::take(&mut graph.attached);
    graph.attached = reach(graph, attached, &mut seen);
    let detached = std::mem::take(&mut graph.detached);
    graph.detached = reach(graph, detached, &mut seen);
    graph.detached.sort_unstable();
}

/// Adds to `nodes` the native nodes that they reach and that are new to `seen`.
fn reach(graph: &Graph, mut nodes: Vec<u32>, seen: &mut BitSet) -> Vec<u32> {
    let is_native = |node: NodeIndex| graph.node_type(node) == NodeType::Native;
    let mut next = 0;
    while let Some(&node) = nodes.get(next) {
        next += 1;
        let node = NodeIndex(node);
        // Each way from JavaScript into the embedder begins at a node that knows its own state.
        if !is_native(node) {
            continue;
        }
        for edge in graph.edges(node) {
            let leads_on = !matches!(edge.edge_type, EdgeType::Hidden | EdgeType::Weak);
            if leads_on && is_native(edge.target) && seen.insert(edge.target.0) {
                nodes.push(edge.target.0);
            }
        }
    }
    nodes
}

#[cfg(test)]
#[path = "detachedness_tests.rs"]
mod tests;
