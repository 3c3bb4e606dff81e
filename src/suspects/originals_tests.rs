//! Suspects before and after.

use super::*;
use crate::suspects::message::Telling;

/// `dist/server.js` was made from `src/server.ts`: its line 3 from line 9, its line 5 from line 12.
const MAP: &str = r#"{"version":3,"sources":["../src/server.ts"],"names":["requests"],
    "mappings":";;AAQAA,MAAMA;;AAGA,IAAI"}"#;

fn suspect(holder: &str, sites: &str) -> Suspect {
    let json = format!(
        r#"{{"kind":"listeners","className":"Request","count":3,"countGrowth":3,"retainedSize":9,
        "retainedGrowth":9,"holder":{holder},"path":[],"sites":[{sites}],"package":null,
        "fingerprint":"00","message":""}}"#
    );
    let mut suspect: Suspect = serde_json::from_str(&json).expect("a suspect");
    suspect.telling = Some(Telling {
        holders: 3,
        site: suspect.sites.first().cloned(),
        ..Telling::default()
    });
    tell(&mut suspect, Some("/app"));
    suspect
}

fn holder(name: &str, script: &str, line: u32) -> String {
    format!(
        r#"{{"className":"Map","name":"{name}","script":"{script}","line":{line},"id":1,
        "retainedSize":9}}"#
    )
}

fn site(url: &str, line: u32, column: u32) -> String {
    format!(r#"{{"functionName":"","url":"{url}","line":{line},"column":{column},"bytes":9}}"#)
}

fn told(mut suspect: Suspect, text: &str, is_there: bool) -> Suspect {
    let originals = Originals {
        read: &|_| Some(text.into()),
        map: &|script| {
            let map = SourceMap::read(MAP.as_bytes())?;
            script.contains("server.js").then(|| {
                let base = script.replace("server.js", "server.js.map");
                (map, base)
            })
        },
        exists: &|_| is_there,
        base: Some("/app"),
    };
    tell_originals(std::slice::from_mut(&mut suspect), &originals);
    suspect
}

const TEXT: &str = "'use strict';\n\nlet requests = new Map();\n\nfoo(() => 5);\n";

#[test]
fn places_are_those_of_the_source() {
    let before = suspect(
        &holder("requests", "/app/dist/server.js", 3),
        &site("file:///app/dist/server.js", 5, 5),
    );
    assert_eq!(
        before.message,
        "`requests` (Map, dist/server.js:3, the largest of 3) gained 3 listeners from \
         dist/server.js:5 and 9 B: they are added again and again and never removed."
    );
    let suspect = told(before, TEXT, true);
    assert_eq!(
        suspect.message,
        "`requests` (Map, src/server.ts:9, the largest of 3) gained 3 listeners from \
         src/server.ts:12 and 9 B: they are added again and again and never removed."
    );
    let place = |script: &str, line| (Some(script.to_owned()), Some(line));
    assert_eq!(
        (suspect.holder.script, suspect.holder.line),
        place("/app/src/server.ts", 9)
    );
    let site = &suspect.sites[0];
    assert_eq!(
        (site.url.as_str(), site.line, site.column),
        ("/app/src/server.ts", 12, 11)
    );
}

#[test]
fn a_site_that_is_told_need_not_be_among_the_first() {
    let mut suspect = suspect(
        &holder("requests", "/app/other.js", 3),
        &site("file:///app/dist/server.js", 5, 5),
    );
    suspect.sites.clear();
    let suspect = told(suspect, TEXT, true);
    assert!(
        suspect
            .message
            .contains("listeners from src/server.ts:12 and"),
        "{}",
        suspect.message
    );
}

#[test]
fn a_place_that_no_map_knows_stays() {
    let sites = site("/app/dist/server.js", 1, 5);
    let before = suspect(&holder("requests", "/app/other.js", 3), &sites);
    assert_eq!(told(before.clone(), TEXT, true), before);
    let core = suspect(&holder("requests", "node:server.js", 3), "");
    assert_eq!(told(core.clone(), TEXT, true), core);
}

#[test]
fn a_package_whose_source_is_not_there_is_told_by_what_runs() {
    let script = "/app/node_modules/kept/dist/server.js";
    let before = suspect(&holder("requests", script, 3), "");
    assert_eq!(told(before.clone(), TEXT, false), before);
    let after = told(before, TEXT, true);
    assert_eq!(after.package.as_deref(), Some("kept"));
    assert!(
        after
            .message
            .contains("(Map, node_modules/kept/src/server.ts:9,")
    );
}

#[test]
fn a_shortened_name_is_the_authors_again() {
    let short = suspect(&holder("r", "/app/dist/server.js", 3), "");
    let after = told(short.clone(), "\n\nr=new Map()", true);
    assert_eq!(after.holder.name, "requests");
    assert!(
        after
            .message
            .starts_with("`requests` (Map, src/server.ts:9,"),
        "{}",
        after.message
    );
    let member = suspect(&holder("r.signal", "/app/dist/server.js", 3), "");
    let after = told(member, "\n\nr=new AbortController()", true);
    assert_eq!(after.holder.name, "requests.signal");
    // Where the name does not stand at a mapping's own column, the map's name is another's.
    let beside = told(short, "\n\n  r=new Map()", true);
    assert_eq!(beside.holder.name, "r");
}

#[test]
fn on_a_long_line_a_name_has_to_be_the_only_one() {
    let before = suspect(&holder("r", "/app/dist/server.js", 3), "");
    let filler = "x;".repeat(LONG_LINE);
    let twice = format!("\n\nr=new Map();{filler}function f(){{let r=new Map()}}");
    assert_eq!(told(before.clone(), &twice, true), before);
    let once = format!("\n\nr=new Map();{filler}function f(r){{return r+1}}");
    assert_eq!(told(before.clone(), &once, true).holder.name, "requests");
    let absent = format!("\n\n{filler}");
    assert_eq!(told(before.clone(), &absent, true), before);
}

#[test]
fn names_of_sources_are_relative_to_the_map() {
    for (source, base, expected) in [
        ("../src/a.ts", "/app/dist/a.js.map", "/app/src/a.ts"),
        (
            "./b.ts",
            "file:///app/with%20space/a.mjs",
            "/app/with space/b.ts",
        ),
        ("/app/a.ts", "/app/dist/a.js.map", "/app/a.ts"),
        ("file:///app/a%20b.ts", "/x.map", "/app/a b.ts"),
        (
            "webpack://app/./src/a.ts",
            "/x.map",
            "webpack://app/./src/a.ts",
        ),
        ("../../../a.ts", "/app/a.map", "/a.ts"),
    ] {
        assert_eq!(resolved(source, base), expected);
    }
}

#[test]
fn a_name_is_found_where_it_is_given_such_an_object() {
    for (text, class, expected) in [
        ("n=new Map,r=5", "Map", true),
        ("n = /* @__PURE__ */ new Map();", "Map", true),
        (
            "n=new e.EventEmitter().setMaxListeners(0)",
            "EventEmitter",
            true,
        ),
        ("n=[],r", "Array", true),
        ("n=new Array(5)", "Array", true),
        ("n={}", "Object", true),
        ("n=new MapOfNames", "Map", false),
        ("n=>new Map", "Map", false),
        ("n==new Map", "Map", false),
        ("n.set(new Map)", "Map", false),
    ] {
        assert_eq!(makes_right_here(text, "n", class), expected, "{text}");
    }
}
