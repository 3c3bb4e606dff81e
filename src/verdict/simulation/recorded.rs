//! Real programs, recorded: HTTP servers on Node 20.

use super::super::{Event, Judge, JudgeOptions, LeakKind, MetricState, Status};
use crate::sample::Sample;

const BEGIN: f64 = 1.7e12;

/// Plays a recording at its 250 ms, some times in a row, and gives what the judge had to say, with
/// the ms at which it did.
fn play(recording: &str, times: usize) -> (Vec<(f64, Event)>, Status) {
    let mut judge = Judge::new(JudgeOptions {
        interval_ms: 250.0,
        min_growth: None,
        pressure: vec![0.8],
    });
    let mut events = Vec::new();
    let mut last = Sample {
        heap_limit: 4_345_298_944,
        ..Sample::default()
    };
    for round in 0..times {
        for line in recording.lines().filter(|line| !line.starts_with('#')) {
            let fields: Vec<&str> = line.split(',').collect();
            let number = |index: usize| fields[index].parse::<u64>().ok();
            let at = BEGIN + number(0).unwrap() as f64 + round as f64 * 150_000.0;
            // Samples that were left out looked like the one before.
            while last.time > 0.0 && last.time + 375.0 < at {
                let time = last.time + 250.0;
                let (live_heap, live_external) = (None, None);
                last = Sample {
                    time,
                    live_heap,
                    live_external,
                    minor_gcs: 0,
                    ..last
                };
                judge.observe(&last, None);
            }
            last = Sample {
                time: at,
                heap_used: number(1).unwrap(),
                old_generation: number(2),
                external: number(3).unwrap(),
                live_heap: number(4),
                live_external: number(5),
                minor_gcs: number(6).unwrap() as u32,
                ..last
            };
            events.extend(
                judge
                    .observe(&last, None)
                    .into_iter()
                    .map(|event| (at - BEGIN, event)),
            );
        }
    }
    (events, judge.status())
}

#[test]
fn a_map_that_keeps_every_request() {
    // V8 had five major GCs in 150 s, with a pause of more than a minute: the fourth makes the
    // suspicion, the fifth confirms it.
    let (events, status) = play(include_str!("recorded/leak.csv"), 1);
    let [(at, Event::Leak(leak))] = &events[..] else {
        panic!("{events:?}")
    };
    assert!(*at < 124_000.0, "{at}");
    assert_eq!(leak.kind, LeakKind::Heap);
    // 129 MB in 119 s.
    assert!((0.8e6..1.4e6).contains(&leak.bytes_per_second), "{leak:?}");
    assert!(leak.interval[0] < leak.bytes_per_second && leak.bytes_per_second < leak.interval[1]);
    assert!((leak.since - BEGIN) < 15_000.0, "{leak:?}");
    assert_eq!(status.heap.state, MetricState::Leaking);
    assert!(
        status.needs_major_gc,
        "none for 25 s, and 20 MB more in use"
    );
}

#[test]
fn a_cache_that_fills_and_then_holds() {
    let (events, status) = play(include_str!("recorded/cache.csv"), 1);
    assert!(events.is_empty(), "{events:?}");
    assert_eq!(status.heap.state, MetricState::Clean);
}

#[test]
fn buffers_that_are_kept() {
    let (events, status) = play(include_str!("recorded/buffers.csv"), 1);
    let external: Vec<_> = events
        .iter()
        .filter_map(|(at, event)| match event {
            Event::Leak(leak) if leak.kind == LeakKind::External => Some((at, leak)),
            _ => None,
        })
        .collect();
    let [(_, leak)] = external[..] else {
        panic!("{events:?}")
    };
    // 270 MB in 43 s, when it spoke.
    assert!((5e6..8e6).contains(&leak.bytes_per_second), "{leak:?}");
    assert_eq!(status.external.state, MetricState::Leaking);
}

#[test]
fn a_server_that_keeps_nothing() {
    let (events, status) = play(include_str!("recorded/clean.csv"), 3);
    assert!(events.is_empty(), "{events:?}");
    assert_ne!(status.heap.state, MetricState::Leaking);
}
