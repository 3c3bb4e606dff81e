//! Files that were cut off or changed: an error or a graph, never a panic.

use std::io::Read;

use proptest::prelude::*;

use super::{parse, read_bytes, small};
use crate::error::Code;
use crate::heap::control::Control;
use crate::heap::fixture::HeapBuilder;
use crate::heap::fixture::random::heaps;
use crate::heap::graph::{Graph, NodeIndex};
use crate::heap::{Scripts, ShortestPaths, Snapshot, class_name_of, shape_of};

/// Calls everything that walks a graph.
fn analyse(graph: Graph) {
    let snapshot = Snapshot::of(graph);
    let graph = snapshot.graph();
    let paths = ShortestPaths::of(graph);
    let scripts = Scripts::of(graph);
    for node in graph.nodes() {
        paths.path(graph, node);
        snapshot.retainers().edges(graph, node).for_each(drop);
        snapshot.dominators().children(node).for_each(drop);
        snapshot.retained_size(node);
        snapshot.distance(node);
        scripts.place(graph, node);
        class_name_of(graph, node);
        shape_of(graph, node);
        for edge in graph.edges(node) {
            graph.edge_label(edge);
        }
    }
    snapshot.classes();
    snapshot.summary();
    snapshot.retained_size_of(&[NodeIndex::ROOT]);
}

/// Reads bytes that may be anything, and works with what comes out.
fn survive(bytes: &[u8]) {
    if let Ok(graph) = read_bytes(bytes) {
        analyse(graph);
    }
}

#[test]
fn a_file_cut_off_anywhere_is_truncated() {
    let json = small().json();
    for length in 0..json.len() {
        let error = read_bytes(&json.as_bytes()[..length])
            .map(|_| ())
            .unwrap_err();
        assert_eq!(
            error.code,
            Code::Truncated,
            "after {length} bytes: {}",
            error.message
        );
        assert!(
            error.message.contains(&format!("{length} bytes")),
            "{}",
            error.message
        );
    }
}

#[test]
fn the_section_that_was_cut_off_is_named() {
    let json = small().json();
    for section in ["snapshot", "nodes", "edges", "locations", "strings"] {
        let begin = json.find(&format!("\"{section}\":")).unwrap();
        let error = read_bytes(&json.as_bytes()[..begin + section.len() + 5]).map(|_| ());
        let message = error.unwrap_err().message;
        assert!(
            message.contains(&format!("the middle of \"{section}\"")),
            "{message}"
        );
    }
}

#[test]
fn any_byte_may_be_wrong() {
    let mut heap = HeapBuilder::new();
    let global = heap.global();
    let object = heap.object("Map", 32);
    let text = heap.text("a\n\u{e9}", 16);
    heap.property(global, "cache", object);
    heap.element(object, 0, text);
    heap.location(object, 1, 2, 3);
    let original = heap.json().into_bytes();
    let mut bytes = original.clone();
    for place in 0..bytes.len() {
        // Each of these is at home somewhere in the file, and 0 and 255 nowhere.
        for wrong in *b"0199,:[]{}\"\\-.e ntu\x00\xff" {
            bytes[place] = wrong;
            survive(&bytes);
        }
        bytes[place] = original[place];
    }
}

#[test]
fn any_byte_may_be_missing_or_doubled() {
    let original = small().json().into_bytes();
    for place in 0..original.len() {
        let mut shorter = original.clone();
        shorter.remove(place);
        survive(&shorter);
        let mut longer = original.clone();
        longer.insert(place, original[place]);
        survive(&longer);
    }
}

#[test]
fn work_given_up_before_it_begins_ends_at_once() {
    let control = Control::default();
    control.cancel();
    let json = small().json();
    let error = parse(json.as_bytes(), None, &control)
        .map(|_| ())
        .unwrap_err();
    assert_eq!(error.code, Code::Aborted);
}

#[test]
fn work_given_up_in_the_middle_ends_there() {
    /// Gives up when it is asked for the third piece.
    struct GivesUp<'a> {
        control: &'a Control,
        asked: u32,
    }
    impl Read for GivesUp<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            self.asked += 1;
            assert!(self.asked <= 3, "read on after it was given up");
            if self.asked == 3 {
                self.control.cancel();
            }
            buffer.fill(b' ');
            Ok(buffer.len())
        }
    }
    let control = Control::default();
    let source = GivesUp {
        control: &control,
        asked: 0,
    };
    assert_eq!(
        parse(source, None, &control).map(|_| ()).unwrap_err().code,
        Code::Aborted
    );
}

#[test]
fn a_source_that_fails_ends_the_work() {
    struct Fails;
    impl Read for Fails {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::from_raw_os_error(5))
        }
    }
    let source = small().json().into_bytes();
    let source = source[..300].chain(Fails);
    let error = parse(source, None, &Control::default())
        .map(|_| ())
        .unwrap_err();
    assert_eq!(error.code, Code::Io);
    assert!(error.message.contains("os error 5"), "{}", error.message);
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        survive(&bytes);
    }

    #[test]
    fn arbitrary_json_is_survived(words in prop::collection::vec(prop::sample::select(vec![
        "{", "}", "[", "]", ",", ":", "\"snapshot\"", "\"nodes\"", "\"edges\"", "\"strings\"", "1",
        "0", "-", "\"\"", "null", "true", "1e9", " ",
    ]), 0..60)) {
        survive(words.concat().as_bytes());
    }

    #[test]
    fn changed_snapshots_are_survived(
        heap in heaps(10),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        digits in prop::collection::vec((any::<prop::sample::Index>(), b'0'..=b'9'), 0..6),
        cut in prop::option::weighted(0.2, any::<prop::sample::Index>()),
    ) {
        let mut bytes = heap.json().into_bytes();
        // Other digits leave the file well-formed, so that it gets further in.
        let places: Vec<usize> = (0..bytes.len()).filter(|&at| bytes[at].is_ascii_digit()).collect();
        for (place, digit) in &digits {
            bytes[places[place.index(places.len())]] = *digit;
        }
        survive(&bytes);
        for (place, byte) in &changes {
            let place = place.index(bytes.len());
            bytes[place] = *byte;
        }
        survive(&bytes);
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
            survive(&bytes);
        }
    }
}
