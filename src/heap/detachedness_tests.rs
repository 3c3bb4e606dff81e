//! Who is detached.

use super::super::fixture::HeapBuilder;
use super::super::shapes::class_name_of;
use super::*;

const ATTACHED: u32 = 1;
const DETACHED: u32 = 2;

#[track_caller]
fn check(heap: &HeapBuilder, expected: &[(NodeIndex, bool)]) {
    let mut graph = heap.graph();
    hand_on(&mut graph);
    for &(node, detached) in expected {
        assert_eq!(
            graph.is_detached(node),
            detached,
            "{}",
            graph.node_name(node)
        );
    }
}

#[test]
fn what_only_something_detached_reaches_is_detached() {
    let mut heap = HeapBuilder::new();
    let tree = heap.native("HTMLDivElement", 1);
    let (child, grandchild) = (heap.native("Text", 1), heap.native("Data", 1));
    let bystander = heap.native("Text", 1);
    heap.set_detachedness(tree, DETACHED);
    heap.property(tree, "child", child);
    heap.internal(child, "data", grandchild);
    check(
        &heap,
        &[
            (tree, true),
            (child, true),
            (grandchild, true),
            (bystander, false),
        ],
    );
}

#[test]
fn what_something_attached_reaches_is_attached() {
    let mut heap = HeapBuilder::new();
    let (detached, attached) = (heap.native("Old", 1), heap.native("New", 1));
    let (shared, below) = (heap.native("Shared", 1), heap.native("Below", 1));
    heap.set_detachedness(detached, DETACHED);
    heap.set_detachedness(attached, ATTACHED);
    heap.property(detached, "shared", shared);
    heap.property(attached, "shared", shared);
    heap.property(shared, "below", below);
    // What says of itself that it is detached stays so.
    heap.property(attached, "old", detached);
    check(&heap, &[(detached, true), (shared, false), (below, false)]);
}

#[test]
fn the_state_stops_at_javascript_and_at_edges_that_hold_nothing() {
    let mut heap = HeapBuilder::new();
    let tree = heap.native("HTMLDivElement", 1);
    let wrapper = heap.object("HTMLDivElement", 1);
    let behind = heap.native("Behind", 1);
    let (weak, hidden) = (heap.native("Weak", 1), heap.native("Hidden", 1));
    heap.set_detachedness(tree, DETACHED);
    heap.property(tree, "wrapper", wrapper);
    heap.property(wrapper, "behind", behind);
    heap.weak(tree, "weak", weak);
    heap.hidden_edge(tree, 1, hidden);
    check(
        &heap,
        &[
            (wrapper, false),
            (behind, false),
            (weak, false),
            (hidden, false),
        ],
    );
}

#[test]
fn an_object_of_javascript_hands_nothing_on() {
    let mut heap = HeapBuilder::new();
    let wrapper = heap.object("HTMLDivElement", 1);
    let child = heap.native("Text", 1);
    heap.set_detachedness(wrapper, DETACHED);
    heap.property(wrapper, "child", child);
    check(&heap, &[(wrapper, true), (child, false)]);
}

#[test]
fn a_detached_node_has_a_class_of_its_own() {
    let mut heap = HeapBuilder::new();
    let names = ["Node / BindingData", "<div id=\"a\">"];
    let attached = names.map(|name| heap.native(name, 1));
    let detached = names.map(|name| heap.native(name, 1));
    for node in detached {
        heap.set_detachedness(node, DETACHED);
    }
    let snapshot = heap.snapshot();
    let classes = |nodes: [NodeIndex; 2]| nodes.map(|node| class_name_of(snapshot.graph(), node));
    assert_eq!(classes(attached), ["Node / BindingData", "<div>"]);
    assert_eq!(
        classes(detached),
        ["Detached Node / BindingData", "Detached <div>"]
    );
    let rows = snapshot.classes();
    assert_eq!(rows.len(), 4, "{rows:?}");
}
