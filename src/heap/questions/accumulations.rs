//! Where a large share of the heap has piled up: the rules of Eclipse MAT's "Leak Suspects" report,
//! with what differs in V8's heaps (`FindLeaksQuery` in MAT's `org.eclipse.mat.api`).
//!
//! A single object is large when it keeps a share of the live heap alive; a group, when the objects
//! of one class do so together, none of them alone. From a large object the way leads down the
//! dominator tree as long as one child has most of it. The accumulation point is where that ends:
//! there the memory fans out. Of a group, it is the last node that leads to most members.

use std::cmp::Reverse;
use std::collections::HashMap;

use serde::Serialize;

use super::accumulation_messages::{message_of_many, message_of_one};
use super::names::{Named, is_context};
use crate::error::Result;
use crate::heap::Control;
use crate::heap::columns::NodeType;
use crate::heap::graph::NodeIndex;
use crate::heap::queries::NodeRow;
use crate::heap::shapes::{class_name_of, shape_of};
use crate::heap::snapshot::Snapshot;

/// A child with less of its parent's retained size than this ends the way down. MAT's number.
const BIG_DROP: f64 = 0.7;
/// Steps down at most. MAT's number.
const MAX_DEPTH: usize = 1000;
/// Members of a group whose paths are followed. MAT's number.
const MAX_PATHS: usize = 10_000;
/// Steps of each of those paths, counted from the member.
const MAX_STEPS: usize = 64;
/// Classes that a row tells of.
const CONTENT_CLASSES: usize = 3;

/// A place where memory has piled up.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Accumulation {
    /// Bytes of one large object, or of all members of a group.
    pub retained_size: u64,
    /// The same as a share of the live heap, 0 to 1.
    pub share: f64,
    /// How many objects: 1, or the members of a group.
    pub count: u64,
    /// Class of that object or of those members.
    pub class_name: String,
    /// The object in which the memory has piled up; of a group, the one that leads to most
    /// members. `None` where there is no such one.
    pub point: Option<NodeRow>,
    /// How code reaches that object.
    pub named: Option<Named>,
    /// What is directly in it, by class, the most bytes first; the first three classes.
    pub contents: Vec<Content>,
    /// One sentence.
    pub message: String,
}

/// Objects of one class that one object dominates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Content {
    /// The class, or the shape of plain objects.
    pub class_name: String,
    /// Number of objects.
    pub count: u64,
    /// Bytes that they retain. They do not contain each other.
    pub retained_size: u64,
}

impl Snapshot {
    /// Where at least `share` (0 to 1) of the live heap has piled up, the most first. MAT takes
    /// 0.2.
    ///
    /// # Errors
    /// [`Code::Aborted`](crate::error::Code::Aborted).
    pub fn accumulations(&self, share: f64, control: &Control) -> Result<Vec<Accumulation>> {
        let total = self.retained_size(NodeIndex::ROOT);
        let threshold = ((total as f64 * share) as u64).max(1);
        let (large, small) = self.top_level(threshold, control)?;
        let mut found: Vec<Accumulation> = large
            .into_iter()
            .map(|node| self.single(node, total))
            .collect();
        let mut by_class: HashMap<String, (u64, Vec<NodeIndex>)> = HashMap::new();
        for node in small {
            let group = by_class.entry(self.kind_of(node)).or_default();
            group.0 += self.retained_size(node);
            group.1.push(node);
        }
        let groups = by_class
            .into_iter()
            .filter(|(_, (size, _))| *size >= threshold);
        for (class_name, (size, members)) in groups {
            control.check()?;
            let group = self.group(class_name, size, &members, total);
            // Strings, numbers and code lie everywhere; without a common holder they say nothing.
            if group.point.is_some() || !group.class_name.starts_with('(') {
                found.push(group);
            }
        }
        found.sort_by(|one, other| {
            (Reverse(one.retained_size), &one.class_name)
                .cmp(&(Reverse(other.retained_size), &other.class_name))
        });
        Ok(found)
    }

    /// The program's objects at the top of the dominator tree: those as large as `threshold`, and
    /// the rest. Roots, scopes and V8's own objects only lead to them.
    fn top_level(
        &self,
        threshold: u64,
        control: &Control,
    ) -> Result<(Vec<NodeIndex>, Vec<NodeIndex>)> {
        let (mut large, mut small) = (Vec::new(), Vec::new());
        let mut pending = vec![NodeIndex::ROOT];
        let mut steps = 0;
        while let Some(node) = pending.pop() {
            for child in self.dominators().children(node) {
                steps += 1;
                control.check_at(steps)?;
                if self.leads_only(child) {
                    pending.push(child);
                } else if self.retained_size(child) >= threshold {
                    large.push(child);
                } else {
                    small.push(child);
                }
            }
        }
        Ok((large, small))
    }

    fn leads_only(&self, node: NodeIndex) -> bool {
        let graph = self.graph();
        match graph.node_type(node) {
            NodeType::Object => is_context(graph, node) || self.distance(node) <= 1,
            NodeType::Closure
            | NodeType::Synthetic
            | NodeType::Hidden
            | NodeType::Code
            | NodeType::ObjectShape
            | NodeType::Array
            | NodeType::Unknown => true,
            NodeType::Native => graph.node_name(node) != "system / JSArrayBufferData",
            _ => false,
        }
    }

