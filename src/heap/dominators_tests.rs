//! Dominators and retained sizes: known answers, and agreement with removing each node in turn.

use proptest::prelude::*;

use super::super::edge_rules::{EdgeRules, EssentialEdges};
use super::super::fixture::HeapBuilder;
use super::super::fixture::naive::reached;
use super::super::fixture::random::heaps;
use super::super::graph::Edge;
use super::*;

fn analyse(graph: &Graph) -> (EssentialEdges, DominatorTree) {
    let rules = EdgeRules::of(graph);
    let control = Control::default();
    let sizes = || Ok(&graph.self_sizes);
    let (wide, _) = DominatorTree::in_words::<u32>(graph, &rules, sizes, &control).unwrap();
    let (tree, owned) = DominatorTree::of(graph, &rules, sizes, &control).unwrap();
    assert_eq!(tree.dominators, wide.dominators);
    assert_eq!(tree.retained, wide.retained);
    (EssentialEdges::new(rules, owned), tree)
}

/// What dominators mean, spelled out.
struct Oracle {
    /// Nodes that are reached at all.
    alive: Vec<bool>,
    /// For each node, what is still reached without it.
    without: Vec<Vec<bool>>,
}

impl Oracle {
    fn of(graph: &Graph, essential: &EssentialEdges) -> Self {
        let follows = |source: NodeIndex, edge: Edge| essential.contains(graph, source, edge);
        let live = reached(graph, &[NodeIndex::ROOT], &[], follows);
        // What no edge holds hangs off the root, as if there were an edge.
        let held = |node: NodeIndex| {
            graph.nodes().any(|source| {
                let mut edges = graph.edges(source).filter(|edge| edge.target == node);
                edges.any(|edge| essential.contains(graph, source, edge))
            })
        };
        let orphans = graph
            .nodes()
            .filter(|&node| !live[node.get()] && !held(node));
        let starts: Vec<NodeIndex> = std::iter::once(NodeIndex::ROOT).chain(orphans).collect();
        let without = |node| match node {
            NodeIndex::ROOT => vec![false; graph.node_count()],
            node => reached(graph, &starts, &[node], follows),
        };
        Self {
            alive: reached(graph, &starts, &[], follows),
            without: graph.nodes().map(without).collect(),
        }
    }

    /// Whether every way to `node` leads through `above`, or is the node itself.
    fn dominates(&self, above: NodeIndex, node: NodeIndex) -> bool {
        if self.alive[node.get()] {
            !self.without[above.get()][node.get()]
        } else {
            // A ring that nothing leads to hangs off the root, each node by itself.
            above == node || above == NodeIndex::ROOT
        }
    }

    fn retained_size(&self, graph: &Graph, node: NodeIndex) -> u64 {
        let below = graph.nodes().filter(|&below| self.dominates(node, below));
        below.map(|below| graph.self_size(below)).sum()
    }

    /// The closest one: it dominates the node, and every other dominator of the node dominates it.
    fn dominator(&self, graph: &Graph, node: NodeIndex) -> NodeIndex {
        let above: Vec<NodeIndex> = graph
            .nodes()
            .filter(|&above| above != node && self.dominates(above, node))
            .collect();
        let closest = |&&one: &&NodeIndex| above.iter().all(|&other| self.dominates(other, one));
        *above.iter().find(closest).unwrap_or(&NodeIndex::ROOT)
    }
}

#[track_caller]
fn assert_correct(graph: &Graph) {
    let (essential, tree) = analyse(graph);
    let oracle = Oracle::of(graph, &essential);
    for node in graph.nodes() {
        assert_eq!(
            tree.dominator(node),
            oracle.dominator(graph, node),
            "{node:?}"
        );
        assert_eq!(
            tree.retained_size(node),
            oracle.retained_size(graph, node),
            "{node:?}"
        );
        let children: Vec<NodeIndex> = graph
            .nodes()
            .skip(1)
            .filter(|&child| oracle.dominator(graph, child) == node)
            .collect();
        assert_eq!(tree.children(node).collect::<Vec<_>>(), children);
    }
}

