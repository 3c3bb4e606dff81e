//! Programs that leak.

use super::super::LeakKind;
use super::program::{Program, Random, Shape};
use super::{COUNT, Crowd, day, exponential, linear};

/// Bytes per step of a leak that adds 30 % to 20 times the base in 2,000 steps.
fn leak_rate(random: &mut Random, base: f64) -> f64 {
    base * random.magnitude(0.3, 20.0) / 2000.0
}

/// A small program that is looked at four times a second.
fn quick(random: &mut Random) -> Program {
    Program {
        interval_ms: 250.0,
        steps: 600,
        base: random.between(10e6, 80e6),
        gc_every: random.between(2.0, 6.0),
        noise: random.between(0.001, 0.01),
        ..Program::steady(random)
    }
}

#[test]
fn steady_leaks_are_found_once_and_measured() {
    for place in [LeakKind::Heap, LeakKind::External, LeakKind::Native] {
        let crowd = Crowd::of(|random| {
            let program = Program::steady(random);
            let rate = leak_rate(random, program.base);
            Program {
                place,
                shape: Box::new(move |step, _| rate * step),
                ..program
            }
        });
        let crowd = crowd.named(&format!("leak, {place:?}"));
        assert_eq!(crowd.missed(), 0.0);
        assert!(crowd.alarmed_again() <= 0.03);
        assert!(crowd.median_step() < 300, "{}", crowd.median_step());
        assert!(
            crowd
                .0
                .iter()
                .all(|heard| heard.alarms.iter().all(|alarm| alarm.1.kind == place))
        );
        // The same programs again, for the truth about each.
        let exact = (0..COUNT).filter(|seed| {
            let mut random = Random::new(seed * 1009 + 1);
            let program = Program::steady(&mut random);
            let per_step = leak_rate(&mut random, program.base);
            let truth = per_step / program.interval_ms * 1000.0;
            let leak = &crowd.0[*seed as usize].alarms[0].1;
            (leak.bytes_per_second / truth - 1.0).abs() < 0.25
        });
        assert!(exact.count() as f64 >= 0.9 * COUNT as f64);
    }
}

/// A tenth of a percent in an hour is worth a word after two days.
#[test]
fn a_slow_leak_of_a_large_process_is_found_and_measured() {
    const HOUR: f64 = 12.0;
    for share in [0.001, 0.002, 0.005] {
        let per_step = share / HOUR;
        let crowd = Crowd::of(|random| {
            let base = random.between(1e9, 30e9);
            Program {
                interval_ms: 300_000.0,
                // Two weeks, or until it has grown by a third.
                steps: (0.33 / per_step).min(14.0 * 24.0 * HOUR) as usize,
                base,
                noise: random.magnitude(0.001, 0.01),
                shape: Box::new(move |step, _| per_step * base * step),
                ..Program::steady(random)
            }
        })
        .named(&format!(
            "leak of {:.1} % in an hour, looked at every 5 minutes",
            100.0 * share
        ));
        assert_eq!(crowd.missed(), 0.0);
        assert!(crowd.alarmed_again() <= 0.03);
        let days = crowd.median_step() as f64 / (24.0 * HOUR);
        assert!(days <= 0.15 / share / 24.0, "{days} days");
        // The same programs again, for the truth about each.
        let measured = (0..COUNT).filter(|seed| {
            let base = Random::new(seed * 1009 + 1).between(1e9, 30e9);
            let truth = share * base / 3600.0;
            let leak = &crowd.0[*seed as usize].alarms[0].1;
            let within = (leak.interval[0]..=leak.interval[1]).contains(&truth);
            within && (leak.bytes_per_second / truth - 1.0).abs() < 0.25
        });
        assert!(measured.count() as f64 >= 0.9 * COUNT as f64);
    }
}

#[test]
fn leaks_are_found_with_major_gcs_as_v8_has_them() {
    let natural = Crowd::of(|random| {
        let program = Program::steady(random);
        let rate = leak_rate(random, program.base);
        Program {
            gc_growth: Some(random.between(0.3, 1.0)),
            gc_every: random.magnitude(2.0, 100.0),
            shape: Box::new(move |step, _| rate * step),
            ..program
        }
    });
    let natural = natural.named("leak under a sawtooth");
    assert!(natural.missed() <= 0.05, "{}", natural.missed());
    assert!(natural.alarmed_again() <= 0.03);
}

/// V8 gives up the bytecode of a program's start some seconds later: the leak need not make up for it.
#[test]
fn a_leak_is_found_as_soon_though_the_start_is_given_up() {
    let leaking = |held: f64| {
        Crowd::of(move |random| {
            let program = quick(random);
            let (rate, until) = (
                random.between(0.1e6, 0.5e6) / 4.0,
                random.between(10.0, 44.0),
            );
            let start = held * program.base * random.between(0.1, 0.3);
            let shape: Shape =
                Box::new(move |step, _| rate * step + if step < until { start } else { 0.0 });
            Program { shape, ..program }
        })
    };
    let with = leaking(1.0).named("leak after a start that is given up");
    assert_eq!(with.missed(), 0.0);
    let later = with.median_step() - leaking(0.0).median_step();
    assert!(later <= 48, "{later} samples later");
}

