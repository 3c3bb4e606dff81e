//! Objects of a class, told by their prototype rather than by the name of the class: two classes
//! may have one name, and a test runner loads each module again for each test file.

use std::collections::HashSet;

use crate::heap::{EdgeType, Graph, NO_DISTANCE, NodeIndex, NodeType, Snapshot};

impl Snapshot {
    /// The objects whose prototype chain has in it what some object holds as its property `mark`;
    /// prototypes themselves, such as those of subclasses, are not counted. `None` where nothing
    /// has such a property.
    ///
    /// V8 writes the prototype of each object as its property `__proto__`
    /// (`V8HeapExplorer::ExtractJSObjectReferences`).
    pub fn instances_of_marked(&self, mark: &str) -> Option<Vec<NodeIndex>> {
        let graph = self.graph();
        let (_, prototype) = properties(graph, mark).next()?;
        let prototypes: HashSet<NodeIndex> = properties(graph, "prototype")
            .filter(|&(owner, _)| graph.node_type(owner) == NodeType::Closure)
            .map(|(_, target)| target)
            .collect();
        let heirs: Vec<(NodeIndex, NodeIndex)> = properties(graph, "__proto__").collect();
        let mut chain = HashSet::from([prototype]);
        let mut instances = Vec::new();
        // One round for each level of subclasses.
        let mut level = chain.clone();
        while !level.is_empty() {
            let mut next = HashSet::new();
            for &(object, above) in &heirs {
                if !level.contains(&above) || chain.contains(&object) {
                    continue;
                }
                if prototypes.contains(&object) {
                    next.insert(object);
                } else if self.distance(object) != NO_DISTANCE {
                    instances.push(object);
                }
            }
            chain.extend(&next);
            level = next;
        }
        Some(instances)
    }
}

/// Every property of this name: its owner and its value.
fn properties(graph: &Graph, name: &str) -> impl Iterator<Item = (NodeIndex, NodeIndex)> {
    let name = graph.strings().find(name).map(|index| index.0);
    graph.nodes().flat_map(move |owner| {
        graph
            .edges(owner)
            .filter(move |edge| edge.edge_type == EdgeType::Property && Some(edge.name) == name)
            .map(move |edge| (owner, edge.target))
    })
}

#[cfg(test)]
#[path = "instances_tests.rs"]
mod tests;
