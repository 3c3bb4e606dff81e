//! A snapshot that has been analysed: the graph, and what was computed from it.

use std::sync::OnceLock;
use std::sync::mpsc::channel;

use serde::Serialize;

use super::bits::BitSet;
use super::control::Control;
use super::detachedness::hand_on;
use super::distances::{Distances, NO_DISTANCE, distances};
use super::dominators::{Ancestry, DominatorTree};
use super::edge_rules::{EdgeRules, Ephemerons, EssentialEdges};
use super::graph::{Edge, EdgeIndex, Graph, NodeIndex};
use super::paths::ShortestPaths;
use super::retainers::Retainers;
use super::scripts::Scripts;
use super::shallow_sizes::{Owners, StoreSizes, move_to_owners};
use super::side_by_side::{TWO_THREADS, side_by_side};
use crate::error::{Error, Result};

const NOT_GIVEN_UP: &str = "nobody else has the control, so nobody gives the work up";

/// A heap snapshot with dominators, retained sizes and distances.
#[derive(Debug)]
pub struct Snapshot {
    graph: Graph,
    store_sizes: StoreSizes,
    distances: OnceLock<Distances>,
    dominance: OnceLock<(DominatorTree, EssentialEdges)>,
    retainers: OnceLock<Retainers>,
    shortest_paths: OnceLock<ShortestPaths>,
    scripts: OnceLock<Scripts>,
    /// What the root and the orphans reach.
    reached: OnceLock<BitSet>,
    ancestry: OnceLock<Ancestry>,
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
    pub fn of(graph: Graph) -> Self {
        Self::analyse(graph, &Control::default()).expect(NOT_GIVEN_UP)
    }

    /// The same, watched: `control` is told how far it is, and asked every few milliseconds whether
    /// to go on. On two threads, where there are two cores and the graph is worth it.
    ///
    /// # Errors
    /// [`Code::Aborted`](crate::error::Code::Aborted).
    pub fn analyse(mut graph: Graph, control: &Control) -> Result<Self> {
        control.check()?;
        let large = graph.node_count() >= TWO_THREADS;
        hand_on(&mut graph);
        let mut sizes = std::mem::take(&mut graph.self_sizes);
        // Made by whichever of the two needs them first.
        let made = OnceLock::new();
        let rules = || made.get_or_init(|| EdgeRules::of(&graph));
        let moved = OnceLock::new();
        // Dropped when the sizes are there, or are not to come.
        let (pending, settled) = channel::<()>();
        let (found, dominance) = side_by_side(
            large,
            || {
                let owners = Owners::of(&graph, control)?;
                let store_sizes = move_to_owners(&graph, &mut sizes, &owners);
                drop(owners);
                let _ = moved.set(sizes);
                drop(pending);
                control.reach(25)?;
                let distances = distances(&graph, rules().ephemerons(), control)?;
                Ok((store_sizes, distances))
            },
            || {
                let settled = settled;
                let sizes = || {
                    let _ = settled.recv();
                    moved.get().ok_or_else(Error::aborted)
                };
                DominatorTree::of(&graph, rules(), sizes, control)
            },
        );
        let ((store_sizes, distances), (dominators, page_owned)) = (found?, dominance?);
        graph.self_sizes = moved.into_inner().unwrap_or_default();
        control.reach(90)?;
        let rules = made.into_inner();
        let rules = rules.unwrap_or_else(|| EdgeRules::of(&graph));
        let essential = EssentialEdges::new(rules, page_owned);
        Ok(Self {
            distances: OnceLock::from(distances),
            dominance: OnceLock::from((dominators, essential)),
            ..Self::with_sizes(graph, store_sizes)
        })
    }

