//! Strings that are held more than once.

use super::*;
use crate::heap::fixture::HeapBuilder;

fn rows(heap: &HeapBuilder) -> Vec<DuplicateString> {
    heap.snapshot()
        .duplicate_strings(100, &Control::default())
        .unwrap()
}

#[track_caller]
fn check(heap: &HeapBuilder, expected: &[(&str, u64, u64, bool)]) {
    let found = rows(heap);
    let found: Vec<_> = found
        .iter()
        .map(|row| (row.text.as_str(), row.count, row.wasted, row.cut))
        .collect();
    assert_eq!(found, expected);
}

/// A concatenated string of two halves.
fn joined(heap: &mut HeapBuilder, first: NodeIndex, second: NodeIndex) -> NodeIndex {
    let node = heap.node(NodeType::ConcatenatedString, "(concatenated string)", 32);
    heap.internal(node, "first", first);
    heap.internal(node, "second", second);
    node
}

#[test]
fn all_but_the_largest_of_equal_strings_are_wasted() {
    let mut heap = HeapBuilder::new();
    for size in [24, 40, 24] {
        heap.text("three", size);
    }
    for (text, size) in [
        ("two", 100),
        ("two", 100),
        ("one", 5000),
        ("nothing", 0),
        ("nothing", 0),
    ] {
        heap.text(text, size);
    }
    check(&heap, &[("two", 2, 100, false), ("three", 3, 48, false)]);
    assert_eq!(rows(&heap)[1].ids, [3, 5, 7]);
}

#[test]
fn a_concatenated_string_counts_by_its_text() {
    let mut heap = HeapBuilder::new();
    let (a, b, c) = (heap.text("a", 24), heap.text("b", 24), heap.text("c", 24));
    let inner = joined(&mut heap, a, b);
    joined(&mut heap, inner, c);
    heap.text("abc", 24);
    check(&heap, &[("abc", 2, 24, false)]);
}

#[test]
fn one_that_v8_has_flattened_does_not_count() {
    let mut heap = HeapBuilder::new();
    let (text, empty) = (heap.text("abc", 24), heap.text("", 24));
    joined(&mut heap, text, empty);
    check(&heap, &[]);
}

#[test]
fn one_with_a_slice_in_it_has_no_text() {
    let mut heap = HeapBuilder::new();
    let end = heap.text("end", 24);
    for _ in 0..2 {
        let slice = heap.node(NodeType::SlicedString, "(sliced string)", 32);
        joined(&mut heap, slice, end);
    }
    check(&heap, &[]);
}

#[test]
fn cut_strings_may_be_equal_when_they_have_one_size() {
    let mut heap = HeapBuilder::new();
    let cut = "x".repeat(1024);
    for size in [2000, 2000, 3000] {
        heap.text(&cut, size);
    }
    check(&heap, &[(&cut, 2, 2000, true)]);
    // Counted as V8 counts: in UTF-16 units.
    let mut heap = HeapBuilder::new();
    let whole = "é".repeat(600);
    for size in [2000, 3000] {
        heap.text(&whole, size);
    }
    check(&heap, &[(&whole, 2, 2000, false)]);
}

#[test]
fn strings_of_which_something_is_lost_are_not_taken_for_equal() {
    let mut heap = HeapBuilder::new();
    heap.text("\u{FFFD}", 24);
    let first = heap.text("\u{FFFD}", 24);
    // The same entry of the table is the same text, whatever it was.
    check(&heap, &[("\u{FFFD}", 2, 24, false)]);
    let empty = heap.text("a", 24);
    joined(&mut heap, first, empty);
    joined(&mut heap, first, empty);
    check(&heap, &[("\u{FFFD}", 2, 24, false)]);
}

#[test]
fn a_string_that_contains_itself_ends() {
    let mut heap = HeapBuilder::new();
    let text = heap.text("a", 24);
    let ring = heap.node(NodeType::ConcatenatedString, "(concatenated string)", 32);
    heap.internal(ring, "first", ring);
    heap.internal(ring, "second", text);
    check(&heap, &[]);
}

#[test]
fn it_can_be_given_up() {
    let control = Control::default();
    control.cancel();
    let error = HeapBuilder::new()
        .snapshot()
        .duplicate_strings(1, &control)
        .unwrap_err();
    assert_eq!(error.code, crate::error::Code::Aborted);
}
