//! Growth tests as Node 20 measured them: heap in use and external memory after a full GC, less
//! those of the first rung.

use proptest::prelude::*;

use super::{GrowthVerdict, LeakKind, Rung, judge_growth};

/// Rungs of `per` iterations each.
fn rungs(per: u64, heap: &[f64], external: &[f64]) -> Vec<Rung> {
    heap.iter()
        .enumerate()
        .map(|(place, heap)| Rung {
            iterations: place as u64 * per,
            heap_used: 4_000_000.0 + heap,
            external: 1_500_000.0 + external.get(place).unwrap_or(&0.0),
            array_buffers: 10_000.0 + external.get(place).unwrap_or(&0.0),
            rss: 50_000_000.0,
        })
        .collect()
}

fn heap(per: u64, heap: &[f64]) -> GrowthVerdict {
    judge_growth(&rungs(per, heap, &[]), 0.0)
}

#[test]
fn work_that_keeps_nothing() {
    let nothing = [
        0.0, -1656.0, -1584.0, -1512.0, -1440.0, 1400.0, -1240.0, -1168.0,
    ];
    let objects = [
        0.0, 8720.0, 9024.0, 9440.0, 9576.0, 24896.0, 24968.0, 25040.0,
    ];
    let expressions = [0.0, 7648.0, 7720.0, 7792.0, 7864.0, 7936.0, 8008.0, 8080.0];
    for measured in [nothing, objects, expressions] {
        let verdict = heap(1000, &measured);
        assert!(
            !verdict.leaking && verdict.decided,
            "{measured:?} {verdict:?}"
        );
        assert_eq!(verdict.kind, None);
    }
}

#[test]
fn the_measurement_itself_is_no_leak() {
    // 72 bytes a rung are the rung's own record: over 50 iterations, more than one byte each.
    let asynchronous = [
        0.0, 224.0, 296.0, 368.0, 440.0, 512.0, 584.0, 656.0, 728.0, 800.0,
    ];
    assert!(!heap(50, &asynchronous).leaking);
}

#[test]
fn an_entry_in_a_map_each_time() {
    // The table doubles now and then, so the steps are uneven.
    let map = [
        0.0, 751784.0, 1530608.0, 1850680.0, 3088256.0, 3408328.0, 3728400.0, 5883480.0,
    ];
    let verdict = heap(10_000, &map);
    assert!(verdict.leaking && verdict.decided, "{verdict:?}");
    assert_eq!(verdict.kind, Some(LeakKind::Heap));
    assert!(
        (40.0..110.0).contains(&verdict.bytes_per_iteration),
        "{verdict:?}"
    );
    assert!(verdict.interval[0] > 0.0 && verdict.interval[0] <= verdict.bytes_per_iteration);
}

#[test]
fn sixteen_bytes_each_time_are_a_leak() {
    let exact: Vec<f64> = (0..8)
        .map(|rung| f64::from(rung) * 16.0 * 10_000.0)
        .collect();
    assert!(heap(10_000, &exact).leaking);
    let listeners = [
        0.0, 679296.0, 1302960.0, 1958416.0, 2661568.0, 3221640.0, 3996328.0, 4556400.0,
    ];
    assert!(heap(10_000, &listeners).leaking);
}

#[test]
fn a_bounded_cache_that_fills_during_the_test() {
    let bounded = [
        0.0, 467024.0, 467096.0, 467168.0, 467240.0, 467312.0, 467384.0, 467456.0,
    ];
    let verdict = heap(10_000, &bounded);
    assert!(!verdict.leaking && verdict.decided, "{verdict:?}");
}

#[test]
fn what_grew_while_warming_up_and_then_stands_still() {
    let warm = [
        0.0, 40e3, 80e3, 120e3, 160e3, 160.2e3, 160.1e3, 160.3e3, 160.2e3, 160.4e3,
    ];
    assert!(!heap(1000, &warm).leaking);
}

#[test]
fn buffers_leak_outside_the_heap() {
    let inside = [
        0.0, 206600.0, 402584.0, 586656.0, 788600.0, 972672.0, 1183552.0, 1367624.0,
    ];
    let outside: Vec<f64> = (0..8).map(|rung| f64::from(rung) * 1e6).collect();
    let verdict = judge_growth(&rungs(1000, &inside, &outside), 0.0);
    assert!(verdict.leaking);
    assert_eq!(verdict.kind, Some(LeakKind::External));
    assert!((verdict.bytes_per_iteration - 1000.0).abs() < 1.0);
}

#[test]
fn the_limit_is_the_callers() {
    let steady: Vec<f64> = (0..10)
        .map(|rung| f64::from(rung) * 64.0 * 1000.0)
        .collect();
    let below = judge_growth(&rungs(1000, &steady, &[]), 65.0);
    assert!(!below.leaking && below.decided, "{below:?}");
    assert!(judge_growth(&rungs(10_000, &steady, &[]), 6.0).leaking);
}

#[test]
fn wild_figures_are_not_decided() {
    let wild = [
        0.0, 223360.0, 20984.0, 44632.0, 36216.0, 443328.0, 55048.0, 275640.0,
    ];
    let verdict = heap(1000, &wild);
    assert!(!verdict.leaking && !verdict.decided, "{verdict:?}");
}

#[test]
fn nothing_measured_is_not_decided() {
    for rungs in [
        Vec::new(),
        rungs(100, &[5.0], &[]),
        rungs(0, &[1.0, 2.0, 3.0], &[]),
    ] {
        let verdict = judge_growth(&rungs, 0.0);
        assert!(!verdict.leaking && !verdict.decided, "{verdict:?}");
        assert!(
            verdict.interval.iter().all(|end| end.is_finite()),
            "{verdict:?}"
        );
    }
}

proptest! {
    #[test]
    fn noise_alone_is_hardly_ever_a_leak(
        noise in prop::collection::vec(-30_000.0..30_000.0_f64, 8..14),
    ) {
        // All in rising order would be one chance in 40,320 of the shortest rows.
        prop_assume!(noise.windows(2).any(|pair| pair[1] < pair[0]));
        prop_assert!(!heap(1000, &noise).leaking);
    }

    #[test]
    fn a_leak_far_above_the_noise_is_always_one(
        noise in prop::collection::vec(-20_000.0..20_000.0_f64, 8..14),
        rate in 200.0..20_000.0_f64,
    ) {
        let leak: Vec<f64> =
            noise.iter().enumerate().map(|(rung, noise)| rung as f64 * rate * 1000.0 + noise).collect();
        let verdict = heap(1000, &leak);
        prop_assert!(verdict.leaking && verdict.decided, "{verdict:?}");
        prop_assert!((verdict.bytes_per_iteration / rate - 1.0).abs() < 0.2);
    }

    #[test]
    fn no_figures_make_it_panic(
        figures in prop::collection::vec((any::<u64>(), any::<f64>(), any::<f64>()), 0..20),
        limit in any::<f64>(),
    ) {
        let rungs: Vec<Rung> = figures
            .into_iter()
            .map(|(iterations, heap_used, external)| Rung { iterations, heap_used, external, ..Rung::default() })
            .collect();
        judge_growth(&rungs, limit);
    }
}
