//! Heaps made by hand, whose culprit is known.

use super::*;
use crate::heap::fixture::HeapBuilder;
use crate::heap::{EdgeType, NodeIndex, NodeType};
use crate::suspects::SuspectKind;

#[path = "holder_tests.rs"]
mod holders;
#[path = "in_flight_tests.rs"]
mod in_flight;
#[path = "open_handles_tests.rs"]
mod open_handles;
#[path = "pattern_tests.rs"]
mod patterns;
#[path = "program_names_tests.rs"]
mod program_names;

/// A program with a module scope: a function `handler` of `/app/server.js`, line 10, whose context
/// holds the module's variables.
struct Program {
    heap: HeapBuilder,
    scope: NodeIndex,
}

const SOURCE: &str = "'use strict';\n\nconst requests = new Map();\nconst bus = new EventEmitter();\n\nexports.seen = new Set();\n\
     const shutdown = new AbortController();\n";

impl Program {
    fn new() -> Self {
        let mut heap = HeapBuilder::new();
        let global = heap.global();
        let handler = heap.closure("handler", 64);
        let scope = heap.object("system / Context", 64);
        let shared = heap.code("handler", 32);
        let script = heap.code("/app/server.js", 32);
        heap.property(global, "handler", handler);
        heap.internal(handler, "context", scope);
        heap.internal(handler, "shared", shared);
        heap.internal(shared, "script", script);
        heap.location(handler, 7, 9, 4);
        Self { heap, scope }
    }

    fn variable(&mut self, name: &str, class: &str) -> NodeIndex {
        let object = self.heap.object(class, 32);
        self.heap.context(self.scope, name, object);
        object
    }

    /// A Map with `count` objects of `class`, 100 bytes each.
    fn map(&mut self, name: &str, class: &str, count: u32) -> NodeIndex {
        let map = self.variable(name, "Map");
        let table = self.heap.array("", 16);
        self.heap.internal(map, "table", table);
        for entry in 0..count {
            let value = self.heap.object(class, 100);
            self.heap
                .internal(table, &format!("{}", 2 * entry + 1), value);
        }
        map
    }
}

fn compare(programs: impl IntoIterator<Item = Program>) -> Comparison {
    let mut comparator = Comparator::default();
    let mut programs: Vec<Program> = programs.into_iter().collect();
    let last = programs.pop().unwrap();
    for (place, program) in programs.iter().enumerate() {
        comparator.add(&program.heap.snapshot(), place as f64);
    }
    let read = |script: &str| (script == "/app/server.js").then(|| SOURCE.into());
    let sources = Sources {
        read: &read,
        base: Some("/app"),
    };
    comparator.finish(&last.heap.snapshot(), programs.len() as f64, sources)
}

fn grown(counts: [u32; 3], mut grow: impl FnMut(&mut Program, u32)) -> Comparison {
    compare(counts.map(|count| {
        let mut program = Program::new();
        grow(&mut program, count);
        program
    }))
}

#[test]
fn a_map_is_named_by_its_variable_its_file_and_the_line_that_declares_it() {
    let found = grown([10, 20, 30], |program, count| {
        program.map("requests", "IncomingMessage", count);
    });
    let suspect = &found.suspects[0];
    assert_eq!(suspect.kind, SuspectKind::Collection);
    assert_eq!(suspect.class_name, "IncomingMessage");
    assert_eq!((suspect.count, suspect.count_growth), (30, 20));
    assert_eq!(
        (suspect.retained_size, suspect.retained_growth),
        (3000, 2000)
    );
    assert_eq!(suspect.holder.class_name, "Map");
    assert_eq!(suspect.holder.name, "requests");
    assert_eq!(suspect.holder.script.as_deref(), Some("/app/server.js"));
    assert_eq!(suspect.holder.line, Some(3));
    assert_eq!(suspect.package, None);
    assert!(
        suspect
            .message
            .starts_with("`requests` (Map, server.js:3) gained 20"),
        "{suspect:?}"
    );
    let edges: Vec<&str> = suspect.path.iter().map(|step| step.edge.as_str()).collect();
    assert_eq!(edges[edges.len() - 4..], ["requests", "table", "1", ""]);
}

#[test]
fn what_stopped_growing_is_no_suspect() {
    let found = grown([10, 40, 40], |program, count| {
        program.map("cache", "Entry", count);
    });
    assert_eq!(found.suspects, []);
    let entries = found
        .classes
        .iter()
        .find(|class| class.class_name == "Entry")
        .unwrap();
    assert_eq!(
        (entries.counts.as_slice(), entries.count_growth),
        ([10, 40, 40].as_slice(), 30)
    );
}

