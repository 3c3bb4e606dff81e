//! Distances: known answers, and agreement with trying all edges until nothing changes.

use proptest::prelude::*;

use super::super::fixture::HeapBuilder;
use super::super::fixture::naive::relax;
use super::super::fixture::random::heaps;
use super::*;

fn distances_of(heap: &HeapBuilder) -> Vec<u32> {
    let graph = heap.graph();
    let found = distances(&graph, &Ephemerons::of(&graph), &Control::default()).unwrap();
    graph.nodes().map(|node| found.get(node)).collect()
}

#[track_caller]
fn check(heap: &HeapBuilder, expected: &[(NodeIndex, u32)]) {
    let distances = distances_of(heap);
    for &(node, distance) in expected {
        assert_eq!(distances[node.get()], distance, "{node:?}");
    }
}

#[test]
fn the_global_object_is_at_one_and_each_edge_adds_one() {
    let mut heap = HeapBuilder::new();
    let global = heap.global();
    let near = heap.object("Near", 1);
    let far = heap.object("Far", 1);
    heap.property(global, "near", near);
    heap.element(near, 0, far);
    heap.property(far, "back", global);
    check(
        &heap,
        &[
            (NodeIndex::ROOT, SYSTEM_DISTANCE),
            (global, 1),
            (near, 2),
            (far, 3),
        ],
    );
}

#[test]
fn the_shortest_way_counts() {
    let mut heap = HeapBuilder::new();
    let global = heap.global();
    let detour = heap.object("Detour", 1);
    let end = heap.object("End", 1);
    heap.property(global, "detour", detour);
    heap.property(detour, "end", end);
    heap.property(global, "end", end);
    check(&heap, &[(end, 2)]);
}

#[test]
fn what_only_the_system_reaches_is_far_away() {
    let mut heap = HeapBuilder::new();
    let global = heap.global();
    let roots = heap.synthetic("(GC roots)");
    let code = heap.code("code", 1);
    heap.element(NodeIndex::ROOT, 1, roots);
    heap.internal(roots, "code", code);
    heap.internal(roots, "global", global);
    check(
        &heap,
        &[
            (global, 1),
            (roots, SYSTEM_DISTANCE + 1),
            (code, SYSTEM_DISTANCE + 2),
        ],
    );
}

#[test]
fn without_global_objects_the_root_is_at_zero() {
    let mut heap = HeapBuilder::new();
    let roots = heap.synthetic("(GC roots)");
    let object = heap.object("Object", 1);
    heap.element(NodeIndex::ROOT, 1, roots);
    heap.internal(roots, "object", object);
    check(&heap, &[(NodeIndex::ROOT, 0), (roots, 1), (object, 2)]);
}

#[test]
fn documents_are_at_one() {
    let mut heap = HeapBuilder::new();
    let trees = heap.synthetic("(Document DOM trees)");
    let node = heap.native("HTMLDocument", 1);
    heap.element(NodeIndex::ROOT, 1, trees);
    heap.element(trees, 1, node);
    check(&heap, &[(trees, 1), (node, 2)]);
}

#[test]
fn weak_edges_do_not_count_and_orphans_have_no_distance() {
    let mut heap = HeapBuilder::new();
    let global = heap.global();
    let orphan = heap.object("Orphan", 1);
    let below = heap.object("Below", 1);
    heap.weak(global, "orphan", orphan);
    heap.property(orphan, "below", below);
    check(&heap, &[(orphan, NO_DISTANCE), (below, NO_DISTANCE)]);
}

#[test]
fn the_value_of_a_weak_map_is_behind_the_farther_of_key_and_table() {
    for key_is_far in [true, false] {
        let mut heap = HeapBuilder::new();
        let global = heap.global();
        let detour = heap.object("Detour", 1);
        let table = heap.array("(table)", 1);
        let key = heap.object("Key", 1);
        let value = heap.object("Value", 1);
        let (near, far) = if key_is_far {
            (table, key)
        } else {
            (key, table)
        };
        heap.property(global, "near", near);
        heap.property(global, "detour", detour);
        heap.property(detour, "far", far);
        heap.ephemeron(table, key, value);
        check(&heap, &[(near, 2), (far, 3), (value, 4)]);
    }
}

#[test]
fn a_value_whose_key_is_gone_has_no_distance() {
    let mut heap = HeapBuilder::new();
    let global = heap.global();
    let table = heap.array("(table)", 1);
    let key = heap.object("Key", 1);
    let value = heap.object("Value", 1);
    heap.property(global, "table", table);
    heap.ephemeron(table, key, value);
    check(&heap, &[(key, NO_DISTANCE), (value, NO_DISTANCE)]);
}

