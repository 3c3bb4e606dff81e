//! What a program calls the objects that Node.js keeps for it: `agent.sockets`, `shutdown.signal`.
//!
//! Such an object has a name in Node's own code, which nobody knows, behind something that has one in
//! the program.

use super::holder::is_context;
use super::naming::{MAX_STEPS, Named, Namer, is_data};
use super::package::is_core;
use super::source_lines::is_word;
use crate::heap::{Edge, EdgeType, NodeIndex, NodeType};

/// Superclasses that an accessor is looked for in.
const MAX_SUPERCLASSES: usize = 3;

/// A name in the program's words.
pub(super) struct ProgramName {
    pub(super) named: Named,
    /// Whether the name is that of an object which has the holder somewhere within.
    pub(super) is_within: bool,
}

impl Namer<'_> {
    /// Names `holder`, and where it is an object of Node's own, by what it belongs to.
    ///
    /// That is told only where all ways to `holder` lead through what has the program's name, or
    /// through what this name stands in: what Node.js keeps for everybody, such as its lists of
    /// timers, is reached from any timer, too. Of what is open, `is_open`, that is never so, since a
    /// handle is a way of its own.
    pub(super) fn name_in_program(&self, holder: NodeIndex, is_open: bool) -> ProgramName {
        let named = self.name(holder);
        let by_owner = named
            .script
            .as_deref()
            .is_some_and(is_core)
            .then(|| self.name_by_owner(holder, is_open));
        by_owner.flatten().unwrap_or(ProgramName {
            named,
            is_within: false,
        })
    }

    fn name_by_owner(&self, holder: NodeIndex, is_open: bool) -> Option<ProgramName> {
        let graph = self.graph();
        let mut way: Vec<(NodeIndex, Edge)> = Vec::new();
        let mut node = holder;
        for _ in 0..MAX_STEPS {
            let (parent, edge) = self.paths.step(graph, node)?;
            if self.is_outside(parent, edge) {
                return None;
            }
            way.push((parent, edge));
            node = parent;
            let is_method = graph.node_type(node) == NodeType::Closure
                && self
                    .paths
                    .step(graph, node)
                    .is_some_and(|(_, edge)| edge.edge_type == EdgeType::Property);
            let is_candidate =
                matches!(graph.node_type(node), NodeType::Object | NodeType::Closure)
                    && !is_method
                    && !is_context(graph, node);
            let owner = is_candidate.then(|| self.named(node)).flatten();
            let Some((owner, source)) =
                owner.filter(|(owner, source)| self.is_program(owner, *source))
            else {
                continue;
            };
            if !is_open && !self.is_dominated(holder, &[node, source]) {
                continue;
            }
            let (members, is_within) = self.members_on(&way);
            let name = owner.name + &members;
            return Some(ProgramName {
                named: Named { name, ..owner },
                is_within,
            });
        }
        None
    }

    /// Whether a name that stands in `source` is the program's own. Of a plain object nobody knows who
    /// has made it, but symbols are what Node.js uses.
    fn is_program(&self, named: &Named, source: NodeIndex) -> bool {
        let is_symbol = named.name.starts_with("<symbol ");
        !named.script.as_deref().is_none_or(is_core)
            && (!is_symbol || self.scripts.place(self.graph(), source).is_some())
    }

    /// Whether an edge leads from something that is no part of what Node.js made for the program: a
    /// class, a module of Node's own, the program itself.
    fn is_outside(&self, source: NodeIndex, edge: Edge) -> bool {
        let graph = self.graph();
        let is_class = edge.edge_type == EdgeType::Property
            && graph
                .edge_text(edge)
                .is_some_and(|text| matches!(text, "__proto__" | "prototype" | "constructor"));
        let is_module = is_context(graph, source)
            && (self.is_module_scope(source) || !self.is_core_context(source));
        let place = self.scripts.place(graph, source);
        is_class
            || is_module
            || place.is_some_and(|place| !is_core(&place.script))
            || matches!(
                graph.node_type(source),
                NodeType::Synthetic | NodeType::Native
            )
            || graph.node_name(source) == "system / NativeContext"
    }

    /// Whether all ways from the global object to `node` lead through one of `above`.
    fn is_dominated(&self, node: NodeIndex, above: &[NodeIndex]) -> bool {
        let dominators = self.snapshot.dominators();
        let next =
            |&node: &NodeIndex| (node != NodeIndex::ROOT).then(|| dominators.dominator(node));
        std::iter::successors(Some(node), next).any(|dominator| above.contains(&dominator))
    }

    /// What code writes behind the owner's name to reach the holder, or as much of it as code can
    /// reach, and whether there is more. `way` leads from the holder up.
    fn members_on(&self, way: &[(NodeIndex, Edge)]) -> (String, bool) {
        let graph = self.graph();
        let mut members = String::new();
        for &(source, edge) in way.iter().rev() {
            let text = graph.edge_text(edge).unwrap_or_default();
            let target = graph.node_type(edge.target);
            let is_entry = edge.edge_type == EdgeType::Element
                || (edge.edge_type == EdgeType::Property && is_data(text));
            let member = match edge.edge_type {
                _ if is_entry && target == NodeType::Object => "[]".to_owned(),
                EdgeType::Property if target == NodeType::Object => {
                    match self.public_name(source, text) {
                        Some(name) => format!(".{name}"),
                        None => return (members, true),
                    }
                }
                EdgeType::Internal if target == NodeType::Array => continue,
                _ => return (members, true),
            };
            if !(is_entry && members.ends_with("[]")) {
                members.push_str(&member);
            }
        }
        (members, false)
    }

    /// The name by which code reaches what `object` has under this one: itself, or, of a private field
    /// or a symbol, the accessor that is called alike.
    fn public_name(&self, object: NodeIndex, name: &str) -> Option<String> {
        let graph = self.graph();
        if name.chars().all(is_word) {
            return Some(name.to_owned());
        }
        let bare = match name.strip_prefix('#') {
            Some(private) => private.to_owned(),
            None => {
                let symbol = name.strip_prefix("<symbol ")?.strip_suffix('>')?;
                without_k(symbol)
            }
        };
        let getter = format!("get {bare}");
        let prototype =
            |node: &NodeIndex| graph.edge_named(*node, "__proto__").map(|edge| edge.target);
        std::iter::successors(Some(object), prototype)
            .take(1 + MAX_SUPERCLASSES)
            .any(|class| graph.edge_named(class, &getter).is_some())
            .then_some(bare)
    }
}

/// Node.js calls its symbols as constants are called in C++: `kSignal`.
fn without_k(symbol: &str) -> String {
    let mut rest = symbol.strip_prefix('k').unwrap_or_default().chars();
    match rest.next() {
        Some(first) if first.is_uppercase() => first.to_lowercase().chain(rest).collect(),
        _ => symbol.to_owned(),
    }
}
