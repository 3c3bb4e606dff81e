//! The questions that people ask of a snapshot, as rows.

use serde::{Deserialize, Serialize};

use super::graph::{Edge, Graph, NodeIndex};
use super::paths::ShortestPaths;
use super::shapes::{class_name_of, shape_of};
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

    /// A node as a row.
    pub fn node_row(&self, node: NodeIndex) -> NodeRow {
        let graph = self.graph();
        NodeRow {
            id: graph.node_id(node),
            class_name: class_name_of(graph, node),
            name: shape_of(graph, node)
                .unwrap_or_else(|| graph.node_name(node).chars().take(NAME_LENGTH).collect()),
            node_type: graph.node_type(node).name(),
            shallow_size: self.shallow_size(node),
            retained_size: self.retained_size(node),
            distance: self.distance(node),
        }
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

    /// Up to `count` paths from the GC root to a node, the shortest first, each through another
    /// retainer of the node.
    pub fn paths(&self, node: NodeIndex, count: usize) -> Vec<Vec<Step>> {
        let graph = self.graph();
        let tree = self.shortest_paths();
        let mut last_edges: Vec<(NodeIndex, Edge)> = self
            .retainers()
            .edges(graph, node)
            .take(MAX_EDGES)
            .filter(|&(source, _)| source != node && !passes(tree, graph, source, node))
            .collect();
        let first = tree.step(graph, node);
        last_edges.sort_by_key(|&(source, edge)| {
            (
                first.map(|(_, best)| best.index) != Some(edge.index),
                depth(tree, graph, source),
            )
        });
        last_edges.dedup_by_key(|(source, _)| *source);
        last_edges
            .into_iter()
            .filter(|&(source, _)| source == NodeIndex::ROOT || tree.step(graph, source).is_some())
            .take(count)
            .map(|(source, edge)| {
                let mut path = tree.path(graph, source);
                path.push((source, edge));
                steps(graph, &path, node, |_, edge| graph.edge_label(edge))
            })
            .collect()
    }
}

fn passes(tree: &ShortestPaths, graph: &Graph, from: NodeIndex, through: NodeIndex) -> bool {
    let mut node = from;
    while let Some((parent, _)) = tree.step(graph, node) {
        if parent == through {
            return true;
        }
        node = parent;
    }
    false
}

fn depth(tree: &ShortestPaths, graph: &Graph, mut node: NodeIndex) -> usize {
    let mut steps = 0;
    while let Some((parent, _)) = tree.step(graph, node) {
        steps += 1;
        node = parent;
    }
    steps
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
    use super::columns::NodeType;
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
