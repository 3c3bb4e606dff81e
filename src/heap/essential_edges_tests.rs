//! Which edges hold their target, one rule at a time.

use proptest::prelude::*;

use super::super::control::Control;
use super::super::depth_first::DepthFirst;
use super::super::fixture::HeapBuilder;
use super::super::fixture::naive::reached;
use super::super::fixture::random::heaps;
use super::*;

fn essential(graph: &Graph) -> EssentialEdges {
    let rules = EdgeRules::of(graph);
    let order = DepthFirst::<u32>::of(graph, &rules, &Control::default()).unwrap();
    EssentialEdges::new(rules, order.page_owned)
}

/// Whether the only edge from `source` to `target` is essential.
#[track_caller]
fn holds(graph: &Graph, source: NodeIndex, target: NodeIndex) -> bool {
    let mut edges = graph.edges(source).filter(|edge| edge.target == target);
    let edge = edges.next().unwrap();
    assert_eq!(edges.next(), None, "there is more than one edge");
    essential(graph).contains(graph, source, edge)
}

/// A snapshot in which `a` has one edge to `b`.
fn one_edge(edge_type: EdgeType) -> (Graph, NodeIndex, NodeIndex) {
    let mut heap = HeapBuilder::new();
    let (a, b) = (heap.object("A", 1), heap.object("B", 1));
    if edge_type.is_numbered() {
        heap.edge(edge_type, a, 3, b);
    } else {
        heap.edge(edge_type, a, "name", b);
    }
    (heap.graph(), a, b)
}

#[test]
fn ordinary_edges_hold() {
    for edge_type in [
        EdgeType::Context,
        EdgeType::Element,
        EdgeType::Property,
        EdgeType::Internal,
        EdgeType::Hidden,
    ] {
        let (graph, a, b) = one_edge(edge_type);
        assert!(holds(&graph, a, b), "{edge_type:?}");
    }
}

#[test]
fn weak_edges_and_shortcuts_do_not() {
    for edge_type in [EdgeType::Weak, EdgeType::Shortcut] {
        let (graph, a, b) = one_edge(edge_type);
        assert!(!holds(&graph, a, b), "{edge_type:?}");
    }
}

#[test]
fn an_edge_to_itself_does_not() {
    let mut heap = HeapBuilder::new();
    let a = heap.object("A", 1);
    heap.property(a, "self", a);
    let root = heap.root();
    heap.element(root, 1, root);
    let graph = heap.graph();
    assert!(!holds(&graph, a, a));
    assert!(!holds(&graph, root, root));
}

#[test]
fn a_shortcut_of_the_root_holds_and_a_weak_edge_of_it_does_not() {
    let mut heap = HeapBuilder::new();
    let global = heap.global();
    let loose = heap.object("Loose", 1);
    heap.weak(NodeIndex::ROOT, "loose", loose);
    let graph = heap.graph();
    assert!(holds(&graph, NodeIndex::ROOT, global));
    assert!(!holds(&graph, NodeIndex::ROOT, loose));
}

#[test]
fn the_value_of_a_weak_map_is_held_by_its_key_and_not_by_the_table() {
    let mut heap = HeapBuilder::new();
    let table = heap.array("system / WeakMapTable", 32);
    let key = heap.object("Key", 8);
    let value = heap.object("Value", 16);
    heap.ephemeron(table, key, value);
    let graph = heap.graph();
    assert!(holds(&graph, key, value));
    assert!(!holds(&graph, table, value));
}

#[test]
fn a_name_that_only_looks_like_a_weak_maps_holds() {
    let name = "1 / part of key (A @1) -> value (B @2) pair in WeakMap (table @";
    let mut heap = HeapBuilder::new();
    let (a, b) = (heap.object("A", 1), heap.object("B", 1));
    let (c, d) = (heap.object("C", 1), heap.object("D", 1));
    // Another table's id, and another type of edge.
    heap.internal(a, &format!("{name}999)"), b);
    heap.property(c, &format!("{name}{})", 2 * c.0 + 1), d);
    let graph = heap.graph();
    assert!(holds(&graph, a, b));
    assert!(holds(&graph, c, d));
}

