//! The stage as a whole: what goes in, what comes out, and what does not.

mod damage;

use proptest::prelude::*;

use super::*;
use crate::heap::fixture::random::heaps;
use crate::heap::fixture::{HeapBuilder, Layout as V8};
use crate::heap::{Control, EdgeType, Graph, NodeIndex, NodeType, Snapshot, class_name_of, parse};

/// Gives its bytes in pieces of one length.
struct Pieces<'a> {
    bytes: &'a [u8],
    length: usize,
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.length.min(buffer.len());
        self.bytes.read(&mut buffer[..length])
    }
}

/// What comes out, and why it ends if it is not whole.
fn redact_in_pieces(bytes: &[u8], length: usize) -> (Vec<u8>, Option<Error>) {
    let mut redactor = Redactor::new(Pieces { bytes, length });
    let mut out = Vec::new();
    let read = redactor.read_to_end(&mut out);
    let failure = redactor.failure().cloned();
    assert_eq!(read.is_err(), failure.is_some());
    if failure.is_some() {
        // The rest is read, and nothing of it is seen.
        assert_eq!(redactor.read(&mut [0; 100]).unwrap(), 0);
        assert_eq!(redactor.bytes_read(), bytes.len() as u64);
    }
    (out, failure)
}

fn redact(json: &str) -> String {
    let (out, failure) = redact_in_pieces(json.as_bytes(), usize::MAX);
    assert_eq!(failure, None);
    String::from_utf8(out).unwrap()
}

fn read(json: &str) -> Graph {
    parse(json.as_bytes(), None, &Control::default()).unwrap_or_else(|error| panic!("{error}"))
}

/// A heap with something of everything.
fn small(layout: V8) -> HeapBuilder {
    let mut heap = HeapBuilder::with_layout(layout);
    let global = heap.global();
    let map = heap.object("Map", 32);
    let table = heap.array("", 128);
    let function = heap.closure("onFinish", 64);
    let both = heap.text("both", 40);
    let text = heap.text("snow\u{2603}man \"secret\"\n", 40);
    let pattern = heap.node(NodeType::RegExp, "secret.*", 16);
    let number = heap.node(NodeType::Number, "heap number", 16);
    let value = heap.node(NodeType::Number, "42.5", 16);
    heap.property(global, "both", map);
    heap.property(map, "secret@example.org", both);
    heap.property(map, "<symbol secret>", text);
    heap.internal(map, "table", table);
    heap.element(table, 7, function);
    heap.element(table, 123_456_789, number);
    heap.context(function, "message", pattern);
    heap.hidden_edge(function, 200_000_000, value);
    heap.weak(both, "back", map);
    heap.ephemeron(map, table, text);
    heap.location(function, 12, 3, 4);
    heap
}

#[test]
fn what_is_label_and_content_is_shown_as_one_and_hidden_as_the_other() {
    for layout in V8::ALL {
        let redacted = redact(&small(layout).json());
        let graph = read(&redacted);
        let names: Vec<&str> = graph.nodes().map(|node| graph.node_name(node)).collect();
        assert_eq!(&names[1..5], ["global", "Map", "", "onFinish"]);
        for hidden in &names[5..8] {
            assert!(hidden.starts_with("***"), "{names:?}");
        }
        assert_eq!(names[8], "heap number");
        assert!(names[9].starts_with("***"), "{names:?}");
        let labels: Vec<String> = graph
            .nodes()
            .flat_map(|node| graph.edges(node))
            .map(|edge| graph.edge_label(edge))
            .collect();
        for kept in ["both", "table", "message", "back", "[7]", "[200000000]"] {
            assert!(
                labels.iter().any(|label| label == kept),
                "{kept} in {labels:?}"
            );
        }
        assert!(
            !labels.iter().any(|label| label == "[123456789]"),
            "{labels:?}"
        );
        for secret in ["secret", "42.5", "snow", "123456789", "example.org"] {
            assert!(!redacted.contains(secret), "{secret}");
        }
    }
}

#[test]
fn what_a_name_quotes_looks_like_the_text_itself() {
    for text in ["name of a symbol", "gr\u{f6}\u{df}e \"\u{1f600}\"\n"] {
        let mut heap = HeapBuilder::new();
        let global = heap.global();
        let node = heap.text(text, 40);
        heap.property(global, &format!("<symbol {text}>"), node);
        let graph = read(&redact(&heap.json()));
        let edge = graph.edges(NodeIndex(1)).next().unwrap();
        let expected = format!("<symbol {}>", graph.node_name(edge.target));
        assert_eq!(graph.edge_label(edge), expected);
    }
}

#[test]
fn any_pieces_give_the_same_bytes() {
    for layout in V8::ALL {
        let json = small(layout).json();
        let (whole, _) = redact_in_pieces(json.as_bytes(), usize::MAX);
        for length in 1..json.len() {
            let (out, failure) = redact_in_pieces(json.as_bytes(), length);
            assert!(failure.is_none() && out == whole, "pieces of {length}");
        }
    }
}

