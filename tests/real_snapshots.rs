//! What has to hold of the figures of any snapshot, checked on those of the Node.js on the path.

use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use leakguard::heap::{
    Control, EdgeType, NO_DISTANCE, NodeIndex, SYSTEM_DISTANCE, Scripts, Snapshot, class_name_of,
    open,
};
use leakguard::suspects::{Comparator, Sources};

const PROGRAM: &str = r#"
'use strict';
class Session {
  constructor(number) { this.number = number; this.text = 'session ' + number + ' of the test'; }
}
const sessions = new Map();
for (let number = 0; number < 1000; number++) sessions.set(number, new Session(number));
const shared = { sessions };
globalThis.holders = [shared, shared, function holder() { return sessions; }];
globalThis.weak = new WeakMap([[shared, new Session(-1)]]);
globalThis.numbers = new Float64Array(100000);
require('node:v8').writeHeapSnapshot(process.argv[2]);
"#;

fn snapshot() -> &'static Snapshot {
    static SNAPSHOT: OnceLock<Snapshot> = OnceLock::new();
    SNAPSHOT.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("sessions.js");
        std::fs::write(&program, PROGRAM).unwrap();
        let file = folder.path().join("sessions.heapsnapshot");
        let ran = Command::new("node")
            .args([&program, &file])
            .status()
            .expect("these tests take a snapshot of Node.js: put node on the PATH");
        assert!(ran.success(), "node ended with {ran}");
        open(&file, &Control::default()).unwrap()
    })
}

fn nodes_called(name: &str) -> Vec<NodeIndex> {
    let graph = snapshot().graph();
    let called = |&node: &NodeIndex| class_name_of(graph, node) == name;
    graph.nodes().filter(called).collect()
}

/// The Map of sessions: the one that a variable or property of that name leads to.
fn sessions() -> NodeIndex {
    let graph = snapshot().graph();
    let mut edges = graph.nodes().flat_map(|node| graph.edges(node));
    edges
        .find(|&edge| {
            graph.edge_text(edge) == Some("sessions") && graph.node_name(edge.target) == "Map"
        })
        .unwrap()
        .target
}

#[test]
fn retained_sizes_add_up_along_the_dominator_tree() {
    let snapshot = snapshot();
    let tree = snapshot.dominators();
    for node in snapshot.graph().nodes() {
        let below: u64 = tree
            .children(node)
            .map(|child| snapshot.retained_size(child))
            .sum();
        assert_eq!(
            snapshot.retained_size(node),
            snapshot.shallow_size(node) + below
        );
        assert!(
            tree.children(node)
                .all(|child| tree.dominator(child) == node)
        );
    }
    let total = snapshot.summary().total_size;
    assert_eq!(snapshot.retained_size(NodeIndex::ROOT), total);
    assert!(total > 3_000_000, "{total} bytes");
}

#[test]
fn no_edge_skips_a_distance() {
    let snapshot = snapshot();
    let graph = snapshot.graph();
    let mut reached = 0;
    for node in graph.nodes() {
        let distance = snapshot.distance(node);
        if distance == NO_DISTANCE {
            continue;
        }
        reached += 1;
        // Somebody who holds it is one step closer, but for the global objects.
        let closer =
            |&(source, _): &(NodeIndex, _)| snapshot.distance(source).wrapping_add(1) == distance;
        let retainers = snapshot.retainers().edges(graph, node);
        assert!(
            distance == 1
                || node == NodeIndex::ROOT
                || retainers.into_iter().any(|edge| closer(&edge)),
            "{node:?} at {distance}"
        );
    }
    assert!(
        reached * 100 > graph.node_count() * 99,
        "{reached} of {}",
        graph.node_count()
    );
    assert_eq!(snapshot.distance(NodeIndex::ROOT), SYSTEM_DISTANCE);
}

