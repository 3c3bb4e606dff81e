//! What a holder is, and what it is called.

use super::*;

#[test]
fn a_variable_of_a_block_is_named_though_v8_does_not_name_its_edge() {
    let found = grown([10, 20, 30], |program, count| {
        let (scope, heap) = (program.scope, &mut program.heap);
        let block = heap.object("system / Context", 32);
        let info = heap.code("system / ScopeInfo", 32);
        let name = heap.text("requests", 16);
        let inner = heap.closure("inner", 64);
        let map = heap.object("Map", 32);
        heap.internal(block, "scope_info", info);
        heap.hidden_edge(info, 0, name);
        heap.hidden_edge(block, 0, map);
        heap.context(scope, "inner", inner);
        heap.internal(inner, "context", block);
        heap.location(inner, 7, 9, 4);
        for place in 0..count {
            let value = heap.object("Job", 100);
            heap.internal(map, &format!("{place}"), value);
        }
    });
    let holder = &found.suspects[0].holder;
    assert_eq!((holder.name.as_str(), holder.line), ("requests", Some(3)));
    assert_eq!(holder.script.as_deref(), Some("/app/server.js"));
}

#[test]
fn a_property_on_the_path_says_more_than_a_parameter_elsewhere() {
    let found = grown([10, 20, 30], |program, count| {
        let cache = program.variable("cache", "Cache");
        let store = program.heap.object("Map", 32);
        program.heap.property(cache, "store", store);
        let inner = program.heap.object("system / Context", 32);
        let method = program.heap.closure("iterate", 64);
        let scope = program.scope;
        program.heap.internal(inner, "previous", scope);
        program.heap.internal(method, "context", inner);
        program.heap.context(scope, "method", method);
        program.heap.context(inner, "iterator", store);
        for place in 0..count {
            let value = program.heap.object("Quote", 100);
            program.heap.internal(store, &format!("{place}"), value);
        }
    });
    assert_eq!(found.suspects[0].holder.name, "store");
}

#[test]
fn keys_that_v8_keeps_once_for_everybody_belong_to_the_dictionary() {
    let found = grown([100, 200, 300], |program, count| {
        let counters = program.variable("counters", "Object");
        let properties = program.heap.array("(object properties)", 16);
        program.heap.internal(counters, "properties", properties);
        let strings = program.heap.synthetic("(Internalized strings)");
        program.heap.element(NodeIndex::ROOT, 90, strings);
        for place in 0..count {
            let key = program.heap.text(&format!("/users/{place}"), 32);
            program.heap.internal(properties, "3", key);
            program.heap.element(strings, place, key);
        }
    });
    assert_eq!(found.suspects[0].holder.name, "counters");
}

#[test]
fn a_key_that_is_data_names_no_holder() {
    let found = grown([10, 20, 30], |program, count| {
        let agent = program.variable("agent", "Agent");
        let sockets = program.heap.object("Object", 32);
        let list = program.heap.object("Array", 16);
        program.heap.property(agent, "sockets", sockets);
        program.heap.property(sockets, "127.0.0.1:8080:", list);
        for place in 0..count {
            let socket = program.heap.object("Socket", 400);
            program.heap.element(list, place, socket);
        }
    });
    assert_eq!(found.suspects[0].holder.name, "sockets[]");
}

#[test]
fn symbols_that_are_kept_for_ever_are_told() {
    let found = grown([10, 20, 30], |program, count| {
        let gc_roots = program.heap.synthetic("(GC roots)");
        let roots = program.heap.synthetic("(Strong roots)");
        let (table, other) = (program.heap.array("", 16), program.heap.array("", 16));
        program.heap.element(NodeIndex::ROOT, 90, gc_roots);
        program.heap.element(gc_roots, 0, roots);
        program.heap.internal(roots, "public_symbol_table", table);
        program.heap.internal(roots, "compiler_table", other);
        for place in 0..count {
            let symbol = program.heap.node(NodeType::Symbol, "symbol", 24);
            let name = program.heap.text(&format!("request:{place}"), 32);
            program.heap.internal(table, &format!("{place}"), symbol);
            program.heap.internal(symbol, "name", name);
            let work = program.heap.object("Work", 1000);
            program.heap.internal(other, &format!("{place}"), work);
        }
    });
    assert_eq!(found.suspects.len(), 1);
    let suspect = &found.suspects[0];
    assert_eq!((suspect.class_name.as_str(), suspect.count), ("symbol", 30));
    assert_eq!(suspect.holder.name, "V8");
    assert!(
        suspect.message.contains("Symbol.for"),
        "{}",
        suspect.message
    );
}

