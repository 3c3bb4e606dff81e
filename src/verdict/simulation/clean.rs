//! Programs that do not leak.

use super::program::{Program, Shape};
use super::{Crowd, day, exponential, linear};

fn fill(until: (f64, f64), bend: fn(f64) -> f64) -> Crowd {
    Crowd::with(move |random, base| {
        let (span, high) = (
            random.between(until.0, until.1),
            base * random.magnitude(0.1, 5.0),
        );
        Box::new(move |step, _| high * bend(step / span))
    })
}

fn wandering(most: f64) -> Crowd {
    Crowd::of(move |random| Program {
        wander: (random.magnitude(0.005, most), random.magnitude(5.0, 3000.0)),
        steps: 4000,
        ..Program::steady(random)
    })
}

#[test]
fn steady_and_wandering_programs_do_not_alarm() {
    assert_eq!(Crowd::of(Program::steady).named("steady").alarmed(), 0.0);
    assert_eq!(
        wandering(0.025)
            .named("noise that wanders by 2.5 %")
            .alarmed(),
        0.0
    );
    // With a deviation of up to 5 % over hundreds of samples, some rise by a fifth for an hour.
    assert!(wandering(0.05).named("noise that wanders by 5 %").alarmed() <= 0.03);
}

#[test]
fn leaping_clocks_and_blocked_loops_never_alarm() {
    let leaping = Crowd::of(|random| Program {
        jumps: 0.005,
        blocks: 0.005,
        ..Program::steady(random)
    });
    let leaping = leaping.named("clocks that leap, and gaps");
    assert_eq!(leaping.alarmed(), 0.0);
}

#[test]
fn garbage_between_major_gcs_as_v8_has_them_never_alarms() {
    let natural = Crowd::of(|random| Program {
        gc_growth: Some(random.between(0.3, 2.0)),
        gc_every: random.magnitude(2.0, 200.0),
        ..Program::steady(random)
    });
    let natural = natural.named("sawtooth of garbage");
    assert_eq!(natural.alarmed(), 0.0);
    // Filled within patience, and the major GC that would show it may be long in coming.
    for bend in [linear, exponential] {
        let filled = Crowd::of(|random| {
            // The exponential one is at 95 % after three times its span.
            let longest = if bend(1.0) == 1.0 { 60.0 } else { 30.0 };
            let (span, program) = (random.between(5.0, longest), Program::steady(random));
            let high = program.base * random.magnitude(0.5, 10.0);
            Program {
                gc_growth: Some(random.between(0.1, 1.0)),
                gc_every: random.magnitude(2.0, 200.0),
                shape: Box::new(move |step, _| high * bend(step / span)),
                ..program
            }
        });
        assert_eq!(filled.alarmed(), 0.0);
    }
}

#[test]
fn steps_are_not_leaks() {
    let one = Crowd::with(|random, base| {
        let (at, high) = (
            random.between(0.0, 2000.0),
            base * random.magnitude(0.05, 3.0),
        );
        Box::new(move |step, _| if step > at { high } else { 0.0 })
    });
    assert_eq!(one.named("a step").alarmed(), 0.0);
    let several = Crowd::with(|random, base| {
        let steps: Vec<(f64, f64)> = (0..random.between(2.0, 6.0) as u32)
            .map(|_| {
                (
                    random.between(0.0, 2000.0),
                    base * random.magnitude(0.05, 1.0),
                )
            })
            .collect();
        Box::new(move |step, _| {
            steps
                .iter()
                .filter(|one| one.0 < step)
                .map(|one| one.1)
                .sum()
        })
    });
    let several = several.named("several steps");
    assert!(several.alarmed() <= 0.04, "{}", several.alarmed());
}

#[test]
fn what_fills_within_patience_does_not_alarm() {
    assert_eq!(
        fill((5.0, 60.0), linear)
            .named("plateau, filled evenly")
            .alarmed(),
        0.0
    );
    assert_eq!(
        fill((5.0, 30.0), exponential)
            .named("plateau, filled ever more slowly")
            .alarmed(),
        0.0
    );
    let warm_up = Crowd::with(|random, base| {
        let high = base * random.magnitude(0.05, 0.5);
        Box::new(move |step, _| high * (1.0 + step).ln() / 8.0)
    });
    assert!(warm_up.alarmed() <= 0.05, "{}", warm_up.alarmed());
}

