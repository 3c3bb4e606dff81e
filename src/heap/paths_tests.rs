//! Shortest paths: known answers, and what has to hold of the tree of any graph.

use proptest::prelude::*;

use super::super::fixture::HeapBuilder;
use super::super::fixture::naive::{reached, relax};
use super::super::fixture::random::heaps;
use super::*;

/// The path to `end`, as the labels of its edges.
#[track_caller]
fn check(heap: &HeapBuilder, end: NodeIndex, expected: &str) {
    let graph = heap.graph();
    let path = ShortestPaths::of(&graph).path(&graph, end);
    let labels: Vec<String> = path
        .iter()
        .map(|&(_, edge)| graph.edge_label(edge))
        .collect();
    assert_eq!(labels.join(" "), expected);
}

#[test]
fn the_shortest_way_is_taken() {
    let mut heap = HeapBuilder::new();
    let global = heap.global();
    let (near, far) = (heap.object("Near", 1), heap.object("Far", 1));
    let end = heap.object("End", 1);
    heap.property(global, "near", near);
    heap.property(near, "far", far);
    heap.property(far, "end", end);
    heap.element(near, 3, end);
    check(&heap, end, "1 near [3]");
    check(&heap, NodeIndex::ROOT, "");
}

#[test]
fn a_longer_way_through_the_program_beats_a_shorter_one_through_bookkeeping() {
    for (node_type, name) in [
        (NodeType::Code, "(shared function info)"),
        (NodeType::ObjectShape, "system / DescriptorArray"),
        (NodeType::Synthetic, "(Stack roots)"),
        (NodeType::Synthetic, "(Handle scope)"),
        (NodeType::Synthetic, "(Strong roots)"),
        (NodeType::Synthetic, "(Internalized strings)"),
        (NodeType::Hidden, "system / PropertyCell"),
        (NodeType::Hidden, "system / NativeContext"),
        (NodeType::Array, "(map descriptors)"),
        (NodeType::Native, "Node / CleanupQueue"),
    ] {
        let mut heap = HeapBuilder::new();
        let global = heap.global();
        let bookkeeping = heap.node(node_type, name, 1);
        let (one, two) = (heap.object("One", 1), heap.object("Two", 1));
        let end = heap.object("End", 1);
        heap.element(NodeIndex::ROOT, 5, bookkeeping);
        heap.internal(bookkeeping, "cell", end);
        heap.property(global, "one", one);
        heap.property(one, "two", two);
        heap.property(two, "end", end);
        check(&heap, end, "1 one two end");
    }
}

#[test]
fn so_it_does_one_along_edges_that_lead_aside() {
    for name in [
        "feedback_cell",
        "code",
        "map",
        "shared",
        "scope_info",
        "script",
    ] {
        let mut heap = HeapBuilder::new();
        let global = heap.global();
        let (one, end) = (heap.object("One", 1), heap.object("End", 1));
        heap.internal(global, name, end);
        heap.property(global, "one", one);
        heap.property(one, name, end);
        check(&heap, end, &format!("1 one {name}"));
    }
    let mut heap = HeapBuilder::new();
    let global = heap.global();
    let (one, end) = (heap.object("One", 1), heap.object("End", 1));
    heap.property(global, "__proto__", end);
    heap.shortcut(global, "bound", end);
    heap.property(global, "one", one);
    heap.internal(one, "__proto__", end);
    check(&heap, end, "1 one __proto__");
}

#[test]
fn the_value_of_a_weak_map_is_reached_by_its_key() {
    let mut heap = HeapBuilder::new();
    let global = heap.global();
    let (map, table) = (heap.object("WeakMap", 1), heap.array("", 1));
    let (between, key) = (heap.object("Between", 1), heap.object("Key", 1));
    let value = heap.object("Value", 1);
    heap.property(global, "map", map);
    heap.internal(map, "table", table);
    heap.ephemeron(table, key, value);
    heap.property(global, "between", between);
    heap.property(between, "key", key);
    let graph = heap.graph();
    let path = ShortestPaths::of(&graph).path(&graph, value);
    assert_eq!(path.last().unwrap().0, key);
}

