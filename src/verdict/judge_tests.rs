//! The judge from outside: samples in, events and status out.

use proptest::prelude::*;

use super::{Event, Judge, JudgeOptions, Leak, LeakKind, LimitKind, MetricState, PressureKind};
use crate::sample::{Sample, SystemMemory};

const BEGIN: f64 = 1.7e12;
const MB: f64 = 1e6;

fn judge(interval_ms: f64) -> Judge {
    Judge::new(JudgeOptions {
        interval_ms,
        min_growth: None,
        pressure: vec![0.8, 0.9],
    })
}

/// A sample of a second's program at `second`, with so many live bytes.
fn sample(second: u32, live: f64) -> Sample {
    Sample {
        time: BEGIN + f64::from(second) * 1000.0,
        heap_used: (live * 1.3) as u64,
        live_heap: Some(live as u64),
        live_external: Some(1_000_000 + u64::from(second % 7) * 1000),
        heap_limit: 4_000_000_000,
        ..Sample::default()
    }
}

fn wobble(second: u32) -> f64 {
    f64::from(second * 7919 % 1009) * 200.0
}

fn leaking(second: u32) -> f64 {
    50.0 * MB + f64::from(second) * MB + wobble(second)
}

fn steady(second: u32) -> f64 {
    50.0 * MB + wobble(second)
}

/// Feeds the seconds and gives the events with the second of each.
fn feed(
    judge: &mut Judge,
    seconds: std::ops::Range<u32>,
    live: impl Fn(u32) -> f64,
) -> Vec<(u32, Event)> {
    seconds
        .flat_map(|second| {
            let events = judge.observe(&sample(second, live(second)), None);
            events.into_iter().map(move |event| (second, event))
        })
        .collect()
}

fn only_leak(events: &[(u32, Event)]) -> &Leak {
    match events {
        [(_, Event::Leak(leak))] => leak,
        other => panic!("one leak was expected: {other:?}"),
    }
}

#[test]
fn one_alarm_per_leak_and_then_fresh_figures_in_the_status() {
    let mut judge = judge(1000.0);
    let events = feed(&mut judge, 0..600, leaking);
    let leak = only_leak(&events);
    assert_eq!(leak.kind, LeakKind::Heap);
    assert!((leak.bytes_per_second / MB - 1.0).abs() < 0.02, "{leak:?}");
    assert!(leak.interval[0] <= leak.bytes_per_second && leak.bytes_per_second <= leak.interval[1]);
    assert!(leak.confidence > 0.9 && leak.confidence <= 1.0);
    assert!((leak.since - BEGIN).abs() < 5000.0, "{leak:?}");
    assert_eq!(
        (leak.limit.kind, leak.limit.bytes),
        (LimitKind::Heap, 4_000_000_000)
    );
    // 3,950 MB at 1 MB/s.
    let reached = (leak.limit.reached_at.unwrap() - BEGIN) / 1000.0;
    assert!((3800.0..4100.0).contains(&reached), "{reached}");
    assert!(
        leak.message.starts_with("Live heap grows by "),
        "{}",
        leak.message
    );
    let middle = " since 22:13:20 UTC; V8's limit of ";
    assert!(leak.message.contains(middle), "{}", leak.message);

    let status = judge.status();
    assert_eq!(status.heap.state, MetricState::Leaking);
    assert_eq!(status.external.state, MetricState::Clean);
    assert_eq!((status.heap.points, status.leaks.len()), (600, 1));
    assert!(
        status.leaks[0].growth > 500_000_000,
        "{:?}",
        status.leaks[0]
    );
    assert!(!status.needs_major_gc);
    let json = serde_json::to_value(&status).unwrap();
    assert_eq!(
        (&json["heap"]["state"], &json["external"]["state"]),
        (&"leaking".into(), &"clean".into())
    );
    for name in ["points", "bytesPerSecond", "interval", "growth", "since"] {
        assert!(!json["heap"][name].is_null(), "{name}");
    }
}

#[test]
fn a_leak_that_stops_settles_once_and_may_come_again() {
    let mut judge = judge(1000.0);
    let twice = |second: u32| match second {
        ..300 => leaking(second),
        300..1200 => leaking(300) + wobble(second),
        _ => leaking(second - 900),
    };
    let events = feed(&mut judge, 0..2000, twice);
    let kinds: Vec<&str> = events
        .iter()
        .map(|(_, event)| match event {
            Event::Leak(_) => "leak",
            Event::Settled(_) => "settled",
            Event::Pressure(_) => "pressure",
        })
        .collect();
    assert_eq!(kinds, ["leak", "settled", "leak"], "{events:?}");
    let Event::Settled(settled) = &events[1].1 else {
        unreachable!()
    };
    assert!(events[1].0 > 300 && events[1].0 < 1200);
    assert_eq!(settled.limit.reached_at, None);
    // 300 MB, within a per cent.
    assert!(
        (297_000_000..303_000_000).contains(&settled.growth),
        "{settled:?}"
    );
    assert!(
        settled
            .message
            .starts_with("Live heap no longer grows; it had grown by ")
    );
    let Event::Leak(again) = &events[2].1 else {
        unreachable!()
    };
    assert!(
        (again.since - BEGIN) / 1000.0 > 1100.0,
        "the second one has its own beginning"
    );
}

#[test]
fn states_of_a_clean_program() {
    let mut judge = judge(1000.0);
    assert_eq!(judge.status().heap.state, MetricState::Warming);
    assert!(feed(&mut judge, 0..40, steady).is_empty());
    assert_eq!(judge.status().heap.state, MetricState::Warming);
    assert!(feed(&mut judge, 40..400, steady).is_empty());
    let status = judge.status();
    assert_eq!(
        (status.heap.state, status.external.state),
        (MetricState::Clean, MetricState::Clean)
    );
    assert!(status.leaks.is_empty());
}

