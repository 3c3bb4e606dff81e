//! Native contexts: one for each realm, so one for the program and one for each `vm` context.

use std::cmp::Reverse;

use serde::Serialize;

use super::names::Named;
use crate::heap::columns::NodeType;
use crate::heap::graph::NodeIndex;
use crate::heap::snapshot::Snapshot;

/// One native context.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ContextRow {
    /// V8's object id.
    pub id: u32,
    /// V8's name of it, with what the embedder says of it.
    pub context: String,
    /// Whether it is the program's own.
    pub main: bool,
    /// Whether the embedder says that it is detached; Node.js says so of none.
    pub detached: bool,
    /// How code reaches what keeps it.
    #[serde(flatten)]
    pub named: Named,
    /// Bytes of the context alone.
    pub shallow_size: u64,
    /// Bytes that would be freed with it.
    pub retained_size: u64,
}

const DETACHED: &str = "Detached ";

impl Snapshot {
    /// Every native context, the program's own first and then the largest retained size. More
    /// than a few where a program makes and drops `vm` contexts mean that they are not dropped.
    pub fn native_contexts(&self) -> Vec<ContextRow> {
        let graph = self.graph();
        let mut contexts: Vec<NodeIndex> = graph
            .nodes()
            .filter(|&node| {
                let name = graph.node_name(node);
                let name = name.strip_prefix(DETACHED).unwrap_or(name);
                matches!(graph.node_type(node), NodeType::Hidden | NodeType::Object)
                    && (name == "system / NativeContext"
                        || name.starts_with("system / NativeContext / "))
            })
            .collect();
        // The first one that V8 made is the program's.
        let main = contexts
            .iter()
            .copied()
            .min_by_key(|&node| graph.node_id(node));
        contexts.sort_by_key(|&node| (Some(node) != main, Reverse(self.retained_size(node)), node));
        contexts
            .into_iter()
            .map(|node| ContextRow {
                id: graph.node_id(node),
                context: graph.node_name(node).to_owned(),
                main: Some(node) == main,
                detached: graph.is_detached(node) || graph.node_name(node).starts_with(DETACHED),
                named: self.named(node),
                shallow_size: self.shallow_size(node),
                retained_size: self.retained_size(node),
            })
            .collect()
    }
}

#[cfg(test)]
#[path = "contexts_tests.rs"]
mod tests;
