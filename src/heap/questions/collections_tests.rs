//! Collections: kinds, entries, room.

use super::*;
use crate::heap::fixture::HeapBuilder;

fn rows(heap: &HeapBuilder, order: CollectionOrder) -> Vec<CollectionRow> {
    heap.snapshot()
        .collections(10, order, None, &Control::default())
        .unwrap()
}

/// A collection with a hash table of `bytes`, whose slots in `slots` are used.
fn with_table(heap: &mut HeapBuilder, name: &str, bytes: u64, slots: &[u32]) -> NodeIndex {
    let global = heap.global();
    let (collection, table) = (heap.object(name, 32), heap.array("", bytes));
    heap.property(global, "held", collection);
    heap.internal(collection, "table", table);
    for slot in slots {
        let entry = heap.object("Entry", 8);
        heap.internal(table, &slot.to_string(), entry);
    }
    collection
}

#[track_caller]
fn check(heap: &HeapBuilder, kind: CollectionKind, entries: Option<u64>, capacity: Option<u64>) {
    let rows = rows(heap, CollectionOrder::Retained);
    let found: Vec<_> = rows
        .iter()
        .map(|row| (row.kind, row.entries, row.capacity))
        .collect();
    assert_eq!(found, [(kind, entries, capacity)]);
}

#[test]
fn the_size_of_the_table_tells_a_map_from_a_set() {
    // Capacity 8: a prefix of 3, 4 buckets, 8 entries of 3 or 2 words, and 2 words of header.
    let mut map = HeapBuilder::new();
    with_table(&mut map, "Map", 8 * 33, &[7, 8, 10, 13]);
    check(&map, CollectionKind::Map, Some(3), Some(8));
    let mut set = HeapBuilder::new();
    with_table(&mut set, "Registry", 8 * 25, &[7, 9]);
    check(&set, CollectionKind::Set, Some(2), Some(8));
    let row = &rows(&set, CollectionOrder::Empty)[0];
    assert_eq!(
        (row.class_name.as_str(), row.empty_size),
        ("Registry", 6 * 16)
    );
    assert_eq!(row.named.name, "held");
    assert_eq!(row.shallow_size, 32 + 8 * 25);
}

#[test]
fn a_map_of_numbers_hides_its_entries() {
    let mut heap = HeapBuilder::new();
    with_table(&mut heap, "Map", 8 * 33, &[7]);
    check(&heap, CollectionKind::Map, None, Some(8));
    assert_eq!(rows(&heap, CollectionOrder::Retained)[0].empty_size, 0);
}

#[test]
fn a_weak_map_is_counted_by_its_weak_edges() {
    let mut heap = HeapBuilder::new();
    let map = with_table(&mut heap, "WeakMap", 8 * 21, &[]);
    let table = NodeIndex(map.0 + 1);
    for slot in ["3", "5"] {
        let key = heap.object("Key", 8);
        heap.weak(table, slot, key);
    }
    check(&heap, CollectionKind::WeakMap, Some(2), Some(8));
}

#[test]
fn an_array_has_room_for_what_its_elements_have() {
    let mut heap = HeapBuilder::new();
    let global = heap.global();
    let (array, elements) = (
        heap.object("Array", 32),
        heap.array("(object elements)", 816),
    );
    heap.property(global, "queue", array);
    heap.internal(array, "elements", elements);
    let entry = heap.object("Entry", 8);
    heap.element(array, 4, entry);
    heap.internal(elements, "4", entry);
    check(&heap, CollectionKind::Array, Some(1), Some(100));
    assert_eq!(rows(&heap, CollectionOrder::Empty)[0].empty_size, 99 * 8);
}

#[test]
fn a_dictionary_is_counted_by_its_names() {
    let mut heap = HeapBuilder::new();
    let global = heap.global();
    let counts = heap.object("Object", 24);
    // A prefix of 6, 4 entries of 3 words, and 2 words of header.
    let store = heap.array("(object properties)", 8 * 20);
    heap.property(global, "counts", counts);
    heap.internal(counts, "properties", store);
    for (slot, name) in [("6", "a"), ("12", "b"), ("15", "c")] {
        let key = heap.text(name, 24);
        heap.internal(store, slot, key);
    }
    check(&heap, CollectionKind::Object, Some(3), Some(4));
}

#[test]
fn plain_objects_and_iterators_are_no_collections() {
    let mut heap = HeapBuilder::new();
    with_table(&mut heap, "Map Iterator", 8 * 33, &[7, 8]);
    let plain = heap.object("Object", 8);
    let global = heap.global();
    heap.property(global, "plain", plain);
    heap.property(plain, "self", global);
    assert_eq!(rows(&heap, CollectionOrder::Retained), []);
}

#[test]
fn a_buffer_is_as_long_as_its_bytes() {
    let mut heap = HeapBuilder::new();
    let global = heap.global();
    let view = heap.object("Uint8Array", 96);
    let buffer = heap.object("ArrayBuffer", 88);
    let bytes = heap.native("system / JSArrayBufferData", 5000);
    heap.property(global, "image", view);
    heap.internal(view, "buffer", buffer);
    heap.internal(buffer, "backing_store", bytes);
    check(&heap, CollectionKind::Buffer, Some(5000), Some(5000));
    assert_eq!(
        rows(&heap, CollectionOrder::Retained)[0].named.name,
        "image"
    );
}
