//! The shortest way from the GC root to every node, by edges that mean something to a person.

use super::bits::BitSet;
use super::columns::{EdgeType, NodeType};
use super::graph::{Edge, EdgeIndex, Graph, NodeIndex};

const NONE: u32 = u32::MAX;

/// A tree of shortest paths from the root.
///
/// Breadth-first, with two classes of edges: those that a program makes are followed first, and
/// only what they do not reach is reached through V8's and Node's own bookkeeping (code, hidden
/// classes, the stack, Node's queue of clean-up hooks). A path through those is true, but it names
/// no culprit. memlab keeps a similar list (`TraceFinder.ts`).
#[derive(Debug)]
pub struct ShortestPaths {
    parents: Vec<u32>,
    edges: Vec<u32>,
    order: Vec<u32>,
}

impl ShortestPaths {
    /// Finds them.
    pub fn of(graph: &Graph) -> Self {
        let node_count = graph.node_count();
        let mut paths = ShortestPaths {
            parents: vec![NONE; node_count],
            edges: vec![NONE; node_count],
            order: Vec::with_capacity(node_count),
        };
        let mut seen = BitSet::new(node_count);
        seen.insert(NodeIndex::ROOT.0);
        paths.order.push(NodeIndex::ROOT.0);
        let mut deferred: Vec<(NodeIndex, Edge)> = Vec::new();
        let mut next = 0;
        let mut next_deferred = 0;
        loop {
            while next < paths.order.len() {
                let node = NodeIndex(paths.order[next]);
                next += 1;
                let bookkeeping = is_bookkeeping(graph, node);
                for edge in graph.edges(node) {
                    if edge.edge_type == EdgeType::Weak || seen.contains(edge.target.0) {
                        continue;
                    }
                    if bookkeeping || leads_aside(graph, node, edge) {
                        deferred.push((node, edge));
                    } else if seen.insert(edge.target.0) {
                        paths.reach(node, edge);
                    }
                }
            }
            let Some(&(node, edge)) = deferred.get(next_deferred) else {
                break;
            };
            next_deferred += 1;
            if seen.insert(edge.target.0) {
                paths.reach(node, edge);
            }
        }
        paths
    }

    fn reach(&mut self, source: NodeIndex, edge: Edge) {
        self.parents[edge.target.get()] = source.0;
        self.edges[edge.target.get()] = edge.index.0;
        self.order.push(edge.target.0);
    }

    /// The node before `node` and the edge between them; `None` for the root and for what nothing
    /// reaches.
    pub fn step(&self, graph: &Graph, node: NodeIndex) -> Option<(NodeIndex, Edge)> {
        let parent = self.parents[node.get()];
        (parent != NONE).then(|| {
            (
                NodeIndex(parent),
                graph.edge(EdgeIndex(self.edges[node.get()])),
            )
        })
    }

    /// Every node that the root reaches, each behind the one before it on its path.
    pub fn order(&self) -> impl ExactSizeIterator<Item = NodeIndex> + '_ {
        self.order.iter().map(|&node| NodeIndex(node))
    }

    /// The path to `node`: each step's node and the edge that leaves it, from the root on.
    pub fn path(&self, graph: &Graph, node: NodeIndex) -> Vec<(NodeIndex, Edge)> {
        let mut path = Vec::new();
        let mut current = node;
        while let Some((parent, edge)) = self.step(graph, current) {
            path.push((parent, edge));
            current = parent;
        }
        path.reverse();
        path
    }
}

/// Whether an edge is followed only where no other leads to its target.
pub(super) fn is_last_choice(graph: &Graph, source: NodeIndex, edge: Edge) -> bool {
    is_bookkeeping(graph, source) || leads_aside(graph, source, edge)
}

/// Nodes whose edges say nothing about who holds what.
fn is_bookkeeping(graph: &Graph, node: NodeIndex) -> bool {
    match graph.node_type(node) {
        NodeType::Code | NodeType::ObjectShape => true,
        NodeType::Synthetic => {
            matches!(
                graph.node_name(node),
                // Strong roots are tables that V8's own C++ code has for a while.
                "(Stack roots)" | "(Handle scope)" | "(Traced handles)" | "(Strong roots)"
            )
        }
        NodeType::Hidden => matches!(
            graph.node_name(node),
            "system / PropertyCell" | "system / NativeContext" | "system / Map"
        ),
        NodeType::Array => graph.node_name(node) == "(map descriptors)",
        NodeType::Native => {
            matches!(
                graph.node_name(node),
                "Node / CleanupQueue" | "Node / ContextifyContext"
            )
        }
        _ => false,
    }
}

fn leads_aside(graph: &Graph, source: NodeIndex, edge: Edge) -> bool {
    match edge.edge_type {
        // Shortcuts elsewhere than at the root repeat a longer way.
        EdgeType::Shortcut => source != NodeIndex::ROOT,
        EdgeType::Internal => match graph.edge_text(edge) {
            Some("feedback_cell" | "code" | "map" | "shared" | "scope_info" | "script") => true,
            // The value of a WeakMap's entry is looked for at its key.
            Some(name) => {
                name.starts_with(|first: char| first.is_ascii_digit())
                    && name.contains(" / part of key (")
                    && graph.node_type(source) != NodeType::Object
                    && graph.node_type(source) != NodeType::Closure
            }
            None => false,
        },
        EdgeType::Property => graph.edge_text(edge) == Some("__proto__"),
        _ => false,
    }
}

#[cfg(test)]
#[path = "paths_tests.rs"]
mod tests;
