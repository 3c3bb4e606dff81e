//! The way from a holder to what it holds, and the one from the GC root.

use crate::heap::{Edge, EdgeType, Graph, NodeIndex, ShortestPaths, Step, steps};

/// The way from a holder down to one of its members.
pub(super) struct Way {
    /// Names of the edges from the holder on; `[]` for elements and keys.
    pub(super) edges: Vec<String>,
    /// Class of the object that each edge leaves.
    pub(super) classes: Vec<String>,
}

impl Way {
    pub(super) fn between(
        graph: &Graph,
        paths: &ShortestPaths,
        holder: NodeIndex,
        member: NodeIndex,
    ) -> Self {
        let mut way = Way {
            edges: Vec::new(),
            classes: Vec::new(),
        };
        let mut node = member;
        while node != holder && way.edges.len() < 32 {
            let Some((parent, edge)) = paths.step(graph, node) else {
                break;
            };
            // A key of a dictionary is data, and another one in the next run; but the names of
            // events are code, though what holds them is a dictionary, too.
            let is_key = is_key(graph, parent, edge) && !is_called(graph, paths, parent, "_events");
            let label = match graph.edge_text(edge) {
                Some(text)
                    if !is_key && !text.starts_with(|first: char| first.is_ascii_digit()) =>
                {
                    text
                }
                _ => "[]",
            };
            way.edges.push(label.to_owned());
            way.classes
                .push(graph.node_name(parent).chars().take(80).collect());
            node = parent;
        }
        way.edges.reverse();
        way.classes.reverse();
        // A chain's length changes from run to run.
        way.edges.dedup();
        way
    }

    /// The event, when the way leads through an emitter's `_events`.
    pub(super) fn event(&self) -> Option<&str> {
        let place = self.edges.iter().position(|edge| edge == "_events")?;
        self.edges
            .get(place + 1)
            .map(String::as_str)
            .filter(|name| *name != "[]")
    }
}

fn is_called(graph: &Graph, paths: &ShortestPaths, node: NodeIndex, name: &str) -> bool {
    let step = paths.step(graph, node);
    step.is_some_and(|(_, edge)| graph.edge_text(edge) == Some(name))
}

/// The path to a member. A report may be passed on, so the keys of dictionaries, which are somebody's
/// data, are left out of it.
pub(super) fn path_steps(graph: &Graph, paths: &ShortestPaths, member: NodeIndex) -> Vec<Step> {
    let path = paths.path(graph, member);
    steps(graph, &path, member, |source, edge| {
        if is_key(graph, source, edge) {
            "[…]".to_owned()
        } else if is_weak_map_entry(graph, edge) {
            // V8's own words for it quote the key and the value.
            "value of a WeakMap".to_owned()
        } else {
            graph.edge_label(edge)
        }
    })
}

/// Whether a property is an entry of a dictionary. The listeners of an emitter are none, though an
/// emitter with as many properties as `process` looks like one.
fn is_key(graph: &Graph, source: NodeIndex, edge: Edge) -> bool {
    edge.edge_type == EdgeType::Property
        && graph.is_dictionary(source)
        && graph.edge_text(edge) != Some("_events")
}

fn is_weak_map_entry(graph: &Graph, edge: Edge) -> bool {
    edge.edge_type == EdgeType::Internal
        && graph
            .edge_text(edge)
            .is_some_and(|text| text.contains("part of key ("))
}
