//! From objects to the source that they come from.

use std::collections::HashMap;

use super::columns::NodeType;
use super::graph::{Graph, NodeIndex};

/// URLs of the scripts of a snapshot, by V8's number of the script.
///
/// A snapshot's locations carry only numbers. The name of a script hangs on its functions:
/// function → `shared` → `script` → a node named by the URL (`ExtractScriptReferences` in V8's
/// `heap-snapshot-generator.cc`).
#[derive(Debug, Default)]
pub struct Scripts {
    urls: HashMap<u32, String>,
}

/// A place in the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// URL or path of the script.
    pub script: String,
    /// One-based line.
    pub line: u32,
    /// One-based column.
    pub column: u32,
}

impl Scripts {
    /// Collects them.
    pub fn of(graph: &Graph) -> Self {
        let mut urls: HashMap<u32, String> = HashMap::new();
        for location in &graph.locations {
            if graph.node_type(location.node) == NodeType::Closure
                && !urls.contains_key(&location.script_id)
                && let Some(url) = url_of_function(graph, location.node)
            {
                urls.insert(location.script_id, url.to_owned());
            }
        }
        Self { urls }
    }

    /// Every script that is known: V8's number and its URL, in no order.
    pub(super) fn urls(&self) -> impl Iterator<Item = (u32, &str)> {
        self.urls.iter().map(|(&id, url)| (id, url.as_str()))
    }

    /// Where a function stands, or the constructor of an object.
    pub fn place(&self, graph: &Graph, node: NodeIndex) -> Option<Place> {
        let location = graph.location(node)?;
        let script = self.urls.get(&location.script_id)?.clone();
        Some(Place {
            script,
            line: location.line + 1,
            column: location.column + 1,
        })
    }
}

fn url_of_function(graph: &Graph, function: NodeIndex) -> Option<&str> {
    let shared = graph.edge_named(function, "shared")?.target;
    // The edge was called `script_or_debug_info` up to V8 12.
    let script = ["script", "script_or_debug_info"]
        .into_iter()
        .find_map(|name| graph.edge_named(shared, name))?
        .target;
    let url = graph.node_name(script);
    (!url.is_empty() && graph.node_type(script) == NodeType::Code && !url.starts_with("system / "))
        .then_some(url)
}

#[cfg(test)]
#[path = "scripts_tests.rs"]
mod tests;
