//! Who refers to whom, backwards.

use super::columns::{EdgeType, Link};
use super::graph::{Edge, Graph, NodeIndex};

/// For every node, the nodes with a non-weak edge to it.
#[derive(Debug)]
pub struct Retainers {
    first: Vec<u32>,
    sources: Vec<u32>,
}

impl Retainers {
    pub(crate) fn of(graph: &Graph) -> Self {
        let mut first = vec![0_u32; graph.node_count() + 1];
        let strong = |link: &&Link| link.edge_type() != EdgeType::Weak;
        for node in graph.nodes() {
            for link in graph.links(node).1.iter().filter(strong) {
                first[link.target() as usize] += 1;
            }
        }
        let mut total = 0;
        for slot in &mut first {
            total += *slot;
            *slot = total;
        }
        let mut sources = vec![0_u32; total as usize];
        for index in (0..graph.node_count() as u32).rev() {
            for link in graph.links(NodeIndex(index)).1.iter().filter(strong) {
                let slot = &mut first[link.target() as usize];
                *slot -= 1;
                sources[*slot as usize] = index;
            }
        }
        Self { first, sources }
    }

    /// Nodes that refer to `node`, in the order of the file; one that does so twice comes twice.
    pub fn sources(&self, node: NodeIndex) -> impl ExactSizeIterator<Item = NodeIndex> + '_ {
        let range = self.first[node.get()] as usize..self.first[node.get() + 1] as usize;
        self.sources[range].iter().map(|&source| NodeIndex(source))
    }

    /// Each edge that leads to `node`, with its source.
    pub fn edges<'a>(
        &'a self,
        graph: &'a Graph,
        node: NodeIndex,
    ) -> impl Iterator<Item = (NodeIndex, Edge)> + 'a {
        let mut last = None;
        self.sources(node)
            .filter(move |&source| last.replace(source) != Some(source))
            .flat_map(move |source| {
                graph
                    .edges(source)
                    .filter(move |edge| edge.target == node && edge.edge_type != EdgeType::Weak)
                    .map(move |edge| (source, edge))
            })
    }
}

#[cfg(test)]
#[path = "retainers_tests.rs"]
mod tests;
