//! The largest collections: what they hold, how full they are, and who holds them.

use serde::{Deserialize, Serialize};

use super::collection_tables::{Table, TableKind, dictionary_of, slots, table_of};
use super::names::Named;
use super::top::Top;
use crate::error::Result;
use crate::heap::Control;
use crate::heap::columns::{EdgeType, NodeType};
use crate::heap::graph::NodeIndex;
use crate::heap::shapes::class_name_of;
use crate::heap::snapshot::Snapshot;

/// An object with no more properties than this, in a store that is not a dictionary, is no
/// collection.
const MANY_PROPERTIES: u64 = 40;

/// What a collection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CollectionKind {
    /// A `Map`, or an instance of a class that extends it.
    Map,
    /// A `Set`, likewise.
    Set,
    /// A `WeakMap`, likewise.
    WeakMap,
    /// A `WeakSet`, likewise.
    WeakSet,
    /// An array.
    Array,
    /// An object used as a dictionary.
    Object,
    /// The bytes of buffers and typed arrays.
    Buffer,
}

/// What comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CollectionOrder {
    /// The largest retained size.
    Retained,
    /// The most entries.
    Entries,
    /// The most room without an entry.
    Empty,
}

/// One collection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CollectionRow {
    /// V8's object id.
    pub id: u32,
    /// What it is.
    pub kind: CollectionKind,
    /// Its class.
    pub class_name: String,
    /// How code reaches it.
    #[serde(flatten)]
    pub named: Named,
    /// Entries that the file shows; bytes, of a buffer. An entry of numbers, booleans, null and
    /// undefined does not show; `None` where that must be so for most of them.
    pub entries: Option<u64>,
    /// Entries that it has room for; `None` where the file does not tell.
    pub capacity: Option<u64>,
    /// Bytes of the room in which the file shows nothing; 0 where `entries` or `capacity` is
    /// `None`.
    pub empty_size: u64,
    /// Bytes of the collection alone, its store included.
    pub shallow_size: u64,
    /// Bytes that would be freed with it.
    pub retained_size: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Measure {
    kind: CollectionKind,
    entries: Option<u64>,
    capacity: Option<u64>,
    empty_size: u64,
}

impl Snapshot {
    /// The collections that come first in `order`, `top` at most, of one kind or of all.
    ///
    /// # Errors
    /// [`Code::Aborted`](crate::error::Code::Aborted).
    pub fn collections(
        &self,
        top: usize,
        order: CollectionOrder,
        kind: Option<CollectionKind>,
        control: &Control,
    ) -> Result<Vec<CollectionRow>> {
        let graph = self.graph();
        let word = self.word_size();
        let mut best: Top<(NodeIndex, Measure)> = Top::new(top);
        for (step, node) in graph.nodes().enumerate() {
            control.check_at(step)?;
            if graph.node_type(node) != NodeType::Object {
                continue;
            }
            let Some(measure) = self.measure(node, word) else {
                continue;
            };
            if kind.is_some_and(|kind| kind != measure.kind) {
                continue;
            }
            let key = match order {
                CollectionOrder::Retained => self.retained_size(node),
                CollectionOrder::Entries => measure.entries.unwrap_or(0),
                CollectionOrder::Empty => measure.empty_size,
            };
            best.offer(key, (node, measure));
        }
        let rows = best.into_sorted().into_iter();
        Ok(rows
            .map(|(node, measure)| CollectionRow {
                id: graph.node_id(node),
                kind: measure.kind,
                class_name: class_name_of(graph, node),
                named: self.named(node),
                entries: measure.entries,
                capacity: measure.capacity,
                empty_size: measure.empty_size,
                shallow_size: self.shallow_size(node),
                retained_size: self.retained_size(node),
            })
            .collect())
    }

    /// Bytes of a pointer: 8, or 4 where V8 compresses them, so that sizes need not be multiples
    /// of 8.
    fn word_size(&self) -> u64 {
        let narrow = self.store_sizes().iter().any(|size| size % 8 != 0);
        if narrow { 4 } else { 8 }
    }

