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
            native: Some(20_000_000.0),
            resident: 50_000_000.0,
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

fn native(per: u64, native: &[Option<f64>], resident: &[f64]) -> GrowthVerdict {
    let mut rungs = rungs(per, &[0.0; 8], &[]);
    for (place, rung) in rungs.iter_mut().enumerate() {
        rung.native = native
            .get(place)
            .copied()
            .flatten()
            .map(|bytes| bytes + 2e7);
        rung.resident += resident.get(place).unwrap_or(&0.0);
    }
    judge_growth(&rungs, 0.0)
}

#[test]
fn what_an_addon_allocates_each_time_is_a_leak_of_native_memory() {
    let rising: Vec<_> = (0..8)
        .map(|rung| Some(f64::from(rung) * 65_600.0 * 30.0))
        .collect();
    let verdict = native(30, &rising, &[]);
    assert!(verdict.leaking, "{verdict:?}");
    assert_eq!(verdict.kind, Some(LeakKind::Native));
    assert!((verdict.bytes_per_iteration - 65_600.0).abs() < 100.0);
}

#[test]
fn what_v8_allocates_for_itself_is_no_leak() {
    // A compiler's zones and caches, in bytes: a little more each time, then less.
    let compiling = [
        0.0, 18_000.0, 31_000.0, 44_000.0, 52_000.0, 60_000.0, 69_000.0, 77_000.0,
    ]
    .map(Some);
    let verdict = native(1000, &compiling, &[]);
    assert!(!verdict.leaking && verdict.decided, "{verdict:?}");
    // The resident set follows what allocators keep for later.
    let resident = [0.0, 1.2e6, 2.4e6, 3.1e6, 2.2e6, 3.6e6, 4.1e6, 4.8e6];
    let verdict = native(1000, &[Some(0.0); 8], &resident);
    assert!(!verdict.leaking && verdict.decided, "{verdict:?}");
}

#[test]
fn an_addon_with_its_own_allocator_shows_in_the_resident_set() {
    let resident: Vec<f64> = (0..8).map(|rung| f64::from(rung) * 4e6).collect();
    let verdict = native(100, &[], &resident);
    assert_eq!(verdict.kind, Some(LeakKind::Native), "{verdict:?}");
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

/// Rungs with ever more iterations between them: `(iterations, heap)` added by each.
fn ladder(added: &[(u64, f64)]) -> Vec<Rung> {
    let mut rung = Rung {
        heap_used: 5_000_000.0,
        ..Rung::default()
    };
    let mut rungs = vec![rung];
    for (iterations, heap) in added {
        rung.iterations += iterations;
        rung.heap_used += heap;
        rungs.push(rung);
    }
    rungs
}

#[test]
fn what_v8_keeps_of_a_large_package_is_not_called_a_leak() {
    // A hundred requests through axios leave some 5 KB of feedback, for a thousand requests.
    let feedback = [
        (34, 4664.0),
        (48, 6320.0),
        (67, 2960.0),
        (94, 4576.0),
        (130, 4576.0),
        (180, 15496.0),
        (260, 8768.0),
        (360, 22760.0),
        (500, 12600.0),
    ];
    let verdict = judge_growth(&ladder(&feedback), 0.0);
    assert!(!verdict.leaking && !verdict.decided, "{verdict:?}");
    assert!(verdict.interval[0] > 0.0, "{verdict:?}");
}

#[test]
fn a_small_rise_has_to_be_as_regular_as_a_leak() {
    let per_call = |noise: f64| -> Vec<(u64, f64)> {
        (1..10_u64)
            .map(|rung| {
                let iterations = 20 * rung;
                let sign = if rung % 2 == 0 { 1.0 } else { -1.0 };
                (iterations, 96.0 * iterations as f64 + sign * noise)
            })
            .collect()
    };
    let regular = judge_growth(&ladder(&per_call(4.0)), 0.0);
    assert!(regular.leaking, "{regular:?}");
    assert!((regular.bytes_per_iteration - 96.0).abs() < 1.0);
    let irregular = judge_growth(&ladder(&per_call(1500.0)), 0.0);
    assert!(!irregular.leaking && !irregular.decided, "{irregular:?}");
}

#[test]
fn a_list_of_numbers_whose_table_grows_by_half() {
    let mut capacity = 17.0_f64;
    let heap_at = |length: f64, capacity: &mut f64| {
        while length > *capacity {
            *capacity = (*capacity * 1.5).floor() + 16.0;
        }
        8.0 * *capacity
    };
    let (mut length, mut before) = (1365.0_f64, 0.0);
    let mut added = Vec::new();
    for rung in 0..10 {
        let heap = heap_at(length, &mut capacity);
        if rung > 0 {
            added.push((((length * 2.0) / 7.0) as u64, heap - before));
        }
        before = heap;
        length *= 1.4;
    }
    let verdict = judge_growth(&ladder(&added), 0.0);
    assert!(verdict.leaking, "{verdict:?}");
    assert!(
        (6.0..14.0).contains(&verdict.bytes_per_iteration),
        "{verdict:?}"
    );
}

#[test]
fn three_rungs_may_do_for_a_large_leak_and_two_never_do() {
    let steps = [(10, 655_360.0), (10, 655_360.0)];
    assert!(judge_growth(&ladder(&steps), 0.0).leaking);
    assert!(!judge_growth(&ladder(&steps[..1]), 0.0).leaking);
    let small = [(10, 640.0), (10, 640.0)];
    assert!(!judge_growth(&ladder(&small), 0.0).leaking);
}

#[test]
fn array_buffers_are_seen_under_restless_external_memory() {
    let restless = [3e6, -2e6, 4e6, -5e6, 1e6, 3e6, -3e6, 2e6, -4e6, 5e6];
    let rungs: Vec<Rung> = restless
        .iter()
        .enumerate()
        .map(|(place, other)| Rung {
            iterations: 100 * place as u64,
            heap_used: 4e6,
            external: 2e7 + other,
            array_buffers: 1e6 * place as f64,
            native: None,
            resident: 5e7,
        })
        .collect();
    let verdict = judge_growth(&rungs, 0.0);
    assert!(verdict.leaking, "{verdict:?}");
    assert_eq!(
        (verdict.kind, verdict.memory),
        (Some(LeakKind::External), LeakKind::External)
    );
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
