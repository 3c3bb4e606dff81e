//! What was made and freed between two snapshots.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::heap::fixture::HeapBuilder;
use crate::heap::fixture::random::heaps;
use crate::heap::shapes::class_name_of;

fn difference(base: &HeapBuilder, later: &HeapBuilder) -> Difference {
    let base = Inventory::of(&base.snapshot(), &Control::default()).unwrap();
    later
        .snapshot()
        .difference_since(base, &Control::default())
        .unwrap()
}

#[test]
fn new_gone_and_grown_objects_are_told_apart() {
    let mut base = HeapBuilder::new();
    base.object("Map", 100);
    base.object("Gone", 7);
    base.object("Gone", 7);
    base.object("Same", 50);
    let mut later = HeapBuilder::new();
    later.object("Map", 900);
    let new = later.object("New", 11);
    later.set_id(new, 99);
    let second = later.object("Gone", 7);
    later.set_id(second, 5);
    later.object("Same", 50);
    let found = difference(&base, &later);
    let row =
        |class_name: &str, added, removed, added_size, removed_size, grown_size| ClassDifference {
            class_name: class_name.to_owned(),
            added,
            removed,
            added_size,
            removed_size,
            grown_size,
        };
    let expected = [
        row("Map", 0, 0, 0, 0, 800),
        row("New", 1, 0, 11, 0, 0),
        row("Gone", 0, 1, 0, 7, 0),
    ];
    assert_eq!(found.classes, expected);
    assert!((found.found_again - 0.75).abs() < 1e-9, "{found:?}");
}

#[test]
fn a_snapshot_does_not_differ_from_itself() {
    let mut heap = HeapBuilder::new();
    heap.object("Map", 100);
    let found = difference(&heap, &heap);
    assert_eq!((found.classes.len(), found.found_again), (0, 1.0));
}

/// Bytes by class and id of what takes memory.
fn by_id(heap: &HeapBuilder) -> BTreeMap<(String, u32), u64> {
    let snapshot = heap.snapshot();
    let graph = snapshot.graph();
    graph
        .nodes()
        .filter(|&node| snapshot.shallow_size(node) > 0)
        .map(|node| {
            (
                (class_name_of(graph, node), graph.node_id(node)),
                snapshot.shallow_size(node),
            )
        })
        .collect()
}

proptest! {
    #[test]
    fn agrees_with_looking_each_object_up(base in heaps(14), later in heaps(14)) {
        let (before, after) = (by_id(&base), by_id(&later));
        let mut expected: BTreeMap<String, ClassDifference> = BTreeMap::new();
        for (key, &size) in &before {
            let row = expected.entry(key.0.clone()).or_default();
            match after.get(key) {
                Some(&now) => row.grown_size += now as i64 - size as i64,
                None => {
                    row.removed += 1;
                    row.removed_size += size;
                }
            }
        }
        for (key, &size) in after.iter().filter(|(key, _)| !before.contains_key(key)) {
            let row = expected.entry(key.0.clone()).or_default();
            row.added += 1;
            row.added_size += size;
        }
        expected.retain(|_, row| *row != ClassDifference::default());
        let found = difference(&base, &later).classes;
        prop_assert_eq!(found.len(), expected.len());
        for mut row in found {
            let class_name = std::mem::take(&mut row.class_name);
            prop_assert_eq!(Some(&row), expected.get(&class_name));
        }
    }
}