/// Nodes `a`, `b`, … of 1, 10, 100, … bytes, and the given edges; `r` is the root.
fn letters(nodes: &str, edges: &[&str]) -> (Graph, DominatorTree) {
    let mut heap = HeapBuilder::new();
    for (place, name) in nodes.chars().enumerate() {
        heap.object(&name.to_string(), 10_u64.pow(place as u32));
    }
    for edge in edges {
        let mut ends = edge.chars().map(node_called);
        heap.property(ends.next().unwrap(), "to", ends.next().unwrap());
    }
    let graph = heap.graph();
    assert_correct(&graph);
    let tree = analyse(&graph).1;
    (graph, tree)
}

fn node_called(name: char) -> NodeIndex {
    match name {
        'r' => NodeIndex::ROOT,
        letter => NodeIndex(letter as u32 - 'a' as u32 + 1),
    }
}

/// `expected` has for each node its dominator and its retained size.
#[track_caller]
fn check(nodes: &str, edges: &[&str], expected: &[(char, u64)]) {
    let (_, tree) = letters(nodes, edges);
    for (name, &(dominator, size)) in nodes.chars().zip(expected) {
        assert_eq!(
            tree.dominator(node_called(name)),
            node_called(dominator),
            "{name}"
        );
        assert_eq!(tree.retained_size(node_called(name)), size, "{name}");
    }
    assert_eq!(tree.dominator(NodeIndex::ROOT), NodeIndex::ROOT);
    let all = 10_u64.pow(nodes.len() as u32) / 9;
    assert_eq!(tree.retained_size(NodeIndex::ROOT), all);
}

#[test]
fn a_chain_is_dominated_link_by_link() {
    //  r ── a ── b ── c
    check(
        "abc",
        &["ra", "ab", "bc"],
        &[('r', 111), ('a', 110), ('b', 100)],
    );
}

#[test]
fn a_diamond_is_dominated_by_its_top() {
    //      ┌ b ┐
    //  r ─ a   d
    //      └ c ┘
    check(
        "abcd",
        &["ra", "ab", "ac", "bd", "cd"],
        &[('r', 1111), ('a', 10), ('a', 100), ('a', 1000)],
    );
}

#[test]
fn a_ring_is_dominated_by_its_entry() {
    //  r ── a ⇄ b ── c ── a
    check(
        "abc",
        &["ra", "ab", "ba", "bc", "ca"],
        &[('r', 111), ('a', 110), ('b', 100)],
    );
}

#[test]
fn a_ring_of_two_entries_is_dominated_from_outside() {
    check(
        "abc",
        &["ra", "ab", "ac", "bc", "cb"],
        &[('r', 111), ('a', 10), ('a', 100)],
    );
}

#[test]
fn an_edge_across_lifts_the_dominator() {
    //  r ─ a ─ b ─ c     and  r ─ d ─ c
    check(
        "abcd",
        &["ra", "ab", "bc", "rd", "dc"],
        &[('r', 11), ('a', 10), ('r', 100), ('r', 1000)],
    );
}

#[test]
fn the_graph_of_the_paper_has_the_tree_of_the_paper() {
    // Lengauer and Tarjan 1979, figures 1 and 2; its C, I and K are the hard ones.
    let (_, tree) = letters(
        "abcdefghijkl",
        &[
            "ra", "rb", "rc", "ad", "ba", "bd", "be", "cf", "cg", "dl", "eh", "fi", "gi", "gj",
            "he", "hk", "ik", "ji", "ki", "kr", "lh",
        ],
    );
    for (node, dominator) in "abcdefghijkl".chars().zip("rrrrrccrrgrd".chars()) {
        assert_eq!(
            tree.dominator(node_called(node)),
            node_called(dominator),
            "{node}"
        );
    }
}

#[test]
fn what_only_a_weak_edge_leads_to_hangs_off_the_root_with_all_below_it() {
    let mut heap = HeapBuilder::new();
    let holder = heap.object("Holder", 1);
    let orphan = heap.object("Orphan", 10);
    let below = heap.object("Below", 100);
    heap.property(NodeIndex::ROOT, "holder", holder);
    heap.weak(holder, "orphan", orphan);
    heap.property(orphan, "below", below);
    let graph = heap.graph();
    assert_correct(&graph);
    let (_, tree) = analyse(&graph);
    assert_eq!(tree.orphans().collect::<Vec<_>>(), [orphan]);
    assert_eq!(
        [holder, orphan, below].map(|node| tree.retained_size(node)),
        [1, 110, 100]
    );
    assert_eq!(tree.dominator(orphan), NodeIndex::ROOT);
}

