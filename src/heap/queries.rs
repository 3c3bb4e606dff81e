//! The questions that people ask of a snapshot, as rows.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::columns::NodeType;
use super::graph::{Edge, Graph, NodeIndex};
use super::questions::PropertyNames;
use super::shapes::{class_name_of, shape_text};
use super::snapshot::Snapshot;
use crate::error::{Code, Error, Result};

/// Characters of a name that are shown.
const NAME_LENGTH: usize = 200;
/// Edges of a node that are listed.
const MAX_EDGES: usize = 1000;

/// One node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeRow {
    /// V8's object id.
    pub id: u32,
    /// The class.
    pub class_name: String,
    /// V8's name: the constructor, a function's name, a string's text; for a plain object its
    /// shape.
    pub name: String,
    /// V8's type.
    #[serde(rename = "type")]
    pub node_type: &'static str,
    /// Bytes of the node alone.
    pub shallow_size: u64,
    /// Bytes that would be freed with it.
    pub retained_size: u64,
    /// Edges from the program's global objects.
    pub distance: u32,
}

/// One node of the dominator tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TreeRow {
    /// The node.
    #[serde(flatten)]
    pub node: NodeRow,
    /// Steps below the topmost nodes, which have 0.
    pub depth: u32,
}

/// One edge, with the node at its other end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EdgeRow {
    /// The edge's name; a number in brackets for elements.
    pub name: String,
    /// V8's type of the edge.
    #[serde(rename = "type")]
    pub edge_type: &'static str,
    /// The other end.
    pub node: NodeRow,
}

/// One step of a path: a node and the edge that leaves it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// What the node is.
    pub node: String,
    /// Name of the edge that leads on; empty on the last step.
    pub edge: String,
    /// V8's type of that edge; empty on the last step.
    pub edge_type: String,
    /// V8's object id of the node.
    pub id: u64,
}

impl Snapshot {
    /// The node with V8's id `id`.
    ///
    /// # Errors
    /// [`Code::Invalid`] when there is none.
    pub fn find(&self, id: u32) -> Result<NodeIndex> {
        self.graph().node_by_id(id).ok_or_else(|| {
            Error::new(
                Code::Invalid,
                format!(
                    "The snapshot has no object with id {id}. Ids are those that this file shows; \
                     another file may use other ones."
                ),
            )
        })
    }

    /// The nodes with these ids, in the same order.
    ///
    /// # Errors
    /// As for [`Snapshot::find`].
    pub fn find_all(&self, ids: &[u32]) -> Result<Vec<NodeIndex>> {
        if let [id] = ids {
            return Ok(vec![self.find(*id)?]);
        }
        let graph = self.graph();
        let mut places: HashMap<u32, Option<NodeIndex>> =
            ids.iter().map(|&id| (id, None)).collect();
        for node in graph.nodes() {
            if let Some(place @ None) = places.get_mut(&graph.node_id(node)) {
                *place = Some(node);
            }
        }
        let find = |id: &u32| places[id].map_or_else(|| self.find(*id), Ok);
        ids.iter().map(find).collect()
    }

    /// A node as a row.
    pub fn node_row(&self, node: NodeIndex) -> NodeRow {
        let graph = self.graph();
        NodeRow {
            id: graph.node_id(node),
            class_name: class_name_of(graph, node),
            name: self.label(node),
            node_type: graph.node_type(node).name(),
            shallow_size: self.shallow_size(node),
            retained_size: self.retained_size(node),
            distance: self.distance(node),
        }
    }

    /// V8's name of a node; of a plain object, its shape, properties with numbers in them included.
    fn label(&self, node: NodeIndex) -> String {
        let graph = self.graph();
        let name = graph.node_name(node);
        if graph.node_type(node) == NodeType::Object && name == "Object" {
            let names = PropertyNames::new(graph).of(node);
            return shape_text(names.iter().map(|&name| graph.strings().get(name)));
        }
        name.chars().take(NAME_LENGTH).collect()
    }

    /// The children of a node in the dominator tree, those with the largest retained size first.
    pub fn dominated(&self, node: NodeIndex, top: usize) -> Vec<NodeRow> {
        let mut children: Vec<NodeIndex> = self.dominators().children(node).collect();
        children.sort_by_key(|&child| (std::cmp::Reverse(self.retained_size(child)), child));
        children
            .into_iter()
            .take(top)
            .map(|child| self.node_row(child))
            .collect()
    }

