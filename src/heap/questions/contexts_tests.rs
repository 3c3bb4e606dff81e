//! Native contexts.

use crate::heap::fixture::HeapBuilder;

#[test]
fn the_programs_own_comes_first() {
    let mut heap = HeapBuilder::new();
    let global = heap.global();
    let main = heap.hidden("system / NativeContext", 100);
    heap.internal(global, "native_context", main);
    for (name, size) in [("small", 10), ("large", 5000)] {
        let sandbox = heap.object("Object", 1);
        let context = heap.hidden("Detached system / NativeContext / file://", size);
        let held = heap.object("Held", size);
        heap.property(global, name, sandbox);
        heap.internal(sandbox, "context", context);
        heap.internal(context, "held", held);
    }
    heap.text("system / NativeContext", 20);
    let rows = heap.snapshot().native_contexts();
    let found: Vec<_> = rows
        .iter()
        .map(|row| (row.main, row.detached, row.named.name.as_str()))
        .collect();
    assert_eq!(found[0], (true, false, "(system)"));
    assert_eq!(found[1..], [(false, true, "large"), (false, true, "small")]);
    assert!(rows[1].retained_size > rows[2].retained_size);
}
