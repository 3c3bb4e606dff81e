//! Snapshots in the middle of a request: what is in flight is a shorter way to what lasts.

use super::*;

/// A module's state: something large that stays as it is, and `requests`, which grows. When a request
/// is in flight, `extra` adds what leads to the large thing.
fn state(count: u32, extra: impl FnOnce(&mut Program, NodeIndex)) -> Program {
    let mut program = Program::new();
    let state = program.variable("state", "State");
    let routes = program.heap.object("Routes", 100_000);
    let (outer, requests) = (
        program.heap.object("Router", 16),
        program.heap.object("Map", 16),
    );
    program.heap.property(state, "router", outer);
    program.heap.property(outer, "routes", routes);
    program.heap.property(state, "requests", requests);
    let table = program.heap.array("", 16);
    program.heap.internal(requests, "table", table);
    for place in 0..count {
        let request = program.heap.object("Request", 100);
        program.heap.internal(table, &format!("{place}"), request);
    }
    extra(&mut program, routes);
    program
}

#[test]
fn what_grows_is_found_where_something_else_left() {
    let found = compare([10, 20, 30].map(|count| {
        state(count, |program, routes| {
            if count == 30 {
                let global = program.heap.global();
                let timer = program.heap.object("Timeout", 50);
                program.heap.property(global, "timer", timer);
                program.heap.property(timer, "routes", routes);
            }
        })
    }));
    assert_eq!(found.suspects.len(), 1);
    assert_eq!(found.suspects[0].holder.name, "requests");
}

#[test]
fn what_was_held_elsewhere_before_has_not_grown() {
    let found = compare([10, 20, 30].map(|count| {
        state(count, |program, routes| {
            let global = program.heap.global();
            let timers = program.heap.object("TimersList", 50);
            program.heap.property(global, "timers", timers);
            for place in 0..count / 10 {
                let timer = program.heap.object("Timeout", 50);
                program.heap.element(timers, place, timer);
                if place == 2 {
                    program.heap.property(timer, "routes", routes);
                }
            }
        })
    }));
    assert_eq!(found.suspects[0].holder.name, "requests");
    assert!(
        found
            .suspects
            .iter()
            .all(|suspect| suspect.class_name != "Timeout")
    );
}

#[test]
fn what_grows_while_more_is_freed_elsewhere_is_found() {
    for freed in [1_900, 3_000, 20_000] {
        let found = compare([10, 20, 30].map(|count| {
            state(count, |program, _| {
                let state = program.variable("idle", "Idle");
                let left = 100_000 - freed / 20 * count;
                let connections = program.heap.object("Connections", left.into());
                program.heap.property(state, "connections", connections);
            })
        }));
        assert_eq!(found.suspects.len(), 1, "{freed}");
        assert_eq!(found.suspects[0].holder.name, "requests", "{freed}");
    }
}
