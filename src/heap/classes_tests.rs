//! The class table: known answers, and agreement with a table made node by node.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::super::fixture::HeapBuilder;
use super::super::fixture::random::heaps;
use super::*;
use crate::heap::NO_DISTANCE;

fn row_of(snapshot: &Snapshot, class_name: &str) -> ClassRow {
    let rows = snapshot.classes();
    rows.into_iter()
        .find(|row| row.class_name == class_name)
        .unwrap()
}

#[test]
fn members_inside_members_are_not_counted_twice() {
    //  global ── Tree ── Tree ── string
    let mut heap = HeapBuilder::new();
    let global = heap.global();
    let (outer, inner) = (heap.object("Tree", 10), heap.object("Tree", 20));
    let leaf = heap.text("leaf", 300);
    heap.property(global, "tree", outer);
    heap.property(outer, "left", inner);
    heap.property(inner, "leaf", leaf);
    let expected = ClassRow {
        class_name: "Tree".to_owned(),
        count: 2,
        shallow_size: 30,
        retained_size: 330,
        distance: 2,
    };
    assert_eq!(row_of(&heap.snapshot(), "Tree"), expected);
}

#[test]
fn what_two_members_share_is_retained_by_neither() {
    let mut heap = HeapBuilder::new();
    let global = heap.global();
    let (one, two) = (heap.object("Pair", 1), heap.object("Pair", 2));
    let shared = heap.text("shared", 300);
    heap.property(global, "one", one);
    heap.property(global, "two", two);
    heap.property(one, "shared", shared);
    heap.property(two, "shared", shared);
    let snapshot = heap.snapshot();
    assert_eq!(row_of(&snapshot, "Pair").retained_size, 3);
    // It is what both retain together.
    assert_eq!(snapshot.retained_size_of(&[one, two]), 303);
}

#[test]
fn a_member_that_takes_no_memory_is_none() {
    let mut heap = HeapBuilder::new();
    let global = heap.global();
    let (empty, full) = (heap.object("Class", 0), heap.object("Class", 5));
    heap.property(global, "empty", empty);
    heap.property(empty, "full", full);
    let row = row_of(&heap.snapshot(), "Class");
    assert_eq!((row.count, row.retained_size, row.distance), (1, 5, 3));
}

#[test]
fn the_largest_comes_first_and_equals_by_name() {
    let mut heap = HeapBuilder::new();
    let global = heap.global();
    for (name, size) in [("B", 5), ("A", 5), ("Large", 9), ("Small", 1)] {
        let node = heap.object(name, size);
        heap.property(global, name, node);
    }
    let names: Vec<String> = heap
        .snapshot()
        .classes()
        .into_iter()
        .map(|row| row.class_name)
        .collect();
    assert_eq!(names, ["Large", "A", "B", "Small"]);
}

#[test]
fn only_what_nothing_reaches_has_no_distance() {
    let mut heap = HeapBuilder::new();
    let global = heap.global();
    let (one, two) = (heap.object("Mixed", 1), heap.object("Mixed", 1));
    let lost = heap.object("Lost", 1);
    heap.property(global, "one", one);
    heap.weak(global, "two", two);
    heap.weak(global, "lost", lost);
    let snapshot = heap.snapshot();
    assert_eq!(row_of(&snapshot, "Mixed").distance, 2);
    assert_eq!(row_of(&snapshot, "Lost").distance, NO_DISTANCE);
}

/// The nodes that `above` dominates, itself included.
fn dominated(snapshot: &Snapshot, above: NodeIndex) -> BTreeSet<NodeIndex> {
    let is_below = |&node: &NodeIndex| {
        let mut at = node;
        while at != above && at != NodeIndex::ROOT {
            at = snapshot.dominators().dominator(at);
        }
        at == above
    };
    snapshot.graph().nodes().filter(is_below).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn agrees_with_a_table_made_node_by_node(heap in heaps(20)) {
        let snapshot = heap.snapshot();
        let graph = snapshot.graph();
        let mut members: BTreeMap<String, Vec<NodeIndex>> = BTreeMap::new();
        for node in graph.nodes().filter(|&node| snapshot.shallow_size(node) > 0) {
            members.entry(class_name_of(graph, node)).or_default().push(node);
        }
        let mut rows = snapshot.classes();
        rows.sort_by(|a, b| a.class_name.cmp(&b.class_name));
        prop_assert_eq!(rows.len(), members.len());
        for (row, (class_name, members)) in rows.iter().zip(&members) {
            let size = |node: &NodeIndex| snapshot.shallow_size(*node);
            let retained: BTreeSet<NodeIndex> =
                members.iter().flat_map(|&node| dominated(&snapshot, node)).collect();
            prop_assert_eq!(row, &ClassRow {
                class_name: class_name.clone(),
                count: members.len() as u64,
                shallow_size: members.iter().map(size).sum(),
                retained_size: retained.iter().map(size).sum(),
                distance: members.iter().map(|&node| snapshot.distance(node)).min().unwrap(),
            });
        }
    }

    #[test]
    fn the_rows_add_up_to_the_whole(heap in heaps(20)) {
        let snapshot = heap.snapshot();
        let rows = snapshot.classes();
        let total: u64 = rows.iter().map(|row| row.shallow_size).sum();
        prop_assert_eq!(total, snapshot.summary().total_size);
        let nodes = snapshot.graph().nodes();
        let count = nodes.filter(|&node| snapshot.shallow_size(node) > 0).count() as u64;
        prop_assert_eq!(rows.iter().map(|row| row.count).sum::<u64>(), count);
    }
}