    /// Finds only the sizes of nodes. All else is computed at the first question that needs it,
    /// which nobody can give up: a comparison asks little of any snapshot but the last.
    ///
    /// # Errors
    /// [`Code::Aborted`](crate::error::Code::Aborted).
    pub fn for_comparison(mut graph: Graph, control: &Control) -> Result<Self> {
        control.check()?;
        hand_on(&mut graph);
        let owners = Owners::of(&graph, control)?;
        let mut sizes = std::mem::take(&mut graph.self_sizes);
        let store_sizes = move_to_owners(&graph, &mut sizes, &owners);
        graph.self_sizes = sizes;
        Ok(Self::with_sizes(graph, store_sizes))
    }

    fn with_sizes(graph: Graph, store_sizes: StoreSizes) -> Self {
        Self {
            graph,
            store_sizes,
            distances: OnceLock::new(),
            dominance: OnceLock::new(),
            retainers: OnceLock::new(),
            shortest_paths: OnceLock::new(),
            scripts: OnceLock::new(),
            reached: OnceLock::new(),
            ancestry: OnceLock::new(),
        }
    }

    /// Whether it is worth a second thread to go over all nodes.
    pub(crate) fn is_large(&self) -> bool {
        self.graph.node_count() >= TWO_THREADS
    }

    /// The graph.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// The dominator tree.
    pub fn dominators(&self) -> &DominatorTree {
        &self.dominance().0
    }

    fn essential(&self) -> &EssentialEdges {
        &self.dominance().1
    }

    fn dominance(&self) -> &(DominatorTree, EssentialEdges) {
        self.dominance.get_or_init(|| {
            let rules = EdgeRules::of(&self.graph);
            let sizes = || Ok(&self.graph.self_sizes);
            let control = Control::default();
            let (dominators, page_owned) =
                DominatorTree::of(&self.graph, &rules, sizes, &control).expect(NOT_GIVEN_UP);
            (dominators, EssentialEdges::new(rules, page_owned))
        })
    }

