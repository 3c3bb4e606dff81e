//! Names of the variables of a block.
//!
//! V8 writes the names of a function's variables into a snapshot, but not those of a block
//! (`ExtractContextReferences` in `heap-snapshot-generator.cc` asks for a declaration context). The
//! block's ScopeInfo has them: in the order of the slots, before anything else.

use crate::heap::{Edge, EdgeType, Graph, NodeIndex, NodeType};

/// The names that the variable behind `edge`, which leaves the context of a block, may have.
///
/// One in most cases. V8 numbers the slots without those that hold a small integer, so behind such
/// a one there are as many more as there are of those.
pub(super) fn names_of(graph: &Graph, context: NodeIndex, edge: Edge) -> Vec<&str> {
    if edge.edge_type != EdgeType::Hidden {
        return Vec::new();
    }
    let Some(info) = graph.edge_named(context, "scope_info") else {
        return Vec::new();
    };
    let names: Vec<&str> = graph
        .edges(info.target)
        .filter(|edge| edge.edge_type == EdgeType::Hidden)
        .map_while(|edge| {
            let is_name = graph.node_type(edge.target) == NodeType::String;
            is_name.then(|| graph.node_name(edge.target))
        })
        .collect();
    let slots = graph
        .edges(context)
        .filter(|edge| edge.edge_type == EdgeType::Hidden)
        .map(|edge| edge.name as usize + 1)
        .max()
        .unwrap_or(0);
    let first = edge.name as usize;
    let Some(spare) = names.len().checked_sub(slots) else {
        return Vec::new();
    };
    names[first..=first + spare].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::heap::fixture::HeapBuilder;

    /// The context of a block with these variables, of which those that hold an integer are not
    /// written; gives the names that the last of the others may have.
    fn names(variables: &[(&str, bool)]) -> Vec<String> {
        let mut heap = HeapBuilder::new();
        let global = heap.global();
        let context = heap.object("system / Context", 32);
        let info = heap.code("system / ScopeInfo", 32);
        let outer = heap.code("system / ScopeInfo", 32);
        heap.property(global, "scope", context);
        heap.internal(context, "scope_info", info);
        let mut slot = 0;
        for (place, &(name, is_integer)) in variables.iter().enumerate() {
            let text = heap.text(name, 16);
            heap.hidden_edge(info, place as u32, text);
            if !is_integer {
                let value = heap.object("Map", 16);
                heap.hidden_edge(context, slot, value);
                slot += 1;
            }
        }
        heap.hidden_edge(info, variables.len() as u32, outer);
        let graph = heap.graph();
        let last = graph
            .edges(context)
            .filter(|edge| edge.edge_type == EdgeType::Hidden)
            .last();
        let names = last.map_or(Vec::new(), |edge| names_of(&graph, context, edge));
        names.into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn a_slot_has_the_name_at_its_place() {
        assert_eq!(names(&[("requests", false)]), ["requests"]);
        assert_eq!(names(&[("bus", false), ("requests", false)]), ["requests"]);
    }

    #[test]
    fn an_integer_leaves_room_for_doubt() {
        assert_eq!(
            names(&[("count", true), ("requests", false)]),
            ["count", "requests"]
        );
        assert!(names(&[("count", true)]).is_empty());
    }
}