#[test]
fn the_classes_add_up_to_the_whole() {
    let snapshot = snapshot();
    let rows = snapshot.classes();
    let shallow: u64 = rows.iter().map(|row| row.shallow_size).sum();
    assert_eq!(shallow, snapshot.summary().total_size);
    let session = rows.iter().find(|row| row.class_name == "Session").unwrap();
    assert_eq!(session.count, 1001);
    assert!(session.retained_size > session.shallow_size);
    for row in &rows {
        assert!(row.shallow_size <= row.retained_size, "{row:?}");
        assert!(
            row.retained_size <= snapshot.summary().total_size,
            "{row:?}"
        );
    }
}

#[test]
fn a_collection_retains_what_only_it_holds() {
    let snapshot = snapshot();
    let map = sessions();
    // The table of a Map stands between it and what it holds.
    let dominator = |node| snapshot.dominators().dominator(node);
    let held: Vec<NodeIndex> = nodes_called("Session")
        .into_iter()
        .filter(|&session| dominator(dominator(session)) == map)
        .collect();
    assert_eq!(held.len(), 1000);
    let together: u64 = held
        .iter()
        .map(|&session| snapshot.retained_size(session))
        .sum();
    assert!(snapshot.retained_size(map) >= snapshot.shallow_size(map) + together);
    assert_eq!(
        snapshot.retained_size_of(&[map]),
        snapshot.retained_size(map)
    );
    assert!(snapshot.retained_size_of(&held) >= together);
}

#[test]
fn a_typed_array_retains_its_memory() {
    let arrays = nodes_called("Float64Array");
    let largest = arrays
        .iter()
        .map(|&array| snapshot().retained_size(array))
        .max();
    assert!(largest.unwrap() >= 800_000, "{largest:?}");
}

#[test]
fn paths_lead_from_the_root_to_their_node() {
    let snapshot = snapshot();
    let graph = snapshot.graph();
    let paths = snapshot.shortest_paths();
    for node in paths.order() {
        let mut at = NodeIndex::ROOT;
        for (source, edge) in paths.path(graph, node) {
            assert_eq!(source, at);
            assert_ne!(edge.edge_type, EdgeType::Weak);
            assert!(graph.edges(source).any(|other| other == edge));
            at = edge.target;
        }
        assert_eq!(at, node);
    }
    let reached = graph
        .nodes()
        .filter(|&node| snapshot.distance(node) != NO_DISTANCE)
        .count();
    assert_eq!(paths.order().len(), reached);
}

#[test]
fn a_path_names_the_variable_that_holds() {
    let snapshot = snapshot();
    let graph = snapshot.graph();
    let path = snapshot.shortest_paths().path(graph, sessions());
    let labels: Vec<String> = path
        .iter()
        .map(|&(_, edge)| graph.edge_label(edge))
        .collect();
    let end = labels.len().saturating_sub(3);
    assert_eq!(
        labels[end..].join("."),
        "holders.[0].sessions",
        "{labels:?}"
    );
}

#[test]
fn functions_and_objects_have_their_place_in_the_source() {
    let snapshot = snapshot();
    let graph = snapshot.graph();
    let scripts = Scripts::of(graph);
    let mut functions = nodes_called("Function").into_iter();
    let holder = functions
        .find(|&node| graph.node_name(node) == "holder")
        .unwrap();
    let place = scripts.place(graph, holder).unwrap();
    assert_eq!(Path::new(&place.script).file_name().unwrap(), "sessions.js");
    let line = 1 + PROGRAM
        .lines()
        .position(|line| line.contains("function holder"))
        .unwrap();
    assert_eq!(place.line as usize, line);
    let session = scripts.place(graph, nodes_called("Session")[0]).unwrap();
    let line = 1 + PROGRAM
        .lines()
        .position(|line| line.contains("constructor"))
        .unwrap();
    assert_eq!(
        (session.script, session.line as usize),
        (place.script, line)
    );
}

/// Positions count what the root reaches on their own, beside the distances.
#[test]
fn a_comparison_finds_the_live_size_of_the_summary() {
    let live = snapshot().summary().live_size;
    let mut comparator = Comparator::default();
    comparator.add(snapshot(), 0.0);
    let sources = Sources {
        read: &|_| None,
        base: None,
    };
    let comparison = comparator.finish(snapshot(), 1.0, sources);
    assert_eq!(comparison.live_sizes, [live, live]);
}
