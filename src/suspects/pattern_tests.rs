//! Patterns on heaps made by hand, each beside one that looks alike and is another.

use super::*;

/// An EventTarget with `count` listeners for one event, as Node keeps them: a list that is linked both
/// ways, behind a Map.
fn event_target(program: &mut Program, name: &str, count: u32) -> NodeIndex {
    let target = program.variable(name, "EventTarget");
    let events = program.heap.object("Map", 32);
    let table = program.heap.array("", 64);
    let root = program.heap.object("Object", 32);
    program.heap.property(target, "<symbol kEvents>", events);
    program.heap.internal(events, "table", table);
    program.heap.internal(table, "6", root);
    let mut before = root;
    for _ in 0..count {
        let listener = program.heap.object("Listener", 60);
        let callback = program.heap.closure("onAbort", 64);
        program.heap.property(before, "next", listener);
        program.heap.property(listener, "previous", before);
        program.heap.property(listener, "callback", callback);
        program.heap.location(callback, 7, 20, 2);
        before = listener;
    }
    target
}

#[test]
fn listeners_of_an_event_target_belong_to_it() {
    for class in ["EventTarget", "AbortSignal"] {
        let found = grown([10, 200, 400], |program, count| {
            let target = event_target(program, "shutdown", count);
            if class == "AbortSignal" {
                let aborted = program.heap.hidden("false", 0);
                program.heap.property(target, "<symbol kAborted>", aborted);
            }
        });
        let suspect = &found.suspects[0];
        assert_eq!(suspect.kind, SuspectKind::Listeners);
        assert_eq!(suspect.holder.class_name, class);
        assert_eq!(suspect.holder.name, "shutdown");
        assert_eq!(
            suspect.advice.contains("signal of its own"),
            class == "AbortSignal"
        );
    }
    // The same shape under another name is a Map with a list in it.
    let found = grown([10, 200, 400], |program, count| {
        let jobs = program.variable("jobs", "Map");
        let table = program.heap.array("", 64);
        let mut before = program.heap.object("Object", 32);
        program.heap.internal(jobs, "table", table);
        program.heap.internal(table, "6", before);
        for _ in 0..count {
            let job = program.heap.object("Job", 120);
            program.heap.property(before, "next", job);
            before = job;
        }
    });
    assert_eq!(found.suspects[0].kind, SuspectKind::Collection);
}

#[test]
fn listeners_of_an_emitter_with_many_properties_are_listeners_all_the_same() {
    let kind = |events: &str| {
        let found = grown([10, 20, 30], |program, count| {
            let process = program.variable("process", "process");
            for place in 0..100 {
                let other = program.heap.object("Object", 16);
                program
                    .heap
                    .property(process, &format!("own{place}"), other);
            }
            let all = program.heap.object("Object", 32);
            let list = program.heap.object("Array", 16);
            program.heap.property(process, events, all);
            program.heap.property(all, "exit", list);
            for place in 0..count {
                let listener = program.heap.closure("", 64);
                let context = program.heap.object("system / Context", 32);
                program.heap.element(list, place, listener);
                program.heap.internal(listener, "context", context);
            }
        });
        found.suspects[0].kind
    };
    assert_eq!(kind("_events"), SuspectKind::Listeners);
    assert_eq!(kind("hooks"), SuspectKind::Collection);
}

#[test]
fn pieces_of_strings_are_told_from_strings() {
    let suspect = |node_type: NodeType| {
        let found = grown([10, 20, 30], |program, count| {
            let heads = program.variable("heads", "Array");
            for place in 0..count {
                let piece = program.heap.node(node_type, "GET / HTTP/1.1", 20);
                let whole = program.heap.text("GET / HTTP/1.1 Host: …", 5000);
                program.heap.element(heads, place, piece);
                program.heap.internal(piece, "parent", whole);
            }
        });
        found.suspects[0].clone()
    };
    let piece = suspect(NodeType::SlicedString);
    assert_eq!(piece.kind, SuspectKind::Strings);
    assert!(piece.advice.contains("cut from a long string"));
    assert_eq!(
        suspect(NodeType::ConcatenatedString).kind,
        SuspectKind::Collection
    );
}

#[test]
fn what_becomes_larger_by_itself_is_its_own_holder() {
    let larger = |maps: u32| {
        let found = grown([1, 2, 3], |program, count| {
            let state = program.variable("state", "Array");
            for place in 0..maps {
                let live = program.heap.object("Map", 32);
                let table = program
                    .heap
                    .node(NodeType::Array, "", u64::from(count) * 10_000);
                program.heap.element(state, place, live);
                program.heap.internal(live, "table", table);
            }
        });
        found.suspects[0].holder.name.clone()
    };
    assert_eq!(larger(1), "state[]");
    assert_eq!(larger(3), "state", "several of a kind hang on one");
}
