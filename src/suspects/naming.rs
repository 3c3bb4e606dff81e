//! What a holder is called in code, and where that name is declared.

use std::cmp::Reverse;

use super::block_scope::names_of;
use super::holder::is_context;
use super::package::is_core;
use super::path_tree::Placed;
use super::source_lines::{NameKind, declaration_line, makes};
use super::whereabouts::Sources;
use crate::heap::{
    Edge, EdgeType, Graph, NodeIndex, NodeType, Scripts, ShortestPaths, Snapshot, weak_map_table,
};

/// Retainers of one object that are looked at for a name, besides the variables of modules.
pub(super) const MAX_RETAINERS: usize = 500;
/// Names that one variable of a block may have, and that are told.
const MAX_DOUBTS: usize = 3;
/// Among retainers that are further away none is preferred.
const MOST_STEPS_TO_ROOT: usize = 100;
/// Steps up a path that a name or a place is looked for.
pub(super) const MAX_STEPS: usize = 16;

/// A holder's name, and where it stands in the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) name: String,
    pub(super) script: Option<String>,
    pub(super) line: Option<u32>,
}

/// What is needed to name an object.
pub(super) struct Namer<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) placed: &'a Placed,
    /// By which objects are reached; those of `placed`, as a rule.
    pub(super) paths: &'a ShortestPaths,
    pub(super) scripts: &'a Scripts,
    pub(super) sources: Sources<'a>,
}

/// An edge that gives its target a name in code.
#[derive(Clone, Copy)]
pub(super) struct Naming {
    pub(super) source: NodeIndex,
    pub(super) edge: Edge,
    /// How much the name says, up to [`BEST`].
    rank: u8,
}