#[test]
fn object_ids_play_no_part() {
    let with_ids = |first: u64| {
        grown([10, 20, 30], move |program, count| {
            let map = program.map("requests", "Job", count);
            program.heap.set_id(map, first + u64::from(count) * 97);
        })
    };
    let (one, other) = (with_ids(5001), with_ids(9001));
    assert_eq!(one.suspects[0].message, other.suspects[0].message);
    assert_ne!(one.suspects[0].holder.id, other.suspects[0].holder.id);
}

#[test]
fn the_same_leak_has_the_same_fingerprint_whatever_its_size() {
    let fingerprint = |name, counts| {
        let found = grown(counts, |program, count| {
            program.map(name, "Job", count);
        });
        found.suspects[0].fingerprint.clone()
    };
    assert_eq!(
        fingerprint("jobs", [1, 2, 3]),
        fingerprint("jobs", [50, 700, 1100])
    );
    assert_ne!(
        fingerprint("jobs", [1, 2, 3]),
        fingerprint("tasks", [1, 2, 3])
    );
}

#[test]
fn listeners_belong_to_their_emitter_and_its_event() {
    let found = grown([10, 20, 30], |program, count| {
        let bus = program.variable("bus", "EventEmitter");
        let events = program.heap.object("Object", 32);
        let list = program.heap.object("Array", 16);
        let elements = program.heap.array("(object elements)", 16);
        program.heap.property(bus, "_events", events);
        program.heap.property(events, "price", list);
        program.heap.internal(list, "elements", elements);
        for place in 0..count {
            let listener = program.heap.closure("onPrice", 64);
            let context = program.heap.object("system / Context", 32);
            let view = program.heap.object("View", 500);
            program.heap.element(list, place, listener);
            program.heap.internal(listener, "context", context);
            program.heap.context(context, "this", view);
            program.heap.location(listener, 7, 20, 2);
        }
    });
    let suspect = &found.suspects[0];
    assert_eq!(suspect.kind, SuspectKind::Listeners);
    assert_eq!(suspect.holder.name, "bus");
    assert_eq!(suspect.holder.line, Some(4));
    assert_eq!(
        (suspect.sites[0].url.as_str(), suspect.sites[0].line),
        ("/app/server.js", 21)
    );
    for part in [
        "20 listeners for 'price' from server.js:21",
        "each keeping a View alive",
    ] {
        assert!(suspect.message.contains(part), "{}", suspect.message);
    }
}

/// A chain of `count` links that hangs on a variable.
fn chain(program: &mut Program, name: &str, count: u32) {
    let list = program.variable(name, "Queue");
    let mut before = list;
    for place in 0..count {
        let link = program.heap.object("Link", 50);
        program
            .heap
            .property(before, if place == 0 { "head" } else { "next" }, link);
        before = link;
    }
}

#[test]
fn a_chain_of_links_is_one_position_and_its_owner_holds_it() {
    let found = grown([10, 2000, 4000], |program, count| {
        chain(program, "queue", count)
    });
    let suspect = &found.suspects[0];
    assert_eq!(suspect.class_name, "Link");
    assert_eq!(
        (
            suspect.holder.class_name.as_str(),
            suspect.holder.name.as_str()
        ),
        ("Queue", "queue")
    );
    assert_eq!(suspect.count_growth, 3990);
    assert_eq!(found.suspects.len(), 1);
}

#[test]
fn a_dictionary_of_objects_like_itself_is_still_their_holder() {
    let found = grown([10, 20, 30], |program, count| {
        let sessions = program.variable("sessions", "Object");
        for key in 0..count {
            let session = program.heap.object("Object", 80);
            program.heap.property(sessions, &format!("{key}"), session);
        }
    });
    let suspect = &found.suspects[0];
    assert_eq!(suspect.kind, SuspectKind::Collection);
    assert_eq!(suspect.holder.name, "sessions");
}

