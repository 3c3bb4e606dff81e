//! What open handles are told as.

use super::*;

/// A handle of `wrap`, its object in JavaScript, and what Node.js calls its owner.
fn handle(heap: &mut HeapBuilder, wrap: &str, own: &str, owner: NodeIndex) {
    let native = heap.synthetic(&format!("Node / {wrap}"));
    let own = heap.object(own, 100);
    heap.element(NodeIndex::ROOT, native.0, native);
    heap.internal(native, "native_to_javascript", own);
    heap.internal(own, "javascript_to_native", native);
    heap.property(own, "<symbol owner_symbol>", owner);
    heap.property(owner, "_handle", own);
}

/// A child process with a pipe.
fn child(heap: &mut HeapBuilder) {
    let child = heap.object("ChildProcess", 200);
    let socket = heap.object("Socket", 400);
    let context = heap.object("system / Context", 32);
    let listener = heap.closure("onexit", 64);
    heap.property(child, "stdin", socket);
    heap.property(socket, "onclose", listener);
    heap.internal(listener, "context", context);
    heap.context(context, "this", child);
    handle(heap, "ProcessWrap", "Process", child);
    handle(heap, "PipeWrap", "Pipe", socket);
}

/// Two sides of a connection; gives the one that listens.
fn connection(heap: &mut HeapBuilder) -> NodeIndex {
    let (client, server) = (heap.object("Socket", 400), heap.object("Socket", 400));
    handle(heap, "TCPSocketWrap", "TCP", client);
    handle(heap, "TCPSocketWrap", "TCP", server);
    server
}

#[test]
fn handles_of_one_object_are_told_as_that_object() {
    let found = grown([10, 20, 30], |program, count| {
        for _ in 0..count {
            child(&mut program.heap);
        }
    });
    assert_eq!(found.suspects.len(), 1);
    let suspect = &found.suspects[0];
    assert_eq!(suspect.class_name, "ChildProcess");
    assert_eq!((suspect.count, suspect.count_growth), (30, 20));
    assert!(
        suspect
            .message
            .starts_with("Node.js itself keeps 20 more ChildProcess objects")
    );
    assert!(
        suspect.message.contains("20 more PipeWrap"),
        "{}",
        suspect.message
    );
    assert!(
        suspect.message.contains("20 more ProcessWrap"),
        "{}",
        suspect.message
    );
    assert!(suspect.advice.contains("kill()"));
    assert_eq!(suspect.path.last().unwrap().node, "ChildProcess");
    // Pipes, processes, sockets, listeners and all.
    assert_eq!(suspect.retained_size, 30 * (200 + 400 + 2 * 100 + 64 + 32));
}

#[test]
fn handles_that_have_nothing_to_do_with_each_other_are_told_apart() {
    let found = grown([10, 20, 30], |program, count| {
        for _ in 0..count {
            child(&mut program.heap);
            let watcher = program.heap.object("FSWatcher", 500);
            handle(&mut program.heap, "FSEventWrap", "FSEvent", watcher);
        }
    });
    let mut classes: Vec<&str> = found
        .suspects
        .iter()
        .map(|suspect| suspect.class_name.as_str())
        .collect();
    classes.sort_unstable();
    assert_eq!(classes, ["ChildProcess", "FSWatcher"]);
}

#[test]
fn what_does_not_pile_up_is_not_what_the_handles_stand_for() {
    let found = grown([10, 20, 30], |program, count| {
        let agent = program.heap.object("Agent", 100);
        for _ in 0..count {
            let socket = program.heap.object("Socket", 400);
            program.heap.property(socket, "agent", agent);
            handle(&mut program.heap, "TCPSocketWrap", "TCP", socket);
        }
    });
    assert_eq!(found.suspects[0].class_name, "Socket");
}

#[test]
fn a_class_that_node_does_not_open_is_told_by_what_owns_the_handle() {
    let found = grown([10, 20, 30], |program, count| {
        for _ in 0..count {
            let owner = program.heap.object("Resolver", 400);
            handle(&mut program.heap, "ChannelWrap", "Channel", owner);
        }
    });
    let suspect = &found.suspects[0];
    assert_eq!(suspect.class_name, "Resolver");
    assert!(
        suspect.message.contains("20 more ChannelWrap"),
        "{}",
        suspect.message
    );
}