impl Namer<'_> {
    pub(super) fn graph(&self) -> &Graph {
        self.snapshot.graph()
    }

    /// Names `holder`.
    pub(super) fn name(&self, holder: NodeIndex) -> Named {
        if let Some((named, _)) = self.named(holder) {
            return named;
        }
        let place = self.nearest_place(holder);
        Named {
            name: format!("({})", self.graph().node_name(holder)),
            line: place.as_ref().and_then(|place| place.line),
            script: place.map(|place| place.script),
        }
    }

    /// The name of `holder`, if it has one in code, and the object or scope in which it has it.
    pub(super) fn named(&self, holder: NodeIndex) -> Option<(Named, NodeIndex)> {
        let mut node = holder;
        let mut suffix = String::new();
        for _ in 0..MAX_STEPS {
            let naming = self.naming_edge(node);
            let is_best = naming.is_some_and(|naming| naming.rank == BEST);
            if let Some((named, scope)) = (!is_best).then(|| self.block_variable(node)).flatten() {
                let name = named.name + &suffix;
                return Some((Named { name, ..named }, scope));
            }
            if let Some(naming) = naming {
                let text = self
                    .graph()
                    .edge_text(naming.edge)
                    .unwrap_or_default()
                    .to_owned();
                let found = self.whereabouts(naming, &text);
                let named = Named {
                    name: text + &suffix,
                    line: found.as_ref().and_then(|found| found.line),
                    script: found.map(|found| found.script),
                };
                return Some((named, naming.source));
            }
            let (parent, edge) = self.paths.step(self.graph(), node)?;
            if let Some(weak_map) = self.weak_map_of(edge) {
                suffix = "[]".to_owned();
                node = weak_map;
                continue;
            }
            let is_entry = edge.edge_type.is_numbered()
                || (edge.edge_type == EdgeType::Property
                    && self.graph().edge_text(edge).is_some_and(is_data));
            if is_entry && suffix.is_empty() {
                suffix.push_str("[]");
            }
            if self.graph().node_type(parent) == NodeType::Synthetic {
                return None;
            }
            node = parent;
        }
        None
    }

    /// The variable of a block that leads to `node` on its path, and that block's context: V8 gives
    /// its edge no name.
    fn block_variable(&self, node: NodeIndex) -> Option<(Named, NodeIndex)> {
        let graph = self.graph();
        let (context, edge) = self.paths.step(graph, node)?;
        if !is_context(graph, context) {
            return None;
        }
        let mut names = names_of(graph, context, edge);
        if names.is_empty() {
            return None;
        }
        let place = self.place_of_context(context);
        let text = place
            .as_ref()
            .and_then(|place| (self.sources.read)(&place.script));
        let line_of = |name: &str| {
            let seen_from = place.as_ref()?.line;
            declaration_line(text.as_ref()?, name, NameKind::Variable { seen_from })
        };
        let class = graph.node_name(node);
        let lines: Vec<&str> = text.as_deref().unwrap_or_default().lines().collect();
        let is_made = |name: &&&str| {
            let line = line_of(name).and_then(|line| lines.get(line as usize - 1));
            line.is_some_and(|line| makes(line, name, class))
        };
        let made: Vec<&str> = names.iter().filter(is_made).copied().collect();
        if made.len() == 1 {
            names = made;
        }
        let name = *names.first().filter(|_| names.len() <= MAX_DOUBTS)?;
        let named = Named {
            name: names.join(" or "),
            line: line_of(name).or(place.as_ref().map(|place| place.line)),
            script: place.map(|place| place.script),
        };
        Some((named, context))
    }

    /// The WeakMap whose entry an edge stands for: the value hangs on its key, but it is the
    /// WeakMap that a program would look for.
    fn weak_map_of(&self, edge: Edge) -> Option<NodeIndex> {
        let graph = self.graph();
        let table = graph.node_by_id(weak_map_table(graph.edge_text(edge)?)?)?;
        self.snapshot
            .retainers()
            .sources(table)
            .take(MAX_RETAINERS)
            .find(|&source| graph.node_name(source) == "WeakMap")
    }

    /// The edge to `node` that says most: a variable, then a property; the one on the path first.
    fn naming_edge(&self, node: NodeIndex) -> Option<Naming> {
        let graph = self.graph();
        let on_path = self
            .paths
            .step(graph, node)
            .and_then(|(source, edge)| self.naming(source, edge));
        if on_path.is_some_and(|naming| naming.rank == BEST) {
            return on_path;
        }
        // What is shared by thousands, such as an input that each reader refers to, still has its variable.
        let mut others = 0;
        let is_looked_at = |&(source, edge): &(NodeIndex, Edge)| {
            let is_best = edge.edge_type == EdgeType::Context && self.is_module_scope(source);
            others += usize::from(!is_best);
            is_best || others <= MAX_RETAINERS
        };
        let other = self
            .snapshot
            .retainers()
            .edges(graph, node)
            .filter(is_looked_at)
            .filter(|&(source, _)| !self.placed.is_below(source, node))
            .filter_map(|(source, edge)| self.naming(source, edge))
            .max_by_key(|naming| (naming.rank, Reverse(self.steps_to_root(naming.source))));
        match (on_path, other) {
            (Some(path), Some(other)) if other.rank > path.rank => Some(other),
            (Some(path), _) => Some(path),
            (None, other) => other,
        }
    }

    /// What is far from the root is often there for a moment, such as an argument of a callback.
    fn steps_to_root(&self, node: NodeIndex) -> usize {
        let above = |&node: &NodeIndex| self.paths.parent(node);
        std::iter::successors(Some(node), above)
            .take(MOST_STEPS_TO_ROOT)
            .count()
    }

    /// `None` where the edge gives no name.
    fn naming(&self, source: NodeIndex, edge: Edge) -> Option<Naming> {
        let rank = self.rank(source, edge);
        (rank > 0).then_some(Naming { source, edge, rank })
    }

    fn rank(&self, source: NodeIndex, edge: Edge) -> u8 {
        let graph = self.graph();
        let Some(text) = graph.edge_text(edge) else {
            return 0;
        };
        match edge.edge_type {
            EdgeType::Context if matches!(text, "this" | "arguments" | ".this") => 1,
            // Of Node's own variables nobody knows the names, but for those of what everybody knows.
            EdgeType::Context if text == graph.node_name(edge.target) => BEST - 1,
            EdgeType::Context if self.is_core_context(source) => BEST - 2,
            EdgeType::Context if self.is_module_scope(source) => BEST,
            // A parameter, say, of whoever is given the object for a while.
            EdgeType::Context => BEST - 1,
            EdgeType::Property if matches!(text, "__proto__" | "constructor" | OWNER) => 0,
            EdgeType::Property if is_data(text) => 0,
            EdgeType::Property if graph.node_type(source) == NodeType::Native => 1,
            EdgeType::Property if text.starts_with("<symbol ") => BEST - 2,
            EdgeType::Property => BEST - 1,
            _ => 0,
        }
    }

    /// Whether a context is that of a module or a script: nothing but V8's own is around it.
    pub(super) fn is_module_scope(&self, context: NodeIndex) -> bool {
        let graph = self.graph();
        graph
            .edge_named(context, "previous")
            .is_none_or(|outer| !is_context(graph, outer.target))
    }

    /// Functions that Node made before the start of the program have no place.
    pub(super) fn is_core_context(&self, context: NodeIndex) -> bool {
        self.place_of_context(context)
            .is_none_or(|place| is_core(&place.script))
    }
}

/// Whether the name of a property is somebody's data rather than code: a number, an address, a path.
pub(super) fn is_data(name: &str) -> bool {
    const IN_DATA: [char; 8] = [':', '/', '.', '@', '%', '?', '=', '&'];
    name.bytes().all(|byte| byte.is_ascii_digit())
        || (!name.starts_with("<symbol ") && name.contains(IN_DATA))
}

const BEST: u8 = 4;

/// What a handle of Node's calls the object that stands for it: the name of no variable.
const OWNER: &str = "<symbol owner_symbol>";
