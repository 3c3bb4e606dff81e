//! Files that are well-formed and contradict themselves.

use super::{failure, read, small};
use crate::error::Code;
use crate::heap::fixture::HeapBuilder;
use crate::heap::graph::NodeIndex;

#[track_caller]
fn check(text: &str, code: Code, words: &str) {
    let error = failure(text);
    assert_eq!(error.code, code, "{}", error.message);
    assert!(error.message.contains(words), "{}", error.message);
}

/// The small snapshot with a part of its text changed. Its nodes have seven fields, the first of
/// them begins `9,1,1,0,1,0,0`, and its first edge is `5,3,7`.
#[track_caller]
fn changed(from: &str, to: &str) -> String {
    let json = small().json();
    assert!(json.contains(from), "{from} is not in {json}");
    json.replacen(from, to, 1)
}

#[test]
fn counts_of_nodes_have_to_agree() {
    for count in [5, 7, 1_000_000, u64::MAX] {
        let json = changed("\"node_count\":6", &format!("\"node_count\":{count}"));
        check(
            &json,
            Code::Corrupt,
            &format!("6 nodes where its header promises {count}"),
        );
    }
}

#[test]
fn counts_of_edges_have_to_agree() {
    for count in [5, 7, 1_000_000, u64::MAX] {
        let json = changed("\"edge_count\":6", &format!("\"edge_count\":{count}"));
        check(
            &json,
            Code::Corrupt,
            &format!("its nodes promise 6 and its header {count}"),
        );
    }
    let json = changed("9,1,1,0,1,0,0", "9,1,1,0,2,0,0");
    check(
        &json,
        Code::Corrupt,
        "6 edges where its nodes promise 7 and its header 6",
    );
    let json = changed("9,1,1,0,1,0,0", "9,1,1,0,4000000000,0,0");
    check(
        &json,
        Code::Corrupt,
        "6 edges where its nodes promise 4000000005",
    );
}

#[test]
fn more_edges_than_can_be_numbered_are_too_many() {
    let json = changed("9,1,1,0,1,0,0", "9,1,1,0,4294967295,0,0");
    check(&json, Code::TooLarge, "more than 4294967295 edges");
    let json = changed("9,1,1,0,1,0,0", "9,1,1,0,4294967296,0,0");
    check(&json, Code::TooLarge, "count of edges of 4294967296");
}

#[test]
fn counts_may_be_missing() {
    let json = changed(",\"node_count\":6,\"edge_count\":6", "");
    assert_eq!(read(&json).unwrap().node_count(), 6);
}

#[test]
fn a_row_may_not_end_in_the_middle() {
    for (end, words) in [
        (
            "\n],\n\"edges\"",
            "\"nodes\" of the snapshot ends in the middle of a row: 1 of 7",
        ),
        (
            "\n],\n\"trace_function_infos\"",
            "\"edges\" of the snapshot ends in the middle of a row: 1 of 3",
        ),
        (
            "\n],\n\"strings\"",
            "\"locations\" of the snapshot ends in the middle of a row: 1 of 4",
        ),
    ] {
        check(&changed(end, &format!(",1{end}")), Code::Corrupt, words);
    }
}

#[test]
fn edges_have_to_lead_to_nodes() {
    for target in ["6", "8", "42", "4294967296", "9999999999999999999"] {
        let json = changed("5,3,7", &format!("5,3,{target}"));
        check(
            &json,
            Code::Corrupt,
            &format!("edge 0 leads to {target}, which is not a node"),
        );
    }
}

#[test]
fn types_have_to_be_known_to_the_header() {
    check(
        &changed("9,1,1,0,1,0,0", "16,1,1,0,1,0,0"),
        Code::Corrupt,
        "node type 16 of 16 known",
    );
    check(
        &changed("5,3,7", "7,3,7"),
        Code::Corrupt,
        "edge type 7 of 7 known",
    );
    let huge = changed("5,3,7", "9999999999999999999,3,7");
    check(&huge, Code::Corrupt, "edge type 9999999999999999999");
}

