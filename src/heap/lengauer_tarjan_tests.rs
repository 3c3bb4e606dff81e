//! How the work grows with the graph: counted in steps, not by a clock.

use super::super::depth_first::DepthFirst;
use super::super::edge_rules::EdgeRules;
use super::super::fixture::HeapBuilder;
use super::super::graph::{Graph, NodeIndex};
use super::*;

/// A list, of which every node also leads back to the node `back(place)`.
fn list(length: usize, back: impl Fn(usize) -> usize) -> Graph {
    let mut heap = HeapBuilder::new();
    let nodes: Vec<NodeIndex> = (0..length).map(|_| heap.object("Link", 1)).collect();
    heap.element(NodeIndex::ROOT, 0, nodes[0]);
    for place in 0..length {
        if let Some(&next) = nodes.get(place + 1) {
            heap.property(nodes[place], "next", next);
        }
        heap.property(nodes[place], "back", nodes[back(place)]);
    }
    heap.graph()
}

/// Two lists side by side, of which each node leads to a later one of the other.
fn ladder(length: usize) -> Graph {
    let mut heap = HeapBuilder::new();
    let nodes: Vec<NodeIndex> = (0..length).map(|_| heap.object("Link", 1)).collect();
    heap.element(NodeIndex::ROOT, 0, nodes[0]);
    heap.element(NodeIndex::ROOT, 1, nodes[1]);
    for place in 0..length {
        for (edge, step) in [2, 3, 1].into_iter().enumerate() {
            if let Some(&other) = nodes.get(place + step) {
                heap.element(nodes[place], edge as u32, other);
            }
        }
    }
    heap.graph()
}

/// The nodes of a list, each held by the root as well: what makes the fixpoint algorithms quadratic.
fn held_list(length: usize) -> Graph {
    let mut heap = HeapBuilder::new();
    let nodes: Vec<NodeIndex> = (0..length).map(|_| heap.object("Link", 1)).collect();
    for place in (0..length).rev() {
        if let Some(&next) = nodes.get(place + 1) {
            heap.property(nodes[place], "next", next);
        }
        heap.element(NodeIndex::ROOT, place as u32, nodes[place]);
    }
    heap.graph()
}

/// A graph of about so many nodes.
type Shape = fn(usize) -> Graph;

fn steps(graph: &Graph) -> u64 {
    let control = Control::default();
    let order = DepthFirst::<u32>::of(graph, &EdgeRules::of(graph), &control).unwrap();
    counted(order.tree, &control).unwrap().1
}

#[test]
fn steps_grow_hardly_faster_than_the_graph() {
    let shapes: [(&str, Shape); 6] = [
        ("a list that leads to its beginning", |length| {
            list(length, |_| 0)
        }),
        ("a list that leads to its middle", |length| {
            list(length, move |_| length / 2)
        }),
        ("a list that leads back by halves", |length| {
            list(length, |place| place / 2)
        }),
        ("a list that leads back a little", |length| {
            list(length, |place| place.saturating_sub(place % 64))
        }),
        ("a ladder", ladder),
        ("a list held by the root", held_list),
    ];
    for (name, shape) in shapes {
        for length in [1_000, 4_000, 16_000] {
            let graph = shape(length);
            let edges = graph.edge_count() as u64;
            // The paper's bound, without its constant.
            let most = edges * u64::from(length.ilog2());
            let steps = steps(&graph);
            assert!(steps <= most, "{steps} steps for {name} of {length}");
        }
    }
}
