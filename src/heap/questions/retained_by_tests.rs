//! Class tables of what only closures or detached nodes keep alive.

use proptest::prelude::*;

use super::*;
use crate::heap::fixture::HeapBuilder;
use crate::heap::fixture::naive::reached;
use crate::heap::fixture::random::heaps;

fn rows(heap: &HeapBuilder, by: RetainedBy) -> Vec<(String, u64, u64)> {
    let rows = heap.snapshot().classes_retained_by(by, &Control::default());
    rows.unwrap()
        .into_iter()
        .map(|row| (row.class_name, row.count, row.retained_size))
        .collect()
}

#[test]
fn only_what_would_go_with_the_closures_is_listed() {
    let mut heap = HeapBuilder::new();
    let global = heap.global();
    let (function, context) = (heap.closure("f", 10), heap.object("system / Context", 20));
    let (captured, shared) = (heap.object("Captured", 300), heap.object("Shared", 4000));
    heap.property(global, "f", function);
    heap.internal(function, "context", context);
    heap.context(context, "captured", captured);
    heap.context(context, "shared", shared);
    heap.property(global, "shared", shared);
    let expected = [
        ("system / Context".to_owned(), 1, 320),
        ("Captured".to_owned(), 1, 300),
    ];
    assert_eq!(rows(&heap, RetainedBy::Closures), expected);
    assert_eq!(rows(&heap, RetainedBy::Detached), []);
}

proptest! {
    #[test]
    fn agrees_with_taking_the_detached_nodes_away(heap in heaps(14)) {
        let snapshot = heap.snapshot();
        let graph = snapshot.graph();
        let follows = |_, edge: crate::heap::Edge| edge.edge_type != EdgeType::Weak;
        let detached: Vec<NodeIndex> = graph
            .nodes()
            .filter(|&node| graph.is_detached(node) && node != NodeIndex::ROOT)
            .collect();
        let without = reached(graph, &[NodeIndex::ROOT], &detached, follows);
        let expected = graph
            .nodes()
            .filter(|&node| {
                !without[node.get()]
                    && snapshot.distance(node) != NO_DISTANCE
                    && snapshot.shallow_size(node) > 0
            })
            .count() as u64;
        let rows = rows(&heap, RetainedBy::Detached);
        prop_assert_eq!(rows.iter().map(|row| row.1).sum::<u64>(), expected);
    }
}
