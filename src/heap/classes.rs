//! The class table.

use std::collections::HashMap;

use serde::Serialize;

use super::columns::NodeType;
use super::control::Control;
use super::graph::NodeIndex;
use super::questions::NO_GROUP;
use super::shapes::class_name_of;
use super::snapshot::Snapshot;
use crate::error::Result;

/// One class of the table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClassRow {
    /// Constructor, or one of V8's own classes in brackets.
    pub class_name: String,
    /// Nodes of the class that take memory.
    pub count: u64,
    /// Bytes of those nodes alone.
    pub shallow_size: u64,
    /// Bytes retained by those nodes, each counted once: what one member retains through another
    /// is not added again (`calculateClassesRetainedSize` in DevTools' `HeapSnapshot.ts`).
    pub retained_size: u64,
    /// The shortest distance of a member from the global objects.
    pub distance: u32,
}

/// What the nodes of one class take, without what they retain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassSize {
    /// As in [`ClassRow`].
    pub class_name: String,
    /// Nodes of the class that take memory.
    pub count: u64,
    /// Bytes of those nodes alone.
    pub shallow_size: u64,
}

/// Class of every node, as a number, and the names of the numbers.
pub(super) struct ClassIndex {
    pub(super) of_node: Vec<u32>,
    pub(super) names: Vec<String>,
}

impl ClassIndex {
    pub(super) fn of(snapshot: &Snapshot) -> Self {
        let graph = snapshot.graph();
        let mut names: Vec<String> = Vec::new();
        let mut by_name: HashMap<String, u32> = HashMap::new();
        // Most nodes share type and name with many others, so the text is made once for each pair;
        // the names of strings and functions do not count. Objects are most of those whose name
        // does, and find theirs without hashing.
        let mut objects = vec![NO_GROUP; graph.strings().len()];
        let mut natives: HashMap<(u32, bool), u32> = HashMap::new();
        let mut others = [NO_GROUP; 256];
        let mut class_of = |node| {
            *by_name
                .entry(class_name_of(graph, node))
                .or_insert_with_key(|name| {
                    names.push(name.clone());
                    names.len() as u32 - 1
                })
        };
        let of_node = graph
            .nodes()
            .map(|node| match graph.node_type(node) {
                NodeType::Object => {
                    let class = &mut objects[graph.node_name_index(node).0 as usize];
                    if *class == NO_GROUP {
                        *class = class_of(node);
                    }
                    *class
                }
                NodeType::Native => {
                    let name = graph.node_name_index(node).0;
                    let key = (name, graph.is_detached(node));
                    *natives.entry(key).or_insert_with(|| class_of(node))
                }
                other => {
                    let class = &mut others[other as usize];
                    if *class == NO_GROUP {
                        *class = class_of(node);
                    }
                    *class
                }
            })
            .collect();
        Self { of_node, names }
    }
}

impl Snapshot {
    /// Every class, with the largest retained size first.
    pub fn classes(&self) -> Vec<ClassRow> {
        self.class_table(|_| true, &Control::default())
            // Nobody else has the control, so nobody gives the work up.
            .unwrap_or_default()
    }

    /// Every class, in no order, without what the table takes longest to find.
    pub fn class_sizes(&self) -> Vec<ClassSize> {
        let index = ClassIndex::of(self);
        let mut sizes: Vec<ClassSize> = index
            .names
            .into_iter()
            .map(|class_name| ClassSize {
                class_name,
                count: 0,
                shallow_size: 0,
            })
            .collect();
        for (node, &class) in self.graph().nodes().zip(&index.of_node) {
            let shallow_size = self.shallow_size(node);
            if shallow_size > 0 {
                let class = &mut sizes[class as usize];
                class.count += 1;
                class.shallow_size += shallow_size;
            }
        }
        sizes.retain(|class| class.count > 0);
        sizes
    }

    /// The class table of the nodes that `is_meant` tells.
    pub(super) fn class_table(
        &self,
        is_meant: impl Fn(NodeIndex) -> bool,
        control: &Control,
    ) -> Result<Vec<ClassRow>> {
        let index = ClassIndex::of(self);
        let counts = |node: NodeIndex| self.shallow_size(node) > 0 && is_meant(node);
        let mut rows: Vec<ClassRow> = index
            .names
            .into_iter()
            .map(|class_name| ClassRow {
                class_name,
                count: 0,
                shallow_size: 0,
                retained_size: 0,
                distance: u32::MAX,
            })
            .collect();
        for node in self.graph().nodes().filter(|&node| counts(node)) {
            let row = &mut rows[index.of_node[node.get()] as usize];
            row.count += 1;
            row.shallow_size += self.shallow_size(node);
            row.distance = row.distance.min(self.distance(node));
        }
        let group_of = |node: NodeIndex| {
            if counts(node) {
                index.of_node[node.get()]
            } else {
                NO_GROUP
            }
        };
        let retained = self.retained_by_groups(rows.len(), group_of, control)?;
        for (row, retained) in rows.iter_mut().zip(retained) {
            row.retained_size = retained;
        }
        rows.retain(|row| row.count > 0);
        rows.sort_by(|a, b| {
            b.retained_size
                .cmp(&a.retained_size)
                .then_with(|| a.class_name.cmp(&b.class_name))
        });
        Ok(rows)
    }
}

#[cfg(test)]
#[path = "classes_tests.rs"]
mod tests;
