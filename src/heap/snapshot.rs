//! A snapshot that has been analysed: the graph, and what was computed from it.

use std::sync::OnceLock;

use serde::Serialize;

use super::bits::BitSet;
use super::detachedness::hand_on;
use super::distances::{NO_DISTANCE, distances};
use super::dominators::DominatorTree;
use super::edge_rules::{EssentialEdges, ephemerons};
use super::graph::{Graph, NodeIndex};
use super::paths::ShortestPaths;
use super::retainers::Retainers;
use super::shallow_sizes::move_to_owners;

/// A heap snapshot with dominators, retained sizes and distances.
#[derive(Debug)]
pub struct Snapshot {
    graph: Graph,
    dominators: DominatorTree,
    distances: Vec<u32>,
    essential: EssentialEdges,
    retainers: OnceLock<Retainers>,
    shortest_paths: OnceLock<ShortestPaths>,
}

/// A snapshot in a few numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// Number of nodes.
    pub nodes: u64,
    /// Number of edges.
    pub edges: u64,
    /// Number of different strings.
    pub strings: u64,
    /// Bytes of all nodes.
    pub total_size: u64,
    /// Bytes of the nodes that the GC root reaches.
    pub live_size: u64,
}

impl Snapshot {
    /// Analyses a graph.
    pub fn of(mut graph: Graph) -> Self {
        hand_on(&mut graph);
        move_to_owners(&mut graph);
        let ephemerons = ephemerons(&graph);
        let essential = EssentialEdges::of(&graph, &ephemerons);
        let dominators = DominatorTree::of(&graph, &essential, |node| graph.self_size(node));
        let distances = distances(&graph, &ephemerons);
        Self {
            graph,
            dominators,
            distances,
            essential,
            retainers: OnceLock::new(),
            shortest_paths: OnceLock::new(),
        }
    }

    /// The graph.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// The dominator tree.
    pub fn dominators(&self) -> &DominatorTree {
        &self.dominators
    }

    /// Who refers to whom, backwards; computed at the first call.
    pub fn retainers(&self) -> &Retainers {
        self.retainers.get_or_init(|| Retainers::of(&self.graph))
    }

    /// The shortest way from the GC root to every node; computed at the first call.
    pub fn shortest_paths(&self) -> &ShortestPaths {
        self.shortest_paths
            .get_or_init(|| ShortestPaths::of(&self.graph))
    }

    /// Bytes of a node, with what belongs to it alone and cannot be seen from JavaScript.
    pub fn shallow_size(&self, node: NodeIndex) -> u64 {
        self.graph.self_size(node)
    }

    /// Bytes that would be freed with a node.
    pub fn retained_size(&self, node: NodeIndex) -> u64 {
        self.dominators.retained_size(node)
    }

    /// Bytes that would be freed with all of `nodes`: what is reached now, less what would be
    /// reached without them. Never a sum of retained sizes, which counts what they share twice or
    /// not at all. Of a single node, it is that node's retained size.
    pub fn retained_size_of(&self, nodes: &[NodeIndex]) -> u64 {
        if nodes.contains(&NodeIndex::ROOT) {
            return self.retained_size(NodeIndex::ROOT);
        }
        let nothing = BitSet::new(self.graph.node_count());
        let mut removed = BitSet::new(self.graph.node_count());
        for node in nodes {
            removed.insert(node.0);
        }
        let before = self.reached(&nothing);
        let after = self.reached(&removed);
        let freed = |node: &NodeIndex| {
            !after.contains(node.0) && (before.contains(node.0) || removed.contains(node.0))
        };
        let freed = self.graph.nodes().filter(freed);
        freed.map(|node| self.shallow_size(node)).sum()
    }

    /// What the root and the orphans would reach without the nodes in `removed`.
    fn reached(&self, removed: &BitSet) -> BitSet {
        let mut reached = BitSet::new(self.graph.node_count());
        let orphans = self.dominators.orphans();
        let mut pending: Vec<NodeIndex> = std::iter::once(NodeIndex::ROOT).chain(orphans).collect();
        pending.retain(|node| !removed.contains(node.0) && reached.insert(node.0));
        while let Some(node) = pending.pop() {
            for edge in self.graph.edges(node) {
                if self.essential.contains(edge)
                    && !removed.contains(edge.target.0)
                    && reached.insert(edge.target.0)
                {
                    pending.push(edge.target);
                }
            }
        }
        reached
    }

    /// Edges from the program's global objects to a node; see [`super::SYSTEM_DISTANCE`] and
    /// [`NO_DISTANCE`].
    pub fn distance(&self, node: NodeIndex) -> u32 {
        self.distances[node.get()]
    }

    /// The snapshot in a few numbers.
    pub fn summary(&self) -> Summary {
        let graph = &self.graph;
        let size = |nodes: &mut dyn Iterator<Item = NodeIndex>| {
            nodes.map(|node| self.shallow_size(node)).sum()
        };
        Summary {
            nodes: graph.node_count() as u64,
            edges: graph.edge_count() as u64,
            strings: graph.strings().len() as u64,
            total_size: size(&mut graph.nodes()),
            live_size: size(
                &mut graph
                    .nodes()
                    .filter(|&node| self.distance(node) != NO_DISTANCE),
            ),
        }
    }
}

#[cfg(test)]
#[path = "snapshot_tests.rs"]
mod tests;