#[test]
fn the_map_of_functions_does_not_count() {
    let mut heap = HeapBuilder::new();
    let global = heap.global();
    let context = heap.hidden("system / NativeContext", 1);
    let map = heap.hidden("system / Map", 1);
    let other = heap.hidden("system / Map", 1);
    heap.internal(global, "context", context);
    heap.internal(context, "sloppy_function_map", map);
    heap.internal(context, "other_map", other);
    check(&heap, &[(other, 3), (map, NO_DISTANCE)]);
}

#[test]
fn values_of_shared_descriptors_do_not_count() {
    let mut heap = HeapBuilder::new();
    let global = heap.global();
    let descriptors = heap.array("(map descriptors)", 1);
    heap.internal(global, "descriptors", descriptors);
    let mut expected = Vec::new();
    // [2] is the first key, [3] its details and [4] its value.
    for number in 0..8_u32 {
        let named = heap.object("Named", 1);
        let numbered = heap.object("Numbered", 1);
        heap.internal(descriptors, &number.to_string(), named);
        heap.hidden_edge(descriptors, number, numbered);
        let distance = if [4, 7].contains(&number) {
            NO_DISTANCE
        } else {
            3
        };
        expected.extend([(named, distance), (numbered, distance)]);
    }
    check(&heap, &expected);
}

/// The same rules, without an order in which nodes are met.
fn oracle(graph: &Graph) -> Vec<u32> {
    let ephemerons = Ephemerons::of(graph);
    let user_root = |node: NodeIndex| {
        graph.node_type(node) != NodeType::Synthetic
            || graph.node_name(node) == "(Document DOM trees)"
    };
    let passed_over = |source: NodeIndex, edge: Edge| {
        let name = graph.edge_label(edge);
        let digits = name
            .trim_start_matches('[')
            .chars()
            .take_while(char::is_ascii_digit);
        let number: Option<u32> = digits.collect::<String>().parse().ok();
        let is = |node_type, name| {
            graph.node_type(source) == node_type && graph.node_name(source) == name
        };
        edge.edge_type == EdgeType::Weak
            || is(NodeType::Hidden, "system / NativeContext") && name == "sloppy_function_map"
            || is(NodeType::Array, "(map descriptors)")
                && number.is_some_and(|number| number >= 2 && number % 3 == 1)
    };
    let entry_of = |edge: Edge| {
        let internal = edge.edge_type == EdgeType::Internal;
        internal.then(|| ephemerons.get(edge.name)).flatten()
    };
    let offer = |distances: &[u32], source: NodeIndex, edge: Edge| {
        let from = |source: NodeIndex, edge: Edge| match passed_over(source, edge) {
            true => NO_DISTANCE,
            false => distances[source.get()],
        };
        let Some(entry) = entry_of(edge) else {
            return from(source, edge).checked_add(1);
        };
        // The value of a WeakMap's entry is behind key and table.
        let edges = graph
            .nodes()
            .flat_map(|node| graph.edges(node).map(move |edge| (node, edge)));
        let halves = edges.filter(|&(_, other)| entry_of(other) == Some(entry));
        halves
            .map(|(node, other)| from(node, other))
            .max()
            .unwrap()
            .checked_add(1)
    };
    let mut near = vec![NO_DISTANCE; graph.node_count()];
    let roots = graph.edges(NodeIndex::ROOT).map(|edge| edge.target);
    let roots: Vec<NodeIndex> = roots.filter(|&node| user_root(node)).collect();
    for &root in &roots {
        near[root.get()] = 1;
    }
    relax(graph, &mut near, offer);
    let mut all = near.clone();
    all[0] = if roots.is_empty() { 0 } else { SYSTEM_DISTANCE };
    relax(graph, &mut all, |distances, source, edge| {
        // What the program reaches has given all it can; it counts only as half of an entry.
        let done = near[source.get()] != NO_DISTANCE && source != NodeIndex::ROOT;
        let halved = entry_of(edge).is_some();
        offer(distances, source, edge)
            .filter(|_| near[edge.target.get()] == NO_DISTANCE && (!done || halved))
    });
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn agrees_with_trying_all_edges(heap in heaps(12)) {
        let graph = heap.graph();
        prop_assert_eq!(distances_of(&heap), oracle(&graph));
    }
}
