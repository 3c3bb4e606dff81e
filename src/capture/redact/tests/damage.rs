//! Snapshots that break off, are damaged, or are something else.

use super::*;

#[track_caller]
fn assert_fails(json: &str, code: Code, words: &str) {
    let (out, failure) = redact_in_pieces(json.as_bytes(), usize::MAX);
    let error = failure.expect(json);
    assert_eq!(error.code, code, "{error}");
    assert!(error.message.contains(words), "{error}");
    let out = String::from_utf8(out).unwrap();
    assert!(
        !out.contains("secret") && !error.message.contains("secret"),
        "{out}"
    );
}

#[test]
fn a_snapshot_that_breaks_off_is_an_error_wherever_it_does() {
    let json = small(V8::NODE_20).json();
    for length in 0..json.len() {
        let (out, failure) = redact_in_pieces(&json.as_bytes()[..length], usize::MAX);
        assert_eq!(failure.unwrap().code, Code::Truncated, "{length} bytes");
        assert!(!String::from_utf8(out).unwrap().contains("secret"));
    }
}

#[test]
fn damage_is_found_before_any_text_is_written() {
    let json = small(V8::NODE_20).json();
    let nodes = json.find("\"nodes\"").unwrap();
    let functions = json.find("\"trace_function_infos\"").unwrap();
    for place in nodes..functions {
        for byte in *b"\"\\,[]{}x-.\0" {
            let mut bytes = json.clone().into_bytes();
            if bytes[place] == byte || bytes[place] == b'\n' {
                continue;
            }
            bytes[place] = byte;
            let (out, failure) = redact_in_pieces(&bytes, usize::MAX);
            assert!(failure.is_some(), "{:?} at {place}", byte as char);
            let out = String::from_utf8(out).unwrap();
            assert!(
                !out.contains("strings"),
                "{:?} at {place}: {out}",
                byte as char
            );
        }
    }
}

#[test]
fn strings_have_to_come_last_and_sections_once() {
    let json = small(V8::NODE_20).json();
    let strings = &json[json.find(",\n\"strings\"").unwrap() + 2..json.len() - 1];
    let before = |section: &str| {
        let start = format!("\"{section}\":");
        json.replace(&start, &format!("{strings},{start}"))
    };
    assert_fails(&before("nodes"), Code::NotASnapshot, "no nodes where");
    assert_fails(&before("edges"), Code::NotASnapshot, "no edges where");
    let words = "strings come before its locations";
    assert_fails(&before("locations"), Code::NotASnapshot, words);
    for section in ["snapshot", "nodes", "edges", "locations"] {
        let twice = json.replace(
            ",\n\"strings\"",
            &format!(",\"{section}\":[],\n\"strings\""),
        );
        assert_fails(&twice, Code::Corrupt, &format!("{section} comes twice"));
    }
}

#[test]
fn what_is_no_snapshot_is_an_error() {
    let json = small(V8::NODE_20).json();
    let changed = |from: &str, to: &str| {
        assert!(json.contains(from));
        json.replacen(from, to, 1)
    };
    assert_fails("secret", Code::NotJson, "Byte 0 ");
    assert_fails("{\"secret\":1}", Code::NotASnapshot, "does not begin with");
    assert_fails(
        &changed("\"name\"", "\"secret\""),
        Code::NotASnapshot,
        "no field \"name\"",
    );
    assert_fails(
        &changed("[[\"hidden\"", "[0,[\"hidden\""),
        Code::NotASnapshot,
        "does not list",
    );
    assert_fails(
        &changed("\"nodes\":[9", "\"nodes\":[99"),
        Code::Corrupt,
        "header does not list",
    );
    assert_fails(
        &changed("\"edges\":[", "\"edges\":[\"secret\","),
        Code::NotJson,
        "in edges",
    );
    assert_fails(
        &changed("\"samples\":[", "\"samples\":[\"secret\""),
        Code::NotJson,
        "in samples",
    );
    assert_fails(
        &changed("\"locations\":[", "\"locations\":[secret"),
        Code::NotJson,
        "locations",
    );
    let functions = "],\n\"trace_function_infos\"";
    assert_fails(
        &changed(functions, &format!(",0{functions}")),
        Code::Corrupt,
        "middle of a row",
    );
    assert_fails(
        &changed(functions, &format!(",0,1,0{functions}")),
        Code::Corrupt,
        "header promises",
    );
    assert_fails(
        &changed("\"node_count\":1", "\"node_count\":2"),
        Code::Corrupt,
        "header promises",
    );
    assert_fails(
        &changed("\"edges\":[5,3,", "\"edges\":[5,1000,"),
        Code::Corrupt,
        "string 1000 of",
    );
    assert_fails(
        &changed("\"edges\":[5,3,", "\"edges\":[5,99999999999,"),
        Code::Corrupt,
        "the most",
    );
    assert_fails(
        &changed("\"<dummy>\"", "\"\\x\""),
        Code::NotJson,
        "in strings",
    );
    assert_fails(
        &changed("\"<dummy>\"", "secret"),
        Code::NotJson,
        "in strings",
    );
    assert_fails(&format!("{json}secret"), Code::NotJson, "the end");
    let no_edges = changed("\"edges\"", "\"other\"");
    assert_fails(&no_edges, Code::NotASnapshot, "no edges");
    let deep = changed(
        "\"trace_tree\":[",
        &format!("\"trace_tree\":[{}", "[".repeat(100_000)),
    );
    assert_fails(&deep, Code::TooLarge, "deeper than");
    let long = changed(
        "\"meta\":",
        &format!("\"x\":[{}1],\"meta\":", "1,".repeat(600_000)),
    );
    assert_fails(&long, Code::NotASnapshot, "longer than");
}