    fn measure(&self, node: NodeIndex, word: u64) -> Option<Measure> {
        let graph = self.graph();
        let mut elements = None;
        let mut properties = None;
        let mut first_element = None;
        let (mut element_count, mut property_count) = (0_u64, 0_u64);
        let mut is_prototype = false;
        for edge in graph.edges(node) {
            match edge.edge_type {
                EdgeType::Element => {
                    element_count += 1;
                    first_element.get_or_insert(edge.name);
                }
                EdgeType::Property => match graph.edge_text(edge) {
                    Some("__proto__") => {}
                    Some("constructor") => is_prototype = true,
                    _ => property_count += 1,
                },
                EdgeType::Internal => match graph.edge_text(edge) {
                    Some("table") => return self.measure_table(node, edge.target, word),
                    Some("backing_store") => return Some(self.measure_buffer(edge.target)),
                    Some("elements") => elements = Some(edge.target),
                    Some("properties") => properties = Some(edge.target),
                    _ => {}
                },
                _ => {}
            }
        }
        let store = |store: NodeIndex| (store, slots(self.store_sizes().of(graph, store), word));
        let is_array = graph.node_name(node) == "Array";
        let elements = elements.map(store);
        // The elements of an array of numbers have no edges, so tell nothing of being scattered.
        let scattered = elements
            .filter(|&(elements, _)| {
                first_element.is_some_and(|first| {
                    graph
                        .edges(elements)
                        .find_map(|edge| graph.edge_text(edge)?.parse::<u32>().ok())
                        .is_some_and(|slot| slot != first)
                })
            })
            .and_then(|(elements, slots)| dictionary_of(graph, elements, slots));
        if is_array {
            let capacity = scattered
                .map(|(capacity, _)| capacity)
                .or(elements.map(|(_, slots)| slots));
            let stride = if scattered.is_some() { 3 } else { 1 };
            let entries =
                (element_count > 0 || capacity.unwrap_or(0) == 0).then_some(element_count);
            return Some(Measure::new(
                CollectionKind::Array,
                entries,
                capacity,
                stride * word,
            ));
        }
        if is_prototype || self.distance(node) <= 1 {
            return None;
        }
        let named = properties
            .filter(|&store| graph.node_type(store) == NodeType::Array)
            .map(store)
            .and_then(|(store, slots)| dictionary_of(graph, store, slots));
        if named.is_none()
            && scattered.is_none()
            && property_count + element_count <= MANY_PROPERTIES
        {
            return None;
        }
        let entries = named.map_or(property_count, |(_, names)| names.max(property_count));
        let capacity = match (named, scattered) {
            (None, None) => None,
            (named, scattered) => {
                let of =
                    |dictionary: Option<(u64, u64)>| dictionary.map_or(0, |(capacity, _)| capacity);
                Some(of(named) + of(scattered))
            }
        };
        Some(Measure::new(
            CollectionKind::Object,
            Some(entries + element_count),
            capacity,
            3 * word,
        ))
    }

    fn measure_table(&self, node: NodeIndex, store: NodeIndex, word: u64) -> Option<Measure> {
        let graph = self.graph();
        if graph.node_name(node).ends_with(" Iterator") {
            return None;
        }
        let table = table_of(slots(self.store_sizes().of(graph, store), word))?;
        let kind = match table.kind {
            TableKind::Map => CollectionKind::Map,
            TableKind::Set => CollectionKind::Set,
            TableKind::Weak if graph.node_name(node) == "WeakSet" => CollectionKind::WeakSet,
            TableKind::Weak => CollectionKind::WeakMap,
        };
        let Table { capacity, .. } = table;
        let entries = table.entries(graph, store);
        // V8 makes a table smaller when a quarter of it would do, so there must be more entries.
        let hidden = table.kind != TableKind::Weak && entries < capacity / 4;
        let words = if table.kind == TableKind::Map { 3 } else { 2 };
        Some(Measure::new(
            kind,
            (!hidden).then_some(entries),
            Some(capacity),
            words * word,
        ))
    }

    fn measure_buffer(&self, store: NodeIndex) -> Measure {
        let bytes = Some(self.shallow_size(store));
        Measure::new(CollectionKind::Buffer, bytes, bytes, 1)
    }
}

impl Measure {
    fn new(
        kind: CollectionKind,
        entries: Option<u64>,
        capacity: Option<u64>,
        entry_size: u64,
    ) -> Self {
        let empty = match (entries, capacity) {
            (Some(entries), Some(capacity)) => capacity.saturating_sub(entries),
            _ => 0,
        };
        Self {
            kind,
            entries,
            capacity,
            empty_size: empty * entry_size,
        }
    }
}

#[cfg(test)]
#[path = "collections_tests.rs"]
mod tests;