#[test]
fn a_dictionarys_keys_are_data_and_stay_out_of_the_path() {
    let found = grown([100, 200, 300], |program, count| {
        let sessions = program.variable("sessions", "Object");
        for key in 0..count {
            let session = program.heap.object("Session", 80);
            program
                .heap
                .property(sessions, &format!("user{key}@example.com"), session);
        }
    });
    let edges: Vec<&str> = found.suspects[0]
        .path
        .iter()
        .map(|step| step.edge.as_str())
        .collect();
    assert_eq!(edges[edges.len() - 3..], ["sessions", "[…]", ""]);
    assert!(!format!("{found:?}").contains("@example.com"));
}

#[test]
fn a_dictionarys_keys_are_no_part_of_the_fingerprint() {
    let fingerprint = |run: &'static str| {
        let found = grown([100, 200, 300], move |program, count| {
            let sessions = program.variable("sessions", "Object");
            for key in 0..count {
                let session = program.heap.object("Session", 80);
                let name = format!("{run}-{key}");
                program.heap.property(sessions, &name, session);
            }
        });
        found.suspects[0].fingerprint.clone()
    };
    assert_eq!(fingerprint("monday"), fingerprint("tuesday"));
}

#[test]
fn what_the_compiler_holds_for_a_moment_is_no_leak() {
    let found = grown([10, 20, 30], |program, count| {
        let roots = program.heap.synthetic("(Strong roots)");
        let root = program.heap.root();
        program.heap.element(root, 2, roots);
        for number in 0..count {
            let job = program.heap.object("IdentityMapBase", 4000);
            program.heap.element(roots, number, job);
        }
        program.map("jobs", "Job", count);
    });
    assert_eq!(found.suspects.len(), 1);
    assert_eq!(found.suspects[0].holder.name, "jobs");
}

#[test]
fn closures_that_keep_the_object_before_lead_to_the_variable_of_the_last() {
    let found = grown([10, 20, 30], |program, count| {
        let mut object = program.variable("current", "Object");
        for _ in 0..count {
            let method = program.heap.closure("greet", 64);
            let context = program.heap.object("system / Context", 32);
            let before = program.heap.object("Object", 4000);
            program.heap.property(object, "greet", method);
            program.heap.internal(method, "context", context);
            program.heap.context(context, "previous", before);
            object = before;
        }
    });
    let suspect = &found.suspects[0];
    assert_eq!(suspect.kind, SuspectKind::Closure);
    assert_eq!(suspect.holder.name, "current");
    assert_eq!(suspect.count_growth, 20);
}

/// Wrappers such as `once` put a closure in a context on every way, so the same two steps come
/// again without a loop.
#[test]
fn the_same_two_steps_at_two_places_of_a_way_are_no_loop() {
    let found = grown([10, 20, 30], |program, count| {
        let wrap = |heap: &mut HeapBuilder, from: NodeIndex, edge: &str, wrapped: NodeIndex| {
            let once = heap.closure("f", 64);
            let context = heap.object("system / Context", 32);
            heap.property(from, edge, once);
            heap.internal(once, "context", context);
            heap.context(context, "fn", wrapped);
        };
        let server = program.variable("server", "Server");
        let callback = program.heap.closure("", 64);
        wrap(&mut program.heap, server, "onlistening", callback);
        let scope = program.heap.object("system / Context", 32);
        program.heap.internal(callback, "context", scope);
        let requests = program.heap.object("Map", 32);
        program.heap.context(scope, "requests", requests);
        for key in 0..count {
            let request = program.heap.object("IncomingMessage", 900);
            let done = program.heap.closure("", 64);
            program.heap.internal(requests, &format!("{key}"), request);
            wrap(&mut program.heap, request, "ondone", done);
        }
    });
    let suspect = &found.suspects[0];
    assert_eq!(suspect.class_name, "IncomingMessage");
    assert_eq!(suspect.holder.name, "requests");
}

#[test]
fn a_list_linked_both_ways_is_one_suspect_and_counted_whole() {
    let found = grown([10, 100, 200], |program, count| {
        let list = program.variable("timerLists", "TimersList");
        let links: Vec<NodeIndex> = (0..count)
            .map(|_| program.heap.object("Timeout", 80))
            .collect();
        let mut ring = vec![list];
        ring.extend(links);
        for (place, &link) in ring.iter().enumerate() {
            let next = ring[(place + 1) % ring.len()];
            program.heap.property(link, "_idleNext", next);
            program.heap.property(next, "_idlePrev", link);
        }
    });
    let suspect = &found.suspects[0];
    assert_eq!(suspect.kind, SuspectKind::Timers);
    assert_eq!(suspect.holder.name, "timerLists");
    assert_eq!(found.suspects.len(), 1);
    // The links next to the list stand in positions of their own.
    assert!(
        (186..=190).contains(&suspect.count_growth),
        "{}",
        suspect.count_growth
    );
}

