//! Every column as serde_json reads the same bytes.

use std::sync::OnceLock;

use proptest::prelude::*;
use serde_json::Value;

use super::{Pieces, parse, read, small};
use crate::heap::control::Control;
use crate::heap::fixture::random::heaps;
use crate::heap::fixture::{HeapBuilder, Layout, real_snapshot};
use crate::heap::graph::{EdgeIndex, Graph, NodeIndex, StringIndex};

/// Compares a graph with what a general JSON reader finds in the same text.
#[track_caller]
fn assert_agrees(graph: &Graph, json: &[u8]) {
    let file: Value = serde_json::from_slice(json).unwrap();
    let meta = &file["snapshot"]["meta"];
    let strings = texts(&file["strings"]);
    assert_eq!(graph.strings().len(), strings.len());
    for (index, &text) in strings.iter().enumerate() {
        assert_eq!(
            graph.strings().get(StringIndex(index as u32)),
            text,
            "string {index}"
        );
    }

    let fields = texts(&meta["node_fields"]);
    let types = texts(&meta["node_types"][place(&fields, "type")]);
    let nodes = numbers(&file["nodes"]);
    let rows: Vec<&[u64]> = nodes.chunks(fields.len()).collect();
    assert_eq!(graph.node_count(), rows.len());
    let mut edge_count = 0;
    for (index, row) in rows.iter().enumerate() {
        let node = NodeIndex(index as u32);
        let value = |name: &str| row[place(&fields, name)];
        assert_eq!(graph.node_type(node).name(), types[value("type") as usize]);
        assert_eq!(graph.node_name(node), strings[value("name") as usize]);
        assert_eq!(u64::from(graph.node_name_index(node).0), value("name"));
        assert_eq!(u64::from(graph.node_id(node)), value("id"));
        assert_eq!(graph.self_size(node), value("self_size"));
        assert_eq!(graph.edges(node).len() as u64, value("edge_count"));
        if fields.contains(&"detachedness") {
            assert_eq!(graph.is_detached(node), value("detachedness") == 2);
        }
        let first = graph.edges(node).next().map(|edge| edge.index.0);
        assert_eq!(
            first.unwrap_or(edge_count),
            edge_count,
            "edges of node {index}"
        );
        edge_count += graph.edges(node).len() as u32;
    }

    let edge_fields = texts(&meta["edge_fields"]);
    let edge_types = texts(&meta["edge_types"][place(&edge_fields, "type")]);
    let edges = numbers(&file["edges"]);
    assert_eq!(graph.edge_count(), edges.len() / edge_fields.len());
    for (index, row) in edges.chunks(edge_fields.len()).enumerate() {
        let edge = graph.edge(EdgeIndex(index as u32));
        let value = |name: &str| row[place(&edge_fields, name)];
        let edge_type = edge_types[value("type") as usize];
        assert_eq!(edge.edge_type.name(), edge_type);
        let target = u64::from(edge.target.0) * fields.len() as u64;
        assert_eq!(target, value("to_node"), "edge {index}");
        if matches!(edge_type, "element" | "hidden") {
            assert_eq!(graph.edge_text(edge), None);
            assert_eq!(
                graph.edge_label(edge),
                format!("[{}]", value("name_or_index"))
            );
        } else {
            let name = strings[value("name_or_index") as usize];
            assert_eq!(graph.edge_text(edge), Some(name));
        }
    }

    let locations = numbers(&file["locations"]);
    for row in locations.chunks(4) {
        let location = graph
            .location(NodeIndex((row[0] / fields.len() as u64) as u32))
            .unwrap();
        let found = [location.script_id, location.line, location.column].map(u64::from);
        assert_eq!(found, row[1..]);
    }
}

fn texts(value: &Value) -> Vec<&str> {
    let array = value.as_array().unwrap();
    array.iter().map(|text| text.as_str().unwrap()).collect()
}

fn numbers(value: &Value) -> Vec<u64> {
    let array = value.as_array().unwrap();
    array
        .iter()
        .map(|number| number.as_u64().unwrap())
        .collect()
}

