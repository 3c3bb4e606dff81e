//! Hundreds of synthetic programs, clean and leaking, and how often the judge is wrong about them.

mod program;

use program::{Program, Random, Shape};

use super::{Event, Judge, JudgeOptions, Leak, LeakKind};

/// What the judge said of one program.
struct Heard {
    /// Step of each alarm, with the leak.
    alarms: Vec<(usize, Leak)>,
    settled: usize,
}

fn listen(program: Program, random: &mut Random) -> Heard {
    let mut judge = Judge::new(JudgeOptions {
        interval_ms: program.interval_ms,
        min_growth: None,
        pressure: Vec::new(),
    });
    let mut heard = Heard { alarms: Vec::new(), settled: 0 };
    let mut step = 0;
    for sample in program.samples(random) {
        step += usize::from(!sample.loop_blocked);
        for event in judge.observe(&sample) {
            match event {
                Event::Leak(leak) => heard.alarms.push((step, leak)),
                Event::Settled(_) => heard.settled += 1,
                Event::Pressure(_) => {}
            }
        }
    }
    assert!(judge.bytes_held() < 200_000, "{} bytes", judge.bytes_held());
    heard
}

/// Runs `count` programs of a kind; gives those that raised an alarm.
fn crowd(name: &str, count: u64, make: impl Fn(&mut Random) -> Program) -> Vec<Heard> {
    let heard: Vec<Heard> = (0..count)
        .map(|seed| {
            let mut random = Random::new(seed * 1009 + name.len() as u64 * 7 + 1);
            let program = make(&mut random);
            listen(program, &mut random)
        })
        .collect();
    let wrong = heard.iter().filter(|heard| !heard.alarms.is_empty()).count();
    let more = heard.iter().filter(|heard| heard.alarms.len() > 1).count();
    let mut steps: Vec<usize> = heard.iter().filter_map(|h| Some(h.alarms.first()?.0)).collect();
    steps.sort_unstable();
    let settled: usize = heard.iter().map(|heard| heard.settled).sum();
    eprintln!(
        "{name:32} alarmed {wrong:4} of {count:4}, more than once {more:3}, settled {settled:3}, first at step {:?} {:?} {:?}",
        steps.first(), steps.get(steps.len() / 2), steps.last()
    );
    heard
}

fn with(shape: impl Fn(&mut Random, f64) -> Shape) -> impl Fn(&mut Random) -> Program {
    move |random| {
        let program = Program::steady(random);
        let shape = shape(random, program.base);
        Program { shape, ..program }
    }
}

