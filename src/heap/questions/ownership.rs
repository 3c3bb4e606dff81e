//! Which script, and so which package, the bytes of a heap belong to.
//!
//! The rule: a function, an instance of a class, a function's context and compiled code belong to
//! the script in which the function or the class stands. Everything else (plain objects, arrays,
//! Maps, strings) belongs where its dominator does, so to the script of what alone keeps it alive.
//! What several scripts keep alive together, and what has no script above it, belongs to none.
//! Each byte has one owner, so the rows add up to the whole.

use std::cmp::Reverse;
use std::collections::HashMap;

use serde::Serialize;

use super::names::is_context;
use crate::error::Result;
use crate::heap::Control;
use crate::heap::columns::{EdgeType, NodeType};
use crate::heap::dominators::Visit;
use crate::heap::graph::{Graph, NodeIndex};
use crate::heap::snapshot::Snapshot;

const NO_SCRIPT: u32 = 0;
/// Of a node that belongs where its dominator does.
const INHERITED: u32 = u32::MAX;

/// What belongs to a script or to a package.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OwnedBytes {
    /// Bytes in all.
    pub size: u64,
    /// Those of compiled code, scripts' sources included.
    pub code_size: u64,
    /// Number of functions.
    pub closures: u64,
    /// Number of other nodes that take memory.
    pub objects: u64,
}

/// What belongs to one script.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ScriptRow {
    /// URL or path; `None` for what belongs to none.
    pub script: Option<String>,
    /// What belongs to it.
    #[serde(flatten)]
    pub owned: OwnedBytes,
}

/// What belongs to one package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PackageRow {
    /// Name of the package, as the caller gives it for each script; `None` for what belongs to no
    /// script.
    pub package: Option<String>,
    /// What belongs to it.
    #[serde(flatten)]
    pub owned: OwnedBytes,
    /// Number of its scripts.
    pub scripts: u64,
    /// The script to which most of it belongs.
    pub largest_script: Option<String>,
}

impl OwnedBytes {
    fn add(&mut self, other: &OwnedBytes) {
        self.size += other.size;
        self.code_size += other.code_size;
        self.closures += other.closures;
        self.objects += other.objects;
    }
}

impl Snapshot {
    /// The bytes of the heap by script, the most first.
    ///
    /// # Errors
    /// [`Code::Aborted`](crate::error::Code::Aborted).
    pub fn bytes_by_script(&self, control: &Control) -> Result<Vec<ScriptRow>> {
        let graph = self.graph();
        let scripts = ScriptNumbers::of(self, control)?;
        let mut rows: Vec<ScriptRow> = std::iter::once(None)
            .chain(scripts.urls.iter().cloned().map(Some))
            .map(|script| ScriptRow {
                script,
                owned: OwnedBytes::default(),
            })
            .collect();
        // What a node belongs to by itself, and once the walk has come by, what it belongs to.
        let mut owner = scripts.own(graph);
        let mut steps = 0;
        let mut given_up = Ok(());
        self.dominators().walk(|visit| {
            let Visit::Enter(node) = visit else { return };
            steps += 1;
            if given_up.is_err() {
                return;
            }
            given_up = control.check_at(steps);
            let script = match owner[node.get()] {
                INHERITED if node == NodeIndex::ROOT => NO_SCRIPT,
                INHERITED => owner[self.dominators().dominator(node).get()],
                own => own,
            };
            owner[node.get()] = script;
            let size = self.shallow_size(node);
            let owned = &mut rows[script as usize].owned;
            owned.size += size;
            match graph.node_type(node) {
                NodeType::Code => owned.code_size += size,
                NodeType::Closure => owned.closures += 1,
                _ if size > 0 => owned.objects += 1,
                _ => {}
            }
            if scripts.sources.contains_key(&node) {
                owned.code_size += size;
            }
        });
        given_up?;
        rows.retain(|row| row.owned.size > 0);
        rows.sort_by(|one, other| {
            (Reverse(one.owned.size), &one.script).cmp(&(Reverse(other.owned.size), &other.script))
        });
        Ok(rows)
    }

