//! How code reaches an object.

use super::*;
use crate::heap::fixture::HeapBuilder;

#[track_caller]
fn check(heap: &HeapBuilder, node: NodeIndex, expected: (&str, &str)) {
    let named = heap.snapshot().named(node);
    assert_eq!((named.name.as_str(), named.owner.as_str()), expected);
}

#[test]
fn the_nearest_variable_or_property_names_an_object() {
    let mut heap = HeapBuilder::new();
    let global = heap.global();
    let service = heap.object("Service", 8);
    let map = heap.object("Map", 8);
    let table = heap.array("", 100);
    let (entry, body) = (heap.object("Object", 8), heap.object("Body", 8));
    heap.property(global, "service", service);
    heap.property(service, "sessions", map);
    heap.internal(map, "table", table);
    heap.internal(table, "67", entry);
    heap.property(entry, "body", body);
    check(&heap, map, ("sessions", "Service"));
    check(&heap, entry, ("sessions[]", "Service"));
    check(&heap, body, ("body", "Object"));
    check(&heap, service, ("service", "global"));
    check(&heap, NodeIndex::ROOT, ("(synthetic)", ""));
}

#[test]
fn a_variable_stands_where_its_first_function_does() {
    let mut heap = HeapBuilder::new();
    let global = heap.global();
    let context = heap.object("system / Context", 8);
    let cache = heap.object("Map", 8);
    heap.context(context, "cache", cache);
    for (name, line) in [("later", 30), ("first", 11)] {
        let function = heap.closure(name, 8);
        let (shared, script) = (heap.code("shared", 1), heap.code("/app/server.js", 1));
        heap.property(global, name, function);
        heap.internal(function, "context", context);
        heap.internal(function, "shared", shared);
        heap.internal(shared, "script", script);
        heap.location(function, 7, line, 0);
    }
    let expected = Named {
        name: "cache".to_owned(),
        owner: "scope".to_owned(),
        script: Some("/app/server.js".to_owned()),
        line: Some(12),
    };
    assert_eq!(heap.snapshot().named(cache), expected);
}

#[test]
fn a_dictionarys_keys_are_data_and_no_names() {
    let mut heap = HeapBuilder::new();
    let global = heap.global();
    let users = heap.object("Object", 8);
    heap.property(global, "users", users);
    let mut user = users;
    for number in 0..50 {
        user = heap.object("User", 8);
        heap.property(users, &format!("alice{number}@example.com"), user);
    }
    check(&heap, user, ("users[]", "global"));
}
