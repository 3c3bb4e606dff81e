//! Shallow sizes: known answers, and agreement with looking for every owner of each node.

use proptest::prelude::*;

use super::super::fixture::HeapBuilder;
use super::super::fixture::naive::reached;
use super::super::fixture::random::heaps;
use super::*;

fn moved(heap: &HeapBuilder) -> Graph {
    let mut graph = heap.graph();
    let owners = Owners::of(&graph, &Control::default()).unwrap();
    let mut sizes = std::mem::take(&mut graph.self_sizes);
    move_to_owners(&graph, &mut sizes, &owners);
    graph.self_sizes = sizes;
    graph
}

/// A snapshot with a global object, as all have that were not taken with V8's internals exposed.
fn heap_with_global() -> (HeapBuilder, NodeIndex) {
    let mut heap = HeapBuilder::new();
    let global = heap.global();
    (heap, global)
}

#[track_caller]
fn check(heap: &HeapBuilder, expected: &[(NodeIndex, u64)]) {
    let graph = moved(heap);
    for &(node, size) in expected {
        assert_eq!(graph.self_size(node), size, "{node:?}");
    }
}

#[test]
fn a_backing_store_counts_as_its_object() {
    let (mut heap, global) = heap_with_global();
    let array = heap.object("Array", 16);
    let elements = heap.array("(object elements)", 800);
    heap.property(global, "array", array);
    heap.internal(array, "elements", elements);
    check(&heap, &[(array, 816), (elements, 0)]);
}

#[test]
fn so_does_what_the_backing_store_owns_in_turn() {
    let (mut heap, global) = heap_with_global();
    let map = heap.object("Map", 32);
    let table = heap.array("", 100);
    let bucket = heap.hidden("system / Bucket", 10);
    heap.property(global, "map", map);
    heap.internal(map, "table", table);
    heap.internal(table, "0", bucket);
    heap.internal(bucket, "back", table);
    check(&heap, &[(map, 142), (table, 0), (bucket, 0)]);
}

#[test]
fn what_two_objects_share_stays_where_it_is_with_all_below() {
    let (mut heap, global) = heap_with_global();
    let (one, two) = (heap.object("One", 1), heap.object("Two", 2));
    let shared = heap.array("shared", 100);
    let below = heap.hidden("below", 1000);
    heap.property(global, "one", one);
    heap.property(global, "two", two);
    heap.internal(one, "shared", shared);
    heap.internal(two, "shared", shared);
    heap.internal(shared, "below", below);
    check(&heap, &[(one, 1), (two, 2), (shared, 100), (below, 1000)]);
}

#[test]
fn two_ways_from_one_object_are_one_owner() {
    let (mut heap, global) = heap_with_global();
    let object = heap.object("Object", 1);
    let (left, right) = (heap.array("left", 10), heap.array("right", 100));
    let bottom = heap.hidden("bottom", 1000);
    heap.property(global, "object", object);
    heap.internal(object, "left", left);
    heap.internal(object, "right", right);
    heap.internal(left, "bottom", bottom);
    heap.internal(right, "bottom", bottom);
    check(&heap, &[(object, 1111), (left, 0), (right, 0), (bottom, 0)]);
}

#[test]
fn weak_edges_own_nothing() {
    let (mut heap, global) = heap_with_global();
    let (one, two) = (heap.object("One", 1), heap.object("Two", 2));
    let array = heap.array("array", 100);
    heap.property(global, "one", one);
    heap.internal(one, "array", array);
    heap.weak(two, "array", array);
    check(&heap, &[(one, 101), (two, 2), (array, 0)]);
    heap.internal(two, "array", array);
    check(&heap, &[(one, 1), (two, 2), (array, 100)]);
}