#[test]
fn what_only_bookkeeping_reaches_is_reached_by_it() {
    let mut heap = HeapBuilder::new();
    let code = heap.code("code", 1);
    let end = heap.object("End", 1);
    heap.element(NodeIndex::ROOT, 1, code);
    heap.internal(code, "cell", end);
    check(&heap, end, "[1] cell");
}

#[test]
fn what_nothing_reaches_has_no_path() {
    let mut heap = HeapBuilder::new();
    let global = heap.global();
    let orphan = heap.object("Orphan", 1);
    heap.weak(global, "orphan", orphan);
    let graph = heap.graph();
    let paths = ShortestPaths::of(&graph);
    assert_eq!(paths.step(&graph, orphan), None);
    assert_eq!(paths.path(&graph, orphan), []);
    assert_eq!(paths.order().collect::<Vec<_>>(), [NodeIndex::ROOT, global]);
}

fn is_deferred(graph: &Graph, source: NodeIndex, edge: Edge) -> bool {
    is_last_choice(graph, source, edge)
}

fn is_strong(_: NodeIndex, edge: Edge) -> bool {
    edge.edge_type != EdgeType::Weak
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn each_step_is_an_edge_that_ends_at_its_node(heap in heaps(20)) {
        let graph = heap.graph();
        let paths = ShortestPaths::of(&graph);
        for node in graph.nodes() {
            let mut at = NodeIndex::ROOT;
            let path = paths.path(&graph, node);
            for &(source, edge) in &path {
                prop_assert_eq!(source, at);
                prop_assert!(graph.edges(source).any(|other| other == edge));
                prop_assert!(is_strong(source, edge));
                at = edge.target;
            }
            prop_assert!(path.is_empty() || at == node);
        }
    }

    #[test]
    fn all_that_is_reachable_is_reached_once_and_after_the_one_before(heap in heaps(20)) {
        let graph = heap.graph();
        let paths = ShortestPaths::of(&graph);
        let reachable = reached(&graph, &[NodeIndex::ROOT], &[], is_strong);
        let mut seen = vec![false; graph.node_count()];
        for node in paths.order() {
            prop_assert!(!seen[node.get()]);
            if let Some((parent, _)) = paths.step(&graph, node) {
                prop_assert!(seen[parent.get()]);
            } else {
                prop_assert_eq!(node, NodeIndex::ROOT);
            }
            seen[node.get()] = true;
        }
        prop_assert_eq!(seen, reachable);
    }

    #[test]
    fn bookkeeping_is_passed_as_seldom_as_can_be(heap in heaps(20)) {
        let graph = heap.graph();
        let paths = ShortestPaths::of(&graph);
        let mut least = vec![u32::MAX; graph.node_count()];
        least[0] = 0;
        relax(&graph, &mut least, |least, source, edge| {
            let deferred = u32::from(is_deferred(&graph, source, edge));
            let known = is_strong(source, edge) && least[source.get()] != u32::MAX;
            known.then(|| least[source.get()] + deferred)
        });
        for node in paths.order() {
            let path = paths.path(&graph, node);
            let passed = path.iter().filter(|&&(source, edge)| is_deferred(&graph, source, edge));
            prop_assert_eq!(passed.count(), least[node.get()] as usize);
        }
    }

    #[test]
    fn without_bookkeeping_no_path_is_shorter(heap in heaps(20)) {
        let graph = heap.graph();
        let paths = ShortestPaths::of(&graph);
        let mut lengths = vec![u32::MAX; graph.node_count()];
        lengths[0] = 0;
        relax(&graph, &mut lengths, |lengths, source, edge| {
            let known = is_strong(source, edge) && lengths[source.get()] != u32::MAX;
            (known && !is_deferred(&graph, source, edge)).then(|| lengths[source.get()] + 1)
        });
        for node in graph.nodes().filter(|node| lengths[node.get()] != u32::MAX) {
            let length = paths.path(&graph, node).len() as u32;
            prop_assert_eq!(length, lengths[node.get()]);
        }
    }
}
