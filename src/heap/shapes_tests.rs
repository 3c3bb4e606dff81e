//! Names of classes and shapes.

use super::super::fixture::HeapBuilder;
use super::*;

#[track_caller]
fn check_class(node_type: NodeType, name: &str, expected: &str) {
    let mut heap = HeapBuilder::new();
    let node = heap.node(node_type, name, 1);
    assert_eq!(class_name_of(&heap.graph(), node), expected);
}

#[test]
fn a_class_is_the_constructor_or_one_of_v8s_own() {
    check_class(NodeType::Object, "Map", "Map");
    check_class(
        NodeType::Native,
        "Node / TCPSocketWrap",
        "Node / TCPSocketWrap",
    );
    check_class(NodeType::Closure, "onFinish", "Function");
    check_class(NodeType::RegExp, "a+", "RegExp");
    check_class(NodeType::Hidden, "system / Map", "(system)");
    check_class(NodeType::Code, "(shared function info)", "(compiled code)");
    check_class(NodeType::Array, "(object elements)", "(array)");
    check_class(NodeType::String, "hello", "(string)");
    check_class(
        NodeType::ConcatenatedString,
        "hello",
        "(concatenated string)",
    );
    check_class(NodeType::Number, "heap number", "(number)");
    check_class(NodeType::ObjectShape, "system / Map", "(object shape)");
    check_class(NodeType::Synthetic, "(GC roots)", "(synthetic)");
}

#[test]
fn elements_are_classed_by_their_tag() {
    check_class(NodeType::Native, "<div>", "<div>");
    check_class(NodeType::Native, "<div id=\"a\" class=\"b\">", "<div>");
    check_class(
        NodeType::Object,
        "Detached <div id=\"a\">",
        "Detached <div>",
    );
    check_class(
        NodeType::Object,
        "Detached Thing of mine",
        "Detached Thing of mine",
    );
    check_class(NodeType::Closure, "<div id=\"a\">", "Function");
}

#[track_caller]
fn check_shape(properties: &[&str], expected: &str) {
    let mut heap = HeapBuilder::new();
    let object = heap.object("Object", 1);
    let value = heap.object("Value", 1);
    for name in properties {
        heap.property(object, name, value);
    }
    assert_eq!(shape_of(&heap.graph(), object).as_deref(), Some(expected));
}

#[test]
fn a_shape_names_the_first_properties() {
    check_shape(&[], "{}");
    check_shape(&["id"], "{id}");
    check_shape(&["id", "__proto__", "body"], "{id, body}");
    check_shape(&["a", "b", "c", "d", "e"], "{a, b, c, d, e}");
    check_shape(&["a", "b", "c", "d", "e", "f"], "{a, b, c, d, e, …}");
}

#[test]
fn a_long_shape_is_cut_between_characters() {
    let long = "\u{2603}".repeat(100);
    check_shape(
        &[&long, "more"],
        &format!("{{{}, …}}", "\u{2603}".repeat(60)),
    );
    check_shape(&["a", &long], "{a, …}");
}

#[test]
fn only_properties_make_a_shape() {
    let mut heap = HeapBuilder::new();
    let object = heap.object("Object", 1);
    let value = heap.object("Value", 1);
    heap.element(object, 3, value);
    heap.internal(object, "map", value);
    heap.property(object, "seen", value);
    let others = [heap.object("Map", 1), heap.native("Object", 1)];
    let graph = heap.graph();
    assert_eq!(shape_of(&graph, object).as_deref(), Some("{seen}"));
    assert_eq!(others.map(|node| shape_of(&graph, node)), [None, None]);
}