#[test]
fn what_the_program_reaches_is_not_held_from_outside() {
    //  root ─shortcut─ global ── shared
    //  root ─element── (GC roots) ── shared, own
    let mut heap = HeapBuilder::new();
    let global = heap.global();
    let roots = heap.synthetic("(GC roots)");
    let shared = heap.object("Shared", 1);
    let own = heap.object("Own", 1);
    heap.element(NodeIndex::ROOT, 1, roots);
    heap.property(global, "shared", shared);
    heap.internal(roots, "shared", shared);
    heap.internal(roots, "own", own);
    heap.property(own, "shared", shared);
    let graph = heap.graph();
    assert!(holds(&graph, global, shared));
    assert!(!holds(&graph, roots, shared));
    assert!(!holds(&graph, own, shared));
    assert!(holds(&graph, roots, own));
}

#[test]
fn the_root_itself_holds_what_the_program_reaches() {
    let mut heap = HeapBuilder::new();
    let global = heap.global();
    let shared = heap.object("Shared", 1);
    heap.property(global, "shared", shared);
    heap.element(NodeIndex::ROOT, 9, shared);
    assert!(holds(&heap.graph(), NodeIndex::ROOT, shared));
}

#[test]
fn weak_edges_do_not_make_the_program_reach_and_shortcuts_do() {
    for (edge_type, outside_holds) in [(EdgeType::Weak, true), (EdgeType::Shortcut, false)] {
        let mut heap = HeapBuilder::new();
        let global = heap.global();
        let roots = heap.synthetic("(GC roots)");
        let shared = heap.object("Shared", 1);
        heap.edge(edge_type, global, "shared", shared);
        heap.internal(roots, "shared", shared);
        assert_eq!(
            holds(&heap.graph(), roots, shared),
            outside_holds,
            "{edge_type:?}"
        );
    }
}

#[test]
fn documents_belong_to_the_program_and_other_elements_of_the_root_do_not() {
    for (name, outside_holds) in [("(Document DOM trees)", false), ("(Other roots)", true)] {
        let mut heap = HeapBuilder::new();
        let trees = heap.synthetic(name);
        let roots = heap.synthetic("(GC roots)");
        let node = heap.native("HTMLDivElement", 1);
        heap.element(NodeIndex::ROOT, 1, trees);
        heap.element(NodeIndex::ROOT, 2, roots);
        heap.element(trees, 1, node);
        heap.internal(roots, "div", node);
        assert_eq!(holds(&heap.graph(), roots, node), outside_holds, "{name}");
    }
}

#[test]
fn a_text_that_reads_like_the_root_of_documents_is_not_it() {
    for (node_type, outside_holds) in [
        (NodeType::Synthetic, false),
        (NodeType::RegExp, true),
        (NodeType::String, true),
        (NodeType::Object, true),
    ] {
        let mut heap = HeapBuilder::new();
        let text = heap.node(node_type, "(Document DOM trees)", 1);
        let roots = heap.synthetic("(GC roots)");
        let node = heap.object("Node", 1);
        heap.element(NodeIndex::ROOT, 1, text);
        heap.element(NodeIndex::ROOT, 2, roots);
        heap.internal(text, "node", node);
        heap.internal(roots, "node", node);
        assert_eq!(
            holds(&heap.graph(), roots, node),
            outside_holds,
            "{node_type:?}"
        );
    }
}

/// What the program reaches by a walk of its own, as DevTools finds it.
fn reached_by_the_program(graph: &Graph) -> Vec<bool> {
    let edges = graph.edges(NodeIndex::ROOT);
    let entries: Vec<NodeIndex> = edges
        .filter(|&edge| is_entry(graph, edge))
        .map(|edge| edge.target)
        .collect();
    reached(graph, &entries, &[], |_, edge| {
        edge.edge_type != EdgeType::Weak
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn the_search_finds_what_the_program_reaches(heap in heaps(20)) {
        let graph = heap.graph();
        let owned = essential(&graph).page_owned;
        let found: Vec<bool> = graph.nodes().map(|node| owned.contains(node.0)).collect();
        prop_assert_eq!(found, reached_by_the_program(&graph));
    }
}
