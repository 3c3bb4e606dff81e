//! Ways to a node that do not depend on each other.

use std::collections::{HashMap, HashSet};

use crate::heap::bits::BitSet;
use crate::heap::columns::EdgeType;
use crate::heap::graph::{Edge, NodeIndex};
use crate::heap::paths::is_last_choice;
use crate::heap::snapshot::Snapshot;

/// Nodes that the search for one path looks at. Of a node with more above it, some paths are not
/// found.
const MAX_NODES: usize = 400_000;

/// A path: each step's node and the edge that leaves it.
type Path = Vec<(NodeIndex, Edge)>;

impl Snapshot {
    /// Up to `count` paths from the root to `node`, the shortest first, each without the nodes of
    /// the ones before it, save the node's dominators, which no path can do without. Greedy: there
    /// may be one more where the shortest paths stand in each other's way.
    pub(super) fn independent_paths(&self, node: NodeIndex, count: usize) -> Vec<Path> {
        let tree = self.shortest_paths();
        let first = tree.path(self.graph(), node);
        if first.is_empty() {
            return Vec::new();
        }
        let top = self.dominators().dominator(node);
        let above = tree.path(self.graph(), top);
        // The dominator tree leaves out edges that a path may take, so the two may part.
        let parted = (above.is_empty() && top != NodeIndex::ROOT)
            || above.iter().any(|&(step, _)| step == node);
        let count = if parted { 1 } else { count };
        let mut used = HashSet::new();
        let mut paths = Vec::new();
        let mut direct_taken = false;
        let mut next = Some(first);
        while let Some(path) = next {
            used.extend(
                path.iter()
                    .map(|&(step, _)| step)
                    .filter(|&step| !self.ancestry().is_above(step, node)),
            );
            // What an object refers to stands in its store, which is no other way.
            for &(source, edge) in &path {
                let stores = self.retainers().sources(edge.target);
                used.extend(stores.filter(|&store| self.is_store_of(source, store)));
            }
            // A path that consists of dominators only uses none of them up.
            direct_taken |= path.last().is_some_and(|&(last, _)| last == top);
            paths.push(path);
            if paths.len() == count {
                break;
            }
            next = self.way_from(top, node, &used, direct_taken).map(|below| {
                let mut path = above.clone();
                path.extend(below);
                path
            });
        }
        paths
    }

    /// The shortest way from `top` to `node` around the nodes in `used`; not by an edge from `top`
    /// to `node` itself where `direct_taken`.
    fn way_from(
        &self,
        top: NodeIndex,
        node: NodeIndex,
        used: &HashSet<NodeIndex>,
        direct_taken: bool,
    ) -> Option<Path> {
        let graph = self.graph();
        let mut seen = BitSet::new(graph.node_count());
        seen.insert(node.0);
        let mut next: HashMap<NodeIndex, (Edge, NodeIndex)> = HashMap::new();
        let mut queue = vec![node];
        let mut deferred = Vec::new();
        let (mut place, mut deferred_place) = (0, 0);
        while next.len() < MAX_NODES {
            let Some(&current) = queue.get(place) else {
                let &later = deferred.get(deferred_place)?;
                deferred_place += 1;
                queue.push(later);
                continue;
            };
            place += 1;
            if current == top {
                return Some(follow(top, node, &next));
            }
            for source in self.retainers().sources(current) {
                if used.contains(&source) || seen.contains(source.0) {
                    continue;
                }
                if source == top && current == node && direct_taken {
                    continue;
                }
                seen.insert(source.0);
                let edges = graph
                    .edges(source)
                    .filter(|edge| edge.target == current && edge.edge_type != EdgeType::Weak);
                let Some(edge) = edges.min_by_key(|&edge| is_last_choice(graph, source, edge))
                else {
                    continue;
                };
                next.insert(source, (edge, current));
                if is_last_choice(graph, source, edge) {
                    deferred.push(source);
                } else {
                    queue.push(source);
                }
            }
        }
        None
    }
}

fn follow(top: NodeIndex, node: NodeIndex, next: &HashMap<NodeIndex, (Edge, NodeIndex)>) -> Path {
    let mut path = Vec::new();
    let mut current = top;
    while current != node {
        let Some(&(edge, below)) = next.get(&current) else {
            break;
        };
        path.push((current, edge));
        current = below;
    }
    path
}

#[cfg(test)]
#[path = "independent_paths_tests.rs"]
mod tests;
