//! Where memory has piled up.

use super::*;
use crate::heap::fixture::HeapBuilder;

fn found(heap: &HeapBuilder, share: f64) -> Vec<Accumulation> {
    heap.snapshot()
        .accumulations(share, &Control::default())
        .unwrap()
}

/// A Map named `sessions` in the scope of a module, with ten entries of 1,000 bytes.
fn with_map(heap: &mut HeapBuilder) -> NodeIndex {
    let global = heap.global();
    let (function, context) = (
        heap.closure("handle", 0),
        heap.object("system / Context", 0),
    );
    let (service, map, table) = (
        heap.object("Service", 10),
        heap.object("Map", 10),
        heap.array("", 0),
    );
    heap.property(global, "handle", function);
    heap.internal(function, "context", context);
    heap.context(context, "service", service);
    heap.property(service, "sessions", map);
    heap.internal(map, "table", table);
    for slot in 0..10 {
        let entry = heap.object("Session", 1000);
        heap.internal(table, &slot.to_string(), entry);
    }
    map
}

#[test]
fn the_way_leads_down_to_where_the_memory_fans_out() {
    let mut heap = HeapBuilder::new();
    let map = with_map(&mut heap);
    let rows = found(&heap, 0.2);
    assert_eq!(rows.len(), 1);
    let row = &rows[0];
    assert_eq!(
        (row.class_name.as_str(), row.retained_size, row.count),
        ("Service", 10_020, 1)
    );
    assert_eq!(row.point.as_ref().unwrap().id, heap.graph().node_id(map));
    assert_eq!(row.named.as_ref().unwrap().name, "sessions");
    let content = Content {
        class_name: "Session".to_owned(),
        count: 10,
        retained_size: 10_000,
    };
    assert_eq!(row.contents, [content]);
    assert_eq!(
        row.message,
        "9.79 KB (100 % of the live heap) are held by one Service and accumulated in one Map, \
         reached as 'sessions'; most of it is in 10 Session."
    );
}

#[test]
fn what_is_small_is_not_told() {
    let mut heap = HeapBuilder::new();
    with_map(&mut heap);
    let global = heap.global();
    let rest = heap.object("Rest", 90_000);
    heap.property(global, "rest", rest);
    let classes = |share| -> Vec<String> {
        found(&heap, share)
            .into_iter()
            .map(|row| row.class_name)
            .collect()
    };
    assert_eq!(classes(0.2), ["Rest"]);
    assert_eq!(classes(0.05), ["Rest", "Service"]);
}

#[test]
fn a_chain_is_accumulated_in_its_first_link() {
    let mut heap = HeapBuilder::new();
    let global = heap.global();
    let head = heap.object("Link", 10);
    heap.property(global, "head", head);
    let mut last = head;
    for _ in 0..100 {
        let next = heap.object("Link", 10);
        heap.property(last, "next", next);
        last = next;
    }
    let rows = found(&heap, 0.2);
    assert_eq!(
        rows[0].point.as_ref().unwrap().id,
        heap.graph().node_id(head)
    );
}

#[test]
fn many_small_ones_of_a_class_are_large_together() {
    let mut heap = HeapBuilder::new();
    let global = heap.global();
    // Two lists hold each, so neither list has them below it.
    let (one, other) = (heap.object("Registry", 1), heap.object("Index", 1));
    heap.property(global, "registry", one);
    heap.property(global, "index", other);
    for place in 0..50 {
        let socket = heap.object("Socket", 100);
        heap.element(one, place, socket);
        heap.element(other, place, socket);
    }
    let rows = found(&heap, 0.2);
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].class_name.as_str(), rows[0].count), ("Socket", 50));
    assert_eq!(rows[0].retained_size, 5000);
    let point = rows[0].point.as_ref().unwrap();
    assert!(["Registry", "Index"].contains(&point.class_name.as_str()));
}

#[test]
fn strings_that_no_one_holds_together_are_not_told() {
    let mut heap = HeapBuilder::new();
    let global = heap.global();
    for name in ["a", "b", "c", "d"] {
        let text = heap.text(name, 1000);
        heap.property(global, name, text);
    }
    assert_eq!(found(&heap, 0.5), []);
}
