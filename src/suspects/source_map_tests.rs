//! Maps that tools have written, and what they say.

use super::*;

fn map(json: &str) -> SourceMap {
    SourceMap::read(json.as_bytes()).expect("a map")
}

fn at(line: u32, column: u32) -> Position {
    Position {
        line,
        column: Some(column),
    }
}

/// Source, line and column.
fn places(map: &SourceMap, positions: &[Position]) -> Vec<Option<(String, u32, u32)>> {
    map.origins(positions)
        .into_iter()
        .map(|origin| origin.map(|origin| (origin.source, origin.line, origin.column)))
        .collect()
}

/// Written by the TypeScript compiler for a file whose first seven lines are types.
const COMPILED: &str = r#"{"version":3,"sources":["a.ts"],"sourcesContent":["skipped"],"names":[],
    "mappings":";AAOA,MAAM,IAAI,GAAY,EAAE,CAAC;AAEzB,IAAI,CAAC,GAAG"}"#;

#[test]
fn the_closest_mapping_before_a_position_on_its_line_counts() {
    let found = places(
        &map(COMPILED),
        &[at(1, 6), at(1, 8), at(2, 0), at(0, 0), at(9, 0)],
    );
    let place = |line, column| Some(("a.ts".to_owned(), line, column));
    assert_eq!(found, [place(7, 6), place(7, 6), place(9, 0), None, None]);
}

#[test]
fn without_a_column_the_first_of_the_line_counts() {
    let line = Position {
        line: 2,
        column: None,
    };
    assert_eq!(
        places(&map(COMPILED), &[line]),
        [Some(("a.ts".into(), 9, 0))]
    );
}

#[test]
fn a_name_is_told_only_where_it_stands() {
    // `r` at column 4 of the only line was `requests` at 3:6.
    let map = map(r#"{"version":3,"sourceRoot":"/app/src","sources":["a.ts"],
        "names":["requests"],"mappings":"AAAA,IAGMA,EAAI"}"#);
    let origins = map.origins(&[at(0, 4), at(0, 5), at(0, 99)]);
    let names: Vec<_> = origins
        .iter()
        .map(|origin| origin.as_ref().and_then(|origin| origin.name.as_deref()))
        .collect();
    assert_eq!(names, [Some("requests"), None, None]);
    let origin = origins[0].as_ref().expect("an origin");
    assert_eq!(
        (origin.source.as_str(), origin.line, origin.column),
        ("/app/src/a.ts", 3, 6)
    );
}

#[test]
fn sections_are_maps_of_their_own() {
    let map = map(r#"{"version":3,"sections":[
        {"offset":{"line":0,"column":0},"map":{"version":3,"sources":["a.ts"],"mappings":"AAAA"}},
        {"offset":{"line":2,"column":10},"map":{"version":3,"sources":["b.ts"],"mappings":"AACA;AAGA"}}
    ]}"#);
    let found = places(&map, &[at(0, 3), at(2, 9), at(2, 12), at(3, 0)]);
    assert_eq!(
        found,
        [
            Some(("a.ts".into(), 0, 0)),
            None,
            Some(("b.ts".into(), 1, 0)),
            Some(("b.ts".into(), 4, 0)),
        ]
    );
}

#[test]
fn what_was_made_from_nothing_has_no_origin() {
    let map = map(r#"{"version":3,"sources":["a.ts",null],"mappings":"A;ACAA;AAAA,C"}"#);
    assert_eq!(
        places(&map, &[at(0, 0), at(1, 0), at(2, 3)]),
        [None, None, None]
    );
}

#[test]
fn a_broken_map_says_nothing() {
    assert!(SourceMap::read(&b"<html>not found</html>"[..]).is_none());
    for mappings in ["A!A", "AA", "AAAAAA", "gggggggggggggggggA", "AAAg"] {
        let map = map(&format!(
            r#"{{"version":3,"sources":["a.ts"],"mappings":"{mappings}"}}"#
        ));
        assert_eq!(places(&map, &[at(0, 0)]), [None], "{mappings}");
    }
    let outside = map(r#"{"version":3,"sources":["a.ts"],"mappings":"AEAA"}"#);
    assert_eq!(places(&outside, &[at(0, 0)]), [None]);
}

#[test]
fn data_urls_are_decoded() {
    let text = |url| data_of(url).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    for (url, expected) in [
        (
            "data:application/json;base64,eyJhIjoxfQ==",
            Some("{\"a\":1}"),
        ),
        ("data:application/json;charset=utf-8;base64,e30", Some("{}")),
        ("data:application/json,%7B%22a%22%3A1%7D", Some("{\"a\":1}")),
        ("data:,100%", Some("100%")),
        ("data:application/json;base64,!!", None),
        ("a.js.map", None),
    ] {
        assert_eq!(text(url).as_deref(), expected, "{url}");
    }
}
