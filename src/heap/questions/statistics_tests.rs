//! Bytes by kind: known answers, and that they add up.

use proptest::prelude::*;

use super::*;
use crate::heap::fixture::HeapBuilder;
use crate::heap::fixture::random::heaps;

#[test]
fn each_kind_is_told_from_the_others() {
    let mut heap = HeapBuilder::new();
    let global = heap.global();
    let array = heap.object("Array", 16);
    let elements = heap.array("(object elements)", 800);
    let nodes = [
        heap.code("code", 1),
        heap.text("text", 20),
        heap.node(NodeType::ConcatenatedString, "(concatenated string)", 32),
        heap.node(NodeType::SlicedString, "(sliced string)", 32),
        heap.native("system / JSArrayBufferData", 5000),
        heap.native("Node / Environment", 70),
        heap.object("Session", 9000),
        array,
    ];
    let hidden = heap.hidden("system / Oddball", 3);
    for node in nodes {
        heap.property(global, "name", node);
    }
    // Two owners: else its size would be moved to the one.
    heap.internal(nodes[6], "map", hidden);
    heap.internal(array, "map", hidden);
    heap.internal(array, "elements", elements);
    let statistics = heap.snapshot().statistics();
    assert_eq!(statistics.code, 1);
    assert_eq!(statistics.strings, 84);
    assert_eq!(statistics.typed_arrays, 5000);
    assert_eq!(statistics.native, 70);
    assert_eq!(statistics.js_arrays, 816);
    assert_eq!(statistics.system, 3);
    assert_eq!(statistics.other, 9000);
    assert_eq!(statistics.total, 14_974);
    assert_eq!(statistics.node_types[0].node_type, "object");
    assert_eq!(statistics.node_types[0].shallow_size, 9816);
}

#[test]
fn elements_that_two_arrays_share_belong_to_neither() {
    let mut heap = HeapBuilder::new();
    let global = heap.global();
    let elements = heap.array("(object elements)", 800);
    for name in ["one", "two"] {
        let array = heap.object("Array", 16);
        heap.property(global, name, array);
        heap.internal(array, "elements", elements);
    }
    let statistics = heap.snapshot().statistics();
    assert_eq!((statistics.js_arrays, statistics.other), (32, 800));
}

proptest! {
    #[test]
    fn the_kinds_add_up_to_the_whole(heap in heaps(20)) {
        let snapshot = heap.snapshot();
        let found = snapshot.statistics();
        let kinds = [
            found.code, found.strings, found.js_arrays, found.typed_arrays, found.native,
            found.system, found.other,
        ];
        prop_assert_eq!(kinds.iter().sum::<u64>(), found.total);
        prop_assert_eq!(found.total, snapshot.summary().total_size);
        let by_type: u64 = found.node_types.iter().map(|row| row.shallow_size).sum();
        prop_assert_eq!(by_type, found.total);
    }
}
