//! Functions, and what the variables that they close over keep alive.

use std::cmp::Reverse;
use std::collections::HashMap;

use serde::Serialize;

use super::groups::NO_GROUP;
use super::names::is_context;
use crate::error::Result;
use crate::heap::Control;
use crate::heap::columns::{EdgeType, NodeType};
use crate::heap::graph::{NodeIndex, StringIndex};
use crate::heap::snapshot::Snapshot;

/// All closures of one function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClosureRow {
    /// Name of the function; empty for an anonymous one.
    pub function: String,
    /// Script that it stands in.
    pub script: Option<String>,
    /// One-based line in `script`.
    pub line: Option<u32>,
    /// One-based column in `script`.
    pub column: Option<u32>,
    /// Closures of it.
    pub count: u64,
    /// Bytes of the closures alone.
    pub shallow_size: u64,
    /// The scope that the function is made in. Functions of one scope share its contexts, so these
    /// have the same figures below, which must not be added up. 0 where it closes over nothing.
    pub scope: u32,
    /// Contexts of that scope: one for each time that the code around the function ran.
    pub contexts: u64,
    /// Bytes retained by those contexts, each counted once.
    pub contexts_retained_size: u64,
    /// The variables in those contexts, those that keep most alive first. Variables with numbers in
    /// them do not show.
    pub variables: Vec<ContextVariable>,
    /// V8's object id of one of the closures.
    pub id: u32,
}

/// A variable that functions close over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ContextVariable {
    /// Its name.
    pub name: String,
    /// Bytes that only this variable keeps alive, over all contexts of the scope.
    pub retained_size: u64,
}

/// One function's closures, while they are counted.
struct Function {
    example: NodeIndex,
    count: u64,
    shallow_size: u64,
    scope: u32,
}

/// Contexts of one scope.
struct Scope {
    info: NodeIndex,
    contexts: u64,
    variables: HashMap<StringIndex, u32>,
}

impl Snapshot {
    /// Functions by what the contexts that they close over retain, the most first, `top` at most.
    ///
    /// # Errors
    /// [`Code::Aborted`](crate::error::Code::Aborted).
    pub fn closures(&self, top: usize, control: &Control) -> Result<Vec<ClosureRow>> {
        let graph = self.graph();
        let mut scopes = Scopes::new(graph.node_count());
        let mut functions: HashMap<NodeIndex, Function> = HashMap::new();
        for (step, node) in graph.nodes().enumerate() {
            control.check_at(step)?;
            if is_context(graph, node) {
                scopes.add(self, node);
            }
            if graph.node_type(node) != NodeType::Closure {
                continue;
            }
            let (mut shared, mut context) = (None, None);
            for edge in graph
                .edges(node)
                .filter(|edge| edge.edge_type == EdgeType::Internal)
            {
                match graph.edge_text(edge) {
                    Some("shared") => shared = Some(edge.target),
                    Some("context") => context = Some(edge.target),
                    _ => {}
                }
            }
            let function = functions.entry(shared.unwrap_or(node)).or_insert(Function {
                example: node,
                count: 0,
                shallow_size: 0,
                scope: NO_GROUP,
            });
            function.count += 1;
            function.shallow_size += self.shallow_size(node);
            if let Some(context) = context.filter(|&context| is_context(graph, context)) {
                function.scope = scopes.add(self, context);
            }
        }
        let scope_sizes = self.retained_by_groups(
            scopes.scopes.len(),
            |node| scopes.of_node[node.get()],
            control,
        )?;
        let variable_sizes = self.retained_by_groups(
            scopes.variable_count as usize,
            |node| scopes.variable_of[node.get()],
            control,
        )?;
        let mut functions: Vec<Function> = functions.into_values().collect();
        let size_of = |scope: u32| scope_sizes.get(scope as usize).copied().unwrap_or(0);
        functions.sort_by_key(|function| {
            let size = size_of(function.scope);
            (
                Reverse((size, function.count)),
                function.scope,
                function.example,
            )
        });
        functions.truncate(top);
        let rows = functions.into_iter().map(|function| {
            let place = self.scripts().place(graph, function.example);
            let scope = scopes.scopes.get(function.scope as usize);
            ClosureRow {
                function: graph.node_name(function.example).to_owned(),
                line: place.as_ref().map(|place| place.line),
                column: place.as_ref().map(|place| place.column),
                script: place.map(|place| place.script),
                count: function.count,
                shallow_size: function.shallow_size,
                scope: scope.map_or(0, |scope| graph.node_id(scope.info)),
                contexts: scope.map_or(0, |scope| scope.contexts),
                contexts_retained_size: size_of(function.scope),
                variables: scope
                    .map_or_else(Vec::new, |scope| self.variables(scope, &variable_sizes)),
                id: graph.node_id(function.example),
            }
        });
        Ok(rows.collect())
    }

    fn variables(&self, scope: &Scope, sizes: &[u64]) -> Vec<ContextVariable> {
        let mut variables: Vec<ContextVariable> = scope
            .variables
            .iter()
            .map(|(&name, &group)| ContextVariable {
                name: self.graph().strings().get(name).to_owned(),
                retained_size: sizes[group as usize],
            })
            .collect();
        variables.sort_by(|one, other| {
            (Reverse(one.retained_size), &one.name)
                .cmp(&(Reverse(other.retained_size), &other.name))
        });
        variables
    }
}

/// Contexts and their variables, while they are counted.
struct Scopes {
    scopes: Vec<Scope>,
    by_info: HashMap<NodeIndex, u32>,
    /// Scope of each context, and of the other nodes none.
    of_node: Vec<u32>,
    /// Values that hang on one variable only, with the number of scope and variable.
    variable_of: Vec<u32>,
    variable_count: u32,
}

impl Scopes {
    fn new(node_count: usize) -> Self {
        Self {
            scopes: Vec::new(),
            by_info: HashMap::new(),
            of_node: vec![NO_GROUP; node_count],
            variable_of: vec![NO_GROUP; node_count],
            variable_count: 0,
        }
    }

    /// The scope of a context, which is counted at the first time.
    ///
    /// Contexts of one scope share its `scope_info`; a context without one is a scope of its own.
    fn add(&mut self, snapshot: &Snapshot, context: NodeIndex) -> u32 {
        let known = self.of_node[context.get()];
        if known != NO_GROUP {
            return known;
        }
        let graph = snapshot.graph();
        let info = graph
            .edge_named(context, "scope_info")
            .map_or(context, |edge| edge.target);
        let scope = *self.by_info.entry(info).or_insert_with(|| {
            self.scopes.push(Scope {
                info,
                contexts: 0,
                variables: HashMap::new(),
            });
            self.scopes.len() as u32 - 1
        });
        self.of_node[context.get()] = scope;
        let place = &mut self.scopes[scope as usize];
        place.contexts += 1;
        for edge in graph
            .edges(context)
            .filter(|edge| edge.edge_type == EdgeType::Context)
        {
            let variable = *place
                .variables
                .entry(StringIndex(edge.name))
                .or_insert_with(|| {
                    self.variable_count += 1;
                    self.variable_count - 1
                });
            if snapshot.dominators().dominator(edge.target) == context {
                let slot = &mut self.variable_of[edge.target.get()];
                if *slot == NO_GROUP {
                    *slot = variable;
                }
            }
        }
        scope
    }
}

#[cfg(test)]
#[path = "closures_tests.rs"]
mod tests;
