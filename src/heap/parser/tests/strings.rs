//! Strings: escapes, surrogates and bytes that are no UTF-8.

use proptest::prelude::*;

use super::{Pieces, failure, parse};
use crate::error::Code;
use crate::heap::control::Control;
use crate::heap::fixture::HeapBuilder;
use crate::heap::graph::{Graph, StringIndex};

/// A snapshot whose table has the given strings, as they stand in the file, after V8's own two.
fn with_strings(raw: &[&[u8]]) -> Vec<u8> {
    let json = HeapBuilder::new().json();
    let mut bytes = json.strip_suffix("]}").unwrap().as_bytes().to_vec();
    for text in raw {
        bytes.extend_from_slice(b",\n\"");
        bytes.extend_from_slice(text);
        bytes.push(b'"');
    }
    bytes.extend_from_slice(b"]}");
    bytes
}

fn third_string(graph: &Graph) -> &str {
    graph.strings().get(StringIndex(2))
}

#[track_caller]
fn check(raw: &[u8], expected: &str) {
    let json = with_strings(&[raw, b"after"]);
    for length in [1, 2, 3, 5, 40, 100_000] {
        let pieces = Pieces::new(&json, &[length]);
        let graph = parse(pieces, None, &Control::default()).unwrap();
        assert_eq!(third_string(&graph), expected, "in pieces of {length}");
        assert_eq!(graph.strings().get(StringIndex(3)), "after");
        assert_eq!(graph.strings().len(), 4);
    }
}

#[test]
fn plain_text_is_itself() {
    check(b"", "");
    check(b"abc", "abc");
    check(
        "snow\u{2603}man \u{1f600} \u{e9}".as_bytes(),
        "snow\u{2603}man \u{1f600} \u{e9}",
    );
}

#[test]
fn escapes_are_undone() {
    check(br#"\"\\\/\b\f\n\r\t"#, "\"\\/\u{8}\u{c}\n\r\t");
    check(
        br"\u0041\u00e9\u2603\uFB01\ufb01",
        "A\u{e9}\u{2603}\u{fb01}\u{fb01}",
    );
    check(br"\u0000a\u0000", "\0a\0");
    check(br"\\u0041", "\\u0041");
    check(br#"\\\""#, "\\\"");
}

#[test]
fn surrogate_pairs_are_one_character() {
    check(br"\ud83d\ude00", "\u{1f600}");
    check(br"a\uD83D\uDE00b\ud83d\ude01", "a\u{1f600}b\u{1f601}");
}

#[test]
fn lone_surrogates_become_the_replacement_character() {
    check(br"\ud83d", "\u{fffd}");
    check(br"\ude00", "\u{fffd}");
    check(br"\ud83dx", "\u{fffd}x");
    check(br"x\ud83d\n", "x\u{fffd}\n");
    check(br"\ud83d\u0041", "\u{fffd}A");
    check(br"\ude00\ud83d", "\u{fffd}\u{fffd}");
    check(br"\ud83d\ud83d\ude00", "\u{fffd}\u{1f600}");
    check("\\ud83d\u{2603}".as_bytes(), "\u{fffd}\u{2603}");
}

#[test]
fn bytes_that_are_no_utf8_become_the_replacement_character() {
    check(b"a\xffb", "a\u{fffd}b");
    check(b"\xe2\x98", "\u{fffd}");
    // A lone surrogate written as three bytes, which UTF-8 forbids.
    check(b"\xed\xa0\xbd", "\u{fffd}\u{fffd}\u{fffd}");
}

#[test]
fn a_string_longer_than_any_buffer_is_whole() {
    let long = "0123456789abcdef\u{2603}".repeat(40_000);
    let json = with_strings(&[long.as_bytes()]);
    let graph = super::read_bytes(&json).unwrap();
    assert_eq!(third_string(&graph), long);
}

#[test]
fn an_index_past_the_table_is_an_empty_string() {
    let graph = super::read_bytes(&with_strings(&[])).unwrap();
    assert_eq!(graph.strings().get(StringIndex(2)), "");
    assert_eq!(graph.strings().get(StringIndex(u32::MAX)), "");
}

#[test]
fn unknown_escapes_are_refused_with_their_place() {
    for raw in [r"\x41", r"\u12g4", r"\u-123", r"\ "] {
        let json = String::from_utf8(with_strings(&[raw.as_bytes()])).unwrap();
        let error = failure(&json);
        assert_eq!(error.code, Code::NotJson, "{raw}");
        let wrong = raw.find(['x', 'g', '-', ' ']).unwrap();
        let place = json.find(raw).unwrap() + wrong;
        assert!(
            error.message.contains(&format!("at byte {place} ")),
            "{}",
            error.message
        );
        assert!(error.message.contains("\"strings\""), "{}", error.message);
    }
}

proptest! {
    #[test]
    fn any_text_survives_either_way_of_writing_it(
        text in any::<String>(),
        length in 1_usize..50,
    ) {
        let written = serde_json::to_string(&text).unwrap();
        let units: String = text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
        for raw in [&written[1..written.len() - 1], &units] {
            let json = with_strings(&[raw.as_bytes()]);
            let graph = parse(Pieces::new(&json, &[length]), None, &Control::default()).unwrap();
            prop_assert_eq!(third_string(&graph), &text);
        }
    }
}