#[test]
fn names_have_to_lie_inside_the_string_table() {
    let strings = read(&small().json()).unwrap().strings().len();
    let json = changed("9,1,1,0,1,0,0", &format!("9,{strings},1,0,1,0,0"));
    check(
        &json,
        Code::Corrupt,
        &format!("node 0 is named by string {strings} of {strings}"),
    );
    let json = changed("5,3,7", "5,4000000000,7");
    check(&json, Code::Corrupt, "edge 0 is named by string 4000000000");
    // The name of a numbered edge is no string.
    assert!(read(&changed("1,7,28", "1,4000000000,28")).is_ok());
}

#[test]
fn ids_and_names_have_to_fit_their_columns() {
    let json = changed("9,1,1,0,1,0,0", "9,1,4294967296,0,1,0,0");
    check(&json, Code::TooLarge, "object id of 4294967296");
    let json = changed("9,1,1,0,1,0,0", "9,4294967296,1,0,1,0,0");
    check(&json, Code::TooLarge, "string number of 4294967296");
    assert!(read(&changed("9,1,1,0,1,0,0", "9,1,4294967295,0,1,0,0")).is_ok());
}

#[test]
fn numbers_longer_than_any_are_refused() {
    let json = changed("9,1,1,0,1,0,0", "9,1,1,10000000000000000000,1,0,0");
    check(&json, Code::NotJson, "(in \"nodes\")");
}

#[test]
fn sizes_have_to_add_up_to_a_number_that_javascript_holds() {
    let mut heap = HeapBuilder::new();
    let node = heap.object("Buffer", (1 << 53) - 1);
    heap.property(NodeIndex::ROOT, "a", node);
    assert_eq!(
        heap.snapshot().retained_size(NodeIndex::ROOT),
        (1 << 53) - 1
    );
    heap.object("Buffer", 1);
    check(
        &heap.json(),
        Code::Corrupt,
        "its nodes take 9007199254740992 bytes",
    );
}

#[test]
fn sizes_of_four_gibibytes_and_more_are_kept() {
    let mut heap = HeapBuilder::new();
    let sizes = [
        u64::from(u32::MAX) - 1,
        u64::from(u32::MAX),
        1 << 32,
        1 << 40,
    ];
    let nodes = sizes.map(|size| heap.object("Buffer", size));
    let graph = heap.graph();
    assert_eq!(nodes.map(|node| graph.self_size(node)), sizes);
}

#[test]
fn there_has_to_be_a_node() {
    let text = r#"{"snapshot":{"meta":{
        "node_fields":["type","name","id","self_size","edge_count"],"node_types":[["hidden"]],
        "edge_fields":["type","name_or_index","to_node"],"edge_types":[["weak"]]}},
        "nodes":[],"edges":[],"strings":[]}"#;
    check(text, Code::Corrupt, "it has no nodes");
    assert!(read(&text.replace("\"nodes\":[],", "\"nodes\":[0,0,0,0,0],")).is_err());
    let one = text.replace("\"nodes\":[],", "\"nodes\":[0,0,0,0,0],");
    assert!(read(&one.replace("\"strings\":[]", "\"strings\":[\"\"]")).is_ok());
}

#[test]
fn locations_have_to_belong_to_nodes() {
    for place in ["3", "42", "9999999999999999999"] {
        let json = changed("\"locations\":[28,", &format!("\"locations\":[{place},"));
        check(
            &json,
            Code::Corrupt,
            &format!("a location belongs to {place}"),
        );
    }
}

#[test]
fn locations_of_unknown_fields_are_passed_over() {
    let json = changed(
        "\"script_id\",\"line\",\"column\"]}",
        "\"script\",\"line\",\"column\"]}",
    );
    assert_eq!(read(&json).unwrap().location(NodeIndex(4)), None);
    assert!(
        read(&small().json())
            .unwrap()
            .location(NodeIndex(4))
            .is_some()
    );
}