fn place(fields: &[&str], name: &str) -> usize {
    fields.iter().position(|&field| field == name).unwrap()
}

fn real() -> &'static [u8] {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    BYTES.get_or_init(|| real_snapshot("globalThis.kept = new WeakMap([[globalThis, {}]]);"))
}

#[test]
fn a_snapshot_made_by_hand_reads_the_same() {
    for layout in Layout::ALL {
        let mut heap = small();
        heap.set_layout(layout);
        let json = heap.json();
        assert_agrees(&read(&json).unwrap(), json.as_bytes());
    }
}

#[test]
fn the_root_alone_is_a_snapshot() {
    let json = HeapBuilder::new().json();
    let graph = read(&json).unwrap();
    assert_agrees(&graph, json.as_bytes());
    assert_eq!((graph.node_count(), graph.edge_count()), (1, 0));
}

#[test]
fn a_snapshot_of_this_node_reads_the_same() {
    let graph = parse(real(), Some(real().len() as u64), &Control::default()).unwrap();
    assert!(graph.node_count() > 10_000, "{} nodes", graph.node_count());
    assert!(
        graph.locations.len() > 1000,
        "{} locations",
        graph.locations.len()
    );
    assert_agrees(&graph, real());
}

#[test]
fn a_snapshot_of_this_node_reads_the_same_in_pieces() {
    let pieces = Pieces::new(real(), &[1, 31, 32, 33, 63, 4096, 262_144, 2]);
    assert_agrees(&parse(pieces, None, &Control::default()).unwrap(), real());
}

#[test]
fn one_byte_at_a_time_is_enough() {
    let json = small().json();
    let graph = parse(
        Pieces::new(json.as_bytes(), &[1]),
        None,
        &Control::default(),
    )
    .unwrap();
    assert_agrees(&graph, json.as_bytes());
}

#[test]
fn white_space_may_stand_anywhere_between() {
    let json = small().json();
    for space in [" ", "\t", "\r\n", "\n\n   "] {
        let spaced = space_out(&json, space);
        assert_agrees(&read(&spaced).unwrap(), json.as_bytes());
    }
}

/// The text with `space` before and after everything that is not inside a string or a number.
fn space_out(json: &str, space: &str) -> String {
    let mut spaced = String::from(space);
    let mut inside = false;
    let mut escaped = false;
    for character in json.chars() {
        if character == '"' && !escaped {
            inside = !inside;
        }
        escaped = inside && character == '\\' && !escaped;
        if !inside && ",:[]{}".contains(character) {
            spaced.push_str(space);
            spaced.push(character);
            spaced.push_str(space);
        } else {
            spaced.push(character);
        }
    }
    spaced + space
}

#[test]
fn sections_of_newer_versions_are_passed_over() {
    let json = small().json();
    let scopes = "\"scopes\":[1,2,{\"a\":[\"]\\\"\"]}],\"flag\":true,\"none\":null,\"x\":-1.5e3,";
    let newer = json.replace("\"locations\":", &format!("{scopes}\"locations\":"));
    assert_ne!(newer, json);
    assert_agrees(&read(&newer).unwrap(), json.as_bytes());
}

#[test]
fn fields_may_come_in_another_order() {
    let json = small().json();
    // Ids and sizes change places, in the header only: what was an id is now a size.
    let swapped = json.replace("\"id\",\"self_size\"", "\"self_size\",\"id\"");
    assert_agrees(&read(&swapped).unwrap(), swapped.as_bytes());
    let graph = read(&swapped).unwrap();
    assert_eq!(graph.self_size(NodeIndex(2)), 5);
    assert_eq!(graph.node_id(NodeIndex(2)), 32);
}

proptest! {
    #[test]
    fn any_snapshot_reads_the_same_in_pieces_of_any_length(
        heap in heaps(12),
        lengths in prop::collection::vec(1_usize..80, 1..8),
    ) {
        let json = heap.json();
        let pieces = Pieces::new(json.as_bytes(), &lengths);
        assert_agrees(&parse(pieces, None, &Control::default()).unwrap(), json.as_bytes());
    }
}
