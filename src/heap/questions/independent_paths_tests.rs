//! Paths that do not depend on each other.

use proptest::prelude::*;

use super::*;
use crate::heap::fixture::HeapBuilder;
use crate::heap::fixture::random::heaps;

fn labels(heap: &HeapBuilder, node: NodeIndex, count: usize) -> Vec<String> {
    let snapshot = heap.snapshot();
    let paths = snapshot.independent_paths(node, count);
    let label = |path: Path| -> String {
        let edges: Vec<String> = path
            .iter()
            .map(|&(_, edge)| snapshot.graph().edge_label(edge))
            .collect();
        edges.join(" ")
    };
    paths.into_iter().map(label).collect()
}

#[test]
fn the_shortest_comes_first_and_none_shares_a_node_with_it() {
    let mut heap = HeapBuilder::new();
    let global = heap.global();
    let end = heap.object("End", 1);
    let (near, far, farther) = (
        heap.object("Near", 1),
        heap.object("Far", 1),
        heap.object("Farther", 1),
    );
    let aside = heap.object("Aside", 1);
    heap.property(global, "near", near);
    heap.property(near, "end", end);
    // Through `near` as well, so it falls with it.
    heap.property(near, "aside", aside);
    heap.property(aside, "end", end);
    heap.property(global, "far", far);
    heap.property(far, "farther", farther);
    heap.property(farther, "end", end);
    assert_eq!(labels(&heap, end, 9), ["1 near end", "1 far farther end"]);
    assert_eq!(labels(&heap, end, 1), ["1 near end"]);
}

#[test]
fn what_all_paths_lead_through_is_in_all_of_them() {
    let mut heap = HeapBuilder::new();
    let global = heap.global();
    let (top, left, right, end) = (
        heap.object("Top", 1),
        heap.object("Left", 1),
        heap.object("Right", 1),
        heap.object("End", 1),
    );
    heap.property(global, "top", top);
    heap.property(top, "left", left);
    heap.property(top, "right", right);
    heap.property(left, "end", end);
    heap.property(right, "end", end);
    heap.property(top, "direct", end);
    assert_eq!(
        labels(&heap, end, 9),
        ["1 top direct", "1 top left end", "1 top right end"]
    );
}

#[test]
fn the_root_and_what_nothing_reaches_have_none() {
    let mut heap = HeapBuilder::new();
    let lost = heap.object("Lost", 1);
    assert_eq!(labels(&heap, lost, 9), Vec::<String>::new());
    assert_eq!(labels(&heap, NodeIndex::ROOT, 9), Vec::<String>::new());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn each_is_a_path_and_they_share_dominators_only(heap in heaps(14)) {
        let snapshot = heap.snapshot();
        let graph = snapshot.graph();
        for node in graph.nodes() {
            let mut seen: HashSet<NodeIndex> = HashSet::new();
            for path in snapshot.independent_paths(node, 5) {
                prop_assert_eq!(path[0].0, NodeIndex::ROOT);
                for (place, &(source, edge)) in path.iter().enumerate() {
                    prop_assert!(graph.edges(source).any(|found| found == edge));
                    let next = path.get(place + 1).map_or(node, |&(next, _)| next);
                    prop_assert_eq!(edge.target, next);
                    let below_top = !snapshot.ancestry().is_above(source, node);
                    let above_top = snapshot
                        .shortest_paths()
                        .path(graph, snapshot.dominators().dominator(node))
                        .iter()
                        .any(|&(above, _)| above == source);
                    prop_assert!(!below_top || above_top || seen.insert(source));
                }
            }
        }
    }
}
