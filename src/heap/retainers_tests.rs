//! Retainers: the edges, turned around.

use proptest::prelude::*;

use super::super::fixture::HeapBuilder;
use super::super::fixture::random::heaps;
use super::*;
use crate::heap::graph::EdgeIndex;

#[test]
fn retainers_come_in_the_order_of_the_file_with_each_of_their_edges() {
    let mut heap = HeapBuilder::new();
    let (a, b, c) = (
        heap.object("A", 1),
        heap.object("B", 1),
        heap.object("C", 1),
    );
    heap.property(b, "first", c);
    heap.property(a, "only", c);
    heap.element(b, 7, c);
    heap.weak(a, "weak", c);
    heap.property(c, "self", c);
    let graph = heap.graph();
    let retainers = Retainers::of(&graph);
    assert_eq!(retainers.sources(c).collect::<Vec<_>>(), [a, b, b, c]);
    let labels: Vec<(NodeIndex, String)> = retainers
        .edges(&graph, c)
        .map(|(source, edge)| (source, graph.edge_label(edge)))
        .collect();
    let expected = [(a, "only"), (b, "first"), (b, "[7]"), (c, "self")];
    assert_eq!(
        labels,
        expected.map(|(source, label)| (source, label.to_owned()))
    );
    assert_eq!(retainers.sources(a).len(), 0);
}

proptest! {
    #[test]
    fn retainers_are_the_strong_edges_turned_around(heap in heaps(20)) {
        let graph = heap.graph();
        let retainers = Retainers::of(&graph);
        let mut forwards: Vec<(NodeIndex, NodeIndex, EdgeIndex)> = Vec::new();
        let mut backwards = Vec::new();
        for node in graph.nodes() {
            for edge in graph.edges(node).filter(|edge| edge.edge_type != EdgeType::Weak) {
                forwards.push((edge.target, node, edge.index));
            }
            for (source, edge) in retainers.edges(&graph, node) {
                prop_assert_eq!(edge.target, node);
                backwards.push((node, source, edge.index));
            }
            let sources: Vec<NodeIndex> = retainers.sources(node).collect();
            let by_edge: Vec<NodeIndex> =
                retainers.edges(&graph, node).map(|(source, _)| source).collect();
            prop_assert_eq!(sources, by_edge);
        }
        forwards.sort_unstable();
        prop_assert_eq!(backwards, forwards);
    }
}