#[test]
fn what_fills_after_a_start_that_is_given_up_does_not_alarm() {
    for bend in [linear, exponential] {
        let filled = Crowd::with(|random, base| {
            let longest = if bend(1.0) == 1.0 { 60.0 } else { 30.0 };
            let (span, until) = (random.between(5.0, longest), random.between(5.0, 90.0));
            let (start, high) = (random.magnitude(0.05, 0.5), random.magnitude(0.1, 3.0));
            Box::new(move |step, _| {
                let starting = if step < until { start } else { 0.0 };
                base * (starting + high * bend((step - until).max(0.0) / span))
            })
        });
        assert_eq!(filled.named("plateau after a start").alarmed(), 0.0);
    }
}

#[test]
fn what_fills_for_longer_alarms_once_at_most_and_settles() {
    // Until it bends, a slowly filling cache is a leak to anyone who looks.
    let bent = fill((60.0, 150.0), exponential);
    let bent = bent.named("plateau that takes longer than patience");
    assert!(bent.alarmed() <= 0.25, "{}", bent.alarmed());
    for slow in [
        bent,
        fill((60.0, 200.0), linear),
        fill((200.0, 600.0), linear),
    ] {
        assert_eq!(slow.alarmed_again(), 0.0);
        assert!(slow.share(|heard| heard.settled == heard.alarms.len()) >= 0.97);
    }
}

#[test]
fn caches_that_are_emptied_do_not_alarm_or_only_at_their_first_height() {
    let emptied = |period: (f64, f64)| {
        Crowd::with(move |random, base| {
            let (period, high) = (
                random.between(period.0, period.1),
                base * random.magnitude(0.1, 3.0),
            );
            Box::new(move |step, _| high * (step / period).fract())
        })
    };
    assert_eq!(
        emptied((20.0, 60.0)).named("sawtooth of a cache").alarmed(),
        0.0
    );
    assert_eq!(
        emptied((60.0, 400.0))
            .named("sawtooth with long teeth")
            .alarmed_again(),
        0.0
    );
}

#[test]
fn bursts_within_patience_do_not_alarm() {
    let bursts = Crowd::with(|random, base| {
        let chance = random.magnitude(0.0005, 0.01);
        let length = random.magnitude(5.0, 50.0);
        let slope = base * random.magnitude(0.1, 3.0) / length;
        let (mut left, mut level) = (0.0, 0.0_f64);
        Box::new(move |_, random| {
            if left <= 0.0 && random.chance(chance) {
                left = length * random.between(0.5, 1.5);
            }
            left -= 1.0;
            level = (level + if left > 0.0 { slope } else { -2.0 * slope }).max(0.0);
            level
        })
    });
    let bursts = bursts.named("bursts");
    assert!(bursts.alarmed() <= 0.04, "{}", bursts.alarmed());
}

#[test]
fn memory_that_follows_the_load_does_not_alarm_where_the_load_is_known() {
    let daily = |known: bool| {
        Crowd::of(move |random| {
            let (amplitude, phase) = (random.magnitude(0.05, 0.4), random.unit());
            let program = Program::steady(random);
            let base = program.base;
            Program {
                interval_ms: 60_000.0,
                steps: 1440 * 3,
                shape: Box::new(move |step, _| base * amplitude * day(step, phase)),
                load: known.then(|| -> Shape { Box::new(move |step, _| 0.2 + day(step, phase)) }),
                ..program
            }
        })
    };
    assert_eq!(daily(true).named("daily load, known").alarmed(), 0.0);
    // Without the load a first morning looks like a leak; it settles, and the second is known.
    let unknown = daily(false).named("daily load, not known");
    assert!(unknown.alarmed() <= 0.5, "{}", unknown.alarmed());
    assert_eq!(unknown.alarmed_again(), 0.0);
}