#[test]
fn a_bounded_array_whose_elements_keep_more_and_more_is_the_holder() {
    let found = grown([10, 20, 30], |program, count| {
        let headers = program.variable("headers", "Array");
        for place in 0..100 {
            let header = program.heap.object("Buffer", 64);
            program.heap.element(headers, place, header);
            if place < count {
                let whole = program.heap.object("ArrayBuffer", 60);
                let data = program.heap.native("system / JSArrayBufferData", 65_536);
                program.heap.internal(header, "buffer", whole);
                program.heap.internal(whole, "backing_store", data);
            }
        }
    });
    let suspect = &found.suspects[0];
    assert_eq!(suspect.kind, SuspectKind::Buffers);
    assert_eq!(suspect.class_name, "ArrayBuffer");
    assert_eq!(suspect.holder.name, "headers");
    assert_eq!(suspect.count_growth, 20);
}

#[test]
fn slow_growth_above_does_not_hide_fast_growth_below() {
    let found = grown([1, 2, 3], |program, count| {
        let modules = program.variable("modules", "Array");
        for place in 0..10 + count {
            let module = program.heap.object("Module", 40);
            program.heap.element(modules, place, module);
            if place == 0 {
                let cache = program.heap.object("Map", 32);
                program.heap.property(module, "cache", cache);
                for key in 0..1000 * count {
                    let entry = program.heap.object("Entry", 90);
                    program
                        .heap
                        .edge(EdgeType::Internal, cache, &format!("{key}"), entry);
                }
            }
        }
    });
    assert_eq!(found.suspects[0].class_name, "Entry");
    assert_eq!(found.suspects[0].holder.name, "cache");
}

#[test]
fn what_members_share_is_retained_by_all_of_them_together() {
    let found = grown([10, 20, 30], |program, count| {
        let map = program.map("requests", "Job", 0);
        let table = program.heap.array("", 16);
        let shared = program.heap.object("Config", 5000);
        program.heap.internal(map, "table", table);
        for place in 0..count {
            let job = program.heap.object("Job", 100);
            program.heap.internal(table, &format!("{place}"), job);
            program.heap.property(job, "config", shared);
        }
    });
    // No single job retains the configuration, and the sum of retained sizes would not have it.
    assert_eq!(found.suspects[0].retained_size, 30 * 100 + 5000);
}

#[test]
fn a_value_in_a_weak_map_is_found_where_the_weak_map_is() {
    let found = grown([10, 20, 30], |program, count| {
        let targets = program.variable("targetMap", "WeakMap");
        let table = program.heap.array("", 16);
        program.heap.internal(targets, "table", table);
        let key = program.variable("shared", "Object");
        let set = program.heap.object("Set", 32);
        program.heap.ephemeron(table, key, set);
        let entries = program.heap.array("", 16);
        program.heap.internal(set, "table", entries);
        for place in 0..count {
            let effect = program.heap.object("ReactiveEffect", 100);
            program.heap.internal(entries, &format!("{place}"), effect);
        }
    });
    let suspect = &found.suspects[0];
    assert_eq!(suspect.class_name, "ReactiveEffect");
    assert_eq!(suspect.holder.name, "targetMap[]");
}

#[test]
fn an_object_that_only_becomes_larger_is_named_itself() {
    let found = grown([1, 2, 3], |program, count| {
        let numbers = program.variable("readings", "Array");
        let elements = program.heap.node(
            NodeType::Array,
            "(object elements)",
            u64::from(count) * 10_000,
        );
        program.heap.internal(numbers, "elements", elements);
        // Kept by a second object as well, so that it is not counted as the array's own.
        let view = program.variable("view", "View");
        program.heap.internal(view, "elements", elements);
    });
    let suspect = &found.suspects[0];
    assert_eq!(suspect.holder.name, "readings");
    assert_eq!(suspect.count_growth, 0);
    assert!(
        suspect.message.contains("became 19.5 KB larger"),
        "{}",
        suspect.message
    );
}

#[test]
fn one_snapshot_says_nothing_about_growth() {
    let mut program = Program::new();
    program.map("requests", "Job", 10);
    let found = compare([program]);
    assert_eq!((found.suspects.len(), found.classes.len()), (0, 0));
}
