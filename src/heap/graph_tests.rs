//! Looking things up in a graph.

use super::super::fixture::HeapBuilder;
use super::*;

#[test]
fn nodes_are_found_by_their_id() {
    let mut heap = HeapBuilder::new();
    let (one, two) = (heap.object("One", 1), heap.object("Two", 1));
    heap.set_id(one, 4_294_967_295);
    let graph = heap.graph();
    assert_eq!(graph.node_by_id(u32::MAX), Some(one));
    assert_eq!(graph.node_by_id(graph.node_id(two)), Some(two));
    assert_eq!(graph.node_by_id(1), Some(NodeIndex::ROOT));
    assert_eq!(graph.node_by_id(2), None);
}

#[test]
fn edges_are_found_by_their_name_and_never_by_a_number() {
    let mut heap = HeapBuilder::new();
    let (one, two) = (heap.object("One", 1), heap.object("Two", 1));
    // The number of an element is the number of a string, too.
    heap.element(one, 0, two);
    heap.property(one, "0", two);
    heap.property(one, "a b", two);
    let graph = heap.graph();
    let labels = |name: &str| {
        graph
            .edge_named(one, name)
            .map(|edge| graph.edge_label(edge))
    };
    assert_eq!(labels("<dummy>"), None);
    assert_eq!(labels("0").as_deref(), Some("0"));
    assert_eq!(labels("a b").as_deref(), Some("a b"));
    assert_eq!(graph.edge_label(graph.edges(one).next().unwrap()), "[0]");
}

#[test]
fn the_bytes_held_are_those_of_the_columns() {
    let mut heap = HeapBuilder::new();
    for number in 0..10_000 {
        let node = heap.object("Object", 1);
        heap.element(NodeIndex::ROOT, number, node);
    }
    let graph = heap.graph();
    // Thirteen bytes a node and seven an edge.
    let least = 10_001 * 13 + 10_000 * 7;
    assert!(graph.bytes_held() >= least, "{}", graph.bytes_held());
    assert!(graph.bytes_held() < least + 1000, "{}", graph.bytes_held());
}