    fn single(&self, node: NodeIndex, total: u64) -> Accumulation {
        let point = self.accumulation_point(node);
        let retained_size = self.retained_size(node);
        let class_name = self.kind_of(node);
        let named = self.named(point);
        let contents = self.contents(point);
        let share = retained_size as f64 / total as f64;
        let point_kind = (point != node).then(|| self.kind_of(point));
        let message = message_of_one(
            retained_size,
            share,
            &class_name,
            point_kind.as_deref(),
            &named,
            contents.first(),
        );
        Accumulation {
            retained_size,
            share,
            count: 1,
            class_name,
            point: Some(self.node_row(point)),
            named: Some(named),
            contents,
            message,
        }
    }

    fn group(
        &self,
        class_name: String,
        retained_size: u64,
        members: &[NodeIndex],
        total: u64,
    ) -> Accumulation {
        let point = self.common_node(members);
        let named = point.map(|point| self.named(point));
        let share = retained_size as f64 / total as f64;
        let count = members.len() as u64;
        let reached = point.map(|point| self.kind_of(point)).zip(named.as_ref());
        let message = message_of_many(retained_size, share, count, &class_name, reached);
        Accumulation {
            retained_size,
            share,
            count,
            class_name,
            point: point.map(|point| self.node_row(point)),
            named,
            contents: Vec::new(),
            message,
        }
    }

    /// Down the dominator tree while one child has most of it.
    fn accumulation_point(&self, node: NodeIndex) -> NodeIndex {
        let mut point = node;
        let mut current = node;
        for _ in 0..MAX_DEPTH {
            let children = self.dominators().children(current);
            let Some(largest) =
                children.max_by_key(|&child| (self.retained_size(child), Reverse(child)))
            else {
                break;
            };
            let share = self.retained_size(largest) as f64 / self.retained_size(current) as f64;
            // The links of a chain each have nearly all of the one before.
            let is_link = self.is_value(largest) && self.kind_of(largest) == self.kind_of(point);
            if share < BIG_DROP || is_link {
                break;
            }
            current = largest;
            if self.is_value(current) {
                point = current;
            }
        }
        point
    }

    /// Whether a node is something that code can have in a variable, rather than a backing store.
    fn is_value(&self, node: NodeIndex) -> bool {
        !matches!(
            self.graph().node_type(node),
            NodeType::Array | NodeType::Hidden | NodeType::Code | NodeType::ObjectShape
        )
    }

    fn contents(&self, point: NodeIndex) -> Vec<Content> {
        let mut by_class: HashMap<String, (u64, u64)> = HashMap::new();
        let mut pending = vec![point];
        while let Some(node) = pending.pop() {
            for child in self.dominators().children(node) {
                if self.is_value(child) {
                    let found = by_class.entry(self.kind_of(child)).or_default();
                    found.0 += 1;
                    found.1 += self.retained_size(child);
                } else {
                    pending.push(child);
                }
            }
        }
        let mut contents: Vec<Content> = by_class
            .into_iter()
            .map(|(class_name, (count, retained_size))| Content {
                class_name,
                count,
                retained_size,
            })
            .collect();
        contents.sort_by(|one, other| {
            (Reverse(one.retained_size), &one.class_name)
                .cmp(&(Reverse(other.retained_size), &other.class_name))
        });
        contents.truncate(CONTENT_CLASSES);
        contents
    }

    /// The last node on their shortest paths that leads to most of `members`.
    fn common_node(&self, members: &[NodeIndex]) -> Option<NodeIndex> {
        let tree = self.shortest_paths();
        let stride = members.len().div_ceil(MAX_PATHS).max(1);
        let sample: Vec<NodeIndex> = members.iter().copied().step_by(stride).collect();
        let mut counts: HashMap<NodeIndex, usize> = HashMap::new();
        for &member in &sample {
            let mut node = member;
            for _ in 0..MAX_STEPS {
                let Some((parent, _)) = tree.step(self.graph(), node) else {
                    break;
                };
                *counts.entry(parent).or_default() += 1;
                node = parent;
            }
        }
        let enough = sample.len() as f64 * BIG_DROP;
        let mut node = *sample.iter().find(|&&member| {
            let mut node = member;
            (0..MAX_STEPS).any(|_| match tree.step(self.graph(), node) {
                Some((parent, _)) => {
                    node = parent;
                    counts[&parent] as f64 >= enough
                }
                None => false,
            })
        })?;
        for _ in 0..MAX_STEPS {
            node = tree.step(self.graph(), node)?.0;
            if counts[&node] as f64 >= enough {
                let says_something = self.is_value(node)
                    && !matches!(
                        self.graph().node_type(node),
                        NodeType::Synthetic | NodeType::Native
                    )
                    && self.distance(node) > 1;
                return says_something.then_some(node);
            }
        }
        None
    }

    fn kind_of(&self, node: NodeIndex) -> String {
        let graph = self.graph();
        if is_context(graph, node) {
            return "scope".to_owned();
        }
        shape_of(graph, node).unwrap_or_else(|| class_name_of(graph, node))
    }
}

#[cfg(test)]
#[path = "accumulations_tests.rs"]
mod tests;
