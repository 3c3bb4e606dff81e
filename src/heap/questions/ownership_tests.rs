//! Bytes by script and package.

use proptest::prelude::*;

use super::*;
use crate::heap::fixture::HeapBuilder;
use crate::heap::fixture::random::heaps;

/// A function of the script `url`, held by the global object.
fn function(heap: &mut HeapBuilder, script_id: u32, url: &str) -> (NodeIndex, NodeIndex) {
    let global = heap.global();
    let (function, shared) = (heap.closure("f", 10), heap.code("shared", 100));
    let script = heap.code(url, 1000);
    heap.property(global, url, function);
    heap.internal(function, "shared", shared);
    heap.internal(shared, "script", script);
    heap.location(function, script_id, 0, 0);
    (function, script)
}

#[test]
fn a_byte_belongs_to_the_script_that_alone_holds_it() {
    let mut heap = HeapBuilder::new();
    let (cache, script) = function(&mut heap, 1, "/app/node_modules/lru/index.js");
    let (app, _) = function(&mut heap, 2, "/app/server.js");
    let source = heap.text("source", 7);
    heap.internal(script, "source", source);
    let context = heap.object("system / Context", 20_000);
    heap.internal(cache, "context", context);
    let list = heap.object("Array", 300_000);
    heap.context(context, "list", list);
    // An instance of the application's class is the application's, and so is what it holds.
    let session = heap.object("Session", 4_000_000);
    heap.location(session, 2, 3, 4);
    let body = heap.text("body", 50_000_000);
    heap.element(list, 0, session);
    heap.property(session, "body", body);
    let shared = heap.object("Shared", 9);
    heap.property(cache, "shared", shared);
    heap.property(app, "shared", shared);
    let rows = heap
        .snapshot()
        .bytes_by_script(&Control::default())
        .unwrap();
    let found: Vec<_> = rows
        .iter()
        .map(|row| (row.script.as_deref(), row.owned))
        .collect();
    let owned = |size, code_size, closures, objects| OwnedBytes {
        size,
        code_size,
        closures,
        objects,
    };
    let expected = [
        (Some("/app/server.js"), owned(54_001_110, 1100, 1, 2)),
        (
            Some("/app/node_modules/lru/index.js"),
            owned(321_117, 1107, 1, 3),
        ),
        (None, owned(9, 0, 0, 1)),
    ];
    assert_eq!(found, expected);
}

#[test]
fn packages_add_their_scripts_up() {
    let mut heap = HeapBuilder::new();
    for (script_id, url) in [(1, "lru/a.js"), (2, "lru/b.js"), (3, "ws/c.js")] {
        let (function, _) = function(&mut heap, script_id, url);
        let held = heap.object("Held", u64::from(script_id));
        heap.property(function, "held", held);
    }
    let package = |script: &str| script.split('/').next().unwrap_or_default().to_owned();
    let rows = heap
        .snapshot()
        .bytes_by_package(package, &Control::default())
        .unwrap();
    let found: Vec<_> = rows
        .iter()
        .map(|row| {
            let script = row.largest_script.as_deref();
            (row.package.as_deref(), row.owned.size, row.scripts, script)
        })
        .collect();
    let expected = [
        (Some("lru"), 2223, 2, Some("lru/b.js")),
        (Some("ws"), 1113, 1, Some("ws/c.js")),
    ];
    assert_eq!(found, expected);
}

proptest! {
    #[test]
    fn each_byte_belongs_to_one_row(heap in heaps(20), places in prop::collection::vec((0_u32..20, 0_u32..3), 0..6)) {
        let mut heap = heap;
        for (script_id, url) in [(0, "a.js"), (1, "b.js")] {
            function(&mut heap, script_id, url);
        }
        let count = heap.graph().node_count() as u32;
        let mut seen = std::collections::HashSet::new();
        for (node, script_id) in places {
            if node < count && seen.insert(node) {
                heap.location(NodeIndex(node), script_id, 0, 0);
            }
        }
        let snapshot = heap.snapshot();
        let rows = snapshot.bytes_by_script(&Control::default()).unwrap();
        let sum: u64 = rows.iter().map(|row| row.owned.size).sum();
        prop_assert_eq!(sum, snapshot.summary().total_size);
    }
}