#[test]
fn a_ring_that_nothing_leads_to_hangs_off_the_root_node_by_node() {
    // r        a ⇄ b ── c, all three unreached
    check(
        "abc",
        &["ab", "ba", "bc"],
        &[('r', 1), ('r', 10), ('r', 100)],
    );
}

#[test]
fn an_orphan_that_shares_keeps_the_shared_from_its_other_holder() {
    // r ── a ── b, and c ── b where nothing leads to c
    check(
        "abc",
        &["ra", "ab", "cb"],
        &[('r', 1), ('r', 10), ('r', 100)],
    );
}

#[test]
fn an_edge_to_itself_holds_nothing() {
    check("ab", &["ra", "aa", "bb"], &[('r', 1), ('r', 10)]);
}

#[test]
fn the_root_alone_dominates_itself() {
    let graph = HeapBuilder::new().graph();
    let (_, tree) = analyse(&graph);
    assert_eq!(tree.dominator(NodeIndex::ROOT), NodeIndex::ROOT);
    assert_eq!(tree.children(NodeIndex::ROOT).len(), 0);
}

#[test]
fn a_list_of_a_million_is_walked_without_recursion() {
    const LENGTH: u32 = 1_000_000;
    let mut heap = HeapBuilder::new();
    let mut last = NodeIndex::ROOT;
    for _ in 0..LENGTH {
        let next = heap.object("Link", 3);
        heap.property(last, "next", next);
        // A way back from each makes it what quadratic algorithms fear.
        heap.property(next, "first", NodeIndex(1));
        last = next;
    }
    let graph = heap.graph();
    let (_, tree) = analyse(&graph);
    for node in [1, 2, LENGTH / 2, LENGTH] {
        assert_eq!(tree.dominator(NodeIndex(node)), NodeIndex(node - 1));
        assert_eq!(
            tree.retained_size(NodeIndex(node)),
            3 * u64::from(LENGTH - node + 1)
        );
    }
    let mut depth = 0_u32;
    let mut deepest = 0;
    tree.walk(|visit| match visit {
        Visit::Enter(_) => {
            depth += 1;
            deepest = deepest.max(depth);
        }
        Visit::Leave(_) => depth -= 1,
    });
    assert_eq!((depth, deepest), (0, LENGTH + 1));
}

#[test]
fn a_fan_of_a_million_meets_in_one_node() {
    const WIDTH: u32 = 1_000_000;
    let mut heap = HeapBuilder::new();
    let top = heap.object("Array", 1);
    let bottom = heap.object("Shared", 5);
    heap.property(NodeIndex::ROOT, "top", top);
    for number in 0..WIDTH {
        let item = heap.object("Item", 2);
        heap.element(top, number, item);
        heap.property(item, "shared", bottom);
    }
    let (_, tree) = analyse(&heap.graph());
    assert_eq!(tree.dominator(bottom), top);
    assert_eq!(tree.retained_size(top), 1 + 5 + 2 * u64::from(WIDTH));
    assert_eq!(tree.children(top).len(), WIDTH as usize + 1);
    assert_eq!(tree.retained_size(NodeIndex(WIDTH)), 2);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn agrees_with_removing_each_node_in_turn(heap in heaps(14)) {
        assert_correct(&heap.graph());
    }

    #[test]
    fn the_root_retains_every_byte(heap in heaps(30)) {
        let graph = heap.graph();
        let total: u64 = graph.nodes().map(|node| graph.self_size(node)).sum();
        prop_assert_eq!(analyse(&graph).1.retained_size(NodeIndex::ROOT), total);
    }

    #[test]
    fn a_walk_meets_each_node_once_below_its_dominator(heap in heaps(30)) {
        let graph = heap.graph();
        let (_, tree) = analyse(&graph);
        let mut open: Vec<NodeIndex> = Vec::new();
        let mut met = vec![0; graph.node_count()];
        tree.walk(|visit| match visit {
            Visit::Enter(node) => {
                met[node.get()] += 1;
                assert_eq!(*open.last().unwrap_or(&NodeIndex::ROOT), tree.dominator(node));
                open.push(node);
            }
            Visit::Leave(node) => assert_eq!(open.pop(), Some(node)),
        });
        prop_assert!(open.is_empty());
        prop_assert!(met.iter().all(|&times| times == 1));
    }
}