    fn all_distances(&self) -> &Distances {
        self.distances.get_or_init(|| {
            let ephemerons = Ephemerons::of(&self.graph);
            distances(&self.graph, &ephemerons, &Control::default()).expect(NOT_GIVEN_UP)
        })
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

    /// Where functions and constructors stand in the source; collected at the first call.
    pub fn scripts(&self) -> &Scripts {
        self.scripts.get_or_init(|| Scripts::of(&self.graph))
    }

    /// Who dominates whom, to ask often; computed at the first call.
    pub(super) fn ancestry(&self) -> &Ancestry {
        self.ancestry
            .get_or_init(|| Ancestry::of(self.dominators()))
    }

    /// Whether an edge of `source` keeps its target alive.
    pub(crate) fn keeps_alive(&self, source: NodeIndex, edge: Edge) -> bool {
        self.essential().contains(&self.graph, source, edge)
    }

    /// Sizes of backing stores as they stand in the file.
    pub(super) fn store_sizes(&self) -> &StoreSizes {
        &self.store_sizes
    }

    /// Bytes of a node, with what belongs to it alone and cannot be seen from JavaScript.
    pub fn shallow_size(&self, node: NodeIndex) -> u64 {
        self.graph.self_size(node)
    }

    /// Bytes that would be freed with a node.
    pub fn retained_size(&self, node: NodeIndex) -> u64 {
        self.dominators().retained_size(node)
    }

    /// Bytes that would be freed with all of `nodes`: what is reached now, less what would be
    /// reached without them. Never a sum of retained sizes, which counts what they share twice or
    /// not at all. Of a single node, it is that node's retained size.
    pub fn retained_size_of(&self, nodes: &[NodeIndex]) -> u64 {
        if nodes.is_empty() {
            return 0;
        }
        if nodes.contains(&NodeIndex::ROOT) {
            return self.retained_size(NodeIndex::ROOT);
        }
        let mut removed = BitSet::new(self.graph.node_count());
        for node in nodes {
            removed.insert(node.0);
        }
        // Whatever is reached only through the set hangs, in the dominator tree, below every node
        // that dominates the whole set.
        let above = self.dominators().common_dominator(nodes);
        if above != NodeIndex::ROOT {
            if removed.contains(above.0) {
                return self.retained_size(above);
            }
            // Nothing outside leads back in, save through the top.
            let inside = self.below(above);
            let after = self.reached(vec![above], |node| {
                inside.contains(node.0) && !removed.contains(node.0)
            });
            return self.retained_size(above) - self.size_below(above, &after);
        }
        let before = self.all_reached();
        let after = self.reached(self.starts(), |node| !removed.contains(node.0));
        let freed = |node: &NodeIndex| {
            !after.contains(node.0) && (before.contains(node.0) || removed.contains(node.0))
        };
        let freed = self.graph.nodes().filter(freed);
        freed.map(|node| self.shallow_size(node)).sum()
    }

    /// Whether the root or an orphan reaches a node; the rest are rings of nodes that hold each
    /// other.
    pub(super) fn is_reached(&self, node: NodeIndex) -> bool {
        self.all_reached().contains(node.0)
    }

    fn all_reached(&self) -> &BitSet {
        self.reached
            .get_or_init(|| self.reached(self.starts(), |_| true))
    }

    /// The nodes that the dominator tree hangs on.
    fn starts(&self) -> Vec<NodeIndex> {
        std::iter::once(NodeIndex::ROOT)
            .chain(self.dominators().orphans())
            .collect()
    }

    /// `above` and all that it dominates.
    fn below(&self, above: NodeIndex) -> BitSet {
        let mut below = BitSet::new(self.graph.node_count());
        let mut pending = vec![above];
        while let Some(node) = pending.pop() {
            below.insert(node.0);
            pending.extend(self.dominators().children(node));
        }
        below
    }

    /// Bytes of those nodes in `set` that `above` dominates, its own included.
    fn size_below(&self, above: NodeIndex, set: &BitSet) -> u64 {
        let mut size = 0;
        let mut pending = vec![above];
        while let Some(node) = pending.pop() {
            if set.contains(node.0) {
                size += self.shallow_size(node);
            }
            pending.extend(self.dominators().children(node));
        }
        size
    }

    /// What `starts` reach through nodes that `passes` lets pass.
    fn reached(&self, starts: Vec<NodeIndex>, passes: impl Fn(NodeIndex) -> bool) -> BitSet {
        let mut reached = BitSet::new(self.graph.node_count());
        let all_essential = self.essential();
        let mut pending = starts;
        pending.retain(|&node| passes(node) && reached.insert(node.0));
        while let Some(node) = pending.pop() {
            let essential = all_essential.from(&self.graph, node);
            let (first, links) = self.graph.links(node);
            for (place, &link) in links.iter().enumerate() {
                let target = NodeIndex(link.target());
                if essential.has(EdgeIndex(first + place as u32), link)
                    && passes(target)
                    && reached.insert(target.0)
                {
                    pending.push(target);
                }
            }
        }
        reached
    }

    /// Edges from the program's global objects to a node; see [`super::SYSTEM_DISTANCE`] and
    /// [`NO_DISTANCE`].
    pub fn distance(&self, node: NodeIndex) -> u32 {
        self.all_distances().get(node)
    }

    /// The snapshot in a few numbers.
    pub fn summary(&self) -> Summary {
        let graph = &self.graph;
        Summary {
            nodes: graph.node_count() as u64,
            edges: graph.edge_count() as u64,
            strings: graph.strings().len() as u64,
            total_size: graph.nodes().map(|node| self.shallow_size(node)).sum(),
            live_size: self.live_size(),
        }
    }

    /// Bytes of the nodes that the GC root reaches.
    pub fn live_size(&self) -> u64 {
        let distances = self.all_distances();
        let reached = |&node: &NodeIndex| distances.get(node) != NO_DISTANCE;
        let nodes = self.graph.nodes().filter(reached);
        nodes.map(|node| self.shallow_size(node)).sum()
    }
}

#[cfg(test)]
#[path = "snapshot_tests.rs"]
mod tests;
