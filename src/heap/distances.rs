//! Distance of every node from the program's global objects, as DevTools counts it
//! (`calculateDistances` in `HeapSnapshot.ts`).

use std::collections::{HashMap, HashSet};

use super::columns::{EdgeType, NodeType};
use super::edge_rules::{Ephemeron, is_user_root};
use super::graph::{Edge, Graph, NodeIndex};

/// The distance of a node that nothing reaches.
pub const NO_DISTANCE: u32 = u32::MAX;

/// Added to the distance of nodes that only V8 or the embedder reaches
/// (`baseSystemDistance` in DevTools).
pub const SYSTEM_DISTANCE: u32 = 100_000_000;

pub(super) fn distances(graph: &Graph, ephemerons: &HashMap<u32, Ephemeron>) -> Vec<u32> {
    let mut search = Search {
        graph,
        ephemerons,
        distances: vec![NO_DISTANCE; graph.node_count()],
        halves: HashSet::new(),
        function_map: graph
            .strings()
            .find("sloppy_function_map")
            .map(|found| found.0),
    };
    let mut queue: Vec<NodeIndex> = Vec::new();
    for edge in graph.edges(NodeIndex::ROOT) {
        if is_user_root(graph, edge.target) && search.distances[edge.target.get()] == NO_DISTANCE {
            search.distances[edge.target.get()] = 1;
            queue.push(edge.target);
        }
    }
    let root_distance = if queue.is_empty() { 0 } else { SYSTEM_DISTANCE };
    search.breadth_first(queue);
    search.distances[0] = root_distance;
    search.breadth_first(vec![NodeIndex::ROOT]);
    search.distances
}

struct Search<'a> {
    graph: &'a Graph,
    ephemerons: &'a HashMap<u32, Ephemeron>,
    distances: Vec<u32>,
    /// Entries of WeakMaps of which one half has been met.
    halves: HashSet<u64>,
    function_map: Option<u32>,
}

impl Search<'_> {
    fn breadth_first(&mut self, mut queue: Vec<NodeIndex>) {
        let graph = self.graph;
        let mut next = 0;
        while next < queue.len() {
            let node = queue[next];
            next += 1;
            let distance = self.distances[node.get()] + 1;
            let rule = SourceRule::of(graph, node);
            for edge in graph.edges(node) {
                if edge.edge_type != EdgeType::Weak
                    && self.distances[edge.target.get()] == NO_DISTANCE
                    && self.counts(rule, edge)
                {
                    self.distances[edge.target.get()] = distance;
                    queue.push(edge.target);
                }
            }
        }
    }

    fn counts(&mut self, rule: SourceRule, edge: Edge) -> bool {
        match rule {
            SourceRule::NativeContext if self.is_function_map(edge) => return false,
            SourceRule::MapDescriptors if !self.is_own_descriptor(edge) => return false,
            _ => {}
        }
        // The value of a WeakMap's entry is as far away as the farther of key and table, so the
        // first of the two edges is passed over.
        if edge.edge_type == EdgeType::Internal
            && let Some(half) = self.ephemerons.get(&edge.name)
            && !self.halves.remove(&half.pair)
        {
            self.halves.insert(half.pair);
            return false;
        }
        true
    }

    fn is_function_map(&self, edge: Edge) -> bool {
        !edge.edge_type.is_numbered() && Some(edge.name) == self.function_map
    }

    /// Maps share their descriptors, so a descriptor's value need not belong to this map
    /// (crbug.com/413608).
    fn is_own_descriptor(&self, edge: Edge) -> bool {
        let number = match self.graph.edge_text(edge) {
            None => Some(u64::from(edge.name)),
            Some(text) => {
                let digits = text.len()
                    - text
                        .trim_start_matches(|character: char| character.is_ascii_digit())
                        .len();
                text[..digits].parse().ok()
            }
        };
        number.is_none_or(|number| number < 2 || number % 3 != 1)
    }
}

#[derive(Clone, Copy)]
enum SourceRule {
    None,
    NativeContext,
    MapDescriptors,
}

impl SourceRule {
    fn of(graph: &Graph, node: NodeIndex) -> Self {
        match graph.node_type(node) {
            NodeType::Hidden if graph.node_name(node) == "system / NativeContext" => {
                SourceRule::NativeContext
            }
            NodeType::Array if graph.node_name(node) == "(map descriptors)" => {
                SourceRule::MapDescriptors
            }
            _ => SourceRule::None,
        }
    }
}

#[cfg(test)]
#[path = "distances_tests.rs"]
mod tests;