    /// The same by package, which `package_of` names for each script.
    ///
    /// # Errors
    /// [`Code::Aborted`](crate::error::Code::Aborted).
    pub fn bytes_by_package(
        &self,
        package_of: impl Fn(&str) -> String,
        control: &Control,
    ) -> Result<Vec<PackageRow>> {
        let mut packages: HashMap<Option<String>, PackageRow> = HashMap::new();
        // Scripts come largest first, so the first of a package is its largest.
        for row in self.bytes_by_script(control)? {
            let package = row.script.as_deref().map(&package_of);
            let found = packages
                .entry(package)
                .or_insert_with_key(|package| PackageRow {
                    package: package.clone(),
                    owned: OwnedBytes::default(),
                    scripts: 0,
                    largest_script: row.script.clone(),
                });
            found.owned.add(&row.owned);
            found.scripts += u64::from(row.script.is_some());
        }
        let mut rows: Vec<PackageRow> = packages.into_values().collect();
        rows.sort_by(|one, other| {
            (Reverse(one.owned.size), &one.package)
                .cmp(&(Reverse(other.owned.size), &other.package))
        });
        Ok(rows)
    }
}

/// Scripts by number, from 1 on; 0 is none.
struct ScriptNumbers {
    urls: Vec<String>,
    by_id: HashMap<u32, u32>,
    /// V8's `Script` objects.
    by_node: HashMap<NodeIndex, u32>,
    /// Functions' code, with its `Script`.
    code: Vec<(NodeIndex, NodeIndex)>,
    by_context: HashMap<NodeIndex, u32>,
    /// The scripts' own text.
    sources: HashMap<NodeIndex, u32>,
}

impl ScriptNumbers {
    fn of(snapshot: &Snapshot, control: &Control) -> Result<Self> {
        let graph = snapshot.graph();
        let mut numbers = Self {
            urls: Vec::new(),
            by_id: HashMap::new(),
            by_node: HashMap::new(),
            code: Vec::new(),
            by_context: HashMap::new(),
            sources: HashMap::new(),
        };
        let mut by_url: HashMap<String, u32> = HashMap::new();
        let mut number_of = |url: &str, urls: &mut Vec<String>| match by_url.get(url) {
            Some(&number) => number,
            None => {
                urls.push(url.to_owned());
                by_url.insert(url.to_owned(), urls.len() as u32);
                urls.len() as u32
            }
        };
        for (script_id, url) in snapshot.scripts().urls() {
            let number = number_of(url, &mut numbers.urls);
            numbers.by_id.insert(script_id, number);
        }
        for (step, node) in graph.nodes().enumerate() {
            control.check_at(step)?;
            match graph.node_type(node) {
                NodeType::Code => {
                    let Some(script) = script_of_code(graph, node) else {
                        continue;
                    };
                    numbers.code.push((node, script));
                    if numbers.by_node.contains_key(&script) {
                        continue;
                    }
                    let number = number_of(graph.node_name(script), &mut numbers.urls);
                    numbers.by_node.insert(script, number);
                    if let Some(source) = graph.edge_named(script, "source") {
                        numbers.sources.insert(source.target, number);
                    }
                }
                NodeType::Closure => {
                    let Some(&number) = graph
                        .location(node)
                        .and_then(|location| numbers.by_id.get(&location.script_id))
                    else {
                        continue;
                    };
                    let mut context = graph.edge_named(node, "context").map(|edge| edge.target);
                    while let Some(found) = context.filter(|&found| is_context(graph, found)) {
                        if numbers.by_context.insert(found, number).is_some() {
                            break;
                        }
                        context = graph.edge_named(found, "previous").map(|edge| edge.target);
                    }
                }
                _ => {}
            }
        }
        Ok(numbers)
    }

    /// For each node, the script that it belongs to by itself.
    fn own(&self, graph: &Graph) -> Vec<u32> {
        let mut own = vec![INHERITED; graph.node_count()];
        for (&node, &number) in self.sources.iter().chain(&self.by_context) {
            own[node.get()] = number;
        }
        for &(code, script) in &self.code {
            own[code.get()] = self.by_node[&script];
        }
        for (&script, &number) in &self.by_node {
            own[script.get()] = number;
        }
        for location in &graph.locations {
            if let Some(&number) = self.by_id.get(&location.script_id) {
                own[location.node.get()] = number;
            }
        }
        own
    }
}

/// The `Script` of a function's code, which V8 names by the URL.
fn script_of_code(graph: &Graph, code: NodeIndex) -> Option<NodeIndex> {
    let script = graph
        .edges(code)
        .find(|&edge| {
            edge.edge_type == EdgeType::Internal
                && matches!(
                    graph.edge_text(edge),
                    // Up to V8 12 the edge had the second name.
                    Some("script" | "script_or_debug_info")
                )
        })?
        .target;
    let url = graph.node_name(script);
    (graph.node_type(script) == NodeType::Code && !url.is_empty() && !url.starts_with("system / "))
        .then_some(script)
}

#[cfg(test)]
#[path = "ownership_tests.rs"]
mod tests;
