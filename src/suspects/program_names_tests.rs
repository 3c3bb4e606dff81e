//! What Node.js keeps for a program, by the program's names.

use super::*;

/// Objects of Node.js's own classes have their places in this script.
const NODE_SCRIPT: u32 = 9;

/// An object of a class of Node.js's own, and its prototype.
fn node_object(program: &mut Program, class: &str) -> (NodeIndex, NodeIndex) {
    let heap = &mut program.heap;
    let object = heap.object(class, 32);
    let constructor = heap.closure(class, 64);
    let shared = heap.code(class, 32);
    let script = heap.code("node:internal/some", 32);
    let prototype = heap.object(class, 32);
    heap.property(object, "__proto__", prototype);
    heap.property(prototype, "constructor", constructor);
    heap.internal(constructor, "shared", shared);
    heap.internal(shared, "script", script);
    heap.location(constructor, NODE_SCRIPT, 30, 4);
    heap.location(object, NODE_SCRIPT, 30, 4);
    (object, prototype)
}

/// A Set with this many objects that a signal has, which `shutdown` has as its private field `field`.
fn followers(program: &mut Program, field: &str, count: u32) -> NodeIndex {
    let (shutdown, prototype) = node_object(program, "AbortController");
    let (signal, _) = node_object(program, "EventTarget");
    let (scope, heap) = (program.scope, &mut program.heap);
    let getter = heap.closure("get signal", 64);
    let set = heap.object("Set", 32);
    heap.context(scope, "shutdown", shutdown);
    heap.property(prototype, "get signal", getter);
    heap.property(shutdown, field, signal);
    heap.property(signal, "<symbol kFollowers>", set);
    for place in 0..count {
        let follower = heap.object("Follower", 100);
        heap.internal(set, &format!("{place}"), follower);
    }
    set
}

fn start(found: &Comparison) -> &str {
    let message = &found.suspects[0].message;
    message.split_once(" gained").expect("a growth").0
}

#[test]
fn what_a_private_field_holds_is_reached_by_its_accessor() {
    let found = grown([10, 20, 30], |program, count| {
        followers(program, "#signal", count);
    });
    assert_eq!(start(&found), "`shutdown.signal` (its Set, server.js:7)");
    let by_symbol = grown([10, 20, 30], |program, count| {
        followers(program, "<symbol kSignal>", count);
    });
    assert_eq!(start(&by_symbol), start(&found));
}

#[test]
fn what_code_cannot_reach_is_within_the_variable() {
    let found = grown([10, 20, 30], |program, count| {
        followers(program, "#queue", count);
    });
    assert_eq!(start(&found), "`shutdown` (its Set, server.js:7)");
}

#[test]
fn public_properties_are_told_as_code_has_them() {
    let found = grown([10, 20, 30], |program, count| {
        let (queries, _) = node_object(program, "Channel");
        let heap = &mut program.heap;
        let subscribers = heap.object("Array", 32);
        heap.context(program.scope, "shutdown", queries);
        heap.property(queries, "_subscribers", subscribers);
        for place in 0..count {
            let subscriber = heap.object("Tracer", 100);
            heap.element(subscribers, place, subscriber);
        }
    });
    assert_eq!(
        start(&found),
        "`shutdown._subscribers` (Array, server.js:7)"
    );
}

#[test]
fn what_a_function_of_nodes_closes_over_is_within_whatever_has_the_function() {
    let found = grown([10, 20, 30], |program, count| {
        let (queue, _) = node_object(program, "FixedQueue");
        let (scope, heap) = (program.scope, &mut program.heap);
        let updates = heap.object("Object", 32);
        let next = heap.closure("next", 64);
        let inner = heap.object("system / Context", 32);
        let outer = heap.object("system / Context", 32);
        heap.location(next, NODE_SCRIPT, 12, 4);
        heap.context(scope, "shutdown", updates);
        heap.property(updates, "next", next);
        heap.internal(next, "context", inner);
        heap.internal(inner, "previous", outer);
        heap.context(inner, "unread", queue);
        for place in 0..count {
            let update = heap.object("Update", 100);
            heap.element(queue, place, update);
        }
    });
    assert_eq!(start(&found), "`shutdown` (its FixedQueue, server.js:7)");
}

#[test]
fn what_node_keeps_for_everybody_is_not_the_programs() {
    let found = grown([10, 20, 30], |program, count| {
        let set = followers(program, "#signal", count);
        let heap = &mut program.heap;
        // A longer way than that through the program.
        let mut last = heap.global();
        for _ in 0..8 {
            let next = heap.object("Array", 16);
            heap.element(last, 0, next);
            last = next;
        }
        heap.element(last, 0, set);
    });
    assert_eq!(
        start(&found),
        "`<symbol kFollowers>` (Set, node:internal/some:31)"
    );
}
