//! What a node is called: its class, or the shape of a plain object.

use super::columns::{EdgeType, NodeType};
use super::graph::{Graph, NodeIndex};

/// Properties named in a shape before it is cut.
const SHAPE_PROPERTIES: usize = 5;
/// Characters of a shape before it is cut.
const SHAPE_LENGTH: usize = 60;

/// What stands before the name of a detached node.
const DETACHED: &str = "Detached ";

/// The class of a node as DevTools calls it (`getNodeClassIndex` in `HeapSnapshot.ts`):
/// the constructor of an object, `Function`, `(string)`, `(compiled code)` and so on.
pub fn class_name_of(graph: &Graph, node: NodeIndex) -> String {
    match graph.node_type(node) {
        NodeType::Hidden => "(system)".to_owned(),
        NodeType::Native if graph.is_detached(node) => {
            format!("{DETACHED}{}", element_class(graph.node_name(node)))
        }
        NodeType::Object | NodeType::Native => element_class(graph.node_name(node)),
        NodeType::Code => "(compiled code)".to_owned(),
        NodeType::Closure => "Function".to_owned(),
        NodeType::RegExp => "RegExp".to_owned(),
        other => format!("({})", other.name()),
    }
}

/// `<div id="a">` belongs to the class `<div>`.
fn element_class(name: &str) -> String {
    let tag = name.strip_prefix(DETACHED).unwrap_or(name);
    if tag.starts_with('<') {
        let start = name.len() - tag.len();
        if let Some(space) = tag.find(' ') {
            return format!("{}>", &name[..start + space]);
        }
    }
    name.to_owned()
}

/// The shape of a plain object, such as `{id, body}`; `None` for anything else.
pub fn shape_of(graph: &Graph, node: NodeIndex) -> Option<String> {
    if graph.node_type(node) != NodeType::Object || graph.node_name(node) != "Object" {
        return None;
    }
    let names = graph
        .edges(node)
        .filter(|edge| edge.edge_type == EdgeType::Property)
        .filter_map(|edge| graph.edge_text(edge))
        .filter(|&name| name != "__proto__");
    Some(shape_text(names))
}

/// The shape of an object with properties of these names; only the first few are named.
pub(super) fn shape_text<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut shape = String::from("{");
    for (place, name) in names.enumerate() {
        let full = place == SHAPE_PROPERTIES || shape.len() + name.len() > SHAPE_LENGTH;
        if place > 0 && full {
            shape.push_str(", …");
            break;
        }
        if place > 0 {
            shape.push_str(", ");
        }
        shape.extend(name.chars().take(SHAPE_LENGTH));
    }
    shape.push('}');
    shape
}

#[cfg(test)]
#[path = "shapes_tests.rs"]
mod tests;
