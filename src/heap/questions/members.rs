//! The objects of one class: by shape, one by one, and how they are reached.

use std::cmp::Reverse;
use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::groups::NO_GROUP;
use super::property_names::PropertyNames;
use super::top::Top;
use crate::error::{Code, Error, Result};
use crate::heap::Control;
use crate::heap::columns::NodeType;
use crate::heap::graph::{NodeIndex, StringIndex};
use crate::heap::queries::{NodeRow, Step, steps};
use crate::heap::shapes::{class_name_of, shape_text};
use crate::heap::snapshot::Snapshot;

/// Members whose paths are compared; Eclipse MAT takes as many.
const MAX_SAMPLES: usize = 10_000;
/// Steps of a path that are compared and shown, counted from the object.
const MAX_STEPS: usize = 40;

/// The objects of one class that have the same properties.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ShapeRow {
    /// The first few properties, such as `{id, body, …}`.
    pub shape: String,
    /// Names of all properties (at most 256), those with numbers in them included.
    pub properties: Vec<String>,
    /// Objects of the shape that take memory.
    pub count: u64,
    /// Bytes of those objects alone.
    pub shallow_size: u64,
    /// Bytes retained by those objects, each counted once.
    pub retained_size: u64,
    /// V8's object id of the one that retains most.
    pub id: u32,
}

/// A way that leads to several objects of one class.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PathGroup {
    /// Objects that are reached so.
    pub count: u64,
    /// From the GC root, or from 40 steps before the object, to one of them. Numbers of elements
    /// and keys of dictionaries read `[]`, as they differ.
    pub path: Vec<Step>,
}

/// What comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum MemberOrder {
    /// The largest retained size.
    Retained,
    /// The largest size of the object alone.
    Shallow,
}

impl Snapshot {
    /// The nodes of a class that take memory, as in the class table.
    ///
    /// # Errors
    /// [`Code::Invalid`] when there is none, [`Code::Aborted`].
    pub fn members(&self, class_name: &str, control: &Control) -> Result<Vec<NodeIndex>> {
        let graph = self.graph();
        let mut is_member: HashMap<(NodeType, u32, bool), bool> = HashMap::new();
        let mut members = Vec::new();
        for (step, node) in graph.nodes().enumerate() {
            control.check_at(step)?;
            let node_type = graph.node_type(node);
            let name = match node_type {
                NodeType::Object | NodeType::Native => graph.node_name_index(node).0,
                _ => 0,
            };
            let detached = node_type == NodeType::Native && graph.is_detached(node);
            let fits = *is_member
                .entry((node_type, name, detached))
                .or_insert_with(|| class_name_of(graph, node) == class_name);
            if fits && self.shallow_size(node) > 0 {
                members.push(node);
            }
        }
        if members.is_empty() {
            return Err(Error::new(
                Code::Invalid,
                format!(
                    "The snapshot has no object of the class '{class_name}'. Names of classes are \
                     those of the class table, capitals included."
                ),
            ));
        }
        Ok(members)
    }

