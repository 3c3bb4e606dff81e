//! Where in the source a name stands: its script, and its line if that can be told.

use std::sync::Arc;

use super::holder::is_context;
use super::naming::{MAX_RETAINERS, MAX_STEPS, Namer, Naming};
use super::package::is_core;
use super::source_lines::{NameKind, declaration_line, property_line};
use crate::heap::{EdgeType, Graph, NodeIndex, NodeType, Place};

/// Scopes within a scope, of which a function is looked for.
const MAX_SCOPES: usize = 3;

/// The scripts' own text, which a snapshot holds only the beginning of.
#[derive(Clone, Copy)]
pub struct Sources<'a> {
    /// Gives the text of a script, if it can be had.
    pub read: &'a dyn Fn(&str) -> Option<Arc<str>>,
    /// Directory that scripts are shown relative to, such as the process's working directory.
    pub base: Option<&'a str>,
}

impl Sources<'_> {
    /// For when there are none.
    pub const NONE: Sources<'static> = Sources {
        read: &|_| None,
        base: None,
    };
}

/// Where something stands in the source, as far as it is known.
pub(super) struct Whereabouts {
    pub(super) script: String,
    pub(super) line: Option<u32>,
}

impl From<Place> for Whereabouts {
    fn from(place: Place) -> Self {
        Self {
            script: place.script,
            line: Some(place.line),
        }
    }
}

impl Namer<'_> {
    /// Where the name stands that an edge gives, or at least the script.
    pub(super) fn whereabouts(&self, naming: Naming, name: &str) -> Option<Whereabouts> {
        let graph = self.graph();
        let class = graph.node_name(naming.edge.target);
        if naming.edge.edge_type == EdgeType::Context {
            let place = self.place_of_context(naming.source);
            let found = match place {
                Some(place) => place.into(),
                None => self.nearest_place(naming.source)?,
            };
            let seen_from = found.line.unwrap_or(1);
            let line = self.declared(&found.script, |text| {
                declaration_line(text, name, NameKind::Variable { seen_from })
            });
            return Some(Whereabouts {
                line: line.or(found.line),
                ..found
            });
        }
        if let Some(place) = self.scripts.place(graph, naming.source) {
            let seen_from = place.line;
            let line = self.declared(&place.script, |text| {
                declaration_line(text, name, NameKind::Property { seen_from })
            });
            return Some(Whereabouts {
                script: place.script,
                line: line.or(Some(seen_from)),
            });
        }
        // Of a plain object it is not known where it is made, only where it belongs to.
        let found = self.nearest_place(naming.source)?;
        let line = self.declared(&found.script, |text| {
            property_line(text, name, class, found.line.unwrap_or(1))
        });
        let is_node = is_core(&found.script);
        Some(Whereabouts {
            line: line.or(found.line.filter(|_| is_node)),
            ..found
        })
    }

    /// What is found in a script of the program.
    fn declared(&self, script: &str, find: impl FnOnce(&str) -> Option<u32>) -> Option<u32> {
        let text = (!is_core(script))
            .then(|| (self.sources.read)(script))
            .flatten()?;
        find(&text)
    }

    /// A function that runs in a context, or in a scope within, stands in the script that declares
    /// its variables.
    pub(super) fn place_of_context(&self, context: NodeIndex) -> Option<Place> {
        let mut scopes = vec![context];
        for _ in 0..=MAX_SCOPES {
            let functions = scopes
                .iter()
                .flat_map(|&scope| self.sources_of(scope, "context"));
            if let Some(place) = functions
                .filter(|&source| self.graph().node_type(source) == NodeType::Closure)
                .find_map(|function| self.scripts.place(self.graph(), function))
            {
                return Some(place);
            }
            scopes = scopes
                .iter()
                .flat_map(|&scope| self.sources_of(scope, "previous"))
                .take(MAX_RETAINERS)
                .collect();
        }
        None
    }

    /// Where the edges of this name come from that lead to `node`.
    fn sources_of<'a>(
        &'a self,
        node: NodeIndex,
        name: &'a str,
    ) -> impl Iterator<Item = NodeIndex> + 'a {
        let graph = self.graph();
        self.snapshot
            .retainers()
            .edges(graph, node)
            .take(MAX_RETAINERS)
            .filter(move |&(_, edge)| graph.edge_text(edge) == Some(name))
            .map(|(source, _)| source)
    }

    /// The place of the closest function or instance at or above `node` on its path, or the file that
    /// exports it.
    pub(super) fn nearest_place(&self, node: NodeIndex) -> Option<Whereabouts> {
        let graph = self.graph();
        let mut current = node;
        for _ in 0..MAX_STEPS {
            let place = self.scripts.place(graph, current).or_else(|| {
                is_context(graph, current)
                    .then(|| self.place_of_context(current))
                    .flatten()
            });
            if let Some(place) = place {
                return Some(place.into());
            }
            // Whoever has loaded a module may be the shorter way to what it exports.
            let mut modules = self.sources_of(current, "exports");
            if let Some(script) = modules.find_map(|module| file_of_module(graph, module)) {
                return Some(Whereabouts { script, line: None });
            }
            current = self.paths.step(graph, current)?.0;
        }
        None
    }
}

/// The file that an object says it was loaded from, if it is a CommonJS module: Node.js and jest have
/// different classes for these, but the same property.
fn file_of_module(graph: &Graph, module: NodeIndex) -> Option<String> {
    let file = graph.edge_named(module, "filename")?.target;
    let path = graph.node_name(file);
    let is_absolute = path.starts_with('/') || path.get(1..3) == Some(":\\");
    let is_path = graph.node_type(file) == NodeType::String && is_absolute;
    is_path.then(|| path.to_owned())
}