#[test]
fn explore() {
    crowd("steady", 200, Program::steady);
    crowd("wander", 200, |random| Program {
        wander: (random.magnitude(0.005, 0.05), random.magnitude(5.0, 3000.0)),
        steps: 6000,
        ..Program::steady(random)
    });
    crowd("one step", 200, with(|random, base| {
        let (at, high) = (random.between(0.0, 3000.0), base * random.magnitude(0.05, 3.0));
        Box::new(move |step, _| if step > at { high } else { 0.0 })
    }));
    crowd("steps", 200, with(|random, base| {
        let steps: Vec<(f64, f64)> = (0..random.between(2.0, 6.0) as u32)
            .map(|_| (random.between(0.0, 3000.0), base * random.magnitude(0.05, 1.0)))
            .collect();
        Box::new(move |step, _| steps.iter().filter(|s| s.0 < step).map(|s| s.1).sum())
    }));
    for (low, high) in [(5.0, 60.0), (60.0, 200.0), (200.0, 1000.0)] {
        crowd(&format!("linear fill {low}..{high}"), 200, with(move |random, base| {
            let (until, high) = (random.between(low, high), base * random.magnitude(0.1, 5.0));
            Box::new(move |step, _| high * (step / until).min(1.0))
        }));
        crowd(&format!("exponential fill tau {low}..{high}"), 200, with(move |random, base| {
            let (tau, high) = (random.between(low, high), base * random.magnitude(0.1, 5.0));
            Box::new(move |step, _| high * (1.0 - (-step / tau).exp()))
        }));
    }
    crowd("logarithmic warm-up", 200, with(|random, base| {
        let high = base * random.magnitude(0.05, 0.5);
        Box::new(move |step, _| high * (1.0 + step).ln() / 8.0)
    }));
    crowd("bursts", 200, with(|random, base| {
        let chance = random.magnitude(0.0005, 0.01);
        let length = random.magnitude(5.0, 100.0);
        let high = base * random.magnitude(0.1, 3.0);
        let (mut left, mut level) = (0.0, 0.0_f64);
        Box::new(move |_, random| {
            if left <= 0.0 && random.chance(chance) {
                left = length * random.between(0.5, 1.5);
            }
            left -= 1.0;
            level = (level + if left > 0.0 { high / length } else { -2.0 * high / length }).max(0.0);
            level
        })
    }));
    for (low, high) in [(20.0, 60.0), (60.0, 200.0), (200.0, 1000.0)] {
        crowd(&format!("sawtooth cache {low}..{high}"), 200, with(move |random, base| {
            let (period, high) = (random.between(low, high), base * random.magnitude(0.1, 3.0));
            Box::new(move |step, _| high * (step / period).fract())
        }));
    }
    for known in [true, false] {
        crowd(&format!("daily load, known: {known}"), 60, move |random| {
            let amplitude = random.magnitude(0.05, 0.4);
            let phase = random.unit();
            let interval = 60_000.0;
            let day = move |step: f64| {
                0.5 - 0.5 * (2.0 * std::f64::consts::PI * (step * interval / 86_400_000.0 + phase)).cos()
            };
            let program = Program::steady(random);
            let base = program.base;
            Program {
                interval_ms: interval,
                steps: 1440 * 4,
                shape: Box::new(move |step, _| base * amplitude * day(step)),
                load: known.then(|| -> Shape { Box::new(move |step, _| 0.2 + day(step)) }),
                ..program
            }
        });
    }
    crowd("jumps and blocks", 200, |random| Program {
        jumps: 0.005, blocks: 0.005, ..Program::steady(random)
    });
    // leaks
    let leak = |random: &mut Random, base: f64| {
        let total = base * random.magnitude(0.3, 20.0);
        total / 3000.0
    };
    crowd("LEAK linear", 200, with(move |random, base| {
        let rate = leak(random, base);
        Box::new(move |step, _| rate * step)
    }));
    crowd("LEAK late onset", 200, with(move |random, base| {
        let (rate, at) = (leak(random, base) * 2.0, random.between(500.0, 1500.0));
        Box::new(move |step, _| rate * (step - at).max(0.0))
    }));
    crowd("LEAK after warm-up", 200, with(move |random, base| {
        let (rate, tau) = (leak(random, base), random.between(5.0, 60.0));
        Box::new(move |step, _| base * 0.5 * (1.0 - (-step / tau).exp()) + rate * step)
    }));
    crowd("LEAK in chunks", 200, with(move |random, base| {
        let (rate, every) = (leak(random, base), random.between(2.0, 40.0));
        Box::new(move |step, _| rate * every * (step / every).floor())
    }));
    crowd("LEAK wandering", 200, move |random| {
        let program = Program::steady(random);
        let rate = leak(random, program.base) * 3.0;
        Program {
            wander: (random.magnitude(0.005, 0.05), random.magnitude(5.0, 300.0)),
            shape: Box::new(move |step, _| rate * step),
            ..program
        }
    });
    crowd("LEAK with load", 60, move |random| {
        let interval = 60_000.0;
        let day = move |step: f64| {
            0.5 - 0.5 * (2.0 * std::f64::consts::PI * step * interval / 86_400_000.0).cos()
        };
        let program = Program::steady(random);
        let rate = program.base * random.magnitude(0.2, 5.0) / 1440.0;
        let mut sum = 0.0;
        let base = program.base;
        Program {
            interval_ms: interval,
            steps: 1440 * 4,
            shape: Box::new(move |step, _| {
                sum += rate * (0.2 + day(step));
                sum + base * 0.1 * day(step)
            }),
            load: Some(Box::new(move |step, _| 0.2 + day(step))),
            ..program
        }
    });
    crowd("LEAK jumps and blocks", 200, move |random| {
        let program = Program::steady(random);
        let rate = leak(random, program.base);
        Program { jumps: 0.003, blocks: 0.003, shape: Box::new(move |step, _| rate * step), ..program }
    });
    crowd("LEAK external", 200, move |random| {
        let program = Program::steady(random);
        let rate = leak(random, program.base);
        Program { external: true, shape: Box::new(move |step, _| rate * step), ..program }
    });
    crowd("LEAK that ends", 200, with(move |random, base| {
        let (rate, until) = (leak(random, base) * 3.0, random.between(700.0, 1500.0));
        Box::new(move |step, _| rate * step.min(until))
    }));
    let _ = LeakKind::Heap;
}
