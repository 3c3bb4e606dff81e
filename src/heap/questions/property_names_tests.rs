//! Names of properties, from edges and from hidden classes.

use super::*;
use crate::heap::fixture::HeapBuilder;

fn names(heap: &HeapBuilder, object: NodeIndex) -> Vec<String> {
    let graph = heap.graph();
    let names = PropertyNames::new(&graph).of(object);
    let text = |name: &StringIndex| graph.strings().get(*name).to_owned();
    names.iter().map(text).collect()
}

/// Hidden classes of `{}`, `{a}` and `{a, b}`, which share one array of descriptors.
fn hidden_classes(heap: &mut HeapBuilder) -> [NodeIndex; 3] {
    let descriptors = heap.node(NodeType::ObjectShape, "system / DescriptorArray", 48);
    for (word, name) in [("0", "a"), ("3", "b")] {
        let key = heap.text(name, 24);
        heap.internal(descriptors, word, key);
    }
    // Details and values of descriptors are no names.
    let value = heap.text("value", 24);
    heap.internal(descriptors, "2", value);
    let mut above = None;
    [(); 3].map(|()| {
        let hidden_class = heap.node(NodeType::ObjectShape, "system / Map", 72);
        heap.internal(hidden_class, "descriptors", descriptors);
        if let Some(above) = above.replace(hidden_class) {
            heap.internal(hidden_class, "back_pointer", above);
        }
        hidden_class
    })
}

#[test]
fn a_property_with_a_number_in_it_has_a_name_too() {
    for (steps, expected) in [(0, [].as_slice()), (1, &["a"]), (2, &["a", "b"])] {
        let mut heap = HeapBuilder::new();
        let hidden_class = hidden_classes(&mut heap)[steps];
        let object = heap.object("Object", 32);
        heap.internal(object, "map", hidden_class);
        assert_eq!(names(&heap, object), expected);
    }
}

#[test]
fn what_only_edges_tell_comes_last_and_nothing_twice() {
    let mut heap = HeapBuilder::new();
    let hidden_class = hidden_classes(&mut heap)[2];
    let (object, value) = (heap.object("Object", 32), heap.object("Value", 8));
    for name in ["__proto__", "own", "a"] {
        heap.property(object, name, value);
    }
    heap.internal(object, "map", hidden_class);
    assert_eq!(names(&heap, object), ["a", "b", "own"]);
}

#[test]
fn a_ring_of_hidden_classes_ends() {
    let mut heap = HeapBuilder::new();
    let hidden_class = heap.node(NodeType::ObjectShape, "system / Map", 72);
    heap.internal(hidden_class, "back_pointer", hidden_class);
    let descriptors = heap.node(NodeType::ObjectShape, "system / DescriptorArray", 48);
    heap.internal(hidden_class, "descriptors", descriptors);
    let object = heap.object("Object", 32);
    heap.internal(object, "map", hidden_class);
    assert_eq!(names(&heap, object), Vec::<String>::new());
}