/// A module of Node.js's own class, whose exports have a Set as their property `name` with this many
/// objects of a class of the program. The module's file is `/app/server.js`, or not known.
fn export(program: &mut Program, name: &str, is_known: bool, count: u32) {
    let heap = &mut program.heap;
    let module = heap.object("Module", 64);
    let exports = heap.object("Object", 32);
    let set = heap.object("Set", 32);
    let shared = heap.code("Module", 32);
    let script = heap.code("node:internal/modules/cjs/loader", 32);
    let constructor = heap.closure("Module", 64);
    heap.internal(constructor, "shared", shared);
    heap.internal(shared, "script", script);
    heap.location(constructor, 9, 174, 15);
    heap.location(module, 9, 174, 15);
    // Further away than whoever uses what it exports.
    let (main, children) = (heap.object("Module", 64), heap.object("Array", 32));
    let (other, grandchildren) = (heap.object("Module", 64), heap.object("Array", 32));
    heap.context(program.scope, "main", main);
    heap.property(main, "children", children);
    heap.element(children, 0, other);
    heap.property(other, "children", grandchildren);
    heap.element(grandchildren, 0, module);
    heap.context(program.scope, "Module", constructor);
    heap.property(module, "exports", exports);
    let user = heap.closure("user", 64);
    let shared = heap.code("user", 32);
    let script = heap.code("/app/user.js", 32);
    heap.internal(user, "shared", shared);
    heap.internal(shared, "script", script);
    heap.location(user, 11, 3, 4);
    let scope = heap.object("system / Context", 64);
    heap.internal(user, "context", scope);
    heap.context(scope, "registry", exports);
    heap.context(program.scope, "user", user);
    heap.property(exports, name, set);
    if is_known {
        let file = heap.text("/app/server.js", 32);
        heap.property(module, "filename", file);
    }
    for place in 0..count {
        let visit = heap.object("Visit", 100);
        heap.location(visit, 7, 20, 4);
        heap.internal(set, &format!("{place}"), visit);
    }
}

#[test]
fn what_a_module_exports_stands_in_its_file() {
    let of = |name: &'static str, is_known| {
        let found = grown([10, 20, 30], |program, count| {
            export(program, name, is_known, count);
        });
        let suspect = found.suspects[0].clone();
        assert_eq!(suspect.holder.name, name);
        (suspect.holder.script, suspect.holder.line)
    };
    let file = Some("/app/server.js".to_owned());
    assert_eq!(of("seen", true), (file.clone(), Some(6)));
    // Not the line of what it holds, which the snapshot knows.
    assert_eq!(of("absent", true), (file, None));
    assert_ne!(of("seen", false).0.as_deref(), Some("/app/server.js"));
}

#[test]
fn a_variable_is_found_among_thousands_that_refer_to_the_same() {
    let found = grown([700, 1400, 2100], |program, count| {
        let queue = program.heap.object("Array", 32);
        let global = program.heap.global();
        program.heap.property(global, "queue", queue);
        let input = program.heap.object("PassThrough", 64);
        let events = program.heap.object("Object", 32);
        let list = program.heap.object("Array", 32);
        program.heap.element(queue, 0, input);
        program.heap.property(input, "_events", events);
        program.heap.property(events, "error", list);
        for place in 0..count {
            let reader = program.heap.object("Reader", 100);
            program.heap.element(list, place, reader);
            program.heap.property(reader, "source", input);
        }
        // Behind all of them in the file, too.
        let handler = program.heap.closure("late", 64);
        let scope = program.heap.object("system / Context", 64);
        let shared = program.heap.code("late", 32);
        let script = program.heap.code("/app/server.js", 32);
        program.heap.context(program.scope, "late", handler);
        program.heap.internal(handler, "context", scope);
        program.heap.internal(handler, "shared", shared);
        program.heap.internal(shared, "script", script);
        program.heap.location(handler, 7, 9, 4);
        program.heap.context(scope, "bus", input);
    });
    let holder = &found.suspects[0].holder;
    assert_eq!((holder.name.as_str(), holder.line), ("bus", Some(4)));
}
