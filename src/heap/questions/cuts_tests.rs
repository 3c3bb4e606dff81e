//! What a cut frees: known answers, and agreement with cutting.

use proptest::prelude::*;

use super::*;
use crate::heap::fixture::HeapBuilder;
use crate::heap::fixture::naive::reached;
use crate::heap::fixture::random::heaps;

#[test]
fn a_cut_frees_what_nothing_else_holds() {
    let mut heap = HeapBuilder::new();
    let global = heap.global();
    let (map, table) = (heap.object("Map", 32), heap.array("", 100));
    let (once, twice) = (heap.object("Once", 1000), heap.object("Twice", 2000));
    let elsewhere = heap.object("Elsewhere", 4000);
    heap.property(global, "map", map);
    heap.property(global, "elsewhere", elsewhere);
    heap.internal(map, "table", table);
    for (slot, entry) in [("7", once), ("10", twice), ("13", twice), ("16", elsewhere)] {
        heap.internal(table, slot, entry);
    }
    let snapshot = heap.snapshot();
    assert_eq!(snapshot.freed_without(table, once), 1000);
    assert_eq!(snapshot.freed_without(table, twice), 0);
    assert_eq!(snapshot.freed_without(table, elsewhere), 0);
    assert_eq!(snapshot.freed_without(global, elsewhere), 0);
    assert_eq!(snapshot.freed_without(global, map), 3132);
}

#[test]
fn an_element_and_its_slot_in_the_store_are_one_reference() {
    let mut heap = HeapBuilder::new();
    let global = heap.global();
    let (array, elements) = (
        heap.object("Array", 32),
        heap.array("(object elements)", 100),
    );
    let (once, twice) = (heap.object("Once", 1000), heap.object("Twice", 2000));
    heap.property(global, "array", array);
    heap.internal(array, "elements", elements);
    for (place, entry) in [(0, once), (1, twice), (2, twice)] {
        heap.element(array, place, entry);
        heap.internal(elements, &place.to_string(), entry);
    }
    let snapshot = heap.snapshot();
    for source in [array, elements] {
        assert_eq!(snapshot.freed_without(source, once), 1000);
        assert_eq!(snapshot.freed_without(source, twice), 0);
    }
    let path = &snapshot.paths(once, 5);
    assert_eq!(path.len(), 1, "the store is no other way");
    let freed: Vec<Option<u64>> = path[0].iter().map(|step| step.freed).collect();
    assert_eq!(freed, [Some(3132), Some(3132), Some(1000), None]);
}

#[test]
fn a_global_variable_is_one_reference_with_its_cell() {
    let mut heap = HeapBuilder::new();
    let global = heap.global();
    let store = heap.array("(object properties)", 100);
    let cell = heap.hidden("system / PropertyCell", 24);
    let cache = heap.object("Map", 1000);
    heap.property(global, "cache", cache);
    heap.internal(global, "properties", store);
    heap.internal(store, "7", cell);
    heap.internal(cell, "value", cache);
    assert_eq!(heap.snapshot().freed_without(global, cache), 1000);
}

#[test]
fn what_refers_back_keeps_nothing_alive() {
    let mut heap = HeapBuilder::new();
    let global = heap.global();
    let (parent, child) = (heap.object("Parent", 10), heap.object("Child", 20));
    heap.property(global, "parent", parent);
    heap.property(parent, "child", child);
    heap.property(child, "parent", parent);
    let snapshot = heap.snapshot();
    assert_eq!(snapshot.freed_without(global, parent), 30);
    assert_eq!(
        snapshot.freed_without(child, parent),
        0,
        "the other one holds it"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn agrees_with_cutting(heap in heaps(12)) {
        let snapshot = heap.snapshot();
        let graph = snapshot.graph();
        let starts: Vec<NodeIndex> = std::iter::once(NodeIndex::ROOT)
            .chain(snapshot.dominators().orphans())
            .collect();
        let follows = |source: NodeIndex, edge| snapshot.keeps_alive(source, edge);
        let before = reached(graph, &starts, &[], follows);
        for source in graph.nodes().filter(|node| before[node.get()]) {
            // Stores have a rule of their own, which the tests above show.
            let has_store = graph.edges(source).any(|edge| snapshot.is_store_of(source, edge.target));
            if has_store || snapshot.owner_of_store(source).is_some() {
                continue;
            }
            for target in graph.edges(source).map(|edge| edge.target) {
                if starts.contains(&target) {
                    continue;
                }
                let references = graph.edges(source)
                    .filter(|&edge| edge.target == target && snapshot.keeps_alive(source, edge))
                    .count();
                let after = reached(graph, &starts, &[], |from, edge: Edge| {
                    snapshot.keeps_alive(from, edge) && (from, edge.target) != (source, target)
                });
                let freed: u64 = graph.nodes()
                    .filter(|node| before[node.get()] && !after[node.get()])
                    .map(|node| snapshot.shallow_size(node))
                    .sum();
                let expected = if references == 1 { freed } else { 0 };
                prop_assert_eq!(snapshot.freed_without(source, target), expected);
            }
        }
    }
}
