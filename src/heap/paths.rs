//! The shortest way from the GC root to every node, by edges that mean something to a person.

use std::collections::VecDeque;

use super::bits::BitSet;
use super::columns::{EdgeType, NodeType};
use super::graph::{Edge, EdgeIndex, Graph, NodeIndex, StringIndex};
use super::name_marks::{self, NameMarks, is_bookkeeping, is_weak_map_entry};

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
        let mut paths = Self::unreached(graph);
        breadth_first(graph, &NameMarks::of(graph), (), |source, (), edge| {
            paths.reach(source, edge);
        });
        paths
    }

    /// Paths to the root only, for the nodes that [`breadth_first`] reaches to be added.
    pub(crate) fn unreached(graph: &Graph) -> Self {
        let node_count = graph.node_count();
        let mut order = Vec::with_capacity(node_count);
        order.push(NodeIndex::ROOT.0);
        ShortestPaths {
            parents: vec![NONE; node_count],
            edges: vec![NONE; node_count],
            order,
        }
    }

    /// Adds the target of an edge of `source`.
    #[inline]
    pub(crate) fn reach(&mut self, source: NodeIndex, edge: Edge) {
        self.parents[edge.target.get()] = source.0;
        self.edges[edge.target.get()] = edge.index.0;
        self.order.push(edge.target.0);
    }

    /// The node before `node`, without the edge; see [`ShortestPaths::step`].
    #[inline]
    pub(crate) fn parent(&self, node: NodeIndex) -> Option<NodeIndex> {
        let parent = self.parents[node.get()];
        (parent != NONE).then_some(NodeIndex(parent))
    }

    /// The node before `node` and the edge between them; `None` for the root and for what nothing
    /// reaches.
    pub fn step(&self, graph: &Graph, node: NodeIndex) -> Option<(NodeIndex, Edge)> {
        let parent = self.parent(node)?;
        Some((parent, graph.edge(EdgeIndex(self.edges[node.get()]))))
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

/// Goes to every node that the root reaches, by the shortest paths, and tells `reach` of each: the
/// node before it, what `reach` gave for that one (or `root`), and the edge between them.
pub(crate) fn breadth_first<S: Copy>(
    graph: &Graph,
    marks: &NameMarks,
    root: S,
    mut reach: impl FnMut(NodeIndex, S, Edge) -> S,
) {
    let mut seen = BitSet::new(graph.node_count());
    seen.insert(NodeIndex::ROOT.0);
    let mut level = vec![(NodeIndex::ROOT, root)];
    let mut next_level = Vec::new();
    let mut deferred: VecDeque<(NodeIndex, S, EdgeIndex)> = VecDeque::new();
    loop {
        while !level.is_empty() {
            for (node, state) in level.drain(..) {
                let is_bookkeeping = marks.is_bookkeeping(graph, node);
                let (first, links) = graph.links(node);
                for (place, link) in links.iter().enumerate() {
                    let target = link.target();
                    if link.edge_type() == EdgeType::Weak || seen.contains(target) {
                        continue;
                    }
                    let index = EdgeIndex(first + place as u32);
                    let edge = graph.edge(index);
                    if is_bookkeeping || is_aside(graph, marks, node, edge) {
                        deferred.push_back((node, state, index));
                    } else {
                        seen.insert(target);
                        next_level.push((NodeIndex(target), reach(node, state, edge)));
                    }
                }
            }
            std::mem::swap(&mut level, &mut next_level);
        }
        // One at a time: what it leads to may reach the targets of the others.
        let Some((node, state, index)) = deferred.pop_front() else {
            return;
        };
        let edge = graph.edge(index);
        if seen.insert(edge.target.0) {
            level.push((edge.target, reach(node, state, edge)));
        }
    }
}

/// [`leads_aside`], by the marks of names.
#[inline]
fn is_aside(graph: &Graph, marks: &NameMarks, source: NodeIndex, edge: Edge) -> bool {
    let name = StringIndex(edge.name);
    match edge.edge_type {
        EdgeType::Shortcut => source != NodeIndex::ROOT,
        EdgeType::Internal => {
            marks.leads_aside(name)
                || (marks.is_weak_map_entry(name) && !may_be_key(graph.node_type(source)))
        }
        EdgeType::Property => marks.is_prototype(name),
        _ => false,
    }
}

/// Whether an edge is followed only where no other leads to its target.
pub(super) fn is_last_choice(graph: &Graph, source: NodeIndex, edge: Edge) -> bool {
    let name = graph.node_name(source).as_bytes();
    is_bookkeeping(graph.node_type(source), name) || leads_aside(graph, source, edge)
}

fn leads_aside(graph: &Graph, source: NodeIndex, edge: Edge) -> bool {
    match edge.edge_type {
        // Shortcuts elsewhere than at the root repeat a longer way.
        EdgeType::Shortcut => source != NodeIndex::ROOT,
        EdgeType::Internal => graph.edge_text(edge).is_some_and(|name| {
            let name = name.as_bytes();
            name_marks::leads_aside(name)
                // The value of a WeakMap's entry is looked for at its key.
                || (is_weak_map_entry(name) && !may_be_key(graph.node_type(source)))
        }),
        EdgeType::Property => graph.edge_text(edge) == Some("__proto__"),
        _ => false,
    }
}

/// Whether a node of this type, which has an edge to the value of a WeakMap's entry, is its key
/// rather than its table.
fn may_be_key(node_type: NodeType) -> bool {
    matches!(node_type, NodeType::Object | NodeType::Closure)
}

#[cfg(test)]
#[path = "paths_tests.rs"]
mod tests;
