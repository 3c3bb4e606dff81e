//! Files that are something else than a heap snapshot.

use super::{failure, read, small};
use crate::error::Code;

#[track_caller]
fn check(text: &str, code: Code, words: &str) {
    let error = failure(text);
    assert_eq!(error.code, code, "{text}: {}", error.message);
    assert!(error.message.contains(words), "{text}: {}", error.message);
}

/// The small snapshot with a part of its text changed.
#[track_caller]
fn changed(from: &str, to: &str) -> String {
    let json = small().json();
    assert!(json.contains(from), "{from}");
    json.replacen(from, to, 1)
}

#[test]
fn nothing_at_all_is_truncated() {
    check("", Code::Truncated, "is empty (0 bytes)");
    check(" \n", Code::Truncated, "ends after 2 bytes");
}

#[test]
fn other_json_is_no_snapshot() {
    check("{}", Code::NotASnapshot, "empty object");
    check(" { } ", Code::NotASnapshot, "empty object");
    for text in [
        "[]",
        "\"x\"",
        "12",
        "-1",
        "true",
        "false",
        "null",
        "[{\"snapshot\":1}]",
    ] {
        check(text, Code::NotASnapshot, "not an object");
    }
    // What other tools of the trade write, and what lies beside a snapshot by mistake.
    for (text, member) in [
        (r#"{"head":{"callFrame":{}},"samples":[]}"#, "\"head\""),
        (
            r#"{"nodes":[{"id":1}],"startTime":1,"endTime":2}"#,
            "\"nodes\"",
        ),
        (r#"{"name":"leakguard","version":"0.1.0"}"#, "\"name\""),
        (r#"{"traceEvents":[]}"#, "\"traceEvents\""),
        (r#"{"strings":[],"snapshot":{}}"#, "\"strings\""),
    ] {
        check(text, Code::NotASnapshot, member);
        check(text, Code::NotASnapshot, "\"snapshot\" has to come first");
    }
}

#[test]
fn a_long_first_member_is_shown_in_part() {
    let name = "x".repeat(1000);
    check(
        &format!("{{\"{name}\":1}}"),
        Code::NotASnapshot,
        &format!("\"{}\"", &name[..40]),
    );
    assert!(failure(&format!("{{\"{name}\":1}}")).message.len() < 400);
}

#[test]
fn other_text_is_no_json() {
    check("<!doctype html>", Code::NotJson, "'<' at byte 0");
    check("  hello", Code::NotJson, "'h' at byte 2");
    check("\u{feff}{}", Code::NotJson, "byte 0xef at byte 0");
    check("{1:2}", Code::NotJson, "'1' at byte 1");
    check("{'snapshot'", Code::NotJson, "''' at byte 1");
    check("\0\0\0\0", Code::NotJson, "byte 0x00 at byte 0");
    check("\u{1f}\u{fffd}zip", Code::NotJson, "byte 0x1f at byte 0");
}

#[test]
fn more_text_behind_the_end_is_refused() {
    let json = small().json();
    check(
        &format!("{json}x"),
        Code::NotJson,
        &format!("'x' at byte {}", json.len()),
    );
    check(
        &format!("{json}\n{json}"),
        Code::NotJson,
        &format!("at byte {}", json.len() + 1),
    );
    assert!(read(&format!("{json} \r\n\t")).is_ok());
}

#[test]
fn a_header_that_does_not_fit_is_no_snapshot() {
    for header in [
        "1",
        "[]",
        "null",
        "{}",
        r#"{"meta":1}"#,
        r#"{"meta":{"node_fields":[]}}"#,
    ] {
        check(
            &format!("{{\"snapshot\":{header},\"nodes\":[]}}"),
            Code::NotASnapshot,
            "header does not fit",
        );
    }
    let negative = changed("\"node_count\":6", "\"node_count\":-6");
    check(&negative, Code::NotASnapshot, "header does not fit");
}

#[test]
fn a_header_without_a_field_is_no_snapshot() {
    for field in ["type", "name", "id", "self_size", "edge_count"] {
        let json = changed(&format!("\"{field}\""), "\"other\"");
        check(
            &json,
            Code::NotASnapshot,
            &format!("node_fields has no field \"{field}\""),
        );
    }
    for field in ["name_or_index", "to_node"] {
        let json = changed(&format!("\"{field}\""), "\"other\"");
        check(
            &json,
            Code::NotASnapshot,
            &format!("edge_fields has no field \"{field}\""),
        );
    }
    let types = changed(
        "\"node_types\":[[\"hidden\"",
        "\"node_types\":[\"x\",[\"hidden\"",
    );
    check(&types, Code::NotASnapshot, "node_types does not list");
    let types = changed("\"edge_types\":[[", "\"edge_types\":[],\"x\":[[");
    check(&types, Code::NotASnapshot, "edge_types does not list");
}

#[test]
fn a_header_of_too_many_fields_is_no_snapshot() {
    let more = "\"x\",".repeat(10);
    let json = changed("\"node_fields\":[", &format!("\"node_fields\":[{more}"));
    check(
        &json,
        Code::NotASnapshot,
        "node_fields has 17 fields, over 16",
    );
}

#[test]
fn a_header_of_a_megabyte_is_no_snapshot() {
    let long = changed(
        "\"meta\":",
        &format!("\"x\":[{}1],\"meta\":", "1,".repeat(600_000)),
    );
    check(&long, Code::NotASnapshot, "longer than 1048576 bytes");
}

#[test]
fn sections_may_not_be_missing() {
    let json = small().json();
    let cut = |from: &str, to: &str| {
        let (begin, end) = (json.find(from).unwrap(), json.find(to).unwrap());
        format!("{}{}", &json[..begin], &json[end..])
    };
    check(
        &cut("\"nodes\"", "\"edges\""),
        Code::NotASnapshot,
        "edges come before its nodes",
    );
    check(
        &cut("\"nodes\"", "\"trace_tree\""),
        Code::Corrupt,
        "which is not a node",
    );
    check(
        &cut("\"nodes\"", "\"strings\""),
        Code::NotASnapshot,
        "no \"nodes\"",
    );
    check(
        &cut("\"edges\"", "\"locations\""),
        Code::NotASnapshot,
        "no \"edges\"",
    );
    let strings = json.find(",\n\"strings\"").unwrap();
    check(
        &format!("{}}}", &json[..strings]),
        Code::NotASnapshot,
        "no \"strings\"",
    );
}

#[test]
fn sections_may_not_come_twice() {
    let json = small().json();
    for section in ["snapshot", "nodes", "edges", "locations", "strings"] {
        let twice = format!("{},\"{section}\":[]}}", json.strip_suffix('}').unwrap());
        check(&twice, Code::Corrupt, &format!("\"{section}\" comes twice"));
    }
}

#[test]
fn values_nested_too_deep_are_refused_without_recursion() {
    let deep = format!(
        "\"deep\":{}{},\"nodes\":",
        "[".repeat(100_001),
        "]".repeat(100_001)
    );
    check(
        &changed("\"nodes\":", &deep),
        Code::TooLarge,
        "deeper than 100000 levels",
    );
    let deep = format!(
        "\"deep\":{}{},\"nodes\":",
        "[".repeat(99_999),
        "]".repeat(99_999)
    );
    assert!(read(&changed("\"nodes\":", &deep)).is_ok());
}

#[test]
fn brackets_have_to_match() {
    for value in ["[}", "{]", "[", "]", "{\"a\":[}"] {
        let json = changed("\"trace_tree\":[]", &format!("\"trace_tree\":{value}"));
        let code = failure(&json).code;
        assert!(
            matches!(code, Code::NotJson | Code::Truncated),
            "{value}: {code:?}"
        );
    }
}

#[test]
fn numbers_have_to_be_whole() {
    for (number, wrong) in [
        ("1.5", '.'),
        ("1e5", 'e'),
        ("-1", '-'),
        ("\"1\"", '"'),
        ("null", 'n'),
    ] {
        let json = changed("\"nodes\":[9,", &format!("\"nodes\":[{number},"));
        let place = json.find("\"nodes\":[").unwrap() + 9 + number.find(wrong).unwrap();
        check(&json, Code::NotJson, &format!("'{wrong}' at byte {place} "));
        check(&json, Code::NotJson, "(in \"nodes\")");
    }
}
