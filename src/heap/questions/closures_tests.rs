//! Functions and their contexts.

use super::*;
use crate::heap::fixture::HeapBuilder;

/// `function outer() { const big = …; const small = …; return () => big; }`, called twice.
#[test]
fn closures_of_one_function_have_a_context_for_each_call() {
    let mut heap = HeapBuilder::new();
    let global = heap.global();
    let (shared, script) = (heap.code("shared", 1), heap.code("/app/a.js", 1));
    let info = heap.code("system / ScopeInfo", 1);
    heap.internal(shared, "script", script);
    for name in ["first", "second"] {
        let (function, context) = (
            heap.closure("inner", 50),
            heap.object("system / Context", 7),
        );
        let (big, small) = (heap.object("Big", 1000), heap.object("Small", 10));
        heap.property(global, name, function);
        heap.internal(function, "shared", shared);
        heap.internal(function, "context", context);
        heap.internal(context, "scope_info", info);
        heap.context(context, "big", big);
        heap.context(context, "small", small);
        heap.location(function, 3, 4, 8);
    }
    let plain = heap.closure("plain", 60);
    heap.property(global, "plain", plain);
    let snapshot = heap.snapshot();
    let rows = snapshot.closures(10, &Control::default()).unwrap();
    let variable = |name: &str, retained_size| ContextVariable {
        name: name.to_owned(),
        retained_size,
    };
    let expected = ClosureRow {
        function: "inner".to_owned(),
        script: Some("/app/a.js".to_owned()),
        line: Some(5),
        column: Some(9),
        count: 2,
        shallow_size: 100,
        scope: snapshot.graph().node_id(info),
        contexts: 2,
        contexts_retained_size: 2034,
        variables: vec![variable("big", 2000), variable("small", 20)],
        id: rows[0].id,
    };
    assert_eq!(rows[0], expected);
    assert_eq!((rows[1].function.as_str(), rows[1].contexts), ("plain", 0));
    assert_eq!(rows.len(), 2);
}

#[test]
fn contexts_inside_contexts_are_not_counted_twice() {
    let mut heap = HeapBuilder::new();
    let global = heap.global();
    let info = heap.code("system / ScopeInfo", 1);
    let mut holder = global;
    for name in ["outer", "inner"] {
        let (function, context) = (heap.closure(name, 50), heap.object("system / Context", 100));
        heap.property(holder, name, function);
        heap.internal(function, "context", context);
        heap.internal(context, "scope_info", info);
        let value = heap.object("Value", 10);
        heap.context(context, "value", value);
        holder = value;
    }
    let rows = heap.snapshot().closures(10, &Control::default()).unwrap();
    // Both contexts, both values, the inner function and the description of the scope.
    assert_eq!(rows[0].contexts_retained_size, 271);
    assert_eq!(rows[0].variables[0].retained_size, 170);
}