#[test]
fn only_what_javascript_cannot_see_is_owned() {
    let (mut heap, global) = heap_with_global();
    let object = heap.object("Object", 1);
    heap.property(global, "object", object);
    let strings = heap.native("system / ExternalStringData", 10);
    let buffer = heap.native("system / JSArrayBufferData", 100);
    let code = heap.code("code", 1000);
    let text = heap.text("text", 10_000);
    for (name, node) in [("a", strings), ("b", buffer), ("c", code), ("d", text)] {
        heap.internal(object, name, node);
    }
    check(
        &heap,
        &[
            (object, 11),
            (strings, 0),
            (buffer, 100),
            (code, 1000),
            (text, 10_000),
        ],
    );
}

#[test]
fn the_root_and_what_the_snapshot_made_up_own_nothing() {
    let (mut heap, _) = heap_with_global();
    let roots = heap.synthetic("(GC roots)");
    let (one, two) = (heap.array("one", 1), heap.hidden("two", 2));
    heap.element(NodeIndex::ROOT, 1, roots);
    heap.element(NodeIndex::ROOT, 2, one);
    heap.internal(roots, "two", two);
    check(
        &heap,
        &[(NodeIndex::ROOT, 0), (roots, 0), (one, 1), (two, 2)],
    );
}

#[test]
fn what_nothing_reaches_is_nobodys() {
    let (mut heap, _) = heap_with_global();
    let (one, two) = (heap.array("one", 1), heap.array("two", 2));
    heap.internal(one, "two", two);
    heap.internal(two, "one", one);
    check(&heap, &[(one, 1), (two, 2)]);
}

#[test]
fn a_snapshot_with_v8s_internals_exposed_is_left_as_it_is() {
    let mut heap = HeapBuilder::new();
    let roots = heap.synthetic("(GC roots)");
    let array = heap.object("Array", 16);
    let elements = heap.array("(object elements)", 800);
    heap.element(NodeIndex::ROOT, 1, roots);
    heap.internal(roots, "array", array);
    heap.internal(array, "elements", elements);
    check(&heap, &[(array, 16), (elements, 800)]);
}

#[test]
fn documents_alone_make_it_a_snapshot_of_a_program() {
    let mut heap = HeapBuilder::new();
    let trees = heap.synthetic("(Document DOM trees)");
    let document = heap.native("HTMLDocument", 16);
    let store = heap.array("store", 800);
    heap.element(NodeIndex::ROOT, 1, trees);
    heap.element(trees, 1, document);
    heap.internal(document, "store", store);
    check(&heap, &[(document, 816), (store, 0)]);
}

/// Each node that may be owned goes to its owner, if the search from all others finds just one.
fn oracle(graph: &Graph) -> Vec<u64> {
    let owned = |node: NodeIndex| can_be_owned(graph, node);
    let mut sizes: Vec<u64> = graph.nodes().map(|node| graph.self_size(node)).collect();
    let program = graph.edges(NodeIndex::ROOT).any(|edge| {
        graph.node_type(edge.target) != NodeType::Synthetic
            || graph.node_name(edge.target) == "(Document DOM trees)"
    });
    if !program {
        return sizes;
    }
    let reach: Vec<(NodeIndex, Vec<bool>)> = graph
        .nodes()
        .filter(|&node| !owned(node))
        .map(|owner| {
            let through = |_: NodeIndex, edge: crate::heap::graph::Edge| {
                edge.edge_type != EdgeType::Weak && owned(edge.target)
            };
            (owner, reached(graph, &[owner], &[], through))
        })
        .collect();
    for node in graph.nodes().filter(|&node| owned(node)) {
        let mut owners = reach.iter().filter(|(_, reached)| reached[node.get()]);
        if let (Some((owner, _)), None) = (owners.next(), owners.next())
            && graph.node_type(*owner) != NodeType::Synthetic
        {
            sizes[owner.get()] += graph.self_size(node);
            sizes[node.get()] -= graph.self_size(node);
        }
    }
    sizes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn agrees_with_looking_for_every_owner(heap in heaps(14)) {
        let graph = moved(&heap);
        let sizes: Vec<u64> = graph.nodes().map(|node| graph.self_size(node)).collect();
        prop_assert_eq!(sizes, oracle(&heap.graph()));
    }
}
