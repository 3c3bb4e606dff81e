//! Distance of every node from the program's global objects, as DevTools counts it
//! (`calculateDistances` in `HeapSnapshot.ts`).

use std::collections::HashSet;

use super::bits::BitSet;
use super::columns::{EdgeType, NodeType};
use super::control::Control;
use super::edge_rules::{Ephemerons, is_user_root};
use super::graph::{Edge, EdgeIndex, Graph, NodeIndex};
use crate::error::Result;

/// The distance of a node that nothing reaches.
pub const NO_DISTANCE: u32 = u32::MAX;

/// Added to the distance of nodes that only V8 or the embedder reaches
/// (`baseSystemDistance` in DevTools).
pub const SYSTEM_DISTANCE: u32 = 100_000_000;

/// The distance of every node: two bytes each, until one of them is too far away for that, such as
/// the end of a long list; then four.
#[derive(Debug)]
pub(super) enum Distances {
    /// The distance, with [`SYSTEM`] for [`SYSTEM_DISTANCE`].
    Near(Vec<u16>),
    Far(Vec<u32>),
}

const SYSTEM: u16 = 1 << 15;
const UNREACHED: u16 = u16::MAX;
/// One less than what would look like [`UNREACHED`] with [`SYSTEM`].
const MOST_NEAR: u32 = SYSTEM as u32 - 2;

impl Distances {
    fn unreached(node_count: usize) -> Self {
        Distances::Near(vec![UNREACHED; node_count])
    }

    pub(super) fn get(&self, node: NodeIndex) -> u32 {
        match self {
            Distances::Near(near) => widened(near[node.get()]),
            Distances::Far(far) => far[node.get()],
        }
    }

    #[inline]
    fn set(&mut self, node: NodeIndex, distance: u32) {
        if let Distances::Near(near) = self {
            if let Some(narrow) = narrowed(distance) {
                near[node.get()] = narrow;
                return;
            }
            *self = Distances::Far(near.iter().map(|&distance| widened(distance)).collect());
        }
        if let Distances::Far(far) = self {
            far[node.get()] = distance;
        }
    }
}

#[inline]
fn narrowed(distance: u32) -> Option<u16> {
    match distance {
        0..=MOST_NEAR => Some(distance as u16),
        SYSTEM_DISTANCE.. if distance - SYSTEM_DISTANCE <= MOST_NEAR => {
            Some((distance - SYSTEM_DISTANCE) as u16 | SYSTEM)
        }
        _ => None,
    }
}

fn widened(distance: u16) -> u32 {
    match distance {
        UNREACHED => NO_DISTANCE,
        SYSTEM.. => u32::from(distance - SYSTEM) + SYSTEM_DISTANCE,
        _ => u32::from(distance),
    }
}

/// # Errors
/// [`Code::Aborted`](crate::error::Code::Aborted).
pub(super) fn distances(
    graph: &Graph,
    ephemerons: &Ephemerons,
    control: &Control,
) -> Result<Distances> {
    let mut search = Search {
        graph,
        ephemerons,
        control,
        distances: Distances::unreached(graph.node_count()),
        reached: BitSet::new(graph.node_count()),
        halves: HashSet::new(),
        function_map: graph
            .strings()
            .find("sloppy_function_map")
            .map(|found| found.0),
    };
    let mut level: Vec<NodeIndex> = Vec::new();
    for edge in graph.edges(NodeIndex::ROOT) {
        if is_user_root(graph, edge.target) && search.reached.insert(edge.target.0) {
            level.push(edge.target);
        }
    }
    let root_distance = if level.is_empty() { 0 } else { SYSTEM_DISTANCE };
    search.breadth_first(level, 1)?;
    search.reached.insert(NodeIndex::ROOT.0);
    search.breadth_first(vec![NodeIndex::ROOT], root_distance)?;
    Ok(search.distances)
}

struct Search<'a> {
    graph: &'a Graph,
    ephemerons: &'a Ephemerons,
    control: &'a Control,
    distances: Distances,
    /// Nodes that have a distance or are about to get one.
    reached: BitSet,
    /// Entries of WeakMaps of which one half has been met.
    halves: HashSet<u64>,
    function_map: Option<u32>,
}

impl Search<'_> {
    /// From the nodes of one level to those of the next, the nodes of each in the order in which
    /// they were met.
    fn breadth_first(&mut self, mut level: Vec<NodeIndex>, mut distance: u32) -> Result<()> {
        let graph = self.graph;
        let mut next_level = Vec::new();
        let mut step = 0;
        while !level.is_empty() {
            for &node in &level {
                self.control.check_at(step)?;
                step += 1;
                self.distances.set(node, distance);
                let rule = SourceRule::of(graph, node);
                let (first, links) = graph.links(node);
                for (place, link) in links.iter().enumerate() {
                    let target = link.target();
                    if link.edge_type() != EdgeType::Weak
                        && !self.reached.contains(target)
                        && self.counts(rule, link.edge_type(), first + place as u32)
                    {
                        self.reached.insert(target);
                        next_level.push(NodeIndex(target));
                    }
                }
            }
            level.clear();
            std::mem::swap(&mut level, &mut next_level);
            distance += 1;
        }
        Ok(())
    }

    #[inline]
    fn counts(&mut self, rule: SourceRule, edge_type: EdgeType, index: u32) -> bool {
        if matches!(rule, SourceRule::None) && edge_type != EdgeType::Internal {
            return true;
        }
        let edge = self.graph.edge(EdgeIndex(index));
        match rule {
            SourceRule::NativeContext if self.is_function_map(edge) => return false,
            SourceRule::MapDescriptors if !self.is_own_descriptor(edge) => return false,
            _ => {}
        }
        // The value of a WeakMap's entry is as far away as the farther of key and table, so the
        // first of the two edges is passed over.
        if edge.edge_type == EdgeType::Internal
            && let Some(half) = self.ephemerons.get(edge.name)
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
    #[inline]
    fn of(graph: &Graph, node: NodeIndex) -> Self {
        let is_named = |name| graph.strings().is(graph.node_name_index(node), name);
        match graph.node_type(node) {
            NodeType::Hidden if is_named("system / NativeContext") => SourceRule::NativeContext,
            NodeType::Array if is_named("(map descriptors)") => SourceRule::MapDescriptors,
            _ => SourceRule::None,
        }
    }
}

#[cfg(test)]
#[path = "distances_tests.rs"]
mod tests;
