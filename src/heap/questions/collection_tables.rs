//! The backing stores of collections: how much room they have, told by their size.
//!
//! V8 writes neither the length of an array nor the size of a Map, but the size of every store in
//! bytes, and each kind of store has its own arithmetic (`ordered-hash-table.h`, `hash-table.h` and
//! `dictionary.h` in V8's `objects/`).

use std::collections::HashSet;

use crate::heap::columns::{EdgeType, NodeType};
use crate::heap::graph::{Graph, NodeIndex};

/// What a hash table is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TableKind {
    /// Three words an entry and half a bucket: key, value, chain.
    Map,
    /// Two words an entry and half a bucket: key, chain.
    Set,
    /// Two words an entry: key, value.
    Weak,
}

/// A hash table's kind and how many entries it has room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) kind: TableKind,
    pub(super) capacity: u64,
    /// Slot of the first entry.
    first: u64,
    /// Slots of an entry.
    stride: u64,
}

/// Numbers before the first bucket or entry: entries, deleted entries, and buckets or capacity.
const TABLE_PREFIX: u64 = 3;
/// The same of dictionaries, which V8 has given more of over time.
const DICTIONARY_PREFIX: std::ops::RangeInclusive<u64> = 4..=8;
/// Words of a dictionary's entry: key, value, details.
const DICTIONARY_STRIDE: u64 = 3;

/// Words of a store of `bytes`, less the two of its header.
pub(super) fn slots(bytes: u64, word: u64) -> u64 {
    (bytes / word).saturating_sub(2)
}

/// The table that has so many words. No two kinds share a number of words, as capacities are powers
/// of two.
pub(super) fn table_of(slots: u64) -> Option<Table> {
    let rest = slots.checked_sub(TABLE_PREFIX).filter(|&rest| rest > 0)?;
    [
        (TableKind::Map, 7, 3),
        (TableKind::Set, 5, 2),
        (TableKind::Weak, 4, 2),
    ]
    .into_iter()
    .find_map(|(kind, half_words, stride)| {
        let capacity = (2 * rest).checked_div(half_words)?;
        let fits = capacity * half_words == 2 * rest && capacity.is_power_of_two();
        let buckets = if kind == TableKind::Weak {
            0
        } else {
            capacity / 2
        };
        fits.then_some(Table {
            kind,
            capacity,
            first: TABLE_PREFIX + buckets,
            stride,
        })
    })
}

impl Table {
    /// Entries of which the snapshot shows the key or the value. Numbers, booleans, null and
    /// undefined do not show.
    pub(super) fn entries(&self, graph: &Graph, store: NodeIndex) -> u64 {
        let mut entries = HashSet::new();
        for edge in graph.edges(store) {
            let leads_in = match self.kind {
                TableKind::Weak => edge.edge_type == EdgeType::Weak,
                TableKind::Map | TableKind::Set => edge.edge_type == EdgeType::Internal,
            };
            let Some(slot) = graph
                .edge_text(edge)
                .and_then(|name| name.parse::<u64>().ok())
            else {
                continue;
            };
            if leads_in && slot >= self.first {
                entries.insert((slot - self.first) / self.stride);
            }
        }
        entries.len() as u64
    }
}

/// A dictionary of properties or of scattered elements: capacity and, of properties, the number of
/// names, which show even where the values do not.
pub(super) fn dictionary_of(graph: &Graph, store: NodeIndex, slots: u64) -> Option<(u64, u64)> {
    let (prefix, capacity) = DICTIONARY_PREFIX.into_iter().find_map(|prefix| {
        let capacity = slots.checked_sub(prefix)? / DICTIONARY_STRIDE;
        let fits = prefix + capacity * DICTIONARY_STRIDE == slots && capacity.is_power_of_two();
        fits.then_some((prefix, capacity))
    })?;
    let mut names = 0;
    for edge in graph.edges(store) {
        let slot = graph
            .edge_text(edge)
            .and_then(|name| name.parse::<u64>().ok())
            .filter(|&slot| slot >= prefix);
        if slot.is_some_and(|slot| (slot - prefix) % DICTIONARY_STRIDE == 0)
            && matches!(
                graph.node_type(edge.target),
                NodeType::String | NodeType::Symbol
            )
        {
            names += 1;
        }
    }
    Some((capacity, names))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_seen_in_node_20_tell_kind_and_capacity() {
        for (bytes, kind, capacity) in [
            (3624, TableKind::Map, 128),
            (936, TableKind::Map, 32),
            (2600, TableKind::Set, 128),
            (4136, TableKind::Weak, 256),
        ] {
            let table = table_of(slots(bytes, 8)).unwrap();
            assert_eq!((table.kind, table.capacity), (kind, capacity), "{bytes}");
        }
    }

    #[test]
    fn no_size_fits_two_kinds() {
        let mut seen = HashSet::new();
        for power in 1..40 {
            let capacity = 1_u64 << power;
            for (kind, half_words) in [
                (TableKind::Map, 7),
                (TableKind::Set, 5),
                (TableKind::Weak, 4),
            ] {
                let slots = TABLE_PREFIX + capacity * half_words / 2;
                assert!(seen.insert(slots));
                let table = table_of(slots).unwrap();
                assert_eq!((table.kind, table.capacity), (kind, capacity));
            }
        }
    }

    #[test]
    fn other_sizes_are_no_tables() {
        for slots in [0, 1, 2, 3, 4, 100, 1000, u64::MAX / 4] {
            assert_eq!(table_of(slots), None, "{slots}");
        }
    }
}
