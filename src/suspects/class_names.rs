//! What the classes of objects are called.

use crate::heap::{Graph, NodeIndex, NodeType, shape_of};

/// Node makes an AbortSignal of an EventTarget, whose name stays with it.
fn is_abort_signal(graph: &Graph, node: NodeIndex) -> bool {
    graph.node_name(node) == "EventTarget"
        && graph
            .edges(node)
            .any(|edge| graph.edge_text(edge) == Some("<symbol kAborted>"))
}

/// What a member is called: its constructor or shape, or the type of what has neither.
pub(super) fn class_name(graph: &Graph, node: NodeIndex) -> String {
    if is_abort_signal(graph, node) {
        return "AbortSignal".to_owned();
    }
    match graph.node_type(node) {
        NodeType::Object | NodeType::Native | NodeType::Hidden => shape_of(graph, node)
            .unwrap_or_else(|| graph.node_name(node).chars().take(120).collect()),
        NodeType::RegExp => "RegExp".to_owned(),
        NodeType::Synthetic => class_name_of_holder(graph, node),
        other => other.name().to_owned(),
    }
}

/// What a holder is called: its constructor, not its shape.
pub(super) fn class_name_of_holder(graph: &Graph, node: NodeIndex) -> String {
    if is_abort_signal(graph, node) {
        return "AbortSignal".to_owned();
    }
    match graph.node_type(node) {
        NodeType::Object | NodeType::Native => graph.node_name(node).chars().take(120).collect(),
        NodeType::Closure => "Function".to_owned(),
        NodeType::Synthetic => graph
            .node_name(node)
            .trim_start_matches("Node / ")
            .trim_matches(['(', ')'])
            .to_owned(),
        other => other.name().to_owned(),
    }
}