    /// The nodes that retain the most, each after the one that dominates it: the top of the
    /// dominator tree. The root itself is left out.
    pub fn largest_objects(&self, top: usize) -> Vec<TreeRow> {
        // No node retains more than its dominator, so whoever takes the largest of all the
        // children of what was taken before has the largest of all.
        let mut candidates = BinaryHeap::new();
        let mut taken: HashSet<NodeIndex> = HashSet::new();
        let consider = |candidates: &mut BinaryHeap<(u64, Reverse<NodeIndex>)>, node| {
            for child in self.dominators().children(node) {
                candidates.push((self.retained_size(child), Reverse(child)));
            }
        };
        consider(&mut candidates, NodeIndex::ROOT);
        while taken.len() < top
            && let Some((_, Reverse(node))) = candidates.pop()
        {
            taken.insert(node);
            if taken.len() < top {
                consider(&mut candidates, node);
            }
        }
        let mut rows = Vec::with_capacity(taken.len());
        let mut pending = vec![(NodeIndex::ROOT, 0)];
        while let Some((node, depth)) = pending.pop() {
            if depth > 0 {
                rows.push(TreeRow {
                    node: self.node_row(node),
                    depth: depth - 1,
                });
            }
            let mut children: Vec<NodeIndex> = self
                .dominators()
                .children(node)
                .filter(|child| taken.contains(child))
                .collect();
            children.sort_by_key(|&child| (self.retained_size(child), Reverse(child)));
            pending.extend(children.into_iter().map(|child| (child, depth + 1)));
        }
        rows
    }

    /// The edges that leave a node; at most a thousand.
    pub fn edges_of(&self, node: NodeIndex) -> Vec<EdgeRow> {
        self.graph()
            .edges(node)
            .take(MAX_EDGES)
            .map(|edge| self.edge_row(edge, edge.target))
            .collect()
    }

    /// The edges that lead to a node, those from the closest nodes first; at most a thousand.
    pub fn retainers_of(&self, node: NodeIndex) -> Vec<EdgeRow> {
        let mut rows: Vec<EdgeRow> = self
            .retainers()
            .edges(self.graph(), node)
            .take(MAX_EDGES)
            .map(|(source, edge)| self.edge_row(edge, source))
            .collect();
        rows.sort_by_key(|row| row.node.distance);
        rows
    }

    fn edge_row(&self, edge: Edge, other_end: NodeIndex) -> EdgeRow {
        EdgeRow {
            name: self.graph().edge_label(edge),
            edge_type: edge.edge_type.name(),
            node: self.node_row(other_end),
        }
    }
}

/// A path as a person reads it.
/// `label` says how the edge that leaves a node is called.
pub(crate) fn steps(
    graph: &Graph,
    path: &[(NodeIndex, Edge)],
    end: NodeIndex,
    label: impl Fn(NodeIndex, Edge) -> String,
) -> Vec<Step> {
    let mut steps: Vec<Step> = path
        .iter()
        .map(|&(node, edge)| Step {
            node: describe(graph, node),
            edge: label(node, edge),
            edge_type: edge.edge_type.name().to_owned(),
            id: u64::from(graph.node_id(node)),
        })
        .collect();
    steps.push(Step {
        node: describe(graph, end),
        edge: String::new(),
        edge_type: String::new(),
        id: u64::from(graph.node_id(end)),
    });
    steps
}

fn describe(graph: &Graph, node: NodeIndex) -> String {
    let name: String = graph.node_name(node).chars().take(NAME_LENGTH).collect();
    match graph.node_type(node) {
        NodeType::Synthetic if name.is_empty() => "(root)".to_owned(),
        NodeType::Closure if name.is_empty() => "closure (anonymous)".to_owned(),
        NodeType::Closure => format!("closure {name}"),
        text @ (NodeType::String | NodeType::ConcatenatedString | NodeType::SlicedString) => {
            text.name().to_owned()
        }
        NodeType::Array if name.is_empty() => "(array)".to_owned(),
        _ => name,
    }
}