#[test]
fn white_space_may_stand_anywhere() {
    let json = small(V8::NODE_20).json();
    let spaced = json
        .replace(',', " ,\n ")
        .replace('[', "[ ")
        .replace("\"nodes\"", "\t\"nodes\" ");
    assert_eq!(redact(&spaced), redact(&json));
}

#[test]
fn functions_of_a_timeline_keep_their_names() {
    let mut heap = small(V8::NODE_20);
    heap.text("handler", 8);
    let json = heap.json();
    let strings: Vec<String> =
        serde_json::from_str(&json[json.find("\"strings\":").unwrap() + 10..json.len() - 1])
            .unwrap();
    let handler = strings.iter().position(|text| text == "handler").unwrap();
    let rows = format!("\"trace_function_infos\":[1,{handler},{handler},7,1,1]");
    let json = json
        .replace("\"trace_function_infos\":[]", &rows)
        .replace("\"trace_tree\":[]", "\"trace_tree\":[1,0,0,0,[2,1,3,4,[]]]")
        .replace("\"samples\":[]", "\"samples\":[12,34]");
    let redacted: serde_json::Value = serde_json::from_str(&redact(&json)).unwrap();
    let name = redacted["trace_function_infos"][1].as_u64().unwrap() as usize;
    assert_eq!(redacted["strings"][name], "handler");
    let before: serde_json::Value = serde_json::from_str(&json).unwrap();
    for section in ["snapshot", "trace_tree", "samples", "locations"] {
        assert_eq!(redacted[section], before[section]);
    }
}

#[test]
fn sections_of_newer_versions_are_left_out() {
    let json = small(V8::NODE_24).json();
    for value in [
        "[1,\"secret\",{\"a\":[\"]\\\"\"]}]",
        "{}",
        "\"secret\"",
        "-1.5",
        "true",
        "null",
    ] {
        let newer = json.replace(
            "\"samples\":[]",
            &format!("\"secret\" : {value} ,\"samples\":[]"),
        );
        assert_ne!(newer, json);
        assert_eq!(redact(&newer), redact(&json), "{value}");
        let last = format!("{},\"secret\":{value}}}", json.strip_suffix('}').unwrap());
        assert_eq!(redact(&last), redact(&json), "{value}");
    }
}

#[test]
fn long_texts_are_hashed_whole() {
    let mut heap = HeapBuilder::new();
    let global = heap.global();
    let texts = [
        "x".repeat(100_000),
        "x".repeat(100_001),
        "\u{1f600}".repeat(300),
        "é".repeat(1024),
    ];
    for text in &texts {
        let node = heap.text(text, 16);
        heap.property(global, text, node);
    }
    let graph = read(&redact(&heap.json()));
    let names: Vec<&str> = graph
        .nodes()
        .skip(2)
        .map(|node| graph.node_name(node))
        .collect();
    let lengths: Vec<usize> = names.iter().map(|name| name.len()).collect();
    assert_eq!(lengths, [65_536, 65_536, 512, 1024]);
    assert_ne!(names[0], names[1]);
}

/// Everything of a snapshot that redaction must not change.
fn assert_same(before: &Snapshot, after: &Snapshot) {
    let (one, other) = (before.graph(), after.graph());
    assert_eq!(one.node_count(), other.node_count());
    let mut texts = std::collections::HashMap::new();
    for node in one.nodes() {
        assert_eq!(one.node_type(node), other.node_type(node));
        assert_eq!(one.node_id(node), other.node_id(node));
        assert_eq!(one.is_detached(node), other.is_detached(node));
        assert_eq!(before.shallow_size(node), after.shallow_size(node));
        assert_eq!(before.retained_size(node), after.retained_size(node));
        assert_eq!(before.distance(node), after.distance(node));
        assert_eq!(class_name_of(one, node), class_name_of(other, node));
        if one.node_type(node) == NodeType::String {
            let hidden = other.node_name(node);
            assert_eq!(*texts.entry(one.node_name(node)).or_insert(hidden), hidden);
        }
        let edges = one.edges(node).zip(other.edges(node));
        for (edge, twin) in edges {
            assert_eq!((edge.edge_type, edge.target), (twin.edge_type, twin.target));
            if edge.edge_type == EdgeType::Hidden {
                assert_eq!(edge.name, twin.name);
            }
        }
    }
    let different: std::collections::HashSet<_> = texts.values().collect();
    assert_eq!(different.len(), texts.len());
    assert_eq!(one.edge_count(), other.edge_count());
    assert_eq!(before.classes(), after.classes());
}

proptest! {
    #[test]
    fn the_graph_stays_the_same(
        heap in heaps(16),
        texts in prop::collection::vec(("[ -~\u{a0}-\u{2fff}]{0,40}", any::<prop::sample::Index>()), 0..8),
    ) {
        let mut heap = heap;
        let count = read(&heap.json()).node_count();
        for (text, holder) in &texts {
            let node = heap.text(text, 8);
            let holder = NodeIndex(holder.index(count) as u32);
            heap.property(holder, text, node);
            let twin = heap.text(text, 8);
            heap.property(holder, "twin", twin);
        }
        let json = heap.json();
        let after = Snapshot::of(read(&redact(&json)));
        assert_same(&heap.snapshot(), &after);
    }
}