#[test]
fn leaks_of_every_shape_are_found() {
    let late = Crowd::with(|random, base| {
        let (rate, at) = (2.0 * leak_rate(random, base), random.between(300.0, 1000.0));
        Box::new(move |step, _| rate * (step - at).max(0.0))
    });
    let late = late.named("leak that begins late");
    assert!(late.missed() <= 0.02, "late {}", late.missed());
    let after_warm_up = Crowd::with(|random, base| {
        let (rate, span) = (1.5 * leak_rate(random, base), random.between(5.0, 60.0));
        Box::new(move |step, _| base * 0.5 * exponential(step / span) + rate * step)
    });
    let after_warm_up = after_warm_up.named("leak after a warm-up");
    assert!(
        after_warm_up.missed() <= 0.02,
        "after warm-up {}",
        after_warm_up.missed()
    );
    let chunks = Crowd::with(|random, base| {
        let (rate, every) = (leak_rate(random, base), random.between(2.0, 40.0));
        Box::new(move |step, _| rate * every * (step / every).floor())
    });
    let chunks = chunks.named("leak by chunks");
    assert!(chunks.missed() <= 0.02, "chunks {}", chunks.missed());
    let faster = Crowd::with(|random, base| {
        let rate = leak_rate(random, base);
        Box::new(move |step, _| rate * step * (1.0 + step / 1000.0))
    });
    assert!(
        faster.missed() <= 0.02,
        "faster and faster {}",
        faster.missed()
    );
}

#[test]
fn leaks_are_found_through_noise_leaps_and_load() {
    let wandering = Crowd::of(|random| {
        let program = Program::steady(random);
        let rate = 3.0 * leak_rate(random, program.base);
        Program {
            wander: (random.magnitude(0.005, 0.05), random.magnitude(5.0, 300.0)),
            shape: Box::new(move |step, _| rate * step),
            ..program
        }
    });
    let wandering = wandering.named("leak under noise that wanders");
    assert!(wandering.missed() <= 0.02 && wandering.alarmed_again() <= 0.06);
    let leaping = Crowd::of(|random| {
        let program = Program::steady(random);
        let rate = leak_rate(random, program.base);
        let shape: Shape = Box::new(move |step, _| rate * step);
        Program {
            jumps: 0.003,
            blocks: 0.003,
            shape,
            ..program
        }
    });
    let leaping = leaping.named("leak under clocks that leap");
    assert!(leaping.missed() <= 0.02, "{}", leaping.missed());
    let loaded = Crowd::of(|random| {
        let program = Program::steady(random);
        let base = program.base;
        let rate = base * random.magnitude(0.2, 5.0) / 1440.0;
        let mut sum = 0.0;
        let shape: Shape = Box::new(move |step, _| {
            sum += rate * (0.2 + day(step, 0.0));
            sum + base * 0.1 * day(step, 0.0)
        });
        let load: Option<Shape> = Some(Box::new(|step, _| 0.2 + day(step, 0.0)));
        Program {
            interval_ms: 60_000.0,
            steps: 1440 * 4,
            shape,
            load,
            ..program
        }
    });
    let loaded = loaded.named("leak under a daily load");
    let rates = (loaded.missed(), loaded.alarmed_again());
    assert!(rates.0 <= 0.05 && rates.1 <= 0.1, "{rates:?}");
}

#[test]
fn a_leak_that_ends_settles() {
    let ended = Crowd::with(|random, base| {
        let (rate, until) = (3.0 * leak_rate(random, base), random.between(500.0, 800.0));
        Box::new(move |step, _| rate * step.min(until))
    });
    assert!(ended.missed() <= 0.02, "{}", ended.missed());
    assert!(ended.share(|heard| heard.settled == heard.alarms.len()) >= 0.97);
}

#[test]
fn four_samples_a_second_answer_within_a_minute_and_bear_a_warm_up() {
    let leaking = Crowd::of(|random| {
        let rate = random.between(1e6, 5e6) / 4.0;
        Program {
            shape: Box::new(move |step, _| rate * step),
            ..quick(random)
        }
    });
    assert_eq!((leaking.missed(), leaking.alarmed_again()), (0.0, 0.0));
    let seconds: Vec<usize> = leaking
        .0
        .iter()
        .map(|heard| heard.alarms[0].0 / 4)
        .collect();
    assert!(
        seconds.iter().all(|second| (18..60).contains(second)),
        "{seconds:?}"
    );
    assert!(leaking.median_step() / 4 <= 40);
    for bend in [linear, exponential] {
        let warming = Crowd::of(|random| {
            // Full within 25 s; the exponential one is at 95 % by then.
            let span = random.between(4.0, 33.0) * if bend(1.0) == 1.0 { 3.0 } else { 1.0 };
            let high = random.between(20e6, 200e6);
            Program {
                shape: Box::new(move |step, _| high * bend(step / span)),
                ..quick(random)
            }
        });
        assert_eq!(warming.alarmed(), 0.0);
    }
}
