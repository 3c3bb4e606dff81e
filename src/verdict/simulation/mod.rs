//! Hundreds of synthetic programs, clean and leaking, and how often the judge is wrong about
//! them. Times are counted in steps of one interval; patience at intervals above a second is 95
//! and 63 of them, at 250 ms it is 48 and 40.

mod clean;
mod leaks;
mod program;
mod recorded;

use std::f64::consts::PI;
use std::io::Write;

use program::{Program, Random, Shape};

use super::{Event, Judge, JudgeOptions, Leak};

/// Programs of each kind.
const COUNT: u64 = 40;

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
    let mut heard = Heard {
        alarms: Vec::new(),
        settled: 0,
    };
    let mut step = 0;
    for sample in program.samples(random) {
        step += usize::from(!sample.loop_blocked);
        for event in judge.observe(&sample, None) {
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

/// Programs of one kind, each with its own seed.
struct Crowd(Vec<Heard>);

impl Crowd {
    fn of(make: impl Fn(&mut Random) -> Program) -> Self {
        let one = |seed: u64| {
            let mut random = Random::new(seed * 1009 + 1);
            let program = make(&mut random);
            listen(program, &mut random)
        };
        Self((0..COUNT).map(one).collect())
    }

    /// Steady programs with `shape(random, base)` on top.
    fn with(shape: impl Fn(&mut Random, f64) -> Shape) -> Self {
        Self::of(|random| {
            let program = Program::steady(random);
            Program {
                shape: shape(random, program.base),
                ..program
            }
        })
    }

    /// Prints how many of them alarmed, with the interval in which the share of all such programs lies with
    /// 95 % confidence, and when.
    fn named(self, name: &str) -> Self {
        let alarmed = self.0.iter().filter(|heard| !heard.alarms.is_empty());
        let (low, high) = wilson(alarmed.count() as f64, self.0.len() as f64);
        let step = match self.median_step() {
            usize::MAX => String::new(),
            step => format!(", the middle one after {step} samples"),
        };
        // Not by a macro: what that prints is swallowed when the test succeeds.
        let _ = writeln!(
            std::io::stderr(),
            "{name}: {:.0} % of {} alarm ({low:.0} to {high:.0} %){step}",
            100.0 * self.alarmed(),
            self.0.len()
        );
        self
    }

    fn share(&self, is: impl Fn(&Heard) -> bool) -> f64 {
        self.0.iter().filter(|heard| is(heard)).count() as f64 / self.0.len() as f64
    }

    fn alarmed(&self) -> f64 {
        self.share(|heard| !heard.alarms.is_empty())
    }

    fn missed(&self) -> f64 {
        1.0 - self.alarmed()
    }

    fn alarmed_again(&self) -> f64 {
        self.share(|heard| heard.alarms.len() > 1)
    }

    fn median_step(&self) -> usize {
        let mut steps: Vec<usize> = self
            .0
            .iter()
            .filter_map(|heard| Some(heard.alarms.first()?.0))
            .collect();
        steps.sort_unstable();
        steps.get(steps.len() / 2).copied().unwrap_or(usize::MAX)
    }
}

/// The interval of a share, in percent (E. B. Wilson, *Journal of the American Statistical Association* 22,
/// 1927).
fn wilson(found: f64, of: f64) -> (f64, f64) {
    const Z: f64 = 1.96;
    let share = found / of;
    let middle = share + Z * Z / (2.0 * of);
    let half = Z * (share * (1.0 - share) / of + Z * Z / (4.0 * of * of)).sqrt();
    let scale = 100.0 / (1.0 + Z * Z / of);
    (scale * (middle - half).max(0.0), scale * (middle + half))
}

fn linear(time: f64) -> f64 {
    time.min(1.0)
}

fn exponential(time: f64) -> f64 {
    1.0 - (-time).exp()
}

/// Load over the day, 0 to 1, at a step of a minute.
fn day(step: f64, phase: f64) -> f64 {
    0.5 - 0.5 * (2.0 * PI * (step / 1440.0 + phase)).cos()
}
