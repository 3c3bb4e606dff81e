//! Two classes of one name, one of them with a subclass.

use super::*;
use crate::heap::fixture::HeapBuilder;

/// A function with a prototype, as classes have.
fn class(heap: &mut HeapBuilder, name: &str) -> NodeIndex {
    let global = heap.global();
    let constructor = heap.closure(name, 32);
    let prototype = heap.object("Object", 16);
    heap.property(global, name, constructor);
    heap.property(constructor, "prototype", prototype);
    prototype
}

fn instance(heap: &mut HeapBuilder, prototype: NodeIndex, is_held: bool) -> NodeIndex {
    let object = heap.object("Session", 24);
    heap.property(object, "__proto__", prototype);
    if is_held {
        let global = heap.global();
        heap.property(global, &format!("held{}", object.0), object);
    }
    object
}

#[test]
fn objects_of_a_class_and_of_its_subclasses_are_counted() {
    let mut heap = HeapBuilder::new();
    let session = class(&mut heap, "Session");
    let other = class(&mut heap, "Session");
    let subclass = class(&mut heap, "UserSession");
    heap.property(subclass, "__proto__", session);
    let landmark = heap.object("MessagePort", 32);
    let global = heap.global();
    heap.property(global, "port", landmark);
    heap.property(landmark, "the class", session);
    let counted = [
        instance(&mut heap, session, true),
        instance(&mut heap, subclass, true),
    ];
    instance(&mut heap, session, false);
    instance(&mut heap, other, true);
    let snapshot = heap.snapshot();
    assert_eq!(
        snapshot.instances_of_marked("the class"),
        Some(counted.to_vec())
    );
    assert_eq!(snapshot.instances_of_marked("another"), None);
}
