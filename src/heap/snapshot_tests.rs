//! The figures of a snapshot as a whole.

use proptest::prelude::*;

use super::super::fixture::HeapBuilder;
use super::super::fixture::naive::reached;
use super::super::fixture::random::heaps;
use super::*;

#[test]
fn a_summary_tells_the_live_from_the_rest() {
    let mut heap = HeapBuilder::new();
    let global = heap.global();
    let (live, lost) = (heap.object("Live", 10), heap.object("Lost", 100));
    heap.property(global, "live", live);
    heap.weak(global, "lost", lost);
    let expected = Summary {
        nodes: 4,
        edges: 3,
        strings: 8,
        total_size: 110,
        live_size: 10,
    };
    assert_eq!(heap.snapshot().summary(), expected);
}

#[test]
fn the_analysis_can_be_watched_and_given_up() {
    let mut heap = HeapBuilder::new();
    heap.global();
    let control = Control::default();
    Snapshot::analyse(heap.graph(), &control).unwrap();
    assert_eq!(control.percent_analysed(), 90);
    control.cancel();
    let error = Snapshot::analyse(heap.graph(), &control).unwrap_err();
    assert_eq!(error.code, crate::error::Code::Aborted);
}

#[test]
fn sizes_are_moved_to_owners_before_they_are_added_up() {
    let mut heap = HeapBuilder::new();
    let global = heap.global();
    let (map, table) = (heap.object("Map", 32), heap.array("", 100));
    heap.property(global, "map", map);
    heap.internal(map, "table", table);
    let snapshot = heap.snapshot();
    assert_eq!(
        (snapshot.shallow_size(map), snapshot.retained_size(map)),
        (132, 132)
    );
    assert_eq!(
        (snapshot.shallow_size(table), snapshot.retained_size(table)),
        (0, 0)
    );
}

#[test]
fn a_set_retains_what_its_members_share() {
    let mut heap = HeapBuilder::new();
    let global = heap.global();
    let (one, two) = (heap.object("One", 1), heap.object("Two", 20));
    let (shared, other) = (heap.object("Shared", 300), heap.object("Other", 4000));
    heap.property(global, "one", one);
    heap.property(global, "two", two);
    heap.property(global, "other", other);
    for node in [one, two] {
        heap.property(node, "shared", shared);
        heap.property(node, "other", other);
    }
    let snapshot = heap.snapshot();
    assert_eq!(snapshot.retained_size_of(&[one, two]), 321);
    assert_eq!(snapshot.retained_size_of(&[one]), 1);
    assert_eq!(snapshot.retained_size_of(&[one, one, shared]), 301);
    assert_eq!(snapshot.retained_size_of(&[]), 0);
    assert_eq!(snapshot.retained_size_of(&[NodeIndex::ROOT]), 4321);
}

#[test]
fn a_set_below_one_dominator_is_told_without_the_rest_of_the_heap() {
    let mut heap = HeapBuilder::new();
    let global = heap.global();
    let map = heap.object("Map", 1);
    let (one, two, three) = (
        heap.object("One", 10),
        heap.object("Two", 100),
        heap.object("Three", 1000),
    );
    let (shared, common) = (
        heap.object("Shared", 10_000),
        heap.object("Common", 100_000),
    );
    heap.property(global, "map", map);
    for (place, node) in [one, two, three].into_iter().enumerate() {
        heap.element(map, place as u32, node);
        heap.property(node, "common", common);
        // What leads out of the part below the dominator leads to nothing that counts.
        heap.property(node, "global", global);
    }
    heap.property(one, "shared", shared);
    heap.property(two, "shared", shared);
    let snapshot = heap.snapshot();
    assert_eq!(snapshot.dominators().common_dominator(&[one, two]), map);
    assert_eq!(snapshot.retained_size_of(&[one, two]), 10_110);
    assert_eq!(snapshot.retained_size_of(&[one, two, three]), 111_110);
    assert_eq!(snapshot.retained_size_of(&[two, map]), 111_111);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn a_set_of_one_retains_what_the_node_does(heap in heaps(14)) {
        let snapshot = heap.snapshot();
        for node in snapshot.graph().nodes() {
            prop_assert_eq!(snapshot.retained_size_of(&[node]), snapshot.retained_size(node));
        }
    }

    #[test]
    fn a_set_retains_what_the_root_no_longer_reaches_without_it(
        heap in heaps(14),
        members in prop::collection::vec(any::<prop::sample::Index>(), 0..5),
    ) {
        let snapshot = heap.snapshot();
        let graph = snapshot.graph();
        let follows = |source: NodeIndex, edge| snapshot.keeps_alive(source, edge);
        // What no edge holds hangs off the root.
        let mut starts = vec![NodeIndex::ROOT];
        starts.extend(snapshot.dominators().orphans());
        let before = reached(graph, &starts, &[], follows);
        let members: Vec<NodeIndex> = members
            .iter()
            .map(|member| NodeIndex(member.index(graph.node_count()) as u32))
            .filter(|&node| before[node.get()] && node != NodeIndex::ROOT)
            .collect();
        let after = reached(graph, &starts, &members, follows);
        let freed: u64 = graph
            .nodes()
            .filter(|node| before[node.get()] && !after[node.get()])
            .map(|node| snapshot.shallow_size(node))
            .sum();
        prop_assert_eq!(snapshot.retained_size_of(&members), freed);
    }

    #[test]
    fn what_a_comparison_left_out_is_the_same_once_it_is_asked_for(heap in heaps(14)) {
        let whole = heap.snapshot();
        let light = Snapshot::for_comparison(heap.graph(), &Control::default()).unwrap();
        prop_assert_eq!(light.live_size(), whole.summary().live_size);
        prop_assert_eq!(light.summary(), whole.summary());
        for node in whole.graph().nodes() {
            prop_assert_eq!(light.shallow_size(node), whole.shallow_size(node));
            prop_assert_eq!(light.distance(node), whole.distance(node));
            prop_assert_eq!(light.retained_size(node), whole.retained_size(node));
        }
        prop_assert_eq!(light.classes(), whole.classes());
        let mut sizes = light.class_sizes();
        sizes.sort_by(|a, b| a.class_name.cmp(&b.class_name));
        let mut rows = whole.classes();
        rows.sort_by(|a, b| a.class_name.cmp(&b.class_name));
        prop_assert_eq!(sizes.len(), rows.len());
        for (size, row) in sizes.iter().zip(&rows) {
            prop_assert_eq!(
                (&size.class_name, size.count, size.shallow_size),
                (&row.class_name, row.count, row.shallow_size)
            );
        }
    }
}
