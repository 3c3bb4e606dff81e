//! What else holds the objects of open handles: a handle is the shortest way to a connection, but a
//! program may list its connections, too, and that list is what it can mend.

use std::collections::{BTreeMap, HashMap};

use super::holder::{Found, holder_above};
use crate::heap::{Edge, EdgeType, Graph, NodeIndex, NodeType, ShortestPaths};

/// Of the objects, this share must hang on one holder. Of connections within one process, half are
/// those of the other side.
const SHARE: f64 = 0.4;
/// How far above the objects their holder is looked for.
const MAX_STEPS: usize = 8;

/// The shortest ways to all objects that are reached without `handles`, by edges that a program
/// makes.
pub(super) fn paths_without(graph: &Graph, handles: &[NodeIndex]) -> ShortestPaths {
    let mut paths = ShortestPaths::unreached(graph);
    let mut seen = vec![false; graph.node_count()];
    // What a handle is in JavaScript hangs on the root by a second edge.
    let mut is_closed = vec![false; graph.node_count()];
    for &handle in handles {
        is_closed[handle.get()] = true;
        if let Some(edge) = graph.edge_named(handle, "native_to_javascript") {
            is_closed[edge.target.get()] = true;
        }
    }
    seen[NodeIndex::ROOT.get()] = true;
    let mut aside = Aside::default();
    let (mut level, mut next_level) = (vec![NodeIndex::ROOT], Vec::new());
    while !level.is_empty() {
        for source in level.drain(..) {
            if says_nothing(graph, source) {
                continue;
            }
            let is_root = graph.node_type(source) == NodeType::Synthetic;
            for edge in graph.edges(source) {
                let target = edge.target.get();
                let is_closed = is_root && is_closed[target];
                if !seen[target] && !is_closed && !aside.leads(graph, source, edge) {
                    seen[target] = true;
                    paths.reach(source, edge);
                    next_level.push(edge.target);
                }
            }
        }
        std::mem::swap(&mut level, &mut next_level);
    }
    paths
}

/// What holds many of `objects` by these paths, and which.
pub(super) fn holder(
    graph: &Graph,
    paths: &ShortestPaths,
    objects: &[NodeIndex],
) -> Option<(Found, Vec<NodeIndex>)> {
    // In order of nodes, so that the same snapshot always shows the same member.
    let mut level: BTreeMap<NodeIndex, Vec<NodeIndex>> = objects
        .iter()
        .map(|&object| (object, vec![object]))
        .collect();
    for _ in 0..MAX_STEPS {
        let mut above: BTreeMap<NodeIndex, Vec<NodeIndex>> = BTreeMap::new();
        for (node, held) in level {
            if let Some(parent) = paths.parent(node) {
                above.entry(parent).or_default().extend(held);
            }
        }
        level = above;
        let (&node, held) = level
            .iter()
            .max_by_key(|(node, held)| (held.len(), node.0))?;
        if held.len() > 1 && held.len() as f64 >= SHARE * objects.len() as f64 {
            let member = held[0];
            let found = Found {
                holder: holder_above(graph, paths, node, member)?,
                member,
                holders: 1,
            };
            return Some((found, held.clone()));
        }
    }
    None
}

/// Whether what a node refers to is V8's or native code's affair.
fn says_nothing(graph: &Graph, node: NodeIndex) -> bool {
    let name = graph.node_name(node);
    match graph.node_type(node) {
        NodeType::Code | NodeType::ObjectShape => true,
        NodeType::Synthetic => {
            node != NodeIndex::ROOT
                && !matches!(name, "(GC roots)" | "(Global handles)")
                && !name.starts_with("Node / ")
        }
        NodeType::Hidden => matches!(
            name,
            "system / PropertyCell" | "system / NativeContext" | "system / Map"
        ),
        NodeType::Native => matches!(name, "Node / CleanupQueue" | "Node / ContextifyContext"),
        _ => false,
    }
}

/// Edges that lead to what many share, by the number of their name.
#[derive(Default)]
struct Aside {
    known: HashMap<u32, bool>,
}

impl Aside {
    fn leads(&mut self, graph: &Graph, source: NodeIndex, edge: Edge) -> bool {
        match edge.edge_type {
            EdgeType::Weak => true,
            EdgeType::Shortcut => source != NodeIndex::ROOT,
            // A program's own properties may be called so, too.
            EdgeType::Property => graph.edge_text(edge) == Some("__proto__"),
            EdgeType::Internal => *self
                .known
                .entry(edge.name)
                .or_insert_with(|| graph.edge_text(edge).is_some_and(is_shared)),
            _ => false,
        }
    }
}

fn is_shared(name: &str) -> bool {
    matches!(
        name,
        "feedback_cell" | "code" | "map" | "shared" | "scope_info" | "script"
    ) || name.contains(" / part of key (")
}