    /// The objects of a class by the properties that they have, the largest retained size first.
    ///
    /// # Errors
    /// As for [`Snapshot::members`].
    pub fn shapes(&self, class_name: &str, top: usize, control: &Control) -> Result<Vec<ShapeRow>> {
        let graph = self.graph();
        let members = self.members(class_name, control)?;
        let mut names = PropertyNames::new(graph);
        let mut shapes: HashMap<Vec<StringIndex>, u32> = HashMap::new();
        let mut rows: Vec<ShapeRow> = Vec::new();
        let mut groups = vec![NO_GROUP; graph.node_count()];
        let text = |name: &StringIndex| graph.strings().get(*name).to_owned();
        for (step, &node) in members.iter().enumerate() {
            control.check_at(step)?;
            let properties = names.of(node);
            let group = match shapes.get(&properties) {
                Some(&group) => group,
                None => {
                    let group = rows.len() as u32;
                    let properties_text: Vec<String> = properties.iter().map(text).collect();
                    rows.push(ShapeRow {
                        shape: shape_text(properties_text.iter().map(String::as_str)),
                        properties: properties_text,
                        count: 0,
                        shallow_size: 0,
                        retained_size: 0,
                        id: graph.node_id(node),
                    });
                    shapes.insert(properties, group);
                    group
                }
            };
            let row = &mut rows[group as usize];
            // Until all are known, the retained size is that of the largest one.
            if self.retained_size(node) > row.retained_size {
                row.retained_size = self.retained_size(node);
                row.id = graph.node_id(node);
            }
            row.count += 1;
            row.shallow_size += self.shallow_size(node);
            groups[node.get()] = group;
        }
        let group_of = |node: NodeIndex| groups[node.get()];
        let retained = self.retained_by_groups(rows.len(), group_of, control)?;
        for (row, retained) in rows.iter_mut().zip(retained) {
            row.retained_size = retained;
        }
        rows.sort_by(|one, other| {
            (Reverse(one.retained_size), &one.shape)
                .cmp(&(Reverse(other.retained_size), &other.shape))
        });
        rows.truncate(top);
        Ok(rows)
    }

    /// The largest objects of a class, `top` at most.
    ///
    /// # Errors
    /// As for [`Snapshot::members`].
    pub fn objects(
        &self,
        class_name: &str,
        top: usize,
        order: MemberOrder,
        control: &Control,
    ) -> Result<Vec<NodeRow>> {
        let mut best = Top::new(top);
        for node in self.members(class_name, control)? {
            let key = match order {
                MemberOrder::Retained => self.retained_size(node),
                MemberOrder::Shallow => self.shallow_size(node),
            };
            best.offer(key, node);
        }
        let rows = best.into_sorted().into_iter();
        Ok(rows.map(|node| self.node_row(node)).collect())
    }

    /// The ways in which the objects of a class are reached, the commonest first, `top` at most. Of
    /// a class with more than 10,000 objects, as many are looked at, spread evenly.
    ///
    /// # Errors
    /// As for [`Snapshot::members`].
    pub fn common_paths(
        &self,
        class_name: &str,
        top: usize,
        control: &Control,
    ) -> Result<Vec<PathGroup>> {
        let graph = self.graph();
        let tree = self.shortest_paths();
        let members = self.members(class_name, control)?;
        let stride = members.len().div_ceil(MAX_SAMPLES);
        let mut groups: HashMap<Vec<(u32, u32)>, (u64, NodeIndex)> = HashMap::new();
        let mut dictionaries: HashMap<NodeIndex, bool> = HashMap::new();
        for (step, &member) in members.iter().step_by(stride).enumerate() {
            control.check_at(step << 8)?;
            let mut key = Vec::new();
            let mut node = member;
            while let Some((parent, edge)) =
                tree.step(graph, node).filter(|_| key.len() < MAX_STEPS)
            {
                let is_data = *dictionaries
                    .entry(parent)
                    .or_insert_with(|| self.is_data(parent));
                let is_text = graph.edge_text(edge).is_some_and(|text| !is_number(text));
                let label = if is_text && !is_data {
                    edge.name
                } else {
                    u32::MAX
                };
                key.push((label, graph.node_name_index(parent).0));
                node = parent;
            }
            groups.entry(key).or_insert((0, member)).0 += 1;
        }
        let mut groups: Vec<(u64, NodeIndex)> = groups.into_values().collect();
        groups.sort_by_key(|&(count, member)| (Reverse(count), member));
        let rows = groups.into_iter().take(top);
        Ok(rows
            .map(|(count, member)| {
                let mut path = tree.path(graph, member);
                path.drain(..path.len().saturating_sub(MAX_STEPS));
                let label = |source, edge| match graph.edge_text(edge) {
                    Some(text) if !is_number(text) && !self.is_data(source) => text.to_owned(),
                    _ => "[]".to_owned(),
                };
                PathGroup {
                    count,
                    path: steps(graph, &path, member, label),
                }
            })
            .collect())
    }
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
#[path = "members_tests.rs"]
mod tests;
