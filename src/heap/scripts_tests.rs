//! From functions to places in the source.

use super::super::fixture::HeapBuilder;
use super::*;

/// A function whose script hangs on it as V8 writes it, by an edge called `link`.
fn function(heap: &mut HeapBuilder, url: &str, link: &str) -> NodeIndex {
    let function = heap.closure("f", 64);
    let shared = heap.code("f", 56);
    let script = heap.code(url, 100);
    heap.internal(function, "shared", shared);
    heap.internal(shared, link, script);
    function
}

fn place(script: &str, line: u32, column: u32) -> Option<Place> {
    Some(Place {
        script: script.to_owned(),
        line,
        column,
    })
}

#[test]
fn a_function_stands_in_its_script() {
    for link in ["script", "script_or_debug_info"] {
        let mut heap = HeapBuilder::new();
        let f = function(&mut heap, "/app/server.js", link);
        heap.location(f, 12, 0, 6);
        let graph = heap.graph();
        assert_eq!(
            Scripts::of(&graph).place(&graph, f),
            place("/app/server.js", 1, 7)
        );
    }
}

#[test]
fn an_object_stands_where_its_constructor_does() {
    let mut heap = HeapBuilder::new();
    let object = heap.object("Request", 32);
    let f = function(&mut heap, "file:///app/request.mjs", "script");
    heap.location(f, 12, 9, 9);
    heap.location(object, 12, 3, 4);
    let graph = heap.graph();
    let scripts = Scripts::of(&graph);
    assert_eq!(
        scripts.place(&graph, object),
        place("file:///app/request.mjs", 4, 5)
    );
}

#[test]
fn without_a_location_or_a_name_there_is_no_place() {
    let mut heap = HeapBuilder::new();
    let nowhere = function(&mut heap, "/app/server.js", "script");
    let nameless = function(&mut heap, "", "script");
    let internal = function(&mut heap, "system / Script", "script");
    let elsewhere = heap.object("Request", 32);
    heap.location(nameless, 1, 0, 0);
    heap.location(internal, 2, 0, 0);
    heap.location(elsewhere, 3, 0, 0);
    let graph = heap.graph();
    let scripts = Scripts::of(&graph);
    for node in [nowhere, nameless, internal, elsewhere] {
        assert_eq!(scripts.place(&graph, node), None);
    }
}
