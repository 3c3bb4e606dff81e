//! The names of an object's own properties, those with numbers in them included.
//!
//! A snapshot has an edge for a property only where the value is an object or a string. The names
//! of all properties stand in the descriptors of the object's hidden class (`DescriptorArray` and
//! `Map` in V8's `objects/`), which the classes of one line of descent share: each of them has as
//! many of the descriptors as it is steps away from the first.

use std::collections::HashMap;

use crate::heap::columns::{EdgeType, NodeType};
use crate::heap::graph::{Graph, NodeIndex, StringIndex};

/// Words of one descriptor: key, details, value.
const DESCRIPTOR_WORDS: u32 = 3;
/// Properties beyond this are not listed; an object that has more is a dictionary.
const MAX_PROPERTIES: usize = 256;

/// Finds the names; remembers those of each hidden class.
pub(in crate::heap) struct PropertyNames<'a> {
    graph: &'a Graph,
    of_hidden_class: HashMap<NodeIndex, Vec<StringIndex>>,
}

impl<'a> PropertyNames<'a> {
    pub(in crate::heap) fn new(graph: &'a Graph) -> Self {
        Self {
            graph,
            of_hidden_class: HashMap::new(),
        }
    }

    /// Names of the properties of `object`, in the order in which they were added, as far as the
    /// file tells it; at most 256.
    pub(in crate::heap) fn of(&mut self, object: NodeIndex) -> Vec<StringIndex> {
        let graph = self.graph;
        let mut hidden_class = None;
        let mut seen = Vec::new();
        for edge in graph.edges(object) {
            match edge.edge_type {
                EdgeType::Property
                    if seen.len() < MAX_PROPERTIES
                        && graph.edge_text(edge) != Some("__proto__") =>
                {
                    seen.push(StringIndex(edge.name));
                }
                EdgeType::Internal if graph.edge_text(edge) == Some("map") => {
                    hidden_class = Some(edge.target);
                }
                _ => {}
            }
        }
        let Some(hidden_class) = hidden_class else {
            return seen;
        };
        let described = self
            .of_hidden_class
            .entry(hidden_class)
            .or_insert_with(|| described(graph, hidden_class));
        let mut names = described.clone();
        for name in seen {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }
}

/// The keys of the descriptors that belong to a hidden class.
fn described(graph: &Graph, hidden_class: NodeIndex) -> Vec<StringIndex> {
    let Some(descriptors) = graph.edge_named(hidden_class, "descriptors") else {
        return Vec::new();
    };
    let mut keys: Vec<(u32, StringIndex)> = graph
        .edges(descriptors.target)
        .filter(|edge| edge.edge_type == EdgeType::Internal)
        .filter_map(|edge| Some((graph.edge_text(edge)?.parse::<u32>().ok()?, edge.target)))
        .filter(|&(word, target)| {
            word.is_multiple_of(DESCRIPTOR_WORDS) && graph.node_type(target) == NodeType::String
        })
        .map(|(word, key)| (word, graph.node_name_index(key)))
        .take(MAX_PROPERTIES)
        .collect();
    keys.sort_by_key(|&(word, _)| word);
    let steps = steps_from_first(graph, hidden_class) as u32;
    keys.into_iter()
        .filter(|&(word, _)| word / DESCRIPTOR_WORDS < steps)
        .map(|(_, key)| key)
        .collect()
}

fn steps_from_first(graph: &Graph, hidden_class: NodeIndex) -> usize {
    let mut node = hidden_class;
    for steps in 0..MAX_PROPERTIES {
        match graph.edge_named(node, "back_pointer") {
            Some(edge) if graph.node_name(edge.target) == "system / Map" => node = edge.target,
            _ => return steps,
        }
    }
    MAX_PROPERTIES
}

#[cfg(test)]
#[path = "property_names_tests.rs"]
mod tests;