#[test]
fn a_subclass_is_told_by_its_own_name_and_mended_like_the_class() {
    let found = grown([10, 20, 30], |program, count| {
        let prototype = program.heap.object("Worker", 30);
        for _ in 0..count {
            let owner = program.heap.object("Thumbnailer", 400);
            program.heap.property(owner, "__proto__", prototype);
            handle(&mut program.heap, "Worker", "WorkerImpl", owner);
        }
    });
    let suspect = &found.suspects[0];
    assert_eq!(suspect.class_name, "Thumbnailer");
    assert!(suspect.advice.contains("terminate()"), "{}", suspect.advice);
}

#[test]
fn a_list_of_the_programs_that_holds_them_is_named() {
    let found = grown([10, 20, 30], |program, count| {
        let clients = program.variable("requests", "Map");
        let table = program.heap.array("", 16);
        program.heap.internal(clients, "table", table);
        for place in 0..count {
            let socket = connection(&mut program.heap);
            program.heap.internal(table, &format!("{place}"), socket);
        }
    });
    let suspect = &found.suspects[0];
    assert_eq!(
        (suspect.holder.name.as_str(), suspect.holder.line),
        ("requests", Some(3))
    );
    assert_eq!(suspect.kind, SuspectKind::Collection);
    // Of the two sides, the list holds one.
    assert_eq!((suspect.class_name.as_str(), suspect.count), ("Socket", 30));
    assert!(
        suspect.message.contains("until somebody closes"),
        "{}",
        suspect.message
    );
}

#[test]
fn listeners_that_refer_to_what_is_open_are_not_its_list() {
    let found = grown([10, 20, 30], |program, count| {
        let bus = program.variable("bus", "EventEmitter");
        let events = program.heap.object("Object", 16);
        let list = program.heap.object("Array", 16);
        program.heap.property(bus, "_events", events);
        program.heap.property(events, "tick", list);
        for place in 0..count {
            let socket = connection(&mut program.heap);
            let listener = program.heap.closure("bound", 64);
            program.heap.property(listener, "bound_this", socket);
            program.heap.element(list, place, listener);
        }
    });
    let open = found
        .suspects
        .iter()
        .find(|suspect| suspect.class_name == "Socket");
    assert!(open.is_none_or(|open| open.holder.name == "Node.js"));
    assert_eq!(found.suspects[0].kind, SuspectKind::Listeners);
}

/// A list of Node's own gets a listener for each handle.
fn with_list_of_node(count: u32, program: &mut Program, script: &str, size: u64) {
    let shared = program.heap.code("onerror", 32);
    let url = program.heap.code(script, 32);
    let scope = program.heap.object("system / Context", 32);
    let getter = program.heap.closure("getter", 64);
    let global = program.heap.global();
    let output = program.heap.object("WriteStream", 64);
    let events = program.heap.object("Object", 16);
    let list = program.heap.object("Array", 16);
    program.heap.property(global, "getter", getter);
    program.heap.internal(getter, "context", scope);
    program.heap.internal(getter, "shared", shared);
    program.heap.internal(shared, "script", url);
    program.heap.location(getter, 8, 9, 4);
    program.heap.context(scope, "output", output);
    program.heap.property(output, "_events", events);
    program.heap.property(events, "error", list);
    for place in 0..count {
        child(&mut program.heap);
        let listener = program.heap.closure("onerror", size);
        program.heap.element(list, place, listener);
    }
}

#[test]
fn handles_come_before_a_smaller_list_of_nodes_own() {
    let first = |script: &str, size: u64| {
        let found = grown([10, 20, 30], |program, count| {
            with_list_of_node(count, program, script, size);
        });
        found.suspects[0].class_name.clone()
    };
    assert_eq!(first("node:internal/streams", 100), "ChildProcess");
    assert_eq!(first("node:internal/streams", 10_000), "closure");
    // What a program holds it can mend.
    assert_eq!(first("/app/output.js", 100), "closure");
}