#[test]
fn without_major_gcs_it_says_so_instead_of_guessing() {
    let mut judge = judge(1000.0);
    for second in 0..600 {
        let garbage = Sample {
            live_heap: None,
            live_external: None,
            ..sample(second, leaking(second))
        };
        assert!(judge.observe(&garbage, None).is_empty());
    }
    let status = judge.status();
    assert_eq!(
        (status.heap.state, status.heap.points),
        (MetricState::NotSettled, 0)
    );
    assert!(status.needs_major_gc);
}

#[test]
fn estimates_raise_no_alarm_before_a_major_gc_confirms_them() {
    let mut judge = judge(1000.0);
    let collects = |second: u32| matches!(second, 10 | 40 | 80);
    let look = |judge: &mut Judge, second: u32, live: bool| {
        let bytes = leaking(second);
        let full = Sample {
            old_generation: Some(bytes as u64),
            ..sample(second, bytes)
        };
        let (live_heap, live_external) = if live {
            (full.live_heap, full.live_external)
        } else {
            (None, None)
        };
        judge.observe(
            &Sample {
                live_heap,
                live_external,
                ..full
            },
            None,
        )
    };
    for second in 0..210 {
        let events = look(&mut judge, second, collects(second));
        assert!(events.is_empty(), "at {second}: {events:?}");
    }
    assert_eq!(judge.status().heap.state, MetricState::NotSettled);
    assert!(matches!(look(&mut judge, 210, true)[..], [Event::Leak(_)]));
}

#[test]
fn samples_of_a_blocked_loop_change_nothing_but_pressure() {
    let (mut with, mut without) = (judge(1000.0), judge(1000.0));
    for second in 0..300 {
        let seen = sample(second, leaking(second));
        assert_eq!(with.observe(&seen, None), without.observe(&seen, None));
        let blocked = Sample {
            time: seen.time + 500.0,
            loop_blocked: true,
            live_heap: None,
            live_external: None,
            ..seen
        };
        assert!(with.observe(&blocked, None).is_empty());
    }
    assert_eq!(with.status(), without.status());
    let full = Sample {
        loop_blocked: true,
        system: SystemMemory {
            container_used: Some(95),
            container_limit: Some(100),
            ..SystemMemory::default()
        },
        ..sample(300, leaking(300))
    };
    let events = with.observe(&full, None);
    let [Event::Pressure(pressure)] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!(
        (pressure.kind, pressure.threshold),
        (PressureKind::Container, 0.9)
    );
}

#[test]
fn growth_below_the_least_is_never_reported() {
    let options = JudgeOptions {
        interval_ms: 1000.0,
        min_growth: Some(2_000_000_000),
        pressure: Vec::new(),
    };
    let mut judge = Judge::new(options);
    assert!(feed(&mut judge, 0..1000, leaking).is_empty());
}

#[test]
fn a_leak_that_will_not_wait_is_told_before_its_limit() {
    // 5 MB/s, a look every 10 s, V8's limit 2 GB: over in 400 s, long before 25 minutes.
    let mut judge = judge(10_000.0);
    let mut told = None;
    for look in 0..38 {
        let live = 60.0 * MB + f64::from(look) * 50.0 * MB + wobble(look);
        let seen = Sample {
            time: BEGIN + f64::from(look) * 10_000.0,
            heap_limit: 2_000_000_000,
            ..sample(look, live)
        };
        if judge
            .observe(&seen, None)
            .iter()
            .any(|event| matches!(event, Event::Leak(_)))
        {
            told = told.or(Some(look));
        }
    }
    assert!(told.is_some_and(|look| look < 25), "{told:?}");
}

#[test]
fn the_container_is_the_limit_where_it_is_nearer() {
    let mut judge = judge(1000.0);
    let mut leaks = Vec::new();
    for second in 0..300 {
        let live = leaking(second);
        let seen = Sample {
            system: SystemMemory {
                container_used: Some((live * 1.5) as u64),
                container_limit: Some(1_000_000_000),
                ..SystemMemory::default()
            },
            ..sample(second, live)
        };
        for event in judge.observe(&seen, None) {
            if let Event::Leak(leak) = event {
                leaks.push(leak);
            }
        }
    }
    assert_eq!(leaks.len(), 1);
    assert_eq!(
        (leaks[0].limit.kind, leaks[0].limit.bytes),
        (LimitKind::Container, 1_000_000_000)
    );
    assert!(leaks[0].message.contains("the container's limit of "));
}

proptest! {
    #[test]
    fn nothing_that_is_fed_makes_it_panic_or_grow(
        looks in prop::collection::vec(
            (any::<f64>(), any::<u64>(), any::<Option<u64>>(), any::<Option<u64>>(), any::<u32>()),
            1..300,
        ),
        interval_ms in any::<f64>(),
        repeat in 1..5_u32,
    ) {
        let mut judge = judge(interval_ms);
        for _ in 0..repeat {
            for (time, used, live, limit, gcs) in &looks {
                judge.observe(&Sample {
                    time: *time,
                    rss: *used,
                    heap_used: *used,
                    old_generation: Some(*used),
                    external: *used,
                    live_heap: *live,
                    live_external: *limit,
                    minor_gcs: *gcs,
                    heap_limit: limit.unwrap_or(0),
                    system: SystemMemory {
                        container_limit: *limit,
                        system_total: *live,
                        system_available: *limit,
                        ..SystemMemory::default()
                    },
                    ..Sample::default()
                }, None);
            }
        }
        prop_assert!(serde_json::to_string(&judge.status()).is_ok());
        prop_assert!(judge.bytes_held() < 200_000);
    }
}
