//! What an object is called in code: the nearest variable or property that leads to it.

use serde::Serialize;

use crate::heap::columns::{EdgeType, NodeType};
use crate::heap::edge_rules::weak_map_table;
use crate::heap::graph::{Edge, Graph, NodeIndex};
use crate::heap::scripts::Place;
use crate::heap::shapes::class_name_of;
use crate::heap::snapshot::Snapshot;

/// Steps up the shortest path that a name or a place is looked for.
const MAX_STEPS: usize = 24;
/// Retainers of a context among which its functions are looked for.
const MAX_RETAINERS: usize = 500;

/// How code reaches an object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Named {
    /// Variable or property, with `[]` for what lies in it, such as `sessions` or `queue[]`; the
    /// class in brackets where nothing names it.
    pub name: String,
    /// Class of the object that has the property; `scope` where the name is a variable.
    pub owner: String,
    /// Script of a function that sees the variable, or of the owner's constructor.
    pub script: Option<String>,
    /// One-based line of that function or constructor.
    pub line: Option<u32>,
}

impl Snapshot {
    /// How code reaches `node`, by its shortest path from the GC root.
    pub fn named(&self, node: NodeIndex) -> Named {
        let graph = self.graph();
        let mut current = node;
        let mut inside = false;
        for _ in 0..MAX_STEPS {
            let Some((parent, edge)) = self.shortest_paths().step(graph, current) else {
                break;
            };
            if let Some(name) = self.name_of_edge(parent, edge) {
                let place = self.nearest_place(parent);
                return Named {
                    name: format!("{name}{}", if inside { "[]" } else { "" }),
                    owner: if is_context(graph, parent) {
                        "scope".to_owned()
                    } else {
                        class_name_of(graph, parent)
                    },
                    line: place.as_ref().map(|place| place.line),
                    script: place.map(|place| place.script),
                };
            }
            inside |= self.is_entry(parent, edge);
            current = parent;
        }
        let class_name = class_name_of(graph, node);
        Named {
            name: if class_name.starts_with('(') {
                class_name
            } else {
                format!("({class_name})")
            },
            ..Named::default()
        }
    }

    /// Where a node stands in the source, or else what leads to it.
    pub(super) fn nearest_place(&self, node: NodeIndex) -> Option<Place> {
        let graph = self.graph();
        let mut current = node;
        for _ in 0..MAX_STEPS {
            let place = self.scripts().place(graph, current).or_else(|| {
                is_context(graph, current)
                    .then(|| self.place_of_context(current))
                    .flatten()
            });
            if place.is_some() {
                return place;
            }
            current = self.shortest_paths().step(graph, current)?.0;
        }
        None
    }

    fn name_of_edge(&self, source: NodeIndex, edge: Edge) -> Option<&str> {
        let graph = self.graph();
        let text = graph.edge_text(edge)?;
        match edge.edge_type {
            EdgeType::Context => (!matches!(text, "this" | ".this" | "arguments")).then_some(text),
            EdgeType::Property => {
                let says_nothing = matches!(text, "__proto__" | "constructor" | "prototype")
                    || text.bytes().all(|byte| byte.is_ascii_digit())
                    || matches!(
                        graph.node_type(source),
                        NodeType::Synthetic | NodeType::Native
                    )
                    || self.is_data(source);
                (!says_nothing).then_some(text)
            }
            _ => None,
        }
    }

    /// Whether the names of an object's properties are data, such as users' ids; those of the
    /// global object are not, many as they are.
    pub(super) fn is_data(&self, node: NodeIndex) -> bool {
        self.distance(node) > 1 && self.graph().is_dictionary(node)
    }

    /// Whether an edge leads from a collection to what lies in it.
    fn is_entry(&self, source: NodeIndex, edge: Edge) -> bool {
        let graph = self.graph();
        match edge.edge_type {
            EdgeType::Element => true,
            EdgeType::Property => self.is_data(source),
            EdgeType::Internal => {
                graph.node_type(source) == NodeType::Array
                    || graph
                        .edge_text(edge)
                        .is_some_and(|name| weak_map_table(name).is_some())
            }
            _ => false,
        }
    }

    /// The first function in the script that runs in a context: the variables are declared before
    /// it, most often.
    fn place_of_context(&self, context: NodeIndex) -> Option<Place> {
        let graph = self.graph();
        self.retainers()
            .edges(graph, context)
            .take(MAX_RETAINERS)
            .filter(|&(source, edge)| {
                graph.node_type(source) == NodeType::Closure
                    && graph.edge_text(edge) == Some("context")
            })
            .filter_map(|(function, _)| self.scripts().place(graph, function))
            .min_by_key(|place| (place.line, place.column))
    }
}

/// Whether a node is the variables of a function (`isContextObject` in DevTools).
pub(super) fn is_context(graph: &Graph, node: NodeIndex) -> bool {
    let name = graph.node_name(node);
    name == "system / Context" || name.starts_with("system / Context / ")
}

#[cfg(test)]
#[path = "names_tests.rs"]
mod tests;
